/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How two programs compare on a trace that lacks events. Both run the same sequences of steps, in the same states but for
 * conditions that a program's own ops decide. So the quotient of all reads and writes lies between the least and the
 * largest quotient that one sequence can have: of an exit kind, of what begins or ends it, of a thread switch.
 */
#include <stdlib.h>

#include "models/hyp/kvm/vflags.h"
#include "models/hyp/replay/bounds.h"
#include "sim/base/num.h"

/* Reads and writes of one step in one state, of both programs: each between two values. */
struct pair {
	uint64_t a_lo, a_hi, b_lo, b_hi;
};

/* A step, in every state that it may find. */
struct choice {
	struct pair *pair;
	size_t n;
};

/* A sequence of steps. */
struct unit {
	struct choice step[EXIT_STEPS_MAX];
	unsigned n;
};

struct units {
	const struct ws_prog *a, *b;
	struct unit *unit;
	size_t n;
};

/* Conditions that a program's own ops decide; the others are the same in both. */
static uint64_t own_conditions(void)
{
	return CND(HOST_FP) | CND(FOREIGN_FP) | CND(FP_OWNED) | CND(WAS_LOADED) | vflag_conditions();
}

/* Reads and writes of one execution. */
static uint64_t accesses(const struct ws_prog *p, enum ws_comp c, uint64_t state, unsigned lrs)
{
	uint64_t n = 0;

	for (size_t i = p->comp[c].first; i < p->comp[c].first + p->comp[c].n; i++) {
		enum ws_counter counter = (enum ws_counter)ws_opcode_row((enum ws_opcode)p->op[i].opcode)->counter;

		if (counter == CNT_read || counter == CNT_write)
			n += ws_op_times(&p->op[i], state, lrs);
	}
	return n;
}

/* The least and the most over all values of the program's own conditions. */
static void extremes(const struct ws_prog *p, enum ws_comp c, uint64_t state, unsigned lrs, uint64_t *lo, uint64_t *hi)
{
	const uint64_t mine = p->comp[c].mask & own_conditions();

	*lo = UINT64_MAX;
	*hi = 0;
	for (uint64_t sub = mine;; sub = (sub - 1) & mine) {
		uint64_t n = accesses(p, c, state | sub, lrs);

		*lo = n < *lo ? n : *lo;
		*hi = n > *hi ? n : *hi;
		if (sub == 0)
			return;
	}
}

static void add_pair(struct choice *to, const struct units *u, const struct exit_step *step, uint64_t state, unsigned lrs)
{
	enum ws_comp ca = exit_step_comp(u->a->config.model, step), cb = exit_step_comp(u->b->config.model, step);
	struct pair p;

	extremes(u->a, ca, state, lrs, &p.a_lo, &p.a_hi);
	extremes(u->b, cb, state, lrs, &p.b_lo, &p.b_hi);
	to->pair = xrealloc(to->pair, (to->n + 1) * sizeof(*to->pair));
	to->pair[to->n++] = p;
}

/* The step in the state that its sequence says, and every value of what only the trace would tell. */
static void add_step(struct unit *unit, const struct units *u, const struct exit_step *step, uint64_t state)
{
	enum ws_comp ca = exit_step_comp(u->a->config.model, step), cb = exit_step_comp(u->b->config.model, step);
	const uint64_t open = (u->a->comp[ca].mask | u->b->comp[cb].mask) &
			      (CND(VTIMER_ON) | CND(PTIMER_ON) | CND(LRS) | CND(OTHER_VCPU) | CND(TO_IDLE));
	struct choice *c = &unit->step[unit->n++];

	state &= ~(own_conditions() | CND(VTIMER_ON) | CND(PTIMER_ON) | CND(LRS) | CND(LR_LIVE));
	for (uint64_t sub = open;; sub = (sub - 1) & open) {
		bool lrs = (sub & CND(LRS)) != 0;

		add_pair(c, u, step, state | sub, lrs ? 1 : 0);
		if (lrs)
			add_pair(c, u, step, state | sub, (unsigned)u->a->config.machine->list_registers);
		if (sub == 0)
			return;
	}
}

