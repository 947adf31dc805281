/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PMU that KVM emulates for a vCPU (PMUv3; Arm ARM, D13): six event counters of 32 bits and the cycle counter. It has no time: what
 * was executed is given, and counters count what the guest itself executed (perf events that exclude the host).
 */
#ifndef EL2SIM_DEV_PMU_H
#define EL2SIM_DEV_PMU_H

#include "models/cpu/a64/a64.h"

enum { PMU_COUNTERS = 6, PMU_CYCLE = 31, PMU_PPI = 23 };

/* What is executed, by what counts it. */
enum pmu_source { PMU_CYCLES, PMU_INSNS, PMU_LOADS, PMU_STORES, PMU_ACCESSES, PMU_BRANCHES, PMU_SOURCES, PMU_SOFTWARE, PMU_OVERFLOW, PMU_NOTHING };

/* Until now, at EL0 and EL1. */
struct pmu_counts {
	uint64_t n[2][PMU_SOURCES];
};

struct pmu {
	uint64_t count[32];
	uint32_t type[32];  /* PMEVTYPERn_EL0, PMCCFILTR_EL0 */
	uint32_t pmcr, selected, userenr, enabled, overflowed, interrupts; /* the last three: bits of counters */
	struct pmu_counts seen;
	bool used; /* a counter was on once: the host's perf events are there from then on */
	bool line; /* as KVM told the GIC last */
};

void pmu_init(struct pmu *p);

/* So much was executed until now. True: a counter went over its end, which interrupts the host. */
bool pmu_count(struct pmu *p, const struct pmu_counts *now);
/* Events until an enabled counter goes over its end at the earliest, none of which takes less than an instruction; UINT64_MAX: it does not. */
uint64_t pmu_room(const struct pmu *p);
/* Some counter counts. */
bool pmu_runs(const struct pmu *p);
/* The interrupt's line is up (kvm_pmu_overflow_status). */
bool pmu_line(const struct pmu *p);

/*
 * The guest's access, behind pmu_count, from EL0 or EL1. False: UNDEFINED: no register of the PMU, a counter that is not there, or EL0 may
 * not (PMUSERENR_EL0).
 */
bool pmu_read(struct pmu *p, enum a64_reg reg, bool el0, uint64_t *value);
bool pmu_write(struct pmu *p, enum a64_reg reg, bool el0, uint64_t value);

#endif
