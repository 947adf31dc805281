/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A generic timer (Arm ARM, D12): compare value, control and offset. It has no time: `now` is CNTPCT_EL0, in ticks of
 * CNTFRQ_EL0, and is given.
 */
#ifndef EL2SIM_DEV_GTIMER_H
#define EL2SIM_DEV_GTIMER_H

#include "models/cpu/a64/a64.h"

/* The timers of a vCPU, and the INTIDs of their private interrupts. */
enum gtimer_id { GTIMER_VIRT, GTIMER_PHYS, GTIMERS };
enum { GTIMER_PPI_VIRT = 27, GTIMER_PPI_PHYS = 30 };
uint32_t gtimer_ppi(enum gtimer_id id);
/* Of one of these INTIDs. */
enum gtimer_id gtimer_of_ppi(uint32_t intid);

enum { GTIMER_ENABLE = 1, GTIMER_IMASK = 2, GTIMER_ISTATUS = 4 };
#define GTIMER_NEVER UINT64_MAX

struct gtimer {
	uint64_t offset; /* the timer counts now - offset: CNTVOFF_EL2, CNTPOFF_EL2 */
	uint64_t cval;
	uint32_t ctl; /* ENABLE, IMASK */
};

/* Its condition is met: ISTATUS, whatever ENABLE and IMASK are. */
bool gtimer_expired(const struct gtimer *t, uint64_t now);
/* Enabled and not masked (kvm_timer_irq_can_fire). */
bool gtimer_can_fire(const struct gtimer *t);
/* Its line is up: enabled, not masked, expired. */
bool gtimer_line(const struct gtimer *t, uint64_t now);
/* When the line goes up next, as a value of CNTPCT_EL0; `now` if it is up, GTIMER_NEVER if it will not. */
uint64_t gtimer_next(const struct gtimer *t, uint64_t now);

/* All of a vCPU. */
struct gtimers {
	uint32_t hz; /* CNTFRQ_EL0 */
	struct gtimer t[GTIMERS];
};

/*
 * The guest's access of CNTFRQ_EL0, CNT{P,V}CT{,SS}_EL0, CNT{P,V}_{CTL,CVAL,TVAL}_EL0. False: not a register of these, or
 * one that cannot be written: UNDEFINED. After a write the line may differ.
 */
bool gtimers_read(const struct gtimers *t, enum a64_reg reg, uint64_t now, uint64_t *value);
bool gtimers_write(struct gtimers *t, enum a64_reg reg, uint64_t now, uint64_t value);

#endif
