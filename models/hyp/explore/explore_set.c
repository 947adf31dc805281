/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/explore/explore_set.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/err.h"

#define SLOTS 256 /* of a shard, to begin with */

/* In a slot, a state without a number: its chunk and its place there. */
#define WAITING        0x80000000U
#define WAITING_OF(k, i) (WAITING | (uint32_t)(k) << 26 | (i))
#define WAITING_CHUNK(x) ((x) >> 26 & (XCHUNKS - 1))
#define WAITING_AT(x)    ((x) & (XCHUNK_MAX - 1))
_Static_assert(XCHUNKS <= 32 && XCHUNK_MAX == 1U << 26, "they share 31 bits");

void xset_init(struct xset *s, size_t parts)
{
	*s = (struct xset){ .parts = parts, .room = 256 };
	s->id = xmalloc(s->room * parts * sizeof(*s->id));
	s->node = xmalloc(s->room * sizeof(*s->node));
	for (unsigned k = 0; k < XSHARDS; k++) {
		s->shard[k].n_slot = SLOTS;
		s->shard[k].slot = xcalloc(SLOTS, sizeof(*s->shard[k].slot));
	}
}

void xset_free(struct xset *s)
{
	free(s->id);
	free(s->node);
	for (unsigned k = 0; k < XSHARDS; k++) {
		free(s->shard[k].slot);
		free(s->shard[k].todo);
	}
}

uint64_t xset_bytes(const struct xset *s)
{
	uint64_t sum = s->n * (s->parts * sizeof(*s->id) + sizeof(*s->node));

	for (unsigned k = 0; k < XSHARDS; k++)
		sum += (uint64_t)s->shard[k].n_slot * sizeof(*s->shard[k].slot);
	return sum;
}

/* ---- chunks ---- */

struct xnext *xchunk_next(struct xchunk *c)
{
	if (c->n == c->room) {
		c->room = c->room != 0 ? 2 * c->room : 256;
		BUG_ON(c->room > XCHUNK_MAX);
		c->next = xrealloc(c->next, c->room * sizeof(*c->next));
		c->order = xrealloc(c->order, c->room * sizeof(*c->order));
	}
	return &c->next[c->n];
}

static unsigned shard_of(uint64_t hash)
{
	return (unsigned)(hash >> 60);
}
_Static_assert(XSHARDS == 16, "shard_of");

void xchunk_sort(struct xchunk *c)
{
	uint32_t at[XSHARDS] = { 0 };

	for (uint32_t i = 0; i < c->n; i++)
		at[shard_of(c->next[i].hash)]++;
	c->first[0] = 0;
	for (unsigned k = 0; k < XSHARDS; k++) {
		c->first[k + 1] = c->first[k] + at[k];
		at[k] = c->first[k];
	}
	for (uint32_t i = 0; i < c->n; i++)
		c->order[at[shard_of(c->next[i].hash)]++] = i;
}

void xchunk_free(struct xchunk *c)
{
	free(c->next);
	free(c->order);
}

/* ---- which are new ---- */

struct adding {
	struct xset *s;
	struct xchunk *const *chunk;
	unsigned n;
	uint32_t first[XCHUNKS]; /* number of the first new state of each */
};

static void grow(struct xshard *h)
{
	uint64_t *old = h->slot;
	uint32_t n_old = h->n_slot;

	BUG_ON(n_old > UINT32_MAX / 2);
	h->n_slot *= 2;
	h->slot = xcalloc(h->n_slot, sizeof(*h->slot));
	for (uint32_t i = 0; i < n_old; i++) {
		uint32_t k = (uint32_t)(old[i] >> 32) & (h->n_slot - 1);

		if (old[i] == 0)
			continue;
		while (h->slot[k] != 0)
			k = (k + 1) & (h->n_slot - 1);
		h->slot[k] = old[i];
	}
	free(old);
}

/* Everything of a shard, in order; the slots will hold it. */
static uint32_t gather(const struct adding *a, unsigned shard, struct xshard *h)
{
	uint32_t n = 0;

	for (unsigned k = 0; k < a->n; k++)
		n += a->chunk[k]->first[shard + 1] - a->chunk[k]->first[shard];
	if (n > h->room) {
		h->room = 2 * n;
		free(h->todo);
		h->todo = xmalloc(h->room * sizeof(*h->todo));
	}
	while (2 * ((uint64_t)h->n + n) > h->n_slot)
		grow(h);
	n = 0;
	for (unsigned k = 0; k < a->n; k++) {
		const struct xchunk *c = a->chunk[k];

		for (uint32_t i = c->first[shard]; i < c->first[shard + 1]; i++)
			h->todo[n++] = &c->next[c->order[i]];
	}
	return n;
}

