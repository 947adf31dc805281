/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing a native trace. The file appears under its name only when tw_finish succeeds. Memory: one
 * block (1 MiB) twice, the index and the strings.
 */
#ifndef EL2SIM_TRACES_WRITER_H
#define EL2SIM_TRACES_WRITER_H

#include "traces/trace.h"

struct tw;

/* Start a file ("-" = standard output). NULL and ERR_IO when it cannot be created. */
struct tw *tw_create(const char *path, struct err *e);

/*
 * From now on blocks are packed by the pool's threads, too; it must outlive w, and be used by the thread that writes. The same
 * bytes come out. Memory: 2 MiB a thread more.
 */
struct pool;
void tw_use_pool(struct tw *w, struct pool *pool);

/* Number of a text for tr_event.comm and TRF_STR arguments of this writer's records; at most
 * TW_STRING_MAX bytes. */
#define TW_STRING_MAX 4096
uint32_t tw_string(struct tw *w, const char *s, size_t n);
/* Text of such a number. */
const char *tw_text(const struct tw *w, uint32_t id);

/*
 * Add a record. Records must come in order of time (BUG otherwise: importers sort). Absent
 * arguments are ignored. ERR_IO, or ERR_INPUT when there are over a million different texts.
 */
int tw_add(struct tw *w, const struct tr_event *ev, struct err *e);
/* Add a record of another file. */
int tw_copy(struct tw *w, const struct tr_reader *r, const struct tr_event *ev, struct err *e);

/*
 * Write footer and trailer, rename, free w (in any case). Of info, skipped_*, lost, lost_places,
 * enabled, notes, importer and origin are taken; the rest is known. *done, if not NULL, gets what
 * was written (its strings are info's).
 */
int tw_finish(struct tw *w, const struct tr_info *info, struct tr_info *done, struct err *e);
/*
 * What was written, to be read again instead of kept: the file loses its name, w is freed (in any
 * case). NULL with ERR_IO, or ERR_INPUT when the output is no ordinary file.
 */
struct tr_reader *tw_read_back(struct tw *w, const struct tr_info *info, struct err *e);
/* Give up: nothing is left on disk. */
void tw_abort(struct tw *w);

#endif
