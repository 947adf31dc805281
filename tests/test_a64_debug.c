// SPDX-License-Identifier: Apache-2.0
/* Self-hosted debug and fine-grained traps of the A64 core: breakpoints, watchpoints, software step; every row of a64_fgt.def. */
#include <check.h>

#include "models/cpu/a64/regs.h"
#include "tests/a64/bench.h"
#include "tests/suite.h"

#define BIT(n)    ((uint64_t)1 << (n))
#define KDE       BIT(13)
#define MDE       BIT(15)
#define SS        BIT(0)
#define SPSR_SS   BIT(21)
#define ERET_     0xd69f03e0
#define DAIFCLR_D 0xd50348ff
enum { VECTOR_SAME = 0x200, VECTOR_LOWER = 0x400, ERET_AT = 0x700 };

/* A core whose vectors halt; debug exceptions are not masked. */
static struct bench *debugged(const uint32_t *words, unsigned n, uint64_t mdscr)
{
	struct bench *b = bench_new(words, n, 1);
	const uint32_t halt = HLT0, eret = ERET_;

	memcpy(b->ram + VECTOR_SAME, &halt, 4);
	memcpy(b->ram + VECTOR_LOWER, &halt, 4);
	memcpy(b->ram + ERET_AT, &eret, 4);
	b->c->reg[A64_R_OSLSR_EL1] = 8;
	b->c->reg[A64_R_MDSCR_EL1] = mdscr;
	b->c->reg[A64_R_CPACR_EL1] = 3 << 20;
	b->c->ps.daif = 0;
	return b;
}

static void took(struct bench *b, uint64_t esr, uint64_t elr)
{
	ck_assert_int_eq(a64_run(b->c, 1000), A64_STOP_HALT);
	ck_assert_uint_eq(b->c->pc, esr >> 26 == 0x33 ? VECTOR_SAME : VECTOR_LOWER);
	ck_assert_uint_eq(b->c->reg[A64_R_ESR_EL1], esr | BIT(25));
	ck_assert_uint_eq(b->c->reg[A64_R_ELR_EL1], elr);
}

/* Back from the vector to step one more. */
static void step_on(struct bench *b)
{
	b->c->reg[A64_R_SPSR_EL1] |= SPSR_SS;
	b->c->pc = ERET_AT;
}

#define STEPPED(ec, iss) ((uint64_t)(ec) << 26 | (iss) | 0x22)

START_TEST(a_step_stops_behind_each_instruction)
{
	/* MSR DAIFClr, #8; NOP; LDXR x1, [x0]; B +8; NOP; NOP */
	struct bench *b = debugged(WORDS(DAIFCLR_D, NOP_, 0xc85f7c01, 0x14000002, NOP_, NOP_), KDE | SS);

	b->c->ps.daif = 8;
	took(b, STEPPED(0x33, 0), 4); /* no instruction was stepped: it was pending when it was unmasked */
	ck_assert_uint_eq(b->c->ps.ss, 0);
	step_on(b);
	took(b, STEPPED(0x33, BIT(24)), 8);
	ck_assert_uint_eq(b->c->reg[A64_R_SPSR_EL1] & SPSR_SS, 0);
	step_on(b);
	took(b, STEPPED(0x33, BIT(24) | BIT(6)), 12); /* EX: a load exclusive */
	step_on(b);
	took(b, STEPPED(0x33, BIT(24)), 20);
	bench_free(b);
}
END_TEST

START_TEST(a_step_of_el0_goes_to_el1_and_over_an_svc_behind_it)
{
	struct bench *b = debugged(WORDS(NOP_, 0xd4000001, NOP_), SS); /* NOP; SVC #0; NOP */

	b->c->reg[A64_R_SPSR_EL1] = SPSR_SS; /* EL0 */
	b->c->ps.daif = 8;
	b->c->pc = ERET_AT;
	took(b, STEPPED(0x32, BIT(24)), 4);
	step_on(b);
	took(b, (uint64_t)0x15 << 26, 8);
	ck_assert_uint_eq(b->c->reg[A64_R_SPSR_EL1] & SPSR_SS, 0);
	b->c->pc = ERET_AT; /* SS is 0: pending at once */
	took(b, STEPPED(0x32, 0), 8);
	bench_free(b);
}
END_TEST

