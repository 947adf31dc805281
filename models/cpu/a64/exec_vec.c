// SPDX-License-Identifier: Apache-2.0
/* Advanced SIMD, integers of one width: a function per row of decode.def (Arm ARM, C7.2). */
#include "models/cpu/a64/vec.h"

/* Three registers. */
EACH(ADD_v, a + b)
EACH(SUB_v, a - b)
EACH(MUL_v, a * b)
EACH(MLA_v, d + a * b)
EACH(MLS_v, d - a * b)
EACH(SHADD_v, (SA + SB) >> 1)
EACH(UHADD_v, (a + b) >> 1)
EACH(SRHADD_v, (SA + SB + 1) >> 1)
EACH(URHADD_v, (a + b + 1) >> 1)
EACH(SHSUB_v, (SA - SB) >> 1)
EACH(UHSUB_v, (int64_t)(a - b) >> 1)
EACH(SQADD_v, SAT((int128)SA + SB))
EACH(UQADD_v, SATU((int128)a + b))
EACH(SQSUB_v, SAT((int128)SA - SB))
EACH(UQSUB_v, SATU((int128)a - b))
EACH(SMAX_v, SA > SB ? a : b)
EACH(UMAX_v, a > b ? a : b)
EACH(SMIN_v, SA < SB ? a : b)
EACH(UMIN_v, a < b ? a : b)
EACH(SABD_v, SA > SB ? a - b : b - a)
EACH(UABD_v, a > b ? a - b : b - a)
EACH(SABA_v, d + (SA > SB ? a - b : b - a))
EACH(UABA_v, d + (a > b ? a - b : b - a))
EACH(CMGT_v, ALL(SA > SB))
EACH(CMHI_v, ALL(a > b))
EACH(CMGE_v, ALL(SA >= SB))
EACH(CMHS_v, ALL(a >= b))
EACH(CMEQ_v, ALL(a == b))
EACH(CMTST_v, ALL((a & b) != 0))

/* Doubled products, the high half; accumulating: of an accumulator in the high half. */
#define ROUND ((int128)1 << (bits - 1))
EACH(SQDMULH_v, SAT(2 * (int128)SA * SB >> bits))
EACH(SQRDMULH_v, SAT((2 * (int128)SA * SB + ROUND) >> bits))
EACH(SQRDMLAH_v, SAT((((int128)SD * ((int128)1 << bits)) + 2 * (int128)SA * SB + ROUND) >> bits))
EACH(SQRDMLSH_v, SAT((((int128)SD * ((int128)1 << bits)) - 2 * (int128)SA * SB + ROUND) >> bits))

EACH(PMUL_v, vec_carryless(a, b))

/* Bits. */
#define BITWISE(name, expr)                                                                                                   \
	EXEC(name)                                                                                                                 \
	{                                                                                                                          \
		uint64_t r[2] = {0, 0};                                                                                            \
                                                                                                                                   \
		for (unsigned i = 0; i <= op->sf; i++) {                                                                           \
			uint64_t d = c->v[op->d][i], a = c->v[op->n][i], b = c->v[op->m][i];                                       \
                                                                                                                                   \
			(void)d;                                                                                                   \
			(void)b;                                                                                                   \
			r[i] = (expr);                                                                                             \
		}                                                                                                                  \
		return vec_put(c, op, r);                                                                                          \
	}
BITWISE(AND_v, a & b)
BITWISE(BIC_v, a & ~b)
BITWISE(ORR_v, a | b)
BITWISE(ORN_v, a | ~b)
BITWISE(EOR_v, a ^ b)
BITWISE(BSL_v, (a & d) | (b & ~d))
BITWISE(BIT_v, (a & b) | (d & ~b))
BITWISE(BIF_v, (a & ~b) | (d & b))
BITWISE(NOT_v, ~a)

