/* SPDX-License-Identifier: Apache-2.0 */
/* How events become loads, entries, exits and puts, and what is charged to which kind. */
#include "tests/replay_script.h"
#include "tests/suite.h"

START_TEST(the_first_entry_of_a_vcpu_loads_it)
{
	struct script s;
	struct outcome *r;

	begin(&s);
	entry(&s, A, 0);
	r = play(&s);
	expect_switches(r, 1, 1, 0, 0);
	ck_assert_uint_eq(r->kind[EXIT_run_first].count, 1);
	ck_assert_uint_eq(r->n_vcpu, 1);
	replay_free(r);
}
END_TEST

START_TEST(an_exit_handled_in_the_kernel_neither_puts_nor_loads)
{
	struct script s;
	struct outcome *r;

	begin(&s);
	entry(&s, A, 0);
	for (unsigned i = 0; i < 10; i++) {
		hvc(&s, A, 0, 0x4b000000);
		entry(&s, A, 0);
	}
	r = play(&s);
	expect_switches(r, 1, 11, 10, 0);
	ck_assert_uint_eq(r->kind[EXIT_hvc_unknown].count, 10);
	/* facts of the deferred switch on this core: 11 reads and 13 writes */
	ck_assert_uint_eq(r->kind[EXIT_hvc_unknown].totals.n[CNT_read], 110);
	ck_assert_uint_eq(r->kind[EXIT_hvc_unknown].totals.n[CNT_write], 130);
	replay_free(r);
}
END_TEST

START_TEST(the_function_of_an_hvc_is_its_kind)
{
	struct script s;
	struct outcome *r;

	begin(&s);
	entry(&s, A, 0);
	hvc(&s, A, 0, 0x84000000);
	entry(&s, A, 0);
	hvc(&s, A, 0, 0x80000000);
	entry(&s, A, 0);
	r = play(&s);
	ck_assert_uint_eq(r->kind[EXIT_hvc_psci_version].count, 1);
	ck_assert_uint_eq(r->kind[EXIT_hvc_smccc_version].count, 1);
	replay_free(r);
}
END_TEST

START_TEST(an_exit_to_the_vmm_puts_and_loads_once)
{
	struct script s;
	struct outcome *r;

	begin(&s);
	entry(&s, A, 0);
	trap(&s, A, 0, EC_DABT);
	event(&s, TR_kvm_mmio, A, 0, 0, 4, 0x1000); /* unsatisfied read */
	to_vmm(&s, A, 0);
	entry(&s, A, 0);
	r = play(&s);
	expect_switches(r, 2, 2, 1, 1);
	ck_assert_uint_eq(r->n.user_exits, 1);
	ck_assert_uint_eq(r->kind[EXIT_mmio_read_user].count, 1);
	replay_free(r);
}
END_TEST

START_TEST(an_mmio_write_to_the_vmm_is_told_from_a_read)
{
	struct script s;
	struct outcome *r;

	begin(&s);
	entry(&s, A, 0);
	trap(&s, A, 0, EC_DABT);
	event(&s, TR_kvm_mmio, A, 0, 2, 4, 0x1000);
	to_vmm(&s, A, 0);
	entry(&s, A, 0);
	trap(&s, A, 0, EC_DABT);
	event(&s, TR_kvm_mmio, A, 0, 2, 4, 0x1000);
	entry(&s, A, 0);
	r = play(&s);
	ck_assert_uint_eq(r->kind[EXIT_mmio_write_user].count, 1);
	ck_assert_uint_eq(r->kind[EXIT_mmio_gicd_write].count, 1);
	replay_free(r);
}
END_TEST

START_TEST(a_fault_is_told_by_its_syndrome)
{
	static const struct {
		uint64_t esr;
		enum exit_kind kind;
	} row[] = {
		{ UINT64_C(0x24) << 26 | 0x07, EXIT_s2_fault_read },        /* translation, level 3 */
		{ UINT64_C(0x24) << 26 | 0x47, EXIT_s2_fault_write },       /* the same, WnR */
		{ UINT64_C(0x24) << 26 | 0x4f, EXIT_s2_dirtylog },          /* permission, WnR */
		{ UINT64_C(0x20) << 26 | 0x07, EXIT_s2_exec },
		{ UINT64_C(0x20) << 26 | 0x87, EXIT_s2_fault_read },        /* S1PTW: the walk of a fetch */
		{ UINT64_C(0x24) << 26 | 0xcf, EXIT_s2_dirtylog },          /* S1PTW: it sets a flag in a descriptor */
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct script s;
		struct outcome *r;

		begin(&s);
		entry(&s, A, 0);
		trap(&s, A, 0, row[i].esr >> 26);
		guest_fault(&s, A, 0, row[i].esr);
		entry(&s, A, 0);
		r = play(&s);
		ck_assert_msg(r->kind[row[i].kind].count == 1, "row %zu", i);
		replay_free(r);
	}
}
END_TEST

