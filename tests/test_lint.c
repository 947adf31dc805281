/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <string.h>

#include "models/hyp/check/ws_lint.h"
#include "tests/suite.h"
#include "tests/ws_fixture.h"

static struct fixture fx;

static void setup(void)
{
	fixture_load(&fx);
}

static void teardown(void)
{
	fixture_free(&fx);
}

static void assert_sound(const struct ws_prog *p, const char *where)
{
	struct ws_findings f = WS_FINDINGS_INIT;

	ck_assert_msg(ws_lint(p, &f) == 0, "%s on %s: %zu findings, the first: %s: %s",
		      p->config.model->name, where, f.n, ws_rule_name((enum ws_rule)f.v[0].rule),
		      f.v[0].text);
	ws_findings_free(&f);
}

START_TEST(every_shipped_model_is_sound_on_every_shipped_machine_with_every_vcpu)
{
	size_t n;
	const struct ws_model *model = ws_models(&n);
	uint64_t vcpu;

	ck_assert_uint_ge(fx.n, 1);
	for (size_t i = 0; i < fx.n; i++) {
		for (size_t k = 0; k < n; k++) {
			for (int v = 0; v < VCPU_COUNT; v++) {
				struct ws_prog *p;

				if (!fixture_runs(&model[k], &fx.machine[i].m) ||
				    !fixture_vcpu(&fx.machine[i].m, (enum fixture_vcpu)v, &vcpu))
					continue;
				p = fixture_compile(&model[k], &fx.machine[i].m, vcpu);
				assert_sound(p, fx.machine[i].file);
				ws_free(p);
			}
		}
	}
}
END_TEST

START_TEST(the_tables_are_sound)
{
	struct ws_findings f = WS_FINDINGS_INIT;

	ck_assert_msg(ws_lint_tables(&f) == 0, "%zu findings, the first: %s", f.n, f.v[0].text);
	ws_findings_free(&f);
}
END_TEST

START_TEST(every_rule_has_its_own_name_and_a_sentence)
{
	for (unsigned r = 0; r < RULE_COUNT; r++) {
		ck_assert_uint_gt(strlen(ws_rule_what((enum ws_rule)r)), 10);
		for (unsigned q = 0; q < r; q++)
			ck_assert_str_ne(ws_rule_name((enum ws_rule)r),
					 ws_rule_name((enum ws_rule)q));
	}
}
END_TEST

/* ---- policies ---- */

enum { SOUND = RULE_COUNT, REFUSED_BY_COMPILER };

#define BOTH_612 "linux-6.12-vhe linux-6.12-nvhe"
#define VHE_ALL  "linux-6.12-vhe linux-4.15-vhe"
#define NVHE_ALL "linux-6.12-nvhe linux-4.15-nvhe"
#define ALL      VHE_ALL " " NVHE_ALL

