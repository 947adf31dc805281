/* SPDX-License-Identifier: Apache-2.0 */
/* A number that is a bound of its figure says so in every format, and is no metric. */
#include <string.h>

#include "sim/document/metrics.h"
#include "sim/document/rep_read.h"
#include "tests/files.h"
#include "tests/suite.h"

static struct rep *document(void)
{
	static const struct rep_col cols[] = {
		{ "what", "", REP_STR, "", 0, false }, { "count", "", REP_U64, "", 0, true },
		{ "each", "", REP_FIX, "", 1, false }, { "change", "", REP_I64, "", 0, false },
	};
	struct rep *r = rep_new("run", "Bounds");
	struct rep_table *t;

	rep_fact_u64(r, "exits", "guest exits", 12345, "");
	rep_fact_u64(r, "user_exits", "of them to the VMM", 7, "");
	rep_fact_bound(r, REP_AT_LEAST);
	t = rep_table(r, "rows", "Rows", cols, 4);
	rep_str(t, "known");
	rep_u64(t, 12345);
	rep_fix(t, 31125);
	rep_i64(t, 5);
	rep_str(t, "in doubt");
	rep_u64(t, 12345);
	rep_bound(t, REP_AT_LEAST);
	rep_fix(t, 31125);
	rep_bound(t, REP_AT_MOST);
	rep_i64(t, -5);
	rep_bound(t, REP_AT_LEAST);
	rep_str(t, "nothing");
	rep_u64(t, 0);
	rep_bound(t, REP_AT_MOST);
	rep_none(t);
	rep_bound(t, REP_AT_LEAST); /* what is not known has no bound either */
	rep_none(t);
	return r;
}

static struct str written(const struct rep *r, enum rep_format format)
{
	struct str out = STR_INIT;
	struct err e;
	FILE *f = open_memstream(&out.s, &out.len);

	ck_assert_int_eq(rep_write(r, format, f, &e), 0);
	ck_assert_int_eq(fclose(f), 0);
	return out;
}

static const struct {
	enum rep_format format;
	const char *part;
} shown[] = {
	{ REP_TEXT, "of them to the VMM: \342\211\2457\n" },
	{ REP_TEXT, "known      12,345   31.1      +5\n" },
	{ REP_TEXT, "in doubt  \342\211\24512,345  \342\211\24431.2     \342\211\245-5\n" },
	{ REP_TEXT, "nothing        \342\211\2440      -       -\n" },
	{ REP_MD, "| in doubt | \342\211\24512,345 | \342\211\24431.2 | \342\211\245-5 |" },
	{ REP_CSV, "key,value,unit,bound\nexits,12345,,\nuser_exits,7,,>=\n" },
	{ REP_CSV, "what,count,each,change,bounds\nknown,12345,31.1,5,\nin doubt,12345,31.2,-5,count>= each<= change>=\n"
		   "nothing,0,,,count<=\n" },
	{ REP_JSON, "\"schema\": \"el2sim.run/2\"" },
	{ REP_JSON, "\"fact_bounds\": {\"user_exits\": \">=\"}" },
	{ REP_JSON, "{\"row\": 1, \"column\": \"each\", \"bound\": \"<=\"}" },
	{ REP_JSON, "{\"what\": \"in doubt\", \"count\": 12345, \"each\": 31.2, \"change\": -5}" },
	{ REP_HTML, "<td class=\"n\" data-bound=\"&gt;=\">\342\211\24512,345</td>" },
	{ REP_HTML, "<dt>of them to the VMM</dt><dd>\342\211\2457</dd>" },
};

START_TEST(every_format_shows_which_numbers_are_bounds)
{
	struct rep *r = document();
	struct str out = written(r, shown[_i].format);

	ck_assert_uint_eq(rep_bounds(r), 5);
	ck_assert_msg(strstr(str_get(&out), shown[_i].part) != NULL, "want %s in\n%s", shown[_i].part,
		      shown[_i].format == REP_HTML ? "(page)" : str_get(&out));
	str_free(&out);
	rep_free(r);
}
END_TEST

START_TEST(bounds_survive_json_in_every_format)
{
	struct rep *r = document(), *back;
	struct str json = written(r, REP_JSON);
	struct err e = { ERR_NONE, "" };

	back = rep_read_text(str_get(&json), json.len, "x.json", &e);
	ck_assert_msg(back != NULL, "%s", e.text);
	for (unsigned f = 0; f < REP_FORMAT_COUNT; f++) {
		struct str want = written(r, (enum rep_format)f), got = written(back, (enum rep_format)f);

		ck_assert_str_eq(str_get(&got), str_get(&want));
		str_free(&want);
		str_free(&got);
	}
	rep_free(back);
	rep_free(r);
	str_free(&json);
}
END_TEST

START_TEST(a_bound_is_no_metric)
{
	struct rep *r = document();
	struct metrics m;

	metrics_of(r, &m);
	ck_assert_uint_eq(m.n, 4);
	ck_assert_str_eq(m.m[0].name, "facts/exits");
	ck_assert_str_eq(m.m[1].name, "rows/known/count");
	ck_assert_str_eq(m.m[3].name, "rows/known/change");
	metrics_free(&m);
	rep_free(r);
}
END_TEST

static const char *const bad[] = {
	"{\"row\": 9, \"column\": \"count\", \"bound\": \">=\"}", "{\"row\": 1, \"column\": \"what\", \"bound\": \">=\"}",
	"{\"row\": 1, \"column\": \"none\", \"bound\": \">=\"}", "{\"row\": 1, \"column\": \"count\", \"bound\": \"==\"}", "1",
};

START_TEST(bounds_of_what_is_not_there_are_refused)
{
	struct rep *r = document();
	struct str json = written(r, REP_JSON), broken = STR_INIT;
	const char *at = strstr(str_get(&json), "{\"row\": 1, \"column\": \"count\", \"bound\": \">=\"}");
	struct err e = { ERR_NONE, "" };

	ck_assert_ptr_nonnull(at);
	str_addn(&broken, str_get(&json), (size_t)(at - str_get(&json)));
	str_add(&broken, bad[_i]);
	str_add(&broken, strchr(at, '}') + 1);
	ck_assert_ptr_null(rep_read_text(str_get(&broken), broken.len, "x.json", &e));
	ck_assert_int_eq(e.code, ERR_INPUT);
	ck_assert_msg(strstr(e.text, "bound 1: want a row, a column with numbers") != NULL, "%s", e.text);
	str_free(&broken);
	str_free(&json);
	rep_free(r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rep_bounds");
	TCase *tc = tcase_create("bounds");

	tcase_add_loop_test(tc, every_format_shows_which_numbers_are_bounds, 0, (int)(sizeof(shown) / sizeof(shown[0])));
	tcase_add_test(tc, bounds_survive_json_in_every_format);
	tcase_add_test(tc, a_bound_is_no_metric);
	tcase_add_loop_test(tc, bounds_of_what_is_not_there_are_refused, 0, (int)(sizeof(bad) / sizeof(bad[0])));
	suite_add_tcase(s, tc);
	return suite_status(s);
}
