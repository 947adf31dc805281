/* SPDX-License-Identifier: Apache-2.0 */
/* Reports as named numbers, and what is known of each. */
#include <stdlib.h>
#include <string.h>

#include "sim/document/metrics.h"
#include "tests/suite.h"

static const struct rep_col phase_cols[] = {
	{ .key = "phase", .type = REP_STR },
	{ .key = "group", .type = REP_STR },
	{ .key = "cycles", .type = REP_U64, .unit = "cycles" },
	{ .key = "change", .type = REP_I64 },
	{ .key = "each", .type = REP_FIX, .decimals = 2 },
	{ .key = "mask", .type = REP_HEX },
	{ .key = "why", .type = REP_STR },
};
static const struct rep_col op_cols[] = {
	{ .key = "cycles", .type = REP_U64 },
	{ .key = "phase", .type = REP_STR },
	{ .key = "object", .type = REP_STR },
};
static const struct rep_col vcpu_cols[] = {
	{ .key = "vcpu", .type = REP_ID },
	{ .key = "exits", .type = REP_U64 },
};

static void phase_row(struct rep_table *t, const char *phase, const char *group, uint64_t cycles)
{
	rep_str(t, phase);
	rep_str(t, group);
	rep_u64(t, cycles);
	rep_i64(t, -3);
	rep_fix(t, 1500);
	rep_u64(t, 255);
	rep_str(t, "because");
}

static struct rep *document(void)
{
	struct rep *r = rep_new("run", "");
	struct rep_table *t;

	rep_fact(r, "machine", "", "n1");
	rep_fact_u64(r, "exits", "", 7, "exits");
	t = rep_table(r, "phases", "", phase_cols, 7);
	phase_row(t, "load", "el1", UINT64_MAX);
	phase_row(t, "load", "", 2);
	rep_str(t, "put"), rep_str(t, "el1"), rep_none(t), rep_i64(t, 0), rep_none(t), rep_none(t), rep_str(t, "");
	phase_row(t, "load", "el1", 3);
	t = rep_table(r, "ops", "", op_cols, 3);
	rep_u64(t, 7), rep_str(t, "load"), rep_str(t, "TCR_EL1");
	t = rep_table(r, "vcpus", "", vcpu_cols, 2);
	rep_u64(t, 12345), rep_u64(t, 9);
	rep_none(t), rep_u64(t, 10);
	return r;
}

START_TEST(each_number_of_a_report_has_a_name_of_its_own)
{
	static const struct {
		const char *name, *unit;
		enum rep_type type;
		int64_t value;
		bool member;
	} want[] = {
		{ "facts/exits", "exits", REP_U64, 7, false },
		{ "phases/load el1/cycles", "cycles", REP_U64, -1, false },
		{ "phases/load el1/change", "", REP_I64, -3, false },
		{ "phases/load el1/each", "", REP_FIX, 1500, false },
		{ "phases/load/cycles", "cycles", REP_U64, 2, false },
		{ "phases/load/change", "", REP_I64, -3, false },
		{ "phases/load/each", "", REP_FIX, 1500, false },
		{ "phases/put el1/change", "", REP_I64, 0, false },
		{ "phases/load el1#2/cycles", "cycles", REP_U64, 3, false },
		{ "phases/load el1#2/change", "", REP_I64, -3, false },
		{ "phases/load el1#2/each", "", REP_FIX, 1500, false },
		{ "ops/load TCR_EL1/cycles", "", REP_U64, 7, false },
		{ "vcpus/12345/exits", "", REP_U64, 9, true },
		{ "vcpus/2/exits", "", REP_U64, 10, true },
	};
	struct rep *r = document();
	struct metrics m;

	metrics_of(r, &m);
	rep_free(r);
	ck_assert_uint_eq(m.n, sizeof(want) / sizeof(want[0]));
	for (size_t i = 0; i < m.n; i++) {
		ck_assert_str_eq(m.m[i].name, want[i].name);
		ck_assert_str_eq(m.m[i].unit, want[i].unit);
		ck_assert_int_eq(m.m[i].type, want[i].type);
		ck_assert_int_eq(m.m[i].i, want[i].value);
		ck_assert_int_eq(m.m[i].member, want[i].member);
	}
	metrics_free(&m);
}
END_TEST

