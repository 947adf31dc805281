/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How uncertain a figure in cycles is. Cycles are a linear form of the costs: how many of them each cost makes. Of the costs
 * of a machine are uncertain
 *
 *	one scale of all of them, and the cycles per instruction (their deviations, correlated by the fit that told both), and
 *	each cost's proportion, independently of the others.
 *
 * A scale is told by whole exits, so it is that of the mix of costs that an exit has: what a single cost is off moves a figure
 * only as far as the figure's mix is another. All deviations are of logarithms.
 */
#ifndef EL2SIM_CAL_BAND_H
#define EL2SIM_CAL_BAND_H

#include "models/cal/options.h"
#include "models/hyp/ws/wswitch.h"

#define BAND_DEVIATIONS 2.0  /* from the figure to an end of its band: 95 of 100 are within */
#define BAND_OF_100     "95"

/* Rows of a form: a class's read and write, an operation, and what cost.scale does not move. */
enum { BAND_CLASS, BAND_OP = 2 * COST_COUNT, BAND_COSTS = BAND_OP + OPCOST_COUNT, BAND_BHB = BAND_COSTS, BAND_PATH, BAND_ROWS };

struct band_form {
	double v[BAND_ROWS]; /* cycles that the row's cost makes, cost.scale in them */
};

/* "cost.isb"; of BAND_PATH "cost.cpi". Returns buf. */
const char *band_row_name(unsigned row, char buf[static 48]);

/* Deviations of a machine's costs. */
struct band_dev {
	bool known;              /* false: figures have no bands */
	bool fitted[2];          /* scale, cpi: of the profile's fit; else of params.def */
	double scale, cpi;       /* of the logarithm */
	double correlation;      /* of these two */
	double vmm;              /* of the instructions of the VMM */
	double single;           /* of each cost beside the scale */
	double mix[BAND_COSTS];  /* of the exit that a scale is told by: shares, sum 1 (or all 0: nothing costs anything) */
};

/*
 * Of a profile. The exit is one that KVM handles itself, in the switch of the kernel whose path was recorded (path), else of p's
 * model, as that has it: the same for all that is compared on a machine.
 */
void band_dev_of(const struct cal_options *o, const struct path_profile *path, const struct ws_prog *p, struct band_dev *d);
/* Deviation of scale or cpi: the profile's, else the prior's. */
double band_deviation(const struct cal_options *o, enum cal_param p);

/* Executions of a program, to be asked for the forms of their parts. Free with band_run_free. */
struct band_run;
struct band_run *band_run_new(const struct ws_prog *p, const uint64_t *exec);
void band_run_free(struct band_run *r);
/* The form of all of them. */
void band_of_all(const struct ws_prog *p, const uint64_t *exec, struct band_form *f);

/* A part of them; -1: any. */
struct band_where {
	int phase, group, reg, counter, part; /* enum ws_phase, sr_group, sysreg, ws_counter, counter_class */
};
#define BAND_ALL ((struct band_where){ -1, -1, -1, -1, -1 })
void band_where(const struct band_run *r, const struct band_where *w, struct band_form *f);
/* Of totals whose executions are not known op by op: what each counter counts has the mix that it has in the whole run. */
void band_totals(const struct band_run *r, const struct ws_totals *t, struct band_form *f);
/* Add another form, so many times. */
void band_add(struct band_form *f, const struct band_form *more, double times);

double band_cycles(const struct band_form *f);
/* Factor by which the figure may be off, 1 or more; 1 if the form is empty. */
double band_factor(const struct band_dev *d, const struct band_form *f);

/* Between low and high; apart: the sign of a difference, the side of 1 of a ratio, is the same in all of it. */
struct band_range {
	double low, high;
	bool apart;
};
/* Of b - a, in cycles, on one machine: what both have cancels. */
struct band_range band_difference(const struct band_dev *d, const struct band_form *a, const struct band_form *b);
/* Of b / a; common: on one machine, whose deviations are d's; else those of b are other's, independent of d's. Both are above 0. */
struct band_range band_ratio(const struct band_dev *d, const struct band_form *a, const struct band_dev *other,
			     const struct band_form *b, bool common);

/* The factor of n / m, two differences (of either sign, not 0) on one machine. */
double band_quotient_factor(const struct band_dev *d, const struct band_form *n, const struct band_form *m);

#endif
