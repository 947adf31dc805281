// SPDX-License-Identifier: Apache-2.0
/* Data processing and branches: a function per row of decode.def (Arm ARM, C6.2). */
#include "models/cpu/a64/a64_impl.h"

#define EXEC(name) int x_##name(struct a64 *c, const struct a64_op *op)
#define D          c->x[op->d]
#define N          c->x[op->n]
#define M          c->x[op->m]

/* Row with a result of the op's width. */
#define RESULT(name, value)                                                                                                   \
	EXEC(name)                                                                                                                 \
	{                                                                                                                          \
		D = (value) & op->mask;                                                                                            \
		return 0;                                                                                                          \
	}
/* And with N and Z from it, C and V clear. */
#define LOGIC_FLAGS(name, value)                                                                                              \
	EXEC(name)                                                                                                                 \
	{                                                                                                                          \
		uint64_t r = (value) & op->mask;                                                                                   \
                                                                                                                                   \
		c->nzcv = a64_nz(r, op->mask);                                                                                     \
		D = r;                                                                                                             \
		return 0;                                                                                                          \
	}
/* And with all flags of an addition. */
#define ADD_FLAGS(name, b, carry)                                                                                             \
	EXEC(name)                                                                                                                 \
	{                                                                                                                          \
		D = a64_add_flags(c, N, b, carry, op->mask);                                                                       \
		return 0;                                                                                                          \
	}

static inline uint64_t shifted(const struct a64 *c, const struct a64_op *op)
{
	uint64_t v = c->x[op->m] & op->mask;
	unsigned by = (unsigned)op->imm;

	switch (op->kind) {
	case A64_LSL: return v << by;
	case A64_LSR: return v >> by;
	case A64_ASR: return op->sf ? (uint64_t)((int64_t)v >> by) : (uint64_t)(int64_t)((int32_t)v >> by);
	default: return a64_ror(v, by, op->sf ? 64 : 32);
	}
}

/* Second operand of an extended add: kind is option (UXTB to SXTX), by a shift of `shift`. */
static inline uint64_t extended(uint64_t v, unsigned option, unsigned shift)
{
	switch (option) {
	case 0: v = (uint8_t)v; break;
	case 1: v = (uint16_t)v; break;
	case 2: v = (uint32_t)v; break;
	case 4: v = a64_sext(v, 8); break;
	case 5: v = a64_sext(v, 16); break;
	case 6: v = a64_sext(v, 32); break;
	default: break;
	}
	return v << shift;
}
#define SHIFTED  shifted(c, op)
#define EXTENDED extended(M, op->kind, (unsigned)op->imm)
#define CARRY    (c->nzcv >> 1 & 1)

EXEC(NOP)
{
	(void)c;
	(void)op;
	return 0;
}

EXEC(ADR)
{
	D = c->pc + op->imm;
	return 0;
}

EXEC(ADRP)
{
	D = (c->pc & ~(uint64_t)0xfff) + op->imm;
	return 0;
}

RESULT(ADD_i, N + op->imm)
RESULT(SUB_i, N - op->imm)
ADD_FLAGS(ADDS_i, op->imm, 0)
ADD_FLAGS(SUBS_i, ~op->imm, 1)
RESULT(ADD, N + SHIFTED)
RESULT(SUB, N - SHIFTED)
ADD_FLAGS(ADDS, SHIFTED, 0)
ADD_FLAGS(SUBS, ~SHIFTED, 1)
RESULT(ADD_x, N + EXTENDED)
RESULT(SUB_x, N - EXTENDED)
ADD_FLAGS(ADDS_x, EXTENDED, 0)
ADD_FLAGS(SUBS_x, ~EXTENDED, 1)
RESULT(ADC, N + M + CARRY)
RESULT(SBC, N + ~M + CARRY)
ADD_FLAGS(ADCS, M, CARRY)
ADD_FLAGS(SBCS, ~M, CARRY)

RESULT(AND_i, N & op->imm)
RESULT(ORR_i, N | op->imm)
RESULT(EOR_i, N ^ op->imm)
LOGIC_FLAGS(ANDS_i, N & op->imm)
RESULT(AND, N & SHIFTED)
RESULT(BIC, N & ~SHIFTED)
RESULT(ORR, N | SHIFTED)
RESULT(ORN, N | ~SHIFTED)
RESULT(EOR, N ^ SHIFTED)
RESULT(EON, N ^ ~SHIFTED)
LOGIC_FLAGS(ANDS, N & SHIFTED)
LOGIC_FLAGS(BICS, N & ~SHIFTED)

RESULT(MOVZ, op->imm)
RESULT(MOVN, ~op->imm)
RESULT(MOVK, (D & ~((uint64_t)0xffff << op->kind)) | op->imm)

