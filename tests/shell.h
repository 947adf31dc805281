/* SPDX-License-Identifier: Apache-2.0 */
/* The program, as a user's shell runs it. */
#ifndef EL2SIM_TESTS_SHELL_H
#define EL2SIM_TESTS_SHELL_H

#include <check.h>
#include <stdio.h>
#include <sys/wait.h>

#include "sim/base/str.h"

/* Runs the program; *out gets both outputs, and nothing else. args: for a shell. Returns the exit status. */
static inline int shell_el2sim(const char *args, struct str *out)
{
	char cmd[512], buf[4096];
	FILE *f;
	size_t n;
	int status;

	(void)snprintf(cmd, sizeof(cmd), "%s/el2sim %s 2>&1", EL2SIM_BINARY_DIR, args);
	f = popen(cmd, "r");
	ck_assert_ptr_nonnull(f);
	str_reset(out);
	while ((n = fread(buf, 1, sizeof(buf), f)) != 0)
		str_addn(out, buf, n);
	status = pclose(f);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#endif
