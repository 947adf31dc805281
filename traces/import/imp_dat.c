/* SPDX-License-Identifier: Apache-2.0 */
/* What a child reads of a binary file: the side that believes nothing (dat.h). trace.dat, the file of trace-cmd record. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "traces/import/dat.h"

struct dat_in {
	struct imp *im;
	const char *library;
	FILE *from;
	uint32_t *id; /* the child's text numbers -> the writer's */
	uint32_t ids; /* 0 included */
	bool has_format[TR_TYPE_COUNT];
	bool done;
};

bool imp_probe_dat(const char *head, size_t n)
{
	return n >= 10 && memcmp(head, "\027\010\104tracing", 10) == 0;
}

static bool get(struct dat_in *d, void *p, size_t n)
{
	return n == 0 || (fread_unlocked)(p, n, 1, d->from) == 1; /* the function: its macro converts without a cast where -O1 shows it */
}

static void take_string(struct dat_in *d, const char *s, size_t n)
{
	if ((d->ids & (d->ids - 1)) == 0) /* room for twice as many at 1, 2, 4, ... */
		d->id = xrealloc(d->id, 2 * (size_t)d->ids * sizeof(*d->id));
	d->id[d->ids++] = imp_string(d->im, s, n);
}

static bool map_text(const struct dat_in *d, uint64_t theirs, uint32_t *ours)
{
	if (theirs >= d->ids)
		return false;
	*ours = theirs != 0 ? d->id[theirs] : 0;
	return true;
}

/* A record as the child sends it, with our numbers; false when it makes no sense. */
static bool take_event(struct dat_in *d, struct tr_event *ev)
{
	enum tr_type type;
	uint32_t id;

	if (!get(d, ev, offsetof(struct tr_event, arg)) || ev->type >= TR_TYPE_COUNT || ev->cpu >= TR_CPU_MAX ||
	    !map_text(d, ev->comm, &ev->comm))
		return false;
	type = (enum tr_type)ev->type;
	memset(ev->arg, 0, sizeof(ev->arg));
	if (ev->absent >> tr_field_count(type) != 0 || !get(d, ev->arg, tr_field_count(type) * sizeof(ev->arg[0])))
		return false;
	for (unsigned texts = tr_text_fields(type) & ~(unsigned)ev->absent; texts != 0; texts &= texts - 1) {
		uint64_t *arg = &ev->arg[__builtin_ctz(texts)];

		if (!map_text(d, *arg, &id))
			return false;
		*arg = id;
	}
	return true;
}

static void take_format(struct dat_in *d, const char *name)
{
	enum tr_type type;

	if (tr_type_by_name(name, &type) || tr_alias(name, strlen(name), &type))
		d->has_format[type] = true;
}

/* The list of formats is whole: what has none cannot have been recorded. */
static void formats_done(struct dat_in *d, uint32_t systems)
{
	struct tr_info *info = &d->im->res->info;

	for (unsigned t = 0; t < TR_TYPE_COUNT; t++) {
		if (!d->has_format[t])
			info->enabled[t] = TRE_OFF;
		else if (systems <= DAT_SYSTEMS_RECORDED)
			info->enabled[t] = TRE_ON;
	}
}

