/* SPDX-License-Identifier: Apache-2.0 */
/* From a table and its chart to what is drawn: as the page does (html/chart.js). */
#include <string.h>

#include "sim/figure/figure_impl.h"

#define NEITHER "neither" /* a row that the series' column says nothing of */

static struct fig_series *add_series(struct fig_model *m, const char *name)
{
	m->s = xrealloc(m->s, (m->n_s + 1) * sizeof(*m->s));
	m->s[m->n_s] = (struct fig_series){ .name = xstrdup(name), .colour = (unsigned)m->n_s };
	return &m->s[m->n_s++];
}

static struct fig_position *add_position(struct fig_model *m, char *name)
{
	m->p = xrealloc(m->p, (m->n_p + 1) * sizeof(*m->p));
	m->p[m->n_p] = (struct fig_position){ .name = name, .part = xstrdup(""), .colour = -1 };
	return &m->p[m->n_p++];
}

static void add_with_unit(struct str *b, const char *title, const char *unit)
{
	str_addf(b, "%s%s%s", title, title[0] != '\0' && unit[0] != '\0' ? ", " : "", unit);
}

struct ys {
	size_t *col, n;
};

/* The name of the k-th y column: where two have one title, by their keys. */
static char *y_name(const struct rep_table *t, const struct ys *y, size_t k)
{
	const struct rep_col *c = &t->cols[y->col[k]];
	size_t same = 0;
	char *name;

	for (size_t i = 0; i < y->n; i++)
		same += strcmp(t->cols[y->col[i]].title, c->title) == 0;
	name = xstrdup(same > 1 ? c->key : c->title);
	for (char *p = name; same > 1 && *p != '\0'; p++)
		*p = *p == '_' ? ' ' : *p;
	return name;
}

/* The units of the y columns, each once. */
static void y_units(const struct rep_table *t, const struct ys *y, struct str *b)
{
	for (size_t k = 0; k < y->n; k++) {
		const char *unit = t->cols[y->col[k]].unit;
		size_t i = 0;

		while (i < k && strcmp(t->cols[y->col[i]].unit, unit) != 0)
			i++;
		if (i == k && unit[0] != '\0')
			str_addf(b, "%s%s", b->len != 0 ? ", " : "", unit);
	}
}

static void place_x(struct fig_position *p, const struct fig_rows *r, size_t i, size_t x)
{
	struct fig_value v = fig_value(r->t, r->row[i], x);
	size_t split = r->c->split[0] != '\0' ? fig_column(r->t, r->c->split, strlen(r->c->split)) : SIZE_MAX;

	p->x = v.v;
	p->has_x = v.known;
	if (split != SIZE_MAX) {
		free(p->part);
		p->part = fig_text(r->t, r->row[i], split);
	}
}

/* The y columns are the bars, the rows are the colours. */
static void transposed(struct fig_model *m, const struct fig_rows *r, size_t x, const struct ys *y)
{
	for (size_t k = 0; k < y->n; k++)
		(void)add_position(m, y_name(r->t, y, k));
	for (size_t i = 0; i < r->n; i++) {
		char *name = fig_text(r->t, r->row[i], x);
		struct fig_series *s = add_series(m, name);

		free(name);
		s->v = xcalloc(y->n + 1, sizeof(*s->v));
		for (size_t k = 0; k < y->n; k++)
			s->v[k] = fig_value(r->t, r->row[i], y->col[k]);
	}
	y_units(r->t, y, &m->y_title);
}

/* A colour for each y column. */
static void by_column(struct fig_model *m, const struct fig_rows *r, size_t x, const struct ys *y)
{
	const struct rep_col *c = &r->t->cols[y->col[0]];

	for (size_t i = 0; i < r->n; i++)
		place_x(add_position(m, fig_text(r->t, r->row[i], x)), r, i, x);
	for (size_t k = 0; k < y->n; k++) {
		char *name = y_name(r->t, y, k);
		struct fig_series *s = add_series(m, name);

		free(name);
		s->v = xcalloc(r->n + 1, sizeof(*s->v));
		for (size_t i = 0; i < r->n; i++)
			s->v[i] = fig_value(r->t, r->row[i], y->col[k]);
	}
	if (y->n == 1)
		add_with_unit(&m->y_title, c->title, strcmp(c->title, c->unit) != 0 ? c->unit : "");
	else
		y_units(r->t, y, &m->y_title);
}

static size_t series_at(const struct fig_model *m, const char *name)
{
	size_t k = 0;

	while (k < m->n_s && strcmp(m->s[k].name, name) != 0)
		k++;
	return k;
}

