/* SPDX-License-Identifier: Apache-2.0 */
/* One point in a process of its own: started, watched, its result taken. */
#ifndef EL2SIM_SWEEP_SWEEP_POINT_H
#define EL2SIM_SWEEP_SWEEP_POINT_H

#include <signal.h>
#include <sys/types.h>

#include "sim/sweep/sweep.h"

struct point_job {
	size_t point;
	pid_t pid;	      /* 0: free */
	int result, complain; /* files in memory: what the child hands over; its standard error */
	uint64_t start_us;
	bool late;	      /* killed because its time is over */
};

/* Microseconds of a clock that only goes forward. */
uint64_t sweep_clock_us(void);

/* Start a point: program runs its command line. s is let go of in the child; mask: signals that the child has unblocked. ERR_IO. */
int point_start(struct point_job *j, const struct sweep_plan *p, cmd_fn *program, size_t point, struct store *s,
		const sigset_t *mask, struct err *e);

/*
 * Take the result if the process has ended: 1, and *r points into memory that point_end frees; 0 if it runs; -1
 * with *e if it cannot be read.
 */
struct point_result {
	struct store_result r;
	char hash[DIGEST_TEXT], error[ERR_TEXT_MAX];
	struct store_metric *metric;
	void *map;
	size_t map_bytes;
};
int point_poll(struct point_job *j, const struct sweep_plan *p, struct point_result *r, struct err *e);
/* Free the result (NULL if none was taken), close the job; a process that still runs is killed. */
void point_end(struct point_job *j, struct point_result *r);

#endif
