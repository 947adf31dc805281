/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/hyp/measured/path_import.h"
#include "sim/base/opt.h"
#include "tests/files.h"
#include "tests/suite.h"

#define DATA      EL2SIM_SOURCE_DIR "/tests/data/"
#define TOTALS    DATA "totals-nvhe.csv"
#define REGISTERS DATA "registers-nvhe.csv"
#define KERNELS   EL2SIM_SOURCE_DIR "/configs/kernel"

static char tmp[] = "/tmp/el2sim-path-XXXXXX";

static const struct path_words words = { .vcpu = 1,
					 .recorded_with = "a test",
					 .source = "tests/data",
					 .table = "x.csv" };

/* --- help ------------------------------------------------------------------------------------- */

static struct path_import *imported(unsigned cfg, const char *totals, const char *registers,
				    struct err *e)
{
	struct path_import *im = xcalloc(1, sizeof(*im));

	im->cfg = cfg;
	if (path_import_add(im, totals, registers, e) == 0)
		return im;
	path_import_free(im);
	free(im);
	return NULL;
}

static void done(struct path_import *im)
{
	path_import_free(im);
	free(im);
}

/* The file in tests/data with its first old replaced by new, in a temporary file. */
static const char *changed(const char *path, const char *old, const char *new)
{
	char *text = slurp(path).s, *at = strstr(text, old);
	FILE *f = fopen(tmp, "w");

	ck_assert_msg(at != NULL, "%s has no %s", path, old);
	ck_assert_ptr_nonnull(f);
	(void)fprintf(f, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
	ck_assert_int_eq(fclose(f), 0);
	free(text);
	return tmp;
}

static struct opt_set *load(struct path_profile *p, const char *path, struct err *e)
{
	struct opt_set *set = opt_new();

	path_opt_add(set, p);
	if ((path == NULL || opt_load(set, path, e) == 0) && opt_done(set, e) == 0 && path_read(p, e) == 0)
		return set;
	opt_free(set);
	return NULL;
}

static void loads(struct path_profile *p, struct opt_set **set, const char *path)
{
	struct err e = { ERR_NONE, "" };

	*set = load(p, path, &e);
	ck_assert_msg(*set != NULL, "%s", e.text);
}

/* --- the profile ------------------------------------------------------------------------------ */

START_TEST(without_a_file_nothing_is_measured)
{
	struct path_profile p;
	struct opt_set *set;

	loads(&p, &set, NULL);
	for (int k = 0; k < PATH_KIND_COUNT; k++) {
		ck_assert(!path_has(&p, (enum path_kind)k));
		for (int i = 0; i < PATH_ITEM_COUNT; i++)
			ck_assert_uint_eq(path_get(&p, (enum path_kind)k, (enum path_item)i), 0);
	}
	ck_assert_str_eq(p.kernel, "");
	opt_free(set);
}
END_TEST

/* A profile whose table is the columns and these rows; -1: refused. */
static int read_rows(struct path_profile *p, const char *rows, struct err *e)
{
	FILE *f = fopen(tmp, "w");

	ck_assert_ptr_nonnull(f);
	for (size_t i = 0; i < PATH_COLUMN_COUNT; i++)
		(void)fprintf(f, "%s%s", i != 0 ? "," : "", path_columns()[i]);
	(void)fprintf(f, "\n%s", rows);
	ck_assert_int_eq(fclose(f), 0);
	memset(p, 0, sizeof(*p));
	p->table = tmp;
	return path_read(p, e);
}

START_TEST(a_measured_zero_is_not_the_same_as_not_measured)
{
	struct err e = { ERR_NONE, "" };
	struct path_profile p;

	ck_assert_int_eq(read_rows(&p, "null,recorded: 2 of 2,0,,,,,,,,,,,,,\nhvc_fp,left out: nothing,,,,,,,,,,,,,,\n", &e), 0);
	ck_assert(path_has(&p, PATH_KIND_null));
	ck_assert_uint_eq(path_get(&p, PATH_KIND_null, PATH_insns_host), 0);
	ck_assert_int_eq(p.item[PATH_KIND_null][PATH_insns_hyp], PATH_NOT_MEASURED);
	ck_assert(!path_has(&p, PATH_KIND_hvc_unknown) && !path_has(&p, PATH_KIND_hvc_fp));
}
END_TEST

START_TEST(every_item_of_every_kind_is_a_field_of_its_own)
{
	struct err e = { ERR_NONE, "" };
	struct str row = STR_INIT;
	struct path_profile p;

	str_addf(&row, "%s,assumed: %d", path_kind_name((enum path_kind)_i), _i);
	for (int i = 0; i < PATH_ITEM_COUNT; i++)
		str_addf(&row, ",%d", 100 + i);
	ck_assert_msg(read_rows(&p, str_get(&row), &e) == 0, "%s", e.text);
	for (int k = 0; k < PATH_KIND_COUNT; k++)
		for (int i = 0; i < PATH_ITEM_COUNT; i++)
			ck_assert_uint_eq(path_get(&p, (enum path_kind)k, (enum path_item)i),
					  k == _i ? 100U + (unsigned)i : 0U);
	str_free(&row);
}
END_TEST

static const struct {
	const char *rows, *why;
} refused[] = {
	{ "hvc_unknwon,recorded: x,1,,,,,,,,,,,,,\n", ":2: unknown exit kind \"hvc_unknwon\": did you mean \"hvc_unknown\"?" },
	{ "zork,recorded: x,1,,,,,,,,,,,,,\n", ":2: unknown exit kind \"zork\": add the row PATH_KIND(zork, \"...\")" },
	{ "null,recorded: x,1,,,,,,,,,,,,,\nnull,recorded: x,1,,,,,,,,,,,,,\n", ":3: null for the second time" },
	{ "null,,1,,,,,,,,,,,,,\n", ":2: source = \"\": want \"recorded: ...\"" },
	{ "null,recorded,1,,,,,,,,,,,,,\n", ":2: source = \"recorded\": want" },
	{ "null,recorded: ,1,,,,,,,,,,,,,\n", ":2: source = \"recorded: \": want" },
	{ "null,measured: x,1,,,,,,,,,,,,,\n", ":2: source = \"measured: x\": want" },
	{ "null,recorded: x,,,,,,,,,,,,,,\n", ":2: null, source = \"recorded: x\": want a value at least" },
	{ "null,left out: x,1,,,,,,,,,,,,,\n", ":2: null, source = \"left out: x\": want no values" },
	{ "null,recorded: x,-1,,,,,,,,,,,,,\n", ":2: insns_host = \"-1\": want a whole number in 0..1000000000000" },
	{ "null,recorded: x,1000000000001,,,,,,,,,,,,,\n", ":2: insns_host = \"1000000000001\": want" },
	{ "null,recorded: x,1\n", ":2: 3 columns: want the 16 of the header" },
};

START_TEST(a_table_with_a_mistake_is_refused_with_its_place)
{
	struct err e = { ERR_NONE, "" };
	struct path_profile p;

	ck_assert_int_eq(read_rows(&p, refused[_i].rows, &e), -1);
	ck_assert_int_eq(e.code, ERR_INPUT);
	ck_assert_msg(strstr(e.text, refused[_i].why) != NULL, "said: %s\nwant: %s", e.text, refused[_i].why);
	ck_assert_int_eq(strncmp(e.text, tmp, strlen(tmp)), 0);
}
END_TEST

START_TEST(every_kind_is_found_by_its_name_and_has_a_help)
{
	const char *help = path_kind_help((enum path_kind)_i);
	enum path_kind kind;

	ck_assert(path_kind_by_name(path_kind_name((enum path_kind)_i), &kind));
	ck_assert_int_eq(kind, _i);
	ck_assert(help[0] != '\0' && help[strlen(help) - 1] != '.');
	ck_assert(!path_kind_by_name("zork", &kind));
}
END_TEST

/* --- import ----------------------------------------------------------------------------------- */

static uint64_t item(const struct path_import *im, enum path_kind kind, enum path_item i)
{
	uint64_t v;

	ck_assert(path_import_item(im, kind, i, &v));
	return v;
}

START_TEST(an_import_has_the_numbers_of_both_files)
{
	struct err e = { ERR_NONE, "" };
	struct path_import *im = imported(0, TOTALS, REGISTERS, &e);

	ck_assert_msg(im != NULL, "%s", e.text);
	ck_assert_uint_eq(item(im, PATH_KIND_hvc_unknown, PATH_insns_host), 713);
	ck_assert_uint_eq(item(im, PATH_KIND_hvc_unknown, PATH_insns_hyp), 1015);
	ck_assert_uint_eq(item(im, PATH_KIND_hvc_unknown, PATH_loads_stores), 480);
	ck_assert_uint_eq(item(im, PATH_KIND_hvc_unknown, PATH_soft_read_sp_el0) +
				  item(im, PATH_KIND_hvc_unknown, PATH_soft_read_tpidr) +
				  item(im, PATH_KIND_hvc_unknown, PATH_soft_read_daif) +
				  item(im, PATH_KIND_hvc_unknown, PATH_soft_read_currentel),
			  46);
	ck_assert_uint_eq(item(im, PATH_KIND_hvc_unknown, PATH_soft_write_daif), 0);
	ck_assert_uint_eq(item(im, PATH_KIND_run_immediate_exit, PATH_insns_user), 33);
	ck_assert_uint_eq(item(im, PATH_KIND_run_immediate_exit, PATH_soft_write_daif), 11);
	done(im);
}
END_TEST

START_TEST(the_configuration_asked_for_is_taken)
{
	struct err e = { ERR_NONE, "" };
	struct path_import *im = imported(2, TOTALS, REGISTERS, &e);
	uint64_t v;

	ck_assert_msg(im != NULL, "%s", e.text);
	ck_assert_uint_eq(item(im, PATH_KIND_hvc_unknown, PATH_insns_host), 737);
	ck_assert(!path_import_item(im, PATH_KIND_null_ioctl, PATH_insns_host, &v));
	done(im);
}
END_TEST

START_TEST(load_and_put_are_the_difference_of_two_kinds)
{
	struct err e = { ERR_NONE, "" };
	struct path_import *im = imported(0, TOTALS, REGISTERS, &e);
	uint64_t v;

	ck_assert_msg(im != NULL, "%s", e.text);
	ck_assert_uint_eq(item(im, PATH_KIND_vcpu_load_put, PATH_insns_host), 3764 - 915);
	ck_assert_uint_eq(item(im, PATH_KIND_vcpu_load_put, PATH_insns_hyp), 435);
	ck_assert_uint_eq(item(im, PATH_KIND_vcpu_load_put, PATH_soft_write_daif), 11 - 2);
	ck_assert(!path_import_item(im, PATH_KIND_vcpu_load_put, PATH_insns_user, &v));
	ck_assert(!path_import_item(im, PATH_KIND_vcpu_load_put, PATH_dczva, &v)); /* 1 less 2 */
	ck_assert(!path_import_item(im, PATH_KIND_fp_trap, PATH_insns_host, &v));
	done(im);
}
END_TEST

static void write_file(const char *path, const struct str *text)
{
	FILE *f = fopen(path, "w");

	ck_assert(f != NULL && fputs(str_get(text), f) >= 0 && fclose(f) == 0);
}

START_TEST(what_is_written_is_read_back_and_written_alike_twice)
{
	struct err e = { ERR_NONE, "" };
	struct path_import *im = imported(0, TOTALS, REGISTERS, &e);
	struct str text = STR_INIT, table = STR_INIT, again = STR_INIT, file = STR_INIT;
	struct path_words w = words;
	struct path_profile p;
	struct opt_set *set;

	ck_assert_msg(im != NULL, "%s", e.text);
	str_addf(&file, "%s.csv", tmp);
	w.table = strrchr(str_get(&file), '/') + 1;
	path_import_table(im, &table);
	ck_assert_int_eq(path_import_ini(im, &w, &text, &e), 0);
	path_import_table(im, &again);
	ck_assert_str_eq(str_get(&table), str_get(&again));
	str_reset(&again);
	ck_assert_int_eq(path_import_ini(im, &w, &again, &e), 0);
	ck_assert_str_eq(str_get(&text), str_get(&again));
	write_file(tmp, &text);
	write_file(str_get(&file), &table);
	loads(&p, &set, tmp);
	ck_assert_int_eq(unlink(str_get(&file)), 0);
	ck_assert_str_eq(p.kernel, "6.12");
	ck_assert_str_eq(p.machine, "n1");
	ck_assert_str_eq(p.mode, "nvhe");
	ck_assert_str_eq(p.source, "tests/data");
	ck_assert_str_eq(p.recorded_with, "a test");
	ck_assert_uint_eq(p.vcpu, 1);
	for (int k = 0; k < PATH_KIND_COUNT; k++) {
		for (int i = 0; i < PATH_ITEM_COUNT; i++) {
			uint64_t v = 0;

			(void)path_import_item(im, (enum path_kind)k, (enum path_item)i, &v);
			ck_assert_uint_eq(path_get(&p, (enum path_kind)k, (enum path_item)i), v);
		}
	}
	ck_assert(path_has(&p, PATH_KIND_vcpu_load_put) && !path_has(&p, PATH_KIND_null));
	opt_free(set);
	str_free(&text);
	str_free(&table);
	str_free(&again);
	str_free(&file);
	done(im);
}
END_TEST

/* A change to one of the two files, and what is said about it. */
static const struct {
	bool registers;
	const char *old, *new;
	unsigned cfg;
	const char *why;
} broken[] = {
	{ false, "tag,kind", "gat,kind", 0, ":1: wrong header: want \"tag,kind,cfg," },
	{ false, ",480,110,", ",480,111,", 0,
	  ":3: hvc_unknown, cfg 0: read = 111, but 110 in the registers: want both files" },
	{ false, ",480,110,46,", ",480,110,45,", 0,
	  ":3: hvc_unknown, cfg 0: soft_read = 45, but 46 in the registers" },
	{ false, ",98,26,11,", ",98,26,12,", 0, "soft_write = 12, but 11 in the registers" },
	{ false, "hvc_unknown,0", "hvc_unknwon,0", 0,
	  ":3: unknown exit kind \"hvc_unknwon\": did you mean \"hvc_unknown\"?" },
	{ false, "hvc_unknown,0", "zork,0", 0,
	  ":3: unknown exit kind \"zork\": add the row PATH_KIND(zork, \"...\")" },
	{ false, "null_ioctl,0", "hvc_unknown,0", 0,
	  ":5: hvc_unknown with cfg 0 for the second time" },
	{ false, "nvhe,null_ioctl,0", "vhe,null_ioctl,0", 0, ":5: tag = \"6.12-n1-vhe\" after" },
	{ false, "713", "-713", 0, ":3: insn_host = \"-713\": want a whole number in 0.." },
	{ false, "1728.0", "1728,0", 0, ":3: 41 columns: want the 40 of the header" },
	{ false, "1728.0", "1728.", 0, ":3: mean_insn = \"1728.\": want a decimal number" },
	{ false, "0", "0", 3, "no rows with cfg 3: want --cfg to name one that was recorded" },
	{ false, "0", "0", 1, "hvc_unknown, cfg 1: read = 110, but 0 in the registers" },
	{ true, "6.12,n1,nvhe", "6.1,n1,nvhe", 0,
	  ":3: kernel = \"6.12\" after \"6.1\": want one kernel" },
	{ true, ",hvc_unknown,", ",smc_unknown,", 0,
	  "exit = smc_unknown, cfg = 0 is not in the totals" },
	{ true, ",hvc_unknown,", ",zork,", 0, "unknown exit kind \"zork\"" },
	{ true, ",write,", ",wrote,", 0, "op = \"wrote\": want one of read, write" },
};

START_TEST(files_that_do_not_agree_are_refused_with_their_place)
{
	struct err e = { ERR_NONE, "" };
	const char *path =
		changed(broken[_i].registers ? REGISTERS : TOTALS, broken[_i].old, broken[_i].new);
	const char *totals = broken[_i].registers ? TOTALS : path;
	const char *registers = broken[_i].registers ? path : REGISTERS;

	ck_assert_ptr_null(imported(broken[_i].cfg, totals, registers, &e));
	ck_assert_int_eq(e.code, ERR_INPUT);
	ck_assert_msg(strstr(e.text, broken[_i].why) != NULL, "said: %s\nwant: %s", e.text,
		      broken[_i].why);
}
END_TEST

START_TEST(a_text_that_an_ini_file_cannot_hold_is_refused)
{
	static const char *const texts[] = { "", " x", "x ", "a; b", "two\nlines", "caf\xc3\xa9" };
	struct err e = { ERR_NONE, "" };
	struct path_import *im = imported(0, TOTALS, REGISTERS, &e);

	ck_assert_msg(im != NULL, "%s", e.text);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct path_words w = { .recorded_with = "a test", .source = texts[i], .table = "x.csv" };
		struct str text = STR_INIT;

		ck_assert_int_eq(path_import_ini(im, &w, &text, &e), -1);
		ck_assert_int_eq(e.code, ERR_USAGE);
		ck_assert_uint_eq(text.len, 0);
	}
	done(im);
}
END_TEST

