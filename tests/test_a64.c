// SPDX-License-Identifier: Apache-2.0
/* The A64 core where QEMU is no witness: stops, traps, interrupts, stage 2, what it does not know. */
#include <check.h>

#include "models/cpu/a64/a64_impl.h"
#include "models/cpu/a64/regs.h"
#include "models/cpu/machine.h"
#include "models/cpu/sysreg.h"
#include "tests/a64/bench.h"
#include "tests/suite.h"

START_TEST(an_unknown_word_stops_at_itself_and_says_what_is_missing)
{
	struct bench *b = bench_new(WORDS(NOP_, 0x04000000), 1); /* SVE: ADD z0.b, p0/m, z0.b, z0.b */

	ck_assert_int_eq(a64_run(b->c, 10), A64_STOP_UNKNOWN);
	ck_assert_uint_eq(b->c->pc, 4);
	ck_assert_uint_eq(b->c->exit.word, 0x04000000);
	ck_assert_ptr_nonnull(b->c->exit.what);
	bench_free(b);
}
END_TEST

START_TEST(an_unknown_register_stops_and_one_of_the_id_space_reads_as_zero)
{
	struct bench *b = bench_new(WORDS(0xd53807e0, 0xd5384fe1), 1); /* MRS x0, S3_0_C0_C7_7; MRS x1, S3_0_C4_C15_7 */

	b->c->x[0] = 1;
	ck_assert_int_eq(a64_run(b->c, 10), A64_STOP_UNKNOWN);
	ck_assert_uint_eq(b->c->x[0], 0);
	ck_assert_uint_eq(b->c->pc, 4);
	bench_free(b);
}
END_TEST

START_TEST(hvc_goes_out_behind_itself_with_its_immediate)
{
	struct bench *b = bench_new(WORDS(0xd4024682), 1); /* HVC #0x1234 */

	ck_assert_int_eq(a64_run(b->c, 10), A64_STOP_EXCEPTION);
	ck_assert_uint_eq(b->c->exit.esr, 0x5a001234);
	ck_assert_uint_eq(b->c->pc, 4);
	bench_free(b);
}
END_TEST

START_TEST(a_trapped_smc_and_wfi_stay_at_themselves)
{
	struct bench *b = bench_new(WORDS(0xd4000023, 0xd503207f), 1); /* SMC #1; WFI */

	b->c->reg[A64_R_HCR_EL2] = 1 << 19 | 1 << 13; /* TSC, TWI */
	ck_assert_int_eq(a64_run(b->c, 10), A64_STOP_EXCEPTION);
	ck_assert_uint_eq(b->c->exit.esr, 0x5e000001);
	ck_assert_uint_eq(b->c->pc, 0);
	b->c->pc = 4;
	ck_assert_int_eq(a64_run(b->c, 10), A64_STOP_EXCEPTION);
	ck_assert_uint_eq(b->c->exit.esr, 0x07e00000);
	ck_assert_uint_eq(b->c->pc, 4);
	b->c->reg[A64_R_HCR_EL2] = 0;
	ck_assert_int_eq(a64_run(b->c, 10), A64_STOP_WFI);
	ck_assert_uint_eq(b->c->pc, 8);
	bench_free(b);
}
END_TEST

START_TEST(what_is_taken_outside_costs_the_guest_nothing)
{
	/* ADD; HVC #0; ADD; SMC #1; MRS x3, TTBR0_EL1; ADD: decoded anew, then as decoded */
	struct bench *b = bench_new(WORDS(0x91000400, 0xd4000002, 0x91000400, 0xd4000023, 0xd5382003, 0x91000400), 1);

	b->c->cost[A64_CLASS_exc] = 30;
	b->c->cost[A64_CLASS_sys] = 7;
	b->c->reg[A64_R_HCR_EL2] = 1 << 19 | 1 << 30; /* TSC, TRVM */
	for (unsigned round = 1; round <= 3; round++) {
		for (b->c->pc = 0; b->c->pc < 20;) {
			ck_assert_int_eq(a64_run(b->c, 10), A64_STOP_EXCEPTION);
			b->c->pc += b->c->exit.esr >> 26 == 0x16 ? 0 : 4; /* HVC is behind itself already */
		}
		ck_assert_uint_eq(a64_cycles(b->c), 2 * round);
		ck_assert_uint_eq(b->c->counts.by_class[A64_CLASS_exc] + b->c->counts.by_class[A64_CLASS_sys], 0);
	}
	b->c->reg[A64_R_HCR_EL2] = 0;
	b->c->pc = 16;
	ck_assert_int_eq(a64_run(b->c, 1), A64_STOP_BUDGET); /* not trapped, it costs what it costs */
	ck_assert_uint_eq(a64_cycles(b->c), 6 + 7);
	bench_free(b);
}
END_TEST

