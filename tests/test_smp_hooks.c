/* SPDX-License-Identifier: Apache-2.0 */
/* What observers of a machine, and of a replay, get to see. */
#include "models/hyp/ws/watch.h"

#include "models/hyp/replay/replay.h"
#include "tests/smp_bench.h"
#include "tests/suite.h"

#define CPUS  3
#define VCPUS 200

/* Everything that an observer can add up. */
struct seen {
	struct ws_totals phase[PHASE_COUNT];
	uint64_t measured, exits[EXIT_COUNT + 1], handled[EXIT_COUNT], enters, lrs;
	uint64_t irq[SMP_IRQ_STEP_COUNT][SRC_COUNT], wakes, threads, halts, blocks;
	uint64_t end[CPUS]; /* of what a pCPU did last */
	uint64_t mode_since[CPUS], mode_time[SMP_MODE_COUNT];
	enum smp_mode mode[CPUS];
	enum smp_state state[VCPUS];
	unsigned runs[CPUS]; /* vCPU whose thread the pCPU has */
	bool ordered;        /* times of a pCPU do not overlap: a machine */
	struct watch hooks;
};

static void see_ran(void *ctx, const struct smp_at *at, const struct smp_ran *what)
{
	struct seen *s = ctx;

	if (what->totals != NULL)
		ws_totals_add(&s->phase[what->phase], what->totals, 1);
	else
		s->measured += what->cycles;
	ck_assert(what->totals == NULL || what->totals->cycles == what->cycles);
	ck_assert_int_eq(what->comp == COMP_COUNT, what->totals == NULL);
	if (!s->ordered)
		return;
	ck_assert_uint_ge(at->time, s->end[at->cpu]);
	s->end[at->cpu] = at->time + what->cycles;
}

static void see_mode(void *ctx, const struct smp_at *at, enum smp_mode mode)
{
	struct seen *s = ctx;

	ck_assert_int_ne(s->mode[at->cpu], mode);
	s->mode_time[s->mode[at->cpu]] += at->time - s->mode_since[at->cpu];
	s->mode_since[at->cpu] = at->time;
	s->mode[at->cpu] = mode;
}

static void see_state(void *ctx, const struct smp_at *at, enum smp_state state)
{
	struct seen *s = ctx;

	ck_assert_int_ne(s->state[at->vcpu], state);
	s->state[at->vcpu] = state;
	s->blocks += state == VC_BLOCKED;
}

static void see_exit(void *ctx, const struct smp_at *at, enum exit_kind kind)
{
	struct seen *s = ctx;

	ck_assert_int_eq(s->state[at->vcpu], VC_GUEST);
	s->exits[kind]++;
}

static void see_enter(void *ctx, const struct smp_at *at, unsigned lrs)
{
	struct seen *s = ctx;

	ck_assert_int_ne(s->state[at->vcpu], VC_GUEST);
	s->enters++;
	s->lrs += lrs;
}

static void see_handled(void *ctx, const struct smp_at *at, enum exit_kind kind, uint64_t since)
{
	ck_assert_uint_le(since, at->time);
	((struct seen *)ctx)->handled[kind]++;
}

static void see_irq(void *ctx, const struct smp_at *at, enum smp_irq_step step, enum smp_source src,
		    unsigned peer)
{
	(void)at;
	ck_assert_int_eq(peer != SMP_NOBODY, step == SMP_IRQ_SEND || step == SMP_IRQ_KICK);
	((struct seen *)ctx)->irq[step][src]++;
}

static void see_wake(void *ctx, const struct smp_at *at, unsigned to)
{
	(void)at;
	ck_assert_uint_lt(to, CPUS);
	((struct seen *)ctx)->wakes++;
}

static void see_thread(void *ctx, const struct smp_at *at, unsigned prev)
{
	struct seen *s = ctx;

	ck_assert_uint_eq(s->runs[at->cpu], prev);
	ck_assert_uint_ne(at->vcpu, prev);
	s->runs[at->cpu] = at->vcpu;
	s->threads++;
}

static void see_halt(void *ctx, const struct smp_at *at, uint64_t ns, bool slept, uint64_t poll_old,
		     uint64_t poll_new)
{
	(void)at;
	(void)ns;
	(void)slept;
	(void)poll_old;
	(void)poll_new;
	((struct seen *)ctx)->halts++;
}

