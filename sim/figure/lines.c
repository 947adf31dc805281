/* SPDX-License-Identifier: Apache-2.0 */
/* Lines over a number, or over names. */
#include <math.h>
#include <string.h>

#include "sim/figure/figure_impl.h"

#define SYMBOLS_MAX 40 /* values of a series that have one each */
#define TICKS_MAX   12 /* values of the axis that have a tick each */
#define MARK_LINE   9.0

struct lines {
	const struct fig_pen *pen;
	const struct fig_model *m;
	struct fig_scale x, y;
	bool from_zero;
	double top, bottom;
};

/* Labels of marks stand above the plot, in as many lines as they need. */
struct label {
	struct str text;
	double x, from, to;
	bool left;
	unsigned level;
};

bool fig_has_symbols(const struct fig_model *m)
{
	return m->n_p <= SYMBOLS_MAX;
}

static bool drawn(const struct fig_model *m, const struct fig_value *v)
{
	return v->known && (!m->log_y || v->v > 0);
}

static double x_of(const struct lines *l, size_t i)
{
	return l->m->numeric ? fig_at(&l->x, l->m->p[i].x) : fig_at(&l->x, (double)i);
}

static void take(double v, bool *any, double *low, double *high)
{
	*low = *any ? fmin(*low, v) : v;
	*high = *any ? fmax(*high, v) : v;
	*any = true;
}

static void y_scale(struct lines *l)
{
	const struct fig_model *m = l->m;
	double low = 0, high = 1;
	bool any = false;

	for (size_t k = 0; k < m->n_s; k++)
		for (size_t i = 0; i < m->n_p; i++) {
			const struct fig_value *v = &m->s[k].v[i];

			if (!drawn(m, v))
				continue;
			take(v->v, &any, &low, &high);
			if (v->band && (!m->log_y || v->low > 0)) {
				take(v->low, &any, &low, &high);
				take(v->high, &any, &low, &high);
			}
		}
	/* A difference of a few percent is not to be seen from 0: then the axis does not begin there, and says so. */
	l->from_zero = !m->log_y && (low < 0 || low < high * 0.6 || !any);
	l->y = (struct fig_scale){ .log = m->log_y, .from = l->from_zero ? fmin(0, low) : low, .to = high > low ? high : m->log_y ? low * 10 : low + 1 };
	if (l->from_zero && high <= 0)
		l->y.to = low < 0 ? 0 : 1;
	if (m->log_y && !any)
		l->y.from = 1, l->y.to = 10;
	fig_nice(&l->y, 6);
}

static void x_scale(struct lines *l)
{
	const struct fig_model *m = l->m;
	double low = 0, high = 1;
	bool any = false;

	if (!m->numeric) {
		double pad = 0.3;

		l->x = (struct fig_scale){ .from = -pad, .to = (m->n_p != 0 ? (double)m->n_p - 1 : 0) + pad };
		return;
	}
	for (size_t i = 0; i < m->n_p; i++)
		take(m->p[i].x, &any, &low, &high);
	for (size_t i = 0; i < m->n_marks; i++)
		take(m->marks[i].x, &any, &low, &high);
	if (m->log_x && !any)
		low = 1, high = 10;
	else if (!(high > low))
		low = low != 0 ? low - fabs(low) * 0.1 : 0, high = high != 0 ? high + fabs(high) * 0.1 : 1;
	l->x = (struct fig_scale){ .log = m->log_x, .from = low, .to = high };
}

/* --- axes --------------------------------------------------------------------------------------- */

static double short_width(const struct fig_pen *pen, double v)
{
	struct str b = STR_INIT;
	double width;

	fig_short(&b, v);
	width = fig_width(pen, FIG_SMALL, str_get(&b));
	str_free(&b);
	return width;
}

static bool room(const struct lines *l, double a, double b)
{
	return fabs(fig_at(&l->x, a) - fig_at(&l->x, b)) > (short_width(l->pen, a) + short_width(l->pen, b)) / 2 + 5;
}

/* The values themselves, where they are few; of those too near for their labels, the first ones and the last. 0: too many. */
static size_t ticks_at_values(const struct lines *l, double tick[static FIG_TICKS_MAX])
{
	double value[TICKS_MAX];
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < l->m->n_p; i++) {
		if (n != 0 && !(l->m->p[i].x > value[n - 1]))
			continue;
		if (n == TICKS_MAX)
			return 0;
		value[n++] = l->m->p[i].x;
	}
	if (n < 2)
		return 0;
	for (size_t i = 0; i + 1 < n; i++)
		if (room(l, value[i], value[n - 1]) && (kept == 0 || room(l, value[i], tick[kept - 1])))
			tick[kept++] = value[i];
	tick[kept++] = value[n - 1];
	return kept;
}

static void tick_label(const struct lines *l, double x, double y, double align, double v)
{
	struct str b = STR_INIT;

	fig_short(&b, v);
	fig_say(l->pen, x, y, FIG_SMALL, align, str_get(&b));
	str_free(&b);
}

