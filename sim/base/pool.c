/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/base/pool.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "sim/base/err.h"
#include "sim/base/str.h"

struct helper {
	struct pool *pool;
	pthread_t thread;
	unsigned number;
};

struct pool {
	unsigned threads, n_helpers;
	bool started;
	struct helper *helper;

	pthread_mutex_t lock;
	pthread_cond_t work, done; /* helpers wait for the one, the caller for the other */
	unsigned long round;       /* of pool_run */
	unsigned busy;             /* helpers that have not ended this round */
	struct pool_task *first, **last; /* that wait */
	bool over;

	/* of the round; written under the lock before it begins */
	pool_fn *fn;
	void *ctx;
	size_t n;
	atomic_size_t next;
};

unsigned pool_cpus(void)
{
	const char *most = getenv(POOL_CPUS_ENV);
	uint64_t limit;
	cpu_set_t set;
	unsigned n;

	if (sched_getaffinity(0, sizeof(set), &set) != 0 || CPU_COUNT(&set) < 1)
		return 1;
	n = CPU_COUNT(&set) > POOL_MAX ? POOL_MAX : (unsigned)CPU_COUNT(&set);
	return most != NULL && str_u64(most, &limit) && limit != 0 && limit < n ? (unsigned)limit : n;
}

struct pool *pool_new(unsigned threads)
{
	struct pool *p = xcalloc(1, sizeof(*p));

	p->threads = threads == 0 ? pool_cpus() : threads > POOL_MAX ? POOL_MAX : threads;
	p->last = &p->first;
	BUG_ON(pthread_mutex_init(&p->lock, NULL) != 0 || pthread_cond_init(&p->work, NULL) != 0 ||
	       pthread_cond_init(&p->done, NULL) != 0);
	atomic_init(&p->next, 0);
	return p;
}

unsigned pool_threads(const struct pool *p)
{
	return p != NULL ? p->threads : 1;
}

static void work(struct pool *p, unsigned thread)
{
	size_t i;

	while ((i = atomic_fetch_add_explicit(&p->next, 1, memory_order_relaxed)) < p->n)
		p->fn(p->ctx, i, thread);
}

/* Take a task out of those that wait; under the lock. */
static void take_out(struct pool *p, struct pool_task *t)
{
	struct pool_task **at = &p->first;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	if (*at == NULL)
		p->last = at;
	t->state = POOL_RUNNING;
}

static void do_task(struct pool *p, struct pool_task *t)
{
	take_out(p, t);
	(void)pthread_mutex_unlock(&p->lock);
	t->fn(t->ctx);
	(void)pthread_mutex_lock(&p->lock);
	t->state = POOL_DONE;
	(void)pthread_cond_broadcast(&p->done);
}

static void *help(void *self)
{
	const struct helper *h = self;
	struct pool *p = h->pool;
	unsigned long round = 0;

	(void)pthread_mutex_lock(&p->lock);
	for (;;) {
		while (!p->over && p->round == round && p->first == NULL)
			(void)pthread_cond_wait(&p->work, &p->lock);
		if (p->over)
			break;
		if (p->round == round) {
			do_task(p, p->first);
			continue;
		}
		round = p->round;
		(void)pthread_mutex_unlock(&p->lock);
		work(p, h->number);
		(void)pthread_mutex_lock(&p->lock);
		if (--p->busy == 0)
			(void)pthread_cond_broadcast(&p->done);
	}
	(void)pthread_mutex_unlock(&p->lock);
	return NULL;
}

static void start(struct pool *p)
{
	static const int own[] = { SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP }; /* of the thread that did it */
	sigset_t all, before;

	p->started = true;
	p->helper = xcalloc(p->threads, sizeof(*p->helper));
	(void)sigfillset(&all);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		(void)sigdelset(&all, own[i]);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	while (p->n_helpers + 1 < p->threads) {
		struct helper *h = &p->helper[p->n_helpers];

		*h = (struct helper){ .pool = p, .number = p->n_helpers + 1 };
		if (pthread_create(&h->thread, NULL, help, h) != 0)
			break;
		p->n_helpers++;
	}
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void pool_run(struct pool *p, size_t n, pool_fn *fn, void *ctx)
{
	if (p == NULL || p->threads == 1 || n < 2) {
		for (size_t i = 0; i < n; i++)
			fn(ctx, i, 0);
		return;
	}
	if (!p->started)
		start(p);
	(void)pthread_mutex_lock(&p->lock);
	p->fn = fn;
	p->ctx = ctx;
	p->n = n;
	atomic_store_explicit(&p->next, 0, memory_order_relaxed);
	p->busy = p->n_helpers;
	p->round++;
	(void)pthread_cond_broadcast(&p->work);
	(void)pthread_mutex_unlock(&p->lock);
	work(p, 0);
	(void)pthread_mutex_lock(&p->lock);
	while (p->busy != 0)
		(void)pthread_cond_wait(&p->done, &p->lock);
	(void)pthread_mutex_unlock(&p->lock);
}

void pool_begin(struct pool *p, struct pool_task *t, pool_task_fn *fn, void *ctx)
{
	*t = (struct pool_task){ .fn = fn, .ctx = ctx, .state = POOL_WAITING };
	if (p == NULL || p->threads == 1)
		return;
	if (!p->started)
		start(p);
	(void)pthread_mutex_lock(&p->lock);
	*p->last = t;
	p->last = &t->next;
	(void)pthread_cond_signal(&p->work);
	(void)pthread_mutex_unlock(&p->lock);
}

void pool_finish(struct pool *p, struct pool_task *t)
{
	if (t->fn == NULL)
		return;
	if (p == NULL || p->threads == 1) {
		if (t->state == POOL_WAITING)
			t->fn(t->ctx);
		t->state = POOL_DONE;
		return;
	}
	(void)pthread_mutex_lock(&p->lock);
	if (t->state == POOL_WAITING)
		do_task(p, t);
	while (t->state != POOL_DONE)
		(void)pthread_cond_wait(&p->done, &p->lock);
	(void)pthread_mutex_unlock(&p->lock);
}

void pool_free(struct pool *p)
{
	if (p == NULL)
		return;
	(void)pthread_mutex_lock(&p->lock);
	p->over = true;
	(void)pthread_cond_broadcast(&p->work);
	(void)pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->n_helpers; i++)
		(void)pthread_join(p->helper[i].thread, NULL);
	(void)pthread_cond_destroy(&p->work);
	(void)pthread_cond_destroy(&p->done);
	(void)pthread_mutex_destroy(&p->lock);
	free(p->helper);
	free(p);
}
