/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/order.h"

static bool before(const struct order_slot *a, const struct order_slot *b)
{
	return a->ev.ts_ns != b->ev.ts_ns ? a->ev.ts_ns < b->ev.ts_ns : a->seq < b->seq;
}

bool order_put(struct order *o, const struct tr_event *ev)
{
	struct order_slot slot = { *ev, o->seq++ };
	size_t i = o->n;

	if (ev->ts_ns < o->out_ns)
		return false;
	if (o->n == o->room) {
		o->room = o->room != 0 ? 2 * o->room : ORDER_MAX;
		o->heap = xrealloc(o->heap, o->room * sizeof(*o->heap));
	}
	o->n++;
	while (i > 0 && before(&slot, &o->heap[(i - 1) / 2])) {
		o->heap[i] = o->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	o->heap[i] = slot;
	return true;
}

bool order_full(const struct order *o)
{
	return o->n >= ORDER_MAX;
}

uint64_t order_first(const struct order *o)
{
	return o->heap[0].ev.ts_ns;
}

bool order_take(struct order *o, struct tr_event *ev)
{
	struct order_slot last;
	size_t i = 0;

	if (o->n == 0)
		return false;
	*ev = o->heap[0].ev;
	o->out_ns = ev->ts_ns;
	last = o->heap[--o->n];
	for (;;) {
		size_t child = 2 * i + 1;

		if (child + 1 < o->n && before(&o->heap[child + 1], &o->heap[child]))
			child++;
		if (child >= o->n || !before(&o->heap[child], &last))
			break;
		o->heap[i] = o->heap[child];
		i = child;
	}
	o->heap[i] = last;
	return true;
}

void order_free(struct order *o)
{
	free(o->heap);
	*o = (struct order){ 0 };
}
