/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EL2SIM_PRICE_CMD_PRICE_H
#define EL2SIM_PRICE_CMD_PRICE_H

#include "sim/app/command.h"

cmd_fn cmd_price; /* `el2sim price` */

#endif
