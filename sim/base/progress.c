/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/base/progress.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FIRST_S	  2 /* a job that takes less shows nothing */
#define BAR_WIDTH 30
#define LINE_COLS 78 /* columns, so that it is one line of a terminal of 80 */

static struct {
	pid_t owner; /* the process that draws; 0: nobody */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	bool stop;
	const char *command;
	_Atomic(const struct progress *) shown; /* compared, never looked into; NULL: no part */
	_Atomic(const char *) what; /* its; NULL: no part */
	_Atomic uint64_t done, total;
} watch = { .lock = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER };

static void draw(time_t seconds)
{
	const char *what = atomic_load(&watch.what);
	uint64_t done = atomic_load(&watch.done), total = atomic_load(&watch.total);
	char line[LINE_COLS + 1];
	int full = total != 0 ? (int)((double)(done < total ? done : total) / (double)total * BAR_WIDTH) : 0;

	if (what != NULL && total != 0)
		(void)snprintf(line, sizeof(line), "%s: %s [%.*s%*s] %3d %%, %ld s", watch.command, what, full,
			       "##############################", BAR_WIDTH - full, "", full * 100 / BAR_WIDTH, (long)seconds);
	else if (what != NULL)
		(void)snprintf(line, sizeof(line), "%s: %s %" PRIu64 ", %ld s", watch.command, what, done, (long)seconds);
	else
		(void)snprintf(line, sizeof(line), "%s: %ld s", watch.command, (long)seconds);
	(void)fprintf(stderr, "\r%s\033[K", line);
	(void)fflush(stderr);
}

static void *run(void *arg)
{
	struct timespec at, began;
	bool drawn = false;

	(void)arg;
	(void)clock_gettime(CLOCK_REALTIME, &began);
	at = began;
	at.tv_sec += FIRST_S;
	(void)pthread_mutex_lock(&watch.lock);
	while (!watch.stop) {
		if (pthread_cond_timedwait(&watch.ended, &watch.lock, &at) != ETIMEDOUT || watch.stop)
			continue;
		draw(at.tv_sec - began.tv_sec);
		drawn = true;
		at.tv_sec++;
	}
	(void)pthread_mutex_unlock(&watch.lock);
	if (drawn)
		(void)fputs("\r\033[K", stderr); /* back to the margin, line erased */
	return NULL;
}

void progress_watch(const char *what)
{
	sigset_t all, before;

	if (isatty(STDERR_FILENO) == 0)
		return;
	watch.command = what;
	watch.stop = false;
	(void)sigfillset(&all); /* signals are the first thread's */
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&watch.thread, NULL, run, NULL) == 0)
		watch.owner = getpid();
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void progress_quiet(void)
{
	if (watch.owner == 0 || watch.owner != getpid())
		return; /* of the process that forked us: it draws */
	watch.owner = 0;
	(void)pthread_mutex_lock(&watch.lock);
	watch.stop = true;
	(void)pthread_cond_signal(&watch.ended);
	(void)pthread_mutex_unlock(&watch.lock);
	(void)pthread_join(watch.thread, NULL);
}

void progress_begin(struct progress *p, const char *what, uint64_t total)
{
	const struct progress *now = NULL;

	*p = (struct progress){ .what = what, .total = total };
	if (!atomic_compare_exchange_strong(&watch.shown, &now, p) && now != p)
		return;
	atomic_store(&watch.done, 0);
	atomic_store(&watch.total, total);
	atomic_store(&watch.what, what);
}

void progress_at(struct progress *p, uint64_t done)
{
	if (atomic_load_explicit(&watch.shown, memory_order_relaxed) != p)
		return;
	atomic_store_explicit(&watch.total, p->total, memory_order_relaxed);
	atomic_store_explicit(&watch.done, done, memory_order_relaxed);
}

void progress_add(struct progress *p, uint64_t steps)
{
	if (p != NULL && atomic_load_explicit(&watch.shown, memory_order_relaxed) == p)
		(void)atomic_fetch_add_explicit(&watch.done, steps, memory_order_relaxed);
}

void progress_end(struct progress *p)
{
	if (atomic_load(&watch.shown) == p) {
		atomic_store(&watch.what, NULL);
		atomic_store(&watch.shown, NULL);
	}
	p->what = NULL;
}
