/* SPDX-License-Identifier: Apache-2.0 */
/* Results files: what is written is read back; what is no results file says so. */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zstd.h>

#include "sim/cmd/cmd.h"
#include "sim/store/store.h"
#include "sim/sweep/sweep_report.h"
#include "tests/suite.h"
#include "tests/traces_util.h"

static char dir[40];
static char path_a[64], path_b[64];

static void setup(void)
{
	/* thousands of files: where fsync costs nothing, if there is such a place */
	(void)snprintf(dir, sizeof(dir), "%s/el2sim-store-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path_a, sizeof(path_a), "%s/a.db", dir);
	(void)snprintf(path_b, sizeof(path_b), "%s/b.db", dir);
}

static void teardown(void)
{
	(void)unlink(path_a);
	(void)unlink(path_b);
	ck_assert_int_eq(rmdir(dir), 0); /* nothing else is left beside a closed file */
}

static char *labels[2] = { "eager", "deferred" }, *numbers[3] = { "1", "2", "4" };
static const struct store_axis axes[2] = {
	{ "policy.el1", "option", "", "help \"quoted\"", "a.ini:3", 0, labels, labels, 2 },
	{ "machine.vcpus", "option", "", "", "a.ini:4", 0, numbers, numbers, 3 },
};

static void hash_of(unsigned point, char hash[65])
{
	(void)snprintf(hash, 65, "%064u", point + 1);
}

/* Six points, two axes, one configuration. */
static struct store *planned(const char *path)
{
	struct err e = { 0 };
	struct store *s = store_open(path, STORE_WRITE, &e);
	bool needed;

	ck_assert_msg(s != NULL, "%s", e.text);
	ck_assert_int_eq(store_plan_begin(s, "plan", &needed, &e), 0);
	ck_assert(needed);
	ck_assert_int_eq(store_put_meta(s, "title", "a title", &e), 0);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(store_put_axis(s, &axes[i], &e), 0);
	ck_assert_int_eq(store_put_setting(s, 0, &(struct store_setting){ "policy.el1", "never", "", "default", "why" }, &e), 0);
	ck_assert_int_eq(store_put_setting(s, 0, &(struct store_setting){ "run.seed", "7", "", "a.ini:9", "" }, &e), 0);
	for (unsigned p = 0; p < 6; p++) {
		uint32_t ordinal[2] = { p / 3, p % 3 };
		struct store_point sp = { .config = 0, .command = "el2sim run a.ini", .ordinal = ordinal };

		hash_of(p, sp.hash);
		ck_assert_int_eq(store_put_point(s, p, &sp, &e), 0);
	}
	ck_assert_msg(store_plan_end(s, &e) == 0, "%s", e.text);
	return s;
}

static void put(struct store *s, unsigned point, enum store_status status, int64_t cycles)
{
	static const char json[] = "{\"schema\": \"el2sim.run/1\"}";
	struct store_metric m[2] = { { "cycles", "cycles", false, { .i = cycles } }, { "each", "", true, { .d = 1.5 } } };
	char packed[128], hash[65];
	size_t n = ZSTD_compress(packed, sizeof(packed), json, strlen(json), 3);
	struct store_result r = { hash, status, 0, "", packed, n, 10, 9, 8, m, 2 };
	struct err e = { 0 };

	hash_of(point, hash);
	ck_assert_msg(store_put_result(s, &r, &e) == 0, "%s", e.text);
}

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

/* A query's rows: cells with commas, rows with newlines. */
static void ask(struct store *s, const char *sql, struct str *out)
{
	sqlite3_stmt *st;

	str_reset(out);
	ck_assert_msg(sqlite3_prepare_v2(store_sql(s), sql, -1, &st, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(store_sql(s)));
	while (sqlite3_step(st) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(st); i++)
			str_addf(out, "%s%s", i != 0 ? "," : "", (const char *)sqlite3_column_text(st, i));
		str_addc(out, '\n');
	}
	ck_assert_int_eq(sqlite3_finalize(st), SQLITE_OK);
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

static int command(struct err *e, const char *a, const char *b, const char *c, const char *d)
{
	char *argv[] = { (char[]){ "el2sim" }, (char *)(uintptr_t)a, (char *)(uintptr_t)b, (char *)(uintptr_t)c, (char *)(uintptr_t)d,
			 (char[]){ "--format=csv" }, NULL };
	int out = dup(1), null = open("/dev/null", O_WRONLY), rc;

	*e = (struct err){ ERR_NONE, "" };
	(void)fflush(stdout);
	(void)dup2(null, 1);
	rc = cmd_main(6, argv, e);
	(void)fflush(stdout);
	(void)dup2(out, 1);
	(void)close(out);
	(void)close(null);
	return rc;
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

/* --- damage ----------------------------------------------------------------------------------- */

static const char *const tables[] = { "meta", "axis", "axis_value", "config_setting", "point", "coord", "result", "result_time",
				      "metric", "metric_value" };
static const char *const values[] = { "NULL", "''", "0", "-1", "9223372036854775807", "-9223372036854775807 - 1", "1e300", "-9e999",
				      "'x'", "'a b'", "x'00ff'", "'point'", "'ok'", "'headline'", "char(10) || 'y'", "zeroblob(200)" };
static const char *const views[] = { "metrics", "settings", "reports", "failures", "timings", "points" };

/* Every way to read a file: a report in each format, each point, a comparison, a merge. */
static void try(const char *how)
{
	FILE *null = fopen("/dev/null", "w");
	struct err e = { ERR_NONE, "" };
	struct store *s = store_open(path_a, STORE_READ, &e);
	struct str b = STR_INIT;
	struct rep *r;

	ck_assert_ptr_nonnull(null);
	ck_assert_msg(s != NULL || (e.text[0] != '\0' && strchr(e.text, '\n') == NULL), "%s: \"%s\"", how, e.text);
	if (s != NULL) {
		r = sweep_report(s, &e);
		ck_assert_msg(r != NULL || e.code == ERR_INPUT, "%s: %s", how, e.text);
		for (int f = 0; r != NULL && f < REP_FORMAT_COUNT; f++)
			ck_assert_int_eq(rep_write_all((const struct rep *const *)&r, 1, (enum rep_format)f, null, &e), 0);
		rep_free(r);
		for (size_t i = 0; i < store_points(s); i++) {
			struct store_point p;

			if (store_point(s, i, &p, &e) == 0)
				store_point_free(&p);
			(void)store_report(s, i, &b, &e);
		}
		store_close(s);
	}
	ck_assert_msg(command(&e, "diff", path_a, path_a, "--explain") == 0 || e.text[0] != '\0' || e.code == ERR_ANSWER_NO, "%s", how);
	(void)command(&e, "merge", path_a, "-o", path_b);
	ck_assert_msg(e.code == ERR_NONE || e.code == ERR_ANSWER_NO || (e.code == ERR_INPUT && e.text[0] != '\0'), "%s: %d: %s", how,
		      (int)e.code, e.text);
	ck_assert_msg(access(path_b, F_OK) != 0 || e.code != ERR_INPUT, "%s: half a merge", how);
	(void)unlink(path_b);
	(void)fclose(null);
	str_free(&b);
}

/* The file with this done to it; false: SQLite would not. */
static bool damage(const struct str *whole, const char *sql)
{
	sqlite3 *db;
	bool done;

	spill(path_a, str_get(whole), whole->len);
	ck_assert_int_eq(sqlite3_open(path_a, &db), SQLITE_OK);
	done = sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
	return done;
}

static struct str undamaged(void)
{
	struct store *s = planned(path_a);
	struct err e;

	put(s, 0, STORE_OK, 1);
	put(s, 1, STORE_NO, 2);
	put(s, 2, STORE_FAILED, 0);
	put(s, 4, STORE_OK, 4);
	ck_assert_int_eq(store_finish(s, &e), 0);
	return slurp(path_a);
}

/* One cell, or a column of cells, of a table without its constraints. */
START_TEST(damaged_cells_are_a_sentence)
{
	struct str whole = undamaged(), sql = STR_INIT, column = STR_INIT;
	const char *table = tables[_i];
	unsigned tried = 0;

	for (int c = 0;; c++) {
		str_reset(&sql);
		str_addf(&sql, "SELECT name FROM pragma_table_info('%s') WHERE cid = %d", table, c);
		{
			struct err e;
			struct store *s;

			spill(path_a, str_get(&whole), whole.len);
			s = store_open(path_a, STORE_READ, &e);
			ask(s, str_get(&sql), &column);
			store_close(s);
		}
		if (column.len == 0)
			break;
		column.s[column.len - 1] = '\0';
		for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
			for (int one = 0; one < 2; one++) {
				str_reset(&sql);
				str_addf(&sql, "PRAGMA legacy_alter_table = ON; CREATE TABLE plain AS SELECT * FROM %s; DROP TABLE %s; "
					 "ALTER TABLE plain RENAME TO %s; UPDATE %s SET %s = %s%s", table, table, table, table,
					 str_get(&column), values[v], one != 0 ? " WHERE rowid = 2" : "");
				ck_assert_msg(damage(&whole, str_get(&sql)), "%s", str_get(&sql));
				try(str_get(&sql));
				tried++;
			}
		}
	}
	ck_assert_uint_ge(tried, 2 * sizeof(values) / sizeof(values[0]));
	str_free(&whole);
	str_free(&sql);
	str_free(&column);
}
END_TEST

/* Rows that are not there or twice, tables and views that are not there, are empty, or are others. */
START_TEST(damaged_tables_are_a_sentence)
{
	static const char *const ways[] = { "DELETE FROM %s", "DELETE FROM %s WHERE rowid = 1", "DROP TABLE %s",
					    "CREATE TABLE q AS SELECT * FROM %s; DROP TABLE %s; ALTER TABLE q RENAME TO %s; INSERT INTO %s SELECT * FROM %s",
					    "DROP TABLE %s; CREATE TABLE %s (a, b)", "DROP TABLE %s; CREATE VIEW %s AS SELECT 1 AS a" };
	struct str whole = undamaged();

	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (size_t w = 0; w < sizeof(ways) / sizeof(ways[0]); w++) {
			struct str sql = STR_INIT;

			str_add(&sql, "PRAGMA legacy_alter_table = ON; ");
			for (const char *p = ways[w]; *p != '\0'; p++) {
				if (p[0] == '%' && p[1] == 's') {
					str_add(&sql, tables[t]);
					p++;
				} else {
					str_addc(&sql, *p);
				}
			}
			if (damage(&whole, str_get(&sql)))
				try(str_get(&sql));
			str_free(&sql);
		}
	for (size_t v = 0; v < sizeof(views) / sizeof(views[0]); v++) {
		struct str sql = STR_INIT;

		str_addf(&sql, "DROP VIEW %s", views[v]);
		ck_assert(damage(&whole, str_get(&sql)));
		try(str_get(&sql));
		str_addf(&sql, "; CREATE VIEW %s AS SELECT 1 AS point, NULL AS name, x'00' AS value, 3 AS unit, 'x' AS report", views[v]);
		ck_assert(damage(&whole, str_get(&sql)));
		try(str_get(&sql));
		str_free(&sql);
	}
	str_free(&whole);
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
	tcase_add_loop_test(c, damaged_cells_are_a_sentence, 0, (int)(sizeof(tables) / sizeof(tables[0])));
	tcase_add_test(c, damaged_tables_are_a_sentence);
	suite_add_tcase(s, c);
	return suite_status(s);
}
