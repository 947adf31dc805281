/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is a changed program (a patch, a policy) as sound as the one before the change? Asked of the static checks, then of a short random
 * run under the oracle. What the base has already is not blamed on the change.
 */
#ifndef EL2SIM_HYP_PATCH_CHECK_H
#define EL2SIM_HYP_PATCH_CHECK_H

#include "models/hyp/ws/wswitch.h"

/* What is wrong with a base. It must last. Free with ws_base_free. */
struct ws_base;
struct ws_base *ws_base_new(const struct ws_prog *base);
void ws_base_free(struct ws_base *b);
/* What is wrong with a program and is not with the base, as a sentence to be freed; NULL: nothing was found. */
char *ws_base_fault(const struct ws_base *b, const struct ws_prog *p);

/* The same of a configuration with a patch, which compiles, against its program without. */
char *ws_patch_fault(const struct ws_config *c, const struct ws_prog *base);

#endif
