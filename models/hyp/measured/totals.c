/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/measured/totals.h"

#include <string.h>

#include "traces/csv.h"

enum totals_type { TEXT, COUNT, FRACTION };

static const char *const columns[TOT_COUNT] = {
#define X(name, type) #name,
	TOTALS_COLUMNS(X)
#undef X
};

static const enum totals_type types[TOT_COUNT] = {
#define X(name, type) type,
	TOTALS_COLUMNS(X)
#undef X
};

const char *totals_column_name(enum totals_column c)
{
	BUG_ON(c >= TOT_COUNT);
	return columns[c];
}

struct totals {
	struct csv *csv;
	char *tag; /* the rows of a file carry one */
	unsigned long line;
};

struct totals *totals_open(const char *path, struct err *e)
{
	struct csv *csv = csv_open(path, columns, TOT_COUNT, e);
	struct totals *t;

	if (csv == NULL)
		return NULL;
	t = xcalloc(1, sizeof(*t));
	t->csv = csv;
	t->line = 1;
	return t;
}

void totals_close(struct totals *t)
{
	if (t == NULL)
		return;
	csv_close(t->csv);
	free(t->tag);
	free(t);
}

int totals_at(const struct totals *t, struct err *e)
{
	return csv_at(t->csv, e);
}

static int take_numbers(const struct csv *c, uint64_t *v, struct err *e)
{
	for (size_t i = 0; i < TOT_COUNT; i++) {
		if (types[i] == COUNT && csv_u64(c, i, TOTALS_VALUE_MAX, &v[i], e) != 0)
			return -1;
		if (types[i] == FRACTION && csv_fraction(c, i, e) != 0)
			return -1;
	}
	return 0;
}

int totals_next(struct totals *t, struct totals_row *row, struct err *e)
{
	const char *const *f;
	int got = csv_next(t->csv, &f, e);

	if (got <= 0)
		return got;
	*row = (struct totals_row){ .tag = f[TOT_tag], .kind = f[TOT_kind], .line = ++t->line };
	if (take_numbers(t->csv, row->v, e) != 0)
		return -1;
	if (t->tag == NULL)
		t->tag = xstrdup(row->tag);
	if (strcmp(t->tag, row->tag) == 0)
		return 1;
	(void)err_set(e, ERR_INPUT, "tag = \"%.40s\" after \"%.40s\": want one recording per file",
		      row->tag, t->tag);
	return csv_at(t->csv, e);
}
