/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults built into a compiled program on purpose. They edit the program itself, so that everything that looks
 * at it (counts, values, oracle, listing, lint) sees the same fault. Forms: injects.def.
 */
#ifndef EL2SIM_HYP_INJECT_H
#define EL2SIM_HYP_INJECT_H

#include "models/hyp/kvm/vflags.h"
#include "models/hyp/ws/wswitch.h"

enum ws_inject_kind {
#define INJECT(id, name, form, help) INJECT_##id,
#include "models/hyp/check/injects.def"
	INJECT_COUNT
};
const char *ws_inject_name(enum ws_inject_kind k);
const char *ws_inject_form(enum ws_inject_kind k);
const char *ws_inject_help(enum ws_inject_kind k);

/* A set of ops by what they are. */
struct ws_what {
	uint16_t reg;         /* SR_NONE: any; SR_COUNT: X0-X30; SR_COUNT + 1: V0-V31 */
	uint8_t group;        /* GRP_COUNT: any */
	uint8_t opcode;       /* OP_COUNT: any */
	const char *function; /* kernel function of the STEP row; NULL: any */
	const char *file;     /* of the STEP row; NULL: any row */
	unsigned line;
};

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

/* Edit a program as its configuration says; ERR_USAGE when one changes nothing. Part of ws_compile. */
int ws_inject_apply(struct ws_prog *p, struct err *e);

/* Is an injection of that kind for the register in the program's configuration? */
bool ws_inject_accessor(const struct ws_prog *p, enum ws_inject_kind kind, enum sysreg reg);
/* Is one of that kind in it at all? */
bool ws_inject_has(const struct ws_prog *p, enum ws_inject_kind kind);
/* Does a row of vflag_sites() not happen, or happen with preemption on? */
bool ws_inject_site(const struct ws_prog *p, const struct vflag_site *site);
bool ws_inject_preemptible(const struct ws_prog *p, const struct vflag_site *site);
/* Is a vCPU reset without vcpu_put and vcpu_load around it? */
bool ws_inject_loaded_reset(const struct ws_prog *p);
/* Is a row of known_bugs.def to count as a violation? */
bool ws_inject_blames(const struct ws_prog *p, size_t bug);
/* Does the user of fault information (row of faults.def) go by it whatever the exit was? */
bool ws_inject_unasked(const struct ws_prog *p, size_t row);
/* Is exception entry to EL2, or return from it, no context synchronisation event? */
bool ws_inject_no_cse(const struct ws_prog *p, bool on_return);
/* Does the n-th vcpu_put (from 1) do nothing? */
bool ws_inject_skips_put(const struct ws_prog *p, uint64_t n);

#endif
