/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/ws/ws_policy.h"

#include <string.h>

const char *const ws_policy_names[POL_COUNT + 1] = {
#define X(id, name, help, traps) name,
	WS_POLICIES(X)
#undef X
	NULL
};

bool ws_policy_traps(enum ws_policy pol)
{
	static const bool rows[POL_COUNT] = {
#define X(id, name, help, traps) traps,
		WS_POLICIES(X)
#undef X
	};

	BUG_ON(pol >= POL_COUNT);
	return rows[pol];
}

/* Groups that have a first-use trap, so that lazy means something. */
#define LAZY_GROUPS (1U << GRP_fpsimd | 1U << GRP_sve | 1U << GRP_pauth)

static enum ws_policy policy_of(const struct ws_config *c, const struct ws_op *op)
{
	if (op->reg != SR_NONE && c->reg_policy[op->reg] != POL_MODEL)
		return (enum ws_policy)c->reg_policy[op->reg];
	return (enum ws_policy)c->group_policy[op->group];
}

/* Register accesses, vector blocks, barriers and MMIO of a group; exceptions and calls stay where they are. */
bool ws_policy_moves(const struct ws_op *op)
{
	const struct ws_opcode_row *row = ws_opcode_row((enum ws_opcode)op->opcode);

	if (op->opcode == OP_ACC_READ || op->opcode == OP_ACC_WRITE || op->phase == PHASE_HANDLE)
		return false;
	switch (row->counter) {
	case CNT_read:
	case CNT_write:
	case CNT_isb:
	case CNT_dsb:
	case CNT_fpr:
	case CNT_mmio:
		return true;
	default:
		return false;
	}
}

/*
 * What a phase does for itself, whatever the policy: vcpu_load flushes another vCPU's translations
 * and unbinds the thread's FP state, the exit keeps PAR_EL1 safe from its own AT S1E1R.
 */
#define STAYS (CND(OTHER_VCPU) | CND(HOST_FP) | CND(S2_PERM))

/* Groups of which nothing can move: X registers, exceptions, what the exit or the host looks at. */
#define FIXED_GROUPS                                                                               \
	(1U << GRP_gp | 1U << GRP_exit | 1U << GRP_fault | 1U << GRP_host | 1U << GRP_irqchip |    \
	 1U << GRP_ident)

/* Where an op belongs under its policy; its own phase if it does not move. */
static enum ws_phase target(const struct ws_op *op, enum ws_policy pol)
{
	bool to_guest = op->phase == PHASE_LOAD || op->phase == PHASE_ENTER ||
			(op->phase == PHASE_LAZY && op->group == GRP_fpsimd);
	bool to_host = op->phase == PHASE_EXIT || op->phase == PHASE_PUT;

	if ((op->guard.on & STAYS) != 0)
		return (enum ws_phase)op->phase;
	if (pol == POL_EAGER && to_guest)
		return PHASE_ENTER;
	if (pol == POL_EAGER && to_host)
		return PHASE_EXIT;
	if (pol == POL_DEFERRED && to_guest)
		return PHASE_LOAD;
	if (pol == POL_DEFERRED && to_host)
		return PHASE_PUT;
	return (enum ws_phase)op->phase;
}

bool ws_policy_applies(enum sysreg reg)
{
	const struct sysreg_row *row = sysreg_row(reg);

	return row->move != MOVE_INFO && row->move != MOVE_HOST && (FIXED_GROUPS >> row->group & 1) == 0;
}

static int check_policy(const struct ws_prog *p, struct err *e)
{
	for (unsigned g = 0; g < GRP_COUNT; g++) {
		if (p->config.group_policy[g] != POL_MODEL && (FIXED_GROUPS >> g & 1) != 0)
			return err_set(e, ERR_MODEL,
				       "policy %s = %s: nothing of this group can move; want model",
				       group_name((enum sr_group)g),
				       ws_policy_names[p->config.group_policy[g]]);
		if (g == GRP_pauth && p->config.group_policy[g] != POL_MODEL && (p->known & CND(PKVM)) != 0)
			return err_set(e, ERR_MODEL,
				       "policy pauth = %s: under pKVM the keys change at each hypercall of the host, whatever "
				       "runs; want model", ws_policy_names[p->config.group_policy[g]]);
		if (p->config.group_policy[g] == POL_LAZY && (LAZY_GROUPS >> g & 1) == 0)
			return err_set(e, ERR_MODEL,
				       "policy %s = lazy: only fpsimd, sve and pauth have a "
				       "first-use trap; "
				       "want eager, deferred or never",
				       group_name((enum sr_group)g));
	}
	for (unsigned r = SR_NONE + 1; r < SR_COUNT; r++) {
		if (p->config.reg_policy[r] != POL_MODEL && !ws_policy_applies((enum sysreg)r))
			return err_set(e, ERR_MODEL, "policy %s = %s: the register is looked at, not switched; want model",
				       sysreg_name((enum sysreg)r), ws_policy_names[p->config.reg_policy[r]]);
		if (p->config.reg_policy[r] == POL_LAZY)
			return err_set(e, ERR_MODEL,
				       "policy %s = lazy: a single register has no first-use "
				       "trap; set its group's policy",
				       sysreg_name((enum sysreg)r));
	}
	return 0;
}

