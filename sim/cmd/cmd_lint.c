/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim lint: every static check of a configuration's program and of the tables; --doc: the rules. */
#include "models/hyp/check/oracle.h"
#include "models/hyp/check/ws_lint.h"
#include "sim/cmd/cmd.h"
#include "sim/app/config.h"
#include "sim/app/effective.h"
#include "sim/app/output.h"

struct lint_args {
	struct output_args out;
	bool doc, tables;
	struct arg_list inject;
};

static const struct arg_row arg_rows[] = {
	{ "--tables", NULL, ARG_FLAG, offsetof(struct lint_args, tables),
	  .help = "check the tables that programs are made from, too; without CONFIG nothing else is checked" },
	{ "--doc", NULL, ARG_FLAG, offsetof(struct lint_args, doc), .help = "print every rule" },
	INJECT_ARG_ROW(struct lint_args, inject),
	OUTPUT_ARG_ROWS(struct lint_args, out),
};

static const struct arg_spec spec = {
	.name = "lint", .rows = arg_rows, .n_rows = ARG_ROWS(arg_rows),
	.min_pos = 0, .max_pos = 1, .overrides = true,
	.text = "Exit status 0 if nothing was found, 1 if something was.\n",
};

static void rules_table(struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "rule", "", REP_STR, "", 0, false },
		{ "what", "what it finds", REP_STR, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "rules", "Rules", cols, 2);

	for (unsigned i = 0; i < RULE_COUNT; i++) {
		rep_str(t, ws_rule_name((enum ws_rule)i));
		rep_str(t, ws_rule_what((enum ws_rule)i));
	}
}

static void injects_table(struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "injection", "", REP_STR, "", 0, false },
		{ "form", "", REP_STR, "", 0, false },
		{ "what", "what it breaks", REP_STR, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "injections", "What --inject can break", cols, 3);

	for (unsigned i = 0; i < INJECT_COUNT; i++) {
		rep_str(t, ws_inject_name((enum ws_inject_kind)i));
		rep_strf(t, "%s:%s", ws_inject_name((enum ws_inject_kind)i), ws_inject_form((enum ws_inject_kind)i));
		rep_str(t, ws_inject_help((enum ws_inject_kind)i));
	}
}

static void patches_table(struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "edit", "", REP_STR, "", 0, false },
		{ "form", "", REP_STR, "", 0, false },
		{ "what", "what it makes", REP_STR, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "patches", "What [patch] and --patch can change (docs/patch.md)", cols, 3);

	for (unsigned i = 0; i < PATCH_COUNT; i++) {
		rep_str(t, ws_patch_name((enum ws_patch_verb)i));
		rep_strf(t, "%s %s", ws_patch_name((enum ws_patch_verb)i), ws_patch_form((enum ws_patch_verb)i));
		rep_str(t, ws_patch_help((enum ws_patch_verb)i));
	}
}

static void violations_table(struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "violation", "", REP_STR, "", 0, false },
		{ "words", "", REP_STR, "", 0, false },
		{ "what", "what is wrong", REP_STR, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "violations", "What run --check and compare --check find", cols, 3);

	for (unsigned i = 0; i < VIOLATION_COUNT; i++) {
		rep_str(t, oracle_rule_name((enum oracle_rule)i));
		rep_str(t, oracle_rule_words((enum oracle_rule)i));
		rep_str(t, oracle_rule_what((enum oracle_rule)i));
	}
}

static void findings_table(const struct ws_findings *f, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "rule", "", REP_STR, "", 0, false },
		{ "group", "", REP_STR, "", 0, false },
		{ "register", "", REP_STR, "", 0, false },
		{ "phase", "", REP_STR, "", 0, false },
		{ "text", "finding", REP_STR, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "findings", "Findings", cols, 5);

	for (size_t i = 0; i < f->n; i++) {
		const struct ws_finding *w = &f->v[i];

		rep_str(t, ws_rule_name((enum ws_rule)w->rule));
		rep_str(t, w->group < GRP_COUNT ? group_name((enum sr_group)w->group) : "");
		rep_str(t, w->reg != SR_NONE ? sysreg_name((enum sysreg)w->reg) : "");
		rep_str(t, w->phase < PHASE_COUNT ? phase_name((enum ws_phase)w->phase) : "");
		rep_str(t, w->text);
	}
}

/* Without a file and without overrides there is no configuration to check, only the tables. */
static int find(const struct lint_args *o, const struct config *c, bool configured, struct ws_findings *f,
		struct err *e)
{
	struct ws_prog *p;

	if (o->tables || !configured)
		(void)ws_lint_tables(f);
	if (!configured)
		return 0;
	p = config_compile(c, true, e);
	if (p == NULL)
		return -1;
	(void)ws_lint(p, f);
	ws_free(p);
	return 0;
}

static int run(const struct lint_args *o, const struct config *c, bool configured, struct err *e)
{
	struct ws_findings f = WS_FINDINGS_INIT;
	struct rep *r = rep_new("lint", o->doc ? "Static checks" : "Findings of the static checks");
	int rc = 0;

	if (o->doc) {
		rules_table(r);
		injects_table(r);
		patches_table(r);
		violations_table(r);
	} else {
		rc = find(o, c, configured, &f, e);
		if (configured)
			effective_source(c, r);
		if (f.n != 0)
			findings_table(&f, r);
		(f.n != 0 ? rep_alarm : rep_verdict)(r, "%zu finding%s", f.n, f.n == 1 ? "" : "s");
	}
	if (rc == 0)
		rc = output_write(&o->out, r, e);
	if (rc == 0 && f.n != 0)
		rc = err_set(e, ERR_ANSWER_NO, "%s", "");
	rep_free(r);
	ws_findings_free(&f);
	return rc;
}

int cmd_lint(int argc, char **argv, struct err *e)
{
	struct lint_args o = { 0 };
	struct config c;
	struct args a;
	int rc;

	if (args_parse(&a, &spec, argc, argv, &o, e) != 0)
		return -1;
	rc = config_load_one(&c, a.pos.n != 0 ? a.pos.v[0] : NULL, &a.overrides, e);
	if (rc == 0)
		rc = config_inject(&c, &o.inject, e);
	if (rc == 0)
		rc = run(&o, &c, a.pos.n != 0 || a.overrides.n != 0 || o.inject.n != 0, e);
	config_free(&c);
	args_free(&a);
	return rc;
}
