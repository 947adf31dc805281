// SPDX-License-Identifier: Apache-2.0
/* The loop: pages of decoded operations, executed until something asks for attention. */
#include <stdlib.h>

#include "models/cpu/a64/regs.h"
#include "models/cpu/machine.h"
#include "sim/base/err.h"

struct a64 *a64_new(const struct a64_bus *bus, uint64_t feats, unsigned el, unsigned inside)
{
	struct a64 *c = xcalloc(1, sizeof(*c));

	c->bus = *bus;
	c->feats = feats;
	c->inside = (uint8_t)inside;
	c->ps = (struct a64_pstate){.el = (uint8_t)el, .sp = el != 0, .daif = 0xf};
	a64_regs_init(c);
	for (unsigned i = 0; i < A64_CLASSES; i++)
		c->cost[i] = i != A64_CLASS_decode;
	c->tlb_used = (1 << A64_TLB_CONTEXTS) - 1; /* zeros would be translations */
	a64_flush_tlb(c);
	a64_tlb_choose(c);
	return c;
}

void a64_free(struct a64 *c)
{
	if (c == NULL)
		return;
	for (unsigned i = 0; i < A64_CODE_SIZE; i++)
		free(c->code[i]);
	free(c->uarch);
	free(c);
}

uint64_t a64_cycles(const struct a64 *c)
{
	uint64_t sum = 0;

	if (!c->running)
		return c->counts.cycles;
	for (unsigned i = 0; i < A64_CLASSES; i++)
		sum += c->counts.by_class[i] * c->cost[i];
	return sum;
}

/* Decoded code: a slot per hash of the page; a page takes the place of another. */

static struct a64_page *const *slot(const struct a64 *c, uint64_t pa)
{
	uint64_t page = pa >> A64_PAGE_BITS;

	return &c->code[(page ^ page >> A64_CODE_BITS) & (A64_CODE_SIZE - 1)];
}

struct a64_page *a64_code_page(const struct a64 *c, uint64_t pa)
{
	struct a64_page *p = *slot(c, pa);

	return p != NULL && p->pa == (pa & ~(uint64_t)(A64_PAGE - 1)) ? p : NULL;
}

/* Not decoded yet: decode in place, then execute. */
static int x_decode(struct a64 *c, const struct a64_op *op);

static void forget(struct a64_page *p, unsigned first, unsigned last)
{
	for (unsigned i = first; i <= last; i++) {
		p->op[i].exec = x_decode;
		p->op[i].class = A64_CLASS_decode;
	}
}

/* Operations whose word is another one in memory by now are forgotten. */
static void verify(struct a64 *c, struct a64_page *p, const uint8_t *mem)
{
	p->verified = c->code_flushes;
	if (memcmp(p->word, mem, A64_PAGE) == 0)
		return;
	for (unsigned i = 0; i < A64_PAGE_OPS; i++) {
		uint32_t word;

		memcpy(&word, mem + 4 * i, 4);
		if (word != p->word[i])
			forget(p, i, i);
		p->word[i] = word;
	}
}

void a64_code_written(struct a64 *c, uint64_t pa, unsigned size)
{
	struct a64_page *p = a64_code_page(c, pa);

	if (p != NULL)
		forget(p, (unsigned)(pa & (A64_PAGE - 1)) / 4, (unsigned)((pa + size - 1) & (A64_PAGE - 1)) / 4);
}

void a64_forget_code(struct a64 *c)
{
	for (unsigned i = 0; i < A64_CODE_SIZE; i++)
		if (c->code[i] != NULL)
			forget(c->code[i], 0, A64_PAGE_OPS - 1);
}

/* Each page is held against memory when it is next fetched from: guests invalidate line by line, and change little. */
void a64_flush_code(struct a64 *c)
{
	c->code_flushes++;
	c->page_va = 1;
}

/* SP as the base of an access must be a multiple of 16 (SCTLR_ELx.SA, SA0). */
int a64_sp_aligned(struct a64 *c, const struct a64_op *op)
{
	if (c->x[A64_SP] & 0xf) {
		uint64_t sctlr = c->reg[c->ps.el == 2 ? A64_R_SCTLR_EL2 : A64_R_SCTLR_EL1];

		if (sctlr >> (c->ps.el == 0 ? 4 : 3) & 1)
			return a64_exception(c, A64_EC_SP, 0, 0);
	}
	return op->then(c, op);
}

static bool is_access(const struct a64_op *op)
{
	return op->class == A64_CLASS_load || op->class == A64_CLASS_store || op->class == A64_CLASS_load_pair ||
	       op->class == A64_CLASS_store_pair || op->class == A64_CLASS_atomic;
}

/* An instruction that is taken outside costs what the exception costs there, and nothing here: what of its cost is to be given back. */
static uint32_t given_back(struct a64 *c, enum a64_class class, uint32_t cost)
{
	if (!c->stopped || c->stop != A64_STOP_EXCEPTION)
		return 0;
	c->counts.by_class[class]--;
	return cost;
}

