/* SPDX-License-Identifier: Apache-2.0 */
/* --events FILE: what a simulation did, as KVM's own events. */
#ifndef EL2SIM_APP_EVENTS_OUT_H
#define EL2SIM_APP_EVENTS_OUT_H

#include "models/hyp/host/smp.h"
#include "sim/app/args.h"
#include "traces/dump.h"

#define EVENTS_NATIVE 0 /* then 1 + enum dump_style */

struct events_args {
	const char *file; /* NULL: none */
	int format;
};

extern const char *const events_formats[DUMP_STYLE_COUNT + 2]; /* NULL-terminated */

/* Argument rows for a member of type struct events_args. */
#define EVENTS_ARG_ROWS(type, member)                                                              \
	{"--events",                                                                               \
	 NULL,                                                                                     \
	 ARG_STR,                                                                                  \
	 offsetof(type, member) + offsetof(struct events_args, file),                              \
	 "FILE",                                                                                   \
	 .place = true,                                                                            \
	 .help = "of a simulated workload, write KVM's tracepoint events to FILE"},                \
	{                                                                                          \
		"--events-format", NULL, ARG_ENUM,                                                 \
			offsetof(type, member) + offsetof(struct events_args, format),             \
			.names = events_formats, .place = true,                                    \
			.help = "native: for el2sim; the others are text, see el2sim trace dump"   \
	}

/* Simulate a machine to its end, and write its events if the arguments say so; origin: of the
 * trace. As smp_run; ERR_IO. The file appears whole or not at all. */
int events_run(const struct events_args *o, struct smp *m, const char *origin, struct err *e);

#endif