START_TEST(an_instruction_that_faults_is_not_stepped)
{
	struct bench *b = debugged(WORDS(0xf9400001, NOP_), SS); /* LDR x1, [x0] of nothing */

	b->c->reg[A64_R_SPSR_EL1] = SPSR_SS;
	b->c->ps.daif = 8;
	b->c->x[0] = RAM;
	b->c->pc = ERET_AT;
	ck_assert_int_eq(a64_run(b->c, 10), A64_STOP_HALT);
	ck_assert_uint_eq(b->c->reg[A64_R_ESR_EL1] >> 26, 0x24);
	ck_assert_uint_eq(b->c->reg[A64_R_SPSR_EL1] & SPSR_SS, SPSR_SS);
	bench_free(b);
}
END_TEST

START_TEST(an_instruction_that_the_hypervisor_is_asked_about_is_not_stepped_yet)
{
	struct bench *b = debugged(WORDS(0xf9400001, NOP_), SS); /* LDR x1, [x0] where stage 2 has nothing yet */

	b->c->reg[A64_R_SPSR_EL1] = SPSR_SS;
	b->c->reg[A64_R_HCR_EL2] = 1;
	b->c->ps.daif = 8;
	b->c->x[0] = 0x5000;
	b->c->pc = ERET_AT;
	b->fault_stage2 = true;
	ck_assert_int_eq(a64_run(b->c, 10), A64_STOP_EXCEPTION);
	ck_assert_uint_eq(b->c->pc, 0);
	ck_assert_uint_eq(b->c->ps.ss, 1);
	b->fault_stage2 = false;
	took(b, STEPPED(0x32, BIT(24)), 4);
	bench_free(b);
}
END_TEST

/* BAS all, PMC EL1, E */
#define AT_EL1 (BIT(0) | BIT(1) | 0x1e0)
#define AT_EL0 (BIT(0) | BIT(2) | 0x1e0)

START_TEST(a_breakpoint_stops_before_its_instruction_where_it_is_enabled)
{
	static const struct {
		uint64_t mdscr, ctl, oslsr, mdcr;
		unsigned el, ec; /* ec 0: runs to the HLT */
	} cases[] = {
		{KDE | MDE, AT_EL1, 8, 0, 1, 0x31},
		{KDE | MDE, AT_EL0, 8, 0, 1, 0},
		{KDE | MDE, AT_EL1 & ~BIT(0), 8, 0, 1, 0},
		{MDE, AT_EL1, 8, 0, 1, 0},         /* the same EL needs KDE */
		{KDE, AT_EL1, 8, 0, 1, 0},
		{KDE | MDE, AT_EL1, 10, 0, 1, 0},  /* OS lock */
		{MDE, AT_EL0, 8, 0, 0, 0x30},
		{MDE, AT_EL1, 8, 0, 0, 0},
		{MDE, AT_EL1, 8, BIT(8), 1, 0x30}, /* TDE: to EL2, which is outside */
		{MDE, AT_EL1 | BIT(20) | 1 << 16, 8, 0, 1, 0}, /* linked to a breakpoint that is off */
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bench *b = debugged(WORDS(NOP_, 0x91000400, 0x91000400, HLT0), cases[i].mdscr); /* ADD x0, x0, #1 twice */
		enum a64_stop stop;

		b->c->ps.el = (uint8_t)cases[i].el;
		b->c->reg[A64_R_DBGBVR5_EL1] = 8;
		b->c->reg[A64_R_DBGBCR5_EL1] = cases[i].ctl;
		b->c->reg[A64_R_OSLSR_EL1] = cases[i].oslsr;
		b->c->reg[A64_R_MDCR_EL2] = cases[i].mdcr;
		stop = a64_run(b->c, 10);
		if (cases[i].mdcr != 0) {
			ck_assert_int_eq(stop, A64_STOP_EXCEPTION);
			ck_assert_uint_eq(b->c->exit.esr, STEPPED(cases[i].ec, BIT(25)));
			ck_assert_uint_eq(b->c->exit.target_el, 2);
			ck_assert_uint_eq(b->c->pc, 8);
		} else if (cases[i].ec != 0) {
			ck_assert_uint_eq(b->c->reg[A64_R_ESR_EL1], STEPPED(cases[i].ec, BIT(25)));
			ck_assert_uint_eq(b->c->reg[A64_R_ELR_EL1], 8);
		} else {
			ck_assert_msg(b->c->pc == 12, "case %u: pc 0x%" PRIx64, i, b->c->pc);
		}
		ck_assert_uint_eq(b->c->x[0], cases[i].ec != 0 ? 1 : 2);
		bench_free(b);
	}
}
END_TEST

