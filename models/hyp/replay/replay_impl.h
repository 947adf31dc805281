/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the replay: replay_events.c reads events, replay_steps.c runs components or tells them sigs.c, replay_lines.c keeps
 * interrupts, replay.c begins and ends it.
 */
#ifndef EL2SIM_HYP_REPLAY_IMPL_H
#define EL2SIM_HYP_REPLAY_IMPL_H

#include "models/hyp/replay/doubt.h"
#include "models/hyp/replay/replay.h"
#include "models/hyp/replay/sigs.h"
#include "models/hyp/ws/runner.h"

#define REPLAY_LINES_MAX 16
#define REPLAY_LINE_SGI  UINT32_MAX /* stands for the SGIs of a vCPU */

/* The fields of events that a replay looks at: no others are read. */
#define REPLAY_SEES(X)                                                                                               \
	X(kvm_exit, ret) X(kvm_exit, esr_ec) X(kvm_hvc_arm64, r0) X(kvm_wfx_arm64, is_wfe) X(kvm_guest_fault, hsr)   \
	X(kvm_mmio, type) X(kvm_sys_access, Op0) X(kvm_sys_access, Op1) X(kvm_sys_access, CRn) X(kvm_sys_access, CRm) \
	X(kvm_sys_access, Op2) X(kvm_timer_save_state, ctl) X(kvm_timer_save_state, timer_idx)                       \
	X(kvm_timer_restore_state, ctl) X(kvm_timer_restore_state, timer_idx) X(kvm_timer_update_irq, level)         \
	X(kvm_get_timer_map, vcpu_id) X(vgic_update_irq_pending, vcpu_id) X(vgic_update_irq_pending, irq)            \
	X(vgic_update_irq_pending, level) X(kvm_vcpu_wakeup, ns) X(kvm_vcpu_wakeup, waited) X(sched_switch, prev_pid) \
	X(sched_switch, prev_state) X(sched_switch, next_pid) X(sched_waking, pid) X(sched_waking, target_cpu) X(print, buf)

enum {
#define X(event, field) REPLAY_SEES_##event##_##field,
	REPLAY_SEES(X)
#undef X
};

/* Such a field; one that is not in the list does not compile. */
#define REPLAY_ARG(ev, event, field) ((ev)->arg[(int)TRA_##event##_##field + 0 * (int)REPLAY_SEES_##event##_##field])

/* From now on only those fields of these types are read, from the beginning of the trace. */
void replay_look(struct tr_reader *trace, uint64_t types);

/* One vCPU thread on its way through KVM_RUN. */
struct replay_track {
	struct runner_vcpu *run; /* executes programs for it */
	bool in_guest, in_run;   /* between entry and exit; between an entry and kvm_userspace_exit */
	bool have_exit;          /* an exit waits for its next entry */
	bool user;               /* it went to the VMM */
	bool mmio_write, mmio;   /* kvm_mmio seen since the exit */
	bool scheduled_out;      /* inside KVM_RUN, not back yet */
	bool was_out;            /* since the exit */
	uint32_t put_due;        /* CPU + 1 on which a vcpu_put waits for its timer events */
	bool timer_fired;        /* the host took the guest's timer interrupt since the entry */
	bool timer_woke;         /* the guest's timer became due since the exit */
	bool load_due;           /* put without the LOAD of its kind's sequence: one more is due */
	enum exit_kind kind;
	unsigned next;           /* steps of the kind's sequence that ran */
	uint64_t more_scheds;
	struct ws_totals pending; /* since the exit, for the kind that it turns out to be */
	uint64_t entry_ns, exit_ns, guest_ns;
	uint32_t line[REPLAY_LINES_MAX]; /* interrupts that wait for the next entry */
	unsigned n_lines;
	bool timer_on[2];        /* KVM's order: physical, virtual */
	size_t load;             /* its last vcpu_load: place in replay_options.loads */
	struct replay_doubt doubt; /* only kept if the trace lacks something */
};

/* What ran since the last exit counts for nothing. */
static inline void replay_forget(struct replay_track *t)
{
	t->pending = t->doubt.lo = t->doubt.hi = (struct ws_totals){ .cycles = 0 };
}


