/* SPDX-License-Identifier: Apache-2.0 */
/* The report of `el2sim compare`: the same trace under several configurations, one column each. */
#include <stdio.h>
#include <string.h>

#include "sim/base/num.h"
#include "sim/base/str.h"
#include "sim/report/columns.h"
#include "sim/report/compare_impl.h"

#define COLUMNS_MAX 24

/* A table whose first column says what is counted and whose others are the configurations. */
static struct rep_table *table_in(const struct sheet *s, const char *key, const char *title, const char *what,
				  enum rep_type type, int decimals, const char *unit)
{
	struct rep_col *cols = xcalloc(s->n + 1, sizeof(*cols));
	char(*keys)[16] = xcalloc(s->n, sizeof(*keys));
	struct rep_table *t;

	cols[0] = (struct rep_col){ .key = what, .title = "", .type = REP_STR };
	for (size_t i = 0; i < s->n; i++) {
		(void)snprintf(keys[i], sizeof(keys[i]), "c%zu", i + 1);
		cols[i + 1] = (struct rep_col){ .key = keys[i], .title = s->x[i].title, .type = type,
						.unit = unit, .decimals = decimals, .sparse = type == REP_U64 };
	}
	t = rep_table(s->r, key, title, cols, s->n + 1);
	free(cols);
	free(keys);
	return t;
}

static struct rep_table *table(const struct sheet *s, const char *key, const char *title, const char *what,
			       enum rep_type type, int decimals)
{
	return table_in(s, key, title, what, type, decimals, "");
}

#define ACCESSES "reads and writes"

/* Draw it: bars of all configurations beside each other, or one bar of each with a part per row. */
static void chart(const struct sheet *s, struct rep_table *t, const char *what, const char *title, const char *unit, bool stack, bool lead)
{
	struct str y = STR_INIT;

	for (size_t i = 0; i < s->n; i++)
		str_addf(&y, "c%zu ", i + 1);
	rep_chart(t, &(struct rep_chart){ .kind = stack ? REP_STACK : REP_BARS, .title = title, .x = what, .y = str_get(&y),
					  .unit = unit, .transposed = stack, .lead = lead });
	str_free(&y);
}

static struct span span(const struct sheet *s, size_t i, number_fn *f, unsigned arg)
{
	uint64_t lo = f(s, i, arg);

	return (struct span){ lo, s->most != NULL ? f(s->most, i, arg) : lo };
}

static void in_band(struct rep_table *t, const struct sheet *s, size_t i, form_fn *form, unsigned arg)
{
	struct band_form f;

	if (form == NULL)
		return;
	f = form(s, i, arg);
	rep_in_band(t, &s->bands[i], &f);
}

/* form: of cycles; NULL: a count. */
static void row(struct rep_table *t, const struct sheet *s, const char *name, number_fn *f, form_fn *form, unsigned arg)
{
	rep_str(t, name);
	for (size_t i = 0; i < s->n; i++) {
		rep_span(t, span(s, i, f, arg));
		in_band(t, s, i, form, arg);
	}
}