static const struct policy_case {
	const char *models, *key;
	enum ws_policy policy;
	int verdict;      /* rule of the first finding, SOUND or REFUSED_BY_COMPILER */
	const char *says; /* part of the sentence */
} cases[] = {
	/* groups */
	{ VHE_ALL, "el1", POL_EAGER, SOUND, "" },
	{ VHE_ALL, "el1", POL_DEFERRED, SOUND, "" }, /* on 4.15 that is the series of 2018 */
	{ NVHE_ALL, "el1", POL_EAGER, SOUND, "" },
	{ NVHE_ALL, "el1", POL_DEFERRED, RULE_guest_kept,
	  "a host kernel at EL1 (nVHE) uses the register before vcpu_put" },
	{ ALL, "el1", POL_NEVER, RULE_never_untrapped, "nothing traps the guest's use" },
	{ ALL, "el1", POL_LAZY, REFUSED_BY_COMPILER,
	  "only fpsimd, sve and pauth have a first-use trap" },
	{ ALL, "common", POL_EAGER, SOUND, "" },
	{ ALL, "common", POL_DEFERRED, RULE_guest_kept,
	  "the running host kernel uses the register" },
	{ ALL, "user", POL_EAGER, SOUND, "" },
	{ ALL, "user", POL_DEFERRED, SOUND, "" },
	{ ALL, "user", POL_NEVER, RULE_never_untrapped, "TPIDR_EL0 (group user)" },
	{ ALL, "el2_return", POL_EAGER, SOUND, "" },
	{ VHE_ALL, "el2_return", POL_DEFERRED, RULE_guest_kept,
	  "the running host kernel overwrites it" },
	{ NVHE_ALL, "el2_return", POL_DEFERRED, RULE_guest_kept, "ELR_EL2" },
	{ ALL, "traps", POL_EAGER, SOUND, "" },
	{ ALL, "traps", POL_DEFERRED, RULE_control_kept, "the running host kernel needs its own" },
	{ ALL, "stage2", POL_EAGER, SOUND, "" },
	{ "linux-6.12-vhe", "stage2", POL_DEFERRED, SOUND, "" },
	{ "linux-6.1-vhe linux-4.15-vhe", "stage2", POL_DEFERRED, RULE_handler_undoes, "kvm_pgtable_stage2_relax_perms" },
	{ NVHE_ALL, "stage2", POL_DEFERRED, RULE_control_kept, "VTTBR_EL2" },
	{ ALL, "debug", POL_EAGER, SOUND, "" },
	{ ALL, "debug", POL_DEFERRED, RULE_guest_kept, "[state: debug-dirty]" },
	{ ALL, "debug", POL_NEVER, SOUND, "" },
	{ VHE_ALL " linux-6.12-nvhe linux-6.12-hvhe linux-6.12-protected", "timer", POL_EAGER, SOUND, "" },
	/* kvm_arm_timer_write_sysreg saves and restores the loaded timer */
	{ "linux-6.1-nvhe linux-4.15-nvhe", "timer", POL_EAGER, RULE_guest_save_order, "handle: the guest's value is saved" },
	{ VHE_ALL, "timer", POL_DEFERRED, SOUND, "" },
	{ NVHE_ALL, "timer", POL_DEFERRED, RULE_control_kept, "CNTHCTL_EL2" },
	{ ALL, "timer", POL_NEVER, RULE_never_untrapped, "CNTVOFF_EL2" },
	{ ALL, "vgic", POL_EAGER, SOUND, "" },
	{ ALL, "vgic", POL_DEFERRED, RULE_lr_refill, "fills list registers before each entry" },
	{ ALL, "fpsimd", POL_EAGER, SOUND, "" },
	{ ALL, "fpsimd", POL_DEFERRED, SOUND, "" },
	{ ALL, "fpsimd", POL_LAZY, SOUND, "" },
	{ ALL, "fpsimd", POL_NEVER, SOUND, "" },
	{ BOTH_612, "sve", POL_EAGER, SOUND, "" },
	{ "linux-6.12-vhe", "sve", POL_DEFERRED, RULE_control_kept, "ZCR_EL2" },
	{ ALL, "pauth", POL_EAGER, SOUND, "" },
	{ ALL, "pauth", POL_LAZY, SOUND, "" },
	{ ALL, "pauth", POL_NEVER, SOUND, "" },
	{ BOTH_612, "pauth", POL_DEFERRED, RULE_guest_kept, "APIAKEYLO_EL1" },
	{ "linux-6.12-vhe", "pmu", POL_DEFERRED, SOUND, "" },
	{ "linux-6.12-nvhe", "pmu", POL_DEFERRED, RULE_control_kept, "PMCNTENSET_EL0" },
	{ ALL, "mte", POL_EAGER, SOUND, "" },
	{ ALL, "gp", POL_EAGER, REFUSED_BY_COMPILER, "nothing of this group can move" },
	{ ALL, "exit", POL_DEFERRED, REFUSED_BY_COMPILER, "nothing of this group can move" },
	/* single registers */
	{ VHE_ALL, "TPIDR_EL1", POL_EAGER, SOUND, "" },
	{ VHE_ALL, "PAR_EL1", POL_DEFERRED, SOUND,
	  "" }, /* the exit's own AT S1E1R leaves it as it was */
	{ ALL, "CSSELR_EL1", POL_NEVER, SOUND, "" }, /* what Linux does since 6.2 */
	{ ALL, "SCTLR_EL1", POL_NEVER, RULE_never_in_use,
	  "HCR_EL2.TVM is not enough" }, /* the MMU obeys it */
	{ ALL, "SP_EL1", POL_NEVER, RULE_never_untrapped, "nothing traps" },
	{ ALL, "MDSCR_EL1", POL_NEVER, RULE_never_in_use, "MDCR_EL2.TDA is not enough" },
	{ ALL, "SP_EL0", POL_DEFERRED, RULE_guest_kept, "SP_EL0 (group common)" },
	{ ALL, "HCR_EL2", POL_DEFERRED, RULE_control_kept, "HCR_EL2 (group traps)" },
	{ ALL, "FPSR", POL_EAGER, RULE_fp_half, "one policy for all" },
	{ ALL, "FPSR", POL_NEVER, RULE_fp_half, "one policy for all" },
	{ ALL, "TPIDR_EL1", POL_LAZY, REFUSED_BY_COMPILER,
	  "a single register has no first-use trap" },
	{ ALL, "FAR_EL2", POL_DEFERRED, REFUSED_BY_COMPILER, "looked at, not switched" },
	{ NVHE_ALL, "VTCR_EL2", POL_EAGER, SOUND, "" },
	{ "linux-6.12-nvhe", "VTCR_EL2", POL_DEFERRED, RULE_out_of_reach, "without a hypercall" },
};

