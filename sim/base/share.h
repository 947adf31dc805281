/* SPDX-License-Identifier: Apache-2.0 */
/* Where the shipped files (configs/, traces/samples/) are. */
#ifndef EL2SIM_BASE_SHARE_H
#define EL2SIM_BASE_SHARE_H

#include "sim/base/str.h"

/*
 * Add to path a folder of the shipped files: "configs", "traces". They are in the first of these: the
 * environment variable EL2SIM_SHARE when set and not empty; ../share/el2sim from the program's own
 * folder when it exists (an installation works from wherever it was put); the folder given when the
 * program was configured. Whether the last one exists is for the caller to find out.
 */
void share_dir(struct str *path, const char *folder);

#endif
