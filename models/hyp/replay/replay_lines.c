/* SPDX-License-Identifier: Apache-2.0 */
/* What a replay knows of timers, interrupt lines and the numbers of vCPUs. */
#include <stdlib.h>
#include <string.h>

#include "models/hyp/replay/replay_impl.h"

struct replay_fresh *replay_fresh_of(struct replay_state *s, int32_t pid, bool make)
{
	size_t at = replay_slot(pid), probes = 0;

	while (s->fresh[at].pid != 0 && s->fresh[at].pid != pid && ++probes < 64)
		at = (at + 1) % REPLAY_SLOTS;
	if (s->fresh[at].pid == pid && pid != 0)
		return &s->fresh[at];
	if (s->fresh[at].pid != 0 || !make || pid == 0)
		return NULL;
	s->fresh[at] = (struct replay_fresh){ .pid = pid, .index = UINT32_MAX };
	return &s->fresh[at];
}

/* An interrupt line of a vCPU rises or falls; what is up at the next entry takes a list register. */
static void replay_set_line(struct replay_track *t, uint32_t irq, bool level)
{
	unsigned i = 0;

	while (i < t->n_lines && t->line[i] != irq)
		i++;
	if (level && i == t->n_lines && i < REPLAY_LINES_MAX)
		t->line[t->n_lines++] = irq;
	else if (!level && i < t->n_lines)
		t->line[i] = t->line[--t->n_lines];
}

static int by_index(const void *a, const void *b)
{
	const struct replay_sibling *x = a, *y = b;

	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	return x->v < y->v ? -1 : 1;
}

/* vCPUs of a VM whose numbers are known, in their order; of two threads with one number the later. */
static const struct replay_vm *siblings(struct replay_state *s, unsigned vm)
{
	struct replay_vm *list;
	size_t n = 0;

	while (s->n_vm <= vm) {
		s->vm = xrealloc(s->vm, (s->n_vm + 1) * sizeof(*s->vm));
		memset(&s->vm[s->n_vm++], 0, sizeof(*s->vm));
	}
	list = &s->vm[vm];
	if (list->changes == s->changes && list->v != NULL)
		return list;
	list->v = xrealloc(list->v, (s->out->n_vcpu + 1) * sizeof(*list->v));
	for (size_t v = 0; v < s->out->n_vcpu; v++) {
		if (s->track[v].run->vm == vm && s->out->vcpu[v].number != UINT32_MAX)
			list->v[n++] = (struct replay_sibling){ s->out->vcpu[v].number, v };
	}
	qsort(list->v, n, sizeof(*list->v), by_index);
	list->n = 0;
	for (size_t i = 0; i < n; i++) {
		if (i + 1 == n || list->v[i].index != list->v[i + 1].index)
			list->v[list->n++] = list->v[i];
	}
	list->changes = s->changes;
	return list;
}

/* The sender is one of n + 1 that may have got a quiet SGI, and as likely as few others were seen to get any. */
static bool to_itself(struct replay_state *s, uint64_t n)
{
	if (s->opt->sgi != SGI_ANY || n == 0 || s->sgis.n == 0)
		return s->opt->sgi == SGI_SELF || n == 0;
	s->self_due += (s->sgis.n - s->sgis.seen) * 1000 / s->sgis.n / (n + 1);
	if (s->self_due < 1000)
		return false;
	s->self_due -= 1000;
	return true;
}

/* k-th sibling that is not in the guest; SIZE_MAX: none. n: how many there are, not above k + 1. */
static size_t not_running(const struct replay_state *s, const struct replay_vm *vm, size_t sender, uint64_t k,
			  uint64_t *n)
{
	*n = 0;
	for (size_t i = 0; i < vm->n; i++) {
		if (vm->v[i].v != sender && !s->track[vm->v[i].v].in_guest && ++*n > k)
			return vm->v[i].v;
	}
	return SIZE_MAX;
}

static size_t sgi_target(struct replay_state *s, size_t sender, int32_t pid)
{
	const struct replay_vm *vm = siblings(s, s->track[sender].run->vm);
	size_t v = pid != 0 ? replay_find(s, pid) : SIZE_MAX;
	uint64_t n, up_to;

	if (v != SIZE_MAX)
		return v;
	(void)not_running(s, vm, sender, UINT64_MAX, &n);
	return to_itself(s, n) ? sender : not_running(s, vm, sender, s->quiet_sgis++ % n, &up_to);
}

void replay_send_sgi(struct replay_state *s, size_t sender, const struct tr_event *ev)
{
	const struct replay_sgi *seen = replay_sgi_seen(&s->sgis, ev);
	size_t to;

	if (seen != NULL && seen->told)
		return; /* its own event follows */
	to = sgi_target(s, sender, seen != NULL ? seen->to : 0);
	REPLAY_TELL(s, sender, irq, SMP_IRQ_SEND, SRC_SGI, (unsigned)to);
	REPLAY_TELL(s, to, irq, SMP_IRQ_PEND, SRC_SGI, SMP_NOBODY);
	replay_set_line(&s->track[to], REPLAY_LINE_SGI, true);
}

