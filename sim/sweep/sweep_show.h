/* SPDX-License-Identifier: Apache-2.0 */
/* How far a sweep is, on standard error: share, rate, failures, time left. */
#ifndef EL2SIM_SWEEP_SWEEP_SHOW_H
#define EL2SIM_SWEEP_SWEEP_SHOW_H

#include "sim/sweep/sweep_run.h"

struct show {
	enum sweep_show how; /* SHOW_AUTO is decided at the start */
	uint64_t every_us, start_us, last_us;
	bool drawn;
};

void show_begin(struct show *s, const struct sweep_how *how);
/* total: points to be done now. Cheap; draws when it is time. */
void show_at(struct show *s, const struct sweep_counts *n, uint64_t total);
void show_end(struct show *s, const struct sweep_counts *n, uint64_t total);

#endif