START_TEST(a_breakpoint_linked_to_a_context_asks_for_it)
{
	for (uint64_t context = 6; context < 8; context++) {
		struct bench *b = debugged(WORDS(NOP_, NOP_, HLT0), KDE | MDE);

		b->c->reg[A64_R_DBGBVR0_EL1] = 4;
		b->c->reg[A64_R_DBGBCR0_EL1] = AT_EL1 | BIT(20) | 1 << 16; /* linked to breakpoint 1 */
		b->c->reg[A64_R_DBGBVR1_EL1] = 7;
		b->c->reg[A64_R_DBGBCR1_EL1] = AT_EL1 | 3 << 20; /* CONTEXTIDR_EL1, linked */
		b->c->reg[A64_R_CONTEXTIDR_EL1] = context;
		ck_assert_int_eq(a64_run(b->c, 10), A64_STOP_HALT);
		ck_assert_uint_eq(b->c->pc, context == 7 ? VECTOR_SAME : 8);
		bench_free(b);
	}
}
END_TEST

#define STRB  0x39000002 /* w2, [x0] */
#define LDRB  0x39400002
#define LDTRB 0x38400802
#define STR_Q 0x3d800000 /* q0, [x0] */
#define LDP   0xa9400c02 /* x2, x3, [x0] */

START_TEST(a_watchpoint_stops_before_the_access_to_its_bytes)
{
	static const struct {
		uint32_t word;
		uint64_t at, address, ctl;
		bool hit, write;
	} cases[] = {
		{STRB, 0x5003, 0x5000, 0x0ff << 5 | 2 << 3, true, true},
		{STRB, 0x5008, 0x5000, 0x0ff << 5 | 2 << 3, false, true},
		{LDRB, 0x5003, 0x5000, 0x0ff << 5 | 2 << 3, false, false},
		{LDRB, 0x5003, 0x5000, 0x0ff << 5 | 1 << 3, true, false},
		{LDRB, 0x5003, 0x5000, 0x0f7 << 5 | 3 << 3, false, false},  /* BAS without byte 3 */
		{STRB, 0x5006, 0x5004, 0x004 << 5 | 2 << 3, true, true},    /* word-aligned: BAS counts from 4 */
		{STR_Q, 0x4ff1, 0x5000, 0x001 << 5 | 2 << 3, true, true},
		{STR_Q, 0x4ff0, 0x5000, 0x001 << 5 | 2 << 3, false, true},
		{LDP, 0x4ff0, 0x4ff8, 0x0ff << 5 | 1 << 3, true, false},
		{STRB, 0x50ff, 0x5000, (uint64_t)8 << 24 | 0x0ff << 5 | 2 << 3, true, true}, /* MASK: 256 bytes */
		{STRB, 0x5100, 0x5000, (uint64_t)8 << 24 | 0x0ff << 5 | 2 << 3, false, true},
		{LDTRB, 0x5003, 0x5000, 0x0ff << 5 | 3 << 3, false, false}, /* as EL0, which is not watched */
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bench *b = debugged(WORDS(NOP_, cases[i].word, HLT0), 0);

		/* The fast path knows the page before it is watched: MSR MDSCR_EL1, x1 at 8. */
		memcpy(b->ram + 8, (const uint32_t[]){0xd5100241, cases[i].word, HLT0}, 12);
		b->c->x[0] = cases[i].at;
		b->c->x[1] = KDE | MDE;
		b->c->x[2] = 0x55;
		b->c->reg[A64_R_DBGWVR3_EL1] = cases[i].address;
		b->c->reg[A64_R_DBGWCR3_EL1] = cases[i].ctl | BIT(1) | BIT(0);
		ck_assert_int_eq(a64_run(b->c, 10), A64_STOP_HALT);
		ck_assert_msg((b->c->pc == VECTOR_SAME) == cases[i].hit, "case %u: pc 0x%" PRIx64, i, b->c->pc);
		if (cases[i].hit) {
			uint64_t far = cases[i].word == LDP ? cases[i].address : cases[i].at;

			ck_assert_uint_eq(b->c->reg[A64_R_ESR_EL1], STEPPED(0x35, BIT(25) | (uint64_t)cases[i].write << 6));
			ck_assert_uint_eq(b->c->reg[A64_R_ELR_EL1], 12);
			ck_assert_uint_ge(b->c->reg[A64_R_FAR_EL1], cases[i].at);
			ck_assert_uint_le(b->c->reg[A64_R_FAR_EL1], far > cases[i].at ? far : cases[i].address + 256);
		}
		bench_free(b);
	}
}
END_TEST

