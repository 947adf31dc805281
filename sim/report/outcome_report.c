/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/report/outcome_report.h"

#include <math.h>
#include <string.h>

#include "sim/base/num.h"
#include "sim/base/str.h"

#include "sim/report/bands.h"
#include "sim/report/columns.h"
#include "sim/report/spans.h"

/* Counters that have a column of their own in the table of phases. */
static const enum ws_counter shown[] = { CNT_read, CNT_write, CNT_isb, CNT_dsb, CNT_hvc, CNT_eret, CNT_exc,
					 CNT_gpr,  CNT_fpr,   CNT_mmio };
#define N_SHOWN (sizeof(shown) / sizeof(shown[0]))

static void phase_cells(struct rep_table *t, const struct bands *b, const char *name, struct span runs, const struct ws_totals *n,
			const struct band_form *f)
{
	const struct run_result *x = b->x;

	rep_str(t, name);
	rep_span(t, runs);
	for (size_t i = 0; i < N_SHOWN; i++)
		rep_span(t, span_of(x, &n->n[shown[i]]));
	rep_span(t, span_of(x, &n->cycles));
	rep_in_band(t, b, f);
}

static void phase_table(const struct bands *b, struct rep *r)
{
	const struct run_result *x = b->x;
	const struct outcome *o = x->out;
	struct rep_col cols[N_SHOWN + 3];
	struct rep_table *t;
	struct span runs = { 0, 0 };

	cols[0] = col_text("phase", "");
	cols[1] = col_count("runs", "", "");
	for (size_t i = 0; i < N_SHOWN; i++)
		cols[2 + i] = col_counter(shown[i]);
	cols[N_SHOWN + 2] = col_cycles("cycles", "");
	t = rep_table(r, "phases", "By phase", cols, N_SHOWN + 3);
	for (unsigned ph = 0; ph < PHASE_COUNT; ph++) {
		const struct span n = span_of(x, &o->phase_runs[ph]);
		const struct band_form f = bands_phase(b, (enum ws_phase)ph);

		phase_cells(t, b, phase_name((enum ws_phase)ph), n, &o->phase[ph], &f);
		runs = span_add(runs, n);
	}
	rep_rule(t);
	phase_cells(t, b, "total", runs, &o->total, &b->modelled);
}

/* Cycles as microseconds in thousandths. */
static int64_t microseconds(uint64_t cycles, int64_t clock_hz)
{
	return num_ratio(cycles, UINT64_C(1000000000), (uint64_t)clock_hz);
}

static void part_row(struct rep_table *t, const struct bands *b, const char *part, const char *help, struct span cycles,
		     struct span all, const struct band_form *f)
{
	rep_str(t, part);
	rep_span(t, cycles);
	rep_in_band(t, b, f);
	if (span_exact(cycles) || cycles.lo != 0)
		rep_fix(t, microseconds(cycles.lo, b->x->out->prog->config.machine->clock_hz));
	else
		rep_none(t);
	rep_bound(t, span_exact(cycles) ? REP_EXACT : REP_AT_LEAST);
	rep_in_band(t, b, f);
	if (span_exact(cycles) && span_exact(all))
		rep_fix(t, num_ratio(cycles.lo, 100000, all.lo));
	else
		rep_none(t);
	rep_str(t, help);
}

