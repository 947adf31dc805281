/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of el2sim validate --public have in common: errors of predictions, and the studies of them. */
#ifndef EL2SIM_CALIBRATE_VALIDATE_H
#define EL2SIM_CALIBRATE_VALIDATE_H

#include "models/cal/public.h"
#include "sim/app/args.h"
#include "sim/document/rep.h"

#define VALIDATE_FITTED (1U << BENCH_hvc | 1U << BENCH_mmio_read_vgic | 1U << BENCH_ipi | 1U << BENCH_timer_10ms)

/* Error of a prediction, relative to the measurement. */
double validate_error(const struct cal_log *x, unsigned b, double cycles);
/* A figure for a column with one decimal. */
int64_t validate_tenths(double v);

/* Errors in percent, the worst named. x: to be freed. */
struct validate_errors {
	double *x;
	size_t n;
	double worst;
	const struct cal_log *log;
	unsigned bench;
};
void validate_errors_add(struct validate_errors *s, const struct cal_log *x, unsigned b, double cycles);

/* Counts of a log's configuration, beside the table, with overrides; more: another file to include last, NULL for none. */
int validate_count(struct cal_log *x, const char *table, const struct arg_list *overrides, const char *more, struct err *e);

/* --study: what is left of the error by the rows that a fit sees, the table of proportions and the clocks. */
int validate_study(const struct cal_logs *l, const char *table, const struct arg_list *overrides, struct rep *r, struct err *e);
/* --every: each row that has a model, before anything was fitted, and predicted by a fit of the others of its log. */
int validate_every(const struct measured_table *m, const struct cal_logs *l, const char *table, const struct arg_list *overrides,
		   struct rep *r, struct err *e);

#endif
