/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a pCPU does: components and where their time goes, interrupts. They wait while the kernel
 * runs and are taken before the next guest entry.
 */
#include "models/hyp/host/code.h"
#include "models/hyp/host/smp_impl.h"

static smp_next_fn irq_done;

/* ---- observers ---- */

void smp_set_state(struct smp_cpu *c, struct smp_vcpu *v, enum smp_state state)
{
	if (v->state != state)
		TELL(c, v, state, state);
	v->state = state;
}

static void set_mode(struct smp_cpu *c, enum smp_mode mode)
{
	const struct smp_at at = {smp_now(c->m), c->id, c->curr != NULL ? c->curr->id : SMP_NOBODY};

	if (c->mode != mode)
		WATCH(c->m->watchers, mode, &at, mode);
	c->mode = mode;
}

/* ---- components and their cycles ---- */

/* Run-time state of a step: the kind's, but timers and list registers are the machine's own. */
static uint64_t state_of(const struct smp_vcpu *v, const struct exit_step *s)
{
	uint64_t state = v != NULL ? exit_row(v->kind)->state : 0;

	state &= ~(CND(VTIMER_ON) | CND(PTIMER_ON) | CND(LRS) | CND(LR_LIVE));
	if (v != NULL && code_of(v) != NULL)
		state |= code_timers(v);
	else if (v != NULL && v->guest.w->timer_hz != 0)
		state |= CND(VTIMER_ON);
	if (v != NULL && (exit_step_is(s, PHASE_ENTER) || exit_step_is(s, PHASE_EXIT)))
		state |= v->run->lr_state | (code_of(v) != NULL ? code_residency(v, exit_step_is(s, PHASE_EXIT)) : 0);
	return exit_step_is(s, PHASE_LAZY)
		       ? (state & ~exit_row(v->kind)->state) | exit_row(EXIT_FOR_first_fp)->state
		       : (state | s->state) & ~(v != NULL && code_of(v) != NULL && !code_has_events(v) ? CND(VPMU_EVENT) : 0);
}

/* by: the pCPU that finds it out */
static void pend(struct smp_cpu *by, struct smp_vcpu *v, enum smp_source src, uint64_t at)
{
	if ((v->irqs >> src & 1) != 0)
		return; /* it is still waiting: one list register */
	TELL_NOW(by, v, irq, SMP_IRQ_PEND, src, SMP_NOBODY);
	v->irqs |= 1u << src;
	v->irq_at[src] = at;
	if (src == SRC_TIMER && code_of(v) != NULL)
		code_timer_pends(v);
}

bool smp_wants(const struct smp_vcpu *v)
{
	return v->irqs != 0 || (code_of(v) != NULL && code_pending(v));
}

void smp_rested(struct smp_vcpu *v, uint64_t cycles)
{
	struct smp *m = v->m;

	if (v->cold || m->o.cold_milli <= 1000 || smp_ns(m, cycles) < (uint64_t)m->o.cold_after_ns)
		return;
	v->cold = true;
	m->out.clock->cold.exits++;
}

void smp_takes(struct smp_cpu *c, const struct smp_vcpu *v, uint64_t cycles)
{
	uint64_t more;

	c->busy += cycles;
	if (v == NULL || !v->cold)
		return;
	c->cold_milli += cycles * (uint64_t)(c->m->o.cold_milli - 1000);
	more = c->cold_milli / 1000;
	c->cold_milli %= 1000;
	c->busy += more;
	c->m->out.clock->cold.cycles += more;
}

void smp_charge(struct smp_cpu *c, struct exit_step s)
{
	smp_charge_to(c, c->curr, s);
}

