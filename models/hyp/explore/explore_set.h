/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The states that were seen, by number, and how each was first reached; private to the explorer. States that may be new come in
 * chunks, and get their numbers as if one after the other had been asked for: the same with any number of threads.
 */
#ifndef EL2SIM_EXPLORE_EXPLORE_SET_H
#define EL2SIM_EXPLORE_EXPLORE_SET_H

#include "models/hyp/explore/explore_impl.h"
#include "sim/base/pool.h"

/* How a state was first reached. */
struct xnode {
	uint32_t parent;
	struct xevent ev;   /* under the parent's names */
	uint8_t vcpu, pcpu; /* of the event under the state's own names; XNONE: the event touched more */
};

/* A state that may be new: what it is made of, and how it was come to. */
struct xnext {
	uint64_t hash; /* of what it is made of, whatever the numbers of its blocks are */
	struct xnode node;
	uint32_t slot;              /* + 1 of its shard, if it is new */
	uint32_t id[XPARTS + 1];    /* numbers of its blocks, then the tail */
};

#define XSHARDS    16 /* by the top of the hash */
#define XCHUNKS    32 /* at most at a time */
#define XCHUNK_MAX (1U << 26) /* states that may be new */

/* Some of them in their order, made by one thread. */
struct xchunk {
	struct xnext *next;
	uint32_t n, room, n_new;
	uint32_t *order, first[XSHARDS + 1]; /* by shard */
};

struct xshard {
	uint64_t *slot; /* 32 bits of the hash, then number + 1, or a state that has none yet; 0 = free */
	uint32_t n, n_slot;
	const struct xnext **todo;
	uint32_t room;
};

struct xset {
	size_t parts; /* of a state, its tail among them */
	uint32_t *id; /* parts each */
	struct xnode *node;
	uint32_t n, room;
	struct xshard shard[XSHARDS];
};

void xset_init(struct xset *s, size_t parts);
void xset_free(struct xset *s);
uint64_t xset_bytes(const struct xset *s);

static inline const uint32_t *xset_at(const struct xset *s, uint32_t i)
{
	return s->id + i * s->parts;
}

/* Room for one more at the end of a chunk, which it gets with n++. */
struct xnext *xchunk_next(struct xchunk *c);
/* When it has all of them. */
void xchunk_sort(struct xchunk *c);
void xchunk_free(struct xchunk *c);

/* Those that are new get the next numbers. */
void xset_add(struct xset *s, struct pool *pool, struct xchunk *const *chunk, unsigned n);

#endif
