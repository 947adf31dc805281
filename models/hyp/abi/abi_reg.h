/* SPDX-License-Identifier: Apache-2.0 */
/* The registers of KVM/arm64's user interface as a table: one row each, in the order of KVM_GET_REG_LIST. */
#ifndef EL2SIM_HYP_ABI_REG_H
#define EL2SIM_HYP_ABI_REG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/cpu/sysreg.h"
#include "models/hyp/abi/uapi.h"

/* A version of Linux: 6.12 is 612. What is modelled: from ABI_KERNEL_FIRST to ABI_KERNEL_LAST. */
#define ABI_KERNEL(major, minor) ((major) * 100 + (minor))
#define ABI_KERNEL_FIRST         ABI_KERNEL(4, 14)
#define ABI_KERNEL_LAST          ABI_KERNEL(7, 0)
#define ABI_KERNEL_END           UINT16_MAX
#define ABI_KERNEL_DEFAULT       ABI_KERNEL(6, 12) /* whose rules of reading and writing are modelled */

#define ABI_CLASSES(X)                                                                              \
	X(core, "general-purpose, FP/SIMD and exception registers; word offsets into struct kvm_regs") \
	X(sve, "vector lengths, Z, P and FFR")                                                      \
	X(fw, "firmware: PSCI version, workaround levels")                                          \
	X(bitmap, "firmware: bit maps of hypercall services")                                       \
	X(timer, "timers; CVAL and CNT of the virtual one are swapped")                             \
	X(invariant, "the host's identification, may not change")                                   \
	X(sysreg, "system registers of the vCPU")                                                   \
	X(id, "feature-ID registers, stored per VM")                                                \
	X(demux, "CCSIDR_EL1 by CSSELR_EL1")

enum abi_class {
#define X(name, help) ABI_CLASS_##name,
	ABI_CLASSES(X)
#undef X
	ABI_CLASS_COUNT
};

/*
 * What a vCPU must have for a register to be visible: X(name, help, open, from, until). Kernels [from, until) ask for it,
 * others list the register without; of kernels [open, from) both are seen (abi_host.hide_absent).
 */
#define ABI_GUARDS(X)                                                                               \
	X(ALWAYS, "", 0, 0, ABI_KERNEL_END)                                                         \
	X(FPSIMD, "no SVE", 0, 0, ABI_KERNEL_END)                                                   \
	X(SVE, "SVE", 0, 0, ABI_KERNEL_END)                                                         \
	X(PMU, "PMU (before 5.11: always)", ABI_KERNEL(5, 11), ABI_KERNEL(5, 11), ABI_KERNEL_END)   \
	X(PAUTH, "pointer authentication", 0, 0, ABI_KERNEL_END)                                    \
	X(MTE, "KVM_CAP_ARM_MTE", 0, 0, ABI_KERNEL_END)                                             \
	X(TCR2, "ID_AA64MMFR3_EL1.TCRX (6.5 to 6.12: always)", ABI_KERNEL(6, 5), ABI_KERNEL(6, 13), ABI_KERNEL_END) \
	X(S1PIE, "ID_AA64MMFR3_EL1.S1PIE (6.5 to 6.12: always)", ABI_KERNEL(6, 5), ABI_KERNEL(6, 13), ABI_KERNEL_END) \
	X(S1POE, "ID_AA64MMFR3_EL1.S1POE of the VM", 0, 0, ABI_KERNEL_END)                          \
	X(SCTLR2, "ID_AA64MMFR3_EL1.SCTLRX of the VM", 0, 0, ABI_KERNEL_END)                        \
	X(FPMR, "ID_AA64PFR2_EL1.FPMR of the VM", 0, 0, ABI_KERNEL_END)                             \
	X(CACHE, "a cache in CLIDR_EL1 (since 6.3: always)", 0, 0, ABI_KERNEL(6, 3))

enum abi_guard {
#define X(name, ...) ABI_GUARD_##name,
	ABI_GUARDS(X)
#undef X
	ABI_GUARD_COUNT
};

