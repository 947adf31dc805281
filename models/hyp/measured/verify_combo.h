/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel, CPU and mode as a reference names them, and the switch model and machine profile that
 * they mean. */
#ifndef EL2SIM_HYP_VERIFY_COMBO_H
#define EL2SIM_HYP_VERIFY_COMBO_H

#include "models/hyp/kvm/step.h"
#include "sim/base/err.h"
#include "sim/base/str.h"

/*
 * The model of a kernel ("6.12") in a mode ("vhe", "nvhe", "hvhe", "protected"). NULL and
 * ERR_USAGE, with what there is, when there is none.
 */
const struct ws_model *combo_model(const char *kernel, const char *mode, struct err *e);

/* File in configs/machine/ of a CPU ("n1"); ERR_USAGE, with what there is, when there is none. */
int combo_profile(struct str *file, const char *cpu, struct err *e);

#endif
