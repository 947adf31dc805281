/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim compare: the same trace, or workloads, under several configurations, side by side. */
#include <stdio.h>
#include <string.h>

#include "sim/cmd/cmd.h"
#include "sim/app/compare.h"
#include "sim/app/effective.h"
#include "sim/app/job.h"
#include "sim/app/output.h"
#include "sim/report/oracle_report.h"
#include "sim/report/outcome_report.h"

struct compare_args {
	struct output_args out;
	struct job_args job;
	struct arg_list vary;
	uint64_t baseline, threads;
};

static const struct arg_row arg_rows[] = {
	{ "--vary", NULL, ARG_LIST, offsetof(struct compare_args, vary), "SECTION.KEY=A,B,...",
	  .help = "one column per value; given again: one per combination" },
	{ "--baseline", NULL, ARG_U64, offsetof(struct compare_args, baseline), "N", .min = 1, .max = COMPARE_MAX,
	  .help = "column that the others are compared with; 1 is the first" },
	THREADS_ARG_ROW(struct compare_args, threads),
	JOB_ARG_ROWS(struct compare_args, job),
	OUTPUT_ARG_ROWS(struct compare_args, out),
};

static const struct arg_spec spec = {
	.name = "compare", .rows = arg_rows, .n_rows = ARG_ROWS(arg_rows),
	.min_pos = 1, .max_pos = ARG_ANY,
	.example = "configs/experiment/eager-vs-deferred.ini", .overrides = true,
	.text = "A single CONFIG with a section [compare] says itself what is compared:\n"
		"  configs = FILE, FILE, ...                columns (relative to that file)\n"
		"  vary = SECTION.KEY=A,B; SECTION.KEY=C,D  as --vary\n"
		"  baseline = N                             as --baseline\n"
		"Its [run] trace, if set, is that of all columns.\n",
};

struct columns {
	struct job *job;
	const struct compare_plan *plan;
	const struct arg_list *overrides;
};

static int load_column(void *ctx, size_t i, struct err *e)
{
	const struct columns *c = ctx;
	const struct compare_item *it = &c->plan->item[i];
	struct arg_list all = { xcalloc(c->overrides->n + it->assign.n + 1, sizeof(*all.v)), 0 };
	int rc;

	for (size_t k = 0; k < c->overrides->n; k++)
		all.v[all.n++] = c->overrides->v[k];
	for (size_t k = 0; k < it->assign.n; k++)
		all.v[all.n++] = it->assign.v[k];
	rc = config_load(&c->job[i].config, it->path, &all, e);
	free(all.v);
	c->job[i].varied = &it->assign;
	return rc;
}

static void name_column(struct job *j, const struct compare_item *it, bool only_file)
{
	size_t n = only_file ? 0 : strlen(j->title);

	if (it->title[0] == '\0')
		return;
	(void)snprintf(j->title + n, sizeof(j->title) - n, "%s%s", n != 0 ? " " : "", it->title);
	job_mark_unsound(j);
}

static void configurations(const struct job *job, size_t n, struct rep *r)
{
	struct effective *x = xcalloc(n, sizeof(*x));

	for (size_t i = 0; i < n; i++)
		x[i] = (struct effective){ &job[i].config, job[i].title };
	effective_tables(x, n, r);
	free(x);
}

