// SPDX-License-Identifier: Apache-2.0
/*
 * Self-hosted debug (Arm ARM, D2): breakpoints, watchpoints, software step, each as an exception. What may happen is worked out
 * before instructions that follow a change (c->debug); code and data that are not watched run as fast as ever.
 */
#include "models/cpu/a64/a64_impl.h"

/* MDSCR_EL1, OSLSR_EL1, MDCR_EL2 */
#define MDSCR_SS  ((uint64_t)1 << 0)
#define MDSCR_KDE ((uint64_t)1 << 13)
#define MDSCR_MDE ((uint64_t)1 << 15)
#define OSLSR_OSLK ((uint64_t)1 << 1)
#define MDCR_TDE  ((uint64_t)1 << 8)

enum { N_POINTS = 16, STATUS = 0x22 };

static unsigned debug_target(const struct a64 *c)
{
	return c->reg[A64_R_HCR_EL2] & HCR_TGE || c->reg[A64_R_MDCR_EL2] & MDCR_TDE ? 2 : 1;
}

/* Are debug exceptions enabled from an EL with PSTATE.D masked or not (AArch64.GenerateDebugExceptionsFrom)? */
static bool enabled_from(const struct a64 *c, unsigned el, bool masked)
{
	unsigned target = debug_target(c);

	if (c->reg[A64_R_OSLSR_EL1] & OSLSR_OSLK)
		return false;
	return el < target || (el == target && (c->reg[A64_R_MDSCR_EL1] & MDSCR_KDE) && !masked);
}

static bool enabled(const struct a64 *c)
{
	return enabled_from(c, c->ps.el, c->ps.daif >> 3 & 1);
}

/* Does a control register's PMC or PAC, HMC and SSC name the EL? */
static bool el_matches(uint64_t ctl, unsigned el)
{
	if (el == 2)
		return ctl >> 13 & 1;
	return (ctl >> 14 & 3) != 3 && (el == 1 ? ctl >> 1 & 1 : ctl >> 2 & 1);
}

static uint64_t bvr(const struct a64 *c, unsigned i) { return c->reg[A64_R_DBGBVR0_EL1 + i]; }
static uint64_t bcr(const struct a64 *c, unsigned i) { return c->reg[A64_R_DBGBCR0_EL1 + i]; }
static uint64_t wvr(const struct a64 *c, unsigned i) { return c->reg[A64_R_DBGWVR0_EL1 + i]; }
static uint64_t wcr(const struct a64 *c, unsigned i) { return c->reg[A64_R_DBGWCR0_EL1 + i]; }

/* A breakpoint for a context that another one is linked to: CONTEXTIDR_EL1, VMID, both (BT, Arm ARM D2.8.3). */
static bool context_matches(const struct a64 *c, unsigned i)
{
	uint64_t ctl = bcr(c, i);
	uint32_t id = (uint32_t)c->reg[A64_R_CONTEXTIDR_EL1], vmid = (uint32_t)(c->reg[A64_R_VTTBR_EL2] >> 48);

	if (!(ctl & 1))
		return false;
	switch (ctl >> 20 & 15) {
	case 2:
	case 3: return (uint32_t)bvr(c, i) == id && c->ps.el < 2;
	case 8:
	case 9: return (uint32_t)(bvr(c, i) >> 32 & 0xffff) == vmid && c->ps.el < 2;
	case 10:
	case 11: return (uint32_t)bvr(c, i) == id && (uint32_t)(bvr(c, i) >> 32 & 0xffff) == vmid && c->ps.el < 2;
	default: return false;
	}
}

/* Is pc where breakpoint i, enabled for this EL, is? Address types 0 and 1 (linked); contexts alone match everywhere. */
static bool breaks_at(const struct a64 *c, unsigned i, uint64_t pc)
{
	uint64_t ctl = bcr(c, i), type = ctl >> 20 & 15;

	if (!(ctl & 1) || !el_matches(ctl, c->ps.el))
		return false;
	if (type == 0 || type == 1)
		return ((bvr(c, i) ^ pc) & 0x001ffffffffffffc) == 0 && (type == 0 || context_matches(c, ctl >> 16 & 15));
	return (type == 2 || type == 8 || type == 10) && context_matches(c, i);
}