/* vCPU v of a VM, by its number. */
struct replay_sibling {
	uint32_t index;
	size_t v;
};

struct replay_vm {
	struct replay_sibling *v;
	size_t n;
	uint64_t changes; /* replay_state.changes when the list was made */
};

#define REPLAY_VCPUS_MAX 4096 /* vCPU threads in one trace */
#define REPLAY_SLOTS     (4 * REPLAY_VCPUS_MAX)

/* Where a thread is looked for first in a table of REPLAY_SLOTS; then in the slots after it. */
static inline size_t replay_slot(int32_t pid)
{
	return (uint32_t)pid * UINT32_C(2654435761) % REPLAY_SLOTS;
}

/* A thread of a vCPU. */
struct replay_thread {
	int32_t pid;
	uint32_t v; /* + 1; 0: free */
};

/*
 * An SGI that a vCPU sent: when, its thread, and the thread of its target, 0 if the trace does not tell. told: in
 * words, vgic_update_irq_pending of an interrupt below 16, as a simulated machine writes it (a kernel does not).
 */
struct replay_sgi {
	uint64_t ts_ns;
	int32_t from, to;
	bool told;
};

struct replay_sgis {
	struct replay_sgi *sgi; /* in the order of the trace */
	size_t n, room, next;
	size_t seen;            /* of n: with a target */
};

struct replay_state {
	struct outcome *out;
	struct runner *runner;
	struct replay_track *track;     /* one per out->vcpu */
	struct tr_reader *trace;
	struct replay_column *column; /* first this program's, then opt->more */
	struct sigs *sigs;           /* count by signatures; NULL: exit by exit */
	struct bounds_state *bounds; /* NULL: the trace has everything, or nobody asks */
	const struct replay_options *opt;
	struct outcome_mark before; /* the window began; no exec: it did not */
	bool ended;              /* the window is over */
	uint64_t now_ns;         /* of the event that is looked at */
	size_t loads;            /* vcpu_loads so far, counted or not */
	struct watch_list *watchers; /* of the runner; of a runner that is lent: own */
	struct watch_list own;
	struct replay_vm *vm;    /* by runner_vcpu.vm */
	size_t n_vm;
	uint64_t changes;        /* of the set of vCPUs and their numbers */
	struct replay_thread thread[REPLAY_SLOTS]; /* by replay_slot */
	struct replay_sgis sgis;
	uint64_t quiet_sgis;     /* dealt out to siblings so far, the trace told no target */
	uint64_t self_due;       /* thousandths of a quiet SGI that senders have coming */
	struct replay_early {
		uint32_t comm, index, irq;
	} *early;                /* interrupts that wait for vCPUs which did not enter yet */
	size_t n_early;
	struct replay_fresh {
		int32_t pid;     /* 0: free */
		uint32_t index;
		bool timer_on[2];
	} fresh[REPLAY_SLOTS];   /* threads that loaded a vCPU before its first entry, by replay_slot */
	uint32_t put_due[TR_CPU_MAX]; /* vCPU + 1 that this CPU is putting after a sched_switch; 0 = none */
};

/* Slot of a thread, or the free one where it belongs. */
static inline struct replay_thread *replay_thread_at(struct replay_state *s, int32_t pid)
{
	size_t i = replay_slot(pid);

	while (s->thread[i].v != 0 && s->thread[i].pid != pid)
		i = (i + 1) % REPLAY_SLOTS;
	return &s->thread[i];
}

/* vCPU by its thread; SIZE_MAX if none. */
static inline size_t replay_find(struct replay_state *s, int32_t pid)
{
	return (size_t)replay_thread_at(s, pid)->v - 1;
}

/* Tell the observers of something that happens to a vCPU now. */
#define REPLAY_TELL(s, v, hook, ...)                                                                \
	do {                                                                                        \
		const struct smp_at at_ = { (s)->now_ns, (s)->track[v].run->cpu, (unsigned)(v) };   \
                                                                                                    \
		WATCH((s)->watchers, hook, &at_, __VA_ARGS__);                                 \
	} while (0)

/* ---- replay.c ---- */

/* Who looks on from the beginning, or from that of the window. */
void replay_add_watchers(struct replay_state *s, bool always);

/* ---- replay_steps.c ---- */

