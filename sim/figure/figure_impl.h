/* SPDX-License-Identifier: Apache-2.0 */
/* The insides of sim/figure. Lengths are points (1/72 inch), y grows downwards. */
#ifndef EL2SIM_FIGURE_FIGURE_IMPL_H
#define EL2SIM_FIGURE_FIGURE_IMPL_H

#include <cairo.h>

#include "sim/document/rep_doc.h"
#include "sim/figure/figure.h"

struct figure {
	char *name;
	const struct rep *report;
	const struct rep_table *table;
	const struct rep_chart *chart;
};

/* --- model: what is drawn ---------------------------------------------------------------------- */

struct fig_value {
	const struct rep_col *col;
	const struct rep_cell *cell; /* NULL: there is no row for it */
	double v, low, high;
	bool known, band;	     /* band: low and high are */
};

struct fig_series {
	char *name;
	unsigned colour;
	struct fig_value *v; /* one per position */
};

struct fig_position {
	char *name;   /* as the table shows it */
	double x;     /* of lines over a number */
	bool has_x;
	char *part;   /* lines join positions of one part only */
	int colour;   /* of a bar that means something everywhere; -1: that of its series */
};

struct fig_mark {
	double x;
	char *label;
};

struct fig_model {
	const struct figure *f;
	enum rep_chart_kind kind;
	struct fig_position *p;
	size_t n_p;
	struct fig_series *s;
	size_t n_s;
	struct fig_mark *marks; /* ascending */
	size_t n_marks;
	bool numeric;		/* lines over a number: p is ascending in x */
	bool log_x, log_y;
	bool bounds, bands;	/* some value is one, has one */
	struct str x_name;	/* of the x axis without its unit: heads the column of names */
	struct str x_title, y_title;
	struct str chosen;	/* "machine neoverse-n1, workload idle"; "" */
};

int fig_model(const struct figure *f, const struct figure_look *look, bool lenient, struct fig_model *m, struct err *e);
void fig_model_free(struct fig_model *m);

/* The rows that a chart draws: up to the first rule, of those the ones that fit the choices. */
struct fig_rows {
	const struct rep_table *t;
	const struct rep_chart *c;
	size_t *row, n;
};

/* Where a column is; SIZE_MAX: nowhere. key need not end after n bytes. */
size_t fig_column(const struct rep_table *t, const char *key, size_t n);
/* The next word of *list, of *n bytes, and *list moves on; NULL at the end. */
const char *fig_word(const char **list, size_t *n);
/* A cell as people read it; of what is not known a dash. To be freed. */
char *fig_text(const struct rep_table *t, size_t row, size_t col);
struct fig_value fig_value(const struct rep_table *t, size_t row, size_t col);
/* Does the chart have the column of "COLUMN=VALUE" as a choice? */
bool fig_has_choice(const struct rep_chart *c, const char *choice);
/* The rows, and what was chosen. ERR_USAGE. */
int fig_rows(const struct figure *f, const struct figure_look *look, bool lenient, struct fig_rows *r, struct str *chosen, struct err *e);
/* A name for each row, of column x: where rows have one x and one series, with what tells them apart. An array of r->n texts. */
char **fig_row_names(const struct fig_rows *r, size_t x, size_t series);
/* The marks of the rows' choices, into m. */
void fig_marks(const struct fig_rows *r, struct fig_model *m);

/* --- axes --------------------------------------------------------------------------------------- */

#define FIG_TICKS_MAX 64

struct fig_scale {
	bool log;
	double from, to;     /* values */
	double start, end;   /* lengths */
};

double fig_at(const struct fig_scale *s, double v);
/* Widen from..to to round numbers. */
void fig_nice(struct fig_scale *s, unsigned about);
/* Round numbers within the scale, about as many; of a logarithm 1, 2 and 5, or powers of ten, times powers of ten. */
size_t fig_ticks(const struct fig_scale *s, unsigned about, double tick[static FIG_TICKS_MAX]);
/* 1,234, 0.125, 12.3k: for axes and bars. */
void fig_short(struct str *b, double v);

/* --- drawing ------------------------------------------------------------------------------------ */

#define FIG_FONT   "Helvetica" /* or what the system has for it */
#define FIG_SIZE   8.0
#define FIG_SMALL  7.0
#define FIG_LINE   1.3 /* from one line of text to the next, in sizes */
#define FIG_LEFT   0.0
#define FIG_MIDDLE 0.5
#define FIG_RIGHT  1.0

struct fig_pen {
	cairo_t *cr;
	double width;
};

double fig_width(const struct fig_pen *pen, double size, const char *text);
/* Text with its baseline at y; align: which part of it is at x. */
void fig_say(const struct fig_pen *pen, double x, double y, double size, double align, const char *text);
void fig_bold(const struct fig_pen *pen, bool on);
/* As much of the text as fits, with a mark where it was cut. */
void fig_cut(const struct fig_pen *pen, double size, double width, const char *text, struct str *out);
/* Text in lines that fit, from the line whose top is y; returns where the next would be. Lines after the last are cut. */
double fig_paragraph(const struct fig_pen *pen, double x, double y, double width, double size, double align, unsigned lines, const char *text);
/* How many lines that is. */
unsigned fig_lines_of(const struct fig_pen *pen, double width, double size, unsigned lines, const char *text);
void fig_rule(const struct fig_pen *pen, double x0, double y0, double x1, double y1, double line, double grey);
/* What is drawn next has a colour of the palette; alpha 1: nothing shines through. */
void fig_colour(const struct fig_pen *pen, unsigned colour, double alpha);
/* A series' dashes, by number; 0: none. */
void fig_dash(const struct fig_pen *pen, unsigned i);
/* A series' symbol, filled. */
void fig_symbol(const struct fig_pen *pen, double x, double y, unsigned i);

/* Parts of a picture: from y on; they return where they end. */
double fig_legend(const struct fig_pen *pen, const struct fig_model *m, double y);
double fig_bars(const struct fig_pen *pen, const struct fig_model *m, double y);
double fig_lines(const struct fig_pen *pen, const struct fig_model *m, double y);
double fig_sequence(const struct fig_pen *pen, const struct fig_model *m, double y);
/* Do lines have a symbol at each value? With many they have dashes. */
bool fig_has_symbols(const struct fig_model *m);

int fig_draw(const struct fig_model *m, const struct figure_look *look, enum figure_format format, FILE *out, struct err *e);
void fig_gnuplot(const struct fig_model *m, FILE *out);

#endif
