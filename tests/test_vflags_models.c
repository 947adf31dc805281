/* SPDX-License-Identifier: Apache-2.0 */
/* vCPU flags in whole models: what they decide, which rules hold, what lint says of their tables. */
#include "models/hyp/check/ws_lint.h"
#include "tests/suite.h"
#include "tests/vflags_bench.h"

/* ---- what flags decide ---- */

static struct runner *runner_told(struct bench *b)
{
	struct runner *r = runner_new(b->prog, true);

	b->watch = (struct watch){ .ctx = b, .flag = take };
	watch_add(runner_watchers(r), &b->watch);
	return r;
}

START_TEST(accessors_go_to_the_cpu_while_sysregs_on_cpu_says_so)
{
	struct bench b;
	struct runner *r;
	struct runner_vcpu *v;

	setup(&b, "linux-6.12-vhe", 0);
	r = runner_told(&b);
	v = runner_vcpu(r, "vm");
	ck_assert_uint_eq(runner_run(r, v, COMP_mmio_abort, 0, 0)->n[CNT_read], 0);
	(void)runner_run(r, v, COMP_vhe_load, 0, 0);
	ck_assert(vflags_has(&v->flags, VF_SYSREGS_ON_CPU) && runner_loaded(v));
	ck_assert_uint_gt(runner_run(r, v, COMP_mmio_abort, 0, 0)->n[CNT_read], 0);
	v->flags.w.set[VFS_sflags] = 0; /* a flag lost: memory copies are read although the vCPU is loaded */
	ck_assert_uint_eq(runner_run(r, v, COMP_mmio_abort, 0, 0)->n[CNT_read], 0);
	(void)runner_run(r, v, COMP_vhe_put, 0, 0);
	ck_assert(!runner_loaded(v));
	runner_free(r);
	teardown(&b);
}
END_TEST

/* Every nVHE model: nothing is deferred, so the flag stays clear; with the policy, it comes. */
START_TEST(a_policy_that_defers_brings_sysregs_on_cpu)
{
	struct bench b;
	struct ws_config c;
	struct ws_prog *p;
	struct err e = { ERR_NONE, "" };

	setup(&b, "linux-6.12-nvhe", 0);
	ck_assert_uint_eq(b.prog->known & CND(DEFERS), 0);
	c = b.prog->config;
	c.group_policy[GRP_el1] = POL_DEFERRED;
	p = ws_compile(&c, &e);
	ck_assert_msg(p != NULL, "%s", e.text);
	ck_assert_uint_ne(p->known & CND(DEFERS), 0);
	ws_free(p);
	teardown(&b);
}
END_TEST

/* hvc_debug: entered dirty, switched at exit, cleared; the next exit of a guest without debug switches nothing. */
START_TEST(the_debug_registers_are_switched_while_debug_dirty_is_set)
{
	struct ws_totals plain = { 0 }, debug = { 0 }, after = { 0 };
	struct bench b;
	struct runner *r;
	struct runner_vcpu *v;

	setup(&b, _i == 0 ? "linux-6.12-vhe" : _i == 1 ? "linux-6.12-protected" : "linux-4.15-nvhe", 0);
	r = runner_told(&b);
	v = runner_vcpu(r, "vm");
	runner_kind(r, v, EXIT_run_first, NULL);
	runner_kind(r, v, EXIT_hvc_unknown, &plain);
	runner_kind(r, v, EXIT_hvc_debug, &debug);
	ck_assert_uint_gt(debug.n[CNT_read], plain.n[CNT_read] + 20);
	runner_kind(r, v, EXIT_hvc_unknown, &after); /* its exit still switches, its entry does not */
	ck_assert_uint_gt(after.n[CNT_read], plain.n[CNT_read]);
	ck_assert_uint_lt(after.n[CNT_read], debug.n[CNT_read]);
	memset(&after, 0, sizeof(after));
	runner_kind(r, v, EXIT_hvc_unknown, &after);
	ck_assert_uint_eq(after.n[CNT_read], plain.n[CNT_read]);
	ck_assert_uint_eq(b.n, 0);
	runner_free(r);
	teardown(&b);
}
END_TEST

