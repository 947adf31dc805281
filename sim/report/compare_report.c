/* SPDX-License-Identifier: Apache-2.0 */
/* The report of `el2sim compare`: the same trace under several configurations, one column each. */
#include <stdio.h>
#include <string.h>

#include "sim/base/str.h"
#include "sim/report/columns.h"
#include "sim/report/run_report.h"
#include "sim/report/sight_report.h"
#include "sim/report/spans.h"

#define COLUMNS_MAX 24

struct sheet {
	const struct run_result *x;
	size_t n, baseline;
	struct run_sums *sums;
	struct ws_totals *plain; /* one HVC handled in the kernel */
	struct rep *r;
	const struct sheet *most; /* upper bounds, if the trace lacks events; else NULL */
};

/* A table whose first column says what is counted and whose others are the configurations. */
static struct rep_table *table(const struct sheet *s, const char *key, const char *title, const char *what,
			       enum rep_type type, int decimals)
{
	struct rep_col *cols = xcalloc(s->n + 1, sizeof(*cols));
	char(*keys)[16] = xcalloc(s->n, sizeof(*keys));
	struct rep_table *t;

	cols[0] = (struct rep_col){ .key = what, .title = "", .type = REP_STR };
	for (size_t i = 0; i < s->n; i++) {
		(void)snprintf(keys[i], sizeof(keys[i]), "c%zu", i + 1);
		cols[i + 1] = (struct rep_col){ .key = keys[i], .title = s->x[i].title, .type = type,
						.decimals = decimals, .sparse = type == REP_U64 };
	}
	t = rep_table(s->r, key, title, cols, s->n + 1);
	free(cols);
	free(keys);
	return t;
}

/* Draw it: bars of all configurations beside each other, or one bar of each with a part per row. */
static void chart(const struct sheet *s, struct rep_table *t, const char *what, const char *title, bool stack, bool lead)
{
	struct str y = STR_INIT;

	for (size_t i = 0; i < s->n; i++)
		str_addf(&y, "c%zu ", i + 1);
	rep_chart(t, &(struct rep_chart){ .kind = stack ? REP_STACK : REP_BARS, .title = title, .x = what, .y = str_get(&y),
					  .transposed = stack, .lead = lead });
	str_free(&y);
}

typedef uint64_t number_fn(const struct sheet *s, size_t i, unsigned arg);

static struct span span(const struct sheet *s, size_t i, number_fn *f, unsigned arg)
{
	uint64_t lo = f(s, i, arg);

	return (struct span){ lo, s->most != NULL ? f(s->most, i, arg) : lo };
}

static void row(struct rep_table *t, const struct sheet *s, const char *name, number_fn *f, unsigned arg)
{
	rep_str(t, name);
	for (size_t i = 0; i < s->n; i++)
		rep_span(t, span(s, i, f, arg));
}

/* The same, but not when every column is 0. */
static void row_if(struct rep_table *t, const struct sheet *s, const char *name, number_fn *f, unsigned arg)
{
	for (size_t i = 0; i < s->n; i++) {
		if (f(s, i, arg) != 0) {
			row(t, s, name, f, arg);
			return;
		}
	}
}

static void average_row(struct rep_table *t, const struct sheet *s, const char *name, number_fn *sum,
			number_fn *count, unsigned arg)
{
	rep_str(t, name);
	for (size_t i = 0; i < s->n; i++)
		rep_span_per(t, span(s, i, sum, arg), span(s, i, count, arg));
}

/* Reads and writes of the whole trace, as a quotient that holds whatever the trace lacks. */
static void bounded_ratio(struct rep_table *t, const struct sheet *s, size_t i)
{
	uint64_t lo, hi;

	bounds_ratio(s->x[i].bounds, s->x[s->baseline].bounds, &lo, &hi);
	if (i == s->baseline)
		lo = hi = 1000;
	if (lo != 0 || hi < BOUNDS_NONE)
		rep_fix(t, lo != 0 ? (int64_t)lo : (int64_t)hi);
	else
		rep_none(t);
	rep_bound(t, lo == hi ? REP_EXACT : lo != 0 ? REP_AT_LEAST : REP_AT_MOST);
}

static uint64_t all_accesses(const struct sheet *s, size_t i, unsigned arg);

