// SPDX-License-Identifier: Apache-2.0
/* What the A64 core does with its pc: returns, calls, interrupts, targets of branches; and exclusives (Arm ARM, D1.3, D8.4.6, B2.9). */
#include "tests/a64/bench_one.h"

/* --- returns, calls ---------------------------------------------------------------------------- */

START_TEST(an_illegal_return_stays_and_what_follows_is_an_exception)
{
	/* to EL2 from EL1; to EL3; to AArch32; to EL0 with SPSel 1 */
	static const uint64_t spsr[] = { 0x3c9, 0x3cd, 0x3d0, 0x3c1 };

	for (unsigned i = 0; i < sizeof(spsr) / sizeof(spsr[0]); i++) {
		struct bench *b = one(0xd69f03e0, 1, 0);

		b->c->reg[A64_R_SPSR_EL1] = spsr[i] | (uint64_t)1 << 31;
		b->c->reg[A64_R_ELR_EL1] = 4;
		goes_on(b);
		ck_assert_uint_eq(b->c->ps.el, 1);
		ck_assert_uint_eq(b->c->ps.il, 1);
		ck_assert_uint_eq(b->c->nzcv, A64_N); /* flags are taken over all the same */
		taken(b, (uint64_t)0x0e << 26 | 1 << 25);
		ck_assert_uint_eq(b->c->reg[A64_R_SPSR_EL1] >> 20 & 1, 1);
		ck_assert_uint_eq(b->c->ps.il, 0);
		bench_free(b);
	}
}
END_TEST

START_TEST(a_return_drops_what_the_machine_has_not)
{
	struct bench *b = one(0xd69f03e0, 1, FEAT(PAN) | FEAT(UAO) | FEAT(DIT) | FEAT(SSBS) | FEAT(BTI));

	b->c->reg[A64_R_SPSR_EL1] = 0x3c5 | 0x1f << 22 | 1 << 12 | 3 << 10;
	b->c->reg[A64_R_ELR_EL1] = 4;
	goes_on(b);
	ck_assert_uint_eq(a64_spsr(b->c), 0x3c5);
	bench_free(b);
}
END_TEST

START_TEST(an_authenticated_return_of_a_signed_address_goes_there)
{
	/* PACIA x0, sp as the kernel signs: XPACLRI afterwards gives the address back. PACIASP; MSR ELR_EL1, x30; ERETAA */
	static const uint32_t key_a[] = { 0xd503233f, 0xd518403e, 0xd69f0bff }, key_b[] = { 0xd503237f, 0xd518403e, 0xd69f0fff };

	for (unsigned i = 0; i < 4; i++) {
		struct bench *b = bench_new(i & 1 ? key_b : key_a, 3, 1);
		const bool wrong = i >= 2;

		b->c->reg[A64_R_SCTLR_EL1] = (uint64_t)3 << 30; /* EnIA, EnIB */
		b->c->reg[A64_R_TCR_EL1] = 16 | 16 << 16;
		b->c->reg[A64_R_HCR_EL2] = (uint64_t)3 << 40; /* API, APK */
		b->c->reg[A64_R_APIAKEYLO_EL1] = 0x1234567;
		b->c->reg[A64_R_APIBKEYHI_EL1] = 0x89abcde;
		b->c->reg[A64_R_SPSR_EL1] = 0x3c4; /* EL1t */
		b->c->x[30] = 0x4000;
		b->c->x[A64_SP] = 0x8000;
		ck_assert_int_eq(a64_run(b->c, 2), A64_STOP_BUDGET);
		ck_assert_uint_ne(b->c->x[30], 0x4000);
		ck_assert_uint_eq(a64_xpac(b->c, b->c->x[30], false), 0x4000);
		b->c->x[A64_SP] += wrong ? 16 : 0;
		ck_assert_int_eq(a64_run(b->c, 1), A64_STOP_BUDGET);
		ck_assert_int_eq(b->c->pc == 0x4000, !wrong);
		ck_assert_uint_eq(b->c->ps.sp, 0);
		bench_free(b);
	}
}
END_TEST

START_TEST(an_smc_is_undefined_where_nobody_takes_it_and_goes_out_behind_itself_where_el3_is)
{
	struct bench *b = one(0xd4000023, 1, 0); /* SMC #1 */

	taken(b, UNDEF);
	b->c->pc = 0;
	b->c->has_el3 = true;
	ck_assert_int_eq(a64_run(b->c, 1), A64_STOP_EXCEPTION);
	ck_assert_uint_eq(b->c->exit.target_el, 3);
	ck_assert_uint_eq(b->c->exit.esr, 0x5e000001);
	ck_assert_uint_eq(b->c->pc, 4);
	bench_free(b);
}
END_TEST

START_TEST(brk_goes_to_el2_with_tde)
{
	struct bench *b = one(0xd4200020, 1, 0); /* BRK #1 */

	taken(b, 0xf2000001);
	b->c->pc = 0;
	b->c->reg[A64_R_MDCR_EL2] = 1 << 8;
	ck_assert_int_eq(a64_run(b->c, 1), A64_STOP_BUDGET);
	ck_assert_uint_eq(b->c->ps.el, 2);
	ck_assert_uint_eq(b->c->reg[A64_R_ESR_EL2], 0xf2000001);
	bench_free(b);
}
END_TEST

