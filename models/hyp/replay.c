/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/replay.h"

#include <stdio.h>
#include <string.h>

#include "models/hyp/runner.h"

#define LINES_MAX 16
#define LINE_SGI  UINT32_MAX /* stands for the SGIs of a vCPU */

/* One vCPU thread on its way through KVM_RUN. */
struct track {
	struct runner_vcpu *run; /* executes programs for it */
	bool in_guest, in_run;   /* between entry and exit; between an entry and kvm_userspace_exit */
	bool have_exit;          /* an exit waits for its next entry */
	bool user;               /* it went to the VMM */
	bool mmio_write, mmio;   /* kvm_mmio seen since the exit */
	bool scheduled_out;      /* inside KVM_RUN */
	uint32_t put_due;        /* CPU + 1 on which a vcpu_put waits for its timer events */
	bool timer_fired;        /* the host took the guest's timer interrupt since the entry */
	bool timer_woke;         /* the guest's timer became due since the exit */
	bool load_due;           /* put without the LOAD of its kind's sequence: one more is due */
	enum exit_kind kind;
	unsigned next;           /* steps of the kind's sequence that ran */
	uint64_t more_scheds;
	struct ws_totals pending; /* since the exit, for the kind that it turns out to be */
	uint64_t entry_ns, guest_ns;
	uint32_t line[LINES_MAX]; /* interrupts that wait for the next entry */
	unsigned n_lines;
	bool timer_on[2];        /* KVM's order: physical, virtual */
};

struct state {
	struct replay *r;
	struct runner *runner;
	struct track *track;     /* one per r->vcpu */
	struct tr_reader *trace;
	bool fp_each_load;
	const struct replay_options *opt;
	uint64_t *exec_before;   /* executions of each op before the window began; NULL: no window */
	bool ended;              /* the window is over */
	uint64_t sgis;           /* sent so far */
	int32_t new_pid;         /* last thread that loaded a vCPU before any entry, and the vCPU's index */
	uint32_t new_index;
	uint32_t put_due[TR_CPU_MAX]; /* vCPU + 1 that this CPU is putting after a sched_switch; 0 = none */
};

/* Run one component for a vCPU and charge it to phase, vCPU and the exit that is being handled. */
static void charge(struct state *s, size_t v, const struct exit_step *step, uint64_t state, unsigned lrs)
{
	struct replay *r = s->r;
	struct track *t = &s->track[v];
	enum ws_phase phase = step->is_phase ? (enum ws_phase)step->id : PHASE_HANDLE;
	const struct ws_totals *add = runner_run(s->runner, t->run, exit_step_comp(r->prog, step), state, lrs);

	ws_totals_add(&r->total, add, 1);
	ws_totals_add(&r->phase[phase], add, 1);
	ws_totals_add(&r->vcpu[v].totals, add, 1);
	ws_totals_add(&t->pending, add, 1);
	r->phase_runs[phase]++;
	r->loads += phase == PHASE_LOAD;
	r->puts += phase == PHASE_PUT;
	r->entries += phase == PHASE_ENTER;
	r->vcpu[v].loads += phase == PHASE_LOAD;
	r->vcpu[v].puts += phase == PHASE_PUT;
	r->vcpu[v].entries += phase == PHASE_ENTER;
}

/* Run-time state of a step: the table's, but what the trace tells of timers and list registers. */
static uint64_t state_of(const struct track *t, uint64_t state)
{
	state &= ~(CND(VTIMER_ON) | CND(PTIMER_ON) | CND(LRS) | CND(LR_LIVE));
	return state | (t->timer_on[0] ? CND(PTIMER_ON) : 0) | (t->timer_on[1] ? CND(VTIMER_ON) : 0);
}

static unsigned lrs_for(const struct state *s, const struct track *t)
{
	uint64_t have = (uint64_t)s->r->prog->config.machine->list_registers;

	return t->n_lines < have ? t->n_lines : (unsigned)have;
}

/* Run one step; list registers are filled at entry and read back at exit. */
static void run_step(struct state *s, size_t v, const struct exit_step *step, uint64_t state)
{
	struct track *t = &s->track[v];
	bool enter = step->is_phase && step->id == PHASE_ENTER;
	bool leave = step->is_phase && step->id == PHASE_EXIT;

	if (enter) {
		runner_lrs(t->run, lrs_for(s, t));
		for (unsigned k = 0; k < t->run->lrs; k++)
			s->r->lr_used[k]++;
		t->n_lines = 0;
	}
	charge(s, v, step, state_of(t, state) | (enter || leave ? t->run->lr_state : 0),
	       enter || leave ? t->run->lrs : 0);
	if (leave)
		runner_lrs(t->run, 0);
}

