/* SPDX-License-Identifier: Apache-2.0 */
/* Results files: what is written is read back; what is no results file says so. */
#include "tests/store_bench.h"

static void add_metric(void *ctx, const struct store_metric *m)
{
	struct str *b = ctx;

	if (m->real)
		str_addf(b, "%s=%g;", m->name, m->d);
	else
		str_addf(b, "%s=%lld%s;", m->name, (long long)m->i, m->unit);
}

static void add_setting(void *ctx, const struct store_setting *o)
{
	str_addf(ctx, "%s=%s (%s)%s;", o->name, o->value, o->origin, o->source);
}

START_TEST(what_was_put_is_read_back)
{
	struct store *s = planned(path_a);
	struct store_point p;
	struct str b = STR_INIT;
	struct err e = { 0 };

	put(s, 4, STORE_OK, 42);
	store_close(s);
	s = store_open(path_a, STORE_READ, &e);
	ck_assert_msg(s != NULL, "%s", e.text);
	ck_assert_str_eq(store_meta(s, "title"), "a title");
	ck_assert_str_eq(store_meta(s, "nothing"), "");
	ck_assert_uint_eq(store_axes(s), 2);
	ck_assert_str_eq(store_axis_at(s, 0)->help, axes[0].help);
	ck_assert_uint_eq(store_axis_at(s, 1)->n, 3);
	ck_assert_uint_eq(store_points(s), 6);
	for (unsigned i = 0; i < 6; i++) {
		ck_assert_int_eq(store_point(s, i, &p, &e), 0);
		ck_assert_uint_eq(p.ordinal[0], i / 3);
		ck_assert_uint_eq(p.ordinal[1], i % 3);
		ck_assert_int_eq(p.status, i == 4 ? STORE_OK : STORE_MISSING);
		store_point_free(&p);
		ck_assert_int_eq(store_report(s, i, &b, &e), 0);
		ck_assert_str_eq(str_get(&b), i == 4 ? "{\"schema\": \"el2sim.run/1\"}" : "");
	}
	str_reset(&b);
	ck_assert_int_eq(store_each_metric(s, 4, add_metric, &b, &e), 0);
	ck_assert_str_eq(str_get(&b), "cycles=42cycles;each=1.5;");
	str_reset(&b);
	ck_assert_int_eq(store_each_setting(s, 4, add_setting, &b, &e), 0);
	ck_assert_str_eq(str_get(&b), "policy.el1=deferred (a.ini:3);run.seed=7 (a.ini:9);");
	ask(s, "SELECT * FROM points WHERE \"machine.vcpus\" > 1 ORDER BY point", &b);
	ck_assert_str_eq(str_get(&b), "1,eager,2,missing,\n2,eager,4,missing,\n4,deferred,2,ok,\n5,deferred,4,missing,\n");
	ck_assert_int_eq(store_point(s, 6, &p, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "no point 6: want 0..5"));
	str_free(&b);
	store_close(s);
}
END_TEST

START_TEST(a_second_result_of_a_hash_replaces_the_first)
{
	struct store *s = planned(path_a);
	struct str b = STR_INIT;

	put(s, 1, STORE_CRASHED, 1);
	put(s, 1, STORE_OK, 2);
	ask(s, "SELECT status, value FROM points JOIN metrics USING (point) WHERE name = 'cycles'", &b);
	ck_assert_str_eq(str_get(&b), "ok,2\n");
	ask(s, "SELECT count(*) FROM metric_value", &b);
	ck_assert_str_eq(str_get(&b), "2\n");
	str_free(&b);
	store_close(s);
}
END_TEST

