/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scheduling hooks: which vCPU thread runs on which pCPU. A scheduler keeps the threads that could
 * run and do not; everything else (states, costs, time) is models/hyp/host/smp. Times are cycles.
 */
#ifndef EL2SIM_HYP_SCHED_H
#define EL2SIM_HYP_SCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/kernel/list.h"

enum sched_id {
#define SCHED(id, name, help) SCHED_##id,
#include "models/hyp/host/sched.def"
	SCHED_COUNT
};

/* A thread as the scheduler sees it; member of the vCPU. Zero but for id, cpu and weight at the
 * start. */
struct sched_ent {
	struct list queued;
	unsigned id;
	unsigned cpu;      /* whose queue or clock it belongs to: where it ran last or waits */
	unsigned weight;   /* 1024: one share */
	uint64_t ran;      /* since it was picked */
	uint64_t vruntime; /* cycles at weight 1024 */
};

struct sched_queue {
	struct list threads;
	size_t n;
	uint64_t min_vruntime;
};

struct sched {
	const struct sched_ops *ops;
	unsigned cpus;
	uint64_t slice;            /* cycles */
	const unsigned *pin;       /* pCPUs that threads are pinned to; NULL: all */
	size_t n_pin;
	struct sched_queue *queue; /* one per pCPU, or the first for all */
};

struct sched_ops {
	bool shared; /* one queue for all pCPUs */
	/* pCPU for a thread that woke up or is new; idle[c]: pCPU c has nothing to do. */
	unsigned (*place)(struct sched *s, const struct sched_ent *t, const bool *idle);
	/* The thread could run, on this pCPU if that matters. woke: it slept; otherwise it was put
	 * off its pCPU. */
	void (*enqueue)(struct sched *s, struct sched_ent *t, unsigned cpu, bool woke);
	/* Take the next thread for a pCPU out of its queue; NULL if there is none. */
	struct sched_ent *(*pick)(struct sched *s, unsigned cpu);
	/* The running thread used `cycles` more. True if another one should run now. */
	bool (*ran)(struct sched *s, struct sched_ent *t, uint64_t cycles);
	/* A thread that woke up should run instead of the one that runs on its pCPU. */
	bool (*preempts)(struct sched *s, const struct sched_ent *woke,
			 const struct sched_ent *runs);
	/* Number of threads that wait for this pCPU. */
	size_t (*waiting)(const struct sched *s, unsigned cpu);
};

extern const struct sched_ops sched_rr_ops, sched_pinned_ops, sched_fair_ops;

/* slice in cycles, at least 1. Free with sched_free. */
struct sched *sched_new(enum sched_id id, unsigned cpus, uint64_t slice);
void sched_free(struct sched *s);

/* NULL-terminated; the last one is no scheduler: a trace is played in its order (models/hyp/host/smp_play). */
extern const char *const sched_names[SCHED_COUNT + 2];

#endif
