/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event kernel: the rules of IEEE 1666 (SystemC) for events and method processes, no threads.
 *
 *	evaluate   run every runnable process to completion, in the order they became runnable
 *	update     apply what was requested with sk_request_update
 *	delta      notify the events of sk_notify_delta; did a process become runnable: evaluate
 *	advance    time goes to the earliest timed notification; those of one time in their order
 *
 * Everything is intrusive: events, processes, waits and updates are members of the caller's
 * structs, found back with container_of, and must stay where they are while the kernel knows them.
 * Memory is taken in sk_event_init only. Time is in picoseconds; sim/kernel/clk.h makes it from
 * cycles.
 */
#ifndef EL2SIM_KERNEL_SK_H
#define EL2SIM_KERNEL_SK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/err.h"
#include "sim/kernel/list.h"

#define SK_NEVER UINT64_MAX /* no time: nothing is pending, or run until nothing is */

struct sk;
struct sk_proc;
struct sk_update;
struct sk_hooks;

typedef void sk_run_fn(struct sk *k, struct sk_proc *self);
typedef void sk_apply_fn(struct sk *k, struct sk_update *self);

/* ---- types: members are the kernel's, but for what a comment offers ---- */

enum sk_pending { SK_NONE, SK_DELTA, SK_TIMED };

struct sk_event {
	const char *name;
	enum sk_pending pending;
	uint32_t id;         /* index of sk.event and sk.timer */
	struct list delta;   /* in sk.deltas while SK_DELTA */
	struct list waiters; /* of sk_wait.link */
};

enum sk_wait_kind { SK_WAIT_STATIC, SK_WAIT_DYNAMIC, SK_WAIT_TIMEOUT };

/* One process that waits for one event. */
struct sk_wait {
	struct list link; /* in sk_event.waiters */
	struct sk_proc *proc;
	struct sk_event *event; /* set by the caller for sk_wait_any and sk_wait_all */
	enum sk_wait_kind kind;
};

struct sk_proc { /* what a time-out touches stands together, the event last: sk_queue.c fetches it and what is before it */
	sk_run_fn *run;
	struct list queued;     /* in sk.runnable */
	struct sk_wait *waits;  /* dynamic sensitivity, NULL if it is static */
	size_t n_waits, n_left; /* n_left: events still to come before it runs */
	bool timed_out;         /* readable: the last dynamic wait ended by its time */
	struct sk_wait on_timeout;
	struct sk_event timeout;
	struct sk_wait one;
	const char *name;
};

/* Two-phase values: what apply does is seen by nobody before the update phase. */
struct sk_update {
	sk_apply_fn *apply;
	struct list queued; /* in sk.updates */
};

/*
 * What a tracer, a statistics collector or a co-simulator hangs on; a member may be NULL. Hooks are
 * called in the order of sk_hook; their owner is found with container_of. They may notify events,
 * but not wait.
 */
struct sk_hooks {
	/* everything exists, nothing ran */
	void (*end_of_elaboration)(struct sk *k, struct sk_hooks *self);
	/* last chance before the first process */
	void (*start_of_simulation)(struct sk *k, struct sk_hooks *self);
	/* p runs next */
	void (*activate)(struct sk *k, struct sk_hooks *self, struct sk_proc *p);
	/* evaluation and update are done */
	void (*delta)(struct sk *k, struct sk_hooks *self);
	/* from sk_now(k) to `to` */
	void (*time_advance)(struct sk *k, struct sk_hooks *self, uint64_t to);
	void (*end_of_simulation)(struct sk *k, struct sk_hooks *self);
	struct list link;
};

/* What sk_init can be asked for: the hard mode of the tests. */
enum sk_flags {
	SK_REVERSE = 1, /* same-time events and processes in reverse order: may change nothing */
	SK_MOVE = 2,    /* the timers move, the old ones are poisoned, at each timed notification */
};

/* A timed notification, by the event's id; apart from the events: moving it touches little memory. */
struct sk_timer {
	uint64_t at;
	uint32_t next, prev; /* ids, in its list */
	uint32_t ahead;      /* one that came some places later into the list that it came into: a hint for the caches */
	struct sk_event *event;
};

#define SK_AHEAD 4 /* places */

/* A list of the queue (sk_queue.h). */
struct sk_timers {
	uint32_t first, last;
	uint32_t recent[SK_AHEAD]; /* that came last, in turns */
	unsigned n_recent;
	uint32_t n;
	uint32_t soonest;	   /* the first of the earliest time, if that is sure */
	uint64_t earliest, latest; /* bounds of its times; sure: there is one of the earliest */
	bool sure, sorted;
};
#define SK_LEVELS 11 /* of 64 lists each, 6 bits of time */

enum sk_phase { SK_ELABORATION, SK_IDLE, SK_EVALUATE, SK_UPDATE, SK_NOTIFY, SK_ENDED };

struct sk {
	uint64_t now, deltas_done, activations;
	/* Runaway limit: activations without an advance of time; may be set by the caller. */
	uint64_t max_activations;
	/* For tests: which of the runnable processes is next; NULL: the first. */
	struct sk_proc *(*pick)(struct sk *k, void *ctx);
	void *pick_ctx;

