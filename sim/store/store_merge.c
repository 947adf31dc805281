/* SPDX-License-Identifier: Apache-2.0 */
/* Results file: results of other files, read with a connection each, so that all of them come in one transaction. */
#include <stdio.h>

#include "sim/store/store_impl.h"

static const char *const plan_tables[] = {
#define X(table) table,
	STORE_PLAN_TABLES(X)
#undef X
};

static int prepare(struct store *s, const char *sql, sqlite3_stmt **st, struct err *e)
{
	*st = NULL;
	return sqlite3_prepare_v2(s->db, sql, -1, st, NULL) == SQLITE_OK ? 0 : store_failed(s, "could not be asked", e);
}

/* "INSERT INTO table VALUES (?, ?)" for n columns. */
static int prepare_insert(struct store *s, const char *table, int n, sqlite3_stmt **st, struct err *e)
{
	struct str sql = STR_INIT;
	int rc;

	str_addf(&sql, "INSERT INTO %s VALUES (", table);
	for (int i = 0; i < n; i++)
		str_add(&sql, i != 0 ? ", ?" : "?");
	str_addc(&sql, ')');
	rc = prepare(s, str_get(&sql), st, e);
	str_free(&sql);
	return rc;
}

static void bind_value(struct store *s, sqlite3_stmt *to, int i, sqlite3_stmt *from, int column)
{
	s->unbound |= sqlite3_bind_value(to, i, sqlite3_column_value(from, column)) != SQLITE_OK;
}

/* A table as it is. */
static int copy_table(struct store *s, struct store *from, const char *table, struct err *e)
{
	sqlite3_stmt *get = NULL, *put = NULL;
	char sql[64];
	int rc = 1;

	(void)snprintf(sql, sizeof(sql), "SELECT * FROM %s", table);
	if (prepare(from, sql, &get, e) != 0)
		rc = -1;
	else if (prepare_insert(s, table, sqlite3_column_count(get), &put, e) != 0)
		rc = err_set(e, ERR_INPUT, "%s: is damaged: its table %s has other columns", from->path, table);
	while (rc == 1 && (rc = store_go_on(s, e)) == 0 && (rc = store_row(from, get, e)) == 1) {
		for (int i = 0; i < sqlite3_column_count(get); i++)
			bind_value(s, put, i + 1, get, i);
		rc = store_run(s, put, e) == 0 ? 1 : -1;
	}
	(void)sqlite3_finalize(get);
	(void)sqlite3_finalize(put);
	return rc;
}

int store_merge_begin(struct store *s, struct err *e)
{
	store_forget_names(s);
	return store_do(s, SQL_BEGIN, e);
}

int store_merge_plan(struct store *s, struct store *from, struct err *e)
{
	for (size_t i = 0; i < sizeof(plan_tables) / sizeof(plan_tables[0]); i++) {
		char sql[64];

		(void)snprintf(sql, sizeof(sql), "DELETE FROM %s", plan_tables[i]);
		if (store_exec(s, sql, e) != 0 || copy_table(s, from, plan_tables[i], e) != 0)
			return -1;
	}
	if (store_exec(s, "DROP VIEW IF EXISTS points", e) != 0 || store_load(s, e) != 0)
		return -1;
	return store_points_view(s, e);
}

/* What stands in one result and is asked for by its number: time, metrics. */
struct taking {
	struct store *s, *from;
	sqlite3_stmt *result, *time, *value; /* of from */
};

/* What is not there, and what succeeded at last. */
static int wanted(struct taking *t, const char *hash, bool *take, struct err *e)
{
	enum store_status mine, theirs;

	if (store_status_of(t->s, hash, &mine, e) != 0 || store_status_of(t->from, hash, &theirs, e) != 0)
		return -1;
	*take = mine == STORE_MISSING || (store_status_failed(mine) && !store_status_failed(theirs));
	return 0;
}

