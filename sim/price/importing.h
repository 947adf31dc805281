/* SPDX-License-Identifier: Apache-2.0 */
/* A kernel's vmlinux executed to a switch model, in memory. */
#ifndef EL2SIM_PRICE_IMPORTING_H
#define EL2SIM_PRICE_IMPORTING_H

#include "models/hyp/kvm/kernel_model.h"
#include "sim/price/kernel_text.h"
#include "sim/price/subject.h"

enum { IMPORT_AUTO = SWC_HVHE + 1 }; /* mode: VHE where the machine has it */
#define IMPORT_MODES { "vhe", "nvhe", "hvhe", "auto", NULL }

struct importing {
	struct vml_kernel k;
	struct swc *w;
	struct swc_model m;
	struct str text; /* the file */
	struct kernel_model *model;
};

/*
 * Executes path for a machine (both must last) in a mode of enum swc_mode or IMPORT_AUTO; name NULL: of release and mode; file is how messages
 * call the result. ERR_INPUT, ERR_MODEL, ERR_USAGE. Free with importing_free, also after a failure.
 */
int importing_run(struct importing *x, const char *path, const struct subject_args *a, const struct machine *machine, int mode,
		  const char *name, const char *file, struct err *e);
void importing_free(struct importing *x);

#endif
