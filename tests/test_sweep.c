/* SPDX-License-Identifier: Apache-2.0 */
/* Sweeps as a user runs them: results, failures, interrupts, kills, shards, full disks. */
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

static void setup(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/el2sim-sweep-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
	ck_assert_int_eq(setenv("EL2SIM_SHARE", EL2SIM_SOURCE_DIR, 1), 0);
}

static void teardown(void)
{
	struct str b = STR_INIT;

	ck_assert_int_eq(chdir("/"), 0);
	str_addf(&b, "rm -r %s", dir);
	ck_assert_int_eq(system(str_get(&b)), 0);
	str_free(&b);
}

static void put(const char *name, const char *text)
{
	spill(name, text, strlen(text));
}

/* A small machine with a workload, and a [sweep]. */
static void config(const char *name, const char *sweep)
{
	struct str b = STR_INIT;

	str_addf(&b, "[el2sim]\ninclude = machine/neoverse-n1.ini\ninclude = workload/hackbench.ini\n[machine]\nvcpus = 4\n"
		 "pcpus = 2\n[run]\nduration = 500us\n[sweep]\n%s", sweep);
	put(name, str_get(&b));
	str_free(&b);
}

/* Start "el2sim WORDS" (no quotes, no blanks in words but those of the last, after '|'); output into the files out, err. */
static pid_t start(const char *words, rlim_t file_max)
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

