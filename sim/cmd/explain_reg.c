/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/cmd/explain_reg.h"

#include <stdlib.h>
#include <string.h>

#include "models/hyp/kvm/reach.h"
#include "models/hyp/ws/ws_explain.h"
#include "sim/base/str.h"

enum sysreg explain_reg_named(const char *name, struct err *e)
{
	enum sysreg reg = sysreg_by_name(name);
	const char **names;

	if (reg != SR_NONE)
		return reg;
	names = xcalloc(SR_COUNT, sizeof(*names));
	for (unsigned i = 1; i < SR_COUNT; i++)
		names[i - 1] = sysreg_name((enum sysreg)i);
	(void)err_unknown(e, ERR_USAGE, name, names, SR_COUNT - 1, "el2sim regs lists them", "\"%s\" is no register that a switch model touches", name);
	free(names);
	return SR_NONE;
}

/* Is the op an access to the register, by whatever name? */
static bool touches(const struct ws_op *op, enum sysreg reg)
{
	return op->reg != SR_NONE && ws_same((enum sysreg)op->reg) == ws_same(reg);
}

static bool is_write(const struct ws_op *op)
{
	return ws_opcode_row((enum ws_opcode)op->opcode)->counter == CNT_write;
}

/* Of a handler that reads or writes what the switch moved, or left in memory. */
static bool is_accessor(const struct ws_op *op)
{
	return op->opcode == OP_ACC_READ || op->opcode == OP_ACC_WRITE || op->opcode == OP_ACC_MEM;
}

static bool moves_guest(const struct ws_op *op)
{
	return !is_accessor(op) && (op->side == SIDE_GUEST || op->side == SIDE_GCFG);
}

/* What an access does to the life of the guest's value. */
static const char *what_of(const struct ws_op *op)
{
	bool writes = is_write(op);

	if (op->opcode == OP_ACC_MEM)
		return "an accessor uses the copy in memory";
	if (is_accessor(op))
		return writes ? "an accessor writes it in the CPU" : "an accessor reads it in the CPU";
	switch (op->side) {
	case SIDE_GUEST:
		return writes ? "the guest's value is restored" : "the guest's value is saved";
	case SIDE_HOST:
		return writes ? "the host's value is restored" : "the host's value is saved";
	case SIDE_GCFG:
		return "what holds while the guest runs is set";
	case SIDE_HCFG:
		return "what holds while the host runs is set";
	default:
		return writes ? "written" : "read";
	}
}

/* "load", "load and enter": the phases up to lazy in which some op does it, each once; "" if none does. */
static void phases_of(const struct ws_prog *p, enum sysreg reg, bool writes, struct str *b)
{
	for (unsigned ph = 0; ph <= PHASE_LAZY; ph++) {
		bool found = false;

		for (size_t i = 0; i < p->n; i++) {
			const struct ws_op *op = &p->op[i];

			found = found || (op->phase == ph && touches(op, reg) && moves_guest(op) && is_write(op) == writes);
		}
		if (found)
			str_addf(b, "%s%s", b->len != 0 ? " and " : "", phase_name((enum ws_phase)ph));
	}
}

static void life_verdict(const struct ws_prog *p, enum sysreg reg, struct rep *r)
{
	struct str in = STR_INIT, out = STR_INIT;
	enum sr_group group = (enum sr_group)sysreg_row(reg)->group;

	phases_of(p, reg, true, &in);
	phases_of(p, reg, false, &out);
	if (in.len == 0 && out.len == 0)
		rep_verdict(r, "%s: this switch moves no value of the guest's; what reads or writes it is below", sysreg_name(reg));
	else if (out.len == 0)
		rep_verdict(r, "%s: set for the guest at %s; nothing is saved, for the guest's own value is not in it", sysreg_name(reg), str_get(&in));
	else
		rep_verdict(r, "%s (group %s): the guest's value is restored at %s and saved at %s", sysreg_name(reg), group_name(group),
			    in.len != 0 ? str_get(&in) : "no phase", str_get(&out));
	str_free(&in);
	str_free(&out);
}

