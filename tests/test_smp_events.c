/* SPDX-License-Identifier: Apache-2.0 */
/* A simulated machine written as KVM's events, and what a replay makes of them. */
#include "models/hyp/host/smp_events.h"

#include <stdio.h>
#include <unistd.h>

#include "models/hyp/replay/replay.h"
#include "tests/smp_bench.h"
#include "tests/suite.h"

/* What ran, by component; per vCPU the vcpu_loads that no entry followed. */
struct ran {
	struct watch hooks;
	struct ws_totals comp[COMP_COUNT];
	uint64_t runs[COMP_COUNT];
	struct smp *m;
	bool *waits;             /* loaded since it last left KVM_RUN or began, and not entered */
	uint64_t unseen_puts;    /* of such a load */
	uint64_t first_switches; /* from the idle task to a thread that never entered */
	bool *entered;
};

static void see_ran(void *ctx, const struct smp_at *at, const struct smp_ran *what)
{
	struct ran *r = ctx;

	if (what->comp == COMP_COUNT)
		return;
	ws_totals_add(&r->comp[what->comp], what->totals, 1);
	r->runs[what->comp]++;
	if (r->waits == NULL || at->vcpu == SMP_NOBODY)
		return;
	/* before a first entry a replay does not know that the thread is in KVM_RUN */
	if (what->comp == COMP_host_ioctl)
		r->waits[at->vcpu] = true;
	r->unseen_puts += what->phase == PHASE_PUT && r->waits[at->vcpu];
}

static void see_enter(void *ctx, const struct smp_at *at, unsigned lrs)
{
	struct ran *r = ctx;

	(void)lrs;
	if (r->waits != NULL) {
		r->waits[at->vcpu] = false;
		r->entered[at->vcpu] = true;
	}
}

static void see_thread(void *ctx, const struct smp_at *at, unsigned prev)
{
	struct ran *r = ctx;

	r->first_switches += r->waits != NULL && prev == SMP_NOBODY && !r->entered[at->vcpu];
}

static void look(struct ran *r, struct smp *m)
{
	memset(r, 0, sizeof(*r));
	r->hooks = (struct watch){
		.ctx = r, .ran = see_ran, .enter = see_enter, .thread = see_thread};
	r->m = m;
	if (m != NULL)
		r->waits = xcalloc(2 * (size_t)m->n_vcpu, sizeof(*r->waits));
	if (m != NULL)
		r->entered = r->waits + m->n_vcpu;
}

/* Parts of the host's path that no event of a trace shows. */
static bool hidden(enum ws_comp comp)
{
	static const enum ws_comp list[] = {
		/* interrupts of the host that end no residency, and what their handlers do */
		COMP_irq_entry, COMP_irq_return, COMP_idle_irq_enter, COMP_gic_ack,
		COMP_gic_deactivate, COMP_timer_handler, COMP_set_next_event, COMP_bg_timer_expire,
		COMP_kvm_vtimer_irq, COMP_gic_send_sgi, COMP_irq_window,
		/* the scheduler's clocks */
		COMP_sched_wake, COMP_wake_remote, COMP_sched_dequeue, COMP_sched_preempt,
		COMP_sched_pick, COMP_perf_task_sched};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		if (list[i] == comp)
			return true;
	}
	return false;
}

static const struct {
	const char *name, *model;
	unsigned vcpus, vms, pcpus;
	enum sched_id sched;
	int64_t timer_hz, device_hz, tick_hz, poll_ns;
	int64_t hvc, sysreg, mmio, mmio_user, wfi, ipi, fault;
} runs[] = {
	{"lone", "linux-6.12-vhe", 1, 1, 1, SCHED_fair, 0, 0, 1, 0, 1, 1, 1, 1, 0, 0, 1},
	{"timer", "linux-6.12-vhe", 1, 1, 1, SCHED_fair, 1000, 0, 250, 0, 1, 0, 0, 1, 0, 0, 0},
	{"wfi", "linux-6.12-vhe", 2, 1, 2, SCHED_pinned, 1000, 500, 250, 50000, 1, 1, 0, 0, 2, 0,
	 0},
	{"ipi", "linux-6.12-nvhe", 4, 1, 3, SCHED_rr, 500, 0, 250, 20000, 1, 0, 0, 1, 2, 4, 0},
	{"all", "linux-6.12-vhe", 9, 3, 3, SCHED_fair, 1000, 2000, 1000, 50000, 2, 1, 1, 1, 3, 3,
	 1},
	{"all", "linux-4.15-vhe", 9, 3, 3, SCHED_rr, 1000, 2000, 1000, 0, 2, 1, 1, 1, 3, 3, 1},
	{"all", "linux-6.1-nvhe", 5, 2, 4, SCHED_fair, 2000, 300, 4000, 9000, 1, 1, 1, 3, 1, 1, 0},
	{"over", "linux-6.12-vhe", 64, 4, 4, SCHED_fair, 250, 100, 1000, 50000, 2, 1, 1, 1, 2, 2,
	 1},
};

