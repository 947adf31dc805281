/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the guest, the CPU and KVM's accessors can reach while a vCPU is loaded (reach.def, accessors.def): when the
 * guest can change a register, what a trap on it is good for, which names mean one state.
 */
#ifndef EL2SIM_HYP_REACH_H
#define EL2SIM_HYP_REACH_H

#include "models/hyp/kvm/step.h"

/* What is followed: a system register, or the block of general-purpose or vector registers. */
enum ws_subject_kind { SUBJECT_REG, SUBJECT_X, SUBJECT_V };

struct ws_subject {
	enum ws_subject_kind kind;
	enum sysreg reg; /* SUBJECT_REG */
	const char *name;
	uint8_t group;  /* enum sr_group */
	uint8_t host;   /* enum sr_host: who needs it */
	uint8_t move;   /* enum sr_move */
	uint64_t reach; /* CND(...) in which the guest can change it; 0 = always */
};
/* reg: SR_NONE for the blocks. */
struct ws_subject ws_subject_of(enum ws_subject_kind kind, enum sysreg reg);

/* The register whose state an access by this name changes. */
enum sysreg ws_same(enum sysreg reg);
/* Does the host's value stay the same while a vCPU is loaded? */
bool ws_group_fixed(enum sr_group group);

/* The TRAP row of a register's control; NULL if it has no control or no row. */
struct ws_trap {
	const char *control;
	uint64_t state;
	bool enough;
	const char *why;
};
const struct ws_trap *ws_trap_of(enum sysreg reg);
/* Why the CPU uses the register even if its accesses are trapped; NULL if it does not. */
const char *ws_effect_of(enum sysreg reg);

/* True if KVM's accessors reach the register in the CPU while it is loaded, under VHE (the list of accessors.def). */
bool ws_accessor_listed(enum sysreg reg);
/* True if those of this kernel do. */
bool ws_accessor_reaches(const struct ws_model *m, enum sysreg reg);

#endif
