/* SPDX-License-Identifier: Apache-2.0 */
/* WFI: the host polls, then the thread sleeps. */
#include "models/hyp/host/code.h"
#include "models/hyp/host/smp_impl.h"

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

void smp_end_wait(struct smp *m, struct smp_cpu *c, bool slept)
{
	struct smp_vcpu *v = c->curr;
	uint64_t ns = smp_ns(m, smp_now(m) - v->halt_at), before = v->halt_poll_ns;

	adapt(m, v, ns);
	TELL(c, v, halt, ns, slept, before, v->halt_poll_ns);
}

static void halt_ends(struct smp *m, struct smp_cpu *c)
{
	smp_end_wait(m, c, false);
	smp_set_state(c, c->curr, VC_HOST);
	smp_charge(c, STEP(halt_clock));
	smp_charge(c, STEP(wfi_vgic_load));
	smp_busy(c, smp_loop_check);
}

static void blocked(struct smp *m, struct smp_cpu *c)
{
	struct smp_vcpu *v = c->curr;

	COUNT(v, blocks);
	smp_off_cpu(c, VC_BLOCKED, RESUME_HALT);
	if (smp_wants(v))
		smp_wake(c, v); /* an interrupt came while it was put */
	else if (code_of(v) != NULL)
		code_look_for_life(c, v);
	smp_switch_over(m, c);
}

/* schedule(): the thread sleeps, unless an interrupt came on the way. */
static void go_to_sleep(struct smp *m, struct smp_cpu *c)
{
	struct smp_vcpu *v = c->curr;

	if (smp_wants(v)) {
		v->kind = EXIT_FOR_wfi_goes_on;
		halt_ends(m, c);
		return;
	}
	c->picked = m->sched->ops->pick(m->sched, c->id);
	smp_charge(c, STEP_X(perf_task_sched, VPMU_EVENT));
	smp_charge(c, ((struct exit_step){true, PHASE_PUT, CND(BLOCKING), false}));
	smp_busy(c, blocked);
}

static void block(struct smp_cpu *c)
{
	struct smp_vcpu *v = c->curr;

	smp_set_state(c, v, VC_HOST);
	v->kind = EXIT_FOR_wfi_sleeps;
	smp_charge(c, STEP(sched_dequeue));
	smp_busy(c, go_to_sleep);
}

/* Poll as long as nothing else wants the pCPU. */
void smp_poll_on(struct smp *m, struct smp_cpu *c)
{
	struct smp_vcpu *v = c->curr;

	if (smp_wants(v)) {
		COUNT(v, poll_hits);
		halt_ends(m, c);
	} else if (smp_now(m) < v->poll_end && !c->resched &&
		   m->sched->ops->waiting(m->sched, c->id) == 0) {
		smp_set_state(c, v, VC_POLL);
		smp_mode(c, CPU_POLL, v->poll_end);
	} else {
		block(c);
	}
}

void smp_halt(struct smp *m, struct smp_cpu *c)
{
	struct smp_vcpu *v = c->curr;

	v->halt_at = smp_now(m);
	v->poll_end = v->halt_at + clk_cycle(&m->clk, v->halt_poll_ns * 1000);
	if (smp_wants(v))
		halt_ends(m, c); /* WFI with an interrupt pending */
	else if (c->irqs != 0)
		smp_take_irq(c, smp_poll_on);
	else
		smp_poll_on(m, c);
}
