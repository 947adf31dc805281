// SPDX-License-Identifier: Apache-2.0
/*
 * Translation by tables, asked with AT: every granule, both ranges of addresses, both stages; what PAR_EL1 says of an
 * address (Arm ARM, D8 and D24.2.136).
 */
#include <check.h>

#include "models/cpu/a64/a64_impl.h"
#include "tests/a64/bench.h"
#include "tests/suite.h"

#define AT_S1E1R  0xd5087800
#define AT_S1E1W  0xd5087820
#define AT_S1E0R  0xd5087840
#define AT_S1E0W  0xd5087860
#define AT_S1E1RP 0xd5087900
#define AT_S1E1WP 0xd5087920
#define AT_S1E2R  0xd50c7800
#define AT_S1E2W  0xd50c7820
#define AT_S12E1R 0xd50c7880
#define AT_S12E1W 0xd50c78a0
#define AT_S12E0R 0xd50c78c0

/* PAR_EL1 of what is mapped, as normal memory or as a device, and of a fault with its status. */
#define OK(pa)		  ((uint64_t)(pa) | 1 << 11 | 1 << 9 | 3 << 7 | (uint64_t)0xff << 56)
#define DEVICE(pa)	  ((uint64_t)(pa) | 1 << 11 | 1 << 9 | 2 << 7)
#define FAULT(fsc)	  (1 | (uint64_t)(fsc) << 1 | 1 << 11)
#define FAULT2(fsc)	  (FAULT(fsc) | 1 << 9)
#define FAULT_PTW(fsc)	  (FAULT2(fsc) | 1 << 8)

/* Descriptors: valid, access flag, AttrIndx 0 or MemAttr of normal memory. */
#define AF	 ((uint64_t)1 << 10)
#define TABLE(a) ((uint64_t)(a) | 3)
#define PAGE(a)	 ((uint64_t)(a) | AF | 3 << 8 | 3)
#define BLOCK(a) ((uint64_t)(a) | AF | 3 << 8 | 1)
#define USER	 ((uint64_t)1 << 6)
#define RDONLY	 ((uint64_t)1 << 7)
#define DBM	 ((uint64_t)1 << 51)
#define S2_R	 ((uint64_t)1 << 6)
#define S2_W	 ((uint64_t)2 << 6)
#define S2_NORM	 ((uint64_t)0xf << 2)
#define BIT(n)	 ((uint64_t)1 << (n))

/* A core at EL2 with one AT x0 and nothing mapped; stage 2 by tables. */
static struct bench *bench_at(uint32_t at)
{
	struct bench *b = bench_new(WORDS(at), 2);

	b->c->bus.stage2 = NULL;
	b->c->ps.el = 2;
	b->c->reg[A64_R_MAIR_EL1] = b->c->reg[A64_R_MAIR_EL2] = 0x00ff; /* 0: normal, 1: a device */
	return b;
}

static void put(struct bench *b, uint64_t pa, uint64_t desc)
{
	memcpy(b->ram + pa, &desc, 8);
}

static uint64_t get(const struct bench *b, uint64_t pa)
{
	uint64_t v;

	memcpy(&v, b->ram + pa, 8);
	return v;
}

static uint64_t par(struct bench *b, uint64_t va)
{
	b->c->pc = 0;
	b->c->x[0] = va;
	ck_assert_int_eq(a64_run(b->c, 1), A64_STOP_BUDGET);
	ck_assert_uint_eq(b->c->pc, 4);
	return b->c->reg[A64_R_PAR_EL1];
}

/* --- stage 1 ----------------------------------------------------------------------------------- */