START_TEST(tvm_traps_writes_and_trvm_reads)
{
	struct bench *b = bench_new(WORDS(0xd5382003, 0xd5182003), 1); /* MRS x3, TTBR0_EL1; MSR TTBR0_EL1, x3 */

	b->c->reg[A64_R_HCR_EL2] = 1 << 26;
	ck_assert_int_eq(a64_run(b->c, 10), A64_STOP_EXCEPTION);
	ck_assert_uint_eq(b->c->pc, 4);
	/* op0 3, op2 0, op1 0, CRn 2, Rt 3, CRm 0, write */
	ck_assert_uint_eq(b->c->exit.esr, 0x62000000 | 3 << 20 | 2 << 10 | 3 << 5);
	b->c->pc = 0;
	b->c->reg[A64_R_HCR_EL2] = 1 << 30;
	ck_assert_int_eq(a64_run(b->c, 10), A64_STOP_EXCEPTION);
	ck_assert_uint_eq(b->c->pc, 0);
	ck_assert_uint_eq(b->c->exit.esr & 1, 1);
	bench_free(b);
}
END_TEST

START_TEST(tid2_traps_all_of_the_caches_identification_and_tid4_all_but_ctr)
{
	/* MRS x0 of CTR_EL0, CLIDR_EL1, CCSIDR_EL1, CCSIDR2_EL1, CSSELR_EL1; MSR CSSELR_EL1, x0 */
	static const uint32_t words[] = {0xd53b0020, 0xd5390020, 0xd5390000, 0xd5390040, 0xd53a0000, 0xd51a0000};
	static const uint64_t traps[] = {0, (uint64_t)1 << 17, (uint64_t)1 << 49};

	for (unsigned t = 0; t < 3; t++) {
		for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
			struct bench *b = bench_new(&words[i], 1, 1);
			const bool trapped = t == 1 || (t == 2 && i != 0);

			b->c->reg[A64_R_HCR_EL2] = traps[t];
			ck_assert_int_eq(a64_run(b->c, 1), trapped ? A64_STOP_EXCEPTION : A64_STOP_BUDGET);
			ck_assert(!trapped || b->c->exit.esr >> 26 == 0x18);
			bench_free(b);
		}
	}
}
END_TEST

START_TEST(other_words_behind_an_ic_are_decoded_anew_and_counted_once)
{
	/* IC IALLU; ADD x0, x0, #1; B back: the ADD becomes one of #2 behind the core's back, as another core writes */
	struct bench *b = bench_new(WORDS(0xd508751f, 0x91000400, 0x17fffffe), 1);

	ck_assert_int_eq(a64_run(b->c, 30), A64_STOP_BUDGET);
	ck_assert_uint_eq(b->c->x[0], 10);
	memcpy(b->ram + 4, &(const uint32_t){0x91000800}, 4);
	ck_assert_int_eq(a64_run(b->c, 30), A64_STOP_BUDGET);
	ck_assert_uint_eq(b->c->x[0], 30);
	ck_assert_uint_eq(b->c->counts.by_class[A64_CLASS_alu], 20);
	ck_assert_uint_eq(a64_cycles(b->c), 60);
	bench_free(b);
}
END_TEST

