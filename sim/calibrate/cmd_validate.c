/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim validate: predicted times against measured ones. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/cal/mblog.h"
#include "models/cal/public.h"
#include "sim/app/config.h"
#include "sim/app/effective.h"
#include "sim/app/output.h"
#include "sim/base/digest.h"
#include "sim/base/share.h"
#include "sim/calibrate/cmd_calibrate.h"
#include "sim/calibrate/validate.h"

struct validate_args {
	struct output_args out;
	bool public, study, every;
	struct arg_list logs;
	const char *table;
	uint64_t median, worst;
};

static const struct arg_row arg_rows[] = {
	{ "--microbench", NULL, ARG_LIST, offsetof(struct validate_args, logs), "LOG",
	  .help = "output of kvm-unit-tests' micro-bench on the machine of CONFIG, as printed; once per run" },
	{ "--public", NULL, ARG_FLAG, offsetof(struct validate_args, public),
	  .help = "the shipped table of published measurements: four rows of each machine are fitted, the others predicted" },
	{ "--study", NULL, ARG_FLAG, offsetof(struct validate_args, study),
	  .help = "with --public: the errors that other choices of fitted rows leave, and each row left out in turn" },
	{ "--every", NULL, ARG_FLAG, offsetof(struct validate_args, every),
	  .help = "with --public: every published row that has a model, before anything was fitted and now, each left out in turn" },
	{ "--measurements", NULL, ARG_STR, offsetof(struct validate_args, table), "FILE",
	  .help = "with --public: this table of measurements instead, with the columns of configs/measured/measurements.csv" },
	{ "--median", NULL, ARG_U64, offsetof(struct validate_args, median), "PERCENT", .min = 1, .max = 1000,
	  .help = "greatest median error for exit status 0, default 10" },
	{ "--worst", NULL, ARG_U64, offsetof(struct validate_args, worst), "PERCENT", .min = 1, .max = 1000,
	  .help = "greatest error of a row for exit status 0, default 25" },
	OUTPUT_ARG_ROWS(struct validate_args, out),
};

static const struct arg_spec spec = {
	.name = "validate", .rows = arg_rows, .n_rows = ARG_ROWS(arg_rows), .min_pos = 0, .max_pos = 1, .example = "--public", .overrides = true,
	.text = "A row that was fitted is no prediction: it stands in a table of its own, and in no statistic.\n"
		"Exit status 0 if median and worst error are within the limits, 1 if not.\n",
};

/* ---- tables ---- */

static const struct rep_col row_cols[] = {
	{ .key = "machine", .type = REP_STR },
	{ .key = "log", .type = REP_STR },
	{ .key = "benchmark", .type = REP_STR },
	{ .key = "measured", .type = REP_FIX, .unit = "ns", .decimals = 1 },
	{ .key = "noise", .type = REP_FIX, .unit = "%", .decimals = 1 },
	{ .key = "predicted", .type = REP_FIX, .unit = "ns", .decimals = 1 },
	{ .key = "error", .type = REP_FIX, .unit = "%", .decimals = 1 },
	{ .key = "why", .title = "why not claimed", .type = REP_STR },
};

static void row(struct rep_table *t, const struct cal_log *x, unsigned b, double cycles, bool why)
{
	rep_str(t, x->machine);
	rep_str(t, x->name);
	rep_str(t, cal_bench_row((enum cal_bench)b)->name);
	rep_fix(t, validate_tenths(x->ns[b]));
	rep_fix(t, validate_tenths(100 * cal_bench_row((enum cal_bench)b)->noise));
	rep_fix(t, validate_tenths(cycles / x->counts.ghz));
	rep_fix(t, validate_tenths(100 * validate_error(x, b, cycles)));
	if (why)
		rep_str(t, x->why);
}

