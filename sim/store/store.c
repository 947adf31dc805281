/* SPDX-License-Identifier: Apache-2.0 */
/* Results file: opening, making, locking, closing. */
#include "sim/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/ending.h"
#include "sim/base/file.h"
#include "sim/store/store_impl.h"
#include "sim/store/store_sql.h"

#define LOCK_TRIES   40	    /* a killed sweep's workers let go within this time */
#define LOCK_WAIT_US 50000
#define BUSY_MS	     10000  /* a reader may hold the file for a moment */

/* --- opening ---------------------------------------------------------------------------------- */

static int not_locked(struct store *s, const char *why, struct err *e)
{
	(void)close(s->lock);
	s->lock = -1;
	if (why != NULL)
		return err_set(e, ERR_IO, "%s: could not be locked: %s", s->path, why);
	return err_set(e, ERR_IO, "%s: another el2sim writes it: wait for that one, or give another -o FILE", s->path);
}

/* The file, made if it is not there. */
static int open_or_make(struct store *s)
{
	int fd = open(s->path, O_RDWR | O_CLOEXEC);

	s->made = fd < 0 && errno == ENOENT;
	return s->made ? open(s->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666) : fd;
}

/* Is what the name means now the file that was locked? Who had it before may have removed it. */
static bool same_file(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/*
 * Who writes a results file has this lock, from before SQLite opens it until after it is closed: sweeps, merges, tasks on a cluster.
 * The file is never replaced by another, so that no write-ahead log is ever beside a file that it does not belong to. flock of a
 * descriptor of our own: SQLite's fcntl locks are per process, and closing this one while SQLite has the file open would
 * drop them, so it is closed last.
 */
static int lock(struct store *s, struct err *e)
{
	for (unsigned i = 0; i <= LOCK_TRIES; i++) {
		s->lock = open_or_make(s);
		if (s->lock < 0)
			return err_set(e, ERR_IO, "%s: could not be written: %s: want a path for the results file", s->path,
				       strerror(errno));
		while (flock(s->lock, LOCK_EX | LOCK_NB) != 0) {
			if (errno != EWOULDBLOCK && errno != EINTR)
				return not_locked(s, strerror(errno), e);
			if (i++ >= LOCK_TRIES)
				return not_locked(s, NULL, e);
			(void)usleep(LOCK_WAIT_US);
		}
		if (same_file(s->lock, s->path))
			return 0;
		if (i < LOCK_TRIES)
			(void)close(s->lock);
	}
	return not_locked(s, NULL, e);
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

	if (sql == NULL)
		return err_set(e, ERR_MEMORY, "%s: could not be made: out of memory", s->path);
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

/* A file without a name is no place for SQLite's locks: it is read whole. */
static int connect_stdin(struct store *s, struct err *e)
{
	FILE *f = fopen(s->path, "rbe");
	unsigned char *bytes = NULL;
	struct stat st;
	size_t n = 0;

	s->db = NULL;
	if (f != NULL && fstat(fileno(f), &st) == 0 && st.st_size > 0 && (bytes = sqlite3_malloc64((sqlite3_uint64)st.st_size)) != NULL)
		n = fread(bytes, 1, (size_t)st.st_size, f);
	if (n == 0 || sqlite3_open_v2(":memory:", &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
		sqlite3_free(bytes);
		bytes = NULL;
	}
	if (f != NULL)
		(void)fclose(f);
	if (bytes == NULL)
		return err_set(e, ERR_INPUT, "%s: could not be read, or has nothing in it: want a results file that el2sim sweep made", s->path);
	bytes[18] = bytes[19] = 1; /* no write-ahead log, which would be a file */
	return sqlite3_deserialize(s->db, "main", bytes, (sqlite3_int64)n, (sqlite3_int64)n,
				   SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_READONLY) == SQLITE_OK
		       ? 0
		       : store_failed(s, "could not be read", e);
}

/* A transaction that was cut off can only be rolled back by who may write. */
static int connect(struct store *s, int flags, struct err *e)
{
	(void)sqlite3_close(s->db);
	if (strcmp(s->path, FILE_STDIN) == 0)
		return connect_stdin(s, e);
	if (sqlite3_open_v2(s->path, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
		if (s->db == NULL)
			return err_set(e, ERR_MEMORY, "%s: could not be opened: out of memory", s->path);
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
	s->ready = store_load(s, e) == 0;
	return s->ready ? 0 : -1;
}

/* --- closing ---------------------------------------------------------------------------------- */

/* The one number that a PRAGMA answers with in this column; -1: none. */
static int pragma(struct store *s, const char *sql, int column)
{
	sqlite3_stmt *st = NULL;
	int v = -1;

	if (sqlite3_prepare_v2(s->db, sql, -1, &st, NULL) == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW)
		v = sqlite3_column_int(st, column);
	(void)sqlite3_finalize(st);
	return v;
}

/* The name of the write-ahead log; NULL: no file is open. */
static const char *wal_of(const struct store *s)
{
	const char *name = s->db != NULL ? sqlite3_db_filename(s->db, "main") : NULL;

	return name != NULL && name[0] != '\0' ? sqlite3_filename_wal(name) : NULL;
}

/*
 * All of it into the one file. A reader that has the file open keeps an empty log there, and one in the midst of a question
 * keeps what it may still need in the log: then false.
 */
static bool fold(struct store *s)
{
	bool whole;

	(void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL); /* a transaction that is not at its end */
	whole = pragma(s, "PRAGMA wal_checkpoint(TRUNCATE)", 0) == 0; /* waits for readers */
	(void)sqlite3_busy_timeout(s->db, 0);
	(void)sqlite3_exec(s->db, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
	return whole && file_sync_folder(s->path);
}

/* A reader that was the last to have the file open: the empty log of a writer that has ended goes. */
static void tidy(struct store *s)
{
	const char *wal = wal_of(s);
	sqlite3 *db = NULL;
	struct stat st;

	if (wal == NULL || stat(wal, &st) != 0 || st.st_size != 0)
		return;
	(void)sqlite3_close_v2(s->db);
	s->db = NULL;
	if (sqlite3_open_v2(s->path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK)
		(void)sqlite3_exec(db, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL); /* busy: it is not the last */
	(void)sqlite3_close(db);
}

/* Needs no memory of ours. */
static bool close_db(struct store *s)
{
	bool whole = true, void_of = false;

	for (unsigned i = 0; i < SQL_COUNT; i++) {
		(void)sqlite3_finalize(s->stmt[i]);
		s->stmt[i] = NULL;
	}
	if (s->db != NULL && s->lock >= 0 && (s->ready || s->made)) {
		whole = fold(s);
		void_of = s->made && pragma(s, "SELECT count(*) FROM meta WHERE key = 'plan_hash'", 0) <= 0;
	} else if (s->ready) {
		tidy(s);
	}
	(void)sqlite3_close_v2(s->db);
	s->db = NULL;
	if (s->lock >= 0 && void_of)
		(void)unlink(s->path); /* made for a plan that did not come */
	if (s->lock >= 0)
		(void)close(s->lock);
	s->lock = -1;
	return whole;
}

static void close_at_last(void *s)
{
	(void)close_db(s);
}

static void let_go(struct store *s)
{
	if (!s->held)
		return;
	s->held = false;
	ending_last(NULL, NULL);
	ending_release(&s->before);
}

/* What a writer has begun is put away before a signal or the lack of memory may end the program. */
static void hold(struct store *s)
{
	if (ending_copes())
		return; /* another is open, which does it for both */
	s->held = true;
	ending_hold(&s->before);
	ending_last(close_at_last, s);
}

struct store *store_open(const char *path, enum store_mode mode, struct err *e)
{
	struct store *s = xcalloc(1, sizeof(*s));
	struct stat st;

	s->path = xstrdup(path);
	s->mode = mode;
	s->lock = -1;
	if (mode == STORE_WRITE)
		hold(s);
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
	let_go(s);
}

static void free_store(struct store *s)
{
	store_unload(s);
	store_forget_names(s);
	free(s->path);
	let_go(s);
	free(s);
}

void store_close(struct store *s)
{
	if (s == NULL)
		return;
	(void)close_db(s);
	free_store(s);
}

int store_finish(struct store *s, struct err *e)
{
	int rc = 0;

	if (!close_db(s))
		rc = err_set(e, ERR_IO, "%s: all is stored, but not in that file alone: another program reads it, or it could not be "
			     "written: keep %s-wal beside it; the same command makes them one when that program has ended", s->path,
			     s->path);
	free_store(s);
	return rc;
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
