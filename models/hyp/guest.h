/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What guests do, without their code: when a vCPU leaves the guest by itself and why. Every
 * decision is a function of (seed, vCPU, stream, number), so a vCPU's life does not depend on the
 * others, nor on how it is scheduled.
 */
#ifndef EL2SIM_HYP_GUEST_H
#define EL2SIM_HYP_GUEST_H

#include "models/hyp/exits.h"
#include "sim/base/opt.h"

/* Laws of the guest time between two exits. */
#define GUEST_LAWS(X)                                                                              \
	X(CONSTANT, "constant")                                                                    \
	X(EXPONENTIAL, "exponential")                                                              \
	X(BURSTY, "bursty") /* exponential, in bursts with pauses between them */

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
};

/* Rows with offsets into struct workload: [workload], and [mix] with a key for each kind that a
 * guest can cause. free() them after the option set. */
struct opt_row *workload_opt_rows(size_t *n);
/* ERR_CONFIG when the mix is empty. */
int workload_check(const struct workload *w, struct err *e);
/* A kind that [mix] may contain: a synchronous exit that ends with its only entry. */
bool workload_kind(enum exit_kind k);

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

struct guest {
	const struct workload *w;
	uint64_t seed, hz; /* hz of the CPU: gaps are cycles */
	uint32_t vcpu;
	uint64_t drawn[STREAM_COUNT];
	uint64_t mix_total;
};

/* w: checked, must last. */
void guest_init(struct guest *g, const struct workload *w, uint64_t seed, uint32_t vcpu,
		uint64_t hz);
/* Cycles in the guest until its next exit by itself, at least 1. */
uint64_t guest_gap(struct guest *g);
enum exit_kind guest_kind(struct guest *g);
bool guest_uses_fp(struct guest *g);
/* A number below n (n >= 1). */
uint64_t guest_below(struct guest *g, enum guest_stream s, uint64_t n);
/* An exponentially distributed number of cycles, at least 1. */
uint64_t guest_exponential(struct guest *g, enum guest_stream s, uint64_t mean);

/* The n-th random number of a stream: mixing, no state. */
uint64_t guest_random(uint64_t seed, uint32_t vcpu, uint32_t stream, uint64_t n);

#endif
