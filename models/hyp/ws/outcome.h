/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run of the switch program came to, whoever ran it: the replay of a trace, a host in simulated time, a trace
 * that is played in simulated time. Every engine fills it, while it runs; reports, commands, metrics, gates and the
 * library read nothing else.
 *
 * Counts are exact and every engine has them. Times, latencies and scheduling are of engines with a clock.
 */
#ifndef EL2SIM_HYP_OUTCOME_H
#define EL2SIM_HYP_OUTCOME_H

#include "models/hyp/kvm/exits.h"
#include "models/hyp/ws/account.h"
#include "models/hyp/ws/vflag_plan.h"
#include "sim/base/hist.h"

/* What happens, counted: id, title, help. */
#define OUTCOME_COUNTS(X)                                                                           \
	X(loads, "loads", "vcpu_load")                                                              \
	X(puts, "puts", "vcpu_put")                                                                 \
	X(entries, "entries", "guest entries")                                                      \
	X(exits, "exits", "guest exits")                                                            \
	X(user_exits, "user exits", "exits that the VMM handled")                                   \
	X(fp_traps, "FP traps", "first uses of FP/SIMD since vcpu_load that trapped")               \
	X(blocks, "blocks", "WFI that put the thread to sleep")                                     \
	X(poll_hits, "poll hits", "WFI that ended while the host polled")                           \
	X(preemptions, "preemptions", "threads put off their pCPU while they could run")            \
	X(migrations, "migrations", "threads picked by another pCPU than the last one")             \
	X(sgis, "SGIs", "SGIs between vCPUs")                                                       \
	X(injected, "injected", "virtual interrupts in list registers at an entry")

/* From blocks on only engines with a clock count. */
struct outcome_counts {
#define X(id, title, help) uint64_t id;
	OUTCOME_COUNTS(X)
#undef X
};

/* Where time goes: id, name, help. */
#define OUTCOME_TIMES(X)                                                                            \
	X(GUEST, "guest", "the guest runs")                                                         \
	X(SWITCH, "switch", "load, entry, exit, put")                                               \
	X(HANDLE, "handling",                                                                       \
	  "the host kernel's path between exit and entry, interrupts, thread switches")             \
	X(USER, "user", "the VMM")                                                                  \
	X(POLL, "poll", "halt polling: the vCPU waits in WFI on its pCPU")                          \
	X(IDLE, "idle", "pCPU: nothing to run")                                                     \
	X(BLOCKED, "blocked", "vCPU: asleep in WFI")                                                \
	X(STEAL, "steal", "vCPU: could run and waits for a pCPU")

enum outcome_time {
#define X(id, name, help) TIME_##id,
	OUTCOME_TIMES(X)
#undef X
	TIME_COUNT
};
const char *outcome_time_name(enum outcome_time t);
const char *outcome_time_help(enum outcome_time t);

/* Latencies, in nanoseconds: id, name, help. */
#define OUTCOME_LATENCIES(X)                                                                        \
	X(HANDLING, "exit handling", "from a guest exit to the next entry, sleep not included")     \
	X(TIMER, "timer", "from a timer's deadline to the entry with its interrupt")                \
	X(SGI, "IPI", "from the sending of an SGI to the receiver's entry with it")                 \
	X(DEVICE, "device", "from a device interrupt to the entry with it")                         \
	X(WAKE, "wake-up", "from the wake-up of a sleeping vCPU to its pCPU's thread switch")

enum outcome_latency {
#define X(id, name, help) LAT_##id,
	OUTCOME_LATENCIES(X)
#undef X
	LAT_COUNT
};
const char *outcome_latency_name(enum outcome_latency l);

struct outcome_vcpu {
	int32_t pid;       /* of a recorded thread; 0: simulated */
	char vm_name[16];  /* recorded: vCPU threads of one name are one VM */
	uint32_t number;   /* that its VM, or the simulated machine, knows it by; UINT32_MAX: not told */
	unsigned vm, cls;  /* from 0; class of the workload */
	uint64_t guest_ns; /* residency: kvm_entry to kvm_exit, the switch on both sides in it */
	struct outcome_counts n;
	struct ws_totals totals;
	uint64_t time[TIME_COUNT]; /* cycles; 0 without a clock */
};

/* Instructions of the kernel's C code, measured, and the cycles that they take. */
struct outcome_path {
	uint64_t insns, cycles;
};

struct outcome_kind {
	uint64_t count;
	uint64_t more_scheds; /* times scheduled out and in beyond what the kind's own sequence has */
	uint64_t guest_ns;    /* residency before these exits (recorded) */
	struct ws_totals totals;
	struct outcome_path path; /* an engine with a clock charges it, else path_cost_charge */
};

/* Of a class of vCPUs. */
struct outcome_class {
	const char *name;
	uint64_t weight;
};

/* Exits after a long residency, and waits that were long: what the profile's [cost] cold adds to their cycles. */
struct outcome_cold {
	bool counted; /* false: the profile says nothing of it */
	uint64_t exits, cycles;
};

