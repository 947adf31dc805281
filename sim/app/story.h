/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim run CONFIG --story FILE: the events of a story, one by one. */
#ifndef EL2SIM_APP_STORY_H
#define EL2SIM_APP_STORY_H

#include "sim/app/output.h"

/*
 * Replay a story under a configuration, what the story sets and injects first, then the command line's; report it.
 * ERR_ANSWER_NO: it ends in a violation, as it says or another. ERR_INPUT: it cannot be read or does not fit.
 */
int story_run(const char *file, const char *config, const struct arg_list *overrides, const struct arg_list *inject,
	      const struct output_args *out, struct err *e);

#endif
