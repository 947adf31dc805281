/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim calibrate: fit a machine's costs to logs of micro-bench. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/cal/mblog.h"
#include "models/cal/perfstat.h"
#include "models/cal/probe.h"
#include "sim/app/config.h"
#include "sim/app/effective.h"
#include "sim/app/output.h"
#include "sim/base/digest.h"
#include "sim/base/file.h"
#include "sim/calibrate/cmd_calibrate.h"
#include "sim/calibrate/validate.h"

struct calibrate_args {
	struct output_args out;
	struct arg_list logs, perf;
	const char *probe;
	const char *ini;
};

static const struct arg_row arg_rows[] = {
	{ "--microbench", NULL, ARG_LIST, offsetof(struct calibrate_args, logs), "LOG", .required = true,
	  .help = "output of kvm-unit-tests' micro-bench on this machine, as printed; once per run: five give a spread" },
	{ "--perf", NULL, ARG_LIST, offsetof(struct calibrate_args, perf), "TEST=FILE",
	  .help = "perf stat -e instructions:h,cycles:h of that test alone, on the host: its instructions instead of the recorded path's" },
	{ "--probe", NULL, ARG_STR, offsetof(struct calibrate_args, probe), "FILE",
	  .help = "output of configs/probe/el0-probe.c on this machine: ISB, DSB, counter, TPIDR_EL0, exception and return as measured" },
	{ "--write", NULL, ARG_STR, offsetof(struct calibrate_args, ini), "FILE.ini", .place = true,
	  .help = "write the fitted costs as an INI, to be included behind CONFIG (--el2sim.include=FILE.ini)" },
	OUTPUT_ARG_ROWS(struct calibrate_args, out),
};

static const struct arg_spec spec = {
	.name = "calibrate", .rows = arg_rows, .n_rows = ARG_ROWS(arg_rows), .min_pos = 1, .max_pos = 1, .example = "configs/machine/neoverse-n1.ini --microbench micro-bench.log", .overrides = true,
	.text = "CONFIG is the machine with its clock, its kernel's path profile and switch model. Fitted are hvc, mmio_read_vgic,\n"
		"ipi and timer_10ms; other rows of the logs are predicted, and their errors printed.\n",
};

struct fitting {
	struct config c;
	struct cal_counts counts;
	struct mblog log;
	struct cal_fit fit;
	struct str digests;
	uint64_t rows; /* bit per test: fitted */
	struct probe_log probe;
	bool probed, entry; /* entry: the probe told exception and return, too */
	struct perf_stat perf[BENCH_COUNT]; /* insns 0: none */
};

/* The machine, its kernel and the path are of one make. */
static int check_config(const struct config *c, struct err *e)
{
	struct ws_config wc;
	char want[64];

	if (!machine_has(&c->machine, FEAT_GICV3) && !machine_has(&c->machine, FEAT_GICV2))
		return err_set(e, ERR_CONFIG, "%s: the machine has no GIC, whose switch is a part of its exits: want gicv3 or gicv2 in "
			       "[machine] features", c->path);
	if (c->path_profile.kernel == NULL || c->path_profile.kernel[0] == '\0')
		return err_set(e, ERR_CONFIG, "%s: no path profile: want an include of the kernel's, such as "
			       "kernel/linux-6.12-n1-vhe.ini", c->path);
	config_switch(c, &wc);
	(void)snprintf(want, sizeof(want), "linux-%s-%s", c->path_profile.kernel, c->path_profile.mode);
	if (strcmp(want, wc.model->name) != 0)
		return err_set(e, ERR_CONFIG, "%s: switch model %s with a path profile of %s: counts of two kernels can't be fitted to one "
			       "log", c->path, wc.model->name, want);
	return 0;
}

