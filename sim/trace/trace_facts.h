/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands of `el2sim trace` share: what a trace knows of itself, and points in its time. */
#ifndef EL2SIM_TRACE_TRACE_FACTS_H
#define EL2SIM_TRACE_TRACE_FACTS_H

#include "sim/base/err.h"
#include "sim/document/rep.h"
#include "traces/trace.h"

/* The table of records per event type, most frequent first; types without records are left out. */
void trace_types_table(struct rep *r, const struct tr_info *info);
/* Facts every report on a trace starts with. */
void trace_info_facts(struct rep *r, const struct tr_info *info);

/* "12.345" seconds in nanoseconds. ERR_USAGE; option names it in the message. */
int trace_seconds(const char *option, const char *text, uint64_t *ns, struct err *e);

#endif
