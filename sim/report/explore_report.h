/* SPDX-License-Identifier: Apache-2.0 */
/* What a search found, and a story step by step, as parts of a report. */
#ifndef EL2SIM_REPORT_EXPLORE_REPORT_H
#define EL2SIM_REPORT_EXPLORE_REPORT_H

#include "models/hyp/explore/story.h"
#include "sim/document/rep.h"

/* Options and numbers of a search, its violations, what it tried. */
void explore_report(const struct explore *x, const struct explore_options *o, const struct ws_prog *p,
		    enum explore_end end, struct rep *r);
/*
 * Events one by one in a new world of s's size and these entry states: what ran, and what the register or the flags
 * that matter to v were before and after. Returns the violations of the last event: *n, valid until the world goes.
 */
struct xworld *story_report(const struct story *s, const struct ws_prog *p, enum explore_states states,
			    const struct xevent *ev, size_t n, const struct xviolation *v, struct rep *r);
/* Rows of explore.def. */
void explore_doc(struct rep *r);

#endif
