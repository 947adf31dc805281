/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/app/sweep_slurm.h"

int sweep_slurm(const struct sweep_plan *p, const struct sweep_how *how, const struct slurm_args *a, const char *results,
		const struct output_args *out, const struct arg_list *vary, struct err *e)
{
	(void)p; (void)how; (void)a; (void)results; (void)out; (void)vary;
	return err_set(e, ERR_USAGE, "--slurm: to come");
}
