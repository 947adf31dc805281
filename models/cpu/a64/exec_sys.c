// SPDX-License-Identifier: Apache-2.0
/* System instructions: MSR, MRS, SYS, hints, barriers (Arm ARM, C5 and C6.2). */
#include "models/cpu/a64/regs.h"
#include "models/cpu/sysreg.h"


static unsigned field(uint64_t enc, unsigned hi, unsigned lo)
{
	return (unsigned)(enc >> lo & ((1u << (hi - lo + 1)) - 1));
}

/* ISS of a trapped MSR, MRS or SYS (Arm ARM, D24.2.40). */
static uint32_t iss_of(uint64_t enc, unsigned rt, bool read)
{
	return field(enc, 15, 14) << 20 | field(enc, 2, 0) << 17 | field(enc, 13, 11) << 14 | field(enc, 10, 7) << 10 |
	       (rt > 31 ? 31 : rt) << 5 | field(enc, 6, 3) << 1 | read;
}

static int undefined(struct a64 *c)
{
	return a64_exception(c, A64_EC_UNKNOWN, 0, 0);
}

static int trap(struct a64 *c, unsigned el, uint64_t enc, unsigned rt, bool read)
{
	uint32_t iss = iss_of(enc, rt, read);

	return el == 2 ? a64_to_el2(c, A64_EC_SYSREG, iss, 0) : a64_exception(c, A64_EC_SYSREG, iss, 0);
}

/* The lowest EL that an op1 belongs to (Arm ARM, C5.1.3). */
static unsigned lowest_el(unsigned op1)
{
	static const uint8_t el[8] = {1, 1, 1, 0, 2, 2, 3, 1};

	return el[op1];
}

/* EL0's accesses that a control of EL1 forbids: to EL1 by SYSREG. True: trapped. */
static bool el0_forbidden(const struct a64 *c, enum a64_reg reg)
{
	uint64_t sctlr = c->reg[A64_R_SCTLR_EL1], kctl = c->reg[A64_R_CNTKCTL_EL1];

	switch (reg) {
	case A64_R_CTR_EL0: return !(sctlr >> 15 & 1);
	case A64_R_DAIF: return !(sctlr >> 9 & 1);
	case A64_R_CNTPCT_EL0:
	case A64_R_CNTPCTSS_EL0: return !(kctl & 1);
	case A64_R_CNTVCT_EL0:
	case A64_R_CNTVCTSS_EL0: return !(kctl >> 1 & 1);
	case A64_R_CNTFRQ_EL0: return !(kctl & 3);
	case A64_R_CNTV_CTL_EL0:
	case A64_R_CNTV_CVAL_EL0:
	case A64_R_CNTV_TVAL_EL0: return !(kctl >> 8 & 1);
	case A64_R_CNTP_CTL_EL0:
	case A64_R_CNTP_CVAL_EL0:
	case A64_R_CNTP_TVAL_EL0: return !(kctl >> 9 & 1);
	default: return false;
	}
}

/* The decoded register (prep), but with E2H at EL2 an EL1 register's name reaches its EL2 twin, and op1 = 5 EL1's own. */
static enum a64_reg redirect(const struct a64 *c, uint64_t enc)
{
	enum a64_reg reg = (enum a64_reg)(enc >> 16);
	bool vhe = c->ps.el == 2 && (c->reg[A64_R_HCR_EL2] & HCR_E2H);

	if (field(enc, 13, 11) == 5)
		return vhe ? reg : A64_R_NONE;
	/* Both enums begin with the rows of sysregs.def. */
	if (vhe && reg != A64_R_NONE && reg < (enum a64_reg)SR_COUNT)
		reg = (enum a64_reg)sysreg_e2h((enum sysreg)reg);
	return reg;
}

/* Identification space that has no row reads as zero; HCR_EL2.TID3 traps it, too. */
static bool id_space(uint64_t enc)
{
	return field(enc, 15, 14) == 3 && field(enc, 13, 11) == 0 && field(enc, 10, 7) == 0 && field(enc, 6, 3) >= 1 &&
	       field(enc, 6, 3) <= 7;
}

