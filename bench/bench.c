/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast is el2sim? World switches per second, detailed and counting, per switch model; replayed and
 * imported events per second. Times are minima of processor time over a few repetitions in one process, so that the
 * ratios between the lines can be compared between machines, and the numbers themselves cannot.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench_run.h"
#include "models/hyp/explore/explore.h"
#include "models/hyp/check/oracle.h"
#include "models/hyp/ws/runner.h"
#include "models/hyp/host/smp.h"
#include "sim/document/rep.h"

#define DAT      EL2SIM_SOURCE_DIR "/tests/data/traces/mixed-4v2p.dat"
#define SWITCHES 100000 /* exits and entries per repetition */

static int open_machine(struct bench *b, struct err *e)
{
	const struct opt_row *rows;
	size_t n;

	rows = machine_opt_rows(&n);
	b->set = opt_new();
	opt_add(b->set, rows, n, &b->machine);
	if (opt_load(b->set, EL2SIM_SOURCE_DIR "/configs/machine/qemu-n1.ini", e) != 0)
		return -1;
	return opt_done(b->set, e);
}

struct ws_prog *bench_compile(const struct bench *b, const struct ws_model *m, struct err *e)
{
	struct ws_config c;

	ws_config_init(&c);
	c.model = m;
	c.machine = &b->machine;
	return ws_compile(&c, e);
}

/* ---- world switches ---- */

static double time_switches(const struct ws_prog *p, bool counting, bool check)
{
	double best = 0;

	for (unsigned k = 0; k < BENCH_REPEAT; k++) {
		struct runner *r = runner_new(p, counting);
		struct runner_vcpu *v = runner_vcpu(r, "vm");
		struct oracle *o = check ? oracle_new(p, 1, 1) : NULL;
		double start;

		if (o != NULL)
			watch_add(runner_watchers(r), oracle_watch(o));
		runner_kind(r, v, EXIT_run_first, NULL);
		start = bench_now();
		for (unsigned i = 0; i < SWITCHES; i++)
			runner_kind(r, v, EXIT_hvc_unknown, NULL);
		start = bench_now() - start;
		best = bench_best(k, best, start);
		runner_free(r);
		oracle_free(o);
	}
	return best;
}

static int switches(const struct bench *b, struct err *e)
{
	static const struct rep_col cols[] = {
		{ .key = "model", .title = "switch model", .type = REP_STR },
		{ .key = "ops", .title = "ops", .type = REP_U64, .unit = "each" },
		{ .key = "detailed", .type = REP_U64, .unit = "per second" },
		{ .key = "counting", .type = REP_U64, .unit = "per second" },
		{ .key = "ratio", .title = "counting / detailed", .type = REP_FIX, .decimals = 1 },
		{ .key = "checked", .title = "with the oracle", .type = REP_U64, .unit = "per second" },
		{ .key = "check_ratio", .title = "counting / with the oracle", .type = REP_FIX, .decimals = 1 },
	};
	struct rep_table *t = rep_table(b->rep, "switches", "World switches: one exit and one entry", cols, 7);
	size_t n;
	const struct ws_model *m = ws_models(&n);

	for (size_t i = 0; i < n; i++) {
		struct ws_prog *p = bench_compile(b, &m[i], e);
		double detailed, counting, checked;

		if (p == NULL)
			return -1;
		detailed = time_switches(p, false, false);
		counting = time_switches(p, true, false);
		checked = time_switches(p, true, true);
		rep_str(t, m[i].name);
		rep_u64(t, p->comp[ws_phase_comp(p, PHASE_ENTER)].n + p->comp[ws_phase_comp(p, PHASE_EXIT)].n);
		rep_u64(t, bench_per_second(SWITCHES, detailed));
		rep_u64(t, bench_per_second(SWITCHES, counting));
		rep_fix(t, bench_ratio(detailed, counting));
		rep_u64(t, bench_per_second(SWITCHES, checked));
		rep_fix(t, bench_ratio(checked, counting));
		ws_free(p);
	}
	return 0;
}

/* ---- the explorer ---- */

#define DEPTH 6 /* events */

static double time_search(const struct ws_prog *p, bool full, bool no_memory, struct explore_stats *s)
{
	double best = 0;

	for (unsigned k = 0; k < BENCH_REPEAT; k++) {
		struct explore_options o;
		struct explore *x;
		double t = bench_now();

		explore_options_init(&o);
		o.depth = DEPTH;
		o.no_symmetry = o.no_order = full;
		o.no_memory = no_memory;
		x = explore_new(p, &o);
		(void)explore_run(x);
		t = bench_now() - t;
		*s = *explore_stats(x);
		explore_free(x);
		best = bench_best(k, best, t);
	}
	return best;
}

