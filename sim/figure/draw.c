/* SPDX-License-Identifier: Apache-2.0 */
/* A picture as a file. */
#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "sim/figure/figure_impl.h"

#define POINTS_PER_MM (72 / 25.4)
#define PNG_DPI	      300.0
#define MARGIN	      4.0

static double footnotes(const struct fig_pen *pen, const struct fig_model *m, double y)
{
	struct str b = STR_INIT;

	if (m->bounds)
		y = fig_paragraph(pen, 0, y + 2, pen->width, FIG_SMALL, FIG_LEFT, 2,
				  m->kind == REP_BARS ? "\342\211\245, \342\211\244: a bound of the figure" : "some of the values are bounds: see the report");
	if (m->bands && m->kind == REP_STACK)
		y = fig_paragraph(pen, 0, y + 2, pen->width, FIG_SMALL, FIG_LEFT, 2, "the values are uncertain, which is not drawn: see the report");
	for (size_t i = 0; i < m->f->report->alarms.n; i++) {
		str_reset(&b);
		str_addf(&b, REP_ALARM_MARK "%s", m->f->report->alarms.line[i]);
		y = fig_paragraph(pen, 0, y + 2, pen->width, FIG_SMALL, FIG_LEFT, 4, str_get(&b));
	}
	str_free(&b);
	return y;
}

static const char *title_of(const struct fig_model *m)
{
	return m->f->chart->title[0] != '\0' ? m->f->chart->title : m->f->table->title[0] != '\0' ? m->f->table->title : m->f->table->key;
}

/* Everything; returns how high it is. */
static double picture(const struct fig_pen *pen, const struct fig_model *m, const struct figure_look *look)
{
	double y = 0;

	cairo_translate(pen->cr, MARGIN, MARGIN);
	if (!look->no_title) {
		fig_bold(pen, true);
		y = fig_paragraph(pen, 0, y, pen->width, FIG_SIZE + 1, FIG_LEFT, 3, title_of(m));
	}
	fig_bold(pen, false);
	if (m->chosen.len != 0)
		y = fig_paragraph(pen, 0, y, pen->width, FIG_SMALL, FIG_LEFT, 3, str_get(&m->chosen));
	y = fig_legend(pen, m, y + (y > 0 ? 3 : 0));
	if (m->n_p == 0 || m->n_s == 0)
		y = fig_paragraph(pen, 0, y, pen->width, FIG_SIZE, FIG_LEFT, 1, "nothing to draw");
	else
		y = (m->kind == REP_LINES ? fig_lines : m->kind == REP_SEQUENCE ? fig_sequence : fig_bars)(pen, m, y);
	return footnotes(pen, m, y) + 2 * MARGIN;
}

static cairo_status_t write_to(void *out, const unsigned char *data, unsigned n)
{
	return fwrite(data, 1, n, out) == n ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

/* Text is as wide on every surface. */
static void prepare(cairo_t *cr)
{
	cairo_font_options_t *o = cairo_font_options_create();

	cairo_font_options_set_hint_style(o, CAIRO_HINT_STYLE_NONE);
	cairo_font_options_set_hint_metrics(o, CAIRO_HINT_METRICS_OFF);
	cairo_font_options_set_antialias(o, CAIRO_ANTIALIAS_GRAY);
	cairo_set_font_options(cr, o);
	cairo_font_options_destroy(o);
	cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
}

static double height_of(const struct fig_model *m, const struct figure_look *look, double width)
{
	cairo_surface_t *none = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1);
	struct fig_pen pen = { cairo_create(none), width - 2 * MARGIN };
	double height;

	prepare(pen.cr);
	height = picture(&pen, m, look);
	cairo_destroy(pen.cr);
	cairo_surface_destroy(none);
	return ceil(height);
}

