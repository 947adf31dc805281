/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/text.h"

#include <ctype.h>
#include <string.h>

#include "sim/base/str.h"
#include "traces/fmt.h"

/* An event whose next lines may belong to it. */
struct pending {
	bool have;
	struct tr_event ev;
	bool known;               /* the event has a row */
	unsigned long line, more; /* number of its line, and of the first that was put behind it */
	size_t first;             /* bytes of args from its own line */
	struct str args;          /* lines separated by newlines */
};

struct text {
	struct imp *im;
	text_dialect *dialect;
	const char *want;
	struct fmt_strings fs;
	struct pending pend;
	struct str joined;
};

static uint32_t intern(void *self, const char *s, size_t n)
{
	return imp_string(self, s, n);
}

/* Read the arguments with the lines put together by sep ("" or " "), or only the first line of
 * them. */
static bool read_joined(struct text *t, const char *sep, size_t len)
{
	const char *s = str_get(&t->pend.args);

	str_reset(&t->joined);
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '\n')
			str_add(&t->joined, sep);
		else
			str_addc(&t->joined, s[i]);
	}
	return fmt_read(&t->pend.ev, str_get(&t->joined), &t->fs);
}

/* What was put behind a line that is whole without it. */
static int broken_rest(struct text *t, struct err *e)
{
	(void)err_set(e, ERR_INPUT, "not an event: \"%.60s\": want %s",
		      str_get(&t->pend.args) + t->pend.first + 1, t->want);
	return imp_broken(t->im, t->pend.more, e);
}

static int broken_args(struct text *t, struct err *e)
{
	const char *form = tr_print_forms((enum tr_type)t->pend.ev.type);

	(void)err_set(e, ERR_INPUT, "broken %s: \"%.80s\": want \"%.*s\"",
		      tr_type_name((enum tr_type)t->pend.ev.type), str_get(&t->pend.args),
		      (int)strcspn(form, "\n"), form);
	return imp_broken(t->im, t->pend.line, e);
}

/* The pending event is complete: read its fields and hand it over. */
static int flush(struct text *t, struct err *e)
{
	struct pending *p = &t->pend;
	int rc = 0;

	if (!p->have)
		return 0;
	p->have = false;
	if (!p->known)
		return 0;
	if (!read_joined(t, " ", p->args.len) &&
	    (p->more == 0 || !read_joined(t, "", p->args.len))) {
		if (p->more == 0 || !read_joined(t, "", p->first))
			return broken_args(t, e);
		rc = broken_rest(t, e);
	}
	if (rc == 0 && imp_add(t->im, &p->ev, e) != 0)
		rc = imp_broken(t->im, p->line, e);
	return rc;
}

static void begin(struct text *t, const struct text_line *l)
{
	struct pending *p = &t->pend;
	char name[64] = "";
	enum tr_type type = TR_TYPE_COUNT;

	if (l->n_name < sizeof(name))
		memcpy(name, l->name, l->n_name);
	p->have = true;
	p->known = tr_type_by_name(name, &type);
	str_reset(&p->args);
	if (strcmp(name, "tracing_mark_write") ==
	    0) { /* the kernel's own text names the function, not the event */
		type = TR_print;
		p->known = true;
		str_add(&p->args, "tracing_mark_write: ");
	}
	p->line = t->im->lines.line;
	p->more = 0;
	if (!p->known) {
		imp_skip(t->im, l->name, l->n_name);
		return;
	}
	p->ev = (struct tr_event){ .ts_ns = l->ts_ns,
				   .pid = l->pid,
				   .cpu = l->cpu,
				   .type = (uint8_t)type,
				   .comm = imp_string(t->im, l->comm, l->n_comm) };
	str_add(&p->args, l->args);
	p->first = p->args.len;
}

static int other_line(struct text *t, const char *s, struct err *e)
{
	struct pending *p = &t->pend;

	if (!p->have) {
		(void)err_set(e, ERR_INPUT, "not an event: \"%.60s\": want %s", s, t->want);
		return imp_broken(t->im, t->im->lines.line, e);
	}
	if (!p->known)
		return 0;
	if (p->args.len + strlen(s) > LINE_MAX_BYTES) {
		if (flush(t, e) != 0)
			return -1;
		return other_line(t, s, e);
	}
	if (p->more == 0)
		p->more = t->im->lines.line;
	str_addc(&p->args, '\n');
	str_add(&p->args, s + strspn(s, " \t"));
	return 0;
}

