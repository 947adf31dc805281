/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of the program: each a row in cmd.def and a function in cmd_<name>.c. */
#ifndef EL2SIM_CMD_CMD_H
#define EL2SIM_CMD_CMD_H

#include "sim/app/command.h"

#define CMD(name, args, help)        cmd_fn cmd_##name;
#define CMD_AS(id, name, args, help) cmd_fn cmd_##id;
#include "sim/app/cmd.def"

/* The whole program: --version, then the commands of cmd.def. As cmd_fn. */
cmd_fn cmd_main;

#endif