/* --- what is shipped -------------------------------------------------------------------------- */

static struct dirent **files;

static int is_ini(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 4 && strcmp(d->d_name + n - 4, ".ini") == 0;
}

/* Files that include others or set more than a path are not profiles. */
static bool is_profile(const char *path)
{
	struct str text = slurp(path);
	bool yes = strncmp(str_get(&text), "# Path profile", 14) == 0;

	str_free(&text);
	return yes;
}

START_TEST(a_shipped_profile_loads_and_says_where_it_comes_from)
{
	struct str path = STR_INIT, name = STR_INIT;
	struct path_profile p;
	struct opt_set *set;

	str_addf(&path, KERNELS "/%s", files[_i]->d_name);
	if (is_profile(str_get(&path))) {
		loads(&p, &set, str_get(&path));
		str_addf(&name, "linux-%s-%s-%s", p.kernel, p.machine, p.mode);
		for (int i = 0; path_vcpu_names()[i] != NULL; i++)
			if ((p.vcpu >> i & 1) != 0)
				str_addf(&name, "-%s", path_vcpu_names()[i]);
		str_add(&name, ".ini");
		ck_assert_str_eq(str_get(&name), files[_i]->d_name);
		ck_assert_ptr_nonnull(strstr(p.source, "recorded: "));
		ck_assert_uint_gt(strlen(p.recorded_with), 10);
		ck_assert(path_has(&p, PATH_KIND_hvc_unknown) &&
			  path_has(&p, PATH_KIND_vcpu_load_put) &&
			  path_has(&p, PATH_KIND_fp_trap) &&
			  path_has(&p, PATH_KIND_mmio_read_user));
		ck_assert((path_get(&p, PATH_KIND_hvc_unknown, PATH_insns_hyp) == 0) ==
			  (strcmp(p.mode, "vhe") == 0));
		opt_free(set);
	}
	str_free(&path);
	str_free(&name);
}
END_TEST

