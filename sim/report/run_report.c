/* SPDX-License-Identifier: Apache-2.0 */
/* The report of `el2sim run`. */
#include "sim/report/run_report.h"

#include <string.h>

/* Counters that have a column of their own in the table of phases. */
static const enum ws_counter shown[] = { CNT_read, CNT_write, CNT_isb, CNT_dsb, CNT_hvc, CNT_eret, CNT_exc,
					 CNT_gpr,  CNT_fpr,   CNT_mmio };
#define N_SHOWN (sizeof(shown) / sizeof(shown[0]))

static struct rep_col text_col(const char *key, const char *title)
{
	return (struct rep_col){ .key = key, .title = title, .type = REP_STR };
}

static struct rep_col count_col(const char *key, const char *title, const char *unit)
{
	return (struct rep_col){ .key = key, .title = title, .type = REP_U64, .unit = unit, .sparse = true };
}

static struct rep_col average_col(const char *key, const char *title, const char *unit)
{
	return (struct rep_col){ .key = key, .title = title, .type = REP_FIX, .unit = unit, .decimals = 1 };
}

/* Columns of the phases, for charts. */
static const char phase_keys[] =
#define X(id, name, help) name " "
	WS_PHASES(X)
#undef X
	;

static void facts(const struct run_result *x, struct rep *r)
{
	const struct machine *m = x->prog->config.machine;
	const struct path_profile *p = x->path;

	rep_fact(r, "config", "configuration", "%s", x->config);
	trace_facts(x, r);
	rep_fact(r, "machine", "machine", "%s", m->name);
	rep_fact_u64(r, "clock_hz", "clock", (uint64_t)m->clock_hz, "Hz");
	rep_fact(r, "calibration", "cycles are", "%s", calibration_name((enum calibration)m->calibration));
	rep_fact(r, "model", "switch model", "%s", x->prog->config.model->name);
	if (path_given(p))
		rep_fact(r, "path_profile", "path profile", "Linux %s, %s on %s", p->kernel, p->mode, p->machine);
	else
		rep_fact(r, "path_profile", "path profile", "none");
}

static void phase_cells(struct rep_table *t, const char *name, uint64_t runs, const struct ws_totals *n)
{
	rep_str(t, name);
	rep_u64(t, runs);
	for (size_t i = 0; i < N_SHOWN; i++)
		rep_u64(t, n->n[shown[i]]);
	rep_u64(t, n->cycles);
}

static void phase_table(const struct replay *p, struct rep *r)
{
	struct rep_col cols[N_SHOWN + 3];
	struct rep_table *t;
	uint64_t runs = 0;

	cols[0] = text_col("phase", "");
	cols[1] = count_col("runs", "", "");
	for (size_t i = 0; i < N_SHOWN; i++)
		cols[2 + i] = count_col(counter_name(shown[i]), counter_title(shown[i]), "");
	cols[N_SHOWN + 2] = count_col("cycles", "", "");
	t = rep_table(r, "phases", "By phase", cols, N_SHOWN + 3);
	for (unsigned ph = 0; ph < PHASE_COUNT; ph++) {
		phase_cells(t, phase_name((enum ws_phase)ph), p->phase_runs[ph], &p->phase[ph]);
		runs += p->phase_runs[ph];
	}
	rep_rule(t);
	phase_cells(t, "total", runs, &p->total);
}

/* Cycles as microseconds in thousandths; the products stay in 64 bits (clock at most 10 GHz). */
static int64_t microseconds(uint64_t cycles, int64_t clock_hz)
{
	uint64_t hz = (uint64_t)clock_hz;

	return (int64_t)(cycles / hz * UINT64_C(1000000000) + cycles % hz * UINT64_C(1000000000) / hz);
}

static void part_row(struct rep_table *t, const struct run_result *x, const char *part, const char *help,
		     uint64_t cycles, uint64_t all)
{
	rep_str(t, part);
	rep_u64(t, cycles);
	rep_fix(t, microseconds(cycles, x->prog->config.machine->clock_hz));
	rep_fix(t, all != 0 ? (int64_t)(cycles * 100000 / all) : 0);
	rep_str(t, help);
}