void smp_charge_to(struct smp_cpu *c, struct smp_vcpu *v, struct exit_step s)
{
	struct smp *m = c->m;
	const struct runner_bill to = {
		&m->out, v != NULL ? v->o : NULL, v != NULL ? &v->pending : &m->out.idle, m->watchers,
		m->watchers->first != NULL ? smp_here(c, v) : (struct smp_at){0}};
	bool lrs = v != NULL && (exit_step_is(&s, PHASE_ENTER) || exit_step_is(&s, PHASE_EXIT));
	const struct ws_totals *t = runner_charge(m->runner, v != NULL ? v->run : c->host, &to, &s,
						  state_of(v, &s), lrs ? v->run->lrs : 0);
	uint64_t cycles = 0;

	/* what is below a cycle waits for the next step */
	ws_cycles_add(&cycles, &c->busy_milli, t->cycles, t->milli, 1);
	smp_takes(c, v, cycles);
	c->busy_switch += s.is_phase ? cycles : 0;
	if (v != NULL && s.is_phase)
		ws_cycles_add(&v->switched, &v->switched_milli, t->cycles, t->milli, 1);
	if (v != NULL && code_of(v) != NULL && exit_step_is(&s, PHASE_LOAD))
		code_loaded(v);
	if (v != NULL && exit_step_is(&s, PHASE_PUT) && (c->irqs >> IRQ_VTIMER & 1) != 0) {
		/* the line goes with the vCPU */
		c->irqs &= ~(1u << IRQ_VTIMER);
		pend(c, v, SRC_TIMER, v->fired_at);
	}
}

void smp_due_at(struct smp_cpu *c, uint64_t cycle)
{
	struct smp *m = c->m;
	uint64_t ps = 0;
	struct err e;

	sk_cancel(&m->k, &c->due);
	if (clk_time(&m->clk, cycle, &ps, &e) != 0)
		sk_fail(&m->k, e.code, "%s", e.text);
	else
		sk_notify_at(&m->k, &c->due, ps);
}

void smp_busy(struct smp_cpu *c, smp_next_fn *next)
{
	set_mode(c, CPU_BUSY);
	c->since = smp_now(c->m);
	c->next = next;
	smp_due_at(c, c->since + c->busy);
}

/* A mode that an interrupt ends early. end: SK_NEVER if nothing else does. */
void smp_mode(struct smp_cpu *c, enum smp_mode mode, uint64_t end)
{
	set_mode(c, mode);
	c->since = smp_now(c->m);
	if (c->irqs != 0)
		sk_notify_delta(&c->m->k, &c->due);
	else if (end != SK_NEVER)
		smp_due_at(c, end);
	else
		sk_cancel(&c->m->k, &c->due);
}

void smp_raise(struct smp_cpu *c, enum smp_irq irq)
{
	c->irqs |= 1u << irq;
	if (c->mode != CPU_BUSY)
		sk_notify_delta(&c->m->k, &c->due);
}

/* ---- time ---- */

static void account(struct smp_cpu *c, enum outcome_time what, uint64_t cycles)
{
	c->time[what] += cycles;
	if (c->curr == NULL)
		return;
	c->curr->o->time[what] += cycles;
	(void)c->m->sched->ops->ran(c->m->sched, &c->curr->ent, cycles);
}

/* The mode is over: where did the time go? Returns its cycles. */
static uint64_t account_mode(struct smp_cpu *c)
{
	static const enum outcome_time what[] = {[CPU_IDLE] = TIME_IDLE,
					     [CPU_GUEST] = TIME_GUEST,
					     [CPU_POLL] = TIME_POLL,
					     [CPU_USER] = TIME_USER};
	uint64_t cycles = smp_now(c->m) - c->since;

	c->since += cycles;
	if (c->mode == CPU_BUSY) {
		/* at the simulation's end it may be cut short: the switch comes first */
		uint64_t part = c->busy_switch < cycles ? c->busy_switch : cycles;

		account(c, TIME_SWITCH, part);
		account(c, TIME_HANDLE, cycles - part);
		c->busy = c->busy_switch = 0;
	} else if (c->mode != CPU_OFF) {
		account(c, what[c->mode], cycles);
	}
	return cycles;
}

