/* SPDX-License-Identifier: Apache-2.0 */
/* sim/app/machine.h, as a program that embeds a machine uses it. */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "sim/app/machine.h"
#include "sim/app/output.h"
#include "tests/command.h"
#include "tests/shipped.h"
#include "tests/suite.h"

#define BOOT       "configs/workload/boot.ini"
#define NVHE       "switch.model=linux-6.12-nvhe"
#define OVERCOMMIT "configs/experiment/overcommit.ini"

/* 1 GHz: a cycle is 1000 ps. Two VMs of one vCPU each, each on its own pCPU; an exit every 10 us,
 * no interrupts. */
static const char quiet[] = "[el2sim]\n"
			    "include = configs/machine/neoverse-n1.ini\n"
			    "[machine]\nclock = 1GHz\nvcpus = 2\nvms = 2\npcpus = 2\n"
			    "[switch]\nmodel = linux-6.12-vhe\n"
			    "[host]\nsched = pinned\ntick_hz = 1\n"
			    "[run]\nduration = 10000us\n"
			    "[workload]\nexits_per_s = 100000\nlaw = constant\ntimer_hz = 0\n"
			    "user_time = 5us\n[mix]\n";

static void fine(int rc, const struct el2sim_error *e)
{
	ck_assert_msg(rc == 0, "%s", e->text);
}

static void refused(int rc, const struct el2sim_error *e, int status, const char *text)
{
	ck_assert_int_eq(rc, -1);
	ck_assert_msg(strstr(e->text, text) != NULL, "%s", e->text);
	ck_assert_int_eq(e->status, status);
	ck_assert_ptr_null(strchr(e->text, '\n'));
}

/* A machine of a file and overrides separated by blanks. */
static struct el2sim *machine(const char *file, const char *overrides)
{
	struct el2sim *m = el2sim_new();
	char words[512], *rest = words, *word;
	struct el2sim_error e;

	fine(el2sim_load(m, file, &e), &e);
	(void)snprintf(words, sizeof(words), "%s", overrides);
	while ((word = strsep(&rest, " ")) != NULL)
		fine(el2sim_set(m, word, &e), &e);
	fine(el2sim_elaborate(m, &e), &e);
	return m;
}

static struct el2sim *quiet_machine(const char *mix)
{
	struct el2sim *m = el2sim_new();
	struct str text = STR_INIT;
	struct el2sim_error e;

	str_addf(&text, "%s%s", quiet, mix);
	fine(el2sim_load_text(m, "quiet.ini", str_get(&text), text.len, &e), &e);
	fine(el2sim_elaborate(m, &e), &e);
	str_free(&text);
	return m;
}

static char *report(struct el2sim *m, const char *format)
{
	struct el2sim_error e;
	char *text = NULL;
	size_t len = 0;

	fine(el2sim_report_text(m, format, &text, &len, &e), &e);
	ck_assert_uint_eq(strlen(text), len);
	return text;
}

static void run_out(struct el2sim *m)
{
	struct el2sim_error e;

	fine(el2sim_run_until(m, EL2SIM_NEVER, &e), &e);
	ck_assert_uint_eq(el2sim_now(m), el2sim_end_time(m));
	ck_assert_uint_eq(el2sim_next_time(m), EL2SIM_NEVER);
	fine(el2sim_finish(m, &e), &e);
}

static uint64_t count(const struct el2sim *m, enum el2sim_scope scope, unsigned i, const char *name)
{
	struct el2sim_error e;
	uint64_t v = 0;

	fine(el2sim_count(m, scope, i, name, &v, &e), &e);
	return v;
}

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

