/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim explain: the compiled program, op by op; --diff: what is different in another one. */
#include "models/hyp/ws/ws_explain.h"

#include <string.h>
#include <unistd.h>

#include "sim/app/effective.h"
#include "sim/cmd/cmd.h"
#include "sim/cmd/explain_diff.h"
#include "sim/cmd/explain_reg.h"
#include "sim/base/str.h"
#include "sim/app/job.h"
#include "sim/app/output.h"
#include "sim/report/op_cost.h"
#include "sim/report/oracle_report.h"
#include "sim/report/outcome_report.h"
#include "sim/report/spans.h"

static const char *const phase_words[PHASE_COUNT + 1] = {
#define X(id, name, help) name,
	WS_PHASES(X)
#undef X
	NULL
};

/* Of a register that is asked for alone. */
#define DEFAULT_CONFIG "configs/experiment/linux-6.12-vhe-n1.ini"

struct explain_args {
	struct output_args out;
	struct arg_list diff;
	int phase; /* enum ws_phase; PHASE_COUNT = the switch: load to lazy */
	bool all, counts;
	const char *reg; /* NULL: all of the program */
	struct job_args job;
};

static const struct arg_row arg_rows[] = {
	{ "--diff", NULL, ARG_LIST, offsetof(struct explain_args, diff), "CONFIG|KEY=VALUE",
	  .help = "compare with another configuration, or with this one after a change such as policy.el1=eager; "
		  "repeatable" },
	{ "--phase", NULL, ARG_ENUM, offsetof(struct explain_args, phase), .names = phase_words,
	  .help = "this phase only; handle is the host's path around the switch, shown only when asked for" },
	{ "--reg", NULL, ARG_STR, offsetof(struct explain_args, reg), "NAME",
	  .help = "one register's life: where it is saved and restored, by whom, under which condition, who may access it" },
	{ "--all", NULL, ARG_FLAG, offsetof(struct explain_args, all),
	  .help = "with --diff: print also what is the same" },
	{ "--counts", NULL, ARG_FLAG, offsetof(struct explain_args, counts),
	  .help = "run the configuration, a trace or a workload, and add how often each op ran" },
	{ "--trace", NULL, ARG_STR, offsetof(struct explain_args, job.trace), "FILE",
	  .help = "with --counts: native trace to replay, instead of the configuration's" },
	{ "--force", NULL, ARG_FLAG, offsetof(struct explain_args, job.force),
	  .help = "explain also what the static checks refuse" },
	INJECT_ARG_ROW(struct explain_args, job.inject),
	OUTPUT_ARG_ROWS(struct explain_args, out),
};

static const struct arg_spec spec = {
	.name = "explain", .rows = arg_rows, .n_rows = ARG_ROWS(arg_rows),
	.min_pos = 1, .max_pos = 2,
	.example = "configs/experiment/linux-6.12-vhe-n1.ini", .overrides = true,
	.text = "CONFIG may be a register's name, such as SCTLR_EL1, or be followed by one: that is --reg. Without a CONFIG beside it, it is\n"
		"explained for " DEFAULT_CONFIG ".\n"
		"With --diff, overrides (--section.key=value) apply to both sides, --inject to the first.\n",
};

static void facts(struct rep *r, const char *key, const struct config *c, const struct ws_prog *p)
{
	rep_fact(r, key, key, "%s: %s on %s", c->path, p->config.model->name, p->config.machine->name);
}

/* ---- one program ---- */

/* Columns of the listing; the last two with --counts. */
static const struct rep_col cols[] = {
	{ "phase", "", REP_STR, "", 0, false },	     { "nr", "", REP_U64, "", 0, false },
	{ "component", "", REP_STR, "", 0, false },  { "op", "", REP_STR, "", 0, false },
	{ "object", "", REP_STR, "", 0, false },     { "side", "", REP_STR, "", 0, false },
	{ "group", "", REP_STR, "", 0, false },	     { "cycles", "", REP_U64, "cycles", 0, true },
	{ "condition", "", REP_STR, "", 0, false },  { "function", "kernel function", REP_STR, "", 0, false },
	{ "row", "table row", REP_STR, "", 0, false }, { "times", "", REP_U64, "", 0, true },
	{ "all_cycles", "cycles", REP_U64, "all", 0, true },
};
#define COL_CYCLES 7
#define N_COLS     (sizeof(cols) / sizeof(cols[0]))

/* Executions of an op and their cycles, or their bounds. */
static void times_cells(struct rep_table *t, const struct ws_op *op, uint64_t lo, uint64_t hi)
{
	rep_span(t, (struct span){ lo, hi });
	rep_span(t, (struct span){ ws_op_cycles(op, lo), hi < BOUNDS_NONE ? ws_op_cycles(op, hi) : BOUNDS_NONE });
}

