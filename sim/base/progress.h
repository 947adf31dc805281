/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a long job is at: one line on standard error, when that is a terminal, from two seconds on, and gone when the job is done.
 * Whoever works tells how far it is; a thread of the program draws, so that a job that tells nothing shows that it goes on, too.
 * What is noted is the process's, as in ending.h: a terminal has one line. A library draws nothing.
 */
#ifndef EL2SIM_BASE_PROGRESS_H
#define EL2SIM_BASE_PROGRESS_H

#include <stdint.h>

/* Begin to draw: only main() calls it. what: the command, "el2sim run"; it stays the caller's. */
void progress_watch(const char *what);
/* Erase the line and draw no more: something is to be written to the terminal. Harmless when nothing is drawn. */
void progress_quiet(void);

/*
 * Part of a job, of total steps; 0: nobody knows how many. what stays the caller's. One at a time is shown: the first begun, until its
 * end; parts of that part, and what other threads do meanwhile, are not.
 */
struct progress {
	const char *what;
	uint64_t total;
};

void progress_begin(struct progress *p, const char *what, uint64_t total);
void progress_at(struct progress *p, uint64_t done); /* cheap: it is drawn once a second */
void progress_add(struct progress *p, uint64_t steps); /* so many more are done, in any thread; NULL: nothing */
void progress_end(struct progress *p);

#endif
