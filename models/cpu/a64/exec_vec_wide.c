// SPDX-License-Identifier: Apache-2.0
/* Advanced SIMD, integers that get longer or narrower, dot products (Arm ARM, C7.2). */
#include "models/cpu/a64/vec.h"

/* Long: elements to twice their width. */
MIXED(SADDL, VEC_D, SA + SB)
MIXED(UADDL, VEC_D, a + b)
MIXED(SSUBL, VEC_D, SA - SB)
MIXED(USUBL, VEC_D, a - b)
MIXED(SADDW, VEC_D | VEC_N, a + (uint64_t)SB)
MIXED(UADDW, VEC_D | VEC_N, a + b)
MIXED(SSUBW, VEC_D | VEC_N, a - (uint64_t)SB)
MIXED(USUBW, VEC_D | VEC_N, a - b)
MIXED(SABDL, VEC_D, SA > SB ? SA - SB : SB - SA)
MIXED(UABDL, VEC_D, a > b ? a - b : b - a)
MIXED(SABAL, VEC_D, d + (uint64_t)(SA > SB ? SA - SB : SB - SA))
MIXED(UABAL, VEC_D, d + (a > b ? a - b : b - a))
MIXED(SMULL, VEC_D, SA * SB)
MIXED(UMULL, VEC_D, a * b)
MIXED(SMLAL, VEC_D, d + (uint64_t)(SA * SB))
MIXED(UMLAL, VEC_D, d + a * b)
MIXED(SMLSL, VEC_D, d - (uint64_t)(SA * SB))
MIXED(UMLSL, VEC_D, d - a * b)
MIXED(SHLL_v, VEC_D, a << bits)
MIXED(SSHLL, VEC_D, (uint64_t)SA << op->imm)
MIXED(USHLL, VEC_D, a << op->imm)

/* Doubled products and their sums, each saturated. */
#define WIDE_D     ((int128)(int64_t)a64_sext(d, 2 * bits))
#define DOUBLED    ((int128)(int64_t)vec_sat(c, 2 * (int128)SA * SB, 2 * bits, true))
#define SATW(v)    vec_sat(c, v, 2 * bits, true)
MIXED(SQDMULL, VEC_D, DOUBLED)
MIXED(SQDMLAL, VEC_D, SATW(WIDE_D + DOUBLED))
MIXED(SQDMLSL, VEC_D, SATW(WIDE_D - DOUBLED))

MIXED(PMULL, VEC_D, vec_carryless(a, b))

EXEC(PMULL_d)
{
	uint64_t a = c->v[op->n][op->aux], b = c->v[op->m][op->aux], r[2] = {0, 0};

	for (unsigned i = 0; i < 64; i++)
		if (a >> i & 1) {
			r[0] ^= b << i;
			r[1] ^= i == 0 ? 0 : b >> (64 - i);
		}
	return vec_put(c, op, r);
}

/* Narrow: the high half of a sum, what fits, what is shifted down. */
MIXED(ADDHN, VEC_N | VEC_M, (a + b) >> bits)
MIXED(SUBHN, VEC_N | VEC_M, (a - b) >> bits)
MIXED(RADDHN, VEC_N | VEC_M, (a + b + ((uint64_t)1 << (bits - 1))) >> bits)
MIXED(RSUBHN, VEC_N | VEC_M, (a - b + ((uint64_t)1 << (bits - 1))) >> bits)
#define WIDE_A ((int128)(int64_t)a64_sext(a, 2 * bits))
MIXED(XTN_v, VEC_N, a)
MIXED(SQXTN_v, VEC_N, SAT(WIDE_A))
MIXED(SQXTUN_v, VEC_N, SATU(WIDE_A))
MIXED(UQXTN_v, VEC_N, SATU(a))
MIXED(SHRN, VEC_N, a >> op->imm)
MIXED(RSHRN, VEC_N, ROUNDED(a))
MIXED(SQSHRN, VEC_N, SAT(WIDE_A >> op->imm))
MIXED(SQRSHRN, VEC_N, SAT(ROUNDED(WIDE_A)))
MIXED(UQSHRN, VEC_N, SATU(a >> op->imm))
MIXED(UQRSHRN, VEC_N, SATU(ROUNDED(a)))
MIXED(SQSHRUN, VEC_N, SATU(WIDE_A >> op->imm))
MIXED(SQRSHRUN, VEC_N, SATU(ROUNDED(WIDE_A)))

/* Four products of bytes, added up (FEAT_DotProd). */
static inline uint64_t dot(uint64_t d, uint64_t a, uint64_t b, bool is_signed)
{
	for (unsigned i = 0; i < 32; i += 8)
		d += is_signed ? a64_sext(a >> i & 0xff, 8) * a64_sext(b >> i & 0xff, 8) : (a >> i & 0xff) * (b >> i & 0xff);
	return d;
}
EACH(SDOT_v, dot(d, a, b, true))
EACH(UDOT_v, dot(d, a, b, false))
