/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was found out about blocks, looked up from then on: which events a vCPU has, what each makes of its own block and its
 * pCPU's, what that leaves of other blocks, what blocks are under other names. A state has few blocks that others do not have,
 * so most events are a few lookups. All threads of a search share it.
 */
#ifndef EL2SIM_EXPLORE_EXPLORE_MEMO_H
#define EL2SIM_EXPLORE_EXPLORE_MEMO_H

#include <pthread.h>

#include "models/hyp/explore/explore_impl.h"
#include "models/hyp/explore/explore_table.h"

/* An event of a vCPU with what is always asked about it. */
struct xlocal {
	struct xevent ev;
	uint32_t rank;
	bool wide;
};

/* Events of a vCPU, in table order. */
struct xlist {
	uint32_t first, n;
	uint8_t pcpus; /* bit: one of them is on it */
};

/* What is always asked of a block. */
struct xabout {
	uint64_t head; /* its first 8 bytes, the first one on top: XHEAD */
	uint32_t hash;
	_Atomic uint32_t row; /* number + 1 of its row of names; 0: none yet */
	uint32_t owners;      /* whose latest values it has (xblock_owners) */
};
#define XHEAD(about, i) XHEAD_BYTE((about)->head, i)

/* An array that grows with what is counted in it, between rounds. */
struct xarray {
	void *data;
	size_t size; /* bytes of one */
	uint32_t n, room;
};

/* Of all threads. */
struct xmemo {
	struct xnames names;
	unsigned n_vcpu, n_pcpu;
	pthread_mutex_t lock;   /* of whoever adds something */
	struct xtable block[2]; /* of vCPUs, of pCPUs: every one that was met, under any names */
	struct xabout *about[2];
	struct xtable lists;    /* by block and what else decides */
	struct xlist *list;
	struct xarray local;    /* struct xlocal */
	struct xtable groups;   /* a list and the block of a pCPU */
	uint32_t *group;        /* of each: its first effect; its list's events have one each */
	struct xarray effect;   /* struct xeffect */
	struct xtable patches;
	struct xtable patched;  /* a block and a patch */
	uint32_t *to_patched;
	struct xarray renamed;  /* rows of names: the block + 1 under each, _Atomic uint32_t */
};

/* Of one thread: a world to run events in. */
struct xhand {
	struct xworld *w;
	uint8_t *scratch, *scratch2;
	bool full; /* no room for what it found out; what it returned since is nothing */
};

void xmemo_init(struct xmemo *m, const struct xworld *w);
void xmemo_free(struct xmemo *m);
uint64_t xmemo_bytes(const struct xmemo *m);
/* Between rounds of threads. */
void xmemo_make_room(struct xmemo *m);

void xhand_init(struct xhand *h, struct xworld *w);
void xhand_free(struct xhand *h);

static inline const struct xlocal *xmemo_local(const struct xmemo *m, uint32_t list, uint32_t i)
{
	return (const struct xlocal *)m->local.data + m->list[list].first + i;
}

/* The blocks of the world as it is, by number; *tail is what belongs to none. */
void xmemo_world(struct xmemo *m, struct xhand *h, uint32_t own[static XPARTS], uint8_t *tail);

/* What of other blocks decides which events a vCPU has. */
uint32_t xmemo_env(const struct xmemo *m, const uint32_t own[static XPARTS]);
/* List of the events of vCPU v in a state; env: of all, from xmemo_env. */
uint32_t xmemo_list(struct xmemo *m, struct xhand *h, const uint32_t own[static XPARTS], uint8_t tail, unsigned v, uint32_t env);
/* Which of two independent events comes first: by the table, equal rows by their argument unless that is a name. */
uint32_t xmemo_rank(struct xevent ev);
/* The first effect of a list's events on pCPU c. */
uint32_t xmemo_effects(struct xmemo *m, struct xhand *h, uint32_t list, const uint32_t own[static XPARTS], uint8_t tail, unsigned c);
/*
 * The blocks after event i of the list, which is not wide; effects: from xmemo_effects of its pCPU. False: it breaks a rule, and
 * to is not set; the event is to be run in the whole state.
 */
bool xmemo_after(struct xmemo *m, struct xhand *h, uint32_t list, uint32_t i, uint32_t effects, const uint32_t own[static XPARTS], uint8_t tail,
		 uint32_t to[static XPARTS], uint8_t *to_tail);

/* The blocks under the names that make their bytes smallest, as xstate_encode finds them, in place. */
void xmemo_smallest(struct xmemo *m, struct xhand *h, uint32_t own[static XPARTS], struct xname *name);
/* Of a state by its blocks, whatever their numbers are. */
uint64_t xmemo_hash(const struct xmemo *m, const uint32_t own[static XPARTS], uint8_t tail);

#endif
