/* SPDX-License-Identifier: Apache-2.0 */
/* Round robin with a time slice: one queue for all pCPUs, or one per pCPU when threads are pinned.
 */
#include "models/hyp/host/sched.h"

static void put(struct sched_queue *q, struct sched_ent *t)
{
	list_add_tail(&q->threads, &t->queued);
	q->n++;
}

static struct sched_ent *take(struct sched_queue *q, unsigned cpu)
{
	struct sched_ent *t;

	if (q->n == 0)
		return NULL;
	t = container_of(q->threads.next, struct sched_ent, queued);
	list_del(&t->queued);
	q->n--;
	t->cpu = cpu;
	t->ran = 0;
	return t;
}

static bool never_preempts(struct sched *s, const struct sched_ent *woke,
			   const struct sched_ent *runs)
{
	(void)s;
	(void)woke;
	(void)runs;
	return false;
}

/* ---- one queue ---- */

static unsigned rr_place(struct sched *s, const struct sched_ent *t, const bool *idle)
{
	for (unsigned i = 0; i < s->cpus;
	     i++) { /* the one of last time first: its caches may be warm */
		unsigned c = (t->cpu + i) % s->cpus;

		if (idle[c])
			return c;
	}
	return t->cpu;
}

static void rr_enqueue(struct sched *s, struct sched_ent *t, unsigned cpu, bool woke)
{
	(void)cpu;
	(void)woke;
	put(&s->queue[0], t);
}

static struct sched_ent *rr_pick(struct sched *s, unsigned cpu)
{
	return take(&s->queue[0], cpu);
}

static bool rr_ran(struct sched *s, struct sched_ent *t, uint64_t cycles)
{
	t->ran += cycles;
	return t->ran >= s->slice && s->queue[0].n != 0;
}

static size_t rr_waiting(const struct sched *s, unsigned cpu)
{
	(void)cpu;
	return s->queue[0].n;
}

const struct sched_ops sched_rr_ops = {true,   rr_place,       rr_enqueue, rr_pick,
				       rr_ran, never_preempts, rr_waiting};

/* ---- pinned ---- */

static unsigned home(const struct sched *s, const struct sched_ent *t)
{
	return s->pin != NULL ? s->pin[t->id % s->n_pin] : t->id % s->cpus;
}

static unsigned pinned_place(struct sched *s, const struct sched_ent *t, const bool *idle)
{
	(void)idle;
	return home(s, t);
}

static void pinned_enqueue(struct sched *s, struct sched_ent *t, unsigned cpu, bool woke)
{
	(void)cpu;
	(void)woke;
	put(&s->queue[home(s, t)], t);
}

static struct sched_ent *pinned_pick(struct sched *s, unsigned cpu)
{
	return take(&s->queue[cpu], cpu);
}

static bool pinned_ran(struct sched *s, struct sched_ent *t, uint64_t cycles)
{
	t->ran += cycles;
	return t->ran >= s->slice && s->queue[home(s, t)].n != 0;
}

static size_t pinned_waiting(const struct sched *s, unsigned cpu)
{
	return s->queue[cpu].n;
}

const struct sched_ops sched_pinned_ops = {false,      pinned_place,   pinned_enqueue, pinned_pick,
					   pinned_ran, never_preempts, pinned_waiting};
