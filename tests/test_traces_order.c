/* SPDX-License-Identifier: Apache-2.0 */
/* Traces that are not whole: late records, losses, halves, broken lines, damaged files. */
#include <stdlib.h>

#include "tests/suite.h"
#include "tests/traces_util.h"

/* --- order, broken lines -------------------------------------------------------------------- */

/* Import what stands in text; 0 or -1. The output is removed. */
static int try_text(const struct str *text, bool lenient, struct import_result *res, struct err *e)
{
	char *in = scratch("try.txt"), *out = scratch("try.e2t");
	const struct import_opts opts = { .in = in, .out = out, .lenient = lenient };
	int rc;

	spill(in, text->s, text->len);
	rc = import_twice(&opts, NULL, res, e);
	ck_assert_int_eq(remove(out), rc); /* a failed import leaves nothing */
	ck_assert_int_eq(remove(in), 0);
	free(in);
	free(out);
	return rc;
}

static void add_line(struct str *b, unsigned us)
{
	str_addf(b, "  vmm-1 [000] 1.%06u: kvm_entry: PC: 0x10\n", us);
}

/* What is later than the window holds is sorted in files beside the output. */
START_TEST(records_may_be_late_by_any_number)
{
	for (unsigned late = ORDER_MAX - 1; late <= ORDER_MAX + 1; late++) {
		struct str b = STR_INIT;
		struct import_result res;
		struct err e = { 0 };

		for (unsigned i = 0; i < late; i++)
			add_line(&b, 100 + i);
		add_line(&b, 1);
		ck_assert_int_eq(try_text(&b, false, &res, &e), 0);
		ck_assert_uint_eq(res.info.events, late + 1);
		ck_assert_uint_eq(res.info.first_ns, 1000001000);
		ck_assert_uint_eq(res.info.n_notes, late >= ORDER_MAX);
		if (late >= ORDER_MAX)
			ck_assert_str_eq(res.info.notes[0], "1 of the events were out of the order of time: sorted");
		import_free(&res);
		str_free(&b);
	}
}
END_TEST

/* On one CPU: entries, exits, and other events of tasks, and how often another comes between an entry and its exit. */
static const struct {
	const char *events; /* n: entry, x: exit, s: another event of pid 1; N, X, S: of pid 2 */
	uint64_t mixed;
} mixtures[] = {
	{ "nsxsNSX", 0 }, { "nxSNXs", 0 }, { "nNxX", 2 }, { "nNXx", 1 }, { "nSx", 1 }, { "nSsx", 1 }, { "nSnx", 0 }, { "SnxX", 0 },
};

START_TEST(entries_with_another_task_before_their_exit_are_counted)
{
	for (size_t i = 0; i < sizeof(mixtures) / sizeof(mixtures[0]); i++) {
		const char *h = mixtures[i].events;
		struct import_result res;
		struct str b = STR_INIT;
		struct err e = { 0 };

		for (unsigned k = 0; h[k] != '\0'; k++)
			str_addf(&b, "  vmm-%d [001] 1.%06u: %s\n", h[k] < 'a' ? 2 : 1, 100 + k,
				 strchr("nN", h[k]) != NULL   ? "kvm_entry: PC: 0x10"
				 : strchr("xX", h[k]) != NULL ? "kvm_exit: IRQ"
							      : "kvm_fpu: load");
		ck_assert_int_eq(try_text(&b, false, &res, &e), 0);
		ck_assert_msg(res.info.mixed == mixtures[i].mixed, "%s: %llu", h, (unsigned long long)res.info.mixed);
		import_free(&res);
		str_free(&b);
	}
}
END_TEST

