// SPDX-License-Identifier: Apache-2.0
/*
 * The A64 core's system instructions: PSTATE, what EL0 may reach, waits, SYS. Values are those of the Arm ARM's pseudocode: a program in
 * user space cannot be asked, so QEMU's user mode is no witness.
 */
#include "tests/a64/bench_one.h"

/* --- PSTATE ----------------------------------------------------------------------------------- */

/* MRS x0 and MSR from x1 of a field, its bits in the register, what else reads as it after reset. */
static const struct {
	uint32_t mrs, msr;
	uint64_t bits;
} fields[] = {
	{ 0xd53b4200, 0xd51b4201, 0xf0000000 }, /* NZCV */
	{ 0xd53b4220, 0xd51b4221, 0x3c0 },	/* DAIF */
	{ 0xd5384260, 0xd5184261, 1 << 22 },	/* PAN */
	{ 0xd5384280, 0xd5184281, 1 << 23 },	/* UAO */
	{ 0xd53b42a0, 0xd51b42a1, 1 << 24 },	/* DIT */
	{ 0xd53b42c0, 0xd51b42c1, 1 << 12 },	/* SSBS */
	{ 0xd5384200, 0xd5184201, 1 },		/* SPSel */
};

START_TEST(a_field_of_pstate_reads_as_it_was_written)
{
	for (unsigned set = 0; set < 2; set++) {
		struct bench *b = bench_new(WORDS(fields[_i].msr, fields[_i].mrs, HLT0), 1);

		b->c->x[0] = 0x1234;
		b->c->x[1] = set != 0 ? UINT64_MAX : 0;
		ck_assert_int_eq(a64_run(b->c, 10), A64_STOP_HALT);
		ck_assert_uint_eq(b->c->x[0], set != 0 ? fields[_i].bits : 0);
		ck_assert_uint_eq(b->c->ps.el, 1);
		bench_free(b);
	}
}
END_TEST

START_TEST(what_only_reads_says_the_level_and_the_lines)
{
	/* MRS x0, CurrentEL; MRS x1, ISR_EL1; MSR CurrentEL, x0 */
	struct bench *b = bench_new(WORDS(0xd5384240, 0xd538c101, 0xd538c102, HLT0), 2);

	for (unsigned el = 1; el <= 2; el++) {
		b->c->pc = 0;
		b->c->ps.el = (uint8_t)el;
		b->c->reg[A64_R_HCR_EL2] = 0;
		b->c->lines = A64_IRQ | A64_VFIQ;
		ck_assert_int_eq(a64_run(b->c, 2), A64_STOP_BUDGET);
		ck_assert_uint_eq(b->c->x[0], el << 2);
		ck_assert_uint_eq(b->c->x[1], 1 << 7); /* I: the physical line */
		b->c->lines = A64_VFIQ;
		b->c->reg[A64_R_HCR_EL2] = 1 << 3; /* FMO: EL1 sees the virtual one */
		ck_assert_int_eq(a64_run(b->c, 1), A64_STOP_BUDGET);
		ck_assert_uint_eq(b->c->x[2], el == 1 ? 1 << 6 : 0);
	}
	bench_free(b);
}
END_TEST

/* MSR (immediate): the word with #1, the feature without which it is undefined, whether EL0 may not. */
static const struct {
	uint32_t word;
	uint64_t feat, spsr;
	bool el1;
} immediates[] = {
	{ 0xd500417f, FEAT(UAO), 1 << 23, true },
	{ 0xd500419f, FEAT(PAN), 1 << 22, true },
	{ 0xd50041bf, 0, 1, true }, /* SPSel */
	{ 0xd503413f, FEAT(SSBS), 1 << 12, false },
	{ 0xd503415f, FEAT(DIT), 1 << 24, false },
};