static struct ws_prog *with_policy(const struct ws_model *model, const struct machine *m,
				   const char *key, enum ws_policy policy, struct err *e)
{
	struct ws_config c;
	enum sr_group g;

	ws_config_init(&c);
	c.model = model;
	c.machine = m;
	ck_assert(fixture_vcpu(m, VCPU_ALL, &c.vcpu));
	if (group_by_name(key, &g)) {
		c.group_policy[g] = (uint8_t)policy;
	} else {
		ck_assert_msg(sysreg_by_name(key) != SR_NONE, "%s", key);
		c.reg_policy[sysreg_by_name(key)] = (uint8_t)policy;
	}
	return ws_compile(&c, e);
}

static void check_case(const struct policy_case *pc, const struct ws_model *model,
		       const struct machine *m)
{
	struct ws_findings f = WS_FINDINGS_INIT;
	struct err e = { ERR_NONE, "" };
	struct ws_prog *p = with_policy(model, m, pc->key, pc->policy, &e);
	const char *pol = ws_policy_names[pc->policy];

	if (pc->verdict == REFUSED_BY_COMPILER) {
		ck_assert_msg(p == NULL, "%s %s=%s: compiles", model->name, pc->key, pol);
		ck_assert_msg(strstr(e.text, pc->says) != NULL, "%s", e.text);
		return;
	}
	ck_assert_msg(p != NULL, "%s", e.text);
	(void)ws_lint(p, &f);
	if (pc->verdict == SOUND) {
		ck_assert_msg(f.n == 0, "%s %s=%s: %s", model->name, pc->key, pol, f.v[0].text);
		ck_assert_int_eq(ws_lint_err(p, &e), 0);
	} else {
		ck_assert_msg(f.n != 0, "%s %s=%s: no finding", model->name, pc->key, pol);
		ck_assert_msg(f.v[0].rule == pc->verdict && strstr(f.v[0].text, pc->says) != NULL,
			      "%s %s=%s: %s: %s", model->name, pc->key, pol,
			      ws_rule_name((enum ws_rule)f.v[0].rule), f.v[0].text);
		ck_assert_int_eq(ws_lint_err(p, &e), -1);
		ck_assert_int_eq(e.code, ERR_MODEL);
	}
	ws_findings_free(&f);
	ws_free(p);
}

START_TEST(policies_are_accepted_or_refused_with_the_reason)
{
	struct fixture_machine m;
	size_t n;
	const struct ws_model *model = ws_models(&n);

	fixture_features(&m, "vhe,ras,pmuv3,pauth,sve,mte,fgt,hcx,gicv3");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t k = 0; k < n; k++) {
			const char *at = strstr(cases[i].models, model[k].name);

			if (at != NULL)
				check_case(&cases[i], &model[k], &m.m);
		}
	}
	opt_free(m.set);
}
END_TEST

