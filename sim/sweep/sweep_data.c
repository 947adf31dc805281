/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/sweep/sweep_data.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/str.h"
#include "sim/document/metrics.h"

/* Metrics of phases that a point is read for: cycles and runs of each. */
struct phase_sums {
	int64_t cycles[PHASE_COUNT], runs[PHASE_COUNT];
	struct sweep_band band[PHASE_COUNT]; /* of cycles, thousandths */
	bool any, beyond;
};

struct reading {
	struct sweep_data *d;
	struct sweep_point *p;
	struct phase_sums sums;
};

const char *sweep_short_name(const char *axis)
{
	const char *dot = strrchr(axis, '.');

	return dot != NULL ? dot + 1 : axis;
}

bool sweep_number(const char *label, int64_t *thousandths)
{
	const char *point = strchr(label, '.');
	int64_t whole;

	if (point != NULL) {
		char *end;
		double v = strtod(label, &end);

		if (end == label || *end != '\0' || !(fabs(v) < 1e12))
			return false;
		*thousandths = llround(v * 1000);
		return true;
	}
	if (!str_i64(label, &whole) || whole > INT64_MAX / 1000 || whole < INT64_MIN / 1000)
		return false;
	*thousandths = whole * 1000;
	return true;
}

bool sweep_log_x(const struct sweep_data *d)
{
	const struct store_axis *a;
	int64_t v;

	if (d->x == SWEEP_NONE)
		return false;
	a = store_axis_at(d->s, d->x);
	for (size_t i = 0; i < a->n; i++)
		if (!sweep_number(a->label[i], &v) || v <= 0 || v % 1000 != 0)
			return false;
	return true;
}

size_t sweep_axis(const struct sweep_data *d, const char *name)
{
	for (size_t i = 0; i < d->n_axis; i++)
		if (strcmp(store_axis_at(d->s, i)->name, name) == 0)
			return i;
	return SWEEP_NONE;
}

const char *sweep_label(const struct sweep_data *d, const struct sweep_point *p, size_t axis)
{
	return store_axis_at(d->s, axis)->label[p->at[axis]];
}

static int by_place(const void *a, const void *b, void *points)
{
	const struct sweep_point *p = (const struct sweep_point *)points + *(const size_t *)a;
	const struct sweep_point *q = (const struct sweep_point *)points + *(const size_t *)b;

	if (p->place != q->place)
		return p->place < q->place ? -1 : 1;
	if (p->config != q->config)
		return p->config < q->config ? -1 : 1;
	return p->number < q->number ? -1 : p->number > q->number;
}

