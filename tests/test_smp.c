/* SPDX-License-Identifier: Apache-2.0 */
/* Many vCPUs in simulated time. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "tests/smp_bench.h"
#include "tests/suite.h"

/* Totals of one kind's sequence, as its row has it, with these list registers in use and no
 * physical timer. */
static struct ws_totals row_totals(const struct bench *b, enum exit_kind kind, unsigned lrs)
{
	struct runner *r = runner_new(b->prog, true);
	struct runner_vcpu *v = runner_vcpu(r, "vm");
	const struct exit_row *row = exit_row(kind);
	struct ws_totals t = {0};

	(void)runner_run(r, v, ws_phase_comp(b->prog, PHASE_LOAD), 0, 0);
	for (unsigned round = 0; round < 2;
	     round++) { /* the second one: as in the middle of a run */
		memset(&t, 0, sizeof(t));
		for (unsigned i = 0; i < row->n; i++) {
			const struct exit_step *s = &row->step[i];
			bool lr = s->is_phase && (s->id == PHASE_ENTER || s->id == PHASE_EXIT);
			uint64_t state = exit_step_state(row, i) &
					 ~(CND(PTIMER_ON) | CND(LRS) | CND(LR_LIVE));

			if (b->w.timer_hz == 0)
				state &= ~CND(VTIMER_ON);
			ws_totals_add(&t,
				      runner_run(r, v, exit_step_comp(b->prog->config.model, s),
						 state | (lr && lrs != 0 ? CND(LRS) : 0),
						 lr ? lrs : 0),
				      1);
		}
	}
	runner_free(r);
	return t;
}

static void expect_same(const struct ws_totals *got, const struct ws_totals *want, const char *what)
{
	for (unsigned c = 0; c < CNT_COUNT; c++)
		ck_assert_msg(got->n[c] == want->n[c], "%s: %llu %s, want %llu", what,
			      (unsigned long long)got->n[c], counter_name((enum ws_counter)c),
			      (unsigned long long)want->n[c]);
	ck_assert_msg(got->cycles == want->cycles, "%s: %llu cycles, want %llu", what,
		      (unsigned long long)got->cycles, (unsigned long long)want->cycles);
}

/* got - less = times * one */
static void expect_difference(const struct ws_totals *got, const struct ws_totals *less,
			      const struct ws_totals *one, uint64_t times, const char *what)
{
	struct ws_totals want = *less;

	ws_totals_add(&want, one, times);
	expect_same(got, &want, what);
}

/* ---- the machine runs what the rows of exits.def say ---- */

static const char *const models[] = {"linux-6.12-vhe", "linux-6.12-nvhe", "linux-4.15-vhe"};

/* After 1 ms, in which the first ones may differ, and after 10 ms. */
START_TEST(each_exit_of_a_lone_vcpu_counts_what_its_row_counts)
{
	struct bench b;

	setup(&b, models[_i]);
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		struct outcome_kind first;
		struct ws_totals row;
		struct smp *m;

		if (!exit_is_workload((enum exit_kind)k) || k == EXIT_wfi || k == EXIT_ipi_send)
			continue;
		memset(b.w.mix, 0, sizeof(b.w.mix));
		b.w.mix[k] = 1;
		m = machine(&b, true);
		run_to(m, 1000000);
		first = m->out.kind[k];
		run_to(m, 10000000);
		ck_assert_uint_gt(m->out.kind[k].count, first.count + 50);
		row = row_totals(&b, (enum exit_kind)k, 0);
		expect_difference(&m->out.kind[k].totals, &first.totals, &row,
				  m->out.kind[k].count - first.count,
				  exit_row((enum exit_kind)k)->name);
		smp_free(m);
	}
	teardown(&b);
}
END_TEST

START_TEST(a_wfi_that_the_timer_ends_counts_what_its_row_counts)
{
	struct ws_totals first, row;
	struct bench b;
	struct smp *m;

	setup(&b, models[_i]);
	b.w.mix[EXIT_wfi] = 1;
	b.w.law = LAW_CONSTANT;
	b.w.exits_per_s = 1000; /* 1 ms of work after each timer interrupt */
	b.w.timer_hz = 100;
	b.o.duration_us = 205000;
	m = simulate(&b, true);
	first = m->out.total;
	smp_free(m);
	b.o.duration_us = 705000; /* the same phase of the period, 50 later */
	m = simulate(&b, true);
	row = row_totals(&b, EXIT_wfi_timer, 1);
	expect_difference(&m->out.total, &first, &row, 50, "wfi_timer");
	smp_free(m);
	teardown(&b);
}
END_TEST