static void cycle_table(const struct run_result *x, const struct run_sums *s, struct rep *r)
{
	struct rep_col cols[] = { text_col("part", ""), count_col("cycles", "", ""), average_col("time_us", "time", "us"),
				  average_col("share", "", "%"), text_col("what", "") };
	struct rep_table *t = rep_table(r, "cycles", "Cycles", cols, 5);
	uint64_t all = x->replay->total.cycles + s->path_cycles;

	for (unsigned c = 0; c < CLASS_COUNT; c++)
		part_row(t, x, class_title((enum counter_class)c), class_help((enum counter_class)c),
			 x->account.class_cycles[c], all);
	rep_rule(t);
	part_row(t, x, "modelled", "sum of the above", x->replay->total.cycles, all);
	if (path_given(x->path)) {
		part_row(t, x, "measured path", "the kernel's other instructions, recorded, times cycles per instruction",
			 s->path_cycles, all);
	} else {
		rep_str(t, "measured path");
		rep_none(t);
		rep_none(t);
		rep_none(t);
		rep_str(t, "no path profile");
	}
	rep_rule(t);
	part_row(t, x, "total", "", all, all);
	rep_chart(t, &(struct rep_chart){ .kind = REP_BARS, .title = "Modelled cycles by part", .x = "part", .y = "cycles" });
}

static void group_table(const struct run_result *x, bool cycles, struct rep *r)
{
	struct rep_col cols[PHASE_COUNT + 2];
	struct rep_table *t;

	cols[0] = text_col("group", "");
	for (unsigned ph = 0; ph < PHASE_COUNT; ph++)
		cols[1 + ph] = count_col(phase_name((enum ws_phase)ph), "", "");
	cols[PHASE_COUNT + 1] = count_col("total", "", "");
	t = rep_table(r, cycles ? "group_cycles" : "groups",
		      cycles ? "Modelled cycles by group and phase" : "Register reads and writes by group and phase",
		      cols, PHASE_COUNT + 2);
	for (unsigned g = 0; g < GRP_COUNT; g++) {
		uint64_t n[PHASE_COUNT], sum = 0;

		for (unsigned ph = 0; ph < PHASE_COUNT; ph++) {
			const struct ws_totals *tot = &x->account.group[ph][g];

			n[ph] = cycles ? tot->cycles : run_accesses(tot);
			sum += n[ph];
		}
		if (sum == 0)
			continue;
		rep_str(t, group_name((enum sr_group)g));
		for (unsigned ph = 0; ph < PHASE_COUNT; ph++)
			rep_u64(t, n[ph]);
		rep_u64(t, sum);
	}
	rep_chart(t, &(struct rep_chart){ .kind = REP_STACK, .x = "group", .y = phase_keys, .lead = cycles,
					  .title = cycles ? "Where the modelled cycles go: register group and phase"
							  : "Reads and writes by register group and phase" });
}

static void average(struct rep_table *t, uint64_t sum, uint64_t n)
{
	if (n == 0)
		rep_none(t);
	else
		rep_fix(t, (int64_t)(sum / n * 1000 + sum % n * 1000 / n));
}

static void path_cells(struct rep_table *t, const struct run_result *x, enum exit_kind k)
{
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
	rep_u64(t, p.insns);
	rep_u64(t, p.cycles);
	average(t, p.insns, x->replay->kind[k].count);
	rep_u64(t, p.user);
}

