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

static uint64_t a64_reg_reset(enum a64_reg reg)
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

void a64_reg_encoding(enum a64_reg reg, unsigned op[5])
{
	const unsigned enc = rows[reg].enc;

	op[0] = enc >> 14;
	op[1] = enc >> 11 & 7;
	op[2] = enc >> 7 & 15;
	op[3] = enc >> 3 & 15;
	op[4] = enc & 7;
}

bool a64_reg_is_world(enum a64_reg reg)
{
	return reg != A64_R_NONE && a64_reg_kind(reg) == A64_KIND_WORLD;
}

enum a64_reg a64_reg_by_encoding(unsigned op0, unsigned op1, unsigned crn, unsigned crm, unsigned op2)
{
	uint16_t enc = ENC(op0, op1, crn, crm, op2);

	for (unsigned i = 1; i < A64_REGS; i++)
		if (rows[i].enc == enc)
			return (enum a64_reg)i;
	return A64_R_NONE;
}

static const struct fgt {
	uint16_t reg, n, read_reg, write_reg;
	uint8_t read, write, value;
} fgts[] = {
#define A64_FGT(reg, n, trap, read, write, value) {A64_R_##reg, n, A64_R_##trap##RTR_EL2, A64_R_##trap##WTR_EL2, read, write, value},
#include "models/cpu/a64/a64_fgt.def"
};
enum { N_FGTS = sizeof(fgts) / sizeof(fgts[0]) };

static const struct fgi {
	uint16_t enc;
	uint8_t bit;
} fgis[] = {
#define A64_FGI(name, op1, crn, crm, op2, bit) {ENC(1, op1, crn, crm, op2), bit},
#include "models/cpu/a64/a64_fgt.def"
};
enum { N_FGIS = sizeof(fgis) / sizeof(fgis[0]) };

/* The rows of a control follow each other. */
static void find_controls(struct a64_trap *t, const char *name)
{
	if (name == NULL || name[0] == '\0')
		return;
	for (unsigned i = 0; i < N_CONTROLS; i++)
		if (strcmp(controls[i].name, name) == 0) {
			if (t->n == 0)
				t->first = (uint8_t)i;
			t->n++;
		}
}

/* The control of a row. */
static const char *trap_of(enum a64_reg reg)
{
	switch (reg) {
#define A64_TRAP(name, control) case A64_R_##name: return control;
#include "models/cpu/a64/a64_kinds.def"
	default: return rows[reg].trap;
	}
}

const char *a64_feat_name(enum a64_feat feat)
{
	static const char *const names[A64_FEATS] = {
#define A64_FEAT(id, help) [A64_FEAT_##id] = #id,
#include "models/cpu/a64/a64_feats.def"
	};

	return feat > A64_FEAT_NONE && feat < A64_FEATS ? names[feat] : "none";
}

/* The feature without which a row is not there. */
static enum a64_feat needs_of(enum a64_reg reg)
{
	switch (reg) {
#define A64_NEEDS(name, feat) case A64_R_##name: return A64_FEAT_##feat;
#include "models/cpu/a64/a64_kinds.def"
	default: return A64_FEAT_NONE;
	}
}

void a64_regs_init(struct a64 *c)
{
	for (unsigned i = 1; i < A64_REGS; i++) {
		const enum a64_feat needs = needs_of((enum a64_reg)i);

		c->reg[i] = a64_reg_reset((enum a64_reg)i);
		c->traps[i].absent = needs != A64_FEAT_NONE && !A64_HAS(c->feats, needs);
		find_controls(&c->traps[i], trap_of((enum a64_reg)i));
	}
	if (A64_HAS(c->feats, A64_FEAT_FGT))
		for (unsigned i = 0; i < N_FGTS; i++)
			for (unsigned k = 0; k < fgts[i].n; k++)
				c->traps[fgts[i].reg + k].fgt = (uint16_t)(i + 1);
}

static bool bit_is(const struct a64 *c, unsigned reg, unsigned bit, unsigned value)
{
	return bit < 64 && (c->reg[reg] >> bit & 1) == value;
}

bool a64_reg_trapped(const struct a64 *c, enum a64_reg reg, bool write)
{
	const struct a64_trap *t = &c->traps[reg];

	for (unsigned i = t->first; i < t->first + (unsigned)t->n; i++)
		if (controls[i].accesses & (write ? 2 : 1) && bit_is(c, controls[i].reg, controls[i].bit, controls[i].value))
			return true;
	if (t->fgt != 0) {
		const struct fgt *f = &fgts[t->fgt - 1];

		return write ? bit_is(c, f->write_reg, f->write, f->value) : bit_is(c, f->read_reg, f->read, f->value);
	}
	return false;
}

bool a64_sys_trapped(const struct a64 *c, uint64_t enc)
{
	uint64_t plain = (enc >> 7 & 15) == 9 ? enc - (1 << 7) : enc;

	if (!A64_HAS(c->feats, A64_FEAT_FGT) || c->reg[A64_R_HFGITR_EL2] == 0)
		return false;
	for (unsigned i = 0; i < N_FGIS; i++)
		if (fgis[i].enc == plain)
			return c->reg[A64_R_HFGITR_EL2] >> fgis[i].bit & 1;
	return false;
}
