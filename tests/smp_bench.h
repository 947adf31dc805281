/* SPDX-License-Identifier: Apache-2.0 */
/* A small machine in simulated time for tests. */
#ifndef EL2SIM_TESTS_SMP_BENCH_H
#define EL2SIM_TESTS_SMP_BENCH_H

#include <check.h>
#include <string.h>

#include "models/hyp/host/smp.h"
#include "tests/ws_fixture.h"

/* A machine at 1 GHz, so that a cycle is a nanosecond. */
struct bench {
	struct fixture_machine machine;
	struct ws_prog *prog;
	struct smp_options o;
	struct workload w;
	struct opt_set *set;
	struct opt_row *rows;
};

__attribute__((unused)) static void setup(struct bench *b, const char *model)
{
	struct err e = {ERR_NONE, ""};
	const struct opt_row *rows;
	size_t n;

	memset(b, 0, sizeof(*b));
	fixture_machine_from(&b->machine, EL2SIM_SOURCE_DIR "/configs/machine/neoverse-n1.ini",
			     "machine.clock=1GHz");
	b->prog = fixture_compile(ws_model_by_name(model), &b->machine.m, 0);
	b->set = opt_new();
	rows = smp_opt_rows(&n);
	opt_add(b->set, rows, n, &b->o);
	b->rows = workload_opt_rows(&n);
	opt_add(b->set, b->rows, n, &b->w);
	ck_assert_msg(opt_done(b->set, &e) == 0, "%s", e.text);
	b->w.timer_hz = 0;
	b->o.tick_hz = 1;
	b->o.halt_poll_ns = 0;
}

__attribute__((unused)) static void teardown(struct bench *b)
{
	ws_free(b->prog);
	opt_free(b->machine.set);
	opt_free(b->set);
	free(b->rows);
}

__attribute__((unused)) static struct smp *machine(struct bench *b, bool counting)
{
	struct err e = {ERR_NONE, ""};
	struct smp *m = smp_new(&b->o, &b->w, b->prog, NULL, counting, &e);

	ck_assert_msg(m != NULL, "%s", e.text);
	return m;
}

__attribute__((unused)) static struct smp *simulate(struct bench *b, bool counting)
{
	struct smp *m = machine(b, counting);
	struct err e = {ERR_NONE, ""};

	ck_assert_msg(smp_run(m, &e) == 0, "%s", e.text);
	return m;
}

/* Everything up to this cycle. */
__attribute__((unused)) static void run_to(struct smp *m, uint64_t cycle)
{
	struct err e = {ERR_NONE, ""};

	ck_assert_msg(sk_run_until(&m->k, cycle * 1000, &e) == 0, "%s", e.text);
}

#endif
