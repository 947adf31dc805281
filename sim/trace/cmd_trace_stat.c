/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of perf kvm stat report. On arm64 that tool times from kvm_entry to kvm_exit (its begin
 * and end events): time in the guest and the switch itself, not what the host does. Both intervals
 * are offered here and the report says which one it shows.
 */
#include <inttypes.h>
#include <math.h>

#include "sim/app/args.h"
#include "sim/trace/cmd_trace.h"
#include "sim/app/output.h"
#include "sim/trace/trace_tally.h"

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

struct stat_args {
	struct output_args out;
	int interval;
	const char *by;
	uint64_t top; /* 0: all */
};

#define X(id, name, help) name,
static const char *const interval_names[] = { INTERVALS(X) NULL };
#undef X
#define X(id, name, help) help,
static const char *const interval_texts[] = { INTERVALS(X) };
#undef X

static const struct arg_row rows[] = {
	{ "--interval", NULL, ARG_ENUM, offsetof(struct stat_args, interval), NULL,
	  .names = interval_names, .help = "which time is measured" },
	{ "--by", NULL, ARG_STR, offsetof(struct stat_args, by), "KEY[,KEY]",
	  .help = "what a row stands for; two keys: a row per combination" },
	{ "--top", NULL, ARG_U64, offsetof(struct stat_args, top), "N", .min = 1, .max = UINT64_MAX,
	  .help = "only the N most frequent rows of that table" },
	OUTPUT_ARG_ROWS(struct stat_args, out),
};

static const struct arg_spec spec = {
	.set = &cmd_trace_set,
	.name = "stat",
	.rows = rows,
	.n_rows = ARG_ROWS(rows),
	.min_pos = 1,
	.max_pos = 1,
	.example = "traces/samples/linux-6.12-vhe-mixed-4v2p.e2t",
#define X(id, name, help) "  " name ": " help "\n"
#define TRACE_KEY(id, name, heading, help) "  " name ": " help "\n"
	.text = "Intervals:\n" INTERVALS(X) "Keys:\n"
#include "sim/trace/trace_keys.def"
	,
#undef X
};

/* x of total in thousandths of a percent. */
static int64_t percent(uint64_t x, uint64_t total)
{
	return total != 0 ? (int64_t)((double)x * 100000.0 / (double)total + 0.5) : 0;
}

/* Relative standard deviation of the mean, what perf prints behind +-, in 1/1000 of a percent. */
static int64_t spread(const struct tally_line *l)
{
	if (l->n < 2 || l->mean <= 0.0)
		return 0;
	return (int64_t)(sqrt(l->m2 / (double)(l->n - 1) / (double)l->n) / l->mean * 100000.0 +
			 0.5);
}

/* The columns of the keys; returns how many. */
static size_t key_cols(const struct tally *t, struct rep_col *cols)
{
	static const char *const keys[] = { "key", "key2" };

	for (unsigned i = 0; i < t->n_keys; i++)
		cols[i] = (struct rep_col){ keys[i], trace_key_heading(t->by[i]), REP_STR, "", 0, false };
	return t->n_keys;
}

static void key_cells(struct rep_table *r, const struct tally *t, const struct tally_line *l)
{
	for (unsigned i = 0; i < t->n_keys; i++)
		rep_str(r, l->name[i]);
}

static size_t shown(const struct tally *t, uint64_t top)
{
	return top != 0 && top < t->n ? (size_t)top : t->n;
}

