/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/document/rep_grid.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/wrap.h"

#define GAP	   2  /* columns between two */
#define TEXT_MIN   20 /* a column of text is not made narrower to keep a table in one part */
#define TEXT_LEAST 8  /* unless there is no other way */
#define TEXT_PART  36 /* and, in a table of several parts, not than this */
#define BELOW_IN   4  /* what stands below its row is so far in */
#define NAMES_MAX  3  /* leading columns that stand in every part */

struct column {
	size_t natural, least; /* as wide as all that is in it; as its numbers and the longest word of its title */
	size_t wide;	       /* in this part */
};

struct grid {
	const struct rep_table *t;
	size_t from, to; /* rows that are left out */
	struct column *c;
	size_t *part; /* the columns of this part, left to right */
	size_t n;
	size_t below; /* column whose text stands below each row; as many as there are columns: none */
	struct str scratch;
};

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t width(const char *s)
{
	return wrap_width(s, strlen(s));
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

/* The last line of the heading; a unit that the title already is is not repeated. */
static const char *shown_unit(struct str *scratch, const struct rep_col *col)
{
	str_reset(scratch);
	if (col->unit[0] != '\0' && strcmp(col->unit, col->title) != 0)
		str_addf(scratch, "(%s)", col->unit);
	return str_get(scratch);
}

static size_t next_row(const struct grid *g, size_t row)
{
	return row + 1 == g->from ? g->to : row + 1;
}

static size_t first_row(const struct grid *g)
{
	return g->from == 0 ? g->to : 0;
}

/* --- how wide --------------------------------------------------------------------------------- */

static void measure(struct grid *g, size_t col)
{
	const struct rep_col *c = &g->t->cols[col];
	struct column *m = &g->c[col];
	size_t head, cells = 0;

	head = larger(wrap_longest_word(c->title), width(shown_unit(&g->scratch, c)));
	for (size_t row = first_row(g); row < rep_rows(g->t); row = next_row(g, row))
		cells = larger(cells, width(shown(&g->scratch, c, rep_cell_at(g->t, row, col))));
	m->natural = larger(larger(width(c->title), head), cells);
	m->least = larger(head, c->type == REP_STR ? smaller(cells, TEXT_MIN) : cells);
}

static size_t sum_of(const struct grid *g, size_t cap)
{
	size_t sum = g->n != 0 ? (g->n - 1) * GAP : 0;

	for (size_t i = 0; i < g->n; i++) {
		const struct column *c = &g->c[g->part[i]];

		sum += smaller(c->natural, larger(c->least, cap));
	}
	return sum;
}

/* Where even the least is too much, texts give more. */
static void squeeze(struct grid *g, size_t room)
{
	while (sum_of(g, 0) > room) {
		struct column *widest = NULL;

		for (size_t i = 0; i < g->n; i++) {
			struct column *c = &g->c[g->part[i]];

			if (g->t->cols[g->part[i]].type == REP_STR && c->least > TEXT_LEAST && (widest == NULL || c->least > widest->least))
				widest = c;
		}
		if (widest == NULL)
			return;
		widest->least--;
	}
}

/* The widths of this part: the widest columns give first, all as wide as the room allows. */
static void fit(struct grid *g, size_t room)
{
	size_t cap = SIZE_MAX, left;

	squeeze(g, room);
	if (sum_of(g, SIZE_MAX) > room)
		for (cap = room; cap != 0 && sum_of(g, cap) > room; cap--)
			;
	left = room > sum_of(g, cap) ? room - sum_of(g, cap) : 0;
	for (size_t i = 0; i < g->n; i++) {
		struct column *c = &g->c[g->part[i]];

		c->wide = smaller(c->natural, larger(c->least, cap));
		if (cap != SIZE_MAX && c->wide < c->natural && left != 0) {
			c->wide++;
			left--;
		}
	}
}

/* --- heading and rows ------------------------------------------------------------------------- */

static void add_rule(struct str *b, const struct grid *g)
{
	str_add(b, REP_INDENT);
	for (size_t i = 0; i < g->n; i++) {
		add_repeated(b, ' ', i != 0 ? GAP : 0);
		add_repeated(b, '-', g->c[g->part[i]].wide);
	}
	end_line(b);
}

/* A line of each text, padded; *rest moves on behind it. False: nothing was left of any. */
static bool add_line(struct str *b, const struct grid *g, const char **rest)
{
	bool any = false;

	for (size_t i = 0; i < g->n; i++)
		any = any || rest[i][0] != '\0';
	if (!any)
		return false;
	str_add(b, REP_INDENT);
	for (size_t i = 0; i < g->n; i++) {
		size_t wide = g->c[g->part[i]].wide, next, n = wrap_take(rest[i], wide, false, &next), used = wrap_width(rest[i], n);
		bool right = g->t->cols[g->part[i]].type != REP_STR;

		add_repeated(b, ' ', (i != 0 ? GAP : 0) + (right && used < wide ? wide - used : 0));
		str_addn(b, rest[i], n);
		add_repeated(b, ' ', !right && used < wide ? wide - used : 0);
		rest[i] += next;
	}
	end_line(b);
	return true;
}

static void add_heading(struct str *b, struct grid *g)
{
	const char **rest = xcalloc(g->n, sizeof(*rest));
	char **unit = xcalloc(g->n, sizeof(*unit));

	for (size_t i = 0; i < g->n; i++)
		rest[i] = g->t->cols[g->part[i]].title;
	while (add_line(b, g, rest))
		;
	if (g->below != g->t->ncols)
		str_addf(b, REP_INDENT "%*s%s\n", BELOW_IN, "", g->t->cols[g->below].title);
	for (size_t i = 0; i < g->n; i++)
		rest[i] = unit[i] = xstrdup(shown_unit(&g->scratch, &g->t->cols[g->part[i]]));
	(void)add_line(b, g, rest);
	for (size_t i = 0; i < g->n; i++)
		free(unit[i]);
	free(unit);
	free(rest);
	add_rule(b, g);
}

static void add_below(struct str *b, struct grid *g, size_t row, size_t room)
{
	const struct rep_cell *cell = rep_cell_at(g->t, row, g->below);
	size_t in = strlen(REP_INDENT) + BELOW_IN;
	struct str label = STR_INIT;

	if (cell->none || cell->s[0] == '\0')
		return;
	str_addf(&label, "%*s", (int)in, "");
	wrap_add(b, str_get(&label), in, cell->s, room + strlen(REP_INDENT), false, "", "");
	str_free(&label);
}

static void add_row(struct str *b, struct grid *g, size_t row, const char **rest, struct str *cells)
{
	for (size_t i = 0; i < g->n; i++)
		rest[i] = shown(&cells[i], &g->t->cols[g->part[i]], rep_cell_at(g->t, row, g->part[i]));
	while (add_line(b, g, rest))
		;
}

static void add_part(struct str *b, struct grid *g, size_t room)
{
	const char **rest = xcalloc(g->n, sizeof(*rest));
	struct str *cells = xcalloc(g->n, sizeof(*cells));

	fit(g, room);
	add_heading(b, g);
	for (size_t row = first_row(g); row < rep_rows(g->t); row = next_row(g, row)) {
		if (rep_has_rule(g->t, row))
			add_rule(b, g);
		add_row(b, g, row, rest, cells);
		if (g->below != g->t->ncols)
			add_below(b, g, row, room);
		if (next_row(g, row) != row + 1)
			str_addf(b, REP_INDENT REP_MORE "\n", g->to - g->from);
	}
	for (size_t i = 0; i < g->n; i++)
		str_free(&cells[i]);
	free(cells);
	free(rest);
	if (rep_rows(g->t) == 0)
		str_add(b, REP_INDENT "(none)\n");
}

/* --- parts ------------------------------------------------------------------------------------ */

/* Do the first n columns tell the rows apart? */
static bool tells_apart(struct grid *g, size_t n)
{
	struct nameset seen = { NULL, 0, 0 };
	struct str name = STR_INIT;
	bool apart = true;

	for (size_t row = first_row(g); apart && row < rep_rows(g->t); row = next_row(g, row)) {
		str_reset(&name);
		for (size_t i = 0; i < n; i++)
			str_addf(&name, "%s\n", shown(&g->scratch, &g->t->cols[i], rep_cell_at(g->t, row, i)));
		apart = nameset_add(&seen, str_get(&name));
	}
	nameset_free(&seen);
	str_free(&name);
	return apart;
}

/* How many leading columns stand in every part: those that name the rows, if they leave half of the room. */
static size_t names_of(struct grid *g, size_t room)
{
	size_t n = 1, used;

	while (n < NAMES_MAX && n + 1 < g->t->ncols && !tells_apart(g, n))
		n++;
	used = g->c[0].least;
	for (size_t i = 1; i < n; i++)
		used += GAP + g->c[i].least;
	return used <= room / 2 && tells_apart(g, n) ? n : 1;
}

static void add_parts(struct str *b, struct grid *g, const char *title, size_t room)
{
	size_t names = names_of(g, room), col = names;

	for (size_t part = 0; col < g->t->ncols; part++) {
		size_t used = 0;

		for (g->n = 0; g->n < names; g->n++) {
			g->part[g->n] = g->n;
			used += g->c[g->n].least + GAP;
		}
		do {
			const struct column *c = &g->c[col];

			used += GAP + larger(c->least, g->t->cols[col].type == REP_STR ? smaller(c->natural, TEXT_PART) : 0);
			if (used - GAP > room && g->n > names)
				break;
			g->part[g->n++] = col++;
		} while (col < g->t->ncols);
		if (part != 0) {
			str_addc(b, '\n');
			wrap_add(b, "", 0, title, room, false, "", "");
		}
		add_part(b, g, room);
	}
}

/* The last column, if it is long text, and the others fit without it. */
static bool below_fits(struct grid *g, size_t room)
{
	size_t last = g->t->ncols - 1;

	if (last == 0 || g->t->cols[last].type != REP_STR || g->c[last].natural < TEXT_PART)
		return false;
	g->n = last;
	if (sum_of(g, 0) > room)
		return false;
	g->below = last;
	return true;
}

void rep_grid_add(struct str *b, const struct rep_table *t, const struct rep_view *v, const char *title)
{
	size_t room = v->width > strlen(REP_INDENT) ? v->width - strlen(REP_INDENT) : SIZE_MAX;
	struct grid g = { .t = t, .below = t->ncols, .scratch = STR_INIT };
	struct str more = STR_INIT;

	g.c = xcalloc(t->ncols, sizeof(*g.c));
	g.part = xcalloc(t->ncols, sizeof(*g.part));
	rep_left_out(t, v, &g.from, &g.to);
	for (size_t i = 0; i < t->ncols; i++)
		measure(&g, i);
	for (g.n = 0; g.n < t->ncols; g.n++)
		g.part[g.n] = g.n;
	str_addf(&more, "%s, continued", title);
	if (sum_of(&g, 0) <= room || below_fits(&g, room))
		add_part(b, &g, room);
	else
		add_parts(b, &g, str_get(&more), room);
	str_free(&more);
	str_free(&g.scratch);
	free(g.part);
	free(g.c);
}
