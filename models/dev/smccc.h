/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls of firmware and hypervisor as KVM answers them (arch/arm64/kvm/hypercalls.c, psci.c, trng.c): SMCCC 1.1, PSCI
 * 1.1, TRNG 1.0. A call has an answer and an action; the action is the caller's. Functions are rows of smccc.def.
 */
#ifndef EL2SIM_DEV_SMCCC_H
#define EL2SIM_DEV_SMCCC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum smccc_fn {
#define SMCCC(id, ...) SMCCC_##id,
#include "models/dev/smccc.def"
	SMCCC_FNS /* none of them */
};

/* What happens beside the answer. */
enum smccc_action {
	SMCCC_RETURN,  /* nothing: x0 to x3 get the answer */
	SMCCC_WAIT,    /* then the vCPU waits as in WFI (CPU_SUSPEND) */
	SMCCC_START,   /* vCPU `vcpu` begins at `entry` with x0 = `context`, reset state (CPU_ON); the caller gets the answer */
	SMCCC_STOP,    /* the calling vCPU is off, until CPU_ON */
	SMCCC_OFF,     /* exit to the VMM: shutdown (KVM_SYSTEM_EVENT_SHUTDOWN) */
	SMCCC_RESET,   /* exit to the VMM: reset (KVM_SYSTEM_EVENT_RESET) */
	SMCCC_SUSPEND, /* exit to the VMM: KVM_SYSTEM_EVENT_SUSPEND; registers stay as they are */
};

/* Return values (DEN 0022 5.2.2, DEN 0028). */
#define SMCCC_SUCCESS        0
#define SMCCC_NOT_SUPPORTED  (-1)
#define SMCCC_INVALID        (-2)
#define SMCCC_DENIED         (-3)
#define SMCCC_ALREADY_ON     (-4)
#define SMCCC_ON_PENDING     (-5)
#define SMCCC_FAILURE        (-6)

/* What the host says about Spectre-like workarounds. */
enum smccc_state { SMCCC_VULNERABLE, SMCCC_MITIGATED, SMCCC_UNAFFECTED };

struct smccc {
	uint32_t psci;  /* version: 0x10001 is 1.1 (KVM's default), 0x10000, 0x2 */
	unsigned vcpus;
	/* Asked about vCPUs 0 to vcpus - 1: MPIDR_EL1, and whether it is on (or about to be). */
	uint64_t (*mpidr)(void *owner, unsigned vcpu);
	bool (*is_on)(void *owner, unsigned vcpu);
	void *owner;
	enum smccc_state v2, v4, bhb; /* ARCH_WORKAROUND_1, 2, 3 */
	bool ssbs;            /* the guest has it, so ARCH_WORKAROUND_2 need not tell */
	bool system_suspend;  /* KVM_CAP_ARM_SYSTEM_SUSPEND */
	bool trng, pv_time;   /* KVM_REG_ARM_STD_BMAP, STD_HYP_BMAP: on by KVM's default; pv_time: without a region */
	uint64_t random;      /* state of the TRNG, which is as deterministic as all else */
};

/* KVM's defaults for so many vCPUs, mitigated, affinities as KVM gives them (gic_mpidr); is_on is to be set. */
void smccc_init(struct smccc *s, unsigned vcpus, uint64_t seed);

struct smccc_answer {
	enum smccc_fn fn;
	enum smccc_action action;
	bool fast;            /* answered by EL2's vectors, if called by HVC: x0 only, and no exit to the host */
	uint64_t x[4];        /* x0 to x3 */
	unsigned vcpu;        /* SMCCC_START */
	uint64_t entry, context;
};

/* A call by vCPU `vcpu` with x[0] to x[3] in its registers, by HVC or SMC. An unknown function is answered NOT_SUPPORTED. */
void smccc_call(struct smccc *s, unsigned vcpu, const uint64_t x[4], struct smccc_answer *a);

/* "PSCI_CPU_ON"; of SMCCC_FNS "unknown". */
const char *smccc_name(enum smccc_fn fn);
/* The row of a function number as it stands in x0, or SMCCC_FNS. */
enum smccc_fn smccc_of(uint32_t function);

#endif
