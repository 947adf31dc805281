/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/document/rep_read_impl.h"

#include <string.h>

#include "sim/base/filter.h"

static int read_column(const struct rd *d, const char *table, const json_t *v, struct rep_col *c)
{
	const char *type = rd_text_at(d, v, table, "type");
	uint64_t decimals = 0;

	if (type == NULL || (c->key = rd_text_at(d, v, table, "key")) == NULL ||
	    (c->title = rd_text_at(d, v, table, "title")) == NULL || (c->unit = rd_text_at(d, v, table, "unit")) == NULL)
		return -1;
	while (c->type < REP_TYPE_COUNT && strcmp(rep_type_names[c->type], type) != 0)
		c->type++;
	if (c->type == REP_TYPE_COUNT)
		return rd_wrong(d, "%s: column \"%s\" is of type \"%s\": want string, u64, i64, decimal or hex", table,
			     c->key, type);
	if (c->type == REP_FIX &&
	    (!rd_u64_of(json_object_get(v, "decimals"), &decimals) || decimals > 3))
		return rd_wrong(d, "%s: column \"%s\": want \"decimals\" 0..3", table, c->key);
	c->decimals = (int)decimals;
	c->sparse = json_is_true(json_object_get(v, "sparse"));
	return 0;
}

/* The columns, to be freed by the caller; NULL with *e filled. */
static struct rep_col *read_columns(const struct rd *d, const char *table, const json_t *list)
{
	size_t n = json_array_size(list);
	struct rep_col *cols = xcalloc(n + 1, sizeof(*cols));
	int rc = n != 0 ? 0 : rd_wrong(d, "%s: no columns: %s", table, RD_HINT);
	struct nameset keys = { 0 };

	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = read_column(d, table, json_array_get(list, i), &cols[i]);
		if (rc == 0 && !nameset_add(&keys, cols[i].key))
			rc = rd_wrong(d, "%s: two columns have the key \"%s\"", table, cols[i].key);
	}
	nameset_free(&keys);
	if (rc == 0)
		return cols;
	free(cols);
	return NULL;
}

/* False if the value is not of the column's type. */
static bool read_cell(struct rep_table *t, enum rep_type type, const json_t *v)
{
	uint64_t u;
	int64_t i;

	if (json_is_null(v)) {
		rep_none(t);
		return true;
	}
	switch (type) {
	case REP_STR:
		if (rd_string_of(v) == NULL)
			return false;
		rep_str(t, rd_string_of(v));
		return true;
	case REP_U64:
	case REP_ID:
	case REP_HEX:
		if (!(type == REP_HEX ? rd_hex_of(v, &u) : rd_u64_of(v, &u)))
			return false;
		rep_u64(t, u);
		return true;
	case REP_I64:
		if (!rd_i64_of(v, &i))
			return false;
		rep_i64(t, i);
		return true;
	case REP_FIX:
		if (!rd_fix_of(v, &i))
			return false;
		rep_fix(t, i);
		return true;
	case REP_TYPE_COUNT:
		break;
	}
	BUG("a column of unknown type");
}

/* "a b" from ["a", "b"]; false if it is no list of words. */
static bool words_of(const json_t *list, struct str *b)
{
	const json_t *v;
	size_t i;

	if (list != NULL && !json_is_array(list))
		return false;
	json_array_foreach(list, i, v) {
		if (rd_string_of(v) == NULL || strchr(rd_string_of(v), ' ') != NULL)
			return false;
		str_addf(b, "%s%s", i != 0 ? " " : "", rd_string_of(v));
	}
	return true;
}

/* A member that may be left out. */
static const char *text_or_none(const json_t *v, const char *key)
{
	const char *text = rd_string_of(json_object_get(v, key));

	return text != NULL ? text : "";
}

