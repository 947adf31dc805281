/* SPDX-License-Identifier: Apache-2.0 */
/* Results file: statements, and what went wrong with one. */
#include "sim/base/ending.h"
#include "sim/store/store.h"
#include "sim/store/store_impl.h"
#include "sim/store/store_sql.h"

#define LOOK_STEPS 1024 /* rows between two looks for signals */

const char *store_status_name(enum store_status status)
{
	static const char *const names[STORE_STATUS_COUNT] = {
#define X(id, name, help) [id] = name,
		STORE_STATUSES(X)
#undef X
	};

	return names[status];
}

bool store_status_failed(enum store_status s)
{
	return s == STORE_FAILED || s == STORE_CRASHED || s == STORE_TIMEOUT;
}

int store_failed(struct store *s, const char *doing, struct err *e)
{
	int code = sqlite3_extended_errcode(s->db), base = code & 0xff;

	if (base == SQLITE_NOMEM || s->unbound) {
		s->unbound = false;
		return err_set(e, ERR_MEMORY, "%s: %s: out of memory: what was stored before is kept", s->path, doing);
	}
	if (base == SQLITE_FULL || code == SQLITE_IOERR_WRITE || code == SQLITE_IOERR_FSYNC ||
	    code == SQLITE_IOERR_TRUNCATE || code == SQLITE_IOERR_SHMSIZE)
		return err_set(e, ERR_IO, "%s: %s: no room to write: what was stored before is kept; make room and run the "
			       "same command again", s->path, doing);
	if (base == SQLITE_CONSTRAINT)
		return err_set(e, ERR_INPUT, "%s: %s: what was to be put into it is no result: %s", s->path, doing, sqlite3_errmsg(s->db));
	if (base == SQLITE_NOTADB)
		return err_set(e, ERR_INPUT, "%s: is no results file: want one that el2sim sweep made", s->path);
	if (base == SQLITE_CORRUPT)
		return err_set(e, ERR_INPUT, "%s: is damaged: %s: %s: want a results file that el2sim sweep made", s->path,
			       doing, sqlite3_errmsg(s->db));
	return err_set(e, s->mode == STORE_WRITE ? ERR_IO : ERR_INPUT, "%s: %s: %s", s->path, doing,
		       sqlite3_errmsg(s->db));
}

int store_go_on(struct store *s, struct err *e)
{
	const char *name = ++s->steps % LOOK_STEPS == 0 ? ending_waits() : NULL;

	return name == NULL ? 0 : err_set(e, ERR_INTERRUPTED, "stopped by %s: %s is as it was", name, s->path);
}

int store_exec(struct store *s, const char *sql, struct err *e)
{
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : store_failed(s, "could not be written", e);
}

sqlite3_stmt *store_stmt(struct store *s, enum store_statement id, struct err *e)
{
	static const char *const sql[SQL_COUNT] = {
#define X(i, text) [i] = text,
		STORE_STATEMENTS(X)
#undef X
	};

	if (s->stmt[id] == NULL &&
	    sqlite3_prepare_v3(s->db, sql[id], -1, SQLITE_PREPARE_PERSISTENT, &s->stmt[id], NULL) != SQLITE_OK)
		(void)store_failed(s, "could not be asked", e);
	return s->stmt[id];
}

int store_row(struct store *s, sqlite3_stmt *st, struct err *e)
{
	int rc = s->unbound ? SQLITE_NOMEM : sqlite3_step(st);

	if (rc == SQLITE_ROW)
		return 1;
	if (rc != SQLITE_DONE)
		(void)store_failed(s, s->mode == STORE_WRITE ? "could not be written" : "could not be read", e);
	(void)sqlite3_reset(st);
	return rc == SQLITE_DONE ? 0 : -1;
}

int store_run(struct store *s, sqlite3_stmt *st, struct err *e)
{
	int rc = store_row(s, st, e);

	if (rc == 1)
		(void)sqlite3_reset(st);
	return rc < 0 ? -1 : 0;
}