START_TEST(being_preempted_in_kvm_run_is_a_put_and_a_load)
{
	struct script s;
	struct outcome *r;

	begin(&s);
	entry(&s, A, 0);
	irq(&s, A, 0);
	sched(&s, A, 50, 0);
	sched(&s, 50, A, 0);
	entry(&s, A, 0);
	r = play(&s);
	expect_switches(r, 2, 2, 1, 1);
	ck_assert_uint_eq(r->trace.sched_outs, 1);
	ck_assert_uint_eq(r->kind[EXIT_preempt_sched].count, 1);
	ck_assert_uint_eq(r->kind[EXIT_preempt_sched].more_scheds, 0);
	replay_free(r);
}
END_TEST

START_TEST(every_further_preemption_is_one_more_pair)
{
	struct script s;
	struct outcome *r;

	begin(&s);
	entry(&s, A, 0);
	hvc(&s, A, 0, 0);
	for (unsigned i = 0; i < 3; i++) {
		sched(&s, A, 50, 0);
		sched(&s, 50, A, 0);
	}
	entry(&s, A, 0);
	r = play(&s);
	expect_switches(r, 4, 2, 1, 3);
	ck_assert_uint_eq(r->kind[EXIT_hvc_unknown].count, 1);
	ck_assert_uint_eq(r->kind[EXIT_hvc_unknown].more_scheds, 3);
	replay_free(r);
}
END_TEST

START_TEST(two_preemptions_after_an_interrupt_are_its_own_and_one_more)
{
	struct script s;
	struct outcome *r;

	begin(&s);
	entry(&s, A, 0);
	irq(&s, A, 0);
	for (unsigned i = 0; i < 2; i++) {
		sched(&s, A, 50, 0);
		sched(&s, 50, A, 0);
	}
	entry(&s, A, 0);
	r = play(&s);
	expect_switches(r, 3, 2, 1, 2);
	ck_assert_uint_eq(r->kind[EXIT_preempt_sched].count, 1);
	ck_assert_uint_eq(r->kind[EXIT_preempt_sched].more_scheds, 1);
	replay_free(r);
}
END_TEST

START_TEST(being_scheduled_out_in_user_space_is_nothing)
{
	struct script s;
	struct outcome *r;

	begin(&s);
	entry(&s, A, 0);
	hvc(&s, A, 0, 0);
	to_vmm(&s, A, 0);
	sched(&s, A, 50, 0);
	sched(&s, 50, A, 0);
	entry(&s, A, 0);
	r = play(&s);
	expect_switches(r, 2, 2, 1, 1);
	ck_assert_uint_eq(r->trace.sched_outs, 0);
	ck_assert_uint_eq(r->kind[EXIT_user_other].count, 1);
	replay_free(r);
}
END_TEST

START_TEST(a_signal_after_a_preemption_puts_twice)
{
	struct script s;
	struct outcome *r;

	begin(&s);
	entry(&s, A, 0);
	irq(&s, A, 0);
	sched(&s, A, 50, 0);
	sched(&s, 50, A, 0);
	to_vmm(&s, A, 0);
	entry(&s, A, 0);
	r = play(&s);
	expect_switches(r, 3, 2, 1, 2);
	ck_assert_uint_eq(r->kind[EXIT_signal].count, 1);
	replay_free(r);
}
END_TEST

START_TEST(kvm_run_without_an_entry_is_an_immediate_exit)
{
	struct script s;
	struct outcome *r;

	begin(&s);
	entry(&s, A, 0);
	trap(&s, A, 0, EC_DABT);
	event(&s, TR_kvm_mmio, A, 0, 0, 4, 0x1000);
	to_vmm(&s, A, 0);
	to_vmm(&s, A, 0); /* KVM_RUN with immediate_exit, to complete the read */
	entry(&s, A, 0);
	r = play(&s);
	expect_switches(r, 3, 2, 1, 2);
	ck_assert_uint_eq(r->kind[EXIT_run_immediate_exit].count, 1);
	ck_assert_uint_eq(r->kind[EXIT_mmio_read_user].count, 1);
	ck_assert_uint_eq(r->n.user_exits, 1);
	replay_free(r);
}
END_TEST

