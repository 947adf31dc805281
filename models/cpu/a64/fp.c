// SPDX-License-Identifier: Apache-2.0
/* IEEE 754 arithmetic: taking apart, rounding, and the basic operations (Arm ARM, shared/functions/float). */
#include "models/cpu/a64/fp.h"

__extension__ typedef unsigned __int128 uint128;

const struct fp_format a64_fp_formats[4] = {[1] = {10, 31, 15}, [2] = {23, 255, 127}, [3] = {52, 2047, 1023}};

uint64_t a64_fp_expand(unsigned imm8, unsigned size)
{
	const struct fp_format *f = &a64_fp_formats[size];
	unsigned exp_bits = (8u << size) - 1 - f->frac_bits, b = imm8 >> 6 & 1;
	uint64_t exp = (b ? ((uint64_t)1 << (exp_bits - 1)) - 4 : (uint64_t)1 << (exp_bits - 1)) | (imm8 >> 4 & 3);

	return (imm8 >> 7 ? fp_sign(size) : 0) | exp << f->frac_bits | (uint64_t)(imm8 & 0xf) << (f->frac_bits - 4);
}

uint64_t a64_fp_infinity(unsigned size, bool sign)
{
	const struct fp_format *f = &a64_fp_formats[size];

	return (sign ? fp_sign(size) : 0) | (uint64_t)f->exp_max << f->frac_bits;
}

uint64_t a64_fp_zero(unsigned size, bool sign)
{
	return sign ? fp_sign(size) : 0;
}

uint64_t a64_fp_default_nan(unsigned size)
{
	return a64_fp_infinity(size, false) | (uint64_t)1 << (a64_fp_formats[size].frac_bits - 1);
}

uint64_t a64_fp_invalid(struct a64_fp *e, unsigned size)
{
	e->flags |= FP_IOC;
	return a64_fp_default_nan(size);
}

struct fp_num a64_fp_unpack(struct a64_fp *e, unsigned size, uint64_t v)
{
	const struct fp_format *f = &a64_fp_formats[size];
	uint64_t frac = v & (((uint64_t)1 << f->frac_bits) - 1);
	unsigned exp = (unsigned)(v >> f->frac_bits) & f->exp_max, shift;
	struct fp_num n = {.sign = (v & fp_sign(size)) != 0};

	if (exp == f->exp_max) {
		n.class = frac == 0 ? FP_IS_INF : frac >> (f->frac_bits - 1) ? FP_IS_QNAN : FP_IS_SNAN;
		return n;
	}
	if (exp == 0 && frac != 0 && (size == 1 ? e->fz16 : e->fz)) {
		if (size != 1)
			e->flags |= FP_IDC;
		frac = 0;
	}
	if (exp == 0 && frac == 0)
		return n;
	n.class = FP_IS_NUMBER;
	if (exp == 0) {
		shift = (unsigned)__builtin_clzll(frac);
		n.frac = frac << shift;
		n.exp = 1 - f->bias + (int)(63 - f->frac_bits) - (int)shift;
	} else {
		n.frac = (frac | (uint64_t)1 << f->frac_bits) << (63 - f->frac_bits);
		n.exp = (int)exp - f->bias;
	}
	return n;
}

/* Does a remainder rem of 2 * half carry the value up? */
static bool rounds_up(enum fp_round round, bool sign, bool odd, uint64_t rem, uint64_t half)
{
	switch (round) {
	case FP_NEAREST: return rem > half || (rem == half && odd);
	case FP_AWAY: return rem >= half;
	case FP_UP: return rem != 0 && !sign;
	case FP_DOWN: return rem != 0 && sign;
	default: return false;
	}
}

