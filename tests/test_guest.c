/* SPDX-License-Identifier: Apache-2.0 */
/* Workloads: random numbers, laws, mixes; schedulers. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "models/hyp/host/guest.h"
#include "models/hyp/host/sched.h"
#include "tests/ws_fixture.h"
#include "tests/suite.h"

#define HZ UINT64_C(1000000000)

static struct workload workload(int law)
{
	struct workload w = {
		.exits_per_s = 1000000, .law = law, .burst_exits = 10, .pause_us = 500};

	w.mix[EXIT_hvc_unknown] = 3;
	w.mix[EXIT_wfi] = 1;
	return w;
}

START_TEST(a_vcpus_numbers_depend_on_seed_vcpu_and_stream_only)
{
	struct workload w = workload(LAW_EXPONENTIAL);
	struct guest_class *c = guest_class_new(&w, NULL, NULL);
	struct guest a, b;

	guest_init(&a, c, 7, 3, HZ);
	guest_init(&b, c, 7, 3, HZ);
	for (unsigned i = 0; i < 1000; i++) {
		const struct guest_act *x = guest_next(&a), *y = guest_next(&b);

		(void)guest_below(&b, STREAM_TARGET, 10); /* another stream */
		ck_assert_uint_eq(x->cycles, y->cycles);
		ck_assert_int_eq(x->kind, y->kind);
	}
	guest_class_free(c);
	ck_assert_uint_ne(guest_random(7, 3, 0, 0), guest_random(8, 3, 0, 0));
	ck_assert_uint_ne(guest_random(7, 3, 0, 0), guest_random(7, 4, 0, 0));
	ck_assert_uint_ne(guest_random(7, 3, 0, 0), guest_random(7, 3, 1, 0));
	ck_assert_uint_ne(guest_random(7, 3, 0, 0), guest_random(7, 3, 0, 1));
}
END_TEST

START_TEST(neighbouring_vcpus_and_numbers_share_no_bits)
{
	uint64_t ones[64] = {0}, n = 0;

	for (uint32_t v = 0; v < 100; v++) {
		for (uint64_t i = 0; i < 100; i++, n++) {
			uint64_t flipped =
				guest_random(1, v, 0, i) ^ guest_random(1, v + 1, 0, i + 1);

			for (unsigned b = 0; b < 64; b++)
				ones[b] += flipped >> b & 1;
		}
	}
	for (unsigned b = 0; b < 64; b++) { /* 6 standard deviations of 50 each */
		ck_assert_uint_gt(ones[b], n / 2 - 300);
		ck_assert_uint_lt(ones[b], n / 2 + 300);
	}
}
END_TEST

/* Mean of 200,000 gaps, and the share of those under the mean, in thousandths. */
static void measure(int law, uint64_t *mean, uint64_t *under)
{
	const unsigned n = 200000;
	struct workload w = workload(law);
	struct guest_class *c = guest_class_new(&w, NULL, NULL);
	struct guest g;
	uint64_t sum = 0;

	guest_init(&g, c, 1, 0, HZ);
	*under = 0;
	for (unsigned i = 0; i < n; i++) {
		uint64_t gap = guest_next(&g)->cycles;

		ck_assert_uint_ge(gap, 1);
		sum += gap;
		*under += gap <= 1000;
	}
	guest_class_free(c);
	*mean = sum / n;
	*under = *under * 1000 / n;
}

START_TEST(each_law_has_its_mean_and_its_shape)
{
	uint64_t mean, under;

	measure(LAW_CONSTANT, &mean, &under);
	ck_assert_uint_eq(mean, 1000);
	ck_assert_uint_eq(under, 1000);
	measure(LAW_EXPONENTIAL, &mean, &under); /* 1 - 1/e = 632 */
	ck_assert_uint_ge(mean, 990);
	ck_assert_uint_le(mean, 1010);
	ck_assert_uint_ge(under, 628);
	ck_assert_uint_le(under, 636);
	measure(LAW_BURSTY, &mean, &under); /* and a tenth of the pause of 500 us */
	ck_assert_uint_ge(mean, 50990);
	ck_assert_uint_le(mean, 51010);
	ck_assert_uint_le(under, 573);
}
END_TEST

