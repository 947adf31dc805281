// SPDX-License-Identifier: Apache-2.0
/*
 * Pointer authentication (Arm ARM, D8.10) with QARMA5: the block cipher QARMA-64 of Avanzi (IACR ToSC 2017/1) with
 * five rounds and S-box sigma-2, as the architecture's ComputePAC has it. No FEAT_EPAC, PAuth2 or FPAC.
 */
#include "models/cpu/a64/a64_impl.h"

enum { ROUNDS = 5 };

static const uint8_t sigma[16] = {11, 6, 8, 15, 12, 0, 9, 14, 3, 7, 4, 5, 13, 2, 1, 10};
/* Where cell i (from the lowest) comes from. */
static const uint8_t tau[16] = {13, 6, 11, 0, 7, 12, 1, 10, 8, 3, 14, 5, 2, 9, 4, 15};
static const uint8_t tweak_from[16] = {4, 5, 6, 7, 11, 2, 3, 8, 12, 13, 14, 15, 0, 1, 10, 9};
/* Cells that the tweak's LFSR steps, after the shuffle. */
static const uint16_t tweak_lfsr = 1 << 2 | 1 << 4 | 1 << 7 | 1 << 11 | 1 << 12 | 1 << 14 | 1 << 15;
static const uint64_t round_constant[ROUNDS] = {0, 0x13198a2e03707344, 0xa4093822299f31d0, 0x082efa98ec4e6c89,
						0x452821e638d01377};
#define ALPHA 0xc0ac29b7c97c50dd

static unsigned cell(uint64_t v, unsigned i)
{
	return v >> 4 * i & 0xf;
}

static uint64_t shuffle(uint64_t v, const uint8_t from[16])
{
	uint64_t r = 0;

	for (unsigned i = 0; i < 16; i++)
		r |= (uint64_t)cell(v, from[i]) << 4 * i;
	return r;
}

static uint64_t unshuffle(uint64_t v, const uint8_t from[16])
{
	uint64_t r = 0;

	for (unsigned i = 0; i < 16; i++)
		r |= (uint64_t)cell(v, i) << 4 * from[i];
	return r;
}

static uint64_t substitute(uint64_t v, bool inverse)
{
	uint64_t r = 0;

	for (unsigned i = 0; i < 16; i++) {
		unsigned in = cell(v, i), out = sigma[in];

		if (inverse)
			for (out = 0; sigma[out] != in; out++)
				;
		r |= (uint64_t)out << 4 * i;
	}
	return r;
}

static unsigned rotate4(unsigned v, unsigned by)
{
	return (v << by | v >> (4 - by)) & 0xf;
}

/* Columns by circ(0, rho, rho^2, rho), which is its own inverse. */
static uint64_t mix(uint64_t v)
{
	static const uint8_t by[4] = {0, 1, 2, 1};
	uint64_t r = 0;

	for (unsigned row = 0; row < 4; row++)
		for (unsigned col = 0; col < 4; col++) {
			unsigned out = 0;

			for (unsigned k = 1; k < 4; k++)
				out ^= rotate4(cell(v, (row + k) % 4 * 4 + col), by[k]);
			r |= (uint64_t)out << 4 * (row * 4 + col);
		}
	return r;
}

static uint64_t tweak_next(uint64_t t)
{
	t = shuffle(t, tweak_from);
	for (unsigned i = 0; i < 16; i++)
		if (tweak_lfsr >> i & 1) {
			unsigned x = cell(t, i), y = x >> 1 | ((x ^ x >> 1) & 1) << 3;

			t = (t & ~((uint64_t)0xf << 4 * i)) | (uint64_t)y << 4 * i;
		}
	return t;
}

static uint64_t tweak_before(uint64_t t)
{
	for (unsigned i = 0; i < 16; i++)
		if (tweak_lfsr >> i & 1) {
			unsigned y = cell(t, i), low = y << 1 & 0xe, x = low | ((y >> 3 ^ low >> 1) & 1);

			t = (t & ~((uint64_t)0xf << 4 * i)) | (uint64_t)x << 4 * i;
		}
	return unshuffle(t, tweak_from);
}

/* QARMA-64 of five rounds: w and k are the key's high and low half. */
static uint64_t a64_qarma5(uint64_t data, uint64_t tweak, uint64_t w, uint64_t k)
{
	uint64_t v = data ^ w, w1 = a64_ror(w, 1, 64) ^ w >> 63;

	for (unsigned i = 0; i < ROUNDS; i++) {
		v ^= k ^ tweak ^ round_constant[i];
		if (i > 0)
			v = mix(shuffle(v, tau));
		v = substitute(v, false);
		tweak = tweak_next(tweak);
	}
	v = substitute(mix(shuffle(v ^ w1 ^ tweak, tau)), false);
	v = unshuffle(mix(shuffle(v, tau)) ^ k, tau);
	v = unshuffle(mix(substitute(v, true)), tau) ^ w ^ tweak;
	for (unsigned i = 0; i < ROUNDS; i++) {
		v = substitute(v, true);
		if (i < ROUNDS - 1)
			v = unshuffle(mix(v), tau);
		tweak = tweak_before(tweak);
		v ^= k ^ tweak ^ round_constant[ROUNDS - 1 - i] ^ ALPHA;
	}
	return v ^ w1;
}

