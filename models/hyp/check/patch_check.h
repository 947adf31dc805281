/* SPDX-License-Identifier: Apache-2.0 */
/* Is a patched program as sound as without the patch? Asked of the static checks, then of a short random run under the oracle. */
#ifndef EL2SIM_HYP_PATCH_CHECK_H
#define EL2SIM_HYP_PATCH_CHECK_H

#include "models/hyp/ws/wswitch.h"

/*
 * What is wrong with a configuration's program and is not without its patch, as a sentence to be freed; NULL: nothing was found.
 * The configuration compiles; base: its program without the patch.
 */
char *ws_patch_fault(const struct ws_config *c, const struct ws_prog *base);

#endif