static const uint32_t *id_of(const struct adding *a, uint32_t x)
{
	return (x & WAITING) == 0 ? xset_at(a->s, x - 1) : a->chunk[WAITING_CHUNK(x)]->next[WAITING_AT(x)].id;
}

static uint32_t home(const struct xshard *h, const struct xnext *x)
{
	return (uint32_t)x->hash & (h->n_slot - 1);
}

static void add_one(const struct adding *a, struct xshard *h, struct xnext *x, uint32_t waiting)
{
	uint32_t i = home(h, x), hash = (uint32_t)x->hash;

	for (; h->slot[i] != 0; i = (i + 1) & (h->n_slot - 1)) {
		if (h->slot[i] >> 32 == hash && memcmp(id_of(a, (uint32_t)h->slot[i]), x->id, a->s->parts * sizeof(*x->id)) == 0)
			return;
	}
	h->slot[i] = (uint64_t)hash << 32 | waiting;
	x->slot = i + 1;
	h->n++;
}

#define SLOT_AHEAD 12 /* slots, then states in them, are on the way from memory meanwhile */
#define ID_AHEAD   6

static void fetch_id(const struct adding *a, const struct xshard *h, const struct xnext *x)
{
	const uint64_t slot = h->slot[home(h, x)];

	if (slot >> 32 == (uint32_t)x->hash)
		__builtin_prefetch(id_of(a, (uint32_t)slot));
}

static void add_shard(void *ctx, size_t shard, unsigned thread)
{
	const struct adding *a = ctx;
	struct xshard *h = &a->s->shard[shard];
	uint32_t n = gather(a, (unsigned)shard, h), t = 0;

	(void)thread;
	for (unsigned k = 0; k < a->n; k++) {
		const struct xchunk *c = a->chunk[k];

		for (uint32_t i = c->first[shard]; i < c->first[shard + 1]; i++, t++) {
			if (t + SLOT_AHEAD < n)
				__builtin_prefetch(&h->slot[home(h, h->todo[t + SLOT_AHEAD])]);
			if (t + ID_AHEAD < n)
				fetch_id(a, h, h->todo[t + ID_AHEAD]);
			add_one(a, h, &c->next[c->order[i]], WAITING_OF(k, c->order[i]));
		}
	}
}

static void count_new(void *ctx, size_t k, unsigned thread)
{
	struct xchunk *c = ((const struct adding *)ctx)->chunk[k];

	(void)thread;
	c->n_new = 0;
	for (uint32_t i = 0; i < c->n; i++)
		c->n_new += c->next[i].slot != 0;
}

static void number(void *ctx, size_t k, unsigned thread)
{
	const struct adding *a = ctx;
	const struct xchunk *c = a->chunk[k];
	struct xset *s = a->s;
	uint32_t at = a->first[k];

	(void)thread;
	for (uint32_t i = 0; i < c->n; i++) {
		const struct xnext *x = &c->next[i];

		if (x->slot == 0)
			continue;
		memcpy(s->id + at * s->parts, x->id, s->parts * sizeof(*s->id));
		s->node[at] = x->node;
		s->shard[shard_of(x->hash)].slot[x->slot - 1] = x->hash << 32 | ++at;
	}
}

void xset_add(struct xset *s, struct pool *pool, struct xchunk *const *chunk, unsigned n)
{
	struct adding a = { .s = s, .chunk = chunk, .n = n };

	BUG_ON(n > XCHUNKS);
	pool_run(pool, XSHARDS, add_shard, &a);
	for (unsigned k = 0; k < n; k++) {
		count_new(&a, k, 0);
		a.first[k] = s->n;
		s->n += chunk[k]->n_new;
	}
	BUG_ON(s->n >= WAITING - 1);
	if (s->n > s->room) {
		while (s->n > s->room)
			s->room *= 2;
		s->id = xrealloc(s->id, s->room * s->parts * sizeof(*s->id));
		s->node = xrealloc(s->node, s->room * sizeof(*s->node));
	}
	pool_run(pool, n, number, &a);
}
