/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of `el2sim trace` and what they share. */
#ifndef EL2SIM_APP_CMD_TRACE_H
#define EL2SIM_APP_CMD_TRACE_H

#include "sim/app/command.h"
#include "sim/report/rep.h"
#include "traces/trace.h"

#define TRACE_CMD(name, args, help) cmd_fn cmd_trace_##name;
#include "sim/app/cmd_trace.def"

cmd_fn cmd_trace; /* `el2sim trace`: the one that the first word names */

/* The table of records per event type, most frequent first; types without records are left out. */
void trace_types_table(struct rep *r, const struct tr_info *info);
/* Facts every report on a trace starts with. */
void trace_info_facts(struct rep *r, const struct tr_info *info);

/* "12.345" seconds in nanoseconds. ERR_USAGE; option names it in the message. */
int trace_seconds(const char *option, const char *text, uint64_t *ns, struct err *e);

#endif
