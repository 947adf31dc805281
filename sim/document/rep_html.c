/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report as one HTML page that needs nothing else: style, script and d3 are in it, and a policy in its
 * head forbids it to load anything.
 *
 * Everything that is said stands in the HTML, so that it is read without the script, too. The script
 * (html/) sorts and filters the tables, and draws the charts from the tables' cells: what a <figure> draws
 * is in its data-chart, as in the JSON.
 */
#include <string.h>

#include "sim/base/filter.h"
#include "sim/document/rep_doc.h"
#include "sim/document/rep_html.h"

#define CLOSED_FROM 200 /* rows from which a table begins folded: nobody reads them all */

#define LONG_TEXT 36 /* bytes from which a cell's text is broken into lines */

/* --- text ------------------------------------------------------------------------------------- */

static void add_element(struct str *b, const char *open, const char *text, const char *close)
{
	str_add(b, open);
	filter_html(b, text);
	str_add(b, close);
}

/* An id has no blanks; prefix tells reports of one page apart. */
static void add_id(struct str *b, const char *prefix, const char *key)
{
	struct str id = STR_INIT;

	str_addf(&id, "%s%s", prefix, key);
	for (char *p = id.s; p != NULL && *p != '\0'; p++)
		*p = *p == ' ' ? '-' : *p;
	filter_html(b, str_get(&id));
	str_free(&id);
}

static const char *title_of(const struct rep *r)
{
	return r->title[0] != '\0' ? r->title : r->command;
}

static const char *table_title(const struct rep_table *t)
{
	return t->title[0] != '\0' ? t->title : t->key;
}

/* A word of a command line as a shell reads it. */
static void add_shell_word(struct str *b, const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=,:+@%^";
	struct str quoted = STR_INIT;

	if (s[0] != '\0' && strspn(s, plain) == strlen(s)) {
		filter_html(b, s);
		return;
	}
	str_addc(&quoted, '\'');
	for (; *s != '\0'; s++) {
		if (*s == '\'')
			str_add(&quoted, "'\\''");
		else
			str_addc(&quoted, *s);
	}
	str_addc(&quoted, '\'');
	filter_html(b, str_get(&quoted));
	str_free(&quoted);
}

/* --- tables ----------------------------------------------------------------------------------- */

static bool is_number(enum rep_type type)
{
	return type != REP_STR;
}

static void add_heading_cells(struct str *b, const struct rep_table *t)
{
	static const char *const sorts[] = { "text", "number" };

	str_add(b, "<thead><tr>");
	for (size_t i = 0; i < t->ncols; i++) {
		const struct rep_col *c = &t->cols[i];

		str_addf(b, "<th scope=\"col\" data-type=\"%s\" data-key=\"", sorts[is_number(c->type)]);
		filter_html(b, c->key);
		str_add(b, is_number(c->type) ? "\" class=\"n\">" : "\">");
		filter_html(b, c->title);
		if (c->unit[0] != '\0' && strcmp(c->unit, c->title) != 0)
			add_element(b, " <span class=\"unit\">", c->unit, "</span>");
		str_add(b, "</th>");
	}
	str_add(b, "</tr></thead>\n");
}

/* Does people's text say less than the number? Then the cell carries the number, too. */
static bool is_rounded(const struct rep_col *c, const struct rep_cell *cell)
{
	int64_t step = c->decimals == 1 ? 100 : c->decimals == 2 ? 10 : 1;

	return c->type == REP_FIX && cell->i % step != 0;
}

