/* SPDX-License-Identifier: Apache-2.0 */
/* The STEP tables as data: rows, conditions, components, opcodes, switch models. */
#ifndef EL2SIM_HYP_STEP_H
#define EL2SIM_HYP_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/cpu/machine.h"
#include "models/cpu/sysreg.h"

/* Conditions: the features first, so that a feature's bit is its condition's bit. */
enum cond {
#define FEAT(id, key, help) CND_##id,
#include "models/cpu/feats.def"
#define KCOND(id, help)      CND_##id,
#define VCOND(id, key, help) CND_##id,
#define SCOND(id, key, help) CND_##id,
#include "models/hyp/kvm/conds.def"
	CND_COUNT
};
/*
 * Two sets of bits: what is settled when a program is compiled (features, kernel, mode, vCPU), and the
 * state that is known only when it runs. A condition's bit is its place within its own set.
 */
#define CND_FIRST_STATE CND_SYNC
_Static_assert(CND_FIRST_STATE <= 64 && CND_COUNT - CND_FIRST_STATE <= 64, "each set must fit 64 bits");
#define CND_IS_STATE(id) (CND_##id >= CND_FIRST_STATE)
#define CND(id) (UINT64_C(1) << (CND_IS_STATE(id) ? CND_##id - CND_FIRST_STATE : CND_##id))

const char *cond_name(enum cond c);
const char *cond_help(enum cond c);

enum ws_opcode {
#define OPC(id, operand, counter, cost, ref, help) OP_##id,
#include "models/hyp/kvm/ops.def"
	OP_COUNT
};

enum ws_operand { OPND_REG, OPND_GRP, OPND_NUM, OPND_COMP };

enum ws_counter {
#define COUNTER(id, ...) CNT_##id,
#include "models/hyp/kvm/counters.def"
	CNT_COUNT,
	CNT_none = CNT_COUNT
};

/* Parts of the modelled cycles. */
enum counter_class {
#define COUNTER_CLASS(id, title, help) CLASS_##id,
#include "models/hyp/kvm/counters.def"
	CLASS_COUNT
};

struct ws_opcode_row {
	const char *name;
	uint8_t operand; /* enum ws_operand */
	uint8_t counter; /* enum ws_counter */
	uint8_t cost;    /* enum op_cost; OPCOST_COUNT = by register class or none */
	const char *ref; /* name in a recorded reference, "" = not seen */
	const char *help;
};

const struct ws_opcode_row *ws_opcode_row(enum ws_opcode op);
const char *counter_name(enum ws_counter c); /* key of its column */
const char *counter_title(enum ws_counter c);
const char *counter_help(enum ws_counter c);
enum counter_class counter_class(enum ws_counter c); /* CNT_none: other */
const char *class_title(enum counter_class c);
const char *class_help(enum counter_class c);

enum ws_comp {
#define COMP(id, help) COMP_##id,
#include "models/hyp/kvm/comps.def"
	COMP_COUNT
};

const char *comp_name(enum ws_comp c);
const char *comp_help(enum ws_comp c);

/* Whose value a step moves; see steps_blocks.def. HRUN: the running host's own use, nothing is moved. */
enum ws_side { SIDE_NONE, SIDE_HOST, SIDE_GUEST, SIDE_CTX, SIDE_GCFG, SIDE_HCFG, SIDE_HRUN, SIDE_COUNT };
const char *side_name(enum ws_side side);

/* All of the on bits and none of the off bits: run-time state, and settled conditions. */
struct ws_guard {
	uint64_t on, off;
	uint64_t fixed_on, fixed_off;
};

/* The run-time conditions in words, "" if none. */
const char *ws_guard_text(const struct ws_guard *g, char *buf, size_t n);

/* One row of a STEP table. */
struct ws_step {
	uint16_t comp;    /* enum ws_comp */
	uint8_t opcode;   /* enum ws_opcode */
	uint8_t side;     /* enum ws_side */
	uint16_t operand; /* register, group, number or component, as the opcode says */
	uint16_t line;    /* in file */
	struct ws_guard guard;
	const char *function;
	const char *file;
};

/* All rows, in table order; *n gets their number. */
const struct ws_step *ws_steps(size_t *n);

/*
 * X(id, e2h, conditions, help): e2h: code at EL2 runs with HCR_EL2.E2H = 1, which needs FEAT_VHE. The protected modes
 * are those of an ordinary, unprotected VM.
 */
#define WS_MODES(X)                                                                                 \
	X(VHE, true, CND(AT_EL2), "host at EL2")                                                    \
	X(NVHE, false, CND(AT_EL1), "host at EL1")                                                  \
	X(HVHE, true, CND(AT_EL1), "host at EL1, its hypervisor part at EL2 with E2H = 1")          \
	X(PROTECTED, true, CND(AT_EL1) | CND(PKVM) | CND(HOST_S2), "as HVHE, with pKVM")            \
	X(PROTECTED_NVHE, false, CND(AT_EL1) | CND(HOST_S2), "as NVHE, the host under a stage 2; its vCPU is run directly")

enum ws_mode {
#define X(id, e2h, conditions, help) MODE_##id,
	WS_MODES(X)
#undef X
	MODE_COUNT
};
bool ws_mode_e2h(enum ws_mode mode);

/* Phases of a switch, and what surrounds it. */
#define WS_PHASES(X)                                                                                \
	X(LOAD, "load", "vcpu_load")                                                                \
	X(ENTER, "enter", "guest entry")                                                            \
	X(EXIT, "exit", "guest exit")                                                               \
	X(PUT, "put", "vcpu_put")                                                                   \
	X(LAZY, "lazy", "first use since vcpu_load, handled at EL2")                                \
	X(HANDLE, "handle", "the host's path between exit and entry")

enum ws_phase {
#define X(id, name, help) PHASE_##id,
	WS_PHASES(X)
#undef X
	PHASE_COUNT
};
const char *phase_name(enum ws_phase p);
const char *phase_help(enum ws_phase p);

struct ws_model {
	const char *name;
	int version; /* major * 100 + minor */
	enum ws_mode mode;
	enum ws_comp phase[PHASE_LAZY + 1]; /* components that are its phases */
	const char *help;
	/* Of a model from data (kernel_model.h): its phases' rows, and what they were found for. NULL: rows of ws_steps(). */
	const struct ws_step *step;
	size_t n_step;
	uint64_t features; /* bit FEAT_* */
	int64_t sizes[4];  /* list_registers, pri_bits, breakpoints, watchpoints of [machine] */
	uint64_t vcpu;     /* CND bits of the vCPU's features with which it was found */
	const bool *part;  /* by component: its rows are the model's, even if it has none; NULL: of those only that it has rows of */
};

/* Conditions of conds.def that the model's kernel and mode settle, as CND bits. */
uint64_t ws_model_known(const struct ws_model *m);
/* Is the version of the model in [since, until)? until 0: no end. Versions as in struct ws_model. */
static inline bool ws_model_in(const struct ws_model *m, int since, int until)
{
	return m->version >= since && (until == 0 || m->version < until);
}

const struct ws_model *ws_models(size_t *n);
const struct ws_model *ws_model_by_name(const char *name);
/* Component that is a phase of the kernel, up to LAZY. */
enum ws_comp ws_model_comp(const struct ws_model *m, enum ws_phase phase);

#endif
