/* SPDX-License-Identifier: Apache-2.0 */
/* sim/lib/machine.h, as a program that embeds a machine uses it. */
#include <check.h>
#include <pthread.h>
#include <stdio.h>

#include "sim/app/output.h"
#include "tests/command.h"
#include "tests/machine_bench.h"
#include "tests/shipped.h"
#include "tests/suite.h"

#define BOOT       "configs/workload/boot.ini"
#define NVHE       "switch.model=linux-6.12-nvhe"
#define OVERCOMMIT "configs/experiment/overcommit.ini"

static char *program(const char *file, const char *overrides, const char *format)
{
	struct str line = STR_INIT, out = STR_INIT;
	struct err e;

	str_addf(&line, "el2sim run %s %s --format %s", file, overrides, format);
	ck_assert_msg(run_command(str_get(&line), &out, &e) == 0, "%s: %s", str_get(&line), e.text);
	str_free(&line);
	return out.s;
}

/* ---- the same bytes ---- */

/* A workload of its own names no machine: its model must do without VHE. */
static const char *model_of(const char *path, const char *overrides)
{
	return strstr(path, "workload") != NULL ? overrides : strchr(overrides, ' ') + 1;
}

START_TEST(every_shipped_configuration_reports_what_the_program_reports)
{
	static const char *const overrides[] = {
		"--switch.model=linux-6.12-nvhe --run.duration=5000",
		"--switch.model=linux-6.12-nvhe --run.duration=5000 --run.counting=no"};
	struct shipped s = shipped_runs();

	for (unsigned i = 0; i < s.n; i++) {
		char *first = NULL;

		for (unsigned o = 0; o < 2; o++) {
			const char *with = model_of(s.path[i], overrides[o]);
			char *want = program(s.path[i], with, "text"), *got;
			struct el2sim *m = machine(s.path[i], with);

			run_out(m);
			got = report(m, "text");
			ck_assert_str_eq(got, want);
			if (first != NULL) /* counting and detailed */
				ck_assert_str_eq(got, first);
			free(first);
			first = got;
			free(want);
			el2sim_free(m);
		}
		free(first);
	}
}
END_TEST

START_TEST(every_format_is_what_the_program_writes)
{
	const char *overrides = "--machine.vcpus=6 --run.duration=3000 --host.sched=rr";
	struct el2sim *m = machine(OVERCOMMIT, overrides);

	run_out(m);
	for (unsigned f = 0; f < REP_FORMAT_COUNT; f++) {
		char *want = program(OVERCOMMIT, overrides, output_formats[f]);
		char *got = report(m, output_formats[f]);

		ck_assert_str_eq(got, want);
		free(want);
		free(got);
	}
	el2sim_free(m);
}
END_TEST

/* The machine's JSON report is this one. */
static void reports(struct el2sim *m, const char *want)
{
	char *got = report(m, "json");

	ck_assert_str_eq(got, want);
	free(got);
}

/* One event's time after the other, and odd times between them. */
START_TEST(how_time_is_cut_changes_nothing)
{
	struct el2sim *m = machine(OVERCOMMIT, "run.duration=2000"), *steps, *odd;
	char *want;
	struct el2sim_error e;
	uint64_t next;

	run_out(m);
	want = report(m, "json");
	steps = machine(OVERCOMMIT, "run.duration=2000");
	ck_assert_uint_eq(el2sim_next_time(steps), 0);
	while ((next = el2sim_next_time(steps)) != EL2SIM_NEVER) {
		fine(el2sim_run_until(steps, next, &e), &e);
		ck_assert_uint_eq(el2sim_now(steps), next);
	}
	run_out(steps);
	reports(steps, want);
	odd = machine(OVERCOMMIT, "run.duration=2000");
	for (uint64_t t = 0; t < el2sim_end_time(odd); t += 1 + t / 7)
		fine(el2sim_run_until(odd, t, &e), &e);
	run_out(odd);
	reports(odd, want);
	free(want);
	el2sim_free(m);
	el2sim_free(steps);
	el2sim_free(odd);
}
END_TEST

