/* SPDX-License-Identifier: Apache-2.0 */
/* The event kernel, rule by rule. Random programs against SystemC: tests/systemc. */
#include <check.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "sim/kernel/sk.h"
#include "tests/suite.h"

/* A bench: four events, four processes that write down when they ran and then do what the test
 * asks. */
enum { N = 4 };

struct bench;
typedef void step_fn(struct bench *b, unsigned who, unsigned nth);

struct actor {
	struct sk_proc proc;
	struct bench *bench;
	unsigned index, runs;
	struct sk_wait fixed, some[N];
};

struct bench {
	struct sk k;
	struct sk_event ev[N];
	struct actor actor[N];
	struct sk_signal signal;
	struct sk_hooks hooks;
	step_fn *step;
	char log[1024]; /* "a0 b5": actor a ran at 0 ps, b at 5 */
	struct err e;
};

static void note(struct bench *b, const char *word)
{
	size_t n = strlen(b->log);

	(void)snprintf(b->log + n, sizeof(b->log) - n, "%s%s%llu", n != 0 ? " " : "", word,
		       (unsigned long long)sk_now(&b->k));
}

static void act(struct sk *k, struct sk_proc *self)
{
	struct actor *a = container_of(self, struct actor, proc);

	(void)k;
	note(a->bench, (const char[]){(char)('a' + a->index), '\0'});
	if (a->bench->step != NULL)
		a->bench->step(a->bench, a->index, a->runs++);
}

/* Actor i is statically sensitive to event i; all start by themselves if `initialize` is set. */
static void setup(struct bench *b, unsigned flags, bool initialize, step_fn *step)
{
	memset(b, 0, sizeof(*b));
	sk_init(&b->k, flags);
	b->step = step;
	sk_signal_init(&b->k, &b->signal, "signal", 0);
	for (unsigned i = 0; i < N; i++) {
		struct actor *a = &b->actor[i];

		sk_event_init(&b->k, &b->ev[i], "event");
		a->bench = b;
		a->index = i;
		sk_proc_init(&b->k, &a->proc, "actor", act);
		sk_sensitive(&b->k, &a->proc, &a->fixed, &b->ev[i]);
		if (!initialize)
			sk_dont_initialize(&b->k, &a->proc);
	}
}

static void run_until(struct bench *b, uint64_t t)
{
	ck_assert_msg(sk_run_until(&b->k, t, &b->e) == 0, "%s", b->e.text);
}

/* Run to the end and compare what ran. */
static void expect(struct bench *b, const char *log)
{
	run_until(b, SK_NEVER);
	ck_assert_str_eq(b->log, log);
	sk_fini(&b->k);
}

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

/* ---- two-phase values ---- */

static void write_and_look(struct bench *b, unsigned who, unsigned nth)
{
	(void)nth;
	if (who == 0) {
		sk_write(&b->k, &b->signal, 1);
		sk_write(&b->k, &b->signal, 2);
	}
	ck_assert_uint_eq(b->signal.value, who == 3 ? 2 : 0);
}

START_TEST(nobody_sees_a_write_before_the_update_phase_and_the_last_one_counts)
{
	struct bench b;
	struct sk_wait w;

	setup(&b, 0, true, write_and_look);
	sk_dont_initialize(&b.k, &b.actor[3].proc);
	sk_sensitive(&b.k, &b.actor[3].proc, &w, &b.signal.changed);
	expect(&b, "a0 b0 c0 d0");
}
END_TEST

static void write_the_same(struct bench *b, unsigned who, unsigned nth)
{
	(void)who;
	(void)nth;
	sk_write(&b->k, &b->signal, 0);
}

START_TEST(a_write_of_the_same_value_wakes_nobody)
{
	struct bench b;
	struct sk_wait w;

	setup(&b, 0, false, write_the_same);
	sk_sensitive(&b.k, &b.actor[3].proc, &w, &b.signal.changed);
	sk_notify_after(&b.k, &b.ev[0], 4);
	expect(&b, "a4");
}
END_TEST

static void bad_apply(struct sk *k, struct sk_update *u)
{
	(void)u;
	sk_notify(k, &container_of(k, struct bench, k)->ev[0]);
}

