/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compiled world-switch program: a flat array of ops that replay runs, `explain` prints, `profile`
 * annotates and `diff` compares. One op both moves the value and costs the cycles.
 */
#ifndef EL2SIM_HYP_WSWITCH_H
#define EL2SIM_HYP_WSWITCH_H

#include "models/hyp/kvm/step.h"
#include "sim/base/err.h"

/*
 * One row per policy: when a group's registers move. traps: the guest's accesses trap instead, and what these cost is in no count of a
 * run, for no trace event shows them.
 */
#define WS_POLICIES(X)                                                                              \
	X(MODEL, "model", "as the switch model has it", false)                                     \
	X(EAGER, "eager", "at each guest entry and exit", false)                                   \
	X(DEFERRED, "deferred", "at vcpu_load and vcpu_put", false)                                \
	X(LAZY, "lazy", "at the first trapped use after vcpu_load", false)                         \
	X(NEVER, "never", "not switched: the guest's accesses are trapped and emulated", true)

enum ws_policy {
#define X(id, name, help, traps) POL_##id,
	WS_POLICIES(X)
#undef X
	POL_COUNT
};
extern const char *const ws_policy_names[POL_COUNT + 1]; /* NULL-terminated */
/* Do accesses of the guest trap that no run counts? */
bool ws_policy_traps(enum ws_policy pol);

struct ws_patch;

/* What to compile. */
struct ws_config {
	const struct ws_model *model;
	const struct machine *machine;
	uint64_t vcpu; /* CND(V*) bits: vCPU features */
	uint8_t group_policy[GRP_COUNT]; /* enum ws_policy */
	uint8_t reg_policy[SR_COUNT];    /* enum ws_policy; wins over the group's */
	const struct ws_patch *patch;    /* edits of the program (ws_patch.h), which must last as long as it; NULL: none */
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
	uint16_t call;  /* of ws_prog.call: the CALL row that inserted its row; 0 none */
	uint32_t cycles; /* per execution, and what is left */
	uint16_t milli;  /* in thousandths of a cycle, below 1000 */
	struct ws_guard guard; /* run-time conditions only */
	const struct ws_step *step;
};

/* A CALL row and the one that inserted it. */
struct ws_call {
	const struct ws_step *step;
	uint16_t outer; /* of ws_prog.call; 0 none */
};

/* What an accessor (vcpu_read_sys_reg, vcpu_write_sys_reg) reaches. */
enum ws_way { WAY_MEMORY, WAY_LOADED /* the CPU while the vCPU is loaded */, WAY_CPU /* the CPU, loaded or not */ };

/* A row of vflag_sites() in a program; OPEN: with preemption on. */
enum ws_site { SITE_NONE, SITE_HERE, SITE_OPEN };

/*
 * What the kernel does beside the program's ops. Compiled, it is as the tables say. Faults are edits of this and of the ops,
 * made after compiling (check/inject.h): who runs or judges a program looks here and need not know of faults.
 */
struct ws_beside {
	uint8_t way[SR_COUNT]; /* enum ws_way */
	uint8_t *site;         /* enum ws_site; per row of vflag_sites() */
	uint64_t *no_put;      /* vcpu_puts that do nothing, by their number from 1; 0: all */
	size_t n_no_put;
	uint16_t *host_write;  /* registers (enum sysreg) that host code writes in the CPU after each exit */
	size_t n_host_write;
	bool keeps_pc;         /* KVM_RUN ends with INCREMENT_PC or PENDING_EXCEPTION still set */
	bool commits_events;   /* KVM_SET_VCPU_EVENTS delivers its exception at once */
	bool resets_loaded;    /* a vCPU is reset without vcpu_put and vcpu_load around it */
	bool entry_no_cse;     /* exception entry to EL2 is no context synchronisation event; return from it */
	bool return_no_cse;
	uint64_t unasked;      /* bit per row of faults.def: its reader does not ask whether this exit wrote it */
	uint64_t blamed;       /* bit per row of known_bugs.def: counts as a violation */
};

