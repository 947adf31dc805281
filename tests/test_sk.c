/* SPDX-License-Identifier: Apache-2.0 */
/* The simulation kernel: events and the processes that wait for them. */
#include "tests/sk_bench.h"

/* ---- notification ---- */

START_TEST(a_timed_notification_comes_at_its_time_and_not_before)
{
	struct bench b;

	setup(&b, 0, false, NULL);
	sk_notify_after(&b.k, &b.ev[0], 10);
	run_until(&b, 9);
	ck_assert_str_eq(b.log, "");
	ck_assert_uint_eq(sk_now(&b.k), 9);
	ck_assert_uint_eq(sk_next_time(&b.k), 10);
	run_until(&b, 10);
	ck_assert_str_eq(b.log, "a10");
	ck_assert_uint_eq(sk_next_time(&b.k), SK_NEVER);
	sk_fini(&b.k);
}
END_TEST

START_TEST(of_two_timed_notifications_the_earlier_wins)
{
	struct bench b;

	setup(&b, 0, false, NULL);
	sk_notify_after(&b.k, &b.ev[0], 10);
	sk_notify_after(&b.k, &b.ev[0], 11);
	sk_notify_after(&b.k, &b.ev[1], 10);
	sk_notify_after(&b.k, &b.ev[1], 9);
	ck_assert_uint_eq(sk_due(&b.k, &b.ev[0]), 10);
	ck_assert_uint_eq(sk_due(&b.k, &b.ev[1]), 9);
	expect(&b, "b9 a10");
}
END_TEST

START_TEST(a_delta_notification_wins_over_a_timed_one_whichever_came_first)
{
	struct bench b;

	setup(&b, 0, false, NULL);
	sk_notify_after(&b.k, &b.ev[0], 10);
	sk_notify_delta(&b.k, &b.ev[0]);
	sk_notify_delta(&b.k, &b.ev[1]);
	sk_notify_after(&b.k, &b.ev[1], 10);
	ck_assert_uint_eq(sk_due(&b.k, &b.ev[1]), 0);
	expect(&b, "a0 b0");
}
END_TEST

START_TEST(a_delay_of_zero_is_a_delta_notification)
{
	struct bench b;

	setup(&b, 0, false, NULL);
	sk_notify_after(&b.k, &b.ev[0], 0);
	ck_assert_int_eq(b.ev[0].pending, SK_DELTA);
	expect(&b, "a0");
}
END_TEST

static void notify_b_both_ways(struct bench *b, unsigned who, unsigned nth)
{
	if (who == 0 && nth == 0) {
		sk_notify_after(&b->k, &b->ev[1], 10);
		sk_notify(&b->k, &b->ev[1]);
	}
}

START_TEST(an_immediate_notification_cancels_what_was_pending)
{
	struct bench b;

	setup(&b, 0, false, notify_b_both_ways);
	sk_notify_after(&b.k, &b.ev[0], 5);
	expect(&b, "a5 b5");
}
END_TEST

static void notify_c_now(struct bench *b, unsigned who, unsigned nth)
{
	if (who == 0 && nth == 0) {
		sk_notify_delta(&b->k, &b->ev[1]);
		sk_notify(&b->k, &b->ev[2]);
	}
	if (who == 2)
		ck_assert_uint_eq(b->k.deltas_done, 0);
	if (who == 1)
		ck_assert_uint_eq(b->k.deltas_done, 1);
}

START_TEST(an_immediate_notification_runs_in_this_evaluation_phase_a_delta_one_in_the_next)
{
	struct bench b;

	setup(&b, 0, false, notify_c_now);
	sk_notify_delta(&b.k, &b.ev[0]);
	expect(&b, "a0 c0 b0");
}
END_TEST

