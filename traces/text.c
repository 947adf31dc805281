/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/text.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "sim/base/str.h"
#include "traces/clean.h"
#include "traces/fmt.h"
#include "traces/native.h"
#include "traces/prefix.h"
#include "traces/streams.h"

#define MORE_MAX    64  /* lines that may belong to the event before them */
#define TYPES_SLOTS 256 /* power of two, at least four times the number of events */
_Static_assert(TYPES_SLOTS >= 4 * TR_TYPE_COUNT, "a sparse table");

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

/* An event whose next lines may belong to it. */
struct pending {
	bool have;
	struct tr_event ev;
	bool known; /* the event has a row */
	bool alias; /* by aliases.def */
	unsigned long line[MORE_MAX + 1];
	size_t at[MORE_MAX + 2];  /* where its lines start in args, and where the last ends */
	unsigned lines;           /* 1: only its own */
	size_t width;             /* of its own line */
	bool trailing;            /* the last line ended with a blank */
	bool blank[MORE_MAX + 1]; /* between a line and the one before */
	uint32_t stream;
	struct str args; /* lines with a terminator each */
};

/* Lines that are no events: before the first, between or behind the last. */
struct prose {
	uint64_t n;
	unsigned long line; /* of the first */
	char text[64];
};

struct text {
	struct imp *im;
	const char *name, *want;
	text_dialect *dialect; /* NULL: not known yet */
	struct text_ctx ctx;
	struct fmt_strings fs;
	struct pending pend;
	struct str joined, head;
	unsigned long head_line; /* of head: a line that may be the start of an event; 0: none */
	struct prose prose;
	uint64_t before; /* lines before the first event */
	bool started;    /* there was an event */
	bool cut;        /* the text was shortened here */
	size_t width;    /* bytes of the line as it stands there, its last blanks included */
	bool trailing;   /* it had such */
	size_t wrap;     /* the width at which a terminal cut lines; 0: not known */
	enum text_clock clock;
	unsigned cleaned; /* enum clean */
	bool html, in_data;
	unsigned prefixes, found; /* kinds to strip, kinds that were */
	bool always, forced;      /* strip them in every line; because the user said so */
	size_t columns;
	struct streams streams;
	uint32_t stream;  /* of the line */
	struct err lacks; /* what the first almost-event lacks */
	unsigned long lacks_line;
	bool tracefs, listed;      /* "# tracer:" was there; the head of perf lists events */
	uint8_t slot[TYPES_SLOTS]; /* type + 1 by hash of the name */
};

static uint32_t intern(void *self, const char *s, size_t n)
{
	return imp_string(self, s, n);
}

/* --- names of events -------------------------------------------------------------------------- */

static unsigned name_hash(const char *s, size_t n)
{
	unsigned h = (unsigned)n;

	for (size_t i = 0; i < n; i++)
		h = h * 31 + (unsigned char)s[i];
	return h & (TYPES_SLOTS - 1);
}

static void types_init(struct text *t)
{
	for (unsigned type = 0; type < TR_TYPE_COUNT; type++) {
		const char *name = tr_type_name((enum tr_type)type);
		unsigned i = name_hash(name, strlen(name));

		while (t->slot[i] != 0)
			i = (i + 1) & (TYPES_SLOTS - 1);
		t->slot[i] = (uint8_t)(type + 1);
	}
}

static bool type_of(const struct text *t, const char *s, size_t n, enum tr_type *type, bool *alias)
{
	*alias = false;
	for (unsigned i = name_hash(s, n); t->slot[i] != 0; i = (i + 1) & (TYPES_SLOTS - 1)) {
		const char *name = tr_type_name((enum tr_type)(t->slot[i] - 1));

		if (strncmp(name, s, n) == 0 && name[n] == '\0') {
			*type = (enum tr_type)(t->slot[i] - 1);
			return true;
		}
	}
	*alias = tr_alias(s, n, type);
	return *alias;
}

/* --- lines that are no events ----------------------------------------------------------------- */

static int not_an_event(struct text *t, unsigned long line, const char *s, uint64_t n,
			struct err *e)
{
	(void)err_set(e, ERR_INPUT, "not an event: \"%.60s\": want %s", s, t->want);
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
		    type_of(t, w, (size_t)(p - w), &type, &alias))
			return true;
	}
	return false;
}