static int read_logs(struct fitting *x, const struct arg_list *logs, struct err *e)
{
	x->log.gicv2 = machine_has(&x->c.machine, FEAT_GICV2);
	for (size_t i = 0; i < logs->n; i++) {
		char d[DIGEST_TEXT];

		if (mblog_read(logs->v[i], &x->log, e) != 0)
			return -1;
		if (digest_file(logs->v[i], d) != 1)
			return err_set(e, ERR_INPUT, "%s: could not be read a second time: want a file", logs->v[i]);
		if (strstr(str_get(&x->digests), d) != NULL)
			return err_set(e, ERR_INPUT, "%s is the same as another of the logs: want each run once", logs->v[i]);
		str_addf(&x->digests, "%s%s", i != 0 ? " " : "", d);
	}
	return 0;
}

/* TEST=FILE */
static int read_perf(struct fitting *x, const struct arg_list *perf, struct err *e)
{
	for (size_t i = 0; i < perf->n; i++) {
		const char *file = strchr(perf->v[i], '=');
		enum cal_bench b;
		char name[32];

		if (file == NULL || (size_t)(file - perf->v[i]) >= sizeof(name))
			return err_set(e, ERR_USAGE, "--perf %s: want TEST=FILE, such as hvc=hvc.perf", perf->v[i]);
		(void)snprintf(name, sizeof(name), "%.*s", (int)(file - perf->v[i]), perf->v[i]);
		if (!cal_bench_by_name(name, &b))
			return err_set(e, ERR_USAGE, "--perf %s: no test \"%s\": want one of micro-bench's, such as hvc", perf->v[i], name);
		if (x->log.row[b].n == 0)
			return err_set(e, ERR_INPUT, "--perf %s: no row %s in the logs, which says how many iterations it made", perf->v[i], name);
		if (perf_stat_read(file + 1, &x->perf[b], e) != 0)
			return -1;
	}
	return 0;
}

/* Counts, with what was measured of the machine beside its times. */
static int count(struct fitting *x, const struct machine *m, struct err *e)
{
	if (cal_counts_of(m, &x->c.sw, &x->c.path_profile, &x->counts, e) != 0)
		return -1;
	for (unsigned b = 0; b < BENCH_COUNT; b++) {
		if (x->perf[b].insns != 0 &&
		    perf_stat_apply(&x->perf[b], x->log.row[b].times, (enum cal_bench)b, &x->counts, e) != 0)
			return -1;
	}
	return 0;
}

static int fit(struct fitting *x, struct err *e)
{
	static const enum cal_bench need[] = { BENCH_hvc, BENCH_mmio_read_vgic };
	struct cal_obs o[BENCH_COUNT];
	struct cal_prior prior;
	size_t n = mblog_obs(&x->log, x->counts.ghz, o);

	for (size_t i = 0; i < sizeof(need) / sizeof(need[0]); i++) {
		if (x->log.row[need[i]].n == 0)
			return err_set(e, ERR_INPUT, "no row %s in the logs: want hvc and mmio_read_vgic at least, ipi and timer_10ms for "
				       "interrupts", cal_bench_row(need[i])->name);
	}
	for (size_t i = 0; i < n; i++)
		x->rows |= (uint64_t)(cal_bench_row(o[i].bench)->role == CAL_FIT) << o[i].bench;
	cal_prior_shipped(&prior);
	return cal_fit(&x->counts, o, n, &prior, &x->fit, e);
}

#define PROBE_ROUNDS 200
#define PROBE_CLOSE  1e-5 /* of the logarithm of scale */

/*
 * The fit, with the probe's costs if there is one: what was measured is the table's cost times scale, which is fitted with it, so
 * both are looked for in turn, half way each time.
 */
