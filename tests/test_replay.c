/* SPDX-License-Identifier: Apache-2.0 */
/* How events become loads, entries, exits and puts, and what is charged to which kind. */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "models/hyp/replay.h"
#include "sim/app/config.h"
#include "traces/writer.h"

#define SAMPLE "traces/samples/linux-6.12-vhe-mixed-4v2p.e2t"

/* A trace that is written event by event; time goes on by a microsecond each. */
struct script {
	struct tw *w;
	char path[64];
	uint64_t now;
	uint32_t vm; /* string id */
	struct err e;
};

static void begin(struct script *s)
{
	memset(s, 0, sizeof(*s));
	(void)snprintf(s->path, sizeof(s->path), "/tmp/el2sim-replay-%ld.e2t", (long)getpid());
	s->w = tw_create(s->path, &s->e);
	ck_assert_ptr_nonnull(s->w);
	s->vm = tw_string(s->w, "vmm", 3);
}

static void event(struct script *s, enum tr_type type, int32_t pid, unsigned cpu, uint64_t a0, uint64_t a1, uint64_t a2)
{
	struct tr_event ev = { .ts_ns = s->now += 1000, .pid = pid, .cpu = (uint16_t)cpu, .type = (uint8_t)type,
			       .comm = s->vm, .arg = { a0, a1, a2 } };

	ck_assert_int_eq(tw_add(s->w, &ev, &s->e), 0);
}

#define TRAP 2
#define EC_WFX 0x01
#define EC_HVC 0x16
#define EC_DABT 0x24

static void entry(struct script *s, int32_t pid, unsigned cpu)
{
	event(s, TR_kvm_entry, pid, cpu, 0, 0, 0);
}

static void trap(struct script *s, int32_t pid, unsigned cpu, uint64_t ec)
{
	event(s, TR_kvm_exit, pid, cpu, TRAP, ec, 0);
}

static void irq(struct script *s, int32_t pid, unsigned cpu)
{
	event(s, TR_kvm_exit, pid, cpu, 0, 0, 0);
}

static void hvc(struct script *s, int32_t pid, unsigned cpu, uint64_t function)
{
	trap(s, pid, cpu, EC_HVC);
	event(s, TR_kvm_hvc_arm64, pid, cpu, 0, function, 0);
}

static void to_vmm(struct script *s, int32_t pid, unsigned cpu)
{
	event(s, TR_kvm_userspace_exit, pid, cpu, 6, 0, 0);
}

static void sched(struct script *s, int32_t from, int32_t to, unsigned cpu)
{
	struct tr_event ev = { .ts_ns = s->now += 1000, .pid = from, .cpu = (uint16_t)cpu, .type = TR_sched_switch };

	ev.arg[TRA_sched_switch_prev_pid] = (uint64_t)from;
	ev.arg[TRA_sched_switch_next_pid] = (uint64_t)to;
	ck_assert_int_eq(tw_add(s->w, &ev, &s->e), 0);
}

static void guest_fault(struct script *s, int32_t pid, unsigned cpu, uint64_t esr)
{
	struct tr_event ev = { .ts_ns = s->now += 1000, .pid = pid, .cpu = (uint16_t)cpu,
			       .type = TR_kvm_guest_fault, .comm = s->vm };

	ev.arg[TRA_kvm_guest_fault_hsr] = esr;
	ck_assert_int_eq(tw_add(s->w, &ev, &s->e), 0);
}

static void finish(struct script *s)
{
	struct tr_info info = { .importer = "", .origin = "test" };

	ck_assert_int_eq(tw_finish(s->w, &info, NULL, &s->e), 0);
	s->w = NULL;
}

static struct config config;
static struct ws_prog *prog;

static void compile(const char *model)
{
	const char *assign[2] = { NULL, "machine.list_registers=4" };
	struct arg_list all = { assign, 2 };
	char text[64];
	struct err e;

	(void)snprintf(text, sizeof(text), "switch.model=%s", model);
	assign[0] = text;
	ck_assert_int_eq(config_load(&config, "configs/machine/qemu-n1.ini", &all, &e), 0);
	prog = config_compile(&config, false, &e);
	ck_assert_ptr_nonnull(prog);
}

static void setup(void)
{
	compile("linux-6.12-vhe");
}