/* Cut by whoever posted the text: events are missing here. */
static bool elision(const char *s)
{
	static const char *const marks[] = { "...",    "[...]", "(...)", "[snip]",
					     "<snip>", "[..]",  "[cut]" };

	s += strspn(s, " ");
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (strcmp(s, marks[i]) == 0)
			return true;
	}
	return strcmp(s, "\342\200\246") == 0 || strcmp(s, "[\342\200\246]") == 0;
}

/* A line that belongs to no event. It is prose unless events follow that have events before them.
 */
static int unexplained(struct text *t, unsigned long line, const char *s, struct err *e)
{
	struct prose *p = &t->prose;

	if (elision(s) || strcmp(s, "--") == 0) { /* grep's, or that of a mail's signature */
		t->cut = t->started;
		return 0;
	}
	if (like_event(t, s))
		return not_an_event(t, line, s, 1, e);
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

/* An event came: what was between it and the one before is broken. */
static int end_prose(struct text *t, struct err *e)
{
	struct prose p = t->prose;

	t->prose.n = 0;
	return p.n != 0 ? not_an_event(t, p.line, p.text, p.n, e) : 0;
}

/* --- events ----------------------------------------------------------------------------------- */

/* The arguments of the first n lines put together by sep ("" or " "). */
static const char *joined(struct text *t, unsigned n, const char *sep)
{
	const struct pending *p = &t->pend;

	str_reset(&t->joined);
	for (unsigned i = 0; i < n; i++) {
		if (i != 0)
			str_add(&t->joined, p->blank[i] ? " " : sep);
		str_add(&t->joined, p->args.s + p->at[i]);
	}
	return str_get(&t->joined);
}

static int broken_args(struct text *t, struct err *e)
{
	const struct pending *p = &t->pend;
	enum tr_type type = (enum tr_type)p->ev.type;
	const char *form = tr_print_forms(type);

	(void)err_set(e, ERR_INPUT, "broken %s: \"%.80s\": want \"%.*s\"", tr_type_name(type),
		      p->args.s, (int)strcspn(form, "\n"), form);
	return imp_broken(t->im, p->line[0], e);
}

static int add(struct text *t, struct err *e)
{
	struct pending *p = &t->pend;
	int rc;

	if (!streams_take(&t->streams, p->stream, &p->ev))
		return 0;
	rc = imp_add_as(t->im, &p->ev, p->alias, e);
	return rc != 0 ? imp_broken(t->im, p->line[0], e) : 0;
}

static int other_lines(struct text *t, unsigned first, struct err *e);

/*
 * Plain numbers (report -R) of a kernel up to 4.8, where 1 is TRAP: an SError has its own class in
 * ESR, so one with another class was a trap.
 */
static void old_numbers(struct text *t, struct tr_event *ev)
{
	uint64_t ec = ev->arg[TRA_kvm_exit_esr_ec];

	if (ev->type != TR_kvm_exit || ev->absent != 0 || ev->arg[TRA_kvm_exit_ret] != 1 ||
	    ec == 0 || ec == 0x2f)
		return;
	ev->arg[TRA_kvm_exit_ret] = 2;
	imp_note(t->im,
		 "kvm_exit: ret=1 with a trap's class is TRAP (numbers of a kernel up to 4.8)");
}

/*
 * Lines that a terminal cut are as wide as it is, whatever stands there; mail programs wrap at a
 * blank, which is gone.
 */
static bool cut_at_column(struct text *t)
{
	const struct pending *p = &t->pend;

	if (p->lines < 2 || p->width < 80 ||
	    (t->wrap != 0 ? p->width != t->wrap : p->width % 10 != 0))
		return false;
	t->wrap = p->width;
	return true;
}

/* How many of the lines belong to the event: the most that can be read. 0: not even the first. */
static unsigned read_lines_of(struct text *t)
{
	struct pending *p = &t->pend;
	bool cut = cut_at_column(t);

	for (unsigned n = p->lines; n > 0; n--) {
		enum fmt_read how = fmt_read(&p->ev, joined(t, n, cut ? "" : " "), n == 1, &t->fs);

		if (how == FMT_NO && n > 1)
			how = fmt_read(&p->ev, joined(t, n, cut ? " " : ""), false, &t->fs);
		if (how == FMT_LIST)
			old_numbers(t, &p->ev);
		if (how != FMT_NO)
			return n;
	}
	return 0;
}

/* The pending event is complete: read its fields and hand it over; lines that are not its own are
 * looked at anew. */
static int flush(struct text *t, struct err *e)
{
	struct pending *p = &t->pend;
	unsigned n;

	if (!p->have)
		return 0;
	p->have = false;
	if (!p->known)
		return 0;
	n = read_lines_of(t);
	if ((n != 0 ? add(t, e) : broken_args(t, e)) != 0)
		return -1;
	return p->lines > (n != 0 ? n : 1) ? other_lines(t, n != 0 ? n : 1, e) : 0;
}

static void begin(struct text *t, const struct text_line *l, unsigned long line)
{
	struct pending *p = &t->pend;
	enum tr_type type = TR_TYPE_COUNT;
	bool mark = l->n_name == 18 && memcmp(l->name, "tracing_mark_write", 18) == 0;

	p->have = true;
	p->stream = t->stream;
	p->line[0] = line;
	p->lines = 1;
	p->width = t->width;
	p->trailing = t->trailing;
	str_reset(&p->args);
	/* the kernel's own text of a marker names the function, not the event */
	p->known = mark || type_of(t, l->name, l->n_name, &type, &p->alias);
	if (!p->known) {
		imp_skip(t->im, l->name, l->n_name);
		return;
	}
	p->ev = (struct tr_event){ .ts_ns = l->ts_ns,
				   .pid = l->pid,
				   .cpu = l->cpu,
				   .type = (uint8_t)(mark ? TR_print : type),
				   .comm = imp_string(t->im, l->comm, l->n_comm) };
	if (mark)
		str_add(&p->args, "tracing_mark_write: ");
	p->at[0] = 0;
	str_addn(&p->args, l->args, l->n_args);
	str_addn(&p->args, "", 1);
	p->at[1] = p->args.len;
}

/* The first event tells how times are told; all are told so. */
static int check_clock(struct text *t, const struct text_line *l, struct err *e)
{
	if (!t->started) {
		t->clock = l->clock;
		if (l->clock == TEXT_RAW)
			imp_note(t->im,
				 "times without a point are taken for nanoseconds (trace-cmd "
				 "report --raw-ts); of "
				 "another trace clock than local, global or mono they are not");
		if (l->clock == TEXT_RELATIVE)
			imp_note(t->im, "times are microseconds since the start of the buffer "
					"(latency-format), task names "
					"are cut after 8 letters");
	}
	if (l->clock == t->clock)
		return 0;
	return err_set(
		e, ERR_INPUT,
		"not an event: the time is told in another way than in the events before: want %s",
		t->want);
}

static int start_event(struct text *t, const struct text_line *l, unsigned long line, struct err *e)
{
	if (end_prose(t, e) != 0)
		return -1;
	if (t->cut) {
		imp_lost(t->im, 0);
		imp_note(t->im, "the text was shortened (\"...\"): events are missing there");
		t->cut = false;
	}
	if (check_clock(t, l, e) != 0)
		return imp_broken(t->im, line, e);
	if (!t->started && t->listed)
		imp_enabled_end(t->im);
	t->started = true;
	begin(t, l, line);
	return 0;
}

/* --- lines ------------------------------------------------------------------------------------ */

/* The dialect of the first event, tried on each line until one has it. */
static enum text_kind take_apart(struct text *t, const char *s, struct text_line *l, struct err *e)
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
		if (kind == TEXT_LACKS || kind == TEXT_BROKEN)
			*e = why;
		if (kind == TEXT_LOST || kind == TEXT_LACKS || kind == TEXT_BROKEN)
			return kind;
		if (kind == TEXT_IGNORE)
			best = kind;
	}
	return best;
}