static void cycle_table(const struct bands *b, const struct run_sums *s, struct rep *r)
{
	const struct run_result *x = b->x;
	struct rep_col cols[] = { col_text("part", ""), col_cycles("cycles", ""), col_average("time_us", "time", "us"),
				  col_average("share", "", "%"), col_text("what", "") };
	struct rep_table *t = rep_table(r, "cycles", "Cycles", cols, 5);
	const struct span modelled = span_of(x, &x->out->total.cycles);
	const struct span path = { s->path_cycles, x->bounds != NULL ? BOUNDS_NONE : s->path_cycles };
	const struct span all = path_given(x->path) ? span_add(modelled, path) : modelled;
	const struct band_form path_form = bands_path(s->path_cycles);

	for (unsigned c = 0; c < CLASS_COUNT; c++) {
		struct band_where w = BAND_ALL;
		struct band_form f;

		w.part = (int)c;
		f = bands_where(b, w);
		part_row(t, b, class_title((enum counter_class)c), class_help((enum counter_class)c),
			 span_of(x, &x->out->account.class_cycles[c]), all, &f);
	}
	rep_rule(t);
	part_row(t, b, "modelled", "sum of the above", modelled, all, &b->modelled);
	if (path_given(x->path)) {
		part_row(t, b, "measured path", "the kernel's other instructions, recorded, times cycles per instruction",
			 path, all, &path_form);
	} else {
		rep_str(t, "measured path");
		rep_none(t);
		rep_none(t);
		rep_none(t);
		rep_str(t, "no path profile");
	}
	rep_rule(t);
	part_row(t, b, "total", "", all, all, path_given(x->path) ? &b->all : &b->modelled);
	rep_chart(t, &(struct rep_chart){ .kind = REP_BARS, .title = "Modelled cycles by part", .x = "part", .y = "cycles" });
}

static uint64_t reads(const struct ws_totals *t)
{
	return t->n[CNT_read];
}

static uint64_t writes(const struct ws_totals *t)
{
	return t->n[CNT_write];
}

static uint64_t cycles(const struct ws_totals *t)
{
	return t->cycles;
}

/* A sum of all phases; exits: those that it is divided by if nothing is missing. */
static void each_row(struct rep_table *t, const struct bands *b, const char *what, totals_fn *f, uint64_t exits,
		     const char *help)
{
	const struct run_result *x = b->x;
	struct per_exit p;

	rep_str(t, what);
	if (x->bounds == NULL) {
		rep_average(t, f(&x->out->total), exits);
	} else {
		p = span_per_exit(x, f);
		rep_fix(t, p.lo);
		rep_bound(t, p.exact ? REP_EXACT : REP_AT_LEAST);
	}
	if (f == cycles)
		rep_in_band(t, b, &b->modelled);
	rep_str(t, help);
}

static void each_count(struct rep_table *t, const char *what, struct span n, struct span exits, const char *help)
{
	rep_str(t, what);
	rep_span_per(t, n, exits);
	rep_str(t, help);
}

