/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compiled world-switch program: a flat array of ops that replay runs, `explain` prints, `profile`
 * annotates and `diff` compares. One op both moves the value and costs the cycles.
 */
#ifndef EL2SIM_HYP_WSWITCH_H
#define EL2SIM_HYP_WSWITCH_H

#include "models/hyp/kvm/step.h"
#include "sim/base/err.h"

/* One row per policy: when a group's registers move. */
#define WS_POLICIES(X)                                                                              \
	X(MODEL, "model", "as the switch model has it")                                             \
	X(EAGER, "eager", "at each guest entry and exit")                                           \
	X(DEFERRED, "deferred", "at vcpu_load and vcpu_put")                                        \
	X(LAZY, "lazy", "at the first trapped use after vcpu_load")                                 \
	X(NEVER, "never", "not switched: the guest's accesses are trapped and emulated")

enum ws_policy {
#define X(id, name, help) POL_##id,
	WS_POLICIES(X)
#undef X
	POL_COUNT
};
extern const char *const ws_policy_names[POL_COUNT + 1]; /* NULL-terminated */
const char *ws_policy_help(enum ws_policy p);

struct ws_inject;

/* What to compile. */
struct ws_config {
	const struct ws_model *model;
	const struct machine *machine;
	uint64_t vcpu; /* CND(V*) bits: vCPU features */
	uint8_t group_policy[GRP_COUNT]; /* enum ws_policy */
	uint8_t reg_policy[SR_COUNT];    /* enum ws_policy; wins over the group's */
	size_t skip_step;                /* row of ws_steps() to leave out, for mutation tests; SIZE_MAX = none */
	size_t skip_flag;                /* row of vflag_sites() to leave out; SIZE_MAX = none */
	const struct ws_inject *inject;  /* faults to build in (inject.h), in order; they must last */
	size_t n_inject;
};

struct ws_op {
	uint8_t opcode; /* enum ws_opcode */
	uint8_t phase;  /* enum ws_phase */
	uint8_t side;   /* enum ws_side, SIDE_CTX resolved */
	uint8_t group;  /* enum sr_group it is charged to */
	uint8_t per_lr; /* executed once per list register in use */
	uint8_t alias;  /* reached by its _EL12 or _EL02 name */
	uint8_t num;    /* OPND_NUM: how many registers */
	uint16_t comp;  /* enum ws_comp */
	uint16_t reg;   /* enum sysreg that is read or written (after E2H redirection); SR_NONE if none */
	uint16_t insns; /* instructions it stands for */
	uint32_t cycles; /* per execution */
	struct ws_guard guard; /* run-time conditions only */
	const struct ws_step *step;
};

struct ws_prog {
	struct ws_config config;
	uint64_t known; /* conditions that held when it was compiled */
	struct ws_op *op;
	size_t n;
	bool lazy_fp; /* the guest's FP registers wait for a trap, whatever an injection left of it */
	struct {
		size_t first, n;
		uint64_t mask; /* run-time conditions its guards look at */
		bool lrs;      /* depends on the number of list registers */
	} comp[COMP_COUNT];
};

/* Set policies to POL_MODEL and no mutation; model and machine must be set by the caller. */
void ws_config_init(struct ws_config *c);

/*
 * Compile. Returns NULL with ERR_MODEL when the model can't run on the machine (VHE without FEAT_VHE) or
 * a policy has no meaning for its group, or an injection finds nothing to change; correctness is ws_lint's question. Free with ws_free.
 */
struct ws_prog *ws_compile(const struct ws_config *c, struct err *e);
void ws_free(struct ws_prog *p);
/* Take op i out of a program. */
void ws_drop_op(struct ws_prog *p, size_t i);

/* Component of the program for a phase up to LAZY. */
static inline enum ws_comp ws_phase_comp(const struct ws_prog *p, enum ws_phase phase)
{
	return ws_model_comp(p->config.model, phase);
}
/* True while the vCPU is loaded the guest's value of reg lives in the CPU (restored at LOAD, saved at PUT). */
bool ws_reg_deferred(const struct ws_prog *p, enum sysreg reg);
/* Policy that the program gives a group, by where its guest registers are restored. */
enum ws_policy ws_group_policy(const struct ws_prog *p, enum sr_group group);
/* True if the guest's FP registers are loaded by a trap on first use. */
bool ws_fp_is_lazy(const struct ws_prog *p);

/* What executing ops adds up. */
struct ws_totals {
	uint64_t n[CNT_COUNT];
	uint64_t cycles;
	uint64_t insns; /* modelled ops as instructions */
};
void ws_totals_add(struct ws_totals *t, const struct ws_totals *more, uint64_t times);

/* Register values: what detailed execution moves. Indexed by enum sysreg. */
struct ws_values {
	uint64_t *hw;         /* the CPU's registers */
	uint64_t *host;       /* host context of this CPU */
	uint64_t *guest;      /* guest context of the vCPU */
	const uint64_t *gcfg; /* control values while this guest runs */
	const uint64_t *hcfg; /* control values while the host runs */
};

/* Does the op execute in this state? How often (list registers)? */
static inline bool ws_op_holds(const struct ws_op *op, uint64_t state)
{
	return (op->guard.on & ~state) == 0 && (op->guard.off & state) == 0;
}
uint64_t ws_op_times(const struct ws_op *op, uint64_t state, unsigned lrs);

/*
 * Execute a component op by op with real values, adding to *t and, per op, to exec[] (may be NULL).
 * state: CND_* run-time bits; lrs: list registers in use, at most the machine's.
 */
void ws_run_detailed(const struct ws_prog *p, enum ws_comp comp, uint64_t state, unsigned lrs,
		     const struct ws_values *v, struct ws_totals *t, uint64_t *exec);

/* Counting execution: totals per component, state and list registers, computed once, then added. */
struct ws_counting;
struct ws_counting *ws_counting_new(const struct ws_prog *p);
void ws_counting_free(struct ws_counting *c);
/* Counts one execution; the totals of one such execution belong to c. */
const struct ws_totals *ws_count(struct ws_counting *c, enum ws_comp comp, uint64_t state, unsigned lrs);
/* Add all executions so far to exec[], one cell per op of the program. */
void ws_counting_exec(const struct ws_counting *c, uint64_t *exec);

/* Name by which the program's code reaches the op's register or object: SCTLR_EL12, DSB NSH, X0-X30. */
const char *ws_op_text(const struct ws_prog *p, const struct ws_op *op, char buf[static 40]);

#endif
