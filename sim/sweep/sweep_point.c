/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A point runs in a fork of the sweep: a fault, an endless loop or memory of one is nothing to the others. The child
 * runs the command with its report as JSON into a file in memory, takes the metrics, packs the report and hands both
 * over in a second file, which the parent maps when the child has ended.
 */
#include "sim/sweep/sweep_point.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#include "sim/base/ending.h"
#include "sim/document/metrics.h"
#include "sim/document/rep_read.h"

#define PACK_LEVEL 3
#define MAGIC	   0x706f696e74313233ULL

/* What the child hands over: this, then error, report, and per metric: value, flag, name, unit. */
struct head {
	uint64_t magic;
	uint64_t report_bytes, n_metric;
	int32_t status, code;
	uint32_t error_bytes; /* with the terminator */
};

uint64_t sweep_clock_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* --- in the child ----------------------------------------------------------------------------- */

/* [sweep] metrics: patterns separated by commas or blanks; none: all but those of single vCPUs and pCPUs. */
static bool wanted(const struct metric *m, const char *patterns)
{
	char *copy, *list, *word;
	bool fits = false;

	if (patterns[0] == '\0')
		return !m->member;
	copy = xstrdup(patterns);
	list = copy;
	while (!fits && (word = str_word(&list, ", \t")) != NULL)
		fits = fnmatch(word, m->name, 0) == 0;
	free(copy);
	return fits;
}

static void put(struct str *b, const void *data, size_t n)
{
	str_addn(b, data, n);
}

static void put_metric(struct str *b, const struct metric *m)
{
	uint8_t real = m->type == REP_FIX || (m->type == REP_U64 && m->u > INT64_MAX);
	int64_t i = m->type == REP_U64 && !real ? (int64_t)m->u : m->i;
	double d = m->type == REP_FIX ? (double)m->i / 1000 : (double)m->u;

	if (real)
		put(b, &d, sizeof(d));
	else
		put(b, &i, sizeof(i));
	put(b, &real, sizeof(real));
	put(b, m->name, strlen(m->name) + 1);
	put(b, m->unit, strlen(m->unit) + 1);
}

static uint64_t put_metrics(const struct rep *r, const char *patterns, struct str *b)
{
	struct metrics all;
	uint64_t n = 0;

	metrics_of(r, &all);
	for (size_t i = 0; i < all.n; i++) {
		if (!wanted(&all.m[i], patterns))
			continue;
		put_metric(b, &all.m[i]);
		n++;
	}
	metrics_free(&all);
	return n;
}

static char *read_fd(int fd, size_t *n)
{
	struct stat st;
	char *text;
	size_t got = 0;

	*n = 0;
	if (fstat(fd, &st) != 0)
		return xstrdup("");
	text = xmalloc((size_t)st.st_size + 1);
	while (got < (size_t)st.st_size) {
		ssize_t part = pread(fd, text + got, (size_t)st.st_size - got, (off_t)got);

		if (part <= 0)
			break;
		got += (size_t)part;
	}
	text[got] = '\0';
	*n = got;
	return text;
}

static bool write_fd(int fd, const void *data, size_t n)
{
	const char *s = data;

	while (n != 0) {
		ssize_t part = write(fd, s, n);

		if (part < 0 && errno == EINTR)
			continue;
		if (part <= 0)
			return false;
		s += part;
		n -= (size_t)part;
	}
	return true;
}

/* Turn the command's JSON into metrics and a packed report. */
static int take_report(int out, const char *patterns, struct head *h, struct str *report, struct str *metrics, struct err *e)
{
	struct rep *r;
	char *text, *packed;
	size_t n, max;

	text = read_fd(out, &n);
	r = rep_read_text(text, n, "its report", e);
	if (r == NULL) {
		free(text);
		return -1;
	}
	h->n_metric = put_metrics(r, patterns, metrics);
	rep_free(r);
	max = ZSTD_compressBound(n);
	packed = xmalloc(max);
	max = ZSTD_compress(packed, max, text, n, PACK_LEVEL);
	BUG_ON(ZSTD_isError(max) != 0);
	put(report, packed, max);
	h->report_bytes = max;
	free(packed);
	free(text);
	return 0;
}