static int fit_all(struct fitting *x, struct err *e)
{
	struct machine m = x->c.machine;
	double scale, cpi, off = 1;

	if (count(x, &m, e) != 0 || fit(x, e) != 0)
		return -1;
	scale = x->fit.par[PAR_scale];
	cpi = x->fit.par[PAR_cpi];
	if (x->probed && probe_settle(&x->probe, &x->c.path_profile, &x->c.sw, scale, cpi, &m, e) != 0)
		return -1;
	for (unsigned i = 0; x->probed && i < PROBE_ROUNDS && off > PROBE_CLOSE; i++) {
		m = x->c.machine;
		if (probe_apply(&x->probe, &x->c.path_profile, &x->c.sw, scale, cpi, &m, e) != 0 || count(x, &m, e) != 0 || fit(x, e) != 0)
			return -1;
		off = fabs(log(x->fit.par[PAR_scale] / scale));
		scale = sqrt(scale * x->fit.par[PAR_scale]);
		cpi = sqrt(cpi * x->fit.par[PAR_cpi]);
	}
	if (x->probed && off > PROBE_CLOSE)
		return err_set(e, ERR_INPUT, "the probe and the rows contradict each other: no cost.scale fits both: were they run on one machine, at "
			       "one clock?");
	x->entry = x->probed && x->probe.ns[PROBE_null_syscall] != 0;
	x->c.machine = m;
	return 0;
}

/* ---- the report ---- */

static void parameters(const struct fitting *x, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ .key = "option", .type = REP_STR },
		{ .key = "value", .type = REP_FIX, .decimals = 3 },
		{ .key = "unit", .type = REP_STR },
		{ .key = "deviation", .type = REP_FIX, .unit = "%", .decimals = 1 },
		{ .key = "prior", .type = REP_FIX, .decimals = 3 },
		{ .key = "prior_deviation", .title = "its deviation", .type = REP_FIX, .unit = "%", .decimals = 1 },
		{ .key = "from", .type = REP_STR },
	};
	struct rep_table *t = rep_table(r, "parameters", "Parameters", cols, 7);

	for (unsigned p = 0; p < PAR_COUNT; p++) {
		const struct cal_param_row *row = cal_param_row((enum cal_param)p);

		rep_str(t, row->option);
		rep_fix(t, (int64_t)llround(x->fit.par[p] * 1000));
		rep_str(t, row->unit);
		rep_fix(t, validate_tenths(100 * x->fit.sd[p]));
		rep_fix(t, (int64_t)llround(row->median * 1000));
		rep_fix(t, validate_tenths(100 * row->sd));
		rep_str(t, x->fit.learnt[p] ? "the logs" : "the prior alone");
	}
}

static void rows(const struct fitting *x, bool fitted, struct rep_table *t)
{
	for (unsigned b = 0; b < BENCH_COUNT; b++) {
		double noise, ns = mblog_mean(&x->log, (enum cal_bench)b, &noise), got;

		got = cal_predict(&x->counts, (enum cal_bench)b, x->fit.par);
		if (ns == 0 || got == 0 || (x->rows >> b & 1) != fitted)
			continue;
		rep_str(t, cal_bench_row((enum cal_bench)b)->name);
		rep_u64(t, x->log.row[b].n);
		rep_fix(t, validate_tenths(ns));
		rep_fix(t, validate_tenths(100 * noise));
		if (!fitted)
			rep_fix(t, validate_tenths(got / x->counts.ghz));
		rep_fix(t, validate_tenths(100 * (got / (ns * x->counts.ghz) - 1)));
	}
}

/* Costs that the probe told, beside the table's. */
static void probed(const struct fitting *x, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ .key = "option", .type = REP_STR },
		{ .key = "measured", .type = REP_FIX, .unit = "ns", .decimals = 3 },
		{ .key = "cycles", .type = REP_FIX, .decimals = 1 },
	};
	struct rep_table *t;

	if (!x->probed)
		return;
	t = rep_table(r, "probe", "Single operations as the probe has them", cols, 3);
	for (unsigned p = 0; p < PROBE_COUNT; p++) {
		char name[48];

		if (x->probe.ns[p] == 0)
			continue;
		rep_strf(t, "%s", p == PROBE_null_syscall ? "null_syscall: cost.exception, cost.eret" : probe_option((enum cal_probe)p, name));
		rep_fix(t, (int64_t)llround(x->probe.ns[p] * 1000));
		rep_fix(t, validate_tenths(x->probe.ns[p] * x->counts.ghz));
	}
}

