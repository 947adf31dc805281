/* SPDX-License-Identifier: Apache-2.0 */
/* A text line by line: what stands before it and in it is taken away, its dialect takes it apart.
 */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "traces/import/clean.h"
#include "traces/import/text_impl.h"

/* Dialects by the importer's name, in the order in which they are tried. */
static const struct {
	const char *name;
	text_dialect *fn;
	const char *want;
} dialects[] = {
	{ "perf", text_perf,
	  "\"task pid [cpu] seconds.fraction: system:event: ...\" (perf record -a or "
	  "--sample-cpu)" },
	{ "tracefs", text_ftrace, "\"task-pid [cpu] flags seconds.fraction: event: ...\"" },
	{ "report", text_ftrace, "\"task-pid [cpu] seconds.fraction: event: ...\"" },
	{ "hyp", text_hyp, "\"[cpu] seconds.fraction: event ...\"" },
};

static uint32_t intern(void *self, const char *s, size_t n)
{
	return imp_string(self, s, n);
}

/* --- lines ------------------------------------------------------------------------------------ */

/* The dialect of the first event, tried on each line until one has it. */
enum text_kind text_take_apart(struct text *t, const char *s, struct text_line *l, struct err *e)
{
	enum text_kind kind, best = TEXT_OTHER;
	struct err why;

	if (t->dialect != NULL)
		return t->dialect(&t->ctx, s, l, e);
	for (size_t i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++) {
		kind = dialects[i].fn(&t->ctx, s, l, &why);
		if (kind == TEXT_EVENT) {
			bool report = dialects[i].fn == text_ftrace && !t->tracefs;

			t->dialect = dialects[i].fn;
			t->name = report ? "report" : dialects[i].name;
			t->want = dialects[report ? 2 : i].want;
			return kind;
		}
		if ((kind == TEXT_LACKS && best != TEXT_LACKS) || kind == TEXT_BROKEN)
			*e = why;
		if (kind == TEXT_LOST || kind == TEXT_BROKEN)
			return kind;
		if (kind == TEXT_LACKS || (kind == TEXT_IGNORE && best != TEXT_LACKS))
			best = kind; /* unless another dialect finds an event */
	}
	return best;
}

/* Put a line behind a head that was cut. True: it was the rest, and *l is the event of t->head. */
static bool complete_head(struct text *t, const char *s, struct text_line *l, struct err *e)
{
	if (t->head_line == 0)
		return false;
	str_addc(&t->head, ' ');
	str_add(&t->head, s + strspn(s, " "));
	return text_take_apart(t, str_get(&t->head), l, e) == TEXT_EVENT;
}

/* The head of an event that never came. */
static int give_up_head(struct text *t, struct err *e)
{
	unsigned long line = t->head_line;

	t->head_line = 0;
	return line != 0 ? text_unexplained(t, line, str_get(&t->head), e) : 0;
}

int text_lone_line(struct text *t, unsigned long line, const char *s, struct err *e)
{
	struct text_line l = { 0 };

	if (complete_head(t, s, &l, e)) {
		unsigned long first = t->head_line;

		t->head_line = 0;
		imp_note(t->im, "wrapped lines were put together");
		return text_start(t, &l, first, e);
	}
	if (t->head_line != 0) { /* not the rest: the head is alone, as it was */
		t->head.len -= strlen(s + strspn(s, " ")) + 1;
		t->head.s[t->head.len] = '\0';
		if (give_up_head(t, e) != 0)
			return -1;
	}
	if (text_cut_head(s) && strlen(s) < LINE_MAX_BYTES / 2) {
		t->head_line = line;
		str_reset(&t->head);
		str_add(&t->head, s);
		return 0;
	}
	return text_unexplained(t, line, s, e);
}

/* A line that is no head of an event: of the event before it, the rest of a head, or prose. */
static int other_line(struct text *t, const char *s, struct err *e)
{
	struct pending *p = &t->pend;

	if (p->have && text_cut_head(s) && text_flush(t, e) != 0)
		return -1;
	if (!p->have)
		return text_lone_line(t, t->im->lines.line, s, e);
	if (!p->known)
		return 0;
	if (p->args.len + strlen(s) > LINE_MAX_BYTES || p->lines > MORE_MAX - 1) {
		if (text_flush(t, e) != 0)
			return -1;
		return other_line(t, s, e);
	}
	p->blank[p->lines] = *s == ' ' || p->trailing;
	p->trailing = t->trailing;
	p->unended = t->unended;
	p->line[p->lines] = t->im->lines.line;
	p->at[p->lines] = p->args.len;
	str_add(&p->args, s + strspn(s, " "));
	str_addn(&p->args, "", 1);
	p->at[++p->lines] = p->args.len;
	return 0;
}

