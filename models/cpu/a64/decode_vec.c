// SPDX-License-Identifier: Apache-2.0
/*
 * The rest of the operands of SIMD and floating-point rows (a64_prep_<name>, see decode.c). size: log2 of an element's
 * bytes; e: how many; aux: the upper half; u and t: the one element of the second source; kind: rounding.
 */
#include "models/cpu/a64/a64_impl.h"
#include "models/cpu/a64/fp.h"

#define A64_DECODE_FIELDS
#include <a64_decode.inc>
#undef A64_DECODE_FIELDS

#define PREP(name)  bool a64_prep_##name(const struct a64_fields *f, struct a64_op *op)
#define PREPT(name) bool a64_prep_##name(const struct a64_fields *f, struct a64_op *op, const char *text)

enum { SIZES = 4, POST = 0, PRE = 1 };
static const char letters[SIZES + 1] = "bhsd";

/* A vector of elements of that size: 8 or 16 bytes of them. */
static bool vector(struct a64_op *op, unsigned size)
{
	op->size = (uint8_t)size;
	op->e = (uint8_t)((8u << op->sf) >> size);
	return true;
}

static bool one(struct a64_op *op, unsigned size)
{
	op->size = (uint8_t)size;
	op->e = 1;
	return true;
}

/* The 64 bits of one half: elements that get longer, or become narrower. */
static bool half(struct a64_op *op, unsigned size)
{
	op->size = (uint8_t)size;
	op->e = (uint8_t)(8u >> size);
	op->aux = op->sf;
	return true;
}

/* text: the sizes that there are. */
PREPT(v) { return strchr(text, letters[f->esize]) != NULL && (f->esize < 3 || op->sf) && vector(op, f->esize); }
PREPT(s) { return strchr(text, letters[f->esize]) != NULL && one(op, f->esize); }
PREPT(n) { return strchr(text, letters[f->esize]) != NULL && half(op, f->esize); }

/* One size. */
static unsigned size_of(const char *text)
{
	return (unsigned)(strchr(letters, text[0]) - letters);
}

PREPT(vf)
{
	(void)f;
	return vector(op, size_of(text));
}

PREPT(nf)
{
	(void)f;
	return half(op, size_of(text));
}

PREP(across) { return f->esize < 3 && (f->esize < 2 || op->sf) && vector(op, f->esize); }
PREPT(part)
{
	op->kind = text[0] == '2';
	return (f->esize < 3 || op->sf) && vector(op, f->esize);
}

PREP(ext)
{
	(void)f;
	return op->sf || op->imm < 8;
}

PREP(tbl)
{
	op->kind = (uint8_t)(f->len + 1);
	return true;
}

PREP(dot)
{
	(void)f;
	return vector(op, 2);
}

/* By element: index and register of the second source for elements of h or s; the register's top bit is M, or index. */
static bool element(const struct a64_fields *f, struct a64_op *op, unsigned size)
{
	op->u = 1;
	if (size == 1) {
		op->t = (uint8_t)(f->H << 2 | f->L << 1 | f->mm);
		return true;
	}
	op->m = (uint8_t)(op->m | f->mm << 4);
	op->t = (uint8_t)(size == 2 ? f->H << 1 | f->L : f->H);
	return size == 2 || (size == 3 && !f->L);
}

PREPT(e)
{
	if (f->esize != 1 && f->esize != 2)
		return false;
	return element(f, op, f->esize) && (text[0] == 'v' ? vector(op, f->esize) : text[0] == 'n' ? half(op, f->esize) : one(op, f->esize));
}

PREP(dot_e)
{
	return element(f, op, 2) && vector(op, 2);
}

/* Copies. imm5 is the element: its lowest one says of what size. */
static bool indexed(const struct a64_fields *f, struct a64_op *op, unsigned largest)
{
	unsigned size = f->imm5 == 0 ? 4 : (unsigned)__builtin_ctz(f->imm5);

	op->size = (uint8_t)size;
	op->t = (uint8_t)(f->imm5 >> (size + 1));
	return size <= largest;
}