static void per_exit_table(const struct bands *b, uint64_t exits, uint64_t user, struct rep *r)
{
	const struct run_result *x = b->x;
	static const struct rep_col cols[] = {
		{ "what", "", REP_STR, "", 0, false },
		{ "each", "per exit", REP_FIX, "", 3, false },
		{ "meaning", "", REP_STR, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "per_exit", "Per guest exit", cols, 3);
	const struct span all = x->bounds != NULL ? span_of(x, &x->out->n.exits) : (struct span){ exits, exits };
	const struct span vmm = x->bounds != NULL ? span_of(x, &x->out->n.user_exits) : (struct span){ user, user };

	each_row(t, b, "reads", reads, exits, "of system registers, in all phases");
	each_row(t, b, "writes", writes, exits, "of system registers, in all phases");
	each_row(t, b, "accesses", outcome_accesses, exits, "reads and writes");
	each_row(t, b, "cycles", cycles, exits, "modelled, in all phases");
	each_count(t, "loads", span_of(x, &x->out->phase_runs[PHASE_LOAD]), all,
		   "vcpu_load: how often what is deferred moves");
	each_count(t, "user_exits", vmm, all, "exits that go to the VMM");
}

static void path_cells(struct rep_table *t, const struct bands *b, enum exit_kind k)
{
	const struct run_result *x = b->x;
	const struct band_form f = bands_path(x->out->kind[k].path.cycles);
	struct run_path p = run_kind_path(x, k);

	if (path_given(x->path))
		rep_str(t, path_kind_name(x->cost[k].kind));
	else
		rep_none(t);
	if (!p.known) {
		for (unsigned i = 0; i < 4; i++)
			rep_none(t);
		return;
	}
	rep_span(t, span_of(x, &x->out->kind[k].path.insns));
	rep_span(t, span_of(x, &x->out->kind[k].path.cycles));
	rep_in_band(t, b, &f);
	rep_span_per(t, span_of(x, &x->out->kind[k].path.insns), span_of(x, &x->out->kind[k].count));
	rep_span(t, (struct span){ p.user, span_exact(span_of(x, &x->out->kind[k].count)) ? p.user : BOUNDS_NONE });
}

/* What belongs to no exit that was finished. */
static void rest_row(struct rep_table *t, const struct bands *b, const char *name, const struct ws_totals *n)
{
	const struct band_form f = bands_totals(b, n);

	rep_str(t, name);
	rep_u64(t, 0);
	rep_u64(t, n->n[CNT_read]);
	rep_u64(t, n->n[CNT_write]);
	rep_u64(t, n->cycles);
	rep_in_band(t, b, &f);
	for (unsigned i = 0; i < 8; i++)
		rep_none(t);
}

static void kind_table(const struct bands *b, struct rep *r)
{
	const struct run_result *x = b->x;
	struct rep_col cols[] = {
		col_text("kind", "exit kind"),
		col_count("count", "", ""),
		col_count("reads", "", ""),
		col_count("writes", "", ""),
		col_cycles("cycles", ""),
		col_average("reads_each", "reads", "each"),
		col_average("writes_each", "writes", "each"),
		col_average("cycles_each", "each", "cycles"),
		col_text("path", "measured path"),
		col_count("path_insns", "insns", ""),
		col_cycles("path_cycles", "cycles"),
		col_average("path_insns_each", "insns", "each"),
		col_count("vmm_insns", "VMM insns", ""),
	};
	struct rep_table *t = rep_table(r, "kinds", "By exit kind, from the exit to the next entry", cols, 13);

	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		const struct outcome_kind *kind = &x->out->kind[k];
		struct band_form f;

		if (kind->count == 0)
			continue;
		f = bands_totals(b, &kind->totals);
		rep_str(t, exit_row((enum exit_kind)k)->name);
		rep_span(t, span_of(x, &kind->count));
		rep_span(t, span_of(x, &kind->totals.n[CNT_read]));
		rep_span(t, span_of(x, &kind->totals.n[CNT_write]));
		rep_span(t, span_of(x, &kind->totals.cycles));
		rep_in_band(t, b, &f);
		rep_span_per(t, span_of(x, &kind->totals.n[CNT_read]), span_of(x, &kind->count));
		rep_span_per(t, span_of(x, &kind->totals.n[CNT_write]), span_of(x, &kind->count));
		rep_span_per(t, span_of(x, &kind->totals.cycles), span_of(x, &kind->count));
		rep_in_band(t, b, &f);
		path_cells(t, b, (enum exit_kind)k);
	}
	if (outcome_simulated(x->out)) {
		rep_rule(t);
		rest_row(t, b, "idle pCPUs", &x->out->idle);
		rest_row(t, b, "unfinished", &x->out->unfinished);
	}
	rep_chart(t, &(struct rep_chart){ .kind = REP_STACK, .title = "Cycles by exit kind: modelled, measured path",
					  .x = "kind", .y = "cycles path_cycles", .unit = "cycles" });
}

