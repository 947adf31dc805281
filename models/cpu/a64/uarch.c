// SPDX-License-Identifier: Apache-2.0
/*
 * What a core does beside its instructions, as events that cost: a branch predictor, a TLB, a data cache. Models of the kind,
 * not of a product; off by default ([machine] guest_core). Off they take no time: a predicted branch is a wrapper that decoding puts
 * before it, and accesses that are modelled never get into the fast path's table.
 */
#include <stdlib.h>

#include "models/cpu/a64/a64_impl.h"
#include "models/cpu/machine.h"
#include "sim/base/err.h"

enum { COUNTERS = 4096, TARGETS = 512, RETURNS = 16, SETS = 256, WAYS = 4, LINE_BITS = 6 };

/* Least recently used is last; keys are never 0. */
struct sets {
	uint64_t key[SETS][WAYS];
};

struct a64_uarch {
	uint64_t models; /* bits of enum guest_core */
	uint8_t counter[COUNTERS]; /* 0 to 3: two and more predict taken */
	uint32_t history;
	uint64_t target[TARGETS], back[RETURNS];
	unsigned depth;
	struct sets tlb, l1;
};

void a64_use_machine(struct a64 *c, const struct machine *m)
{
	for (unsigned i = 0; i < INSNCOST_COUNT; i++)
		c->cost[i] = (uint32_t)m->insn[i];
	c->cost[A64_CLASS_decode] = 0;
	free(c->uarch);
	c->uarch = NULL;
	if (m->guest_core != 0) {
		c->uarch = xcalloc(1, sizeof(*c->uarch));
		c->uarch->models = m->guest_core;
	}
	a64_flush_tlb(c);
	a64_forget_code(c);
}

bool a64_uarch_has(const struct a64 *c, unsigned model)
{
	return c->uarch != NULL && (c->uarch->models >> model & 1) != 0;
}

bool a64_uarch_accesses(const struct a64 *c)
{
	return a64_uarch_has(c, GUEST_CORE_TLB) || a64_uarch_has(c, GUEST_CORE_L1);
}

static void event(struct a64 *c, enum a64_class class, bool happens)
{
	c->counts.by_class[class] += happens;
	c->counts.cycles += happens ? c->cost[class] : 0;
}

static bool hit(struct sets *s, uint64_t key)
{
	uint64_t *way = s->key[(key ^ key >> 8) & (SETS - 1)];
	unsigned i = 0;
	bool found;

	while (i < WAYS - 1 && way[i] != key)
		i++;
	found = way[i] == key;
	for (; i > 0; i--)
		way[i] = way[i - 1];
	way[0] = key;
	return found;
}

/* By the bytes of a page at va, which lie at pa. */
void a64_uarch_access(struct a64 *c, uint64_t va, uint64_t pa, unsigned size)
{
	struct a64_uarch *u = c->uarch;

	if (u->models >> GUEST_CORE_TLB & 1) {
		uint64_t ttbr = c->reg[va >> 55 & 1 ? A64_R_TTBR1_EL1 : A64_R_TTBR0_EL1];
		uint64_t key = (va >> A64_PAGE_BITS & 0xfffffffff) | (ttbr >> 48 & 0xff) << 40 | (c->reg[A64_R_VTTBR_EL2] >> 48 & 0x7fff) << 48;

		event(c, A64_CLASS_tlb_miss, !hit(&u->tlb, key | (uint64_t)1 << 63));
	}
	if (u->models >> GUEST_CORE_L1 & 1)
		for (uint64_t line = pa >> LINE_BITS; line <= (pa + size - 1) >> LINE_BITS; line++)
			event(c, A64_CLASS_l1_miss, !hit(&u->l1, line | (uint64_t)1 << 63));
}

void a64_uarch_tlbi(struct a64 *c)
{
	if (c->uarch != NULL)
		memset(&c->uarch->tlb, 0, sizeof(c->uarch->tlb));
}

/* Was the direction, or the target, what was predicted? Learns. */
static bool conditional(struct a64_uarch *u, uint64_t pc, bool taken)
{
	uint8_t *counter = &u->counter[(pc >> 2 ^ u->history) % COUNTERS];
	bool right = (*counter >= 2) == taken;

	*counter = (uint8_t)(taken ? (*counter < 3 ? *counter + 1 : 3) : *counter > 0 ? *counter - 1 : 0);
	u->history = (u->history << 1 | taken) % COUNTERS;
	return right;
}

static bool indirect(struct a64_uarch *u, uint64_t pc, uint64_t to)
{
	uint64_t *target = &u->target[(pc >> 2) % TARGETS];
	bool right = *target == to;

	*target = to;
	return right;
}

/* Before a branch: op->then is the branch itself. */
int a64_predicted(struct a64 *c, const struct a64_op *op)
{
	struct a64_uarch *u = c->uarch;
	uint64_t pc = c->pc;
	bool taken = op->then(c, op) != 0, right = true;

	switch (op->insn) {
	case A64_B: break;
	case A64_BL: u->back[u->depth++ % RETURNS] = pc + 4; break;
	case A64_RET:
	case A64_RETA: right = u->back[--u->depth % RETURNS] == c->pc; break;
	case A64_BLR:
	case A64_BLRA:
	case A64_BLRAZ:
		u->back[u->depth++ % RETURNS] = pc + 4;
		right = indirect(u, pc, c->pc);
		break;
	case A64_BR:
	case A64_BRA:
	case A64_BRAZ: right = indirect(u, pc, c->pc); break;
	default: right = conditional(u, pc, taken); break;
	}
	event(c, A64_CLASS_branch_mispredicted, !right);
	return taken;
}
