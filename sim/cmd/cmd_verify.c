/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim verify: simulated counts and order against what a real kernel executed. */
#include <string.h>

#include "models/hyp/measured/verify_combo.h"
#include "sim/cmd/cmd.h"
#include "sim/app/config.h"
#include "sim/app/output.h"
#include "sim/app/verify_job.h"
#include "sim/cmd/verify_run.h"
#include "sim/base/file.h"
#include "sim/report/verify_report.h"

enum summary { SUMMARY_NONE, SUMMARY_JSON };

static const char *const summaries[] = { "none", "json", NULL };

struct verify_args {
	struct output_args out;
	struct verify_ask ask;
	const char *kernel, *cpu, *mode, *run;
	int summary;
	bool all;
};

#define AT(member)  offsetof(struct verify_args, member)
#define ASK(member) (AT(ask) + offsetof(struct verify_ask, member))

static const struct arg_row arg_rows[] = {
	{ "--reference", NULL, ARG_STR, ASK(reference), "FILE", .required = true,
	  .help = "recorded counts, CSV or CSV.zst" },
	{ "--totals", NULL, ARG_STR, ASK(totals), "FILE",
	  .help = "totals of the same recording: kinds without a usual path are left out of the "
		  "answer" },
	{ "--min-modal", NULL, ARG_STR, ASK(min_modal), "SHARE",
	  .help = "with --totals: least share of the occurrences that must follow the recorded "
		  "path, default 0.5" },
	{ "--order", NULL, ARG_STR, ASK(order), "PATH",
	  .help = "recorded paths of the same recording, a folder or a tar archive: compare the "
		  "order, too" },
	{ "--run", NULL, ARG_STR, AT(run), "TRACE",
	  .help = "compare a whole run: replay this trace and compare with the run's totals "
		  "(--reference RUN.csv)" },
	{ "--kernel", NULL, ARG_STR, AT(kernel), "VERSION",
	  .help = "instead of CONFIG: kernel of the switch model, such as 6.12; default: the "
		  "reference's" },
	{ "--cpu", NULL, ARG_STR, AT(cpu), "NAME",
	  .help = "instead of CONFIG: CPU as references name it, such as n1; default: the "
		  "reference's" },
	{ "--mode", NULL, ARG_STR, AT(mode), "MODE",
	  .help = "instead of CONFIG: vhe, nvhe, hvhe or protected; default: the reference's" },
	{ "--exits", NULL, ARG_STR, ASK(exits), "KIND,KIND,...",
	  .help = "exit kinds to compare; all of the file if not given" },
	{ "--cfg", NULL, ARG_STR, ASK(cfg), "N,N,...",
	  .help = "vCPU configurations of the file to compare (0 plain, 1 PMU, 2 PMU, SVE and "
		  "PtrAuth); all if not given. With --run: the one of the run" },
	{ "--explain", NULL, ARG_STR, ASK(explain), "KIND",
	  .help = "only this kind: functions that were recorded and rows of the tables, side by "
		  "side" },
	{ "--summary", NULL, ARG_ENUM, AT(summary), .names = summaries, .bare = 1 + AT(out.view.summary),
	  .help = "alone: the answer and about ten numbers, nothing else; json: instead of the report, for programs" },
	{ "--all", NULL, ARG_FLAG, AT(all), .help = "print the registers that agree, too" },
	OUTPUT_ARG_ROWS(struct verify_args, out),
};

static const struct arg_spec spec = {
	.name = "verify",
	.rows = arg_rows,
	.n_rows = ARG_ROWS(arg_rows),
	.min_pos = 0,
	.max_pos = 1,
	.example = "--reference registers.csv --totals totals.csv --order order.tar.xz",
	.overrides = true,
	.text = "Without CONFIG, machine profile and switch model are those of --kernel, --cpu and "
		"--mode.\n"
		"Exit status 0 if every compared exit is register-exact and every path of --order "
		"in order in the\n"
		"switch, 1 if not.\n",
};

static int write_summary(const struct verify_args *o, const struct verify_result *x, struct err *e)
{
	struct str text = STR_INIT;
	struct outfile f;
	int rc = file_create(&f, o->out.file, e);

	if (rc == 0) {
		verify_summary(x, &text);
		(void)fputs(str_get(&text), f.f);
		rc = file_commit(&f, e);
	}
	str_free(&text);
	return rc;
}

static void explain(struct verify_job *j, struct rep *r)
{
	struct rep_table *t = verify_explain_table(r, j->ask->explain);

	for (size_t i = 0; i < j->v.n; i++) {
		if (j->v.c[i].modelled)
			verify_explain(t, &j->v.c[i], &j->seq[i]);
	}
}

static int answer(const struct verify_args *o, struct verify_job *j, const struct verify_result *x,
		  struct err *e)
{
	struct verify_sums sums;
	struct rep *r;
	int rc;

