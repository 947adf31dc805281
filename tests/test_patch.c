/* SPDX-License-Identifier: Apache-2.0 */
/* A what-if on the switch: edits read from words, made in a program, judged, and said in every report. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "models/hyp/check/ws_lint.h"
#include "models/hyp/ws/ws_explain.h"
#include "sim/app/config.h"
#include "sim/base/str.h"
#include "tests/shell.h"
#include "tests/suite.h"

#define VHE "configs/experiment/linux-6.12-vhe-n1.ini"

/* The configuration with an override; p NULL with *e. */
static struct ws_prog *compiled(struct config *c, const char *override, const char *model, struct err *e)
{
	char set[80];
	const char *v[2] = { override, set };

	(void)snprintf(set, sizeof(set), "--switch.model=%s", model);
	return config_load_one(c, VHE, &(struct arg_list){ v, 2 }, e) == 0 ? config_compile(c, false, e) : NULL;
}

static struct ws_prog *patched(struct config *c, const char *edits, struct err *e)
{
	char set[500];

	(void)snprintf(set, sizeof(set), "--patch.edits=%s", edits);
	return compiled(c, set, "linux-6.12-vhe", e);
}

static void count_kinds(const struct ws_prog *a, const struct ws_prog *b, size_t n[DIFF_COUNT])
{
	struct ws_diff *d = ws_diff_new(a, b);

	memset(n, 0, DIFF_COUNT * sizeof(*n));
	for (size_t i = 0; i < d->n; i++)
		n[d->row[i].kind]++;
	ws_diff_free(d);
}

/* Per verb: what it changes, and whether that is unsound (part of the sentence). */
static const struct {
	enum ws_patch_verb verb;
	const char *edits;
	int more, less, moved, order, guards;
	const char *fault;
} edits[] = {
	{ PATCH_add, "add ISB @enter after HCR_EL2", 1, 0, 0, 0, 0, NULL },
	{ PATCH_add, "ADD mrs TPIDR_EL0 @exit last if FP_OWNED and !lrs", 1, 0, 0, 0, 0, NULL },
	{ PATCH_add, "add MSR TPIDR_EL0 guest @enter after HCR_EL2 if FP_OWNED", 1, 0, 0, 0, 0, "guest_stale: TPIDR_EL0" },
	{ PATCH_add, "add ISB @enter last if SVE", 0, 0, 0, 0, 0, NULL }, /* the N1 has none */
	{ PATCH_add, "add MRS TPIDR_EL2 host @enter; add MSR TPIDR_EL2 guest @enter; add MRS TPIDR_EL2 guest @exit; "
		     "add MSR TPIDR_EL2 host @exit cost 40", 4, 0, 0, 0, 0, NULL },
	{ PATCH_drop, "drop MRS SP_EL0 guest @exit", 0, 1, 0, 0, 0, "guest_not_saved: SP_EL0" },
	{ PATCH_move, "move MSR MDCR_EL2 @enter before HCR_EL2", 0, 0, 0, 1, 0, NULL },
	{ PATCH_move, "move MDSCR_EL1 guest @enter to load last; move MDSCR_EL1 guest @exit to put last", 0, 0, 2, 0, 0, "MDSCR_EL1" },
	{ PATCH_swap, "swap HCR_EL2 and MDCR_EL2 @enter", 0, 0, 0, 0, 0, "daif_masked" },
	{ PATCH_guard, "guard MRS SP_EL0 guest @exit if abort", 0, 0, 0, 0, 1, "guest_not_saved: SP_EL0" },
	{ PATCH_guard, "guard MRS SP_EL0 guest @exit if always", 0, 0, 0, 0, 0, NULL },
	{ PATCH_cost, "cost MSR HCR_EL2 @enter 12.5", 0, 0, 0, 0, 0, NULL },
	{ PATCH_policy, "policy CNTKCTL_EL1 deferred", 0, 0, 0, 0, 0, NULL },
};

