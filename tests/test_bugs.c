/* SPDX-License-Identifier: Apache-2.0 */
/* Every shipped known bug is found in few events, by the violation that its file names, and is gone when fixed. */
#include <check.h>
#include <ctype.h>
#include <string.h>

#include "models/hyp/explore/story.h"
#include "sim/app/bugs.h"
#include "tests/command.h"
#include "tests/files.h"
#include "tests/suite.h"

#define BUGS 31 /* the loop's end must be known before anything runs */

static struct bug_names names;

static void setup(void)
{
	struct err e = { ERR_NONE, "" };

	ck_assert_msg(bug_names(&names, &e) == 0, "%s", e.text);
}

static void teardown(void)
{
	bug_names_free(&names);
}

START_TEST(all_shipped_bugs_are_tried)
{
	ck_assert_uint_eq(names.n, BUGS);
}
END_TEST

static const struct xviolation *violation_of(const struct bug_check *b)
{
	size_t n;
	const struct xviolation *v = explore_violations(b->search, &n);

	ck_assert_uint_lt(b->number, n);
	return &v[b->number];
}

/* Before the last event of the story nothing is wrong: the counterexample is not longer than it must be. */
static void check_story(const struct bug_check *b, const char *name)
{
	size_t n, found;
	struct xevent *ev = explore_path(b->search, b->number, &n);
	struct xworld *w = xworld_new(b->prog, (unsigned)b->config.bug.vcpus, (unsigned)b->config.bug.pcpus, 1, b->states);
	bool there = false;

	ck_assert_uint_eq(n, b->length);
	for (size_t i = 0; i < n; i++) {
		const struct xviolation *v;

		ck_assert(xworld_possible(w, ev[i]));
		xworld_do(w, ev[i]);
		v = xworld_violations(w, &found);
		ck_assert_msg(i + 1 == n || found == 0, "%s: event %zu: %s", name, i + 1, found != 0 ? v[0].text : "");
		for (size_t k = 0; k < found; k++)
			there |= strcmp(xviolation_rule(&v[k]), b->config.bug.found) == 0 && strcmp(v[k].what, b->config.bug.reg) == 0;
	}
	ck_assert_msg(there, "%s: the story does not end in it", name);
	xworld_free(w);
	free(ev);
}

START_TEST(a_known_bug_is_found_in_few_events_and_gone_when_fixed)
{
	struct err e = { ERR_NONE, "" };
	struct bug_check b;

	ck_assert_msg(bug_load(&b, names.v[_i], &e) == 0, "%s", e.text);
#ifdef __SANITIZE_ADDRESS__
	if (strcmp(names.v[_i], "reset-loaded") == 0) { /* 220,000 states: the others pass the same lines */
		bug_free(&b);
		return;
	}
#endif
	ck_assert_msg(bug_run(&b, &e) == 0, "%s: %s", names.v[_i], e.text);
	ck_assert_msg(b.length != 0 && b.length <= BUG_STEPS, "%s: not found", names.v[_i]);
	ck_assert_str_eq(xviolation_rule(violation_of(&b)), b.config.bug.found);
	ck_assert_str_eq(violation_of(&b)->what, b.config.bug.reg);
	check_story(&b, names.v[_i]);
	ck_assert_msg(b.clean, "%s: the fixed side is not clean", names.v[_i]);
	ck_assert_uint_gt(b.fixed_states, 1);
	bug_free(&b);
}
END_TEST

START_TEST(every_bug_names_its_fix_and_where_that_was_read)
{
	for (size_t i = 0; i < names.n; i++) {
		struct err e = { ERR_NONE, "" };
		struct bug_check b;
		const struct bug_options *o = &b.config.bug;
		size_t digits = 0;

		ck_assert_msg(bug_load(&b, names.v[i], &e) == 0, "%s", e.text);
		while (isxdigit((unsigned char)o->fix[digits]) != 0)
			digits++;
		ck_assert_msg((o->fix[digits] == '\0' && (digits == 40 || digits == 12)) || strcmp(o->fix, "not merged") == 0, "%s: fix = %s",
			      names.v[i], o->fix);
		ck_assert_msg(strstr(o->title, "KVM") != NULL, "%s: %s", names.v[i], o->title);
		ck_assert_msg(strstr(o->sure, "READ") != NULL, "%s: %s", names.v[i], o->sure);
		ck_assert_uint_gt(strlen(o->source), 10);
		ck_assert_uint_gt(strlen(o->versions), 3);
		ck_assert_uint_gt(strlen(o->what), 40);
		ck_assert_uint_ge(b.config.n_inject, 1);
		bug_free(&b);
	}
}
END_TEST

