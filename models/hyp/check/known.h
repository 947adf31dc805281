/* SPDX-License-Identifier: Apache-2.0 */
/* Bugs of the modelled kernels themselves (known_bugs.def), which the oracle must not take for faults of a model. */
#ifndef EL2SIM_HYP_KNOWN_H
#define EL2SIM_HYP_KNOWN_H

#include "models/hyp/ws/wswitch.h"

struct known_bug {
	const char *id;
	uint8_t rule;      /* enum oracle_rule */
	const char *what;  /* register, or row of barriers.def */
	uint64_t on, off;  /* settled conditions */
	const char *fix;   /* commit */
	const char *title; /* of the commit */
};

const struct known_bug *known_bugs(size_t *n);
/* Does the program's kernel have row i? */
bool known_bug_of(size_t i, const struct ws_prog *p);

#endif
