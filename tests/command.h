/* SPDX-License-Identifier: Apache-2.0 */
/* A command line, run inside the test. */
#ifndef EL2SIM_TESTS_COMMAND_H
#define EL2SIM_TESTS_COMMAND_H

#include <unistd.h>

#include "sim/cmd/cmd.h"
#include "tests/traces_util.h"

#define COMMAND_WORDS_MAX 40

/* Run the program's own entry with a line of words; what it writes is added to out, if that is not NULL. */
static inline int run_command(const char *line, struct str *out, struct err *e)
{
	char *copy = xstrdup(line), *path = scratch("command"), *argv[COMMAND_WORDS_MAX] = { NULL };
	int argc = 0, rc;

	for (char *w = strtok(copy, " "); w != NULL && argc < COMMAND_WORDS_MAX - 3; w = strtok(NULL, " "))
		argv[argc++] = w;
	argv[argc++] = (char[]){ "-o" };
	argv[argc++] = path;
	*e = (struct err){ ERR_NONE, "" };
	rc = cmd_main(argc, argv, e);
	if (out != NULL && access(path, R_OK) == 0) {
		struct str text = slurp(path);

		str_add(out, str_get(&text));
		str_free(&text);
	}
	(void)unlink(path);
	free(path);
	free(copy);
	return rc;
}

#endif
