/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim lint and el2sim explain as a user runs them. */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "models/hyp/check/ws_lint.h"
#include "sim/base/str.h"
#include "models/hyp/kvm/reach.h"
#include "sim/app/config.h"
#include "sim/cmd/explain_reg.h"
#include "sim/document/rep_doc.h"
#include "tests/shell.h"
#include "tests/suite.h"

#define MACHINE "configs/machine/neoverse-n1.ini"

static const struct {
	const char *args;
	int status;
	const char *says;
} runs[] = {
	{ "lint", 0, "=> 0 findings" },
	{ "lint --tables " MACHINE, 0, "=> 0 findings" },
	{ "lint " MACHINE " --switch.model=linux-6.12-nvhe", 0, "=> 0 findings" },
	{ "lint " MACHINE " --policy.common=deferred", 1, "guest_kept" },
	{ "lint " MACHINE " --policy.common=deferred --format json", 1, "\"el2sim.lint/1\"" },
	{ "lint " MACHINE " --switch.model=linux-6.12-nvhe --policy.el1=deferred", 1,
	  "a host kernel at EL1 (nVHE) uses the register before vcpu_put" },
	{ "lint " MACHINE " --policy.el1=lazy", 5,
	  "only fpsimd, sve and pauth have a first-use trap" },
	{ "lint --doc", 0, "guest_not_restored" },
	{ "lint no-such-file.ini", 3, "no-such-file.ini" },
	{ "explain " MACHINE, 0, "__guest_enter" },
	{ "explain " MACHINE " --phase load", 0, "SCTLR_EL12" },
	{ "explain " MACHINE " --phase handle", 0, "host_ret_to_user" },
	{ "explain " MACHINE " --phase sideways", 2, "sideways" },
	{ "explain " MACHINE " --diff policy.user=eager", 0,
	  "0 under another condition, 8 in another phase" },
	{ "explain " MACHINE " --diff policy.user=eager", 0, "second with: policy.user=eager\n" },
	{ "explain " MACHINE " --diff policy.user=eager --policy.el1=eager --machine.list_registers=2", 0,
	  "both with:   --policy.el1=eager, --machine.list_registers=2\n" },
	{ "explain " MACHINE " --diff switch.model=linux-6.12-nvhe --format csv", 0,
	  "only second" },
	{ "explain " MACHINE
	  " --diff configs/machine/cortex-a57.ini --switch.model=linux-6.12-nvhe",
	  0, "cortex-a57" },
	{ "explain " MACHINE " --diff policy.user=sideways", 3, "sideways" },
	{ "explain " MACHINE " --diff a.ini --diff b.ini", 2, "two files" },
	{ "explain", 2, "CONFIG" },
	{ "explain sctlr_el12", 0, "=> SCTLR_EL1 (group el1): the guest's value is restored at load and saved at put" },
	{ "explain MDSCR_EL1", 0, "=> the guest may change it only when debug-dirty" },
	{ "explain TPIDR_EL0 configs/experiment/linux-4.15-vhe-n1.ini", 0, "restored at enter and saved at exit" },
	{ "explain " MACHINE " SCTLR_EL1 --policy.el1=eager", 0, "restored at enter and saved at exit" },
	{ "explain " MACHINE " --reg TTBR0_EL1 --phase load", 2, "--reg and --phase" },
};

/* Every access of the program is in the life of its register, and in no other's. */
START_TEST(every_register_has_a_life_and_every_access_is_in_one)
{
	struct err e;
	struct config c;
	struct ws_prog *p;
	size_t accesses = 0, told = 0;

	ck_assert_int_eq(config_load_one(&c, "configs/experiment/linux-6.12-vhe-n1.ini", &(struct arg_list){ NULL, 0 }, &e), 0);
	p = config_compile(&c, false, &e);
	ck_assert_ptr_nonnull(p);
	for (size_t i = 0; i < p->n; i++)
		accesses += p->op[i].reg != SR_NONE;
	for (unsigned reg = 1; reg < SR_COUNT; reg++) {
		struct rep *r = rep_new("explain", "");

		explain_reg_report(p, (enum sysreg)reg, r);
		ck_assert_uint_ne(r->verdicts.n, 0);
		if (ws_same((enum sysreg)reg) == (enum sysreg)reg)
			told += rep_rows(r->tables[0]);
		rep_free(r);
	}
	ck_assert_uint_ne(accesses, 0);
	ck_assert_uint_eq(told, accesses);
	ws_free(p);
	config_free(&c);
}
END_TEST

START_TEST(lint_and_explain_answer_with_text_and_status)
{
	struct str out = STR_INIT;

	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		int status = shell_el2sim(runs[i].args, &out);

		ck_assert_msg(status == runs[i].status, "el2sim %s: exit status %d, want %d\n%s",
			      runs[i].args, status, runs[i].status, str_get(&out));
		ck_assert_msg(strstr(str_get(&out), runs[i].says) != NULL,
			      "el2sim %s: wants \"%s\"\n%s", runs[i].args, runs[i].says,
			      str_get(&out));
	}
	str_free(&out);
}
END_TEST

START_TEST(lint_doc_lists_every_rule)
{
	struct str out = STR_INIT;

	ck_assert_int_eq(shell_el2sim("lint --doc", &out), 0);
	for (unsigned r = 0; r < RULE_COUNT; r++)
		ck_assert_ptr_nonnull(strstr(str_get(&out), ws_rule_name((enum ws_rule)r)));
	str_free(&out);
}
END_TEST

START_TEST(the_same_question_gets_the_same_bytes)
{
	struct str a = STR_INIT, b = STR_INIT;
	const char *args =
		"explain " MACHINE " --diff switch.model=linux-4.15-vhe --all --format json";

	ck_assert_int_eq(shell_el2sim(args, &a), 0);
	ck_assert_int_eq(shell_el2sim(args, &b), 0);
	ck_assert_str_eq(str_get(&a), str_get(&b));
	str_free(&a);
	str_free(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("explain");
	TCase *t = tcase_create("explain");

	tcase_add_test(t, lint_and_explain_answer_with_text_and_status);
	tcase_add_test(t, every_register_has_a_life_and_every_access_is_in_one);
	tcase_add_test(t, lint_doc_lists_every_rule);
	tcase_add_test(t, the_same_question_gets_the_same_bytes);
	suite_add_tcase(s, t);
	return suite_status(s);
}