/* More records than a run holds, in the worst order, with texts and equal times. */
START_TEST(a_text_in_reverse_order_comes_out_sorted_and_stable)
{
	const unsigned n = SORT_RUN + ORDER_MAX + 1000;
	char *out = scratch("reverse.e2t");
	struct str b = STR_INIT;
	struct whole w;

	for (unsigned i = 0; i < n; i++)
		str_addf(&b, "  vmm%u-%u [000] %u.%06u: kvm_arm_set_dreg32: t%u: 0x3\n", i % 3, 1 + i % 2,
			 100 + (n - i) / 2 / 1000000, (n - i) / 2 % 1000000, i % 1000);
	import_text(&b, out);
	w = load(out);
	ck_assert_uint_eq(w.n, n);
	for (size_t k = 0; k < n; k++) {
		ck_assert(k == 0 || w.ev[k].ts_ns >= w.ev[k - 1].ts_ns);
		if (k > 0 && w.ev[k].ts_ns == w.ev[k - 1].ts_ns) { /* two lines in a row: the earlier comes first */
			unsigned first = (unsigned)strtoul(tr_string(w.r, (uint32_t)w.ev[k - 1].arg[0]) + 1, NULL, 10);
			unsigned second = (unsigned)strtoul(tr_string(w.r, (uint32_t)w.ev[k].arg[0]) + 1, NULL, 10);

			ck_assert_uint_eq(second, (first + 1) % 1000);
		}
	}
	unload(&w);
	str_free(&b);
	ck_assert_int_eq(remove(out), 0);
	free(out);
}
END_TEST

/* A line of a task that enters, exits, ... and how many of its halves are missing. */
static const struct {
	const char *halves; /* n: entry, x: exit of pid 1; N, X: of pid 2 */
	uint64_t gaps;
} pairings[] = {
	{ "nxnxnx", 0 }, { "xnxn", 0 },   { "nxxnx", 1 }, { "nnx", 1 },
	{ "nNxX", 0 },   { "nNNxxX", 2 }, { "nnnn", 0 },  { "xxX", 0 },
};

START_TEST(an_entry_or_exit_without_its_other_half_is_counted)
{
	for (size_t i = 0; i < sizeof(pairings) / sizeof(pairings[0]); i++) {
		const char *h = pairings[i].halves;
		struct import_result res;
		struct str b = STR_INIT;
		struct err e = { 0 };

		for (unsigned k = 0; h[k] != '\0'; k++) {
			str_addf(&b, "  vmm-%d [00%u] 1.%06u: %s\n", h[k] < 'a' ? 2 : 1, 4 * (k % 2), 100 + k,
				 strchr("nN", h[k]) != NULL ? "kvm_entry: PC: 0x10" : "kvm_exit: IRQ");
		}
		ck_assert_int_eq(try_text(&b, false, &res, &e), 0);
		ck_assert_msg(res.info.gaps == pairings[i].gaps, "%s: %llu", h, (unsigned long long)res.info.gaps);
		ck_assert_uint_eq(res.info.cpus, 5);
		ck_assert_uint_eq(res.info.cpus_used, 2);
		import_free(&res);
		str_free(&b);
	}
}
END_TEST

/* Lines by which recorders say that events are missing. */
static const struct {
	const char *line;
	uint64_t lost, places;
} losses[] = {
	{ "# entries-in-buffer/entries-written: 4/88123   #P:4", 88119, 0 },
	{ "# entries-in-buffer/entries-written: 4/4   #P:4", 0, 0 },
	{ "CPU:2 [LOST 123 EVENTS]", 123, 0 },
	{ "CPU:2 [LOST EVENTS]", 1, 1 },
	{ "CPU:1 [EVENTS DROPPED]", 1, 1 },
	{ "CPU:1 [7 EVENTS DROPPED]", 7, 0 },
	{ "[LOST 18446744073709551615 EVENTS]", UINT64_MAX, 0 },
};

START_TEST(losses_are_counted_in_every_form)
{
	for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
		struct import_result res;
		struct str b = STR_INIT;
		struct err e = { 0 };

		str_addf(&b, "# tracer: nop\n%s\n", losses[i].line);
		add_line(&b, 1);
		ck_assert_int_eq(try_text(&b, false, &res, &e), 0);
		ck_assert_msg(res.info.lost == losses[i].lost && res.info.lost_places == losses[i].places, "%s",
			      losses[i].line);
		import_free(&res);
		str_free(&b);
	}
}
END_TEST