START_TEST(a_timer_interrupt_counts_what_its_row_counts)
{
	struct ws_totals first, row;
	struct bench b;
	struct smp *m;

	setup(&b, models[_i]);
	b.w.mix[EXIT_hvc_unknown] = 1;
	b.w.exits_per_s = 1;
	b.w.law = LAW_CONSTANT;
	b.w.timer_hz = 1000;
	b.o.duration_us = 100000;
	m = simulate(&b, true);
	first = m->out.total;
	smp_free(m);
	b.o.duration_us = 600000;
	m = simulate(&b, true);
	row = row_totals(&b, EXIT_vtimer_irq, 1);
	expect_difference(&m->out.total, &first, &row, 500, "vtimer_irq");
	ck_assert_uint_eq(m->out.kind[EXIT_vtimer_irq].count, 600);
	smp_free(m);
	teardown(&b);
}
END_TEST

START_TEST(counting_is_detailed_and_two_runs_are_one)
{
	for (unsigned run = 0; run < 2; run++) {
		struct smp *m[2];
		struct bench b;

		setup(&b, models[_i]);
		b.o.vcpus = 12;
		b.o.vms = 3;
		b.o.pcpus = 4;
		b.o.duration_us = 20000;
		b.o.halt_poll_ns = 200000;
		b.o.tick_hz = 1000;
		b.w.mix[EXIT_wfi] = b.w.mix[EXIT_ipi_send] = b.w.mix[EXIT_mmio_read_user] = 1;
		b.w.mix[EXIT_hvc_unknown] = 5;
		b.w.fp_permille = 300;
		b.w.timer_hz = 1000;
		b.w.device_hz = 500;
		m[0] = simulate(&b, true);
		m[1] = simulate(&b, run != 0);
		expect_same(&m[1]->out.total, &m[0]->out.total, "total");
		ck_assert_mem_eq(&m[1]->out.n, &m[0]->out.n, sizeof(m[0]->out.n));
		ck_assert_mem_eq(m[1]->out.clock->latency, m[0]->out.clock->latency,
				 sizeof(m[0]->out.clock->latency));
		for (unsigned v = 0; v < m[0]->n_vcpu; v++)
			ck_assert_mem_eq(m[1]->vcpu[v].o->time, m[0]->vcpu[v].o->time,
					 sizeof(m[0]->vcpu[v].o->time));
		smp_free(m[0]);
		smp_free(m[1]);
		teardown(&b);
	}
}
END_TEST

/* ---- time ---- */

START_TEST(a_timer_interrupt_takes_the_guest_out_at_its_deadline_and_not_before)
{
	struct bench b;
	uint64_t deadline;
	struct smp *m;

	setup(&b, "linux-6.12-vhe");
	b.w.mix[EXIT_hvc_unknown] = 1;
	b.w.exits_per_s = 1;
	b.w.law = LAW_CONSTANT;
	b.w.timer_hz = 100;
	m = machine(&b, true);
	run_to(m, 0);
	deadline = m->vcpu[0].timer_at;
	ck_assert_uint_gt(deadline, 10000);
	run_to(m, deadline - 1);
	ck_assert_uint_eq(m->out.n.entries, 1);
	ck_assert_uint_eq(m->out.n.exits, 0);
	run_to(m, deadline);
	ck_assert_uint_eq(m->out.n.exits, 1);
	ck_assert_int_eq(m->vcpu[0].kind, EXIT_vtimer_irq);
	smp_free(m);
	teardown(&b);
}
END_TEST

/* Poll for so many ns in the first WFI; returns the machine after the timer's deadline. */
static struct smp *poll_first(struct bench *b, uint64_t ns, uint64_t *halted, uint64_t *deadline)
{
	struct smp *m = machine(b, true);

	run_to(m, 0);
	m->vcpu[0].halt_poll_ns = ns;
	*deadline = m->vcpu[0].timer_at;
	run_to(m, *deadline + 100000);
	*halted = m->vcpu[0].halt_at;
	return m;
}

START_TEST(an_interrupt_within_the_polling_time_is_a_hit_one_cycle_later_the_thread_sleeps)
{
	uint64_t halted, deadline;
	struct bench b;
	struct smp *m;

	setup(&b, "linux-6.12-vhe");
	b.w.mix[EXIT_wfi] = 1;
	b.w.law = LAW_CONSTANT;
	b.w.exits_per_s = 2000; /* the second WFI is not before 500 us after the deadline */
	b.w.timer_hz = 100;
	b.o.halt_poll_ns = 100000000;
	m = poll_first(&b, 0, &halted, &deadline);
	ck_assert_uint_eq(m->out.n.blocks, 1);
	ck_assert_uint_lt(halted, deadline);
	smp_free(m);
	m = poll_first(&b, deadline - halted, &halted, &deadline);
	ck_assert_uint_eq(m->out.n.poll_hits, 1);
	ck_assert_uint_eq(m->out.n.blocks, 0);
	smp_free(m);
	m = poll_first(&b, deadline - halted - 1, &halted, &deadline);
	ck_assert_uint_eq(m->out.n.poll_hits, 0);
	ck_assert_uint_eq(m->out.n.blocks, 1);
	smp_free(m);
	teardown(&b);
}
END_TEST

