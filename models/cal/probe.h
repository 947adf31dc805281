/* SPDX-License-Identifier: Apache-2.0 */
/* What configs/probe/el0-probe.c printed: single costs, which no fit of whole exits tells. */
#ifndef EL2SIM_CAL_PROBE_H
#define EL2SIM_CAL_PROBE_H

#include "models/cal/cal.h"

enum cal_probe {
#define PROBE(id, ...)	    PROBE_##id,
#define PROBE_REST(id, ...) PROBE_##id,
#include "models/cal/probe.def"
	PROBE_COUNT
};

struct probe_log {
	double ns[PROBE_COUNT]; /* 0: not there, or the loop around it took as long */
};

/* Read it. ERR_INPUT with file and line: no heading, an unknown operation, one twice, no time, a negative one. */
int probe_read(const char *path, struct probe_log *l, struct err *e);
/* "cost.isb": the option that a probe's row tells. Returns buf. */
const char *probe_option(enum cal_probe p, char buf[static 48]);

/* Forget a system call of which nothing is left beside its kernel's path, by a fit without the probe, or whose path is not known. */
int probe_settle(struct probe_log *l, const struct path_profile *path, const struct switch_options *sw, double scale, double cpi,
		 const struct machine *m, struct err *e);

/*
 * Costs of the machine as the probe has them, under a scale and cycles per instruction of a fit: what was measured is not scaled,
 * so the table's figure is the measured one over scale. path: for the instructions of a system call that does nothing.
 * ERR_INPUT: a figure that no core has.
 */
int probe_apply(const struct probe_log *l, const struct path_profile *path, const struct switch_options *sw, double scale, double cpi,
		struct machine *m, struct err *e);

#endif
