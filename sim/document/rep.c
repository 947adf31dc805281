/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/document/rep.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/num.h"
#include "sim/document/rep_doc.h"

static char *vformat(const char *fmt, va_list ap)
{
	char *raw = NULL, *clean;

	BUG_ON(vasprintf(&raw, fmt, ap) < 0);
	clean = rep_printable(raw);
	free(raw);
	return clean;
}

struct rep *rep_new(const char *command, const char *title)
{
	struct rep *r = xcalloc(1, sizeof(*r));

	r->command = rep_printable(command);
	r->title = rep_printable(title);
	rep_made_by(r, EL2SIM_VERSION, rep_program);
	return r;
}

void rep_chart_clear(struct rep_chart *c)
{
	const char *const text[] = { c->title, c->x, c->y, c->series, c->choose, c->first, c->split, c->band, c->unit, c->marks };

	for (size_t k = 0; k < sizeof(text) / sizeof(text[0]); k++)
		free((char *)text[k]);
}

void rep_table_free(struct rep_table *t)
{
	for (size_t i = 0; i < t->ncells; i++)
		if (t->cols[i % t->ncols].type == REP_STR && !t->cells[i].none)
			free(t->cells[i].s);
	for (size_t i = 0; i < t->ncols; i++) {
		free((char *)t->cols[i].key);
		free((char *)t->cols[i].title);
		free((char *)t->cols[i].unit);
	}
	for (size_t i = 0; i < t->ncharts; i++)
		rep_chart_clear(&t->charts[i]);
	free(t->charts);
	free(t->key);
	free(t->title);
	free(t->cols);
	free(t->cells);
	free(t->rules);
	free(t);
}

static void lines_clear(struct rep_lines *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->line[i]);
	free(l->line);
	*l = (struct rep_lines){ NULL, 0 };
}

static void facts_clear(struct rep *r)
{
	for (size_t i = 0; i < r->nfacts; i++) {
		free(r->facts[i].key);
		free(r->facts[i].title);
		free(r->facts[i].unit);
		free(r->facts[i].text);
	}
	free(r->facts);
	r->facts = NULL;
	r->nfacts = 0;
}

void rep_free(struct rep *r)
{
	if (r == NULL)
		return;
	facts_clear(r);
	for (size_t i = 0; i < r->ntables; i++)
		rep_table_free(r->tables[i]);
	for (size_t i = 0; i < r->norigins; i++) {
		free(r->origins[i].name);
		free(r->origins[i].sha256);
	}
	free(r->origins);
	nameset_free(&r->fact_keys);
	nameset_free(&r->table_keys);
	nameset_free(&r->alarm_texts);
	nameset_free(&r->input_names);
	free(r->version);
	free(r->program);
	lines_clear(&r->alarms);
	lines_clear(&r->verdicts);
	lines_clear(&r->notes);
	lines_clear(&r->words);
	free(r->tables);
	free(r->command);
	free(r->title);
	free(r);
}

static struct rep_fact *add_fact(struct rep *r, const char *key, const char *title, const char *unit)
{
	struct rep_fact *f;

	r->facts = rep_one_more(r->facts, r->nfacts, sizeof(*r->facts));
	f = &r->facts[r->nfacts++];
	*f = (struct rep_fact){ .key = rep_printable(key), .unit = rep_printable(unit) };
	BUG_ON(!nameset_add(&r->fact_keys, f->key));
	f->title = rep_printable(title != NULL && title[0] != '\0' ? title : key);
	return f;
}

void rep_fact(struct rep *r, const char *key, const char *title, const char *fmt, ...)
{
	struct rep_fact *f = add_fact(r, key, title, "");
	va_list ap;

	va_start(ap, fmt);
	f->text = vformat(fmt, ap);
	va_end(ap);
}

void rep_fact_u64(struct rep *r, const char *key, const char *title, uint64_t v, const char *unit)
{
	add_fact(r, key, title, unit)->value = v;
}

