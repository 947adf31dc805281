/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics as bytes for another process of the same program: type, member, value, name, unit of each. */
#include <string.h>

#include "sim/document/metrics.h"

void metrics_pack(const struct metrics *m, struct str *b)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct metric *x = &m->m[i];
		const uint8_t type = (uint8_t)x->type, member = x->member;

		str_addn(b, (const char *)&type, sizeof(type));
		str_addn(b, (const char *)&member, sizeof(member));
		str_addn(b, (const char *)&x->u, sizeof(x->u)); /* i has the same place */
		str_addn(b, x->name, strlen(x->name) + 1);
		str_addn(b, x->unit, strlen(x->unit) + 1);
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
