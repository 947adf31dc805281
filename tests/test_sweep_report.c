/* SPDX-License-Identifier: Apache-2.0 */
/* Reports of results files: crossovers are worked out from what the points cost. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "sim/base/str.h"
#include "sim/sweep/sweep_report.h"
#include "tests/suite.h"

static const char *headline = "per_exit/cycles/each";
static char path[] = "/tmp/el2sim-sweep-XXXXXX", dir[sizeof(path)], file[64];

static void setup(void)
{
	strcpy(dir, path);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(file, sizeof(file), "%s/a.db", dir);
}

static void teardown(void)
{
	(void)unlink(file);
	ck_assert_int_eq(rmdir(dir), 0);
}

/* What a point of a made-up machine costs: cycles of each run of a phase. */
struct cost {
	int64_t exit, enter, load, put, handle;
};

static const struct cost eager = { 100, 100, 10, 10, 0 }, deferred = { 60, 60, 60, 60, 0 };

struct plan {
	struct store *s;
	size_t n_axis;
	uint64_t n;
};

static struct plan begin(const struct store_axis *axes, size_t n)
{
	struct err e = { 0 };
	struct plan p = { store_open(file, STORE_WRITE, &e), n, 0 };
	bool needed;

	ck_assert_msg(p.s != NULL, "%s", e.text);
	ck_assert_int_eq(store_plan_begin(p.s, "plan", &needed, &e), 0);
	ck_assert_int_eq(store_put_meta(p.s, "question", "Does it pay?", &e), 0);
	ck_assert_int_eq(store_put_meta(p.s, "headline", headline, &e), 0);
	ck_assert_int_eq(store_put_meta(p.s, "reproduce", "el2sim sweep a.ini", &e), 0);
	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(store_put_axis(p.s, &axes[i], &e), 0);
	ck_assert_int_eq(store_put_setting(p.s, 0, &(struct store_setting){ "run.seed", "7", "", "a.ini:9", "" }, &e), 0);
	ck_assert_int_eq(store_put_setting(p.s, 0, &(struct store_setting){ "run.trace", "", "", "default", "" }, &e), 0);
	return p;
}

static void hash_of(uint64_t point, char hash[65])
{
	(void)snprintf(hash, 65, "%064llu", (unsigned long long)point + 1);
}

static void add_point(struct plan *p, uint32_t a, uint32_t b)
{
	uint32_t ordinal[2] = { a, b };
	struct store_point sp = { .config = 0, .command = "el2sim run a.ini", .ordinal = ordinal };
	struct err e = { 0 };

	hash_of(p->n, sp.hash);
	ck_assert_int_eq(store_put_point(p->s, p->n++, &sp, &e), 0);
}

/* A report with a note on calibration, as the points of a sweep have. */
static size_t packed_report(char *out, size_t size)
{
	struct rep *r = rep_new("run-workload", "");
	struct err e = { 0 };
	char *text = NULL;
	size_t len = 0, n;
	FILE *f = open_memstream(&text, &len);

	rep_note(r, "cycles of toy are uncalibrated: made up");
	ck_assert_int_eq(rep_write(r, REP_JSON, f, &e), 0);
	ck_assert_int_eq(fclose(f), 0);
	n = ZSTD_compress(out, size, text, len, 3);
	ck_assert(!ZSTD_isError(n));
	free(text);
	rep_free(r);
	return n;
}

static void put_result(struct plan *p, uint64_t point, enum store_status status, const struct store_metric *m, size_t n)
{
	char packed[2048], hash[65];
	bool done = status == STORE_OK;
	struct store_result r = { hash, status, 0, done ? "" : "it broke", done ? packed : NULL,
				  done ? packed_report(packed, sizeof(packed)) : 0, 10, 9, 8, m, n };
	struct err e = { 0 };

	hash_of(point, hash);
	ck_assert_msg(store_put_result(p->s, &r, &e) == 0, "%s", e.text);
}

/* A thousand exits with so many loads. */
static void put_costs(struct plan *p, uint64_t point, const struct cost *c, int64_t loads)
{
	int64_t total = 1000 * (c->exit + c->enter + c->handle) + loads * (c->load + c->put);
	const struct store_metric m[] = {
		{ "per_exit/cycles/each", "", true, { .d = (double)total / 1000 } },
		{ "phases/enter/cycles", "", false, { .i = 1000 * c->enter } },
		{ "phases/enter/runs", "", false, { .i = 1000 } },
		{ "phases/exit/cycles", "", false, { .i = 1000 * c->exit } },
		{ "phases/exit/runs", "", false, { .i = 1000 } },
		{ "phases/handle/cycles", "", false, { .i = 1000 * c->handle } },
		{ "phases/handle/runs", "", false, { .i = 1000 } },
		{ "phases/load/cycles", "", false, { .i = loads * c->load } },
		{ "phases/load/runs", "", false, { .i = loads } },
		{ "phases/put/cycles", "", false, { .i = loads * c->put } },
		{ "phases/put/runs", "", false, { .i = loads } },
	};

	put_result(p, point, STORE_OK, m, sizeof(m) / sizeof(m[0]));
}

