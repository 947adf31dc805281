/* SPDX-License-Identifier: Apache-2.0 */
/* What a search found: violations, their stories, the states themselves. */
#include <string.h>

#include "models/hyp/explore/explore_search.h"

const struct explore_stats *explore_stats(const struct explore *x)
{
	return &x->stats;
}

const struct xviolation *explore_violations(const struct explore *x, size_t *n)
{
	*n = x->n_found;
	return x->found;
}

/* Names change from state to state: what was called so at the beginning. */
static void rename_event(const struct xname *was, struct xevent *ev)
{
	ev->vcpu = was->v[ev->vcpu];
	ev->pcpu = was->c[ev->pcpu];
	if (xevent_args((enum xevent_row)ev->row) == XARG_TARGET)
		ev->arg = was->v[ev->arg];
}

/* New names in the order in which they are met: in a VM for vCPUs, of all for pCPUs. */
static void name_by_order(const struct explore *x, struct xevent *ev, size_t n)
{
	unsigned v_met[EXPLORE_MAX] = { 0 }, c_met = 0;
	struct xname to;

	memset(&to, XNONE, sizeof(to));
	for (size_t k = 0; k < n; k++) {
		unsigned v = ev[k].vcpu, vm = v % x->opt.vms;

		if (to.v[v] == XNONE)
			to.v[v] = (uint8_t)(vm + x->opt.vms * v_met[vm]++);
		if (to.c[ev[k].pcpu] == XNONE)
			to.c[ev[k].pcpu] = (uint8_t)c_met++;
		rename_event(&to, &ev[k]); /* a target was off, so it was met */
	}
}

/* A state does not hold where a thread was last, once it is away; a story does: load or migrate? */
static void name_loads(struct xevent *ev, size_t n)
{
	unsigned at[EXPLORE_MAX];

	for (unsigned v = 0; v < EXPLORE_MAX; v++)
		at[v] = XNONE;
	for (size_t k = 0; k < n; k++) {
		if (ev[k].row != XE_load && ev[k].row != XE_migrate)
			continue;
		ev[k].row = at[ev[k].vcpu] != XNONE && at[ev[k].vcpu] != ev[k].pcpu ? XE_migrate : XE_load;
		at[ev[k].vcpu] = ev[k].pcpu;
	}
}

struct xevent *explore_path(const struct explore *ro, size_t i, size_t *n)
{
	struct explore *x = (struct explore *)(uintptr_t)ro; /* its world is a tool, not a result */
	struct xname was, name;
	struct xevent *ev;
	uint32_t *state, s = x->where[i].parent;
	size_t k = 0;

	for (uint32_t t = s; x->state.node[t].parent != UINT32_MAX; t = x->state.node[t].parent)
		k++;
	*n = k + 1;
	ev = xcalloc(*n, sizeof(*ev));
	state = xcalloc(*n, sizeof(*state)); /* before each event */
	ev[k] = x->where[i].ev;
	state[k] = s;
	for (; k > 0; k--) {
		ev[k - 1] = x->state.node[state[k]].ev;
		state[k - 1] = x->state.node[state[k]].parent;
	}
	for (unsigned m = 0; m < EXPLORE_MAX; m++)
		was.v[m] = was.c[m] = (uint8_t)m; /* the first state looks the same under all names */
	for (k = 0; k < *n; k++) {
		struct xname before = was;
		struct xevent own = ev[k];

		rename_event(&before, &ev[k]);
		explore_go_to(x, state[k], x->w, x->buf);
		xworld_do(x->w, own);
		xstate_encode(x->w, !x->opt.no_symmetry, x->buf, x->scratch, &name);
		for (unsigned m = 0; m < EXPLORE_MAX; m++) {
			was.v[name.v[m]] = before.v[m];
			was.c[name.c[m]] = before.c[m];
		}
	}
	free(state);
	name_by_order(x, ev, *n);
	name_loads(ev, *n);
	return ev;
}

void explore_told(const struct explore *x, size_t i, struct xviolation *out)
{
	struct xworld *w = xworld_new(x->w->m.p, x->opt.vcpus, x->opt.pcpus, x->opt.vms, x->opt.states);
	size_t n, n_found;
	struct xevent *ev = explore_path(x, i, &n);
	const struct xviolation *v;

	for (size_t k = 0; k < n; k++)
		xworld_do(w, ev[k]);
	v = xworld_violations(w, &n_found);
	*out = x->found[i];
	for (size_t k = n_found; k-- > 0;) { /* with the op that wrote the value, if that was in an earlier event */
		const struct xviolation *f = &x->found[i];

		if (v[k].flag == f->flag && v[k].rule == f->rule && v[k].phase == f->phase && strcmp(v[k].what, f->what) == 0)
			*out = v[k];
	}
	out->length = x->found[i].length;
	xworld_free(w);
	free(ev);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

uint64_t *explore_digests(struct explore *x, size_t *n)
{
	uint64_t *d = xcalloc(x->state.n, sizeof(*d));
	struct xname name;
	size_t out = 0;

	for (uint32_t s = 0; s < x->state.n; s++) {
		explore_go_to(x, s, x->w, x->buf);
		xstate_encode(x->w, true, x->buf, x->scratch, &name);
		d[s] = recset_hash(x->buf, xstate_size(x->w));
	}
	qsort(d, x->state.n, sizeof(*d), by_value);
	for (size_t i = 0; i < x->state.n; i++) {
		if (out == 0 || d[i] != d[out - 1])
			d[out++] = d[i];
	}
	*n = out;
	return d;
}