START_TEST(a_name_comes_apart_into_table_row_and_column)
{
	static const struct {
		const char *name, *table, *row, *col;
	} want[] = {
		{ "phases/load/cycles", "phases", "load", "cycles" },
		{ "kinds/a/b c/cycles", "kinds", "a/b c", "cycles" }, /* a row may have any text */
		{ "facts/exits", "facts", "exits", "" },
		{ "odd", "odd", "", "" },
	};

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		struct metric_parts p = metric_parts(want[i].name);
		char *table = strndup(p.table, (size_t)p.table_len), *row = strndup(p.row, (size_t)p.row_len);

		ck_assert_str_eq(table, want[i].table);
		ck_assert_str_eq(row, want[i].row);
		ck_assert_str_eq(p.col, want[i].col);
		free(table);
		free(row);
	}
}
END_TEST

START_TEST(the_first_rule_that_fits_says_what_a_change_means)
{
	ck_assert_int_eq(metric_rule_of("cycles/total/cycles")->better, METRIC_LESS);
	ck_assert(metric_rule_of("cycles/total/cycles")->gated);
	ck_assert(!metric_rule_of("phases/load/cycles")->gated);
	ck_assert_int_eq(metric_rule_of("phases/load/cycles")->better, METRIC_LESS);
	ck_assert_int_eq(metric_rule_of("phases/total/runs")->better, METRIC_NEITHER);
	ck_assert_int_eq(metric_rule_of("time/guest/pcpu")->better, METRIC_MORE);
	ck_assert_int_eq(metric_rule_of("something/else")->better, METRIC_NEITHER);
	for (size_t i = 0; metric_rule_at(i) != NULL; i++) {
		const struct metric_rule *r = metric_rule_at(i);

		ck_assert_msg(!r->gated || r->better != METRIC_NEITHER, "%s: a gate needs a direction", r->pattern);
		ck_assert_msg(r->why[0] != '\0', "%s: no reason", r->pattern);
		/* a row that an earlier one hides does nothing */
		ck_assert_msg(metric_rule_of(r->pattern) == r, "%s: \"%s\" comes first", r->pattern,
			      metric_rule_of(r->pattern)->pattern);
	}
}
END_TEST

/* What a process hands over is what the report has, and half of it is nothing. */
START_TEST(packed_metrics_come_out_as_they_went_in)
{
	struct rep *r = document();
	struct str b = STR_INIT;
	const char *at, *end;
	struct metric_view v;
	struct metrics m;
	size_t n = 0;

	metrics_of(r, &m);
	metrics_pack(&m, &b);
	at = str_get(&b);
	end = at + b.len;
	for (; metrics_unpack(&at, end, &v); n++) {
		ck_assert_uint_lt(n, m.n);
		ck_assert_str_eq(v.name, m.m[n].name);
		ck_assert_str_eq(v.unit, m.m[n].unit);
		ck_assert_int_eq(v.type, m.m[n].type);
		ck_assert_int_eq(v.member, m.m[n].member);
		ck_assert_uint_eq(v.u, m.m[n].u);
	}
	ck_assert_uint_eq(n, m.n);
	ck_assert_uint_gt(n, 5);
	ck_assert_ptr_eq(at, end);
	for (size_t cut = 0; cut < strlen(m.m[0].name) + strlen(m.m[0].unit) + 12; cut++) {
		at = str_get(&b);
		ck_assert(!metrics_unpack(&at, str_get(&b) + cut, &v));
	}
	metrics_free(&m);
	str_free(&b);
	rep_free(r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("metrics");
	TCase *t = tcase_create("metrics");

	tcase_add_test(t, each_number_of_a_report_has_a_name_of_its_own);
	tcase_add_test(t, packed_metrics_come_out_as_they_went_in);
	tcase_add_test(t, a_name_comes_apart_into_table_row_and_column);
	tcase_add_test(t, the_first_rule_that_fits_says_what_a_change_means);
	suite_add_tcase(s, t);
	return suite_status(s);
}
