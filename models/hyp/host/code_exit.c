/* SPDX-License-Identifier: Apache-2.0 */
/* Exits of guests that execute: they are completed, and what that did to vCPUs and VMs. */
#include "models/hyp/host/code.h"
#include "models/hyp/host/smp_impl.h"

/* KVM_REQ_SLEEP: the vCPU is off, or its VM ended; its thread sleeps, loaded until the scheduler puts it. */
static void off_done(struct smp *m, struct smp_cpu *c)
{
	struct smp_vcpu *v = c->curr;

	COUNT(v, blocks);
	smp_off_cpu(c, VC_BLOCKED, RESUME_LOOP);
	if (!code_is_off(v))
		smp_wake(c, v); /* started again while it was put */
	else
		code_look_for_life(c, v);
	smp_switch_over(m, c);
}

static void go_off(struct smp *m, struct smp_cpu *c)
{
	struct smp_vcpu *v = c->curr;

	if (!code_is_off(v)) {
		smp_loop_check(m, c);
		return;
	}
	v->irqs = 0;
	c->picked = m->sched->ops->pick(m->sched, c->id);
	if (runner_loaded(v->run)) {
		smp_charge(c, STEP_X(perf_task_sched, VPMU_EVENT));
		smp_charge(c, PHASE(PUT));
	}
	smp_busy(c, off_done);
}

void code_sleep(struct smp_cpu *c)
{
	smp_charge(c, STEP(sched_dequeue));
	smp_busy(c, go_off);
}

/* The exit is done now: what it did for the guest decides what comes next. */
void code_handled(struct smp *m, struct smp_cpu *c, unsigned from)
{
	struct smp_vcpu *v = c->curr;
	const enum vm_effect effect = code_complete(c, v);

	/* the VMM's device moved its line: a call of its own, before it runs the vCPU again */
	for (unsigned i = code_of(v)->vm->vm->lines; i != 0; i--) {
		smp_charge(c, STEP(host_svc_entry));
		smp_charge(c, STEP(host_ioctl));
		smp_charge(c, STEP(host_ret_to_user));
	}
	switch (effect) {
	case VM_WAITS:
		smp_charge(c, STEP(wfi_vgic_put));
		smp_charge(c, STEP(halt_clock));
		smp_busy(c, smp_halt);
		return;
	case VM_STARTED: {
		struct smp_vcpu *t = code_started(v);

		if (t->state == VC_BLOCKED)
			smp_wake(c, t);
		break;
	}
	case VM_OFF_CPU:
		code_sleep(c);
		return;
	case VM_SHUTDOWN:
	case VM_RESET:
		code_ends(c, v, effect);
		code_sleep(c);
		return;
	case VM_NOTHING:
		break;
	}
	(void)m;
	smp_handle(c, from);
}

void code_handle(struct smp *m, struct smp_cpu *c)
{
	code_handled(m, c, 1);
}

void code_sgi(struct smp *m, struct smp_cpu *c)
{
	(void)code_complete(c, c->curr);
	smp_loop_check(m, c);
}

/* The guest cannot go on, or is to be ended. */
void code_dies(struct smp_cpu *c)
{
	code_ends(c, c->curr, VM_NOTHING);
	smp_mode(c, CPU_GUEST, SK_NEVER);
}
