/* SPDX-License-Identifier: Apache-2.0 */
/* What people ask a trace: el2sim trace stat --by, interrupts, PCs, CPUs. */
#include "sim/trace/trace_tally.h"
#include "tests/command_json.h"
#include "tests/suite.h"
#include "traces/writer.h"

#define VHE EL2SIM_SOURCE_DIR "/configs/experiment/linux-6.12-vhe-n1.ini"

static const char *const recorded[] = {
	SAMPLE,
	EL2SIM_SOURCE_DIR "/tests/data/runs/6.12-vhe-mixed.e2t",
	EL2SIM_SOURCE_DIR "/tests/data/runs/6.12-nvhe-mixed.e2t",
	EL2SIM_SOURCE_DIR "/tests/data/runs/6.1-vhe-linux.e2t",
};

static json_t *stat_of(const char *trace, const char *options)
{
	struct str line = STR_INIT;
	json_t *j;

	str_addf(&line, "el2sim trace stat %s %s", trace, options);
	j = json_of(str_get(&line));
	str_free(&line);
	return j;
}

static int64_t number(json_t *row, const char *key)
{
	return json_integer_value(json_object_get(row, key));
}

static int64_t sum_of(json_t *rows, const char *key)
{
	json_t *row;
	int64_t sum = 0;
	size_t i;

	json_array_foreach(rows, i, row)
		sum += number(row, key);
	return sum;
}

/* The count of the row whose key and key2 are these; key2 NULL: it has none. */
static int64_t count_of(json_t *report, const char *table, const char *key, const char *key2, const char *column)
{
	json_t *rows = rows_of(report, table), *row;
	size_t i;

	json_array_foreach(rows, i, row) {
		if (strcmp(json_string_value(json_object_get(row, "key")), key) == 0 &&
		    (key2 == NULL || strcmp(json_string_value(json_object_get(row, "key2")), key2) == 0))
			return number(row, column);
	}
	return -1;
}

START_TEST(kinds_are_those_that_a_replay_counts)
{
	struct str line = STR_INIT;
	json_t *run, *stat, *rows, *row;
	size_t i, found = 0;

	str_addf(&line, "el2sim run " VHE " --trace %s", recorded[_i]);
	run = json_of(str_get(&line));
	stat = stat_of(recorded[_i], "--by kind");
	rows = rows_of(stat, "stat");
	json_array_foreach(rows_of(run, "kinds"), i, row) {
		const char *kind = json_string_value(json_object_get(row, "kind"));

		if (strncmp(kind, "run_", 4) == 0 || strcmp(kind, "host_switch") == 0)
			continue; /* no exit */
		ck_assert_msg(count_of(stat, "stat", kind, NULL, "samples") == number(row, "count"), "%s: %s", recorded[_i],
			      kind);
		found++;
	}
	ck_assert_uint_eq(found, json_array_size(rows));
	json_decref(run);
	json_decref(stat);
	str_free(&line);
}
END_TEST

/* Two keys split the rows of one: what they count adds up to the same, for each pair of keys. */
START_TEST(two_keys_split_what_one_counts)
{
	for (unsigned a = 0; a < KEY_COUNT; a++) {
		for (unsigned b = 0; b < KEY_COUNT; b++) {
			const char *column = a == KEY_IRQ || b == KEY_IRQ ? "raised" : "samples";
			struct str by = STR_INIT;
			json_t *one, *two;
			int64_t want;

			if (a == b || (a != KEY_IRQ && b == KEY_IRQ))
				continue;
			str_addf(&by, "--by %s,%s", trace_key_name((enum trace_key)a), trace_key_name((enum trace_key)b));
			two = stat_of(SAMPLE, str_get(&by));
			str_reset(&by);
			str_addf(&by, "--by %s", trace_key_name((enum trace_key)a));
			one = stat_of(SAMPLE, str_get(&by));
			want = sum_of(rows_of(one, "stat"), column);
			ck_assert_int_gt(want, 0);
			ck_assert_int_eq(sum_of(rows_of(two, "stat"), column), want);
			ck_assert_uint_ge(json_array_size(rows_of(two, "stat")), json_array_size(rows_of(one, "stat")));
			json_decref(one);
			json_decref(two);
			str_free(&by);
		}
	}
}
END_TEST

static void add(struct tw *w, enum tr_type type, uint16_t cpu, uint64_t a0, uint64_t a1, uint64_t a2)
{
	static uint64_t now = 1000;
	struct tr_event ev = { .ts_ns = now += 1000, .pid = 7, .cpu = cpu, .type = (uint8_t)type,
			       .comm = tw_string(w, "vm", 2), .arg = { a0, a1, a2 } };
	struct err e = { 0 };

	ck_assert_int_eq(tw_add(w, &ev, &e), 0);
}

