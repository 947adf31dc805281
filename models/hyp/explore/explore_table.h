/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets of equal-sized records by number, as in sim/base/recset.h, that several threads look into and add to; private to the explorer.
 *
 * Whoever looks asks nobody; whoever adds holds the lock of the tables. Nothing moves while threads run: a full table says so, and
 * grows between two rounds of them. Numbers depend on who came first, so nothing that is printed may depend on numbers.
 */
#ifndef EL2SIM_EXPLORE_EXPLORE_TABLE_H
#define EL2SIM_EXPLORE_EXPLORE_TABLE_H

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/err.h"
#include "sim/base/recset.h"

#define XTABLE_NONE UINT32_MAX

struct xtable {
	uint8_t *data;
	_Atomic uint64_t *slot; /* 32 bits of the hash, then number + 1; 0 = free */
	size_t size;            /* bytes of a record */
	uint32_t n, room, n_slot;
};

static inline void xtable_init(struct xtable *t, size_t size, uint32_t room)
{
	*t = (struct xtable){ .size = size, .room = room, .n_slot = 2 * room };
	t->data = xmalloc(room * size);
	t->slot = xcalloc(t->n_slot, sizeof(*t->slot));
}

static inline void xtable_free(struct xtable *t)
{
	free(t->data);
	free(t->slot);
}

static inline const uint8_t *xtable_at(const struct xtable *t, uint32_t i)
{
	return t->data + i * t->size;
}

static inline uint64_t xtable_bytes(const struct xtable *t)
{
	return (uint64_t)t->n * t->size + (uint64_t)t->n_slot * sizeof(*t->slot);
}

static inline uint32_t xtable_hash(const struct xtable *t, const void *x)
{
	return (uint32_t)(recset_hash(x, t->size) >> 32);
}

/* Number of a record, XTABLE_NONE: it is not there; *at gets the slot that is its own or would be. */
static inline uint32_t xtable_look(const struct xtable *t, const void *x, uint32_t hash, uint32_t *at)
{
	uint64_t slot;

	for (*at = hash & (t->n_slot - 1); (slot = atomic_load_explicit(&t->slot[*at], memory_order_acquire)) != 0;
	     *at = (*at + 1) & (t->n_slot - 1)) {
		if (slot >> 32 == hash && memcmp(xtable_at(t, (uint32_t)slot - 1), x, t->size) == 0)
			return (uint32_t)slot - 1;
	}
	return XTABLE_NONE;
}

/* The next number gets the record; others find it from xtable_show on, when what goes with it is in its place. */
static inline uint32_t xtable_put(struct xtable *t, const void *x)
{
	memcpy(t->data + t->n * t->size, x, t->size);
	return t->n++;
}

static inline void xtable_show(struct xtable *t, uint32_t at, uint32_t hash, uint32_t number)
{
	atomic_store_explicit(&t->slot[at], (uint64_t)hash << 32 | (number + 1), memory_order_release);
}

static inline bool xtable_wants_room(const struct xtable *t)
{
	return t->n >= t->room / 4 * 3;
}

/* Twice the room; no thread may look. */
static inline void xtable_grow(struct xtable *t)
{
	_Atomic uint64_t *old = t->slot;
	uint32_t n_old = t->n_slot;

	BUG_ON(t->room > UINT32_MAX / 4);
	t->room *= 2;
	t->n_slot *= 2;
	t->data = xrealloc(t->data, t->room * t->size);
	t->slot = xcalloc(t->n_slot, sizeof(*t->slot));
	for (uint32_t i = 0; i < n_old; i++) {
		uint64_t slot = atomic_load_explicit(&old[i], memory_order_relaxed);
		uint32_t k = (uint32_t)(slot >> 32) & (t->n_slot - 1);

		if (slot == 0)
			continue;
		while (atomic_load_explicit(&t->slot[k], memory_order_relaxed) != 0)
			k = (k + 1) & (t->n_slot - 1);
		atomic_store_explicit(&t->slot[k], slot, memory_order_relaxed);
	}
	free(old);
}

#endif
