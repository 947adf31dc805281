/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/cmd/cmd.h"

#include <stdio.h>
#include <string.h>

#include "sim/base/str.h"

static cmd_fn *const fns[] = {
#define CMD(name, args, help)        cmd_##name,
#define CMD_AS(id, name, args, help) cmd_##id,
#include "sim/app/cmd.def"
};

/* `el2sim help trace import` is `el2sim trace import --help`. */
int cmd_help(int argc, char **argv, struct err *e)
{
	char option[] = "--help";
	char **words;
	int n = 0, r;

	if (cmd_asked(argc, argv)) /* the same words as without "help" */
		return cmd_dispatch(&cmd_top_set, fns, argc, argv, e);
	words = xcalloc((size_t)argc + 2, sizeof(*words));
	words[n++] = argv[0];
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--help") != 0 && strcmp(argv[i], "-h") != 0 && strcmp(argv[i], "help") != 0)
			words[n++] = argv[i];
	words[n++] = option;
	r = cmd_dispatch(&cmd_top_set, fns, n, words, e);
	free(words);
	return r;
}

int cmd_main(int argc, char **argv, struct err *e)
{
	if (argc > 1 && strcmp(argv[1], "--version") == 0) {
		printf("el2sim %s\n", EL2SIM_VERSION);
		return 0;
	}
	return cmd_dispatch(&cmd_top_set, fns, argc, argv, e);
}
