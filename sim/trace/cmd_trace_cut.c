/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "sim/app/args.h"
#include "sim/trace/cmd_trace.h"
#include "sim/trace/trace_facts.h"
#include "sim/base/str.h"
#include "traces/writer.h"

struct cut_args {
	const char *out, *from, *to;
	struct arg_list cpu, pid;
	uint64_t events;
};

static const struct arg_row rows[] = {
	{ "-o", "--output", ARG_STR, offsetof(struct cut_args, out), "FILE", .endings = "e2t", .required = true,
	  .help = "the native trace to write (.e2t)" },
	{ "--from", NULL, ARG_STR, offsetof(struct cut_args, from), "SECONDS",
	  .help = "leave out events before this time of the trace" },
	{ "--to", NULL, ARG_STR, offsetof(struct cut_args, to), "SECONDS",
	  .help = "leave out events after this time of the trace" },
	{ "--cpu", NULL, ARG_LIST, offsetof(struct cut_args, cpu), "N",
	  .help = "only events on this host CPU; may be given again" },
	{ "--pid", NULL, ARG_LIST, offsetof(struct cut_args, pid), "N",
	  .help = "only events of this task, and the scheduler's about it; may be given again" },
	{ "--events", NULL, ARG_U64, offsetof(struct cut_args, events), "N", .max = UINT64_MAX,
	  .help = "stop after N events" },
};

static const struct arg_spec spec = {
	.set = &cmd_trace_set,
	.name = "cut",
	.rows = rows,
	.n_rows = ARG_ROWS(rows),
	.min_pos = 1,
	.max_pos = 1,
	.example = "traces/samples/linux-6.12-vhe-mixed-4v2p.e2t -o part.e2t",
};

struct cut {
	uint64_t from, to, events;
	uint64_t *cpu, *pid;
	size_t n_cpu, n_pid;
};

static int get_numbers(const char *option, const struct arg_list *list, uint64_t max, uint64_t **v,
		       struct err *e)
{
	*v = xcalloc(list->n, sizeof(**v));
	for (size_t i = 0; i < list->n; i++) {
		if (!str_u64(list->v[i], &(*v)[i]) || (*v)[i] > max)
			return err_set(e, ERR_USAGE, "%s %s: want a number in 0..%llu", option,
				       list->v[i], (unsigned long long)max);
	}
	return 0;
}

static int get_cut(struct cut *c, const struct cut_args *a, struct err *e)
{
	c->n_cpu = a->cpu.n;
	c->n_pid = a->pid.n;
	c->events = a->events;
	if (get_numbers("--cpu", &a->cpu, TR_CPU_MAX - 1, &c->cpu, e) != 0 ||
	    get_numbers("--pid", &a->pid, INT32_MAX, &c->pid, e) != 0)
		return -1;
	if (a->from != NULL && trace_seconds("--from", a->from, &c->from, e) != 0)
		return -1;
	if (a->to != NULL && trace_seconds("--to", a->to, &c->to, e) != 0)
		return -1;
	if (c->from > c->to)
		return err_set(e, ERR_USAGE, "--from %s is after --to %s: want it before", a->from,
			       a->to);
	return 0;
}

static bool among(const uint64_t *v, size_t n, uint64_t x)
{
	for (size_t i = 0; i < n; i++) {
		if (v[i] == x)
			return true;
	}
	return false;
}

/* The task whose event it is, or one that the scheduler's event is about (fields named ..pid). */
static bool of_task(const struct cut *c, const struct tr_event *ev)
{
	enum tr_type type = (enum tr_type)ev->type;

	if (among(c->pid, c->n_pid, (uint64_t)ev->pid))
		return true;
	for (unsigned i = 0; i < tr_field_count(type); i++) {
		const char *name = tr_field_name(type, i);
		size_t n = strlen(name);

		if (n >= 3 && strcmp(name + n - 3, "pid") == 0 &&
		    among(c->pid, c->n_pid, ev->arg[i]))
			return true;
	}
	return false;
}

static bool wanted(const struct cut *c, const struct tr_event *ev)
{
	return ev->ts_ns >= c->from && (c->n_cpu == 0 || among(c->cpu, c->n_cpu, ev->cpu)) &&
	       (c->n_pid == 0 || of_task(c, ev));
}

static int copy(struct tr_reader *r, struct tw *w, const struct cut *c, struct err *e)
{
	struct tr_event ev;
	uint64_t n = 0;
	int got = 1;

	tr_seek(r, c->from);
	while (n < c->events && (got = tr_next(r, &ev, e)) == 1 && ev.ts_ns <= c->to) {
		if (!wanted(c, &ev))
			continue;
		if (tw_copy(w, r, &ev, e) != 0)
			return -1;
		n++;
	}
	return got < 0 ? -1 : 0;
}

static int cut(struct tr_reader *r, const char *out, const struct cut *c, struct err *e)
{
	struct tr_info info = *tr_info(r);
	struct str origin = STR_INIT;
	struct tw *w = tw_create(out, e);
	int rc;

	if (w == NULL)
		return -1;
	if (copy(r, w, c, e) != 0) {
		tw_abort(w);
		return -1;
	}
	str_add(&origin, info.origin);
	if (strlen(info.origin) + 5 <= TW_STRING_MAX)
		str_add(&origin, "; cut");
	info.origin = str_get(&origin);
	rc = tw_finish(w, &info, NULL, e);
	str_free(&origin);
	return rc;
}

int cmd_trace_cut(int argc, char **argv, struct err *e)
{
	struct cut_args a = { .events = UINT64_MAX };
	struct cut c = { .to = UINT64_MAX };
	struct tr_reader *r = NULL;
	struct args args;
	int rc;

	if (args_parse(&args, &spec, argc, argv, &a, e) != 0)
		return -1;
	rc = get_cut(&c, &a, e);
	if (rc == 0) {
		r = tr_open(args.pos.v[0], e);
		rc = r != NULL ? cut(r, a.out, &c, e) : -1;
	}
	tr_close(r);
	free(c.cpu);
	free(c.pid);
	args_free(&args);
	return rc;
}
