/* SPDX-License-Identifier: Apache-2.0 */
/* A vCPU on a pCPU as bytes: all that decides what its steps do, as long as nothing is wrong. Private to the oracle. */
#ifndef EL2SIM_CHECK_ORACLE_NODE_H
#define EL2SIM_CHECK_ORACLE_NODE_H

#include "models/hyp/check/oracle_impl.h"

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

/* Bytes of a node, a multiple of 8. */
size_t oracle_node_size(const struct oracle *o);
/* v and c as they are. False: they are in the way of others, and no node to go on from. */
bool oracle_node_put(const struct oracle *o, unsigned v, unsigned c, uint8_t *b);
/* v and c get what a node says; set: what became new since they had it. */
void oracle_node_get(struct oracle *o, unsigned v, unsigned c, const uint8_t *b, uint64_t *set);

#endif
