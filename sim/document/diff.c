/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/document/diff_impl.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/document/rep_doc.h"

bool diff_percent(const char *text, int64_t *milli)
{
	int64_t v = 0, digits = 0;
	int decimals = -1;

	for (; isdigit((unsigned char)*text) || (*text == '.' && decimals < 0); text++) {
		if (*text == '.') {
			decimals = 0;
			continue;
		}
		if (v > 100000000 || decimals == 3)
			return false;
		v = v * 10 + (*text - '0');
		digits++;
		decimals += decimals >= 0;
	}
	for (decimals = decimals < 0 ? 0 : decimals; decimals < 3; decimals++)
		v *= 10;
	text += strspn(text, " ");
	text += *text == '%';
	*milli = v;
	return digits != 0 && *text == '\0' && v <= 1000000000;
}

/* ---- one metric ---- */

static i128 value_of(const struct metric *m)
{
	return m->type == REP_U64 ? (i128)m->u * 1000 : m->type == REP_FIX ? m->i : (i128)m->i * 1000;
}

i128 diff_size(i128 v)
{
	return v < 0 ? -v : v;
}

/* |b - a| / |a| of two changes in order: what was nothing before is larger than every share. */
static int by_size(const void *x, const void *y)
{
	const struct change *p = x, *q = y;
	i128 dp = diff_size(p->b - p->a), dq = diff_size(q->b - q->a), ap = diff_size(p->a), aq = diff_size(q->a);
	long double rp, rq;

	if ((ap == 0) != (aq == 0))
		return ap == 0 ? -1 : 1;
	rp = ap != 0 ? (long double)dp / (long double)ap : 0;
	rq = aq != 0 ? (long double)dq / (long double)aq : 0;
	if (rp != rq)
		return rp > rq ? -1 : 1;
	if (dp != dq)
		return dp > dq ? -1 : 1;
	if (strcmp(p->metric, q->metric) != 0)
		return strcmp(p->metric, q->metric);
	return strcmp(p->point, q->point);
}

static int by_failure(const void *x, const void *y)
{
	const struct change *p = x, *q = y;

	if ((p->failed != NULL) != (q->failed != NULL))
		return p->failed != NULL ? -1 : 1;
	return by_size(x, y);
}

/* The limit for a metric, NULL if none is. */
static struct diff_limit *limit_of(const struct diff *d, const char *name)
{
	const struct diff_options *o = d->o;

	for (size_t i = 0; i < o->n_limit; i++) {
		if (!metric_fits(o->limit[i].pattern, name))
			continue;
		if (i + 1 == o->n_limit && o->gated_only && !metric_rule_of(name)->gated)
			continue;
		return &o->limit[i];
	}
	return NULL;
}

/* A metric of the baseline that is gone cannot be shown to have kept its limit. */
static bool exceeds(const struct diff_limit *l, const struct change *c)
{
	if (l->milli_percent < 0)
		return false;
	if (c->in_a && !c->in_b)
		return true;
	if (!c->in_a || (!l->both && !c->dearer))
		return false;
	return diff_size(c->b - c->a) * 100000 > diff_size(c->a) * l->milli_percent;
}

/* ---- groups ---- */

static struct group *group_of(struct diff *d, const char *metric)
{
	struct metric_parts p = metric_parts(metric);
	struct group *g;

	for (size_t i = 0; i < d->n_group; i++) {
		g = &d->group[i];
		if (strlen(g->name) == (size_t)p.table_len && strncmp(g->name, p.table, (size_t)p.table_len) == 0)
			return g;
	}
	d->group = xrealloc(d->group, (d->n_group + 1) * sizeof(*d->group));
	g = &d->group[d->n_group++];
	*g = (struct group){ .name = strndup(p.table, (size_t)p.table_len) };
	BUG_ON(g->name == NULL);
	return g;
}

static void free_change(struct change *c)
{
	free(c->metric);
	free(c->unit);
	free(c->point);
}

/* What counts may be four times as many. */
static uint64_t most(const struct diff *d, const struct group *g)
{
	return g == &d->head ? d->o->top * 4 : d->o->top;
}

