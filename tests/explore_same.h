/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EL2SIM_TESTS_EXPLORE_SAME_H
#define EL2SIM_TESTS_EXPLORE_SAME_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "models/hyp/explore/explore.h"

/* Two searches that saw the same and found the same. */
static void assert_same_finds(struct explore *x, struct explore *y, const char *what)
{
	uint64_t *a, *b;
	size_t n_a, n_b;
	const struct xviolation *v, *w;

	ck_assert_msg(explore_stats(x)->states == explore_stats(y)->states && explore_stats(x)->transitions == explore_stats(y)->transitions &&
			      explore_stats(x)->left_out == explore_stats(y)->left_out && explore_stats(x)->depth == explore_stats(y)->depth,
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
}

#endif
