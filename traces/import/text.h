/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the text formats share: a dialect takes a line apart, text_read does the rest (prefixes,
 * streams, wrapped lines, prose around the events, lost events, unknown events, the fields by
 * fmt.h).
 */
#ifndef EL2SIM_IMPORT_TEXT_H
#define EL2SIM_IMPORT_TEXT_H

#include "traces/import/import.h"

enum text_kind {
	TEXT_EVENT,  /* all members are set */
	TEXT_IGNORE, /* comment, heading, blank, stack trace */
	TEXT_LOST,   /* lost is set; 0: nobody knows how many */
	TEXT_OTHER,  /* no head of an event: the rest of the line before, prose, or broken */
	TEXT_LACKS,  /* an event that lacks what we need: *e says what */
	TEXT_BROKEN  /* *e is set */
};

/* How the times of a text are told; one text has one of them. */
enum text_clock {
	TEXT_SECONDS, /* 12.345678 */
	TEXT_RAW,     /* 12345678901: nanoseconds, if the trace clock counts them */
	TEXT_RELATIVE /* 12us since the first event of the buffer */
};

/* A line taken apart; the pointers lead into the line. */
struct text_line {
	uint64_t ts_ns;
	int32_t pid;
	uint16_t cpu;
	enum text_clock clock;
	const char *comm; /* n_comm bytes, 0: not known */
	size_t n_comm;
	const char *task_end; /* behind the task's name as it stands there */
	unsigned column;      /* the width to which recorders fill that name up on the left; 0: not at all */
	const char *name;     /* of the event */
	size_t n_name;
	const char *args; /* n_args bytes */
	size_t n_args;
	uint64_t lost;
};

/* The task on a CPU, where a text tells it only when it changes (function_graph). */
struct text_task {
	int32_t pid;
	uint8_t n_comm;
	char comm[31];
};

/* What a dialect remembers between lines. */
struct text_ctx {
	struct text_task *on; /* per CPU, TR_CPU_MAX; NULL: none told yet */
	bool indented;        /* the line began with a blank before its prefix went */
};

typedef enum text_kind text_dialect(struct text_ctx *c, const char *line, struct text_line *t,
				    struct err *e);

/* "task-pid [cpu] flags seconds.fraction: event: ..." of the kernel and of trace-cmd report, in all
 * their options. */
text_dialect text_ftrace;
/* "time | cpu) task-pid | duration | / * event: ... * /" of the function_graph tracer; part of
 * text_ftrace. */
text_dialect text_graph;
/* "[cpu] time: hyp_enter reason=..." of tracefs remotes/hypervisor/trace. */
text_dialect text_hyp;
/* "task pid [cpu] seconds.fraction: system:event: ..." of perf script. */
text_dialect text_perf;

/*
 * Read all lines of im by the dialect, or, when that is NULL, by the one whose event comes first;
 * im's importer is then named after it.
 */
int text_read(struct imp *im, text_dialect *dialect, struct err *e);
/* One of the whole lines of head is an event of the dialect. */
bool text_probe(const char *head, size_t n, text_dialect *dialect);

/* What a line of a well-known report that is no trace says; NULL if it is none. */
const char *text_named(const char *line);

/* Behind the blanks at s. */
static inline const char *text_spaces(const char *s)
{
	while (*s == ' ')
		s++;
	return s;
}

/* Parts of a line; each moves *p behind what it took. */
bool text_cpu(const char **p, uint16_t *cpu, bool *absurd); /* "[3]" */
bool text_time(const char **p, uint64_t *ns);               /* "12.345678:" */
bool text_pid_before(const char *start, const char **end,
		     int32_t *pid); /* digits that end at *end */

#endif
