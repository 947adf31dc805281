/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a vCPU thread does on its pCPU: kvm_arch_vcpu_ioctl_run with its exits, WFI, the VMM, and
 * the scheduler around it.
 */
#include "models/hyp/host/code.h"
#include "models/hyp/host/smp_impl.h"

static smp_next_fn go_idle, user_resume, handle_on;
static void switch_to(struct smp *m, struct smp_cpu *c, struct smp_vcpu *v);

/* The thread leaves its pCPU, asleep or not. */
void smp_off_cpu(struct smp_cpu *c, enum smp_state state, enum smp_resume resume)
{
	struct smp_vcpu *v = c->curr;

	smp_set_state(c, v, state);
	v->resume = resume;
	v->since = smp_now(c->m);
	c->curr = NULL;
}

/* ---- guest entry and exit ---- */

static void add_path(struct outcome_path *sum, const struct outcome_path *more)
{
	sum->insns += more->insns;
	sum->cycles += more->cycles;
}

/* The measured part of the kernel's way to handle the exit. */
static void charge_path(struct smp_cpu *c, struct smp_vcpu *v, const struct outcome_path *path)
{
	TELL(c, v, ran, &(struct smp_ran){PHASE_HANDLE, COMP_COUNT, path->cycles, NULL});
	smp_takes(c, v, path->cycles);
	add_path(&v->measured, path);
	add_path(&c->m->out.clock->path, path);
}

/* act: the guest's own; NULL: an interrupt. */
static void begin_exit(struct smp_cpu *c, enum exit_kind kind, const struct guest_act *act)
{
	struct smp_vcpu *v = c->curr;

	v->kind = kind;
	v->act = act;
	TELL(c, v, exit, kind);
	smp_set_state(c, v, VC_HOST);
	v->in_exit = true;
	v->exit_at = smp_now(c->m);
	v->slept = 0;
	smp_rested(v, v->exit_at > v->entered_at ? v->exit_at - v->entered_at : 0);
	COUNT(v, exits);
	smp_charge(c, PHASE(EXIT));
	v->resident += v->exit_at + c->busy - v->entered_at;
	runner_handlers(c->m->runner, v->run, kind, false);
	runner_lrs(v->run, 0);
	if (code_of(v) != NULL)
		code_leave(c, v);
	if (c->m->path != NULL)
		charge_path(c, v, &c->m->path[kind]);
}

static void settle(struct smp *m, struct smp_vcpu *v)
{
	struct outcome_kind *k = &m->out.kind[v->kind];

	TELL(v->cpu, v, handled, v->kind, v->exit_at);
	k->count++;
	if (code_of(v) != NULL)
		code_settle(v);
	ws_totals_sum(&k->totals, &v->pending);
	add_path(&k->path, &v->measured);
	v->pending = (struct ws_totals){0};
	v->measured = (struct outcome_path){0};
	v->switched = v->switched_milli = v->in_vmm = 0;
}

/* The next thing that the guest does, if the last one is done. */
static void guest_acts(struct smp *m, struct smp_cpu *c)
{
	struct smp_vcpu *v = c->curr;
	struct code_cpu *code = code_of(v);

	if (v->left == 0) {
		if (code != NULL)
			code_prepare(v);
		v->left = guest_next(&v->guest)->cycles;
		if (code != NULL)
			code_rearm(v, smp_now(m) + v->left);
	}
	smp_mode(c, CPU_GUEST, smp_now(m) + v->left);
}

static void guest_runs(struct smp *m, struct smp_cpu *c)
{
	struct smp_vcpu *v = c->curr;

	if (v->in_exit)
		smp_latency(m, LAT_HANDLING, v->exit_at + v->slept);
	v->in_exit = false;
	v->cold = false;
	settle(m, v);
	guest_acts(m, c);
}