static void put_cycles(struct plan *p, uint64_t point, double cycles)
{
	put_result(p, point, STORE_OK, &(struct store_metric){ "per_exit/cycles/each", "", true, { .d = cycles } }, 1);
}

static void end_plan(struct plan *p)
{
	struct err e = { 0 };

	ck_assert_msg(store_plan_end(p->s, &e) == 0, "%s", e.text);
}

/* The report as JSON; closes the store. */
static json_t *report(struct plan *p)
{
	struct err e = { 0 };
	struct rep *r = sweep_report(p->s, &e);
	char *text = NULL;
	size_t len = 0;
	json_error_t je;
	json_t *j;
	FILE *f;

	ck_assert_msg(r != NULL, "%s", e.text);
	f = open_memstream(&text, &len);
	ck_assert_int_eq(rep_write(r, REP_JSON, f, &e), 0);
	ck_assert_int_eq(fclose(f), 0);
	j = json_loads(text, 0, &je);
	ck_assert_msg(j != NULL, "%s", je.text);
	free(text);
	rep_free(r);
	store_close(p->s);
	return j;
}

static json_t *row(const json_t *j, const char *table, size_t i)
{
	const json_t *t = json_object_get(json_object_get(j, "tables"), table);
	json_t *r = json_array_get(json_object_get(t, "rows"), i);

	ck_assert_msg(r != NULL, "no row %zu in %s", i, table);
	return r;
}

static double number(const json_t *r, const char *key)
{
	ck_assert_msg(json_is_number(json_object_get(r, key)), "%s", key);
	return json_number_value(json_object_get(r, key));
}

static const char *text(const json_t *r, const char *key)
{
	return json_string_value(json_object_get(r, key));
}

static const char *sentence(const json_t *j, const char *list, size_t i)
{
	const char *s = json_string_value(json_array_get(json_object_get(j, list), i));

	ck_assert_ptr_nonnull(s);
	return s;
}

static char *models[] = { "eager", "deferred" }, *loads[] = { "250", "500", "2000" };

static json_t *policies(const struct cost *b)
{
	const struct store_axis axes[] = {
		{ "switch.model", "option", "", "", "a.ini:3", 0, models, models, 2 },
		{ "host.loads", "option", "", "", "a.ini:4", 0, loads, loads, 3 },
	};
	struct plan p = begin(axes, 2);

	for (uint32_t i = 0; i < 6; i++)
		add_point(&p, i / 3, i % 3);
	end_plan(&p);
	for (uint32_t i = 0; i < 6; i++)
		put_costs(&p, i, i < 3 ? &eager : b, (int64_t[]){ 250, 500, 2000 }[i % 3]);
	return report(&p);
}

/* 80 cycles less at each exit, 100 more at each load: -14.286 % at 0.5, 50 % at 2, drawn by logarithm: 0.5 * 4^(2/9). */
START_TEST(a_crossover_is_where_the_drawn_curve_crosses_zero)
{
	json_t *j = policies(&deferred), *r = row(j, "crossovers", 0);

	ck_assert_str_eq(text(r, "configuration"), "deferred");
	ck_assert_str_eq(text(r, "against"), "eager");
	ck_assert_double_eq(number(r, "low"), 0.68);
	ck_assert_double_eq(number(r, "high"), 0.68);
	ck_assert_double_eq(number(r, "cheaper"), 2);
	ck_assert_double_eq(number(r, "of"), 3);
	/* 250 loads: 150 against 205 cycles; 2000: 360 against 240 */
	ck_assert_double_eq_tol(number(r, "best"), -26.829, .0011);
	ck_assert_double_eq(number(r, "worst"), 50);
	ck_assert_double_eq(number(row(j, "crossover_marks", 0), "loads_per_exit"), 0.68);
	ck_assert_str_eq(sentence(j, "verdicts", 0), "deferring pays below 0.68 vcpu_loads per exit: deferred needs 26.8 % fewer "
						     "cycles per exit than eager at 0.25 loads per exit, and 50.0 % more at 2.00");
	ck_assert_str_eq(text(j, "title"), "Does it pay?");
	json_decref(j);
}
END_TEST

