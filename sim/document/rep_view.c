/* SPDX-License-Identifier: Apache-2.0 */
/* Less of a report: long tables cut, one table, some of its columns, the answer in short. */
#include <stdlib.h>
#include <string.h>

#include "sim/document/metrics.h"
#include "sim/document/rep_doc.h"

#define SUMMARY_NUMBERS 10
#define SUMMARY_FACTS	2 /* of them at least, if there are as many */

void rep_left_out(const struct rep_table *t, const struct rep_view *v, size_t *from, size_t *to)
{
	size_t body = t->grouped || t->nrules == 0 ? rep_rows(t) : t->rules[0];

	*from = *to = rep_rows(t);
	if (v->all || v->alone || body <= REP_ROWS_SHOWN + 1 || (!t->many && t->cols[0].type != REP_ID))
		return;
	*from = REP_ROWS_SHOWN;
	*to = body;
}

/* --- one table -------------------------------------------------------------------------------- */

/* Names, each once: "a, b, c", and for str_nearest. */
struct names {
	const char **name;
	size_t n;
	struct nameset seen;
	struct str text;
};

static void name_add(struct names *k, const char *name)
{
	if (!nameset_add(&k->seen, name))
		return;
	k->name = xrealloc(k->name, (k->n + 1) * sizeof(*k->name));
	k->name[k->n++] = name;
	str_addf(&k->text, "%s%s", k->text.len != 0 ? ", " : "", name);
}

static void names_free(struct names *k)
{
	free(k->name);
	nameset_free(&k->seen);
	str_free(&k->text);
}

static void table_names(const struct rep *const *r, size_t n, bool details, struct names *k)
{
	for (size_t i = 0; i < n; i++)
		for (size_t t = 0; t < r[i]->ntables; t++)
			if (details || !r[i]->tables[t]->detail)
				name_add(k, r[i]->tables[t]->key);
}

static void leave_table(struct rep *r, const char *key)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->ntables; i++) {
		struct rep_table *t = r->tables[i];

		if (key == NULL || strcmp(t->key, key) != 0) {
			rep_table_free(t);
			continue;
		}
		t->detail = false;
		r->tables[kept++] = t;
	}
	r->ntables = kept;
}

static int select_table(struct rep *const *r, size_t n, const char *table, struct err *e)
{
	struct names k = { .text = STR_INIT };
	int rc = 0;

	table_names((const struct rep *const *)r, n, true, &k);
	if (!nameset_has(&k.seen, table)) {
		struct str known = STR_INIT;

		str_addf(&known, "this report has %s", k.n != 0 ? str_get(&k.text) : "no table");
		rc = err_unknown(e, ERR_USAGE, table, k.name, k.n, str_get(&known), "--table %s: no table of this report has that name", table);
		str_free(&known);
	}
	for (size_t i = 0; rc == 0 && i < n; i++)
		leave_table(r[i], table);
	names_free(&k);
	return rc;
}

/* --- some columns ----------------------------------------------------------------------------- */

static size_t column_of(const struct rep_table *t, const char *key)
{
	size_t i = 0;

	while (i < t->ncols && strcmp(t->cols[i].key, key) != 0)
		i++;
	return i;
}

static int unknown_column(const struct rep_table *t, const char *name, struct err *e)
{
	struct names k = { .text = STR_INIT };
	struct str known = STR_INIT;
	int rc;

	for (size_t i = 0; i < t->ncols; i++)
		name_add(&k, t->cols[i].key);
	str_addf(&known, "it has %s", str_get(&k.text));
	rc = err_unknown(e, ERR_USAGE, name, k.name, k.n, str_get(&known), "--columns: no column of table %s is called \"%s\"", t->key, name);
	str_free(&known);
	names_free(&k);
	return rc;
}

