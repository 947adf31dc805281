/* SPDX-License-Identifier: Apache-2.0 */
/* Devices, interrupts and kicks of a program that embeds a machine (sim/lib/machine.h). */
#include <stdlib.h>

#include "tests/machine_bench.h"
#include "tests/suite.h"

/* ---- devices ---- */

struct tape {
	uint64_t takes; /* ps */
	uint64_t n, last, gap[2];
	struct el2sim_access a;
	bool late;
	unsigned waiting; /* vCPU, EL2SIM_ALL: none */
	uint64_t answer_at;
};

static uint64_t on_tape(void *ctx, struct el2sim *m, const struct el2sim_access *a)
{
	struct tape *t = ctx;

	t->n++;
	t->gap[0] = t->gap[1];
	t->gap[1] = el2sim_now(m) - t->last;
	t->last = el2sim_now(m);
	t->a = *a;
	if (!t->late)
		return t->takes;
	t->waiting = a->vcpu;
	t->answer_at = t->last + t->takes;
	return EL2SIM_LATER;
}

static void add(struct el2sim *m, struct tape *t, unsigned vm, uint64_t base, unsigned accesses)
{
	struct el2sim_device d = {.name = "tape",
				  .base = base,
				  .size = 0x100,
				  .vm = vm,
				  .accesses = accesses,
				  .access = on_tape,
				  .ctx = t};
	struct el2sim_error e;

	fine(el2sim_add_device(m, &d, &e), &e);
}

static void run_with_answers(struct el2sim *m, struct tape *t)
{
	struct el2sim_error e;

	t->waiting = EL2SIM_ALL;
	for (;;) {
		uint64_t next = el2sim_next_time(m);
		bool answer = t->waiting != EL2SIM_ALL && t->answer_at <= next;

		if (answer)
			next = t->answer_at;
		if (next > el2sim_end_time(m))
			break;
		fine(el2sim_run_until(m, next, &e), &e);
		if (answer) {
			fine(el2sim_answer(m, t->waiting, 0, &e), &e);
			t->waiting = EL2SIM_ALL;
		}
	}
	run_out(m);
}

static const char *const mixes[] = {"mmio_gicd_read = 1\n", "mmio_ioeventfd = 1\n",
				    "mmio_read_user = 1\n", "mmio_write_user = 1\n"};

START_TEST(latency_adds_to_the_handling_of_the_exit_exactly)
{
	uint64_t handling[2] = {0, 0};

	for (unsigned late = 0; late < 2; late++) {
		struct tape none = {.late = late != 0},
			    some = {.late = late != 0, .takes = 2345000};
		struct tape *const t[] = {&none, &some};

		for (unsigned i = 0; i < 2; i++) {
			struct el2sim *m = quiet_machine(mixes[_i]);
			struct el2sim_error e;

			add(m, t[i], 0, 0x9000000, 0);
			if (late != 0)
				run_with_answers(m, t[i]);
			else
				run_out(m);
			ck_assert_uint_gt(t[i]->n, 100);
			ck_assert_uint_eq(t[i]->gap[0], t[i]->gap[1]);
			/* the other VM has no device */
			ck_assert_uint_ge(count(m, EL2SIM_VCPU, 1, "exits"), t[i]->n);
			handling[i] = t[i]->gap[1];
			refused(el2sim_answer(m, 0, 0, &e), &e, EL2SIM_USAGE, "el2sim_finish");
			el2sim_free(m);
		}
		ck_assert_uint_eq(handling[1], handling[0] + some.takes);
	}
}
END_TEST

START_TEST(a_latency_ends_at_the_next_cycle)
{
	static const struct {
		uint64_t ps, cycles;
	} cases[] = {{0, 0}, {1, 1}, {999, 1}, {1000, 1}, {1001, 2}};
	uint64_t base = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct el2sim *m = quiet_machine("mmio_gicd_read = 1\n");
		struct tape t = {.takes = cases[i].ps};

		add(m, &t, EL2SIM_ALL, 0, 0);
		el2sim_free(m);
		m = quiet_machine("mmio_gicd_read = 1\n");
		t = (struct tape){.takes = cases[i].ps};
		add(m, &t, 0, 0, 0);
		run_out(m);
		base = i == 0 ? t.gap[1] : base;
		ck_assert_uint_eq(t.gap[1], base + cases[i].cycles * 1000);
		el2sim_free(m);
	}
}
END_TEST

