/* SPDX-License-Identifier: Apache-2.0 */
/* Writable masks of the feature-ID registers, and what a VMM learns without them by trial. */
#ifndef EL2SIM_HYP_ABI_MASK_H
#define EL2SIM_HYP_ABI_MASK_H

#include "models/hyp/abi/abi.h"

/* Slot of a register in the array of masks; UAPI_MASK_SLOTS if it is outside the feature-ID space. */
unsigned abi_mask_slot(enum abi_reg reg);
/* What KVM_ARM_GET_REG_WRITABLE_MASKS writes on this host. */
void abi_masks_of(const struct abi_host *h, uint64_t masks[static UAPI_MASK_SLOTS]);

/* How a VMM without the masks finds out: X(id, name, help). */
#define ABI_TRIALS(X)                                                                               \
	X(BIT, "trial by bit", "each bit of each ID register flipped alone")                        \
	X(FIELD, "trial by field", "each field of 4 bits one lower, or one higher where it is 0")

enum abi_trial_how {
#define X(id, name, help) ABI_TRIAL_##id,
	ABI_TRIALS(X)
#undef X
	ABI_TRIAL_COUNT
};
const char *abi_trial_name(enum abi_trial_how how);

struct abi_trial {
	uint64_t masks[UAPI_MASK_SLOTS]; /* what the VMM takes for writable */
	uint64_t gets, sets, failed;     /* calls; failed are among sets */
	uint64_t missed;                 /* bits that the kernel's mask has and the VMM's has not */
	uint64_t wrong;                  /* bits that the VMM's has and the kernel's has not */
	uint64_t side_effects;           /* writes that were accepted but stored as something else */
};

/*
 * Try on a vCPU and write every change back. 0, or the negative errno of a write-back that failed (the VM is
 * then not as it was).
 */
long abi_trial(struct abi_vcpu *v, enum abi_trial_how how, struct abi_trial *t);

#endif
