/* SPDX-License-Identifier: Apache-2.0 */
/* The insides of a report, for its writers; commands include rep.h only. */
#ifndef EL2SIM_DOCUMENT_REP_DOC_H
#define EL2SIM_DOCUMENT_REP_DOC_H

#include "sim/base/nameset.h"
#include "sim/base/str.h"
#include "sim/document/rep.h"

struct rep_cell {
	bool none, band;
	uint8_t bound; /* enum rep_bound */
	int64_t low, high; /* of a band, thousandths */
	union {
		char *s;    /* REP_STR */
		uint64_t u; /* REP_U64, REP_HEX */
		int64_t i;  /* REP_I64, REP_FIX (thousandths) */
	};
};

struct rep_fact {
	char *key, *title, *unit;
	char *text;     /* NULL: the fact is the number */
	uint64_t value;
	uint8_t bound;  /* enum rep_bound */
};

struct rep_table {
	char *key, *title;
	struct rep_col *cols; /* owned, with their strings; no NULL and no empty title */
	size_t ncols;
	struct rep_cell *cells; /* row after row */
	size_t ncells, cell_cap;
	size_t *rules; /* rows with a rule before them, ascending */
	size_t nrules;
	bool grouped; /* the rules are between groups, not before totals */
	struct rep_chart *charts; /* owned, with their strings; no NULL */
	size_t ncharts;
	bool detail, many;
};

struct rep_lines {
	char **line;
	size_t n;
};

/* A copy that a report may have (filter_line); NULL: "". */
char *rep_printable(const char *text);
/* Room for one more of n elements that are added one by one: the capacity is the next power of two. */
void *rep_one_more(void *v, size_t n, size_t size);

void rep_table_free(struct rep_table *t);
void rep_chart_clear(struct rep_chart *c);
/* Does the table have every column that the chart names? No string of it is NULL. */
bool rep_chart_fits(const struct rep_table *t, const struct rep_chart *c);

#define REP_ROWS_SHOWN 20 /* of a table with many rows */
#define REP_MORE       "\342\200\246 %zu more rows: --all" /* what stands for the others */

/* The rows from *from to before *to are not shown; *from == *to: all are. Totals always are. */
void rep_left_out(const struct rep_table *t, const struct rep_view *v, size_t *from, size_t *to);

/* As rep_alarm, without the verdict; is a sentence an alarm? */
void rep_alarm_only(struct rep *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool rep_is_alarm(const struct rep *r, const char *sentence);

struct rep_origin {
	enum rep_source kind;
	char *name, *sha256; /* NULL: of the file, when it is written */
};

struct rep {
	char *command, *title;
	char *version, *program; /* of what made it: version, SHA-256 of what it is compiled from; "": not known */
	struct rep_origin *origins;
	size_t norigins;
	struct rep_fact *facts;
	size_t nfacts;
	struct rep_table **tables; /* pointers: commands keep them while others are added */
	size_t ntables;
	struct rep_lines alarms, verdicts, notes; /* an alarm is a verdict, too */
	struct rep_lines words; /* of the command line; none: not known */
	struct nameset fact_keys, table_keys, alarm_texts, input_names; /* those that are there */
};

/* Version in the JSON "schema"; raise it when an older reader would misunderstand. */
#define REP_VERSION        1
#define REP_VERSION_BOUNDS 2 /* of a report with bounds: who does not know them takes them for figures */

/* SHA-256 of el2sim's own source (cmake/program.cmake): the same source has the same on every machine. */
extern const char rep_program[];

/* Call fn for each origin of a kind; sha256 is known. */
void rep_each_origin(const struct rep *r, enum rep_source kind, void (*fn)(void *ctx, const char *name, const char *sha256),
		     void *ctx);
extern const char *const rep_source_keys[REP_SOURCE_COUNT], *const rep_source_titles[REP_SOURCE_COUNT];

extern const char *const rep_chart_names[REP_CHART_COUNT + 1]; /* NULL-terminated */
extern const char *const rep_bound_words[REP_BOUND_COUNT];
extern const char *const rep_type_names[REP_TYPE_COUNT + 1]; /* NULL-terminated */

/* Whom a number is written for: people get separators, signs and rounding, programs the bare value. */
enum rep_reader { REP_PEOPLE, REP_PROGRAMS };

/* Add a cell's value without padding or quoting; a cell of rep_none adds nothing. */
void rep_cell_add(struct str *b, const struct rep_col *col, const struct rep_cell *cell,
		  enum rep_reader reader);
/* Add a fact's value; for people with its unit. */
void rep_fact_add(struct str *b, const struct rep_fact *fact, enum rep_reader reader);
/* Add thousandths with all the decimals they need: 1500 is 1.5. */
void rep_exact_add(struct str *b, int64_t thousandths);

/* Does the table have a column for each of the keys, which blanks separate? */
bool rep_has_columns(const struct rep_table *t, const char *keys);
const struct rep_cell *rep_cell_at(const struct rep_table *t, size_t row, size_t col);
bool rep_has_rule(const struct rep_table *t, size_t row);
/* Is any cell of the table a bound? */
bool rep_has_bounds(const struct rep_table *t);
/* Has any cell of the column a band? */
bool rep_has_band(const struct rep_table *t, size_t col);
/* "reads>= writes>=": the bounds of a row. */
void rep_row_bounds(struct str *b, const struct rep_table *t, size_t row);

/* Names of series and bars that mean the same in every chart (phases of the switch, what a change is): the colour of each. */
#define REP_COLOURS(X)                                                                              \
	X("load", 0) X("enter", 1) X("exit", 2) X("put", 3) X("lazy", 4) X("handle", 5)             \
	X("cheaper", 2) X("dearer", 7) X("neither", 6)
#define REP_PALETTE_COUNT 8
extern const unsigned rep_palette[REP_PALETTE_COUNT]; /* 0xRRGGBB on white; --c0, --c1, ... of html/report.css */
/* A name's colour, or -1. */
int rep_colour_of(const char *name);
/* {"load": 0, ...}: for the page's script. */
void rep_colours_json(struct str *b);

/* A chart as in the JSON. */
void rep_chart_json(struct str *b, const struct rep_chart *c);
/* n reports as one page. */
void rep_html_page(const struct rep *const *r, size_t n, struct str *b);

/* One writer per row of REP_FORMATS. */
typedef void rep_writer(const struct rep *r, const struct rep_view *v, struct str *b);
#define X(id, name, help) rep_writer write_##id;
REP_FORMATS(X)
#undef X

#endif