/* Not only the shipped ones: faults of the same kinds, made up here. */
START_TEST(faults_of_the_same_kinds_are_found)
{
	static const struct {
		const char *model, *features, *spec, *found;
	} row[] = {
		{ "linux-6.12-nvhe", "", "drop:tsb_csync", "trbe_drained" },
		{ "linux-6.1-nvhe", "", "move:TRBLIMITR_EL1,VTTBR_EL2@enter", "trbe_looked_at" },
		{ "linux-6.12-nvhe", "", "drop:PMSCR_EL1@exit", "PMSCR_EL1" },
		{ "linux-6.12-nvhe", "", "drop-isb:__debug_save_spe", "spe_off" },
		{ "linux-6.12-vhe", "", "unasked:hpfar", "HPFAR_EL2" },
		{ "linux-6.1-protected", "", "unasked:hpfar", "HPFAR_EL2" },
		{ "linux-6.1-nvhe", "", "once:FAR_EL2@exit", "FAR_EL2" },
		{ "linux-6.12-vhe", "", "drop:ESR_EL2@exit", "ESR_EL2" },
		{ "linux-6.12-vhe", "", "drop-isb:kvm_arm_vcpu_enter_exit", "host_" },
		{ "linux-6.12-vhe", "", "swap:CNTV_CVAL_EL0,CNTV_CTL_EL0@load", "cval" },
		{ "linux-6.1-vhe", "", "flag:IN_WFI=not-set", "IN_WFI" },
		{ "linux-6.12-nvhe", " --machine.features=vhe,ras,exs,gicv3,gicv4", "no-cse:entry", "vgic_elrsr" },
		{ "linux-6.12-vhe", " --machine.features=vhe,ras,exs,gicv3", "no-cse:return", "guest_in_force" },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct str out = STR_INIT;
		char line[400];
		struct err e;

		(void)snprintf(line, sizeof(line), "el2sim explore configs/machine/armv9-design-point.ini --switch.model=%s%s --states each "
			       "--depth 5 --inject %s", row[i].model, row[i].features, row[i].spec);
		ck_assert_msg(run_command(line, &out, &e) != 0 && e.code == ERR_ANSWER_NO, "%s %s: not found", row[i].model, row[i].spec);
		ck_assert_msg(strstr(str_get(&out), row[i].found) != NULL, "%s %s: %s", row[i].model, row[i].spec, str_get(&out));
		str_free(&out);
	}
}
END_TEST

/* Fixes that must be here: as a configuration, or named as what none can have. */
START_TEST(no_fix_is_forgotten)
{
	static const char *const fix[] = { "309d43a67a3a", "fbc7e61195e2", "9404673293b0", "01dc9262ff57", "1c71dbc8a179", "b321c31c9b7b",
					   "d52d165d67c5", "039f49c4cafb", "b96b0c5de685", "257d0aa8e250", "31ff96c38ea3", "0fd76865006d",
					   "cb96408da4e1" };
	struct str out = STR_INIT;
	struct err e;

	ck_assert_int_eq(run_command("el2sim bugs --list", &out, &e), 0);
	for (size_t i = 0; i < sizeof(fix) / sizeof(fix[0]); i++)
		ck_assert_msg(strstr(str_get(&out), fix[i]) != NULL, "%s", fix[i]);
	ck_assert_ptr_nonnull(strstr(str_get(&out), "Synchronise HCR_EL2 writes on the guest exit path"));
	str_free(&out);
}
END_TEST

/* docs/bugs.md has the table of what cannot be expressed. */
START_TEST(what_cannot_be_expressed_is_named_with_its_reason)
{
	static const char *const beyond[][3] = {
#define BEYOND(fix, title, why) { fix, title, why },
#include "models/hyp/check/bugs_beyond.def"
	};
	struct str doc = slurp("docs/bugs.md");

	for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
		ck_assert_uint_eq(strlen(beyond[i][0]), 12);
		ck_assert_msg(strstr(str_get(&doc), beyond[i][0]) != NULL && strstr(str_get(&doc), beyond[i][1]) != NULL, "%s is not in docs/bugs.md", beyond[i][0]);
		ck_assert_uint_gt(strlen(beyond[i][2]), 40);
	}
	str_free(&doc);
}
END_TEST

START_TEST(an_unknown_bug_is_refused_with_the_nearest)
{
	struct err e = { ERR_NONE, "" };
	struct bug_check b;

	ck_assert_int_eq(bug_load(&b, "par-el2", &e), -1);
	ck_assert_int_eq(e.code, ERR_USAGE);
	ck_assert_str_eq(e.text, "unknown bug \"par-el2\": did you mean \"par-el1\"?");
	bug_free(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bugs");
	TCase *t = tcase_create("bugs");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, all_shipped_bugs_are_tried);
	tcase_add_test(t, every_bug_names_its_fix_and_where_that_was_read);
	tcase_add_test(t, faults_of_the_same_kinds_are_found);
	tcase_add_test(t, no_fix_is_forgotten);
	tcase_add_test(t, what_cannot_be_expressed_is_named_with_its_reason);
	tcase_add_test(t, an_unknown_bug_is_refused_with_the_nearest);
	tcase_add_loop_test(t, a_known_bug_is_found_in_few_events_and_gone_when_fixed, 0, BUGS);
	suite_add_tcase(s, t);
	return suite_status(s);
}