const struct sweep_point *sweep_find(const struct sweep_data *d, size_t config, size_t place)
{
	size_t low = 0, high = d->n_mean;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct sweep_point *p = &d->mean[mid];

		if (p->place == place && p->config == config)
			return p->done ? p : NULL;
		if (p->place < place || (p->place == place && p->config < config))
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* --- axes ------------------------------------------------------------------------------------- */

bool sweep_is_place(const struct sweep_data *d, size_t axis)
{
	return !d->compared[axis] && !d->repeat[axis];
}

static bool all_numbers(const struct store_axis *a)
{
	int64_t v;

	for (size_t i = 0; i < a->n; i++)
		if (!sweep_number(a->label[i], &v))
			return false;
	return a->n > 1;
}

static void choose_axes(struct sweep_data *d)
{
	bool any = false;

	d->x = SWEEP_NONE;
	for (size_t i = 0; i < d->n_axis; i++) {
		const char *name = store_axis_at(d->s, i)->name;

		d->compared[i] = strncmp(name, "switch.", 7) == 0 || strncmp(name, "policy.", 7) == 0;
		d->repeat[i] = strcmp(store_axis_at(d->s, i)->kind, "repeat") == 0;
		any = any || d->compared[i];
	}
	for (size_t i = 0; !any && i < d->n_axis; i++) {
		any = !d->repeat[i] && !all_numbers(store_axis_at(d->s, i));
		d->compared[i] = any;
	}
	for (size_t i = 0; i < d->n_axis; i++)
		if (sweep_is_place(d, i) && all_numbers(store_axis_at(d->s, i)))
			d->x = i;
}

/* "linux-6.12-vhe", "linux-6.12-vhe el1=eager": the first value of a further axis goes without saying. */
static char *config_name(const struct sweep_data *d, const struct sweep_point *p)
{
	struct str b = STR_INIT;

	for (size_t i = 0; i < d->n_axis; i++) {
		const char *name = store_axis_at(d->s, i)->name, *dot = strrchr(name, '.');

		if (!d->compared[i])
			continue;
		if (b.len == 0)
			str_add(&b, sweep_label(d, p, i));
		else if (p->at[i] != 0)
			str_addf(&b, " %s=%s", dot != NULL ? dot + 1 : name, sweep_label(d, p, i));
	}
	if (b.len == 0)
		str_add(&b, "all");
	return b.s;
}

static bool same_place(const struct sweep_data *d, const struct sweep_point *a, const struct sweep_point *b)
{
	for (size_t i = 0; i < d->n_axis; i++)
		if (sweep_is_place(d, i) && a->at[i] != b->at[i])
			return false;
	return true;
}

/* Points are in the order of the plan: what is new stands at the end or was there a moment ago. */
static void place_point(struct sweep_data *d, size_t i)
{
	struct sweep_point *p = &d->p[i];
	char *name = config_name(d, p);

	for (p->config = 0; p->config < d->n_config; p->config++)
		if (strcmp(d->config[p->config], name) == 0)
			break;
	if (p->config == d->n_config) {
		d->config = xrealloc(d->config, (d->n_config + 1) * sizeof(*d->config));
		d->config[d->n_config++] = name;
	} else {
		free(name);
	}
	/* The places come in the same order for each configuration: the last one and the next are tried first. */
	for (unsigned step = 0; step < 2 && d->n_place != 0; step++) {
		p->place = i != 0 ? (d->p[i - 1].place + step) % d->n_place : 0;
		if (same_place(d, &d->p[d->place[p->place]], p))
			return;
	}
	for (p->place = 0; p->place < d->n_place; p->place++)
		if (same_place(d, &d->p[d->place[p->place]], p))
			return;
	d->place = xrealloc(d->place, (d->n_place + 1) * sizeof(*d->place));
	d->place[d->n_place++] = i;
}

/* --- numbers ---------------------------------------------------------------------------------- */

#define VALUE_MAX 1000000000000000 /* so that sums and differences of thousandths stay in 64 bits; what is beyond is not known */

static bool thousandths(const struct store_metric *m, int64_t *v)
{
	bool good = m->real ? fabs(m->d) <= (double)VALUE_MAX : m->i <= VALUE_MAX && m->i >= -VALUE_MAX;

	*v = !good ? 0 : m->real ? llround(m->d * 1000) : m->i * 1000;
	return good;
}

void sweep_in_band(struct rep_table *t, const struct sweep_band *b, int64_t v)
{
	if (b->has[0] && b->has[1])
		rep_band(t, b->end[0] < v ? b->end[0] : v, b->end[1] > v ? b->end[1] : v);
}

/* Is it an end of the metric's band? Then it is taken. */
static bool take_end(struct sweep_band *b, const struct store_metric *m, const char *metric)
{
	const size_t n = strlen(metric);

	for (unsigned i = 0; i < 2; i++) {
		if (strncmp(m->name, metric, n) == 0 && strcmp(m->name + n, i != 0 ? METRIC_HIGH : METRIC_LOW) == 0)
			return b->has[i] = thousandths(m, &b->end[i]);
	}
	return false;
}

static void take_phase_end(struct phase_sums *s, const struct store_metric *m)
{
	for (unsigned ph = 0; ph < PHASE_COUNT; ph++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "phases/%s/cycles", phase_name((enum ws_phase)ph));
		if (take_end(&s->band[ph], m, name))
			return;
	}
}

static void take_phase(struct phase_sums *s, const struct store_metric *m)
{
	struct metric_parts parts = metric_parts(m->name);

	if (strncmp(m->name, "phases/", 7) != 0 || parts.col == NULL)
		return;
	if (m->real) {
		take_phase_end(s, m);
		return;
	}
	for (unsigned ph = 0; ph < PHASE_COUNT; ph++) {
		const char *name = phase_name((enum ws_phase)ph);

		if ((size_t)parts.row_len != strlen(name) || strncmp(parts.row, name, strlen(name)) != 0)
			continue;
		s->any = true;
		s->beyond = s->beyond || m->i > VALUE_MAX || m->i < 0;
		if (strcmp(parts.col, "cycles") == 0)
			s->cycles[ph] = m->i;
		else if (strcmp(parts.col, "runs") == 0)
			s->runs[ph] = m->i;
	}
}

