/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pool of threads for pieces of work that do not depend on each other. What comes out is put in its place by number, not in
 * the order in which pieces end: the same bytes with any number of threads.
 *
 * A piece fails by what it leaves in its own cell (a struct err of its own); who reads the cells takes the first in the order
 * of their numbers.
 */
#ifndef EL2SIM_BASE_POOL_H
#define EL2SIM_BASE_POOL_H

#include <stdbool.h>
#include <stddef.h>

#define POOL_MAX 1024 /* threads */

struct pool;

/* In the environment: so many CPUs to use where there are more (what el2sim sweep tells its workers). */
#define POOL_CPUS_ENV "EL2SIM_JOBS"

/* CPUs that this process may use, 1..POOL_MAX. */
unsigned pool_cpus(void);

/*
 * So many threads, the caller's among them; 0: pool_cpus(). They start when there is work for a second one. One that the system
 * does not give is done without. Signals go to the caller's thread. Do not fork a process while pool_run works.
 */
struct pool *pool_new(unsigned threads);
/* NULL: none. */
void pool_free(struct pool *p);
/* Of pool_new; NULL: 1. */
unsigned pool_threads(const struct pool *p);

/* thread: below pool_threads, of no two pieces at a time: for memory that a piece needs while it runs. */
typedef void pool_fn(void *ctx, size_t i, unsigned thread);
/*
 * fn(ctx, i, thread) for each i below n; returns when all have ended, and what they wrote is seen here. p NULL: one after the
 * other, here. fn must not use the same pool.
 */
void pool_run(struct pool *p, size_t n, pool_fn *fn, void *ctx);

/* --- pieces of work on the way, while the caller does something else --- */

typedef void pool_task_fn(void *ctx);

/* One such piece; it must stay where it is until pool_finish. Its members are the pool's. */
struct pool_task {
	pool_task_fn *fn;
	void *ctx;
	struct pool_task *next;
	enum { POOL_IDLE, POOL_WAITING, POOL_RUNNING, POOL_DONE } state;
};

/* fn(ctx) soon, in another thread, those begun first before others; with p NULL or one thread in pool_finish. By the caller's thread only. */
void pool_begin(struct pool *p, struct pool_task *t, pool_task_fn *fn, void *ctx);
/* Returns when it has ended, and what it wrote is seen here; if nobody began with it, it runs here. Nothing if it was never begun. */
void pool_finish(struct pool *p, struct pool_task *t);

#endif
