/* SPDX-License-Identifier: Apache-2.0 */
/* Events of a text: their names, the lines that belong to them, their fields. */
#include <string.h>

#include "traces/native.h"
#include "traces/import/text_impl.h"

bool text_type_of(const struct text *t, const char *s, size_t n, enum tr_type *type, bool *alias)
{
	*alias = false;
	return tr_names_find(t->names, s, n, type, alias);
}

/* A line with a task and a CPU but no event: the rest of it may stand in the next. */
bool text_cut_head(const char *s)
{
	const char *open = strchr(s, '['), *p = open, *end = open;
	int32_t pid;
	uint16_t cpu;
	bool absurd;

	if (p == NULL || !text_cpu(&p, &cpu, &absurd))
		return false;
	while (end > s && end[-1] == ' ')
		end--;
	return text_pid_before(s, &end, &pid) && end > s &&
	       (end[-1] == '-' || end[-1] == ' ' || end[-1] == '/');
}

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

/* The event shows that the trace is of another architecture: ERR_INPUT with its line; 0 if it does not. */
static int text_foreign(const struct text *t, const char *name, size_t n, const char *args, struct err *e)
{
	static const struct {
		const char *event, *part, *arch;
	} rows[] = {
#define FOREIGN(event, part, arch) { #event, part, arch },
#include "traces/import/foreign.def"
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strlen(rows[i].event) != n || memcmp(rows[i].event, name, n) != 0 ||
		    (rows[i].part[0] != '\0' && strstr(args, rows[i].part) == NULL))
			continue;
		(void)err_set(e, ERR_INPUT,
			      "%s of %s (\"%.60s\"): want a trace of an arm64 host, el2sim models no other", rows[i].event,
			      rows[i].arch, args);
		return err_at(e, imp_name(t->im), t->pend.line[0]);
	}
	return 0;
}

static int broken_args(struct text *t, struct err *e)
{
	const struct pending *p = &t->pend;
	enum tr_type type = (enum tr_type)p->ev.type;
	const char *form = tr_print_forms(type);

	if (text_foreign(t, tr_type_name(type), strlen(tr_type_name(type)), p->args.s, e) != 0)
		return -1;
	(void)err_set(e, ERR_INPUT, "broken %s: \"%.80s\": want \"%.*s\"%s", tr_type_name(type),
		      p->args.s, (int)strcspn(form, "\n"), form, p->unended ? ": the text ends in the middle of this line" : "");
	return imp_broken(t->im, p->line[0], e);
}

