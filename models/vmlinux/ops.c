// SPDX-License-Identifier: Apache-2.0
/* Names of system instructions, by decode.def and the tables of registers. */
#include "models/vmlinux/ops.h"

#include <stdio.h>
#include <string.h>

#include "models/cpu/a64/a64.h"

#define ENC(op0, op1, crn, crm, op2) (uint16_t)((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))

/* Exceptions, hints, barriers, system instructions, ERET: 110101 in the highest bits (Arm ARM, C4.1.94). */
#define SYSTEM_MASK  0xfc000000u
#define SYSTEM_VALUE 0xd4000000u

/* HINT: CRm and op2. */
enum { HINT_WFE = 2, HINT_WFI = 3, HINT_ESB = 16 };

const char *vml_kind_name(enum vml_kind kind)
{
	static const char *const names[] = {
#define VML_KIND(id, name, help) name,
#include "models/vmlinux/kinds.def"
	};

	return names[kind];
}

/* SYS: op1, CRn 7 and CRm say which family. */
static enum vml_kind sys_kind(uint16_t enc)
{
	unsigned op1 = enc >> 11 & 7, crn = enc >> 7 & 15, crm = enc >> 3 & 15;

	if (crn == 8 || crn == 9)
		return VML_TLBI;
	if (crn != 7)
		return VML_SYS;
	if (crm == 8 || (crm == 9 && op1 == 0))
		return VML_AT;
	if (crm == 1 || crm == 5)
		return VML_IC;
	if (crm == 4 || crm == 6 || (crm >= 10 && crm <= 14))
		return VML_DC;
	return VML_SYS;
}

static bool hint(unsigned number, struct vml_what *what)
{
	switch (number) {
	case HINT_WFE:
	case HINT_WFI: *what = (struct vml_what){ VML_WFX, (uint16_t)number }; return true;
	case HINT_ESB: *what = (struct vml_what){ VML_ESB, 0 }; return true;
	default: return false;
	}
}

bool vml_what(uint32_t word, struct vml_what *what)
{
	struct a64_op op;
	uint16_t sys = (uint16_t)(word >> 5 & 0x3fff); /* op1 CRn CRm op2 */

	if ((word & SYSTEM_MASK) != SYSTEM_VALUE)
		return false;
	(void)a64_decode(word, A64_FEATS_ALL, &op);
	switch (op.insn) {
	case A64_MRS:
	case A64_MSR:
		*what = (struct vml_what){ op.insn == A64_MRS ? VML_READ : VML_WRITE,
					   (uint16_t)((2 + (word >> 19 & 1)) << 14 | sys) };
		return true;
	case A64_MSR_i: *what = (struct vml_what){ VML_PSTATE, sys }; return true;
	case A64_SYS:
	case A64_SYSL:
		what->enc = (uint16_t)(1 << 14 | sys);
		what->kind = (uint8_t)(op.insn == A64_SYSL ? VML_SYS : sys_kind(what->enc));
		return true;
	case A64_ISB: *what = (struct vml_what){ VML_ISB, 0 }; return true;
	case A64_DSB:
	case A64_DSB_nXS:
		*what = (struct vml_what){ VML_DSB, (uint16_t)((word >> 8 & 15) | (op.insn == A64_DSB_nXS ? 16 : 0)) };
		return true;
	case A64_DMB: *what = (struct vml_what){ VML_DMB, (uint16_t)(word >> 8 & 15) }; return true;
	case A64_SB: *what = (struct vml_what){ VML_SB, 0 }; return true;
	case A64_CLREX: *what = (struct vml_what){ VML_CLREX, 0 }; return true;
	case A64_ERET:
	case A64_ERETA: *what = (struct vml_what){ VML_ERET, 0 }; return true;
	case A64_HVC: *what = (struct vml_what){ VML_HVC, (uint16_t)(word >> 5) }; return true;
	case A64_SMC: *what = (struct vml_what){ VML_SMC, (uint16_t)(word >> 5) }; return true;
	case A64_SVC: *what = (struct vml_what){ VML_SVC, (uint16_t)(word >> 5) }; return true;
	case A64_WFET:
	case A64_WFIT: *what = (struct vml_what){ VML_WFX, (uint16_t)(op.insn == A64_WFET ? HINT_WFE : HINT_WFI) }; return true;
	case A64_HINT: return hint(word >> 5 & 0x7f, what);
	default: return false;
	}
}

/* op1 = 5 names at EL2 what EL1 and EL0 have by op1 = 0 and 3. */
static const char *reg_name(uint16_t enc, char buf[static VML_WHAT_NAME])
{
	unsigned op0 = enc >> 14, op1 = enc >> 11 & 7, crn = enc >> 7 & 15, crm = enc >> 3 & 15, op2 = enc & 7;
	enum a64_reg reg = a64_reg_by_encoding(op0, op1, crn, crm, op2);
	const char *name;
	size_t n;

	if (reg == A64_R_NONE && op0 == 3 && op1 == 5) {
		reg = a64_reg_by_encoding(op0, 0, crn, crm, op2);
		if (reg == A64_R_NONE)
			reg = a64_reg_by_encoding(op0, 3, crn, crm, op2);
		name = a64_reg_name(reg);
		n = strlen(name);
		if (reg != A64_R_NONE && n > 4) {
			snprintf(buf, VML_WHAT_NAME, "%.*s_EL%s", (int)(n - 4), name, strcmp(name + n - 4, "_EL1") == 0 ? "12" : "02");
			return buf;
		}
	} else if (reg != A64_R_NONE) {
		return a64_reg_name(reg);
	}
	snprintf(buf, VML_WHAT_NAME, "S%u_%u_C%u_C%u_%u", op0, op1, crn, crm, op2);
	return buf;
}

