/* SPDX-License-Identifier: Apache-2.0 */
/* Inside a search: explore.c (it runs), explore_result.c (what it found). */
#ifndef EL2SIM_EXPLORE_EXPLORE_SEARCH_H
#define EL2SIM_EXPLORE_EXPLORE_SEARCH_H

#include "models/hyp/explore/explore_memo.h"
#include "models/hyp/explore/explore_set.h"

/* A violation in the event that follows a state. */
struct xbroken {
	struct xviolation what;
	uint32_t parent;
	struct xevent ev;
};

/* Some states of a level, expanded by one thread. */
struct xpiece {
	uint32_t first, n, done;
	struct xchunk chunk; /* what follows them */
	uint64_t transitions, left_out;
	struct xbroken *broken;
	size_t n_broken, room_broken;
};

struct xwhere_found {
	uint32_t parent;
	struct xevent ev;
};

struct explore {
	struct explore_options opt;
	const struct ws_prog *p;
	struct xworld *w; /* the caller's */
	struct xmemo memo;
	struct xset state;
	struct explore_stats stats;
	struct xhand *hand; /* by thread */
	unsigned n_hand;
	struct xpiece *piece; /* XCHUNKS */
	uint8_t *buf, *scratch;
	struct xviolation *found;
	struct xwhere_found *where;
	size_t n_found;
};

/* A world becomes a state; buf: xstate_size bytes. */
void explore_go_to(const struct explore *x, uint32_t s, struct xworld *w, uint8_t *buf);

#endif
