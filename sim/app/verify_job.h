/* SPDX-License-Identifier: Apache-2.0 */
/* What one run of `el2sim verify` reads and simulates. */
#ifndef EL2SIM_APP_VERIFY_JOB_H
#define EL2SIM_APP_VERIFY_JOB_H

#include "models/hyp/measured/verify.h"
#include "sim/report/verify_report.h"

/* What the user asks for; NULL = not given. */
struct verify_ask {
	const char *reference, *totals, *min_modal, *order;
	const char *exits, *cfg, *explain;
};

struct verify_job {
	const struct verify_ask *ask;
	struct verify v;
	struct verify_seq *seq; /* of each case of v */
	struct verify_path *path;
	size_t n_paths;
	/* while loading */
	const char *kind[64];
	size_t n_kinds;
	uint64_t cfgs;
	const struct ws_config *base;
	char *text;
};

/* Read the reference and the totals. ERR_USAGE, ERR_INPUT. Free with verify_job_free, also on
 * failure. */
int verify_job_load(struct verify_job *j, struct err *e);

/*
 * Fill in the model's counts, each case with the vCPU features of its configuration; read the
 * recorded paths and compare their order. ERR_MODEL, ERR_INPUT.
 */
int verify_job_simulate(struct verify_job *j, const struct ws_config *base, struct err *e);
void verify_job_free(struct verify_job *j);

/* Add the path of a machine profile: in configs/machine of the present folder, else of the shipped
 * files. */
void verify_job_shipped(struct str *path, const char *file);

#endif
