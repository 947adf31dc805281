/* SPDX-License-Identifier: Apache-2.0 */
/* trace.dat, the file of trace-cmd record, through libtracecmd and libtraceevent. */
#include <stdio.h>
#include <string.h>
#include <trace-cmd/trace-cmd.h>

#include "traces/import.h"

#define IDS_MAX 65536 /* common_type has 16 bits */

/* How an event of the file maps to a row: the library's fields in our order. */
struct map {
	int type;   /* enum tr_type or -1 */
	struct tep_format_field *field[TR_ARG_MAX];
};

struct dat {
	struct imp *im;
	struct map *maps[IDS_MAX];
	struct err err; /* of the callback */
};

bool imp_probe_dat(const char *head, size_t n)
{
	return n >= 10 && memcmp(head, "\027\010\104tracing", 10) == 0;
}

static struct map *map_of(struct dat *d, struct tep_event *event)
{
	struct map **slot = &d->maps[event->id % IDS_MAX];
	enum tr_type type;

	if (*slot != NULL)
		return *slot;
	*slot = xcalloc(1, sizeof(**slot));
	(*slot)->type = -1;
	if (!tr_type_by_name(event->name, &type))
		return *slot;
	(*slot)->type = (int)type;
	for (unsigned i = 0; i < tr_field_count(type); i++)
		(*slot)->field[i] = tep_find_field(event, tr_field_name(type, i));
	return *slot;
}

static uint64_t sign_extend(uint64_t v, int bytes)
{
	unsigned shift = bytes > 0 && bytes < 8 ? 64 - 8 * (unsigned)bytes : 0;

	return (uint64_t)((int64_t)(v << shift) >> shift);
}

/* One field of a record; false when the record does not hold it. */
static bool get_field(struct dat *d, const struct tep_record *rec, struct tep_format_field *f,
		      enum tr_field_kind kind, uint64_t *v)
{
	unsigned long long number;
	char pointer[24];

	if (f == NULL || f->offset < 0 || f->size < 0 || f->offset + f->size > rec->size)
		return false;
	if (kind == TRF_STR && (f->flags & TEP_FIELD_IS_ARRAY) != 0) {
		const char *s = (const char *)rec->data + f->offset;

		*v = imp_string(d->im, s, strnlen(s, (size_t)f->size));
		return true;
	}
	if (tep_read_number_field(f, rec->data, &number) != 0)
		return false;
	if (kind == TRF_STR) { /* a pointer into the kernel: its text is not in the file */
		int n = snprintf(pointer, sizeof(pointer), "0x%llx", number);

		*v = imp_string(d->im, pointer, (size_t)n);
	} else {
		*v = kind == TRF_SDEC ? sign_extend(number, f->size) : number;
	}
	return true;
}

static int add(struct dat *d, struct tep_handle *tep, struct tep_record *rec, const struct map *map,
	       int cpu)
{
	enum tr_type type = (enum tr_type)map->type;
	struct tr_event ev = { .ts_ns = rec->ts, .cpu = (uint16_t)cpu, .type = (uint8_t)type };
	const char *comm;

	ev.pid = tep_data_pid(tep, rec);
	comm = tep_data_comm_from_pid(tep, ev.pid);
	if (comm != NULL && strcmp(comm, "<...>") != 0)
		ev.comm = imp_string(d->im, comm, strnlen(comm, TW_STRING_MAX));
	for (unsigned i = 0; i < tr_field_count(type); i++) {
		if (!get_field(d, rec, map->field[i], tr_field_kind(type, i), &ev.arg[i]))
			ev.absent |= (uint8_t)(1u << i);
	}
	return imp_add(d->im, &ev, &d->err);
}

static int on_record(struct tracecmd_input *handle, struct tep_record *rec, int cpu, void *self)
{
	struct tep_handle *tep = tracecmd_get_tep(handle);
	struct tep_event *event = tep_find_event_by_record(tep, rec);
	struct dat *d = self;
	const struct map *map;

	if (rec->missed_events != 0) /* negative: lost, but nobody knows how many */
		d->im->res->info.lost += rec->missed_events > 0 ? (uint64_t)rec->missed_events : 1;
	if (cpu < 0 || cpu >= TR_CPU_MAX)
		return err_set(&d->err, ERR_INPUT, "CPU number %d: want 0..%d", cpu, TR_CPU_MAX - 1);
	if (event == NULL) {
		imp_skip(d->im, "(no format)", 11);
		return 0;
	}
	map = map_of(d, event);
	if (map->type < 0) {
		imp_skip(d->im, event->name, strlen(event->name));
		return 0;
	}
	return add(d, tep, rec, map, cpu);
}

static int read_records(struct dat *d, struct tracecmd_input *handle, struct err *e)
{
	int rc = tracecmd_iterate_events(handle, NULL, 0, on_record, d);

	if (d->err.code != ERR_NONE)
		*e = d->err;
	else if (rc != 0)
		(void)err_set(e, ERR_INPUT, "libtracecmd cannot read the records: is the file truncated?");
	else
		return 0;
	return e->code == ERR_IO ? -1 : err_at(e, d->im->opts->in, 0);
}

int imp_read_dat(struct imp *im, struct err *e)
{
	struct tracecmd_input *handle;
	struct dat *d;
	int rc;

	if (strcmp(im->opts->in, "-") == 0)
		return err_set(e, ERR_INPUT, "standard input: trace.dat needs random access: give the file's name");
	tep_set_loglevel(TEP_LOG_NONE);
	tracecmd_set_loglevel(TEP_LOG_NONE);
	handle = tracecmd_open(im->opts->in, TRACECMD_FL_LOAD_NO_PLUGINS);
	if (handle == NULL)
		return err_set(e, ERR_INPUT, "%s: libtracecmd cannot open it: is it a whole trace.dat of "
			       "trace-cmd record?", im->opts->in);
	d = xcalloc(1, sizeof(*d));
	d->im = im;
	rc = read_records(d, handle, e);
	for (size_t i = 0; i < IDS_MAX; i++)
		free(d->maps[i]);
	free(d);
	tracecmd_close(handle);
	return rc;
}