static struct unit *add_unit(struct units *u)
{
	u->unit = xrealloc(u->unit, (u->n + 1) * sizeof(*u->unit));
	u->unit[u->n] = (struct unit){ .n = 0 };
	return &u->unit[u->n++];
}

/* The first n steps of a kind's sequence. */
static void add_kind(struct units *u, enum exit_kind k, unsigned n)
{
	const struct exit_row *row = exit_row(k);
	struct unit *unit = add_unit(u);

	for (unsigned i = 0; i < n; i++) {
		if (!row->step[i].meanwhile && !exit_step_is(&row->step[i], PHASE_LAZY))
			add_step(unit, u, &row->step[i], exit_step_state(row, i));
	}
}

static void add_comp(struct units *u, enum ws_comp c)
{
	const struct exit_step step = { false, (uint8_t)c, 0, false };

	add_step(add_unit(u), u, &step, 0);
}

/* Whatever may be in a trace: whole exits, those that the end cuts off, what has no exit. */
static void all_units(struct units *u)
{
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		const struct exit_row *row = exit_row((enum exit_kind)k);

		if (!exit_is_exit((enum exit_kind)k))
			continue;
		add_kind(u, (enum exit_kind)k, row->n);
		for (unsigned i = 1; i < row->n; i++) {
			if (i == 1 || exit_step_is(&row->step[i - 1], PHASE_PUT))
				add_kind(u, (enum exit_kind)k, i);
		}
	}
	add_kind(u, EXIT_FOR_first_run, exit_row(EXIT_FOR_first_run)->n);
	add_kind(u, EXIT_FOR_run_returns, exit_row(EXIT_FOR_run_returns)->n);
	add_kind(u, EXIT_FOR_one_more_put, exit_row(EXIT_FOR_one_more_put)->n);
	add_comp(u, COMP_thread_switch);
	add_comp(u, COMP_idle_enter);
}

/* Is a - b * q / 1000 never above 0, or (below) never below it, for any unit? */
static bool holds(const struct units *u, uint64_t q, bool below)
{
	for (size_t i = 0; i < u->n; i++) {
		i128 sum = 0;

		for (unsigned k = 0; k < u->unit[i].n; k++) {
			const struct choice *c = &u->unit[i].step[k];
			i128 best = INT64_MIN;

			for (size_t j = 0; j < c->n; j++) {
				const struct pair *p = &c->pair[j];
				i128 v = below ? (i128)p->b_hi * q - (i128)p->a_lo * 1000
					       : (i128)p->a_hi * 1000 - (i128)p->b_lo * q;

				best = v > best ? v : best;
			}
			sum += best;
		}
		if (sum > 0)
			return false;
	}
	return true;
}

#define QUOTIENT_MAX 1000000 /* a thousand times as many says nothing */

/* The tightest bound: the least that is above all quotients, or the largest below them. */
static uint64_t tightest(const struct units *u, bool below)
{
	uint64_t good = below ? 0 : QUOTIENT_MAX, bad = below ? QUOTIENT_MAX : 0;

	if (!holds(u, good, below))
		return below ? 0 : BOUNDS_NONE;
	while ((good > bad ? good - bad : bad - good) > 1) {
		uint64_t mid = (good + bad) / 2;

		if (holds(u, mid, below))
			good = mid;
		else
			bad = mid;
	}
	return good;
}

void bounds_ratio(const struct bounds *x, const struct bounds *y, uint64_t *lo, uint64_t *hi)
{
	struct units u = { .a = x->lo.prog, .b = y->lo.prog };

	*lo = 0;
	*hi = BOUNDS_NONE;
	if (x->fp_traps || y->fp_traps) /* how often they trap depends on the program */
		return;
	all_units(&u);
	*lo = tightest(&u, true);
	*hi = tightest(&u, false);
	for (size_t i = 0; i < u.n; i++) {
		for (unsigned k = 0; k < u.unit[i].n; k++)
			free(u.unit[i].step[k].pair);
	}
	free(u.unit);
}
