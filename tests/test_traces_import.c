/* SPDX-License-Identifier: Apache-2.0 */
/* The importers, on pieces of one recording in every format, and on what recordings lack. */
#include <dirent.h>
#include <stdlib.h>

#include "tests/suite.h"
#include "tests/traces_util.h"
#include "traces/dump.h"

/* The pieces: file, its importer, how it shortens times, number of records at the end of the
 * recording. */
static const struct {
	const char *file, *importer;
	enum shorten how;
	size_t last; /* 0: all */
} pieces[] = {
	{ "report.txt", "report", TS_ROUND, 0 },
	{ "report-ns.txt", "report", 0, 260 },
	{ "report-latency.txt", "report", TS_ROUND, 260 },
	{ "report-raw.txt", "report", TS_ROUND, 260 },
	{ "report-plugins.txt", "report", TS_ROUND, 260 },
	{ "perf.txt", "perf", TS_CUT, 260 },
};

START_TEST(the_same_recording_gives_the_same_records_in_every_format)
{
	struct whole dat = import(DATA "mixed-4v2p.dat", NULL);

	ck_assert_str_eq(tr_info(dat.r)->importer, "trace.dat");
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct str path = STR_INIT;
		struct whole text;

		str_addf(&path, DATA "%s", pieces[i].file);
		text = import(str_get(&path), NULL);
		ck_assert_str_eq(tr_info(text.r)->importer, pieces[i].importer);
		ck_assert_uint_eq(text.n, pieces[i].last != 0 ? pieces[i].last : dat.n);
		assert_same(&dat, dat.n - text.n, &text, pieces[i].how, pieces[i].file);
		unload(&text);
		str_free(&path);
	}
	unload(&dat);
}
END_TEST

/* An event whose format trace-cmd stored was recorded, one without a format was not. */
START_TEST(a_trace_dat_says_which_events_were_recorded)
{
	struct whole dat = import(DATA "mixed-4v2p.dat", NULL);
	const struct tr_info *info = tr_info(dat.r);

	ck_assert_uint_eq(info->per_type[TR_kvm_mmio_nisv], 0);
	ck_assert_int_eq(info->enabled[TR_kvm_mmio_nisv], TRE_ON);
	ck_assert_int_eq(info->enabled[TR_kvm_exit], TRE_ON);
	ck_assert_int_eq(info->enabled[TR_sched_migrate_task], TRE_OFF);
	ck_assert(!info->old);
	ck_assert_uint_eq(info->cpus_used, 2);
	ck_assert_uint_eq(info->gaps, 0);
	unload(&dat);
}
END_TEST

START_TEST(a_text_says_only_of_the_events_it_has_that_they_were_recorded)
{
	struct whole text = import(DATA "report-ns.txt", NULL);
	const struct tr_info *info = tr_info(text.r);

	for (unsigned t = 0; t < TR_TYPE_COUNT; t++)
		ck_assert_int_eq(info->enabled[t], info->per_type[t] != 0 ? TRE_ON : TRE_UNKNOWN);
	unload(&text);
}
END_TEST

START_TEST(a_file_of_version_1_is_read_and_says_what_it_does_not_know)
{
	struct whole old = load(DATA "version1.e2t"), sample = load(SAMPLE);
	const struct tr_info *info = tr_info(old.r);

	ck_assert_uint_eq(old.n, 150);
	for (size_t i = 0; i < old.n; i++)
		ck_assert_ptr_null(differ(&old, i, &sample, i, TS_EXACT));
	ck_assert(info->old);
	ck_assert_uint_eq(info->cpus, 2);
	ck_assert_uint_eq(info->cpus_used, 0);
	ck_assert_int_eq(info->enabled[TR_sched_switch], TRE_ON);
	ck_assert_int_eq(info->enabled[TR_kvm_mmio], TRE_UNKNOWN);
	unload(&old);
	unload(&sample);
}
END_TEST

START_TEST(the_piece_in_the_tests_is_the_start_of_the_sample)
{
	struct whole dat = import(DATA "mixed-4v2p.dat", NULL), sample = load(SAMPLE);
	size_t i = 0;

	/* The pages of one CPU end before those of the other: compare while both are there. */
	while (i < dat.n && differ(&sample, i, &dat, i, 0) == NULL)
		i++;
	ck_assert_uint_gt(i, 400);
	unload(&dat);
	unload(&sample);
}
END_TEST