START_TEST(a_budget_of_cycles_ends_with_the_instruction_that_uses_it_up)
{
	struct bench *b = bench_new(WORDS(0x91000400, 0x9b017c00, 0x17fffffe), 1); /* ADD; MUL; B back */

	b->c->cost[A64_CLASS_mul] = 5;
	for (uint64_t budget = 1; budget < 100; budget++) {
		const uint64_t before = a64_cycles(b->c);

		ck_assert_int_eq(a64_run_cycles(b->c, budget), A64_STOP_BUDGET);
		ck_assert_uint_ge(a64_cycles(b->c) - before, budget);
		ck_assert_uint_lt(a64_cycles(b->c) - before, budget + 5);
	}
	ck_assert_uint_eq(a64_cycles(b->c), b->c->counts.by_class[A64_CLASS_alu] + 5 * b->c->counts.by_class[A64_CLASS_mul] +
						    b->c->counts.by_class[A64_CLASS_branch]);
	memset(b->c->cost, 0, sizeof(b->c->cost)); /* and ends where nothing costs anything */
	ck_assert_int_eq(a64_run_cycles(b->c, 100), A64_STOP_BUDGET);
	bench_free(b);
}
END_TEST

START_TEST(a_stage_2_abort_carries_address_and_syndrome)
{
	struct bench *b = bench_new(WORDS(0x78c02c45), 1); /* LDRSH w5, [x2, #2]!: no syndrome */
	const uint32_t plain = 0x79800445;                 /* LDRSH x5, [x2, #2] */

	b->c->x[2] = 0x9abe;
	b->c->reg[A64_R_HCR_EL2] = 1; /* VM */
	b->fault_stage2 = true;
	ck_assert_int_eq(a64_run(b->c, 1), A64_STOP_EXCEPTION);
	ck_assert_uint_eq(b->c->exit.esr, 0x92000007);
	ck_assert_uint_eq(b->c->exit.far, 0x9ac0);
	ck_assert_uint_eq(b->c->exit.hpfar, 0x90);
	memcpy(b->ram, &plain, 4);
	a64_flush_code(b->c);
	ck_assert_int_eq(a64_run(b->c, 1), A64_STOP_EXCEPTION);
	/* ISV, SAS half, SSE, SRT 5, SF */
	ck_assert_uint_eq(b->c->exit.esr, 0x92000007 | 1 << 24 | 1 << 22 | 1 << 21 | 5 << 16 | 1 << 15);
	bench_free(b);
}
END_TEST

/* What the walk asked of stage 2 is no part of it. */
START_TEST(a_stage_1_abort_behind_stage_2_tells_a_write)
{
	struct bench *b = bench_new(WORDS(0xf900001f), 1); /* STR xzr, [x0] */
	const uint64_t block = 1 | 1 << 7 | 1 << 10;       /* 2 MiB at 0, read only, AF */

	memcpy(b->ram + 0x1000, &block, 8);
	b->c->x[0] = 0x8000;
	b->c->reg[A64_R_TTBR0_EL1] = 0x1000;
	b->c->reg[A64_R_TCR_EL1] = 39; /* T0SZ: 25 bits, from level 2 */
	b->c->reg[A64_R_SCTLR_EL1] = 1;
	b->c->reg[A64_R_HCR_EL2] = 1;
	b->c->reg[A64_R_VBAR_EL1] = 0x10000;
	ck_assert_int_eq(a64_run(b->c, 1), A64_STOP_BUDGET);
	ck_assert_uint_eq(b->c->pc, 0x10200);
	ck_assert_uint_eq(b->c->reg[A64_R_ESR_EL1], 0x96000000 | 1 << 6 | 0x0e); /* WnR, permission at level 2 */
	ck_assert_uint_eq(b->c->reg[A64_R_FAR_EL1], 0x8000);
	bench_free(b);
}
END_TEST

START_TEST(a_fetch_that_fails_may_be_handled_in_the_page_it_came_from)
{
	struct bench *b = bench_new(WORDS(0xd61f0000), 1); /* BR x0 */
	const uint32_t halt = HLT0;

	memcpy(b->ram + 0x200, &halt, 4);
	b->c->x[0] = 2 * RAM;
	ck_assert_int_eq(a64_run(b->c, 10), A64_STOP_HALT);
	ck_assert_uint_eq(b->c->pc, 0x200);
	ck_assert_uint_eq(b->c->reg[A64_R_ELR_EL1], 2 * RAM);
	bench_free(b);
}
END_TEST