static const char *sys_name(uint16_t enc, char buf[static VML_WHAT_NAME])
{
	static const struct {
		uint16_t enc;
		const char *name;
	} sys[] = {
#define A64_SYSOP(name, op1, crn, crm, op2, what, el) { ENC(1, op1, crn, crm, op2), #name },
#include "models/cpu/a64/a64_sysops.def"
	}, tlbi[] = {
#define VML_TLBI(name, op1, crm, op2) { ENC(1, op1, 8, crm, op2), #name },
#include "models/vmlinux/tlbi.def"
	};
	const uint16_t xs = ENC(0, 0, 1, 0, 0); /* CRn 9 */

	for (size_t i = 0; i < sizeof(tlbi) / sizeof(tlbi[0]); i++) {
		if (tlbi[i].enc == enc)
			return tlbi[i].name;
		if ((enc & xs) != 0 && tlbi[i].enc == (enc & ~xs)) {
			snprintf(buf, VML_WHAT_NAME, "%sNXS", tlbi[i].name);
			return buf;
		}
	}
	for (size_t i = 0; i < sizeof(sys) / sizeof(sys[0]); i++)
		if (sys[i].enc == enc)
			return strchr(sys[i].name, '_') + 1; /* the kind says DC, IC, AT */
	return reg_name(enc, buf);
}

static const char *pstate_name(uint16_t enc, char buf[static VML_WHAT_NAME])
{
	static const struct {
		uint8_t op1, op2;
		const char *name;
	} fields[] = {
		{ 0, 3, "UAO" }, { 0, 4, "PAN" }, { 0, 5, "SPSel" }, { 1, 0, "ALLINT" }, { 3, 1, "SSBS" }, { 3, 2, "DIT" },
		{ 3, 3, "SVCR" }, { 3, 4, "TCO" }, { 3, 6, "DAIFSet" }, { 3, 7, "DAIFClr" },
	};
	unsigned op1 = enc >> 11 & 7, crm = enc >> 3 & 15, op2 = enc & 7;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (fields[i].op1 == op1 && fields[i].op2 == op2) {
			snprintf(buf, VML_WHAT_NAME, "%s #%u", fields[i].name, crm);
			return buf;
		}
	snprintf(buf, VML_WHAT_NAME, "op1 %u op2 %u #%u", op1, op2, crm);
	return buf;
}

static const char *barrier_name(uint16_t enc, char buf[static VML_WHAT_NAME])
{
	static const char *const domains[] = { "OSH", "NSH", "ISH", "SY" }, *const types[] = { "", "LD", "ST", "" };
	unsigned domain = enc >> 2 & 3, type = enc & 3;

	if ((enc & 16) != 0) /* nXS: bits 3 and 2 are the domain, 1 and 0 are 10 */
		snprintf(buf, VML_WHAT_NAME, "%sNXS", domains[domain]);
	else if (type == 0)
		snprintf(buf, VML_WHAT_NAME, "#%u", enc);
	else if (domain == 3)
		snprintf(buf, VML_WHAT_NAME, "%s", type == 3 ? "SY" : types[type]);
	else
		snprintf(buf, VML_WHAT_NAME, "%s%s", domains[domain], types[type]);
	return buf;
}

const char *vml_what_name(struct vml_what what, char buf[static VML_WHAT_NAME])
{
	switch (what.kind) {
	case VML_READ:
	case VML_WRITE: return reg_name(what.enc, buf);
	case VML_TLBI:
	case VML_AT:
	case VML_DC:
	case VML_IC:
	case VML_SYS: return sys_name(what.enc, buf);
	case VML_PSTATE: return pstate_name(what.enc, buf);
	case VML_DSB:
	case VML_DMB: return barrier_name(what.enc, buf);
	case VML_HVC:
	case VML_SMC:
	case VML_SVC: snprintf(buf, VML_WHAT_NAME, "#%u", what.enc); return buf;
	case VML_WFX: return what.enc == HINT_WFE ? "WFE" : "WFI";
	default: return "";
	}
}

bool vml_what_soft(struct vml_what what)
{
	uint16_t enc = what.enc;

	if (what.kind != VML_READ && what.kind != VML_WRITE)
		return false;
	switch (a64_reg_by_encoding(enc >> 14, enc >> 11 & 7, enc >> 7 & 15, enc >> 3 & 15, enc & 7)) {
	case A64_R_DAIF: return true;
	case A64_R_SP_EL0:
	case A64_R_TPIDR_EL1:
	case A64_R_TPIDR_EL2:
	case A64_R_CURRENTEL: return what.kind == VML_READ;
	default: return false;
	}
}