/* v shifted left by `by`, right if that is negative. */
static uint64_t shift_by(struct a64 *c, int128 v, int by, unsigned bits, bool is_signed, bool saturate, bool round)
{
	if (by >= (int)bits) {
		if (!saturate || v == 0)
			return 0;
		return vec_sat(c, v < 0 ? -((int128)1 << 64) : (int128)1 << 64, bits, is_signed);
	}
	if (by >= 0)
		v *= (int128)1 << by;
	else if (by < -64)
		v = round || v >= 0 ? 0 : -1;
	else
		v = (v + (round ? (int128)1 << (-by - 1) : 0)) >> -by;
	return saturate ? vec_sat(c, v, bits, is_signed) : (uint64_t)v;
}
EACH(SSHL_v, shift_by(c, SA, (int8_t)b, bits, true, false, false))
EACH(USHL_v, shift_by(c, a, (int8_t)b, bits, false, false, false))
EACH(SQSHL_v, shift_by(c, SA, (int8_t)b, bits, true, true, false))
EACH(UQSHL_v, shift_by(c, a, (int8_t)b, bits, false, true, false))
EACH(SRSHL_v, shift_by(c, SA, (int8_t)b, bits, true, false, true))
EACH(URSHL_v, shift_by(c, a, (int8_t)b, bits, false, false, true))
EACH(SQRSHL_v, shift_by(c, SA, (int8_t)b, bits, true, true, true))
EACH(UQRSHL_v, shift_by(c, a, (int8_t)b, bits, false, true, true))

/* One register. */
#define MASK (UINT64_MAX >> (64 - bits))
EACH(SUQADD_v, SAT((int128)SD + a))
EACH(USQADD_v, SATU((int128)d + SA))
EACH(SQABS_v, SAT(SA < 0 ? -(int128)SA : SA))
EACH(SQNEG_v, SAT(-(int128)SA))
EACH(CMGT0_v, ALL(SA > 0))
EACH(CMGE0_v, ALL(SA >= 0))
EACH(CMEQ0_v, ALL(a == 0))
EACH(CMLE0_v, ALL(SA <= 0))
EACH(CMLT0_v, ALL(SA < 0))
EACH(ABS_v, SA < 0 ? -a : a)
EACH(NEG_v, -a)
static inline uint64_t zeros(uint64_t v, unsigned bits)
{
	return v == 0 ? bits : (uint64_t)__builtin_clzll(v) - (64 - bits);
}
EACH(CLZ_v, zeros(a, bits))
EACH(CLS_v, zeros((a ^ a >> 1) & (MASK >> 1), bits) - 1)
EACH(CNT_v, __builtin_popcount((unsigned)a))

static inline uint64_t reverse8(uint64_t v)
{
	v = (v >> 4 & 0x0f) | (v & 0x0f) << 4;
	v = (v >> 2 & 0x33) | (v & 0x33) << 2;
	return (v >> 1 & 0x55) | (v & 0x55) << 1;
}
EACH(RBIT_v, reverse8(a))

/* Elements in reverse within containers of 1 << container bytes. */
static int reverse(struct a64 *c, const struct a64_op *op, unsigned container)
{
	uint64_t r[2] = {0, 0};
	unsigned flip = (1u << (container - op->size)) - 1;

	for (unsigned i = 0; i < op->e; i++)
		vec_set(r, op->size, i, vec_get(c->v[op->n], op->size, i ^ flip));
	return vec_put(c, op, r);
}
EXEC(REV64_v) { return reverse(c, op, 3); }
EXEC(REV32_v) { return reverse(c, op, 2); }
EXEC(REV16_v) { return reverse(c, op, 1); }

