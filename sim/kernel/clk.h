/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clock domains: the only place that turns cycles into picoseconds. Components count cycles; a time
 * is made from a base point and one 128-bit product, so that nothing is rounded twice and no error
 * grows.
 *
 * Cycle n begins at the first whole picosecond at or after its exact time; up to 1 THz
 * clk_cycle(clk_time(n)) is n.
 */
#ifndef EL2SIM_KERNEL_CLK_H
#define EL2SIM_KERNEL_CLK_H

#include <stdint.h>

#include "sim/base/err.h"

#define CLK_PS_PER_S UINT64_C(1000000000000)
#define CLK_MAX_HZ   CLK_PS_PER_S

struct clk {
	const char *name;
	uint64_t hz;
	uint64_t base_ps, base_cycle; /* this cycle begins at this time */
	uint64_t cycles, in_ps;       /* the rate as a fraction in its lowest terms: products stay within 64 bits longer */
};

/* Cycle 0 at time 0. hz: 1..CLK_MAX_HZ, else ERR_CONFIG. name is kept. */
int clk_init(struct clk *c, const char *name, uint64_t hz, struct err *e);
/*
 * Another rate from cycle `cycle` on, which keeps its time: convert what lies before it first.
 * ERR_CONFIG, or ERR_MODEL when the cycle's time overflows.
 */
int clk_set_rate(struct clk *c, uint64_t cycle, uint64_t hz, struct err *e);

/* When a cycle (not before the base) begins, in ps. ERR_MODEL over 64 bits. */
int clk_time(const struct clk *c, uint64_t cycle, uint64_t *ps, struct err *e);
/* The cycle that is under way at ps (not before the base). */
uint64_t clk_cycle(const struct clk *c, uint64_t ps);
/* The first cycle that begins at or after ps. */
uint64_t clk_next_cycle(const struct clk *c, uint64_t ps);

#endif