static void access_verdicts(const struct ws_prog *p, enum sysreg reg, struct rep *r)
{
	static const char *const ways[] = {
		[WAY_MEMORY] = "in memory: what the CPU has is not theirs",
		[WAY_LOADED] = "in the CPU while the vCPU is loaded, else in memory",
		[WAY_CPU] = "in the CPU, loaded or not",
	};
	const struct ws_trap *trap = ws_trap_of(reg);
	struct ws_subject s = ws_subject_of(SUBJECT_REG, reg);
	struct ws_guard when = { .on = s.reach };
	char text[160];

	if (s.move == MOVE_BOTH)
		rep_verdict(r, "the guest may change it %s%s", s.reach != 0 ? "only when " : "whenever it runs",
			    s.reach != 0 ? ws_guard_text(&when, text, sizeof(text)) : "");
	if (trap != NULL)
		rep_verdict(r, "%s can trap the guest's accesses: %s%s", trap->control, trap->why,
			    trap->enough ? "" : "; so trapping alone does not replace a switch");
	if (ws_effect_of(reg) != NULL && (trap == NULL || strcmp(ws_effect_of(reg), trap->why) != 0))
		rep_verdict(r, "trapped or not it is in use: %s", ws_effect_of(reg));
	if (s.move == MOVE_BOTH && s.group != GRP_traps)
		rep_verdict(r, "KVM's accessors (vcpu_read_sys_reg, vcpu_write_sys_reg) reach it %s", ways[p->beside.way[reg]]);
}

static void facts(const struct ws_prog *p, enum sysreg reg, struct rep *r)
{
	static const char *const hosts[] = { [HOST_NONE] = "never", [HOST_EL1] = "while it runs at EL1 (nVHE)", [HOST_USER] = "in user space",
					     [HOST_ALWAYS] = "always" };
	const struct sysreg_row *row = sysreg_row(reg);
	unsigned policy = p->config.reg_policy[reg] != POL_MODEL ? p->config.reg_policy[reg] : p->config.group_policy[row->group];
	char vhe[24];

	rep_fact(r, "register", "register", "%s (op0,op1,CRn,CRm,op2 = %u,%u,%u,%u,%u)", row->name, row->op0, row->op1, row->crn, row->crm, row->op2);
	rep_fact(r, "group", "group", "%s: %s", group_name((enum sr_group)row->group), group_help((enum sr_group)row->group));
	if (row->form != FORM_PLAIN)
		rep_fact(r, "vhe", "under VHE reached as", "%s", sysreg_vhe_name(reg, vhe));
	rep_fact(r, "host", "the host needs it", "%s", hosts[row->host]);
	if (row->needs != FEAT_NONE)
		rep_fact(r, "needs", "only with", "%s: %s", feat_key((enum feat)row->needs), feat_help((enum feat)row->needs));
	if (row->trap[0] != '\0')
		rep_fact(r, "trap", "trapped by", "%s", row->trap);
	rep_fact(r, "policy", "policy", "%s", ws_policy_names[policy]);
	rep_fact(r, "cost", "cost class", "%s", cost_class_name((enum cost_class)row->cost));
}

void explain_reg_report(const struct ws_prog *p, enum sysreg reg, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "phase", "", REP_STR, "", 0, false },	    { "op", "", REP_STR, "", 0, false },
		{ "name", "", REP_STR, "", 0, false },	    { "what", "", REP_STR, "", 0, false },
		{ "cycles", "", REP_U64, "", 0, true },	    { "condition", "", REP_STR, "", 0, false },
		{ "function", "kernel function", REP_STR, "", 0, false }, { "row", "table row", REP_STR, "", 0, false },
		{ "component", "", REP_STR, "", 0, false },
	};
	struct rep_table *t;

	life_verdict(p, reg, r);
	access_verdicts(p, reg, r);
	facts(p, reg, r);
	t = rep_table(r, "accesses", "Accesses, in the order of the program", cols, sizeof(cols) / sizeof(cols[0]));
	for (size_t i = 0; i < p->n; i++) {
		struct ws_explain_row row;

		if (!touches(&p->op[i], reg))
			continue;
		ws_explain_at(p, i, &row);
		rep_str(t, row.phase);
		rep_str(t, row.opcode);
		rep_str(t, row.object);
		rep_str(t, what_of(row.op));
		rep_u64(t, row.cycles);
		rep_str(t, row.guard);
		rep_str(t, row.function);
		rep_strf(t, "%s:%u", row.file, row.line);
		rep_str(t, row.comp);
	}
}
