/* SPDX-License-Identifier: Apache-2.0 */
#include "models/cal/public.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "traces/csv.h"

static const char *const columns[] = {
#define X(id) #id,
	MEASURED_COLUMNS(X)
#undef X
};
#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

static const char *copy(const char *field)
{
	char *s = strdup(strcmp(field, "-") == 0 ? "" : field);

	BUG_ON(s == NULL);
	return s;
}

int measured_read(const char *path, struct measured_table *t, struct err *e)
{
	struct csv *c = csv_open(path, columns, N_COLUMNS, e);
	const char *const *f;
	int r = -1;

	memset(t, 0, sizeof(*t));
	if (c == NULL)
		return -1;
	while ((r = csv_next(c, &f, e)) > 0) {
		t->row = xrealloc(t->row, (t->n + 1) * sizeof(*t->row));
		for (size_t i = 0; i < N_COLUMNS; i++)
			((const char **)&t->row[t->n])[i] = copy(f[i]);
		t->n++;
	}
	csv_close(c);
	return r;
}

void measured_free(struct measured_table *t)
{
	for (size_t i = 0; i < t->n; i++) {
		for (size_t k = 0; k < N_COLUMNS; k++)
			free((char *)(uintptr_t)((const char **)&t->row[i])[k]);
	}
	free(t->row);
	memset(t, 0, sizeof(*t));
}

static const char *const uses[USE_COUNT] = {
#define X(id, name, help) name,
	MEASURED_USES(X)
#undef X
};

static struct cal_log *log_of(struct cal_logs *l, const struct measured_row *r)
{
	struct cal_log *x;

	for (size_t i = 0; i < l->n; i++) {
		if (strcmp(l->log[i].name, r->log) == 0)
			return &l->log[i];
	}
	l->log = xrealloc(l->log, (l->n + 1) * sizeof(*l->log));
	x = &l->log[l->n++];
	memset(x, 0, sizeof(*x));
	x->name = r->log;
	x->machine = r->machine;
	x->core = r->core;
	x->kernel = r->kernel;
	x->mode = r->mode;
	x->config = r->config;
	x->why = r->why;
	x->use = USE_COUNT;
	for (unsigned i = 0; i < USE_COUNT; i++) {
		if (strcmp(uses[i], r->use) == 0)
			x->use = (enum measured_use)i;
	}
	return x;
}

int measured_ns(const struct measured_row *r, enum cal_bench *b, double *ns, struct err *e)
{
	const size_t word = strcspn(r->benchmark, " ");
	char name[64] = "";
	double v, ghz;
	char *end;

	*ns = 0;
	if (r->log[0] == '\0')
		return 0;
	if (strcmp(r->use, uses[USE_RERUN]) == 0 && word < sizeof(name)) /* "timer_10ms rerun 1" */
		memcpy(name, r->benchmark, word);
	if (!cal_bench_by_name(name[0] != '\0' ? name : r->benchmark, b))
		return err_set(e, ERR_INPUT, "log %s: no test \"%s\" in benches.def", r->log, r->benchmark);
	v = strtod(r->value, &end);
	if (*end != '\0' || !(v > 0) || (strcmp(r->unit, "ns") != 0 && strcmp(r->unit, "cycles") != 0))
		return err_set(e, ERR_INPUT, "log %s: %s: value \"%s %s\": want a number above 0, in ns or cycles", r->log, r->benchmark,
			       r->value, r->unit);
	*ns = v;
	if (strcmp(r->unit, "ns") == 0)
		return 0;
	ghz = strtod(r->clock_ghz, &end);
	if (end == r->clock_ghz || *end != '\0' || !(ghz > 0))
		return err_set(e, ERR_INPUT, "log %s: %s: a value in cycles and clock_ghz \"%s\": want a number above 0", r->log,
			       r->benchmark, r->clock_ghz);
	*ns = v / ghz;
	return 0;
}

int cal_logs_of(const struct measured_table *t, struct cal_logs *l, struct err *e)
{
	memset(l, 0, sizeof(*l));
	for (size_t i = 0; i < t->n; i++) {
		const struct measured_row *r = &t->row[i];
		struct cal_log *x;
		enum cal_bench b = BENCH_COUNT;
		double v;

		if (measured_ns(r, &b, &v, e) != 0)
			return -1;
		if (v == 0 || strcmp(r->use, uses[USE_RERUN]) == 0)
			continue;
		x = log_of(l, r);
		if (x->use == USE_COUNT)
			return err_set(e, ERR_INPUT, "log %s: use \"%s\": want claim, prior, context or rerun", r->log, r->use);
		if (x->ns[b] != 0)
			return err_set(e, ERR_INPUT, "log %s: %s twice: a log is one run", r->log, r->benchmark);
		x->ns[b] = v;
		x->recalled |= (unsigned)(strcmp(r->grade, "RECALLED") == 0) << b;
		x->obs[x->n++].bench = b;
	}
	return 0;
}