/* Instructions that perf counted, beside those of the recorded path. */
static void counted(const struct fitting *x, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ .key = "benchmark", .type = REP_STR },
		{ .key = "insns", .title = "instructions, counted", .type = REP_FIX, .decimals = 1 },
		{ .key = "modelled", .title = "of them the switch's", .type = REP_FIX, .decimals = 1 },
		{ .key = "cpi", .title = "cycles per instruction, counted", .type = REP_FIX, .decimals = 3 },
		{ .key = "vmm", .title = "VMM among them", .type = REP_STR },
	};
	struct rep_table *t = NULL;

	for (unsigned b = 0; b < BENCH_COUNT; b++) {
		const struct perf_stat *s = &x->perf[b];

		if (s->insns == 0)
			continue;
		if (t == NULL)
			t = rep_table(r, "perf", "Instructions of an iteration that perf counted", cols, 5);
		rep_str(t, cal_bench_row((enum cal_bench)b)->name);
		rep_fix(t, validate_tenths(s->insns / x->log.row[b].times));
		rep_fix(t, validate_tenths(x->counts.of[b].modelled));
		if (s->cycles != 0)
			rep_fix(t, (int64_t)llround(1000 * s->cycles / s->insns));
		else
			rep_none(t);
		rep_str(t, s->user ? "yes" : "no");
	}
}

static struct rep *report(const struct fitting *x)
{
	static const struct rep_col seen[] = {
		{ .key = "benchmark", .type = REP_STR }, { .key = "logs", .type = REP_U64 },
		{ .key = "measured", .type = REP_FIX, .unit = "ns", .decimals = 1 },
		{ .key = "noise", .type = REP_FIX, .unit = "%", .decimals = 1 },
		{ .key = "residual", .type = REP_FIX, .unit = "%", .decimals = 1 },
	};
	static const struct rep_col unseen[] = {
		{ .key = "benchmark", .type = REP_STR }, { .key = "logs", .type = REP_U64 },
		{ .key = "measured", .type = REP_FIX, .unit = "ns", .decimals = 1 },
		{ .key = "noise", .type = REP_FIX, .unit = "%", .decimals = 1 },
		{ .key = "predicted", .type = REP_FIX, .unit = "ns", .decimals = 1 },
		{ .key = "error", .type = REP_FIX, .unit = "%", .decimals = 1 },
	};
	struct rep *r = rep_new("calibrate", "A machine's costs fitted to micro-bench");
	size_t n;

	rep_fact(r, "machine", "", "%s", x->c.machine.name);
	rep_fact(r, "config", "", "%s", x->c.path);
	rep_fact_u64(r, "logs", "logs", x->log.n, "");
	parameters(x, r);
	rows(x, true, rep_table(r, "fitted", "Fitted rows: what is left of them, no predictions", seen, 5));
	n = 0;
	for (unsigned b = 0; b < BENCH_COUNT; b++)
		n += x->log.row[b].n != 0 && x->counts.of[b].known && (x->rows >> b & 1) == 0;
	if (n != 0)
		rows(x, false, rep_table(r, "predictions", "Rows that the fit did not see", unseen, 6));
	probed(x, r);
	counted(x, r);
	rep_verdict(r, "%s: scale %.2f (+-%.0f %%), %.2f cycles per instruction (+-%.0f %%) from %u log%s; %zu row%s left to check it",
		    x->c.machine.name, x->fit.par[PAR_scale], 100 * x->fit.sd[PAR_scale], x->fit.par[PAR_cpi],
		    100 * x->fit.sd[PAR_cpi], x->log.n, x->log.n == 1 ? "" : "s", n, n == 1 ? "" : "s");
	if (x->probed && !x->entry)
		rep_note(r, "null_syscall: nothing is left of it beside what the kernel's path takes, or that has no recording: exception and return keep "
			 "the table's costs");
	if (x->log.n < 5)
		rep_note(r, "%u log%s: five or more say how much runs differ; until then a row's noise is that of published reruns", x->log.n,
			 x->log.n == 1 ? "" : "s");
	if (machine_has(&x->c.machine, FEAT_GICV2))
		rep_note(r, "GICv2: the path profile's C code was recorded on a host with a GICv3");
	rep_note(r, "priors are medians of the cores of configs/measured: a log from there is none that nobody has seen");
	rep_note(r, "a fit of these rows can't tell the costs of single registers: they keep the proportions of the machine's table");
	return r;
}

