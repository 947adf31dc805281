/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of one register from vcpu_load to vcpu_put, followed symbolically: who wrote the value
 * that the CPU holds, and is the copy in memory current? Part of ws_lint.
 */
#ifndef EL2SIM_HYP_WS_LIFE_H
#define EL2SIM_HYP_WS_LIFE_H

#include "models/hyp/check/ws_lint.h"

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

/* The register whose state an access by this name changes. */
enum sysreg ws_same(enum sysreg reg);
/* Does the host's value stay the same while a vCPU is loaded? */
bool ws_group_fixed(enum sr_group group);

struct ws_subject ws_subject_of(enum ws_subject_kind kind, enum sysreg reg);
/* Does the op concern the subject? Its own accesses, and what changes it by the way (AT writes
 * PAR_EL1). */
bool ws_subject_touched(const struct ws_subject *s, const struct ws_op *op);

/* Follow the subject through all its states; append at most one finding, the first cause. */
void ws_life_check(const struct ws_prog *p, const struct ws_subject *s, struct ws_findings *f);

/* Append a finding; fmt and its arguments give the sentence. */
void ws_finding_add(struct ws_findings *f, enum ws_rule rule, enum sr_group group, enum sysreg reg,
		    enum ws_phase phase, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));

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

#endif
