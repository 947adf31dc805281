/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/kernel/clk.h"

__extension__ typedef unsigned __int128 u128;

static int check_rate(const char *name, uint64_t hz, struct err *e)
{
	if (hz >= 1 && hz <= CLK_MAX_HZ)
		return 0;
	return err_set(e, ERR_CONFIG, "clock %s: %llu Hz: want 1 to %llu Hz", name,
		       (unsigned long long)hz, (unsigned long long)CLK_MAX_HZ);
}

static void set_rate(struct clk *c, uint64_t hz)
{
	uint64_t a = CLK_PS_PER_S, b = hz;

	while (b != 0) {
		const uint64_t r = a % b;

		a = b;
		b = r;
	}
	c->hz = hz;
	c->cycles = hz / a;
	c->in_ps = CLK_PS_PER_S / a;
}

int clk_init(struct clk *c, const char *name, uint64_t hz, struct err *e)
{
	*c = (struct clk){.name = name};
	set_rate(c, hz);
	return check_rate(name, hz, e);
}

int clk_set_rate(struct clk *c, uint64_t cycle, uint64_t hz, struct err *e)
{
	uint64_t ps = 0;

	if (check_rate(c->name, hz, e) != 0 || clk_time(c, cycle, &ps, e) != 0)
		return -1;
	c->base_cycle = cycle;
	c->base_ps = ps;
	set_rate(c, hz);
	return 0;
}

/* Exact time of a cycle, rounded up; at most 2^104 or so. */
static u128 time_of(const struct clk *c, uint64_t cycle)
{
	return ((u128)(cycle - c->base_cycle) * CLK_PS_PER_S + c->hz - 1) / c->hz + c->base_ps;
}

int clk_time(const struct clk *c, uint64_t cycle, uint64_t *ps, struct err *e)
{
	u128 t;

	uint64_t product;

	BUG_ON(cycle < c->base_cycle);
	if (!__builtin_mul_overflow(cycle - c->base_cycle, c->in_ps, &product) && product < UINT64_MAX - c->cycles &&
	    !__builtin_add_overflow((product + c->cycles - 1) / c->cycles, c->base_ps, ps) && *ps != UINT64_MAX)
		return 0;
	t = time_of(c, cycle);
	if (t >= UINT64_MAX)
		return err_set(
			e, ERR_MODEL,
			"clock %s: cycle %llu at %llu Hz: time ends at 2^64 - 1 ps (213 days)",
			c->name, (unsigned long long)cycle, (unsigned long long)c->hz);
	*ps = (uint64_t)t;
	return 0;
}

/* At most one cycle per picosecond: the result fits. */
uint64_t clk_cycle(const struct clk *c, uint64_t ps)
{
	uint64_t product;

	BUG_ON(ps < c->base_ps);
	if (!__builtin_mul_overflow(ps - c->base_ps, c->cycles, &product))
		return c->base_cycle + product / c->in_ps;
	return c->base_cycle + (uint64_t)((u128)(ps - c->base_ps) * c->hz / CLK_PS_PER_S);
}

uint64_t clk_next_cycle(const struct clk *c, uint64_t ps)
{
	uint64_t cycle = clk_cycle(c, ps);

	return time_of(c, cycle) == ps ? cycle : cycle + 1;
}
