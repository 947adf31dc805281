// SPDX-License-Identifier: Apache-2.0
/* IEEE 754: conversions, integral values, estimates (Arm ARM, shared/functions/float). */
#include "models/cpu/a64/fp.h"

__extension__ typedef unsigned __int128 uint128;

/* Magnitude of a number times 2^fbits as an integer (at most 2^65) and a remainder in 64 bits, bit 0 sticky. */
static uint128 integer(struct fp_num n, unsigned fbits, uint64_t *rem)
{
	int exp = n.exp + (int)fbits;
	uint128 v;

	*rem = 0;
	if (exp >= 63)
		return exp > 64 ? (uint128)1 << 66 : (uint128)n.frac << (exp - 63);
	if (exp < -1) {
		*rem = 1;
		return 0;
	}
	v = (uint128)n.frac << 64 >> (63 - exp);
	*rem = (uint64_t)v;
	return v >> 64;
}

/* The integer nearest to a number times 2^fbits as `round` says; *left: what was left. */
static uint128 rounded(const struct a64_fp *e, struct fp_num n, unsigned fbits, enum fp_round round, uint64_t *left)
{
	uint64_t rem;
	uint128 v = integer(n, fbits, &rem);
	bool sign = n.sign;
	const uint64_t half = (uint64_t)1 << 63;
	bool up;

	*left = rem;
	switch (round == FP_CURRENT ? e->round : round) {
	case FP_NEAREST: up = rem > half || (rem == half && (v & 1)); break;
	case FP_AWAY: up = rem >= half; break;
	case FP_UP: up = rem != 0 && !sign; break;
	case FP_DOWN: up = rem != 0 && sign; break;
	default: up = false; break;
	}
	return v + up;
}

uint64_t a64_fp_to_int(struct a64_fp *e, unsigned size, uint64_t a, unsigned fbits, unsigned bits, bool is_signed, enum fp_round round)
{
	struct fp_num n = a64_fp_unpack(e, size, a);
	uint64_t rem = 0, mask = UINT64_MAX >> (64 - bits);
	uint128 v = 0, top;

	if (fp_is_nan(n)) {
		e->flags |= FP_IOC;
		return 0;
	}
	if (n.class == FP_IS_INF)
		v = (uint128)1 << 66;
	else if (n.class == FP_IS_NUMBER)
		v = rounded(e, n, fbits, round, &rem);
	top = is_signed ? (uint128)1 << (bits - 1) : n.sign ? 0 : (uint128)1 << bits;
	if (v > top || (v == top && !n.sign)) {
		e->flags |= FP_IOC;
		return (n.sign ? -(uint64_t)top : (uint64_t)(top - 1)) & mask;
	}
	if (rem != 0)
		e->flags |= FP_IXC;
	return (n.sign ? -(uint64_t)v : (uint64_t)v) & mask;
}

uint64_t a64_fp_from_int(struct a64_fp *e, unsigned size, uint64_t a, unsigned fbits, unsigned bits, bool is_signed)
{
	bool sign = is_signed && a >> (bits - 1) & 1;
	unsigned zeros;

	if (bits < 64)
		a = sign ? a | UINT64_MAX << bits : a & (((uint64_t)1 << bits) - 1);
	if (sign)
		a = -a;
	if (a == 0)
		return 0;
	zeros = (unsigned)__builtin_clzll(a);
	return a64_fp_round_pack(e, size, sign, 63 - (int)zeros - (int)fbits, a << zeros, FP_CURRENT);
}

uint64_t a64_fp_to_js(struct a64_fp *e, uint64_t a, bool *exact)
{
	struct fp_num n = a64_fp_unpack(e, 3, a);
	uint64_t rem = 0, v = 0;
	bool fits = false;

	if (n.class == FP_IS_NUMBER) {
		uint128 wide = integer(n, 0, &rem);

		v = n.exp < 63 ? (uint64_t)wide : n.exp < 63 + 64 ? n.frac << (n.exp - 63) : 0;
		fits = n.exp < 63 && (n.sign ? v <= (uint64_t)1 << 31 : v < (uint64_t)1 << 31);
	}
	if (n.class > FP_IS_NUMBER || (n.class == FP_IS_NUMBER && !fits))
		e->flags |= FP_IOC;
	else if (rem != 0)
		e->flags |= FP_IXC;
	*exact = (fits && rem == 0) || (n.class == FP_IS_ZERO && !n.sign && !(e->flags & FP_IDC));
	return (uint32_t)(n.sign ? -v : v);
}

