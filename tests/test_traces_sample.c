/* SPDX-License-Identifier: Apache-2.0 */
/* The shipped recordings can be read and hold what their README says. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/command.h"
#include "tests/suite.h"
#include "traces/trace.h"

static const struct {
	const char *path;
	uint64_t events, exits;
} samples[] = {
	{ "traces/samples/linux-6.12-vhe-mixed-4v2p.e2t", 29176, 2499 },
	{ "traces/samples/linux-6.12-vhe-guest-2v2p.e2t", 27801, 5156 },
	{ "traces/samples/linux-6.12-nvhe-guest-2v2p.e2t", 28960, 6467 },
};
#define N_SAMPLES ((int)(sizeof(samples) / sizeof(samples[0])))

static struct tr_reader *open_sample(int i)
{
	struct err e = { 0 };
	struct tr_reader *r = tr_open(samples[i].path, &e);

	ck_assert_msg(r != NULL, "%s", e.text);
	return r;
}

START_TEST(the_sample_holds_the_events_its_readme_promises)
{
	struct tr_reader *r = open_sample(_i);
	const struct tr_info *info = tr_info(r);

	ck_assert_uint_eq(info->events, samples[_i].events);
	ck_assert_uint_eq(info->per_type[TR_kvm_exit], samples[_i].exits);
	ck_assert_uint_ge(info->per_type[TR_kvm_entry] + (_i != 0), samples[_i].exits); /* cut: the first exit has no entry */
	ck_assert_uint_eq(info->skipped_unknown, 0);
	ck_assert_uint_eq(info->lost, 0);
	ck_assert_uint_eq(info->cpus, 2);
	ck_assert_str_eq(info->importer, "trace.dat");
	tr_close(r);
}
END_TEST

START_TEST(the_sample_is_in_order_of_time_and_counts_what_it_gives)
{
	struct tr_reader *r = open_sample(_i);
	const struct tr_info *info = tr_info(r);
	uint64_t last = 0, n = 0, types[TR_TYPE_COUNT] = { 0 };
	struct err e = { 0 };
	struct tr_event ev;
	int got;

	while ((got = tr_next(r, &ev, &e)) == 1) {
		if (n++ == 0)
			ck_assert_uint_eq(ev.ts_ns, info->first_ns);
		ck_assert_uint_ge(ev.ts_ns, last);
		ck_assert_uint_lt(ev.cpu, info->cpus);
		ck_assert_uint_eq(ev.absent, 0);
		last = ev.ts_ns;
		types[ev.type]++;
	}
	ck_assert_msg(got == 0, "%s", e.text);
	ck_assert_uint_eq(n, info->events);
	ck_assert_uint_eq(last, info->last_ns);
	for (unsigned t = 0; t < TR_TYPE_COUNT; t++)
		ck_assert_msg(types[t] == info->per_type[t], "%s", tr_type_name((enum tr_type)t));
	tr_close(r);
}
END_TEST

START_TEST(names_of_tasks_come_back_as_text)
{
	struct tr_reader *r = open_sample(0);
	struct err e = { 0 };
	struct tr_event ev;

	ck_assert_int_eq(tr_next(r, &ev, &e), 1);
	ck_assert_str_eq(tr_string(r, ev.comm), "vmm");
	ck_assert_int_eq(ev.type, TR_sched_waking);
	ck_assert_str_eq(tr_string(r, (uint32_t)ev.arg[TRA_sched_waking_comm]), "rcu_sched");
	ck_assert_uint_eq(ev.arg[TRA_sched_waking_pid], 17);
	tr_close(r);
}
END_TEST

START_TEST(a_comparison_of_different_samples_says_so)
{
	struct str out = STR_INIT;
	struct err e;

	ck_assert_int_eq(run_command("el2sim compare configs/experiment/linux-guest-vhe.ini configs/experiment/linux-guest-nvhe.ini", &out, &e), 0);
	ck_assert_int_eq(strncmp(str_get(&out), "!! Linux guest, VHE replays ", 28), 0);
	ck_assert_ptr_nonnull(strstr(str_get(&out), "\nSeveral traces, "));
	str_reset(&out);
	ck_assert_int_eq(run_command("el2sim compare configs/experiment/linux-guest-vhe.ini --vary policy.el1=model,eager", &out, &e), 0);
	ck_assert_ptr_null(strstr(str_get(&out), "!!"));
	ck_assert_int_eq(strncmp(str_get(&out), "The same trace ", 15), 0);
	str_free(&out);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("traces_sample");
	TCase *tc = tcase_create("sample");

	if (chdir(EL2SIM_SOURCE_DIR) != 0)
		return 1;
	tcase_add_loop_test(tc, the_sample_holds_the_events_its_readme_promises, 0, N_SAMPLES);
	tcase_add_loop_test(tc, the_sample_is_in_order_of_time_and_counts_what_it_gives, 0, N_SAMPLES);
	tcase_add_test(tc, a_comparison_of_different_samples_says_so);
	tcase_add_test(tc, names_of_tasks_come_back_as_text);
	suite_add_tcase(s, tc);
	return suite_status(s);
}
