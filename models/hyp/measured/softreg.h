/* SPDX-License-Identifier: Apache-2.0 */
/* Which recorded register accesses belong to the measured path and not to the modelled switch. */
#ifndef EL2SIM_HYP_SOFTREG_H
#define EL2SIM_HYP_SOFTREG_H

#include <stdbool.h>

#include "models/hyp/measured/path.h"
#include "models/hyp/measured/reference.h"

/*
 * reg: as encoded, lower case ("sp_el0"); function: symbol, with or without the nVHE prefix.
 * softreg_item says also which item of a path profile counts it.
 */
bool softreg_is_soft(const char *reg, enum ref_op op, const char *function);
bool softreg_item(const char *reg, enum ref_op op, const char *function, enum path_item *item);

#endif
