/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IEEE 754 arithmetic as the Arm ARM has it (shared/functions/float), in integers, so that every host gives the same bits
 * and flags. Values are bit patterns; size 1, 2, 3: half, single, double. No FEAT_AFP: FPCR.AH, FIZ and NEP are zero.
 */
#ifndef EL2SIM_CPU_A64_FP_H
#define EL2SIM_CPU_A64_FP_H

#include <stdbool.h>
#include <stdint.h>

/* FPCR.RMode, then what instructions say; FP_CURRENT: what FPCR says. */
enum fp_round { FP_NEAREST, FP_UP, FP_DOWN, FP_ZERO_WARD, FP_AWAY, FP_ODD, FP_CURRENT };

/* FPSR */
enum { FP_IOC = 1, FP_DZC = 2, FP_OFC = 4, FP_UFC = 8, FP_IXC = 16, FP_IDC = 128 };

struct a64_fp {
	uint8_t round; /* enum fp_round, not FP_CURRENT */
	bool fz, fz16; /* denormals are zeros: single and double; half */
	bool dn;       /* NaNs are the default NaN */
	bool ahp;      /* FCVT's halves have no NaN and infinity */
	uint32_t flags;
};

/* FPCR as an environment, no flags. */
static inline struct a64_fp a64_fp_env(uint64_t fpcr)
{
	return (struct a64_fp){.round = fpcr >> 22 & 3, .fz = fpcr >> 24 & 1, .fz16 = fpcr >> 19 & 1, .dn = fpcr >> 25 & 1, .ahp = fpcr >> 26 & 1};
}

/* The value that an 8-bit immediate stands for (VFPExpandImm). */
uint64_t a64_fp_expand(unsigned imm8, unsigned size);

/* a op b. */
uint64_t a64_fp_add(struct a64_fp *e, unsigned size, uint64_t a, uint64_t b);
uint64_t a64_fp_sub(struct a64_fp *e, unsigned size, uint64_t a, uint64_t b);
uint64_t a64_fp_mul(struct a64_fp *e, unsigned size, uint64_t a, uint64_t b);
/* FMULX: zero times infinity is 2. */
uint64_t a64_fp_mulx(struct a64_fp *e, unsigned size, uint64_t a, uint64_t b);
uint64_t a64_fp_div(struct a64_fp *e, unsigned size, uint64_t a, uint64_t b);
uint64_t a64_fp_sqrt(struct a64_fp *e, unsigned size, uint64_t a);
/* addend + a * b, rounded once. */
uint64_t a64_fp_muladd(struct a64_fp *e, unsigned size, uint64_t addend, uint64_t a, uint64_t b);
/* 2 - a * b and (3 - a * b) / 2, rounded once. */
uint64_t a64_fp_recip_step(struct a64_fp *e, unsigned size, uint64_t a, uint64_t b);
uint64_t a64_fp_rsqrt_step(struct a64_fp *e, unsigned size, uint64_t a, uint64_t b);
/* number: a quiet NaN gives way to a number (FMAXNM). */
uint64_t a64_fp_max(struct a64_fp *e, unsigned size, uint64_t a, uint64_t b, bool number);
uint64_t a64_fp_min(struct a64_fp *e, unsigned size, uint64_t a, uint64_t b, bool number);

/* NZCV of a comparison; signal: a quiet NaN is invalid, too. */
unsigned a64_fp_compare(struct a64_fp *e, unsigned size, uint64_t a, uint64_t b, bool signal);

/* fp_conv.c */
/* To an integer of `bits` bits with fbits of them a fraction; saturates. */
uint64_t a64_fp_to_int(struct a64_fp *e, unsigned size, uint64_t a, unsigned fbits, unsigned bits, bool is_signed, enum fp_round round);
/* From the low `bits` bits. */
uint64_t a64_fp_from_int(struct a64_fp *e, unsigned size, uint64_t a, unsigned fbits, unsigned bits, bool is_signed);
/* FJCVTZS: modulo 2^32; *exact is Z. */
uint64_t a64_fp_to_js(struct a64_fp *e, uint64_t a, bool *exact);
/* Between widths. */
uint64_t a64_fp_convert(struct a64_fp *e, unsigned from, unsigned to, uint64_t a, enum fp_round round);
/* To an integral value; exact: tells when it was not one. */
uint64_t a64_fp_round_int(struct a64_fp *e, unsigned size, uint64_t a, enum fp_round round, bool exact);
/* The same, but what does not fit into `bits` bits becomes the smallest integer (FRINT32Z and its like). */
uint64_t a64_fp_round_width(struct a64_fp *e, unsigned size, uint64_t a, enum fp_round round, unsigned bits);
/* Estimates of 8 bits, as the Arm ARM defines them. */
uint64_t a64_fp_recip_estimate(struct a64_fp *e, unsigned size, uint64_t a);
uint64_t a64_fp_rsqrt_estimate(struct a64_fp *e, unsigned size, uint64_t a);
uint64_t a64_fp_recpx(struct a64_fp *e, unsigned size, uint64_t a);
uint32_t a64_fp_urecpe(uint32_t a);
uint32_t a64_fp_ursqrte(uint32_t a);

/* Shared by fp.c and fp_conv.c: a number taken apart, value frac * 2^(exp - 63). */
enum fp_class { FP_IS_ZERO, FP_IS_NUMBER, FP_IS_INF, FP_IS_QNAN, FP_IS_SNAN };
struct fp_num {
	uint8_t class;
	bool sign;
	int exp;
	uint64_t frac; /* bit 63 is set */
};
struct fp_format {
	unsigned frac_bits, exp_max; /* exp_max: all ones */
	int bias;
};
extern const struct fp_format a64_fp_formats[4];

static inline uint64_t fp_sign(unsigned size)
{
	return (uint64_t)1 << ((8u << size) - 1);
}

struct fp_num a64_fp_unpack(struct a64_fp *e, unsigned size, uint64_t v);
uint64_t a64_fp_round_pack(struct a64_fp *e, unsigned size, bool sign, int exp, uint64_t frac, enum fp_round round);
uint64_t a64_fp_nan1(struct a64_fp *e, unsigned size, struct fp_num n, uint64_t v);
uint64_t a64_fp_default_nan(unsigned size);
uint64_t a64_fp_infinity(unsigned size, bool sign);
uint64_t a64_fp_zero(unsigned size, bool sign);
uint64_t a64_fp_invalid(struct a64_fp *e, unsigned size);
static inline bool fp_is_nan(struct fp_num n)
{
	return n.class >= FP_IS_QNAN;
}

#endif