/* The largest in front, and no more than wanted. */
void diff_prune(const struct diff *d, struct group *g)
{
	if (g->n != 0)
		qsort(g->c, g->n, sizeof(*g->c), g == &d->head ? by_failure : by_size);
	while (d->o->top != 0 && g->n > most(d, g))
		free_change(&g->c[--g->n]);
}

static void keep(struct diff *d, struct group *g, const struct change *c)
{
	if (g->n == g->cap) {
		diff_prune(d, g);
		if (g->n * 2 >= g->cap)
			g->cap = g->cap * 2 + 64;
		g->c = xrealloc(g->c, g->cap * sizeof(*g->c));
	}
	g->c[g->n] = *c;
	g->c[g->n].metric = xstrdup(c->metric);
	g->c[g->n].unit = xstrdup(c->unit);
	g->c[g->n++].point = xstrdup(c->point);
}

static void remember_worst(struct diff *d, const struct change *c, bool marked)
{
	if (!c->dearer || !c->in_a || !c->in_b || c->a == 0 || (d->worst_marked && !marked))
		return;
	if (d->any_worst && d->worst_marked == marked && by_size(c, &d->worst) >= 0)
		return;
	if (d->any_worst)
		free_change(&d->worst);
	d->worst = *c;
	d->worst.metric = xstrdup(c->metric);
	d->worst.unit = xstrdup(c->unit);
	d->worst.point = xstrdup(c->point);
	d->any_worst = true;
	d->worst_marked = marked;
}

static struct change_band band_of(const struct metric *m)
{
	return m != NULL ? (struct change_band){ m->band, m->low, m->high } : (struct change_band){ .known = false };
}

/* Clocks of both sides, Hz; 0: not known. */
struct clocks {
	uint64_t a, b;
};

static void compare(struct diff *d, const char *point, const struct clocks *hz, const struct metric *a, const struct metric *b)
{
	const struct metric *m = a != NULL ? a : b;
	const struct metric_rule *rule = metric_rule_of(m->name);
	struct group *g = group_of(d, m->name);
	struct diff_limit *l = limit_of(d, m->name);
	struct change c = { .metric = m->name, .unit = m->unit, .point = (char *)point, .in_a = a != NULL,
			    .in_b = b != NULL, .a = a != NULL ? value_of(a) : 0, .b = b != NULL ? value_of(b) : 0,
			    .better = rule->better, .band_a = band_of(a), .band_b = band_of(b) };

	g->metrics++;
	if (l != NULL)
		l->fits++;
	if (a != NULL && b != NULL && c.a == c.b)
		return;
	c.timed = a != NULL && b != NULL && hz->a != 0 && hz->b != 0 && strcmp(m->unit, "cycles") == 0;
	if (c.timed)
		c.ns = c.b * 1000000000 / hz->b - c.a * 1000000000 / hz->a;
	c.dearer = (c.better == METRIC_LESS && c.b > c.a) || (c.better == METRIC_MORE && c.b < c.a);
	c.cheaper = (c.better == METRIC_LESS && c.b < c.a) || (c.better == METRIC_MORE && c.b > c.a);
	if (l != NULL && exceeds(l, &c))
		c.failed = l;
	g->changed++;
	g->dearer += c.dearer;
	g->cheaper += c.cheaper;
	g->failed += c.failed != NULL;
	remember_worst(d, &c, rule->gated);
	keep(d, g, &c);
	if (rule->gated || c.failed != NULL) {
		d->head.changed++;
		keep(d, &d->head, &c);
	}
}

/* ---- two reports ---- */

static int by_name(const void *x, const void *y)
{
	const struct metric *const *p = x, *const *q = y;

	return strcmp((*p)->name, (*q)->name);
}

static const struct metric **sorted(const struct metrics *m)
{
	const struct metric **list = xcalloc(m->n + 1, sizeof(*list));

	for (size_t i = 0; i < m->n; i++)
		list[i] = &m->m[i];
	qsort(list, m->n, sizeof(*list), by_name);
	return list;
}

/* Groups in the order of the reports. */
static void name_groups(struct diff *d, const struct metrics *m)
{
	for (size_t i = 0; i < m->n; i++)
		(void)group_of(d, m->m[i].name);
}