static void configure(struct bench *b, unsigned i)
{
	setup(b, runs[i].model);
	b->o.vcpus = runs[i].vcpus;
	b->o.vms = runs[i].vms;
	b->o.pcpus = runs[i].pcpus;
	b->o.sched = (int)runs[i].sched;
	b->o.tick_hz = runs[i].tick_hz;
	b->o.halt_poll_ns = runs[i].poll_ns;
	b->o.slice_us = 1000;
	b->o.duration_us = 30000;
	b->w.exits_per_s = 20000;
	b->w.timer_hz = runs[i].timer_hz;
	b->w.device_hz = runs[i].device_hz;
	b->w.mix[EXIT_hvc_unknown] = runs[i].hvc;
	b->w.mix[EXIT_sysreg_id] = runs[i].sysreg;
	b->w.mix[EXIT_mmio_gicd_read] = runs[i].mmio;
	b->w.mix[EXIT_mmio_write_user] = runs[i].mmio_user;
	b->w.mix[EXIT_mmio_read_user] = runs[i].mmio_user;
	b->w.mix[EXIT_wfi] = runs[i].wfi;
	b->w.mix[EXIT_ipi_send] = runs[i].ipi;
	b->w.mix[EXIT_s2_fault_write] = runs[i].fault;
}

static void scratch(char path[static 64])
{
	(void)snprintf(path, 64, "/tmp/el2sim-smp-events-%ld.e2t", (long)getpid());
}

static struct outcome *replay_of(const struct bench *b, const char *path, struct watch *watch)
{
	struct err e = {ERR_NONE, ""};
	struct replay_options opt = {.counting = true, .from = "", .to = "", .watch = {watch}};
	struct tr_reader *t = tr_open(path, &e);
	struct outcome *r;

	ck_assert_msg(t != NULL, "%s", e.text);
	r = replay_run(b->prog, t, &opt, &e);
	ck_assert_msg(r != NULL && outcome_check(r, &e) == 0, "%s", e.text);
	tr_close(t);
	return r;
}

static void write_events(struct smp *m, const char *path)
{
	struct err e = {ERR_NONE, ""};
	struct smp_events *s = smp_events_new(m, path, &e);

	ck_assert_msg(s != NULL, "%s", e.text);
	ck_assert_msg(smp_run(m, &e) == 0, "%s", e.text);
	ck_assert_msg(smp_events_finish(s, "test", &e) == 0, "%s", e.text);
}

static void expect_comp(const struct ran *sim, const struct ran *rep, enum ws_comp c)
{
	uint64_t more = 0;

	if (hidden(c))
		return;
	/* a thread is known as a vCPU's from its first entry on; a pCPU may begin idle */
	if (c == COMP_thread_switch)
		more = sim->first_switches;
	if (c == COMP_idle_enter && sim->runs[c] > rep->runs[c])
		more = sim->runs[c] - rep->runs[c];
	ck_assert_msg(sim->runs[c] == rep->runs[c] + more, "%s ran %llu times, %llu in the replay",
		      comp_name(c), (unsigned long long)sim->runs[c],
		      (unsigned long long)rep->runs[c]);
	if (more != 0)
		return;
	for (unsigned n = 0; n < CNT_COUNT; n++)
		ck_assert_msg(sim->comp[c].n[n] == rep->comp[c].n[n], "%s: %llu %s, replay %llu",
			      comp_name(c), (unsigned long long)sim->comp[c].n[n],
			      counter_name((enum ws_counter)n),
			      (unsigned long long)rep->comp[c].n[n]);
	ck_assert_uint_eq(sim->comp[c].cycles, rep->comp[c].cycles);
}

/* Kinds of the mix that a trace shows as themselves. */
static bool mixed(enum exit_kind k)
{
	return k == EXIT_hvc_unknown || k == EXIT_sysreg_id || k == EXIT_mmio_gicd_read ||
	       k == EXIT_mmio_write_user || k == EXIT_mmio_read_user || k == EXIT_s2_fault_write;
}

