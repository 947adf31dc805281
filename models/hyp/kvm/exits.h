/* SPDX-License-Identifier: Apache-2.0 */
/* Exit kinds as sequences of components, and which kind an event means. */
#ifndef EL2SIM_HYP_EXITS_H
#define EL2SIM_HYP_EXITS_H

#include "models/hyp/kvm/step.h"

enum exit_kind {
#define EXIT(id, ...) EXIT_##id,
#include "models/hyp/kvm/exits.def"
	EXIT_COUNT,
	/* the kinds that engines make of what happens */
#define EXIT_FOR(moment, id) EXIT_FOR_##moment = EXIT_##id,
#include "models/hyp/kvm/exits.def"
};

enum exit_class {
#define EXIT_CLASS(id, help) XC_##id,
#include "models/hyp/kvm/exits.def"
	XC_COUNT
};

enum exit_access {
#define EXIT_ACCESS(id, help) XA_##id,
#include "models/hyp/kvm/exits.def"
	XA_COUNT
};

enum exit_where {
#define EXIT_WHERE(id, help) XAT_##id,
#include "models/hyp/kvm/exits.def"
	XAT_COUNT
};

#define EXIT_STEPS_MAX 24

struct exit_step {
	bool is_phase;
	uint8_t id; /* enum ws_phase or enum ws_comp */
	uint64_t state; /* CND_* bits of this step alone, beside the row's */
	bool meanwhile; /* the CPU's work for others while the vCPU is put */
};

struct exit_row {
	const char *name;
	enum exit_class class;
	enum exit_access access;
	enum exit_where where;
	const char *path; /* measured profile */
	uint64_t state;   /* CND_* bits that hold during the sequence */
	const char *help;
	unsigned n;
	struct exit_step step[EXIT_STEPS_MAX];
};

extern const struct exit_row exit_rows[EXIT_COUNT];
static inline const struct exit_row *exit_row(enum exit_kind k)
{
	BUG_ON(k >= EXIT_COUNT);
	return &exit_rows[k];
}
bool exit_by_name(const char *name, enum exit_kind *k);

/* True if a step of a sequence is this phase. */
static inline bool exit_step_is(const struct exit_step *s, enum ws_phase phase)
{
	return s->is_phase && s->id == phase;
}

/* Phase that a step is charged to. */
static inline enum ws_phase exit_step_phase(const struct exit_step *s)
{
	return s->is_phase ? (enum ws_phase)s->id : PHASE_HANDLE;
}

/* State bits that hold while a step runs; a first-use trap inside the sequence has a syndrome of its own. */
static inline uint64_t exit_step_state(const struct exit_row *row, unsigned i)
{
	const struct exit_step *s = &row->step[i];
	const uint64_t state = row->state | s->state;

	if (exit_step_is(s, PHASE_LAZY))
		return (state & ~(CND(ABORT) | CND(S2_PERM) | CND(IRQ) | CND(HVC64))) | CND(SYNC);
	return state;
}

/* Component that a step of the sequence runs in this kernel. */
enum ws_comp exit_step_comp(const struct ws_model *m, const struct exit_step *s);

/* True if the kind goes to the VMM and back, or comes from there. */
bool exit_is_user(enum exit_kind k);
/* True if the kind is an access to a device; *write: a store. */
bool exit_is_mmio(enum exit_kind k, bool *write);
/* True if some kind runs the component by itself: a part of the host's path. */
bool exit_runs(enum ws_comp comp);
/* True if the kind begins with the guest leaving. */
bool exit_is_exit(enum exit_kind k);
/* A kind that [mix] may contain: a synchronous exit that ends with its only entry. */
bool exit_is_workload(enum exit_kind k);

/* Classification; see classify.def. */
enum exit_kind exit_of_hvc(uint64_t function);
enum exit_kind exit_of_sysreg(unsigned op0, unsigned op1, unsigned crn, unsigned crm, unsigned op2);
enum exit_kind exit_of_class(uint64_t ec);
/* A stage-2 fault by its syndrome (hsr of kvm_guest_fault). */
enum exit_kind exit_of_fault(uint64_t esr);

/* The kind as which the events of a trace show it: itself, unless no event tells the two apart. */
enum exit_kind exit_seen_as(enum exit_kind k);

/* kvm_exit ret: ARM_EXCEPTION_*, asm/kvm_asm.h */
enum exit_ret { EXIT_RET_IRQ, EXIT_RET_SERROR, EXIT_RET_TRAP };

/* What KVM's events say of an exit; the other way round than above. */
struct exit_tell {
	enum exit_ret ret;
	uint64_t ec; /* with TRAP */
	enum { TELL_NOTHING, TELL_HVC, TELL_SYSREG, TELL_WFX, TELL_FAULT } detail;
	uint64_t function; /* HVC: r0 */
	unsigned op[5];    /* SYSREG: Op0, Op1, CRn, CRm, Op2 */
	bool wfe;
	uint64_t hsr; /* FAULT: syndrome */
	bool mmio, read;
	bool user; /* kvm_userspace_exit follows */
};
struct exit_tell exit_tell_of(enum exit_kind kind);

#endif
