/* SPDX-License-Identifier: Apache-2.0 */
/* The report of a machine in simulated time. */
#ifndef EL2SIM_REPORT_SMP_REPORT_H
#define EL2SIM_REPORT_SMP_REPORT_H

#include "models/hyp/host/smp.h"
#include "sim/report/rep.h"

/* m: after smp_run. config: the file, "" = defaults. path: the path profile in words, "" = none. */
void smp_report(const struct smp *m, const char *config, const char *path, struct rep *r);

struct smp_column {
	const char *title;
	const struct smp *m;
};

/*
 * Several side by side; baseline: index of the one that those of the same size (smp_options) are
 * compared with; those of another size are compared with the first of it. Break-even: exits per
 * load from which on a configuration whose loads cost more and whose exits cost less than the
 * baseline's (or the other way round) is the cheaper one.
 */
void smp_compare_report(const struct smp_column *x, size_t n, size_t baseline, struct rep *r);

#endif
