/* SPDX-License-Identifier: Apache-2.0 */
/* vCPU flags in reports: how often each was used, and the tables of vflags.def. */
#ifndef EL2SIM_REPORT_FLAGS_REPORT_H
#define EL2SIM_REPORT_FLAGS_REPORT_H

#include "models/hyp/ws/vflag_plan.h"
#include "sim/document/rep.h"

/* Tables "flags" (sets, clears and reads by side), "flag_places", and "flag_violations" if there are any. */
void flags_run_report(const struct vflag_tally *t, struct rep *r);
/* A note that names the first violation, if there is any. */
void flags_warning(const struct vflag_tally *t, struct rep *r);

/* The tables as they are: flags and sets; rules; the places of the kernel that use a flag. */
void flags_table(struct rep *r);
void flags_rule_table(struct rep *r);
/* p: places that this program's kernel and vCPU have; NULL: all. */
void flags_place_table(const struct ws_prog *p, struct rep *r);

#endif