static void take_metric(void *ctx, const struct store_metric *m)
{
	struct reading *r = ctx;

	for (size_t i = 0; i < r->d->n_headline; i++) {
		(void)take_end(&r->p->band[i], m, r->d->headline[i]);
		if (strcmp(r->d->headline[i], m->name) != 0)
			continue;
		r->p->known[i] = thousandths(m, &r->p->v[i]);
		if (r->d->unit[i] == NULL)
			r->d->unit[i] = xstrdup(m->unit);
	}
	take_phase(&r->sums, m);
}

static int64_t per(int64_t sum, int64_t n)
{
	return n > 0 ? (int64_t)((long double)sum * 1000 / (long double)n) : 0;
}

static void derive_phases(struct sweep_point *p, const struct phase_sums *s)
{
	int64_t exits = s->runs[PHASE_EXIT];

	if (!s->any || s->beyond || exits <= 0 || s->runs[PHASE_LOAD] <= 0)
		return;
	p->phases = true;
	for (unsigned ph = 0; ph < PHASE_COUNT; ph++)
		p->per_exit += ph != PHASE_LOAD && ph != PHASE_PUT ? per(s->cycles[ph], exits) : 0;
	p->per_load = per(s->cycles[PHASE_LOAD], s->runs[PHASE_LOAD]) + per(s->cycles[PHASE_PUT], s->runs[PHASE_PUT]);
	p->loads = per(s->runs[PHASE_LOAD], exits);
	for (unsigned ph = 0; ph < PHASE_COUNT; ph++) {
		p->phase[ph] = per(s->cycles[ph], exits);
		p->phase_band[ph] = s->band[ph];
		for (unsigned i = 0; i < 2; i++)
			p->phase_band[ph].end[i] = s->band[ph].end[i] / exits;
	}
}

/* "per_exit/cycles/each" is "cycles per exit"; others say their name. */
static char *headline_title(const char *name)
{
	struct metric_parts m = metric_parts(name);
	struct str b = STR_INIT;

	if (strncmp(name, "per_exit/", 9) == 0 && m.col != NULL)
		str_addf(&b, "%.*s per exit", m.row_len, m.row);
	else
		str_add(&b, name);
	for (char *p = b.s; p != NULL && *p != '\0'; p++)
		*p = *p == '_' || *p == '/' ? ' ' : *p;
	return b.s;
}

static void add_headline(struct sweep_data *d, const char *name)
{
	if (d->n_headline == SWEEP_HEADLINES)
		return;
	d->headline[d->n_headline] = xstrdup(name);
	d->title[d->n_headline++] = headline_title(name);
}

/* Nobody said which metrics are the headline: what an exit costs, or else what a gate looks at. */
static void exit_headline(void *ctx, const struct store_metric *m)
{
	struct sweep_data *d = ctx;
	const char *first = SWEEP_EXIT_CYCLES;

	if (strcmp(m->name, first) != 0 && strcmp(m->name, "per_exit/accesses/each") != 0)
		return;
	add_headline(d, m->name);
	if (d->n_headline == 2 && strcmp(m->name, first) == 0) { /* metrics come by name */
		char *name = d->headline[0], *title = d->title[0];

		d->headline[0] = d->headline[1];
		d->title[0] = d->title[1];
		d->headline[1] = name;
		d->title[1] = title;
	}
}

static void gated_headline(void *ctx, const struct store_metric *m)
{
	struct sweep_data *d = ctx;

	if (d->n_headline < 3 && metric_rule_of(m->name)->gated)
		add_headline(d, m->name);
}

static int choose_headlines(struct sweep_data *d, struct err *e)
{
	char *copy = xstrdup(store_meta(d->s, "headline")), *list = copy, *name;
	struct store_point p;

	while ((name = str_word(&list, ", ")) != NULL)
		add_headline(d, name);
	free(copy);
	for (size_t i = 0; d->n_headline == 0 && i < d->n; i++) {
		bool done;

		if (store_point(d->s, i, &p, e) != 0)
			return -1;
		done = p.status == STORE_OK || p.status == STORE_NO;
		store_point_free(&p);
		if (done && store_each_metric(d->s, i, exit_headline, d, e) != 0)
			return -1;
		if (done && d->n_headline == 0 && store_each_metric(d->s, i, gated_headline, d, e) != 0)
			return -1;
		if (done)
			break;
	}
	return 0;
}

static int read_point(struct sweep_data *d, size_t i, struct err *e)
{
	struct reading r = { .d = d, .p = &d->p[i] };
	struct store_point p;
	uint32_t *at = d->at + i * d->n_axis;

	if (store_point(d->s, i, &p, e) != 0)
		return -1;
	memcpy(at, p.ordinal, d->n_axis * sizeof(*at));
	d->p[i].number = i;
	d->p[i].at = at;
	d->p[i].done = p.status == STORE_OK || p.status == STORE_NO;
	d->n_status[p.status]++;
	store_point_free(&p);
	place_point(d, i);
	if (d->p[i].done && store_each_metric(d->s, i, take_metric, &r, e) != 0)
		return -1;
	derive_phases(&d->p[i], &r.sums);
	d->phases = d->phases || d->p[i].phases;
	return 0;
}

