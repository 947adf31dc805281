/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The function_graph tracer: events are comments between the functions,
 *   810.000100 |   1)  vcpu-1-6101  | d..1. |               |  / * kvm_entry: PC: 0x40200000 * /
 * with the time by option funcgraph-abstime, the task by funcgraph-proc or, where it changes, as "
 * 1)  a-1  =>  b-2 ".
 */
#include <ctype.h>
#include <string.h>

#include "traces/import/text.h"

/* "comm-pid" in [s, end), blanks around it. */
static bool task_in(const char *s, const char *end, struct text_line *t)
{
	s = text_spaces(s);
	while (end > s && end[-1] == ' ')
		end--;
	if (end <= s || !text_pid_before(s, &end, &t->pid) || end == s || end[-1] != '-')
		return false;
	t->comm = s;
	t->n_comm = (size_t)(end - 1 - s);
	t->column = 0; /* the task is in the middle of the line */
	return true;
}

/* "1)": the CPU. */
static bool cpu_at(const char **p, uint16_t *cpu)
{
	const char *s = text_spaces(*p);
	size_t n = strspn(s, "0123456789");
	unsigned long v = strtoul(s, NULL, 10);

	if (n == 0 || n > 4 || s[n] != ')' || v >= TR_CPU_MAX)
		return false;
	*cpu = (uint16_t)v;
	*p = s + n + 1;
	return true;
}

/* " 1)    <idle>-0    =>   vcpu-1-6101 ": from now on the second is on the CPU. */
static bool task_change(struct text_ctx *c, const char *p, const struct text_line *at)
{
	const char *arrow = strstr(p, "=>");
	struct text_line t = { 0 };
	struct text_task *task;

	if (arrow == NULL || !task_in(arrow + 2, arrow + strlen(arrow), &t))
		return false;
	if (c->on == NULL) {
		c->on = xcalloc(TR_CPU_MAX, sizeof(*c->on));
		for (unsigned i = 0; i < TR_CPU_MAX; i++)
			c->on[i].pid = -1;
	}
	task = &c->on[at->cpu];
	task->pid = t.pid;
	task->n_comm = (uint8_t)(t.n_comm < sizeof(task->comm) ? t.n_comm : sizeof(task->comm));
	memcpy(task->comm, t.comm, task->n_comm);
	return true;
}

/* The comment's event into t; false when it is none. */
static bool comment(const char *s, struct text_line *t)
{
	const char *open = strstr(s, "/* "), *end = open != NULL ? strstr(open, " */") : NULL,
		   *colon;

	if (end == NULL)
		return false;
	t->name = open + 3;
	colon = memchr(t->name, ':', (size_t)(end - t->name));
	if (colon == NULL || memchr(t->name, ' ', (size_t)(colon - t->name)) != NULL)
		return false;
	t->n_name = (size_t)(colon - t->name);
	t->args = text_spaces(colon + 1);
	t->n_args = t->args < end ? (size_t)(end - t->args) : 0;
	return true;
}

static enum text_kind lacks(const char *what, const char *option, struct err *e)
{
	(void)err_set(e, ERR_INPUT,
		      "function_graph without %s: record with option %s (echo 1 >options/%s), or "
		      "set the tracer to nop",
		      what, option, option);
	return TEXT_LACKS;
}

enum text_kind text_graph(struct text_ctx *c, const char *line, struct text_line *t, struct err *e)
{
	const char *p = text_spaces(line), *bar = strchr(p, '|');
	bool timed = false, task = false;

	if (bar != NULL && isdigit((unsigned char)*p) &&
	    memchr(p, ')', (size_t)(bar - p)) == NULL) {
		char word[32];
		size_t n = strspn(p, "0123456789.");
		const char *w = word;

		if (n + 2 > sizeof(word) || text_spaces(p + n) != bar)
			return TEXT_OTHER;
		memcpy(word, p, n);
		memcpy(word + n, ":", 2);
		if (!text_time(&w, &t->ts_ns))
			return TEXT_OTHER;
		timed = true;
		p = bar + 1;
	}
	if (!cpu_at(&p, &t->cpu))
		return TEXT_OTHER;
	if (task_change(c, p, t))
		return TEXT_IGNORE;
	bar = strchr(p, '|');
	if (bar == NULL)
		return TEXT_OTHER;
	t->clock = TEXT_SECONDS;
	t->n_comm = 0;
	t->column = 0;
	task = task_in(p, bar, t);
	if (!comment(bar, t)) /* a function: calls, their ends and durations */
		return TEXT_IGNORE;
	if (!timed)
		return lacks("times", "funcgraph-abstime", e);
	if (!task) {
		if (c->on == NULL || c->on[t->cpu].pid < 0)
			return lacks("tasks", "funcgraph-proc", e);
		t->pid = c->on[t->cpu].pid;
		t->comm = c->on[t->cpu].comm;
		t->n_comm = c->on[t->cpu].n_comm;
	}
	if (t->n_comm == 5 && memcmp(t->comm, "<...>", 5) == 0)
		t->n_comm = 0;
	return TEXT_EVENT;
}
