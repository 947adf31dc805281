/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/app/job.h"

#include <stdio.h>
#include <string.h>

#include "models/hyp/check/oracle.h"
#include "models/hyp/host/code.h"
#include "models/hyp/host/smp_play.h"
#include "sim/report/oracle_report.h"
#include "sim/timeline/timeline.h"

static bool is_varied(const struct job *j, const struct opt_view *v)
{
	struct str name = STR_INIT;
	bool is = false;

	str_addf(&name, "%s.%s=", v->row->section, v->row->key);
	for (size_t i = 0; j->varied != NULL && i < j->varied->n; i++)
		is |= strncmp(j->varied->v[i], str_get(&name), name.len) == 0;
	str_free(&name);
	return is;
}

/*
 * A title says which kernel and policy a file is about. What the command line makes another of it is said behind the
 * title, so that no sentence names the one and means the other.
 */
static void mark_changes(struct job *j)
{
	static const char command_line[] = "command line";
	struct opt_view v;

	if (opt_find(j->config.set, "run", "title", &v) && strcmp(v.origin, command_line) == 0)
		return;
	for (size_t i = 0; i < opt_count(j->config.set); i++) {
		size_t n = strlen(j->title);

		v = opt_at(j->config.set, i);
		if (strcmp(v.origin, command_line) == 0 && !is_varied(j, &v) &&
		    (strcmp(v.row->section, "switch") == 0 || strcmp(v.row->section, "policy") == 0 ||
		     strcmp(v.row->section, "patch") == 0))
			(void)snprintf(j->title + n, sizeof(j->title) - n, ", %s.%s=%s", v.row->section, v.row->key, v.value);
	}
}

/* [run] title, or the file's name without folder and ending. */
static void take_title(struct job *j)
{
	const char *name = strrchr(j->config.path, '/');
	size_t n;

	if (j->config.sw.title[0] != '\0') {
		(void)snprintf(j->title, sizeof(j->title), "%s", j->config.sw.title);
		mark_changes(j);
		return;
	}
	name = name != NULL ? name + 1 : j->config.path;
	n = strlen(name);
	if (n > 4 && strcmp(name + n - 4, ".ini") == 0)
		n -= 4;
	(void)snprintf(j->title, sizeof(j->title), "%.*s", (int)n, name);
	mark_changes(j);
}

static const char *trace_of(const struct job *j, const struct job_args *o)
{
	return o->trace != NULL ? o->trace : j->config.sw.trace;
}

/* ---- the replay of a trace ---- */

static int no_warmup(const struct job *j, struct err *e)
{
	return err_set(e, ERR_CONFIG, "%s: [run] warmup is of simulated workloads: of a trace, [run] from_marker says where counting "
		       "begins (el2sim trace cut --from takes a part of it)", j->config.path);
}

static int build_replay(struct job *j, const char *path, struct err *e)
{
	struct replay_options opt = replay_options_of(&j->config.sw);

	if (j->config.smp.warmup_us != 0)
		return no_warmup(j, e);
	opt.bounds = &j->bounds;
	opt.by_event = !j->whole;
	if (path == NULL || path[0] == '\0')
		return err_set(e, ERR_CONFIG, "%s: neither a trace nor a workload: set [run] trace, give --trace FILE (el2sim trace "
			       "import makes one), or give exit kinds weights in [mix] to simulate them", j->config.path[0] != '\0' ? j->config.path : "configuration");
	if (j->oracle != NULL)
		opt.watch[0] = oracle_watch(j->oracle);
	if (j->timeline != NULL)
		opt.watch[1] = timeline_of_replay(j->timeline, (uint64_t)j->config.machine.clock_hz);
	j->result.trace = path;
	j->engine = replay_engine(j->prog, path, &opt, e);
	if (j->engine == NULL)
		return -1;
	j->result.info = replay_engine_info(j->engine);
	return 0;
}

/* ---- machines in simulated time ---- */

bool job_has_clock(const struct config *c)
{
	return workload_wanted(&c->workload) || c->smp.sched == SMP_AS_RECORDED;
}

