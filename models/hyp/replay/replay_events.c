/* SPDX-License-Identifier: Apache-2.0 */
/* A replay reads its events, one by one. */
#include <stdio.h>
#include <string.h>

#include "models/hyp/replay/replay_impl.h"

/* vCPU of the event's thread; it is one from here on. */
static size_t vcpu_of(struct replay_state *s, const struct tr_event *ev)
{
	const struct replay_fresh *fresh;
	struct outcome *r = s->out;
	size_t v = replay_find(s, ev->pid);

	if (v != SIZE_MAX)
		return v;
	v = r->n_vcpu;
	s->track = xrealloc(s->track, (v + 1) * sizeof(*s->track));
	memset(&s->track[v], 0, sizeof(s->track[v]));
	outcome_vcpu(r)->pid = ev->pid;
	if (s->bounds != NULL)
		bounds_vcpu(s->bounds);
	fresh = replay_fresh_of(s, ev->pid, false);
	r->vcpu[v].number = fresh != NULL ? fresh->index : UINT32_MAX;
	if (fresh != NULL)
		memcpy(s->track[v].timer_on, fresh->timer_on, sizeof(fresh->timer_on));
	(void)snprintf(r->vcpu[v].vm_name, sizeof(r->vcpu[v].vm_name), "%s", tr_string(s->trace, ev->comm));
	s->track[v].run = runner_vcpu(s->runner, r->vcpu[v].vm_name);
	*replay_thread_at(s, ev->pid) = (struct replay_thread){ ev->pid, (uint32_t)v + 1 };
	if (s->sigs != NULL)
		sigs_vcpu(s->sigs, s->track[v].run, r->vcpu[v].vm_name);
	r->vcpu[v].vm = s->track[v].run->vm;
	s->changes++;
	replay_early_lines(s, v, ev);
	return v;
}

/* First FP use of a residency after a load, if the user asked for it. */
static void maybe_fp(struct replay_state *s, size_t v)
{
	struct replay_track *t = &s->track[v];
	struct replay_loads *l = s->opt->loads;
	bool placed = l != NULL && l->trap != NULL && t->load < l->n && l->trap[t->load] != 0;

	if (s->sigs != NULL) {
		replay_first_fp(s, v);
		return;
	}
	if ((s->opt->fp != FP_EACH_LOAD && !placed) || !runner_needs_fp(s->runner, t->run))
		return;
	replay_whole(s, v, EXIT_FOR_first_fp);
	s->out->n.fp_traps++;
	s->out->vcpu[v].n.fp_traps++;
}

/* The put that a sched_switch announced. */
void replay_put_if_due(struct replay_state *s, size_t v)
{
	struct replay_track *t = &s->track[v];

	if (t->put_due == 0)
		return;
	s->put_due[t->put_due - 1] = 0;
	t->put_due = 0;
	replay_put(s, v);
}

/* The sched_switch event comes before kvm_sched_out: the put waits for the timer state that is told after. */
static void put_due_here(struct replay_state *s, const struct tr_event *ev)
{
	uint32_t due = s->put_due[ev->cpu];

	if (due == 0)
		return;
	if (s->out->vcpu[due - 1].pid == ev->pid &&
	    (ev->type == TR_kvm_timer_save_state || ev->type == TR_kvm_get_timer_map))
		return;
	replay_put_if_due(s, due - 1);
}

/* blocks: it sleeps; otherwise it was preempted. */
static void schedule_out(struct replay_state *s, size_t v, unsigned cpu, bool blocks)
{
	struct replay_track *t = &s->track[v];

	replay_put_if_due(s, v);
	t->scheduled_out = t->was_out = true;
	runner_on_cpu(t->run, cpu);
	REPLAY_TELL(s, v, state, blocks ? VC_BLOCKED : VC_RUNNABLE);
	t->put_due = cpu + 1;
	s->put_due[cpu] = (uint32_t)v + 1;
	s->out->trace.sched_outs++;
}

/* The vCPU goes on in another place than it was: the trace has no sched_switch events. */
static void infer_sched_out(struct replay_state *s, size_t v, const struct tr_event *ev)
{
	struct replay_track *t = &s->track[v];

	if (t->user || t->was_out || t->run->cpu == ev->cpu)
		return;
	s->out->trace.sched_outs++;
	s->out->trace.inferred++;
	replay_put(s, v);
}