static bool is_phase(const struct exit_step *step, enum ws_phase phase)
{
	return step->is_phase && step->id == phase;
}

/* Index of a phase in the kind's sequence from its next step on; the sequence's length if it has none. */
static unsigned find_phase(const struct track *t, enum ws_phase phase)
{
	const struct exit_row *row = exit_row(t->kind);
	unsigned i = t->next;

	while (i < row->n && !is_phase(&row->step[i], phase))
		i++;
	return i;
}

/* Run the kind's sequence up to, not including, a step. */
static void run_until(struct state *s, size_t v, unsigned end)
{
	struct track *t = &s->track[v];
	const struct exit_row *row = exit_row(t->kind);

	for (; t->next < end; t->next++) {
		if (!row->step[t->next].meanwhile) /* sched_switch events tell that */
			run_step(s, v, &row->step[t->next], exit_step_state(row, t->next));
	}
}

static void run_phase(struct state *s, size_t v, enum ws_phase phase)
{
	struct exit_step step = { true, (uint8_t)phase, 0, false };

	run_step(s, v, &step, exit_row(s->track[v].kind)->state);
}

static void load_if_due(struct state *s, size_t v)
{
	if (s->track[v].load_due)
		run_phase(s, v, PHASE_LOAD);
	s->track[v].load_due = false;
}

/* What was run since the last exit belongs to this kind. */
static void settle(struct state *s, size_t v, enum exit_kind kind)
{
	struct track *t = &s->track[v];
	struct replay_kind *k = &s->r->kind[kind];

	k->count++;
	k->more_scheds += t->more_scheds;
	k->guest_ns += t->guest_ns;
	ws_totals_add(&k->totals, &t->pending, 1);
	memset(&t->pending, 0, sizeof(t->pending));
	t->guest_ns = t->more_scheds = 0;
	t->next = 0;
	t->have_exit = t->user = t->mmio = t->mmio_write = t->load_due = false;
}

/* A kind that no exit begins: from its first step to its last. */
static void run_whole(struct state *s, size_t v, enum exit_kind kind)
{
	struct track *t = &s->track[v];

	t->kind = kind;
	t->next = 0;
	run_until(s, v, exit_row(kind)->n);
	settle(s, v, kind);
}

/* First FP use of a residency after a load, if the user asked for it. */
static void maybe_fp(struct state *s, size_t v)
{
	struct track *t = &s->track[v];

	if (!s->fp_each_load || !runner_needs_fp(s->runner, t->run))
		return;
	run_whole(s, v, EXIT_fp_trap);
	s->r->fp_traps++;
}

static size_t find_pid(const struct state *s, int32_t pid)
{
	for (size_t v = 0; v < s->r->n_vcpu; v++) {
		if (s->r->vcpu[v].pid == pid)
			return v;
	}
	return SIZE_MAX;
}

static size_t find_vcpu(struct state *s, const struct tr_event *ev, bool create)
{
	struct replay *r = s->r;
	size_t v = find_pid(s, ev->pid);

	if (v != SIZE_MAX || !create)
		return v;
	v = r->n_vcpu;
	r->vcpu = xrealloc(r->vcpu, (v + 1) * sizeof(*r->vcpu));
	s->track = xrealloc(s->track, (v + 1) * sizeof(*s->track));
	memset(&r->vcpu[v], 0, sizeof(r->vcpu[v]));
	memset(&s->track[v], 0, sizeof(s->track[v]));
	r->vcpu[v].pid = ev->pid;
	r->vcpu[v].index = s->new_pid == ev->pid ? s->new_index : UINT32_MAX;
	(void)snprintf(r->vcpu[v].comm, sizeof(r->vcpu[v].comm), "%s", tr_string(s->trace, ev->comm));
	s->track[v].run = runner_vcpu(s->runner, r->vcpu[v].comm);
	r->n_vcpu++;
	return v;
}

/* The kind that the exit turns out to be, when KVM_RUN goes on in the kernel. */
static enum exit_kind kernel_kind(const struct track *t)
{
	if (t->kind == EXIT_wfi_timer && !t->timer_woke)
		return EXIT_ipi_wfi_recv; /* the same sequence up to vcpu_put */
	if (!t->mmio)
		return t->kind;
	return t->mmio_write ? EXIT_mmio_gicd_write : EXIT_mmio_gicd_read;
}