START_TEST(a_replay_of_the_written_events_counts_what_the_machine_counted)
{
	char path[64];
	struct bench b;
	struct ran sim, rep;
	struct smp *m;
	struct outcome *r;
	uint64_t waiting = 0;

	scratch(path);
	configure(&b, (unsigned)_i);
	m = machine(&b, true);
	look(&sim, m);
	smp_watch(m, &sim.hooks);
	write_events(m, path);
	look(&rep, NULL);
	r = replay_of(&b, path, &rep.hooks);
	ck_assert_uint_eq(r->n.exits, m->out.n.exits);
	ck_assert_uint_eq(r->n.entries, m->out.n.entries);
	ck_assert_uint_eq(r->n.user_exits, m->out.n.user_exits);
	ck_assert_uint_eq(r->trace.lost_entries + r->trace.lost_exits + r->trace.inferred, 0);
	/* A load without an entry before the next put, or before the end, is not in a trace. */
	for (unsigned v = 0; v < m->n_vcpu; v++)
		waiting += (m->vcpu[v].run->state & CND(LOADED)) != 0 &&
			   (m->vcpu[v].state == VC_HOST) && sim.waits[v];
	ck_assert_uint_eq(m->out.n.puts, r->n.puts + sim.unseen_puts);
	ck_assert_uint_eq(m->out.n.loads, r->n.loads + sim.unseen_puts + waiting);
	for (unsigned c = 0; c < COMP_COUNT; c++)
		expect_comp(&sim, &rep, (enum ws_comp)c);
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		if (mixed((enum exit_kind)k))
			ck_assert_msg(r->kind[k].count + 2 * m->n_vcpu >= m->out.kind[k].count &&
					      r->kind[k].count <= m->out.kind[k].count + 2 * m->n_vcpu,
				      "%s", exit_row((enum exit_kind)k)->name);
	}
	ck_assert_int_eq(remove(path), 0);
	replay_free(r);
	smp_free(m);
	free(sim.waits);
	teardown(&b);
}
END_TEST

/* Each kind that a workload may contain is read back as the kind that its events say. */
START_TEST(the_events_of_a_kind_are_classified_as_that_kind)
{
	const enum exit_kind kind = (enum exit_kind)_i, as = exit_seen_as(kind);
	char path[64];
	struct bench b;
	struct smp *m;
	struct outcome *r;

	if (!exit_is_workload(kind))
		return;
	scratch(path);
	setup(&b, "linux-6.12-vhe");
	b.o.duration_us = 2000;
	b.w.mix[kind] = 1;
	b.w.timer_hz = kind == EXIT_wfi ? 5000 : 0;
	m = machine(&b, true);
	write_events(m, path);
	r = replay_of(&b, path, NULL);
	ck_assert_uint_eq(r->n.exits, m->out.n.exits);
	ck_assert_uint_eq(r->n.user_exits, m->out.n.user_exits);
	if (kind != EXIT_wfi && strncmp(exit_row(kind)->name, "ipi_wfi_r", 9) != 0 &&
	    kind != EXIT_wfi_timer)
		ck_assert_msg(r->kind[as].count + 1 >= m->out.kind[kind].count &&
				      m->out.kind[kind].count > 1,
			      "%s: %llu, as %s %llu", exit_row(kind)->name,
			      (unsigned long long)m->out.kind[kind].count, exit_row(as)->name,
			      (unsigned long long)r->kind[as].count);
	ck_assert_int_eq(remove(path), 0);
	replay_free(r);
	smp_free(m);
	teardown(&b);
}
END_TEST

START_TEST(two_runs_write_the_same_bytes_and_observing_changes_nothing)
{
	char path[2][80];
	struct bench b;
	struct smp *m;
	FILE *f[2];
	int c;

	configure(&b, 4);
	for (unsigned i = 0; i < 2; i++) {
		(void)snprintf(path[i], sizeof(path[i]), "/tmp/el2sim-smp-same-%ld-%u.e2t",
			       (long)getpid(), i);
		m = machine(&b, i == 0);
		write_events(m, path[i]);
		smp_free(m);
		f[i] = fopen(path[i], "rb");
	}
	do {
		c = getc(f[0]);
		ck_assert_int_eq(c, getc(f[1]));
	} while (c != EOF);
	for (unsigned i = 0; i < 2; i++) {
		(void)fclose(f[i]);
		(void)remove(path[i]);
	}
	teardown(&b);
}
END_TEST

START_TEST(a_file_that_cannot_be_created_is_an_error)
{
	struct err e = {ERR_NONE, ""};
	struct bench b;
	struct smp *m;

	configure(&b, 4);
	m = machine(&b, true);
	ck_assert_ptr_null(smp_events_new(m, "/nonexistent/x.e2t", &e));
	ck_assert_int_eq(e.code, ERR_IO);
	smp_free(m);
	teardown(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("smp_events");
	TCase *tc = tcase_create("smp_events");

	tcase_add_loop_test(tc, a_replay_of_the_written_events_counts_what_the_machine_counted, 0,
			    (int)(sizeof(runs) / sizeof(runs[0])));
	tcase_add_loop_test(tc, the_events_of_a_kind_are_classified_as_that_kind, 0, EXIT_COUNT);
	tcase_add_test(tc, two_runs_write_the_same_bytes_and_observing_changes_nothing);
	tcase_add_test(tc, a_file_that_cannot_be_created_is_an_error);
	suite_add_tcase(s, tc);
	return suite_status(s);
}
