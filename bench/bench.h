/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs of bench/ share: the clock, and what is made of its times. */
#ifndef EL2SIM_BENCH_H
#define EL2SIM_BENCH_H

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/err.h"
#include "sim/document/rep.h"

#define BENCH_REPEAT 3 /* of each measurement; the best counts */

/* Seconds of processor time of this process and of the children that it waited for: what else runs here does not count. */
static inline double bench_now(void)
{
	static const int who[] = { RUSAGE_SELF, RUSAGE_CHILDREN };
	double sum = 0;

	for (size_t i = 0; i < sizeof(who) / sizeof(who[0]); i++) {
		struct rusage use;

		(void)getrusage(who[i], &use);
		sum += (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
		       (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) * 1e-6;
	}
	return sum;
}

/* The shorter of the best time so far and the k-th one. */
static inline double bench_best(unsigned k, double best, double seconds)
{
	return k == 0 || seconds < best ? seconds : best;
}

/* n in so many seconds; 0 when no time passed. */
static inline uint64_t bench_per_second(uint64_t n, double seconds)
{
	return seconds > 0 ? (uint64_t)((double)n / seconds) : 0;
}

/* a / b in thousandths; 0 when b is no time. */
static inline int64_t bench_ratio(double a, double b)
{
	return b > 0 ? (int64_t)(a / b * 1000 + 0.5) : 0;
}

/* Best seconds of another program, words ending in NULL, its output thrown away; false: it is not installed, or fails. */
static inline bool bench_program(const char *const *words, double *seconds)
{
	for (unsigned k = 0; k < BENCH_REPEAT; k++) {
		const double start = bench_now();
		const pid_t pid = fork();
		int status;

		if (pid == 0) {
			const int null = open("/dev/null", O_RDWR);

			if (null >= 0 && dup2(null, 1) >= 0 && dup2(null, 2) >= 0)
				(void)execvp(words[0], (char *const *)(uintptr_t)words);
			_exit(127);
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
			return false;
		*seconds = bench_best(k, *seconds, bench_now() - start);
	}
	return true;
}

/* Finding the lines of a file and nothing else. */
static inline void bench_lines(const char *path, double *seconds)
{
	const size_t room_bytes = 65536;
	char *room = xmalloc(room_bytes);

	for (unsigned k = 0; k < BENCH_REPEAT; k++) {
		double start = bench_now();
		FILE *f = fopen(path, "r");
		uint64_t lines = 0;

		for (size_t n; f != NULL && (n = fread(room, 1, room_bytes, f)) != 0;) {
			const char *end = room + n;

			for (const char *p = room; (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
				lines++;
		}
		if (f != NULL)
			(void)fclose(f);
		BUG_ON(lines == 0);
		*seconds = bench_best(k, *seconds, bench_now() - start);
	}
	free(room);
}

/* ---- figures against their limits: a table, and a line each of a history ---- */

#define BENCH_FIGURES_MAX 32

struct bench_figure {
	const char *key, *what, *limit_is;
	double ns, limit_ns; /* of one */
};

struct bench_figures {
	struct bench_figure f[BENCH_FIGURES_MAX];
	unsigned n;
};

/* n of something took so many seconds of processor time, and would take at least limit seconds: what limit_is takes, in this run. */
static inline void bench_figure(struct bench_figures *l, const char *key, const char *what, double seconds, double limit,
				const char *limit_is, uint64_t n)
{
	const double each = n != 0 ? 1e9 / (double)n : 0;

	if (l->n < BENCH_FIGURES_MAX)
		l->f[l->n++] = (struct bench_figure){ key, what, limit_is, seconds * each, limit * each };
}

static inline void bench_limits(const struct bench_figures *l, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ .key = "figure", .type = REP_STR },
		{ .key = "cost", .type = REP_FIX, .unit = "ns", .decimals = 1 },
		{ .key = "limit", .type = REP_FIX, .unit = "ns", .decimals = 1 },
		{ .key = "limit_is", .title = "which is", .type = REP_STR },
		{ .key = "ratio", .title = "times the limit", .type = REP_FIX, .decimals = 2 },
	};
	struct rep_table *t = rep_table(r, "limits", "Figures against their limits, of the same run", cols, 5);

	for (unsigned i = 0; i < l->n; i++) {
		rep_str(t, l->f[i].what);
		rep_fix(t, (int64_t)(l->f[i].ns * 1000 + 0.5));
		rep_fix(t, (int64_t)(l->f[i].limit_ns * 1000 + 0.5));
		rep_str(t, l->f[i].limit_is);
		rep_fix(t, bench_ratio(l->f[i].ns, l->f[i].limit_ns));
	}
}

/* Append a line per figure to a CSV file; its head if it is new. ERR_IO. */
static inline int bench_history(const struct bench_figures *l, const char *path, struct err *e)
{
	FILE *f = fopen(path, "a");
	bool good = f != NULL && fseek(f, 0, SEEK_END) == 0 && (ftell(f) != 0 || fputs("version,figure,ns,limit_ns,ratio\n", f) >= 0);

	for (unsigned i = 0; good && i < l->n; i++)
		good = fprintf(f, "%s,%s,%.1f,%.1f,%.2f\n", EL2SIM_VERSION, l->f[i].key, l->f[i].ns, l->f[i].limit_ns,
			       (double)bench_ratio(l->f[i].ns, l->f[i].limit_ns) / 1000) > 0;
	if (f != NULL)
		good &= fclose(f) == 0;
	return good ? 0 : err_set(e, ERR_IO, "%s cannot be written", path);
}

#endif
