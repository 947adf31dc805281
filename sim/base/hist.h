/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Histograms of durations, of fixed size, in the manner of HdrHistogram: values below 128 are
 * exact, larger ones keep their six leading bits after the first, so that a reported value is at
 * most 1/64 above the recorded one. Integer arithmetic only; adding is two shifts and an increment.
 */
#ifndef EL2SIM_BASE_HIST_H
#define EL2SIM_BASE_HIST_H

#include <stdint.h>

#define HIST_CELLS 3776 /* 57 * 64 + 128 */

/* Quantiles of every report: id, in ten-thousandths, name. */
#define HIST_QUANTILES(X)                                                                          \
	X(P50, 5000, "p50")                                                                        \
	X(P90, 9000, "p90")                                                                        \
	X(P99, 9900, "p99")                                                                        \
	X(P999, 9990, "p99.9")                                                                     \
	X(MAX, 10000, "max")

enum hist_quantile {
#define X(id, share, name) HIST_##id,
	HIST_QUANTILES(X)
#undef X
	HIST_QUANTILE_COUNT
};

struct hist {
	uint64_t n, min, max;
	uint64_t sum; /* stays at UINT64_MAX when it would overflow */
	uint64_t cell[HIST_CELLS];
};

/* All zero is an empty histogram. */
void hist_add(struct hist *h, uint64_t value);
/* Add all values of another one. */
void hist_merge(struct hist *h, const struct hist *more);

/*
 * Smallest recorded value, to within 1/64 and never below the true one, that at least `share`
 * ten-thousandths (0..10000, more counts as 10000) of all values do not exceed. 0 of an empty
 * histogram.
 */
uint64_t hist_quantile(const struct hist *h, unsigned share);
/* Rounded down; 0 of an empty histogram. */
uint64_t hist_mean(const struct hist *h);

/* Largest value that is counted in the same cell as this one. */
uint64_t hist_ceiling(uint64_t value);

const char *hist_quantile_name(enum hist_quantile q);
unsigned hist_quantile_share(enum hist_quantile q);

#endif