/* A leaf of level 3 under 4 KiB and 39 bits at va 0x5000: the descriptor, bits of TCR_EL1 beside, the instruction, what comes. */
#define T0_39 (25 | BIT(23) | BIT(37)) /* 39 bits, 4 KiB, EPD1, TBI0 */
static const struct {
	const char *what;
	uint64_t desc, tcr;
	uint32_t at;
	uint64_t want, desc_after; /* 0: as before */
} leaves[] = {
	{ "mapped", PAGE(0x7000), 0, AT_S1E1R, OK(0x7000), 0 },
	{ "a device", PAGE(0x7000) | 1 << 2, 0, AT_S1E1R, DEVICE(0x7000), 0 },
	{ "not valid", 0x7000, 0, AT_S1E1R, FAULT(0x07), 0 },
	{ "a block at level 3", 0x7000 | AF | 1, 0, AT_S1E1R, FAULT(0x07), 0 },
	{ "read only, read", PAGE(0x7000) | RDONLY, 0, AT_S1E1R, OK(0x7000), 0 },
	{ "read only, written", PAGE(0x7000) | RDONLY, 0, AT_S1E1W, FAULT(0x0f), 0 },
	{ "EL1's, read by EL0", PAGE(0x7000), 0, AT_S1E0R, FAULT(0x0f), 0 },
	{ "EL0's, read by EL0", PAGE(0x7000) | USER, 0, AT_S1E0R, OK(0x7000), 0 },
	{ "EL0's and read only, written by EL0", PAGE(0x7000) | USER | RDONLY, 0, AT_S1E0W, FAULT(0x0f), 0 },
	{ "no access flag", PAGE(0x7000) & ~AF, 0, AT_S1E1R, FAULT(0x0b), 0 },
	{ "no access flag, with HA", PAGE(0x7000) & ~AF, BIT(39), AT_S1E1R, OK(0x7000), PAGE(0x7000) },
	{ "clean, written, with HD", PAGE(0x7000) | RDONLY | DBM, BIT(39) | BIT(40), AT_S1E1W, OK(0x7000), PAGE(0x7000) | DBM },
	{ "clean, read, with HD", PAGE(0x7000) | RDONLY | DBM, BIT(39) | BIT(40), AT_S1E1R, OK(0x7000), 0 },
	{ "clean and EL1's, written by EL0", PAGE(0x7000) | RDONLY | DBM, BIT(39) | BIT(40), AT_S1E0W, FAULT(0x0f), 0 },
	{ "clean, written, without HD", PAGE(0x7000) | RDONLY | DBM, 0, AT_S1E1W, FAULT(0x0f), 0 },
	{ "no walks of this range", PAGE(0x7000), BIT(7), AT_S1E1R, FAULT(0x04), 0 },
	{ "no EL0 here (E0PD)", PAGE(0x7000) | USER, BIT(55), AT_S1E0R, FAULT(0x04), 0 },
	{ "no EL0 here, EL1 asks", PAGE(0x7000) | USER, BIT(55), AT_S1E1R, OK(0x7000), 0 },
	{ "beyond 32 bits of IPS 0", PAGE(BIT(33)), 0, AT_S1E1R, FAULT(0x03), 0 },
	{ "within 36 bits of IPS 1", PAGE(BIT(33)), BIT(32), AT_S1E1R, OK(BIT(33)), 0 },
};

static struct bench *leaf(uint32_t at, uint64_t desc, uint64_t tcr)
{
	struct bench *b = bench_at(at);

	put(b, 0x10000, TABLE(0x11000));
	put(b, 0x11000, TABLE(0x12000));
	put(b, 0x12000 + 5 * 8, desc);
	b->c->reg[A64_R_TTBR0_EL1] = 0x10000;
	b->c->reg[A64_R_TCR_EL1] = T0_39 | tcr;
	b->c->reg[A64_R_SCTLR_EL1] = 1;
	return b;
}

START_TEST(a_leaf_says_what_is_allowed)
{
	struct bench *b = leaf(leaves[_i].at, leaves[_i].desc, leaves[_i].tcr);
	const uint64_t got = par(b, 0x5123), after = leaves[_i].desc_after != 0 ? leaves[_i].desc_after : leaves[_i].desc;

	ck_assert_msg(got == leaves[_i].want, "%s: %#llx, wanted %#llx", leaves[_i].what, (unsigned long long)got,
		      (unsigned long long)leaves[_i].want);
	ck_assert_msg(get(b, 0x12000 + 5 * 8) == after, "%s: %#llx", leaves[_i].what, (unsigned long long)get(b, 0x12000 + 5 * 8));
	bench_free(b);
}
END_TEST

