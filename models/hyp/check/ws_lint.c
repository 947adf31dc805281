/* SPDX-License-Identifier: Apache-2.0 */
/* Checks the form of a program. Values are followed in ws_life.c, tables in ws_lint_tables.c. */
#include "models/hyp/check/ws_lint.h"

#include <string.h>

#include "models/hyp/kvm/handlers.h"
#include "models/hyp/check/ws_life.h"

/* ---- policy never ---- */

static enum ws_policy policy_of(const struct ws_config *c, enum sysreg reg)
{
	return (enum ws_policy)(c->reg_policy[reg] != POL_MODEL
					? c->reg_policy[reg]
					: c->group_policy[sysreg_row(reg)->group]);
}

static void check_never(const struct ws_op *op, struct ws_findings *f)
{
	enum sysreg reg = (enum sysreg)op->reg;
	const struct sysreg_row *row = sysreg_row(reg);

	if (row->trap[0] == '\0')
		ws_finding_add(f, RULE_never_untrapped, (enum sr_group)row->group, reg,
			       (enum ws_phase)op->phase,
			       "%s (group %s), policy never: nothing traps the guest's use of it; "
			       "want model, eager or deferred",
			       row->name, group_name((enum sr_group)row->group));
	else if (ws_effect_of(reg) != NULL)
		ws_finding_add(f, RULE_never_in_use, (enum sr_group)row->group, reg,
			       (enum ws_phase)op->phase,
			       "%s (group %s), policy never: %s is not enough: %s; want model, "
			       "eager or deferred",
			       row->name, group_name((enum sr_group)row->group), row->trap,
			       ws_effect_of(reg));
}

static bool has_never(const struct ws_config *c)
{
	return memchr(c->group_policy, POL_NEVER, sizeof(c->group_policy)) != NULL ||
	       memchr(c->reg_policy, POL_NEVER, sizeof(c->reg_policy)) != NULL;
}

/* What `never` leaves out shows only in the program without policies. */
static void check_nevers(const struct ws_prog *p, struct ws_findings *f)
{
	bool seen[SR_COUNT] = { false };
	struct ws_config c = p->config;
	struct ws_prog *base;
	struct err e;

	if (!has_never(&c))
		return;
	memset(c.group_policy, POL_MODEL, sizeof(c.group_policy));
	memset(c.reg_policy, POL_MODEL, sizeof(c.reg_policy));
	c.patch = NULL; /* its words may fit the program under the policies only */
	base = ws_compile(&c, &e);
	BUG_ON(base == NULL);
	for (size_t i = 0; i < base->n; i++) {
		const struct ws_op *op = &base->op[i];

		if (op->reg == SR_NONE || op->phase > PHASE_LAZY || seen[op->reg] ||
		    (op->side != SIDE_GUEST && op->side != SIDE_GCFG) ||
		    policy_of(&p->config, (enum sysreg)op->reg) != POL_NEVER)
			continue;
		seen[op->reg] = true;
		check_never(op, f);
	}
	ws_free(base);
}

/* ---- shape ---- */

static bool unconditional(const struct ws_op *op, enum ws_opcode opcode)
{
	return op->opcode == opcode && op->guard.on == 0 && op->guard.off == 0;
}

/* The host may access devices (a GICv2) on its way to EL2 and after it, whatever EL it runs at. */
static bool is_device(const struct ws_op *op)
{
	return ws_opcode_row((enum ws_opcode)op->opcode)->counter == CNT_mmio;
}

static void check_ends(const struct ws_prog *p, enum ws_phase phase, struct ws_findings *f)
{
	enum ws_comp comp = ws_phase_comp(p, phase);
	const struct ws_op *op = &p->op[p->comp[comp].first];
	size_t n = p->comp[comp].n;
	bool to_guest = phase == PHASE_ENTER || phase == PHASE_LAZY;
	bool to_host_at_el1 = phase == PHASE_EXIT && p->config.model->mode != MODE_VHE;

	if (phase != PHASE_ENTER && (n == 0 || !unconditional(&op[0], OP_EXC)))
		ws_finding_add(f, RULE_no_exception, GRP_exit, SR_NONE, phase,
			       "%s: the guest is left by an exception; want EXC as the first op",
			       phase_name(phase));
	while (to_host_at_el1 && n != 0 && is_device(&op[n - 1]))
		n--;
	if ((to_guest || to_host_at_el1) && (n == 0 || !unconditional(&op[n - 1], OP_ERET)))
		ws_finding_add(f, RULE_no_eret, GRP_exit, SR_NONE, phase,
			       "%s: the way to the %s ends in ERET; want it as the last op",
			       phase_name(phase), to_guest ? "guest" : "host");
}

