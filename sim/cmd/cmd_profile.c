/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim profile: the program's listing with how often each op ran and what that cost. */
#include <stdlib.h>

#include "models/hyp/ws/ws_explain.h"
#include "sim/app/effective.h"
#include "sim/base/num.h"
#include "sim/cmd/cmd.h"
#include "sim/app/job.h"
#include "sim/app/output.h"
#include "sim/report/op_cost.h"
#include "sim/report/folded.h"
#include "sim/report/oracle_report.h"
#include "sim/report/outcome_report.h"
#include "sim/report/sight_report.h"

struct profile_args {
	struct output_args out;
	struct job_args job;
	uint64_t top;
};

static const struct arg_row arg_rows[] = {
	{ "--top", NULL, ARG_U64, offsetof(struct profile_args, top), "N", .min = 1, .max = 100000,
	  .help = "print the N ops that cost most, most first, instead of all in program order" },
	JOB_ARG_ROWS(struct profile_args, job),
	OUTPUT_ARG_ROWS_OF(struct profile_args, out, output_or_folded),
};

static const struct arg_spec spec = { .name = "profile", .rows = arg_rows, .n_rows = ARG_ROWS(arg_rows),
				      .min_pos = 1, .max_pos = 1,
	.example = "configs/experiment/linux-6.12-vhe-n1.ini", .overrides = true };

/* An op of the program and what its executions cost. */
struct line {
	size_t op;
	uint64_t times, cycles;
};

/* Most cycles first, then most executions; equal ones in program order. */
static int by_cost(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->cycles != y->cycles)
		return x->cycles < y->cycles ? 1 : -1;
	if (x->times != y->times)
		return x->times < y->times ? 1 : -1;
	return x->op > y->op ? 1 : -1;
}

static struct line *lines_of(const struct outcome *r, size_t *n)
{
	struct line *l = xcalloc(r->prog->n + 1, sizeof(*l));

	*n = 0;
	for (size_t i = 0; i < r->prog->n; i++) {
		if (r->exec[i] != 0)
			l[(*n)++] = (struct line){ i, r->exec[i], ws_op_cycles(&r->prog->op[i], r->exec[i]) };
	}
	return l;
}

static void line_row(struct rep_table *t, const struct run_result *x, const struct line *l)
{
	const struct outcome *r = x->out;
	const uint64_t most = x->bounds != NULL ? x->bounds->hi.exec[l->op] : l->times;
	const bool exact = most == l->times;

	struct ws_explain_row row;
	uint64_t all = r->total.cycles != 0 ? r->total.cycles : 1;

	ws_explain_at(r->prog, l->op, &row);
	rep_u64(t, l->cycles);
	rep_bound(t, exact ? REP_EXACT : REP_AT_LEAST);
	if (x->bounds == NULL)
		rep_fix(t, num_ratio(l->cycles, 100000, all));
	else
		rep_none(t);
	rep_u64(t, l->times);
	rep_bound(t, exact ? REP_EXACT : REP_AT_LEAST);
	op_cost_cell(t, r->prog, row.op);
	rep_str(t, row.phase);
	rep_str(t, row.comp);
	rep_str(t, row.opcode);
	rep_str(t, row.object);
	rep_str(t, row.side);
	rep_str(t, row.group);
	rep_str(t, row.guard);
	rep_str(t, row.function);
}

static void listing(const struct run_result *x, uint64_t top, struct rep *rep)
{
	const struct outcome *r = x->out;
	const struct rep_col cols[] = {
		{ .key = "cycles", .type = REP_U64 },
		{ .key = "share", .type = REP_FIX, .unit = "%", .decimals = 2 },
		{ .key = "times", .type = REP_U64 },
		{ .key = "cycles_each", .title = "cycles", .type = op_cost_type(r->prog), .unit = "each" },
		{ .key = "phase", .type = REP_STR },
		{ .key = "component", .type = REP_STR },
		{ .key = "op", .type = REP_STR },
		{ .key = "object", .type = REP_STR },
		{ .key = "side", .type = REP_STR },
		{ .key = "group", .type = REP_STR },
		{ .key = "condition", .type = REP_STR },
		{ .key = "function", .title = "kernel function", .type = REP_STR },
	};
	struct rep_table *t = rep_table(rep, "ops", top != 0 ? "Ops that cost most" : "Program", cols, 12);
	uint64_t shown = 0, milli = 0;
	size_t n;
	struct line *l = lines_of(r, &n);

	if (top != 0)
		qsort(l, n, sizeof(*l), by_cost);
	for (size_t i = 0; i < n && (top == 0 || i < top); i++) {
		line_row(t, x, &l[i]);
		ws_cycles_add(&shown, &milli, r->prog->op[l[i].op].cycles, r->prog->op[l[i].op].milli, l[i].times);
	}
	if (x->bounds == NULL)
		rep_verdict(rep, "%llu of %llu modelled cycles in %zu of %zu ops; %zu ops of the program never ran",
			    (unsigned long long)shown, (unsigned long long)r->total.cycles, rep_rows(t), n,
			    r->prog->n - n);
	else
		rep_verdict(rep, "at least %llu modelled cycles in %zu of %zu ops that are known to have run",
			    (unsigned long long)shown, rep_rows(t), n);
	free(l);
}

static int report(const struct job *j, const struct profile_args *o, struct err *e)
{
	struct rep *r = rep_new("profile", j->out->clock == NULL ? "Where the cycles of a replay went"
								: "Where the modelled cycles of a machine went");
	int rc;

	rep_fact(r, "config", "configuration", "%s", j->result.config);
	rep_fact(r, "model", "switch model", "%s", j->prog->config.model->name);
	rep_fact(r, "machine", "machine", "%s", j->prog->config.machine->name);
	run_source_facts(&j->result, r);
	inject_report(j->config.inject, j->config.n_inject, r);
	unsound_report(j->prog, "", r);
	guest_alarms(j->out, "", r);
	listing(&j->result, o->top, r);
	if (j->bounds != NULL) {
		sight_verdict(&j->bounds->sight, r);
		sight_notes(&j->bounds->sight, r);
	}
	rep_note(r, "modelled cycles only: the measured path of the kernel's other code is in el2sim run");
	calibration_note(j->prog->config.machine, r);
	effective_source(&j->config, r);
	rc = output_write(&o->out, r, e);
	rep_free(r);
	return rc;
}

static int folded(const struct job *j, const struct profile_args *o, struct err *e)
{
	struct str text = STR_INIT;
	int rc;

	if (o->top != 0)
		return err_set(e, ERR_USAGE, "--format folded has every op: leave out --top");
	if (job_refuse_folded(j, e) != 0)
		return -1;
	folded_outcome(j->out, &text);
	rc = output_text(&o->out, &text, e);
	str_free(&text);
	return rc;
}

int cmd_profile(int argc, char **argv, struct err *e)
{
	struct profile_args o = { 0 };
	struct job j = { 0 };
	struct args a;
	int rc;

	if (args_parse(&a, &spec, argc, argv, &o, e) != 0)
		return -1;
	rc = config_load_one(&j.config, a.pos.v[0], &a.overrides, e);
	if (rc == 0)
		rc = job_run(&j, &o.job, e);
	if (rc == 0)
		rc = o.out.format == OUTPUT_FOLDED ? folded(&j, &o, e) : report(&j, &o, e);
	if (rc == 0)
		rc = job_guests_end(&j, e);
	job_free(&j);
	args_free(&a);
	return rc;
}
