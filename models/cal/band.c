/* SPDX-License-Identifier: Apache-2.0 */
#include "models/cal/band.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/hyp/measured/path_cost.h"
#include "models/hyp/ws/runner.h"

#define NOTHING 1e-9 /* of the larger figure: what sums of doubles may be off */

/* An op that was executed. */
struct part {
	struct band_where at;
	unsigned row;
	double cycles, loop; /* of all its executions, without and of the branch history loop */
};

struct band_run {
	struct part *part;
	size_t n;
	uint64_t count[CNT_COUNT + 1];          /* by counter */
	struct band_form form[CNT_COUNT + 1];
};

const char *band_row_name(unsigned row, char buf[static 48])
{
	if (row >= BAND_COSTS)
		(void)snprintf(buf, 48, "cost.%s", row == BAND_PATH ? "cpi" : "bhb_loop");
	else if (row >= BAND_OP)
		(void)snprintf(buf, 48, "cost.%s", op_cost_name((enum op_cost)(row - BAND_OP)));
	else
		(void)snprintf(buf, 48, "cost.%s_%s", row % 2 != 0 ? "msr" : "mrs", cost_class_name((enum cost_class)(row / 2)));
	return buf;
}

/* ---- forms ---- */

static struct part part_of(const struct ws_prog *p, const struct ws_op *op, uint64_t times)
{
	const struct machine *m = p->config.machine;
	const struct ws_opcode_row *row = ws_opcode_row((enum ws_opcode)op->opcode);
	struct part x = { { op->phase, op->group, op->reg, row->counter, (int)counter_class((enum ws_counter)row->counter) }, 0, 0, 0 };

	x.cycles = (double)times * ((double)op->cycles + op->milli / 1000.0);
	if (row->operand == OPND_REG) {
		x.row = BAND_CLASS + 2 * (unsigned)sysreg_row((enum sysreg)op->reg)->cost + (row->counter != CNT_read);
		return x;
	}
	x.row = BAND_OP + (unsigned)row->cost;
	if (row->operand == OPND_GRP && op->step != NULL && (op->step->guard.fixed_on & CND(BHB_LOOP)) != 0) /* charged to its barrier */
		x.loop = fmax(0, x.cycles - (double)times * (double)machine_cost(m, m->op[row->cost]) / 1000.0);
	x.cycles -= x.loop;
	return x;
}

static uint64_t counted(const struct ws_op *op, uint64_t times)
{
	return ws_opcode_row((enum ws_opcode)op->opcode)->operand == OPND_NUM ? times * op->num : times;
}

static void put(struct band_form *f, const struct part *x)
{
	f->v[x->row] += x->cycles;
	f->v[BAND_BHB] += x->loop;
}

struct band_run *band_run_new(const struct ws_prog *p, const uint64_t *exec)
{
	struct band_run *r = xcalloc(1, sizeof(*r));

	r->part = xcalloc(p->n + 1, sizeof(*r->part));
	for (size_t i = 0; i < p->n; i++) {
		const struct ws_op *op = &p->op[i];
		const unsigned counter = ws_opcode_row((enum ws_opcode)op->opcode)->counter;

		if (exec[i] == 0 || (op->cycles == 0 && op->milli == 0))
			continue;
		r->part[r->n] = part_of(p, op, exec[i]);
		put(&r->form[counter], &r->part[r->n++]);
		r->count[counter] += counted(op, exec[i]);
	}
	return r;
}

void band_run_free(struct band_run *r)
{
	if (r != NULL)
		free(r->part);
	free(r);
}

void band_of_all(const struct ws_prog *p, const uint64_t *exec, struct band_form *f)
{
	struct band_run *r = band_run_new(p, exec);

	band_where(r, &BAND_ALL, f);
	band_run_free(r);
}

static bool fits(int want, int is)
{
	return want < 0 || want == is;
}

void band_where(const struct band_run *r, const struct band_where *w, struct band_form *f)
{
	memset(f, 0, sizeof(*f));
	for (size_t i = 0; i < r->n; i++) {
		const struct band_where *at = &r->part[i].at;

		if (fits(w->phase, at->phase) && fits(w->group, at->group) && fits(w->reg, at->reg) && fits(w->counter, at->counter) &&
		    fits(w->part, at->part))
			put(f, &r->part[i]);
	}
}

