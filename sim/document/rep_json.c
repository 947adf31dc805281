/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report as JSON, one row of a table per line.
 *
 * It is written here because jansson holds decimals as binary floating point and counts as signed 64 bits, and a report
 * must give both exactly.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/base/filter.h"
#include "sim/document/rep_doc.h"

static void add_string(struct str *b, const char *s)
{
	filter_json(b, s, strlen(s));
}

/* ", " or "," and a new line between the members of one object or array. */
static void add_member(struct str *b, size_t index, const char *between, const char *key)
{
	str_add(b, index != 0 ? "," : "");
	str_add(b, index != 0 || between[0] == '\n' ? between : "");
	if (key != NULL) {
		add_string(b, key);
		str_add(b, ": ");
	}
}

static void add_facts(struct str *b, const struct rep *r)
{
	for (size_t i = 0; i < r->nfacts; i++) {
		const struct rep_fact *f = &r->facts[i];

		add_member(b, i, "\n    ", f->key);
		if (f->text != NULL)
			add_string(b, f->text);
		else
			rep_fact_add(b, f, REP_PROGRAMS);
	}
	str_add(b, r->nfacts != 0 ? "\n  " : "");
}

/* The units of the facts that have one, the titles of those whose title is not the key. */
static void add_fact_units(struct str *b, const struct rep *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->nfacts; i++)
		if (r->facts[i].unit[0] != '\0') {
			add_member(b, n++, " ", r->facts[i].key);
			add_string(b, r->facts[i].unit);
		}
}

static void add_fact_titles(struct str *b, const struct rep *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->nfacts; i++)
		if (strcmp(r->facts[i].title, r->facts[i].key) != 0) {
			add_member(b, n++, "\n    ", r->facts[i].key);
			add_string(b, r->facts[i].title);
		}
	str_add(b, n != 0 ? "\n  " : "");
}

/* The facts that are bounds; nothing if none is. */
static void add_fact_bounds(struct str *b, const struct rep *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->nfacts; i++) {
		if (r->facts[i].bound == REP_EXACT)
			continue;
		str_add(b, n == 0 ? ",\n  \"fact_bounds\": {" : "");
		add_member(b, n++, " ", r->facts[i].key);
		add_string(b, rep_bound_words[r->facts[i].bound]);
	}
	str_add(b, n != 0 ? "}" : "");
}

static void add_column(struct str *b, const struct rep_col *c)
{
	const char *const members[][2] = {
		{ "key", c->key }, { "title", c->title }, { "type", rep_type_names[c->type] }, { "unit", c->unit }
	};

	str_addc(b, '{');
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		add_member(b, i, " ", members[i][0]);
		add_string(b, members[i][1]);
	}
	if (c->type == REP_FIX)
		str_addf(b, ", \"decimals\": %d", c->decimals);
	str_add(b, c->sparse ? ", \"sparse\": true}" : "}");
}

/* Rows with a rule before them. */
static void add_rules(struct str *b, const struct rep_table *t)
{
	if (t->nrules == 0)
		return;
	str_add(b, ",\n      \"rules\": [");
	for (size_t i = 0; i < t->nrules; i++)
		str_addf(b, "%s%zu", i != 0 ? ", " : "", t->rules[i]);
	str_addc(b, ']');
	if (t->grouped)
		str_add(b, ",\n      \"grouped\": true");
}

/* The cells that are bounds. */
static void add_bounds(struct str *b, const struct rep_table *t)
{
	size_t n = 0;

	if (!rep_has_bounds(t))
		return;
	str_add(b, ",\n      \"bounds\": [");
	for (size_t i = 0; i < t->ncells; i++) {
		if (t->cells[i].bound == REP_EXACT)
			continue;
		add_member(b, n++, "\n        ", NULL);
		str_addf(b, "{\"row\": %zu, \"column\": ", i / t->ncols);
		add_string(b, t->cols[i % t->ncols].key);
		str_addf(b, ", \"bound\": \"%s\"}", rep_bound_words[t->cells[i].bound]);
	}
	str_add(b, "\n      ]");
}