/* "==> name <==" of head and tail, "cpus=" of a second report: another stream begins. */
static bool stream_line(struct text *t, const char *s)
{
	size_t n = strlen(s);

	if (n > 8 && strncmp(s, "==> ", 4) == 0 && strcmp(s + n - 4, " <==") == 0) {
		streams_heading(&t->streams, s + 4, n - 8);
		return true;
	}
	if (strncmp(s, "cpus=", 5) == 0 && t->started)
		streams_next(&t->streams);
	if (strncmp(s, "# tracer:", 9) == 0) {
		t->tracefs = true;
		streams_section(&t->streams, t->im->lines.line);
	}
	return false;
}

/* perf script --header: "# arch : aarch64". */
static void perf_arch(struct text *t, const char *s)
{
	if (t->started || strncmp(s, "# arch : ", 9) != 0 || strncmp(s + 9, "aarch64", 7) == 0 || strncmp(s + 9, "arm", 3) == 0)
		return;
	(void)snprintf(t->arch, sizeof(t->arch), "%.*s", (int)sizeof(t->arch) - 1, s + 9);
	imp_note(t->im, "recorded on %s, which is no arm64 host", t->arch);
}

/* perf script --header: "# event : name = kvm:kvm_entry, , id = ...". */
static void perf_head(struct text *t, const char *s)
{
	const char *name;

	if (t->started || strncmp(s, "# event : name = ", 17) != 0)
		return;
	s += 17;
	name = memchr(s, ':', strcspn(s, ","));
	if (name == NULL)
		return;
	imp_enabled(t->im, name + 1, strcspn(name + 1, ", /"));
	t->listed = true;
}

static int plain_line(struct text *t, const char *s, struct err *e)
{
	struct text_line l = { 0 };
	unsigned long line = t->im->lines.line;
	enum text_kind kind;
	struct err why;

	if (*s == '#') {
		perf_arch(t, s);
		perf_head(t, s);
	}
	if (stream_line(t, s) || strncmp(s, "```", 3) == 0 || strncmp(s, "~~~", 3) == 0) /* Markdown's fences */
		return text_flush(t, e);
	kind = text_take_apart(t, s, &l, &why);
	if (kind == TEXT_OTHER)
		return other_line(t, s, e);
	if (text_flush(t, e) != 0 || give_up_head(t, e) != 0)
		return -1;
	if (kind == TEXT_BROKEN || kind == TEXT_LACKS) {
		*e = why;
		return kind == TEXT_LACKS ? text_lacking(t, line, e) : imp_broken(t->im, line, e);
	}
	if (kind == TEXT_LOST)
		imp_lost(t->im, l.lost);
	if (kind == TEXT_EVENT && l.n_comm > 16 && text_name_alone(t, &l))
		t->beside_lines++;
	return kind == TEXT_EVENT ? text_start(t, &l, line, e) : 0;
}

static int clean_one(struct text *t, char *s, size_t n, struct err *e)
{
	bool indented = *s == ' ' || *s == '\t';
	size_t skip;

	t->width = n;
	n = clean_line(s, n, t->html && !t->in_data, &t->cleaned);
	if (t->suffix != '\0')
		n = clean_suffix(s, n, t->suffix);
	t->trailing = n > 0 && s[n - 1] == ' ';
	while (n > 0 && s[n - 1] == ' ')
		s[--n] = '\0';
	if (n == 0)
		return t->dialect == text_perf || t->pend.lines <= 1 ? text_flush(t, e) : 0;
	skip = text_strip(t, s);
	t->ctx.indented = skip != 0 ? s[skip] == ' ' : indented;
	if (*text_spaces(s + skip) == '#')
		skip = (size_t)(text_spaces(s + skip) - s);
	return s[skip] != '\0' ? plain_line(t, s + skip, e) : 0;
}

