/* SPDX-License-Identifier: Apache-2.0 */
/* What went into two reports: facts in words, and the effective configuration where a report has it. */
#include <string.h>

#include "sim/document/diff.h"
#include "sim/document/rep_doc.h"

static const char *fact_of(const struct rep *r, const char *key)
{
	for (size_t i = 0; i < r->nfacts; i++) {
		if (strcmp(r->facts[i].key, key) == 0)
			return r->facts[i].text;
	}
	return NULL;
}

/* REP_EFFECTIVE of one configuration: key and value come first. */
static const struct rep_table *options_of(const struct rep *r)
{
	for (size_t i = 0; i < r->ntables; i++) {
		const struct rep_table *t = r->tables[i];

		if (strcmp(t->key, REP_EFFECTIVE) == 0 && t->ncols > 2 && strcmp(t->cols[0].key, "key") == 0)
			return t;
	}
	return NULL;
}

static const char *option_of(const struct rep_table *t, const char *key)
{
	for (size_t row = 0; t != NULL && row < rep_rows(t); row++) {
		const struct rep_cell *k = rep_cell_at(t, row, 0), *v = rep_cell_at(t, row, 1);

		if (!k->none && !v->none && strcmp(k->s, key) == 0)
			return v->s;
	}
	return NULL;
}

struct inputs {
	struct rep *r;
	const char *first, *second;
	struct rep_table *t; /* NULL until there is a row */
};

static void row(struct inputs *x, const char *what, const char *a, const char *b)
{
	const struct rep_col cols[] = { { .key = "what", .type = REP_STR },
					{ .key = "first", .title = x->first, .type = REP_STR },
					{ .key = "second", .title = x->second, .type = REP_STR } };
	struct rep_table *t;

	if (a != NULL && b != NULL && strcmp(a, b) == 0)
		return;
	if (x->t == NULL)
		x->t = rep_table(x->r, "inputs", "What went in and is not the same", cols, 3);
	t = x->t;
	rep_str(t, what);
	if (a != NULL)
		rep_str(t, a);
	else
		rep_none(t);
	if (b != NULL)
		rep_str(t, b);
	else
		rep_none(t);
}

/* Options of x that are other, or not set, in y; swapped: x is the second side. */
static void option_rows(struct inputs *to, const struct rep_table *x, const struct rep_table *y, bool swapped)
{
	for (size_t i = 0; x != NULL && y != NULL && i < rep_rows(x); i++) {
		const struct rep_cell *key = rep_cell_at(x, i, 0), *value = rep_cell_at(x, i, 1);
		const char *other;

		if (key->none || value->none)
			continue;
		other = option_of(y, key->s);
		if (!swapped)
			row(to, key->s, value->s, other);
		else if (other == NULL)
			row(to, key->s, NULL, value->s);
	}
}

void diff_inputs(const struct rep *a, const struct rep *b, const char *first, const char *second, struct rep *r)
{
	struct inputs x = { r, first, second, NULL };

	for (size_t i = 0; i < a->nfacts; i++) {
		if (a->facts[i].text != NULL)
			row(&x, a->facts[i].title, a->facts[i].text, fact_of(b, a->facts[i].key));
	}
	for (size_t i = 0; i < b->nfacts; i++) {
		if (b->facts[i].text != NULL && fact_of(a, b->facts[i].key) == NULL)
			row(&x, b->facts[i].title, NULL, b->facts[i].text);
	}
	option_rows(&x, options_of(a), options_of(b), false);
	option_rows(&x, options_of(b), options_of(a), true);
}