static struct rep_col copy_col(const struct rep_col *c)
{
	struct rep_col copy = *c;

	BUG_ON((unsigned)c->type >= REP_TYPE_COUNT);
	BUG_ON(c->type == REP_FIX && (c->decimals < 0 || c->decimals > 3));
	copy.key = rep_printable(c->key);
	copy.title = rep_printable(c->title != NULL && c->title[0] != '\0' ? c->title : c->key);
	copy.unit = rep_printable(c->unit);
	return copy;
}

struct rep_table *rep_table(struct rep *r, const char *key, const char *title,
			    const struct rep_col *cols, size_t ncols)
{
	struct rep_table *t = xcalloc(1, sizeof(*t));

	BUG_ON(ncols == 0);
	BUG_ON(strcmp(key, "facts") == 0 || strcmp(key, "sentences") == 0); /* blocks of the CSV */
	r->tables = rep_one_more(r->tables, r->ntables, sizeof(struct rep_table *));
	r->tables[r->ntables++] = t;
	t->key = rep_printable(key);
	BUG_ON(!nameset_add(&r->table_keys, t->key));
	t->title = rep_printable(title);
	t->cols = xcalloc(ncols, sizeof(*t->cols));
	t->ncols = ncols;
	for (size_t i = 0; i < ncols; i++)
		t->cols[i] = copy_col(&cols[i]);
	return t;
}

static enum rep_type next_type(const struct rep_table *t)
{
	return t->cols[t->ncells % t->ncols].type;
}

static void add_cell(struct rep_table *t, struct rep_cell cell)
{
	if (t->ncells == t->cell_cap) {
		t->cell_cap = t->cell_cap != 0 ? t->cell_cap * 2 : t->ncols * 8;
		t->cells = xrealloc(t->cells, t->cell_cap * sizeof(*t->cells));
	}
	t->cells[t->ncells++] = cell;
}

void rep_str(struct rep_table *t, const char *s)
{
	BUG_ON(next_type(t) != REP_STR);
	add_cell(t, (struct rep_cell){ .s = rep_printable(s) });
}

void rep_strf(struct rep_table *t, const char *fmt, ...)
{
	va_list ap;

	BUG_ON(next_type(t) != REP_STR);
	va_start(ap, fmt);
	add_cell(t, (struct rep_cell){ .s = vformat(fmt, ap) });
	va_end(ap);
}

void rep_u64(struct rep_table *t, uint64_t v)
{
	BUG_ON(next_type(t) != REP_U64 && next_type(t) != REP_HEX && next_type(t) != REP_ID);
	add_cell(t, (struct rep_cell){ .u = v });
}

void rep_i64(struct rep_table *t, int64_t v)
{
	BUG_ON(next_type(t) != REP_I64);
	add_cell(t, (struct rep_cell){ .i = v });
}

void rep_fix(struct rep_table *t, int64_t thousandths)
{
	BUG_ON(next_type(t) != REP_FIX);
	add_cell(t, (struct rep_cell){ .i = thousandths });
}

void rep_none(struct rep_table *t)
{
	add_cell(t, (struct rep_cell){ .none = true });
}

void rep_bound(struct rep_table *t, enum rep_bound b)
{
	const struct rep_col *col = &t->cols[(t->ncells + t->ncols - 1) % t->ncols];
	struct rep_cell *cell = &t->cells[t->ncells - 1];
	int64_t step;

	BUG_ON(t->ncells == 0 || col->type == REP_STR);
	cell->bound = cell->none ? REP_EXACT : (uint8_t)b;
	if (col->type != REP_FIX || cell->none || b == REP_EXACT || col->decimals == 0)
		return;
	step = col->decimals == 1 ? 100 : col->decimals == 2 ? 10 : 1; /* what is shown is a bound, too */
	cell->i += b == REP_AT_LEAST ? -((cell->i % step + step) % step) : (step - (cell->i % step + step) % step) % step;
}

