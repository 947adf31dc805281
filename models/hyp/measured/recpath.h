/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recorded paths: every system instruction of one occurrence of an exit kind, in order, and the
 *comparison with the order of a model.
 *
 *	@ host(EL2) __guest_exit  +5        a function is entered: region, exception level, +other
 *instructions before read   sp_el0  +17              an op and its object, as encoded
 */
#ifndef EL2SIM_HYP_RECPATH_H
#define EL2SIM_HYP_RECPATH_H

#include "models/hyp/measured/verify_seq.h"

/* A recorded op that is compared: not the guest's, not the VMM's, not one of softreg.def. */
struct recpath_op {
	uint8_t op;                 /* enum ref_op */
	char name[VERIFY_NAME_MAX]; /* after E2H redirection */
	uint32_t function;          /* offset in recpath.functions */
	uint32_t line;
};

struct recpath {
	char exit[32];
	unsigned cfg;
	struct recpath_op *op;
	size_t n, cap;
	unsigned lrs;    /* list registers that were in use */
	char *functions; /* names, each with its terminator */
	size_t n_functions;
};

#define RECPATH_OPS_MAX 8192 /* compared ops of one path */

/*
 * Kind and configuration from a file's name, KERNEL-CPU-MODE[-MORE]-cfgN-KIND.order.txt. ERR_INPUT
 * when it is no such name or its beginning is not tag ("6.12-n1-vhe").
 */
int recpath_name(struct recpath *o, const char *name, const char *tag, struct err *e);

/* Read a recorded path of a kernel in that mode. ERR_INPUT with the line. Free with recpath_free,
 * also on failure. */
int recpath_parse(struct recpath *o, const char *text, size_t n, enum ws_mode mode, struct err *e);
void recpath_free(struct recpath *o);
/* The register that an access by that name reaches, lower case; e2h: at EL2 with HCR_EL2.E2H = 1. One that no table has keeps its name. */
void recpath_effective(char name[static VERIFY_NAME_MAX], const char *encoded, bool e2h);
const char *recpath_function(const struct recpath *o, size_t i);

/* How two orders stand to each other: cells are indices + 1 of the partner, 0 = none. */
struct recpath_diff {
	uint32_t *of_ref, *of_sim;
	size_t n_switch;   /* simulated ops of the switch: of a phase, not of the host's path */
	bool switch_exact; /* all of them are recorded in that order, and nothing else in their
			      functions */
	bool exact;        /* the whole sequence is the same */
	size_t ref, sim;   /* the first difference: where both sides stand; of the switch if that is
			      not exact */
};

/* Align with as many ops of the switch as can be, then of the host's path. Free with
 * recpath_diff_free. */
void recpath_compare(struct recpath_diff *d, const struct recpath *o, const struct verify_seq *s);
void recpath_diff_free(struct recpath_diff *d);

#endif
