/* SPDX-License-Identifier: Apache-2.0 */
/* Register ids of the KVM API. */
#ifndef EL2SIM_CPU_KVM_REG_H
#define EL2SIM_CPU_KVM_REG_H

#include "models/cpu/sysreg.h"

/* Id for KVM_GET_ONE_REG of a vCPU's register; 0 if KVM has none. Which ids a vCPU lists depends on its features. */
uint64_t kvm_reg_id(enum sysreg reg);

#endif