/* One event's time after the other, and odd times between them. */
START_TEST(how_time_is_cut_changes_nothing)
{
	struct el2sim *m = machine(OVERCOMMIT, "run.duration=2000"), *steps, *odd;
	char *want, *got;
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
	got = report(steps, "json");
	ck_assert_str_eq(got, want);
	free(got);
	odd = machine(OVERCOMMIT, "run.duration=2000");
	for (uint64_t t = 0; t < el2sim_end_time(odd); t += 1 + t / 7)
		fine(el2sim_run_until(odd, t, &e), &e);
	run_out(odd);
	got = report(odd, "json");
	ck_assert_str_eq(got, want);
	free(got);
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
	uint64_t next, times = 0, v;
	char *got, *want = program(REPLAY, "--run.counting=yes", "json");
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
	refused(el2sim_count(m, EL2SIM_MACHINE, 0, "exits", &v, &e), &e, EL2SIM_USAGE, "replays");
	run_out(m);
	got = report(m, "json");
	ck_assert_str_eq(got, want);
	free(got);
	el2sim_free(m);
	odd = machine(REPLAY, "run.counting=yes");
	for (uint64_t t = 0; t < el2sim_end_time(odd); t += 1 + t / 3)
		fine(el2sim_run_until(odd, t, &e), &e);
	run_out(odd);
	got = report(odd, "json");
	ck_assert_str_eq(got, want);
	free(got);
	free(want);
	el2sim_free(odd);
	el2sim_free(machine(REPLAY, "run.counting=yes")); /* not run at all */
}
END_TEST

START_TEST(a_played_trace_is_a_machine_that_nobody_interrupts)
{
	struct el2sim *m = machine(REPLAY, "host.sched=recorded");
	struct el2sim_device d = {.name = "d", .size = 4, .access = NULL};
	char *got, *want = program(REPLAY, "--host.sched=recorded", "json");
	struct el2sim_error e;
	uint64_t next;

	refused(el2sim_add_device(m, &d, &e), &e, EL2SIM_USAGE, "replays a trace");
	while ((next = el2sim_next_time(m)) != EL2SIM_NEVER)
		fine(el2sim_run_until(m, next, &e), &e);
	refused(el2sim_raise(m, 0, &e), &e, EL2SIM_USAGE, "replays a trace");
	run_out(m);
	ck_assert_uint_gt(count(m, EL2SIM_MACHINE, 0, "exits"), 1000);
	got = report(m, "json");
	ck_assert_str_eq(got, want);
	free(got);
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

/* ---- devices ---- */

struct tape {
	uint64_t takes; /* ps */
	uint64_t n, last, gap[2];
	struct el2sim_access a;
	bool late;
	unsigned waiting; /* vCPU, EL2SIM_ALL: none */
	uint64_t answer_at;
};

static uint64_t on_tape(void *ctx, struct el2sim *m, const struct el2sim_access *a)
{
	struct tape *t = ctx;

	t->n++;
	t->gap[0] = t->gap[1];
	t->gap[1] = el2sim_now(m) - t->last;
	t->last = el2sim_now(m);
	t->a = *a;
	if (!t->late)
		return t->takes;
	t->waiting = a->vcpu;
	t->answer_at = t->last + t->takes;
	return EL2SIM_LATER;
}

static void add(struct el2sim *m, struct tape *t, unsigned vm, uint64_t base, unsigned accesses)
{
	struct el2sim_device d = {.name = "tape",
				  .base = base,
				  .size = 0x100,
				  .vm = vm,
				  .accesses = accesses,
				  .access = on_tape,
				  .ctx = t};
	struct el2sim_error e;

	fine(el2sim_add_device(m, &d, &e), &e);
}

static void run_with_answers(struct el2sim *m, struct tape *t)
{
	struct el2sim_error e;

	t->waiting = EL2SIM_ALL;
	for (;;) {
		uint64_t next = el2sim_next_time(m);
		bool answer = t->waiting != EL2SIM_ALL && t->answer_at <= next;

		if (answer)
			next = t->answer_at;
		if (next > el2sim_end_time(m))
			break;
		fine(el2sim_run_until(m, next, &e), &e);
		if (answer) {
			fine(el2sim_answer(m, t->waiting, 0, &e), &e);
			t->waiting = EL2SIM_ALL;
		}
	}
	run_out(m);
}

static const char *const mixes[] = {"mmio_gicd_read = 1\n", "mmio_ioeventfd = 1\n",
				    "mmio_read_user = 1\n", "mmio_write_user = 1\n"};

START_TEST(latency_adds_to_the_handling_of_the_exit_exactly)
{
	uint64_t handling[2] = {0, 0};

	for (unsigned late = 0; late < 2; late++) {
		struct tape none = {.late = late != 0},
			    some = {.late = late != 0, .takes = 2345000};
		struct tape *const t[] = {&none, &some};

		for (unsigned i = 0; i < 2; i++) {
			struct el2sim *m = quiet_machine(mixes[_i]);
			struct el2sim_error e;

			add(m, t[i], 0, 0x9000000, 0);
			if (late != 0)
				run_with_answers(m, t[i]);
			else
				run_out(m);
			ck_assert_uint_gt(t[i]->n, 100);
			ck_assert_uint_eq(t[i]->gap[0], t[i]->gap[1]);
			/* the other VM has no device */
			ck_assert_uint_ge(count(m, EL2SIM_VCPU, 1, "exits"), t[i]->n);
			handling[i] = t[i]->gap[1];
			refused(el2sim_answer(m, 0, 0, &e), &e, EL2SIM_USAGE, "el2sim_finish");
			el2sim_free(m);
		}
		ck_assert_uint_eq(handling[1], handling[0] + some.takes);
	}
}
END_TEST

START_TEST(a_latency_ends_at_the_next_cycle)
{
	static const struct {
		uint64_t ps, cycles;
	} cases[] = {{0, 0}, {1, 1}, {999, 1}, {1000, 1}, {1001, 2}};
	uint64_t base = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct el2sim *m = quiet_machine("mmio_gicd_read = 1\n");
		struct tape t = {.takes = cases[i].ps};

		add(m, &t, EL2SIM_ALL, 0, 0);
		el2sim_free(m);
		m = quiet_machine("mmio_gicd_read = 1\n");
		t = (struct tape){.takes = cases[i].ps};
		add(m, &t, 0, 0, 0);
		run_out(m);
		base = i == 0 ? t.gap[1] : base;
		ck_assert_uint_eq(t.gap[1], base + cases[i].cycles * 1000);
		el2sim_free(m);
	}
}
END_TEST

