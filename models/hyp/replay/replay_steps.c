/* SPDX-License-Identifier: Apache-2.0 */
/* A replay runs the components of exit kinds, piece by piece as its events come. */
#include <string.h>

#include "models/hyp/replay/replay_impl.h"

/* Run one component for a vCPU and charge it to phase, vCPU and the exit that is being handled. */
static void charge(struct replay_state *s, size_t v, const struct exit_step *step, uint64_t state, unsigned lrs)
{
	struct replay_track *t = &s->track[v];
	const struct runner_bill to = { s->out, &s->out->vcpu[v], &t->pending, s->watchers,
					{ s->now_ns, t->run->cpu, (unsigned)v } };

	(void)runner_charge(s->runner, t->run, &to, step, state, lrs);
	if (s->bounds != NULL)
		bounds_ran(s->bounds, t, v, step, runner_last_state(s->runner), lrs);
}

/* Run-time state of a step: the table's, but what the trace tells of timers and list registers. */
static uint64_t state_of(const struct replay_track *t, uint64_t state)
{
	state &= ~(CND(VTIMER_ON) | CND(PTIMER_ON) | CND(LRS) | CND(LR_LIVE));
	return state | (t->timer_on[0] ? CND(PTIMER_ON) : 0) | (t->timer_on[1] ? CND(VTIMER_ON) : 0);
}

static unsigned lrs_for(const struct replay_state *s, const struct replay_track *t)
{
	uint64_t have = (uint64_t)s->out->prog->config.machine->list_registers;

	return t->n_lines < have ? t->n_lines : (unsigned)have;
}

/* A vCPU is loaded: its place in the list of those who ask for one. */
static void begin_load(struct replay_state *s, size_t v)
{
	struct replay_loads *l = s->opt->loads;

	s->track[v].load = s->loads++;
	if (l == NULL || l->trap != NULL)
		return;
	if ((l->n & (l->n - 1)) == 0)
		l->entries = xrealloc(l->entries, (l->n != 0 ? 2 * l->n : 1) * sizeof(*l->entries));
	l->entries[l->n++] = 0;
}

/* replay_step by signatures. */
static inline void count_step(struct replay_state *s, size_t v, const struct exit_step *step, uint64_t state)
{
	struct replay_track *t = &s->track[v];
	const bool enter = exit_step_is(step, PHASE_ENTER), leave = exit_step_is(step, PHASE_EXIT);

	sigs_step(s->sigs, v, step, state_of(t, state), enter ? t->n_lines : leave ? t->run->lrs : 0);
	if (enter) {
		runner_lrs(t->run, t->n_lines);
		t->n_lines = 0;
	} else if (leave) {
		runner_lrs(t->run, 0);
	}
}

/* Run one step; list registers are filled at entry and read back at exit. */
void replay_step(struct replay_state *s, size_t v, const struct exit_step *step, uint64_t state)
{
	struct replay_track *t = &s->track[v];
	bool enter = exit_step_is(step, PHASE_ENTER);
	bool leave = exit_step_is(step, PHASE_EXIT);

	if (s->sigs != NULL) {
		count_step(s, v, step, state);
		return;
	}
	if (exit_step_is(step, PHASE_LOAD))
		begin_load(s, v);
	if (enter) {
		runner_lrs(t->run, lrs_for(s, t));
		for (unsigned k = 0; k < t->run->lrs; k++)
			s->out->lr_used[k]++;
		t->n_lines = 0;
		REPLAY_TELL(s, v, enter, t->run->lrs);
		REPLAY_TELL(s, v, state, VC_GUEST);
	}
	charge(s, v, step, state_of(t, state) | (enter || leave ? t->run->lr_state : 0),
	       enter || leave ? t->run->lrs : 0);
	if (leave)
		runner_lrs(t->run, 0);
}

/* Index of a phase in the kind's sequence from its next step on; the sequence's length if it has none. */
unsigned replay_find_phase(const struct replay_track *t, enum ws_phase phase)
{
	const struct exit_row *row = exit_row(t->kind);
	unsigned i = t->next;

	while (i < row->n && !exit_step_is(&row->step[i], phase))
		i++;
	return i;
}

/* What is handled before the next step, to who looks on. */
static void tell_handlers(const struct replay_state *s, const struct replay_track *t, const struct exit_step *next)
{
	if (t->next == 1 && exit_is_exit(t->kind))
		runner_handlers(s->runner, t->run, t->kind, false);
	if (next->id == COMP_host_ioctl && !next->is_phase)
		runner_handlers(s->runner, t->run, t->kind, true);
}

