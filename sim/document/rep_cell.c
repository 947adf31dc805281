/* SPDX-License-Identifier: Apache-2.0 */
/* What all writers share: values as text. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/document/rep_doc.h"

#define SEPARATE_FROM 10000 /* 9999 reads well without a comma */

const char *const rep_type_names[REP_TYPE_COUNT + 1] = {
#define X(id, name) [id] = name,
	REP_TYPES(X)
#undef X
};

static const char *const rep_bound_signs[REP_BOUND_COUNT] = {
#define X(id, sign, word) [id] = sign,
	REP_BOUNDS(X)
#undef X
};

const char *const rep_bound_words[REP_BOUND_COUNT] = {
#define X(id, sign, word) [id] = word,
	REP_BOUNDS(X)
#undef X
};

const char *const rep_chart_names[REP_CHART_COUNT + 1] = {
#define X(id, name) [id] = name,
	REP_CHARTS(X)
#undef X
};

/* Digits, in groups of three for people. */
static void add_digits(struct str *b, uint64_t v, enum rep_reader reader)
{
	char digits[24];
	size_t n = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, v);

	for (size_t i = 0; i < n; i++) {
		if (reader == REP_PEOPLE && v >= SEPARATE_FROM && i != 0 && (n - i) % 3 == 0)
			str_addc(b, ',');
		str_addc(b, digits[i]);
	}
}

static uint64_t magnitude(int64_t v)
{
	return v < 0 ? -(uint64_t)v : (uint64_t)v;
}

static void add_signed(struct str *b, int64_t v, enum rep_reader reader)
{
	if (v < 0)
		str_addc(b, '-');
	else if (v > 0 && reader == REP_PEOPLE)
		str_addc(b, '+');
	add_digits(b, magnitude(v), reader);
}

/* How many decimals a number has. */
static int own_decimals(int64_t v)
{
	uint64_t part = magnitude(v) % 1000;

	return part == 0 ? 0 : part % 100 == 0 ? 1 : part % 10 == 0 ? 2 : 3;
}

/* Thousandths rounded to decimals, half away from zero. */
static void add_fixed(struct str *b, int64_t v, int decimals, enum rep_reader reader)
{
	uint64_t step = decimals == 0 ? 1000 : decimals == 1 ? 100 : decimals == 2 ? 10 : 1;
	uint64_t per_one = 1000 / step;
	uint64_t rounded = magnitude(v) / step + (magnitude(v) % step * 2 >= step && step > 1);

	if (v < 0 && rounded != 0)
		str_addc(b, '-');
	add_digits(b, rounded / per_one, reader);
	if (decimals != 0)
		str_addf(b, ".%0*" PRIu64, decimals, rounded % per_one);
}

void rep_exact_add(struct str *b, int64_t thousandths)
{
	int decimals = own_decimals(thousandths);

	add_fixed(b, thousandths, decimals != 0 ? decimals : 1, REP_PROGRAMS);
}

/* One end of a band, as the column shows numbers. */
static void add_end(struct str *b, const struct rep_col *col, int64_t milli)
{
	const int decimals = col->type == REP_FIX ? (col->decimals != 0 ? col->decimals : own_decimals(milli)) : 0;

	if (milli > 0 && col->type == REP_I64)
		str_addc(b, '+');
	add_fixed(b, milli, decimals, REP_PEOPLE);
}

static void add_factor(struct str *b, double factor)
{
	str_addf(b, "%.*f", factor < 10 ? 2 : factor < 100 ? 1 : 0, factor);
}

/* " \303\227\303\2671.83" where the sign of the figure is certain, else " (-40..+16)". */
static void add_band(struct str *b, const struct rep_col *col, const struct rep_cell *cell)
{
	const double v = col->type == REP_U64 ? (double)cell->u * 1000 : col->type == REP_I64 ? (double)cell->i * 1000 : (double)cell->i;
	double low = (double)cell->low, high = (double)cell->high, up, down;

	if (cell->low == cell->high)
		return;
	if (v < 0) { /* nearer to 0 first, without its sign */
		low = -(double)cell->high;
		high = -(double)cell->low;
	}
	if (low <= 0 || v == 0) {
		str_add(b, " (");
		add_end(b, col, cell->low);
		str_add(b, "..");
		add_end(b, col, cell->high);
		str_addc(b, ')');
		return;
	}
	up = high / fabs(v);
	down = fabs(v) / low;
	if (fabs(up - down) > 0.05 * up) { /* not the same to both sides */
		str_add(b, " \303\267");
		add_factor(b, down);
		str_add(b, "\303\227");
		add_factor(b, up);
		return;
	}
	str_add(b, " \303\227\303\267");
	add_factor(b, up > down ? up : down);
}