static void add_cell_of(struct str *b, const struct rep_col *c, const struct rep_cell *cell, bool names_row)
{
	struct str text = STR_INIT;
	const char *tag = names_row ? "th" : "td";

	str_addf(b, "<%s", tag);
	str_add(b, names_row ? " scope=\"row\"" : "");
	str_add(b, is_number(c->type) ? " class=\"n\"" : !cell->none && strlen(cell->s) > LONG_TEXT ? " class=\"long\"" : "");
	if (cell->none) {
		str_addf(b, "><span class=\"none\">\342\200\223</span></%s>", tag); /* a dash */
		return;
	}
	if (cell->bound != REP_EXACT)
		str_addf(b, " data-bound=\"%s\"", cell->bound == REP_AT_LEAST ? "&gt;=" : "&lt;=");
	if (cell->band) {
		str_add(b, " data-low=\"");
		rep_exact_add(b, cell->low);
		str_add(b, "\" data-high=\"");
		rep_exact_add(b, cell->high);
		str_add(b, "\" title=\"");
		rep_exact_add(b, cell->low);
		str_add(b, " to ");
		rep_exact_add(b, cell->high);
		str_addc(b, '"');
	}
	if (cell->band && c->type != REP_FIX) {
		str_add(b, " data-v=\"");
		rep_cell_add(b, c, cell, REP_PROGRAMS);
		str_addc(b, '"');
	} else if (cell->band || is_rounded(c, cell)) {
		str_add(b, " data-v=\"");
		rep_exact_add(b, cell->i);
		str_addc(b, '"');
	}
	str_addc(b, '>');
	rep_cell_add(&text, c, cell, REP_PEOPLE);
	if (c->sparse && strcmp(str_get(&text), "0") == 0)
		str_add(b, "<span class=\"none\">0</span>");
	else
		filter_html(b, str_get(&text));
	str_addf(b, "</%s>", tag);
	str_free(&text);
}

static void add_rows(struct str *b, const struct rep_table *t)
{
	size_t first_rule = t->nrules != 0 ? t->rules[0] : rep_rows(t);

	str_add(b, "<tbody>");
	for (size_t row = 0; row < rep_rows(t); row++) {
		if (row == first_rule && !t->grouped)
			str_add(b, "</tbody>\n<tbody class=\"totals\">");
		str_add(b, rep_has_rule(t, row) ? "\n<tr class=\"rule\">" : "\n<tr>");
		for (size_t i = 0; i < t->ncols; i++)
			add_cell_of(b, &t->cols[i], rep_cell_at(t, row, i), i == 0 && !is_number(t->cols[i].type));
		str_add(b, "</tr>");
	}
	str_add(b, "</tbody>\n");
}

static void add_figure(struct str *b, const struct rep_table *t, const struct rep_chart *c, const char *prefix)
{
	struct str json = STR_INIT;

	rep_chart_json(&json, c);
	str_add(b, "<figure class=\"chart\" data-table=\"");
	add_id(b, prefix, t->key);
	str_add(b, "\" data-marks=\"");
	if (c->marks[0] != '\0')
		add_id(b, prefix, c->marks);
	str_add(b, "\" data-chart=\"");
	filter_html(b, str_get(&json));
	str_add(b, "\">");
	add_element(b, "<figcaption>", c->title[0] != '\0' ? c->title : table_title(t), "</figcaption></figure>\n");
	str_free(&json);
}

