/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of el2sim trace, on the shipped sample and on traces that are counted by hand. */
#include <stdarg.h>
#include <stdlib.h>

#include "sim/trace/cmd_trace.h"
#include "tests/suite.h"
#include "tests/traces_util.h"
#include "traces/writer.h"

#define GOLDEN  EL2SIM_SOURCE_DIR "/tests/golden/"
#define SHIPPED "traces/samples/linux-6.12-vhe-mixed-4v2p.e2t" /* from the top of the tree: reports name it */

/* Run `trace ARGS...` (NULL-terminated). */
static int run(struct err *e, const char *first, ...)
{
	char *argv[16] = { NULL };
	va_list ap;
	int argc = 0, rc;

	argv[argc++] = xstrdup("trace");
	va_start(ap, first);
	for (const char *s = first; s != NULL; s = va_arg(ap, const char *))
		argv[argc++] = xstrdup(s);
	va_end(ap);
	*e = (struct err){ 0 };
	rc = cmd_trace(argc, argv, e);
	while (argc > 0)
		free(argv[--argc]);
	return rc;
}

/* Reports of the sample; EL2SIM_BLESS=1 rewrites them. */
static const struct {
	const char *golden, *command, *option, *value;
} reports[] = {
	{ "trace-info.txt", "info", "--format", "text" },
	{ "trace-info.json", "info", "--format", "json" },
	{ "trace-stat.txt", "stat", "--interval", "residency" },
	{ "trace-stat-handling.txt", "stat", "--interval", "handling" },
	{ "trace-stat-vcpu.txt", "stat", "--by", "vcpu" },
	{ "trace-stat.csv", "stat", "--format", "csv" },
};

START_TEST(reports_on_the_sample_are_the_blessed_ones)
{
	char *out = scratch("report");

	for (size_t i = 0; i < sizeof(reports) / sizeof(reports[0]); i++) {
		struct str path = STR_INIT, got;
		struct err e;

		str_addf(&path, GOLDEN "%s", reports[i].golden);
		ck_assert_msg(run(&e, reports[i].command, SHIPPED, reports[i].option,
				  reports[i].value, "-o", out, NULL) == 0,
			      "%s", e.text);
		got = slurp(out);
		same_as_blessed(str_get(&path), &got, reports[i].command);
		str_free(&got);
		str_free(&path);
	}
	ck_assert_int_eq(remove(out), 0);
	free(out);
}
END_TEST

static void add(struct tw *w, enum tr_type type, uint64_t ts, int32_t pid, uint64_t ret,
		uint64_t ec)
{
	struct tr_event ev = {
		.ts_ns = ts, .pid = pid, .type = (uint8_t)type, .comm = tw_string(w, "v", 1)
	};
	struct err e = { 0 };

	if (type == TR_kvm_exit) {
		ev.arg[TRA_kvm_exit_ret] = ret;
		ev.arg[TRA_kvm_exit_esr_ec] = ec;
	}
	ck_assert_int_eq(tw_add(w, &ev, &e), 0);
}

/* Two vCPUs that interleave: residencies 100, 300 (HVC64) and 50 (IRQ); handling 400 (HVC64) and
 * 1000 (IRQ). */
static void write_hand_made(const char *path)
{
	struct tr_info info = { 0 };
	struct err e = { 0 };
	struct tw *w = tw_create(path, &e);

	ck_assert_ptr_nonnull(w);
	add(w, TR_kvm_exit, 900, 1, 2, 0x16); /* its entry was before the trace */
	add(w, TR_kvm_entry, 1000, 1, 0, 0);
	add(w, TR_kvm_entry, 1050, 2, 0, 0);
	add(w, TR_kvm_exit, 1100, 1, 2, 0x16);
	add(w, TR_kvm_exit, 1100, 2, 0, 0);
	add(w, TR_kvm_entry, 1500, 1, 0, 0);
	add(w, TR_kvm_exit, 1800, 1, 2, 0x16);
	add(w, TR_kvm_entry, 2100, 2, 0, 0);
	ck_assert_int_eq(tw_finish(w, &info, NULL, &e), 0);
}

START_TEST(stat_times_each_vcpu_on_its_own)
{
	char *path = scratch("hand.e2t"), *out = scratch("hand.csv");
	struct str got;
	struct err e;

	write_hand_made(path);
	ck_assert_int_eq(run(&e, "stat", path, "--format", "csv", "-o", out, NULL), 0);
	got = slurp(out);
	ck_assert_msg(strstr(str_get(&got), "HVC64,2,66.67,88.89,0.100,0.300,0.200,50.00") != NULL,
		      "%s", got.s);
	ck_assert_msg(strstr(str_get(&got), "IRQ,1,33.33,11.11,0.050,0.050,0.050,0.00") != NULL,
		      "%s", got.s);
	ck_assert_msg(strstr(str_get(&got), "1 entries or exits have no partner") != NULL, "%s",
		      got.s);
	str_free(&got);
	ck_assert_int_eq(
		run(&e, "stat", path, "--interval", "handling", "--format", "csv", "-o", out, NULL),
		0);
	got = slurp(out);
	ck_assert_msg(strstr(str_get(&got), "HVC64,2,66.67,33.33,0.100,0.400,0.250,") != NULL, "%s",
		      got.s);
	ck_assert_msg(strstr(str_get(&got), "IRQ,1,33.33,66.67,1.000,1.000,1.000,0.00") != NULL,
		      "%s", got.s);
	str_free(&got);
	(void)remove(path);
	(void)remove(out);
	free(path);
	free(out);
}
END_TEST