/* Measured instructions of each kind, and the cycles that they take. */
static void fill_measured(struct job *j)
{
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		uint64_t insns = j->result.cost[k].insns;

		j->measured[k] = (struct outcome_path){ insns, insns * (uint64_t)j->config.machine.cpi_milli / 1000 };
	}
}

/* A simulated machine has a trace to play, or a workload. */
static int check_source(const struct job *j, const char *trace, bool play, struct err *e)
{
	if (play && trace[0] == '\0')
		return err_set(e, ERR_CONFIG,
			       "%s: [host] sched = recorded, but no trace: set [run] trace, or give --trace FILE",
			       j->config.path);
	if (play && j->config.smp.warmup_us != 0)
		return no_warmup(j, e);
	if (!play && trace[0] != '\0')
		return err_set(e, ERR_CONFIG,
			       "%s: both a trace and a workload ([mix]): want one of them: give no "
			       "[run] trace "
			       "and no --trace to simulate, leave [mix] out to replay",
			       j->config.path);
	return 0;
}

static void name_workload(struct job *j)
{
	const struct workload *w = &j->config.workload;

	for (const struct workload *c = workload_next(w, NULL); c != NULL; c = workload_next(w, c))
		str_addf(&j->workload, "%s%s", j->workload.len != 0 ? ", " : "", workload_name(w, c));
	j->result.workload = str_get(&j->workload);
}

/* What a trace lacks that is played or replicated: its figures have no bounds, so the reader is told. */
static int look_at_trace(struct job *j, const char *path, struct err *e)
{
	struct tr_reader *t = tr_open(path, e);
	uint64_t gaps = 0;
	int rc = t != NULL ? 0 : -1;

	if (rc == 0 && tr_info(t)->old)
		rc = sight_count_gaps(t, &gaps, e);
	if (rc == 0)
		sight_of(tr_info(t), gaps, &j->sight);
	if (rc == 0 && !sight_all(&j->sight))
		j->result.blind = &j->sight;
	if (t != NULL)
		tr_close(t);
	return rc;
}

static int build_machine(struct job *j, const char *trace, struct err *e)
{
	struct config *c = &j->config;

	fill_measured(j);
	if (!workload_wanted(&c->workload)) {
		const struct replay_options opt = replay_options_of(&c->sw);

		j->result.trace = trace;
		if (look_at_trace(j, trace, e) != 0)
			return -1;
		j->smp = smp_new_played(&c->smp, trace, j->prog, &opt, e);
	} else {
		for (const struct workload *w = workload_next(&c->workload, NULL); w != NULL; w = workload_next(&c->workload, w)) {
			if (j->result.blind == NULL && w->trace != NULL && w->trace[0] != '\0' && look_at_trace(j, w->trace, e) != 0)
				return -1;
		}
		j->smp = smp_new(&c->smp, &c->workload, j->prog, j->measured, c->sw.counting, e);
		name_workload(j);
		if (j->smp != NULL && j->console.put != NULL)
			code_console(j->smp, &j->console);
	}
	if (j->smp == NULL)
		return -1;
	j->engine = &j->smp->engine;
	if (j->oracle != NULL)
		smp_watch(j->smp, oracle_watch(j->oracle));
	if (j->timeline != NULL)
		timeline_of_machine(j->timeline, j->smp);
	return 0;
}

/* ---- both ---- */

int job_build(struct job *j, const struct job_args *o, struct err *e)
{
	const char *trace = trace_of(j, o);
	const bool machine = job_has_clock(&j->config);

	take_title(j);
	if (config_inject(&j->config, &o->inject, e) != 0 ||
	    (machine && check_source(j, trace, !workload_wanted(&j->config.workload), e) != 0))
		return -1;
	j->prog = config_compile(&j->config, o->force, e);
	if (j->prog == NULL || path_cost_fill(&j->config.path_profile, &j->config.machine, j->result.cost, e) != 0)
		return -1;
	if (o->check)
		j->oracle = oracle_new(j->prog, 0, 0);
	return machine ? build_machine(j, trace, e) : build_replay(j, trace, e);
}