START_TEST(a_policy_that_a_model_has_already_changes_nothing)
{
	struct fixture_machine m;
	size_t n;
	const struct ws_model *model = ws_models(&n);

	fixture_features(&m, "vhe,ras,pmuv3,pauth,sve,mte,fgt,hcx,gicv3");
	for (size_t k = 0; k < n; k++) {
		struct err e = { ERR_NONE, "" };
		struct ws_prog *p =
			fixture_compile(&model[k], &m.m, CND(VPMU) | CND(VSVE) | CND(VPAUTH));
		enum ws_policy el1 = ws_group_policy(p, GRP_el1);
		struct ws_prog *q = with_policy(&model[k], &m.m, "el1", el1, &e);

		ck_assert_uint_eq(p->n, q->n);
		for (size_t i = 0; i < p->n; i++)
			ck_assert_ptr_eq(p->op[i].step, q->op[i].step);
		ws_free(p);
		ws_free(q);
	}
	opt_free(m.set);
}
END_TEST

START_TEST(an_nvhe_hypercall_whose_work_moved_is_not_made)
{
	struct fixture_machine m;
	const char *names[] = { "linux-6.12-nvhe", "linux-4.15-nvhe" };

	fixture_features(&m, "vhe,ras,pmuv3,pauth,sve,gicv3");
	for (size_t k = 0; k < 2; k++) {
		struct err e = { ERR_NONE, "" };
		struct ws_prog *p =
			with_policy(ws_model_by_name(names[k]), &m.m, "timer", POL_EAGER, &e);
		size_t calls = 0, returns = 0, before = 0;
		struct ws_prog *q = fixture_compile(ws_model_by_name(names[k]), &m.m, 0);

		for (size_t i = 0; i < p->n; i++) {
			calls += p->op[i].phase == PHASE_LOAD && p->op[i].opcode == OP_HVC;
			returns += p->op[i].phase == PHASE_LOAD && p->op[i].opcode == OP_ERET;
		}
		for (size_t i = 0; i < q->n; i++)
			before += q->op[i].phase == PHASE_LOAD && q->op[i].opcode == OP_HVC;
		ck_assert_uint_eq(calls, before - 1); /* CNTVOFF_EL2 */
		ck_assert_uint_eq(returns, calls);
		ws_free(p);
		ws_free(q);
	}
	opt_free(m.set);
}
END_TEST

START_TEST(findings_say_where_in_one_line)
{
	struct fixture_machine m;
	struct ws_findings f = WS_FINDINGS_INIT;
	struct err e = { ERR_NONE, "" };
	struct ws_prog *p;

	fixture_features(&m, "vhe,ras,pmuv3,pauth,gicv3");
	p = with_policy(ws_model_by_name("linux-6.12-nvhe"), &m.m, "el1", POL_DEFERRED, &e);
	ck_assert_uint_gt(ws_lint(p, &f), 20);
	for (size_t i = 0; i < f.n; i++) {
		const struct ws_finding *w = &f.v[i];

		ck_assert_ptr_null(strchr(w->text, '\n'));
		ck_assert_uint_lt(strlen(w->text) + 1, WS_FINDING_TEXT);
		ck_assert_msg(strstr(w->text, sysreg_name((enum sysreg)w->reg)) == w->text, "%s",
			      w->text);
		ck_assert_int_eq(w->group, GRP_el1);
		ck_assert(w->phase <= PHASE_PUT || w->phase == PHASE_HANDLE);
	}
	ws_findings_free(&f);
	ws_free(p);
	opt_free(m.set);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("lint");
	TCase *t = tcase_create("lint");

	tcase_add_unchecked_fixture(t, setup, teardown);
	tcase_add_test(t, every_shipped_model_is_sound_on_every_shipped_machine_with_every_vcpu);
	tcase_add_test(t, the_tables_are_sound);
	tcase_add_test(t, every_rule_has_its_own_name_and_a_sentence);
	tcase_add_test(t, policies_are_accepted_or_refused_with_the_reason);
	tcase_add_test(t, a_policy_that_a_model_has_already_changes_nothing);
	tcase_add_test(t, an_nvhe_hypercall_whose_work_moved_is_not_made);
	tcase_add_test(t, findings_say_where_in_one_line);
	suite_add_tcase(s, t);
	return suite_status(s);
}