struct ws_prog {
	struct ws_config config;
	uint64_t known; /* settled conditions, DEFERS included */
	struct ws_op *op;
	size_t n;
	struct ws_call *call; /* 0: unused */
	size_t n_call;
	struct ws_beside beside;
	bool lazy_fp; /* the guest's FP registers wait for a trap, whatever an edit left of it */
	struct ws_step **made; /* rows of ops that a patch added */
	size_t n_made;
	char *fault;  /* what a judge found in the patch, not in the program without (its owner says so); NULL: nothing, or nobody asked */
	bool sound;   /* a judge found nothing in it as compiled (its owner says so); false: nobody asked, or something */
	struct {
		size_t first, n;
		uint64_t mask; /* run-time conditions its guards look at */
		bool lrs;      /* depends on the number of list registers */
	} comp[COMP_COUNT];
};

/* Set policies to POL_MODEL; model and machine must be set by the caller. */
void ws_config_init(struct ws_config *c);

/*
 * Compile. Returns NULL with ERR_MODEL when the model can't run on the machine (VHE without FEAT_VHE) or
 * a policy has no meaning for its group; correctness is ws_lint's question. Free with ws_free.
 */
struct ws_prog *ws_compile(const struct ws_config *c, struct err *e);
void ws_free(struct ws_prog *p);
/*
 * The ops that a row of no table makes in a phase and component of the program, as compiling would: *op (to be freed) gets *n of
 * them, none if a settled condition of the row does not hold. The row must last as long as the program.
 */
int ws_emit(const struct ws_prog *p, const struct ws_step *s, enum ws_phase phase, enum ws_comp comp, struct ws_op **op, size_t *n,
	    struct err *e);
/* Give an op another cost, in thousandths of a cycle. */
void ws_op_price(struct ws_op *op, uint64_t milli);
/* Find the ranges of the components again, after an edit of its ops. */
void ws_reindex(struct ws_prog *p);
/* Does the n-th vcpu_put (from 1) do nothing? */
static inline bool ws_skips_put(const struct ws_prog *p, uint64_t n)
{
	for (size_t i = 0; i < p->beside.n_no_put; i++) {
		if (p->beside.no_put[i] == 0 || p->beside.no_put[i] == n)
			return true;
	}
	return false;
}

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
	uint64_t milli; /* thousandths of a cycle beside them, below 1000 */
	uint64_t insns; /* modelled ops as instructions */
};
/* Add cycles and thousandths, so many times. Exact: whole cycles and thousandths add up in any order. */
static inline void ws_cycles_add(uint64_t *cycles, uint64_t *milli, uint64_t more, uint64_t more_milli, uint64_t times)
{
	*milli += more_milli * times;
	*cycles += more * times + *milli / 1000;
	*milli %= 1000;
}
/* Cycles with their thousandths. */
static inline double ws_cycles_exact(const struct ws_totals *t)
{
	return (double)t->cycles + (double)t->milli / 1000.0;
}
void ws_totals_add(struct ws_totals *t, const struct ws_totals *more, uint64_t times);
/* The same once, of another object. */
void ws_totals_sum(struct ws_totals *restrict t, const struct ws_totals *restrict more);
/* ... to four objects, in one pass. */
void ws_totals_sum4(struct ws_totals *restrict a, struct ws_totals *restrict b, struct ws_totals *restrict c,
		    struct ws_totals *restrict d, const struct ws_totals *restrict more);

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
/* Whole cycles of so many executions of an op. */
static inline uint64_t ws_op_cycles(const struct ws_op *op, uint64_t times)
{
	return op->cycles * times + op->milli * times / 1000;
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
/* So many executions; the totals are still those of one. */
const struct ws_totals *ws_count_times(struct ws_counting *c, enum ws_comp comp, uint64_t state, unsigned lrs, uint64_t times);
/* Add all executions so far to exec[], one cell per op of the program. */
void ws_counting_exec(const struct ws_counting *c, uint64_t *exec);

/* Name by which the program's code reaches the op's register or object: SCTLR_EL12, DSB NSH, X0-X30. */
const char *ws_op_text(const struct ws_prog *p, const struct ws_op *op, char buf[static 40]);

#endif
