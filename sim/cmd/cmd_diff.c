/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim diff: two results metric by metric; a gate for changes that make the switch dearer. */
#include <stdio.h>
#include <string.h>

#include "sim/cmd/cmd.h"
#include "sim/app/config.h"
#include "sim/report/diff_band.h"
#include "sim/cmd/diff_gate.h"
#include "sim/cmd/diff_side.h"
#include "sim/cmd/explain_diff.h"
#include "sim/app/output.h"
#include "sim/base/file.h"
#include "sim/base/progress.h"
#include "sim/document/diff.h"

struct diff_args {
	struct output_args out;
	const char *fail_above, *gate;
	struct arg_list metric;
	int fail_on; /* 0: dearer, 1: any */
	uint64_t top;
	bool explain;
};

static const char *const directions[] = { "dearer", "any", NULL };

static const struct arg_row arg_rows[] = {
	{ "--fail-above", NULL, ARG_STR, offsetof(struct diff_args, fail_above), "PERCENT",
	  .help = "exit with status 1 if a metric changes by more than PERCENT (2%, 0.5%); without --metric those marked for it: "
		  "totals, per exit, latencies" },
	{ "--metric", NULL, ARG_LIST, offsetof(struct diff_args, metric), "PATTERN",
	  .help = "metrics that --fail-above looks at, such as 'phases/*/cycles' or '*'" },
	{ "--fail-on", NULL, ARG_ENUM, offsetof(struct diff_args, fail_on), .names = directions,
	  .help = "dearer: --fail-above looks at what gets dearer; any: also at what gets cheaper or has no direction" },
	{ "--gate", NULL, ARG_STR, offsetof(struct diff_args, gate), "FILE",
	  .help = "limits of single metrics: [gate] with lines PATTERN = PERCENT, before --fail-above" },
	{ "--top", NULL, ARG_U64, offsetof(struct diff_args, top), "N", .min = 0, .max = 1000000000,
	  .help = "print the N largest changes of each table of the report, 10 if not given; 0: all" },
	{ "--explain", NULL, ARG_FLAG, offsetof(struct diff_args, explain),
	  .help = "compile both configurations and add which ops of the switch program differ" },
	OUTPUT_ARG_ROWS(struct diff_args, out),
};

static const struct arg_spec spec = {
	.name = "diff", .rows = arg_rows, .n_rows = ARG_ROWS(arg_rows), .min_pos = 2, .max_pos = 2,
	.example = "configs/experiment/linux-6.12-vhe-n1.ini configs/experiment/my-kernel.ini", .overrides = true,
	.text = "A and B are reports (--format json), results files of el2sim sweep, or configurations, which are run;\n"
		"--section.key=value is for configurations. A is what there was before.\n"
		"Points of sweeps are joined by the values of their axes.\n",
};

struct sides {
	struct diff_side a, b;
	const char *first, *second; /* what they are called in headings */
	struct rep *r;
	bool inputs; /* are in r */
	size_t bounds; /* figures of both that are bounds */
	struct diff_bands bands;
};

/* ---- limits ---- */

static int make_limits(struct diff_options *o, const struct diff_args *args, struct err *e)
{
	bool both = args->fail_on == 1;
	int rc = 0;

	if (args->fail_above == NULL && args->metric.n != 0)
		return err_set(e, ERR_USAGE, "--metric %s without --fail-above: want --fail-above PERCENT, too", args->metric.v[0]);
	if (args->fail_above == NULL && both)
		return err_set(e, ERR_USAGE, "--fail-on any without --fail-above: want --fail-above PERCENT, too");
	if (args->gate != NULL && diff_gate_read(o, args->gate, e) != 0)
		return -1;
	for (size_t i = 0; rc == 0 && i < args->metric.n; i++)
		rc = diff_gate_add(o, args->metric.v[i], args->fail_above, both, "--fail-above", e);
	if (rc == 0 && args->fail_above != NULL && args->metric.n == 0) {
		o->gated_only = true;
		rc = diff_gate_add(o, "*", args->fail_above, both, "--fail-above", e);
	}
	return rc;
}