/* The table alone: what is in its section beside heading and charts. */
static void add_data(struct str *b, const struct rep_table *t, const char *prefix)
{
	bool folded = strcmp(t->key, REP_ASKED) != 0 && (t->detail || rep_rows(t) >= CLOSED_FROM);

	if (rep_rows(t) == 0) {
		str_add(b, "<p class=\"empty\">none</p>\n");
		return;
	}
	str_addf(b, "<details class=\"data\"%s><summary>Table: %zu row%s</summary>\n", folded ? "" : " open", rep_rows(t),
		 rep_rows(t) == 1 ? "" : "s");
	str_add(b, "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"");
	filter_html(b, table_title(t));
	str_add(b, "\"><table id=\"");
	add_id(b, prefix, t->key);
	str_add(b, "\">");
	add_element(b, "<caption>", table_title(t), "</caption>");
	add_heading_cells(b, t);
	add_rows(b, t);
	str_add(b, "</table></div></details>\n");
}

/* Tables that have their place: what was asked at the beginning, the configuration at the end. */
static bool has_place(const struct rep_table *t)
{
	return strcmp(t->key, REP_ASKED) == 0 || strcmp(t->key, REP_EFFECTIVE) == 0;
}

static const struct rep_table *table_of(const struct rep *r, const char *key)
{
	for (size_t i = 0; i < r->ntables; i++)
		if (strcmp(r->tables[i]->key, key) == 0)
			return r->tables[i];
	return NULL;
}

static void begin_section(struct str *b, const char *prefix, const char *id, const char *title)
{
	str_add(b, "<section aria-labelledby=\"");
	add_id(b, prefix, id);
	str_add(b, "-h\"><h2 id=\"");
	add_id(b, prefix, id);
	str_add(b, "-h\">");
	filter_html(b, title);
	str_add(b, "</h2>\n");
}

/* --- the sections of one report --------------------------------------------------------------- */

/* The chart that stands beside the answer: the one marked, else the first. */
static const struct rep_chart *lead_chart(const struct rep *r, const struct rep_table **t)
{
	const struct rep_chart *first = NULL;

	for (size_t i = 0; i < r->ntables; i++)
		for (size_t k = 0; k < r->tables[i]->ncharts; k++) {
			const struct rep_chart *c = &r->tables[i]->charts[k];

			if (first == NULL || (c->lead && !first->lead)) {
				first = c;
				*t = r->tables[i];
			}
		}
	return first;
}

#define UNCERTAINTY "uncertainty: "

/* Words of a note that says how far numbers can be trusted. */
static bool is_caution(const char *note)
{
	static const char *const words[] = { "uncalibrated", "not calibrated", "ASSUMED", "not measured", "was not recorded",
					     "estimate", UNCERTAINTY };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(note, words[i]) != NULL)
			return true;
	return false;
}

static void add_answer(struct str *b, const struct rep *r, const char *prefix)
{
	const struct rep_table *t = NULL;
	const struct rep_chart *lead = lead_chart(r, &t);
	size_t n = 0;

	str_add(b, "<section class=\"answer\" aria-label=\"Answer\">\n");
	if (r->verdicts.n != 0 && r->alarms.n == 0)
		add_element(b, "<p class=\"lead\">", r->verdicts.line[0], "</p>\n");
	for (size_t i = 0; i < r->notes.n; i++) {
		const char *note = r->notes.line[i];

		if (is_caution(note)) {
			if (strncmp(note, UNCERTAINTY, strlen(UNCERTAINTY)) == 0)
				note += strlen(UNCERTAINTY); /* the heading says it */
			add_element(b, "<p class=\"caution\"><strong>Uncertainty</strong> ", note, "</p>\n");
			break;
		}
	}
	if (lead != NULL)
		add_figure(b, t, lead, prefix);
	for (size_t i = r->alarms.n == 0; i < r->verdicts.n; i++) {
		if (rep_is_alarm(r, r->verdicts.line[i]))
			continue;
		str_add(b, n++ == 0 ? "<ul class=\"more\">\n" : "");
		add_element(b, "<li>", r->verdicts.line[i], "</li>\n");
	}
	str_add(b, n != 0 ? "</ul>\n" : "");
	str_add(b, "</section>\n");
}

static void add_command(struct str *b, const struct rep *r)
{
	str_add(b, "<div class=\"command\"><pre tabindex=\"0\" role=\"group\" aria-label=\"Command\"><code>");
	for (size_t i = 0; i < r->words.n; i++) {
		str_add(b, i != 0 ? " " : "");
		add_shell_word(b, r->words.line[i]);
	}
	str_add(b, "</code></pre></div>\n");
}

