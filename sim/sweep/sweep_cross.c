/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/sweep/sweep_cross.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/str.h"

#define PAIRS_MAX 32
#define SHARE_MAX 9e18L /* what a damaged file gives stays in 64 bits */

/* A configuration and the one it is held against. */
struct pair {
	size_t config, base;
};

/* What a pair comes to, over some of the places. */
struct outcome {
	size_t n, cheaper;
	size_t deferring;	  /* places where it costs less at each exit, and more at each load */
	int64_t best, best_at;	  /* change of cycles per exit in thousandths of a percent, at loads per exit */
	int64_t worst, worst_at;
};

/* 12350 is "12.4", 550 with two decimals "0.55". */
static const char *fixed(int64_t v, int decimals, char buf[static 32])
{
	int64_t step = decimals == 1 ? 100 : 10, a = (v < 0 ? -v : v) + step / 2;

	(void)snprintf(buf, 32, "%" PRId64 ".%0*" PRId64, a / 1000, decimals, a % 1000 / step);
	return buf;
}

/* Between two positions above 0 on a logarithmic axis. */
static int64_t log_between(int64_t x0, int64_t x1, long double share)
{
	return (int64_t)(expl(logl((long double)x0) + (logl((long double)x1) - logl((long double)x0)) * share) + 0.5L);
}

static int64_t cycles_of(const struct sweep_point *p)
{
	int64_t sum = 0;

	for (unsigned ph = 0; ph < PHASE_COUNT; ph++)
		sum += p->phase[ph];
	return sum;
}

static int64_t change(const struct sweep_point *p, const struct sweep_point *base)
{
	int64_t a = cycles_of(p), b = cycles_of(base);

	return b > 0 ? (int64_t)fmaxl(-SHARE_MAX, fminl(SHARE_MAX, (long double)(a - b) * 100000 / (long double)b)) : 0;
}

static void take(struct outcome *o, const struct sweep_point *p, const struct sweep_point *base)
{
	int64_t c = change(p, base);

	if (o->n++ == 0)
		*o = (struct outcome){ .n = 1, .best = c, .best_at = p->loads, .worst = c, .worst_at = p->loads };
	o->cheaper += c < 0;
	if (c < o->best) {
		o->best = c;
		o->best_at = p->loads;
	}
	if (c > o->worst) {
		o->worst = c;
		o->worst_at = p->loads;
	}
	o->deferring += p->per_exit < base->per_exit && p->per_load > base->per_load;
}

/* Over the places with this value of an axis, or all (SWEEP_NONE). */
static struct outcome outcome_of(const struct sweep_data *d, struct pair k, size_t axis, uint32_t value)
{
	struct outcome o = { .n = 0 };

	for (size_t i = 0; i < d->n_place; i++) {
		const struct sweep_point *p = sweep_find(d, k.config, i), *base = sweep_find(d, k.base, i);

		if (p == NULL || base == NULL || !p->phases || !base->phases)
			continue;
		if (axis == SWEEP_NONE || p->at[axis] == value)
			take(&o, p, base);
	}
	return o;
}

/* The point of the plan that first has a configuration. */
static const struct sweep_point *first_of(const struct sweep_data *d, size_t config)
{
	size_t i = 0;

	while (d->p[i].config != config)
		i++;
	return &d->p[i];
}

/* Do two configurations differ in exactly one compared axis, and that by its policy? */
static bool one_policy_apart(const struct sweep_data *d, size_t a, size_t b)
{
	const struct sweep_point *p = first_of(d, a), *q = first_of(d, b);
	size_t n = 0;

	for (size_t i = 0; i < d->n_axis; i++) {
		if (!d->compared[i] || p->at[i] == q->at[i])
			continue;
		if (strncmp(store_axis_at(d->s, i)->name, "policy.", 7) != 0)
			return false;
		n++;
	}
	return n == 1;
}

/* Which of two defers: moves less at each exit, and more at each load. */
static bool defers(const struct sweep_data *d, size_t config, size_t base)
{
	struct outcome o = outcome_of(d, (struct pair){ config, base }, SWEEP_NONE, 0);

	return o.deferring * 2 > o.n;
}

