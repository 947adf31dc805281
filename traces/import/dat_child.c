/* SPDX-License-Identifier: Apache-2.0 */
/* The child that reads trace.dat through libtracecmd and libtraceevent; see dat.h. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <trace-cmd/trace-cmd.h>
#include <unistd.h>

#include "sim/base/str.h"
#include "traces/import/dat.h"
#include "traces/import/dat_sandbox.h"
#include "traces/import/dat_words.h"
#include "traces/trace.h"

#define IDS_MAX 65536 /* common_type has 16 bits */

/* How an event of the file maps to a row: the library's fields in our order. */
struct map {
	int type;   /* enum tr_type or -1 */
	bool alias; /* by a name of aliases.def */
	struct tep_format_field *field[TR_ARG_MAX];
	uint8_t plain[TR_ARG_MAX]; /* bytes of a number that stands there as this machine has it; 0: ask the library */
	bool is_signed[TR_ARG_MAX];
	const char *name; /* of the event */
	struct dat_words *words[TR_ARG_MAX];
};

#define BUFFERS_MAX 64 /* further ones count as the last */

/* A buffer of the file: the main one or an instance of trace-cmd's -B. */
struct buffer {
	struct tracecmd_input *handle;
	const char *name;
	bool has[TR_TYPE_COUNT];
	uint64_t last[TR_CPU_MAX]; /* when the last record of a CPU was, in ns */
};

#define TASKS 4096 /* power of two */

/* A task's name, which the file gives once. */
struct task {
	int pid;
	uint32_t comm;
	bool known;
};

/* Where records have their type and task, as the library sees it, in 16 and 32 bits; tep NULL: not known, or not so. */
struct common {
	struct tep_handle *tep;
	int type_at, pid_at;
};

struct dat {
	struct dat_pipe pipe;
	struct map *maps[IDS_MAX];
	struct common common;
	struct task task[TASKS]; /* by pid */
	uint64_t records, idle_s;
	uint64_t lost; /* told by the pages of records */
	const char *buffer; /* the one to take, NULL: all */
	struct buffer buffers[BUFFERS_MAX];
	int n_buffers;
};

/* Bytes of a number that is read as it stands; 0 if it is none. */
static uint8_t plain_number(const struct tep_event *event, const struct tep_format_field *f, enum tr_field_kind kind)
{
	if (f == NULL || kind == TRF_STR || f->offset < 0 || tep_is_file_bigendian(event->tep) != tep_is_local_bigendian(event->tep))
		return 0;
	return f->size == 1 || f->size == 2 || f->size == 4 || f->size == 8 ? (uint8_t)f->size : 0;
}

static const struct map *map_of(struct dat *d, struct tep_event *event)
{
	struct map **slot = &d->maps[(unsigned)event->id % IDS_MAX];
	enum tr_type type;

	if (*slot != NULL)
		return *slot;
	*slot = xcalloc(1, sizeof(**slot));
	(*slot)->type = -1;
	(*slot)->name = event->name;
	(*slot)->alias = tr_alias(event->name, strlen(event->name), &type);
	if (!(*slot)->alias && !tr_type_by_name(event->name, &type))
		return *slot;
	(*slot)->type = (int)type;
	for (unsigned i = 0; i < tr_field_count(type); i++) {
		(*slot)->field[i] = tep_find_field(event, tr_field_name(type, i));
		(*slot)->plain[i] = plain_number(event, (*slot)->field[i], tr_field_kind(type, i));
		(*slot)->is_signed[i] = tr_field_kind(type, i) == TRF_SDEC;
		(*slot)->words[i] = dat_words_of(event, type, i);
	}
	return *slot;
}

static uint64_t sign_extend(uint64_t v, int bytes)
{
	unsigned shift = bytes > 0 && bytes < 8 ? 64 - 8 * (unsigned)bytes : 0;

	return (uint64_t)((int64_t)(v << shift) >> shift);
}

/* A number's text 0x..., which ends at end. */
static char *hex_before(char *end, uint64_t v)
{
	do {
		*--end = "0123456789abcdef"[v & 15];
		v >>= 4;
	} while (v != 0);
	*--end = 'x';
	*--end = '0';
	return end;
}

