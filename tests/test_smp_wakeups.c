/* SPDX-License-Identifier: Apache-2.0 */
/* Simulated machines: whatever order things happen in, no wake-up is lost; kicks, pinned threads.
 */
#include <check.h>
#include <string.h>

#include "tests/smp_bench.h"
#include "tests/suite.h"

static const char *const models[] = {"linux-6.12-vhe", "linux-6.12-nvhe", "linux-4.15-vhe"};

struct delta_watch {
	struct sk_hooks hooks;
	struct smp *m;
};

static void look(struct sk *k, struct sk_hooks *h)
{
	struct err e = {ERR_NONE, ""};
	struct delta_watch *w = container_of(h, struct delta_watch, hooks);

	(void)k;
	ck_assert_msg(smp_check_wakeups(w->m, &e) == 0, "%llu ps: %s",
		      (unsigned long long)sk_now(&w->m->k), e.text);
}

static int64_t draw(uint64_t *s, int64_t from, int64_t to)
{
	*s = *s * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return from + (int64_t)((*s >> 33) % (uint64_t)(to - from + 1));
}

static void random_bench(struct bench *b, uint64_t seed)
{
	uint64_t s = seed * 977 + 13;

	setup(b, models[seed % 3]);
	b->o.pcpus = draw(&s, 1, 6);
	b->o.vcpus = draw(&s, 1, 20);
	b->o.vms = draw(&s, 1, b->o.vcpus);
	b->o.sched = (int)draw(&s, 0, SCHED_COUNT - 1);
	b->o.slice_us = draw(&s, 1, 2000);
	b->o.tick_hz = draw(&s, 1, 20000);
	b->o.halt_poll_ns = draw(&s, 0, 1) * draw(&s, 0, 100000);
	b->o.halt_poll_grow = draw(&s, 0, 3);
	b->o.halt_poll_shrink = draw(&s, 0, 3);
	b->o.duration_us = 2000;
	b->o.seed = (int64_t)seed;
	b->w.exits_per_s = draw(&s, 1000, 1000000);
	b->w.law = (int)draw(&s, 0, LAW_COUNT - 1);
	b->w.gaps = "100 5000 90000";
	b->w.pause_us = 50;
	b->w.timer_hz = draw(&s, 0, 1) * draw(&s, 1, 50000);
	b->w.device_hz = draw(&s, 0, 1) * draw(&s, 1, 50000);
	b->w.ipi_targets = draw(&s, 1, 4);
	b->w.user_ns = draw(&s, 0, 3) * 3333;
	b->w.fp_permille = draw(&s, 0, 1000);
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		if (exit_is_workload((enum exit_kind)k))
			b->w.mix[k] = draw(&s, 0, 2);
	}
	b->w.mix[EXIT_wfi] = draw(&s, 1, 40);
	b->w.mix[EXIT_ipi_send] = draw(&s, 0, 40);
}

START_TEST(whatever_happens_time_adds_up_and_no_wakeup_is_lost)
{
	struct err e = {ERR_NONE, ""};
	struct bench b;
	struct delta_watch w = {.hooks = {.delta = look}};

	random_bench(&b, (uint64_t)_i);
	w.m = machine(&b, true);
	sk_hook(&w.m->k, &w.hooks);
	ck_assert_msg(smp_run(w.m, &e) == 0, "seed %d: %s", _i, e.text);
	smp_free(w.m);
	teardown(&b);
}
END_TEST

/* Which of the runnable processes is next: any. */
static struct sk_proc *any(struct sk *k, void *ctx)
{
	struct list *l = k->runnable.next;

	for (int64_t skip = draw(ctx, 0, 3); skip > 0 && l->next != &k->runnable; skip--)
		l = l->next;
	return container_of(l, struct sk_proc, queued);
}

/* Interleavings that no order by sequence numbers would give, kicks that are long under way, pinned
 * threads. */
START_TEST(in_any_order_of_the_same_moment_no_wakeup_is_lost)
{
	struct err e = {ERR_NONE, ""};
	uint64_t s = (uint64_t)_i * 31 + 7, random = s;
	struct bench b;
	struct delta_watch w = {.hooks = {.delta = look}};

	random_bench(&b, (uint64_t)_i);
	b.o.kick_ns = draw(&s, 0, 2) * draw(&s, 0, 3000);
	b.o.pin = draw(&s, 0, 1) != 0 ? "0" : NULL;
	w.m = machine(&b, true);
	w.m->k.flags |= (_i % 3 != 0 ? SK_REVERSE : 0) | SK_MOVE;
	if (_i % 3 == 0) {
		w.m->k.pick = any;
		w.m->k.pick_ctx = &random;
	}
	sk_hook(&w.m->k, &w.hooks);
	ck_assert_msg(smp_run(w.m, &e) == 0, "seed %d: %s", _i, e.text);
	smp_free(w.m);
	teardown(&b);
}
END_TEST

/* When the kicked vCPU's pCPU took the interrupt, and when it was sent. */
struct kick_watch {
	struct watch hooks;
	uint64_t sent, arrived;
	unsigned to;
};

static void kick_irq(void *ctx, const struct smp_at *at, enum smp_irq_step step,
		     enum smp_source src, unsigned peer)
{
	struct kick_watch *w = ctx;

	(void)src;
	if (step == SMP_IRQ_KICK && w->sent == 0) {
		w->sent = at->time;
		w->to = peer;
	}
}

