/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A report as named numbers, "table/row/column" each: what a sweep stores and `el2sim diff` compares.
 *
 * A row's name is its leading cells of text or of type REP_ID (phases/load/cycles, vcpus/3/exits,
 * flows/qemu save none 64/calls), or all of them where numbers come first; of several rows of one name the later ones end in "#2", "#3", ...
 * Facts that are numbers are facts/KEY. What is text, hexadecimal, a bound or not known is no metric.
 */
#ifndef EL2SIM_DOCUMENT_METRICS_H
#define EL2SIM_DOCUMENT_METRICS_H

#include "sim/base/str.h"
#include "sim/document/rep.h"

/* What a change of a metric means; rows of metrics.def. */
enum metric_better { METRIC_NEITHER, METRIC_LESS, METRIC_MORE };

struct metric_rule {
	const char *pattern;
	enum metric_better better;
	bool gated; /* looked at by a gate that names no metrics */
	const char *why;
};

struct metric {
	char *name;
	char *unit; /* "" if none */
	enum rep_type type; /* REP_U64, REP_I64 or REP_FIX */
	int decimals;       /* REP_FIX: as the report prints them */
	enum rep_bound bound; /* REP_EXACT but for metrics_with_bounds */
	bool member;        /* of one vCPU, pCPU, ...: the row is named by a number alone */
	bool band;          /* it lies between low and high, thousandths */
	int64_t low, high;
	union {
		uint64_t u; /* REP_U64 */
		int64_t i;  /* REP_I64; REP_FIX: thousandths */
	};
};

struct metrics {
	struct metric *m; /* in the order of the report */
	size_t n;
};

/* The metrics of a report; they do not need it any more. Free with metrics_free. */
void metrics_of(const struct rep *r, struct metrics *out);
/* The same with the numbers that are bounds: for who shows them as such. */
void metrics_with_bounds(const struct rep *r, struct metrics *out);
void metrics_free(struct metrics *m);

/* Ends of the band of a metric are metrics of their own where results are stored: its name and one of these. */
#define METRIC_LOW  "_low"
#define METRIC_HIGH "_high"
/* Length of a name without them. */
size_t metric_stem(const char *name);

/*
 * Metrics as bytes for another process of this program. Bounds and decimals are not among them; of those that are gated, and of
 * phases, the ends of their bands are.
 */
void metrics_pack(const struct metrics *m, struct str *b);
/* One of them. */
struct metric_view {
	const char *name, *unit; /* in the bytes */
	enum rep_type type;
	bool member;
	union {
		uint64_t u;
		int64_t i;
	};
};
/* Take the one at *at, which moves on; false: nothing whole stands before end. */
bool metrics_unpack(const char **at, const char *end, struct metric_view *v);

/* The i-th row of metrics.def, NULL after the last. */
const struct metric_rule *metric_rule_at(size_t i);
/* The first row that fits a name; never NULL. */
const struct metric_rule *metric_rule_of(const char *name);

/* glob(7), '*' matches "/" too. */
bool metric_fits(const char *pattern, const char *name);

/* Parts of a name: its table, row and column as lengths and starts; a fact has no column. */
struct metric_parts {
	const char *table, *row, *col;
	int table_len, row_len; /* for %.*s; col ends with the name */
};
struct metric_parts metric_parts(const char *name);

#endif