/* Returns where what is below the axis ends. */
static double x_axis(const struct lines *l)
{
	const struct fig_model *m = l->m;
	double tick[FIG_TICKS_MAX], y = l->bottom + 4, step = m->n_p > 1 ? x_of(l, 1) - x_of(l, 0) : l->x.end - l->x.start, end = y;
	size_t n = m->numeric ? ticks_at_values(l, tick) : 0;

	fig_rule(l->pen, l->x.start, l->bottom, l->x.end, l->bottom, 0.6, 0);
	if (m->numeric && n == 0)
		n = fig_ticks(&l->x, (unsigned)fmax(2, (l->x.end - l->x.start) / 50), tick);
	for (size_t i = 0; i < n; i++) {
		double x = fig_at(&l->x, tick[i]);

		fig_rule(l->pen, x, l->bottom, x, l->bottom + 3, 0.6, 0);
		tick_label(l, x, y + FIG_SMALL, FIG_MIDDLE, tick[i]);
	}
	for (size_t i = 0; !m->numeric && i < m->n_p; i++) {
		fig_rule(l->pen, x_of(l, i), l->bottom, x_of(l, i), l->bottom + 3, 0.6, 0);
		end = fmax(end, fig_paragraph(l->pen, x_of(l, i), y, step - 4, FIG_SMALL, FIG_MIDDLE, 3, m->p[i].name));
	}
	return (m->numeric ? y + FIG_SMALL * FIG_LINE : end) + 2;
}

static size_t y_ticks(const struct lines *l, double tick[static FIG_TICKS_MAX])
{
	return fig_ticks(&l->y, 6, tick);
}

static void y_axis(const struct lines *l)
{
	double tick[FIG_TICKS_MAX];
	size_t n = y_ticks(l, tick);

	for (size_t i = 0; i < n; i++) {
		double y = fig_at(&l->y, tick[i]);

		fig_rule(l->pen, l->x.start, y, l->x.end, y, 0.4, 0.85);
		fig_rule(l->pen, l->x.start - 3, y, l->x.start, y, 0.6, 0);
		tick_label(l, l->x.start - 5, y + FIG_SMALL * 0.36, FIG_RIGHT, tick[i]);
	}
	fig_rule(l->pen, l->x.start, l->top, l->x.start, l->bottom, 0.6, 0);
	if (l->y.from < 0 && l->y.to > 0)
		fig_rule(l->pen, l->x.start, fig_at(&l->y, 0), l->x.end, fig_at(&l->y, 0), 0.8, 0);
}

/* --- lines -------------------------------------------------------------------------------------- */

/* The next position after i of the same part that has a value; n_p: none. */
static size_t next_of(const struct fig_model *m, const struct fig_series *s, size_t i)
{
	for (size_t k = i + 1; k < m->n_p; k++)
		if (drawn(m, &s->v[k]) && strcmp(m->p[k].part, m->p[i].part) == 0)
			return k;
	return m->n_p;
}

static bool is_first(const struct fig_model *m, const struct fig_series *s, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (drawn(m, &s->v[k]) && strcmp(m->p[k].part, m->p[i].part) == 0)
			return false;
	return true;
}

/* From value to value along the upper ends, and back along the lower ones. */
static void band(const struct lines *l, const struct fig_series *s)
{
	const struct fig_model *m = l->m;
	size_t *at = xcalloc(m->n_p + 1, sizeof(*at));

	for (size_t i = 0; i < m->n_p; i++) {
		size_t n = 0;

		if (!drawn(m, &s->v[i]) || !is_first(m, s, i))
			continue;
		for (size_t k = i; k != m->n_p; k = next_of(m, s, k))
			if (s->v[k].band && (!m->log_y || s->v[k].low > 0))
				at[n++] = k;
		cairo_new_path(l->pen->cr);
		for (size_t k = 0; k < n; k++)
			cairo_line_to(l->pen->cr, x_of(l, at[k]), fig_at(&l->y, s->v[at[k]].high));
		for (size_t k = n; k-- != 0;)
			cairo_line_to(l->pen->cr, x_of(l, at[k]), fig_at(&l->y, s->v[at[k]].low));
		fig_colour(l->pen, s->colour, 0.1);
		cairo_fill(l->pen->cr);
	}
	free(at);
}

static void line(const struct lines *l, const struct fig_series *s)
{
	const struct fig_model *m = l->m;

	cairo_new_path(l->pen->cr);
	for (size_t i = 0; i < m->n_p; i++) {
		if (!drawn(m, &s->v[i]) || !is_first(m, s, i))
			continue;
		cairo_move_to(l->pen->cr, x_of(l, i), fig_at(&l->y, s->v[i].v));
		for (size_t k = next_of(m, s, i); k != m->n_p; k = next_of(m, s, k))
			cairo_line_to(l->pen->cr, x_of(l, k), fig_at(&l->y, s->v[k].v));
	}
	fig_colour(l->pen, s->colour, 1);
	cairo_set_line_width(l->pen->cr, 1.2);
	fig_dash(l->pen, fig_has_symbols(m) ? s->colour / REP_PALETTE_COUNT : s->colour % 4);
	cairo_stroke(l->pen->cr);
	fig_dash(l->pen, 0);
	for (size_t i = 0; fig_has_symbols(m) && i < m->n_p; i++)
		if (drawn(m, &s->v[i])) {
			fig_colour(l->pen, s->colour, 1);
			fig_symbol(l->pen, x_of(l, i), fig_at(&l->y, s->v[i].v), s->colour);
		}
}

