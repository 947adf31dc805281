/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bringing foreign traces in. An importer is a row in importers.def and a file imp_<id>.c with a
 * probe and a read function; it hands records to imp_add, which sorts and writes them.
 */
#ifndef EL2SIM_IMPORT_IMPORT_H
#define EL2SIM_IMPORT_IMPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/base/progress.h"
#include "traces/lines.h"
#include "traces/order.h"
#include "traces/import/sort.h"
#include "traces/strtab.h"
#include "traces/writer.h"

struct pool;

/* What a run of el2sim trace import asks for. */
struct import_opts {
	const char *in;     /* file name, "-" = standard input (not for trace.dat) */
	const char *out;    /* native file to write */
	const char *from;   /* name of an importer; NULL = recognise the format */
	const char *origin; /* text for tr_info.origin; NULL = base name of in */
	const char *buffer; /* stream of a text or buffer of a trace.dat to take; NULL = there must
			       be one */
	const char *strip_prefix; /* prefix.h; NULL = what is recognised */
	bool lenient;             /* count broken lines instead of stopping */
	struct pool *pool;        /* threads that help; NULL: none. The same comes out */
	size_t piece;             /* bytes of a text that one of them reads at a time; 0: as many as pay */
	bool one_by_one;          /* never read many lines of a text at once (text_run.c): the same comes out, slower */
};

#define IMP_NAMES_MAX 64 /* different unknown events whose names are kept */

struct imp_unknown {
	uint32_t name; /* strtab of struct import_result */
	uint64_t count;
};

/* What came out; to be freed with import_free. */
struct import_result {
	struct tr_info info;
	struct strtab names;
	struct imp_unknown unknown[IMP_NAMES_MAX]; /* beyond the last they are only counted */
	size_t n_unknown;
	uint64_t at_once; /* lines of a text that were read many at a time (text_run.c) */
	char warning[ERR_TEXT_MAX]; /* the first broken line (--lenient); "" = none */
	char *importer, *origin;    /* texts of info */
	char *notes[TR_NOTES_MAX];
};

/*
 * Import opts->in to opts->out. Errors: ERR_USAGE (unknown importer), ERR_INPUT ("file:line: ..."),
 * ERR_IO. The output appears only on success. progress may be NULL.
 */
int import_run(const struct import_opts *opts, struct progress *progress, struct import_result *res,
	       struct err *e);
void import_free(struct import_result *res);

/* An importer's view of the run. */
struct imp {
	const struct import_opts *opts;
	struct import_result *res;
	struct tw *w;
	struct order order;
	struct sort sort;
	struct imp_last *last; /* entry or exit of each CPU, TR_CPU_MAX; NULL: none yet */
	struct lines lines;    /* text importers */
	uint64_t size;         /* bytes of the input, 0 = not known */
	const char *path;      /* file for importers that need random access */
	bool any;              /* a record was added */
	uint64_t count[TR_TYPE_COUNT]; /* of these, by their event */
	struct progress *progress;
};

/* The first bytes of a file look like this importer's format. */
typedef bool imp_probe_fn(const char *head, size_t n);
/* Read everything. Returns 0, or -1 with ERR_INPUT. */
typedef int imp_read_fn(struct imp *im, struct err *e);

struct importer {
	const char *name, *help;
	imp_probe_fn *probe;
	imp_read_fn *read;
	bool binary; /* its probe is sure: tried before any text is looked at */
	bool file;   /* needs random access: im->path */
};

enum importer_kind { IMP_TEXT, IMP_SURE, IMP_FILE }; /* columns of importers.def */

imp_read_fn imp_read_text; /* any text, by the dialect whose event comes first */

size_t importer_count(void);
const struct importer *importer_at(size_t i);
const struct importer *importer_by_name(const char *name);

/* Number of a text for a record. */
uint32_t imp_string(struct imp *im, const char *s, size_t n);
/* Hand a record over, in any order. */
int imp_add(struct imp *im, const struct tr_event *ev, struct err *e);
/*
 * The same; alias: its name is one of aliases.def. Where both events were recorded, the second of a
 * pair is left out: the same fields of the same task on the same CPU, one by its own name, one by
 * the other.
 */
int imp_add_as(struct imp *im, const struct tr_event *ev, bool alias, struct err *e);
/* Say once what was stripped, skipped or taken for granted; the same words again change nothing. */
void imp_note(struct imp *im, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void imp_note_text(struct imp *im, const char *text); /* at most TW_STRING_MAX bytes */
/* The recorder lost n events here; 0: it does not say how many. */
void imp_lost(struct imp *im, uint64_t n);
/* The recording says that it has the event of n bytes of name. */
void imp_enabled(struct imp *im, const char *name, size_t n);
/* ... and that it has no others: what was not named is TRE_OFF. */
void imp_enabled_end(struct imp *im);
/* Count an event of a name that is not in events.def. */
void imp_skip(struct imp *im, const char *name, size_t n);
/* Name of the input for messages. */
const char *imp_name(const struct imp *im);
/* The importer is of this name, after all. */
void imp_set_importer(struct imp *im, const char *name);
/* The input has nothing that any importer knows. Returns -1 with ERR_INPUT. */
int imp_unknown_format(struct imp *im, struct err *e);
/*
 * A line is broken: *e holds why. Adds file and line; with --lenient the line is counted, the first
 * sentence kept, and the result is 0.
 */
int imp_broken(struct imp *im, unsigned long line, struct err *e);
/* The same for n lines, of which this is the first. */
int imp_broken_lines(struct imp *im, unsigned long line, uint64_t n, struct err *e);

/* Show how far the text was read. */
void imp_progress(struct imp *im);

#define IMPORTER(id, name, help, kind)                                                             \
	imp_probe_fn imp_probe_##id;                                                               \
	imp_read_fn imp_read_##id;
#include "traces/import/importers.def"

#endif
