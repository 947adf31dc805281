/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guests that execute code on a simulated machine's vCPUs: a struct vm (models/vm) per VM of such a class. The guest's answer to "what
 * next" comes from its core (guest_elf.c); here is what else that asks: interrupts, timers, completion of exits, power.
 */
#ifndef EL2SIM_HYP_CODE_H
#define EL2SIM_HYP_CODE_H

#include "models/hyp/host/smp.h"
#include "models/vm/vm.h"

/* A VM that executes. */
struct code_vm {
	struct smp *m;
	struct vm *vm;
	unsigned first, n; /* its vCPUs */
	const struct workload *w;
	bool ended;
	enum vm_effect end; /* VM_NOTHING: vm->dead says why, or it hangs */
	const char *hangs;  /* or NULL */
	struct sk_proc alarm; /* of the VMM's real-time clock */
	struct sk_event alarm_due;
	struct sk_wait on_alarm;
	uint64_t alarm_at;    /* cycle, SK_NEVER: none */
	struct sk_proc collect; /* the VMM collects dirty pages */
	struct sk_event collect_due;
	struct sk_wait on_collect;
	uint64_t collect_at;  /* cycle */
	bool alarm_rings;     /* whom it wakes is being found out */
	struct { /* exits by the function that caused them */
		uint64_t count[EXIT_COUNT], cycles[EXIT_COUNT], switched[EXIT_COUNT], vmm[EXIT_COUNT]; /* as struct outcome_site */
	} *site;    /* of each symbol of the image; the last one: of none */
};

struct code_cpu {
	struct code_vm *vm;
	struct vm_cpu *cpu;
	struct smp_vcpu *v;
	uint64_t cycle, budget; /* of the next vm_run */
	struct sk_proc timer;
	struct sk_event due;
	struct sk_wait on_due;
	uint64_t due_at;     /* cycle, SK_NEVER: none */
	unsigned fired;      /* bits 1 << enum gtimer_id: its interrupt is on its way */
	bool asked_again;    /* a slice that ends waits for what else happens now */
	uint64_t exit_pc;    /* of the exit that is handled */
	bool pauth_used;     /* since vcpu_load, where that is told (vm_config.pauth_lazy) */
};

/* The guest of a vCPU that executes code; NULL: it does not. */
static inline struct code_cpu *code_of(const struct smp_vcpu *v)
{
	return v->guest.cls->ops->executes ? v->guest.code : NULL;
}

/* The vCPU's guest executes: its VM is there after that of its first vCPU. ERR_INPUT, ERR_CONFIG. */
int code_init(struct smp *m, struct smp_vcpu *v, struct err *e);
void code_free(struct smp *m);

/* Where all its guests' output goes, from now on. */
void code_console(struct smp *m, const struct guest_console *to);

/* How long it may run from now on: until the next thing that happens, but at least a quantum. */
void code_prepare(struct smp_vcpu *v);
/* Something else happens at this very moment: the slice ends after it. Once. */
bool code_yields(struct smp_cpu *c, struct smp_vcpu *v);
/* List registers are filled; returns how many. */
unsigned code_enter(struct smp_cpu *c, struct smp_vcpu *v);
void code_leave(struct smp_cpu *c, struct smp_vcpu *v);
/* vcpu_load: what is lazy traps again. */
void code_loaded(struct smp_vcpu *v);
/* The timer's interrupt is due at another time, perhaps. */
void code_rearm(struct smp_vcpu *v, uint64_t cycle);
/* A timer's interrupt is seen by the kernel. */
void code_timer_pends(struct smp_vcpu *v);
/* The exit under way is handled by this pCPU now. */
enum vm_effect code_complete(struct smp_cpu *c, struct smp_vcpu *v);
/* The kind of an SGI's exit: by whom it goes to. */
enum exit_kind code_sgi_kind(const struct smp_vcpu *v);
/* The vCPU that the exit just completed started. */
struct smp_vcpu *code_started(const struct smp_vcpu *v);
/* Something is to be taken. */
bool code_pending(const struct smp_vcpu *v);
bool code_is_off(const struct smp_vcpu *v);
/* Bits of CND_* that hold for its timers; and for what it does with debug registers and list registers at an entry or exit. */
uint64_t code_timers(const struct smp_vcpu *v);
uint64_t code_residency(const struct smp_vcpu *v, bool exit);
/* It executes, and the host has perf events of its PMU. */
bool code_has_events(const struct smp_vcpu *v);
/* The exit is over: what it cost is its function's. */
void code_settle(struct smp_vcpu *v);
/* The VM ended: by itself, or because it cannot go on (then the run fails). */
void code_ends(struct smp_cpu *c, struct smp_vcpu *v, enum vm_effect how);
/* After a vCPU went to sleep: if nothing can wake any of its VM's, the VM is ended. */
void code_look_for_life(struct smp_cpu *c, struct smp_vcpu *v);
/* The VM executed as many instructions as it may: it is ended. */
bool code_spent(const struct code_vm *vm);
uint64_t code_left(const struct code_vm *vm);
/* What its VMs came to, into m->out. */
void code_outcome(struct smp *m);

#endif