START_TEST(each_edit_changes_what_it_says_and_is_judged)
{
	struct config c, plain;
	struct err e;
	struct ws_prog *base = patched(&plain, "none", &e), *p = patched(&c, edits[_i].edits, &e);
	size_t n[DIFF_COUNT];

	ck_assert_ptr_nonnull(base);
	ck_assert_msg(p != NULL, "%s: %s", edits[_i].edits, e.text);
	count_kinds(base, p, n);
	ck_assert_int_eq((int)n[DIFF_ONLY_B], edits[_i].more);
	ck_assert_int_eq((int)n[DIFF_ONLY_A], edits[_i].less);
	ck_assert_int_eq((int)n[DIFF_MOVED], edits[_i].moved);
	ck_assert_int_eq((int)n[DIFF_GUARD], edits[_i].guards);
	if (edits[_i].verb != PATCH_swap) /* which of the two has moved is the comparison's choice */
		ck_assert_int_eq((int)n[DIFF_ORDER], edits[_i].order);
	if (edits[_i].fault == NULL)
		ck_assert_msg(p->fault == NULL && p->sound, "%s: %s", edits[_i].edits, p->fault != NULL ? p->fault : "not sound");
	else
		ck_assert_msg(p->fault != NULL && strstr(p->fault, edits[_i].fault) != NULL && !p->sound, "%s: %s", edits[_i].edits,
			      p->fault != NULL ? p->fault : "(sound)");
	ws_free(p);
	ws_free(base);
	config_free(&c);
	config_free(&plain);
}
END_TEST

START_TEST(every_verb_is_tried)
{
	bool has[PATCH_COUNT] = { false };

	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++)
		has[edits[i].verb] = true;
	for (unsigned v = 0; v < PATCH_COUNT; v++)
		ck_assert_msg(has[v], "%s", ws_patch_name((enum ws_patch_verb)v));
}
END_TEST

START_TEST(an_op_may_have_its_own_price)
{
	struct config c;
	struct err e;
	struct ws_prog *p = patched(&c, "add ISB @put last cost 77.25; cost MRS SP_EL0 guest @exit 3", &e);
	size_t isb = 0, sp = 0;

	ck_assert_ptr_nonnull(p);
	for (size_t i = 0; i < p->n; i++) {
		const struct ws_op *op = &p->op[i];

		isb += op->opcode == OP_ISB && op->phase == PHASE_PUT && op->cycles == 77 && op->milli == 250;
		sp += op->opcode == OP_MRS && op->reg == SR_SP_EL0 && op->phase == PHASE_EXIT && op->side == SIDE_GUEST && op->cycles == 3;
	}
	ck_assert_uint_eq(isb, 1);
	ck_assert_uint_eq(sp, 1);
	ws_free(p);
	config_free(&c);
}
END_TEST

/* The ops of a phase are those of before, in order, with one ISB among them or none. Two that are alike are as good as each other. */
static void one_barrier_more(const struct ws_prog *base, const struct ws_prog *p, enum ws_phase ph, bool more)
{
	size_t j = 0, added = 0;

	for (size_t i = 0; i <= base->n; i++) {
		const struct ws_op *b = i < base->n ? &base->op[i] : NULL;

		if (b != NULL && b->phase != ph)
			continue;
		for (; j < p->n; j++) {
			const struct ws_op *o = &p->op[j];

			if (o->phase != ph)
				continue;
			if (b != NULL && o->opcode == b->opcode && o->reg == b->reg && o->side == b->side && o->guard.on == b->guard.on &&
			    o->guard.off == b->guard.off)
				break;
			ck_assert_msg(o->opcode == OP_ISB, "%s: op %zu of the patched program is new", phase_name(ph), j);
			added++;
		}
		if (b != NULL)
			ck_assert_msg(j++ < p->n, "%s: op %zu is gone", phase_name(ph), i);
	}
	ck_assert_uint_eq(added, more);
}

/* Of every kernel, in every phase; what begins and ends a phase stays where it is. */
START_TEST(a_barrier_more_is_sound_in_every_kernel)
{
	size_t n_models;
	const struct ws_model *m = &ws_models(&n_models)[_i];
	struct config c, plain;
	struct err e;
	struct ws_prog *base = compiled(&plain, "--patch.edits=none", m->name, &e),
		       *p = compiled(&c, "--patch.edits=add ISB @enter last; add ISB @exit first; add ISB @load last; add ISB @put last", m->name, &e);

	if (base == NULL) { /* not for this machine */
		ck_assert_int_eq(e.code, ERR_MODEL);
	} else {
		ck_assert_msg(p != NULL, "%s: %s", m->name, e.text);
		ck_assert_msg(p->fault == NULL, "%s: %s", m->name, p->fault);
		for (unsigned ph = 0; ph < PHASE_COUNT; ph++)
			one_barrier_more(base, p, (enum ws_phase)ph,
					 ph == PHASE_ENTER || ph == PHASE_EXIT || ph == PHASE_LOAD || ph == PHASE_PUT);
		ck_assert_uint_eq(p->comp[ws_phase_comp(p, PHASE_ENTER)].n, base->comp[ws_phase_comp(base, PHASE_ENTER)].n + 1);
	}
	ws_free(p);
	ws_free(base);
	config_free(&c);
	config_free(&plain);
}
END_TEST

