/* SPDX-License-Identifier: Apache-2.0 */
/*
 * N vCPU threads on P CPUs that make their calls at the same time, on the event kernel: config_lock and kvm->lock
 * are the VM's, so their holders go one after another; waiting for them is a result.
 */
#ifndef EL2SIM_HYP_ABI_PAR_H
#define EL2SIM_HYP_ABI_PAR_H

#include "models/hyp/abi/abi_price.h"

/* Work before a lock, and under it; lock ABI_LOCK_COUNT: none (the last piece). */
struct abi_piece {
	uint64_t before, held; /* cycles */
	uint8_t lock;          /* enum abi_lock */
};

struct abi_script {
	struct abi_piece *v;
	size_t n;
	uint64_t cycles; /* without waiting */
	uint64_t insns;
};

/* The calls of one vCPU as pieces; calls that take no lock of the VM are one piece. free() .v. */
struct abi_script abi_script_of(const struct abi_calls *calls, const struct abi_price *p);

struct abi_par_result {
	uint64_t cycles;       /* from the start of all to the end of the last */
	uint64_t wait;         /* cycles spent waiting, all threads together */
	uint64_t waits;        /* acquisitions that had to wait */
	uint64_t acquisitions;
	uint64_t longest;      /* cycles of the longest wait */
};

/*
 * first: script of vCPU 0, other: of each further one. A CPU runs one thread to its end (a waiter spins), then takes
 * the next vCPU in order. vcpus and pcpus 1..4096. ERR_MODEL when the time does not fit 64 bits.
 */
int abi_par_run(const struct abi_script *first, const struct abi_script *other, unsigned vcpus, unsigned pcpus,
		struct abi_par_result *r, struct err *e);

#endif
