/* SPDX-License-Identifier: Apache-2.0 */
/* What the oracle found, and what was broken on purpose, as parts of a report. */
#ifndef EL2SIM_REPORT_ORACLE_REPORT_H
#define EL2SIM_REPORT_ORACLE_REPORT_H

#include "models/hyp/check/inject.h"
#include "models/hyp/check/oracle.h"
#include "models/hyp/ws/vflag_plan.h"
#include "sim/document/rep.h"

struct oracle_column {
	const char *title;
	const struct oracle *oracle;     /* NULL: not checked */
	const struct vflag_tally *flags; /* broken rules of flags count, too; may be NULL */
};

/*
 * Tables and the verdict; oracles may be NULL (all: nothing is added). Returns how many violations there were, broken rules
 * of flags included; bugs of the modelled kernels themselves are notes.
 */
uint64_t oracle_report(const struct oracle_column *x, size_t n, struct rep *r);

/*
 * Is the program not sound, whatever was broken on purpose: by its patch, or as its policy has it, which was forced, then? *e says
 * why, *mark (may be NULL) in two words what is unsound.
 */
bool unsound(const struct ws_prog *p, const char **mark, struct err *e);
/* If so, an alarm, and facts of the patch if there is one; title: of the configuration, "" where there is one. */
void unsound_report(const struct ws_prog *p, const char *title, struct rep *r);

/* The faults in a program as facts and a note, so that nobody takes the numbers for the kernel's. */
void inject_report(const struct ws_inject *x, size_t n, struct rep *r);

#endif