static int read_chart(const struct rd *d, struct rep_table *t, const json_t *v)
{
	const char *kind = rd_text_at(d, v, t->key, "kind");
	struct rep_chart c = { .title = rd_string_of(json_object_get(v, "title")), .x = rd_string_of(json_object_get(v, "x")),
			       .series = text_or_none(v, "series"), .split = text_or_none(v, "split"),
			       .unit = rd_string_of(json_object_get(v, "unit")),
			       .marks = rd_string_of(json_object_get(v, "marks")),
			       .log_x = json_is_true(json_object_get(v, "log_x")),
			       .log_y = json_is_true(json_object_get(v, "log_y")),
			       .transposed = json_is_true(json_object_get(v, "transposed")),
			       .lead = json_is_true(json_object_get(v, "lead")) };
	const json_t *low_high = json_object_get(v, "band");
	struct str y = STR_INIT, choose = STR_INIT, first = STR_INIT, band = STR_INIT;
	int rc = 0;

	if (kind == NULL)
		return -1;
	while (c.kind < REP_CHART_COUNT && strcmp(rep_chart_names[c.kind], kind) != 0)
		c.kind++;
	if (c.kind == REP_CHART_COUNT || !words_of(json_object_get(v, "y"), &y) ||
	    !words_of(json_object_get(v, "choose"), &choose) || !words_of(json_object_get(v, "first"), &first) ||
	    !words_of(low_high, &band) ||
	    (low_high != NULL && json_array_size(low_high) != 2) || c.x == NULL || c.x[0] == '\0' || y.len == 0)
		c.kind = REP_CHART_COUNT;
	c.y = str_get(&y);
	c.choose = str_get(&choose);
	c.first = str_get(&first);
	c.band = str_get(&band);
	if (c.kind == REP_CHART_COUNT || !rep_chart_fits(t, &c))
		rc = rd_wrong(d, "%s: chart %zu: want a known kind, and columns of this table as x, y, series, choose, split and band",
			   t->key, t->ncharts + 1);
	else
		rep_chart(t, &c);
	str_free(&y);
	str_free(&choose);
	str_free(&first);
	str_free(&band);
	return rc;
}

static int read_row(const struct rd *d, struct rep_table *t, const json_t *row)
{
	for (size_t i = 0; i < t->ncols; i++) {
		const json_t *v = json_object_get(row, t->cols[i].key);

		if (v == NULL)
			return rd_wrong(d, "%s: row %zu has no \"%s\"", t->key, rep_rows(t) + 1, t->cols[i].key);
		if (!read_cell(t, t->cols[i].type, v))
			return rd_wrong(d, "%s: row %zu: \"%s\" is no %s in range", t->key, rep_rows(t) + 1,
				     t->cols[i].key, rep_type_names[t->cols[i].type]);
	}
	return 0;
}

static int read_rows(const struct rd *d, struct rep_table *t, const json_t *rows, const json_t *rules)
{
	size_t n = json_array_size(rows), next = 0;

	for (size_t i = 0; i <= n; i++) {
		uint64_t at;

		if (next < json_array_size(rules)) {
			if (!rd_u64_of(json_array_get(rules, next), &at) || at < i || at > n)
				return rd_wrong(d, "%s: rule %zu: want rows 0..%zu in ascending order", t->key, next + 1, n);
			if (at == i) {
				rep_rule(t);
				next++;
			}
		}
		if (i < n && read_row(d, t, json_array_get(rows, i)) != 0)
			return -1;
	}
	return 0;
}

static size_t column_of(const struct rep_table *t, const char *key)
{
	size_t i = 0;

	while (i < t->ncols && (key == NULL || strcmp(t->cols[i].key, key) != 0))
		i++;
	return i;
}

