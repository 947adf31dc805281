/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/sweep/sweep_report.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/str.h"
#include "sim/document/rep_read.h"
#include "sim/sweep/sweep_cross.h"
#include "sim/sweep/sweep_data.h"

#define COLUMNS_MAX 48

/* Columns that are built from the axes; strings belong to the data or to keys. */
struct columns {
	struct rep_col c[COLUMNS_MAX];
	char key[COLUMNS_MAX][16];
	size_t n;
};

static void add_column(struct columns *x, struct rep_col c)
{
	if (x->n == COLUMNS_MAX)
		return;
	if (c.key == NULL) {
		(void)snprintf(x->key[x->n], sizeof(x->key[x->n]), "c%zu", x->n + 1);
		c.key = x->key[x->n];
	}
	x->c[x->n++] = c;
}

static const char *short_name(const char *axis)
{
	const char *dot = strrchr(axis, '.');

	return dot != NULL ? dot + 1 : axis;
}

/* As many decimals as the labels have. */
static int decimals_of(const struct store_axis *a)
{
	size_t most = 1;

	for (size_t i = 0; i < a->n; i++) {
		const char *point = strchr(a->label[i], '.');

		if (point != NULL && strlen(point + 1) > most)
			most = strlen(point + 1);
	}
	return most < 3 ? (int)most : 3;
}

/* Does an axis have a column? Of all points the repeats have one, too. */
static bool has_column(const struct sweep_data *d, size_t axis, bool all)
{
	return sweep_is_place(d, axis) || (all && d->repeat[axis]);
}

/* A column per axis that is not compared; the one of the curves as a number. */
static void axis_columns(const struct sweep_data *d, bool all, struct columns *x)
{
	for (size_t i = 0; i < d->n_axis; i++) {
		const struct store_axis *a = store_axis_at(d->s, i);

		if (has_column(d, i, all) && x->n < COLUMNS_MAX / 2)
			add_column(x, (struct rep_col){ .key = a->name, .title = short_name(a->name), .unit = a->unit,
							.type = i == d->x ? REP_FIX : REP_STR, .decimals = decimals_of(a) });
	}
}

/* Whole numbers are identifiers of a row, and no metrics of it. */
static void whole_x(const struct sweep_data *d, struct columns *x)
{
	for (size_t i = 0; d->x != SWEEP_NONE && i < x->n; i++)
		if (strcmp(x->c[i].key, store_axis_at(d->s, d->x)->name) == 0 && sweep_log_x(d))
			x->c[i].type = REP_ID;
}

static void axis_cells(const struct sweep_data *d, struct rep_table *t, const struct sweep_point *p, enum rep_type x,
		       bool all)
{
	size_t n = 0;
	int64_t v = 0;

	for (size_t i = 0; i < d->n_axis; i++) {
		if (!has_column(d, i, all) || n++ >= COLUMNS_MAX / 2)
			continue;
		if (i != d->x)
			rep_str(t, sweep_label(d, p, i));
		else if (!sweep_number(sweep_label(d, p, i), &v))
			rep_none(t);
		else if (x == REP_ID)
			rep_u64(t, (uint64_t)(v / 1000));
		else
			rep_fix(t, v);
	}
}

/* Keys of the axes that the reader chooses one value of; without: not that axis. */
static char *choices(const struct sweep_data *d, size_t without, bool all)
{
	struct str b = STR_INIT;
	size_t n = 0;

	for (size_t i = 0; i < d->n_axis; i++)
		if (has_column(d, i, all) && n++ < COLUMNS_MAX / 2 && i != without)
			str_addf(&b, "%s ", store_axis_at(d->s, i)->name);
	if (b.len == 0)
		str_add(&b, "");
	return b.s != NULL ? b.s : xstrdup("");
}

/* --- what was asked --------------------------------------------------------------------------- */

static void facts(const struct sweep_data *d, struct rep *r)
{
	rep_fact(r, "config", "sweep", "%s", store_meta(d->s, "config"));
	rep_fact(r, "command", "command at each point", "el2sim %s", store_meta(d->s, "command"));
	rep_fact_u64(r, "points", "points", d->n, "");
	for (int i = 0; i < STORE_STATUS_COUNT; i++)
		if (d->n_status[i] != 0 && i != STORE_OK)
			rep_fact_u64(r, store_status_name((enum store_status)i), "", d->n_status[i], "");
	rep_fact(r, "program", "program", "%s", store_meta(d->s, "program"));
}

