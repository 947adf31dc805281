/* SPDX-License-Identifier: Apache-2.0 */
/* Where one configuration of a sweep overtakes another, for sweep_report.c only. */
#ifndef EL2SIM_SWEEP_SWEEP_CROSS_H
#define EL2SIM_SWEEP_SWEEP_CROSS_H

#include "sim/sweep/sweep_data.h"

#define SWEEP_AXIS_CROSSINGS "axis_crossovers"

/*
 * In vcpu_loads per exit, of points with phases: what costs less at each exit and more at each load pays below a
 * number of loads per exit, and that number is worked out from the costs of both. Tables crossovers, crossover_marks
 * and savings, a verdict per pair.
 */
void sweep_crossovers(const struct sweep_data *d, struct rep *r);
/* On the axis of the curves, between two of its values: table SWEEP_AXIS_CROSSINGS, if there is one. */
void sweep_axis_crossings(const struct sweep_data *d, struct rep *r);

#endif