/* One field of a record; false when the record does not hold it. */
static bool get_field(struct dat *d, const struct tep_record *rec, struct tep_format_field *f,
		      enum tr_field_kind kind, uint64_t *v)
{
	unsigned long long number;
	char pointer[24];

	if (f == NULL || f->offset < 0 || f->size < 0 || f->offset > rec->size ||
	    f->size > rec->size - f->offset)
		return false;
	if (kind == TRF_STR && (f->flags & TEP_FIELD_IS_ARRAY) != 0) {
		const char *s = (const char *)rec->data + f->offset;
		/* char buf[]: to the end of the record; trace_marker ends its text with a newline
		 */
		size_t n = strnlen(s, (size_t)(f->size != 0 ? f->size : rec->size - f->offset));

		n -= n != 0 && s[n - 1] == '\n';
		*v = dat_text(&d->pipe, s, n < DAT_TEXT_MAX ? n : DAT_TEXT_MAX);
		return true;
	}
	if (tep_read_number_field(f, rec->data, &number) != 0)
		return false;
	if (kind == TRF_STR) { /* a pointer into the kernel: its text is not in the file */
		char *s = hex_before(pointer + sizeof(pointer), number);

		*v = dat_text(&d->pipe, s, (size_t)(pointer + sizeof(pointer) - s));
	} else {
		*v = kind == TRF_SDEC ? sign_extend(number, f->size) : number;
	}
	return true;
}

/* The number of n bytes at p. */
static uint64_t number_at(const void *p, unsigned n)
{
	uint8_t v8;
	uint16_t v16;
	uint32_t v32;
	uint64_t v64;

	switch (n) {
	case 1:
		memcpy(&v8, p, sizeof(v8));
		return v8;
	case 2:
		memcpy(&v16, p, sizeof(v16));
		return v16;
	case 4:
		memcpy(&v32, p, sizeof(v32));
		return v32;
	default:
		memcpy(&v64, p, sizeof(v64));
		return v64;
	}
}

/* get_field, without the library for what is plain. */
static bool field_of(struct dat *d, const struct tep_record *rec, const struct map *map, unsigned i, uint64_t *v)
{
	const struct tep_format_field *f = map->field[i];
	unsigned n = map->plain[i];

	if (n == 0)
		return get_field(d, rec, map->field[i], tr_field_kind((enum tr_type)map->type, i), v);
	if (f->offset > rec->size || (int)n > rec->size - f->offset)
		return false;
	*v = number_at((const char *)rec->data + f->offset, n);
	if (map->is_signed[i])
		*v = sign_extend(*v, (int)n);
	return true;
}

static uint32_t comm_of(struct dat *d, struct tep_handle *tep, int pid)
{
	struct task *t = &d->task[(unsigned)pid % TASKS];

	if (!t->known || t->pid != pid) {
		const char *comm = tep_data_comm_from_pid(tep, pid);

		t->pid = pid;
		t->known = true;
		t->comm = comm != NULL && strcmp(comm, "<...>") != 0 ? dat_text(&d->pipe, comm, strnlen(comm, DAT_TEXT_MAX)) : 0;
	}
	return t->comm;
}

/* Both are there as this machine has them. */
static bool is_common(struct tep_event *event, const char *name, int size, int *at)
{
	const struct tep_format_field *f = tep_find_common_field(event, name);

	*at = f != NULL ? f->offset : -1;
	return f != NULL && f->size == size && f->offset >= 0 && f->offset < 4096;
}

/* The library looks at its first event for that. */
static void learn_common(struct dat *d, struct tep_handle *tep)
{
	struct tep_event *first = tep_get_first_event(tep);

	d->common = (struct common){ NULL, -1, -1 };
	if (first != NULL && tep_is_file_bigendian(tep) == tep_is_local_bigendian(tep) &&
	    is_common(first, "common_type", 2, &d->common.type_at) && is_common(first, "common_pid", 4, &d->common.pid_at))
		d->common.tep = tep;
}

/* Does a record have both where they are known to be? */
static bool has_common(const struct dat *d, const struct tep_handle *tep, const struct tep_record *rec)
{
	return d->common.tep == tep && rec->size >= d->common.type_at + 2 && rec->size >= d->common.pid_at + 4;
}

