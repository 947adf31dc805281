/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What guests do by themselves: a guest answers what it does next (struct guest_act), the simulated machine does the rest. Guests are
 * rows (guests.def); the machine knows none of them. The decisions of those that have no code are functions of (seed, vCPU,
 * stream, number), so a vCPU's life does not depend on the others, nor on how it is scheduled.
 */
#ifndef EL2SIM_HYP_GUEST_H
#define EL2SIM_HYP_GUEST_H

#include "models/hyp/kvm/exits.h"
#include "models/hyp/ws/wswitch.h"
#include "sim/base/opt.h"

/* Laws of the guest time between two exits. */
#define GUEST_LAWS(X)                                                                              \
	X(CONSTANT, "constant")                                                                    \
	X(EXPONENTIAL, "exponential")                                                              \
	X(BURSTY, "bursty")     /* exponential, in bursts with pauses between them */              \
	X(RECORDED, "recorded") /* as the tables of quantiles say, per exit kind */

/* What a stage 2 fault of a guest that executes maps: the VMM's memory has pages, or transparent huge pages. */
#define GUEST_STAGE2S(X)                                                                           \
	X(PAGE, "page")                                                                            \
	X(BLOCK, "block")

enum guest_stage2 {
#define X(id, name) STAGE2_##id,
	GUEST_STAGE2S(X)
#undef X
};

/* UARTs of the VMM, as enum vm_uart (models/vm/vm.h) has them. */
#define GUEST_UARTS(X)                                                                             \
	X(PL011, "pl011")                                                                          \
	X(8250, "8250")

enum guest_law {
#define X(id, name) LAW_##id,
	GUEST_LAWS(X)
#undef X
		LAW_COUNT
};

/* [workload] and [mix] */
struct workload {
	const char *title;
	int64_t exits_per_s; /* of guest time, per vCPU */
	int law;             /* enum guest_law */
	int64_t burst_exits, pause_us;
	int64_t timer_hz;  /* of the guest's virtual timer; 0: off */
	int64_t device_hz; /* interrupts of devices, per vCPU; 0: none */
	int64_t ipi_targets;
	int64_t user_ns;         /* in the VMM, per exit to it */
	int64_t fp_permille;     /* entries after which FP is used */
	int64_t mix[EXIT_COUNT]; /* weights */
	const char *gaps;        /* law = recorded: quantiles of the guest time before any exit */
	const char *kind_gaps[EXIT_COUNT]; /* ... before one of a kind, if not "" */
	const char *trace; /* instead of law and mix: what the vCPUs of a recorded trace did */
	const char *guest; /* instead of law, mix and trace: an image that is executed (models/hyp/host/code.h) */
	const char *initrd, *append;
	int64_t memory_mib, counter_hz, quantum, max_instructions;
	int uart;          /* enum vm_uart */
	int stage2;        /* enum guest_stage2 */
	int64_t dirty_log_us; /* 0: no dirty logging */
	int64_t share;     /* of the vCPUs, among the classes that give no number */
	int64_t vcpus;     /* number of vCPUs, 0: by share */
	int64_t weight;    /* of the threads, for a fair scheduler */
	struct workload_class *classes; /* of the file: [class.NAME] */
	const char *section; /* "class.NAME"; NULL: [workload], [mix] and [gaps] */
};

struct workload_class {
	struct workload_class *next; /* in the order of the file */
	struct workload w;
	char *section; /* "class.NAME" */
	struct opt_row *rows;
};

/* Rows with offsets into struct workload: [workload], and [mix] and [gaps] with a key for each kind
 * that a guest can cause. free() them after the option set. */
struct opt_row *workload_opt_rows(size_t *n);
/* Let files have [class.NAME] with the same keys, those of [gaps] as gaps_KIND; workload_free. */
void workload_opt_classes(struct opt_set *set, struct workload *w);
/* Forget the classes, after the option set. */
void workload_free(struct workload *w);

/* The classes of vCPUs: the unnamed one, if it does anything, and the named ones. Next after c;
 * NULL: the first, or no more. */
const struct workload *workload_next(const struct workload *w, const struct workload *c);
/* Name of a class for messages and reports: its title, its NAME. */
const char *workload_name(const struct workload *w, const struct workload *c);
/* Something happens by itself: a mix, a trace or code, in any class. */
bool workload_wanted(const struct workload *w);
/* How many of n vCPUs each class gets, in the order of workload_next. ERR_CONFIG: more asked for
 * than there are, or some are left over. */
int workload_share_out(const struct workload *w, uint64_t n, uint64_t *count, struct err *e);
/* ERR_CONFIG when nothing happens, or a class has law = recorded and no quantiles. */
int workload_check(const struct workload *w, struct err *e);