/* Without what is said of its bounds. */
static void add_value(struct str *b, const struct rep_col *col, const struct rep_cell *cell, enum rep_reader reader)
{
	switch (col->type) {
	case REP_STR:
		str_add(b, cell->s);
		return;
	case REP_U64:
		add_digits(b, cell->u, reader);
		return;
	case REP_I64:
		add_signed(b, cell->i, reader);
		return;
	case REP_FIX:
		add_fixed(b, cell->i, col->decimals != 0 ? col->decimals : own_decimals(cell->i), reader);
		return;
	case REP_ID:
		add_digits(b, cell->u, REP_PROGRAMS);
		return;
	case REP_HEX:
		str_addf(b, "0x%" PRIx64, cell->u);
		return;
	case REP_TYPE_COUNT:
		break;
	}
	BUG("a column of unknown type");
}

void rep_cell_add(struct str *b, const struct rep_col *col, const struct rep_cell *cell,
		  enum rep_reader reader)
{
	if (cell->none)
		return;
	if (reader == REP_PEOPLE)
		str_add(b, rep_bound_signs[cell->bound]);
	add_value(b, col, cell, reader);
	if (reader == REP_PEOPLE && cell->band)
		add_band(b, col, cell);
}

void rep_fact_add(struct str *b, const struct rep_fact *fact, enum rep_reader reader)
{
	if (fact->text != NULL) {
		str_add(b, fact->text);
		return;
	}
	if (reader == REP_PEOPLE)
		str_add(b, rep_bound_signs[fact->bound]);
	add_digits(b, fact->value, reader);
	if (reader == REP_PEOPLE && fact->unit[0] != '\0')
		str_addf(b, " %s", fact->unit);
}

bool rep_has_columns(const struct rep_table *t, const char *keys)
{
	while (*(keys += strspn(keys, " ")) != '\0') {
		size_t n = strcspn(keys, " "), i = 0;

		while (i < t->ncols && (strncmp(t->cols[i].key, keys, n) != 0 || t->cols[i].key[n] != '\0'))
			i++;
		if (i == t->ncols)
			return false;
		keys += n;
	}
	return true;
}

const struct rep_cell *rep_cell_at(const struct rep_table *t, size_t row, size_t col)
{
	return &t->cells[row * t->ncols + col];
}

bool rep_has_rule(const struct rep_table *t, size_t row)
{
	size_t low = 0, high = t->nrules;

	while (low < high) { /* the first rule that is not before row */
		size_t middle = low + (high - low) / 2;

		if (t->rules[middle] < row)
			low = middle + 1;
		else
			high = middle;
	}
	return low < t->nrules && t->rules[low] == row;
}

bool rep_has_bounds(const struct rep_table *t)
{
	for (size_t i = 0; i < t->ncells; i++) {
		if (t->cells[i].bound != REP_EXACT)
			return true;
	}
	return false;
}

bool rep_has_band(const struct rep_table *t, size_t col)
{
	for (size_t i = col; i < t->ncells; i += t->ncols) {
		if (t->cells[i].band)
			return true;
	}
	return false;
}

void rep_row_bounds(struct str *b, const struct rep_table *t, size_t row)
{
	size_t n = 0;

	for (size_t i = 0; i < t->ncols; i++) {
		const struct rep_cell *cell = rep_cell_at(t, row, i);

		if (cell->bound != REP_EXACT)
			str_addf(b, "%s%s%s", n++ != 0 ? " " : "", t->cols[i].key, rep_bound_words[cell->bound]);
	}
}
