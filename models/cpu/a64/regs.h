/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of system registers, and who traps them. */
#ifndef EL2SIM_CPU_A64_REGS_H
#define EL2SIM_CPU_A64_REGS_H

#include "models/cpu/a64/a64_impl.h"

/* Column kind of a64_regs.def. */
enum a64_reg_kind { A64_KIND_RW, A64_KIND_RO, A64_KIND_PSTATE, A64_KIND_WORLD };

struct a64_reg_row {
	const char *name, *trap;
	uint16_t enc; /* op0 op1 CRn CRm op2, 16 bits */
	uint8_t kind; /* of a64_regs.def; a64_reg_kind() knows the rest */
	uint64_t reset;
};

enum a64_reg_kind a64_reg_kind(enum a64_reg reg);
/* Finds c->traps. */
void a64_regs_init(struct a64 *c);
/* HFGITR_EL2: is the SYS instruction (op1 CRn CRm op2 as in struct a64_op.imm) trapped? */
bool a64_sys_trapped(const struct a64 *c, uint64_t enc);
/* Is an access by EL1 or EL0 trapped to EL2 by the row's control? */
bool a64_reg_trapped(const struct a64 *c, enum a64_reg reg, bool write);

#endif