/* First use of FP: a trap to EL2 and back, within the residency. */
static void guest_entered(struct smp *m, struct smp_cpu *c)
{
	struct smp_vcpu *v = c->curr;

	if (!guest_uses_fp(&v->guest) || !runner_needs_fp(m->runner, v->run)) {
		guest_runs(m, c);
		return;
	}
	COUNT(v, fp_traps);
	smp_charge(c, PHASE(LAZY));
	smp_busy(c, guest_runs);
}

/* The same of a guest that executes: it got there. */
static void fp_loaded(struct smp *m, struct smp_cpu *c)
{
	(void)code_complete(c, c->curr);
	guest_acts(m, c);
}

static void inject(struct smp *m, struct smp_cpu *c, struct smp_vcpu *v)
{
	static const enum outcome_latency lat[SRC_COUNT] = {LAT_TIMER, LAT_SGI, LAT_DEVICE};
	uint64_t have = (uint64_t)m->prog->config.machine->list_registers;
	unsigned n = 0;

	for (unsigned s = 0; s < SRC_COUNT && n < have; s++) {
		if ((v->irqs >> s & 1) == 0)
			continue;
		v->irqs &= ~(1u << s);
		TELL(c, v, irq, SMP_IRQ_INJECT, (enum smp_source)s, SMP_NOBODY);
		smp_latency(m, lat[s], v->irq_at[s]);
		COUNT(v, injected);
		n++;
	}
	if (code_of(v) != NULL) {
		n = code_enter(c, v); /* and what was there before */
		v->irqs = 0;
	}
	runner_lrs(v->run, n);
	for (unsigned k = 0; k < n; k++)
		m->out.lr_used[k]++;
}

/* schedule(): the thread picked takes over, if there is none the idle task. */
void smp_switch_over(struct smp *m, struct smp_cpu *c)
{
	struct sched_ent *t = c->picked;

	c->picked = NULL;
	c->resched = false;
	if (t != NULL)
		switch_to(m, c, container_of(t, struct smp_vcpu, ent));
	else
		go_idle(m, c);
}

/* The vCPU thread is put off its pCPU: it could go on. */
static void preempted(struct smp *m, struct smp_cpu *c)
{
	struct smp_vcpu *v = c->curr;

	COUNT(v, preemptions);
	smp_off_cpu(c, VC_RUNNABLE, v->state == VC_USER ? RESUME_USER : RESUME_LOOP);
	m->sched->ops->enqueue(m->sched, &v->ent, c->id, false);
	smp_switch_over(m, c);
}

/* schedule(), asked for by an interrupt: it may find that nobody waits any more. */
static void preempt(struct smp *m, struct smp_cpu *c)
{
	bool loaded = c->curr->state != VC_USER;

	c->resched = false;
	if (m->sched->ops->waiting(m->sched, c->id) == 0) {
		(loaded ? smp_loop_check : user_resume)(m, c);
		return;
	}
	c->picked = m->sched->ops->pick(m->sched, c->id);
	if (loaded) {
		smp_charge(c, STEP_X(perf_task_sched, VPMU_EVENT));
		smp_charge(c, PHASE(PUT));
	}
	smp_busy(c, preempted);
}

/* kvm_arch_vcpu_ioctl_run, before each guest entry. */
void smp_loop_check(struct smp *m, struct smp_cpu *c)
{
	struct smp_vcpu *v = c->curr;

	if (c->irqs != 0) {
		smp_take_irq(c, smp_loop_check);
	} else if (c->resched) {
		smp_charge(c, STEP(sched_preempt));
		smp_busy(c, preempt);
	} else if (code_of(v) != NULL && code_is_off(v)) {
		code_sleep(c);
	} else {
		inject(m, c, v);
		TELL(c, v, enter, v->run->lrs);
		smp_set_state(c, v, VC_GUEST);
		smp_charge(c, PHASE(ENTER));
		smp_busy(c, guest_entered);
		v->entered_at = c->since;
	}
}

/* ---- exits that the guest causes ---- */

