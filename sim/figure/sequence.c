/* SPDX-License-Identifier: Apache-2.0 */
/* Steps down the picture, each in the column of where it happens; a line joins those of one series. */
#include <math.h>

#include "sim/figure/figure_impl.h"

#define STEP 20.0
#define BOX  13.0
#define HEAD 14.0

struct sequence {
	const struct fig_model *m;
	double wide, top; /* of a column; of the first step */
};

/* Whose step it is; NULL: nobody's. */
static const struct fig_series *whose(const struct fig_model *m, size_t i)
{
	for (size_t k = 0; k < m->n_s; k++)
		if (m->s[k].v[i].known)
			return &m->s[k];
	return NULL;
}

static double middle_x(const struct sequence *q, const struct fig_series *s, size_t i)
{
	return (s->v[i].v + 0.5) * q->wide;
}

static double middle_y(const struct sequence *q, size_t i)
{
	return q->top + ((double)i + 0.5) * STEP;
}

static void join(const struct sequence *q, const struct fig_pen *pen, const struct fig_series *s)
{
	bool any = false;

	fig_colour(pen, s->colour, 1);
	for (size_t i = 0; i < q->m->n_p; i++) {
		if (!s->v[i].known)
			continue;
		(any ? cairo_line_to : cairo_move_to)(pen->cr, middle_x(q, s, i), middle_y(q, i));
		any = true;
	}
	cairo_set_line_width(pen->cr, 1.2);
	cairo_stroke(pen->cr);
}

static void step(const struct sequence *q, const struct fig_pen *pen, size_t i)
{
	const struct fig_series *s = whose(q->m, i);
	const double width = q->wide - 10;
	struct str text = STR_INIT;
	double x;

	if (s == NULL)
		return;
	x = middle_x(q, s, i);
	cairo_rectangle(pen->cr, x - width / 2, middle_y(q, i) - BOX / 2, width, BOX);
	cairo_set_source_rgb(pen->cr, 1, 1, 1);
	cairo_fill_preserve(pen->cr);
	fig_colour(pen, s->colour, 1);
	cairo_set_line_width(pen->cr, 1.2);
	cairo_stroke(pen->cr);
	cairo_set_source_rgb(pen->cr, 0, 0, 0);
	fig_cut(pen, FIG_SMALL, width - 6, q->m->p[i].name, &text);
	fig_say(pen, x, middle_y(q, i) + FIG_SMALL * 0.36, FIG_SMALL, FIG_MIDDLE, str_get(&text));
	str_free(&text);
}

double fig_sequence(const struct fig_pen *pen, const struct fig_model *m, double y)
{
	struct sequence q = { .m = m, .top = y + HEAD };
	struct str text = STR_INIT;
	double lanes = 1, bottom = q.top + (double)m->n_p * STEP;

	for (size_t k = 0; k < m->n_s; k++)
		for (size_t i = 0; i < m->n_p; i++)
			if (m->s[k].v[i].known)
				lanes = fmax(lanes, m->s[k].v[i].v + 1);
	q.wide = pen->width / lanes;
	for (double l = 0; l < lanes; l++) {
		str_reset(&text);
		str_addf(&text, "%s %.0f", str_get(&m->y_title), l);
		cairo_set_source_rgb(pen->cr, 0, 0, 0);
		fig_say(pen, (l + 0.5) * q.wide, y + FIG_SIZE, FIG_SIZE, FIG_MIDDLE, str_get(&text));
		fig_rule(pen, (l + 0.5) * q.wide, q.top, (l + 0.5) * q.wide, bottom, 0.4, 0.7);
	}
	str_free(&text);
	for (size_t k = 0; k < m->n_s; k++)
		join(&q, pen, &m->s[k]);
	for (size_t i = 0; i < m->n_p; i++)
		step(&q, pen, i);
	return bottom;
}
