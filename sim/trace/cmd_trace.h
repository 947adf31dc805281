/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of `el2sim trace` and what they share. */
#ifndef EL2SIM_TRACE_CMD_TRACE_H
#define EL2SIM_TRACE_CMD_TRACE_H

#include "sim/app/command.h"

#define TRACE_CMD(name, args, help) cmd_fn cmd_trace_##name;
#include "sim/app/cmd_trace.def"

cmd_fn cmd_trace; /* `el2sim trace`: the one that the first word names */

#endif