/* --- interrupts -------------------------------------------------------------------------------- */

/* Where a line goes: level before, HCR_EL2, DAIF; EL after (9: it waits), offset from the vectors (Arm ARM, D1.3.6). */
static const struct {
	enum a64_line line;
	unsigned el, daif;
	uint64_t hcr;
	unsigned to, offset;
} interrupts[] = {
	{ A64_IRQ, 1, 0, 0, 1, 0x280 },
	{ A64_IRQ, 1, 2, 0, 9, 0 },
	{ A64_FIQ, 1, 0, 0, 1, 0x300 },
	{ A64_FIQ, 1, 1, 0, 9, 0 },
	{ A64_IRQ, 0, 0, 0, 1, 0x480 },
	{ A64_IRQ, 2, 0, 0, 9, 0 },		 /* an interrupt of EL1 does not come at EL2 */
	{ A64_IRQ, 1, 2, HCR_IMO, 2, 0x480 },	 /* masks of EL1 are not EL2's */
	{ A64_IRQ, 2, 0, HCR_IMO, 2, 0x280 },
	{ A64_IRQ, 2, 2, HCR_IMO, 9, 0 },
	{ A64_FIQ, 1, 1, HCR_FMO, 2, 0x500 },
	{ A64_FIQ, 0, 0, HCR_TGE, 2, 0x500 },
	{ A64_VIRQ, 1, 0, HCR_IMO, 1, 0x280 },
	{ A64_VIRQ, 1, 0, 0, 9, 0 },		 /* virtual ones are on with IMO */
	{ A64_VIRQ, 1, 2, HCR_IMO, 9, 0 },
	{ A64_VIRQ, 2, 0, HCR_IMO, 9, 0 },
	{ A64_VIRQ, 0, 0, HCR_IMO | HCR_TGE, 9, 0 },
	{ A64_VFIQ, 0, 0, HCR_FMO, 1, 0x500 },
	{ A64_VFIQ, 1, 1, HCR_FMO, 9, 0 },
};

START_TEST(a_line_goes_where_hcr_sends_it)
{
	struct bench *b = one(NOP_, interrupts[_i].el, 0);

	b->c->ps.daif = (uint8_t)interrupts[_i].daif;
	b->c->reg[A64_R_HCR_EL2] = interrupts[_i].hcr;
	a64_line(b->c, interrupts[_i].line, true);
	memcpy(b->ram + VBAR + interrupts[_i].offset, &(const uint32_t){ HLT0 }, 4);
	ck_assert_int_eq(a64_run(b->c, 3), A64_STOP_HALT);
	if (interrupts[_i].to == 9) {
		ck_assert_uint_eq(b->c->pc, 4);
		ck_assert_uint_eq(b->c->ps.el, interrupts[_i].el);
	} else {
		ck_assert_uint_eq(b->c->pc, VBAR + interrupts[_i].offset);
		ck_assert_uint_eq(b->c->ps.el, interrupts[_i].to);
		ck_assert_uint_eq(b->c->reg[interrupts[_i].to == 2 ? A64_R_ELR_EL2 : A64_R_ELR_EL1], 0);
	}
	bench_free(b);
}
END_TEST

/* --- branch targets ---------------------------------------------------------------------------- */

/* Which BTYPE may enter at a word, as bits 1 to 3 (Arm ARM, D8.4.6); with SCTLR_ELx.BT a PACIxSP is no target of BTYPE 3. */
static const struct {
	uint32_t word;
	unsigned accepts, with_bt;
} targets[] = {
	{ NOP_, 0, 0 },			  { 0xd503241f, 0, 0 },			      /* BTI */
	{ 0xd503245f, 1 << 1 | 1 << 2, 1 << 1 | 1 << 2 },			      /* BTI c */
	{ 0xd503249f, 1 << 1 | 1 << 3, 1 << 1 | 1 << 3 },			      /* BTI j */
	{ 0xd50324df, 7 << 1, 7 << 1 },	  { 0xd503233f, 7 << 1, 1 << 1 | 1 << 2 }, /* BTI jc; PACIASP */
	{ 0xd503237f, 7 << 1, 1 << 1 | 1 << 2 },				      /* PACIBSP */
	{ 0xd4200020, 7 << 1, 7 << 1 },	  { HLT0, 7 << 1, 7 << 1 },		      /* BRK; HLT */
};