static void teardown(void)
{
	ws_free(prog);
	config_free(&config);
}

static struct replay *replay_file(const char *path, bool counting, enum fp_use fp)
{
	const struct replay_options opt = { .counting = counting, .fp = fp, .from = "", .to = "" };
	struct err e = { .text = "" };
	struct tr_reader *t = tr_open(path, &e);
	struct replay *r;

	ck_assert_msg(t != NULL, "%s", e.text);
	r = replay_run(prog, t, &opt, &e);
	ck_assert_msg(r != NULL, "%s", e.text);
	ck_assert_msg(replay_check(r, &e) == 0, "%s", e.text);
	tr_close(t);
	return r;
}

static struct replay *play(struct script *s)
{
	struct replay *r;

	finish(s);
	r = replay_file(s->path, false, FP_NEVER);
	(void)unlink(s->path);
	return r;
}

static void expect_switches(const struct replay *r, uint64_t loads, uint64_t entries, uint64_t exits, uint64_t puts)
{
	ck_assert_uint_eq(r->loads, loads);
	ck_assert_uint_eq(r->entries, entries);
	ck_assert_uint_eq(r->phase_runs[PHASE_EXIT], exits);
	ck_assert_uint_eq(r->puts, puts);
}

/* Components of a kind as the tables have them, run once for a vCPU that was loaded before. */
static uint64_t accesses(const struct ws_totals *t)
{
	return t->n[CNT_read] + t->n[CNT_write];
}

#define A 100
#define B 101

START_TEST(the_first_entry_of_a_vcpu_loads_it)
{
	struct script s;
	struct replay *r;

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
	struct replay *r;

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
	struct replay *r;

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
	struct replay *r;

	begin(&s);
	entry(&s, A, 0);
	trap(&s, A, 0, EC_DABT);
	event(&s, TR_kvm_mmio, A, 0, 0, 4, 0x1000); /* unsatisfied read */
	to_vmm(&s, A, 0);
	entry(&s, A, 0);
	r = play(&s);
	expect_switches(r, 2, 2, 1, 1);
	ck_assert_uint_eq(r->user_exits, 1);
	ck_assert_uint_eq(r->kind[EXIT_mmio_read_user].count, 1);
	replay_free(r);
}
END_TEST

START_TEST(an_mmio_write_to_the_vmm_is_told_from_a_read)
{
	struct script s;
	struct replay *r;

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
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct script s;
		struct replay *r;

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
	struct replay *r;

	begin(&s);
	entry(&s, A, 0);
	irq(&s, A, 0);
	sched(&s, A, 50, 0);
	sched(&s, 50, A, 0);
	entry(&s, A, 0);
	r = play(&s);
	expect_switches(r, 2, 2, 1, 1);
	ck_assert_uint_eq(r->sched_outs, 1);
	ck_assert_uint_eq(r->kind[EXIT_preempt_sched].count, 1);
	ck_assert_uint_eq(r->kind[EXIT_preempt_sched].more_scheds, 0);
	replay_free(r);
}
END_TEST

START_TEST(every_further_preemption_is_one_more_pair)
{
	struct script s;
	struct replay *r;

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
	struct replay *r;

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
	struct replay *r;

	begin(&s);
	entry(&s, A, 0);
	hvc(&s, A, 0, 0);
	to_vmm(&s, A, 0);
	sched(&s, A, 50, 0);
	sched(&s, 50, A, 0);
	entry(&s, A, 0);
	r = play(&s);
	expect_switches(r, 2, 2, 1, 1);
	ck_assert_uint_eq(r->sched_outs, 0);
	ck_assert_uint_eq(r->kind[EXIT_user_other].count, 1);
	replay_free(r);
}
END_TEST

START_TEST(a_signal_after_a_preemption_puts_twice)
{
	struct script s;
	struct replay *r;

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
	struct replay *r;

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
	ck_assert_uint_eq(r->user_exits, 1);
	replay_free(r);
}
END_TEST

START_TEST(a_lost_entry_is_counted_and_not_replayed)
{
	struct script s;
	struct replay *r;

	begin(&s);
	entry(&s, A, 0);
	hvc(&s, A, 0, 0);
	hvc(&s, A, 0, 0); /* the entry between is missing */
	entry(&s, A, 0);
	entry(&s, A, 0); /* the exit between is missing */
	r = play(&s);
	expect_switches(r, 1, 2, 1, 0);
	ck_assert_uint_eq(r->lost_entries, 1);
	ck_assert_uint_eq(r->lost_exits, 1);
	replay_free(r);
}
END_TEST