START_TEST(machines_side_by_side_do_not_see_each_other)
{
	enum { N = 3 };
	struct el2sim *m[N];
	char *text[N];
	struct el2sim_error e;

	for (unsigned i = 0; i < N; i++)
		m[i] = machine(OVERCOMMIT,
			       i == 1 ? "run.duration=2000 run.seed=7" : "run.duration=2000");
	for (uint64_t t = 0; t <= el2sim_end_time(m[0]); t += 100000000) {
		for (unsigned i = 0; i < N; i++)
			fine(el2sim_run_until(m[i], t, &e), &e);
	}
	for (unsigned i = 0; i < N; i++) {
		run_out(m[i]);
		text[i] = report(m[i], "csv");
	}
	ck_assert_str_eq(text[0], text[2]);
	ck_assert_str_ne(text[0], text[1]);
	for (unsigned i = 0; i < N; i++) {
		free(text[i]);
		el2sim_free(m[i]);
	}
}
END_TEST

/* No assertions: Check's are for the thread that runs the test. */
static void *in_a_thread(void *file)
{
	struct el2sim *m = el2sim_new();
	struct el2sim_error e;
	char *text = NULL;
	size_t len;

	if (el2sim_load(m, file, &e) != 0 || el2sim_set(m, NVHE, &e) != 0 ||
	    el2sim_set(m, "run.duration=2000", &e) != 0 || el2sim_elaborate(m, &e) != 0 ||
	    el2sim_run_until(m, EL2SIM_NEVER, &e) != 0 || el2sim_finish(m, &e) != 0 ||
	    el2sim_report_text(m, "json", &text, &len, &e) != 0)
		text = NULL;
	el2sim_free(m);
	return text;
}

START_TEST(machines_in_threads_of_their_own_do_not_see_each_other)
{
	enum { N = 6 };
	static char *const files[] = {BOOT, OVERCOMMIT, "configs/workload/hackbench.ini"};
	pthread_t thread[N];
	void *text[N];

	for (unsigned i = 0; i < N; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, in_a_thread, files[i % 3]), 0);
	for (unsigned i = 0; i < N; i++)
		ck_assert_int_eq(pthread_join(thread[i], &text[i]), 0);
	for (unsigned i = 0; i < N; i++) {
		void *alone = in_a_thread(files[i % 3]);

		ck_assert_ptr_nonnull(alone);
		ck_assert_ptr_nonnull(text[i]);
		ck_assert_str_eq(text[i], alone);
		free(alone);
		free(text[i]);
	}
}
END_TEST

#define REPLAY "configs/experiment/linux-6.12-vhe-n1.ini"

START_TEST(a_replay_has_times_of_its_own_and_no_devices)
{
	struct el2sim *m = machine(REPLAY, "run.counting=yes"), *odd;
	struct el2sim_device d = {.name = "d", .size = 4, .access = NULL};
	struct el2sim_observer o = {NULL, NULL, NULL, NULL};
	uint64_t next, times = 0, exits = 0, v;
	char *want = program(REPLAY, "--run.counting=yes", "json");
	struct el2sim_error e;

	refused(el2sim_add_device(m, &d, &e), &e, EL2SIM_USAGE, "replays a trace: want a workload");
	refused(el2sim_observe(m, &o, &e), &e, EL2SIM_USAGE, "replays a trace");
	ck_assert_uint_eq(el2sim_next_time(m), 0);
	ck_assert_uint_eq(el2sim_size(m, EL2SIM_VCPU), 0);
	for (; (next = el2sim_next_time(m)) != EL2SIM_NEVER; times++) {
		fine(el2sim_run_until(m, next, &e), &e);
		ck_assert_uint_eq(el2sim_now(m), next);
	}
	ck_assert_uint_gt(times, 10000);
	refused(el2sim_raise(m, 0, &e), &e, EL2SIM_USAGE, "replays a trace");
	refused(el2sim_count(m, EL2SIM_MACHINE, 0, "cycles_guest", &v, &e), &e, EL2SIM_USAGE, "replays a trace");
	run_out(m);
	reports(m, want);
	ck_assert_uint_eq(count(m, EL2SIM_MACHINE, 0, "exits"), 2499);
	ck_assert_uint_eq(el2sim_size(m, EL2SIM_VCPU), 5);
	for (unsigned i = 0; i < 5; i++)
		exits += count(m, EL2SIM_VCPU, i, "exits");
	ck_assert_uint_eq(exits, 2499);
	el2sim_free(m);
	odd = machine(REPLAY, "run.counting=yes");
	for (uint64_t t = 0; t < el2sim_end_time(odd); t += 1 + t / 3)
		fine(el2sim_run_until(odd, t, &e), &e);
	run_out(odd);
	reports(odd, want);
	free(want);
	el2sim_free(odd);
	el2sim_free(machine(REPLAY, "run.counting=yes")); /* not run at all */
}
END_TEST

