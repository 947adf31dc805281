/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of tracefs and of trace-cmd report. */
#include <ctype.h>
#include <string.h>

#include "sim/base/num.h"
#include "traces/import/text.h"

/* A number with commas at the first digit of p; 0: there is none. */
static uint64_t count_in(const char *p)
{
	uint64_t n = 0;

	p += strcspn(p, "0123456789");
	for (; isdigit((unsigned char)*p) || (*p == ',' && isdigit((unsigned char)p[1])); p++)
		n = *p == ',' ? n : n > UINT64_MAX / 10 - 1 ? UINT64_MAX : n * 10 + (uint64_t)(*p - '0');
	return n;
}

/* What the kernel's log and the journal say of messages that they left out, and tools of events. */
static bool lost_sentence(const char *s, uint64_t *lost)
{
	static const char *const parts[] = { " printk messages dropped", " callbacks suppressed", " messages suppressed",
					     " messages from ", " kernel messages", " events lost" };
	const char *p = text_spaces(s);

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const char *at = strstr(p, parts[i]), *digit = at;

		if (at == NULL || at == p || !isdigit((unsigned char)at[-1]))
			continue;
		while (digit > p && (isdigit((unsigned char)digit[-1]) || digit[-1] == ','))
			digit--;
		*lost = count_in(digit);
		return true;
	}
	return false;
}

/* "CPU:1 [LOST 123 EVENTS]", "CPU:1 [123 EVENTS DROPPED]", "[123 events lost]"; without a number it
 * is 0. */
static bool lost_line(const char *s, uint64_t *lost)
{
	const char *p = text_spaces(s);

	if (strncmp(p, "CPU:", 4) == 0) {
		p += 4;
		p = text_spaces(p + strspn(p, "0123456789"));
	}
	if (*p++ != '[' || p[strlen(p) - 1] != ']')
		return false;
	if (strstr(p, "LOST") == NULL && strstr(p, "DROPPED") == NULL && strstr(p, "lost") == NULL)
		return false;
	*lost = count_in(p);
	return true;
}

/* "# entries-in-buffer/entries-written: 4/88123   #P:4": what is missing was overwritten. */
static bool overwritten_line(const char *s, uint64_t *lost)
{
	static const char words[] = "entries-in-buffer/entries-written:";
	const char *p = *text_spaces(s) == '#' ? strstr(s, words) : NULL;
	uint64_t kept, written;
	char *end;

	if (p == NULL)
		return false;
	kept = strtoull(p + sizeof(words) - 1, &end, 10);
	written = *end == '/' ? strtoull(end + 1, NULL, 10) : 0;
	*lost = written - kept;
	return written > kept;
}

/* Lines of trace-cmd report --stat and of per_cpu/cpuN/stats; those that say how many were lost
 * have lost set. */
static const struct {
	const char *key;
	bool lost;
} stats[] = {
	{ "entries: ", false },       { "overrun: ", true },
	{ "commit overrun: ", true }, { "bytes: ", false },
	{ "now ts: ", false },        { "oldest event ts: ", false },
	{ "dropped events: ", true }, { "read events: ", false },
	{ "CPU: ", false },           { "Kernel buffer statistics", false },
};

static enum text_kind stat_line(const char *s, uint64_t *lost)
{
	for (size_t i = 0; i < sizeof(stats) / sizeof(stats[0]); i++) {
		size_t n = strlen(stats[i].key);

		if (strncmp(s, stats[i].key, n) != 0)
			continue;
		*lost = stats[i].lost ? strtoull(s + n, NULL, 10) : 0;
		return *lost != 0 ? TEXT_LOST : TEXT_IGNORE;
	}
	return TEXT_OTHER;
}

static bool heading(const char *s)
{
	static const char *const starts[] = { "#",
					      "cpus=",
					      "version = ",
					      "CPU ",
					      "trace-cmd",
					      "=>",
					      "TRACE:",
					      "capturing trace...",
					      "file is in ",
					      "Dumping ftrace buffer:",
					      "(ftrace buffer empty)" };
	const char *p = text_spaces(s);

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		if (strncmp(s, starts[i], strlen(starts[i])) == 0)
			return true;
	}
	return strncmp(p, "=> ", 3) == 0 ||
	       (*p == '-' && p[strspn(p, "-")] == '\0' && strlen(p) > 8);
}

