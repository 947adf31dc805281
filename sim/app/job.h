/* SPDX-License-Identifier: Apache-2.0 */
/* A job: a configuration, its program, and the replay of a trace through it. */
#ifndef EL2SIM_APP_JOB_H
#define EL2SIM_APP_JOB_H

#include "sim/app/config.h"
#include "sim/app/simulate.h"
#include "sim/report/run_report.h"

struct job {
	struct config config;
	struct ws_prog *prog;
	struct tr_reader *trace;
	struct replay_state *replaying; /* between job_begin_replay and job_end_replay */
	struct replay_options replay_options;
	struct tr_event next; /* of the trace */
	bool have_next;
	struct replay *replay;
	struct run_result result;
	struct oracle *oracle; /* of --check, else NULL */
	struct simulation sim; /* of a workload, instead of all of the above but config */
	struct timeline *timeline; /* that watches, set by the command; NULL: none */
	char title[64];
};

/* What a job takes from the command line. */
struct job_args {
	const char *trace; /* NULL: the configuration's */
	bool force;        /* run a program that lint refuses */
	bool check;        /* under the oracle */
	struct arg_list inject;
};

/* Argument rows for a member of type struct job_args. */
#define JOB_ARG_ROWS(type, member)                                                                  \
	{ "--trace", NULL, ARG_STR, offsetof(type, member) + offsetof(struct job_args, trace),      \
	  "FILE", .help = "native trace to replay, instead of the configuration's" },               \
	{ "--force", NULL, ARG_FLAG, offsetof(type, member) + offsetof(struct job_args, force),     \
	  .help = "go on although lint finds the program incorrect" },                              \
	{ "--check", NULL, ARG_FLAG, offsetof(type, member) + offsetof(struct job_args, check),     \
	  .help = "follow owner and version of every register; exit status 1 if a rule is violated" }, \
	INJECT_ARG_ROW(type, member.inject)

/* As simulation_build and simulation_run, and the title. */
int job_build_simulation(struct job *j, const struct job_args *o, struct err *e);
int job_simulate(struct job *j, const struct job_args *o, struct err *e);

/*
 * Compile a loaded configuration (j->config), replay the trace, check conservation, derive the results.
 * ERR_CONFIG without a trace, ERR_MODEL, ERR_INPUT. Free with job_free in any case.
 */
int job_run(struct job *j, const struct job_args *o, struct err *e);
/*
 * The same in parts, for who owns the clock: to before the first event; when the next event is (ns as recorded,
 * UINT64_MAX after the last one); up to and including a time; to the result, good: false after a failure.
 */
int job_begin_replay(struct job *j, const struct job_args *o, struct err *e);
uint64_t job_replay_next(const struct job *j);
int job_replay_on(struct job *j, uint64_t ns, struct err *e);
int job_end_replay(struct job *j, bool good, struct err *e);
/* ERR_USAGE when the configuration says what to compare, and so is not one to run. */
int job_refuse_comparison(const struct job *j, struct err *e);
/* The report of a job that was run or simulated; the caller frees it. */
struct rep *job_report(const struct job *j);
/* Use of flags in the run; own: where that of a simulation is kept, to be freed with vflag_tally_free in any case. */
const struct vflag_tally *job_flags(const struct job *j, struct vflag_tally *own);
void job_free(struct job *j);

#endif