/* The nVHE host's way through a phase: HVC takes it to EL2, ERET back to EL1. */
struct host_at {
	const struct ws_op *hvc; /* the call under way */
	bool named[SR_COUNT];    /* registers already complained about */
};

static void hvc_finding(struct ws_findings *f, const struct ws_op *op, const char *what)
{
	ws_finding_add(f, RULE_hvc_unpaired, GRP_exit, SR_NONE, (enum ws_phase)op->phase,
		       "%s, %s: %s", phase_name((enum ws_phase)op->phase), op->step->function,
		       what);
}

static void check_call_op(struct host_at *at, const struct ws_op *op, struct ws_findings *f)
{
	if (op->opcode == OP_HVC) {
		if (at->hvc != NULL)
			hvc_finding(f, op,
				    "a hypercall inside a hypercall; want the ERET of the first "
				    "before it");
		at->hvc = op;
	} else if (op->opcode == OP_ERET) {
		if (at->hvc == NULL)
			hvc_finding(f, op, "a return without a hypercall; want an HVC before it");
		else if (at->hvc->guard.on != op->guard.on || at->hvc->guard.off != op->guard.off)
			hvc_finding(f, op,
				    "hypercall and return depend on different conditions; want the "
				    "same guard");
		at->hvc = NULL;
	} else if (op->reg != SR_NONE && sysreg_row((enum sysreg)op->reg)->op1 == 4 &&
		   at->hvc == NULL && !at->named[op->reg]) {
		at->named[op->reg] = true;
		ws_finding_add(f, RULE_out_of_reach, (enum sr_group)op->group, (enum sysreg)op->reg,
			       (enum ws_phase)op->phase,
			       "%s (group %s), %s: the nVHE host is at EL1 there and cannot "
			       "reach the register without a hypercall; want policy eager",
			       sysreg_name((enum sysreg)op->reg),
			       group_name((enum sr_group)op->group),
			       phase_name((enum ws_phase)op->phase));
	}
}

/* nVHE, load and put: each visit to EL2 is a hypercall with its return. */
static void check_calls(const struct ws_prog *p, enum ws_phase phase, struct ws_findings *f)
{
	enum ws_comp comp = ws_phase_comp(p, phase);
	struct host_at at = { .hvc = NULL };

	for (size_t i = 0; i < p->comp[comp].n; i++)
		check_call_op(&at, &p->op[p->comp[comp].first + i], f);
	if (at.hvc != NULL)
		hvc_finding(f, at.hvc, "a hypercall without its return; want an ERET after it");
}

/* Entry: one hypercall, first of all, under nVHE; none under VHE, in no phase. */
static void check_hypercalls(const struct ws_prog *p, struct ws_findings *f)
{
	enum ws_comp enter = ws_phase_comp(p, PHASE_ENTER);
	const struct ws_op *first = &p->op[p->comp[enter].first], *end = first + p->comp[enter].n;

	while (first < end && is_device(first))
		first++;
	if (p->config.model->mode != MODE_VHE) {
		check_calls(p, PHASE_LOAD, f);
		check_calls(p, PHASE_PUT, f);
		if (first == end || !unconditional(first, OP_HVC))
			ws_finding_add(f, RULE_hvc_unpaired, GRP_exit, SR_NONE, PHASE_ENTER,
				       "enter: the nVHE host reaches EL2 by a hypercall; want HVC "
				       "as the first op");
		return;
	}
	for (size_t i = 0; i < p->n; i++) {
		if (p->op[i].opcode == OP_HVC)
			hvc_finding(f, &p->op[i], "a VHE host is at EL2 already; want no HVC");
	}
}

/* Phases in which the guest's vector registers or the control registers beside them move. */
static unsigned fp_phases(const struct ws_prog *p, enum sysreg reg, bool in)
{
	unsigned phases = 0;

	for (size_t i = 0; i < p->n; i++) {
		const struct ws_op *op = &p->op[i];
		enum ws_opcode vectors = in ? OP_FPR_LOAD : OP_FPR_SAVE;
		enum ws_opcode control = in ? OP_MSR : OP_MRS;

		if (op->side == SIDE_GUEST &&
		    (reg == SR_NONE ? op->opcode == vectors
				    : op->opcode == control && op->reg == reg))
			phases |= 1U << op->phase;
	}
	return phases;
}

