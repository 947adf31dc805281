/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/app/cmd.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/str.h"

static const struct cmd rows[] = {
#define CMD(name, args, help)        { #name, args, help, cmd_##name },
#define CMD_AS(id, name, args, help) { name, args, help, cmd_##id },
#include "sim/app/cmd.def"
};

static const struct cmd_set top = {
	.prog = "el2sim",
	.about = "cycle-approximate simulator of AArch64 virtualization (KVM/arm64 world switches)",
	.rows = rows,
	.n = sizeof(rows) / sizeof(rows[0]),
};

const struct cmd_set *cmd_top(void)
{
	return &top;
}

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
	printf("%s: %s\n\nUsage: %s COMMAND [OPERAND...] [OPTION...]\n\nCommands:\n", set->prog,
	       set->about, set->prog);
	for (size_t i = 0; i < set->n; i++)
		printf("  %-*s  %s\n", widest_name(set), set->rows[i].name, set->rows[i].help);
	printf("\n`%s COMMAND --help` tells more about one.\n", set->prog);
	err_set(e, ERR_NONE, "%s", "");
	return -1;
}

static int unknown(const struct cmd_set *set, const char *name, struct err *e)
{
	const char **names = xcalloc(set->n, sizeof(*names));
	const char *near;

	for (size_t i = 0; i < set->n; i++)
		names[i] = set->rows[i].name;
	near = str_nearest(name, names, set->n);
	free(names);
	if (near != NULL)
		return err_set(e, ERR_USAGE, "unknown command \"%s\": did you mean \"%s\"?", name,
			       near);
	return err_set(e, ERR_USAGE, "unknown command \"%s\": \"%s --help\" lists the commands",
		       name, set->prog);
}

int cmd_dispatch(const struct cmd_set *set, int argc, char **argv, struct err *e)
{
	const struct cmd *row;

	if (argc < 2)
		return err_set(e, ERR_USAGE, "no command: \"%s --help\" lists the commands",
			       set->prog);
	if (is_help(argv[1]))
		return print_help(set, e);
	row = cmd_row(set, argv[1]);
	if (row == NULL)
		return unknown(set, argv[1], e);
	return row->fn(argc - 1, argv + 1, e);
}

/* `el2sim help trace import` is `el2sim trace import --help`. */
int cmd_help(int argc, char **argv, struct err *e)
{
	char option[] = "--help";
	char **words = xcalloc((size_t)argc + 2, sizeof(*words));
	int n = 0, r;

	words[n++] = argv[0];
	for (int i = 1; i < argc; i++)
		if (!is_help(argv[i]) && strcmp(argv[i], "help") != 0)
			words[n++] = argv[i];
	words[n++] = option;
	r = cmd_dispatch(&top, n, words, e);
	free(words);
	return r;
}

int cmd_main(int argc, char **argv, struct err *e)
{
	if (argc > 1 && strcmp(argv[1], "--version") == 0) {
		printf("el2sim %s\n", EL2SIM_VERSION);
		return 0;
	}
	return cmd_dispatch(&top, argc, argv, e);
}
