/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim run --latency-bands: what the latencies of a machine would be if its costs were at the ends of their band. */
#ifndef EL2SIM_CMD_LATENCY_BANDS_H
#define EL2SIM_CMD_LATENCY_BANDS_H

#include "sim/app/guest_args.h"
#include "sim/app/job.h"

/*
 * Run j's configuration twice more, every cost and the delivery between cores at the low end and at the high end, and add a table.
 * file, guest, overrides: as j's configuration was made. ERR_USAGE: j is no machine in simulated time.
 */
int latency_bands(const struct job *j, const struct job_args *args, const char *file, const struct guest_args *guest,
		  const struct arg_list *overrides, struct rep *r, struct err *e);

#endif
