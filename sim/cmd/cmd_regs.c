/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim regs: the tables of models/cpu, printed. */
#include "models/cpu/machine.h"
#include "models/hyp/abi/abi_reg.h"
#include "sim/cmd/cmd.h"
#include "sim/app/output.h"

struct regs_args {
	struct output_args out;
	bool features, groups, costs;
};

static const struct arg_row arg_rows[] = {
	{ "--features", NULL, ARG_FLAG, offsetof(struct regs_args, features),
	  .help = "print the features that a machine can have" },
	{ "--groups", NULL, ARG_FLAG, offsetof(struct regs_args, groups), .help = "print the register groups" },
	{ "--costs", NULL, ARG_FLAG, offsetof(struct regs_args, costs),
	  .help = "print the cost classes with their defaults" },
	OUTPUT_ARG_ROWS(struct regs_args, out),
};

static const struct arg_spec spec = {
	.name = "regs", .rows = arg_rows, .n_rows = ARG_ROWS(arg_rows), .min_pos = 0, .max_pos = 0,
	.text = "Without an option: every system register that a switch model touches.\n",
};

static struct rep_col text(const char *key, const char *title)
{
	return (struct rep_col){ .key = key, .title = title, .type = REP_STR };
}

static struct rep_col number(const char *key, const char *title, const char *unit)
{
	return (struct rep_col){ .key = key, .title = title, .type = REP_U64, .unit = unit };
}

/* Words of the columns of sysregs.def. */
static const char *const form_words[] = { [FORM_PLAIN] = "plain", [FORM_E12] = "_EL12", [FORM_E02] = "_EL02" };
static const char *const host_words[] = { [HOST_NONE] = "", [HOST_EL1] = "at EL1", [HOST_USER] = "user space",
					  [HOST_ALWAYS] = "always" };
static const char *const move_words[] = { [MOVE_BOTH] = "both", [MOVE_CONF] = "control", [MOVE_INFO] = "read only",
					  [MOVE_HOST] = "host" };

static void reg_row(struct rep_table *t, enum sysreg reg)
{
	const struct sysreg_row *r = sysreg_row(reg);
	enum abi_reg kvm = abi_reg_of(reg);
	char vhe[24];

	rep_str(t, r->name);
	rep_str(t, r->form == FORM_PLAIN ? "" : sysreg_vhe_name(reg, vhe));
	rep_strf(t, "%u,%u,%u,%u,%u", r->op0, r->op1, r->crn, r->crm, r->op2);
	if (kvm != ABI_REG_COUNT)
		rep_u64(t, abi_reg_row(kvm)->id);
	else
		rep_none(t);
	rep_str(t, group_name((enum sr_group)r->group));
	rep_str(t, form_words[r->form]);
	rep_str(t, r->twin != SR_NONE ? sysreg_name((enum sysreg)r->twin) : "");
	rep_str(t, move_words[r->move]);
	rep_str(t, host_words[r->host]);
	rep_str(t, cost_class_name((enum cost_class)r->cost));
	rep_str(t, r->needs != FEAT_NONE ? feat_key((enum feat)r->needs) : "");
	rep_str(t, r->trap);
}

static void registers(struct rep *r)
{
	const struct rep_col cols[] = {
		text("register", ""), text("vhe", "VHE alias"), text("encoding", "op0,op1,CRn,CRm,op2"),
		{ .key = "kvm_id", .title = "KVM register id", .type = REP_HEX },
		text("group", ""), text("form", ""), text("twin", "E2H reaches"), text("move", ""),
		text("host", "host uses it"), text("cost", "cost class"), text("needs", ""), text("trap", "trapped by"),
	};
	struct rep_table *t = rep_table(r, "registers", "System registers", cols, 12);

	for (unsigned reg = SR_NONE + 1; reg < SR_COUNT; reg++)
		reg_row(t, (enum sysreg)reg);
	rep_note(r, "VHE alias: the name by which a host at EL2 with HCR_EL2.E2H = 1 reaches the guest's register; E2H "
		 "reaches: what the register's own name reaches there");
	rep_note(r, "host uses it: who on the host needs its own value between guest exit and vcpu_put, and so forbids "
		 "that the switch is deferred");
	rep_note(r, "KVM register id: for KVM_GET_ONE_REG and KVM_SET_ONE_REG; \"-\" if KVM has none. The ids of "
		 "CNTV_CVAL_EL0 and CNTVCT_EL0 are swapped in KVM's interface");
}

