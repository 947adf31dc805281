/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/document/metrics.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/nameset.h"
#include "sim/document/rep_doc.h"

static const struct metric_rule rules[] = {
#define GATED true
#define OPEN  false
#define METRIC(pattern, better, gated, why) { pattern, METRIC_##better, gated, why },
#include "sim/document/metrics.def"
#undef GATED
#undef OPEN
};

#define N_RULES (sizeof(rules) / sizeof(rules[0]))

const struct metric_rule *metric_rule_at(size_t i)
{
	return i < N_RULES ? &rules[i] : NULL;
}

bool metric_fits(const char *pattern, const char *name)
{
	size_t plain = strcspn(pattern, "*?[\\");

	return strncmp(pattern, name, plain) == 0 && fnmatch(pattern, name, 0) == 0;
}

const struct metric_rule *metric_rule_of(const char *name)
{
	for (size_t i = 0; i < N_RULES; i++) {
		if (metric_fits(rules[i].pattern, name))
			return &rules[i];
	}
	BUG("the last row of metrics.def fits everything");
}

struct metric_parts metric_parts(const char *name)
{
	struct metric_parts p = { .table = name };
	const char *first = strchr(name, '/'), *last = strrchr(name, '/');

	if (first == NULL) {
		p.table_len = (int)strlen(name);
		p.row = p.col = name + p.table_len;
		return p;
	}
	p.table_len = (int)(first - name);
	p.row = first + 1;
	p.row_len = (int)(first == last ? strlen(p.row) : (size_t)(last - p.row));
	p.col = first == last ? p.row + p.row_len : last + 1;
	return p;
}

static struct metric *add(struct metrics *out, size_t *cap, const char *name, const char *unit)
{
	struct metric *m;

	if (out->n == *cap) {
		*cap = *cap != 0 ? *cap * 2 : 256;
		out->m = xrealloc(out->m, *cap * sizeof(*out->m));
	}
	m = &out->m[out->n++];
	*m = (struct metric){ .name = xstrdup(name), .unit = xstrdup(unit) };
	return m;
}

/* ---- names of rows ---- */

static bool names_row(const struct rep_col *c)
{
	return c->type == REP_STR || c->type == REP_ID;
}

/* How many leading columns name the rows; text further right explains. */
static size_t naming_cols(const struct rep_table *t)
{
	size_t n = 0;

	while (n < t->ncols && names_row(&t->cols[n]))
		n++;
	return n;
}

/* cols 0: numbers come first; all that is no number names the row. */
static void name_of_row(const struct rep_table *t, size_t row, size_t cols, struct str *b)
{
	for (size_t c = 0; c < (cols != 0 ? cols : t->ncols); c++) {
		const size_t before = b->len;

		if (!names_row(&t->cols[c]))
			continue;
		if (before != 0)
			str_addc(b, ' ');
		rep_cell_add(b, &t->cols[c], rep_cell_at(t, row, c), REP_PROGRAMS);
		if (before != 0 && b->len == before + 1) /* nothing came after the blank */
			str_cut(b, before);
	}
	if (b->len == 0)
		str_addf(b, "%zu", row + 1);
}

/* A name per row, each once: of several rows of one name the later ones have a number. */
static char **row_names(const struct rep_table *t, size_t cols)
{
	const size_t n = rep_rows(t);
	char **names = xcalloc(n + 1, sizeof(*names));
	struct nameset seen = { 0 };

	for (size_t i = 0; i < n; i++) {
		struct str b = STR_INIT;
		size_t times;

		name_of_row(t, i, cols, &b);
		times = nameset_count(&seen, str_get(&b));
		if (times > 1)
			str_addf(&b, "#%zu", times);
		names[i] = b.s;
	}
	nameset_free(&seen);
	return names;
}

/* ---- tables and facts ---- */

static bool is_number(const struct rep_col *c)
{
	return c->type == REP_U64 || c->type == REP_I64 || c->type == REP_FIX;
}

static bool are_members(const struct rep_table *t, size_t naming)
{
	return naming != 0 && t->cols[0].type == REP_ID;
}

static void add_table(const struct rep_table *t, bool bounds, struct metrics *out, size_t *cap)
{
	size_t naming = naming_cols(t);
	char **names = row_names(t, naming);
	struct str b = STR_INIT;

	for (size_t row = 0; row < rep_rows(t); row++) {
		size_t prefix;

		str_reset(&b);
		str_add(&b, t->key);
		str_addc(&b, '/');
		str_add(&b, names[row]);
		str_addc(&b, '/');
		prefix = b.len;
		for (size_t c = naming; c < t->ncols; c++) {
			const struct rep_cell *cell = rep_cell_at(t, row, c);
			struct metric *m;

			if (!is_number(&t->cols[c]) || cell->none || (cell->bound != REP_EXACT && !bounds))
				continue;
			str_cut(&b, prefix);
			str_add(&b, t->cols[c].key);
			m = add(out, cap, str_get(&b), t->cols[c].unit);
			m->type = t->cols[c].type;
			m->bound = (enum rep_bound)cell->bound;
			m->decimals = t->cols[c].decimals;
			m->member = are_members(t, naming);
			m->band = cell->band;
			m->low = cell->low;
			m->high = cell->high;
			if (m->type == REP_U64)
				m->u = cell->u;
			else
				m->i = cell->i;
		}
		free(names[row]);
	}
	free(names);
	str_free(&b);
}

static void gather(const struct rep *r, bool bounds, struct metrics *out)
{
	struct str b = STR_INIT;
	size_t cap = 0;

	*out = (struct metrics){ NULL, 0 };
	for (size_t i = 0; i < r->nfacts; i++) {
		struct metric *m;

		if (r->facts[i].text != NULL || (r->facts[i].bound != REP_EXACT && !bounds))
			continue;
		str_reset(&b);
		str_addf(&b, "facts/%s", r->facts[i].key);
		m = add(out, &cap, str_get(&b), r->facts[i].unit);
		m->type = REP_U64;
		m->bound = (enum rep_bound)r->facts[i].bound;
		m->u = r->facts[i].value;
	}
	for (size_t i = 0; i < r->ntables; i++)
		if (!r->tables[i]->detail)
			add_table(r->tables[i], bounds, out, &cap);
	str_free(&b);
}

void metrics_of(const struct rep *r, struct metrics *out)
{
	gather(r, false, out);
}

void metrics_with_bounds(const struct rep *r, struct metrics *out)
{
	gather(r, true, out);
}

void metrics_free(struct metrics *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->m[i].name);
		free(m->m[i].unit);
	}
	free(m->m);
	*m = (struct metrics){ NULL, 0 };
}