/* Reserved for implementations: CRn 11 and 15 of op0 3. */
static bool imp_def(uint64_t enc)
{
	return field(enc, 15, 14) == 3 && (field(enc, 10, 7) == 11 || field(enc, 10, 7) == 15);
}

/* The register of an access, or A64_R_NONE and *rc is what the instruction returns. */
static enum a64_reg checked(struct a64 *c, const struct a64_op *op, bool read, int *rc)
{
	unsigned rt = read ? op->d : op->t;
	enum a64_reg reg = redirect(c, op->imm);
	bool guest = c->ps.el < 2 && !a64_el0_of_host(c);
	unsigned lowest = lowest_el(field(op->imm, 13, 11));

	*rc = 0;
	if (imp_def(op->imm) && guest && (c->reg[A64_R_HCR_EL2] & HCR_TIDCP)) {
		*rc = trap(c, 2, op->imm, rt, read);
		return A64_R_NONE;
	}
	if (c->ps.el < lowest) { /* known or not */
		*rc = undefined(c);
		return A64_R_NONE;
	}
	if (reg == A64_R_NONE) {
		if (id_space(op->imm) && read && c->ps.el != 0) {
			if (guest && (c->reg[A64_R_HCR_EL2] >> 18 & 1))
				*rc = trap(c, 2, op->imm, rt, read);
			else
				c->x[op->d] = 0;
			return A64_R_NONE;
		}
		c->exit.word = op->word;
		*rc = a64_stop(c, A64_STOP_UNKNOWN, "no row of sysregs.def or a64_regs.def has this register");
		return A64_R_NONE;
	}
	if (c->traps[reg].absent || (!read && a64_reg_kind(reg) == A64_KIND_RO))
		*rc = undefined(c);
	else if (c->ps.el == 0 && !(c->reg[A64_R_HCR_EL2] & HCR_TGE) && el0_forbidden(c, reg))
		*rc = trap(c, 1, op->imm, rt, read);
	else if (c->ps.el == 0 && !read && reg == A64_R_TPIDRRO_EL0)
		*rc = undefined(c);
	else if ((reg == A64_R_FPCR || reg == A64_R_FPSR) && a64_fp_check(c) != 0)
		*rc = 1;
	else if (guest && a64_reg_trapped(c, reg, !read))
		*rc = trap(c, 2, op->imm, rt, read);
	else
		return reg;
	return A64_R_NONE;
}

/* Fields of PSTATE as registers. */
static uint64_t read_pstate(const struct a64 *c, enum a64_reg reg)
{
	switch (reg) {
	case A64_R_CURRENTEL: return (uint64_t)c->ps.el << 2;
	case A64_R_DAIF: return (uint64_t)c->ps.daif << 6;
	case A64_R_NZCV: return (uint64_t)c->nzcv << 28;
	case A64_R_SPSEL: return c->ps.sp;
	case A64_R_PAN: return (uint64_t)c->ps.pan << 22;
	case A64_R_UAO: return (uint64_t)c->ps.uao << 23;
	case A64_R_DIT: return (uint64_t)c->ps.dit << 24;
	case A64_R_SSBS: return (uint64_t)c->ps.ssbs << 12;
	case A64_R_TCO: return (uint64_t)c->ps.tco << 25;
	case A64_R_ISR_EL1: {
		uint64_t hcr = c->reg[A64_R_HCR_EL2];
		bool v_irq = c->ps.el == 1 && (hcr >> 4 & 1), v_fiq = c->ps.el == 1 && (hcr >> 3 & 1);

		return (uint64_t)((c->lines & (v_irq ? A64_VIRQ : A64_IRQ)) != 0) << 7 |
		       (uint64_t)((c->lines & (v_fiq ? A64_VFIQ : A64_FIQ)) != 0) << 6;
	}
	default: return 0;
	}
}

