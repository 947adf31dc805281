/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/order.h"

static bool before(const struct order_slot *a, const struct order_slot *b)
{
	return a->ev.ts_ns != b->ev.ts_ns ? a->ev.ts_ns < b->ev.ts_ns : a->seq < b->seq;
}

/* --- the queue: its room is a power of two --- */

static struct order_slot *queue_at(const struct order *o, size_t i)
{
	return &o->queue[(o->first + i) & (o->queue_room - 1)];
}

static void queue_grow(struct order *o)
{
	size_t room = o->queue_room != 0 ? 2 * o->queue_room : ORDER_MAX;
	struct order_slot *q = xcalloc(room, sizeof(*q));

	for (size_t i = 0; i < o->queued; i++)
		q[i] = *queue_at(o, i);
	free(o->queue);
	o->queue = q;
	o->queue_room = room;
	o->first = 0;
}

/* --- the heap --- */

static void heap_put(struct order *o, const struct order_slot *slot)
{
	size_t i = o->late;

	if (o->late == o->heap_room) {
		o->heap_room = o->heap_room != 0 ? 2 * o->heap_room : 64;
		o->heap = xrealloc(o->heap, o->heap_room * sizeof(*o->heap));
	}
	o->late++;
	while (i > 0 && before(slot, &o->heap[(i - 1) / 2])) {
		o->heap[i] = o->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	o->heap[i] = *slot;
}

static void heap_take(struct order *o)
{
	struct order_slot last = o->heap[--o->late];
	size_t i = 0;

	for (;;) {
		size_t child = 2 * i + 1;

		if (child + 1 < o->late && before(&o->heap[child + 1], &o->heap[child]))
			child++;
		if (child >= o->late || !before(&o->heap[child], &last))
			break;
		o->heap[i] = o->heap[child];
		i = child;
	}
	o->heap[i] = last;
}

bool order_put(struct order *o, const struct tr_event *ev)
{
	struct order_slot *to;

	if (ev->ts_ns < o->out_ns)
		return false;
	o->n++;
	if (o->queued != 0 && ev->ts_ns < queue_at(o, o->queued - 1)->ev.ts_ns) {
		const struct order_slot slot = { *ev, o->seq++ };

		heap_put(o, &slot);
		return true;
	}
	if (o->queued == o->queue_room)
		queue_grow(o);
	to = queue_at(o, o->queued++);
	to->ev = *ev;
	to->seq = o->seq++;
	return true;
}

/* The heap has the earliest. */
static bool late_first(const struct order *o)
{
	return o->late != 0 && (o->queued == 0 || before(&o->heap[0], queue_at(o, 0)));
}

uint64_t order_first(const struct order *o)
{
	return late_first(o) ? o->heap[0].ev.ts_ns : queue_at(o, 0)->ev.ts_ns;
}

const struct tr_event *order_take(struct order *o)
{
	const struct tr_event *ev;

	if (o->n == 0)
		return NULL;
	o->n--;
	if (late_first(o)) {
		o->was_late = o->heap[0].ev;
		ev = &o->was_late;
		heap_take(o);
	} else {
		ev = &queue_at(o, 0)->ev;
		o->first = (o->first + 1) & (o->queue_room - 1);
		o->queued--;
	}
	o->out_ns = ev->ts_ns;
	return ev;
}

void order_free(struct order *o)
{
	free(o->queue);
	free(o->heap);
	*o = (struct order){ 0 };
}
