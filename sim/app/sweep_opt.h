/* SPDX-License-Identifier: Apache-2.0 */
/* The options of [sweep]; its axes are gathered by the option engine (sim/base/opt.h). */
#ifndef EL2SIM_APP_SWEEP_OPT_H
#define EL2SIM_APP_SWEEP_OPT_H

#include "sim/base/opt.h"

#define SWEEP_INCLUDE "include." /* prefix of an axis over files */

struct sweep_options {
	const char *command, *title, *question, *headline;
	const char *zip, *where, *metrics;
	int64_t repeats, timeout_s;
};

const struct opt_row *sweep_opt_rows(size_t *n);

/* One row per form of an axis, see sweep_syntax.def. */
struct sweep_syntax {
	const char *form, *meaning;
};
const struct sweep_syntax *sweep_syntax_rows(size_t *n);

#endif
