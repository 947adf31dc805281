/* SPDX-License-Identifier: Apache-2.0 */
/* The oracle: clean where the switch is right, and each kind of violation by its name where it is not. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "models/hyp/inject.h"
#include "models/hyp/ws_lint.h"
#include "tests/oracle_play.h"
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

static void print_all(const struct oracle *o, const char *title)
{
	size_t n;
	const struct oracle_violation *w = oracle_violations(o, &n);

	for (size_t i = 0; i < n && i < 12; i++)
		printf("%s: %s (%llu times)\n", title, w[i].text, (unsigned long long)w[i].count);
	(void)fflush(stdout);
}

START_TEST(every_shipped_model_is_clean_on_every_core)
{
	unsigned bad = 0;

	for (size_t i = 0; i < gs.n; i++) {
		struct ws_prog *p = golden_compile(&gs.c[i], SIZE_MAX);
		struct oracle *o = play(p, 2000, 4711 + i);
		char title[96];

		(void)snprintf(title, sizeof(title), "%s on %s", gs.c[i].model->name, gs.c[i].core);
		print_all(o, title);
		ck_assert_uint_eq(oracle_stats(o)->unknown, 0);
		ck_assert_uint_gt(oracle_stats(o)->entries, 500);
		bad += oracle_violation_count(o) != 0;
		oracle_free(o);
		ws_free(p);
	}
	ck_assert_uint_eq(bad, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("oracle");
	TCase *t = tcase_create("oracle");

	tcase_set_timeout(t, 300);
	tcase_add_unchecked_fixture(t, setup, teardown);
	tcase_add_test(t, every_shipped_model_is_clean_on_every_core);
	suite_add_tcase(s, t);
	return suite_status(s);
}
