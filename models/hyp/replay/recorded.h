/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A recorded trace as what each of its guests did by itself: the exits that it caused, with the
 * residency (kvm_entry to kvm_exit) before each. An interrupt that ended a residency is not the
 * guest's doing: what it ran before counts to its next own exit. A WFI is a WFI whether it slept or
 * not, an SGI goes to another vCPU: the simulated machine decides what becomes of them.
 */
#ifndef EL2SIM_HYP_RECORDED_H
#define EL2SIM_HYP_RECORDED_H

#include "models/hyp/kvm/exits.h"
#include "models/hyp/ws/wswitch.h"

struct recorded_exit {
	uint64_t guest_ns;
	uint32_t kind;    /* enum exit_kind, one that exit_is_workload has */
	uint32_t user_ns; /* from KVM_RUN's end to the next entry, if it went to the VMM */
	uint64_t address, data; /* of a fault or an access, if located: the trace tells them */
	uint32_t syndrome;      /* ESR_EL2, or the part of it that the trace tells */
	bool located;
};

struct recorded_vcpu {
	struct recorded_exit *exit;
	size_t n;
	uint64_t guest_ns; /* all residency, also what no own exit ended */
};

struct recorded {
	struct recorded_vcpu *vcpu; /* those with at least one exit of their own */
	size_t n_vcpu;
	uint64_t exits, interrupted; /* own ones; residencies that an interrupt ended */
	uint64_t timers, devices;    /* virtual interrupts that became pending */
	uint64_t halts, halt_ns;     /* WFI that ended, and how long they took */
	uint64_t span_ns;
};

/* Read a native trace; p: any program, to tell the kinds with. NULL with ERR_INPUT: not a trace, or
 * nobody exits by himself. Free with recorded_free. */
struct recorded *recorded_read(const struct ws_prog *p, const char *path, struct err *e);
void recorded_free(struct recorded *r);


#endif
