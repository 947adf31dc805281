// SPDX-License-Identifier: Apache-2.0
/* Generic timers: the line at the tick before and at the tick, offsets, registers. */
#include <check.h>

#include "models/dev/gtimer.h"
#include "tests/suite.h"

static const struct {
	enum a64_reg ctl, cval, tval, count, count_ss;
} rows[] = {
	{A64_R_CNTV_CTL_EL0, A64_R_CNTV_CVAL_EL0, A64_R_CNTV_TVAL_EL0, A64_R_CNTVCT_EL0, A64_R_CNTVCTSS_EL0},
	{A64_R_CNTP_CTL_EL0, A64_R_CNTP_CVAL_EL0, A64_R_CNTP_TVAL_EL0, A64_R_CNTPCT_EL0, A64_R_CNTPCTSS_EL0},
};

static struct gtimers ts;

static struct gtimer *one(int i)
{
	return &ts.t[i == 0 ? GTIMER_VIRT : GTIMER_PHYS];
}

static void begin(int i, uint64_t offset)
{
	ts = (struct gtimers){.hz = 62500000};
	one(i)->offset = offset;
}

static uint64_t rd(enum a64_reg reg, uint64_t now)
{
	uint64_t v = 0;

	ck_assert(gtimers_read(&ts, reg, now, &v));
	return v;
}

static void wr(enum a64_reg reg, uint64_t now, uint64_t v)
{
	ck_assert(gtimers_write(&ts, reg, now, v));
}

START_TEST(the_line_rises_at_its_tick)
{
	begin(_i, 100);
	wr(rows[_i].cval, 0, 50);
	ck_assert(!gtimer_line(one(_i), 1000));
	ck_assert_uint_eq(gtimer_next(one(_i), 120), GTIMER_NEVER);
	wr(rows[_i].ctl, 0, 1);
	ck_assert(!gtimer_line(one(_i), 149));
	ck_assert_uint_eq(gtimer_next(one(_i), 120), 150);
	ck_assert(gtimer_line(one(_i), 150));
	ck_assert_uint_eq(gtimer_next(one(_i), 170), 170);
	ck_assert_uint_eq(rd(rows[_i].ctl, 149), 1);
	ck_assert_uint_eq(rd(rows[_i].ctl, 150), 5);
	wr(rows[_i].ctl, 150, 3);
	ck_assert(!gtimer_line(one(_i), 150));
	ck_assert_uint_eq(rd(rows[_i].ctl, 150), 7);
	ck_assert_uint_eq(gtimer_next(one(_i), 150), GTIMER_NEVER);
}
END_TEST

START_TEST(tval_is_the_way_to_go)
{
	begin(_i, 0x1000);
	wr(rows[_i].tval, 0x1800, 0x100);
	ck_assert_uint_eq(rd(rows[_i].cval, 0x1800), 0x900);
	ck_assert_uint_eq(rd(rows[_i].tval, 0x1880), 0x80);
	ck_assert_uint_eq(rd(rows[_i].tval, 0x1901), 0xffffffff);
	wr(rows[_i].tval, 0x1800, 0xffffffff); /* one tick ago */
	ck_assert_uint_eq(rd(rows[_i].cval, 0x1800), 0x7ff);
	ck_assert(gtimer_expired(one(_i), 0x1800));
}
END_TEST

START_TEST(counters_count_from_the_offset)
{
	uint64_t v;

	begin(_i, 7);
	ck_assert_uint_eq(rd(rows[_i].count, 10), 3);
	ck_assert_uint_eq(rd(rows[_i].count_ss, 10), 3);
	ck_assert_uint_eq(rd(rows[1 - _i].count, 10), 10);
	ck_assert_uint_eq(rd(A64_R_CNTFRQ_EL0, 10), 62500000);
	ck_assert(!gtimers_write(&ts, rows[_i].count, 10, 1));
	ck_assert(!gtimers_write(&ts, A64_R_CNTFRQ_EL0, 10, 1));
	ck_assert(!gtimers_read(&ts, A64_R_CNTHP_CTL_EL2, 10, &v));
}
END_TEST

/* A compare value that is not reached in 64 bits of CNTPCT_EL0. */
START_TEST(never_is_not_soon)
{
	begin(_i, 0);
	wr(rows[_i].ctl, 0, 1);
	wr(rows[_i].cval, 0, UINT64_MAX);
	ck_assert_uint_eq(gtimer_next(one(_i), 5), UINT64_MAX);
	ck_assert(!gtimer_line(one(_i), UINT64_MAX - 1));
	one(_i)->offset = 10;
	ck_assert_uint_eq(gtimer_next(one(_i), 15), GTIMER_NEVER);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dev_gtimer");
	TCase *t = tcase_create("timers");

	tcase_add_loop_test(t, the_line_rises_at_its_tick, 0, 2);
	tcase_add_loop_test(t, tval_is_the_way_to_go, 0, 2);
	tcase_add_loop_test(t, counters_count_from_the_offset, 0, 2);
	tcase_add_loop_test(t, never_is_not_soon, 0, 2);
	suite_add_tcase(s, t);
	return suite_status(s);
}
