/* SPDX-License-Identifier: Apache-2.0 */
/* Vectors: elements of a register, and loops over them that the compiler makes for each width. */
#ifndef EL2SIM_CPU_A64_VEC_H
#define EL2SIM_CPU_A64_VEC_H

#include "models/cpu/a64/a64_impl.h"

#define EXEC(name) int x_##name(struct a64 *c, const struct a64_op *op)

__extension__ typedef __int128 int128;
__extension__ typedef unsigned __int128 uint128;

#define FPSR_QC ((uint64_t)1 << 27)

/* Element i of 1 << size bytes, zero-extended. */
static inline uint64_t vec_get(const uint64_t v[2], unsigned size, unsigned i)
{
	unsigned at = i << (3 + size);

	return v[at >> 6] >> (at & 63) & UINT64_MAX >> (64 - (8u << size));
}

static inline void vec_set(uint64_t v[2], unsigned size, unsigned i, uint64_t e)
{
	unsigned at = i << (3 + size);
	uint64_t mask = UINT64_MAX >> (64 - (8u << size));

	v[at >> 6] = (v[at >> 6] & ~(mask << (at & 63))) | (e & mask) << (at & 63);
}

static inline int vec_put(struct a64 *c, const struct a64_op *op, const uint64_t r[2])
{
	c->v[op->d][0] = r[0];
	c->v[op->d][1] = r[1];
	return 0;
}

/* v held to what `bits` bits can say, signed or not; FPSR.QC tells that it did not fit. */
static inline uint64_t vec_sat(struct a64 *c, int128 v, unsigned bits, bool is_signed)
{
	int128 top = ((int128)1 << (is_signed ? bits - 1 : bits)) - 1, bottom = is_signed ? -top - 1 : 0;

	if (v > top || v < bottom) {
		c->reg[A64_R_FPSR] |= FPSR_QC;
		v = v > top ? top : bottom;
	}
	return (uint64_t)v;
}

/* Product of two polynomials over {0,1} of 8 bits. */
static inline uint64_t vec_carryless(uint64_t a, uint64_t b)
{
	uint64_t r = 0;

	for (unsigned i = 0; i < 8; i++)
		r ^= a >> i & 1 ? b << i : 0;
	return r;
}

/*
 * What an element becomes: d is the destination's, a and b the sources' (zero-extended; of `bits` bits, or of twice
 * those where the operation is wide).
 */
typedef uint64_t vec_lane(struct a64 *c, const struct a64_op *op, uint64_t d, uint64_t a, uint64_t b, unsigned bits);

#define VEC_INLINE static inline __attribute__((always_inline))

/* Second source: element i, or with u the one that the instruction names. */
VEC_INLINE uint64_t vec_b(const struct a64 *c, const struct a64_op *op, unsigned size, unsigned i)
{
	return vec_get(c->v[op->m], size, op->u ? op->t : i);
}

/* The registers as arrays of one type, so that the compiler sees a plain loop. */
#define VEC_EACH_OF(type)                                                                                                     \
	do {                                                                                                                       \
		type d[16 / sizeof(type)], a[16 / sizeof(type)], b[16 / sizeof(type)], r[16 / sizeof(type)] = {0};                 \
                                                                                                                                   \
		memcpy(d, c->v[op->d], 16);                                                                                        \
		memcpy(a, c->v[op->n], 16);                                                                                        \
		memcpy(b, c->v[op->m], 16);                                                                                        \
		if (op->u)                                                                                                         \
			for (unsigned i = 0; i < 16 / sizeof(type); i++)                                                           \
				b[i] = (type)vec_b(c, op, op->size, i);                                                            \
		if (op->e == 16 / sizeof(type))                                                                                    \
			for (unsigned i = 0; i < 16 / sizeof(type); i++)                                                           \
				r[i] = (type)lane(c, op, d[i], a[i], b[i], 8 * sizeof(type));                                      \
		else                                                                                                               \
			for (unsigned i = 0; i < op->e; i++)                                                                       \
				r[i] = (type)lane(c, op, d[i], a[i], b[i], 8 * sizeof(type));                                      \
		memcpy(c->v[op->d], r, 16);                                                                                        \
		return 0;                                                                                                          \
	} while (0)

/* Elements of one width: op->size, op->e of them. */
VEC_INLINE int vec_each(struct a64 *c, const struct a64_op *op, vec_lane *lane)
{
	switch (op->size) {
	case 0: VEC_EACH_OF(uint8_t);
	case 1: VEC_EACH_OF(uint16_t);
	case 2: VEC_EACH_OF(uint32_t);
	default: VEC_EACH_OF(uint64_t);
	}
}

/* Which operands have elements of twice the size; the others are in the half that aux says. */
enum vec_wide { VEC_D = 1, VEC_N = 2, VEC_M = 4 };

VEC_INLINE int vec_mixed_of(struct a64 *c, const struct a64_op *op, vec_lane *lane, unsigned wide, unsigned size)
{
	unsigned half = op->aux ? 8u >> size : 0, sd = size + (wide & VEC_D ? 1 : 0), sn = size + (wide & VEC_N ? 1 : 0);
	uint64_t r[2] = {!(wide & VEC_D) && op->aux ? c->v[op->d][0] : 0, 0};

	for (unsigned i = 0; i < op->e; i++) {
		unsigned at = wide & VEC_D ? i : half + i;

		vec_set(r, sd, at,
			lane(c, op, vec_get(c->v[op->d], sd, at), vec_get(c->v[op->n], sn, wide & VEC_N ? i : half + i),
			     wide & VEC_M ? vec_get(c->v[op->m], size + 1, i) : vec_b(c, op, size, half + i), 8u << size));
	}
	return vec_put(c, op, r);
}

VEC_INLINE int vec_mixed(struct a64 *c, const struct a64_op *op, vec_lane *lane, unsigned wide)
{
	switch (op->size) {
	case 0: return vec_mixed_of(c, op, lane, wide, 0);
	case 1: return vec_mixed_of(c, op, lane, wide, 1);
	default: return vec_mixed_of(c, op, lane, wide, 2);
	}
}

/* Rows: a lane's expression over d, a, b, and signed SA, SB; WIDE: of twice the bits. */
#define SA      ((int64_t)a64_sext(a, bits))
#define SB      ((int64_t)a64_sext(b, bits))
#define SD      ((int64_t)a64_sext(d, bits))
#define ALL(x)  ((x) ? UINT64_MAX : 0)
#define SAT(v)  vec_sat(c, (int128)(v), bits, true)
#define SATU(v) vec_sat(c, (int128)(v), bits, false)

/* Shifted right by the immediate, rounded. */
#define ROUNDED(v) (((int128)(v) + ((int128)1 << (op->imm - 1))) >> op->imm)

#define LANE(name, expr)                                                                                                      \
	static inline uint64_t lane_##name(struct a64 *c, const struct a64_op *op, uint64_t d, uint64_t a, uint64_t b,             \
					   unsigned bits)                                                                          \
	{                                                                                                                          \
		(void)c;                                                                                                           \
		(void)op;                                                                                                          \
		(void)d;                                                                                                           \
		(void)a;                                                                                                           \
		(void)b;                                                                                                           \
		(void)bits;                                                                                                        \
		return (uint64_t)(expr);                                                                                           \
	}
#define EACH(name, expr)                                                                                                      \
	LANE(name, expr)                                                                                                           \
	EXEC(name) { return vec_each(c, op, lane_##name); }
#define MIXED(name, wide, expr)                                                                                               \
	LANE(name, expr)                                                                                                           \
	EXEC(name) { return vec_mixed(c, op, lane_##name, wide); }

#endif
