/* SPDX-License-Identifier: Apache-2.0 */
/* Writable masks of the feature-ID registers, and what a VMM learns without them by trial. */
#ifndef EL2SIM_HYP_ABI_MASK_H
#define EL2SIM_HYP_ABI_MASK_H

#include "models/hyp/abi.h"

/* Slot of a register in the array of masks; UAPI_MASK_SLOTS if it is outside the feature-ID space. */
unsigned abi_mask_slot(enum abi_reg reg);
/* What KVM_ARM_GET_REG_WRITABLE_MASKS writes on this host. */
void abi_masks_of(const struct abi_host *h, uint64_t masks[static UAPI_MASK_SLOTS]);

#endif