static bool hand_over(int fd, struct head *h, const char *error, const struct str *report, const struct str *metrics)
{
	h->magic = MAGIC;
	h->error_bytes = (uint32_t)strlen(error) + 1;
	return write_fd(fd, h, sizeof(*h)) && write_fd(fd, error, h->error_bytes) &&
	       write_fd(fd, str_get(report), report->len) && write_fd(fd, str_get(metrics), metrics->len);
}

/* Run the command; its standard output is the file `out`. */
static int run_command(const struct sweep_plan *p, cmd_fn *program, size_t point, struct err *e)
{
	uint32_t ordinal[SWEEP_AXES_MAX];
	struct sweep_words w;
	char prog[] = "el2sim", format[] = "--format=json";
	char **argv;
	int rc;

	sweep_ordinals(p, point, ordinal);
	w = sweep_words_of(p, ordinal);
	argv = xcalloc(w.n + 3, sizeof(*argv));
	argv[0] = prog;
	memcpy(argv + 1, w.v, w.n * sizeof(*argv));
	argv[w.n + 1] = format;
	rc = program((int)w.n + 2, argv, e);
	if (fflush(stdout) != 0)
		rc = err_set(e, ERR_IO, "the report could not be written: no memory");
	free(argv);
	sweep_words_free(&w);
	return rc;
}

static _Noreturn void child(const struct point_job *j, const struct sweep_plan *p, cmd_fn *program, int out)
{
	struct str report = STR_INIT, metrics = STR_INIT;
	struct err e = { ERR_NONE, "" };
	struct head h = { .status = STORE_OK };
	int rc, null = open("/dev/null", O_RDONLY);

	if (null < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(j->complain, 2) < 0)
		_exit(127);
	rc = run_command(p, program, j->point, &e);
	h.code = rc == 0 ? 0 : err_exit_status(e.code);
	if (rc != 0 && e.code == ERR_ANSWER_NO)
		h.status = STORE_NO;
	else if (rc != 0)
		h.status = STORE_FAILED;
	if (h.status != STORE_FAILED && take_report(out, p->experiment.sweep.metrics, &h, &report, &metrics, &e) != 0) {
		h.status = STORE_FAILED;
		h.code = err_exit_status(e.code);
	}
	_exit(hand_over(j->result, &h, h.status == STORE_FAILED ? e.text : "", &report, &metrics) ? 0 : 127);
}

/* --- in the parent ---------------------------------------------------------------------------- */

static void close_files(struct point_job *j)
{
	if (j->result >= 0)
		(void)close(j->result);
	if (j->complain >= 0)
		(void)close(j->complain);
	*j = (struct point_job){ .result = -1, .complain = -1 };
}

int point_start(struct point_job *j, const struct sweep_plan *p, cmd_fn *program, size_t point, struct store *s,
		const sigset_t *mask, struct err *e)
{
	pid_t parent = getpid();
	int out;

	*j = (struct point_job){ .point = point, .start_us = sweep_clock_us() };
	out = memfd_create("report", MFD_CLOEXEC);
	j->result = memfd_create("result", MFD_CLOEXEC);
	j->complain = memfd_create("stderr", MFD_CLOEXEC);
	(void)fflush(stdout);
	j->pid = out >= 0 && j->result >= 0 && j->complain >= 0 ? fork() : -1;
	if (j->pid == 0) {
		/* dies with the sweep, and leaves signals to the whole group to it */
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
			_exit(127);
		ending_child();
		store_forget(s);
		(void)sigprocmask(SIG_UNBLOCK, mask, NULL);
		child(j, p, program, out);
	}
	if (out >= 0)
		(void)close(out);
	if (j->pid > 0)
		return 0;
	err_set(e, ERR_IO, "no process for point %zu: %s: want fewer (-j)", point, strerror(errno));
	close_files(j);
	return -1;
}

