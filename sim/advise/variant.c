/* SPDX-License-Identifier: Apache-2.0 */
/* Variants of a configuration: compiled, judged, run. */
#include <stdlib.h>
#include <string.h>

#include "models/hyp/ws/ws_policy.h"
#include "sim/advise/advise.h"
#include "sim/base/num.h"
#include "sim/base/progress.h"

#define AT_A_TIME 128 /* runs that share a pass over the trace */

const char *change_key(const struct change *x)
{
	return x->reg != SR_NONE ? sysreg_name((enum sysreg)x->reg) : group_name((enum sr_group)x->group);
}

/* ---- what a run costs ---- */

static int64_t per_exit(u128 thousandths, uint64_t exits)
{
	return exits != 0 ? num_i64((i128)((thousandths + exits / 2) / exits)) : 0;
}

int64_t toll_accesses(const struct toll *t)
{
	return per_exit((u128)t->accesses * 1000, t->exits);
}

int64_t toll_cycles(const struct toll *t)
{
	return per_exit((u128)t->cycles * 1000 + t->milli, t->exits);
}

/* Of sums over different numbers of exits, too: a workload's. */
static int compare_per_exit(u128 a, uint64_t a_exits, u128 b, uint64_t b_exits)
{
	u128 x = a * b_exits, y = b * a_exits;

	return x < y ? -1 : x > y;
}

int toll_compare(const struct toll *a, const struct toll *b)
{
	int by = compare_per_exit((u128)a->cycles * 1000 + a->milli, a->exits, (u128)b->cycles * 1000 + b->milli, b->exits);

	return by != 0 ? by : compare_per_exit(a->accesses, a->exits, b->accesses, b->exits);
}

static struct toll toll_of(const struct outcome *o)
{
	return (struct toll){ o->n.exits, outcome_accesses(&o->total), o->total.cycles, o->total.milli };
}

/* ---- programs ---- */

static bool same_op(const struct ws_op *a, const struct ws_op *b)
{
	return a->opcode == b->opcode && a->phase == b->phase && a->side == b->side && a->group == b->group && a->per_lr == b->per_lr &&
	       a->alias == b->alias && a->num == b->num && a->comp == b->comp && a->reg == b->reg && a->insns == b->insns &&
	       a->cycles == b->cycles && a->milli == b->milli && a->guard.on == b->guard.on && a->guard.off == b->guard.off &&
	       a->step == b->step;
}

/* Do two programs of one configuration do the same? Policies change ops, and what accessors reach. */
static bool same_program(const struct ws_prog *a, const struct ws_prog *b)
{
	if (a->n != b->n || a->lazy_fp != b->lazy_fp || memcmp(a->beside.way, b->beside.way, sizeof(a->beside.way)) != 0)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!same_op(&a->op[i], &b->op[i]))
			return false;
	return true;
}

/* The program of a copy of a configuration, which points to the configuration's machine, not to the copy's. */
static struct ws_prog *compile(const struct config *c, const struct config *copy, struct err *e)
{
	struct ws_prog *p = config_compile(copy, true, e);

	if (p != NULL)
		p->config.machine = &c->machine;
	return p;
}

struct ws_prog *program_without(const struct config *c, struct err *e)
{
	struct config copy = *c;

	memset(copy.sw.group, 0, sizeof(copy.sw.group));
	memset(copy.sw.reg, 0, sizeof(copy.sw.reg));
	return compile(c, &copy, e);
}

void variant_init(const struct advisor *a, struct variant *v, const struct change *x, size_t n)
{
	struct config c = *a->c;
	struct err e;

	*v = (struct variant){ .change = xcalloc(n + 1, sizeof(*x)), .n = n };
	for (size_t i = 0; i < n; i++) {
		v->change[i] = x[i];
		*(x[i].reg != SR_NONE ? &c.sw.reg[x[i].reg] : &c.sw.group[x[i].group]) = x[i].policy;
		v->at_least |= ws_policy_traps((enum ws_policy)x[i].policy);
	}
	v->prog = compile(a->c, &c, &e);
	if (v->prog == NULL) {
		v->no = xstrdup(e.text);
		return;
	}
	v->same = same_program(v->prog, a->base.prog);
	v->toll = a->now;
	if (v->same)
		v->fault = a->fault != NULL ? xstrdup(a->fault) : NULL;
	else
		v->fault = ws_base_fault(a->judge, v->prog);
}

