/* SPDX-License-Identifier: Apache-2.0 */
/* The report of a results file: what a sweep asked, and its answer. */
#ifndef EL2SIM_SWEEP_SWEEP_REPORT_H
#define EL2SIM_SWEEP_SWEEP_REPORT_H

#include "sim/document/rep.h"
#include "sim/store/store.h"

/*
 * The report ("el2sim.sweep/1"); free with rep_free. The axes of sections switch and policy are what is compared;
 * the last other axis of numbers is what the curves go over. NULL with ERR_INPUT if the file is damaged.
 */
struct rep *sweep_report(struct store *s, struct err *e);

#endif
