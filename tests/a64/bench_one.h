/* SPDX-License-Identifier: Apache-2.0 */
/* One instruction on a core with all features, and what became of it. */
#ifndef TESTS_A64_BENCH_ONE_H
#define TESTS_A64_BENCH_ONE_H

#include <check.h>

#include "models/cpu/a64/a64_impl.h"
#include "tests/a64/bench.h"
#include "tests/suite.h"

#define N_OF(table) ((int)(sizeof(table) / sizeof(table[0])))

enum { UNDEF = 0x02000000, VBAR = 0x10000 };
#define EC_OF(esr) ((unsigned)((esr) >> 26))

/* A core at EL `el` with one word and a HLT behind it, its vectors (NOPs) at VBAR; without the features in `less`. */
static inline struct bench *one(uint32_t word, unsigned el, uint64_t less)
{
	struct bench *b = bench_new(WORDS(word, HLT0), 2);

	for (unsigned i = 0; i < 0x800; i += 4)
		memcpy(b->ram + VBAR + i, &(const uint32_t){ NOP_ }, 4);
	b->c->ps.el = (uint8_t)el;
	b->c->ps.sp = el != 0;
	b->c->feats &= ~less;
	b->c->reg[A64_R_VBAR_EL1] = b->c->reg[A64_R_VBAR_EL2] = VBAR;
	return b;
}

#define FEAT(name) ((uint64_t)1 << A64_FEAT_##name)

/* The instruction was taken to EL1 as an exception with that syndrome. */
static inline void taken(struct bench *b, uint64_t esr)
{
	const uint64_t at = b->c->pc;

	ck_assert_int_eq(a64_run(b->c, 1), A64_STOP_BUDGET);
	ck_assert_uint_ge(b->c->pc, VBAR);
	ck_assert_uint_eq(b->c->reg[A64_R_ESR_EL1], esr);
	ck_assert_uint_eq(b->c->reg[A64_R_ELR_EL1], at);
}

static inline void goes_on(struct bench *b)
{
	ck_assert_int_eq(a64_run(b->c, 1), A64_STOP_BUDGET);
	ck_assert_uint_eq(b->c->pc, 4);
}

#endif