START_TEST(an_exception_is_entered_while_pending_exception_is_set)
{
	struct ws_totals skipped = { 0 }, injected = { 0 };
	struct bench b;
	struct runner *r;
	struct runner_vcpu *v;

	setup(&b, "linux-6.12-vhe", 0);
	r = runner_told(&b);
	v = runner_vcpu(r, "vm");
	runner_kind(r, v, EXIT_run_first, NULL);
	runner_kind(r, v, EXIT_sysreg_id, &skipped);
	runner_kind(r, v, EXIT_sysreg_pmcr, &injected); /* no PMU: UNDEF */
	ck_assert_uint_gt(injected.n[CNT_read], skipped.n[CNT_read]);
	ck_assert_uint_gt(injected.n[CNT_write], skipped.n[CNT_write]);
	ck_assert_uint_eq(v->flags.w.set[VFS_iflags], 0);
	ck_assert_uint_eq(b.n, 0);
	runner_free(r);
	teardown(&b);
}
END_TEST

START_TEST(only_a_vcpu_in_wfi_hands_its_timer_to_the_host)
{
	struct bench b;
	struct runner *r;
	struct runner_vcpu *v;
	uint64_t blocking = CND(BLOCKING) | CND(VTIMER_ON), wfi, plain;

	setup(&b, "linux-6.12-vhe", 0);
	r = runner_told(&b);
	v = runner_vcpu(r, "vm");
	runner_kind(r, v, EXIT_run_first, NULL);
	plain = runner_run(r, v, COMP_vhe_put, blocking, 0)->n[CNT_read];
	ck_assert_uint_eq(b.n, 1); /* a vCPU that blocks asks for its doorbell */
	ck_assert_uint_eq(b.x.rule, VFR_not_set);
	ck_assert_uint_eq(b.x.flag, VF_IN_WFI);
	(void)runner_run(r, v, COMP_vhe_load, 0, 0);
	(void)runner_run(r, v, COMP_wfi_vgic_put, 0, 0);
	ck_assert(vflags_has(&v->flags, VF_IN_WFI));
	wfi = runner_run(r, v, COMP_vhe_put, blocking, 0)->n[CNT_read];
	ck_assert_uint_gt(wfi, plain);
	(void)runner_run(r, v, COMP_vhe_load, 0, 0);
	(void)runner_run(r, v, COMP_wfi_vgic_load, 0, 0);
	ck_assert(!vflags_has(&v->flags, VF_IN_WFI));
	ck_assert_uint_eq(b.n, 1);
	runner_free(r);
	teardown(&b);
}
END_TEST

/* pKVM copies the input flags in and out; state flags stay the kernel's. */
START_TEST(pkvm_sees_a_copy_of_the_input_flags_only)
{
	struct bench b;
	struct runner *r;
	struct runner_vcpu *v;
	struct vflag_who k = kernel();

	setup(&b, "linux-6.12-protected", CND(VSVE));
	r = runner_told(&b);
	v = runner_vcpu(r, "vm");
	k.thread = v->flags.owner;
	(void)runner_run(r, v, COMP_nvhe_load, 0, 0);
	ck_assert_uint_eq(v->flags.w.hyp[VFS_cflags], v->flags.w.set[VFS_cflags]);
	vcpu_set_flag(&v->flags, VF_DEBUG_DIRTY, &k);
	vcpu_set_flag(&v->flags, VF_INCREMENT_PC, &k);
	(void)runner_run(r, v, COMP_nvhe_enter, 0, 0);
	/* consumed in the copy; the kernel's own is stale until the exit */
	ck_assert_uint_eq(v->flags.w.hyp[VFS_iflags],
			  vflag_row(VF_DEBUG_DIRTY)->value | vflag_row(VF_DEBUG_STATE_SAVE_SPE)->value);
	ck_assert(vflags_has(&v->flags, VF_INCREMENT_PC));
	ck_assert_uint_eq(b.n, 0);
	vcpu_set_flag(&v->flags, VF_PENDING_EXCEPTION, &k);
	ck_assert_uint_eq(b.n, 2); /* twice is not possible, and the copy comes back */
	(void)runner_run(r, v, COMP_nvhe_exit, 0, 0);
	ck_assert_uint_eq(v->flags.w.set[VFS_iflags], vflag_row(VF_DEBUG_STATE_SAVE_SPE)->value);
	ck_assert_uint_eq(v->flags.w.hyp[VFS_iflags], v->flags.w.set[VFS_iflags]);
	runner_free(r);
	teardown(&b);
}
END_TEST

