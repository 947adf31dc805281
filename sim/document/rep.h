/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One result structure for every command, many writers.
 *
 * A report is an ordered document: facts (key, value), tables (typed columns with units) and
 * sentences (verdict, notes). Commands fill it; text, Markdown, CSV and JSON are written from it, so
 * no command knows a format. Every key is stable: it is the JSON key and the CSV header.
 */
#ifndef EL2SIM_DOCUMENT_REP_H
#define EL2SIM_DOCUMENT_REP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/base/err.h"

/* One row per output format: enumerator, name on the command line, help. */
#define REP_FORMATS(X)                                                                              \
	X(REP_TEXT, "text", "for a terminal")                                                       \
	X(REP_MD, "md", "Markdown tables, for a pull request or a mail")                            \
	X(REP_CSV, "csv", "one block per table, for a spreadsheet")                                 \
	X(REP_JSON, "json", "for programs; carries a schema name and version")                      \
	X(REP_HTML, "html", "one page with charts that needs nothing else")

enum rep_format {
#define X(id, name, help) id,
	REP_FORMATS(X)
#undef X
	REP_FORMAT_COUNT
};

/* One row per type of a cell: enumerator, name in the JSON "columns". */
#define REP_TYPES(X)                                                                                \
	X(REP_STR, "string")                                                                        \
	X(REP_U64, "u64")     /* a count; 0 is printed as "." in text when the column is sparse */   \
	X(REP_I64, "i64")     /* a signed difference, printed with its sign */                      \
	X(REP_FIX, "decimal") /* thousandths; printed with the column's decimals, exact in JSON */  \
	X(REP_HEX, "hex")     /* filled with rep_u64; "0x..." everywhere, a string in JSON */         \
	X(REP_ID, "id")       /* filled with rep_u64; a number that names (pid, vCPU), not a count */

enum rep_type {
#define X(id, name) id,
	REP_TYPES(X)
#undef X
	REP_TYPE_COUNT
};

struct rep_col {
	const char *key;   /* stable: JSON key, CSV header */
	const char *title; /* text and Markdown heading, "" or NULL = key */
	enum rep_type type;
	const char *unit;  /* "" (or NULL) or cycles, ns, ... ; printed in the heading */
	int decimals;      /* REP_FIX only: 1..3; 0: as many as each number has */
	bool sparse;       /* print 0 as "." in text */
};

struct rep;
struct rep_table;

/* Keys of tables that have a place in a report: what was changed, and every option with its origin. */
#define REP_ASKED     "asked"
#define REP_EFFECTIVE "effective"

/*
 * command: "run", "compare", ... gives the JSON "schema": "el2sim.<command>/1". title may be "".
 * Every string given to a report is copied and made printable (filter_line).
 */
struct rep *rep_new(const char *command, const char *title);
void rep_free(struct rep *r);

