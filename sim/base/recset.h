/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of equal-sized records, each different one once, by number. */
#ifndef EL2SIM_BASE_RECSET_H
#define EL2SIM_BASE_RECSET_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/err.h"

struct recset {
	uint8_t *data;
	uint64_t *slot; /* hash table: 32 bits of the hash, then number + 1; 0 = free */
	size_t size;    /* bytes of a record */
	uint32_t n, room, n_slot;
};

/* By words of 8 bytes with a final mix, four at a time; the table keeps the records, so a collision costs time only. */
static inline uint64_t recset_hash(const uint8_t *b, size_t n)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325), lane[4] = { h, h ^ 1, h ^ 2, h ^ 3 }, word[4];

	for (; n >= sizeof(word); b += sizeof(word), n -= sizeof(word)) {
		memcpy(word, b, sizeof(word));
		for (unsigned k = 0; k < 4; k++) {
			lane[k] = (lane[k] ^ word[k]) * UINT64_C(0x9e3779b97f4a7c15);
			lane[k] ^= lane[k] >> 29;
		}
		h = lane[0] ^ lane[1] << 1 ^ lane[2] << 2 ^ lane[3] << 3;
	}
	for (; n > 0; b += sizeof(*word), n -= n < sizeof(*word) ? n : sizeof(*word)) {
		word[0] = 0;
		memcpy(word, b, n < sizeof(*word) ? n : sizeof(*word));
		h = (h ^ word[0]) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 29;
	}
	return h * UINT64_C(0x9e3779b97f4a7c15);
}

static inline void recset_init(struct recset *t, size_t size)
{
	*t = (struct recset){ .size = size, .room = 64, .n_slot = 128 };
	t->data = xmalloc(t->room * size);
	t->slot = xcalloc(t->n_slot, sizeof(*t->slot));
}

static inline void recset_free(struct recset *t)
{
	free(t->data);
	free(t->slot);
}

static inline const uint8_t *recset_at(const struct recset *t, uint32_t i)
{
	return t->data + i * t->size;
}

static inline uint64_t recset_bytes(const struct recset *t)
{
	return (uint64_t)t->n * t->size + (uint64_t)t->n_slot * sizeof(*t->slot);
}

static inline void recset_grow(struct recset *t)
{
	uint64_t *old = t->slot;
	uint32_t n_old = t->n_slot;

	BUG_ON(t->n == UINT32_MAX / 4);
	t->room *= 2;
	t->n_slot *= 2;
	t->data = xrealloc(t->data, t->room * t->size);
	t->slot = xcalloc(t->n_slot, sizeof(*t->slot));
	for (uint32_t i = 0; i < n_old; i++) {
		uint32_t k = (uint32_t)(old[i] >> 32) & (t->n_slot - 1);

		if (old[i] == 0)
			continue;
		while (t->slot[k] != 0)
			k = (k + 1) & (t->n_slot - 1);
		t->slot[k] = old[i];
	}
	free(old);
}

/* The hash of a record for recset_add_hashed; where it will look is fetched meanwhile. */
static inline uint32_t recset_ask(const struct recset *t, const void *x)
{
	uint32_t hash = (uint32_t)(recset_hash(x, t->size) >> 32);

	__builtin_prefetch(&t->slot[hash & (t->n_slot - 1)]);
	return hash;
}

/* Number of a record; *fresh: it was not there. */
static inline uint32_t recset_add_hashed(struct recset *t, const void *x, uint32_t hash, bool *fresh)
{
	uint32_t i = hash & (t->n_slot - 1);

	for (; t->slot[i] != 0; i = (i + 1) & (t->n_slot - 1)) {
		uint32_t number = (uint32_t)t->slot[i] - 1;

		if (t->slot[i] >> 32 != hash || memcmp(recset_at(t, number), x, t->size) != 0)
			continue;
		*fresh = false;
		return number;
	}
	*fresh = true;
	if (t->n == t->room) {
		recset_grow(t);
		for (i = hash & (t->n_slot - 1); t->slot[i] != 0; i = (i + 1) & (t->n_slot - 1))
			;
	}
	memcpy(t->data + t->n * t->size, x, t->size);
	t->slot[i] = (uint64_t)hash << 32 | ++t->n;
	return t->n - 1;
}

static inline uint32_t recset_add(struct recset *t, const void *x, bool *fresh)
{
	return recset_add_hashed(t, x, (uint32_t)(recset_hash(x, t->size) >> 32), fresh);
}

#endif
