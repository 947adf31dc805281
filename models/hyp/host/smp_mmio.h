/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device at the other end of a guest's MMIO: what a simulated machine (models/hyp/host/smp) asks when an
 * exit for MMIO reaches it. In the host's kernel that is between the exit and the next entry, the
 * pCPU stalls (time "handling"); in the VMM it is before the VMM's own work, the thread waits on
 * its pCPU and can be interrupted and preempted (time "user"). An answer after no time leaves the
 * exit as it is without a device.
 */
#ifndef EL2SIM_HYP_SMP_MMIO_H
#define EL2SIM_HYP_SMP_MMIO_H

#include "models/hyp/kvm/exits.h"

#define SMP_UNANSWERED UINT64_MAX /* the device answers later: smp_answer */

struct smp_vcpu;

/* An access reaches its device now. */
struct smp_access {
	struct smp_vcpu *v;
	enum exit_kind kind; /* of exit_is_mmio */
	bool write, vmm;     /* vmm: the device is the VMM's, not the kernel's */
};

struct smp_bus {
	void *ctx;
	/* Cycles that the device takes from now on, or SMP_UNANSWERED. A vCPU has one access at a
	 * time. */
	uint64_t (*access)(void *ctx, const struct smp_access *a);
};

/* The device of the access under way, which was SMP_UNANSWERED, answers in so many cycles from now
 * on. False: the vCPU waits for no device. */
bool smp_answer(struct smp_vcpu *v, uint64_t cycles);
#endif
