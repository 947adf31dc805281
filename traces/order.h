/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A window that sorts records which come slightly out of order (text of several CPUs): of a
 * reader at most ORDER_MAX wait in it; equal times keep the order of arrival.
 */
#ifndef EL2SIM_TRACES_ORDER_H
#define EL2SIM_TRACES_ORDER_H

#include "traces/trace.h"

#define ORDER_MAX 4096 /* records, about half a megabyte */

struct order_slot {
	struct tr_event ev;
	uint64_t seq;
};

struct order {
	size_t n;                 /* records that wait */
	struct order_slot *queue; /* those that came in order: a ring */
	size_t first, queued, queue_room;
	struct order_slot *heap;  /* those that came late: the earliest first */
	size_t late, heap_room;
	uint64_t seq;
	uint64_t out_ns;          /* time of the last record that left */
	struct tr_event was_late; /* that record, if it came late */
};

/* Put a record in; the window grows as it must. Returns false when it is earlier than one that already left. */
bool order_put(struct order *o, const struct tr_event *ev);
/* As many wait as should: a reader takes one out before the next order_put. */
static inline bool order_full(const struct order *o)
{
	return o->n >= ORDER_MAX;
}
/* Time of the earliest; there is one. */
uint64_t order_first(const struct order *o);
/* Take the earliest out; it stays where it is until the next call. NULL: there is none. */
const struct tr_event *order_take(struct order *o);
void order_free(struct order *o);

#endif