START_TEST(a_played_trace_is_a_machine_that_nobody_interrupts)
{
	struct el2sim *m = machine(REPLAY, "host.sched=recorded");
	struct el2sim_device d = {.name = "d", .size = 4, .access = NULL};
	char *want = program(REPLAY, "--host.sched=recorded", "json");
	struct el2sim_error e;
	uint64_t next;

	refused(el2sim_add_device(m, &d, &e), &e, EL2SIM_USAGE, "replays a trace");
	while ((next = el2sim_next_time(m)) != EL2SIM_NEVER)
		fine(el2sim_run_until(m, next, &e), &e);
	refused(el2sim_raise(m, 0, &e), &e, EL2SIM_USAGE, "replays a trace");
	run_out(m);
	ck_assert_uint_gt(count(m, EL2SIM_MACHINE, 0, "exits"), 1000);
	reports(m, want);
	free(want);
	el2sim_free(m);
}
END_TEST

START_TEST(a_run_that_is_cut_says_how_far_it_came)
{
	struct el2sim *m = machine(OVERCOMMIT, "run.duration=5000"),
		      *less = machine(OVERCOMMIT, "run.duration=2000");
	struct el2sim_error e;
	char *got, *want;

	fine(el2sim_run_until(m, UINT64_C(2000000000), &e), &e);
	fine(el2sim_finish(m, &e), &e);
	run_out(less);
	got = report(m, "json"); /* no command line gives this one */
	ck_assert_ptr_null(strstr(got, "  \"command\""));
	free(got);
	got = report(m, "csv");
	want = report(less, "csv");
	ck_assert_str_eq(got, want);
	free(got);
	free(want);
	el2sim_free(m);
	el2sim_free(less);
}
END_TEST

/* ---- observers ---- */

struct sighting {
	const struct el2sim *m;
	uint64_t last[2]; /* of a pCPU */
	unsigned activity[2];
	uint64_t time[2][16], state[2], exits;
	bool wrong;
};

static void see_pcpu(void *ctx, uint64_t ps, unsigned pcpu, unsigned vcpu, unsigned activity)
{
	struct sighting *s = ctx;

	s->wrong |= ps < s->last[pcpu] || (vcpu != EL2SIM_ALL && vcpu != pcpu) ||
		    el2sim_name(EL2SIM_ACTIVITIES, activity) == NULL;
	s->time[pcpu][s->activity[pcpu]] += ps - s->last[pcpu];
	s->last[pcpu] = ps;
	s->activity[pcpu] = activity;
}

static void see_vcpu(void *ctx, uint64_t ps, unsigned vcpu, unsigned state)
{
	struct sighting *s = ctx;

	s->wrong |= ps < el2sim_now(s->m) || el2sim_name(EL2SIM_STATES, state) == NULL;
	s->state[vcpu]++;
}

static void see_exit(void *ctx, uint64_t ps, unsigned vcpu, const char *kind)
{
	struct sighting *s = ctx;

	s->wrong |= ps < el2sim_now(s->m) || vcpu > 1 || kind[0] == '\0';
	s->exits++;
}

static unsigned activity_named(const char *name)
{
	unsigned i = 0;

	while (strcmp(el2sim_name(EL2SIM_ACTIVITIES, i), name) != 0)
		i++;
	return i;
}