/* --- marks -------------------------------------------------------------------------------------- */

static bool is_free(const struct label *label, size_t n, unsigned level, const struct label *new)
{
	for (size_t i = 0; i < n; i++)
		if (label[i].level == level && new->to > label[i].from && new->from < label[i].to)
			return false;
	return true;
}

/* Where the labels stand; from the right, so that those of one place are in one order. Returns how many lines. */
static unsigned place_labels(const struct lines *l, struct label *label)
{
	unsigned levels = 0;

	for (size_t k = 0; k < l->m->n_marks; k++) {
		const struct fig_mark *mark = &l->m->marks[l->m->n_marks - 1 - k];
		struct label *n = &label[k];
		double width;

		n->x = fig_at(&l->x, mark->x);
		n->left = n->x > (l->x.start + l->x.end) / 2;
		fig_cut(l->pen, FIG_SMALL, fmax(n->left ? n->x - 4 : l->x.end - n->x - 4, 40), mark->label, &n->text);
		width = fig_width(l->pen, FIG_SMALL, str_get(&n->text)) + 8;
		n->from = n->left ? n->x - width : n->x - 1;
		n->to = n->left ? n->x + 1 : n->x + width;
		while (!is_free(label, k, n->level, n))
			n->level++;
		levels = n->level + 1 > levels ? n->level + 1 : levels;
	}
	return levels;
}

static void draw_marks(const struct lines *l, struct label *label)
{
	static const double dash[] = { 3, 2.5 };

	cairo_set_dash(l->pen->cr, dash, 2, 0);
	for (size_t k = 0; k < l->m->n_marks; k++)
		fig_rule(l->pen, label[k].x, l->top - 3 - label[k].level * MARK_LINE, label[k].x, l->bottom, 0.7, 0.25);
	fig_dash(l->pen, 0);
	for (size_t k = 0; k < l->m->n_marks; k++) {
		double y = l->top - 4 - label[k].level * MARK_LINE, width = fig_width(l->pen, FIG_SMALL, str_get(&label[k].text));
		double x = label[k].left ? label[k].x - 3 - width : label[k].x + 3;

		/* other marks' lines do not go through it */
		cairo_set_source_rgb(l->pen->cr, 1, 1, 1);
		cairo_rectangle(l->pen->cr, x - 1, y - FIG_SMALL * 0.8, width + 2, FIG_SMALL);
		cairo_fill(l->pen->cr);
		fig_say(l->pen, x, y, FIG_SMALL, FIG_LEFT, str_get(&label[k].text));
		str_free(&label[k].text);
	}
}

double fig_lines(const struct fig_pen *pen, const struct fig_model *m, double y)
{
	struct lines l = { .pen = pen, .m = m };
	struct label *label = xcalloc(m->n_marks + 1, sizeof(*label));
	double tick[FIG_TICKS_MAX], height = fmin(pen->width * 0.45, 230), widest = 0, end;
	struct str title = STR_INIT;
	size_t n;

	y_scale(&l);
	x_scale(&l);
	n = y_ticks(&l, tick);
	for (size_t i = 0; i < n; i++)
		widest = fmax(widest, short_width(pen, tick[i]));
	l.x.start = FIG_SIZE * FIG_LINE + widest + 7;
	l.x.end = pen->width - fmax(6, m->numeric ? short_width(pen, l.x.to) / 2 + 1 : 0);
	l.top = y + place_labels(&l, label) * MARK_LINE + 5;
	l.bottom = l.top + height;
	l.y.start = l.bottom;
	l.y.end = l.top;
	y_axis(&l);
	end = x_axis(&l);
	draw_marks(&l, label);
	for (size_t k = 0; k < m->n_s; k++)
		band(&l, &m->s[k]);
	for (size_t k = 0; k < m->n_s; k++)
		line(&l, &m->s[k]);
	str_addf(&title, "%s%s", str_get(&m->y_title), l.from_zero || m->log_y ? "" : " (axis does not begin at 0)");
	cairo_save(pen->cr);
	cairo_translate(pen->cr, 0, (l.top + l.bottom) / 2);
	cairo_rotate(pen->cr, -M_PI / 2);
	(void)fig_paragraph(pen, 0, 0, height + 20, FIG_SIZE, FIG_MIDDLE, 1, str_get(&title));
	cairo_restore(pen->cr);
	end = fig_paragraph(pen, (l.x.start + l.x.end) / 2, end, l.x.end - l.x.start, FIG_SIZE, FIG_MIDDLE, 2, str_get(&m->x_title));
	str_free(&title);
	free(label);
	return end;
}