static void write_pstate(struct a64 *c, enum a64_reg reg, uint64_t v)
{
	switch (reg) {
	case A64_R_DAIF: c->ps.daif = v >> 6 & 0xf; break;
	case A64_R_NZCV: c->nzcv = v >> 28 & 0xf; break;
	case A64_R_SPSEL: a64_switch_sp(c, c->ps.el, v & 1); break;
	case A64_R_PAN: c->ps.pan = v >> 22 & 1; break;
	case A64_R_UAO: c->ps.uao = v >> 23 & 1; break;
	case A64_R_DIT: c->ps.dit = v >> 24 & 1; break;
	case A64_R_SSBS: c->ps.ssbs = v >> 12 & 1; break;
	default: break;
	}
	c->attention = 1;
}

/* SP_EL0 is the stack pointer itself while SPSel is 0. */
static bool active_sp(const struct a64 *c, enum a64_reg reg)
{
	return reg == A64_R_SP_EL0 && c->ps.sp == 0;
}

int x_MRS(struct a64 *c, const struct a64_op *op)
{
	int rc;
	enum a64_reg reg = checked(c, op, true, &rc);
	uint64_t v;

	if (reg == A64_R_NONE)
		return rc;
	switch (a64_reg_kind(reg)) {
	case A64_KIND_PSTATE: v = read_pstate(c, reg); break;
	case A64_KIND_WORLD:
		v = c->reg[reg];
		if (c->bus.read_reg != NULL && !c->bus.read_reg(c->bus.owner, c, reg, &v))
			return c->stopped ? 1 : undefined(c);
		break;
	default:
		if (active_sp(c, reg) && c->ps.el != 0)
			return undefined(c);
		v = c->reg[reg];
		break;
	}
	c->x[op->d] = v;
	return 0;
}

/* Registers that translation depends on. */
static bool translates(enum a64_reg reg)
{
	switch (reg) {
	case A64_R_SCTLR_EL1: case A64_R_SCTLR_EL2: case A64_R_TCR_EL1: case A64_R_TCR_EL2: case A64_R_TTBR0_EL1:
	case A64_R_TTBR0_EL2: case A64_R_TTBR1_EL1: case A64_R_TTBR1_EL2: case A64_R_MAIR_EL1: case A64_R_MAIR_EL2:
	case A64_R_HCR_EL2: case A64_R_VTTBR_EL2: case A64_R_VTCR_EL2:
		return true;
	default:
		return false;
	}
}

bool a64_reg_store(struct a64 *c, enum a64_reg reg, uint64_t v)
{
	if (reg == A64_R_FPCR) /* AHP DN FZ RMode FZ16; exceptions are never trapped */
		v &= A64_HAS(c->feats, A64_FEAT_FP16) ? 0x07c80000 : 0x07c00000;
	else if (reg == A64_R_FPSR)
		v &= 0xf800009f;
	c->reg[reg] = v;
	if (reg == A64_R_OSLAR_EL1)
		c->reg[A64_R_OSLSR_EL1] = (c->reg[A64_R_OSLSR_EL1] & ~(uint64_t)2) | (v & 1) << 1;
	if (!translates(reg) && reg != A64_R_MDSCR_EL1 && reg != A64_R_MDCR_EL2 && reg != A64_R_OSLAR_EL1 &&
	    !(reg >= A64_R_DBGBVR0_EL1 && reg <= A64_R_DBGWCR15_EL1))
		return false;
	a64_flush_tlb(c); /* pages that are watched leave the fast path, too */
	c->attention = 1;
	return true;
}

int x_MSR(struct a64 *c, const struct a64_op *op)
{
	int rc;
	enum a64_reg reg = checked(c, op, false, &rc);
	uint64_t v = c->x[op->t];

	if (reg == A64_R_NONE)
		return rc;
	switch (a64_reg_kind(reg)) {
	case A64_KIND_PSTATE:
		write_pstate(c, reg, v);
		c->pc += 4;
		return 1;
	case A64_KIND_WORLD:
		c->reg[reg] = v;
		if (c->bus.write_reg != NULL && !c->bus.write_reg(c->bus.owner, c, reg, v))
			return c->stopped ? 1 : undefined(c);
		c->pc += 4; /* a line may have changed */
		return 1;
	default:
		if (active_sp(c, reg) && c->ps.el != 0)
			return undefined(c);
		if (!a64_reg_store(c, reg, v))
			return 0;
		c->pc += 4; /* pc's page is looked up anew */
		return 1;
	}
}

