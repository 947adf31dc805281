/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The oracle: every value that a switch moves carries its owner and version, and each guest entry, each
 * return to the host, each accessor and each save is held against what must be there.
 *
 * It executes components of a program itself, op by op, on tags instead of values:
 *
 *	o = oracle_new(prog, vcpus, cpus);
 *	oracle_step(o, v, cpu, ws_phase_comp(prog, PHASE_LOAD), 0, 0);
 *	oracle_step(o, v, cpu, ws_phase_comp(prog, PHASE_ENTER), 0, 0);   checks what the guest finds, lets it write
 *	oracle_access(o, &(struct handler_access){ ... });                 a handler, another thread, user space
 *	oracle_step(o, v, cpu, ws_phase_comp(prog, PHASE_EXIT), CND(SYNC), 0);  checks what the host finds
 *
 * What must be there comes from the program as compiled without policies (which registers KVM switches)
 * and from the columns of sysregs.def and reach.def, never from the program under test. After a violation
 * the value is put right, so that one fault is one violation each time it happens.
 *
 * The state is plain memory of a fixed size for a number of vCPUs and CPUs: save, restore, compare and hash
 * it (oracle_state_*). Violations are no part of it.
 */
#ifndef EL2SIM_HYP_ORACLE_H
#define EL2SIM_HYP_ORACLE_H

#include "models/hyp/kvm/handlers.h"
#include "models/hyp/ws/watch.h"
#include "models/hyp/ws/wswitch.h"

enum oracle_rule {
#define VIOLATION(id, words, what) VIOLATION_##id,
#include "models/hyp/check/violations.def"
	VIOLATION_COUNT
};
const char *oracle_rule_name(enum oracle_rule r);  /* stale_read */
const char *oracle_rule_words(enum oracle_rule r); /* stale read */
const char *oracle_rule_what(enum oracle_rule r);

/* Rows of known_bugs.def */
enum oracle_known {
#define KNOWN_BUG(id, rule, what, on, off, fix, title) ORACLE_KNOWN_##id,
#include "models/hyp/check/known_bugs.def"
	ORACLE_KNOWN
};

/* Rows of faults.def: how many, name, and whether the kernel of a program has it. */
size_t oracle_faults(void);
const char *oracle_fault_name(size_t i);
bool oracle_fault_of(size_t i, const struct ws_prog *p);
/* Its reader reads in exits, too, whose value is not this one's (conditions off); returns how much that changes. */
size_t oracle_fault_unask(size_t i, struct ws_prog *p);

#define ORACLE_NONE HANDLER_NOBODY /* no vCPU, no CPU */
#define ORACLE_TEXT 320

/* The first of its kind; later ones with the same rule, register, phase and running op only count. */
struct oracle_violation {
	enum oracle_rule rule;
	const char *reg;       /* register, X0-X30, V0-V31, or the BARRIER row */
	enum sysreg sysreg;    /* SR_NONE for blocks and barriers */
	uint32_t vcpu, cpu;
	enum ws_phase phase;   /* PHASE_COUNT: no component, an access from outside */
	size_t op;             /* of the program: that runs, or that wrote what is found; SIZE_MAX: none */
	size_t executing;      /* op that runs; SIZE_MAX: between ops */
	size_t nr;             /* of the op in its component, from 1, as `el2sim explain` numbers it */
	const char *function;  /* kernel function of that op, or of the access */
	uint64_t step;         /* number of the component, from 1 */
	uint64_t count;
	char text[ORACLE_TEXT]; /* one line */
};

struct oracle_stats {
	uint64_t steps, entries, exits, loads, puts, accesses;
	uint64_t unknown; /* steps left out: the trace does not show how the vCPU got there */
};

struct oracle;

/* For a compiled program, which must last. A step of a vCPU or CPU with a higher number adds it, in the host. */
struct oracle *oracle_new(const struct ws_prog *p, unsigned vcpus, unsigned cpus);
void oracle_free(struct oracle *o);
/* It as a watcher of a runner of this program: each component and each access is also the oracle's. */
struct watch *oracle_watch(struct oracle *o);
/* A watcher remembers what steps do instead of moving each value: they are moved now. Before it is stepped, or its state asked for. */
void oracle_settle(struct oracle *o);

/*
 * vCPU v on CPU cpu runs a component. state: CND_* bits of the kind and the moment (SYNC, LRS, DEBUG_DIRTY ...);
 * what outlives a component (FP_OWNED, HOST_FP ..., and LOADED, see oracle_on_cpu_flag) the oracle adds by itself, and an exit has the
 * DEBUG_DIRTY, PMU_EVENTS, PAUTH_USED, VSE and LRS of its entry. lrs: list registers in use.
 */
void oracle_step(struct oracle *o, unsigned v, unsigned cpu, enum ws_comp comp, uint64_t state, unsigned lrs);

/* An access to a vCPU's register; a write makes a new version. Registers that nobody switches are ignored. */
void oracle_access(struct oracle *o, const struct handler_access *a);
/* The host puts the vCPU's registers to reset values in memory (kvm_reset_vcpu; the vCPU must not be loaded). */
void oracle_reset(struct oracle *o, unsigned v, unsigned cpu);

/* Run-time bits that the oracle keeps for a vCPU; CPU on which it is loaded, ORACLE_NONE if it is not. */
uint64_t oracle_vcpu_state(const struct oracle *o, unsigned v);
unsigned oracle_loaded_on(const struct oracle *o, unsigned v);
/* vCPU loaded on a CPU, ORACLE_NONE if none. */
unsigned oracle_loaded(const struct oracle *o, unsigned cpu);
/*
 * What the vCPU flag SYSREGS_ON_CPU says now, for whoever runs the flags, after each component; without it the
 * oracle takes the vCPU's time between load and put.
 */
void oracle_on_cpu_flag(struct oracle *o, unsigned v, bool set);

const struct oracle_violation *oracle_violations(const struct oracle *o, size_t *n);
uint64_t oracle_violation_count(const struct oracle *o); /* with repetitions */
/* How often a bug of the modelled kernel itself showed (row of known_bugs.def): these are no violations. */
uint64_t oracle_known(const struct oracle *o, enum oracle_known bug);
void oracle_forget(struct oracle *o);                    /* violations, known bugs and statistics */
const struct oracle_stats *oracle_stats(const struct oracle *o);
/* Run-time conditions that ops of the phases ask for and no step had: what is wrong with those ops did not show. */
uint64_t oracle_untried(const struct oracle *o);

/* ---- the state, for explorers ---- */

/* Bytes of a state; the same until a step adds a vCPU or CPU. */
size_t oracle_state_size(const struct oracle *o);
void oracle_state_save(const struct oracle *o, void *buf);
void oracle_state_restore(struct oracle *o, const void *buf);
/*
 * What decides the future: owner of each value and whether it is the latest, run-time bits, pending barriers.
 * Version numbers are left out: two states with the same canonical form behave the same for ever.
 */
size_t oracle_canon_size(const struct oracle *o);
void oracle_canon(const struct oracle *o, uint8_t *buf);
uint64_t oracle_hash(const struct oracle *o); /* of the canonical form */

/* Owner and version of what a place holds, for stories: "vCPU 0 v3 (latest)", "host of CPU 1". Returns buf. */
enum oracle_place { PLACE_CPU, PLACE_MEMORY, PLACE_HOST_MEMORY };
const char *oracle_text(const struct oracle *o, enum oracle_place place, unsigned n, enum sysreg reg,
			char buf[static 64]);

#endif
