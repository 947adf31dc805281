// SPDX-License-Identifier: Apache-2.0
/* Loads, stores, atomics, exclusives: a function per row of decode.def (Arm ARM, C6.2). One core runs at a time, so an
 * atomic is a load and a store, and the exclusive monitor compares values. */
#include "models/cpu/a64/a64_impl.h"

#define EXEC(name) int x_##name(struct a64 *c, const struct a64_op *op)
#define TRY(access)                                                                                                           \
	do {                                                                                                                       \
		if ((access) != 0)                                                                                                 \
			return 1;                                                                                                  \
	} while (0)

/* ISS of a data abort: DFSC of alignment, WnR. */
enum { ALIGNMENT = 0x21, WNR = 0x40 };

static inline uint64_t base(const struct a64 *c, const struct a64_op *op)
{
	return c->x[op->n];
}

static inline int load_to(struct a64 *c, const struct a64_op *op, uint64_t va)
{
	uint64_t v;

	TRY(a64_load(c, va, op->size, a64_priv(c), &v));
	c->x[op->d] = v;
	return 0;
}

/* Sign of 8 << size bits, to the width of mask. */
static inline int load_signed(struct a64 *c, const struct a64_op *op, uint64_t va, bool priv)
{
	uint64_t v;

	TRY(a64_load(c, va, op->size, priv, &v));
	c->x[op->d] = a64_sext(v, 8u << op->size) & op->mask;
	return 0;
}

static inline int store_from(struct a64 *c, const struct a64_op *op, uint64_t va)
{
	return a64_store(c, va, op->size, a64_priv(c), c->x[op->t]);
}

/* Register offset: kind is option (UXTW, LSL, SXTW, SXTX), aux the shift. */
static inline uint64_t by_register(const struct a64 *c, const struct a64_op *op)
{
	uint64_t m = c->x[op->m];

	if (op->kind == 2)
		m = (uint32_t)m;
	else if (op->kind == 6)
		m = a64_sext(m, 32);
	return base(c, op) + (m << op->aux);
}

EXEC(LDR) { return load_to(c, op, base(c, op) + op->imm); }
EXEC(LDRS) { return load_signed(c, op, base(c, op) + op->imm, a64_priv(c)); }
EXEC(STR) { return store_from(c, op, base(c, op) + op->imm); }
EXEC(LDR_r) { return load_to(c, op, by_register(c, op)); }
EXEC(LDRS_r) { return load_signed(c, op, by_register(c, op), a64_priv(c)); }
EXEC(STR_r) { return store_from(c, op, by_register(c, op)); }
EXEC(LDR_lit) { return load_to(c, op, c->pc + op->imm); }
EXEC(LDRSW_lit) { return load_signed(c, op, c->pc + op->imm, a64_priv(c)); }

/* Ordered and atomic accesses must be aligned, or with FEAT_LSE2 inside of 16 aligned bytes (Arm ARM, B2.2). */
static inline int aligned(struct a64 *c, uint64_t va, unsigned bytes, bool write)
{
	if (!(va & (bytes - 1)) || (A64_HAS(c->feats, A64_FEAT_LSE2) && (va & 15) + bytes <= 16))
		return 0;
	return a64_exception(c, A64_EC_DABT, ALIGNMENT | (write ? WNR : 0), va);
}

EXEC(LDA)
{
	TRY(aligned(c, base(c, op) + op->imm, 1u << op->size, false));
	return x_LDR(c, op);
}

EXEC(LDAS)
{
	TRY(aligned(c, base(c, op) + op->imm, 1u << op->size, false));
	return x_LDRS(c, op);
}

EXEC(STL)
{
	TRY(aligned(c, base(c, op) + op->imm, 1u << op->size, true));
	return x_STR(c, op);
}

/* With write-back: kind 0 after the access at the base, 1 before. A faulting access leaves the base. */
#define WRITE_BACK(name, access)                                                                                              \
	EXEC(name)                                                                                                                 \
	{                                                                                                                          \
		uint64_t after = base(c, op) + op->imm, va = op->kind ? after : base(c, op);                                       \
                                                                                                                                   \
		TRY(access);                                                                                                       \
		c->x[op->n] = after;                                                                                               \
		return 0;                                                                                                          \
	}
WRITE_BACK(LDR_wb, load_to(c, op, va))
WRITE_BACK(LDRS_wb, load_signed(c, op, va, a64_priv(c)))
WRITE_BACK(STR_wb, store_from(c, op, va))

/* Unprivileged, but with PSTATE.UAO; at EL2 with HCR_EL2.{E2H,TGE} = {1,1} as EL0, else as EL2. */
static inline bool unpriv(const struct a64 *c)
{
	return c->ps.uao || (c->ps.el == 2 && !a64_el0_of_host(c));
}