START_TEST(a_field_is_set_by_its_immediate_where_it_exists_and_may_be_set)
{
	struct bench *b = one(immediates[_i].word, 1, 0);

	b->c->ps.sp = 0;
	goes_on(b);
	ck_assert_uint_eq(a64_spsr(b->c) & ~(uint64_t)0x3cc, immediates[_i].spsr);
	b->c->pc = 0;
	memcpy(b->ram, &(const uint32_t){ immediates[_i].word & ~(uint32_t)0xf00 }, 4); /* #0 */
	a64_flush_code(b->c);
	goes_on(b);
	ck_assert_uint_eq(a64_spsr(b->c) & ~(uint64_t)0x3cc, 0);
	bench_free(b);
	b = one(immediates[_i].word, 0, 0);
	if (immediates[_i].el1)
		taken(b, UNDEF);
	else
		goes_on(b);
	bench_free(b);
	if (immediates[_i].feat != 0) {
		b = one(immediates[_i].word, 1, immediates[_i].feat);
		taken(b, UNDEF);
		bench_free(b);
	}
}
END_TEST

/* CFINV, XAFLAG, AXFLAG for all flags (Arm ARM, C6.2). */
START_TEST(flags_become_what_the_manual_says)
{
	for (unsigned f = 0; f < 16; f++) {
		const bool n = f >> 3 & 1, z = f >> 2 & 1, c = f >> 1 & 1, v = f & 1;
		const unsigned want[3] = {
			(unsigned)n << 3 | (unsigned)z << 2 | (unsigned)!c << 1 | (unsigned)v,
			(unsigned)(!c && !z) << 3 | (unsigned)(z && c) << 2 | (unsigned)(c || z) << 1 | (unsigned)(!c && z),
			(unsigned)(z || v) << 2 | (unsigned)(c && !v) << 1,
		};

		for (unsigned i = 0; i < 3; i++) {
			struct bench *b = one(0xd500401f + (i << 5), 1, 0);

			b->c->nzcv = f;
			goes_on(b);
			ck_assert_uint_eq(b->c->nzcv, want[i]);
			bench_free(b);
			b = one(0xd500401f + (i << 5), 1, i == 0 ? FEAT(FLAGM) : FEAT(FLAGM2));
			taken(b, UNDEF);
			bench_free(b);
		}
	}
}
END_TEST

START_TEST(daif_is_el0s_only_with_uma)
{
	/* MSR DAIFSet, #3; MSR DAIFClr, #3 */
	static const uint32_t words[] = { 0xd50343df, 0xd50343ff };

	for (unsigned i = 0; i < 2; i++) {
		struct bench *b = one(words[i], 0, 0);

		b->c->ps.daif = 4;
		/* op0 0, op2 6 or 7, op1 3, CRn 4, Rt 31, CRm 3, write */
		taken(b, (uint64_t)0x18 << 26 | 1 << 25 | (6 + i) << 17 | 3 << 14 | 4 << 10 | 31 << 5 | 3 << 1);
		bench_free(b);
		b = one(words[i], 0, 0);
		b->c->ps.daif = (uint8_t)(i == 0 ? 4 : 7);
		b->c->reg[A64_R_SCTLR_EL1] = 1 << 9;
		goes_on(b);
		ck_assert_uint_eq(b->c->ps.daif, i == 0 ? 7 : 4);
		bench_free(b);
	}
}
END_TEST

/* --- what EL0 may reach ------------------------------------------------------------------------ */

