/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/kernel/sk_heap.h"

#include <string.h>

/* Ties: first notified, first served; the hard mode of the tests reverses them. */
static bool before(const struct sk *k, const struct sk_slot *a, const struct sk_slot *b)
{
	if (a->at != b->at)
		return a->at < b->at;
	return ((k->flags & SK_REVERSE) != 0) != (a->seq < b->seq);
}

static void place(struct sk *k, size_t i, const struct sk_slot *s)
{
	k->heap[i] = *s;
	k->slot_of[s->id] = (uint32_t)i;
}

static void sift_up(struct sk *k, size_t i, struct sk_slot s)
{
	while (i > 0 && before(k, &s, &k->heap[(i - 1) / 2])) {
		place(k, i, &k->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	place(k, i, &s);
}

static void sift_down(struct sk *k, size_t i, struct sk_slot s)
{
	size_t child;

	while ((child = 2 * i + 1) < k->n_heap) {
		if (child + 1 < k->n_heap && before(k, &k->heap[child + 1], &k->heap[child]))
			child++;
		if (!before(k, &k->heap[child], &s))
			break;
		place(k, i, &k->heap[child]);
		i = child;
	}
	place(k, i, &s);
}

static void move_storage(struct sk *k, size_t cap)
{
	struct sk_slot *heap = xmalloc(cap * sizeof(*heap));

	if (k->heap != NULL) {
		memcpy(heap, k->heap, k->n_heap * sizeof(*heap));
		memset(k->heap, 0x5a, k->cap_heap * sizeof(*heap));
		free(k->heap);
	}
	k->heap = heap;
	k->cap_heap = cap;
}

void sk_heap_reserve(struct sk *k, struct sk_event *ev)
{
	BUG_ON(k->n_events == UINT32_MAX);
	if (k->n_events >= k->cap_heap) {
		move_storage(k, k->cap_heap != 0 ? 2 * k->cap_heap : 16);
		k->event = xrealloc(k->event, k->cap_heap * sizeof(struct sk_event *));
		k->slot_of = xrealloc(k->slot_of, k->cap_heap * sizeof(*k->slot_of));
	}
	ev->id = (uint32_t)k->n_events;
	k->event[k->n_events++] = ev;
}

void sk_heap_insert(struct sk *k, struct sk_event *ev, uint64_t at)
{
	if ((k->flags & SK_MOVE) != 0)
		move_storage(k, k->cap_heap);
	sift_up(k, k->n_heap++, (struct sk_slot){at, k->seq++, ev->id});
}

void sk_heap_remove(struct sk *k, struct sk_event *ev)
{
	size_t i = k->slot_of[ev->id];
	struct sk_slot last = k->heap[--k->n_heap];

	if (i == k->n_heap)
		return;
	if (i > 0 && before(k, &last, &k->heap[(i - 1) / 2]))
		sift_up(k, i, last);
	else
		sift_down(k, i, last);
}