START_TEST(polling_grows_to_short_sleeps_and_shrinks_after_long_ones)
{
	struct bench b;
	struct smp *m;

	setup(&b, "linux-6.12-vhe");
	b.w.mix[EXIT_wfi] = 1;
	b.w.law = LAW_CONSTANT;
	b.w.exits_per_s = 100000;
	b.o.halt_poll_ns = 500000;
	b.w.timer_hz = 10000; /* sleeps of some 90 us: 10, 20, 40, 80, 160 us, and then each one is
				 a hit */
	m = simulate(&b, true);
	ck_assert_uint_eq(m->out.n.blocks, 5);
	ck_assert_uint_eq(m->vcpu[0].halt_poll_ns, 160000);
	smp_free(m);
	b.w.timer_hz = 1000; /* longer than halt_poll */
	m = simulate(&b, true);
	ck_assert_uint_eq(m->out.n.poll_hits, 0);
	ck_assert_uint_eq(m->vcpu[0].halt_poll_ns, 0);
	smp_free(m);
	teardown(&b);
}
END_TEST

START_TEST(overcommitted_vcpus_share_the_pcpus_and_the_rest_is_steal)
{
	struct bench b;

	for (int sched = 0; sched < SCHED_COUNT; sched++) {
		struct smp *m;

		setup(&b, "linux-6.12-vhe");
		b.w.mix[EXIT_hvc_unknown] = 1;
		b.o.vcpus = 8;
		b.o.pcpus = 2;
		b.o.tick_hz = 1000;
		b.o.slice_us = 900; /* one tick */
		b.o.sched = sched;
		b.o.duration_us = 400000;
		m = simulate(&b, true);
		for (unsigned v = 0; v < 8; v++) { /* a quarter each, give or take two slices */
			ck_assert_uint_ge(m->vcpu[v].o->time[TIME_STEAL], 300000000 - 2500000);
			ck_assert_uint_le(m->vcpu[v].o->time[TIME_STEAL], 300000000 + 2500000);
		}
		ck_assert_uint_ge(m->out.n.preemptions, 700);
		ck_assert_uint_eq(m->out.n.loads, m->out.n.puts + 2);
		smp_free(m);
		teardown(&b);
	}
}
END_TEST

START_TEST(vcpus_that_have_a_pcpu_each_are_never_stolen_from)
{
	struct bench b;
	struct smp *m;

	setup(&b, "linux-6.12-vhe");
	b.w.mix[EXIT_hvc_unknown] = 1;
	b.o.vcpus = b.o.pcpus = 8;
	b.o.tick_hz = 1000;
	m = simulate(&b, true);
	ck_assert_uint_eq(m->out.n.loads, 8);
	for (unsigned v = 0; v < 8; v++)
		ck_assert_uint_eq(m->vcpu[v].o->time[TIME_STEAL], 0);
	smp_free(m);
	teardown(&b);
}
END_TEST

START_TEST(the_tlb_is_flushed_only_when_another_vcpu_of_the_vm_ran_last)
{
	static const struct {
		int64_t vms;
		bool flush;
	} cases[] = {{1, true}, {2, false}, {70, false}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bench b;
		struct smp *m;

		setup(&b, "linux-6.12-vhe");
		b.w.mix[EXIT_hvc_unknown] = 1;
		b.o.vcpus = cases[i].vms > 2 ? cases[i].vms : 2;
		b.o.vms = cases[i].vms;
		b.o.tick_hz = 1000;
		b.o.slice_us = 900; /* one tick */
		m = simulate(&b, true);
		ck_assert_uint_gt(m->out.n.loads, 90);
		ck_assert((m->out.phase[PHASE_LOAD].n[CNT_tlbi] != 0) == cases[i].flush);
		smp_free(m);
		teardown(&b);
	}
}
END_TEST

