/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of tracefs and of trace-cmd report. */
#include <ctype.h>
#include <string.h>

#include "traces/text.h"

static const char *skip_spaces(const char *s)
{
	return s + strspn(s, " \t");
}

/* "CPU:1 [LOST 123 EVENTS]", "CPU:1 [123 EVENTS DROPPED]", "[123 events lost]"; without a number it
 * is 0. */
static bool lost_line(const char *s, uint64_t *lost)
{
	const char *p = skip_spaces(s);

	if (strncmp(p, "CPU:", 4) == 0) {
		p += 4;
		p = skip_spaces(p + strspn(p, "0123456789"));
	}
	if (*p++ != '[' || p[strlen(p) - 1] != ']')
		return false;
	if (strstr(p, "LOST") == NULL && strstr(p, "DROPPED") == NULL && strstr(p, "lost") == NULL)
		return false;
	p += strcspn(p, "0123456789");
	*lost = isdigit((unsigned char)*p) ? strtoull(p, NULL, 10) : 0;
	return true;
}

/* "# entries-in-buffer/entries-written: 4/88123   #P:4": what is missing was overwritten. */
static bool overwritten_line(const char *s, uint64_t *lost)
{
	static const char words[] = "entries-in-buffer/entries-written:";
	const char *p = *s == '#' ? strstr(s, words) : NULL;
	uint64_t kept, written;
	char *end;

	if (p == NULL)
		return false;
	kept = strtoull(p + sizeof(words) - 1, &end, 10);
	written = *end == '/' ? strtoull(end + 1, NULL, 10) : 0;
	*lost = written - kept;
	return written > kept;
}

static bool heading(const char *s)
{
	static const char *const starts[] = {
		"#", "cpus=", "version = ", "CPU ", "trace-cmd", "=>"
	};

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		if (strncmp(s, starts[i], strlen(starts[i])) == 0)
			return true;
	}
	return strncmp(skip_spaces(s), "=> ", 3) == 0;
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
	t->comm = skip_spaces(line);
	if (t->comm > end)
		return false;
	t->n_comm = (size_t)(end - t->comm);
	if (t->n_comm == 5 && memcmp(t->comm, "<...>", 5) == 0)
		t->n_comm = 0;
	return t->n_comm <= TW_STRING_MAX;
}

/* irqs-off, need-resched, hardirq/softirq, preempt depth, migrate-disable: "d..1.", ".....",
 * "dNh2." */
static const char *skip_flags(const char *s)
{
	size_t n = strcspn(s, " ");

	if (n < 4 || n > 8 ||
	    strspn(s, ".#*abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") < n)
		return s;
	return skip_spaces(s + n);
}

/* Time, name and arguments. */
static bool rest(const char *p, struct text_line *t)
{
	const char *colon;

	if (!text_time(&p, &t->ts_ns))
		return false;
	t->name = skip_spaces(p);
	colon = strchr(t->name, ':');
	if (colon != NULL && memchr(t->name, ' ', (size_t)(colon - t->name)) == NULL) {
		t->n_name = (size_t)(colon - t->name);
		t->args = skip_spaces(colon + 1);
		return t->n_name != 0;
	}
	/* The function tracer's lines and stack traces have no event name: counted as unknown. */
	t->n_name = strcspn(t->name, " ");
	t->args = t->name + t->n_name;
	return *t->name == '<' || strncmp(t->args, " <-", 3) == 0;
}

/* trace-cmd report -l and the latency format: the CPU stands before the flags, "   task-12
 * 0d.s..  1.000000: " */
static bool latency_line(const char *s, struct text_line *t)
{
	for (const char *p = strchr(s, ' '); p != NULL; p = strchr(p + 1, ' ')) {
		const char *q = p + 1;
		size_t n = strspn(q, "0123456789");
		const char *next = q + n + strcspn(q + n, " ");

		if (n == 0 || n > 4 || next - (q + n) < 4 || !rest(skip_spaces(next), t) ||
		    !task_before(s, p, t))
			continue;
		t->cpu = (uint16_t)strtoul(q, NULL, 10);
		return t->cpu < TR_CPU_MAX;
	}
	return false;
}

enum text_kind text_ftrace(const char *line, struct text_line *t, struct err *e)
{
	for (const char *p = strchr(line, '['); p != NULL; p = strchr(p + 1, '[')) {
		const char *q = p;
		bool absurd;

		if (!text_cpu(&q, &t->cpu, &absurd) || !task_before(line, p, t))
			continue;
		q = skip_spaces(q);
		if (!rest(q, t) && !rest(skip_flags(q), t))
			continue;
		if (!absurd)
			return TEXT_EVENT;
		(void)err_set(e, ERR_INPUT, "CPU number %.20s: want 0..%d", p + 1, TR_CPU_MAX - 1);
		return TEXT_BROKEN;
	}
	if (lost_line(line, &t->lost) || overwritten_line(line, &t->lost))
		return TEXT_LOST;
	if (heading(line))
		return TEXT_IGNORE;
	return latency_line(line, t) ? TEXT_EVENT : TEXT_OTHER;
}
