/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim merge: the results files of a sweep's shards become one. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/cmd/cmd.h"
#include "sim/app/output.h"
#include "sim/base/progress.h"
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
	VIEW_ARG_ROWS(struct merge_args, out.view),
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

/* files: given; begun: of them those with a plan. */
struct merged {
	size_t files, begun;
	uint64_t points, n[STORE_STATUS_COUNT];
	char reproduce[4096];
};

static int summary(const struct merged *m, const struct merge_args *o, struct err *e)
{
	uint64_t missing = m->n[STORE_MISSING], failed = m->n[STORE_FAILED] + m->n[STORE_CRASHED] + m->n[STORE_TIMEOUT];
	struct rep *r = rep_new("merge", "Merged results");
	bool one = m->points == 1;
	int rc;

	rep_fact(r, "results", "", "%s", o->results);
	rep_fact_u64(r, "files", "results files", m->files, "");
	if (m->begun != m->files)
		rep_fact_u64(r, "empty", "of them without anything: their sweeps ended before they began", m->files - m->begun, "");
	rep_fact_u64(r, "points", "", m->points, "");
	for (unsigned i = 0; i < STORE_STATUS_COUNT; i++)
		rep_fact_u64(r, store_status_name((enum store_status)i), "", m->n[i], "");
	if (missing != 0)
		rep_alarm(r, "%" PRIu64 " of %" PRIu64 " point%s %s missing: %s -o %s runs %s", missing, m->points, one ? "" : "s",
			  missing == 1 ? "is" : "are", m->reproduce, o->results, missing == 1 ? "it" : "them");
	if (failed != 0)
		rep_alarm(r, "%" PRIu64 " of %" PRIu64 " point%s failed; which, and why: el2sim query %s \"SELECT * FROM failures\"", failed,
			  m->points, one ? "" : "s", o->results);
	if (missing + failed == 0)
		rep_verdict(r, "%s%" PRIu64 " point%s in %s", one ? "" : "all ", m->points, one ? " is" : "s are", o->results);
	rc = output_write(&o->out, r, e);
	rep_free(r);
	return rc != 0 ? -1 : missing + failed != 0 ? err_set(e, ERR_ANSWER_NO, "%s", "") : 0;
}

/* The plan that all must have; empty before the first. */
struct plan {
	char file[4096], hash[65], program[65];
};

/* Is it of the same sweep? A file without a plan, of a shard that ended before it began, is of any. */
static int same_plan(const struct store *s, struct plan *plan, struct err *e)
{
	if (!store_begun(s))
		return 0;
	if (plan->hash[0] == '\0') {
		(void)snprintf(plan->file, sizeof(plan->file), "%s", store_path(s));
		(void)snprintf(plan->hash, sizeof(plan->hash), "%s", store_meta(s, "plan_hash"));
		(void)snprintf(plan->program, sizeof(plan->program), "%s", store_meta(s, "program_hash"));
		return 0;
	}
	if (strcmp(plan->program, store_meta(s, "program_hash")) != 0)
		return err_set(e, ERR_INPUT, "%s: was made by another build of el2sim than %s: want shards of one", store_path(s), plan->file);
	if (strcmp(plan->hash, store_meta(s, "plan_hash")) != 0)
		return err_set(e, ERR_INPUT, "%s: is of another sweep than %s: want shards of one configuration", store_path(s), plan->file);
	return 0;
}

/* What is there before anything is written: the files must be of one sweep. */
static int look(const struct arg_list *files, struct plan *plan, struct merged *m, struct err *e)
{
	for (size_t i = 0; i < files->n; i++) {
		struct store *s = store_open(files->v[i], STORE_SHARD, e);
		int rc = s != NULL ? same_plan(s, plan, e) : -1;

		m->files++;
		m->begun += s != NULL && store_begun(s);
		store_close(s);
		if (rc != 0)
			return -1;
	}
	if (plan->hash[0] == '\0')
		return err_set(e, ERR_INPUT, "%s: has no plan: its sweep ended before it began; run it again", files->v[0]);
	return 0;
}

/* The results of one file; it may have got another plan since it was looked at. */
static int add(struct store *s, const char *path, struct plan *plan, struct err *e)
{
	struct store *from = store_open(path, STORE_SHARD, e);
	int rc = from != NULL ? same_plan(from, plan, e) : -1;

	if (rc == 0 && store_begun(from) && !store_begun(s))
		rc = store_merge_plan(s, from, e);
	if (rc == 0 && store_begun(from))
		rc = store_merge_add(s, from, e);
	store_close(from);
	return rc;
}

/* The file's lock is held: a sweep or another merge that writes it has ended, and what it wrote is kept. */
static int join(struct store *s, const struct arg_list *files, struct plan *plan, struct merged *m, struct err *e)
{
	int rc = same_plan(s, plan, e);
	struct progress bar;

	if (rc != 0 || store_merge_begin(s, e) != 0)
		return -1;
	progress_begin(&bar, "files", files->n);
	for (size_t i = 0; rc == 0 && i < files->n; i++) {
		rc = add(s, files->v[i], plan, e);
		progress_add(&bar, 1);
	}
	progress_end(&bar);
	if (rc == 0)
		rc = count(s, m->n, e);
	if (rc == 0)
		rc = store_merge_end(s, e);
	if (rc != 0) {
		store_merge_drop(s);
		return -1;
	}
	m->points = store_points(s);
	(void)snprintf(m->reproduce, sizeof(m->reproduce), "%s", store_meta(s, "reproduce"));
	return 0;
}

int cmd_merge(int argc, char **argv, struct err *e)
{
	struct merge_args o = { 0 };
	struct plan plan = { "", "", "" };
	struct merged m = { 0 };
	struct store *s;
	struct stat st;
	struct args a;
	int rc;

	if (args_parse(&a, &spec, argc, argv, &o, e) != 0)
		return -1;
	rc = stat(o.results, &st) == 0 && !S_ISREG(st.st_mode)
		     ? err_set(e, ERR_IO, "-o %s: is no regular file: want the name of a results file to make", o.results)
		     : look(&a.pos, &plan, &m, e);
	if (rc == 0) {
		s = store_open(o.results, STORE_WRITE, e);
		rc = s != NULL ? join(s, &a.pos, &plan, &m, e) : -1;
		if (rc == 0)
			rc = store_finish(s, e);
		else
			store_close(s);
	}
	if (rc == 0)
		rc = summary(&m, &o, e);
	args_free(&a);
	return rc;
}
