/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/price/price_run.h"

#include <string.h>

#include "sim/app/job.h"
#include "sim/base/num.h"

struct loading {
	struct job *job;
	const char *machine;
	const struct arg_list *overrides;
	const struct side *side[2]; /* NULL: the configuration's own model */
};

static int load(void *ctx, size_t i, struct err *e)
{
	const struct loading *l = ctx;
	struct config *c = &l->job[i].config;
	const struct side *s = l->side[i];

	if (config_load_one(c, l->machine, l->overrides, e) != 0)
		return -1;
	if (s != NULL) {
		c->sw.model = s->p->config.model->name;
		c->sw.own = s->data != NULL ? &s->data->model : NULL;
		c->sw.patch = s->p->config.patch;
	}
	return 0;
}

static void take(const struct job *j, struct side_kind *k, uint64_t *exits)
{
	k->totals = j->out->total;
	band_of_all(j->prog, j->out->exec, &k->form);
	*exits = j->out->n.exits;
}

static uint64_t part(uint64_t v, uint64_t n, uint64_t of)
{
	return num_u64((u128)v * n / of);
}

/* Figures of so many exits for as many as the other side had: what is simulated for a time has its own number. */
static void as_many(struct side_kind *k, uint64_t n, uint64_t of)
{
	if (n == of || of == 0)
		return;
	for (unsigned c = 0; c < CNT_COUNT; c++)
		k->totals.n[c] = part(k->totals.n[c], n, of);
	k->totals.cycles = part(k->totals.cycles, n, of);
	k->totals.milli = 0;
	for (unsigned i = 0; i < BAND_ROWS; i++)
		k->form.v[i] *= (double)n / (double)of;
}

/* Kinds that both sides have, as often as they are in the run. */
static void weigh(struct price *p, const struct outcome *o, struct rep *r)
{
	uint64_t all = 0, known = 0;

	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		all += o->kind[k].count;
		for (size_t i = 0; i < p->n; i++) {
			const struct price_pair *x = &p->kind[i];

			if (strcmp(x->name, exit_row((enum exit_kind)k)->name) != 0)
				continue;
			known += o->kind[k].count;
			ws_totals_add(&p->run.a.totals, &x->a.totals, o->kind[k].count);
			ws_totals_add(&p->run.b.totals, &x->b.totals, o->kind[k].count);
			band_add(&p->run.a.form, &x->a.form, (double)o->kind[k].count);
			band_add(&p->run.b.form, &x->b.form, (double)o->kind[k].count);
		}
	}
	p->run_exits[0] = p->run_exits[1] = known;
	rep_note(r, "of the run, %llu of %llu occurrences are of kinds that both sides have: these times what each costs; the others are left out",
		 (unsigned long long)known, (unsigned long long)all);
}

int price_run(struct price *p, const char *trace, const char *machine, const struct arg_list *overrides, struct rep *r, struct err *e)
{
	const struct job_args args = { .trace = trace, .force = true };
	struct job j[2] = { { .prog = NULL } };
	struct loading l = { j, machine, overrides, { p->recorded ? NULL : p->a, p->b } };
	struct pool *pool = pool_new(1);
	int rc = jobs_run(j, p->recorded ? 1 : 2, &args, load, &l, pool, e);

	pool_free(pool);
	if (rc == 0) {
		p->run.name = job_has_clock(&j[0].config) ? "the workload" : "the trace";
		if (p->recorded) {
			weigh(p, j[0].out, r);
		} else {
			take(&j[0], &p->run.a, &p->run_exits[0]);
			take(&j[1], &p->run.b, &p->run_exits[1]);
			as_many(&p->run.b, p->run_exits[0], p->run_exits[1]);
			if (p->run_exits[0] != p->run_exits[1])
				rep_note(r, "PATCHED had another number of exits in the same time: its figures of the run are for as many as BASE had");
		}
		if (j[0].bounds != NULL)
			rep_note(r, "the trace lacks events: counts of the run are bounds (el2sim run says which)");
	}
	job_free(&j[0]);
	job_free(&j[1]);
	return rc;
}
