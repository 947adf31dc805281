/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/report/flags_report.h"

#include <string.h>

#include "sim/base/str.h"
#include "sim/report/run_report.h"

static struct rep_col text_col(const char *key, const char *title)
{
	return (struct rep_col){ .key = key, .title = title, .type = REP_STR };
}

static struct rep_col count_col(const char *key, const char *title, const char *unit)
{
	return (struct rep_col){ .key = key, .title = title, .type = REP_U64, .unit = unit, .sparse = true };
}

/* ---- of a run ---- */

/* Places that only copy whole sets (pKVM) use no flag of their own. */
static bool copies(const struct vflag_site *s)
{
	return s->op == VFOP_FLUSH || s->op == VFOP_SYNC;
}

static void use_table(const struct vflag_tally *t, struct rep *r)
{
	const struct rep_col cols[] = {
		text_col("flag", ""), text_col("set", ""),
		count_col("set_kernel", "set", "kernel"), count_col("set_hyp", "set", "hypervisor part"),
		count_col("clear_kernel", "cleared", "kernel"), count_col("clear_hyp", "cleared", "hypervisor part"),
		count_col("get_kernel", "read", "kernel"), count_col("get_hyp", "read", "hypervisor part"),
	};
	struct rep_table *tab = rep_table(r, "flags", "vCPU flags: who set, cleared and read them, how often", cols, 8);
	static const enum vflag_op ops[] = { VFOP_SET, VFOP_CLEAR, VFOP_GET };
	size_t n;
	const struct vflag_site *s = vflag_sites(&n);

	for (unsigned f = 0; f < VF_COUNT; f++) {
		uint64_t sum[VFOP_COUNT][VFSIDE_COUNT] = { { 0 } }, all = 0;

		for (size_t i = 0; i < n; i++) {
			if (s[i].flag != f || copies(&s[i]))
				continue;
			sum[s[i].op][s[i].side] += t->runs[i];
			all += t->runs[i];
		}
		if (all == 0)
			continue;
		rep_str(tab, vflag_row((enum vflag)f)->name);
		rep_str(tab, vflag_set_name((enum vflag_set)vflag_row((enum vflag)f)->set));
		for (unsigned k = 0; k < 3; k++) {
			rep_u64(tab, sum[ops[k]][VFSIDE_KERNEL]);
			rep_u64(tab, sum[ops[k]][VFSIDE_HYP]);
		}
	}
}

/* One function may stand in several rows, for several conditions: in the first of them all count. */
static uint64_t runs_of_place(const struct vflag_tally *t, size_t i)
{
	uint64_t runs = 0;
	size_t n;
	const struct vflag_site *s = vflag_sites(&n);

	for (size_t k = 0; k < n; k++) {
		if (s[k].flag != s[i].flag || s[k].op != s[i].op || s[k].side != s[i].side ||
		    strcmp(s[k].function, s[i].function) != 0)
			continue;
		if (k < i)
			return 0;
		runs += t->runs[k];
	}
	return runs;
}

static void run_place_table(const struct vflag_tally *t, struct rep *r)
{
	const struct rep_col cols[] = { text_col("flag", ""), text_col("op", ""), text_col("side", ""),
					text_col("function", "kernel function"), count_col("times", "", "") };
	struct rep_table *tab = rep_table(r, "flag_places", "Where the kernel used them", cols, 5);
	size_t n;
	const struct vflag_site *s = vflag_sites(&n);

	for (size_t i = 0; i < n; i++) {
		uint64_t runs = runs_of_place(t, i);

		if (runs == 0)
			continue;
		rep_str(tab, copies(&s[i]) ? vflag_set_name((enum vflag_set)vflag_row((enum vflag)s[i].flag)->set)
					   : vflag_row((enum vflag)s[i].flag)->name);
		rep_str(tab, vflag_op_name((enum vflag_op)s[i].op));
		rep_str(tab, vflag_side_name((enum vflag_side)s[i].side));
		rep_str(tab, s[i].function);
		rep_u64(tab, runs);
	}
}

