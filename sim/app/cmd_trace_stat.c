/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of perf kvm stat report. On arm64 that tool times from kvm_entry to kvm_exit (its begin
 * and end events): time in the guest and the switch itself, not what the host does. Both intervals
 * are offered here and the report says which one it shows.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/cpu/ec.h"
#include "sim/app/args.h"
#include "sim/app/cmd_trace.h"
#include "sim/app/output.h"
#include "traces/fmt.h"
#include "traces/strtab.h"

/* Interval: enumerator, name on the command line, what it is. */
#define INTERVALS(X)                                                                               \
	X(RESIDENCY, "residency",                                                                  \
	  "kvm_entry to kvm_exit of a vCPU: the guest and the switch, as perf kvm stat times it "  \
	  "on arm64")                                                                              \
	X(HANDLING, "handling",                                                                    \
	  "kvm_exit to the next kvm_entry of a vCPU: what the host does for the exit, blocking "   \
	  "included")

enum interval {
#define X(id, name, help) id,
	INTERVALS(X)
#undef X
};

/* What a row stands for. */
#define BYS(X)                                                                                     \
	X(BY_REASON, "reason",                                                                     \
	  "exit reason: the interrupt or SError, otherwise the exception class")                   \
	X(BY_VCPU, "vcpu", "vCPU thread")

enum by {
#define X(id, name, help) id,
	BYS(X)
#undef X
};

struct stat_args {
	struct output_args out;
	int interval, by;
};

#define X(id, name, help) name,
static const char *const interval_names[] = { INTERVALS(X) NULL };
static const char *const by_names[] = { BYS(X) NULL };
#undef X
#define X(id, name, help) help,
static const char *const interval_texts[] = { INTERVALS(X) };
#undef X

static const struct arg_row rows[] = {
	{ "--interval", NULL, ARG_ENUM, offsetof(struct stat_args, interval), NULL,
	  .names = interval_names, .help = "which time is measured" },
	{ "--by", NULL, ARG_ENUM, offsetof(struct stat_args, by), NULL, .names = by_names,
	  .help = "what a row stands for" },
	OUTPUT_ARG_ROWS(struct stat_args, out),
};

static const struct arg_spec spec = {
	.set = &cmd_trace_set,
	.name = "stat",
	.rows = rows,
	.n_rows = ARG_ROWS(rows),
	.min_pos = 1,
	.max_pos = 1,
#define X(id, name, help) "  " name ": " help "\n"
	.text = "Intervals:\n" INTERVALS(X) "Rows:\n" BYS(X),
#undef X
};

/* One row of the table. mean and m2 are Welford's, as in perf. */
struct line {
	const char *name; /* of struct tally's names */
	uint64_t n, sum, min, max;
	double mean, m2;
};

/* A vCPU: the thread that runs it. */
struct vcpu {
	uint64_t since; /* time of the pending entry or exit */
	bool inside;    /* since is an entry */
	bool outside;   /* since is an exit */
	uint32_t key;   /* row of that exit (HANDLING) */
};

struct tally {
	struct tr_reader *r;
	const struct stat_args *a;
	struct strtab names; /* keys of lines */
	struct line *lines;  /* by number in names */
	struct strtab pids;  /* threads, as text */
	struct vcpu *vcpus;  /* by number in pids */
	uint32_t n_lines, n_vcpus;
	uint64_t unpaired; /* exits without an entry before, or entries without an exit */
};

/* Make room for element i. */
static void *room(void *p, uint32_t *n, uint32_t i, size_t size)
{
	if (i < *n)
		return p;
	p = xrealloc(p, (i + 1) * 2 * size);
	memset((char *)p + *n * size, 0, ((i + 1) * 2 - *n) * size);
	*n = (i + 1) * 2;
	return p;
}

static struct vcpu *vcpu_of(struct tally *s, int32_t pid)
{
	char text[16];
	uint32_t i =
		strtab_add(&s->pids, text, (size_t)snprintf(text, sizeof(text), "%" PRId32, pid));

	s->vcpus = room(s->vcpus, &s->n_vcpus, i, sizeof(*s->vcpus));
	return &s->vcpus[i];
}

static void reason_name(struct str *b, const struct tr_event *ev)
{
	uint64_t ret = ev->arg[TRA_kvm_exit_ret], ec = ev->arg[TRA_kvm_exit_esr_ec];
	const struct ec *row = ec <= 63 ? ec_by_number((unsigned)ec) : NULL;
	bool no_ret = (ev->absent >> TRA_kvm_exit_ret & 1) != 0;
	bool no_ec = (ev->absent >> TRA_kvm_exit_esr_ec & 1) != 0;

	if (!no_ret && ret != 2) /* ARM_EXCEPTION_TRAP: see the class */
		fmt_word(b, TR_kvm_exit, TRA_kvm_exit_ret, ret);
	else if (no_ec)
		str_add(b, "(not recorded)");
	else if (row != NULL)
		str_add(b, row->name);
	else
		str_addf(b, "0x%" PRIx64, ec);
}

static uint32_t key_of(struct tally *s, const struct tr_event *ev)
{
	struct str b = STR_INIT;
	uint32_t i;

	if (s->a->by == BY_VCPU)
		str_addf(&b, "%s-%" PRId32, tr_string(s->r, ev->comm), ev->pid);
	else
		reason_name(&b, ev);
	i = strtab_add(&s->names, b.s, b.len);
	str_free(&b);
	s->lines = room(s->lines, &s->n_lines, i, sizeof(*s->lines));
	return i;
}

