// SPDX-License-Identifier: Apache-2.0
/* Exceptions: where they go, what is saved, and the way back (Arm ARM, D1.3). */
#include <string.h>

#include "models/cpu/a64/regs.h"

/* SPSR_ELx */
enum { SPSR_M4 = 1 << 4, SPSR_BTYPE = 10, SPSR_SSBS = 12, SPSR_IL = 20, SPSR_SS = 21, SPSR_PAN = 22, SPSR_UAO = 23,
       SPSR_DIT = 24, SPSR_TCO = 25, SPSR_NZCV = 28 };


static uint64_t *sp_of(struct a64 *c, unsigned el, unsigned sp)
{
	static const uint16_t reg[3] = {A64_R_SP_EL0, A64_R_SP_EL1, A64_R_SP_EL2};

	return &c->reg[reg[sp ? el : 0]];
}

void a64_counts_el0(const struct a64 *c, uint64_t n[A64_CLASSES])
{
	for (unsigned i = 0; i < A64_CLASSES; i++)
		n[i] = c->counts.el0[i] + (c->ps.el == 0 ? c->counts.by_class[i] - c->counts.entered[i] : 0);
}

/* EL0 is entered or left. */
static void count_level(struct a64 *c)
{
	if (c->ps.el == 0)
		a64_counts_el0(c, c->counts.el0);
	else
		memcpy(c->counts.entered, c->counts.by_class, sizeof(c->counts.entered));
}

void a64_switch_sp(struct a64 *c, unsigned el, unsigned sp)
{
	if ((el == 0) != (c->ps.el == 0))
		count_level(c);
	*sp_of(c, c->ps.el, c->ps.sp) = c->x[A64_SP];
	c->ps.el = (uint8_t)el;
	c->ps.sp = (uint8_t)(el == 0 ? 0 : sp);
	c->x[A64_SP] = *sp_of(c, c->ps.el, c->ps.sp);
}

uint64_t a64_spsr(const struct a64 *c)
{
	const struct a64_pstate *p = &c->ps;

	return (uint64_t)p->el << 2 | p->sp | (uint64_t)p->daif << 6 | (uint64_t)p->btype << SPSR_BTYPE |
	       (uint64_t)p->ssbs << SPSR_SSBS | (uint64_t)p->il << SPSR_IL | (uint64_t)p->ss << SPSR_SS |
	       (uint64_t)p->pan << SPSR_PAN | (uint64_t)p->uao << SPSR_UAO | (uint64_t)p->dit << SPSR_DIT |
	       (uint64_t)p->tco << SPSR_TCO | (uint64_t)c->nzcv << SPSR_NZCV;
}

bool a64_set_spsr(struct a64 *c, uint64_t v)
{
	struct a64_pstate *p = &c->ps;
	unsigned el = v >> 2 & 3;
	bool legal = !(v & SPSR_M4) && !(v & 2) && el <= 2 && (el != 0 || !(v & 1));

	c->nzcv = v >> SPSR_NZCV & 0xf;
	p->daif = v >> 6 & 0xf;
	p->il = v >> SPSR_IL & 1;
	p->ss = v >> SPSR_SS & 1;
	p->pan = A64_HAS(c->feats, A64_FEAT_PAN) ? v >> SPSR_PAN & 1 : 0;
	p->uao = A64_HAS(c->feats, A64_FEAT_UAO) ? v >> SPSR_UAO & 1 : 0;
	p->dit = A64_HAS(c->feats, A64_FEAT_DIT) ? v >> SPSR_DIT & 1 : 0;
	p->ssbs = A64_HAS(c->feats, A64_FEAT_SSBS) ? v >> SPSR_SSBS & 1 : 0;
	p->btype = A64_HAS(c->feats, A64_FEAT_BTI) ? v >> SPSR_BTYPE & 3 : 0;
	p->tco = 0;
	if (legal)
		a64_switch_sp(c, el, v & 1);
	else
		p->il = 1;
	c->attention = 1;
	return legal;
}

int a64_stop(struct a64 *c, enum a64_stop stop, const char *what)
{
	c->stop = stop;
	c->stopped = true;
	c->exit.what = what;
	c->attention = 1;
	return 1;
}