static void features(struct rep *r)
{
	const struct rep_col cols[] = { text("feature", "[machine] features"), text("help", "meaning") };
	struct rep_table *t = rep_table(r, "features", "Features", cols, 2);

	for (unsigned f = 0; f < FEAT_COUNT; f++) {
		rep_str(t, feat_key((enum feat)f));
		rep_str(t, feat_help((enum feat)f));
	}
}

static void groups(struct rep *r)
{
	const struct rep_col cols[] = { text("group", "[policy] key"), number("registers", "", ""),
					text("help", "meaning") };
	struct rep_table *t = rep_table(r, "groups", "Register groups", cols, 3);

	for (unsigned g = 0; g < GRP_COUNT; g++) {
		uint64_t n = 0;

		for (unsigned reg = SR_NONE + 1; reg < SR_COUNT; reg++)
			n += sysreg_row((enum sysreg)reg)->group == g;
		rep_str(t, group_name((enum sr_group)g));
		rep_u64(t, n);
		rep_str(t, group_help((enum sr_group)g));
	}
}

static void costs(struct rep *r)
{
	static const struct {
		const char *key;
		uint64_t mrs, msr;
		const char *why;
	} classes[] = {
#define COST(class, mrs, msr, why) { #class, mrs, msr, why },
#include "models/cpu/costs.def"
	}, ops[] = {
#define OPCOST(key, cycles, why) { #key, cycles, 0, why },
#include "models/cpu/costs.def"
	}, insns[] = {
#define INSNCOST(class, cycles, why) { #class, cycles, 0, why },
#include "models/cpu/costs.def"
	};
	const struct rep_col cols[] = { text("class", ""), number("mrs", "[cost] mrs_<class>", "cycles"),
					number("msr", "[cost] msr_<class>", "cycles"), text("help", "registers") };
	const struct rep_col op_cols[] = { text("op", "[cost] key"), number("cycles", "default", "cycles"),
					   text("help", "meaning") };
	const struct rep_col insn_cols[] = { text("insn", "[cost] insn_<class>"), number("cycles", "default", "cycles"),
					     text("help", "meaning") };
	struct rep_table *t = rep_table(r, "classes", "Cost classes of register accesses, defaults", cols, 4);

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		rep_str(t, classes[i].key);
		rep_u64(t, classes[i].mrs);
		rep_u64(t, classes[i].msr);
		rep_str(t, classes[i].why);
	}
	t = rep_table(r, "ops", "Costs of other operations, defaults", op_cols, 3);
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		rep_str(t, ops[i].key);
		rep_u64(t, ops[i].mrs);
		rep_str(t, ops[i].why);
	}
	t = rep_table(r, "insns", "Costs of instructions and events of a guest that executes, defaults", insn_cols, 3);
	for (size_t i = 0; i < sizeof(insns) / sizeof(insns[0]); i++) {
		rep_str(t, insns[i].key);
		rep_u64(t, insns[i].mrs);
		rep_str(t, insns[i].why);
	}
	rep_note(r, "a machine profile (configs/machine) gives each number its own value and source");
}

int cmd_regs(int argc, char **argv, struct err *e)
{
	struct regs_args o = { 0 };
	struct args a;
	struct rep *r;
	int rc;

	if (args_parse(&a, &spec, argc, argv, &o, e) != 0)
		return -1;
	r = rep_new("regs", "");
	if (!o.features && !o.groups && !o.costs)
		registers(r);
	if (o.features)
		features(r);
	if (o.groups)
		groups(r);
	if (o.costs)
		costs(r);
	rc = output_write(&o.out, r, e);
	rep_free(r);
	args_free(&a);
	return rc;
}