static int lacking(struct text *t, unsigned long line, struct err *e)
{
	if (t->started)
		return imp_broken(t->im, line, e);
	if (t->lacks_line == 0) {
		t->lacks = *e;
		t->lacks_line = line;
	}
	return 0;
}

/* A line with a task and a CPU but no event: the rest of it may stand in the next. */
static bool cut_head(const char *s)
{
	const char *p = strchr(s, '[');
	uint16_t cpu;
	bool absurd;

	return p != NULL && p > s + 2 && text_cpu(&p, &cpu, &absurd);
}

/* Put a line behind a head that was cut. True: it was the rest, and *l is the event of t->head. */
static bool complete_head(struct text *t, const char *s, struct text_line *l, struct err *e)
{
	if (t->head_line == 0)
		return false;
	str_addc(&t->head, ' ');
	str_add(&t->head, s + strspn(s, " "));
	return take_apart(t, str_get(&t->head), l, e) == TEXT_EVENT;
}

/* The head of an event that never came. */
static int give_up_head(struct text *t, struct err *e)
{
	unsigned long line = t->head_line;

	t->head_line = 0;
	return line != 0 ? unexplained(t, line, str_get(&t->head), e) : 0;
}

/* A line that is no event by itself and belongs to none before it. */
static int lone_line(struct text *t, unsigned long line, const char *s, struct err *e)
{
	struct text_line l = { 0 };

	if (complete_head(t, s, &l, e)) {
		unsigned long first = t->head_line;

		t->head_line = 0;
		imp_note(t->im, "wrapped lines were put together");
		return start_event(t, &l, first, e);
	}
	if (t->head_line != 0) { /* not the rest: the head is alone, as it was */
		t->head.len -= strlen(s + strspn(s, " ")) + 1;
		t->head.s[t->head.len] = '\0';
		if (give_up_head(t, e) != 0)
			return -1;
	}
	if (cut_head(s) && strlen(s) < LINE_MAX_BYTES / 2) {
		t->head_line = line;
		str_reset(&t->head);
		str_add(&t->head, s);
		return 0;
	}
	return unexplained(t, line, s, e);
}

