/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kill -9 at any moment: what was stored, or said to be, is stored; an output is what it was or what it is to be; the
 * same command goes on. With readers that have the file open, a second writer, and the copies of a cluster's tasks.
 * EL2SIM_KILLS=N: so many kills, EL2SIM_SEED=N: at other moments.
 */
#include <sqlite3.h>
#include <time.h>

#include "sim/base/err.h"
#include "tests/sweep_bench.h"

#define OLD "what was there before\n"

static uint32_t dice;
static uint64_t kills_wanted, killed, in_time; /* in_time: before it had ended */

static uint64_t clock_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void copy(const char *from, const char *to)
{
	struct str text = slurp(from);

	spill(to, str_get(&text), text.len);
	str_free(&text);
}

static void forget(const char *file)
{
	static const char *const ends[] = { "", "-wal", "-shm", "-journal" };
	char name[64];

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		(void)snprintf(name, sizeof(name), "%s%s", file, ends[i]);
		(void)unlink(name);
	}
}

/* --- what is in a results file ---------------------------------------------------------------- */

static sqlite3 *reader(const char *file)
{
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open_v2(file, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	(void)sqlite3_busy_timeout(db, 5000);
	return db;
}

/* The first value of an answer; -1: there is no such table yet. */
static int64_t number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *st = NULL;
	int64_t v = -1;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW)
		v = sqlite3_column_int64(st, 0);
	(void)sqlite3_finalize(st);
	return v;
}

/* A line per result that succeeded. */
static struct str contents(const char *file)
{
	static const char sql[] = "SELECT hash, status, hex(report), (SELECT count(*) FROM metric_value v WHERE v.result = r.result) "
				  "FROM result r ORDER BY hash";
	struct str b = STR_INIT;
	sqlite3_stmt *st = NULL;
	sqlite3 *db = reader(file);

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK)
		while (sqlite3_step(st) == SQLITE_ROW)
			str_addf(&b, "%s %s %s %s\n", sqlite3_column_text(st, 0), sqlite3_column_text(st, 1),
				 sqlite3_column_text(st, 2), sqlite3_column_text(st, 3));
	ck_assert_int_eq(sqlite3_finalize(st), SQLITE_OK);
	ck_assert_int_le(number(db, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"), 0);
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
	return b;
}

static size_t lines_of(const struct str *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->len; i++)
		n += b->s[i] == '\n';
	return n;
}

/* All lines of part are in whole. */
static void within(const struct str *part, const struct str *whole, const char *what)
{
	for (const char *line = str_get(part), *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		struct str one = STR_INIT;

		str_addn(&one, line, (size_t)(end - line) + 1);
		ck_assert_msg(strstr(str_get(whole), str_get(&one)) != NULL, "%s: lost, or not so: %.90s", what, line);
		str_free(&one);
	}
}

/* --- killing ---------------------------------------------------------------------------------- */

static void sleep_us(uint64_t us)
{
	const struct timespec t = { (time_t)(us / 1000000), (long)(us % 1000000) * 1000 };

	(void)nanosleep(&t, NULL);
}

/* 0 to a fifth more than it takes. */
static uint64_t some_of(uint64_t us)
{
	return (uint64_t)next_random(&dice) * 6 / 5 % (us + us / 5 + 1);
}

/* End it with kill -9 after a while: its status if it had ended. */
static int end(pid_t pid, uint64_t us)
{
	int status;

	sleep_us(some_of(us));
	(void)kill(pid, SIGKILL);
	status = finish(pid);
	killed++;
	in_time += status == -SIGKILL;
	return status;
}

static uint64_t time_of(const char *words)
{
	uint64_t begin = clock_us();
	int status = run(words);
	struct str e = slurp("err");

	ck_assert_msg(status == 0 || status == 1, "%s: %d: %s", words, status, str_get(&e));
	str_free(&e);
	return clock_us() - begin;
}

/* Everything that is wanted, made without a kill, and how long each took. */
static struct {
	struct str all, half, native, page;
	uint64_t sweep, merge, import, report;
} want;