/* First vCPU of a VM, or one past the last VM's last: vcpu_init gives vCPU i to VM i * vms / vcpus. */
static unsigned first_of_vm(const struct smp *m, uint64_t vm)
{
	const uint64_t vms = (uint64_t)m->o.vms;

	return (unsigned)((vm * m->n_vcpu + vms - 1) / vms);
}

static void send_sgi(struct smp *m, struct smp_cpu *c)
{
	struct smp_vcpu *v = c->curr;
	const unsigned first = first_of_vm(m, v->vm), n = first_of_vm(m, (uint64_t)v->vm + 1) - first;
	const unsigned self = v->id - first;

	for (int64_t i = 0; i < v->guest.w->ipi_targets; i++) {
		unsigned to = n == 1 ? 0 : (unsigned)guest_below(&v->guest, STREAM_TARGET, n - 1);

		to = first + to + (n > 1 && to >= self);
		COUNT(v, sgis);
		TELL_NOW(c, v, irq, SMP_IRQ_SEND, SRC_SGI, to);
		smp_deliver(c, &m->vcpu[to], SRC_SGI, smp_now(m));
	}
	smp_loop_check(m, c);
}

/* The access reaches its device now. */
static void ask_device(struct smp_vcpu *v)
{
	struct smp_access a = {v, v->kind, false, exit_is_user(v->kind)};
	uint64_t cycles;

	(void)exit_is_mmio(v->kind, &a.write);
	v->dev_wanted = false;
	v->dev_until = SK_NEVER;
	cycles = v->m->bus->access(v->m->bus->ctx, &a);
	if (cycles != SMP_UNANSWERED)
		v->dev_until = smp_now(v->m) + cycles;
}

static void user_resume(struct smp *m, struct smp_cpu *c)
{
	struct smp_vcpu *v = c->curr;

	if (c->resched) {
		smp_charge(c, STEP(sched_preempt));
		smp_busy(c, preempt);
		return;
	}
	smp_set_state(c, v, VC_USER);
	if (v->dev_wanted)
		ask_device(v);
	v->dev_wait = v->dev_until > smp_now(m);
	smp_mode(c, CPU_USER, v->dev_wait ? v->dev_until : smp_now(m) + v->user_left);
}

/* True before the step that follows an access in the kernel: io_mem_abort is on the way to it. */
static bool kernel_asks(const struct smp_vcpu *v, const struct exit_step *s)
{
	return v->dev_wanted && !exit_is_user(v->kind) &&
	       (s->is_phase || s->id != COMP_mmio_abort);
}

/* The pCPU stalls on the access that the kernel makes for the guest. */
static void kernel_access(struct smp *m, struct smp_cpu *c)
{
	ask_device(c->curr);
	if (c->curr->dev_until == smp_now(m)) {
		handle_on(m, c);
		return;
	}
	c->mode = CPU_BUSY;
	c->next = handle_on;
	if (c->curr->dev_until != SK_NEVER)
		smp_due_at(c, c->curr->dev_until);
}

bool smp_answer(struct smp_vcpu *v, uint64_t cycles)
{
	struct smp_cpu *c = v->cpu;

	if (v->dev_until != SK_NEVER)
		return false;
	v->dev_until = smp_now(v->m) + cycles;
	if (c->curr != v)
		return true; /* it sees when it runs again */
	if (c->mode == CPU_BUSY ? c->next == handle_on : v->dev_wait && c->irqs == 0)
		smp_due_at(c, v->dev_until);
	return true;
}