PREP(copy_v) { return indexed(f, op, op->sf ? 3 : 2) && vector(op, op->size); }
PREP(copy_s) { return indexed(f, op, 3) && one(op, op->size); }
PREP(copy_e) { return indexed(f, op, 3); }
PREP(ins_e)
{
	if (!indexed(f, op, 3))
		return false;
	op->a = (uint8_t)(f->imm4 >> op->size);
	return true;
}

PREP(smov)
{
	op->mask = op->sf ? UINT64_MAX : UINT32_MAX;
	return indexed(f, op, op->sf ? 2 : 1);
}

PREP(umov) { return indexed(f, op, 3) && (op->size == 3) == op->sf; }

/* MOVI and its like (AdvSIMDExpandImm). */
PREP(movi)
{
	uint64_t v = f->abc << 5 | f->defgh;
	unsigned cmode = f->cmode;

	if (f->o2 && (cmode != 15 || f->op || !A64_HAS(f->feats, A64_FEAT_FP16)))
		return false;
	if (cmode == 15) {
		if (f->op && !op->sf)
			return false;
		v = a64_fp_expand((unsigned)v, f->o2 ? 1 : f->op ? 3 : 2);
		op->imm = f->o2 ? v * 0x0001000100010001 : f->op ? v : v * 0x0000000100000001;
		return true;
	}
	if (cmode == 14) {
		op->imm = 0;
		for (unsigned i = 0; i < 8; i++)
			op->imm |= (f->op ? (v >> i & 1 ? 0xff : 0) : v) << 8 * i;
		return true;
	}
	if (cmode >= 12)
		v = (cmode == 12 ? v << 8 | 0xff : v << 16 | 0xffff) * 0x0000000100000001;
	else if (cmode >= 8)
		v = (v << (cmode & 2 ? 8 : 0)) * 0x0001000100010001;
	else
		v = (v << 8 * (cmode >> 1)) * 0x0000000100000001;
	if (cmode < 12 && (cmode & 1))
		op->kind = f->op ? 2 : 1;
	op->imm = f->op && op->kind == 0 ? ~v : v;
	return true;
}

/* Shifts by an immediate. immh:immb is the element's bits and the amount; text: v vector, s scalar, d scalar of 64 bits, n narrow. */
static bool shift_form(const struct a64_fields *f, struct a64_op *op, const char *text)
{
	unsigned size = 31 - (unsigned)__builtin_clz(f->immh);
	bool scalar = text[0] == 's' || text[0] == 'd';

	if (text[0] == 'n' || text[1] == 'n')
		return size < 3 && (scalar ? one(op, size) : half(op, size));
	if (scalar)
		return (text[0] != 'd' || size == 3) && one(op, size);
	return (size < 3 || op->sf) && vector(op, size);
}

PREPT(shr)
{
	if (!shift_form(f, op, text))
		return false;
	op->imm = (16u << op->size) - (f->immh << 3 | f->immb);
	return true;
}

PREPT(shl)
{
	if (!shift_form(f, op, text))
		return false;
	op->imm = (f->immh << 3 | f->immb) - (8u << op->size);
	return true;
}

/* Floating point. text: rounding n p m z a, i as FPCR says, x the same and inexact is told; then u: unsigned. */
static bool rounding(struct a64_op *op, const char *text)
{
	static const char modes[] = "npmzaix";
	static const uint8_t round[] = {FP_NEAREST, FP_UP, FP_DOWN, FP_ZERO_WARD, FP_AWAY, FP_CURRENT, FP_CURRENT};

	op->kind = round[strchr(modes, text[0]) - modes];
	op->aux = text[0] == 'x' || text[1] == 'u';
	return true;
}

static bool fp_size(const struct a64_fields *f, unsigned ftype, unsigned *size)
{
	static const uint8_t sizes[4] = {2, 3, 0, 1};

	*size = sizes[ftype];
	return ftype != 2 && (ftype != 3 || A64_HAS(f->feats, A64_FEAT_FP16));
}