void variant_free(struct variant *v)
{
	free(v->change);
	ws_free(v->prog);
	free(v->no);
	free(v->fault);
	free(v->moves);
	free(v->explored.story);
	*v = (struct variant){ 0 };
}

void variants_free(struct variant *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		variant_free(&v[i]);
	free(v);
}

bool variant_gains(const struct advisor *a, const struct variant *v)
{
	return v->prog != NULL && !v->same && v->fault == NULL && !v->at_least && toll_compare(&v->toll, &a->now) < 0;
}

struct band_form exit_form(const struct outcome *o, const struct change *x)
{
	const struct toll t = toll_of(o);
	uint64_t *exec = xcalloc(o->prog->n + 1, sizeof(*exec));
	struct band_form all, each = { 0 };

	for (size_t i = 0; i < o->prog->n; i++)
		exec[i] = x == NULL || change_touches(x, &o->prog->op[i]) ? o->exec[i] : 0;
	band_of_all(o->prog, exec, &all);
	if (t.exits != 0)
		band_add(&each, &all, 1.0 / (double)t.exits);
	free(exec);
	return each;
}

/* ---- runs ---- */

struct runs {
	const struct advisor *a;
	struct job *job;
	const struct variant **of; /* the first variant with its program */
	size_t n;
};

static int load_run(void *ctx, size_t i, struct err *e)
{
	const struct runs *r = ctx;
	const struct variant *v = r->of[i];
	const struct arg_list *o = r->a->overrides;
	struct arg_list all = { xcalloc(o->n + v->n + 1, sizeof(*all.v)), 0 };
	struct str *set = xcalloc(v->n + 1, sizeof(*set));
	int rc;

	for (size_t k = 0; k < o->n; k++)
		all.v[all.n++] = o->v[k];
	for (size_t k = 0; k < v->n; k++) {
		str_addf(&set[k], "policy.%s=%s", change_key(&v->change[k]), ws_policy_names[v->change[k].policy]);
		all.v[all.n++] = str_get(&set[k]);
	}
	rc = config_load(&r->job[i].config, r->a->c->path, &all, e);
	for (size_t k = 0; k < v->n; k++)
		str_free(&set[k]);
	free(set);
	free(all.v);
	return rc;
}

static int run_some(struct runs *r, struct variant *v, const size_t *run, size_t n, size_t first, struct err *e)
{
	const struct job_args o = { .trace = r->a->trace, .force = true };
	const size_t end = r->n - first < AT_A_TIME ? r->n : first + AT_A_TIME;
	struct runs part = { r->a, xcalloc(end - first, sizeof(*part.job)), r->of + first, end - first };
	int rc = jobs_run(part.job, part.n, &o, load_run, &part, r->a->pool, e);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		const struct job *j;
		struct str moves = STR_INIT;

		if (run[i] < first || run[i] >= end)
			continue;
		j = &part.job[run[i] - first];
		v[i].toll = toll_of(j->out);
		v[i].form = exit_form(j->out, NULL);
		if (v[i].n == 1) {
			moves_text(j->out, &v[i].change[0], &moves);
			v[i].moves = xstrdup(str_get(&moves));
		}
		str_free(&moves);
	}
	for (size_t i = 0; i < part.n; i++)
		job_free(&part.job[i]);
	free(part.job);
	return rc;
}

