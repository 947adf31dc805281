/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of `el2sim trace` and what they share. */
#ifndef EL2SIM_APP_CMD_TRACE_H
#define EL2SIM_APP_CMD_TRACE_H

#include "sim/app/cmd.h"
#include "sim/report/rep.h"
#include "traces/trace.h"

#define TRACE_CMD(name, args, help) cmd_fn cmd_trace_##name;
#include "sim/app/cmd_trace.def"
#undef TRACE_CMD

extern const struct cmd_set cmd_trace_set;

/* Where a report goes: --format and -o. */
struct trace_out {
	int format; /* enum rep_format */
	const char *path;
};

/* Names of enum rep_format for an ARG_ENUM row. */
extern const char *const trace_formats[];

/* Rows for the members of struct trace_out at `member` of struct type. */
#define TRACE_OUT_ROWS(type, member)                                                                \
	{ "--format", NULL, ARG_ENUM, offsetof(type, member.format), NULL, .names = trace_formats,  \
	  .help = "format of the report" },                                                         \
	{ "-o", "--output", ARG_STR, offsetof(type, member.path), "FILE",                           \
	  .help = "write to FILE instead of standard output" }

/* Write the report and free it. ERR_IO. */
int trace_report(struct rep *r, const struct trace_out *out, struct err *e);

/* The table of records per event type, most frequent first; types without records are left out. */
void trace_types_table(struct rep *r, const struct tr_info *info);
/* Facts every report on a trace starts with. */
void trace_info_facts(struct rep *r, const struct tr_info *info);

/* "12.345" seconds in nanoseconds. ERR_USAGE; option names it in the message. */
int trace_seconds(const char *option, const char *text, uint64_t *ns, struct err *e);

#endif