/* trace-cmd record's own statistics at the end of a trace.dat: records that were overwritten before it read them. */
START_TEST(overruns_in_the_statistics_of_a_trace_dat_are_losses)
{
	char *in = scratch("overrun.dat"), *out = scratch("overrun.e2t");
	const struct import_opts opts = { .in = in, .out = out };
	size_t found = 0;
	struct str data = slurp(DATA "mixed-4v2p.dat");
	struct import_result res;
	struct err e = { 0 };

	for (size_t i = 0; i + 11 < data.len; i++) {
		if (memcmp(data.s + i, "\noverrun: 0", 11) == 0)
			data.s[i + 10] = (char)('7' + found++ % 2);
	}
	ck_assert_uint_ge(found, 2);
	spill(in, data.s, data.len);
	ck_assert_msg(import_twice(&opts, NULL, &res, &e) == 0, "%s", e.text);
	ck_assert_uint_eq(res.info.lost, found / 2 * 15 + found % 2 * 7);
	import_free(&res);
	str_free(&data);
	ck_assert_int_eq(remove(in), 0);
	ck_assert_int_eq(remove(out), 0);
	free(in);
	free(out);
}
END_TEST

START_TEST(records_out_of_order_within_the_window_come_out_sorted_and_stable)
{
	static const unsigned us[] = { 50, 10, 30, 10, 20 };
	struct str b = STR_INIT;
	char *out = scratch("sorted.e2t");
	struct whole w;

	for (size_t i = 0; i < sizeof(us) / sizeof(us[0]); i++)
		str_addf(&b, "  vmm-%zu [000] 1.%06u: kvm_entry: PC: 0x10\n", i + 1, us[i]);
	import_text(&b, out);
	w = load(out);
	ck_assert_int_eq(w.ev[0].pid, 2); /* 10, the earlier of the two */
	ck_assert_int_eq(w.ev[1].pid, 4);
	ck_assert_int_eq(w.ev[2].pid, 5);
	ck_assert_int_eq(w.ev[3].pid, 3);
	ck_assert_int_eq(w.ev[4].pid, 1);
	unload(&w);
	str_free(&b);
	(void)remove(out);
	free(out);
}
END_TEST

/* A broken line between two good ones, and what the error says of it. */
static const struct {
	const char *line, *text;
} broken[] = {
	{ "  vmm-1 [000] 1.000002: kvm_exit: TRAP: HSR_EC: 0x00", ":2: broken kvm_exit: " },
	{ "  vmm-1 [000] 1.000002: kvm_entry: PC: 0x10zz",
	  ":2: broken kvm_entry: \"PC: 0x10zz\": want \"PC: 0x" },
	{ "  vmm-1 [4096] 1.000002: kvm_entry: PC: 0x10", ":2: CPU number 4096]" },
	{ "  vmm-1 [99999999999999999999] 1.000002: kvm_entry: PC: 0x10", ":2: CPU number 9999" },
	{ "  vmm-1 [000] 1.x: kvm_entry: PC: 0x10", ":2: not an event: \"vmm-1 [000] 1.x" },
	{ "  vmm-1 [000] 12345: kvm_entry: PC: 0x10", ":2: not an event" },
	{ "garbage", ":2: not an event: \"garbage\"" },
	{ "  vmm-1 [000] 1.000002: kvm_mmio: mmio write len 4 gpa 0x11112222333344445 val 0x1",
	  ":2: broken kvm_mmio" },
	{ "  vmm-1 [000] 1.000002: kvm_sys_access: [FAILED TO PARSE] no list",
	  ":2: broken kvm_sys_access" },
	{ "  vmm-1 [000] 1.000002: kvm_timer_update_irq: vcpu_id=x irq=y level=1", ":2: broken kvm_timer_update_irq" },
};

START_TEST(a_broken_line_is_named_by_number_and_can_be_skipped)
{
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		struct import_result res;
		struct str b = STR_INIT;
		struct err e = { 0 };

		add_line(&b, 1);
		str_addf(&b, "%s\n", broken[i].line);
		add_line(&b, 3);
		ck_assert_msg(try_text(&b, false, &res, &e) == -1, "%s", broken[i].line);
		import_free(&res);
		ck_assert_int_eq(e.code, ERR_INPUT);
		ck_assert_msg(strstr(e.text, broken[i].text) != NULL, "%s", e.text);
		ck_assert_int_eq(try_text(&b, true, &res, &e), 0);
		ck_assert_uint_eq(res.info.skipped_lines, 1);
		ck_assert_uint_eq(res.info.events, 2);
		ck_assert_msg(strstr(res.warning, broken[i].text) != NULL, "%s", res.warning);
		import_free(&res);
		str_free(&b);
	}
}
END_TEST