/* Streams of random numbers of a vCPU. */
enum guest_stream {
	STREAM_GAP,
	STREAM_KIND,
	STREAM_FP,
	STREAM_TARGET,
	STREAM_DEVICE,
	STREAM_PHASE,
	STREAM_MMIO,
	STREAM_COUNT
};

struct guest_class;

/* Quantiles 0, 1/(n-1), ..., 1 of a time, in nanoseconds; between two of them every time is as
 * likely. n = 0: none. */
struct guest_gaps {
	uint64_t *ns;
	size_t n;
};

#define GUEST_QUANTILES_MAX 257

/* Those of a class, from its workload. ERR_CONFIG. */
int guest_gaps_of(struct guest_class *c, struct err *e);

struct guest_ops;

/* What a class of vCPUs draws from; made from its workload. */
struct guest_class {
	const struct workload *w;
	const struct guest_ops *ops;
	struct guest_gaps any, kind[EXIT_COUNT];
	struct recorded *trace; /* models/hyp/replay/recorded.h; NULL: none */
};

/* p: to read a trace with. NULL with ERR_CONFIG, ERR_INPUT. */
struct guest_class *guest_class_new(const struct workload *w, const struct ws_prog *p,
				    struct err *e);
void guest_class_free(struct guest_class *c);

/* What a guest does next: it runs for some time, then it leaves. */
struct guest_act {
	uint64_t cycles; /* in the guest until then, at least 1; an interrupt may come first, the act then still does */
	enum exit_kind kind;
	bool more;        /* no exit yet: it is asked again */
	bool dead;        /* it cannot go on */
	bool located;     /* address and data are known; else the machine makes them up where somebody asks */
	uint64_t address; /* guest-physical, of a fault or of an access to a device */
	uint64_t data;    /* of a write */
	uint64_t syndrome; /* ESR_EL2; 0: as exits of this kind have it */
	uint64_t user_ns; /* of the VMM, if it goes there */
};

struct recorded_exit;

struct guest {
	const struct guest_class *cls;
	struct guest_act act; /* what guest_next answered last */
	uint64_t seed, hz;    /* hz of the CPU: times are cycles */
	uint32_t vcpu;
	uint64_t drawn[STREAM_COUNT];
	union { /* of its row */
		struct code_cpu *code; /* models/hyp/host/code.h */
		uint64_t mix_total;
		struct {
			const struct recorded_exit *exit; /* of the vCPU that it repeats, from exit[at] on */
			size_t n, at;
		} recorded;
	};
	const struct workload *w; /* last: near to what a timer needs of a vCPU (smp.h) */
};

/* One kind of guest. A member may be NULL where it says so. */
struct guest_ops {
	/* A class with this workload has this guest; the first row that says yes. */
	bool (*takes)(const struct workload *w);
	/* What the class needs beside its workload; p: to read a trace with. NULL: nothing. ERR_INPUT. */
	int (*class_init)(struct guest_class *c, const struct ws_prog *p, struct err *e);
	/* A vCPU begins. */
	void (*init)(struct guest *g);
	/* Fill g->act, all zero but for user_ns. */
	void (*next)(struct guest *g);
	/* It has code, and with it interrupts, timers and power of its own: models/hyp/host/code.h. */
	bool executes;
};

/* Rows of guests.def. */
size_t guest_rows(void);
const struct guest_ops *guest_row(size_t i);
const char *guest_row_name(size_t i);

/* Where the output of guests that execute goes, a byte at a time; put NULL: nowhere. */
struct guest_console {
	void (*put)(void *owner, uint8_t byte);
	void *owner;
};

/* A guest of this class on a CPU of this clock; c must last. */
void guest_init(struct guest *g, const struct guest_class *c, uint64_t seed, uint32_t vcpu, uint64_t hz);
/* What it does next; belongs to the guest, until the next call. */
const struct guest_act *guest_next(struct guest *g);
/* It uses FP in the residency that begins. */
bool guest_uses_fp(struct guest *g);
/* A number below n (n >= 1). */
uint64_t guest_below(struct guest *g, enum guest_stream s, uint64_t n);
/* An exponentially distributed number of cycles, at least 1. */
uint64_t guest_exponential(struct guest *g, enum guest_stream s, uint64_t mean);

/* The n-th random number of a stream: mixing, no state. */
uint64_t guest_random(uint64_t seed, uint32_t vcpu, uint32_t stream, uint64_t n);
/* The next one of a guest's stream. */
uint64_t guest_draw(struct guest *g, enum guest_stream s);
/* A time as cycles of the guest's CPU, at least 1. */
uint64_t guest_cycles(const struct guest *g, uint64_t ns);

#endif
