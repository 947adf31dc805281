/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EL2SIM_ADVISE_CMD_ADVISE_H
#define EL2SIM_ADVISE_CMD_ADVISE_H

#include "sim/app/command.h"

cmd_fn cmd_advise; /* `el2sim advise` */

#endif
