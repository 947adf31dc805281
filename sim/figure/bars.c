/* SPDX-License-Identifier: Apache-2.0 */
/* Horizontal bars, side by side or of parts: names read well, and there is room for many. */
#include <math.h>

#include "sim/figure/figure_impl.h"

#define BARS_MAX   24 /* more say nothing: the largest */
#define STACK_SORT 8  /* more parts of a whole are read from the largest down */
#define BAR	   9.0
#define NAME_LINES 3

struct place {
	size_t i;
	double size;
};

struct bars {
	const struct fig_pen *pen;
	const struct fig_model *m;
	struct place *place;
	size_t n, left_out;
	size_t each; /* bars of a place */
	struct fig_scale x;
	double names, before, band; /* width of names, of values left of 0; height of a place */
};

static double total(const struct fig_model *m, size_t i)
{
	double sum = 0;

	for (size_t k = 0; k < m->n_s; k++)
		sum += m->s[k].v[i].known ? m->s[k].v[i].v : 0;
	return sum;
}

static int larger(const void *a, const void *b)
{
	const struct place *p = a, *q = b;

	if (p->size < q->size || p->size > q->size)
		return p->size > q->size ? -1 : 1;
	return (p->i > q->i) - (p->i < q->i);
}

static int earlier(const void *a, const void *b)
{
	const struct place *p = a, *q = b;

	return (p->i > q->i) - (p->i < q->i);
}

static void choose_places(struct bars *b)
{
	const struct fig_model *m = b->m;

	b->place = xcalloc(m->n_p + 1, sizeof(*b->place));
	for (size_t i = 0; i < m->n_p; i++) {
		struct place p = { .i = i };

		for (size_t k = 0; k < m->n_s; k++)
			p.size += m->s[k].v[i].known ? fabs(m->s[k].v[i].v) : 0;
		if (m->kind != REP_STACK || p.size > 0)
			b->place[b->n++] = p;
	}
	if (b->n > BARS_MAX) {
		qsort(b->place, b->n, sizeof(*b->place), larger);
		b->left_out = b->n - BARS_MAX;
		b->n = BARS_MAX;
		qsort(b->place, b->n, sizeof(*b->place), earlier);
	}
	if (m->kind == REP_STACK && b->n > STACK_SORT)
		qsort(b->place, b->n, sizeof(*b->place), larger);
}

/* A bar's value, with the sign of what it is if it is a bound, and its own where there are both. */
static void value_text(const struct bars *b, const struct fig_value *v, double number, struct str *text)
{
	static const char *const signs[REP_BOUND_COUNT] = {
#define X(id, sign, word) [id] = sign,
		REP_BOUNDS(X)
#undef X
	};

	str_reset(text);
	if (v != NULL && v->cell->bound != REP_EXACT)
		str_addf(text, "%s ", signs[v->cell->bound]);
	if (b->x.from < 0 && number > 0)
		str_addc(text, '+');
	fig_short(text, number);
}

static unsigned ticks_of(const struct bars *b)
{
	return (unsigned)fmax(2, (b->x.end - b->x.start) / 60);
}

/* Names, values and the scale between them share the width. */
static void lay_out(struct bars *b)
{
	const struct fig_model *m = b->m;
	bool stack = m->kind == REP_STACK, alone = true;
	double most = 0, least = 0, after = 0, widest = 0;
	struct fig_scale whole;
	struct str text = STR_INIT;

	for (size_t n = 0; n < b->n; n++) {
		size_t i = b->place[n].i, here = 0;

		widest = fmax(widest, fig_width(b->pen, FIG_SIZE, m->p[i].name));
		for (size_t k = 0; k < m->n_s; k++) {
			const struct fig_value *v = &m->s[k].v[i];

			here += v->known;
			most = stack || !v->known ? most : fmax(most, v->band ? fmax(v->v, v->high) : v->v);
			least = stack || !v->known ? least : fmin(least, v->band ? fmin(v->v, v->low) : v->v);
		}
		most = stack ? fmax(most, total(m, i)) : most;
		alone = alone && here < 2;
	}
	b->each = stack || alone || m->n_s == 0 ? 1 : m->n_s;
	b->x = (struct fig_scale){ .from = least, .to = most > least ? most : least + 1 };
	for (size_t n = 0; n < b->n; n++)
		for (size_t k = 0; k < (stack ? 1 : m->n_s); k++) {
			const struct fig_value *v = stack ? NULL : &m->s[k].v[b->place[n].i];
			double number = stack ? total(m, b->place[n].i) : v->v;

			if (v != NULL && !v->known)
				continue;
			value_text(b, v, number, &text);
			*(number < 0 ? &b->before : &after) = fmax(number < 0 ? b->before : after, fig_width(b->pen, FIG_SMALL, str_get(&text)) + 5);
		}
	str_free(&text);
	b->names = widest > b->pen->width * 0.4 ? b->pen->width * 0.34 : widest + 1;
	b->x.start = b->names + 6 + b->before;
	b->x.end = b->pen->width - after - 2;
	whole = b->x;
	fig_nice(&whole, ticks_of(b));
	if (whole.to - b->x.to < (b->x.to - b->x.from) / 50) /* so that 99.99 % has its tick at 100 */
		b->x.to = whole.to;
	b->band = (double)b->each * BAR + 5;
	for (size_t n = 0; n < b->n; n++)
		b->band = fmax(b->band, FIG_SIZE * FIG_LINE * fig_lines_of(b->pen, b->names, FIG_SIZE, NAME_LINES, m->p[b->place[n].i].name) + 3);
}