static int searches(struct bench *b, struct err *e)
{
	static const struct rep_col cols[] = {
		{ .key = "model", .title = "switch model", .type = REP_STR },
		{ .key = "states", .type = REP_U64 },
		{ .key = "events", .title = "events run", .type = REP_U64 },
		{ .key = "states_rate", .title = "states", .type = REP_U64, .unit = "per second" },
		{ .key = "events_rate", .title = "events", .type = REP_U64, .unit = "per second" },
		{ .key = "full_states", .title = "states without reductions", .type = REP_U64 },
		{ .key = "ratio", .title = "time without / with", .type = REP_FIX, .decimals = 1 },
		{ .key = "memory", .title = "time without what is remembered / with", .type = REP_FIX, .decimals = 1 },
	};
	struct rep_table *t = rep_table(b->rep, "explore", "Exploring 2 vCPUs on 2 pCPUs to a depth of 6 events", cols, 8);
	size_t n;
	const struct ws_model *m = ws_models(&n);

	for (size_t i = 0; i < n; i++) {
		struct explore_stats reduced, full, run;
		struct ws_prog *p = bench_compile(b, &m[i], e);
		double with, without, each;

		if (p == NULL)
			return -1;
		with = time_search(p, false, false, &reduced);
		without = time_search(p, true, false, &full);
		each = time_search(p, false, true, &run);
		rep_str(t, m[i].name);
		rep_u64(t, reduced.states);
		rep_u64(t, reduced.transitions);
		rep_u64(t, bench_per_second(reduced.states, with));
		rep_u64(t, bench_per_second(reduced.transitions, with));
		rep_u64(t, full.states);
		rep_fix(t, bench_ratio(without, with));
		rep_fix(t, bench_ratio(each, with));
		ws_free(p);
	}
	return 0;
}

/* ---- simulated time ---- */

struct ticker {
	struct sk_proc proc;
	uint64_t period;
};

static void tick(struct sk *k, struct sk_proc *self)
{
	sk_wait_time(k, self, container_of(self, struct ticker, proc)->period);
}

/* The event kernel alone: as many processes, each of which only waits; each for its own time, or all for one. */
static uint64_t time_kernel(unsigned procs, bool one_time, double *seconds)
{
	struct ticker *t = xcalloc(procs, sizeof(*t));
	uint64_t n = 0;

	for (unsigned r = 0; r < BENCH_REPEAT; r++) {
		struct err e = { .text = "" };
		double start;
		struct sk k;

		sk_init(&k, 0);
		for (unsigned i = 0; i < procs; i++) {
			t[i].period = 1000 + (one_time ? 0 : 7 * i);
			sk_proc_init(&k, &t[i].proc, "ticker", tick);
		}
		start = bench_now();
		(void)sk_run_until(&k, UINT64_C(1000000000) / procs, &e);
		start = bench_now() - start;
		*seconds = bench_best(r, *seconds, start);
		n = k.activations;
		sk_fini(&k);
	}
	free(t);
	return n;
}

static int time_machine(const struct smp_options *o, const struct workload *w, const struct ws_prog *p, uint64_t *events,
			uint64_t *entries, double *seconds, struct err *e)
{
	for (unsigned r = 0; r < BENCH_REPEAT; r++) {
		struct smp *m = smp_new(o, w, p, NULL, true, e);
		double start = bench_now();

		if (m == NULL || smp_run(m, e) != 0) {
			smp_free(m);
			return -1;
		}
		start = bench_now() - start;
		*seconds = bench_best(r, *seconds, start);
		*events = m->k.activations;
		*entries = m->out.n.entries;
		smp_free(m);
	}
	return 0;
}

