/* SPDX-License-Identifier: Apache-2.0 */
/* What the explorer remembers of events is what they do. */
#include <check.h>
#include <stdlib.h>

#include "tests/explore_same.h"
#include "tests/explore_util.h"
#include "tests/suite.h"

/* Events that are looked up and events that are run, each in the whole state: the same states, events and violations. */
static void assert_same_search(const struct ws_prog *p, struct explore_options o, const char *what)
{
	struct explore *x, *y;

	x = explore_new(p, &o);
	o.no_memory = true;
	y = explore_new(p, &o);
	ck_assert_int_eq(explore_run(x), explore_run(y));
	assert_same_finds(x, y, what);
	explore_free(x);
	explore_free(y);
}

START_TEST(what_is_remembered_of_events_is_what_they_do)
{
	static const unsigned sizes[][4] = { { 2, 2, 1, 5 }, { 2, 2, 2, 5 }, { 3, 2, 1, 4 }, { 3, 2, 2, 3 }, { 2, 3, 1, 4 }, { 4, 4, 2, 2 }, { 1, 2, 1, 7 } };
	struct ws_prog *p;

	if ((size_t)_i >= gs.n || strcmp(gs.c[_i].core, "neoverse-n1") != 0)
		return;
	p = golden_compile(&gs.c[_i], SIZE_MAX);
	for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
		struct explore_options o = bounded(sizes[k][0], sizes[k][1], sizes[k][3]);

		o.vms = sizes[k][2];
		o.no_symmetry = k % 2 != 0 && sizes[k][0] < 4;
		o.no_order = k % 3 == 1;
		assert_same_search(p, o, gs.c[_i].model->name);
	}
	ws_free(p);
}
END_TEST

START_TEST(what_is_remembered_of_events_hides_no_violation)
{
	struct ws_inject inject;
	struct ws_prog *p = broken(faults[_i].inject, &inject);
	struct explore_options o = bounded(2, 2, 5);

	assert_same_search(p, o, faults[_i].inject);
	o.all = true;
	o.depth = 4;
	assert_same_search(p, o, faults[_i].inject);
	ws_free(p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("explore_memo");
	TCase *t = tcase_create("memo");

	tcase_add_unchecked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, what_is_remembered_of_events_is_what_they_do, 0, 40);
	tcase_add_loop_test(t, what_is_remembered_of_events_hides_no_violation, 0, (int)N_FAULTS);
	suite_add_tcase(s, t);
	return suite_status(s);
}
