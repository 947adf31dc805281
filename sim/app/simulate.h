/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration with a workload: a machine in simulated time instead of the replay of a trace. */
#ifndef EL2SIM_APP_SIMULATE_H
#define EL2SIM_APP_SIMULATE_H

#include "sim/app/config.h"

struct simulation {
	struct ws_prog *prog;
	struct smp *smp;
	uint64_t measured[EXIT_COUNT]; /* cycles of the path profile */
	char path[128];                /* its name, "" = none */
};

/* True if the configuration has a workload ([mix], a class), or plays its trace (host.sched =
 * recorded). */
bool simulation_wanted(const struct config *c);

/*
 * Compile and build the machine, at its start. trace: of the command line, NULL if none; ERR_CONFIG
 * when there is one in either place, or as smp_new; ERR_MODEL. c must last.
 * oracle: set to one that looks on, the caller's to free (also after a failure); NULL: none looks on.
 * timeline: that watches, or NULL. Free with simulation_free in any case.
 */
int simulation_build(struct simulation *s, const struct config *c, const char *trace, bool force,
		     struct oracle **oracle, struct timeline *timeline, struct err *e);
/* The same, and simulate to the end. */
int simulation_run(struct simulation *s, const struct config *c, const char *trace, bool force,
		   struct oracle **oracle, struct timeline *timeline, struct err *e);
void simulation_free(struct simulation *s);

#endif
