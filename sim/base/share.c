/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/base/share.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Of the file of a program or library: add ../share/el2sim from its folder, or from the one above (lib/ARCHITECTURE). False: neither is there. */
static bool beside(struct str *path, char *file)
{
	size_t before = path->len;
	char *slash = strrchr(file, '/');

	if (slash == NULL)
		return false;
	*slash = '\0';
	for (int up = 0; up < 2 && (slash = strrchr(file, '/')) != NULL; up++) {
		*slash = '\0';
		str_addf(path, "%s/share/el2sim", file);
		if (is_folder(path->s + before))
			return true;
		path->len = before;
		path->s[before] = '\0';
	}
	return false;
}

static bool beside_program(struct str *path)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (n <= 0)
		return false;
	exe[n] = '\0';
	return beside(path, exe);
}

/* Is this code in a library, as loaded from a file, and the folder there? The loader gives the program itself no name. */
static bool beside_library(struct str *path)
{
	static const char here[] = "";
	struct link_map *map = NULL;
	char file[PATH_MAX];
	Dl_info info;

	return dladdr1(here, &info, (void **)&map, RTLD_DL_LINKMAP) != 0 && map != NULL && map->l_name[0] != '\0' &&
	       realpath(map->l_name, file) != NULL && beside(path, file);
}

/* Where the folder of shipped files is. */
static void root(struct str *path)
{
	const char *given = getenv("EL2SIM_SHARE");

	if (given != NULL && given[0] != '\0')
		str_add(path, given);
	else if (!beside_library(path) && !beside_program(path))
		str_add(path, is_folder(EL2SIM_SOURCE "/configs") ? EL2SIM_SOURCE : EL2SIM_SHARE);
}

void share_dir(struct str *path, const char *folder)
{
	root(path);
	str_addf(path, "/%s", folder);
}

bool share_shipped(struct str *path, const char *name)
{
	static const char configs[] = "configs/", traces[] = "traces/";
	bool whole = strncmp(name, configs, sizeof(configs) - 1) == 0 || strncmp(name, traces, sizeof(traces) - 1) == 0;

	str_reset(path);
	if (name[0] == '/' || name[0] == '\0')
		return false;
	root(path);
	str_addf(path, "/%s%s", whole ? "" : configs, name);
	return access(str_get(path), F_OK) == 0;
}

bool share_find(struct str *path, const char *name)
{
	bool there = access(name, F_OK) == 0;

	if (!there && share_shipped(path, name))
		return true;
	str_reset(path);
	str_add(path, name);
	return there;
}

void share_hint(struct str *text)
{
	struct str dir = STR_INIT;

	root(&dir);
	str_addf(text, "shipped ones (el2sim config --list) are looked for in %s%s, or where EL2SIM_SHARE says",
		 str_get(&dir), is_folder(str_get(&dir)) ? "" : " (there is no such folder)");
	str_free(&dir);
}

FILE *share_open(const char *name, const char *mode)
{
	struct str path = STR_INIT;
	FILE *f;

	(void)share_find(&path, name);
	f = fopen(str_get(&path), mode);
	str_free(&path);
	return f;
}

/* glob() takes an error of readdir for the end, and its functions have no argument of ours. */
static _Thread_local int glob_error;

static void *open_folder(const char *name)
{
	return opendir(name);
}

static struct dirent *next_entry(void *folder)
{
	struct dirent *entry;

	errno = 0;
	entry = readdir(folder);
	if (entry == NULL && errno != 0)
		glob_error = errno;
	return entry;
}

static void close_folder(void *folder)
{
	(void)closedir(folder);
}

int share_glob(const char *pattern, glob_t *g)
{
	int rc;

	*g = (glob_t){ .gl_opendir = open_folder, .gl_readdir = next_entry, .gl_closedir = close_folder, .gl_lstat = lstat, .gl_stat = stat };
	glob_error = 0;
	rc = glob(pattern, GLOB_ALTDIRFUNC | GLOB_ERR, NULL, g);
	if (glob_error == 0)
		return rc;
	errno = glob_error;
	return -1;
}
