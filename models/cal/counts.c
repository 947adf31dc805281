/* SPDX-License-Identifier: Apache-2.0 */
#include "models/cal/cal.h"

#include <string.h>

#include "models/hyp/measured/path_cost.h"
#include "models/hyp/ws/runner.h"

static const struct cal_bench_row benches[BENCH_COUNT] = {
#define BENCH(id, kind, kind_milli, more, more_milli, guest, with, fit, noise_milli, help)                                   \
	{ #id, help, kind, more, kind_milli, more_milli, GUEST_##guest, with, CAL_##fit, noise_milli / 1000.0 },
#include "models/cal/benches.def"
};

const struct cal_bench_row *cal_bench_row(enum cal_bench b)
{
	BUG_ON((unsigned)b >= BENCH_COUNT);
	return &benches[b];
}

static const struct {
	const char *name;
	enum cal_bench bench;
} also[] = {
#define BENCH_ALSO(name, id) { name, BENCH_##id },
#include "models/cal/benches.def"
};

bool cal_bench_by_name(const char *name, enum cal_bench *b)
{
	for (size_t i = 0; i < sizeof(also) / sizeof(also[0]); i++) {
		if (strcmp(also[i].name, name) == 0) {
			*b = also[i].bench;
			return true;
		}
	}
	for (unsigned i = 0; i < BENCH_COUNT; i++) {
		if (strcmp(benches[i].name, name) == 0) {
			*b = (enum cal_bench)i;
			return true;
		}
	}
	return false;
}

static const struct cal_param_row params[PAR_COUNT] = {
#define CAL_PARAM(id, option, row, median, sd, min, max, unit, help)                                                         \
	{ option, BENCH_##row, median / 1000.0, sd / 1000.0, min / 1000.0, max / 1000.0, unit, help },
#include "models/cal/params.def"
};

const struct cal_param_row *cal_param_row(enum cal_param p)
{
	BUG_ON((unsigned)p >= PAR_COUNT);
	return &params[p];
}

void cal_prior_shipped(struct cal_prior *p)
{
	for (unsigned i = 0; i < PAR_COUNT; i++) {
		p->median[i] = params[i].median;
		p->sd[i] = params[i].sd;
	}
}

/* A program of the machine with other costs. */
struct version {
	struct machine m;
	struct ws_prog *p;
};

static int version_new(struct version *v, const struct machine *m, const struct switch_options *sw, int64_t bhb_milli,
		       struct err *e)
{
	struct ws_config c;

	v->m = *m;
	v->m.scale_milli = 1000;
	v->m.bhb_milli = bhb_milli;
	switch_config(sw, &v->m, &c);
	v->p = ws_compile(&c, e);
	return v->p != NULL ? 0 : -1;
}

/* Cycles of a kind's exit in the steady state. */
static double cycles_of(const struct ws_prog *p, enum exit_kind k, struct ws_totals *t)
{
	struct runner *r = runner_new(p, true);
	struct runner_vcpu *v = runner_vcpu(r, "vm");

	memset(t, 0, sizeof(*t));
	runner_kind(r, v, EXIT_FOR_first_run, NULL);
	runner_kind(r, v, k, NULL);
	runner_kind(r, v, k, t);
	runner_free(r);
	return ws_cycles_exact(t);
}

static void count_kind(const struct version *plain, const struct version *loop, const struct path_cost *cost, unsigned kind,
		       unsigned milli, struct cal_count *c)
{
	double times = milli / 1000.0, sw;
	struct ws_totals t;

	if (kind == EXIT_COUNT || !c->known)
		return;
	if (cost[kind].state != PATH_OK || cost[kind].stand_in) {
		c->known = false;
		c->why = "the path profile has no recording of the exit";
		return;
	}
	sw = cycles_of(plain->p, (enum exit_kind)kind, &t);
	c->sw += times * sw;
	c->loops += times * (cycles_of(loop->p, (enum exit_kind)kind, &t) - sw);
	c->insns += times * (double)cost[kind].insns;
	c->modelled += times * (double)cost[kind].modelled;
	c->user += times * (exit_row((enum exit_kind)kind)->where == XAT_USER);
}

/* What the guest executes of an interrupt. */
static void count_guest(const struct machine *m, enum cal_guest g, struct cal_count *c)
{
	static const struct {
		double insns, mrs_exc, msr_exc, mrs_gic, msr_gic, msr_timer, isb, dsb, exception, eret;
	} rows[GUEST_COUNT] = {
#define GUEST_IRQ(id, insns, mrs_exc, msr_exc, mrs_gic, msr_gic, msr_timer, isb, dsb, exception, eret, help)                 \
	{ insns, mrs_exc, msr_exc, mrs_gic, msr_gic, msr_timer, isb, dsb, exception, eret },
#include "models/cal/guest.def"
	};

	c->guest_insns = rows[g].insns;
	c->guest_sw = (rows[g].mrs_exc * (double)m->mrs[COST_exc] + rows[g].msr_exc * (double)m->msr[COST_exc] +
		  rows[g].mrs_gic * (double)m->mrs[COST_gic] + rows[g].msr_gic * (double)m->msr[COST_gic] +
		  rows[g].msr_timer * (double)m->msr[COST_timer] + rows[g].isb * (double)m->op[OPCOST_isb] +
		  rows[g].dsb * (double)m->op[OPCOST_dsb] + rows[g].exception * (double)m->op[OPCOST_exception] +
		  rows[g].eret * (double)m->op[OPCOST_eret]) / 1000.0;
}

int cal_counts_of(const struct machine *m, const struct switch_options *sw, const struct path_profile *path,
		  struct cal_counts *c, struct err *e)
{
	struct path_cost cost[EXIT_COUNT];
	struct version plain = { .p = NULL }, loop = { .p = NULL };
	int rc = path_cost_fill(path, m, cost, e);

	memset(c, 0, sizeof(*c));
	c->ghz = (double)m->clock_hz / 1e9;
	c->bhb_loop = (double)m->bhb_milli / 1000.0;
	if (rc == 0)
		rc = version_new(&plain, m, sw, 0, e);
	if (rc == 0)
		rc = version_new(&loop, m, sw, 1000, e);
	for (unsigned b = 0; rc == 0 && b < BENCH_COUNT; b++) {
		c->of[b].known = benches[b].kind != EXIT_COUNT;
		c->of[b].why = benches[b].help;
		count_kind(&plain, &loop, cost, benches[b].kind, benches[b].kind_milli, &c->of[b]);
		count_kind(&plain, &loop, cost, benches[b].more, benches[b].more_milli, &c->of[b]);
		count_guest(m, benches[b].guest, &c->of[b]);
	}
	ws_free(plain.p);
	ws_free(loop.p);
	return rc;
}

/* Of exits alone, as often as they come. */
static double warm(const struct cal_counts *c, enum cal_bench b, const double par[PAR_COUNT])
{
	const struct cal_count *n = &c->of[b];
	double vmm = (benches[b].with & CAL_WITH_VMM) != 0 ? n->user * par[PAR_vmm] : 0;

	return par[PAR_scale] * (n->sw + n->guest_sw) + c->bhb_loop * n->loops + par[PAR_cpi] * (n->insns + n->guest_insns + vmm);
}

double cal_predict(const struct cal_counts *c, enum cal_bench b, const double par[PAR_COUNT])
{
	double cycles;

	if (!c->of[b].known)
		return 0;
	cycles = warm(c, b, par);
	if ((benches[b].with & CAL_WITH_COLD) != 0)
		cycles *= par[PAR_cold];
	if ((benches[b].with & CAL_WITH_KICK) != 0)
		cycles += par[PAR_kick] * c->ghz;
	if ((benches[b].with & CAL_WITH_LPI) != 0)
		cycles += par[PAR_lpi] * cal_predict(c, BENCH_mmio_read_vgic, par);
	return cycles;
}

double cal_tell_vmm(const struct cal_counts *c, const double par[PAR_COUNT], double user_cycles)
{
	double none[PAR_COUNT], left;

	memcpy(none, par, sizeof(none));
	none[PAR_vmm] = 0;
	left = user_cycles - cal_predict(c, BENCH_mmio_read_user, none);
	return c->of[BENCH_mmio_read_user].known && left > 0 ? left / (par[PAR_cpi] * c->of[BENCH_mmio_read_user].user) : 0;
}

double cal_tell_lpi(const struct cal_counts *c, double ipi_cycles, double lpi_cycles, double vgic_cycles)
{
	return c->of[BENCH_lpi].known && lpi_cycles > ipi_cycles && vgic_cycles > 0 ? (lpi_cycles - ipi_cycles) / vgic_cycles : 0;
}
