/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watchers: who looks on while vCPUs run on pCPUs. The oracle, the flags' rules, tracers, timelines, devices and
 * co-simulators are watchers. A runner has one list of them; it tells what it runs (step, access, flag), and the engine
 * that drives it, a simulated machine (models/hyp/host/smp) or the replay of a trace (models/hyp/replay), what happens around it.
 * They are called in the order in which a pCPU does things; they may look, but change nothing. Nobody looking costs one
 * test per event.
 *
 * Time is of the source: cycles of the pCPUs' clock in simulated time (smp_ns), nanoseconds as recorded
 * in a replay. A simulated pCPU settles at one moment what it does up to its next event, so the
 * time of a call may be later than smp_now (never earlier), and calls of different pCPUs are not in
 * order of time; those of one pCPU are.
 */
#ifndef EL2SIM_HYP_WATCH_H
#define EL2SIM_HYP_WATCH_H

#include "models/hyp/kvm/exits.h"
#include "models/hyp/kvm/handlers.h"
#include "models/hyp/kvm/vflags.h"
#include "models/hyp/ws/wswitch.h"

/* What a pCPU does: id, name. */
#define SMP_MODES(X)                                                                               \
	X(OFF, "off")                                                                              \
	X(BUSY, "kernel")                                                                          \
	X(IDLE, "idle")                                                                            \
	X(GUEST, "guest")                                                                          \
	X(POLL, "poll")                                                                            \
	X(USER, "user")

enum smp_mode {
#define X(id, name) CPU_##id,
	SMP_MODES(X)
#undef X
		SMP_MODE_COUNT
};
const char *smp_mode_name(enum smp_mode m);

/* Where a vCPU thread is. HOST: on its pCPU, in the kernel. GUEST: from the entry on. */
#define SMP_STATES(X)                                                                              \
	X(RUNNABLE, "runnable")                                                                    \
	X(HOST, "host")                                                                            \
	X(GUEST, "guest")                                                                          \
	X(POLL, "poll")                                                                            \
	X(USER, "user")                                                                            \
	X(BLOCKED, "blocked")

enum smp_state {
#define X(id, name) VC_##id,
	SMP_STATES(X)
#undef X
		SMP_STATE_COUNT
};
const char *smp_state_name(enum smp_state s);

/* Virtual interrupts of a vCPU, each one list register. */
#define SMP_SOURCES(X)                                                                             \
	X(TIMER, "timer")                                                                          \
	X(SGI, "IPI")                                                                              \
	X(DEVICE, "device")

enum smp_source {
#define X(id, name) SRC_##id,
	SMP_SOURCES(X)
#undef X
		SRC_COUNT
};
const char *smp_source_name(enum smp_source s);

/* Stations of interrupts: id, name, what the peer of the call is. */
#define SMP_IRQ_STEPS(X)                                                                           \
	X(EXPIRE, "expire") /* a vCPU's virtual timer reaches its deadline */                      \
	X(SEND, "send")     /* a vCPU sends an SGI; peer: the vCPU it goes to */                   \
	X(PEND, "pend")     /* becomes pending for the vCPU */                                     \
	X(INJECT, "inject") /* into a list register, at an entry */                                \
	X(KICK, "kick")     /* a pCPU sends an interrupt to another one; peer: that pCPU */

enum smp_irq_step {
#define X(id, name) SMP_IRQ_##id,
	SMP_IRQ_STEPS(X)
#undef X
		SMP_IRQ_STEP_COUNT
};
const char *smp_irq_step_name(enum smp_irq_step s);

#define SMP_NOBODY UINT32_MAX /* no vCPU, no pCPU, the idle task */

/* Where and when. */
struct smp_at {
	uint64_t time;
	unsigned cpu;  /* pCPU that does it */
	unsigned vcpu; /* whom it is about, or SMP_NOBODY */
};

