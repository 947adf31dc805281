/* SPDX-License-Identifier: Apache-2.0 */
/* Entries and exits of each task, held against each other: where one is missing, events were lost.
 */
#ifndef EL2SIM_TRACES_PAIRS_H
#define EL2SIM_TRACES_PAIRS_H

#include "traces/trace.h"

struct pairs_task;
struct pairs_cpu;

/* To be zeroed before the first record. */
struct pairs {
	struct pairs_task *task; /* by pid, open addressing, at most half full */
	size_t slots, used;
	struct pairs_cpu *cpu; /* TR_CPU_MAX, NULL: no record yet */
	uint64_t gaps;  /* tr_info.gaps, when the trace has both events */
	uint64_t mixed; /* tr_info.mixed */
};

/* The next record of a trace, in order of time. */
void pairs_see(struct pairs *p, const struct tr_event *ev);
void pairs_free(struct pairs *p);

#endif