/* A NaN's payload from the top, quiet. */
static uint64_t convert_nan(unsigned from, unsigned to, uint64_t a)
{
	unsigned fb = a64_fp_formats[from].frac_bits, tb = a64_fp_formats[to].frac_bits;
	uint64_t frac = a & (((uint64_t)1 << (fb - 1)) - 1);

	frac = fb > tb ? frac >> (fb - tb) : frac << (tb - fb);
	return (a & fp_sign(from) ? fp_sign(to) : 0) | a64_fp_default_nan(to) | frac;
}

uint64_t a64_fp_convert(struct a64_fp *e, unsigned from, unsigned to, uint64_t a, enum fp_round round)
{
	struct a64_fp env = *e;
	struct fp_num n;
	uint64_t r;

	env.fz16 = false;
	n = a64_fp_unpack(&env, from, a);
	if (from == 1 && env.ahp && n.class >= FP_IS_INF) { /* the largest exponent is a number's */
		n.class = FP_IS_NUMBER;
		n.exp = 16;
		n.frac = ((a & 0x3ff) | 0x400) << 53;
	}
	if (from == 1)
		env.ahp = false;
	if (fp_is_nan(n)) {
		if (to == 1 && env.ahp) {
			env.flags |= FP_IOC;
			r = a64_fp_zero(to, n.sign);
		} else {
			if (n.class == FP_IS_SNAN)
				env.flags |= FP_IOC;
			r = env.dn ? a64_fp_default_nan(to) : convert_nan(from, to, a);
		}
	} else if (n.class == FP_IS_INF) {
		if (to == 1 && env.ahp) {
			env.flags |= FP_IOC;
			r = (n.sign ? fp_sign(to) : 0) | 0x7fff;
		} else {
			r = a64_fp_infinity(to, n.sign);
		}
	} else if (n.class == FP_IS_ZERO) {
		r = a64_fp_zero(to, n.sign);
	} else {
		r = a64_fp_round_pack(&env, to, n.sign, n.exp, n.frac, round);
	}
	e->flags = env.flags;
	return r;
}

/* An integer of at most 64 bits, exactly representable. */
static uint64_t from_magnitude(struct a64_fp *e, unsigned size, bool sign, uint64_t v)
{
	unsigned zeros;

	if (v == 0)
		return a64_fp_zero(size, sign);
	zeros = (unsigned)__builtin_clzll(v);
	return a64_fp_round_pack(e, size, sign, 63 - (int)zeros, v << zeros, FP_ZERO_WARD);
}

uint64_t a64_fp_round_int(struct a64_fp *e, unsigned size, uint64_t a, enum fp_round round, bool exact)
{
	struct fp_num n = a64_fp_unpack(e, size, a);
	uint64_t rem;
	uint128 v;

	if (fp_is_nan(n))
		return a64_fp_nan1(e, size, n, a);
	if (n.class == FP_IS_ZERO)
		return a64_fp_zero(size, n.sign);
	if (n.class == FP_IS_INF || n.exp >= 63)
		return a;
	v = rounded(e, n, 0, round, &rem);
	if (rem != 0 && exact)
		e->flags |= FP_IXC;
	return from_magnitude(e, size, n.sign, (uint64_t)v);
}

uint64_t a64_fp_round_width(struct a64_fp *e, unsigned size, uint64_t a, enum fp_round round, unsigned bits)
{
	struct fp_num n = a64_fp_unpack(e, size, a);
	uint64_t rem = 0;
	uint128 v = 0, top = (uint128)1 << (bits - 1);

	if (n.class == FP_IS_ZERO)
		return a64_fp_zero(size, n.sign);
	if (n.class == FP_IS_NUMBER)
		v = rounded(e, n, 0, round, &rem);
	if (n.class != FP_IS_NUMBER || v > top || (v == top && !n.sign)) {
		e->flags |= FP_IOC;
		return a64_fp_round_pack(e, size, true, (int)bits - 1, (uint64_t)1 << 63, FP_ZERO_WARD);
	}
	if (rem != 0)
		e->flags |= FP_IXC;
	return from_magnitude(e, size, n.sign, (uint64_t)v);
}

/* 9 bits, 256 to 511, of the reciprocal of a 9-bit number. */
static unsigned recip(unsigned a)
{
	return (((1u << 19) / (2 * a + 1)) + 1) / 2;
}

/* And of the reciprocal of its root, of 128 to 511. */
static unsigned rsqrt(unsigned a)
{
	unsigned b = 512;

	a = a < 256 ? 2 * a + 1 : (a | 1) * 2;
	while ((uint64_t)a * (b + 1) * (b + 1) < (1u << 28))
		b++;
	return (b + 1) / 2;
}