/* ---- whole models ---- */

static void random_life(struct vflag_plan *plan, struct vflags *v, const struct ws_prog *p, unsigned kinds)
{
	unsigned seed = 1;

	vflag_plan_vcpu(plan, v, 0);
	(void)vflag_plan_run(plan, v, ws_phase_comp(p, PHASE_LOAD), 0);
	(void)vflag_plan_run(plan, v, ws_phase_comp(p, PHASE_ENTER), 0);
	for (unsigned i = 0; i < kinds; i++) {
		const struct exit_row *row;

		seed = seed * 1103515245u + 12345u;
		row = exit_row((enum exit_kind)(seed / 65536 % EXIT_COUNT));
		if (!exit_step_is(&row->step[0], PHASE_EXIT))
			continue;
		for (unsigned s = 0; s < row->n; s++)
			(void)vflag_plan_run(plan, v, exit_step_comp(p->config.model, &row->step[s]), exit_step_state(row, s));
	}
}

START_TEST(every_exit_kind_keeps_the_rules_and_counts_the_same_both_ways)
{
	size_t n_models, n_sites;
	const struct ws_model *m = &ws_models(&n_models)[_i];
	struct vflag_plan *site_by_site, *remembered;
	struct vflag_violation first = { 0 };
	char buf[VFLAG_VIOLATION_TEXT];
	struct vflags a, c;
	uint64_t *x, *y, *exec;
	struct bench b;

	(void)vflag_sites(&n_sites);
	setup(&b, m->name, 0);
	x = xcalloc(n_sites, sizeof(*x));
	y = xcalloc(n_sites, sizeof(*y));
	exec = xcalloc(b.prog->n, sizeof(*exec));
	site_by_site = vflag_plan_new(b.prog, false, NULL);
	remembered = vflag_plan_new(b.prog, true, NULL);
	random_life(site_by_site, &a, b.prog, 3000);
	random_life(remembered, &c, b.prog, 3000);
	ck_assert_mem_eq(&a.w, &c.w, sizeof(a.w));
	ck_assert_msg(vflag_plan_violations(site_by_site, &first) == 0, "%s", vflag_violation_text(&first, buf));
	ck_assert_uint_eq(vflag_plan_violations(remembered, &first), 0);
	vflag_plan_runs(site_by_site, exec, x);
	vflag_plan_runs(remembered, exec, y);
	for (size_t i = 0; i < n_sites; i++) {
		const struct vflag_site *s = &vflag_sites(&n_sites)[i];

		ck_assert_msg(x[i] == y[i], "vflags.def:%u: %lu and %lu", s->line, (unsigned long)x[i],
			      (unsigned long)y[i]);
		ck_assert_msg(x[i] == 0 || vflag_plan_has(remembered, i), "vflags.def:%u", s->line);
	}
	vflag_plan_free(site_by_site);
	vflag_plan_free(remembered);
	free(x);
	free(y);
	free(exec);
	teardown(&b);
}
END_TEST

/* Sites whose loss no rule can see, with the reason; everything else that changes a flag is missed when it is left out. */
static bool only_values_show(const struct vflag_site *s)
{
	return s->op != VFOP_CLEAR && s->op != VFOP_SYNC;
}

