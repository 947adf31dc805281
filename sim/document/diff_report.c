/* SPDX-License-Identifier: Apache-2.0 */
/* Two results, metric by metric, as tables and sentences. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/document/diff_impl.h"
#include "sim/document/rep_doc.h"

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
		number(t, (c->b - c->a) * 100000 / diff_size(c->a));
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
		diff_prune(d, g);
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

static void side(struct rep_table *t, bool there, i128 v, const struct change_band *band)
{
	if (!there) {
		rep_none(t);
		return;
	}
	number(t, v);
	if (band->known)
		rep_band(t, band->low, band->high);
}

static void change_row(struct rep_table *t, const struct change *c, bool points)
{
	struct metric_parts p = metric_parts(c->metric);

	if (points)
		rep_str(t, c->point);
	rep_strf(t, "%.*s", p.table_len, p.table);
	rep_str(t, p.row);
	rep_str(t, c->unit);
	side(t, c->in_a, c->a, &c->band_a);
	side(t, c->in_b, c->b, &c->band_b);
	if (c->in_a && c->in_b)
		number(t, c->b - c->a);
	else
		rep_none(t);
	percent(t, c);
	if (c->timed)
		number(t, c->ns);
	else
		rep_none(t);
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
		{ .key = "ns", .title = "as time", .type = REP_FIX, .unit = "ns", .decimals = 1 },
		{ .key = "meaning", .type = REP_STR },
		{ .key = "limit", .title = "over the limit", .type = REP_STR },
	};

	return rep_table(r, key, title, points ? cols : cols + 1, points ? 11 : 10);
}

static void rows_of(const struct group *g, const char *name, struct rep_table *t, bool points, struct rep *r)
{
	if (g->n != 0 && rep_rows(t) != 0)
		rep_group(t);
	for (size_t k = 0; k < g->n; k++)
		change_row(t, &g->c[k], points);
	if (g->n < g->changed)
		rep_note(r, "%s: the %zu largest of %" PRIu64 " changes; --top 0 prints all", name, g->n, g->changed);
}

/* A change in percent that is not none: something to draw. */
static bool any_percent(const struct group *g)
{
	for (size_t k = 0; k < g->n; k++) {
		if (g->c[k].in_a && g->c[k].in_b && g->c[k].a != 0)
			return true;
	}
	return false;
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

	diff_prune(d, &d->head);
	if (d->head.n != 0) {
		t = new_table(r, "headline", "What counts: totals, each exit, latencies; what is over a limit", first, second,
			      points);
		rows_of(&d->head, "what counts", t, points, r);
		if (any_percent(&d->head))
			rep_chart(t, &(struct rep_chart){ .kind = REP_BARS, .title = "What moved", .x = "metric", .y = "percent",
							  .series = "meaning" });
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
	rep_many(t);
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
	thousandths_add(b, diff_size(v) * 100000 / diff_size(of));
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
	if (diff_lost_points(d) != 0)
		rep_alarm(r, "gate: failed: %" PRIu64 " point%s of the first side without a result on the second", diff_lost_points(d),
			  diff_lost_points(d) == 1 ? "" : "s");
	if (sum->failed != 0)
		rep_alarm(r, "gate: failed: %" PRIu64 " of %" PRIu64 " metric%s that it looks at %s limit", sum->failed, looked,
			  looked == 1 ? "" : "s", sum->failed == 1 ? "is over its" : "are over their");
	else if (diff_lost_points(d) == 0)
		rep_verdict(r, "gate: passed: none of %" PRIu64 " metric%s that it looks at is over its limit", looked, looked == 1 ? "" : "s");
}

/* What the reports themselves have as an alarm is not lost in what became of their numbers. */
static void carried_alarms(const struct diff *d, const char *first, const char *second, struct rep *r)
{
	for (size_t i = 0; i < d->n_carried; i++) {
		const struct carried *c = &d->carried[i];

		if (c->reports > 1)
			rep_alarm(r, "%s: %s (in %" PRIu64 " of the reports)", c->in_first ? first : second, c->text, c->reports);
		else
			rep_alarm(r, "%s: %s", c->in_first ? first : second, c->text);
	}
	if (d->not_carried != 0)
		rep_alarm(r, "and %" PRIu64 " more of the reports' own alarms", d->not_carried);
}

static void sentences(const struct diff *d, const char *first, const char *second, struct rep *r)
{
	struct group s = diff_sum(d);

	carried_alarms(d, first, second, r);
	gate_sentences(d, &s, r);
	head_sentence(d, r);
	if (s.changed == 0)
		rep_verdict(r, "no difference in %" PRIu64 " metrics", s.metrics);
	else
		rep_verdict(r, "%" PRIu64 " of %" PRIu64 " metrics changed: %" PRIu64 " dearer, %" PRIu64 " cheaper", s.changed,
			    s.metrics, s.dearer, s.cheaper);
	worst_sentence(d, r);
	if (d->n_lonely != 0)
		rep_verdict(r, "%zu point%s on one side only", d->n_lonely, d->n_lonely == 1 ? " is" : "s are");
}

void diff_report(struct diff *d, const char *first, const char *second, struct rep *r)
{
	struct group s = diff_sum(d);

	rep_fact_u64(r, "points", "reports compared", d->points, "");
	rep_fact_u64(r, "metrics", "metrics", s.metrics, "");
	rep_fact_u64(r, "changed", "changed", s.changed, "");
	rep_fact_u64(r, "failed", "over the limit", s.failed, "");
	if (s.changed != 0)
		change_tables(d, first, second, r);
	lonely_table(d, first, second, r);
	sentences(d, first, second, r);
}
