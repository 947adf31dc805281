/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A switch model from data: what `el2sim kernel import` found in a kernel's own code (docs/kernel-model.md is the format). It compiles
 * as a built-in one: its rows are the phases LOAD, ENTER, EXIT, PUT and LAZY; the host's path around the switch is that of the tables
 * for its version.
 */
#ifndef EL2SIM_HYP_KERNEL_MODEL_H
#define EL2SIM_HYP_KERNEL_MODEL_H

#include "models/hyp/kvm/step.h"
#include "sim/base/err.h"

/* An execution of a phase that was seen, and how many instructions it had. */
struct kernel_run {
	uint8_t phase; /* enum ws_phase */
	struct ws_guard state; /* on: conditions that held */
	uint64_t insns;
};

struct kernel_model {
	struct ws_model model;
	char *text;            /* the file; names point into it */
	const char *release, *machine, *image, *digest;
	struct ws_step *step;  /* by phase */
	bool part[COMP_COUNT]; /* components of the host's path that are the file's */
	uint64_t *address;     /* of the instruction, per step; 0: none */
	uint32_t *insns;       /* since the step before, per step */
	size_t n;
	struct kernel_run *run;
	size_t n_run;
	size_t left; /* instructions that were executed and are not modelled */
	size_t notes;
};

/* The first words of such a file. */
#define KERNEL_MODEL_MAGIC "el2sim-kernel"

/* Reads a file. NULL with ERR_INPUT: "file:line: ...". Free with kernel_model_free. */
struct kernel_model *kernel_model_read(const char *path, struct err *e);
/* The same of n bytes; path is their place in messages. */
struct kernel_model *kernel_model_parse(const char *path, const char *text, size_t n, struct err *e);
void kernel_model_free(struct kernel_model *m);

#endif
