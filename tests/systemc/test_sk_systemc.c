/* SPDX-License-Identifier: Apache-2.0 */
/* Random programs of notify, cancel and wait: the log of sim/kernel is the log of Accellera
 * SystemC. */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernel/sk.h"
#include "tests/suite.h"
#include "tests/systemc/random_program.h"

#define PROGRAMS 1000

struct entry {
	uint64_t time, delta;
	unsigned proc;
};

struct log {
	struct entry *v;
	size_t n;
};

static void log_add(struct log *l, uint64_t time, uint64_t delta, unsigned proc)
{
	if ((l->n & (l->n + 1)) == 0 || l->v == NULL) /* at 2^i - 1: double */
		l->v = xrealloc(l->v, 2 * (l->n + 1) * sizeof(*l->v));
	l->v[l->n++] = (struct entry){time, delta, proc};
}

/* ---- the program on our kernel ---- */

struct process {
	struct sk_proc proc;
	struct program *prog;
	unsigned index, activations;
	struct sk_wait fixed[RP_EVENTS], some[RP_EVENTS];
};

struct program {
	struct sk k;
	unsigned seed;
	int mode;
	struct sk_event event[RP_PLAIN];
	struct sk_signal signal[RP_SIGNALS];
	struct process proc[RP_PROCS];
	struct log log;
	const struct log *order; /* followed by pick */
	bool strayed;            /* pick found a process that is not runnable here */
};

static struct sk_event *event_at(struct program *g, unsigned i)
{
	return i < RP_PLAIN ? &g->event[i] : &g->signal[i - RP_PLAIN].changed;
}

static size_t waits_of(struct program *g, struct sk_wait *w, unsigned mask)
{
	size_t n = 0;

	for (unsigned e = 0; e < RP_EVENTS; e++) {
		if ((mask >> e & 1) != 0)
			w[n++].event = event_at(g, e);
	}
	return n;
}

static void perform(struct program *g, struct process *p, const struct rp_op *op)
{
	struct sk *k = &g->k;

	switch ((enum rp_kind)op->kind) {
	case RP_NOTIFY:
		sk_notify(k, &g->event[op->a]);
		break;
	case RP_NOTIFY_DELTA:
		sk_notify_delta(k, &g->event[op->a]);
		break;
	case RP_NOTIFY_AFTER:
		sk_notify_after(k, &g->event[op->a], op->b);
		break;
	case RP_CANCEL:
		sk_cancel(k, &g->event[op->a]);
		break;
	case RP_WRITE:
		sk_write(k, &g->signal[op->a], op->b);
		break;
	case RP_WAIT_STATIC:
		sk_wait_static(k, &p->proc);
		break;
	case RP_WAIT_EVENT:
		sk_wait_event(k, &p->proc, event_at(g, op->a));
		break;
	case RP_WAIT_TIME:
		sk_wait_time(k, &p->proc, op->b);
		break;
	case RP_WAIT_EVENT_OR_TIME:
		sk_wait_event_or_time(k, &p->proc, event_at(g, op->a), op->b);
		break;
	case RP_WAIT_ANY:
		sk_wait_any(k, &p->proc, p->some, waits_of(g, p->some, op->a));
		break;
	case RP_WAIT_ALL:
		sk_wait_all(k, &p->proc, p->some, waits_of(g, p->some, op->a));
		break;
	default:
		BUG("unknown op");
	}
}

static void run(struct sk *k, struct sk_proc *self)
{
	struct process *p = container_of(self, struct process, proc);
	struct rp_op op[RP_OPS];
	unsigned n = rp_ops(p->prog->seed, p->prog->mode, p->index, p->activations++, op);

	log_add(&p->prog->log, sk_now(k), k->deltas_done, p->index);
	for (unsigned i = 0; i < n; i++)
		perform(p->prog, p, &op[i]);
}

static struct sk_proc *pick(struct sk *k, void *ctx)
{
	struct program *g = ctx;
	size_t i = g->log.n;

	if (i < g->order->n) {
		struct sk_proc *p = &g->proc[g->order->v[i].proc].proc;

		if (!list_empty(&p->queued))
			return p;
	}
	g->strayed = true;
	sk_fail(k, ERR_ANSWER_NO, "another process is runnable");
	return container_of(k->runnable.next, struct sk_proc, queued);
}

static void build(struct program *g)
{
	int initialize;

	for (unsigned i = 0; i < RP_PLAIN; i++)
		sk_event_init(&g->k, &g->event[i], "event");
	for (unsigned i = 0; i < RP_SIGNALS; i++)
		sk_signal_init(&g->k, &g->signal[i], "signal", 0);
	for (unsigned i = 0; i < RP_PROCS; i++) {
		struct process *p = &g->proc[i];
		size_t n = waits_of(g, p->fixed, rp_static(g->seed, g->mode, i, &initialize));

		p->prog = g;
		p->index = i;
		sk_proc_init(&g->k, &p->proc, "process", run);
		for (size_t w = 0; w < n; w++)
			sk_sensitive(&g->k, &p->proc, &p->fixed[w], p->fixed[w].event);
		if (initialize == 0)
			sk_dont_initialize(&g->k, &p->proc);
	}
}

