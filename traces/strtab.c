/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/strtab.h"

#include <string.h>

#include "sim/base/err.h"

/* By words of eight bytes. */
static uint32_t hash(const char *s, size_t n)
{
	uint64_t h = n, word;

	for (; n >= sizeof(word); s += sizeof(word), n -= sizeof(word)) {
		memcpy(&word, s, sizeof(word));
		h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 32;
	}
	for (word = 0; n > 0; n--)
		word = word << 8 | (unsigned char)s[n - 1];
	h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(h >> 32);
}

/* The slot that holds the text or the free one where it belongs. */
static uint32_t *find(const struct strtab *t, const char *s, size_t n)
{
	uint32_t i = hash(s, n) & (t->slots - 1);

	while (t->slot[i] != 0) {
		const char *have = t->text[t->slot[i]];

		if (strncmp(have, s, n) == 0 && have[n] == '\0')
			break;
		i = (i + 1) & (t->slots - 1);
	}
	return &t->slot[i];
}

static void grow(struct strtab *t)
{
	uint32_t slots = t->slots != 0 ? t->slots * 2 : 64;

	t->text = xrealloc(t->text, slots / 2 * sizeof(*t->text));
	free(t->slot);
	t->slot = xcalloc(slots, sizeof(*t->slot));
	t->slots = slots;
	if (t->count == 0)
		t->text[t->count++] = xstrdup("");
	for (uint32_t i = 1; i < t->count; i++)
		*find(t, t->text[i], strlen(t->text[i])) = i;
}

uint32_t strtab_add(struct strtab *t, const char *s, size_t n)
{
	uint32_t *slot;
	char *copy;

	if (n == 0)
		return 0;
	if (t->count >= t->slots / 2)
		grow(t);
	slot = find(t, s, n);
	if (*slot == 0) {
		copy = xmalloc(n + 1);
		memcpy(copy, s, n);
		copy[n] = '\0';
		*slot = t->count;
		t->text[t->count++] = copy;
	}
	return *slot;
}

const char *strtab_get(const struct strtab *t, uint32_t id)
{
	return id < t->count ? t->text[id] : "";
}

void strtab_free(struct strtab *t)
{
	for (uint32_t i = 0; i < t->count; i++)
		free(t->text[i]);
	free(t->text);
	free(t->slot);
	*t = (struct strtab){ 0 };
}