/* How a register is read and written: X(name, help). */
#define ABI_RULES(X)                                                                                \
	X(PLAIN, "any value; reset by KVM_ARM_VCPU_INIT")                                           \
	X(KEEP, "any value; KVM_ARM_VCPU_INIT leaves it alone")                                     \
	X(PSTATE, "a mode that the vCPU has, else EINVAL; AArch32 narrows the registers")           \
	X(VREG, "any value; EINVAL with SVE, where Zn must be used")                                \
	X(VLS, "before FINALIZE only (else EPERM), the host's lengths up to a maximum (else EINVAL)") \
	X(ZREG, "any value; EPERM before FINALIZE")                                                 \
	X(PREG, "any value; EPERM before FINALIZE")                                                 \
	X(PSCI, "a version that fits the PSCI feature, else EINVAL; VM-wide")                       \
	X(WA, "not above the host's level, else EINVAL; not stored")                                \
	X(WA2, "not above the host's level once mapped to two states, else EINVAL; not stored")     \
	X(BMAP, "a subset (else EINVAL) before the first run, the same value (else EBUSY) after it") \
	X(TCTL, "any value; ISTATUS is computed")                                                   \
	X(TCNT, "sets the VM-wide offset; ignored after KVM_ARM_SET_COUNTER_OFFSET")                \
	X(INVAR, "the host's value, else EINVAL")                                                   \
	X(OSLSR, "only OSLK may change, else EINVAL")                                               \
	X(MPIDR, "any value; reset from the vCPU's number")                                         \
	X(ID, "safe fields before the first run (else EINVAL), the same value (else EBUSY) after it") \
	X(ID32, "as ID; writes are ignored where the host has no AArch32")                          \
	X(IDZFR0, "as ID; zero without SVE")                                                        \
	X(IDRAZ, "zero (else EINVAL before the first run, EBUSY after it)")                         \
	X(IDPFR0, "as ID; the host's MPAM is accepted and stored as 0")                             \
	X(IDPFR1, "as ID; the host's MPAM_frac is accepted and stored as 0")                        \
	X(IDADFR0, "as ID; DebugVer below 6 is EINVAL, PMUVer 15 is stored as 0")                   \
	X(IDDFR0, "as ID32; PerfMon 1 or 2 and CopDbg below 6 are EINVAL, PerfMon 15 is stored as 0") \
	X(CLIDR, "no reserved bit, no claim that the host's caches need less, else EINVAL; per vCPU") \
	X(PMSET, "sets the bits of the counters that exist")                                        \
	X(PMCLR, "clears the bits of the counters that exist")                                      \
	X(PMCR, "bits 7:0; N, VM-wide, before the first run and up to the host's, else ignored")    \
	X(PMEVCNTR, "any value; read back with 32 bits before PMUv3p5")                             \
	X(PMEVTYPER, "any value")                                                                   \
	X(RAZWI, "any value; ignored, reads as 0")                                                  \
	X(CCSIDR, "line size not below the host's minimum, else EINVAL")

enum abi_rule {
#define X(name, help) ABI_RULE_##name,
	ABI_RULES(X)
#undef X
	ABI_RULE_COUNT
};

enum abi_scoped { ABI_SCOPED_NO, ABI_SCOPED_V4, ABI_SCOPED_PSCI };

/* Low 16 bits of the id of a system register. */
#define ABI_SYS(op0, op1, crn, crm, op2) ((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))
enum abi_enc {
#define SYSREG(name, op0, op1, crn, crm, op2, ...) ABI_ENC_##name = ABI_SYS(op0, op1, crn, crm, op2),
#include "models/cpu/sysregs.def"
#define ABI_ENC(name, op0, op1, crn, crm, op2) ABI_ENC_##name = ABI_SYS(op0, op1, crn, crm, op2),
#include "models/hyp/abi/abi_regs.def"
};

enum abi_reg {
#define ABI_REG(name, ...) ABI_R_##name,
#include "models/hyp/abi/abi_regs.def"
#undef ABI_REG
	ABI_REG_COUNT
};

struct abi_reg_row {
	const char *name;
	uint64_t id;      /* without scope */
	uint8_t class;    /* enum abi_class */
	uint8_t scope;    /* enum uapi_scope */
	uint8_t guard;    /* enum abi_guard */
	uint8_t rule;     /* enum abi_rule */
	uint8_t scoped;   /* enum abi_scoped */
	uint64_t reset;
	uint64_t mask;    /* class id and CLIDR_EL1: writable mask; else bits kept at reset */
};

#define ABI_UNKNOWN UINT64_C(0x1de7ec7edbadc0de) /* what the kernel resets architecturally unknown registers to */

const struct abi_reg_row *abi_reg_row(enum abi_reg reg);
/* By name, case ignored, and by id without scope; ABI_REG_COUNT if there is none. */
enum abi_reg abi_reg_by_name(const char *name);
/* The row that holds a vCPU's system register; ABI_REG_COUNT if KVM shows it to nobody. Which rows a vCPU lists depends on
 * its features. */
enum abi_reg abi_reg_of(enum sysreg reg);
enum abi_reg abi_reg_by_id(uint64_t id);

const char *abi_class_name(enum abi_class class);
const char *abi_guard_help(enum abi_guard guard);
const char *abi_rule_help(enum abi_rule rule);
const char *abi_scope_name(enum uapi_scope scope);

/*
 * Is a value of an ID register safe: every writable field at or on the safe side of the limit's, every other
 * bit equal to the limit's?
 */
bool abi_id_safe(enum abi_reg reg, uint64_t value, uint64_t limit);

#endif
