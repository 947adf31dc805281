/* SPDX-License-Identifier: Apache-2.0 */
/* Are the cycles of two results told apart by what their costs may be off? Of reports that say which costs made them. */
#ifndef EL2SIM_REPORT_DIFF_BAND_H
#define EL2SIM_REPORT_DIFF_BAND_H

#include "models/cal/band.h"
#include "sim/document/rep.h"

struct diff_bands {
	uint64_t points, differ, inside; /* compared; not the same; of these inside the band */
	struct band_range last;          /* of the point that was added last, if it differs: second over first */
	double ratio;
	bool common;                     /* on one machine */
};

/* One more point; nothing if the reports do not say. */
void diff_band_add(struct diff_bands *x, const struct rep *a, const struct rep *b);
/* The sentence; failed: a gate failed, and says whether the costs may have done it. */
void diff_band_verdict(const struct diff_bands *x, const char *first, const char *second, bool failed, struct rep *r);

#endif