static char *small(void)
{
	char *path = scratch("stat.e2t");
	struct tr_info info = { 0 };
	struct err e = { 0 };
	struct tw *w = tw_create(path, &e);

	ck_assert_ptr_nonnull(w);
	add(w, TR_kvm_entry, 79, 0x100, 0, 0);
	add(w, TR_vgic_update_irq_pending, 79, 0, 27, 1); /* no exit is handled */
	add(w, TR_kvm_exit, 79, 2, 0x01, 0x104);
	add(w, TR_vgic_update_irq_pending, 79, 3, 40, 1);
	add(w, TR_vgic_update_irq_pending, 79, 0, 27, 0);
	add(w, TR_kvm_entry, 79, 0x108, 0, 0);
	add(w, TR_kvm_exit, 79, 0, 0, 0x10c);
	add(w, TR_vgic_update_irq_pending, 79, 0, 27, 1);
	ck_assert_int_eq(tw_finish(w, &info, NULL, &e), 0);
	return path;
}

START_TEST(interrupts_are_counted_by_number_target_and_the_exit_that_changes_them)
{
	char *path = small();
	json_t *j = stat_of(path, "--by irq,vcpu"), *k = stat_of(path, "--by irq,reason"), *all = stat_of(path, "");

	ck_assert_int_eq(count_of(j, "stat", "27", "vm vCPU 0", "raised"), 2);
	ck_assert_int_eq(count_of(j, "stat", "27", "vm vCPU 0", "lowered"), 1);
	ck_assert_int_eq(count_of(j, "stat", "40", "vm vCPU 3", "raised"), 1);
	ck_assert_int_eq(count_of(k, "stat", "27", "(no exit)", "raised"), 1);
	ck_assert_int_eq(count_of(k, "stat", "27", "IRQ", "raised"), 1);
	ck_assert_int_eq(count_of(k, "stat", "27", "WFx", "lowered"), 1);
	ck_assert_int_eq(count_of(all, "interrupts", "27", NULL, "raised"), 2);
	json_decref(j);
	json_decref(k);
	json_decref(all);
	ck_assert_int_eq(remove(path), 0);
	free(path);
}
END_TEST

START_TEST(cpus_are_told_as_used_and_as_highest)
{
	char *path = small();
	json_t *j = stat_of(path, "--by pcpu"), *facts = json_object_get(j, "facts");

	ck_assert_int_eq(json_integer_value(json_object_get(facts, "cpus_used")), 1);
	ck_assert_str_eq(json_string_value(json_object_get(facts, "cpu_highest")), "79");
	ck_assert_int_eq(count_of(j, "stat", "79", NULL, "samples"), 2);
	json_decref(j);
	ck_assert_int_eq(remove(path), 0);
	free(path);
}
END_TEST

START_TEST(top_leaves_the_most_frequent_rows)
{
	json_t *all = stat_of(SAMPLE, "--by pc,kind"), *top = stat_of(SAMPLE, "--by pc,kind --top 3");
	json_t *a = rows_of(all, "stat"), *t = rows_of(top, "stat");

	ck_assert_uint_eq(json_array_size(t), 3);
	for (size_t i = 0; i < 3; i++)
		ck_assert(json_equal(json_array_get(a, i), json_array_get(t, i)));
	ck_assert_int_ge(number(json_array_get(a, 2), "samples"), number(json_array_get(a, 3), "samples"));
	json_decref(all);
	json_decref(top);
}
END_TEST

START_TEST(keys_that_are_none_are_refused)
{
	static const char *const bad[] = { "vcpus", "vcpu,", "vcpu,vcpu", ",", "vcpu,reason,pc", "pc,nothing" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct str line = STR_INIT;
		struct err e;

		str_addf(&line, "el2sim trace stat " SAMPLE " --by %s", bad[i]);
		ck_assert_int_ne(run_command(str_get(&line), NULL, &e), 0);
		ck_assert_int_eq(e.code, ERR_USAGE);
		ck_assert_msg(strstr(e.text, "reason, vcpu, vm, pcpu, task, kind, register, irq, pc") != NULL, "%s", e.text);
		str_free(&line);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("trace_stat");
	TCase *tc = tcase_create("stat");

	tcase_add_loop_test(tc, kinds_are_those_that_a_replay_counts, 0, (int)(sizeof(recorded) / sizeof(recorded[0])));
	tcase_add_test(tc, two_keys_split_what_one_counts);
	tcase_add_test(tc, interrupts_are_counted_by_number_target_and_the_exit_that_changes_them);
	tcase_add_test(tc, cpus_are_told_as_used_and_as_highest);
	tcase_add_test(tc, top_leaves_the_most_frequent_rows);
	tcase_add_test(tc, keys_that_are_none_are_refused);
	suite_add_tcase(s, tc);
	return suite_status(s);
}