int a64_take(struct a64 *c, unsigned el, uint64_t esr, uint64_t far, unsigned offset)
{
	static const uint16_t esr_reg[3] = {0, A64_R_ESR_EL1, A64_R_ESR_EL2}, far_reg[3] = {0, A64_R_FAR_EL1, A64_R_FAR_EL2},
			      elr[3] = {0, A64_R_ELR_EL1, A64_R_ELR_EL2}, spsr[3] = {0, A64_R_SPSR_EL1, A64_R_SPSR_EL2},
			      vbar[3] = {0, A64_R_VBAR_EL1, A64_R_VBAR_EL2}, sctlr[3] = {0, A64_R_SCTLR_EL1, A64_R_SCTLR_EL2};
	bool interrupt = offset != 0;
	uint64_t ctl;

	c->exit.esr = esr;
	c->exit.far = far;
	c->exit.target_el = (uint8_t)el;
	if (el > c->inside)
		return a64_stop(c, A64_STOP_EXCEPTION, NULL);
	if (!interrupt) {
		unsigned ec = (unsigned)(esr >> 26);

		c->reg[esr_reg[el]] = esr;
		if ((ec >= A64_EC_IABT && ec <= A64_EC_DABT + 1) || ec == 0x34 || ec == 0x35)
			c->reg[far_reg[el]] = far;
		if (el == 2)
			c->reg[A64_R_HPFAR_EL2] = c->exit.hpfar;
	}
	c->ss_set = true;
	c->reg[spsr[el]] = a64_spsr(c);
	c->reg[elr[el]] = c->pc;
	c->pc = c->reg[vbar[el]] + offset + (c->ps.el < el ? 0x400 : c->ps.sp ? 0x200 : 0);
	ctl = c->reg[sctlr[el]];
	a64_switch_sp(c, el, 1);
	c->ps.daif = 0xf;
	c->ps.il = c->ps.ss = c->ps.btype = c->ps.uao = 0;
	if (A64_HAS(c->feats, A64_FEAT_PAN) && !(ctl >> 23 & 1))
		c->ps.pan = 1;
	if (A64_HAS(c->feats, A64_FEAT_SSBS))
		c->ps.ssbs = ctl >> 44 & 1;
	c->attention = 1;
	return 1;
}

/* EL0's exceptions go to EL2 with HCR_EL2.TGE. */
static unsigned target(const struct a64 *c)
{
	return c->ps.el == 2 || (c->ps.el == 0 && (c->reg[A64_R_HCR_EL2] & HCR_TGE)) ? 2 : 1;
}

int a64_exception(struct a64 *c, unsigned ec, uint32_t iss, uint64_t far)
{
	unsigned el = target(c);

	if (ec == A64_EC_HVC)
		el = 2;
	if (ec == A64_EC_SMC)
		el = 3;
	if ((ec == A64_EC_IABT || ec == A64_EC_DABT) && el == c->ps.el)
		ec++;
	/* IL: all instructions here are of 32 bits, and where it means something else it is 1, too. */
	return a64_take(c, el, (uint64_t)ec << 26 | (uint64_t)1 << 25 | iss, far, 0);
}

int a64_to_el2(struct a64 *c, unsigned ec, uint32_t iss, uint64_t far)
{
	return a64_take(c, 2, (uint64_t)ec << 26 | (uint64_t)1 << 25 | iss, far, 0);
}

void a64_line(struct a64 *c, enum a64_line line, bool level)
{
	c->lines = (uint8_t)(level ? c->lines | line : c->lines & ~line);
	c->attention = 1;
}

/* Takes an interrupt that is not masked (Arm ARM, D1.3.6); 1 if there was one. */
int a64_interrupt(struct a64 *c)
{
	uint64_t hcr = c->reg[A64_R_HCR_EL2];
	static const struct {
		uint8_t physical, virtual, mask;
		uint64_t route;
		unsigned offset;
	} kinds[] = {{A64_FIQ, A64_VFIQ, 1, HCR_FMO, 0x100}, {A64_IRQ, A64_VIRQ, 2, HCR_IMO, 0x80}};

	for (unsigned i = 0; i < 2; i++) {
		bool to_el2 = (hcr & (kinds[i].route | HCR_TGE)) != 0, masked = c->ps.daif & kinds[i].mask;

		if (c->lines & kinds[i].physical) {
			if (to_el2 && (c->ps.el < 2 || !masked))
				return a64_take(c, 2, 0, 0, kinds[i].offset);
			if (!to_el2 && c->ps.el < 2 && !masked)
				return a64_take(c, 1, 0, 0, kinds[i].offset);
		}
		if ((c->lines & kinds[i].virtual) && (hcr & kinds[i].route) && !(hcr & HCR_TGE) && c->ps.el < 2 && !masked)
			return a64_take(c, 1, 0, 0, kinds[i].offset);
	}
	return 0;
}