START_TEST(an_immediate_notification_in_the_update_phase_is_a_fault)
{
	struct bench b;
	struct sk_update u = {.apply = bad_apply};

	setup(&b, 0, false, NULL);
	sk_request_update(&b.k, &u);
	run_until(&b, 1); /* SIGABRT */
}
END_TEST

/* ---- the run ---- */

static void fail_at_once(struct bench *b, unsigned who, unsigned nth)
{
	(void)nth;
	sk_fail(&b->k, ERR_CONFIG, "actor %u gives up", who);
}

START_TEST(a_failure_ends_the_run_with_its_sentence)
{
	struct bench b;

	setup(&b, 0, true, fail_at_once);
	ck_assert_int_eq(sk_run_until(&b.k, 10, &b.e), -1);
	ck_assert_str_eq(b.e.text, "actor 0 gives up");
	ck_assert_int_eq(b.e.code, ERR_CONFIG);
	ck_assert_str_eq(b.log, "a0");
	ck_assert_int_eq(sk_run_until(&b.k, 20, &b.e), -1);
	sk_fini(&b.k);
}
END_TEST

static void stop_at_once(struct bench *b, unsigned who, unsigned nth)
{
	(void)nth;
	sk_notify_delta(&b->k, &b->ev[who]);
	if (who == 1)
		sk_stop(&b->k);
}

START_TEST(stop_finishes_the_delta_cycle)
{
	struct bench b;

	setup(&b, 0, true, stop_at_once);
	run_until(&b, 10);
	ck_assert_str_eq(b.log, "a0 b0 c0 d0");
	ck_assert_uint_eq(sk_now(&b.k), 0);
	ck_assert_uint_eq(sk_next_time(&b.k), SK_NEVER);
	sk_fini(&b.k);
}
END_TEST

START_TEST(time_ends_with_one_clear_line)
{
	static const uint64_t delays[] = {SK_NEVER, SK_NEVER - 1, SK_NEVER - 5};

	for (size_t i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
		struct bench b;

		setup(&b, 0, false, NULL);
		run_until(&b, 5);
		sk_notify_after(&b.k, &b.ev[0], delays[i]);
		ck_assert_int_eq(sk_run_until(&b.k, SK_NEVER, &b.e), -1);
		ck_assert_int_eq(b.e.code, ERR_MODEL);
		ck_assert_ptr_nonnull(strstr(b.e.text, "time ends at"));
		sk_fini(&b.k);
	}
}
END_TEST

START_TEST(the_last_picosecond_can_be_reached)
{
	struct bench b;

	setup(&b, 0, false, NULL);
	sk_notify_after(&b.k, &b.ev[0], SK_NEVER - 1);
	expect(&b, "a18446744073709551614");
}
END_TEST

START_TEST(a_time_in_the_past_is_refused)
{
	struct bench b;

	setup(&b, 0, false, NULL);
	run_until(&b, 5);
	sk_notify_at(&b.k, &b.ev[0], 4);
	ck_assert_int_eq(sk_run_until(&b.k, 9, &b.e), -1);
	ck_assert_ptr_nonnull(strstr(b.e.text, "event event at 4 ps: want a time from now, 5"));
	sk_fini(&b.k);
}
END_TEST

static void ping_pong(struct bench *b, unsigned who, unsigned nth)
{
	(void)nth;
	sk_notify_delta(&b->k, &b->ev[who ^ 1]);
}

START_TEST(processes_that_wake_each_other_without_taking_time_are_an_error_and_no_hang)
{
	struct bench b;

	setup(&b, 0, false, ping_pong);
	b.k.max_activations = 1000;
	sk_notify_after(&b.k, &b.ev[0], 3);
	ck_assert_int_eq(sk_run_until(&b.k, 10, &b.e), -1);
	ck_assert_ptr_nonnull(strstr(b.e.text, "1000 processes ran at 3 ps"));
	sk_fini(&b.k);
}
END_TEST

static void again_in_five(struct bench *b, unsigned who, unsigned nth)
{
	(void)nth;
	sk_notify_after(&b->k, &b->ev[who], 5);
	sk_notify_after(&b->k, &b->ev[3 - who], 3);
}

START_TEST(nothing_is_allocated_while_running)
{
	struct bench b;
	struct mallinfo2 before, after;
	const struct sk_slot *heap;

	setup(&b, 0, true, again_in_five);
	run_until(&b, 1);
	heap = b.k.heap;
	before = mallinfo2();
	run_until(&b, 100000);
	after = mallinfo2();
	ck_assert_ptr_eq(b.k.heap, heap);
	ck_assert_uint_eq(before.uordblks, after.uordblks);
	sk_fini(&b.k);
}
END_TEST