/* Cells that are bounds. */
static int read_bounds(const struct rd *d, struct rep_table *t, const json_t *list)
{
	const json_t *v;
	size_t i;

	if (list != NULL && !json_is_array(list))
		return rd_wrong(d, "%s: \"bounds\" is no list", t->key);
	json_array_foreach(list, i, v) {
		size_t col = column_of(t, rd_string_of(json_object_get(v, "column")));
		enum rep_bound bound = rd_bound_of(json_object_get(v, "bound"));
		uint64_t row;

		if (!rd_u64_of(json_object_get(v, "row"), &row) || row >= rep_rows(t) || col == t->ncols ||
		    bound == REP_BOUND_COUNT || t->cols[col].type == REP_STR)
			return rd_wrong(d, "%s: bound %zu: want a row, a column with numbers, and \">=\" or \"<=\"", t->key, i + 1);
		t->cells[row * t->ncols + col].bound = (uint8_t)bound;
	}
	return 0;
}

/* Cells that are uncertain. */
static int read_bands(const struct rd *d, struct rep_table *t, const json_t *bands)
{
	if (bands != NULL && !json_is_object(bands))
		return rd_wrong(d, "%s: \"bands\" is no object", t->key);
	for (void *at = json_object_iter((json_t *)bands); at != NULL; at = json_object_iter_next((json_t *)bands, at)) {
		const json_t *list = json_object_iter_value(at), *v;
		size_t col = column_of(t, json_object_iter_key(at)), i;

		if (col == t->ncols || json_array_size(list) != rep_rows(t) ||
		    (t->cols[col].type != REP_U64 && t->cols[col].type != REP_I64 && t->cols[col].type != REP_FIX))
			return rd_wrong(d, "%s: bands: want a column with numbers, and a pair or null for each row", t->key);
		json_array_foreach(list, i, v) {
			struct rep_cell *cell = &t->cells[i * t->ncols + col];

			if (json_is_null(v))
				continue;
			if (json_array_size(v) != 2 || cell->none || !rd_fix_of(json_array_get(v, 0), &cell->low) ||
			    !rd_fix_of(json_array_get(v, 1), &cell->high) || cell->low > cell->high)
				return rd_wrong(d, "%s: bands: %s, row %zu: want two decimals, the lower first, of a number", t->key,
						t->cols[col].key, i + 1);
			cell->band = true;
		}
	}
	return 0;
}

static int read_table(const struct rd *d, const char *key, const json_t *v)
{
	const json_t *columns = rd_member_at(d, v, key, "columns", JSON_ARRAY), *rows, *rules;
	const char *title;
	const json_t *chart;
	struct rep_col *cols;
	struct rep_table *t;
	size_t i;

	if (columns == NULL || (rows = rd_member_at(d, v, key, "rows", JSON_ARRAY)) == NULL ||
	    (title = rd_text_at(d, v, key, "title")) == NULL)
		return -1;
	if (strcmp(key, "facts") == 0 || strcmp(key, "sentences") == 0 || !filter_is_line(key))
		return rd_wrong(d, "%s: no table of a report has this key", key);
	rules = json_object_get(v, "rules");
	cols = read_columns(d, key, columns);
	if (cols == NULL)
		return -1;
	t = rep_table(d->r, key, title, cols, json_array_size(columns));
	free(cols);
	if (json_is_true(json_object_get(v, "detail")))
		rep_detail(t);
	if (json_is_true(json_object_get(v, "many")))
		rep_many(t);
	json_array_foreach(json_object_get(v, "charts"), i, chart) {
		if (read_chart(d, t, chart) != 0)
			return -1;
	}
	t->grouped = json_is_true(json_object_get(v, "grouped"));
	if (read_rows(d, t, rows, rules) != 0 || read_bounds(d, t, json_object_get(v, "bounds")) != 0)
		return -1;
	return read_bands(d, t, json_object_get(v, "bands"));
}

int rd_tables(const struct rd *d, const json_t *top)
{
	const json_t *tables = rd_member_at(d, top, "report", "tables", JSON_OBJECT);

	if (tables == NULL)
		return -1;
	for (void *i = json_object_iter((json_t *)tables); i != NULL; i = json_object_iter_next((json_t *)tables, i))
		if (read_table(d, json_object_iter_key(i), json_object_iter_value(i)) != 0)
			return -1;
	return 0;
}