void smp_cpu_end(struct smp_cpu *c)
{
	(void)account_mode(c);
}

void smp_latency(struct smp *m, enum outcome_latency l, uint64_t from)
{
	hist_add(&m->out.clock->latency[l], smp_ns(m, smp_now(m) - from));
}

/* ---- interrupts of vCPUs ---- */

/* An interrupt to another pCPU. */
static void kick(struct smp_cpu *by, struct smp_cpu *to)
{
	TELL(by, to->curr, irq, SMP_IRQ_KICK, SRC_SGI, to->id);
	smp_charge(by, STEP(gic_send_sgi));
	smp_send_kick(to);
}

/* A sleeping thread could run; waker: the pCPU on which that is found out. */
void smp_wake(struct smp_cpu *waker, struct smp_vcpu *v)
{
	struct smp *m = waker->m;
	const struct sched_ops *ops = m->sched->ops;
	struct smp_cpu *to = &m->cpu[ops->place(m->sched, &v->ent, m->idle)];
	bool was_idle = m->idle[to->id];

	v->o->time[TIME_BLOCKED] += smp_now(m) - v->since;
	v->slept += smp_now(m) - v->since;
	v->since = smp_now(m);
	smp_set_state(waker, v, VC_RUNNABLE);
	TELL(waker, v, wake, to->id);
	v->woke = true;
	v->woke_remote = to != waker;
	if (code_of(v) != NULL && v->kind == EXIT_FOR_wfi_sleeps && (v->irqs & ~(1u << SRC_TIMER)) != 0)
		v->kind = EXIT_FOR_wfi_woken;
	ops->enqueue(m->sched, &v->ent, to->id, true);
	m->idle[to->id] = false;
	smp_charge(waker, to == waker ? STEP(sched_wake) : STEP(wake_remote));
	if (to->curr != NULL && ops->preempts(m->sched, &v->ent, &to->curr->ent))
		to->resched = true;
	else if (!was_idle && to->mode != CPU_POLL)
		return;
	if (to == waker)
		return; /* it looks for itself before it goes on */
	kick(waker, to);
}

/* A virtual interrupt becomes pending since cycle `at`; found out on this pCPU. */
void smp_deliver(struct smp_cpu *by, struct smp_vcpu *v, enum smp_source src, uint64_t at)
{
	pend(by, v, src, at);
	if (v->state == VC_BLOCKED) {
		smp_wake(by, v);
	} else if (v->state == VC_GUEST && v->cpu != by) {
		kick(by, v->cpu);
	} else if (v->state == VC_POLL && v->cpu->mode == CPU_POLL) {
		sk_notify_delta(&v->m->k, &v->cpu->due);
	}
}

/* The timer's line stays asserted until the guest deals with it: of several deadlines the first
 * counts. */
void smp_timer_fires(struct smp_vcpu *v, uint64_t deadline)
{
	const struct smp_at at = {deadline, v->cpu->id, v->id};

	WATCH(v->m->watchers, irq, &at, SMP_IRQ_EXPIRE, SRC_TIMER, SMP_NOBODY);
	if (v->state == VC_BLOCKED) {
		if (!list_empty(&v->bg))
			return;
		v->fired_at = deadline;
		list_add_tail(&v->cpu->bg, &v->bg);
		smp_raise(v->cpu, IRQ_BG);
	} else if (v->state != VC_RUNNABLE && runner_loaded(v->run)) { /* what waits for a pCPU was put */
		if ((v->cpu->irqs >> IRQ_VTIMER & 1) == 0)
			v->fired_at = deadline;
		smp_raise(v->cpu, IRQ_VTIMER);
	} else {
		pend(v->cpu, v, SRC_TIMER, deadline);
	}
}

/* ---- interrupts of pCPUs ---- */

/* kvm_bg_timer_expire looks at each of its timers that can fire. */
static struct exit_step background_timers(const struct smp_vcpu *v)
{
	struct exit_step s = STEP_X(bg_timer_expire, VTIMER_ON);

