/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EL2SIM_CMD_VERIFY_RUN_H
#define EL2SIM_CMD_VERIFY_RUN_H

#include "sim/app/config.h"
#include "sim/app/output.h"

/*
 * Replay a trace (native or importable) and compare the run's totals with `<run>-run.csv`. Markers GT_BEGIN and
 * GT_END are used when the trace has markers and the configuration names none. ERR_INPUT, ERR_MODEL.
 */
int verify_run_command(const struct config *c, const char *trace, const char *reference,
		       const struct output_args *out, struct err *e);

#endif