/* The lines of the pending event from `first` on are none of its own. */
static int other_lines(struct text *t, unsigned first, struct err *e)
{
	struct pending *p = &t->pend;
	struct str lines = p->args;
	size_t at[MORE_MAX + 2];
	unsigned long line[MORE_MAX + 1];
	unsigned n = p->lines;
	int rc = 0;

	memcpy(at, p->at, sizeof(at));
	memcpy(line, p->line, sizeof(line));
	p->args = STR_INIT;
	for (unsigned i = first; rc == 0 && i < n; i++) {
		const char *s = lines.s + at[i];

		if (p->have && p->known &&
		    p->lines <= MORE_MAX) { /* of a head that was completed */
			p->blank[p->lines] = false;
			p->line[p->lines] = line[i];
			p->at[p->lines] = p->args.len;
			str_addn(&p->args, s, strlen(s) + 1);
			p->at[++p->lines] = p->args.len;
		} else {
			rc = lone_line(t, line[i], s, e);
		}
	}
	if (p->have && rc == 0)
		rc = flush(t, e);
	str_free(&lines);
	return rc;
}

/* A line that is no head of an event: of the event before it, the rest of a head, or prose. */
static int other_line(struct text *t, const char *s, struct err *e)
{
	struct pending *p = &t->pend;

	if (!p->have)
		return lone_line(t, t->im->lines.line, s, e);
	if (!p->known)
		return 0;
	if (p->args.len + strlen(s) > LINE_MAX_BYTES || p->lines > MORE_MAX - 1) {
		if (flush(t, e) != 0)
			return -1;
		return other_line(t, s, e);
	}
	p->blank[p->lines] = *s == ' ' || p->trailing;
	p->trailing = t->trailing;
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

	if (*s == '#')
		perf_head(t, s);
	if (stream_line(t, s))
		return flush(t, e);
	kind = take_apart(t, s, &l, &why);
	if (kind == TEXT_OTHER)
		return other_line(t, s, e);
	if (flush(t, e) != 0 || give_up_head(t, e) != 0)
		return -1;
	if (kind == TEXT_BROKEN || kind == TEXT_LACKS) {
		*e = why;
		return kind == TEXT_LACKS ? lacking(t, line, e) : imp_broken(t->im, line, e);
	}
	if (kind == TEXT_LOST)
		imp_lost(t->im, l.lost);
	return kind == TEXT_EVENT ? start_event(t, &l, line, e) : 0;
}

/* Bytes that stand before the line proper, and its stream. */
static size_t strip(struct text *t, const char *s)
{
	struct prefix p;

	t->stream = streams_current(&t->streams);
	if (t->columns != 0)
		return strnlen(s, t->columns);
	if (t->prefixes == 0)
		return 0;
	p = prefix_of(s, t->prefixes);
	if (p.len == 0)
		return 0;
	if (!t->always) { /* only where the line is an event behind it, and none or one of a strange
			     task without */
		struct text_ctx ctx = { 0 };
		struct text_line l = { 0 };
		struct err e;
		bool is = take_apart(t, s, &l, &e) == TEXT_EVENT;

		if (is && l.n_comm <= 15 && (p.kinds & 1u << PREFIX_quote) == 0)
			return 0;
		(void)ctx;
		if (!is && (p.kinds & ~(1u << PREFIX_quote)) != 0 &&
		    take_apart(t, s + p.len, &l, &e) != TEXT_EVENT)
			return 0;
	}
	t->found |= p.kinds;
	if (p.stream != NULL && !t->forced)
		t->stream = streams_named(&t->streams, p.stream, p.n_stream);
	return p.len;
}