/* MRS x0 of a register, and the control of EL1 that lets EL0 read it. */
static const struct {
	uint32_t mrs;
	enum a64_reg control;
	uint64_t bits;
} user[] = {
	{ 0xd53b0020, A64_R_SCTLR_EL1, 1 << 15 },  /* CTR_EL0: UCT */
	{ 0xd53b4220, A64_R_SCTLR_EL1, 1 << 9 },   /* DAIF: UMA */
	{ 0xd53be020, A64_R_CNTKCTL_EL1, 1 << 0 }, /* CNTPCT_EL0: EL0PCTEN */
	{ 0xd53be040, A64_R_CNTKCTL_EL1, 1 << 1 }, /* CNTVCT_EL0: EL0VCTEN */
	{ 0xd53be000, A64_R_CNTKCTL_EL1, 1 << 0 }, /* CNTFRQ_EL0: either */
	{ 0xd53be000, A64_R_CNTKCTL_EL1, 1 << 1 },
	{ 0xd53be320, A64_R_CNTKCTL_EL1, 1 << 8 }, /* CNTV_CTL_EL0: EL0VTEN */
	{ 0xd53be340, A64_R_CNTKCTL_EL1, 1 << 8 }, /* CNTV_CVAL_EL0 */
	{ 0xd53be300, A64_R_CNTKCTL_EL1, 1 << 8 }, /* CNTV_TVAL_EL0 */
	{ 0xd53be220, A64_R_CNTKCTL_EL1, 1 << 9 }, /* CNTP_CTL_EL0: EL0PTEN */
	{ 0xd53be240, A64_R_CNTKCTL_EL1, 1 << 9 }, /* CNTP_CVAL_EL0 */
	{ 0xd53be200, A64_R_CNTKCTL_EL1, 1 << 9 }, /* CNTP_TVAL_EL0 */
};

START_TEST(el0_reads_what_el1_lets_it)
{
	const uint32_t w = user[_i].mrs;
	struct bench *b = one(w, 0, 0);

	taken(b, (uint64_t)0x18 << 26 | 1 << 25 | (w >> 19 & 3) << 20 | (w >> 5 & 7) << 17 | (w >> 16 & 7) << 14 | (w >> 12 & 15) << 10 |
			 (w >> 8 & 15) << 1 | 1);
	bench_free(b);
	b = one(w, 0, 0);
	b->c->reg[user[_i].control] = user[_i].bits;
	goes_on(b);
	bench_free(b);
	b = one(w, 0, 0); /* EL2's host: EL1's controls are not asked */
	b->c->reg[A64_R_HCR_EL2] = HCR_E2H | HCR_TGE;
	goes_on(b);
	bench_free(b);
}
END_TEST

START_TEST(tpidrro_is_read_by_el0_and_written_by_el1)
{
	struct bench *b = bench_new(WORDS(0xd51bd061, 0xd53bd060), 1); /* MSR TPIDRRO_EL0, x1; MRS x0, TPIDRRO_EL0 */

	b->c->x[1] = 77;
	b->c->reg[A64_R_VBAR_EL1] = VBAR;
	goes_on(b);
	b->c->ps.el = b->c->ps.sp = 0;
	ck_assert_int_eq(a64_run(b->c, 1), A64_STOP_BUDGET);
	ck_assert_uint_eq(b->c->x[0], 77);
	b->c->pc = 0;
	taken(b, UNDEF);
	ck_assert_uint_eq(b->c->reg[A64_R_TPIDRRO_EL0], 77);
	bench_free(b);
}
END_TEST

/* Undefined at EL0, whatever is set: TLBI, AT, IC of all, cache by set and way, ERET, HVC, SMC, SP_EL0. */
START_TEST(what_is_el1s_is_undefined_at_el0)
{
	static const uint32_t words[] = { 0xd508871f, 0xd50c871f, 0xd5087800, 0xd508711f, 0xd5087640, 0xd69f03e0,
					  0xd69f0bff, 0xd4000022, 0xd4000023, 0xd5384100, 0xd5381000 };

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct bench *b = one(words[i], 0, 0);

		b->c->reg[A64_R_SCTLR_EL1] = UINT64_MAX & ~(uint64_t)1;
		taken(b, UNDEF);
		bench_free(b);
	}
}
END_TEST

START_TEST(the_stack_pointer_in_use_has_no_name)
{
	/* MRS x0, SP_EL0; MSR SP_EL0, x1 */
	static const uint32_t words[] = { 0xd5384100, 0xd5184101 };

	for (unsigned i = 0; i < 2; i++) {
		struct bench *b = one(words[i], 1, 0);

		b->c->ps.sp = 0;
		taken(b, UNDEF);
		bench_free(b);
		b = one(words[i], 1, 0);
		b->c->reg[A64_R_SP_EL0] = 5;
		b->c->x[1] = 6;
		goes_on(b);
		ck_assert_uint_eq(i == 0 ? b->c->x[0] : b->c->reg[A64_R_SP_EL0], i == 0 ? 5 : 6);
		bench_free(b);
	}
}
END_TEST

