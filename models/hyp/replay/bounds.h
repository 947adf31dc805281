/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounds of what the whole trace would have given, when the one that is replayed lacks events.
 *
 * The replay runs as always. Beside it, each component that runs is judged: is it certain that the whole trace runs it
 * too, and in which states it may? Run-time conditions are known true, known false, or not known; an op counts for the
 * lower bound if its guard holds in every state that is possible, for the upper bound if it holds in any. An exit is
 * of each kind that fits what its events tell (doubt.c): a component is certain if every one of them has it.
 *
 * What can happen any number of times without an event (a load and a put when no event shows them) has no upper bound.
 */
#ifndef EL2SIM_HYP_BOUNDS_H
#define EL2SIM_HYP_BOUNDS_H

#include "models/hyp/replay/sight.h"
#include "models/hyp/ws/outcome.h"

#define BOUNDS_NONE (UINT64_C(1) << 56) /* no upper bound; that and more: sums of a few such stay above */

/* A set of exit kinds. */
struct kind_set {
	uint64_t w[2];
};
_Static_assert(EXIT_COUNT <= 128, "a set must hold every kind");

static inline void kind_set_add(struct kind_set *s, enum exit_kind k)
{
	s->w[k / 64] |= UINT64_C(1) << k % 64;
}

static inline bool kind_set_has(const struct kind_set *s, enum exit_kind k)
{
	return (s->w[k / 64] >> k % 64 & 1) != 0;
}

static inline bool kind_set_one(const struct kind_set *s)
{
	return __builtin_popcountll(s->w[0]) + __builtin_popcountll(s->w[1]) == 1;
}

/* Exits whose kind the trace does not tell: how many may be one of these. */
struct bounds_doubt {
	struct kind_set kinds;
	uint64_t count;
};

/* One execution of a component, in the best and in the worst case. */
struct bounds_comp {
	struct ws_totals lo, hi;
};

struct bounds {
	struct sight sight;
	/*
	 * Figures of the whole trace: at least, at most. Averages are no part; flags, times and what the recording says
	 * of itself (trace.unfinished and the like) are not bounded.
	 */
	struct outcome lo, hi;
	bool fp_traps;        /* each load is followed by a first FP use */
	struct bounds_comp comp[COMP_COUNT];
	struct bounds_doubt *doubt;
	size_t n_doubt;
};

void bounds_free(struct bounds *b);

/*
 * Bounds of the quotient of reads and writes of the same trace under two programs, a to b, in thousandths, rounded
 * outwards. *hi is BOUNDS_NONE, or *lo 0, when nothing is known.
 */
void bounds_ratio(const struct bounds *a, const struct bounds *b, uint64_t *lo, uint64_t *hi);

#endif
