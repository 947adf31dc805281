/* SPDX-License-Identifier: Apache-2.0 */
/* A small table of options for the tests of the engine: one row of every type, names as the program has them. */
#ifndef EL2SIM_TESTS_OPT_ROWS_H
#define EL2SIM_TESTS_OPT_ROWS_H

#include "sim/base/opt.h"

struct sample {
	const char *name, *trace;
	int64_t clock, list_registers, isb, cpi, hvc, tick;
	int model;
	uint64_t features;
	bool counting;
};

#define M(member) offsetof(struct sample, member)

static const char *const sample_models[] = { "linux-6.12-vhe", "linux-6.12-nvhe", "linux-4.15-vhe", NULL };
static const char *const sample_features[] = { "pmu", "sve", "ptrauth", NULL };

static const struct opt_row sample_rows[] = {
	{ "machine", "name", OPT_STR, M(name), "generic", 0, 0, "", NULL, "name of the core type" },
	{ "machine", "clock", OPT_INT, M(clock), "2 GHz", 1000000, 10000000000, "Hz", NULL, "core clock" },
	{ "machine", "list_registers", OPT_INT, M(list_registers), "4", 1, 16, "", NULL, "of the GIC" },
	{ "machine", "tick", OPT_INT, M(tick), "10 ms", 0, 1000000000, "ns", NULL, "period of the host" },
	{ "cost", "isb", OPT_INT, M(isb), "26 cycles", 0, 100000, "cycles", NULL, "of one ISB" },
	{ "cost", "cpi", OPT_FIXED, M(cpi), "0.5", 0, 100000, "instructions", NULL, "of C code" },
	{ "path.hvc_unknown", "length", OPT_INT, M(hvc), "1200", 0, 1000000, "instructions", NULL, "of it" },
	{ "switch", "model", OPT_ENUM, M(model), "linux-6.12-vhe", 0, 0, "", sample_models, "which kernel" },
	{ "vcpu", "features", OPT_FLAGS, M(features), "none", 0, 0, "", sample_features, "what it has" },
	{ "run", "trace", OPT_PATH, M(trace), "", 0, 0, "", NULL, "the trace to replay" },
	{ "run", "counting", OPT_BOOL, M(counting), "no", 0, 0, "", NULL, "count only" },
};

#undef M
#define N_SAMPLE_ROWS (sizeof(sample_rows) / sizeof(sample_rows[0]))

#endif