/* The same when it goes to the VMM. */
static enum exit_kind user_kind(const struct track *t)
{
	if (t->mmio || (exit_row(t->kind)->state & CND(ABORT)) != 0)
		return t->mmio_write ? EXIT_mmio_write_user : EXIT_mmio_read_user;
	return (exit_row(t->kind)->state & CND(IRQ)) != 0 ? EXIT_signal : EXIT_user_other;
}

/* vcpu_put at a sched_switch inside KVM_RUN. A kind whose sequence has one runs it, others get one more. */
static void put_scheduled_out(struct state *s, size_t v)
{
	struct track *t = &s->track[v];
	unsigned put;

	load_if_due(s, v);
	if (t->next == 0)
		t->kind = kernel_kind(t);
	if (t->next == 0 && (t->kind == EXIT_irq || t->kind == EXIT_vtimer_irq))
		t->kind = EXIT_preempt_sched;
	else if (t->next == 0 && t->kind == EXIT_wfi)
		t->kind = EXIT_wfi_timer;
	put = find_phase(t, PHASE_PUT);
	if (put < exit_row(t->kind)->n) {
		run_until(s, v, put + 1);
		return;
	}
	if (t->next != 1)
		run_until(s, v, t->next == 0 ? 1 : find_phase(t, PHASE_ENTER));
	run_phase(s, v, PHASE_PUT);
	t->load_due = true;
	t->more_scheds++;
}

/* The put that a sched_switch announced. */
static void put_if_due(struct state *s, size_t v)
{
	struct track *t = &s->track[v];

	if (t->put_due == 0)
		return;
	s->put_due[t->put_due - 1] = 0;
	t->put_due = 0;
	put_scheduled_out(s, v);
}

/* The sched_switch event comes before kvm_sched_out: the put waits for the timer state that is told after. */
static void put_due_here(struct state *s, const struct tr_event *ev)
{
	uint32_t due = s->put_due[ev->cpu];

	if (due == 0)
		return;
	if (s->r->vcpu[due - 1].pid == ev->pid &&
	    (ev->type == TR_kvm_timer_save_state || ev->type == TR_kvm_get_timer_map))
		return;
	put_if_due(s, due - 1);
}

static void schedule_out(struct state *s, size_t v, unsigned cpu)
{
	struct track *t = &s->track[v];

	put_if_due(s, v);
	t->scheduled_out = true;
	runner_on_cpu(t->run, cpu);
	t->put_due = cpu + 1;
	s->put_due[cpu] = (uint32_t)v + 1;
	s->r->sched_outs++;
}

/* The vCPU goes on in another place than it was: the trace has no sched_switch events. */
static void infer_sched_out(struct state *s, size_t v, const struct tr_event *ev)
{
	struct track *t = &s->track[v];

	if (t->user || t->scheduled_out || t->run->cpu == ev->cpu)
		return;
	s->r->sched_outs++;
	s->r->inferred++;
	put_scheduled_out(s, v);
}

/* The vCPU enters the guest: what happened since its exit is known now. */
static void see_entry(struct state *s, const struct tr_event *ev)
{
	size_t v = find_vcpu(s, ev, true);
	struct track *t = &s->track[v];

	if (t->in_guest) {
		s->r->lost_exits++;
		return;
	}
	put_if_due(s, v);
	if (t->have_exit) {
		infer_sched_out(s, v, ev);
		if (!t->user)
			t->kind = kernel_kind(t);
		runner_on_cpu(t->run, ev->cpu);
		load_if_due(s, v);
		run_until(s, v, exit_row(t->kind)->n);
		settle(s, v, t->kind);
	} else {
		runner_on_cpu(t->run, ev->cpu);
		run_whole(s, v, EXIT_run_first);
	}
	t->in_guest = t->in_run = true;
	t->scheduled_out = t->timer_fired = false;
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

	if (!t->in_guest) { /* the trace begins, or lost its entry, inside a residency */
		s->r->lost_entries++;
		return;
	}
	t->in_guest = t->timer_woke = false;
	t->have_exit = true;
	runner_on_cpu(t->run, ev->cpu);
	s->r->exits++;
	s->r->vcpu[v].exits++;
	t->guest_ns = ev->ts_ns >= t->entry_ns ? ev->ts_ns - t->entry_ns : 0;
	s->r->vcpu[v].guest_ns += t->guest_ns;
	switch (ev->arg[TRA_kvm_exit_ret]) {
	case KVM_EXIT_RET_IRQ:
		t->kind = t->timer_fired ? EXIT_vtimer_irq : EXIT_irq;
		break;
	case KVM_EXIT_RET_SERROR:
		t->kind = EXIT_serror;
		break;
	default:
		t->kind = exit_of_class(ev->arg[TRA_kvm_exit_esr_ec]);
	}
}

