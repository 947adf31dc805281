/* SPDX-License-Identifier: Apache-2.0 */
/* Processes of the simulation kernel that write down when they ran. */
#ifndef EL2SIM_TESTS_SK_BENCH_H
#define EL2SIM_TESTS_SK_BENCH_H

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "sim/kernel/sk.h"
#include "tests/suite.h"

/* A bench: four events, four processes that write down when they ran and then do what the test
 * asks. */
enum { N = 4 };

struct bench;
typedef void step_fn(struct bench *b, unsigned who, unsigned nth);

struct actor {
	struct sk_proc proc;
	struct bench *bench;
	unsigned index, runs;
	struct sk_wait fixed, some[N];
};

struct bench {
	struct sk k;
	struct sk_event ev[N];
	struct actor actor[N];
	struct sk_signal signal;
	struct sk_hooks hooks;
	step_fn *step;
	char log[1024]; /* "a0 b5": actor a ran at 0 ps, b at 5 */
	struct err e;
};

static inline void note(struct bench *b, const char *word)
{
	size_t n = strlen(b->log);

	(void)snprintf(b->log + n, sizeof(b->log) - n, "%s%s%llu", n != 0 ? " " : "", word,
		       (unsigned long long)sk_now(&b->k));
}

static inline void act(struct sk *k, struct sk_proc *self)
{
	struct actor *a = container_of(self, struct actor, proc);

	(void)k;
	note(a->bench, (const char[]){(char)('a' + a->index), '\0'});
	if (a->bench->step != NULL)
		a->bench->step(a->bench, a->index, a->runs++);
}

/* Actor i is statically sensitive to event i; all start by themselves if `initialize` is set. */
static inline void setup(struct bench *b, unsigned flags, bool initialize, step_fn *step)
{
	memset(b, 0, sizeof(*b));
	sk_init(&b->k, flags);
	b->step = step;
	sk_signal_init(&b->k, &b->signal, "signal", 0);
	for (unsigned i = 0; i < N; i++) {
		struct actor *a = &b->actor[i];

		sk_event_init(&b->k, &b->ev[i], "event");
		a->bench = b;
		a->index = i;
		sk_proc_init(&b->k, &a->proc, "actor", act);
		sk_sensitive(&b->k, &a->proc, &a->fixed, &b->ev[i]);
		if (!initialize)
			sk_dont_initialize(&b->k, &a->proc);
	}
}

static inline void run_until(struct bench *b, uint64_t t)
{
	ck_assert_msg(sk_run_until(&b->k, t, &b->e) == 0, "%s", b->e.text);
}

/* Run to the end and compare what ran. */
static inline void expect(struct bench *b, const char *log)
{
	run_until(b, SK_NEVER);
	ck_assert_str_eq(b->log, log);
	sk_fini(&b->k);
}

#endif
