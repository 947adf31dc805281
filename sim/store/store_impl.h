/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the results file: store.c opens, store_read.c and store_write.c use it. */
#ifndef EL2SIM_STORE_STORE_IMPL_H
#define EL2SIM_STORE_STORE_IMPL_H

#include <signal.h>
#include <sqlite3.h>

#include "sim/store/store.h"

/* Rows of a statement that puts many. */
#define STORE_VALUES 32
#define STORE_ROWS_8 "(?, ?, ?), (?, ?, ?), (?, ?, ?), (?, ?, ?), (?, ?, ?), (?, ?, ?), (?, ?, ?), (?, ?, ?)"

/* One row per statement that is prepared once: enumerator, SQL. */
#define STORE_STATEMENTS(X)                                                                         \
	X(SQL_BEGIN, "BEGIN IMMEDIATE")                                                             \
	X(SQL_COMMIT, "COMMIT")                                                                     \
	X(SQL_ROLLBACK, "ROLLBACK")                                                                 \
	X(SQL_POINT, "SELECT p.hash, p.config, p.command, r.status, r.code, r.error FROM point p "  \
		     "LEFT JOIN result r USING (hash) WHERE p.point = ?1")                          \
	X(SQL_COORD, "SELECT axis, ordinal FROM coord WHERE point = ?1")                            \
	X(SQL_REPORT, "SELECT report FROM reports WHERE point = ?1")                                \
	X(SQL_METRICS, "SELECT name, unit, value FROM metrics WHERE point = ?1 ORDER BY name")      \
	X(SQL_SETTINGS, "SELECT name, value, unit, origin, source FROM settings WHERE point = ?1 ORDER BY name") \
	X(SQL_STATUS, "SELECT status FROM result WHERE hash = ?1")                                  \
	X(SQL_PUT_META, "INSERT OR REPLACE INTO meta VALUES (?1, ?2)")                              \
	X(SQL_PUT_AXIS, "INSERT INTO axis VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")                     \
	X(SQL_PUT_AXIS_VALUE, "INSERT INTO axis_value VALUES (?1, ?2, ?3, ?4)")                     \
	X(SQL_PUT_SETTING, "INSERT INTO config_setting VALUES (?1, ?2, ?3, ?4, ?5, ?6)")            \
	X(SQL_PUT_POINT, "INSERT INTO point VALUES (?1, ?2, ?3, ?4)")                               \
	X(SQL_PUT_COORD, "INSERT INTO coord VALUES (?1, ?2, ?3)")                                   \
	X(SQL_DROP_VALUES, "DELETE FROM metric_value WHERE result = (SELECT result FROM result WHERE hash = ?1)") \
	X(SQL_DROP_TIME, "DELETE FROM result_time WHERE result = (SELECT result FROM result WHERE hash = ?1)") \
	X(SQL_DROP_RESULT, "DELETE FROM result WHERE hash = ?1")                                    \
	X(SQL_PUT_RESULT, "INSERT INTO result (hash, status, code, error, report) VALUES (?1, ?2, ?3, ?4, ?5)") \
	X(SQL_PUT_TIME, "INSERT INTO result_time VALUES (?1, ?2, ?3, ?4)")                          \
	X(SQL_PUT_METRIC, "INSERT OR IGNORE INTO metric (name, unit) VALUES (?1, ?2)")              \
	X(SQL_METRIC, "SELECT metric FROM metric WHERE name = ?1")                                  \
	X(SQL_PUT_VALUE, "INSERT OR REPLACE INTO metric_value VALUES (?1, ?2, ?3)")                          \
	X(SQL_PUT_VALUES, "INSERT OR REPLACE INTO metric_value VALUES " STORE_ROWS_8 ", " STORE_ROWS_8 ", " STORE_ROWS_8 ", " STORE_ROWS_8)

/* The tables of a plan. */
#define STORE_PLAN_TABLES(X) X("meta") X("axis") X("axis_value") X("config_setting") X("point") X("coord")

enum store_statement {
#define X(id, sql) id,
	STORE_STATEMENTS(X)
#undef X
	SQL_COUNT
};

struct store_meta {
	char *key, *value;
};

struct store {
	char *path;
	sqlite3 *db;
	sqlite3_stmt *stmt[SQL_COUNT];
	enum store_mode mode;
	bool empty; /* of STORE_SHARD: has no tables yet */
	int lock; /* fd that holds the lock of STORE_WRITE, -1: none */
	bool ready; /* it is one of ours, and open */
	bool made; /* the file is there because of us */
	bool held; /* signals wait (ending.h) until it is put away; those of before: */
	sigset_t before;
	bool unbound; /* a value could not be bound: no memory */
	unsigned steps; /* of long work: now and then the signals are looked at */
	struct store_meta *meta;
	size_t n_meta;
	struct store_axis *axis;
	size_t n_axis, n_points;
	size_t plan_axes; /* put since store_plan_begin */
	void *names; /* tree of struct metric_name: ids already known */
	struct metric_name **order; /* those of the last result, as they came: the next one's come so, too */
	size_t n_order;
};

/* What SQLite says, as a sentence. ERR_IO when it is about writing or room, ERR_INPUT else. */
int store_failed(struct store *s, const char *doing, struct err *e);
/* Long work, a row at a time: -1 with ERR_INTERRUPTED when a signal waits. */
int store_go_on(struct store *s, struct err *e);
/* Run SQL without results. */
int store_exec(struct store *s, const char *sql, struct err *e);
/* The statement, ready to be bound; NULL with *e. */
sqlite3_stmt *store_stmt(struct store *s, enum store_statement id, struct err *e);
/* Run a statement that gives no rows. */
int store_run(struct store *s, sqlite3_stmt *st, struct err *e);
/* The next row: 1, 0 at the end, -1 with *e. After 0 and -1 the statement is ready again. */
int store_row(struct store *s, sqlite3_stmt *st, struct err *e);
/* Run a statement without parameters and rows. */
int store_do(struct store *s, enum store_statement id, struct err *e);
/* If in a transaction. The sentence in *e stays that of the failure. */
void store_rollback(struct store *s);
/* The view `points` of the axes as loaded. */
int store_points_view(struct store *s, struct err *e);
/* The number of a metric's name, which is put into the file if it is not there; 0 with *e. */
int64_t store_metric_id(struct store *s, const struct store_metric *m, struct err *e);
/* A transaction that failed took such numbers back. */
void store_forget_names(struct store *s);
/* Remove the result of a hash, if there is one. */
int store_drop(struct store *s, const char *hash, struct err *e);
/* Read meta, axes and the number of points again. */
int store_load(struct store *s, struct err *e);
void store_unload(struct store *s);

#endif