/* What a table takes from all below it, unless TCR's HPD0 lets it not. */
START_TEST(a_table_takes_permissions_from_what_is_below)
{
	static const struct {
		uint64_t bits;
		uint32_t at;
	} tables[] = { { BIT(62), AT_S1E1W }, { BIT(61), AT_S1E0R }, { BIT(62), AT_S1E0W } };

	for (unsigned i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		for (unsigned level = 1; level <= 2; level++) {
			struct bench *b = leaf(tables[i].at, PAGE(0x7000) | USER, 0);
			const uint64_t at = level == 1 ? 0x10000 : 0x11000;

			ck_assert_uint_eq(par(b, 0x5000), OK(0x7000));
			put(b, at, get(b, at) | tables[i].bits);
			ck_assert_uint_eq(par(b, 0x5000), FAULT(0x0f));
			b->c->reg[A64_R_TCR_EL1] |= BIT(41);
			ck_assert_uint_eq(par(b, 0x5000), OK(0x7000));
			bench_free(b);
		}
	}
}
END_TEST

START_TEST(pan_is_asked_by_the_two_instructions_that_say_so)
{
	static const uint32_t plain[] = { AT_S1E1R, AT_S1E1W, AT_S1E0R }, asking[] = { AT_S1E1RP, AT_S1E1WP };

	for (unsigned pan = 0; pan < 2; pan++) {
		for (unsigned i = 0; i < 3; i++) {
			struct bench *b = leaf(plain[i], PAGE(0x7000) | USER, 0);

			b->c->ps.pan = (uint8_t)pan;
			ck_assert_uint_eq(par(b, 0x5000), OK(0x7000));
			ck_assert_uint_eq(b->c->ps.pan, pan);
			bench_free(b);
		}
		for (unsigned i = 0; i < 2; i++) {
			struct bench *b = leaf(asking[i], PAGE(0x7000) | USER, 0);

			b->c->ps.pan = (uint8_t)pan;
			ck_assert_uint_eq(par(b, 0x5000), pan != 0 ? FAULT(0x0f) : OK(0x7000));
			bench_free(b);
		}
	}
}
END_TEST