START_TEST(a_lost_entry_is_counted_and_not_replayed)
{
	struct script s;
	struct outcome *r;

	begin(&s);
	entry(&s, A, 0);
	hvc(&s, A, 0, 0);
	hvc(&s, A, 0, 0); /* the entry between is missing */
	entry(&s, A, 0);
	entry(&s, A, 0); /* the exit between is missing */
	r = play(&s);
	expect_switches(r, 1, 2, 1, 0);
	ck_assert_uint_eq(r->trace.lost_entries, 1);
	ck_assert_uint_eq(r->trace.lost_exits, 1);
	replay_free(r);
}
END_TEST

START_TEST(a_trace_that_begins_in_the_guest_starts_with_its_first_entry)
{
	struct script s;
	struct outcome *r;

	begin(&s);
	hvc(&s, A, 0, 0);
	entry(&s, A, 0);
	r = play(&s);
	expect_switches(r, 1, 1, 0, 0);
	ck_assert_uint_eq(r->trace.lost_entries, 1);
	replay_free(r);
}
END_TEST

START_TEST(the_last_exit_runs_its_way_to_the_host)
{
	struct script s;
	struct outcome *r;

	begin(&s);
	entry(&s, A, 0);
	hvc(&s, A, 0, 0);
	r = play(&s);
	expect_switches(r, 1, 1, 1, 0);
	ck_assert_uint_eq(r->trace.unfinished, 1);
	ck_assert_uint_eq(r->kind[EXIT_hvc_unknown].count, 1);
	replay_free(r);
}
END_TEST

/* Does vcpu_load flush because another vCPU of this VM ran last on the CPU? One TLBI each. */
START_TEST(two_vcpus_of_one_vm_that_share_a_cpu_flush_it)
{
	struct script s;
	struct outcome *r;

	begin(&s);
	entry(&s, A, 0);
	hvc(&s, A, 0, 0);
	sched(&s, A, B, 0);
	entry(&s, B, 0);
	r = play(&s);
	ck_assert_uint_eq(r->total.n[CNT_tlbi], 1);
	replay_free(r);
}
END_TEST

START_TEST(two_vms_that_share_a_cpu_do_not_flush_it)
{
	struct script s;
	struct outcome *r;

	begin(&s);
	entry(&s, A, 0);
	hvc(&s, A, 0, 0);
	sched(&s, A, B, 0);
	s.vm = tw_string(s.w, "other", 5);
	entry(&s, B, 0);
	r = play(&s);
	ck_assert_uint_eq(r->total.n[CNT_tlbi], 0);
	ck_assert_str_eq(r->vcpu[1].vm_name, "other");
	replay_free(r);
}
END_TEST

START_TEST(a_vcpu_that_moves_to_another_cpu_flushes_where_its_sibling_ran)
{
	struct script s;
	struct outcome *r;

	begin(&s);
	entry(&s, A, 0);
	entry(&s, B, 1);
	hvc(&s, A, 0, 0);
	sched(&s, A, 0, 0);
	hvc(&s, B, 1, 0);
	sched(&s, B, A, 1);
	entry(&s, A, 1);
	r = play(&s);
	ck_assert_uint_eq(r->total.n[CNT_tlbi], 1);
	ck_assert_uint_eq(r->trace.inferred, 0);
	replay_free(r);
}
END_TEST

START_TEST(moving_without_a_sched_switch_counts_as_one)
{
	struct script s;
	struct outcome *r;

	begin(&s);
	entry(&s, A, 0);
	hvc(&s, A, 0, 0);
	entry(&s, A, 1);
	r = play(&s);
	expect_switches(r, 2, 2, 1, 1);
	ck_assert_uint_eq(r->trace.inferred, 1);
	replay_free(r);
}
END_TEST

START_TEST(more_vcpu_threads_than_there_can_be_is_an_error)
{
	const struct replay_options opt = { .counting = true, .from = "", .to = "" };
	struct script s;
	struct tr_reader *t;
	struct err e;

	begin(&s);
	for (int32_t pid = 1; pid <= 4097; pid++)
		entry(&s, pid, 0);
	finish(&s);
	t = tr_open(s.path, &e);
	ck_assert_ptr_null(replay_run(prog, t, &opt, &e));
	ck_assert_int_eq(e.code, ERR_INPUT);
	ck_assert_ptr_nonnull(strstr(e.text, "4096"));
	tr_close(t);
	(void)unlink(s.path);
}
END_TEST

