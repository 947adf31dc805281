/* SPDX-License-Identifier: Apache-2.0 */
/* Results files as a user meets them: shards, full disks, wrong commands, questions. */
#include "tests/sweep_bench.h"

START_TEST(shards_merged_are_one_run)
{
	config("a.ini", MANY);
	ck_assert_int_eq(run("sweep a.ini -j2"), 1);
	ck_assert_int_eq(run("sweep a.ini -j2 --shard 2/2"), 1);
	ck_assert_int_eq(run("merge a.2-of-2.db -o half.db"), 1);
	said("out", " points are missing: el2sim sweep a.ini -o half.db runs them");
	answers("half.db", "SELECT count(*) = " NUMBER(REPEATS) " * 8 AS half FROM points WHERE status = 'missing'", "half\n1\n");
	ck_assert_int_le(run("sweep a.ini -j2 --shard 1/2"), 1);
	ck_assert_int_eq(run("merge a.1-of-2.db a.2-of-2.db -o merged.db"), 1); /* some fail, as they did in a.db */
	said("out", " points failed; which, and why: el2sim query merged.db");
	same("a.db", "merged.db");
	ck_assert_int_eq(run("merge a.1-of-2.db -o half.db"), 1); /* keeps what it had */
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
	ck_assert_int_eq(run("merge a.1-of-2.db empty.db -o half.db"), 1);
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
	Suite *s = suite_create("sweep_files");
	TCase *c = tcase_create("sweep_files");

	tcase_add_checked_fixture(c, setup, teardown);
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