/* Both ends of uncertain figures: per column that has some a pair per row, or null. */
static void add_bands(struct str *b, const struct rep_table *t)
{
	size_t n = 0;

	for (size_t col = 0; col < t->ncols; col++) {
		if (!rep_has_band(t, col))
			continue;
		str_add(b, n == 0 ? ",\n      \"bands\": {" : "");
		add_member(b, n++, "\n        ", t->cols[col].key);
		for (size_t row = 0; row < rep_rows(t); row++) {
			const struct rep_cell *cell = rep_cell_at(t, row, col);

			str_add(b, row == 0 ? "[" : ", ");
			if (!cell->band) {
				str_add(b, "null");
				continue;
			}
			str_addc(b, '[');
			rep_exact_add(b, cell->low);
			str_add(b, ", ");
			rep_exact_add(b, cell->high);
			str_addc(b, ']');
		}
		str_addc(b, ']');
	}
	str_add(b, n != 0 ? "\n      }" : "");
}

/* A list of strings from words that blanks separate. */
static void add_words(struct str *b, const char *words)
{
	size_t n = 0;

	str_addc(b, '[');
	while (*(words += strspn(words, " ")) != '\0') {
		struct str word = STR_INIT;

		str_addn(&word, words, strcspn(words, " "));
		add_member(b, n++, " ", NULL);
		add_string(b, str_get(&word));
		words += word.len;
		str_free(&word);
	}
	str_addc(b, ']');
}

void rep_chart_json(struct str *b, const struct rep_chart *c)
{
	const struct {
		const char *key, *text;
	} given[] = { { "title", c->title }, { "x", c->x }, { "series", c->series }, { "split", c->split },
		      { "unit", c->unit },   { "marks", c->marks } };
	const struct {
		const char *key;
		bool on;
	} flags[] = { { "log_x", c->log_x }, { "log_y", c->log_y }, { "transposed", c->transposed },
		      { "lead", c->lead } };

	str_addf(b, "{\"kind\": \"%s\"", rep_chart_names[c->kind]);
	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++)
		if (given[i].text[0] != '\0') {
			add_member(b, 1, " ", given[i].key);
			add_string(b, given[i].text);
		}
	str_add(b, ", \"y\": ");
	add_words(b, c->y);
	if (c->choose[0] != '\0') {
		str_add(b, ", \"choose\": ");
		add_words(b, c->choose);
	}
	if (c->first[0] != '\0') {
		str_add(b, ", \"first\": ");
		add_words(b, c->first);
	}
	if (c->band[0] != '\0') {
		str_add(b, ", \"band\": ");
		add_words(b, c->band);
	}
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (flags[i].on)
			str_addf(b, ", \"%s\": true", flags[i].key);
	str_addc(b, '}');
}

static void add_charts(struct str *b, const struct rep_table *t)
{
	if (t->ncharts == 0)
		return;
	str_add(b, ",\n      \"charts\": [");
	for (size_t i = 0; i < t->ncharts; i++) {
		add_member(b, i, "\n        ", NULL);
		rep_chart_json(b, &t->charts[i]);
	}
	str_add(b, "\n      ]");
}

static void add_value(struct str *b, const struct rep_col *c, const struct rep_cell *cell)
{
	struct str text = STR_INIT;

	if (cell->none) {
		str_add(b, "null");
	} else if (c->type == REP_FIX) {
		rep_exact_add(b, cell->i);
	} else if (c->type == REP_STR || c->type == REP_HEX) {
		rep_cell_add(&text, c, cell, REP_PROGRAMS);
		add_string(b, str_get(&text));
	} else {
		rep_cell_add(b, c, cell, REP_PROGRAMS);
	}
	str_free(&text);
}

static void add_row(struct str *b, const struct rep_table *t, size_t row)
{
	str_addc(b, '{');
	for (size_t i = 0; i < t->ncols; i++) {
		add_member(b, i, " ", t->cols[i].key);
		add_value(b, &t->cols[i], rep_cell_at(t, row, i));
	}
	str_addc(b, '}');
}