/* frac * 2^(exp - 63), bit 63 set, bit 0 sticky, as the format can hold it. */
uint64_t a64_fp_round_pack(struct a64_fp *e, unsigned size, bool sign, int exp, uint64_t frac, enum fp_round round)
{
	const struct fp_format *f = &a64_fp_formats[size];
	unsigned drop = 63 - f->frac_bits;
	int biased = exp + f->bias;
	uint64_t mant, rem, half = (uint64_t)1 << (drop - 1);
	bool alternative = size == 1 && e->ahp;

	if (round == FP_CURRENT)
		round = e->round;
	if (biased <= 0) {
		if (size == 1 ? e->fz16 : e->fz) {
			e->flags |= FP_UFC;
			return a64_fp_zero(size, sign);
		}
		unsigned down = (unsigned)(1 - biased);

		frac = down > 63 ? 1 : frac >> down | ((frac & (((uint64_t)1 << down) - 1)) != 0);
		biased = 0;
	}
	mant = frac >> drop;
	rem = frac & (half * 2 - 1);
	if (biased == 0 && rem != 0)
		e->flags |= FP_UFC;
	if (round == FP_ODD)
		mant |= rem != 0;
	else if (rounds_up(round, sign, mant & 1, rem, half))
		mant++;
	/* The fraction's carry counts the exponent up; a denormal may become normal. */
	if (biased == 0)
		biased = mant >> f->frac_bits != 0;
	else if (mant >> (f->frac_bits + 1)) {
		mant >>= 1;
		biased++;
	}
	if (alternative) {
		if (biased > (int)f->exp_max) {
			e->flags |= FP_IOC;
			return (sign ? fp_sign(size) : 0) | 0x7fff;
		}
	} else if (biased >= (int)f->exp_max) {
		bool to_inf = round == FP_NEAREST || round == FP_AWAY || (round == FP_UP && !sign) || (round == FP_DOWN && sign);

		e->flags |= FP_OFC | FP_IXC;
		return a64_fp_infinity(size, sign) - !to_inf;
	}
	if (rem != 0)
		e->flags |= FP_IXC;
	return (sign ? fp_sign(size) : 0) | (uint64_t)biased << f->frac_bits | (mant & (((uint64_t)1 << f->frac_bits) - 1));
}

uint64_t a64_fp_nan1(struct a64_fp *e, unsigned size, struct fp_num n, uint64_t v)
{
	if (n.class == FP_IS_SNAN)
		e->flags |= FP_IOC;
	return e->dn ? a64_fp_default_nan(size) : v | (uint64_t)1 << (a64_fp_formats[size].frac_bits - 1);
}

/* The NaN that comes of operands of which one is a NaN: signalling ones first, then in order. */
static uint64_t nans(struct a64_fp *e, unsigned size, const struct fp_num *n, const uint64_t *v, unsigned count)
{
	for (unsigned class = FP_IS_SNAN; class >= FP_IS_QNAN; class--)
		for (unsigned i = 0; i < count; i++)
			if (n[i].class == class)
				return a64_fp_nan1(e, size, n[i], v[i]);
	return 0;
}

struct pair {
	struct fp_num n[2];
	uint64_t nan;
	bool done;
};

static struct pair unpack2(struct a64_fp *e, unsigned size, uint64_t a, uint64_t b)
{
	struct pair p = {.n = {a64_fp_unpack(e, size, a), a64_fp_unpack(e, size, b)}};

	p.done = fp_is_nan(p.n[0]) || fp_is_nan(p.n[1]);
	if (p.done)
		p.nan = nans(e, size, p.n, (const uint64_t[2]){a, b}, 2);
	return p;
}

/* A magnitude of 128 bits, value m * 2^(exp - 126): bit 126 or 127 is the top one, or it is zero. */
struct wide {
	bool sign;
	int exp;
	uint128 m;
};

static struct wide widen(struct fp_num n)
{
	return (struct wide){n.sign, n.exp, n.class == FP_IS_ZERO ? 0 : (uint128)n.frac << 63};
}

static uint128 jam(uint128 m, unsigned by)
{
	if (by == 0)
		return m;
	if (by > 127)
		return m != 0;
	return m >> by | ((m & (((uint128)1 << by) - 1)) != 0);
}

static uint64_t pack_wide(struct a64_fp *e, unsigned size, struct wide w)
{
	uint64_t hi = (uint64_t)(w.m >> 64);
	unsigned zeros = hi != 0 ? (unsigned)__builtin_clzll(hi) : 64 + (unsigned)__builtin_clzll((uint64_t)w.m);

	w.m <<= zeros;
	return a64_fp_round_pack(e, size, w.sign, w.exp + 1 - (int)zeros, (uint64_t)(w.m >> 64) | ((uint64_t)w.m != 0), FP_CURRENT);
}

