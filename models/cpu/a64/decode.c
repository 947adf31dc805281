// SPDX-License-Identifier: Apache-2.0
/* From a word to an operation: the row of decode.def, its operands, and what prep makes of the rest. */
#include "models/cpu/a64/a64_impl.h"

struct a64_row {
	const char *name;
	uint32_t mask, value, either;
	a64_exec *exec;
	uint8_t class, feat;
	bool vector; /* an operand is a SIMD and floating-point register */
};

#define A64_DECODE_FIELDS
#include <a64_decode.inc>
#undef A64_DECODE_FIELDS

static inline uint8_t a64_reg(uint32_t field, unsigned r31)
{
	return (uint8_t)(field == 31 ? r31 : field);
}

/*
 * a64_prep_<name>: finishes op from the fields; false: the encoding is unallocated. Register, imm, sf and mask are set.
 */

bool a64_prep_adr(const struct a64_fields *f, struct a64_op *op)
{
	op->imm = a64_sext((uint64_t)f->immhi << 2 | f->immlo, 21);
	return true;
}

bool a64_prep_adrp(const struct a64_fields *f, struct a64_op *op)
{
	op->imm = a64_sext((uint64_t)f->immhi << 2 | f->immlo, 21) << 12;
	return true;
}

bool a64_prep_addsub_i(const struct a64_fields *f, struct a64_op *op)
{
	op->imm <<= f->sh * 12;
	return true;
}

/* The mask that N:immr:imms stand for (DecodeBitMasks); false: reserved. */
static bool bit_mask(unsigned immn, unsigned imms, unsigned immr, uint64_t *mask)
{
	unsigned key = immn << 6 | (~imms & 0x3f), len, size, ones;
	uint64_t v;

	if (key < 2)
		return false;
	len = 31 - (unsigned)__builtin_clz(key);
	size = 1u << len;
	ones = (imms & (size - 1)) + 1;
	if (ones == size)
		return false;
	v = a64_ror(((uint64_t)1 << ones) - 1, immr & (size - 1), size);
	for (; size < 64; size *= 2)
		v |= v << size;
	*mask = v;
	return true;
}

bool a64_prep_bitmask(const struct a64_fields *f, struct a64_op *op)
{
	if (!bit_mask(f->immn, f->imms, f->immr, &op->imm) || (!op->sf && f->immn))
		return false;
	op->imm &= op->mask;
	return true;
}

bool a64_prep_movw(const struct a64_fields *f, struct a64_op *op)
{
	op->kind = (uint8_t)(f->hw * 16);
	op->imm <<= op->kind;
	return op->sf || f->hw < 2;
}

bool a64_prep_bitfield(const struct a64_fields *f, struct a64_op *op)
{
	op->kind = (uint8_t)f->immr;
	op->aux = (uint8_t)f->imms;
	return f->immn == op->sf && (op->sf || (f->immr < 32 && f->imms < 32));
}

bool a64_prep_extr(const struct a64_fields *f, struct a64_op *op)
{
	op->aux = (uint8_t)f->imms;
	return f->immn == op->sf && (op->sf || f->imms < 32);
}

bool a64_prep_word(const struct a64_fields *f, struct a64_op *op)
{
	op->kind = (uint8_t)f->cond;
	op->imm *= 4;
	return true;
}

bool a64_prep_tbz(const struct a64_fields *f, struct a64_op *op)
{
	op->aux = (uint8_t)(f->b5 << 5 | f->b40);
	op->imm *= 4;
	return true;
}

bool a64_prep_key(const struct a64_fields *f, struct a64_op *op)
{
	op->kind = (uint8_t)f->kb;
	/* Without a modifier register it is zero; returns use SP. */
	if (op->insn == A64_BRAZ || op->insn == A64_BLRAZ)
		op->m = A64_ZR;
	else if (op->insn == A64_RETA || op->insn == A64_ERETA)
		op->m = A64_SP;
	return true;
}

bool a64_prep_hint(const struct a64_fields *f, struct a64_op *op)
{
	op->kind = (uint8_t)(f->crm << 3 | f->op2);
	if (op->kind == 1)
		op->class = A64_CLASS_yield;
	return true;
}

bool a64_prep_msr_i(const struct a64_fields *f, struct a64_op *op)
{
	op->kind = (uint8_t)(f->op1 << 3 | f->op2);
	op->aux = (uint8_t)f->crm;
	return true;
}

/*
 * imm: op0 op1 CRn CRm op2 as in the instruction, 16 bits; above them the register, A64_R_NONE if no row has it. op1 = 5
 * names EL1's registers and EL0's timers for EL2.
 */