/* 0 = not known. */
static void ratio_row(struct rep_table *t, const struct sheet *s, const char *name, number_fn *f, unsigned arg)
{
	uint64_t base = f(s, s->baseline, arg);

	rep_str(t, name);
	for (size_t i = 0; i < s->n; i++) {
		if (f == all_accesses && s->most != NULL)
			bounded_ratio(t, s, i);
		else if (base == 0 || f(s, i, arg) == 0 || !span_exact(span(s, i, f, arg)) ||
			 !span_exact(span(s, s->baseline, f, arg)))
			rep_none(t);
		else
			rep_fix(t, col_per(f(s, i, arg), base));
	}
}

/* ---- what is counted ---- */

static uint64_t one(const struct sheet *s, size_t i, unsigned arg)
{
	(void)s, (void)i, (void)arg;
	return 1;
}

static uint64_t plain_accesses(const struct sheet *s, size_t i, unsigned arg)
{
	(void)arg;
	return outcome_accesses(&s->plain[i]);
}

static uint64_t kernel_accesses(const struct sheet *s, size_t i, unsigned arg)
{
	(void)arg;
	return outcome_accesses(&s->sums[i].kernel_t);
}

static uint64_t kernel_exits(const struct sheet *s, size_t i, unsigned arg)
{
	(void)arg;
	return s->sums[i].kernel;
}

static uint64_t user_accesses(const struct sheet *s, size_t i, unsigned arg)
{
	(void)arg;
	return outcome_accesses(&s->sums[i].user_t);
}

static uint64_t user_exits(const struct sheet *s, size_t i, unsigned arg)
{
	(void)arg;
	return s->sums[i].user;
}

static uint64_t pair_accesses(const struct sheet *s, size_t i, unsigned arg)
{
	const struct outcome *p = s->x[i].out;

	(void)arg;
	return outcome_accesses(&p->phase[PHASE_LOAD]) + outcome_accesses(&p->phase[PHASE_PUT]);
}

static uint64_t n_puts(const struct sheet *s, size_t i, unsigned arg)
{
	(void)arg;
	return s->x[i].out->n.puts;
}

static uint64_t all_accesses(const struct sheet *s, size_t i, unsigned arg)
{
	(void)arg;
	return outcome_accesses(&s->x[i].out->total);
}

static uint64_t exits(const struct sheet *s, size_t i, unsigned arg)
{
	(void)arg;
	return s->x[i].out->n.exits;
}

static uint64_t counter(const struct sheet *s, size_t i, unsigned arg)
{
	return s->x[i].out->total.n[arg];
}

static uint64_t phase_accesses(const struct sheet *s, size_t i, unsigned arg)
{
	return outcome_accesses(&s->x[i].out->phase[arg]);
}

static uint64_t group_accesses(const struct sheet *s, size_t i, unsigned arg)
{
	uint64_t n = 0;

	for (unsigned ph = 0; ph < PHASE_COUNT; ph++)
		n += outcome_accesses(&s->x[i].out->account.group[ph][arg]);
	return n;
}

static uint64_t class_cycles(const struct sheet *s, size_t i, unsigned arg)
{
	return s->x[i].out->account.class_cycles[arg];
}

static uint64_t phase_cycles(const struct sheet *s, size_t i, unsigned arg)
{
	return s->x[i].out->phase[arg].cycles;
}

static uint64_t modelled(const struct sheet *s, size_t i, unsigned arg)
{
	(void)arg;
	return s->x[i].out->total.cycles;
}

/* 0 when nothing is known of the path. */
static uint64_t total_cycles(const struct sheet *s, size_t i, unsigned arg)
{
	if (!path_given(s->x[i].path))
		return 0;
	return modelled(s, i, arg) + s->sums[i].path_cycles;
}

static uint64_t kind_accesses(const struct sheet *s, size_t i, unsigned arg)
{
	return outcome_accesses(&s->x[i].out->kind[arg].totals);
}

static uint64_t kind_count(const struct sheet *s, size_t i, unsigned arg)
{
	return s->x[i].out->kind[arg].count;
}

static uint64_t kind_cycles(const struct sheet *s, size_t i, unsigned arg)
{
	return s->x[i].out->kind[arg].totals.cycles + run_kind_path(&s->x[i], (enum exit_kind)arg).cycles;
}

/* 0 when the path of the kind is not known. */
static uint64_t kind_count_with_path(const struct sheet *s, size_t i, unsigned arg)
{
	return run_kind_path(&s->x[i], (enum exit_kind)arg).known ? kind_count(s, i, arg) : 0;
}