START_TEST(an_access_is_the_devices_own)
{
	struct el2sim *m = quiet_machine("mmio_gicd_read = 1\nmmio_write_user = 1\n");
	struct tape reads = {.n = 0}, writes = {.n = 0}, other = {.n = 0};

	add(m, &reads, 0, 0x1000, EL2SIM_READ);
	add(m, &writes, 0, 0x2000, EL2SIM_WRITE | EL2SIM_IN_VMM);
	add(m, &other, 1, 0x1000, 0);
	run_out(m);
	ck_assert_uint_gt(reads.n, 10);
	ck_assert_uint_gt(writes.n, 10);
	ck_assert(!reads.a.write && !reads.a.vmm && reads.a.data == 0);
	ck_assert(writes.a.write && writes.a.vmm && writes.a.data <= UINT32_MAX);
	ck_assert_uint_eq(reads.a.address & ~UINT64_C(0xfc), 0x1000);
	ck_assert_uint_eq(writes.a.address & ~UINT64_C(0xfc), 0x2000);
	ck_assert_uint_eq(reads.a.vm + reads.a.vcpu, 0);
	ck_assert_uint_eq(other.a.vm, 1);
	ck_assert_uint_eq(other.a.device, 2);
	ck_assert_str_eq(reads.a.exit_kind, "mmio_gicd_read");
	ck_assert_uint_eq(reads.n + writes.n +
				  (count(m, EL2SIM_VCPU, 0, "exits") - reads.n - writes.n),
			  count(m, EL2SIM_VM, 0, "exits"));
	el2sim_free(m);
}
END_TEST

/* Only who gets an access is drawn: of other numbers no vCPU sees a different one. */
START_TEST(devices_that_take_no_time_leave_the_counts_alone)
{
	struct el2sim *bare =
		quiet_machine("mmio_gicd_read = 1\nmmio_write_user = 2\nhvc_unknown = 1\n");
	struct el2sim *with =
		quiet_machine("mmio_gicd_read = 1\nmmio_write_user = 2\nhvc_unknown = 1\n");
	struct tape t = {.n = 0};

	add(with, &t, EL2SIM_ALL, 0, 0);
	run_out(bare);
	run_out(with);
	ck_assert_uint_gt(t.n, 100);
	for (unsigned i = 0; el2sim_counter_name(i) != NULL; i++)
		ck_assert_uint_eq(count(bare, EL2SIM_MACHINE, 0, el2sim_counter_name(i)),
				  count(with, EL2SIM_MACHINE, 0, el2sim_counter_name(i)));
	el2sim_free(bare);
	el2sim_free(with);
}
END_TEST