/* Each row of the logs that the fit did not see: claimed ones into claims, others into context. */
static int predictions(const struct cal_logs *l, struct rep *r, struct validate_errors *s, struct cal_fit *fits, struct err *e)
{
	struct rep_table *claims = rep_table(r, "predictions", "Predicted rows: none of them was fitted", row_cols, 7);
	struct rep_table *context = rep_table(r, "context", "Predicted, and not claimed", row_cols, 8);

	for (size_t i = 0; i < l->n; i++) {
		const struct cal_log *x = &l->log[i];
		const bool claim = x->use == USE_CLAIM;
		double cycles[BENCH_COUNT];

		if (x->use > USE_PRIOR)
			continue;
		if (cal_hold_out(l, x, VALIDATE_FITTED, false, cycles, &fits[i], e) != 0)
			return -1;
		for (unsigned b = 0; b < BENCH_COUNT; b++) {
			if (cycles[b] == 0)
				continue;
			row(claim ? claims : context, x, b, cycles[b], !claim);
			if (claim)
				validate_errors_add(s, x, b, cycles[b]);
		}
	}
	return 0;
}

/* What the fits learnt, and what is left of the rows that they saw. */
static void fits_tables(const struct cal_logs *l, const struct cal_fit *fits, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ .key = "log", .type = REP_STR },
		{ .key = "option", .type = REP_STR },
		{ .key = "value", .type = REP_FIX, .decimals = 3 },
		{ .key = "unit", .type = REP_STR },
		{ .key = "deviation", .type = REP_FIX, .unit = "%", .decimals = 1 },
		{ .key = "from", .type = REP_STR },
	};
	static const struct rep_col left[] = {
		{ .key = "log", .type = REP_STR },
		{ .key = "benchmark", .type = REP_STR },
		{ .key = "measured", .type = REP_FIX, .unit = "ns", .decimals = 1 },
		{ .key = "residual", .type = REP_FIX, .unit = "%", .decimals = 1 },
	};
	struct rep_table *t = rep_table(r, "parameters", "Parameters", cols, 6);
	struct rep_table *f = rep_table(r, "fitted", "Fitted rows: no predictions, in no statistic", left, 4);

	for (size_t i = 0; i < l->n; i++) {
		const struct cal_log *x = &l->log[i];

		if (x->use > USE_PRIOR)
			continue;
		for (unsigned p = 0; p < PAR_COUNT; p++) {
			const struct cal_param_row *row = cal_param_row((enum cal_param)p);

			rep_str(t, x->name);
			rep_str(t, row->option);
			rep_fix(t, (int64_t)llround(fits[i].par[p] * 1000));
			rep_str(t, row->unit);
			rep_fix(t, validate_tenths(100 * fits[i].sd[p]));
			if (fits[i].learnt[p])
				rep_str(t, "rows of this log");
			else
				rep_strf(t, "median of %zu other cores", cal_cores_without(l, x->core, (enum cal_param)p));
		}
		for (unsigned b = 0; b < BENCH_COUNT; b++) {
			if (x->ns[b] == 0 || (VALIDATE_FITTED >> b & 1) == 0)
				continue;
			rep_str(f, x->name);
			rep_str(f, cal_bench_row((enum cal_bench)b)->name);
			rep_fix(f, validate_tenths(x->ns[b]));
			rep_fix(f, validate_tenths(100 * validate_error(x, b, cal_predict(&x->counts, (enum cal_bench)b, fits[i].par))));
		}
	}
}

/* Rows that el2sim has no figure for. */
static void others(const struct measured_table *m, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ .key = "machine", .type = REP_STR }, { .key = "kernel", .type = REP_STR }, { .key = "benchmark", .type = REP_STR },
		{ .key = "value", .type = REP_STR },   { .key = "unit", .type = REP_STR },   { .key = "grade", .type = REP_STR },
		{ .key = "why", .title = "why no figure stands beside it", .type = REP_STR },
	};
	struct rep_table *t = rep_table(r, "unmodelled", "Context: measurements that are not claimed; --every predicts those that have a model", cols, 7);

	for (size_t i = 0; i < m->n; i++) {
		const struct measured_row *x = &m->row[i];

		if (strcmp(x->use, "claim") == 0 || strcmp(x->use, "prior") == 0 || strcmp(x->kind, "composite") != 0)
			continue;
		rep_str(t, x->machine);
		rep_str(t, x->kernel);
		rep_str(t, x->benchmark);
		rep_str(t, x->value);
		rep_str(t, x->unit);
		rep_str(t, x->grade);
		rep_str(t, x->why);
	}
}

