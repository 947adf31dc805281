/* SPDX-License-Identifier: Apache-2.0 */
/* The programs whose listings are blessed: every model on cores that together take every row both
 * ways. */
#ifndef EL2SIM_TESTS_WS_GOLDEN_H
#define EL2SIM_TESTS_WS_GOLDEN_H

#include "models/hyp/check/inject.h"
#include "models/hyp/ws/ws_explain.h"
#include "tests/ws_fixture.h"

struct golden_case {
	const struct ws_model *model;
	const struct machine *m;
	const char *core;
	uint64_t vcpu;
};

struct golden_set {
	struct fixture fx;
	struct machine
		everything; /* no core: all features, so that every row with IF() is in a listing */
	struct golden_case c[64];
	size_t n;
};

#define MODES_ALL ~0U

static void golden_add(struct golden_set *g, const char *core, const struct machine *m,
		       uint64_t vcpu, unsigned modes)
{
	size_t n;
	const struct ws_model *model = ws_models(&n);

	for (size_t k = 0; k < n; k++) {
		if (!fixture_runs(&model[k], m) || (modes >> model[k].mode & 1) == 0)
			continue;
		ck_assert_uint_lt(g->n, 64);
		g->c[g->n++] = (struct golden_case){ &model[k], m, core, vcpu };
	}
}

/*
 * Cortex-A57: v8.0 with its errata; Neoverse N1: v8.2; pKVM on a core with SVE, the vCPU without; a core
 * with every feature and a vCPU with every feature, AArch32 too, which no KVM would accept.
 */
static void golden_load(struct golden_set *g)
{
	g->n = 0;
	fixture_load(&g->fx);
	for (size_t i = 0; i < g->fx.n; i++) {
		const struct fixture_machine *f = &g->fx.machine[i];

		if (strcmp(f->file, "cortex-a57") == 0 || strcmp(f->file, "neoverse-n1") == 0)
			golden_add(g, f->file, &f->m, 0, MODES_ALL);
		else if (strcmp(f->file, "qemu-max") == 0)
			golden_add(g, f->file, &f->m, CND(VPMU), 1U << MODE_PROTECTED | 1U << MODE_PROTECTED_NVHE);
		g->everything = f->m;
	}
	g->everything.name = "everything";
	g->everything.features = (UINT64_C(1) << FEAT_COUNT) - 1;
	g->everything.pri_bits = 7;
	g->everything.breakpoints = 2;
	g->everything.watchpoints = 2;
	golden_add(g, "everything", &g->everything,
		   CND(VPMU) | CND(VSVE) | CND(VPAUTH) | CND(VAARCH32), MODES_ALL);
}

static void golden_free(struct golden_set *g)
{
	fixture_free(&g->fx);
}

__attribute__((unused)) static void golden_path(const struct golden_case *c, char *path, size_t n)
{
	(void)snprintf(path, n, EL2SIM_SOURCE_DIR "/tests/golden/explain-%s-%s.txt", c->model->name,
		       c->core);
}

/* Compiled without one row of the tables; SIZE_MAX: with all. */
__attribute__((unused)) static struct ws_prog *golden_compile(const struct golden_case *c,
							      size_t skip)
{
	struct ws_config wc;
	struct err e = { ERR_NONE, "" };
	struct ws_prog *p;

	ws_config_init(&wc);
	wc.model = c->model;
	wc.machine = c->m;
	wc.vcpu = c->vcpu;
	p = ws_compile(&wc, &e);
	ck_assert_msg(p != NULL, "%s", e.text);
	if (skip != SIZE_MAX)
		(void)ws_drop_row(p, skip);
	return p;
}

__attribute__((unused)) static void golden_listing(const struct golden_case *c,
						   const struct ws_prog *p, struct str *out)
{
	enum ws_comp comp = COMP_COUNT;

	str_addf(out,
		 "%s on %s: phase, op, object, side, group, cycles, condition, kernel function\n",
		 c->model->name, c->core);
	for (size_t i = 0; i < p->n; i++) {
		struct ws_explain_row row;

		ws_explain_at(p, i, &row);
		if (p->op[i].comp != comp)
			str_addf(out, "\n%s: %s\n", row.comp,
				 comp_help((enum ws_comp)p->op[i].comp));
		comp = (enum ws_comp)p->op[i].comp;
		ws_explain_line(&row, out);
	}
}

#endif