static void axis(const struct bars *b, double top, double bottom)
{
	double tick[FIG_TICKS_MAX];
	size_t n = fig_ticks(&b->x, ticks_of(b), tick);
	struct str text = STR_INIT;

	for (size_t i = 0; i < n; i++) {
		double x = fig_at(&b->x, tick[i]);

		fig_rule(b->pen, x, top, x, bottom, 0.4, 0.85);
		fig_rule(b->pen, x, bottom, x, bottom + 3, 0.6, 0);
		str_reset(&text);
		fig_short(&text, tick[i]);
		fig_say(b->pen, x, bottom + 4 + FIG_SMALL, FIG_SMALL, FIG_MIDDLE, str_get(&text));
	}
	fig_rule(b->pen, b->x.start, bottom, b->x.end, bottom, 0.6, 0);
	str_free(&text);
}

static void whisker(const struct bars *b, const struct fig_value *v, double y)
{
	double from = fig_at(&b->x, v->low), to = fig_at(&b->x, v->high);

	fig_rule(b->pen, from, y, to, y, 0.7, 0);
	fig_rule(b->pen, from, y - 2, from, y + 2, 0.7, 0);
	fig_rule(b->pen, to, y - 2, to, y + 2, 0.7, 0);
}

static void bar(const struct bars *b, double from, double to, double y, double height, unsigned colour)
{
	double x0 = fig_at(&b->x, fmin(from, to)), x1 = fig_at(&b->x, fmax(from, to));

	fig_colour(b->pen, colour, 1);
	cairo_rectangle(b->pen->cr, x0, y, fmax(x1 - x0, 0.4), height);
	cairo_fill(b->pen->cr);
}

/* The bars of a place, whose own height is from y on. */
static void draw_place(const struct bars *b, size_t i, double y)
{
	const struct fig_model *m = b->m;
	bool stack = m->kind == REP_STACK;
	double height = (double)b->each * BAR, from = 0, top = y + (b->band - height) / 2;
	struct str text = STR_INIT;
	unsigned lines = fig_lines_of(b->pen, b->names, FIG_SIZE, NAME_LINES, m->p[i].name);

	(void)fig_paragraph(b->pen, b->names, y + (b->band - lines * FIG_SIZE * FIG_LINE) / 2 + 0.5, b->names, FIG_SIZE, FIG_RIGHT, NAME_LINES, m->p[i].name);
	for (size_t k = 0; k < m->n_s; k++) {
		const struct fig_value *v = &m->s[k].v[i];
		double at = top + (b->each == 1 ? 0 : (double)k * BAR), end;

		if (!v->known)
			continue;
		if (v->v != 0)
			bar(b, stack ? from : 0, stack ? from + v->v : v->v, at + 0.5, BAR - 1, m->p[i].colour >= 0 ? (unsigned)m->p[i].colour : m->s[k].colour);
		from += v->v;
		if (stack)
			continue;
		end = v->band ? (v->v < 0 ? fmin(v->v, v->low) : fmax(v->v, v->high)) : v->v;
		if (v->band)
			whisker(b, v, at + BAR / 2);
		value_text(b, v, v->v, &text);
		fig_say(b->pen, fig_at(&b->x, end) + (v->v < 0 ? -3 : 3), at + BAR / 2 + FIG_SMALL * 0.36, FIG_SMALL, v->v < 0 ? FIG_RIGHT : FIG_LEFT, str_get(&text));
	}
	if (stack) {
		value_text(b, NULL, from, &text);
		fig_say(b->pen, fig_at(&b->x, from) + 3, top + BAR / 2 + FIG_SMALL * 0.36, FIG_SMALL, FIG_LEFT, str_get(&text));
	}
	str_free(&text);
}

double fig_bars(const struct fig_pen *pen, const struct fig_model *m, double y)
{
	struct bars b = { .pen = pen, .m = m };
	struct str title = STR_INIT;
	double bottom;

	choose_places(&b);
	lay_out(&b);
	bottom = y + 2 + (double)b.n * b.band;
	axis(&b, y, bottom);
	for (size_t n = 0; n < b.n; n++)
		draw_place(&b, b.place[n].i, y + 2 + (double)n * b.band);
	if (b.x.from < 0)
		fig_rule(pen, fig_at(&b.x, 0), y, fig_at(&b.x, 0), bottom, 0.8, 0);
	str_add(&title, str_get(&m->y_title));
	if (b.left_out != 0)
		str_addf(&title, "%s(largest %d of %zu)", title.len != 0 ? " " : "", BARS_MAX, BARS_MAX + b.left_out);
	bottom = fig_paragraph(pen, (b.x.start + b.x.end) / 2, bottom + FIG_SMALL + 7, b.x.end - b.x.start, FIG_SIZE, FIG_MIDDLE, 2, str_get(&title));
	str_free(&title);
	free(b.place);
	return bottom;
}