/* A limit that fits nothing is a typing error, or the report has changed: either way nothing is guarded. */
static int check_limits(const struct diff_options *o, const struct diff_args *args, struct err *e)
{
	for (size_t i = 0; i < o->n_limit; i++) {
		const struct diff_limit *l = &o->limit[i];
		bool from_file = strncmp(l->place, "--", 2) != 0;

		if (l->fits != 0)
			continue;
		if (from_file)
			return err_set(e, ERR_CONFIG, "%s: fits no metric that no earlier line fits: want names as in the column "
				       "metric of el2sim diff", l->place);
		if (args->metric.n != 0)
			return err_set(e, ERR_USAGE, "--metric %s: fits no metric that nothing before fits: want names as in the "
				       "columns group and metric of el2sim diff, joined by /", l->pattern);
		if (o->n_limit == 1)
			return err_set(e, ERR_USAGE, "--fail-above: nothing of these reports is marked for a gate: want --metric "
				       "PATTERN, too");
	}
	return 0;
}

/* ---- comparing ---- */

/* What went in is said once, of a sweep for its first point: axes are the same on both sides. */
static void add_pair(struct diff *d, struct sides *s, const char *label, const struct rep *a, const struct rep *b)
{
	if (!s->inputs)
		diff_inputs(a, b, s->first, s->second, s->r);
	s->inputs = true;
	diff_add(d, label, a, b);
}

static int compare_point(struct diff *d, struct sides *s, size_t ia, size_t ib, struct err *e)
{
	struct str why_a = STR_INIT, why_b = STR_INIT;
	const char *label = s->a.label[ia];
	struct rep *a = NULL, *b = NULL;
	int rc = diff_side_report(&s->a, ia, &a, &why_a, e);

	if (rc == 0)
		rc = diff_side_report(&s->b, ib, &b, &why_b, e);
	if (rc == 0 && a != NULL && b != NULL) {
		s->bounds += rep_bounds(a) + rep_bounds(b);
		diff_band_add(&s->bands, a, b);
		add_pair(d, s, label, a, b);
	} else if (rc == 0 && (a != NULL || b != NULL))
		diff_add_lonely(d, label, a != NULL, str_get(a != NULL ? &why_b : &why_a));
	if (a != NULL)
		diff_side_done(&s->a, a);
	if (b != NULL)
		diff_side_done(&s->b, b);
	str_free(&why_a);
	str_free(&why_b);
	return rc;
}

static int compare_points(struct diff *d, struct sides *s, struct err *e)
{
	struct progress bar;
	size_t i = 0, k = 0;
	int rc = 0;

	progress_begin(&bar, "points", s->a.n);
	while (rc == 0 && (i < s->a.n || k < s->b.n)) {
		size_t ia = i < s->a.n ? s->a.order[i] : 0, ib = k < s->b.n ? s->b.order[k] : 0;
		int order = i == s->a.n ? 1 : k == s->b.n ? -1 : strcmp(s->a.label[ia], s->b.label[ib]);

		if (order == 0)
			rc = compare_point(d, s, ia, ib, e);
		else
			diff_add_lonely(d, order < 0 ? s->a.label[ia] : s->b.label[ib], order < 0, "no such point");
		i += order <= 0;
		k += order >= 0;
		progress_at(&bar, i);
	}
	progress_end(&bar);
	return rc;
}

/* ---- the programs ---- */

static struct ws_prog *compiled(struct diff_side *s, const char *label, struct config *c, struct err *e)
{
	struct setting_list l = { NULL, 0 };
	struct ws_prog *p = NULL;
	size_t point = 0;

	while (point + 1 < s->n && strcmp(s->label[point], label) != 0)
		point++;
	if (s->n == 0)
		(void)err_set(e, ERR_INPUT, "%s: has no points: nothing to explain", s->path);
	else if (diff_side_settings(s, point, &l, e) == 0 &&
		 config_load(c, NULL, &(struct arg_list){ (const char **)l.v, l.n }, e) == 0)
		p = config_compile(c, true, e);
	setting_list_free(&l);
	if (p == NULL && e->code == ERR_CONFIG)
		(void)err_at(e, s->path, 0);
	return p;
}