START_TEST(a_clear_that_is_left_out_breaks_a_rule)
{
	size_t n_sites, n_models;
	const struct vflag_site *s = &vflag_sites(&n_sites)[_i];
	const struct ws_model *models = ws_models(&n_models);
	bool seen = false, exists = false;

	if (only_values_show(s) || s->where == VFW_UNSEEN || s->where == VFW_LIFE)
		return;
	for (size_t m = 0; m < n_models; m++) {
		struct vflag_violation first;
		struct vflag_plan *plan;
		struct vflags v;
		uint64_t *runs = xcalloc(n_sites, sizeof(*runs)), *exec;
		struct bench b;

		setup(&b, models[m].name, 0);
		exec = xcalloc(b.prog->n, sizeof(*exec));
		plan = vflag_plan_new(b.prog, true, NULL);
		random_life(plan, &v, b.prog, 1000);
		vflag_plan_runs(plan, exec, runs);
		exists |= runs[_i] != 0 && s->flag != VF_IN_WFIT && s->flag != VF_DEBUG_STATE_SAVE_SPE &&
			  s->flag != VF_DEBUG_STATE_SAVE_TRBE && s->flag != VF_ON_UNSUPPORTED_CPU &&
			  s->flag != VF_EXCEPT_MASK && s->flag != VF_DBG_SS_ACTIVE_PENDING;
		vflag_plan_free(plan);
		b.prog->beside.site[_i] = SITE_NONE;
		plan = vflag_plan_new(b.prog, true, NULL);
		random_life(plan, &v, b.prog, 1000);
		seen |= vflag_plan_violations(plan, &first) != 0;
		vflag_plan_free(plan);
		teardown(&b);
		free(runs);
		free(exec);
	}
	ck_assert_msg(seen || !exists, "vflags.def:%u: %s %s is left out and nobody sees it", s->line,
		      vflag_op_name((enum vflag_op)s->op), vflag_row((enum vflag)s->flag)->name);
}
END_TEST

/* ---- static rules ---- */

static bool lint_finds(const struct ws_findings *f, enum ws_rule rule, const char *words)
{
	for (size_t i = 0; i < f->n; i++) {
		if (f->v[i].rule == rule && strstr(f->v[i].text, words) != NULL)
			return true;
	}
	return false;
}

static size_t site_of(enum vflag flag, enum vflag_op op, enum vflag_where where)
{
	size_t n;
	const struct vflag_site *s = vflag_sites(&n);

	for (size_t i = 0; i < n; i++) {
		if (s[i].flag == flag && s[i].op == op && s[i].where == where)
			return i;
	}
	ck_abort_msg("no such row");
}

START_TEST(the_shipped_table_is_clean)
{
	struct ws_findings f = WS_FINDINGS_INIT;

	ck_assert_msg(ws_lint_flags(&f) == 0, "%s", f.v[0].text);
	ws_findings_free(&f);
}
END_TEST

/* One row changed for each rule that looks at rows. */
START_TEST(lint_finds_a_row_on_the_wrong_side)
{
	struct ws_findings f = WS_FINDINGS_INIT;
	size_t n;
	struct vflag_site s = vflag_sites(&n)[site_of(VF_DEBUG_DIRTY, VFOP_CLEAR, VFW_AFTER)];

	ws_lint_flag_site(&f, &s);
	ck_assert_uint_eq(f.n, 0);
	s.side = VFSIDE_KERNEL;
	ws_lint_flag_site(&f, &s);
	ck_assert(lint_finds(&f, RULE_flag_side, "clear DEBUG_DIRTY by the kernel in __debug_switch_to_host_common"));
	s = vflag_sites(&n)[site_of(VF_IN_WFI, VFOP_GET, VFW_COMP)];
	s.side = VFSIDE_HYP;
	ws_lint_flag_site(&f, &s);
	ck_assert(lint_finds(&f, RULE_flag_side, "get IN_WFI by the hypervisor part in vgic_v4_put"));
	s = vflag_sites(&n)[site_of(VF_GUEST_HAS_SVE, VFOP_SET, VFW_LIFE)];
	s.where = VFW_BEFORE;
	ws_lint_flag_site(&f, &s);
	ck_assert(lint_finds(&f, RULE_flag_at_run, "set GUEST_HAS_SVE in kvm_vcpu_enable_sve"));
	s = vflag_sites(&n)[site_of(VF_IN_WFI, VFOP_SET, VFW_COMP)];
	s.waives = VFR_sflag_hyp_read;
	ws_lint_flag_site(&f, &s);
	ck_assert(lint_finds(&f, RULE_flag_waiver, "IN_WFI in kvm_vcpu_wfi waives sflag_hyp_read"));
	ck_assert_uint_eq(f.n, 4);
	ws_findings_free(&f);
}
END_TEST

