/* SPDX-License-Identifier: Apache-2.0 */
/* A sweep on a Slurm cluster: an array of shards, and a job that merges them. */
#ifndef EL2SIM_SWEEP_SWEEP_SLURM_H
#define EL2SIM_SWEEP_SWEEP_SLURM_H

#include "sim/app/output.h"
#include "sim/sweep/sweep_run.h"

struct slurm_args {
	bool on, no_wait;
	uint64_t tasks;
	struct arg_list sbatch; /* more options of sbatch */
};

#define SLURM_ARGS_INIT { .tasks = 4 }

/* Argument rows for a member of type struct slurm_args. */
#define SLURM_ARG_ROWS(type, member)                                                                 \
	{ "--slurm", NULL, ARG_FLAG, offsetof(type, member) + offsetof(struct slurm_args, on),       \
	  .help = "submit the sweep to Slurm as an array of shards and a job that merges them" },     \
	{ "--slurm-tasks", NULL, ARG_U64, offsetof(type, member) + offsetof(struct slurm_args, tasks), "N", \
	  .min = 1, .max = 10000, .help = "tasks of the array" },                                     \
	{ "--slurm-option", NULL, ARG_LIST, offsetof(type, member) + offsetof(struct slurm_args, sbatch), "OPTION", \
	  .help = "option of sbatch, such as --time=1:00:00" },                                       \
	{ "--slurm-no-wait", NULL, ARG_FLAG, offsetof(type, member) + offsetof(struct slurm_args, no_wait), \
	  .help = "return when the jobs are submitted" }

/* Submit, and wait unless told not to. ERR_IO when a Slurm command fails; ERR_ANSWER_NO when points are missing. */
int sweep_slurm(const struct sweep_plan *p, const struct sweep_how *how, const struct slurm_args *a, const char *results,
		const struct output_args *out, const struct arg_list *vary, struct err *e);

#endif