/* Steps of the exit's sequence up to the device, the VMM or the next entry. */
void smp_handle(struct smp_cpu *c, unsigned from)
{
	struct smp_vcpu *v = c->curr;
	const struct exit_row *row = exit_row(v->kind);

	for (v->step = from;; v->step++) {
		const struct exit_step *s = &row->step[v->step];

		if (kernel_asks(v, s)) {
			smp_busy(c, kernel_access);
			return;
		}
		if (exit_step_is(s, PHASE_ENTER))
			break;
		smp_charge(c, *s);
		if (s->is_phase || s->id != COMP_host_ret_to_user)
			continue;
		v->step++;
		COUNT(v, user_exits);
		smp_set_state(c, v, VC_USER);
		v->user_left = clk_cycle(&c->m->clk, v->guest.act.user_ns * 1000);
		smp_busy(c, user_resume);
		return;
	}
	smp_busy(c, smp_loop_check);
}

static void handle_on(struct smp *m, struct smp_cpu *c)
{
	(void)m;
	smp_handle(c, c->curr->step);
}

static void user_done(struct smp_cpu *c)
{
	smp_set_state(c, c->curr, VC_HOST);
	runner_handlers(c->m->runner, c->curr->run, c->curr->kind, true);
	if (code_of(c->curr) != NULL && c->curr->act != NULL && c->curr->in_exit)
		code_handled(c->m, c, c->curr->step);
	else
		smp_handle(c, c->curr->step);
}

void smp_user_stops(struct smp *m, struct smp_cpu *c, uint64_t ran)
{
	struct smp_vcpu *v = c->curr;

	v->in_vmm += ran;
	if (!v->dev_wait)
		v->user_left -= ran;
	if (c->irqs != 0)
		smp_take_irq(c, user_resume);
	else if (v->dev_wait)
		user_resume(m, c);
	else
		user_done(c);
}

static void own_exit(struct smp_cpu *c, const struct guest_act *act)
{
	const bool code = code_of(c->curr) != NULL;
	bool write;

	begin_exit(c, act->kind, act);
	if (code && exit_row(act->kind)->class == XC_WFI)
		(void)code_complete(c, c->curr);
	if (code && exit_row(act->kind)->class == XC_SGI) {
		smp_busy(c, code_sgi);
	} else if (code && exit_row(act->kind)->class != XC_WFI && !exit_is_user(act->kind)) {
		smp_busy(c, code_handle);
	} else if (exit_row(act->kind)->class == XC_WFI) {
		smp_charge(c, STEP(wfi_vgic_put));
		smp_charge(c, STEP(halt_clock));
		smp_busy(c, smp_halt);
	} else if (exit_row(act->kind)->where == XAT_REMOTE) {
		smp_busy(c, send_sgi);
	} else {
		c->curr->dev_wanted = c->m->bus != NULL && exit_is_mmio(act->kind, &write);
		smp_handle(c, 1);
	}
}

/* The IRQ exit is handled: interrupts are enabled for a moment, then the loop goes on. */
static void irq_window(struct smp *m, struct smp_cpu *c)
{
	(void)m;
	smp_charge(c, STEP(irq_window));
	smp_busy(c, smp_loop_check);
}

/* A slice of code is over without an exit. */
static void guest_goes_on(struct smp *m, struct smp_cpu *c)
{
	if (code_yields(c, c->curr))
		sk_notify_delta(&m->k, &c->due);
	else
		guest_acts(m, c);
}

void smp_guest_stops(struct smp_cpu *c, uint64_t ran)
{
	static const enum exit_kind kinds[IRQ_COUNT] = {[IRQ_TICK] = EXIT_FOR_irq,
							[IRQ_VTIMER] = EXIT_FOR_guest_timer,
							[IRQ_KICK] = EXIT_FOR_kicked,
							[IRQ_BG] = EXIT_FOR_irq,
							[IRQ_DEV] = EXIT_FOR_irq};
	struct smp_vcpu *v = c->curr;

	v->left -= ran;
	if (c->irqs != 0) {
		/* the interrupt wins: the instruction that exits is still to come */
		v->left += v->left == 0;
		begin_exit(c, kinds[__builtin_ctz(c->irqs)], NULL);
		smp_take_irq(c, irq_window);
	} else if (v->guest.act.dead) {
		code_dies(c);
	} else if (v->guest.act.more) {
		guest_goes_on(c->m, c);
	} else if (exit_row(v->guest.act.kind)->where == XAT_EL2) {
		if (v->guest.act.kind == EXIT_FOR_first_pauth) {
			smp_charge(c, STEP_X(ptrauth_trap, SYNC));
		} else {
			COUNT(v, fp_traps);
			smp_charge(c, PHASE(LAZY));
		}
		smp_busy(c, fp_loaded);
	} else {
		own_exit(c, &v->guest.act);
	}
}

