/* SPDX-License-Identifier: Apache-2.0 */
/* The switch of a kernel as ops with conditions: what scenes.def made the kernel's own code execute, put together. */
#ifndef EL2SIM_SWITCHCODE_SCENES_H
#define EL2SIM_SWITCHCODE_SCENES_H

#include "models/switchcode/setup.h"

enum swc_cond {
#define SWC_COND(id, name) SWC_##id##_COND,
#include "models/switchcode/scenes.def"
	SWC_CONDS
};
const char *swc_cond_name(enum swc_cond c);

/* The phases of the switch, then parts of the host's path. */
enum swc_phase {
	SWC_LOAD, SWC_ENTER, SWC_EXIT, SWC_PUT, SWC_LAZY,
#define SWC_PART(id, name) SWC_##id,
#include "models/switchcode/scenes.def"
	SWC_PHASES
};
/* "LOAD"; of a part its component. */
const char *swc_phase_name(enum swc_phase phase);
/* Of an op SWC_CALLED: the phase that is run there. */
enum swc_phase swc_marked_phase(const struct swc_record *r);

/* One op of a phase, where it stands; executed when all of `on` hold and none of `off` (bits of enum swc_cond). */
struct swc_op {
	struct swc_record r;
	uint32_t on, off;
	uint32_t insns; /* instructions since the op before, itself included, where it was seen first */
	bool hidden;    /* executed or not under the same conditions: something else decides */
	uint64_t seen;  /* executions of the phase that had it, as bits */
};

enum { SWC_RUNS_MAX = 64 };

struct swc_model {
	struct swc_op *ops[SWC_PHASES];
	size_t n[SWC_PHASES];
	struct {
		uint32_t state; /* bits of enum swc_cond */
		uint64_t insns;
	} run[SWC_PHASES][SWC_RUNS_MAX]; /* executions of a phase */
	size_t n_runs[SWC_PHASES];
	const char *without[8]; /* components of the host's path that the kernel has not */
	size_t n_without;
	uint32_t vcpu;    /* features of a vCPU (bits of enum swc_cond) with which scenes came to their end */
	uint64_t hidden;  /* ops that something else decides than the conditions that are known */
	uint64_t split;   /* ops that needed more than one row: their conditions are no conjunction */
	uint64_t scenes, failed; /* scenes played, and not to their end (notes of the world say why) */
};

/* Plays the scenes in a world that was set up. Free with swc_model_free. ERR_INPUT: the kernel has none of the functions, or not one scene ran. */
int swc_play(struct swc *w, struct swc_model *m, struct err *e);
void swc_model_free(struct swc_model *m);

#endif
