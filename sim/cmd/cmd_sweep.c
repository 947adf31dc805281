/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim sweep: the points of [sweep], run into one results file. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/cmd/cmd.h"
#include "sim/app/output.h"
#include "sim/base/pool.h"
#include "sim/sweep/sweep_run.h"
#include "sim/sweep/sweep_slurm.h"

#define SHARDS_MAX 100000

struct sweep_args {
	struct output_args out; /* of the summary */
	struct arg_list vary;
	const char *results, *shard;
	uint64_t jobs, every;
	int show;
	bool dry, retry;
	struct slurm_args slurm;
};

static const char *const shows[] = {
#define X(id, name, help) name,
	SWEEP_PROGRESS(X)
#undef X
	NULL
};

static const struct arg_row arg_rows[] = {
	{ "-o", "--output", ARG_STR, offsetof(struct sweep_args, results), "FILE", .endings = "db sqlite sqlite3",
	  .help = "results file; made, or gone on with; default: the configuration's name with .db" },
	{ "-j", "--jobs", ARG_U64, offsetof(struct sweep_args, jobs), "N", .min = 1, .max = POOL_MAX,
	  .help = "points at a time, each a process; default: as many as there are CPUs" },
	{ "--dry-run", NULL, ARG_FLAG, offsetof(struct sweep_args, dry), .help = "print the points and their number, run none" },
	{ "--vary", NULL, ARG_LIST, offsetof(struct sweep_args, vary), "SECTION.KEY=VALUES",
	  .help = "one more axis, or other values for one of [sweep]" },
	{ "--shard", NULL, ARG_STR, offsetof(struct sweep_args, shard), "I/N",
	  .help = "every N-th point, from the I-th; el2sim merge joins the files" },
	{ "--retry", NULL, ARG_FLAG, offsetof(struct sweep_args, retry),
	  .help = "run once more what failed, crashed or took too long" },
	{ "--progress", NULL, ARG_ENUM, offsetof(struct sweep_args, show), .names = shows,
	  .help = "on standard error; auto: a bar on a terminal, else nothing" },
	{ "--every", NULL, ARG_U64, offsetof(struct sweep_args, every), "SECONDS", .min = 1, .max = 86400,
	  .help = "time between two lines of --progress plain" },
	SLURM_ARG_ROWS(struct sweep_args, slurm),
	{ "--format", NULL, ARG_ENUM, offsetof(struct sweep_args, out) + offsetof(struct output_args, format),
	  .names = output_formats, .help = "format of the summary, or of the points of --dry-run" },
	VIEW_ARG_ROWS(struct sweep_args, out.view),
};

static const struct arg_spec spec = {
	.name = "sweep", .rows = arg_rows, .n_rows = ARG_ROWS(arg_rows), .min_pos = 1, .max_pos = 1,
	.example = "configs/experiment/policy-matrix.ini", .overrides = true,
	.text = "A second run does what is missing. Exit status: 1 if points failed, 130 after an interrupt.\n"
		"How [sweep] is written: el2sim config --doc; what is stored: el2sim query --schema.\n",
};

static int parse_shard(const char *text, struct sweep_how *how, struct err *e)
{
	const char *slash = text != NULL ? strchr(text, '/') : NULL;
	uint64_t i = 0, n = 0;
	char *first;
	bool good;

	if (text == NULL)
		return 0;
	first = xstrdup(text);
	if (slash != NULL)
		first[slash - text] = '\0';
	good = slash != NULL && str_u64(first, &i) && str_u64(slash + 1, &n) && i >= 1 && i <= n && n <= SHARDS_MAX;
	free(first);
	how->shard = (unsigned)i;
	how->shards = (unsigned)n;
	return good ? 0 : err_set(e, ERR_USAGE, "--shard %s: want I/N with I in 1..N, such as 1/4", text);
}

/* The configuration's name without folder and ending, in the working directory. */
static void default_results(const char *config, const struct sweep_how *how, struct str *b)
{
	const char *slash = strrchr(config, '/'), *name = slash != NULL ? slash + 1 : config;
	size_t n = strlen(name);

	if (n > 4 && strcmp(name + n - 4, ".ini") == 0)
		n -= 4;
	str_addn(b, name, n);
	if (how->shards != 0)
		str_addf(b, ".%u-of-%u", how->shard, how->shards);
	str_add(b, ".db");
}

static void plan_facts(const struct sweep_plan *p, struct rep *r)
{
	rep_fact(r, "config", "configuration", "%s", p->config);
	rep_fact(r, "command", "at each point", "el2sim %s", p->experiment.sweep.command);
	rep_fact_u64(r, "points", "", p->n_point, "");
}

