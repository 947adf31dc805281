/* SPDX-License-Identifier: Apache-2.0 */
/* Options of a calibrated profile beside its costs: [cost] cold and lpi, [vmm], and what a fit says of itself, [fit]. */
#ifndef EL2SIM_CAL_OPTIONS_H
#define EL2SIM_CAL_OPTIONS_H

#include "models/cal/cal.h"
#include "sim/base/opt.h"

struct cal_options {
	int64_t cold_milli, lpi_milli; /* thousandths */
	int64_t cold_after_ns;         /* from which residency, or sleep, an exit is cold */
	int64_t vmm_insns;
	const char *logs;              /* SHA-256 of the logs that were fitted, separated by blanks */
	uint64_t rows;                 /* bit per enum cal_bench: fitted */
	int64_t sd_milli[PAR_COUNT];   /* deviation of each parameter, thousandths of a percent; 0: not known */
	int64_t correlation_milli;     /* of cost.scale and cost.cpi, thousandths */
	int64_t single_milli;          /* deviation of a single cost, thousandths of a percent */
};

const struct opt_row *cal_opt_rows(size_t *n);
/* Parameters of a profile; kick_ns: [host] kick_latency. */
void cal_options_par(const struct machine *m, const struct cal_options *o, int64_t kick_ns, double par[PAR_COUNT]);

#endif
