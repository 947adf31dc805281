/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a pCPU does: the host kernel as a chain of functions. Each one charges the components that
 * run next, and names the function that goes on when their cycles are over; while the guest runs,
 * the VMM runs, the host polls or idles, an interrupt ends it early. Interrupts wait while the
 * kernel runs and are taken before the next guest entry.
 */
#include "models/hyp/smp.h"

#define STEP(comp)         ((struct exit_step){false, COMP_##comp, 0, false})
#define STEP_X(comp, cond) ((struct exit_step){false, COMP_##comp, CND(cond), false})
#define PHASE(phase)       ((struct exit_step){true, PHASE_##phase, 0, false})

static smp_next_fn loop_check, pick_next, irq_done;

/* ---- observers ---- */

/* What the pCPU does next begins when what it has settled so far is done. */
static struct smp_at here(const struct smp_cpu *c, const struct smp_vcpu *v)
{
	return (struct smp_at){smp_now(c->m) + c->busy, c->id, v != NULL ? v->id : SMP_NOBODY};
}

/* Tell the observers of something that this pCPU does for a vCPU (or NULL). */
#define TELL(c, v, hook, ...)                                                                      \
	do {                                                                                       \
		if ((c)->m->hooks != NULL) {                                                       \
			const struct smp_at at_ = here(c, v);                                      \
                                                                                                   \
			SMP_HOOK((c)->m->hooks, hook, &at_, __VA_ARGS__);                         \
		}                                                                                  \
	} while (0)

static void set_state(struct smp_cpu *c, struct smp_vcpu *v, enum smp_state state)
{
	if (v->state != state)
		TELL(c, v, state, state);
	v->state = state;
}

static void set_mode(struct smp_cpu *c, enum smp_mode mode)
{
	const struct smp_at at = {smp_now(c->m), c->id, c->curr != NULL ? c->curr->id : SMP_NOBODY};

	if (c->mode != mode)
		SMP_HOOK(c->m->hooks, mode, &at, mode);
	c->mode = mode;
}

/* ---- components and their cycles ---- */

/* Run-time state of a step: the kind's, but timers and list registers are the machine's own. */
static uint64_t state_of(const struct smp_vcpu *v, const struct exit_step *s)
{
	uint64_t state = v != NULL ? exit_row(v->kind)->state : 0;

	state &= ~(CND(VTIMER_ON) | CND(PTIMER_ON) | CND(LRS) | CND(LR_LIVE));
	if (v != NULL && v->guest.w->timer_hz != 0)
		state |= CND(VTIMER_ON);
	if (v != NULL && (exit_step_is(s, PHASE_ENTER) || exit_step_is(s, PHASE_EXIT)))
		state |= v->run->lr_state;
	return exit_step_is(s, PHASE_LAZY)
		       ? (state & ~exit_row(v->kind)->state) | exit_row(EXIT_fp_trap)->state
		       : state | s->state;
}

static void count_phase(struct smp *m, struct smp_vcpu *v, enum ws_phase phase)
{
	struct smp_counts *const n[] = {&m->n, &v->n};

	for (unsigned i = 0; i < 2; i++) {
		n[i]->loads += phase == PHASE_LOAD;
		n[i]->puts += phase == PHASE_PUT;
		n[i]->entries += phase == PHASE_ENTER;
		n[i]->exits += phase == PHASE_EXIT;
		n[i]->fp_traps += phase == PHASE_LAZY;
	}
}

#define COUNT(v, what) ((v)->n.what++, (v)->m->n.what++)

/* by: the pCPU that finds it out */
static void pend(struct smp_cpu *by, struct smp_vcpu *v, enum smp_source src, uint64_t at)
{
	if ((v->irqs >> src & 1) != 0)
		return; /* it is still waiting: one list register */
	TELL(by, v, irq, SMP_IRQ_PEND, src, SMP_NOBODY);
	v->irqs |= 1u << src;
	v->irq_at[src] = at;
}

