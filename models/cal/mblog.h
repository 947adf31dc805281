/* SPDX-License-Identifier: Apache-2.0 */
/* The output of kvm-unit-tests' micro-bench, as it prints it. */
#ifndef EL2SIM_CAL_MBLOG_H
#define EL2SIM_CAL_MBLOG_H

#include "models/cal/cal.h"

struct mblog_row {
	double sum, squares; /* ns, of all logs */
	double times;        /* iterations, of the last log */
	unsigned n;          /* logs that have it */
};

/* Of all logs that were read. */
struct mblog {
	struct mblog_row row[BENCH_COUNT];
	unsigned n; /* logs */
	bool gicv2; /* of the caller: the machine has a GICv2, so a log may say so */
};

/*
 * Read a log, which may have other lines around the table (the runner's, the console's), and add its rows. ERR_INPUT with file
 * and line: no table, a table in another unit, a test twice, a time that is no number above 0, a guest with a GICv2 on a
 * machine that has none.
 */
int mblog_read(const char *path, struct mblog *l, struct err *e);
/* Mean of a test in ns; 0: no log has it. *noise: relative deviation of the mean; 0 of one log. */
double mblog_mean(const struct mblog *l, enum cal_bench b, double *noise);
/* Observations of what was read, in cycles; returns how many. */
size_t mblog_obs(const struct mblog *l, double ghz, struct cal_obs o[BENCH_COUNT]);

#endif