/* Exponent as it stands, fraction in 52 bits. */
static void fields(unsigned size, uint64_t a, int *exp, uint64_t *frac)
{
	const struct fp_format *f = &a64_fp_formats[size];

	*exp = (int)(a >> f->frac_bits & f->exp_max);
	*frac = (a & (((uint64_t)1 << f->frac_bits) - 1)) << (52 - f->frac_bits);
}

static uint64_t put_fields(unsigned size, bool sign, int exp, uint64_t frac)
{
	const struct fp_format *f = &a64_fp_formats[size];

	return (sign ? fp_sign(size) : 0) | (uint64_t)exp << f->frac_bits | frac >> (52 - f->frac_bits);
}

uint64_t a64_fp_recip_estimate(struct a64_fp *e, unsigned size, uint64_t a)
{
	struct fp_num n = a64_fp_unpack(e, size, a);
	const struct fp_format *f = &a64_fp_formats[size];
	const uint64_t ones = ((uint64_t)1 << 52) - 1;
	uint64_t frac;
	int exp, r;

	if (fp_is_nan(n))
		return a64_fp_nan1(e, size, n, a);
	if (n.class == FP_IS_INF)
		return a64_fp_zero(size, n.sign);
	if (n.class == FP_IS_ZERO) {
		e->flags |= FP_DZC;
		return a64_fp_infinity(size, n.sign);
	}
	if (n.exp < -f->bias - 1) {
		bool to_inf = e->round == FP_NEAREST || (e->round == FP_UP && !n.sign) || (e->round == FP_DOWN && n.sign);

		e->flags |= FP_OFC | FP_IXC;
		return a64_fp_infinity(size, n.sign) - !to_inf;
	}
	if ((size == 1 ? e->fz16 : e->fz) && n.exp >= f->bias - 1) {
		e->flags |= FP_UFC;
		return a64_fp_zero(size, n.sign);
	}
	fields(size, a, &exp, &frac);
	if (exp == 0) {
		if (!(frac >> 51)) {
			exp = -1;
			frac = frac << 2 & ones;
		} else {
			frac = frac << 1 & ones;
		}
	}
	r = 2 * f->bias - 1 - exp;
	frac = (uint64_t)(recip((unsigned)(256 | frac >> 44)) & 0xff) << 44;
	if (r == 0) {
		frac = (uint64_t)1 << 51 | frac >> 1;
	} else if (r == -1) {
		frac = (uint64_t)1 << 50 | frac >> 2;
		r = 0;
	}
	return put_fields(size, n.sign, r, frac);
}

uint64_t a64_fp_rsqrt_estimate(struct a64_fp *e, unsigned size, uint64_t a)
{
	struct fp_num n = a64_fp_unpack(e, size, a);
	const struct fp_format *f = &a64_fp_formats[size];
	uint64_t frac;
	unsigned scaled;
	int exp;

	if (fp_is_nan(n))
		return a64_fp_nan1(e, size, n, a);
	if (n.class == FP_IS_ZERO) {
		e->flags |= FP_DZC;
		return a64_fp_infinity(size, n.sign);
	}
	if (n.sign)
		return a64_fp_invalid(e, size);
	if (n.class == FP_IS_INF)
		return 0;
	exp = n.exp + f->bias;
	frac = n.frac << 1 >> 12;
	scaled = exp & 1 ? (unsigned)(128 | frac >> 45) : (unsigned)(256 | frac >> 44);
	return put_fields(size, false, (3 * f->bias - 1 - exp) >> 1, (uint64_t)(rsqrt(scaled) & 0xff) << 44);
}

uint64_t a64_fp_recpx(struct a64_fp *e, unsigned size, uint64_t a)
{
	struct fp_num n = a64_fp_unpack(e, size, a);
	int max = (int)a64_fp_formats[size].exp_max, exp;
	uint64_t frac;

	if (fp_is_nan(n))
		return a64_fp_nan1(e, size, n, a);
	fields(size, a, &exp, &frac);
	return put_fields(size, n.sign, exp == 0 ? max - 1 : max - exp, 0);
}

uint32_t a64_fp_urecpe(uint32_t a)
{
	return a >> 31 ? recip(a >> 23) << 23 : UINT32_MAX;
}

uint32_t a64_fp_ursqrte(uint32_t a)
{
	return a >> 30 ? rsqrt(a >> 23) << 23 : UINT32_MAX;
}
