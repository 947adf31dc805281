/* SPDX-License-Identifier: Apache-2.0 */
/* The running of a sweep's points, several at a time. */
#ifndef EL2SIM_SWEEP_SWEEP_RUN_H
#define EL2SIM_SWEEP_SWEEP_RUN_H

#include "sim/sweep/sweep.h"

/* One row per way to show progress: enumerator, name, help. */
#define SWEEP_PROGRESS(X)                                                                           \
	X(SHOW_AUTO, "auto", "a bar on a terminal, nothing else")                                   \
	X(SHOW_BAR, "bar", "a bar")                                                                 \
	X(SHOW_PLAIN, "plain", "a line every --every seconds")                                      \
	X(SHOW_NONE, "none", "nothing")

enum sweep_show {
#define X(id, name, help) id,
	SWEEP_PROGRESS(X)
#undef X
	SHOW_COUNT
};

struct sweep_how {
	cmd_fn *program;       /* runs a point's command line, in a process of its own: argv[0] is the program's name */
	unsigned jobs;	       /* processes at a time */
	unsigned shard, shards; /* this one, from 1, of so many; shards 0: all */
	bool retry;	       /* points that failed, crashed or took too long once more */
	enum sweep_show show;
	unsigned every_s;      /* SHOW_PLAIN */
};

struct sweep_counts {
	uint64_t points; /* of this shard */
	uint64_t there;	 /* had a result before */
	uint64_t there_failed; /* of them: failed, crashed, timeout */
	uint64_t done;	 /* now */
	uint64_t failed; /* of done: failed, crashed, timeout */
};

/*
 * Run what is missing and store each result as it comes. ERR_IO when a result cannot be stored; ERR_INTERRUPTED
 * after SIGINT, SIGTERM or SIGHUP. In any case *n says what was done, and all of it is stored.
 */
int sweep_run(const struct sweep_plan *p, struct store *s, const struct sweep_how *how, struct sweep_counts *n,
	      struct err *e);

#endif
