/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/app/simulate.h"

#include <stdio.h>
#include <string.h>

#include "models/hyp/check/oracle.h"
#include "models/hyp/measured/path_cost.h"
#include "models/hyp/host/smp_play.h"

bool simulation_wanted(const struct config *c)
{
	return workload_wanted(&c->workload) || c->smp.sched == SCHED_recorded;
}

/* Cycles of the measured instructions of each kind. */
static int fill_measured(struct simulation *s, const struct config *c, struct err *e)
{
	const struct path_profile *p = &c->path_profile;
	struct path_cost cost[EXIT_COUNT];

	if (path_cost_fill(p, &c->machine, cost, e) != 0)
		return -1;
	if (path_given(p))
		(void)snprintf(s->path, sizeof(s->path), "Linux %s, %s on %s", p->kernel, p->mode,
			       p->machine);
	for (unsigned k = 0; k < EXIT_COUNT; k++)
		s->measured[k] = cost[k].insns * (uint64_t)c->machine.cpi_milli / 1000;
	return 0;
}

int simulation_build(struct simulation *s, const struct config *c, const char *trace, bool force,
		     struct oracle **oracle, struct timeline *timeline, struct err *e)
{
	bool play = c->smp.sched == SCHED_recorded && !workload_wanted(&c->workload);

	memset(s, 0, sizeof(*s));
	if (trace == NULL)
		trace = c->sw.trace;
	if (play && trace[0] == '\0')
		return err_set(e, ERR_CONFIG,
			       "%s: [host] sched = recorded, but no trace: set [run] trace, or give --trace FILE",
			       c->path);
	if (!play && trace[0] != '\0')
		return err_set(e, ERR_CONFIG,
			       "%s: both a trace and a workload ([mix]): want one of them: give no "
			       "[run] trace "
			       "and no --trace to simulate, leave [mix] out to replay",
			       c->path);
	s->prog = config_compile(c, force, e);
	if (s->prog == NULL || fill_measured(s, c, e) != 0)
		return -1;
	if (play) {
		const struct replay_options opt = replay_options_of(&c->sw);

		s->smp = smp_new_played(&c->smp, trace, s->prog, &opt, e);
	} else {
		s->smp = smp_new(&c->smp, &c->workload, s->prog, s->measured, c->sw.counting, e);
	}
	if (s->smp == NULL)
		return -1;
	if (oracle != NULL) {
		*oracle = oracle_new(s->prog, 0, 0);
		runner_check(s->smp->runner, *oracle);
	}
	if (timeline != NULL)
		timeline_of_machine(timeline, s->smp);
	return 0;
}

int simulation_run(struct simulation *s, const struct config *c, const char *trace, bool force,
		   struct oracle **oracle, struct timeline *timeline, struct err *e)
{
	return simulation_build(s, c, trace, force, oracle, timeline, e) == 0 ? smp_run(s->smp, e) : -1;
}

void simulation_free(struct simulation *s)
{
	smp_free(s->smp);
	ws_free(s->prog);
	memset(s, 0, sizeof(*s));
}
