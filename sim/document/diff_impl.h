/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of diff: diff.c compares, diff_report.c says what came out. */
#ifndef EL2SIM_DOCUMENT_DIFF_IMPL_H
#define EL2SIM_DOCUMENT_DIFF_IMPL_H

#include "sim/document/diff.h"

#include "sim/base/num.h"

/* Thousandths; a missing value counts as no number. */
struct change {
	char *metric, *unit, *point;
	bool in_a, in_b;
	i128 a, b;
	struct change_band {
		bool known;
		int64_t low, high; /* thousandths */
	} band_a, band_b;
	bool timed; /* cycles of reports that say their clock */
	i128 ns;    /* then: what the change takes */
	enum metric_better better;
	bool dearer, cheaper;
	const struct diff_limit *failed; /* NULL: passed, or not looked at */
};

/* A table of the reports. */
struct group {
	char *name;
	uint64_t metrics, changed, dearer, cheaper, failed;
	struct change *c; /* the largest; not in order */
	size_t n, cap;
};

#define DIFF_CARRIED_MAX 8

struct diff {
	const struct diff_options *o;
	struct group head; /* what is marked for gates, and what is over a limit */
	struct group *group;
	size_t n_group;
	uint64_t points;
	struct lonely {
		char *point, *why;
		bool in_first;
	} *lonely;
	size_t n_lonely;
	struct carried {
		char *text;
		bool in_first;
		uint64_t reports; /* that have it */
	} carried[DIFF_CARRIED_MAX]; /* alarms of the reports */
	size_t n_carried;
	uint64_t not_carried; /* for want of room */
	struct change worst; /* the dearest; of those marked for gates if one of them got dearer */
	bool any_worst, worst_marked;
};

i128 diff_size(i128 v); /* without its sign */
/* The largest in front, and no more than wanted. */
void diff_prune(const struct diff *d, struct group *g);
/* Of all groups; no changes. */
struct group diff_sum(const struct diff *d);
/* Points of the baseline without a result to hold against it: nothing shows that they kept their limits. */
uint64_t diff_lost_points(const struct diff *d);

#endif