void replay_see_waking(struct replay_state *s, const struct tr_event *ev)
{
	size_t v = replay_find(s, (int32_t)REPLAY_ARG(ev, sched_waking, pid));
	const struct smp_at at = { ev->ts_ns, ev->cpu, (unsigned)v };

	if (v != SIZE_MAX)
		WATCH(s->watchers, wake, &at, (unsigned)REPLAY_ARG(ev, sched_waking, target_cpu));
}

void replay_see_wakeup(struct replay_state *s, const struct tr_event *ev)
{
	size_t v = replay_find(s, ev->pid);

	if (v != SIZE_MAX)
		REPLAY_TELL(s, v, halt, REPLAY_ARG(ev, kvm_vcpu_wakeup, ns),
			    REPLAY_ARG(ev, kvm_vcpu_wakeup, waited) != 0, 0, 0);
}

void replay_see_timer(struct replay_state *s, const struct tr_event *ev, uint64_t ctl, uint64_t index)
{
	size_t v = replay_find(s, ev->pid);
	bool on = (ctl & 3) == 1; /* CNT*_CTL: ENABLE bit 0, IMASK bit 1 */
	struct replay_fresh *fresh;

	if (index >= 2)
		return;
	if (v != SIZE_MAX) {
		s->track[v].timer_on[index] = on;
		return;
	}
	fresh = replay_fresh_of(s, ev->pid, true);
	if (fresh != NULL)
		fresh->timer_on[index] = on;
}

/* The timer's line rises: the interrupt was taken while the guest ran, or the vCPU woke up to it. */
void replay_see_timer_irq(struct replay_state *s, const struct tr_event *ev)
{
	size_t v = replay_find(s, ev->pid);

	if (v == SIZE_MAX || REPLAY_ARG(ev, kvm_timer_update_irq, level) == 0)
		return;
	s->track[v].timer_fired |= s->track[v].in_guest;
	s->track[v].timer_woke = true;
	REPLAY_TELL(s, v, irq, SMP_IRQ_EXPIRE, SRC_TIMER, SMP_NOBODY);
}

/* A vCPU's own thread tells its index when it looks at its timers, which it does at vcpu_load. */
void replay_learn_index(struct replay_state *s, const struct tr_event *ev, uint64_t index)
{
	size_t v = replay_find(s, ev->pid);
	struct replay_fresh *fresh = v == SIZE_MAX ? replay_fresh_of(s, ev->pid, true) : NULL;

	if (fresh != NULL) { /* vcpu_load before the first entry */
		fresh->index = (uint32_t)index;
	} else if (v != SIZE_MAX && s->out->vcpu[v].number == UINT32_MAX && !s->track[v].in_guest) {
		s->out->vcpu[v].number = (uint32_t)index;
		s->changes++;
	}
}

/* SGIs are 0..15, the timers' private interrupts 16..31. */
static void pending(struct replay_state *s, size_t v, uint32_t irq, bool level)
{
	enum smp_source src = irq < 16 ? SRC_SGI : irq < 32 ? SRC_TIMER : SRC_DEVICE;

	if (level)
		REPLAY_TELL(s, v, irq, SMP_IRQ_PEND, src, SMP_NOBODY);
	replay_set_line(&s->track[v], src == SRC_SGI ? REPLAY_LINE_SGI : irq, level);
}

#define EARLY_MAX (4 * REPLAY_VCPUS_MAX)

static void early(struct replay_state *s, const struct tr_event *ev, uint32_t index, uint32_t irq, bool level)
{
	size_t i = 0;

	while (i < s->n_early && (s->early[i].comm != ev->comm || s->early[i].index != index || s->early[i].irq != irq))
		i++;
	if (!level && i < s->n_early)
		s->early[i] = s->early[--s->n_early];
	if (!level || i < s->n_early || i == EARLY_MAX)
		return;
	if (s->early == NULL)
		s->early = xcalloc(EARLY_MAX, sizeof(*s->early));
	s->early[s->n_early++] = (struct replay_early){ ev->comm, index, irq };
}

void replay_early_lines(struct replay_state *s, size_t v, const struct tr_event *ev)
{
	for (size_t i = 0; i < s->n_early;) {
		if (s->early[i].comm != ev->comm || s->early[i].index != s->out->vcpu[v].number) {
			i++;
			continue;
		}
		pending(s, v, s->early[i].irq, true);
		s->early[i] = s->early[--s->n_early];
	}
}

void replay_see_irq_pending(struct replay_state *s, const struct tr_event *ev)
{
	uint64_t index = REPLAY_ARG(ev, vgic_update_irq_pending, vcpu_id);
	uint32_t irq = (uint32_t)REPLAY_ARG(ev, vgic_update_irq_pending, irq);
	bool level = REPLAY_ARG(ev, vgic_update_irq_pending, level) != 0, known = false;

	if (!level)
		replay_learn_index(s, ev, index);
	for (size_t v = 0; v < s->out->n_vcpu; v++) {
		if (s->out->vcpu[v].number != index || strcmp(s->out->vcpu[v].vm_name, tr_string(s->trace, ev->comm)) != 0)
			continue;
		known = true;
		pending(s, v, irq, level);
	}
	if (!known)
		early(s, ev, (uint32_t)index, irq, level);
}
