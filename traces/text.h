/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the text formats share: a dialect takes a line apart, text_read does the rest (continued
 * lines, lost events, unknown events, the fields by fmt.h).
 */
#ifndef EL2SIM_TRACES_TEXT_H
#define EL2SIM_TRACES_TEXT_H

#include "traces/import.h"

enum text_kind {
	TEXT_EVENT,  /* all members are set */
	TEXT_IGNORE, /* comment, heading, blank, stack trace */
	TEXT_LOST,   /* lost is set */
	TEXT_OTHER,  /* no head of an event: the rest of the line before, or broken */
	TEXT_BROKEN  /* *e is set */
};

/* A line taken apart; the pointers lead into the line. */
struct text_line {
	uint64_t ts_ns;
	int32_t pid;
	uint16_t cpu;
	const char *comm; /* n_comm bytes, 0: not known */
	size_t n_comm;
	const char *name; /* of the event */
	size_t n_name;
	const char *args; /* up to the end of the line */
	uint64_t lost;
};

typedef enum text_kind text_dialect(const char *line, struct text_line *t, struct err *e);

/* "task-pid [cpu] flags seconds.fraction: event: ..." of the kernel and of trace-cmd report. */
text_dialect text_ftrace;
/* "task pid [cpu] seconds.fraction: system:event: ..." of perf script. */
text_dialect text_perf;

/* Read all lines of im. want: the form of a line, for messages. */
int text_read(struct imp *im, text_dialect *dialect, const char *want, struct err *e);
/* One of the whole lines of head is an event of the dialect; *first is then the first. */
bool text_probe(const char *head, size_t n, text_dialect *dialect, struct text_line *first);

/* Parts of a line; each moves *p behind what it took. */
bool text_cpu(const char **p, uint16_t *cpu, bool *absurd); /* "[3]" */
bool text_time(const char **p, uint64_t *ns);               /* "12.345678:" */
bool text_pid_before(const char *start, const char **end,
		     int32_t *pid); /* digits that end at *end */

#endif
