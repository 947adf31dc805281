/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/kvm/exits.h"
#include "models/hyp/check/ws_life.h"

#include <stdio.h>
#include <string.h>

/* Does the op concern the subject? Its own accesses, and what changes it by the way (AT writes
 * PAR_EL1). */
static bool ws_subject_touched(const struct ws_subject *s, const struct ws_op *op)
{
	uint8_t counter = ws_opcode_row((enum ws_opcode)op->opcode)->counter;

	switch (s->kind) {
	case SUBJECT_X:
		return counter == CNT_gpr;
	case SUBJECT_V:
		return counter == CNT_fpr;
	case SUBJECT_REG:
		return (op->reg != SR_NONE && ws_same((enum sysreg)op->reg) == s->reg) ||
		       (op->opcode == OP_AT_S1E1R && s->reg == SR_PAR_EL1);
	}
	BUG("unknown kind of subject");
}

/* ---- one life ---- */

/* Values are names: junk, the two control values, then a new number each time someone writes. */
enum { JUNK, GUEST_CONTROL, HOST_CONTROL, FIRST_VALUE };

#define OPS_MAX 256

/* Conditions under which a write is left out because it would change nothing: assume that it would.
 */
#define CHANGES (CND(NEW_MDCR) | CND(NEW_CNTHCTL) | CND(NEW_FPCR) | CND(NEW_ZCR))
/* State that the life itself determines. */
#define OWN (CHANGES | CND(LOADED) | CND(HOST_FP) | CND(FOREIGN_FP) | CND(FP_OWNED))

/* How one life is lived. */
struct script {
	unsigned entries;  /* guest entries between load and put: 0, 1 or 2 */
	uint64_t state[2]; /* run-time conditions of each */
	unsigned traps;    /* bit k: the guest uses FP for the first time in entry k */
	bool host_fp;      /* the thread's FP state is live at vcpu_load */
};

struct life {
	const struct ws_prog *p;
	const struct ws_subject *s;
	struct ws_findings *f;
	const struct ws_op *op[OPS_MAX];
	size_t n;
	bool lazy_fp;       /* the program waits for the guest's first FP use */
	bool no_fp;         /* the guest never gets to FP */
	bool fp_ends;       /* ... and gives the registers back at each exit */
	bool saves_live_fp; /* it looks whether the thread's FP state is live */
	bool saved_by_trap; /* the trap that ends a lazy state saves the host's value: no phase of
			       the model */
	bool switched;      /* some phase moves the guest's value */
	bool failed;
	bool full;          /* more ops than can be followed */
	/* the life under way */
	uint64_t hw, host, guest, host_mem, guest_mem, next;
	uint64_t state;
	enum ws_phase phase;
	bool control_was_set, control_in_force, guest_ran, host_fp;
};

static bool is_accessor(const struct ws_op *op)
{
	return op->step->opcode == OP_ACC_READ || op->step->opcode == OP_ACC_WRITE;
}

static bool writes(const struct ws_op *op)
{
	return ws_opcode_row((enum ws_opcode)op->opcode)->counter == CNT_write ||
	       op->opcode == OP_GPR_LOAD || op->opcode == OP_FPR_LOAD;
}

static const char *host_words(const struct ws_subject *s)
{
	return s->host == HOST_EL1    ? "a host kernel at EL1 (nVHE)"
	       : s->host == HOST_USER ? "host user space"
				      : "the running host kernel";
}

/* The first finding of a register ends the matter: what follows from it is noise. */
static void fail(struct life *l, enum ws_rule rule, const char *what)
{
	uint64_t shown = l->state & ~OWN;
	struct ws_guard g = { shown, 0, 0, 0 };
	char state[96];

	if (l->failed)
		return;
	l->failed = true;
	(void)ws_guard_text(&g, state, sizeof(state));
	ws_finding_add(l->f, rule, (enum sr_group)l->s->group, l->s->reg, l->phase,
		       "%s (group %s), %s: %s%s%s%s", l->s->name,
		       group_name((enum sr_group)l->s->group), phase_name(l->phase), what,
		       shown != 0 ? " [state: " : "", state, shown != 0 ? "]" : "");
}

