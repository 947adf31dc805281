/* SPDX-License-Identifier: Apache-2.0 */
/* What a reader asks of any report (--summary, --width, --all), and a guest that comes without a configuration. */
#include <check.h>
#include <math.h>
#include <sys/resource.h>

#include "models/hyp/explore/story.h"
#include "tests/command_json.h"
#include "tests/suite.h"

#define RUN "el2sim run " EL2SIM_SOURCE_DIR "/configs/experiment/linux-6.12-vhe-n1.ini"
#define GUEST "el2sim run --guest " EL2SIM_SOURCE_DIR "/configs/guests/exits.elf"

/* Every number in short is the one of the whole report, by its key there. */
START_TEST(a_summary_has_numbers_of_the_whole_report)
{
	json_t *shorter = json_of(RUN " --summary"), *whole = json_of(RUN), *rows = rows_of(shorter, "summary"), *row;
	size_t i, found = 0;

	ck_assert_uint_ge(json_array_size(rows), 5);
	json_array_foreach(rows, i, row)
	{
		const char *key = json_string_value(json_object_get(row, "key"));
		const json_t *fact;

		ck_assert_ptr_nonnull(key);
		if (strncmp(key, "facts/", 6) != 0)
			continue;
		fact = json_object_get(json_object_get(whole, "facts"), key + 6);
		ck_assert_msg(fact != NULL, "%s is no fact of the report", key);
		ck_assert(fabs(json_number_value(fact) - json_number_value(json_object_get(row, "value"))) < 0.001);
		found++;
	}
	ck_assert_uint_ge(found, 1);
	ck_assert_uint_eq(json_object_size(json_object_get(shorter, "tables")), 1);
	json_decref(shorter);
	json_decref(whole);
}
END_TEST

/* Lines fit; every number of the wide table is in the narrow one. */
START_TEST(a_narrow_report_keeps_every_number_and_its_width)
{
	static const unsigned widths[] = { 50, 64, 80 };
	struct str wide = output_of(RUN " --all --wide");

	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		struct str line = STR_INIT, narrow;
		size_t at = 0;

		str_addf(&line, RUN " --all --width %u", widths[i]);
		narrow = output_of(str_get(&line));
		for (const char *p = str_get(&narrow), *end; (end = strchr(p, '\n')) != NULL; p = end + 1) {
			size_t n = 0;

			for (const char *c = p; c < end; c++)
				n += ((unsigned char)*c & 0xc0) != 0x80;
			ck_assert_msg(n <= widths[i] || memchr(p, ' ', (size_t)(end - p)) == NULL, "--width %u: %.*s", widths[i], (int)(end - p), p);
		}
		while (str_get(&wide)[at] != '\0') {
			const char *from = str_get(&wide) + at;
			size_t n = strspn(from, "0123456789,");
			struct str number = STR_INIT;

			if (n >= 5) { /* words may be broken, numbers are not */
				str_addn(&number, from, n);
				ck_assert_msg(strstr(str_get(&narrow), str_get(&number)) != NULL, "--width %u has no %s", widths[i], str_get(&number));
				str_free(&number);
			}
			at += n != 0 ? n : 1;
		}
		str_free(&line);
		str_free(&narrow);
	}
	str_free(&wide);
}
END_TEST

START_TEST(shipped_files_are_listed_with_what_they_say)
{
	json_t *j = json_of("el2sim config --list"), *row;
	size_t i, about = 0;

	json_array_foreach(rows_of(j, "configs"), i, row)
	{
		struct str path = STR_INIT;
		const char *file = json_string_value(json_object_get(row, "file"));

		ck_assert_ptr_nonnull(file);
		str_addf(&path, EL2SIM_SOURCE_DIR "/%s", file);
		ck_assert_msg(access(str_get(&path), R_OK) == 0, "%s is not there", str_get(&path));
		str_free(&path);
		about += json_string_value(json_object_get(row, "about"))[0] != '\0';
	}
	ck_assert_uint_gt(about, 30);
	ck_assert_uint_ge(json_array_size(rows_of(j, "traces")), 1);
	json_decref(j);
}
END_TEST

/* --- a guest without a configuration ----------------------------------------------------------- */

