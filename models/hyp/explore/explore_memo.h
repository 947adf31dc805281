/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was found out about blocks, looked up from then on: which events a vCPU has, what each makes of its own block and its
 * pCPU's, what that leaves of other blocks, what blocks are under other names. A state has few blocks that others do not have,
 * so most events are a few lookups.
 */
#ifndef EL2SIM_EXPLORE_EXPLORE_MEMO_H
#define EL2SIM_EXPLORE_EXPLORE_MEMO_H

#include "models/hyp/explore/explore_impl.h"
#include "sim/base/recset.h"

#define XPARTS (2 * EXPLORE_MAX) /* blocks of a state at most: of vCPUs, then of pCPUs */

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

struct xmemo {
	struct xworld *w;
	struct xnames names;
	struct recset block[2];  /* of vCPUs, of pCPUs: every one that was met, under any names */
	struct recset lists;     /* by block and what else decides */
	struct xlist *list;
	struct xlocal *local;
	uint32_t room_list, n_local, room_local;
	struct recset groups;    /* a list and the block of a pCPU */
	uint32_t *group;         /* of each: its first effect; its list's events have one each */
	struct xeffect *effect;
	uint32_t room_group, n_effect, room_effect;
	struct recset patches;
	struct recset patched;   /* a block and a patch */
	uint32_t *to_patched;
	uint32_t room_patched;
	uint16_t *owners[2]; /* of each block: whose latest values it has; 0: not known yet */
	uint32_t room_owners[2];
	uint32_t *row[2], room_row[2]; /* of each block: number + 1 of its row of names */
	uint32_t *renamed, n_rows, room_rows; /* rows: the block + 1 under each name */
	uint8_t *scratch, *scratch2;
};

void xmemo_init(struct xmemo *m, struct xworld *w);
void xmemo_free(struct xmemo *m);
uint64_t xmemo_bytes(const struct xmemo *m);

/* The blocks of the world as it is, by number; *tail is what belongs to none. */
void xmemo_world(struct xmemo *m, uint32_t own[static XPARTS], uint8_t *tail);

/* List of the events of vCPU v in a state; env: of all, from xmemo_env. */
uint32_t xmemo_list(struct xmemo *m, const uint32_t own[static XPARTS], uint8_t tail, unsigned v, uint32_t env);
/* What of other blocks decides which events a vCPU has. */
uint32_t xmemo_env(const struct xmemo *m, const uint32_t own[static XPARTS]);
/* Which of two independent events comes first: by the table, equal rows by their argument unless that is a name. */
uint32_t xmemo_rank(struct xevent ev);
/* The first effect of a list's events on pCPU c. */
uint32_t xmemo_effects(struct xmemo *m, uint32_t list, const uint32_t own[static XPARTS], uint8_t tail, unsigned c);
/*
 * The blocks after event i of the list, which is not wide; effects: from xmemo_effects of its pCPU. False: it breaks a rule, and
 * to is not set; the event is to be run in the whole state.
 */
bool xmemo_after(struct xmemo *m, uint32_t list, uint32_t i, uint32_t effects, const uint32_t own[static XPARTS], uint8_t tail,
		 uint32_t to[static XPARTS], uint8_t *to_tail);

/* The blocks under the names that make their bytes smallest, as xstate_encode finds them, in place. */
void xmemo_smallest(struct xmemo *m, uint32_t own[static XPARTS], struct xname *name);

#endif