static size_t position_at(const struct fig_model *m, const char *name, const char *part)
{
	size_t i = 0;

	while (i < m->n_p && (strcmp(m->p[i].name, name) != 0 || strcmp(m->p[i].part, part) != 0))
		i++;
	return i;
}

/* How uncertain the value is: columns "low high" of its row. */
static void add_band(const struct fig_rows *r, size_t i, struct fig_value *v)
{
	const char *list = r->c->band, *key;
	struct fig_value end[2] = { { .known = false }, { .known = false } };
	size_t n;

	for (unsigned k = 0; k < 2 && (key = fig_word(&list, &n)) != NULL; k++)
		end[k] = fig_value(r->t, r->row[i], fig_column(r->t, key, n));
	if (r->c->band[0] == '\0')
		return;
	v->band = v->known && end[0].known && end[1].known;
	v->low = end[0].v;
	v->high = end[1].v;
}

/* A colour for each value of a column; series in the order of the whole table, so that a choice changes no colour. */
static void by_series(struct fig_model *m, const struct fig_rows *r, size_t x, size_t by, const struct ys *y)
{
	char **names = r->c->kind != REP_LINES ? fig_row_names(r, x, by) : NULL;
	size_t all = r->t->nrules != 0 && !r->t->grouped ? r->t->rules[0] : rep_rows(r->t), *at = xcalloc(r->n + 1, sizeof(*at));

	for (size_t row = 0; row < all; row++) {
		char *name = fig_text(r->t, row, by);
		const char *one = rep_cell_at(r->t, row, by)->none || name[0] == '\0' ? NEITHER : name;

		if (series_at(m, one) == m->n_s)
			(void)add_series(m, one);
		free(name);
	}
	for (size_t i = 0; i < r->n; i++) {
		struct fig_position new = { .name = names != NULL ? xstrdup(names[i]) : fig_text(r->t, r->row[i], x), .part = xstrdup(""), .colour = -1 };

		place_x(&new, r, i, x);
		at[i] = position_at(m, new.name, new.part);
		if (at[i] == m->n_p) {
			m->p = xrealloc(m->p, (m->n_p + 1) * sizeof(*m->p));
			m->p[m->n_p++] = new;
		} else {
			free(new.name);
			free(new.part);
		}
	}
	for (size_t k = 0; k < m->n_s; k++)
		m->s[k].v = xcalloc(m->n_p + 1, sizeof(*m->s[k].v));
	for (size_t i = 0; i < r->n; i++) {
		char *name = fig_text(r->t, r->row[i], by);
		size_t k = series_at(m, rep_cell_at(r->t, r->row[i], by)->none || name[0] == '\0' ? NEITHER : name);
		struct fig_value *v = &m->s[k].v[at[i]];

		if (v->cell == NULL) {
			*v = fig_value(r->t, r->row[i], y->col[0]);
			add_band(r, i, v);
		}
		free(name);
	}
	for (size_t i = 0; names != NULL && i < r->n; i++)
		free(names[i]);
	free(names);
	free(at);
	add_with_unit(&m->y_title, r->t->cols[y->col[0]].title, r->t->cols[y->col[0]].unit);
}

/* --- what is left, and its order ---------------------------------------------------------------- */

static void drop_series(struct fig_model *m, bool zeros)
{
	size_t n = 0;

	for (size_t k = 0; k < m->n_s; k++) {
		bool any = false;

		for (size_t i = 0; i < m->n_p && !any; i++)
			any = m->s[k].v[i].known && (!zeros || m->s[k].v[i].v != 0);
		if (any) {
			m->s[n++] = m->s[k];
		} else {
			free(m->s[k].name);
			free(m->s[k].v);
		}
	}
	m->n_s = n;
}

struct place {
	struct fig_position p;
	size_t i;
};

static int by_number(const void *a, const void *b)
{
	const struct place *p = a, *q = b;

	if (p->p.x < q->p.x || p->p.x > q->p.x)
		return p->p.x < q->p.x ? -1 : 1;
	return (p->i > q->i) - (p->i < q->i);
}