START_TEST(weights_share_out_the_accesses)
{
	struct el2sim *m = quiet_machine("mmio_gicd_read = 1\n");
	struct tape t[2] = {{.n = 0}, {.n = 0}};
	struct el2sim_error e;

	for (unsigned i = 0; i < 2; i++) {
		struct el2sim_device d = {.name = i == 0 ? "a" : "b",
					  .base = 0x1000 * i,
					  .size = 8,
					  .vm = EL2SIM_ALL,
					  .weight = i == 0 ? 3 : 1,
					  .access_size = 8,
					  .access = on_tape,
					  .ctx = &t[i]};

		fine(el2sim_add_device(m, &d, &e), &e);
	}
	run_out(m);
	ck_assert_uint_gt(t[0].n, t[1].n * 2);
	ck_assert_uint_lt(t[0].n, t[1].n * 4);
	ck_assert_uint_eq(t[1].a.address, 0x1000);
	ck_assert_uint_eq(t[1].a.size, 8);
	el2sim_free(m);
}
END_TEST

START_TEST(the_report_has_a_table_of_devices)
{
	struct el2sim *m = quiet_machine("mmio_gicd_read = 1\n");
	struct tape t = {.takes = 500500};
	char *text;

	add(m, &t, 1, 0, 0);
	run_out(m);
	text = report(m, "csv");
	ck_assert_msg(strstr(text, "device,vm,reads,writes,unanswered,takes_mean,takes_max,"
				   "handling_mean,handling_p50,handling_max\n") != NULL,
		      "%s", text);
	ck_assert_ptr_nonnull(strstr(text, "\ntape,1,"));
	ck_assert_ptr_nonnull(strstr(text, ",500.500,500.500,"));
	free(text);
	el2sim_free(m);
}
END_TEST

static const struct {
	struct el2sim_device d;
	const char *says;
} bad_devices[] = {
	{{"d", 0, 4, 0, 0, 0, 0, NULL, NULL}, "device d: no function"},
	{{"d", 0, 4, 3, 0, 0, 0, on_tape, NULL}, "accesses of 3 bytes: want 1, 2, 4 or 8"},
	{{"d", 0, 4, 16, 0, 0, 0, on_tape, NULL}, "accesses of 16 bytes"},
	{{"d", 0, 3, 4, 0, 0, 0, on_tape, NULL}, "want room for an aligned access of 4 bytes"},
	{{"d", 2, 8, 4, 0, 0, 0, on_tape, NULL}, "0x8 bytes at 0x2"},
	{{"d", UINT64_MAX - 3, 8, 4, 0, 0, 0, on_tape, NULL}, "below 2^64"},
	{{"d", 0, 4, 4, 2, 0, 0, on_tape, NULL}, "VM 2: want one of 0..1, or EL2SIM_ALL"},
	{{"d", 0, 4, 4, 0, 16, 0, on_tape, NULL}, "accesses with 0x10"},
	{{"d", 0x10fc, 4, 4, EL2SIM_ALL, 0, 0, on_tape, NULL},
	 "device d at 0x10fc: tape is there already"},
};

START_TEST(a_wrong_device_is_refused_in_one_line)
{
	struct el2sim *m = quiet_machine("mmio_gicd_read = 1\n");
	struct tape t = {.n = 0};
	struct el2sim_error e;

	add(m, &t, 0, 0x1000, 0);
	refused(el2sim_add_device(m, &bad_devices[_i].d, &e), &e, EL2SIM_USAGE,
		bad_devices[_i].says);
	add(m, &t, 1, 0x1000, 0); /* the same place in another VM */
	el2sim_free(m);
}
END_TEST

/* ---- from outside ---- */