/* The page is in the fast path when it begins to be watched by a write that was trapped and is done from outside. */
START_TEST(a_watchpoint_set_from_outside_is_seen_at_once)
{
	struct bench *b = debugged(WORDS(NOP_, STRB, STRB, STRB, HLT0), KDE | MDE);

	b->c->x[0] = 0x5003;
	ck_assert_int_eq(a64_run(b->c, 3), A64_STOP_BUDGET);
	ck_assert(!a64_reg_store(b->c, A64_R_TPIDR_EL0, 1));
	ck_assert(a64_reg_store(b->c, A64_R_DBGWVR2_EL1, 0x5000));
	ck_assert(a64_reg_store(b->c, A64_R_DBGWCR2_EL1, 0x0ff << 5 | 3 << 3 | BIT(1) | BIT(0)));
	ck_assert(a64_reg_store(b->c, A64_R_OSLAR_EL1, 1));
	ck_assert_uint_eq(b->c->reg[A64_R_OSLSR_EL1], 8 | 2);
	ck_assert(a64_reg_store(b->c, A64_R_OSLAR_EL1, 0));
	ck_assert_int_eq(a64_run(b->c, 10), A64_STOP_HALT);
	ck_assert_uint_eq(b->c->pc, VECTOR_SAME);
	ck_assert_uint_eq(b->c->reg[A64_R_FAR_EL1], 0x5003);
	bench_free(b);
}
END_TEST

/* op0 op1 CRn CRm op2 of a register, as in an MSR. */
static uint32_t encoding(enum a64_reg reg)
{
	for (uint32_t enc = 0x8000; enc < 0x10000; enc++)
		if (a64_reg_by_encoding(enc >> 14, enc >> 11 & 7, enc >> 7 & 15, enc >> 3 & 15, enc & 7) == reg)
			return enc;
	ck_abort_msg("%s has no encoding", a64_reg_name(reg));
	return 0;
}

static bool trapped(struct bench *b, uint32_t word)
{
	memcpy(b->ram, &word, 4);
	a64_flush_code(b->c);
	b->c->pc = 0;
	b->c->ps.el = 1;
	b->c->exit.target_el = 0;
	return a64_run(b->c, 1) == A64_STOP_EXCEPTION && b->c->exit.target_el == 2 && b->c->exit.esr >> 26 == 0x18;
}

/* An access with the bit at the value that traps, and at the other. */
static void check_fgt(struct bench *b, enum a64_reg control, unsigned bit, bool value, enum a64_reg reg, bool read)
{
	uint32_t word = 0xd5100000 | (encoding(reg) & 0x7fff) << 5 | (read ? BIT(21) : 0) | 5;
	uint64_t on = value ? BIT(bit) : ~BIT(bit);

	if (!read && a64_reg_kind(reg) == A64_KIND_RO)
		return;
	b->c->reg[control] = on;
	ck_assert_msg(trapped(b, word), "%s of %s is not trapped by %s bit %u", read ? "read" : "write", a64_reg_name(reg),
		      a64_reg_name(control), bit);
	b->c->reg[control] = ~on;
	ck_assert_msg(!trapped(b, word), "%s of %s is trapped without %s bit %u", read ? "read" : "write", a64_reg_name(reg),
		      a64_reg_name(control), bit);
	b->c->reg[control] = 0;
}