START_TEST(a_register_of_a_higher_level_is_undefined_with_or_without_a_row)
{
	/* MRS x0, SCTLR_EL3; MRS x0, S3_4_C15_C15_7; MRS x0, HCR_EL2 */
	struct bench *b = bench_new(WORDS(0xd53e1000, 0xd53cffe0, 0xd53c1100), 1);

	b->c->reg[A64_R_VBAR_EL1] = 0x10000;
	for (unsigned i = 0; i < 3; i++) {
		b->c->pc = 4 * i;
		ck_assert_int_eq(a64_run(b->c, 1), A64_STOP_BUDGET);
		ck_assert_uint_eq(b->c->pc, 0x10200);
		ck_assert_uint_eq(b->c->reg[A64_R_ELR_EL1], 4 * i);
		ck_assert_uint_eq(b->c->reg[A64_R_ESR_EL1], 0x02000000);
	}
	bench_free(b);
}
END_TEST

START_TEST(a_virtual_interrupt_waits_for_its_mask)
{
	/* MSR DAIFClr, #2 at 0x8; the vector at 0x280 halts. */
	struct bench *b = bench_new(WORDS(NOP_, NOP_, 0xd50342ff, NOP_), 1);
	const uint32_t halt = HLT0;

	memcpy(b->ram + 0x280, &halt, 4);
	b->c->reg[A64_R_HCR_EL2] = 1 << 4; /* IMO */
	a64_line(b->c, A64_VIRQ, true);
	ck_assert_int_eq(a64_run(b->c, 100), A64_STOP_HALT);
	ck_assert_uint_eq(b->c->pc, 0x280);
	ck_assert_uint_eq(b->c->reg[A64_R_ELR_EL1], 0xc);
	ck_assert_uint_eq(b->c->ps.daif, 0xf);
	bench_free(b);
}
END_TEST

START_TEST(sp_is_checked_where_sctlr_asks)
{
	struct bench *b = bench_new(WORDS(0xf94003e0, HLT0), 1); /* LDR x0, [sp] */

	b->c->x[A64_SP] = 0x1008;
	ck_assert_int_eq(a64_run(b->c, 2), A64_STOP_HALT);
	b->c->pc = 0;
	b->c->reg[A64_R_SCTLR_EL1] = 1 << 3;
	memcpy(b->ram + 0x200, &(const uint32_t){HLT0}, 4);
	ck_assert_int_eq(a64_run(b->c, 2), A64_STOP_HALT);
	ck_assert_uint_eq(b->c->reg[A64_R_ESR_EL1] >> 26, 0x26);
	bench_free(b);
}
END_TEST

START_TEST(a_store_exclusive_succeeds_after_its_load_and_once)
{
	/* LDXR x1, [x0]; STXR w2, x3, [x0]; STXR w4, x3, [x0]; HLT */
	struct bench *b = bench_new(WORDS(0xc85f7c01, 0xc8027c03, 0xc8047c03, HLT0), 1);
	uint64_t v;

	b->c->x[0] = 0x1000;
	b->c->x[3] = 77;
	ck_assert_int_eq(a64_run(b->c, 4), A64_STOP_HALT);
	memcpy(&v, b->ram + 0x1000, 8);
	ck_assert_uint_eq(v, 77);
	ck_assert_uint_eq(b->c->x[2], 0);
	ck_assert_uint_eq(b->c->x[4], 1);
	bench_free(b);
}
END_TEST

START_TEST(code_that_is_written_over_is_decoded_anew)
{
	/* STR w1, [x0] over the MOVZ w2, #1 behind it (MOVZ w2, #2); twice round */
	struct bench *b = bench_new(WORDS(0x52800022, 0xb9000001, 0x52800022, HLT0), 1);

	b->c->x[0] = 8;
	b->c->x[1] = 0x52800042;
	ck_assert_int_eq(a64_run(b->c, 4), A64_STOP_HALT);
	ck_assert_uint_eq(b->c->x[2], 2);
	bench_free(b);
}
END_TEST

START_TEST(classes_are_counted_once_whether_decoded_or_not)
{
	struct bench *b = bench_new(WORDS(0x91000400, 0x91000400, 0x17fffffe), 1); /* ADD, ADD, B back */

	ck_assert_int_eq(a64_run(b->c, 3000), A64_STOP_BUDGET);
	ck_assert_uint_eq(b->c->counts.insns, 3000);
	ck_assert_uint_eq(b->c->counts.by_class[A64_CLASS_alu], 2000);
	ck_assert_uint_eq(b->c->counts.by_class[A64_CLASS_branch], 1000);
	ck_assert_uint_eq(a64_cycles(b->c), 3000);
	ck_assert_uint_eq(b->c->x[0], 2000);
	bench_free(b);
}
END_TEST