/* ---- tables ---- */

static void whole_trace_row(struct rep_table *t, const struct sheet *s)
{
	if (s->most == NULL) {
		average_row(t, s, "whole trace, per exit", all_accesses, exits, 0);
		return;
	}
	rep_str(t, "whole trace, per exit");
	for (size_t i = 0; i < s->n; i++) {
		struct per_exit p = span_per_exit(&s->x[i], outcome_accesses);

		rep_fix(t, p.lo);
		rep_bound(t, p.exact ? REP_EXACT : REP_AT_LEAST);
	}
}

static void per_exit_table(const struct sheet *s)
{
	struct rep_table *t = table(s, "per_exit", "System-register reads and writes", "what", REP_FIX, 1);

	average_row(t, s, "one HVC handled in the kernel", plain_accesses, one, 0);
	average_row(t, s, "exits of the trace handled in the kernel, each", kernel_accesses, kernel_exits, 0);
	average_row(t, s, "exits of the trace to the VMM and back, each", user_accesses, user_exits, 0);
	average_row(t, s, "vcpu_load and vcpu_put, each pair", pair_accesses, n_puts, 0);
	whole_trace_row(t, s);
	chart(s, t, "what", "Register reads and writes, each", false, true);
}

static void phase_table(const struct sheet *s)
{
	struct rep_table *t = table(s, "phases", "Reads and writes by phase, whole trace", "phase", REP_U64, 0);

	for (unsigned ph = 0; ph < PHASE_COUNT; ph++)
		row_if(t, s, phase_name((enum ws_phase)ph), phase_accesses, ph);
	rep_rule(t);
	row(t, s, "total", all_accesses, 0);
	chart(s, t, "phase", "Reads and writes of the whole trace by phase", true, false);
}

static void group_table(const struct sheet *s)
{
	struct rep_table *t = table(s, "groups", "Reads and writes by group, whole trace", "group", REP_U64, 0);

	for (unsigned g = 0; g < GRP_COUNT; g++)
		row_if(t, s, group_name((enum sr_group)g), group_accesses, g);
	chart(s, t, "group", "Reads and writes of the whole trace by register group", false, false);
}

/* Kinds are those of the trace, so every column has the same ones, as often. */
static void kind_tables(const struct sheet *s)
{
	struct rep_table *t;

	t = table(s, "kinds", "Reads and writes per exit, by exit kind", "kind", REP_FIX, 1);
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		if (kind_count(s, 0, k) != 0)
			average_row(t, s, exit_row((enum exit_kind)k)->name, kind_accesses, kind_count, k);
	}
	chart(s, t, "kind", "Reads and writes per exit by exit kind", false, false);
	t = table(s, "kind_cycles", "Cycles per exit, modelled and measured path, by exit kind", "kind", REP_FIX, 1);
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		if (kind_count(s, 0, k) != 0)
			average_row(t, s, exit_row((enum exit_kind)k)->name, kind_cycles,
				    kind_count_with_path, k);
	}
}

static void counter_table(const struct sheet *s)
{
	struct rep_table *t = table(s, "counters", "Operations, whole trace", "counter", REP_U64, 0);

	for (unsigned c = 0; c < CNT_COUNT; c++)
		row_if(t, s, counter_title((enum ws_counter)c), counter, c);
}

static uint64_t path_cycles(const struct sheet *s, size_t i, unsigned arg)
{
	(void)arg;
	return s->sums[i].path_cycles;
}

/* A row of what needs a path profile. */
static void path_row(struct rep_table *t, const struct sheet *s, const char *name, number_fn *f)
{
	rep_str(t, name);
	for (size_t i = 0; i < s->n; i++) {
		if (path_given(s->x[i].path))
			rep_span(t, span(s, i, f, 0));
		else
			rep_none(t);
	}
}

static void cycle_tables(const struct sheet *s)
{
	struct rep_table *t = table(s, "cycles", "Cycles, whole trace", "part", REP_U64, 0);

	for (unsigned c = 0; c < CLASS_COUNT; c++)
		row(t, s, class_title((enum counter_class)c), class_cycles, c);
	rep_rule(t);
	row(t, s, "modelled", modelled, 0);
	path_row(t, s, "measured path", path_cycles);
	rep_rule(t);
	path_row(t, s, "total", total_cycles);
	t = table(s, "phase_cycles", "Modelled cycles by phase, whole trace", "phase", REP_U64, 0);
	for (unsigned ph = 0; ph < PHASE_COUNT; ph++)
		row_if(t, s, phase_name((enum ws_phase)ph), phase_cycles, ph);
	chart(s, t, "phase", "Modelled cycles of the whole trace by phase", true, false);
}