/* --- curves: the change of cycles over the loads per exit ------------------------------------- */

struct curve_point {
	int64_t loads, change;
	size_t place;
};

/* Where the curves of a pair, one a machine, cross 0. */
struct crossings {
	size_t n;
	int64_t low, high; /* loads per exit, thousandths */
	bool below;	   /* each begins below 0, and ends above it if it crosses */
};

typedef void crossing_fn(void *ctx, int64_t loads);

static int by_loads(const void *a, const void *b)
{
	const struct curve_point *p = a, *q = b;

	if (p->loads != q->loads)
		return p->loads < q->loads ? -1 : 1;
	return (p->place > q->place) - (p->place < q->place);
}

/* The points of a curve: by loads per exit, the first place of those with the same; 0 is not on a logarithmic axis. */
static size_t curve_of(const struct sweep_data *d, struct pair k, size_t axis, uint32_t value, struct curve_point *c)
{
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < d->n_place; i++) {
		const struct sweep_point *p = sweep_find(d, k.config, i), *base = sweep_find(d, k.base, i);

		if (p == NULL || base == NULL || !p->phases || !base->phases || p->loads <= 0)
			continue;
		if (axis == SWEEP_NONE || p->at[axis] == value)
			c[n++] = (struct curve_point){ p->loads, change(p, base), i };
	}
	qsort(c, n, sizeof(*c), by_loads);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || c[kept - 1].loads != c[i].loads)
			c[kept++] = c[i];
	return kept;
}

/* Each crossing of one curve: on the straight line between two points. Points at 0 are no side. */
static void cross_curve(const struct curve_point *c, size_t n, struct crossings *x, crossing_fn *f, void *ctx)
{
	const struct curve_point *from = NULL, *first = NULL;
	size_t before = x->n;

	for (size_t i = 0; i < n; i++) {
		int64_t at;

		if (c[i].change == 0)
			continue;
		if (from != NULL && (from->change < 0) != (c[i].change < 0)) {
			bool touches = from + 1 != &c[i]; /* then it is 0 in between: from there on */
			const struct curve_point *p = touches ? from + 1 : from;
			long double share = (long double)p->change / (long double)(p->change - c[i].change);

			at = touches ? p->loads : log_between(p->loads, c[i].loads, share);
			x->low = x->n == 0 || at < x->low ? at : x->low;
			x->high = x->n == 0 || at > x->high ? at : x->high;
			x->n++;
			if (f != NULL)
				f(ctx, at);
		}
		first = first != NULL ? first : &c[i];
		from = &c[i];
	}
	if (first != NULL && (first->change > 0 || (x->n != before && from->change < 0)))
		x->below = false;
}

/* Of the curve of one value of an axis, or of all curves (SWEEP_NONE). */
static struct crossings crossings_of(const struct sweep_data *d, struct pair k, uint32_t value, crossing_fn *f, void *ctx)
{
	struct curve_point *c = xcalloc(d->n_place + 1, sizeof(*c));
	size_t axis = sweep_axis(d, "machine");
	uint32_t curves = axis != SWEEP_NONE ? (uint32_t)store_axis_at(d->s, axis)->n : 1;
	struct crossings x = { .n = 0 };
	bool below = true;

	for (uint32_t v = 0; v < curves; v++) {
		struct crossings one = x;

		if (value != UINT32_MAX && v != value)
			continue;
		one.below = true;
		cross_curve(c, curve_of(d, k, axis, v, c), &one, f, ctx);
		below = below && one.below;
		x = one;
	}
	x.below = below && x.n != 0;
	free(c);
	return x;
}

/* All against the first, and policies of one model against each other. */
static size_t pairs_of(const struct sweep_data *d, struct pair *k)
{
	size_t n = 0;

	for (size_t c = 1; c < d->n_config && n < PAIRS_MAX; c++)
		k[n++] = (struct pair){ c, 0 };
	for (size_t a = 1; a < d->n_config; a++)
		for (size_t b = a + 1; b < d->n_config && n < PAIRS_MAX; b++)
			if (one_policy_apart(d, a, b))
				k[n++] = defers(d, a, b) ? (struct pair){ a, b } : (struct pair){ b, a };
	return n;
}