static int take_time(struct taking *t, int64_t id, struct err *e)
{
	sqlite3_stmt *put = store_stmt(t->s, SQL_PUT_TIME, e);
	int rc = put != NULL ? store_row(t->from, t->time, e) : -1;

	if (rc != 1)
		return rc;
	(void)sqlite3_bind_int64(put, 1, id);
	for (int i = 0; i < 3; i++)
		bind_value(t->s, put, i + 2, t->time, i);
	rc = store_run(t->s, put, e);
	(void)sqlite3_reset(t->time);
	return rc;
}

static int take_values(struct taking *t, int64_t id, struct err *e)
{
	sqlite3_stmt *put = store_stmt(t->s, SQL_PUT_VALUE, e);
	int rc = put != NULL ? 1 : -1;

	while (rc == 1 && (rc = store_row(t->from, t->value, e)) == 1) {
		struct store_metric m = { .name = (const char *)sqlite3_column_text(t->value, 0),
					  .unit = (const char *)sqlite3_column_text(t->value, 1) };
		int64_t metric = m.name != NULL ? store_metric_id(t->s, &m, e) :
						  err_set(e, ERR_INPUT, "%s: is damaged: a metric has no name", t->from->path);

		if (metric <= 0) {
			rc = -1;
			break;
		}
		(void)sqlite3_bind_int64(put, 1, id);
		(void)sqlite3_bind_int64(put, 2, metric);
		bind_value(t->s, put, 3, t->value, 2);
		rc = store_run(t->s, put, e) == 0 ? 1 : -1;
	}
	(void)sqlite3_reset(t->value);
	return rc;
}

/* The row that t->result stands on. */
static int take_result(struct taking *t, struct err *e)
{
	const char *hash = (const char *)sqlite3_column_text(t->result, 1);
	sqlite3_stmt *put = store_stmt(t->s, SQL_PUT_RESULT, e);
	int64_t theirs = sqlite3_column_int64(t->result, 0), mine;
	bool take;

	if (hash == NULL && sqlite3_column_type(t->result, 1) != SQLITE_NULL)
		return store_failed(t->from, "could not be read", e);
	if (hash == NULL)
		return err_set(e, ERR_INPUT, "%s: is damaged: a result has no hash", t->from->path);
	if (put == NULL || wanted(t, hash, &take, e) != 0)
		return -1;
	if (!take)
		return 0;
	if (store_drop(t->s, hash, e) != 0)
		return -1;
	for (int i = 1; i <= 5; i++)
		bind_value(t->s, put, i, t->result, i);
	if (store_run(t->s, put, e) != 0)
		return -1;
	mine = sqlite3_last_insert_rowid(t->s->db);
	(void)sqlite3_bind_int64(t->time, 1, theirs);
	(void)sqlite3_bind_int64(t->value, 1, theirs);
	return take_time(t, mine, e) == 0 ? take_values(t, mine, e) : -1;
}

int store_merge_add(struct store *s, struct store *from, struct err *e)
{
	struct taking t = { .s = s, .from = from };
	int rc = 1;

	if (prepare(from, "SELECT result, hash, status, code, error, report FROM result ORDER BY result", &t.result, e) != 0 ||
	    prepare(from, "SELECT wall_us, cpu_us, rss_kib FROM result_time WHERE result = ?1", &t.time, e) != 0 ||
	    prepare(from, "SELECT m.name, m.unit, v.value FROM metric_value v JOIN metric m USING (metric) WHERE v.result = ?1 "
		    "ORDER BY v.metric", &t.value, e) != 0)
		rc = -1;
	while (rc == 1 && (rc = store_go_on(s, e)) == 0 && (rc = store_row(from, t.result, e)) == 1)
		rc = take_result(&t, e) == 0 ? 1 : -1;
	(void)sqlite3_finalize(t.result);
	(void)sqlite3_finalize(t.time);
	(void)sqlite3_finalize(t.value);
	return rc;
}

int store_merge_end(struct store *s, struct err *e)
{
	return store_do(s, SQL_COMMIT, e);
}

void store_merge_drop(struct store *s)
{
	struct err ignored;

	store_rollback(s);
	store_forget_names(s);
	(void)store_load(s, &ignored);
}
