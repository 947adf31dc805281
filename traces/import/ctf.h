/* SPDX-License-Identifier: Apache-2.0 */
/* CTF through libbabeltrace2; only where el2sim was built with it (EL2SIM_BABELTRACE). */
#ifndef EL2SIM_IMPORT_CTF_H
#define EL2SIM_IMPORT_CTF_H

#include <stdio.h>

/* In the child: read the CTF trace whose metadata are in a folder, and send its events (dat.h). Never returns. */
_Noreturn void ctf_child(const char *folder, FILE *to);

#endif