static int verdict(const struct validate_args *o, struct validate_errors *s, struct rep *r, struct err *e)
{
	double median = cal_median(s->x, s->n);
	bool ok = s->n != 0 && median <= (double)o->median && s->worst <= (double)o->worst;

	if (s->n == 0)
		rep_alarm(r, "no row is predicted: every one was fitted, or has no model");
	else if (ok)
		rep_verdict(r, "%zu rows predicted that no fit saw: median error %.1f %%, worst %.1f %% (%s of %s)", s->n, median, s->worst,
			    cal_bench_row((enum cal_bench)s->bench)->name, s->log->name);
	else
		rep_alarm(r, "%zu rows predicted that no fit saw: median error %.1f %%, worst %.1f %% (%s of %s): want at most %llu %% and "
			  "%llu %%", s->n, median, s->worst, cal_bench_row((enum cal_bench)s->bench)->name, s->log->name,
			  (unsigned long long)o->median, (unsigned long long)o->worst);
	return ok ? 0 : err_set(e, ERR_ANSWER_NO, "%s", "");
}

/* ---- logs of a user ---- */

/* The logs, and whether the profile was fitted to one of them. */
static int read_logs(const struct arg_list *logs, const char *fitted, struct mblog *l, bool *own, struct err *e)
{
	*own = false;
	for (size_t i = 0; i < logs->n; i++) {
		char d[DIGEST_TEXT];

		if (mblog_read(logs->v[i], l, e) != 0)
			return -1;
		if (digest_file(logs->v[i], d) < 0)
			return err_set(e, ERR_INPUT, "%s: could not be read a second time: want a file", logs->v[i]);
		*own |= d[0] != '\0' && strstr(fitted, d) != NULL;
	}
	return 0;
}

static const struct rep_col log_cols[] = {
	{ .key = "benchmark", .type = REP_STR },
	{ .key = "measured", .type = REP_FIX, .unit = "ns", .decimals = 1 },
	{ .key = "noise", .type = REP_FIX, .unit = "%", .decimals = 1 },
	{ .key = "predicted", .type = REP_FIX, .unit = "ns", .decimals = 1 },
	{ .key = "error", .type = REP_FIX, .unit = "%", .decimals = 1 },
};

/* Rows of the logs that the profile was not fitted to, into the statistic; the names of the others into left. */
static void log_rows(const struct mblog *l, const struct cal_log *x, uint64_t fitted, const double *par, struct rep *r,
		     struct validate_errors *s, struct str *left)
{
	struct rep_table *t = rep_table(r, "predictions", "Rows that the profile was not fitted to", log_cols, 5);

	for (unsigned b = 0; b < BENCH_COUNT; b++) {
		double noise, got;

		if (mblog_mean(l, (enum cal_bench)b, &noise) == 0 || !x->counts.of[b].known)
			continue;
		if ((fitted >> b & 1) != 0) {
			str_addf(left, "%s%s", left->len != 0 ? ", " : "", cal_bench_row((enum cal_bench)b)->name);
			continue;
		}
		got = cal_predict(&x->counts, (enum cal_bench)b, par);
		rep_str(t, cal_bench_row((enum cal_bench)b)->name);
		rep_fix(t, validate_tenths(x->ns[b]));
		rep_fix(t, validate_tenths(100 * noise));
		rep_fix(t, validate_tenths(got / x->counts.ghz));
		rep_fix(t, validate_tenths(100 * validate_error(x, b, got)));
		validate_errors_add(s, x, b, got);
	}
}