/* What only an engine with a clock has. Strings are the engine's. */
struct outcome_clock {
	uint64_t hz, end;         /* cycles that were simulated */
	uint64_t end_ns;
	uint64_t duration_us;     /* that counts: asked for, less the warm-up */
	uint64_t warmup_us;       /* before that, not counted */
	uint64_t seed, vms, vcpu_bytes;
	const char *sched;        /* which thread runs where */
	char *setup;              /* every option of the simulated machine: two of one setup are of one size */
	bool as_recorded;         /* times are the recording's, the modelled cycles are part of none */
	struct outcome_class *cls;
	size_t n_cls;
	unsigned n_cpu;
	uint64_t (*pcpu)[TIME_COUNT]; /* cycles of each pCPU */
	struct outcome_path path;     /* of all exits, those too that the end cut off */
	struct outcome_cold cold;
	struct hist latency[LAT_COUNT];
};

/* What only a trace has. */
struct outcome_trace {
	uint64_t sched_outs;
	uint64_t inferred;   /* of sched_outs: no event, but the vCPU went on on another CPU */
	uint64_t unfinished; /* exits whose next entry is not in the trace */
	uint64_t lost_entries, lost_exits; /* kvm_exit without its kvm_entry and the other way round */
	uint64_t first_ns, last_ns;
};

/* Exits of one kind from one function of a guest that executes, and the cycles that they took. */
struct outcome_site {
	const char *function;
	unsigned kind; /* enum exit_kind */
	uint64_t count;
	uint64_t cycles;   /* of switch and kernel, of which ... */
	uint64_t switched; /* ... those of the switch: load, entry, exit, put */
	uint64_t vmm;      /* in the VMM */
};

/* A VM whose guest executes code. */
struct outcome_guest {
	char *image, *format;    /* file, and what it is */
	char *core, *models;     /* who executed it: the machine whose core it is; what of it is modelled beside instructions, or "none" */
	char *features;          /* of that core, the names of a64_feats.def */
	char *end;               /* how it ended, a sentence */
	char *tell;              /* registers and last exits of its vCPUs */
	char *console;           /* what it wrote */
	bool good;               /* it ended by itself, or its time was over */
	unsigned vm, vcpus;
	uint64_t insns, cycles;  /* executed, and what they took */
	uint64_t pages;          /* that stage 2 maps, of 4 KiB */
	uint64_t nowhere, nowhere_at; /* accesses to addresses where nothing is, and the first of these */
	struct outcome_site *site; /* dearest first */
	size_t n_sites;
};

struct outcome {
	const struct ws_prog *prog;
	struct outcome_counts n;
	struct ws_totals total, phase[PHASE_COUNT];
	uint64_t phase_runs[PHASE_COUNT]; /* HANDLE: components */
	struct outcome_kind kind[EXIT_COUNT];
	struct ws_totals idle;       /* of pCPUs that run no vCPU's thread */
	struct ws_totals unfinished; /* exits that the end of a simulation cut off */
	uint64_t lr_used[16];        /* entries that filled list register k */
	struct outcome_vcpu *vcpu;
	size_t n_vcpu, room_vcpu;
	struct outcome_trace trace;
	struct outcome_clock *clock; /* NULL: no time passes */
	struct outcome_guest *guest; /* of VMs that execute code */
	size_t n_guests;

	/* after outcome_end */
	uint64_t *exec; /* executions of each op of the program */
	struct account account;
	struct vflag_tally flags;
};

/* A workload was simulated: what happened was made up, not recorded. */
static inline bool outcome_simulated(const struct outcome *o)
{
	return o->clock != NULL && !o->clock->as_recorded;
}

/* Nothing happened yet; outcome_free takes what it points to. */
void outcome_init(struct outcome *o, const struct ws_prog *p);
void outcome_free(struct outcome *o);
/* Give it a clock of so many pCPUs. */
struct outcome_clock *outcome_clock(struct outcome *o, uint64_t hz, unsigned n_cpu);
/* Room for so many vCPUs, which then stay where they are. */
void outcome_room(struct outcome *o, size_t n_vcpu);
/* One more vCPU, all zero. */
struct outcome_vcpu *outcome_vcpu(struct outcome *o);
/* From now on it counts: forget what happened, but not who the vCPUs are. */
void outcome_restart(struct outcome *o);

struct runner;

/* Executions and uses of flags up to a moment: those before a window. All zero: from the beginning. */
struct outcome_mark {
	uint64_t *exec;
	struct vflag_tally flags;
};
void outcome_mark(struct outcome_mark *m, const struct outcome *o, const struct runner *r);
void outcome_mark_free(struct outcome_mark *m);
/*
 * The run is over: take the executions of each op, less those before since (NULL: none), and what follows from them.
 */
void outcome_end(struct outcome *o, const struct runner *r, const struct outcome_mark *since);

/*
 * Conservation: totals over phases, kinds, vCPUs and ops agree, and the times of each pCPU and vCPU add up to the time
 * that was simulated. ERR_MODEL naming the first sum that does not.
 */
int outcome_check(const struct outcome *o, struct err *e);

/* Reads and writes of system registers. */
static inline uint64_t outcome_accesses(const struct ws_totals *t)
{
	return t->n[CNT_read] + t->n[CNT_write];
}

/* Time of all pCPUs, or of all vCPUs, that went there, in cycles. */
uint64_t outcome_pcpu_time(const struct outcome *o, enum outcome_time t);
uint64_t outcome_vcpu_time(const struct outcome *o, enum outcome_time t);
/* The same as a share of their time, in thousandths of a percent, however long the run and however many they are. */
int64_t outcome_pcpu_share(const struct outcome *o, enum outcome_time t);
int64_t outcome_vcpu_share(const struct outcome *o, enum outcome_time t);

#endif