/* Geometries: TCR_EL1, the address, and the descriptors on the way to it, from TTBR at 0x10000. */
static const struct {
	const char *what;
	uint64_t tcr, va;
	struct {
		uint64_t at, desc;
	} step[4];
	uint64_t want;
} walks[] = {
	{ "4 KiB, 48 bits, four levels", 16 | BIT(23), 0x123456789000,
	  { { 0x10000 + 0x24 * 8, TABLE(0x11000) }, { 0x11000 + 0xd1 * 8, TABLE(0x12000) }, { 0x12000 + 0xb3 * 8, TABLE(0x13000) },
	    { 0x13000 + 0x189 * 8, PAGE(0x7000) } }, OK(0x7000) },
	{ "4 KiB, a block of 1 GiB", 25 | BIT(23), 0x40005000, { { 0x10008, BLOCK(0x80000000) } }, OK(0x80005000) },
	{ "4 KiB, a block of 2 MiB", 25 | BIT(23), 0x205000, { { 0x10000, TABLE(0x11000) }, { 0x11008, BLOCK(0x600000) } }, OK(0x605000) },
	{ "4 KiB, a block at level 0", 16 | BIT(23), 0x5000, { { 0x10000, BLOCK(0) } }, FAULT(0x04) },
	{ "16 KiB, 36 bits", 28 | BIT(23) | 2 << 14, 0x2004000, { { 0x10008, TABLE(0x14000) }, { 0x14008, PAGE(0x8000) } }, OK(0x8000) },
	{ "16 KiB, a block of 32 MiB", 28 | BIT(23) | 2 << 14, 0x2004000, { { 0x10008, BLOCK(0x4000000) } }, OK(0x4004000) },
	{ "16 KiB, a block at level 1", 17 | BIT(23) | 2 << 14, 0x4000, { { 0x10000, BLOCK(0) } }, FAULT(0x05) },
	{ "64 KiB, 42 bits", 22 | BIT(23) | 1 << 14, 0x20020000, { { 0x10008, TABLE(0x10000) }, { 0x10010, PAGE(0x10000) } }, OK(0x10000) },
	{ "64 KiB, a block of 512 MiB", 22 | BIT(23) | 1 << 14, 0x20015000, { { 0x10008, BLOCK(0x40000000) } }, OK(0x40015000) },
	{ "64 KiB, 52 bits of address", 22 | BIT(23) | 1 << 14 | (uint64_t)6 << 32, 0x20015000,
	  { { 0x10008, BLOCK(0x40000000) | 5 << 12 } }, OK(0x5000040015000) },
	{ "4 KiB with DS, 52 bits of address", 25 | BIT(23) | BIT(59) | (uint64_t)6 << 32 | 3 << 12, 0x40005000,
	  { { 0x10008, BLOCK(0x80000000) | 3 << 8 } }, OK(0xc000080005000) },
	{ "the high range, 4 KiB", (uint64_t)25 << 16 | BIT(7) | (uint64_t)2 << 30, 0xffffff8040005000, { { 0x10008, BLOCK(0x80000000) } },
	  OK(0x80005000) },
	{ "the high range, 16 KiB", (uint64_t)28 << 16 | BIT(7) | (uint64_t)1 << 30, 0xfffffff002004000, { { 0x10008, BLOCK(0x4000000) } },
	  OK(0x4004000) },
	{ "the high range, 64 KiB", (uint64_t)22 << 16 | BIT(7) | (uint64_t)3 << 30, 0xfffffc0020015000, { { 0x10008, BLOCK(0x40000000) } },
	  OK(0x40015000) },
	{ "no walks of the high range", (uint64_t)25 << 16 | BIT(23) | (uint64_t)2 << 30, 0xffffff8040005000,
	  { { 0x10008, BLOCK(0x80000000) } }, FAULT(0x04) },
	{ "between the ranges", 25 | BIT(23), 0x8040005000, { { 0x10008, BLOCK(0x80000000) } }, FAULT(0x04) },
	{ "below the high range", (uint64_t)25 << 16 | BIT(7) | (uint64_t)2 << 30, 0xfffff00040005000, { { 0x10008, BLOCK(0x80000000) } },
	  FAULT(0x04) },
	{ "a tag that is not ignored", 25 | BIT(23), 0xab00000040005000, { { 0x10008, BLOCK(0x80000000) } }, FAULT(0x04) },
	{ "a tag that is ignored (TBI0)", 25 | BIT(23) | BIT(37), 0xab00000040005000, { { 0x10008, BLOCK(0x80000000) } }, OK(0x80005000) },
	{ "a tag that is ignored (TBI1)", (uint64_t)25 << 16 | BIT(7) | (uint64_t)2 << 30 | BIT(38), 0xabffff8040005000,
	  { { 0x10008, BLOCK(0x80000000) } }, OK(0x80005000) },
	{ "nothing at the table", 25 | BIT(23), 0x5000, { { 0x10000, TABLE(0x1000000) } }, FAULT(0x16) },
	{ "the next table is not valid", 25 | BIT(23), 0x5000, { { 0x10000, TABLE(0x11000) } }, FAULT(0x06) },
};

START_TEST(a_walk_goes_by_granule_and_size)
{
	struct bench *b = bench_at(AT_S1E1R);
	uint64_t got;

	for (unsigned i = 0; i < 4 && walks[_i].step[i].at != 0; i++)
		put(b, walks[_i].step[i].at, walks[_i].step[i].desc);
	b->c->reg[A64_R_TTBR0_EL1] = b->c->reg[A64_R_TTBR1_EL1] = 0x10000;
	b->c->reg[A64_R_TCR_EL1] = walks[_i].tcr;
	b->c->reg[A64_R_SCTLR_EL1] = 1;
	got = par(b, walks[_i].va);
	ck_assert_msg(got == walks[_i].want, "%s: %#llx, wanted %#llx", walks[_i].what, (unsigned long long)got,
		      (unsigned long long)walks[_i].want);
	bench_free(b);
}
END_TEST

