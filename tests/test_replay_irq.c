/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting, timers and interrupts in a replay: who wakes whom, and which entries fill list registers. */
#include "tests/replay_script.h"
#include "tests/suite.h"

static void wfx(struct script *s, int32_t pid, unsigned cpu, bool wfe)
{
	trap(s, pid, cpu, EC_WFX);
	event(s, TR_kvm_wfx_arm64, pid, cpu, 0, wfe, 0);
}

START_TEST(a_wfi_that_does_not_block_keeps_the_vcpu_loaded)
{
	struct script s;
	struct outcome *r;

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
		struct outcome *r;

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
	struct outcome *r;
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
	struct outcome *r;

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
static struct outcome *with_interrupts(unsigned n, bool taken_back)
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

static uint64_t lr_writes(const struct outcome *r)
{
	uint64_t n = 0;

	for (size_t i = 0; i < prog->n; i++)
		n += prog->op[i].opcode == OP_MSR_LRS ? r->exec[i] : 0;
	return n;
}

START_TEST(an_interrupt_occupies_a_list_register_for_one_residency)
{
	for (unsigned n = 1; n <= 6; n++) {
		struct outcome *r = with_interrupts(n, false);

		/* filled at entry, emptied at exit; the machine has 4 */
		ck_assert_uint_eq(lr_writes(r), 2 * (n < 4 ? n : 4));
		replay_free(r);
	}
}
END_TEST

START_TEST(an_interrupt_that_goes_away_before_the_entry_occupies_none)
{
	struct outcome *r = with_interrupts(1, true);

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
	struct outcome *r;

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

int main(void)
{
	Suite *s = suite_create("replay_irq");
	TCase *c = tcase_create("events");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, a_wfi_that_does_not_block_keeps_the_vcpu_loaded);
	tcase_add_test(c, a_wfi_that_blocks_is_told_by_who_wakes_it);
	tcase_add_test(c, a_thread_switch_is_run_once_for_both_threads);
	tcase_add_test(c, the_two_kinds_of_blocking_wfi_are_alike_up_to_the_put);
	tcase_add_test(c, a_timer_interrupt_in_the_guest_is_told_from_another);
	tcase_add_test(c, an_interrupt_occupies_a_list_register_for_one_residency);
	tcase_add_test(c, an_interrupt_that_goes_away_before_the_entry_occupies_none);
	tcase_add_test(c, an_sgi_that_nobody_shows_is_dealt_out);
	tcase_add_test(c, an_sgi_goes_to_the_vcpu_that_it_interrupts_or_wakes);
	suite_add_tcase(s, c);
	return suite_status(s);
}