/* The exit goes to the VMM: run its sequence up to vcpu_put. */
static void leave_to_user(struct state *s, size_t v, const struct tr_event *ev)
{
	struct track *t = &s->track[v];
	bool put_before;

	infer_sched_out(s, v, ev);
	load_if_due(s, v);
	put_before = t->next > 1;
	if (put_before)
		run_until(s, v, find_phase(t, PHASE_ENTER));
	t->kind = user_kind(t);
	t->user = true;
	if (put_before) {
		t->next = 1;
		t->next = find_phase(t, PHASE_PUT);
	}
	runner_on_cpu(t->run, ev->cpu);
	run_until(s, v, find_phase(t, PHASE_PUT) + 1);
	s->r->user_exits++;
	s->r->vcpu[v].user_exits++;
}

/* KVM_RUN ends. */
static void see_userspace_exit(struct state *s, const struct tr_event *ev)
{
	size_t v = find_vcpu(s, ev, true);
	struct track *t = &s->track[v], before;

	put_if_due(s, v);
	t->in_run = t->scheduled_out = false;
	if (t->in_guest) {
		s->r->lost_exits++;
		t->in_guest = false;
		return;
	}
	if (t->have_exit && !t->user) {
		leave_to_user(s, v, ev);
		return;
	}
	/* It came back without entering the guest: vcpu_load and vcpu_put, and the earlier exit still waits. */
	before = *t;
	memset(&t->pending, 0, sizeof(t->pending));
	runner_on_cpu(t->run, ev->cpu);
	run_whole(s, v, EXIT_run_immediate_exit);
	*t = before;
}

/* An interrupt line of a vCPU rises or falls; what is up at the next entry takes a list register. */
static void set_line(struct track *t, uint32_t irq, bool level)
{
	unsigned i = 0;

	while (i < t->n_lines && t->line[i] != irq)
		i++;
	if (level && i == t->n_lines && i < LINES_MAX)
		t->line[t->n_lines++] = irq;
	else if (!level && i < t->n_lines)
		t->line[i] = t->line[--t->n_lines];
}

/* k-th vCPU (of two threads with one index the later) of the sender's VM in the order of their indices; the sender left out if so asked. SIZE_MAX: none. */
static size_t sibling(const struct state *s, size_t sender, uint64_t k, bool others)
{
	const struct replay_vcpu *from = &s->r->vcpu[sender];
	size_t at = SIZE_MAX;

	for (uint32_t below = 0;; k--) {
		at = SIZE_MAX;
		for (size_t v = 0; v < s->r->n_vcpu; v++) {
			const struct replay_vcpu *to = &s->r->vcpu[v];

			if (to->index != UINT32_MAX && to->index >= below && (!others || v != sender) &&
			    strcmp(to->comm, from->comm) == 0 &&
			    (at == SIZE_MAX || to->index <= s->r->vcpu[at].index))
				at = v;
		}
		if (at == SIZE_MAX || k == 0)
			return at;
		below = s->r->vcpu[at].index + 1;
	}
}

/* The trace does not tell an SGI's target: they are dealt out in turn, as run.sgi_target says. */
static size_t sgi_target(struct state *s, size_t sender)
{
	bool others = s->opt->sgi == SGI_OTHERS;
	uint64_t n = 0;
	size_t v;

	if (s->opt->sgi == SGI_SELF)
		return sender;
	while (sibling(s, sender, n, others) != SIZE_MAX)
		n++;
	v = n != 0 ? sibling(s, sender, s->sgis++ % n, others) : SIZE_MAX;
	return v != SIZE_MAX ? v : sender;
}

