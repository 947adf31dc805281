/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs components of a program for vCPUs on CPUs and keeps the run-time state that the ops' guards look at:
 * who ran last, whether the host's FP state is live, what is loaded. Detailed or counting; the counts agree.
 */
#ifndef EL2SIM_HYP_RUNNER_H
#define EL2SIM_HYP_RUNNER_H

#include "models/hyp/kvm/exits.h"
#include "models/hyp/ws/outcome.h"
#include "models/hyp/ws/watch.h"

/* How components change what outlives them, by the program's ops. */
struct runner_rules {
	bool saves_host_fp[COMP_COUNT]; /* the component saves the thread's live FP state */
	bool loads_host_fp[COMP_COUNT]; /* ... loads it again on the way to user space */
	bool fp_ends_at_exit;           /* the guest exit loads the host's FP registers again (4.15) */
	bool once;                      /* an op asks whether the vCPU was loaded before */
};
void runner_rules_of(const struct ws_prog *p, struct runner_rules *r);
/* A vCPU's state after a component. */
uint64_t runner_state_after(const struct ws_prog *p, const struct runner_rules *r, enum ws_comp comp, uint64_t state);

struct runner;

struct runner_vcpu {
	unsigned id, vm, cpu;
	struct vflags flags;
	uint64_t state;    /* CND_* bits that outlive a component and are no flags: HOST_FP, FOREIGN_FP, FP_OWNED */
	uint64_t lr_state; /* CND(LRS) while list registers are in use */
	unsigned lrs;
	uint64_t *guest;   /* values, detailed execution only */
	uint64_t *gcfg;
};

struct runner *runner_new(const struct ws_prog *p, bool counting);
void runner_free(struct runner *r);
/* Who looks on: told of what is run from now on. Engines tell the same list of what happens around it. */
struct watch_list *runner_watchers(struct runner *r);

/* A new vCPU of the VM of that name; belongs to the runner. */
struct runner_vcpu *runner_vcpu(struct runner *r, const char *vm);
/* The same by the VM's number, from 0 in steps of 1; do not mix with names. */
struct runner_vcpu *runner_vcpu_of(struct runner *r, unsigned vm);
/* Memory of a vCPU, in bytes; detailed execution keeps two values per register beside that. */
size_t runner_vcpu_bytes(void);
/* The vCPU's thread runs on this CPU from now on. */
void runner_on_cpu(struct runner_vcpu *v, unsigned cpu);
/*
 * What the handling of an exit kind does to guest registers beside the program's ops, told to the watchers: in the
 * kernel, or by the VMM (handlers.def).
 */
void runner_handlers(struct runner *r, const struct runner_vcpu *v, enum exit_kind kind, bool user);
/* List registers in use from now on. */
void runner_lrs(struct runner_vcpu *v, unsigned lrs);
/* True if the vCPU's next FP use traps. */
bool runner_needs_fp(const struct runner *r, const struct runner_vcpu *v);

/*
 * Run one component for the vCPU in its own state plus `state`, and update the state by what the component
 * does. Returns what it added up; valid until the next call.
 */
const struct ws_totals *runner_run(struct runner *r, struct runner_vcpu *v, enum ws_comp comp,
				   uint64_t state, unsigned lrs);

/* ---- the same component of the same state, again and again: counted once, so many times ---- */

/* What a vCPU carries from one component to the next. */
struct runner_local {
	uint64_t state;
	struct vflag_words flags;
	bool loaded;
};
struct runner_local runner_local(const struct runner_vcpu *v);
void runner_set_local(struct runner_vcpu *v, const struct runner_local *l);

/* May runner_times stand for runner_run? The program treats each vcpu_put alike. */
bool runner_repeats(const struct ws_prog *p);
/*
 * As runner_run of a counting runner so many times, each from where the vCPU is now; then it is where one of them leaves it.
 * Nobody is told, and what is known about CPUs does not change: state says OTHER_VCPU (runner_moved_in). A broken rule of flags
 * counts once (runner_violations).
 */
const struct ws_totals *runner_times(struct runner *r, struct runner_vcpu *v, enum ws_comp comp, uint64_t state, unsigned lrs,
				     uint64_t times);
/* vcpu_load on the vCPU's CPU: OTHER_VCPU if another vCPU of its VM ran there before it, else 0. */
uint64_t runner_moved_in(struct runner *r, const struct runner_vcpu *v);
/* Violations of the flags' rules so far. */
uint64_t runner_violations(const struct runner *r);

/* The state in which the last component ran, with what flags decide. */
uint64_t runner_last_state(const struct runner *r);

/* Whom a step is charged to, and who is told when it runs. */
struct runner_bill {
	struct outcome *out;
	struct outcome_vcpu *vcpu; /* of out; NULL: the idle host */
	struct ws_totals *exit;    /* what the exit that is handled has come to so far */
	const struct watch_list *watchers;
	struct smp_at at; /* of the step, for the watchers */
};

/*
 * Run a step and charge it to the run, its phase, its vCPU and its exit; loads, puts and entries are counted. Returns what
 * it added up; valid until the next call.
 */
const struct ws_totals *runner_charge(struct runner *r, struct runner_vcpu *v, const struct runner_bill *to,
				      const struct exit_step *step, uint64_t state, unsigned lrs);

/*
 * One step of an exit kind's sequence in the state that the kind says; lrs: list registers in use if that says LRS.
 * NULL when the step is a first FP use that does not trap.
 */
const struct ws_totals *runner_step(struct runner *r, struct runner_vcpu *v, enum exit_kind kind, unsigned step,
				    unsigned lrs);
/* One iteration of an exit kind in its own state, one list register if that says LRS; added to *t (may be NULL). */
void runner_kind(struct runner *r, struct runner_vcpu *v, enum exit_kind kind, struct ws_totals *t);

/* Between vcpu_load and vcpu_put. */
static inline bool runner_loaded(const struct runner_vcpu *v)
{
	return v->flags.loaded;
}

/* How often each place of the kernel used its flag so far, and which rules were broken; vflag_tally_free. */
void runner_flags(const struct runner *r, struct vflag_tally *t);

/* Add the executions of each op so far to exec[]. */
void runner_exec(const struct runner *r, uint64_t *exec);

#endif
