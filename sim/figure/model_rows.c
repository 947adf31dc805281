/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of a table that a chart draws, and their names. */
#include <string.h>

#include "sim/figure/figure_impl.h"

#define DASH "\342\200\223"

size_t fig_column(const struct rep_table *t, const char *key, size_t n)
{
	for (size_t i = 0; i < t->ncols; i++)
		if (strncmp(t->cols[i].key, key, n) == 0 && t->cols[i].key[n] == '\0')
			return i;
	return SIZE_MAX;
}

const char *fig_word(const char **list, size_t *n)
{
	const char *word = *list + strspn(*list, " ");

	*n = strcspn(word, " ");
	*list = word + *n;
	return *n != 0 ? word : NULL;
}

char *fig_text(const struct rep_table *t, size_t row, size_t col)
{
	struct str b = STR_INIT;

	if (rep_cell_at(t, row, col)->none)
		str_add(&b, DASH);
	else
		rep_cell_add(&b, &t->cols[col], rep_cell_at(t, row, col), REP_PEOPLE);
	return b.s != NULL ? b.s : xstrdup("");
}

struct fig_value fig_value(const struct rep_table *t, size_t row, size_t col)
{
	const struct rep_col *c = &t->cols[col];
	const struct rep_cell *cell = rep_cell_at(t, row, col);
	struct fig_value v = { .col = c, .cell = cell, .known = !cell->none && c->type != REP_STR };

	if (v.known)
		v.v = c->type == REP_FIX ? (double)cell->i / 1000 : c->type == REP_I64 ? (double)cell->i : (double)cell->u;
	v.band = v.known && cell->band;
	v.low = v.band ? (double)cell->low / 1000 : 0;
	v.high = v.band ? (double)cell->high / 1000 : 0;
	return v;
}

static size_t rows_to_draw(const struct rep_table *t)
{
	return t->nrules != 0 && !t->grouped && t->rules[0] < rep_rows(t) ? t->rules[0] : rep_rows(t);
}

static bool cell_is(const struct rep_table *t, size_t row, size_t col, const char *text)
{
	char *have = fig_text(t, row, col);
	bool is = strcmp(have, text) == 0;

	free(have);
	return is;
}

static bool any_is(const struct fig_rows *r, size_t col, const char *text)
{
	for (size_t i = 0; i < r->n; i++)
		if (cell_is(r->t, r->row[i], col, text))
			return true;
	return false;
}

static void keep(struct fig_rows *r, size_t col, const char *value)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		if (cell_is(r->t, r->row[i], col, value))
			r->row[n++] = r->row[i];
	r->n = n;
}

/* What the column has, for a message: the texts of all rows, each once. */
static int no_value(const struct figure *f, const struct fig_rows *r, size_t col, const char *choice, struct err *e)
{
	const char **names = xcalloc(r->n + 1, sizeof(*names));
	struct str all = STR_INIT;
	size_t n = 0;

	str_add(&all, "want one of ");
	for (size_t i = 0; i < r->n; i++) {
		char *text = fig_text(r->t, r->row[i], col);
		size_t k = 0;

		while (k < n && strcmp(names[k], text) != 0)
			k++;
		if (k == n) {
			str_addf(&all, "%s%s", n != 0 ? ", " : "", text);
			names[n++] = text;
		} else {
			free(text);
		}
	}
	if (all.len > 200) {
		str_cut(&all, 0);
		str_addf(&all, "want one of the %zu that its table has", n);
	}
	err_unknown(e, ERR_USAGE, strchr(choice, '=') + 1, names, n, str_get(&all), "--choose %.80s: figure %s has no such value", choice, f->name);
	for (size_t k = 0; k < n; k++)
		free((char *)names[k]);
	free(names);
	str_free(&all);
	return -1;
}

static const char *given_for(const struct figure_look *look, const char *key, size_t n)
{
	for (size_t i = 0; i < look->n_choices; i++)
		if (strncmp(look->choices[i], key, n) == 0 && look->choices[i][n] == '=')
			return look->choices[i];
	return NULL;
}