/* A bit field moves down to 0 if imms >= immr, else up. Returns it in place; *mask: its bits. */
static inline uint64_t field_moved(uint64_t v, const struct a64_op *op, uint64_t *mask)
{
	unsigned r = op->kind, s = op->aux, bits = op->sf ? 64 : 32;
	uint64_t ones;

	if (s >= r) {
		ones = UINT64_MAX >> (63 - (s - r));
		*mask = ones;
		return v >> r & ones;
	}
	ones = UINT64_MAX >> (63 - s);
	*mask = ones << (bits - r);
	return (v & ones) << (bits - r);
}

EXEC(UBFM)
{
	uint64_t mask;

	D = field_moved(N & op->mask, op, &mask) & op->mask;
	return 0;
}

EXEC(SBFM)
{
	uint64_t mask, r = field_moved(N & op->mask, op, &mask), top = mask ^ mask >> 1;

	/* The field's own top bit, wherever it went, fills what is above. */
	top &= ~(mask >> 1);
	if (r & top)
		r |= ~((top << 1) - 1);
	D = r & op->mask;
	return 0;
}

EXEC(BFM)
{
	uint64_t mask, r = field_moved(N & op->mask, op, &mask);

	D = ((D & ~mask) | r) & op->mask;
	return 0;
}

EXEC(EXTR)
{
	unsigned by = op->aux;
	uint64_t lo = M & op->mask, hi = N & op->mask;

	D = (by == 0 ? lo : lo >> by | hi << ((op->sf ? 64 : 32) - by)) & op->mask;
	return 0;
}

/* Conditional select and compare. */
#define SELECT(name, other) RESULT(name, a64_cond(c->nzcv, op->kind) ? N : (other))
SELECT(CSEL, M)
SELECT(CSINC, M + 1)
SELECT(CSINV, ~M)
SELECT(CSNEG, -M)

#define COMPARE(name, b, carry)                                                                                               \
	EXEC(name)                                                                                                                 \
	{                                                                                                                          \
		if (a64_cond(c->nzcv, op->kind))                                                                                   \
			a64_add_flags(c, N, b, carry, op->mask);                                                                   \
		else                                                                                                               \
			c->nzcv = op->aux;                                                                                         \
		return 0;                                                                                                          \
	}
COMPARE(CCMN, M, 0)
COMPARE(CCMP, ~M, 1)
COMPARE(CCMN_i, op->imm, 0)
COMPARE(CCMP_i, ~op->imm, 1)

EXEC(RMIF)
{
	uint32_t flags = (uint32_t)a64_ror(N, (unsigned)op->imm, 64) & 0xf;

	c->nzcv = (c->nzcv & ~(uint32_t)op->aux) | (flags & op->aux);
	return 0;
}

/* SETF8, SETF16: aux is 8 or 16. C stays. */
EXEC(SETF8)
{
	uint64_t v = N, top = (uint64_t)1 << (op->aux - 1);
	bool n = v & top, over = v & top << 1;

	c->nzcv = (c->nzcv & A64_C) | (n ? A64_N : 0) | ((v & (top * 2 - 1)) == 0 ? A64_Z : 0) | (n != over ? A64_V : 0);
	return 0;
}

/* Shifts by a register, modulo the width. */
#define BY (M & (op->sf ? 63 : 31))
RESULT(LSLV, N << BY)
RESULT(LSRV, (N & op->mask) >> BY)
RESULT(ASRV, op->sf ? (uint64_t)((int64_t)N >> BY) : (uint64_t)(int64_t)((int32_t)N >> BY))
RESULT(RORV, a64_ror(N, (unsigned)BY, op->sf ? 64 : 32))

EXEC(UDIV)
{
	uint64_t b = M & op->mask;

	D = b == 0 ? 0 : (N & op->mask) / b;
	return 0;
}

EXEC(SDIV)
{
	int64_t a = op->sf ? (int64_t)N : (int32_t)N, b = op->sf ? (int64_t)M : (int32_t)M;
	uint64_t r;

	if (b == 0)
		r = 0;
	else if (b == -1) /* the smallest number stays what it is */
		r = -(uint64_t)a;
	else
		r = (uint64_t)(a / b);
	D = r & op->mask;
	return 0;
}

RESULT(MADD, c->x[op->a] + N * M)
RESULT(MSUB, c->x[op->a] - N * M)
#define SMULL ((uint64_t)((int64_t)(int32_t)N * (int32_t)M))
#define UMULL ((uint64_t)(uint32_t)N * (uint32_t)M)
RESULT(SMADDL, c->x[op->a] + SMULL)
RESULT(SMSUBL, c->x[op->a] - SMULL)
RESULT(UMADDL, c->x[op->a] + UMULL)
RESULT(UMSUBL, c->x[op->a] - UMULL)
__extension__ typedef __int128 int128;
__extension__ typedef unsigned __int128 uint128;
RESULT(SMULH, (uint64_t)((uint128)((int128)(int64_t)N * (int64_t)M) >> 64))
RESULT(UMULH, (uint64_t)((uint128)N * M >> 64))

