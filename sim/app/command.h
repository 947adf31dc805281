/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of commands: cmd.def, and the tables of commands that have commands of their own (`el2sim trace import`), so
 * that words and errors are the same on both levels. What a command does is a function elsewhere (sim/cmd, sim/trace).
 */
#ifndef EL2SIM_APP_COMMAND_H
#define EL2SIM_APP_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/base/err.h"

/*
 * Run a command with its own arguments (argv[0] is the command's name; argv[argc] is NULL). Returns 0,
 * or -1 with *e filled. ERR_ANSWER_NO means that the output was written and says no (its text may be
 * empty); ERR_NONE that help was printed and nothing else is to be done (see args_parse).
 */
typedef int cmd_fn(int argc, char **argv, struct err *e);

struct cmd {
	const char *name;
	const char *args; /* operands, as in cmd.def */
	const char *help;
};

struct cmd_set {
	const char *prog;  /* "el2sim", "el2sim trace": what is typed before the command's name */
	const char *about; /* one sentence at the head of the help */
	const struct cmd *rows;
	size_t n;
};

/* The commands of cmd.def, those of cmd_trace.def and cmd_kernel.def, and the row of set with that name (NULL if there is none). */
extern const struct cmd_set cmd_top_set, cmd_trace_set, cmd_kernel_set;
const struct cmd *cmd_row(const struct cmd_set *set, const char *name);

/* Is argv[1] "--complete": a shell's question, see sim/app/complete.h? */
bool cmd_asked(int argc, char **argv);

/*
 * Run the command of set that argv[1] names, its function at its row's place in fns; argv[1] "--help" or "-h" prints
 * the list and returns -1 with ERR_NONE; "--complete" is answered here as long as the word is a command's name, and handed on
 * behind it. An unknown command is ERR_USAGE and names the nearest.
 */
int cmd_dispatch(const struct cmd_set *set, cmd_fn *const *fns, int argc, char **argv, struct err *e);

#endif