/* The vCPU enters the guest: what happened since its exit is known now. */
static void see_entry(struct replay_state *s, const struct tr_event *ev)
{
	size_t v = vcpu_of(s, ev);
	struct replay_track *t = &s->track[v];

	if (t->in_guest) {
		s->out->trace.lost_exits++;
		return;
	}
	replay_put_if_due(s, v);
	if (t->have_exit) {
		infer_sched_out(s, v, ev);
		if (!t->user)
			t->kind = replay_kernel_kind(t);
		runner_on_cpu(t->run, ev->cpu);
		replay_load_if_due(s, v);
		replay_until(s, v, exit_row(t->kind)->n);
		replay_settle(s, v, t->kind);
	} else {
		runner_on_cpu(t->run, ev->cpu);
		replay_whole(s, v, EXIT_FOR_first_run);
	}
	t->in_guest = t->in_run = true;
	t->scheduled_out = t->timer_fired = false;
	t->entry_ns = ev->ts_ns;
	if (s->opt->loads != NULL && s->opt->loads->trap == NULL && t->load < s->opt->loads->n &&
	    (s->opt->from[0] == '\0' || s->before.exec != NULL))
		s->opt->loads->entries[t->load]++;
	maybe_fp(s, v);
}

static void see_exit(struct replay_state *s, const struct tr_event *ev)
{
	size_t v = vcpu_of(s, ev);
	struct replay_track *t = &s->track[v];

	if (!t->in_guest) { /* the trace begins, or lost its entry, inside a residency */
		s->out->trace.lost_entries++;
		return;
	}
	t->in_guest = t->timer_woke = false;
	t->have_exit = true;
	runner_on_cpu(t->run, ev->cpu);
	t->exit_ns = ev->ts_ns;
	REPLAY_TELL(s, v, exit, EXIT_COUNT);
	REPLAY_TELL(s, v, state, VC_HOST);
	s->out->n.exits++;
	s->out->vcpu[v].n.exits++;
	t->guest_ns = ev->ts_ns >= t->entry_ns ? ev->ts_ns - t->entry_ns : 0;
	s->out->vcpu[v].guest_ns += t->guest_ns;
	switch (REPLAY_ARG(ev, kvm_exit, ret)) {
	case EXIT_RET_IRQ:
		t->kind = t->timer_fired ? EXIT_FOR_guest_timer : EXIT_FOR_irq;
		break;
	case EXIT_RET_SERROR:
		t->kind = EXIT_FOR_serror;
		break;
	default:
		t->kind = exit_of_class(REPLAY_ARG(ev, kvm_exit, esr_ec));
	}
	t->doubt.first = t->doubt.base = t->kind;
	t->doubt.ec = REPLAY_ARG(ev, kvm_exit, esr_ec);
	t->doubt.no_class = ev->absent != 0;
}

/* The exit goes to the VMM: run its sequence up to vcpu_put. */
static void leave_to_user(struct replay_state *s, size_t v, const struct tr_event *ev)
{
	struct replay_track *t = &s->track[v];
	bool put_before;

	infer_sched_out(s, v, ev);
	replay_load_if_due(s, v);
	put_before = t->next > 1;
	if (put_before)
		replay_until(s, v, replay_find_phase(t, PHASE_ENTER));
	t->kind = replay_user_kind(t);
	t->user = true;
	if (put_before) {
		t->next = 1;
		t->next = replay_find_phase(t, PHASE_PUT);
	}
	runner_on_cpu(t->run, ev->cpu);
	replay_until(s, v, replay_find_phase(t, PHASE_PUT) + 1);
	REPLAY_TELL(s, v, state, VC_USER);
	s->out->n.user_exits++;
	s->out->vcpu[v].n.user_exits++;
}

/* KVM_RUN ends. */
static void see_userspace_exit(struct replay_state *s, const struct tr_event *ev)
{
	size_t v = vcpu_of(s, ev);
	struct replay_track *t = &s->track[v], before;

	replay_put_if_due(s, v);
	t->in_run = t->scheduled_out = false;
	if (t->in_guest) {
		s->out->trace.lost_exits++;
		t->in_guest = false;
		return;
	}
	if (t->have_exit && !t->user) {
		leave_to_user(s, v, ev);
		return;
	}
	/* It came back without entering the guest: vcpu_load and vcpu_put, and the earlier exit still waits. */
	if (s->sigs != NULL)
		sigs_suspend(s->sigs, v);
	before = *t;
	replay_forget(t);
	t->doubt.apart = true;
	runner_on_cpu(t->run, ev->cpu);
	replay_whole(s, v, EXIT_FOR_run_returns);
	*t = before;
	if (s->sigs != NULL)
		sigs_resume(s->sigs, v);
}