START_TEST(an_endless_abort_ends_with_the_budget)
{
	struct bench *b = bench_new(WORDS(NOP_), 1);

	b->c->pc = RAM; /* nothing there, nor at the vectors */
	b->c->reg[A64_R_VBAR_EL1] = RAM + 0x10000;
	ck_assert_int_eq(a64_run(b->c, 1000), A64_STOP_BUDGET);
	bench_free(b);
}
END_TEST

/* A core with those of enum guest_core at EL1, `n` instructions run. */
static struct bench *modelled(const uint32_t *words, unsigned count, uint64_t models, uint64_t n)
{
	struct bench *b = bench_new(words, count, 1);
	struct machine m = {.guest_core = models};

	for (unsigned i = 0; i < INSNCOST_COUNT; i++)
		m.insn[i] = i + 1;
	a64_use_machine(b->c, &m);
	b->c->x[2] = 0x8000;
	ck_assert_int_eq(a64_run(b->c, n), A64_STOP_BUDGET);
	return b;
}

#define EVENTS(b, class) ((b)->c->counts.by_class[A64_CLASS_##class])

START_TEST(costs_are_the_machines_and_events_cost_only_where_modelled)
{
	/* LDR x1, [x2]; ADD x2, x2, #64; AND x2, x2, #0xffff; TBZ x2, #6, +8; NOP; B back */
	static const uint32_t words[] = {0xf9400041, 0x91010042, 0x92403c42, 0x36300042, NOP_, 0x17fffffb};
	struct bench *b = modelled(words, 6, 0, 5500);
	const struct bench *with;

	ck_assert_uint_eq(b->c->counts.insns, 5500);
	ck_assert_uint_eq(EVENTS(b, branch_mispredicted) + EVENTS(b, tlb_miss) + EVENTS(b, l1_miss), 0);
	ck_assert_uint_eq(a64_cycles(b->c), EVENTS(b, load) * (A64_CLASS_load + 1) + EVENTS(b, alu) * (A64_CLASS_alu + 1) +
						    EVENTS(b, branch) * (A64_CLASS_branch + 1) + EVENTS(b, sys) * (A64_CLASS_sys + 1));
	bench_free(b);
	for (unsigned models = 1; models < 8; models++) {
		b = modelled(words, 6, models, 5500);
		with = b;
		ck_assert_uint_eq(with->c->counts.insns, 5500);
		ck_assert_uint_eq(EVENTS(with, load), 1000);
		/* Taken every other time: the history tells, once it was learned. */
		ck_assert(models & 1 << GUEST_CORE_BRANCH ? EVENTS(with, branch_mispredicted) > 0 && EVENTS(with, branch_mispredicted) < 60
							  : EVENTS(with, branch_mispredicted) == 0);
		/* 16 pages of 64 lines, all of which fit. */
		ck_assert_uint_eq(EVENTS(with, tlb_miss), models & 1 << GUEST_CORE_TLB ? 16 : 0);
		ck_assert_uint_eq(EVENTS(with, l1_miss), models & 1 << GUEST_CORE_L1 ? 1000 : 0);
		bench_free(b);
	}
}
END_TEST

START_TEST(returns_and_indirect_branches_are_predicted_by_where_they_went)
{
	/* BL +16; BL +12; B back; NOP; f: RET */
	static const uint32_t calls[] = {0x94000004, 0x94000003, 0x17fffffe, NOP_, 0xd65f03c0};
	/* BLR x3, twice; B back; NOP; f: RET, with x3 = f */
	static const uint32_t pointers[] = {0xd63f0060, 0x17ffffff, NOP_, NOP_, 0xd65f03c0};
	struct bench *b = modelled(calls, 5, 1 << GUEST_CORE_BRANCH, 5000);

	ck_assert_uint_eq(EVENTS(b, branch_mispredicted), 0);
	bench_free(b);
	b = bench_new(pointers, 5, 1);
	a64_use_machine(b->c, &(struct machine){.guest_core = 1 << GUEST_CORE_BRANCH});
	b->c->x[3] = 16;
	ck_assert_int_eq(a64_run(b->c, 3000), A64_STOP_BUDGET);
	ck_assert_uint_eq(EVENTS(b, branch_mispredicted), 1);
	bench_free(b);
}
END_TEST