START_TEST(residency_is_the_time_between_entry_and_exit)
{
	struct script s;
	struct outcome *r;

	begin(&s);
	entry(&s, A, 0);
	s.now += 5000;
	hvc(&s, A, 0, 0);
	s.now += 7000;
	entry(&s, A, 0);
	r = play(&s);
	ck_assert_uint_eq(r->vcpu[0].guest_ns, 6000);
	ck_assert_uint_eq(r->kind[EXIT_hvc_unknown].guest_ns, 6000);
	replay_free(r);
}
END_TEST

START_TEST(fp_is_used_once_after_each_load_when_asked_for)
{
	struct outcome *never = replay_file(SAMPLE, true, FP_NEVER), *each = replay_file(SAMPLE, true, FP_EACH_LOAD);

	ck_assert_uint_eq(never->n.fp_traps, 0);
	ck_assert_uint_gt(each->n.fp_traps, 0);
	ck_assert_uint_le(each->n.fp_traps, each->n.loads);
	ck_assert_uint_eq(never->n.loads, each->n.loads);
	ck_assert_uint_gt(each->total.n[CNT_fpr], never->total.n[CNT_fpr]);
	replay_free(never);
	replay_free(each);
}
END_TEST

START_TEST(counting_gives_what_detailed_execution_gives)
{
	size_t n;
	const struct ws_model *m = ws_models(&n);

	teardown();
	for (size_t i = 0; i < n; i++) {
		struct outcome *a, *b;

		compile(m[i].name);
		a = replay_file(SAMPLE, true, FP_EACH_LOAD);
		b = replay_file(SAMPLE, false, FP_EACH_LOAD);
		ck_assert_mem_eq(&a->total, &b->total, sizeof(a->total));
		ck_assert_mem_eq(a->phase, b->phase, sizeof(a->phase));
		ck_assert_mem_eq(a->kind, b->kind, sizeof(a->kind));
		ck_assert_mem_eq(a->exec, b->exec, prog->n * sizeof(*a->exec));
		replay_free(a);
		replay_free(b);
		if (i + 1 < n)
			teardown();
	}
}
END_TEST

START_TEST(the_sample_has_the_exits_that_its_events_say)
{
	struct outcome *r = replay_file(SAMPLE, true, FP_NEVER);
	uint64_t kinds = 0, vcpus = 0;

	ck_assert_uint_eq(r->n.exits, 2499);
	ck_assert_uint_eq(r->n.entries, 2499);
	ck_assert_uint_eq(r->n.user_exits + r->kind[EXIT_run_immediate_exit].count, 494);
	ck_assert_uint_eq(r->n.loads, r->n.puts);
	for (unsigned k = 0; k < EXIT_COUNT; k++)
		kinds += exit_is_exit((enum exit_kind)k) ? r->kind[k].count : 0;
	ck_assert_uint_eq(kinds, r->n.exits);
	for (size_t v = 0; v < r->n_vcpu; v++)
		vcpus += r->vcpu[v].n.exits;
	ck_assert_uint_eq(vcpus, r->n.exits);
	replay_free(r);
}
END_TEST

START_TEST(an_exit_to_the_vmm_costs_more_deferred_than_eager)
{
	uint64_t pair[2], plain[2];

	teardown();
	for (unsigned i = 0; i < 2; i++) {
		struct outcome *r;

		compile(i == 0 ? "linux-4.15-vhe" : "linux-6.12-vhe");
		r = replay_file(SAMPLE, true, FP_NEVER);
		pair[i] = accesses(&r->phase[PHASE_LOAD]) + accesses(&r->phase[PHASE_PUT]);
		plain[i] = accesses(&r->kind[EXIT_hvc_psci_version].totals);
		replay_free(r);
		if (i == 0)
			teardown();
	}
	ck_assert_uint_gt(pair[1], 4 * pair[0]);
	ck_assert_uint_lt(4 * plain[1], plain[0]);
}
END_TEST