static enum exit_kind kind_of_access(const struct tr_event *ev)
{
	return exit_of_sysreg((unsigned)REPLAY_ARG(ev, kvm_sys_access, Op0), (unsigned)REPLAY_ARG(ev, kvm_sys_access, Op1),
			      (unsigned)REPLAY_ARG(ev, kvm_sys_access, CRn), (unsigned)REPLAY_ARG(ev, kvm_sys_access, CRm),
			      (unsigned)REPLAY_ARG(ev, kvm_sys_access, Op2));
}

bool replay_is_sgi(const struct tr_event *ev)
{
	return exit_row(kind_of_access(ev))->class == XC_SGI;
}

/* Details that the handler of an exit tells. */
static void see_detail(struct replay_state *s, const struct tr_event *ev)
{
	size_t v = replay_find(s, ev->pid);
	struct replay_track *t;

	if (v == SIZE_MAX)
		return;
	t = &s->track[v];
	if (!t->have_exit || t->user || t->next != 0)
		return;
	switch ((enum tr_type)ev->type) {
	case TR_kvm_hvc_arm64:
		t->kind = exit_of_hvc(REPLAY_ARG(ev, kvm_hvc_arm64, r0));
		break;
	case TR_kvm_sys_access:
		t->kind = kind_of_access(ev);
		if (exit_row(t->kind)->class == XC_SGI)
			replay_send_sgi(s, v, ev);
		break;
	case TR_kvm_wfx_arm64:
		t->kind = REPLAY_ARG(ev, kvm_wfx_arm64, is_wfe) != 0 ? EXIT_FOR_wfe : EXIT_FOR_wfi_goes_on;
		break;
	case TR_kvm_guest_fault:
		t->kind = exit_of_fault(REPLAY_ARG(ev, kvm_guest_fault, hsr));
		t->doubt.hsr = REPLAY_ARG(ev, kvm_guest_fault, hsr);
		t->mmio_write = (REPLAY_ARG(ev, kvm_guest_fault, hsr) >> 6 & 1) != 0;
		break;
	case TR_kvm_mmio:
		t->mmio = true;
		t->mmio_write = REPLAY_ARG(ev, kvm_mmio, type) == 2; /* KVM_TRACE_MMIO_WRITE */
		break;
	default:
		return;
	}
	t->doubt.told |= ev->type != TR_kvm_mmio && ev->absent == 0;
	t->doubt.base = t->kind;
}

/* The switch itself, and the idle task if that is next, for a vCPU thread that it leaves or goes to. */
static void switch_threads(struct replay_state *s, const struct tr_event *ev, size_t prev, size_t next)
{
	static const struct exit_step to_other = { false, COMP_thread_switch, 0, false };
	static const struct exit_step to_idle = { false, COMP_thread_switch, CND(TO_IDLE), false };
	static const struct exit_step idle = { false, COMP_idle_enter, 0, false };
	bool next_idle = REPLAY_ARG(ev, sched_switch, next_pid) == 0;
	bool any_idle = next_idle || REPLAY_ARG(ev, sched_switch, prev_pid) == 0;
	size_t v = prev != SIZE_MAX ? prev : next;
	struct smp_at at = { ev->ts_ns, ev->cpu, next != SIZE_MAX ? (unsigned)next : SMP_NOBODY };

	WATCH(s->watchers, thread, &at, prev != SIZE_MAX ? (unsigned)prev : SMP_NOBODY);
	replay_step(s, v, any_idle ? &to_idle : &to_other, any_idle ? CND(TO_IDLE) : 0);
	if (next_idle)
		replay_step(s, v, &idle, 0);
}

