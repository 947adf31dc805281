/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a worker of a sweep does: point after point, told through a socket. A point's report goes as JSON into a file in memory,
 * which is packed; its metrics are those of the report in memory (output_write leaves them in EL2SIM_METRICS_FD), and read
 * back from the JSON where a command writes it otherwise.
 */
#include "sim/sweep/sweep_worker.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "sim/app/output.h"
#include "sim/base/pool.h"
#include "sim/document/metrics.h"
#include "sim/document/rep_read.h"

#define PACK_LEVEL 3

struct worker {
	const struct worker_how *how;
	int report, metrics; /* files in memory: what the point prints; its metrics */
	ZSTD_CCtx *pack;
};

/* [sweep] metrics: patterns separated by commas or blanks; none: all but those of single vCPUs and pCPUs. */
static bool wanted(const struct metric_view *m, const char *patterns)
{
	char *copy, *list, *word, *stem;
	bool fits = false;

	if (patterns[0] == '\0')
		return !m->member;
	copy = xstrdup(patterns);
	list = copy;
	stem = xstrdup(m->name); /* a band goes with its figure */
	stem[metric_stem(stem)] = '\0';
	while (!fits && (word = str_word(&list, ", \t")) != NULL)
		fits = fnmatch(word, m->name, 0) == 0 || fnmatch(word, stem, 0) == 0;
	free(stem);
	free(copy);
	return fits;
}

char *worker_file(int fd, size_t *n)
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

/* n bytes, in as many parts as it takes; out: to the channel, else from it. */
static bool transfer(int fd, char *s, size_t n, bool out)
{
	while (n != 0) {
		ssize_t part = out ? send(fd, s, n, MSG_NOSIGNAL) : read(fd, s, n);

		if (part < 0 && errno == EINTR)
			continue;
		if (part <= 0)
			return false;
		s += part;
		n -= (size_t)part;
	}
	return true;
}

bool worker_send(int fd, const void *data, size_t n)
{
	return transfer(fd, (char *)(uintptr_t)data, n, true);
}

bool worker_receive(int fd, void *data, size_t n)
{
	return transfer(fd, data, n, false);
}

uint64_t worker_cpu_us(const struct rusage *use)
{
	return (uint64_t)(use->ru_utime.tv_sec + use->ru_stime.tv_sec) * 1000000 +
	       (uint64_t)(use->ru_utime.tv_usec + use->ru_stime.tv_usec);
}

/* Those that are wanted. Returns how many. */
static uint64_t choose_metrics(const char *all, size_t n, const char *patterns, struct str *b)
{
	const char *at = all, *end = all + n, *from = all;
	struct metric_view v;
	uint64_t chosen = 0;

	for (; metrics_unpack(&at, end, &v); from = at) {
		if (!wanted(&v, patterns))
			continue;
		str_addn(b, from, (size_t)(at - from));
		chosen++;
	}
	return chosen;
}

static uint64_t take_metrics(const struct worker *w, const char *json, size_t n, struct str *metrics, struct err *e)
{
	const char *patterns = w->how->plan->experiment.sweep.metrics;
	struct str packed = STR_INIT;
	struct metrics all;
	struct rep *r;
	uint64_t chosen;
	size_t left;
	char *text = worker_file(w->metrics, &left);

	if (left != 0 && n != 0) {
		chosen = choose_metrics(text, left, patterns, metrics);
		free(text);
		return chosen;
	}
	free(text);
	r = rep_read_text(json, n, "its report", e);
	if (r == NULL)
		return UINT64_MAX;
	metrics_of(r, &all);
	metrics_pack(&all, &packed);
	chosen = choose_metrics(str_get(&packed), packed.len, patterns, metrics);
	metrics_free(&all);
	str_free(&packed);
	rep_free(r);
	return chosen;
}

/* What the command printed, packed, and its metrics. */
static int take_report(const struct worker *w, struct worker_head *h, struct str *report, struct str *metrics, struct err *e)
{
	size_t n, packed;
	char *text = worker_file(w->report, &n), *room;

	h->n_metric = take_metrics(w, text, n, metrics, e);
	if (h->n_metric == UINT64_MAX) {
		h->n_metric = 0;
		free(text);
		return -1;
	}
	room = xmalloc(ZSTD_compressBound(n));
	packed = ZSTD_compressCCtx(w->pack, room, ZSTD_compressBound(n), text, n, PACK_LEVEL);
	BUG_ON(ZSTD_isError(packed) != 0);
	str_addn(report, room, packed);
	free(room);
	free(text);
	return 0;
}

