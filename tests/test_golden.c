/* SPDX-License-Identifier: Apache-2.0 */
/* The listing of each shipped model on cores that differ, compared with tests/golden/;
 * EL2SIM_BLESS=1 rewrites it. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "models/hyp/ws/ws_explain.h"
#include "tests/files.h"
#include "tests/suite.h"
#include "tests/ws_golden.h"

static struct golden_set gs;

static void setup(void)
{
	golden_load(&gs);
}

static void teardown(void)
{
	golden_free(&gs);
}

START_TEST(listings_are_the_blessed_ones)
{
	ck_assert_uint_gt(gs.n, 10);
	for (size_t i = 0; i < gs.n; i++) {
		struct ws_prog *p = golden_compile(&gs.c[i], SIZE_MAX);
		struct str got = STR_INIT;
		char path[256];

		golden_path(&gs.c[i], path, sizeof(path));
		golden_listing(&gs.c[i], p, &got);
		same_as_blessed(path, &got, "the listing");
		str_free(&got);
		ws_free(p);
	}
}
END_TEST

START_TEST(no_listing_is_left_over)
{
	glob_t g;

	ck_assert_int_eq(glob(EL2SIM_SOURCE_DIR "/tests/golden/explain-*.txt", 0, NULL, &g), 0);
	for (size_t k = 0; k < g.gl_pathc; k++) {
		bool found = false;
		char path[256];

		for (size_t i = 0; i < gs.n; i++) {
			golden_path(&gs.c[i], path, sizeof(path));
			found |= strcmp(path, g.gl_pathv[k]) == 0;
		}
		ck_assert_msg(found, "%s: no shipped model and core make this listing",
			      g.gl_pathv[k]);
	}
	globfree(&g);
}
END_TEST

START_TEST(a_program_does_not_differ_from_itself)
{
	for (size_t i = 0; i < gs.n; i++) {
		struct ws_prog *p = golden_compile(&gs.c[i], SIZE_MAX);
		struct ws_diff *d = ws_diff_new(p, p);

		ck_assert_uint_eq(d->n, p->n);
		for (size_t k = 0; k < d->n; k++) {
			ck_assert_int_eq(d->row[k].kind, DIFF_SAME);
			ck_assert_ptr_eq(d->row[k].a, d->row[k].b);
		}
		ws_diff_free(d);
		ws_free(p);
	}
}
END_TEST

static size_t count(const struct ws_diff *d, enum sr_group g, enum ws_diff_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n; i++)
		n += d->row[i].kind == kind &&
		     (d->row[i].a != NULL ? d->row[i].a : d->row[i].b)->group == g;
	return n;
}

START_TEST(every_op_of_both_programs_is_in_the_difference_once)
{
	for (size_t i = 1; i < gs.n; i++) {
		struct ws_prog *a = golden_compile(&gs.c[i - 1], SIZE_MAX),
			       *b = golden_compile(&gs.c[i], SIZE_MAX);
		struct ws_diff *d = ws_diff_new(a, b);
		size_t in_a = 0, in_b = 0;

		for (size_t k = 0; k < d->n; k++) {
			in_a += d->row[k].a != NULL;
			in_b += d->row[k].b != NULL;
		}
		ck_assert_uint_eq(in_a, a->n);
		ck_assert_uint_eq(in_b, b->n);
		ws_diff_free(d);
		ws_free(a);
		ws_free(b);
	}
}
END_TEST

/* Any two different neighbours of a phase, swapped: one op in another order, and nothing else. */
START_TEST(two_swapped_ops_are_a_difference)
{
	struct ws_prog *a = golden_compile(&gs.c[0], SIZE_MAX), *b = golden_compile(&gs.c[0], SIZE_MAX);
	size_t swapped = 0;

	for (size_t i = 0; i + 1 < a->n; i += 3) {
		const struct ws_op x = b->op[i], y = b->op[i + 1];
		size_t n[DIFF_COUNT] = { 0 };
		struct ws_diff *d;

		if (x.phase != y.phase || x.comp != y.comp || (x.opcode == y.opcode && x.reg == y.reg))
			continue;
		b->op[i] = y;
		b->op[i + 1] = x;
		d = ws_diff_new(a, b);
		for (size_t k = 0; k < d->n; k++)
			n[d->row[k].kind]++;
		ck_assert_msg(n[DIFF_ORDER] >= 1 && n[DIFF_SAME] + n[DIFF_ORDER] + n[DIFF_GUARD] == a->n, "%zu: %zu same, %zu order", i,
			      n[DIFF_SAME], n[DIFF_ORDER]);
		ws_diff_free(d);
		b->op[i] = x;
		b->op[i + 1] = y;
		swapped++;
	}
	ck_assert_uint_gt(swapped, 20);
	ws_free(a);
	ws_free(b);
}
END_TEST

START_TEST(a_policy_shows_as_moves_of_its_group_only)
{
	struct fixture_machine m;
	struct ws_config c;
	struct err e = { ERR_NONE, "" };
	struct ws_prog *a, *b;
	struct ws_diff *d;

	fixture_features(&m, "vhe,ras,pmuv3,gicv3");
	a = fixture_compile(ws_model_by_name("linux-6.12-vhe"), &m.m, 0);
	c = a->config;
	c.group_policy[GRP_user] = POL_EAGER;
	b = ws_compile(&c, &e);
	d = ws_diff_new(a, b);
	ck_assert_uint_eq(count(d, GRP_user, DIFF_MOVED),
			  8); /* 2 registers, 2 sides, saved and restored */
	for (unsigned g = 0; g < GRP_COUNT; g++) {
		ck_assert_uint_eq(count(d, (enum sr_group)g, DIFF_ONLY_A), 0);
		ck_assert_uint_eq(count(d, (enum sr_group)g, DIFF_ONLY_B), 0);
		ck_assert_uint_eq(count(d, (enum sr_group)g, DIFF_MOVED), g == GRP_user ? 8 : 0);
	}
	ws_diff_free(d);
	ws_free(a);
	ws_free(b);
	opt_free(m.set);
}
END_TEST

START_TEST(rows_carry_phase_register_and_source)
{
	struct ws_prog *p = golden_compile(&gs.c[0], SIZE_MAX);

	for (size_t i = 0; i < p->n; i++) {
		struct ws_explain_row row;

		ws_explain_at(p, i, &row);
		ck_assert_ptr_eq(row.op, &p->op[i]);
		ck_assert_uint_ge(row.nr, 1);
		ck_assert_uint_gt(strlen(row.phase) * strlen(row.opcode) * strlen(row.object) *
					  strlen(row.function),
				  0);
		ck_assert_uint_gt(strlen(row.file) * row.line, 0);
	}
	ws_free(p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("golden");
	TCase *t = tcase_create("golden");

	tcase_add_unchecked_fixture(t, setup, teardown);
	tcase_add_test(t, listings_are_the_blessed_ones);
	tcase_add_test(t, no_listing_is_left_over);
	tcase_add_test(t, a_program_does_not_differ_from_itself);
	tcase_add_test(t, every_op_of_both_programs_is_in_the_difference_once);
	tcase_add_test(t, two_swapped_ops_are_a_difference);
	tcase_add_test(t, a_policy_shows_as_moves_of_its_group_only);
	tcase_add_test(t, rows_carry_phase_register_and_source);
	suite_add_tcase(s, t);
	return suite_status(s);
}
