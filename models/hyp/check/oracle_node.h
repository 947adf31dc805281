/* SPDX-License-Identifier: Apache-2.0 */
/* A vCPU on a pCPU as bytes: all that decides what its steps do, as long as nothing is wrong. Private to the oracle. */
#ifndef EL2SIM_CHECK_ORACLE_NODE_H
#define EL2SIM_CHECK_ORACLE_NODE_H

#include "models/hyp/check/oracle_impl.h"
#include "sim/base/recset.h"

/* The state of a pair begins with this; a byte per tag follows, and who wrote what the CPU holds. */
struct oracle_head {
	uint64_t state, entry_state;
	barrier_set pending;
	uint32_t lrs;
	uint8_t in_guest, cpu, fp_cpu, loaded, thread; /* whose, the last four */
	uint8_t none[7];
};

#define TAG_BYTE(kind, other, latest) ((uint8_t)((unsigned)(kind) << 5 | (unsigned)(other) << 1 | (latest)))
#define BYTE_KIND(b)   ((enum tag_kind)((b) >> 5))
#define BYTE_OTHER(b)  (((b) & 2) != 0)
#define BYTE_LATEST(b) (((b) & 1) != 0)

/* Slots with new values, a bit each: of the guest, its controls, the host; then a word of the thread's. */
enum oracle_new { NEW_GUEST, NEW_CONTROL, NEW_HOST, NEW_THREAD };
static inline size_t oracle_set_words(const struct oracle *o)
{
	return (o->t.n + 63) / 64;
}

static inline uint64_t *oracle_new_slots(const struct oracle *o, uint64_t *set, enum oracle_new which)
{
	return set + (size_t)which * oracle_set_words(o);
}

/* Words of such a set. */
static inline size_t oracle_new_words(const struct oracle *o)
{
	return 3 * oracle_set_words(o) + 1;
}

#define ORACLE_NO_NODE UINT32_MAX

/* Who goes along nodes on a pCPU. */
struct oracle_pair {
	uint32_t v, node; /* ORACLE_NO_NODE: tags are as they should be */
	bool moved;       /* they are not */
};

struct oracle_pairs {
	struct recset nodes;
	struct oracle_pair *pair; /* by pCPU */
	uint32_t *at;             /* by vCPU: pCPU of its pair, ORACLE_NONE */
	unsigned n_pair, n_at;
	uint64_t *set;            /* by pCPU: what is new since its tags were right; then one more */
	uint8_t *buf;             /* a node */
};

void oracle_pairs_make(struct oracle *o);
void oracle_pairs_free(struct oracle *o);
/* As many as there are vCPUs and pCPUs. */
void oracle_pairs_grow(struct oracle *o);
/* All are settled, and no node has a number any more. */
void oracle_pairs_forget(struct oracle *o);
/* The node that v on c is as its tags say; ORACLE_NO_NODE: one of them is in the way of others, and none is gone on from. */
uint32_t oracle_look(struct oracle *o, unsigned v, unsigned c);
/* v on c goes on from a node, the one that it is. */
void oracle_pair_up(struct oracle *o, unsigned v, unsigned c, uint32_t node);
/* The tags of a pCPU's pair are put right, and it is none any more. */
void oracle_settle_cpu(struct oracle *o, unsigned c);

static inline uint64_t *oracle_new_of(const struct oracle *o, unsigned c)
{
	return o->pairs->set + c * oracle_new_words(o);
}

#endif