/* Marks, table and verdict from the rows that are drawn, whatever phase the cycles are in. */
START_TEST(marks_are_on_the_drawn_curves_with_cycles_in_any_phase)
{
	static const struct cost costs[] = { { 60, 60, 60, 60, 0 }, { 60, 60, 60, 60, 20 }, { 20, 20, 60, 60, 60 }, { 90, 90, 30, 30, 0 } };
	json_t *j = policies(&costs[_i]), *marks = json_object_get(json_object_get(j, "tables"), "crossover_marks");
	size_t n = 0;

	for (size_t i = 0; i + 1 < 3; i++) {
		const json_t *p = row(j, "savings", i), *q = row(j, "savings", i + 1), *m;
		double y0 = number(p, "change"), y1 = number(q, "change"), x0 = number(p, "loads_per_exit"), at;
		char want[64];

		if ((y0 < 0) == (y1 < 0))
			continue;
		at = x0 * pow(number(q, "loads_per_exit") / x0, y0 / (y0 - y1));
		m = row(j, "crossover_marks", n++);
		ck_assert_double_eq_tol(number(m, "loads_per_exit"), at, .0011);
		(void)snprintf(want, sizeof(want), "deferring pays below %.2f vcpu_loads", number(m, "loads_per_exit"));
		ck_assert_msg(strstr(sentence(j, "verdicts", 0), want) != NULL, "%s: %s", want, sentence(j, "verdicts", 0));
	}
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(json_array_size(json_object_get(marks, "rows")), n);
	json_decref(j);
}
END_TEST

START_TEST(the_verdict_answers_the_headline_or_says_that_it_cannot)
{
	static const struct {
		const char *headline, *says;
	} asked[] = {
		{ "phases/load/runs", "with eager: 250.0 at loads 250, 2000.0 at 2000" },
		{ "per_exit/cycles/each", "deferring pays below" },
		{ "phases/load/rums", "cannot say: no point that has run has the headline number phases/load/rums" },
	};
	json_t *j;

	headline = asked[_i].headline;
	j = policies(&deferred);
	ck_assert_msg(strstr(sentence(j, "verdicts", 0), asked[_i].says) != NULL, "%s", sentence(j, "verdicts", 0));
	json_decref(j);
}
END_TEST

START_TEST(what_costs_more_everywhere_never_pays_and_has_no_crossover)
{
	json_t *j = policies(&(struct cost){ 200, 100, 10, 10, 0 });

	ck_assert(json_is_null(json_object_get(row(j, "crossovers", 0), "low")));
	ck_assert_ptr_nonnull(strstr(sentence(j, "verdicts", 0), "deferred pays against eager at none of "));
	json_decref(j);
}
END_TEST

START_TEST(what_costs_less_everywhere_always_pays)
{
	json_t *j = policies(&(struct cost){ 50, 100, 10, 10, 0 });

	ck_assert(json_is_null(json_object_get(row(j, "crossovers", 0), "low")));
	ck_assert_ptr_nonnull(strstr(sentence(j, "verdicts", 0), "deferred pays against eager at each of "));
	json_decref(j);
}
END_TEST

/* 150 to 205 and 300 to 360: with loads drawn as logarithms, the curves meet between 500 and 2000. */
START_TEST(curves_that_cross_are_marked_where_they_do)
{
	json_t *j = policies(&deferred), *r = row(j, "axis_crossovers", 0), *h = row(j, "headline_1", 1);
	/* at 500: 180 - 210 = -30, at 2000: 360 - 240 = 120: a fifth of the way, 500 * 4^(1/5) = 659.75 */

	ck_assert_double_eq(number(h, "c2"), 210);
	ck_assert_double_eq(number(h, "c3"), 180);
	ck_assert_double_eq_tol(number(r, "host.loads"), 659.754, .0011);
	ck_assert_str_eq(text(r, "then"), "more");
	json_decref(j);
}
END_TEST

START_TEST(a_sweep_without_policies_says_where_the_least_is)
{
	static char *names[] = { "a", "b" }, *sizes[] = { "0.5", "1.5" };
	const struct store_axis axes[] = {
		{ "workload", "include", "", "", "a.ini:3", 0, names, names, 2 },
		{ "machine.size", "option", "MiB", "", "a.ini:4", 0, sizes, sizes, 2 },
	};
	struct plan p = begin(axes, 2);
	json_t *j;

	for (uint32_t i = 0; i < 4; i++)
		add_point(&p, i / 2, i % 2);
	end_plan(&p);
	for (uint32_t i = 0; i < 4; i++)
		put_cycles(&p, i, 100.5 - i);
	j = report(&p);
	ck_assert_str_eq(sentence(j, "verdicts", 0), "least cycles per exit: 97.5 with b (size 1.5)");
	ck_assert_double_eq(number(row(j, "headline_1", 0), "machine.size"), 0.5);
	ck_assert_ptr_null(json_object_get(json_object_get(j, "tables"), "crossovers"));
	json_decref(j);
}
END_TEST

