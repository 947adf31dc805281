/* SPDX-License-Identifier: Apache-2.0 */
/* What handlers of exits do to guest registers beside the ops of their sequence (handlers.def). */
#ifndef EL2SIM_HYP_HANDLERS_H
#define EL2SIM_HYP_HANDLERS_H

#include "models/hyp/kvm/exits.h"

enum handler_moment { MOMENT_KERNEL, MOMENT_USER };
enum handler_who { WHO_OWN, WHO_OTHER };
/* By which way a handler reaches a guest register. */
enum handler_via {
	VIA_ACCESSOR, /* vcpu_read_sys_reg, vcpu_write_sys_reg */
	VIA_MEMORY    /* __vcpu_sys_reg, and KVM_GET/SET_ONE_REG */
};

struct handler {
	enum exit_kind kind;
	enum handler_moment moment;
	enum handler_who who;
	enum handler_via via;
	bool write;
	enum sysreg reg;
	const char *function;
};

const struct handler *handlers(size_t *n);

/* One access to a guest register, by a handler or anybody else. */
struct handler_access {
	unsigned vcpu;        /* whose register */
	unsigned cpu;         /* on which CPU the code runs */
	enum sysreg reg;      /* the register of the switch: VMPIDR_EL2 stands for MPIDR_EL1 */
	enum handler_via via;
	bool write;
	const char *function; /* kernel function */
};

#define HANDLER_NOBODY UINT32_MAX

/*
 * The next access of an exit kind's handling at this moment, from row *i on (0 at first): fills *a, moves *i behind it.
 * v: the exiting vCPU, on cpu; other: another one of its VM, HANDLER_NOBODY if there is none. False: no more.
 */
bool handlers_next(size_t *i, enum exit_kind kind, enum handler_moment moment, unsigned v, unsigned cpu, unsigned other,
		   struct handler_access *a);

#endif
