/* SPDX-License-Identifier: Apache-2.0 */
/* The report for a terminal: aligned columns, at most WRAP columns for sentences. */
#include <stdlib.h>
#include <string.h>

#include "sim/document/rep_doc.h"

#define WRAP   118
#define GAP    "  " /* between columns */
#define INDENT "  " /* of a table's lines */

/* Columns on a terminal: code points, every one taken as one column wide. */
static size_t width_of(const char *s, size_t bytes)
{
	size_t n = 0;

	for (size_t i = 0; i < bytes; i++)
		n += (s[i] & 0xc0) != 0x80;
	return n;
}

static size_t width(const char *s)
{
	return width_of(s, strlen(s));
}

static void add_repeated(struct str *b, char c, size_t n)
{
	while (n-- != 0)
		str_addc(b, c);
}

/* End a line without the blanks that padding left behind. */
static void end_line(struct str *b)
{
	while (b->len != 0 && b->s[b->len - 1] == ' ')
		b->s[--b->len] = '\0';
	str_addc(b, '\n');
}

static void add_padded(struct str *b, const char *s, size_t wide, bool right)
{
	size_t w = width(s), pad = w < wide ? wide - w : 0;

	if (right)
		add_repeated(b, ' ', pad);
	str_add(b, s);
	if (!right)
		add_repeated(b, ' ', pad);
}

/* A value that is 0 and whose column is mostly zeros. */
static bool is_sparse_zero(const struct rep_col *col, const struct rep_cell *cell)
{
	if (!col->sparse || cell->none || cell->bound != REP_EXACT || col->type == REP_STR)
		return false;
	return col->type == REP_I64 || col->type == REP_FIX ? cell->i == 0 : cell->u == 0;
}

/* The cell as it is shown; the text lives in scratch. */
static const char *shown(struct str *scratch, const struct rep_col *col, const struct rep_cell *cell)
{
	if (cell->none)
		return "-";
	if (is_sparse_zero(col, cell))
		return ".";
	str_reset(scratch);
	rep_cell_add(scratch, col, cell, REP_PEOPLE);
	return str_get(scratch);
}

/* The second heading line; a unit that the title already is is not repeated. */
static const char *shown_unit(struct str *scratch, const struct rep_col *col)
{
	str_reset(scratch);
	if (col->unit[0] != '\0' && strcmp(col->unit, col->title) != 0)
		str_addf(scratch, "(%s)", col->unit);
	return str_get(scratch);
}

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

static size_t column_width(const struct rep_table *t, size_t col, struct str *scratch)
{
	const struct rep_col *c = &t->cols[col];
	size_t w = larger(width(c->title), width(shown_unit(scratch, c)));

	for (size_t row = 0; row < rep_rows(t); row++)
		w = larger(w, width(shown(scratch, c, rep_cell_at(t, row, col))));
	return w;
}

static void add_rule(struct str *b, const size_t *wide, size_t ncols)
{
	str_add(b, INDENT);
	for (size_t i = 0; i < ncols; i++) {
		str_add(b, i != 0 ? GAP : "");
		add_repeated(b, '-', wide[i]);
	}
	end_line(b);
}

static void add_heading(struct str *b, const struct rep_table *t, const size_t *wide,
			struct str *scratch)
{
	bool units = false;

	str_add(b, INDENT);
	for (size_t i = 0; i < t->ncols; i++) {
		str_add(b, i != 0 ? GAP : "");
		add_padded(b, t->cols[i].title, wide[i], t->cols[i].type != REP_STR);
		units = units || shown_unit(scratch, &t->cols[i])[0] != '\0';
	}
	end_line(b);
	if (units) {
		str_add(b, INDENT);
		for (size_t i = 0; i < t->ncols; i++) {
			str_add(b, i != 0 ? GAP : "");
			add_padded(b, shown_unit(scratch, &t->cols[i]), wide[i],
				   t->cols[i].type != REP_STR);
		}
		end_line(b);
	}
	add_rule(b, wide, t->ncols);
}

static void add_row(struct str *b, const struct rep_table *t, size_t row, const size_t *wide,
		    struct str *scratch)
{
	str_add(b, INDENT);
	for (size_t i = 0; i < t->ncols; i++) {
		str_add(b, i != 0 ? GAP : "");
		add_padded(b, shown(scratch, &t->cols[i], rep_cell_at(t, row, i)), wide[i],
			   t->cols[i].type != REP_STR);
	}
	end_line(b);
}

static void add_table(struct str *b, const struct rep_table *t)
{
	size_t *wide = xcalloc(t->ncols, sizeof(*wide));
	struct str scratch = STR_INIT;

	for (size_t i = 0; i < t->ncols; i++)
		wide[i] = column_width(t, i, &scratch);
	str_addf(b, "\n%s\n", t->title[0] != '\0' ? t->title : t->key);
	add_heading(b, t, wide, &scratch);
	for (size_t row = 0; row < rep_rows(t); row++) {
		if (rep_has_rule(t, row))
			add_rule(b, wide, t->ncols);
		add_row(b, t, row, wide, &scratch);
	}
	if (rep_rows(t) == 0)
		str_add(b, INDENT "(none)\n");
	str_free(&scratch);
	free(wide);
}

static void add_facts(struct str *b, const struct rep *r)
{
	size_t wide = 0;

	for (size_t i = 0; i < r->nfacts; i++)
		wide = larger(wide, width(r->facts[i].title) + 1);
	str_add(b, r->nfacts != 0 && b->len != 0 ? "\n" : "");
	for (size_t i = 0; i < r->nfacts; i++) {
		str_addf(b, "%s:", r->facts[i].title);
		add_repeated(b, ' ', wide - width(r->facts[i].title));
		rep_fact_add(b, &r->facts[i], REP_PEOPLE);
		end_line(b);
	}
}

/* A sentence behind a label, broken between words; the label's width indents what follows. */
static void add_wrapped(struct str *b, const char *label, const char *text)
{
	size_t left = width(label), used = left;
	bool first = true;

	str_add(b, label);
	while (*text != '\0') {
		size_t n = strcspn(text, " ");

		if (!first && used + 1 + width_of(text, n) > WRAP) {
			end_line(b);
			add_repeated(b, ' ', left);
			used = left;
		} else if (!first) {
			str_addc(b, ' ');
			used++;
		}
		str_addn(b, text, n);
		used += width_of(text, n);
		first = false;
		text += n;
		text += *text == ' ';
	}
	end_line(b);
}

void write_REP_TEXT(const struct rep *r, struct str *b)
{
	for (size_t i = 0; i < r->alarms.n; i++)
		str_addf(b, REP_ALARM_MARK "%s\n", r->alarms.line[i]);
	str_add(b, r->alarms.n != 0 ? "\n" : "");
	if (r->title[0] != '\0') {
		str_addf(b, "%s\n", r->title);
		add_repeated(b, '=', width(r->title));
		str_addc(b, '\n');
	}
	add_facts(b, r);
	for (size_t i = 0; i < r->ntables; i++)
		if (!r->tables[i]->detail)
			add_table(b, r->tables[i]);
	str_add(b, r->verdicts.n != 0 && b->len != 0 ? "\n" : "");
	for (size_t i = 0; i < r->verdicts.n; i++)
		str_addf(b, "=> %s\n", r->verdicts.line[i]);
	str_add(b, r->notes.n != 0 && b->len != 0 ? "\n" : "");
	for (size_t i = 0; i < r->notes.n; i++)
		add_wrapped(b, "note: ", r->notes.line[i]);
}
