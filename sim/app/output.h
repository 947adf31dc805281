/* SPDX-License-Identifier: Apache-2.0 */
/* Where a command's report goes: -o FILE and --format NAME, the same for every command. */
#ifndef EL2SIM_APP_OUTPUT_H
#define EL2SIM_APP_OUTPUT_H

#include "sim/app/args.h"
#include "sim/base/str.h"
#include "sim/document/rep.h"

struct output_args {
	const char *file; /* NULL: standard output */
	int format;       /* enum rep_format */
	struct arg_list words; /* the command line without the above: goes into the report */
	struct arg_list inputs; /* files that it names to be read: their hashes do, too */
};

/* For commands that have it: stacks for a flame graph instead of a report. */
#define OUTPUT_FOLDED REP_FORMAT_COUNT

extern const char *const output_formats[REP_FORMAT_COUNT + 1];	  /* NULL-terminated */
extern const char *const output_or_folded[REP_FORMAT_COUNT + 2]; /* the same and OUTPUT_FOLDED */

/* Argument rows for a member of type struct output_args. */
#define OUTPUT_ARG_ROWS_OF(type, member, formats)                                                   \
	{ "-o", "--output", ARG_STR, offsetof(type, member) + offsetof(struct output_args, file),   \
	  "FILE", .place = true, .help = "write the report to FILE, whole or not at all; its ending says the format" }, \
	{ "--format", NULL, ARG_ENUM, offsetof(type, member) + offsetof(struct output_args, format), \
	  .names = formats, .place = true, .help = "format of the report, instead of by the ending of FILE",   \
	  .by_ending = 1 + offsetof(type, member) + offsetof(struct output_args, file) },             \
	{ NULL, NULL, ARG_INPUTS, offsetof(type, member) + offsetof(struct output_args, inputs), .help = "" }, \
	{ NULL, NULL, ARG_WORDS, offsetof(type, member) + offsetof(struct output_args, words), .help = "" }
#define OUTPUT_ARG_ROWS(type, member) OUTPUT_ARG_ROWS_OF(type, member, output_formats)

/* Write a report to where the arguments say, with the command line, and the files that it names, in it if it has none yet. ERR_IO. */
int output_write(const struct output_args *o, struct rep *r, struct err *e);
/* Write text that is no report there. ERR_IO. */
int output_text(const struct output_args *o, const struct str *text, struct err *e);
/* The same for n reports as they are. */
int output_write_all(const struct output_args *o, const struct rep *const *r, size_t n, struct err *e);

#endif
