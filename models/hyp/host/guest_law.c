/* SPDX-License-Identifier: Apache-2.0 */
/* A guest without code: exits of [mix] as often as their weights say, with times between them by a law. */
#include "models/hyp/host/guest.h"

__extension__ typedef unsigned __int128 u128;

static bool takes(const struct workload *w)
{
	(void)w;
	return true;
}

static void init(struct guest *g)
{
	for (unsigned k = 0; k < EXIT_COUNT; k++)
		g->mix_total += (uint64_t)g->w->mix[k];
}

/* A number between two quantiles, each pair of them as likely. */
static uint64_t from_quantiles(struct guest *g, const struct guest_gaps *q)
{
	u128 at = (u128)guest_draw(g, STREAM_GAP) * (q->n - 1); /* 64 bits of fraction */
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

static uint64_t time_before(struct guest *g, enum exit_kind kind)
{
	const struct workload *w = g->w;
	const struct guest_gaps *q = &g->cls->kind[kind];
	uint64_t mean, n = g->drawn[STREAM_GAP], pause;

	if (w->law == LAW_RECORDED)
		return guest_cycles(g, from_quantiles(g, q->n != 0 ? q : &g->cls->any));
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

static void next(struct guest *g)
{
	g->act.kind = draw_kind(g);
	g->act.cycles = time_before(g, g->act.kind);
}

const struct guest_ops guest_law_ops = {.takes = takes, .init = init, .next = next};
