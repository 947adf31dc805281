/* SPDX-License-Identifier: Apache-2.0 */
/* The report for a terminal: the answer, then facts, tables of aligned columns, notes. */
#include <string.h>

#include "sim/base/wrap.h"
#include "sim/document/rep_grid.h"

#define NOTE_WIDTH 118 /* notes are broken at, wherever they go */
#define FACT_NAME  28  /* a name of a fact that is longer has no say in where the values begin, where lines are short */

/* How a kind of line looks on a terminal that has colours: SGR codes of ECMA-48. */
#define LOOK_ALARM  "\033[1;31m" /* bold, red */
#define LOOK_TITLE  "\033[1m"	 /* bold */
#define LOOK_ANSWER "\033[1;36m" /* bold, cyan */
#define LOOK_TABLE  "\033[1m"
#define LOOK_NONE   "\033[0m"

static void add_lines(struct str *b, const struct rep_view *v, const char *label, const char *text, const char *look)
{
	bool coloured = v->colour && look[0] != '\0';

	wrap_add(b, label, strlen(label), text, v->width, false, coloured ? look : "", coloured ? LOOK_NONE : "");
}

static void add_table(struct str *b, const struct rep_table *t, const struct rep_view *v)
{
	const char *title = t->title[0] != '\0' ? t->title : t->key;

	str_add(b, b->len != 0 ? "\n" : "");
	add_lines(b, v, "", title, LOOK_TABLE);
	rep_grid_add(b, t, v, title);
}

static void add_facts(struct str *b, const struct rep *r, const struct rep_view *v)
{
	struct str label = STR_INIT, value = STR_INIT;
	size_t wide = 0;

	for (size_t i = 0; i < r->nfacts; i++) {
		size_t w = wrap_width(r->facts[i].title, strlen(r->facts[i].title)) + 1;

		if (w > wide && (v->width == 0 || w <= FACT_NAME))
			wide = w;
	}
	str_add(b, r->nfacts != 0 && b->len != 0 ? "\n" : "");
	for (size_t i = 0; i < r->nfacts; i++) {
		size_t w = wrap_width(r->facts[i].title, strlen(r->facts[i].title)) + 1;

		str_reset(&label);
		str_reset(&value);
		rep_fact_add(&value, &r->facts[i], REP_PEOPLE);
		str_addf(&label, "%s:%*s", r->facts[i].title, (int)(w < wide ? wide - w : 0) + 1, "");
		if (v->width != 0 && w > wide) {
			str_add(&label, str_get(&value));
			wrap_add(b, "", wide + 1, str_get(&label), v->width, false, "", "");
		} else {
			wrap_add(b, str_get(&label), wide + 1, str_get(&value), v->width, false, "", "");
		}
	}
	str_free(&label);
	str_free(&value);
}

static void add_title(struct str *b, const struct rep *r, const struct rep_view *v)
{
	size_t wide = wrap_width(r->title, strlen(r->title));

	if (r->title[0] == '\0')
		return;
	add_lines(b, v, "", r->title, LOOK_TITLE);
	for (size_t n = v->width != 0 && wide > v->width ? v->width : wide; n != 0; n--)
		str_addc(b, '=');
	str_addc(b, '\n');
}

/* An alarm is said once: it stands above the title. */
static void add_verdicts(struct str *b, const struct rep *r, const struct rep_view *v)
{
	for (size_t i = 0; i < r->verdicts.n; i++)
		if (!rep_is_alarm(r, r->verdicts.line[i]))
			add_lines(b, v, REP_VERDICT_MARK, r->verdicts.line[i], LOOK_ANSWER);
}

static void add_notes(struct str *b, const struct rep *r, const struct rep_view *v)
{
	size_t wide = v->width != 0 && v->width < NOTE_WIDTH ? v->width : NOTE_WIDTH;

	str_add(b, r->notes.n != 0 && b->len != 0 ? "\n" : "");
	for (size_t i = 0; i < r->notes.n; i++)
		wrap_add(b, "note: ", strlen("note: "), r->notes.line[i], wide, v->width == 0, "", "");
}

void write_REP_TEXT(const struct rep *r, const struct rep_view *v, struct str *b)
{
	for (size_t i = 0; i < r->alarms.n; i++)
		add_lines(b, v, REP_ALARM_MARK, r->alarms.line[i], LOOK_ALARM);
	if (!v->alone) {
		str_add(b, r->alarms.n != 0 ? "\n" : "");
		add_title(b, r, v);
		add_verdicts(b, r, v);
		add_facts(b, r, v);
	}
	for (size_t i = 0; i < r->ntables; i++)
		if (!r->tables[i]->detail)
			add_table(b, r->tables[i], v);
	if (!v->alone)
		add_notes(b, r, v);
}