/* What the oracle found in each column, and the report. */
static int finish(const struct job *job, size_t n, const struct output_args *out, struct rep *r, struct err *e)
{
	struct oracle_column x[COMPARE_MAX] = { { 0 } };
	uint64_t found;

	for (size_t i = 0; i < n; i++)
		x[i] = (struct oracle_column){ job[i].title, job[i].oracle, &job[i].out->flags };
	found = oracle_report(x, n, r);
	configurations(job, n, r);
	if (output_write(out, r, e) != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (job_guests_end(&job[i], e) != 0)
			return -1;
	return found != 0 ? err_set(e, ERR_ANSWER_NO, "%s", "") : 0;
}

/* The first column that replays another trace than the first; n: none does. */
static size_t other_trace(const struct run_result *x, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (x[i].trace != NULL && x[0].trace != NULL && strcmp(x[i].trace, x[0].trace) != 0)
			return i;
	return n;
}

static int write_report(const struct job *job, size_t n, size_t baseline, bool machines, const struct output_args *out,
			struct err *e)
{
	struct run_result *x = xcalloc(n, sizeof(*x));
	struct rep *r;
	size_t other;
	int rc;

	for (size_t i = 0; i < n; i++)
		x[i] = job[i].result;
	other = other_trace(x, n);
	r = machines   ? rep_new("compare-workloads", "Machines in simulated time, side by side") :
	    other == n ? rep_new("compare", "The same trace under each configuration") :
			 rep_new("compare", "Several traces, each under its configuration");
	if (other != n)
		rep_alarm(r, "%s replays %s, %s replays %s: sums, averages and exits per load differ by the guests, too, not by the "
			  "switch alone; facts and exit kinds are those of the first", x[0].title, x[0].trace, x[other].title,
			  x[other].trace);
	inject_report(job[0].config.inject, job[0].config.n_inject, r); /* the same in all columns */
	for (size_t i = 0; i < n; i++)
		unsound_report(job[i].prog, job[i].title, r);
	for (size_t i = 0; i < n; i++)
		guest_alarms(job[i].out, job[i].title, r);
	if (machines)
		compare_machines_report(x, n, baseline, r);
	else
		compare_report(x, n, baseline, r);
	rc = finish(job, n, out, r, e);
	rep_free(r);
	free(x);
	return rc;
}

static int write_any(const struct job *job, size_t n, size_t baseline, const struct output_args *out, struct err *e)
{
	size_t simulated = 0;

	for (size_t i = 0; i < n; i++)
		simulated += job[i].out->clock != NULL;
	if (simulated != 0 && simulated != n)
		return err_set(e, ERR_CONFIG, "%zu of %zu configurations have a workload, the others a trace: want the same "
			       "in all", simulated, n);
	return write_report(job, n, baseline, simulated != 0, out, e);
}

static int run(const struct compare_args *o, const struct arg_list *files, const struct arg_list *overrides,
	       const struct config *experiment, struct err *e)
{
	struct job *job = xcalloc(COMPARE_MAX, sizeof(*job));
	struct job_args jo = o->job;
	struct compare_plan plan;
	uint64_t baseline = o->baseline;
	bool one_file;
	int rc;

	rc = compare_plan_make(&plan, files, experiment, &o->vary, e);
	one_file = plan.n_text != 0 && files->n == 1 && experiment->compare.configs[0] == '\0';
	if (jo.trace == NULL && experiment->sw.trace[0] != '\0' && experiment->compare.configs[0] != '\0')
		jo.trace = experiment->sw.trace;
	if (baseline == 0)
		baseline = files->n == 1 ? (uint64_t)experiment->compare.baseline : 1;
	if (rc == 0 && baseline > plan.n)
		rc = err_set(e, ERR_USAGE, "baseline %llu: there are %zu columns: want 1..%zu",
			     (unsigned long long)baseline, plan.n, plan.n);
	if (rc == 0) {
		struct columns c = { job, &plan, overrides };
		struct pool *pool = pool_new((unsigned)o->threads);

		rc = jobs_run(job, plan.n, &jo, load_column, &c, pool, e);
		pool_free(pool);
	}
	for (size_t i = 0; rc == 0 && i < plan.n; i++)
		name_column(&job[i], &plan.item[i], one_file);
	if (rc == 0)
		rc = write_any(job, plan.n, (size_t)baseline - 1, &o->out, e);
	for (size_t i = 0; i < COMPARE_MAX; i++)
		job_free(&job[i]);
	free(job);
	compare_plan_free(&plan);
	return rc;
}

int cmd_compare(int argc, char **argv, struct err *e)
{
	struct compare_args o = { 0 };
	struct config experiment;
	struct args a;
	int rc;

	if (args_parse(&a, &spec, argc, argv, &o, e) != 0)
		return -1;
	rc = config_load(&experiment, a.pos.v[0], &a.overrides, e);
	if (rc == 0)
		rc = run(&o, &a.pos, &a.overrides, &experiment, e);
	config_free(&experiment);
	args_free(&a);
	return rc;
}