	if (code_of(v) != NULL)
		s.state = code_timers(v);
	return s;
}

static void charge_cause(struct smp_cpu *c, enum smp_irq irq)
{
	switch (irq) {
	case IRQ_TICK:
		smp_charge(c, STEP(timer_handler));
		smp_charge(c, STEP(set_next_event));
		break;
	case IRQ_BG:
		smp_charge(c, STEP(timer_handler));
		for (struct list *l = c->bg.next; l != &c->bg; l = l->next)
			smp_charge(c, background_timers(container_of(l, struct smp_vcpu, bg)));
		smp_charge(c, STEP(set_next_event));
		break;
	case IRQ_VTIMER:
		smp_charge(c, STEP(kvm_vtimer_irq));
		return; /* the guest deactivates it */
	default:
		break;
	}
	smp_charge(c, STEP(gic_deactivate));
}

/* Take the first pending interrupt; after: what goes on when none is pending any more. */
void smp_take_irq(struct smp_cpu *c, smp_next_fn *after)
{
	c->cause = (unsigned)__builtin_ctz(c->irqs);
	c->irqs &= c->irqs - 1;
	c->after_irq = after;
	smp_charge(c, STEP(irq_entry));
	if (c->was_idle)
		smp_charge(c, STEP(idle_irq_enter));
	smp_charge(c, STEP(gic_ack));
	charge_cause(c, (enum smp_irq)c->cause);
	smp_charge(c, STEP(irq_return));
	smp_busy(c, irq_done);
}

static void irq_done(struct smp *m, struct smp_cpu *c)
{
	struct list *l;

	switch ((enum smp_irq)c->cause) {
	case IRQ_TICK:
		if (c->curr != NULL && m->sched->ops->ran(m->sched, &c->curr->ent, 0))
			c->resched = true;
		break;
	case IRQ_VTIMER:
		if (c->curr != NULL)
			smp_deliver(c, c->curr, SRC_TIMER, c->curr->fired_at);
		break;
	case IRQ_BG:
		while (!list_empty(l = &c->bg)) {
			struct smp_vcpu *v = container_of(l->next, struct smp_vcpu, bg);

			list_del(&v->bg);
			smp_deliver(c, v, SRC_TIMER, v->fired_at);
		}
		break;
	case IRQ_DEV:
		while (!list_empty(l = &c->dev)) {
			struct smp_vcpu *v = container_of(l->next, struct smp_vcpu, dev);

			list_del(&v->dev);
			smp_deliver(c, v, SRC_DEVICE, v->dev_at);
		}
		break;
	default: /* a kick has done what it is for */
		break;
	}
	if (c->irqs != 0)
		smp_take_irq(c, c->after_irq);
	else
		c->after_irq(m, c);
}

static void idle_ends(struct smp_cpu *c)
{
	c->was_idle = true;
	if (c->irqs != 0)
		smp_take_irq(c, smp_pick_next);
	else
		smp_pick_next(c->m, c);
}

void smp_cpu_run(struct sk *k, struct sk_proc *self)
{
	struct smp_cpu *c = container_of(self, struct smp_cpu, proc);
	enum smp_mode mode = c->mode;
	uint64_t cycles = account_mode(c);

	(void)k;
	switch (mode) {
	case CPU_OFF:
		smp_pick_next(c->m, c);
		break;
	case CPU_BUSY:
		c->next(c->m, c);
		break;
	case CPU_IDLE:
		idle_ends(c);
		break;
	case CPU_GUEST:
		smp_guest_stops(c, cycles);
		break;
	case CPU_POLL:
		if (c->irqs != 0)
			smp_take_irq(c, smp_poll_on);
		else
			smp_poll_on(c->m, c);
		break;
	case CPU_USER:
		smp_user_stops(c->m, c, cycles);
		break;
	case SMP_MODE_COUNT:
		break;
	}
}