START_TEST(a_trace_that_begins_in_the_guest_starts_with_its_first_entry)
{
	struct script s;
	struct replay *r;

	begin(&s);
	hvc(&s, A, 0, 0);
	entry(&s, A, 0);
	r = play(&s);
	expect_switches(r, 1, 1, 0, 0);
	ck_assert_uint_eq(r->lost_entries, 1);
	replay_free(r);
}
END_TEST

START_TEST(the_last_exit_runs_its_way_to_the_host)
{
	struct script s;
	struct replay *r;

	begin(&s);
	entry(&s, A, 0);
	hvc(&s, A, 0, 0);
	r = play(&s);
	expect_switches(r, 1, 1, 1, 0);
	ck_assert_uint_eq(r->unfinished, 1);
	ck_assert_uint_eq(r->kind[EXIT_hvc_unknown].count, 1);
	replay_free(r);
}
END_TEST

/* Does vcpu_load flush because another vCPU of this VM ran last on the CPU? One TLBI each. */
START_TEST(two_vcpus_of_one_vm_that_share_a_cpu_flush_it)
{
	struct script s;
	struct replay *r;

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
	struct replay *r;

	begin(&s);
	entry(&s, A, 0);
	hvc(&s, A, 0, 0);
	sched(&s, A, B, 0);
	s.vm = tw_string(s.w, "other", 5);
	entry(&s, B, 0);
	r = play(&s);
	ck_assert_uint_eq(r->total.n[CNT_tlbi], 0);
	ck_assert_str_eq(r->vcpu[1].comm, "other");
	replay_free(r);
}
END_TEST

START_TEST(a_vcpu_that_moves_to_another_cpu_flushes_where_its_sibling_ran)
{
	struct script s;
	struct replay *r;

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
	ck_assert_uint_eq(r->inferred, 0);
	replay_free(r);
}
END_TEST

START_TEST(moving_without_a_sched_switch_counts_as_one)
{
	struct script s;
	struct replay *r;

	begin(&s);
	entry(&s, A, 0);
	hvc(&s, A, 0, 0);
	entry(&s, A, 1);
	r = play(&s);
	expect_switches(r, 2, 2, 1, 1);
	ck_assert_uint_eq(r->inferred, 1);
	replay_free(r);
}
END_TEST

static void wfx(struct script *s, int32_t pid, unsigned cpu, bool wfe)
{
	trap(s, pid, cpu, EC_WFX);
	event(s, TR_kvm_wfx_arm64, pid, cpu, 0, wfe, 0);
}

START_TEST(a_wfi_that_does_not_block_keeps_the_vcpu_loaded)
{
	struct script s;
	struct replay *r;

	begin(&s);
	entry(&s, A, 0);
	wfx(&s, A, 0, false);
	entry(&s, A, 0);
	wfx(&s, A, 0, true);
	entry(&s, A, 0);
	r = play(&s);
	expect_switches(r, 1, 3, 2, 0);
	ck_assert_uint_eq(r->kind[EXIT_wfi].count, 1);
	ck_assert_uint_eq(r->kind[EXIT_wfe].count, 1);
	replay_free(r);
}
END_TEST

START_TEST(a_wfi_that_blocks_is_told_by_who_wakes_it)
{
	for (unsigned timer = 0; timer < 2; timer++) {
		struct script s;
		struct replay *r;

		begin(&s);
		entry(&s, A, 0);
		wfx(&s, A, 0, false);
		sched(&s, A, 0, 0);
		sched(&s, 0, A, 0);
		if (timer)
			event(&s, TR_kvm_timer_update_irq, A, 0, 0, 27, 1);
		entry(&s, A, 0);
		r = play(&s);
		ck_assert_uint_eq(r->kind[timer ? EXIT_wfi_timer : EXIT_ipi_wfi_recv].count, 1);
		expect_switches(r, 2, 2, 1, 1);
		replay_free(r);
	}
}
END_TEST

