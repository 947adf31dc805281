/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim sensitivity: which cost decides the cycles of a replay, and the band that the profile's deviations give them. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/cal/band.h"
#include "sim/app/effective.h"
#include "sim/app/job.h"
#include "sim/app/output.h"
#include "sim/calibrate/cmd_calibrate.h"
#include "sim/report/oracle_report.h"

struct sensitivity_args {
	struct output_args out;
	struct job_args job;
	uint64_t single;
};

static const struct arg_row arg_rows[] = {
	JOB_ARG_ROWS(struct sensitivity_args, job),
	{ "--single", NULL, ARG_U64, offsetof(struct sensitivity_args, single), "PERCENT", .min = 1, .max = 100,
	  .help = "how far a single cost may be off, which no fit tells, instead of [fit] single_deviation" },
	OUTPUT_ARG_ROWS(struct sensitivity_args, out),
};

static const struct arg_spec spec = {
	.name = "sensitivity", .rows = arg_rows, .n_rows = ARG_ROWS(arg_rows), .min_pos = 1, .max_pos = 1, .example = "configs/experiment/linux-6.12-vhe-n1.ini", .overrides = true,
	.text = "Of the replay of a trace, whose cycles are counts times costs. Deviations of cost.scale and cost.cpi are those of the\n"
		"profile's fit ([fit]), and of the prior of el2sim calibrate where it has none.\n",
};

/* Rows of the table: cost.scale, then those of a form. */
enum { ROW_SCALE = BAND_ROWS, ROWS };

struct line {
	unsigned row;
	double cycles;    /* that the option makes */
	double deviation; /* relative */
};

static void form_of(const struct outcome *o, struct band_form *f)
{
	band_of_all(o->prog, o->exec, f);
	for (unsigned k = 0; k < EXIT_COUNT; k++)
		f->v[BAND_PATH] += (double)o->kind[k].path.cycles;
}

static const char *name_of(unsigned row, char buf[static 48])
{
	if (row != ROW_SCALE)
		return band_row_name(row, buf);
	(void)snprintf(buf, 48, "cost.scale");
	return buf;
}

static int by_swing(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	double d = y->cycles * y->deviation - x->cycles * x->deviation;

	return d > 0 ? 1 : d < 0 ? -1 : (int)x->row - (int)y->row;
}

static uint64_t whole(double v)
{
	return v > 0 ? (uint64_t)llround(v) : 0;
}

static void tornado(const struct job *j, double single, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ .key = "option", .type = REP_STR },
		{ .key = "cycles", .type = REP_U64 },
		{ .key = "share", .type = REP_FIX, .unit = "%", .decimals = 1 },
		{ .key = "deviation", .type = REP_FIX, .unit = "%", .decimals = 1 },
		{ .key = "low", .title = "all cycles, low", .type = REP_U64 },
		{ .key = "high", .title = "high", .type = REP_U64 },
		{ .key = "from", .title = "deviation from", .type = REP_STR },
	};
	struct rep_table *t = rep_table(r, "sensitivity", "What each cost may change, the most first", cols, 7);
	const struct cal_options *o = &j->config.cal;
	double cycles[ROWS], all, band;
	struct band_form form;
	struct line l[ROWS];
	char name[48];
	size_t n = 0;

	form_of(j->out, &form);
	memcpy(cycles, form.v, sizeof(form.v));
	all = band_cycles(&form);
	cycles[ROW_SCALE] = all - form.v[BAND_BHB] - form.v[BAND_PATH];
	for (unsigned i = 0; i < ROWS; i++) {
		if (cycles[i] > 0)
			l[n++] = (struct line){ i, cycles[i],
						i == ROW_SCALE ? band_deviation(o, PAR_scale) : i == BAND_PATH ? band_deviation(o, PAR_cpi) : single };
	}
	qsort(l, n, sizeof(*l), by_swing);
	for (size_t i = 0; i < n; i++) {
		enum cal_param p = l[i].row == ROW_SCALE ? PAR_scale : PAR_cpi;
		double swing = l[i].cycles * l[i].deviation;

		(void)name_of(l[i].row, name);
		rep_str(t, name);
		rep_u64(t, whole(l[i].cycles));
		rep_fix(t, llround(l[i].cycles / all * 1000) * 100);
		rep_fix(t, llround(l[i].deviation * 1000) * 100);
		rep_u64(t, whole(all - swing));
		rep_u64(t, whole(all + swing));
		rep_str(t, l[i].row < BAND_PATH ? "single cost" : o->sd_milli[p] != 0 ? "[fit] of the profile" : "prior of calibrate");
	}
	if (n == 0) {
		rep_verdict(r, "no cycles: nothing ran, or every cost is 0");
		return;
	}
	band = band_factor(&j->result.band, &form);
	rep_verdict(r, "%" PRIu64 " cycles, %" PRIu64 " to %" PRIu64 " by the deviations of the costs (" BAND_OF_100 " of 100); %s moves them "
		    "most, by %.1f %%", whole(all), whole(all / band), whole(all * band), name_of(l[0].row, name),
		    100 * l[0].cycles * l[0].deviation / all);
}

static int report(const struct job *j, const struct sensitivity_args *o, struct err *e)
{
	struct rep *r = rep_new("sensitivity", "Which cost decides the cycles");
	int rc;

	rep_fact(r, "config", "configuration", "%s", j->result.config);
	rep_fact(r, "model", "switch model", "%s", j->prog->config.model->name);
	rep_fact(r, "machine", "machine", "%s", j->prog->config.machine->name);
	run_source_facts(&j->result, r);
	inject_report(j->config.inject, j->config.n_inject, r);
	unsound_report(j->prog, "", r);
	tornado(j, o->single != 0 ? (double)o->single / 100 : j->result.band.single, r);
	rep_note(r, "one deviation each way; the rows of single costs are parts of cost.scale's. Two columns of a compare on one machine "
		 "share its costs: their difference moves far less than either");
	calibration_note(j->prog->config.machine, r);
	effective_source(&j->config, r);
	rc = output_write(&o->out, r, e);
	rep_free(r);
	return rc;
}

int cmd_sensitivity(int argc, char **argv, struct err *e)
{
	struct sensitivity_args o = { .single = 0 };
	struct job j = { 0 };
	struct args a;
	int rc;

	if (args_parse(&a, &spec, argc, argv, &o, e) != 0)
		return -1;
	rc = config_load_one(&j.config, a.pos.v[0], &a.overrides, e);
	if (rc == 0 && job_has_clock(&j.config))
		rc = err_set(e, ERR_USAGE, "%s simulates time, in which costs change what happens: want the replay of a trace; to vary a cost: "
			     "el2sim compare --vary", a.pos.v[0]);
	if (rc == 0)
		rc = job_run(&j, &o.job, e);
	if (rc == 0 && j.bounds != NULL)
		rc = err_set(e, ERR_INPUT, "%s: lacks events, so its cycles are bounds already: record all events (el2sim doctor says how)",
			     j.result.trace);
	if (rc == 0)
		rc = report(&j, &o, e);
	job_free(&j);
	args_free(&a);
	return rc;
}