static void axis_table(const struct sweep_data *d, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "axis", "", REP_STR, "", 0, false },	{ "values", "", REP_STR, "", 0, false },
		{ "unit", "", REP_STR, "", 0, false },	{ "what", "", REP_STR, "", 0, false },
		{ "origin", "", REP_STR, "", 0, false },
	};
	struct rep_table *t = rep_table(r, REP_ASKED, "What is varied", cols, 5);

	for (size_t i = 0; i < d->n_axis; i++) {
		const struct store_axis *a = store_axis_at(d->s, i);
		struct str b = STR_INIT;

		for (size_t k = 0; k < a->n && b.len < 200; k++)
			str_addf(&b, "%s%s", k != 0 ? ", " : "", a->label[k]);
		if (b.len >= 200)
			str_addf(&b, ", ... (%zu values)", a->n);
		rep_str(t, a->name);
		rep_str(t, str_get(&b));
		rep_str(t, a->unit);
		rep_str(t, a->help);
		rep_str(t, a->origin);
		str_free(&b);
	}
}

/* --- numbers ---------------------------------------------------------------------------------- */

static void value_cell(struct rep_table *t, const struct sweep_point *p, size_t headline)
{
	if (p == NULL || !p->known[headline])
		rep_none(t);
	else
		rep_fix(t, p->v[headline]);
}

/* One headline number: a row per place, a column per configuration. */
static void headline_table(const struct sweep_data *d, size_t h, struct rep *r)
{
	struct columns x = { .n = 0 };
	char *choose = choices(d, d->x, false), key[24], title[200];
	struct str y = STR_INIT;
	struct rep_table *t;
	size_t n_axes, n_config;
	enum rep_type type = REP_FIX;

	axis_columns(d, false, &x);
	whole_x(d, &x);
	n_axes = x.n;
	for (size_t i = 0; d->x != SWEEP_NONE && i < x.n; i++)
		if (strcmp(x.c[i].key, store_axis_at(d->s, d->x)->name) == 0)
			type = x.c[i].type;
	n_config = d->n_config < COLUMNS_MAX - n_axes ? d->n_config : COLUMNS_MAX - n_axes;
	for (size_t c = 0; c < n_config; c++)
		add_column(&x, (struct rep_col){ .title = d->config[c], .unit = d->unit[h], .type = REP_FIX,
						 .decimals = h == 0 ? 1 : 3 });
	for (size_t c = n_axes; c < x.n; c++)
		str_addf(&y, "%s ", x.c[c].key);
	(void)snprintf(key, sizeof(key), "headline_%zu", h + 1);
	(void)snprintf(title, sizeof(title), "%c%s", d->title[h][0] >= 'a' && d->title[h][0] <= 'z' ? d->title[h][0] - 32
												 : d->title[h][0],
		       d->title[h] + 1);
	t = rep_table(r, key, title, x.c, x.n);
	for (size_t i = 0; i < d->n_place; i++) {
		axis_cells(d, t, &d->p[d->place[i]], type, false);
		for (size_t c = 0; c < n_config; c++)
			value_cell(t, sweep_find(d, c, i), h);
	}
	if (d->x != SWEEP_NONE) {
		(void)snprintf(title, sizeof(title), "%s over %s", d->title[h], store_axis_at(d->s, d->x)->name);
		rep_chart(t, &(struct rep_chart){ .kind = REP_LINES, .title = title, .x = store_axis_at(d->s, d->x)->name,
						  .y = str_get(&y), .choose = choose, .log_x = type == REP_ID,
						  .marks = h == 0 ? SWEEP_AXIS_CROSSINGS : "" });
	} else if (n_axes != 0) {
		rep_chart(t, &(struct rep_chart){ .kind = REP_BARS, .title = d->title[h], .x = x.c[n_axes - 1].key,
						  .y = str_get(&y) });
	}
	if (h != 0)
		rep_detail(t);
	str_free(&y);
	free(choose);
}

