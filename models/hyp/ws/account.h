/* SPDX-License-Identifier: Apache-2.0 */
/* Where the executions of a program went: by phase, group, register and part of the modelled cycles. */
#ifndef EL2SIM_HYP_ACCOUNT_H
#define EL2SIM_HYP_ACCOUNT_H

#include "models/hyp/ws/wswitch.h"

struct account_reg {
	uint64_t read[PHASE_COUNT], write[PHASE_COUNT];
	uint64_t cycles;
};

/* Calls of vcpu_read_sys_reg and vcpu_write_sys_reg, by what they touched. */
struct account_accessors {
	uint64_t cpu_reads, cpu_writes, memory;
};

struct account {
	struct ws_totals group[PHASE_COUNT][GRP_COUNT];
	struct account_reg reg[SR_COUNT]; /* list registers: all of them in the first */
	uint64_t counter_cycles[CNT_COUNT + 1]; /* last: ops that no counter counts */
	uint64_t class_cycles[CLASS_COUNT];
	struct account_accessors acc;
};

/* Sort exec[], the executions of each op, into *a. */
void account_of(const struct ws_prog *p, const uint64_t *exec, struct account *a);

#endif