/* The table with columns at[0], at[1], ... only; charts that want others go. */
static void leave_columns(struct rep_table *t, const size_t *at, size_t n)
{
	size_t rows = rep_rows(t), charts = 0;
	struct rep_col *cols = xcalloc(n, sizeof(*cols));
	struct rep_cell *cells = xcalloc(rows * n + 1, sizeof(*cells));

	for (size_t i = 0; i < n; i++) {
		cols[i] = t->cols[at[i]];
		t->cols[at[i]].key = t->cols[at[i]].title = t->cols[at[i]].unit = NULL;
		for (size_t row = 0; row < rows; row++) {
			struct rep_cell *cell = &t->cells[row * t->ncols + at[i]];

			cells[row * n + i] = *cell;
			cell->none = true;
		}
	}
	for (size_t i = 0; i < t->ncells; i++)
		if (t->cols[i % t->ncols].type == REP_STR && !t->cells[i].none)
			free(t->cells[i].s);
	for (size_t i = 0; i < t->ncols; i++) {
		free((char *)t->cols[i].key);
		free((char *)t->cols[i].title);
		free((char *)t->cols[i].unit);
	}
	free(t->cols);
	free(t->cells);
	t->cols = cols;
	t->ncols = n;
	t->cells = cells;
	t->ncells = t->cell_cap = rows * n;
	for (size_t i = 0; i < t->ncharts; i++) {
		struct rep_chart *c = &t->charts[i];

		if (rep_chart_fits(t, c))
			t->charts[charts++] = *c;
		else
			rep_chart_clear(c);
	}
	t->ncharts = charts;
}

static int select_columns(struct rep_table *t, const char *columns, struct err *e)
{
	char *copy = xstrdup(columns), *rest = copy;
	size_t *at = xcalloc(strlen(columns) + 1, sizeof(*at)), n = 0;
	int rc = 0;

	for (const char *name; rc == 0 && (name = str_item(&rest, ",")) != NULL;) {
		size_t col = column_of(t, name);

		if (col == t->ncols)
			rc = unknown_column(t, name, e);
		for (size_t i = 0; rc == 0 && i < n; i++)
			if (at[i] == col)
				rc = err_set(e, ERR_USAGE, "--columns: \"%s\" is given twice: give it once", name);
		at[n++] = col;
	}
	if (rc == 0)
		leave_columns(t, at, n);
	free(copy);
	free(at);
	return rc;
}

static int which_table(const struct rep *const *r, size_t n, struct err *e)
{
	struct names k = { .text = STR_INIT };
	int rc = 0;

	table_names(r, n, false, &k);
	if (k.n != 1)
		rc = err_set(e, ERR_USAGE, "--columns: of which table? want --table with one of %s", k.n != 0 ? str_get(&k.text) : "none: there is no table");
	names_free(&k);
	return rc;
}

