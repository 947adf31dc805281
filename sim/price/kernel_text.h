/* SPDX-License-Identifier: Apache-2.0 */
/* The file of an imported kernel (models/hyp/kvm/kernel_model.h), made of what was executed. */
#ifndef EL2SIM_PRICE_KERNEL_TEXT_H
#define EL2SIM_PRICE_KERNEL_TEXT_H

#include "models/switchcode/scenes.h"
#include "sim/base/str.h"

/* What the file says of where it comes from; words without blanks. */
struct kernel_origin {
	const char *name, *release, *image, *digest;
	enum swc_mode mode;
};

/* Adds the whole file to *b. Instructions that no row of ops.def or sysregs.def stands for become lines "left". */
void kernel_text(const struct swc *w, const struct swc_model *m, const struct kernel_origin *o, struct str *b);

/* "vhe", "nvhe", "hvhe". */
const char *kernel_mode_name(enum swc_mode mode);

#endif