static void add_facts(struct str *b, const struct rep *r)
{
	struct str value = STR_INIT;

	str_add(b, "<dl class=\"facts\">\n");
	for (size_t i = 0; i < r->nfacts; i++) {
		str_reset(&value);
		rep_fact_add(&value, &r->facts[i], REP_PEOPLE);
		add_element(b, "<div><dt>", r->facts[i].title, "</dt>");
		add_element(b, "<dd>", str_get(&value), "</dd></div>\n");
	}
	str_add(b, "</dl>\n");
	str_free(&value);
}

static void add_asked(struct str *b, const struct rep *r, const char *prefix)
{
	const struct rep_table *asked = table_of(r, REP_ASKED);

	if (asked == NULL && r->nfacts == 0 && r->words.n == 0)
		return;
	begin_section(b, prefix, "asked-for", "What was asked");
	if (r->words.n != 0)
		add_command(b, r);
	if (asked != NULL) {
		add_element(b, "<h3>", table_title(asked), "</h3>\n");
		add_data(b, asked, prefix);
	}
	if (r->nfacts != 0)
		add_facts(b, r);
	str_add(b, "</section>\n");
}

static void add_notes(struct str *b, const struct rep *r, const char *prefix)
{
	if (r->notes.n == 0)
		return;
	begin_section(b, prefix, "notes", "How to read it");
	str_add(b, "<ul class=\"notes\">\n");
	for (size_t i = 0; i < r->notes.n; i++)
		add_element(b, "<li>", r->notes.line[i], "</li>\n");
	str_add(b, "</ul></section>\n");
}

static void add_table(struct str *b, const struct rep *r, const struct rep_table *t, const char *prefix)
{
	const struct rep_table *of = NULL;
	const struct rep_chart *lead = lead_chart(r, &of);

	begin_section(b, prefix, t->key, table_title(t));
	for (size_t i = 0; i < t->ncharts; i++)
		if (&t->charts[i] != lead)
			add_figure(b, t, &t->charts[i], prefix);
	add_data(b, t, prefix);
	str_add(b, "</section>\n");
}

static void add_origin(void *ctx, const char *name, const char *sha256)
{
	struct str *b = ctx;

	add_element(b, "<tr><td>", name, "</td>");
	add_element(b, "<td><code>", sha256, "</code></td></tr>\n");
}

/* Program and files by their hashes: whether another run would be of the same. */
static void add_provenance(struct str *b, const struct rep *r)
{
	if (r->version[0] == '\0')
		return;
	str_add(b, "<details class=\"made\"><summary>What it was made from (SHA-256)</summary>\n<table><tbody>\n<tr><td>el2sim ");
	filter_html(b, r->version);
	add_element(b, "</td><td><code>", r->program, "</code></td></tr>\n");
	for (unsigned kind = 0; kind < REP_SOURCE_COUNT; kind++) {
		struct str rows = STR_INIT;

		rep_each_origin(r, (enum rep_source)kind, add_origin, &rows);
		if (rows.len != 0)
			str_addf(b, "<tr><th colspan=\"2\" scope=\"rowgroup\">%s</th></tr>\n", rep_source_titles[kind]);
		str_add(b, str_get(&rows));
		str_free(&rows);
	}
	str_add(b, "</tbody></table></details>\n");
}

static void add_reproduce(struct str *b, const struct rep *r, const char *prefix)
{
	const struct rep_table *effective = table_of(r, REP_EFFECTIVE);

	if (effective != NULL) {
		begin_section(b, prefix, "configuration", table_title(effective));
		add_data(b, effective, prefix);
		str_add(b, "</section>\n");
	}
	if (r->words.n == 0)
		return;
	begin_section(b, prefix, "reproduce", "How to reproduce it");
	add_element(b, "<p>With el2sim ", r->version, ", in the folder that the paths start from:</p>\n");
	add_command(b, r);
	str_add(b, "<p>The same input gives the same bytes: add <code>--format text</code>, <code>md</code>, "
		   "<code>csv</code> or <code>json</code> for other forms of this page.</p>");
	add_provenance(b, r);
	str_add(b, "</section>\n");
}