START_TEST(a_thread_switch_is_run_once_for_both_threads)
{
	struct script s;
	struct replay *r;
	uint64_t switches = 0;

	begin(&s);
	entry(&s, A, 0);
	entry(&s, B, 1);
	hvc(&s, A, 0, 0);
	hvc(&s, B, 1, 0);
	sched(&s, A, B, 0);
	sched(&s, 7, 8, 1); /* nobody's */
	entry(&s, B, 0);
	r = play(&s);
	for (size_t i = 0; i < prog->n; i++) {
		if (prog->op[i].comp == COMP_thread_switch && prog->op[i].reg == SR_CONTEXTIDR_EL2)
			switches += r->exec[i];
	}
	ck_assert_uint_eq(switches, 1);
	replay_free(r);
}
END_TEST

START_TEST(the_two_kinds_of_blocking_wfi_are_alike_up_to_the_put)
{
	const struct exit_row *a = exit_row(EXIT_wfi_timer), *b = exit_row(EXIT_ipi_wfi_recv);

	for (unsigned i = 0; i < a->n; i++) {
		ck_assert_int_eq(a->step[i].is_phase, b->step[i].is_phase);
		ck_assert_uint_eq(a->step[i].id, b->step[i].id);
		ck_assert_uint_eq(a->step[i].state, b->step[i].state);
		if (a->step[i].is_phase && a->step[i].id == PHASE_PUT)
			return;
	}
	ck_abort_msg("no put");
}
END_TEST

START_TEST(a_timer_interrupt_in_the_guest_is_told_from_another)
{
	struct script s;
	struct replay *r;

	begin(&s);
	entry(&s, A, 0);
	event(&s, TR_kvm_timer_update_irq, A, 0, 0, 27, 1);
	irq(&s, A, 0);
	entry(&s, A, 0);
	irq(&s, A, 0);
	entry(&s, A, 0);
	r = play(&s);
	ck_assert_uint_eq(r->kind[EXIT_vtimer_irq].count, 1);
	ck_assert_uint_eq(r->kind[EXIT_irq].count, 1);
	replay_free(r);
}
END_TEST

/* kvm_get_timer_map tells the vCPU's number, vgic_update_irq_pending whom an interrupt is for. */
static struct replay *with_interrupts(unsigned n, bool taken_back)
{
	struct script s;

	begin(&s);
	entry(&s, A, 0);
	hvc(&s, A, 0, 0);
	event(&s, TR_kvm_get_timer_map, A, 0, 3, 1, 0);
	for (unsigned i = 0; i < n; i++)
		event(&s, TR_vgic_update_irq_pending, A, 0, 3, 32 + i, 1);
	event(&s, TR_vgic_update_irq_pending, A, 0, 3, 32, 1); /* again: the same interrupt */
	event(&s, TR_vgic_update_irq_pending, A, 0, 2, 60, 1); /* for another vCPU */
	if (taken_back)
		event(&s, TR_vgic_update_irq_pending, A, 0, 3, 32, 0);
	entry(&s, A, 0);
	hvc(&s, A, 0, 0);
	entry(&s, A, 0);
	return play(&s);
}

static uint64_t lr_writes(const struct replay *r)
{
	uint64_t n = 0;

	for (size_t i = 0; i < prog->n; i++)
		n += prog->op[i].opcode == OP_MSR_LRS ? r->exec[i] : 0;
	return n;
}

START_TEST(an_interrupt_occupies_a_list_register_for_one_residency)
{
	for (unsigned n = 1; n <= 6; n++) {
		struct replay *r = with_interrupts(n, false);

		/* filled at entry, emptied at exit; the machine has 4 */
		ck_assert_uint_eq(lr_writes(r), 2 * (n < 4 ? n : 4));
		replay_free(r);
	}
}
END_TEST

START_TEST(an_interrupt_that_goes_away_before_the_entry_occupies_none)
{
	struct replay *r = with_interrupts(1, true);

	ck_assert_uint_eq(lr_writes(r), 0);
	replay_free(r);
}
END_TEST

enum effect { QUIET, INTERRUPTS, WAKES, ENDS_POLL };

