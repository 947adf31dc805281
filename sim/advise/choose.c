/* SPDX-License-Identifier: Apache-2.0 */
/* Which changes together get an exit below a budget: the one that saves most first, as long as the whole is sound. */
#include <stdlib.h>

#include "sim/advise/advise.h"

static int by_gain(const void *x, const void *y)
{
	const struct variant *const *a = x, *const *b = y;
	int by = toll_compare(&(*a)->toll, &(*b)->toll);

	return by != 0 ? by : *a < *b ? -1 : 1;
}

/* Those that gain by themselves, the best first. */
static const struct variant **gaining(const struct advisor *a, const struct variant *v, size_t n, size_t *m)
{
	const struct variant **g = xcalloc(n + 1, sizeof(*g));

	*m = 0;
	for (size_t i = 0; i < n; i++)
		if (variant_gains(a, &v[i]))
			g[(*m)++] = &v[i];
	qsort(g, *m, sizeof(*g), by_gain);
	return g;
}

/* A register of a group that is among the changes already, and the other way round: the other policy is the better one. */
static bool taken(const struct change *x, size_t n, const struct change *next)
{
	for (size_t i = 0; i < n; i++)
		if (x[i].group == next->group && (x[i].reg == next->reg || x[i].reg == SR_NONE || next->reg == SR_NONE))
			return true;
	return false;
}

/* With these changes: run, explored. *v is given up for it if it is sound and within (or, at_any_price, cheaper). */
static int try(struct advisor *a, const struct change *x, size_t n, int64_t budget, bool cheaper, struct variant *v, bool *better,
	       struct err *e)
{
	struct variant next;

	variant_init(a, &next, x, n);
	*better = false;
	if (next.prog != NULL && next.fault == NULL && variants_run(a, &next, 1, e) != 0) {
		variant_free(&next);
		return -1;
	}
	if (next.prog != NULL && next.fault == NULL)
		*better = cheaper ? toll_compare(&next.toll, &v->toll) < 0 : toll_cycles(&next.toll) <= budget;
	if (*better)
		variant_explore(a, &next);
	*better = *better && next.fault == NULL;
	if (*better) {
		variant_free(v);
		*v = next;
	} else {
		variant_free(&next);
	}
	return 0;
}

/* Leave out what the budget does not need, the last that was added first. */
static int prune(struct advisor *a, struct variant *v, int64_t budget, struct err *e)
{
	for (size_t i = v->n; i-- != 0 && v->n > 1;) {
		struct change *x = xcalloc(v->n, sizeof(*x));
		size_t n = 0;
		bool better;
		int rc;

		for (size_t k = 0; k < v->n; k++)
			if (k != i)
				x[n++] = v->change[k];
		rc = try(a, x, n, budget, false, v, &better, e);
		free(x);
		if (rc != 0)
			return rc;
	}
	return 0;
}

int choose_within(struct advisor *a, const struct variant *all, size_t n, int64_t budget, struct variant *v, bool *enough, struct err *e)
{
	size_t m;
	const struct variant **g = gaining(a, all, n, &m);
	struct change *x = xcalloc(m + 1, sizeof(*x));
	int rc = 0;

	variant_init(a, v, NULL, 0);
	for (size_t i = 0; rc == 0 && i < m && toll_cycles(&v->toll) > budget; i++) {
		bool better;

		if (taken(x, v->n, &g[i]->change[0]))
			continue;
		x[v->n] = g[i]->change[0];
		rc = try(a, x, v->n + 1, budget, true, v, &better, e);
	}
	*enough = toll_cycles(&v->toll) <= budget && v->fault == NULL;
	if (rc == 0 && *enough)
		rc = prune(a, v, budget, e);
	free(x);
	free(g);
	return rc;
}
