/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A trace that lacks events is never read as if it had them: what is printed of it are true bounds of what the whole trace
 * gives. Recorded traces are reduced: by types of events, and by spans that a recorder loses.
 */
#include <stdint.h>
#include <string.h>

#include "models/hyp/replay/replay.h"
#include "sim/app/config.h"
#include "tests/bounds_json.h"
#include "tests/suite.h"
#include "traces/writer.h"

#define ROOT EL2SIM_SOURCE_DIR "/"
#define VHE  ROOT "configs/experiment/linux-6.12-vhe-n1.ini"

static const char *const recorded[] = {
	SAMPLE,
	ROOT "tests/data/runs/6.12-vhe-mixed.e2t",
	ROOT "tests/data/runs/6.12-nvhe-mixed.e2t",
	ROOT "tests/data/runs/6.1-vhe-linux.e2t",
};
#define N_RECORDED (int)(sizeof(recorded) / sizeof(recorded[0]))

/* ---- reduced traces ---- */

/* Leave out the types of rows from kvm_userspace_exit on whose bit is set; then lose spans, per_mille of the events begin one. */
static void reduce(const char *from, const char *to, uint64_t rows, unsigned per_mille, uint32_t seed)
{
	struct err e = { ERR_NONE, "" };
	struct tr_reader *r = tr_open(from, &e);
	struct tw *w = tw_create(to, &e);
	struct tr_info info = *tr_info(r);
	unsigned losing = 0;
	struct tr_event ev;

	for (unsigned i = 0; i < TR_TYPE_COUNT; i++)
		info.enabled[i] = TRE_UNKNOWN;
	while (tr_next(r, &ev, &e) == 1) {
		bool out = false;

		for (unsigned i = SIGHT_kvm_userspace_exit; i < SIGHT_COUNT; i++)
			out |= (rows >> (i - SIGHT_kvm_userspace_exit) & 1) != 0 && sight_row((enum sight_id)i)->type == ev.type;
		if (out)
			continue;
		seed = seed * 1664525 + 1013904223;
		if (losing == 0 && (seed >> 8) % 1000 < per_mille)
			losing = 1 + (seed >> 20) % 30;
		if (losing != 0) {
			losing--;
			info.lost++;
			continue;
		}
		ck_assert_int_eq(tw_copy(w, r, &ev, &e), 0);
	}
	ck_assert_int_eq(tw_finish(w, &info, NULL, &e), 0);
	tr_close(r);
}

#define ALL_ROWS ((UINT64_C(1) << (SIGHT_COUNT - SIGHT_kvm_userspace_exit)) - 1)

static uint64_t row_bit(enum sight_id id)
{
	return UINT64_C(1) << (id - SIGHT_kvm_userspace_exit);
}

/* ---- counts ---- */

static struct outcome *replayed(const struct ws_prog *p, const char *path, bool fp, struct bounds **b)
{
	const struct replay_options opt = { .counting = true, .fp = fp ? FP_EACH_LOAD : FP_NEVER, .from = "", .to = "",
					    .bounds = b };
	struct err e = { ERR_NONE, "" };
	struct tr_reader *t = tr_open(path, &e);
	struct outcome *o = replay_run(p, t, &opt, &e);

	ck_assert_msg(o != NULL, "%s", e.text);
	tr_close(t);
	return o;
}

static void within(const char *what, const void *lo, const void *full, const void *hi, size_t bytes, const char *of)
{
	const uint64_t *a = lo, *x = full, *b = hi;

	for (size_t i = 0; i < bytes / sizeof(*x); i++)
		ck_assert_msg(a[i] <= x[i] && (b[i] >= BOUNDS_NONE || x[i] <= b[i]), "%s: %s %zu: %llu is not in %llu..%llu", of,
			      what, i, (unsigned long long)x[i], (unsigned long long)a[i], (unsigned long long)b[i]);
}

#define WITHIN(what, member) within(what, &b->lo.member, &full->member, &b->hi.member, sizeof(full->member), of)

static const struct outcome_vcpu *vcpu_of(const struct outcome *o, int32_t pid)
{
	for (size_t v = 0; v < o->n_vcpu; v++) {
		if (o->vcpu[v].pid == pid)
			return &o->vcpu[v];
	}
	ck_abort_msg("thread %d is in the reduced trace only", (int)pid);
}

