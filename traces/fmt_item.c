/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/fmt_item.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

int fmt_field(enum tr_type type, const char *name, size_t n)
{
	for (unsigned i = 0; i < tr_field_count(type); i++) {
		const char *have = tr_field_name(type, i);

		if (strncmp(have, name, n) == 0 && have[n] == '\0')
			return (int)i;
	}
	return -1;
}

static bool is_word(const char *p, const char *end, const char *word)
{
	return (size_t)(end - p) == strlen(word) && memcmp(p, word, (size_t)(end - p)) == 0;
}

/* What follows the colon. */
static enum fmt_conv conv_of(const char *spec, const char *end)
{
	if (is_word(spec, end, "neg"))
		return CONV_NEG;
	if (is_word(spec, end, "state"))
		return CONV_STATE;
	if (is_word(spec, end, "oldstate"))
		return CONV_OLDSTATE;
	return memchr(spec, '|', (size_t)(end - spec)) != NULL ? CONV_WORDS : CONV_PRINTF;
}

struct fmt_item fmt_item_at(enum tr_type type, const char *p)
{
	struct fmt_item it = { .conv = CONV_KIND, .field = -1, .other = -1, .begin = p - 1, .end = strchr(p, '}') };
	const char *name = p + (*p == '~');
	const char *q = name + strcspn(name, ":=>-}");
	char *rest;

	BUG_ON(it.end == NULL);
	if (q != name)
		it.field = fmt_field(type, name, (size_t)(q - name));
	BUG_ON(it.field < 0 && q != name);
	if (*p == '~') {
		it.conv = CONV_SKIP;
	} else if (*q == ':') {
		it.spec = q + 1;
		it.word = is_word(it.spec, it.end, "word");
		it.conv = it.word ? CONV_KIND : conv_of(it.spec, it.end);
		it.padded = is_word(it.spec, it.end, "016x");
	} else if (*q == '=') {
		it.conv = CONV_CONST;
		it.constant = strtoll(q + 2, NULL, 10);
	} else if (*q == '>') {
		it.conv = CONV_BITS;
		it.shift = (unsigned)strtoul(q + 1, &rest, 10);
		it.mask = strtoull(rest + 1, NULL, 10);
	} else if (*q == '-') {
		it.conv = CONV_DIFF;
		it.other = fmt_field(type, q + 1, (size_t)(it.end - q - 1));
	}
	return it;
}

bool fmt_next_word(const char **p, const char *end, uint64_t *value, const char **word, size_t *n)
{
	const char *stop;
	char *eq;

	if (*p >= end)
		return false;
	stop = memchr(*p, '|', (size_t)(end - *p));
	if (stop == NULL)
		stop = end;
	if (isdigit((unsigned char)**p)) {
		uint64_t v = strtoull(*p, &eq, 10);

		if (*eq == '=') {
			*value = v;
			*p = eq + 1;
		}
	}
	*word = *p;
	*n = (size_t)(stop - *p);
	*p = stop + 1;
	return true;
}

bool fmt_word_value(enum tr_type type, unsigned field, const char *word, uint64_t *v)
{
	for (const char *p = strchr(tr_print_forms(type), '{'); p != NULL; p = strchr(p + 1, '{')) {
		struct fmt_item it = fmt_item_at(type, p + 1);
		const char *at = it.spec, *have;
		uint64_t value = 0;
		size_t n;

		if (it.conv != CONV_WORDS || it.field != (int)field)
			continue;
		for (; fmt_next_word(&at, it.end, &value, &have, &n); value++) {
			if (strlen(word) == n && memcmp(have, word, n) == 0) {
				*v = value;
				return true;
			}
		}
	}
	return false;
}

bool fmt_is_state(enum tr_type type, unsigned field)
{
	for (const char *p = strchr(tr_print_forms(type), '{'); p != NULL; p = strchr(p + 1, '{')) {
		struct fmt_item it = fmt_item_at(type, p + 1);

		if (it.conv == CONV_STATE && it.field == (int)field)
			return true;
	}
	return false;
}