/* What the listing has of each phase, to be drawn. */
static void phase_sizes(const struct explain_args *o, const struct ws_prog *p, struct rep *r)
{
	static const struct rep_col of_phase[] = { { "phase", "", REP_STR, "", 0, false }, { "ops", "", REP_U64, "", 0, false } };
	struct rep_table *t = rep_table(r, "op_phases", "Ops by phase", of_phase, 2);
	uint64_t n[PHASE_COUNT] = { 0 };

	for (size_t i = 0; i < p->n; i++) {
		if (explain_wanted(o->phase, &p->op[i]))
			n[p->op[i].phase]++;
	}
	for (unsigned ph = 0; ph < PHASE_COUNT; ph++) {
		if (n[ph] == 0)
			continue;
		rep_str(t, phase_name((enum ws_phase)ph));
		rep_u64(t, n[ph]);
	}
	rep_detail(t);
	rep_chart(t, &(struct rep_chart){ .kind = REP_BARS, .title = "Ops of the program by phase", .x = "phase", .y = "ops" });
}

/* exec: executions of each op, at least; most: at most, NULL: just these; exec NULL: not counted. */
static void listing(const struct explain_args *o, const struct ws_prog *p, const uint64_t *exec, const uint64_t *most,
		    struct rep *r)
{
	struct rep_col as[N_COLS];
	struct rep_table *t;
	uint64_t cycles = 0, milli = 0;

	memcpy(as, cols, sizeof(as));
	as[COL_CYCLES].type = op_cost_type(p);
	t = rep_table(r, "ops", "Program", as, exec != NULL ? N_COLS : N_COLS - 2);

	for (size_t i = 0; i < p->n; i++) {
		struct ws_explain_row row;

		if (!explain_wanted(o->phase, &p->op[i]))
			continue;
		ws_explain_at(p, i, &row);
		rep_str(t, row.phase);
		rep_u64(t, row.nr);
		rep_str(t, row.comp);
		rep_str(t, row.opcode);
		rep_str(t, row.object);
		rep_str(t, row.side);
		rep_str(t, row.group);
		op_cost_cell(t, p, row.op);
		rep_str(t, row.guard);
		rep_str(t, row.function);
		rep_strf(t, "%s:%u", row.file, row.line);
		if (exec == NULL)
			continue;
		times_cells(t, row.op, exec[i], most != NULL ? most[i] : exec[i]);
		ws_cycles_add(&cycles, &milli, row.cycles, row.milli, exec[i]);
	}
	if (exec == NULL)
		rep_verdict(r, "%zu op%s", rep_rows(t), rep_rows(t) == 1 ? "" : "s");
	else
		rep_verdict(r, "%zu op%s, %s%llu modelled cycles", rep_rows(t), rep_rows(t) == 1 ? "" : "s",
			    most != NULL ? "at least " : "", (unsigned long long)cycles);
	phase_sizes(o, p, r);
}

/* The program and what a run made of it. */
static int counts(const struct explain_args *o, const struct args *a, struct err *e)
{
	struct job j = { .smp = NULL };
	struct rep *r = NULL;
	int rc = config_load_one(&j.config, a->pos.v[0], &a->overrides, e);

	if (rc == 0)
		rc = job_run(&j, &o->job, e);
	if (rc == 0) {
		r = rep_new("explain", "Switch program, and how often its ops ran");
		facts(r, "program", &j.config, j.prog);
		run_source_facts(&j.result, r);
		effective_source(&j.config, r);
		inject_report(j.config.inject, j.config.n_inject, r);
		unsound_report(j.prog, "", r);
		guest_alarms(j.out, "", r);
		listing(o, j.prog, j.bounds != NULL ? j.bounds->lo.exec : j.out->exec, j.bounds != NULL ? j.bounds->hi.exec : NULL, r);
		rc = output_write(&o->out, r, e);
	}
	if (rc == 0)
		rc = job_guests_end(&j, e);
	rep_free(r);
	job_free(&j);
	return rc;
}

/* ---- two programs ---- */

/* The other side: an entry with '=' is a change, the one without (if any) is its file. */
static int load_other(const struct explain_args *o, const struct args *a, struct config *c, struct err *e)
{
	struct arg_list all = { xcalloc(o->diff.n + a->overrides.n + 1, sizeof(char *)), 0 };
	const char *path = NULL;
	int rc = 0;

	for (size_t i = 0; i < a->overrides.n; i++)
		all.v[all.n++] = a->overrides.v[i];
	for (size_t i = 0; i < o->diff.n && rc == 0; i++) {
		if (strchr(o->diff.v[i], '=') != NULL)
			all.v[all.n++] = o->diff.v[i];
		else if (path == NULL)
			path = o->diff.v[i];
		else
			rc = err_set(e, ERR_USAGE, "--diff names two files, %s and %s: want one, and changes as KEY=VALUE",
				     path, o->diff.v[i]);
	}
	memset(c, 0, sizeof(*c));
	if (rc == 0)
		rc = config_load_one(c, path != NULL ? path : a->pos.v[0], &all, e);
	free(all.v);
	return rc;
}

