/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The user interface of KVM/arm64 as facts: structures in their layout (static asserts below), ioctl
 * numbers, register ids, feature bits. Prefixed, so that a client that includes <linux/kvm.h> can sit on top
 * of the model on any architecture. Source: api.rst 4.68, 4.69, 4.82, 4.139 and the uapi headers of 6.12.
 */
#ifndef EL2SIM_HYP_UAPI_H
#define EL2SIM_HYP_UAPI_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

struct uapi_one_reg {
	uint64_t id;
	uint64_t addr; /* of the value, in the caller's memory */
};

struct uapi_reg_list {
	uint64_t n; /* followed by n ids */
};

struct uapi_vcpu_init {
	uint32_t target;
	uint32_t features[7];
};

struct uapi_enable_cap {
	uint32_t cap;
	uint32_t flags;
	uint64_t args[4];
	uint8_t pad[64];
};

struct uapi_mp_state {
	uint32_t mp_state;
};

struct uapi_vcpu_events {
	uint8_t serror_pending;
	uint8_t serror_has_esr;
	uint8_t ext_dabt_pending;
	uint8_t pad[5];
	uint64_t serror_esr;
	uint32_t reserved[12];
};

struct uapi_reg_mask_range {
	uint64_t addr;
	uint32_t range;
	uint32_t reserved[13];
};

/* The same request as posted in August 2023: no range, same size and so the same ioctl number. */
struct uapi_reg_mask_range_v8 {
	uint64_t addr;
	uint64_t reserved[7];
};

struct uapi_counter_offset {
	uint64_t counter_offset;
	uint64_t reserved;
};

/* struct kvm_regs: core register ids are 32-bit word offsets into it. */
struct uapi_regs {
	uint64_t regs[31], sp, pc, pstate;
	uint64_t sp_el1, elr_el1, spsr[5];
	_Alignas(16) uint8_t vregs[32][16];
	uint32_t fpsr, fpcr, pad[2];
};

static_assert(sizeof(struct uapi_one_reg) == 16, "kvm_one_reg");
static_assert(sizeof(struct uapi_reg_list) == 8, "kvm_reg_list");
static_assert(sizeof(struct uapi_vcpu_init) == 32, "kvm_vcpu_init");
static_assert(sizeof(struct uapi_enable_cap) == 104, "kvm_enable_cap");
static_assert(offsetof(struct uapi_enable_cap, args) == 8, "kvm_enable_cap.args");
static_assert(sizeof(struct uapi_mp_state) == 4, "kvm_mp_state");
static_assert(sizeof(struct uapi_vcpu_events) == 64, "kvm_vcpu_events");
static_assert(offsetof(struct uapi_vcpu_events, serror_esr) == 8, "kvm_vcpu_events.exception.serror_esr");
static_assert(offsetof(struct uapi_vcpu_events, reserved) == 16, "kvm_vcpu_events.reserved");
static_assert(sizeof(struct uapi_reg_mask_range) == 64, "reg_mask_range");
static_assert(sizeof(struct uapi_reg_mask_range_v8) == 64, "reg_mask_range of the first posting");
static_assert(sizeof(struct uapi_counter_offset) == 16, "kvm_arm_counter_offset");
static_assert(sizeof(struct uapi_regs) == 864, "kvm_regs");
static_assert(offsetof(struct uapi_regs, vregs) == 336, "kvm_regs.fp_regs");

/* Register ids. */
#define UAPI_REG_ARCH_MASK   UINT64_C(0xff00000000000000)
#define UAPI_REG_ARM64       UINT64_C(0x6000000000000000)
#define UAPI_REG_SIZE_MASK   UINT64_C(0x00f0000000000000)
#define UAPI_REG_SIZE_SHIFT  52
#define UAPI_REG_COPROC_MASK UINT64_C(0x000000000fff0000)
#define UAPI_REG_BYTES(id)   ((size_t)1 << ((id) >> UAPI_REG_SIZE_SHIFT & 15))
#define UAPI_REG(log2, coproc, low)                                                                 \
	(UAPI_REG_ARM64 | (uint64_t)(log2) << UAPI_REG_SIZE_SHIFT | (uint64_t)(coproc) << 16 | (uint64_t)(low))

enum uapi_size { UAPI_U32 = 2, UAPI_U64, UAPI_U128, UAPI_U256, UAPI_U512, UAPI_U1024, UAPI_U2048 };

