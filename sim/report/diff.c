/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/report/diff.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/report/rep_doc.h"

__extension__ typedef __int128 i128;

/* Thousandths; a missing value counts as no number. */
struct change {
	char *metric, *unit, *point;
	bool in_a, in_b;
	i128 a, b;
	enum metric_better better;
	bool dearer, cheaper;
	const struct diff_limit *failed; /* NULL: passed, or not looked at */
};

/* A table of the reports. */
struct group {
	char *name;
	uint64_t metrics, changed, dearer, cheaper, failed;
	struct change *c; /* the largest; not in order */
	size_t n, cap;
};

struct diff {
	const struct diff_options *o;
	struct group head; /* what is marked for gates, and what is over a limit */
	struct group *group;
	size_t n_group;
	uint64_t points;
	struct lonely {
		char *point, *why;
		bool in_first;
	} *lonely;
	size_t n_lonely;
	struct change worst; /* the dearest; of those marked for gates if one of them got dearer */
	bool any_worst, worst_marked;
};

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

static i128 size_of(i128 v)
{
	return v < 0 ? -v : v;
}

/* |b - a| / |a| of two changes in order: what was nothing before is larger than every share. */
static int by_size(const void *x, const void *y)
{
	const struct change *p = x, *q = y;
	i128 dp = size_of(p->b - p->a), dq = size_of(q->b - q->a), ap = size_of(p->a), aq = size_of(q->a);
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
	return size_of(c->b - c->a) * 100000 > size_of(c->a) * l->milli_percent;
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
static void prune(const struct diff *d, struct group *g)
{
	if (g->n != 0)
		qsort(g->c, g->n, sizeof(*g->c), g == &d->head ? by_failure : by_size);
	while (d->o->top != 0 && g->n > most(d, g))
		free_change(&g->c[--g->n]);
}

static void keep(struct diff *d, struct group *g, const struct change *c)
{
	if (g->n == g->cap) {
		prune(d, g);
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

static void compare(struct diff *d, const char *point, const struct metric *a, const struct metric *b)
{
	const struct metric *m = a != NULL ? a : b;
	const struct metric_rule *rule = metric_rule_of(m->name);
	struct group *g = group_of(d, m->name);
	struct diff_limit *l = limit_of(d, m->name);
	struct change c = { .metric = m->name, .unit = m->unit, .point = (char *)point, .in_a = a != NULL,
			    .in_b = b != NULL, .a = a != NULL ? value_of(a) : 0, .b = b != NULL ? value_of(b) : 0,
			    .better = rule->better };

	g->metrics++;
	if (l != NULL)
		l->fits++;
	if (a != NULL && b != NULL && c.a == c.b)
		return;
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

void diff_add(struct diff *d, const char *point, const struct rep *a, const struct rep *b)
{
	const struct metric **la, **lb;
	struct metrics ma, mb;
	size_t i = 0, k = 0;

	metrics_of(a, &ma);
	metrics_of(b, &mb);
	name_groups(d, &ma);
	name_groups(d, &mb);
	la = sorted(&ma);
	lb = sorted(&mb);
	while (i < ma.n || k < mb.n) {
		int order = i == ma.n ? 1 : k == mb.n ? -1 : strcmp(la[i]->name, lb[k]->name);

		compare(d, point, order <= 0 ? la[i] : NULL, order >= 0 ? lb[k] : NULL);
		i += order <= 0;
		k += order >= 0;
	}
	d->points++;
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
	free(d->lonely);
	free(d->group);
	free(d);
}

static struct group sum_of(const struct diff *d)
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
static uint64_t lost_points(const struct diff *d)
{
	uint64_t n = 0;

	for (size_t i = 0; d->o->n_limit != 0 && i < d->n_lonely; i++)
		n += d->lonely[i].in_first;
	return n;
}

uint64_t diff_failed(const struct diff *d)
{
	return sum_of(d).failed + lost_points(d);
}

uint64_t diff_changed(const struct diff *d)
{
	return sum_of(d).changed + d->n_lonely;
}

const char *diff_worst_point(const struct diff *d)
{
	return d->any_worst ? d->worst.point : "";
}

/* ---- as tables ---- */

static void number(struct rep_table *t, i128 v)
{
	if (v > INT64_MAX || v < -(i128)INT64_MAX)
		rep_none(t);
	else
		rep_fix(t, (int64_t)v);
}

/* Change in percent, rounded towards 0; none from nothing. */
static void percent(struct rep_table *t, const struct change *c)
{
	if (!c->in_a || !c->in_b || c->a == 0)
		rep_none(t);
	else
		number(t, (c->b - c->a) * 100000 / size_of(c->a));
}

static const char *meaning(const struct change *c)
{
	if (!c->in_b)
		return "only first";
	if (!c->in_a)
		return "only second";
	return c->dearer ? "dearer" : c->cheaper ? "cheaper" : "";
}

static void group_table(struct diff *d, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ .key = "group", .type = REP_STR },
		{ .key = "metrics", .type = REP_U64 },
		{ .key = "changed", .type = REP_U64, .sparse = true },
		{ .key = "dearer", .type = REP_U64, .sparse = true },
		{ .key = "cheaper", .type = REP_U64, .sparse = true },
		{ .key = "failed", .title = "over the limit", .type = REP_U64, .sparse = true },
		{ .key = "largest", .title = "largest change", .type = REP_STR },
		{ .key = "percent", .title = "change", .type = REP_FIX, .unit = "%", .decimals = 2 },
	};
	struct rep_table *t = rep_table(r, "groups", "Which tables of the report changed", cols, 8);

	for (size_t i = 0; i < d->n_group; i++) {
		struct group *g = &d->group[i];

		if (g->changed == 0)
			continue;
		prune(d, g);
		rep_str(t, g->name);
		rep_u64(t, g->metrics);
		rep_u64(t, g->changed);
		rep_u64(t, g->dearer);
		rep_u64(t, g->cheaper);
		rep_u64(t, g->failed);
		rep_str(t, g->c[0].metric + strlen(g->name) + 1);
		percent(t, &g->c[0]);
	}
}

static void limit_text(struct rep_table *t, const struct diff_limit *l)
{
	struct str b = STR_INIT;

	rep_exact_add(&b, l->milli_percent);
	rep_strf(t, "> %s %%", str_get(&b));
	str_free(&b);
}

static void change_row(struct rep_table *t, const struct change *c, bool points)
{
	struct metric_parts p = metric_parts(c->metric);

	if (points)
		rep_str(t, c->point);
	rep_strf(t, "%.*s", p.table_len, p.table);
	rep_str(t, p.row);
	rep_str(t, c->unit);
	if (c->in_a)
		number(t, c->a);
	else
		rep_none(t);
	if (c->in_b)
		number(t, c->b);
	else
		rep_none(t);
	if (c->in_a && c->in_b)
		number(t, c->b - c->a);
	else
		rep_none(t);
	percent(t, c);
	rep_str(t, meaning(c));
	if (c->failed != NULL)
		limit_text(t, c->failed);
	else
		rep_none(t);
}

/* A table of changes; points: of a sweep. */
static struct rep_table *new_table(struct rep *r, const char *key, const char *title, const char *first, const char *second,
				   bool points)
{
	const struct rep_col cols[] = {
		{ .key = "point", .type = REP_STR },
		{ .key = "group", .type = REP_STR },
		{ .key = "metric", .type = REP_STR },
		{ .key = "unit", .type = REP_STR },
		{ .key = "first", .title = first, .type = REP_FIX },
		{ .key = "second", .title = second, .type = REP_FIX },
		{ .key = "change", .type = REP_FIX },
		{ .key = "percent", .title = "change", .type = REP_FIX, .unit = "%", .decimals = 2 },
		{ .key = "meaning", .type = REP_STR },
		{ .key = "limit", .title = "over the limit", .type = REP_STR },
	};

	return rep_table(r, key, title, points ? cols : cols + 1, points ? 10 : 9);
}

static void rows_of(const struct group *g, const char *name, struct rep_table *t, bool points, struct rep *r)
{
	if (g->n != 0 && rep_rows(t) != 0)
		rep_rule(t);
	for (size_t k = 0; k < g->n; k++)
		change_row(t, &g->c[k], points);
	if (g->n < g->changed)
		rep_note(r, "%s: the %zu largest of %" PRIu64 " changes; --top 0 prints all", name, g->n, g->changed);
}

static bool any_point(const struct diff *d)
{
	for (size_t i = 0; i < d->n_group; i++) {
		for (size_t k = 0; k < d->group[i].n; k++) {
			if (d->group[i].c[k].point[0] != '\0')
				return true;
		}
	}
	return false;
}

static void change_tables(struct diff *d, const char *first, const char *second, struct rep *r)
{
	bool points = any_point(d);
	struct rep_table *t;

	prune(d, &d->head);
	if (d->head.n != 0) {
		t = new_table(r, "headline", "What counts: totals, each exit, latencies; what is over a limit", first, second,
			      points);
		rows_of(&d->head, "what counts", t, points, r);
	}
	group_table(d, r);
	t = new_table(r, "changes", "All that changed, in each table of the report the largest first", first, second, points);
	for (size_t i = 0; i < d->n_group; i++)
		rows_of(&d->group[i], d->group[i].name, t, points, r);
}

static void lonely_table(const struct diff *d, const char *first, const char *second, struct rep *r)
{
	static const struct rep_col cols[] = { { .key = "point", .type = REP_STR }, { .key = "in", .type = REP_STR },
					       { .key = "why", .type = REP_STR } };
	struct rep_table *t;

	if (d->n_lonely == 0)
		return;
	t = rep_table(r, "one_side", "Points that only one side has", cols, 3);
	for (size_t i = 0; i < d->n_lonely; i++) {
		rep_str(t, d->lonely[i].point);
		rep_str(t, d->lonely[i].in_first ? first : second);
		rep_str(t, d->lonely[i].why);
	}
}

/* Numbers that no 64 bits hold are cut. */
static void thousandths_add(struct str *b, i128 v)
{
	rep_exact_add(b, v > INT64_MAX ? INT64_MAX : v < INT64_MIN ? INT64_MIN : (int64_t)v);
}

/* Add |v| as a percentage of |of|, which is not 0, with its decimals. */
static void percent_add(struct str *b, i128 v, i128 of)
{
	thousandths_add(b, size_of(v) * 100000 / size_of(of));
}

static void worst_sentence(const struct diff *d, struct rep *r)
{
	struct str b = STR_INIT;

	if (!d->any_worst)
		return;
	percent_add(&b, d->worst.b - d->worst.a, d->worst.a);
	rep_verdict(r, "%s: %s%s%s, %s by %s %%", d->worst_marked ? "dearest" : "of the parts only, dearest", d->worst.metric,
		    d->worst.point[0] != '\0' ? " at " : "", d->worst.point, d->worst.better == METRIC_MORE ? "down" : "up",
		    str_get(&b));
	str_free(&b);
}

/* The largest change of what counts for the whole. */
static void head_sentence(const struct diff *d, struct rep *r)
{
	const struct change *c = d->head.c;
	struct str b = STR_INIT;

	if (d->head.n == 0 || !c->in_a || !c->in_b || c->a == 0)
		return;
	str_add(&b, c->metric);
	if (c->point[0] != '\0')
		str_addf(&b, " at %s", c->point);
	str_add(&b, " from ");
	thousandths_add(&b, c->a);
	str_add(&b, " to ");
	thousandths_add(&b, c->b);
	str_addf(&b, ", %s by ", c->b < c->a ? "down" : "up");
	percent_add(&b, c->b - c->a, c->a);
	rep_verdict(r, "of what counts for the whole, most changed: %s %%", str_get(&b));
	str_free(&b);
}

static void gate_sentences(const struct diff *d, const struct group *sum, struct rep *r)
{
	uint64_t looked = 0;

	if (d->o->n_limit == 0)
		return;
	for (size_t i = 0; i < d->o->n_limit; i++)
		looked += d->o->limit[i].fits;
	if (lost_points(d) != 0)
		rep_verdict(r, "gate: failed: %" PRIu64 " points of the first side have no result on the second", lost_points(d));
	if (sum->failed != 0)
		rep_verdict(r, "gate: failed: %" PRIu64 " of %" PRIu64 " metrics that it looks at are over their limit",
			    sum->failed, looked);
	else if (lost_points(d) == 0)
		rep_verdict(r, "gate: passed: none of %" PRIu64 " metrics that it looks at is over its limit", looked);
}

static void sentences(const struct diff *d, struct rep *r)
{
	struct group s = sum_of(d);

	gate_sentences(d, &s, r);
	head_sentence(d, r);
	if (s.changed == 0)
		rep_verdict(r, "no difference in %" PRIu64 " metrics", s.metrics);
	else
		rep_verdict(r, "%" PRIu64 " of %" PRIu64 " metrics changed: %" PRIu64 " dearer, %" PRIu64 " cheaper", s.changed,
			    s.metrics, s.dearer, s.cheaper);
	worst_sentence(d, r);
	if (d->n_lonely != 0)
		rep_verdict(r, "%zu points are on one side only", d->n_lonely);
}

void diff_report(struct diff *d, const char *first, const char *second, struct rep *r)
{
	struct group s = sum_of(d);

	rep_fact_u64(r, "points", "reports compared", d->points, "");
	rep_fact_u64(r, "metrics", "metrics", s.metrics, "");
	rep_fact_u64(r, "changed", "changed", s.changed, "");
	rep_fact_u64(r, "failed", "over the limit", s.failed, "");
	if (s.changed != 0)
		change_tables(d, first, second, r);
	lonely_table(d, first, second, r);
	sentences(d, r);
}
