/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maximum a posteriori in logarithms: rows and priors are normal in the logarithm. The minimum is NLopt's (subplex, no
 * derivatives); the posterior deviations are those of the quadratic at it (Laplace).
 */
#include "models/cal/cal.h"

#include <math.h>
#include <nlopt.h>
#include <string.h>

#define FREE_MAX PAR_COUNT

struct problem {
	const struct cal_counts *c;
	const struct cal_obs *o;
	size_t n;
	const struct cal_prior *prior;
	enum cal_param free[FREE_MAX];
	unsigned n_free;
	size_t steps;
};

static double sigma_of(const struct cal_obs *o)
{
	double least = cal_bench_row(o->bench)->noise;

	return o->noise > least ? o->noise : least;
}

static bool fitted(const struct cal_obs *o)
{
	return cal_bench_row(o->bench)->role == CAL_FIT || o->study;
}

static void spread(const struct problem *p, const double *x, double par[PAR_COUNT])
{
	memcpy(par, p->prior->median, PAR_COUNT * sizeof(*par));
	for (unsigned i = 0; i < p->n_free; i++)
		par[p->free[i]] = exp(x[i]);
}

/* How far a row is off, in the logarithm. */
static double off(const struct problem *p, const struct cal_obs *o, const double par[PAR_COUNT])
{
	return log(cal_predict(p->c, o->bench, par) / o->cycles);
}

static double cost(unsigned n, const double *x, double *grad, void *data)
{
	struct problem *p = data;
	double par[PAR_COUNT], sum = 0;

	(void)n;
	(void)grad;
	p->steps++;
	spread(p, x, par);
	for (size_t i = 0; i < p->n; i++) {
		double z = fitted(&p->o[i]) ? off(p, &p->o[i], par) / sigma_of(&p->o[i]) : 0;

		sum += z * z;
	}
	for (unsigned i = 0; i < p->n_free; i++) {
		double z = (x[i] - log(p->prior->median[p->free[i]])) / p->prior->sd[p->free[i]];

		sum += z * z;
	}
	return sum;
}

static bool has_row(const struct problem *p, enum cal_bench b)
{
	for (size_t i = 0; i < p->n; i++) {
		if (p->o[i].bench == b && fitted(&p->o[i]))
			return true;
	}
	return false;
}

static int minimise(struct problem *p, double *x, struct err *e)
{
	nlopt_opt opt = nlopt_create(NLOPT_LN_SBPLX, p->n_free);
	double least = 0;
	nlopt_result rc;

	BUG_ON(opt == NULL);
	nlopt_set_min_objective(opt, cost, p);
	nlopt_set_xtol_abs1(opt, 1e-10);
	nlopt_set_maxeval(opt, 200000);
	nlopt_set_initial_step1(opt, 0.1);
	rc = nlopt_optimize(opt, x, &least);
	nlopt_destroy(opt);
	return rc > 0 && rc != NLOPT_MAXEVAL_REACHED
		       ? 0
		       : err_set(e, ERR_INPUT, "the fit found no minimum: the rows contradict each other");
}

/* Invert the symmetric n x n matrix a in place (Gauss-Jordan; positive definite, for each prior adds to its diagonal). */
static void invert(unsigned n, double a[FREE_MAX][FREE_MAX])
{
	for (unsigned k = 0; k < n; k++) {
		double d = a[k][k];

		a[k][k] = 1;
		for (unsigned j = 0; j < n; j++)
			a[k][j] /= d;
		for (unsigned i = 0; i < n; i++) {
			double f = a[i][k];

			if (i == k)
				continue;
			a[i][k] = 0;
			for (unsigned j = 0; j < n; j++)
				a[i][j] -= f * a[k][j];
		}
	}
}

