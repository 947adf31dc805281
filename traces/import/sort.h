/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records that come too late for the window of order.h: sorted in runs, each a native file without
 * a name beside the output, and merged with the rest at the end. Memory: SORT_RUN records and,
 * while merging, SORT_FAN readers.
 */
#ifndef EL2SIM_IMPORT_SORT_H
#define EL2SIM_IMPORT_SORT_H

#include "traces/writer.h"

#define SORT_RUN  (1u << 18) /* records, 22 MiB */
#define SORT_FAN  16
#define SORT_RUNS 128 /* SORT_FAN runs become one of the next level */

struct sort_late;

struct sort_run {
	struct tr_reader *r;
	unsigned level;
};

struct sort {
	const char *out; /* name of the output */
	struct sort_late *late;
	size_t n;
	uint64_t total; /* late records */
	struct sort_run run[SORT_RUNS];
	size_t runs;
};

/* Put a late record aside; its texts are w's. ERR_IO, ERR_INPUT. */
int sort_add(struct sort *s, const struct tw *w, const struct tr_event *ev, struct err *e);
/*
 * All records in order of time, equal times in order of arrival: *w, which has those that were not
 * late, is replaced by a writer of the same output that has all of them. On failure *w is NULL.
 */
int sort_merge(struct sort *s, struct tw **w, struct err *e);
void sort_free(struct sort *s);

#endif
