/* SPDX-License-Identifier: Apache-2.0 */
/* One register's life in a switch program: `el2sim explain CONFIG --reg NAME`. */
#ifndef EL2SIM_CMD_EXPLAIN_REG_H
#define EL2SIM_CMD_EXPLAIN_REG_H

#include "models/hyp/ws/wswitch.h"
#include "sim/document/rep.h"

/* The register of a name, in any case, also one that VHE derives (SCTLR_EL12). SR_NONE with ERR_USAGE, and the nearest. */
enum sysreg explain_reg_named(const char *name, struct err *e);
/* Where it is saved and restored, by which function, under which condition; who may access it in the meantime. */
void explain_reg_report(const struct ws_prog *p, enum sysreg reg, struct rep *r);

#endif