/* What it is and what made it, not when. */
static void describe(cairo_surface_t *pdf, const struct fig_model *m)
{
	const struct rep *r = m->f->report;
	struct str b = STR_INIT;

	cairo_pdf_surface_set_metadata(pdf, CAIRO_PDF_METADATA_CREATE_DATE, NULL);
	cairo_pdf_surface_set_metadata(pdf, CAIRO_PDF_METADATA_TITLE, title_of(m));
	str_addf(&b, "el2sim %s", r->version[0] != '\0' ? r->version : EL2SIM_VERSION);
	cairo_pdf_surface_set_metadata(pdf, CAIRO_PDF_METADATA_CREATOR, str_get(&b));
	str_reset(&b);
	for (size_t i = 0; i < r->words.n; i++)
		str_addf(&b, "%s%s", i != 0 ? " " : "", r->words.line[i]);
	if (b.len != 0)
		cairo_pdf_surface_set_metadata(pdf, CAIRO_PDF_METADATA_SUBJECT, str_get(&b));
	str_free(&b);
}

static cairo_surface_t *surface_of(enum figure_format format, const struct fig_model *m, double width, double height, FILE *out)
{
	cairo_surface_t *s;

	switch (format) {
	case FIGURE_SVG:
		s = cairo_svg_surface_create_for_stream(write_to, out, width, height);
		cairo_svg_surface_set_document_unit(s, CAIRO_SVG_UNIT_PT);
		return s;
	case FIGURE_PDF:
		s = cairo_pdf_surface_create_for_stream(write_to, out, width, height);
		describe(s, m);
		return s;
	case FIGURE_PNG:
		return cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)ceil(width * PNG_DPI / 72), (int)ceil(height * PNG_DPI / 72));
	case FIGURE_DAT:
	case FIGURE_FORMAT_COUNT:
		break;
	}
	BUG("no picture of that format");
}

static int draw(const struct fig_model *m, const struct figure_look *look, enum figure_format format, FILE *out, struct err *e)
{
	double width = look->width_mm * POINTS_PER_MM, height = height_of(m, look, width);
	cairo_surface_t *s = surface_of(format, m, width, height, out);
	struct fig_pen pen = { cairo_create(s), width - 2 * MARGIN };
	cairo_status_t status;

	prepare(pen.cr);
	if (format == FIGURE_PNG)
		cairo_scale(pen.cr, PNG_DPI / 72, PNG_DPI / 72);
	cairo_set_source_rgb(pen.cr, 1, 1, 1);
	cairo_paint(pen.cr);
	(void)picture(&pen, m, look);
	status = cairo_status(pen.cr);
	cairo_destroy(pen.cr);
	if (status == CAIRO_STATUS_SUCCESS && format == FIGURE_PNG)
		status = cairo_surface_write_to_png_stream(s, write_to, out);
	cairo_surface_finish(s);
	if (status == CAIRO_STATUS_SUCCESS)
		status = cairo_surface_status(s);
	cairo_surface_destroy(s);
	if (status == CAIRO_STATUS_SUCCESS)
		return 0;
	return err_set(e, ERR_IO, "figure %s could not be drawn: %s", m->f->name, cairo_status_to_string(status));
}

/* cairo numbers its surfaces: what was drawn before is no part of a figure. Nothing refers to that number. */
static void copy_without_numbers(const char *svg, FILE *out)
{
	static const char id[] = " id=\"surface";

	for (const char *at; (at = strstr(svg, id)) != NULL;) {
		const char *end = at + strlen(id);

		end += strspn(end, "0123456789");
		(void)fwrite(svg, 1, (size_t)(at - svg), out);
		svg = end + (*end == '"');
	}
	(void)fputs(svg, out);
}

int fig_draw(const struct fig_model *m, const struct figure_look *look, enum figure_format format, FILE *out, struct err *e)
{
	struct str svg = STR_INIT;
	FILE *memory;
	int rc;

	if (format != FIGURE_SVG)
		return draw(m, look, format, out, e);
	memory = open_memstream(&svg.s, &svg.len);
	BUG_ON(memory == NULL);
	rc = draw(m, look, format, memory, e);
	if (fclose(memory) != 0)
		rc = err_set(e, ERR_MEMORY, "figure %s: out of memory", m->f->name);
	if (rc == 0)
		copy_without_numbers(svg.s, out);
	free(svg.s);
	return rc;
}
