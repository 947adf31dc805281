/* SPDX-License-Identifier: Apache-2.0 */
/* Sweeps as a user runs them, in a folder of their own. */
#ifndef EL2SIM_TESTS_SWEEP_BENCH_H
#define EL2SIM_TESTS_SWEEP_BENCH_H

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/str.h"
#include "tests/suite.h"
#include "tests/traces_util.h"

#define EL2SIM EL2SIM_BINARY_DIR "/el2sim"

#ifdef __SANITIZE_ADDRESS__
#define KILLS	10
#define REPEATS 2
#define MATRIX	" --vary switch.model=linux-4.15-vhe,linux-6.12-vhe --vary machine.vcpus=4" /* 54 points of it */
#else
#define KILLS	200
#define REPEATS 8
#define MATRIX	"" /* all */
#endif
#define TEXT_OF(x)  #x
#define NUMBER(x)   TEXT_OF(x)
#define MANY_POINTS (16 * REPEATS)
#define DISK	    (MANY_POINTS * 7000) /* bytes: less than all their results need */

/* Everything but the times. */
static const char *const questions[] = {
	"SELECT * FROM points ORDER BY point",
	"SELECT * FROM metrics ORDER BY point, name",
	"SELECT * FROM settings WHERE origin <> 'default' ORDER BY point, name",
	"SELECT point, report(report) FROM reports ORDER BY point",
	"SELECT * FROM failures ORDER BY point",
	"SELECT * FROM meta ORDER BY key",
	"SELECT point, hash, config, command FROM point ORDER BY point",
};

#define N_QUESTIONS (sizeof(questions) / sizeof(questions[0]))

static char dir[64];

static inline void setup(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/el2sim-sweep-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
	ck_assert_int_eq(setenv("EL2SIM_SHARE", EL2SIM_SOURCE_DIR, 1), 0);
}

static inline void teardown(void)
{
	struct str b = STR_INIT;

	ck_assert_int_eq(chdir("/"), 0);
	str_addf(&b, "rm -r %s", dir);
	ck_assert_int_eq(system(str_get(&b)), 0);
	str_free(&b);
}

static inline void put(const char *name, const char *text)
{
	spill(name, text, strlen(text));
}

/* A small machine with a workload, and a [sweep]. */
static inline void config(const char *name, const char *sweep)
{
	struct str b = STR_INIT;

	str_addf(&b, "[el2sim]\ninclude = machine/neoverse-n1.ini\ninclude = workload/hackbench.ini\n[machine]\nvcpus = 4\n"
		 "pcpus = 2\n[run]\nduration = 500us\n[sweep]\n%s", sweep);
	put(name, str_get(&b));
	str_free(&b);
}

/* Start "el2sim WORDS" (no quotes, no blanks in words but those of the last, after '|'); output into the files out, err. */
static inline pid_t start(const char *words, rlim_t file_max)
{
	char *copy = xstrdup(words), *last = strchr(copy, '|'), *argv[32] = { NULL };
	int argc = 0;
	pid_t pid;

	if (last != NULL)
		*last++ = '\0';
	argv[argc++] = (char[]){ "el2sim" };
	for (char *w = strtok(copy, " "); w != NULL && argc < 30; w = strtok(NULL, " "))
		argv[argc++] = w;
	if (last != NULL)
		argv[argc++] = last;
	pid = fork();
	if (pid == 0) {
		int out = open("out", O_WRONLY | O_CREAT | O_TRUNC, 0666), err = open("err", O_WRONLY | O_CREAT | O_TRUNC, 0666);
		const struct rlimit limit = { file_max, file_max };

		(void)dup2(out, 1);
		(void)dup2(err, 2);
		if (file_max != 0) {
			(void)signal(SIGXFSZ, SIG_IGN);
			(void)setrlimit(RLIMIT_FSIZE, &limit);
		}
		(void)execv(EL2SIM, argv);
		_exit(127);
	}
	ck_assert_int_gt(pid, 0);
	free(copy);
	return pid;
}

static inline int finish(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* Exit status; what it wrote is in the files out and err. */
static inline int run(const char *words)
{
	return finish(start(words, 0));
}

static inline void said(const char *file, const char *text)
{
	struct str got = slurp(file);

	ck_assert_msg(strstr(str_get(&got), text) != NULL, "%s: %s", file, str_get(&got));
	str_free(&got);
}

/* Standard error is one line with this text. */
static inline void complained(const char *text)
{
	struct str got = slurp("err");
	const char *end = strchr(str_get(&got), '\n');

	said("err", text);
	ck_assert_msg(end != NULL && end[1] == '\0', "%s", str_get(&got));
	str_free(&got);
}

static inline struct str ask(const char *results, const char *sql)
{
	struct str line = STR_INIT, got;

	str_addf(&line, "query %s --format csv |%s", results, sql);
	ck_assert_int_eq(run(str_get(&line)), 0);
	got = slurp("out");
	str_free(&line);
	return got;
}

static inline void answers(const char *results, const char *sql, const char *want)
{
	struct str got = ask(results, sql);

	ck_assert_str_eq(str_get(&got), want);
	str_free(&got);
}

/* The same answers, byte for byte. */
static inline void same(const char *a, const char *b)
{
	for (size_t i = 0; i < N_QUESTIONS; i++) {
		struct str x = ask(a, questions[i]), y = ask(b, questions[i]);

		ck_assert_msg(x.len == y.len && memcmp(x.s, y.s, x.len) == 0, "%s differs", questions[i]);
		str_free(&x);
		str_free(&y);
	}
	answers(b, "PRAGMA integrity_check", "integrity_check\nok\n");
}

static inline void answer_none(const char *file)
{
	struct str got = slurp(file);

	ck_assert_str_eq(str_get(&got), "");
	str_free(&got);
}

static inline uint32_t next_random(uint32_t *x)
{
	*x = *x * 1664525 + 1013904223;
	return *x >> 8;
}

#define MANY "policy.el1 = eager, deferred\nmachine.vcpus = 1..4\nrepeats = " NUMBER(REPEATS) "\nmachine.features = vhe gicv3, gicv3\n"

#endif
