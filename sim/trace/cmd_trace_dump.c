/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/app/args.h"
#include "sim/trace/cmd_trace.h"
#include "sim/app/trace_dump.h"

struct dump_args {
	const char *out;
	int style;
	uint64_t events;
};

static const char *const styles[] = {
#define X(id, name, help) name,
	DUMP_STYLES(X)
#undef X
		NULL,
};

static const struct arg_row rows[] = {
	{ "--style", NULL, ARG_ENUM, offsetof(struct dump_args, style), NULL, .names = styles,
	  .help = "kind of text" },
	{ "--events", NULL, ARG_U64, offsetof(struct dump_args, events), "N", .max = UINT64_MAX,
	  .help = "stop after N events" },
	{ "-o", "--output", ARG_STR, offsetof(struct dump_args, out), "FILE", .endings = "txt trace log",
	  .help = "write to FILE instead of standard output" },
};

static const struct arg_spec spec = {
	.set = &cmd_trace_set,
	.name = "dump",
	.rows = rows,
	.n_rows = ARG_ROWS(rows),
	.min_pos = 1,
	.max_pos = 1,
	.example = "traces/samples/linux-6.12-vhe-mixed-4v2p.e2t",
	.text = "Styles:\n"
#define X(id, name, help) "  " name ": " help "\n"
	DUMP_STYLES(X),
#undef X
};

int cmd_trace_dump(int argc, char **argv, struct err *e)
{
	struct dump_args a = { .style = DUMP_PLAIN, .events = UINT64_MAX };
	struct tr_reader *r;
	struct args args;
	int rc = -1;

	if (args_parse(&args, &spec, argc, argv, &a, e) != 0)
		return -1;
	r = tr_open(args.pos.v[0], e);
	if (r != NULL)
		rc = trace_dump_to(r, a.out, (enum dump_style)a.style, a.events, e);
	tr_close(r);
	args_free(&args);
	return rc;
}
