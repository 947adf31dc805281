/* SPDX-License-Identifier: Apache-2.0 */
/* A machine that plays a recorded trace counts what the replay of the trace counts. */
#include "models/hyp/host/smp_play.h"

#include <stdio.h>
#include <string.h>

#include "sim/app/job.h"
#include "tests/suite.h"
#include "tests/ws_fixture.h"

static const char *const traces[] = {
	"traces/samples/linux-6.12-vhe-mixed-4v2p.e2t", "tests/data/runs/6.12-vhe-mixed.e2t",
	"tests/data/runs/6.12-nvhe-mixed.e2t", "tests/data/runs/6.1-vhe-linux.e2t"};
static const char *const models[] = {"linux-6.12-vhe", "linux-6.12-nvhe", "linux-4.15-vhe"};
#define TRACES (sizeof(traces) / sizeof(traces[0]))
#define MODELS (sizeof(models) / sizeof(models[0]))

static struct smp *play(const struct ws_prog *p, const char *trace,
			const struct replay_options *opt)
{
	struct smp_options o = {.sched = SMP_AS_RECORDED, .seed = 1};
	struct err e = {ERR_NONE, ""};
	struct smp *m = smp_new_played(&o, trace, p, opt, &e);

	ck_assert_msg(m != NULL, "%s", e.text);
	ck_assert_msg(smp_run(m, &e) == 0, "%s", e.text);
	return m;
}

static void expect_same(const struct ws_totals *got, const struct ws_totals *want, const char *what)
{
	for (unsigned c = 0; c < CNT_COUNT; c++)
		ck_assert_msg(got->n[c] == want->n[c], "%s: %llu %s, want %llu", what,
			      (unsigned long long)got->n[c], counter_name((enum ws_counter)c),
			      (unsigned long long)want->n[c]);
	ck_assert_uint_eq(got->cycles, want->cycles);
}

START_TEST(a_played_trace_counts_what_its_replay_counts_to_the_op)
{
	const char *path = traces[(size_t)_i % TRACES];
	const struct replay_options opt = {.counting = _i % 2 == 0,
					   .from = "",
					   .to = "",
					   .fp = _i % 3 == 0 ? FP_EACH_LOAD : FP_NEVER};
	struct fixture_machine machine;
	struct err e = {ERR_NONE, ""};
	struct ws_prog *p;
	struct tr_reader *t;
	struct outcome *r;
	struct smp *m;

	fixture_machine_from(&machine, EL2SIM_SOURCE_DIR "/configs/machine/neoverse-n1.ini",
			     "machine.clock=3GHz");
	p = fixture_compile(ws_model_by_name(models[(size_t)_i / TRACES]), &machine.m, 0);
	t = tr_open(path, &e);
	r = replay_run(p, t, &opt, &e);
	ck_assert_msg(r != NULL, "%s", e.text);
	m = play(p, path, &opt);
	expect_same(&m->out.total, &r->total, "all");
	for (unsigned ph = 0; ph < PHASE_COUNT; ph++)
		expect_same(&m->out.phase[ph], &r->phase[ph], phase_name((enum ws_phase)ph));
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		ck_assert_uint_eq(m->out.kind[k].count, r->kind[k].count);
		expect_same(&m->out.kind[k].totals, &r->kind[k].totals,
			    exit_row((enum exit_kind)k)->name);
	}
	ck_assert_uint_eq(m->n_vcpu, r->n_vcpu);
	for (size_t v = 0; v < r->n_vcpu; v++) {
		expect_same(&m->vcpu[v].o->totals, &r->vcpu[v].totals, "vCPU");
		ck_assert_uint_eq(m->vcpu[v].o->n.exits, r->vcpu[v].n.exits);
		/* residency as recorded, in whole cycles */
		ck_assert_uint_le(m->vcpu[v].o->time[TIME_GUEST],
				  r->vcpu[v].guest_ns * 3 + r->vcpu[v].n.exits + 3 * 2000000);
		ck_assert_uint_ge(m->vcpu[v].o->time[TIME_GUEST] + r->vcpu[v].n.exits,
				  r->vcpu[v].guest_ns * 3);
	}
	ck_assert_uint_eq(m->out.n.loads, r->n.loads);
	ck_assert_uint_eq(m->out.n.puts, r->n.puts);
	ck_assert_uint_eq(m->out.n.entries, r->n.entries);
	ck_assert_uint_eq(m->out.n.exits, r->n.exits);
	ck_assert_uint_eq(m->out.n.user_exits, r->n.user_exits);
	ck_assert_uint_gt(m->out.n.blocks, 0);
	ck_assert_int_eq(memcmp(m->out.exec, r->exec, p->n * sizeof(*r->exec)), 0);
	/* what is recorded is as long as the recording, up to a part of a cycle */
	ck_assert_uint_eq(m->out.clock->end, (r->trace.last_ns - r->trace.first_ns) * 3);
	ck_assert_uint_gt(m->out.clock->latency[LAT_HANDLING].n, r->n.exits * 9 / 10);
	smp_free(m);
	replay_free(r);
	tr_close(t);
	ws_free(p);
	opt_free(machine.set);
}
END_TEST

static const struct {
	const char *a, *b, *c, *says;
} bad[] = {
	{"host.sched=recorded", "run.trace=", "run.title=x",
	 "[host] sched = recorded, but no trace"},
	{"host.sched=recorded", "run.trace=/nonexistent.e2t", "run.title=x", "/nonexistent.e2t"},
	{"host.sched=recorded", "mix.wfi=1", "run.trace=x.e2t", "both a trace and a workload"},
	{"host.sched=recorded", "mix.wfi=1", "run.trace=", "plays a trace, not a workload"},
	{"host.sched=recorded", "run.from_marker=GT_BEGIN", "run.to_marker=GT_END",
	 "el2sim trace cut"},
};

START_TEST(what_cannot_be_played_is_one_clear_line)
{
	const char *v[] = {bad[_i].a, bad[_i].b, bad[_i].c};
	const struct arg_list list = {v, 3};
	struct job j = {.smp = NULL};
	const struct job_args args = {0};
	struct err e = {ERR_NONE, ""};

	ck_assert_int_eq(config_load(&j.config, "configs/experiment/linux-6.12-vhe-n1.ini", &list, &e), 0);
	ck_assert(job_has_clock(&j.config));
	ck_assert_int_eq(job_run(&j, &args, &e), -1);
	ck_assert_msg(strstr(e.text, bad[_i].says) != NULL, "%s", e.text);
	ck_assert_ptr_null(strchr(e.text, '\n'));
	job_free(&j);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("smp_play");
	TCase *tc = tcase_create("smp_play");

	tcase_add_loop_test(tc, a_played_trace_counts_what_its_replay_counts_to_the_op, 0,
			    (int)(TRACES * MODELS));
	tcase_add_loop_test(tc, what_cannot_be_played_is_one_clear_line, 0,
			    (int)(sizeof(bad) / sizeof(bad[0])));
	suite_add_tcase(s, tc);
	return suite_status(s);
}
