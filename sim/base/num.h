/* SPDX-License-Identifier: Apache-2.0 */
/* Products and shares of counts, which may be as large as 64 bits hold: 128 bits between, and what does not fit is the largest. */
#ifndef EL2SIM_BASE_NUM_H
#define EL2SIM_BASE_NUM_H

#include <stdint.h>

__extension__ typedef unsigned __int128 u128;
__extension__ typedef __int128 i128;

static inline uint64_t num_u64(u128 v)
{
	return v > UINT64_MAX ? UINT64_MAX : (uint64_t)v;
}

static inline int64_t num_i64(i128 v)
{
	return v > INT64_MAX ? INT64_MAX : v < -INT64_MAX ? -INT64_MAX : (int64_t)v;
}

/* a * b, at most UINT64_MAX. */
static inline uint64_t num_mul(uint64_t a, uint64_t b)
{
	return num_u64((u128)a * b);
}

/* a * factor / n, rounded down, at most INT64_MAX; 0 of n = 0. Factor 1000: thousandths; 100,000: thousandths of a percent. */
static inline int64_t num_ratio(uint64_t a, uint64_t factor, uint64_t n)
{
	u128 v = n != 0 ? (u128)a * factor / n : 0;

	return v > INT64_MAX ? INT64_MAX : (int64_t)v;
}

/* The same of signed numbers, rounded towards 0, between -INT64_MAX and INT64_MAX. */
static inline int64_t num_signed_ratio(i128 a, int64_t factor, int64_t n)
{
	return n != 0 ? num_i64(a * factor / n) : 0;
}

#endif