static void bounds_hold(const struct bounds *b, const struct outcome *full, const char *of)
{
	WITHIN("total", total);
	WITHIN("phase", phase);
	WITHIN("phase runs", phase_runs);
	WITHIN("account", account);
	WITHIN("loads, puts, entries, exits, user exits, FP traps", n);
	WITHIN("times scheduled out", trace.sched_outs);
	within("op", b->lo.exec, full->exec, b->hi.exec, full->prog->n * sizeof(uint64_t), of);
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		WITHIN(exit_row((enum exit_kind)k)->name, kind[k].count);
		WITHIN(exit_row((enum exit_kind)k)->name, kind[k].more_scheds);
		WITHIN(exit_row((enum exit_kind)k)->name, kind[k].totals);
	}
	for (size_t v = 0; v < b->lo.n_vcpu; v++) {
		const struct outcome_vcpu *x = vcpu_of(full, b->lo.vcpu[v].pid), *l = &b->lo.vcpu[v], *h = &b->hi.vcpu[v];

		within("vCPU", &l->totals, &x->totals, &h->totals, sizeof(x->totals), of);
		within("vCPU counts", &l->n, &x->n, &h->n, sizeof(x->n), of);
		within("vCPU residency", &l->guest_ns, &x->guest_ns, &h->guest_ns, sizeof(x->guest_ns), of);
	}
}

static struct ws_prog *program(const char *path, struct config *c)
{
	const struct arg_list none = { NULL, 0 };
	struct err e = { ERR_NONE, "" };
	struct ws_prog *p = config_load(c, path, &none, &e) == 0 ? config_compile(c, false, &e) : NULL;

	ck_assert_msg(p != NULL, "%s", e.text);
	return p;
}

static const char *const programs[] = {
	VHE,
	ROOT "configs/experiment/linux-4.15-vhe-n1.ini",
	ROOT "configs/experiment/linux-6.12-nvhe-n1.ini",
};

/* Each program, FP used or not, on one recorded trace that lacks these rows, or loses spans. */
static void reduced_in_every_way(const char *trace, const uint64_t *rows, size_t n, unsigned per_mille)
{
	const size_t n_programs = strcmp(trace, SAMPLE) == 0 ? sizeof(programs) / sizeof(programs[0]) : 1;
	char *path = scratch("reduced.e2t");

	for (size_t k = 0; k < n_programs; k++) {
		struct config c;
		struct ws_prog *p = program(programs[k], &c);

		for (unsigned fp = 0; fp < 2; fp++) {
			struct bounds *none = NULL;
			struct outcome *full = replayed(p, trace, fp != 0, &none);

			for (size_t i = 0; i < n; i++) {
				struct bounds *b = NULL;
				struct outcome *o;
				char of[256];

				(void)snprintf(of, sizeof(of), "%s under %s, fp %u, rows %llx, %u lost in 1000", trace, programs[k],
					       fp, (unsigned long long)rows[i], per_mille);
				reduce(trace, path, rows[i], per_mille, (uint32_t)i * 7919 + fp);
				o = replayed(p, path, fp != 0, &b);
				ck_assert_ptr_nonnull(b);
				bounds_hold(b, full, of);
				bounds_free(b);
				replay_free(o);
			}
			bounds_free(none);
			replay_free(full);
		}
		ws_free(p);
		config_free(&c);
	}
	(void)remove(path);
	free(path);
}

/* Each row alone, the rows that decide most in every way, all of them, and some others. */
START_TEST(every_count_of_a_trace_without_types_of_events_bounds_the_whole)
{
	uint64_t rows[64];
	size_t n = 0;
	uint32_t seed = 12345;

	for (unsigned i = 0; i < SIGHT_COUNT - SIGHT_kvm_userspace_exit; i++)
		rows[n++] = UINT64_C(1) << i;
	for (unsigned i = 0; i < 8; i++) /* the first three in every way */
		rows[n++] = i != 0 ? i : ALL_ROWS;
	for (unsigned i = 0; i < 8; i++) {
		seed = seed * 1664525 + 1013904223;
		rows[n++] = (seed >> 8 & ALL_ROWS) | 1;
	}
	reduced_in_every_way(recorded[_i], rows, n, 0);
}
END_TEST

START_TEST(every_count_of_a_trace_that_lost_spans_bounds_the_whole)
{
	const uint64_t rows[] = { 0, 1, ALL_ROWS };

	reduced_in_every_way(recorded[_i], rows, sizeof(rows) / sizeof(rows[0]), 1);
	reduced_in_every_way(recorded[_i], rows, sizeof(rows) / sizeof(rows[0]), 25);
}
END_TEST