/* EL2 has one range, of TCR_EL2; with E2H two, of EL1's layout. */
START_TEST(el2_has_tables_of_its_own)
{
	struct bench *b = bench_at(AT_S1E2W);
	const uint64_t flat = BLOCK(0); /* the code is here, too */

	put(b, 0x10000, flat);
	put(b, 0x10008, BLOCK(0x80000000) | RDONLY | DBM);
	b->c->reg[A64_R_TTBR0_EL2] = 0x10000;
	b->c->reg[A64_R_TTBR1_EL2] = 0x10000;
	b->c->reg[A64_R_TCR_EL2] = 25;
	b->c->reg[A64_R_SCTLR_EL2] = 1;
	ck_assert_uint_eq(par(b, 0x40005000), FAULT(0x0d));
	b->c->reg[A64_R_TCR_EL2] = 25 | 1 << 22 | 1 << 21; /* HD, HA */
	ck_assert_uint_eq(par(b, 0x40005000), OK(0x80005000));
	ck_assert_uint_eq(get(b, 0x10008), BLOCK(0x80000000) | DBM);
	ck_assert_uint_eq(par(b, 0xab00000040005000), FAULT(0x04));
	b->c->reg[A64_R_TCR_EL2] = 25 | 1 << 20; /* TBI */
	ck_assert_uint_eq(par(b, 0xab00000040005000), OK(0x80005000));
	ck_assert_uint_eq(par(b, 0xffffff8040005000), FAULT(0x04)); /* there is no high range */
	b->c->reg[A64_R_HCR_EL2] = HCR_E2H;
	b->c->reg[A64_R_TCR_EL2] = 25 | 25 << 16 | (uint64_t)2 << 30;
	a64_flush_tlb(b->c);
	ck_assert_uint_eq(par(b, 0xffffff8040005000), OK(0x80005000));
	bench_free(b);
}
END_TEST

/* With translation off all is flat; what has more than 52 bits is of no size that there is. */
START_TEST(without_translation_addresses_are_physical)
{
	struct bench *b = bench_at(AT_S1E1R);

	ck_assert_uint_eq(par(b, 0x123456000), DEVICE(0x123456000));
	ck_assert_uint_eq(par(b, BIT(52)), FAULT(0x00));
	bench_free(b);
}
END_TEST

/* --- stage 2 ----------------------------------------------------------------------------------- */

#define S2PAGE(a)  ((uint64_t)(a) | AF | S2_R | S2_W | S2_NORM | 3)
#define S2BLOCK(a) ((uint64_t)(a) | AF | S2_R | S2_W | S2_NORM | 1)
#define VTCR_39	   (25 | 1 << 6) /* 39 bits from level 1, 4 KiB */

