/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/sweep/sweep_report.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/str.h"
#include "sim/sweep/sweep_cross.h"
#include "sim/sweep/sweep_data.h"
#include "sim/sweep/sweep_sentences.h"

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
			add_column(x, (struct rep_col){ .key = a->name, .title = sweep_short_name(a->name), .unit = a->unit,
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

/* The last axis that has a column; there is one. */
static size_t last_column(const struct sweep_data *d)
{
	size_t last = SWEEP_NONE, n = 0;

	for (size_t i = 0; i < d->n_axis; i++)
		if (has_column(d, i, false) && n++ < COLUMNS_MAX / 2)
			last = i;
	return last;
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
	if (p == NULL || !p->known[headline]) {
		rep_none(t);
		return;
	}
	rep_fix(t, p->v[headline]);
	sweep_in_band(t, &p->band[headline], p->v[headline]);
}

/* One headline number: a row per place, a column per configuration. */
static void headline_table(const struct sweep_data *d, size_t h, struct rep *r)
{
	struct columns x = { .n = 0 };
	char *choose = choices(d, d->x != SWEEP_NONE ? d->x : last_column(d), false), key[24], title[200];
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
						  .y = str_get(&y), .unit = d->title[h], .choose = choose, .log_x = type == REP_ID,
						  .marks = h == 0 ? SWEEP_AXIS_CROSSINGS : "" });
	} else if (n_axes != 0) {
		rep_chart(t, &(struct rep_chart){ .kind = REP_BARS, .title = d->title[h], .x = x.c[n_axes - 1].key,
						  .y = str_get(&y), .unit = d->title[h], .choose = choose });
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
			if (!p->phases) {
				rep_none(t);
				continue;
			}
			rep_fix(t, p->phase[ph]);
			sweep_in_band(t, &p->phase_band[ph], p->phase[ph]);
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
			rep_many(t);
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

static void reproduce(const struct sweep_data *d, struct rep *r)
{
	const char *line = store_meta(d->s, "reproduce"), *words[64];
	char *copy = xstrdup(line), *list = copy, *word;
	size_t n = 0;

	while (n < 64 && (word = str_word(&list, " ")) != NULL)
		words[n++] = word;
	rep_command(r, words, n);
	free(copy);
}

/* What is said below is of the points that have a result. */
static void alarms(const struct sweep_data *d, struct rep *r)
{
	const size_t failed = d->n_status[STORE_FAILED] + d->n_status[STORE_CRASHED] + d->n_status[STORE_TIMEOUT];
	const char *s = d->n == 1 ? "" : "s";

	if (failed != 0)
		rep_alarm(r, "%zu of %zu point%s failed, and are in no figure below", failed, d->n, s);
	if (d->n_status[STORE_MISSING] != 0)
		rep_alarm(r, "%zu of %zu point%s have not been run yet: run the sweep again, it does what is missing",
			  d->n_status[STORE_MISSING], d->n, s);
}

static int fill(const struct sweep_data *d, struct rep *r, struct err *e)
{
	facts(d, r);
	alarms(d, r);
	axis_table(d, r);
	sweep_headline_verdicts(d, r);
	sweep_crossovers(d, r);
	for (size_t h = 0; h < d->n_headline; h++)
		headline_table(d, h, r);
	sweep_axis_crossings(d, r);
	point_table(d, r);
	if (failure_table(d, r, e) != 0 || effective_table(d, r, e) != 0)
		return -1;
	sweep_least_verdict(d, r);
	reproduce(d, r);
	sweep_repeat_note(d, r);
	return sweep_calibration_notes(d, r, e);
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