static void failf(struct life *l, enum ws_rule rule, const char *fmt, const char *word)
{
	char what[160];

	(void)snprintf(what, sizeof(what), fmt, word);
	fail(l, rule, what);
}

static void write_new(struct life *l, uint64_t *truth, uint64_t *copy)
{
	*truth = *copy = l->next++;
}

static void save(struct life *l, const struct ws_op *op)
{
	if (op->side == SIDE_HOST) {
		if (l->hw != l->host)
			fail(l, RULE_host_save_order,
			     "the host's value is saved when the CPU does not hold it "
			     "any more; want the save before the guest's value is written");
		l->host_mem = l->hw;
	} else if (op->side == SIDE_GUEST) {
		if (l->hw != l->guest)
			fail(l, RULE_guest_save_order,
			     "the guest's value is saved when the CPU does not hold it; want "
			     "it restored before, and saved before the host's is written");
		l->guest_mem = l->hw;
	}
}

/* The host's control is written back: was the guest's in force in this entry? */
static void check_control(struct life *l)
{
	if (l->s->move == MOVE_CONF && l->guest_ran && !l->control_was_set)
		fail(l, RULE_control_not_set,
		     "the host's control is put back although the guest's was never put in "
		     "force; want a write of the guest's before");
}

static void restore(struct life *l, const struct ws_op *op)
{
	switch ((enum ws_side)op->side) {
	case SIDE_HOST:
		check_control(l);
		if (l->host_mem != l->host)
			fail(l, RULE_host_not_saved,
			     "the host's value is restored but was not saved before; want a "
			     "save ahead of the guest's value");
		l->hw = l->host_mem;
		l->control_in_force = false;
		return;
	case SIDE_GUEST:
		if (l->guest_mem != l->guest)
			fail(l, RULE_guest_stale,
			     "the guest's value is restored from memory, but the newer one is in "
			     "the "
			     "CPU; want saves and restores in matching phases");
		l->hw = l->guest_mem;
		return;
	case SIDE_GCFG:
		l->hw = GUEST_CONTROL;
		l->control_in_force = true;
		return;
	case SIDE_HCFG:
		check_control(l);
		l->hw = HOST_CONTROL;
		l->control_in_force = false;
		return;
	case SIDE_HRUN: /* on the way, so a control of the hypervisor's own */
		l->hw = l->s->move == MOVE_CONF ? JUNK : l->hw;
		l->control_was_set = true;
		return;
	default:
		return; /* no move */
	}
}

/* vcpu_read_sys_reg, vcpu_write_sys_reg: on the CPU's copy or on the one in memory. */
static void access_copy(struct life *l, const struct ws_op *op)
{
	bool memory = op->opcode == OP_ACC_MEM;
	uint64_t *copy = memory ? &l->guest_mem : &l->hw;

	if (*copy != l->guest)
		failf(l, RULE_accessor_stale,
		      "an accessor uses the copy in %s, which is not the guest's current value; "
		      "want its register moved so that this copy is current",
		      memory ? "memory" : "the CPU");
	else if (op->step->opcode == OP_ACC_WRITE)
		write_new(l, &l->guest, copy);
}

static void step(struct life *l, const struct ws_op *op)
{
	if (is_accessor(op))
		access_copy(l, op);
	else if (op->opcode == OP_AT_S1E1R)
		l->hw = JUNK; /* the translation's result */
	else if (writes(op))
		restore(l, op);
	else
		save(l, op);
}

static void run(struct life *l, enum ws_phase phase, uint64_t state)
{
	l->phase = phase;
	l->state = state;
	/* HOST_FP: is the thread's state live as the phase begins? */
	if (l->saves_live_fp && l->host_fp && l->hw == l->host)
		l->state |= CND(HOST_FP);
	for (size_t i = 0; i < l->n && !l->failed; i++) {
		if (l->op[i]->phase == phase && ws_op_holds(l->op[i], l->state))
			step(l, l->op[i]);
	}
}