/* Exits whose kind the trace does not tell: what each may be. */
static void doubt_table(const struct bounds *b, struct rep *r)
{
	const struct rep_col cols[] = { col_text("kinds", "one of these kinds"), col_count("count", "exits", "") };
	struct rep_table *t;

	if (b == NULL || b->n_doubt == 0)
		return;
	t = rep_table(r, "doubt", "Exits whose kind this trace does not tell", cols, 2);
	for (size_t i = 0; i < b->n_doubt; i++) {
		struct str names = STR_INIT;

		for (unsigned k = 0; k < EXIT_COUNT; k++) {
			if (kind_set_has(&b->doubt[i].kinds, (enum exit_kind)k))
				str_addf(&names, "%s%s", names.len != 0 ? ", " : "", exit_row((enum exit_kind)k)->name);
		}
		rep_str(t, str_get(&names));
		rep_span(t, (struct span){ b->doubt[i].count,
					   sight_lossy(&b->sight) ? BOUNDS_NONE : b->doubt[i].count });
		str_free(&names);
	}
}

static void vcpu_table(const struct bands *b, struct rep *r)
{
	const struct run_result *x = b->x;
	const struct outcome *o = x->out;
	struct rep_col cols[] = {
		col_id("pid", ""),
		col_text("vm", "VM"),
		col_id("vcpu", "vCPU"),
		col_count("exits", "", ""),
		col_count("user_exits", "to the VMM", ""),
		col_count("loads", "", ""),
		col_count("puts", "", ""),
		col_fix("guest_us", "guest residency", "us", 3),
		col_count("reads", "", ""),
		col_count("writes", "", ""),
		col_cycles("cycles", ""),
	};
	struct rep_table *t = rep_table(r, "vcpus", "By vCPU", cols, 11);

	for (size_t v = 0; v < o->n_vcpu; v++) {
		const struct outcome_vcpu *c = &o->vcpu[v];
		const struct band_form f = bands_totals(b, &c->totals);

		if (c->pid != 0)
			rep_u64(t, (uint64_t)c->pid);
		else
			rep_none(t);
		rep_str(t, c->vm_name);
		if (c->number != UINT32_MAX)
			rep_u64(t, c->number);
		else
			rep_none(t);
		rep_span(t, span_of(x, &c->n.exits));
		rep_span(t, span_of(x, &c->n.user_exits));
		rep_span(t, span_of(x, &c->n.loads));
		rep_span(t, span_of(x, &c->n.puts));
		if (span_exact(span_of(x, &c->guest_ns)))
			rep_fix(t, (int64_t)c->guest_ns);
		else
			rep_none(t);
		rep_span(t, span_of(x, &c->totals.n[CNT_read]));
		rep_span(t, span_of(x, &c->totals.n[CNT_write]));
		rep_span(t, span_of(x, &c->totals.cycles));
		rep_in_band(t, b, &f);
	}
}

/* A cell of the tables by group; phase PHASE_COUNT: of all. */
static void group_cell(struct rep_table *t, const struct bands *b, bool by_cycles, unsigned group, unsigned phase, struct span n)
{
	struct band_where w = BAND_ALL;
	struct band_form f;

	rep_span(t, n);
	if (!by_cycles)
		return;
	w.group = (int)group;
	w.phase = phase < PHASE_COUNT ? (int)phase : -1;
	f = bands_where(b, w);
	rep_in_band(t, b, &f);
}