/* Number of records that a cut leaves of the sample. */
static size_t cut(const char *option, const char *value, const char *option2, const char *value2)
{
	char *out = scratch("cut.e2t");
	struct whole w;
	struct err e;
	size_t n;

	ck_assert_msg(run(&e, "cut", SAMPLE, "-o", out, option, value, option2, value2, NULL) == 0,
		      "%s", e.text);
	w = load(out);
	n = w.n;
	unload(&w);
	ck_assert_int_eq(remove(out), 0);
	free(out);
	return n;
}

START_TEST(a_cut_holds_what_was_asked_for)
{
	struct whole w = load(SAMPLE);
	size_t time = 0, cpu = 0, pid = 0;

	for (size_t i = 0; i < w.n; i++) {
		const struct tr_event *ev = &w.ev[i];
		bool about = ev->pid == 223;

		for (unsigned f = 0; f < tr_field_count((enum tr_type)ev->type); f++) {
			const char *name = tr_field_name((enum tr_type)ev->type, f);

			if (strstr(name, "pid") != NULL && ev->arg[f] == 223)
				about = true;
		}
		pid += about;
		cpu += ev->cpu == 1;
		time += ev->ts_ns >= 12800000000 && ev->ts_ns <= 12900000000;
	}
	ck_assert_uint_eq(cut("--from", "12.8", "--to", "12.9"), time);
	ck_assert_uint_eq(cut("--cpu", "1", NULL, NULL), cpu);
	ck_assert_uint_eq(cut("--cpu", "1", "--cpu", "0"), w.n);
	ck_assert_uint_eq(cut("--pid", "223", NULL, NULL), pid);
	ck_assert_uint_eq(cut("--events", "17", NULL, NULL), 17);
	ck_assert_uint_eq(cut("--events", "0", NULL, NULL), 0);
	ck_assert_uint_eq(cut("--from", "99", NULL, NULL), 0);
	unload(&w);
}
END_TEST

START_TEST(a_cut_of_everything_keeps_every_record)
{
	char *out = scratch("all.e2t");
	struct whole a = load(SAMPLE), b;
	struct err e;

	ck_assert_int_eq(run(&e, "cut", SAMPLE, "-o", out, NULL), 0);
	b = load(out);
	ck_assert_uint_eq(a.n, b.n);
	assert_same(&a, 0, &b, TS_EXACT, "cut");
	unload(&a);
	unload(&b);
	(void)remove(out);
	free(out);
}
END_TEST

START_TEST(dump_and_import_of_a_cut_give_the_same_bytes)
{
	char *part = scratch("part.e2t"), *text = scratch("part.txt"),
	     *again = scratch("part2.e2t");
	char *summary = scratch("summary.txt");
	struct str a, b;
	struct err e;

	ck_assert_int_eq(run(&e, "cut", SAMPLE, "--from", "12.9", "-o", part, NULL), 0);
	ck_assert_int_eq(run(&e, "dump", part, "-o", text, NULL), 0);
	ck_assert_ptr_nonnull(
		freopen(summary, "w", stdout)); /* the summary is not the test's output */
	ck_assert_msg(run(&e, "import", text, "-o", again, NULL) == 0, "%s", e.text);
	a = slurp(part);
	b = slurp(again);
	ck_assert_uint_eq(a.len, b.len);
	ck_assert_int_eq(memcmp(a.s, b.s, a.len), 0);
	str_free(&a);
	str_free(&b);
	(void)remove(part);
	(void)remove(text);
	(void)remove(again);
	(void)remove(summary);
	free(part);
	free(text);
	free(again);
	free(summary);
}
END_TEST

START_TEST(every_command_has_help_and_wants_a_file)
{
	char *help = scratch("help.txt");

	ck_assert_ptr_nonnull(freopen(help, "w", stdout));
	for (size_t i = 0; i < cmd_trace_set.n; i++) {
		struct err e;

		ck_assert_int_eq(run(&e, cmd_trace_set.rows[i].name, "--help", NULL), -1);
		ck_assert_int_eq(e.code, ERR_NONE);
		ck_assert_int_eq(run(&e, cmd_trace_set.rows[i].name, NULL), -1);
		ck_assert_int_eq(e.code, ERR_USAGE);
	}
	(void)remove(help);
	free(help);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cmd_trace");
	TCase *tc = tcase_create("trace");

	if (chdir(EL2SIM_SOURCE_DIR) != 0)
		return 1;
	tcase_add_test(tc, reports_on_the_sample_are_the_blessed_ones);
	tcase_add_test(tc, stat_times_each_vcpu_on_its_own);
	tcase_add_test(tc, a_cut_holds_what_was_asked_for);
	tcase_add_test(tc, a_cut_of_everything_keeps_every_record);
	tcase_add_test(tc, dump_and_import_of_a_cut_give_the_same_bytes);
	tcase_add_test(tc, every_command_has_help_and_wants_a_file);
	suite_add_tcase(s, tc);
	return suite_status(s);
}
