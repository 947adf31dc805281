/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parent of all points: it alone writes the results file, one transaction per result, so that ending it at any
 * moment loses what is in flight and no more.
 */
#include "sim/sweep/sweep_run.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "sim/base/ending.h"
#include "sim/sweep/sweep_point.h"
#include "sim/sweep/sweep_show.h"

#define WAKE_NS 100000000L /* look at time limits and progress */

struct running {
	const struct sweep_plan *plan;
	struct store *store;
	const struct sweep_how *how;
	struct sweep_counts *n;
	size_t *todo, n_todo, next;
	struct point_job *job;
	unsigned active;
	int stopped_by; /* signal */
	sigset_t signals, before;
	struct show show;
};

/* The points of this shard without a result. */
static int find_missing(struct running *r, struct err *e)
{
	const struct sweep_plan *p = r->plan;
	size_t step = r->how->shards != 0 ? r->how->shards : 1, first = r->how->shards != 0 ? r->how->shard - 1 : 0;

	r->todo = xcalloc(p->n_point / step + 1, sizeof(*r->todo));
	for (size_t i = first; i < p->n_point; i += step) {
		enum store_status status;

		if (store_status_of(r->store, p->hash[i], &status, e) != 0)
			return -1;
		r->n->points++;
		if (status == STORE_MISSING || (r->how->retry && store_status_failed(status))) {
			r->todo[r->n_todo++] = i;
			continue;
		}
		r->n->there++;
		r->n->there_failed += store_status_failed(status);
	}
	return 0;
}

/* Two points of one hash have one result. */
static bool in_flight(const struct running *r, size_t point)
{
	for (unsigned i = 0; i < r->how->jobs; i++)
		if (r->job[i].pid != 0 && strcmp(r->plan->hash[r->job[i].point], r->plan->hash[point]) == 0)
			return true;
	return false;
}

static int start_some(struct running *r, struct err *e)
{
	for (unsigned i = 0; i < r->how->jobs && r->next < r->n_todo && r->stopped_by == 0; i++) {
		size_t point = r->todo[r->next];
		enum store_status status = STORE_MISSING;

		if (r->job[i].pid != 0)
			continue;
		if (!r->how->retry && store_status_of(r->store, r->plan->hash[point], &status, e) != 0)
			return -1;
		r->next++;
		if (status != STORE_MISSING || in_flight(r, point)) {
			r->n->done++;
			i--;
			continue;
		}
		if (point_start(&r->job[i], r->plan, r->how->program, point, r->store, &r->signals, e) != 0)
			return -1;
		r->active++;
	}
	return 0;
}

static int take_one(struct running *r, struct point_job *j, struct err *e)
{
	struct point_result result;
	int rc = point_poll(j, r->plan, &result, e);

	if (rc == 0) {
		int64_t limit = r->plan->experiment.sweep.timeout_s;

		if (limit != 0 && !j->late && sweep_clock_us() - j->start_us > (uint64_t)limit * 1000000) {
			j->late = true;
			(void)kill(j->pid, SIGKILL);
		}
		return 0;
	}
	if (rc == 1) {
		rc = store_put_result(r->store, &result.r, e);
		if (rc == 0) {
			r->n->done++;
			r->n->failed += store_status_failed(result.r.status);
		}
	}
	point_end(j, &result);
	r->active--;
	return rc;
}

static int take_ended(struct running *r, struct err *e)
{
	for (unsigned i = 0; i < r->how->jobs; i++)
		if (r->job[i].pid != 0 && take_one(r, &r->job[i], e) != 0)
			return -1;
	return 0;
}

/* Until a child has ended, someone wants us to stop, or it is time to look. */
static void wait_a_while(struct running *r)
{
	const struct timespec wake = { 0, WAKE_NS };
	int sig = sigtimedwait(&r->signals, NULL, &wake);

	if (sig > 0 && sig != SIGCHLD)
		r->stopped_by = sig;
}

static int loop(struct running *r, struct err *e)
{
	while ((r->next < r->n_todo || r->active != 0) && r->stopped_by == 0) {
		if (start_some(r, e) != 0)
			return -1;
		if (r->active != 0)
			wait_a_while(r);
		if (take_ended(r, e) != 0)
			return -1;
		show_at(&r->show, r->n, r->n_todo);
	}
	if (r->stopped_by == 0)
		return 0;
	return err_set(e, ERR_INTERRUPTED, "interrupted: %" PRIu64 " of %" PRIu64 " points are in %s: the same command goes on "
		       "from there", r->n->there + r->n->done, r->n->points, store_path(r->store));
}

static void catch_signals(struct running *r)
{
	(void)sigemptyset(&r->signals);
	(void)sigaddset(&r->signals, SIGCHLD);
#define X(sig, code, text)                                                                          \
	if (sig != SIGPIPE)                                                                         \
		(void)sigaddset(&r->signals, sig);
	ENDING_SIGNALS(X)
#undef X
	(void)sigprocmask(SIG_BLOCK, &r->signals, &r->before);
}

int sweep_run(const struct sweep_plan *p, struct store *s, const struct sweep_how *how, struct sweep_counts *n,
	      struct err *e)
{
	struct running r = { .plan = p, .store = s, .how = how, .n = n };
	int rc;

	memset(n, 0, sizeof(*n));
	r.job = xcalloc(how->jobs, sizeof(*r.job));
	for (unsigned i = 0; i < how->jobs; i++)
		r.job[i] = (struct point_job){ .result = -1, .complain = -1 };
	catch_signals(&r);
	rc = find_missing(&r, e);
	show_begin(&r.show, how);
	if (rc == 0)
		rc = loop(&r, e);
	show_end(&r.show, n, r.n_todo);
	for (unsigned i = 0; i < how->jobs; i++)
		point_end(&r.job[i], NULL);
	(void)sigprocmask(SIG_SETMASK, &r.before, NULL);
	free(r.job);
	free(r.todo);
	return rc;
}