bool a64_prep_sysreg(const struct a64_fields *f, struct a64_op *op)
{
	unsigned op0 = 2 + f->o0, op1 = op0 == 3 && f->op1 == 5 ? 0 : f->op1;
	enum a64_reg reg = a64_reg_by_encoding(op0, op1, f->crn, f->crm, f->op2);

	if (reg == A64_R_NONE && op1 != f->op1)
		reg = a64_reg_by_encoding(op0, 3, f->crn, f->crm, f->op2);
	op->imm = (uint64_t)reg << 16 | op0 << 14 | f->op1 << 11 | f->crn << 7 | f->crm << 3 | f->op2;
	return true;
}

bool a64_prep_sys(const struct a64_fields *f, struct a64_op *op)
{
	op->imm = 1u << 14 | f->op1 << 11 | f->crn << 7 | f->crm << 3 | f->op2;
	return true;
}

bool a64_prep_excl(const struct a64_fields *f, struct a64_op *op)
{
	op->size = (uint8_t)f->size;
	return true;
}

bool a64_prep_exclp(const struct a64_fields *f, struct a64_op *op)
{
	op->size = (uint8_t)(2 + f->sz);
	return true;
}

bool a64_prep_cas(const struct a64_fields *f, struct a64_op *op)
{
	op->size = (uint8_t)f->size;
	op->mask = f->size == 3 ? UINT64_MAX : UINT32_MAX;
	return true;
}

bool a64_prep_casp(const struct a64_fields *f, struct a64_op *op)
{
	op->size = (uint8_t)(2 + f->sz);
	return (op->s & 1) == 0 && (op->word & 1) == 0;
}

/* Transfers of one register: unscaled, scaled, with write-back, by register. */
bool a64_prep_ldst_u(const struct a64_fields *f, struct a64_op *op)
{
	op->size = (uint8_t)f->size;
	return true;
}

bool a64_prep_ldst_s(const struct a64_fields *f, struct a64_op *op)
{
	op->size = (uint8_t)f->size;
	op->imm <<= f->size;
	return true;
}

enum { WB_POST, WB_PRE };

bool a64_prep_ldst_post(const struct a64_fields *f, struct a64_op *op)
{
	op->size = (uint8_t)f->size;
	op->kind = WB_POST;
	return true;
}

bool a64_prep_ldst_pre(const struct a64_fields *f, struct a64_op *op)
{
	op->size = (uint8_t)f->size;
	op->kind = WB_PRE;
	return true;
}

bool a64_prep_ldst_r(const struct a64_fields *f, struct a64_op *op)
{
	op->size = (uint8_t)f->size;
	op->kind = (uint8_t)f->option;
	op->aux = (uint8_t)(f->s1 ? f->size : 0);
	return (f->option & 2) != 0;
}

bool a64_prep_prfm_r(const struct a64_fields *f, struct a64_op *op)
{
	(void)op;
	return (f->option & 2) != 0;
}

/* Loads that extend a sign: mask is of the register they write. */
static bool prep_ldrs(const struct a64_fields *f, struct a64_op *op, unsigned size)
{
	op->size = (uint8_t)size;
	op->mask = f->sx ? UINT32_MAX : UINT64_MAX;
	return true;
}

#define LDRS(bits, log2)                                                                                                      \
	bool a64_prep_ldrs_u##bits(const struct a64_fields *f, struct a64_op *op) { return prep_ldrs(f, op, log2); }            \
	bool a64_prep_ldrs_s##bits(const struct a64_fields *f, struct a64_op *op)                                               \
	{                                                                                                                          \
		op->imm <<= log2;                                                                                                  \
		return prep_ldrs(f, op, log2);                                                                                     \
	}                                                                                                                          \
	bool a64_prep_ldrs_post##bits(const struct a64_fields *f, struct a64_op *op)                                            \
	{                                                                                                                          \
		op->kind = WB_POST;                                                                                                \
		return prep_ldrs(f, op, log2);                                                                                     \
	}                                                                                                                          \
	bool a64_prep_ldrs_pre##bits(const struct a64_fields *f, struct a64_op *op)                                             \
	{                                                                                                                          \
		op->kind = WB_PRE;                                                                                                 \
		return prep_ldrs(f, op, log2);                                                                                     \
	}                                                                                                                          \
	bool a64_prep_ldrs_r##bits(const struct a64_fields *f, struct a64_op *op)                                               \
	{                                                                                                                          \
		op->kind = (uint8_t)f->option;                                                                                     \
		op->aux = (uint8_t)(f->s1 ? log2 : 0);                                                                             \
		return prep_ldrs(f, op, log2) && (f->option & 2) != 0;                                                             \
	}
LDRS(8, 0)
LDRS(16, 1)
LDRS(32, 2)

bool a64_prep_lit(const struct a64_fields *f, struct a64_op *op)
{
	op->size = (uint8_t)(2 + f->sz);
	op->imm *= 4;
	return true;
}

bool a64_prep_lit_sw(const struct a64_fields *f, struct a64_op *op)
{
	(void)f;
	op->size = 2;
	op->imm *= 4;
	return true;
}

