/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/replay.h"

#include <stdio.h>
#include <string.h>

#include "models/hyp/runner.h"

/* One vCPU thread on its way through KVM_RUN. */
struct track {
	struct runner_vcpu *run; /* executes programs for it */
	bool in_guest, in_run;   /* between entry and exit; between KVM_RUN's start and kvm_userspace_exit */
	bool have_exit;          /* an exit waits for its next entry */
	bool user;               /* it went to the VMM */
	bool mmio_write, mmio;   /* kvm_mmio seen since the exit */
	bool scheduled_out;      /* inside KVM_RUN */
	uint32_t scheds;         /* times scheduled out since the exit */
	enum exit_kind kind;
	uint64_t entry_ns;
	uint64_t pending_lrs;    /* interrupts raised since the last entry */
	bool timer_on[2];        /* KVM's order: physical, virtual */
};

struct state {
	struct replay *r;
	struct runner *runner;
	struct track *track; /* one per r->vcpu */
	struct tr_reader *trace;
	bool fp_each_load;
};

static struct ws_totals *kind_totals(struct state *s, enum exit_kind k)
{
	return &s->r->kind[k].totals;
}

/* Run one component for a vCPU and charge it to phase, kind and vCPU. */
static void charge(struct state *s, size_t v, enum exit_kind kind, const struct exit_step *step,
		   uint64_t state, unsigned lrs)
{
	struct replay *r = s->r;
	enum ws_comp comp = exit_step_comp(r->prog, step);
	const struct ws_totals *t;

	t = runner_run(s->runner, s->track[v].run, comp, state, lrs);
	ws_totals_add(&r->total, t, 1);
	ws_totals_add(&r->phase[step->is_phase ? step->id : PHASE_HANDLE], t, 1);
	ws_totals_add(kind_totals(s, kind), t, 1);
	ws_totals_add(&r->vcpu[v].totals, t, 1);
	if (step->is_phase && step->id == PHASE_LOAD) {
		r->loads++;
		r->vcpu[v].loads++;
	} else if (step->is_phase && step->id == PHASE_PUT) {
		r->puts++;
		r->vcpu[v].puts++;
	}
}

static uint64_t timer_state(const struct track *t)
{
	return (t->timer_on[0] ? CND(PTIMER_ON) : 0) | (t->timer_on[1] ? CND(VTIMER_ON) : 0);
}

/* Run all components of a kind. What a trace says of timers and list registers is added to the row's state. */
static void run_kind(struct state *s, size_t v, enum exit_kind kind, uint32_t extra_puts)
{
	static const struct exit_step put = { true, PHASE_PUT, 0 }, load = { true, PHASE_LOAD, 0 };
	const struct exit_row *row = exit_row(kind);
	struct track *t = &s->track[v];
	const struct machine *m = s->r->prog->config.machine;
	unsigned lrs = (unsigned)(t->pending_lrs < (uint64_t)m->list_registers ? t->pending_lrs
									  : (uint64_t)m->list_registers);
	const uint64_t from_trace = CND(VTIMER_ON) | CND(PTIMER_ON) | CND(LRS) | CND(LR_LIVE);

	for (unsigned i = 0; i < row->n; i++) {
		const struct exit_step *step = &row->step[i];
		bool enter = step->is_phase && step->id == PHASE_ENTER;
		uint64_t state = (exit_step_state(row, i) & ~from_trace) | timer_state(t);

		if (enter) {
			for (uint32_t k = 0; k < extra_puts; k++) {
				charge(s, v, kind, &put, state, 0);
				charge(s, v, kind, &load, state, 0);
			}
			s->r->entries++;
			s->r->vcpu[v].entries++;
		}
		if (enter && lrs != 0)
			charge(s, v, kind, step, state | CND(LRS), lrs);
		else
			charge(s, v, kind, step, state | t->run->lr_state,
			       step->is_phase && step->id == PHASE_EXIT ? t->run->lrs : 0);
		if (step->is_phase && step->id == PHASE_EXIT)
			runner_lrs(t->run, 0);
		if (enter)
			runner_lrs(t->run, lrs);
	}
	t->pending_lrs = 0;
}

