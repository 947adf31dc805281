/* SPDX-License-Identifier: Apache-2.0 */
/* What kernels list and show differently (abi_kernels.def). A kernel is ABI_KERNEL(major, minor). */
#ifndef EL2SIM_HYP_ABI_KERNEL_H
#define EL2SIM_HYP_ABI_KERNEL_H

#include "models/hyp/abi/abi_reg.h"
#include "sim/base/err.h"

enum abi_basis { ABI_BASIS_NONE, ABI_BASIS_READ, ABI_BASIS_RECALLED, ABI_BASIS_DERIVED };
const char *abi_basis_name(enum abi_basis basis);

#define ABI_KERNEL_TEXT 12
/* "6.12" of a kernel; text: ABI_KERNEL_TEXT bytes. Returns text. */
const char *abi_kernel_name(uint16_t kernel, char *text);
/*
 * The version that a text begins with: "6.12", "5.10.255-253.amzn2.aarch64". false if there is none, or one that no
 * Linux has (0.x, minor above 99).
 */
bool abi_kernel_parse(const char *text, uint16_t *kernel);
/* The same as a setting: ERR_CONFIG for anything but a version from ABI_KERNEL_FIRST on. what: its name for messages. */
int abi_kernel_set(const char *what, const char *text, uint16_t *kernel, struct err *e);

/* Since when the register is listed, by all kernels (since) and by some (may). */
struct abi_since {
	uint16_t may, since;
	uint8_t basis;      /* enum abi_basis; NONE: by every kernel that is modelled */
	const char *source; /* "" for NONE */
};
const struct abi_since *abi_reg_since(enum abi_reg reg);
/* Is a register listed? MAY: kernels of one version differ. */
enum abi_listed { ABI_LISTED_NO, ABI_LISTED_MAY, ABI_LISTED_YES };
/* What the version alone says of each register (enum abi_listed) and guard (enum abi_asks): an array to index per call. */
void abi_kernel_lists(uint16_t kernel, uint8_t lists[ABI_REG_COUNT], uint8_t asks[ABI_GUARD_COUNT]);
/* Does a kernel ask for the guard's feature: NO lists without, MAY is seen both ways. */
enum abi_asks { ABI_ASKS_NO, ABI_ASKS_MAY, ABI_ASKS_YES };
enum abi_asks abi_kernel_asks(uint16_t kernel, enum abi_guard guard);
/* Name of a register in that kernel's headers. */
const char *abi_reg_name_in(enum abi_reg reg, uint16_t kernel);
/* Order of KVM_GET_REG_LIST. */
void abi_kernel_order(uint16_t kernel, uint16_t order[ABI_REG_COUNT]);

/* Value of an ID register as that kernel shows what it knows of the CPU, whatever the vCPU has. */
uint64_t abi_kernel_shows(uint16_t kernel, enum abi_reg reg, uint64_t value);
/* Bits that kernels of this version show or do not show. */
uint64_t abi_kernel_unsure(uint16_t kernel, enum abi_reg reg);
/* Fields of it that need the guard's feature in this kernel. */
uint64_t abi_kernel_needs(uint16_t kernel, enum abi_reg reg, enum abi_guard guard);
/*
 * Writable mask of a register, 6.12's and what is known to be added since (0 before 6.12: not known). *help gets what may be
 * written where that is not as in 6.12, else it stays.
 */
uint64_t abi_kernel_mask(uint16_t kernel, enum abi_reg reg, const char **help);
/* VM-wide value of a firmware register until it is set. */
uint64_t abi_kernel_reset(uint16_t kernel, enum abi_reg reg);

/* Is the id never in a dump of cpu-template-helper? */
bool abi_left_out(uint64_t id);

#endif
