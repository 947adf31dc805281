/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When everything happened: in a simulated machine, or the replay of a trace, as a file that a
 * timeline viewer opens.
 *
 * An observer (models/hyp/ws/watch.h) collects events in memory, at most [timeline] max_events; when the
 * run is over they are sorted by time and written. What is left out - outside the window, over the limit, shorter
 * than asked for - is said in the file and in the report. Same run, same bytes.
 *
 * In a replay the time of exits, entries and scheduling is the recorded one. Phases of the switch are
 * modelled: they begin where the trace says that the switch happened, and take their modelled cycles.
 */
#ifndef EL2SIM_TIMELINE_TIMELINE_H
#define EL2SIM_TIMELINE_TIMELINE_H

#include "models/hyp/replay/replay.h"
#include "models/hyp/host/smp.h"
#include "sim/document/rep.h"

/* One row per format: enumerator, name, endings of file names, help. */
#define TIMELINE_FORMATS(X)                                                                         \
	X(TL_PERFETTO, "perfetto", ".pftrace .perfetto-trace .pb",                                  \
	  "Perfetto's protobuf trace: tracks of pCPUs and vCPUs, slices, flows, counters")          \
	X(TL_VCD, "vcd", ".vcd", "value change dump (IEEE 1364): phases and vCPU states as wires")

enum timeline_format {
#define X(id, name, endings, help) id,
	TIMELINE_FORMATS(X)
#undef X
	TIMELINE_FORMAT_COUNT
};
extern const char *const timeline_formats[TIMELINE_FORMAT_COUNT + 1]; /* NULL-terminated */

/* Format by the ending of a file's name; ERR_USAGE naming the endings if there is none. */
int timeline_format_of(const char *path, enum timeline_format *format, struct err *e);

/* [timeline] */
struct timeline_options {
	int64_t from_us, to_us; /* since the first event; to 0: the end */
	int64_t max_events;
	int64_t shortest_ns; /* phases and parts of the host's path that take less are left out */
};
const struct opt_row *timeline_opt_rows(size_t *n);

struct timeline;

/* ERR_CONFIG: the window ends before it begins. Free with timeline_free. */
struct timeline *timeline_new(const struct timeline_options *o, struct err *e);
void timeline_free(struct timeline *t);

/* Watch a simulated machine, from before smp_run on. */
void timeline_of_machine(struct timeline *t, struct smp *m);
/* Watch the replay of a trace on a machine of this clock: the observer for struct replay_options. */
struct watch *timeline_of_replay(struct timeline *t, uint64_t clock_hz);

/*
 * The run is over and came to this. Write the file, whole or not at all. about: what was run, for
 * the file's head. ERR_IO.
 */
int timeline_write(struct timeline *t, const struct outcome *o, enum timeline_format format, const char *path,
		   const char *about, struct err *e);

/* After timeline_write: what the file holds and what it leaves out, as notes. */
void timeline_notes(const struct timeline *t, struct rep *r);

#endif
