/* SPDX-License-Identifier: Apache-2.0 */
/* What PATCHED costs more or less than BASE: pairs of kinds, their tables and the answer. */
#ifndef EL2SIM_PRICE_PRICE_H
#define EL2SIM_PRICE_PRICE_H

#include "sim/document/rep.h"
#include "sim/price/side.h"

/* The machine that both run on: how far its costs may be off, and its clock. */
struct pricing {
	const struct machine *m;
	struct band_dev dev;
	double ghz;
};

/* A kind of both. With instructions on both sides, its cycles are of the whole exit. */
struct price_pair {
	const char *name;
	struct side_kind a, b;
	bool whole;
};

struct price {
	struct pricing x;
	const struct side *a, *b;
	bool recorded;      /* one of them is a recording: both are counted as one */
	struct price_pair *kind;
	size_t n, only_one; /* kinds that only one side has */
	struct price_pair loads; /* vcpu_load and vcpu_put; name NULL: not known of both */
	struct price_pair run;   /* a trace or a workload; name NULL: none was asked for */
	uint64_t run_exits[2];
};

/* Pairs the kinds of two counted sides. Free with price_free; the sides must last. */
void price_make(struct price *p, const struct side *a, const struct side *b, const struct machine *m);
void price_free(struct price *p);

/* Do accesses, cycles or instructions differ? */
bool price_differs(const struct price_pair *x);
/* Change in thousandths of a percent of the cycles before. */
int64_t price_change(const struct price_pair *x);
uint64_t price_barriers(const struct ws_totals *t);
uint64_t price_exceptions(const struct ws_totals *t);

/* Tables: phases (of models), exit kinds, the run, the ops that did it. all: what costs the same, too. */
void price_tables(const struct price *p, bool all, struct rep *r);
/* The answer in a sentence or two, and notes of what it rests on. */
void price_answer(const struct price *p, struct rep *r);

#endif
