/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim mutate: is the loss of each row, register, accessor and barrier noticed, and by whom? */
#include <stdio.h>

#include "models/hyp/mutate/mutate.h"
#include "sim/cmd/cmd.h"
#include "sim/app/config.h"
#include "sim/app/effective.h"
#include "sim/app/output.h"
#include "sim/base/file.h"
#include "sim/base/progress.h"

struct mutate_args {
	struct output_args out;
	bool all, quick;
};

static const struct arg_row arg_rows[] = {
	{ "--all", NULL, ARG_FLAG, offsetof(struct mutate_args, all), .help = "list the mutants that are noticed, too, and what was said" },
	{ "--quick", NULL, ARG_FLAG, offsetof(struct mutate_args, quick), .help = "ask the explorer only about what is not proved to make no difference" },
	OUTPUT_ARG_ROWS(struct mutate_args, out),
};

static const struct arg_spec spec = {
	.name = "mutate", .rows = arg_rows, .n_rows = ARG_ROWS(arg_rows), .min_pos = 1, .max_pos = 1,
	.example = "configs/experiment/linux-6.12-vhe-n1.ini", .overrides = true,
	.text = "Exit status 0: each is noticed, proved to make no difference, or does what el2sim does not follow; 1: not so.\n",
};

static void summary(const struct mutation *m, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "mutant", "left out", REP_STR, "", 0, false }, { "lint", "", REP_U64, "", 0, true },
		{ "oracle", "", REP_U64, "", 0, true },	 { "explorer", "", REP_U64, "", 0, true },
		{ "equivalent", "", REP_U64, "", 0, true },	 { "unfollowed", "not followed", REP_U64, "", 0, true },
		{ "unexplained", "", REP_U64, "", 0, true },
	};
	struct rep_table *t = rep_table(r, "mutants", "Noticed by", cols, sizeof(cols) / sizeof(cols[0]));

	for (unsigned k = 0; k < MUTANT_COUNT; k++) {
		rep_str(t, mutant_kind_what((enum mutant_kind)k));
		rep_u64(t, m->by[k][KILLER_lint]);
		rep_u64(t, m->by[k][KILLER_oracle]);
		rep_u64(t, m->by[k][KILLER_explorer]);
		rep_u64(t, m->equivalent[k]);
		rep_u64(t, m->unfollowed[k]);
		rep_u64(t, m->by[k][KILLER_nobody] - m->equivalent[k] - m->unfollowed[k]);
	}
}

static void proofs_cell(const struct mutant *x, struct rep_table *t)
{
	char text[256] = "";
	size_t len = 0;

	if (x->killer != KILLER_nobody) {
		rep_str(t, x->found);
		return;
	}
	for (unsigned p = 0; p < PROOF_COUNT && len < sizeof(text); p++) {
		if ((x->proofs >> p & 1) != 0)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", len != 0 ? ", " : "",
						mutant_proof_name((enum mutant_proof)p));
	}
	rep_strf(t, x->proved ? "%s" : "NOT EXPLAINED: %s", x->proved ? text : x->found);
}

static void list(const struct mutation *m, bool all, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "mutant", "", REP_STR, "", 0, false },	 { "what", "left out", REP_STR, "", 0, false },
		{ "function", "kernel function", REP_STR, "", 0, false }, { "ops", "", REP_U64, "", 0, false },
		{ "killer", "noticed by", REP_STR, "", 0, false }, { "why", "what was said; why nobody notices", REP_STR, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "list", all ? "Mutants" : "Not noticed", cols, sizeof(cols) / sizeof(cols[0]));

	for (size_t i = 0; i < m->n; i++) {
		const struct mutant *x = &m->v[i];

		if (!all && x->killer != KILLER_nobody)
			continue;
		rep_str(t, mutant_kind_name((enum mutant_kind)x->kind));
		rep_str(t, x->what);
		rep_str(t, x->function != NULL ? x->function : "");
		rep_u64(t, x->ops);
		rep_str(t, x->killer == KILLER_nobody ? "" : mutant_killer_name((enum mutant_killer)x->killer));
		proofs_cell(x, t);
	}
}

static void proofs_table(const struct mutation *m, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "proof", "", REP_STR, "", 0, false }, { "means", "", REP_STR, "", 0, false },
		{ "mutants", "", REP_U64, "", 0, false }, { "why", "", REP_STR, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "proofs", "Why nobody notices: proofs of equivalence, and what is not followed", cols, sizeof(cols) / sizeof(cols[0]));

	for (unsigned p = 0; p < PROOF_COUNT; p++) {
		uint64_t n = 0;

		for (size_t i = 0; i < m->n; i++)
			n += m->v[i].killer == KILLER_nobody && m->v[i].proved && (m->v[i].proofs >> p & 1) != 0;
		rep_str(t, mutant_proof_name((enum mutant_proof)p));
		rep_str(t, mutant_proof_followed((enum mutant_proof)p) ? "equivalent" : "not followed");
		rep_u64(t, n);
		rep_str(t, mutant_proof_what((enum mutant_proof)p));
	}
}

static bool tell(void *self, size_t done, size_t total)
{
	struct progress *bar = self;

	bar->total = total;
	progress_at(bar, done);
	return true;
}

static int run(const struct mutate_args *o, const struct config *c, struct err *e)
{
	struct ws_prog *p;
	struct progress bar;
	struct ws_config wc;
	struct mutation m;
	struct rep *r;
	int rc;

	if (c->n_inject != 0)
		return err_set(e, ERR_USAGE, "mutate: %s is broken already ([inject] spec): want a sound configuration", c->path);
	p = config_compile(c, false, e);
	if (p == NULL)
		return -1;
	ws_free(p);
	config_switch(c, &wc);
	progress_begin(&bar, "mutants", 0);
	mutate(&wc, o->quick, tell, &bar, &m);
	progress_end(&bar);
	r = rep_new("mutate", "What is left out is noticed");
	rep_fact(r, "config", "configuration", "%s", c->path);
	summary(&m, r);
	list(&m, o->all, r);
	proofs_table(&m, r);
	effective_source(c, r);
	(m.unexplained != 0 ? rep_alarm : rep_verdict)(r, "%s on %s: %zu mutants, %zu neither noticed nor explained", wc.model->name, wc.machine->name, m.n, m.unexplained);
	rc = output_write(&o->out, r, e);
	if (rc == 0 && m.unexplained != 0)
		rc = err_set(e, ERR_ANSWER_NO, "%s", "");
	rep_free(r);
	mutation_free(&m);
	return rc;
}

int cmd_mutate(int argc, char **argv, struct err *e)
{
	struct mutate_args o = { .all = false };
	struct config c;
	struct args a;
	int rc;

	if (args_parse(&a, &spec, argc, argv, &o, e) != 0)
		return -1;
	rc = config_load_one(&c, a.pos.v[0], &a.overrides, e);
	if (rc == 0)
		rc = run(&o, &c, e);
	config_free(&c);
	args_free(&a);
	return rc;
}
