/* SPDX-License-Identifier: Apache-2.0 */
/* Sweeps as a user runs them: results, failures, interrupts, kills. */
#include "tests/sweep_bench.h"

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

START_TEST(a_figure_in_cycles_is_stored_with_its_band)
{
	static const char inside[] = "SELECT count(*) AS n FROM metrics v JOIN metrics l USING (point) JOIN metrics h USING (point) "
				     "WHERE v.name = 'per_exit/cycles/each' AND l.name = v.name || '_low' AND h.name = v.name || '_high' "
				     "AND l.value < v.value AND v.value < h.value";

	config("a.ini", "machine.vcpus = 1, 2\nmetrics = per_exit/cycles/each\n");
	ck_assert_int_eq(run("sweep a.ini"), 0);
	answers("a.db", inside, "n\n2\n");
	answers("a.db", "SELECT count(*) AS n FROM metrics", "n\n6\n"); /* a band goes with its figure, and alone */
	ck_assert_int_eq(run("report a.db --table points --format csv"), 0);
	said("out", ",c4_low,c4_high");
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

/* More points than a worker runs, in several: each once, each in its place. */
START_TEST(workers_change_and_points_stay)
{
	struct str sql = STR_INIT, one, two;

	config("a.ini", "run.seed = 1..600\nrun.duration = 20us\n");
	ck_assert_int_eq(run("sweep a.ini -j2 -o two.db"), 0);
	ck_assert_int_eq(run("sweep a.ini -j1 -o one.db"), 0);
	answers("two.db", "SELECT count(*) AS n, sum(status = 'ok') AS ok FROM points", "n,ok\n600,600\n");
	str_add(&sql, "SELECT point, name, value FROM metrics ORDER BY point, name");
	one = ask("one.db", str_get(&sql));
	two = ask("two.db", str_get(&sql));
	ck_assert_uint_gt(one.len, 600 * 100);
	ck_assert(one.len == two.len && memcmp(one.s, two.s, one.len) == 0);
	str_free(&one);
	str_free(&two);
	str_free(&sql);
}
END_TEST

#define ENDLESS "--run.duration=10000000000us" /* many minutes of work */

/* Waits until a process has worked for 200 ms of processor time: a point has begun in it. A process killed before is no crash of a point. */
static void wait_for_work(pid_t pid)
{
	unsigned long user = 0;

	while (user < (unsigned long)sysconf(_SC_CLK_TCK) / 5) {
		struct str path = STR_INIT, stat;
		const char *at;

		str_addf(&path, "/proc/%d/stat", (int)pid);
		stat = slurp(str_get(&path));
		at = strrchr(str_get(&stat), ')'); /* then state, 10 numbers, user time in ticks (proc(5)) */
		ck_assert_msg(at != NULL && sscanf(at, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu", &user) == 1, "%s", str_get(&stat));
		str_free(&path);
		str_free(&stat);
	}
}

START_TEST(a_point_whose_process_dies_is_a_crash_of_its_own)
{
	pid_t pid, child = 0;

	config("a.ini", "machine.vcpus = 4, 1\n");
	pid = start("sweep a.ini -j1 " ENDLESS, 0);
	while (child == 0)
		child = child_of(pid);
	wait_for_work(child);
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

int main(void)
{
	Suite *s = suite_create("sweep");
	TCase *c = tcase_create("sweep");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, every_point_is_stored_and_a_second_run_does_nothing);
	tcase_add_test(c, the_stored_report_is_what_the_stored_command_prints);
	tcase_add_loop_test(c, what_a_command_reports_is_swept, 0, (int)(sizeof(commands) / sizeof(commands[0])));
	tcase_add_test(c, the_metrics_that_are_asked_for_are_stored);
	tcase_add_test(c, a_figure_in_cycles_is_stored_with_its_band);
	tcase_add_test(c, a_changed_plan_runs_only_what_is_new);
	tcase_add_test(c, a_point_that_fails_is_kept_with_its_sentence_and_the_others_run);
	tcase_add_test(c, workers_change_and_points_stay);
	tcase_add_test(c, a_point_whose_process_dies_is_a_crash_of_its_own);
	tcase_add_test(c, a_point_that_takes_too_long_is_given_up);
	tcase_add_test(c, points_of_a_dead_sweep_do_not_go_on);
	tcase_add_test(c, killed_at_any_moment_and_gone_on_it_is_as_if_never_killed);
	suite_add_tcase(s, c);
	return suite_status(s);
}
