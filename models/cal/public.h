/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Public measurements (configs/measured), and what a fit of some of their rows says of the others. The values that a log's prior
 * has are those of *other* cores.
 */
#ifndef EL2SIM_CAL_PUBLIC_H
#define EL2SIM_CAL_PUBLIC_H

#include "models/cal/cal.h"

/* Columns of the table of measurements; one row is a figure. */
#define MEASURED_COLUMNS(X)                                                                         \
	X(machine) X(core) X(clock_ghz) X(clock_source) X(kernel) X(mode) X(benchmark) X(value)     \
	X(unit) X(noise) X(source) X(grade) X(kind) X(log) X(config) X(use) X(why)

struct measured_row {
#define X(id) const char *id;
	MEASURED_COLUMNS(X)
#undef X
};

struct measured_table {
	struct measured_row *row;
	size_t n;
};

/* Read a table; "-" is empty. ERR_INPUT with file and line. Free with measured_free in any case. */
int measured_read(const char *path, struct measured_table *t, struct err *e);
void measured_free(struct measured_table *t);

/* What rows are for. */
#define MEASURED_USES(X)                                                                            \
	X(CLAIM, "claim", "its predictions stand in the statistic, what it tells is a prior of other cores")   \
	X(PRIOR, "prior", "what it tells is a prior of other cores; why says why it is not claimed")           \
	X(CONTEXT, "context", "it is predicted, and tells nothing")                                           \
	X(RERUN, "rerun", "another figure for a row of its log: compared, never fitted")

enum measured_use {
#define X(id, name, help) USE_##id,
	MEASURED_USES(X)
#undef X
	USE_COUNT
};

/* Rows of one log: one run of micro-bench on one machine. */
struct cal_log {
	const char *name, *machine, *core, *kernel, *mode, *config, *why;
	enum measured_use use;
	unsigned recalled; /* bit per test: its row is recalled, so nothing is fitted to it */
	struct cal_counts counts; /* of config; filled by the caller */
	struct cal_obs obs[BENCH_COUNT];
	double ns[BENCH_COUNT];   /* 0: no row */
	size_t n;
	double told[PAR_COUNT];   /* by all its rows; 0: nothing */
};

struct cal_logs {
	struct cal_log *log;
	size_t n;
};

/* The logs of a table, without counts. ERR_INPUT: an unknown test, no number, a unit that is not ns. */
int cal_logs_of(const struct measured_table *t, struct cal_logs *l, struct err *e);
void cal_logs_free(struct cal_logs *l);

/* Cycles of each row by the clock of its counts; then what each log tells of each parameter, by all its rows. */
int cal_logs_tell(struct cal_logs *l, struct err *e);

/* Median over the cores but one of what their logs tell (a core's: geometric mean of its logs); deviations of params.def. */
void cal_prior_without(const struct cal_logs *l, const char *core, struct cal_prior *p);
/* Number of cores but one that tell of a parameter. */
size_t cal_cores_without(const struct cal_logs *l, const char *core, enum cal_param p);

/* A row of the table in ns; 0: it belongs to no log. ERR_INPUT: no number, a unit that is neither ns nor cycles. */
int measured_ns(const struct measured_row *r, enum cal_bench *b, double *ns, struct err *e);

/* Predict each row of a log that is not fitted; bit b of fit: row b is. Leaves 0 where there is no row, or it is fitted. */
int cal_hold_out(const struct cal_logs *l, const struct cal_log *log, unsigned fit, bool study, double predicted[BENCH_COUNT],
		 struct cal_fit *f, struct err *e);

/* Median and greatest of n absolute errors, which are sorted. 0 of none. */
double cal_median(double *x, size_t n);

#endif
