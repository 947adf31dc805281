/* SPDX-License-Identifier: Apache-2.0 */
/* What the explorer remembers of events is what they do. */
#include <check.h>
#include <stdlib.h>

#include "tests/explore_util.h"
#include "tests/suite.h"

/* Events that are looked up and events that are run, each in the whole state: the same states, events and violations. */
static void assert_same_search(const struct ws_prog *p, struct explore_options o, const char *what)
{
	struct explore *x, *y;
	uint64_t *a, *b;
	size_t n_a, n_b;
	const struct xviolation *v, *w;

	x = explore_new(p, &o);
	o.no_memory = true;
	y = explore_new(p, &o);
	ck_assert_int_eq(explore_run(x), explore_run(y));
	ck_assert_msg(explore_stats(x)->states == explore_stats(y)->states && explore_stats(x)->transitions == explore_stats(y)->transitions &&
			      explore_stats(x)->left_out == explore_stats(y)->left_out,
		      "%s: %ju states of %ju", what, (uintmax_t)explore_stats(x)->states, (uintmax_t)explore_stats(y)->states);
	a = explore_digests(x, &n_a);
	b = explore_digests(y, &n_b);
	ck_assert_msg(n_a == n_b && memcmp(a, b, n_a * sizeof(*a)) == 0, "%s: other states", what);
	v = explore_violations(x, &n_a);
	w = explore_violations(y, &n_b);
	ck_assert_uint_eq(n_a, n_b);
	for (size_t i = 0; i < n_a; i++) {
		struct xevent *e, *f;
		size_t n_e, n_f;

		ck_assert_str_eq(v[i].text, w[i].text);
		ck_assert_uint_eq(v[i].length, w[i].length);
		e = explore_path(x, i, &n_e);
		f = explore_path(y, i, &n_f);
		ck_assert_msg(n_e == n_f && memcmp(e, f, n_e * sizeof(*e)) == 0, "%s: another story of %s", what, v[i].text);
		free(e);
		free(f);
	}
	free(a);
	free(b);
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
