/* SPDX-License-Identifier: Apache-2.0 */
/* Machines under SystemC (sim/systemc) against the same machines without it. */
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "sim/lib/machine.h"
#include "sim/base/str.h"
#include "tests/shipped.h"
#include "tests/suite.h"
#include "tests/systemc/vcd.h"
#include "tests/traces_util.h"

#define OVERCOMMIT "configs/experiment/overcommit.ini"
#define PLATFORM   "configs/experiment/tlm-platform.ini"
#define NVHE       " --switch.model=linux-6.12-nvhe"
/* A cycle is a nanosecond, exits come at fixed intervals, nothing interrupts. */
#define QUIET                                                                                      \
	" --machine.clock=1GHz --workload.law=constant --workload.timer_hz=0 --host.tick_hz=1"     \
	" --host.sched=pinned --machine.vcpus=2 --mix.wfi=0 transfer=0"

/* What a command prints, errors too; its exit status. */
static char *output(const char *command, int *status)
{
	struct str out = STR_INIT, line = STR_INIT;
	char part[4096];
	FILE *f;
	size_t n;

	str_addf(&line, "%s 2>&1", command);
	f = popen(str_get(&line), "r");
	ck_assert_ptr_nonnull(f);
	while ((n = fread(part, 1, sizeof(part), f)) != 0)
		str_addn(&out, part, n);
	*status = pclose(f);
	*status = WIFEXITED(*status) ? WEXITSTATUS(*status) : -1;
	str_free(&line);
	if (out.s == NULL)
		str_add(&out, "");
	return out.s;
}