/* CRC-32 of 1 << size bytes, bit by bit reflected; polynomials of the Arm ARM. */
static uint64_t crc(uint32_t acc, uint64_t v, unsigned size, uint32_t reflected)
{
	for (unsigned i = 0; i < 1u << size; i++) {
		acc ^= (uint8_t)(v >> 8 * i);
		for (int bit = 0; bit < 8; bit++)
			acc = acc >> 1 ^ (acc & 1 ? reflected : 0);
	}
	return acc;
}
RESULT(CRC32, crc((uint32_t)N, M, op->size, 0xedb88320))
RESULT(CRC32C, crc((uint32_t)N, M, op->size, 0x82f63b78))

EXEC(RBIT)
{
	uint64_t v = __builtin_bswap64(N);

	v = (v >> 4 & 0x0f0f0f0f0f0f0f0f) | (v & 0x0f0f0f0f0f0f0f0f) << 4;
	v = (v >> 2 & 0x3333333333333333) | (v & 0x3333333333333333) << 2;
	v = (v >> 1 & 0x5555555555555555) | (v & 0x5555555555555555) << 1;
	D = op->sf ? v : v >> 32;
	return 0;
}

RESULT(REV16, (N >> 8 & 0x00ff00ff00ff00ff) | (N & 0x00ff00ff00ff00ff) << 8)
RESULT(REV32, op->sf ? a64_ror(__builtin_bswap64(N), 32, 64) : __builtin_bswap32((uint32_t)N))
RESULT(REV, __builtin_bswap64(N))

static inline uint64_t leading_zeros(uint64_t v, unsigned bits)
{
	return v == 0 ? bits : (uint64_t)__builtin_clzll(v) - (64 - bits);
}
RESULT(CLZ, leading_zeros(N & op->mask, op->sf ? 64 : 32))
RESULT(CLS, leading_zeros((N ^ N << 1) & op->mask & ~(uint64_t)1, op->sf ? 64 : 32) - ((N ^ N << 1) & op->mask & ~(uint64_t)1 ? 0 : 1))

/* Pointer authentication on registers. */
RESULT(XPAC, a64_xpac(c, D, (op->kind & 2) != 0))

EXEC(PACGA)
{
	if (a64_pauth_check(c, 4) != 0)
		return 1;
	D = a64_pacga(c, N, M);
	return 0;
}

EXEC(PAC)
{
	if (a64_pauth_check(c, op->kind) != 0)
		return 1;
	D = a64_pac(c, D, N, op->kind);
	return 0;
}

EXEC(AUT)
{
	if (a64_pauth_check(c, op->kind) != 0)
		return 1;
	D = a64_aut(c, D, N, op->kind);
	return 0;
}

/* Branches: pc is set, 1 returned. */
static inline int go(struct a64 *c, uint64_t to)
{
	c->pc = to;
	c->counts.branches_taken++;
	return 1;
}

/* By a register: how it came is kept in BTYPE, for BTI (Arm ARM, D8.4.6). */
static inline int go_register(struct a64 *c, const struct a64_op *op, uint64_t to, bool call)
{
	if (A64_HAS(c->feats, A64_FEAT_BTI))
		c->ps.btype = call ? 2 : op->n == 16 || op->n == 17 || !c->page->guarded ? 1 : 3;
	return go(c, to);
}

EXEC(B)
{
	return go(c, c->pc + op->imm);
}

EXEC(BL)
{
	c->x[30] = c->pc + 4;
	return go(c, c->pc + op->imm);
}

EXEC(B_cond)
{
	return a64_cond(c->nzcv, op->kind) ? go(c, c->pc + op->imm) : 0;
}

#define BRANCH_IF(name, cond)                                                                                                 \
	EXEC(name)                                                                                                                 \
	{                                                                                                                          \
		return (cond) ? go(c, c->pc + op->imm) : 0;                                                                        \
	}
BRANCH_IF(CBZ, (c->x[op->t] & op->mask) == 0)
BRANCH_IF(CBNZ, (c->x[op->t] & op->mask) != 0)
BRANCH_IF(TBZ, (c->x[op->t] >> op->aux & 1) == 0)
BRANCH_IF(TBNZ, (c->x[op->t] >> op->aux & 1) != 0)

EXEC(BR)
{
	return go_register(c, op, N, false);
}

EXEC(BLR)
{
	uint64_t to = N;

	c->x[30] = c->pc + 4;
	return go_register(c, op, to, true);
}

EXEC(RET)
{
	return go(c, N);
}

EXEC(BRA)
{
	return a64_pauth_check(c, op->kind) != 0 ? 1 : go_register(c, op, a64_aut(c, N, M, op->kind), false);
}

EXEC(BLRA)
{
	uint64_t to;

	if (a64_pauth_check(c, op->kind) != 0)
		return 1;
	to = a64_aut(c, N, M, op->kind);
	c->x[30] = c->pc + 4;
	return go_register(c, op, to, true);
}

EXEC(RETA)
{
	return a64_pauth_check(c, op->kind) != 0 ? 1 : go(c, a64_aut(c, c->x[30], c->x[A64_SP], op->kind));
}