void job_mark_unsound(struct job *j)
{
	size_t n = strlen(j->title), room;
	const char *what;
	char mark[40];
	struct err e;

	if (strstr(j->title, " [UNSOUND") != NULL || !unsound(j->prog, &what, &e))
		return;
	(void)snprintf(mark, sizeof(mark), " [%s]", j->prog->fault != NULL ? what : "UNSOUND, forced");
	room = sizeof(j->title) - strlen(mark) - 1;
	memcpy(j->title + (n < room ? n : room), mark, strlen(mark) + 1);
}

/*
 * Measured instructions of kinds whose number is known; of the others those of the exits that are known to be of the kind.
 * Returns the lower bounds.
 */
static const struct outcome *bound_paths(struct job *j)
{
	const struct path_cost *cost = j->result.cost;
	struct outcome *lo = &j->bounds->lo, *hi = &j->bounds->hi;

	path_cost_charge(cost, j->config.machine.cpi_milli, lo);
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		const struct outcome_kind *a = &lo->kind[k], *b = &hi->kind[k];
		bool more = a->more_scheds != b->more_scheds;

		if (more && cost[EXIT_FOR_one_more_put].state != PATH_OK) /* then the whole kind would have none */
			lo->kind[k].path = (struct outcome_path){ 0, 0 };
		hi->kind[k].path = a->count == b->count && !more ? a->path
								 : (struct outcome_path){ BOUNDS_NONE, BOUNDS_NONE };
	}
	return lo;
}

void job_derive(struct job *j)
{
	struct run_result *x = &j->result;

	j->out = j->engine->out;
	if (!outcome_simulated(j->out))
		path_cost_charge(x->cost, j->config.machine.cpi_milli, j->out);
	job_mark_unsound(j);
	x->title = j->title;
	x->config = j->config.path;
	x->out = j->bounds != NULL ? bound_paths(j) : j->out;
	x->bounds = j->bounds;
	x->path = &j->config.path_profile;
	band_dev_of(&j->config.cal, x->path, j->prog, &x->band);
}

/* The engine has run: what it came to. */
static int derive_checked(struct job *j, const struct job_args *o, struct err *e)
{
	job_derive(j);
	return o->check ? job_refuse_checks(j, "--check", e) : 0;
}

/* A machine whose end is known: guests that execute end when they do. Of a trace its reader tells how far it is. */
static bool tells_time(const struct job *j)
{
	return j->smp != NULL && j->smp->code == NULL;
}

/* The engine, to its end, while a terminal is told how far it is. */
static int run_told(struct job *j, struct err *e)
{
	struct progress bar;
	int rc;

	if (!tells_time(j))
		return engine_run(j->engine, e);
	progress_begin(&bar, "time", ENGINE_STEPS);
	rc = engine_run_shown(j->engine, &bar, e);
	progress_end(&bar);
	return rc;
}

int job_run(struct job *j, const struct job_args *o, struct err *e)
{
	j->whole = true;
	if (job_build(j, o, e) != 0 || run_told(j, e) != 0)
		return -1;
	return derive_checked(j, o, e);
}

/* ---- several ---- */

struct several {
	struct job *job;
	const struct job_args *args;
	int (*load)(void *ctx, size_t i, struct err *e);
	void *ctx;
	int *rc;
	struct err *e;
	size_t *of; /* machines: places of job */
	struct progress bar; /* of those that tell their time */
};

static void build_one(void *ctx, size_t i, unsigned thread)
{
	struct several *s = ctx;

	(void)thread;
	s->job[i].whole = true;
	s->rc[i] = s->load(s->ctx, i, &s->e[i]) == 0 ? job_build(&s->job[i], s->args, &s->e[i]) : -1;
}

static void run_machine(void *ctx, size_t i, unsigned thread)
{
	struct several *s = ctx;
	const size_t k = s->of[i];

	(void)thread;
	s->rc[k] = tells_time(&s->job[k]) ? engine_run_shown(s->job[k].engine, &s->bar, &s->e[k]) : engine_run(s->job[k].engine, &s->e[k]);
}