static char *well(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *well(const char *format, ...)
{
	char command[2048], *out;
	int status;
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(command, sizeof(command), format, ap);
	va_end(ap);
	out = output(command, &status);
	ck_assert_msg(status == 0, "%s: %d: %s", command, status, out);
	return out;
}

static void expect_same(char *got, char *want)
{
	ck_assert_str_eq(got, want);
	free(got);
	free(want);
}

/* ---- the same bytes ---- */

static const char *const quanta[] = {"0", "1000", "333333"}; /* ns */

START_TEST(every_shipped_configuration_reports_the_same_under_systemc)
{
	struct shipped s = shipped_runs();

	for (unsigned i = 0; i < s.n; i++) {
		const char *more = strstr(s.path[i], "workload") != NULL ? NVHE : "";

		expect_same(well(SC_RUN " %s%s --quantum=%s --run.duration=4000", s.path[i], more,
				 quanta[_i]),
			    well(EL2SIM " run %s%s --run.duration=4000", s.path[i], more));
	}
}
END_TEST

START_TEST(counting_is_detailed_and_two_runs_are_one_under_systemc)
{
	char *a = well(SC_RUN " " OVERCOMMIT " --run.duration=2000 --format=csv");

	expect_same(
		well(SC_RUN " " OVERCOMMIT " --run.duration=2000 --format=csv"),
		well(SC_RUN " " OVERCOMMIT " --run.duration=2000 --format=csv --run.counting=no"));
	expect_same(well(EL2SIM " run " OVERCOMMIT " --run.duration=2000 --format csv"), a);
}
END_TEST

START_TEST(machines_side_by_side_in_one_simulation_are_those_alone)
{
	static const char *const files[] = {OVERCOMMIT, PLATFORM, OVERCOMMIT};
	struct str want = STR_INIT;

	for (unsigned i = 0; i < 3; i++) {
		char *one = well(EL2SIM " run %s --run.duration=1500", files[i]);

		str_add(&want, one);
		free(one);
	}
	expect_same(well(SC_RUN " %s %s %s --quantum=%s --run.duration=1500", files[0], files[1],
			 files[2], quanta[_i]),
		    want.s);
}
END_TEST

START_TEST(a_played_trace_is_the_same_under_systemc)
{
	static const char job[] = "configs/experiment/linux-6.12-vhe-n1.ini --host.sched=recorded";

	expect_same(well(SC_RUN " %s --quantum=%s", job, quanta[_i]), well(EL2SIM " run %s", job));
}
END_TEST

START_TEST(the_json_names_the_same_command)
{
	expect_same(
		well(SC_RUN " " OVERCOMMIT " --machine.vcpus=5 --run.duration=500 --format=json"),
		well(EL2SIM " run " OVERCOMMIT
			    " --machine.vcpus=5 --run.duration=500 --format json"));
}
END_TEST

/* ---- the platform ---- */

struct target {
	uint64_t takes; /* ps */
};

static uint64_t takes(void *ctx, struct el2sim *m, const struct el2sim_access *a)
{
	(void)m;
	(void)a;
	return ((const struct target *)ctx)->takes;
}

static void fine(int rc, const struct el2sim_error *e)
{
	ck_assert_msg(rc == 0, "%s", e->text);
}

/* The platform's machine with devices that answer at once: its report as JSON. */
static char *plain_platform(char *overrides, uint64_t uart_ns, uint64_t dma_ns)
{
	struct target uart = {uart_ns * 1000}, dma = {dma_ns * 1000};
	const struct el2sim_device d[] = {
		{"uart", 0x09000000, 0x1000, 0, 0, EL2SIM_IN_VMM, 0, takes, &uart},
		{"dma", 0x0a000000, 0x1000, 0, 1, 0, 0, takes, &dma}};
	struct el2sim *m = el2sim_new();
	struct el2sim_error e;
	size_t len = 0;
	char *text = NULL;

	fine(el2sim_load(m, PLATFORM, &e), &e);
	for (char *w = strtok(overrides, " "); w != NULL; w = strtok(NULL, " "))
		fine(el2sim_set(m, w, &e), &e);
	fine(el2sim_elaborate(m, &e), &e);
	for (unsigned i = 0; i < 2; i++)
		fine(el2sim_add_device(m, &d[i], &e), &e);
	fine(el2sim_run_until(m, EL2SIM_NEVER, &e), &e);
	fine(el2sim_finish(m, &e), &e);
	fine(el2sim_report_text(m, "json", &text, &len, &e), &e);
	el2sim_free(m);
	return text;
}

static unsigned draw(uint64_t *s, unsigned from, unsigned to)
{
	*s = *s * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return from + (unsigned)((*s >> 33) % (to - from + 1));
}

/* Targets that wait, and run ahead or not, are what functions that return a number are. */
START_TEST(random_platforms_are_those_of_c_at_every_quantum)
{
	uint64_t s = (uint64_t)_i * 7919 + 3;
	unsigned uart = draw(&s, 0, 3000), dma = draw(&s, 0, 1) * draw(&s, 0, 60000);
	char overrides[512];
	char copy[512];

	(void)snprintf(overrides, sizeof(overrides),
		       "--run.seed=%d --run.duration=3000 --machine.vcpus=%u --machine.pcpus=%u "
		       "--workload.exits_per_s=%u --host.tick_hz=%u --workload.timer_hz=%u "
		       "--host.slice=%u --mix.mmio_gicd_write=%u --host.sched=%s",
		       _i, draw(&s, 2, 9), draw(&s, 1, 4), draw(&s, 1000, 200000),
		       draw(&s, 1, 20000), draw(&s, 0, 4000), draw(&s, 50, 2000), draw(&s, 0, 6),
		       draw(&s, 0, 1) != 0 ? "fair" : "pinned");
	for (unsigned q = 0; q < 3; q++) {
		strcpy(copy, overrides);
		expect_same(well(SC_PLATFORM " " PLATFORM
					     " transfer=0 uart=%u dma=%u quantum=%s format=json %s",
				 uart, dma, quanta[q], overrides),
			    plain_platform(copy, uart, dma));
	}
}
END_TEST

/* Handling of a device's exits, mean and longest, ns: in the last columns of the CSV. */
static void handling(const char *options, const char *name, uint64_t *mean, uint64_t *max)
{
	char *csv = well(SC_PLATFORM " " PLATFORM QUIET " format=csv %s", options), start[32];
	unsigned long long v[3];
	char *line, *at;

	(void)snprintf(start, sizeof(start), "\n%s,", name);
	line = strstr(csv, start);
	ck_assert_msg(line != NULL, "%s", csv);
	*strchr(line + 1, '\n') = '\0';
	at = line + strlen(line);
	for (unsigned comma = 0; comma < 3; at--)
		comma += at[-1] == ',';
	ck_assert_int_eq(sscanf(at + 1, "%llu,%llu,%llu", &v[0], &v[1], &v[2]), 3);
	*mean = v[0];
	*max = v[2];
	free(csv);
}

START_TEST(the_targets_latency_is_in_the_handling_of_its_exits_to_the_nanosecond)
{
	static const unsigned more[] = {1, 777, 4000, 100000};
	static const char *const names[] = {"uart", "dma"};
	static const char *const mixes[] = {
		"--mix.mmio_write_user=1 --mix.mmio_read_user=0 --mix.mmio_ioeventfd=0",
		"--mix.mmio_write_user=0 --mix.mmio_read_user=0 --mix.mmio_ioeventfd=1"};

	for (unsigned d = _i == 0 ? 0 : 1; d < 2; d++) { /* the UART is the VMM's only */
		char options[256];
		uint64_t mean, max, mean0, max0;

		(void)snprintf(options, sizeof(options), "uart=0 dma=0 %s", mixes[_i]);
		handling(options, names[d], &mean0, &max0);
		ck_assert_uint_eq(mean0, max0); /* nothing comes between */
		for (unsigned i = 0; i < 4; i++) {
			(void)snprintf(options, sizeof(options), "uart=%u dma=%u quantum=%s %s",
				       more[i], more[i], quanta[i % 3], mixes[_i]);
			handling(options, names[d], &mean, &max);
			ck_assert_uint_eq(mean, mean0 + more[i]);
			ck_assert_uint_eq(max, mean0 + more[i]);
		}
	}
}
END_TEST

/* The transfers' interrupts: as many as the targets started, but for those in flight at the end. */
START_TEST(interrupts_of_a_target_reach_its_vcpus)
{
	char *with = well(SC_PLATFORM " " PLATFORM
				      " --workload.timer_hz=0 --mix.wfi=0 transfer=20000"),
	     *without =
		     well(SC_PLATFORM " " PLATFORM " --workload.timer_hz=0 --mix.wfi=0 transfer=0"),
	     *at;
	unsigned long long n = 0, transfers = 0;

	at = strstr(with, "\n  injected ");
	ck_assert_msg(at != NULL && sscanf(at, " injected %llu", &n) == 1, "%s", with);
	at = strstr(with, "dma: ");
	ck_assert_msg(at != NULL && sscanf(at, "dma: %llu transfers", &transfers) == 1, "%s", with);
	ck_assert_uint_gt(n, 20);
	ck_assert_uint_le(n, transfers);
	at = strstr(without, "\n  injected ");
	ck_assert_msg(at != NULL && strspn(at + 11, " ") == strcspn(at + 11, "."), "%s", without);
	free(with);
	free(without);
}
END_TEST

START_TEST(a_simulation_that_stops_early_is_the_shorter_run)
{
	char *cut = well(SC_RUN " " OVERCOMMIT " --run.duration=700 --format=csv"),
	     *stopped = well(SC_PLATFORM " " PLATFORM " transfer=0 stop=1500000 format=csv"),
	     *shorter = well(SC_PLATFORM " " PLATFORM " transfer=0 --run.duration=1500 format=csv");

	ck_assert_ptr_nonnull(strstr(cut, "700"));
	free(cut);
	expect_same(stopped, shorter);
}
END_TEST

/* ---- the trace ---- */

/* The number of an activity in the file's comment. */
static unsigned numbered(const struct vcd *v, const char *name)
{
	char word[32];
	const char *at;

	(void)snprintf(word, sizeof(word), "=%s ", name);
	at = strstr(v->comments, word);
	ck_assert_msg(at != NULL, "no %s in %s", name, v->comments);
	while (at[-1] >= '0' && at[-1] <= '9')
		at--;
	return (unsigned)strtoul(at, NULL, 10);
}

/* Share of a pCPU's time in the report, in thousandths of it. */
static double share(const char *json, const char *table, unsigned row, const char *key)
{
	const char *at = strstr(json, table);
	char word[32];

	(void)snprintf(word, sizeof(word), "\"%s\": ", key);
	ck_assert_ptr_nonnull(at);
	at = strstr(at, "\"rows\"");
	for (unsigned i = 0; at != NULL && i <= row; i++)
		at = strstr(at + 1, word);
	ck_assert_msg(at != NULL, "no %s", key);
	return strtod(at + strlen(word), NULL) * 10;
}

static void check_trace(const char *file, const char *json, uint64_t end)
{
	static const char *const activities[] = {"guest", "user", "idle"};
	struct str text = slurp(file);
	struct vcd v;

	vcd_read(&v, text.s);
	ck_assert(v.ps);
	ck_assert_str_eq(v.scope, "host");
	ck_assert_uint_eq(v.n, 2 + 4);
	ck_assert_uint_eq(v.now, end);
	ck_assert_uint_gt(v.times, 1000);
	for (unsigned i = 0; i < v.n; i++) {
		struct vcd_var *x = &v.var[i];

		ck_assert_uint_gt(x->changes, 50);
		x->time[x->value] += v.now - x->since;
		for (unsigned a = 0; a < 3 && strncmp(x->name, "pcpu", 4) == 0; a++) {
			double got =
				1000.0 * (double)x->time[numbered(&v, activities[a])] / (double)end;
			double want = share(json, "\"pcpus\"", i, activities[a]);

			ck_assert_msg(got - want < 1.01 && want - got < 1.01,
				      "%s: %s: %.2f, want %.2f", x->name, activities[a], got, want);
		}
	}
	str_free(&text);
}

START_TEST(the_trace_is_vcd_and_shows_where_the_report_says_time_goes)
{
	char *name = scratch("phases");
	struct str file = STR_INIT;
	char *bare = well(SC_PLATFORM " " PLATFORM " format=json"), *json;

	json = well(SC_PLATFORM " " PLATFORM " format=json trace=%s", name);
	str_addf(&file, "%s.vcd", name);
	check_trace(str_get(&file), json, UINT64_C(20000000000));
	expect_same(json, bare); /* looking changes nothing */
	(void)unlink(str_get(&file));
	str_free(&file);
	free(name);
}
END_TEST

/* gtkwave's converters, where they are installed: the value changes of both files. */
START_TEST(gtkwave_reads_the_trace)
{
	char *name = scratch("gtkwave"), *count[2];
	int status;

	free(output("command -v vcd2fst && command -v fst2vcd", &status));
	if (status != 0) {
		printf("gtkwave_reads_the_trace: skipped, want vcd2fst and fst2vcd (Debian: "
		       "gtkwave)\n");
		free(name);
		return;
	}
	free(well(SC_PLATFORM " " PLATFORM " trace=%s", name));
	free(well("vcd2fst -v %s.vcd -f %s.fst && fst2vcd -f %s.fst -o %s.back", name, name, name,
		  name));
	count[0] = well("sed '/dumpvars/,/end/d' %s.vcd | grep -c '^b'", name);
	count[1] = well("sed '/enddefinitions/,/^#/d' %s.back | grep -c '^b'", name);
	ck_assert_int_gt(atoi(count[0]), 1000);
	ck_assert_int_eq(atoi(count[0]), atoi(count[1]));
	free(count[0]);
	free(count[1]);
	free(well("rm -f %s.vcd %s.fst %s.back", name, name, name));
	free(name);
}
END_TEST

/* ---- errors ---- */

static const struct {
	const char *command, *says;
	int status;
} bad[] = {
	{SC_RUN " none.ini", "el2sim-systemc: none.ini: could not be read", 3},
	{SC_RUN " " OVERCOMMIT " --machine.vcpus=0", "command line: [machine] vcpus = 0", 3},
	{SC_RUN " configs/experiment/eager-vs-deferred.ini", "says what to compare", 2},
	{SC_RUN " configs/machine/qemu-n1.ini", "neither a trace nor a workload: set [run] trace", 3},
	{SC_RUN " " OVERCOMMIT " --format=pdf --run.duration=100", "no format \"pdf\"", 2},
	{SC_RUN, "usage: el2sim-systemc CONFIG...", 2},
	{SC_RUN " " OVERCOMMIT " --quantum=-1", "usage: el2sim-systemc CONFIG...", 2},
	{SC_PLATFORM " " PLATFORM " dma=-1", "usage: el2sim-platform CONFIG", 2},
	{SC_PLATFORM " " PLATFORM " quantum=10us", "usage: el2sim-platform CONFIG", 2},
	{SC_PLATFORM " " PLATFORM " dmaa=4", "usage: el2sim-platform CONFIG", 2},
	{SC_PLATFORM " " PLATFORM " --machine.vms=1", "device dma: VM 1: want one of 0..0", 2},
	{SC_PLATFORM " " PLATFORM " answer=error",
	 "host.uart: the target answers "
	 "TLM_ADDRESS_ERROR_RESPONSE: want TLM_OK_RESPONSE",
	 5},
	{SC_PLATFORM " " PLATFORM " resolution=1000", "coarser than a picosecond", 2},
};

START_TEST(an_error_is_one_clear_line)
{
	int status;
	char *text;

#ifdef __SANITIZE_ADDRESS__ /* does not know the stacks that SystemC's threads are thrown out of   \
			     */
	if (bad[_i].status == EL2SIM_MODEL)
		return;
#endif
	text = output(bad[_i].command, &status);
	ck_assert_msg(strstr(text, bad[_i].says) != NULL, "%s", text);
	ck_assert_int_eq(status, bad[_i].status);
	ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
	free(text);
}
END_TEST

START_TEST(a_finer_time_resolution_is_the_same)
{
	expect_same(well(SC_PLATFORM " " PLATFORM " transfer=0 format=csv resolution=0.001"),
		    well(SC_PLATFORM " " PLATFORM " transfer=0 format=csv"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("systemc module");
	TCase *tc = tcase_create("systemc module");

	tcase_add_loop_test(tc, every_shipped_configuration_reports_the_same_under_systemc, 0,
			    (int)(sizeof(quanta) / sizeof(quanta[0])));
	tcase_add_test(tc, counting_is_detailed_and_two_runs_are_one_under_systemc);
	tcase_add_loop_test(tc, machines_side_by_side_in_one_simulation_are_those_alone, 0,
			    (int)(sizeof(quanta) / sizeof(quanta[0])));
	tcase_add_loop_test(tc, a_played_trace_is_the_same_under_systemc, 0,
			    (int)(sizeof(quanta) / sizeof(quanta[0])));
	tcase_add_test(tc, the_json_names_the_same_command);
	tcase_add_loop_test(tc, random_platforms_are_those_of_c_at_every_quantum, 0, 12);
	tcase_add_loop_test(
		tc, the_targets_latency_is_in_the_handling_of_its_exits_to_the_nanosecond, 0, 2);
	tcase_add_test(tc, interrupts_of_a_target_reach_its_vcpus);
	tcase_add_test(tc, a_simulation_that_stops_early_is_the_shorter_run);
	tcase_add_test(tc, the_trace_is_vcd_and_shows_where_the_report_says_time_goes);
	tcase_add_test(tc, gtkwave_reads_the_trace);
	tcase_add_loop_test(tc, an_error_is_one_clear_line, 0, (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_test(tc, a_finer_time_resolution_is_the_same);
	suite_add_tcase(s, tc);
	return suite_status(s);
}
