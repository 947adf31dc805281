/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/base/hist.h"

/* Bits below the seven that are kept. */
static unsigned shift_of(uint64_t value)
{
	return value < 128 ? 0 : 57 - (unsigned)__builtin_clzll(value);
}

static unsigned cell_of(uint64_t value)
{
	unsigned shift = shift_of(value);

	return shift * 64 + (unsigned)(value >> shift);
}

uint64_t hist_ceiling(uint64_t value)
{
	return value | ((UINT64_C(1) << shift_of(value)) - 1);
}

static uint64_t add_sat(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

void hist_add(struct hist *h, uint64_t value)
{
	if (h->n == 0 || value < h->min)
		h->min = value;
	if (value > h->max)
		h->max = value;
	h->n++;
	h->sum = add_sat(h->sum, value);
	h->cell[cell_of(value)]++;
}

void hist_merge(struct hist *h, const struct hist *more)
{
	if (more->n == 0)
		return;
	if (h->n == 0 || more->min < h->min)
		h->min = more->min;
	if (more->max > h->max)
		h->max = more->max;
	h->n += more->n;
	h->sum = add_sat(h->sum, more->sum);
	for (unsigned i = 0; i < HIST_CELLS; i++)
		h->cell[i] += more->cell[i];
}

/* Largest value of a cell: the inverse of cell_of. */
static uint64_t top_of(unsigned cell)
{
	unsigned shift = cell < 128 ? 0 : cell / 64 - 1;

	return hist_ceiling((uint64_t)(cell - shift * 64) << shift);
}

uint64_t hist_quantile(const struct hist *h, unsigned share)
{
	uint64_t rank, seen = 0;

	if (h->n == 0)
		return 0;
	if (share >= 10000)
		return h->max;
	rank = h->n / 10000 * share + (h->n % 10000 * share + 9999) / 10000;
	for (unsigned i = 0; i < HIST_CELLS; i++) {
		seen += h->cell[i];
		if (seen != 0 && seen >= rank)
			return top_of(i) < h->max ? top_of(i) : h->max;
	}
	return h->max;
}

uint64_t hist_mean(const struct hist *h)
{
	return h->n != 0 ? h->sum / h->n : 0;
}

const char *hist_quantile_name(enum hist_quantile q)
{
	static const char *const names[HIST_QUANTILE_COUNT] = {
#define X(id, share, name) name,
		HIST_QUANTILES(X)
#undef X
	};

	return names[q];
}

unsigned hist_quantile_share(enum hist_quantile q)
{
	static const unsigned shares[HIST_QUANTILE_COUNT] = {
#define X(id, share, name) share,
		HIST_QUANTILES(X)
#undef X
	};

	return shares[q];
}