START_TEST(a_cancelled_notification_does_not_come)
{
	struct bench b;

	setup(&b, 0, false, NULL);
	sk_notify_after(&b.k, &b.ev[0], 10);
	sk_notify_delta(&b.k, &b.ev[1]);
	sk_notify_after(&b.k, &b.ev[2], 10);
	sk_cancel(&b.k, &b.ev[0]);
	sk_cancel(&b.k, &b.ev[1]);
	sk_cancel(&b.k, &b.ev[3]); /* nothing to cancel */
	ck_assert_uint_eq(sk_due(&b.k, &b.ev[0]), SK_NEVER);
	expect(&b, "c10");
}
END_TEST

static void notify_itself(struct bench *b, unsigned who, unsigned nth)
{
	if (nth == 0)
		sk_notify(&b->k, &b->ev[who]);
}

START_TEST(a_process_does_not_wake_itself_with_an_immediate_notification)
{
	struct bench b;

	setup(&b, 0, false, notify_itself);
	sk_notify_delta(&b.k, &b.ev[0]);
	expect(&b, "a0");
}
END_TEST

START_TEST(a_process_triggered_twice_before_it_runs_runs_once)
{
	struct bench b;
	struct sk_wait w;

	setup(&b, 0, false, NULL);
	sk_sensitive(&b.k, &b.actor[0].proc, &w, &b.ev[1]);
	sk_notify_after(&b.k, &b.ev[0], 3);
	sk_notify_after(&b.k, &b.ev[1], 3);
	expect(&b, "a3 b3");
}
END_TEST

START_TEST(notifications_of_one_time_come_in_the_order_they_were_made)
{
	struct bench b;

	setup(&b, 0, false, NULL);
	sk_notify_after(&b.k, &b.ev[2], 7);
	sk_notify_after(&b.k, &b.ev[0], 7);
	sk_notify_after(&b.k, &b.ev[3], 7);
	sk_notify_after(&b.k, &b.ev[1], 7);
	expect(&b, "c7 a7 d7 b7");
}
END_TEST

START_TEST(hard_mode_reverses_the_order_of_one_time)
{
	struct bench b;

	setup(&b, SK_REVERSE | SK_MOVE, false, NULL);
	sk_notify_after(&b.k, &b.ev[2], 7);
	sk_notify_after(&b.k, &b.ev[0], 7);
	sk_notify_after(&b.k, &b.ev[1], 6);
	run_until(&b, 6);
	ck_assert_str_eq(b.log, "b6");
	expect(&b,
	       "b6 c7 a7"); /* both the notifications and the processes they wake are reversed */
}
END_TEST

/* ---- processes ---- */

START_TEST(processes_run_once_at_the_start_in_the_order_they_were_made)
{
	struct bench b;

	setup(&b, 0, true, NULL);
	sk_dont_initialize(&b.k, &b.actor[1].proc);
	expect(&b, "a0 c0 d0");
}
END_TEST

static void wait_five(struct bench *b, unsigned who, unsigned nth)
{
	if (nth == 0)
		sk_wait_time(&b->k, &b->actor[who].proc, 5);
}

START_TEST(a_dynamic_wait_replaces_static_sensitivity_once)
{
	struct bench b;

	setup(&b, 0, false, wait_five);
	sk_notify_after(&b.k, &b.ev[0], 1);
	run_until(&b, 1);
	sk_notify_after(&b.k, &b.ev[0], 2); /* at 3: not heard */
	run_until(&b, 6);
	ck_assert(b.actor[0].proc.timed_out);
	sk_notify_after(&b.k, &b.ev[0], 2);
	expect(&b, "a1 a6 a8");
}
END_TEST

static void wait_event_or_five(struct bench *b, unsigned who, unsigned nth)
{
	if (nth == 0)
		sk_wait_event_or_time(&b->k, &b->actor[who].proc, &b->ev[3], 5);
}

