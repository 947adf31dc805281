/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A point runs in a worker, a fork of the sweep that keeps what it has learnt (memory, libraries, pages) for its next point: a
 * fault, an endless loop or memory of one point ends its worker, and the next point gets another.
 */
#include "sim/sweep/sweep_point.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/base/ending.h"
#include "sim/document/metrics.h"
#include "sim/sweep/sweep_worker.h"

#define POINTS_MAX 256 /* of one worker: what points leave behind does not add up without end */

uint64_t sweep_clock_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

void point_init(struct point_job *j)
{
	*j = (struct point_job){ .channel = -1, .complain = -1 };
}

static void close_files(struct point_job *j)
{
	if (j->channel >= 0) {
		(void)shutdown(j->channel, SHUT_RDWR); /* workers that were made later have this end, too */
		(void)close(j->channel);
	}
	if (j->complain >= 0)
		(void)close(j->complain);
	point_init(j);
}

static _Noreturn void child(const struct point_pool *w, struct worker_how *how, pid_t parent)
{
	/* dies with the sweep, and leaves signals to the whole group to it */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(127);
	ending_child();
	store_forget(w->store);
	(void)sigprocmask(SIG_UNBLOCK, w->mask, NULL);
	worker_main(how);
}

static int new_worker(struct point_job *j, const struct point_pool *w, struct err *e)
{
	struct worker_how how = { w->plan, w->program, -1, memfd_create("stderr", MFD_CLOEXEC), w->workers };
	int pair[2] = { -1, -1 };
	pid_t parent = getpid();

	(void)fflush(stdout);
	j->complain = how.complain;
	j->pid = how.complain >= 0 && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0 ? fork() : -1;
	how.channel = pair[1];
	if (j->pid == 0) {
		(void)close(pair[0]);
		child(w, &how, parent);
	}
	j->channel = pair[0];
	if (pair[1] >= 0)
		(void)close(pair[1]);
	if (j->pid > 0)
		return 0;
	err_set(e, ERR_IO, "no process for a point: %s: want fewer (-j)", strerror(errno));
	j->pid = 0;
	close_files(j);
	return -1;
}

/* A worker without a point ends. */
static void dismiss(struct point_job *j)
{
	pid_t pid = j->pid;

	close_files(j);
	if (pid > 0)
		(void)waitpid(pid, NULL, 0);
}

int point_start(struct point_job *j, const struct point_pool *w, size_t point, struct err *e)
{
	const uint64_t number = point;

	if (j->pid != 0 && j->done >= POINTS_MAX)
		dismiss(j);
	for (unsigned i = 0; i < 2; i++) {
		if (j->pid == 0 && new_worker(j, w, e) != 0)
			return -1;
		j->busy = true;
		j->late = false;
		j->point = point;
		j->start_us = sweep_clock_us();
		if (worker_send(j->channel, &number, sizeof(number)))
			return 0;
		dismiss(j); /* it was ended while it waited */
	}
	return err_set(e, ERR_IO, "no process for a point: those that are made end at once");
}

/* The last line of standard error: what BUG() or a sanitizer said. */
static void last_words(int fd, char *text, size_t max)
{
	size_t n, start;
	char *all = worker_file(fd, &n);

	while (n != 0 && (all[n - 1] == '\n' || all[n - 1] == '\r'))
		all[--n] = '\0';
	start = n;
	while (start != 0 && all[start - 1] != '\n')
		start--;
	(void)snprintf(text, max, "%s", all + start);
	free(all);
}

static void ended_badly(const struct point_job *j, const struct sweep_plan *p, int status, struct point_result *r)
{
	char words[200];

	last_words(j->complain, words, sizeof(words));
	r->r.error = r->error;
	if (j->late) {
		r->r.status = STORE_TIMEOUT;
		r->r.code = SIGKILL;
		(void)snprintf(r->error, sizeof(r->error), "took longer than [sweep] timeout = %lld s",
			       (long long)p->experiment.sweep.timeout_s);
	} else if (WIFSIGNALED(status)) {
		r->r.status = STORE_CRASHED;
		r->r.code = WTERMSIG(status);
		(void)snprintf(r->error, sizeof(r->error), "ended by signal %d (%s)%s%s", r->r.code, strsignal(r->r.code),
			       words[0] != '\0' ? ": " : "", words);
	} else {
		r->r.status = STORE_CRASHED;
		r->r.code = WEXITSTATUS(status);
		(void)snprintf(r->error, sizeof(r->error), "ended without a result%s%s", words[0] != '\0' ? ": " : "", words);
	}
}

