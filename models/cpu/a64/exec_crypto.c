// SPDX-License-Identifier: Apache-2.0
/* FEAT_AES, FEAT_SHA1, FEAT_SHA256 (Arm ARM, shared/functions/crypto; FIPS 197, FIPS 180-4). */
#include "models/cpu/a64/vec.h"

/* Multiplication in AES's field of 256 elements. */
static uint8_t gf(uint8_t a, uint8_t b)
{
	uint8_t r = 0;

	for (; b != 0; b >>= 1) {
		r ^= b & 1 ? a : 0;
		a = (uint8_t)(a << 1 ^ (a & 0x80 ? 0x1b : 0));
	}
	return r;
}

static uint8_t rotl8(uint8_t v, unsigned by)
{
	return (uint8_t)(v << by | v >> (8 - by));
}

/* The inverse is the 254th power. */
static uint8_t inverse(uint8_t v)
{
	uint8_t r = 1, p = v;

	for (unsigned e = 254; e != 0; e >>= 1) {
		if (e & 1)
			r = gf(r, p);
		p = gf(p, p);
	}
	return r;
}

static uint8_t sbox(uint8_t v)
{
	uint8_t i = inverse(v);

	return i ^ rotl8(i, 1) ^ rotl8(i, 2) ^ rotl8(i, 3) ^ rotl8(i, 4) ^ 0x63;
}

static uint8_t inverse_sbox(uint8_t v)
{
	return inverse(rotl8(v, 1) ^ rotl8(v, 3) ^ rotl8(v, 6) ^ 0x05);
}

/* Row i % 4 moves by as many columns as it counts; forward to the left. */
static int aes_round(struct a64 *c, const struct a64_op *op, bool forward)
{
	uint64_t s[2] = {c->v[op->d][0] ^ c->v[op->n][0], c->v[op->d][1] ^ c->v[op->n][1]}, r[2] = {0, 0};

	for (unsigned i = 0; i < 16; i++) {
		unsigned from = (i + (forward ? 4u : 12u) * (i % 4)) % 16;
		uint8_t v = (uint8_t)vec_get(s, 0, from);

		vec_set(r, 0, i, forward ? sbox(v) : inverse_sbox(v));
	}
	return vec_put(c, op, r);
}
EXEC(AESE) { return aes_round(c, op, true); }
EXEC(AESD) { return aes_round(c, op, false); }

static int mix_columns(struct a64 *c, const struct a64_op *op, const uint8_t by[4])
{
	uint64_t r[2] = {0, 0};

	for (unsigned i = 0; i < 16; i++) {
		uint8_t v = 0;

		for (unsigned k = 0; k < 4; k++)
			v ^= gf((uint8_t)vec_get(c->v[op->n], 0, i / 4 * 4 + (i + k) % 4), by[k]);
		vec_set(r, 0, i, v);
	}
	return vec_put(c, op, r);
}
EXEC(AESMC) { return mix_columns(c, op, (const uint8_t[4]){2, 3, 1, 1}); }
EXEC(AESIMC) { return mix_columns(c, op, (const uint8_t[4]){14, 11, 13, 9}); }

static inline uint32_t rol(uint32_t v, unsigned by)
{
	return v << by | v >> (32 - by);
}

static inline uint32_t choose(uint32_t x, uint32_t y, uint32_t z) { return ((y ^ z) & x) ^ z; }
static inline uint32_t parity(uint32_t x, uint32_t y, uint32_t z) { return x ^ y ^ z; }
static inline uint32_t majority(uint32_t x, uint32_t y, uint32_t z) { return (x & y) | ((x | y) & z); }

static inline uint32_t word(const struct a64 *c, unsigned v, unsigned i)
{
	return (uint32_t)vec_get(c->v[v], 2, i);
}