/* The overrides, as given: of the second side, then of both. */
static void changes(const struct explain_args *o, const struct args *a, struct rep *r)
{
	struct str of[2] = { STR_INIT, STR_INIT };

	for (size_t i = 0; i < o->diff.n; i++)
		if (strchr(o->diff.v[i], '=') != NULL)
			str_addf(&of[0], "%s%s", of[0].len != 0 ? ", " : "", o->diff.v[i]);
	for (size_t i = 0; i < a->overrides.n; i++)
		str_addf(&of[1], "%s%s", of[1].len != 0 ? ", " : "", a->overrides.v[i]);
	if (of[0].len != 0)
		rep_fact(r, "changes", "second with", "%s", str_get(&of[0]));
	if (of[1].len != 0)
		rep_fact(r, "overrides", "both with", "%s", str_get(&of[1]));
	str_free(&of[0]);
	str_free(&of[1]);
}

static int diff(const struct explain_args *o, const struct args *a, const struct config *first,
		const struct ws_prog *p, struct rep *r, struct err *e)
{
	struct config c;
	struct ws_prog *q = NULL;
	struct ws_diff *d;

	if (load_other(o, a, &c, e) == 0)
		q = config_compile(&c, o->job.force, e);
	if (q != NULL) {
		facts(r, "first", first, p);
		facts(r, "second", &c, q);
		changes(o, a, r);
		effective_source(&c, r);
		inject_report(first->inject, first->n_inject, r);
		unsound_report(p, "first", r);
		unsound_report(q, "second", r);
		d = ws_diff_new(p, q);
		explain_diff_report(&(struct explain_diff){ o->phase, o->all, "groups", "ops" }, d, r);
		ws_diff_free(d);
		ws_free(q);
	}
	config_free(&c);
	return q != NULL ? 0 : -1;
}

static int run(const struct explain_args *o, const struct args *a, const struct config *c, struct err *e)
{
	enum sysreg reg = o->reg != NULL ? explain_reg_named(o->reg, e) : SR_NONE;
	struct ws_prog *p;
	struct rep *r;
	int rc = 0;

	if (o->reg != NULL && reg == SR_NONE)
		return -1;
	p = config_compile(c, o->job.force, e);
	if (p == NULL)
		return -1;
	r = rep_new("explain", o->diff.n != 0 ? "Difference of two switch programs" : reg != SR_NONE ? "A register's life" : "Switch program");
	effective_source(c, r);
	if (o->diff.n != 0) {
		rc = diff(o, a, c, p, r, e);
	} else {
		facts(r, "program", c, p);
		inject_report(c->inject, c->n_inject, r);
		unsound_report(p, "", r);
		if (reg != SR_NONE)
			explain_reg_report(p, reg, r);
		else
			listing(o, p, NULL, NULL, r);
	}
	if (rc == 0)
		rc = output_write(&o->out, r, e);
	rep_free(r);
	ws_free(p);
	return rc;
}

static int explain(const struct explain_args *o, const struct args *a, struct err *e)
{
	struct config c;
	int rc = config_load_one(&c, a->pos.v[0], &a->overrides, e);

	if (rc == 0)
		rc = config_inject(&c, &o->job.inject, e);
	if (rc == 0)
		rc = run(o, a, &c, e);
	config_free(&c);
	return rc;
}

/* An operand that is a register's name, and no file, is --reg; what is left is the configuration. */
static int take_reg(struct explain_args *o, struct args *a, struct err *e)
{
	size_t n = 0;

	for (size_t i = 0; i < a->pos.n; i++) {
		if (o->reg == NULL && sysreg_by_name(a->pos.v[i]) != SR_NONE && access(a->pos.v[i], F_OK) != 0)
			o->reg = a->pos.v[i];
		else
			a->pos.v[n++] = a->pos.v[i];
	}
	if (n == 0)
		a->pos.v[n++] = DEFAULT_CONFIG;
	a->pos.n = n;
	if (n == 1)
		return 0;
	return o->reg != NULL ? err_set(e, ERR_USAGE, "operand \"%s\" is one too many: want one configuration and one register", a->pos.v[1]) :
				explain_reg_named(a->pos.v[1], e) == SR_NONE ? -1 : 0;
}

int cmd_explain(int argc, char **argv, struct err *e)
{
	struct explain_args o = { .phase = PHASE_COUNT };
	struct args a;
	int rc;

	if (args_parse(&a, &spec, argc, argv, &o, e) != 0)
		return -1;
	if (take_reg(&o, &a, e) != 0)
		rc = -1;
	else if (o.counts && o.diff.n != 0)
		rc = err_set(e, ERR_USAGE, "--counts and --diff: want one of them: el2sim diff compares two runs");
	else if (o.reg != NULL && (o.counts || o.diff.n != 0 || o.phase != PHASE_COUNT))
		rc = err_set(e, ERR_USAGE, "--reg and %s: want one of them", o.counts ? "--counts" : o.diff.n != 0 ? "--diff" : "--phase");
	else if (!o.counts && o.job.trace != NULL)
		rc = err_set(e, ERR_USAGE, "--trace without --counts: want --counts, too: the program alone needs no trace");
	else
		rc = o.counts ? counts(&o, &a, e) : explain(&o, &a, e);
	args_free(&a);
	return rc;
}