/* Overcommitted vCPUs on 16 pCPUs, and the event kernel with as many processes as the limit. */
static int machines(struct bench *b, struct err *e)
{
	static const struct rep_col cols[] = {
		{ .key = "vcpus", .title = "vCPUs", .type = REP_U64 },
		{ .key = "events", .type = REP_U64 },
		{ .key = "rate", .title = "events", .type = REP_U64, .unit = "per second" },
		{ .key = "switches", .title = "world switches", .type = REP_U64, .unit = "per second" },
		{ .key = "relative", .title = "time per event, relative to 1 vCPU", .type = REP_FIX, .decimals = 2 },
		{ .key = "kernel", .title = "event kernel alone", .type = REP_U64, .unit = "events per second" },
		{ .key = "ties", .title = "all at one time", .type = REP_U64, .unit = "events per second" },
	};
	static const struct {
		unsigned n;
		const char *key, *what, *ties, *ties_what; /* NULL: no figure */
	} size[] = {
		{ .n = 1 },
		{ .n = 16 },
		{ .n = 64 },
		{ 1024, "machine_1024", "an event of 1,024 vCPUs", "ties_1024", "one of 1,024 timers at one time" },
		{ .n = 4096 },
		{ 65536, "machine_65536", "an event of 65,536 vCPUs", "ties_65536", "one of 65,536 timers at one time" },
	};
	struct rep_table *t = rep_table(b->rep, "machines", "Simulated time: vCPUs on 16 pCPUs", cols, 7);
	struct smp_options o = { .vms = 1, .pcpus = 16, .sched = SCHED_fair, .slice_us = 3000, .tick_hz = 250, .seed = 1 };
	struct workload w = { .exits_per_s = 20000, .law = LAW_EXPONENTIAL, .timer_hz = 250, .ipi_targets = 1,
			      .user_ns = 5000, .burst_exits = 1 };
	struct ws_prog *p = bench_compile(b, ws_model_by_name("linux-6.12-vhe"), e);
	double first = 0;
	int rc = p != NULL ? 0 : -1;

	w.mix[EXIT_hvc_unknown] = 3;
	w.mix[EXIT_wfi] = w.mix[EXIT_ipi_send] = w.mix[EXIT_mmio_read_user] = 1;
	for (size_t i = 0; rc == 0 && i < sizeof(size) / sizeof(size[0]); i++) {
		uint64_t events = 0, entries = 0, alone, tied;
		double seconds = 0, kernel = 0, ties = 0;

		o.vcpus = size[i].n;
		o.duration_us = size[i].n < 16 ? 4000000 : size[i].n <= 4096 ? 500000 : 50000;
		rc = time_machine(&o, &w, p, &events, &entries, &seconds, e);
		alone = time_kernel(size[i].n, false, &kernel);
		tied = time_kernel(size[i].n, true, &ties);
		first = i == 0 ? seconds / (double)events : first;
		if (size[i].key != NULL) {
			bench_figure(&b->figures, size[i].key, size[i].what, seconds / (double)events, first, "one of a single vCPU", 1);
			bench_figure(&b->figures, size[i].ties, size[i].ties_what, ties / (double)tied, kernel / (double)alone, "each at its own time", 1);
		}
		rep_u64(t, size[i].n);
		rep_u64(t, events);
		rep_u64(t, bench_per_second(events, seconds));
		rep_u64(t, bench_per_second(entries, seconds));
		rep_fix(t, bench_ratio(seconds / (double)events, first));
		rep_u64(t, bench_per_second(alone, kernel));
		rep_u64(t, bench_per_second(tied, ties));
	}
	ws_free(p);
	return rc;
}

int main(int argc, char **argv)
{
	struct bench b = { .dir = "/tmp/el2sim-bench-XXXXXX" };
	struct err e = { .text = "" };
	const char *history = NULL;
	int rc;

	if (argc > 2 && strcmp(argv[1], "--history") == 0) {
		history = argv[2];
		argv += 2;
		argc -= 2;
	}
	if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
		(void)fprintf(stderr, "usage: bench [--history FILE.csv] [TRACE.DAT]\n");
		return 2;
	}
	if (mkdtemp(b.dir) == NULL) {
		(void)fprintf(stderr, "bench: no scratch folder in /tmp\n");
		return 6;
	}
	b.own_dat = argc == 2;
	b.rep = rep_new("bench", "How fast el2sim is on this machine");
	rep_fact(b.rep, "version", "el2sim", "%s", EL2SIM_VERSION);
	rc = open_machine(&b, &e);
	if (rc == 0)
		rc = switches(&b, &e);
	if (rc == 0)
		rc = searches(&b, &e);
	if (rc == 0)
		rc = machines(&b, &e);
	if (rc == 0)
		rc = bench_traces(&b, b.own_dat ? argv[1] : DAT, &e);
	bench_limits(&b.figures, b.rep);
	if (rc == 0 && history != NULL)
		rc = bench_history(&b.figures, history, &e);
	rep_note(b.rep, "best of %d; compare the ratios between machines, not the rates", BENCH_REPEAT);
	if (rc == 0)
		rc = rep_write(b.rep, REP_TEXT, stdout, &e);
	if (rc != 0)
		(void)fprintf(stderr, "bench: %s\n", e.text);
	rep_free(b.rep);
	opt_free(b.set);
	(void)rmdir(b.dir);
	return rc == 0 ? 0 : err_exit_status(e.code);
}