/* Details that the handler of an exit tells. */
static void see_detail(struct state *s, const struct tr_event *ev)
{
	size_t v = find_vcpu(s, ev, false);
	struct track *t = v != SIZE_MAX ? &s->track[v] : NULL;
	enum exit_kind kind;

	if (t == NULL || !t->have_exit || t->user || t->next != 0)
		return;
	switch ((enum tr_type)ev->type) {
	case TR_kvm_hvc_arm64:
		t->kind = exit_of_hvc(ev->arg[TRA_kvm_hvc_arm64_r0]);
		break;
	case TR_kvm_sys_access:
		kind = exit_of_sysreg((unsigned)ev->arg[TRA_kvm_sys_access_Op0],
					 (unsigned)ev->arg[TRA_kvm_sys_access_Op1],
					 (unsigned)ev->arg[TRA_kvm_sys_access_CRn],
					 (unsigned)ev->arg[TRA_kvm_sys_access_CRm],
				      (unsigned)ev->arg[TRA_kvm_sys_access_Op2]);
		t->kind = kind;
		if (kind == EXIT_sysreg_sgi)
			set_line(&s->track[sgi_target(s, v)], LINE_SGI, true);
		break;
	case TR_kvm_wfx_arm64:
		t->kind = ev->arg[TRA_kvm_wfx_arm64_is_wfe] != 0 ? EXIT_wfe : EXIT_wfi;
		break;
	case TR_kvm_guest_fault:
		t->kind = exit_of_fault(ev->arg[TRA_kvm_guest_fault_hsr]);
		t->mmio_write = (ev->arg[TRA_kvm_guest_fault_hsr] >> 6 & 1) != 0;
		break;
	case TR_kvm_mmio:
		t->mmio = true;
		t->mmio_write = ev->arg[TRA_kvm_mmio_type] == 2; /* KVM_TRACE_MMIO_WRITE */
		break;
	default:
		break;
	}
}

/* The switch itself, and the idle task if that is next, for a vCPU thread that it leaves or goes to. */
static void switch_threads(struct state *s, const struct tr_event *ev)
{
	static const struct exit_step to_other = { false, COMP_thread_switch, 0, false };
	static const struct exit_step to_idle = { false, COMP_thread_switch, CND(TO_IDLE), false };
	static const struct exit_step idle = { false, COMP_idle_enter, 0, false };
	bool next_idle = ev->arg[TRA_sched_switch_next_pid] == 0;
	bool any_idle = next_idle || ev->arg[TRA_sched_switch_prev_pid] == 0;
	size_t v = find_pid(s, (int32_t)ev->arg[TRA_sched_switch_prev_pid]);

	if (v == SIZE_MAX)
		v = find_pid(s, (int32_t)ev->arg[TRA_sched_switch_next_pid]);
	if (v == SIZE_MAX)
		return;
	run_step(s, v, any_idle ? &to_idle : &to_other, any_idle ? CND(TO_IDLE) : 0);
	if (next_idle)
		run_step(s, v, &idle, 0);
}

