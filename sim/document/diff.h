/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two results metric by metric: what changed, by how much, which way is dearer, and whether a gate lets it pass.
 *
 * A result is one report, or many of a sweep; both sides' reports are given pairwise, and only what changed is kept, per
 * table of the report the largest changes. Dearer and cheaper are those of metrics.def.
 */
#ifndef EL2SIM_DOCUMENT_DIFF_H
#define EL2SIM_DOCUMENT_DIFF_H

#include "sim/document/metrics.h"

/* How far metrics may move. */
struct diff_limit {
	char *pattern;	       /* glob(7) of metric names */
	int64_t milli_percent; /* largest allowed change, in thousandths of a percent; -1: any */
	bool both;	       /* also when it gets cheaper, or has no direction */
	char *place;	       /* "file:line" or the option, for messages */
	uint64_t fits;	       /* metrics that it was the first to fit */
};

struct diff_options {
	struct diff_limit *limit; /* the first that fits a metric counts */
	size_t n_limit;
	bool gated_only; /* the last limit is for gated metrics only (metrics.def) */
	uint64_t top;	 /* changes per table, 0: all */
};

struct diff;

/* o must last. Free with diff_free. */
struct diff *diff_new(const struct diff_options *o);
void diff_free(struct diff *d);

/* Compare two reports; point: "" or which of a sweep. */
void diff_add(struct diff *d, const char *point, const struct rep *a, const struct rep *b);
/* A point that only one side has, or that has a report on one side only. */
void diff_add_lonely(struct diff *d, const char *point, bool in_first, const char *why);

/* Metrics that a limit does not let pass; with limits also points that only the first side has. */
uint64_t diff_failed(const struct diff *d);
/* The point with the largest change towards dearer, "" if none; valid as long as d. */
const char *diff_worst_point(const struct diff *d);

/* Tables and sentences of the comparison; first, second: what the sides are called. */
void diff_report(struct diff *d, const char *first, const char *second, struct rep *r);

/* Table: text facts and options that are not the same in both reports, so that nobody compares apples with pears. */
void diff_inputs(const struct rep *a, const struct rep *b, const char *first, const char *second, struct rep *r);

/* "2%", "0.5 %", "2": thousandths of a percent, 0..1000000000; false if it is none. */
bool diff_percent(const char *text, int64_t *milli);

#endif