START_TEST(every_fine_grained_trap_traps_its_register)
{
	struct bench *b = debugged(WORDS(NOP_), 0);
	static const struct {
		uint16_t reg, n, rtr, wtr;
		uint8_t read, write, value;
	} rows[] = {
#define A64_FGT(reg, n, trap, read, write, value) {A64_R_##reg, n, A64_R_##trap##RTR_EL2, A64_R_##trap##WTR_EL2, read, write, value},
#include "models/cpu/a64/a64_fgt.def"
	};

	b->c->inside = 0;
	b->c->reg[A64_R_HCR_EL2] = BIT(40) | BIT(41) | BIT(56); /* APK, API, ATA: not those traps */
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (unsigned k = 0; k < rows[i].n; k++) {
			if (rows[i].read < 64)
				check_fgt(b, (enum a64_reg)rows[i].rtr, rows[i].read, rows[i].value, (enum a64_reg)(rows[i].reg + k), true);
			if (rows[i].write < 64)
				check_fgt(b, (enum a64_reg)rows[i].wtr, rows[i].write, rows[i].value, (enum a64_reg)(rows[i].reg + k), false);
		}
	bench_free(b);
}
END_TEST

START_TEST(every_fine_grained_trap_traps_its_instruction)
{
	struct bench *b = debugged(WORDS(NOP_), 0);
	static const struct {
		const char *name;
		uint32_t word;
		uint8_t bit;
	} rows[] = {
#define A64_FGI(name, op1, crn, crm, op2, bit) {#name, 0xd5080000 | op1 << 16 | crn << 12 | crm << 8 | op2 << 5, bit},
#include "models/cpu/a64/a64_fgt.def"
	};

	b->c->inside = 0;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		b->c->reg[A64_R_HFGITR_EL2] = BIT(rows[i].bit);
		ck_assert_msg(trapped(b, rows[i].word), "%s", rows[i].name);
		b->c->reg[A64_R_HFGITR_EL2] = ~BIT(rows[i].bit);
		ck_assert_msg(!trapped(b, rows[i].word), "%s without its bit", rows[i].name);
	}
	b->c->reg[A64_R_HFGITR_EL2] = BIT(53) | BIT(51); /* SVC_EL1, ERET */
	for (unsigned i = 0; i < 2; i++) {
		memcpy(b->ram, &(const uint32_t){i == 0 ? 0xd4000021 : ERET_}, 4);
		a64_flush_code(b->c);
		b->c->pc = 0;
		b->c->ps.el = 1;
		ck_assert_int_eq(a64_run(b->c, 1), A64_STOP_EXCEPTION);
		ck_assert_uint_eq(b->c->exit.target_el, 2);
		ck_assert_uint_eq(b->c->exit.esr, i == 0 ? (uint64_t)0x15 << 26 | BIT(25) | 1 : (uint64_t)0x1a << 26 | BIT(25));
		ck_assert_uint_eq(b->c->pc, 0);
	}
	bench_free(b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("a64_debug");
	TCase *tc = tcase_create("a64_debug");

	tcase_add_test(tc, a_step_stops_behind_each_instruction);
	tcase_add_test(tc, a_step_of_el0_goes_to_el1_and_over_an_svc_behind_it);
	tcase_add_test(tc, an_instruction_that_faults_is_not_stepped);
	tcase_add_test(tc, an_instruction_that_the_hypervisor_is_asked_about_is_not_stepped_yet);
	tcase_add_test(tc, a_breakpoint_stops_before_its_instruction_where_it_is_enabled);
	tcase_add_test(tc, a_breakpoint_linked_to_a_context_asks_for_it);
	tcase_add_test(tc, a_watchpoint_stops_before_the_access_to_its_bytes);
	tcase_add_test(tc, a_watchpoint_set_from_outside_is_seen_at_once);
	tcase_add_test(tc, every_fine_grained_trap_traps_its_register);
	tcase_add_test(tc, every_fine_grained_trap_traps_its_instruction);
	suite_add_tcase(s, tc);
	return suite_status(s);
}
