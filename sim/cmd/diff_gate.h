/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The limits of a gate. From a file:
 *
 *	[gate]
 *	phases/total/cycles = 2%
 *	latencies/IPI/P99 = 10%
 *	time/guest/vcpu = 1% both
 *	registers/TCR* = any
 */
#ifndef EL2SIM_CMD_DIFF_GATE_H
#define EL2SIM_CMD_DIFF_GATE_H

#include "sim/base/err.h"
#include "sim/document/diff.h"

/*
 * Read [gate] of a file: patterns of metrics, each with its limit: the first that fits a metric counts. "both": also when it
 * gets cheaper or has no direction; "any": not looked at. ERR_CONFIG, "file:line: ...". The limits are the
 * caller's, free with diff_gate_free, also after a failure.
 */
int diff_gate_read(struct diff_options *o, const char *path, struct err *e);
/* One more limit, behind the others. ERR_USAGE when text is no percentage. */
int diff_gate_add(struct diff_options *o, const char *pattern, const char *text, bool both, const char *place, struct err *e);
void diff_gate_free(struct diff_options *o);

#endif