/* Run a step for the pCPU's thread; its cycles are part of what cpu_busy takes. */
static void charge(struct smp_cpu *c, struct exit_step s)
{
	struct smp *m = c->m;
	struct smp_vcpu *v = c->curr;
	enum ws_phase phase = s.is_phase ? (enum ws_phase)s.id : PHASE_HANDLE;
	enum ws_comp comp = exit_step_comp(m->prog, &s);
	bool lrs = v != NULL && (exit_step_is(&s, PHASE_ENTER) || exit_step_is(&s, PHASE_EXIT));
	const struct ws_totals *t =
		runner_run(m->runner, v != NULL ? v->run : c->host, comp, state_of(v, &s),
			   lrs ? v->run->lrs : 0);

	TELL(c, v, ran, &(struct smp_ran){phase, comp, t->cycles, t});
	ws_totals_add(&m->total, t, 1);
	ws_totals_add(&m->phase[phase], t, 1);
	ws_totals_add(v != NULL ? &v->pending : &m->host, t, 1);
	c->busy += t->cycles;
	c->busy_switch += phase == PHASE_HANDLE ? 0 : t->cycles;
	if (v == NULL)
		return;
	ws_totals_add(&v->totals, t, 1);
	count_phase(m, v, phase);
	if (phase == PHASE_PUT && (c->irqs >> IRQ_VTIMER & 1) != 0) {
		/* the line goes with the vCPU */
		c->irqs &= ~(1u << IRQ_VTIMER);
		pend(c, v, SRC_TIMER, v->fired_at);
	}
}

/* The pCPU's event comes at this cycle, unless an interrupt comes first. */
static void due_at(struct smp_cpu *c, uint64_t cycle)
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

static void cpu_busy(struct smp_cpu *c, smp_next_fn *next)
{
	set_mode(c, CPU_BUSY);
	c->since = smp_now(c->m);
	c->next = next;
	due_at(c, c->since + c->busy);
}