/* What the record's type means, without the library where it was asked before; NULL: the file has no format of it. */
static const struct map *map_of_record(struct dat *d, struct tep_handle *tep, struct tep_record *rec)
{
	const struct map *known = NULL;
	struct tep_event *event;

	if (has_common(d, tep, rec))
		known = d->maps[number_at((const char *)rec->data + d->common.type_at, 2)];
	if (known != NULL)
		return known;
	event = tep_find_event_by_record(tep, rec);
	if (event == NULL)
		return NULL;
	if (d->common.tep != tep)
		learn_common(d, tep);
	return map_of(d, event);
}

static void send_event(struct dat *d, struct tep_handle *tep, struct tep_record *rec,
		       const struct map *map, int cpu)
{
	enum tr_type type = (enum tr_type)map->type;
	unsigned n = tr_field_count(type);
	struct dat_event m;
	struct tr_event *ev = &m.ev;

	memset(&m, 0, sizeof(m)); /* padding too: it is sent */
	m.head = (struct dat_head){ DAT_EVENT, map->alias };
	ev->ts_ns = rec->ts;
	ev->cpu = (uint16_t)cpu;
	ev->type = (uint8_t)type;
	ev->pid = has_common(d, tep, rec) ? (int)(uint32_t)number_at((const char *)rec->data + d->common.pid_at, 4) : tep_data_pid(tep, rec);
	ev->comm = comm_of(d, tep, ev->pid);
	for (unsigned i = 0; i < n; i++) {
		if (!field_of(d, rec, map, i, &ev->arg[i]))
			ev->absent |= (uint8_t)(1u << i);
		else if (map->words[i] != NULL)
			ev->arg[i] = dat_words_map(map->words[i], ev->arg[i]);
	}
	dat_send_event(&d->pipe, &m);
}

static struct buffer *buffer_of(struct dat *d, const struct tracecmd_input *handle)
{
	int i = 0;

	while (i + 1 < d->n_buffers && d->buffers[i].handle != handle)
		i++;
	return &d->buffers[i];
}

static int on_record(struct tracecmd_input *handle, struct tep_record *rec, int cpu, void *self)
{
	struct tep_handle *tep = tracecmd_get_tep(handle);
	struct dat *d = self;
	struct buffer *b = buffer_of(d, handle);
	const struct map *map = map_of_record(d, tep, rec);

	if (cpu >= 0 && cpu < TR_CPU_MAX)
		b->last[cpu] = rec->ts;
	if (d->records++ % 4096 == 0)
		dat_wind_up(d->idle_s);
	if (rec->missed_events > 0)
		d->lost += (uint64_t)rec->missed_events;
	if (rec->missed_events != 0) /* negative: lost, but nobody knows how many */
		dat_send(&d->pipe, DAT_LOST, rec->missed_events > 0 ? (uint64_t)rec->missed_events : 0, NULL,
		     0);
	if (map == NULL) {
		dat_send_text(&d->pipe, DAT_SKIP, "(no format)", 11);
		return 0;
	}
	if (map->type >= 0)
		b->has[map->type] = true;
	if (cpu >= 0 && cpu < TR_CPU_MAX && map->type >= 0)
		send_event(d, tep, rec, map, cpu);
	else
		dat_send_text(&d->pipe, DAT_SKIP, map->name, strlen(map->name));
	return ferror(d->pipe.to);
}

static void find_buffers(struct dat *d, struct tracecmd_input *handle)
{
	int extra = tracecmd_buffer_instances(handle);

	d->buffers[d->n_buffers++] = (struct buffer){ .handle = handle, .name = "main" };
	for (int i = 0; i < extra && d->n_buffers < BUFFERS_MAX; i++) {
		struct tracecmd_input *instance = tracecmd_buffer_instance_handle(handle, i);
		const char *name = tracecmd_buffer_instance_name(handle, i);

		if (instance != NULL)
			d->buffers[d->n_buffers++] =
				(struct buffer){ .handle = instance,
						 .name = name != NULL ? name : "" };
	}
}

/* The names of all buffers, or of those that have an event. */
static void buffer_names(const struct dat *d, int type, struct str *b)
{
	for (int i = 0; i < d->n_buffers; i++) {
		if (type < 0 || d->buffers[i].has[type])
			str_addf(b, "%s%s", b->len != 0 ? ", " : "", d->buffers[i].name);
	}
}

