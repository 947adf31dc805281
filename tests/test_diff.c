/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim diff: limits on both sides, directions, order, what it prints, what it refuses. */
#include <stdlib.h>

#include "sim/cmd/diff_gate.h"
#include "sim/document/diff.h"
#include "sim/document/rep_read.h"
#include "tests/command_json.h"
#include "tests/suite.h"

#define GOLDEN "tests/golden/"
#define VHE    "configs/experiment/linux-6.12-vhe-n1.ini"
#define EAGER  "configs/experiment/linux-4.15-vhe-n1.ini"
#define N(a)   (sizeof(a) / sizeof((a)[0]))

/* ---- percentages ---- */

START_TEST(a_percentage_is_read_exactly)
{
	static const struct {
		const char *text;
		int64_t milli; /* -1: none */
	} rows[] = {
		{ "2%", 2000 }, { "2", 2000 }, { "2 %", 2000 }, { "0.5%", 500 }, { ".5", 500 }, { "0.001%", 1 },
		{ "0", 0 }, { "12.345%", 12345 }, { "1000000%", 1000000000 }, { "1000001%", -1 }, { "0.0001%", -1 },
		{ "", -1 }, { "%", -1 }, { "-1%", -1 }, { "+1", -1 }, { "2%%", -1 }, { "2x", -1 }, { "1.2.3", -1 },
		{ "99999999999999999999", -1 }, { "1e3", -1 }, { " 2", -1 },
	};

	for (size_t i = 0; i < N(rows); i++) {
		int64_t got = -1;
		bool good = diff_percent(rows[i].text, &got);

		ck_assert_msg(good == (rows[i].milli >= 0), "\"%s\"", rows[i].text);
		if (good)
			ck_assert_int_eq(got, rows[i].milli);
	}
}
END_TEST

/* ---- limits ---- */

/* A report with one table of one number. */
static struct rep *report_of(const char *table, const char *row, const char *col, bool there, uint64_t value)
{
	const struct rep_col cols[] = { { .key = "name", .type = REP_STR }, { .key = col, .type = REP_U64 } };
	struct rep *r = rep_new("run", "");
	struct rep_table *t = rep_table(r, table, "", cols, 2);

	if (there) {
		rep_str(t, row);
		rep_u64(t, value);
	}
	return r;
}

#define GONE UINT64_MAX

static const struct {
	const char *table, *row, *col;
	uint64_t a, b;
	const char *limit; /* of every metric */
	bool both, fails;
} brackets[] = {
	/* dearer: at the limit, one above */
	{ "cycles", "modelled", "cycles", 1000, 1020, "2%", false, false },
	{ "cycles", "modelled", "cycles", 1000, 1021, "2%", false, true },
	{ "cycles", "modelled", "cycles", 100000, 100001, "0.001%", false, false },
	{ "cycles", "modelled", "cycles", 100000, 100002, "0.001%", false, true },
	{ "cycles", "modelled", "cycles", 1000, 1000, "0", false, false },
	{ "cycles", "modelled", "cycles", 1000, 1001, "0", false, true },
	{ "cycles", "modelled", "cycles", 3, 4, "33.333%", false, true },
	{ "cycles", "modelled", "cycles", 3, 4, "33.334%", false, false },
	/* cheaper: only when asked for */
	{ "cycles", "modelled", "cycles", 1000, 500, "2%", false, false },
	{ "cycles", "modelled", "cycles", 1000, 980, "2%", true, false },
	{ "cycles", "modelled", "cycles", 1000, 979, "2%", true, true },
	/* more is better */
	{ "time", "guest", "vcpu", 1000, 980, "2%", false, false },
	{ "time", "guest", "vcpu", 1000, 979, "2%", false, true },
	{ "time", "guest", "vcpu", 1000, 2000, "2%", false, false },
	/* neither */
	{ "counts", "loads", "count", 1000, 9000, "2%", false, false },
	{ "counts", "loads", "count", 1000, 1021, "2%", true, true },
	{ "counts", "loads", "count", 1000, 1020, "2%", true, false },
	/* from nothing, to nothing, gone, new */
	{ "cycles", "modelled", "cycles", 0, 1, "1000000%", false, true },
	{ "cycles", "modelled", "cycles", 0, 0, "0", false, false },
	{ "cycles", "modelled", "cycles", 5, 0, "0", false, false },
	{ "cycles", "modelled", "cycles", 5, GONE, "1000000%", false, true },
	{ "cycles", "modelled", "cycles", GONE, 5, "0", false, false },
	/* numbers that no double holds, and the largest */
	{ "cycles", "modelled", "cycles", 9007199254740993, 9007199254740994, "0", false, true },
	{ "cycles", "modelled", "cycles", GONE - 2, GONE - 1, "0", false, true },
	{ "cycles", "modelled", "cycles", 1, GONE - 1, "1000000%", false, true },
};

