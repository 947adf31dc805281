/* SPDX-License-Identifier: Apache-2.0 */
/* The difference of two switch programs as tables: `el2sim explain --diff`, `el2sim diff --explain`. */
#ifndef EL2SIM_CMD_EXPLAIN_DIFF_H
#define EL2SIM_CMD_EXPLAIN_DIFF_H

#include "models/hyp/ws/ws_explain.h"
#include "sim/document/rep.h"

struct explain_diff {
	int phase;		   /* enum ws_phase; PHASE_COUNT: the switch, load to lazy */
	bool all;		   /* also what is the same */
	const char *groups, *ops; /* keys of the two tables */
};

/* The op is of the phase that is asked for. */
bool explain_wanted(int phase, const struct ws_op *op);
/* Two tables and a sentence. */
void explain_diff_report(const struct explain_diff *o, const struct ws_diff *d, struct rep *r);

#endif