bool fig_has_choice(const struct rep_chart *c, const char *choice)
{
	const char *list = c->choose, *key;
	size_t n;

	while ((key = fig_word(&list, &n)) != NULL)
		if (strncmp(choice, key, n) == 0 && choice[n] == '=')
			return true;
	return false;
}

static size_t trimmed(const char *words)
{
	size_t n = strlen(words);

	while (n != 0 && words[n - 1] == ' ')
		n--;
	return n;
}

static int refuse_others(const struct figure *f, const struct figure_look *look, struct err *e)
{
	for (size_t i = 0; i < look->n_choices; i++)
		if (!fig_has_choice(f->chart, look->choices[i]))
			return err_set(e, ERR_USAGE, "--choose %.80s: figure %s has %s%.*s: want COLUMN=VALUE of one of those, or no --choose",
				       look->choices[i], f->name, f->chart->choose[0] != '\0' ? "the choices " : "no choices",
				       (int)trimmed(f->chart->choose), f->chart->choose);
	return 0;
}

/* What the chart opens on: its word, or what the first of the rows that are left has. For free(). */
static char *opens_on(const struct fig_rows *r, size_t col, const char *word, size_t n)
{
	char *value = word != NULL ? xstrdup(word) : NULL;

	if (value != NULL)
		value[n] = '\0';
	if (value != NULL && any_is(r, col, value))
		return value;
	free(value);
	return fig_text(r->t, r->row[0], col);
}

/* First what is given, then the other choices. */
static int choose(const struct figure *f, const struct figure_look *look, struct fig_rows *r, struct err *e)
{
	for (unsigned given = 1; given <= 2; given++) {
		const char *list = r->c->choose, *first = r->c->first, *key;
		size_t n, n_word;

		while ((key = fig_word(&list, &n)) != NULL) {
			const char *word = fig_word(&first, &n_word), *choice = given_for(look, key, n);
			size_t col = fig_column(r->t, key, n);
			char *value;

			if ((choice != NULL) != (given == 1) || r->n == 0)
				continue;
			value = choice != NULL ? xstrdup(choice + n + 1) : opens_on(r, col, word, n_word);
			if (!any_is(r, col, value)) {
				free(value);
				return no_value(f, r, col, choice, e);
			}
			keep(r, col, value);
			free(value);
		}
	}
	return 0;
}

int fig_rows(const struct figure *f, const struct figure_look *look, bool lenient, struct fig_rows *r, struct str *chosen, struct err *e)
{
	const char *list = f->chart->choose, *key;
	size_t n;

	*r = (struct fig_rows){ f->table, f->chart, NULL, rows_to_draw(f->table) };
	r->row = xcalloc(r->n + 1, sizeof(*r->row));
	for (size_t i = 0; i < r->n; i++)
		r->row[i] = i;
	if ((!lenient && refuse_others(f, look, e) != 0) || choose(f, look, r, e) != 0)
		return -1;
	while (r->n != 0 && (key = fig_word(&list, &n)) != NULL) {
		size_t col = fig_column(r->t, key, n);
		char *text = fig_text(r->t, r->row[0], col);

		str_addf(chosen, "%s%s: %s%s%s", chosen->len != 0 ? "; " : "", r->t->cols[col].title, text,
			 r->t->cols[col].unit[0] != '\0' ? " " : "", r->t->cols[col].unit);
		free(text);
	}
	return 0;
}

/* Do two rows that would be one bar differ in this column? */
static bool tells_apart(const struct fig_rows *r, char **names, char **one, size_t col)
{
	for (size_t i = 0; i < r->n; i++)
		for (size_t k = 0; k < i; k++) {
			const struct rep_cell *a = rep_cell_at(r->t, r->row[i], col), *b = rep_cell_at(r->t, r->row[k], col);

			if (strcmp(names[i], names[k]) == 0 && strcmp(one[i], one[k]) == 0 &&
			    (a->none != b->none || (!a->none && strcmp(a->s, b->s) != 0)))
				return true;
		}
	return false;
}