START_TEST(kinds_come_as_often_as_their_weights_say)
{
	struct workload w = workload(LAW_CONSTANT);
	uint64_t n[EXIT_COUNT] = {0};
	struct guest_class *c = guest_class_new(&w, NULL, NULL);
	struct guest g;

	guest_init(&g, c, 1, 0, HZ);
	for (unsigned i = 0; i < 40000; i++)
		n[guest_next(&g)->kind]++;
	guest_class_free(c);
	ck_assert_uint_eq(n[EXIT_hvc_unknown] + n[EXIT_wfi], 40000);
	ck_assert_uint_ge(n[EXIT_wfi], 9700);
	ck_assert_uint_le(n[EXIT_wfi], 10300);
}
END_TEST

/* ---- rows ---- */

/* Each row has a workload that takes it, and its guest always answers with an exit that [mix] may have. */
START_TEST(each_row_of_guests_answers_what_comes_next)
{
	struct workload w = workload(LAW_EXPONENTIAL);
	const struct guest_ops *row = guest_row((size_t)_i);
	struct fixture_machine m;
	struct err e = {ERR_NONE, ""};
	struct guest_class *c;
	struct ws_prog *p;
	struct guest g;

	fixture_machine_from(&m, EL2SIM_SOURCE_DIR "/configs/machine/neoverse-n1.ini", "machine.clock=1GHz");
	p = fixture_compile(ws_model_by_name("linux-6.12-vhe"), &m.m, 0);
	w.trace = strcmp(guest_row_name((size_t)_i), "recorded") == 0
			  ? EL2SIM_SOURCE_DIR "/traces/samples/linux-6.12-vhe-mixed-4v2p.e2t"
			  : NULL;
	w.guest = row->executes ? "guest.elf" : NULL;
	ck_assert(row->takes(&w));
	c = guest_class_new(&w, p, &e);
	ck_assert_msg(c != NULL, "%s", e.text);
	ck_assert_ptr_eq(c->ops, row); /* no row before it takes that */
	if (row->executes) { /* only on a machine: test_code */
		guest_class_free(c);
		ws_free(p);
		opt_free(m.set);
		return;
	}
	guest_init(&g, c, 1, 2, HZ);
	for (unsigned i = 0; i < 5000; i++) {
		const struct guest_act *a = guest_next(&g);

		ck_assert_uint_ge(a->cycles, 1);
		ck_assert(exit_is_workload(a->kind));
		ck_assert(a->located || (a->address == 0 && a->data == 0));
	}
	guest_class_free(c);
	ws_free(p);
	opt_free(m.set);
}
END_TEST

START_TEST(an_empty_mix_is_one_clear_line)
{
	struct workload w = {.exits_per_s = 1};
	struct err e;

	ck_assert_int_eq(workload_check(&w, &e), -1);
	ck_assert_int_eq(e.code, ERR_CONFIG);
	ck_assert_str_eq(e.text,
			 "[mix] is empty: give at least one exit kind a weight, hvc_unknown = 1, or a trace");
}
END_TEST

START_TEST(a_rate_of_zero_and_a_kind_that_no_guest_causes_are_refused)
{
	static const struct {
		const char *set, *says;
	} bad[] = {
		{"workload.exits_per_s=0", "exits_per_s"},
		{"workload.exits_per_s=10000001", "exits_per_s"},
		{"mix.irq=1", "irq"},
		{"mix.preempt=1", "preempt"},
		{"mix.hvc_unknown=-1", "hvc_unknown"},
		{"workload.law=gauss", "law"},
		{"workload.fp_permille=1001", "fp_permille"},
	};
	size_t n;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct opt_row *rows = workload_opt_rows(&n);
		struct opt_set *set = opt_new();
		struct workload w;
		struct err e = {ERR_NONE, ""};

		opt_add(set, rows, n, &w);
		ck_assert_int_eq(opt_override(set, bad[i].set, &e), -1);
		ck_assert_ptr_nonnull(strstr(e.text, bad[i].says));
		opt_free(set);
		free(rows);
	}
}
END_TEST