static void kind_table(const struct run_result *x, struct rep *r)
{
	struct rep_col cols[] = {
		text_col("kind", "exit kind"),
		count_col("count", "", ""),
		count_col("reads", "", ""),
		count_col("writes", "", ""),
		count_col("cycles", "", ""),
		average_col("reads_each", "reads", "each"),
		average_col("writes_each", "writes", "each"),
		average_col("cycles_each", "cycles", "each"),
		text_col("path", "measured path"),
		count_col("path_insns", "insns", ""),
		count_col("path_cycles", "cycles", ""),
		average_col("path_insns_each", "insns", "each"),
		count_col("vmm_insns", "VMM insns", ""),
	};
	struct rep_table *t = rep_table(r, "kinds", "By exit kind, from the exit to the next entry", cols, 13);

	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		const struct replay_kind *kind = &x->replay->kind[k];

		if (kind->count == 0)
			continue;
		rep_str(t, exit_row((enum exit_kind)k)->name);
		rep_u64(t, kind->count);
		rep_u64(t, kind->totals.n[CNT_read]);
		rep_u64(t, kind->totals.n[CNT_write]);
		rep_u64(t, kind->totals.cycles);
		average(t, kind->totals.n[CNT_read], kind->count);
		average(t, kind->totals.n[CNT_write], kind->count);
		average(t, kind->totals.cycles, kind->count);
		path_cells(t, x, (enum exit_kind)k);
	}
	rep_chart(t, &(struct rep_chart){ .kind = REP_STACK, .title = "Cycles by exit kind: modelled, measured path",
					  .x = "kind", .y = "cycles path_cycles" });
}

static void vcpu_table(const struct replay *p, struct rep *r)
{
	struct rep_col cols[] = {
		{ .key = "pid", .type = REP_ID },
		text_col("vm", "VM"),
		{ .key = "vcpu", .title = "vCPU", .type = REP_ID },
		count_col("exits", "", ""),
		count_col("user_exits", "to the VMM", ""),
		count_col("loads", "", ""),
		count_col("puts", "", ""),
		{ .key = "guest_us", .title = "guest residency", .type = REP_FIX, .unit = "us", .decimals = 3 },
		count_col("reads", "", ""),
		count_col("writes", "", ""),
		count_col("cycles", "", ""),
	};
	struct rep_table *t = rep_table(r, "vcpus", "By vCPU", cols, 11);

	for (size_t v = 0; v < p->n_vcpu; v++) {
		const struct replay_vcpu *c = &p->vcpu[v];

		rep_u64(t, (uint64_t)c->pid);
		rep_str(t, c->comm);
		if (c->index != UINT32_MAX)
			rep_u64(t, c->index);
		else
			rep_none(t);
		rep_u64(t, c->exits);
		rep_u64(t, c->user_exits);
		rep_u64(t, c->loads);
		rep_u64(t, c->puts);
		rep_fix(t, (int64_t)c->guest_ns);
		rep_u64(t, c->totals.n[CNT_read]);
		rep_u64(t, c->totals.n[CNT_write]);
		rep_u64(t, c->totals.cycles);
	}
}

static void counter_table(const struct run_result *x, struct rep *r)
{
	struct rep_col cols[] = { text_col("counter", ""), count_col("count", "", ""), count_col("cycles", "", ""),
				  text_col("what", "") };
	struct rep_table *t = rep_table(r, "counters", "Operations", cols, 4);

	for (unsigned c = 0; c < CNT_COUNT; c++) {
		if (x->replay->total.n[c] == 0)
			continue;
		rep_str(t, counter_title((enum ws_counter)c));
		rep_u64(t, x->replay->total.n[c]);
		rep_u64(t, x->account.counter_cycles[c]);
		rep_str(t, counter_help((enum ws_counter)c));
	}
}

static void accessor_table(const struct account_accessors *a, struct rep *r)
{
	struct rep_col cols[] = { text_col("accessor", ""), count_col("cpu", "register", ""),
				  count_col("memory", "", "") };
	struct rep_table *t = rep_table(r, "accessors",
					"Exit handlers' accesses to guest registers (vcpu_read_sys_reg, "
					"vcpu_write_sys_reg)", cols, 3);

	rep_str(t, "reads and writes");
	rep_u64(t, a->cpu_reads + a->cpu_writes);
	rep_u64(t, a->memory);
}

static uint64_t reg_accesses(const struct account_reg *g, bool write)
{
	uint64_t n = 0;

	for (unsigned ph = 0; ph < PHASE_COUNT; ph++)
		n += write ? g->write[ph] : g->read[ph];
	return n;
}

/* List registers are counted together, in the row of the first. */
static const char *reg_text(enum sysreg reg)
{
	return strcmp(sysreg_name(reg), "ICH_LR0_EL2") == 0 ? "ICH_LR<n>_EL2" : sysreg_name(reg);
}