/* Where a web page breaks the line at s: the tag, NULL if it does not; *end is behind it. */
static char *line_break(char *s, char **end)
{
	static const char *const tags[] = { "<br", "<BR", "</p>", "</div>", "</li>", "</tr>", "</pre>" };

	for (char *p = strchr(s, '<'); p != NULL; p = strchr(p + 1, '<')) {
		for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
			char *close = strncmp(p, tags[i], strlen(tags[i])) == 0 ? strchr(p, '>') : NULL;

			if (close == NULL)
				continue;
			*end = close + 1;
			return p;
		}
	}
	return NULL;
}

static int one_line(struct text *t, char *s, size_t n, struct err *e)
{
	char *tag, *end;

	if (t->html) {
		bool data = strstr(s, "class=\"trace-data\"") != NULL;

		if (data || strstr(s, "</script>") != NULL) {
			t->in_data = data;
			return text_flush(t, e);
		}
	}
	while (t->html && !t->in_data && (tag = line_break(s, &end)) != NULL) {
		*tag = '\0';
		t->unended = false;
		if (tag != s && clean_one(t, s, (size_t)(tag - s), e) != 0)
			return -1;
		n -= (size_t)(end - s);
		s = end;
		if (n == 0)
			return 0;
	}
	t->unended = t->im->lines.unended != 0;
	return clean_one(t, s, n, e);
}

/* A line of quoted-printable: what goes on in the next one waits for it. */
static int mime_line(struct text *t, char *s, size_t n, struct err *e)
{
	size_t before = n;
	bool more;
	int rc;

	n = clean_quoted_printable(s, n, &more);
	if (n != before)
		t->cleaned |= CLEAN_MIME;
	if (more && t->soft.len + n < LINE_MAX_BYTES) {
		str_addn(&t->soft, s, n);
		return 0;
	}
	if (t->soft.len == 0)
		return one_line(t, s, n, e);
	str_addn(&t->soft, s, n);
	rc = one_line(t, t->soft.s, t->soft.len, e);
	str_reset(&t->soft);
	return rc;
}

/* A line that cannot be read. Outside of a web page's data, that is no fault of the trace. */
static int unreadable(struct text *t, struct err *e)
{
	struct err why = *e;

	if (text_flush(t, e) != 0)
		return -1;
	*e = why;
	if (t->html && !t->in_data && t->im->lines.failed == 0)
		return 0;
	return imp_broken(t->im, t->im->lines.line, e) != 0 || t->im->lines.failed != 0 ? -1 : 0;
}

/* --- the whole text --------------------------------------------------------------------------- */

static void add_kinds(struct str *b, unsigned kinds)
{
	for (unsigned k = 0; k < PREFIX_KINDS; k++) {
		if ((kinds >> k & 1) != 0)
			str_addf(b, "%s%s", b->len != 0 ? ", " : "",
				 prefix_name((enum prefix_kind)k));
	}
}

static void notes(struct text *t)
{
	static const char *const cleaned[] = {
#define X(id, words) words,
		CLEANED(X)
#undef X
	};
	struct str b = STR_INIT;

	if (t->found != 0) {
		add_kinds(&b, t->found);
		imp_note(t->im, "stripped from the start of lines: %s", str_get(&b));
	}
	if (t->beside)
		imp_note(t->im, "stripped from the start of lines: what stands left of the tasks' column (\"%s\")",
			 t->beside_text);
	if (t->beside_lines != 0)
		imp_note(t->im, "%" PRIu64 " line%s had more than a name left of the task's number: left out",
			 t->beside_lines, t->beside_lines != 1 ? "s" : "");
	for (unsigned i = 0; i < sizeof(cleaned) / sizeof(cleaned[0]); i++) {
		if ((t->cleaned >> i & 1) != 0)
			imp_note(t->im, "taken away: %s", cleaned[i]);
	}
	if (t->before != 0)
		imp_note(t->im, "%" PRIu64 " line%s before the first event: no event", t->before,
			 t->before != 1 ? "s" : "");
	if (t->between != 0)
		imp_note(t->im, "%" PRIu64 " other message%s of the kernel's log between the events", t->between,
			 t->between != 1 ? "s" : "");
	if (t->prose.n != 0)
		imp_note(t->im,
			 "%" PRIu64 " line%s behind the last event (from line %lu on): no event",
			 t->prose.n, t->prose.n != 1 ? "s" : "", t->prose.line);
	str_free(&b);
}