static void add_to_names(const struct fig_rows *r, char **names, size_t col)
{
	for (size_t i = 0; i < r->n; i++) {
		char *text = fig_text(r->t, r->row[i], col);
		struct str b = STR_INIT;

		str_addf(&b, "%s, %s", names[i], text);
		free(text);
		free(names[i]);
		names[i] = b.s;
	}
}

/* What is still the same is numbered. */
static void number_names(const struct fig_rows *r, char **names, char **one)
{
	char **before = xcalloc(r->n + 1, sizeof(*before));

	for (size_t i = 0; i < r->n; i++)
		before[i] = names[i];
	for (size_t i = 0; i < r->n; i++) {
		size_t same = 1;

		for (size_t k = 0; k < i; k++)
			same += strcmp(before[i], before[k]) == 0 && strcmp(one[i], one[k]) == 0;
		if (same > 1) {
			struct str b = STR_INIT;

			str_addf(&b, "%s (%zu)", before[i], same);
			names[i] = b.s;
		}
	}
	for (size_t i = 0; i < r->n; i++)
		if (names[i] != before[i])
			free(before[i]);
	free(before);
}

char **fig_row_names(const struct fig_rows *r, size_t x, size_t series)
{
	char **names = xcalloc(r->n + 1, sizeof(*names)), **one = xcalloc(r->n + 1, sizeof(*one));

	for (size_t i = 0; i < r->n; i++) {
		names[i] = fig_text(r->t, r->row[i], x);
		one[i] = series != SIZE_MAX ? fig_text(r->t, r->row[i], series) : xstrdup("");
	}
	for (size_t col = 0; col < r->t->ncols; col++) {
		const char *key = r->t->cols[col].key;
		bool fixed = col == x || col == series || r->t->cols[col].type != REP_STR;
		const char *list = r->c->choose, *word;
		size_t n;

		while (!fixed && (word = fig_word(&list, &n)) != NULL)
			fixed = strncmp(key, word, n) == 0 && key[n] == '\0';
		if (!fixed && tells_apart(r, names, one, col))
			add_to_names(r, names, col);
	}
	number_names(r, names, one);
	for (size_t i = 0; i < r->n; i++)
		free(one[i]);
	free(one);
	return names;
}

/* Does a row of the marks' table fit what was chosen? The choices that it has no column for do not matter. */
static bool mark_fits(const struct fig_rows *r, const struct rep_table *marks, size_t row)
{
	const char *list = r->c->choose, *key;
	size_t n;
	bool fits = true;

	while (fits && (key = fig_word(&list, &n)) != NULL) {
		size_t col = fig_column(marks, key, n);
		char *want = col != SIZE_MAX ? fig_text(r->t, r->row[0], fig_column(r->t, key, n)) : NULL;

		fits = want == NULL || cell_is(marks, row, col, want);
		free(want);
	}
	return fits;
}

static int by_x(const void *a, const void *b)
{
	double x = ((const struct fig_mark *)a)->x, y = ((const struct fig_mark *)b)->x;

	return (x > y) - (x < y);
}

void fig_marks(const struct fig_rows *r, struct fig_model *m)
{
	const struct rep_table *t = NULL;
	size_t x, label;

	for (size_t i = 0; r->c->marks[0] != '\0' && i < m->f->report->ntables; i++)
		if (strcmp(m->f->report->tables[i]->key, r->c->marks) == 0)
			t = m->f->report->tables[i];
	if (t == NULL || r->n == 0)
		return;
	x = fig_column(t, r->c->x, strlen(r->c->x));
	label = fig_column(t, "label", 5);
	for (size_t row = 0; x != SIZE_MAX && row < rows_to_draw(t); row++) {
		struct fig_value v = fig_value(t, row, x);

		if (!v.known || !mark_fits(r, t, row) || (m->log_x && v.v <= 0))
			continue;
		m->marks = xrealloc(m->marks, (m->n_marks + 1) * sizeof(*m->marks));
		m->marks[m->n_marks++] = (struct fig_mark){ v.v, label != SIZE_MAX ? fig_text(t, row, label) : xstrdup("") };
	}
	if (m->n_marks != 0)
		qsort(m->marks, m->n_marks, sizeof(*m->marks), by_x);
}
