/* SPDX-License-Identifier: Apache-2.0 */
/* Variants under the explorer: up to a depth, against what it finds in the kernel without policies. */
#include <stdlib.h>
#include <string.h>

#include "models/hyp/explore/story.h"
#include "sim/advise/advise.h"
#include "sim/base/progress.h"

static bool go_on(void *self, uint64_t states, unsigned depth)
{
	(void)depth;
	progress_at(self, states);
	return true;
}

static struct explore *search(const struct ws_prog *p, unsigned depth, bool all)
{
	struct explore_options o;
	struct progress bar;
	struct explore *x;

	explore_options_init(&o);
	o.depth = depth;
	o.states = XS_EACH;
	o.all = all;
	o.go_on = go_on;
	o.self = &bar;
	progress_begin(&bar, "states", 0);
	x = explore_new(p, &o);
	(void)explore_run(x);
	progress_end(&bar);
	return x;
}

static bool is_known(const struct advisor *a, const struct xviolation *v)
{
	for (size_t i = 0; i < a->n_known; i++)
		if (a->known[i].flag == v->flag && a->known[i].rule == v->rule && strcmp(a->known[i].what, v->what) == 0)
			return true;
	return false;
}

/* What an imported kernel's program violates as it is. */
static void ask_for_known(struct advisor *a)
{
	const struct xviolation *v;
	struct ws_prog *p;
	struct explore *x;
	struct err e;

	if (a->asked)
		return;
	a->asked = true;
	p = program_without(a->c, &e);
	BUG_ON(p == NULL); /* advisor_begin compiled it */
	x = search(p, a->depth, true);
	v = explore_violations(x, &a->n_known);
	a->known = xcalloc(a->n_known + 1, sizeof(*a->known));
	for (size_t i = 0; i < a->n_known; i++)
		a->known[i] = (struct known){ v[i].flag, v[i].rule, xstrdup(v[i].what) };
	explore_free(x);
	ws_free(p);
}

/* "vCPU 0 on pCPU 0: load, enter (guest-debug), exit (hvc); vCPU 1 on pCPU 0: load: stale read: ..." */
static char *tell(const struct explore *x, size_t i, const struct ws_prog *p)
{
	struct explore_options o;
	struct xviolation v;
	struct xworld *w;
	struct str b = STR_INIT;
	size_t n;
	struct xevent *ev = explore_path(x, i, &n);
	char *text, words[200];

	explore_options_init(&o);
	explore_told(x, i, &v);
	w = xworld_new(p, o.vcpus, o.pcpus, o.vms, XS_EACH);
	for (size_t k = 0; k < n; k++) {
		if (k == 0 || ev[k].vcpu != ev[k - 1].vcpu || ev[k].pcpu != ev[k - 1].pcpu)
			str_addf(&b, "%svCPU %u on pCPU %u: ", k != 0 ? "; " : "", ev[k].vcpu, ev[k].pcpu);
		else
			str_add(&b, ", ");
		str_add(&b, xworld_words(w, ev[k], words, sizeof(words)));
		xworld_do(w, ev[k]);
	}
	str_addf(&b, ": %s", v.text);
	xworld_free(w);
	free(ev);
	text = xstrdup(str_get(&b));
	str_free(&b);
	return text;
}

/* The first violation that is not known; n: none. */
static size_t first_new(const struct advisor *a, const struct explore *x, size_t *n)
{
	const struct xviolation *v = explore_violations(x, n);
	size_t i = 0;

	while (i < *n && is_known(a, &v[i]))
		i++;
	return i;
}

void variant_explore(struct advisor *a, struct variant *v)
{
	struct explore *x;
	size_t n, i;

	if (v->explored.done || v->prog == NULL)
		return;
	x = search(v->prog, a->depth, false);
	(void)explore_violations(x, &n);
	if (n != 0) {
		ask_for_known(a);
		if (a->n_known != 0) {
			explore_free(x);
			x = search(v->prog, a->depth, true);
		}
	}
	i = first_new(a, x, &n);
	v->explored = (struct explored){ true, explore_stats(x)->depth, explore_stats(x)->states, i < n ? tell(x, i, v->prog) : NULL };
	if (v->fault == NULL && v->explored.story != NULL)
		v->fault = xstrdup(explore_violations(x, &n)[i].text);
	explore_free(x);
}