	if (o->summary == SUMMARY_JSON) {
		rc = write_summary(o, x, e);
	} else {
		r = rep_new("verify", "Simulation against recorded counts");
		if (o->ask.explain != NULL)
			explain(j, r);
		verify_report(x, o->all, r);
		rc = output_write(&o->out, r, e);
		rep_free(r);
	}
	verify_sums_of(x, &sums);
	if (rc == 0 && !verify_all_exact(&sums))
		rc = err_set(e, ERR_ANSWER_NO, "%s", "");
	return rc;
}

static int run(const struct verify_args *o, struct verify_job *j, const struct config *c,
	       struct err *e)
{
	struct verify_result x = { .v = &j->v,
				   .config = c->path,
				   .has_totals = o->ask.totals != NULL,
				   .has_paths = o->ask.order != NULL };
	struct ws_config wc;

	switch_config(&c->sw, &c->machine, &wc);
	if (verify_job_simulate(j, &wc, e) != 0)
		return -1;
	x.model = wc.model->name;
	x.path = j->path;
	x.n_paths = j->n_paths;
	return answer(o, j, &x, e);
}

/* "configs/machine/n1.ini" of the shipped files or, from the top of the source tree, of that. */
static int shipped_profile(struct str *path, const char *cpu, struct err *e)
{
	struct str file = STR_INIT;
	int rc = combo_profile(&file, cpu, e);

	if (rc == 0)
		verify_job_shipped(path, str_get(&file));
	str_free(&file);
	return rc;
}

/* Machine profile and switch model of a kernel, CPU and mode; overrides come after. */
static int load_combo(struct config *c, const struct verify_args *o, const struct verify *v,
		      struct str *path, const struct arg_list *overrides, struct err *e)
{
	const struct ws_model *model = combo_model(o->kernel != NULL ? o->kernel : v->kernel,
						   o->mode != NULL ? o->mode : v->mode, e);
	struct arg_list with = { .v = xcalloc(overrides->n + 1, sizeof(*with.v)),
				 .n = overrides->n + 1 };
	struct str set = STR_INIT;
	int rc = -1;

	if (model != NULL && shipped_profile(path, o->cpu != NULL ? o->cpu : v->cpu, e) == 0) {
		str_addf(&set, "switch.model=%s", model->name);
		with.v[0] = str_get(&set);
		for (size_t i = 0; i < overrides->n; i++)
			with.v[i + 1] = overrides->v[i];
		rc = config_load_one(c, str_get(path), &with, e);
	}
	str_free(&set);
	free(with.v);
	return rc;
}

static int load(struct config *c, const struct verify_args *o, const struct args *a,
		const struct verify *v, struct str *path, struct err *e)
{
	bool combo = o->kernel != NULL || o->cpu != NULL || o->mode != NULL;

	if (a->pos.n == 0 && o->run != NULL &&
	    (o->kernel == NULL || o->cpu == NULL || o->mode == NULL))
		return err_set(e, ERR_USAGE,
			       "--run without a configuration: want CONFIG, or --kernel, --cpu and "
			       "--mode");
	if (a->pos.n == 0)
		return load_combo(c, o, v, path, &a->overrides, e);
	if (combo)
		return err_set(e, ERR_USAGE,
			       "%s together with --kernel, --cpu or --mode: want one or the other",
			       a->pos.v[0]);
	return config_load_one(c, a->pos.v[0], &a->overrides, e);
}

/* A whole run is of one vCPU configuration. */
static int run_cfg(struct config *c, const char *cfg, struct err *e)
{
	if (cfg == NULL)
		return 0;
	if (strlen(cfg) != 1 || cfg[0] < '0' || cfg[0] > '2')
		return err_set(e, ERR_USAGE, "--cfg %.40s with --run: want 0, 1 or 2", cfg);
	switch_add_vcpu(&c->sw, verify_cfg_features((unsigned)(cfg[0] - '0'), &c->machine));
	return 0;
}

int cmd_verify(int argc, char **argv, struct err *e)
{
	struct verify_args o = { 0 };
	struct verify_job j = { .ask = &o.ask };
	struct config c = { 0 };
	struct str path = STR_INIT;
	struct args a;
	int rc;

	if (args_parse(&a, &spec, argc, argv, &o, e) != 0)
		return -1;
	rc = o.run == NULL ? verify_job_load(&j, e) : 0;
	if (rc == 0)
		rc = load(&c, &o, &a, &j.v, &path, e);
	if (rc == 0 && o.run != NULL)
		rc = run_cfg(&c, o.ask.cfg, e);
	if (rc == 0)
		rc = o.run != NULL ? verify_run_command(&c, o.run, o.ask.reference, &o.out, e)
				   : run(&o, &j, &c, e);
	config_free(&c);
	verify_job_free(&j);
	str_free(&path);
	args_free(&a);
	return rc;
}