/* Events of one name in two buffers are the same hits twice, or of two machines: refused, said by
 * `fail`. */
static bool told_apart(struct dat *d)
{
	struct str b = STR_INIT, text = STR_INIT;
	int clash = -1;

	for (unsigned t = 0; t < TR_TYPE_COUNT && clash < 0; t++) {
		int n = 0;

		for (int i = 0; i < d->n_buffers; i++)
			n += d->buffers[i].has[t];
		clash = n > 1 ? (int)t : -1;
	}
	if (d->n_buffers > 1 && (d->buffer == NULL)) {
		buffer_names(d, clash, &b);
		str_addf(&text,
			 clash >= 0 ? "%s of more than one buffer (%s): choose one with --buffer "
				      "NAME, or --buffer all"
				    : "%sbuffers of one file, put together: %s",
			 clash >= 0 ? tr_type_name((enum tr_type)clash) : "", str_get(&b));
		if (clash >= 0)
			dat_fail(&d->pipe, str_get(&text));
		else
			dat_send_text(&d->pipe, DAT_NOTE, str_get(&text), text.len);
	}
	str_free(&b);
	str_free(&text);
	return clash < 0 || d->buffer != NULL;
}

/*
 * Were the records of each CPU read to the end? libtracecmd takes a page that it cannot read for the end of the CPU's records,
 * and says nothing. The functions are exported by the library but in no header, so a library may lack them.
 */
static bool read_to_the_end(struct dat *d, const struct buffer *b)
{
	int (*cpus)(struct tracecmd_input *);
	unsigned long long (*size_of)(struct tracecmd_input *, int);
	struct tep_record *(*last_of)(struct tracecmd_input *, int);
	void *symbols[] = { dlsym(RTLD_DEFAULT, "tracecmd_cpus"), dlsym(RTLD_DEFAULT, "tracecmd_read_cpu_last"),
			    dlsym(RTLD_DEFAULT, "tracecmd_get_cpu_file_size") };
	struct str text = STR_INIT;
	bool whole = true;

	if (symbols[0] == NULL || symbols[1] == NULL || symbols[2] == NULL)
		return true;
	memcpy(&cpus, &symbols[0], sizeof(cpus));
	memcpy(&last_of, &symbols[1], sizeof(last_of));
	memcpy(&size_of, &symbols[2], sizeof(size_of));
	for (int i = 0, n = cpus(b->handle); i < n && i < TR_CPU_MAX && whole; i++) {
		struct tep_record *last = last_of(b->handle, i);

		whole = last == NULL ? b->last[i] == 0 : last->ts == b->last[i];
		if (!whole)
			str_addf(&text, "CPU %d: not all of its records can be read: is the file truncated, or does its disk fail?", i);
		else if (last == NULL && size_of(b->handle, i) != 0) {
			str_addf(&text, "CPU %d: none of its %llu bytes of records can be read", i, size_of(b->handle, i));
			dat_send_text(&d->pipe, DAT_NOTE, str_get(&text), text.len);
			str_reset(&text);
		}
		tracecmd_free_record(last);
	}
	if (!whole)
		dat_fail(&d->pipe, str_get(&text));
	str_free(&text);
	return whole;
}

/* The chosen buffers of the file, merged by time. */
static bool read_buffers(struct dat *d, struct tracecmd_input *handle)
{
	bool all = d->buffer == NULL || strcmp(d->buffer, "all") == 0;
	struct tracecmd_input *handles[BUFFERS_MAX];
	const struct buffer *chosen[BUFFERS_MAX];
	struct str b = STR_INIT;
	int n = 0, rc;

	find_buffers(d, handle);
	for (int i = 0; i < d->n_buffers; i++) {
		if (all || strcmp(d->buffers[i].name, d->buffer) == 0)
			chosen[n++] = &d->buffers[i];
	}
	if (n == 0) {
		str_addf(&b, "--buffer %.80s: there is none of that name: want one of ", d->buffer);
		for (int i = 0; i < d->n_buffers; i++)
			str_addf(&b, "%s%s", i != 0 ? ", " : "", d->buffers[i].name);
		dat_fail(&d->pipe, str_get(&b));
		return false;
	}
	for (int i = 0; i < n; i++)
		handles[i] = chosen[i]->handle;
	rc = n == 1 ? tracecmd_iterate_events(handles[0], NULL, 0, on_record, d)
		    : tracecmd_iterate_events_multi(handles, n, on_record, d);
	if (rc != 0)
		dat_fail(&d->pipe, "libtracecmd cannot read the records: is the file truncated?");
	for (int i = 0; i < n && rc == 0; i++) {
		if (!read_to_the_end(d, chosen[i]))
			return false;
	}
	return rc == 0 && told_apart(d);
}

