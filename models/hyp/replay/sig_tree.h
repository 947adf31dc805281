/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of steps that a replay has met, as a tree: a row is a node, its steps are those on the way to it (sigs.h). */
#ifndef EL2SIM_HYP_SIG_TREE_H
#define EL2SIM_HYP_SIG_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "models/hyp/kvm/exits.h"

#define SIG_ROOT      0   /* the row without steps */
#define SIG_DEPTH_MAX 255 /* steps of a row: a longer one is cut */

/* A step after those of its parent. */
struct sig_node {
	uint64_t state;
	uint32_t parent, latest; /* latest: the child that was taken last; SIG_ROOT: none */
	uint32_t step;           /* SIG_STEP */
	uint32_t depth;
};

/* A step's own: struct exit_step, and how many interrupts wait for list registers. */
#define SIG_STEP(is_phase, id, lines) ((uint32_t)(is_phase) << 16 | (uint32_t)(id) << 8 | (uint32_t)(lines))
static inline bool sig_is_phase(const struct sig_node *x)
{
	return x->step >> 16 != 0;
}
static inline uint8_t sig_id(const struct sig_node *x)
{
	return x->step >> 8 & 0xff;
}
static inline unsigned sig_lines(const struct sig_node *x)
{
	return x->step & 0xff;
}

struct sig_tree {
	struct sig_node *node;
	size_t n;        /* nodes; room: the next power of two */
	uint32_t *child; /* hash of nodes */
	size_t n_child;  /* a power of two, at least twice n */
};

static inline uint64_t sig_mix(uint64_t h)
{
	h *= UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 29;
}

/* Only the root; t is all zero, or was a tree before. */
void sig_tree_empty(struct sig_tree *t);
void sig_tree_free(struct sig_tree *t);
/* The row with one more step in a state, wherever it is; made if there is none. parent: not SIG_DEPTH_MAX deep. */
uint32_t sig_tree_find(struct sig_tree *t, uint32_t parent, uint32_t step, uint64_t state);
static inline uint32_t sig_tree_child(struct sig_tree *t, uint32_t parent, uint32_t step, uint64_t state)
{
	const uint32_t latest = t->node[parent].latest;
	const struct sig_node *x = &t->node[latest];

	return latest != SIG_ROOT && x->state == state && x->step == step ? latest : sig_tree_find(t, parent, step, state);
}

#endif