static uint64_t failed(size_t i, const char *pattern, bool gated_only)
{
	struct diff_options o = { .gated_only = gated_only };
	struct rep *a = report_of(brackets[i].table, brackets[i].row, brackets[i].col, brackets[i].a != GONE, brackets[i].a);
	struct rep *b = report_of(brackets[i].table, brackets[i].row, brackets[i].col, brackets[i].b != GONE, brackets[i].b);
	struct diff *d = diff_new(&o);
	uint64_t n;
	struct err e;

	ck_assert_int_eq(diff_gate_add(&o, pattern, brackets[i].limit, brackets[i].both, "--fail-above", &e), 0);
	diff_add(d, "", a, b);
	n = diff_failed(d);
	diff_free(d);
	diff_gate_free(&o);
	rep_free(a);
	rep_free(b);
	return n;
}

START_TEST(a_limit_lets_pass_what_is_at_it_and_nothing_above)
{
	const char *name = brackets[_i].row;

	ck_assert_msg((failed((size_t)_i, "*", false) != 0) == brackets[_i].fails, "%s: %llu to %llu, limit %s", name,
		      (unsigned long long)brackets[_i].a, (unsigned long long)brackets[_i].b, brackets[_i].limit);
	ck_assert_uint_eq(failed((size_t)_i, "other/*", false), 0);
}
END_TEST

START_TEST(without_a_pattern_only_what_is_marked_is_looked_at)
{
	ck_assert_uint_eq(failed(1, "*", true), 1);
	ck_assert_uint_eq(failed(15, "*", true), 0); /* counts/loads is not marked */
}
END_TEST

START_TEST(the_first_limit_that_fits_counts)
{
	struct rep *a = report_of("phases", "total", "cycles", true, 1000);
	struct rep *b = report_of("phases", "total", "cycles", true, 1500);
	static const struct {
		const char *first, *second;
		bool fails;
	} rows[] = { { "60%", "1%", false }, { "1%", "60%", true }, { NULL, "1%", false } };

	for (size_t i = 0; i < N(rows); i++) {
		struct diff_options o = { 0 };
		struct diff *d = diff_new(&o);
		struct err e;

		ck_assert_int_eq(diff_gate_add(&o, "phases/*/cycles", rows[i].first != NULL ? rows[i].first : "0", false, "", &e), 0);
		if (rows[i].first == NULL)
			o.limit[0].milli_percent = -1; /* "any" */
		ck_assert_int_eq(diff_gate_add(&o, "*", rows[i].second, false, "", &e), 0);
		diff_add(d, "", a, b);
		ck_assert_int_eq(diff_failed(d) != 0, rows[i].fails);
		ck_assert_uint_eq(o.limit[0].fits, 1);
		ck_assert_uint_eq(o.limit[1].fits, 0);
		diff_free(d);
		diff_gate_free(&o);
	}
	rep_free(a);
	rep_free(b);
}
END_TEST

/* ---- order, number of rows ---- */

static long fact_of(json_t *all, const char *key)
{
	return (long)json_integer_value(json_object_get(json_object_get(all, "facts"), key));
}