/* What was dropped and is put back where it stood is the program as it was. */
START_TEST(an_op_put_back_is_as_it_was)
{
	struct config c, plain;
	struct err e;
	struct ws_prog *base = patched(&plain, "none", &e),
		       *p = patched(&c, "drop MSR CNTVOFF_EL2 guest-cfg @load; add MSR CNTVOFF_EL2 guest-cfg @load before CNTV_CVAL_EL0", &e);
	size_t n[DIFF_COUNT];

	ck_assert_ptr_nonnull(base);
	ck_assert_msg(p != NULL, "%s", e.text);
	count_kinds(base, p, n);
	ck_assert_uint_eq(n[DIFF_ONLY_A] + n[DIFF_ONLY_B] + n[DIFF_MOVED], 0);
	ws_free(p);
	ws_free(base);
	config_free(&c);
	config_free(&plain);
}
END_TEST

static const struct {
	const char *edits, *says;
} errors[] = {
	{ "ad MSR X", "command line:1: ad MSR X: unknown edit \"ad\": did you mean \"add\"?" },
	{ "drop ISB @enter; drop MSR HCR_EL @enter", "command line:2: drop MSR HCR_EL @enter: unknown register, group, opcode, function or row \"HCR_EL\": did you mean \"HCR_EL2\"?" },
	{ "drop MSR HCR_EL2 @put", "command line:1: drop MSR HCR_EL2 @put: nothing of it is in put" },
	{ "drop", "nothing says which ops" },
	{ "drop HCR_EL2 @entr", "unknown phase or component \"entr\": did you mean \"enter\"?" },
	{ "drop HCR_EL2 @enter now", "\"now\" is one word too many" },
	{ "add MSR TPIDR_EL0 @enter", "whose value?" },
	{ "add MSR TPIDR_EL9 guest @enter", "unknown register \"TPIDR_EL9\"" },
	{ "add MSR TPIDR_EL0 guest", "no phase" },
	{ "add CALL @enter", "no op that can be added" },
	{ "add EXC @enter", "no op that can be added" },
	{ "add MSR_LRS HCR_EL2 guest @enter", "no kernel has MSR_LRS of HCR_EL2" },
	{ "add MSR ZCR_EL1 guest @enter", "has no sve" },
	{ "add ISB @enter after HCR_EL2 if", "no condition" },
	{ "add ISB @enter if fp-ownd", "unknown condition \"fp-ownd\": did you mean \"fp-owned\"?" },
	{ "add ISB @enter if lrs and !lrs", "this is never" },
	{ "add ISB @enter cost 1.2345", "three decimals" },
	{ "add ISB @enter cost -1", "want cycles" },
	{ "add GPR_SAVE 40 host @enter", "how many registers" },
	{ "add ISB @enter before ICC_IAR1_EL1", "what it stands beside is in enter" },
	{ "move HCR_EL2 @enter", "where to is not said" },
	{ "move HCR_EL2 @enter to nowhere", "unknown phase or component" },
	{ "swap HCR_EL2 MDCR_EL2 @enter", "no \"and\"" },
	{ "swap HCR_EL2 and HCR_EL2 @enter", "the second" },
	{ "guard HCR_EL2 @enter if SVE", "want run-time conditions" },
	{ "policy debug lazily", "unknown policy \"lazily\": did you mean \"lazy\"?" },
	{ "policy ESR_EL2 eager", "no policy moves it" },
	{ "policy ISB eager", "neither register nor group" },
};

START_TEST(an_edit_that_cannot_be_is_a_sentence)
{
	struct config c;
	struct err e;
	struct ws_prog *p = patched(&c, errors[_i].edits, &e);

	ck_assert_msg(p == NULL, "%s", errors[_i].edits);
	ck_assert_msg(strstr(e.text, errors[_i].says) != NULL, "%s: %s", errors[_i].edits, e.text);
	ck_assert_msg(strncmp(e.text, "command line:", 13) == 0, "%s: %s", errors[_i].edits, e.text);
	ck_assert_int_eq(e.code, ERR_CONFIG);
	config_free(&c);
}
END_TEST