/* Four rounds: d is a to d, n is e, m the schedule. */
static int sha1(struct a64 *c, const struct a64_op *op, uint32_t (*f)(uint32_t, uint32_t, uint32_t))
{
	uint32_t x[4], y = word(c, op->n, 0), t;
	uint64_t r[2] = {0, 0};

	for (unsigned i = 0; i < 4; i++)
		x[i] = word(c, op->d, i);
	for (unsigned i = 0; i < 4; i++) {
		t = y + rol(x[0], 5) + f(x[1], x[2], x[3]) + word(c, op->m, i);
		y = x[3];
		x[3] = x[2];
		x[2] = rol(x[1], 30);
		x[1] = x[0];
		x[0] = t;
	}
	for (unsigned i = 0; i < 4; i++)
		vec_set(r, 2, i, x[i]);
	return vec_put(c, op, r);
}
EXEC(SHA1C) { return sha1(c, op, choose); }
EXEC(SHA1P) { return sha1(c, op, parity); }
EXEC(SHA1M) { return sha1(c, op, majority); }
EXEC(SHA1H) { return vec_put(c, op, (const uint64_t[2]){rol(word(c, op->n, 0), 30), 0}); }

EXEC(SHA1SU0)
{
	const uint64_t *d = c->v[op->d], *n = c->v[op->n], *m = c->v[op->m];

	return vec_put(c, op, (const uint64_t[2]){d[1] ^ d[0] ^ m[0], n[0] ^ d[1] ^ m[1]});
}

EXEC(SHA1SU1)
{
	uint32_t t[4];
	uint64_t r[2] = {0, 0};

	for (unsigned i = 0; i < 4; i++)
		t[i] = rol(word(c, op->d, i) ^ (i < 3 ? word(c, op->n, i + 1) : 0), 1);
	t[3] ^= rol(t[0], 1);
	for (unsigned i = 0; i < 4; i++)
		vec_set(r, 2, i, t[i]);
	return vec_put(c, op, r);
}

/* Four rounds of SHA-256 on x (a to d) and y (e to h). */
static void sha256(uint32_t x[4], uint32_t y[4], const struct a64 *c, unsigned schedule)
{
	for (unsigned i = 0; i < 4; i++) {
		uint32_t t = y[3] + (rol(y[0], 26) ^ rol(y[0], 21) ^ rol(y[0], 7)) + choose(y[0], y[1], y[2]) + word(c, schedule, i);
		uint32_t top = t + (rol(x[0], 30) ^ rol(x[0], 19) ^ rol(x[0], 10)) + majority(x[0], x[1], x[2]);

		y[3] = y[2];
		y[2] = y[1];
		y[1] = y[0];
		y[0] = x[3] + t;
		x[3] = x[2];
		x[2] = x[1];
		x[1] = x[0];
		x[0] = top;
	}
}

static int sha256_half(struct a64 *c, const struct a64_op *op, unsigned abcd, unsigned efgh, bool second)
{
	uint32_t x[4], y[4];
	uint64_t r[2] = {0, 0};

	for (unsigned i = 0; i < 4; i++) {
		x[i] = word(c, abcd, i);
		y[i] = word(c, efgh, i);
	}
	sha256(x, y, c, op->m);
	for (unsigned i = 0; i < 4; i++)
		vec_set(r, 2, i, second ? y[i] : x[i]);
	return vec_put(c, op, r);
}
EXEC(SHA256H) { return sha256_half(c, op, op->d, op->n, false); }
EXEC(SHA256H2) { return sha256_half(c, op, op->n, op->d, true); }

EXEC(SHA256SU0)
{
	uint64_t r[2] = {0, 0};

	for (unsigned i = 0; i < 4; i++) {
		uint32_t w = i < 3 ? word(c, op->d, i + 1) : word(c, op->n, 0);

		vec_set(r, 2, i, (rol(w, 25) ^ rol(w, 14) ^ w >> 3) + word(c, op->d, i));
	}
	return vec_put(c, op, r);
}

EXEC(SHA256SU1)
{
	uint32_t t[4];
	uint64_t r[2] = {0, 0};

	for (unsigned i = 0; i < 4; i++) {
		uint32_t w = i < 2 ? word(c, op->m, i + 2) : t[i - 2];
		uint32_t seven = i < 3 ? word(c, op->n, i + 1) : word(c, op->m, 0);

		t[i] = (rol(w, 15) ^ rol(w, 13) ^ w >> 10) + word(c, op->d, i) + seven;
	}
	for (unsigned i = 0; i < 4; i++)
		vec_set(r, 2, i, t[i]);
	return vec_put(c, op, r);
}