/* --- tables ----------------------------------------------------------------------------------- */

static void crossover_row(const struct sweep_data *d, struct rep_table *t, struct pair k, size_t axis, uint32_t value)
{
	struct outcome o = outcome_of(d, k, axis, value);
	struct crossings x = crossings_of(d, k, value, NULL, NULL);

	if (o.n == 0)
		return;
	rep_str(t, d->config[k.config]);
	rep_str(t, d->config[k.base]);
	if (axis != SWEEP_NONE)
		rep_str(t, store_axis_at(d->s, axis)->label[value]);
	if (x.n != 0) {
		rep_fix(t, x.low);
		rep_fix(t, x.high);
	} else {
		rep_none(t);
		rep_none(t);
	}
	rep_u64(t, o.cheaper);
	rep_u64(t, o.n);
	rep_fix(t, o.best);
	rep_fix(t, o.worst);
}

static void crossover_table(const struct sweep_data *d, const struct pair *k, size_t n, struct rep *r)
{
	size_t axis = sweep_axis(d, "machine"), cols = 0;
	struct rep_col c[9];
	struct rep_table *t;

	c[cols++] = (struct rep_col){ .key = "configuration", .type = REP_STR };
	c[cols++] = (struct rep_col){ .key = "against", .type = REP_STR };
	if (axis != SWEEP_NONE)
		c[cols++] = (struct rep_col){ .key = "machine", .type = REP_STR };
	c[cols++] = (struct rep_col){ .key = "low", .title = "equal at", .type = REP_FIX, .unit = "loads/exit", .decimals = 2 };
	c[cols++] = (struct rep_col){ .key = "high", .title = "to", .type = REP_FIX, .unit = "loads/exit", .decimals = 2 };
	c[cols++] = (struct rep_col){ .key = "cheaper", .title = "cheaper at", .type = REP_U64, .unit = "points" };
	c[cols++] = (struct rep_col){ .key = "of", .type = REP_U64, .unit = "points" };
	c[cols++] = (struct rep_col){ .key = "best", .title = "cycles, best", .type = REP_FIX, .unit = "%", .decimals = 1 };
	c[cols++] = (struct rep_col){ .key = "worst", .title = "cycles, worst", .type = REP_FIX, .unit = "%", .decimals = 1 };
	t = rep_table(r, "crossovers", "Crossovers: when a configuration needs fewer cycles per exit than another", c, cols);
	for (size_t i = 0; i < n; i++)
		for (uint32_t v = 0; v < (axis != SWEEP_NONE ? store_axis_at(d->s, axis)->n : 1); v++)
			crossover_row(d, t, k[i], axis, v);
}

static void pair_name(const struct sweep_data *d, struct pair k, struct str *b)
{
	str_reset(b);
	str_add(b, d->config[k.config]);
	if (k.base != 0)
		str_addf(b, " against %s", d->config[k.base]);
}

struct marking {
	const struct sweep_data *d;
	struct rep_table *t;
	const char *pair;
	size_t axis;
	uint32_t value;
};

static void mark(void *ctx, int64_t loads)
{
	const struct marking *m = ctx;
	char text[32];

	if (m->axis != SWEEP_NONE)
		rep_str(m->t, store_axis_at(m->d->s, m->axis)->label[m->value]);
	rep_fix(m->t, loads);
	rep_strf(m->t, "%s: %s", m->pair, fixed(loads, 2, text));
}