static int microbench(const struct validate_args *o, const char *config, const struct arg_list *overrides, struct err *e)
{
	struct config c;
	struct mblog l = { .n = 0 };
	struct validate_errors s = { .n = 0 };
	struct str left = STR_INIT;
	struct cal_log x = { .name = config, .use = USE_CLAIM };
	double par[PAR_COUNT], noise;
	struct err no = { .code = ERR_NONE };
	struct rep *r;
	bool own;
	int answer, rc = config_load_one(&c, config, overrides, e);

	l.gicv2 = rc == 0 && machine_has(&c.machine, FEAT_GICV2);
	if (rc == 0)
		rc = read_logs(&o->logs, c.cal.logs, &l, &own, e);
	if (rc == 0)
		rc = cal_counts_of(&c.machine, &c.sw, &c.path_profile, &x.counts, e);
	if (rc == 0) {
		for (unsigned b = 0; b < BENCH_COUNT; b++)
			x.ns[b] = mblog_mean(&l, (enum cal_bench)b, &noise);
		cal_options_par(&c.machine, &c.cal, c.smp.kick_ns, par);
		r = rep_new("validate", "Predicted times against those of micro-bench");
		rep_fact(r, "machine", "", "%s", c.machine.name);
		rep_fact(r, "calibration", "", "%s", calibration_name((enum calibration)c.machine.calibration));
		log_rows(&l, &x, own ? c.cal.rows : 0, par, r, &s, &left);
		answer = verdict(o, &s, r, &no);
		if (left.len != 0)
			rep_note(r, "fitted to one of these logs, so no predictions and left out: %s", str_get(&left));
		if (own)
			rep_note(r, "a profile is validated by another log than its fit's, with four rows at least: keep calibration = fitted");
		else if (c.machine.calibration == CAL_FITTED && answer == 0 && s.n >= 4)
			rep_note(r, "another log than the fit's, and %zu rows: [machine] calibration = validated may be said of this profile", s.n);
		else if (s.n < 4)
			rep_note(r, "%zu rows: four at least, of another log than the fit's, make a profile validated", s.n);
		effective_source(&c, r);
		rc = output_write(&o->out, r, e);
		rep_free(r);
	}
	if (rc == 0 && answer != 0) {
		*e = no;
		rc = -1;
	}
	free(s.x);
	str_free(&left);
	config_free(&c);
	return rc;
}

/* ---- the command ---- */

static int public(const struct validate_args *o, const char *table, const struct arg_list *overrides, struct err *e)
{
	struct measured_table m;
	struct cal_logs l = { .n = 0 };
	struct validate_errors s = { .n = 0 };
	struct cal_fit *fits = NULL;
	struct rep *r = NULL;
	int rc = measured_read(table, &m, e);

	if (rc == 0 && cal_logs_of(&m, &l, e) != 0)
		rc = err_at(e, table, 0);
	for (size_t i = 0; rc == 0 && i < l.n; i++)
		rc = validate_count(&l.log[i], table, overrides, NULL, e);
	if (rc == 0)
		rc = cal_logs_tell(&l, e);
	if (rc == 0) {
		r = rep_new("validate", "Predicted times against published ones");
		fits = xcalloc(l.n + 1, sizeof(*fits));
		rc = predictions(&l, r, &s, fits, e);
	}
	if (rc == 0) {
		fits_tables(&l, fits, r);
		others(&m, r);
		rc = o->study ? validate_study(&l, table, overrides, r, e) : 0;
		if (rc == 0 && o->every)
			rc = validate_every(&m, &l, table, overrides, r, e);
	}
	if (rc == 0) {
		struct err no = { .code = ERR_NONE };
		int answer = verdict(o, &s, r, &no);

		rep_note(r, "fitted of each log: hvc, mmio_read_vgic, ipi, timer_10ms; priors of a log are medians of other cores; noise: "
			 "what reruns of a row differ by");
		rep_note(r, "not claimable: an unfitted timer or IPI, kernels older than the recorded ones, cores in order");
		rc = output_write(&o->out, r, e);
		if (rc == 0 && answer != 0) {
			*e = no;
			rc = -1;
		}
	}
	rep_free(r);
	free(fits);
	free(s.x);
	cal_logs_free(&l);
	measured_free(&m);
	return rc;
}

int cmd_validate(int argc, char **argv, struct err *e)
{
	struct validate_args o = { .median = 10, .worst = 25 };
	struct str path = STR_INIT;
	struct args a;
	int rc;

	if (args_parse(&a, &spec, argc, argv, &o, e) != 0)
		return -1;
	if (o.public ? a.pos.n != 0 || o.logs.n != 0 : a.pos.n == 0 || o.logs.n == 0 || o.study || o.every || o.table != NULL) {
		rc = args_missing(&spec, e, "validate: want CONFIG and --microbench LOG, or --public without them; --study, --every and "
			     "--measurements go with --public");
	} else if (!o.public) {
		rc = microbench(&o, a.pos.v[0], &a.overrides, e);
	} else {
		if (o.table == NULL)
			share_dir(&path, "configs/measured");
		if (o.table == NULL)
			str_add(&path, "/measurements.csv");
		rc = public(&o, o.table != NULL ? o.table : str_get(&path), &a.overrides, e);
	}
	str_free(&path);
	args_free(&a);
	return rc;
}