	enum sk_phase phase;
	unsigned flags;
	bool stopping, failed;
	struct err error;
	uint64_t activations_before; /* ... before the last advance of time */
	struct sk_proc *current;
	struct list runnable, deltas, updates, hooks;
	struct sk_timer *timer; /* by the events' ids */
	size_t cap_timers, n_events;
	uint64_t base;
	uint64_t full[SK_LEVELS]; /* bit: list is not empty */
	uint32_t levels;          /* bit: level has any */
	struct sk_timers due;     /* of base itself */
	struct sk_timers *list;   /* by level, then by digit */
};

/* ---- life ---- */

/* flags: of enum sk_flags, 0 for none. Free with sk_fini; what the caller owns is not touched. */
void sk_init(struct sk *k, unsigned flags);
void sk_fini(struct sk *k);
void sk_hook(struct sk *k, struct sk_hooks *h);

/*
 * Run everything up to and including the time `until`, which is then the time now; SK_NEVER: until
 * nothing is pending. The first call ends elaboration. Returns early, with 0, after sk_stop. -1
 * with *e filled after sk_fail, and from every later call. until < now is BUG().
 */
int sk_run_until(struct sk *k, uint64_t until, struct err *e);
/* The current delta cycle is the last one; sk_run_until does nothing any more. */
void sk_stop(struct sk *k);
/* As sk_stop, and sk_run_until returns -1 with this sentence (the first one wins). */
void sk_fail(struct sk *k, enum err_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Call the end_of_simulation hooks, once, after the last sk_run_until. */
void sk_end(struct sk *k);

/* Picoseconds since the start. */
static inline uint64_t sk_now(const struct sk *k)
{
	return k->now;
}

/* When something is due next: now, if a process, update or delta notification waits; SK_NEVER if
 * nothing is. */
uint64_t sk_next_time(const struct sk *k);

/* ---- events ---- */

/* name is kept, not copied. */
void sk_event_init(struct sk *k, struct sk_event *ev, const char *name);

/*
 * An event has at most one notification pending. sk_notify: at once, and what was pending is
 * cancelled. sk_notify_delta: after this update phase, in place of a timed one. sk_notify_after and
 * _at: of two timed ones the earlier wins, a delta one wins over both; a delay of 0 is
 * sk_notify_delta. A time over 64 bits or in the past is sk_fail(ERR_MODEL). sk_notify in the
 * update phase is BUG(). A process does not wake itself with sk_notify.
 */
void sk_notify(struct sk *k, struct sk_event *ev);
void sk_notify_delta(struct sk *k, struct sk_event *ev);
void sk_notify_after(struct sk *k, struct sk_event *ev, uint64_t delay);
void sk_notify_at(struct sk *k, struct sk_event *ev, uint64_t at);
void sk_cancel(struct sk *k, struct sk_event *ev);

/* When the event is due; now for a delta notification, SK_NEVER for none. */
uint64_t sk_due(const struct sk *k, const struct sk_event *ev);

/* ---- processes ---- */

/* The process runs once at the start, unless sk_dont_initialize takes it back; then when triggered.
 */
void sk_proc_init(struct sk *k, struct sk_proc *p, const char *name, sk_run_fn *run);
void sk_dont_initialize(struct sk *k, struct sk_proc *p);

/* Static sensitivity: p runs whenever ev is notified and p waits for nothing else. w: storage, one
 * per call. */
void sk_sensitive(struct sk *k, struct sk_proc *p, struct sk_wait *w, struct sk_event *ev);

/*
 * Dynamic sensitivity: only this triggers p next, instead of its static sensitivity. From within p,
 * or before the simulation starts; the last call of an activation counts. sk_wait_any: one of the
 * events; sk_wait_all: each of them since now; w: n >= 1 structs with the event set that last until
 * then. _or_time: or the delay is over (timed_out says so).
 */
void sk_wait_event(struct sk *k, struct sk_proc *p, struct sk_event *ev);
void sk_wait_time(struct sk *k, struct sk_proc *p, uint64_t delay);
void sk_wait_event_or_time(struct sk *k, struct sk_proc *p, struct sk_event *ev, uint64_t delay);
void sk_wait_any(struct sk *k, struct sk_proc *p, struct sk_wait *w, size_t n);
void sk_wait_all(struct sk *k, struct sk_proc *p, struct sk_wait *w, size_t n);
void sk_wait_static(struct sk *k, struct sk_proc *p);

/* ---- two-phase values ---- */

/* apply runs in the update phase of this delta cycle, once for any number of requests. u starts as
 * { .apply = f }. */
void sk_request_update(struct sk *k, struct sk_update *u);

/* A value that changes for everyone at once; `changed` is notified (delta) when it does. */
struct sk_signal {
	uint64_t value; /* readable */
	uint64_t next;
	struct sk_event changed;
	struct sk_update update;
};

void sk_signal_init(struct sk *k, struct sk_signal *s, const char *name, uint64_t value);
/* Of several writes in one delta cycle the last counts. */
void sk_write(struct sk *k, struct sk_signal *s, uint64_t value);

#endif