START_TEST(the_same_plan_is_not_written_again_and_another_keeps_the_results)
{
	struct store *s = planned(path_a);
	struct store_point sp = { .command = "x", .ordinal = (uint32_t[]){ 0 } };
	struct str b = STR_INIT;
	struct err e = { 0 };
	bool needed;

	put(s, 3, STORE_OK, 5);
	ck_assert_int_eq(store_plan_begin(s, "plan", &needed, &e), 0);
	ck_assert(!needed);
	ck_assert_int_eq(store_plan_begin(s, "other", &needed, &e), 0);
	ck_assert(needed);
	ck_assert_int_eq(store_put_axis(s, &axes[0], &e), 0);
	hash_of(3, sp.hash);
	ck_assert_int_eq(store_put_point(s, 0, &sp, &e), 0);
	store_plan_drop(s);
	ck_assert_uint_eq(store_points(s), 6);
	ck_assert_int_eq(store_plan_begin(s, "other", &needed, &e), 0);
	ck_assert_int_eq(store_put_axis(s, &axes[0], &e), 0);
	ck_assert_int_eq(store_put_point(s, 0, &sp, &e), 0);
	ck_assert_int_eq(store_plan_end(s, &e), 0);
	ask(s, "SELECT * FROM points JOIN metrics USING (point) WHERE name = 'cycles'", &b);
	ck_assert_str_eq(str_get(&b), "0,eager,ok,,cycles,5,cycles\n");
	str_free(&b);
	store_close(s);
}
END_TEST

static void merged(struct store *s, const char *path)
{
	struct err e = { 0 };
	struct store *from = store_open(path, STORE_READ, &e);

	ck_assert_msg(from != NULL, "%s", e.text);
	ck_assert_int_eq(store_merge_begin(s, &e), 0);
	ck_assert_msg(store_merge_add(s, from, &e) == 0, "%s", e.text);
	ck_assert_int_eq(store_merge_end(s, &e), 0);
	store_close(from);
}

START_TEST(results_of_another_file_are_taken_over_once)
{
	static const char all[] = "SELECT point, status, name, value FROM points JOIN metrics USING (point) ORDER BY 1, 3";
	struct store *s = planned(path_a), *t = planned(path_b);
	struct str b = STR_INIT;

	put(s, 0, STORE_OK, 1);
	put(t, 0, STORE_OK, 99); /* a has it already */
	put(t, 2, STORE_NO, 3);
	store_close(t);
	for (int again = 0; again < 2; again++) {
		merged(s, path_b);
		ask(s, all, &b);
		ck_assert_str_eq(str_get(&b), "0,ok,cycles,1\n0,ok,each,1.5\n2,no,cycles,3\n2,no,each,1.5\n");
	}
	ask(s, "SELECT count(*) FROM timings", &b);
	ck_assert_str_eq(str_get(&b), "2\n");
	str_free(&b);
	store_close(s);
}
END_TEST

START_TEST(a_point_that_succeeded_at_last_replaces_the_failure)
{
	struct store *s = planned(path_a), *t = planned(path_b);
	struct str b = STR_INIT;

	put(s, 0, STORE_CRASHED, 1);
	put(s, 1, STORE_OK, 2);
	put(s, 2, STORE_TIMEOUT, 3);
	put(t, 0, STORE_OK, 4);
	put(t, 1, STORE_FAILED, 5);
	put(t, 2, STORE_FAILED, 6);
	store_close(t);
	merged(s, path_b);
	ask(s, "SELECT point, status, value FROM points JOIN metrics USING (point) WHERE name = 'cycles' ORDER BY 1", &b);
	ck_assert_str_eq(str_get(&b), "0,ok,4\n1,ok,2\n2,timeout,3\n");
	ask(s, "SELECT count(*), (SELECT count(*) FROM result_time) FROM metric_value", &b);
	ck_assert_str_eq(str_get(&b), "6,3\n");
	str_free(&b);
	store_close(s);
}
END_TEST

START_TEST(a_file_that_is_written_is_not_written_by_another)
{
	struct store *s = planned(path_a), *r;
	struct err e = { 0 };

	ck_assert_ptr_null(store_open(path_a, STORE_WRITE, &e));
	ck_assert_int_eq(e.code, ERR_IO);
	ck_assert_ptr_nonnull(strstr(e.text, "another el2sim writes it"));
	r = store_open(path_a, STORE_READ, &e); /* but may be read */
	ck_assert_ptr_nonnull(r);
	store_close(r);
	store_close(s);
}
END_TEST