/* What a recorder's statistics of a CPU's ring count as lost: "overrun: 12", "commit overrun: 1", "dropped events: 3". */
static uint64_t lost_of(const char *stats)
{
	static const char *const keys[] = { "overrun: ", "dropped events: " };
	uint64_t lost = 0;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		for (const char *p = strstr(stats, keys[i]); p != NULL; p = strstr(p + 1, keys[i]))
			lost += strtoull(p + strlen(keys[i]), NULL, 10);
	}
	return lost;
}

/*
 * The statistics that trace-cmd record put into the file: records that were overwritten before it read them leave no
 * trace in the pages. The function is exported by the library but in no header, so a library may lack it.
 */
static void send_statistics(struct dat *d, struct tracecmd_input *handle)
{
	const char *(*get)(struct tracecmd_input *);
	void *symbol = dlsym(RTLD_DEFAULT, "tracecmd_get_cpustats");
	const char *stats;
	uint64_t lost;

	if (symbol == NULL)
		return;
	memcpy(&get, &symbol, sizeof(get));
	stats = get(handle);
	lost = stats != NULL ? lost_of(stats) : 0;
	if (lost > d->lost)
		dat_send(&d->pipe, DAT_LOST, lost - d->lost, NULL, 0);
}

/* Which events the file has formats of; those of `ftrace` come with every file. */
static void send_formats(struct dat *d, struct tep_handle *tep)
{
	struct tep_event **list = tep_list_events(tep, TEP_EVENT_SORT_SYSTEM);
	const char *system = "ftrace";
	uint64_t systems = 0;

	for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
		if (strcmp(list[i]->system, system) != 0 &&
		    strcmp(list[i]->system, "ftrace") != 0) {
			system = list[i]->system;
			systems++;
		}
		dat_send_text(&d->pipe, DAT_FORMAT, list[i]->name, strlen(list[i]->name));
	}
	dat_send(&d->pipe, DAT_SYSTEMS, systems, NULL, 0);
}

/* Version 7 may be compressed, and libtracecmd unpacks that into temporary files: magic, "tracing", a number as text. */
static bool may_be_compressed(int fd)
{
	char head[16] = "";

	return pread(fd, head, sizeof(head) - 1, 0) > 10 && strtoul(head + 10, NULL, 10) >= 7;
}

_Noreturn void dat_child(const char *path, const char *buffer, uint64_t idle_s, FILE *to)
{
	struct dat *d = xcalloc(1, sizeof(*d));
	struct tracecmd_input *handle = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC); /* the path may be that of a descriptor, which will be closed */

	if (fd >= 0)
		fd = dup2(fd, STDIN_FILENO);
	dat_lock_up(fileno(to));
	d->pipe.to = to;
	d->idle_s = idle_s;
	d->buffer = buffer;
	dat_wind_up(d->idle_s);
	tep_set_loglevel(TEP_LOG_NONE);
	tracecmd_set_loglevel(TEP_LOG_NONE);
	if (fd >= 0) {
		(void)dat_sandbox(may_be_compressed(fd));
		handle = tracecmd_open_fd(fd, TRACECMD_FL_LOAD_NO_PLUGINS);
	}
	if (handle != NULL)
		send_formats(d, tracecmd_get_tep(handle));
	if (handle == NULL)
		dat_fail(&d->pipe, "libtracecmd cannot open it: is it a whole trace.dat of trace-cmd record?");
	else if (read_buffers(d, handle)) {
		send_statistics(d, handle);
		dat_send(&d->pipe, DAT_DONE, 0, NULL, 0);
	}
	_exit(fflush(to) == 0 ? 0 : 1); /* the parent's buffers and what the library holds are not
					   ours to clean */
}