/* First FP use of a residency after a load, if the user asked for it. */
static void maybe_fp(struct state *s, size_t v)
{
	static const struct exit_step lazy = { true, PHASE_LAZY, 0 };

	if (!s->fp_each_load || !runner_needs_fp(s->runner, s->track[v].run))
		return;
	charge(s, v, EXIT_fp_trap, &lazy, exit_row(EXIT_fp_trap)->state, 0);
	s->r->kind[EXIT_fp_trap].count++;
	s->r->fp_traps++;
}

static size_t find_vcpu(struct state *s, const struct tr_event *ev, bool create)
{
	struct replay *r = s->r;
	size_t v;

	for (v = 0; v < r->n_vcpu; v++) {
		if (r->vcpu[v].pid == ev->pid)
			return v;
	}
	if (!create)
		return SIZE_MAX;
	r->vcpu = xrealloc(r->vcpu, (v + 1) * sizeof(*r->vcpu));
	s->track = xrealloc(s->track, (v + 1) * sizeof(*s->track));
	memset(&r->vcpu[v], 0, sizeof(r->vcpu[v]));
	memset(&s->track[v], 0, sizeof(s->track[v]));
	r->vcpu[v].pid = ev->pid;
	r->vcpu[v].index = UINT32_MAX;
	(void)snprintf(r->vcpu[v].comm, sizeof(r->vcpu[v].comm), "%s", tr_string(s->trace, ev->comm));
	s->track[v].run = runner_vcpu(s->runner, r->vcpu[v].comm);
	r->n_vcpu++;
	return v;
}

static enum exit_kind finish_kind(const struct track *t)
{
	enum exit_kind k = t->kind;

	if (t->user) {
		if (t->mmio || k == EXIT_s2_fault)
			return t->mmio_write ? EXIT_mmio_write_user : EXIT_mmio_read_user;
		return k == EXIT_irq ? EXIT_signal : EXIT_user_other;
	}
	if (t->mmio)
		return t->mmio_write ? EXIT_mmio_gicd_write : EXIT_mmio_gicd_read;
	return k;
}

static void begin_exit(struct track *t)
{
	t->have_exit = false;
	t->user = t->mmio = t->mmio_write = false;
	t->scheds = 0;
}

/* The vCPU enters the guest: what happened since its exit is known now. */
static void see_entry(struct state *s, const struct tr_event *ev)
{
	size_t v = find_vcpu(s, ev, true);
	struct track *t = &s->track[v];
	enum exit_kind kind = EXIT_run_first;

	runner_on_cpu(t->run, ev->cpu);
	if (t->have_exit)
		kind = finish_kind(t);
	else if (t->in_guest)
		return; /* entry after entry: the exit between was lost */
	run_kind(s, v, kind, t->scheds);
	s->r->kind[kind].count++;
	begin_exit(t);
	t->in_guest = t->in_run = true;
	t->entry_ns = ev->ts_ns;
	maybe_fp(s, v);
}

#define KVM_EXIT_RET_IRQ     0 /* ARM_EXCEPTION_IRQ, asm/kvm_asm.h */
#define KVM_EXIT_RET_SERROR  1
#define KVM_EXIT_RET_TRAP    2

static void see_exit(struct state *s, const struct tr_event *ev)
{
	size_t v = find_vcpu(s, ev, true);
	struct track *t = &s->track[v];

	if (!t->in_guest)
		return; /* the trace begins, or lost its entry, inside a residency */
	t->in_guest = false;
	t->have_exit = true;
	s->r->exits++;
	s->r->vcpu[v].exits++;
	s->r->vcpu[v].guest_ns += ev->ts_ns - t->entry_ns;
	switch (ev->arg[TRA_kvm_exit_ret]) {
	case KVM_EXIT_RET_IRQ:
		t->kind = EXIT_irq;
		break;
	case KVM_EXIT_RET_SERROR:
		t->kind = EXIT_serror;
		break;
	default:
		t->kind = exit_of_class(ev->arg[TRA_kvm_exit_esr_ec]);
	}
}