/* ---- the INI ---- */

static void add_source(struct str *b, const struct fitting *x, enum cal_param p)
{
	str_addf(b, "%s = %s: ", cal_param_row(p)->option, x->fit.learnt[p] ? "DERIVED" : "ASSUMED");
	if (x->fit.learnt[p])
		str_addf(b, "fitted to %u logs of micro-bench, deviation %.1f %%\n", x->log.n, 100 * x->fit.sd[p]);
	else
		str_addf(b, "prior of el2sim calibrate, median of measured cores\n");
}

/* An option of [cost] that the fit does not set. */
static bool kept(const struct opt_view *v)
{
	char name[80];

	if (strcmp(v->row->section, "cost") != 0 || strncmp(v->row->key, "insn_", 5) == 0)
		return false;
	(void)snprintf(name, sizeof(name), "%s.%s", v->row->section, v->row->key);
	for (unsigned p = 0; p < PAR_COUNT; p++) {
		if (strcmp(cal_param_row((enum cal_param)p)->option, name) == 0)
			return false;
	}
	return true;
}

/* Is the option a cost that the probe told? Its value, in thousandths of a cycle. */
static bool told_by_probe(const struct fitting *x, const char *key, int64_t *milli)
{
	for (unsigned i = 0; x->probed && i < OPCOST_COUNT; i++) {
		const bool rest = i == OPCOST_exception || i == OPCOST_eret;

		*milli = x->c.machine.op[i];
		if (strcmp(op_cost_name((enum op_cost)i), key) == 0)
			return (rest && x->entry) || (i == OPCOST_isb && x->probe.ns[PROBE_isb] != 0) ||
			       (i == OPCOST_dsb && x->probe.ns[PROBE_dsb] != 0);
	}
	*milli = strcmp(key, "mrs_timer") == 0 ? x->c.machine.mrs[COST_timer] : x->c.machine.msr[COST_thread];
	return x->probed && ((strcmp(key, "mrs_timer") == 0 && x->probe.ns[PROBE_cntvct] != 0) ||
			     (strcmp(key, "msr_thread") == 0 && x->probe.ns[PROBE_msr_tpidr] != 0));
}

