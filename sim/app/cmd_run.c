/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim run: replay a trace through one configuration, or simulate its workload. */
#include "sim/app/job.h"
#include "sim/app/output.h"
#include "sim/report/oracle_report.h"
#include "sim/report/smp_report.h"

struct run_args {
	struct output_args out;
	struct job_args job;
};

static const struct arg_row arg_rows[] = {
	JOB_ARG_ROWS(struct run_args, job),
	OUTPUT_ARG_ROWS(struct run_args, out),
};

static const struct arg_spec spec = { .name = "run", .rows = arg_rows, .n_rows = ARG_ROWS(arg_rows),
				      .min_pos = 1, .max_pos = 1, .overrides = true };

/* What the oracle found, and the report. */
static int finish(const struct job *j, const struct run_args *o, struct rep *r, struct err *e)
{
	const struct oracle_column x = { j->title, j->oracle };
	uint64_t found = oracle_report(&x, 1, r);

	if (output_write(&o->out, r, e) != 0)
		return -1;
	return found != 0 ? err_set(e, ERR_ANSWER_NO, "%s", "") : 0;
}

static int replay(struct job *j, const struct run_args *o, struct err *e)
{
	struct rep *r;
	int rc;

	if (job_run(j, &o->job, e) != 0)
		return -1;
	r = rep_new("run", "Replay of a trace");
	inject_report(&j->prog->config, r);
	run_report(&j->result, r);
	rc = finish(j, o, r, e);
	rep_free(r);
	return rc;
}

static int run_workload(struct job *j, const struct run_args *o, struct err *e)
{
	struct rep *r;
	int rc;

	if (job_simulate(j, &o->job, e) != 0)
		return -1;
	r = rep_new("run-workload", "A machine in simulated time");
	inject_report(&j->sim.prog->config, r);
	smp_report(j->sim.smp, j->config.path, j->sim.path, r);
	rc = finish(j, o, r, e);
	rep_free(r);
	return rc;
}

int cmd_run(int argc, char **argv, struct err *e)
{
	struct run_args o = { 0 };
	struct job j = { 0 };
	struct args a;
	int rc;

	if (args_parse(&a, &spec, argc, argv, &o, e) != 0)
		return -1;
	rc = config_load(&j.config, a.pos.v[0], &a.overrides, e);
	if (rc == 0 && j.config.compare.configs[0] != '\0')
		rc = err_set(e, ERR_USAGE, "%s says what to compare: use el2sim compare, or run one of the files that it "
			     "lists: %s", a.pos.v[0], j.config.compare.configs);
	if (rc == 0)
		rc = simulation_wanted(&j.config) ? run_workload(&j, &o, e) : replay(&j, &o, e);
	job_free(&j);
	args_free(&a);
	return rc;
}
