/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/measured/path_cost.h"

#include <stdio.h>
#include <string.h>

#include "models/hyp/ws/policy_opt.h"
#include "models/hyp/ws/runner.h"
#include "sim/base/num.h"

bool path_given(const struct path_profile *p)
{
	return p->kernel != NULL && p->kernel[0] != '\0';
}

struct ws_prog *path_compile(const struct path_profile *p, const struct machine *m, struct machine *like, struct err *e)
{
	struct switch_options o = { 0 };
	struct ws_config c;
	struct ws_prog *prog;
	char name[64];
	const struct ws_model *model;

	(void)snprintf(name, sizeof(name), "linux-%s-%s", p->kernel, p->mode);
	model = ws_model_by_name(name);
	if (model == NULL) {
		(void)err_set(e, ERR_MODEL, "path profile of Linux %s, %s: there is no switch model %s to tell its "
			      "modelled instructions from the rest", p->kernel, p->mode, name);
		return NULL;
	}
	*like = *m;
	machine_take_gicv3(like); /* every path was recorded with one */
	o.vcpu = p->vcpu;
	o.own = model;
	switch_config(&o, like, &c);
	c.model = model;
	prog = ws_compile(&c, e);
	if (prog == NULL) {
		struct err why = *e;

		(void)err_set(e, why.code, "path profile of Linux %s, %s: %s", p->kernel, p->mode, why.text);
	}
	return prog;
}

/* What was recorded for a kind, if it has a row. */
static enum exit_kind recorded_kind(const struct path_cost *cost, enum exit_kind k)
{
	enum exit_kind recorded = k;

	(void)exit_by_name(path_kind_name(cost[k].kind), &recorded);
	return recorded;
}

/* k: recorded_kind. */
static void fill_one(const struct path_profile *p, const struct ws_prog *prog, enum exit_kind k, struct path_cost *cost)
{
	struct ws_totals t = { 0 };
	struct runner_vcpu *v;
	struct runner *r;

	if (!path_has(p, cost->kind)) {
		cost->state = PATH_UNMEASURED;
		return;
	}
	r = runner_new(prog, true);
	v = runner_vcpu(r, "vm");
	if (exit_row(k)->step[0].is_phase)
		runner_kind(r, v, EXIT_FOR_first_run, NULL);
	runner_kind(r, v, k, NULL); /* the second is in the steady state */
	runner_kind(r, v, k, &t);
	runner_free(r);
	cost->recorded = path_get(p, cost->kind, PATH_insns_host) + path_get(p, cost->kind, PATH_insns_hyp);
	cost->modelled = t.insns;
	cost->user = path_get(p, cost->kind, PATH_insns_user);
	if (cost->recorded == 0) {
		cost->state = PATH_UNMEASURED;
	} else if (cost->recorded < cost->modelled) {
		cost->state = PATH_TOO_SHORT;
	} else {
		cost->state = PATH_OK;
		cost->insns = cost->recorded - cost->modelled;
	}
}

/* One that stands in for others costs them what it costs itself: its runs are not repeated. */
static void fill_kind(const struct path_profile *p, const struct ws_prog *prog, enum exit_kind k, struct path_cost *cost)
{
	const enum exit_kind recorded = recorded_kind(cost, k);
	const bool stand_in = cost[k].stand_in;

	for (unsigned i = 0; i < k; i++) {
		if (cost[i].kind != cost[k].kind || recorded_kind(cost, (enum exit_kind)i) != recorded)
			continue;
		cost[k] = cost[i];
		cost[k].stand_in = stand_in;
		return;
	}
	fill_one(p, prog, recorded, &cost[k]);
}

int path_cost_fill(const struct path_profile *p, const struct machine *m, struct path_cost *cost, struct err *e)
{
	struct ws_prog *prog = NULL;
	struct machine like;

	if (path_given(p)) {
		prog = path_compile(p, m, &like, e);
		if (prog == NULL)
			return -1;
	}
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		const struct exit_row *row = exit_row((enum exit_kind)k);
		enum exit_kind own;

		memset(&cost[k], 0, sizeof(cost[k]));
		BUG_ON(!path_kind_by_name(row->path, &cost[k].kind));
		/* a kind of its own under another name is none */
		cost[k].stand_in = strcmp(row->path, row->name) != 0 && exit_by_name(row->path, &own);
		if (prog != NULL)
			fill_kind(p, prog, (enum exit_kind)k, cost);
	}
	ws_free(prog);
	return 0;
}

/* Cycles of measured instructions. */
static uint64_t path_cycles(uint64_t insns, int64_t cpi_milli)
{
	return num_u64((u128)insns * (uint64_t)cpi_milli / 1000);
}

bool path_cost_known(const struct path_cost *cost, const struct outcome *o, enum exit_kind k)
{
	return cost[k].state == PATH_OK && (o->kind[k].more_scheds == 0 || cost[EXIT_FOR_one_more_put].state == PATH_OK);
}

void path_cost_charge(const struct path_cost *cost, int64_t cpi_milli, struct outcome *o)
{
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		struct outcome_kind *kind = &o->kind[k];

		kind->path = (struct outcome_path){ 0 };
		if (!path_cost_known(cost, o, (enum exit_kind)k))
			continue;
		kind->path.insns = kind->count * cost[k].insns + kind->more_scheds * cost[EXIT_FOR_one_more_put].insns;
		kind->path.cycles = path_cycles(kind->path.insns, cpi_milli);
	}
}