/* Points on the axis of the savings' chart. */
static void mark_table(const struct sweep_data *d, const struct pair *k, size_t n, struct rep *r)
{
	size_t axis = sweep_axis(d, "machine"), cols = 0;
	struct rep_col c[3];
	struct rep_table *t;
	struct str name = STR_INIT;

	if (axis != SWEEP_NONE)
		c[cols++] = (struct rep_col){ .key = "machine", .type = REP_STR };
	c[cols++] = (struct rep_col){ .key = "loads_per_exit", .title = "loads per exit", .type = REP_FIX, .decimals = 3 };
	c[cols++] = (struct rep_col){ .key = "label", .type = REP_STR };
	t = rep_table(r, "crossover_marks", "Crossovers as marked in the chart", c, cols);
	rep_detail(t);
	for (size_t i = 0; i < n; i++) {
		for (uint32_t v = 0; v < (axis != SWEEP_NONE ? store_axis_at(d->s, axis)->n : 1); v++) {
			pair_name(d, k[i], &name);
			(void)crossings_of(d, k[i], v, mark, &(struct marking){ d, t, str_get(&name), axis, v });
		}
	}
	str_free(&name);
}

static void place_text(const struct sweep_data *d, const struct sweep_point *p, size_t without, size_t nor, struct str *b)
{
	str_reset(b);
	for (size_t i = 0; i < d->n_axis; i++)
		if (sweep_is_place(d, i) && i != without && i != nor)
			str_addf(b, "%s%s", b->len != 0 ? ", " : "", sweep_label(d, p, i));
}

static void saving_table(const struct sweep_data *d, const struct pair *k, size_t n, struct rep *r)
{
	size_t axis = sweep_axis(d, "machine"), cols = 0;
	struct rep_col c[7];
	struct rep_table *t;
	struct str name = STR_INIT, place = STR_INIT, title = STR_INIT;

	c[cols++] = (struct rep_col){ .key = "pair", .title = "configuration", .type = REP_STR };
	if (axis != SWEEP_NONE)
		c[cols++] = (struct rep_col){ .key = "machine", .type = REP_STR };
	c[cols++] = (struct rep_col){ .key = "place", .title = "point", .type = REP_STR };
	c[cols++] = (struct rep_col){ .key = "line", .title = "drawn as one line", .type = REP_STR };
	c[cols++] = (struct rep_col){ .key = "loads_per_exit", .title = "loads per exit", .type = REP_FIX, .decimals = 3 };
	c[cols++] = (struct rep_col){ .key = "change", .title = "cycles per exit", .type = REP_FIX, .unit = "% change", .decimals = 1 };
	t = rep_table(r, "savings", "What a configuration changes, over the loads per exit", c, cols);
	rep_detail(t);
	for (size_t i = 0; i < n; i++) {
		pair_name(d, k[i], &name);
		for (size_t at = 0; at < d->n_place; at++) {
			const struct sweep_point *p = sweep_find(d, k[i].config, at), *base = sweep_find(d, k[i].base, at);

			if (p == NULL || base == NULL || !p->phases || !base->phases)
				continue;
			place_text(d, p, axis, SWEEP_NONE, &place);
			rep_str(t, str_get(&name));
			if (axis != SWEEP_NONE)
				rep_str(t, sweep_label(d, p, axis));
			rep_str(t, str_get(&place));
			place_text(d, p, axis, d->x, &place); /* without an axis of numbers each point is alone */
			rep_str(t, str_get(&place));
			rep_fix(t, p->loads);
			rep_fix(t, change(p, base));
		}
	}
	str_addf(&title, "Cycles per exit against %s: below 0 it pays", d->config[0]);
	rep_chart(t, &(struct rep_chart){ .kind = REP_LINES, .title = str_get(&title),
					  .x = "loads_per_exit", .y = "change", .series = "pair",
					  .choose = axis != SWEEP_NONE ? "machine" : "", .split = "line", .marks = "crossover_marks",
					  .log_x = true, .lead = true });
	str_free(&name);
	str_free(&place);
	str_free(&title);
}

/* --- sentences -------------------------------------------------------------------------------- */