static void ratio_table(const struct sheet *s)
{
	char title[160];
	struct rep_table *t;

	(void)snprintf(title, sizeof(title), "Relative to %s", s->x[s->baseline].title);
	t = table(s, "relative", title, "what", REP_FIX, 2);
	ratio_row(t, s, "accesses, one HVC handled in the kernel", plain_accesses, 0);
	ratio_row(t, s, "accesses, whole trace", all_accesses, 0);
	ratio_row(t, s, "modelled cycles, whole trace", modelled, 0);
	ratio_row(t, s, "all cycles, whole trace", total_cycles, 0);
}

/* "4.4x fewer", "1.2x more" or "as many"; values in accesses. */
static const char *factor(uint64_t a, uint64_t base, char buf[static 40])
{
	bool fewer = a < base;
	uint64_t hi = fewer ? base : a, lo = fewer ? a : base;

	if (a == base || lo == 0)
		return "as many";
	/* tenths, rounded to the nearest */
	(void)snprintf(buf, 40, "%llu.%llux %s", (unsigned long long)((hi * 20 + lo) / (lo * 2) / 10),
		       (unsigned long long)((hi * 20 + lo) / (lo * 2) % 10), fewer ? "fewer" : "more");
	return buf;
}

/* "at most 4.1x fewer", from bounds of the ratio to the baseline in thousandths; the other side if that says more. */
static const char *factor_bound(uint64_t lo, uint64_t hi, char buf[static 80])
{
	const unsigned long long fewer = lo != 0 ? (10000 + lo - 1) / lo : 0; /* tenths, upwards */
	const unsigned long long more = hi < BOUNDS_NONE ? (hi + 99) / 100 : 0;

	if (lo != 0 && lo < 1000 && more > 10)
		(void)snprintf(buf, 80, "at most %llu.%llux fewer, at most %llu.%llux more", fewer / 10, fewer % 10, more / 10,
			       more % 10);
	else if (lo != 0 && lo < 1000)
		(void)snprintf(buf, 80, "at most %llu.%llux fewer", fewer / 10, fewer % 10);
	else if (hi < BOUNDS_NONE)
		(void)snprintf(buf, 80, "at most %llu.%llux more", more / 10, more % 10);
	else
		(void)snprintf(buf, 80, "how many is not known");
	return buf;
}

/* The headline of a trace that lacks events: what one exit costs is known, of the whole what is certain. */
static void bounded_verdict(const struct sheet *s, size_t i)
{
	const struct run_result *x = &s->x[i], *b = &s->x[s->baseline];
	const struct per_exit each = span_per_exit(x, outcome_accesses), base = span_per_exit(b, outcome_accesses);
	char one_exit[40], all[80], n[2][RUN_COUNT_TEXT];
	uint64_t lo, hi;

	bounds_ratio(x->bounds, b->bounds, &lo, &hi);
	rep_verdict(s->r, "%s: %s accesses per exit handled in the kernel %s %s (%s against %s for an HVC); "
		    "whole trace: %s, per exit at least %lld.%lld against at least %lld.%lld", x->title,
		    factor(plain_accesses(s, i, 0), plain_accesses(s, s->baseline, 0), one_exit),
		    plain_accesses(s, i, 0) == plain_accesses(s, s->baseline, 0) ? "as" : "than", b->title,
		    run_count(plain_accesses(s, i, 0), n[0]), run_count(plain_accesses(s, s->baseline, 0), n[1]),
		    factor_bound(lo, hi, all), (long long)(each.lo / 1000), (long long)(each.lo % 1000 / 100),
		    (long long)(base.lo / 1000), (long long)(base.lo % 1000 / 100));
}

/* "12", "at least 12", "an unknown number". */
static const char *count_text(struct span v, char buf[static 48])
{
	char n[RUN_COUNT_TEXT];

	if (span_exact(v))
		(void)snprintf(buf, 48, "%s", run_count(v.lo, n));
	else if (v.lo != 0)
		(void)snprintf(buf, 48, "at least %s", run_count(v.lo, n));
	else
		(void)snprintf(buf, 48, "an unknown number");
	return buf;
}

