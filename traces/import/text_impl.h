/* SPDX-License-Identifier: Apache-2.0 */
/* A text being read, private to text.c (lines), text_event.c (events) and text_prose.c (what is
 * none). */
#ifndef EL2SIM_IMPORT_TEXT_IMPL_H
#define EL2SIM_IMPORT_TEXT_IMPL_H

#include "sim/base/str.h"
#include "traces/fmt.h"
#include "traces/names.h"
#include "traces/import/prefix.h"
#include "traces/import/streams.h"
#include "traces/import/text.h"

#define MORE_MAX    64  /* lines that may belong to the event before them */

/* What reading many lines at once needs; not of two threads at a time. */
struct text_scan {
	bool perf; /* the dialect: text_perf, or text_ftrace */
	const struct tr_names *names;
	struct text_column *column; /* TEXT_COLUMNS of those seen, by their hash */
	struct fmt_strings fs;      /* with patterns */
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
	bool unended;             /* it has no newline: the text may be cut there */
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
	struct fmt_patterns *patterns;
	struct fmt_strings fs;
	struct pending pend;
	struct str joined, head;
	unsigned long head_line; /* of head: a line that may be the start of an event; 0: none */
	struct prose prose;
	uint64_t before; /* lines before the first event */
	uint64_t between; /* of the kernel's log, between events */
	bool started;    /* there was an event */
	bool host;       /* one with a task: not all are of EL2's own trace */
	bool cut;        /* the text was shortened here */
	size_t width;    /* bytes of the line as it stands there, its last blanks included */
	bool unended;    /* the file ends in it, without a newline */
	bool trailing;   /* it had such */
	size_t wrap;     /* the width at which a terminal cut lines; 0: not known */
	enum text_clock clock;
	unsigned cleaned; /* enum clean */
	bool html, in_data;
	bool mime;       /* quoted-printable */
	struct str soft; /* its lines so far that go on */
	unsigned prefixes, found; /* kinds to strip, kinds that were */
	bool always, forced;      /* strip them in every line; because the user said so */
	bool keep;                /* --strip-prefix none */
	bool beside, crowded;     /* more stands left of the tasks' column; and no blank shows where it ends */
	char beside_text[24];     /* how that begins */
	size_t columns;           /* that many columns of it; 0: of every line's own width */
	uint64_t beside_lines;    /* of other texts: lines that had more there */
	char suffix;              /* what ends the lines, when their prefix opens it; 0: nothing */
	struct streams streams;
	uint32_t stream;  /* of the line */
	struct err lacks; /* what the first almost-event lacks */
	unsigned long lacks_line;
	uint64_t lacks_n; /* lines that lack something before the first event */
	char arch[16];             /* of perf's header, if it is another; "" */
	bool tracefs, listed;      /* "# tracer:" was there; the head of perf lists events */
	struct tr_names *names;
	struct text_scan scan;     /* of many lines at once; its column is NULL: lines are read one by one */
	struct text_ahead *ahead;  /* with threads; NULL: here */
};

/* text_event.c */

/* The event of n bytes of name; *alias: by aliases.def. */
bool text_type_of(const struct text *t, const char *s, size_t n, enum tr_type *type, bool *alias);
/* The pending event is complete: read its fields and hand it over; lines that are not its own are
 * looked at anew. */
int text_flush(struct text *t, struct err *e);
/* An event of a line is read: hand it over. */
int text_hand_over(struct text *t, const struct tr_event *ev, unsigned long line, uint32_t stream, bool alias, struct err *e);
/* An event begins at a line. */
int text_start(struct text *t, const struct text_line *l, unsigned long line, struct err *e);

/* text_run.c */

#define TEXT_COLUMNS 1024 /* power of two */

/* A column of tasks' names as it stands in the text, and the name's number. */
struct text_column {
	char bytes[16];
	uint32_t comm;
	bool known;
};

enum text_seen { TEXT_NOTHING, TEXT_HEAD /* of an event */, TEXT_WHOLE /* event of ours */ };

struct text_taken {
	struct tr_event ev;   /* TEXT_WHOLE; its texts are numbers of text_scan.fs */
	const char *at;       /* of the line; set by text_ahead_line only */
	const char *next;     /* line; TEXT_WHOLE */
	bool alias;           /* by aliases.def */
	uint8_t seen;         /* enum text_seen */
};

/* The line at s, if it is in the recorder's columns and whole: stop ends what is in memory. */
void text_take(const struct text_scan *x, const char *s, const char *stop, struct text_taken *k);

/*
 * Many lines that are in memory at once: those in the recorder's own columns that are whole events of ours, as long as the line
 * behind each is an event, too. They come out as one by one they would. What is left, the last of them included, goes the other way.
 */
int text_run(struct text *t, struct err *e);

/* text_ahead.c */

/* Lines read by the pool's threads, pieces of the text at a time, before they are asked for. NULL: the pool has one thread. */
struct text_ahead *text_ahead_new(struct imp *im, const struct text_scan *like);
/*
 * text_take of the line at s, until the next bytes are read; s never goes back. bytes: how many were read so far. A piece of
 * which a line was asked for is not read any more: its lines may be changed.
 */
const struct text_taken *text_ahead_line(struct text_ahead *a, bool perf, const char *s, const char *stop, uint64_t bytes);
void text_ahead_free(struct text_ahead *a);

/* text_prose.c */

/* A line that belongs to no event. It is prose unless events follow that have events before them.
 */
int text_unexplained(struct text *t, unsigned long line, const char *s, struct err *e);
/* An event came: what was between it and the one before is broken. */
int text_end_prose(struct text *t, struct err *e);
/* What an event lacks, or what the text is instead of a trace (*e): said when no event comes at
 * all. */
int text_lacking(struct text *t, unsigned long line, struct err *e);
/* A line with a task and a CPU but no event: the rest of it may stand in the next. */
bool text_cut_head(const char *s);

/* text_prefix.c */

/* What stands before the events of the first lines; sets the members above. */
void text_learn_prefixes(struct text *t, const char *head, size_t n);
/* Bytes that stand before the line proper; sets its stream. */
size_t text_strip(struct text *t, const char *s);
/* A name as no task has it: its last column only. True: something was left out. */
bool text_name_alone(struct text *t, struct text_line *l);
/* The error of a crowded text. */
int text_crowded(const struct text *t, struct err *e);

/* text.c */

/* Apart by the dialect, or by the one that finds an event in it. */
enum text_kind text_take_apart(struct text *t, const char *s, struct text_line *l, struct err *e);

/* A line that is no event by itself and belongs to none before it. */
int text_lone_line(struct text *t, unsigned long line, const char *s, struct err *e);

#endif
