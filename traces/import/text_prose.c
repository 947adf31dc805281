/* SPDX-License-Identifier: Apache-2.0 */
/* Lines that are no events: prose around them, broken ones, text that is no trace. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "traces/import/text_impl.h"

/* n lines from this one on are no events, and no prose. */
static int text_not_an_event(struct text *t, unsigned long line, const char *s, uint64_t n, struct err *e)
{
	(void)err_set(e, ERR_INPUT, "not an event: \"%.60s\": want %s", s + strspn(s, " "),
		      t->want);
	return imp_broken_lines(t->im, line, n, e);
}

/* The line has a part that only events have: a task with a CPU, or the name of one of our events.
 */
static bool like_event(const struct text *t, const char *s)
{
	enum tr_type type;
	bool alias;

	for (const char *p = strchr(s, '['); p != NULL; p = strchr(p + 1, '[')) {
		const char *q = p;
		uint16_t cpu;
		bool absurd;

		if (text_cpu(&q, &cpu, &absurd) && p - s > 3 &&
		    (p[-1] == ' ' || isdigit((unsigned char)p[-1])))
			return true;
	}
	for (const char *p = strchr(s, ':'); p != NULL; p = strchr(p + 1, ':')) {
		const char *w = p;

		while (w > s && (isalnum((unsigned char)w[-1]) || w[-1] == '_'))
			w--;
		if (p - w > 5 && p[1] == ' ' && w > s &&
		    text_type_of(t, w, (size_t)(p - w), &type, &alias))
			return true;
	}
	return false;
}

/* Event name first, nothing before it. */
static bool bare_event(const struct text *t, const char *s)
{
	size_t n = strcspn(s, ": ");
	enum tr_type type;
	bool alias;

	return n > 5 && s[n] == ':' && s[n + 1] == ' ' && text_type_of(t, s, n, &type, &alias);
}

int text_lacking(struct text *t, unsigned long line, struct err *e)
{
	if (t->started)
		return imp_broken(t->im, line, e);
	if (t->lacks_n++ == 0) {
		t->lacks = *e;
		t->lacks_line = line;
	}
	return 0;
}

/* Cut by whoever posted the text: events are missing here. "...", "[snip]", "... skipped 100 lines ...", "<5000 more>". */
static bool elision(const char *s)
{
	static const char *const words[] = { "snip", "cut", "skip", "omit", "truncat", "more lines", "lines more", "elided" };
	size_t n, dots;

	s = text_spaces(s);
	n = strlen(s);
	if (n == 0 || n > 60)
		return false;
	if (strncmp(s, "\342\200\246", 3) == 0 || strncmp(s, "[\342\200\246]", 5) == 0)
		return true;
	if (strchr("[(<", s[0]) != NULL && strchr("])>", s[n - 1]) != NULL) {
		dots = strspn(s + 1, ". ");
		if (n > 2 && dots == n - 2)
			return true;
	} else {
		dots = strspn(s, ". ");
		if (n >= 3 && dots == n)
			return true;
		if (strncmp(s, "..", 2) != 0 && strncmp(s, "--", 2) != 0)
			return false;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strstr(s, words[i]) != NULL)
			return true;
	}
	return false;
}

int text_unexplained(struct text *t, unsigned long line, const char *s, struct err *e)
{
	const char *what = t->started ? NULL
			   : bare_event(t, s) || bare_event(t, s + prefix_of(s, PREFIX_ALL).len)
				   ? "an event without task, CPU and time (tp_printk prints such): "
				     "record with trace-cmd, or "
				     "read /sys/kernel/tracing/trace"
				   : text_named(s);
	struct prose *p = &t->prose;

	if (elision(s) || strcmp(s, "--") == 0) { /* grep's, or that of a mail's signature */
		t->cut = t->started;
		return 0;
	}
	if (what != NULL) {
		(void)err_set(e, ERR_INPUT, "%s", what);
		return text_lacking(t, line, e);
	}
	if (like_event(t, s))
		return text_not_an_event(t, line, s, 1, e);
	if (!t->started) {
		t->before++;
		return 0;
	}
	if (p->n++ == 0) {
		p->line = line;
		(void)snprintf(p->text, sizeof(p->text), "%s", s);
	}
	return 0;
}

int text_end_prose(struct text *t, struct err *e)
{
	struct prose p = t->prose;

	t->prose.n = 0;
	if (p.n != 0 && t->always && (t->found & 1u << PREFIX_kernel) != 0) { /* the kernel's log has its other messages, too */
		t->between += p.n;
		return 0;
	}
	return p.n != 0 ? text_not_an_event(t, p.line, p.text, p.n, e) : 0;
}
