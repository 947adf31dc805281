/* SPDX-License-Identifier: Apache-2.0 */
/* Where the shipped files (configs/, traces/samples/) are. */
#ifndef EL2SIM_BASE_SHARE_H
#define EL2SIM_BASE_SHARE_H

#include <glob.h>
#include <stdbool.h>
#include <stdio.h>

#include "sim/base/str.h"

/*
 * Add to path a folder of the shipped files: "configs", "traces". They are in the first of these: the
 * environment variable EL2SIM_SHARE when set and not empty; share/el2sim where libel2sim.so was installed (above its lib or
 * lib/ARCHITECTURE), when this is in it, then where the program was (above its bin), when it exists (an installation works from
 * wherever it was put); the source folder that the program was built from when it is still there (a program that was not
 * installed); the folder given when the program was configured. Whether the last one exists is for the caller to find out.
 */
void share_dir(struct str *path, const char *folder);

/*
 * Replace path by the shipped file that a name means: "configs/...", "traces/...", or any other name below configs.
 * False if there is none, or the name is absolute.
 */
bool share_shipped(struct str *path, const char *name);

/* Replace path by the name itself if there is such a file, else as share_shipped; false, and path is the name: none. */
bool share_find(struct str *path, const char *name);

/* Add a sentence for an error: where shipped files are looked for, and what changes that. */
void share_hint(struct str *text);

/* glob(), or -1 with errno when a folder on the way could be opened and not be read to its end. globfree in any case. */
int share_glob(const char *pattern, glob_t *g);
/* fopen() of a file by its name, or of the shipped one that the name means (share_find). */
FILE *share_open(const char *name, const char *mode);

#endif
