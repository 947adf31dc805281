/* SPDX-License-Identifier: Apache-2.0 */
/* Devices at the other end of MMIO exits, in simulated time. */
#include "tests/smp_bench.h"
#include "tests/suite.h"

#define VCPUS 24

/* ... and a bus that remembers. */
struct mmio {
	struct bench b;
	struct smp *m;
	struct smp_bus bus;
	uint64_t takes;        /* cycles of each access ... */
	bool late;             /* ... told by smp_answer, or at once */
	bool never;            /* no answer ever comes */
	uint64_t n, last, gap; /* accesses, cycle of the last one, cycles between the last two */
	uint64_t due[VCPUS];   /* ps at which an answer is given; SK_NEVER: none */
	bool write, vmm;
};

static uint64_t access_now(void *ctx, const struct smp_access *a)
{
	struct mmio *b = ctx;
	uint64_t now = smp_now(b->m);

	b->gap = now - b->last;
	b->last = now;
	b->n++;
	b->write = a->write;
	b->vmm = a->vmm;
	if (!b->late)
		return b->takes;
	ck_assert_msg(b->due[a->v->id] == SK_NEVER, "vCPU %u has two accesses", a->v->id);
	if (!b->never)
		b->due[a->v->id] = sk_now(&b->m->k) + b->takes * 1000;
	return SMP_UNANSWERED;
}

static void mmio_setup(struct mmio *b)
{
	memset(b, 0, sizeof(*b));
	setup(&b->b, "linux-6.12-vhe");
	b->b.o.halt_poll_ns = 500000; /* KVM's default */
	b->b.o.duration_us = 5000;
	b->b.w.law = 0; /* constant */
	for (unsigned i = 0; i < VCPUS; i++)
		b->due[i] = SK_NEVER;
}

static void build(struct mmio *b)
{
	struct err e = {ERR_NONE, ""};

	smp_free(b->m);
	b->m = smp_new(&b->b.o, &b->b.w, b->b.prog, NULL, true, &e);
	ck_assert_msg(b->m != NULL, "%s", e.text);
	b->bus = (struct smp_bus){b, access_now};
	b->m->bus = &b->bus;
	b->n = b->last = b->gap = 0;
}

static void mmio_teardown(struct mmio *b)
{
	smp_free(b->m);
	teardown(&b->b);
}

/* The answer that is due first, or SK_NEVER. */
static uint64_t first_answer(const struct mmio *b, unsigned *vcpu)
{
	uint64_t first = SK_NEVER;

	for (unsigned i = 0; i < VCPUS; i++) {
		if (b->due[i] < first) {
			first = b->due[i];
			*vcpu = i;
		}
	}
	return first;
}

/* Run as a co-simulator does: one time after the other, answers when they are due. */
static void mmio_simulate(struct mmio *b)
{
	uint64_t end = (uint64_t)b->b.o.duration_us * 1000000;
	struct err e = {ERR_NONE, ""};
	unsigned v = 0;

	build(b);
	for (uint64_t now = 0; now <= end;) {
		uint64_t answer, next;

		ck_assert_msg(sk_run_until(&b->m->k, now, &e) == 0, "%s", e.text);
		while (first_answer(b, &v) <= now) {
			b->due[v] = SK_NEVER;
			ck_assert(smp_answer(&b->m->vcpu[v], 0));
			ck_assert(!smp_answer(&b->m->vcpu[v], 0));
		}
		ck_assert_msg(smp_check_wakeups(b->m, &e) == 0, "%s", e.text);
		answer = first_answer(b, &v);
		next = sk_next_time(&b->m->k);
		now = next < answer ? next : answer;
	}
	ck_assert_msg(sk_run_until(&b->m->k, end, &e) == 0, "%s", e.text);
	ck_assert_msg(b->m->engine.ops->finish(&b->m->engine, true, &e) == 0, "%s", e.text);
}

static const enum exit_kind kinds[] = {EXIT_mmio_gicd_read, EXIT_mmio_ioeventfd,
				       EXIT_mmio_gicd_write, EXIT_mmio_read_user,
				       EXIT_mmio_write_user};

START_TEST(each_access_lasts_longer_by_exactly_what_its_device_takes)
{
	enum exit_kind kind = kinds[_i];
	uint64_t gap;
	struct mmio b;
	bool write;

	mmio_setup(&b);
	b.b.w.mix[kind] = 1;
	mmio_simulate(&b);
	gap = b.gap;
	ck_assert_uint_gt(b.n, 10);
	ck_assert(exit_is_mmio(kind, &write));
	ck_assert(b.write == write);
	ck_assert(b.vmm == exit_is_user(kind));
	for (unsigned late = 0; late < 2; late++) {
		static const uint64_t takes[] = {0, 1, 999, 123457};

		b.late = late != 0;
		for (unsigned i = 0; i < 4; i++) {
			b.takes = takes[i];
			mmio_simulate(&b);
			ck_assert_uint_gt(b.n, 10);
			ck_assert_uint_eq(b.gap, gap + b.takes);
			if (b.vmm) /* all accesses but a last one that the end cuts off */
				ck_assert_uint_ge(b.m->cpu[0].time[TIME_USER], (b.n - 1) * b.takes);
			else
				ck_assert_uint_ge(b.m->cpu[0].time[TIME_HANDLE],
						  (b.n - 1) * b.takes);
		}
	}
	mmio_teardown(&b);
}
END_TEST