static void ini_text(const struct fitting *x, struct str *b)
{
	const double *par = x->fit.par;
	int64_t milli;

	str_addf(b, "# Fitted by el2sim calibrate to %u logs of micro-bench, with %s. Include it behind the machine's file.\n"
		 "# The fitted rows are no prediction; el2sim validate leaves them out.\n\n[machine]\nclock = %lld Hz\ncalibration = fitted\n"
		 "\n[cost]\nscale = %.3f\ncpi = %.3f\ncold = %.3f\nlpi = %.3f\n", x->log.n, x->c.path, (long long)x->c.machine.clock_hz,
		 par[PAR_scale], par[PAR_cpi], par[PAR_cold], par[PAR_lpi]);
	for (size_t i = 0; i < opt_count(x->c.set); i++) {
		struct opt_view v = opt_at(x->c.set, i);

		if (kept(&v) && told_by_probe(x, v.row->key, &milli))
			str_addf(b, "%s = %.3f cycles\n", v.row->key, (double)milli / 1000.0);
		else if (kept(&v))
			str_addf(b, "%s = %s\n", v.row->key, v.value);
	}
	str_addf(b, "\n[host]\nkick_latency = %.0f ns\n\n[vmm]\ninsns = %.0f\n\n[fit]\nlogs = %s\nrows = ", par[PAR_kick], par[PAR_vmm],
		 str_get(&x->digests));
	for (unsigned i = 0, n = 0; i < BENCH_COUNT; i++) {
		if ((x->rows >> i & 1) != 0)
			str_addf(b, "%s%s", n++ != 0 ? ", " : "", cal_bench_row((enum cal_bench)i)->name);
	}
	str_add(b, "\n");
#define CAL_PARAM(id, ...)                                                                                                   \
	if (x->fit.learnt[PAR_##id])                                                                                         \
		str_addf(b, #id "_deviation = %.3f percent\n", 100 * x->fit.sd[PAR_##id]);
#include "models/cal/params.def"
	if (x->fit.learnt[PAR_scale] && x->fit.learnt[PAR_cpi])
		str_addf(b, "correlation = %.3f\n", x->fit.correlation);
	str_addf(b, "\n[source]\nmachine.clock = as in %s\nmachine.calibration = fitted by el2sim calibrate\n", x->c.path);
	for (unsigned p = 0; p < PAR_COUNT; p++)
		add_source(b, x, (enum cal_param)p);
	for (size_t i = 0; i < opt_count(x->c.set); i++) {
		struct opt_view v = opt_at(x->c.set, i);

		if (kept(&v) && told_by_probe(x, v.row->key, &milli))
			str_addf(b, "cost.%s = READ: el0-probe on this machine, over cost.scale\n", v.row->key);
		else if (kept(&v) && v.source[0] != '\0')
			str_addf(b, "cost.%s = %s\n", v.row->key, v.source);
	}
}

static int write_ini(const struct fitting *x, const char *path, struct err *e)
{
	struct str text = STR_INIT;
	struct outfile f;
	int rc = file_create(&f, path, e);

	if (rc == 0) {
		ini_text(x, &text);
		(void)fputs(str_get(&text), f.f);
		rc = file_commit(&f, e);
	}
	str_free(&text);
	return rc;
}

int cmd_calibrate(int argc, char **argv, struct err *e)
{
	struct calibrate_args o = { .ini = NULL };
	struct fitting x = { .rows = 0 };
	struct rep *r = NULL;
	struct args a;
	int rc;

	if (args_parse(&a, &spec, argc, argv, &o, e) != 0)
		return -1;
	str_add(&x.digests, "");
	rc = config_load_one(&x.c, a.pos.v[0], &a.overrides, e);
	if (rc == 0)
		rc = check_config(&x.c, e);
	if (rc == 0)
		rc = read_logs(&x, &o.logs, e);
	if (rc == 0)
		rc = read_perf(&x, &o.perf, e);
	if (rc == 0 && o.probe != NULL)
		rc = probe_read(o.probe, &x.probe, e);
	x.probed = o.probe != NULL;
	if (rc == 0)
		rc = fit_all(&x, e);
	if (rc == 0 && o.ini != NULL)
		rc = write_ini(&x, o.ini, e);
	if (rc == 0) {
		r = report(&x);
		if (o.ini != NULL)
			rep_note(r, "written: %s; el2sim validate %s --el2sim.include=%s --microbench LOG compares it with another run", o.ini,
				 x.c.path, o.ini);
		effective_source(&x.c, r);
		rc = output_write(&o.out, r, e);
	}
	rep_free(r);
	config_free(&x.c);
	str_free(&x.digests);
	args_free(&a);
	return rc;
}