START_TEST(plugins_for_x86_leave_entries_and_exits_whole)
{
	struct whole text = import(DATA "report-plugins.txt", NULL);
	unsigned exits = 0;

	for (size_t i = 0; i < text.n; i++) {
		if (text.ev[i].type == TR_kvm_exit || text.ev[i].type == TR_kvm_entry) {
			ck_assert_uint_eq(text.ev[i].absent, 0);
			exits++;
		}
	}
	ck_assert_uint_gt(exits, 10);
	unload(&text);
}
END_TEST

START_TEST(a_wfx_without_its_character_has_no_fields_rather_than_wrong_ones)
{
	struct whole text = import(DATA "report.txt", NULL);
	unsigned n = 0;

	for (size_t i = 0; i < text.n; i++) {
		if (text.ev[i].type != TR_kvm_wfx_arm64)
			continue;
		ck_assert_uint_eq(text.ev[i].absent, 3);
		n++;
	}
	ck_assert_uint_eq(n, 3);
	unload(&text);
}
END_TEST

START_TEST(tracefs_has_the_names_of_registers)
{
	struct whole text = import(DATA "tracefs.txt", NULL);
	unsigned n = 0;

	ck_assert_str_eq(tr_info(text.r)->importer, "tracefs");
	for (size_t i = 0; i < text.n; i++) {
		const struct tr_event *ev = &text.ev[i];

		if (ev->type != TR_kvm_sys_access)
			continue;
		ck_assert_msg(strncmp(tr_string(text.r, (uint32_t)ev->arg[TRA_kvm_sys_access_name]),
				      "SYS_", 4) == 0,
			      "record %zu", i);
		n++;
	}
	ck_assert_uint_ge(n, 3);
	unload(&text);
}
END_TEST

START_TEST(a_6_1_kernel_lacks_only_the_emulated_vtimer)
{
	struct whole text = import(DATA "report-6.1.txt", NULL);

	for (size_t i = 0; i < text.n; i++) {
		const struct tr_event *ev = &text.ev[i];

		if (ev->type == TR_kvm_get_timer_map)
			ck_assert_uint_eq(ev->absent, 1u << TRA_kvm_get_timer_map_emul_vtimer);
	}
	unload(&text);
}
END_TEST

/* A trace as dump text; to be freed with str_free. */
static struct str dump_text(const char *native, enum dump_style style)
{
	struct err e = { 0 };
	struct tr_reader *r = tr_open(native, &e);
	char *path = scratch("dump.txt");
	struct str text;
	FILE *f;

	ck_assert_msg(r != NULL, "%s", e.text);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_msg(dump_write(r, f, style, UINT64_MAX, NULL, &e) == 0, "%s", e.text);
	ck_assert_int_eq(fclose(f), 0);
	tr_close(r);
	text = slurp(path);
	ck_assert_int_eq(remove(path), 0);
	free(path);
	return text;
}

START_TEST(hand_written_forms_give_the_blessed_records)
{
	char *out = scratch("forms.e2t");
	const struct import_opts opts = { .in = DATA "forms.txt", .out = out };
	struct import_result res;
	struct err e = { 0 };
	struct str got;

	ck_assert_msg(import_twice(&opts, NULL, &res, &e) == 0, "%s", e.text);
	ck_assert_uint_eq(res.info.lost, 123 + 1 + 7);
	ck_assert_uint_eq(res.n_unknown, 2);
	import_free(&res);
	got = dump_text(out, DUMP_PLAIN);
	same_as_blessed(EL2SIM_SOURCE_DIR "/tests/golden/trace-forms.txt", &got, "the dump");
	str_free(&got);
	ck_assert_int_eq(remove(out), 0);
	free(out);
}
END_TEST

/* A native file lists the rows it was written with, so the shipped one is written anew before
 * comparing. */
