/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parent of all workers: it alone writes the results file. Results of a moment (BATCH_US) share a transaction: ending it at
 * any time loses what is in flight or came in that moment, and no more.
 */
#include "sim/sweep/sweep_run.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "sim/base/ending.h"
#include "sim/sweep/sweep_point.h"
#include "sim/sweep/sweep_show.h"

#define WAKE_MS	 100   /* look at time limits and progress */
#define BATCH_US 50000 /* a result waits no longer for others to be stored with */

struct running {
	const struct sweep_plan *plan;
	struct store *store;
	const struct sweep_how *how;
	struct sweep_counts *n;
	size_t *todo, n_todo, next;
	struct point_job *job;
	struct point_pool pool;
	struct pollfd *ready; /* room for the jobs and the signals */
	unsigned active;
	uint64_t batch, batch_failed; /* results that came and are not stored yet; of them failures */
	uint64_t batch_us;	      /* when the first of them came */
	int stopped_by;		      /* signal */
	int signal_fd;
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
		if (r->job[i].busy && strcmp(r->plan->hash[r->job[i].point], r->plan->hash[point]) == 0)
			return true;
	return false;
}

static int start_some(struct running *r, struct err *e)
{
	for (unsigned i = 0; i < r->how->jobs && r->next < r->n_todo && r->stopped_by == 0; i++) {
		size_t point = r->todo[r->next];
		enum store_status status = STORE_MISSING;

		if (r->job[i].busy)
			continue;
		if (!r->how->retry && store_status_of(r->store, r->plan->hash[point], &status, e) != 0)
			return -1;
		r->next++;
		if (status != STORE_MISSING || in_flight(r, point)) {
			r->n->done++;
			i--;
			continue;
		}
		if (point_start(&r->job[i], &r->pool, point, e) != 0)
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
		r->active--;
		rc = store_add_result(r->store, &result.r, e);
		if (rc == 0) {
			if (r->batch++ == 0)
				r->batch_us = sweep_clock_us();
			r->batch_failed += store_status_failed(result.r.status);
		} else { /* the others went with it */
			r->batch = r->batch_failed = 0;
		}
		point_result_free(&result);
	}
	return rc;
}

static int end_batch(struct running *r, struct err *e)
{
	int rc = r->batch != 0 ? store_commit(r->store, e) : 0;

	if (rc == 0) {
		r->n->done += r->batch;
		r->n->failed += r->batch_failed;
	}
	r->batch = r->batch_failed = 0;
	return rc;
}

static int take_ended(struct running *r, struct err *e)
{
	for (unsigned i = 0; i < r->how->jobs; i++)
		if (r->job[i].busy && take_one(r, &r->job[i], e) != 0)
			return -1;
	return 0;
}

/* Until a point has ended, someone wants us to stop, or it is time to look. */
static void wait_a_while(struct running *r)
{
	nfds_t n = 0;
	struct signalfd_siginfo sig;

	for (unsigned i = 0; i < r->how->jobs; i++)
		if (r->job[i].busy)
			r->ready[n++] = (struct pollfd){ .fd = r->job[i].channel, .events = POLLIN };
	r->ready[n] = (struct pollfd){ .fd = r->signal_fd, .events = POLLIN };
	if (poll(r->ready, n + 1, r->batch != 0 ? BATCH_US / 1000 : WAKE_MS) > 0 && r->ready[n].revents != 0 &&
	    read(r->signal_fd, &sig, sizeof(sig)) == (ssize_t)sizeof(sig))
		r->stopped_by = (int)sig.ssi_signo;
}

static int loop(struct running *r, struct err *e)
{
	while ((r->next < r->n_todo || r->active != 0) && r->stopped_by == 0) {
		if (start_some(r, e) != 0)
			return -1;
		if (r->active != 0)
			wait_a_while(r);
		if (take_ended(r, e) != 0 ||
		    (r->batch != 0 && sweep_clock_us() - r->batch_us >= BATCH_US && end_batch(r, e) != 0))
			return -1;
		show_at(&r->show, r->n, r->n_todo);
	}
	if (end_batch(r, e) != 0)
		return -1;
	if (r->stopped_by == 0)
		return 0;
	return err_set(e, ERR_INTERRUPTED, "interrupted: %" PRIu64 " of %" PRIu64 " points are in %s: the same command goes on "
		       "from there", r->n->there + r->n->done, r->n->points, store_path(r->store));
}

static int catch_signals(struct running *r, struct err *e)
{
	(void)sigemptyset(&r->signals);
#define X(sig, code, text)                                                                          \
	if (sig != SIGPIPE)                                                                         \
		(void)sigaddset(&r->signals, sig);
	ENDING_SIGNALS(X)
#undef X
	(void)sigprocmask(SIG_BLOCK, &r->signals, &r->before);
	r->signal_fd = signalfd(-1, &r->signals, SFD_CLOEXEC | SFD_NONBLOCK);
	return r->signal_fd >= 0 ? 0 : err_set(e, ERR_IO, "signals cannot be waited for: %s", strerror(errno));
}

int sweep_run(const struct sweep_plan *p, struct store *s, const struct sweep_how *how, struct sweep_counts *n,
	      struct err *e)
{
	struct running r = { .plan = p, .store = s, .how = how, .n = n };
	int rc;

	memset(n, 0, sizeof(*n));
	r.pool = (struct point_pool){ p, how->program, s, &r.signals, how->jobs };
	r.ready = xcalloc(how->jobs + 1, sizeof(*r.ready));
	r.job = xcalloc(how->jobs, sizeof(*r.job));
	for (unsigned i = 0; i < how->jobs; i++)
		point_init(&r.job[i]);
	rc = catch_signals(&r, e);
	if (rc == 0)
		rc = find_missing(&r, e);
	show_begin(&r.show, how);
	if (rc == 0)
		rc = loop(&r, e);
	if (rc != 0 && r.batch != 0) { /* what came is not lost by what failed */
		struct err ignored;

		(void)end_batch(&r, &ignored);
	}
	show_end(&r.show, n, r.n_todo);
	for (unsigned i = 0; i < how->jobs; i++)
		point_end(&r.job[i]);
	if (r.signal_fd >= 0)
		(void)close(r.signal_fd);
	(void)sigprocmask(SIG_SETMASK, &r.before, NULL);
	free(r.ready);
	free(r.job);
	free(r.todo);
	return rc;
}
