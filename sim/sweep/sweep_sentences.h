/* SPDX-License-Identifier: Apache-2.0 */
/* What the report of a results file says in sentences, for sim/sweep only. */
#ifndef EL2SIM_SWEEP_SWEEP_SENTENCES_H
#define EL2SIM_SWEEP_SWEEP_SENTENCES_H

#include "sim/sweep/sweep_data.h"

/* What the verdicts answer is the headline: said where it is not what crossovers are about, or where nobody named it. */
void sweep_headline_verdicts(const struct sweep_data *d, struct rep *r);
/* Least of the first headline number. */
void sweep_least_verdict(const struct sweep_data *d, struct rep *r);
/* How far repeats of a point lie apart. */
void sweep_repeat_note(const struct sweep_data *d, struct rep *r);
/* How far the points' cycles can be trusted, as each machine's own report says. 0, or -1 with ERR_INPUT. */
int sweep_calibration_notes(const struct sweep_data *d, struct rep *r, struct err *e);

#endif