static void reg_row(struct rep_table *t, enum sysreg reg, const struct account_reg *g)
{
	rep_str(t, reg_text(reg));
	rep_str(t, group_name((enum sr_group)sysreg_row(reg)->group));
	rep_u64(t, reg_accesses(g, false));
	rep_u64(t, reg_accesses(g, true));
	rep_u64(t, g->cycles);
	for (unsigned ph = 0; ph < PHASE_COUNT; ph++)
		rep_u64(t, g->read[ph] + g->write[ph]);
}

static void reg_table(const struct account *a, struct rep *r)
{
	struct rep_col cols[PHASE_COUNT + 5];
	struct rep_table *t;

	cols[0] = text_col("register", "");
	cols[1] = text_col("group", "");
	cols[2] = count_col("reads", "", "");
	cols[3] = count_col("writes", "", "");
	cols[4] = count_col("cycles", "", "");
	for (unsigned ph = 0; ph < PHASE_COUNT; ph++)
		cols[5 + ph] = count_col(phase_name((enum ws_phase)ph), "", "");
	t = rep_table(r, "registers", "By register; reads and writes by phase", cols, PHASE_COUNT + 5);
	for (unsigned reg = SR_NONE + 1; reg < SR_COUNT; reg++) {
		const struct account_reg *g = &a->reg[reg];

		if (reg_accesses(g, false) + reg_accesses(g, true) != 0)
			reg_row(t, (enum sysreg)reg, g);
	}
	rep_chart(t, &(struct rep_chart){ .kind = REP_STACK, .title = "Reads and writes by register and phase",
					  .x = "register", .y = phase_keys });
}

/* The answer: what an exit costs, and where most of it goes. */
static void answer(const struct run_result *x, struct rep *r)
{
	const struct replay *p = x->replay;
	uint64_t group[GRP_COUNT] = { 0 }, cycles = p->total.cycles;
	unsigned g = 0, k = 0;
	char n[RUN_COUNT_TEXT];

	if (p->exits == 0 || cycles == 0)
		return;
	for (unsigned i = 0; i < GRP_COUNT; i++) {
		for (unsigned ph = 0; ph < PHASE_COUNT; ph++)
			group[i] += x->account.group[ph][i].cycles;
		g = group[i] > group[g] ? i : g;
	}
	for (unsigned i = 0; i < EXIT_COUNT; i++)
		k = p->kind[i].totals.cycles > p->kind[k].totals.cycles ? i : k;
	rep_verdict(r, "%s guest exits: %llu.%llu register reads and writes and %llu modelled cycles each; most go to group "
		    "%s (%llu %%) and to exits %s (%llu %%)", run_count(p->exits, n),
		    (unsigned long long)(run_accesses(&p->total) / p->exits),
		    (unsigned long long)(run_accesses(&p->total) % p->exits * 10 / p->exits),
		    (unsigned long long)(cycles / p->exits), group_name((enum sr_group)g),
		    (unsigned long long)(group[g] * 100 / cycles), exit_row((enum exit_kind)k)->name,
		    (unsigned long long)(p->kind[k].totals.cycles * 100 / cycles));
}

void run_report(const struct run_result *x, struct rep *r)
{
	char n[3][RUN_COUNT_TEXT];
	struct run_sums s;

	run_sums_of(x, &s);
	facts(x, r);
	phase_table(x->replay, r);
	cycle_table(x, &s, r);
	run_per_exit(&(struct per_exit){ s.kernel + s.user, s.user, x->replay->phase_runs[PHASE_LOAD], &x->replay->total }, r);
	kind_table(x, r);
	vcpu_table(x->replay, r);
	group_table(x, false, r);
	group_table(x, true, r);
	reg_table(&x->account, r);
	counter_table(x, r);
	accessor_table(&x->account.acc, r);
	answer(x, r);
	rep_verdict(r, "conservation: sums by phase, exit kind, vCPU and op agree: %s reads, %s writes, %s modelled "
		    "cycles", run_count(x->replay->total.n[CNT_read], n[0]),
		    run_count(x->replay->total.n[CNT_write], n[1]), run_count(x->replay->total.cycles, n[2]));
	run_notes(x, 1, r);
}