/* A process that is killed while it has the file open: what it committed is in the write-ahead log. */
static void killed(const char *path, unsigned point)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		put(planned(path), point, STORE_OK, 7);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

static const char successes[] = "SELECT point FROM points WHERE status = 'ok' ORDER BY point";

static void has(const char *path, const char *want)
{
	struct err e = { 0 };
	struct store *s = store_open(path, STORE_READ, &e);
	struct str b = STR_INIT;

	ck_assert_msg(s != NULL, "%s", e.text);
	ask(s, successes, &b);
	ck_assert_str_eq(str_get(&b), want);
	str_free(&b);
	store_close(s);
}

START_TEST(merge_keeps_what_a_killed_writer_had_in_its_log)
{
	struct store *s;
	struct stat before, after;
	struct err e;

	killed(path_a, 1);
	ck_assert_int_eq(chmod(path_a, 0600), 0);
	s = planned(path_b);
	put(s, 4, STORE_OK, 5);
	ck_assert_int_eq(store_finish(s, &e), 0);
	ck_assert_int_eq(stat(path_a, &before), 0);
	ck_assert_int_eq(command(&e, "merge", path_b, "-o", path_a), -1);
	ck_assert_msg(e.code == ERR_ANSWER_NO, "%s", e.text); /* points are missing */
	has(path_a, "1\n4\n");
	ck_assert_int_eq(stat(path_a, &after), 0);
	ck_assert_uint_eq(before.st_ino, after.st_ino);
	ck_assert_uint_eq(after.st_mode & 0777, 0600);
}
END_TEST

START_TEST(merge_does_not_touch_what_is_being_written)
{
	struct store *s = planned(path_b);
	struct err e;

	put(s, 4, STORE_OK, 5);
	ck_assert_int_eq(store_finish(s, &e), 0);
	s = planned(path_a);
	ck_assert_int_eq(command(&e, "merge", path_b, "-o", path_a), -1);
	ck_assert_int_eq(e.code, ERR_IO);
	ck_assert_ptr_nonnull(strstr(e.text, "another el2sim writes it"));
	put(s, 2, STORE_OK, 3);
	ck_assert_int_eq(store_finish(s, &e), 0);
	has(path_a, "2\n");
}
END_TEST

/* The file as cp takes it, without what is beside it. */
static void alone(const char *path, const char *copy)
{
	struct str text = slurp(path);

	spill(copy, str_get(&text), text.len);
	str_free(&text);
}

