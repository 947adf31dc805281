/* SPDX-License-Identifier: Apache-2.0 */
/* Points in processes of their own: started, watched, their results taken. */
#ifndef EL2SIM_SWEEP_SWEEP_POINT_H
#define EL2SIM_SWEEP_SWEEP_POINT_H

#include <signal.h>
#include <sys/types.h>

#include "sim/sweep/sweep.h"

/* A worker and the point that it runs. */
struct point_job {
	size_t point;
	pid_t pid;	       /* 0: no worker yet */
	bool busy;	       /* with the point */
	int channel, complain; /* socket to the worker; file in memory, its standard error */
	uint64_t start_us;
	unsigned done; /* points */
	bool late;     /* killed because its time is over */
};

/* What all workers have from the sweep. */
struct point_pool {
	const struct sweep_plan *plan;
	cmd_fn *program;      /* runs a point's command line */
	struct store *store;  /* let go of in the worker */
	const sigset_t *mask; /* signals that the worker has unblocked */
	unsigned workers;     /* at a time: they share the CPUs */
};

/* Microseconds of a clock that only goes forward. */
uint64_t sweep_clock_us(void);

void point_init(struct point_job *j);
/* Start a point in the job's worker, which is made if there is none. ERR_IO. */
int point_start(struct point_job *j, const struct point_pool *w, size_t point, struct err *e);

/*
 * Take the result if the point of a busy job has ended: 1, and *r for point_result_free; 0 if it runs; -1 with *e if it cannot
 * be read.
 */
struct point_result {
	struct store_result r;
	char hash[DIGEST_TEXT], error[ERR_TEXT_MAX];
	struct store_metric *metric;
	char *data; /* that r points into */
};
int point_poll(struct point_job *j, const struct sweep_plan *p, struct point_result *r, struct err *e);
void point_result_free(struct point_result *r);
/* The worker ends; with its point, if it has one. */
void point_end(struct point_job *j);

#endif
