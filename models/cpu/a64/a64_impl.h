/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the core share. */
#ifndef EL2SIM_CPU_A64_IMPL_H
#define EL2SIM_CPU_A64_IMPL_H

#include <string.h>

#include "models/cpu/a64/a64.h"

#define A64_DECODE_HANDLERS
#include <a64_decode.inc> /* x_<handler> */
#undef A64_DECODE_HANDLERS

enum a64_shift { A64_LSL, A64_LSR, A64_ASR, A64_ROR };

/* Exception classes of ESR_ELx that the core raises (Arm ARM, D24.2.40). */
enum a64_ec {
	A64_EC_UNKNOWN = 0x00,
	A64_EC_WFX = 0x01,
	A64_EC_FP = 0x07,
	A64_EC_PAUTH = 0x09,
	A64_EC_PAC = 0x09,
	A64_EC_BTI = 0x0d,
	A64_EC_ILLEGAL = 0x0e,
	A64_EC_SVC = 0x15,
	A64_EC_HVC = 0x16,
	A64_EC_SMC = 0x17,
	A64_EC_SYSREG = 0x18,
	A64_EC_ERET = 0x1a,
	A64_EC_IABT = 0x20, /* from a lower EL; + 1: from the same */
	A64_EC_PC = 0x22,
	A64_EC_DABT = 0x24,
	A64_EC_SP = 0x26,
	A64_EC_BRK = 0x3c,
};

/* HCR_EL2 (Arm ARM, D24.2.53) */
#define HCR_VM    ((uint64_t)1 << 0)
#define HCR_FMO   ((uint64_t)1 << 3)
#define HCR_IMO   ((uint64_t)1 << 4)
#define HCR_DC    ((uint64_t)1 << 12)
#define HCR_TWI   ((uint64_t)1 << 13)
#define HCR_TWE   ((uint64_t)1 << 14)
#define HCR_TSC   ((uint64_t)1 << 19)
#define HCR_TIDCP ((uint64_t)1 << 20)
#define HCR_TSW   ((uint64_t)1 << 22)
#define HCR_TTLB  ((uint64_t)1 << 25)
#define HCR_TGE   ((uint64_t)1 << 27)
#define HCR_E2H   ((uint64_t)1 << 34)

/* Is EL0 the host's, below EL2 (E2H and TGE)? */
static inline bool a64_el0_of_host(const struct a64 *c)
{
	return (c->reg[A64_R_HCR_EL2] & (HCR_E2H | HCR_TGE)) == (HCR_E2H | HCR_TGE);
}

/* Is the regime of the current EL that of EL2 (EL2, or EL2&0), not EL1&0? */
static inline bool a64_regime_el2(const struct a64 *c)
{
	return c->ps.el == 2 || (c->ps.el == 0 && a64_el0_of_host(c));
}

/* A register's value of n's width, and the shifts of that width. */
static inline uint64_t a64_ror(uint64_t v, unsigned by, unsigned bits)
{
	uint64_t mask = bits == 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;

	v &= mask;
	by %= bits;
	return by == 0 ? v : (v >> by | v << (bits - by)) & mask;
}

static inline uint64_t a64_sext(uint64_t v, unsigned bits)
{
	return (uint64_t)((int64_t)(v << (64 - bits)) >> (64 - bits));
}

/* Sets N and Z of a result of the op's width. */
static inline uint32_t a64_nz(uint64_t r, uint64_t mask)
{
	uint64_t top = mask ^ mask >> 1;

	return (uint32_t)((r & top) != 0) << 3 | (uint32_t)((r & mask) == 0) << 2;
}

/* a + b + carry of a width, with all flags. */
static inline uint64_t a64_add_flags(struct a64 *c, uint64_t a, uint64_t b, unsigned carry, uint64_t mask)
{
	uint64_t top = mask ^ mask >> 1, r;
	bool carry_out;

	a &= mask;
	b &= mask;
	if (mask == UINT64_MAX) {
		uint64_t half;
		bool c1 = __builtin_add_overflow(a, b, &half), c2 = __builtin_add_overflow(half, (uint64_t)carry, &r);

		carry_out = c1 || c2;
	} else {
		r = a + b + carry;
		carry_out = r >> 32 != 0;
		r &= mask;
	}
	c->nzcv = a64_nz(r, mask) | (uint32_t)carry_out << 1 | (uint32_t)(((a ^ r) & (b ^ r) & top) != 0);
	return r;
}

