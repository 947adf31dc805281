/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs of bench/ share: the clock, and what is made of its times. */
#ifndef EL2SIM_BENCH_H
#define EL2SIM_BENCH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#define BENCH_REPEAT 3 /* of each measurement; the best counts */

/* Seconds of processor time of this process and of the children that it waited for: what else runs here does not count. */
static inline double bench_now(void)
{
	static const int who[] = { RUSAGE_SELF, RUSAGE_CHILDREN };
	double sum = 0;

	for (size_t i = 0; i < sizeof(who) / sizeof(who[0]); i++) {
		struct rusage use;

		(void)getrusage(who[i], &use);
		sum += (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
		       (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) * 1e-6;
	}
	return sum;
}

/* The shorter of the best time so far and the k-th one. */
static inline double bench_best(unsigned k, double best, double seconds)
{
	return k == 0 || seconds < best ? seconds : best;
}

/* n in so many seconds; 0 when no time passed. */
static inline uint64_t bench_per_second(uint64_t n, double seconds)
{
	return seconds > 0 ? (uint64_t)((double)n / seconds) : 0;
}

/* a / b in thousandths; 0 when b is no time. */
static inline int64_t bench_ratio(double a, double b)
{
	return b > 0 ? (int64_t)(a / b * 1000 + 0.5) : 0;
}

#endif