static void see_userspace_exit(struct state *s, const struct tr_event *ev)
{
	size_t v = find_vcpu(s, ev, true);
	struct track *t = &s->track[v];

	if (t->have_exit && !t->user) {
		t->user = true;
		t->in_run = false;
		s->r->user_exits++;
		return;
	}
	/* KVM_RUN came back without entering the guest: vcpu_load and vcpu_put. */
	runner_on_cpu(t->run, ev->cpu);
	run_kind(s, v, EXIT_run_immediate_exit, 0);
	s->r->kind[EXIT_run_immediate_exit].count++;
	t->in_run = false;
}

/* Details that the handler of an exit tells. */
static void see_detail(struct state *s, const struct tr_event *ev)
{
	size_t v = find_vcpu(s, ev, false);
	struct track *t = v != SIZE_MAX ? &s->track[v] : NULL;

	if (t == NULL || !t->have_exit || t->user)
		return;
	switch ((enum tr_type)ev->type) {
	case TR_kvm_hvc_arm64:
		t->kind = exit_of_hvc(ev->arg[TRA_kvm_hvc_arm64_r0]);
		break;
	case TR_kvm_sys_access:
		t->kind = exit_of_sysreg((unsigned)ev->arg[TRA_kvm_sys_access_Op0],
					 (unsigned)ev->arg[TRA_kvm_sys_access_Op1],
					 (unsigned)ev->arg[TRA_kvm_sys_access_CRn],
					 (unsigned)ev->arg[TRA_kvm_sys_access_CRm],
					 (unsigned)ev->arg[TRA_kvm_sys_access_Op2]);
		break;
	case TR_kvm_mmio:
		t->mmio = true;
		t->mmio_write = ev->arg[TRA_kvm_mmio_type] == 2; /* KVM_TRACE_MMIO_WRITE */
		break;
	default:
		break;
	}
}

static void see_sched_switch(struct state *s, const struct tr_event *ev)
{
	for (size_t v = 0; v < s->r->n_vcpu; v++) {
		struct track *t = &s->track[v];

		if (s->r->vcpu[v].pid == (int32_t)ev->arg[TRA_sched_switch_prev_pid] && t->in_run &&
		    t->have_exit && !t->user && !t->scheduled_out) {
			t->scheduled_out = true;
			t->scheds++;
			s->r->sched_outs++;
		} else if (s->r->vcpu[v].pid == (int32_t)ev->arg[TRA_sched_switch_next_pid]) {
			t->scheduled_out = false;
		}
	}
}

static void see_timer(struct state *s, const struct tr_event *ev, uint64_t ctl, uint64_t index)
{
	size_t v = find_vcpu(s, ev, false);

	/* CNT*_CTL: ENABLE bit 0, IMASK bit 1 */
	if (v != SIZE_MAX && index < 2)
		s->track[v].timer_on[index] = (ctl & 3) == 1;
}

static void see_irq_pending(struct state *s, const struct tr_event *ev)
{
	uint64_t index = ev->arg[TRA_vgic_update_irq_pending_vcpu_id];

	for (size_t v = 0; v < s->r->n_vcpu; v++) {
		bool same_vm = strcmp(s->r->vcpu[v].comm, tr_string(s->trace, ev->comm)) == 0;

		if (same_vm && s->r->vcpu[v].index == index && ev->arg[TRA_vgic_update_irq_pending_level] != 0)
			s->track[v].pending_lrs++;
	}
}