START_TEST(event_or_time_ends_with_the_first_and_the_other_is_forgotten)
{
	static const struct {
		uint64_t at;
		const char *log;
		bool timed_out;
	} cases[] = {
		{4, "a0 d4 a4", false},
		{6, "a0 a5 d6", true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bench b;

		setup(&b, 0, false, wait_event_or_five);
		sk_notify_delta(&b.k, &b.ev[0]);
		sk_notify_after(&b.k, &b.ev[3], cases[i].at);
		b.actor[3].runs = 1; /* it does not wait itself */
		run_until(&b, 100);
		ck_assert_str_eq(b.log, cases[i].log);
		ck_assert_int_eq(b.actor[0].proc.timed_out, cases[i].timed_out);
		sk_fini(&b.k);
	}
}
END_TEST

static void wait_twice(struct bench *b, unsigned who, unsigned nth)
{
	if (nth != 0 || who != 0)
		return;
	sk_wait_event(&b->k, &b->actor[0].proc, &b->ev[1]);
	sk_wait_time(&b->k, &b->actor[0].proc, 8);
	sk_wait_event(&b->k, &b->actor[0].proc, &b->ev[2]);
}

START_TEST(the_last_wait_of_an_activation_counts)
{
	struct bench b;

	setup(&b, 0, false, wait_twice);
	sk_notify_delta(&b.k, &b.ev[0]);
	sk_notify_after(&b.k, &b.ev[1], 3);
	sk_notify_after(&b.k, &b.ev[2], 9);
	expect(&b, "a0 b3 c9 a9");
}
END_TEST

static void wait_three(struct bench *b, unsigned who, unsigned nth)
{
	struct actor *a = &b->actor[0];

	if (who != 0 || nth > 1)
		return;
	for (unsigned i = 0; i < 3; i++)
		a->some[i].event = &b->ev[i + 1];
	if (nth == 0)
		sk_wait_any(&b->k, &a->proc, a->some, 3);
	else
		sk_wait_all(&b->k, &a->proc, a->some, 3);
}

START_TEST(any_ends_with_the_first_event_all_with_the_last)
{
	struct bench b;

	setup(&b, 0, false, wait_three);
	sk_notify_delta(&b.k, &b.ev[0]);
	sk_notify_after(&b.k, &b.ev[2], 2);
	run_until(&b, 2);
	ck_assert_str_eq(b.log, "a0 c2 a2");
	sk_notify_after(&b.k, &b.ev[1], 1);
	run_until(&b, 3);
	sk_notify_after(&b.k, &b.ev[1], 1); /* the second of the same does not count */
	sk_notify_after(&b.k, &b.ev[3], 2);
	sk_notify_after(&b.k, &b.ev[2], 3);
	expect(&b, "a0 c2 a2 b3 b4 d5 c6 a6");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sk");
	TCase *tc = tcase_create("rules");

	tcase_add_test(tc, a_timed_notification_comes_at_its_time_and_not_before);
	tcase_add_test(tc, of_two_timed_notifications_the_earlier_wins);
	tcase_add_test(tc, a_delta_notification_wins_over_a_timed_one_whichever_came_first);
	tcase_add_test(tc, a_delay_of_zero_is_a_delta_notification);
	tcase_add_test(tc, an_immediate_notification_cancels_what_was_pending);
	tcase_add_test(
		tc,
		an_immediate_notification_runs_in_this_evaluation_phase_a_delta_one_in_the_next);
	tcase_add_test(tc, a_cancelled_notification_does_not_come);
	tcase_add_test(tc, a_process_does_not_wake_itself_with_an_immediate_notification);
	tcase_add_test(tc, a_process_triggered_twice_before_it_runs_runs_once);
	tcase_add_test(tc, notifications_of_one_time_come_in_the_order_they_were_made);
	tcase_add_test(tc, hard_mode_reverses_the_order_of_one_time);
	tcase_add_test(tc, processes_run_once_at_the_start_in_the_order_they_were_made);
	tcase_add_test(tc, a_dynamic_wait_replaces_static_sensitivity_once);
	tcase_add_test(tc, event_or_time_ends_with_the_first_and_the_other_is_forgotten);
	tcase_add_test(tc, the_last_wait_of_an_activation_counts);
	tcase_add_test(tc, any_ends_with_the_first_event_all_with_the_last);
	suite_add_tcase(s, tc);
	return suite_status(s);
}