/* Could a breakpoint be hit in the page of pc? */
bool a64_breaks_in_page(const struct a64 *c)
{
	for (unsigned i = 0; i < N_POINTS; i++)
		if (bcr(c, i) & 1 && ((bcr(c, i) >> 20 & 15) > 1 || ((bvr(c, i) ^ c->pc) & 0x001ffffffffff000) == 0))
			return true;
	return false;
}

unsigned a64_debug_state(const struct a64 *c)
{
	uint64_t mdscr = c->reg[A64_R_MDSCR_EL1];
	unsigned state = 0;

	if (!(mdscr & (MDSCR_SS | MDSCR_MDE)) || !enabled(c))
		return 0;
	if (mdscr & MDSCR_SS)
		state |= A64_DEBUG_STEP;
	if (mdscr & MDSCR_MDE)
		for (unsigned i = 0; i < N_POINTS; i++)
			state |= bcr(c, i) & 1 ? A64_DEBUG_BREAK : 0;
	return state;
}

static int debug_exception(struct a64 *c, unsigned ec, uint32_t iss, uint64_t far)
{
	unsigned target = debug_target(c);

	return a64_take(c, target, (uint64_t)(ec + (target == c->ps.el)) << 26 | (uint64_t)1 << 25 | iss, far, 0);
}

/*
 * Before an instruction: takes the exception of a step that is due (PSTATE.SS 0), or of a breakpoint; true: taken. A step tells
 * whether an instruction was stepped just now (ISV), and whether that was a load exclusive (EX).
 */
bool a64_debug_before(struct a64 *c)
{
	if (c->debug & A64_DEBUG_STEP && !c->ps.ss) {
		debug_exception(c, 0x32, STATUS | (c->stepped ? (uint32_t)1 << 24 | (c->stepped == 2 ? 1 << 6 : 0) : 0), 0);
		c->stepped = 0;
		return true;
	}
	if (c->debug & A64_DEBUG_BREAK)
		for (unsigned i = 0; i < N_POINTS; i++)
			if (breaks_at(c, i, c->pc)) {
				debug_exception(c, 0x30, STATUS, 0);
				return true;
			}
	return false;
}

uint64_t a64_debug_return(const struct a64 *c, uint64_t spsr)
{
	const uint64_t ss = (uint64_t)1 << 21;
	bool keep = c->reg[A64_R_MDSCR_EL1] & MDSCR_SS && !enabled(c) && enabled_from(c, spsr >> 2 & 3, spsr >> 9 & 1);

	return keep ? spsr : spsr & ~ss;
}

/* Is any byte of [va, va + size) one that watchpoint i names? */
static bool watches(const struct a64 *c, unsigned i, uint64_t va, unsigned size)
{
	uint64_t ctl = wcr(c, i), mask = ctl >> 24 & 31, base = wvr(c, i), low = (uint64_t)1 << 56;

	va &= low - 1;
	base &= low - 1;
	if (mask >= 3) {
		uint64_t span = (uint64_t)1 << mask;

		base &= ~(span - 1);
		return va + size > base && va < base + span;
	}
	base &= base & 4 ? ~(uint64_t)3 : ~(uint64_t)7;
	for (unsigned b = 0; b < 8; b++)
		if (ctl >> (5 + b) & 1 && base + b >= va && base + b < va + size)
			return true;
	return false;
}

bool a64_watched_page(const struct a64 *c, uint64_t va)
{
	if (!(c->reg[A64_R_MDSCR_EL1] & MDSCR_MDE))
		return false;
	for (unsigned i = 0; i < N_POINTS; i++)
		if (wcr(c, i) & 1 && ((wcr(c, i) >> 24 & 31) > A64_PAGE_BITS || ((wvr(c, i) ^ va) & 0x00fffffffffff000) == 0))
			return true;
	return false;
}

int a64_watchpoint(struct a64 *c, uint64_t va, unsigned size, bool priv, bool write)
{
	if (!(c->reg[A64_R_MDSCR_EL1] & MDSCR_MDE) || !enabled(c))
		return 0;
	for (unsigned i = 0; i < N_POINTS; i++) {
		uint64_t ctl = wcr(c, i);

		if (!(ctl & 1) || !(ctl >> (write ? 4 : 3) & 1) || !el_matches(ctl, priv ? c->ps.el : 0) || !watches(c, i, va, size))
			continue;
		if (ctl >> 20 & 1 && !context_matches(c, ctl >> 16 & 15))
			continue;
		return debug_exception(c, 0x34, STATUS | (uint32_t)write << 6, va);
	}
	return 0;
}
