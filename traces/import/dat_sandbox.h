/* SPDX-License-Identifier: Apache-2.0 */
/* What the process that reads a damaged trace.dat can do besides: next to nothing (dat.h says why it is one of its own). */
#ifndef EL2SIM_IMPORT_DAT_SANDBOX_H
#define EL2SIM_IMPORT_DAT_SANDBOX_H

#include <stdbool.h>

enum {
	DAT_CALLS_BOUND = 1, /* seccomp: no file is opened, no program started, no socket, no signal to others */
	DAT_OWN_TMP = 2	     /* temporary files are in a file system of the process's own, and there is no other */
};

/*
 * Of this process, which has one thread, from now on. temp: it may make temporary files, which libtracecmd does for
 * compressed traces (version 7); where containers refuse a file system of its own they are new files in /tmp. Returns
 * what of the above holds: a kernel without seccomp has none, then memory and time are bounded only (dat_child.c).
 */
unsigned dat_sandbox(bool temp);

#endif