static int64_t cell_milli(const struct rep_col *col, const struct rep_cell *cell)
{
	return col->type == REP_FIX ? cell->i : col->type == REP_I64 ? num_i64((i128)cell->i * 1000)
								     : (int64_t)num_u64((u128)cell->u * 1000 > INT64_MAX
												? INT64_MAX
												: (u128)cell->u * 1000);
}

void rep_band(struct rep_table *t, int64_t low, int64_t high)
{
	const enum rep_type type = t->cols[(t->ncells + t->ncols - 1) % t->ncols].type;
	struct rep_cell *cell = &t->cells[t->ncells - 1];

	BUG_ON(t->ncells == 0 || (type != REP_U64 && type != REP_I64 && type != REP_FIX) || low > high);
	cell->band = !cell->none;
	cell->low = low;
	cell->high = high;
}

/* Thousandths, whole units from a thousand on: more digits say nothing. */
static int64_t outwards(double milli, bool up)
{
	const double step = fabs(milli) >= 1e6 ? 1000 : 1, v = (up ? ceil(milli / step) : floor(milli / step)) * step;

	return v >= 9e18 ? INT64_MAX : v <= -9e18 ? -INT64_MAX : (int64_t)v;
}

void rep_band_factor(struct rep_table *t, double factor)
{
	const struct rep_cell *cell = &t->cells[t->ncells - 1];
	int64_t v;
	double less, more;

	BUG_ON(t->ncells == 0 || !(factor >= 1));
	if (cell->none)
		return;
	v = cell_milli(&t->cols[(t->ncells - 1) % t->ncols], cell);
	less = (double)v / factor;
	more = (double)v * factor;
	if (v == 0 || factor == 1)
		rep_band(t, v, v);
	else
		rep_band(t, outwards(v > 0 ? less : more, false), outwards(v > 0 ? more : less, true));
}

void rep_fact_bound(struct rep *r, enum rep_bound b)
{
	BUG_ON(r->nfacts == 0 || r->facts[r->nfacts - 1].text != NULL);
	r->facts[r->nfacts - 1].bound = (uint8_t)b;
}

size_t rep_bounds(const struct rep *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->nfacts; i++)
		n += r->facts[i].bound != REP_EXACT;
	for (size_t i = 0; i < r->ntables; i++) {
		for (size_t k = 0; k < r->tables[i]->ncells; k++)
			n += r->tables[i]->cells[k].bound != REP_EXACT;
	}
	return n;
}

static const struct rep_table *table_of(const struct rep *r, const char *key)
{
	for (size_t i = 0; i < r->ntables; i++) {
		if (strcmp(r->tables[i]->key, key) == 0)
			return r->tables[i];
	}
	return NULL;
}

bool rep_number(const struct rep *r, const char *table, const char *row, const char *col, int64_t *milli)
{
	const struct rep_table *t = table_of(r, table);
	size_t at = 0, i = 0;

	if (t == NULL || t->cols[0].type != REP_STR)
		return false;
	while (at < t->ncols && strcmp(t->cols[at].key, col) != 0)
		at++;
	while (i < rep_rows(t) && strcmp(t->cells[i * t->ncols].s, row) != 0)
		i++;
	if (at == t->ncols || i == rep_rows(t) || t->cells[i * t->ncols + at].none || t->cols[at].type == REP_STR)
		return false;
	*milli = cell_milli(&t->cols[at], &t->cells[i * t->ncols + at]);
	return true;
}

const char *rep_fact_text(const struct rep *r, const char *key)
{
	for (size_t i = 0; i < r->nfacts; i++) {
		if (strcmp(r->facts[i].key, key) == 0)
			return r->facts[i].text;
	}
	return NULL;
}