/* Along the number; what has none, and on a logarithm what is not above 0, is not drawn. */
static void order_by_number(struct fig_model *m)
{
	struct place *order = xcalloc(m->n_p + 1, sizeof(*order));
	size_t n = 0;

	for (size_t i = 0; i < m->n_p; i++) {
		if (m->p[i].has_x && (!m->log_x || m->p[i].x > 0)) {
			order[n++] = (struct place){ m->p[i], i };
		} else {
			free(m->p[i].name);
			free(m->p[i].part);
		}
	}
	qsort(order, n, sizeof(*order), by_number);
	for (size_t k = 0; k < m->n_s; k++) {
		struct fig_value *v = xcalloc(n + 1, sizeof(*v));

		for (size_t i = 0; i < n; i++)
			v[i] = m->s[k].v[order[i].i];
		free(m->s[k].v);
		m->s[k].v = v;
	}
	for (size_t i = 0; i < n; i++)
		m->p[i] = order[i].p;
	m->n_p = n;
	m->numeric = true;
	free(order);
}

/* Names that mean the same everywhere have their colour: of all series, or else of all bars. */
static void colours(struct fig_model *m)
{
	bool series = m->n_s != 0, places = m->n_p != 0 && m->n_s == 1;

	for (size_t k = 0; k < m->n_s; k++)
		series = series && rep_colour_of(m->s[k].name) >= 0;
	for (size_t k = 0; series && k < m->n_s; k++)
		m->s[k].colour = (unsigned)rep_colour_of(m->s[k].name);
	for (size_t i = 0; i < m->n_p; i++)
		places = places && rep_colour_of(m->p[i].name) >= 0;
	for (size_t i = 0; places && !series && m->kind == REP_BARS && i < m->n_p; i++)
		m->p[i].colour = rep_colour_of(m->p[i].name);
}

/* What a figure says of its values below the picture. */
static void find_bounds(struct fig_model *m)
{
	for (size_t k = 0; k < m->n_s; k++)
		for (size_t i = 0; i < m->n_p; i++) {
			const struct fig_value *v = &m->s[k].v[i];

			m->bounds = m->bounds || (v->known && v->cell->bound != REP_EXACT);
			m->bands = m->bands || v->band;
		}
}

static void y_columns(const struct fig_rows *r, struct ys *y)
{
	const char *list = r->c->y, *key;
	size_t n;

	*y = (struct ys){ xcalloc(strlen(list) + 1, sizeof(*y->col)), 0 };
	while ((key = fig_word(&list, &n)) != NULL)
		y->col[y->n++] = fig_column(r->t, key, n);
}

static void fill(struct fig_model *m, const struct fig_rows *r)
{
	const struct rep_chart *c = r->c;
	size_t x = fig_column(r->t, c->x, strlen(c->x)), by = c->series[0] != '\0' ? fig_column(r->t, c->series, strlen(c->series)) : SIZE_MAX;
	struct ys y;

	y_columns(r, &y);
	if (c->transposed)
		transposed(m, r, x, &y);
	else if (by != SIZE_MAX)
		by_series(m, r, x, by, &y);
	else
		by_column(m, r, x, &y);
	if (m->y_title.len == 0)
		str_add(&m->y_title, c->unit);
	if (!c->transposed) {
		str_add(&m->x_name, r->t->cols[x].title);
		add_with_unit(&m->x_title, r->t->cols[x].title, r->t->cols[x].unit);
	}
	if (c->kind == REP_LINES && !c->transposed && r->t->cols[x].type != REP_STR)
		order_by_number(m);
	if (by != SIZE_MAX && !c->transposed)
		drop_series(m, false);
	colours(m);
	if (c->kind == REP_STACK)
		drop_series(m, true);
	find_bounds(m);
	if (m->numeric)
		fig_marks(r, m);
	free(y.col);
}

int fig_model(const struct figure *f, const struct figure_look *look, bool lenient, struct fig_model *m, struct err *e)
{
	struct fig_rows r;
	int rc;

	*m = (struct fig_model){ .f = f, .kind = f->chart->kind, .log_x = f->chart->log_x, .log_y = f->chart->log_y };
	rc = fig_rows(f, look, lenient, &r, &m->chosen, e);
	if (rc == 0)
		fill(m, &r);
	free(r.row);
	return rc;
}

void fig_model_free(struct fig_model *m)
{
	for (size_t i = 0; i < m->n_p; i++) {
		free(m->p[i].name);
		free(m->p[i].part);
	}
	for (size_t k = 0; k < m->n_s; k++) {
		free(m->s[k].name);
		free(m->s[k].v);
	}
	for (size_t i = 0; i < m->n_marks; i++)
		free(m->marks[i].label);
	free(m->p);
	free(m->s);
	free(m->marks);
	str_free(&m->x_name);
	str_free(&m->x_title);
	str_free(&m->y_title);
	str_free(&m->chosen);
}