/* As a user runs them: arguments, status, what the output says. */
static const struct {
	const char *args;
	int status;
	const char *says;
} runs[] = {
	{ "run " VHE " --patch 'drop MRS SP_EL0 guest @exit'", 0, "!! UNSOUND PATCH: guest_not_saved: SP_EL0" },
	{ "run " VHE " --patch 'add ISB @enter after HCR_EL2'", 0, "patched: " },
	{ "run " VHE " --check --patch 'drop MRS SP_EL0 guest @exit'", 1, "violation" },
	{ "run " VHE " --patch no-such.patch", 3, "no-such.patch" },
	{ "run " VHE " --patch 'drop ISB @exit' --patch 'drop ISB @exit'", 2, "given twice" },
	{ "run " VHE " --patch", 2, "needs a value" },
	{ "compare " VHE " --vary 'patch.edits=none,drop MRS SP_EL0 guest @exit'", 0, "[UNSOUND PATCH]" },
	{ "explain " VHE " --patch 'add ISB @put last' --phase put", 0, "command line:1" },
	{ "explain " VHE " --diff 'patch.edits=add ISB @put last'", 0, "0 only in the first, 1 only in the second" },
	{ "profile " VHE " --patch 'drop MRS SP_EL0 guest @exit'", 0, "UNSOUND PATCH" },
	{ "lint " VHE " --patch 'drop MRS SP_EL0 guest @exit'", 1, "guest_not_saved" },
	{ "explore " VHE " --depth 3 --patch 'drop MRS SP_EL0 guest @exit'", 1, "violation after" },
	{ "price linux-6.12-vhe --machine machine/neoverse-n1.ini --patch 'add ISB @enter last'", 0, "+1 barriers" },
	{ "price linux-6.12-vhe --machine machine/neoverse-n1.ini --patch 'drop MRS SP_EL0 guest @exit'", 0, "UNSOUND PATCH" },
	{ "price linux-6.12-vhe --machine machine/neoverse-n1.ini", 2, "no patch" },
	{ "run " VHE " --policy.debug=deferred --patch 'add ISB @put last'", 5, "guest_kept" }, /* the policy's fault is the policy's */
	{ "lint --doc --table patches", 0, "move WHAT" },
};

START_TEST(every_command_takes_a_patch)
{
	struct str out = STR_INIT;
	int status = shell_el2sim(runs[_i].args, &out);

	ck_assert_msg(status == runs[_i].status, "%s: %d: %s", runs[_i].args, status, str_get(&out));
	ck_assert_msg(strstr(str_get(&out), runs[_i].says) != NULL, "%s: %s", runs[_i].args, str_get(&out));
	ck_assert_ptr_null(strstr(str_get(&out), "on purpose"));
	str_free(&out);
}
END_TEST

static void write_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "we");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

START_TEST(a_file_has_an_edit_a_line_and_errors_name_it)
{
	char name[] = "/tmp/el2sim-patch-XXXXXX", set[80];
	struct ws_prog *p;
	struct config c;
	struct err e;

	ck_assert_int_ge(mkstemp(name), 0);
	(void)snprintf(set, sizeof(set), "--patch.file=%s", name);
	write_file(name, "# first\n\nadd ISB @put last # behind\n\tadd ISB @load last\r\n");
	p = compiled(&c, set, "linux-6.12-vhe", &e);
	ck_assert_msg(p != NULL, "%s", e.text);
	ck_assert_uint_eq(c.patch.n, 2);
	ck_assert_uint_eq(c.patch.v[1].line, 4);
	ck_assert_str_eq(c.patch.v[1].text, "add ISB @load last");
	ws_free(p);
	config_free(&c);
	write_file(name, "add ISB @put last\ndrop MSR HCR_EL2 @put\n");
	ck_assert_ptr_null(compiled(&c, set, "linux-6.12-vhe", &e));
	config_free(&c);
	ck_assert_ptr_nonnull(strstr(e.text, ":2: drop MSR HCR_EL2 @put: nothing of it is in put"));
	write_file(name, "# nothing\n");
	ck_assert_ptr_null(compiled(&c, set, "linux-6.12-vhe", &e));
	config_free(&c);
	ck_assert_ptr_nonnull(strstr(e.text, "no edit in it"));
	(void)remove(name);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("patch");
	TCase *t = tcase_create("patch");
	size_t n_models;

	(void)ws_models(&n_models);
	tcase_add_loop_test(t, each_edit_changes_what_it_says_and_is_judged, 0, (int)(sizeof(edits) / sizeof(edits[0])));
	tcase_add_test(t, every_verb_is_tried);
	tcase_add_test(t, an_op_may_have_its_own_price);
	tcase_add_loop_test(t, a_barrier_more_is_sound_in_every_kernel, 0, (int)n_models);
	tcase_add_test(t, an_op_put_back_is_as_it_was);
	tcase_add_loop_test(t, an_edit_that_cannot_be_is_a_sentence, 0, (int)(sizeof(errors) / sizeof(errors[0])));
	tcase_add_loop_test(t, every_command_takes_a_patch, 0, (int)(sizeof(runs) / sizeof(runs[0])));
	tcase_add_test(t, a_file_has_an_edit_a_line_and_errors_name_it);
	suite_add_tcase(s, t);
	return suite_status(s);
}
