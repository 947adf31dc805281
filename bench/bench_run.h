/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of el2sim_bench share. */
#ifndef EL2SIM_BENCH_RUN_H
#define EL2SIM_BENCH_RUN_H

#include "bench/bench.h"
#include "models/cpu/machine.h"
#include "models/hyp/ws/wswitch.h"
#include "sim/base/opt.h"

struct bench {
	struct machine machine;
	struct opt_set *set;
	char dir[64];
	bool own_dat; /* the trace.dat is the caller's */
	struct rep *rep;
	struct bench_figures figures;
};


/* The model's program for the machine; NULL with ERR_MODEL. */
struct ws_prog *bench_compile(const struct bench *b, const struct ws_model *m, struct err *e);
/* Tables of replays and imports, dat: the trace.dat to import. ERR_IO, ERR_INPUT. */
int bench_traces(struct bench *b, const char *dat, struct err *e);

#endif
