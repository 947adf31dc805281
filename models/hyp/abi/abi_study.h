/* SPDX-License-Identifier: Apache-2.0 */
/* One VMM, flow, variant and number of vCPUs: calls, cost, lock waiting. */
#ifndef EL2SIM_HYP_ABI_STUDY_H
#define EL2SIM_HYP_ABI_STUDY_H

#include "models/hyp/abi/abi_par.h"

struct abi_row {
	struct abi_flow_totals total; /* of all vCPUs */
	uint64_t insns;
	uint64_t serial;              /* cycles, one vCPU after another */
	struct abi_par_result par;    /* all at once on the given CPUs; a migration's two halves one after another */
	uint64_t first, slope;        /* cycles of the first vCPU, and of each further one (serial) */
	uint64_t calls_per_vcpu;      /* of a further vCPU */
	uint64_t shared_calls;        /* calls per vCPU for VM-wide and host-wide registers: what scope can remove */
	size_t registers, shared;     /* of KVM_GET_REG_LIST */
};

struct abi_study {
	const struct abi_host *host;
	const struct abi_price *price;
	uint32_t features;
	unsigned pcpus;
};

/* n 1..4096. ERR_MODEL as abi_flow_record. */
int abi_study_row(const struct abi_study *s, enum abi_vmm vmm, enum abi_flow flow, enum abi_variant variant,
		  unsigned n, struct abi_row *row, struct err *e);

/* Thousandths of a percent of calls that row saves against base, and that scope could save at most for n vCPUs. */
int64_t abi_saved(const struct abi_row *base, const struct abi_row *row);
int64_t abi_ceiling(const struct abi_row *base, unsigned n);

#endif