/* Run one step in its run-time state; list registers are filled at entry and read back at exit. */
void replay_step(struct replay_state *s, size_t v, const struct exit_step *step, uint64_t state);
/* Index of a phase in the kind's sequence from its next step on; the sequence's length if it has none. */
unsigned replay_find_phase(const struct replay_track *t, enum ws_phase phase);
/* Run the kind's sequence up to, not including, a step. */
void replay_until(struct replay_state *s, size_t v, unsigned end);
/* A vcpu_load that a put outside the kind's own sequence left to do. */
void replay_load_if_due(struct replay_state *s, size_t v);
/* What was run since the last exit belongs to this kind. */
void replay_settle(struct replay_state *s, size_t v, enum exit_kind kind);
/* A kind that no exit begins: from its first step to its last. */
void replay_whole(struct replay_state *s, size_t v, enum exit_kind kind);
/* By signatures: a first FP use, where programs of columns that ask for one trap it. */
void replay_first_fp(struct replay_state *s, size_t v);
/* The kind that the exit turns out to be, when KVM_RUN goes on in the kernel; when it goes to the VMM. */
enum exit_kind replay_kernel_kind(const struct replay_track *t);
enum exit_kind replay_user_kind(const struct replay_track *t);
/* vcpu_put at a sched_switch inside KVM_RUN. A kind whose sequence has one runs it, others get one more. */
void replay_put(struct replay_state *s, size_t v);

/* ---- replay_lines.c ---- */

/* An SGI is sent: its kvm_sys_access event. */
void replay_send_sgi(struct replay_state *s, size_t sender, const struct tr_event *ev);
/* Events of timers and interrupts. */
void replay_see_timer(struct replay_state *s, const struct tr_event *ev, uint64_t ctl, uint64_t index);
void replay_see_timer_irq(struct replay_state *s, const struct tr_event *ev);
void replay_see_irq_pending(struct replay_state *s, const struct tr_event *ev);
/* For observers: a vCPU thread is woken; the time in WFI is over. */
void replay_see_waking(struct replay_state *s, const struct tr_event *ev);
void replay_see_wakeup(struct replay_state *s, const struct tr_event *ev);
/* Interrupts that came for a vCPU before its first entry. */
void replay_early_lines(struct replay_state *s, size_t v, const struct tr_event *ev);
/* What a thread told before its first entry; NULL: nothing, or no room for more. */
struct replay_fresh *replay_fresh_of(struct replay_state *s, int32_t pid, bool make);
void replay_learn_index(struct replay_state *s, const struct tr_event *ev, uint64_t index);

/* ---- replay_sgi.c ---- */

/* Read a trace from where it stands, find the targets of SGIs, and go back to its beginning. ERR_INPUT. */
int replay_find_sgis(struct tr_reader *trace, struct replay_sgis *out, struct err *e);
/* The SGI that this kvm_sys_access sends; NULL if it was not found. */
const struct replay_sgi *replay_sgi_seen(struct replay_sgis *g, const struct tr_event *ev);

/* ---- replay_events.c ---- */

/* Does a kvm_sys_access event send an SGI? */
bool replay_is_sgi(const struct tr_event *ev);
/* The put that a sched_switch announced. */
void replay_put_if_due(struct replay_state *s, size_t v);

/* ---- bounds.c; all of them do nothing when there is no state ---- */

struct bounds_state *bounds_begin(const struct ws_prog *p, const struct tr_info *info, const struct sight *sight,
				  bool fp_traps);
void bounds_vcpu(struct bounds_state *s);
/* A step ran for vCPU v in a state; lrs: list registers in use. */
void bounds_ran(struct bounds_state *s, struct replay_track *t, size_t v, const struct exit_step *step, uint64_t state,
		unsigned lrs);
/* The exit, or what has none, is over; unfinished: its next entry is not in the trace. */
void bounds_settle(struct bounds_state *s, struct replay_track *t, size_t v, enum exit_kind kind, bool unfinished);
/* From now on it counts. */
void bounds_restart(struct bounds_state *s);
/* What it came to, beside what the replay counted; frees s. */
struct bounds *bounds_end(struct bounds_state *s, const struct outcome *o);

#endif
