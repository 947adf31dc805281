/* SPDX-License-Identifier: Apache-2.0 */
/* FP traps of a whole run: no event shows them, the reference has how many. */
#include "models/hyp/measured/verify_run.h"

#include <stdlib.h>

struct load {
	uint32_t entries;
	uint32_t index;
};

static int by_entries(const void *a, const void *b)
{
	const struct load *x = a, *y = b;

	if (x->entries != y->entries)
		return x->entries < y->entries ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

static uint64_t sum(const struct load *l, size_t first, size_t n)
{
	uint64_t s = 0;

	for (size_t i = first; i < first + n; i++)
		s += l[i].entries;
	return s;
}

/* Of loads in ascending order, the last window of *n whose entries are at most max; *n shrinks if none is. */
static size_t window(const struct load *l, size_t n_loads, size_t *n, uint64_t max)
{
	size_t first = 0;
	uint64_t s;

	while (*n > 0 && sum(l, 0, *n) > max)
		--*n;
	s = sum(l, 0, *n);
	while (*n > 0 && first + *n < n_loads && s - l[first].entries + l[first + *n].entries <= max) {
		s = s - l[first].entries + l[first + *n].entries;
		first++;
	}
	return first;
}

/* Exchange one load of the window for a larger one behind it, so that the sum comes nearest to what is missing. */
static void exchange(struct load *l, size_t n_loads, size_t first, size_t n, uint64_t missing)
{
	size_t in = 0, out = 0;
	uint64_t best = 0;

	for (size_t i = first; i < first + n; i++)
		for (size_t k = first + n; k < n_loads && l[k].entries - l[i].entries <= missing; k++)
			if (l[k].entries - l[i].entries > best) {
				best = l[k].entries - l[i].entries;
				in = i;
				out = k;
			}
	if (best != 0) {
		struct load t = l[in];

		l[in] = l[out];
		l[out] = t;
	}
}

size_t verify_fp_place(const struct verify_fp *fp, const uint32_t *entries, size_t n, uint8_t *trap)
{
	struct load *l = xcalloc(n != 0 ? n : 1, sizeof(*l));
	size_t m = 0, want, first = 0;

	for (size_t i = 0; i < n; i++) {
		trap[i] = 0;
		if (entries[i] != 0)
			l[m++] = (struct load){ entries[i], (uint32_t)i };
	}
	want = fp->traps < m ? (size_t)fp->traps : m;
	if (fp->owned != 0) {
		qsort(l, m, sizeof(*l), by_entries);
		first = window(l, m, &want, fp->owned);
		exchange(l, m, first, want, fp->owned - sum(l, first, want));
	}
	for (size_t i = 0; i < want; i++)
		trap[l[fp->owned != 0 ? first + i : i * m / want].index] = 1;
	free(l);
	return want;
}

struct outcome *verify_run_replay(const struct ws_prog *p, struct tr_reader *trace, const struct replay_options *opt,
				  const char *reference, struct err *e)
{
	struct replay_options o = *opt;
	struct replay_loads loads = { 0 };
	struct verify_fp fp;
	struct outcome *r;

	if (verify_run_fp(reference, &fp, e) != 0)
		return NULL;
	if (opt->fp != FP_NEVER || fp.traps == 0)
		return replay_run(p, trace, opt, e);
	if ((p->known & CND(PKVM)) != 0) /* a trap at each entry: nobody owns them across an exit */
		fp.owned = fp.traps;
	o.loads = &loads;
	r = replay_run(p, trace, &o, e);
	if (r != NULL && loads.n != 0) {
		loads.trap = xcalloc(loads.n, 1);
		(void)verify_fp_place(&fp, loads.entries, loads.n, loads.trap);
		replay_free(r);
		r = replay_run(p, trace, &o, e);
	}
	free(loads.trap);
	free(loads.entries);
	return r;
}
