/* SPDX-License-Identifier: Apache-2.0 */
/* A command of the program: one row in cmd.def, one cmd_<name>.c. */
#ifndef EL2SIM_APP_CMD_H
#define EL2SIM_APP_CMD_H

#include "sim/base/err.h"

/*
 * Run a command with its own arguments (argv[0] is the command's name). Returns 0, or -1 with *e filled;
 * ERR_ANSWER_NO means that the output was written and says no (its text may be empty).
 */
typedef int cmd_fn(int argc, char **argv, struct err *e);

#define CMD(name, args, help) cmd_fn cmd_##name;
#include "sim/app/cmd.def"
#undef CMD

#endif
