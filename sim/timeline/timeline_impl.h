/* SPDX-License-Identifier: Apache-2.0 */
/* The insides of a timeline, for its writers. */
#ifndef EL2SIM_TIMELINE_TIMELINE_IMPL_H
#define EL2SIM_TIMELINE_TIMELINE_IMPL_H

#include "sim/base/str.h"
#include "sim/timeline/timeline.h"

/* What an event is, and what its fields are then. Slices have a length, the others are moments. */
enum tl_what {
	TL_THREAD, /* slice of a pCPU: the thread of vcpu, SMP_NOBODY: of none */
	TL_RAN,	   /* slice of a pCPU: phase; value: component, COMP_COUNT: measured path */
	TL_STATE,  /* slice of a vCPU; value: enum smp_state */
	TL_EXIT,   /* slice of a vCPU: from an exit to the next entry; value: enum exit_kind */
	TL_LRS,	   /* value: list registers in use */
	TL_IRQ,	   /* step: enum smp_irq_step, src: enum smp_source, value: peer */
	TL_WAKE,   /* of vcpu; value: pCPU that it goes to */
	TL_POLL,   /* value: halt_poll_ns from now on */
	TL_LOADED, /* value 1: vcpu is loaded from now on, 0: no more */
	TL_DEAD,   /* nothing: joined with the one before */
	TL_WHAT_COUNT
};

struct tl_event {
	uint64_t ns, dur;
	uint32_t cpu, vcpu, value;
	uint32_t flow, flow_end; /* flows that leave here, or end here; 0: none */
	uint32_t cycles, reads, writes; /* TL_RAN */
	uint8_t what;		 /* enum tl_what */
	uint8_t phase;		 /* TL_RAN: enum ws_phase */
	uint8_t step, src;	 /* TL_IRQ */
};

/* Beginning or end of an event; sorted by time, ends before what begins at the same time. What has no length has no end. */
struct tl_point {
	uint64_t ns;
	uint32_t event;
	bool end;
};

/* A pCPU or vCPU while events are collected. */
struct tl_entity {
	struct {
		bool known;
		uint32_t cpu, vcpu, value;
	} before[TL_WHAT_COUNT]; /* how things stood when the window began */
	uint64_t cursor; /* pCPU, vCPU of a replay: end of what was laid out so far */
	uint64_t exit_ns;
	uint32_t exit_flow, wake_flow, kick_flow, irq_flow[SRC_COUNT];
	uint32_t thread; /* pCPU: whose runs, +1; 0: not known */
	bool in_exit, used; /* used: has events */
	size_t last; /* while lengths are worked out: its last slice, +1 */
};

struct timeline {
	struct timeline_options o;
	struct watch hooks;
	struct smp *m;	/* NULL: a replay */
	uint64_t hz;
	uint64_t base_ns, from_ns, to_ns; /* time 0 of the window; the window, absolute */
	bool begun;
	struct tl_event *ev;
	size_t n, cap;
	struct tl_entity *cpu, *vcpu;
	unsigned n_cpu, n_vcpu;
	uint32_t flows;
	int64_t loaded; /* vCPUs when the window began */

	/* after the run */
	const struct outcome *out;
	const char *about;
	uint64_t end_ns;
	struct tl_point *point;
	size_t n_point;

	/* what was left out */
	bool full;
	uint64_t cut_ns;	      /* time of the first event over the limit */
	uint64_t over, outside;	      /* events over the limit, outside the window */
	uint64_t short_n, short_ns;   /* shorter than asked for */
	uint64_t after;		      /* after the end of the run */
	uint64_t moved;		      /* of a replay: parts that begin later, since what is before takes longer */
};

/* "VM 0" or the trace's name; "vCPU 3", of a trace with its thread. */
void tl_vm_name(const struct timeline *t, unsigned vm, struct str *b);
void tl_vcpu_name(const struct timeline *t, unsigned vcpu, struct str *b);
unsigned tl_vm_of(const struct timeline *t, unsigned vcpu);
/* On a track of a pCPU, not of a vCPU. */
bool tl_of_cpu(const struct tl_event *e);
/* One sentence per thing that is left out; returns how many. The caller frees all. */
#define TL_LEFT_OUT_MAX 5
unsigned tl_left_out(const struct timeline *t, struct str line[static TL_LEFT_OUT_MAX]);

/* One writer per row of TIMELINE_FORMATS. Write errors stay in f. */
typedef void tl_writer(const struct timeline *t, FILE *f);
#define X(id, name, endings, help) tl_writer tl_write_##id;
TIMELINE_FORMATS(X)
#undef X

#endif