/* What the other two threads do before a thread's SGI, and what E does after it. */
static void before_sgi(struct script *s, enum effect effect)
{
	if (effect == QUIET) { /* both are in the kernel */
		hvc(s, A, 0, 0);
		hvc(s, A + 2, 2, 0);
	} else if (effect != INTERRUPTS) {
		trap(s, A + 2, 2, EC_WFX);
		event(s, TR_kvm_wfx_arm64, A + 2, 2, 0, 0, 0);
	}
}

static void after_sgi(struct script *s, enum effect effect)
{
	if (effect == QUIET)
		entry(s, A, 0);
	if (effect == INTERRUPTS)
		irq(s, A + 2, 2);
	if (effect == ENDS_POLL)
		event(s, TR_kvm_vcpu_wakeup, A + 2, 2, 1000, 0, 1);
	entry(s, A + 2, 2);
}

#define SGIS 12

/* Threads C, D, E of one VM; D writes an ICC_SGI1R_EL1, or another register. Register writes by thread. */
static void with_sgis(enum sgi_target target, enum effect effect, bool sgi, uint64_t writes[static 3])
{
	const struct replay_options opt = { .sgi = target, .from = "", .to = "" };
	struct script s;
	struct tr_reader *t;
	struct replay *r;

	begin(&s);
	for (int32_t pid = 0; pid < 3; pid++) {
		event(&s, TR_kvm_get_timer_map, A + pid, (unsigned)pid, (uint64_t)pid, 1, 0);
		entry(&s, A + pid, (unsigned)pid);
	}
	for (unsigned i = 0; i < SGIS; i++) {
		struct tr_event ev = { .pid = A + 1, .cpu = 1, .comm = s.vm, .type = TR_kvm_sys_access };

		before_sgi(&s, effect);
		trap(&s, A + 1, 1, 0x18);
		ev.ts_ns = s.now += 1000;
		ev.arg[TRA_kvm_sys_access_Op0] = 3;
		ev.arg[TRA_kvm_sys_access_CRn] = 12;
		ev.arg[TRA_kvm_sys_access_CRm] = sgi ? 11 : 10;
		ev.arg[TRA_kvm_sys_access_Op2] = 5;
		ck_assert_int_eq(tw_add(s.w, &ev, &s.e), 0);
		if (effect == WAKES)
			event(&s, TR_sched_waking, A + 1, 1, s.vm, (uint64_t)(A + 2), 120);
		entry(&s, A + 1, 1);
		after_sgi(&s, effect);
	}
	for (int32_t pid = 0; pid < 3; pid++)
		hvc(&s, A + pid, (unsigned)pid, 0);
	finish(&s);
	t = tr_open(s.path, &s.e);
	r = replay_run(prog, t, &opt, &s.e);
	ck_assert_ptr_nonnull(r);
	ck_assert_uint_eq(r->n_vcpu, 3);
	for (unsigned v = 0; v < 3; v++)
		writes[v] = r->vcpu[v].totals.n[CNT_write];
	replay_free(r);
	tr_close(t);
	(void)unlink(s.path);
}

/* Entries of each thread that an SGI gave a list register: four register writes more. */
static void sgi_entries(enum sgi_target target, enum effect effect, uint64_t n[static 3])
{
	uint64_t without[3];

	with_sgis(target, effect, true, n);
	with_sgis(target, effect, false, without);
	for (unsigned v = 0; v < 3; v++)
		n[v] = (n[v] - without[v]) / 4;
}

START_TEST(an_sgi_that_nobody_shows_is_dealt_out)
{
	uint64_t n[3];

	sgi_entries(SGI_OTHERS, QUIET, n);
	ck_assert_uint_eq(n[0], SGIS / 2);
	ck_assert_uint_eq(n[1], 0);
	ck_assert_uint_eq(n[2], SGIS / 2);
	sgi_entries(SGI_SELF, QUIET, n);
	ck_assert_uint_eq(n[0], 0);
	ck_assert_uint_eq(n[1], SGIS);
	ck_assert_uint_eq(n[2], 0);
	sgi_entries(SGI_ANY, QUIET, n);
	ck_assert(n[0] > 0 && n[1] > 0 && n[2] > 0);
}
END_TEST