static int nothing(struct text *t, struct err *e)
{
	if (t->started)
		return 0;
	if (t->lacks_line != 0) {
		*e = t->lacks;
		return err_at(e, imp_name(t->im), t->lacks_line);
	}
	return imp_unknown_format(t->im, e);
}

/* By its own words, or by how it writes what traces have. */
static bool web_page(const char *head, size_t n)
{
	static const char *const marks[] = { "<!DOCTYPE html", "<!doctype html", "<html", "<HTML",    "<pre",	 "<PRE",
					     "==&gt;",	       "==&#62;",	 "&lt;...&gt;", "&lt;idle&gt;", "&nbsp;" };

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (memmem(head, n, marks[i], strlen(marks[i])) != NULL)
			return true;
	}
	return false;
}

static int read_lines(struct text *t, struct err *e)
{
	struct imp *im = t->im;
	char *s;
	size_t n;
	int got;

	while ((got = lines_next(&im->lines, &s, &n, e)) != 0) {
		if ((got < 0   ? unreadable(t, e)
		     : t->mime ? mime_line(t, s, n, e)
			       : one_line(t, s, n, e)) != 0 ||
		    text_run(t, e) != 0)
			return -1;
		imp_progress(im);
	}
	if (text_flush(t, e) != 0 || give_up_head(t, e) != 0 || nothing(t, e) != 0)
		return -1;
	notes(t);
	return streams_end(&t->streams, im, e);
}

static int read_text(struct text *t, struct err *e)
{
	const struct import_opts *o = t->im->opts;
	text_dialect *given = t->dialect;
	const char *head;
	size_t n;

	if (prefix_option(o->strip_prefix, &t->prefixes, &t->forced, &t->columns, e) != 0)
		return -1;
	head = lines_head(&t->im->lines, &n);
	t->html = web_page(head, n);
	t->mime = clean_is_quoted_printable(head, n);
	t->always = t->forced;
	t->keep = !t->forced && t->prefixes == 0;
	if (!t->forced && !t->keep)
		text_learn_prefixes(t, head, n);
	t->dialect = given;
	if (t->crowded) {
		(void)text_crowded(t, e);
		return err_at(e, imp_name(t->im), 0);
	}
	return read_lines(t, e);
}

int text_read(struct imp *im, text_dialect *dialect, struct err *e)
{
	struct text t = { .im = im, .dialect = dialect, .fs = { .intern = intern, .self = im } };
	int rc;

	for (size_t i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++) {
		if (dialects[i].fn == dialect && strcmp(dialects[i].name, im->res->importer) == 0)
			t.want = dialects[i].want;
	}
	if (t.want == NULL)
		t.want = dialects[1].want;
	t.fs.patterns = t.patterns = fmt_patterns_new();
	t.names = tr_names_new();
	t.scan = (struct text_scan){ .names = t.names, .fs = t.fs };
	if (!im->opts->one_by_one) {
		t.scan.column = xcalloc(TEXT_COLUMNS, sizeof(*t.scan.column));
		t.ahead = text_ahead_new(im, &t.scan);
	}
	streams_init(&t.streams, im->opts->buffer);
	rc = read_text(&t, e);
	if (rc == 0 && dialect == NULL)
		imp_set_importer(im, t.host ? t.name : "hyp");
	str_free(&t.pend.args);
	str_free(&t.joined);
	str_free(&t.head);
	str_free(&t.soft);
	text_ahead_free(t.ahead);
	fmt_patterns_free(t.patterns);
	tr_names_free(t.names);
	free(t.scan.column);
	streams_free(&t.streams);
	free(t.ctx.on);
	return rc;
}

bool text_probe(const char *head, size_t n, text_dialect *dialect)
{
	struct text_ctx ctx = { 0 };
	bool found = false;

	while (n > 0 && !found) {
		const char *end = memchr(head, '\n', n);
		size_t len = end != NULL ? (size_t)(end - head) : n;
		struct text_line l = { 0 };
		char line[512];
		struct err e;

		if (len < sizeof(line)) {
			memcpy(line, head, len);
			line[len] = '\0';
			found = dialect(&ctx, line, &l, &e) == TEXT_EVENT;
		}
		if (end == NULL)
			break;
		n -= len + 1;
		head = end + 1;
	}
	free(ctx.on);
	return found;
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