static void verdict(const struct sweep_data *d, struct pair k, const struct outcome *o, struct rep *r)
{
	const char *name = d->config[k.config], *base = d->config[k.base];
	const struct crossings x = crossings_of(d, k, UINT32_MAX, NULL, NULL);
	char low[32], high[32], best[32], at[32], worst[32], worst_at[32];

	fixed(x.low, 2, low);
	fixed(x.high, 2, high);
	fixed(o->best, 1, best);
	fixed(o->best_at, 2, at);
	fixed(o->worst, 1, worst);
	fixed(o->worst_at, 2, worst_at);
	if (o->deferring * 2 > o->n && x.below)
		rep_verdict(r, "deferring pays below %s%s%s vcpu_loads per exit: %s needs %s %% fewer cycles per exit than %s "
			       "at %s loads per exit, and %s%s at %s", low, strcmp(low, high) != 0 ? " to " : "",
			    strcmp(low, high) != 0 ? high : "", name, best, base, at, o->worst == 0 ? "as many" : worst,
			    o->worst == 0 ? "" : o->worst < 0 ? " % fewer" : " % more", worst_at);
	else if (o->cheaper == 0)
		rep_verdict(r, "%s pays against %s at none of %zu point%s: %s %% to %s %% more cycles per exit", name, base, o->n,
			    o->n == 1 ? "" : "s", best, worst);
	else if (o->cheaper == o->n)
		rep_verdict(r, "%s pays against %s at each of %zu point%s: %s %% to %s %% fewer cycles per exit", name, base, o->n,
			    o->n == 1 ? "" : "s", worst, best);
	else
		rep_verdict(r, "%s against %s: fewer cycles per exit at %zu of %zu points, %s %% %s at best and %s %% %s at worst",
			    name, base, o->cheaper, o->n, best, o->best < 0 ? "fewer" : "more", worst,
			    o->worst < 0 ? "fewer" : "more");
}

/* What pays here and not there is the answer; of several the one that saves most comes first. */
static int rank(const struct outcome *o)
{
	return o->deferring * 2 > o->n && o->cheaper != 0 && o->cheaper != o->n ? 0 : o->cheaper != 0 ? 1 : 2;
}

static void verdicts(const struct sweep_data *d, const struct pair *k, size_t n, struct rep *r)
{
	struct outcome o[PAIRS_MAX];
	bool said[PAIRS_MAX] = { false };

	for (size_t i = 0; i < n; i++)
		o[i] = outcome_of(d, k[i], SWEEP_NONE, 0);
	for (size_t round = 0; round < n; round++) {
		size_t next = n;

		for (size_t i = 0; i < n; i++) {
			if (said[i] || o[i].n == 0)
				continue;
			if (next == n || rank(&o[i]) < rank(&o[next]) ||
			    (rank(&o[i]) == rank(&o[next]) && o[i].best < o[next].best))
				next = i;
		}
		if (next == n)
			return;
		said[next] = true;
		verdict(d, k[next], &o[next], r);
	}
}

/* Is what an exit costs one of the headline numbers? Else who pays below what is not what was asked. */
static bool asks_cycles(const struct sweep_data *d)
{
	for (size_t h = 0; h < d->n_headline; h++)
		if (strcmp(d->headline[h], SWEEP_EXIT_CYCLES) == 0)
			return true;
	return false;
}

void sweep_crossovers(const struct sweep_data *d, struct rep *r)
{
	struct pair k[PAIRS_MAX];
	size_t n;

	if (!d->phases || d->n_config < 2)
		return;
	n = pairs_of(d, k);
	saving_table(d, k, n, r);
	crossover_table(d, k, n, r);
	mark_table(d, k, n, r);
	if (asks_cycles(d))
		verdicts(d, k, n, r);
	rep_note(r, "loads per exit at which a configuration costs as much as the other: interpolated between two points that are "
		    "neighbours in loads per exit, of whatever workload, where the change of modelled cycles per exit, all phases, "
		    "passes 0; the range is that of all such places");
}

/* --- on an axis ------------------------------------------------------------------------------- */

struct crossing_table {
	const struct sweep_data *d;
	struct rep *r;
	struct rep_table *t;
};

static struct rep_table *crossing_table(const struct sweep_data *d, struct rep *r)
{
	struct rep_col c[24];
	size_t n = 0;
	struct rep_table *t;

