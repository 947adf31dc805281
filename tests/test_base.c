/* SPDX-License-Identifier: Apache-2.0 */
/* Errors, strings, output files. */
#include <check.h>
#include <signal.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/err.h"
#include "sim/base/file.h"
#include "sim/base/progress.h"
#include "sim/base/str.h"
#include "tests/suite.h"

/* --- err -------------------------------------------------------------------------------------- */

static const struct {
	enum err_code code;
	int status;
} statuses[] = {
#define X(code, status, text) { code, status },
	ERR_CODES(X)
#undef X
};

START_TEST(every_code_has_its_exit_status)
{
	ck_assert_int_eq((int)statuses[_i].code, _i);
	ck_assert_int_eq(err_exit_status(statuses[_i].code), statuses[_i].status);
}
END_TEST

START_TEST(a_place_stands_before_the_sentence)
{
	struct err e;

	ck_assert_int_eq(err_set(&e, ERR_CONFIG, "%d is %s", 7, "odd"), -1);
	ck_assert_int_eq(err_at(&e, "a.ini", 3), -1);
	ck_assert_str_eq(e.text, "a.ini:3: 7 is odd");
	ck_assert_int_eq(err_at(&e, "b.ini", 0), -1);
	ck_assert_str_eq(e.text, "b.ini: a.ini:3: 7 is odd");
	ck_assert_int_eq(e.code, ERR_CONFIG);
}
END_TEST

START_TEST(a_sentence_that_is_too_long_ends_in_dots)
{
	char big[2 * ERR_TEXT_MAX];
	struct err e;

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	err_set(&e, ERR_INPUT, "%s", big);
	ck_assert_uint_eq(strlen(e.text), ERR_TEXT_MAX - 1);
	ck_assert_str_eq(e.text + ERR_TEXT_MAX - 5, "x...");
	err_set(&e, ERR_INPUT, "short");
	err_at(&e, big, 1);
	ck_assert_str_eq(e.text + ERR_TEXT_MAX - 5, "x...");
}
END_TEST

START_TEST(a_bug_aborts)
{
	BUG_ON(1 + 1 == 2);
}
END_TEST

/* --- str -------------------------------------------------------------------------------------- */

START_TEST(a_string_grows)
{
	struct str b = STR_INIT;

	ck_assert_str_eq(str_get(&b), "");
	for (int i = 0; i < 1000; i++)
		str_addf(&b, "%d,", i % 10);
	ck_assert_uint_eq(b.len, 2000);
	ck_assert_int_eq(strncmp(str_get(&b), "0,1,2,", 6), 0);
	str_reset(&b);
	ck_assert_str_eq(str_get(&b), "");
	str_addn(&b, "abc", 2);
	str_addc(&b, 'z');
	str_add(&b, "");
	ck_assert_str_eq(str_get(&b), "abz");
	str_free(&b);
	ck_assert_ptr_null(b.s);
}
END_TEST

static const struct {
	const char *word, *near;
} near_words[] = {
	{ "isbb", "isb" },   { "ISB", "isb" },   { "tlbi_vmid", "tlbi_vmids" },
	{ "x", NULL },       { "", NULL },       { "eret", "eret" },
	{ "erett", "eret" }, { "zzzzzz", NULL }, { "ixb", "isb" },
	{ "sib", "isb" },    { "ertee", NULL },
};

START_TEST(the_nearest_word_is_named_and_far_ones_are_not)
{
	static const char *const names[] = { "isb", "eret", "tlbi_vmids" };
	const char *near = str_nearest(near_words[_i].word, names, 3);

	if (near_words[_i].near == NULL)
		ck_assert_ptr_null(near);
	else
		ck_assert_pstr_eq(near, near_words[_i].near);
}
END_TEST