START_TEST(a_trace_with_everything_has_no_bounds)
{
	struct config c;
	struct ws_prog *p = program(VHE, &c);
	struct bounds *b = NULL;
	struct outcome *o = replayed(p, SAMPLE, false, &b);

	ck_assert_ptr_null(b);
	replay_free(o);
	ws_free(p);
	config_free(&c);
}
END_TEST

/* ---- what is printed ---- */

static const char *const commands[] = {
	"el2sim run " VHE,
	"el2sim run " ROOT "configs/experiment/linux-6.12-nvhe-n1.ini --run.fp_use=each-load",
	"el2sim compare " ROOT "configs/experiment/eager-vs-deferred.ini",
	"el2sim compare " VHE " --vary policy.el1=eager,deferred",
};

START_TEST(every_figure_that_is_printed_bounds_that_of_the_whole_trace)
{
	const uint64_t rows[] = { ALL_ROWS, row_bit(SIGHT_kvm_userspace_exit) | row_bit(SIGHT_sched_switch),
				  row_bit(SIGHT_kvm_guest_fault) | row_bit(SIGHT_kvm_mmio),
				  ALL_ROWS & ~row_bit(SIGHT_kvm_userspace_exit) };
	char *path = scratch("printed.e2t");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		reduce(SAMPLE, path, rows[i], 0, 0);
		ck_assert_uint_gt(report_fits(commands[_i], path, SAMPLE), 50);
	}
	for (uint32_t seed = 1; seed < 3; seed++) {
		reduce(SAMPLE, path, seed == 2 ? ALL_ROWS : 0, seed == 1 ? 1 : 20, seed);
		ck_assert_uint_gt(report_fits(commands[_i], path, SAMPLE), 20);
	}
	(void)remove(path);
	free(path);
}
END_TEST

/* Op by op: the same rows in the same order. */
START_TEST(counts_of_ops_bound_those_of_the_whole_trace)
{
	static const char *const columns[] = { "times", "all_cycles" };
	char *path = scratch("ops.e2t");
	struct str line = STR_INIT;
	json_t *a, *b, *rows;
	size_t n = 0;

	reduce(SAMPLE, path, ALL_ROWS, 0, 0);
	str_addf(&line, "el2sim explain " VHE " --counts --trace %s", path);
	a = json_of(str_get(&line));
	b = json_of("el2sim explain " VHE " --counts");
	rows = json_object_get(json_object_get(json_object_get(a, "tables"), "ops"), "rows");
	ck_assert_uint_gt(json_array_size(rows), 100);
	for (size_t i = 0; i < json_array_size(rows); i++) {
		json_t *whole = json_array_get(json_object_get(json_object_get(json_object_get(b, "tables"), "ops"), "rows"), i);

		for (size_t k = 0; k < 2; k++) {
			json_t *v = json_object_get(json_array_get(rows, i), columns[k]), *w = json_object_get(whole, columns[k]);
			const char *bound = bound_of(json_object_get(json_object_get(a, "tables"), "ops"), i, columns[k]);

			if (!json_is_number(v))
				continue;
			ck_assert_msg(fits(json_number_value(v), bound, json_is_number(w) ? json_number_value(w) : 0), "row %zu %s: %g%s",
				      i, columns[k], json_number_value(v), bound);
			n += bound[0] != '\0';
		}
	}
	ck_assert_uint_gt(n, 50);
	json_decref(a);
	json_decref(b);
	(void)remove(path);
	str_free(&line);
	free(path);
}
END_TEST

/* ---- the headline, and what to record ---- */

static struct str printed(const char *command, const char *trace)
{
	struct str line = STR_INIT, out;

	str_addf(&line, "%s --trace %s", command, trace);
	out = output_of(str_get(&line));
	str_free(&line);
	return out;
}

static void says(const struct str *out, const char *part, bool yes)
{
	ck_assert_msg((strstr(str_get(out), part) != NULL) == yes, "%s \"%s\":\n%s", yes ? "want" : "do not want", part,
		      str_get(out));
}

START_TEST(entries_and_exits_alone_give_lower_bounds_and_tell_what_to_record)
{
	char *path = scratch("entry-exit.e2t");
	struct str run, compare;

	reduce(SAMPLE, path, ALL_ROWS, 0, 0);
	run = printed("el2sim run " VHE, path);
	compare = printed("el2sim compare " ROOT "configs/experiment/eager-vs-deferred.ini", path);
	says(&run, "2499 guest exits: at least ", true);
	says(&run, "of them to the VMM:       not known", true);
	says(&run, "this trace lacks kvm_userspace_exit, sched_switch, kvm_mmio,", true);
	says(&run, "trace-cmd record -b 20000 -e kvm -e sched:sched_switch", true);
	says(&run, "conservation", false);
	says(&compare, "4.5x fewer accesses per exit handled in the kernel than 4.15 VHE (24 against 109 for an HVC)", true);
	says(&compare, "whole trace: at most ", true);
	says(&compare, "at most 416.5 exits per vcpu_load", true);
	says(&compare, "perf record -a -m 16M -e 'kvm:*'", true);
	says(&compare, "3.5x", false);
	str_free(&run);
	str_free(&compare);
	(void)remove(path);
	free(path);
}
END_TEST