/* The same, but not when every column is 0. */
static void row_if(struct rep_table *t, const struct sheet *s, const char *name, number_fn *f, form_fn *form, unsigned arg)
{
	for (size_t i = 0; i < s->n; i++) {
		if (f(s, i, arg) != 0) {
			row(t, s, name, f, form, arg);
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

static void ratio_in_band(struct rep_table *t, const struct sheet *s, size_t i, form_fn *form, unsigned arg)
{
	struct band_form f, g;
	struct band_range r;

	if (form == NULL || !s->x[i].band.known || !s->x[s->baseline].band.known)
		return;
	f = form(s, i, arg);
	g = form(s, s->baseline, arg);
	r = bands_ratio(&s->bands[s->baseline], &g, &s->bands[i], &f);
	if (i == s->baseline)
		r.low = r.high = 1;
	rep_in_range(t, &r);
}

/* 0 = not known. */
static void ratio_row(struct rep_table *t, const struct sheet *s, const char *name, number_fn *f, form_fn *form, unsigned arg)
{
	uint64_t base = f(s, s->baseline, arg);

	rep_str(t, name);
	for (size_t i = 0; i < s->n; i++) {
		if (f == compare_all && s->most != NULL)
			bounded_ratio(t, s, i);
		else if (base == 0 || f(s, i, arg) == 0 || !span_exact(span(s, i, f, arg)) ||
			 !span_exact(span(s, s->baseline, f, arg)))
			rep_none(t);
		else {
			rep_fix(t, col_per(f(s, i, arg), base));
			ratio_in_band(t, s, i, form, arg);
		}
	}
}

/* ---- what is counted ---- */

static uint64_t one(const struct sheet *s, size_t i, unsigned arg)
{
	(void)s, (void)i, (void)arg;
	return 1;
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

static struct band_form class_form(const struct sheet *s, size_t i, unsigned arg)
{
	struct band_where w = BAND_ALL;

	w.part = (int)arg;
	return bands_where(&s->bands[i], w);
}

static struct band_form phase_form(const struct sheet *s, size_t i, unsigned arg)
{
	return bands_phase(&s->bands[i], (enum ws_phase)arg);
}

static struct band_form path_form(const struct sheet *s, size_t i, unsigned arg)
{
	(void)arg;
	return bands_path(s->sums[i].path_cycles);
}

static struct band_form kind_form(const struct sheet *s, size_t i, unsigned arg)
{
	struct band_form f = bands_totals(&s->bands[i], &s->x[i].out->kind[arg].totals);

	f.v[BAND_PATH] += (double)run_kind_path(&s->x[i], (enum exit_kind)arg).cycles;
	return f;
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

/* Cycles as nanoseconds of the configuration's clock, in the same fraction. */
static int64_t clock_of(const struct sheet *s, size_t i, int64_t cycles)
{
	return num_ratio((uint64_t)cycles, UINT64_C(1000000000), (uint64_t)s->x[i].out->prog->config.machine->clock_hz);
}

/* ---- tables ---- */

static void whole_trace_row(struct rep_table *t, const struct sheet *s)
{
	if (s->most == NULL) {
		average_row(t, s, "whole trace, per exit", compare_all, exits, 0);
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

	average_row(t, s, "one HVC handled in the kernel", compare_plain, one, 0);
	average_row(t, s, "exits of the trace handled in the kernel, each", kernel_accesses, kernel_exits, 0);
	average_row(t, s, "exits of the trace to the VMM and back, each", user_accesses, user_exits, 0);
	average_row(t, s, "vcpu_load and vcpu_put, each pair", pair_accesses, n_puts, 0);
	whole_trace_row(t, s);
	chart(s, t, "what", "Register reads and writes, each", ACCESSES, false, true);
}

static void phase_table(const struct sheet *s)
{
	struct rep_table *t = table(s, "phases", "Reads and writes by phase, whole trace", "phase", REP_U64, 0);

	for (unsigned ph = 0; ph < PHASE_COUNT; ph++)
		row_if(t, s, phase_name((enum ws_phase)ph), phase_accesses, NULL, ph);
	rep_rule(t);
	row(t, s, "total", compare_all, NULL, 0);
	chart(s, t, "phase", "Reads and writes of the whole trace by phase", ACCESSES, true, false);
}

static void group_table(const struct sheet *s)
{
	struct rep_table *t = table(s, "groups", "Reads and writes by group, whole trace", "group", REP_U64, 0);

	for (unsigned g = 0; g < GRP_COUNT; g++)
		row_if(t, s, group_name((enum sr_group)g), group_accesses, NULL, g);
	chart(s, t, "group", "Reads and writes of the whole trace by register group", ACCESSES, false, false);
}

/* Cycles of an exit, or what they take at the clock. */
static void kind_row(struct rep_table *t, const struct sheet *s, unsigned k, bool time)
{
	if (kind_count(s, 0, k) == 0)
		return;
	rep_str(t, exit_row((enum exit_kind)k)->name);
	for (size_t i = 0; i < s->n; i++) {
		const struct span n = span(s, i, kind_count_with_path, k), c = span(s, i, kind_cycles, k);

		if (!time)
			rep_span_per(t, c, n);
		else if (span_exact(c) && span_exact(n) && n.lo != 0)
			rep_fix(t, clock_of(s, i, col_per(c.lo, n.lo)));
		else
			rep_none(t);
		in_band(t, s, i, kind_form, k);
	}
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
	chart(s, t, "kind", "Reads and writes per exit by exit kind", ACCESSES, false, false);
	t = table_in(s, "kind_cycles", "Cycles per exit, modelled and measured path, by exit kind", "kind", REP_FIX, 1, "cycles");
	for (unsigned k = 0; k < EXIT_COUNT; k++)
		kind_row(t, s, k, false);
	t = table_in(s, "kind_times", "The same as time", "kind", REP_FIX, 1, "ns");
	for (unsigned k = 0; k < EXIT_COUNT; k++)
		kind_row(t, s, k, true);
}

static void counter_table(const struct sheet *s)
{
	struct rep_table *t = table(s, "counters", "Operations, whole trace", "counter", REP_U64, 0);

	for (unsigned c = 0; c < CNT_COUNT; c++)
		row_if(t, s, counter_title((enum ws_counter)c), counter, NULL, c);
}

static uint64_t path_cycles(const struct sheet *s, size_t i, unsigned arg)
{
	(void)arg;
	return s->sums[i].path_cycles;
}

/* A row of what needs a path profile. */
static void path_row(struct rep_table *t, const struct sheet *s, const char *name, number_fn *f, form_fn *form)
{
	rep_str(t, name);
	for (size_t i = 0; i < s->n; i++) {
		if (path_given(s->x[i].path)) {
			rep_span(t, span(s, i, f, 0));
			in_band(t, s, i, form, 0);
		} else {
			rep_none(t);
		}
	}
}

/* What cycles of the whole trace take; path: they need a path profile. */
static void time_row(struct rep_table *t, const struct sheet *s, const char *name, number_fn *f, form_fn *form, bool path)
{
	rep_str(t, name);
	for (size_t i = 0; i < s->n; i++) {
		const struct span c = span(s, i, f, 0);

		if ((path && !path_given(s->x[i].path)) || (c.lo == 0 && !span_exact(c))) {
			rep_none(t);
			continue;
		}
		rep_fix(t, clock_of(s, i, num_i64((i128)c.lo))); /* thousandths of a microsecond */
		rep_bound(t, span_exact(c) ? REP_EXACT : REP_AT_LEAST);
		in_band(t, s, i, form, 0);
	}
}

static void cycle_tables(const struct sheet *s)
{
	struct rep_table *t = table_in(s, "cycles", "Cycles, whole trace", "part", REP_U64, 0, "cycles");

	for (unsigned c = 0; c < CLASS_COUNT; c++)
		row(t, s, class_title((enum counter_class)c), class_cycles, class_form, c);
	rep_rule(t);
	row(t, s, "modelled", compare_modelled, compare_modelled_form, 0);
	path_row(t, s, "measured path", path_cycles, path_form);
	rep_rule(t);
	path_row(t, s, "total", compare_cycles, compare_cycles_form);
	t = table_in(s, "times", "Time, whole trace", "part", REP_FIX, 1, "us");
	time_row(t, s, "modelled", compare_modelled, compare_modelled_form, false);
	time_row(t, s, "measured path", path_cycles, path_form, true);
	rep_rule(t);
	time_row(t, s, "total", compare_cycles, compare_cycles_form, true);
	t = table_in(s, "phase_cycles", "Modelled cycles by phase, whole trace", "phase", REP_U64, 0, "cycles");
	for (unsigned ph = 0; ph < PHASE_COUNT; ph++)
		row_if(t, s, phase_name((enum ws_phase)ph), phase_cycles, phase_form, ph);
	chart(s, t, "phase", "Modelled cycles of the whole trace by phase", "cycles", true, false);
}

static void ratio_table(const struct sheet *s)
{
	char title[160];
	struct rep_table *t;

	(void)snprintf(title, sizeof(title), "Relative to %s", s->x[s->baseline].title);
	t = table(s, "relative", title, "what", REP_FIX, 2);
	ratio_row(t, s, "accesses, one HVC handled in the kernel", compare_plain, NULL, 0);
	ratio_row(t, s, "accesses, whole trace", compare_all, NULL, 0);
	ratio_row(t, s, "modelled cycles, whole trace", compare_modelled, compare_modelled_form, 0);
	ratio_row(t, s, "all cycles, whole trace", compare_cycles, compare_cycles_form, 0);
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
			   .plain = xcalloc(n, sizeof(struct ws_totals)),
			   .bands = xcalloc(n, sizeof(struct bands)) };
	struct sheet most = { 0 };

	for (size_t i = 0; i < n; i++) {
		run_sums_of(&x[i], &s.sums[i]);
		run_plain_exit(x[i].out->prog, &s.plain[i]);
		bands_of(&x[i], s.sums[i].path_cycles, &s.bands[i]);
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
		if (i == baseline)
			continue;
		compare_verdict(&s, i);
		compare_apart(&s, i);
	}
	compare_mechanism(&s);
	run_notes(x, n, r);
	free((void *)most.x);
	free(most.sums);
	free(s.sums);
	free(s.plain);
	for (size_t i = 0; i < n; i++)
		bands_free(&s.bands[i]);
	free(s.bands);
}