int x_ERET(struct a64 *c, const struct a64_op *op)
{
	bool el2 = c->ps.el == 2;
	uint64_t spsr;
	unsigned from = c->ps.el;

	if (from == 0)
		return a64_exception(c, A64_EC_UNKNOWN, 0, 0);
	if (from == 1 && A64_HAS(c->feats, A64_FEAT_FGT) && c->reg[A64_R_HFGITR_EL2] >> 51 & 1) /* ERET; ISS: ERETA, B key */
		return a64_to_el2(c, A64_EC_ERET, op->insn == A64_ERETA ? 2u | op->kind : 0, 0);
	spsr = c->reg[el2 ? A64_R_SPSR_EL2 : A64_R_SPSR_EL1];
	c->pc = c->reg[el2 ? A64_R_ELR_EL2 : A64_R_ELR_EL1];
	spsr = a64_debug_return(c, spsr);
	c->ss_set = true;
	/* An illegal return stays where it is. */
	if ((spsr >> 2 & 3) > from)
		spsr |= 2;
	a64_set_spsr(c, spsr);
	c->excl.valid = false;
	return 1;
}

int x_ERETA(struct a64 *c, const struct a64_op *op)
{
	enum a64_reg elr = c->ps.el == 2 ? A64_R_ELR_EL2 : A64_R_ELR_EL1;

	if (c->ps.el == 0)
		return a64_exception(c, A64_EC_UNKNOWN, 0, 0);
	if (a64_pauth_check(c, op->kind) != 0)
		return 1;
	if (c->ps.el == 2 || !A64_HAS(c->feats, A64_FEAT_FGT) || !(c->reg[A64_R_HFGITR_EL2] >> 51 & 1))
		c->reg[elr] = a64_aut(c, c->reg[elr], c->x[A64_SP], op->kind);
	return x_ERET(c, op);
}

/* SVC and HVC return behind the instruction, a trapped SMC to it. */
int x_SVC(struct a64 *c, const struct a64_op *op)
{
	if (A64_HAS(c->feats, A64_FEAT_FGT) && c->ps.el < 2 && !a64_el0_of_host(c) &&
	    c->reg[A64_R_HFGITR_EL2] >> (c->ps.el == 1 ? 53 : 52) & 1) /* SVC_EL1, SVC_EL0 */
		return a64_to_el2(c, A64_EC_SVC, (uint32_t)op->imm, 0);
	c->pc += 4;
	c->ps.ss = 0; /* it counts as executed */
	return a64_exception(c, A64_EC_SVC, (uint32_t)op->imm, 0);
}

int x_HVC(struct a64 *c, const struct a64_op *op)
{
	if (c->ps.el == 0)
		return a64_exception(c, A64_EC_UNKNOWN, 0, 0);
	c->pc += 4;
	c->ps.ss = 0;
	return a64_exception(c, A64_EC_HVC, (uint32_t)op->imm, 0);
}

int x_SMC(struct a64 *c, const struct a64_op *op)
{
	if (c->ps.el == 0)
		return a64_exception(c, A64_EC_UNKNOWN, 0, 0);
	if (c->ps.el == 1 && (c->reg[A64_R_HCR_EL2] & HCR_TSC))
		return a64_to_el2(c, A64_EC_SMC, (uint32_t)op->imm, 0);
	if (!c->has_el3)
		return a64_exception(c, A64_EC_UNKNOWN, 0, 0);
	c->pc += 4;
	c->ps.ss = 0;
	return a64_exception(c, A64_EC_SMC, (uint32_t)op->imm, 0);
}

int x_BRK(struct a64 *c, const struct a64_op *op)
{
	if (c->ps.el < 2 && (c->reg[A64_R_MDCR_EL2] >> 8 & 1)) /* TDE */
		return a64_to_el2(c, A64_EC_BRK, (uint32_t)op->imm, 0);
	return a64_exception(c, A64_EC_BRK, (uint32_t)op->imm, 0);
}

int x_HLT(struct a64 *c, const struct a64_op *op)
{
	c->exit.esr = op->imm;
	return a64_stop(c, A64_STOP_HALT, NULL);
}

int x_UDF(struct a64 *c, const struct a64_op *op)
{
	(void)op;
	return a64_exception(c, A64_EC_UNKNOWN, 0, 0);
}

int x_unknown(struct a64 *c, const struct a64_op *op)
{
	c->exit.word = op->word;
	return a64_stop(c, A64_STOP_UNKNOWN, "no row of decode.def has this instruction");
}