/* The sum; halve: of it the half. Operands of value zero keep their sign when both have it. */
static uint64_t add_wide(struct a64_fp *e, unsigned size, struct wide a, struct wide b, bool halve)
{
	struct wide r;

	if (a.m == 0 && b.m == 0)
		return a64_fp_zero(size, a.sign == b.sign ? a.sign : e->round == FP_DOWN);
	if (a.m == 0 || (b.m != 0 && a.exp < b.exp)) {
		struct wide t = a;

		a = b;
		b = t;
	}
	r = a;
	/* Room for the carry. */
	if (a.m >> 127 || b.m >> 127) {
		a.m = jam(a.m, 1);
		b.m = jam(b.m, 1);
		r.exp++;
	}
	if (b.m != 0)
		b.m = jam(b.m, (unsigned)(a.exp - b.exp));
	if (a.sign == b.sign) {
		r.m = a.m + b.m;
	} else if (a.m >= b.m) {
		r.m = a.m - b.m;
	} else {
		r.m = b.m - a.m;
		r.sign = b.sign;
	}
	if (r.m == 0)
		return a64_fp_zero(size, e->round == FP_DOWN);
	r.exp -= halve;
	return pack_wide(e, size, r);
}

static struct wide product(struct fp_num a, struct fp_num b)
{
	bool zero = a.class == FP_IS_ZERO || b.class == FP_IS_ZERO;

	return (struct wide){a.sign != b.sign, a.exp + b.exp, zero ? 0 : (uint128)a.frac * b.frac};
}

uint64_t a64_fp_add(struct a64_fp *e, unsigned size, uint64_t a, uint64_t b)
{
	struct pair p = unpack2(e, size, a, b);

	if (p.done)
		return p.nan;
	if (p.n[0].class == FP_IS_INF || p.n[1].class == FP_IS_INF) {
		if (p.n[0].class == p.n[1].class && p.n[0].sign != p.n[1].sign)
			return a64_fp_invalid(e, size);
		return a64_fp_infinity(size, p.n[0].class == FP_IS_INF ? p.n[0].sign : p.n[1].sign);
	}
	return add_wide(e, size, widen(p.n[0]), widen(p.n[1]), false);
}

/* Not a + -b: the sign of a NaN stays. */
uint64_t a64_fp_sub(struct a64_fp *e, unsigned size, uint64_t a, uint64_t b)
{
	struct pair p = unpack2(e, size, a, b);

	if (p.done)
		return p.nan;
	if (p.n[0].class == FP_IS_INF || p.n[1].class == FP_IS_INF) {
		if (p.n[0].class == p.n[1].class && p.n[0].sign == p.n[1].sign)
			return a64_fp_invalid(e, size);
		return a64_fp_infinity(size, p.n[0].class == FP_IS_INF ? p.n[0].sign : !p.n[1].sign);
	}
	p.n[1].sign = !p.n[1].sign;
	return add_wide(e, size, widen(p.n[0]), widen(p.n[1]), false);
}

static bool zero_by_infinity(struct fp_num a, struct fp_num b)
{
	return (a.class == FP_IS_ZERO && b.class == FP_IS_INF) || (a.class == FP_IS_INF && b.class == FP_IS_ZERO);
}

static uint64_t multiply(struct a64_fp *e, unsigned size, uint64_t a, uint64_t b, bool extended)
{
	struct pair p = unpack2(e, size, a, b);
	bool sign = p.n[0].sign != p.n[1].sign;

	if (p.done)
		return p.nan;
	if (zero_by_infinity(p.n[0], p.n[1]))
		return extended ? (sign ? fp_sign(size) : 0) | a64_fp_expand(0, size) : a64_fp_invalid(e, size);
	if (p.n[0].class == FP_IS_INF || p.n[1].class == FP_IS_INF)
		return a64_fp_infinity(size, sign);
	if (p.n[0].class == FP_IS_ZERO || p.n[1].class == FP_IS_ZERO)
		return a64_fp_zero(size, sign);
	return pack_wide(e, size, product(p.n[0], p.n[1]));
}

