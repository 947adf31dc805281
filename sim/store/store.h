/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A results file: one SQLite database with what a sweep asked (axes, points, effective configurations) and
 * what came out (per point: status, metrics, whole report). docs/sweep.md; store_sql.h is the schema.
 *
 * A point is its place in the plan, from 0; a result belongs to a hash, so that a changed plan finds again
 * what is there already. Nothing in the file depends on time or order but the view `timings`.
 *
 *	s = store_open("a.db", STORE_READ, &e);
 *	for (p = 0; p < store_points(s); p++) {
 *		store_point(s, p, &sp, &e); ... sp.ordinal[axis], sp.status ...; store_point_free(&sp);
 *		store_report(s, p, &json, &e);	  el2sim.<command>/1, as --format json prints it
 *	}
 *	store_close(s);
 */
#ifndef EL2SIM_STORE_STORE_H
#define EL2SIM_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/err.h"
#include "sim/base/str.h"

/* One row per outcome of a point: enumerator, name in the file, help. */
#define STORE_STATUSES(X)                                                                           \
	X(STORE_MISSING, "missing", "not run yet")                                                  \
	X(STORE_OK, "ok", "exit status 0")                                                          \
	X(STORE_NO, "no", "exit status 1: the report was made and its answer is no")                \
	X(STORE_FAILED, "failed", "an error; its sentence is kept")                                 \
	X(STORE_CRASHED, "crashed", "the process ended by a signal")                                \
	X(STORE_TIMEOUT, "timeout", "ran longer than [sweep] timeout")

enum store_status {
#define X(id, name, help) id,
	STORE_STATUSES(X)
#undef X
	STORE_STATUS_COUNT
};

const char *store_status_name(enum store_status s);
/* Was it run, and came to no report? */
bool store_status_failed(enum store_status s);

enum store_mode {
	STORE_READ,  /* the file must be there */
	STORE_SHARD, /* the same, and nothing may be in it yet: a sweep was ended while it made it */
	STORE_WRITE  /* made when not there; only one process at a time, and the file is never replaced by another */
};

struct store;

/*
 * Open a results file. ERR_INPUT: not there (STORE_READ), no results file, from a newer version; ERR_IO:
 * cannot be created or written, or another sweep writes it.
 */
struct store *store_open(const char *path, enum store_mode mode, struct err *e);
/*
 * Close a reader, or give up writing: what was committed is kept, a file that was made and has no plan is removed. NULL is allowed.
 * While a store of STORE_WRITE is open signals wait (ending.h).
 */
void store_close(struct store *s);
/* Close a writer: 0 only when all that was stored is in the one file, and on the disk. ERR_IO: it is stored, but not so. */
int store_finish(struct store *s, struct err *e);
/* In a child after fork: let go of the lock, and of signals, without touching the file. */
void store_forget(struct store *s);

/* Of STORE_SHARD: is a plan in it? If not, nothing can be asked and there is nothing to merge. */
bool store_begun(const struct store *s);

const char *store_path(const struct store *s);
/* The SQLite connection (struct sqlite3 *), for questions that have no function here. */
void *store_sql(struct store *s);
/* Let SQL on that connection call report(report): the text of a packed report. */
void store_functions(struct store *s);

/* --- what was asked --------------------------------------------------------------------------- */

struct store_axis {
	char *name; /* "policy.el1", "machine" */
	char *kind; /* "option", "include", "repeat" */
	char *unit, *help, *origin;
	unsigned zip;	     /* axes with the same number above 0 move together */
	char **label, **value; /* n of each */
	size_t n;
};

/* One effective option. */
struct store_setting {
	const char *name, *value, *unit, *origin, *source;
};

/* A value of meta, "" if there is none; owned by the store. Keys: store_sql.h. */
const char *store_meta(const struct store *s, const char *key);
size_t store_axes(const struct store *s);
const struct store_axis *store_axis_at(const struct store *s, size_t i);
size_t store_points(const struct store *s);

/* --- what came out ---------------------------------------------------------------------------- */

struct store_point {
	char hash[65];
	size_t config;
	char *command;	    /* the command line that makes this point */
	uint32_t *ordinal;  /* store_axes() of them: which value of each axis */
	enum store_status status;
	int code;	    /* exit status, or signal of STORE_CRASHED */
	char *error;	    /* "" */
};

/* ERR_INPUT if the file is damaged. Free with store_point_free. */
int store_point(struct store *s, uint64_t point, struct store_point *p, struct err *e);
void store_point_free(struct store_point *p);

/* Put the point's report (JSON) into json; empty if it has none. ERR_INPUT. */
int store_report(struct store *s, uint64_t point, struct str *json, struct err *e);

struct store_metric {
	const char *name, *unit; /* "cycles_per_exit", "phases/ENTER/cycles": metrics.h */
	bool real;
	union {
		int64_t i;
		double d; /* real */
	};
};

/* Call fn for each, ordered by name; strings are valid during the call. ERR_INPUT. */
int store_each_metric(struct store *s, uint64_t point, void (*fn)(void *ctx, const struct store_metric *m), void *ctx,
		      struct err *e);
int store_each_setting(struct store *s, uint64_t point, void (*fn)(void *ctx, const struct store_setting *o), void *ctx,
		       struct err *e);

/* --- writing: ERR_IO, and the file is as it was before the call -------------------------------- */

/*
 * The plan: begin, then meta, axes, configs and points in any order, then end, which makes all of it
 * visible at once (store_plan_drop: nothing of it). Results stay. A plan_hash as in the file makes begin return false in
 * *needed, and nothing more is to be done.
 */
int store_plan_begin(struct store *s, const char *plan_hash, bool *needed, struct err *e);
int store_put_meta(struct store *s, const char *key, const char *value, struct err *e);
int store_put_axis(struct store *s, const struct store_axis *a, struct err *e);
int store_put_setting(struct store *s, size_t config, const struct store_setting *o, struct err *e);
/* hash, config, command, ordinal of p are taken. */
int store_put_point(struct store *s, uint64_t point, const struct store_point *p, struct err *e);
int store_plan_end(struct store *s, struct err *e);
void store_plan_drop(struct store *s);

struct store_result {
	const char *hash;
	enum store_status status;
	int code;
	const char *error;
	const void *report; /* JSON compressed with zstd; NULL: none */
	size_t report_bytes;
	uint64_t wall_us, cpu_us, rss_kib;
	const struct store_metric *metric;
	size_t n_metric;
};

/* Is there a result for this hash? *status STORE_MISSING if not. */
int store_status_of(struct store *s, const char *hash, enum store_status *status, struct err *e);
/* One transaction; replaces a result of the same hash. */
int store_put_result(struct store *s, const struct store_result *r, struct err *e);
/* The same in a transaction with those before, which store_commit ends. A failure takes back all that is not committed. */
int store_add_result(struct store *s, const struct store_result *r, struct err *e);
int store_commit(struct store *s, struct err *e);

/*
 * Results of other files, all of them or none: begin, the plan if this file has none, results, then end, which makes them visible
 * at once (store_merge_drop: nothing of it). from is open for reading. ERR_INPUT: from is damaged; ERR_INTERRUPTED; ERR_IO.
 */
int store_merge_begin(struct store *s, struct err *e);
int store_merge_plan(struct store *s, struct store *from, struct err *e);
/* The results of from that this file has not, or has as failed and from has not. */
int store_merge_add(struct store *s, struct store *from, struct err *e);
int store_merge_end(struct store *s, struct err *e);
void store_merge_drop(struct store *s);

#endif