/* --- names of two registers -------------------------------------------------------------------- */

START_TEST(with_e2h_names_of_el1_reach_el2s_registers_and_el12_reaches_el1s)
{
	struct bench *b = bench_new(WORDS(0xd5381000, 0xd53d1001, HLT0), 2); /* MRS x0, SCTLR_EL1; MRS x1, SCTLR_EL12 */

	b->c->ps.el = 2;
	b->c->reg[A64_R_SCTLR_EL1] = 1 << 12; /* neither has M */
	b->c->reg[A64_R_SCTLR_EL2] = 1 << 2;
	b->c->reg[A64_R_HCR_EL2] = HCR_E2H;
	ck_assert_int_eq(a64_run(b->c, 10), A64_STOP_HALT);
	ck_assert_uint_eq(b->c->x[0], 1 << 2);
	ck_assert_uint_eq(b->c->x[1], 1 << 12);
	b->c->pc = 0;
	b->c->reg[A64_R_HCR_EL2] = 0;
	ck_assert_int_eq(a64_run(b->c, 10), A64_STOP_UNKNOWN); /* EL12 is nobody's without E2H */
	ck_assert_uint_eq(b->c->x[0], 1 << 12);
	ck_assert_uint_eq(b->c->pc, 4);
	bench_free(b);
}
END_TEST

START_TEST(what_implementations_define_is_trapped_by_tidcp)
{
	/* MRS x0, S3_0_C11_C0_0; SYS #0, C11, C0, #0, x0; SYS #0, C15, C0, #0, x0 */
	static const uint32_t words[] = { 0xd538b000, 0xd508b000, 0xd508f000 };

	for (unsigned i = 0; i < 3; i++) {
		struct bench *b = one(words[i], 1, 0);
		const uint32_t w = words[i];

		b->c->reg[A64_R_HCR_EL2] = HCR_TIDCP;
		ck_assert_int_eq(a64_run(b->c, 1), A64_STOP_BUDGET);
		ck_assert_uint_eq(b->c->ps.el, 2);
		ck_assert_uint_eq(b->c->reg[A64_R_ESR_EL2],
				  (uint64_t)0x18 << 26 | 1 << 25 | (w >> 19 & 3) << 20 | (w >> 12 & 15) << 10 | (i == 0));
		bench_free(b);
		b = one(words[i], 1, 0);
		if (i == 0)
			ck_assert_int_eq(a64_run(b->c, 1), A64_STOP_UNKNOWN);
		else
			taken(b, UNDEF);
		bench_free(b);
	}
}
END_TEST

START_TEST(identification_without_a_row_is_trapped_by_tid3)
{
	struct bench *b = one(0xd53807e0, 1, 0); /* MRS x0, S3_0_C0_C7_7 */

	b->c->reg[A64_R_HCR_EL2] = 1 << 18;
	ck_assert_int_eq(a64_run(b->c, 1), A64_STOP_BUDGET);
	ck_assert_uint_eq(b->c->reg[A64_R_ESR_EL2], (uint64_t)0x18 << 26 | 1 << 25 | 3 << 20 | 7 << 17 | 7 << 1 | 1);
	bench_free(b);
}
END_TEST

/* --- SYS --------------------------------------------------------------------------------------- */

START_TEST(a_sys_instruction_without_a_row_stops)
{
	/* SYS #3, C7, C15, #7, x0; SYSL x0, #0, C7, C0, #0 */
	static const uint32_t words[] = { 0xd50b7fe0, 0xd5287000 };

	for (unsigned i = 0; i < 2; i++) {
		struct bench *b = one(words[i], 1, 0);

		ck_assert_int_eq(a64_run(b->c, 1), A64_STOP_UNKNOWN);
		ck_assert_uint_eq(b->c->exit.word, words[i]);
		ck_assert_uint_eq(b->c->pc, 0);
		bench_free(b);
	}
}
END_TEST

