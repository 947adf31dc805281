/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EL2SIM_CALIBRATE_CMD_CALIBRATE_H
#define EL2SIM_CALIBRATE_CMD_CALIBRATE_H

#include "sim/app/command.h"

cmd_fn cmd_calibrate, cmd_validate, cmd_sensitivity; /* `el2sim calibrate`, `validate`, `sensitivity` */

#endif