static void deviations(const struct problem *p, const double *x, struct cal_fit *f)
{
	const double step = 1e-5;
	double h[FREE_MAX][FREE_MAX] = { { 0 } };

	for (unsigned i = 0; i < p->n_free; i++)
		h[i][i] = 1 / (p->prior->sd[p->free[i]] * p->prior->sd[p->free[i]]);
	for (size_t r = 0; r < p->n; r++) {
		double slope[FREE_MAX], par[PAR_COUNT], s = sigma_of(&p->o[r]);

		if (!fitted(&p->o[r]))
			continue;
		for (unsigned i = 0; i < p->n_free; i++) {
			double y[FREE_MAX], up;

			memcpy(y, x, p->n_free * sizeof(*y));
			y[i] += step;
			spread(p, y, par);
			up = off(p, &p->o[r], par);
			y[i] -= 2 * step;
			spread(p, y, par);
			slope[i] = (up - off(p, &p->o[r], par)) / (2 * step);
		}
		for (unsigned i = 0; i < p->n_free; i++) {
			for (unsigned j = 0; j < p->n_free; j++)
				h[i][j] += slope[i] * slope[j] / (s * s);
		}
	}
	invert(p->n_free, h);
	for (unsigned i = 0; i < p->n_free; i++)
		f->sd[p->free[i]] = sqrt(h[i][i]);
	for (unsigned i = 0; i < p->n_free; i++) {
		for (unsigned j = 0; j < p->n_free; j++) {
			if (p->free[i] == PAR_scale && p->free[j] == PAR_cpi)
				f->correlation = h[i][j] / (f->sd[PAR_scale] * f->sd[PAR_cpi]);
		}
	}
}

static int check_rows(const struct problem *p, struct err *e)
{
	for (size_t i = 0; i < p->n; i++) {
		enum cal_bench b = p->o[i].bench;

		if (fitted(&p->o[i]) && !p->c->of[b].known)
			return err_set(e, ERR_INPUT, "%s cannot be fitted: %s: include a path profile that has it (configs/kernel)",
				       cal_bench_row(b)->name, p->c->of[b].why);
	}
	return 0;
}

/* Does a row of the benchmark, or of another that has the parameter in it, tell of it? */
static bool told(const struct problem *p, enum cal_param i)
{
	static const enum cal_bench any[] = { BENCH_hvc, BENCH_mmio_read_vgic };
	enum cal_bench own = cal_param_row(i)->row;

	if (i != PAR_scale && i != PAR_cpi)
		return has_row(p, own);
	for (size_t k = 0; k < sizeof(any) / sizeof(any[0]); k++) {
		if (has_row(p, any[k]))
			return true;
	}
	return false;
}

static int check_range(const struct cal_fit *f, struct err *e)
{
	for (unsigned i = 0; i < PAR_COUNT; i++) {
		const struct cal_param_row *row = cal_param_row((enum cal_param)i);

		if (f->learnt[i] && (f->par[i] < row->min || f->par[i] > row->max))
			return err_set(e, ERR_INPUT, "%s comes to %.3g, want %.3g..%.3g: these rows are not of this kernel, mode, GIC and "
				       "clock, or the core is in order, where the split into costs and instructions means nothing",
				       row->option, f->par[i], row->min, row->max);
	}
	return 0;
}

int cal_fit(const struct cal_counts *c, const struct cal_obs *o, size_t n, const struct cal_prior *prior, struct cal_fit *f,
	    struct err *e)
{
	struct problem p = { .c = c, .o = o, .n = n, .prior = prior };
	double x[FREE_MAX];

	memset(f, 0, sizeof(*f));
	memcpy(f->par, prior->median, sizeof(f->par));
	memcpy(f->sd, prior->sd, sizeof(f->sd));
	if (check_rows(&p, e) != 0)
		return -1;
	for (unsigned i = 0; i < PAR_COUNT; i++) {
		f->learnt[i] = told(&p, (enum cal_param)i);
		if (!f->learnt[i])
			continue;
		x[p.n_free] = log(prior->median[i]);
		p.free[p.n_free++] = (enum cal_param)i;
	}
	if (p.n_free == 0)
		return 0;
	if (minimise(&p, x, e) != 0)
		return -1;
	spread(&p, x, f->par);
	deviations(&p, x, f);
	f->steps = p.steps;
	return check_range(f, e);
}
