/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim explore: every interleaving of what can happen to a few vCPUs on a few pCPUs, up to a depth. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "sim/base/ending.h"
#include "sim/cmd/cmd.h"
#include "sim/app/effective.h"
#include "sim/app/output.h"
#include "sim/base/file.h"
#include "sim/base/progress.h"
#include "sim/report/explore_report.h"
#include "sim/report/oracle_report.h"

#define DEPTH 6 /* without --depth and --time-limit: some seconds */

static const char *const state_names[] = {
#define X(id, name, help) name,
	EXPLORE_STATES(X)
#undef X
	NULL
};

struct explore_args {
	struct output_args out;
	struct arg_list inject;
	uint64_t depth, vcpus, pcpus, vms, memory, seconds, number, threads;
	int states;
	bool all, force, doc, no_symmetry, no_order;
	const char *story;
};

#define AT(member) offsetof(struct explore_args, member)

static const struct arg_row arg_rows[] = {
	{ "--depth", NULL, ARG_U64, AT(depth), "D", .max = 1000,
	  .help = "events in a row; 0: until no new state is found (default 6, with --time-limit 0)" },
	{ "--vcpus", NULL, ARG_U64, AT(vcpus), "N", .min = 1, .max = EXPLORE_MAX, .help = "vCPUs (default 2)" },
	{ "--pcpus", NULL, ARG_U64, AT(pcpus), "N", .min = 1, .max = EXPLORE_MAX, .help = "pCPUs (default 2)" },
	{ "--vms", NULL, ARG_U64, AT(vms), "N", .min = 1, .max = EXPLORE_MAX,
	  .help = "VMs that the vCPUs belong to in turn (default 1)" },
	{ "--states", NULL, ARG_ENUM, AT(states), .names = state_names,
	  .help = "run-time conditions of a guest entry that are tried: none, each alone and all together, all combinations" },
	{ "--all", NULL, ARG_FLAG, AT(all), .help = "do not stop at the first violation, collect the distinct ones" },
	INJECT_ARG_ROW(struct explore_args, inject),
	{ "--force", NULL, ARG_FLAG, AT(force), .help = "go on although lint finds the program incorrect" },
	{ "--story", NULL, ARG_STR, AT(story), "FILE", .place = true,
	  .help = "write the shortest story of the violation, for el2sim run --story FILE" },
	{ "--number", NULL, ARG_U64, AT(number), "N", .min = 1, .max = 1000000,
	  .help = "with --all: tell and write the story of violation N of the table (default 1)" },
	{ "--time-limit", NULL, ARG_U64, AT(seconds), "SECONDS", .min = 1, .max = 1000000,
	  .help = "stop after that time and say how far it got" },
	{ "--memory", NULL, ARG_U64, AT(memory), "MIB", .min = 1, .max = 1000000,
	  .help = "stop when the states take more memory (default 4096)" },
	{ "--no-symmetry", NULL, ARG_FLAG, AT(no_symmetry),
	  .help = "tell states apart that differ in the names of vCPUs and pCPUs only: slower, finds the same" },
	{ "--no-order", NULL, ARG_FLAG, AT(no_order),
	  .help = "run independent events in both orders: slower, finds the same" },
	THREADS_ARG_ROW(struct explore_args, threads),
	{ "--doc", NULL, ARG_FLAG, AT(doc), .help = "print what can happen (without CONFIG)" },
	OUTPUT_ARG_ROWS(struct explore_args, out),
};

static const struct arg_spec spec = {
	.name = "explore", .rows = arg_rows, .n_rows = ARG_ROWS(arg_rows), .min_pos = 0, .max_pos = 1,
	.example = "configs/experiment/linux-6.12-vhe-n1.ini --depth 8", .overrides = true,
	.text = "Exit status 0: no violation was found, and the report says how far it looked; 1: a violation.\n",
};

/* ---- how long it may go on ---- */

struct stopwatch {
	struct progress bar;
	struct timespec begin;
	uint64_t seconds; /* 0: no limit */
	bool interrupted;
};

static double elapsed(const struct stopwatch *w)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - w->begin.tv_sec) + 1e-9 * (double)(now.tv_nsec - w->begin.tv_nsec);
}

static bool go_on(void *self, uint64_t states, unsigned depth)
{
	struct stopwatch *w = self;

	(void)depth;
	progress_at(&w->bar, states);
	w->interrupted = ending_waits() != NULL;
	return !w->interrupted && (w->seconds == 0 || elapsed(w) < (double)w->seconds);
}

static void stopwatch_begin(struct stopwatch *w, uint64_t seconds)
{
	sigset_t before;

	*w = (struct stopwatch){ .seconds = seconds };
	(void)clock_gettime(CLOCK_MONOTONIC, &w->begin);
	progress_begin(&w->bar, "states", 0);
	ending_hold(&before); /* asked for in go_on, so that what was found is reported */
}

static void stopwatch_end(struct stopwatch *w, const struct explore_stats *s)
{
	double t = elapsed(w);

	progress_end(&w->bar);
	progress_quiet();
	if (isatty(STDERR_FILENO) != 0)
		(void)fprintf(stderr, "explore: depth %u, %" PRIu64 " states in %.1f s, %.0f states/s, %.0f events/s\n",
			      s->depth, s->states, t, t > 0 ? (double)s->states / t : 0.0,
			      t > 0 ? (double)s->transitions / t : 0.0);
}

/* ---- the story ---- */