START_TEST(a_dump_of_the_sample_imports_to_the_same_bytes)
{
	char *one = scratch("one.e2t"), *two = scratch("two.e2t");
	struct str text = dump_text(SAMPLE, DUMP_PLAIN), again, a, b;

	import_text(&text, one);
	again = dump_text(one, DUMP_PLAIN);
	ck_assert_str_eq(str_get(&again), str_get(&text));
	import_text(&again, two);
	a = slurp(one);
	b = slurp(two);
	ck_assert_uint_eq(a.len, b.len);
	ck_assert_int_eq(memcmp(a.s, b.s, a.len), 0);
	str_free(&text);
	str_free(&again);
	str_free(&a);
	str_free(&b);
	(void)remove(one);
	(void)remove(two);
	free(one);
	free(two);
}
END_TEST

static const struct {
	enum dump_style style;
	enum shorten how;
	const char *name;
} styles[] = { { DUMP_TRACEFS, TS_ROUND, "tracefs style" }, { DUMP_REPORT, TS_EXACT, "report style" } };

/* The kernel's own text to the microsecond, that of trace-cmd report to the nanosecond. */
START_TEST(text_of_the_sample_says_the_same_as_precisely_as_it_can)
{
	char *out = scratch("styles.e2t");
	struct str text = dump_text(SAMPLE, styles[_i].style);
	struct whole sample = load(SAMPLE), again;

	import_text(&text, out);
	again = load(out);
	ck_assert_uint_eq(again.n, sample.n);
	assert_same(&sample, 0, &again, styles[_i].how, styles[_i].name);
	unload(&sample);
	unload(&again);
	str_free(&text);
	ck_assert_int_eq(remove(out), 0);
	free(out);
}
END_TEST

START_TEST(windows_line_ends_change_nothing)
{
	struct str text = slurp(DATA "report.txt"), crlf = STR_INIT, a, b;
	char *unix_out = scratch("unix.e2t"), *dos_out = scratch("dos.e2t");

	for (size_t i = 0; i < text.len; i++) {
		if (text.s[i] == '\n')
			str_addc(&crlf, '\r');
		str_addc(&crlf, text.s[i]);
	}
	import_text(&text, unix_out);
	import_text(&crlf, dos_out);
	a = slurp(unix_out);
	b = slurp(dos_out);
	ck_assert_uint_eq(a.len, b.len);
	ck_assert_int_eq(memcmp(a.s, b.s, a.len), 0);
	str_free(&text);
	str_free(&crlf);
	str_free(&a);
	str_free(&b);
	(void)remove(unix_out);
	(void)remove(dos_out);
	free(unix_out);
	free(dos_out);
}
END_TEST

/* --- real recordings, where they are -------------------------------------------------------- */

/* text.xz beside a .dat: decompress it to a scratch file; NULL when there is none. */
static char *unpack(const char *dir, const char *stem)
{
	char *out = scratch("unpacked.txt");
	struct str cmd = STR_INIT;
	int rc;

	str_addf(&cmd, "test -e '%s/%s.txt.xz' && xz -dc '%s/%s.txt.xz' >'%s'", dir, stem, dir,
		 stem, out);
	rc = system(str_get(&cmd));
	str_free(&cmd);
	if (rc == 0)
		return out;
	free(out);
	return NULL;
}

static unsigned compare_dir(const char *dir)
{
	struct dirent **found;
	int n = scandir(dir, &found, NULL, alphasort);
	unsigned pairs = 0;

	for (int i = 0; i < n; i++) {
		size_t len = strlen(found[i]->d_name);
		struct str path = STR_INIT;
		char *text = NULL;

		str_addf(&path, "%s/%s", dir, found[i]->d_name);
		if (len > 4 && strcmp(found[i]->d_name + len - 4, ".dat") == 0) {
			found[i]->d_name[len - 4] = '\0';
			text = unpack(dir, found[i]->d_name);
		}
		if (text != NULL) {
			struct whole a = import(str_get(&path), NULL), b = import(text, NULL);

			ck_assert_uint_eq(a.n, b.n);
			assert_same(&a, 0, &b, TS_ROUND, str_get(&path));
			printf("%s: %zu records are the same in both formats\n", found[i]->d_name,
			       a.n);
			unload(&a);
			unload(&b);
			(void)remove(text);
			free(text);
			pairs++;
		}
		str_free(&path);
		free(found[i]);
	}
	if (n >= 0)
		free(found);
	return pairs;
}

