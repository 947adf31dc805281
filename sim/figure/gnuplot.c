/* SPDX-License-Identifier: Apache-2.0 */
/* The values of a figure as columns: what is drawn, and of many bars also the others. */
#include <string.h>

#include "sim/figure/figure_impl.h"

#define MISSING "?"

/* In quotes, without what gnuplot would take for something else. */
static void quoted(FILE *out, const char *text)
{
	(void)fputc('"', out);
	for (; *text != '\0'; text++) {
		if (*text == '\\')
			(void)fputc('\\', out);
		(void)fputc(*text == '"' ? '\'' : *text, out);
	}
	(void)fputc('"', out);
}

static bool has_bands(const struct fig_series *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s->v[i].band)
			return true;
	return false;
}

static void head(const struct fig_model *m, FILE *out)
{
	const struct rep *r = m->f->report;

	(void)fprintf(out, "# figure %s: %s\n", m->f->name, m->f->chart->title[0] != '\0' ? m->f->chart->title : m->f->table->title);
	if (m->chosen.len != 0)
		(void)fprintf(out, "# %s\n", str_get(&m->chosen));
	(void)fprintf(out, "# el2sim %s:", r->version);
	for (size_t i = 0; i < r->words.n; i++)
		(void)fprintf(out, " %s", r->words.line[i]);
	(void)fprintf(out, "\n");
	for (size_t i = 0; i < r->alarms.n; i++)
		(void)fprintf(out, "# " REP_ALARM_MARK "%s\n", r->alarms.line[i]);
	if (m->y_title.len != 0)
		(void)fprintf(out, "# values: %s\n", str_get(&m->y_title));
	(void)fprintf(out, "# set datafile missing \"" MISSING "\"; set key autotitle columnheader; not known: " MISSING "\n");
}

static void number(FILE *out, const struct fig_value *v)
{
	struct str b = STR_INIT;

	if (v->known && v->col->type == REP_FIX)
		rep_exact_add(&b, v->cell->i);
	else if (v->known)
		rep_cell_add(&b, v->col, v->cell, REP_PROGRAMS);
	(void)fprintf(out, " %s", v->known ? str_get(&b) : MISSING);
	str_free(&b);
}

static void end(FILE *out, bool known, double v)
{
	if (known)
		(void)fprintf(out, " %.15g", v);
	else
		(void)fprintf(out, " " MISSING);
}

static void row(const struct fig_model *m, size_t i, FILE *out)
{
	if (m->numeric)
		(void)fprintf(out, "%.15g", m->p[i].x);
	else
		quoted(out, m->p[i].name);
	for (size_t k = 0; k < m->n_s; k++) {
		const struct fig_value *v = &m->s[k].v[i];

		number(out, v);
		if (has_bands(&m->s[k], m->n_p)) {
			end(out, v->band, v->low);
			end(out, v->band, v->high);
		}
	}
	(void)fprintf(out, "\n");
}

static void bounds(const struct fig_model *m, FILE *out)
{
	for (size_t k = 0; k < m->n_s; k++)
		for (size_t i = 0; i < m->n_p; i++) {
			const struct fig_value *v = &m->s[k].v[i];

			if (v->known && v->cell->bound != REP_EXACT)
				(void)fprintf(out, "# bound: %s, %s %s\n", m->p[i].name, m->s[k].name, rep_bound_words[v->cell->bound]);
		}
}

static bool part_is_new(const struct fig_model *m, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(m->p[k].part, m->p[i].part) == 0)
			return false;
	return true;
}

/* Heads of the columns of a band. */
static void ends(const char *name, FILE *out)
{
	static const char *const end_name[] = { "low", "high" };

	for (unsigned i = 0; i < 2; i++) {
		struct str b = STR_INIT;

		str_addf(&b, "%s, %s", name, end_name[i]);
		(void)fputc(' ', out);
		quoted(out, str_get(&b));
		str_free(&b);
	}
}

void fig_gnuplot(const struct fig_model *m, FILE *out)
{
	bool first = true;

	head(m, out);
	quoted(out, m->numeric ? str_get(&m->x_title) : m->x_name.len != 0 ? str_get(&m->x_name) : "name");
	for (size_t k = 0; k < m->n_s; k++) {
		(void)fputc(' ', out);
		quoted(out, m->s[k].name);
		if (has_bands(&m->s[k], m->n_p))
			ends(m->s[k].name, out);
	}
	(void)fprintf(out, "\n");
	/* What is not joined is apart by an empty line. */
	for (size_t i = 0; i < m->n_p; i++) {
		if (!part_is_new(m, i))
			continue;
		if (!first)
			(void)fprintf(out, "\n");
		first = false;
		if (m->p[i].part[0] != '\0')
			(void)fprintf(out, "# %s\n", m->p[i].part);
		for (size_t k = i; k < m->n_p; k++)
			if (strcmp(m->p[k].part, m->p[i].part) == 0)
				row(m, k, out);
	}
	bounds(m, out);
}
