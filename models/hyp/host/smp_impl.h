/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the machine. smp_cpu.c: components and their time, interrupts; smp_run.c: what a vCPU
 * thread does, as a chain of functions. Each one charges the components that run next, and names
 * the function that goes on when their cycles are over (smp_busy); while the guest runs, the VMM
 * runs, the host polls or idles (smp_mode), an interrupt ends it early.
 */
#ifndef EL2SIM_HYP_SMP_IMPL_H
#define EL2SIM_HYP_SMP_IMPL_H

#include "models/hyp/host/smp.h"

#define STEP(comp)         ((struct exit_step){false, COMP_##comp, 0, false})
#define STEP_X(comp, cond) ((struct exit_step){false, COMP_##comp, CND(cond), false})
#define PHASE(phase)       ((struct exit_step){true, PHASE_##phase, 0, false})

#define COUNT(v, what)     ((v)->o->n.what++, (v)->m->out.n.what++)

/* ---- observers ---- */

/* What the pCPU does next begins when what it has settled so far is done. */
static inline struct smp_at smp_here(const struct smp_cpu *c, const struct smp_vcpu *v)
{
	return (struct smp_at){smp_now(c->m) + c->busy, c->id, v != NULL ? v->id : SMP_NOBODY};
}

/* Tell the observers of something that this pCPU does for a vCPU (or NULL). */
#define TELL(c, v, hook, ...)                                                                      \
	do {                                                                                       \
		if ((c)->m->watchers->first != NULL) {                                                       \
			const struct smp_at at_ = smp_here(c, v);                                  \
                                                                                                   \
			WATCH((c)->m->watchers, hook, &at_, __VA_ARGS__);                          \
		}                                                                                  \
	} while (0)

/* The same of something that counts from now on, whatever the pCPU has settled to do first. */
#define TELL_NOW(c, v, hook, ...)                                                                  \
	do {                                                                                       \
		const struct smp_at at_ = {smp_now((c)->m), (c)->id, (v)->id};                     \
                                                                                                   \
		WATCH((c)->m->watchers, hook, &at_, __VA_ARGS__);                                  \
	} while (0)

/* An interrupt waits for the vCPU's next entry. */
bool smp_wants(const struct smp_vcpu *v);
void smp_set_state(struct smp_cpu *c, struct smp_vcpu *v, enum smp_state state);

/* ---- smp_cpu.c ---- */

/* The vCPU was in the guest, or asleep, for these cycles: is the host's code still warm? */
void smp_rested(struct smp_vcpu *v, uint64_t cycles);
/* Cycles of a step that the vCPU's thread runs; cold ones are more. */
void smp_takes(struct smp_cpu *c, const struct smp_vcpu *v, uint64_t cycles);
/* Run a step for the pCPU's thread; its cycles are part of what smp_busy takes. */
void smp_charge(struct smp_cpu *c, struct exit_step s);
/* The pCPU's event comes at this cycle, unless an interrupt comes first. */
void smp_due_at(struct smp_cpu *c, uint64_t cycle);
/* The same for another thread (NULL: the idle task's). */
void smp_charge_to(struct smp_cpu *c, struct smp_vcpu *v, struct exit_step s);
/* What was charged takes its cycles; then next. */
void smp_busy(struct smp_cpu *c, smp_next_fn *next);
/* A mode that an interrupt ends early. end: cycle, SK_NEVER if nothing else ends it. */
void smp_mode(struct smp_cpu *c, enum smp_mode mode, uint64_t end);
/* A time from this cycle on until now ended. */
void smp_latency(struct smp *m, enum outcome_latency l, uint64_t from);
/* A sleeping thread could run; waker: the pCPU on which that is found out. */
void smp_wake(struct smp_cpu *waker, struct smp_vcpu *v);
/* A virtual interrupt becomes pending since cycle `at`; found out on this pCPU. */
void smp_deliver(struct smp_cpu *by, struct smp_vcpu *v, enum smp_source src, uint64_t at);
/* Take the first pending interrupt; after: what goes on when none is pending any more. */
void smp_take_irq(struct smp_cpu *c, smp_next_fn *after);

/* ---- smp_run.c ---- */

/* The thread leaves its pCPU, asleep or not. */
void smp_off_cpu(struct smp_cpu *c, enum smp_state state, enum smp_resume resume);
/* schedule(): the thread picked takes over, if there is none the idle task. */
void smp_switch_over(struct smp *m, struct smp_cpu *c);
/* kvm_arch_vcpu_ioctl_run, before each guest entry. */
void smp_loop_check(struct smp *m, struct smp_cpu *c);
/* Steps of the exit's sequence from this one on, up to the device, the VMM or the next entry. */
void smp_handle(struct smp_cpu *c, unsigned from);

/* ---- smp_halt.c ---- */

/* WFI: it polls, then it sleeps. */
void smp_halt(struct smp *m, struct smp_cpu *c);
/* It is over: how long it took decides how long the next one polls. */
void smp_end_wait(struct smp *m, struct smp_cpu *c, bool slept);

/* ---- code_exit.c ---- */

/* The vCPU's exit is handled now, then the steps of its sequence from this one on. */
void code_handled(struct smp *m, struct smp_cpu *c, unsigned from);
smp_next_fn code_handle, code_sgi;
/* The guest cannot go on, or is to be ended. */
void code_dies(struct smp_cpu *c);
/* The vCPU is off, or its VM ended: its thread sleeps. */
void code_sleep(struct smp_cpu *c);

/* The guest ran for these cycles: its next exit is there, or an interrupt. */
void smp_guest_stops(struct smp_cpu *c, uint64_t ran);
/* What the VMM did for these cycles is over, by its end or by an interrupt. */
void smp_user_stops(struct smp *m, struct smp_cpu *c, uint64_t ran);
/* What goes on after an interrupt, or when its time is over: WFI that polls, the idle task. */
void smp_poll_on(struct smp *m, struct smp_cpu *c);
void smp_pick_next(struct smp *m, struct smp_cpu *c);

#endif