static void add_report(struct str *b, const struct rep *r, const char *prefix)
{
	str_addf(b, "<article aria-labelledby=\"%sel2sim-title\"><h1 id=\"%sel2sim-title\"%s>", prefix, prefix,
		 r->alarms.n != 0 ? " class=\"alarm\"" : "");
	filter_html(b, r->alarms.n != 0 ? r->alarms.line[0] : title_of(r));
	str_add(b, "</h1>\n");
	for (size_t i = 1; i < r->alarms.n; i++)
		add_element(b, "<p class=\"alarm\">", r->alarms.line[i], "</p>\n");
	if (r->alarms.n != 0)
		add_element(b, "<p class=\"lead\">", title_of(r), "</p>\n");
	add_answer(b, r, prefix);
	add_asked(b, r, prefix);
	add_notes(b, r, prefix);
	for (size_t i = 0; i < r->ntables; i++)
		if (!has_place(r->tables[i]))
			add_table(b, r, r->tables[i], prefix);
	add_reproduce(b, r, prefix);
	str_add(b, "</article>\n");
}

/* --- the page --------------------------------------------------------------------------------- */

static void add_head(struct str *b, const char *title)
{
	str_add(b, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
		   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
		   "script-src 'unsafe-inline'; img-src data:\">\n"
		   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		   "<meta name=\"color-scheme\" content=\"light dark\">\n"
		   "<meta name=\"generator\" content=\"el2sim " EL2SIM_VERSION "\">\n"
		   "<link rel=\"icon\" href=\"data:,\">\n");
	add_element(b, "<title>", title, " - el2sim</title>\n<style>\n");
	str_addn(b, html_style, html_style_len);
	str_add(b, "</style></head>\n");
}

static void add_foot(struct str *b)
{
	str_add(b, "<footer><p>Written by el2sim " EL2SIM_VERSION ". Counts are exact for the model, cycles are "
		   "approximate.</p>\n<details><summary>Licence of the charts' library</summary><pre tabindex=\"0\">");
	str_addn(b, html_d3_licence, html_d3_licence_len);
	str_add(b, "</pre></details></footer>\n<script>\n");
	str_addn(b, html_d3, html_d3_len);
	str_add(b, "</script>\n<script>\n");
	str_addn(b, html_script, html_script_len);
	str_add(b, "</script>\n</body></html>\n");
}

void rep_html_page(const struct rep *const *r, size_t n, struct str *b)
{
	struct str prefix = STR_INIT;

	add_head(b, n == 1 ? title_of(r[0]) : "Reports");
	rep_colours_json(&prefix);
	str_add(b, "<body data-colours=\"");
	filter_html(b, str_get(&prefix));
	str_add(b, "\"><a class=\"skip\" href=\"#el2sim-main\">Skip to the report</a>\n<header class=\"top\">"
		   "<p class=\"brand\">el2sim</p>");
	if (n == 1)
		add_element(b, "<p class=\"what\">", r[0]->command, "</p>");
	str_add(b, "<div class=\"tools\"></div></header>\n<div class=\"layout\"><nav class=\"toc\" aria-label=\"Contents\" "
		   "hidden></nav>\n<main id=\"el2sim-main\">\n");
	for (size_t i = 0; i < n; i++) {
		str_reset(&prefix);
		if (n > 1)
			str_addf(&prefix, "r%zu-", i + 1);
		add_report(b, r[i], str_get(&prefix));
	}
	str_add(b, "</main></div>\n");
	add_foot(b);
	str_free(&prefix);
}

void write_REP_HTML(const struct rep *r, const struct rep_view *v, struct str *b)
{
	(void)v; /* a page has its own ways to see less */
	rep_html_page(&r, 1, b);
}