START_TEST(each_group_has_its_largest_changes_first_and_says_how_many_are_left_out)
{
	json_t *few = json_of("el2sim diff " VHE " " EAGER " --top 3");
	json_t *all = json_of("el2sim diff " VHE " " EAGER " --top 0"), *row;
	const char *group = "";
	double last = 0;
	size_t i, in_group = 0;

	ck_assert_uint_eq(json_array_size(rows_of(all, "changes")), (size_t)fact_of(all, "changed"));
	json_array_foreach(rows_of(all, "changes"), i, row) {
		const char *g = json_string_value(json_object_get(row, "group"));
		json_t *p = json_object_get(row, "percent");
		double size = json_is_null(p) ? 1e12 : json_number_value(p) < 0 ? -json_number_value(p) : json_number_value(p);

		if (strcmp(g, group) != 0)
			last = 1e12;
		if (!json_is_null(json_object_get(row, "first")) && !json_is_null(json_object_get(row, "second")))
			ck_assert_msg(size <= last, "%s: %s", g, json_string_value(json_object_get(row, "metric")));
		last = size < last ? size : last;
		group = g;
	}
	group = "";
	json_array_foreach(rows_of(few, "changes"), i, row) {
		const char *g = json_string_value(json_object_get(row, "group"));

		in_group = strcmp(g, group) == 0 ? in_group + 1 : 1;
		ck_assert_uint_le(in_group, 3);
		group = g;
	}
	ck_assert_uint_gt(json_array_size(json_object_get(few, "notes")), 4);
	ck_assert_uint_eq(json_array_size(json_object_get(all, "notes")), 1); /* of bands */
	json_decref(few);
	json_decref(all);
}
END_TEST

START_TEST(swapping_the_sides_swaps_dearer_and_cheaper)
{
	json_t *ab = json_of("el2sim diff " VHE " " EAGER);
	json_t *ba = json_of("el2sim diff " EAGER " " VHE), *row;
	json_t *x = rows_of(ab, "groups"), *y = rows_of(ba, "groups");
	size_t i;

	ck_assert_int_eq(fact_of(ab, "changed"), fact_of(ba, "changed"));
	ck_assert_uint_gt(json_array_size(x), 5);
	json_array_foreach(x, i, row) {
		json_t *other = NULL;
		size_t k;

		json_array_foreach(y, k, other) {
			if (json_equal(json_object_get(other, "group"), json_object_get(row, "group")))
				break;
		}
		ck_assert_uint_lt(k, json_array_size(y));
		ck_assert(json_equal(json_object_get(row, "dearer"), json_object_get(other, "cheaper")));
		ck_assert(json_equal(json_object_get(row, "cheaper"), json_object_get(other, "dearer")));
		ck_assert(json_equal(json_object_get(row, "metrics"), json_object_get(other, "metrics")));
	}
	json_decref(ab);
	json_decref(ba);
}
END_TEST

/* ---- results of commands ---- */

static void store(const char *line, const char *path)
{
	struct str out = output_of(line);

	spill(path, out.s, out.len);
	str_free(&out);
}

static const char *const kinds[] = {
	"el2sim run " VHE " --format json",
	"el2sim run configs/experiment/overcommit.ini --run.duration=3000 --format json",
	"el2sim compare configs/experiment/eager-vs-deferred.ini --format json",
	"el2sim compare configs/experiment/overcommit.ini --run.duration=3000 --vary policy.el1=eager,deferred --format json",
	"el2sim abi configs/experiment/abi-scope.ini --format json",
	"el2sim profile " VHE " --format json",
	"el2sim run " VHE " --check --flags --format json",
	"el2sim trace stat traces/samples/linux-6.12-vhe-mixed-4v2p.e2t --format json",
};

START_TEST(a_result_does_not_differ_from_itself)
{
	char *path = scratch("same.json");
	struct str line = STR_INIT;
	json_t *all;

	store(kinds[_i], path);
	str_addf(&line, "el2sim diff %s %s", path, path);
	all = json_of(str_get(&line));
	ck_assert_int_eq(fact_of(all, "changed"), 0);
	ck_assert_int_gt(fact_of(all, "metrics"), 20);
	ck_assert_ptr_null(rows_of(all, "changes"));
	ck_assert_ptr_null(rows_of(all, "inputs"));
	json_decref(all);
	(void)unlink(path);
	free(path);
	str_free(&line);
}
END_TEST

START_TEST(of_every_metric_is_known_which_way_is_better)
{
	char *path = scratch("known.json");
	struct metrics m;
	struct rep *r;
	struct err e;

	store(kinds[_i], path);
	r = rep_read(path, &e);
	ck_assert_msg(r != NULL, "%s", e.text);
	metrics_of(r, &m);
	for (size_t i = 0; i < m.n; i++)
		ck_assert_msg(strcmp(metric_rule_of(m.m[i].name)->pattern, "*") != 0, "%s: \"%s\" needs a row in metrics.def",
			      kinds[_i], m.m[i].name);
	metrics_free(&m);
	rep_free(r);
	(void)unlink(path);
	free(path);
}
END_TEST

