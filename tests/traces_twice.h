/* SPDX-License-Identifier: Apache-2.0 */
/* Imports made several times: many lines at once, one by one, and many by threads. */
#ifndef EL2SIM_TESTS_TRACES_TWICE_H
#define EL2SIM_TESTS_TRACES_TWICE_H

#include "sim/base/pool.h"
#include "tests/files.h"
#include "traces/import/import.h"

/* Everything that a result says, but for the times of the run. */
static inline struct str told(int rc, const struct import_result *res, const struct err *e)
{
	struct str b = STR_INIT;

	str_addf(&b, "%d %s\n%s\n%s %s\n", rc, rc != 0 ? e->text : "", res->warning, res->importer != NULL ? res->importer : "",
		 res->origin != NULL ? res->origin : "");
	str_addf(&b, "%ju events, %ju unknown, %ju broken, %ju lost, %ju gaps, %ju mixed\n", (uintmax_t)res->info.events,
		 (uintmax_t)res->info.skipped_unknown, (uintmax_t)res->info.skipped_lines, (uintmax_t)res->info.lost,
		 (uintmax_t)res->info.gaps, (uintmax_t)res->info.mixed);
	for (unsigned i = 0; i < res->info.n_notes; i++)
		str_addf(&b, "note: %s\n", res->notes[i]);
	for (size_t i = 0; i < res->n_unknown; i++)
		str_addf(&b, "unknown: %s %ju\n", strtab_get(&res->names, res->unknown[i].name), (uintmax_t)res->unknown[i].count);
	return b;
}

/* The import that said a and wrote opts->out, made so: it says and writes the same. */
static inline void import_again(const struct import_opts *opts, const struct str *a, const struct import_opts *so, const char *how)
{
	struct import_result other;
	struct err why = { .text = "" };
	const int rc = import_run(so, NULL, &other, &why);
	struct str b = told(rc, &other, &why), x, y;

	ck_assert_msg(strcmp(str_get(a), str_get(&b)) == 0, "%s: many lines at once:\n%s\n%s:\n%s", opts->in, str_get(a), how, str_get(&b));
	str_free(&b);
	import_free(&other);
	if (rc != 0)
		return;
	x = slurp(opts->out);
	y = slurp(so->out);
	ck_assert_msg(x.len == y.len && memcmp(x.s, y.s, x.len) == 0, "%s: another trace than %s", opts->in, how);
	str_free(&x);
	str_free(&y);
	ck_assert_int_eq(remove(so->out), 0);
}

/* import_run; text read line by line, and by threads in pieces that end anywhere, says and writes the same. */
static inline int import_twice(const struct import_opts *opts, struct progress *progress, struct import_result *res, struct err *e)
{
	static const size_t pieces[] = { 1, 333, 0 };
	struct import_opts so = *opts;
	char *out = scratch("twice.e2t");
	const int rc = import_run(opts, progress, res, e);
	struct str a = told(rc, res, e);

	so.out = out;
	so.one_by_one = true;
	import_again(opts, &a, &so, "one by one");
	so.one_by_one = false;
	so.pool = pool_new(2);
	so.piece = pieces[a.len % (sizeof(pieces) / sizeof(pieces[0]))]; /* any of them */
	import_again(opts, &a, &so, "by threads");
	pool_free(so.pool);
	str_free(&a);
	free(out);
	return rc;
}

#endif
