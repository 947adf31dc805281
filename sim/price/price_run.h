/* SPDX-License-Identifier: Apache-2.0 */
/* Both sides on a trace, or on the workload of a configuration. */
#ifndef EL2SIM_PRICE_PRICE_RUN_H
#define EL2SIM_PRICE_PRICE_RUN_H

#include "sim/price/price.h"

/*
 * Runs them, if there is a trace or a workload, and fills p->run. trace: NULL, or instead of the configuration's; machine, overrides: the
 * configuration. A recording is what its kinds cost times how often they are in the run; notes say of what share of the exits. ERR_CONFIG,
 * ERR_INPUT, ERR_MODEL.
 */
int price_run(struct price *p, const char *trace, const char *machine, const struct arg_list *overrides, struct rep *r, struct err *e);

#endif
