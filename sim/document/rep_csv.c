/* SPDX-License-Identifier: Apache-2.0 */
/* The report as CSV blocks: "# table: key", a header of keys, rows; fields quoted as in RFC 4180. One
   table alone has no line before its header. */
#include <stdlib.h>

#include "sim/base/filter.h"
#include "sim/document/rep_doc.h"

/* A field of text. */
static void add_field(struct str *b, const char *s)
{
	filter_csv(b, s, true);
}

static void begin_block(struct str *b, const char *key)
{
	str_addf(b, "%s# table: %s\n", b->len != 0 ? "\n" : "", key);
}

static void add_facts(struct str *b, const struct rep *r)
{
	struct str scratch = STR_INIT;

	bool bounds = false;

	for (size_t i = 0; i < r->nfacts; i++)
		bounds |= r->facts[i].bound != REP_EXACT;
	begin_block(b, "facts");
	str_add(b, bounds ? "key,value,unit,bound\n" : "key,value,unit\n");
	for (size_t i = 0; i < r->nfacts; i++) {
		str_reset(&scratch);
		rep_fact_add(&scratch, &r->facts[i], REP_PROGRAMS);
		add_field(b, r->facts[i].key);
		str_addc(b, ',');
		filter_csv(b, str_get(&scratch), r->facts[i].text != NULL);
		str_addc(b, ',');
		add_field(b, r->facts[i].unit);
		if (bounds)
			str_addf(b, ",%s", rep_bound_words[r->facts[i].bound]);
		str_addc(b, '\n');
	}
	str_free(&scratch);
}

/* Both ends of the bands of a row, of each column that has some; before the first row their headings. */
static void add_bands(struct str *b, const struct rep_table *t, const bool *banded, size_t row, bool heading)
{
	struct str key = STR_INIT;

	for (size_t i = 0; i < t->ncols; i++) {
		if (!banded[i])
			continue;
		for (unsigned high = 0; high < 2; high++) {
			const struct rep_cell *cell = heading ? NULL : rep_cell_at(t, row, i);

			str_addc(b, ',');
			str_reset(&key);
			str_addf(&key, "%s_%s", t->cols[i].key, high != 0 ? "high" : "low");
			if (heading)
				add_field(b, str_get(&key));
			else if (cell->band)
				rep_exact_add(b, high != 0 ? cell->high : cell->low);
		}
	}
	str_free(&key);
}

static void add_table(struct str *b, const struct rep_table *t, bool alone)
{
	struct str scratch = STR_INIT;
	bool bounds = rep_has_bounds(t), *banded = xcalloc(t->ncols, sizeof(*banded));

	if (!alone)
		begin_block(b, t->key);
	for (size_t i = 0; i < t->ncols; i++) {
		str_add(b, i != 0 ? "," : "");
		add_field(b, t->cols[i].key);
		banded[i] = rep_has_band(t, i);
	}
	add_bands(b, t, banded, 0, true);
	str_add(b, bounds ? ",bounds\n" : "\n");
	for (size_t i = 0; i < t->ncells; i++) {
		size_t col = i % t->ncols;

		str_reset(&scratch);
		rep_cell_add(&scratch, &t->cols[col], &t->cells[i], REP_PROGRAMS);
		filter_csv(b, str_get(&scratch), t->cols[col].type == REP_STR);
		if (col + 1 < t->ncols) {
			str_addc(b, ',');
			continue;
		}
		add_bands(b, t, banded, i / t->ncols, false);
		str_add(b, bounds ? "," : "");
		if (bounds)
			rep_row_bounds(b, t, i / t->ncols);
		str_addc(b, '\n');
	}
	str_free(&scratch);
	free(banded);
}

static void add_sentences(struct str *b, const char *kind, const struct rep_lines *l)
{
	for (size_t i = 0; i < l->n; i++) {
		str_addf(b, "%s,", kind);
		add_field(b, l->line[i]);
		str_addc(b, '\n');
	}
}

void write_REP_CSV(const struct rep *r, const struct rep_view *v, struct str *b)
{
	if (r->alarms.n != 0 && !v->alone) {
		begin_block(b, "alarms");
		str_add(b, "kind,text\n");
		add_sentences(b, "alarm", &r->alarms);
	}
	if (!v->alone)
		add_facts(b, r);
	for (size_t i = 0; i < r->ntables; i++)
		if (!r->tables[i]->detail)
			add_table(b, r->tables[i], v->alone);
	if (v->alone)
		return;
	begin_block(b, "sentences");
	str_add(b, "kind,text\n");
	add_sentences(b, "verdict", &r->verdicts);
	add_sentences(b, "note", &r->notes);
}