static void look(struct seen *s, bool machine)
{
	memset(s, 0, sizeof(*s));
	for (unsigned i = 0; i < CPUS; i++)
		s->runs[i] = SMP_NOBODY;
	s->ordered = machine;
	s->hooks = (struct watch){
		.ctx = s,
		.ran = see_ran,
		.mode = machine ? see_mode : NULL,
		.state = machine ? see_state : NULL,
		.exit = machine ? see_exit : NULL,
		.enter = machine ? see_enter : NULL,
		.handled = see_handled,
		.irq = see_irq,
		.wake = see_wake,
		.thread = machine ? see_thread : NULL,
		.halt = see_halt,
	};
}

static void busy_machine(struct bench *b)
{
	setup(b, "linux-6.12-vhe");
	b->o.vcpus = 7;
	b->o.vms = 2;
	b->o.pcpus = CPUS;
	b->o.tick_hz = 1000;
	b->o.halt_poll_ns = 50000;
	b->o.duration_us = 20000;
	b->w.timer_hz = 2000;
	b->w.device_hz = 3000;
	b->w.fp_permille = 300;
	b->w.mix[EXIT_hvc_unknown] = 2;
	b->w.mix[EXIT_wfi] = 3;
	b->w.mix[EXIT_ipi_send] = 2;
	b->w.mix[EXIT_mmio_read_user] = 1;
}

static void expect_totals(const struct seen *s, const struct ws_totals *phase)
{
	for (unsigned p = 0; p < PHASE_COUNT; p++)
		ck_assert_msg(memcmp(&s->phase[p], &phase[p], sizeof(phase[p])) == 0, "phase %s",
			      phase_name((enum ws_phase)p));
}

START_TEST(an_observer_sees_all_that_a_machine_counts)
{
	static struct outcome_path measured[EXIT_COUNT];
	struct bench b;
	struct seen s;
	struct smp *m;
	struct err e = {ERR_NONE, ""};
	uint64_t exits = 0, handled = 0, times[TIME_COUNT] = {0}, injected = 0, last;

	busy_machine(&b);
	measured[EXIT_hvc_unknown].cycles = 123;
	m = smp_new(&b.o, &b.w, b.prog, measured, true, &e);
	look(&s, true);
	smp_watch(m, &s.hooks);
	ck_assert_msg(smp_run(m, &e) == 0, "%s", e.text);
	expect_totals(&s, m->out.phase);
	ck_assert_uint_eq(s.measured, m->out.clock->path.cycles);
	ck_assert_uint_gt(s.measured, 0);
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		exits += s.exits[k];
		handled += s.handled[k];
		ck_assert_uint_eq(s.handled[k], m->out.kind[k].count);
	}
	ck_assert_uint_eq(exits, m->out.n.exits);
	ck_assert_uint_gt(handled, 0);
	ck_assert_uint_eq(s.exits[EXIT_COUNT], 0);
	ck_assert_uint_eq(s.enters, m->out.n.entries);
	for (unsigned src = 0; src < SRC_COUNT; src++) {
		ck_assert_uint_gt(s.irq[SMP_IRQ_INJECT][src], 0);
		ck_assert_uint_ge(s.irq[SMP_IRQ_PEND][src], s.irq[SMP_IRQ_INJECT][src]);
		injected += s.irq[SMP_IRQ_INJECT][src];
	}
	ck_assert_uint_eq(injected, m->out.n.injected);
	ck_assert_uint_eq(s.irq[SMP_IRQ_SEND][SRC_SGI], m->out.n.sgis);
	ck_assert_uint_gt(s.irq[SMP_IRQ_KICK][SRC_SGI], 0);
	ck_assert_uint_gt(s.irq[SMP_IRQ_EXPIRE][SRC_TIMER], 0);
	ck_assert_uint_eq(s.blocks, m->out.n.blocks);
	ck_assert_uint_eq(s.wakes + 7 >= m->out.n.blocks, 1);
	ck_assert_uint_gt(s.halts, m->out.n.poll_hits);
	ck_assert_uint_gt(s.threads, 0);
	/* modes are times of pCPUs; the last one goes on to the end */
	for (unsigned i = 0; i < CPUS; i++) {
		last = m->out.clock->end - s.mode_since[i];
		s.mode_time[s.mode[i]] += last;
		for (unsigned t = 0; t < TIME_COUNT; t++)
			times[t] += m->cpu[i].time[t];
	}
	ck_assert_uint_eq(s.mode_time[CPU_GUEST], times[TIME_GUEST]);
	ck_assert_uint_eq(s.mode_time[CPU_IDLE], times[TIME_IDLE]);
	ck_assert_uint_eq(s.mode_time[CPU_POLL], times[TIME_POLL]);
	ck_assert_uint_eq(s.mode_time[CPU_USER], times[TIME_USER]);
	ck_assert_uint_eq(s.mode_time[CPU_BUSY], times[TIME_SWITCH] + times[TIME_HANDLE]);
	for (unsigned v = 0; v < m->n_vcpu; v++)
		ck_assert_int_eq(s.state[v], m->vcpu[v].state);
	smp_free(m);
	teardown(&b);
}
END_TEST