/* VTCR_EL2 and descriptors from VTTBR at 0x10000 for an address, read or written. */
static const struct {
	const char *what;
	uint64_t vtcr, ipa;
	bool write;
	struct {
		uint64_t at, desc;
	} step[3];
	uint64_t want, last_after; /* of the last step; 0: as before */
} walks2[] = {
	{ "4 KiB, a page", VTCR_39, 0x5000, true, { { 0x10000, TABLE(0x11000) }, { 0x11000, TABLE(0x12000) }, { 0x12028, S2PAGE(0x7000) } },
	  OK(0x7000), 0 },
	{ "4 KiB, not valid", VTCR_39, 0x5000, false, { { 0x10000, TABLE(0x11000) }, { 0x11000, TABLE(0x12000) }, { 0x12028, 0x7000 } },
	  FAULT2(0x07), 0 },
	{ "4 KiB, a block at level 3", VTCR_39, 0x5000, false,
	  { { 0x10000, TABLE(0x11000) }, { 0x11000, TABLE(0x12000) }, { 0x12028, S2BLOCK(0x7000) } }, FAULT2(0x07), 0 },
	{ "4 KiB, no table of level 2", VTCR_39, 0x5000, false, { { 0x10000, 0 } }, FAULT2(0x05), 0 },
	{ "4 KiB, a block of 2 MiB", VTCR_39, 0x205000, true, { { 0x10000, TABLE(0x11000) }, { 0x11008, S2BLOCK(0x600000) } }, OK(0x605000), 0 },
	{ "4 KiB, a device", VTCR_39, 0x205000, true, { { 0x10000, TABLE(0x11000) }, { 0x11008, S2BLOCK(0x600000) & ~S2_NORM } },
	  DEVICE(0x605000), 0 },
	{ "read only, read", VTCR_39, 0x40005000, false, { { 0x10008, S2BLOCK(0x80000000) & ~S2_W } }, OK(0x80005000), 0 },
	{ "read only, written", VTCR_39, 0x40005000, true, { { 0x10008, S2BLOCK(0x80000000) & ~S2_W } }, FAULT2(0x0d), 0 },
	{ "write only, read", VTCR_39, 0x40005000, false, { { 0x10008, S2BLOCK(0x80000000) & ~S2_R } }, FAULT2(0x0d), 0 },
	{ "no access flag", VTCR_39, 0x40005000, false, { { 0x10008, S2BLOCK(0x80000000) & ~AF } }, FAULT2(0x09), 0 },
	{ "no access flag, with HA", VTCR_39 | 1 << 21, 0x40005000, false, { { 0x10008, S2BLOCK(0x80000000) & ~AF } }, OK(0x80005000),
	  S2BLOCK(0x80000000) },
	{ "clean, written, with HD", VTCR_39 | 3 << 21, 0x40005000, true, { { 0x10008, (S2BLOCK(0x80000000) & ~S2_W) | DBM } }, OK(0x80005000),
	  S2BLOCK(0x80000000) | DBM },
	{ "clean, read, with HD", VTCR_39 | 3 << 21, 0x40005000, false, { { 0x10008, (S2BLOCK(0x80000000) & ~S2_W) | DBM } }, OK(0x80005000), 0 },
	{ "beyond the input's size", VTCR_39, BIT(39), false, { { 0x10000, S2BLOCK(0) } }, FAULT2(0x04), 0 },
	{ "nothing at the table", VTCR_39, 0x5000, false, { { 0x10000, TABLE(0x1000000) } }, FAULT2(0x16), 0 },
	{ "two tables side by side: 40 bits", 24 | 1 << 6, BIT(39) | 0x5000, false, { { 0x11000, S2BLOCK(0x80000000) } }, OK(0x80005000), 0 },
	{ "4 KiB from level 0", 16 | 2 << 6, 0x5000, false, { { 0x10000, TABLE(0x11000) }, { 0x11000, S2BLOCK(0) } }, OK(0x5000), 0 },
	{ "4 KiB from level 2", 34, 0x205000, false, { { 0x10008, S2BLOCK(0x600000) } }, OK(0x605000), 0 },
	{ "4 KiB from level 3", 43 | 3 << 6, 0x5000, false, { { 0x10028, S2PAGE(0x7000) } }, OK(0x7000), 0 },
	{ "16 KiB from level 2", 28 | 1 << 6 | 2 << 14, 0x2004000, false, { { 0x10008, TABLE(0x14000) }, { 0x14008, S2PAGE(0x8000) } }, OK(0x8000),
	  0 },
	{ "64 KiB from level 2", 22 | 1 << 6 | 1 << 14, 0x20010000, false, { { 0x10008, S2BLOCK(0x40000000) } }, OK(0x40010000), 0 },
	{ "64 KiB, 52 bits of address", 22 | 1 << 6 | 1 << 14 | 6 << 16, 0x20010000, false, { { 0x10008, S2BLOCK(0x40000000) | 5 << 12 } },
	  OK(0x5000040010000), 0 },
	{ "4 KiB with DS, 52 bits of address", VTCR_39 | BIT(32) | 6 << 16, 0x40005000, false, { { 0x10008, S2BLOCK(0x80000000) | 3 << 8 } },
	  OK(0xc000080005000), 0 },
};