/* Every recording in the folder: both files agree, for every configuration that has registers. */
START_TEST(recordings_outside_the_tree_import)
{
	const char *dir = getenv("EL2SIM_REFERENCE");
	struct dirent **list;
	int n = dir != NULL ? scandir(dir, &list, NULL, alphasort) : -1, found = 0;

	if (n < 0) {
		printf("skipped: EL2SIM_REFERENCE names no folder of *-totals.csv and *.csv.zst\n");
		return;
	}
	for (int i = 0; i < n; i++) {
		int stem = (int)strlen(list[i]->d_name) - (int)strlen("-totals.csv");
		struct str totals = STR_INIT, registers = STR_INIT;

		str_addf(&totals, "%s/%s", dir, list[i]->d_name);
		str_addf(&registers, "%s/%.*s.csv.zst", dir, stem > 0 ? stem : 0, list[i]->d_name);
		for (unsigned cfg = 0; stem > 0 && cfg <= 2; cfg += 2) {
			struct err e = { ERR_NONE, "" };
			struct path_import *im;

			if (strcmp(list[i]->d_name + stem, "-totals.csv") != 0)
				break;
			im = imported(cfg, str_get(&totals), str_get(&registers), &e);
			ck_assert_msg(im != NULL, "%s", e.text);
			done(im);
			found++;
		}
		str_free(&totals);
		str_free(&registers);
		free(list[i]);
	}
	free(list);
	printf("EL2SIM_REFERENCE: %d imports\n", found);
	ck_assert_int_gt(found, 0);
}
END_TEST