bool a64_prep_pair(const struct a64_fields *f, struct a64_op *op)
{
	op->size = (uint8_t)(2 + f->sz);
	op->imm <<= op->size;
	return true;
}

bool a64_prep_pair_post(const struct a64_fields *f, struct a64_op *op)
{
	op->kind = WB_POST;
	return a64_prep_pair(f, op);
}

bool a64_prep_pair_pre(const struct a64_fields *f, struct a64_op *op)
{
	op->kind = WB_PRE;
	return a64_prep_pair(f, op);
}

bool a64_prep_ldra(const struct a64_fields *f, struct a64_op *op)
{
	op->imm = a64_sext(f->s1 << 9 | (op->imm & 0x1ff), 10) << 3;
	op->kind = (uint8_t)f->kb;
	op->aux = (uint8_t)f->wb;
	return true;
}

bool a64_prep_lse(const struct a64_fields *f, struct a64_op *op)
{
	op->size = (uint8_t)f->size;
	return true;
}

bool a64_prep_shifted(const struct a64_fields *f, struct a64_op *op)
{
	op->kind = (uint8_t)f->shift;
	return op->sf || op->imm < 32;
}

/* Without ROR. */
bool a64_prep_shifted_nr(const struct a64_fields *f, struct a64_op *op)
{
	return a64_prep_shifted(f, op) && f->shift != A64_ROR;
}

bool a64_prep_extended(const struct a64_fields *f, struct a64_op *op)
{
	op->kind = (uint8_t)f->option;
	return op->imm <= 4;
}

bool a64_prep_rmif(const struct a64_fields *f, struct a64_op *op)
{
	op->aux = (uint8_t)f->mask;
	return true;
}

bool a64_prep_setf(const struct a64_fields *f, struct a64_op *op)
{
	(void)f;
	op->aux = 8;
	return true;
}

bool a64_prep_setf16(const struct a64_fields *f, struct a64_op *op)
{
	(void)f;
	op->aux = 16;
	return true;
}

bool a64_prep_cond(const struct a64_fields *f, struct a64_op *op)
{
	op->kind = (uint8_t)f->cond;
	return true;
}

bool a64_prep_ccmp(const struct a64_fields *f, struct a64_op *op)
{
	op->kind = (uint8_t)f->cond;
	op->aux = (uint8_t)f->nzcv;
	return true;
}

bool a64_prep_crc(const struct a64_fields *f, struct a64_op *op)
{
	op->size = (uint8_t)f->size;
	return f->size < 3;
}

bool a64_prep_crc_x(const struct a64_fields *f, struct a64_op *op)
{
	(void)f;
	op->size = 3;
	return true;
}

/* kind: the key, IA, IB, DA, DB; no modifier register: zero. */
bool a64_prep_pac(const struct a64_fields *f, struct a64_op *op)
{
	op->kind = (uint8_t)(f->kd << 1 | f->kb);
	if (op->insn == A64_PACZ || op->insn == A64_AUTZ)
		op->n = A64_ZR;
	return true;
}

#define A64_DECODE_BODY
#include <a64_decode.inc>
#undef A64_DECODE_BODY

bool a64_decode(uint32_t word, uint64_t feats, struct a64_op *op)
{
	enum a64_insn insn = a64_find(word);
	const struct a64_row *row = &a64_rows[insn];
	struct a64_fields f = {.feats = feats};

	*op = (struct a64_op){.exec = x_unknown, .insn = (uint16_t)insn, .class = row->class, .word = word, .sf = 1};
	if (insn == A64_UNKNOWN)
		return false;
	/* Width is known before the operands are: rows without sf are of 64 bits. */
	op->mask = UINT64_MAX;
	op->exec = x_UDF; /* unallocated, or a feature that is not there */
	if (row->feat != A64_FEAT_NONE && !A64_HAS(feats, row->feat))
		return false;
	if (!a64_fill(insn, word, &f, op))
		return false;
	op->exec = row->exec;
	if (row->vector) {
		op->then = op->exec;
		op->exec = x_vector;
	}
	return true;
}

const char *a64_insn_name(enum a64_insn insn)
{
	return a64_rows[insn < A64_INSNS ? insn : A64_UNKNOWN].name;
}

void a64_insn_bits(enum a64_insn insn, uint32_t *mask, uint32_t *value)
{
	*mask = a64_rows[insn].mask;
	*value = a64_rows[insn].value;
}

uint32_t a64_insn_either(enum a64_insn insn)
{
	return a64_rows[insn].either;
}

bool a64_insn_is_vector(enum a64_insn insn)
{
	return a64_rows[insn].vector;
}

const char *a64_class_name(enum a64_class class)
{
	static const char *const names[A64_CLASSES] = {
#define INSNCOST(class, cycles, why) #class,
#include "models/cpu/costs.def"
		"decode",
	};

	return names[class];
}