START_TEST(an_access_is_the_devices_own)
{
	struct el2sim *m = quiet_machine("mmio_gicd_read = 1\nmmio_write_user = 1\n");
	struct tape reads = {.n = 0}, writes = {.n = 0}, other = {.n = 0};

	add(m, &reads, 0, 0x1000, EL2SIM_READ);
	add(m, &writes, 0, 0x2000, EL2SIM_WRITE | EL2SIM_IN_VMM);
	add(m, &other, 1, 0x1000, 0);
	run_out(m);
	ck_assert_uint_gt(reads.n, 10);
	ck_assert_uint_gt(writes.n, 10);
	ck_assert(!reads.a.write && !reads.a.vmm && reads.a.data == 0);
	ck_assert(writes.a.write && writes.a.vmm && writes.a.data <= UINT32_MAX);
	ck_assert_uint_eq(reads.a.address & ~UINT64_C(0xfc), 0x1000);
	ck_assert_uint_eq(writes.a.address & ~UINT64_C(0xfc), 0x2000);
	ck_assert_uint_eq(reads.a.vm + reads.a.vcpu, 0);
	ck_assert_uint_eq(other.a.vm, 1);
	ck_assert_uint_eq(other.a.device, 2);
	ck_assert_str_eq(reads.a.exit_kind, "mmio_gicd_read");
	ck_assert_uint_eq(reads.n + writes.n +
				  (count(m, EL2SIM_VCPU, 0, "exits") - reads.n - writes.n),
			  count(m, EL2SIM_VM, 0, "exits"));
	el2sim_free(m);
}
END_TEST

/* Only who gets an access is drawn: of other numbers no vCPU sees a different one. */
START_TEST(devices_that_take_no_time_leave_the_counts_alone)
{
	struct el2sim *bare =
		quiet_machine("mmio_gicd_read = 1\nmmio_write_user = 2\nhvc_unknown = 1\n");
	struct el2sim *with =
		quiet_machine("mmio_gicd_read = 1\nmmio_write_user = 2\nhvc_unknown = 1\n");
	struct tape t = {.n = 0};

	add(with, &t, EL2SIM_ALL, 0, 0);
	run_out(bare);
	run_out(with);
	ck_assert_uint_gt(t.n, 100);
	for (unsigned i = 0; el2sim_counter_name(i) != NULL; i++)
		ck_assert_uint_eq(count(bare, EL2SIM_MACHINE, 0, el2sim_counter_name(i)),
				  count(with, EL2SIM_MACHINE, 0, el2sim_counter_name(i)));
	el2sim_free(bare);
	el2sim_free(with);
}
END_TEST

START_TEST(weights_share_out_the_accesses)
{
	struct el2sim *m = quiet_machine("mmio_gicd_read = 1\n");
	struct tape t[2] = {{.n = 0}, {.n = 0}};
	struct el2sim_error e;

	for (unsigned i = 0; i < 2; i++) {
		struct el2sim_device d = {.name = i == 0 ? "a" : "b",
					  .base = 0x1000 * i,
					  .size = 8,
					  .vm = EL2SIM_ALL,
					  .weight = i == 0 ? 3 : 1,
					  .access_size = 8,
					  .access = on_tape,
					  .ctx = &t[i]};

		fine(el2sim_add_device(m, &d, &e), &e);
	}
	run_out(m);
	ck_assert_uint_gt(t[0].n, t[1].n * 2);
	ck_assert_uint_lt(t[0].n, t[1].n * 4);
	ck_assert_uint_eq(t[1].a.address, 0x1000);
	ck_assert_uint_eq(t[1].a.size, 8);
	el2sim_free(m);
}
END_TEST

START_TEST(the_report_has_a_table_of_devices)
{
	struct el2sim *m = quiet_machine("mmio_gicd_read = 1\n");
	struct tape t = {.takes = 500500};
	char *text;

	add(m, &t, 1, 0, 0);
	run_out(m);
	text = report(m, "csv");
	ck_assert_msg(strstr(text, "device,vm,reads,writes,unanswered,takes_mean,takes_max,"
				   "handling_mean,handling_p50,handling_max\n") != NULL,
		      "%s", text);
	ck_assert_ptr_nonnull(strstr(text, "\ntape,1,"));
	ck_assert_ptr_nonnull(strstr(text, ",500.500,500.500,"));
	free(text);
	el2sim_free(m);
}
END_TEST

