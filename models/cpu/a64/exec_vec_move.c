// SPDX-License-Identifier: Apache-2.0
/* SIMD and floating-point registers: loads, stores, structures, copies, permutations (Arm ARM, C7.2). */
#include "models/cpu/a64/vec.h"

#define TRY(access)                                                                                                           \
	do {                                                                                                                       \
		if ((access) != 0)                                                                                                 \
			return 1;                                                                                                  \
	} while (0)

/*
 * May the instruction use these registers (CheckFPAdvSIMDEnabled64; CPACR_EL1 and CPTR_EL2, Arm ARM D24.2.34)? If not the
 * exception is taken and 1 returned.
 */
int a64_fp_check(struct a64 *c)
{
	uint64_t hcr = c->reg[A64_R_HCR_EL2], cptr = c->reg[A64_R_CPTR_EL2];
	unsigned cpacr = c->reg[A64_R_CPACR_EL1] >> 20 & 3;
	enum { ISS = 0x1e00000 }; /* COND always, CV */
	bool off;

	if (c->ps.el < 2 && !a64_el0_of_host(c) && cpacr != 3 && !(cpacr == 1 && c->ps.el == 1)) {
		if (hcr & HCR_TGE)
			return a64_to_el2(c, A64_EC_UNKNOWN, 0, 0);
		return a64_exception(c, A64_EC_FP, ISS, 0);
	}
	if (hcr & HCR_E2H) {
		unsigned fpen = cptr >> 20 & 3;

		off = !(fpen & 1) || (fpen == 1 && c->ps.el == 0 && (hcr & HCR_TGE));
	} else {
		off = cptr >> 10 & 1; /* TFP */
	}
	return off ? a64_to_el2(c, A64_EC_FP, ISS, 0) : 0;
}

/* Every row with such a register begins here. */
int x_vector(struct a64 *c, const struct a64_op *op)
{
	TRY(a64_fp_check(c));
	if (op->n == A64_SP)
		return a64_sp_aligned(c, op);
	return op->then(c, op);
}

/* 1 << size bytes, to 16. */
static int load(struct a64 *c, uint64_t va, unsigned size, uint64_t v[2])
{
	const struct a64_tlb_entry *t = &c->tlb_of[a64_priv(c)][va >> A64_PAGE_BITS & (A64_TLB_SIZE - 1)];

	v[1] = 0;
	if (size < 4)
		return a64_load(c, va, size, a64_priv(c), &v[0]);
	if (t->read != (va & ~(uint64_t)(A64_PAGE - 16)))
		return a64_load_slow(c, va, 16, a64_priv(c), v);
	memcpy(v, (const uint8_t *)(t->host + va), 16);
	return 0;
}

static int store(struct a64 *c, uint64_t va, unsigned size, const uint64_t v[2])
{
	const struct a64_tlb_entry *t = &c->tlb_of[a64_priv(c)][va >> A64_PAGE_BITS & (A64_TLB_SIZE - 1)];

	if (size < 4)
		return a64_store(c, va, size, a64_priv(c), v[0]);
	if (t->write != (va & ~(uint64_t)(A64_PAGE - 16)))
		return a64_store_slow(c, va, 16, a64_priv(c), v);
	memcpy((uint8_t *)(t->host + va), v, 16);
	return 0;
}

static inline int load_to(struct a64 *c, const struct a64_op *op, uint64_t va)
{
	uint64_t v[2] = {0, 0};

	TRY(load(c, va, op->size, v));
	return vec_put(c, op, v);
}

/* Register offset: kind is option, aux the shift. */
static inline uint64_t by_register(const struct a64 *c, const struct a64_op *op)
{
	uint64_t m = c->x[op->m];

	return c->x[op->n] + ((op->kind == 2 ? (uint32_t)m : op->kind == 6 ? a64_sext(m, 32) : m) << op->aux);
}

