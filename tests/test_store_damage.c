/* SPDX-License-Identifier: Apache-2.0 */
/* A results file with any cell, row, table or view damaged: whoever reads it says so, or goes on; nothing ends in an assertion. */
#include "tests/store_bench.h"

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

int main(void)
{
	Suite *s = suite_create("store_damage");
	TCase *c = tcase_create("damage");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(c, damaged_cells_are_a_sentence, 0, (int)(sizeof(tables) / sizeof(tables[0])));
	tcase_add_test(c, damaged_tables_are_a_sentence);
	suite_add_tcase(s, c);
	return suite_status(s);
}
