/* SPDX-License-Identifier: Apache-2.0 */
/* One outcome: whatever engine ran it, the same tables with the same columns, and every command takes it. */
#include <stdlib.h>
#include <string.h>

#include "tests/command_json.h"
#include "tests/suite.h"

#define OVERCOMMIT "configs/experiment/overcommit.ini --run.duration=5000"
#define NETPERF	   "configs/workload/netperf-rr.ini --run.duration=5000 --switch.model=linux-6.12-nvhe"
#define REPLAY	   "configs/experiment/linux-6.12-vhe-n1.ini"

static const char *const tables[] = { "phases", "cycles",	"per_exit",  "kinds",	 "vcpus",
				      "groups", "group_cycles", "registers", "counters", "accessors" };
#define TABLES (sizeof(tables) / sizeof(tables[0]))

static json_t *table_of(json_t *report, const char *name)
{
	json_t *t = json_object_get(json_object_get(report, "tables"), name);

	ck_assert_msg(t != NULL, "no table %s", name);
	return t;
}

static void expect_same(const json_t *a, const json_t *b, const char *what)
{
	char *x = json_dumps(a, JSON_SORT_KEYS), *y = json_dumps(b, JSON_SORT_KEYS);

	ck_assert_msg(json_equal(a, b) == 1, "%s:\n%s\n%s", what, x, y);
	free(x);
	free(y);
}

static int64_t number(const json_t *row, const char *key)
{
	const json_t *v = json_object_get(row, key);

	ck_assert_msg(json_is_integer(v), "%s", key);
	return json_integer_value(v);
}

/* The row whose first cell says this; NULL: none. */
static json_t *row_named(json_t *report, const char *table, const char *key, const char *name)
{
	json_t *row;
	size_t i;

	json_array_foreach(rows_of(report, table), i, row) {
		if (strcmp(json_string_value(json_object_get(row, key)), name) == 0)
			return row;
	}
	return NULL;
}

/* ---- a workload and the replay of what it did ---- */

static const char *const models[] = { "linux-6.12-vhe", "linux-6.12-nvhe", "linux-4.15-vhe" };

/* What is in a trace: every phase of the switch. Of the host's path it has less: what runs before a vCPU's first entry. */
static const char *const phases[] = { "load", "enter", "exit", "put", "lazy" };

/* The rows of a table by phase agree in the phases of the switch. */
static void expect_same_switch(json_t *sim, json_t *rep, const char *table, const char *key)
{
	json_t *row;
	size_t i;

	json_array_foreach(rows_of(sim, table), i, row) {
		const char *name = json_string_value(json_object_get(row, key));
		json_t *same = row_named(rep, table, key, name);

		for (size_t p = 0; p < sizeof(phases) / sizeof(phases[0]); p++)
			ck_assert_msg((same != NULL ? number(same, phases[p]) : 0) == number(row, phases[p]), "%s %s %s", table,
				      name, phases[p]);
	}
}

START_TEST(a_workload_and_the_replay_of_its_events_give_the_same_tables)
{
	struct str line = STR_INIT;
	char *trace = scratch("outcome.e2t");
	json_t *sim, *rep;

	str_addf(&line, "el2sim run configs/machine/qemu-n1.ini --machine.features=vhe,gicv3,pmuv3 --switch.model=%s "
		 "--machine.vcpus=4 --machine.vms=2 --machine.pcpus=4 --host.sched=pinned --host.tick_hz=1 "
		 "--workload.timer_hz=0 --workload.fp_permille=0 --run.duration=20000 --mix.hvc_unknown=3 --mix.sysreg_id=2 "
		 "--mix.s2_fault_write=1 --mix.mmio_gicd_read=1 --mix.mmio_write_user=1 --events %s", models[_i], trace);
	sim = json_of(str_get(&line));
	str_reset(&line);
	str_addf(&line, "el2sim run configs/machine/qemu-n1.ini --machine.features=vhe,gicv3,pmuv3 --switch.model=%s --trace %s",
		 models[_i], trace);
	rep = json_of(str_get(&line));
	for (size_t i = 0; i < TABLES; i++)
		expect_same(json_object_get(table_of(sim, tables[i]), "columns"),
			    json_object_get(table_of(rep, tables[i]), "columns"), tables[i]);
	ck_assert_int_gt(number(row_named(sim, "phases", "phase", "exit"), "runs"), 200);
	for (size_t p = 0; p < sizeof(phases) / sizeof(phases[0]); p++)
		expect_same(row_named(sim, "phases", "phase", phases[p]), row_named(rep, "phases", "phase", phases[p]),
			    phases[p]);
	expect_same_switch(sim, rep, "groups", "group");
	expect_same_switch(sim, rep, "group_cycles", "group");
	expect_same_switch(sim, rep, "registers", "register");
	for (size_t v = 0; v < 4; v++) {
		const json_t *a = json_array_get(rows_of(sim, "vcpus"), v), *b = json_array_get(rows_of(rep, "vcpus"), v);

		ck_assert_str_eq(json_string_value(json_object_get(a, "vm")), json_string_value(json_object_get(b, "vm")));
		ck_assert_int_eq(number(a, "exits"), number(b, "exits"));
		ck_assert_int_eq(number(a, "user_exits"), number(b, "user_exits"));
		ck_assert_int_eq(number(a, "loads"), number(b, "loads"));
		ck_assert_int_eq(number(a, "puts"), number(b, "puts"));
		/* the same residencies, in cycles here and in whole nanoseconds there */
		ck_assert_double_le(json_number_value(json_object_get(a, "guest_us")) * 1000 -
				    json_number_value(json_object_get(b, "guest_us")) * 1000, (double)number(a, "exits") + 1);
		ck_assert_double_ge(json_number_value(json_object_get(a, "guest_us")) * 1000 -
				    json_number_value(json_object_get(b, "guest_us")) * 1000, -(double)number(a, "exits") - 1);
	}
	json_decref(sim);
	json_decref(rep);
	(void)unlink(trace);
	free(trace);
	str_free(&line);
}
END_TEST