static int explain(const struct diff *d, struct sides *s, struct rep *r, struct err *e)
{
	const char *point = s->a.store != NULL ? diff_worst_point(d) : "";
	struct config ca = { 0 }, cb = { 0 };
	struct ws_prog *a = compiled(&s->a, point, &ca, e), *b = a != NULL ? compiled(&s->b, point, &cb, e) : NULL;
	struct ws_diff *ops;

	if (b != NULL) {
		if (s->a.store != NULL)
			rep_fact(r, "explained", "point whose ops are compared", "%s", point);
		ops = ws_diff_new(a, b);
		explain_diff_report(&(struct explain_diff){ PHASE_COUNT, false, "op_groups", "ops" }, ops, r);
		ws_diff_free(ops);
	}
	ws_free(a);
	ws_free(b);
	config_free(&ca);
	config_free(&cb);
	return b != NULL ? 0 : -1;
}

/* ---- the report ---- */

static const char *name_of(const char *path)
{
	return strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
}

static int report(struct diff *d, struct sides *s, const struct diff_args *o, struct err *e)
{
	diff_report(d, s->first, s->second, s->r);
	diff_band_verdict(&s->bands, s->first, s->second, diff_failed(d) != 0, s->r);
	if (s->bands.points != 0)
		rep_note(s->r, "uncertainty: a band \303\227\303\267F is of its figure alone, and the limits of a gate do not look at it; what both "
			 "results have in common cancels in the verdict on all cycles (" BAND_OF_100 " of 100), and in no other number");
	if (s->bounds != 0)
		rep_note(s->r, "%zu figures are bounds, because a trace lacks events or lost some: they are not compared, and no "
			 "gate looks at them (el2sim doctor TRACE: what to record)", s->bounds);
	if (o->explain && explain(d, s, s->r, e) != 0)
		return -1;
	if (s->a.rep != NULL)
		rep_sources_of(s->r, s->a.rep);
	if (s->b.rep != NULL)
		rep_sources_of(s->r, s->b.rep);
	return output_write(&o->out, s->r, e);
}

static void begin_report(struct sides *s)
{
	s->first = name_of(s->a.path);
	s->second = name_of(s->b.path);
	if (strcmp(s->first, s->second) == 0) {
		s->first = "first";
		s->second = "second";
	}
	s->r = rep_new("diff", "Two results, metric by metric");
	rep_fact(s->r, "first", "first", "%s", s->a.path);
	rep_fact(s->r, "second", "second", "%s", s->b.path);
}

static int run(struct sides *s, const struct diff_options *options, const struct diff_args *o, struct err *e)
{
	struct diff *d = diff_new(options);
	int rc;

	begin_report(s);
	rc = compare_points(d, s, e);
	if (rc == 0)
		rc = check_limits(options, o, e);
	if (rc == 0)
		rc = report(d, s, o, e);
	if (rc == 0 && diff_failed(d) != 0)
		rc = err_set(e, ERR_ANSWER_NO, "%s", "");
	rep_free(s->r);
	diff_free(d);
	return rc;
}

int cmd_diff(int argc, char **argv, struct err *e)
{
	struct diff_args o = { .top = 10 };
	struct diff_options options = { 0 };
	struct sides s = { .a = { .path = NULL } };
	struct args a;
	int rc;

	if (args_parse(&a, &spec, argc, argv, &o, e) != 0)
		return -1;
	options.top = o.top;
	rc = make_limits(&options, &o, e);
	if (rc == 0)
		rc = diff_side_open(&s.a, a.pos.v[0], &a.overrides, e);
	if (rc == 0)
		rc = diff_side_open(&s.b, a.pos.v[1], &a.overrides, e);
	if (rc == 0)
		rc = diff_sides_match(&s.a, &s.b, e);
	if (rc == 0)
		rc = run(&s, &options, &o, e);
	diff_side_close(&s.a);
	diff_side_close(&s.b);
	diff_gate_free(&options);
	args_free(&a);
	return rc;
}
