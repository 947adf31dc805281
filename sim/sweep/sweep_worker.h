/* SPDX-License-Identifier: Apache-2.0 */
/* The process that runs points, one after the other, for sweep_point.c only. */
#ifndef EL2SIM_SWEEP_SWEEP_WORKER_H
#define EL2SIM_SWEEP_SWEEP_WORKER_H

#include <sys/resource.h>

#include "sim/sweep/sweep.h"

#define WORKER_MAGIC UINT64_C(0x706f696e74313235)

struct worker_how {
	const struct sweep_plan *plan;
	cmd_fn *program;
	int channel, complain; /* socket: numbers of points come, results go; file in memory for standard error */
	unsigned workers;      /* at a time */
};

/* A result: this, then error (with its terminator), packed report, metrics (metrics_pack). */
struct worker_head {
	uint64_t magic;
	uint64_t error_bytes, report_bytes, metric_bytes, n_metric;
	uint64_t cpu_us, rss_kib;
	int32_t status, code;
};

/* In the child: points (uint64_t each) until the channel is closed. */
_Noreturn void worker_main(const struct worker_how *how);

/* n bytes through the channel; false: the other end is gone. */
bool worker_send(int fd, const void *data, size_t n);
bool worker_receive(int fd, void *data, size_t n);
/* Microseconds of processor time, user and system. */
uint64_t worker_cpu_us(const struct rusage *use);
/* All of a file, terminated; free it. */
char *worker_file(int fd, size_t *n);

#endif
