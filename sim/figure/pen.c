/* SPDX-License-Identifier: Apache-2.0 */
/* Lines and text. */
#include <math.h>
#include <string.h>

#include "sim/figure/figure_impl.h"

#define MORE  "\342\200\246" /* where text was cut */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

double fig_width(const struct fig_pen *pen, double size, const char *text)
{
	cairo_text_extents_t x;

	cairo_set_font_size(pen->cr, size);
	cairo_text_extents(pen->cr, text, &x);
	return x.x_advance;
}

void fig_bold(const struct fig_pen *pen, bool on)
{
	cairo_select_font_face(pen->cr, FIG_FONT, CAIRO_FONT_SLANT_NORMAL, on ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
}

void fig_say(const struct fig_pen *pen, double x, double y, double size, double align, const char *text)
{
	double width = align > 0 ? fig_width(pen, size, text) : 0;

	cairo_set_font_size(pen->cr, size);
	cairo_set_source_rgb(pen->cr, 0, 0, 0);
	cairo_move_to(pen->cr, x - align * width, y);
	cairo_show_text(pen->cr, text);
}

/* Bytes of the last character of the n bytes of a text. */
static size_t last_character(const char *text, size_t n)
{
	size_t k = 1;

	while (k < n && ((unsigned char)text[n - k] & 0xc0) == 0x80)
		k++;
	return k;
}

void fig_cut(const struct fig_pen *pen, double size, double width, const char *text, struct str *out)
{
	str_reset(out);
	str_add(out, text);
	if (fig_width(pen, size, str_get(out)) <= width)
		return;
	for (size_t n = out->len; n != 0;) {
		n -= last_character(text, n);
		str_cut(out, n);
		str_add(out, MORE);
		if (fig_width(pen, size, str_get(out)) <= width)
			return;
	}
}

/* How many bytes of the text a line has: up to a blank, or behind a "/", "_", "-", where the rest does not fit any more. */
static size_t line_end(const struct fig_pen *pen, double size, double width, const char *text)
{
	struct str b = STR_INIT;
	size_t n = strlen(text), best = 0;

	if (fig_width(pen, size, text) <= width)
		return n;
	for (size_t i = 1; i < n; i++) {
		if (text[i] != ' ' && strchr("/_-,", text[i - 1]) == NULL)
			continue;
		str_reset(&b);
		str_addn(&b, text, i);
		if (fig_width(pen, size, str_get(&b)) > width)
			break;
		best = i;
	}
	str_free(&b);
	return best != 0 ? best : n;
}

unsigned fig_lines_of(const struct fig_pen *pen, double width, double size, unsigned lines, const char *text)
{
	unsigned n = 1;

	while (n < lines && *(text += line_end(pen, size, width, text)) != '\0') {
		text += strspn(text, " ");
		n++;
	}
	return n;
}

double fig_paragraph(const struct fig_pen *pen, double x, double y, double width, double size, double align, unsigned lines, const char *text)
{
	struct str line = STR_INIT, cut = STR_INIT;

	for (unsigned i = 0; i < lines && *text != '\0'; i++) {
		size_t n = i + 1 < lines ? line_end(pen, size, width, text) : strlen(text);

		str_reset(&line);
		str_addn(&line, text, n);
		fig_cut(pen, size, width, str_get(&line), &cut);
		fig_say(pen, x, y + size, size, align, str_get(&cut));
		y += size * FIG_LINE;
		text += n + strspn(text + n, " ");
	}
	str_free(&line);
	str_free(&cut);
	return y;
}

void fig_rule(const struct fig_pen *pen, double x0, double y0, double x1, double y1, double line, double grey)
{
	cairo_set_source_rgb(pen->cr, grey, grey, grey);
	cairo_set_line_width(pen->cr, line);
	cairo_move_to(pen->cr, x0, y0);
	cairo_line_to(pen->cr, x1, y1);
	cairo_stroke(pen->cr);
}

void fig_colour(const struct fig_pen *pen, unsigned colour, double alpha)
{
	unsigned rgb = rep_palette[colour % REP_PALETTE_COUNT];

	cairo_set_source_rgba(pen->cr, (rgb >> 16) / 255.0, (rgb >> 8 & 0xff) / 255.0, (rgb & 0xff) / 255.0, alpha);
}

void fig_dash(const struct fig_pen *pen, unsigned i)
{
	static const double dash[][4] = { { 5, 2, 5, 2 }, { 1.5, 2, 1.5, 2 }, { 6, 1.5, 1.5, 1.5 } };

	if (i == 0)
		cairo_set_dash(pen->cr, NULL, 0, 0);
	else
		cairo_set_dash(pen->cr, dash[(i - 1) % COUNT(dash)], 4, 0);
}

static void polygon(const struct fig_pen *pen, double x, double y, unsigned corners, double size, double turn)
{
	for (unsigned k = 0; k < corners; k++) {
		double angle = turn + 2 * M_PI * k / corners;

		cairo_line_to(pen->cr, x + size * sin(angle), y - size * cos(angle));
	}
	cairo_close_path(pen->cr);
}

/* n arms of a width, from the middle. */
static void arms(const struct fig_pen *pen, double x, double y, unsigned n, double size)
{
	cairo_set_line_width(pen->cr, size * 0.7);
	for (unsigned k = 0; k < n; k++) {
		double angle = 2 * M_PI * k / n;

		cairo_move_to(pen->cr, x, y);
		cairo_line_to(pen->cr, x + size * sin(angle), y - size * cos(angle));
	}
	cairo_stroke(pen->cr);
}

void fig_symbol(const struct fig_pen *pen, double x, double y, unsigned i)
{
	cairo_new_path(pen->cr);
	switch (i % 7) {
	case 0:
		cairo_arc(pen->cr, x, y, 2.2, 0, 2 * M_PI);
		break;
	case 1:
		polygon(pen, x, y, 4, 2.8, M_PI / 4);
		break;
	case 2:
		polygon(pen, x, y, 3, 2.9, 0);
		break;
	case 3:
		polygon(pen, x, y, 4, 3, 0);
		break;
	case 4:
		arms(pen, x, y, 4, 2.9);
		return;
	case 5:
		polygon(pen, x, y, 3, 2.9, M_PI);
		break;
	default:
		arms(pen, x, y, 3, 3);
		return;
	}
	cairo_fill(pen->cr);
}
