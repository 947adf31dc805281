/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One text, several recordings: files, buffers or hosts that stand before the lines, headings of
 * other files, sections of several reads. They are told apart, and more than one is refused unless
 * --buffer chooses.
 */
#ifndef EL2SIM_IMPORT_STREAMS_H
#define EL2SIM_IMPORT_STREAMS_H

#include "traces/import/import.h"

#define STREAMS_MAX  64     /* told apart; further ones count as one */
#define STREAMS_MAIN "main" /* name of the lines that have none */
#define STREAMS_ALL  "all"

struct streams_range;
struct streams_run;

struct streams {
	const char *want; /* --buffer; NULL: there must be only one */
	struct strtab names;
	uint32_t id[STREAMS_MAX];    /* in names; 0: STREAMS_MAIN */
	uint64_t count[STREAMS_MAX]; /* events */
	uint32_t n, current;
	uint64_t reports;             /* "cpus=" headings */
	struct streams_range *ranges; /* per CPU, from the first section on */
	unsigned long section,
		clash; /* line of this section's heading; of one that repeats times; 0 */
	unsigned sections;
	struct streams_run *runs; /* per CPU: how its times go on */
	unsigned long line;       /* of the event that is taken */
	uint64_t ups, downs;      /* steps of time on one CPU */
	unsigned long again;      /* line where a run of times begins anew; 0 */
	unsigned cpus;            /* that have events */
	bool from_zero;           /* the first time is 0 */
};

void streams_init(struct streams *s, const char *want);
void streams_free(struct streams *s);

uint32_t streams_current(const struct streams *s);
/* The stream of n bytes of name; the files of the CPUs of one machine (cpu0, cpu1) are one. */
uint32_t streams_named(struct streams *s, const char *name, size_t n);
/* From here on, lines without a name are of this one; of the next report; of the next section ("#
 * tracer:"). */
void streams_heading(struct streams *s, const char *name, size_t n);
void streams_next(struct streams *s);
void streams_section(struct streams *s, unsigned long line);

/* Count an event of a stream; true: it is wanted. */
bool streams_take(struct streams *s, uint32_t stream, const struct tr_event *ev);
/* At the end: ERR_INPUT with the list when there were several and none was chosen, or none of the
 * chosen name. */
int streams_end(const struct streams *s, struct imp *im, struct err *e);

#endif