static void check_fp(const struct ws_prog *p, struct ws_findings *f)
{
	static const enum sysreg regs[] = { SR_FPSR, SR_FPCR };

	for (size_t r = 0; r < 2; r++) {
		for (int in = 0; in < 2; in++) {
			if (fp_phases(p, regs[r], in != 0) == fp_phases(p, SR_NONE, in != 0))
				continue;
			ws_finding_add(f, RULE_fp_half, GRP_fpsimd, regs[r], PHASE_COUNT,
				       "%s (group fpsimd): V0-V31 are %s in other phases; want one "
				       "policy for all of them",
				       sysreg_name(regs[r]), in != 0 ? "restored" : "saved");
			break;
		}
	}
}

/* kvm_vgic_flush_hwstate fills list registers before each entry. */
static void check_list_registers(const struct ws_prog *p, struct ws_findings *f)
{
	for (size_t i = 0; i < p->n; i++) {
		if (p->op[i].per_lr &&
		    (p->op[i].phase == PHASE_LOAD || p->op[i].phase == PHASE_PUT)) {
			ws_finding_add(f, RULE_lr_refill, (enum sr_group)p->op[i].group,
				       (enum sysreg)p->op[i].reg, (enum ws_phase)p->op[i].phase,
				       "%s (group vgic), %s: the host fills list registers "
				       "before each entry; want policy eager or model",
				       is_device(&p->op[i]) ? "GICH_LRn" : sysreg_name((enum sysreg)p->op[i].reg),
				       phase_name((enum ws_phase)p->op[i].phase));
			return;
		}
	}
}

/* ---- accessors ---- */

static void check_accessors(const struct ws_prog *p, const bool *moved, struct ws_findings *f)
{
	bool seen[SR_COUNT] = { false };

	for (size_t i = 0; i < p->n; i++) {
		const struct ws_op *op = &p->op[i];
		uint8_t opcode = op->step->opcode;

		if ((opcode != OP_ACC_READ && opcode != OP_ACC_WRITE) || seen[op->reg])
			continue;
		seen[op->reg] = true;
		if (!moved[op->reg] && policy_of(&p->config, (enum sysreg)op->reg) != POL_NEVER)
			ws_finding_add(f, RULE_accessor_unmoved, (enum sr_group)op->group,
				       (enum sysreg)op->reg, (enum ws_phase)op->phase,
				       "%s (group %s), %s: %s reads or writes it, but no phase "
				       "moves the guest's value; want it saved and restored",
				       sysreg_name((enum sysreg)op->reg),
				       group_name((enum sr_group)op->group),
				       phase_name((enum ws_phase)op->phase), op->step->function);
	}
}

/* ---- handlers ---- */

/* Does the component write the guest's control of reg, whatever the state? The last write decides. */
static enum ws_side last_control(const struct ws_prog *p, enum ws_comp comp, enum sysreg reg)
{
	enum ws_side side = SIDE_NONE;

	for (size_t i = p->comp[comp].first; i < p->comp[comp].first + p->comp[comp].n; i++) {
		const struct ws_op *op = &p->op[i];

		if (op->opcode == OP_MSR && op->reg == reg && (op->side == SIDE_GCFG || op->side == SIDE_HCFG))
			side = (enum ws_side)op->side;
	}
	return side;
}

/* Steps of a kind from its exit to its entry: is the guest's control given up on the way? */
static const struct exit_step *undone_by(const struct ws_prog *p, const struct exit_row *row, enum sysreg reg)
{
	const struct exit_step *by = NULL;

	for (unsigned i = 0; i < row->n; i++) {
		enum ws_side side = last_control(p, exit_step_comp(p->config.model, &row->step[i]), reg);

		if (exit_step_is(&row->step[i], PHASE_ENTER) && by != NULL && side != SIDE_GCFG)
			return by;
		if (row->step[i].is_phase || side == SIDE_GCFG)
			by = NULL;
		else if (side == SIDE_HCFG)
			by = &row->step[i];
	}
	return NULL;
}