uint64_t a64_fp_mul(struct a64_fp *e, unsigned size, uint64_t a, uint64_t b)
{
	return multiply(e, size, a, b, false);
}

uint64_t a64_fp_mulx(struct a64_fp *e, unsigned size, uint64_t a, uint64_t b)
{
	return multiply(e, size, a, b, true);
}

uint64_t a64_fp_div(struct a64_fp *e, unsigned size, uint64_t a, uint64_t b)
{
	struct pair p = unpack2(e, size, a, b);
	bool sign = p.n[0].sign != p.n[1].sign, down;
	uint128 num, q;

	if (p.done)
		return p.nan;
	if (p.n[0].class == p.n[1].class && p.n[0].class != FP_IS_NUMBER)
		return a64_fp_invalid(e, size);
	if (p.n[0].class == FP_IS_INF || p.n[1].class == FP_IS_ZERO) {
		if (p.n[0].class != FP_IS_INF)
			e->flags |= FP_DZC;
		return a64_fp_infinity(size, sign);
	}
	if (p.n[0].class == FP_IS_ZERO || p.n[1].class == FP_IS_INF)
		return a64_fp_zero(size, sign);
	down = p.n[0].frac < p.n[1].frac;
	num = (uint128)p.n[0].frac << (down ? 64 : 63);
	q = num / p.n[1].frac;
	return a64_fp_round_pack(e, size, sign, p.n[0].exp - p.n[1].exp - down, (uint64_t)q | (q * p.n[1].frac != num), FP_CURRENT);
}

uint64_t a64_fp_sqrt(struct a64_fp *e, unsigned size, uint64_t a)
{
	struct fp_num n = a64_fp_unpack(e, size, a);
	uint128 m, root = 0;

	if (fp_is_nan(n))
		return a64_fp_nan1(e, size, n, a);
	if (n.class == FP_IS_ZERO)
		return a64_fp_zero(size, n.sign);
	if (n.sign)
		return a64_fp_invalid(e, size);
	if (n.class == FP_IS_INF)
		return a64_fp_infinity(size, false);
	/* The root of frac * 2^63, or of twice that, has 64 bits. */
	m = (uint128)n.frac << (63 + (n.exp & 1));
	for (int bit = 63; bit >= 0; bit--) {
		uint128 next = root | (uint128)1 << bit;

		if (next * next <= m)
			root = next;
	}
	return a64_fp_round_pack(e, size, false, (n.exp - (n.exp & 1)) / 2, (uint64_t)root | (root * root != m), FP_CURRENT);
}

/* addend + a * b (infinities and zeros as numbers), no NaN; halve: half of it. */
static uint64_t fused(struct a64_fp *e, unsigned size, struct fp_num addend, struct fp_num a, struct fp_num b, bool halve)
{
	bool sign = a.sign != b.sign, inf = a.class == FP_IS_INF || b.class == FP_IS_INF;

	if (addend.class == FP_IS_INF && inf && addend.sign != sign)
		return a64_fp_invalid(e, size);
	if (addend.class == FP_IS_INF || inf)
		return a64_fp_infinity(size, inf ? sign : addend.sign);
	return add_wide(e, size, widen(addend), product(a, b), halve);
}

uint64_t a64_fp_muladd(struct a64_fp *e, unsigned size, uint64_t addend, uint64_t a, uint64_t b)
{
	struct fp_num n[3] = {a64_fp_unpack(e, size, addend), a64_fp_unpack(e, size, a), a64_fp_unpack(e, size, b)};
	bool invalid = zero_by_infinity(n[1], n[2]);

	if (n[0].class == FP_IS_QNAN && invalid)
		return a64_fp_invalid(e, size);
	if (fp_is_nan(n[0]) || fp_is_nan(n[1]) || fp_is_nan(n[2]))
		return nans(e, size, n, (const uint64_t[3]){addend, a, b}, 3);
	if (invalid)
		return a64_fp_invalid(e, size);
	return fused(e, size, n[0], n[1], n[2], false);
}

