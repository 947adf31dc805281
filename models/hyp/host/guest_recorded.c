/* SPDX-License-Identifier: Apache-2.0 */
/* A guest that does what a vCPU of a recorded trace did: its exits in their order, with their times; after the last comes
 * the first. */
#include "models/hyp/host/guest.h"
#include "models/hyp/replay/recorded.h"

static bool takes(const struct workload *w)
{
	return w->trace != NULL && w->trace[0] != '\0';
}

static int class_init(struct guest_class *c, const struct ws_prog *p, struct err *e)
{
	c->trace = recorded_read(p, c->w->trace, e);
	return c->trace != NULL ? 0 : -1;
}

/* It begins somewhere, so that vCPUs that repeat the same one are not in step. */
static void init(struct guest *g)
{
	const struct recorded_vcpu *v = &g->cls->trace->vcpu[g->vcpu % g->cls->trace->n_vcpu];

	g->recorded.exit = v->exit;
	g->recorded.n = v->n;
	g->recorded.at = (size_t)guest_below(g, STREAM_PHASE, v->n);
}

static void next(struct guest *g)
{
	const struct recorded_exit *x = &g->recorded.exit[g->recorded.at];

	g->recorded.at = g->recorded.at + 1 < g->recorded.n ? g->recorded.at + 1 : 0;
	g->act.kind = (enum exit_kind)x->kind;
	g->act.cycles = guest_cycles(g, x->guest_ns);
	g->act.located = x->located;
	g->act.address = x->address;
	g->act.data = x->data;
	g->act.syndrome = x->syndrome;
	if (x->user_ns != 0)
		g->act.user_ns = x->user_ns;
}

const struct guest_ops guest_recorded_ops = {.takes = takes, .class_init = class_init, .init = init, .next = next};