/* Pairs of both sources, one after the other. */
#define PAIRS(name, expr)                                                                                                     \
	LANE(name, expr)                                                                                                           \
	EXEC(name)                                                                                                                 \
	{                                                                                                                          \
		uint64_t r[2] = {0, 0};                                                                                            \
		unsigned half = op->e / 2u;                                                                                        \
                                                                                                                                   \
		for (unsigned i = 0; i < op->e; i++) {                                                                             \
			const uint64_t *v = c->v[i < half ? op->n : op->m];                                                        \
			unsigned at = 2 * (i < half ? i : i - half);                                                               \
                                                                                                                                   \
			vec_set(r, op->size, i,                                                                                    \
				lane_##name(c, op, 0, vec_get(v, op->size, at), vec_get(v, op->size, at + 1), 8u << op->size));    \
		}                                                                                                                  \
		return vec_put(c, op, r);                                                                                          \
	}
PAIRS(ADDP_v, a + b)
PAIRS(SMAXP_v, SA > SB ? a : b)
PAIRS(UMAXP_v, a > b ? a : b)
PAIRS(SMINP_v, SA < SB ? a : b)
PAIRS(UMINP_v, a < b ? a : b)

EXEC(ADDP_s)
{
	return vec_put(c, op, (const uint64_t[2]){c->v[op->n][0] + c->v[op->n][1], 0});
}

/* Sums of pairs, in elements of twice the width. */
static int pair_sums(struct a64 *c, const struct a64_op *op, bool is_signed, bool accumulate)
{
	uint64_t r[2] = {0, 0};
	unsigned bits = 8u << op->size;

	for (unsigned i = 0; i < op->e / 2u; i++) {
		uint64_t a = vec_get(c->v[op->n], op->size, 2 * i), b = vec_get(c->v[op->n], op->size, 2 * i + 1);
		uint64_t sum = is_signed ? (uint64_t)SA + (uint64_t)SB : a + b;

		vec_set(r, op->size + 1u, i, sum + (accumulate ? vec_get(c->v[op->d], op->size + 1u, i) : 0));
	}
	return vec_put(c, op, r);
}
EXEC(SADDLP_v) { return pair_sums(c, op, true, false); }
EXEC(UADDLP_v) { return pair_sums(c, op, false, false); }
EXEC(SADALP_v) { return pair_sums(c, op, true, true); }
EXEC(UADALP_v) { return pair_sums(c, op, false, true); }

/* All elements to one. */
#define ACROSS(name, widen, expr)                                                                                             \
	LANE(name, expr)                                                                                                           \
	EXEC(name)                                                                                                                 \
	{                                                                                                                          \
		unsigned bits = 8u << op->size;                                                                                    \
		uint64_t r[2] = {0, 0}, sum = vec_get(c->v[op->n], op->size, 0);                                                   \
                                                                                                                                   \
		if (widen == 2)                                                                                                    \
			sum = a64_sext(sum, bits);                                                                                 \
		for (unsigned i = 1; i < op->e; i++)                                                                               \
			sum = lane_##name(c, op, 0, sum, vec_get(c->v[op->n], op->size, i), bits);                                 \
		vec_set(r, op->size + (widen != 0 ? 1u : 0), 0, sum);                                                              \
		return vec_put(c, op, r);                                                                                          \
	}
ACROSS(ADDV, 0, a + b)
ACROSS(SADDLV, 2, a + (uint64_t)SB)
ACROSS(UADDLV, 1, a + b)
ACROSS(SMAXV, 0, SA > SB ? a : b)
ACROSS(UMAXV, 0, a > b ? a : b)
ACROSS(SMINV, 0, SA < SB ? a : b)
ACROSS(UMINV, 0, a < b ? a : b)

/* Shifts by an immediate: op->imm. */
static inline uint64_t sshr(int64_t v, uint64_t by) { return (uint64_t)(v >> (by > 63 ? 63 : by)); }
static inline uint64_t ushr(uint64_t v, uint64_t by) { return by > 63 ? 0 : v >> by; }
EACH(SSHR, sshr(SA, op->imm))
EACH(USHR, ushr(a, op->imm))
EACH(SSRA, d + sshr(SA, op->imm))
EACH(USRA, d + ushr(a, op->imm))
EACH(SRSHR, ROUNDED(SA))
EACH(URSHR, ROUNDED(a))
EACH(SRSRA, d + (uint64_t)ROUNDED(SA))
EACH(URSRA, d + (uint64_t)ROUNDED(a))
EACH(SRI, (d & ~ushr(MASK, op->imm)) | ushr(a, op->imm))
EACH(SHL, a << op->imm)
EACH(SLI, (d & (((uint64_t)1 << op->imm) - 1)) | a << op->imm)
EACH(SQSHLU, SATU((int128)SA * ((int128)1 << op->imm)))
EACH(SQSHL_i, SAT((int128)SA * ((int128)1 << op->imm)))
EACH(UQSHL_i, SATU((int128)a << op->imm))
