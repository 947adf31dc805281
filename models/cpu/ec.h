/* SPDX-License-Identifier: Apache-2.0 */
/* Exception classes (ESR_EL2.EC): names and meanings. */
#ifndef EL2SIM_CPU_EC_H
#define EL2SIM_CPU_EC_H

#include <stdbool.h>
#include <stddef.h>

struct ec {
	unsigned number;     /* 0..63 */
	const char *name;    /* as the kernel prints it in kvm_exit */
	const char *meaning; /* one sentence without a full stop */
};

/* The rows of ec.def in its order. */
size_t ec_count(void);
const struct ec *ec_at(size_t i);

/* Row of a class, NULL if the architecture gives it no meaning. */
const struct ec *ec_by_number(unsigned number);
/* Row by name, NULL if there is none. */
const struct ec *ec_by_name(const char *name);

#endif
