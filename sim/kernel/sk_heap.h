/* SPDX-License-Identifier: Apache-2.0 */
/* The timed notifications: a binary heap by (time, sequence number). Inside of sim/kernel. */
#ifndef EL2SIM_KERNEL_SK_HEAP_H
#define EL2SIM_KERNEL_SK_HEAP_H

#include "sim/kernel/sk.h"

/* Room for one more event, which gets its id; may move the storage. */
void sk_heap_reserve(struct sk *k, struct sk_event *ev);
void sk_heap_insert(struct sk *k, struct sk_event *ev, uint64_t at);
void sk_heap_remove(struct sk *k, struct sk_event *ev);

/* Time of the first; SK_NEVER if there is none. */
static inline uint64_t sk_heap_time(const struct sk *k)
{
	return k->n_heap != 0 ? k->heap[0].at : SK_NEVER;
}

#endif