/* A report's number is stored as an integer where it is one. */
static void number_of(const struct metric_view *v, struct store_metric *m)
{
	m->name = v->name;
	m->unit = v->unit;
	m->real = v->type == REP_FIX || (v->type == REP_U64 && v->u > INT64_MAX);
	if (m->real)
		m->d = v->type == REP_FIX ? (double)v->i / 1000 : (double)v->u;
	else
		m->i = v->i; /* a REP_U64 is the same up to INT64_MAX */
}

static bool take_metrics(struct point_result *r, uint64_t n, const char *at, const char *end)
{
	r->metric = xcalloc((size_t)n + 1, sizeof(*r->metric));
	for (uint64_t i = 0; i < n; i++) {
		struct metric_view v;

		if (!metrics_unpack(&at, end, &v))
			return false;
		number_of(&v, &r->metric[i]);
	}
	r->r.metric = r->metric;
	r->r.n_metric = (size_t)n;
	return true;
}

/* What the worker hands over; false if that is not whole. */
static bool take_over(const struct point_job *j, struct point_result *r)
{
	struct worker_head h;
	const char *at;
	size_t n;

	if (!worker_receive(j->channel, &h, sizeof(h)) || h.magic != WORKER_MAGIC || h.error_bytes == 0 || h.status < 0 ||
	    h.status >= STORE_STATUS_COUNT || h.n_metric > h.metric_bytes)
		return false;
	n = (size_t)(h.error_bytes + h.report_bytes + h.metric_bytes);
	at = r->data = xmalloc(n);
	if (!worker_receive(j->channel, r->data, n) || r->data[h.error_bytes - 1] != '\0')
		return false;
	r->r.status = (enum store_status)h.status;
	r->r.code = h.code;
	r->r.cpu_us = h.cpu_us;
	r->r.rss_kib = h.rss_kib;
	r->r.error = at;
	at += h.error_bytes;
	r->r.report = h.report_bytes != 0 ? at : NULL;
	r->r.report_bytes = (size_t)h.report_bytes;
	return take_metrics(r, h.n_metric, at + h.report_bytes, r->data + n);
}

/* The worker is gone, and with it the point. */
static int take_death(struct point_job *j, const struct sweep_plan *p, struct point_result *r, struct err *e)
{
	struct rusage use;
	int status;

	(void)kill(j->pid, SIGKILL); /* not whole: nothing more is wanted of it */
	if (wait4(j->pid, &status, 0, &use) < 0)
		return err_set(e, ERR_IO, "point %zu: its process is gone: %s", j->point, strerror(errno));
	j->pid = 0;
	r->r = (struct store_result){ .hash = NULL };
	ended_badly(j, p, status, r);
	r->r.cpu_us = worker_cpu_us(&use);
	r->r.rss_kib = (uint64_t)use.ru_maxrss;
	close_files(j);
	return 0;
}

int point_poll(struct point_job *j, const struct sweep_plan *p, struct point_result *r, struct err *e)
{
	struct pollfd ready = { .fd = j->channel, .events = POLLIN };
	const uint64_t start_us = j->start_us;
	const size_t point = j->point;

	if (poll(&ready, 1, 0) <= 0)
		return 0;
	memset(r, 0, sizeof(*r));
	memcpy(r->hash, p->hash[point], sizeof(r->hash));
	if (take_over(j, r)) {
		j->busy = false;
		j->done++;
	} else if (take_death(j, p, r, e) != 0) {
		return -1;
	}
	r->r.hash = r->hash;
	r->r.wall_us = sweep_clock_us() - start_us;
	return 1;
}

void point_result_free(struct point_result *r)
{
	free(r->data);
	free(r->metric);
	memset(r, 0, sizeof(*r));
}

void point_end(struct point_job *j)
{
	if (j->pid > 0 && j->busy)
		(void)kill(j->pid, SIGKILL);
	dismiss(j);
}
