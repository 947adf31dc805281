/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What does a sweep add to its points? The same points run in one process, and as a sweep with one process at a time: the
 * difference is process, metrics, packing, and the transaction; plan and hashes are measured by themselves. Memory of the
 * sweep for 1,000 and 10,000 points.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench.h"
#include "sim/cmd/cmd.h"
#include "sim/sweep/sweep_run.h"

#define RUNS   200   /* points that are run */
#define POINTS 10000 /* points that are planned */
#define PACKED 8     /* a report is about so many times its packed size */
#define LONG_US 100000 /* the point that the share is stated for */

static const struct arg_list none = { NULL, 0 };

static double now_us(void)
{
	return bench_now() * 1e6;
}

static void check(int rc, const struct err *e)
{
	if (rc == 0)
		return;
	fprintf(stderr, "%s\n", e->text);
	exit(1);
}

static void write_config(const char *path, unsigned points)
{
	FILE *f = fopen(path, "w");

	BUG_ON(f == NULL);
	fprintf(f, "[el2sim]\ninclude = " EL2SIM_SOURCE_DIR "/configs/machine/neoverse-n1.ini\ninclude = " EL2SIM_SOURCE_DIR
		"/configs/kernel/linux-6.12-n1-vhe.ini\ninclude = " EL2SIM_SOURCE_DIR "/configs/workload/hackbench.ini\n"
		"[machine]\nvcpus = 4\npcpus = 2\n[run]\nduration = 500us\n[sweep]\nrun.seed = 1..%u\n", points);
	BUG_ON(fclose(f) != 0);
}

/* Microseconds per point of the command itself, in this process. */
static double time_bare(const char *config)
{
	double start = now_us();

	for (unsigned i = 0; i < RUNS; i++) {
		char seed[32], *argv[] = { (char[]){ "run" }, (char *)(uintptr_t)config, seed, (char[]){ "--format=json" },
					   (char[]){ "-o" }, (char[]){ "/dev/null" }, NULL };
		struct err e = { ERR_NONE, "" };

		(void)snprintf(seed, sizeof(seed), "--run.seed=%u", i + 1);
		check(cmd_run(6, argv, &e), &e);
	}
	return (now_us() - start) / RUNS;
}

static int64_t milli(double v)
{
	return (int64_t)(v * 1000);
}

static void row(struct rep_table *t, const char *what, double us, double share_of)
{
	rep_str(t, what);
	rep_fix(t, milli(us));
	if (share_of == 0)
		rep_none(t);
	else
		rep_fix(t, milli(us * 100 / share_of));
}

#define WORDS_MAX 8

/* Microseconds of a command in this process. */
static double time_command(int (*command)(int, char **, struct err *), const char *const *words)
{
	double start = now_us();

	for (unsigned i = 0; i < RUNS; i++) {
		char *argv[WORDS_MAX + 1] = { NULL };
		struct err e = { ERR_NONE, "" };
		int argc = 0;

		for (; words[argc] != NULL; argc++)
			argv[argc] = (char *)(uintptr_t)words[argc];
		BUG_ON(argc > WORDS_MAX);
		check(command(argc, argv, &e), &e);
	}
	return (now_us() - start) / RUNS;
}

/* Timelines and differences of that point, against running it. */
static void others(struct rep *r, const char *dir, const char *config)
{
	static const struct rep_col cols[] = {
		{ "what", "", REP_STR, "", 0, false },
		{ "us", "each", REP_FIX, "us", 1, false },
		{ "ratio", "of the run", REP_FIX, "%", 1, false },
	};
	char json[64], trace[64], dump[64];
	const struct {
		const char *what;
		int (*command)(int, char **, struct err *);
		const char *word[WORDS_MAX];
	} rows[] = {
		{ "run", cmd_run, { "run", config, "--format=json", "-o", json, NULL } },
		{ "run with a Perfetto timeline", cmd_run, { "run", config, "--format=json", "-o", json, "--timeline", trace, NULL } },
		{ "run with a VCD timeline", cmd_run, { "run", config, "--format=json", "-o", json, "--timeline", dump, NULL } },
		{ "diff of two reports", cmd_diff, { "diff", json, json, "-o", "/dev/null", NULL } },
		{ "diff --explain of two reports", cmd_diff, { "diff", json, json, "--explain", "-o", "/dev/null", NULL } },
	};
	struct rep_table *t = rep_table(r, "others", "Timeline and diff of the same point", cols, 3);
	double run = 0;

	(void)snprintf(json, sizeof(json), "%s/a.json", dir);
	(void)snprintf(trace, sizeof(trace), "%s/a.pftrace", dir);
	(void)snprintf(dump, sizeof(dump), "%s/a.vcd", dir);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		double us = time_command(rows[i].command, rows[i].word);

		run = i == 0 ? us : run;
		row(t, rows[i].what, us, run);
	}
	(void)unlink(json);
	(void)unlink(trace);
	(void)unlink(dump);
}

struct times {
	double plan, store, run, again;
	long rss_kib;
};

/* All of a sweep in a child, so that its peak of memory is its own. run: false = plan only. */
static struct times time_sweep(const char *config, const char *results, bool run)
{
	struct times t = { 0 };
	int fd[2], status;
	pid_t pid;

