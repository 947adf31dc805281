/* SPDX-License-Identifier: Apache-2.0 */
/* Where a command's report goes: -o FILE and --format NAME, the same for every command. */
#ifndef EL2SIM_APP_OUTPUT_H
#define EL2SIM_APP_OUTPUT_H

#include "sim/app/args.h"
#include "sim/base/str.h"
#include "sim/document/rep.h"

/* How much of a report, and how it stands on a terminal: the same for every command that writes one. */
struct view_args {
	bool summary, all, wide, no_pager;
	const char *table, *columns; /* NULL: all of them */
	uint64_t width;		     /* 0: the terminal's */
	int colour;
};

enum { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };
extern const char *const output_colours[]; /* NULL-terminated */

struct output_args {
	const char *file; /* NULL: standard output */
	int format;       /* enum rep_format */
	struct view_args view;
	struct arg_list words; /* the command line without the above: goes into the report */
	struct arg_list inputs; /* files that it names to be read: their hashes do, too */
};

/*
 * In the environment of a process whose parent wants the metrics of its JSON beside it (a worker of el2sim sweep): an open
 * descriptor, which gets metrics_pack of a report that goes to standard output whole.
 */
#define OUTPUT_METRICS_ENV "EL2SIM_METRICS_FD"

/* For commands that have it: stacks for a flame graph instead of a report. */
#define OUTPUT_FOLDED REP_FORMAT_COUNT

extern const char *const output_formats[REP_FORMAT_COUNT + 1];	  /* NULL-terminated */
extern const char *const output_or_folded[REP_FORMAT_COUNT + 2]; /* the same and OUTPUT_FOLDED */

#define VIEW_ARG(type, member, name) (offsetof(type, member) + offsetof(struct view_args, name))

/* Argument rows for a member of type struct view_args. */
#define VIEW_ARG_ROWS(type, member)                                                                 \
	{ "--summary", NULL, ARG_FLAG, VIEW_ARG(type, member, summary), .help = "the answer and about ten numbers, nothing else" }, \
	{ "--table", NULL, ARG_STR, VIEW_ARG(type, member, table), "NAME",                          \
	  .help = "one table, whole, and nothing else; in CSV a file for a spreadsheet: a line of column names, then rows" }, \
	{ "--columns", NULL, ARG_STR, VIEW_ARG(type, member, columns), "NAME,NAME,...",             \
	  .help = "of one table these columns, in this order" },                                    \
	{ "--all", NULL, ARG_FLAG, VIEW_ARG(type, member, all), .place = true,                      \
	  .help = "in text and Markdown every row of tables that have one per vCPU, pCPU, point, ..." }, \
	{ "--width", NULL, ARG_U64, VIEW_ARG(type, member, width), "N", .min = 40, .max = 10000, .place = true, \
	  .help = "columns that a line of text may have; default: those of the terminal, otherwise as many as it needs" }, \
	{ "--wide", NULL, ARG_FLAG, VIEW_ARG(type, member, wide), .place = true,                    \
	  .help = "lines of text as long as they need, on a terminal, too" },                       \
	{ "--color", NULL, ARG_ENUM, VIEW_ARG(type, member, colour), .names = output_colours, .place = true, \
	  .help = "of text; auto: on a terminal, unless NO_COLOR is set" },                         \
	{ "--no-pager", NULL, ARG_FLAG, VIEW_ARG(type, member, no_pager), .place = true,            \
	  .help = "on a terminal, do not hand on what is longer than it: to $EL2SIM_PAGER, $PAGER or less" }

/* Argument rows for a member of type struct output_args. */
#define OUTPUT_ARG_ROWS_OF(type, member, formats)                                                   \
	{ "-o", "--output", ARG_STR, offsetof(type, member) + offsetof(struct output_args, file),   \
	  "FILE", .place = true, .help = "write the report to FILE, whole or not at all; its ending says the format" }, \
	{ "--format", NULL, ARG_ENUM, offsetof(type, member) + offsetof(struct output_args, format), \
	  .names = formats, .place = true, .help = "format of the report, instead of by the ending of FILE",   \
	  .by_ending = 1 + offsetof(type, member) + offsetof(struct output_args, file) },             \
	VIEW_ARG_ROWS(type, member.view),                                                           \
	{ NULL, NULL, ARG_INPUTS, offsetof(type, member) + offsetof(struct output_args, inputs), .help = "" }, \
	{ NULL, NULL, ARG_WORDS, offsetof(type, member) + offsetof(struct output_args, words), .help = "" }
#define OUTPUT_ARG_ROWS(type, member) OUTPUT_ARG_ROWS_OF(type, member, output_formats)

/* Write a report to where the arguments say, with the command line, and the files that it names, in it if it has none yet. ERR_IO. */
int output_write(const struct output_args *o, struct rep *r, struct err *e);
/* Write text that is no report there. ERR_IO; ERR_USAGE: the arguments want parts of a report. */
int output_text(const struct output_args *o, const struct str *text, struct err *e);
/* The same for n reports without adding to them; what is not asked for is taken from them. */
int output_write_all(const struct output_args *o, struct rep *const *r, size_t n, struct err *e);

#endif