/* MSR (immediate): kind is op1:op2, aux CRm; the flag instructions share the space. */
int x_MSR_i(struct a64 *c, const struct a64_op *op)
{
	unsigned v = op->aux;
	uint32_t f = c->nzcv;

	switch (op->kind) {
	case 0 << 3 | 0: /* CFINV */
		if (!A64_HAS(c->feats, A64_FEAT_FLAGM))
			return undefined(c);
		c->nzcv ^= A64_C;
		return 0;
	case 0 << 3 | 1: /* XAFLAG */
	case 0 << 3 | 2: /* AXFLAG */
		if (!A64_HAS(c->feats, A64_FEAT_FLAGM2))
			return undefined(c);
		if (op->kind == 1)
			c->nzcv = (!(f & A64_C) && !(f & A64_Z) ? A64_N : 0) | (f & A64_Z && f & A64_C ? A64_Z : 0) |
				  (f & A64_C || f & A64_Z ? A64_C : 0) | (!(f & A64_C) && f & A64_Z ? A64_V : 0);
		else
			c->nzcv = (f & A64_Z || f & A64_V ? A64_Z : 0) | (f & A64_C && !(f & A64_V) ? A64_C : 0);
		return 0;
	case 0 << 3 | 3: /* UAO */
		if (!A64_HAS(c->feats, A64_FEAT_UAO) || c->ps.el == 0)
			return undefined(c);
		c->ps.uao = v & 1;
		return 0;
	case 0 << 3 | 4: /* PAN */
		if (!A64_HAS(c->feats, A64_FEAT_PAN) || c->ps.el == 0)
			return undefined(c);
		write_pstate(c, A64_R_PAN, (uint64_t)(v & 1) << 22);
		break;
	case 0 << 3 | 5: /* SPSel */
		if (c->ps.el == 0)
			return undefined(c);
		write_pstate(c, A64_R_SPSEL, v & 1);
		break;
	case 3 << 3 | 1: /* SSBS */
		if (!A64_HAS(c->feats, A64_FEAT_SSBS))
			return undefined(c);
		c->ps.ssbs = v & 1;
		return 0;
	case 3 << 3 | 2: /* DIT */
		if (!A64_HAS(c->feats, A64_FEAT_DIT))
			return undefined(c);
		c->ps.dit = v & 1;
		return 0;
	case 3 << 3 | 6: /* DAIFSet */
	case 3 << 3 | 7: /* DAIFClr */
		if (c->ps.el == 0 && !(c->reg[A64_R_SCTLR_EL1] >> 9 & 1))
			return trap(c, 1, (uint64_t)4 << 7 | (uint64_t)3 << 11 | (uint64_t)v << 3 | (op->kind & 7), 31, false);
		c->ps.daif = (uint8_t)(op->kind == (3 << 3 | 6) ? c->ps.daif | v : c->ps.daif & ~v);
		c->attention = 1;
		break;
	default:
		return undefined(c);
	}
	c->pc += 4;
	return 1;
}

/* SYS */

enum what { NOP, SETWAY, CODE, ZERO, AT };
static const struct sysop {
	const char *name;
	uint16_t enc;
	uint8_t what, el;
} sysops[] = {
#define A64_SYSOP(name, op1, crn, crm, op2, what, el) {#name, 1 << 14 | op1 << 11 | crn << 7 | crm << 3 | op2, what, el},
#include "models/cpu/a64/a64_sysops.def"
};
enum { N_SYSOPS = sizeof(sysops) / sizeof(sysops[0]) };

static int zero_block(struct a64 *c, uint64_t va)
{
	va &= ~(uint64_t)63;
	for (unsigned i = 0; i < 8; i++)
		if (a64_store(c, va + 8 * i, 3, a64_priv(c), 0) != 0)
			return 1;
	return 0;
}