EXEC(LDTR)
{
	uint64_t v;

	TRY(a64_load(c, base(c, op) + op->imm, op->size, unpriv(c), &v));
	c->x[op->d] = v;
	return 0;
}

EXEC(LDTRS) { return load_signed(c, op, base(c, op) + op->imm, unpriv(c)); }
EXEC(STTR) { return a64_store(c, base(c, op) + op->imm, op->size, unpriv(c), c->x[op->t]); }

/* Pairs: neither register is written if either access faults. */
static inline int load_pair(struct a64 *c, const struct a64_op *op, uint64_t va)
{
	uint64_t v1, v2;

	TRY(a64_load(c, va, op->size, a64_priv(c), &v1));
	TRY(a64_load(c, va + (1u << op->size), op->size, a64_priv(c), &v2));
	c->x[op->d] = v1;
	c->x[op->e] = v2;
	return 0;
}

static inline int load_pair_signed(struct a64 *c, const struct a64_op *op, uint64_t va)
{
	uint64_t v1, v2;

	TRY(a64_load(c, va, 2, a64_priv(c), &v1));
	TRY(a64_load(c, va + 4, 2, a64_priv(c), &v2));
	c->x[op->d] = a64_sext(v1, 32);
	c->x[op->e] = a64_sext(v2, 32);
	return 0;
}

static inline int store_pair(struct a64 *c, const struct a64_op *op, uint64_t va)
{
	TRY(a64_store(c, va, op->size, a64_priv(c), c->x[op->t]));
	return a64_store(c, va + (1u << op->size), op->size, a64_priv(c), c->x[op->u]);
}

EXEC(LDP) { return load_pair(c, op, base(c, op) + op->imm); }
EXEC(STP) { return store_pair(c, op, base(c, op) + op->imm); }
EXEC(LDPSW) { return load_pair_signed(c, op, base(c, op) + op->imm); }
WRITE_BACK(LDP_wb, load_pair(c, op, va))
WRITE_BACK(STP_wb, store_pair(c, op, va))
WRITE_BACK(LDPSW_wb, load_pair_signed(c, op, va))

/* Load with an authenticated base; the written-back base is the authenticated one. */
EXEC(LDRA)
{
	uint64_t va, v;

	TRY(a64_pauth_check(c, 2u + op->kind));
	va = a64_aut(c, base(c, op), 0, 2u + op->kind) + op->imm;
	TRY(a64_load(c, va, 3, a64_priv(c), &v));
	if (op->aux)
		c->x[op->n] = va;
	c->x[op->d] = v;
	return 0;
}

/* Compare and swap, swap, and LD<op>: *old is what was there. */
static inline int swap(struct a64 *c, uint64_t va, const struct a64_op *op, uint64_t old, uint64_t new)
{
	TRY(a64_store(c, va, op->size, a64_priv(c), new));
	c->x[op->d] = old;
	return 0;
}

EXEC(CAS)
{
	uint64_t va = base(c, op), old, mask = op->size == 3 ? UINT64_MAX : ((uint64_t)1 << (8u << op->size)) - 1;
	uint64_t want = op->s == 31 ? 0 : c->x[op->s];

	TRY(aligned(c, va, 1u << op->size, true));
	TRY(a64_load(c, va, op->size, a64_priv(c), &old));
	if (((old ^ want) & mask) == 0)
		TRY(a64_store(c, va, op->size, a64_priv(c), c->x[op->t]));
	if (op->s != 31)
		c->x[op->s] = old;
	return 0;
}

EXEC(CASP)
{
	uint64_t va = base(c, op), mask = op->size == 3 ? UINT64_MAX : UINT32_MAX, old[2];
	unsigned s = op->s, t = op->word & 31, step = 1u << op->size;
	uint64_t high_want = s + 1 == 31 ? 0 : c->x[s + 1], high_new = t + 1 == 31 ? 0 : c->x[t + 1];

	TRY(aligned(c, va, 2 * step, true));
	TRY(a64_load(c, va, op->size, a64_priv(c), &old[0]));
	TRY(a64_load(c, va + step, op->size, a64_priv(c), &old[1]));
	if (((old[0] ^ c->x[s]) & mask) == 0 && ((old[1] ^ high_want) & mask) == 0) {
		TRY(a64_store(c, va, op->size, a64_priv(c), c->x[t]));
		TRY(a64_store(c, va + step, op->size, a64_priv(c), high_new));
	}
	c->x[s] = old[0];
	if (s + 1 != 31)
		c->x[s + 1] = old[1];
	return 0;
}