static const struct {
	const char *line, *says;
} wrong[] = {
	{ RUN " --vcpus 2", "--vcpus without --guest FILE" },
	{ RUN " --append x", "--append without --guest FILE" },
	{ RUN " --memory 64", "--memory without --guest FILE" },
	{ RUN " --machine neoverse-n1", "--machine" },
	{ GUEST " --machine neoverse-n9", "neoverse-n9" },
	{ GUEST " --max-time 0", "--max-time 0: want seconds above 0" },
	{ GUEST " --max-time soon", "--max-time soon: want seconds above 0" },
	{ GUEST " --vcpus 100000", "vcpus" },
	{ "el2sim run --guest " EL2SIM_SOURCE_DIR "/README.md --initrd /nowhere/initrd", "/nowhere/initrd" },
};

START_TEST(what_a_guest_cannot_have_is_refused)
{
	struct err e;

	ck_assert_int_ne(run_command(wrong[_i].line, NULL, &e), 0);
	ck_assert_msg(strstr(e.text, wrong[_i].says) != NULL, "%s: want \"%s\" in \"%s\"", wrong[_i].line, wrong[_i].says, e.text);
	ck_assert_ptr_null(strchr(e.text, '\n'));
}
END_TEST

#ifndef __SANITIZE_ADDRESS__ /* whose own memory is above any limit */
START_TEST(memory_that_the_host_has_not_is_refused)
{
	const struct rlimit limit = { UINT64_C(4) << 30, RLIM_INFINITY };
	struct err e;

	ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
	ck_assert_int_ne(run_command(GUEST " --memory 262144", NULL, &e), 0);
	ck_assert_str_eq(e.text, "[workload] memory: the host has no 262144 MiB for the guest: want less");
}
END_TEST
#endif

START_TEST(a_guest_runs_on_the_machine_that_is_named_for_the_time_that_is_said)
{
	json_t *a = json_of(GUEST " --max-time 2ms --vcpus 1"), *b = json_of(GUEST " --max-time 2ms --vcpus 1 --machine cortex-a57");

	ck_assert_ptr_nonnull(strstr(json_string_value(json_object_get(json_object_get(a, "facts"), "machine")), "neoverse-n1"));
	ck_assert_ptr_nonnull(strstr(json_string_value(json_object_get(json_object_get(b, "facts"), "machine")), "cortex-a57"));
	json_decref(a);
	json_decref(b);
}
END_TEST

/* --- stories ------------------------------------------------------------------------------------ */

/* A line end would begin another line of the story. */
START_TEST(a_story_does_not_hold_a_line_end)
{
	static const char *const words[][3] = { { "a\nb.ini", NULL, NULL }, { "a.ini", "x=1\ny=2", NULL }, { "a.ini", NULL, "drop:X\r" } };

	for (size_t i = 0; i < 3; i++) {
		char *set[1] = { (char *)(uintptr_t)words[i][1] }, *inject[1] = { (char *)(uintptr_t)words[i][2] };
		struct story s = { .config = (char *)(uintptr_t)words[i][0], .set = set, .n_set = words[i][1] != NULL, .inject = inject,
				   .n_inject = words[i][2] != NULL };
		struct err e = { 0 };
		char *path = scratch("story");

		(void)unlink(path);
		ck_assert_int_ne(story_write(&s, path, &e), 0);
		ck_assert_msg(strstr(e.text, "a story cannot hold") != NULL, "%s", e.text);
		ck_assert_int_ne(access(path, F_OK), 0);
		free(path);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("view");
	TCase *c = tcase_create("view");

	tcase_add_test(c, a_summary_has_numbers_of_the_whole_report);
	tcase_add_test(c, a_narrow_report_keeps_every_number_and_its_width);
	tcase_add_test(c, shipped_files_are_listed_with_what_they_say);
	tcase_add_loop_test(c, what_a_guest_cannot_have_is_refused, 0, (int)(sizeof(wrong) / sizeof(wrong[0])));
#ifndef __SANITIZE_ADDRESS__
	tcase_add_test(c, memory_that_the_host_has_not_is_refused);
#endif
	tcase_add_test(c, a_guest_runs_on_the_machine_that_is_named_for_the_time_that_is_said);
	tcase_add_test(c, a_story_does_not_hold_a_line_end);
	suite_add_tcase(s, c);
	return suite_status(s);
}
