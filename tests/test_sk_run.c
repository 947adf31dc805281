/* SPDX-License-Identifier: Apache-2.0 */
/* The simulation kernel: updates, the run and its ends, hooks, the heap. */
#include <malloc.h>
#include <signal.h>

#include "tests/sk_bench.h"

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
	Suite *s = suite_create("sk_run");
	TCase *tc = tcase_create("rules");

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