/* Machines beside each other, replays of one trace in one pass. n: those before the first that could not be built. */
static void run_engines(struct several *s, size_t n, struct pool *pool)
{
	struct engine **g = xcalloc(n, sizeof(struct engine *));
	struct err *e = xcalloc(n, sizeof(*e));
	size_t n_machines = 0, n_replays = 0, n_told = 0, *replay = xcalloc(n, sizeof(*replay));
	int *rc = xcalloc(n, sizeof(*rc));

	for (size_t i = 0; i < n; i++) {
		if (s->job[i].smp != NULL) {
			s->of[n_machines++] = i;
			n_told += tells_time(&s->job[i]);
		} else {
			replay[n_replays] = i;
			g[n_replays++] = s->job[i].engine;
		}
	}
	if (n_told != 0)
		progress_begin(&s->bar, "time", n_told * ENGINE_STEPS);
	pool_run(pool, n_machines, run_machine, s);
	if (n_told != 0)
		progress_end(&s->bar);
	replay_engines_run(g, n_replays, pool, rc, e);
	for (size_t i = 0; i < n_replays; i++) {
		s->rc[replay[i]] = rc[i];
		s->e[replay[i]] = e[i];
	}
	free(replay);
	free(rc);
	free(g);
	free(e);
}

int jobs_run(struct job *j, size_t n, const struct job_args *o, int (*load)(void *ctx, size_t i, struct err *e), void *ctx,
	     struct pool *pool, struct err *e)
{
	struct several s = { .job = j, .args = o, .load = load, .ctx = ctx, .rc = xcalloc(n, sizeof(*s.rc)),
			     .e = xcalloc(n, sizeof(*s.e)), .of = xcalloc(n, sizeof(*s.of)) };
	size_t built = 0;
	int rc = 0;

	pool_run(pool, n, build_one, &s);
	while (built < n && s.rc[built] == 0)
		built++;
	run_engines(&s, built, pool);
	for (size_t i = 0; i < n && rc == 0; i++) { /* the first error is that of one after the other */
		rc = s.rc[i];
		if (rc != 0)
			*e = s.e[i];
		else
			rc = derive_checked(&j[i], o, e);
	}
	free(s.rc);
	free(s.e);
	free(s.of);
	return rc;
}

/* The trace lacks events, and so something cannot be told. */
static int refuse_lacking(const struct job *j, const char *so, struct err *e)
{
	char missing[SIGHT_TEXT], losses[SIGHT_TEXT];

	if (j->bounds == NULL)
		return 0;
	(void)sight_missing(&j->bounds->sight, missing);
	(void)sight_losses(&j->bounds->sight, losses);
	return err_set(e, ERR_INPUT, "%s: lacks events (%s%s%.120s), so %s: record all events (el2sim doctor says how)",
		       j->result.trace, losses, losses[0] != '\0' && missing[0] != '\0' ? "; " : "", missing, so);
}

int job_refuse_folded(const struct job *j, struct err *e)
{
	return refuse_lacking(j, "counts are lower bounds, and folded stacks cannot say so, other formats can", e);
}

int job_refuse_checks(const struct job *j, const char *option, struct err *e)
{
	char so[120];

	(void)snprintf(so, sizeof(so), "what %s finds may be what is missing, and the uses it counts are not all", option);
	return refuse_lacking(j, so, e);
}

int job_guests_end(const struct job *j, struct err *e)
{
	for (size_t i = 0; i < j->out->n_guests; i++)
		if (!j->out->guest[i].good)
			return err_set(e, ERR_INPUT, "%s: %s", j->out->guest[i].image, j->out->guest[i].end);
	return 0;
}

struct rep *job_report(const struct job *j)
{
	struct rep *r = j->smp != NULL ? rep_new("run-workload", "A machine in simulated time")
				       : rep_new("run", "Replay of a trace");

	inject_report(j->config.inject, j->config.n_inject, r);
	unsound_report(j->prog, "", r);
	run_report(&j->result, r);
	return r;
}

void job_free(struct job *j)
{
	engine_free(j->engine);
	bounds_free(j->bounds);
	oracle_free(j->oracle);
	ws_free(j->prog);
	str_free(&j->workload);
	timeline_free(j->timeline);
	config_free(&j->config);
	memset(j, 0, sizeof(*j));
}
