/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/app/command.h"

#include <stdio.h>
#include <string.h>

#include "sim/app/term.h"
#include "sim/base/str.h"
#include "sim/base/wrap.h"

static const struct cmd top_rows[] = {
#define CMD(name, args, help)        { #name, args, help },
#define CMD_AS(id, name, args, help) { name, args, help },
#include "sim/app/cmd.def"
};

const struct cmd_set cmd_top_set = {
	.prog = "el2sim",
	.about = "cycle-approximate simulator of AArch64 virtualization (KVM/arm64 world switches)",
	.rows = top_rows,
	.n = sizeof(top_rows) / sizeof(top_rows[0]),
};

static const struct cmd trace_rows[] = {
#define TRACE_CMD(name, args, help) { #name, args, help },
#include "sim/app/cmd_trace.def"
};

const struct cmd_set cmd_trace_set = {
	.prog = "el2sim trace",
	.about = "recorded KVM events: bring them in, look at them",
	.rows = trace_rows,
	.n = sizeof(trace_rows) / sizeof(trace_rows[0]),
};

static const struct cmd kernel_rows[] = {
#define KERNEL_CMD(name, args, help) { #name, args, help },
#include "sim/app/cmd_kernel.def"
};

const struct cmd_set cmd_kernel_set = {
	.prog = "el2sim kernel",
	.about = "a kernel's own code: what its world switch executes, and what a patch changes",
	.rows = kernel_rows,
	.n = sizeof(kernel_rows) / sizeof(kernel_rows[0]),
};

const struct cmd *cmd_row(const struct cmd_set *set, const char *name)
{
	for (size_t i = 0; i < set->n; i++)
		if (strcmp(set->rows[i].name, name) == 0)
			return &set->rows[i];
	return NULL;
}

static bool is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int widest_name(const struct cmd_set *set)
{
	size_t wide = 0;

	for (size_t i = 0; i < set->n; i++)
		if (strlen(set->rows[i].name) > wide)
			wide = strlen(set->rows[i].name);
	return (int)wide;
}

static int print_help(const struct cmd_set *set, struct err *e)
{
	struct str b = STR_INIT, label = STR_INIT;
	size_t width = term_width(stdout);

	str_addf(&label, "%s: ", set->prog);
	wrap_add(&b, str_get(&label), 2, set->about, width, false, "", "");
	str_addf(&b, "\nUsage: %s COMMAND [OPERAND...] [OPTION...]\n\nCommands:\n", set->prog);
	for (size_t i = 0; i < set->n; i++) {
		str_reset(&label);
		str_addf(&label, "  %-*s  ", widest_name(set), set->rows[i].name);
		wrap_add(&b, str_get(&label), label.len, set->rows[i].help, width, false, "", "");
	}
	str_addf(&b, "\n`%s COMMAND --help` tells more about one.\n", set->prog);
	(void)fputs(str_get(&b), stdout);
	str_free(&label);
	str_free(&b);
	err_set(e, ERR_NONE, "%s", "");
	return -1;
}

static int unknown(const struct cmd_set *set, const char *name, struct err *e)
{
	const char **names = xcalloc(set->n, sizeof(*names));
	char otherwise[80];

	for (size_t i = 0; i < set->n; i++)
		names[i] = set->rows[i].name;
	(void)snprintf(otherwise, sizeof(otherwise), "\"%s --help\" lists the commands", set->prog);
	(void)err_unknown(e, ERR_USAGE, name, names, set->n, otherwise, "unknown command \"%s\"", name);
	free(names);
	return -1;
}

bool cmd_asked(int argc, char **argv)
{
	return argc > 1 && strcmp(argv[1], "--complete") == 0;
}

/* argv: the set, "--complete", words. */
static int complete(const struct cmd_set *set, cmd_fn *const *fns, int argc, char **argv, struct err *e)
{
	const char *word = argc > 2 ? argv[2] : "";
	const struct cmd *row = argc > 3 ? cmd_row(set, word) : NULL;
	char *question = argv[1];

	if (row != NULL) {
		argv[1] = argv[2];
		argv[2] = question;
		return fns[row - set->rows](argc - 1, argv + 1, e);
	}
	for (size_t i = 0; argc <= 3 && i < set->n; i++)
		if (strncmp(set->rows[i].name, word, strlen(word)) == 0)
			printf("%s\t%s\n", set->rows[i].name, set->rows[i].help);
	return err_set(e, ERR_NONE, "%s", "");
}

int cmd_dispatch(const struct cmd_set *set, cmd_fn *const *fns, int argc, char **argv, struct err *e)
{
	const struct cmd *row;

	if (argc < 2)
		return err_set(e, ERR_USAGE, "no command: \"%s --help\" lists the commands",
			       set->prog);
	if (cmd_asked(argc, argv))
		return complete(set, fns, argc, argv, e);
	if (is_help(argv[1]))
		return print_help(set, e);
	row = cmd_row(set, argv[1]);
	if (row == NULL)
		return unknown(set, argv[1], e);
	return fns[row - set->rows](argc - 1, argv + 1, e);
}
