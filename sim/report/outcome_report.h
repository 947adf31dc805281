/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run came to, as tables: the same ones with the same columns, whatever engine ran it. The reports of `run`,
 * `compare` and the library are made of these.
 */
#ifndef EL2SIM_REPORT_OUTCOME_REPORT_H
#define EL2SIM_REPORT_OUTCOME_REPORT_H

#include "models/cal/band.h"
#include "models/hyp/measured/path_cost.h"
#include "models/hyp/replay/bounds.h"
#include "models/hyp/ws/outcome.h"
#include "sim/document/rep.h"

struct tr_info;

/* One outcome and what it was made of; strings and pointers belong to the caller. */
struct run_result {
	const char *title;          /* short name for a column */
	const char *config;         /* file, "" = defaults */
	const char *trace;          /* that was replayed or played; NULL: a workload */
	const struct tr_info *info; /* of a replayed trace, else NULL */
	const char *workload;       /* names of its classes; NULL: a trace */
	const struct outcome *out;  /* with bounds: at least */
	const struct bounds *bounds; /* the trace lacks events: out is bounds->lo; else NULL */
	const struct sight *blind;  /* what a played trace lacks, whose figures have no bounds; else NULL */
	const struct path_profile *path;
	struct band_dev band;       /* of the machine's costs; not known: no figure has a band */
	struct path_cost cost[EXIT_COUNT];
};

/* Measured path of all exits of a kind. */
struct run_path {
	bool known;
	uint64_t insns, cycles;
	uint64_t user; /* instructions of the VMM, no part of insns */
};
struct run_path run_kind_path(const struct run_result *x, enum exit_kind k);

/* Sums over exit kinds. */
struct run_sums {
	uint64_t kernel, user;           /* exits handled in the kernel, by the VMM */
	struct ws_totals kernel_t, user_t;
	uint64_t path_insns, path_cycles; /* measured path of the kinds that were measured */
	uint64_t user_insns;             /* of the VMM */
	uint64_t unmeasured;             /* occurrences of kinds without a measured path */
};
void run_sums_of(const struct run_result *x, struct run_sums *s);

/* A count as the tables print it: 2499, 29,176. Returns buf. */
#define RUN_COUNT_TEXT 32
const char *run_count(uint64_t n, char buf[static RUN_COUNT_TEXT]);

/* Tables phases, cycles, per_exit, kinds, vcpus, groups, group_cycles, registers, counters, accessors. */
void outcome_tables(const struct run_result *x, struct rep *r);

/* Tables of an engine with a clock: counts, time, latencies, latency_distribution; classes, pcpus, vcpu_time. */
void clock_tables(const struct outcome *o, struct rep *r);
/* Tables guests, guest_state, guest_exits, and what comes first; nothing without a guest that executed. */
void guest_tables(const struct run_result *x, struct rep *r);
void guest_answer(const struct outcome *o, struct rep *r);
/* An alarm for each guest that did not end well; title is that of the configuration among several, or "". */
void guest_alarms(const struct outcome *o, const char *title, struct rep *r);
void clock_member_tables(const struct outcome *o, struct rep *r);

#endif