static int one_line(struct text *t, char *s, size_t n, struct err *e)
{
	struct text_line l = { 0 };
	enum text_kind kind;

	while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t'))
		s[--n] = '\0';
	kind = n == 0 ? TEXT_IGNORE : t->dialect(s, &l, e);
	if (kind == TEXT_OTHER)
		return other_line(t, s, e);
	if (kind == TEXT_BROKEN) {
		struct err why = *e;

		if (flush(t, e) != 0)
			return -1;
		*e = why;
		return imp_broken(t->im, t->im->lines.line, e);
	}
	if (flush(t, e) != 0)
		return -1;
	if (kind == TEXT_LOST)
		imp_lost(t->im, l.lost);
	else if (kind == TEXT_EVENT)
		begin(t, &l);
	return 0;
}

static int read_lines(struct text *t, struct err *e)
{
	struct imp *im = t->im;
	char *s;
	size_t n;
	int got;

	while ((got = lines_next(&im->lines, &s, &n, e)) != 0) {
		if (got < 0) {
			struct err why = *e;

			if (flush(t, e) != 0)
				return -1;
			*e = why;
			if (imp_broken(im, im->lines.line, e) != 0 || im->lines.failed != 0)
				return -1;
		} else if (one_line(t, s, n, e) != 0) {
			return -1;
		}
		imp_progress(im);
	}
	return flush(t, e);
}

int text_read(struct imp *im, text_dialect *dialect, const char *want, struct err *e)
{
	struct text t = {
		.im = im, .dialect = dialect, .want = want, .fs = { .intern = intern, .self = im }
	};
	int rc = read_lines(&t, e);

	str_free(&t.pend.args);
	str_free(&t.joined);
	return rc;
}

bool text_probe(const char *head, size_t n, text_dialect *dialect, struct text_line *first)
{
	char line[512];
	struct err e;

	while (n > 0) {
		const char *end = memchr(head, '\n', n);
		size_t len = end != NULL ? (size_t)(end - head) : n;

		if (len < sizeof(line)) {
			memcpy(line, head, len);
			line[len] = '\0';
			if (dialect(line, first, &e) == TEXT_EVENT)
				return true;
		}
		if (end == NULL)
			return false;
		n -= len + 1;
		head = end + 1;
	}
	return false;
}

bool text_cpu(const char **p, uint16_t *cpu, bool *absurd)
{
	const char *s = *p + 1;
	uint64_t v = 0;

	if (**p != '[' || !isdigit((unsigned char)*s))
		return false;
	for (; isdigit((unsigned char)*s); s++)
		v = v < TR_CPU_MAX ? v * 10 + (uint64_t)(*s - '0') : TR_CPU_MAX;
	if (*s != ']')
		return false;
	*absurd = v >= TR_CPU_MAX;
	*cpu = (uint16_t)v;
	*p = s + 1;
	return true;
}

bool text_time(const char **p, uint64_t *ns)
{
	static const uint64_t scale[10] = { 0,     100000000, 10000000, 1000000, 100000,
					    10000, 1000,      100,      10,      1 };
	const char *s = *p, *digits;
	uint64_t sec = 0, frac = 0;

	for (; isdigit((unsigned char)*s) && s - *p < 10; s++)
		sec = sec * 10 + (uint64_t)(*s - '0');
	if (s == *p || *s != '.')
		return false;
	digits = ++s;
	for (; isdigit((unsigned char)*s) && s - digits < 9; s++)
		frac = frac * 10 + (uint64_t)(*s - '0');
	if (s == digits || *s != ':')
		return false;
	*ns = sec * 1000000000 + frac * scale[s - digits];
	*p = s + 1;
	return true;
}

bool text_pid_before(const char *start, const char **end, int32_t *pid)
{
	const char *s = *end;
	int64_t v = 0;

	while (s > start && isdigit((unsigned char)s[-1]))
		s--;
	if (s == *end || *end - s > 10)
		return false;
	for (const char *q = s; q < *end; q++)
		v = v * 10 + (*q - '0');
	if (v > INT32_MAX)
		return false;
	*pid = (int32_t)v;
	*end = s;
	return true;
}
