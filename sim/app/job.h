/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A job: a configuration, its program, the engine that runs it, and what it comes to. The engine is the replay of a trace,
 * a machine in simulated time (the configuration has a workload) or a trace played in simulated time ([host] sched =
 * recorded); nobody but the job asks which.
 */
#ifndef EL2SIM_APP_JOB_H
#define EL2SIM_APP_JOB_H

#include "models/hyp/host/smp.h"
#include "models/hyp/replay/replay.h"
#include "sim/app/config.h"
#include "sim/base/str.h"
#include "sim/report/run_report.h"

struct job {
	struct config config;
	struct ws_prog *prog;
	struct outcome *out;       /* the engine's, filled while it runs */
	struct run_result result;  /* the same for reports, after the end */
	struct oracle *oracle;     /* of --check, else NULL */
	struct timeline *timeline; /* that watches, set by the command; NULL: none */
	char title[64];
	struct str workload;       /* names of its classes */

	struct smp *smp; /* machine, or played trace; NULL: a replay */
	struct outcome_path measured[EXIT_COUNT];

	struct tr_reader *trace;
	struct replay_state *replaying; /* until its end */
	struct replay_options replay_options;
	struct tr_event next; /* of the trace */
	bool have_next;
	struct outcome *replayed;
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

/* True if the configuration has a workload ([mix], a class), or plays its trace: time passes. */
bool job_has_clock(const struct config *c);

/*
 * Compile a loaded configuration (j->config), run its engine to the end, check conservation, derive the results.
 * ERR_CONFIG with neither a trace nor a workload, or with both, or as smp_new; ERR_MODEL; ERR_INPUT. Free with job_free in
 * any case.
 */
int job_run(struct job *j, const struct job_args *o, struct err *e);
/*
 * The same in parts, for who owns the clock. Build: to before the first event. Of a replay: when the next event is (ns as
 * recorded, UINT64_MAX after the last one); up to and including a time. End: good: false after a failure. The events of a
 * machine are those of j->smp->k; job_end_run after them, or smp_run and then job_derive.
 */
int job_build(struct job *j, const struct job_args *o, struct err *e);
uint64_t job_replay_next(const struct job *j);
int job_replay_on(struct job *j, uint64_t ns, struct err *e);
int job_end_run(struct job *j, bool good, struct err *e);
int job_derive(struct job *j, struct err *e);
/* ERR_USAGE when the configuration says what to compare, and so is not one to run. */
int job_refuse_comparison(const struct job *j, struct err *e);
/* The report of a job that was run; the caller frees it. */
struct rep *job_report(const struct job *j);
void job_free(struct job *j);

#endif
