/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of perf script. */
#include <ctype.h>
#include <string.h>

#include "traces/text.h"

/* A call chain's line: address and symbol, indented. */
static bool chain_line(const char *s)
{
	size_t blank = strspn(s, " \t"), hex = strspn(s + blank, "0123456789abcdef");

	return blank != 0 && hex >= 4 && (s[blank + hex] == ' ' || s[blank + hex] == '\0');
}

/* "comm  tid" or "comm  pid/tid" in front of end. */
static bool task_before(const char *line, const char *end, struct text_line *t)
{
	int32_t pid;

	while (end > line && end[-1] == ' ')
		end--;
	if (!text_pid_before(line, &end, &t->pid) || end == line)
		return false;
	if (end[-1] == '/') {
		end--;
		if (!text_pid_before(line, &end, &pid) || end == line)
			return false;
	}
	if (end[-1] != ' ')
		return false;
	while (end > line && end[-1] == ' ')
		end--;
	t->comm = line + strspn(line, " ");
	t->n_comm = end > t->comm ? (size_t)(end - t->comm) : 0;
	return t->n_comm <= TW_STRING_MAX;
}

/* What follows the time: maybe a period, then "system:event: arguments" or a PERF_RECORD_. */
static bool rest(const char *p, struct text_line *t)
{
	const char *colon;
	size_t n;

	p += strspn(p, " ");
	n = strspn(p, "0123456789");
	if (n != 0 && p[n] == ' ')
		p += n + strspn(p + n, " ");
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
	t->args = p + n + strspn(p + n, " ");
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

enum text_kind text_perf(const char *line, struct text_line *t, struct err *e)
{
	for (const char *p = strchr(line, '['); p != NULL; p = strchr(p + 1, '[')) {
		const char *q = p;
		bool absurd;

		if (!text_cpu(&q, &t->cpu, &absurd) || !task_before(line, p, t))
			continue;
		q += strspn(q, " ");
		if (!text_time(&q, &t->ts_ns) || !rest(q, t))
			continue;
		if (strncmp(t->name, "PERF_RECORD_", 12) == 0)
			return perf_record(t);
		if (!absurd)
			return TEXT_EVENT;
		(void)err_set(e, ERR_INPUT, "CPU number %.20s: want 0..%d", p + 1, TR_CPU_MAX - 1);
		return TEXT_BROKEN;
	}
	return *line == '#' || chain_line(line) ? TEXT_IGNORE : TEXT_OTHER;
}
