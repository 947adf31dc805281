/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands before the lines of a text: parts that have a rule (prefix.def), and whatever else stands left of the
 * column in which every recorder puts the tasks' names to the right.
 */
#include <ctype.h>
#include <string.h>

#include "sim/base/str.h"
#include "traces/import/clean.h"
#include "traces/import/text_impl.h"

#define HEAD_LINE_MAX 1024 /* longer lines of the head teach nothing */

/* Bytes left of the column of the tasks' names; 0 where the dialect has none or the name begins further left. */
static size_t left_of_column(const char *s, const struct text_line *l)
{
	size_t width = l->task_end != NULL ? (size_t)(l->task_end - s) : 0;

	return l->column != 0 && width > l->column ? width - l->column : 0;
}

/* The line has the recorder's own columns: nothing stands before it. */
static bool in_columns(const char *s, const struct text_line *l)
{
	return *s == ' ' && l->column != 0 && l->task_end == s + l->column;
}

/* The name is filled up with blanks, or as long as names are: there is a column, not just a long line. */
static bool blank_before_name(const char *s, const struct text_line *l)
{
	size_t left = left_of_column(s, l);

	return left != 0 && s[left] == ' ' && (s[left + 1] == ' ' || memchr(s + left + 1, ' ', l->column - 1) == NULL);
}

/* A name as no task has it: columns are in it. */
static bool not_a_name(const struct text_line *l)
{
	return l->n_comm > 16 && memmem(l->comm, l->n_comm, "  ", 2) != NULL;
}

/* --- what the first lines teach --------------------------------------------------------------- */

/* Of the events in the head, by what stands left of their tasks behind the parts that have a rule. */
struct lesson {
	uint64_t with, without; /* with such parts, or without any */
	uint64_t plain;         /* in the recorder's columns from the line's start on */
	uint64_t left, blank;   /* something is left of the column; a blank is where the column begins */
	uint64_t lone;          /* of these the most frequent width: votes (Boyer and Moore) */
	size_t width, longest;
	unsigned kinds;
	uint64_t last;
	bool counts_up;
	char sample[24]; /* what stands there */
	char ends;       /* its last letter */
};

static void see_width(struct lesson *m, const char *s, const struct text_line *l)
{
	size_t left = left_of_column(s, l);

	if (strspn(s, " ") >= left)
		return;
	m->left++;
	m->blank += blank_before_name(s, l);
	if (m->lone == 0)
		m->width = left;
	if (m->width == left)
		m->lone++;
	else
		m->lone--;
	if (m->sample[0] == '\0') {
		size_t n = left;

		(void)snprintf(m->sample, sizeof(m->sample), "%.*s", (int)(left < 20 ? left : 20), s);
		while (n > 1 && s[n - 1] == ' ')
			n--;
		m->ends = s[n - 1];
	}
}

static void see_line(struct text *t, struct lesson *m, const char *line)
{
	struct text_line l = { 0 };
	struct prefix p = prefix_of(line, t->prefixes);
	struct err e;

	if (text_take_apart(t, line, &l, &e) == TEXT_EVENT && in_columns(line, &l)) {
		m->plain++;
		m->without++;
		return;
	}
	l = (struct text_line){ 0 };
	if (text_take_apart(t, line + p.len, &l, &e) == TEXT_EVENT) {
		m->with += p.len != 0;
		m->without += p.len == 0;
		m->kinds |= p.kinds;
		if ((p.kinds & 1u << PREFIX_number) != 0) {
			m->counts_up = m->counts_up && p.number > m->last;
			m->last = p.number;
		}
		see_width(m, line + p.len, &l);
	} else if (p.len != 0 && text_take_apart(t, line, &l, &e) == TEXT_EVENT) {
		m->without++;
		see_width(m, line, &l);
	}
}

static void conclude(struct text *t, struct lesson *m)
{
	uint64_t n = m->with + m->without;

	t->always = m->with != 0 && m->with >= 9 * m->without && m->kinds != 0;
	if (t->always)
		t->prefixes = m->kinds;
	if (n == 0 || 10 * m->left < 9 * n)
		return;
	t->beside = 3 * m->blank >= 2 * m->left;
	/* tasks with names of more than 15 letters (perf's of kworkers) stand out of the column */
	t->columns = t->beside && 10 * m->lone >= 6 * m->left ? m->width : 0;
	t->crowded = !t->beside;
	memcpy(t->beside_text, m->sample, sizeof(t->beside_text));
	t->suffix = t->beside && (m->ends == '"' || m->ends == '|') ? m->ends : '\0';
}

static void see_lines(struct text *t, struct lesson *m, const char *head, size_t n)
{
	while (n > 0) {
		const char *end = memchr(head, '\n', n);
		size_t len = end != NULL ? (size_t)(end - head) : n;
		char line[HEAD_LINE_MAX];

		if (len < sizeof(line) && end != NULL) {
			unsigned seen = 0;

			memcpy(line, head, len);
			line[len] = '\0';
			(void)clean_line(line, len, t->html, &seen);
			see_line(t, m, line);
			if (!t->forced)
				t->dialect = NULL;
		}
		if (end == NULL)
			break;
		n -= (size_t)(end + 1 - head);
		head = end + 1;
	}
}

