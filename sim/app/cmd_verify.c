/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim verify: simulated counts against what a real kernel executed. */
#include <stdio.h>
#include <string.h>

#include "models/hyp/verify.h"
#include "sim/app/config.h"
#include "sim/app/output.h"
#include "sim/app/verify_run.h"

struct verify_args {
	struct output_args out;
	const char *reference, *exits, *cfg, *run;
	bool all;
};

static const struct arg_row arg_rows[] = {
	{ "--reference", NULL, ARG_STR, offsetof(struct verify_args, reference), "FILE", .required = true,
	  .help = "recorded counts, CSV or CSV.zst" },
	{ "--exits", NULL, ARG_STR, offsetof(struct verify_args, exits), "KIND,KIND,...",
	  .help = "exit kinds to compare; all of the file if not given" },
	{ "--cfg", NULL, ARG_STR, offsetof(struct verify_args, cfg), "N,N,...",
	  .help = "vCPU configurations of the file to compare (0 plain, 1 PMU, 2 PMU, SVE and PtrAuth); all if not given" },
	{ "--run", NULL, ARG_STR, offsetof(struct verify_args, run), "TRACE",
	  .help = "compare a whole run: replay this trace and compare with the run's totals (--reference RUN.csv)" },
	{ "--all", NULL, ARG_FLAG, offsetof(struct verify_args, all),
	  .help = "print the registers that agree, too" },
	OUTPUT_ARG_ROWS(struct verify_args, out),
};

static const struct arg_spec spec = {
	.name = "verify", .rows = arg_rows, .n_rows = ARG_ROWS(arg_rows),
	.min_pos = 1, .max_pos = 1, .overrides = true,
	.text = "Exit status 0 if every compared exit is register-exact, 1 if not.\n",
};

#define LIST_MAX 64

/* Split "a,b c" in place; returns the number of words, or LIST_MAX + 1 if there are more. */
static size_t split(char *text, const char **word)
{
	size_t n = 0;

	for (char *w = strtok(text, ", "); w != NULL; w = strtok(NULL, ", ")) {
		if (n == LIST_MAX)
			return LIST_MAX + 1;
		word[n++] = w;
	}
	return n;
}

static int parse_cfgs(const char *text, uint64_t *cfgs, struct err *e)
{
	char *copy = xstrdup(text);
	const char *word[LIST_MAX];
	size_t n = split(copy, word);
	uint64_t v;

	*cfgs = 0;
	for (size_t i = 0; i < n && i < LIST_MAX; i++) {
		if (!str_u64(word[i], &v) || v > 2) {
			(void)err_set(e, ERR_USAGE, "--cfg %s: want a list of 0, 1 and 2, such as 0,2", text);
			free(copy);
			return -1;
		}
		*cfgs |= UINT64_C(1) << v;
	}
	free(copy);
	return 0;
}

static void case_row(struct rep_table *t, const struct verify_case *c)
{
	uint64_t n[2][2] = { { 0 } }, other[2] = { 0 }, differ = 0;

	for (size_t i = 0; i < c->n; i++) {
		const struct verify_item *it = &c->item[i];

		differ += it->ref != it->sim;
		if (it->op == REF_OP_read || it->op == REF_OP_write) {
			n[it->op == REF_OP_write][0] += it->ref;
			n[it->op == REF_OP_write][1] += it->sim;
		} else {
			other[0] += it->ref;
			other[1] += it->sim;
		}
	}
	rep_str(t, c->exit);
	rep_u64(t, c->cfg);
	for (unsigned w = 0; w < 2; w++) {
		rep_u64(t, n[w][0]);
		rep_u64(t, n[w][1]);
	}
	rep_u64(t, other[0]);
	rep_u64(t, other[1]);
	rep_u64(t, c->soft_reads);
	rep_u64(t, c->soft_writes);
	if (!c->modelled)
		rep_str(t, "no such exit kind in el2sim");
	else if (differ != 0)
		rep_strf(t, "%llu differ", (unsigned long long)differ);
	else
		rep_str(t, "exact");
}

static void item_rows(struct rep_table *t, const struct verify_case *c, bool all)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct verify_item *it = &c->item[i];

		if (it->ref == it->sim && !all)
			continue;
		rep_str(t, c->exit);
		rep_u64(t, c->cfg);
		rep_str(t, ref_op_name((enum ref_op)it->op));
		rep_str(t, it->name);
		rep_u64(t, it->ref);
		rep_u64(t, it->sim);
		rep_i64(t, (int64_t)(it->sim - it->ref));
		rep_str(t, str_get(&it->functions));
	}
}