static void see_sched_switch(struct replay_state *s, const struct tr_event *ev)
{
	size_t prev = replay_find(s, (int32_t)REPLAY_ARG(ev, sched_switch, prev_pid));
	size_t next = replay_find(s, (int32_t)REPLAY_ARG(ev, sched_switch, next_pid));

	if (prev == SIZE_MAX && next == SIZE_MAX)
		return;
	switch_threads(s, ev, prev, next);
	if (prev != SIZE_MAX && s->track[prev].in_run && s->track[prev].have_exit && !s->track[prev].scheduled_out)
		schedule_out(s, prev, ev->cpu, (REPLAY_ARG(ev, sched_switch, prev_state) & 3) != 0);
	if (next != SIZE_MAX) {
		replay_put_if_due(s, next);
		s->track[next].scheduled_out = false;
		WATCH(s->watchers, state, (&(struct smp_at){ ev->ts_ns, ev->cpu, (unsigned)next }),
			 s->track[next].in_run ? VC_HOST : VC_USER);
	}
}

/* A marker of the recording: from here on it counts, or here it ends. */
static void see_marker(struct replay_state *s, const struct tr_event *ev)
{
	const char *text = tr_string(s->trace, (uint32_t)REPLAY_ARG(ev, print, buf));

	if (s->opt->to[0] != '\0' && strcmp(text, s->opt->to) == 0)
		s->ended = true;
	if (s->opt->from[0] == '\0' || strcmp(text, s->opt->from) != 0)
		return;
	outcome_mark(&s->before, s->out, s->runner);
	outcome_restart(s->out);
	if (s->sigs != NULL)
		sigs_mark(s->sigs);
	if (s->bounds != NULL)
		bounds_restart(s->bounds);
	for (size_t v = 0; v < s->out->n_vcpu; v++)
		replay_forget(&s->track[v]);
	s->out->trace.first_ns = ev->ts_ns;
	replay_add_watchers(s, false);
}

/* What one event means. */
static void see(struct replay_state *s, const struct tr_event *ev)
{
	put_due_here(s, ev);
	switch ((enum tr_type)ev->type) {
	case TR_kvm_entry:
		see_entry(s, ev);
		break;
	case TR_kvm_exit:
		see_exit(s, ev);
		break;
	case TR_kvm_userspace_exit:
		see_userspace_exit(s, ev);
		break;
	case TR_sched_switch:
		see_sched_switch(s, ev);
		break;
	case TR_kvm_timer_save_state:
		replay_see_timer(s, ev, REPLAY_ARG(ev, kvm_timer_save_state, ctl),
			 REPLAY_ARG(ev, kvm_timer_save_state, timer_idx));
		break;
	case TR_kvm_timer_restore_state:
		replay_see_timer(s, ev, REPLAY_ARG(ev, kvm_timer_restore_state, ctl),
			 REPLAY_ARG(ev, kvm_timer_restore_state, timer_idx));
		break;
	case TR_kvm_timer_update_irq:
		replay_see_timer_irq(s, ev);
		break;
	case TR_kvm_get_timer_map:
		replay_learn_index(s, ev, REPLAY_ARG(ev, kvm_get_timer_map, vcpu_id));
		break;
	case TR_vgic_update_irq_pending:
		replay_see_irq_pending(s, ev);
		break;
	case TR_sched_waking:
		replay_see_waking(s, ev);
		break;
	case TR_kvm_vcpu_wakeup:
		replay_see_wakeup(s, ev);
		break;
	case TR_print:
		see_marker(s, ev);
		break;
	case TR_kvm_hvc_arm64:
	case TR_kvm_sys_access:
	case TR_kvm_wfx_arm64:
	case TR_kvm_guest_fault:
	case TR_kvm_mmio:
		see_detail(s, ev);
		break;
	default:
		break;
	}
}

/* Memory is bounded: a thread more than there can be vCPUs. */
static bool too_many(struct replay_state *s, const struct tr_event *ev)
{
	return s->out->n_vcpu == REPLAY_VCPUS_MAX && replay_find(s, ev->pid) == SIZE_MAX &&
	       (ev->type == TR_kvm_entry || ev->type == TR_kvm_exit || ev->type == TR_kvm_userspace_exit);
}

int replay_events(struct replay_state *s, const struct tr_event *ev, unsigned n, struct err *e)
{
	struct outcome_trace *t = &s->out->trace;

	for (const struct tr_event *end = ev + n; ev < end && !s->ended; ev++) {
		s->now_ns = ev->ts_ns;
		if (t->last_ns == 0)
			t->first_ns = ev->ts_ns;
		t->last_ns = ev->ts_ns;
		if (too_many(s, ev))
			return err_set(e, ERR_INPUT, "the trace has more than %d vCPU threads: cut it into parts", REPLAY_VCPUS_MAX);
		see(s, ev);
	}
	return s->ended ? 0 : 1;
}

