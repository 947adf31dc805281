/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/base/nameset.h"

#include <stdint.h>
#include <string.h>

#include "sim/base/err.h"

/* FNV-1a, 64 bits */
static uint64_t hash(const char *s)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
	return h ^ h >> 32;
}

/* Where the name is, or would be; slots is a power of two, and one at least is free. */
static struct nameset_slot *place(const struct nameset *s, const char *name)
{
	size_t i = (size_t)hash(name) & (s->slots - 1);

	while (s->slot[i].name != NULL && strcmp(s->slot[i].name, name) != 0)
		i = (i + 1) & (s->slots - 1);
	return &s->slot[i];
}

static void grow(struct nameset *s)
{
	struct nameset bigger = { .slots = s->slots != 0 ? s->slots * 2 : 16, .n = s->n };

	bigger.slot = xcalloc(bigger.slots, sizeof(*bigger.slot));
	for (size_t i = 0; i < s->slots; i++)
		if (s->slot[i].name != NULL)
			*place(&bigger, s->slot[i].name) = s->slot[i];
	free(s->slot);
	*s = bigger;
}

size_t nameset_count(struct nameset *s, const char *name)
{
	struct nameset_slot *p;

	if ((s->n + 1) * 2 > s->slots)
		grow(s);
	p = place(s, name);
	if (p->name == NULL) {
		p->name = xstrdup(name);
		s->n++;
	}
	return ++p->times;
}

bool nameset_add(struct nameset *s, const char *name)
{
	return nameset_count(s, name) == 1;
}

bool nameset_has(const struct nameset *s, const char *name)
{
	return s->slots != 0 && place(s, name)->name != NULL;
}

void nameset_free(struct nameset *s)
{
	for (size_t i = 0; i < s->slots; i++)
		free(s->slot[i].name);
	free(s->slot);
	*s = (struct nameset){ NULL, 0, 0 };
}