START_TEST(measured_cycles_are_handling_time)
{
	const struct outcome_path measured[EXIT_COUNT] = {[EXIT_hvc_unknown] = {500, 1000}};
	uint64_t n;
	struct err e = {ERR_NONE, ""};
	struct bench b;
	struct smp *m;

	setup(&b, "linux-6.12-vhe");
	b.w.mix[EXIT_hvc_unknown] = 1;
	m = smp_new(&b.o, &b.w, b.prog, measured, true, &e);
	ck_assert_ptr_nonnull(m);
	ck_assert_msg(smp_run(m, &e) == 0, "%s", e.text);
	n = m->out.kind[EXIT_hvc_unknown].count;
	ck_assert_uint_gt(n, 500);
	ck_assert_uint_ge(m->vcpu[0].o->time[TIME_HANDLE], 1000 * n);
	ck_assert_uint_le(m->vcpu[0].o->time[TIME_HANDLE], 1000 * (n + 1) + 1000);
	smp_free(m);
	teardown(&b);
}
END_TEST

/* ---- configuration ---- */

START_TEST(more_vms_than_vcpus_and_an_endless_duration_are_refused)
{
	struct err e = {ERR_NONE, ""};
	struct bench b;

	setup(&b, "linux-6.12-vhe");
	ck_assert_ptr_null(smp_new(&b.o, &b.w, b.prog, NULL, true, &e));
	ck_assert_str_eq(e.text,
			 "[mix] is empty: give at least one exit kind a weight, hvc_unknown = 1, or a trace");
	b.w.mix[EXIT_wfi] = 1;
	b.o.vms = 2;
	ck_assert_ptr_null(smp_new(&b.o, &b.w, b.prog, NULL, true, &e));
	ck_assert_int_eq(e.code, ERR_CONFIG);
	ck_assert_str_eq(e.text,
			 "[machine] vms = 2, but only 1 vCPUs: want at most one VM per vCPU");
	b.o.vms = 1;
	b.o.duration_us = INT64_C(9000000000001);
	ck_assert_ptr_null(smp_new(&b.o, &b.w, b.prog, NULL, true, &e));
	ck_assert_str_eq(
		e.text,
		"[run] duration = 9000000000001 us: want at most 9000000000000 us (104 days)");
	teardown(&b);
}
END_TEST

START_TEST(numbers_of_vcpus_and_pcpus_out_of_range_are_one_clear_line)
{
	static const char *const bad[] = {
		"machine.vcpus=0", "machine.vcpus=65537", "machine.pcpus=0", "machine.pcpus=4097",
		"host.tick_hz=0",  "host.slice=0",        "run.duration=0"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct opt_set *set = opt_new();
		struct err e = {ERR_NONE, ""};
		const struct opt_row *rows;
		struct smp_options o;
		size_t n;

		rows = smp_opt_rows(&n);
		opt_add(set, rows, n, &o);
		ck_assert_int_eq(opt_override(set, bad[i], &e), -1);
		ck_assert_int_eq(e.code, ERR_CONFIG);
		ck_assert_ptr_nonnull(strstr(e.text, "want"));
		opt_free(set);
	}
}
END_TEST

int main(void)
{
	const int n = (int)(sizeof(models) / sizeof(models[0]));
	Suite *s = suite_create("smp");
	TCase *tc = tcase_create("smp");

	tcase_add_loop_test(tc, each_exit_of_a_lone_vcpu_counts_what_its_row_counts, 0, n);
	tcase_add_loop_test(tc, a_wfi_that_the_timer_ends_counts_what_its_row_counts, 0, n);
	tcase_add_loop_test(tc, a_timer_interrupt_counts_what_its_row_counts, 0, n);
	tcase_add_loop_test(tc, counting_is_detailed_and_two_runs_are_one, 0, n);
	tcase_add_test(tc, a_timer_interrupt_takes_the_guest_out_at_its_deadline_and_not_before);
	tcase_add_test(
		tc,
		an_interrupt_within_the_polling_time_is_a_hit_one_cycle_later_the_thread_sleeps);
	tcase_add_test(tc, polling_grows_to_short_sleeps_and_shrinks_after_long_ones);
	tcase_add_test(tc, overcommitted_vcpus_share_the_pcpus_and_the_rest_is_steal);
	tcase_add_test(tc, vcpus_that_have_a_pcpu_each_are_never_stolen_from);
	tcase_add_test(tc, the_tlb_is_flushed_only_when_another_vcpu_of_the_vm_ran_last);
	tcase_add_test(tc, measured_cycles_are_handling_time);
	tcase_add_test(tc, more_vms_than_vcpus_and_an_endless_duration_are_refused);
	tcase_add_test(tc, numbers_of_vcpus_and_pcpus_out_of_range_are_one_clear_line);
	suite_add_tcase(s, tc);
	return suite_status(s);
}
