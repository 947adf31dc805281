/* SPDX-License-Identifier: Apache-2.0 */
/* A native trace as text in a file. */
#ifndef EL2SIM_APP_TRACE_DUMP_H
#define EL2SIM_APP_TRACE_DUMP_H

#include "traces/dump.h"
#include "traces/trace.h"

/* What r still holds as text to a file ("-", NULL: standard output), at most so many events. ERR_IO,
 * ERR_INPUT. */
int trace_dump_to(struct tr_reader *r, const char *path, enum dump_style style, uint64_t events,
		  struct err *e);

#endif