void text_learn_prefixes(struct text *t, const char *head, size_t n)
{
	struct lesson m = { .counts_up = true };

	see_lines(t, &m, head, n);
	if ((m.kinds & 1u << PREFIX_number) != 0 && (!m.counts_up || m.with < 2)) { /* no line numbers: anew without */
		t->prefixes &= ~(1u << PREFIX_number);
		m = (struct lesson){ .counts_up = true };
		see_lines(t, &m, head, n);
	}
	conclude(t, &m);
}

/* --- line by line ----------------------------------------------------------------------------- */

/* Parts that have a rule. */
static size_t known(struct text *t, const char *s)
{
	struct prefix p = prefix_of(s, t->prefixes);
	struct text_line l = { 0 };
	struct err e;

	if (p.len == 0)
		return 0;
	if (!t->forced && *s == ' ' && text_take_apart(t, s, &l, &e) == TEXT_EVENT && in_columns(s, &l))
		return 0;
	if (!t->always) { /* only where the line is an event behind it, and none or one of a strange
			     task without */
		bool is;

		l = (struct text_line){ 0 };
		is = text_take_apart(t, s, &l, &e) == TEXT_EVENT;
		if (is && l.n_comm <= 15 && (p.kinds & 1u << PREFIX_quote) == 0)
			return 0;
		if (!is && (p.kinds & ~(1u << PREFIX_quote)) != 0 &&
		    text_take_apart(t, s + p.len, &l, &e) != TEXT_EVENT)
			return 0;
	}
	t->found |= p.kinds;
	if (p.stream != NULL && !t->forced)
		t->stream = streams_named(&t->streams, p.stream, p.n_stream);
	return p.len;
}

/* A word that is different in every line: numbers, times, process ids. */
static bool volatile_word(const char *s, size_t n)
{
	size_t digits = 0, letters = 0;

	for (size_t i = 0; i < n; i++) {
		digits += isdigit((unsigned char)s[i]) != 0;
		letters += isalpha((unsigned char)s[i]) != 0;
	}
	return letters == 0 || (digits >= 6 && letters <= 2);
}

/* The words of n bytes that tell whose the line is, into name. */
static size_t whose(const char *s, size_t n, char *name, size_t room)
{
	size_t out = 0;

	for (size_t i = 0; i < n;) {
		size_t len = strcspn(s + i, " ");

		len = len < n - i ? len : n - i;
		if (len != 0 && !volatile_word(s + i, len) && out + len + 2 < room) {
			if (out != 0)
				name[out++] = ' ';
			memcpy(name + out, s + i, len);
			out += len;
		}
		i += len + 1;
	}
	return out;
}

/* Of a line that is no event, words as long as it is none of the lines that recorders put between events. */
static size_t beside_others(struct text *t, const char *s)
{
	struct text_line l = { 0 };
	struct err e;

	for (size_t i = 0, words = 0; s[i] != '\0' && words < 8; words++) {
		enum text_kind kind = text_take_apart(t, s + i, &l, &e);

		if (kind == TEXT_IGNORE || kind == TEXT_LOST)
			return i;
		i += strcspn(s + i, " ");
		i += strspn(s + i, " ");
	}
	return 0;
}

/* What else stands left of the column. */
static size_t beside(struct text *t, const char *s)
{
	struct text_line l = { 0 };
	size_t len = t->columns;
	char name[128];
	struct err e;
	bool is = text_take_apart(t, s, &l, &e) == TEXT_EVENT;

	if (len == 0)
		len = is ? left_of_column(s, &l) : beside_others(t, s);
	else if (is && left_of_column(s, &l) == 0)
		len = 0;
	len = strnlen(s, len);
	if (is && len != 0 && !t->forced) {
		size_t n = whose(s, len, name, sizeof(name));

		if (n != 0)
			t->stream = streams_named(&t->streams, name, n);
	}
	return len;
}

size_t text_strip(struct text *t, const char *s)
{
	size_t len;

	t->stream = streams_current(&t->streams);
	if (t->columns != 0 && t->forced)
		return strnlen(s, t->columns);
	len = t->prefixes != 0 ? known(t, s) : 0;
	return t->beside ? len + beside(t, s + len) : len;
}

bool text_name_alone(struct text *t, struct text_line *l)
{
	size_t n = l->column;

	if (t->forced || t->keep || !not_a_name(l) || n == 0 || n >= l->n_comm)
		return false;
	l->comm += l->n_comm - n;
	l->n_comm = n;
	while (l->n_comm > 0 && *l->comm == ' ') {
		l->comm++;
		l->n_comm--;
	}
	return true;
}

int text_crowded(const struct text *t, struct err *e)
{
	return err_set(e, ERR_INPUT,
		       "before the tasks' names stands what no rule knows (\"%s\"): say how many columns it has with "
		       "--strip-prefix N, or that it is part of the names with --strip-prefix none",
		       t->beside_text);
}
