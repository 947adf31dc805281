/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/app/job.h"

#include <stdio.h>
#include <string.h>

#include "models/hyp/check/oracle.h"
#include "models/hyp/host/smp_play.h"
#include "sim/report/oracle_report.h"
#include "sim/report/timeline.h"

/* [run] title, or the file's name without folder and ending. */
static void take_title(struct job *j)
{
	const char *name = strrchr(j->config.path, '/');
	size_t n;

	if (j->config.sw.title[0] != '\0') {
		(void)snprintf(j->title, sizeof(j->title), "%s", j->config.sw.title);
		return;
	}
	name = name != NULL ? name + 1 : j->config.path;
	n = strlen(name);
	if (n > 4 && strcmp(name + n - 4, ".ini") == 0)
		n -= 4;
	(void)snprintf(j->title, sizeof(j->title), "%.*s", (int)n, name);
}

static const char *trace_of(const struct job *j, const struct job_args *o)
{
	return o->trace != NULL ? o->trace : j->config.sw.trace;
}

static int read_next(struct job *j, struct err *e)
{
	int rc = tr_next(j->trace, &j->next, e);

	j->have_next = rc == 1;
	return rc < 0 ? -1 : 0;
}

/* ---- the replay of a trace ---- */

static int begin_replay(struct job *j, const char *path, struct err *e)
{
	struct replay_options *opt = &j->replay_options;

	*opt = replay_options_of(&j->config.sw);
	if (path == NULL || path[0] == '\0')
		return err_set(e, ERR_CONFIG, "%s: neither a trace nor a workload: set [run] trace, give --trace FILE (el2sim trace "
			       "import makes one), or give exit kinds weights in [mix] to simulate them", j->config.path[0] != '\0' ? j->config.path : "configuration");
	j->trace = tr_open(path, e);
	if (j->trace == NULL)
		return -1;
	opt->oracle = j->oracle;
	if (j->timeline != NULL)
		opt->hooks = timeline_of_replay(j->timeline, (uint64_t)j->config.machine.clock_hz);
	j->result.trace = path;
	j->replaying = replay_begin(j->prog, j->trace, opt, e);
	return j->replaying != NULL ? read_next(j, e) : -1;
}

/* An error of the replay names the trace. */
static int at_trace(const struct job *j, struct err *e)
{
	const char *path = j->result.trace;

	return e->code == ERR_INPUT && path != NULL && strncmp(e->text, path, strlen(path)) != 0 ? err_at(e, path, 0)
												 : -1;
}

uint64_t job_replay_next(const struct job *j)
{
	return j->have_next ? j->next.ts_ns : UINT64_MAX;
}

int job_replay_on(struct job *j, uint64_t ns, struct err *e)
{
	int rc = 1;

	while (rc == 1 && j->have_next && j->next.ts_ns <= ns) {
		rc = replay_event(j->replaying, &j->next, e);
		if (rc != 1)
			j->have_next = false; /* the window is over, or an error */
		else if (read_next(j, e) != 0)
			rc = -1;
	}
	return rc < 0 ? -1 : 0;
}

/* ---- machines in simulated time ---- */

bool job_has_clock(const struct config *c)
{
	return workload_wanted(&c->workload) || c->smp.sched == SCHED_recorded;
}

/* Measured instructions of each kind, and the cycles that they take. */
static void fill_measured(struct job *j)
{
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		uint64_t insns = j->result.cost[k].insns;

		j->measured[k] = (struct outcome_path){ insns, insns * (uint64_t)j->config.machine.cpi_milli / 1000 };
	}
}

/* A machine has a trace to play, or a workload. */
static int check_source(const struct job *j, const char *trace, bool play, struct err *e)
{
	if (play && trace[0] == '\0')
		return err_set(e, ERR_CONFIG,
			       "%s: [host] sched = recorded, but no trace: set [run] trace, or give --trace FILE",
			       j->config.path);
	if (!play && trace[0] != '\0')
		return err_set(e, ERR_CONFIG,
			       "%s: both a trace and a workload ([mix]): want one of them: give no "
			       "[run] trace "
			       "and no --trace to simulate, leave [mix] out to replay",
			       j->config.path);
	return 0;
}