int variants_run(const struct advisor *a, struct variant *v, size_t n, struct err *e)
{
	struct runs r = { a, NULL, xcalloc(n + 1, sizeof(*r.of)), 0 };
	size_t *run = xcalloc(n + 1, sizeof(*run));
	struct progress bar;
	int rc = 0;

	for (size_t i = 0; i < n; i++) {
		run[i] = SIZE_MAX;
		if (v[i].prog == NULL || v[i].same)
			continue;
		for (run[i] = 0; run[i] < r.n && !same_program(r.of[run[i]]->prog, v[i].prog); run[i]++)
			;
		if (run[i] == r.n)
			r.of[r.n++] = &v[i];
	}
	progress_begin(&bar, "variants", r.n);
	for (size_t first = 0; rc == 0 && first < r.n; first += AT_A_TIME) {
		rc = run_some(&r, v, run, n, first, e);
		progress_at(&bar, first + AT_A_TIME);
	}
	progress_end(&bar);
	free(r.of);
	free(run);
	return rc;
}

/* ---- the configuration as it is ---- */

static int load_base(struct advisor *a, struct err *e)
{
	const struct variant none = { 0 }, *of = &none;
	struct runs r = { a, &a->base, &of, 1 };

	return load_run(&r, 0, e);
}

int advisor_begin(struct advisor *a, const struct config *c, const struct arg_list *overrides, const char *trace, unsigned depth,
		  struct pool *pool, struct err *e)
{
	const struct job_args o = { .trace = trace, .force = true };
	struct ws_prog *plain;

	*a = (struct advisor){ .c = c, .overrides = overrides, .trace = trace, .depth = depth, .pool = pool };
	if (load_base(a, e) != 0 || job_run(&a->base, &o, e) != 0 || job_refuse_checks(&a->base, "advise", e) != 0 ||
	    job_guests_end(&a->base, e) != 0)
		return -1;
	a->now = toll_of(a->base.out);
	a->form = exit_form(a->base.out, NULL);
	if (a->now.exits == 0)
		return err_set(e, ERR_INPUT, "%s: no guest exit in it: nothing can be said of one", a->base.result.trace != NULL ?
			       a->base.result.trace : c->path);
	plain = program_without(c, e);
	if (plain == NULL)
		return -1;
	a->judge = ws_base_new(plain);
	ws_free(plain);
	a->fault = ws_base_fault(a->judge, a->base.prog);
	return 0;
}

void advisor_free(struct advisor *a)
{
	job_free(&a->base);
	ws_base_free(a->judge);
	free(a->fault);
	for (size_t i = 0; i < a->n_known; i++)
		free(a->known[i].what);
	free(a->known);
}

/* ---- one change at a time ---- */

static bool touched(const struct ws_prog *p, const struct change *x)
{
	for (size_t i = 0; i < p->n; i++)
		if (change_touches(x, &p->op[i]))
			return true;
	return false;
}

static void add_policies(const struct advisor *a, struct change x, struct variant *v, size_t *n)
{
	const int has = x.reg != SR_NONE ? a->c->sw.reg[x.reg] : a->c->sw.group[x.group];

	for (x.policy = 0; x.policy < POL_COUNT; x.policy++)
		if (x.policy != has)
			variant_init(a, &v[(*n)++], &x, 1);
}

struct variant *variants_of_all(const struct advisor *a, bool groups_only, size_t *n)
{
	struct variant *v = xcalloc(((size_t)GRP_COUNT + SR_COUNT) * POL_COUNT, sizeof(*v));
	struct ws_prog *plain = NULL;
	struct progress bar;
	struct err e;

	/* what a policy has taken out is moved by the program without */
	plain = program_without(a->c, &e);
	BUG_ON(plain == NULL);
	*n = 0;
	progress_begin(&bar, "policies", (uint64_t)GRP_COUNT + SR_COUNT);
	for (unsigned g = 0; g < GRP_COUNT; g++) {
		struct change x = { .group = (uint8_t)g, .reg = SR_NONE };

		if (touched(plain, &x))
			add_policies(a, x, v, n);
		progress_at(&bar, g);
	}
	for (unsigned r = SR_NONE + 1; r < SR_COUNT && !groups_only; r++) {
		struct change x = { .group = sysreg_row((enum sysreg)r)->group, .reg = (uint16_t)r };

		if (ws_policy_applies((enum sysreg)r) && touched(plain, &x))
			add_policies(a, x, v, n);
		progress_at(&bar, (uint64_t)GRP_COUNT + r);
	}
	progress_end(&bar);
	ws_free(plain);
	return v;
}
