/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/sweep/sweep_sentences.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/str.h"
#include "sim/document/rep_read.h"

/*
 * "counts are exact for the model; cycles of NAME are uncalibrated: ...", a sentence per machine: those that differ in
 * the name alone become one.
 */
struct sentence {
	struct str head, names, tail;
};

static void add_sentence(struct sentence *list, size_t *n, size_t max, const char *note)
{
	const char *of = strstr(note, "cycles of "), *are = of != NULL ? strstr(of, " are ") : NULL;
	struct sentence x = { STR_INIT, STR_INIT, STR_INIT };
	size_t i = 0;

	if (are == NULL)
		return;
	of += strlen("cycles of ");
	str_addn(&x.head, note, (size_t)(of - note));
	str_addn(&x.names, of, (size_t)(are - of));
	str_add(&x.tail, are);
	while (i < *n && (strcmp(str_get(&list[i].head), str_get(&x.head)) != 0 ||
			  strcmp(str_get(&list[i].tail), str_get(&x.tail)) != 0))
		i++;
	if (i == *n && *n < max) {
		list[(*n)++] = x;
		return;
	}
	if (i < *n && strstr(str_get(&list[i].names), str_get(&x.names)) == NULL)
		str_addf(&list[i].names, ", %s", str_get(&x.names));
	str_free(&x.head);
	str_free(&x.names);
	str_free(&x.tail);
}

/* The report of the first point with this value of an axis; NULL if there is none, with e->code ERR_NONE. */
static struct rep *report_of(const struct sweep_data *d, size_t axis, uint32_t value, struct err *e)
{
	struct str json = STR_INIT;
	struct rep *r = NULL;
	size_t i = 0;

	while (i < d->n && (!d->p[i].done || (axis != SWEEP_NONE && d->p[i].at[axis] != value)))
		i++;
	*e = (struct err){ ERR_NONE, "" };
	if (i < d->n && store_report(d->s, i, &json, e) == 0 && json.len != 0)
		r = rep_read_text(str_get(&json), json.len, store_path(d->s), e);
	str_free(&json);
	return r;
}

int sweep_calibration_notes(const struct sweep_data *d, struct rep *r, struct err *e)
{
	size_t axis = sweep_axis(d, "machine"), n = 0;
	struct sentence list[8];

	for (uint32_t v = 0; v < (axis != SWEEP_NONE ? store_axis_at(d->s, axis)->n : 1); v++) {
		struct err why;
		struct rep *one = report_of(d, axis, v, &why);

		if (one == NULL && why.code != ERR_NONE) {
			*e = why;
			return -1;
		}
		for (size_t k = 0; one != NULL && k < rep_notes(one); k++)
			if (strstr(rep_note_at(one, k), "calibrated") != NULL)
				add_sentence(list, &n, sizeof(list) / sizeof(list[0]), rep_note_at(one, k));
		rep_free(one);
	}
	for (size_t i = 0; i < n; i++) {
		rep_note(r, "%s%s%s", str_get(&list[i].head), str_get(&list[i].names), str_get(&list[i].tail));
		str_free(&list[i].head);
		str_free(&list[i].names);
		str_free(&list[i].tail);
	}
	return 0;
}

struct repeats {
	const struct sweep_data *d;
	size_t axis;
};

/* Order of two points that are the same but for the repeat. */
static int compare_but(const struct repeats *x, const struct sweep_point *p, const struct sweep_point *q)
{
	for (size_t i = 0; i < x->d->n_axis; i++)
		if (i != x->axis && p->at[i] != q->at[i])
			return p->at[i] < q->at[i] ? -1 : 1;
	return 0;
}

static int by_point(const void *a, const void *b, void *ctx)
{
	const struct repeats *x = ctx;

	return compare_but(x, &x->d->p[*(const size_t *)a], &x->d->p[*(const size_t *)b]);
}

/* How far the first headline number of repeats lies apart at most, in thousandths of a percent of the least. */
static int64_t most_apart(const struct repeats *x)
{
	const struct sweep_data *d = x->d;
	size_t *order = xcalloc(d->n + 1, sizeof(*order)), n = 0;
	int64_t most = 0;

	for (size_t i = 0; i < d->n; i++)
		if (d->p[i].known[0])
			order[n++] = i;
	qsort_r(order, n, sizeof(*order), by_point, (void *)x);
	for (size_t i = 0, next; i < n; i = next) {
		int64_t low = d->p[order[i]].v[0], high = low;

		for (next = i + 1; next < n && compare_but(x, &d->p[order[i]], &d->p[order[next]]) == 0; next++) {
			int64_t v = d->p[order[next]].v[0];

			low = v < low ? v : low;
			high = v > high ? v : high;
		}
		if (low > 0 && (long double)(high - low) * 100000 / (long double)low > (long double)most)
			most = (int64_t)fminl(9e18L, (long double)(high - low) * 100000 / (long double)low);
	}
	free(order);
	return most;
}

