/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim merge: the results files of a sweep's shards become one. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/cmd/cmd.h"
#include "sim/app/output.h"
#include "sim/store/store.h"

struct merge_args {
	const char *results;
	struct output_args out;
};

static const struct arg_row arg_rows[] = {
	{ "-o", "--output", ARG_STR, offsetof(struct merge_args, results), "FILE", .endings = "db sqlite sqlite3", .required = true,
	  .help = "results file to make, whole or not at all; results that it has of this sweep are kept" },
	{ "--format", NULL, ARG_ENUM, offsetof(struct merge_args, out) + offsetof(struct output_args, format),
	  .names = output_formats, .help = "format of the summary" },
};

static const struct arg_spec spec = {
	.name = "merge", .rows = arg_rows, .n_rows = ARG_ROWS(arg_rows), .min_pos = 1, .max_pos = ARG_ANY,
	.example = "shard.1.db shard.2.db -o all.db",
	.text = "Exit status: 1 if points are missing, which the same sweep with -o FILE runs, or failed.\n",
};

/* Points by status. */
static int count(struct store *s, uint64_t n[STORE_STATUS_COUNT], struct err *e)
{
	for (size_t i = 0; i < store_points(s); i++) {
		struct store_point p;

		if (store_point(s, i, &p, e) != 0)
			return -1;
		n[p.status]++;
		store_point_free(&p);
	}
	return 0;
}

static int summary(struct store *s, size_t files, size_t begun, const struct merge_args *o, struct err *e)
{
	uint64_t n[STORE_STATUS_COUNT] = { 0 }, failed;
	struct rep *r;
	int rc;

	if (count(s, n, e) != 0)
		return -1;
	r = rep_new("merge", "Merged results");
	rep_fact(r, "results", "", "%s", o->results);
	rep_fact_u64(r, "files", "results files", files, "");
	if (begun != files)
		rep_fact_u64(r, "empty", "of them without anything: their sweeps ended before they began", files - begun, "");
	rep_fact_u64(r, "points", "", store_points(s), "");
	for (unsigned i = 0; i < STORE_STATUS_COUNT; i++)
		rep_fact_u64(r, store_status_name((enum store_status)i), "", n[i], "");
	failed = n[STORE_FAILED] + n[STORE_CRASHED] + n[STORE_TIMEOUT];
	if (n[STORE_MISSING] != 0)
		rep_alarm(r, "%" PRIu64 " of %zu point%s %s missing: %s -o %s runs %s", n[STORE_MISSING], store_points(s),
			  store_points(s) == 1 ? "" : "s", n[STORE_MISSING] == 1 ? "is" : "are", store_meta(s, "reproduce"), o->results,
			  n[STORE_MISSING] == 1 ? "it" : "them");
	if (failed != 0)
		rep_alarm(r, "%" PRIu64 " of %zu point%s failed; which, and why: el2sim query %s \"SELECT * FROM failures\"", failed,
			  store_points(s), store_points(s) == 1 ? "" : "s", o->results);
	if (n[STORE_MISSING] + failed == 0)
		rep_verdict(r, "%s%zu point%s in %s", store_points(s) == 1 ? "" : "all ", store_points(s), store_points(s) == 1 ? " is" : "s are",
			    o->results);
	rc = output_write(&o->out, r, e);
	rep_free(r);
	return rc != 0 ? -1 : n[STORE_MISSING] + failed != 0 ? err_set(e, ERR_ANSWER_NO, "%s", "") : 0;
}

/* The plan that all must have; empty before the first. */
struct plan {
	char file[4096], hash[65], program[65];
};

/* A file without a plan, of a shard that ended before it began, is of any sweep: *begun tells. */
static int same_plan(const char *path, struct plan *plan, bool *begun, struct err *e)
{
	struct store *s = store_open(path, STORE_SHARD, e);
	int rc = 0;

	if (s == NULL)
		return -1;
	*begun = store_begun(s);
	if (!*begun) {
		store_close(s);
		return 0;
	}
	if (plan->hash[0] == '\0') {
		(void)snprintf(plan->file, sizeof(plan->file), "%s", path);
		(void)snprintf(plan->hash, sizeof(plan->hash), "%s", store_meta(s, "plan_hash"));
		(void)snprintf(plan->program, sizeof(plan->program), "%s", store_meta(s, "program_hash"));
	} else if (strcmp(plan->program, store_meta(s, "program_hash")) != 0) {
		rc = err_set(e, ERR_INPUT, "%s: was made by another build of el2sim than %s: want shards of one", path, plan->file);
	} else if (strcmp(plan->hash, store_meta(s, "plan_hash")) != 0) {
		rc = err_set(e, ERR_INPUT, "%s: is of another sweep than %s: want shards of one configuration", path, plan->file);
	}
	store_close(s);
	return rc;
}

/* files: those that have begun. */
static int join(struct store *s, const struct arg_list *files, const char *from, const char *old, struct err *e)
{
	if (store_copy_plan(s, from, e) != 0 || (old != NULL && store_merge(s, old, e) != 0))
		return -1;
	for (size_t i = 0; i < files->n; i++)
		if (store_merge(s, files->v[i], e) != 0)
			return -1;
	return 0;
}

/* Make the file beside its name, then rename it. */
static int merge(const struct arg_list *files, size_t given, const char *from, const char *old, const struct merge_args *o, struct err *e)
{
	struct str tmp = STR_INIT;
	struct store *s;
	int rc;

	str_addf(&tmp, "%s.%ld.tmp", o->results, (long)getpid());
	(void)unlink(str_get(&tmp));
	s = store_open(str_get(&tmp), STORE_WRITE, e);
	rc = s != NULL ? join(s, files, from, old, e) : -1;
	store_close(s);
	if (rc == 0 && rename(str_get(&tmp), o->results) != 0)
		rc = err_set(e, ERR_IO, "%s could not be written: %s", o->results, strerror(errno));
	if (rc != 0)
		(void)unlink(str_get(&tmp));
	str_free(&tmp);
	if (rc != 0)
		return -1;
	s = store_open(o->results, STORE_READ, e);
	rc = s != NULL ? summary(s, given, files->n, o, e) : -1;
	store_close(s);
	return rc;
}

int cmd_merge(int argc, char **argv, struct err *e)
{
	struct merge_args o = { 0 };
	struct plan plan = { "", "", "" };
	struct arg_list begun = { NULL, 0 };
	const char *old = NULL;
	struct stat st;
	bool has = false;
	struct args a;
	int rc = 0;

	if (args_parse(&a, &spec, argc, argv, &o, e) != 0)
		return -1;
	begun.v = xcalloc(a.pos.n, sizeof(*begun.v));
	for (size_t i = 0; rc == 0 && i < a.pos.n; i++) {
		rc = same_plan(a.pos.v[i], &plan, &has, e);
		if (rc == 0 && has)
			begun.v[begun.n++] = a.pos.v[i];
	}
	if (rc == 0 && stat(o.results, &st) == 0) {
		rc = same_plan(o.results, &plan, &has, e);
		old = has ? o.results : NULL;
	}
	if (rc == 0)
		rc = plan.hash[0] != '\0' ? merge(&begun, a.pos.n, plan.file, old, &o, e) :
					 err_set(e, ERR_INPUT, "%s: has no plan: its sweep ended before it began; run it again",
						 a.pos.v[0]);
	free(begun.v);
	args_free(&a);
	return rc;
}