static void name_workload(struct job *j)
{
	const struct workload *w = &j->config.workload;

	for (const struct workload *c = workload_next(w, NULL); c != NULL; c = workload_next(w, c))
		str_addf(&j->workload, "%s%s", j->workload.len != 0 ? ", " : "", workload_name(w, c));
	j->result.workload = str_get(&j->workload);
}

static int build_machine(struct job *j, const char *trace, struct err *e)
{
	struct config *c = &j->config;

	fill_measured(j);
	if (!workload_wanted(&c->workload)) {
		const struct replay_options opt = replay_options_of(&c->sw);

		j->result.trace = trace;
		j->smp = smp_new_played(&c->smp, trace, j->prog, &opt, e);
	} else {
		j->smp = smp_new(&c->smp, &c->workload, j->prog, j->measured, c->sw.counting, e);
		name_workload(j);
	}
	if (j->smp == NULL)
		return -1;
	runner_check(j->smp->runner, j->oracle);
	if (j->timeline != NULL)
		timeline_of_machine(j->timeline, j->smp);
	return 0;
}

/* ---- both ---- */

int job_build(struct job *j, const struct job_args *o, struct err *e)
{
	const char *trace = trace_of(j, o);
	const bool machine = job_has_clock(&j->config);

	take_title(j);
	if (config_inject(&j->config, &o->inject, e) != 0 ||
	    (machine && check_source(j, trace, !workload_wanted(&j->config.workload), e) != 0))
		return -1;
	j->prog = config_compile(&j->config, o->force, e);
	if (j->prog == NULL || path_cost_fill(&j->config.path_profile, &j->config.machine, j->result.cost, e) != 0)
		return -1;
	if (o->check)
		j->oracle = oracle_new(j->prog, 0, 0);
	if (machine)
		return build_machine(j, trace, e);
	return begin_replay(j, trace, e) == 0 ? 0 : at_trace(j, e);
}

int job_derive(struct job *j, struct err *e)
{
	struct run_result *x = &j->result;

	j->out = j->smp != NULL ? &j->smp->out : j->replayed;
	if (outcome_check(j->out, e) != 0)
		return -1;
	if (!outcome_simulated(j->out))
		path_cost_charge(x->cost, j->config.machine.cpi_milli, j->out);
	x->title = j->title;
	x->config = j->config.path;
	x->info = j->trace != NULL ? tr_info(j->trace) : NULL;
	x->out = j->out;
	x->path = &j->config.path_profile;
	return 0;
}

int job_end_run(struct job *j, bool good, struct err *e)
{
	struct replay_state *s = j->replaying;

	if (j->smp != NULL)
		return good && smp_end(j->smp, e) == 0 ? job_derive(j, e) : -1;
	j->replaying = NULL;
	j->replayed = replay_end(s, good ? 0 : -1, e);
	return j->replayed != NULL ? job_derive(j, e) : at_trace(j, e);
}

int job_run(struct job *j, const struct job_args *o, struct err *e)
{
	if (job_build(j, o, e) != 0)
		return -1;
	if (j->smp != NULL)
		return smp_run(j->smp, e) == 0 ? job_derive(j, e) : -1;
	return job_end_run(j, job_replay_on(j, UINT64_MAX, e) == 0, e);
}

int job_refuse_comparison(const struct job *j, struct err *e)
{
	if (j->config.compare.configs[0] == '\0')
		return 0;
	return err_set(e, ERR_USAGE, "%s says what to compare: use el2sim compare, or run one of the files that it lists: %s",
		       j->config.path, j->config.compare.configs);
}

struct rep *job_report(const struct job *j)
{
	struct rep *r = j->smp != NULL ? rep_new("run-workload", "A machine in simulated time")
				       : rep_new("run", "Replay of a trace");

	inject_report(&j->prog->config, r);
	run_report(&j->result, r);
	return r;
}

void job_free(struct job *j)
{
	if (j->replaying != NULL)
		(void)replay_end(j->replaying, -1, NULL);
	replay_free(j->replayed);
	smp_free(j->smp);
	if (j->trace != NULL)
		tr_close(j->trace);
	oracle_free(j->oracle);
	ws_free(j->prog);
	str_free(&j->workload);
	timeline_free(j->timeline);
	config_free(&j->config);
	memset(j, 0, sizeof(*j));
}
