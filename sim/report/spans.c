/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/report/spans.h"

#include "sim/base/num.h"
#include "sim/report/columns.h"

struct span span_of(const struct run_result *x, const uint64_t *p)
{
	const struct outcome *lo = x->out;
	const char *at = (const char *)p;
	const char *from = (const char *)lo;
	const char *to;

	if (x->bounds == NULL)
		return (struct span){ *p, *p };
	to = (const char *)&x->bounds->hi;
	if (at < from || at >= from + sizeof(*lo)) { /* of a vCPU */
		from = (const char *)lo->vcpu;
		to = (const char *)x->bounds->hi.vcpu;
	}
	return (struct span){ *p, *(const uint64_t *)(const void *)(to + (at - from)) };
}

static uint64_t sum(uint64_t a, uint64_t b)
{
	return a >= BOUNDS_NONE || b >= BOUNDS_NONE ? BOUNDS_NONE : a + b;
}

struct span span_add(struct span a, struct span b)
{
	return (struct span){ a.lo + b.lo, sum(a.hi, b.hi) };
}

struct span span_accesses(const struct run_result *x, const struct ws_totals *t)
{
	return span_add(span_of(x, &t->n[CNT_read]), span_of(x, &t->n[CNT_write]));
}

void rep_span(struct rep_table *t, struct span s)
{
	if (span_exact(s)) {
		rep_u64(t, s.lo);
	} else if (s.lo != 0) {
		rep_u64(t, s.lo);
		rep_bound(t, REP_AT_LEAST);
	} else if (s.hi < BOUNDS_NONE) {
		rep_u64(t, s.hi);
		rep_bound(t, REP_AT_MOST);
	} else {
		rep_none(t);
	}
}

void rep_span_per(struct rep_table *t, struct span sum_of, struct span n)
{
	if (span_exact(sum_of) && span_exact(n)) {
		rep_average(t, sum_of.lo, n.lo);
	} else if (n.hi < BOUNDS_NONE && n.hi != 0 && col_per(sum_of.lo, n.hi) != 0) {
		rep_fix(t, col_per(sum_of.lo, n.hi));
		rep_bound(t, REP_AT_LEAST);
	} else if (sum_of.hi < BOUNDS_NONE && n.lo != 0) {
		rep_fix(t, col_per(sum_of.hi, n.lo) + 1);
		rep_bound(t, REP_AT_MOST);
	} else {
		rep_none(t);
	}
}

void rep_fact_span(struct rep *r, const char *key, const char *title, struct span s)
{
	if (!span_exact(s) && s.lo == 0 && s.hi >= BOUNDS_NONE) {
		rep_fact(r, key, title, "not known");
		return;
	}
	rep_fact_u64(r, key, title, span_exact(s) || s.lo != 0 ? s.lo : s.hi, "");
	if (!span_exact(s))
		rep_fact_bound(r, s.lo != 0 ? REP_AT_LEAST : REP_AT_MOST);
}

/* Of one exit and one entry, whatever the state. */
static uint64_t least(const struct run_result *x, totals_fn *f)
{
	const struct ws_prog *p = x->out->prog;

	return f(&x->bounds->comp[ws_phase_comp(p, PHASE_EXIT)].lo) + f(&x->bounds->comp[ws_phase_comp(p, PHASE_ENTER)].lo);
}

struct per_exit span_per_exit(const struct run_result *x, totals_fn *f)
{
	const struct outcome *o = x->out;
	const struct sight *s;
	uint64_t lost;

	if (x->bounds == NULL)
		return (struct per_exit){ col_per(f(&o->total), o->n.exits), true };
	s = &x->bounds->sight;
	if (!sight_lossy(s))
		return (struct per_exit){ col_per(f(&o->total), o->n.exits), f(&o->total) == f(&x->bounds->hi.total) };
	lost = s->lost != 0 && s->lost_places + s->broken == 0 ? s->lost : UINT32_MAX;
	if (lost == UINT32_MAX) /* nobody knows how many */
		return (struct per_exit){ num_ratio(least(x, f), 1000, 1), false };
	return (struct per_exit){ col_per(f(&o->total) + num_mul(lost, least(x, f)), o->n.exits + lost), false };
}