/* Does the condition hold (Arm ARM, C1.2.4)? */
static inline bool a64_cond(uint32_t nzcv, unsigned cond)
{
	/* One bit per value of NZCV, for each condition. */
	static const uint16_t holds[16] = {
		0xf0f0, 0x0f0f, 0xcccc, 0x3333, 0xff00, 0x00ff, 0xaaaa, 0x5555,
		0x0c0c, 0xf3f3, 0xaa55, 0x55aa, 0x0a05, 0xf5fa, 0xffff, 0xffff,
	};

	return holds[cond] >> nzcv & 1;
}

/* mmu.c: the TLB of the current EL and PSTATE.PAN becomes the one that accesses ask. */
void a64_tlb_choose(struct a64 *c);
/* mmu.c: the slow path of an access of 1 to 16 bytes at va; 0, or 1 and the exception was taken. */
int a64_load_slow(struct a64 *c, uint64_t va, unsigned size, bool priv, uint64_t value[2]);
int a64_store_slow(struct a64 *c, uint64_t va, unsigned size, bool priv, const uint64_t value[2]);
/* The physical address of va for an access: false, and the exception was taken. */
bool a64_translate(struct a64 *c, uint64_t va, enum a64_access access, bool priv, uint64_t *pa);
/* Where to fetch from; false, and the exception was taken. */
bool a64_fetch_address(struct a64 *c, uint64_t va, uint64_t *pa, bool *guarded);
/* Nothing is there to fetch: takes the external abort. */
int a64_fetch_external(struct a64 *c, uint64_t va);
/* Result of AT as PAR_EL1 has it, for an access of EL el; both: also stage 2. */
uint64_t a64_at(struct a64 *c, uint64_t va, enum a64_access access, bool priv, bool both, unsigned el);

/* run.c: decoded code. */
struct a64_page {
	uint64_t pa;
	uint64_t verified;           /* code_flushes when word was held against memory */
	uint32_t word[A64_PAGE_OPS]; /* what op was, or would be, decoded from */
	bool guarded;
	struct a64_op op[A64_PAGE_OPS];
};
/* The decoded page of pa, or NULL. */
struct a64_page *a64_code_page(const struct a64 *c, uint64_t pa);
/* size bytes were written at pa: decoded operations there are forgotten. */
void a64_code_written(struct a64 *c, uint64_t pa, unsigned size);
/* Everything is decoded anew, for something that decoding depends on changed. */
void a64_forget_code(struct a64 *c);
/* The operation at pc, decoded; only while one executes. */
const struct a64_op *a64_current(const struct a64 *c);

/* uarch.c: is it modelled (enum guest_core)? An access; translations are forgotten; before a branch, which is op->then. */
bool a64_uarch_has(const struct a64 *c, unsigned model);
/* Accesses are events, so that an instruction may take longer than its class says. */
bool a64_uarch_accesses(const struct a64 *c);
void a64_uarch_access(struct a64 *c, uint64_t va, uint64_t pa, unsigned size);
void a64_uarch_tlbi(struct a64 *c);
a64_exec a64_predicted;

/* debug.c: what may happen at this EL and mask, kept in c->debug. */
enum a64_debug { A64_DEBUG_STEP = 1, A64_DEBUG_BREAK = 2 };
unsigned a64_debug_state(const struct a64 *c);
bool a64_breaks_in_page(const struct a64 *c);
/* Before an instruction: true, and a debug exception was taken. */
bool a64_debug_before(struct a64 *c);
/* SPSR_ELx of a return, with SS where it counts. */
uint64_t a64_debug_return(const struct a64 *c, uint64_t spsr);
/* May a watchpoint name bytes of va's page? An access to it: 0, or 1 and the exception was taken. */
bool a64_watched_page(const struct a64 *c, uint64_t va);
int a64_watchpoint(struct a64 *c, uint64_t va, unsigned size, bool priv, bool write);

