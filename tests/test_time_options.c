/* SPDX-License-Identifier: Apache-2.0 */
/* Times: every option takes them in every unit. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "sim/app/config.h"
#include "sim/base/opt.h"
#include "tests/suite.h"

/* The same time in each unit is the same value, in every option that has one. */
START_TEST(every_time_option_takes_ns_us_ms_and_s)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	static const char *const second[] = { "1000000000 ns", "1000000us", "1000 ms", "1s" };
	struct config c;
	size_t found = 0;
	struct err e = { 0 };

	config_init(&c);
	for (size_t i = 0; i < opt_count(c.set); i++) {
		const struct opt_row *row = opt_at(c.set, i).row;
		char want[32], text[128];
		bool is_time = false;
		uint64_t v;

		for (size_t u = 0; u < 4; u++)
			is_time |= row->type == OPT_INT && strcmp(row->unit, units[u]) == 0;
		if (!is_time)
			continue;
		found++;
		for (size_t u = 0; u < 4; u++) {
			(void)snprintf(text, sizeof(text), "%s.%s=%s", row->section, row->key, second[u]);
			ck_assert_msg(config_set(&c, text, &e) == 0, "%s", e.text);
			ck_assert(opt_time("1 s", row->unit, &v));
			(void)snprintf(want, sizeof(want), "%llu", (unsigned long long)v);
			ck_assert_msg(strcmp(opt_at(c.set, i).value, want) == 0, "%s gives %s", text, opt_at(c.set, i).value);
		}
	}
	config_free(&c);
	ck_assert_uint_ge(found, 5);
}
END_TEST

START_TEST(a_time_is_a_whole_number_of_its_unit_or_refused)
{
	static const struct {
		const char *text, *unit;
		uint64_t v; /* UINT64_MAX: refused */
	} rows[] = {
		{ "3", "s", 3 }, { "3000 ms", "s", 3 }, { "0.003s", "ms", 3 }, { "2500us", "us", 2500 }, { "2.5ms", "us", 2500 },
		{ "1500 ms", "s", UINT64_MAX }, { "1 ns", "us", UINT64_MAX }, { "-1s", "ns", UINT64_MAX },
		{ "1 min", "s", UINT64_MAX }, { "", "s", UINT64_MAX }, { "s", "s", UINT64_MAX },
		{ "9223372036854775807 s", "ns", UINT64_MAX },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t v = UINT64_MAX;

		ck_assert_msg(opt_time(rows[i].text, rows[i].unit, &v) == (rows[i].v != UINT64_MAX), "%s", rows[i].text);
		ck_assert_uint_eq(v, rows[i].v);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("time_options");
	TCase *tc = tcase_create("time");

	tcase_add_test(tc, every_time_option_takes_ns_us_ms_and_s);
	tcase_add_test(tc, a_time_is_a_whole_number_of_its_unit_or_refused);
	suite_add_tcase(s, tc);
	return suite_status(s);
}
