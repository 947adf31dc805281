/* SPDX-License-Identifier: Apache-2.0 */
/* What handlers of exits do to guest registers (handlers.def), told to the oracle. */
#ifndef EL2SIM_HYP_HANDLERS_H
#define EL2SIM_HYP_HANDLERS_H

#include "models/hyp/kvm/exits.h"
#include "models/hyp/check/oracle.h"

enum handler_moment { MOMENT_KERNEL, MOMENT_USER };
enum handler_who { WHO_OWN, WHO_OTHER };

struct handler {
	enum exit_kind kind;
	enum handler_moment moment;
	enum handler_who who;
	enum oracle_via via;
	bool write;
	enum sysreg reg;
	const char *function;
};

const struct handler *handlers(size_t *n);

/* The accesses of a kind; other: another vCPU of the VM, ORACLE_NONE if there is none. */
void handlers_run(struct oracle *o, enum exit_kind kind, enum handler_moment moment, unsigned v, unsigned cpu,
		  unsigned other);

#endif