	for (size_t i = 0; i < d->n_axis && n < 18; i++)
		if (sweep_is_place(d, i) && i != d->x)
			c[n++] = (struct rep_col){ .key = store_axis_at(d->s, i)->name, .type = REP_STR };
	c[n++] = (struct rep_col){ .key = "configuration", .type = REP_STR };
	c[n++] = (struct rep_col){ .key = "against", .type = REP_STR };
	c[n++] = (struct rep_col){ .key = store_axis_at(d->s, d->x)->name, .title = "crosses near", .type = REP_FIX, .decimals = 1 };
	c[n++] = (struct rep_col){ .key = "then", .title = "above it", .type = REP_STR };
	c[n++] = (struct rep_col){ .key = "label", .title = "as marked", .type = REP_STR };
	t = rep_table(r, SWEEP_AXIS_CROSSINGS, "Crossovers between two values of the axis, on the line that is drawn", c, n);
	return t;
}

static void crossing_row(struct crossing_table *c, const struct sweep_point *p, size_t config, int64_t x, bool dearer)
{
	const struct sweep_data *d = c->d;
	size_t n = 0;
	char text[32];

	if (c->t == NULL)
		c->t = crossing_table(d, c->r);
	for (size_t i = 0; i < d->n_axis && n < 18; i++) {
		if (!sweep_is_place(d, i) || i == d->x)
			continue;
		rep_str(c->t, sweep_label(d, p, i));
		n++;
	}
	rep_str(c->t, d->config[config]);
	rep_str(c->t, d->config[0]);
	rep_fix(c->t, x);
	rep_str(c->t, dearer ? "more" : "fewer");
	rep_strf(c->t, "%s: %s", d->config[config], fixed(x, 1, text));
}

/* Between two values of the axis, where the line between them is at a share: of a logarithm on a logarithmic axis. */
static int64_t between(const struct sweep_data *d, int64_t x0, int64_t x1, long double share)
{
	if (sweep_log_x(d) && x0 > 0 && x1 > 0)
		return log_between(x0, x1, share);
	return x0 + (int64_t)((long double)(x1 - x0) * share);
}

/* The place that is like this one, but one value further on the axis; SWEEP_NONE if there is none. */
static size_t next_place(const struct sweep_data *d, size_t place)
{
	const struct sweep_point *p = &d->p[d->place[place]];

	for (size_t i = 0; i < d->n_place; i++) {
		const struct sweep_point *q = &d->p[d->place[i]];
		bool same = q->at[d->x] == p->at[d->x] + 1;

		for (size_t a = 0; same && a < d->n_axis; a++)
			same = a == d->x || !sweep_is_place(d, a) || p->at[a] == q->at[a];
		if (same)
			return i;
	}
	return SWEEP_NONE;
}

static void crossings_between(struct crossing_table *c, size_t from, size_t to)
{
	const struct sweep_data *d = c->d;
	const struct sweep_point *b0 = sweep_find(d, 0, from), *b1 = sweep_find(d, 0, to);
	int64_t x0, x1;

	for (size_t k = 1; k < d->n_config; k++) {
		const struct sweep_point *p0 = sweep_find(d, k, from), *p1 = sweep_find(d, k, to);
		int64_t d0, d1;

		if (b0 == NULL || b1 == NULL || p0 == NULL || p1 == NULL || !b0->known[0] || !b1->known[0] || !p0->known[0] ||
		    !p1->known[0] || !sweep_number(sweep_label(d, p0, d->x), &x0) || !sweep_number(sweep_label(d, p1, d->x), &x1))
			continue;
		d0 = p0->v[0] - b0->v[0];
		d1 = p1->v[0] - b1->v[0];
		if (d0 == 0 || d1 == 0 || (d0 < 0) == (d1 < 0))
			continue;
		crossing_row(c, p0, k, between(d, x0, x1, (long double)d0 / (long double)(d0 - d1)), d1 > 0);
	}
}

void sweep_axis_crossings(const struct sweep_data *d, struct rep *r)
{
	struct crossing_table c = { d, r, NULL };

	if (d->x == SWEEP_NONE || d->n_headline == 0 || d->n_config < 2)
		return;
	for (size_t i = 0; i < d->n_place; i++) {
		size_t next = next_place(d, i);

		if (next != SWEEP_NONE)
			crossings_between(&c, i, next);
	}
}