static sqlite3_stmt *reader(sqlite3 **db, const char *sql)
{
	sqlite3_stmt *st;

	ck_assert_int_eq(sqlite3_open_v2(path_a, db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(*db, sql, -1, &st, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(st), SQLITE_ROW);
	return st;
}

START_TEST(what_is_said_to_be_in_a_file_is_in_that_file)
{
	struct store *s = planned(path_a);
	sqlite3_stmt *st;
	struct err e;
	sqlite3 *db;

	st = reader(&db, "SELECT count(*) FROM point"); /* open, and in no question */
	ck_assert_int_eq(sqlite3_finalize(st), SQLITE_OK);
	put(s, 3, STORE_OK, 5);
	ck_assert_msg(store_finish(s, &e) == 0, "%s", e.text);
	alone(path_a, path_b);
	has(path_b, "3\n");
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
	has(path_a, "3\n"); /* and the last reader of ours leaves nothing beside it */
}
END_TEST

START_TEST(what_is_not_in_that_file_is_not_said_to_be)
{
	struct store *s = planned(path_a);
	sqlite3_stmt *st;
	struct err e;
	sqlite3 *db;

	st = reader(&db, "SELECT point FROM point"); /* in the midst of a question */
	put(s, 3, STORE_OK, 5);
	ck_assert_int_eq(store_finish(s, &e), -1);
	ck_assert_int_eq(e.code, ERR_IO);
	ck_assert_ptr_nonnull(strstr(e.text, "-wal"));
	ck_assert_int_eq(sqlite3_finalize(st), SQLITE_OK);
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
	s = store_open(path_a, STORE_WRITE, &e);
	ck_assert_ptr_nonnull(s);
	ck_assert_int_eq(store_finish(s, &e), 0);
	alone(path_a, path_b);
	has(path_b, "3\n");
}
END_TEST

START_TEST(what_comes_to_nothing_leaves_nothing)
{
	struct store *s;
	struct err e = { 0 };

	s = store_open(path_a, STORE_WRITE, &e);
	ck_assert_msg(s != NULL, "%s", e.text);
	store_close(s);
	ck_assert_int_ne(access(path_a, F_OK), 0);
	killed(path_b, 1);
	store_close(store_open(path_b, STORE_WRITE, &e));
	ck_assert_int_eq(truncate(path_b, 8192), 0); /* damaged */
	ck_assert_int_eq(command(&e, "merge", path_b, "-o", path_a), -1);
	ck_assert_int_eq(e.code, ERR_INPUT);
	ck_assert_int_ne(access(path_a, F_OK), 0);
}
END_TEST

static void refused(enum store_mode mode, enum err_code code, const char *text)
{
	struct err e = { 0 };

	ck_assert_ptr_null(store_open(path_a, mode, &e));
	ck_assert_int_eq(e.code, code);
	ck_assert_msg(strstr(e.text, text) != NULL, "%s", e.text);
	ck_assert_ptr_nonnull(strstr(e.text, path_a));
}

static void write_text(const char *text)
{
	FILE *f = fopen(path_a, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

static void pragma(const char *sql)
{
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(path_a, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}

START_TEST(what_is_no_results_file_is_refused_and_left_alone)
{
	char back[64];
	FILE *f;

	refused(STORE_READ, ERR_INPUT, "No such file or directory: want a results file");
	write_text("");
	refused(STORE_READ, ERR_INPUT, "has nothing in it: its sweep was ended before it began");
	write_text("[run]\ntrace = x\n some text that is long enough\n");
	refused(STORE_READ, ERR_INPUT, "is no results file: want one that el2sim sweep made");
	refused(STORE_WRITE, ERR_INPUT, "is no results file: want one that el2sim sweep made");
	f = fopen(path_a, "r");
	ck_assert_ptr_nonnull(fgets(back, sizeof(back), f));
	ck_assert_str_eq(back, "[run]\n");
	(void)fclose(f);
	(void)unlink(path_a);
	pragma("CREATE TABLE t (x)");
	refused(STORE_READ, ERR_INPUT, "is no results file");
	refused(STORE_WRITE, ERR_INPUT, "is no results file");
}
END_TEST

START_TEST(a_file_of_a_newer_version_is_refused)
{
	store_close(planned(path_a));
	pragma("PRAGMA user_version = 2");
	refused(STORE_READ, ERR_INPUT, "has results format 2 and this el2sim");
	refused(STORE_WRITE, ERR_INPUT, "want an el2sim as new as the one that wrote it");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("store");
	TCase *c = tcase_create("files");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, what_was_put_is_read_back);
	tcase_add_test(c, a_second_result_of_a_hash_replaces_the_first);
	tcase_add_test(c, the_same_plan_is_not_written_again_and_another_keeps_the_results);
	tcase_add_test(c, results_of_another_file_are_taken_over_once);
	tcase_add_test(c, a_point_that_succeeded_at_last_replaces_the_failure);
	tcase_add_test(c, a_file_that_is_written_is_not_written_by_another);
	tcase_add_test(c, what_is_no_results_file_is_refused_and_left_alone);
	tcase_add_test(c, a_file_of_a_newer_version_is_refused);
	tcase_add_test(c, merge_keeps_what_a_killed_writer_had_in_its_log);
	tcase_add_test(c, merge_does_not_touch_what_is_being_written);
	tcase_add_test(c, what_is_said_to_be_in_a_file_is_in_that_file);
	tcase_add_test(c, what_is_not_in_that_file_is_not_said_to_be);
	tcase_add_test(c, what_comes_to_nothing_leaves_nothing);
	suite_add_tcase(s, c);
	return suite_status(s);
}
