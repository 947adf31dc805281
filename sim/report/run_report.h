/* SPDX-License-Identifier: Apache-2.0 */
/* Results of replays as reports: one (`run`) or several side by side (`compare`). */
#ifndef EL2SIM_REPORT_RUN_REPORT_H
#define EL2SIM_REPORT_RUN_REPORT_H

#include "models/hyp/ws/account.h"
#include "models/hyp/measured/path_cost.h"
#include "models/hyp/replay/replay.h"
#include "sim/report/rep.h"

/* One replay and what it was made of; strings and pointers belong to the caller. */
struct run_result {
	const char *title;  /* short name for a column */
	const char *config; /* file, "" = defaults */
	const char *trace;
	const struct tr_info *info;
	const struct ws_prog *prog;
	const struct replay *replay;
	const struct path_profile *path;
	struct path_cost cost[EXIT_COUNT];
	struct account account;
};

/* Fill what is derived: account and cost. ERR_MODEL as path_cost_fill. */
int run_result_derive(struct run_result *x, struct err *e);

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

/* Reads and writes of system registers. */
uint64_t run_accesses(const struct ws_totals *t);
/* One plain exit handled in the kernel (an HVC that KVM does not know) in the steady state. */
void run_plain_exit(const struct ws_prog *p, struct ws_totals *t);

void run_report(const struct run_result *x, struct rep *r);

/* baseline: index of the result that the others are compared with. */
void compare_report(const struct run_result *x, size_t n, size_t baseline, struct rep *r);

/* Table "per_exit": what one guest exit costs and what goes with it, for runs of traces and of workloads alike. */
struct per_exit {
	uint64_t exits, user_exits, loads;
	const struct ws_totals *total;
};
void run_per_exit(const struct per_exit *x, struct rep *r);

/* Facts of the trace; the same for both reports. */
void trace_facts(const struct run_result *x, struct rep *r);
/* How far the cycles can be trusted. */
void calibration_note(const struct machine *m, struct rep *r);
/* What every reader must know beside the numbers of these results. */
void run_notes(const struct run_result *x, size_t n, struct rep *r);

#endif