EXEC(LDR_v) { return load_to(c, op, c->x[op->n] + op->imm); }
EXEC(LDR_v_r) { return load_to(c, op, by_register(c, op)); }
EXEC(LDR_v_lit) { return load_to(c, op, c->pc + op->imm); }
EXEC(STR_v) { return store(c, c->x[op->n] + op->imm, op->size, c->v[op->t]); }
EXEC(STR_v_r) { return store(c, by_register(c, op), op->size, c->v[op->t]); }

static inline int load_pair(struct a64 *c, const struct a64_op *op, uint64_t va)
{
	uint64_t v1[2] = {0, 0}, v2[2] = {0, 0};

	TRY(load(c, va, op->size, v1));
	TRY(load(c, va + (1u << op->size), op->size, v2));
	memcpy(c->v[op->d], v1, 16);
	memcpy(c->v[op->e], v2, 16);
	return 0;
}

static inline int store_pair(struct a64 *c, const struct a64_op *op, uint64_t va)
{
	TRY(store(c, va, op->size, c->v[op->t]));
	return store(c, va + (1u << op->size), op->size, c->v[op->u]);
}

EXEC(LDP_v) { return load_pair(c, op, c->x[op->n] + op->imm); }
EXEC(STP_v) { return store_pair(c, op, c->x[op->n] + op->imm); }

/* With write-back: kind 0 after the access at the base, 1 before. */
#define WRITE_BACK(name, access)                                                                                              \
	EXEC(name)                                                                                                                 \
	{                                                                                                                          \
		uint64_t after = c->x[op->n] + op->imm, va = op->kind ? after : c->x[op->n];                                       \
                                                                                                                                   \
		TRY(access);                                                                                                       \
		c->x[op->n] = after;                                                                                               \
		return 0;                                                                                                          \
	}
WRITE_BACK(LDR_v_wb, load_to(c, op, va))
WRITE_BACK(STR_v_wb, store(c, va, op->size, c->v[op->t]))
WRITE_BACK(LDP_v_wb, load_pair(c, op, va))
WRITE_BACK(STP_v_wb, store_pair(c, op, va))

/*
 * Structures: kind registers of each structure, op->e elements in each. u: the base moves on by imm, or by a register.
 * Registers are written when all loads were done.
 */
static int moved_on(struct a64 *c, const struct a64_op *op)
{
	if (op->u)
		c->x[op->n] += op->m == A64_ZR ? op->imm : c->x[op->m];
	return 0;
}

/* aux: how often it repeats (LD1 of several registers). */
static int structures(struct a64 *c, const struct a64_op *op, bool write)
{
	unsigned regs = op->kind * op->aux;
	uint64_t v[4][2] = {{0}}, va = c->x[op->n];

	for (unsigned r = 0; r < op->aux; r++)
		for (unsigned i = 0; i < op->e; i++)
			for (unsigned s = 0; s < op->kind; s++, va += 1u << op->size) {
				unsigned reg = r + s;
				uint64_t e = write ? vec_get(c->v[(op->d + reg) % 32], op->size, i) : 0;

				if (write)
					TRY(a64_store(c, va, op->size, a64_priv(c), e));
				else
					TRY(a64_load(c, va, op->size, a64_priv(c), &e));
				vec_set(v[reg], op->size, i, e);
			}
	for (unsigned r = 0; !write && r < regs; r++)
		memcpy(c->v[(op->d + r) % 32], v[r], 16);
	return moved_on(c, op);
}
EXEC(LDn_multi) { return structures(c, op, false); }
EXEC(STn_multi) { return structures(c, op, true); }

/* One element, t, of each register; aux: all elements get it. */
EXEC(LDn_one)
{
	uint64_t v[4], va = c->x[op->n];

	for (unsigned s = 0; s < op->kind; s++)
		TRY(a64_load(c, va + (s << op->size), op->size, a64_priv(c), &v[s]));
	for (unsigned s = 0; s < op->kind; s++) {
		uint64_t *r = c->v[(op->d + s) % 32];

		if (op->aux)
			r[0] = r[1] = 0;
		for (unsigned i = 0; i < (op->aux ? op->e : 1u); i++)
			vec_set(r, op->size, op->aux ? i : op->t, v[s]);
	}
	return moved_on(c, op);
}

