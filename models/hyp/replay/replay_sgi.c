/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom an SGI goes to. The trap (ICC_SGI1R_EL1, kvm_sys_access) does not say, but what follows does: KVM wakes
 * a target that sleeps (sched_waking by the sender before it enters again; or a kvm_vcpu_wakeup that no timer
 * explains), and sends an IPI to one that is in the guest (its next exit is an interrupt, and none of its timers').
 * A first pass over the trace finds these. The quiet rest went to a vCPU that neither slept nor was in the guest,
 * or to the sender itself; a guest whose SGIs are nearly all seen to arrive elsewhere sends few to itself.
 */
#include <string.h>

#include "models/hyp/replay/replay_impl.h"

/* A thread as far as this pass must know it. */
struct peer {
	int32_t pid;
	uint32_t comm;
	bool in_guest;
	bool woke;              /* slept and woke up since its last exit */
	bool timer;             /* its timer became due since its last entry or exit */
	size_t sent_from;       /* SGIs from here on were sent after its last entry or exit */
	size_t open;            /* its own SGI since the last exit + 1; 0 = none */
};

struct pass {
	struct peer peer[REPLAY_SLOTS]; /* hash of thread ids; pid 0: free */
	size_t n;
	struct replay_sgis *out;
};

/* Slot of a thread, made if the thread's name is given. NULL: not known, and no name or no room. */
static struct peer *peer_of(struct pass *p, int32_t pid, uint32_t comm)
{
	size_t i = replay_slot(pid);

	while (p->peer[i].pid != 0 && p->peer[i].pid != pid)
		i = (i + 1) % REPLAY_SLOTS;
	if (pid == 0 || (p->peer[i].pid == 0 && (comm == 0 || p->n == REPLAY_VCPUS_MAX)))
		return NULL;
	if (p->peer[i].pid == 0) {
		p->peer[i] = (struct peer){ .pid = pid, .comm = comm };
		p->n++;
	}
	return &p->peer[i];
}

static void sent(struct pass *p, const struct tr_event *ev)
{
	struct replay_sgis *o = p->out;
	struct peer *from = peer_of(p, ev->pid, ev->comm);

	if (from == NULL)
		return;
	if (o->n == o->room) {
		o->room = o->room != 0 ? o->room * 2 : 64;
		o->sgi = xrealloc(o->sgi, o->room * sizeof(*o->sgi));
	}
	o->sgi[o->n++] = (struct replay_sgi){ ev->ts_ns, ev->pid, 0, false };
	from->open = o->n;
}

/* A vCPU was interrupted, or woke up: the first SGI since its entry or exit that has no target yet was for it. */
static void arrived(struct pass *p, const struct peer *to)
{
	for (size_t i = to->sent_from; i < p->out->n; i++) {
		struct replay_sgi *g = &p->out->sgi[i];
		const struct peer *from = peer_of(p, g->from, 0);

		if (g->to == 0 && !g->told && g->from != to->pid && from != NULL && from->comm == to->comm) {
			g->to = to->pid;
			return;
		}
	}
}

static void woken(struct pass *p, const struct tr_event *ev)
{
	int32_t pid = (int32_t)REPLAY_ARG(ev, sched_waking, pid);
	const struct peer *from = peer_of(p, ev->pid, 0), *to = peer_of(p, pid, 0);

	if (from != NULL && to != NULL && from->open != 0 && from->comm == to->comm)
		p->out->sgi[from->open - 1].to = p->out->sgi[from->open - 1].told ? 0 : pid;
}

/* A vCPU enters or leaves the guest. */
static void pass_by(struct pass *p, const struct tr_event *ev, bool entry)
{
	struct peer *t = peer_of(p, ev->pid, ev->comm);
	bool interrupted = !entry && REPLAY_ARG(ev, kvm_exit, ret) == EXIT_RET_IRQ;

	if (t == NULL)
		return;
	if (!t->timer && (entry ? t->woke : t->in_guest && interrupted))
		arrived(p, t);
	t->in_guest = entry;
	t->timer = t->woke = false;
	t->open = 0;
	t->sent_from = p->out->n;
}

#define LOOKED_AT                                                                                            \
	(TR_BIT(TR_kvm_entry) | TR_BIT(TR_kvm_exit) | TR_BIT(TR_kvm_vcpu_wakeup) | TR_BIT(TR_kvm_timer_update_irq) |   \
	 TR_BIT(TR_kvm_sys_access) | TR_BIT(TR_sched_waking) | TR_BIT(TR_vgic_update_irq_pending))

static void look_at(struct pass *p, const struct tr_event *ev)
{
	struct peer *t;

	switch ((enum tr_type)ev->type) {
	case TR_kvm_entry:
		pass_by(p, ev, true);
		break;
	case TR_kvm_exit:
		pass_by(p, ev, false);
		break;
	case TR_kvm_vcpu_wakeup:
		t = peer_of(p, ev->pid, 0);
		if (t != NULL)
			t->woke = true; /* waited or polled */
		break;
	case TR_kvm_timer_update_irq:
		t = peer_of(p, ev->pid, 0);
		if (t != NULL)
			t->timer |= REPLAY_ARG(ev, kvm_timer_update_irq, level) != 0;
		break;
	case TR_kvm_sys_access:
		if (replay_is_sgi(ev))
			sent(p, ev);
		break;
	case TR_sched_waking:
		woken(p, ev);
		break;
	case TR_vgic_update_irq_pending:
		t = peer_of(p, ev->pid, 0);
		if (t != NULL && t->open != 0 && REPLAY_ARG(ev, vgic_update_irq_pending, irq) < 16)
			p->out->sgi[t->open - 1].told = true;
		break;
	default:
		break;
	}
}

int replay_find_sgis(struct tr_reader *trace, struct replay_sgis *out, struct err *e)
{
	const struct tr_event *ev;
	struct pass *p;
	unsigned n;
	int rc;

	memset(out, 0, sizeof(*out));
	if (tr_info(trace)->per_type[TR_kvm_sys_access] == 0)
		return 0;
	p = xcalloc(1, sizeof(*p));
	p->out = out;
	tr_keep(trace); /* it is read once more */
	replay_look(trace, LOOKED_AT);
	while ((rc = tr_some(trace, &ev, &n, e)) == 1) {
		for (unsigned i = 0; i < n; i++)
			look_at(p, &ev[i]);
	}
	free(p);
	for (size_t i = 0; i < out->n; i++)
		out->seen += out->sgi[i].to != 0 || out->sgi[i].told;
	tr_look(trace, NULL);
	return rc;
}

const struct replay_sgi *replay_sgi_seen(struct replay_sgis *g, const struct tr_event *ev)
{
	while (g->next < g->n && (g->sgi[g->next].ts_ns != ev->ts_ns || g->sgi[g->next].from != ev->pid))
		g->next++;
	return g->next < g->n ? &g->sgi[g->next] : NULL;
}
