/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of perf script, and of perf-prof, which adds flags behind the task. */
#include <ctype.h>
#include <string.h>

#include "sim/base/str.h"
#include "traces/import/text.h"

/*
 * A call chain's line, indented: "ffff800080045678 symbol+0x2c8 (file)", "0 [unknown] ([unknown])",
 * only the symbol, only the address, "(inlined)", a source line.
 */
static bool chain_line(const char *s, bool indented)
{
	const char *p = text_spaces(s);
	size_t hex = strspn(p, "0123456789abcdef"), n = strlen(p);

	if (p == s && !indented)
		return false;
	if (hex != 0 && (p[hex] == ' ' || p[hex] == '\0'))
		return true;
	return strstr(p, "+0x") != NULL || (n != 0 && p[n - 1] == ')') ||
	       strcmp(p, "[unknown]") == 0 || strchr(p, ' ') == NULL;
}

/* perf-prof's flags of the running task: "d...", "....". */
static const char *without_flags(const char *line, const char *end)
{
	const char *s = end;

	while (s > line && s[-1] != ' ')
		s--;
	if (end - s < 3 || end - s > 6 ||
	    strspn(s, ".dDnNpPhHsSzZbBlL#X0123456789") < (size_t)(end - s) ||
	    strspn(s, "0123456789") >= (size_t)(end - s))
		return end;
	while (s > line && s[-1] == ' ')
		s--;
	return s;
}

/* A number in front of *end; -1 of a task that has ended, whose name is ":-1" then. */
static bool number_before(const char *line, const char **end, int32_t *number)
{
	const char *s;

	if (!text_pid_before(line, end, number))
		return false;
	s = *end;
	if (*number == 1 && s > line && s[-1] == '-' && (s - 1 == line || s[-2] == ' ' || s[-2] == '/')) {
		*number = -1;
		*end = s - 1;
	}
	return true;
}

/* "comm  tid", "comm  pid/tid" or only these numbers in front of end. */
static bool task_before(const char *line, const char *end, struct text_line *t)
{
	int32_t pid;

	while (end > line && end[-1] == ' ')
		end--;
	end = without_flags(line, end);
	if (!number_before(line, &end, &t->pid))
		return false;
	if (end > line && end[-1] == '/') {
		end--;
		if (!number_before(line, &end, &pid))
			return false;
	}
	if (end > line && end[-1] != ' ')
		return false;
	while (end > line && end[-1] == ' ')
		end--;
	t->comm = text_spaces(line);
	t->n_comm = end > t->comm ? (size_t)(end - t->comm) : 0;
	t->task_end = end;
	t->column = 16;
	return t->n_comm <= TW_STRING_MAX;
}

/* What follows the time: maybe a period, then "system:event: arguments" or a PERF_RECORD_. */
static bool rest(const char *p, struct text_line *t)
{
	const char *colon;
	size_t n;

	p = text_spaces(p);
	n = strspn(p, "0123456789");
	if (n != 0 && p[n] == ' ')
		p = text_spaces(p + n);
	n = strcspn(p, " ");
	t->name = p;
	if (strncmp(p, "PERF_RECORD_", 12) == 0) {
		t->n_name = n;
		t->args = p + n;
		return true;
	}
	if (n < 2 || p[n - 1] != ':')
		return false;
	colon = memchr(p, ':', n - 1);
	if (colon != NULL)
		t->name = colon + 1;
	t->n_name = (size_t)(p + n - 1 - t->name);
	colon = memchr(t->name, '/', t->n_name); /* "kvm:kvm_exit/call-graph=no/:" */
	if (colon != NULL)
		t->n_name = (size_t)(colon - t->name);
	t->args = text_spaces(p + n);
	t->n_args = strlen(t->args);
	return t->n_name != 0;
}

static enum text_kind perf_record(struct text_line *t)
{
	const char *number = strstr(t->args, "lost ");

	if (t->n_name < 16 || strncmp(t->name, "PERF_RECORD_LOST", 16) != 0)
		return TEXT_IGNORE;
	t->lost = number != NULL ? strtoull(number + 5, NULL, 10) : 0;
	return TEXT_LOST;
}

/* perf's warnings: "Processed 27 events and lost 3 chunks!", "... samples and lost 1.50%!": nobody knows how many events. */
static bool lost_warning(const char *line)
{
	const char *p = text_spaces(line);

	return strncmp(p, "Processed ", 10) == 0 && strstr(p, " and lost ") != NULL;
}