/* (base - a * b), halved or not; zero times infinity counts as a product of zero. */
static uint64_t step(struct a64_fp *e, unsigned size, uint64_t a, uint64_t b, uint64_t base, uint64_t special, bool halve)
{
	struct pair p = unpack2(e, size, a ^ fp_sign(size), b);

	if (p.done)
		return p.nan;
	if (zero_by_infinity(p.n[0], p.n[1]))
		return special;
	return fused(e, size, a64_fp_unpack(e, size, base), p.n[0], p.n[1], halve);
}

uint64_t a64_fp_recip_step(struct a64_fp *e, unsigned size, uint64_t a, uint64_t b)
{
	uint64_t two = a64_fp_expand(0x00, size);

	return step(e, size, a, b, two, two, false);
}

uint64_t a64_fp_rsqrt_step(struct a64_fp *e, unsigned size, uint64_t a, uint64_t b)
{
	return step(e, size, a, b, a64_fp_expand(0x08, size), a64_fp_expand(0x78, size), true);
}

/* -1, 0, 1 of numbers, zeros and infinities. */
static int order(struct fp_num a, struct fp_num b)
{
	int magnitude;

	if (a.class == FP_IS_ZERO && b.class == FP_IS_ZERO)
		return 0;
	if (a.class == FP_IS_ZERO)
		return b.sign ? 1 : -1;
	if (b.class == FP_IS_ZERO || a.sign != b.sign)
		return a.sign ? -1 : 1;
	if (a.class != b.class)
		magnitude = a.class == FP_IS_INF ? 1 : -1;
	else if (a.class == FP_IS_INF)
		magnitude = 0;
	else if (a.exp != b.exp)
		magnitude = a.exp > b.exp ? 1 : -1;
	else
		magnitude = a.frac == b.frac ? 0 : a.frac > b.frac ? 1 : -1;
	return a.sign ? -magnitude : magnitude;
}

static uint64_t choose(struct a64_fp *e, unsigned size, uint64_t a, uint64_t b, bool number, bool max)
{
	struct pair p;
	struct a64_fp quiet = *e;
	struct fp_num na = a64_fp_unpack(&quiet, size, a), nb = a64_fp_unpack(&quiet, size, b), r;
	int cmp;

	/* Infinity of the losing sign takes the place of a quiet NaN. */
	if (number && na.class == FP_IS_QNAN && nb.class != FP_IS_QNAN)
		a = a64_fp_infinity(size, max);
	else if (number && nb.class == FP_IS_QNAN && na.class != FP_IS_QNAN)
		b = a64_fp_infinity(size, max);
	p = unpack2(e, size, a, b);
	if (p.done)
		return p.nan;
	cmp = order(p.n[0], p.n[1]);
	if (cmp == 0 && p.n[0].class == FP_IS_ZERO)
		return a64_fp_zero(size, max ? p.n[0].sign && p.n[1].sign : p.n[0].sign || p.n[1].sign);
	r = (max ? cmp > 0 : cmp < 0) ? p.n[0] : p.n[1];
	if (r.class == FP_IS_ZERO)
		return a64_fp_zero(size, r.sign);
	return (max ? cmp > 0 : cmp < 0) ? a : b;
}

uint64_t a64_fp_max(struct a64_fp *e, unsigned size, uint64_t a, uint64_t b, bool number)
{
	return choose(e, size, a, b, number, true);
}

uint64_t a64_fp_min(struct a64_fp *e, unsigned size, uint64_t a, uint64_t b, bool number)
{
	return choose(e, size, a, b, number, false);
}

unsigned a64_fp_compare(struct a64_fp *e, unsigned size, uint64_t a, uint64_t b, bool signal)
{
	struct fp_num na = a64_fp_unpack(e, size, a), nb = a64_fp_unpack(e, size, b);
	int cmp;

	if (fp_is_nan(na) || fp_is_nan(nb)) {
		if (signal || na.class == FP_IS_SNAN || nb.class == FP_IS_SNAN)
			e->flags |= FP_IOC;
		return 3; /* C, V */
	}
	cmp = order(na, nb);
	return cmp == 0 ? 6 : cmp < 0 ? 8 : 2;
}
