/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All interleavings of what can happen to a few vCPUs on a few pCPUs, each state under the oracle and under the
 * rules of the vCPU flags. Breadth first: the first violation comes with a shortest story.
 *
 *	x = explore_new(prog, &options);
 *	end = explore_run(x);
 *	if (explore_violations(x, &n), n != 0) story = explore_story(x, 0);
 *
 * States are kept whole, in a compact form without loss (the block of each vCPU and each pCPU once): two states are
 * the same only if they are equal, there are no hash collisions. Versions of values are left out: only whether a
 * copy is the latest decides what happens next, so the states of a finite machine are finitely many.
 */
#ifndef EL2SIM_EXPLORE_EXPLORE_H
#define EL2SIM_EXPLORE_EXPLORE_H

#include "models/hyp/kvm/exits.h"
#include "models/hyp/ws/wswitch.h"
#include "models/hyp/check/oracle.h"
#include "models/hyp/kvm/vflags.h"

struct pool;

#define EXPLORE_MAX 4 /* vCPUs, pCPUs, VMs */

enum xevent_row {
#define XEVENT(id, args, function, what) XE_##id,
#include "models/hyp/explore/explore.def"
	XE_COUNT
};
enum xevent_args { XARG_NONE, XARG_PCPU, XARG_STATE, XARG_KIND, XARG_TARGET };
const char *xevent_name(enum xevent_row r);
const char *xevent_function(enum xevent_row r);
const char *xevent_what(enum xevent_row r);
enum xevent_args xevent_args(enum xevent_row r);
bool xevent_by_name(const char *name, enum xevent_row *r);

/* Something that happens: to whom, where, with what. */
struct xevent {
	uint8_t row, vcpu, pcpu;
	uint8_t arg; /* STATE: index of entry states; KIND: index of kinds (| XLR_LIVE); TARGET: vCPU */
};
#define XLR_LIVE 0x80 /* a list register still holds an interrupt at exit */

/* How run-time conditions of an entry are chosen. */
enum explore_states {
#define EXPLORE_STATES(X)                                                                           \
	X(XS_NONE, "none", "no condition holds")                                                    \
	X(XS_EACH, "each", "none, each alone, all together")                                        \
	X(XS_ALL, "all", "every combination")
#define X(id, name, help) id,
	EXPLORE_STATES(X)
#undef X
	XS_COUNT
};

struct explore_options {
	unsigned vcpus, pcpus, vms; /* 1..EXPLORE_MAX; vCPU v belongs to VM v % vms */
	unsigned depth;             /* events; 0: until no new state is found */
	enum explore_states states;
	bool all;                   /* go on after a violation and collect the distinct ones */
	bool no_symmetry, no_order; /* without the reduction: as a check of it */
	bool no_memory;             /* every event run in the whole state, none looked up: as a check of that */
	uint64_t memory;            /* bytes for states; 0: no bound */
	struct pool *pool;          /* NULL: one thread. Results are the same with any */
	/* asked now and then: false ends the search. May be NULL */
	bool (*go_on)(void *self, uint64_t states, unsigned depth);
	void *self;
};
void explore_options_init(struct explore_options *o); /* 2 vCPUs of one VM on 2 pCPUs, no bound */

enum explore_end {
#define EXPLORE_ENDS(X)                                                                             \
	X(XEND_CLOSED, "closed", "every reachable state was seen")                                  \
	X(XEND_DEPTH, "depth", "the depth asked for was reached")                                   \
	X(XEND_VIOLATION, "violation", "a violation was found")                                     \
	X(XEND_MEMORY, "memory", "the memory for states is used up")                                \
	X(XEND_STOPPED, "stopped", "the time is up")
#define X(id, name, help) id,
	EXPLORE_ENDS(X)
#undef X
	XEND_COUNT
};
const char *explore_end_name(enum explore_end e);
const char *explore_end_what(enum explore_end e);