static void check_handler_controls(const struct ws_prog *p, struct ws_findings *f)
{
	for (unsigned r = SR_NONE + 1; r < SR_COUNT; r++) {
		const struct sysreg_row *row = sysreg_row((enum sysreg)r);
		const struct exit_step *by = NULL;

		if (row->move != MOVE_CONF || policy_of(&p->config, (enum sysreg)r) == POL_NEVER)
			continue;
		for (unsigned k = 0; k < EXIT_COUNT && by == NULL; k++)
			by = undone_by(p, exit_row((enum exit_kind)k), (enum sysreg)r);
		if (by != NULL)
			ws_finding_add(f, RULE_handler_undoes, (enum sr_group)row->group, (enum sysreg)r, PHASE_HANDLE,
				       "%s (group %s), handle: %s leaves the host's control in force while the vCPU is loaded; "
				       "want the guest's written at each entry (eager)", row->name,
				       group_name((enum sr_group)row->group), comp_help((enum ws_comp)by->id));
	}
}

static void check_handler_accesses(const struct ws_prog *p, struct ws_findings *f)
{
	size_t n;
	const struct handler *h = handlers(&n);

	for (size_t i = 0; i < n; i++) {
		enum sysreg reg = h[i].reg;
		bool memory = h[i].via == VIA_MEMORY;
		enum ws_rule rule = memory ? RULE_handler_stale : RULE_accessor_missing;

		if (h[i].moment != MOMENT_KERNEL || h[i].who != WHO_OWN || !ws_reg_deferred(p, reg) ||
		    (!memory && p->beside.way[reg] != WAY_MEMORY))
			continue;
		ws_finding_add(f, rule, (enum sr_group)sysreg_row(reg)->group, reg, PHASE_HANDLE,
			       "%s (group %s), handle: %s %s it %s, but it lives in the CPU while the vCPU is loaded; want it in "
			       "accessors.def, or not deferred", sysreg_name(reg), group_name((enum sr_group)sysreg_row(reg)->group),
			       h[i].function, h[i].write ? "writes" : "reads",
			       memory ? "in memory" : "by an accessor that goes to memory");
	}
}

/* ---- all ---- */

static void check_lives(const struct ws_prog *p, struct ws_findings *f)
{
	bool has_ops[SR_COUNT] = { false }, moved[SR_COUNT] = { false };
	struct ws_subject s;

	for (size_t i = 0; i < p->n; i++) {
		const struct ws_op *op = &p->op[i];
		bool accessor = op->step->opcode == OP_ACC_READ || op->step->opcode == OP_ACC_WRITE;

		has_ops[op->reg] |= op->phase <= PHASE_LAZY && !accessor;
		moved[op->reg] |= op->phase <= PHASE_LAZY && !accessor && op->side == SIDE_GUEST;
	}
	s = ws_subject_of(SUBJECT_X, SR_NONE);
	ws_life_check(p, &s, f);
	s = ws_subject_of(SUBJECT_V, SR_NONE);
	ws_life_check(p, &s, f);
	for (unsigned r = SR_NONE + 1; r < SR_COUNT; r++) {
		s = ws_subject_of(SUBJECT_REG, (enum sysreg)r);
		if (has_ops[r] && s.move != MOVE_INFO)
			ws_life_check(p, &s, f);
	}
	check_accessors(p, moved, f);
}

size_t ws_lint(const struct ws_prog *p, struct ws_findings *f)
{
	size_t before = f->n;

	check_nevers(p, f);
	check_ends(p, PHASE_ENTER, f);
	check_ends(p, PHASE_EXIT, f);
	if (ws_fp_is_lazy(p))
		check_ends(p, PHASE_LAZY, f);
	check_fp(p, f);
	check_list_registers(p, f);
	check_lives(p, f);
	check_handler_controls(p, f);
	check_handler_accesses(p, f);
	check_hypercalls(p, f);
	return f->n - before;
}

int ws_lint_err(const struct ws_prog *p, struct err *e)
{
	struct ws_findings f = WS_FINDINGS_INIT;
	size_t n = ws_lint(p, &f);
	int rc = 0;

	if (n != 0)
		rc = err_set(e, ERR_MODEL, "%s: %s%s", ws_rule_name((enum ws_rule)f.v[0].rule),
			     f.v[0].text, n > 1 ? " (and more: el2sim lint)" : "");
	ws_findings_free(&f);
	return rc;
}