START_TEST(an_observer_sees_where_the_time_of_a_pcpu_goes)
{
	struct el2sim *m = quiet_machine("mmio_read_user = 1\nwfi = 0\nhvc_unknown = 3\n");
	struct sighting s = {.m = m};
	struct el2sim_observer o = {&s, see_pcpu, see_vcpu, see_exit};
	struct el2sim_error e;

	fine(el2sim_observe(m, &o, &e), &e);
	refused(el2sim_observe(m, &o, &e), &e, EL2SIM_USAGE, "at most one observer");
	run_out(m);
	ck_assert(!s.wrong);
	ck_assert_uint_eq(s.exits, count(m, EL2SIM_MACHINE, 0, "exits"));
	for (unsigned i = 0; i < 2; i++) {
		static const char *const names[] = {"guest", "user"};

		ck_assert_uint_gt(s.state[i], 10);
		see_pcpu(&s, s.last[i] > el2sim_end_time(m) ? s.last[i] : el2sim_end_time(m), i,
			 EL2SIM_ALL, 0);
		for (unsigned n = 0; n < 2; n++) {
			char counter[32];

			(void)snprintf(counter, sizeof(counter), "cycles_%s", names[n]);
			ck_assert_uint_eq(s.time[i][activity_named(names[n])],
					  1000 * count(m, EL2SIM_PCPU, i, counter));
			ck_assert_uint_gt(s.time[i][activity_named(names[n])], 1000);
		}
	}
	el2sim_free(m);
}
END_TEST

START_TEST(nothing_changes_when_somebody_looks)
{
	struct el2sim *m = machine(BOOT, NVHE " run.duration=3000"),
		      *seen = machine(BOOT, NVHE " run.duration=3000");
	struct sighting s = {.m = seen};
	struct el2sim_observer o = {&s, see_pcpu, see_vcpu, see_exit};
	struct el2sim_error e;
	char *want, *got;

	fine(el2sim_observe(seen, &o, &e), &e);
	run_out(m);
	run_out(seen);
	want = report(m, "json");
	got = report(seen, "json");
	ck_assert_str_eq(got, want);
	free(want);
	free(got);
	el2sim_free(m);
	el2sim_free(seen);
}
END_TEST

/* ---- counters ---- */

START_TEST(counters_of_the_parts_add_up_to_the_machines)
{
	struct el2sim *m = machine(OVERCOMMIT, "run.duration=2000 machine.vcpus=9 machine.vms=2");
	static const enum el2sim_scope parts[] = {EL2SIM_VM, EL2SIM_VCPU};

	run_out(m);
	ck_assert_uint_eq(el2sim_size(m, EL2SIM_VCPU), 9);
	ck_assert_uint_eq(el2sim_size(m, EL2SIM_VM), 2);
	ck_assert_uint_eq(el2sim_size(m, EL2SIM_PCPU), 16);
	ck_assert_uint_eq(el2sim_size(m, EL2SIM_MACHINE), 1);
	ck_assert_uint_eq(el2sim_vm_of(m, 0), 0);
	ck_assert_uint_eq(el2sim_vm_of(m, 8), 1);
	ck_assert_uint_eq(el2sim_vm_of(m, 9), EL2SIM_ALL);
	for (unsigned i = 0; i < 2; i++) {
		uint64_t sum = 0;

		for (unsigned k = 0; k < el2sim_size(m, parts[i]); k++)
			sum += count(m, parts[i], k, "exits");
		ck_assert_uint_eq(sum, count(m, EL2SIM_MACHINE, 0, "exits"));
		ck_assert_uint_gt(sum, 20);
	}
	ck_assert_uint_gt(count(m, EL2SIM_MACHINE, 0, "writes"), 1000);
	ck_assert_uint_gt(count(m, EL2SIM_MACHINE, 0, "cycles"), 1000);
	el2sim_free(m);
}
END_TEST