START_TEST(dc_zva_zeroes_its_block_of_64_bytes)
{
	struct bench *b = one(0xd50b7420, 0, 0);

	memset(b->ram + 0x1000, 0xff, 0x100);
	b->c->x[0] = 0x1057;
	taken(b, (uint64_t)0x18 << 26 | 1 << 25 | 1 << 20 | 1 << 17 | 3 << 14 | 7 << 10 | 4 << 1); /* SCTLR_EL1.DZE is 0 */
	ck_assert_uint_eq(b->ram[0x1040], 0xff);
	b->c->pc = b->c->ps.el = b->c->ps.sp = 0;
	b->c->reg[A64_R_SCTLR_EL1] = 1 << 14;
	goes_on(b);
	for (unsigned i = 0; i < 0x100; i++)
		ck_assert_uint_eq(b->ram[0x1000 + i], i >= 0x40 && i < 0x80 ? 0 : 0xff);
	bench_free(b);
	b = one(0xd50b7420, 1, 0);
	b->c->x[0] = 2 * RAM;
	ck_assert_int_eq(a64_run(b->c, 1), A64_STOP_BUDGET);
	ck_assert_uint_eq(EC_OF(b->c->reg[A64_R_ESR_EL1]), 0x25); /* nothing is there: an abort of EL1 */
	bench_free(b);
}
END_TEST

START_TEST(caches_by_set_and_way_are_trapped_by_tsw_and_el0s_asks_uci)
{
	struct bench *b = one(0xd5087640, 1, 0); /* DC ISW, x0 */

	b->c->reg[A64_R_HCR_EL2] = HCR_TSW;
	ck_assert_int_eq(a64_run(b->c, 1), A64_STOP_BUDGET);
	ck_assert_uint_eq(b->c->reg[A64_R_ESR_EL2], (uint64_t)0x18 << 26 | 1 << 25 | 1 << 20 | 2 << 17 | 7 << 10 | 6 << 1);
	bench_free(b);
	b = one(0xd50b7520, 0, 0); /* IC IVAU, x0 */
	taken(b, (uint64_t)0x18 << 26 | 1 << 25 | 1 << 20 | 1 << 17 | 3 << 14 | 7 << 10 | 5 << 1);
	b->c->pc = b->c->ps.el = b->c->ps.sp = 0;
	b->c->reg[A64_R_SCTLR_EL1] = 1 << 26;
	goes_on(b);
	bench_free(b);
}
END_TEST

static void told(void *owner, struct a64 *c, bool code)
{
	struct bench *b = owner;

	(void)c;
	b->moved |= code ? 2 : 1;
}

static void woke(void *owner, struct a64 *c)
{
	struct bench *b = owner;

	(void)c;
	b->moved = 4;
}

START_TEST(other_cores_are_told_of_what_is_broadcast)
{
	/* TLBI VMALLE1, VMALLE1IS, IC IALLUIS, SEV, SEVL */
	static const uint32_t words[] = { 0xd508871f, 0xd508831f, 0xd508711f, 0xd503209f, 0xd50320bf };
	static const uint64_t heard[] = { 0, 1, 2, 4, 0 };

	for (unsigned i = 0; i < 5; i++) {
		struct bench *b = one(words[i], 1, 0);

		b->c->bus.broadcast = told;
		b->c->bus.event = woke;
		goes_on(b);
		ck_assert_uint_eq(b->moved, heard[i]);
		ck_assert_int_eq(b->c->event, i >= 3);
		bench_free(b);
	}
}
END_TEST

START_TEST(ttlb_traps_el1s_invalidations)
{
	struct bench *b = one(0xd508871f, 1, 0);

	b->c->reg[A64_R_HCR_EL2] = HCR_TTLB;
	ck_assert_int_eq(a64_run(b->c, 1), A64_STOP_BUDGET);
	ck_assert_uint_eq(b->c->reg[A64_R_ESR_EL2], (uint64_t)0x18 << 26 | 1 << 25 | 1 << 20 | 8 << 10 | 31 << 5 | 7 << 1);
	bench_free(b);
}
END_TEST