START_TEST(repeats_say_how_far_they_lie_apart)
{
	static char *seeds[] = { "1", "2", "3" };
	const struct store_axis axes[] = {
		{ "switch.model", "option", "", "", "a.ini:3", 0, models, models, 2 },
		{ "run.seed", "repeat", "", "", "a.ini:4", 0, seeds, seeds, 3 },
	};
	static const double cycles[] = { 100, 102, 101, 50, 50, 54 };
	struct plan p = begin(axes, 2);
	json_t *j;

	for (uint32_t i = 0; i < 6; i++)
		add_point(&p, i / 3, i % 3);
	end_plan(&p);
	for (uint32_t i = 0; i < 6; i++)
		put_cycles(&p, i, cycles[i]);
	j = report(&p);
	ck_assert_double_eq(number(row(j, "headline_1", 0), "c1"), 101);
	ck_assert_double_eq_tol(number(row(j, "headline_1", 0), "c2"), 51.333, .0011);
	ck_assert_double_eq(number(row(j, "points", 5), "c4"), 54);
	ck_assert_str_eq(sentence(j, "notes", 0), "uncertainty: 3 repeats with seeds of their own, shown is their mean; cycles per exit of the same "
						  "point lie at most 8.0 % apart");
	json_decref(j);
}
END_TEST

START_TEST(failed_and_missing_points_are_named)
{
	const struct store_axis axis = { "switch.model", "option", "", "", "a.ini:3", 0, loads, loads, 3 };
	struct plan p = begin(&axis, 1);
	json_t *j, *r;

	for (uint32_t i = 0; i < 3; i++)
		add_point(&p, i, 0);
	end_plan(&p);
	put_cycles(&p, 0, 3);
	put_result(&p, 1, STORE_FAILED, NULL, 0);
	j = report(&p);
	r = row(j, "failures", 0);
	ck_assert_double_eq(number(r, "point"), 1);
	ck_assert_str_eq(text(r, "error"), "it broke");
	ck_assert_double_eq(number(json_object_get(j, "facts"), "missing"), 1);
	ck_assert_ptr_nonnull(strstr(sentence(j, "alarms", 0), "1 of 3 points failed"));
	ck_assert_ptr_nonnull(strstr(sentence(j, "alarms", 1), "1 of 3 points have not been run yet"));
	json_decref(j);
}
END_TEST

START_TEST(configuration_command_and_calibration_come_with_it)
{
	json_t *j = policies(&deferred);
	const json_t *t = json_object_get(json_object_get(j, "tables"), "effective");

	ck_assert_uint_eq(json_array_size(json_object_get(t, "rows")), 1); /* no default */
	ck_assert_str_eq(text(row(j, "effective", 0), "key"), "run.seed");
	ck_assert_str_eq(text(row(j, "effective", 0), "origin"), "a.ini:9");
	ck_assert_str_eq(sentence(j, "command", 1), "sweep");
	ck_assert_str_eq(sentence(j, "notes", 1), "cycles of toy are uncalibrated: made up");
	json_decref(j);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sweep_report");
	TCase *c = tcase_create("sweep_report");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, a_crossover_is_where_the_drawn_curve_crosses_zero);
	tcase_add_loop_test(c, marks_are_on_the_drawn_curves_with_cycles_in_any_phase, 0, 4);
	tcase_add_loop_test(c, the_verdict_answers_the_headline_or_says_that_it_cannot, 0, 3);
	tcase_add_test(c, what_costs_more_everywhere_never_pays_and_has_no_crossover);
	tcase_add_test(c, what_costs_less_everywhere_always_pays);
	tcase_add_test(c, curves_that_cross_are_marked_where_they_do);
	tcase_add_test(c, a_sweep_without_policies_says_where_the_least_is);
	tcase_add_test(c, repeats_say_how_far_they_lie_apart);
	tcase_add_test(c, failed_and_missing_points_are_named);
	tcase_add_test(c, configuration_command_and_calibration_come_with_it);
	suite_add_tcase(s, c);
	return suite_status(s);
}