struct explore_stats {
	uint64_t states;      /* distinct, up to a renaming of vCPUs and pCPUs */
	uint64_t transitions; /* events run */
	uint64_t left_out;    /* events not run: independent of the one before, so seen in the other order */
	uint64_t bytes;       /* memory of the states */
	unsigned depth;       /* every state up to it was seen, and every event from states before it run */
};

/* A violation: of the oracle, or of a rule of the flags. */
struct xviolation {
	bool flag;            /* rule is an enum vflag_rule */
	uint8_t rule;
	const char *words;    /* stale read, not_consumed */
	const char *what;     /* register, barrier, or flag */
	enum sysreg place;    /* for oracle_text; SR_NONE: no register */
	const char *function;
	enum ws_phase phase;  /* PHASE_COUNT: no component */
	size_t op;            /* SIZE_MAX: none */
	unsigned vcpu, pcpu;  /* as the search named them; stories have their own names */
	unsigned length;      /* events to it, itself included */
	char text[360];
};

struct explore;
/* p must last. */
struct explore *explore_new(const struct ws_prog *p, const struct explore_options *o);
void explore_free(struct explore *x);
enum explore_end explore_run(struct explore *x);
const struct explore_stats *explore_stats(const struct explore *x);
/* Distinct violations in the order in which they were found: the shortest first. */
const struct xviolation *explore_violations(const struct explore *x, size_t *n);
/* Events up to violation i, from the beginning; *n gets their number. Free with free(). */
struct xevent *explore_path(const struct explore *x, size_t i, size_t *n);
/* Violation i as it shows at the end of that path: vCPUs and pCPUs by the path's names. */
void explore_told(const struct explore *x, size_t i, struct xviolation *out);
/*
 * Digests of the states seen, each up to a renaming of vCPUs and pCPUs, sorted, each once: the same for searches that
 * saw the same. Free with free().
 */
uint64_t *explore_digests(struct explore *x, size_t *n);

/* ---- a machine that events happen to, for the search, for stories and for tests ---- */

struct xworld;
struct xworld *xworld_new(const struct ws_prog *p, unsigned vcpus, unsigned pcpus, unsigned vms, enum explore_states states);
void xworld_free(struct xworld *w);
#define XEVENTS_MAX 1280
/* What can happen now, in table order; returns how many. */
size_t xworld_events(const struct xworld *w, struct xevent out[static XEVENTS_MAX]);
bool xworld_possible(const struct xworld *w, struct xevent ev);
/* Why an event cannot happen, for a message. */
const char *xworld_why_not(const struct xworld *w, struct xevent ev);
/* Let it happen; it must be possible. Violations of it: xworld_violations, until the next event. */
void xworld_do(struct xworld *w, struct xevent ev);
const struct xviolation *xworld_violations(const struct xworld *w, size_t *n);
const struct oracle *xworld_oracle(const struct xworld *w);
/* Flags of a vCPU that are set, "SYSREGS_ON_CPU DEBUG_DIRTY". Returns buf. */
const char *xworld_flags(const struct xworld *w, unsigned vcpu, char *buf, size_t n);
/* The event with its argument in words: "exit (sysreg_vm)". Returns buf. */
const char *xworld_words(const struct xworld *w, struct xevent ev, char *buf, size_t n);
/* What will run, in words: "access_vm_reg: EL1 translation register ...". Call before xworld_do. Returns buf. */
const char *xworld_runs(const struct xworld *w, struct xevent ev, char *buf, size_t n);
/* The argument as a word of a story file ("" if none), and back: false if there is none such. */
const char *xworld_arg(const struct xworld *w, struct xevent ev, char *buf, size_t n);
bool xworld_arg_parse(const struct xworld *w, const char *word, struct xevent *ev);
/* Exit kinds that are tried, and the kinds that each stands for. */
size_t xworld_kinds(const struct xworld *w);
enum exit_kind xworld_kind(const struct xworld *w, size_t i);
/* Next kind after k (EXIT_COUNT: from the first) that kind i stands for; EXIT_COUNT: no more. */
enum exit_kind xworld_same_kind(const struct xworld *w, size_t i, enum exit_kind k);

#endif
