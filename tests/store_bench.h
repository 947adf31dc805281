/* SPDX-License-Identifier: Apache-2.0 */
/* Results files of a small plan, in a folder of their own, for test_store*.c. */
#ifndef EL2SIM_TESTS_STORE_BENCH_H
#define EL2SIM_TESTS_STORE_BENCH_H

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

static inline void setup(void)
{
	/* thousands of files: where fsync costs nothing, if there is such a place */
	(void)snprintf(dir, sizeof(dir), "%s/el2sim-store-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path_a, sizeof(path_a), "%s/a.db", dir);
	(void)snprintf(path_b, sizeof(path_b), "%s/b.db", dir);
}

static inline void teardown(void)
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

static inline void hash_of(unsigned point, char hash[65])
{
	(void)snprintf(hash, 65, "%064u", point + 1);
}

/* Six points, two axes, one configuration. */
static inline struct store *planned(const char *path)
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

static inline void put(struct store *s, unsigned point, enum store_status status, int64_t cycles)
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

/* A query's rows: cells with commas, rows with newlines. */
static inline void ask(struct store *s, const char *sql, struct str *out)
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

/* "el2sim A B C D --format=csv", of which nothing is printed. */
static inline int command(struct err *e, const char *a, const char *b, const char *c, const char *d)
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

#endif