#define N(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
	TCase *tc = tcase_create("path");
	Suite *s = suite_create("path");
	int failed, fd = mkstemp(tmp), n_files = scandir(KERNELS, &files, is_ini, alphasort);

	if (fd < 0 || close(fd) != 0 || n_files < 1)
		return 1;
	tcase_add_test(tc, without_a_file_nothing_is_measured);
	tcase_add_test(tc, a_measured_zero_is_not_the_same_as_not_measured);
	tcase_add_loop_test(tc, every_item_of_every_kind_is_a_field_of_its_own, 0,
			    PATH_KIND_COUNT);
	tcase_add_loop_test(tc, a_table_with_a_mistake_is_refused_with_its_place, 0, N(refused));
	tcase_add_loop_test(tc, every_kind_is_found_by_its_name_and_has_a_help, 0, PATH_KIND_COUNT);
	tcase_add_test(tc, an_import_has_the_numbers_of_both_files);
	tcase_add_test(tc, the_configuration_asked_for_is_taken);
	tcase_add_test(tc, load_and_put_are_the_difference_of_two_kinds);
	tcase_add_test(tc, what_is_written_is_read_back_and_written_alike_twice);
	tcase_add_loop_test(tc, files_that_do_not_agree_are_refused_with_their_place, 0, N(broken));
	tcase_add_test(tc, a_text_that_an_ini_file_cannot_hold_is_refused);
	tcase_add_loop_test(tc, a_shipped_profile_loads_and_says_where_it_comes_from, 0, n_files);
	tcase_add_test(tc, recordings_outside_the_tree_import);
	suite_add_tcase(s, tc);
	failed = suite_status(s);
	(void)unlink(tmp);
	for (int i = 0; i < n_files; i++)
		free(files[i]);
	free(files);
	return failed;
}
