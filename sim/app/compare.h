/* SPDX-License-Identifier: Apache-2.0 */
/* What `compare` compares: configurations from the command line or an experiment file, times varied options. */
#ifndef EL2SIM_APP_COMPARE_H
#define EL2SIM_APP_COMPARE_H

#include "sim/app/config.h"

#define COMPARE_MAX 16 /* columns */

/* One column: a file and the assignments that are applied after the common ones. */
struct compare_item {
	char *path;
	char *title;             /* what distinguishes it, "" = the file's own title says it */
	struct arg_list assign;  /* "section.key=value" */
};

struct compare_plan {
	struct compare_item item[COMPARE_MAX];
	size_t n;
	char **text; /* owned by the plan: the assignments */
	size_t n_text;
};

/*
 * Make the plan: files (operands, each replaced by what its [compare] configs lists when it has that), times
 * every combination of vary ("section.key=a,b,c", from --vary and from [compare] vary of the experiment).
 * experiment: the first operand, loaded. ERR_USAGE, ERR_CONFIG. Free with compare_plan_free in any case.
 */
int compare_plan_make(struct compare_plan *p, const struct arg_list *files, const struct config *experiment,
		      const struct arg_list *vary, struct err *e);
void compare_plan_free(struct compare_plan *p);

#endif