/* ---- hooks ---- */

#define HOOK(name)                                                                                 \
	static void hook_##name(struct sk *k, struct sk_hooks *h)                                  \
	{                                                                                          \
		(void)k;                                                                           \
		note(container_of(h, struct bench, hooks), #name "@");                             \
	}
HOOK(end_of_elaboration)
HOOK(start_of_simulation)
HOOK(delta)
HOOK(end_of_simulation)

static void hook_activate(struct sk *k, struct sk_hooks *h, struct sk_proc *p)
{
	(void)k;
	(void)p;
	note(container_of(h, struct bench, hooks), "activate@");
}

static void hook_time_advance(struct sk *k, struct sk_hooks *h, uint64_t to)
{
	ck_assert_uint_gt(to, sk_now(k));
	note(container_of(h, struct bench, hooks), "advance@");
}

START_TEST(hooks_see_each_phase_in_order)
{
	struct bench b;

	setup(&b, 0, false, NULL);
	b.hooks = (struct sk_hooks){
		hook_end_of_elaboration, hook_start_of_simulation, hook_activate, hook_delta,
		hook_time_advance,       hook_end_of_simulation,   {NULL, NULL}};
	sk_hook(&b.k, &b.hooks);
	sk_notify_after(&b.k, &b.ev[0], 2);
	run_until(&b, 2);
	run_until(&b, 7);
	sk_end(&b.k);
	sk_end(&b.k);
	ck_assert_str_eq(
		b.log, "end_of_elaboration@0 start_of_simulation@0 advance@0 activate@2 a2 delta@2 "
		       "advance@2 end_of_simulation@7");
	sk_fini(&b.k);
}
END_TEST

/* ---- the heap ---- */

START_TEST(a_heap_of_many_events_under_random_cancelling_keeps_time_order)
{
	enum { MANY = 500 };
	static struct sk_event ev[MANY];
	uint64_t s = 1, last = 0, due = 0;
	struct sk k;

	sk_init(&k, 0);
	for (unsigned i = 0; i < MANY; i++)
		sk_event_init(&k, &ev[i], "event");
	for (unsigned i = 0; i < 20 * MANY; i++) {
		unsigned which;

		s = s * UINT64_C(6364136223846793005) + 1442695040888963407u;
		which = (unsigned)(s >> 33) % MANY;
		if ((s >> 20 & 3) == 0)
			sk_cancel(&k, &ev[which]);
		else
			sk_notify_after(&k, &ev[which], 1 + (s >> 50));
	}
	for (unsigned i = 0; i < MANY; i++)
		due += ev[i].pending == SK_TIMED;
	ck_assert_uint_eq(due, k.n_heap);
	while ((s = sk_next_time(&k)) != SK_NEVER) {
		struct err e;

		ck_assert_uint_ge(s, last);
		last = s;
		ck_assert_int_eq(sk_run_until(&k, s, &e), 0);
	}
	ck_assert_uint_eq(k.n_heap, 0);
	sk_fini(&k);
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
	tcase_add_test(tc, nobody_sees_a_write_before_the_update_phase_and_the_last_one_counts);
	tcase_add_test(tc, a_write_of_the_same_value_wakes_nobody);
	tcase_add_test_raise_signal(tc, an_immediate_notification_in_the_update_phase_is_a_fault,
				    SIGABRT);
	tcase_add_test(tc, a_failure_ends_the_run_with_its_sentence);
	tcase_add_test(tc, stop_finishes_the_delta_cycle);
	tcase_add_test(tc, time_ends_with_one_clear_line);
	tcase_add_test(tc, the_last_picosecond_can_be_reached);
	tcase_add_test(tc, a_time_in_the_past_is_refused);
	tcase_add_test(tc,
		       processes_that_wake_each_other_without_taking_time_are_an_error_and_no_hang);
	tcase_add_test(tc, nothing_is_allocated_while_running);
	tcase_add_test(tc, hooks_see_each_phase_in_order);
	tcase_add_test(tc, a_heap_of_many_events_under_random_cancelling_keeps_time_order);
	suite_add_tcase(s, tc);
	return suite_status(s);
}