START_TEST(a_wrong_counter_is_refused_with_the_nearest_one)
{
	struct el2sim *m = quiet_machine("hvc_unknown = 1\n");
	struct el2sim_error e;
	uint64_t v;

	refused(el2sim_count(m, EL2SIM_MACHINE, 0, "exit", &v, &e), &e, EL2SIM_USAGE,
		"no counter \"exit\": did you mean \"exits\"?");
	refused(el2sim_count(m, EL2SIM_MACHINE, 0, "walrus", &v, &e), &e, EL2SIM_USAGE,
		"el2sim_counter_name");
	refused(el2sim_count(m, EL2SIM_VCPU, 2, "exits", &v, &e), &e, EL2SIM_USAGE, "less than 2");
	refused(el2sim_count(m, EL2SIM_PCPU, 0, "exits", &v, &e), &e, EL2SIM_USAGE,
		"a pCPU does not count exits");
	el2sim_free(m);
}
END_TEST

/* ---- errors ---- */

START_TEST(errors_are_those_of_the_program)
{
	static const struct {
		const char *text, *set, *says;
		int status;
	} cases[] = {
		{"[machine]\nvcpu = 2\n", NULL, "in.ini:2: unknown key \"vcpu\" in [machine]", 3},
		{"[mix]\nwfi = 1\n", "machine.vcpus=0",
		 "command line: [machine] vcpus = 0: out of range", 3},
		{"[mix]\nwfi = 1\n[switch]\nmodel = linux-6.12-nvhe\n", "machine.vms=2",
		 "[machine] vms = 2, but only 1 vCPUs", 3},
		{"[switch]\nmodel = linux-6.12-nvhe\n", NULL, "in.ini: neither a trace nor a workload: set [run] trace",
		 3},
		{"[mix]\nwfi = 1\n[run]\ntrace = x.e2t\n", NULL, "both a trace and a workload", 3},
		{"[el2sim]\ninclude = nowhere.ini\n", NULL,
		 "in.ini:2: [el2sim] include = nowhere.ini", 3},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct el2sim *m = el2sim_new();
		struct el2sim_error e;
		int rc = el2sim_load_text(m, "in.ini", cases[i].text, strlen(cases[i].text), &e);

		if (rc == 0 && cases[i].set != NULL)
			rc = el2sim_set(m, cases[i].set, &e);
		if (rc == 0)
			rc = el2sim_elaborate(m, &e);
		refused(rc, &e, cases[i].status, cases[i].says);
		el2sim_free(m);
	}
}
END_TEST

START_TEST(a_file_that_fails_may_be_followed_by_a_good_one)
{
	struct el2sim *m = el2sim_new();
	struct el2sim_error e;

	refused(el2sim_load(m, "tests/bad/unknown_key.ini", &e), &e, EL2SIM_CONFIG,
		"unknown_key.ini");
	fine(el2sim_load(m, OVERCOMMIT, &e), &e);
	refused(el2sim_set(m, "run.duration=soon", &e), &e, EL2SIM_CONFIG, "[run] duration");
	fine(el2sim_set(m, "run.duration=100", &e), &e);
	fine(el2sim_elaborate(m, &e), &e);
	run_out(m);
	refused(el2sim_report(m, "jsom", stdout, &e), &e, EL2SIM_USAGE, "did you mean \"json\"?");
	refused(el2sim_report_file(m, "json", "nowhere/x.json", &e), &e, EL2SIM_IO,
		"nowhere/x.json");
	el2sim_free(m);
}
END_TEST

static uint64_t meddle(void *ctx, struct el2sim *m, const struct el2sim_access *a)
{
	struct el2sim_error e;

	refused(el2sim_run_until(m, EL2SIM_NEVER, &e), &e, EL2SIM_USAGE, "from within a callback");
	refused(el2sim_finish(m, &e), &e, EL2SIM_USAGE, "from within a callback");
	refused(el2sim_answer(m, a->vcpu, 0, &e), &e, EL2SIM_USAGE, "from within the access");
	*(bool *)ctx = true;
	return 0;
}

