/* SPDX-License-Identifier: Apache-2.0 */
/* The table of a path profile. */
#include <string.h>

#include "models/hyp/measured/path.h"
#include "traces/csv.h"

enum { COL_KIND, COL_SOURCE, COL_ITEM };

static const char *const columns[PATH_COLUMN_COUNT] = {
	"kind", "source",
#define PATH_ITEM(key, unit, column, help) #key,
#include "models/hyp/measured/path.def"
};

static const char *const sources[] = { "recorded", "derived", "assumed", "left out", NULL };

enum { SOURCE_COUNT = sizeof(sources) / sizeof(sources[0]) - 1 };

const char *const *path_columns(void)
{
	return columns;
}

/* "recorded: 64 of 64 took this path"; false if it is not one of sources and a reason. */
static bool take_source(const char *text, bool *left_out)
{
	for (size_t i = 0; i < SOURCE_COUNT; i++) {
		size_t n = strlen(sources[i]);

		if (strncmp(text, sources[i], n) != 0 || strncmp(text + n, ": ", 2) != 0 || text[n + 2] == '\0')
			continue;
		*left_out = i == SOURCE_COUNT - 1;
		return true;
	}
	return false;
}

static int take_items(const struct csv *c, const char *const *f, int64_t *item, bool *any, struct err *e)
{
	*any = false;
	for (size_t i = 0; i < PATH_ITEM_COUNT; i++) {
		uint64_t v;

		if (f[COL_ITEM + i][0] == '\0')
			continue;
		if (csv_u64(c, COL_ITEM + i, PATH_VALUE_MAX, &v, e) != 0)
			return -1;
		item[i] = (int64_t)v;
		*any = true;
	}
	return 0;
}

static int take_row(struct path_profile *p, const struct csv *c, const char *const *f, bool *seen, struct err *e)
{
	bool any, left_out;
	enum path_kind kind;

	if (path_kind_find(f[COL_KIND], &kind, e) != 0)
		return csv_at(c, e);
	if (seen[kind]) {
		(void)err_set(e, ERR_INPUT, "%s for the second time: want a row per kind", f[COL_KIND]);
		return csv_at(c, e);
	}
	seen[kind] = true;
	if (!take_source(f[COL_SOURCE], &left_out)) {
		(void)err_set(e, ERR_INPUT, "source = \"%.40s\": want \"recorded: ...\", \"derived: ...\", \"assumed: ...\" or "
			      "\"left out: ...\"", f[COL_SOURCE]);
		return csv_at(c, e);
	}
	if (take_items(c, f, p->item[kind], &any, e) != 0)
		return -1;
	if (any != left_out)
		return 0;
	(void)err_set(e, ERR_INPUT, "%s, source = \"%.40s\": want %s", f[COL_KIND], f[COL_SOURCE],
		      left_out ? "no values in such a row" : "a value at least, or \"left out: ...\"");
	return csv_at(c, e);
}

int path_read(struct path_profile *p, struct err *e)
{
	bool seen[PATH_KIND_COUNT] = { false };
	const char *const *f;
	struct csv *c;
	int r;

	for (size_t k = 0; k < PATH_KIND_COUNT; k++)
		for (size_t i = 0; i < PATH_ITEM_COUNT; i++)
			p->item[k][i] = PATH_NOT_MEASURED;
	if (p->table[0] == '\0')
		return 0;
	c = csv_open(p->table, columns, PATH_COLUMN_COUNT, e);
	if (c == NULL)
		return -1;
	while ((r = csv_next(c, &f, e)) == 1) {
		if (take_row(p, c, f, seen, e) != 0) {
			r = -1;
			break;
		}
	}
	csv_close(c);
	return r;
}
