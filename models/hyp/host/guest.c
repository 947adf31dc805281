/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/host/guest.h"

#include "models/hyp/replay/recorded.h"

__extension__ typedef unsigned __int128 u128;

/* ---- random numbers ---- */

/* Finalizer of MurmurHash3, 64 bits: each input bit changes half of the output bits. */
static uint64_t mix64(uint64_t z)
{
	z = (z ^ z >> 33) * UINT64_C(0xff51afd7ed558ccd);
	z = (z ^ z >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return z ^ z >> 33;
}

uint64_t guest_random(uint64_t seed, uint32_t vcpu, uint32_t stream, uint64_t n)
{
	uint64_t key =
		mix64(mix64(seed + UINT64_C(0x9e3779b97f4a7c15)) ^ ((uint64_t)vcpu << 8 | stream));

	return mix64(key + n * UINT64_C(0x9e3779b97f4a7c15));
}

uint64_t guest_draw(struct guest *g, enum guest_stream s)
{
	return guest_random(g->seed, g->vcpu, s, g->drawn[s]++);
}

uint64_t guest_below(struct guest *g, enum guest_stream s, uint64_t n)
{
	return (uint64_t)((u128)guest_draw(g, s) * n >> 64);
}

/* -log2 of (x + 1) / 2^64 with 32 fractional bits, by squaring: the same on every machine. */
static uint64_t minus_log2(uint64_t x)
{
	unsigned whole = x != 0 ? (unsigned)__builtin_clzll(x) : 63;
	uint64_t m = x << whole, log = 0; /* m / 2^63 in 1..2 */

	if (x == 0)
		m = UINT64_C(1) << 63;
	for (unsigned bit = 0; bit < 24; bit++) {
		u128 square = (u128)m * m >> 63;

		log <<= 1;
		if (square >> 64 != 0) {
			log |= 1;
			square >>= 1;
		}
		m = (uint64_t)square;
	}
	return ((uint64_t)(whole + 1) << 32) - (log << 8);
}

uint64_t guest_exponential(struct guest *g, enum guest_stream s, uint64_t mean)
{
	const uint64_t ln2 = 2977044472; /* 2^32 ln 2, rounded */
	uint64_t e = (uint64_t)((u128)minus_log2(guest_draw(g, s)) * ln2 >> 32);
	u128 cycles = (u128)mean * e >> 32;

	return cycles == 0 ? 1 : (uint64_t)cycles;
}

uint64_t guest_cycles(const struct guest *g, uint64_t ns)
{
	u128 cycles = (u128)ns * g->hz / 1000000000;

	return cycles == 0 ? 1 : cycles > UINT64_MAX / 4 ? UINT64_MAX / 4 : (uint64_t)cycles;
}

/* ---- rows ---- */

#define GUEST(id, name, help) extern const struct guest_ops guest_##id##_ops;
#include "models/hyp/host/guests.def"

static const struct {
	const char *name;
	const struct guest_ops *ops;
} rows[] = {
#define GUEST(id, name, help) {name, &guest_##id##_ops},
#include "models/hyp/host/guests.def"
};

size_t guest_rows(void)
{
	return sizeof(rows) / sizeof(rows[0]);
}

const struct guest_ops *guest_row(size_t i)
{
	return rows[i].ops;
}

const char *guest_row_name(size_t i)
{
	return rows[i].name;
}

/* ---- classes ---- */

struct guest_class *guest_class_new(const struct workload *w, const struct ws_prog *p, struct err *e)
{
	struct guest_class *c = xcalloc(1, sizeof(*c));
	size_t i = 0;

	c->w = w;
	while (!rows[i].ops->takes(w)) /* the last one takes everything */
		i++;
	c->ops = rows[i].ops;
	if (guest_gaps_of(c, e) == 0 && (c->ops->class_init == NULL || c->ops->class_init(c, p, e) == 0))
		return c;
	guest_class_free(c);
	return NULL;
}

void guest_class_free(struct guest_class *c)
{
	if (c == NULL)
		return;
	free(c->any.ns);
	for (unsigned k = 0; k < EXIT_COUNT; k++)
		free(c->kind[k].ns);
	recorded_free(c->trace);
	free(c);
}

/* ---- a vCPU's life ---- */

void guest_init(struct guest *g, const struct guest_class *c, uint64_t seed, uint32_t vcpu, uint64_t hz)
{
	*g = (struct guest){.w = c->w, .cls = c, .seed = seed, .hz = hz, .vcpu = vcpu};
	c->ops->init(g);
}

const struct guest_act *guest_next(struct guest *g)
{
	g->act = (struct guest_act){.user_ns = (uint64_t)g->w->user_ns};
	g->cls->ops->next(g);
	return &g->act;
}

bool guest_uses_fp(struct guest *g)
{
	return guest_below(g, STREAM_FP, 1000) < (uint64_t)g->w->fp_permille;
}
