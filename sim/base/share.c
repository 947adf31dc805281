/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/base/share.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Add ../share/el2sim from the folder of the running program; false if there is no such folder. */
static bool beside_program(struct str *path)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	size_t before = path->len;
	struct stat st;

	if (n <= 0)
		return false;
	exe[n] = '\0';
	for (int up = 0; up < 2; up++) { /* the program's name, then its folder */
		char *slash = strrchr(exe, '/');

		if (slash == NULL)
			return false;
		*slash = '\0';
	}
	str_addf(path, "%s/share/el2sim", exe);
	if (stat(path->s + before, &st) == 0 && S_ISDIR(st.st_mode))
		return true;
	path->len = before;
	path->s[before] = '\0';
	return false;
}

void share_dir(struct str *path, const char *folder)
{
	const char *given = getenv("EL2SIM_SHARE");

	if (given != NULL && given[0] != '\0')
		str_add(path, given);
	else if (!beside_program(path))
		str_add(path, EL2SIM_SHARE);
	str_addf(path, "/%s", folder);
}
