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

static uint64_t draw(struct guest *g, enum guest_stream s)
{
	return guest_random(g->seed, g->vcpu, s, g->drawn[s]++);
}

uint64_t guest_below(struct guest *g, enum guest_stream s, uint64_t n)
{
	return (uint64_t)((u128)draw(g, s) * n >> 64);
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
	uint64_t e = (uint64_t)((u128)minus_log2(draw(g, s)) * ln2 >> 32);
	u128 cycles = (u128)mean * e >> 32;

	return cycles == 0 ? 1 : (uint64_t)cycles;
}

/* ---- a vCPU's life ---- */

void guest_init(struct guest *g, const struct workload *w, uint64_t seed, uint32_t vcpu,
		uint64_t hz)
{
	*g = (struct guest){.w = w, .seed = seed, .hz = hz, .vcpu = vcpu};
	for (unsigned k = 0; k < EXIT_COUNT; k++)
		g->mix_total += (uint64_t)w->mix[k];
}

void guest_init_class(struct guest *g, const struct guest_class *c, uint64_t seed, uint32_t vcpu,
		      uint64_t hz)
{
	const struct recorded_vcpu *v;

	guest_init(g, c->w, seed, vcpu, hz);
	g->cls = c;
	if (c->trace == NULL)
		return;
	v = &c->trace->vcpu[vcpu % c->trace->n_vcpu];
	g->rec = v->exit;
	g->n_rec = v->n;
	g->at = (size_t)guest_below(g, STREAM_PHASE, v->n);
}

static uint64_t cycles_of(const struct guest *g, uint64_t ns)
{
	u128 cycles = (u128)ns * g->hz / 1000000000;

	return cycles == 0 ? 1 : cycles > UINT64_MAX / 4 ? UINT64_MAX / 4 : (uint64_t)cycles;
}

/* A number between two quantiles, each pair of them as likely. */
static uint64_t from_quantiles(struct guest *g, const struct guest_gaps *q)
{
	u128 at = (u128)draw(g, STREAM_GAP) * (q->n - 1); /* 64 bits of fraction */
	size_t i = (size_t)(at >> 64);

	return q->ns[i] + (uint64_t)((u128)(q->ns[i + 1] - q->ns[i]) * (uint64_t)at >> 64);
}

static enum exit_kind draw_kind(struct guest *g)
{
	uint64_t at = guest_below(g, STREAM_KIND, g->mix_total);

	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		if (at < (uint64_t)g->w->mix[k])
			return (enum exit_kind)k;
		at -= (uint64_t)g->w->mix[k];
	}
	BUG("the weights do not add up");
}

/* The trace's next exit; after the last comes the first. */
static uint64_t recorded_gap(struct guest *g)
{
	const struct recorded_exit *x = &g->rec[g->at];

	g->at = g->at + 1 < g->n_rec ? g->at + 1 : 0;
	g->next = (enum exit_kind)x->kind;
	g->user_ns = x->user_ns;
	g->next_known = true;
	return cycles_of(g, x->guest_ns);
}

uint64_t guest_gap(struct guest *g)
{
	const struct workload *w = g->w;
	uint64_t mean, n = g->drawn[STREAM_GAP], pause;

	if (g->rec != NULL)
		return recorded_gap(g);
	if (w->law == LAW_RECORDED) {
		const struct guest_gaps *q;

		g->next = draw_kind(g);
		g->next_known = true;
		q = &g->cls->kind[g->next];
		return cycles_of(g, from_quantiles(g, q->n != 0 ? q : &g->cls->any));
	}
	mean = g->hz / (uint64_t)w->exits_per_s;
	if (mean == 0)
		mean = 1;
	if (w->law == LAW_CONSTANT)
		return mean;
	if (w->law == LAW_BURSTY && n % (uint64_t)w->burst_exits == (uint64_t)w->burst_exits - 1) {
		pause = (uint64_t)((u128)g->hz * (uint64_t)w->pause_us / 1000000);
		return pause + guest_exponential(g, STREAM_GAP, mean);
	}
	return guest_exponential(g, STREAM_GAP, mean);
}

enum exit_kind guest_kind(struct guest *g)
{
	if (!g->next_known)
		return draw_kind(g);
	g->next_known = false;
	return g->next;
}

uint64_t guest_user_ns(const struct guest *g)
{
	return g->user_ns != 0 ? g->user_ns : (uint64_t)g->w->user_ns;
}

bool guest_uses_fp(struct guest *g)
{
	return guest_below(g, STREAM_FP, 1000) < (uint64_t)g->w->fp_permille;
}
