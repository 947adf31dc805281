/* SPDX-License-Identifier: Apache-2.0 */
/* The report as GitHub-flavoured Markdown. */
#include <string.h>

#include "sim/base/filter.h"
#include "sim/document/rep_doc.h"

static void add_heading(struct str *b, const struct rep_table *t)
{
	for (size_t i = 0; i < t->ncols; i++) {
		str_add(b, i == 0 ? "| " : " | ");
		filter_md(b, t->cols[i].title);
		if (t->cols[i].unit[0] != '\0' && strcmp(t->cols[i].unit, t->cols[i].title) != 0) {
			str_add(b, " (");
			filter_md(b, t->cols[i].unit);
			str_addc(b, ')');
		}
	}
	str_add(b, " |\n|");
	for (size_t i = 0; i < t->ncols; i++)
		str_add(b, t->cols[i].type == REP_STR ? " --- |" : " ---: |");
	str_addc(b, '\n');
}

static void add_row(struct str *b, const struct rep_table *t, size_t row, struct str *scratch)
{
	const char *bold = rep_has_rule(t, row) ? "**" : "";

	for (size_t i = 0; i < t->ncols; i++) {
		const struct rep_cell *cell = rep_cell_at(t, row, i);

		str_reset(scratch);
		rep_cell_add(scratch, &t->cols[i], cell, REP_PEOPLE);
		str_add(b, i == 0 ? "| " : " | ");
		str_add(b, scratch->len != 0 ? bold : "");
		filter_md(b, cell->none ? "-" : str_get(scratch));
		str_add(b, scratch->len != 0 ? bold : "");
	}
	str_add(b, " |\n");
}

static void add_table(struct str *b, const struct rep_table *t, const struct rep_view *v)
{
	struct str scratch = STR_INIT;
	size_t from, to;

	rep_left_out(t, v, &from, &to);
	str_add(b, b->len != 0 ? "\n### " : "### ");
	filter_md(b, t->title[0] != '\0' ? t->title : t->key);
	str_add(b, "\n\n");
	add_heading(b, t);
	for (size_t row = 0; row < rep_rows(t); row++)
		if (row < from || row >= to)
			add_row(b, t, row, &scratch);
	if (to != from)
		str_addf(b, "\n" REP_MORE "\n", to - from);
	if (rep_rows(t) == 0)
		str_add(b, "\n(none)\n");
	str_free(&scratch);
}

static void add_facts(struct str *b, const struct rep *r)
{
	struct str scratch = STR_INIT;

	str_add(b, r->nfacts != 0 ? "\n" : "");
	for (size_t i = 0; i < r->nfacts; i++) {
		str_reset(&scratch);
		rep_fact_add(&scratch, &r->facts[i], REP_PEOPLE);
		str_add(b, "- ");
		filter_md(b, r->facts[i].title);
		str_add(b, ": ");
		filter_md(b, str_get(&scratch));
		str_addc(b, '\n');
	}
	str_free(&scratch);
}

/* An alarm is said once: it stands above the title. */
static void add_verdicts(struct str *b, const struct rep *r)
{
	for (size_t i = 0; i < r->verdicts.n; i++) {
		if (rep_is_alarm(r, r->verdicts.line[i]))
			continue;
		str_add(b, "\n**");
		filter_md(b, r->verdicts.line[i]);
		str_add(b, "**\n");
	}
}

void write_REP_MD(const struct rep *r, const struct rep_view *v, struct str *b)
{
	for (size_t i = 0; i < r->alarms.n; i++) {
		str_add(b, i == 0 ? "## " : "\n**");
		filter_md(b, r->alarms.line[i]);
		str_add(b, i == 0 ? "\n" : "**\n");
	}
	if (!v->alone) {
		str_add(b, r->alarms.n != 0 ? "\n### " : "## ");
		filter_md(b, r->title[0] != '\0' ? r->title : r->command);
		str_addc(b, '\n');
		add_verdicts(b, r);
		add_facts(b, r);
	}
	for (size_t i = 0; i < r->ntables; i++)
		if (!r->tables[i]->detail)
			add_table(b, r->tables[i], v);
	for (size_t i = 0; !v->alone && i < r->notes.n; i++) {
		str_add(b, "\nnote: ");
		filter_md(b, r->notes.line[i]);
		str_addc(b, '\n');
	}
}