#define ATOMIC(name, new)                                                                                                     \
	EXEC(name)                                                                                                                 \
	{                                                                                                                          \
		uint64_t va = base(c, op), old, b = c->x[op->m];                                                                   \
                                                                                                                                   \
		TRY(aligned(c, va, 1u << op->size, true));                                                                         \
		TRY(a64_load(c, va, op->size, a64_priv(c), &old));                                                                 \
		return swap(c, va, op, old, new);                                                                                  \
	}
#define BITS      (8u << op->size)
#define SIGNED(v) ((int64_t)a64_sext(v, BITS))
#define WIDTH(v)  ((v) << (64 - BITS) >> (64 - BITS))
ATOMIC(SWP, b)
ATOMIC(LDADD, old + b)
ATOMIC(LDCLR, old & ~b)
ATOMIC(LDEOR, old ^ b)
ATOMIC(LDSET, old | b)
ATOMIC(LDSMAX, SIGNED(old) > SIGNED(b) ? old : b)
ATOMIC(LDSMIN, SIGNED(old) < SIGNED(b) ? old : b)
ATOMIC(LDUMAX, old > WIDTH(b) ? old : b)
ATOMIC(LDUMIN, old < WIDTH(b) ? old : b)

/*
 * Exclusives. The monitor remembers address, size and value; a store succeeds if it is set for that address and size
 * and memory still holds the value, so a write by another core in between is seen (but for one that put the same value
 * back, which compare-and-swap users must live with, too).
 */
static int exclusive_load(struct a64 *c, const struct a64_op *op, unsigned n, uint64_t v[2])
{
	uint64_t va = base(c, op), pa;
	unsigned bytes = 1u << op->size;

	v[1] = 0;
	TRY(aligned(c, va, n * bytes, false));
	TRY(a64_load(c, va, op->size, a64_priv(c), &v[0]));
	if (n == 2)
		TRY(a64_load(c, va + bytes, op->size, a64_priv(c), &v[1]));
	if (!a64_translate(c, va, A64_READ, a64_priv(c), &pa))
		return 1;
	c->excl.valid = true;
	c->excl.pa = pa;
	c->excl.size = n * bytes;
	c->excl.value[0] = v[0];
	c->excl.value[1] = v[1];
	return 0;
}

static int exclusive_store(struct a64 *c, const struct a64_op *op, unsigned n)
{
	uint64_t va = base(c, op), pa, v[2] = {0, 0};
	unsigned bytes = 1u << op->size;
	bool ok;

	TRY(aligned(c, va, n * bytes, true));
	if (!a64_translate(c, va, A64_WRITE, a64_priv(c), &pa))
		return 1;
	ok = c->excl.valid && c->excl.pa == pa && c->excl.size == n * bytes;
	if (ok) {
		TRY(a64_load(c, va, op->size, a64_priv(c), &v[0]));
		if (n == 2)
			TRY(a64_load(c, va + bytes, op->size, a64_priv(c), &v[1]));
		ok = v[0] == c->excl.value[0] && v[1] == c->excl.value[1];
	}
	if (ok) {
		TRY(a64_store(c, va, op->size, a64_priv(c), c->x[op->t]));
		if (n == 2)
			TRY(a64_store(c, va + bytes, op->size, a64_priv(c), c->x[op->u]));
	}
	c->excl.valid = false;
	if (op->s != 31)
		c->x[op->s] = !ok;
	return 0;
}

EXEC(LDXR)
{
	uint64_t v[2] = {0, 0};

	TRY(exclusive_load(c, op, 1, v));
	c->x[op->d] = v[0];
	return 0;
}

EXEC(LDXP)
{
	uint64_t v[2] = {0, 0};

	TRY(exclusive_load(c, op, 2, v));
	c->x[op->d] = v[0];
	c->x[op->e] = v[1];
	return 0;
}

EXEC(STXR) { return exclusive_store(c, op, 1); }
EXEC(STXP) { return exclusive_store(c, op, 2); }

EXEC(CLREX)
{
	(void)op;
	c->excl.valid = false;
	return 0;
}

bool a64_has_syndrome(const struct a64_op *op)
{
	static a64_exec *const with[] = {x_LDR, x_STR, x_LDRS, x_LDA, x_STL, x_LDAS, x_LDR_r, x_STR_r, x_LDRS_r, x_LDTR, x_STTR, x_LDTRS};
	a64_exec *exec = op->then != NULL ? op->then : op->exec;

	for (unsigned i = 0; i < sizeof(with) / sizeof(with[0]); i++)
		if (with[i] == exec)
			return true;
	return false;
}