START_TEST(every_kind_that_accesses_a_device_is_one_of_these)
{
	unsigned n = 0;

	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		bool write, listed = false;

		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
			listed |= kinds[i] == (enum exit_kind)k;
		if (exit_is_mmio((enum exit_kind)k, &write) && exit_is_workload((enum exit_kind)k)) {
			ck_assert_msg(listed, "%s", exit_row((enum exit_kind)k)->name);
			n++;
		} else {
			ck_assert_msg(!listed, "%s", exit_row((enum exit_kind)k)->name);
		}
	}
	ck_assert_uint_eq(n, sizeof(kinds) / sizeof(kinds[0]));
}
END_TEST

START_TEST(an_exit_that_is_not_mmio_asks_no_device)
{
	struct mmio b;

	mmio_setup(&b);
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		bool write;

		b.b.w.mix[k] = exit_is_workload((enum exit_kind)k) &&
			     !exit_is_mmio((enum exit_kind)k, &write);
	}
	mmio_simulate(&b);
	ck_assert_uint_eq(b.n, 0);
	mmio_teardown(&b);
}
END_TEST

/* Whose pCPU is gone, and whose thread only waits. */
START_TEST(a_device_without_an_answer_stops_the_pcpu_in_the_kernel_and_one_thread_in_the_vmm)
{
	struct mmio b;

	for (unsigned user = 0; user < 2; user++) {
		mmio_setup(&b);
		b.b.o.vcpus = 2;
		b.b.o.slice_us = 100;
		b.b.o.tick_hz = 5000;
		b.late = b.never = true;
		b.b.w.mix[user != 0 ? EXIT_mmio_read_user : EXIT_mmio_gicd_read] = 1;
		mmio_simulate(&b);
		ck_assert_uint_eq(b.n, 1 + user);
		ck_assert((b.m->vcpu[1].o->n.entries != 0) == (user != 0));
		ck_assert((b.m->out.n.preemptions > 5) == (user != 0));
		ck_assert_uint_gt(b.m->cpu[0].time[user != 0 ? TIME_USER : TIME_HANDLE],
				  b.m->out.clock->end * 8 / 10);
		mmio_teardown(&b);
	}
}
END_TEST

START_TEST(an_interrupt_from_outside_reaches_the_vcpu)
{
	struct err e = {ERR_NONE, ""};
	struct mmio b;

	mmio_setup(&b);
	b.b.w.mix[EXIT_wfi] = 1;
	build(&b);
	ck_assert_int_eq(sk_run_until(&b.m->k, UINT64_C(1000000000), &e), 0);
	ck_assert_int_eq(b.m->vcpu[0].state, VC_BLOCKED);
	smp_device_fires(&b.m->vcpu[0]);
	smp_device_fires(&b.m->vcpu[0]); /* the same line */
	ck_assert_uint_eq(sk_next_time(&b.m->k), sk_now(&b.m->k));
	ck_assert_int_eq(sk_run_until(&b.m->k, UINT64_C(2000000000), &e), 0);
	ck_assert_uint_eq(b.m->out.n.injected, 1);
	ck_assert_uint_eq(b.m->out.clock->latency[LAT_DEVICE].n, 1);
	ck_assert_int_eq(b.m->engine.ops->finish(&b.m->engine, true, &e), 0);
	mmio_teardown(&b);
}
END_TEST

static uint64_t draw(uint64_t *s, uint64_t from, uint64_t to)
{
	*s = *s * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return from + (*s >> 33) % (to - from + 1);
}

/* mmio_simulate() checks wake-ups at each time, and conservation at the end. */
START_TEST(random_machines_with_devices_lose_nothing)
{
	uint64_t s = (uint64_t)_i * 977 + 5;
	struct mmio b;

	mmio_setup(&b);
	b.b.o.pcpus = (int64_t)draw(&s, 1, 6);
	b.b.o.vcpus = (int64_t)draw(&s, 1, VCPUS);
	b.b.o.vms = (int64_t)draw(&s, 1, (uint64_t)b.b.o.vcpus);
	b.b.o.sched = (int)draw(&s, 0, SCHED_COUNT - 1);
	b.b.o.slice_us = (int64_t)draw(&s, 1, 1000);
	b.b.o.tick_hz = (int64_t)draw(&s, 1, 20000);
	b.b.o.halt_poll_ns = (int64_t)draw(&s, 0, 100000);
	b.b.o.duration_us = 1500;
	b.b.o.seed = _i;
	b.b.w.exits_per_s = (int64_t)draw(&s, 1000, 500000);
	b.b.w.timer_hz = (int64_t)draw(&s, 0, 5000);
	b.b.w.device_hz = (int64_t)draw(&s, 0, 5000);
	b.b.w.user_ns = (int64_t)draw(&s, 0, 5000);
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		b.b.w.mix[kinds[i]] = 1;
	b.b.w.mix[EXIT_wfi] = b.b.w.mix[EXIT_ipi_send] = 2;
	b.takes = draw(&s, 0, 30000);
	b.late = draw(&s, 0, 3) != 0;
	b.never = draw(&s, 0, 9) == 0;
	mmio_simulate(&b);
	ck_assert_uint_gt(b.n, 0);
	mmio_teardown(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("smp_mmio");
	TCase *tc = tcase_create("smp_mmio");

	tcase_add_loop_test(tc, each_access_lasts_longer_by_exactly_what_its_device_takes, 0,
			    (int)(sizeof(kinds) / sizeof(kinds[0])));
	tcase_add_test(tc, every_kind_that_accesses_a_device_is_one_of_these);
	tcase_add_test(tc, an_exit_that_is_not_mmio_asks_no_device);
	tcase_add_test(
		tc,
		a_device_without_an_answer_stops_the_pcpu_in_the_kernel_and_one_thread_in_the_vmm);
	tcase_add_test(tc, an_interrupt_from_outside_reaches_the_vcpu);
	tcase_add_loop_test(tc, random_machines_with_devices_lose_nothing, 0, 60);
	suite_add_tcase(s, tc);
	return suite_status(s);
}