static void kick_exit(void *ctx, const struct smp_at *at, enum exit_kind kind)
{
	struct kick_watch *w = ctx;

	if (w->sent != 0 && w->arrived == 0 && kind == EXIT_ipi_recv && at->cpu == w->to)
		w->arrived = at->time;
}

/* The receiver is in the guest up to the cycle before the kick arrives, and out of it in that
 * cycle. */
START_TEST(an_ipi_takes_its_receiver_out_of_the_guest_after_the_kick_latency_and_not_before)
{
	static const int64_t latency[] = {0, 1, 700};
	struct bench b;

	for (unsigned i = 0; i < 3; i++) {
		struct kick_watch w = {.hooks = {.ctx = &w, .irq = kick_irq, .exit = kick_exit}};
		struct smp *m;

		setup(&b, "linux-6.12-vhe");
		b.o.vcpus = b.o.pcpus = 2;
		b.o.kick_ns = latency[i];
		b.w.mix[EXIT_ipi_send] = 1;
		b.w.law = LAW_EXPONENTIAL; /* not both at once */
		b.w.exits_per_s = 10000;
		m = machine(&b, true);
		smp_watch(m, &w.hooks);
		for (uint64_t at = 1; w.sent == 0; at++) {
			run_to(m, at);
			if (w.sent != 0 &&
			    (w.sent != at || (latency[i] != 0 && m->cpu[w.to].mode != CPU_GUEST)))
				w.sent = w.arrived = 0; /* the receiver was on its way in or out */
		}
		if (latency[i] > 1) {
			run_to(m, w.sent + (uint64_t)latency[i] - 1);
			ck_assert_uint_eq(w.arrived, 0);
			ck_assert_int_eq(m->cpu[w.to].mode, CPU_GUEST);
		}
		run_to(m, w.sent + (uint64_t)latency[i] + 1);
		ck_assert_uint_eq(w.arrived, w.sent + (uint64_t)latency[i]);
		smp_free(m);
		teardown(&b);
	}
}
END_TEST

START_TEST(threads_are_pinned_to_the_listed_pcpus_in_turn)
{
	struct bench b;
	struct smp *m;

	setup(&b, "linux-6.12-vhe");
	b.o.vcpus = 6;
	b.o.pcpus = 5;
	b.o.sched = SCHED_pinned;
	b.o.pin = "1,3-4";
	b.o.tick_hz = 1000;
	b.o.slice_us = 1000;
	b.w.mix[EXIT_hvc_unknown] = 1;
	m = simulate(&b, true);
	for (unsigned i = 0; i < 5; i++)
		ck_assert_int_eq(m->cpu[i].time[TIME_GUEST] != 0, i == 1 || i >= 3);
	ck_assert_ptr_eq(m->vcpu[0].cpu, &m->cpu[1]);
	ck_assert_ptr_eq(m->vcpu[4].cpu, &m->cpu[3]);
	smp_free(m);
	teardown(&b);
}
END_TEST

START_TEST(a_list_of_pcpus_that_makes_no_sense_is_one_clear_line)
{
	static const char *const lists[] = {"",    ",", "1,",  "5",  "3-1",
					    "0-5", "x", "1 2", "-1", "0-"};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct err e = {ERR_NONE, ""};
		struct bench b;

		setup(&b, "linux-6.12-vhe");
		b.o.pcpus = 5;
		b.o.sched = SCHED_pinned;
		b.o.pin = lists[i];
		b.w.mix[EXIT_wfi] = 1;
		ck_assert_ptr_null(smp_new(&b.o, &b.w, b.prog, NULL, true, &e));
		ck_assert_msg(strstr(e.text, "want a list of pCPUs in 0..4") != NULL, "%s: %s",
			      lists[i], e.text);
		teardown(&b);
	}
}
END_TEST

START_TEST(every_interrupt_reaches_its_vcpu)
{
	struct bench b;
	struct smp *m;

	setup(&b, "linux-6.12-vhe");
	b.o.vcpus = 4;
	b.o.pcpus = 2;
	b.w.mix[EXIT_wfi] = 1;
	b.w.timer_hz = 1000;
	b.o.tick_hz = 1000;
	b.o.duration_us = 1000000;
	m = simulate(&b, true);
	ck_assert_uint_eq(m->out.clock->latency[LAT_TIMER].n, m->out.n.injected);
	ck_assert_uint_ge(m->out.n.injected, 4 * 999);
	ck_assert_uint_le(m->out.n.injected, 4 * 1000);
	ck_assert_uint_eq(hist_quantile(&m->out.clock->latency[LAT_TIMER], 10000) < 5000000, 1);
	smp_free(m);
	teardown(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("smp_wakeups");
	TCase *tc = tcase_create("smp_wakeups");

	tcase_add_loop_test(tc, whatever_happens_time_adds_up_and_no_wakeup_is_lost, 0, 150);
	tcase_add_loop_test(tc, in_any_order_of_the_same_moment_no_wakeup_is_lost, 0, 120);
	tcase_add_test(
		tc,
		an_ipi_takes_its_receiver_out_of_the_guest_after_the_kick_latency_and_not_before);
	tcase_add_test(tc, threads_are_pinned_to_the_listed_pcpus_in_turn);
	tcase_add_test(tc, a_list_of_pcpus_that_makes_no_sense_is_one_clear_line);
	tcase_add_test(tc, every_interrupt_reaches_its_vcpu);
	suite_add_tcase(s, tc);
	return suite_status(s);
}