static void add_table(struct str *b, const struct rep_table *t)
{
	str_add(b, "{\n      \"title\": ");
	add_string(b, t->title);
	str_add(b, t->detail ? ",\n      \"detail\": true" : "");
	str_add(b, t->many ? ",\n      \"many\": true" : "");
	str_add(b, ",\n      \"columns\": [");
	for (size_t i = 0; i < t->ncols; i++) {
		add_member(b, i, "\n        ", NULL);
		add_column(b, &t->cols[i]);
	}
	str_add(b, "\n      ]");
	add_rules(b, t);
	add_bounds(b, t);
	add_bands(b, t);
	add_charts(b, t);
	str_add(b, ",\n      \"rows\": [");
	for (size_t row = 0; row < rep_rows(t); row++) {
		add_member(b, row, "\n        ", NULL);
		add_row(b, t, row);
	}
	str_add(b, rep_rows(t) != 0 ? "\n      ]\n    }" : "]\n    }");
}

static void add_lines(struct str *b, const struct rep_lines *l)
{
	for (size_t i = 0; i < l->n; i++) {
		add_member(b, i, "\n    ", NULL);
		add_string(b, l->line[i]);
	}
	str_add(b, l->n != 0 ? "\n  " : "");
}

struct origins {
	struct str *b;
	size_t n;
};

static void add_origin(void *ctx, const char *name, const char *sha256)
{
	struct origins *o = ctx;

	add_member(o->b, o->n++, "\n      ", NULL);
	str_add(o->b, "{\"name\": ");
	add_string(o->b, name);
	str_add(o->b, ", \"sha256\": ");
	add_string(o->b, sha256);
	str_addc(o->b, '}');
}

/* Nothing of a report whose maker did not say. */
static void add_provenance(struct str *b, const struct rep *r)
{
	if (r->version[0] == '\0')
		return;
	str_add(b, ",\n  \"provenance\": {\n    \"version\": ");
	add_string(b, r->version);
	str_add(b, ",\n    \"program\": ");
	add_string(b, r->program);
	for (unsigned kind = 0; kind < REP_SOURCE_COUNT; kind++) {
		struct origins o = { b, 0 };

		str_addf(b, ",\n    \"%s\": [", rep_source_keys[kind]);
		rep_each_origin(r, (enum rep_source)kind, add_origin, &o);
		str_add(b, o.n != 0 ? "\n    ]" : "]");
	}
	str_add(b, "\n  }");
}

void write_REP_JSON(const struct rep *r, const struct rep_view *v, struct str *b)
{
	(void)v; /* for programs: all of it */
	str_addf(b, "{\n  \"schema\": \"el2sim.%s/%d\",\n  \"title\": ", r->command,
		 rep_bounds(r) != 0 ? REP_VERSION_BOUNDS : REP_VERSION);
	add_string(b, r->title);
	if (r->words.n != 0) {
		str_add(b, ",\n  \"command\": [");
		for (size_t i = 0; i < r->words.n; i++) {
			add_member(b, i, " ", NULL);
			add_string(b, r->words.line[i]);
		}
		str_addc(b, ']');
	}
	add_provenance(b, r);
	if (r->alarms.n != 0) {
		str_add(b, ",\n  \"alarms\": [");
		add_lines(b, &r->alarms);
		str_addc(b, ']');
	}
	str_add(b, ",\n  \"facts\": {");
	add_facts(b, r);
	str_add(b, "},\n  \"fact_titles\": {");
	add_fact_titles(b, r);
	str_add(b, "},\n  \"fact_units\": {");
	add_fact_units(b, r);
	str_add(b, "}");
	add_fact_bounds(b, r);
	str_add(b, ",\n  \"tables\": {");
	for (size_t i = 0; i < r->ntables; i++) {
		add_member(b, i, "\n    ", r->tables[i]->key);
		add_table(b, r->tables[i]);
	}
	str_add(b, r->ntables != 0 ? "\n  },\n  \"verdicts\": [" : "},\n  \"verdicts\": [");
	add_lines(b, &r->verdicts);
	str_add(b, "],\n  \"notes\": [");
	add_lines(b, &r->notes);
	str_add(b, "]\n}\n");
}