void sweep_repeat_note(const struct sweep_data *d, struct rep *r)
{
	struct repeats x = { d, SWEEP_NONE };
	int64_t most;

	for (size_t i = 0; i < d->n_axis; i++)
		if (d->repeat[i])
			x.axis = i;
	if (x.axis == SWEEP_NONE || d->n_headline == 0)
		return;
	most = most_apart(&x);
	rep_note(r, "uncertainty: %zu repeats with seeds of their own, shown is their mean; %s of the same point lie at most %" PRId64
		    ".%" PRId64 " %% apart", store_axis_at(d->s, x.axis)->n, d->title[0], most / 1000, most % 1000 / 100);
}

void sweep_least_verdict(const struct sweep_data *d, struct rep *r)
{
	const struct sweep_point *best = NULL;
	struct str at = STR_INIT;
	char range[80] = "";

	for (size_t i = 0; i < d->n_mean; i++)
		if (d->n_headline != 0 && d->mean[i].known[0] && (best == NULL || d->mean[i].v[0] < best->v[0]))
			best = &d->mean[i];
	if (best == NULL)
		return;
	for (size_t i = 0; i < d->n_axis; i++)
		if (sweep_is_place(d, i))
			str_addf(&at, "%s%s %s", at.len != 0 ? ", " : "", sweep_short_name(store_axis_at(d->s, i)->name),
				 sweep_label(d, best, i));
	if (best->band[0].has[0] && best->band[0].has[1] && best->band[0].end[0] < best->band[0].end[1]) {
		(void)snprintf(range, sizeof(range), " (%" PRId64 " to %" PRId64 ")", best->band[0].end[0] / 1000,
			       (best->band[0].end[1] + 999) / 1000);
		rep_note(r, "uncertainty: cycles \303\227\303\267F are between the figure divided and multiplied by F, 95 of 100, each alone: what points on "
			    "one machine have in common cancels between them, and el2sim compare says whether two are told apart");
	}
	rep_verdict(r, "least %s: %" PRId64 ".%" PRId64 "%s with %s%s%s%s", d->title[0], best->v[0] / 1000,
		    best->v[0] % 1000 / 100, range, d->config[best->config], at.len != 0 ? " (" : "", str_get(&at),
		    at.len != 0 ? ")" : "");
	str_free(&at);
}

/* Least and most of a headline number of a configuration at one value of the axis of curves; false: none is known. */
static bool range_at(const struct sweep_data *d, size_t h, size_t config, uint32_t value, int64_t *low, int64_t *high)
{
	bool any = false;

	for (size_t i = 0; i < d->n_mean; i++) {
		const struct sweep_point *p = &d->mean[i];

		if (p->config != config || p->at[d->x] != value || !p->done || !p->known[h])
			continue;
		*low = !any || p->v[h] < *low ? p->v[h] : *low;
		*high = !any || p->v[h] > *high ? p->v[h] : *high;
		any = true;
	}
	return any;
}

static void add_range(struct str *b, int64_t low, int64_t high)
{
	str_addf(b, "%" PRId64 ".%" PRId64, low / 1000, low % 1000 / 100);
	if (high != low)
		str_addf(b, " to %" PRId64 ".%" PRId64, high / 1000, high % 1000 / 100);
}

/* How a headline number goes from the first value of the axis to the last, under each configuration. */
static void growth_verdicts(const struct sweep_data *d, size_t h, struct rep *r)
{
	const struct store_axis *x = store_axis_at(d->s, d->x);
	struct str text = STR_INIT;

	for (size_t c = 0; c < d->n_config; c++) {
		int64_t from[2], to[2];

		if (!range_at(d, h, c, 0, &from[0], &from[1]) || !range_at(d, h, c, (uint32_t)x->n - 1, &to[0], &to[1]))
			continue;
		str_reset(&text);
		add_range(&text, from[0], from[1]);
		str_addf(&text, " at %s %s, ", sweep_short_name(x->name), x->label[0]);
		add_range(&text, to[0], to[1]);
		rep_verdict(r, "%s with %s: %s at %s", d->title[h], d->config[c], str_get(&text), x->label[x->n - 1]);
	}
	str_free(&text);
}

void sweep_headline_verdicts(const struct sweep_data *d, struct rep *r)
{
	bool named = store_meta(d->s, "headline")[0] != '\0';

	if (!named && store_meta(d->s, "question")[0] != '\0' && d->n_headline != 0)
		rep_note(r, "the question is the author's; no [sweep] headline says by what number to answer it: the verdicts are about %s",
			 d->title[0]);
	for (size_t h = 0; h < d->n_headline; h++) {
		bool known = false;

		for (size_t i = 0; i < d->n_mean; i++)
			known = known || (d->mean[i].done && d->mean[i].known[h]);
		if (!known && named)
			rep_verdict(r, "cannot say: no point that has run has the headline number %s", d->headline[h]);
		else if (known && h == 0 && d->x != SWEEP_NONE && strcmp(d->headline[h], SWEEP_EXIT_CYCLES) != 0)
			growth_verdicts(d, h, r);
	}
}