static int finish(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* Exit status; what it wrote is in the files out and err. */
static int run(const char *words)
{
	return finish(start(words, 0));
}

static void said(const char *file, const char *text)
{
	struct str got = slurp(file);

	ck_assert_msg(strstr(str_get(&got), text) != NULL, "%s: %s", file, str_get(&got));
	str_free(&got);
}

/* Standard error is one line with this text. */
static void complained(const char *text)
{
	struct str got = slurp("err");
	const char *end = strchr(str_get(&got), '\n');

	said("err", text);
	ck_assert_msg(end != NULL && end[1] == '\0', "%s", str_get(&got));
	str_free(&got);
}

static struct str ask(const char *results, const char *sql)
{
	struct str line = STR_INIT, got;

	str_addf(&line, "query %s --format csv |%s", results, sql);
	ck_assert_int_eq(run(str_get(&line)), 0);
	got = slurp("out");
	str_free(&line);
	return got;
}

static void answers(const char *results, const char *sql, const char *want)
{
	struct str got = ask(results, sql);

	ck_assert_str_eq(str_get(&got), want);
	str_free(&got);
}

/* The same answers, byte for byte. */
static void same(const char *a, const char *b)
{
	for (size_t i = 0; i < N_QUESTIONS; i++) {
		struct str x = ask(a, questions[i]), y = ask(b, questions[i]);

		ck_assert_msg(x.len == y.len && memcmp(x.s, y.s, x.len) == 0, "%s differs", questions[i]);
		str_free(&x);
		str_free(&y);
	}
	answers(b, "PRAGMA integrity_check", "integrity_check\nok\n");
}

START_TEST(every_point_is_stored_and_a_second_run_does_nothing)
{
	config("a.ini", "policy.el1 = eager, deferred\nmachine.vcpus = 1..4*2\n");
	ck_assert_int_eq(run("sweep a.ini -j2"), 0);
	said("out", "run now:               6\n");
	said("out", "=> 6 points are in a.db\n");
	answers("a.db", "SELECT \"policy.el1\", \"machine.vcpus\", status FROM points ORDER BY point",
		"policy.el1,machine.vcpus,status\neager,1,ok\neager,2,ok\neager,4,ok\ndeferred,1,ok\ndeferred,2,ok\ndeferred,4,ok\n");
	answers("a.db", "SELECT count(DISTINCT point) FROM metrics WHERE name = 'per_exit/accesses/each' AND value > 1",
		"count(DISTINCT point)\n6\n");
	answers("a.db", "SELECT count(*) FROM metrics WHERE name GLOB 'vcpus/*'", "count(*)\n0\n");
	answers("a.db", "SELECT value FROM settings WHERE name = 'machine.vcpus' ORDER BY point", "value\n1\n2\n4\n1\n2\n4\n");
	answers("a.db", "SELECT origin FROM settings WHERE name = 'machine.pcpus' AND point = 3", "origin\na.ini:6\n");
	ck_assert_int_eq(run("sweep a.ini -j2"), 0);
	said("out", "there before:          6\nrun now:               0\n");
	ck_assert_int_eq(access("a.db-wal", F_OK), -1);
}
END_TEST

START_TEST(the_stored_report_is_what_the_stored_command_prints)
{
	struct str command, report, stored, hex = STR_INIT, line = STR_INIT;

	config("a.ini", "include.machine = machine/neoverse-n2.ini, machine/armv9-design-point.ini\npolicy.el1 = eager, deferred\n");
	ck_assert_int_eq(run("sweep a.ini -j2"), 0);
	command = ask("a.db", "SELECT command FROM point WHERE point = 3");
	ck_assert_int_eq(strncmp(str_get(&command), "command\nel2sim ", 15), 0);
	command.s[command.len - 1] = '\0';
	str_addf(&line, "%s --format json", command.s + 15);
	ck_assert_int_eq(run(str_get(&line)), 0);
	report = slurp("out");
	stored = ask("a.db", "SELECT hex(report(report)) AS r FROM reports WHERE point = 3");
	for (size_t i = 0; i < report.len; i++)
		str_addf(&hex, "%02X", (unsigned char)report.s[i]);
	str_addc(&hex, '\n');
	ck_assert_uint_gt(report.len, 1000);
	ck_assert_str_eq(stored.s + 2, str_get(&hex));
	str_free(&command);
	str_free(&report);
	str_free(&stored);
	str_free(&hex);
	str_free(&line);
}
END_TEST

/* Commands whose reports are stored like any other. */
static const struct {
	const char *command, *config, *metric;
} commands[] = {
	{ "run", "linux-6.12-vhe-n1.ini", "per_exit/cycles/each" },
	{ "compare", "el1-eager.ini", "per_exit/*" },
	{ "profile", "linux-6.12-vhe-n1.ini", "*" },
	{ "explain", "linux-6.12-vhe-n1.ini", "*" },
	{ "abi", "abi-scope.ini", "flows/*/calls" },
	{ "verify --reference " EL2SIM_SOURCE_DIR "/tests/data/registers-nvhe.csv", "linux-6.12-nvhe-n1.ini", "*" },
};

START_TEST(what_a_command_reports_is_swept)
{
	struct str sql = STR_INIT, got;

	str_addf(&sql, "[el2sim]\ninclude = " EL2SIM_SOURCE_DIR "/configs/experiment/%s\n[sweep]\ncommand = %s\n"
		 "machine.list_registers = 2, 4\n", commands[_i].config, commands[_i].command);
	put("a.ini", str_get(&sql));
	ck_assert_int_eq(run("sweep a.ini -j2"), 0);
	str_reset(&sql);
	str_addf(&sql, "SELECT count(DISTINCT point) AS n FROM metrics WHERE name GLOB '%s'", commands[_i].metric);
	answers("a.db", str_get(&sql), "n\n2\n");
	got = ask("a.db", "SELECT DISTINCT report(report) ->> 'schema' AS s FROM reports");
	ck_assert_int_eq(strncmp(str_get(&got), "s\nel2sim.", 9), 0);
	str_free(&got);
	str_free(&sql);
}
END_TEST

START_TEST(the_metrics_that_are_asked_for_are_stored)
{
	config("a.ini", "machine.vcpus = 1, 2\nmetrics = vcpus/*/exits, per_exit/*\n");
	ck_assert_int_eq(run("sweep a.ini"), 0);
	answers("a.db", "SELECT point, count(*) AS n FROM metrics WHERE name GLOB 'vcpus/*' GROUP BY point ORDER BY point",
		"point,n\n0,1\n1,2\n");
	answers("a.db", "SELECT count(*) AS n FROM metrics WHERE NOT (name GLOB 'vcpus/*/exits' OR name GLOB 'per_exit/*')", "n\n0\n");
}
END_TEST

START_TEST(a_changed_plan_runs_only_what_is_new)
{
	config("a.ini", "machine.vcpus = 1, 2\n");
	ck_assert_int_eq(run("sweep a.ini -j2"), 0);
	config("a.ini", "machine.vcpus = 4, 2, 1\n");
	ck_assert_int_eq(run("sweep a.ini -j2"), 0);
	said("out", "there before:          2\nrun now:               1\n");
	answers("a.db", "SELECT \"machine.vcpus\" FROM points", "machine.vcpus\n4\n2\n1\n");
	ck_assert_int_eq(run("sweep a.ini --vary run.seed=1,2 --machine.pcpus=2"), 0);
	said("out", "there before:          3\nrun now:               3\n");
}
END_TEST

static void answer_none(const char *file)
{
	struct str got = slurp(file);

	ck_assert_str_eq(str_get(&got), "");
	str_free(&got);
}

START_TEST(a_point_that_fails_is_kept_with_its_sentence_and_the_others_run)
{
	config("a.ini", "machine.pcpus = 1, 2\nmachine.features = gicv3, vhe gicv3\n");
	ck_assert_int_eq(run("sweep a.ini -j2"), 1);
	said("out", "of all of them failed: 2\n");
	said("out", "el2sim query a.db \"SELECT * FROM failures\"");
	answers("a.db", "SELECT status, count(*) FROM points GROUP BY status ORDER BY status", "status,count(*)\nfailed,2\nok,2\n");
	answers("a.db", "SELECT point, code, substr(error, 1, 29) FROM failures ORDER BY point",
		"point,code,\"substr(error, 1, 29)\"\n0,5,switch model linux-6.12-vhe o\n2,5,switch model linux-6.12-vhe o\n");
	ck_assert_int_eq(run("sweep a.ini"), 1); /* they are there, and as they are */
	said("out", "there before:          4\n");
	said("out", "run now:               0\n");
	ck_assert_int_eq(run("sweep a.ini --retry"), 1);
	said("out", "there before:          2\nrun now:               2\n");
}
END_TEST

/* A child of pid, 0 if there is none yet. */
static pid_t child_of(pid_t pid)
{
	struct str path = STR_INIT;
	long child = 0;
	FILE *f;

	str_addf(&path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
	f = fopen(str_get(&path), "r");
	if (f != NULL && fscanf(f, "%ld", &child) != 1)
		child = 0;
	if (f != NULL)
		(void)fclose(f);
	str_free(&path);
	return (pid_t)child;
}

#define ENDLESS "--run.duration=10000000000us" /* many minutes of work */

START_TEST(a_point_whose_process_dies_is_a_crash_of_its_own)
{
	pid_t pid, child = 0;

	config("a.ini", "machine.vcpus = 4, 1\n");
	pid = start("sweep a.ini -j1 " ENDLESS, 0);
	while (child == 0)
		child = child_of(pid);
	ck_assert_int_eq(kill(child, SIGKILL), 0);
	for (pid_t next = child; next == child || next == 0;)
		next = child_of(pid); /* it goes on with the second */
	ck_assert_int_eq(kill(pid, SIGINT), 0);
	ck_assert_int_eq(finish(pid), 130);
	complained("interrupted: 1 of 2 points are in a.db: the same command goes on from there");
	answers("a.db", "SELECT status, code, error FROM failures", "status,code,error\ncrashed,9,ended by signal 9 (Killed)\n");
	answers("a.db", "SELECT status FROM points", "status\ncrashed\nmissing\n");
}
END_TEST

START_TEST(a_point_that_takes_too_long_is_given_up)
{
	config("a.ini", "timeout = 4\nrun.duration = 500us, 10000000000us\n");
	ck_assert_int_eq(run("sweep a.ini -j2"), 1);
	answers("a.db", "SELECT status, error FROM points", "status,error\nok,\ntimeout,took longer than [sweep] timeout = 4 s\n");
}
END_TEST

START_TEST(points_of_a_dead_sweep_do_not_go_on)
{
	pid_t pid, child = 0;

	config("a.ini", "machine.vcpus = 4, 1\n");
	pid = start("sweep a.ini -j1 " ENDLESS, 0);
	while (child == 0)
		child = child_of(pid);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(finish(pid), -SIGKILL);
	for (unsigned i = 0; kill(child, 0) == 0 && i < 500; i++) {
		struct str path = STR_INIT, stat;

		str_addf(&path, "/proc/%d/stat", (int)child);
		stat = slurp(str_get(&path));
		str_free(&path);
		if (strstr(str_get(&stat), ") Z ") != NULL || stat.len == 0)
			i = 500;
		str_free(&stat);
		if (i < 500)
			(void)usleep(10000);
		ck_assert_uint_ne(i, 499);
	}
}
END_TEST

static uint32_t next_random(uint32_t *x)
{
	*x = *x * 1664525 + 1013904223;
	return *x >> 8;
}

#define MANY "policy.el1 = eager, deferred\nmachine.vcpus = 1..4\nrepeats = " NUMBER(REPEATS) "\nmachine.features = vhe gicv3, gicv3\n"

START_TEST(killed_at_any_moment_and_gone_on_it_is_as_if_never_killed)
{
	uint32_t seed = 1;
	unsigned whole = 0;

	config("a.ini", MANY);
	ck_assert_int_eq(run("sweep a.ini -j2 -o want.db"), 1);
	for (unsigned kills = 0; kills < KILLS;) {
		pid_t pid = start("sweep a.ini -j2 -o got.db", 0);
		int status;

		(void)usleep(next_random(&seed) % 60000);
		(void)kill(pid, SIGKILL);
		status = finish(pid);
		if (status == -SIGKILL) {
			kills++;
			continue;
		}
		ck_assert_msg(status == 0 || status == 1, "exit status %d", status);
		same("want.db", "got.db"); /* it was done; once more from the start */
		ck_assert_int_eq(unlink("got.db"), 0);
		whole++;
	}
	if (access("got.db", F_OK) == 0)
		ck_assert_int_le(run("sweep a.ini -j2 -o got.db"), 1);
	else
		ck_assert_int_eq(run("sweep a.ini -j2 -o got.db"), 1);
	same("want.db", "got.db");
	ck_assert_uint_lt(whole, KILLS); /* most kills did interrupt something */
}
END_TEST

START_TEST(shards_merged_are_one_run)
{
	config("a.ini", MANY);
	ck_assert_int_eq(run("sweep a.ini -j2"), 1);
	ck_assert_int_eq(run("sweep a.ini -j2 --shard 2/2"), 1);
	ck_assert_int_eq(run("merge a.2-of-2.db -o half.db"), 1);
	said("out", " points are missing: el2sim sweep a.ini -o half.db runs them");
	answers("half.db", "SELECT count(*) = " NUMBER(REPEATS) " * 8 AS half FROM points WHERE status = 'missing'", "half\n1\n");
	ck_assert_int_le(run("sweep a.ini -j2 --shard 1/2"), 1);
	ck_assert_int_eq(run("merge a.1-of-2.db a.2-of-2.db -o merged.db"), 0);
	said("out", " points are in merged.db\n");
	same("a.db", "merged.db");
	ck_assert_int_eq(run("merge a.1-of-2.db -o half.db"), 0); /* keeps what it had */
	same("a.db", "half.db");
}
END_TEST

/* Ended while it makes its file: nothing in it, half of it, a plan without results. */
START_TEST(a_shard_that_was_ended_before_it_began_is_missing_points)
{
	uint32_t seed = 7;

	config("a.ini", MANY);
	ck_assert_int_le(run("sweep a.ini -j2"), 1);
	ck_assert_int_le(run("sweep a.ini -j2 --shard 1/2"), 1);
	put("a.2-of-2.db", "");
	for (unsigned i = 0; i < KILLS / 4; i++) {
		pid_t pid;

		ck_assert_msg(run("merge a.1-of-2.db a.2-of-2.db -o half.db") <= 1, "after %u kills", i);
		(void)remove("half.db");
		(void)remove("a.2-of-2.db-wal");
		(void)remove("a.2-of-2.db-shm");
		(void)remove("a.2-of-2.db-journal");
		put("a.2-of-2.db", "");
		pid = start("sweep a.ini -j2 --shard 2/2", 0);
		(void)usleep(5000 + next_random(&seed) % 20000);
		(void)kill(pid, SIGKILL);
		(void)finish(pid);
	}
	put("empty.db", "");
	ck_assert_int_eq(run("merge a.1-of-2.db empty.db -o half.db"), 1);
	said("out", "of them without anything: their sweeps ended before they began");
	said("out", " points are missing: el2sim sweep a.ini -o half.db runs them");
	ck_assert_int_le(run("sweep a.ini -j2 --shard 2/2 -o empty.db"), 1);
	ck_assert_int_eq(run("merge a.1-of-2.db empty.db -o half.db"), 0);
	same("a.db", "half.db");

	put("none.db", ""); /* the other readers say what it is */
	ck_assert_int_eq(run("report none.db"), 4);
	ck_assert_int_eq(run("query none.db|SELECT * FROM points"), 4);
	said("err", "none.db: has nothing in it: its sweep was ended before it began");
	ck_assert_int_eq(run("merge none.db -o x.db"), 4);
}
END_TEST

/* SQL orders and computes with what are numbers. */
START_TEST(axes_of_numbers_are_numbers)
{
	config("a.ini", "machine.vcpus = 16, 2, 1\npolicy.el1 = eager, deferred\n");
	ck_assert_int_eq(run("sweep a.ini -j2"), 0);
	answers("a.db", "SELECT DISTINCT \"machine.vcpus\" AS n, typeof(\"machine.vcpus\") AS t FROM points ORDER BY n",
		"n,t\n1,integer\n2,integer\n16,integer\n");
	answers("a.db", "SELECT DISTINCT \"policy.el1\" AS p, typeof(\"policy.el1\") AS t FROM points ORDER BY p",
		"p,t\ndeferred,text\neager,text\n");
}
END_TEST

START_TEST(only_shards_of_one_sweep_are_merged)
{
	config("a.ini", "machine.vcpus = 1, 2\n");
	config("b.ini", "machine.vcpus = 1, 3\n");
	ck_assert_int_eq(run("sweep a.ini"), 0);
	ck_assert_int_eq(run("sweep b.ini"), 0);
	ck_assert_int_eq(run("merge a.db b.db -o c.db"), 4);
	complained("b.db: is of another sweep than a.db: want shards of one configuration");
	ck_assert_int_eq(run("merge a.db -o b.db"), 4);
	complained("b.db: is of another sweep than a.db");
	ck_assert_int_eq(run("merge a.db a.ini -o c.db"), 4);
	complained("a.ini: is no results file");
	put("text", "[run]\n");
	ck_assert_int_eq(run("merge a.db -o text"), 4);
	complained("text: is no results file");
	ck_assert_int_eq(run("merge a.db -o nowhere/c.db"), 6);
	complained("nowhere/c.db");
	ck_assert_int_eq(access("c.db", F_OK), -1);
}
END_TEST

START_TEST(a_full_disk_loses_nothing)
{
	pid_t pid;

	config("a.ini", MANY);
	ck_assert_int_eq(run("sweep a.ini -j2 -o want.db"), 1);
	pid = start("sweep a.ini -j2 -o got.db", DISK);
	ck_assert_int_eq(finish(pid), 6);
	complained("got.db: could not be written: no room to write: what was stored before is kept");
	answers("got.db", "PRAGMA integrity_check", "integrity_check\nok\n");
	ck_assert_int_le(run("sweep a.ini -j2 -o got.db"), 1);
	same("want.db", "got.db");
	pid = start("sweep a.ini -j2 -o none.db", 4096);
	ck_assert_int_eq(finish(pid), 6);
	complained("none.db: could not be ");
}
END_TEST

static const struct {
	const char *line;
	int status;
	const char *text;
} bad[] = {
	{ "sweep a.ini -o nowhere/a.db", 6, "nowhere/a.db: could not be written: No such file or directory" },
	{ "sweep a.ini -o .", 6, ".: is no regular file" },
	{ "sweep a.ini -o a.ini", 2, "a.ini: .ini is not what it will be: want a name that ends in .db" },
	{ "sweep a.ini -o text", 4, "text: is no results file: want one that el2sim sweep made" },
	{ "sweep a.ini -o new.db", 4, "new.db: has results format 99 and this el2sim" },
	{ "sweep a.ini --shard 3/2", 2, "--shard 3/2: want I/N with I in 1..N" },
	{ "sweep a.ini --shard 1", 2, "--shard 1: want I/N" },
	{ "sweep a.ini --shard 0/2", 2, "--shard 0/2: want I/N" },
	{ "sweep a.ini -j0", 2, "-j 0: want a whole number in 1..1024" },
	{ "sweep a.ini --vary machine.vcpu=1", 3, "--vary: unknown option \"machine.vcpu\": did you mean \"machine.vcpus\"?" },
	{ "sweep a.ini --vary machine.vcpus", 2, "--vary machine.vcpus: want SECTION.KEY=VALUES" },
	{ "sweep a.ini --compare.vary=policy.el1=eager,deferred", 2, "a.ini varies policy.el1=eager,deferred ([compare] vary)" },
	{ "sweep none.ini", 3, "none.ini: could not be read" },
	{ "query none.db |SELECT 1", 4, "none.db: No such file or directory: want a results file" },
	{ "query a.ini |SELECT 1", 4, "a.ini: is no results file" },
	{ "query new.db |SELECT 1", 4, "new.db: has results format 99" },
	{ "query a.db", 2, "want RESULTS and SQL" },
	{ "query a.db |SELECT nowt FROM points", 2, "SQL: no such column: nowt" },
	{ "query a.db |SELEKT", 2, "SQL: near \"SELEKT\": syntax error" },
	{ "query a.db |", 2, "SQL: want one statement" },
	{ "query a.db |SELECT 1; SELECT 2", 2, "SQL: want one statement" },
	{ "query a.db |DELETE FROM result", 2, "the file is only read" },
	{ "query a.db |ATTACH 'x.db' AS x", 2, "the file is only read" },
	{ "query a.db -o nowhere/x |SELECT 1", 6, "nowhere/x could not be written" },
	{ "merge new.db -o x.db", 4, "new.db: has results format 99" },
};

START_TEST(what_is_wrong_is_said_in_one_line)
{
	config("a.ini", "machine.vcpus = 1\n");
	put("text", "[run]\n");
	ck_assert_int_eq(run("sweep a.ini"), 0);
	ck_assert_int_eq(system("cp a.db new.db && python3 -c 'import struct; f = open(\"new.db\", \"r+b\"); f.seek(60); "
				"f.write(struct.pack(\">I\", 99))'"), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int status = run(bad[i].line);

		ck_assert_msg(status == bad[i].status, "%s: %d", bad[i].line, status);
		complained(bad[i].text);
	}
	ck_assert_int_eq(access("x.db", F_OK), -1);
	answers("a.db", "SELECT status FROM points", "status\nok\n");
}
END_TEST

START_TEST(progress_is_shown_only_where_it_was_asked_for)
{
	struct str err;

	config("a.ini", "run.seed = 1..20\n");
	ck_assert_int_eq(run("sweep a.ini"), 0);
	err = slurp("err");
	ck_assert_uint_eq(err.len, 0);
	str_free(&err);
	ck_assert_int_eq(run("sweep a.ini -o b.db --progress plain"), 0);
	said("err", "sweep: 20/20 100 %");
	said("err", ", 0 failed\n");
	ck_assert_int_eq(run("sweep a.ini -o c.db --progress bar"), 0);
}
END_TEST

START_TEST(answers_have_three_formats)
{
	config("a.ini", "machine.vcpus = 1, 2\n");
	ck_assert_int_eq(run("sweep a.ini"), 0);
	answers("a.db", "SELECT point, 'a,\"b\"' AS t, NULL AS n, 1.5 AS x FROM points", "point,t,n,x\n0,\"a,\"\"b\"\"\",,1.5\n1,\"a,\"\"b\"\"\",,1.5\n");
	ck_assert_int_eq(run("query a.db --format json |SELECT point, 'a\"' AS t, NULL AS n, 1.5 AS x FROM points"), 0);
	said("out", "[\n  {\"point\": 0, \"t\": \"a\\\"\", \"n\": null, \"x\": 1.5},\n  {\"point\": 1, ");
	ck_assert_int_eq(run("query a.db |SELECT point, 'text' AS t, 100 AS \"a long name\" FROM points"), 0);
	said("out", "point  t     a long name\n-----  ----  -----------\n    0  text          100\n    1  text          100\n");
	ck_assert_int_eq(run("query a.db --format json |SELECT 1 FROM points WHERE point > 5"), 0);
	said("out", "[]\n");
	/* JSON has no infinity; an answer that fails on its way is not begun */
	ck_assert_int_eq(run("query a.db --format json |SELECT 9e999 AS x"), 0);
	said("out", "\"x\": null");
	ck_assert_int_eq(run("query a.db |SELECT abs(-9223372036854775807 - 1) AS big"), 2);
	answer_none("out");
	ck_assert_int_eq(run("query --schema"), 0);
	said("out", "CREATE VIEW metrics AS");
}
END_TEST

/* docs/sweep.md: lines with four blanks that start with el2sim query. */
START_TEST(the_documented_questions_have_answers)
{
	struct str docs = slurp(EL2SIM_SOURCE_DIR "/docs/sweep.md");
	unsigned n = 0;

	ck_assert_int_eq(run("sweep " EL2SIM_SOURCE_DIR "/configs/experiment/policy-matrix.ini -j2 --run.duration=1000us" MATRIX), 0);
	for (char *line = strtok(docs.s, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		struct str out;

		if (strncmp(line, "    el2sim query policy-matrix.db ", 34) != 0)
			continue;
		line[3 + strlen(line + 3)] = '\0';
		{
			struct str cmd = STR_INIT;

			str_addf(&cmd, EL2SIM_BINARY_DIR "/%s > out", line + 4);
			ck_assert_msg(system(str_get(&cmd)) == 0, "%s", line);
			str_free(&cmd);
		}
		out = slurp("out");
		ck_assert_msg(strchr(str_get(&out), '\n') != NULL && strlen(strchr(str_get(&out), '\n')) > 10, "%s", line);
		str_free(&out);
		n++;
	}
	ck_assert_uint_ge(n, 5);
	str_free(&docs);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sweep");
	TCase *c = tcase_create("sweep");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, every_point_is_stored_and_a_second_run_does_nothing);
	tcase_add_test(c, the_stored_report_is_what_the_stored_command_prints);
	tcase_add_loop_test(c, what_a_command_reports_is_swept, 0, (int)(sizeof(commands) / sizeof(commands[0])));
	tcase_add_test(c, the_metrics_that_are_asked_for_are_stored);
	tcase_add_test(c, a_changed_plan_runs_only_what_is_new);
	tcase_add_test(c, a_point_that_fails_is_kept_with_its_sentence_and_the_others_run);
	tcase_add_test(c, a_point_whose_process_dies_is_a_crash_of_its_own);
	tcase_add_test(c, a_point_that_takes_too_long_is_given_up);
	tcase_add_test(c, points_of_a_dead_sweep_do_not_go_on);
	tcase_add_test(c, killed_at_any_moment_and_gone_on_it_is_as_if_never_killed);
	tcase_add_test(c, shards_merged_are_one_run);
	tcase_add_test(c, a_shard_that_was_ended_before_it_began_is_missing_points);
	tcase_add_test(c, axes_of_numbers_are_numbers);
	tcase_add_test(c, only_shards_of_one_sweep_are_merged);
	tcase_add_test(c, a_full_disk_loses_nothing);
	tcase_add_test(c, what_is_wrong_is_said_in_one_line);
	tcase_add_test(c, progress_is_shown_only_where_it_was_asked_for);
	tcase_add_test(c, answers_have_three_formats);
	tcase_add_test(c, the_documented_questions_have_answers);
	suite_add_tcase(s, c);
	return suite_status(s);
}
