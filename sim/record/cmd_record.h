/* SPDX-License-Identifier: Apache-2.0 */
/* `el2sim record`. */
#ifndef EL2SIM_RECORD_CMD_RECORD_H
#define EL2SIM_RECORD_CMD_RECORD_H

#include "sim/app/command.h"

cmd_fn cmd_record;

#endif
