/* SPDX-License-Identifier: Apache-2.0 */
/*
 * KVM/arm64's register ABI as Linux 6.12 has it, and the lists and initial values of other kernels: VMs and vCPUs whose ioctls take the uapi structures in their
 * uapi layout and return what the kernel returns (0 or a count, or a negative errno). No guest runs in it:
 * KVM_RUN applies the rules of the first run and comes back with -EINTR, as with immediate_exit set.
 */
#ifndef EL2SIM_HYP_ABI_H
#define EL2SIM_HYP_ABI_H

#include "models/hyp/abi/abi_kernel.h"

/* Proposals for telling user space which registers are per VM: X(id, name, help). */
#define ABI_SCOPES(X)                                                                               \
	X(NONE, "none", "no scope: Linux as it is")                                                 \
	X(V4, "v4", "bit 28 of the id, firmware registers as posted in 2022")                       \
	X(V4_PSCI, "v4+psci", "v4 and the PSCI version, which the review missed")                   \
	X(NYBBLE, "nybble", "an arch-generic field of the id, registers as in v4+psci")             \
	X(ALL, "all", "that field for every register that is per VM or per host")

enum abi_scope {
#define X(id, name, help) ABI_SCOPE_##id,
	ABI_SCOPES(X)
#undef X
	ABI_SCOPE_COUNT
};

#define ABI_MASKS(X)                                                                                \
	X(NONE, "none", "no KVM_ARM_GET_REG_WRITABLE_MASKS: trial and error")                       \
	X(POSTED, "posted", "as first posted in 2023: reserved[7], no range, no capability")        \
	X(MERGED, "merged", "as merged: range, reserved[13], KVM_CAP_ARM_SUPPORTED_REG_MASK_RANGES")

enum abi_masks {
#define X(id, name, help) ABI_MASKS_##id,
	ABI_MASKS(X)
#undef X
	ABI_MASKS_COUNT
};

enum abi_spectre { ABI_SPECTRE_UNAFFECTED, ABI_SPECTRE_MITIGATED, ABI_SPECTRE_VULNERABLE };

enum abi_host_kind {
#define ABI_HOST(id, ...) ABI_HOST_##id,
#include "models/hyp/abi/abi_hosts.def"
	ABI_HOST_COUNT
};
extern const char *const abi_host_names[ABI_HOST_COUNT + 1];

enum abi_has {
	ABI_HAS_AARCH32, /* at EL0 */
	ABI_HAS_EL1_32BIT,
	ABI_HAS_RAS,
	ABI_HAS_SVE,
	ABI_HAS_PTRAUTH,
	ABI_HAS_PMU,
	ABI_HAS_MTE
};

/* A host kernel and CPU. Filled by abi_host_init; the members below the line are knobs. */
struct abi_host {
	uint64_t id[ABI_REG_COUNT]; /* class id: sanitised value with every feature; invariant: the value */
	uint16_t vqs;               /* bit n-1: vectors of n quadwords */
	uint8_t counters;           /* PMU event counters */
	uint8_t spectre_v2, spectre_v4, spectre_bhb; /* enum abi_spectre */
	uint8_t mpam;
	bool bare; /* fields that need a vCPU's feature are not known */
	/* --- */
	uint16_t kernel;  /* ABI_KERNEL(major, minor), see abi_kernel.h */
	bool hide_absent; /* where kernels differ (ABI_ASKS_MAY), only with their feature; 6.12: TCR2_EL1, PIR_EL1, PIRE0_EL1 */
	bool vgic;        /* the VMM makes a GICv3; else the first run clears the GIC fields of the ID registers */
	uint8_t scope;    /* enum abi_scope */
	uint8_t masks;    /* enum abi_masks */
	uint32_t max_vcpus;
};

/* ABI_KERNEL_DEFAULT, hide_absent, vgic, ABI_SCOPE_NONE, ABI_MASKS_MERGED, 512 vCPUs (VGIC_V3_MAX_CPUS). */
void abi_host_init(struct abi_host *h, enum abi_host_kind kind);
/* The first host with that MIDR_EL1; ABI_HOST_COUNT if there is none. */
enum abi_host_kind abi_host_by_midr(uint64_t midr);
bool abi_host_has(const struct abi_host *h, enum abi_has what);

