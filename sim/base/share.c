/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/base/share.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/err.h"
#include "sim/base/str.h"

/* ../share/el2sim beside the folder of the running program; NULL if there is none. */
static char *beside_program(void)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	struct str path = STR_INIT;
	struct stat st;

	if (n <= 0)
		return NULL;
	exe[n] = '\0';
	for (int up = 0; up < 2; up++) { /* the program's name, then its folder */
		char *slash = strrchr(exe, '/');

		if (slash == NULL)
			return NULL;
		*slash = '\0';
	}
	str_addf(&path, "%s/share/el2sim", exe);
	if (stat(str_get(&path), &st) == 0 && S_ISDIR(st.st_mode))
		return path.s;
	str_free(&path);
	return NULL;
}

char *share_dir(void)
{
	const char *given = getenv("EL2SIM_SHARE");
	char *beside;

	if (given != NULL && given[0] != '\0')
		return xstrdup(given);
	beside = beside_program();
	return beside != NULL ? beside : xstrdup(EL2SIM_SHARE);
}
