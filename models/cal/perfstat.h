/* SPDX-License-Identifier: Apache-2.0 */
/* The output of `perf stat -e instructions:h,cycles:h` around one test of micro-bench: the host's own instructions of it. */
#ifndef EL2SIM_CAL_PERFSTAT_H
#define EL2SIM_CAL_PERFSTAT_H

#include "models/cal/cal.h"

struct perf_stat {
	double insns, cycles; /* 0: not there */
	bool user;            /* the VMM's are among them: no modifier, or u */
};

/* Read it, as printed or with -x,. ERR_INPUT with file and line: no instructions, an event that was not counted, or twice. */
int perf_stat_read(const char *path, struct perf_stat *s, struct err *e);

/*
 * Put what was measured in the place of the recorded path: times, how many iterations the test made. ERR_INPUT: fewer instructions
 * than the switch alone has.
 */
int perf_stat_apply(const struct perf_stat *s, double times, enum cal_bench b, struct cal_counts *c, struct err *e);

#endif