/* A mode that an interrupt ends early. end: SK_NEVER if nothing else does. */
static void cpu_mode(struct smp_cpu *c, enum smp_mode mode, uint64_t end)
{
	set_mode(c, mode);
	c->since = smp_now(c->m);
	if (c->irqs != 0)
		sk_notify_delta(&c->m->k, &c->due);
	else if (end != SK_NEVER)
		due_at(c, end);
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

static void account(struct smp_cpu *c, enum smp_time what, uint64_t cycles)
{
	c->time[what] += cycles;
	if (c->curr == NULL)
		return;
	c->curr->time[what] += cycles;
	(void)c->m->sched->ops->ran(c->m->sched, &c->curr->ent, cycles);
}

/* The mode is over: where did the time go? Returns its cycles. */
static uint64_t account_mode(struct smp_cpu *c)
{
	static const enum smp_time what[] = {[CPU_IDLE] = SMP_IDLE,
					     [CPU_GUEST] = SMP_GUEST,
					     [CPU_POLL] = SMP_POLL,
					     [CPU_USER] = SMP_USER};
	uint64_t cycles = smp_now(c->m) - c->since;

	c->since += cycles;
	if (c->mode == CPU_BUSY) {
		/* at the simulation's end it may be cut short: the switch comes first */
		uint64_t part = c->busy_switch < cycles ? c->busy_switch : cycles;

		account(c, SMP_SWITCH, part);
		account(c, SMP_HANDLE, cycles - part);
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

/* The thread leaves its pCPU, asleep or not. */
static void off_cpu(struct smp_cpu *c, enum smp_state state, enum smp_resume resume)
{
	struct smp_vcpu *v = c->curr;

	set_state(c, v, state);
	v->resume = resume;
	v->since = smp_now(c->m);
	c->curr = NULL;
}

static void latency(struct smp *m, enum smp_latency l, uint64_t from)
{
	hist_add(&m->latency[l], smp_ns(m, smp_now(m) - from));
}

/* ---- interrupts of vCPUs ---- */

/* An interrupt to another pCPU. */
static void kick(struct smp_cpu *by, struct smp_cpu *to)
{
	TELL(by, to->curr, irq, SMP_IRQ_KICK, SRC_SGI, to->id);
	charge(by, STEP(gic_send_sgi));
	smp_raise(to, IRQ_KICK);
}

/* A sleeping thread could run; waker: the pCPU on which that is found out. */
static void wake(struct smp_cpu *waker, struct smp_vcpu *v)
{
	struct smp *m = waker->m;
	const struct sched_ops *ops = m->sched->ops;
	struct smp_cpu *to = &m->cpu[ops->place(m->sched, &v->ent, m->idle)];
	bool was_idle = m->idle[to->id];

	v->time[SMP_BLOCKED] += smp_now(m) - v->since;
	v->slept += smp_now(m) - v->since;
	v->since = smp_now(m);
	set_state(waker, v, VC_RUNNABLE);
	TELL(waker, v, wake, to->id);
	v->woke = true;
	v->woke_remote = to != waker;
	ops->enqueue(m->sched, &v->ent, to->id, true);
	m->idle[to->id] = false;
	charge(waker, to == waker ? STEP(sched_wake) : STEP(wake_remote));
	if (to->curr != NULL && ops->preempts(m->sched, &v->ent, &to->curr->ent))
		to->resched = true;
	else if (!was_idle && to->mode != CPU_POLL)
		return;
	if (to == waker)
		return; /* it looks for itself before it goes on */
	kick(waker, to);
}

/* A virtual interrupt becomes pending since cycle `at`; found out on this pCPU. */
static void deliver(struct smp_cpu *by, struct smp_vcpu *v, enum smp_source src, uint64_t at)
{
	pend(by, v, src, at);
	if (v->state == VC_BLOCKED) {
		wake(by, v);
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

	SMP_HOOK(v->m->hooks, irq, &at, SMP_IRQ_EXPIRE, SRC_TIMER, SMP_NOBODY);
	if (v->state == VC_BLOCKED) {
		if (!list_empty(&v->bg))
			return;
		v->fired_at = deadline;
		list_add_tail(&v->cpu->bg, &v->bg);
		smp_raise(v->cpu, IRQ_BG);
	} else if (runner_loaded(v->run)) {
		if ((v->cpu->irqs >> IRQ_VTIMER & 1) == 0)
			v->fired_at = deadline;
		smp_raise(v->cpu, IRQ_VTIMER);
	} else {
		pend(v->cpu, v, SRC_TIMER, deadline);
	}
}

/* ---- interrupts of pCPUs ---- */

static void charge_cause(struct smp_cpu *c, enum smp_irq irq)
{
	switch (irq) {
	case IRQ_TICK:
		charge(c, STEP(timer_handler));
		charge(c, STEP(set_next_event));
		break;
	case IRQ_BG:
		charge(c, STEP(timer_handler));
		for (struct list *l = c->bg.next; l != &c->bg; l = l->next)
			charge(c, STEP_X(bg_timer_expire, VTIMER_ON));
		charge(c, STEP(set_next_event));
		break;
	case IRQ_VTIMER:
		charge(c, STEP(kvm_vtimer_irq));
		return; /* the guest deactivates it */
	default:
		break;
	}
	charge(c, STEP(gic_deactivate));
}

/* Take the first pending interrupt; after: what goes on when none is pending any more. */
static void take_irq(struct smp_cpu *c, smp_next_fn *after)
{
	c->cause = (unsigned)__builtin_ctz(c->irqs);
	c->irqs &= c->irqs - 1;
	c->after_irq = after;
	charge(c, STEP(irq_entry));
	if (c->was_idle)
		charge(c, STEP(idle_irq_enter));
	charge(c, STEP(gic_ack));
	charge_cause(c, (enum smp_irq)c->cause);
	charge(c, STEP(irq_return));
	cpu_busy(c, irq_done);
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
			deliver(c, c->curr, SRC_TIMER, c->curr->fired_at);
		break;
	case IRQ_BG:
		while (!list_empty(l = &c->bg)) {
			struct smp_vcpu *v = container_of(l->next, struct smp_vcpu, bg);

			list_del(&v->bg);
			deliver(c, v, SRC_TIMER, v->fired_at);
		}
		break;
	case IRQ_DEV:
		while (!list_empty(l = &c->dev)) {
			struct smp_vcpu *v = container_of(l->next, struct smp_vcpu, dev);

			list_del(&v->dev);
			deliver(c, v, SRC_DEVICE, v->dev_at);
		}
		break;
	default: /* a kick has done what it is for */
		break;
	}
	if (c->irqs != 0)
		take_irq(c, c->after_irq);
	else
		c->after_irq(m, c);
}

/* ---- guest entry and exit ---- */

static void begin_exit(struct smp_cpu *c, enum exit_kind kind)
{
	struct smp_vcpu *v = c->curr;

	v->kind = kind;
	TELL(c, v, exit, kind);
	set_state(c, v, VC_HOST);
	v->in_exit = true;
	v->exit_at = smp_now(c->m);
	v->slept = 0;
	charge(c, PHASE(EXIT));
	runner_handlers(c->m->runner, v->run, kind, false);
	runner_lrs(v->run, 0);
	if (c->m->measured != NULL) {
		TELL(c, v, ran,
		     &(struct smp_ran){PHASE_HANDLE, COMP_COUNT, c->m->measured[kind], NULL});
		c->busy += c->m->measured[kind];
		c->m->measured_cycles += c->m->measured[kind];
	}
}

static void settle(struct smp *m, struct smp_vcpu *v)
{
	TELL(v->cpu, v, handled, v->kind, v->exit_at);
	m->kind[v->kind].count++;
	ws_totals_add(&m->kind[v->kind].totals, &v->pending, 1);
	v->pending = (struct ws_totals){0};
}

static void guest_runs(struct smp *m, struct smp_cpu *c)
{
	struct smp_vcpu *v = c->curr;

	if (v->in_exit)
		latency(m, LAT_HANDLING, v->exit_at + v->slept);
	v->in_exit = false;
	settle(m, v);
	if (v->left == 0)
		v->left = guest_gap(&v->guest);
	cpu_mode(c, CPU_GUEST, smp_now(m) + v->left);
}

/* First use of FP: a trap to EL2 and back, within the residency. */
static void guest_entered(struct smp *m, struct smp_cpu *c)
{
	struct smp_vcpu *v = c->curr;

	if (!guest_uses_fp(&v->guest) || !runner_needs_fp(m->runner, v->run)) {
		guest_runs(m, c);
		return;
	}
	charge(c, PHASE(LAZY));
	cpu_busy(c, guest_runs);
}

static void inject(struct smp *m, struct smp_cpu *c, struct smp_vcpu *v)
{
	static const enum smp_latency lat[SRC_COUNT] = {LAT_TIMER, LAT_SGI, LAT_DEVICE};
	uint64_t have = (uint64_t)m->prog->config.machine->list_registers;
	unsigned n = 0;

	for (unsigned s = 0; s < SRC_COUNT && n < have; s++) {
		if ((v->irqs >> s & 1) == 0)
			continue;
		v->irqs &= ~(1u << s);
		TELL(c, v, irq, SMP_IRQ_INJECT, (enum smp_source)s, SMP_NOBODY);
		latency(m, lat[s], v->irq_at[s]);
		COUNT(v, injected);
		n++;
	}
	runner_lrs(v->run, n);
}

/* The vCPU thread is put off its pCPU: it could go on. */
static void preempted(struct smp *m, struct smp_cpu *c)
{
	struct smp_vcpu *v = c->curr;
	enum smp_resume resume = v->state == VC_USER ? RESUME_USER : RESUME_LOOP;

	COUNT(v, preemptions);
	off_cpu(c, VC_RUNNABLE, resume);
	m->sched->ops->enqueue(m->sched, &v->ent, c->id, false);
	pick_next(m, c);
}

/* kvm_arch_vcpu_ioctl_run, before each guest entry. */
static void loop_check(struct smp *m, struct smp_cpu *c)
{
	struct smp_vcpu *v = c->curr;

	if (c->irqs != 0) {
		take_irq(c, loop_check);
	} else if (c->resched) {
		charge(c, STEP(sched_preempt));
		charge(c, PHASE(PUT));
		cpu_busy(c, preempted);
	} else {
		inject(m, c, v);
		TELL(c, v, enter, v->run->lrs);
		set_state(c, v, VC_GUEST);
		charge(c, PHASE(ENTER));
		cpu_busy(c, guest_entered);
	}
}

/* ---- WFI ---- */

/* How KVM adapts the time it polls to the time it slept (kvm_vcpu_halt). */
static void adapt(struct smp *m, struct smp_vcpu *v, uint64_t slept)
{
	const uint64_t max = (uint64_t)m->o.halt_poll_ns,
		       start = (uint64_t)m->o.halt_poll_grow_start;

	if (max == 0 || slept <= v->halt_poll_ns)
		return;
	if (v->halt_poll_ns != 0 && slept > max) {
		v->halt_poll_ns = m->o.halt_poll_shrink != 0
					  ? v->halt_poll_ns / (uint64_t)m->o.halt_poll_shrink
					  : 0;
		if (v->halt_poll_ns < start)
			v->halt_poll_ns = 0;
	} else if (v->halt_poll_ns < max && slept < max && m->o.halt_poll_grow != 0) {
		v->halt_poll_ns *= (uint64_t)m->o.halt_poll_grow;
		if (v->halt_poll_ns < start)
			v->halt_poll_ns = start;
		if (v->halt_poll_ns > max)
			v->halt_poll_ns = max;
	}
}

static void end_wait(struct smp *m, struct smp_cpu *c, bool slept)
{
	struct smp_vcpu *v = c->curr;
	uint64_t ns = smp_ns(m, smp_now(m) - v->halt_at), before = v->halt_poll_ns;

	adapt(m, v, ns);
	TELL(c, v, halt, ns, slept, before, v->halt_poll_ns);
}

static void halt_ends(struct smp *m, struct smp_cpu *c)
{
	end_wait(m, c, false);
	set_state(c, c->curr, VC_HOST);
	charge(c, STEP(halt_clock));
	charge(c, STEP(wfi_vgic_load));
	cpu_busy(c, loop_check);
}

static void blocked(struct smp *m, struct smp_cpu *c)
{
	struct smp_vcpu *v = c->curr;

	COUNT(v, blocks);
	off_cpu(c, VC_BLOCKED, RESUME_HALT);
	if (v->irqs != 0)
		wake(c, v); /* an interrupt came on the way to sleep */
	pick_next(m, c);
}

static void block(struct smp_cpu *c)
{
	struct smp_vcpu *v = c->curr;

	set_state(c, v, VC_HOST);
	v->kind = EXIT_wfi_timer;
	charge(c, STEP(sched_dequeue));
	charge(c, ((struct exit_step){true, PHASE_PUT, CND(BLOCKING), false}));
	cpu_busy(c, blocked);
}

/* Poll as long as nothing else wants the pCPU. */
static void poll_on(struct smp *m, struct smp_cpu *c)
{
	struct smp_vcpu *v = c->curr;

	if (v->irqs != 0) {
		COUNT(v, poll_hits);
		halt_ends(m, c);
	} else if (smp_now(m) < v->poll_end && !c->resched &&
		   m->sched->ops->waiting(m->sched, c->id) == 0) {
		set_state(c, v, VC_POLL);
		cpu_mode(c, CPU_POLL, v->poll_end);
	} else {
		block(c);
	}
}

static void halt(struct smp *m, struct smp_cpu *c)
{
	struct smp_vcpu *v = c->curr;

	v->halt_at = smp_now(m);
	v->poll_end = v->halt_at + clk_cycle(&m->clk, v->halt_poll_ns * 1000);
	if (v->irqs != 0)
		halt_ends(m, c); /* WFI with an interrupt pending */
	else if (c->irqs != 0)
		take_irq(c, poll_on);
	else
		poll_on(m, c);
}

/* ---- exits that the guest causes ---- */

static void send_sgi(struct smp *m, struct smp_cpu *c)
{
	struct smp_vcpu *v = c->curr;
	unsigned first = 0, n, self;

	for (first = v->id; first > 0 && m->vcpu[first - 1].vm == v->vm; first--)
		;
	for (n = v->id - first + 1; first + n < m->n_vcpu && m->vcpu[first + n].vm == v->vm; n++)
		;
	self = v->id - first;
	for (int64_t i = 0; i < v->guest.w->ipi_targets; i++) {
		unsigned to = n == 1 ? 0 : (unsigned)guest_below(&v->guest, STREAM_TARGET, n - 1);

		to = first + to + (n > 1 && to >= self);
		COUNT(v, sgis);
		TELL(c, v, irq, SMP_IRQ_SEND, SRC_SGI, to);
		deliver(c, &m->vcpu[to], SRC_SGI, smp_now(m));
	}
	loop_check(m, c);
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
		charge(c, STEP(sched_preempt));
		cpu_busy(c, preempted);
		return;
	}
	set_state(c, v, VC_USER);
	if (v->dev_wanted)
		ask_device(v);
	v->dev_wait = v->dev_until > smp_now(m);
	cpu_mode(c, CPU_USER, v->dev_wait ? v->dev_until : smp_now(m) + v->user_left);
}

static void handle_on(struct smp *m, struct smp_cpu *c);

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
		due_at(c, c->curr->dev_until);
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
		due_at(c, v->dev_until);
	return true;
}

/* Steps of the exit's sequence up to the device, the VMM or the next entry. */
static void handle(struct smp_cpu *c, unsigned from)
{
	struct smp_vcpu *v = c->curr;
	const struct exit_row *row = exit_row(v->kind);

	for (v->step = from;; v->step++) {
		const struct exit_step *s = &row->step[v->step];

		if (kernel_asks(v, s)) {
			cpu_busy(c, kernel_access);
			return;
		}
		if (exit_step_is(s, PHASE_ENTER))
			break;
		charge(c, *s);
		if (s->is_phase || s->id != COMP_host_ret_to_user)
			continue;
		v->step++;
		COUNT(v, user_exits);
		set_state(c, v, VC_USER);
		v->user_left = clk_cycle(&c->m->clk, (uint64_t)v->guest.w->user_ns * 1000);
		cpu_busy(c, user_resume);
		return;
	}
	cpu_busy(c, loop_check);
}

static void handle_on(struct smp *m, struct smp_cpu *c)
{
	(void)m;
	handle(c, c->curr->step);
}

static void user_done(struct smp_cpu *c)
{
	set_state(c, c->curr, VC_HOST);
	runner_handlers(c->m->runner, c->curr->run, c->curr->kind, true);
	handle(c, c->curr->step);
}

/* What the VMM did until now is over, by its end or by an interrupt. */
static void user_stops(struct smp *m, struct smp_cpu *c, uint64_t ran)
{
	struct smp_vcpu *v = c->curr;

	if (!v->dev_wait)
		v->user_left -= ran;
	if (c->irqs != 0)
		take_irq(c, user_resume);
	else if (v->dev_wait)
		user_resume(m, c);
	else
		user_done(c);
}

static void own_exit(struct smp_cpu *c, enum exit_kind kind)
{
	bool write;

	begin_exit(c, kind);
	switch (kind) {
	case EXIT_wfi:
		charge(c, STEP(wfi_vgic_put));
		charge(c, STEP(halt_clock));
		cpu_busy(c, halt);
		break;
	case EXIT_ipi_send:
		cpu_busy(c, send_sgi);
		break;
	default:
		c->curr->dev_wanted = c->m->bus != NULL && exit_is_mmio(kind, &write);
		handle(c, 1);
	}
}

/* The IRQ exit is handled: interrupts are enabled for a moment, then the loop goes on. */
static void irq_window(struct smp *m, struct smp_cpu *c)
{
	charge(c, STEP(irq_window));
	loop_check(m, c);
}

static void guest_stops(struct smp_cpu *c, uint64_t ran)
{
	static const enum exit_kind kinds[IRQ_COUNT] = {[IRQ_TICK] = EXIT_irq,
							[IRQ_VTIMER] = EXIT_vtimer_irq,
							[IRQ_KICK] = EXIT_ipi_recv,
							[IRQ_BG] = EXIT_irq,
							[IRQ_DEV] = EXIT_irq};
	struct smp_vcpu *v = c->curr;

	v->left -= ran;
	if (c->irqs != 0) {
		/* the interrupt wins: the instruction that exits is still to come */
		v->left += v->left == 0;
		begin_exit(c, kinds[__builtin_ctz(c->irqs)]);
		take_irq(c, irq_window);
	} else {
		own_exit(c, guest_kind(&v->guest));
	}
}

/* ---- threads ---- */

static void idle(struct smp *m, struct smp_cpu *c)
{
	if (c->irqs == 0 && m->sched->ops->waiting(m->sched, c->id) != 0)
		pick_next(m, c);
	else
		cpu_mode(c, CPU_IDLE, SK_NEVER);
}

static void go_idle(struct smp *m, struct smp_cpu *c)
{
	c->resched = false;
	m->idle[c->id] = true;
	if (c->last != NULL) {
		TELL(c, NULL, thread, c->last->id);
		charge(c, STEP_X(thread_switch, TO_IDLE));
	}
	c->last = NULL;
	charge(c, STEP(idle_enter));
	cpu_busy(c, idle);
}

/* The thread has a pCPU: back to where it was. */
static void resume(struct smp *m, struct smp_cpu *c)
{
	struct smp_vcpu *v = c->curr;

	switch (v->resume) {
	case RESUME_USER:
		cpu_busy(c, user_resume);
		return;
	case RESUME_FIRST:
		v->kind = EXIT_run_first;
		charge(c, STEP(host_svc_entry));
		charge(c, STEP(host_ioctl));
		break;
	default:
		break;
	}
	charge(c, PHASE(LOAD));
	if (v->resume == RESUME_HALT) {
		end_wait(m, c, true);
		charge(c, STEP(halt_clock));
		charge(c, STEP(wfi_vgic_load));
	}
	cpu_busy(c, loop_check);
}

static void switch_to(struct smp *m, struct smp_cpu *c, struct smp_vcpu *v)
{
	bool from_idle = c->last == NULL;

	v->time[SMP_STEAL] += smp_now(m) - v->since;
	v->slept += smp_now(m) - v->since;
	if (v->cpu != c)
		COUNT(v, migrations);
	if (v->woke)
		latency(m, LAT_WAKE, v->since);
	v->cpu = c;
	c->curr = v;
	set_state(c, v, v->resume == RESUME_USER ? VC_USER : VC_HOST);
	runner_on_cpu(v->run, c->id);
	if (v->woke && v->woke_remote)
		charge(c, STEP(sched_wake));
	if (v->woke)
		charge(c, STEP(sched_pick));
	v->woke = false;
	if (c->last != v)
		TELL(c, v, thread, from_idle ? SMP_NOBODY : c->last->id);
	if (c->last != v)
		charge(c, from_idle ? STEP_X(thread_switch, TO_IDLE) : STEP(thread_switch));
	c->last = v;
	resume(m, c);
}

static void pick_next(struct smp *m, struct smp_cpu *c)
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

static void idle_ends(struct smp_cpu *c)
{
	c->was_idle = true;
	if (c->irqs != 0)
		take_irq(c, pick_next);
	else
		pick_next(c->m, c);
}

void smp_cpu_run(struct sk *k, struct sk_proc *self)
{
	struct smp_cpu *c = container_of(self, struct smp_cpu, proc);
	enum smp_mode mode = c->mode;
	uint64_t cycles = account_mode(c);

	(void)k;
	switch (mode) {
	case CPU_OFF:
		pick_next(c->m, c);
		break;
	case CPU_BUSY:
		c->next(c->m, c);
		break;
	case CPU_IDLE:
		idle_ends(c);
		break;
	case CPU_GUEST:
		guest_stops(c, cycles);
		break;
	case CPU_POLL:
		if (c->irqs != 0)
			take_irq(c, poll_on);
		else
			poll_on(c->m, c);
		break;
	case CPU_USER:
		user_stops(c->m, c, cycles);
		break;
	case SMP_MODE_COUNT:
		break;
	}
}
