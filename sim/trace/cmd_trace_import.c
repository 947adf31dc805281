/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "sim/app/args.h"
#include "sim/trace/cmd_trace.h"
#include "sim/trace/trace_facts.h"
#include "sim/app/output.h"
#include "sim/base/progress.h"
#include "traces/import/import.h"

struct import_args {
	const char *out, *from, *origin, *buffer, *strip_prefix;
	bool lenient;
	uint64_t threads;
	struct output_args summary;
};

static const struct arg_row rows[] = {
	{ "-o", "--output", ARG_STR, offsetof(struct import_args, out), "FILE", .endings = "e2t", .required = true,
	  .help = "the native trace to write (.e2t)" },
	{ "--from", NULL, ARG_STR, offsetof(struct import_args, from), "NAME",
	  .help = "format of the input; without it the first lines tell" },
	{ "--origin", NULL, ARG_STR, offsetof(struct import_args, origin), "TEXT",
	  .help = "what the trace says about itself: kernel, machine; without it the name of the "
		  "input" },
	{ "--buffer", NULL, ARG_STR, offsetof(struct import_args, buffer), "NAME",
	  .help = "of a text or trace.dat with several files, buffers or hosts: the one to take (main: lines without a "
		  "name; all: they are of one machine)" },
	{ "--strip-prefix", NULL, ARG_STR, offsetof(struct import_args, strip_prefix), "KIND",
	  .help = "what stands before the lines and goes: auto (what is recognised), none, a number of columns, or of "
		  "quote, mark, nick, date, host, kernel, number, file, separated by commas" },
	{ "--lenient", NULL, ARG_FLAG, offsetof(struct import_args, lenient),
	  .help = "skip broken lines and count them" },
	THREADS_ARG_ROW(struct import_args, threads),
	{ "--format", NULL, ARG_ENUM, offsetof(struct import_args, summary) + offsetof(struct output_args, format), NULL,
	  .names = output_formats, .help = "format of the summary" },
	VIEW_ARG_ROWS(struct import_args, summary.view),
};

static const struct arg_spec spec = { .set = &cmd_trace_set,
				      .name = "import",
				      .rows = rows,
				      .n_rows = ARG_ROWS(rows),
				      .min_pos = 1,
				      .max_pos = 1,
				      .streams = true,
	.example = "kvm.dat -o kvm.e2t",
				      .text = "Formats for --from:\n"
#define IMPORTER(id, name, help, kind) "  " name ": " help "\n"
#include "traces/import/importers.def"
};

static void unknown_table(struct rep *r, const struct import_result *res)
{
	static const struct rep_col cols[] = {
		{ "event", "event", REP_STR, "", 0, false },
		{ "count", "count", REP_U64, "", 0, false },
	};
	struct rep_table *t;

	if (res->n_unknown == 0)
		return;
	t = rep_table(r, "unknown", "Skipped: events without a row in traces/events.def", cols, 2);
	for (size_t i = 0; i < res->n_unknown; i++) {
		rep_str(t, strtab_get(&res->names, res->unknown[i].name));
		rep_u64(t, res->unknown[i].count);
	}
}

static int summary(const struct import_result *res, const struct import_args *a, struct err *e)
{
	struct rep *r = rep_new("trace-import", "Imported trace");
	int rc;

	trace_info_facts(r, &res->info);
	trace_types_table(r, &res->info);
	unknown_table(r, res);
	if (res->warning[0] != '\0')
		rep_note(r, "first broken line: %s", res->warning);
	rc = output_write(&a->summary, r, e);
	rep_free(r);
	return rc;
}

int cmd_trace_import(int argc, char **argv, struct err *e)
{
	struct import_args a = { .summary = { .format = REP_TEXT } };
	struct import_result res;
	struct progress progress;
	struct import_opts opts;
	struct args args;
	int rc;

	if (args_parse(&args, &spec, argc, argv, &a, e) != 0)
		return -1;
	opts = (struct import_opts){ .in = args.pos.v[0],
				     .out = a.out,
				     .from = a.from,
				     .origin = a.origin,
				     .buffer = a.buffer,
				     .strip_prefix = a.strip_prefix,
				     .lenient = a.lenient,
				     .pool = pool_new((unsigned)a.threads) };
	rc = import_run(&opts, &progress, &res, e);
	if (rc == 0 && strcmp(a.out, "-") != 0)
		rc = summary(&res, &a, e);
	import_free(&res);
	pool_free(opts.pool);
	args_free(&args);
	return rc;
}