/* Does a handler of an exit run the component? (Others are parts of a phase, there to be counted alone.) */
static bool in_a_handler(enum ws_comp comp)
{
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		const struct exit_row *row = exit_row((enum exit_kind)k);

		for (unsigned i = 0; exit_is_exit((enum exit_kind)k) && i < row->n; i++) {
			if (!row->step[i].is_phase && !row->step[i].meanwhile && row->step[i].id == comp)
				return true;
		}
	}
	return false;
}

/* A handler saves the guest's value, to change what depends on it: the value must be in the CPU then. */
static bool is_handlers_save(const struct ws_op *op)
{
	return op->phase == PHASE_HANDLE && op->side == SIDE_GUEST && !is_accessor(op) && op->opcode == OP_MRS &&
	       in_a_handler((enum ws_comp)op->comp);
}

static void run_host(struct life *l, bool accessors)
{
	for (size_t i = 0; i < l->n && !l->failed; i++) {
		const struct ws_op *op = l->op[i];
		bool saves = accessors && is_handlers_save(op);

		if (op->phase != PHASE_HANDLE || !ws_op_holds(op, l->state) ||
		    (accessors ? !saves && !is_accessor(op)
			       : op->comp != COMP_host_ret_to_user || op->side != SIDE_HOST))
			continue;
		if (saves)
			l->phase = PHASE_HANDLE;
		step(l, op);
	}
}

/* The guest runs: its value must be there; then it writes another. */
static void guest_runs(struct life *l)
{
	bool reaches = (l->s->reach & ~l->state) == 0;
	bool control = l->hw == GUEST_CONTROL || l->hw == l->guest;

	l->guest_ran = true;
	l->control_was_set |= control;
	if (l->failed || !reaches)
		return;
	if (l->s->move == MOVE_CONF && l->control_in_force && !control)
		fail(l, RULE_control_not_set,
		     "the guest runs with the host's control in force; want the guest's "
		     "written at this entry");
	if (!l->switched || l->s->move == MOVE_HOST || l->s->move == MOVE_INFO)
		return;
	if (l->hw != l->guest)
		fail(l, RULE_guest_not_restored,
		     "the guest runs with a value that is not its own; want its value "
		     "restored on the way in");
	else if (l->s->move == MOVE_BOTH)
		write_new(l, &l->guest, &l->hw);
}

/* Who on the host needs the register now? */
static bool host_needs(const struct life *l, bool after_put)
{
	switch ((enum sr_host)l->s->host) {
	case HOST_ALWAYS:
		return true;
	case HOST_EL1:
		return l->p->config.model->mode != MODE_VHE;
	case HOST_USER:
		return after_put;
	case HOST_NONE:
		return false;
	}
	BUG("unknown column host");
}

/*
 * A kernel at EL2 writes ELR_EL2 and its like at each exception of its own; it never waits for the
 * old value. So there is nothing to give back, but a guest value left there is lost.
 */
static bool host_overwrites(const struct life *l)
{
	return l->s->group == GRP_el2_return && l->p->config.model->mode == MODE_VHE;
}

static void check_given_back(struct life *l)
{
	bool unsaved = l->guest_mem != l->guest && l->switched;

	if (l->hw == HOST_CONTROL)
		l->host = l->hw; /* as good as its own */
	if (l->hw == l->host)
		return;
	if (l->hw == GUEST_CONTROL)
		failf(l, RULE_control_kept,
		      "the guest's control stays in force, and %s needs its own; want it given "
		      "back in this phase",
		      host_words(l->s));
	else if (l->hw == l->guest && (unsaved || l->phase == PHASE_LOAD))
		failf(l, RULE_guest_kept,
		      "the guest's value stays in the CPU, and %s uses the register before "
		      "vcpu_put; want it switched at each entry and exit (eager)",
		      host_words(l->s));
	else
		failf(l, RULE_host_not_restored,
		      "the host's value is not given back, and %s needs it; want it restored "
		      "in this phase",
		      host_words(l->s));
}