static int x_decode(struct a64 *c, const struct a64_op *op)
{
	struct a64_op *slot_op = &c->page->op[c->pc / 4 % A64_PAGE_OPS];
	const uint8_t *mem = c->bus.ram(c->bus.owner, c->page->pa);
	uint32_t word, cost;

	(void)op;
	if (mem == NULL)
		return a64_fetch_external(c, c->pc);
	memcpy(&word, mem + (c->pc & (A64_PAGE - 1)), 4);
	c->page->word[c->pc / 4 % A64_PAGE_OPS] = word;
	a64_decode(word, c->feats, slot_op);
	if (is_access(slot_op) && slot_op->n == A64_SP && slot_op->exec != x_NOP && slot_op->exec != x_vector) {
		slot_op->then = slot_op->exec;
		slot_op->exec = a64_sp_aligned;
	}
	if (slot_op->class == A64_CLASS_branch && a64_uarch_has(c, GUEST_CORE_BRANCH)) {
		slot_op->then = slot_op->exec;
		slot_op->exec = a64_predicted;
	}
	c->counts.by_class[slot_op->class]++; /* it was counted as one to decode */
	cost = c->cost[slot_op->class];
	if (slot_op->exec(c, slot_op) == 0)
		c->pc += 4;
	else
		cost -= given_back(c, slot_op->class, cost);
	c->counts.cycles += cost;
	return 1; /* the loop looks at the cycles anew */
}

const struct a64_op *a64_current(const struct a64 *c)
{
	return c->page != NULL ? &c->page->op[c->pc / 4 % A64_PAGE_OPS] : NULL;
}

static void enter(struct a64 *c, struct a64_page *p, uint64_t va, bool guarded)
{
	p->guarded = guarded;
	c->page = p;
	c->page_va = va;
	c->page_el = c->ps.el;
}

/* The page of pc becomes the current one; false: an exception was taken, or the run stopped. */
static bool fetch(struct a64 *c)
{
	uint64_t pa;
	bool guarded;
	struct a64_page **at, *p;
	const uint8_t *mem;
	const uint64_t va = c->pc & ~(uint64_t)(A64_PAGE - 1);
	struct a64_fetched *f = &c->fetched[va >> A64_PAGE_BITS & (A64_FETCHED - 1)];

	if (c->pc & 3) {
		a64_exception(c, A64_EC_PC, 0, c->pc);
		return false;
	}
	if (f->va == (va | c->ps.el) && f->page->pa == f->pa && f->page->verified == c->code_flushes) {
		enter(c, f->page, va, f->guarded);
		return true;
	}
	c->page = NULL;
	c->page_va = 1; /* an exception may lead back to the page we came from */
	if (!a64_fetch_address(c, c->pc, &pa, &guarded))
		return false;
	mem = c->bus.ram(c->bus.owner, pa & ~(uint64_t)(A64_PAGE - 1));
	if (mem == NULL) {
		a64_fetch_external(c, c->pc);
		return false;
	}
	p = a64_code_page(c, pa);
	if (p == NULL) {
		at = (struct a64_page **)slot(c, pa);
		if (*at == NULL)
			*at = xmalloc(sizeof(**at));
		p = *at;
		p->pa = pa & ~(uint64_t)(A64_PAGE - 1);
		p->verified = c->code_flushes;
		memcpy(p->word, mem, A64_PAGE);
		forget(p, 0, A64_PAGE_OPS - 1);
		/* From now on writes to it are seen. */
		for (unsigned context = 0; context < A64_TLB_CONTEXTS; context++)
			for (unsigned i = 0; c->tlb_used >> context & 1 && i < A64_TLB_SIZE; i++)
				if (c->tlb[context][i].pa == p->pa)
					c->tlb[context][i].write = 1;
	}
	if (p->verified != c->code_flushes)
		verify(c, p, mem);
	enter(c, p, va, guarded);
	*f = (struct a64_fetched){.va = va | c->ps.el, .pa = p->pa, .page = p, .guarded = guarded};
	return true;
}

/* May a guarded page be entered here as BTYPE says (Arm ARM, D8.4.6)? */
static bool bti_accepts(const struct a64 *c, const struct a64_op *op, unsigned btype)
{
	switch (op->insn) {
	case A64_HINT:
		if (op->kind >> 3 == 4 && (op->kind & 1) == 0) { /* BTI, BTI c, BTI j, BTI jc */
			unsigned targets = op->kind >> 1 & 3;

			return targets == 3 || (targets == 1 && btype != 3) || (targets == 2 && btype != 2);
		}
		if (op->kind != 25 && op->kind != 27) /* PACIASP, PACIBSP: with SCTLR_ELx.BT as BTI c, else as BTI jc */
			return false;
		return btype != 3 || !(c->reg[a64_regime_el2(c) ? A64_R_SCTLR_EL2 : A64_R_SCTLR_EL1] >> (c->ps.el == 0 ? 35 : 36) & 1);
	case A64_BRK:
	case A64_HLT:
		return true;
	default:
		return false;
	}
}