/* --- waits ------------------------------------------------------------------------------------- */

/* WFI, WFE, WFIT, WFET: the ISS's TI, EL1's control of EL0, EL2's trap. */
static const struct {
	uint32_t word, ti;
	uint64_t sctlr, hcr;
} waits[] = {
	{ 0xd503207f, 0, 1 << 16, HCR_TWI },
	{ 0xd503205f, 1, 1 << 18, HCR_TWE },
	{ 0xd5031020, 2, 1 << 16, HCR_TWI },
	{ 0xd5031000, 3, 1 << 18, HCR_TWE },
};

START_TEST(a_wait_is_trapped_by_el1_by_el2_or_waits)
{
	const uint64_t esr = (uint64_t)1 << 26 | 1 << 25 | 1 << 24 | 0xe << 20 | waits[_i].ti;
	struct bench *b = one(waits[_i].word, 0, 0);

	taken(b, esr);
	b->c->pc = b->c->ps.el = b->c->ps.sp = 0;
	b->c->reg[A64_R_SCTLR_EL1] = waits[_i].sctlr;
	ck_assert_int_eq(a64_run(b->c, 1), A64_STOP_WFI);
	ck_assert_uint_eq(b->c->pc, 4);
	b->c->pc = 0;
	b->c->reg[A64_R_HCR_EL2] = waits[_i].hcr;
	ck_assert_int_eq(a64_run(b->c, 1), A64_STOP_BUDGET);
	ck_assert_uint_eq(b->c->ps.el, 2);
	ck_assert_uint_eq(b->c->reg[A64_R_ESR_EL2], esr);
	bench_free(b);
	/* an event ends a WFE at once, and is spent; an interrupt, masked or not, ends any */
	b = one(waits[_i].word, 1, 0);
	b->c->event = true;
	ck_assert_int_eq(a64_run(b->c, 1), waits[_i].ti & 1 ? A64_STOP_BUDGET : A64_STOP_WFI);
	ck_assert_int_eq(b->c->event, !(waits[_i].ti & 1));
	b->c->pc = 0;
	b->c->event = false;
	a64_line(b->c, A64_IRQ, true);
	goes_on(b);
	bench_free(b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("a64_system");
	TCase *c = tcase_create("a64_system");

	tcase_add_loop_test(c, a_field_of_pstate_reads_as_it_was_written, 0, N_OF(fields));
	tcase_add_test(c, what_only_reads_says_the_level_and_the_lines);
	tcase_add_loop_test(c, a_field_is_set_by_its_immediate_where_it_exists_and_may_be_set, 0, N_OF(immediates));
	tcase_add_test(c, flags_become_what_the_manual_says);
	tcase_add_test(c, daif_is_el0s_only_with_uma);
	tcase_add_loop_test(c, el0_reads_what_el1_lets_it, 0, N_OF(user));
	tcase_add_test(c, tpidrro_is_read_by_el0_and_written_by_el1);
	tcase_add_test(c, what_is_el1s_is_undefined_at_el0);
	tcase_add_test(c, the_stack_pointer_in_use_has_no_name);
	tcase_add_test(c, with_e2h_names_of_el1_reach_el2s_registers_and_el12_reaches_el1s);
	tcase_add_test(c, what_implementations_define_is_trapped_by_tidcp);
	tcase_add_test(c, identification_without_a_row_is_trapped_by_tid3);
	tcase_add_test(c, a_sys_instruction_without_a_row_stops);
	tcase_add_test(c, dc_zva_zeroes_its_block_of_64_bytes);
	tcase_add_test(c, caches_by_set_and_way_are_trapped_by_tsw_and_el0s_asks_uci);
	tcase_add_test(c, other_cores_are_told_of_what_is_broadcast);
	tcase_add_test(c, ttlb_traps_el1s_invalidations);
	tcase_add_loop_test(c, a_wait_is_trapped_by_el1_by_el2_or_waits, 0, N_OF(waits));
	suite_add_tcase(s, c);
	return suite_status(s);
}