/* ---- schedulers ---- */

enum { THREADS = 6, CPUS = 2, SLICE = 100 };

struct host {
	struct sched *s;
	struct sched_ent t[THREADS];
	uint64_t had[THREADS];
};

static void host_init(struct host *h, enum sched_id id, unsigned threads)
{
	memset(h, 0, sizeof(*h));
	h->s = sched_new(id, CPUS, SLICE);
	for (unsigned i = 0; i < threads; i++) {
		h->t[i] = (struct sched_ent){.id = i, .cpu = i % CPUS, .weight = 1024};
		h->s->ops->enqueue(h->s, &h->t[i], h->t[i].cpu, false);
	}
}

/* Both CPUs run what they pick for one slice, many times. */
static void share(struct host *h, unsigned rounds)
{
	const struct sched_ops *ops = h->s->ops;

	for (unsigned r = 0; r < rounds; r++) {
		struct sched_ent *t[CPUS];

		for (unsigned c = 0; c < CPUS; c++) {
			t[c] = ops->pick(h->s, c);
			ck_assert_ptr_nonnull(t[c]);
			ck_assert_uint_eq(t[c]->cpu, c);
			(void)ops->ran(h->s, t[c], SLICE);
			h->had[t[c]->id] += SLICE;
		}
		for (unsigned c = 0; c < CPUS; c++)
			ops->enqueue(h->s, t[c], c, false);
	}
}

START_TEST(every_scheduler_shares_two_cpus_evenly_among_six_threads)
{
	struct host h;

	host_init(&h, (enum sched_id)_i, THREADS);
	share(&h, 300);
	for (unsigned i = 0; i < THREADS; i++) {
		ck_assert_uint_ge(h.had[i], 9900);
		ck_assert_uint_le(h.had[i], 10100);
	}
	sched_free(h.s);
}
END_TEST

START_TEST(a_slice_ends_on_its_cycle_and_only_if_somebody_waits)
{
	for (unsigned waiting = 0; waiting < 2; waiting++) {
		struct host h;
		struct sched_ent *t;

		host_init(&h, (enum sched_id)_i, 1);
		t = h.s->ops->pick(h.s, 0);
		if (waiting != 0) {
			h.t[1] = (struct sched_ent){.id = CPUS, .weight = 1024};
			h.s->ops->enqueue(h.s, &h.t[1], 0, false);
		}
		ck_assert_uint_eq(h.s->ops->waiting(h.s, 0), waiting);
		ck_assert(!h.s->ops->ran(h.s, t, SLICE - 1));
		ck_assert(h.s->ops->ran(h.s, t, 1) == (waiting != 0));
		sched_free(h.s);
	}
}
END_TEST

START_TEST(a_thread_that_wakes_goes_to_an_idle_cpu_unless_it_is_pinned)
{
	bool idle[CPUS] = {false, true};
	struct host h;
	unsigned cpu;

	host_init(&h, (enum sched_id)_i, 1);
	(void)h.s->ops->pick(h.s, 0);
	cpu = h.s->ops->place(h.s, &h.t[0], idle);
	ck_assert_uint_eq(cpu, _i == SCHED_pinned ? 0 : 1);
	sched_free(h.s);
}
END_TEST

START_TEST(fair_shares_follow_the_weights)
{
	struct host h;

	host_init(&h, SCHED_fair, 4); /* 0 and 2 share the first CPU */
	h.t[0].weight = 3072;
	share(&h, 400);
	ck_assert_uint_ge(h.had[0], 29500);
	ck_assert_uint_le(h.had[0], 30500);
	ck_assert_uint_eq(h.had[0] + h.had[2], 40000);
	sched_free(h.s);
}
END_TEST

