/* SPDX-License-Identifier: Apache-2.0 */
/* Charts of reports as files for papers: SVG, PDF, PNG, and their values for gnuplot. */
#ifndef EL2SIM_FIGURE_FIGURE_H
#define EL2SIM_FIGURE_FIGURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "sim/base/err.h"
#include "sim/document/rep.h"

/* One row per format: enumerator, name and ending, what it is. */
#define FIGURE_FORMATS(X)                                                                           \
	X(FIGURE_SVG, "svg", "vectors, text as outlines")                                           \
	X(FIGURE_PDF, "pdf", "vectors, fonts embedded")                                             \
	X(FIGURE_PNG, "png", "300 dots per inch")                                                   \
	X(FIGURE_DAT, "dat", "the values, as columns for gnuplot")

enum figure_format {
#define X(id, name, help) id,
	FIGURE_FORMATS(X)
#undef X
	FIGURE_FORMAT_COUNT
};

extern const char *const figure_formats[FIGURE_FORMAT_COUNT + 1]; /* NULL-terminated */

#define FIGURE_MM_MIN	  60
#define FIGURE_MM_MAX	  600
#define FIGURE_MM_DEFAULT 160 /* the text of an A4 page */

struct figure; /* one chart of one of the reports */

struct figures {
	struct figure *f;
	size_t n;
};

/* How it is drawn; the texts are the caller's. */
struct figure_look {
	unsigned width_mm;	    /* FIGURE_MM_MIN..FIGURE_MM_MAX; the height follows from what is drawn */
	bool no_title;
	const char *const *choices; /* "COLUMN=VALUE" for charts with choices; default: as the page opens */
	size_t n_choices;
};

/*
 * The charts of n reports, in the order of the page; they live as long as the reports. A chart is called as its table, a further
 * one of a table TABLE-COLUMN after what it draws; of several reports with "r1-", "r2-", ... before it.
 */
void figures_of(const struct rep *const *r, size_t n, struct figures *l);
void figures_free(struct figures *l);
/* The one of this name; NULL with ERR_USAGE and the nearest name. */
const struct figure *figures_find(const struct figures *l, const char *name, struct err *e);
const struct figure *figures_at(const struct figures *l, size_t i);
const char *figure_name(const struct figure *f);
/* What there is, as a report: name, title, kind, choices. Free with rep_free. */
struct rep *figures_report(const struct figures *l);

/* Does some figure choose by the column of each choice? 0, or -1 with ERR_USAGE. */
int figures_check(const struct figures *l, const struct figure_look *look, struct err *e);

/*
 * Write a figure to out, which is left open. ERR_USAGE: a choice has a value that is not there, or, unless lenient (one of many
 * figures), a column that the figure does not choose by. ERR_IO: cairo could not.
 */
int figure_write(const struct figure *f, const struct figure_look *look, bool lenient, enum figure_format format, FILE *out, struct err *e);

#endif
