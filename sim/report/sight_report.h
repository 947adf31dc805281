/* SPDX-License-Identifier: Apache-2.0 */
/* What a trace can and cannot show, and how to record one that shows everything. */
#ifndef EL2SIM_REPORT_SIGHT_REPORT_H
#define EL2SIM_REPORT_SIGHT_REPORT_H

#include "models/hyp/replay/sight.h"
#include "sim/document/rep.h"

/* Table "sight": a row per event that figures need. */
void sight_table(const struct sight *s, struct rep *r);
/* What is missing, in one sentence, and the commands that record everything; nothing if nothing is missing. */
void sight_verdict(const struct sight *s, struct rep *r);
void sight_notes(const struct sight *s, struct rep *r);

#endif
