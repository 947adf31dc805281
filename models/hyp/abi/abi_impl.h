/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the register ABI share among themselves. */
#ifndef EL2SIM_HYP_ABI_IMPL_H
#define EL2SIM_HYP_ABI_IMPL_H

#include "models/hyp/abi/abi.h"

/* The caller's memory; -1 for -EFAULT. */
int abi_user_read(struct abi_vm *vm, uint64_t addr, void *dst, size_t n);
int abi_user_write(struct abi_vm *vm, uint64_t addr, const void *src, size_t n);
void abi_take(struct abi_vm *vm, enum abi_lock lock);

long abi_get_reg(struct abi_vcpu *v, const struct uapi_one_reg *reg);
long abi_set_reg(struct abi_vcpu *v, const struct uapi_one_reg *reg);
/* Registers of a vCPU as KVM_ARM_VCPU_INIT leaves them. */
void abi_reset(struct abi_vcpu *v);
long abi_writable_masks(struct abi_vm *vm, uint64_t arg);
long abi_get_events(struct abi_vcpu *v, uint64_t arg);
long abi_set_events(struct abi_vcpu *v, uint64_t arg);

/* Does the host's CLIDR_EL1 name the cache that CSSELR_EL1 = csselr selects? */
bool abi_has_cache(const struct abi_host *h, unsigned csselr);

/* By class: a value, or 0 and a negative errno. */
uint64_t abi_get_id(struct abi_vcpu *v, enum abi_reg reg);
int abi_set_id(struct abi_vcpu *v, enum abi_reg reg, uint64_t val);
int abi_get_fw(struct abi_vcpu *v, const struct uapi_one_reg *r);
int abi_set_fw(struct abi_vcpu *v, const struct uapi_one_reg *r);
uint64_t abi_get_sys(struct abi_vcpu *v, enum abi_reg reg);
int abi_set_sys(struct abi_vcpu *v, enum abi_reg reg, uint64_t val);
uint32_t abi_get_ccsidr(const struct abi_vcpu *v, unsigned csselr);
int abi_set_ccsidr(struct abi_vcpu *v, unsigned csselr, uint32_t val);

static inline bool abi_has_feature(const struct abi_vcpu *v, uint32_t bit)
{
	return (v->vm->features & bit) != 0;
}

static inline unsigned abi_nibble(uint64_t v, unsigned shift)
{
	return (unsigned)(v >> shift & 15);
}

/* Field of an ID register's VM-wide value. */
static inline unsigned abi_vm_field(const struct abi_vm *vm, enum abi_reg reg, unsigned shift)
{
	return abi_nibble(vm->id[reg], shift);
}

#endif