/* The colon of a time in front of a name: "12.345678:" with a blank or the start of the line before
 * it. */
static const char *time_in(const char *line, const char *before)
{
	for (const char *p = strchr(line, '.'); p != NULL && p < before; p = strchr(p + 1, '.')) {
		const char *s = p;
		uint64_t ns;

		while (s > line && isdigit((unsigned char)s[-1]))
			s--;
		if ((s == line || s[-1] == ' ') && text_time(&s, &ns))
			return p;
	}
	return NULL;
}

/* An event of a system whose line lacks what we need: say what. */
static enum text_kind lacks(const char *line, struct err *e)
{
	static const char *const systems[] = { " kvm:", " sched:", " vgic:" };
	const char *name = NULL;
	struct str missing = STR_INIT;
	const char *open;

	for (size_t i = 0; name == NULL && i < sizeof(systems) / sizeof(systems[0]); i++) {
		name = strstr(line, systems[i]);
		if (name != NULL) {
			size_t n = strcspn(name + 1, " (");

			if (name[n] != ':' && name[1 + n] != '(')
				name = NULL;
			else if (name[1 + n] == '(') {
				(void)err_set(
					e, ERR_INPUT,
					"this is perf trace, whose lines have no CPU: use perf "
					"script -F "
					"comm,tid,cpu,time,event,trace on the same recording");
				return TEXT_LACKS;
			}
		}
	}
	if (name == NULL)
		return TEXT_OTHER;
	open = strchr(line, '[');
	if (open == NULL || open > name || !isdigit((unsigned char)open[1]))
		str_add(&missing, ", cpu");
	if (time_in(line, name) == NULL)
		str_add(&missing, ", time");
	if (missing.len == 0)
		str_add(&missing, ", tid");
	(void)err_set(e, ERR_INPUT,
		      "perf script without %s: want the fields comm,tid,cpu,time,event,trace (perf "
		      "script -F ..., recorded "
		      "with -a or --sample-cpu)",
		      str_get(&missing) + 2);
	str_free(&missing);
	return TEXT_LACKS;
}

/* perf script -F +misc: letters between the CPU and the time; -F +tod: a date and a time of day. */
static const char *skip_misc(const char *s)
{
	size_t n = strspn(s, "UKHGguhkELMFSAR");
	const char *p;

	if (n != 0 && n <= 8 && s[n] == ' ')
		s = text_spaces(s + n);
	p = s + strspn(s, "0123456789-");
	if (p - s != 10 || s[4] != '-' || *p != ' ')
		return s;
	p = text_spaces(p);
	n = strspn(p, "0123456789:.");
	return n >= 8 && p[2] == ':' && p[n] == ' ' ? text_spaces(p + n) : s;
}

enum text_kind text_perf(struct text_ctx *c, const char *line, struct text_line *t, struct err *e)
{
	for (const char *p = strchr(line, '['); p != NULL; p = strchr(p + 1, '[')) {
		const char *q = p;
		bool absurd;

		if (!text_cpu(&q, &t->cpu, &absurd) || !task_before(line, p, t))
			continue;
		q = skip_misc(text_spaces(q));
		t->clock = TEXT_SECONDS;
		if (!text_time(&q, &t->ts_ns) || !rest(q, t))
			continue;
		if (strncmp(t->name, "PERF_RECORD_", 12) == 0)
			return perf_record(t);
		if (!absurd && *t->args == '\0' && strncmp(t->name, "kvm_", 4) == 0) {
			(void)err_set(e, ERR_INPUT,
				      "perf script without trace: want the fields "
				      "comm,tid,cpu,time,event,trace (perf script "
				      "-F ...)");
			return TEXT_LACKS;
		}
		if (!absurd)
			return TEXT_EVENT;
		(void)err_set(e, ERR_INPUT, "CPU number %.20s: want 0..%d", p + 1, TR_CPU_MAX - 1);
		return TEXT_BROKEN;
	}
	if (*line == '#')
		return TEXT_IGNORE;
	if (lost_warning(line)) {
		t->lost = 0;
		return TEXT_LOST;
	}
	if (lacks(line, e) == TEXT_LACKS)
		return TEXT_LACKS;
	return chain_line(line, c->indented) ? TEXT_IGNORE : TEXT_OTHER;
}