START_TEST(fair_sleep_is_not_saved_up)
{
	struct host h;
	struct sched_ent *sleeper;

	host_init(&h, SCHED_fair, 4);
	sleeper = h.s->ops->pick(h.s, 0);
	for (unsigned i = 0; i < 100; i++) {
		struct sched_ent *t = h.s->ops->pick(h.s, 0);

		(void)h.s->ops->ran(h.s, t, SLICE);
		h.s->ops->enqueue(h.s, t, 0, false);
	}
	h.s->ops->enqueue(h.s, sleeper, 0, true);
	ck_assert_uint_eq(sleeper->vruntime, h.s->queue[0].min_vruntime - SLICE);
	sched_free(h.s);
}
END_TEST

START_TEST(fair_picks_the_least_virtual_runtime_first_come_among_equals)
{
	enum { MANY = 200 };
	static struct sched_ent t[MANY];
	struct sched *s = sched_new(SCHED_fair, 1, SLICE);
	const struct sched_ent *last = NULL;

	for (unsigned i = 0; i < MANY; i++) {
		t[i] = (struct sched_ent){
			.id = i, .weight = 1024, .vruntime = guest_random(1, 0, 0, i) % 50};
		s->ops->enqueue(s, &t[i], 0, false);
	}
	for (unsigned i = 0; i < MANY; i++) {
		const struct sched_ent *next = s->ops->pick(s, 0);

		ck_assert(last == NULL || last->vruntime < next->vruntime ||
			  (last->vruntime == next->vruntime && last->id < next->id));
		last = next;
	}
	ck_assert_ptr_null(s->ops->pick(s, 0));
	sched_free(s);
}
END_TEST

START_TEST(an_idle_cpu_takes_a_thread_of_the_longest_queue)
{
	struct host h;

	host_init(&h, SCHED_fair, 3); /* two on CPU 0, one on CPU 1 */
	ck_assert_uint_eq(h.s->ops->pick(h.s, 1)->id, 1);
	ck_assert_uint_eq(h.s->ops->pick(h.s, 1)->id, 2);
	ck_assert_uint_eq(h.s->ops->pick(h.s, 1)->id, 0);
	ck_assert_ptr_null(h.s->ops->pick(h.s, 1));
	sched_free(h.s);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("guest");
	TCase *tc = tcase_create("guest");

	tcase_add_test(tc, a_vcpus_numbers_depend_on_seed_vcpu_and_stream_only);
	tcase_add_test(tc, neighbouring_vcpus_and_numbers_share_no_bits);
	tcase_add_test(tc, each_law_has_its_mean_and_its_shape);
	tcase_add_test(tc, kinds_come_as_often_as_their_weights_say);
	tcase_add_loop_test(tc, each_row_of_guests_answers_what_comes_next, 0, (int)guest_rows());
	tcase_add_test(tc, an_empty_mix_is_one_clear_line);
	tcase_add_test(tc, a_rate_of_zero_and_a_kind_that_no_guest_causes_are_refused);
	tcase_add_loop_test(tc, every_scheduler_shares_two_cpus_evenly_among_six_threads, 0,
			    SCHED_COUNT);
	tcase_add_loop_test(tc, a_slice_ends_on_its_cycle_and_only_if_somebody_waits, 0,
			    SCHED_COUNT);
	tcase_add_loop_test(tc, a_thread_that_wakes_goes_to_an_idle_cpu_unless_it_is_pinned, 0,
			    SCHED_COUNT);
	tcase_add_test(tc, fair_shares_follow_the_weights);
	tcase_add_test(tc, fair_sleep_is_not_saved_up);
	tcase_add_test(tc, fair_picks_the_least_virtual_runtime_first_come_among_equals);
	tcase_add_test(tc, an_idle_cpu_takes_a_thread_of_the_longest_queue);
	suite_add_tcase(s, tc);
	return suite_status(s);
}