/* A phase of the switch, or a part of the host's path around it. */
struct smp_ran {
	enum ws_phase phase; /* PHASE_HANDLE: of the host's path */
	enum ws_comp comp;   /* COMP_COUNT: the measured part of the path, no component */
	uint64_t cycles;     /* from at.time on in simulated time; modelled cycles in a replay */
	const struct ws_totals
		*totals; /* what it added up, valid during the call; NULL: measured */
};

/* One component that a runner ran for a vCPU. */
struct watch_step {
	unsigned vcpu, cpu;
	enum ws_comp comp;
	uint64_t state; /* CND_* bits in which it ran */
	unsigned lrs;   /* list registers in use */
	bool on_cpu;    /* the vCPU's flag SYSREGS_ON_CPU after it */
};

/* A member may be NULL. ctx: the watcher's. */
struct watch {
	void *ctx;
	bool always; /* of a replay: what comes before its window, too */

	/* ---- from the runner ---- */

	/* A component ran; the vCPU's state does not have what it changes yet. */
	void (*step)(void *ctx, const struct watch_step *s);
	/* The handling of an exit uses a guest register beside the ops. */
	void (*access)(void *ctx, const struct handler_access *a);
	/* A rule of the flags is broken. */
	void (*flag)(void *ctx, const struct vflag_violation *x);

	/* ---- from the engine ---- */

	/* A phase or component begins; it ends after its cycles. */
	void (*ran)(void *ctx, const struct smp_at *at, const struct smp_ran *what);
	/* The pCPU does something else from now on (simulated time only). at.vcpu: its thread's */
	void (*mode)(void *ctx, const struct smp_at *at, enum smp_mode mode);
	/* The vCPU is in this state from now on. */
	void (*state)(void *ctx, const struct smp_at *at, enum smp_state state);
	/* The vCPU leaves the guest, its PHASE_EXIT comes next. kind: EXIT_COUNT if not known yet
	 * (a replay). */
	void (*exit)(void *ctx, const struct smp_at *at, enum exit_kind kind);
	/* The vCPU enters with this many list registers in use, its PHASE_ENTER comes next. */
	void (*enter)(void *ctx, const struct smp_at *at, unsigned lrs);
	/* The exit that began at `since` turned out to be of this kind, and is handled. */
	void (*handled)(void *ctx, const struct smp_at *at, enum exit_kind kind, uint64_t since);
	/* An interrupt on its way (EXPIRE, SEND and PEND only in a replay). */
	void (*irq)(void *ctx, const struct smp_at *at, enum smp_irq_step step, enum smp_source src,
		    unsigned peer);
	/* at.vcpu sleeps and is woken; it will run on pCPU `to`. */
	void (*wake)(void *ctx, const struct smp_at *at, unsigned to);
	/* The pCPU switches from the thread of vCPU prev to that of at.vcpu; SMP_NOBODY: idle, or
	 * none of a vCPU. */
	void (*thread)(void *ctx, const struct smp_at *at, unsigned prev);
	/* WFI is over: ns in it, slept or only polled; halt_poll_ns before and after (0 in a
	 * replay). */
	void (*halt)(void *ctx, const struct smp_at *at, uint64_t ns, bool slept, uint64_t poll_old,
		     uint64_t poll_new);
	struct watch *next; /* the list's */
};

/* In the order of watch_add. */
struct watch_list {
	struct watch *first;
};
/* w must last as long as the list is told of something, and be in no other list that is. Once is enough. */
void watch_add(struct watch_list *l, struct watch *w);

/* Tell each watcher of a list. */
#define WATCH(list, member, ...)                                                                   \
	do {                                                                                       \
		for (const struct watch *w_ = (list)->first; w_ != NULL; w_ = w_->next) {          \
			if (w_->member != NULL)                                                    \
				w_->member(w_->ctx, __VA_ARGS__);                                  \
		}                                                                                  \
	} while (0)

#endif
