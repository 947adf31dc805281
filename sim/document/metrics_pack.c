/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics as bytes for another process of the same program: type, member, value, name, unit of each. */
#include <string.h>

#include "sim/document/metrics.h"

size_t metric_stem(const char *name)
{
	static const char *const ends[] = { METRIC_LOW, METRIC_HIGH };
	const size_t n = strlen(name);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		const size_t k = strlen(ends[i]);

		if (n > k && strcmp(name + n - k, ends[i]) == 0)
			return n - k;
	}
	return n;
}

static void pack(struct str *b, const struct metric *x, enum rep_type of, uint64_t value, const char *end)
{
	const uint8_t type = (uint8_t)of, member = x->member;

	str_addn(b, (const char *)&type, sizeof(type));
	str_addn(b, (const char *)&member, sizeof(member));
	str_addn(b, (const char *)&value, sizeof(value));
	str_add(b, x->name);
	str_addn(b, end, strlen(end) + 1);
	str_addn(b, x->unit, strlen(x->unit) + 1);
}

/* Those that a sweep's report shows; all of them would make results half as large again. */
static bool keeps_band(const struct metric *x)
{
	return x->band && (metric_rule_of(x->name)->gated || metric_fits("phases/*", x->name));
}

void metrics_pack(const struct metrics *m, struct str *b)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct metric *x = &m->m[i];

		pack(b, x, x->type, x->u, ""); /* i has the same place */
		if (!keeps_band(x))
			continue;
		pack(b, x, REP_FIX, (uint64_t)x->low, METRIC_LOW);
		pack(b, x, REP_FIX, (uint64_t)x->high, METRIC_HIGH);
	}
}

/* A terminated text in [*at, end); NULL if there is none. */
static const char *text_at(const char **at, const char *end)
{
	const char *s = *at, *stop = memchr(s, '\0', (size_t)(end - s));

	if (stop != NULL)
		*at = stop + 1;
	return stop != NULL ? s : NULL;
}

bool metrics_unpack(const char **at, const char *end, struct metric_view *v)
{
	const size_t fixed = 2 + sizeof(v->u);
	const char *from = *at;
	uint8_t type;

	if ((size_t)(end - from) < fixed)
		return false;
	memcpy(&type, from, sizeof(type));
	v->type = (enum rep_type)type;
	v->member = from[1] != 0;
	memcpy(&v->u, from + 2, sizeof(v->u));
	from += fixed;
	v->name = text_at(&from, end);
	v->unit = v->name != NULL ? text_at(&from, end) : NULL;
	*at = from;
	return v->unit != NULL;
}