/* The last line of standard error: what BUG() or a sanitizer said. */
static void last_words(int fd, char *text, size_t max)
{
	size_t n, start;
	char *all = read_fd(fd, &n);

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

/* A terminated text in [*at, end); NULL if there is none. */
static const char *text_at(const char **at, const char *end)
{
	const char *s = *at, *stop = memchr(s, '\0', (size_t)(end - s));

	if (stop != NULL)
		*at = stop + 1;
	return stop != NULL ? s : NULL;
}

static bool take_metrics(struct point_result *r, uint64_t n, const char *at, const char *end)
{
	r->metric = xcalloc((size_t)n + 1, sizeof(*r->metric));
	for (uint64_t i = 0; i < n; i++) {
		struct store_metric *m = &r->metric[i];

		if ((size_t)(end - at) < sizeof(m->i) + 1)
			return false;
		memcpy(&m->i, at, sizeof(m->i));
		m->real = at[sizeof(m->i)] != 0;
		if (m->real)
			memcpy(&m->d, at, sizeof(m->d));
		at += sizeof(m->i) + 1;
		m->name = text_at(&at, end);
		m->unit = m->name != NULL ? text_at(&at, end) : NULL;
		if (m->unit == NULL)
			return false;
	}
	r->r.metric = r->metric;
	r->r.n_metric = (size_t)n;
	return true;
}

/* What the child handed over; false if that is not whole. */
static bool take_over(const struct point_job *j, struct point_result *r)
{
	const char *at, *end;
	struct head h;
	struct stat st;

	if (fstat(j->result, &st) != 0 || (size_t)st.st_size < sizeof(h))
		return false;
	r->map_bytes = (size_t)st.st_size;
	r->map = mmap(NULL, r->map_bytes, PROT_READ, MAP_PRIVATE, j->result, 0);
	if (r->map == MAP_FAILED) {
		r->map = NULL;
		return false;
	}
	at = r->map;
	end = at + r->map_bytes;
	memcpy(&h, at, sizeof(h));
	at += sizeof(h);
	if (h.magic != MAGIC || (uint64_t)(end - at) < h.error_bytes + h.report_bytes || h.error_bytes == 0 ||
	    h.n_metric > r->map_bytes || h.status < 0 || h.status >= STORE_STATUS_COUNT)
		return false;
	r->r.status = (enum store_status)h.status;
	r->r.code = h.code;
	r->r.error = at;
	at += h.error_bytes;
	r->r.report = h.report_bytes != 0 ? at : NULL;
	r->r.report_bytes = (size_t)h.report_bytes;
	return take_metrics(r, h.n_metric, at + h.report_bytes, end);
}

int point_poll(struct point_job *j, const struct sweep_plan *p, struct point_result *r, struct err *e)
{
	struct rusage use;
	int status;
	pid_t pid = wait4(j->pid, &status, WNOHANG, &use);

	if (pid == 0)
		return 0;
	memset(r, 0, sizeof(*r));
	if (pid < 0)
		return err_set(e, ERR_IO, "point %zu: its process is gone: %s", j->point, strerror(errno));
	j->pid = 0;
	memcpy(r->hash, p->hash[j->point], sizeof(r->hash));
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !take_over(j, r)) {
		r->r = (struct store_result){ .hash = NULL };
		ended_badly(j, p, status, r);
	}
	r->r.hash = r->hash;
	r->r.wall_us = sweep_clock_us() - j->start_us;
	r->r.cpu_us = (uint64_t)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000000 +
		      (uint64_t)(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
	r->r.rss_kib = (uint64_t)use.ru_maxrss;
	return 1;
}

void point_end(struct point_job *j, struct point_result *r)
{
	if (j->pid > 0) {
		(void)kill(j->pid, SIGKILL);
		(void)waitpid(j->pid, NULL, 0);
	}
	close_files(j);
	if (r == NULL)
		return;
	if (r->map != NULL)
		(void)munmap(r->map, r->map_bytes);
	free(r->metric);
	memset(r, 0, sizeof(*r));
}
