/* SPDX-License-Identifier: Apache-2.0 */
/* [run] warmup: what is counted is the whole run less its beginning, exactly; and a beginning that is counted is said. */
#include "tests/command_json.h"
#include "tests/suite.h"

#define OVERCOMMIT "el2sim run configs/experiment/overcommit.ini"
#define WORKLOAD   "el2sim run configs/experiment/linux-6.12-vhe-n1.ini --run.trace= --el2sim.include=configs/workload/"

static const char *const machines[] = {
	OVERCOMMIT " --machine.vcpus=24",
	OVERCOMMIT " --machine.vcpus=24 --host.sched=rr --host.halt_poll=0",
	WORKLOAD "ipi-storm.ini --machine.vcpus=8 --machine.pcpus=3",
	WORKLOAD "mixed.ini --machine.vcpus=16 --machine.pcpus=4",
	WORKLOAD "netperf-rr.ini --machine.vcpus=4 --machine.pcpus=2 --run.counting=no",
	WORKLOAD "timer-storm.ini --machine.vcpus=9 --machine.pcpus=2",
};
#define N_MACHINES (int)(sizeof(machines) / sizeof(machines[0]))

static json_t *run(const char *line, unsigned duration_us, unsigned warmup_us)
{
	struct str text = STR_INIT;
	json_t *j;

	str_addf(&text, "%s --run.duration=%uus --run.warmup=%uus", line, duration_us, warmup_us);
	j = json_of(str_get(&text));
	str_free(&text);
	return j;
}

static json_int_t cell(json_t *report, const char *table, size_t row, const char *key)
{
	json_t *v = json_object_get(json_array_get(rows_of(report, table), row), key);

	ck_assert_msg(json_is_integer(v), "%s, row %zu: no %s", table, row, key);
	return json_integer_value(v);
}

START_TEST(what_is_counted_is_the_whole_less_the_beginning)
{
	static const struct {
		const char *table, *key;
	} sums[] = { { "counts", "count" }, { "phases", "reads" }, { "phases", "writes" }, { "phases", "cycles" },
		     { "vcpus", "exits" } };
	static const unsigned at[] = { 1, 777, 5000, 19999 };

	for (size_t w = 0; w < sizeof(at) / sizeof(at[0]); w++) {
		json_t *whole = run(machines[_i], 20000, 0), *start = run(machines[_i], at[w], 0);
		json_t *window = run(machines[_i], 20000, at[w]);

		for (size_t k = 0; k < sizeof(sums) / sizeof(sums[0]); k++) {
			const char *table = sums[k].table, *key = sums[k].key;

			ck_assert_uint_gt(json_array_size(rows_of(window, table)), 0);
			for (size_t row = 0; row < json_array_size(rows_of(window, table)); row++)
				ck_assert_msg(cell(window, table, row, key) ==
						      cell(whole, table, row, key) - cell(start, table, row, key),
					      "%s: warm-up of %u us: %s, row %zu: %s", machines[_i], at[w], table, row, key);
		}
		ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(window, "facts"), "duration_us")),
				 20000 - at[w]);
		ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(window, "facts"), "warmup_us")), at[w]);
		ck_assert_ptr_null(json_object_get(json_object_get(whole, "facts"), "warmup_us"));
		json_decref(whole);
		json_decref(start);
		json_decref(window);
	}
}
END_TEST

static bool says_start(const char *line)
{
	struct str text = output_of(line);
	bool says = strstr(str_get(&text), "start-up, not steady state: ") != NULL;

	str_free(&text);
	return says;
}

START_TEST(a_run_that_is_mostly_its_beginning_says_so)
{
	struct str text = output_of(OVERCOMMIT " --machine.vcpus=4096");

	ck_assert_ptr_nonnull(strstr(str_get(&text), "4096 of 5144 vCPU loads are the first KVM_RUN of a vCPU"));
	str_free(&text);
	ck_assert(!says_start(OVERCOMMIT " --machine.vcpus=64"));
	ck_assert(!says_start(OVERCOMMIT " --machine.vcpus=64 --run.warmup=50ms"));
}
END_TEST

static const struct {
	const char *line, *sentence;
	enum err_code code;
} bad[] = {
	{ OVERCOMMIT " --run.warmup=100ms", "[run] warmup = 100000 us: want less than [run] duration, 100000 us", ERR_CONFIG },
	{ "el2sim run configs/experiment/linux-6.12-vhe-n1.ini --run.warmup=1ms", "[run] from_marker", ERR_CONFIG },
	{ "el2sim run configs/experiment/linux-6.12-vhe-n1.ini --host.sched=recorded --run.warmup=1ms", "[run] from_marker",
	  ERR_CONFIG },
	{ OVERCOMMIT " --run.duration=9000000000001", "in 1..9000000000000", ERR_CONFIG },
};

START_TEST(a_warmup_that_cannot_be_is_refused)
{
	struct err e;

	ck_assert_int_eq(run_command(bad[_i].line, NULL, &e), -1);
	ck_assert_msg(e.code == bad[_i].code && strstr(e.text, bad[_i].sentence) != NULL, "%s", e.text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("warmup");
	TCase *c = tcase_create("warmup");

	tcase_add_loop_test(c, what_is_counted_is_the_whole_less_the_beginning, 0, N_MACHINES);
	tcase_add_test(c, a_run_that_is_mostly_its_beginning_says_so);
	tcase_add_loop_test(c, a_warmup_that_cannot_be_is_refused, 0, (int)(sizeof(bad) / sizeof(bad[0])));
	suite_add_tcase(s, c);
	return suite_status(s);
}
