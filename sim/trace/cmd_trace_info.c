/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/app/args.h"
#include "sim/trace/cmd_trace.h"
#include "sim/trace/trace_facts.h"
#include "sim/app/output.h"
#include "sim/report/sight_report.h"

struct info_args {
	struct output_args out;
};

static const struct arg_row rows[] = { OUTPUT_ARG_ROWS(struct info_args, out) };

static const struct arg_spec spec = {
	.set = &cmd_trace_set,
	.name = "info",
	.rows = rows,
	.n_rows = ARG_ROWS(rows),
	.min_pos = 1,
	.max_pos = 1,
	.example = "traces/samples/linux-6.12-vhe-mixed-4v2p.e2t",
};

int cmd_trace_info(int argc, char **argv, struct err *e)
{
	struct info_args a = { .out = { .file = NULL } };
	struct tr_reader *r;
	struct args args;
	uint64_t gaps = 0;
	int rc = -1;

	if (args_parse(&args, &spec, argc, argv, &a, e) != 0)
		return -1;
	r = tr_open(args.pos.v[0], e);
	if (r != NULL && tr_check_usable(tr_info(r), e) != 0) {
		(void)err_at(e, args.pos.v[0], 0);
		tr_close(r);
		r = NULL;
	}
	if (r != NULL && tr_info(r)->old && sight_count_gaps(r, &gaps, e) != 0) {
		tr_close(r);
		r = NULL;
	}
	if (r != NULL) {
		struct rep *rep = rep_new("trace-info", "Trace");
		struct sight s;

		trace_info_facts(rep, tr_info(r));
		trace_types_table(rep, tr_info(r));
		sight_of(tr_info(r), gaps, &s);
		sight_table(&s, rep);
		sight_verdict(&s, rep);
		sight_notes(&s, rep);
		rc = output_write(&a.out, rep, e);
		rep_free(rep);
	}
	tr_close(r);
	args_free(&args);
	return rc;
}