int rep_select(struct rep *const *r, size_t n, const char *table, const char *columns, struct err *e)
{
	if (table != NULL && select_table(r, n, table, e) != 0)
		return -1;
	if (columns == NULL)
		return 0;
	if (which_table((const struct rep *const *)r, n, e) != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		for (size_t t = 0; t < r[i]->ntables; t++)
			if (!r[i]->tables[t]->detail && select_columns(r[i]->tables[t], columns, e) != 0)
				return -1;
	return 0;
}

/* --- in short --------------------------------------------------------------------------------- */

/* "By phase: total, reads"; of a table with one column of numbers, "Cycles: total". */
static void metric_title(struct str *b, const struct rep *r, const char *name)
{
	struct metric_parts p = metric_parts(name);

	str_reset(b);
	for (size_t i = 0; i < r->nfacts && p.col[0] == '\0'; i++)
		if (strlen(r->facts[i].key) == (size_t)p.row_len && strncmp(r->facts[i].key, p.row, (size_t)p.row_len) == 0)
			str_add(b, r->facts[i].title);
	for (size_t i = 0; i < r->ntables && p.col[0] != '\0'; i++) {
		const struct rep_table *t = r->tables[i];
		size_t col = column_of(t, p.col), numbers = 0;

		if (strlen(t->key) != (size_t)p.table_len || strncmp(t->key, p.table, (size_t)p.table_len) != 0 || col == t->ncols)
			continue;
		for (size_t k = 0; k < t->ncols; k++)
			numbers += t->cols[k].type != REP_STR && t->cols[k].type != REP_ID;
		str_addf(b, "%s: %.*s", t->title[0] != '\0' ? t->title : t->key, p.row_len, p.row);
		if (numbers > 1)
			str_addf(b, ", %s", t->cols[col].title);
	}
}

static bool fits_fix(const struct metric *m)
{
	return m->type != REP_U64 || m->u <= INT64_MAX / 1000;
}

static bool is_fact(const struct metric *m)
{
	return strncmp(m->name, "facts/", strlen("facts/")) == 0;
}

static bool is_headline(const struct metric *m)
{
	return !is_fact(m) && !m->member && metric_rule_of(m->name)->gated;
}

static void take(struct metrics *m, bool (*is)(const struct metric *), size_t most, bool *taken, size_t *n)
{
	for (size_t i = 0; i < m->n && *n < most; i++) {
		if (taken[i] || !is(&m->m[i]) || !fits_fix(&m->m[i]))
			continue;
		taken[i] = true;
		++*n;
	}
}

/* Of a report without such numbers: how long its tables are. */
static void count_rows(const struct rep *r, struct rep_table *t)
{
	for (size_t i = 0, n = 0; i < r->ntables && n < SUMMARY_NUMBERS; i++) {
		const struct rep_table *of = r->tables[i];

		if (of->detail)
			continue;
		rep_strf(t, "%s: rows", of->title[0] != '\0' ? of->title : of->key);
		rep_fix(t, (int64_t)rep_rows(of) * 1000);
		rep_str(t, "");
		rep_str(t, of->key);
		n++;
	}
}

void rep_summary(struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "number", "", REP_STR, "", 0, false },
		{ "value", "", REP_FIX, "", 0, false },
		{ "unit", "", REP_STR, "", 0, false },
		{ "key", "in the report", REP_STR, "", 0, false },
	};
	struct rep *old = xcalloc(1, sizeof(*old)); /* gets the rest */
	struct str title = STR_INIT;
	struct rep_table *t;
	struct metrics m;
	bool *taken;
	size_t n = 0;

	metrics_with_bounds(r, &m);
	taken = xcalloc(m.n + 1, sizeof(*taken));
	take(&m, is_headline, SUMMARY_NUMBERS - SUMMARY_FACTS, taken, &n);
	take(&m, is_fact, SUMMARY_NUMBERS, taken, &n);
	take(&m, is_headline, SUMMARY_NUMBERS, taken, &n);
	old->tables = r->tables;
	old->ntables = r->ntables;
	old->facts = r->facts;
	old->nfacts = r->nfacts;
	old->notes = r->notes;
	old->fact_keys = r->fact_keys;
	old->table_keys = r->table_keys;
	r->tables = NULL;
	r->ntables = 0;
	r->facts = NULL;
	r->nfacts = 0;
	r->notes = (struct rep_lines){ NULL, 0 };
	r->fact_keys = r->table_keys = (struct nameset){ NULL, 0, 0 };
	t = rep_table(r, "summary", "In short", cols, sizeof(cols) / sizeof(cols[0]));
	for (size_t i = 0; i < m.n; i++) {
		if (!taken[i])
			continue;
		metric_title(&title, old, m.m[i].name);
		rep_str(t, str_get(&title));
		rep_fix(t, m.m[i].type == REP_U64 ? (int64_t)m.m[i].u * 1000 : m.m[i].type == REP_I64 ? m.m[i].i * 1000 : m.m[i].i);
		rep_bound(t, m.m[i].bound);
		if (m.m[i].band)
			rep_band(t, m.m[i].low, m.m[i].high);
		rep_str(t, m.m[i].unit);
		rep_str(t, m.m[i].name);
	}
	if (n == 0)
		count_rows(old, t);
	free(taken);
	metrics_free(&m);
	str_free(&title);
	rep_free(old);
}