static void exit_table(const struct tallies *s, uint64_t top, struct rep *r)
{
	static const struct rep_col times[] = {
		{ "samples", "Samples", REP_U64, "", 0, false },
		{ "samples_percent", "Samples%", REP_FIX, "%", 2, false },
		{ "time_percent", "Time%", REP_FIX, "%", 2, false },
		{ "min", "Min Time", REP_FIX, "us", 3, false },
		{ "max", "Max Time", REP_FIX, "us", 3, false },
		{ "avg", "Avg Time", REP_FIX, "us", 3, false },
		{ "spread", "+-", REP_FIX, "%", 2, false },
	};
	struct rep_col cols[2 + sizeof(times) / sizeof(times[0])];
	size_t n_cols = key_cols(&s->by, cols);
	struct rep_table *t;
	uint64_t n = 0, sum = 0;

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		cols[n_cols++] = times[i];
	t = rep_table(r, "stat", s->handling ? "Handling" : "Guest residency", cols, n_cols);
	for (size_t i = 0; i < s->by.n; i++) {
		n += s->by.line[i].n;
		sum += s->by.line[i].sum;
	}
	for (size_t i = 0; i < shown(&s->by, top); i++) {
		const struct tally_line *l = &s->by.line[i];

		key_cells(t, &s->by, l);
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

/* Rows of interrupt lines. */
static void irq_table(const struct tally *irq, const char *key, const char *title, uint64_t top, struct rep *r)
{
	static const struct rep_col counts[] = {
		{ "raised", "raised", REP_U64, "", 0, true },
		{ "lowered", "lowered", REP_U64, "", 0, true },
	};
	struct rep_col cols[4];
	size_t n_cols = key_cols(irq, cols);
	struct rep_table *t;

	cols[n_cols++] = counts[0];
	cols[n_cols++] = counts[1];
	t = rep_table(r, key, title, cols, n_cols);
	for (size_t i = 0; i < shown(irq, top); i++) {
		key_cells(t, irq, &irq->line[i]);
		rep_u64(t, irq->line[i].raised);
		rep_u64(t, irq->line[i].lowered);
	}
}

#define TOP_PCS 10

static void pc_table(const struct tally *pc, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "pc", "PC", REP_STR, "", 0, false },
		{ "reason", "VM-EXIT", REP_STR, "", 0, false },
		{ "samples", "exits", REP_U64, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "pcs", "Where the guest exits most", cols, 3);

	for (size_t i = 0; i < shown(pc, TOP_PCS); i++) {
		key_cells(t, pc, &pc->line[i]);
		rep_u64(t, pc->line[i].n);
	}
}

static void notes(const struct tallies *s, struct rep *r)
{
	const struct tr_info *info = tr_info(s->trace);

	if (info->per_type[TR_kvm_exit] == 0)
		rep_note(r, "there is no kvm_exit in this trace: record the events kvm:kvm_entry "
			    "and kvm:kvm_exit");
	if (s->unpaired != 0)
		rep_note(r,
			 "%" PRIu64 " entries or exits have no partner (start of the trace, lost "
				    "events): not counted",
			 s->unpaired);
	if (s->irq_event == TR_TYPE_COUNT)
		rep_note(r, "no event of this trace shows interrupts: record kvm:vgic_update_irq_pending");
	else
		rep_note(r, "interrupts are counted by their %s events", tr_type_name(s->irq_event));
	if (s->by.dropped + s->pc.dropped != 0)
		rep_note(r, "more different rows than can be kept: %" PRIu64 " samples are in none",
			 s->by.dropped + s->pc.dropped);
}

static int report(struct tallies *s, const struct stat_args *a, struct err *e)
{
	const struct tr_info *info = tr_info(s->trace);
	bool irqs = s->by.by[0] == KEY_IRQ || (s->by.n_keys == 2 && s->by.by[1] == KEY_IRQ);
	struct rep *r = rep_new("trace-stat", "VM exits");
	int rc;

	rep_fact(r, "interval", "interval", "%s: %s", interval_names[a->interval],
		 interval_texts[a->interval]);
	rep_fact(r, "origin", "origin", "%s", info->origin);
	rep_fact_u64(r, "cpus_used", "CPUs used", tallies_cpus_used(s), "");
	if (info->cpus != 0)
		rep_fact(r, "cpu_highest", "highest CPU", "%" PRIu32, info->cpus - 1);
	if (irqs)
		irq_table(&s->by, "stat", "Interrupt lines", a->top, r);
	else
		exit_table(s, a->top, r);
	if (s->irq.n != 0 && !irqs)
		irq_table(&s->irq, "interrupts", "Interrupt lines", 0, r);
	if (s->pc.n != 0)
		pc_table(&s->pc, r);
	notes(s, r);
	rc = output_write(&a->out, r, e);
	rep_free(r);
	return rc;
}

static int stat_file(const char *path, const struct stat_args *a, struct err *e)
{
	enum trace_key by[2];
	unsigned n = trace_keys_parse(a->by != NULL ? a->by : trace_key_name(KEY_REASON), by, e);
	struct tr_reader *r = n != 0 ? tr_open(path, e) : NULL;
	struct tallies *s;
	struct tr_event ev;
	int got;

	if (r == NULL)
		return -1;
	s = xcalloc(1, sizeof(*s));
	tallies_begin(s, r, by, n, a->interval == HANDLING);
	while ((got = tr_next(r, &ev, e)) == 1)
		tallies_event(s, &ev);
	if (got == 0) {
		tallies_end(s);
		got = tr_check_usable(tr_info(r), e) != 0 ? err_at(e, path, 0) : report(s, a, e);
	}
	tallies_free(s);
	free(s);
	tr_close(r);
	return got;
}

int cmd_trace_stat(int argc, char **argv, struct err *e)
{
	struct stat_args a = { .interval = RESIDENCY };
	struct args args;
	int rc;

	if (args_parse(&args, &spec, argc, argv, &a, e) != 0)
		return -1;
	rc = stat_file(args.pos.v[0], &a, e);
	args_free(&args);
	return rc;
}
