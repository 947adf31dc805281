/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing to decide: models/hyp/host/smp_play does what the trace says, and no thread ever waits here.
 */
#include "models/hyp/host/sched.h"

static unsigned place(struct sched *s, const struct sched_ent *t, const bool *idle)
{
	(void)s;
	(void)idle;
	return t->cpu;
}

static void enqueue(struct sched *s, struct sched_ent *t, unsigned cpu, bool woke)
{
	(void)s;
	(void)t;
	(void)cpu;
	(void)woke;
}

static struct sched_ent *pick(struct sched *s, unsigned cpu)
{
	(void)s;
	(void)cpu;
	return NULL;
}

static bool ran(struct sched *s, struct sched_ent *t, uint64_t cycles)
{
	(void)s;
	(void)t;
	(void)cycles;
	return false;
}

static bool preempts(struct sched *s, const struct sched_ent *woke, const struct sched_ent *runs)
{
	(void)s;
	(void)woke;
	(void)runs;
	return false;
}

static size_t waiting(const struct sched *s, unsigned cpu)
{
	(void)s;
	(void)cpu;
	return 0;
}

const struct sched_ops sched_recorded_ops = {false, place, enqueue, pick, ran, preempts, waiting};
