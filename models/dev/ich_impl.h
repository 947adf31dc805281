/* SPDX-License-Identifier: Apache-2.0 */
/* Between ich.c and ich_regs.c. */
#ifndef EL2SIM_DEV_ICH_IMPL_H
#define EL2SIM_DEV_ICH_IMPL_H

#include "models/dev/ich.h"

/* The binary point in force for a group. */
unsigned ich_bpr(const struct ich *h, unsigned group);
/* Index of the pending list register of the highest priority whose group is on, or -1. */
int ich_highest(const struct ich *h);
/* The highest active priority, or ICH_IDLE. */
unsigned ich_running(const struct ich *h);
/* IAR of a group: the INTID, or ICH_SPURIOUS. */
unsigned ich_acknowledge(struct ich *h, unsigned group);
/* EOIR of a group, DIR. */
void ich_end(struct ich *h, uint64_t intid, unsigned group);
void ich_deactivate(struct ich *h, uint64_t intid);

#endif
