/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/names.h"

#include <stdlib.h>
#include <string.h>

#define BITS 10 /* of a slot's number: sparse enough that a multiplier without collisions is found in a few tries */

static const struct {
	const char *name;
	uint8_t n, type;
	bool alias;
} rows[] = {
#define EVENT(name, fields, print) { #name, sizeof(#name) - 1, TR_##name, false },
#include "traces/events.def"
#define ALIAS(name, event) { #name, sizeof(#name) - 1, TR_##event, true },
#include "traces/aliases.def"
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

_Static_assert(ROWS < UINT8_MAX && ROWS * ROWS < 8u << BITS, "a sparse table");

struct tr_names {
	uint64_t factor;
	uint8_t row[1 << BITS]; /* + 1; 0: free */
};

/* First and last eight bytes and the length tell all names apart. */
static uint64_t key(const char *s, size_t n)
{
	uint64_t first = 0, last = 0;

	if (n >= sizeof(first)) {
		memcpy(&first, s, sizeof(first));
		memcpy(&last, s + n - sizeof(last), sizeof(last));
	} else {
		memcpy(&first, s, n);
	}
	return first ^ (last << 23 | last >> 41) ^ n;
}

static size_t slot_of(const struct tr_names *t, const char *s, size_t n)
{
	return key(s, n) * t->factor >> (64 - BITS);
}

/* Every row in a slot of its own. */
static bool fill(struct tr_names *t)
{
	memset(t->row, 0, sizeof(t->row));
	for (size_t i = 0; i < ROWS; i++) {
		uint8_t *to = &t->row[slot_of(t, rows[i].name, rows[i].n)];

		if (*to != 0)
			return false;
		*to = (uint8_t)(i + 1);
	}
	return true;
}

struct tr_names *tr_names_new(void)
{
	struct tr_names *t = xcalloc(1, sizeof(*t));
	unsigned tries = 0;

	t->factor = UINT64_C(0x9e3779b97f4a7c15);
	while (!fill(t)) {
		t->factor = t->factor * UINT64_C(6364136223846793005) + 2; /* odd again */
		BUG_ON(++tries == 100000); /* two names with equal keys */
	}
	return t;
}

void tr_names_free(struct tr_names *t)
{
	free(t);
}

/* The n bytes at a and b, in words that overlap: most names have 8 to 32. */
static inline bool equal(const char *a, const char *b, size_t n)
{
	uint64_t x[4], y[4];

	if (n < 16 || n > 32)
		return memcmp(a, b, n) == 0;
	memcpy(x, a, 16);
	memcpy(y, b, 16);
	memcpy(x + 2, a + n - 16, 16);
	memcpy(y + 2, b + n - 16, 16);
	return ((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3])) == 0;
}

bool tr_names_find(const struct tr_names *t, const char *s, size_t n, enum tr_type *type, bool *alias)
{
	unsigned i = t->row[slot_of(t, s, n)];

	if (i == 0 || rows[i - 1].n != n || !equal(rows[i - 1].name, s, n))
		return false;
	*type = (enum tr_type)rows[i - 1].type;
	*alias = rows[i - 1].alias;
	return true;
}
