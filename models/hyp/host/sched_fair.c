/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fair scheduler in the manner of CFS: each pCPU runs the waiting thread that has had the least
 * virtual runtime (cycles divided by weight). A thread that slept comes back at most one slice
 * behind the others, so that sleep cannot be saved up; a pCPU without work takes the last thread of
 * the longest queue.
 */
#include "models/hyp/host/sched.h"

static struct sched_ent *ent(struct list *l)
{
	return container_of(l, struct sched_ent, queued);
}

/*
 * Sorted by virtual runtime, first come first served among equals. Looked for from both ends:
 * threads that woke up belong to the front, those that used up their slice to the back.
 */
static void insert(struct sched_queue *q, struct sched_ent *t)
{
	struct list *after = q->threads.prev, *before = q->threads.next;

	while (after != &q->threads && ent(after)->vruntime > t->vruntime &&
	       ent(before)->vruntime <= t->vruntime) {
		after = after->prev;
		before = before->next;
	}
	if (after == &q->threads || ent(after)->vruntime <= t->vruntime)
		before = after->next;
	list_add_tail(before, &t->queued);
	q->n++;
}

static unsigned fair_place(struct sched *s, const struct sched_ent *t, const bool *idle)
{
	unsigned best = t->cpu;

	for (unsigned i = 0; i < s->cpus; i++) {
		unsigned c = (t->cpu + i) % s->cpus;

		if (idle[c] && s->queue[c].n == 0)
			return c;
		if (s->queue[c].n < s->queue[best].n)
			best = c;
	}
	return best;
}

/* Virtual runtimes of two pCPUs have nothing to do with each other: keep the distance to the
 * queue's. */
static void migrate(struct sched *s, struct sched_ent *t, unsigned to)
{
	uint64_t from_min = s->queue[t->cpu].min_vruntime, to_min = s->queue[to].min_vruntime;
	uint64_t ahead = t->vruntime > from_min ? t->vruntime - from_min : 0;

	t->vruntime = to_min + ahead;
	t->cpu = to;
}

static void fair_enqueue(struct sched *s, struct sched_ent *t, unsigned cpu, bool woke)
{
	struct sched_queue *q = &s->queue[cpu];
	uint64_t floor = q->min_vruntime > s->slice ? q->min_vruntime - s->slice : 0;

	if (t->cpu != cpu)
		migrate(s, t, cpu);
	if (woke && t->vruntime < floor)
		t->vruntime = floor;
	insert(q, t);
}

static struct sched_ent *longest_waiting(struct sched *s, unsigned cpu)
{
	unsigned best = cpu;

	for (unsigned c = 0; c < s->cpus; c++) {
		if (s->queue[c].n > s->queue[best].n)
			best = c;
	}
	return s->queue[best].n != 0 ? ent(s->queue[best].threads.prev) : NULL;
}

static struct sched_ent *fair_pick(struct sched *s, unsigned cpu)
{
	struct sched_queue *q = &s->queue[cpu];
	struct sched_ent *t = q->n != 0 ? ent(q->threads.next) : longest_waiting(s, cpu);

	if (t == NULL)
		return NULL;
	list_del(&t->queued);
	s->queue[t->cpu].n--;
	if (t->cpu != cpu)
		migrate(s, t, cpu);
	if (t->vruntime > q->min_vruntime)
		q->min_vruntime = t->vruntime;
	t->ran = 0;
	return t;
}

static bool fair_ran(struct sched *s, struct sched_ent *t, uint64_t cycles)
{
	struct sched_queue *q = &s->queue[t->cpu];

	t->ran += cycles;
	t->vruntime += cycles * 1024 / t->weight;
	return q->n != 0 && t->ran >= s->slice && ent(q->threads.next)->vruntime < t->vruntime;
}

/* Wake-up preemption beyond one slice of virtual time: a thread that just woke is not to interrupt
 * its equals. */
static bool fair_preempts(struct sched *s, const struct sched_ent *woke,
			  const struct sched_ent *runs)
{
	return runs->vruntime > woke->vruntime && runs->vruntime - woke->vruntime >= s->slice;
}

static size_t fair_waiting(const struct sched *s, unsigned cpu)
{
	return s->queue[cpu].n;
}

const struct sched_ops sched_fair_ops = {false,    fair_place,    fair_enqueue, fair_pick,
					 fair_ran, fair_preempts, fair_waiting};