START_TEST(calls_in_the_wrong_order_do_nothing)
{
	struct el2sim *m = el2sim_new();
	struct el2sim_error e;
	bool called = false;
	struct el2sim_device d = {.name = "d", .size = 4, .access = meddle, .ctx = &called};
	struct el2sim_observer o = {NULL, NULL, NULL, NULL};

	el2sim_free(NULL);
	ck_assert_uint_eq(el2sim_next_time(m), EL2SIM_NEVER);
	ck_assert_uint_eq(el2sim_size(m, EL2SIM_VCPU), 0);
	refused(el2sim_set(m, "run.seed=1", &e), &e, EL2SIM_USAGE,
		"too early: want it after el2sim_load");
	refused(el2sim_elaborate(m, &e), &e, EL2SIM_USAGE, "too early");
	fine(el2sim_load(m, BOOT, &e), &e);
	fine(el2sim_set(m, NVHE, &e), &e);
	refused(el2sim_load(m, OVERCOMMIT, &e), &e, EL2SIM_USAGE, "too late");
	refused(el2sim_run_until(m, 0, &e), &e, EL2SIM_USAGE, "after el2sim_elaborate");
	refused(el2sim_add_device(m, &d, &e), &e, EL2SIM_USAGE, "after el2sim_elaborate");
	refused(el2sim_observe(m, &o, &e), &e, EL2SIM_USAGE, "after el2sim_elaborate");
	fine(el2sim_elaborate(m, &e), &e);
	refused(el2sim_set(m, "run.seed=1", &e), &e, EL2SIM_USAGE,
		"too late: want it before el2sim_elaborate");
	refused(el2sim_finish(m, &e), &e, EL2SIM_USAGE, "after el2sim_run_until");
	fine(el2sim_add_device(m, &d, &e), &e);
	fine(el2sim_run_until(m, 1000000000, &e), &e);
	refused(el2sim_add_device(m, &d, &e), &e, EL2SIM_USAGE, "before el2sim_run_until");
	refused(el2sim_run_until(m, 1, &e), &e, EL2SIM_USAGE,
		"want a time from now on, 1000000000");
	refused(el2sim_answer(m, 0, 0, &e), &e, EL2SIM_USAGE, "vCPU 0 waits for no device");
	refused(el2sim_report(m, "text", stdout, &e), &e, EL2SIM_USAGE, "after el2sim_finish");
	run_out(m);
	ck_assert(called);
	refused(el2sim_run_until(m, EL2SIM_NEVER, &e), &e, EL2SIM_USAGE, "too late");
	el2sim_free(m);
}
END_TEST

START_TEST(the_library_says_which_version_it_is)
{
	ck_assert_str_eq(el2sim_version(), EL2SIM_VERSION);
	ck_assert_uint_eq(el2sim_api(), EL2SIM_API);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("machine");
	TCase *tc = tcase_create("machine");

	tcase_add_test(tc, every_shipped_configuration_reports_what_the_program_reports);
	tcase_add_test(tc, every_format_is_what_the_program_writes);
	tcase_add_test(tc, how_time_is_cut_changes_nothing);
	tcase_add_test(tc, machines_side_by_side_do_not_see_each_other);
	tcase_add_test(tc, machines_in_threads_of_their_own_do_not_see_each_other);
	tcase_add_test(tc, a_replay_has_times_of_its_own_and_no_devices);
	tcase_add_test(tc, a_played_trace_is_a_machine_that_nobody_interrupts);
	tcase_add_test(tc, a_run_that_is_cut_says_how_far_it_came);
	tcase_add_test(tc, an_observer_sees_where_the_time_of_a_pcpu_goes);
	tcase_add_test(tc, nothing_changes_when_somebody_looks);
	tcase_add_test(tc, counters_of_the_parts_add_up_to_the_machines);
	tcase_add_test(tc, a_wrong_counter_is_refused_with_the_nearest_one);
	tcase_add_test(tc, errors_are_those_of_the_program);
	tcase_add_test(tc, a_file_that_fails_may_be_followed_by_a_good_one);
	tcase_add_test(tc, calls_in_the_wrong_order_do_nothing);
	tcase_add_test(tc, the_library_says_which_version_it_is);
	suite_add_tcase(s, tc);
	return suite_status(s);
}