static void story_head(struct story *s, const struct explore_args *o, const struct args *a, const struct config *c)
{
	*s = (struct story){ .vcpus = (unsigned)o->vcpus, .pcpus = (unsigned)o->pcpus, .vms = (unsigned)o->vms };
	s->config = xstrdup(c->path);
	s->set = xcalloc(a->overrides.n + 1, sizeof(*s->set));
	for (; s->n_set < a->overrides.n; s->n_set++)
		s->set[s->n_set] = xstrdup(a->overrides.v[s->n_set]);
	s->inject = xcalloc(o->inject.n + 1, sizeof(*s->inject));
	for (; s->n_inject < o->inject.n; s->n_inject++)
		s->inject[s->n_inject] = xstrdup(o->inject.v[s->n_inject]);
}

static int tell(const struct explore *x, const struct explore_args *o, const struct args *a, const struct config *c,
		const struct ws_prog *p, struct rep *r, struct err *e)
{
	struct xviolation v;
	struct story s;
	struct xworld *w;
	struct xevent *ev;
	size_t n, n_found;
	int rc = 0;

	(void)explore_violations(x, &n_found);
	if (n_found == 0)
		return 0;
	if (o->number > n_found)
		return err_set(e, ERR_USAGE, "--number %" PRIu64 ": %zu violation%s found", o->number, n_found,
			       n_found == 1 ? " was" : "s were");
	explore_told(x, o->number - 1, &v);
	ev = explore_path(x, o->number - 1, &n);
	story_head(&s, o, a, c);
	w = story_report(&s, p, (enum explore_states)o->states, ev, n, &v, r);
	if (o->story != NULL) {
		story_take(&s, w, ev, n);
		(void)snprintf(s.rule, sizeof(s.rule), "%s", xviolation_rule(&v));
		(void)snprintf(s.what, sizeof(s.what), "%s", v.what);
		rc = story_write(&s, o->story, e);
	}
	xworld_free(w);
	free(ev);
	story_free(&s);
	return rc;
}

/* ---- the command ---- */

static int search(const struct explore_args *o, const struct args *a, const struct config *c, const struct ws_prog *p,
		  struct err *e)
{
	struct explore_options opt = { .vcpus = (unsigned)o->vcpus, .pcpus = (unsigned)o->pcpus, .vms = (unsigned)o->vms,
				       .depth = (unsigned)o->depth, .states = (enum explore_states)o->states, .all = o->all,
				       .no_symmetry = o->no_symmetry, .no_order = o->no_order, .memory = o->memory << 20 };
	struct explore *x;
	struct stopwatch watch;
	enum explore_end end;
	struct rep *r = rep_new("explore", "Every interleaving, up to a depth");
	struct pool *pool = pool_new((unsigned)o->threads);
	size_t n;
	int rc;

	opt.pool = pool;
	stopwatch_begin(&watch, o->seconds);
	opt.go_on = go_on;
	opt.self = &watch;
	x = explore_new(p, &opt);
	end = explore_run(x);
	stopwatch_end(&watch, explore_stats(x));
	(void)explore_violations(x, &n);
	rep_fact(r, "config", "configuration", "%s", c->path);
	inject_report(c->inject, c->n_inject, r);
	unsound_report(p, "", r);
	explore_report(x, &opt, p, end, r);
	rc = tell(x, o, a, c, p, r, e);
	if (rc == 0 && n != 0 && o->story != NULL)
		rep_note(r, "el2sim run %s --story %s tells it again", c->path, o->story);
	effective_tables(&(struct effective){ c, "" }, 1, r);
	if (rc == 0)
		rc = output_write(&o->out, r, e);
	if (rc == 0 && watch.interrupted)
		rc = err_set(e, ERR_INTERRUPTED, "interrupted at depth %u; the report says what was found until then",
			     explore_stats(x)->depth);
	explore_free(x);
	pool_free(pool);
	rep_free(r);
	return rc == 0 && n != 0 ? err_set(e, ERR_ANSWER_NO, "%s", "") : rc;
}

static int doc(const struct explore_args *o, struct err *e)
{
	struct rep *r = rep_new("explore", "What can happen");
	int rc;

	explore_doc(r);
	rc = output_write(&o->out, r, e);
	rep_free(r);
	return rc;
}

static int run(const struct explore_args *o, const struct args *a, struct err *e)
{
	struct ws_prog *p = NULL;
	struct config c;
	int rc = config_load_one(&c, a->pos.v[0], &a->overrides, e);

	if (rc == 0)
		rc = config_inject(&c, &o->inject, e);
	if (rc == 0 && (p = config_compile(&c, o->force, e)) == NULL)
		rc = -1;
	if (rc == 0)
		rc = search(o, a, &c, p, e);
	ws_free(p);
	config_free(&c);
	return rc;
}

int cmd_explore(int argc, char **argv, struct err *e)
{
	struct explore_args o = { .depth = UINT64_MAX, .vcpus = 2, .pcpus = 2, .vms = 1, .memory = 4096, .states = XS_EACH,
				  .number = 1 };
	struct args a;
	int rc;

	if (args_parse(&a, &spec, argc, argv, &o, e) != 0)
		return -1;
	if (o.depth == UINT64_MAX)
		o.depth = o.seconds != 0 ? 0 : DEPTH;
	if (o.vms > o.vcpus)
		rc = err_set(e, ERR_USAGE, "--vms %" PRIu64 ": more VMs than vCPUs (--vcpus %" PRIu64 ")", o.vms, o.vcpus);
	else if (o.doc)
		rc = doc(&o, e);
	else if (a.pos.n == 0)
		rc = args_missing(&spec, e, "explore: no configuration given: want --doc, or el2sim explore CONFIG");
	else
		rc = run(&o, &a, e);
	args_free(&a);
	return rc;
}