START_TEST(each_el_has_translations_of_their_own)
{
	/* EL2: LDR x1, [x0]; ERET; EL1: LDR x2, [x0]; HVC #0; EL2's vector: LDR x3, [x0]; HLT */
	struct bench *b = bench_new(WORDS(0xf9400001, 0xd69f03e0, 0xf9400002, 0xd4000002), 2);

	memcpy(b->ram + 0x400, (const uint32_t[]){0xf9400003, HLT0}, 8);
	memcpy(b->ram + 0x5000, &(const uint64_t){222}, 8);
	memcpy(b->ram + 0xd000, &(const uint64_t){111}, 8);
	b->moved = 0x8000;
	b->c->ps.el = 2;
	b->c->x[0] = 0x5000;
	b->c->reg[A64_R_HCR_EL2] = (uint64_t)1 << 31 | 1; /* RW, VM */
	b->c->reg[A64_R_SPSR_EL2] = 0x3c5;
	b->c->reg[A64_R_ELR_EL2] = 8;
	ck_assert_int_eq(a64_run(b->c, 10), A64_STOP_HALT);
	ck_assert_uint_eq(b->c->pc, 0x404);
	ck_assert_uint_eq(b->c->x[1], 222);
	ck_assert_uint_eq(b->c->x[2], 111);
	ck_assert_uint_eq(b->c->x[3], 222);
	bench_free(b);
}
END_TEST

START_TEST(pan_takes_the_users_pages_from_a_warm_tlb_and_gives_them_back)
{
	/* LDR x1, [x0]; MSR PAN, #1; LDR x2, [x0] (faults); at the vector: MSR PAN, #0; LDR x3, [x0]; HLT */
	struct bench *b = bench_new(WORDS(0xf9400001, 0xd500419f, 0xf9400002, HLT0), 1);
	const uint64_t l1 = 0x11003, l2 = 0x12003, code = 0x703, user = 0x8743; /* AF; AP 0: EL1's; AP 1: EL0's, too */

	memcpy(b->ram + 0x10000, &l1, 8);
	memcpy(b->ram + 0x11000, &l2, 8);
	memcpy(b->ram + 0x12000, &code, 8);
	memcpy(b->ram + 0x12000 + 8 * 8, &user, 8);
	memcpy(b->ram + 0x200, (const uint32_t[]){0xd500409f, 0xf9400003, HLT0}, 12);
	memcpy(b->ram + 0x8000, &(const uint64_t){7}, 8);
	b->c->x[0] = 0x8000;
	b->c->reg[A64_R_TTBR0_EL1] = 0x10000;
	b->c->reg[A64_R_TCR_EL1] = 25 | 1 << 23; /* 39 bits; EPD1 */
	b->c->reg[A64_R_SCTLR_EL1] = 1 | 1 << 23; /* M, SPAN */
	ck_assert_int_eq(a64_run(b->c, 10), A64_STOP_HALT);
	ck_assert_uint_eq(b->c->pc, 0x208);
	ck_assert_uint_eq(b->c->x[1], 7);
	ck_assert_uint_eq(b->c->x[2], 0);
	ck_assert_uint_eq(b->c->x[3], 7);
	ck_assert_uint_eq(b->c->reg[A64_R_ESR_EL1], (uint64_t)0x25 << 26 | 1 << 25 | 0x0f);
	bench_free(b);
}
END_TEST

#define FADD_  0x1e622820 /* FADD d0, d1, d2 */
#define STRQ_  0x3d800000 /* STR q0, [x0] */
#define FPCR_R 0xd53b4400 /* MRS x0, FPCR */