/* Run the command; its standard output is the file in memory. */
static int run_command(const struct worker_how *how, size_t point, struct err *e)
{
	uint32_t ordinal[SWEEP_AXES_MAX];
	struct sweep_words w;
	char prog[] = "el2sim", format[] = "--format=json";
	char **argv;
	int rc;

	sweep_ordinals(how->plan, point, ordinal);
	w = sweep_words_of(how->plan, ordinal);
	argv = xcalloc(w.n + 3, sizeof(*argv));
	argv[0] = prog;
	memcpy(argv + 1, w.v, w.n * sizeof(*argv));
	argv[w.n + 1] = format;
	rc = how->program((int)w.n + 2, argv, e);
	if (fflush(stdout) != 0)
		rc = err_set(e, ERR_IO, "the report could not be written: no memory");
	free(argv);
	sweep_words_free(&w);
	return rc;
}

/* A file in memory with nothing in it. */
static void empty(int fd)
{
	if (ftruncate(fd, 0) != 0 || lseek(fd, 0, SEEK_SET) != 0)
		_exit(127);
}

static uint64_t cpu_us(void)
{
	static const int whose[] = { RUSAGE_SELF, RUSAGE_CHILDREN };
	uint64_t us = 0;

	for (size_t i = 0; i < sizeof(whose) / sizeof(whose[0]); i++) {
		struct rusage use;

		(void)getrusage(whose[i], &use);
		us += worker_cpu_us(&use);
	}
	return us;
}

/* The peak of memory begins anew, where the system can; else it is that of all points so far. */
static void forget_peak(void)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write(fd, "5", 1);
	(void)close(fd);
}

static bool do_point(const struct worker *w, size_t point)
{
	struct str report = STR_INIT, metrics = STR_INIT;
	struct worker_head h = { .magic = WORKER_MAGIC, .status = STORE_OK };
	const uint64_t before = cpu_us();
	struct err e = { ERR_NONE, "" };
	const char *error;
	struct rusage use;
	bool good;
	int rc;

	empty(w->report);
	empty(w->metrics);
	empty(STDERR_FILENO);
	clearerr(stdout);
	forget_peak();
	rc = run_command(w->how, point, &e);
	h.code = rc == 0 ? 0 : err_exit_status(e.code);
	if (rc != 0 && e.code == ERR_ANSWER_NO)
		h.status = STORE_NO;
	else if (rc != 0)
		h.status = STORE_FAILED;
	if (h.status != STORE_FAILED && take_report(w, &h, &report, &metrics, &e) != 0) {
		h.status = STORE_FAILED;
		h.code = err_exit_status(e.code);
	}
	error = h.status == STORE_FAILED ? e.text : "";
	h.error_bytes = strlen(error) + 1;
	h.report_bytes = report.len;
	h.metric_bytes = metrics.len;
	(void)getrusage(RUSAGE_SELF, &use);
	h.rss_kib = (uint64_t)use.ru_maxrss;
	h.cpu_us = cpu_us() - before;
	good = worker_send(w->how->channel, &h, sizeof(h)) && worker_send(w->how->channel, error, (size_t)h.error_bytes) &&
	       worker_send(w->how->channel, str_get(&report), report.len) &&
	       worker_send(w->how->channel, str_get(&metrics), metrics.len);
	str_free(&report);
	str_free(&metrics);
	return good;
}

/* Points at a time share the CPUs; what the point's command line says with -j is as it says. */
static void share_cpus(unsigned workers)
{
	unsigned each = pool_cpus() / workers;
	char n[16];

	(void)snprintf(n, sizeof(n), "%u", each != 0 ? each : 1);
	if (setenv(POOL_CPUS_ENV, n, 1) != 0)
		_exit(127);
}

_Noreturn void worker_main(const struct worker_how *how)
{
	struct worker w = { .how = how, .pack = ZSTD_createCCtx() };
	int null = open("/dev/null", O_RDONLY);
	uint64_t point;
	char fd[16];

	w.report = memfd_create("report", MFD_CLOEXEC);
	w.metrics = memfd_create("metrics", MFD_CLOEXEC);
	if (null < 0 || w.report < 0 || w.metrics < 0 || w.pack == NULL || dup2(null, 0) < 0 || dup2(w.report, 1) < 0 ||
	    dup2(how->complain, 2) < 0)
		_exit(127);
	share_cpus(how->workers);
	(void)snprintf(fd, sizeof(fd), "%d", w.metrics);
	if (setenv(OUTPUT_METRICS_ENV, fd, 1) != 0)
		_exit(127);
	while (worker_receive(how->channel, &point, sizeof(point)))
		if (!do_point(&w, (size_t)point))
			_exit(127);
	_exit(0);
}
