/* SPDX-License-Identifier: Apache-2.0 */
/* Which colour, symbol and line is which series. */
#include "sim/figure/figure_impl.h"

#define GAP 12.0

static void sample(const struct fig_pen *pen, const struct fig_model *m, const struct fig_series *s, double x, double y, double width)
{
	if (m->kind != REP_LINES) {
		fig_colour(pen, s->colour, 1);
		cairo_rectangle(pen->cr, x, y - 3.5, width, 7);
		cairo_fill(pen->cr);
		return;
	}
	fig_colour(pen, s->colour, 1);
	cairo_set_line_width(pen->cr, 1.2);
	fig_dash(pen, fig_has_symbols(m) ? s->colour / REP_PALETTE_COUNT : s->colour % 4);
	cairo_move_to(pen->cr, x, y);
	cairo_line_to(pen->cr, x + width, y);
	cairo_stroke(pen->cr);
	fig_dash(pen, 0);
	if (fig_has_symbols(m))
		fig_symbol(pen, x + width / 2, y, s->colour);
}

double fig_legend(const struct fig_pen *pen, const struct fig_model *m, double y)
{
	double width = m->kind == REP_LINES ? 20 : 9, x = 0;
	struct str name = STR_INIT;

	if (m->n_s < 2)
		return y;
	for (size_t k = 0; k < m->n_s; k++) {
		double needs;

		fig_cut(pen, FIG_SIZE, pen->width - width - 4, m->s[k].name, &name);
		needs = width + 4 + fig_width(pen, FIG_SIZE, str_get(&name));
		if (x > 0 && x + needs > pen->width) {
			x = 0;
			y += FIG_SIZE * FIG_LINE;
		}
		sample(pen, m, &m->s[k], x, y + FIG_SIZE * 0.65, width);
		fig_say(pen, x + width + 4, y + FIG_SIZE, FIG_SIZE, FIG_LEFT, str_get(&name));
		x += needs + GAP;
	}
	str_free(&name);
	return y + FIG_SIZE * FIG_LINE + 3;
}
