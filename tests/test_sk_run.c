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
	const struct sk_timer *timer;

	setup(&b, 0, true, again_in_five);
	run_until(&b, 1);
	timer = b.k.timer;
	before = mallinfo2();
	run_until(&b, 100000);
	after = mallinfo2();
	ck_assert_ptr_eq(b.k.timer, timer);
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

/* ---- the queue ---- */

enum { MANY = 300 };

/* Processes that each wait for their event, and the same events as a plain list. */
struct crowd {
	struct sk k;
	struct sk_event ev[MANY];
	struct sk_proc proc[MANY];
	struct sk_wait wait[MANY];
	unsigned runs[MANY];
	uint64_t at[MANY], order[MANY], asked; /* pending; SK_NEVER: not */
	unsigned log[40000], want[40000];
	size_t n, n_want;
};

static uint64_t random64(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

/* How long until it runs again, which both sides know; 0: it does not. Many at one time, some far away. */
static uint64_t again(unsigned who, unsigned nth)
{
	uint64_t s = (uint64_t)(who + 1) * 7919 + nth;

	(void)random64(&s);
	switch (random64(&s) % 8) {
	case 0:
	case 1:
		return 0;
	case 2:
		return 1 + (s >> 40) % 100000;
	case 3:
		return UINT64_C(1) << (s >> 32) % 40;
	default:
		return 64 * (1 + (s >> 32) % 3);
	}
}

static void crowd_run(struct sk *k, struct sk_proc *self)
{
	struct crowd *c = container_of(k, struct crowd, k);
	unsigned who = (unsigned)(self - c->proc);
	uint64_t delay = again(who, c->runs[who]++);

	if (c->n < sizeof(c->log) / sizeof(c->log[0]))
		c->log[c->n++] = who;
	if (delay != 0)
		sk_notify_after(k, &c->ev[who], delay);
}

static void expect_at(struct crowd *c, unsigned who, uint64_t at)
{
	if (c->at[who] <= at)
		return;
	c->at[who] = at;
	c->order[who] = ++c->asked;
}

/* All up to a time, one after the other; nth is what runs will be. */
static void expect_until(struct crowd *c, unsigned *nth, uint64_t until)
{
	for (;;) {
		unsigned first = 0;
		uint64_t now, delay;

		for (unsigned i = 1; i < MANY; i++) {
			if (c->at[i] < c->at[first] || (c->at[i] == c->at[first] && c->order[i] < c->order[first]))
				first = i;
		}
		now = c->at[first];
		if (now == SK_NEVER || now > until)
			return;
		c->at[first] = SK_NEVER;
		if (c->n_want < sizeof(c->want) / sizeof(c->want[0]))
			c->want[c->n_want++] = first;
		delay = again(first, nth[first]++);
		if (delay != 0)
			expect_at(c, first, now + delay);
	}
}

/* Few events, whose lists are sorted, and many. */
START_TEST(events_come_in_the_order_of_time_and_of_asking)
{
	static const unsigned sizes[] = { MANY, 5, 30, 40 };
	static struct crowd c;
	static unsigned nth[MANY];
	const unsigned n = sizes[_i / 2 % 4];
	uint64_t s = 88172645463325252u + (uint64_t)_i;

	memset(&c, 0, sizeof(c));
	memset(nth, 0, sizeof(nth));
	sk_init(&c.k, _i % 2 != 0 ? SK_MOVE : 0);
	for (unsigned i = 0; i < MANY; i++)
		c.at[i] = SK_NEVER;
	for (unsigned i = 0; i < n; i++) {
		sk_event_init(&c.k, &c.ev[i], "event");
		sk_proc_init(&c.k, &c.proc[i], "process", crowd_run);
		sk_sensitive(&c.k, &c.proc[i], &c.wait[i], &c.ev[i]);
		sk_dont_initialize(&c.k, &c.proc[i]);
	}
	for (unsigned round = 0; round < 200; round++) {
		uint64_t first = SK_NEVER, until;
		struct err e;

		for (unsigned i = 0; i < 40; i++) {
			unsigned who = (unsigned)(random64(&s) >> 20) % n;
			uint64_t delay = 1 + (random64(&s) >> (24 + random64(&s) % 40));

			if (random64(&s) % 4 == 0) {
				sk_cancel(&c.k, &c.ev[who]);
				c.at[who] = SK_NEVER;
			} else {
				sk_notify_after(&c.k, &c.ev[who], delay);
				expect_at(&c, who, sk_now(&c.k) + delay);
			}
		}
		for (unsigned i = 0; i < n; i++) {
			first = c.at[i] < first ? c.at[i] : first;
			ck_assert_uint_eq(sk_due(&c.k, &c.ev[i]), c.at[i]);
		}
		ck_assert_uint_eq(sk_next_time(&c.k), first);
		until = sk_now(&c.k) + (random64(&s) >> (30 + random64(&s) % 34));
		expect_until(&c, nth, until);
		ck_assert_int_eq(sk_run_until(&c.k, until, &e), 0);
		ck_assert_uint_eq(c.n, c.n_want);
		for (size_t i = 0; i < c.n; i++)
			ck_assert_uint_eq(c.log[i], c.want[i]);
		c.n = c.n_want = 0;
	}
	sk_fini(&c.k);
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
	tcase_add_loop_test(tc, events_come_in_the_order_of_time_and_of_asking, 0, 16);
	suite_add_tcase(s, tc);
	return suite_status(s);
}
