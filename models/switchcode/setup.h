/* SPDX-License-Identifier: Apache-2.0 */
/* A machine, a VM and a vCPU for the kernel's switch functions to work on. */
#ifndef EL2SIM_SWITCHCODE_SETUP_H
#define EL2SIM_SWITCHCODE_SETUP_H

#include "models/switchcode/exec.h"

/* How the kernel runs: rows of kvm-arm.mode. */
enum swc_mode { SWC_VHE, SWC_NVHE, SWC_HVHE };

/*
 * Registers and per-CPU variables as the machine has them, code patched, `current`, a VM and a vCPU made. ERR_INPUT: the kernel has no
 * struct kvm_vcpu; ERR_MODEL: the machine cannot run it so.
 */
int swc_setup(struct swc *w, enum swc_mode mode, struct err *e);

/* Address of a member of the VM's or vCPU's structs (type "kvm", "kvm_vcpu"); 0: there is none. */
uint64_t swc_member(const struct swc *w, const char *type, const char *path, uint64_t *size);
/* From now on values that are moved to or from there are p's. */
void swc_place(struct swc *w, enum swc_place p, uint64_t from, uint64_t bytes);
/* Index of a register in struct kvm_cpu_context.sys_regs, by the kernel's enumerator; address of its cell in the vCPU; 0: none. */
uint64_t swc_vcpu_reg(const struct swc *w, const char *enumerator);

#endif
