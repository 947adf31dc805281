/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of the .def files themselves: rows that nothing uses, and rows that contradict each other.
 */
#include <string.h>

#include "models/hyp/kvm/exits.h"
#include "models/hyp/kvm/vflags.h"
#include "models/hyp/check/ws_life.h"

static void check_registers(struct ws_findings *f)
{
	for (unsigned r = SR_NONE + 1; r < SR_COUNT; r++) {
		const struct sysreg_row *row = sysreg_row((enum sysreg)r);
		enum sr_group g = (enum sr_group)row->group;

		if (row->twin != SR_NONE && sysreg_row((enum sysreg)row->twin)->twin != SR_NONE)
			ws_finding_add(
				f, RULE_twin_of_twin, g, (enum sysreg)r, PHASE_COUNT,
				"%s: its twin %s has a twin, %s; want an EL2 register without one",
				row->name, sysreg_name((enum sysreg)row->twin),
				sysreg_name((enum sysreg)sysreg_row((enum sysreg)row->twin)->twin));
		if (row->form != FORM_PLAIN && row->twin == SR_NONE)
			ws_finding_add(f, RULE_alias_without_twin, g, (enum sysreg)r, PHASE_COUNT,
				       "%s: has an alias but no twin; want the EL2 register that "
				       "its own name reaches",
				       row->name);
		if (row->trap[0] != '\0' && ws_trap_of((enum sysreg)r) == NULL)
			ws_finding_add(f, RULE_trap_unknown, g, (enum sysreg)r, PHASE_COUNT,
				       "%s: control %s; want a row TRAP(\"%s\", state, enough, "
				       "why) in reach.def",
				       row->name, row->trap, row->trap);
	}
}

/* Mark a component and what it inserts. */
static void mark(bool *used, enum ws_comp comp)
{
	size_t n;
	const struct ws_step *s = ws_steps(&n);

	if (used[comp])
		return;
	used[comp] = true;
	for (size_t i = 0; i < n; i++) {
		if (s[i].comp == comp && s[i].opcode == OP_CALL)
			mark(used, (enum ws_comp)s[i].operand);
	}
}

/* A core and a vCPU with everything, for the checks that need a program. */
static void everything(struct machine *m, struct ws_config *c)
{
	*m = (struct machine){ .name = "all", .features = (UINT64_C(1) << FEAT_COUNT) - 1, .list_registers = 1,
			       .pri_bits = 5, .breakpoints = 1, .watchpoints = 1 };
	ws_config_init(c);
	c->machine = m;
	c->vcpu = CND(VPMU) | CND(VSVE) | CND(VPAUTH) | CND(VAARCH32);
}

/* Components that some program runs by themselves, and what they insert. */
static void mark_roots(bool *used)
{
	struct machine m;
	struct ws_config c;
	struct err e;
	size_t n;
	const struct ws_model *models = ws_models(&n);

	everything(&m, &c);
	for (size_t k = 0; k < 2 * n; k++) {
		struct ws_prog *p;

		if (k == n) { /* some rows want a feature, some its absence */
			m.features = CND(VHE) | CND(GICV3);
			c.vcpu = 0;
		}
		c.model = &models[k % n];
		p = ws_compile(&c, &e);
		BUG_ON(p == NULL);
		for (unsigned comp = 0; comp < COMP_COUNT; comp++) {
			if (p->comp[comp].n != 0)
				mark(used, (enum ws_comp)comp);
		}
		ws_free(p);
	}
}

static void check_comps(struct ws_findings *f)
{
	/* Of those that only models from data have rows of, the tables say no more than who runs them. */
	bool used[COMP_COUNT] = {
#define COMP_OF_DATA(id) [COMP_##id] = exit_runs(COMP_##id),
#include "models/hyp/kvm/comps.def"
	};
	bool rows[COMP_COUNT] = {
#define COMP_OF_DATA(id) [COMP_##id] = true,
#include "models/hyp/kvm/comps.def"
	};
	size_t n;
	const struct ws_step *s = ws_steps(&n);

	for (size_t i = 0; i < n; i++)
		rows[s[i].comp] = true;
	mark_roots(used);
	for (unsigned c = 0; c < COMP_COUNT; c++) {
		if (!used[c] || !rows[c])
			ws_finding_add(f, RULE_comp_unused, GRP_COUNT, SR_NONE, PHASE_COUNT, "%s: %s",
				       comp_name((enum ws_comp)c),
				       rows[c] ? "neither a phase nor an exit's path, and nothing that runs inserts it"
					       : "has no rows; want STEP rows, or no COMP row");
	}
}