START_TEST(an_overlong_word_is_far_from_everything)
{
	char big[100];

	memset(big, 'a', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	ck_assert_uint_eq(str_distance(big, "a"), SIZE_MAX);
	ck_assert_uint_eq(str_distance("a", big), SIZE_MAX);
	ck_assert_uint_eq(str_distance("", ""), 0);
	ck_assert_uint_eq(str_distance("kitten", "sitting"), 3);
	ck_assert_uint_eq(str_distance("abcd", "acbd"), 1);
	ck_assert_uint_eq(str_distance("abcd", "badc"), 2);
	ck_assert_uint_eq(str_distance("ab", ""), 2);
}
END_TEST

START_TEST(items_of_a_list_are_without_blanks_and_may_be_empty)
{
	static const char *const want[] = { "a", "b c", "", "d", "" };
	char text[] = " a,\tb c\t,, d,", *list = text;

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		ck_assert_str_eq(str_item(&list, ","), want[i]);
	ck_assert_ptr_null(str_item(&list, ","));
	ck_assert_ptr_null(str_item(&list, ","));
}
END_TEST

START_TEST(words_of_a_list_may_have_any_number_of_separators_between)
{
	static const char *const want[] = { "a", "b", "c" };
	char text[] = " ,a,, b\t c ,", none[] = ", ,", *list = text, *empty = none;

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		ck_assert_str_eq(str_word(&list, ", \t"), want[i]);
	ck_assert_ptr_null(str_word(&list, ", \t"));
	ck_assert_ptr_null(str_word(&list, ", \t"));
	ck_assert_ptr_null(str_word(&empty, ", "));
}
END_TEST

static const struct {
	const char *text;
	bool ok;
	uint64_t v;
} unsigned_texts[] = {
	{ "0", true, 0 },
	{ "18446744073709551615", true, UINT64_MAX },
	{ "0xFFFFFFFFFFFFFFFF", true, UINT64_MAX },
	{ "0x1f", true, 31 },
	{ "010", true, 10 },
	{ "18446744073709551616", false, 0 },
	{ "", false, 0 },
	{ "-1", false, 0 },
	{ "+1", false, 0 },
	{ " 1", false, 0 },
	{ "1 ", false, 0 },
	{ "0x", false, 0 },
	{ "0x-1", false, 0 },
	{ "a", false, 0 },
	{ "1.5", false, 0 },
};

START_TEST(an_unsigned_number_is_read_whole_or_not_at_all)
{
	uint64_t v = 0;

	ck_assert_int_eq(str_u64(unsigned_texts[_i].text, &v), unsigned_texts[_i].ok);
	if (unsigned_texts[_i].ok)
		ck_assert_uint_eq(v, unsigned_texts[_i].v);
}
END_TEST

static const struct {
	const char *text;
	bool ok;
	int64_t v;
} signed_texts[] = {
	{ "-1", true, -1 },
	{ "9223372036854775807", true, INT64_MAX },
	{ "-9223372036854775808", true, INT64_MIN },
	{ "0x10", true, 16 },
	{ "9223372036854775808", false, 0 },
	{ "--1", false, 0 },
	{ "-", false, 0 },
	{ "", false, 0 },
	{ "1x", false, 0 },
};

START_TEST(a_signed_number_is_read_whole_or_not_at_all)
{
	int64_t v = 0;

	ck_assert_int_eq(str_i64(signed_texts[_i].text, &v), signed_texts[_i].ok);
	if (signed_texts[_i].ok)
		ck_assert_int_eq(v, signed_texts[_i].v);
}
END_TEST

/* --- file ------------------------------------------------------------------------------------- */

static char dir[64], path[96];
static struct outfile o;
static struct err e;

static void setup(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/el2sim-base-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/out", dir);
}

static void teardown(void)
{
	(void)unlink(path);
	ck_assert_int_eq(rmdir(dir), 0); /* that is: nothing else was left there */
}

static void holds(const char *text)
{
	char buf[64] = "";
	FILE *f = fopen(path, "r");

	ck_assert_ptr_nonnull(f);
	(void)fread(buf, 1, sizeof(buf) - 1, f);
	(void)fclose(f);
	ck_assert_str_eq(buf, text);
}

START_TEST(a_file_appears_whole)
{
	ck_assert_int_eq(file_create(&o, path, &e), 0);
	(void)fputs("one", o.f);
	ck_assert_int_ne(access(path, F_OK), 0);
	ck_assert_int_eq(file_commit(&o, &e), 0);
	holds("one");
	file_abort(&o); /* harmless */
	holds("one");
}
END_TEST

START_TEST(an_old_file_stays_until_the_new_one_is_whole)
{
	ck_assert_int_eq(file_create(&o, path, &e), 0);
	(void)fputs("old", o.f);
	ck_assert_int_eq(file_commit(&o, &e), 0);
	ck_assert_int_eq(file_create(&o, path, &e), 0);
	(void)fputs("new", o.f);
	file_abort(&o);
	holds("old");
	ck_assert_int_eq(file_create(&o, path, &e), 0);
	(void)fputs("new", o.f);
	ck_assert_int_eq(file_commit(&o, &e), 0);
	holds("new");
}
END_TEST

START_TEST(an_abandoned_file_leaves_nothing)
{
	ck_assert_int_eq(file_create(&o, path, &e), 0);
	(void)fputs("half", o.f);
	file_abort(&o);
	file_abort(&o);
	ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(a_full_disk_is_reported_and_a_device_stays_one)
{
	struct stat st;

	if (stat("/dev/full", &st) != 0) {
		printf("skipped: there is no /dev/full here\n");
		return;
	}
	ck_assert_int_eq(file_create(&o, "/dev/full", &e), 0);
	(void)fputs("text", o.f);
	ck_assert_int_eq(file_commit(&o, &e), -1);
	ck_assert_int_eq(e.code, ERR_IO);
	ck_assert_str_eq(e.text,
			 "/dev/full could not be written: No space left on device: nothing is left "
			 "of it");
	ck_assert_int_eq(stat("/dev/full", &st), 0);
	ck_assert(S_ISCHR(st.st_mode));
}
END_TEST

START_TEST(a_write_that_failed_earlier_is_not_forgotten)
{
	ck_assert_int_eq(file_create(&o, "/dev/full", &e), 0);
	(void)fputs("text", o.f);
	(void)fflush(o.f);
	ck_assert_int_eq(file_commit(&o, &e), -1);
	ck_assert_int_eq(e.code, ERR_IO);
}
END_TEST

START_TEST(a_place_that_cannot_be_written_is_an_error)
{
	char missing[128];

	(void)snprintf(missing, sizeof(missing), "%s/nowhere/out", dir);
	ck_assert_int_eq(file_create(&o, missing, &e), -1);
	ck_assert_int_eq(e.code, ERR_IO);
	ck_assert_ptr_nonnull(strstr(e.text, "No such file or directory"));
	ck_assert_int_eq(file_create(&o, dir, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "Is a directory"));
}
END_TEST

static void write_it(const char *name, const char *text)
{
	ck_assert_msg(file_create(&o, name, &e) == 0, "%s", e.text);
	(void)fputs(text, o.f);
	ck_assert_msg(file_commit(&o, &e) == 0, "%s", e.text);
}

START_TEST(a_new_file_has_the_mode_of_the_umask_and_an_old_one_keeps_its_own)
{
	mode_t mask = umask(027);
	struct stat st;

	write_it(path, "new");
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
	ck_assert_int_eq(chmod(path, 0600), 0);
	write_it(path, "secret");
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	if (geteuid() == 0) {
		ck_assert_int_eq(chown(path, 12, 34), 0);
		write_it(path, "theirs");
		ck_assert_int_eq(stat(path, &st), 0);
		ck_assert(st.st_uid == 12 && st.st_gid == 34);
	}
	(void)umask(mask);
}
END_TEST

START_TEST(a_symbolic_link_is_followed)
{
	char link[128], second[128];
	struct stat st;

	(void)snprintf(link, sizeof(link), "%s/link", dir);
	(void)snprintf(second, sizeof(second), "%s/second", dir);
	ck_assert_int_eq(symlink("out", link), 0);
	ck_assert_int_eq(symlink(link, second), 0);
	write_it(second, "through what leads nowhere yet");
	holds("through what leads nowhere yet");
	write_it(second, "again");
	holds("again");
	ck_assert_int_eq(lstat(second, &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
	ck_assert_int_eq(unlink(link), 0);
	ck_assert_int_eq(symlink("link", link), 0); /* to itself */
	ck_assert_int_eq(file_create(&o, link, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "symbolic links"));
	ck_assert_int_eq(unlink(link), 0);
	ck_assert_int_eq(unlink(second), 0);
}
END_TEST

START_TEST(what_is_no_file_is_written_directly)
{
	char fifo[128], name[64], got[16] = "";
	int fd;

	(void)snprintf(fifo, sizeof(fifo), "%s/fifo", dir);
	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	fd = open(fifo, O_RDWR);
	write_it(fifo, "fifo");
	ck_assert_int_eq(read(fd, got, sizeof(got)), 4);
	ck_assert_str_eq(got, "fifo");
	(void)close(fd);
	ck_assert_int_eq(unlink(fifo), 0);
	write_it("/dev/null", "nothing");
	fd = open(path, O_RDWR | O_CREAT | O_APPEND, 0600); /* a descriptor is one, also of a file: nothing before is lost */
	ck_assert_int_eq(write(fd, "before ", 7), 7);
	(void)snprintf(name, sizeof(name), "/dev/fd/%d", fd);
	write_it(name, "behind");
	holds("before behind");
	(void)close(fd);
	ck_assert_int_eq(file_create(&o, name, &e), -1); /* it is closed */
	ck_assert_int_eq(e.code, ERR_IO);
}
END_TEST

START_TEST(a_results_file_is_not_replaced)
{
	static const char head[] = "SQLite format 3";
	FILE *f = fopen(path, "w");

	ck_assert_uint_eq(fwrite(head, 1, sizeof(head), f), sizeof(head));
	(void)fclose(f);
	ck_assert_int_eq(file_create(&o, path, &e), -1);
	ck_assert_int_eq(e.code, ERR_USAGE);
	holds(head);
}
END_TEST

START_TEST(a_dash_is_standard_output)
{
	ck_assert_int_eq(file_create(&o, "-", &e), 0);
	ck_assert_ptr_eq(o.f, stdout);
	ck_assert_int_eq(file_commit(&o, &e), 0);
	ck_assert_int_eq(file_create(&o, NULL, &e), 0);
	file_abort(&o);
	ck_assert_int_ge(printf("%s", ""), 0);
}
END_TEST

START_TEST(progress_is_silent_where_stderr_is_no_terminal)
{
	FILE *f = freopen(path, "w", stderr);
	struct progress p;
	struct stat st;

	ck_assert_ptr_nonnull(f);
	progress_begin(&p, "reading", 1000);
	for (uint64_t i = 0; i <= 1000; i++)
		progress_at(&p, i);
	progress_end(&p);
	(void)fflush(f);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_size, 0);
}
END_TEST

#define N(a) (int)(sizeof(a) / sizeof((a)[0]))

static TCase *words(void)
{
	TCase *tc = tcase_create("err and str");

	tcase_add_loop_test(tc, every_code_has_its_exit_status, 0, N(statuses));
	tcase_add_test(tc, a_place_stands_before_the_sentence);
	tcase_add_test(tc, a_sentence_that_is_too_long_ends_in_dots);
	tcase_add_test_raise_signal(tc, a_bug_aborts, SIGABRT);
	tcase_add_test(tc, a_string_grows);
	tcase_add_loop_test(tc, the_nearest_word_is_named_and_far_ones_are_not, 0, N(near_words));
	tcase_add_test(tc, an_overlong_word_is_far_from_everything);
	tcase_add_test(tc, items_of_a_list_are_without_blanks_and_may_be_empty);
	tcase_add_test(tc, words_of_a_list_may_have_any_number_of_separators_between);
	tcase_add_loop_test(tc, an_unsigned_number_is_read_whole_or_not_at_all, 0,
			    N(unsigned_texts));
	tcase_add_loop_test(tc, a_signed_number_is_read_whole_or_not_at_all, 0, N(signed_texts));
	return tc;
}

static TCase *files(void)
{
	TCase *tc = tcase_create("file");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_file_appears_whole);
	tcase_add_test(tc, an_old_file_stays_until_the_new_one_is_whole);
	tcase_add_test(tc, an_abandoned_file_leaves_nothing);
	tcase_add_test(tc, a_full_disk_is_reported_and_a_device_stays_one);
	tcase_add_test(tc, a_write_that_failed_earlier_is_not_forgotten);
	tcase_add_test(tc, a_place_that_cannot_be_written_is_an_error);
	tcase_add_test(tc, a_new_file_has_the_mode_of_the_umask_and_an_old_one_keeps_its_own);
	tcase_add_test(tc, a_symbolic_link_is_followed);
	tcase_add_test(tc, what_is_no_file_is_written_directly);
	tcase_add_test(tc, a_results_file_is_not_replaced);
	tcase_add_test(tc, a_dash_is_standard_output);
	tcase_add_test(tc, progress_is_silent_where_stderr_is_no_terminal);
	return tc;
}

int main(void)
{
	Suite *s = suite_create("base");

	suite_add_tcase(s, words());
	suite_add_tcase(s, files());
	return suite_status(s);
}