/* exception.c: an exception to EL el, with the syndrome as it is and the offset in the vector table (0, 0x80, ...). */
int a64_take(struct a64 *c, unsigned el, uint64_t esr, uint64_t far, unsigned offset);
/* To EL2: a trap (far 0), or an abort of stage 2 (exit.hpfar is set). */
int a64_to_el2(struct a64 *c, unsigned ec, uint32_t iss, uint64_t far);
/* ends a64_run before the next instruction. */
int a64_stop(struct a64 *c, enum a64_stop stop, const char *what);
/* The stack pointer and PSTATE fields of a new EL and SPSel. */
void a64_switch_sp(struct a64 *c, unsigned el, unsigned sp);

static inline bool a64_priv(const struct a64 *c)
{
	return c->ps.el != 0;
}

/* One access of 1 << size bytes, 8 at most; 0, or 1 and the exception was taken. */
static inline int a64_load(struct a64 *c, uint64_t va, unsigned size, bool priv, uint64_t *value)
{
	const struct a64_tlb_entry *t = &c->tlb_of[priv][va >> A64_PAGE_BITS & (A64_TLB_SIZE - 1)];
	uint64_t wide[2] = {0, 0};

	/* A page's tag has zeros where an access that is not aligned has ones. */
	if (t->read == (va & ~(uint64_t)(A64_PAGE - 1 - ((1u << size) - 1)))) {
		const uint8_t *p = (const uint8_t *)(t->host + va);

		switch (size) {
		case 0: *value = *p; return 0;
		case 1: { uint16_t v; memcpy(&v, p, 2); *value = v; return 0; }
		case 2: { uint32_t v; memcpy(&v, p, 4); *value = v; return 0; }
		default: memcpy(value, p, 8); return 0;
		}
	}
	if (a64_load_slow(c, va, 1u << size, priv, wide) != 0)
		return 1;
	*value = wide[0];
	return 0;
}

static inline int a64_store(struct a64 *c, uint64_t va, unsigned size, bool priv, uint64_t value)
{
	const struct a64_tlb_entry *t = &c->tlb_of[priv][va >> A64_PAGE_BITS & (A64_TLB_SIZE - 1)];

	if (t->write == (va & ~(uint64_t)(A64_PAGE - 1 - ((1u << size) - 1)))) {
		uint8_t *p = (uint8_t *)(t->host + va);

		switch (size) {
		case 0: *p = (uint8_t)value; return 0;
		case 1: { uint16_t v = (uint16_t)value; memcpy(p, &v, 2); return 0; }
		case 2: { uint32_t v = (uint32_t)value; memcpy(p, &v, 4); return 0; }
		default: memcpy(p, &value, 8); return 0;
		}
	}
	return a64_store_slow(c, va, 1u << size, priv, (const uint64_t[2]){value, 0});
}

/* The interrupt that is due, if any: 1 and it was taken. */
int a64_interrupt(struct a64 *c);
/* Does an abort of the instruction carry a syndrome (ISV)? */
bool a64_has_syndrome(const struct a64_op *op);
a64_exec x_NOP;
/* run.c: SP as a base must be a multiple of 16; then op->then. */
a64_exec a64_sp_aligned;
/* exec_vec_move.c: SIMD and floating point may be used, or the exception was taken and it is 1; x_vector: then op->then. */
int a64_fp_check(struct a64 *c);
a64_exec x_vector;


/* pauth.c: pointer authentication; key 0 to 3: IA, IB, DA, DB. */
/* May the key be used (HCR_EL2.API), or is it off? If it traps the exception was taken and 1 returned. Key 4: GA. */
int a64_pauth_check(struct a64 *c, unsigned key);
uint64_t a64_pac(struct a64 *c, uint64_t ptr, uint64_t modifier, unsigned key);
/* False: it failed and the exception was taken (FPAC), else *ptr is authenticated or made non-canonical. */
uint64_t a64_aut(struct a64 *c, uint64_t ptr, uint64_t modifier, unsigned key);
uint64_t a64_xpac(const struct a64 *c, uint64_t ptr, bool data);
uint64_t a64_pacga(const struct a64 *c, uint64_t value, uint64_t modifier);

#endif
