/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Most ops of a component do nothing to what the oracle follows, or do not execute in a given state. Which do is worked out
 * once per component and state, and a step runs down that list.
 */
#include <string.h>

#include "models/hyp/check/oracle_impl.h"

#define LISTS_MAX 128 /* per component; then all are forgotten */

static void forget(struct oracle_lists *l)
{
	for (unsigned i = 0; i < l->n; i++)
		free(l->list[i].todo);
	l->n = l->latest = 0;
}

void oracle_lists_free(struct oracle *o)
{
	for (unsigned c = 0; c < COMP_COUNT; c++) {
		forget(&o->lists[c]);
		free(o->lists[c].list);
	}
}

static bool to_do(const struct oracle *o, size_t i, const struct oracle_list *l, struct oracle_todo *d)
{
	const struct ws_op *op = &o->p->op[i];
	const struct oracle_op *x = &o->t.op[i];
	const unsigned times = op->per_lr ? l->lrs : 1;
	const bool holds = times != 0 && ws_op_holds(op, l->state);

	*d = (struct oracle_todo){ .op = (uint32_t)i, .times = (uint8_t)times };
	d->barriers = holds && (x->first | x->clear | x->then) != 0;
	d->executes = d->barriers || (holds && x->exception);
	d->moves = x->act != ACT_NONE && (holds || (times != 0 && (op->guard.on & ORACLE_EQUAL) != 0 &&
						    ws_op_holds(op, l->state | ORACLE_EQUAL)));
	return d->executes || d->moves || x->use >= 0;
}

static void work_out(const struct oracle *o, enum ws_comp comp, struct oracle_list *l)
{
	const size_t first = o->p->comp[comp].first, n = o->p->comp[comp].n;

	l->todo = xcalloc(n, sizeof(*l->todo));
	l->n = 0;
	for (size_t i = first; i < first + n; i++)
		l->n += to_do(o, i, l, &l->todo[l->n]);
}

const struct oracle_list *oracle_list_of(struct oracle *o, enum ws_comp comp, uint64_t state, unsigned lrs)
{
	struct oracle_lists *l = &o->lists[comp];

	state &= o->p->comp[comp].mask;
	lrs = o->p->comp[comp].lrs ? lrs : 0;
	if (l->latest < l->n && l->list[l->latest].state == state && l->list[l->latest].lrs == lrs)
		return &l->list[l->latest];
	for (unsigned i = 0; i < l->n; i++) {
		if (l->list[i].state == state && l->list[i].lrs == lrs) {
			l->latest = i;
			return &l->list[i];
		}
	}
	if (l->n == LISTS_MAX)
		forget(l);
	if ((l->n & (l->n - 1)) == 0)
		l->list = xrealloc(l->list, (l->n != 0 ? 2 * l->n : 1) * sizeof(*l->list));
	l->latest = l->n++;
	l->list[l->latest] = (struct oracle_list){ .state = state, .lrs = lrs };
	work_out(o, comp, &l->list[l->latest]);
	return &l->list[l->latest];
}