START_TEST(a_stored_report_is_held_against_a_configuration)
{
	char *path = scratch("stored.json");
	struct str line = STR_INIT;
	struct str out = STR_INIT;
	struct err e;

	store("el2sim run " VHE " --format json", path);
	str_addf(&line, "el2sim diff %s " VHE " --fail-above 0", path);
	ck_assert_msg(run_command(str_get(&line), &out, &e) == 0, "%s", e.text);
	str_add(&line, " --policy.el1=eager --explain");
	str_reset(&out);
	ck_assert_int_ne(run_command(str_get(&line), &out, &e), 0);
	ck_assert_int_eq(e.code, ERR_ANSWER_NO);
	ck_assert_ptr_nonnull(strstr(str_get(&out), "__sysreg_restore_el1_state"));
	ck_assert_ptr_nonnull(strstr(str_get(&out), "policy.el1"));
	(void)unlink(path);
	free(path);
	str_free(&line);
	str_free(&out);
}
END_TEST

/* Where eager and deferred differ: the register group, in which direction in which phase. */
START_TEST(a_group_that_moved_is_the_one_that_changed)
{
	json_t *all, *row;
	char *path = scratch("deferred.json");
	struct str line = STR_INIT;
	unsigned el1 = 0;
	size_t i;

	store("el2sim run " VHE " --format json", path);
	str_addf(&line, "el2sim diff %s " VHE " --policy.el1=eager --top 0", path);
	all = json_of(str_get(&line));
	json_array_foreach(rows_of(all, "changes"), i, row) {
		const char *metric = json_string_value(json_object_get(row, "metric"));

		if (strcmp(json_string_value(json_object_get(row, "group")), "groups") != 0)
			continue;
		ck_assert_msg(strncmp(metric, "el1/", 4) == 0, "groups/%s", metric);
		ck_assert_str_eq(json_string_value(json_object_get(row, "meaning")),
				 strcmp(metric, "el1/load") == 0 || strcmp(metric, "el1/put") == 0 ||
						 strcmp(metric, "el1/handle") == 0 ? "cheaper" : "dearer");
		el1++;
	}
	ck_assert_uint_ge(el1, 5);
	json_decref(all);
	(void)unlink(path);
	free(path);
	str_free(&line);
}
END_TEST

START_TEST(the_command_passes_at_the_limit_and_fails_below_the_change)
{
	/* 4.15's eager switch takes more cycles: how many more, and the limit on both sides of that */
	json_t *all = json_of("el2sim diff " VHE " " EAGER " --top 0"), *row;
	double change = 0;
	char line[300];
	struct err e;
	size_t i;

	json_array_foreach(rows_of(all, "headline"), i, row) {
		if (strcmp(json_string_value(json_object_get(row, "metric")), "modelled/cycles") == 0 &&
		    strcmp(json_string_value(json_object_get(row, "group")), "cycles") == 0)
			change = json_number_value(json_object_get(row, "percent"));
	}
	ck_assert(change > 1);
	json_decref(all);
	(void)snprintf(line, sizeof(line), "el2sim diff " VHE " " EAGER " --metric cycles/modelled/cycles --fail-above %.3f", change + 0.001);
	ck_assert_msg(run_command(line, NULL, &e) == 0, "%s: %s", line, e.text);
	(void)snprintf(line, sizeof(line), "el2sim diff " VHE " " EAGER " --metric cycles/modelled/cycles --fail-above %.3f", change - 0.001);
	ck_assert_int_ne(run_command(line, NULL, &e), 0);
	ck_assert_int_eq(e.code, ERR_ANSWER_NO);
}
END_TEST

/* ---- blessed ---- */

static const struct {
	const char *golden, *line;
	bool fails;
} blessed[] = {
	{ "diff-eager-deferred.txt", "el2sim diff " EAGER " " VHE " --top 5", false },
	{ "diff-eager-deferred.md", "el2sim diff " VHE " " EAGER " --top 3 --fail-above 2% --format md", true },
	{ "diff-el1.json", "el2sim diff " VHE " " EAGER " --top 1 --gate tests/data/gate.ini --explain --format json", true },
};