static void violation_table(const struct vflag_tally *t, struct rep *r)
{
	const struct rep_col cols[] = { text_col("rule", ""), text_col("flag", ""), count_col("times", "", ""),
					text_col("text", "the first one") };
	struct rep_table *tab = rep_table(r, "flag_violations", "Rules of vCPU flags that were broken", cols, 4);
	char buf[VFLAG_VIOLATION_TEXT];

	for (size_t i = 0; i < t->n_found; i++) {
		rep_str(tab, vflag_rule_name((enum vflag_rule)t->found[i].x.rule));
		rep_str(tab, vflag_row((enum vflag)t->found[i].x.flag)->name);
		rep_u64(tab, t->found[i].count);
		rep_str(tab, vflag_violation_text(&t->found[i].x, buf));
	}
}

void flags_run_report(const struct vflag_tally *t, struct rep *r)
{
	char text[RUN_COUNT_TEXT];
	uint64_t uses = 0;
	size_t n;

	(void)vflag_sites(&n);
	for (size_t i = 0; i < n; i++)
		uses += t->runs[i];
	use_table(t, r);
	run_place_table(t, r);
	if (t->n_found != 0)
		violation_table(t, r);
	if (t->n_found == 0)
		rep_verdict(r, "vCPU flags: %s use%s, no rule broken", run_count(uses, text), uses == 1 ? "" : "s");
	else
		rep_alarm(r, "vCPU flags: %s use%s, rules broken in %zu way%s", run_count(uses, text), uses == 1 ? "" : "s", t->n_found,
			  t->n_found == 1 ? "" : "s");
}

void flags_warning(const struct vflag_tally *t, struct rep *r)
{
	char buf[VFLAG_VIOLATION_TEXT];

	if (t->n_found != 0)
		rep_note(r, "a rule of vCPU flags is broken (--flags lists all): %s",
			 vflag_violation_text(&t->found[0].x, buf));
}

/* ---- the tables ---- */

/* 415 as 4.15. */
static void version_cell(struct rep_table *t, unsigned v)
{
	rep_strf(t, "%u.%u", v / 100, v % 100);
}

/* Places that do this, by side: "kernel", "kernel, hypervisor part", "". */
static void sides_cell(struct rep_table *t, enum vflag f, enum vflag_op op)
{
	bool side[VFSIDE_COUNT] = { false };
	size_t n;
	const struct vflag_site *s = vflag_sites(&n);

	for (size_t i = 0; i < n; i++) {
		if (s[i].flag == f && s[i].op == op)
			side[s[i].side] = true;
	}
	rep_strf(t, "%s%s%s", side[VFSIDE_KERNEL] ? vflag_side_name(VFSIDE_KERNEL) : "",
		 side[VFSIDE_KERNEL] && side[VFSIDE_HYP] ? ", " : "",
		 side[VFSIDE_HYP] ? vflag_side_name(VFSIDE_HYP) : "");
}

void flags_table(struct rep *r)
{
	const struct rep_col set_cols[] = { text_col("set", ""), { .key = "bits", .type = REP_U64 },
					    text_col("help", "meaning") };
	const struct rep_col cols[] = {
		text_col("flag", ""), text_col("set", ""), { .key = "value", .type = REP_HEX },
		{ .key = "mask", .type = REP_HEX }, text_col("since", "since Linux"), text_col("sets", "set by"),
		text_col("clears", "cleared by"), text_col("gets", "read by"), text_col("gone", "gone after"),
		text_col("help", "meaning"),
	};
	struct rep_table *t = rep_table(r, "sets", "Sets of flags", set_cols, 3);

	for (unsigned s = 0; s < VFS_COUNT; s++) {
		rep_str(t, vflag_set_name((enum vflag_set)s));
		rep_u64(t, vflag_set_bits((enum vflag_set)s));
		rep_str(t, vflag_set_what((enum vflag_set)s));
	}
	t = rep_table(r, "flags", "vCPU flags", cols, 10);
	for (unsigned f = 0; f < VF_COUNT; f++) {
		const struct vflag_row *row = vflag_row((enum vflag)f);

		rep_str(t, row->name);
		rep_str(t, vflag_set_name((enum vflag_set)row->set));
		rep_u64(t, row->value);
		rep_u64(t, row->mask);
		version_cell(t, row->since);
		sides_cell(t, (enum vflag)f, VFOP_SET);
		sides_cell(t, (enum vflag)f, VFOP_CLEAR);
		sides_cell(t, (enum vflag)f, VFOP_GET);
		rep_str(t, row->gone != PHASE_COUNT ? phase_name((enum ws_phase)row->gone) : "");
		rep_str(t, row->what);
	}
	rep_note(r, "the hypervisor part is the code under arch/arm64/kvm/hyp, at whatever exception level it runs");
	rep_note(r, "bits 3:1 of iflags are shared on purpose: an instruction is skipped or an exception injected, not both");
}