static void group_table(const struct bands *b, bool by_cycles, struct rep *r)
{
	const struct run_result *x = b->x;
	struct rep_col cols[PHASE_COUNT + 2];
	struct rep_table *t;

	cols[0] = col_text("group", "");
	(void)col_phases(cols + 1, by_cycles ? "cycles" : "");
	cols[PHASE_COUNT + 1] = by_cycles ? col_cycles("total", "") : col_count("total", "", "");
	t = rep_table(r, by_cycles ? "group_cycles" : "groups",
		      by_cycles ? "Modelled cycles by group and phase" : "Register reads and writes by group and phase",
		      cols, PHASE_COUNT + 2);
	for (unsigned g = 0; g < GRP_COUNT; g++) {
		struct span n[PHASE_COUNT], sum = { 0, 0 };

		for (unsigned ph = 0; ph < PHASE_COUNT; ph++) {
			const struct ws_totals *tot = &x->out->account.group[ph][g];

			n[ph] = by_cycles ? span_of(x, &tot->cycles) : span_accesses(x, tot);
			sum = span_add(sum, n[ph]);
		}
		if (sum.lo == 0)
			continue;
		rep_str(t, group_name((enum sr_group)g));
		for (unsigned ph = 0; ph < PHASE_COUNT; ph++)
			group_cell(t, b, by_cycles, g, ph, n[ph]);
		group_cell(t, b, by_cycles, g, PHASE_COUNT, sum);
	}
	rep_chart(t, &(struct rep_chart){ .kind = REP_STACK, .x = "group", .y = col_phase_keys, .lead = by_cycles,
					  .title = by_cycles ? "Where the modelled cycles go: register group and phase"
							  : "Reads and writes by register group and phase",
					  .unit = by_cycles ? "cycles" : "reads and writes" });
}

static void counter_table(const struct bands *b, struct rep *r)
{
	const struct run_result *x = b->x;
	struct rep_col cols[] = { col_text("counter", ""), col_count("count", "", ""), col_cycles("cycles", ""),
				  col_text("what", "") };
	struct rep_table *t = rep_table(r, "counters", "Operations", cols, 4);

	for (unsigned c = 0; c < CNT_COUNT; c++) {
		struct band_where w = BAND_ALL;
		struct band_form f;

		if (x->out->total.n[c] == 0)
			continue;
		w.counter = (int)c;
		f = bands_where(b, w);
		rep_str(t, counter_title((enum ws_counter)c));
		rep_span(t, span_of(x, &x->out->total.n[c]));
		rep_span(t, span_of(x, &x->out->account.counter_cycles[c]));
		rep_in_band(t, b, &f);
		rep_str(t, counter_help((enum ws_counter)c));
	}
}

static void accessor_table(const struct run_result *x, struct rep *r)
{
	const struct account_accessors *a = &x->out->account.acc;
	struct rep_col cols[] = { col_text("accessor", ""), col_count("cpu", "register", ""),
				  col_count("memory", "", "") };
	struct rep_table *t = rep_table(r, "accessors",
					"Exit handlers' accesses to guest registers (vcpu_read_sys_reg, "
					"vcpu_write_sys_reg)", cols, 3);

	rep_str(t, "reads and writes");
	rep_span(t, span_add(span_of(x, &a->cpu_reads), span_of(x, &a->cpu_writes)));
	rep_span(t, span_of(x, &a->memory));
}

static struct span reg_accesses(const struct run_result *x, const struct account_reg *g, bool write)
{
	struct span n = { 0, 0 };

	for (unsigned ph = 0; ph < PHASE_COUNT; ph++)
		n = span_add(n, span_of(x, write ? &g->write[ph] : &g->read[ph]));
	return n;
}

/* List registers are counted together, in the row of the first. */
static const char *reg_text(enum sysreg reg)
{
	return strcmp(sysreg_name(reg), "ICH_LR0_EL2") == 0 ? "ICH_LR<n>_EL2" : sysreg_name(reg);
}

static void reg_row(struct rep_table *t, const struct bands *b, enum sysreg reg, const struct account_reg *g)
{
	const struct run_result *x = b->x;
	struct band_where w = BAND_ALL;
	struct band_form f;

	w.reg = (int)reg;
	f = bands_where(b, w);
	rep_str(t, reg_text(reg));
	rep_str(t, group_name((enum sr_group)sysreg_row(reg)->group));
	rep_span(t, reg_accesses(x, g, false));
	rep_span(t, reg_accesses(x, g, true));
	rep_span(t, span_of(x, &g->cycles));
	rep_in_band(t, b, &f);
	for (unsigned ph = 0; ph < PHASE_COUNT; ph++)
		rep_span(t, span_add(span_of(x, &g->read[ph]), span_of(x, &g->write[ph])));
}

