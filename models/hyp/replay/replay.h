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

#include "models/hyp/replay/bounds.h"
#include "models/hyp/ws/outcome.h"
#include "models/hyp/ws/policy_opt.h"
#include "models/hyp/ws/watch.h"
#include "traces/trace.h"

#define REPLAY_WATCHERS 4

/*
 * The vcpu_loads of a replay in its order; the caller frees both. entries: counted guest entries after each, written
 * while trap is NULL. trap: of each, whether an FP trap follows its first entry, beside what fp says.
 */
struct replay_loads {
	uint32_t *entries;
	uint8_t *trap;
	size_t n;
};

/* One more program that the same replay counts. */
struct replay_column {
	const struct ws_prog *p;
	enum fp_use fp;
	struct outcome *out;  /* to fill, the caller's */
};

struct replay_options {
	bool counting;        /* precomputed totals instead of values; same result */
	bool by_event;        /* the outcome is looked at before the end: count exit by exit; same result */
	enum fp_use fp;
	enum sgi_target sgi;
	const char *from, *to; /* markers (event print) between which is counted; "" = the whole trace */
	/* Look on; NULL: nobody. They see what is counted, or all that is replayed (watch.always). */
	struct watch *watch[REPLAY_WATCHERS];
	/* To run on, the caller's, whose own watchers learn no more than what it runs; NULL: one of its own. */
	struct runner *runner;
	struct outcome *out; /* to fill, the caller's; NULL: a new one */
	struct replay_loads *loads; /* NULL: none */
	const struct replay_column *more; /* if all of them join (replay_joins) */
	size_t n_more;
	struct bounds **bounds;  /* gets what bounds the whole trace's figures (bounds_free), or NULL if this trace
				    lacks nothing; NULL: not asked for */
};

/* As [run] of a configuration says; the strings stay the configuration's. */
struct replay_options replay_options_of(const struct switch_options *o);

/*
 * Can the program be counted in one replay with others that ask the same of sgi, from and to? If the trace lacks nothing
 * and nobody looks on.
 */
bool replay_joins(const struct ws_prog *p, const struct tr_info *trace, const struct replay_options *opt);

/*
 * Replay a trace, from its beginning, through a program.
 * Returns NULL with ERR_INPUT when the trace cannot be read or holds no kvm_entry. Free with replay_free.
 */
struct outcome *replay_run(const struct ws_prog *p, struct tr_reader *trace,
			  const struct replay_options *opt, struct err *e);
void replay_free(struct outcome *o);

/*
 * The same event by event, for who has a clock of his own: begin, each event of the trace in its
 * order (1: it counts; 0: the window is over; -1: ERR_INPUT), end. replay_end frees s in any case;
 * it returns NULL if rc is not 0, or as replay_run (opt->out if that is given). opt must last.
 */
struct replay_state;
struct replay_state *replay_begin(const struct ws_prog *p, struct tr_reader *trace,
				  const struct replay_options *opt, struct err *e);
int replay_event(struct replay_state *s, const struct tr_event *ev, struct err *e);
/* The same for n events. */
int replay_events(struct replay_state *s, const struct tr_event *ev, unsigned n, struct err *e);
struct outcome *replay_end(struct replay_state *s, int rc, struct err *e);

#endif