void cal_logs_free(struct cal_logs *l)
{
	free(l->log);
	memset(l, 0, sizeof(*l));
}

static double cycles_of(const struct cal_log *x, enum cal_bench b)
{
	return x->ns[b] * x->counts.ghz;
}

/* Priors so wide that the rows alone speak. */
static void wide(struct cal_prior *p)
{
	cal_prior_shipped(p);
	for (unsigned i = 0; i < PAR_COUNT; i++)
		p->sd[i] *= 3;
}

int cal_logs_tell(struct cal_logs *l, struct err *e)
{
	struct cal_prior prior;

	wide(&prior);
	for (size_t k = 0; k < l->n; k++) {
		struct cal_log *x = &l->log[k];
		struct cal_fit f;

		for (size_t i = 0; i < x->n; i++)
			x->obs[i].cycles = cycles_of(x, x->obs[i].bench);
		if (x->use > USE_PRIOR)
			continue;
		if (cal_fit(&x->counts, x->obs, x->n, &prior, &f, e) != 0)
			return -1;
		for (unsigned i = 0; i < PAR_COUNT; i++)
			x->told[i] = f.learnt[i] ? f.par[i] : 0;
		if (x->ns[BENCH_mmio_read_user] != 0)
			x->told[PAR_vmm] = cal_tell_vmm(&x->counts, f.par, cycles_of(x, BENCH_mmio_read_user));
		if (x->ns[BENCH_lpi] != 0 && x->ns[BENCH_ipi] != 0)
			x->told[PAR_lpi] = cal_tell_lpi(&x->counts, cycles_of(x, BENCH_ipi), cycles_of(x, BENCH_lpi),
							cycles_of(x, BENCH_mmio_read_vgic));
	}
	return 0;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

double cal_median(double *x, size_t n)
{
	if (n == 0)
		return 0;
	qsort(x, n, sizeof(*x), by_value);
	return n % 2 != 0 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

/* Logarithm of what each core but one tells of a parameter; returns how many. */
static size_t cores(const struct cal_logs *l, const char *without, enum cal_param p, double *x)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++) {
		const char *core = l->log[i].core;
		double sum = 0;
		size_t logs = 0, first = i;

		for (size_t k = 0; k < l->n; k++) {
			if (strcmp(l->log[k].core, core) != 0)
				continue;
			first = k < first ? k : first;
			if (l->log[k].told[p] > 0) {
				sum += log(l->log[k].told[p]);
				logs++;
			}
		}
		if (first == i && logs != 0 && (without == NULL || strcmp(core, without) != 0))
			x[n++] = sum / (double)logs;
	}
	return n;
}

size_t cal_cores_without(const struct cal_logs *l, const char *core, enum cal_param p)
{
	double *x = xcalloc(l->n + 1, sizeof(*x));
	size_t n = cores(l, core, p, x);

	free(x);
	return n;
}

void cal_prior_without(const struct cal_logs *l, const char *core, struct cal_prior *p)
{
	double *x = xcalloc(l->n + 1, sizeof(*x));

	cal_prior_shipped(p);
	for (unsigned i = 0; i < PAR_COUNT; i++) {
		size_t n = cores(l, core, (enum cal_param)i, x);

		if (n != 0)
			p->median[i] = exp(cal_median(x, n));
	}
	free(x);
}

int cal_hold_out(const struct cal_logs *l, const struct cal_log *log, unsigned fit, bool study, double predicted[BENCH_COUNT],
		 struct cal_fit *f, struct err *e)
{
	struct cal_obs o[BENCH_COUNT];
	struct cal_prior prior;
	size_t n = 0;

	cal_prior_without(l, log->core, &prior);
	for (size_t i = 0; i < log->n; i++) {
		if (((fit & ~log->recalled) >> log->obs[i].bench & 1) == 0)
			continue;
		o[n] = log->obs[i];
		o[n++].study = study;
	}
	if (cal_fit(&log->counts, o, n, &prior, f, e) != 0)
		return -1;
	for (unsigned b = 0; b < BENCH_COUNT; b++)
		predicted[b] = log->ns[b] != 0 && ((fit & ~log->recalled) >> b & 1) == 0 ? cal_predict(&log->counts, (enum cal_bench)b, f->par) : 0;
	return 0;
}