START_TEST(a_guarded_page_is_entered_at_its_targets)
{
	const uint64_t block = 1 | 1 << 10 | (uint64_t)1 << 50; /* 2 MiB at 0, AF, GP */

	for (unsigned btype = 1; btype <= 3; btype++) {
		for (unsigned bt = 0; bt < 2; bt++) {
			struct bench *b = one(targets[_i].word, 1, 0);
			const unsigned accepts = bt != 0 ? targets[_i].with_bt : targets[_i].accepts;

			memcpy(b->ram + 0x1000, &block, 8);
			b->c->reg[A64_R_TTBR0_EL1] = 0x1000;
			b->c->reg[A64_R_TCR_EL1] = 39;
			b->c->reg[A64_R_SCTLR_EL1] = 1 | (uint64_t)bt << 36; /* BT1 */
			b->c->ps.btype = (uint8_t)btype;
			(void)a64_run(b->c, 1);
			if (accepts >> btype & 1) {
				ck_assert_uint_ne(EC_OF(b->c->reg[A64_R_ESR_EL1]), 0x0d);
			} else {
				ck_assert_uint_eq(b->c->reg[A64_R_ESR_EL1], (uint64_t)0x0d << 26 | 1 << 25 | btype);
				ck_assert_uint_eq(b->c->reg[A64_R_SPSR_EL1] >> 10 & 3, btype);
				ck_assert_uint_eq(b->c->reg[A64_R_ELR_EL1], 0);
			}
			bench_free(b);
		}
	}
}
END_TEST

/* BR and BLR set BTYPE: 1 by x16 or x17, or from a page that is not guarded (BR), else 3; BLR 2. */
START_TEST(a_branch_by_a_register_says_how_it_came)
{
	static const struct {
		uint32_t word;
		bool guarded;
		unsigned btype;
	} branches[] = { { 0xd61f0000, false, 1 }, { 0xd61f0000, true, 3 }, { 0xd61f0200, true, 1 }, { 0xd61f0220, true, 1 },
			 { 0xd63f0000, true, 2 },  { 0xd63f0000, false, 2 }, { 0xd65f0000, true, 0 } };

	for (unsigned i = 0; i < sizeof(branches) / sizeof(branches[0]); i++) {
		struct bench *b = one(branches[i].word, 1, 0);
		const uint64_t block = 1 | 1 << 10 | (uint64_t)branches[i].guarded << 50;

		memcpy(b->ram + 0x1000, &block, 8);
		b->c->reg[A64_R_TTBR0_EL1] = 0x1000;
		b->c->reg[A64_R_TCR_EL1] = 39;
		b->c->reg[A64_R_SCTLR_EL1] = 1;
		b->c->x[0] = b->c->x[16] = b->c->x[17] = 0x4000;
		ck_assert_int_eq(a64_run(b->c, 1), A64_STOP_BUDGET);
		ck_assert_uint_eq(b->c->pc, 0x4000);
		ck_assert_msg(b->c->ps.btype == branches[i].btype, "%08x: %u", branches[i].word, b->c->ps.btype);
		bench_free(b);
	}
}
END_TEST

/* --- exclusives -------------------------------------------------------------------------------- */

START_TEST(a_store_exclusive_fails_when_something_came_between)
{
	/* LDXP x2, x3, [x0]; CLREX (or NOP); STXP w6, x4, x5, [x0] */
	static const uint32_t between[] = { NOP_, 0xd5033f5f };

	for (unsigned i = 0; i < 4; i++) {
		struct bench *b = bench_new(WORDS(0xc87f0c02, between[i == 1], 0xc8261404, HLT0), 1);
		uint64_t got[2];

		memcpy(b->ram + 0x4000, (const uint64_t[]){ 1, 2 }, 16);
		b->c->x[0] = 0x4000;
		b->c->x[4] = 10;
		b->c->x[5] = 20;
		b->c->x[6] = 9;
		ck_assert_int_eq(a64_run(b->c, 2), A64_STOP_BUDGET);
		ck_assert_uint_eq(b->c->x[2], 1);
		ck_assert_uint_eq(b->c->x[3], 2);
		if (i == 2) /* another core wrote one of them */
			memcpy(b->ram + 0x4008, &(const uint64_t){ 3 }, 8);
		if (i == 3)
			b->c->x[0] = 0x4010;
		ck_assert_int_eq(a64_run(b->c, 2), A64_STOP_HALT);
		ck_assert_uint_eq(b->c->x[6], i != 0);
		memcpy(got, b->ram + 0x4000, 16);
		ck_assert_uint_eq(got[0], i == 0 ? 10 : 1);
		ck_assert_uint_eq(got[1], i == 0 ? 20 : i == 2 ? 3 : 2);
		bench_free(b);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("a64_exceptions");
	TCase *c = tcase_create("a64_exceptions");

	tcase_add_test(c, an_illegal_return_stays_and_what_follows_is_an_exception);
	tcase_add_test(c, a_return_drops_what_the_machine_has_not);
	tcase_add_test(c, an_authenticated_return_of_a_signed_address_goes_there);
	tcase_add_test(c, an_smc_is_undefined_where_nobody_takes_it_and_goes_out_behind_itself_where_el3_is);
	tcase_add_test(c, brk_goes_to_el2_with_tde);
	tcase_add_loop_test(c, a_line_goes_where_hcr_sends_it, 0, N_OF(interrupts));
	tcase_add_loop_test(c, a_guarded_page_is_entered_at_its_targets, 0, N_OF(targets));
	tcase_add_test(c, a_branch_by_a_register_says_how_it_came);
	tcase_add_test(c, a_store_exclusive_fails_when_something_came_between);
	suite_add_tcase(s, c);
	return suite_status(s);
}