void flags_rule_table(struct rep *r)
{
	const struct rep_col cols[] = { text_col("rule", ""), text_col("help", "broken when"),
					text_col("source", "") };
	struct rep_table *t = rep_table(r, "rules", "Rules of vCPU flags", cols, 3);

	for (unsigned i = 0; i < VFR_COUNT; i++) {
		rep_str(t, vflag_rule_name((enum vflag_rule)i));
		rep_str(t, vflag_rule_what((enum vflag_rule)i));
		rep_str(t, vflag_rule_source((enum vflag_rule)i));
	}
}

/* When a place runs: "before enter", "first KVM_RUN", "wfi_vgic_put", "not simulated". */
static void when_cell(struct rep_table *t, const struct vflag_site *s)
{
	switch ((enum vflag_where)s->where) {
	case VFW_LIFE:
		rep_str(t, vflag_event_name((enum vflag_event)s->id));
		break;
	case VFW_BEFORE:
	case VFW_AFTER:
		rep_strf(t, "%s %s", s->where == VFW_BEFORE ? "before" : "after", phase_name((enum ws_phase)s->id));
		break;
	case VFW_COMP:
		rep_str(t, comp_name((enum ws_comp)s->id));
		break;
	case VFW_ACCESSOR:
		rep_str(t, "each accessor");
		break;
	case VFW_UNSEEN:
		rep_str(t, "not simulated");
		break;
	}
}

/* Conditions, settled ones first; "!" = must not hold; then flags. */
static void guard_cell(struct rep_table *t, const struct vflag_site *s)
{
	struct str b = STR_INIT;

	for (unsigned c = 0; c < CND_COUNT; c++) {
		bool state = c >= CND_FIRST_STATE;
		unsigned bit = state ? c - CND_FIRST_STATE : c;
		bool on = ((state ? s->guard.on : s->guard.fixed_on) >> bit & 1) != 0;
		bool off = ((state ? s->guard.off : s->guard.fixed_off) >> bit & 1) != 0;

		if (on || off)
			str_addf(&b, "%s%s%s", b.len != 0 ? " " : "", off ? "!" : "", cond_name((enum cond)c));
	}
	if (s->iff != VF_NONE)
		str_addf(&b, "%s%s", b.len != 0 ? " " : "", vflag_row((enum vflag)s->iff)->name);
	if (s->unless != VF_NONE)
		str_addf(&b, "%s!%s", b.len != 0 ? " " : "", vflag_row((enum vflag)s->unless)->name);
	rep_str(t, str_get(&b));
	str_free(&b);
}

void flags_place_table(const struct ws_prog *p, struct rep *r)
{
	const struct rep_col cols[] = { text_col("flag", ""), text_col("op", ""), text_col("side", ""),
					text_col("when", ""), text_col("condition", ""),
					text_col("function", "kernel function"), text_col("file", "arch/arm64/kvm/..."),
					text_col("waives", "breaks on purpose") };
	struct rep_table *t = rep_table(r, "places", "Places of the kernel that use a flag", cols, 8);
	struct vflag_plan *plan = p != NULL ? vflag_plan_new(p, true, NULL) : NULL;
	size_t n;
	const struct vflag_site *s = vflag_sites(&n);

	for (size_t i = 0; i < n; i++) {
		if (plan != NULL && !vflag_plan_has(plan, i))
			continue;
		rep_str(t, copies(&s[i]) ? vflag_set_name((enum vflag_set)vflag_row((enum vflag)s[i].flag)->set)
					 : vflag_row((enum vflag)s[i].flag)->name);
		rep_str(t, vflag_op_name((enum vflag_op)s[i].op));
		rep_str(t, vflag_side_name((enum vflag_side)s[i].side));
		when_cell(t, &s[i]);
		guard_cell(t, &s[i]);
		rep_str(t, s[i].function);
		rep_str(t, s[i].file);
		rep_str(t, s[i].waives != VFR_NONE ? vflag_rule_name((enum vflag_rule)s[i].waives) : "");
	}
	vflag_plan_free(plan);
	rep_note(r, "condition: of exits --conds, and flags; \"!\": must not hold. Not simulated: neither a trace nor a "
		 "workload tells when it happens");
}