START_TEST(a_played_trace_has_the_tables_of_its_replay_to_the_register)
{
	json_t *replayed = json_of("el2sim run " REPLAY), *played = json_of("el2sim run " REPLAY " --host.sched=recorded");

	for (size_t i = 0; i < TABLES; i++)
		expect_same(table_of(played, tables[i]), table_of(replayed, tables[i]), tables[i]);
	json_decref(replayed);
	json_decref(played);
}
END_TEST

/* ---- commands take all of them ---- */

static const char *const runs[] = { OVERCOMMIT, NETPERF, REPLAY,
				    REPLAY " --host.sched=recorded" };
#define RUNS (sizeof(runs) / sizeof(runs[0]))

/* Sum of a column over all rows but the one called total. */
static int64_t sum(json_t *report, const char *table, const char *key, const char *column)
{
	json_t *row;
	int64_t n = 0;
	size_t i;

	json_array_foreach(rows_of(report, table), i, row) {
		if (strcmp(json_string_value(json_object_get(row, key)), "total") != 0)
			n += number(row, column);
	}
	return n;
}

static json_t *report_of(const char *command, const char *config, const char *more)
{
	struct str line = STR_INIT;
	json_t *j;

	str_addf(&line, "el2sim %s %s%s", command, config, more);
	j = json_of(str_get(&line));
	str_free(&line);
	return j;
}

START_TEST(every_table_of_a_run_adds_up_to_the_same)
{
	json_t *j = report_of("run", runs[_i], "");
	int64_t reads = sum(j, "phases", "phase", "reads"), writes = sum(j, "phases", "phase", "writes");
	int64_t cycles = sum(j, "phases", "phase", "cycles"), runs_of = sum(j, "phases", "phase", "runs");

	ck_assert_int_gt(reads, 0);
	ck_assert_int_eq(number(row_named(j, "phases", "phase", "total"), "reads"), reads);
	ck_assert_int_eq(number(row_named(j, "phases", "phase", "total"), "runs"), runs_of);
	ck_assert_int_eq(sum(j, "kinds", "kind", "reads"), reads);
	ck_assert_int_eq(sum(j, "kinds", "kind", "cycles"), cycles);
	ck_assert_int_eq(sum(j, "groups", "group", "total"), reads + writes);
	ck_assert_int_eq(sum(j, "group_cycles", "group", "total"), cycles);
	ck_assert_int_eq(sum(j, "registers", "register", "reads"), reads);
	ck_assert_int_eq(sum(j, "registers", "register", "writes"), writes);
	ck_assert_int_eq(sum(j, "counters", "counter", "cycles"), cycles);
	ck_assert_int_eq(number(row_named(j, "cycles", "part", "modelled"), "cycles"), cycles);
	json_decref(j);
}
END_TEST

