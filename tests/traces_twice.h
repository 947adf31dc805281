/* SPDX-License-Identifier: Apache-2.0 */
/* Imports made twice: many lines at once, and one by one. */
#ifndef EL2SIM_TESTS_TRACES_TWICE_H
#define EL2SIM_TESTS_TRACES_TWICE_H

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

/* import_run; text read line by line says and writes the same. */
static inline int import_twice(const struct import_opts *opts, struct progress *progress, struct import_result *res, struct err *e)
{
	struct import_opts slow = *opts;
	struct import_result other;
	struct err why = { .text = "" };
	char *out = scratch("twice.e2t");
	struct str a, b;
	int rc = import_run(opts, progress, res, e), again;

	slow.out = out;
	slow.one_by_one = true;
	again = import_run(&slow, NULL, &other, &why);
	a = told(rc, res, e);
	b = told(again, &other, &why);
	ck_assert_msg(strcmp(str_get(&a), str_get(&b)) == 0, "%s: many lines at once:\n%s\none by one:\n%s", opts->in, str_get(&a),
		      str_get(&b));
	str_free(&a);
	str_free(&b);
	if (again == 0) {
		a = slurp(opts->out);
		b = slurp(out);
		ck_assert_msg(a.len == b.len && memcmp(a.s, b.s, a.len) == 0, "%s: another trace than line by line", opts->in);
		str_free(&a);
		str_free(&b);
		ck_assert_int_eq(remove(out), 0);
	}
	import_free(&other);
	free(out);
	return rc;
}

#endif
