/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a model executes during one exit of a kind, op by op in order and named as a reference names
 * it. Ops that no recorder lists (general-purpose registers, ESB, ...) and those that depend on
 * data (DMB, DC, ...) are left out.
 */
#ifndef EL2SIM_HYP_VERIFY_SEQ_H
#define EL2SIM_HYP_VERIFY_SEQ_H

#include "models/hyp/kvm/exits.h"
#include "models/hyp/ws/wswitch.h"
#include "models/hyp/measured/reference.h"

#define VERIFY_NAME_MAX 32

/* An access to a register or an instruction such as "dsb nsh". */
struct verify_op {
	uint8_t op;                 /* enum ref_op */
	uint8_t phase;              /* enum ws_phase */
	char name[VERIFY_NAME_MAX]; /* lower case, after E2H redirection */
	const struct ws_step *step;
};

struct verify_seq {
	struct verify_op *op;
	size_t n, cap;
};

/* Is the op compared? The others depend on data and belong to the measured path. */
bool verify_compared(enum ref_op op);
/* How a reference names an op: kind of access, and register or instruction. False if it does not
 * show it. */
bool verify_key(const struct ws_op *op, enum ref_op *kind, char name[static VERIFY_NAME_MAX]);

/*
 * The ops of one occurrence of the kind in the steady state: the second in a row, after a first
 * entry where the kind begins with a guest exit. lrs: list registers in use where the kind uses
 * any, at least 1 and at most the machine's; how many interrupts a guest has pending is its own
 * affair, so that is taken from the recording. Ops that stand together and run once per list
 * register are one loop. Free with verify_seq_free.
 */
void verify_sequence(struct verify_seq *s, const struct ws_prog *p, enum exit_kind k, unsigned lrs);

/* The list register that an op restores, from 1; 0 = none. The most of a recording is how many it
 * had in use. */
unsigned verify_lr_of(enum ref_op op, const char *name);
void verify_seq_free(struct verify_seq *s);

#endif