/* Task and pid in front of end: "comm-pid" or "comm-pid (tgid)". */
static bool task_before(const char *line, const char *end, struct text_line *t)
{
	while (end > line && end[-1] == ' ')
		end--;
	if (end > line && end[-1] == ')') {
		while (end > line && *end != '(')
			end--;
		while (end > line && end[-1] == ' ')
			end--;
	}
	if (!text_pid_before(line, &end, &t->pid) || end == line || *--end != '-')
		return false;
	t->comm = text_spaces(line);
	if (t->comm > end)
		return false;
	t->n_comm = (size_t)(end - t->comm);
	t->task_end = end;
	t->column = 16;
	if (t->n_comm == 5 && memcmp(t->comm, "<...>", 5) == 0)
		t->n_comm = 0;
	return t->n_comm <= TW_STRING_MAX;
}

/* irqs-off, need-resched, hardirq/softirq, preempt depth, migrate-disable: "d..1.", ".....",
 * "dNh2." */
static const char *skip_flags(const char *s)
{
	size_t n = 0;

	while (isalnum((unsigned char)s[n]) || s[n] == '.' || s[n] == '#' || s[n] == '*')
		n++;
	return n < 4 || n > 8 || (s[n] != ' ' && s[n] != '\0') ? s : text_spaces(s + n);
}

/* A whole number of a clock: "12645336112:". */
static bool raw_time(const char **p, uint64_t *ns)
{
	size_t n = strspn(*p, "0123456789");
	char *end;

	if (n == 0 || n > 19 || (*p)[n] != ':')
		return false;
	*ns = strtoull(*p, &end, 10);
	*p += n + 1;
	return true;
}

/* Latency format: "12us : ", "52us+: ", "1234us!: ". */
static bool relative_time(const char **p, uint64_t *ns)
{
	size_t n = strspn(*p, "0123456789");
	const char *s = *p + n;

	if (n == 0 || n > 16 || s[0] != 'u' || s[1] != 's')
		return false;
	s += 2;
	s += *s != ':' && *s != '\0';
	if (*s != ':')
		return false;
	*ns = strtoull(*p, NULL, 10) * 1000;
	*p = s + 1;
	return true;
}

/* trace-cmd report --ts-diff: "(+40)". */
static const char *skip_diff(const char *s)
{
	const char *p = s;

	if (p[0] != '(' || p[1] != '+')
		return s;
	p += 2 + strspn(p + 2, "0123456789.");
	return *p == ')' ? text_spaces(p + 1) : s;
}

/* Name and arguments. */
static bool event(const char *p, struct text_line *t)
{
	const char *colon;

	t->name = skip_diff(text_spaces(p));
	colon = strchr(t->name, ':');
	if (colon != NULL && memchr(t->name, ' ', (size_t)(colon - t->name)) == NULL) {
		t->n_name = (size_t)(colon - t->name);
		t->args = text_spaces(colon + 1);
		t->n_args = strlen(t->args);
		return t->n_name != 0;
	}
	/* The function tracer's lines and stack traces have no event name: counted as unknown. */
	t->n_name = strcspn(t->name, " ");
	t->args = t->name + t->n_name;
	t->n_args = strlen(t->args);
	if (*t->name == '<')
		return true;
	if (strncmp(t->args, " <-", 3) != 0)
		return false;
	t->name = "(functions)";
	t->n_name = strlen(t->name);
	return true;
}

/* Time, name and arguments. */
static bool rest(const char *p, struct text_line *t)
{
	t->clock = TEXT_SECONDS;
	if (!text_time(&p, &t->ts_ns)) {
		t->clock = TEXT_RAW;
		if (!raw_time(&p, &t->ts_ns)) {
			t->clock = TEXT_RELATIVE;
			if (!relative_time(&p, &t->ts_ns))
				return false;
		}
	}
	return event(p, t);
}

/* trace-cmd report -l and the latency format: the CPU stands before the flags, "   task-12
 * 0d.s..  1.000000: " */
static bool latency_line(const char *s, struct text_line *t)
{
	for (const char *p = strchr(s, ' '); p != NULL; p = strchr(p + 1, ' ')) {
		const char *q = p + 1;
		size_t n = strspn(q, "0123456789");
		const char *next = skip_flags(q + n);

		if (n == 0 || n > 4 || next == q + n || !rest(text_spaces(next), t) ||
		    !task_before(s, p, t))
			continue;
		t->cpu = (uint16_t)strtoul(q, NULL, 10);
		t->column = 8;
		return t->cpu < TR_CPU_MAX;
	}
	return false;
}

/* The word before *end, which moves in front of it. */
static const char *word_before(const char *start, const char **end, size_t *n)
{
	const char *e = *end, *s;

	while (e > start && e[-1] == ' ')
		e--;
	for (s = e; s > start && s[-1] != ' '; s--)
		;
	*n = (size_t)(e - s);
	*end = s;
	return s;
}

/*
 * The latency format with option verbose: "comm pid cpu flags preempt index [microseconds,
 * hexadecimal] 12.345ms
 * (+0.012ms): event: ...".
 */