EXEC(STn_one)
{
	for (unsigned s = 0; s < op->kind; s++)
		TRY(a64_store(c, c->x[op->n] + (s << op->size), op->size, a64_priv(c), vec_get(c->v[(op->d + s) % 32], op->size, op->t)));
	return moved_on(c, op);
}

/* Copies: t is the source's element, a the destination's. */
static int fill(struct a64 *c, const struct a64_op *op, uint64_t e)
{
	uint64_t r[2] = {0, 0};

	for (unsigned i = 0; i < op->e; i++)
		vec_set(r, op->size, i, e);
	return vec_put(c, op, r);
}
EXEC(DUP_e) { return fill(c, op, vec_get(c->v[op->n], op->size, op->t)); }
EXEC(DUP_g) { return fill(c, op, c->x[op->n]); }

EXEC(INS_g)
{
	vec_set(c->v[op->d], op->size, op->t, c->x[op->n]);
	return 0;
}

EXEC(INS_e)
{
	vec_set(c->v[op->d], op->size, op->t, vec_get(c->v[op->n], op->size, op->a));
	return 0;
}

EXEC(UMOV)
{
	c->x[op->d] = vec_get(c->v[op->n], op->size, op->t);
	return 0;
}

EXEC(SMOV)
{
	c->x[op->d] = a64_sext(vec_get(c->v[op->n], op->size, op->t), 8u << op->size) & op->mask;
	return 0;
}

/* Permutations; kind: the second of two (UZP2 and its like). */
#define PERMUTE(name, from_m, at)                                                                                             \
	EXEC(name)                                                                                                                 \
	{                                                                                                                          \
		uint64_t r[2] = {0, 0};                                                                                            \
		unsigned half = op->e / 2u, k = op->kind;                                                                          \
                                                                                                                                   \
		for (unsigned i = 0; i < op->e; i++)                                                                               \
			vec_set(r, op->size, i, vec_get(c->v[(from_m) ? op->m : op->n], op->size, at));                            \
		(void)half;                                                                                                        \
		return vec_put(c, op, r);                                                                                          \
	}
PERMUTE(UZP, i >= half, 2 * (i >= half ? i - half : i) + k)
PERMUTE(TRN, i & 1, (i & ~1u) + k)
PERMUTE(ZIP, i & 1, i / 2 + k * half)

/* Bytes from imm on of the second source after the first. */
EXEC(EXT)
{
	uint64_t r[2] = {0, 0};
	unsigned bytes = 8u << op->sf;

	for (unsigned i = 0; i < bytes; i++) {
		unsigned at = i + (unsigned)op->imm;

		vec_set(r, 0, i, vec_get(c->v[at < bytes ? op->n : op->m], 0, at % bytes));
	}
	return vec_put(c, op, r);
}

static int look_up(struct a64 *c, const struct a64_op *op, const uint64_t outside[2])
{
	uint64_t r[2] = {0, 0};

	for (unsigned i = 0; i < 8u << op->sf; i++) {
		unsigned at = (unsigned)vec_get(c->v[op->m], 0, i);

		vec_set(r, 0, i, at / 16 < op->kind ? vec_get(c->v[(op->n + at / 16) % 32], 0, at % 16) : vec_get(outside, 0, i));
	}
	return vec_put(c, op, r);
}
EXEC(TBL) { return look_up(c, op, (const uint64_t[2]){0, 0}); }
EXEC(TBX) { return look_up(c, op, c->v[op->d]); }

/* MOVI, MVNI, FMOV (kind 0), ORR (1), BIC (2) of an immediate. */
EXEC(MOVI)
{
	uint64_t r[2] = {0, 0};

	for (unsigned i = 0; i <= op->sf; i++)
		r[i] = op->kind == 0 ? op->imm : op->kind == 1 ? c->v[op->d][i] | op->imm : c->v[op->d][i] & ~op->imm;
	return vec_put(c, op, r);
}