static void sample(struct tally *s, uint32_t key, uint64_t ns)
{
	struct line *l = &s->lines[key];
	double delta = (double)ns - l->mean;

	l->min = l->n == 0 || ns < l->min ? ns : l->min;
	l->max = ns > l->max ? ns : l->max;
	l->sum += ns;
	l->n++;
	l->mean += delta / (double)l->n;
	l->m2 += delta * ((double)ns - l->mean);
}

static void on_event(struct tally *s, const struct tr_event *ev)
{
	struct vcpu *v;
	uint32_t key;

	if (ev->type == TR_kvm_entry) {
		v = vcpu_of(s, ev->pid);
		s->unpaired += v->inside;
		if (s->a->interval == HANDLING && v->outside)
			sample(s, v->key, ev->ts_ns - v->since);
		*v = (struct vcpu){ .since = ev->ts_ns, .inside = true };
	} else if (ev->type == TR_kvm_exit) {
		key = key_of(s, ev);
		v = vcpu_of(s, ev->pid);
		s->unpaired += !v->inside;
		if (s->a->interval == RESIDENCY && v->inside)
			sample(s, key, ev->ts_ns - v->since);
		*v = (struct vcpu){ .since = ev->ts_ns, .outside = true, .key = key };
	}
}

static int by_samples(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	return x->n != 0 ? strcmp(x->name, y->name) : 0;
}

/* x of total in thousandths of a percent. */
static int64_t percent(uint64_t x, uint64_t total)
{
	return total != 0 ? (int64_t)((double)x * 100000.0 / (double)total + 0.5) : 0;
}

/* Relative standard deviation of the mean, what perf prints behind +-, in 1/1000 of a percent. */
static int64_t spread(const struct line *l)
{
	if (l->n < 2 || l->mean <= 0.0)
		return 0;
	return (int64_t)(sqrt(l->m2 / (double)(l->n - 1) / (double)l->n) / l->mean * 100000.0 +
			 0.5);
}

static void table(struct tally *s, struct rep *r)
{
	const struct rep_col cols[] = {
		{ "key", s->a->by == BY_VCPU ? "vCPU" : "VM-EXIT", REP_STR, "", 0, false },
		{ "samples", "Samples", REP_U64, "", 0, false },
		{ "samples_percent", "Samples%", REP_FIX, "%", 2, false },
		{ "time_percent", "Time%", REP_FIX, "%", 2, false },
		{ "min", "Min Time", REP_FIX, "us", 3, false },
		{ "max", "Max Time", REP_FIX, "us", 3, false },
		{ "avg", "Avg Time", REP_FIX, "us", 3, false },
		{ "spread", "+-", REP_FIX, "%", 2, false },
	};
	struct rep_table *t =
		rep_table(r, "stat", s->a->interval == HANDLING ? "Handling" : "Guest residency",
			  cols, sizeof(cols) / sizeof(cols[0]));
	uint64_t n = 0, sum = 0;

	for (uint32_t i = 0; i < s->n_lines; i++) {
		s->lines[i].name = strtab_get(&s->names, i);
		n += s->lines[i].n;
		sum += s->lines[i].sum;
	}
	if (s->n_lines != 0)
		qsort(s->lines, s->n_lines, sizeof(*s->lines), by_samples);
	for (uint32_t i = 0; i < s->n_lines && s->lines[i].n != 0; i++) {
		const struct line *l = &s->lines[i];

		rep_str(t, l->name);
		rep_u64(t, l->n);
		rep_fix(t, percent(l->n, n));
		rep_fix(t, percent(l->sum, sum));
		rep_fix(t, (int64_t)l->min);
		rep_fix(t, (int64_t)l->max);
		rep_fix(t, (int64_t)(l->sum / l->n));
		rep_fix(t, spread(l));
	}
	rep_fact_u64(r, "samples", "total samples", n, "");
	rep_fact(r, "time", "total time", "%" PRIu64 ".%03" PRIu64 " us", sum / 1000, sum % 1000);
}

static int report(struct tally *s, struct err *e)
{
	const struct tr_info *info = tr_info(s->r);
	struct rep *r = rep_new("trace-stat", "VM exits");
	int rc;

	rep_fact(r, "interval", "interval", "%s: %s", interval_names[s->a->interval],
		 interval_texts[s->a->interval]);
	rep_fact(r, "origin", "origin", "%s", info->origin);
	table(s, r);
	if (info->per_type[TR_kvm_exit] == 0)
		rep_note(r, "there is no kvm_exit in this trace: record the events kvm:kvm_entry "
			    "and kvm:kvm_exit");
	if (s->unpaired != 0)
		rep_note(r,
			 "%" PRIu64 " entries or exits have no partner (start of the trace, lost "
				    "events): not counted",
			 s->unpaired);
	rc = output_write(&s->a->out, r, e);
	rep_free(r);
	return rc;
}

static int stat_file(const char *path, const struct stat_args *a, struct err *e)
{
	struct tally s = { .r = tr_open(path, e), .a = a };
	struct tr_event ev;
	int got = -1;

	while (s.r != NULL && (got = tr_next(s.r, &ev, e)) == 1)
		on_event(&s, &ev);
	if (got == 0)
		got = report(&s, e);
	tr_close(s.r);
	strtab_free(&s.names);
	strtab_free(&s.pids);
	free(s.lines);
	free(s.vcpus);
	return got;
}

int cmd_trace_stat(int argc, char **argv, struct err *e)
{
	struct stat_args a = { .out = { NULL, REP_TEXT }, .interval = RESIDENCY, .by = BY_REASON };
	struct args args;
	int rc;

	if (args_parse(&args, &spec, argc, argv, &a, e) != 0)
		return -1;
	rc = stat_file(args.pos.v[0], &a, e);
	args_free(&args);
	return rc;
}