static bool verbose_line(const char *s, struct text_line *t)
{
	const char *ms = strstr(s, "ms (+"), *p, *end;
	size_t n;

	if (ms == NULL || (p = strstr(ms, "ms): ")) == NULL)
		return false;
	end = ms;
	while (end > s && *end != '[')
		end--;
	if (*end != '[' || !isxdigit((unsigned char)end[1]))
		return false;
	t->ts_ns = num_mul(strtoull(end + 1, NULL, 16), 1000);
	t->clock = TEXT_SECONDS;
	(void)word_before(s, &end, &n); /* index */
	(void)word_before(s, &end, &n); /* preempt count */
	(void)word_before(s, &end, &n); /* flags */
	t->cpu = (uint16_t)strtoul(word_before(s, &end, &n), NULL, 10);
	t->pid = (int32_t)strtol(word_before(s, &end, &n), NULL, 10);
	t->comm = text_spaces(s);
	while (end > t->comm && end[-1] == ' ')
		end--;
	t->n_comm = end > t->comm ? (size_t)(end - t->comm) : 0;
	t->task_end = end;
	t->column = 16;
	return n != 0 && t->cpu < TR_CPU_MAX && t->pid >= 0 && t->n_comm <= TW_STRING_MAX &&
	       event(p + 5, t);
}

enum text_kind text_hyp(struct text_ctx *c, const char *line, struct text_line *t, struct err *e)
{
	const char *p = text_spaces(line), *vcpu;
	bool absurd;

	(void)c;
	(void)e;
	if (!text_cpu(&p, &t->cpu, &absurd) || absurd)
		return TEXT_OTHER;
	p = text_spaces(p);
	if (!text_time(&p, &t->ts_ns))
		return TEXT_OTHER;
	t->clock = TEXT_SECONDS;
	t->name = text_spaces(p);
	t->n_name = strcspn(t->name, " :");
	t->args = t->name + t->n_name;
	t->args = text_spaces(t->args + (*t->args == ':'));
	t->n_args = strlen(t->args);
	t->comm = NULL;
	t->n_comm = 0;
	t->column = 0;
	if (strncmp(t->name, "kvm", 3) == 0 || strncmp(t->name, "sched", 5) == 0)
		return TEXT_OTHER; /* the host's, and their task is missing */
	vcpu = strstr(t->args, "vcpu="); /* the vCPU's thread, 0 without one */
	t->pid = vcpu != NULL ? (int32_t)strtol(vcpu + 5, NULL, 10) : 0;
	return t->n_name != 0 &&
			       strspn(t->name, "abcdefghijklmnopqrstuvwxyz_0123456789") >= t->n_name
		       ? TEXT_EVENT
		       : TEXT_OTHER;
}

static enum text_kind no_event(struct text_ctx *c, const char *line, struct text_line *t,
			       struct err *e)
{
	enum text_kind kind;

	if (lost_line(line, &t->lost) || overwritten_line(line, &t->lost) || lost_sentence(line, &t->lost))
		return TEXT_LOST;
	kind = stat_line(line, &t->lost);
	if (kind != TEXT_OTHER)
		return kind;
	/* "CPU 1/KVM-6101 ..." is a task, "CPU 1 is empty" a heading */
	if (*line != '#' && (latency_line(line, t) || verbose_line(line, t)))
		return TEXT_EVENT;
	if (heading(line))
		return TEXT_IGNORE;
	kind = text_graph(c, line, t, e);
	return kind != TEXT_OTHER ? kind : text_hyp(c, line, t, e);
}

enum text_kind text_ftrace(struct text_ctx *c, const char *line, struct text_line *t, struct err *e)
{
	for (const char *p = strchr(line, '['); p != NULL; p = strchr(p + 1, '[')) {
		const char *q = p;
		bool absurd;

		if (!text_cpu(&q, &t->cpu, &absurd) || !task_before(line, p, t))
			continue;
		q = text_spaces(q);
		if (!rest(q, t)) {
			const char *r = skip_flags(q);

			if (r == q || !rest(r, t))
				continue;
			if (t->clock == TEXT_RAW) {
				(void)err_set(e, ERR_INPUT,
					      "the trace clock counts no seconds (\"%.40s\"): "
					      "record with one that does "
					      "(echo mono >trace_clock)",
					      r);
				return TEXT_LACKS;
			}
		}
		if (!absurd)
			return TEXT_EVENT;
		(void)err_set(e, ERR_INPUT, "CPU number %.20s: want 0..%d", p + 1, TR_CPU_MAX - 1);
		return TEXT_BROKEN;
	}
	return no_event(c, line, t, e);
}