/* Run the kind's sequence up to, not including, a step. */
void replay_until(struct replay_state *s, size_t v, unsigned end)
{
	struct replay_track *t = &s->track[v];
	const struct exit_row *row = exit_row(t->kind);

	for (; t->next < end; t->next++) {
		const struct exit_step *step = &row->step[t->next];

		if (s->sigs == NULL)
			tell_handlers(s, t, step);
		if (step->meanwhile) /* sched_switch events tell that */
			continue;
		if (s->sigs != NULL)
			count_step(s, v, step, exit_step_state(row, t->next));
		else
			replay_step(s, v, step, exit_step_state(row, t->next));
	}
}

static void run_phase(struct replay_state *s, size_t v, enum ws_phase phase)
{
	struct exit_step step = { true, (uint8_t)phase, 0, false };

	replay_step(s, v, &step, exit_row(s->track[v].kind)->state);
}

void replay_load_if_due(struct replay_state *s, size_t v)
{
	if (s->track[v].load_due)
		run_phase(s, v, PHASE_LOAD);
	s->track[v].load_due = false;
}

/* What was run since the last exit belongs to this kind. */
void replay_settle(struct replay_state *s, size_t v, enum exit_kind kind)
{
	struct replay_track *t = &s->track[v];
	struct outcome_kind *k = &s->out->kind[kind];

	if (s->bounds != NULL)
		bounds_settle(s->bounds, t, v, kind, t->doubt.unfinished);
	REPLAY_TELL(s, v, handled, kind, t->have_exit ? t->exit_ns : s->now_ns);
	k->count++;
	k->more_scheds += t->more_scheds;
	k->guest_ns += t->guest_ns;
	if (s->sigs != NULL)
		sigs_settle(s->sigs, v, kind);
	else
		ws_totals_sum(&k->totals, &t->pending);
	memset(&t->pending, 0, sizeof(t->pending));
	t->guest_ns = t->more_scheds = 0;
	t->next = 0;
	t->have_exit = t->user = t->mmio = t->mmio_write = t->load_due = t->was_out = false;
}

/* A kind that no exit begins: from its first step to its last. */
void replay_whole(struct replay_state *s, size_t v, enum exit_kind kind)
{
	struct replay_track *t = &s->track[v];

	t->kind = kind;
	t->next = 0;
	replay_until(s, v, exit_row(kind)->n);
	replay_settle(s, v, kind);
}

void replay_first_fp(struct replay_state *s, size_t v)
{
	const struct exit_row *row = exit_row(EXIT_FOR_first_fp);

	if (!sigs_fp_traps(s->sigs))
		return;
	for (unsigned i = 0; i < row->n; i++)
		replay_step(s, v, &row->step[i], exit_step_state(row, i));
	sigs_first_fp(s->sigs, v);
}

/* The kind that the exit turns out to be, when KVM_RUN goes on in the kernel. */
enum exit_kind replay_kernel_kind(const struct replay_track *t)
{
	if (exit_row(t->kind)->where == XAT_ASLEEP && !t->timer_woke)
		return EXIT_FOR_wfi_woken; /* the same sequence up to vcpu_put */
	if (!t->mmio)
		return t->kind;
	return t->mmio_write ? EXIT_FOR_kernel_write : EXIT_FOR_kernel_read;
}

/* The same when it goes to the VMM. */
enum exit_kind replay_user_kind(const struct replay_track *t)
{
	if (t->mmio || (exit_row(t->kind)->state & CND(ABORT)) != 0)
		return t->mmio_write ? EXIT_FOR_user_write : EXIT_FOR_user_read;
	return (exit_row(t->kind)->state & CND(IRQ)) != 0 ? EXIT_FOR_user_signal : EXIT_FOR_user_other;
}

/* vcpu_put at a sched_switch inside KVM_RUN. A kind whose sequence has one runs it, others get one more. */
void replay_put(struct replay_state *s, size_t v)
{
	struct replay_track *t = &s->track[v];
	unsigned put;

	t->doubt.put = true;
	replay_load_if_due(s, v);
	if (!t->user) /* a WFI that is put again, too: what woke it is known by now */
		t->kind = replay_kernel_kind(t);
	if (t->next == 0 && exit_row(t->kind)->where == XAT_KERNEL) {
		if (exit_row(t->kind)->class == XC_IRQ)
			t->kind = EXIT_FOR_preempted;
		else if (exit_row(t->kind)->class == XC_WFI)
			t->kind = EXIT_FOR_wfi_sleeps;
	}
	put = replay_find_phase(t, PHASE_PUT);
	if (put < exit_row(t->kind)->n) {
		replay_until(s, v, put + 1);
		return;
	}
	if (t->next != 1)
		replay_until(s, v, t->next == 0 ? 1 : replay_find_phase(t, PHASE_ENTER));
	run_phase(s, v, PHASE_PUT);
	t->load_due = true;
	t->more_scheds++;
}