START_TEST(losses_are_counted_in_the_headline_and_bound_every_count)
{
	char *path = scratch("lost.e2t");
	struct str run, compare;
	struct err e = { ERR_NONE, "" };
	struct tr_reader *r;
	struct str losses = STR_INIT;

	reduce(SAMPLE, path, 0, 20, 1);
	r = tr_open(path, &e);
	ck_assert_uint_gt(tr_info(r)->lost, 1000);
	str_addf(&losses, " of 29,176 events lost by the recorder");
	tr_close(r);
	run = printed("el2sim run " VHE, path);
	compare = printed("el2sim compare " ROOT "configs/experiment/eager-vs-deferred.ini", path);
	says(&run, "=> at least ", true);
	says(&run, str_get(&losses), true);
	says(&run, "every count is a lower bound", true);
	says(&compare, str_get(&losses), true);
	str_free(&run);
	str_free(&compare);
	str_free(&losses);
	(void)remove(path);
	free(path);
}
END_TEST

/* Entries and exits without their other half are a loss, whether or not the recorder says so. */
START_TEST(gaps_between_entries_and_exits_are_found_and_counted)
{
	char *path = scratch("gap.e2t");
	struct err e = { ERR_NONE, "" };
	struct tw *w = tw_create(path, &e);
	struct tr_info info = { .importer = "report" };
	struct tr_event ev = { .ts_ns = 1000, .pid = 7, .comm = tw_string(w, "vm", 2) };
	struct str run;

	for (unsigned i = 0; i < 8; i++) {
		ev.ts_ns += 1000;
		ev.type = i == 4 ? TR_kvm_entry : i % 2 == 0 ? TR_kvm_entry : TR_kvm_exit;
		ev.arg[TRA_kvm_exit_ret] = ev.type == TR_kvm_exit ? 2 : 0;
		ev.arg[TRA_kvm_exit_esr_ec] = ev.type == TR_kvm_exit ? 0x16 : 0;
		if (i != 3) /* an exit is missing */
			ck_assert_int_eq(tw_add(w, &ev, &e), 0);
	}
	ck_assert_int_eq(tw_finish(w, &info, NULL, &e), 0);
	run = printed("el2sim run " VHE, path);
	says(&run, "1 entries or exits without their other half: every count is a lower bound", true);
	says(&run, "=> at least 3 guest exits: at least ", true);
	str_free(&run);
	(void)remove(path);
	free(path);
}
END_TEST

/* Folded stacks cannot mark a bound; what is missing breaks rules that were kept. */
START_TEST(what_a_trace_that_lacks_events_cannot_answer_is_refused)
{
	static const char *const lines[] = { "el2sim run " VHE " --format folded", "el2sim profile " VHE " --format folded",
					     "el2sim run " VHE " --check", "el2sim run " VHE " --flags",
					     "el2sim compare " VHE " --check --vary policy.el1=eager,deferred" };
	char *path = scratch("folded.e2t");

	reduce(SAMPLE, path, 1, 0, 0);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct str line = STR_INIT;
		struct err e;

		str_addf(&line, "%s --trace %s", lines[i], path);
		ck_assert_int_ne(run_command(str_get(&line), NULL, &e), 0);
		ck_assert_int_eq(e.code, ERR_INPUT);
		ck_assert_msg(strstr(e.text, "lacks events (kvm_userspace_exit)") != NULL, "%s", e.text);
		str_free(&line);
	}
	(void)remove(path);
	free(path);
}
END_TEST

START_TEST(a_difference_of_bounds_is_no_difference)
{
	char *path = scratch("diff.e2t");
	struct str line = STR_INIT;
	struct err e;

	reduce(SAMPLE, path, ALL_ROWS, 0, 0);
	str_addf(&line, "el2sim diff " VHE " " ROOT "configs/experiment/linux-4.15-vhe-n1.ini --run.trace=%s --fail-above 1%%", path);
	ck_assert_int_ne(run_command(str_get(&line), NULL, &e), 0); /* nothing is left to gate on: an error, not a pass */
	ck_assert_int_eq(e.code, ERR_USAGE);
	ck_assert_msg(strstr(e.text, "nothing of these reports is marked for a gate") != NULL, "%s", e.text);
	str_free(&line);
	(void)remove(path);
	free(path);
}
END_TEST