static void see_sched_switch(struct state *s, const struct tr_event *ev)
{
	switch_threads(s, ev);
	for (size_t v = 0; v < s->r->n_vcpu; v++) {
		struct track *t = &s->track[v];

		if (s->r->vcpu[v].pid == (int32_t)ev->arg[TRA_sched_switch_prev_pid] && t->in_run &&
		    t->have_exit && !t->scheduled_out)
			schedule_out(s, v, ev->cpu);
		if (s->r->vcpu[v].pid == (int32_t)ev->arg[TRA_sched_switch_next_pid]) {
			put_if_due(s, v);
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

/* The timer's line rises: the interrupt was taken while the guest ran, or the vCPU woke up to it. */
static void see_timer_irq(struct state *s, const struct tr_event *ev)
{
	size_t v = find_vcpu(s, ev, false);

	if (v == SIZE_MAX || ev->arg[TRA_kvm_timer_update_irq_level] == 0)
		return;
	s->track[v].timer_fired = s->track[v].in_guest;
	s->track[v].timer_woke = true;
}

/* A vCPU's own thread tells its index when it looks at its timers, which it does at vcpu_load. */
static void learn_index(struct state *s, const struct tr_event *ev, uint64_t index)
{
	size_t v = find_vcpu(s, ev, false);

	if (v == SIZE_MAX) { /* vcpu_load before the first entry */
		s->new_pid = ev->pid;
		s->new_index = (uint32_t)index;
	} else if (s->r->vcpu[v].index == UINT32_MAX && !s->track[v].in_guest) {
		s->r->vcpu[v].index = (uint32_t)index;
	}
}

static void see_irq_pending(struct state *s, const struct tr_event *ev)
{
	uint64_t index = ev->arg[TRA_vgic_update_irq_pending_vcpu_id];
	bool level = ev->arg[TRA_vgic_update_irq_pending_level] != 0;

	if (!level)
		learn_index(s, ev, index);
	for (size_t v = 0; v < s->r->n_vcpu; v++) {
		bool same_vm = strcmp(s->r->vcpu[v].comm, tr_string(s->trace, ev->comm)) == 0;

		if (same_vm && s->r->vcpu[v].index == index)
			set_line(&s->track[v], (uint32_t)ev->arg[TRA_vgic_update_irq_pending_irq], level);
	}
}

static void zero_counts(struct replay *r)
{
	struct replay clean = { .prog = r->prog, .vcpu = r->vcpu, .n_vcpu = r->n_vcpu };

	for (size_t v = 0; v < r->n_vcpu; v++) {
		struct replay_vcpu *c = &r->vcpu[v], kept = *c;

		memset(c, 0, sizeof(*c));
		c->pid = kept.pid;
		c->index = kept.index;
		memcpy(c->comm, kept.comm, sizeof(c->comm));
	}
	*r = clean;
}

/* A marker of the recording: from here on it counts, or here it ends. */
static void see_marker(struct state *s, const struct tr_event *ev)
{
	const char *text = tr_string(s->trace, (uint32_t)ev->arg[TRA_print_buf]);

	if (s->opt->to[0] != '\0' && strcmp(text, s->opt->to) == 0)
		s->ended = true;
	if (s->opt->from[0] == '\0' || strcmp(text, s->opt->from) != 0)
		return;
	free(s->exec_before);
	s->exec_before = xcalloc(s->r->prog->n, sizeof(*s->exec_before));
	runner_exec(s->runner, s->exec_before);
	zero_counts(s->r);
	for (size_t v = 0; v < s->r->n_vcpu; v++)
		memset(&s->track[v].pending, 0, sizeof(s->track[v].pending));
	s->r->first_ns = ev->ts_ns;
}

static void see_event(struct state *s, const struct tr_event *ev)
{
	put_due_here(s, ev);
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
	case TR_kvm_timer_update_irq:
		see_timer_irq(s, ev);
		break;
	case TR_kvm_get_timer_map:
		learn_index(s, ev, ev->arg[TRA_kvm_get_timer_map_vcpu_id]);
		break;
	case TR_vgic_update_irq_pending:
		see_irq_pending(s, ev);
		break;
	case TR_print:
		see_marker(s, ev);
		break;
	default:
		see_detail(s, ev);
		break;
	}
}

static void finish(struct state *s)
{
	for (size_t v = 0; v < s->r->n_vcpu; v++) {
		struct track *t = &s->track[v];

		put_if_due(s, v);
		if (!t->have_exit)
			continue;
		s->r->unfinished++;
		run_until(s, v, t->next != 0 ? t->next : 1);
		settle(s, v, t->user ? t->kind : kernel_kind(t));
	}
	s->r->exec = xcalloc(s->r->prog->n, sizeof(*s->r->exec));
	runner_exec(s->runner, s->r->exec);
	for (size_t i = 0; s->exec_before != NULL && i < s->r->prog->n; i++)
		s->r->exec[i] -= s->exec_before[i];
	free(s->exec_before);
	runner_free(s->runner);
	free(s->track);
}

struct replay *replay_run(const struct ws_prog *p, struct tr_reader *trace, const struct replay_options *opt,
			  struct err *e)
{
	struct state *s = xcalloc(1, sizeof(*s));
	struct replay *r = xcalloc(1, sizeof(*r));
	struct tr_event ev;
	int rc = 0;

	r->prog = p;
	*s = (struct state){ .r = r, .runner = runner_new(p, opt->counting), .trace = trace,
			     .opt = opt, .fp_each_load = opt->fp == FP_EACH_LOAD };
	while (!s->ended && (rc = tr_next(trace, &ev, e)) == 1) {
		if (r->last_ns == 0)
			r->first_ns = ev.ts_ns;
		r->last_ns = ev.ts_ns;
		see_event(s, &ev);
	}
	if (s->ended)
		rc = 0;
	else if (rc == 0 && opt->from[0] != '\0' && s->exec_before == NULL)
		rc = err_set(e, ERR_INPUT, "the trace has no marker \"%s\" (event print): want run.from_marker to be "
			     "a text that was written to trace_marker", opt->from);
	finish(s);
	free(s);
	if (rc == 0 && r->entries == 0)
		rc = err_set(e, ERR_INPUT, "the trace holds no kvm_entry: record the events kvm:kvm_entry, "
			     "kvm:kvm_exit, kvm:kvm_userspace_exit and sched:sched_switch on the host");
	if (rc != 0) {
		replay_free(r);
		return NULL;
	}
	return r;
}