/* A fact above the tables; key is stable, title is for people ("" = key). The same key twice is BUG(). */
void rep_fact(struct rep *r, const char *key, const char *title, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void rep_fact_u64(struct rep *r, const char *key, const char *title, uint64_t v, const char *unit);

/*
 * The command line that writes this report, for "how to reproduce it": words are copied; without -o, --format
 * and whatever else does not change the numbers. A later call replaces it.
 */
void rep_command(struct rep *r, const char *const *words, size_t n);
bool rep_has_command(const struct rep *r);

/* What a report was made from; one row per kind: enumerator, key in the JSON, what a page calls it. */
#define REP_SOURCES(X)                                                                              \
	X(REP_OF_CONFIG, "configurations", "effective configuration")                               \
	X(REP_OF_INPUT, "inputs", "input")

enum rep_source {
#define X(id, key, title) id,
	REP_SOURCES(X)
#undef X
	REP_SOURCE_COUNT
};

/*
 * Provenance, in JSON and HTML: version and hash of the program (of every report), and what it was made from. sha256:
 * 64 hexadecimal digits; NULL of REP_OF_INPUT: name is that of a file, which is read when the report is written, and is
 * left out if there is no such file; the same file twice is once.
 */
void rep_source(struct rep *r, enum rep_source kind, const char *name, const char *sha256);
/* Read the files whose hash is not given: for the formats that have hashes. ERR_INPUT. */
int rep_hash_sources(struct rep *r, struct err *e);
/* The next of the inputs' names so far, as the files have them, and *pos, 0 at first, moves on; NULL after the last. */
const char *rep_next_input(const struct rep *r, size_t *pos);
/* All that another report was made from, too. */
void rep_sources_of(struct rep *r, const struct rep *other);
/* The program that made the report, if it is not this one: version and hash as it gave them, "" if it did not. */
void rep_made_by(struct rep *r, const char *version, const char *program);

/*
 * Start a table; cols and their strings are copied. The table lives as long as the report and may be
 * filled while others are started. The same key twice is BUG().
 */
struct rep_table *rep_table(struct rep *r, const char *key, const char *title,
			    const struct rep_col *cols, size_t ncols);
/*
 * Cells are added left to right; a row is complete after ncols cells. A wrong type, and a table written
 * with half a row, are BUG().
 */
void rep_str(struct rep_table *t, const char *s);
void rep_strf(struct rep_table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void rep_u64(struct rep_table *t, uint64_t v);
void rep_i64(struct rep_table *t, int64_t v);
void rep_fix(struct rep_table *t, int64_t thousandths);
void rep_none(struct rep_table *t); /* not known, not applicable: "-" in text, null in JSON, empty in CSV */

/* What a number is when it is not the figure itself: enumerator, sign for people, word for programs. */
#define REP_BOUNDS(X)                                                                               \
	X(REP_EXACT, "", "")                                                                        \
	X(REP_AT_LEAST, "\342\211\245", ">=")                                                       \
	X(REP_AT_MOST, "\342\211\244", "<=")

enum rep_bound {
#define X(id, sign, word) id,
	REP_BOUNDS(X)
#undef X
	REP_BOUND_COUNT
};

/*
 * The cell, or the fact, that was added last is a bound of the figure. Every writer shows it: a sign before the number in
 * text, Markdown and HTML; in CSV a last column "bounds" with "column>=" or "column<=", separated by blanks; in JSON the
 * table's "bounds" and "fact_bounds", and version 2 of the schema. A bound is no metric.
 */
void rep_bound(struct rep_table *t, enum rep_bound b);
void rep_fact_bound(struct rep *r, enum rep_bound b);
/*
 * The cell that was added last is uncertain: the figure lies between low and high, thousandths whatever the column's type. Every
 * writer shows it: behind the number in text, Markdown and HTML (a factor, or both ends where it may be on either side
 * of 0); in CSV as columns "KEY_low" and "KEY_high" behind all others; in JSON as the table's "bands".
 */
void rep_band(struct rep_table *t, int64_t low, int64_t high);
/* The same: between itself divided and multiplied by a factor of 1 or more; of 0 nothing. Rounded outwards. */
void rep_band_factor(struct rep_table *t, double factor);
/* Is any number of the report a bound? How many are, those that are not known at all left out. */
size_t rep_bounds(const struct rep *r);
/* The number in a cell, thousandths: of the first row whose first cell is that text. False if there is none. */
bool rep_number(const struct rep *r, const char *table, const char *row, const char *col, int64_t *milli);
/* Text of a fact; NULL if there is none. */
const char *rep_fact_text(const struct rep *r, const char *key);
/* A rule before the next row: that and all after it are totals; text draws it, Markdown and HTML make them bold. */
void rep_rule(struct rep_table *t);
/* A rule between groups of rows that are no totals; not in a table with rep_rule(). */
void rep_group(struct rep_table *t);
size_t rep_rows(const struct rep_table *t);
/*
 * As many rows as there is input (vCPUs, points): text and Markdown show the first ones and the totals, unless all are wanted. A
 * table whose rows a number names (its first column is of type REP_ID) is one in any case.
 */
void rep_many(struct rep_table *t);
/* A table for those who look closer (effective configuration, points of a curve): in JSON and HTML only. */
void rep_detail(struct rep_table *t);

/* One row per kind of chart: enumerator, name in the JSON. */
#define REP_CHARTS(X)                                                                               \
	X(REP_BARS, "bars")   /* bars side by side */                                               \
	X(REP_STACK, "stack") /* bars of parts that add up */                                       \
	X(REP_LINES, "lines") /* lines over a number */                                            \
	X(REP_SEQUENCE, "sequence") /* a row per step x, down the page, in the column that y numbers; its colour says whose */

enum rep_chart_kind {
#define X(id, name) id,
	REP_CHARTS(X)
#undef X
	REP_CHART_COUNT
};

/*
 * How a table is drawn. Rows up to the first rule count (a total is no part of a stack). Columns are given
 * by key; several are separated by blanks.
 */
struct rep_chart {
	enum rep_chart_kind kind;
	const char *title;
	const char *x;      /* column: names of the bars, or the number that the lines go over */
	const char *y;      /* columns with numbers: a colour each */
	const char *series; /* column: a colour for each of its values instead; y is then one column. Or NULL */
	const char *choose; /* columns: the reader picks one value of each, and sees its rows only. Or NULL */
	const char *first;  /* the values picked until the reader does, in the order of choose; else those of the first row. Or NULL */
	const char *split;  /* column: lines join rows of one value of it only, such as a workload. Or NULL */
	const char *band;   /* columns "low high": how uncertain y is, drawn behind the lines of a series. Or NULL */
	const char *unit;   /* what is counted, where the columns of y have no unit. Or NULL */
	const char *marks;  /* table with the same column x (a decimal), those of choose and "label": points on the
			       axis, such as crossovers. Or NULL */
	bool log_x, log_y;
	bool transposed; /* the y columns are the bars, the rows are the colours */
	bool lead;       /* stands beside the answer; otherwise the report's first chart does */
};

/* Draw a table, in the writers that can; the strings are copied. A column that is not there is BUG(). */
void rep_chart(struct rep_table *t, const struct rep_chart *c);
/* All charts of the table that let the reader choose open on these values (rep_chart.first): known when the rows are. */
void rep_charts_open_on(struct rep_table *t, const char *values);

/*
 * What must not be overlooked (violations, a failed gate, an unsound policy): a verdict that also is the first line and
 * the heading, in every format. What makes a command end with status 1 is one.
 */
#define REP_ALARM_MARK	 "!! " /* how its line begins in text; it is not said again among the verdicts */
#define REP_VERDICT_MARK "=> "
void rep_alarm(struct rep *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The answer in one sentence; several are allowed. */
void rep_verdict(struct rep *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* What a reader must know beside the numbers (uncalibrated, skipped, not measured). */
void rep_note(struct rep *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
size_t rep_notes(const struct rep *r);
const char *rep_note_at(const struct rep *r, size_t i);

/* How text and Markdown are laid out, and how much of long tables they show; the other formats have all of it. */
struct rep_view {
	size_t width; /* columns that lines of text may have; 0: as many as they need */
	bool all;     /* every row */
	bool colour;  /* text with the codes of a terminal */
	bool alone;   /* one table and nothing else but alarms: in CSV without a line before its header */
};

/*
 * Leave one table (NULL: all; of several reports those that have it) and some of its columns, in the order of the list, which
 * commas separate (NULL: all). ERR_USAGE: there is none of that name, or columns of several tables.
 */
int rep_select(struct rep *const *r, size_t n, const char *table, const char *columns, struct err *e);
/* Leave the answer and about ten numbers: those that a gate looks at, then facts. */
void rep_summary(struct rep *r);

/* Write n documents, one after another; in JSON a list of them unless it is one, in HTML one page; and flush f. ERR_IO. */
int rep_write_view(const struct rep *const *r, size_t n, enum rep_format format, const struct rep_view *v, FILE *f, struct err *e);
/* The same without a limit of the width, without colours. */
int rep_write(const struct rep *r, enum rep_format format, FILE *f, struct err *e);
int rep_write_all(const struct rep *const *r, size_t n, enum rep_format format, FILE *f, struct err *e);
/* Format by name; returns false if there is none of that name. */
bool rep_format_by_name(const char *name, enum rep_format *format);

#endif