/* ---- what a trace shows ---- */

START_TEST(info_says_of_each_event_what_it_shows_and_what_happens_without)
{
	char *path = scratch("info.e2t");
	struct str line = STR_INIT;
	json_t *j, *rows, *row;
	size_t i;

	reduce(SAMPLE, path, row_bit(SIGHT_kvm_mmio), 0, 0);
	str_addf(&line, "el2sim trace info %s", path);
	j = json_of(str_get(&line));
	rows = rows_of(j, "sight");
	ck_assert_uint_eq(json_array_size(rows), SIGHT_COUNT);
	json_array_foreach(rows, i, row) {
		const char *state = json_string_value(json_object_get(row, "state"));

		ck_assert_str_eq(state, i == SIGHT_kvm_mmio ? "no record" : "recorded");
		ck_assert_int_eq(json_is_null(json_object_get(row, "without")), i != SIGHT_kvm_mmio);
	}
	json_decref(j);
	str_free(&line);
	(void)remove(path);
	free(path);
}
END_TEST

START_TEST(doctor_says_in_ten_lines_what_is_there_what_is_missing_and_what_to_record)
{
	char *path = scratch("doctor.txt");
	static const char text[] = "# tracer: nop\n#\n# entries-in-buffer/entries-written: 3/1003   #P:4\n#\n"
				   "  vcpu-1-61 [079] d..1. 8.000100: kvm_entry: PC: 0x0000000040200000\n"
				   "  vcpu-1-61 [079] d..1. 8.000140: kvm_exit: TRAP: HSR_EC: 0x0001 (WFx), PC: 0x0000000040200010\n"
				   "  vcpu-1-61 [079] d..1. 8.000160: kvm_entry: PC: 0x0000000040200000\n";
	struct str line = STR_INIT, out;
	size_t lines = 0;

	spill(path, text, strlen(text));
	str_addf(&line, "el2sim doctor %s", path);
	out = output_of(str_get(&line));
	for (const char *p = str_get(&out); *p != '\0'; p++)
		lines += *p == '\n';
	ck_assert_uint_eq(lines, 10);
	says(&out, "3 events in 0.000060 s: 2 kvm_entry, 1 kvm_exit; 1 vCPU threads on 1 CPUs", true);
	says(&out, "exits:      WFx 1\n", true);
	says(&out, "missing:    kvm_userspace_exit, sched_switch, kvm_mmio,", true);
	says(&out, "lost:       1000 of 1003 events lost by the recorder", true);
	says(&out, "trace-cmd record -b 20000 -e kvm -e sched:sched_switch -e sched:sched_waking", true);
	says(&out, "=> el2sim run replays it; every count is a lower bound, for events were lost", true);
	str_free(&line);
	str_free(&out);
	ck_assert_int_eq(remove(path), 0);
	free(path);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bounds");
	TCase *tc = tcase_create("counts"), *reports = tcase_create("reports");

	tcase_add_loop_test(tc, every_count_of_a_trace_without_types_of_events_bounds_the_whole, 0, N_RECORDED);
	tcase_add_loop_test(tc, every_count_of_a_trace_that_lost_spans_bounds_the_whole, 0, N_RECORDED);
	tcase_add_test(tc, a_trace_with_everything_has_no_bounds);
	tcase_add_loop_test(reports, every_figure_that_is_printed_bounds_that_of_the_whole_trace, 0,
			    (int)(sizeof(commands) / sizeof(commands[0])));
	tcase_add_test(reports, entries_and_exits_alone_give_lower_bounds_and_tell_what_to_record);
	tcase_add_test(reports, losses_are_counted_in_the_headline_and_bound_every_count);
	tcase_add_test(reports, gaps_between_entries_and_exits_are_found_and_counted);
	tcase_add_test(reports, counts_of_ops_bound_those_of_the_whole_trace);
	tcase_add_test(reports, what_a_trace_that_lacks_events_cannot_answer_is_refused);
	tcase_add_test(reports, a_difference_of_bounds_is_no_difference);
	tcase_add_test(reports, info_says_of_each_event_what_it_shows_and_what_happens_without);
	tcase_add_test(reports, doctor_says_in_ten_lines_what_is_there_what_is_missing_and_what_to_record);
	suite_add_tcase(s, tc);
	suite_add_tcase(s, reports);
	return suite_status(s);
}