/* FRINT32Z and its like: 32 or 64, X or Z. */
static bool to_width(struct a64_op *op, const char *text)
{
	op->imm = text[0] == '3' ? 32 : 64;
	op->kind = text[2] == 'z' ? FP_ZERO_WARD : FP_CURRENT;
	return true;
}

static bool fp_text(struct a64_op *op, const char *text)
{
	return text[0] >= '0' && text[0] <= '9' ? to_width(op, text) : rounding(op, text);
}

PREPT(fp)
{
	unsigned size;

	if (!fp_size(f, f->ftype, &size) || (size == 1 && text[0] >= '0' && text[0] <= '9'))
		return false;
	return fp_text(op, text) && one(op, size);
}

PREPT(fv) { return (!f->sz || op->sf) && fp_text(op, text) && vector(op, 2 + f->sz); }
PREPT(fvh)
{
	(void)f;
	return rounding(op, text) && vector(op, 1);
}

PREPT(fs) { return rounding(op, text) && one(op, 2 + f->sz); }
PREPT(fsh)
{
	(void)f;
	return rounding(op, text) && one(op, 1);
}

/* Conversions with fraction bits: imm. */
static bool fixed(const struct a64_fields *f, struct a64_op *op, const char *text)
{
	return f->immh != 1 && (op->size != 1 || A64_HAS(f->feats, A64_FEAT_FP16)) && rounding(op, text);
}

PREPT(fx) { return a64_prep_shr(f, op, "v") && fixed(f, op, text); }
PREPT(fxs) { return a64_prep_shr(f, op, "s") && fixed(f, op, text); }

/* By element; v: vector, s: scalar, h: half precision. */
PREPT(fe)
{
	unsigned size = text[1] == 'h' ? 1 : 2 + f->sz;

	if (!element(f, op, size) || (size == 3 && text[0] == 'v' && !op->sf))
		return false;
	return text[0] == 'v' ? vector(op, size) : one(op, size);
}

/* Complex numbers: rot in kind. */
static bool complex_size(const struct a64_fields *f, struct a64_op *op, unsigned size)
{
	return size != 0 && (size != 1 || A64_HAS(f->feats, A64_FEAT_FP16)) && (size != 3 || op->sf) && vector(op, size);
}

PREP(fcmla)
{
	op->kind = (uint8_t)f->rot;
	return complex_size(f, op, f->esize);
}

PREP(fcadd)
{
	op->kind = (uint8_t)f->rot;
	return complex_size(f, op, f->esize);
}

/* t counts pairs. */
PREPT(fcmla_e)
{
	unsigned size = text[0] == 'h' ? 1 : 2;

	op->kind = (uint8_t)f->rot;
	op->m = (uint8_t)(op->m | f->mm << 4);
	op->u = 1;
	op->t = (uint8_t)(size == 1 ? f->H << 1 | f->L : f->H);
	if (size == 1 ? f->H && !op->sf : f->L || !op->sf)
		return false;
	return complex_size(f, op, size);
}

/* Between widths: kind is the source's size. */
PREP(fcvt)
{
	static const uint8_t sizes[4] = {2, 3, 0, 1};

	op->size = sizes[f->opc];
	op->kind = sizes[f->ftype];
	return f->ftype != 2 && f->opc != 2 && f->opc != f->ftype;
}

PREP(fcvtn) { return half(op, 1 + f->sz); }
PREPT(fcvtxn)
{
	(void)f;
	return text[0] == 's' ? one(op, 2) : half(op, 2);
}

PREP(across_f)
{
	(void)f;
	op->sf = 1;
	return vector(op, 2);
}

PREP(across_h)
{
	(void)f;
	return vector(op, 1);
}

PREPT(cmp)
{
	unsigned size;

	op->aux = text[0] == 'e';
	return fp_size(f, f->ftype, &size) && one(op, size);
}

PREPT(ccmpf)
{
	op->kind = (uint8_t)f->cond;
	op->imm = f->nzcv;
	return a64_prep_cmp(f, op, text);
}

PREP(fcsel)
{
	op->kind = (uint8_t)f->cond;
	return a64_prep_cmp(f, op, "q");
}

