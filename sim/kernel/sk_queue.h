/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The timed notifications, those of one time in the order in which they were asked for: a radix queue. Inside of sim/kernel.
 *
 * Nothing comes before the time that was reached last (`base`). Times are numbers of 11 digits of 6 bits; a notification waits in
 * the list of the highest digit in which its time differs from base, and of the digit's value. When the lowest list that has any
 * comes to be due, base is its earliest time, and all of it goes to lists of lower digits, in its order. So each moves a few times
 * at most, and what is of one time is always in one list, first come, first. A short list, and one that is sorted, stays as it is,
 * and so does base: the earliest of it is taken out.
 */
#ifndef EL2SIM_KERNEL_SK_QUEUE_H
#define EL2SIM_KERNEL_SK_QUEUE_H

#include "sim/kernel/sk.h"

/* Room for one more event, which gets its id; may move the storage. */
void sk_queue_reserve(struct sk *k, struct sk_event *ev);
/* at: after the time now. */
void sk_queue_insert(struct sk *k, struct sk_event *ev, uint64_t at);
void sk_queue_remove(struct sk *k, struct sk_event *ev);
/* Time of the first; SK_NEVER if there is none. */
uint64_t sk_queue_time(const struct sk *k);
/* Take out the first one of the time now, which is no later than any; NULL: none is left. */
struct sk_event *sk_queue_take(struct sk *k);

/* Time of an event while it is SK_TIMED. */
static inline uint64_t sk_queue_at(const struct sk *k, const struct sk_event *ev)
{
	return k->timer[ev->id].at;
}

#endif