static void prepare(void)
{
	const char *n = getenv("EL2SIM_KILLS"), *seed = getenv("EL2SIM_SEED");
	struct str text;

	kills_wanted = n != NULL ? strtoull(n, NULL, 0) : 40;
	dice = seed != NULL ? (uint32_t)strtoul(seed, NULL, 0) : 19;
	setup();
	config("a.ini", "policy.el1 = eager, deferred\nmachine.vcpus = 1..4\n");
	text = slurp(EL2SIM_SOURCE_DIR "/tests/data/traces/report.txt");
	spill("report.txt", str_get(&text), text.len);
	str_free(&text);
	want.sweep = time_of("sweep a.ini -j2 -o all.db");
	(void)time_of("sweep a.ini -j2 --shard 1/2 -o 1.db");
	(void)time_of("sweep a.ini -j2 --shard 2/2 -o 2.db");
	want.import = time_of("trace import report.txt -o native.e2t");
	want.report = time_of("report all.db -o page.html");
	copy("1.db", "m.db");
	want.merge = time_of("merge 1.db 2.db -o m.db");
	want.all = contents("all.db");
	want.half = contents("1.db");
	want.native = slurp("native.e2t");
	want.page = slurp("page.html");
	ck_assert_uint_eq(lines_of(&want.all), 8);
	ck_assert_uint_eq(lines_of(&want.half), 4);
}

/* --- what is killed --------------------------------------------------------------------------- */

/* A sweep, and a reader that counts: what it saw is there after the kill, and so until the sweep has come to its end. */
static void kill_sweep(void)
{
	int64_t seen = -1;
	int status = -SIGKILL;

	forget("o.db");
	for (unsigned i = 0; status == -SIGKILL && i < 8; i++) {
		pid_t pid = start("sweep a.ini -j2 -o o.db", 0);
		sqlite3 *db = NULL;
		struct str now;
		int64_t n;

		sleep_us(some_of(want.sweep / 2));
		if (access("o.db", R_OK) == 0) {
			db = reader("o.db");
			n = number(db, "SELECT count(*) FROM result");
			ck_assert_msg(n >= seen || n < 0, "%lld results, and %lld were there", (long long)n, (long long)seen);
			seen = n > seen ? n : seen;
		}
		if ((next_random(&dice) & 1) != 0 && db != NULL) {
			ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
			db = NULL;
		}
		status = end(pid, want.sweep / 2); /* in the midst of it, or at its end, with a reader or without */
		if (db != NULL)
			ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
		if (access("o.db", R_OK) != 0)
			continue;
		now = contents("o.db");
		within(&now, &want.all, "sweep");
		ck_assert_msg((int64_t)lines_of(&now) >= seen, "%zu results, and %lld were seen", lines_of(&now), (long long)seen);
		str_free(&now);
	}
	if (status == -SIGKILL)
		status = run("sweep a.ini -j2 -o o.db");
	ck_assert_int_eq(status, 0);
	same("all.db", "o.db");
	ck_assert_int_ne(access("o.db-journal", F_OK), 0);
}

/* All or nothing of what is merged; what was there stays. */
static void kill_merge(void)
{
	struct str now;

	forget("o.db");
	copy("1.db", "o.db");
	(void)end(start("merge 2.db -o o.db", 0), want.merge);
	now = contents("o.db");
	ck_assert_msg(strcmp(str_get(&now), str_get(&want.half)) == 0 || strcmp(str_get(&now), str_get(&want.all)) == 0,
		      "half a merge: %zu results", lines_of(&now));
	str_free(&now);
	ck_assert_int_eq(run("merge 1.db 2.db -o o.db"), 0);
	same("all.db", "o.db");
}

