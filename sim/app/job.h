/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A job: a configuration, its program, the engine that runs it, and what it comes to. The engine is the replay of a trace,
 * a machine in simulated time (the configuration has a workload) or a trace played in simulated time ([host] sched =
 * recorded); nobody but the job asks which.
 */
#ifndef EL2SIM_APP_JOB_H
#define EL2SIM_APP_JOB_H

#include "models/hyp/host/smp.h"
#include "models/hyp/replay/replay_engine.h"
#include "sim/app/config.h"
#include "sim/base/pool.h"
#include "sim/base/str.h"
#include "sim/report/run_report.h"

struct job {
	struct config config;
	struct ws_prog *prog;
	struct engine *engine;     /* from job_build on */
	struct outcome *out;       /* the engine's, after the end */
	struct run_result result;  /* the same for reports, after the end */
	bool whole;                /* run to its end before anybody looks: job_run's */
	struct oracle *oracle;     /* of --check, else NULL */
	struct timeline *timeline; /* that watches, set by the command; NULL: none */
	char title[96];
	const struct arg_list *varied; /* "section.key=value" that the title need not tell, its column does; NULL: none */
	struct str workload;       /* names of its classes */

	struct guest_console console; /* gets what guests that execute write, set by the command; put NULL: nobody */
	struct smp *smp; /* the engine, of a simulated machine, whether a workload runs on it or a trace is played; NULL: a replay */
	struct outcome_path measured[EXIT_COUNT];

	struct bounds *bounds; /* of a replayed trace that lacks events; NULL: it lacks nothing */
	struct sight sight;    /* of a played trace */
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
 * job_run of n jobs. load(ctx, i, e) loads job i's configuration, perhaps on another thread. Replays of one trace share a pass over it
 * where they can, the rest runs on the pool; results and the error are those of one after the other.
 */
int jobs_run(struct job *j, size_t n, const struct job_args *o, int (*load)(void *ctx, size_t i, struct err *e), void *ctx,
	     struct pool *pool, struct err *e);
/* ERR_INPUT with its name and how it ended if a guest that was executed did not end well. */
int job_guests_end(const struct job *j, struct err *e);
/* The same in parts, for who owns the clock: build, to before the first event; then the engine; then the results. */
int job_build(struct job *j, const struct job_args *o, struct err *e);
void job_derive(struct job *j);
/* ERR_INPUT when counts are bounds, which folded stacks cannot say. */
int job_refuse_folded(const struct job *j, struct err *e);
/* ERR_INPUT when the trace lacks events: it may break rules that were kept, as the one that the option checks. */
int job_refuse_checks(const struct job *j, const char *option, struct err *e);
/* The report of a job that was run; the caller frees it. */
struct rep *job_report(const struct job *j);
/* Give the title a mark when --force made an unsound program run, or its patch is unsound: no sentence names it without. Once is enough. */
void job_mark_unsound(struct job *j);
void job_free(struct job *j);

#endif