START_TEST(real_recordings_are_the_same_in_both_formats)
{
	static const char *const dirs[] = { "traces/6.1-vhe", "traces/6.12-vhe", "traces/6.12-nvhe",
					    "runs" };
	const char *root = getenv("EL2SIM_GROUNDTRUTH");
	unsigned pairs = 0;

	if (root == NULL) {
		printf("skipped: EL2SIM_GROUNDTRUTH does not name a folder with recordings\n");
		return;
	}
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		struct str dir = STR_INIT;

		str_addf(&dir, "%s/%s", root, dirs[i]);
		pairs += compare_dir(str_get(&dir));
		str_free(&dir);
	}
	ck_assert_uint_gt(pairs, 0);
}
END_TEST

/* A line `field:type name;`: the next of our fields has this name; an older kernel may lack one of
 * ours. */
static void check_field(const char *line, const char *event, enum tr_type type, unsigned *i)
{
	const char *end = strchr(line, ';'), *name;
	size_t n;

	if (end[-1] == ']') /* an array: not stored (kvm_arm_set_regset) */
		return;
	for (name = end; name[-1] != ' '; name--)
		;
	n = (size_t)(end - name);
	if (strncmp(name, "common_", 7) == 0)
		return;
	while (*i < tr_field_count(type) && (strlen(tr_field_name(type, *i)) != n ||
					     strncmp(tr_field_name(type, *i), name, n) != 0))
		++*i;
	ck_assert_msg(*i < tr_field_count(type), "%s: field %.*s", event, (int)n, name);
	++*i;
}

START_TEST(the_rows_have_the_fields_of_the_kernels_format_files)
{
	const char *root = getenv("EL2SIM_GROUNDTRUTH");
	static const char *const files[] = { "traces/6.1-vhe/kvm-event-formats",
					     "traces/6.12-vhe/kvm-event-formats" };

	if (root == NULL) {
		printf("skipped: EL2SIM_GROUNDTRUTH does not name a folder with format files\n");
		return;
	}
	for (size_t k = 0; k < 2; k++) {
		struct str path = STR_INIT;
		enum tr_type type = TR_TYPE_COUNT;
		char line[8192], event[64] = "";
		unsigned i = 0, events = 0;
		FILE *f;

		str_addf(&path, "%s/%s", root, files[k]);
		f = fopen(str_get(&path), "r");
		ck_assert_ptr_nonnull(f);
		while (fgets(line, sizeof(line), f) != NULL) {
			if (sscanf(line, "name: %63s", event) == 1) {
				ck_assert_msg(tr_type_by_name(event, &type), "%s has no row",
					      event);
				i = 0;
				events++;
			} else if (strstr(line, "field:") != NULL) {
				check_field(line, event, type, &i);
			}
		}
		ck_assert_uint_gt(events, 35);
		(void)fclose(f);
		str_free(&path);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("traces_import");
	TCase *tc = tcase_create("import"), *real = tcase_create("real");

	tcase_add_test(tc, the_same_recording_gives_the_same_records_in_every_format);
	tcase_add_test(tc, the_piece_in_the_tests_is_the_start_of_the_sample);
	tcase_add_test(tc, a_trace_dat_says_which_events_were_recorded);
	tcase_add_test(tc, a_text_says_only_of_the_events_it_has_that_they_were_recorded);
	tcase_add_test(tc, a_file_of_version_1_is_read_and_says_what_it_does_not_know);
	tcase_add_test(tc, plugins_for_x86_leave_entries_and_exits_whole);
	tcase_add_test(tc, a_wfx_without_its_character_has_no_fields_rather_than_wrong_ones);
	tcase_add_test(tc, tracefs_has_the_names_of_registers);
	tcase_add_test(tc, a_6_1_kernel_lacks_only_the_emulated_vtimer);
	tcase_add_test(tc, hand_written_forms_give_the_blessed_records);
	tcase_add_test(tc, a_dump_of_the_sample_imports_to_the_same_bytes);
	tcase_add_loop_test(tc, text_of_the_sample_says_the_same_as_precisely_as_it_can, 0,
			    (int)(sizeof(styles) / sizeof(styles[0])));
	tcase_add_test(tc, windows_line_ends_change_nothing);
	tcase_add_test(real, real_recordings_are_the_same_in_both_formats);
	tcase_add_test(real, the_rows_have_the_fields_of_the_kernels_format_files);
	suite_add_tcase(s, tc);
	suite_add_tcase(s, real);
	return suite_status(s);
}