static const struct {
	struct el2sim_device d;
	const char *says;
} bad_devices[] = {
	{{"d", 0, 4, 0, 0, 0, 0, NULL, NULL}, "device d: no function"},
	{{"d", 0, 4, 3, 0, 0, 0, on_tape, NULL}, "accesses of 3 bytes: want 1, 2, 4 or 8"},
	{{"d", 0, 4, 16, 0, 0, 0, on_tape, NULL}, "accesses of 16 bytes"},
	{{"d", 0, 3, 4, 0, 0, 0, on_tape, NULL}, "want room for an aligned access of 4 bytes"},
	{{"d", 2, 8, 4, 0, 0, 0, on_tape, NULL}, "0x8 bytes at 0x2"},
	{{"d", UINT64_MAX - 3, 8, 4, 0, 0, 0, on_tape, NULL}, "below 2^64"},
	{{"d", 0, 4, 4, 2, 0, 0, on_tape, NULL}, "VM 2: want one of 0..1, or EL2SIM_ALL"},
	{{"d", 0, 4, 4, 0, 16, 0, on_tape, NULL}, "accesses with 0x10"},
	{{"d", 0x10fc, 4, 4, EL2SIM_ALL, 0, 0, on_tape, NULL},
	 "device d at 0x10fc: tape is there already"},
};

START_TEST(a_wrong_device_is_refused_in_one_line)
{
	struct el2sim *m = quiet_machine("mmio_gicd_read = 1\n");
	struct tape t = {.n = 0};
	struct el2sim_error e;

	add(m, &t, 0, 0x1000, 0);
	refused(el2sim_add_device(m, &bad_devices[_i].d, &e), &e, EL2SIM_USAGE,
		bad_devices[_i].says);
	add(m, &t, 1, 0x1000, 0); /* the same place in another VM */
	el2sim_free(m);
}
END_TEST

/* ---- from outside ---- */

START_TEST(an_interrupt_and_a_kick_from_outside_leave_the_guest)
{
	struct el2sim *m = quiet_machine("hvc_unknown = 1\n");
	struct el2sim_error e;
	uint64_t before, now;

	refused(el2sim_raise(m, 0, &e), &e, EL2SIM_USAGE, "el2sim_raise");
	fine(el2sim_run_until(m, 25000000, &e), &e);
	refused(el2sim_raise(m, 2, &e), &e, EL2SIM_USAGE,
		"vCPU 2: want one of the machine's, 0..1");
	now = el2sim_now(m);
	before = count(m, EL2SIM_VCPU, 0, "exits");
	fine(el2sim_kick(m, 0, &e), &e);
	ck_assert_uint_eq(el2sim_next_time(m), now);
	fine(el2sim_run_until(m, now, &e), &e);
	ck_assert_uint_eq(count(m, EL2SIM_VCPU, 0, "exits"), before + 1);
	fine(el2sim_raise(m, 1, &e), &e);
	run_out(m);
	ck_assert_uint_eq(count(m, EL2SIM_VCPU, 1, "injected"), 1);
	ck_assert_uint_eq(count(m, EL2SIM_VCPU, 0, "injected"), 0);
	el2sim_free(m);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("machine_devices");
	TCase *tc = tcase_create("machine_devices");

	tcase_add_loop_test(tc, latency_adds_to_the_handling_of_the_exit_exactly, 0,
			    (int)(sizeof(mixes) / sizeof(mixes[0])));
	tcase_add_test(tc, a_latency_ends_at_the_next_cycle);
	tcase_add_test(tc, an_access_is_the_devices_own);
	tcase_add_test(tc, devices_that_take_no_time_leave_the_counts_alone);
	tcase_add_test(tc, weights_share_out_the_accesses);
	tcase_add_test(tc, the_report_has_a_table_of_devices);
	tcase_add_loop_test(tc, a_wrong_device_is_refused_in_one_line, 0,
			    (int)(sizeof(bad_devices) / sizeof(bad_devices[0])));
	tcase_add_test(tc, an_interrupt_and_a_kick_from_outside_leave_the_guest);
	suite_add_tcase(s, tc);
	return suite_status(s);
}
