/* SPDX-License-Identifier: Apache-2.0 */
/* Where the shipped files (configs/, traces/samples/) are. */
#ifndef EL2SIM_BASE_SHARE_H
#define EL2SIM_BASE_SHARE_H

/*
 * The folder that holds the shipped configs/ and traces/; the caller frees it. The first of these: the
 * environment variable EL2SIM_SHARE when set and not empty; ../share/el2sim from the program's own
 * folder when it exists (an installation works from wherever it was put); the folder given when the
 * program was configured. Whether the last one exists is for the caller to find out.
 */
char *share_dir(void);

#endif