START_TEST(lint_finds_flags_that_a_kernel_does_not_have_set_clear_or_read)
{
	struct ws_findings f = WS_FINDINGS_INIT;
	size_t n;
	const struct vflag_site *s = vflag_sites(&n);
	bool *has = xcalloc(n, sizeof(*has));

	has[site_of(VF_IN_WFI, VFOP_SET, VFW_COMP)] = true;
	ws_lint_flag_kernel(&f, ws_model_by_name("linux-4.15-vhe"), has);
	ck_assert(lint_finds(&f, RULE_flag_absent, "model linux-4.15-vhe: IN_WFI in kvm_vcpu_wfi"));
	ck_assert(lint_finds(&f, RULE_flag_never_gone, "IN_WFI, model linux-4.15-vhe"));
	ws_lint_flag_uses(&f, has);
	ck_assert(!lint_finds(&f, RULE_flag_never_used, "IN_WFI")); /* it lets the vCPU block */
	has[site_of(VF_PMUSERENR_ON_CPU, VFOP_SET, VFW_AFTER)] = true;
	ws_lint_flag_uses(&f, has);
	ck_assert(lint_finds(&f, RULE_flag_never_used, "PMUSERENR_ON_CPU"));
	memset(has, 0, n * sizeof(*has));
	for (size_t i = 0; i < n; i++)
		has[i] = s[i].flag == VF_EXCEPT_MASK;
	ws_lint_flag_kernel(&f, ws_model_by_name("linux-6.12-vhe"), has);
	ck_assert(lint_finds(&f, RULE_flag_never_set, "EXCEPT_MASK, model linux-6.12-vhe"));
	free(has);
	ws_findings_free(&f);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vflags_models");
	TCase *c = tcase_create("decide");
	size_t n_models, n_sites;

	(void)ws_models(&n_models);
	(void)vflag_sites(&n_sites);
	tcase_add_test(c, accessors_go_to_the_cpu_while_sysregs_on_cpu_says_so);
	tcase_add_test(c, a_policy_that_defers_brings_sysregs_on_cpu);
	tcase_add_loop_test(c, the_debug_registers_are_switched_while_debug_dirty_is_set, 0, 3);
	tcase_add_test(c, an_exception_is_entered_while_pending_exception_is_set);
	tcase_add_test(c, only_a_vcpu_in_wfi_hands_its_timer_to_the_host);
	tcase_add_test(c, pkvm_sees_a_copy_of_the_input_flags_only);
	suite_add_tcase(s, c);
	c = tcase_create("models");
	tcase_add_loop_test(c, every_exit_kind_keeps_the_rules_and_counts_the_same_both_ways, 0, (int)n_models);
	tcase_add_loop_test(c, a_clear_that_is_left_out_breaks_a_rule, 0, (int)n_sites);
	suite_add_tcase(s, c);
	c = tcase_create("lint");
	tcase_add_test(c, the_shipped_table_is_clean);
	tcase_add_test(c, lint_finds_a_row_on_the_wrong_side);
	tcase_add_test(c, lint_finds_flags_that_a_kernel_does_not_have_set_clear_or_read);
	suite_add_tcase(s, c);
	return suite_status(s);
}
