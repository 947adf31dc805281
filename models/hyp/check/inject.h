/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults, built into a compiled program on purpose. They are edits of the program itself, its ops and what is beside them
 * (struct ws_beside), so that everything that looks at it (counts, values, oracle, listing, lint) sees the same fault and
 * nobody asks whether there is one. Forms: injects.def.
 */
#ifndef EL2SIM_HYP_INJECT_H
#define EL2SIM_HYP_INJECT_H

#include "models/hyp/kvm/vflags.h"
#include "models/hyp/ws/ws_edit.h"

enum ws_inject_kind {
#define INJECT(id, name, form, help) INJECT_##id,
#include "models/hyp/check/injects.def"
	INJECT_COUNT
};
const char *ws_inject_name(enum ws_inject_kind k);
const char *ws_inject_form(enum ws_inject_kind k);
const char *ws_inject_help(enum ws_inject_kind k);

#define WS_INJECT_SPEC 96

enum ws_flag_fault { FLAG_NOT_SET, FLAG_NOT_CLEARED, FLAG_PREEMPTIBLE };

struct ws_inject {
	enum ws_inject_kind kind;
	struct ws_what a, b;
	uint8_t phase; /* enum ws_phase; PHASE_COUNT: all */
	uint8_t side;  /* enum ws_side; SIDE_COUNT: all */
	uint64_t n;    /* skip-put; 0: every */
	bool reset;    /* skip-put:reset */
	bool on_return; /* no-cse:return */
	uint8_t use;   /* unasked: row of faults.def */
	uint8_t flag;  /* enum vflag */
	uint8_t how;   /* enum ws_flag_fault */
	uint8_t bug;   /* blame: row of known_bugs.def */
	char spec[WS_INJECT_SPEC]; /* as given */
};

/* Parse "drop:SCTLR_EL1@exit". ERR_USAGE with the nearest name. */
int ws_inject_parse(const char *spec, struct ws_inject *out, struct err *e);

/*
 * Edit a program, in this order. ERR_USAGE when one of them finds nothing to change: the program is then of no use.
 * The program keeps nothing of x.
 */
int ws_inject_apply(struct ws_prog *p, const struct ws_inject *x, size_t n, struct err *e);

/*
 * For mutation: without a row of ws_steps(), whether it has an op or inserts a block; returns how many ops went. lazy_fp
 * and what is beside the ops stay.
 */
size_t ws_drop_row(struct ws_prog *p, size_t row);
/* ... without op i. */
void ws_drop_op(struct ws_prog *p, size_t i);

#endif