/* One message. 1 = go on, 0 = the child has no more, -1 = *e. */
static int message(struct dat_in *d, struct err *e)
{
	char text[DAT_TEXT_MAX + 1];
	struct dat_head h;
	struct tr_event ev;

	if (!get(d, &h, sizeof(h)))
		return 0;
	if (h.tag == DAT_EVENT)
		return take_event(d, &ev) ? (imp_add_as(d->im, &ev, h.n != 0, e) == 0 ? 1 : -1) : 0;
	if (h.tag == DAT_LOST) {
		imp_lost(d->im, h.n);
		return 1;
	}
	if (h.tag == DAT_SYSTEMS) {
		formats_done(d, h.n);
		return 1;
	}
	d->done = h.tag == DAT_DONE;
	if (d->done || h.n > DAT_TEXT_MAX || !get(d, text, h.n) || memchr(text, '\0', h.n) != NULL)
		return 0;
	text[h.n] = '\0';
	if (h.tag == DAT_ERROR)
		return err_set(e, ERR_INPUT, "%s", text);
	if (h.tag == DAT_SKIP)
		imp_skip(d->im, text, h.n);
	else if (h.tag == DAT_STRING)
		take_string(d, text, h.n);
	else if (h.tag == DAT_FORMAT)
		take_format(d, text);
	else if (h.tag == DAT_NOTE)
		imp_note_text(d->im, text);
	return h.tag == DAT_SKIP || h.tag == DAT_STRING || h.tag == DAT_FORMAT || h.tag == DAT_NOTE;
}

/* How the child ended when it did not say that it was done. */
static int died(const char *library, int status, struct err *e)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF)
		return err_set(e, ERR_INPUT, "%s reads on without finding a record: the file is damaged", library);
	if (WIFEXITED(status) && WEXITSTATUS(status) == err_exit_status(ERR_MEMORY))
		return err_set(e, ERR_INPUT, "%s wants more memory than there is: the file is damaged, or give it more", library);
	if (WIFEXITED(status) && WEXITSTATUS(status) == err_exit_status(ERR_IO))
		return err_set(e, ERR_IO, "%s cannot be loaded, or a library that it needs: is its package installed?", library);
	if (WIFSIGNALED(status))
		return err_set(e, ERR_INPUT, "%s crashed on it (signal %d): the file is damaged, or none that this version of the library reads", library, WTERMSIG(status));
	return err_set(e, ERR_INPUT, "%s gave up before the end of the file: the file is damaged", library);
}

static int receive(struct dat_in *d, pid_t child, struct err *e)
{
	int got = 1, status = 0;

	while (got == 1)
		got = message(d, e);
	(void)fclose(d->from); /* a child that still writes gets SIGPIPE */
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (got == 0 && !d->done)
		got = died(d->library, status, e);
	if (got == 0)
		return 0;
	return e->code == ERR_INPUT ? err_at(e, imp_name(d->im), 0) : -1;
}

int dat_run(struct imp *im, const char *library, dat_child_fn *child_fn, struct err *e)
{
	struct dat_in d = { .im = im, .library = library, .ids = 1 };
	char *room = xmalloc(DAT_ROOM);
	int ends[2], rc;
	pid_t child;

	if (pipe(ends) != 0) {
		free(room);
		return err_set(e, ERR_INPUT, "%s: no pipe for reading it: %s", imp_name(im), strerror(errno));
	}
	(void)fcntl(ends[1], F_SETPIPE_SZ, DAT_ROOM); /* if there are so many pages for pipes */
	child = fork();
	if (child == 0) {
		FILE *to = fdopen(ends[1], "wb");

		(void)close(ends[0]);
		if (to != NULL)
			(void)setvbuf(to, room, _IOFBF, DAT_ROOM);
		child_fn(im, to);
		_exit(1);
	}
	(void)close(ends[1]);
	if (child < 0) {
		(void)close(ends[0]);
		free(room);
		return err_set(e, ERR_INPUT, "%s: no process for reading it: %s", imp_name(im), strerror(errno));
	}
	d.from = fdopen(ends[0], "rb");
	if (d.from != NULL)
		(void)setvbuf(d.from, room, _IOFBF, DAT_ROOM);
	d.id = xcalloc(1, sizeof(*d.id));
	rc = receive(&d, child, e);
	free(d.id);
	free(room);
	return rc;
}

static void read_dat(const struct imp *im, FILE *to)
{
	dat_child(im->path, im->opts->buffer, DAT_IDLE_S(im->size), to);
}

int imp_read_dat(struct imp *im, struct err *e)
{
	return dat_run(im, "libtracecmd", read_dat, e);
}
