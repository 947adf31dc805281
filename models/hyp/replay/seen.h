/* SPDX-License-Identifier: Apache-2.0 */
/* The exit kind that the events of one vCPU thread tell, without a program: for who only counts. */
#ifndef EL2SIM_HYP_SEEN_H
#define EL2SIM_HYP_SEEN_H

#include "models/hyp/kvm/exits.h"
#include "traces/trace.h"

/* One thread between a kvm_exit and the next kvm_entry; all zero before the first. */
struct seen_exit {
	bool timer;         /* the guest's timer interrupt was taken since the entry */
	bool user, put;     /* the exit went to the VMM; the thread was scheduled out inside KVM_RUN */
	bool woke;          /* the guest's timer became due since the exit */
	bool mmio, write;
	enum exit_kind kind; /* by class and the handler's own event */
	uint64_t ret, ec;
	bool no_ret, no_ec;
	uint16_t op[5];     /* of the system register: Op0, Op1, CRn, CRm, Op2 */
	bool sysreg;
};

/* A kvm_entry, a kvm_exit or any other event of the thread, or a sched_switch away from it. */
void seen_entry(struct seen_exit *x);
void seen_exit(struct seen_exit *x, const struct tr_event *ev);
void seen_event(struct seen_exit *x, const struct tr_event *ev);
/* The kind as far as it is known by now; as the replay takes it. */
enum exit_kind seen_kind(const struct seen_exit *x);

#endif
