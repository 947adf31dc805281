/* SPDX-License-Identifier: Apache-2.0 */
/* What test_lockstep compares of a vCPU, and what rows of lockstep.def let an instruction take from QEMU. */
#ifndef EL2SIM_TESTS_LOCKSTEP_ROWS_H
#define EL2SIM_TESTS_LOCKSTEP_ROWS_H

#include "models/cpu/a64/a64_impl.h"
#include "models/vm/vm.h"
#include "tests/lockstep.h"

enum { PATH = 12 };

enum effect { TAKE, CLOCK, SKIP };
enum kind { REG, MMIO, CALL, RESET, FLAGS, FAR, SMC, STEP };

static const struct sync_row {
	const char *name;
	enum kind kind;
	int op[5];
	enum effect effect;
	uint64_t first, last; /* MMIO: bytes of the device; CALL: function, results */
	const char *device;
} sync_rows[] = {
#define LOCKSTEP_STATE(name, kind, why) {name, kind, {0}, TAKE, 0, 0, NULL},
#define LOCKSTEP_REG(name, op0, op1, crn, crm, op2, effect, why) {name, REG, {op0, op1, crn, crm, op2}, effect, 0, 0, NULL},
#define LOCKSTEP_MMIO(name, device, first, last, why) {name, MMIO, {0}, TAKE, first, last, #device},
#define LOCKSTEP_CALL(name, function, results, why) {name, CALL, {0}, TAKE, function, results, NULL},
#include "tests/lockstep.def"
};
enum { ROWS = sizeof(sync_rows) / sizeof(sync_rows[0]) };

/* Where a vCPU is. */
struct side {
	bool seen;       /* it has executed */
	bool ahead;      /* the next instruction was executed with an exception before it */
	bool excepted;   /* an exception was taken since the last comparison */
	bool exited;     /* the last instruction was an exit: exit */
	struct vm_exit exit;
	uint64_t prev;   /* address of the last instruction */
	uint64_t path[PATH];
	unsigned withheld; /* instructions since an interrupt could be taken here */
	struct qemu_entry last; /* QEMU's, and how often it came again: QEMU begins an access to a device twice */
	unsigned again;
};

static inline bool is_register(const struct sync_row *r, const unsigned op[5])
{
	bool is = r->kind == REG;

	for (unsigned i = 0; i < 5; i++)
		is &= r->op[i] == -1 || r->op[i] == (int)op[i];
	return is;
}

/* Which registers differ: bits 0 to 30 x, and ... */
enum { D_SP = 31, D_PC, D_PSTATE, D_FLAGS, D_V, D_FPCR, D_FPSR };

static inline uint64_t differs(const struct a64 *c, const struct qemu_entry *e)
{
	uint64_t d = 0;

	for (unsigned i = 0; i < 31; i++)
		d |= (uint64_t)(c->x[i] != e->x[i]) << i;
	d |= (uint64_t)(c->x[A64_SP] != e->sp) << D_SP | (uint64_t)(c->pc != e->pc) << D_PC |
	     (uint64_t)((uint32_t)((a64_spsr(c) ^ e->pstate) << 4) != 0) << D_PSTATE | (uint64_t)(c->nzcv != (e->pstate >> 28 & 15)) << D_FLAGS;
	if (e->fpu)
		d |= (uint64_t)(memcmp(c->v, e->v, sizeof(e->v)) != 0) << D_V | (uint64_t)(c->reg[A64_R_FPCR] != e->fpcr) << D_FPCR |
		     (uint64_t)(c->reg[A64_R_FPSR] != e->fpsr) << D_FPSR;
	return d;
}

/* The last instruction's word, 0: it left its page, so that it read nothing. */
static inline uint32_t last_word(const struct a64 *c, const struct side *s)
{
	return c->page != NULL && c->page_va == (s->prev & ~(uint64_t)(A64_PAGE - 1)) ? c->page->word[s->prev / 4 % A64_PAGE_OPS] : 0;
}

/* QEMU takes a step's exception, though the last instruction masked it (MSR DAIFSet, MSR DAIF): taken here, too. */
static inline bool masked_step(struct a64 *c, const struct side *s, unsigned ec)
{
	const uint32_t word = last_word(c, s);

	if (ec != 0x33 || !(c->ps.daif & 8) || ((word & 0xfffff0ff) != 0xd50340df && (word & 0xffffffe0) != 0xd51b4220))
		return false;
	(void)a64_take(c, 1, (uint64_t)0x33 << 26 | (uint64_t)1 << 25 | 1 << 24 | 0x22, 0, 0);
	return true;
}

/* What a row lets the last instruction take from QEMU, as bits; ec: of ESR_EL1. */
static inline uint64_t allowed(const struct sync_row *r, const struct side *s, uint32_t word, unsigned ec)
{
	const uint64_t rt = (uint64_t)1 << (word & 31) & INT32_MAX;

	switch (r->kind) {
	case REG: {
		const unsigned op[5] = {2 + (word >> 19 & 1), word >> 16 & 7, word >> 12 & 15, word >> 8 & 15, word >> 5 & 7};

		return (word & 0xfff00000) == 0xd5300000 /* MRS */ && is_register(r, op) ? rt : 0;
	}
	case MMIO: {
		const struct dev *d = s->exited && s->exit.ask == VM_MMIO && s->exit.access == A64_READ ? s->exit.dev : NULL;

		return d != NULL && strncmp(d->name, r->device, strlen(r->device)) == 0 && s->exit.ipa - d->base >= r->first &&
				       s->exit.ipa - d->base <= r->last
			       ? (uint64_t)1 << (s->exit.esr >> 16 & 31) & INT32_MAX : 0;
	}
	case CALL:
		return s->exited && s->exit.ask == VM_HVC && (r->first == 0 || r->first == (uint32_t)s->exit.function)
			       ? (r->last & 1 ? 1 : 0) | (r->last & 2 ? 0xe : 0) : 0;
	case FAR:
		return (word & 0xffffffe0) == 0xd5386000 && (ec < 0x20 || ec > 0x25) ? rt : 0;
	case FLAGS:
		return s->excepted ? (uint64_t)1 << D_FLAGS : 0;
	default:
		return 0;
	}
}

#endif