void rep_rule(struct rep_table *t)
{
	BUG_ON(t->ncells % t->ncols != 0);
	if (t->nrules != 0 && t->rules[t->nrules - 1] == rep_rows(t))
		return;
	t->rules = rep_one_more(t->rules, t->nrules, sizeof(*t->rules));
	t->rules[t->nrules++] = rep_rows(t);
}

void rep_group(struct rep_table *t)
{
	rep_rule(t);
	t->grouped = true;
}

size_t rep_rows(const struct rep_table *t)
{
	return t->ncells / t->ncols;
}

void rep_detail(struct rep_table *t)
{
	t->detail = true;
}

void rep_many(struct rep_table *t)
{
	t->many = true;
}

bool rep_chart_fits(const struct rep_table *t, const struct rep_chart *c)
{
	return rep_has_columns(t, c->x) && rep_has_columns(t, c->y) && rep_has_columns(t, c->series) && rep_has_columns(t, c->choose) &&
	       rep_has_columns(t, c->split) && rep_has_columns(t, c->band);
}

void rep_chart(struct rep_table *t, const struct rep_chart *c)
{
	struct rep_chart copy = *c;

	copy.title = rep_printable(c->title);
	copy.x = rep_printable(c->x);
	copy.y = rep_printable(c->y);
	copy.series = rep_printable(c->series);
	copy.choose = rep_printable(c->choose);
	copy.first = rep_printable(c->first);
	copy.split = rep_printable(c->split);
	copy.band = rep_printable(c->band);
	copy.unit = rep_printable(c->unit);
	copy.marks = rep_printable(c->marks);
	BUG_ON((unsigned)c->kind >= REP_CHART_COUNT || copy.x[0] == '\0' || copy.y[0] == '\0');
	BUG_ON(!rep_chart_fits(t, &copy));
	t->charts = xrealloc(t->charts, (t->ncharts + 1) * sizeof(*t->charts));
	t->charts[t->ncharts++] = copy;
}

void rep_charts_open_on(struct rep_table *t, const char *values)
{
	for (size_t i = 0; i < t->ncharts; i++) {
		if (t->charts[i].choose[0] == '\0')
			continue;
		free((char *)t->charts[i].first);
		t->charts[i].first = rep_printable(values);
	}
}

void rep_command(struct rep *r, const char *const *words, size_t n)
{
	struct rep_lines *l = &r->words;

	lines_clear(l);
	l->n = n;
	l->line = xcalloc(n + 1, sizeof(*l->line));
	for (size_t i = 0; i < n; i++)
		l->line[i] = rep_printable(words[i]);
}

bool rep_has_command(const struct rep *r)
{
	return r->words.n != 0;
}

static void add_line(struct rep_lines *l, const char *fmt, va_list ap)
{
	l->line = rep_one_more(l->line, l->n, sizeof(char *));
	l->line[l->n++] = vformat(fmt, ap);
}

void rep_alarm_only(struct rep *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_line(&r->alarms, fmt, ap);
	va_end(ap);
	(void)nameset_add(&r->alarm_texts, r->alarms.line[r->alarms.n - 1]);
}

bool rep_is_alarm(const struct rep *r, const char *sentence)
{
	return nameset_has(&r->alarm_texts, sentence);
}

void rep_alarm(struct rep *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_line(&r->alarms, fmt, ap);
	va_end(ap);
	(void)nameset_add(&r->alarm_texts, r->alarms.line[r->alarms.n - 1]);
	rep_verdict(r, "%s", r->alarms.line[r->alarms.n - 1]);
}

void rep_verdict(struct rep *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_line(&r->verdicts, fmt, ap);
	va_end(ap);
}

void rep_note(struct rep *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_line(&r->notes, fmt, ap);
	va_end(ap);
}

size_t rep_notes(const struct rep *r)
{
	return r->notes.n;
}

const char *rep_note_at(const struct rep *r, size_t i)
{
	return r->notes.line[i];
}
