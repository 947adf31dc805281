/* SPDX-License-Identifier: Apache-2.0 */
/* The insides of a machine of sim/lib/machine.h. */
#ifndef EL2SIM_LIB_MACHINE_IMPL_H
#define EL2SIM_LIB_MACHINE_IMPL_H

#include "sim/app/job.h"
#include "sim/lib/machine.h"

enum machine_stage { STAGE_NEW, STAGE_LOADED, STAGE_BUILT, STAGE_RUN, STAGE_FINISHED };

struct machine_device {
	struct el2sim_device d; /* name is ours; defaults are filled in */
	uint64_t reads, writes, answered;
	struct hist takes;   /* ps, of answered ones */
	struct hist handled; /* ns, of the exits that asked it, up to the next entry */
};

/* An access under way. */
struct machine_access {
	struct machine_device *device; /* NULL: none */
	uint64_t since;                /* ps */
};

struct el2sim {
	enum machine_stage stage;
	bool in_callback; /* within el2sim_run_until */
	bool from_text, cut, failed;
	char *path;
	char **assignment; /* as on a command line */
	size_t n_assignments;
	struct job job;
	bool replay;  /* of a trace, instead of a simulation */
	uint64_t end; /* ps */

	struct smp_bus bus;
	struct machine_device **device;
	unsigned n_devices;
	struct machine_access *access; /* per vCPU, the last one */
	struct machine_access *asking; /* its device is being asked; or NULL */

	struct watch hooks, exits; /* of the observer; of the devices */
	struct el2sim_observer observer;
};

/* Fill *e from ours. Returns -1. */
int machine_error(struct el2sim_error *e, const struct err *from);
/* Fill *e with EL2SIM_USAGE and a sentence. Returns -1. */
int machine_usage(struct el2sim_error *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Is it so far, and not further? want: what to do first. */
int machine_stage(const struct el2sim *m, enum machine_stage from, enum machine_stage to,
		  const char *call, struct el2sim_error *e);
/* Is it a simulation? A replay has neither devices nor vCPUs that run. */
int machine_simulates(const struct el2sim *m, const char *call, struct el2sim_error *e);
int machine_vcpu(const struct el2sim *m, unsigned vcpu, struct el2sim_error *e);

/* Add the table of devices, if there are any. */
void machine_devices(const struct el2sim *m, struct rep *r);
void machine_devices_free(struct el2sim *m);

#endif