START_TEST(an_overlong_line_and_a_nul_byte_are_broken_lines)
{
	for (int nul = 0; nul <= 1; nul++) {
		struct import_result res;
		struct str b = STR_INIT;
		struct err e = { 0 };

		add_line(&b, 1);
		if (nul != 0)
			str_addn(&b, "vmm\0-1", 6);
		for (size_t i = 0; nul == 0 && i <= LINE_MAX_BYTES; i++)
			str_addc(&b, 'x');
		str_addc(&b, '\n');
		add_line(&b, 3);
		ck_assert_int_eq(try_text(&b, false, &res, &e), -1);
		ck_assert_msg(strstr(e.text,
				     nul != 0 ? ":2: the line has a NUL byte"
					      : ":2: the line is longer than 65536 bytes") != NULL,
			      "%s", e.text);
		import_free(&res);
		ck_assert_int_eq(try_text(&b, true, &res, &e), 0);
		ck_assert_uint_eq(res.info.events, 2);
		import_free(&res);
		str_free(&b);
	}
}
END_TEST

START_TEST(every_importer_recognises_only_its_own_fixture)
{
	static const char *const files[] = { "mixed-4v2p.dat", "perf.txt", "tracefs.txt",
					     "report.txt" };
	static const char *const names[] = { "trace.dat", "perf", "tracefs", "report" };

	for (size_t i = 0; i < 4; i++) {
		struct str path = STR_INIT, text;

		str_addf(&path, DATA "%s", files[i]);
		text = slurp(str_get(&path));
		for (size_t k = 0; k < importer_count(); k++) {
			const struct importer *row = importer_at(k);
			bool own = strcmp(row->name, names[i]) == 0;
			bool tracefs_as_report = i == 2 && strcmp(row->name, "report") == 0;

			ck_assert_ptr_eq(importer_by_name(row->name), row);
			if (!tracefs_as_report)
				ck_assert_msg(row->probe(text.s, 4096) == own, "%s on %s",
					      row->name, files[i]);
		}
		str_free(&path);
		str_free(&text);
	}
}
END_TEST

/* The library crashes on about one in ten of these: in a process of its own. */
START_TEST(a_damaged_trace_dat_is_an_error_or_a_trace_and_never_the_end_of_us)
{
	struct str good = slurp(DATA "mixed-4v2p.dat");
	uint64_t rnd = 1;
	unsigned refused = 0;

	for (unsigned i = 0; i < 60; i++) {
		struct str bad = STR_INIT;
		struct import_result res;
		struct err e = { 0 };

		str_addn(&bad, good.s, good.len);
		for (unsigned k = 0; k <= i % 4; k++) {
			rnd = rnd * 6364136223846793005u + 1442695040888963407u;
			bad.s[10 + (rnd >> 33) % (bad.len - 10)] ^= (char)(1 << (rnd >> 61));
		}
		if (try_text(&bad, false, &res, &e) != 0) {
			ck_assert_int_eq(e.code, ERR_INPUT);
			ck_assert_str_ne(e.text, "");
			refused++;
		}
		import_free(&res);
		str_free(&bad);
	}
	ck_assert_uint_gt(refused, 0);
	str_free(&good);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("traces_order");
	TCase *tc = tcase_create("order");

	tcase_add_test(tc, an_entry_or_exit_without_its_other_half_is_counted);
	tcase_add_test(tc, entries_with_another_task_before_their_exit_are_counted);
	tcase_add_test(tc, losses_are_counted_in_every_form);
	tcase_add_test(tc, records_may_be_late_by_any_number);
	tcase_add_test(tc, a_text_in_reverse_order_comes_out_sorted_and_stable);
	tcase_add_test(tc, overruns_in_the_statistics_of_a_trace_dat_are_losses);
	tcase_add_test(tc, records_out_of_order_within_the_window_come_out_sorted_and_stable);
	tcase_add_test(tc, a_broken_line_is_named_by_number_and_can_be_skipped);
	tcase_add_test(tc, an_overlong_line_and_a_nul_byte_are_broken_lines);
	tcase_add_test(tc, every_importer_recognises_only_its_own_fixture);
	tcase_add_test(tc,
		       a_damaged_trace_dat_is_an_error_or_a_trace_and_never_the_end_of_us);
	suite_add_tcase(s, tc);
	return suite_status(s);
}