/* Every point: headline numbers, cycles per exit by phase. */
static void point_table(const struct sweep_data *d, struct rep *r)
{
	struct columns x = { .n = 0 };
	char *choose = choices(d, SWEEP_NONE, true);
	struct str y = STR_INIT;
	struct rep_table *t;
	enum rep_type type = REP_FIX;

	add_column(&x, (struct rep_col){ .key = "point", .type = REP_ID });
	add_column(&x, (struct rep_col){ .key = "configuration", .type = REP_STR });
	axis_columns(d, true, &x);
	whole_x(d, &x);
	for (size_t i = 0; d->x != SWEEP_NONE && i < x.n; i++)
		if (strcmp(x.c[i].key, store_axis_at(d->s, d->x)->name) == 0)
			type = x.c[i].type;
	for (size_t h = 0; h < d->n_headline; h++)
		add_column(&x, (struct rep_col){ .title = d->title[h], .unit = d->unit[h], .type = REP_FIX, .decimals = 3 });
	for (unsigned ph = 0; d->phases && ph < PHASE_COUNT; ph++) {
		add_column(&x, (struct rep_col){ .key = phase_name((enum ws_phase)ph), .unit = "cycles", .type = REP_FIX,
						 .decimals = 1 });
		str_addf(&y, "%s ", phase_name((enum ws_phase)ph));
	}
	t = rep_table(r, "points", "All points", x.c, x.n);
	rep_detail(t);
	for (size_t i = 0; i < d->n; i++) {
		const struct sweep_point *p = &d->p[i];

		if (!p->done)
			continue;
		rep_u64(t, p->number);
		rep_str(t, d->config[p->config]);
		axis_cells(d, t, p, type, true);
		for (size_t h = 0; h < d->n_headline; h++)
			value_cell(t, p, h);
		for (unsigned ph = 0; d->phases && ph < PHASE_COUNT; ph++) {
			if (p->phases)
				rep_fix(t, p->phase[ph]);
			else
				rep_none(t);
		}
	}
	if (d->phases)
		rep_chart(t, &(struct rep_chart){ .kind = REP_STACK, .title = "Modelled cycles per exit by phase",
						  .x = "configuration", .y = str_get(&y), .choose = choose });
	str_free(&y);
	free(choose);
}

static int failure_table(const struct sweep_data *d, struct rep *r, struct err *e)
{
	static const struct rep_col cols[] = {
		{ "point", "", REP_ID, "", 0, false },	{ "status", "", REP_STR, "", 0, false },
		{ "error", "", REP_STR, "", 0, false }, { "command", "", REP_STR, "", 0, false },
	};
	struct rep_table *t = NULL;

	for (size_t i = 0; i < d->n; i++) {
		struct store_point p;

		if (d->p[i].done)
			continue;
		if (store_point(d->s, i, &p, e) != 0)
			return -1;
		if (p.status != STORE_MISSING) {
			t = t != NULL ? t : rep_table(r, "failures", "Points without an answer", cols, 4);
			rep_u64(t, i);
			rep_str(t, store_status_name(p.status));
			rep_str(t, p.error);
			rep_str(t, p.command);
		}
		store_point_free(&p);
	}
	return 0;
}

/* --- configuration, notes --------------------------------------------------------------------- */

static const char *text_at(sqlite3_stmt *st, int i)
{
	const unsigned char *s = sqlite3_column_text(st, i);

	return s != NULL ? (const char *)s : "";
}

static int effective_table(const struct sweep_data *d, struct rep *r, struct err *e)
{
	static const char sql[] =
		"SELECT name, min(value), unit, min(origin), source, count(DISTINCT value) FROM config_setting "
		"WHERE origin <> 'default' AND name NOT LIKE 'path.%' AND name NOT IN (SELECT name FROM axis) "
		"GROUP BY name ORDER BY name";
	static const struct rep_col cols[] = {
		{ "key", "option", REP_STR, "", 0, false }, { "value", "", REP_STR, "", 0, false },
		{ "unit", "", REP_STR, "", 0, false },	    { "origin", "", REP_STR, "", 0, false },
		{ "source", "", REP_STR, "", 0, false },
	};
	struct rep_table *t = rep_table(r, REP_EFFECTIVE, "Effective configuration, without defaults and axes", cols, 5);
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(store_sql(d->s), sql, -1, &st, NULL);

	rep_detail(t);
	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = sqlite3_step(st);
		if (rc != SQLITE_ROW)
			break;
		rep_str(t, text_at(st, 0));
		if (sqlite3_column_int(st, 5) == 1) {
			rep_str(t, text_at(st, 1));
		} else {
			rep_strf(t, "%d values", sqlite3_column_int(st, 5));
		}
		rep_str(t, text_at(st, 2));
		rep_str(t, sqlite3_column_int(st, 5) == 1 ? text_at(st, 3) : "by axis");
		rep_str(t, sqlite3_column_int(st, 5) == 1 ? text_at(st, 4) : "");
	}
	(void)sqlite3_finalize(st);
	if (rc == SQLITE_DONE)
		return 0;
	return err_set(e, ERR_INPUT, "%s: cannot be read: %s", store_path(d->s), sqlite3_errmsg(store_sql(d->s)));
}

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