START_TEST(a_sum_that_does_not_agree_is_named)
{
	struct outcome *r = replay_file(SAMPLE, true, FP_NEVER);
	struct err e = { .text = "" };

	r->kind[EXIT_irq].totals.cycles++;
	ck_assert_int_eq(outcome_check(r, &e), -1);
	ck_assert_int_eq(e.code, ERR_MODEL);
	ck_assert_ptr_nonnull(strstr(e.text, "conservation"));
	r->kind[EXIT_irq].totals.cycles--;
	r->exec[0]++;
	ck_assert_int_eq(outcome_check(r, &e), -1);
	r->exec[0]--;
	ck_assert_int_eq(outcome_check(r, &e), 0);
	replay_free(r);
}
END_TEST

START_TEST(a_switch_of_a_thread_between_runs_is_not_lost)
{
	struct script s;
	struct outcome *r;

	begin(&s);
	to_vmm(&s, A, 0); /* KVM_RUN with immediate_exit */
	sched(&s, A, 0, 0);
	entry(&s, B, 0);
	r = play(&s); /* checks that the sums agree */
	ck_assert_uint_eq(r->kind[EXIT_host_switch].count, 1);
	replay_free(r);
}
END_TEST

START_TEST(a_trace_without_an_entry_is_an_error)
{
	const struct replay_options opt = { .counting = true, .from = "", .to = "" };
	struct script s;
	struct tr_reader *t;
	struct err e;

	begin(&s);
	sched(&s, 1, 2, 0);
	finish(&s);
	t = tr_open(s.path, &e);
	ck_assert_ptr_null(replay_run(prog, t, &opt, &e));
	ck_assert_int_eq(e.code, ERR_INPUT);
	ck_assert_ptr_nonnull(strstr(e.text, "kvm_entry"));
	tr_close(t);
	(void)unlink(s.path);
}
END_TEST

static TCase *events(void)
{
	TCase *c = tcase_create("events");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, the_first_entry_of_a_vcpu_loads_it);
	tcase_add_test(c, an_exit_handled_in_the_kernel_neither_puts_nor_loads);
	tcase_add_test(c, the_function_of_an_hvc_is_its_kind);
	tcase_add_test(c, an_exit_to_the_vmm_puts_and_loads_once);
	tcase_add_test(c, an_mmio_write_to_the_vmm_is_told_from_a_read);
	tcase_add_test(c, a_fault_is_told_by_its_syndrome);
	tcase_add_test(c, being_preempted_in_kvm_run_is_a_put_and_a_load);
	tcase_add_test(c, every_further_preemption_is_one_more_pair);
	tcase_add_test(c, two_preemptions_after_an_interrupt_are_its_own_and_one_more);
	tcase_add_test(c, being_scheduled_out_in_user_space_is_nothing);
	tcase_add_test(c, a_signal_after_a_preemption_puts_twice);
	tcase_add_test(c, kvm_run_without_an_entry_is_an_immediate_exit);
	tcase_add_test(c, a_lost_entry_is_counted_and_not_replayed);
	tcase_add_test(c, a_trace_that_begins_in_the_guest_starts_with_its_first_entry);
	tcase_add_test(c, the_last_exit_runs_its_way_to_the_host);
	tcase_add_test(c, two_vcpus_of_one_vm_that_share_a_cpu_flush_it);
	tcase_add_test(c, two_vms_that_share_a_cpu_do_not_flush_it);
	tcase_add_test(c, a_vcpu_that_moves_to_another_cpu_flushes_where_its_sibling_ran);
	tcase_add_test(c, moving_without_a_sched_switch_counts_as_one);
	tcase_add_test(c, more_vcpu_threads_than_there_can_be_is_an_error);
	tcase_add_test(c, residency_is_the_time_between_entry_and_exit);
	tcase_add_test(c, a_switch_of_a_thread_between_runs_is_not_lost);
	tcase_add_test(c, a_trace_without_an_entry_is_an_error);
	return c;
}

static TCase *sums(void)
{
	TCase *c = tcase_create("sums");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, fp_is_used_once_after_each_load_when_asked_for);
	tcase_add_test(c, counting_gives_what_detailed_execution_gives);
	tcase_add_test(c, the_sample_has_the_exits_that_its_events_say);
	tcase_add_test(c, an_exit_to_the_vmm_costs_more_deferred_than_eager);
	tcase_add_test(c, a_sum_that_does_not_agree_is_named);
	return c;
}

int main(void)
{
	Suite *s = suite_create("replay");

	suite_add_tcase(s, events());
	suite_add_tcase(s, sums());
	return suite_status(s);
}