static uint64_t clock_of(const struct metrics *m)
{
	for (size_t i = 0; i < m->n; i++) {
		if (strcmp(m->m[i].name, "facts/clock_hz") == 0 && m->m[i].type == REP_U64)
			return m->m[i].u;
	}
	return 0;
}

static void carry(struct diff *d, const char *text, bool in_first)
{
	for (size_t i = 0; i < d->n_carried; i++) {
		if (d->carried[i].in_first == in_first && strcmp(d->carried[i].text, text) == 0) {
			d->carried[i].reports++;
			return;
		}
	}
	if (d->n_carried == DIFF_CARRIED_MAX)
		d->not_carried++;
	else
		d->carried[d->n_carried++] = (struct carried){ xstrdup(text), in_first, 1 };
}

static void carry_alarms(struct diff *d, const struct rep *r, bool in_first)
{
	for (size_t i = 0; i < r->alarms.n; i++)
		carry(d, r->alarms.line[i], in_first);
}

void diff_add(struct diff *d, const char *point, const struct rep *a, const struct rep *b)
{
	const struct metric **la, **lb;
	struct metrics ma, mb;
	struct clocks hz;
	size_t i = 0, k = 0;

	metrics_of(a, &ma);
	metrics_of(b, &mb);
	name_groups(d, &ma);
	name_groups(d, &mb);
	hz = (struct clocks){ clock_of(&ma), clock_of(&mb) };
	la = sorted(&ma);
	lb = sorted(&mb);
	while (i < ma.n || k < mb.n) {
		int order = i == ma.n ? 1 : k == mb.n ? -1 : strcmp(la[i]->name, lb[k]->name);

		compare(d, point, &hz, order <= 0 ? la[i] : NULL, order >= 0 ? lb[k] : NULL);
		i += order <= 0;
		k += order >= 0;
	}
	d->points++;
	carry_alarms(d, a, true);
	carry_alarms(d, b, false);
	free(la);
	free(lb);
	metrics_free(&ma);
	metrics_free(&mb);
}

void diff_add_lonely(struct diff *d, const char *point, bool in_first, const char *why)
{
	d->lonely = xrealloc(d->lonely, (d->n_lonely + 1) * sizeof(*d->lonely));
	d->lonely[d->n_lonely].point = xstrdup(point);
	d->lonely[d->n_lonely].why = xstrdup(why);
	d->lonely[d->n_lonely++].in_first = in_first;
}

/* ---- what came out ---- */

struct diff *diff_new(const struct diff_options *o)
{
	struct diff *d = xcalloc(1, sizeof(*d));

	d->o = o;
	return d;
}

void diff_free(struct diff *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i <= d->n_group; i++) {
		struct group *g = i < d->n_group ? &d->group[i] : &d->head;

		for (size_t k = 0; k < g->n; k++)
			free_change(&g->c[k]);
		free(g->c);
		free(g->name);
	}
	for (size_t i = 0; i < d->n_lonely; i++) {
		free(d->lonely[i].point);
		free(d->lonely[i].why);
	}
	if (d->any_worst)
		free_change(&d->worst);
	for (size_t i = 0; i < d->n_carried; i++)
		free(d->carried[i].text);
	free(d->lonely);
	free(d->group);
	free(d);
}

struct group diff_sum(const struct diff *d)
{
	struct group s = { 0 };

	for (size_t i = 0; i < d->n_group; i++) {
		s.metrics += d->group[i].metrics;
		s.changed += d->group[i].changed;
		s.dearer += d->group[i].dearer;
		s.cheaper += d->group[i].cheaper;
		s.failed += d->group[i].failed;
		s.n += d->group[i].n;
	}
	return s;
}

/* Points of the baseline without a result to hold against it: nothing shows that they kept their limits. */
uint64_t diff_lost_points(const struct diff *d)
{
	uint64_t n = 0;

	for (size_t i = 0; d->o->n_limit != 0 && i < d->n_lonely; i++)
		n += d->lonely[i].in_first;
	return n;
}

uint64_t diff_failed(const struct diff *d)
{
	return diff_sum(d).failed + diff_lost_points(d);
}

const char *diff_worst_point(const struct diff *d)
{
	return d->any_worst ? d->worst.point : "";
}