/* A sweep and a merge into one file; one of them is killed. Who says that it is done has it all in the file. */
static void kill_one_of_two(void)
{
	pid_t sweep, merge;
	int of_sweep, of_merge;
	struct str now;

	forget("o.db");
	sweep = start("sweep a.ini -j1 -o o.db", 0);
	merge = start("merge 1.db -o o.db", 0);
	if ((next_random(&dice) & 1) != 0) {
		of_sweep = end(sweep, want.sweep);
		of_merge = finish(merge);
	} else {
		of_merge = end(merge, want.merge);
		of_sweep = finish(sweep);
	}
	ck_assert_msg(of_sweep == 0 || of_sweep == 6 || of_sweep == -SIGKILL, "sweep: %d", of_sweep);
	ck_assert_msg(of_merge == 1 || of_merge == 6 || of_merge == 0 || of_merge == -SIGKILL, "merge: %d", of_merge);
	if (access("o.db", R_OK) != 0) {
		ck_assert(of_sweep != 0 && of_merge > 1);
		return;
	}
	now = contents("o.db");
	within(&now, &want.all, "two writers");
	if (of_merge == 0 || of_merge == 1)
		within(&want.half, &now, "merge, which said so");
	if (of_sweep == 0)
		within(&want.all, &now, "sweep, which said so");
	str_free(&now);
	ck_assert_int_eq(run("sweep a.ini -j2 -o o.db"), 0);
	same("all.db", "o.db");
}

/* A task of a cluster copies what is there while another writes it. */
static void kill_copy(void)
{
	pid_t sweep;
	struct str now;
	int status;

	forget("o.db");
	forget("shard.db");
	copy("1.db", "o.db");
	sweep = start("sweep a.ini -j1 -o o.db", 0);
	status = end(start("merge o.db -o shard.db", 0), want.merge);
	ck_assert_int_eq(finish(sweep), 0);
	ck_assert(status == 0 || status == 1 || status == -SIGKILL);
	if (access("shard.db", R_OK) != 0)
		return;
	now = contents("shard.db");
	ck_assert_msg(now.len == 0 || lines_of(&now) >= 4, "half a copy: %zu results", lines_of(&now));
	ck_assert(status == -SIGKILL || now.len != 0);
	within(&now, &want.all, "copy");
	str_free(&now);
}

/* A file that is made: what it was, or what it is to be. Its beginning may lie beside it, under a name with the process's number. */
static void kill_output(const char *words, const char *file, const struct str *whole, uint64_t us)
{
	char tmp[64];
	struct str now;
	pid_t pid;
	int status;

	put(file, OLD);
	pid = start(words, 0);
	status = end(pid, us);
	now = slurp(file);
	ck_assert_msg((status == -SIGKILL && strcmp(str_get(&now), OLD) == 0) ||
			      (now.len == whole->len && memcmp(now.s, whole->s, now.len) == 0), "%s: %d: half of it", words, status);
	str_free(&now);
	(void)snprintf(tmp, sizeof(tmp), "%s.%ld-0.tmp", file, (long)pid);
	ck_assert(unlink(tmp) != 0 || status == -SIGKILL);
}

START_TEST(nothing_is_lost)
{
	static const char *const left[] = { "sh", "-c", "ls *.tmp 2>/dev/null", NULL };
	struct str none;
	pid_t pid;

	while (killed < kills_wanted) {
		kill_sweep();
		kill_merge();
		kill_one_of_two();
		kill_copy();
		kill_output("trace import report.txt -o o.e2t", "o.e2t", &want.native, want.import);
		kill_output("report all.db -o o.html", "o.html", &want.page, want.report);
	}
	pid = fork();
	if (pid == 0) {
		(void)dup2(open("out", O_WRONLY | O_CREAT | O_TRUNC, 0666), 1);
		(void)execvp(left[0], (char *const *)(uintptr_t)left);
		_exit(127);
	}
	(void)finish(pid);
	none = slurp("out");
	ck_assert_str_eq(str_get(&none), "");
	str_free(&none);
	(void)printf("%llu kills, %llu of them before the end: 0 lost\n", (unsigned long long)killed, (unsigned long long)in_time);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kills");
	TCase *c = tcase_create("kills");

	tcase_add_unchecked_fixture(c, prepare, teardown);
	tcase_add_test(c, nothing_is_lost);
	suite_add_tcase(s, c);
	return suite_status(s);
}