/* CRm and op2 say whose access: op1 4 with op2 4 to 7 is both stages; op2 bit 0 writes, bit 1 is EL0's; CRm 9 asks PSTATE.PAN. */
static void translate_for(struct a64 *c, uint64_t enc, uint64_t va)
{
	unsigned op2 = field(enc, 2, 0);
	bool el2 = field(enc, 13, 11) == 4 && op2 < 2, both = field(enc, 13, 11) == 4 && op2 >= 4;
	unsigned el = el2 ? 2 : op2 & 2 ? 0 : 1;
	const uint8_t pan = c->ps.pan;

	if (field(enc, 6, 3) != 9)
		c->ps.pan = 0;
	c->reg[A64_R_PAR_EL1] = a64_at(c, va, op2 & 1 ? A64_WRITE : A64_READ, el != 0, both, el);
	c->ps.pan = pan;
}

static int tlbi(struct a64 *c, const struct a64_op *op)
{
	bool is = field(op->imm, 6, 3) == 1 || field(op->imm, 6, 3) == 3 || field(op->imm, 6, 3) == 0;

	if (c->ps.el == 0 || (field(op->imm, 13, 11) == 4 && c->ps.el < 2))
		return undefined(c);
	if (c->ps.el == 1 && ((c->reg[A64_R_HCR_EL2] & HCR_TTLB) || a64_sys_trapped(c, op->imm)))
		return trap(c, 2, op->imm, op->t, false);
	a64_flush_tlb(c);
	a64_uarch_tlbi(c);
	if (is && c->bus.broadcast != NULL)
		c->bus.broadcast(c->bus.owner, c, false);
	c->pc += 4;
	return 1;
}

int x_SYS(struct a64 *c, const struct a64_op *op)
{
	const struct sysop *s = NULL;
	uint64_t sctlr = c->reg[A64_R_SCTLR_EL1];

	if (field(op->imm, 10, 7) == 8 || field(op->imm, 10, 7) == 9)
		return tlbi(c, op);
	for (unsigned i = 0; i < N_SYSOPS; i++)
		if (sysops[i].enc == op->imm)
			s = &sysops[i];
	if (s == NULL) {
		if (field(op->imm, 10, 7) == 11 || field(op->imm, 10, 7) == 15) {
			if (c->ps.el < 2 && (c->reg[A64_R_HCR_EL2] & HCR_TIDCP))
				return trap(c, 2, op->imm, op->t, false);
			return undefined(c);
		}
		c->exit.word = op->word;
		return a64_stop(c, A64_STOP_UNKNOWN, "no row of a64_sysops.def has this SYS instruction");
	}
	if (c->ps.el < s->el)
		return undefined(c);
	if (c->ps.el == 0 && !(sctlr >> (s->what == ZERO ? 14 : 26) & 1))
		return trap(c, 1, op->imm, op->t, false);
	if (c->ps.el < 2 && !a64_el0_of_host(c) &&
	    (a64_sys_trapped(c, op->imm) || (s->what == SETWAY && c->reg[A64_R_HCR_EL2] & HCR_TSW)))
		return trap(c, 2, op->imm, op->t, false);
	switch (s->what) {
	case ZERO: return zero_block(c, c->x[op->t]);
	case AT: translate_for(c, op->imm, c->x[op->t]); return 0;
	case CODE:
		a64_flush_code(c);
		if (c->bus.broadcast != NULL)
			c->bus.broadcast(c->bus.owner, c, true);
		c->pc += 4;
		return 1;
	default: return 0;
	}
}

int x_SYSL(struct a64 *c, const struct a64_op *op)
{
	c->exit.word = op->word;
	return a64_stop(c, A64_STOP_UNKNOWN, "SYSL is not implemented");
}

/* Hints */