enum abi_lock { ABI_LOCK_KVM, ABI_LOCK_VCPU, ABI_LOCK_CONFIG, ABI_LOCK_MP_STATE, ABI_LOCK_COUNT };

struct abi_counts {
	uint64_t calls, failed;
	uint64_t bytes;                  /* copied from and to user space */
	uint64_t locks[ABI_LOCK_COUNT];  /* acquisitions */
};

/* How the model reaches its caller's memory; both return 0, or -1 for -EFAULT. */
struct abi_memory {
	int (*read)(void *self, uint64_t addr, void *dst, size_t n);
	int (*write)(void *self, uint64_t addr, const void *src, size_t n);
	void *self;
};

struct abi_vcpu;

struct abi_vm {
	struct abi_host host;
	struct abi_memory memory;
	uint64_t now; /* the host's physical counter; the caller advances it */
	struct abi_counts counts;
	void (*on_lock)(void *self, enum abi_lock lock); /* may be NULL; after the call's acquisition */
	void *on_lock_self;
	uint16_t order[ABI_REG_COUNT]; /* enum abi_reg, as the host's kernel lists them */
	uint8_t lists[ABI_REG_COUNT], asks[ABI_GUARD_COUNT]; /* as abi_kernel_lists() fills them for the host's kernel */
	uint64_t id[ABI_REG_COUNT]; /* class id, fw (PSCI version) and bitmap: the VM-wide values */
	uint64_t voffset, poffset;
	uint32_t features;
	uint8_t pmcr_n;
	bool features_set, ids_set, pmu_set, ran, mte, offset_owned, scoped;
	uint32_t created;
	struct abi_vcpu **vcpu;
	size_t n_vcpus;
};

struct abi_vcpu {
	struct abi_vm *vm;
	uint32_t number; /* vcpu_id */
	bool initialized, has_sve, finalized, has_pauth, ran, serror, own_ccsidr;
	uint8_t max_vq;
	uint32_t mp_state;
	uint64_t vsesr;
	uint64_t value[ABI_REG_COUNT];
	uint32_t ccsidr[UAPI_DEMUX_VALUES];
	uint8_t v[32][16];
	uint8_t *sve; /* 32 Z of 256 bytes, 17 P of 32 bytes; NULL before FINALIZE */
};

/* KVM_CREATE_VM. memory NULL: addresses are pointers of this process; the first page is never valid. */
struct abi_vm *abi_vm_new(const struct abi_host *host, const struct abi_memory *memory);
void abi_vm_free(struct abi_vm *vm);

/*
 * The ioctls by number, arg as user space passes it. KVM_CREATE_VCPU returns the index of the vCPU in vm->vcpu.
 * dev: only KVM_CHECK_EXTENSION. Anything unknown is -EINVAL.
 */
long abi_dev_ioctl(const struct abi_host *host, uint32_t cmd, uint64_t arg);
long abi_vm_ioctl(struct abi_vm *vm, uint32_t cmd, uint64_t arg);
long abi_vcpu_ioctl(struct abi_vcpu *v, uint32_t cmd, uint64_t arg);
uint32_t abi_ioctl_number(enum uapi_ioctl i);

/*
 * Is the register there for this vCPU? abi_visible: does this VM list it, where a kernel that differs is the one that
 * hide_absent says, or the one without what is younger.
 */
enum abi_listed abi_listed(const struct abi_vcpu *v, enum abi_reg reg);
bool abi_visible(const struct abi_vcpu *v, enum abi_reg reg);
/* The id that KVM_GET_REG_LIST gives it, and its scope as user space is told. */
uint64_t abi_listed_id(const struct abi_vm *vm, enum abi_reg reg);
enum uapi_scope abi_told_scope(const struct abi_vm *vm, enum abi_reg reg);
/* Limit of what may be written to a register of class id on this vCPU, its initial value. */
uint64_t abi_id_limit(const struct abi_vcpu *v, enum abi_reg reg);

#endif