enum uapi_coproc {
	UAPI_CORE = 0x10, UAPI_DEMUX = 0x11, UAPI_SYSREG = 0x13, UAPI_FW = 0x14, UAPI_SVE = 0x15, UAPI_BMAP = 0x16
};

#define UAPI_DEMUX_VALUES 14
#define UAPI_MASK_SLOTS   192 /* KVM_ARM_FEATURE_ID_RANGE_SIZE */
/* Index of a feature-ID register (op0 3, CRn 0) in the array of writable masks. */
#define UAPI_MASK_SLOT(op1, crm, op2)                                                               \
	(((op1) == 3 ? 2u : (unsigned)(op1)) << 6 | ((unsigned)(crm) & 7) << 3 | (unsigned)(op2))

/* REG_SCOPE: as posted in v4 (2022), and an arch-generic nybble as the review asked; its place is ours. */
#define UAPI_SCOPE_BIT    UINT64_C(0x0000000010000000)
#define UAPI_SCOPE_NYBBLE UINT64_C(0x000f000000000000)
#define UAPI_SCOPE_SHIFT  48
enum uapi_scope { UAPI_SCOPE_VCPU, UAPI_SCOPE_VM, UAPI_SCOPE_HOST };

/* Features of KVM_ARM_VCPU_INIT: X(name, bit). */
#define UAPI_FEATURES(X)                                                                            \
	X(POWER_OFF, 0) X(EL1_32BIT, 1) X(PSCI_0_2, 2) X(PMU_V3, 3) X(SVE, 4) X(PTRAUTH_ADDRESS, 5)  \
	X(PTRAUTH_GENERIC, 6)
enum uapi_feature {
#define X(name, bit) UAPI_VCPU_##name = (bit),
	UAPI_FEATURES(X)
#undef X
};
#define UAPI_FEATURE(name)     (UINT32_C(1) << UAPI_VCPU_##name)
#define UAPI_FEATURES_VALID    0x7fu
#define UAPI_TARGET_GENERIC_V8 5u

enum { UAPI_MP_RUNNABLE = 0, UAPI_MP_STOPPED = 5, UAPI_MP_SUSPENDED = 10 };

/* Ioctl numbers (asm-generic encoding): X(name, direction, number, size); direction 0, 1 = write, 2 = read. */
#define UAPI_IOCTLS(X)                                                                              \
	X(CREATE_VM, 0, 0x01, 0)                                                                    \
	X(CHECK_EXTENSION, 0, 0x03, 0)                                                              \
	X(CREATE_VCPU, 0, 0x41, 0)                                                                  \
	X(RUN, 0, 0x80, 0)                                                                          \
	X(GET_MP_STATE, 2, 0x98, sizeof(struct uapi_mp_state))                                      \
	X(SET_MP_STATE, 1, 0x99, sizeof(struct uapi_mp_state))                                      \
	X(GET_VCPU_EVENTS, 2, 0x9f, sizeof(struct uapi_vcpu_events))                                \
	X(SET_VCPU_EVENTS, 1, 0xa0, sizeof(struct uapi_vcpu_events))                                \
	X(ENABLE_CAP, 1, 0xa3, sizeof(struct uapi_enable_cap))                                      \
	X(GET_ONE_REG, 1, 0xab, sizeof(struct uapi_one_reg))                                        \
	X(SET_ONE_REG, 1, 0xac, sizeof(struct uapi_one_reg))                                        \
	X(VCPU_INIT, 1, 0xae, sizeof(struct uapi_vcpu_init))                                        \
	X(PREFERRED_TARGET, 2, 0xaf, sizeof(struct uapi_vcpu_init))                                 \
	X(GET_REG_LIST, 3, 0xb0, sizeof(struct uapi_reg_list))                                      \
	X(SET_COUNTER_OFFSET, 1, 0xb5, sizeof(struct uapi_counter_offset))                          \
	X(GET_REG_WRITABLE_MASKS, 2, 0xb6, sizeof(struct uapi_reg_mask_range))                      \
	X(VCPU_FINALIZE, 1, 0xc2, sizeof(int32_t))
#define UAPI_IO(dir, nr, size) ((uint32_t)(dir) << 30 | (uint32_t)(size) << 16 | 0xae00u | (uint32_t)(nr))
enum uapi_ioctl {
#define X(name, dir, nr, size) UAPI_IOCTL_##name,
	UAPI_IOCTLS(X)
#undef X
	UAPI_IOCTL_COUNT
};

#endif