static void reg_table(const struct bands *b, struct rep *r)
{
	const struct run_result *x = b->x;
	const struct account *a = &x->out->account;
	struct rep_col cols[PHASE_COUNT + 5];
	struct rep_table *t;

	cols[0] = col_text("register", "");
	cols[1] = col_text("group", "");
	cols[2] = col_count("reads", "", "");
	cols[3] = col_count("writes", "", "");
	cols[4] = col_cycles("cycles", "");
	(void)col_phases(cols + 5, "");
	t = rep_table(r, "registers", "By register; reads and writes by phase", cols, PHASE_COUNT + 5);
	for (unsigned reg = SR_NONE + 1; reg < SR_COUNT; reg++) {
		const struct account_reg *g = &a->reg[reg];

		if (reg_accesses(x, g, false).lo + reg_accesses(x, g, true).lo != 0)
			reg_row(t, b, (enum sysreg)reg, g);
	}
	rep_chart(t, &(struct rep_chart){ .kind = REP_STACK, .title = "Reads and writes by register and phase",
					  .x = "register", .y = col_phase_keys, .unit = "reads and writes" });
}

/* Of the whole: what a later comparison needs to tell what is common to both. */
static void cost_table(const struct bands *b, struct rep *r)
{
	const struct rep_col cols[] = { col_text("option", ""), col_cycles("cycles", ""), col_fix("mix", "of an exit's", "%", 3),
					col_fix("deviation", "", "%", 3), col_fix("correlation", "to cost.scale", "", 3) };
	const struct band_form *all = path_given(b->x->path) ? &b->all : &b->modelled;
	const struct band_dev *d = &b->x->band;
	struct rep_table *t;

	if (!d->known || b->x->bounds != NULL)
		return;
	t = rep_table(r, "costs", "Cycles by the cost that makes them, and how far it may be off", cols, 5);
	rep_detail(t);
	for (unsigned i = 0; i <= BAND_ROWS; i++) {
		struct band_form f = { .v = { 0 } };
		const double mix = i < BAND_COSTS ? d->mix[i] : 0;
		char name[48];

		for (unsigned k = 0; k < BAND_ROWS; k++) /* the last row: cost.scale, of all that it moves */
			f.v[k] = k == i || (i == BAND_ROWS && k < BAND_COSTS) ? all->v[k] : 0;
		if (band_cycles(&f) <= 0 && mix <= 0 && i < BAND_PATH)
			continue;
		rep_str(t, i < BAND_ROWS ? band_row_name(i, name) : "cost.scale");
		rep_u64(t, (uint64_t)llround(band_cycles(&f)));
		rep_in_band(t, b, &f);
		rep_fix(t, llround(mix * 100000));
		rep_fix(t, llround((i == BAND_ROWS ? d->scale : i == BAND_PATH ? d->cpi : d->single) * 100000));
		if (i == BAND_PATH)
			rep_fix(t, llround(d->correlation * 1000));
		else
			rep_none(t);
	}
}

void outcome_tables(const struct run_result *x, struct rep *r)
{
	struct run_sums s;
	struct bands b;

	run_sums_of(x, &s);
	bands_of(x, s.path_cycles, &b);
	phase_table(&b, r);
	cycle_table(&b, &s, r);
	if (outcome_simulated(x->out))
		per_exit_table(&b, x->out->n.exits, x->out->n.user_exits, r);
	else
		per_exit_table(&b, s.kernel + s.user, s.user, r);
	kind_table(&b, r);
	doubt_table(x->bounds, r);
	vcpu_table(&b, r);
	group_table(&b, false, r);
	group_table(&b, true, r);
	reg_table(&b, r);
	counter_table(&b, r);
	accessor_table(x, r);
	cost_table(&b, r);
	bands_free(&b);
}
