/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compare the program with what a real kernel executed: for an exit kind, every register's reads
 * and writes, every barrier, exception return and hypercall of one exit in the steady state.
 *
 * What the C code does by the way (softreg.def) belongs to the measured path and is counted apart.
 */
#ifndef EL2SIM_HYP_VERIFY_H
#define EL2SIM_HYP_VERIFY_H

#include "models/hyp/measured/verify_seq.h"
#include "sim/base/err.h"
#include "sim/base/str.h"

/* One thing that is counted: an access to a register or an instruction such as "dsb nsh". */
struct verify_item {
	uint8_t op;                 /* enum ref_op */
	char name[VERIFY_NAME_MAX]; /* lower case, after E2H redirection */
	uint64_t ref, sim;          /* per exit */
	struct str functions;       /* where the reference has it, or where the model has it if the
				       reference has not */
};

/* One exit kind of one vCPU configuration of a reference. */
struct verify_case {
	char exit[32];
	unsigned cfg;
	bool modelled;                    /* exits.def has the kind */
	bool counted;                     /* totals were read and have it */
	bool left_out;                    /* too few of its occurrences follow the recorded path */
	uint64_t modal, nseg;             /* how many do, of how many; with totals */
	unsigned lrs;                     /* list registers that were in use */
	uint64_t soft_reads, soft_writes; /* of the reference: measured path */
	struct verify_item *item;
	size_t n;
};

struct verify {
	char kernel[16], cpu[16], mode[16]; /* of the reference */
	struct verify_case *c;
	size_t n;
};

/*
 * Read a reference file. kinds: names to keep (n_kinds 0 = all); cfgs: bit set of configurations (0
 * = all). ERR_INPUT. On success free with verify_free.
 */
int verify_load(struct verify *v, const char *path, const char *const *kinds, size_t n_kinds,
		uint64_t cfgs, struct err *e);
void verify_free(struct verify *v);

/*
 * Read the recording's totals: how many occurrences of each kind follow the path that the reference
 * describes. Kinds with less than min_modal thousandths are left out of the answer. ERR_INPUT, also
 * when it is of another recording or lacks a kind.
 */
int verify_totals(struct verify *v, const char *path, unsigned min_modal, struct err *e);

/* Fill in the simulated counts of a case, from what verify_sequence says of its kind. */
void verify_count(struct verify_case *c, const struct verify_seq *s);
/* The same, sequence and all. The case must be modelled. */
void verify_simulate(struct verify_case *c, const struct ws_prog *p);

/* How many counts do not agree. */
size_t verify_differing(const struct verify_case *c);
/* True if every count agrees. */
bool verify_exact(const struct verify_case *c);

/* Note where a reference, or the model, has an access. */
void verify_add_function(struct verify_item *it, const char *function, uint64_t count);
/* vCPU features (CND bits) that a recorded configuration number means on a machine (0: none, 1:
 * PMU, 2: all). */
uint64_t verify_cfg_features(unsigned cfg, const struct machine *m);

#endif