static int one_line(struct text *t, char *s, size_t n, struct err *e)
{
	bool indented;
	size_t skip;

	if (t->html) {
		bool data = strstr(s, "class=\"trace-data\"") != NULL;

		if (data || strstr(s, "</script>") != NULL) {
			t->in_data = data;
			return flush(t, e);
		}
	}
	indented = *s == ' ' || *s == '\t';
	t->width = n;
	n = clean_line(s, n, t->html && !t->in_data, &t->cleaned);
	t->trailing = n > 0 && s[n - 1] == ' ';
	while (n > 0 && s[n - 1] == ' ')
		s[--n] = '\0';
	if (n == 0)
		return t->dialect == text_perf || t->pend.lines <= 1 ? flush(t, e) : 0;
	skip = strip(t, s);
	t->ctx.indented = skip != 0 ? s[skip] == ' ' : indented;
	return s[skip] != '\0' ? plain_line(t, s + skip, e) : 0;
}

/* A line that cannot be read. Outside of a web page's data, that is no fault of the trace. */
static int unreadable(struct text *t, struct err *e)
{
	struct err why = *e;

	if (flush(t, e) != 0)
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
	for (unsigned i = 0; i < sizeof(cleaned) / sizeof(cleaned[0]); i++) {
		if ((t->cleaned >> i & 1) != 0)
			imp_note(t->im, "taken away: %s", cleaned[i]);
	}
	if (t->before != 0)
		imp_note(t->im, "%" PRIu64 " lines before the first event are no events",
			 t->before);
	if (t->prose.n != 0)
		imp_note(t->im,
			 "%" PRIu64 " lines behind the last event are no events (from line %lu on)",
			 t->prose.n, t->prose.line);
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

/*
 * What stands before the events of the first lines: stripped from all lines when it stands before
 * nearly all events there. Line numbers count up; a task whose name starts with a number does not.
 */
static void learn_prefixes(struct text *t, const char *head, size_t n)
{
	uint64_t with = 0, without = 0, last = 0;
	bool counts_up = true;
	unsigned kinds = 0;

	while (n > 0) {
		const char *end = memchr(head, '\n', n);
		size_t len = end != NULL ? (size_t)(end - head) : n;
		char line[512];

		if (len < sizeof(line) && end != NULL) {
			struct text_line l = { 0 };
			struct prefix p;
			unsigned seen = 0;
			struct err e;

			memcpy(line, head, len);
			line[len] = '\0';
			len = clean_line(line, len, t->html, &seen);
			p = prefix_of(line, t->prefixes);
			if (take_apart(t, line + p.len, &l, &e) == TEXT_EVENT) {
				with += p.len != 0;
				without += p.len == 0;
				kinds |= p.kinds;
				if ((p.kinds & 1u << PREFIX_number) != 0) {
					counts_up = counts_up && p.number > last;
					last = p.number;
				}
			} else if (take_apart(t, line, &l, &e) == TEXT_EVENT) {
				without++;
			}
			if (!t->forced)
				t->dialect = NULL;
		}
		if (end == NULL)
			break;
		n -= (size_t)(end + 1 - head);
		head = end + 1;
	}
	if ((kinds & 1u << PREFIX_number) != 0 && (!counts_up || with < 2)) {
		t->prefixes &= ~(1u << PREFIX_number);
		kinds &= ~(1u << PREFIX_number);
	}
	t->always = with != 0 && with >= 9 * without && kinds != 0;
	if (t->always)
		t->prefixes = kinds;
}

static bool web_page(const char *head, size_t n)
{
	static const char *const marks[] = { "<!DOCTYPE html", "<!doctype html", "<html", "<HTML" };

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (memmem(head, n < 1024 ? n : 1024, marks[i], strlen(marks[i])) != NULL)
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
		if ((got < 0 ? unreadable(t, e) : one_line(t, s, n, e)) != 0)
			return -1;
		imp_progress(im);
	}
	if (flush(t, e) != 0 || give_up_head(t, e) != 0 || nothing(t, e) != 0)
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
	t->always = t->forced;
	if (!t->forced)
		learn_prefixes(t, head, n);
	t->dialect = given;
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
	types_init(&t);
	streams_init(&t.streams, im->opts->buffer);
	rc = read_text(&t, e);
	if (rc == 0 && dialect == NULL)
		imp_set_importer(im, t.name);
	str_free(&t.pend.args);
	str_free(&t.joined);
	str_free(&t.head);
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