/* How far the points' cycles can be trusted, as each machine's own report says. */
static int calibration_notes(const struct sweep_data *d, struct rep *r, struct err *e)
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
			most = (int64_t)((long double)(high - low) * 100000 / (long double)low);
	}
	free(order);
	return most;
}

static void repeat_note(const struct sweep_data *d, struct rep *r)
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

/* Least of the first headline number. */
static void least_verdict(const struct sweep_data *d, struct rep *r)
{
	const struct sweep_point *best = NULL;
	struct str at = STR_INIT;

	for (size_t i = 0; i < d->n_mean; i++)
		if (d->n_headline != 0 && d->mean[i].known[0] && (best == NULL || d->mean[i].v[0] < best->v[0]))
			best = &d->mean[i];
	if (best == NULL)
		return;
	for (size_t i = 0; i < d->n_axis; i++)
		if (sweep_is_place(d, i))
			str_addf(&at, "%s%s %s", at.len != 0 ? ", " : "", short_name(store_axis_at(d->s, i)->name),
				 sweep_label(d, best, i));
	rep_verdict(r, "least %s: %" PRId64 ".%" PRId64 " with %s%s%s%s", d->title[0], best->v[0] / 1000,
		    best->v[0] % 1000 / 100, d->config[best->config], at.len != 0 ? " (" : "", str_get(&at),
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
		str_addf(&text, " at %s %s, ", short_name(x->name), x->label[0]);
		add_range(&text, to[0], to[1]);
		rep_verdict(r, "%s with %s: %s at %s", d->title[h], d->config[c], str_get(&text), x->label[x->n - 1]);
	}
	str_free(&text);
}

/* What the verdicts answer is the headline: said where it is not what crossovers are about, or where nobody named it. */
static void headline_verdicts(const struct sweep_data *d, struct rep *r)
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

static void reproduce(const struct sweep_data *d, struct rep *r)
{
	const char *line = store_meta(d->s, "reproduce"), *words[64];
	char *copy = xstrdup(line);
	size_t n = 0;

	for (char *w = strtok(copy, " "); w != NULL && n < 64; w = strtok(NULL, " "))
		words[n++] = w;
	rep_command(r, words, n);
	free(copy);
}

static int fill(const struct sweep_data *d, struct rep *r, struct err *e)
{
	facts(d, r);
	axis_table(d, r);
	headline_verdicts(d, r);
	sweep_crossovers(d, r);
	for (size_t h = 0; h < d->n_headline; h++)
		headline_table(d, h, r);
	sweep_axis_crossings(d, r);
	point_table(d, r);
	if (failure_table(d, r, e) != 0 || effective_table(d, r, e) != 0)
		return -1;
	least_verdict(d, r);
	reproduce(d, r);
	if (d->n_status[STORE_MISSING] != 0)
		rep_note(r, "points that have not been run yet: %zu; run the sweep again, it does what is missing",
			 d->n_status[STORE_MISSING]);
	repeat_note(d, r);
	return calibration_notes(d, r, e);
}

/* What ran the points: that program, as the file was made of; and the plan, which has the hashes of all that it reads. */
static void provenance(const struct store *s, struct rep *r)
{
	static const char name[] = "el2sim ";
	const char *program = store_meta(s, "program");

	rep_made_by(r, strncmp(program, name, sizeof(name) - 1) == 0 ? program + sizeof(name) - 1 : program,
		    store_meta(s, "program_hash"));
	rep_source(r, REP_OF_CONFIG, store_meta(s, "config"), store_meta(s, "plan_hash"));
}

struct rep *sweep_report(struct store *s, struct err *e)
{
	const char *question = store_meta(s, "question"), *title = store_meta(s, "title");
	struct rep *r = rep_new("sweep", question[0] != '\0' ? question : title[0] != '\0' ? title : "Sweep");
	struct sweep_data d;
	int rc = sweep_data_read(&d, s, e);

	if (rc == 0)
		rc = fill(&d, r, e);
	sweep_data_free(&d);
	if (rc == 0) {
		provenance(s, r);
		return r;
	}
	rep_free(r);
	return NULL;
}