/* What is due before the next instruction; false: pc was changed or the run stopped. */
static bool attend(struct a64 *c)
{
	c->attention = 0;
	a64_tlb_choose(c);
	if (c->stop_asked) {
		c->stop_asked = false;
		a64_stop(c, A64_STOP_ASKED, NULL);
		return false;
	}
	if (c->stopped)
		return false;
	c->debug = (uint8_t)a64_debug_state(c);
	if (!(c->debug & A64_DEBUG_STEP))
		c->stepped = 0;
	if (c->lines != 0 && a64_interrupt(c) != 0)
		return false;
	if (c->ps.il) {
		a64_exception(c, A64_EC_ILLEGAL, 0, 0);
		return false;
	}
	if (c->lines != 0)
		c->attention = 1; /* masked, perhaps not for long */
	return true;
}

static bool check_btype(struct a64 *c)
{
	struct a64_op op;
	uint32_t word;
	unsigned btype = c->ps.btype;
	const uint8_t *mem;

	if (!c->page->guarded)
		return true;
	mem = c->bus.ram(c->bus.owner, c->page->pa);
	if (mem == NULL)
		return true;
	memcpy(&word, mem + (c->pc & (A64_PAGE - 1)), 4);
	a64_decode(word, c->feats, &op);
	if (bti_accepts(c, &op, btype))
		return true;
	a64_exception(c, A64_EC_BTI, btype, 0);
	return false;
}

/*
 * Executes inside of the current page, at most n instructions, each of which begins before so many cycles are over; returns how
 * many instructions.
 */
static uint64_t run_page(struct a64 *c, uint64_t n, uint64_t cycles)
{
	const struct a64_op *first = &c->page->op[c->pc / 4 % A64_PAGE_OPS], *op = first, *end = &c->page->op[A64_PAGE_OPS];
	uint64_t used = 0;

	if (n < (uint64_t)(end - op))
		end = op + n;
	while (op < end && used < cycles) {
		const struct a64_op *now = op++;
		const enum a64_class class = now->class; /* decoding changes it */

		c->counts.by_class[class]++;
		used += c->cost[class];
		if (now->exec(c, now) != 0) {
			if (class != A64_CLASS_decode)
				used -= given_back(c, class, c->cost[class]);
			break;
		}
		c->pc += 4;
	}
	c->counts.cycles += used;
	return (uint64_t)(op - first);
}

/*
 * Where debug may interfere: one instruction, or up to n of a page without a breakpoint. Returns how many; a step's exception and a
 * breakpoint's come before the instruction, and PSTATE.SS is spent behind it (Arm ARM, D2.12).
 */
static uint64_t run_debugged(struct a64 *c, uint64_t n, uint64_t cycles)
{
	if (c->debug & A64_DEBUG_STEP) {
		const struct a64_op *op = &c->page->op[c->pc / 4 % A64_PAGE_OPS];
		unsigned insn;

		c->ss_set = false;
		n = run_page(c, 1, cycles);
		insn = op->insn;
		c->stepped = insn == A64_LDXR || insn == A64_LDAXR || insn == A64_LDXP || insn == A64_LDAXP ? 2 : 1;
		if (!c->ss_set && !(c->stopped && c->stop == A64_STOP_EXCEPTION)) /* taken outside: whoever emulates it advances */
			c->ps.ss = 0;
		c->attention = 1;
		return n;
	}
	return run_page(c, a64_breaks_in_page(c) ? 1 : n, cycles);
}

static enum a64_stop run(struct a64 *c, uint64_t insns, uint64_t cycles)
{
	const uint64_t begin = c->counts.cycles, most = a64_uarch_accesses(c) ? 1 : UINT64_MAX;
	uint64_t used;

	c->stopped = false;
	c->stop = A64_STOP_BUDGET;
	c->attention = 1;
	c->running = true;
	while (insns > 0 && (used = c->counts.cycles - begin) < cycles) {
		uint64_t n = insns < most ? insns : most;

		if (c->attention && !attend(c)) {
			if (c->stopped)
				break;
			continue;
		}
		if (c->debug != 0 && a64_debug_before(c))
			continue;
		if (c->page_va != (c->pc & ~(uint64_t)(A64_PAGE - 1)) || c->page_el != c->ps.el || c->pc & 3) {
			if (!fetch(c)) {
				insns--; /* a loop of aborts ends, too */
				continue;
			}
		}
		if (c->ps.btype != 0) {
			if (!check_btype(c))
				continue;
			c->ps.btype = 0;
		}
		n = c->debug != 0 ? run_debugged(c, n, cycles - used) : run_page(c, n, cycles - used);
		insns -= n;
		c->counts.insns += n;
	}
	c->running = false;
	c->counts.by_class[A64_CLASS_decode] = 0;
	return c->stop;
}

enum a64_stop a64_run(struct a64 *c, uint64_t budget)
{
	return run(c, budget, UINT64_MAX);
}

enum a64_stop a64_run_cycles(struct a64 *c, uint64_t budget)
{
	return run(c, budget, budget);
}
