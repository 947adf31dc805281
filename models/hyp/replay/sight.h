/* SPDX-License-Identifier: Apache-2.0 */
/* What a trace can show: which of the events that figures need were recorded, and whether some were lost. */
#ifndef EL2SIM_HYP_SIGHT_H
#define EL2SIM_HYP_SIGHT_H

#include "traces/trace.h"

enum sight_id {
#define SIGHT(event, figures, without) SIGHT_##event,
#include "models/hyp/replay/sight.def"
	SIGHT_COUNT
};

/* Of an event: id, word, what it means. */
#define SIGHT_STATES(X)                                                                             \
	X(RECORDED, "recorded", "it was recorded, or there are records of it")                      \
	X(OFF, "not recorded", "the recording says that it has not this event")                     \
	X(UNKNOWN, "no record", "not recorded, or it never happened")

enum sight_state {
#define X(id, name, help) SIGHT_##id,
	SIGHT_STATES(X)
#undef X
	SIGHT_STATE_COUNT
};
const char *sight_state_name(enum sight_state s);

struct sight_row {
	enum tr_type type;
	const char *figures, *without;
};
const struct sight_row *sight_row(enum sight_id id);

struct sight {
	enum sight_state state[SIGHT_COUNT];
	uint64_t events;
	uint64_t lost;   /* by the recorder, as it says; in lost_places places it does not say how many */
	uint64_t lost_places;
	uint64_t broken; /* lines that could not be read */
	uint64_t gaps;   /* entries and exits without their other half, within the trace */
	uint64_t mixed;  /* entries before whose exit another task had the CPU (tr_info.mixed) */
};

/*
 * What a trace says about itself. Of an event without a record nothing is taken for granted, unless el2sim itself
 * wrote the trace. gaps: of a trace that is too old to know (tr_info.old), as sight_count_gaps has them.
 */
void sight_of(const struct tr_info *info, uint64_t gaps, struct sight *s);
/* Events may be missing anywhere. */
bool sight_lossy(const struct sight *s);
/* Every event of this type that happened is in the trace. */
bool sight_complete(const struct sight *s, enum sight_id id);
/* Nothing that a figure needs is missing. */
bool sight_all(const struct sight *s);

/* Names of the events that are missing, with commas; "" if none. Returns buf. */
#define SIGHT_TEXT 512
const char *sight_missing(const struct sight *s, char buf[static SIGHT_TEXT]);
/* "88,119 of 88,123 events lost", with gaps and broken lines; "" if nothing was. Returns buf. */
const char *sight_losses(const struct sight *s, char buf[static SIGHT_TEXT]);

/* Without entries or exits there is nothing to replay: ERR_INPUT, without path. */
int sight_check(const struct tr_info *info, struct err *e);

/* How everything is recorded: 0 with trace-cmd, 1 with perf; NULL: no more. */
const char *sight_record(unsigned i);

/*
 * Count the entries and exits of a trace that lack their other half, from where it stands to its end, and go back to its
 * beginning; a task's first exit lacks nothing. For a trace that is too old to know (tr_info.old). ERR_INPUT.
 */
int sight_count_gaps(struct tr_reader *trace, uint64_t *gaps, struct err *e);

#endif
