/* SPDX-License-Identifier: Apache-2.0 */
/* Results file: opening, making, locking, closing. */
#include "sim/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/store/store_impl.h"
#include "sim/store/store_sql.h"

#define LOCK_TRIES   40	    /* a killed sweep's workers let go within this time */
#define LOCK_WAIT_US 50000
#define BUSY_MS	     10000  /* a reader may hold the file for a moment */

/* --- opening ---------------------------------------------------------------------------------- */

/*
 * flock of a descriptor of our own: SQLite's fcntl locks are per process, and closing this one while
 * SQLite has the file open would drop them, so it is closed last.
 */
static int lock(struct store *s, struct err *e)
{
	s->lock = open(s->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (s->lock < 0)
		return err_set(e, ERR_IO, "%s: could not be written: %s: want a path for the results file", s->path,
			       strerror(errno));
	for (unsigned i = 0; flock(s->lock, LOCK_EX | LOCK_NB) != 0; i++) {
		if (errno != EWOULDBLOCK)
			return err_set(e, ERR_IO, "%s: could not be locked: %s", s->path, strerror(errno));
		if (i == LOCK_TRIES)
			return err_set(e, ERR_IO, "%s: another el2sim writes it: wait for that one, or give another -o FILE",
				       s->path);
		(void)usleep(LOCK_WAIT_US);
	}
	return 0;
}

static int number(struct store *s, const char *sql, int64_t *v, struct err *e)
{
	sqlite3_stmt *st;
	int rc;

	if (sqlite3_prepare_v2(s->db, sql, -1, &st, NULL) != SQLITE_OK)
		return store_failed(s, "could not be read", e);
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		*v = sqlite3_column_int64(st, 0);
	else
		(void)store_failed(s, "could not be read", e);
	(void)sqlite3_finalize(st);
	return rc == SQLITE_ROW ? 0 : -1;
}

static int make(struct store *s, struct err *e)
{
	char *sql = sqlite3_mprintf("BEGIN IMMEDIATE; PRAGMA application_id = %d; PRAGMA user_version = %d; %s COMMIT;",
				    STORE_APPLICATION, STORE_FORMAT, STORE_SCHEMA);
	int rc = sqlite3_exec(s->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);

	BUG_ON(sql == NULL);
	rc = rc == SQLITE_OK ? sqlite3_exec(s->db, sql, NULL, NULL, NULL) : rc;
	sqlite3_free(sql);
	return rc == SQLITE_OK ? 0 : store_failed(s, "could not be made", e);
}

/* Is it ours, and of a version that we know? A file with nothing in it is made one. */
static int check(struct store *s, struct err *e)
{
	int64_t application = 0, version = 0, tables = 0;

	if (number(s, "PRAGMA application_id", &application, e) != 0 || number(s, "PRAGMA user_version", &version, e) != 0 ||
	    number(s, "SELECT count(*) FROM sqlite_schema", &tables, e) != 0)
		return -1;
	if (s->mode == STORE_WRITE && application == 0 && version == 0 && tables == 0)
		return make(s, e);
	s->empty = application == 0 && version == 0 && tables == 0;
	if (s->empty && s->mode == STORE_SHARD)
		return 0;
	if (s->empty)
		return err_set(e, ERR_INPUT, "%s: has nothing in it: its sweep was ended before it began; the same el2sim sweep goes "
			       "on with it", s->path);
	if (application != STORE_APPLICATION)
		return err_set(e, ERR_INPUT, "%s: is no results file: want one that el2sim sweep made", s->path);
	if (version > STORE_FORMAT)
		return err_set(e, ERR_INPUT, "%s: has results format %lld and this el2sim (%s) knows up to %d: want an el2sim "
			       "as new as the one that wrote it", s->path, (long long)version, EL2SIM_VERSION, STORE_FORMAT);
	if (s->mode == STORE_WRITE)
		return store_exec(s, "PRAGMA journal_mode = WAL", e);
	return 0;
}

/* A transaction that was cut off can only be rolled back by who may write. */
static int connect(struct store *s, int flags, struct err *e)
{
	(void)sqlite3_close(s->db);
	if (sqlite3_open_v2(s->path, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
		BUG_ON(s->db == NULL);
		return store_failed(s, "could not be opened", e);
	}
	(void)sqlite3_busy_timeout(s->db, BUSY_MS);
	return 0;
}

static bool cut_off(struct store *s)
{
	return sqlite3_exec(s->db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL) != SQLITE_OK &&
	       (sqlite3_errcode(s->db) == SQLITE_READONLY || sqlite3_errcode(s->db) == SQLITE_CANTOPEN);
}

static int open_db(struct store *s, struct err *e)
{
	bool reads = s->mode != STORE_WRITE;

	if (connect(s, reads ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE, e) != 0 ||
	    (reads && cut_off(s) && connect(s, SQLITE_OPEN_READWRITE, e) != 0) || check(s, e) != 0)
		return -1;
	if (s->empty)
		return 0;
	if (s->mode == STORE_WRITE && store_exec(s, "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16384", e) != 0)
		return -1;
	return store_load(s, e);
}

struct store *store_open(const char *path, enum store_mode mode, struct err *e)
{
	struct store *s = xcalloc(1, sizeof(*s));
	struct stat st;

	s->path = xstrdup(path);
	s->mode = mode;
	s->lock = -1;
	if (stat(path, &st) != 0 ? mode != STORE_WRITE : !S_ISREG(st.st_mode))
		err_set(e, mode != STORE_WRITE ? ERR_INPUT : ERR_IO, "%s: %s: want a results file that el2sim sweep made", path,
			stat(path, &st) != 0 ? strerror(errno) : "is no regular file");
	else if ((mode != STORE_WRITE || lock(s, e) == 0) && open_db(s, e) == 0)
		return s;
	store_close(s);
	return NULL;
}

void store_forget(struct store *s)
{
	if (s->lock >= 0)
		(void)close(s->lock);
	s->lock = -1;
}

void store_close(struct store *s)
{
	if (s == NULL)
		return;
	store_unload(s);
	for (unsigned i = 0; i < SQL_COUNT; i++)
		(void)sqlite3_finalize(s->stmt[i]);
	if (s->db != NULL && s->mode == STORE_WRITE) /* one plain file, if nobody else has it open */
		(void)sqlite3_exec(s->db, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
	(void)sqlite3_close(s->db);
	if (s->lock >= 0)
		(void)close(s->lock);
	tdestroy(s->names, free);
	free(s->path);
	free(s);
}

bool store_begun(const struct store *s)
{
	return !s->empty && store_meta(s, "plan_hash")[0] != '\0';
}

const char *store_path(const struct store *s)
{
	return s->path;
}

void *store_sql(struct store *s)
{
	return s->db;
}