static void bounded_mechanism(const struct sheet *s)
{
	const struct run_result *x = &s->x[s->baseline];
	const struct span n = span_of(x, &x->out->n.exits), loads = span_of(x, &x->out->n.loads);
	char text[3][48], per[64] = "how many exits there are per vcpu_load is not known";

	if (span_exact(n) && loads.lo != 0) { /* tenths, upwards */
		uint64_t tenths = (n.hi * 10 + loads.lo - 1) / loads.lo;

		(void)snprintf(per, sizeof(per), "%s%llu.%llu exits per vcpu_load", span_exact(loads) ? "" : "at most ",
			       (unsigned long long)(tenths / 10), (unsigned long long)(tenths % 10));
	}
	rep_verdict(s->r, "this trace: %s exits, %s of them to the VMM, %s times scheduled out: %s, and what is deferred moves "
		    "once per load instead of once per exit", count_text(n, text[0]),
		    count_text(span_of(x, &x->out->n.user_exits), text[1]),
		    count_text(span_of(x, &x->out->trace.sched_outs), text[2]), per);
	sight_verdict(&x->bounds->sight, s->r);
}

/* "4.2 % fewer", "30 more" of what is 0 in the baseline, or "as many"; values in cycles. */
static const char *percent(uint64_t a, uint64_t base, char buf[static 48])
{
	uint64_t by = a < base ? base - a : a - base;
	/* tenths, rounded to the nearest */
	uint64_t tenths = base != 0 ? (uint64_t)((long double)by * 1000 / (long double)base + 0.5L) : 0;

	if (by == 0)
		return "as many";
	if (base == 0)
		(void)snprintf(buf, 48, "%llu more", (unsigned long long)by);
	else if (tenths == 0)
		(void)snprintf(buf, 48, "under 0.1 %% %s", a < base ? "fewer" : "more");
	else
		(void)snprintf(buf, 48, "%llu.%llu %% %s", (unsigned long long)(tenths / 10),
			       (unsigned long long)(tenths % 10), a < base ? "fewer" : "more");
	return buf;
}

/* Is a figure the same as the baseline's, at least and at most? */
static bool same_figure(const struct sheet *s, size_t i, number_fn *f)
{
	return f(s, i, 0) == f(s, s->baseline, 0) &&
	       (s->most == NULL || f(s->most, i, 0) == f(s->most, s->baseline, 0));
}

/* The headline of a column that moves as much as the baseline: what differs is its cycles, or nothing. */
static void cycles_verdict(const struct sheet *s, size_t i)
{
	const char *title = s->x[i].title, *base = s->x[s->baseline].title, *least = s->most != NULL ? "at least " : "";
	const bool path = same_figure(s, i, modelled); /* then it is the host's path that differs, if anything */
	number_fn *all = path ? total_cycles : modelled;
	const uint64_t each[2] = { s->plain[i].cycles, s->plain[s->baseline].cycles };
	const uint64_t sum[2] = { all(s, i, 0), all(s, s->baseline, 0) };
	char text[2][48], n[4][RUN_COUNT_TEXT];

	if (each[0] == each[1] && path && same_figure(s, i, total_cycles)) {
		rep_verdict(s->r, "%s: no difference from %s in accesses or cycles", title, base);
		return;
	}
	if (path && (sum[0] == 0 || sum[1] == 0)) { /* one has no path profile */
		rep_verdict(s->r, "%s: as many accesses and modelled cycles as %s; of the host's path only one of them has cycles",
			    title, base);
		return;
	}
	rep_verdict(s->r, "%s: as many accesses as %s, other cycles: per exit handled in the kernel %s (%s against %s modelled "
		    "cycles for an HVC); whole trace: %s (%s%s against %s%s %s cycles)", title, base,
		    percent(each[0], each[1], text[0]), run_count(each[0], n[0]), run_count(each[1], n[1]),
		    percent(sum[0], sum[1], text[1]), least, run_count(sum[0], n[2]), least, run_count(sum[1], n[3]),
		    path ? "modelled and measured" : "modelled");
}