START_TEST(profile_annotates_every_run)
{
	json_t *run = report_of("run", runs[_i], ""), *profile = report_of("profile", runs[_i], "");
	struct str line = STR_INIT, folded;
	int64_t cycles = 0, in_folded = 0, reads = 0;
	json_t *row;
	size_t i;

	json_array_foreach(rows_of(profile, "ops"), i, row) {
		const char *op = json_string_value(json_object_get(row, "op"));

		cycles += number(row, "cycles");
		if (strncmp(op, "MRS", 3) == 0 || strcmp(op, "ACC_READ") == 0)
			reads += number(row, "times");
	}
	ck_assert_int_eq(cycles, sum(run, "phases", "phase", "cycles"));
	ck_assert_int_eq(reads, sum(run, "phases", "phase", "reads"));
	str_addf(&line, "el2sim profile %s --format folded", runs[_i]);
	folded = output_of(str_get(&line));
	for (char *l = strtok(folded.s, "\n"); l != NULL; l = strtok(NULL, "\n"))
		in_folded += strtoll(strrchr(l, ' '), NULL, 10);
	ck_assert_int_eq(in_folded, cycles);
	str_free(&folded);
	str_free(&line);
	json_decref(run);
	json_decref(profile);
}
END_TEST

START_TEST(explain_counts_what_profile_counts)
{
	static const char *const parts[] = { " --counts", " --counts --phase handle" };
	json_t *profile = report_of("profile", runs[_i], ""), *row;
	int64_t times = 0, cycles = 0;
	size_t i, ops = 0;

	for (size_t p = 0; p < 2; p++) {
		json_t *explain = report_of("explain", runs[_i], parts[p]);

		json_array_foreach(rows_of(explain, "ops"), i, row) {
			ck_assert_int_eq(number(row, "all_cycles"), number(row, "times") * number(row, "cycles"));
			times += number(row, "times");
			cycles += number(row, "all_cycles");
			ops++;
		}
		json_decref(explain);
	}
	ck_assert_int_gt(times, 1000);
	json_array_foreach(rows_of(profile, "ops"), i, row) {
		times -= number(row, "times");
		cycles -= number(row, "cycles");
	}
	ck_assert_int_eq(times, 0);
	ck_assert_int_eq(cycles, 0);
	ck_assert_uint_gt(ops, json_array_size(rows_of(profile, "ops")));
	json_decref(profile);
}
END_TEST

/* Two workloads under another policy: the registers that move, and a gate that looks at what both have. */
START_TEST(diff_and_its_gates_take_workloads)
{
	static const char *const line = "el2sim diff configs/workload/netperf-rr.ini configs/workload/idle.ini "
					"--run.duration=5000 --switch.model=linux-6.12-nvhe";
	struct str out = STR_INIT;
	struct err e;
	char *eager = scratch("eager.json"), *plain = scratch("plain.json");

	ck_assert_int_eq(run_command(line, NULL, &e), 0);
	out = output_of("el2sim run " OVERCOMMIT " --policy.el1=eager --format json");
	spill(eager, out.s, out.len);
	str_free(&out);
	out = output_of("el2sim run " OVERCOMMIT " --format json");
	spill(plain, out.s, out.len);
	str_reset(&out);
	str_addf(&out, "el2sim diff %s %s --fail-above 5%%", plain, eager);
	ck_assert_int_eq(run_command(str_get(&out), NULL, &e), -1);
	ck_assert_int_eq(e.code, ERR_ANSWER_NO);
	str_reset(&out);
	str_addf(&out, "el2sim diff %s %s --fail-above 5%% --metric registers/TCR_EL1*/writes", plain, eager);
	ck_assert_int_eq(run_command(str_get(&out), NULL, &e), -1);
	ck_assert_int_eq(e.code, ERR_ANSWER_NO);
	str_reset(&out);
	str_addf(&out, "el2sim diff %s %s --fail-above 5%% --metric phases/total/reads", plain, plain);
	ck_assert_int_eq(run_command(str_get(&out), NULL, &e), 0);
	str_free(&out);
	(void)unlink(eager);
	(void)unlink(plain);
	free(eager);
	free(plain);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("outcome");
	TCase *tc = tcase_create("outcome");

	tcase_add_loop_test(tc, a_workload_and_the_replay_of_its_events_give_the_same_tables, 0,
			    (int)(sizeof(models) / sizeof(models[0])));
	tcase_add_test(tc, a_played_trace_has_the_tables_of_its_replay_to_the_register);
	tcase_add_loop_test(tc, every_table_of_a_run_adds_up_to_the_same, 0, (int)RUNS);
	tcase_add_loop_test(tc, profile_annotates_every_run, 0, (int)RUNS);
	tcase_add_loop_test(tc, explain_counts_what_profile_counts, 0, (int)RUNS);
	tcase_add_test(tc, diff_and_its_gates_take_workloads);
	suite_add_tcase(s, tc);
	return suite_status(s);
}