static size_t report(const struct verify *v, const struct config *c, bool all, struct rep *r)
{
	static const struct rep_col cases[] = {
		{ "exit", "exit kind", REP_STR, "", 0, false },
		{ "cfg", "", REP_U64, "", 0, false },
		{ "reads_ref", "reads ref", REP_U64, "", 0, false },
		{ "reads_sim", "sim", REP_U64, "", 0, false },
		{ "writes_ref", "writes ref", REP_U64, "", 0, false },
		{ "writes_sim", "sim", REP_U64, "", 0, false },
		{ "other_ref", "ISB.. ref", REP_U64, "", 0, false },
		{ "other_sim", "sim", REP_U64, "", 0, false },
		{ "soft_reads", "measured: reads", REP_U64, "", 0, false },
		{ "soft_writes", "writes", REP_U64, "", 0, false },
		{ "verdict", "", REP_STR, "", 0, false },
	};
	static const struct rep_col items[] = {
		{ "exit", "exit kind", REP_STR, "", 0, false },	  { "cfg", "", REP_U64, "", 0, false },
		{ "op", "", REP_STR, "", 0, false },		  { "register", "", REP_STR, "", 0, false },
		{ "ref", "", REP_U64, "", 0, false },		  { "sim", "", REP_U64, "", 0, false },
		{ "difference", "", REP_I64, "", 0, false },
		{ "functions", "where", REP_STR, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "exits", "Per exit, reference and simulation", cases, 11);
	size_t exact = 0;

	rep_fact(r, "config", "configuration", "%s", c->path);
	rep_fact(r, "reference", "reference", "Linux %s, %s, %s", v->kernel, v->cpu, v->mode);
	for (size_t i = 0; i < v->n; i++) {
		case_row(t, &v->c[i]);
		exact += verify_exact(&v->c[i]);
	}
	t = rep_table(r, "registers", all ? "Registers" : "Registers that differ", items, 8);
	for (size_t i = 0; i < v->n; i++)
		item_rows(t, &v->c[i], all);
	rep_note(r, "measured: reads of the per-CPU base, of current, DAIF and CurrentEL, and writes of DAIF, which "
		 "the C code makes by the way; they come from path profiles and are not modelled");
	return exact;
}

/* Compile for each vCPU configuration of the reference and fill in the simulated counts. */
static int simulate(struct verify *v, const struct config *c, struct err *e)
{
	for (size_t i = 0; i < v->n; i++) {
		struct ws_config wc;
		struct ws_prog *p;

		if (!v->c[i].modelled)
			continue;
		switch_config(&c->sw, &c->machine, &wc);
		wc.vcpu = verify_cfg_features(v->c[i].cfg, &c->machine);
		p = ws_compile(&wc, e);
		if (p == NULL)
			return -1;
		verify_simulate(&v->c[i], p);
		ws_free(p);
	}
	return 0;
}

static int run(const struct verify_args *o, const struct config *c, struct err *e)
{
	char *text = xstrdup(o->exits != NULL ? o->exits : "");
	const char *word[LIST_MAX];
	size_t n = split(text, word), exact;
	uint64_t cfgs = 0;
	struct verify v;
	struct rep *r;
	int rc = -1;

	if (n > LIST_MAX) {
		free(text);
		return err_set(e, ERR_USAGE, "--exits names more than %d kinds: leave it out to compare all", LIST_MAX);
	}
	if ((o->cfg != NULL && parse_cfgs(o->cfg, &cfgs, e) != 0) ||
	    verify_load(&v, o->reference, word, n, cfgs, e) != 0) {
		free(text);
		return -1;
	}
	if (v.n == 0) {
		rc = err_set(e, ERR_INPUT, "%s: holds none of the exits asked for (%s): want names of its column "
			     "exit", o->reference, o->exits != NULL ? o->exits : "all");
	} else if (simulate(&v, c, e) == 0) {
		r = rep_new("verify", "Simulation against recorded counts");
		exact = report(&v, c, o->all, r);
		rep_verdict(r, "%zu of %zu exits register-exact", exact, v.n);
		rc = output_write(&o->out, r, e);
		rep_free(r);
		if (rc == 0 && exact < v.n)
			rc = err_set(e, ERR_ANSWER_NO, "%s", "");
	}
	verify_free(&v);
	free(text);
	return rc;
}

int cmd_verify(int argc, char **argv, struct err *e)
{
	struct verify_args o = { 0 };
	struct config c;
	struct args a;
	int rc;

	if (args_parse(&a, &spec, argc, argv, &o, e) != 0)
		return -1;
	rc = config_load(&c, a.pos.v[0], &a.overrides, e);
	if (rc == 0)
		rc = o.run != NULL ? verify_run_command(&c, o.run, o.reference, &o.out, e) : run(&o, &c, e);
	config_free(&c);
	args_free(&a);
	return rc;
}