static void verdict(const struct sheet *s, size_t i)
{
	const struct run_result *x = &s->x[i], *b = &s->x[s->baseline];
	char each[40], all[40], n[4][RUN_COUNT_TEXT];

	if (same_figure(s, i, plain_accesses) && same_figure(s, i, all_accesses)) {
		cycles_verdict(s, i);
		return;
	}
	if (s->most != NULL) {
		bounded_verdict(s, i);
		return;
	}
	rep_verdict(s->r, "%s: %s accesses per exit handled in the kernel %s %s (%s against %s for an HVC); "
		    "whole trace: %s (%s against %s)", x->title,
		    factor(plain_accesses(s, i, 0), plain_accesses(s, s->baseline, 0), each),
		    plain_accesses(s, i, 0) == plain_accesses(s, s->baseline, 0) ? "as" : "than", b->title,
		    run_count(plain_accesses(s, i, 0), n[0]), run_count(plain_accesses(s, s->baseline, 0), n[1]),
		    factor(all_accesses(s, i, 0), all_accesses(s, s->baseline, 0), all),
		    run_count(all_accesses(s, i, 0), n[2]), run_count(all_accesses(s, s->baseline, 0), n[3]));
}

/* Deferral pays per exit and is paid per load: say how many exits this trace has for each. */
static void mechanism(const struct sheet *s)
{
	const struct outcome *p = s->x[s->baseline].out;
	char n[3][RUN_COUNT_TEXT];
	uint64_t tenths = p->n.loads != 0 ? (p->n.exits * 20 + p->n.loads) / (p->n.loads * 2) : 0;

	if (s->most != NULL) {
		bounded_mechanism(s);
		return;
	}
	rep_verdict(s->r, "this trace: %s exits, %s of them to the VMM, %s times scheduled out: %llu.%llu exits per "
		    "vcpu_load, and what is deferred moves once per load instead of once per exit",
		    run_count(p->n.exits, n[0]), run_count(p->n.user_exits, n[1]), run_count(p->trace.sched_outs, n[2]),
		    (unsigned long long)(tenths / 10), (unsigned long long)(tenths % 10));
}

static void config_table(const struct sheet *s)
{
	const struct rep_col cols[] = { col_text("column", ""), col_text("config", "configuration"),
					col_text("model", "switch model"), col_text("machine", ""),
					col_text("path", "path profile") };
	struct rep_table *t = rep_table(s->r, "configs", "Configurations", cols, 5);

	for (size_t i = 0; i < s->n; i++) {
		const struct run_result *x = &s->x[i];

		rep_str(t, x->title);
		rep_str(t, x->config);
		rep_str(t, x->out->prog->config.model->name);
		rep_str(t, x->out->prog->config.machine->name);
		if (path_given(x->path))
			rep_strf(t, "Linux %s, %s on %s", x->path->kernel, x->path->mode, x->path->machine);
		else
			rep_none(t);
	}
}

/* The same sheet with every figure at its most. */
static const struct sheet *upper_sheet(const struct sheet *s, struct sheet *most)
{
	struct run_result *x = xcalloc(s->n, sizeof(*x));

	*most = *s;
	most->sums = xcalloc(s->n, sizeof(*most->sums));
	for (size_t i = 0; i < s->n; i++) {
		x[i] = s->x[i];
		x[i].out = &s->x[i].bounds->hi;
		run_sums_of(&x[i], &most->sums[i]);
		most->sums[i].path_cycles = BOUNDS_NONE;
	}
	most->x = x;
	return most;
}

void compare_report(const struct run_result *x, size_t n, size_t baseline, struct rep *r)
{
	struct sheet s = { .x = x, .n = n, .baseline = baseline, .r = r,
			   .sums = xcalloc(n, sizeof(struct run_sums)),
			   .plain = xcalloc(n, sizeof(struct ws_totals)) };
	struct sheet most = { 0 };

	for (size_t i = 0; i < n; i++) {
		run_sums_of(&x[i], &s.sums[i]);
		run_plain_exit(x[i].out->prog, &s.plain[i]);
	}
	if (x[0].bounds != NULL)
		s.most = upper_sheet(&s, &most);
	run_trace_facts(&x[0], r);
	config_table(&s);
	per_exit_table(&s);
	ratio_table(&s);
	phase_table(&s);
	group_table(&s);
	counter_table(&s);
	cycle_tables(&s);
	kind_tables(&s);
	for (size_t i = 0; i < n; i++) {
		if (i != baseline)
			verdict(&s, i);
	}
	mechanism(&s);
	run_notes(x, n, r);
	free((void *)most.x);
	free(most.sums);
	free(s.sums);
	free(s.plain);
}