START_TEST(floating_point_is_trapped_by_cpacr_cptr_and_tge)
{
	static const struct {
		unsigned el;
		uint64_t cpacr, cptr, hcr;
		unsigned target, ec; /* target 0: executed */
	} cases[] = {
		{1, 0, 0, 0, 1, 0x07},
		{1, 1, 0, 0, 0, 0},
		{0, 1, 0, 0, 1, 0x07},
		{0, 2, 0, 0, 1, 0x07},
		{0, 3, 0, 0, 0, 0},
		{0, 0, 0, (uint64_t)1 << 27, 2, 0x00},                                                   /* TGE */
		{1, 3, 1 << 10, 0, 2, 0x07},                                                             /* TFP */
		{2, 0, 1 << 10, 0, 2, 0x07},
		{2, 0, 0, 0, 0, 0},
		{1, 3, 0, (uint64_t)1 << 34, 2, 0x07},                                                   /* E2H: FPEN 0 */
		{1, 3, 1 << 20, (uint64_t)1 << 34, 0, 0},
		{0, 0, 1 << 20, (uint64_t)1 << 34 | (uint64_t)1 << 27, 2, 0x07},                         /* the host's EL0 */
		{0, 0, 3 << 20, (uint64_t)1 << 34 | (uint64_t)1 << 27, 0, 0},
		{2, 0, 2 << 20, (uint64_t)1 << 34, 2, 0x07},
	};
	static const uint32_t words[] = {FADD_, STRQ_, FPCR_R};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (unsigned k = 0; k < sizeof(words) / sizeof(words[0]); k++) {
			struct bench *b = bench_new(WORDS(words[k], HLT0), 0);

			b->c->ps.el = (uint8_t)cases[i].el;
			b->c->x[0] = 0x1000;
			b->c->reg[A64_R_CPACR_EL1] = cases[i].cpacr << 20;
			b->c->reg[A64_R_CPTR_EL2] = cases[i].cptr;
			b->c->reg[A64_R_HCR_EL2] = cases[i].hcr;
			if (cases[i].target == 0) {
				ck_assert_msg(a64_run(b->c, 2) == A64_STOP_HALT, "case %u, word %u: esr 0x%" PRIx64, i, k, b->c->exit.esr);
			} else {
				ck_assert_msg(a64_run(b->c, 2) == A64_STOP_EXCEPTION, "case %u, word %u", i, k);
				ck_assert_uint_eq(b->c->exit.target_el, cases[i].target);
				ck_assert_uint_eq(b->c->exit.esr, (uint64_t)cases[i].ec << 26 | 1 << 25 | (cases[i].ec ? 0x1e00000 : 0));
				ck_assert_uint_eq(b->c->pc, 0);
			}
			bench_free(b);
		}
}
END_TEST

START_TEST(a_vector_across_two_pages_or_to_sp_is_one_access)
{
	struct bench *b = bench_new(WORDS(0x3d800000, 0x3dc003e1, HLT0), 1); /* STR q0, [x0]; LDR q1, [sp] */

	b->c->reg[A64_R_CPACR_EL1] = 3 << 20;
	b->c->x[0] = b->c->x[A64_SP] = 0x2ff8;
	b->c->v[0][0] = 0x1122334455667788;
	b->c->v[0][1] = 0x99aabbccddeeff00;
	ck_assert_int_eq(a64_run(b->c, 3), A64_STOP_HALT);
	ck_assert_uint_eq(b->c->v[1][0], b->c->v[0][0]);
	ck_assert_uint_eq(b->c->v[1][1], b->c->v[0][1]);
	b->c->pc = 4;
	b->c->reg[A64_R_SCTLR_EL1] = 1 << 3; /* SA */
	memcpy(b->ram + 0x200, &(const uint32_t){HLT0}, 4);
	ck_assert_int_eq(a64_run(b->c, 2), A64_STOP_HALT);
	ck_assert_uint_eq(b->c->reg[A64_R_ESR_EL1] >> 26, 0x26);
	bench_free(b);
}
END_TEST

START_TEST(fpcr_keeps_what_exists)
{
	struct bench *b = bench_new(WORDS(0xd51b4400, 0xd51b4421, HLT0), 1); /* MSR FPCR, x0; MSR FPSR, x1 */

	b->c->reg[A64_R_CPACR_EL1] = 3 << 20;
	b->c->x[0] = b->c->x[1] = UINT64_MAX;
	ck_assert_int_eq(a64_run(b->c, 3), A64_STOP_HALT);
	ck_assert_uint_eq(b->c->reg[A64_R_FPCR], 0x07c80000);
	ck_assert_uint_eq(b->c->reg[A64_R_FPSR], 0xf800009f);
	bench_free(b);
}
END_TEST