START_TEST(comparisons_are_the_blessed_ones)
{
	struct str got = STR_INIT, path = STR_INIT;
	struct err e;
	int rc = run_command(blessed[_i].line, &got, &e);

	ck_assert_msg((rc != 0) == blessed[_i].fails && (rc == 0 || e.code == ERR_ANSWER_NO), "%s", e.text);
	str_addf(&path, GOLDEN "%s", blessed[_i].golden);
	same_as_blessed(str_get(&path), &got, blessed[_i].line);
	str_free(&got);
	str_free(&path);
}
END_TEST

/* ---- what is refused ---- */

static const struct {
	const char *line, *says;
	enum err_code code;
} refused[] = {
	{ "el2sim diff " VHE, "too few operands (1): want el2sim diff A B", ERR_USAGE },
	{ "el2sim diff no-such.json " VHE, "no-such.json: No such file or directory: want a report (--format json), a results file "
	  "of el2sim sweep or a configuration (.ini)", ERR_INPUT },
	{ "el2sim diff README.md " VHE, "README.md: neither a report (--format json) nor a results file of el2sim sweep nor a "
	  "configuration (.ini)", ERR_INPUT },
	{ "el2sim diff " VHE " configs/experiment/overcommit.ini --run.duration=1000", "want two reports of the same kind", ERR_INPUT },
	{ "el2sim diff " VHE " configs/experiment/eager-vs-deferred.ini", "says what to compare: use el2sim compare", ERR_USAGE },
	{ "el2sim diff " VHE " " EAGER " --fail-above 2x", "--fail-above 2x: want a percentage in 0..1000000", ERR_USAGE },
	{ "el2sim diff " VHE " " EAGER " --metric phases/*", "--metric phases/* without --fail-above", ERR_USAGE },
	{ "el2sim diff " VHE " " EAGER " --fail-on any", "--fail-on any without --fail-above", ERR_USAGE },
	{ "el2sim diff " VHE " " EAGER " --fail-above 2 --metric phases/totl/*", "--metric phases/totl/*: fits no metric", ERR_USAGE },
	{ "el2sim diff " VHE " " EAGER " --fail-above 2 --metric * --metric phases/*", "--metric phases/*: fits no metric that nothing "
	  "before fits", ERR_USAGE },
	{ "el2sim diff " VHE " " EAGER " --gate no-such.ini", "no-such.ini: No such file or directory: want a file with a section [gate]",
	  ERR_CONFIG },
	{ "el2sim diff " VHE " " EAGER " --gate " EAGER, ": [el2sim]: want [gate] only", ERR_CONFIG },
};

START_TEST(what_cannot_be_compared_is_refused_in_one_line)
{
	struct str out = STR_INIT;
	struct err e;

	ck_assert_int_ne(run_command(refused[_i].line, &out, &e), 0);
	ck_assert_msg(strstr(e.text, refused[_i].says) != NULL, "%s", e.text);
	ck_assert_int_eq(e.code, refused[_i].code);
	ck_assert_uint_eq(out.len, 0);
	str_free(&out);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("diff");
	TCase *c = tcase_create("diff");

	tcase_add_test(c, a_percentage_is_read_exactly);
	tcase_add_loop_test(c, a_limit_lets_pass_what_is_at_it_and_nothing_above, 0, (int)N(brackets));
	tcase_add_test(c, without_a_pattern_only_what_is_marked_is_looked_at);
	tcase_add_test(c, the_first_limit_that_fits_counts);
	tcase_add_test(c, each_group_has_its_largest_changes_first_and_says_how_many_are_left_out);
	tcase_add_test(c, swapping_the_sides_swaps_dearer_and_cheaper);
	tcase_add_loop_test(c, a_result_does_not_differ_from_itself, 0, (int)N(kinds));
	tcase_add_loop_test(c, of_every_metric_is_known_which_way_is_better, 0, (int)N(kinds));
	tcase_add_test(c, a_stored_report_is_held_against_a_configuration);
	tcase_add_test(c, a_group_that_moved_is_the_one_that_changed);
	tcase_add_test(c, the_command_passes_at_the_limit_and_fails_below_the_change);
	tcase_add_loop_test(c, comparisons_are_the_blessed_ones, 0, (int)N(blessed));
	tcase_add_loop_test(c, what_cannot_be_compared_is_refused_in_one_line, 0, (int)N(refused));
	suite_add_tcase(s, c);
	return suite_status(s);
}