/* ---- threads ---- */

static void idle(struct smp *m, struct smp_cpu *c)
{
	if (c->irqs == 0 && m->sched->ops->waiting(m->sched, c->id) != 0)
		smp_pick_next(m, c);
	else
		smp_mode(c, CPU_IDLE, SK_NEVER);
}

static void go_idle(struct smp *m, struct smp_cpu *c)
{
	c->resched = false;
	m->idle[c->id] = true;
	if (c->last != NULL) {
		TELL(c, NULL, thread, c->last->id);
		smp_charge_to(c, c->last, STEP_X(thread_switch, TO_IDLE));
	}
	c->last = NULL;
	smp_charge(c, STEP(idle_enter));
	smp_busy(c, idle);
}

/* The thread has a pCPU: back to where it was. */
static void resume(struct smp *m, struct smp_cpu *c)
{
	struct smp_vcpu *v = c->curr;

	switch (v->resume) {
	case RESUME_USER:
		smp_busy(c, user_resume);
		return;
	case RESUME_FIRST:
		v->kind = EXIT_FOR_first_run;
		smp_charge(c, STEP(host_svc_entry));
		smp_charge(c, STEP(host_ioctl));
		break;
	default:
		break;
	}
	if (v->resume == RESUME_HALT)
		smp_rested(v, v->slept);
	if (v->resume != RESUME_FIRST)
		smp_charge(c, STEP_X(perf_task_sched, VPMU_EVENT));
	smp_charge(c, PHASE(LOAD));
	if (v->resume == RESUME_HALT) {
		smp_end_wait(m, c, true);
		smp_charge(c, STEP(halt_clock));
		smp_charge(c, STEP(wfi_vgic_load));
	}
	smp_busy(c, smp_loop_check);
}

static void switch_to(struct smp *m, struct smp_cpu *c, struct smp_vcpu *v)
{
	bool from_idle = c->last == NULL, started = v->resume != RESUME_FIRST;

	v->o->time[TIME_STEAL] += smp_now(m) - v->since;
	v->slept += smp_now(m) - v->since;
	if (v->cpu != c)
		COUNT(v, migrations);
	if (v->woke)
		smp_latency(m, LAT_WAKE, v->since);
	v->cpu = c;
	c->curr = v;
	smp_set_state(c, v, v->resume == RESUME_USER ? VC_USER : VC_HOST);
	runner_on_cpu(v->run, c->id);
	if (v->woke && v->woke_remote)
		smp_charge(c, STEP(sched_wake));
	if (v->woke)
		smp_charge(c, STEP(sched_pick));
	v->woke = false;
	if (c->last != v) {
		TELL(c, v, thread, from_idle ? SMP_NOBODY : c->last->id);
		smp_charge_to(c, from_idle ? (started ? v : NULL) : c->last,
			      from_idle ? STEP_X(thread_switch, TO_IDLE) : STEP(thread_switch));
	}
	c->last = v;
	resume(m, c);
}

void smp_pick_next(struct smp *m, struct smp_cpu *c)
{
	struct sched_ent *t = m->sched->ops->pick(m->sched, c->id);

	c->was_idle = false;
	if (t == NULL) {
		go_idle(m, c);
		return;
	}
	c->resched = false;
	m->idle[c->id] = false;
	switch_to(m, c, container_of(t, struct smp_vcpu, ent));
}