START_TEST(stage_2_walks_by_vtcr)
{
	struct bench *b = bench_at(walks2[_i].write ? AT_S12E1W : AT_S12E1R);
	unsigned n = 0;
	uint64_t got, after;

	for (; n < 3 && walks2[_i].step[n].at != 0; n++)
		put(b, walks2[_i].step[n].at, walks2[_i].step[n].desc);
	b->c->reg[A64_R_VTTBR_EL2] = 0x10000 | BIT(48); /* and a VMID */
	b->c->reg[A64_R_VTCR_EL2] = walks2[_i].vtcr;
	b->c->reg[A64_R_HCR_EL2] = HCR_VM | HCR_DC; /* stage 1 is off, and of no other type than stage 2's */
	got = par(b, walks2[_i].ipa);
	if (!(got & 1)) /* shareability and the kind of device are not asked here */
		got = DEVICE(got & 0xffffffffff000) | (got >> 60 == 0xf ? OK(0) : 0);
	ck_assert_msg(got == (walks2[_i].want & 1 ? walks2[_i].want : walks2[_i].want | 2 << 7), "%s: %#llx, wanted %#llx", walks2[_i].what, (unsigned long long)got,
		      (unsigned long long)walks2[_i].want);
	after = walks2[_i].last_after != 0 ? walks2[_i].last_after : walks2[_i].step[n - 1].desc;
	ck_assert_msg(get(b, walks2[_i].step[n - 1].at) == after, "%s: the descriptor became %#llx", walks2[_i].what,
		      (unsigned long long)get(b, walks2[_i].step[n - 1].at));
	bench_free(b);
}
END_TEST

/* Stage 1's tables are read through stage 2; an AT of stage 1 alone is not. */
START_TEST(a_walk_of_stage_1_may_fail_in_stage_2)
{
	static const struct {
		uint32_t at;
		uint64_t tables; /* of the page where the tables are */
		uint64_t desc, want;
	} rows[] = {
		{ AT_S12E1R, 0, PAGE(0x40007000), FAULT_PTW(0x05) },
		{ AT_S12E1R, S2BLOCK(0), PAGE(0x40007000), OK(0x40007000) },
		{ AT_S12E0R, S2BLOCK(0), PAGE(0x40007000), FAULT(0x0f) },
		{ AT_S1E1R, 0, PAGE(0x40007000), OK(0x40007000) },
		{ AT_S12E1R, S2BLOCK(0) & ~S2_W, PAGE(0x40007000), OK(0x40007000) },
		{ AT_S12E1R, S2BLOCK(0) & ~S2_W, PAGE(0x40007000) & ~AF, FAULT_PTW(0x0d) }, /* hardware would set AF */
		{ AT_S12E1W, S2BLOCK(0) & ~S2_W, PAGE(0x40007000) | RDONLY | DBM, FAULT_PTW(0x0d) },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bench *b = leaf(rows[i].at, rows[i].desc, BIT(39) | BIT(40));

		put(b, 0x18000, rows[i].tables);
		put(b, 0x18008, S2BLOCK(0x40000000));
		b->c->reg[A64_R_VTTBR_EL2] = 0x18000;
		b->c->reg[A64_R_VTCR_EL2] = VTCR_39;
		b->c->reg[A64_R_HCR_EL2] = HCR_VM;
		ck_assert_uint_eq(par(b, 0x5000), rows[i].want);
		ck_assert_uint_eq(get(b, 0x12000 + 5 * 8), rows[i].desc);
		ck_assert_uint_eq(b->c->reg[A64_R_HCR_EL2], HCR_VM);
		bench_free(b);
	}
}
END_TEST

