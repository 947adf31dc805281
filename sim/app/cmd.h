/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command of the program: one row in cmd.def, one cmd_<name>.c.
 *
 * A command with commands of its own (`el2sim trace import`) has its own rows, set and
 * cmd_dispatch() call; the words and the errors are then the same on both levels.
 */
#ifndef EL2SIM_APP_CMD_H
#define EL2SIM_APP_CMD_H

#include <stddef.h>

#include "sim/base/err.h"

/*
 * Run a command with its own arguments (argv[0] is the command's name; argv[argc] is NULL). Returns 0,
 * or -1 with *e filled. ERR_ANSWER_NO means that the output was written and says no (its text may be
 * empty); ERR_NONE that help was printed and nothing else is to be done (see args_parse).
 */
typedef int cmd_fn(int argc, char **argv, struct err *e);

#define CMD(name, args, help)        cmd_fn cmd_##name;
#define CMD_AS(id, name, args, help) cmd_fn cmd_##id;
#include "sim/app/cmd.def"

struct cmd {
	const char *name;
	const char *args; /* operands, as in cmd.def */
	const char *help;
	cmd_fn *fn;
};

struct cmd_set {
	const char *prog;  /* "el2sim", "el2sim trace": what is typed before the command's name */
	const char *about; /* one sentence at the head of the help */
	const struct cmd *rows;
	size_t n;
};

/* The whole program: --version, then the commands of cmd.def. As cmd_fn. */
cmd_fn cmd_main;

/*
 * Run the command of set that argv[1] names; argv[1] "--help" or "-h" prints the list and returns -1
 * with ERR_NONE. An unknown command is ERR_USAGE and names the nearest.
 */
int cmd_dispatch(const struct cmd_set *set, int argc, char **argv, struct err *e);

/* The commands of cmd.def, and the row of set with that name (NULL if there is none). */
const struct cmd_set *cmd_top(void);
const struct cmd *cmd_row(const struct cmd_set *set, const char *name);

#endif