/* First register of a family, SR_NONE if the opcode takes any register. */
static bool operand_fits(const struct ws_step *s)
{
	switch ((enum ws_operand)ws_opcode_row((enum ws_opcode)s->opcode)->operand) {
	case OPND_REG:
		if (s->operand == SR_NONE || s->operand >= SR_COUNT)
			return false;
		break;
	case OPND_GRP:
		return s->operand < GRP_COUNT && s->side == SIDE_NONE;
	case OPND_NUM:
		return s->operand <= 64;
	case OPND_COMP:
		return s->operand < COMP_COUNT && s->operand != s->comp;
	}
	switch ((enum ws_opcode)s->opcode) {
	case OP_MRS_LRS:
	case OP_MSR_LRS:
		return s->operand == SR_ICH_LR0_EL2;
	case OP_MRS_APRS:
	case OP_MSR_APRS:
		return s->operand == SR_ICH_AP0R0_EL2 || s->operand == SR_ICH_AP1R0_EL2;
	case OP_MRS_BPS:
	case OP_MSR_BPS:
		return s->operand == SR_DBGBVR0_EL1 || s->operand == SR_DBGBCR0_EL1;
	case OP_MRS_WPS:
	case OP_MSR_WPS:
		return s->operand == SR_DBGWVR0_EL1 || s->operand == SR_DBGWCR0_EL1;
	case OP_ACC_READ:
	case OP_ACC_WRITE:
		return s->side == SIDE_GUEST;
	default:
		return true;
	}
}

static void check_steps(struct ws_findings *f)
{
	size_t n;
	const struct ws_step *s = ws_steps(&n);

	for (size_t i = 0; i < n; i++) {
		if (!operand_fits(&s[i]))
			ws_finding_add(f, RULE_operand_kind, GRP_COUNT, SR_NONE, PHASE_COUNT,
				       "%s:%u: %s does not take this operand or side; want what "
				       "ops.def and the head of "
				       "steps_blocks.def say",
				       s[i].file, s[i].line,
				       ws_opcode_row((enum ws_opcode)s[i].opcode)->name);
	}
}

static void check_groups(struct ws_findings *f)
{
	bool used[GRP_COUNT] = { [GRP_gp] = true }; /* X registers are no rows */
	size_t n;
	const struct ws_step *s = ws_steps(&n);

	for (unsigned r = SR_NONE + 1; r < SR_COUNT; r++)
		used[sysreg_row((enum sysreg)r)->group] = true;
	for (size_t i = 0; i < n; i++) {
		if (ws_opcode_row((enum ws_opcode)s[i].opcode)->operand == OPND_GRP)
			used[s[i].operand] = true;
	}
	for (unsigned g = 0; g < GRP_COUNT; g++) {
		if (!used[g])
			ws_finding_add(f, RULE_group_unused, (enum sr_group)g, SR_NONE, PHASE_COUNT,
				       "group %s: no register and no op belongs to it",
				       group_name((enum sr_group)g));
	}
}

/* Features may matter to the exits alone, so only the conditions of conds.def are looked at. */
static void check_conds(struct ws_findings *f)
{
	/* settled or set outside the rows: by the compiler, by the host's choice of registers, by
	 * replay */
	uint64_t used_state = CND(LOADED) | CND(IRQ) | CND(PAUTH_USED) | CND(WAS_LOADED), used_fixed = CND(SINCE_6_1);
	size_t n, n_sites;
	const struct ws_step *s = ws_steps(&n);
	const struct vflag_site *sites = vflag_sites(&n_sites);

	for (size_t i = 0; i < n; i++) {
		used_state |= s[i].guard.on | s[i].guard.off;
		used_fixed |= s[i].guard.fixed_on | s[i].guard.fixed_off;
	}
	for (size_t i = 0; i < n_sites; i++) {
		used_state |= sites[i].guard.on | sites[i].guard.off;
		used_fixed |= sites[i].guard.fixed_on | sites[i].guard.fixed_off;
	}
	for (unsigned c = FEAT_COUNT; c < CND_COUNT; c++) {
		bool state = c >= CND_FIRST_STATE;

		if (((state ? used_state >> (c - CND_FIRST_STATE) : used_fixed >> c) & 1) == 0)
			ws_finding_add(f, RULE_cond_unused, GRP_COUNT, SR_NONE, PHASE_COUNT,
				       "condition %s: no row asks for it", cond_name((enum cond)c));
	}
}

static void check_accessors(struct ws_findings *f)
{
	struct machine m;
	struct ws_config c;
	struct err e;
	size_t n;
	const struct ws_model *models = ws_models(&n);

	everything(&m, &c);
	for (size_t k = 0; k < n; k++) {
		struct ws_prog *p;

		c.model = &models[k];
		p = ws_compile(&c, &e);
		BUG_ON(p == NULL);
		for (size_t i = 0; i < p->n; i++) {
			const struct ws_op *op = &p->op[i];

			if ((op->opcode != OP_ACC_READ && op->opcode != OP_ACC_WRITE) ||
			    ws_accessor_listed((enum sysreg)op->reg))
				continue;
			ws_finding_add(
				f, RULE_accessor_unlisted, (enum sr_group)op->group,
				(enum sysreg)op->reg, (enum ws_phase)op->phase,
				"%s, model %s, %s: reached in the CPU while it is loaded; "
				"want a row in accessors.def if the kernel's accessors know it",
				sysreg_name((enum sysreg)op->reg), c.model->name,
				op->step->function);
		}
		ws_free(p);
	}
}

size_t ws_lint_tables(struct ws_findings *f)
{
	size_t before = f->n;

	check_registers(f);
	check_comps(f);
	check_steps(f);
	check_groups(f);
	check_conds(f);
	check_accessors(f);
	ws_lint_flags(f);
	return f->n - before;
}
