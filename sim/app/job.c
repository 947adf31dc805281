/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/app/job.h"

#include <stdio.h>
#include <string.h>

#include "models/hyp/check/oracle.h"
#include "sim/report/oracle_report.h"
#include "sim/report/smp_report.h"

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

static int begin_trace(struct job *j, const char *path, struct err *e)
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

int job_begin_replay(struct job *j, const struct job_args *o, struct err *e)
{
	take_title(j);
	if (config_inject(&j->config, &o->inject, e) != 0)
		return -1;
	j->prog = config_compile(&j->config, o->force, e);
	if (j->prog != NULL && o->check)
		j->oracle = oracle_new(j->prog, 0, 0);
	if (j->prog == NULL)
		return -1;
	return begin_trace(j, trace_of(j, o), e) == 0 ? 0 : at_trace(j, e);
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

int job_end_replay(struct job *j, bool good, struct err *e)
{
	struct replay_state *s = j->replaying;

	j->replaying = NULL;
	j->replay = replay_end(s, good ? 0 : -1, e);
	if (j->replay == NULL)
		return at_trace(j, e);
	if (replay_check(j->replay, e) != 0)
		return -1;
	j->result = (struct run_result){ .title = j->title, .config = j->config.path, .trace = j->result.trace,
					 .info = tr_info(j->trace), .prog = j->prog, .replay = j->replay,
					 .path = &j->config.path_profile };
	return run_result_derive(&j->result, e);
}

int job_run(struct job *j, const struct job_args *o, struct err *e)
{
	if (job_begin_replay(j, o, e) != 0)
		return -1;
	return job_end_replay(j, job_replay_on(j, UINT64_MAX, e) == 0, e);
}

int job_simulate(struct job *j, const struct job_args *o, struct err *e)
{
	return job_build_simulation(j, o, e) == 0 ? smp_run(j->sim.smp, e) : -1;
}

int job_build_simulation(struct job *j, const struct job_args *o, struct err *e)
{
	take_title(j);
	if (config_inject(&j->config, &o->inject, e) != 0)
		return -1;
	return simulation_build(&j->sim, &j->config, o->trace, o->force, o->check ? &j->oracle : NULL,
				j->timeline, e);
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
	struct rep *r;

	if (j->replay != NULL) {
		r = rep_new("run", "Replay of a trace");
		inject_report(&j->prog->config, r);
		run_report(&j->result, r);
	} else {
		r = rep_new("run-workload", "A machine in simulated time");
		inject_report(&j->sim.prog->config, r);
		smp_report(j->sim.smp, j->config.path, j->sim.path, r);
	}
	return r;
}

const struct vflag_tally *job_flags(const struct job *j, struct vflag_tally *own)
{
	memset(own, 0, sizeof(*own));
	if (j->replay != NULL)
		return &j->replay->flags;
	runner_flags(j->sim.smp->runner, own);
	return own;
}

void job_free(struct job *j)
{
	if (j->replaying != NULL)
		(void)replay_end(j->replaying, -1, NULL);
	replay_free(j->replay);
	if (j->trace != NULL)
		tr_close(j->trace);
	oracle_free(j->oracle);
	ws_free(j->prog);
	simulation_free(&j->sim);
	timeline_free(j->timeline);
	config_free(&j->config);
	memset(j, 0, sizeof(*j));
}