/* --dry-run: a row per point. */
static void point_table(const struct sweep_plan *p, const struct sweep_how *how, struct rep *r)
{
	struct rep_col cols[1 + SWEEP_AXES_MAX] = { { .key = "point", .type = REP_ID } };
	size_t step = how->shards != 0 ? how->shards : 1;
	uint32_t ordinal[SWEEP_AXES_MAX];
	struct rep_table *t;

	for (size_t i = 0; i < p->n_axis; i++)
		cols[1 + i] = (struct rep_col){ .key = p->axis[i].s.name, .unit = p->axis[i].s.unit, .type = REP_STR };
	t = rep_table(r, "points", "Points", cols, 1 + p->n_axis);
	for (size_t i = how->shards != 0 ? how->shard - 1 : 0; i < p->n_point; i += step) {
		sweep_ordinals(p, i, ordinal);
		rep_u64(t, i);
		for (size_t k = 0; k < p->n_axis; k++)
			rep_str(t, p->axis[k].s.label[ordinal[k]]);
	}
	rep_verdict(r, "%zu point%s%s", rep_rows(t), rep_rows(t) == 1 ? "" : "s", how->shards != 0 ? " in this shard" : "");
}

static int dry_run(const struct sweep_plan *p, const struct sweep_how *how, const struct sweep_args *o, struct err *e)
{
	struct rep *r = rep_new("sweep-plan", "What the sweep would run");
	int rc;

	plan_facts(p, r);
	rep_fact_u64(r, "product", "combinations of the axes", p->product, "");
	point_table(p, how, r);
	rc = output_write(&o->out, r, e);
	rep_free(r);
	return rc;
}

static int summary(const struct sweep_plan *p, const char *results, const struct sweep_counts *n, const struct sweep_args *o,
		   struct err *e)
{
	struct rep *r = rep_new("sweep", "Sweep");
	uint64_t failed = n->failed + n->there_failed;
	int rc;

	plan_facts(p, r);
	rep_fact(r, "results", "", "%s", results);
	rep_fact_u64(r, "there", "there before", n->there, "");
	rep_fact_u64(r, "done", "run now", n->done, "");
	rep_fact_u64(r, "failed", "of all of them failed", failed, "");
	if (failed != 0)
		rep_alarm(r, "%" PRIu64 " of %zu point%s failed; which, and why: el2sim query %s \"SELECT * FROM failures\"", failed,
			  p->n_point, p->n_point == 1 ? "" : "s", results);
	else
		rep_verdict(r, "%" PRIu64 " point%s in %s", n->there + n->done, n->there + n->done == 1 ? " is" : "s are", results);
	rc = output_write(&o->out, r, e);
	rep_free(r);
	if (rc == 0 && failed != 0)
		return err_set(e, ERR_ANSWER_NO, "%s", "");
	return rc;
}

static int run(const struct sweep_plan *p, const struct sweep_how *how, const char *results, const struct sweep_args *o,
	       struct err *e)
{
	struct store *s = store_open(results, STORE_WRITE, e);
	struct sweep_counts n;
	struct err closing;
	int rc;

	if (s == NULL)
		return -1;
	rc = sweep_plan_store(p, s, e);
	if (rc == 0)
		rc = sweep_run(p, s, how, &n, e);
	if (store_finish(s, &closing) != 0 && (rc == 0 || e->code == ERR_INTERRUPTED)) { /* what they say would not be so */
		*e = closing;
		rc = -1;
	}
	return rc == 0 ? summary(p, results, &n, o, e) : -1;
}

int cmd_sweep(int argc, char **argv, struct err *e)
{
	struct sweep_args o = { .every = 10, .jobs = pool_cpus(), .slurm = SLURM_ARGS_INIT };
	struct sweep_how how = { 0 };
	struct str results = STR_INIT;
	struct sweep_plan p;
	struct args a;
	int rc;

	if (args_parse(&a, &spec, argc, argv, &o, e) != 0)
		return -1;
	how = (struct sweep_how){ .program = cmd_main, .jobs = (unsigned)o.jobs, .retry = o.retry, .show = (enum sweep_show)o.show,
				  .every_s = (unsigned)o.every };
	rc = parse_shard(o.shard, &how, e);
	if (rc == 0 && o.slurm.on && o.shard != NULL)
		rc = err_set(e, ERR_USAGE, "--slurm and --shard: want one of them (--slurm-tasks N makes shards)");
	if (rc == 0) {
		rc = sweep_plan_make(&p, a.pos.v[0], &a.overrides, &o.vary, e);
		if (o.results != NULL)
			str_add(&results, o.results);
		else
			default_results(a.pos.v[0], &how, &results);
		if (rc == 0 && o.dry)
			rc = dry_run(&p, &how, &o, e);
		else if (rc == 0 && o.slurm.on)
			rc = sweep_slurm(&p, &how, &o.slurm, str_get(&results), &o.out, &o.vary, e);
		else if (rc == 0)
			rc = run(&p, &how, str_get(&results), &o, e);
		sweep_plan_free(&p);
	}
	str_free(&results);
	args_free(&a);
	return rc;
}