START_TEST(an_sgi_goes_to_the_vcpu_that_it_interrupts_or_wakes)
{
	for (enum effect effect = INTERRUPTS; effect <= ENDS_POLL; effect++) {
		for (enum sgi_target target = SGI_ANY; target <= SGI_SELF; target++) {
			uint64_t n[3];

			sgi_entries(target, effect, n);
			ck_assert_msg(n[0] == 0 && n[1] == 0 && n[2] == SGIS, "effect %d, target %d: %llu %llu %llu", effect,
				      target, (unsigned long long)n[0], (unsigned long long)n[1], (unsigned long long)n[2]);
		}
	}
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
	struct replay *r;

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
	struct replay *never = replay_file(SAMPLE, true, FP_NEVER), *each = replay_file(SAMPLE, true, FP_EACH_LOAD);

	ck_assert_uint_eq(never->fp_traps, 0);
	ck_assert_uint_gt(each->fp_traps, 0);
	ck_assert_uint_le(each->fp_traps, each->loads);
	ck_assert_uint_eq(never->loads, each->loads);
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
		struct replay *a, *b;

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
	struct replay *r = replay_file(SAMPLE, true, FP_NEVER);
	uint64_t kinds = 0, vcpus = 0;

	ck_assert_uint_eq(r->exits, 2499);
	ck_assert_uint_eq(r->entries, 2499);
	ck_assert_uint_eq(r->user_exits + r->kind[EXIT_run_immediate_exit].count, 494);
	ck_assert_uint_eq(r->loads, r->puts);
	for (unsigned k = 0; k < EXIT_COUNT; k++)
		kinds += exit_is_exit((enum exit_kind)k) ? r->kind[k].count : 0;
	ck_assert_uint_eq(kinds, r->exits);
	for (size_t v = 0; v < r->n_vcpu; v++)
		vcpus += r->vcpu[v].exits;
	ck_assert_uint_eq(vcpus, r->exits);
	replay_free(r);
}
END_TEST

START_TEST(an_exit_to_the_vmm_costs_more_deferred_than_eager)
{
	uint64_t pair[2], plain[2];

	teardown();
	for (unsigned i = 0; i < 2; i++) {
		struct replay *r;

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
	struct replay *r = replay_file(SAMPLE, true, FP_NEVER);
	struct err e = { .text = "" };

	r->kind[EXIT_irq].totals.cycles++;
	ck_assert_int_eq(replay_check(r, &e), -1);
	ck_assert_int_eq(e.code, ERR_MODEL);
	ck_assert_ptr_nonnull(strstr(e.text, "conservation"));
	r->kind[EXIT_irq].totals.cycles--;
	r->exec[0]++;
	ck_assert_int_eq(replay_check(r, &e), -1);
	r->exec[0]--;
	ck_assert_int_eq(replay_check(r, &e), 0);
	replay_free(r);
}
END_TEST

START_TEST(a_switch_of_a_thread_between_runs_is_not_lost)
{
	struct script s;
	struct replay *r;

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

	tcase_set_timeout(c, 60);
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
	tcase_add_test(c, a_wfi_that_does_not_block_keeps_the_vcpu_loaded);
	tcase_add_test(c, a_wfi_that_blocks_is_told_by_who_wakes_it);
	tcase_add_test(c, a_thread_switch_is_run_once_for_both_threads);
	tcase_add_test(c, the_two_kinds_of_blocking_wfi_are_alike_up_to_the_put);
	tcase_add_test(c, a_timer_interrupt_in_the_guest_is_told_from_another);
	tcase_add_test(c, an_interrupt_occupies_a_list_register_for_one_residency);
	tcase_add_test(c, an_interrupt_that_goes_away_before_the_entry_occupies_none);
	tcase_add_test(c, an_sgi_that_nobody_shows_is_dealt_out);
	tcase_add_test(c, an_sgi_goes_to_the_vcpu_that_it_interrupts_or_wakes);
	tcase_add_test(c, more_vcpu_threads_than_there_can_be_is_an_error);
	tcase_add_test(c, residency_is_the_time_between_entry_and_exit);
	tcase_add_test(c, a_switch_of_a_thread_between_runs_is_not_lost);
	tcase_add_test(c, a_trace_without_an_entry_is_an_error);
	return c;
}

static TCase *sums(void)
{
	TCase *c = tcase_create("sums");

	tcase_set_timeout(c, 120);
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
	SRunner *sr;
	int failed;

	suite_add_tcase(s, events());
	suite_add_tcase(s, sums());
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