/* Where the code sits in a pointer: bits from bottom up, but bit 55, and not the top byte if it is ignored. */
struct layout {
	unsigned bottom;
	bool tbi;
};

static struct layout layout_of(const struct a64 *c, uint64_t ptr, bool data)
{
	bool e2h = (c->reg[A64_R_HCR_EL2] & HCR_E2H) != 0, el2 = a64_regime_el2(c), high = ptr >> 55 & 1;
	uint64_t tcr = c->reg[el2 ? A64_R_TCR_EL2 : A64_R_TCR_EL1];
	struct layout l;

	if (el2 && !e2h) {
		l.bottom = 64 - (unsigned)(tcr & 0x3f);
		l.tbi = tcr >> 20 & 1 && (data || !(tcr >> 29 & 1));
	} else {
		l.bottom = 64 - (unsigned)(tcr >> (high ? 16 : 0) & 0x3f);
		l.tbi = tcr >> (high ? 38 : 37) & 1 && (data || !(tcr >> (high ? 52 : 51) & 1));
	}
	if (l.bottom > 52)
		l.bottom = 52;
	return l;
}

static uint64_t ones(unsigned hi, unsigned lo)
{
	return hi < lo ? 0 : (UINT64_MAX >> (63 - (hi - lo))) << lo;
}

static uint64_t code_bits(struct layout l)
{
	return ones(54, l.bottom) | (l.tbi ? 0 : ones(63, 56));
}

/* The pointer with all bits of the code as bit 55. */
static uint64_t plain(uint64_t ptr, struct layout l)
{
	uint64_t mask = code_bits(l);

	return ptr >> 55 & 1 ? ptr | mask : ptr & ~mask;
}

static uint64_t compute(const struct a64 *c, uint64_t value, uint64_t modifier, unsigned key)
{
	static const uint16_t lo[5] = {A64_R_APIAKEYLO_EL1, A64_R_APIBKEYLO_EL1, A64_R_APDAKEYLO_EL1, A64_R_APDBKEYLO_EL1,
				       A64_R_APGAKEYLO_EL1};
	static const uint16_t hi[5] = {A64_R_APIAKEYHI_EL1, A64_R_APIBKEYHI_EL1, A64_R_APDAKEYHI_EL1, A64_R_APDBKEYHI_EL1,
				       A64_R_APGAKEYHI_EL1};

	return a64_qarma5(value, modifier, c->reg[hi[key]], c->reg[lo[key]]);
}

/* SCTLR_ELx.EnIA, EnIB, EnDA, EnDB. */
static bool enabled(const struct a64 *c, unsigned key)
{
	static const uint8_t bit[4] = {31, 30, 27, 13};

	return c->reg[a64_regime_el2(c) ? A64_R_SCTLR_EL2 : A64_R_SCTLR_EL1] >> bit[key] & 1;
}

int a64_pauth_check(struct a64 *c, unsigned key)
{
	const uint64_t api = (uint64_t)1 << 41;

	if (c->ps.el >= 2 || a64_el0_of_host(c) || (c->reg[A64_R_HCR_EL2] & api) != 0 || (key < 4 && !enabled(c, key)))
		return 0;
	return a64_to_el2(c, A64_EC_PAUTH, 0, 0);
}

uint64_t a64_pac(struct a64 *c, uint64_t ptr, uint64_t modifier, unsigned key)
{
	bool data = key >= 2;
	struct layout l = layout_of(c, ptr, data);
	uint64_t mask = code_bits(l), extended, code, top;

	if (!enabled(c, key))
		return ptr;
	/* With the top byte ignored its bits stay; the sign is bit 55, else bit 63. */
	if (!l.tbi) {
		uint64_t sign = ptr >> 63 & 1;

		l = layout_of(c, sign << 55, data);
		mask = code_bits(l);
		extended = (ptr & ~(mask | (uint64_t)1 << 55)) | (sign ? mask | (uint64_t)1 << 55 : 0);
	} else {
		extended = plain(ptr, l);
	}
	code = compute(c, extended, modifier, key);
	/* A pointer that was not canonical gets a wrong code: its top bit is flipped. */
	top = ptr & ones(l.tbi ? 55 : 63, l.bottom);
	if (top != 0 && top != ones(l.tbi ? 55 : 63, l.bottom))
		code ^= (uint64_t)1 << (l.tbi ? 54 : 62);
	return (extended & ~mask) | (code & mask);
}

uint64_t a64_aut(struct a64 *c, uint64_t ptr, uint64_t modifier, unsigned key)
{
	bool data = key >= 2;
	struct layout l = layout_of(c, ptr, data);
	uint64_t mask = code_bits(l), original = plain(ptr, l);
	unsigned error = key & 1 ? 2 : 1;

	if (!enabled(c, key))
		return ptr;
	if (((compute(c, original, modifier, key) ^ ptr) & mask) == 0)
		return original;
	if (l.tbi)
		return (original & ~((uint64_t)3 << 53)) | (uint64_t)error << 53;
	return (original & ~((uint64_t)3 << 61)) | (uint64_t)error << 61;
}

uint64_t a64_xpac(const struct a64 *c, uint64_t ptr, bool data)
{
	return plain(ptr, layout_of(c, ptr, data));
}

uint64_t a64_pacga(const struct a64 *c, uint64_t value, uint64_t modifier)
{
	return compute(c, value, modifier, 4) & 0xffffffff00000000;
}