START_TEST(two_observers_see_the_same_and_change_nothing)
{
	struct bench b;
	struct seen s[2];
	struct smp *m, *alone;
	struct err e = {ERR_NONE, ""};

	busy_machine(&b);
	alone = simulate(&b, true);
	m = machine(&b, true);
	look(&s[0], true);
	look(&s[1], true);
	smp_watch(m, &s[0].hooks);
	smp_watch(m, &s[1].hooks);
	ck_assert_int_eq(smp_run(m, &e), 0);
	ck_assert_int_eq(memcmp(&m->out.total, &alone->out.total, sizeof(m->out.total)), 0);
	ck_assert_int_eq(memcmp(&m->out.n, &alone->out.n, sizeof(m->out.n)), 0);
	s[0].hooks = s[1].hooks;
	ck_assert_int_eq(memcmp(&s[0], &s[1], sizeof(s[0])), 0);
	smp_free(m);
	smp_free(alone);
	teardown(&b);
}
END_TEST

START_TEST(an_observer_sees_all_that_a_replay_counts)
{
	struct bench b;
	struct seen s;
	struct err e = {ERR_NONE, ""};
	struct tr_reader *t = tr_open("traces/samples/linux-6.12-vhe-mixed-4v2p.e2t", &e);
	struct replay_options opt = {.counting = true, .from = "", .to = "", .watch = {&s.hooks}};
	struct outcome *r;

	setup(&b, "linux-6.12-vhe");
	look(&s, false);
	r = replay_run(b.prog, t, &opt, &e);
	ck_assert_msg(r != NULL, "%s", e.text);
	expect_totals(&s, r->phase);
	for (unsigned k = 0; k < EXIT_COUNT; k++)
		ck_assert_uint_eq(s.handled[k], r->kind[k].count);
	ck_assert_uint_eq(s.irq[SMP_IRQ_SEND][SRC_SGI], r->kind[EXIT_sysreg_sgi].count);
	ck_assert_uint_eq(s.halts, tr_info(t)->per_type[TR_kvm_vcpu_wakeup]);
	ck_assert_uint_gt(s.wakes, 0);
	replay_free(r);
	tr_close(t);
	teardown(&b);
}
END_TEST

START_TEST(modes_states_sources_and_stations_have_names)
{
	for (unsigned i = 0; i < SMP_MODE_COUNT; i++)
		ck_assert_uint_gt(strlen(smp_mode_name((enum smp_mode)i)), 1);
	for (unsigned i = 0; i < SMP_STATE_COUNT; i++)
		ck_assert_uint_gt(strlen(smp_state_name((enum smp_state)i)), 1);
	for (unsigned i = 0; i < SRC_COUNT; i++)
		ck_assert_uint_gt(strlen(smp_source_name((enum smp_source)i)), 1);
	for (unsigned i = 0; i < SMP_IRQ_STEP_COUNT; i++)
		ck_assert_uint_gt(strlen(smp_irq_step_name((enum smp_irq_step)i)), 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("smp_hooks");
	TCase *tc = tcase_create("smp_hooks");

	tcase_add_test(tc, an_observer_sees_all_that_a_machine_counts);
	tcase_add_test(tc, two_observers_see_the_same_and_change_nothing);
	tcase_add_test(tc, an_observer_sees_all_that_a_replay_counts);
	tcase_add_test(tc, modes_states_sources_and_stations_have_names);
	suite_add_tcase(s, tc);
	return suite_status(s);
}
