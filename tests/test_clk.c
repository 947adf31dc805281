/* SPDX-License-Identifier: Apache-2.0 */
/* Clock domains: cycles to picoseconds and back. */
#include <check.h>
#include <string.h>

#include "sim/kernel/clk.h"
#include "tests/suite.h"

/* 2^40 cycles at this rate, rounded up, and a rate for every kind of rounding. */
static const struct {
	uint64_t hz, cycle, ps;
} points[] = {
	{1, 1, 1000000000000u}, {3, 1, 333333333334u},
	{3, 2, 666666666667u},  {3, 3, 1000000000000u},
	{1000000000, 7, 7000},  {2600000000, 1, 385}, /* 384.6 */
	{2600000000, 13, 5000}, {2600000000, UINT64_C(2600000000) * 1000, 1000000000000000u},
	{24000000, 1, 41667},   {CLK_MAX_HZ, UINT64_MAX - 1, UINT64_MAX - 1},
};

static struct clk clock_of(uint64_t hz)
{
	struct clk c;
	struct err e;

	ck_assert_int_eq(clk_init(&c, "test", hz, &e), 0);
	return c;
}

static uint64_t time_of(const struct clk *c, uint64_t cycle)
{
	struct err e;
	uint64_t ps = 0;

	ck_assert_msg(clk_time(c, cycle, &ps, &e) == 0, "%s", e.text);
	return ps;
}

START_TEST(a_cycle_begins_at_the_first_picosecond_at_or_after_its_time)
{
	struct clk c = clock_of(points[_i].hz);

	ck_assert_uint_eq(time_of(&c, points[_i].cycle), points[_i].ps);
}
END_TEST

START_TEST(a_cycle_is_under_way_from_its_time_on_and_not_a_picosecond_before)
{
	struct clk c = clock_of(points[_i].hz);
	uint64_t cycle = points[_i].cycle, ps = points[_i].ps;

	ck_assert_uint_eq(clk_cycle(&c, ps - 1), cycle - 1);
	ck_assert_uint_eq(clk_cycle(&c, ps), cycle);
	ck_assert_uint_eq(clk_next_cycle(&c, ps - 1),
			  ps - 1 == time_of(&c, cycle - 1) ? cycle - 1 : cycle);
	ck_assert_uint_eq(clk_next_cycle(&c, ps), cycle);
	ck_assert_uint_eq(clk_next_cycle(&c, ps + 1), cycle + 1);
}
END_TEST

START_TEST(every_cycle_comes_back_from_its_time)
{
	static const uint64_t rates[] = {1,         3,           32768,         24000000,
					 999999937, 2600000000u, 999999999989u, CLK_MAX_HZ};
	uint64_t s = 7;

	for (size_t r = 0; r < sizeof(rates) / sizeof(rates[0]); r++) {
		struct clk c = clock_of(rates[r]);

		for (unsigned i = 0; i < 1000; i++) {
			uint64_t cycle;

			s = s * UINT64_C(6364136223846793005) + 1442695040888963407u;
			cycle = (s >> 11) % (rates[r] * 1000); /* up to 1000 s */
			ck_assert_uint_eq(clk_cycle(&c, time_of(&c, cycle)), cycle);
			ck_assert_uint_eq(clk_next_cycle(&c, time_of(&c, cycle)), cycle);
		}
	}
}
END_TEST

START_TEST(a_long_run_of_single_cycles_ends_where_one_long_step_ends)
{
	struct clk c = clock_of(2600000000u);
	uint64_t now = 0;

	for (unsigned i = 0; i < 1000000; i++)
		now = time_of(&c, clk_cycle(&c, now) + 1);
	ck_assert_uint_eq(now, time_of(&c, 1000000));
}
END_TEST

START_TEST(a_time_over_64_bits_is_one_clear_line)
{
	struct clk c = clock_of(1);
	struct err e;
	uint64_t ps = 5;

	ck_assert_uint_eq(time_of(&c, 18446744), 18446744000000000000u);
	ck_assert_int_eq(clk_time(&c, 18446745, &ps, &e), -1);
	ck_assert_int_eq(e.code, ERR_MODEL);
	ck_assert_str_eq(e.text,
			 "clock test: cycle 18446745 at 1 Hz: time ends at 2^64 - 1 ps (213 days)");
	ck_assert_int_eq(clk_time(&c, UINT64_MAX, &ps, &e), -1);
	ck_assert_uint_eq(ps, 5);
}
END_TEST

START_TEST(a_rate_of_zero_or_over_a_terahertz_is_refused)
{
	static const uint64_t rates[] = {0, CLK_MAX_HZ + 1, UINT64_MAX};

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct clk c = clock_of(5);
		struct err e;

		ck_assert_int_eq(clk_set_rate(&c, 1, rates[i], &e), -1);
		ck_assert_uint_eq(c.hz, 5);
		ck_assert_int_eq(clk_init(&c, "test", rates[i], &e), -1);
		ck_assert_int_eq(e.code, ERR_CONFIG);
	}
}
END_TEST

START_TEST(a_new_rate_counts_from_its_cycle_on)
{
	struct clk c = clock_of(1000000000);
	struct err e;

	ck_assert_int_eq(clk_set_rate(&c, 100, 500000000, &e), 0);
	ck_assert_uint_eq(time_of(&c, 100), 100000);
	ck_assert_uint_eq(time_of(&c, 101), 102000);
	ck_assert_uint_eq(clk_cycle(&c, 101999), 100);
	ck_assert_uint_eq(clk_cycle(&c, 102000), 101);
}
END_TEST

int main(void)
{
	const int n = (int)(sizeof(points) / sizeof(points[0]));
	Suite *s = suite_create("clk");
	TCase *tc = tcase_create("clk");

	tcase_add_loop_test(tc, a_cycle_begins_at_the_first_picosecond_at_or_after_its_time, 0, n);
	tcase_add_loop_test(tc, a_cycle_is_under_way_from_its_time_on_and_not_a_picosecond_before,
			    0, n);
	tcase_add_test(tc, every_cycle_comes_back_from_its_time);
	tcase_add_test(tc, a_long_run_of_single_cycles_ends_where_one_long_step_ends);
	tcase_add_test(tc, a_time_over_64_bits_is_one_clear_line);
	tcase_add_test(tc, a_rate_of_zero_or_over_a_terahertz_is_refused);
	tcase_add_test(tc, a_new_rate_counts_from_its_cycle_on);
	suite_add_tcase(s, tc);
	return suite_status(s);
}