START_TEST(every_register_of_the_tables_is_found_by_its_encoding)
{
	for (unsigned i = 1; i < A64_REGS; i++)
		ck_assert_msg(a64_reg_name((enum a64_reg)i)[0] != '\0', "row %u", i);
	ck_assert_int_eq(a64_reg_by_encoding(3, 0, 1, 0, 0), A64_R_SCTLR_EL1);
	ck_assert_int_eq(a64_reg_by_encoding(3, 3, 14, 0, 2), A64_R_CNTVCT_EL0);
	ck_assert_int_eq(a64_reg_by_encoding(3, 7, 15, 15, 7), A64_R_NONE);
#define SYSREG(name, op0, op1, crn, crm, op2, ...)                                                  \
	ck_assert_msg(sysreg_by_encoding(op0, op1, crn, crm, op2) == SR_##name, #name);             \
	ck_assert_msg(a64_reg_by_encoding(op0, op1, crn, crm, op2) == A64_R_##name, #name);
#include "models/cpu/sysregs.def"
	ck_assert_int_eq(sysreg_by_encoding(3, 7, 15, 15, 7), SR_NONE);
	ck_assert_int_eq(sysreg_by_encoding(4, 0, 0, 0, 0), SR_NONE);
	ck_assert_int_eq(sysreg_by_encoding(0, 0, 0, 0, 8), SR_NONE);
#define A64_KIND(name, kind, reset) ck_assert_msg(a64_reg_kind(A64_R_##name) == A64_KIND_##kind, #name);
#include "models/cpu/a64/a64_kinds.def"
}
END_TEST

int main(void)
{
	Suite *s = suite_create("a64");
	TCase *tc = tcase_create("a64");

	tcase_add_test(tc, an_unknown_word_stops_at_itself_and_says_what_is_missing);
	tcase_add_test(tc, an_unknown_register_stops_and_one_of_the_id_space_reads_as_zero);
	tcase_add_test(tc, hvc_goes_out_behind_itself_with_its_immediate);
	tcase_add_test(tc, a_trapped_smc_and_wfi_stay_at_themselves);
	tcase_add_test(tc, what_is_taken_outside_costs_the_guest_nothing);
	tcase_add_test(tc, tvm_traps_writes_and_trvm_reads);
	tcase_add_test(tc, tid2_traps_all_of_the_caches_identification_and_tid4_all_but_ctr);
	tcase_add_test(tc, other_words_behind_an_ic_are_decoded_anew_and_counted_once);
	tcase_add_test(tc, a_budget_of_cycles_ends_with_the_instruction_that_uses_it_up);
	tcase_add_test(tc, a_stage_2_abort_carries_address_and_syndrome);
	tcase_add_test(tc, a_stage_1_abort_behind_stage_2_tells_a_write);
	tcase_add_test(tc, a_fetch_that_fails_may_be_handled_in_the_page_it_came_from);
	tcase_add_test(tc, a_register_of_a_higher_level_is_undefined_with_or_without_a_row);
	tcase_add_test(tc, a_virtual_interrupt_waits_for_its_mask);
	tcase_add_test(tc, sp_is_checked_where_sctlr_asks);
	tcase_add_test(tc, a_store_exclusive_succeeds_after_its_load_and_once);
	tcase_add_test(tc, code_that_is_written_over_is_decoded_anew);
	tcase_add_test(tc, classes_are_counted_once_whether_decoded_or_not);
	tcase_add_test(tc, an_endless_abort_ends_with_the_budget);
	tcase_add_test(tc, floating_point_is_trapped_by_cpacr_cptr_and_tge);
	tcase_add_test(tc, a_vector_across_two_pages_or_to_sp_is_one_access);
	tcase_add_test(tc, fpcr_keeps_what_exists);
	tcase_add_test(tc, costs_are_the_machines_and_events_cost_only_where_modelled);
	tcase_add_test(tc, returns_and_indirect_branches_are_predicted_by_where_they_went);
	tcase_add_test(tc, each_el_has_translations_of_their_own);
	tcase_add_test(tc, pan_takes_the_users_pages_from_a_warm_tlb_and_gives_them_back);
	tcase_add_test(tc, every_register_of_the_tables_is_found_by_its_encoding);
	suite_add_tcase(s, tc);
	return suite_status(s);
}