/* Both stages must allow an access; a fetch asks XN of stage 2. */
START_TEST(code_that_stage_2_does_not_let_run_aborts_to_el2)
{
	for (unsigned xn = 0; xn < 2; xn++) {
		struct bench *b = bench_new(WORDS(NOP_, HLT0), 1);

		b->c->bus.stage2 = NULL;
		put(b, 0x10000, S2BLOCK(0) | (uint64_t)xn << 54);
		b->c->reg[A64_R_VTTBR_EL2] = 0x10000;
		b->c->reg[A64_R_VTCR_EL2] = VTCR_39;
		b->c->reg[A64_R_HCR_EL2] = HCR_VM;
		if (xn == 0) {
			ck_assert_int_eq(a64_run(b->c, 10), A64_STOP_HALT);
			ck_assert_uint_eq(b->c->pc, 4);
		} else {
			ck_assert_int_eq(a64_run(b->c, 10), A64_STOP_EXCEPTION);
			ck_assert_uint_eq(b->c->exit.esr, (uint64_t)0x20 << 26 | 1 << 25 | 0x0d);
			ck_assert_uint_eq(b->c->exit.hpfar, 0);
		}
		bench_free(b);
	}
}
END_TEST

/* What EL0 may write EL1 never runs, WXN takes what is writable, PXN and UXN say it (Arm ARM, D8.4.1). */
START_TEST(what_may_be_executed_is_what_no_bit_forbids)
{
	static const struct {
		unsigned el;
		uint64_t bits;
		bool wxn, runs;
	} rows[] = {
		{ 1, 0, false, true },	       { 1, BIT(53), false, false },	 { 1, BIT(54), false, true },
		{ 1, USER, false, false },     { 1, USER | RDONLY, false, true }, { 1, 0, true, false },
		{ 1, RDONLY, true, true },     { 0, USER, false, true },	 { 0, USER | BIT(53), false, true },
		{ 0, USER | BIT(54), false, false }, { 0, USER, true, false },	 { 0, USER | RDONLY, true, true },
		{ 2, 0, false, true },	       { 2, BIT(54), false, false },	 { 2, 0, true, false },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bench *b = bench_new(WORDS(NOP_, HLT0), 2);
		const uint64_t sctlr = 1 | (rows[i].wxn ? 1 << 19 : 0);

		b->c->ps.el = (uint8_t)rows[i].el;
		put(b, 0x10000, BLOCK(0) | rows[i].bits);
		b->c->reg[A64_R_TTBR0_EL1] = b->c->reg[A64_R_TTBR0_EL2] = 0x10000;
		b->c->reg[A64_R_TCR_EL1] = b->c->reg[A64_R_TCR_EL2] = 25;
		b->c->reg[rows[i].el == 2 ? A64_R_SCTLR_EL2 : A64_R_SCTLR_EL1] = sctlr;
		(void)a64_run(b->c, 1);
		if (rows[i].runs)
			ck_assert_msg(b->c->pc == 4, "row %u: pc %#llx", i, (unsigned long long)b->c->pc);
		else
			ck_assert_msg((b->c->reg[rows[i].el == 2 ? A64_R_ESR_EL2 : A64_R_ESR_EL1] & 0x3f) == 0x0d, "row %u: ran", i);
		bench_free(b);
	}
}
END_TEST

#define N_OF(table) ((int)(sizeof(table) / sizeof(table[0])))

int main(void)
{
	Suite *s = suite_create("a64_mmu");
	TCase *c = tcase_create("a64_mmu");

	tcase_add_loop_test(c, a_leaf_says_what_is_allowed, 0, N_OF(leaves));
	tcase_add_test(c, a_table_takes_permissions_from_what_is_below);
	tcase_add_test(c, pan_is_asked_by_the_two_instructions_that_say_so);
	tcase_add_loop_test(c, a_walk_goes_by_granule_and_size, 0, N_OF(walks));
	tcase_add_test(c, el2_has_tables_of_its_own);
	tcase_add_test(c, without_translation_addresses_are_physical);
	tcase_add_loop_test(c, stage_2_walks_by_vtcr, 0, N_OF(walks2));
	tcase_add_test(c, a_walk_of_stage_1_may_fail_in_stage_2);
	tcase_add_test(c, code_that_stage_2_does_not_let_run_aborts_to_el2);
	tcase_add_test(c, what_may_be_executed_is_what_no_bit_forbids);
	suite_add_tcase(s, c);
	return suite_status(s);
}
