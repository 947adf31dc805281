/* SPDX-License-Identifier: Apache-2.0 */
/* Figures of a result that may be bounds: between a least and a most. */
#ifndef EL2SIM_REPORT_SPANS_H
#define EL2SIM_REPORT_SPANS_H

#include "sim/report/outcome_report.h"

/* hi is BOUNDS_NONE or more: no upper bound. */
struct span {
	uint64_t lo, hi;
};

/* The figure at p, which is a count in *x->out or of one of its vCPUs. */
struct span span_of(const struct run_result *x, const uint64_t *p);
/* Reads and writes; the totals stand where p may. */
struct span span_accesses(const struct run_result *x, const struct ws_totals *t);
struct span span_add(struct span a, struct span b);

static inline bool span_exact(struct span s)
{
	return s.lo == s.hi;
}

/* A cell: the figure; at least lo; at most hi; or not known. */
void rep_span(struct rep_table *t, struct span s);
/* The same of a quotient, rounded outwards to what the column shows; none for n = 0. */
void rep_span_per(struct rep_table *t, struct span sum, struct span n);
/* A fact; "not known" if nothing is. */
void rep_fact_span(struct rep *r, const char *key, const char *title, struct span s);

/*
 * A sum of all phases per exit: sum is of x->out->total. If events were lost, an exit that is not in the trace counts with
 * the least that an exit and an entry cost.
 */
struct per_exit {
	int64_t lo; /* thousandths */
	bool exact;
};
typedef uint64_t totals_fn(const struct ws_totals *t);
struct per_exit span_per_exit(const struct run_result *x, totals_fn *f);

#endif