	BUG_ON(pipe(fd) != 0);
	pid = fork();
	BUG_ON(pid < 0);
	if (pid == 0) {
		const struct sweep_how how = { .program = cmd_main, .jobs = 1, .show = SHOW_NONE };
		struct sweep_counts n = { 0 };
		struct err e = { ERR_NONE, "" };
		struct sweep_plan p;
		struct store *s;
		struct rusage use;
		double at = now_us();

		check(sweep_plan_make(&p, config, &none, &none, &e), &e);
		t.plan = (now_us() - at) / (double)p.n_point;
		s = store_open(results, STORE_WRITE, &e);
		check(s == NULL ? -1 : 0, &e);
		at = now_us();
		check(sweep_plan_store(&p, s, &e), &e);
		t.store = (now_us() - at) / (double)p.n_point;
		at = now_us();
		if (run)
			check(sweep_run(&p, s, &how, &n, &e), &e);
		t.run = (now_us() - at) / (double)p.n_point;
		at = now_us();
		if (run)
			check(sweep_run(&p, s, &how, &n, &e), &e);
		t.again = (now_us() - at) / (double)p.n_point;
		(void)getrusage(RUSAGE_SELF, &use);
		t.rss_kib = use.ru_maxrss;
		store_close(s);
		sweep_plan_free(&p);
		BUG_ON(write(fd[1], &t, sizeof(t)) != (ssize_t)sizeof(t));
		_exit(0);
	}
	(void)close(fd[1]);
	BUG_ON(read(fd[0], &t, sizeof(t)) != (ssize_t)sizeof(t));
	(void)close(fd[0]);
	(void)waitpid(pid, &status, 0);
	return t;
}

/* --- SQLite alone ------------------------------------------------------------------------------ */

/* The results of a sweep, in memory. */
struct kept {
	struct store_metric *metric;
	size_t n, max;
};

static void keep(void *ctx, const struct store_metric *m)
{
	struct kept *k = ctx;

	if (k->n == k->max)
		k->metric = xrealloc(k->metric, (k->max = k->max * 2 + 64) * sizeof(*k->metric));
	k->metric[k->n] = *m;
	k->metric[k->n].name = xstrdup(m->name);
	k->metric[k->n++].unit = xstrdup(m->unit);
}

/* Microseconds per result to put the first one's metrics and report into a file again and again, in one transaction. */
static double time_alone(const char *results, const char *other)
{
	struct store *from, *to;
	struct err e = { ERR_NONE, "" };
	struct str report = STR_INIT;
	struct kept k = { NULL, 0, 0 };
	double start;

	from = store_open(results, STORE_READ, &e);
	check(from == NULL ? -1 : 0, &e);
	check(store_each_metric(from, 0, keep, &k, &e), &e);
	check(store_report(from, 0, &report, &e), &e);
	store_close(from);
	report.len /= PACKED; /* what is stored is packed */
	to = store_open(other, STORE_WRITE, &e);
	check(to == NULL ? -1 : 0, &e);
	start = now_us();
	for (unsigned i = 0; i < RUNS; i++) {
		char hash[DIGEST_TEXT], number[16];
		struct store_result r = { .hash = hash, .status = STORE_OK, .report = str_get(&report), .report_bytes = report.len,
					  .metric = k.metric, .n_metric = k.n };

		digest_text(number, (size_t)snprintf(number, sizeof(number), "%u", i), hash);
		check(store_add_result(to, &r, &e), &e);
	}
	check(store_commit(to, &e), &e);
	start = now_us() - start;
	store_close(to);
	for (size_t i = 0; i < k.n; i++) {
		free((char *)(uintptr_t)k.metric[i].name);
		free((char *)(uintptr_t)k.metric[i].unit);
	}
	free(k.metric);
	str_free(&report);
	return start / RUNS;
}

int main(void)
{
	static const struct rep_col cols[] = {
		{ "what", "", REP_STR, "", 0, false },
		{ "us", "per point", REP_FIX, "us", 1, false },
		{ "share", "of a point of 100 ms", REP_FIX, "%", 3, false },
	};
	static const struct rep_col memory_cols[] = {
		{ "points", "", REP_U64, "", 0, false },
		{ "rss", "peak of the sweep's process", REP_U64, "KiB", 0, false },
	};
	struct rep *r = rep_new("bench_sweep", "What a sweep adds to its points");
	struct rep_table *t = rep_table(r, "overhead", "One point at a time, processor time of all processes", cols, 3), *m;
	char dir[] = "/tmp/el2sim-bench-XXXXXX", config[64], results[64], other[64];
	struct times some, thousand, all;
	struct err e = { ERR_NONE, "" };
	double bare, alone;
	int rc;

	BUG_ON(mkdtemp(dir) == NULL);
	(void)snprintf(config, sizeof(config), "%s/a.ini", dir);
	(void)snprintf(results, sizeof(results), "%s/a.db", dir);
	write_config(config, RUNS);
	bare = time_bare(config);
	some = time_sweep(config, results, true);
	(void)snprintf(other, sizeof(other), "%s/b.db", dir);
	alone = time_alone(results, other);
	write_config(config, 1000);
	thousand = time_sweep(config, results, false);
	write_config(config, POINTS);
	all = time_sweep(config, results, false);
	row(t, "plan and hash", all.plan, LONG_US);
	row(t, "plan into the results file", all.store, LONG_US);
	row(t, "process, metrics, packing, transaction", some.run - bare, LONG_US);
	row(t, "together", all.plan + all.store + some.run - bare, LONG_US);
	rep_rule(t);
	row(t, "SQLite alone, the same results", alone, 0);
	row(t, "the point itself, in one process", bare, 0);
	row(t, "a point that is there already", some.again, 0);
	m = rep_table(r, "memory", "Memory of planning and storing", memory_cols, 2);
	rep_u64(m, 1000);
	rep_u64(m, (uint64_t)thousand.rss_kib);
	rep_u64(m, POINTS);
	rep_u64(m, (uint64_t)all.rss_kib);
	write_config(config, 1);
	others(r, dir, config);
	rc = rep_write(r, REP_TEXT, stdout, &e);
	rep_free(r);
	(void)unlink(config);
	(void)unlink(results);
	(void)unlink(other);
	(void)rmdir(dir);
	return rc != 0;
}