START_TEST(an_interrupt_and_a_kick_from_outside_leave_the_guest)
{
	struct el2sim *m = quiet_machine("hvc_unknown = 1\n");
	struct el2sim_error e;
	uint64_t before, now;

	refused(el2sim_raise(m, 0, &e), &e, EL2SIM_USAGE, "el2sim_raise");
	fine(el2sim_run_until(m, 25000000, &e), &e);
	refused(el2sim_raise(m, 2, &e), &e, EL2SIM_USAGE,
		"vCPU 2: want one of the machine's, 0..1");
	now = el2sim_now(m);
	before = count(m, EL2SIM_VCPU, 0, "exits");
	fine(el2sim_kick(m, 0, &e), &e);
	ck_assert_uint_eq(el2sim_next_time(m), now);
	fine(el2sim_run_until(m, now, &e), &e);
	ck_assert_uint_eq(count(m, EL2SIM_VCPU, 0, "exits"), before + 1);
	fine(el2sim_raise(m, 1, &e), &e);
	run_out(m);
	ck_assert_uint_eq(count(m, EL2SIM_VCPU, 1, "injected"), 1);
	ck_assert_uint_eq(count(m, EL2SIM_VCPU, 0, "injected"), 0);
	el2sim_free(m);
}
END_TEST

/* ---- observers ---- */

struct sight {
	const struct el2sim *m;
	uint64_t last[2]; /* of a pCPU */
	unsigned activity[2];
	uint64_t time[2][16], state[2], exits;
	bool wrong;
};

static void see_pcpu(void *ctx, uint64_t ps, unsigned pcpu, unsigned vcpu, unsigned activity)
{
	struct sight *s = ctx;

	s->wrong |= ps < s->last[pcpu] || (vcpu != EL2SIM_ALL && vcpu != pcpu) ||
		    el2sim_name(EL2SIM_ACTIVITIES, activity) == NULL;
	s->time[pcpu][s->activity[pcpu]] += ps - s->last[pcpu];
	s->last[pcpu] = ps;
	s->activity[pcpu] = activity;
}

static void see_vcpu(void *ctx, uint64_t ps, unsigned vcpu, unsigned state)
{
	struct sight *s = ctx;

	s->wrong |= ps < el2sim_now(s->m) || el2sim_name(EL2SIM_STATES, state) == NULL;
	s->state[vcpu]++;
}

static void see_exit(void *ctx, uint64_t ps, unsigned vcpu, const char *kind)
{
	struct sight *s = ctx;

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
	struct sight s = {.m = m};
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
	struct sight s = {.m = seen};
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
	ck_assert_uint_gt(count(m, EL2SIM_MACHINE, 0, "write"), 1000);
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
		{"[switch]\nmodel = linux-6.12-nvhe\n", NULL, "in.ini: no trace: set [run] trace",
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

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, every_shipped_configuration_reports_what_the_program_reports);
	tcase_add_test(tc, every_format_is_what_the_program_writes);
	tcase_add_test(tc, how_time_is_cut_changes_nothing);
	tcase_add_test(tc, machines_side_by_side_do_not_see_each_other);
	tcase_add_test(tc, machines_in_threads_of_their_own_do_not_see_each_other);
	tcase_add_test(tc, a_replay_has_times_of_its_own_and_no_devices);
	tcase_add_test(tc, a_played_trace_is_a_machine_that_nobody_interrupts);
	tcase_add_test(tc, a_run_that_is_cut_says_how_far_it_came);
	tcase_add_loop_test(tc, latency_adds_to_the_handling_of_the_exit_exactly, 0,
			    (int)(sizeof(mixes) / sizeof(mixes[0])));
	tcase_add_test(tc, a_latency_ends_at_the_next_cycle);
	tcase_add_test(tc, an_access_is_the_devices_own);
	tcase_add_test(tc, devices_that_take_no_time_leave_the_counts_alone);
	tcase_add_test(tc, weights_share_out_the_accesses);
	tcase_add_test(tc, the_report_has_a_table_of_devices);
	tcase_add_loop_test(tc, a_wrong_device_is_refused_in_one_line, 0,
			    (int)(sizeof(bad_devices) / sizeof(bad_devices[0])));
	tcase_add_test(tc, an_interrupt_and_a_kick_from_outside_leave_the_guest);
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
