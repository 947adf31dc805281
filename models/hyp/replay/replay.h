/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replay: a KVM event trace becomes loads, entries, exits and puts of vCPUs, and each runs its part of the
 * compiled program.
 *
 * How events are read. kvm_entry and kvm_exit bracket guest residency; what the handler says between them
 * gives the exit kind (classify.def). kvm_userspace_exit ends KVM_RUN: vcpu_put, the way to the VMM and
 * back, vcpu_load. sched_switch away from a vCPU thread inside KVM_RUN is vcpu_put, its next sign of life
 * vcpu_load; an entry on another CPU without a sched_switch between means that the trace has none, and
 * counts as one. Components run in the order of the trace on the CPU that executed them, so a put saves what
 * its own guest left behind. Everything from an exit to the vCPU's next entry is charged to that exit.
 *
 * What no event shows is not made up: FP/SIMD traps (option run.fp_use), entries that are given up because an
 * interrupt is pending. An interrupt line that is up (vgic_update_irq_pending) takes one list register at the
 * next entry, for one residency; an SGI too, in the vCPU that it woke or interrupted, else in one that run.sgi_target picks.
 */
#ifndef EL2SIM_HYP_REPLAY_H
#define EL2SIM_HYP_REPLAY_H

#include "models/hyp/kvm/exits.h"
#include "models/hyp/ws/wswitch.h"
#include "models/hyp/ws/policy_opt.h"
#include "models/hyp/ws/vflag_plan.h"
#include "models/hyp/ws/watch.h"
#include "traces/trace.h"

struct replay_vcpu {
	int32_t pid;
	char comm[16];      /* VM: vCPU threads of one name are one VM */
	uint32_t index;     /* vcpu->vcpu_idx if an event told it, else UINT32_MAX */
	uint64_t exits, entries, loads, puts, user_exits;
	uint64_t guest_ns;  /* residency: kvm_entry to kvm_exit, as recorded */
	struct ws_totals totals;
};

struct replay_kind {
	uint64_t count;
	uint64_t more_scheds; /* times scheduled out and in beyond what the kind's own sequence has */
	struct ws_totals totals;
	uint64_t guest_ns;    /* residency before these exits */
};

struct replay {
	const struct ws_prog *prog;
	uint64_t entries, exits, loads, puts, user_exits, sched_outs, fp_traps;
	uint64_t inferred;   /* of sched_outs: no event, but the vCPU went on on another CPU */
	uint64_t unfinished; /* exits whose next entry is not in the trace */
	uint64_t lost_entries, lost_exits; /* kvm_exit without its kvm_entry and the other way round */
	uint64_t first_ns, last_ns;
	uint64_t lr_used[16]; /* entries that filled list register k */
	struct ws_totals total, phase[PHASE_COUNT];
	uint64_t phase_runs[PHASE_COUNT]; /* HANDLE: components */
	struct replay_kind kind[EXIT_COUNT];
	struct replay_vcpu *vcpu;
	size_t n_vcpu;
	uint64_t *exec; /* executions of each op of the program */
	struct vflag_tally flags;
};

struct oracle;

struct replay_options {
	bool counting;        /* precomputed totals instead of values; same result */
	enum fp_use fp;
	enum sgi_target sgi;
	struct oracle *oracle; /* looks on; NULL: none */
	const char *from, *to; /* markers (event print) between which is counted; "" = the whole trace */
	struct smp_hooks *hooks; /* observers, NULL: none; they see what is counted */
	struct runner *runner;   /* to run on, the caller's; NULL: one of its own */
};

/* As [run] of a configuration says; the strings stay the configuration's. */
struct replay_options replay_options_of(const struct switch_options *o);

/*
 * Replay a trace, from its beginning, through a program.
 * Returns NULL with ERR_INPUT when the trace cannot be read or holds no kvm_entry. Free with replay_free.
 */
struct replay *replay_run(const struct ws_prog *p, struct tr_reader *trace,
			  const struct replay_options *opt, struct err *e);
void replay_free(struct replay *r);

/*
 * The same event by event, for who has a clock of his own: begin, each event of the trace in its
 * order (1: it counts; 0: the window is over; -1: ERR_INPUT), end. replay_end frees s in any case;
 * it returns NULL if rc is not 0, or as replay_run. opt must last.
 */
struct replay_state;
struct replay_state *replay_begin(const struct ws_prog *p, struct tr_reader *trace,
				  const struct replay_options *opt, struct err *e);
int replay_event(struct replay_state *s, const struct tr_event *ev, struct err *e);
struct replay *replay_end(struct replay_state *s, int rc, struct err *e);

/*
 * Conservation: totals over phases, kinds, vCPUs and ops agree, entries and exits match, and simulated cycles
 * are the sum of their parts. ERR_MODEL naming the first sum that does not.
 */
int replay_check(const struct replay *r, struct err *e);

#endif