void band_add(struct band_form *f, const struct band_form *more, double times)
{
	for (unsigned i = 0; i < BAND_ROWS; i++)
		f->v[i] += more->v[i] * times;
}

void band_totals(const struct band_run *r, const struct ws_totals *t, struct band_form *f)
{
	memset(f, 0, sizeof(*f));
	for (unsigned c = 0; c < CNT_COUNT; c++) {
		if (r->count[c] != 0)
			band_add(f, &r->form[c], (double)t->n[c] / (double)r->count[c]);
	}
}

double band_cycles(const struct band_form *f)
{
	double sum = 0;

	for (unsigned i = 0; i < BAND_ROWS; i++)
		sum += f->v[i];
	return sum;
}

/* ---- deviations ---- */

double band_deviation(const struct cal_options *o, enum cal_param p)
{
	return o->sd_milli[p] != 0 ? (double)o->sd_milli[p] / 1e5 : cal_param_row(p)->sd;
}

/* Shares of the costs of an exit in the steady state. */
static void mix_of(const struct ws_prog *p, double mix[BAND_COSTS])
{
	struct runner *r = runner_new(p, true);
	struct runner_vcpu *v = runner_vcpu(r, "vm");
	uint64_t *before = xcalloc(p->n + 1, sizeof(*before)), *exec = xcalloc(p->n + 1, sizeof(*exec));
	struct band_form f;
	double sum = 0;

	runner_kind(r, v, EXIT_FOR_first_run, NULL);
	runner_kind(r, v, EXIT_FOR_plain, NULL);
	runner_exec(r, before);
	runner_kind(r, v, EXIT_FOR_plain, NULL);
	runner_exec(r, exec);
	for (size_t i = 0; i < p->n; i++)
		exec[i] -= before[i];
	band_of_all(p, exec, &f);
	for (unsigned i = 0; i < BAND_COSTS; i++)
		sum += f.v[i];
	for (unsigned i = 0; i < BAND_COSTS; i++)
		mix[i] = sum > 0 ? f.v[i] / sum : 0;
	runner_free(r);
	free(before);
	free(exec);
}

/*
 * The switch whose exits tell a scale: that of the kernel that was recorded, which a fit wants to be the model's; else the
 * model's own. Policies are the model's: what is compared on a machine has one reference. NULL: the program itself.
 */
static struct ws_prog *reference(const struct path_profile *path, const struct ws_prog *p, struct machine *like)
{
	struct ws_config c = p->config;
	struct ws_prog *ref = NULL;
	struct err e;

	if (path_given(path))
		ref = path_compile(path, p->config.machine, like, &e);
	if (ref != NULL)
		return ref;
	memset(c.group_policy, POL_MODEL, sizeof(c.group_policy));
	memset(c.reg_policy, POL_MODEL, sizeof(c.reg_policy));
	return ws_compile(&c, &e);
}

void band_dev_of(const struct cal_options *o, const struct path_profile *path, const struct ws_prog *p, struct band_dev *d)
{
	struct machine like;
	struct ws_prog *ref = reference(path, p, &like);

	memset(d, 0, sizeof(*d));
	d->known = true;
	d->fitted[0] = o->sd_milli[PAR_scale] != 0;
	d->fitted[1] = o->sd_milli[PAR_cpi] != 0;
	d->scale = band_deviation(o, PAR_scale);
	d->cpi = band_deviation(o, PAR_cpi);
	d->correlation = d->fitted[0] && d->fitted[1] ? (double)o->correlation_milli / 1000.0 : 0;
	d->vmm = band_deviation(o, PAR_vmm);
	d->single = (double)o->single_milli / 1e5;
	mix_of(ref != NULL ? ref : p, d->mix);
	ws_free(ref);
}

/* Variance of a sum of rows, each times what the logarithm of its cost is off. */
static double variance(const struct band_dev *d, const double c[BAND_ROWS])
{
	double sw = 0, one = c[BAND_BHB] * c[BAND_BHB], cpi = c[BAND_PATH] * d->cpi, scale;

	for (unsigned i = 0; i < BAND_COSTS; i++)
		sw += c[i];
	for (unsigned i = 0; i < BAND_COSTS; i++) {
		const double more = c[i] - sw * d->mix[i];

		one += more * more;
	}
	scale = sw * d->scale;
	return scale * scale + cpi * cpi + 2 * d->correlation * scale * cpi + one * d->single * d->single;
}

