/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a call of the register ABI costs: instructions of a path profile's kinds (null_syscall, null_ioctl,
 * get_one_reg, set_one_reg, get_reg_list, vcpu_load_put) times the machine's CPI, plus exception entry and return;
 * and, as a knob, vcpu_load and vcpu_put around every vCPU ioctl, as before Linux 4.16.
 */
#ifndef EL2SIM_HYP_ABI_PRICE_H
#define EL2SIM_HYP_ABI_PRICE_H

#include "models/hyp/abi/abi_flow.h"
#include "models/hyp/measured/path.h"
#include "models/hyp/ws/wswitch.h"

/* Feature sets of a vCPU: X(id, name, KVM_ARM_VCPU_INIT features). */
#define ABI_SETS(X)                                                                                 \
	X(DEFAULT, "default", UAPI_FEATURE(PSCI_0_2))                                               \
	X(PMU, "pmu", UAPI_FEATURE(PSCI_0_2) | UAPI_FEATURE(PMU_V3))                                \
	X(PAUTH, "pmu+ptrauth", UAPI_FEATURE(PSCI_0_2) | UAPI_FEATURE(PMU_V3) |                     \
	  UAPI_FEATURE(PTRAUTH_ADDRESS) | UAPI_FEATURE(PTRAUTH_GENERIC))                            \
	X(SVE, "sve+pmu+ptrauth", UAPI_FEATURE(PSCI_0_2) | UAPI_FEATURE(PMU_V3) | UAPI_FEATURE(SVE) | \
	  UAPI_FEATURE(PTRAUTH_ADDRESS) | UAPI_FEATURE(PTRAUTH_GENERIC))

enum abi_set {
#define X(id, name, features) ABI_SET_##id,
	ABI_SETS(X)
#undef X
	ABI_SET_COUNT
};
extern const char *const abi_set_names[ABI_SET_COUNT + 1];
uint32_t abi_set_features(enum abi_set set);

/* [abi] */
struct abi_options {
	const char *kernel; /* version of Linux */
	int host;      /* enum abi_host_kind */
	bool hide_absent;
	int set;       /* enum abi_set */
	uint64_t vmms; /* bit i: enum abi_vmm */
	uint64_t flows, variants;
	const char *vcpus;
	int64_t pcpus;
	bool load_put; /* vcpu_load and vcpu_put around every vCPU ioctl */
	int64_t hold_get, hold_set, hold_other; /* instructions under the VM's locks */
	int64_t band_low, band_high;            /* thousandths of the middle */
};

const struct opt_row *abi_opt_rows(size_t *n);

/* The host that the options describe. ERR_CONFIG for a kernel that is no version, or older than what is known. */
int abi_options_host(const struct abi_options *o, struct abi_host *h, struct err *e);

struct abi_price {
	uint64_t insns[ABI_CALL_KIND_COUNT], cycles[ABI_CALL_KIND_COUNT]; /* per call with one register */
	uint64_t item_insns, item_cycles; /* per register of a batch beyond what the ioctl itself costs */
	uint64_t syscall_insns, ioctl_insns; /* of them: the bare system call, the bare ioctl */
	uint64_t load_put_insns, load_put_cycles; /* added to each vCPU ioctl when the knob is on; always filled */
	uint64_t hold[ABI_CALL_KIND_COUNT]; /* cycles under a lock of the VM */
	bool load_put;
};

/*
 * p: compiled program of the machine, for vcpu_load and vcpu_put. ERR_CONFIG when the profile does not have the
 * kinds: the sentence says which file to include.
 */
int abi_price_fill(const struct path_profile *prof, const struct ws_prog *p, const struct abi_options *o,
		   struct abi_price *price, struct err *e);

/* One call; lock waiting is abi_par.h's. */
uint64_t abi_call_insns(const struct abi_price *p, const struct abi_call *c);
uint64_t abi_call_cycles(const struct abi_price *p, const struct abi_call *c);

#endif