int text_hand_over(struct text *t, const struct tr_event *ev, unsigned long line, uint32_t stream, bool alias, struct err *e)
{
	t->streams.line = line;
	if (!streams_take(&t->streams, stream, ev))
		return 0;
	return imp_add_as(t->im, ev, alias, e) != 0 ? imp_broken(t->im, line, e) : 0;
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

/* The last word of a text: what is told of a remark. */
static const char *remark_of(const char *args)
{
	const char *last = strrchr(args, ' ');

	return last != NULL ? last + 1 : args;
}

/* The first n lines as one event: strictly in each way of putting them together before anything lenient. */
static enum fmt_read read_joined(struct text *t, unsigned n, const char *const seps[2])
{
	struct pending *p = &t->pend;
	bool unended = n == p->lines && p->unended;
	enum fmt_read how = FMT_NO;

	if (n == 1)
		return fmt_read(&p->ev, joined(t, n, ""), unended ? FMT_CUT : FMT_LENIENT | FMT_WHOLE, &t->fs);
	for (unsigned k = 0; how == FMT_NO && k < (unended ? 2 : 4); k++)
		how = fmt_read(&p->ev, joined(t, n, seps[k % 2]), unended ? FMT_CUT : k < 2 ? FMT_STRICT : FMT_LENIENT, &t->fs);
	return how;
}

/* How many of the lines belong to the event: the most that can be read. 0: not even the first. */
static unsigned read_lines_of(struct text *t)
{
	struct pending *p = &t->pend;
	bool cut = cut_at_column(t);
	const char *const seps[2] = { cut ? "" : " ", cut ? " " : "" };

	for (unsigned n = p->lines; n > 0; n--) {
		enum fmt_read how = read_joined(t, n, seps);

		if (how == FMT_LIST)
			old_numbers(t, &p->ev);
		if (how == FMT_REMARK)
			imp_note(t->im, "behind the fields of events stands what no rule knows (\"%.60s\"): left out",
				 remark_of(str_get(&t->joined)));
		if (how == FMT_OPEN)
			imp_note(t->im, "the text ends in the middle of line %lu, so its last value may be cut: left out",
				 p->line[n - 1]);
		if (how != FMT_NO)
			return n;
	}
	return 0;
}

/* The pending event is complete: read its fields and hand it over; lines that are not its own are
 * looked at anew. */
int text_flush(struct text *t, struct err *e)
{
	struct pending *p = &t->pend;
	unsigned n;

	if (!p->have)
		return 0;
	p->have = false;
	if (!p->known)
		return 0;
	n = read_lines_of(t);
	if ((n != 0 ? text_hand_over(t, &p->ev, p->line[0], p->stream, p->alias, e) : broken_args(t, e)) != 0)
		return -1;
	return p->lines > (n != 0 ? n : 1) ? other_lines(t, n != 0 ? n : 1, e) : 0;
}

/*
 * "kvm: kvm_entry: ...", "kvm:kvm_entry: ...": the system stands before the name, *skip bytes of the arguments. What
 * another word stands before is a text of trace_printk, which begins with the name of its function.
 */
static bool behind_system(const struct text *t, const struct text_line *l, size_t *skip, enum tr_type *type, bool *alias)
{
	static const char *const systems[] = { "kvm", "sched", "ftrace", "hypervisor" };
	const char *name = l->args, *colon = memchr(name, ':', l->n_args);
	bool system = false;

	for (size_t i = 0; i < sizeof(systems) / sizeof(systems[0]); i++)
		system = system || (strlen(systems[i]) == l->n_name && memcmp(l->name, systems[i], l->n_name) == 0);
	if (!system || colon == NULL || !text_type_of(t, name, (size_t)(colon - name), type, alias))
		return false;
	colon++;
	while (*colon == ' ')
		colon++;
	*skip = (size_t)(colon - name) < l->n_args ? (size_t)(colon - name) : l->n_args;
	return true;
}

static int begin(struct text *t, const struct text_line *l, unsigned long line, struct err *e)
{
	struct pending *p = &t->pend;
	enum tr_type type = TR_TYPE_COUNT;
	size_t skip = 0;
	bool mark = l->n_name == 18 && memcmp(l->name, "tracing_mark_write", 18) == 0;

	p->have = true;
	p->stream = t->stream;
	p->line[0] = line;
	p->lines = 1;
	p->width = t->width;
	p->trailing = t->trailing;
	p->unended = t->unended;
	str_reset(&p->args);
	/* the kernel's own text of a marker names the function, not the event */
	p->known = mark || text_type_of(t, l->name, l->n_name, &type, &p->alias) ||
		   behind_system(t, l, &skip, &type, &p->alias);
	if (!p->known) {
		imp_skip(t->im, l->name, l->n_name);
		return text_foreign(t, l->name, l->n_name, l->args, e);
	}
	p->ev = (struct tr_event){ .ts_ns = l->ts_ns,
				   .pid = l->pid,
				   .cpu = l->cpu,
				   .type = (uint8_t)(mark ? TR_print : type),
				   .comm = imp_string(t->im, l->comm, l->n_comm) };
	if (mark)
		str_add(&p->args, "tracing_mark_write: ");
	p->at[0] = 0;
	str_addn(&p->args, l->args + skip, l->n_args - skip);
	str_addn(&p->args, "", 1);
	p->at[1] = p->args.len;
	return 0;
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

int text_start(struct text *t, const struct text_line *l, unsigned long line, struct err *e)
{
	if (text_end_prose(t, e) != 0)
		return -1;
	if (t->cut) {
		imp_lost(t->im, 0);
		imp_note(t->im, "the text was shortened (\"...\"): events are missing there");
		t->cut = false;
	}
	if (check_clock(t, l, e) != 0)
		return imp_broken(t->im, line, e);
	if (!t->started && t->lacks_n != 0) { /* so they were events, too */
		*e = t->lacks;
		if (imp_broken_lines(t->im, t->lacks_line, t->lacks_n, e) != 0)
			return -1;
	}
	if (!t->started && t->listed)
		imp_enabled_end(t->im);
	if (t->arch[0] != '\0' && l->n_name > 3 && memcmp(l->name, "kvm", 3) == 0) {
		(void)err_set(e, ERR_INPUT, "%.*s of %s: want a trace of an arm64 host, el2sim models no other", (int)l->n_name,
			      l->name, t->arch);
		return err_at(e, imp_name(t->im), line);
	}
	t->started = true;
	t->host = t->host || l->comm != NULL || t->dialect != text_ftrace;
	return begin(t, l, line, e);
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
			rc = text_lone_line(t, line[i], s, e);
		}
	}
	if (p->have && rc == 0)
		rc = text_flush(t, e);
	str_free(&lines);
	return rc;
}