static void host_runs(struct life *l, bool after_put)
{
	if (l->failed || !host_needs(l, after_put))
		return;
	if (!host_overwrites(l)) {
		check_given_back(l);
	} else if (l->switched &&
		   (l->guest_mem != l->guest || (l->phase == PHASE_LOAD && l->hw == l->guest))) {
		failf(l, RULE_guest_kept,
		      "the guest's value stays in the CPU, and %s overwrites it; want it switched "
		      "at each entry and exit (eager)",
		      host_words(l->s));
	}
	if ((l->s->move == MOVE_BOTH || l->s->move == MOVE_HOST) &&
	    !ws_group_fixed((enum sr_group)l->s->group))
		write_new(l, &l->host, &l->hw);
}

static void begin(struct life *l, const struct script *sc)
{
	l->next = FIRST_VALUE;
	write_new(l, &l->guest, &l->guest_mem);
	write_new(l, &l->host, &l->hw);
	l->host_mem = JUNK;
	if (l->s->move == MOVE_CONF && l->s->host == HOST_NONE)
		l->host_mem =
			l->host; /* a constant of the CPU (VMPIDR_EL2), set when the host booted */
	l->host_fp = sc->host_fp;
	if ((l->saves_live_fp && !sc->host_fp) || l->saved_by_trap)
		l->host_mem = l->host;
	l->control_was_set = l->control_in_force = l->guest_ran = false;
}

/* Only live list registers are read; an empty one is known without. The host fills them anew in
 * memory. */
static void host_fills_list_registers(struct life *l)
{
	if (l->n != 0 && l->op[0]->per_lr)
		write_new(l, &l->guest, &l->guest_mem);
}

static void enter_and_exit(struct life *l, const struct script *sc, unsigned k, bool *owned)
{
	uint64_t state = CHANGES | CND(LOADED) | sc->state[k] | (*owned ? CND(FP_OWNED) : 0);

	l->control_was_set = false;
	run(l, PHASE_ENTER, state);
	guest_runs(l);
	if ((sc->traps >> k & 1) != 0 && !*owned) {
		run(l, PHASE_LAZY, state);
		*owned = true;
		state |= CND(FP_OWNED);
		l->state = state;
		guest_runs(l);
	}
	if (l->n != 0 && l->op[0]->per_lr && (state & CND(LR_LIVE)) == 0)
		l->guest_mem = l->guest;
	run(l, PHASE_EXIT, state);
	if (l->fp_ends && l->lazy_fp)
		*owned = false;
	host_runs(l, false);
	run_host(l, true);
	host_fills_list_registers(l);
}

static void live(struct life *l, const struct script *sc)
{
	uint64_t base = CHANGES | CND(LOADED);
	bool owned = !l->lazy_fp && !l->no_fp;

	begin(l, sc);
	run(l, PHASE_LOAD, base | (sc->state[0] & ~CND(PAUTH_USED)) | (owned ? CND(FP_OWNED) : 0));
	host_runs(l, false);
	for (unsigned k = 0; k < sc->entries && !l->failed; k++)
		enter_and_exit(l, sc, k, &owned);
	run(l, PHASE_PUT, base | sc->state[sc->entries == 2] | (owned ? CND(FP_OWNED) : 0));
	if (!l->failed && l->switched && l->s->move == MOVE_BOTH && l->guest_mem != l->guest)
		fail(l, RULE_guest_not_saved,
		     "the guest's value is restored but never saved: what the guest wrote is "
		     "lost; want a save at exit or at vcpu_put");
	if (l->hw != l->host && l->s->host == HOST_USER) {
		l->state |= CND(FOREIGN_FP);
		run_host(l, false);
	}
	host_runs(l, true);
}

/* ---- all lives ---- */

/* States that cannot be: a live list register without one, a permission fault without an abort. */
static bool possible(const struct script *sc)
{
	for (unsigned k = 0; k < 2; k++) {
		uint64_t s = sc->state[k];

		if (((s & CND(LR_LIVE)) != 0 && (s & CND(LRS)) == 0) ||
		    ((s & CND(S2_PERM)) != 0 && (s & CND(ABORT)) == 0))
			return false;
	}
	return (sc->state[0] & CND(PAUTH_USED) & ~sc->state[1]) == 0; /* stays until vcpu_put */
}

