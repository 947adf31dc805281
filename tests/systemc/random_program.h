/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random programs of notify, cancel and wait, run by both kernels (C and C++). What a process does
 * in its n-th activation depends on nothing but (seed, mode, process, n).
 *
 * A log has one line per activation: time in ps, number of delta cycles, process. IEEE 1666 leaves
 * open in which order the runnable processes of one evaluation phase run. RP_ANY programs depend on
 * that order: one kernel follows the order of the other's log. RP_COMMUTING programs (no immediate
 * notification, one process per event that notifies or cancels it) do not: their logs agree up to
 * the order within a phase.
 */
#ifndef EL2SIM_TESTS_RANDOM_PROGRAM_H
#define EL2SIM_TESTS_RANDOM_PROGRAM_H

#include <stdint.h>

enum rp_mode { RP_ANY, RP_COMMUTING, RP_MODES };

enum {
	RP_PROCS = 6,
	RP_PLAIN = 8,   /* events */
	RP_SIGNALS = 2, /* their value-changed events follow the plain ones */
	RP_EVENTS = RP_PLAIN + RP_SIGNALS,
	RP_ACTIVATIONS = 60, /* per process; after that it does nothing */
	RP_OPS = 10
};

enum rp_kind {
	RP_NOTIFY,       /* event */
	RP_NOTIFY_DELTA, /* event */
	RP_NOTIFY_AFTER, /* event, ps */
	RP_CANCEL,       /* event */
	RP_WRITE,        /* signal, value */
	RP_WAIT_STATIC,
	RP_WAIT_EVENT,         /* event */
	RP_WAIT_TIME,          /* -, ps */
	RP_WAIT_EVENT_OR_TIME, /* event, ps */
	RP_WAIT_ANY,           /* mask */
	RP_WAIT_ALL,           /* mask */
	RP_KINDS
};

struct rp_op {
	int kind;   /* enum rp_kind */
	unsigned a; /* event, signal or mask of events */
	unsigned b; /* ps or value */
};

/* splitmix64 */
static inline uint64_t rp_next(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static inline unsigned rp_below(uint64_t *state, unsigned n)
{
	return (unsigned)(rp_next(state) % n);
}

static inline uint64_t rp_state(unsigned seed, int mode, unsigned proc, unsigned n)
{
	uint64_t s = ((uint64_t)seed << 32) ^ ((uint64_t)mode << 24) ^ ((uint64_t)proc << 16) ^ n;

	(void)rp_next(&s);
	return s;
}

/* A mask of at least one event. */
static inline unsigned rp_mask(uint64_t *s)
{
	return 1u << rp_below(s, RP_EVENTS) |
	       (rp_below(s, 1u << RP_EVENTS) & rp_below(s, 1u << RP_EVENTS));
}

/* Events of the static sensitivity; whether the process runs at the start. */
static inline unsigned rp_static(unsigned seed, int mode, unsigned proc, int *initialize)
{
	uint64_t s = rp_state(seed, mode, proc, UINT32_C(0xffff));

	*initialize = proc == 0 || rp_below(&s, 4) != 0;
	return rp_mask(&s);
}

static inline struct rp_op rp_make(int kind, unsigned a, unsigned b)
{
	struct rp_op op;

	op.kind = kind;
	op.a = a;
	op.b = b;
	return op;
}

static inline struct rp_op rp_effect(uint64_t *s, int mode, unsigned proc)
{
	static const int kinds[] = {RP_NOTIFY,       RP_NOTIFY,       RP_NOTIFY_DELTA,
				    RP_NOTIFY_DELTA, RP_NOTIFY_AFTER, RP_NOTIFY_AFTER,
				    RP_NOTIFY_AFTER, RP_CANCEL,       RP_WRITE};
	int kind = kinds[rp_below(s, sizeof(kinds) / sizeof(kinds[0]))];
	unsigned a = rp_below(s, kind == RP_WRITE ? RP_SIGNALS : RP_PLAIN);

	if (mode == RP_COMMUTING) { /* event e and signal e belong to process e modulo RP_PROCS */
		if (kind == RP_NOTIFY || (kind == RP_WRITE && proc >= RP_SIGNALS))
			kind = RP_NOTIFY_AFTER;
		a = kind != RP_WRITE && a >= RP_PROCS && proc + RP_PROCS < RP_PLAIN
			    ? proc + RP_PROCS
			    : proc;
	}
	return rp_make(kind, a, rp_below(s, kind == RP_WRITE ? 3 : 7));
}

static inline struct rp_op rp_wait(uint64_t *s)
{
	int kind = RP_WAIT_STATIC + (int)rp_below(s, RP_KINDS - RP_WAIT_STATIC);
	unsigned a =
		kind == RP_WAIT_ANY || kind == RP_WAIT_ALL ? rp_mask(s) : rp_below(s, RP_EVENTS);

	return rp_make(kind, a, rp_below(s, 9));
}

/* What process proc does in activation n; returns the number of ops. */
static inline unsigned rp_ops(unsigned seed, int mode, unsigned proc, unsigned n, struct rp_op *op)
{
	uint64_t s = rp_state(seed, mode, proc, n);
	unsigned effects = 1 + rp_below(&s, 6), waits = rp_below(&s, 4), k = 0;

	if (n >= RP_ACTIVATIONS)
		return 0;
	for (unsigned i = 0; i < effects; i++)
		op[k++] = rp_effect(&s, mode, proc);
	for (unsigned i = 0; i < waits && waits < 3; i++)
		op[k++] = rp_wait(&s);
	for (unsigned i = k; i > 1; i--) { /* any order of both */
		unsigned j = rp_below(&s, i);
		struct rp_op swap = op[i - 1];

		op[i - 1] = op[j];
		op[j] = swap;
	}
	return k;
}

#endif