static struct ws_op moved_op(const struct ws_op *op, enum ws_phase phase, enum ws_comp comp)
{
	struct ws_op m = *op;

	m.phase = (uint8_t)phase;
	m.comp = (uint16_t)comp;
	return m;
}

/*
 * With a policy for fpsimd other than lazy, who owns the registers is no run-time question any
 * more: the guest while it is loaded or runs, or never. Returns false if the op can not run then.
 */
static bool settle_fp(const struct ws_config *c, struct ws_op *op)
{
	uint8_t pol = c->group_policy[GRP_fpsimd];
	bool never = pol == POL_NEVER;

	if (pol == POL_MODEL || pol == POL_LAZY)
		return true;
	if (((never ? op->guard.on : op->guard.off) & CND(FP_OWNED)) != 0)
		return false;
	op->guard.on &= ~CND(FP_OWNED);
	op->guard.off &= ~CND(FP_OWNED);
	return true;
}

/* Written at an entry only because it stays from vcpu_load to vcpu_put: not if it does not stay. */
static bool is_update(const struct ws_config *c, const struct ws_op *op)
{
	return (op->guard.on & CND(NEW_MDCR)) != 0 && policy_of(c, op) == POL_EAGER;
}

/* Vector lengths alone may be switched without looking at the owner. */
static void settle_sve(const struct ws_config *c, struct ws_op *op)
{
	uint8_t pol = c->group_policy[GRP_sve];

	if ((pol == POL_EAGER || pol == POL_DEFERRED) && op->group == GRP_sve)
		op->guard.on &= ~CND(FP_OWNED);
}

/*
 * nVHE: a hypercall whose work moved elsewhere is not made. Between HVC and ERET, only the calling
 * convention is left then: ops of the blocks that hold the two.
 */
static size_t drop_empty_calls(struct ws_op *op, size_t n)
{
	size_t out = 0, call = SIZE_MAX;
	bool empty = false;

	for (size_t i = 0; i < n; i++) {
		if (op[i].phase != PHASE_LOAD && op[i].phase != PHASE_PUT) {
			op[out++] = op[i];
			continue;
		}
		if (op[i].opcode == OP_HVC) {
			call = out;
			empty = true;
		}
		op[out++] = op[i];
		if (call == SIZE_MAX)
			continue;
		empty &= op[i].opcode == OP_HVC || op[i].step->comp == op[call].step->comp ||
			 op[i].opcode == OP_ERET || op[i].opcode == OP_GPR_LOAD ||
			 op[i].group == GRP_pauth;
		if (op[i].opcode == OP_ERET) {
			out = empty ? call : out;
			call = SIZE_MAX;
		}
	}
	return out;
}

static bool is_anchor(const struct ws_op *op)
{
	return op->opcode == OP_ANCHOR;
}

/* Append all ops that move into this phase, in program order. */
static size_t insert_moved(const struct ws_prog *p, struct ws_op *out, size_t n,
			   const struct ws_op *anchor)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct ws_op *op = &p->op[i];
		enum ws_policy pol = policy_of(&p->config, op);

		if (is_anchor(op) || !ws_policy_moves(op) || pol == POL_NEVER || op->phase == anchor->phase)
			continue;
		if (target(op, pol) == (enum ws_phase)anchor->phase)
			out[n++] = moved_op(op, (enum ws_phase)anchor->phase,
					    (enum ws_comp)anchor->comp);
	}
	return n;
}

/* What the policies decided about guards and calls. */
static size_t settle(const struct ws_config *c, struct ws_op *op, size_t n)
{
	size_t out = 0;

	for (size_t i = 0; i < n; i++) {
		settle_sve(c, &op[i]);
		if (settle_fp(c, &op[i]) && !is_update(c, &op[i]))
			op[out++] = op[i];
	}
	/* Of a model from data nobody knows which ops are the calling convention: calls stay. */
	return c->model->step != NULL ? out : drop_empty_calls(op, out);
}

int ws_apply_policies(struct ws_prog *p, struct err *e)
{
	struct ws_op *out;
	size_t n = 0;

	if (check_policy(p, e) != 0)
		return -1;
	out = xmalloc(2 * p->n * sizeof(*out) + sizeof(*out));
	for (size_t i = 0; i < p->n; i++) {
		const struct ws_op *op = &p->op[i];
		enum ws_policy pol = policy_of(&p->config, op);

		if (is_anchor(op)) {
			n = insert_moved(p, out, n, op);
			continue;
		}
		if (ws_policy_moves(op) && (pol == POL_NEVER || target(op, pol) != (enum ws_phase)op->phase))
			continue;
		out[n] = *op;
		if (pol == POL_LAZY && op->group == GRP_pauth && op->phase != PHASE_LOAD)
			out[n].guard.on |= CND(PAUTH_USED);
		n++;
	}
	free(p->op);
	p->op = out;
	p->n = settle(&p->config, out, n);
	return 0;
}
