/* SPDX-License-Identifier: Apache-2.0 */
/* What a replay knows of timers, interrupt lines and the numbers of vCPUs. */
#include <string.h>

#include "models/hyp/replay_impl.h"

/* An interrupt line of a vCPU rises or falls; what is up at the next entry takes a list register. */
void replay_set_line(struct replay_track *t, uint32_t irq, bool level)
{
	unsigned i = 0;

	while (i < t->n_lines && t->line[i] != irq)
		i++;
	if (level && i == t->n_lines && i < REPLAY_LINES_MAX)
		t->line[t->n_lines++] = irq;
	else if (!level && i < t->n_lines)
		t->line[i] = t->line[--t->n_lines];
}

/* k-th vCPU (of two threads with one index the later) of the sender's VM in the order of their indices; the sender left out if so asked. SIZE_MAX: none. */
static size_t sibling(const struct replay_state *s, size_t sender, uint64_t k, bool others)
{
	const struct replay_vcpu *from = &s->r->vcpu[sender];
	size_t at = SIZE_MAX;

	for (uint32_t below = 0;; k--) {
		at = SIZE_MAX;
		for (size_t v = 0; v < s->r->n_vcpu; v++) {
			const struct replay_vcpu *to = &s->r->vcpu[v];

			if (to->index != UINT32_MAX && to->index >= below && (!others || v != sender) &&
			    strcmp(to->comm, from->comm) == 0 &&
			    (at == SIZE_MAX || to->index <= s->r->vcpu[at].index))
				at = v;
		}
		if (at == SIZE_MAX || k == 0)
			return at;
		below = s->r->vcpu[at].index + 1;
	}
}

/* The trace does not tell an SGI's target: they are dealt out in turn, as run.sgi_target says. */
size_t replay_sgi_target(struct replay_state *s, size_t sender)
{
	bool others = s->opt->sgi == SGI_OTHERS;
	uint64_t n = 0;
	size_t v;

	if (s->opt->sgi == SGI_SELF)
		return sender;
	while (sibling(s, sender, n, others) != SIZE_MAX)
		n++;
	v = n != 0 ? sibling(s, sender, s->sgis++ % n, others) : SIZE_MAX;
	return v != SIZE_MAX ? v : sender;
}

void replay_see_timer(struct replay_state *s, const struct tr_event *ev, uint64_t ctl, uint64_t index)
{
	size_t v = replay_find(s, ev->pid);

	/* CNT*_CTL: ENABLE bit 0, IMASK bit 1 */
	if (v != SIZE_MAX && index < 2)
		s->track[v].timer_on[index] = (ctl & 3) == 1;
}

/* The timer's line rises: the interrupt was taken while the guest ran, or the vCPU woke up to it. */
void replay_see_timer_irq(struct replay_state *s, const struct tr_event *ev)
{
	size_t v = replay_find(s, ev->pid);

	if (v == SIZE_MAX || ev->arg[TRA_kvm_timer_update_irq_level] == 0)
		return;
	s->track[v].timer_fired |= s->track[v].in_guest;
	s->track[v].timer_woke = true;
}

/* A vCPU's own thread tells its index when it looks at its timers, which it does at vcpu_load. */
void replay_learn_index(struct replay_state *s, const struct tr_event *ev, uint64_t index)
{
	size_t v = replay_find(s, ev->pid);

	if (v == SIZE_MAX) { /* vcpu_load before the first entry */
		s->new_pid = ev->pid;
		s->new_index = (uint32_t)index;
	} else if (s->r->vcpu[v].index == UINT32_MAX && !s->track[v].in_guest) {
		s->r->vcpu[v].index = (uint32_t)index;
	}
}

void replay_see_irq_pending(struct replay_state *s, const struct tr_event *ev)
{
	uint64_t index = ev->arg[TRA_vgic_update_irq_pending_vcpu_id];
	bool level = ev->arg[TRA_vgic_update_irq_pending_level] != 0;

	if (!level)
		replay_learn_index(s, ev, index);
	for (size_t v = 0; v < s->r->n_vcpu; v++) {
		bool same_vm = strcmp(s->r->vcpu[v].comm, tr_string(s->trace, ev->comm)) == 0;

		if (same_vm && s->r->vcpu[v].index == index)
			replay_set_line(&s->track[v], (uint32_t)ev->arg[TRA_vgic_update_irq_pending_irq], level);
	}
}