static void shares(const struct band_form *f, double c[BAND_ROWS])
{
	const double sum = band_cycles(f);

	for (unsigned i = 0; i < BAND_ROWS; i++)
		c[i] = sum > 0 ? f->v[i] / sum : 0;
}

double band_factor(const struct band_dev *d, const struct band_form *f)
{
	double c[BAND_ROWS];

	shares(f, c);
	return exp(BAND_DEVIATIONS * sqrt(fmax(0, variance(d, c))));
}

/* ---- two figures ---- */

/* Deviation of the logarithm of b / a on one machine. */
static double log_deviation(const struct band_dev *d, const struct band_form *a, const struct band_form *b)
{
	double ca[BAND_ROWS], cb[BAND_ROWS];

	shares(a, ca);
	shares(b, cb);
	for (unsigned i = 0; i < BAND_ROWS; i++)
		cb[i] -= ca[i];
	return sqrt(fmax(0, variance(d, cb)));
}

/* What b has more of, and what it has less of. */
static void split(const struct band_form *a, const struct band_form *b, struct band_form *more, struct band_form *less)
{
	const double small = NOTHING * fmax(band_cycles(a), band_cycles(b));

	memset(more, 0, sizeof(*more));
	memset(less, 0, sizeof(*less));
	for (unsigned i = 0; i < BAND_ROWS; i++) {
		const double by = b->v[i] - a->v[i];

		if (by > small)
			more->v[i] = by;
		else if (-by > small)
			less->v[i] = -by;
	}
}

/* Is it certain which of the two is the dearer? It is, whatever the costs, when one has more of some and less of none. */
static bool is_apart(const struct band_dev *d, const struct band_form *more, const struct band_form *less)
{
	const double up = band_cycles(more), down = band_cycles(less);

	if (up <= 0 || down <= 0)
		return up > 0 || down > 0;
	return fabs(log(up / down)) > BAND_DEVIATIONS * log_deviation(d, less, more);
}

/* A band on one side of a value, or with it inside: never the one in words and the other in numbers. */
static void settle(struct band_range *r, double figure, double even)
{
	if (!r->apart) {
		r->low = fmin(r->low, even);
		r->high = fmax(r->high, even);
	} else if (figure > even) {
		r->low = fmax(r->low, even);
	} else {
		r->high = fmin(r->high, even);
	}
}

struct band_range band_difference(const struct band_dev *d, const struct band_form *a, const struct band_form *b)
{
	const double by = band_cycles(b) - band_cycles(a);
	struct band_form more, less, change;
	struct band_range r;
	double off;

	split(a, b, &more, &less);
	r.apart = is_apart(d, &more, &less);
	change = more;
	band_add(&change, &less, -1);
	off = BAND_DEVIATIONS * sqrt(fmax(0, variance(d, change.v)));
	if (r.apart) { /* of one sign, and so by a factor */
		const double factor = exp(off / fabs(by));

		r.low = by > 0 ? by / factor : by * factor;
		r.high = by > 0 ? by * factor : by / factor;
	} else {
		r.low = by - off;
		r.high = by + off;
		settle(&r, by, 0);
	}
	return r;
}

struct band_range band_ratio(const struct band_dev *d, const struct band_form *a, const struct band_dev *other,
			     const struct band_form *b, bool common)
{
	const double ratio = band_cycles(b) / band_cycles(a);
	struct band_form more, less;
	struct band_range r;
	double off;

	if (common) {
		off = BAND_DEVIATIONS * log_deviation(d, a, b);
		split(a, b, &more, &less);
		r.apart = is_apart(d, &more, &less);
	} else {
		off = hypot(log(band_factor(d, a)), log(band_factor(other, b)));
		r.apart = fabs(log(ratio)) > off;
	}
	r.low = ratio * exp(-off);
	r.high = ratio * exp(off);
	settle(&r, ratio, 1);
	return r;
}

double band_quotient_factor(const struct band_dev *d, const struct band_form *n, const struct band_form *m)
{
	const double top = band_cycles(n), below = band_cycles(m);
	double c[BAND_ROWS];

	for (unsigned i = 0; i < BAND_ROWS; i++)
		c[i] = n->v[i] / top - m->v[i] / below;
	return exp(BAND_DEVIATIONS * sqrt(fmax(0, variance(d, c))));
}