/* Waits: trapped by EL1's SCTLR (from EL0) or by HCR_EL2; which: 0 WFI, 1 WFE, 2 WFIT, 3 WFET. */
static int wait_for(struct a64 *c, unsigned which)
{
	bool event = which & 1;
	uint32_t iss = which | 0xeu << 20 | 1u << 24; /* COND always, CV */

	if (event && c->event) {
		c->event = false;
		return 0;
	}
	if (c->ps.el == 0 && !(c->reg[A64_R_HCR_EL2] & HCR_TGE) && !(c->reg[A64_R_SCTLR_EL1] >> (event ? 18 : 16) & 1))
		return a64_exception(c, A64_EC_WFX, iss, 0);
	if (c->ps.el < 2 && (c->reg[A64_R_HCR_EL2] & (event ? HCR_TWE : HCR_TWI)))
		return a64_to_el2(c, A64_EC_WFX, iss, 0);
	c->pc += 4;
	if (c->lines != 0) {
		c->attention = 1;
		return 1;
	}
	return a64_stop(c, A64_STOP_WFI, NULL);
}

int x_WFET(struct a64 *c, const struct a64_op *op)
{
	(void)op;
	return wait_for(c, 3);
}

int x_WFIT(struct a64 *c, const struct a64_op *op)
{
	(void)op;
	return wait_for(c, 2);
}

/* kind: CRm:op2 (Arm ARM, C6.2 HINT). All that are not here are NOP. */
int x_HINT(struct a64 *c, const struct a64_op *op)
{
	bool pauth = A64_HAS(c->feats, A64_FEAT_PAUTH);
	uint64_t *x = c->x;

	/* All but XPACLRI use a key: IA where bit 1 is clear, else IB. */
	if (pauth && op->kind >= 8 && op->kind <= 31 && (op->kind >= 24 || op->kind % 2 == 0) && a64_pauth_check(c, op->kind >> 1 & 1) != 0)
		return 1;
	switch (op->kind) {
	case 2: return wait_for(c, 1);
	case 3: return wait_for(c, 0);
	case 4: /* SEV */
	case 5: /* SEVL */
		c->event = true;
		if (op->kind == 4 && c->bus.event != NULL)
			c->bus.event(c->bus.owner, c);
		return 0;
	case 7: if (pauth) x[30] = a64_xpac(c, x[30], false); return 0;
	case 8: if (pauth) x[17] = a64_pac(c, x[17], x[16], 0); return 0;   /* PACIA1716 */
	case 10: if (pauth) x[17] = a64_pac(c, x[17], x[16], 1); return 0;  /* PACIB1716 */
	case 12: if (pauth) x[17] = a64_aut(c, x[17], x[16], 0); return 0;  /* AUTIA1716 */
	case 14: if (pauth) x[17] = a64_aut(c, x[17], x[16], 1); return 0;  /* AUTIB1716 */
	case 24: if (pauth) x[30] = a64_pac(c, x[30], 0, 0); return 0;      /* PACIAZ */
	case 25: if (pauth) x[30] = a64_pac(c, x[30], x[A64_SP], 0); return 0; /* PACIASP */
	case 26: if (pauth) x[30] = a64_pac(c, x[30], 0, 1); return 0;      /* PACIBZ */
	case 27: if (pauth) x[30] = a64_pac(c, x[30], x[A64_SP], 1); return 0; /* PACIBSP */
	case 28: if (pauth) x[30] = a64_aut(c, x[30], 0, 0); return 0;      /* AUTIAZ */
	case 29: if (pauth) x[30] = a64_aut(c, x[30], x[A64_SP], 0); return 0; /* AUTIASP */
	case 30: if (pauth) x[30] = a64_aut(c, x[30], 0, 1); return 0;      /* AUTIBZ */
	case 31: if (pauth) x[30] = a64_aut(c, x[30], x[A64_SP], 1); return 0; /* AUTIBSP */
	default: return 0;
	}
}

/* Memory is in order here: barriers are a cost. ISB lets what was changed be seen. */
int x_DSB(struct a64 *c, const struct a64_op *op)
{
	(void)c;
	(void)op;
	return 0;
}

int x_DMB(struct a64 *c, const struct a64_op *op)
{
	(void)c;
	(void)op;
	return 0;
}

int x_SB(struct a64 *c, const struct a64_op *op)
{
	(void)c;
	(void)op;
	return 0;
}

int x_ISB(struct a64 *c, const struct a64_op *op)
{
	(void)op;
	c->attention = 1;
	c->pc += 4;
	return 1;
}