static void see_event(struct state *s, const struct tr_event *ev)
{
	size_t v;

	switch ((enum tr_type)ev->type) {
	case TR_kvm_entry:
		see_entry(s, ev);
		break;
	case TR_kvm_exit:
		see_exit(s, ev);
		break;
	case TR_kvm_userspace_exit:
		see_userspace_exit(s, ev);
		break;
	case TR_sched_switch:
		see_sched_switch(s, ev);
		break;
	case TR_kvm_timer_save_state:
		see_timer(s, ev, ev->arg[TRA_kvm_timer_save_state_ctl],
			 ev->arg[TRA_kvm_timer_save_state_timer_idx]);
		break;
	case TR_kvm_get_timer_map: /* emitted by the vCPU's own thread */
		v = find_vcpu(s, ev, false);
		if (v != SIZE_MAX)
			s->r->vcpu[v].index = (uint32_t)ev->arg[TRA_kvm_get_timer_map_vcpu_id];
		break;
	case TR_vgic_update_irq_pending:
		see_irq_pending(s, ev);
		break;
	default:
		see_detail(s, ev);
		break;
	}
}

static void finish(struct state *s)
{
	for (size_t v = 0; v < s->r->n_vcpu; v++)
		s->r->unfinished += s->track[v].have_exit;
	s->r->exec = xcalloc(s->r->prog->n, sizeof(*s->r->exec));
	runner_exec(s->runner, s->r->exec);
	runner_free(s->runner);
	free(s->track);
}

struct replay *replay_run(const struct ws_prog *p, struct tr_reader *trace, bool counting, enum fp_use fp,
			  struct err *e)
{
	struct state s = { .r = xcalloc(1, sizeof(struct replay)), .trace = trace,
			   .fp_each_load = fp == FP_EACH_LOAD };
	struct tr_event ev;
	int rc;

	s.r->prog = p;
	s.runner = runner_new(p, counting);
	while ((rc = tr_next(trace, &ev, e)) == 1) {
		if (s.r->first_ns == 0)
			s.r->first_ns = ev.ts_ns;
		s.r->last_ns = ev.ts_ns;
		see_event(&s, &ev);
	}
	finish(&s);
	if (rc == 0 && s.r->entries == 0)
		rc = err_set(e, ERR_INPUT, "the trace holds no kvm_entry: record the events kvm:kvm_entry, "
			     "kvm:kvm_exit, kvm:kvm_userspace_exit and sched:sched_switch on the host");
	if (rc != 0) {
		replay_free(s.r);
		return NULL;
	}
	return s.r;
}

void replay_free(struct replay *r)
{
	if (r == NULL)
		return;
	free(r->vcpu);
	free(r->exec);
	free(r);
}

static bool same(const struct ws_totals *a, const struct ws_totals *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

int replay_check(const struct replay *r, struct err *e)
{
	struct ws_totals phases = { 0 }, kinds = { 0 }, vcpus = { 0 };
	uint64_t cycles = 0, entries = 0;

	for (unsigned p = 0; p < PHASE_COUNT; p++)
		ws_totals_add(&phases, &r->phase[p], 1);
	for (unsigned k = 0; k < EXIT_COUNT; k++)
		ws_totals_add(&kinds, &r->kind[k].totals, 1);
	for (size_t v = 0; v < r->n_vcpu; v++) {
		ws_totals_add(&vcpus, &r->vcpu[v].totals, 1);
		entries += r->vcpu[v].entries;
	}
	for (size_t i = 0; i < r->prog->n; i++)
		cycles += r->exec[i] * r->prog->op[i].cycles;
	if (!same(&phases, &r->total) || !same(&kinds, &r->total) || !same(&vcpus, &r->total))
		return err_set(e, ERR_MODEL, "conservation: sums over phases, exit kinds and vCPUs differ from "
			       "the total: this is a fault of el2sim, please report it");
	if (cycles != r->total.cycles || entries != r->entries)
		return err_set(e, ERR_MODEL, "conservation: %llu cycles by op, %llu in total: this is a fault "
			       "of el2sim, please report it", (unsigned long long)cycles,
			       (unsigned long long)r->total.cycles);
	return 0;
}