static void add_band(struct sweep_band *m, const struct sweep_band *p)
{
	for (unsigned i = 0; i < 2; i++)
		m->has[i] = m->has[i] && p->has[i] && !__builtin_add_overflow(m->end[i], p->end[i], &m->end[i]);
}

static void add_to_mean(struct sweep_point *m, const struct sweep_point *p, size_t n_headline)
{
	for (size_t h = 0; h < n_headline; h++)
		add_band(&m->band[h], &p->band[h]);
	for (unsigned ph = 0; ph < PHASE_COUNT; ph++)
		add_band(&m->phase_band[ph], &p->phase_band[ph]);
	for (size_t h = 0; h < n_headline; h++)
		m->known[h] = m->known[h] && p->known[h] && !__builtin_add_overflow(m->v[h], p->v[h], &m->v[h]);
	m->phases = m->phases && p->phases && !__builtin_add_overflow(m->per_exit, p->per_exit, &m->per_exit) &&
		    !__builtin_add_overflow(m->per_load, p->per_load, &m->per_load) &&
		    !__builtin_add_overflow(m->loads, p->loads, &m->loads);
	for (unsigned ph = 0; ph < PHASE_COUNT; ph++)
		m->phases = m->phases && !__builtin_add_overflow(m->phase[ph], p->phase[ph], &m->phase[ph]);
}

static void divide(struct sweep_point *m, int64_t n, size_t n_headline)
{
	for (size_t h = 0; h < n_headline; h++) {
		m->v[h] /= n;
		m->band[h].end[0] /= n;
		m->band[h].end[1] /= n;
	}
	m->per_exit /= n;
	m->per_load /= n;
	m->loads /= n;
	for (unsigned ph = 0; ph < PHASE_COUNT; ph++) {
		m->phase[ph] /= n;
		m->phase_band[ph].end[0] /= n;
		m->phase_band[ph].end[1] /= n;
	}
}

/* Points that are the same but for the repeat become one. */
static void take_means(struct sweep_data *d)
{
	size_t *order = xcalloc(d->n + 1, sizeof(*order));

	for (size_t i = 0; i < d->n; i++)
		order[i] = i;
	qsort_r(order, d->n, sizeof(*order), by_place, d->p);
	d->mean = xcalloc(d->n + 1, sizeof(*d->mean));
	for (size_t i = 0, next; i < d->n; i = next) {
		struct sweep_point *m = &d->mean[d->n_mean++];
		int64_t n = d->p[order[i]].done;

		*m = d->p[order[i]];
		for (next = i + 1; next < d->n; next++) {
			const struct sweep_point *p = &d->p[order[next]];

			if (p->place != m->place || p->config != m->config)
				break;
			if (p->done && n++ == 0)
				*m = *p;
			else if (p->done)
				add_to_mean(m, p, d->n_headline);
		}
		if (n > 1)
			divide(m, n, d->n_headline);
	}
	free(order);
}

int sweep_data_read(struct sweep_data *d, struct store *s, struct err *e)
{
	int rc;

	*d = (struct sweep_data){ .s = s, .n_axis = store_axes(s), .n = store_points(s) };
	d->p = xcalloc(d->n + 1, sizeof(*d->p));
	d->at = xcalloc(d->n * d->n_axis + 1, sizeof(*d->at));
	d->repeat = xcalloc(d->n_axis + 1, sizeof(*d->repeat));
	d->compared = xcalloc(d->n_axis + 1, sizeof(*d->compared));
	choose_axes(d);
	rc = choose_headlines(d, e);
	for (size_t i = 0; rc == 0 && i < d->n; i++)
		rc = read_point(d, i, e);
	if (rc == 0)
		take_means(d);
	return rc;
}

void sweep_data_free(struct sweep_data *d)
{
	for (size_t i = 0; i < d->n_headline; i++) {
		free(d->headline[i]);
		free(d->title[i]);
		free(d->unit[i]);
	}
	for (size_t i = 0; i < d->n_config; i++)
		free(d->config[i]);
	free(d->config);
	free(d->mean);
	free(d->repeat);
	free(d->place);
	free(d->p);
	free(d->at);
	free(d->compared);
}