/* Run a program; order: the log to follow, NULL for the kernel's own order. Free g->log.v. */
static void simulate(struct program *g, unsigned seed, int mode, unsigned flags,
		     const struct log *order)
{
	struct err e;

	memset(g, 0, sizeof(*g));
	sk_init(&g->k, flags);
	g->seed = seed;
	g->mode = mode;
	g->order = order;
	if (order != NULL) {
		g->k.pick = pick;
		g->k.pick_ctx = g;
	}
	build(g);
	(void)sk_run_until(&g->k, SK_NEVER, &e);
	sk_fini(&g->k);
}

/* ---- the logs of SystemC ---- */

static struct log reference[PROGRAMS][RP_MODES];

static void read_reference(void)
{
	char command[4096], line[128];
	struct log *l = NULL;
	FILE *f;

	(void)snprintf(command, sizeof(command), "'%s' 0 %d", SC_RANDOM, PROGRAMS);
	f = popen(command, "r");
	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		uint64_t time, delta;
		unsigned a, b;

		if (sscanf(line, "program %u %u", &a, &b) == 2 && a < PROGRAMS && b < RP_MODES)
			l = &reference[a][b];
		else if (l != NULL &&
			 sscanf(line, "%" SCNu64 " %" SCNu64 " %u", &time, &delta, &a) == 3 &&
			 a < RP_PROCS)
			log_add(l, time, delta, a);
		else
			ck_abort_msg("sc_random wrote \"%s\"", line);
	}
	ck_assert_int_eq(pclose(f), 0);
}

static void free_reference(void)
{
	for (size_t i = 0; i < PROGRAMS; i++) {
		for (size_t m = 0; m < RP_MODES; m++)
			free(reference[i][m].v);
	}
	memset(reference, 0, sizeof(reference));
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	if (x->delta != y->delta)
		return x->delta < y->delta ? -1 : 1;
	return x->proc < y->proc ? -1 : x->proc > y->proc;
}

static void expect_equal(unsigned seed, int mode, const struct log *ours, const struct log *theirs)
{
	size_t n = ours->n < theirs->n ? ours->n : theirs->n;

	for (size_t i = 0; i < n; i++) {
		const struct entry *a = &ours->v[i], *b = &theirs->v[i];

		if (compare_entries(a, b) != 0)
			ck_abort_msg("program %u mode %d line %zu: el2sim %" PRIu64 " %" PRIu64
				     " %u, SystemC %" PRIu64 " %" PRIu64 " %u",
				     seed, mode, i, a->time, a->delta, a->proc, b->time, b->delta,
				     b->proc);
	}
	ck_assert_msg(ours->n == theirs->n,
		      "program %u mode %d: el2sim %zu activations, SystemC %zu", seed, mode,
		      ours->n, theirs->n);
}

START_TEST(a_random_program_wakes_the_same_processes_at_the_same_times_as_in_systemc)
{
	static struct program g;
	size_t lines = 0;

	for (unsigned seed = 0; seed < PROGRAMS; seed++) {
		const struct log *theirs = &reference[seed][RP_ANY];

		simulate(&g, seed, RP_ANY, seed % 2 != 0 ? SK_MOVE : 0, theirs);
		expect_equal(seed, RP_ANY, &g.log, theirs);
		ck_assert(!g.strayed);
		lines += g.log.n;
		free(g.log.v);
	}
	ck_assert_uint_gt(lines, 20 * PROGRAMS); /* the programs do something */
}
END_TEST

START_TEST(where_order_must_not_matter_reversing_it_changes_nothing_and_systemc_agrees)
{
	static const unsigned flags[] = {0, SK_REVERSE, SK_REVERSE | SK_MOVE};
	static struct program g;

	for (unsigned seed = 0; seed < PROGRAMS; seed++) {
		struct log *theirs = &reference[seed][RP_COMMUTING];

		qsort(theirs->v, theirs->n, sizeof(*theirs->v), compare_entries);
		for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
			simulate(&g, seed, RP_COMMUTING, flags[i], NULL);
			qsort(g.log.v, g.log.n, sizeof(*g.log.v), compare_entries);
			expect_equal(seed, RP_COMMUTING, &g.log, theirs);
			free(g.log.v);
		}
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sk_systemc");
	TCase *tc = tcase_create("random");

	tcase_add_unchecked_fixture(tc, read_reference, free_reference);
	tcase_add_test(tc,
		       a_random_program_wakes_the_same_processes_at_the_same_times_as_in_systemc);
	tcase_add_test(tc,
		       where_order_must_not_matter_reversing_it_changes_nothing_and_systemc_agrees);
	suite_add_tcase(s, tc);
	return suite_status(s);
}
