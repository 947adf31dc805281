/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VMM flows on the functional model: which calls a VMM makes for the first vCPU and for each further one, and
 * what each call does and holds. Everything about N vCPUs follows from these two lists.
 */
#ifndef EL2SIM_HYP_ABI_FLOW_H
#define EL2SIM_HYP_ABI_FLOW_H

#include "models/hyp/abi/abi.h"
#include "sim/base/err.h"

enum abi_vmm {
#define ABI_VMM(id, ...) ABI_VMM_##id,
#include "models/hyp/abi/abi_vmm.def"
	ABI_VMM_COUNT
};
extern const char *const abi_vmm_names[ABI_VMM_COUNT + 1];
bool abi_vmm_parallel(enum abi_vmm vmm);
/* vCPUs that the VMM's own code allows a VM; 0: not known, or as many as KVM. */
unsigned abi_vmm_most(enum abi_vmm vmm);
const char *abi_vmm_source(enum abi_vmm vmm);

/* X(id, name, help) */
#define ABI_FLOWS(X)                                                                                \
	X(BOOT, "boot", "vCPUs made and set up")                                                    \
	X(SAVE, "save", "snapshot, or the source side of a migration")                              \
	X(RESTORE, "restore", "from a snapshot, or the destination side of a migration")            \
	X(MIGRATE, "migrate", "stop and copy: save, then restore; registers alone, no memory, no devices")

enum abi_flow {
#define X(id, name, help) ABI_FLOW_##id,
	ABI_FLOWS(X)
#undef X
	ABI_FLOW_COUNT
};
extern const char *const abi_flow_names[ABI_FLOW_COUNT + 1];
bool abi_flow_known(enum abi_vmm vmm, enum abi_flow flow);

/* What a VMM could do otherwise: X(id, name, help); the first ones are the scopes of abi.h, in their order. */
#define ABI_VARIANTS(X)                                                                             \
	X(NONE, "none", "as the VMM is")                                                            \
	X(V4, "v4", "aware of REG_SCOPE as posted: 5 firmware registers once per VM")               \
	X(V4_PSCI, "v4+psci", "and the PSCI version")                                               \
	X(NYBBLE, "nybble", "the same registers, told in an arch-generic field")                    \
	X(ALL, "all", "aware of a scope for every VM-wide and host-wide register")                  \
	X(CACHED, "cached", "no scope; the VMM knows the ID registers: saved from its memory, written once") \
	X(BATCH, "batch", "one ioctl for all registers of a step")

enum abi_variant {
#define X(id, name, help) ABI_VARIANT_##id,
	ABI_VARIANTS(X)
#undef X
	ABI_VARIANT_COUNT
};
extern const char *const abi_variant_names[ABI_VARIANT_COUNT + 1];

/* Kinds of call as they are priced. */
enum abi_call_kind { ABI_CALL_GET, ABI_CALL_SET, ABI_CALL_LIST, ABI_CALL_OTHER, ABI_CALL_KIND_COUNT };

struct abi_call {
	uint8_t kind;     /* enum abi_call_kind */
	uint16_t items;   /* registers that the call moves; 1, more only in a batch */
	uint16_t config;  /* config_lock acquisitions */
	uint16_t kvm;     /* kvm->lock acquisitions */
	uint32_t bytes;
	bool failed;
};

struct abi_calls {
	struct abi_call *v;
	size_t n, cap;
};

struct abi_flow_result {
	struct abi_calls first, other; /* of the first vCPU, and of each further one */
	size_t registers;              /* KVM_GET_REG_LIST's length */
	size_t shared;                 /* of them VM-wide or host-wide: what scope can at most remove */
};

/*
 * Run a flow for real on two vCPUs and record the calls of each. features: KVM_ARM_VCPU_INIT. Free with
 * abi_flow_free. ERR_MODEL when the VMM has no such flow or the host not the features; *r is then empty.
 */
int abi_flow_record(const struct abi_host *host, uint32_t features, enum abi_vmm vmm, enum abi_flow flow,
		    enum abi_variant variant, struct abi_flow_result *r, struct err *e);
void abi_flow_free(struct abi_flow_result *r);

/* Totals for n vCPUs. */
struct abi_flow_totals {
	uint64_t calls, failed, bytes, items;
};
struct abi_flow_totals abi_flow_totals(const struct abi_flow_result *r, uint64_t n);

#endif