/* Bits of mask picked by the binary digits of i. */
static uint64_t pick(uint64_t mask, unsigned i)
{
	uint64_t out = 0;

	for (unsigned c = 0; c < 64; c++) {
		if ((mask >> c & 1) == 0)
			continue;
		out |= (uint64_t)(i & 1) << c;
		i >>= 1;
	}
	return out;
}

static void all_states(struct life *l, struct script *sc, uint64_t mask)
{
	unsigned bits = 0;

	for (uint64_t m = mask; m != 0; m &= m - 1)
		bits++;
	for (unsigned i = 0; i < 1U << bits && !l->failed; i++) {
		for (unsigned j = 0; j < 1U << bits && !l->failed; j++) {
			sc->state[0] = pick(mask, i);
			sc->state[1] = pick(mask, j);
			if (possible(sc))
				live(l, sc);
		}
	}
}

#define STATE_BITS_MAX 6

/* Built-in tables stay within what can be followed; a model from data, or a patched one, need not. */
static bool too_much(struct life *l, uint64_t mask)
{
	unsigned bits = 0;

	for (uint64_t m = mask; m != 0; m &= m - 1)
		bits++;
	if (bits <= STATE_BITS_MAX && !l->full)
		return false;
	BUG_ON(l->p->config.model->step == NULL && l->p->config.patch == NULL);
	ws_finding_add(l->f, RULE_unjudged, (enum sr_group)l->s->group, l->s->reg, PHASE_LOAD, "%s (group %s): %u conditions, %zu ops%s: want "
		       "at most %d and %d", l->s->name, group_name((enum sr_group)l->s->group), bits, l->n, l->full ? " or more" : "",
		       STATE_BITS_MAX, OPS_MAX);
	return true;
}

static void collect(struct life *l, uint64_t *mask)
{
	const struct ws_prog *p = l->p;

	l->lazy_fp = ws_fp_is_lazy(p);
	l->no_fp = ws_group_policy(p, GRP_fpsimd) == POL_NEVER;
	*mask = l->s->reach;
	for (size_t i = 0; i < p->n; i++) {
		const struct ws_op *op = &p->op[i];

		l->fp_ends |= op->phase == PHASE_EXIT && op->opcode == OP_FPR_LOAD &&
			      op->side == SIDE_HOST;
		if (!ws_subject_touched(l->s, op) ||
		    (op->phase == PHASE_HANDLE && !is_accessor(op) && !is_handlers_save(op) &&
		     op->comp != COMP_host_ret_to_user))
			continue;
		l->full = l->n == OPS_MAX;
		if (l->full)
			break;
		l->op[l->n++] = op;
		*mask |= op->guard.on | op->guard.off;
		l->saves_live_fp |= op->phase <= PHASE_LAZY && (op->guard.on & CND(HOST_FP)) != 0;
		l->saved_by_trap |= (op->guard.on & CND(PAUTH_USED)) != 0;
		l->switched |=
			op->side == SIDE_GUEST && op->phase <= PHASE_LAZY && !is_accessor(op);
	}
	*mask &= ~OWN;
}

void ws_life_check(const struct ws_prog *p, const struct ws_subject *s, struct ws_findings *f)
{
	static const unsigned entries[] = { 1, 2, 0 };
	struct life l = { .p = p, .s = s, .f = f };
	uint64_t mask;

	collect(&l, &mask);
	if (too_much(&l, mask))
		return;
	for (unsigned i = 0; i < 3; i++) {
		for (unsigned traps = 0; traps < (l.lazy_fp ? 4U : 1U); traps++) {
			for (unsigned fp = 0; fp <= (unsigned)l.saves_live_fp; fp++) {
				struct script sc = { entries[i], { 0, 0 }, traps, fp == 0 };

				all_states(&l, &sc, mask);
			}
		}
	}
}