PREP(fmov_i)
{
	unsigned size;

	if (!fp_size(f, f->ftype, &size))
		return false;
	op->imm = a64_fp_expand((unsigned)op->imm, size);
	return one(op, size);
}

/* To and from general registers: sf is their width. */
PREPT(cvt)
{
	unsigned size;

	return fp_size(f, f->ftype, &size) && rounding(op, text) && one(op, size);
}

PREPT(cvtx)
{
	op->imm = 64 - f->scale;
	return (op->sf || f->scale >= 32) && a64_prep_cvt(f, op, text);
}

PREP(fmov_g)
{
	unsigned size;

	return fp_size(f, f->ftype, &size) && (size == 1 || size == 2u + op->sf) && one(op, size);
}

/* Loads and stores: size 4 is 16 bytes. */
static bool ldst_v_access(const struct a64_fields *f, struct a64_op *op, unsigned kind)
{
	op->size = (uint8_t)(f->wide ? 4 : f->size);
	op->kind = (uint8_t)kind;
	return !f->wide || f->size == 0;
}

PREP(ldst_v) { return ldst_v_access(f, op, 0); }
PREP(ldst_v_post) { return ldst_v_access(f, op, POST); }
PREP(ldst_v_pre) { return ldst_v_access(f, op, PRE); }
PREP(ldst_v_s)
{
	bool ok = ldst_v_access(f, op, 0);

	op->imm <<= op->size;
	return ok;
}

PREP(ldst_v_r)
{
	bool ok = ldst_v_access(f, op, f->option);

	op->aux = (uint8_t)(f->s1 ? op->size : 0);
	return ok && (f->option & 2) != 0;
}

static bool pair(const struct a64_fields *f, struct a64_op *op, unsigned kind)
{
	op->size = (uint8_t)(2 + f->sz);
	op->imm <<= op->size;
	op->kind = (uint8_t)kind;
	return f->sz < 3;
}

PREP(pair_v) { return pair(f, op, 0); }
PREP(pair_v_post) { return pair(f, op, POST); }
PREP(pair_v_pre) { return pair(f, op, PRE); }
PREP(lit_v)
{
	op->size = (uint8_t)(2 + f->sz);
	op->imm *= 4;
	return f->sz < 3;
}

/* LD1 to LD4 of whole registers: kind registers of a structure, aux repetitions. */
PREP(multi)
{
	static const struct {
		uint8_t registers, repeats;
	} forms[16] = {[0] = {4, 1}, [2] = {1, 4}, [4] = {3, 1}, [6] = {1, 3}, [7] = {1, 1}, [8] = {2, 1}, [10] = {1, 2}};

	op->kind = forms[f->structs].registers;
	op->aux = forms[f->structs].repeats;
	if (op->kind == 0 || (f->esize == 3 && !op->sf && op->kind != 1))
		return false;
	op->imm = (8u << op->sf) * op->kind * op->aux;
	return vector(op, f->esize);
}

PREP(multi_post)
{
	op->u = 1;
	return a64_prep_multi(f, op);
}

/* And of one element. */
PREP(one)
{
	unsigned index = (unsigned)op->sf << 3 | f->S << 2 | f->esize;
	bool load = op->insn == A64_LDn_one || op->insn == A64_LDn_one_post;

	op->kind = (uint8_t)((f->s0 << 1 | f->R) + 1);
	op->size = (uint8_t)f->scale;
	switch (f->scale) {
	case 0: break;
	case 1:
		if (index & 1)
			return false;
		break;
	case 2:
		if (index & 2 || (index & 1 && f->S))
			return false;
		if (index & 1)
			op->size = 3;
		break;
	default: /* replicated */
		if (!load || f->S)
			return false;
		op->aux = 1;
		vector(op, f->esize);
		break;
	}
	op->t = (uint8_t)(index >> op->size);
	op->imm = (uint64_t)op->kind << op->size;
	return true;
}

PREP(one_post)
{
	op->u = 1;
	return a64_prep_one(f, op);
}
