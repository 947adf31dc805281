// SPDX-License-Identifier: Apache-2.0
/* The registers of sysregs.def and a64_regs.def as the core sees them. */
#include "models/cpu/a64/regs.h"

#define ENC(op0, op1, crn, crm, op2) (uint16_t)((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))

static const struct a64_reg_row rows[A64_REGS] = {
#define SYSREG(name, op0, op1, crn, crm, op2, form, twin, group, host, move, cost, needs, trap)                               \
	[A64_R_##name] = {#name, trap, ENC(op0, op1, crn, crm, op2), A64_KIND_RW, 0},
#include "models/cpu/sysregs.def"
#undef SYSREG
#define A64_REG(name, op0, op1, crn, crm, op2, kind, reset, trap)                                                             \
	[A64_R_##name] = {#name, trap, ENC(op0, op1, crn, crm, op2), A64_KIND_##kind, reset},
#include "models/cpu/a64/a64_regs.def"
};

static const struct control {
	const char *name;
	uint16_t reg;
	uint8_t bit, value, accesses;
} controls[] = {
#define A64_CONTROL(name, reg, bit, value, accesses) {name, A64_R_##reg, bit, value, accesses},
#include "models/cpu/a64/a64_kinds.def"
};
enum { N_CONTROLS = sizeof(controls) / sizeof(controls[0]) };

enum a64_reg_kind a64_reg_kind(enum a64_reg reg)
{
	switch (reg) {
#define A64_KIND(name, kind, reset) case A64_R_##name: return A64_KIND_##kind;
#include "models/cpu/a64/a64_kinds.def"
	default: return (enum a64_reg_kind)rows[reg].kind;
	}
}

uint64_t a64_reg_reset(enum a64_reg reg)
{
	switch (reg) {
#define A64_KIND(name, kind, reset) case A64_R_##name: return reset;
#include "models/cpu/a64/a64_kinds.def"
	default: return rows[reg].reset;
	}
}

const char *a64_reg_name(enum a64_reg reg)
{
	return reg > A64_R_NONE && reg < A64_REGS ? rows[reg].name : "none";
}

enum a64_reg a64_reg_by_encoding(unsigned op0, unsigned op1, unsigned crn, unsigned crm, unsigned op2)
{
	uint16_t enc = ENC(op0, op1, crn, crm, op2);

	for (unsigned i = 1; i < A64_REGS; i++)
		if (rows[i].enc == enc)
			return (enum a64_reg)i;
	return A64_R_NONE;
}

bool a64_reg_trapped(const struct a64 *c, enum a64_reg reg, bool write)
{
	const char *trap = rows[reg].trap;

	if (trap == NULL || trap[0] == '\0')
		return false;
	for (unsigned i = 0; i < N_CONTROLS; i++) {
		const struct control *k = &controls[i];

		if ((k->accesses & (write ? 2 : 1)) && strcmp(k->name, trap) == 0 && (c->reg[k->reg] >> k->bit & 1) == k->value)
			return true;
	}
	return false;
}
