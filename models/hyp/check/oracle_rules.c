/* SPDX-License-Identifier: Apache-2.0 */
/* What the oracle holds a program against, worked out once per program. */
#include <string.h>

#include "models/hyp/check/oracle_impl.h"
#include "models/hyp/kvm/reach.h"

/* ---- subjects ---- */

static bool is_accessor(const struct ws_op *op)
{
	return op->step->opcode == OP_ACC_READ || op->step->opcode == OP_ACC_WRITE;
}

/* What an op moves; N_SUBJECTS if nothing. */
static unsigned subject_of(const struct ws_op *op)
{
	switch (ws_opcode_row((enum ws_opcode)op->opcode)->counter) {
	case CNT_gpr:
		return SUBJECT_OF_X;
	case CNT_fpr:
		return SUBJECT_OF_V;
	case CNT_at:
		return SR_PAR_EL1;
	default:
		return op->reg != SR_NONE ? ws_same((enum sysreg)op->reg) : N_SUBJECTS;
	}
}

static bool is_lr(unsigned subject)
{
	return subject >= SR_ICH_LR0_EL2 && subject <= SR_ICH_LR15_EL2;
}

/* Subjects that a program touches; of the guest's side only: that KVM switches. */
static void mark(const struct ws_prog *p, bool guest, bool *touched)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct ws_op *op = &p->op[i];
		unsigned s = subject_of(op);

		if (s == N_SUBJECTS || op->phase > PHASE_LAZY || is_accessor(op) ||
		    (guest && (op->side != SIDE_GUEST || op->opcode == OP_AT_S1E1R)))
			continue;
		for (unsigned k = 0; k < (op->per_lr ? 16U : 1U); k++)
			touched[s + k] = true;
	}
}

/* Under policy never, with a trap that does: the guest has no value in the CPU. */
static bool given_up(const struct ws_config *c, const struct ws_subject *s)
{
	const struct ws_trap *trap = s->kind == SUBJECT_REG ? ws_trap_of(s->reg) : NULL;
	uint8_t pol = c->group_policy[s->group];

	if (s->kind == SUBJECT_REG && c->reg_policy[s->reg] != POL_MODEL)
		pol = c->reg_policy[s->reg];
	if (pol != POL_NEVER)
		return false;
	return s->kind != SUBJECT_REG || (trap != NULL && trap->enough && ws_effect_of(s->reg) == NULL);
}

static int thread_of(unsigned subject)
{
	return subject == SUBJECT_OF_V ? 0 : subject == SR_FPSR ? 1 : subject == SR_FPCR ? 2 : -1;
}

static void add_subject(struct oracle_tables *t, const struct ws_prog *p, unsigned subject, bool switched)
{
	bool vhe = p->config.model->mode == MODE_VHE;
	struct ws_subject s = subject == SUBJECT_OF_X   ? ws_subject_of(SUBJECT_X, SR_NONE)
			      : subject == SUBJECT_OF_V ? ws_subject_of(SUBJECT_V, SR_NONE)
							: ws_subject_of(SUBJECT_REG, (enum sysreg)subject);
	struct oracle_subject *o = &t->s[t->n];

	if (s.move == MOVE_INFO)
		return;
	*o = (struct oracle_subject){ .name = s.name, .subject = (uint16_t)subject, .group = s.group, .host = s.host,
				      .move = s.move, .reach = s.reach, .thread = thread_of(subject), .lr = -1 };
	if (s.group == GRP_pauth && !t->keys_on_use)
		o->reach &= ~CND(PAUTH_USED);
	if (is_lr(subject))
		o->lr = (int)(subject - SR_ICH_LR0_EL2);
	o->required = switched && (s.move == MOVE_BOTH || s.move == MOVE_CONF) && !given_up(&p->config, &s);
	if (o->thread < 0) {
		o->host_needs = s.host == HOST_ALWAYS || (s.host == HOST_EL1 && !vhe);
		o->user_needs = s.host == HOST_USER;
	}
	o->fixed = ws_group_fixed((enum sr_group)s.group) || (s.move != MOVE_BOTH && s.move != MOVE_HOST);
	o->overwritten = s.group == GRP_el2_return && vhe;
	t->slot[subject] = (int)t->n++;
}

/* ---- controls ---- */

static void add_need(struct oracle_tables *t, const struct ws_prog *p, const struct ws_op *op)
{
	uint64_t on = op->guard.on & ~(CND(NEW_CNTHCTL) | CND(NEW_FPCR) | CND(NEW_ZCR));
	struct ws_subject s;
	int slot;

	if ((op->phase != PHASE_LOAD && op->phase != PHASE_ENTER) || op->side != SIDE_GCFG || op->reg == SR_NONE ||
	    (on & (CND(OTHER_VCPU) | CND(NEW_MDCR))) != 0)
		return;
	s = ws_subject_of(SUBJECT_REG, ws_same((enum sysreg)op->reg));
	slot = t->slot[s.reg];
	/* FPEXC32_EL2: the guest's own while it has FP, else a control: EN lets FP accesses trap */
	if (slot < 0 || (s.move != MOVE_CONF && (s.reach & CND(FP_OWNED)) == 0) || given_up(&p->config, &s))
		return;
	t->need[t->n_need++] = (struct oracle_need){ (uint16_t)slot, on, op->guard.off | (s.move != MOVE_CONF ? s.reach & CND(FP_OWNED) : 0) };
}

/* ---- copies that are read ---- */

static const struct {
	uint16_t block, after, reg;
	uint64_t on;
} use_rows[] = {
#define USE(block, after, reg, on, function) { COMP_##block, SR_##after, SR_##reg, on },
#include "models/hyp/kvm/handlers.def"
};

/* Last op of the program's component or block, or its read of a register, in every component that has it. */
static void use_bits(struct oracle_tables *t, const struct ws_prog *p)
{
	for (size_t u = 0; u < sizeof(use_rows) / sizeof(use_rows[0]); u++) {
		if ((use_rows[u].on & ~p->known) != 0)
			continue;
		for (size_t i = 0; i < p->n; i++) {
			const struct ws_op *op = &p->op[i];
			bool here = op->comp == use_rows[u].block || op->step->comp == use_rows[u].block;
			bool next = i + 1 < p->n && p->op[i + 1].comp == op->comp;

			if (here && (use_rows[u].after != SR_NONE ? op->opcode == OP_MRS && op->reg == use_rows[u].after : !next))
				t->op[i].use = t->slot[use_rows[u].reg];
		}
	}
}

/* ---- what the host gets back ---- */

/* By subject: own value, not a constant; and whether the host's keys are saved on the way to the guest. */
struct host_facts {
	bool own[N_SUBJECTS], keys;
};

/* What a way back to the host writes last: a constant may stand there only for a while (page-table walks kept off). */
static void last_writes(const struct ws_prog *base, enum ws_phase phase, bool *own, bool *constant)
{
	uint8_t last[N_SUBJECTS] = { 0 };

	for (size_t i = 0; i < base->n; i++) {
		unsigned s = subject_of(&base->op[i]);

		if (s != N_SUBJECTS && base->op[i].phase == phase && base->op[i].opcode == OP_MSR)
			last[s] = base->op[i].side;
	}
	for (unsigned s = 0; s < N_SUBJECTS; s++) {
		own[s] |= last[s] == SIDE_HOST;
		constant[s] |= last[s] == SIDE_HCFG;
	}
}

static void look_at_host(struct host_facts *f, const struct ws_prog *base)
{
	bool constant[N_SUBJECTS] = { false };

	memset(f, 0, sizeof(*f));
	last_writes(base, PHASE_EXIT, f->own, constant);
	last_writes(base, PHASE_PUT, f->own, constant);
	for (size_t i = 0; i < base->n; i++) {
		const struct ws_op *op = &base->op[i];

		f->keys |= (op->phase == PHASE_LOAD || op->phase == PHASE_ENTER) && op->opcode == OP_MRS && oracle_is_key(op) &&
			   op->side == SIDE_HOST && (op->guard.on & CND(PAUTH_USED)) == 0;
	}
	for (unsigned s = 0; s < N_SUBJECTS; s++)
		f->own[s] = f->own[s] && !constant[s];
}

/* What only a patch brought is as the patch has it. */
static void look_at_patched(struct host_facts *f, const struct ws_prog *plain, const bool *in_base)
{
	struct host_facts patched;

	look_at_host(&patched, plain);
	for (unsigned s = 0; s < N_SUBJECTS; s++)
		f->own[s] = in_base[s] ? f->own[s] : patched.own[s];
}

/* ---- all ---- */

/* As the tables have it: without faults, and without policies and patches if so. */
static struct ws_prog *compile_again(const struct ws_prog *p, bool policies)
{
	struct ws_config c = p->config;
	struct ws_prog *q;
	struct err e;

	if (!policies) {
		memset(c.group_policy, POL_MODEL, sizeof(c.group_policy));
		memset(c.reg_policy, POL_MODEL, sizeof(c.reg_policy));
		c.patch = NULL;
	}
	q = ws_compile(&c, &e);
	BUG_ON(q == NULL); /* p was compiled from more than that */
	return q;
}

static void look_at_guards(struct oracle_tables *t, const struct ws_prog *plain)
{
	t->lazy_fp = ws_fp_is_lazy(plain);
	t->always_fp = !t->lazy_fp && ws_group_policy(plain, GRP_fpsimd) != POL_NEVER;
	for (size_t i = 0; i < plain->n; i++)
		t->keys_on_use |= plain->op[i].phase <= PHASE_LAZY && (plain->op[i].guard.on & CND(PAUTH_USED)) != 0;
}

static bool is_access(const struct ws_op *op)
{
	return op->step->opcode == OP_ACC_READ || op->step->opcode == OP_ACC_WRITE;
}

static enum oracle_act act_of(const struct ws_op *op)
{
	if (op->opcode == OP_AT_S1E1R)
		return ACT_LOOK_UP;
	if (is_access(op))
		return op->step->opcode == OP_ACC_WRITE ? ACT_WRITE_COPY : ACT_READ_COPY;
	if (ws_opcode_row((enum ws_opcode)op->opcode)->counter == CNT_write || op->opcode == OP_GPR_LOAD || op->opcode == OP_FPR_LOAD)
		return ACT_FORCE;
	return op->side == SIDE_HOST ? ACT_SAVE_HOST : op->side == SIDE_GUEST ? ACT_SAVE_GUEST : ACT_NONE;
}

/* Who looks at which slots. */
static void add_slots(struct oracle_tables *t)
{
	for (unsigned s = 0; s < t->n; s++) {
		if (t->s[s].required)
			t->guest[t->n_guest++] = (uint16_t)s;
		if (t->s[s].host_needs)
			t->host[t->n_host++] = (uint16_t)s;
		if (t->s[s].host_needs || t->s[s].user_needs)
			t->after_put[t->n_after_put++] = (uint16_t)s;
	}
}

void oracle_tables_make(struct oracle_tables *t, const struct ws_prog *p)
{
	bool touched[N_SUBJECTS] = { false }, switched[N_SUBJECTS] = { false }, in_base[N_SUBJECTS] = { false };
	struct ws_prog *base = compile_again(p, false), *plain = compile_again(p, true);
	struct host_facts host;

	memset(t, 0, sizeof(*t));
	look_at_host(&host, base);
	look_at_guards(t, plain);
	mark(base, true, switched);
	mark(plain, true, switched); /* a patch may switch more */
	mark(base, false, in_base);
	look_at_patched(&host, plain, in_base);
	mark(base, false, touched);
	mark(plain, false, touched);
	mark(p, false, touched);
	for (unsigned s = 0; s < N_SUBJECTS; s++) {
		t->slot[s] = -1;
		if (s != SR_NONE && touched[s])
			add_subject(t, p, s, switched[s]);
	}
	for (unsigned s = 0; s < t->n; s++) {
		t->s[s].own = host.own[t->s[s].subject];
		/* keys of the thread, and constants of the CPU: in memory since they were set */
		t->s[s].saved_before = (t->s[s].group == GRP_pauth && !host.keys) ||
				       (t->s[s].move == MOVE_CONF && t->s[s].host == HOST_NONE);
	}
	t->need = xcalloc(base->n + plain->n, sizeof(*t->need));
	for (size_t i = 0; i < base->n; i++)
		add_need(t, p, &base->op[i]);
	for (size_t i = 0; i < plain->n; i++) {
		unsigned s = subject_of(&plain->op[i]);

		if (s != N_SUBJECTS && !in_base[s])
			add_need(t, p, &plain->op[i]);
	}
	t->op = xcalloc(p->n, sizeof(*t->op));
	for (size_t i = 0; i < p->n; i++) {
		unsigned s = subject_of(&p->op[i]);

		t->op[i].slot = s != N_SUBJECTS ? t->slot[s] : -1;
		t->op[i].use = -1;
		t->op[i].act = (uint8_t)(t->op[i].slot >= 0 ? act_of(&p->op[i]) : ACT_NONE);
		t->op[i].path = p->op[i].phase == PHASE_HANDLE && !is_access(&p->op[i]);
	}
	memset(t->phase, PHASE_HANDLE, sizeof(t->phase));
	for (unsigned ph = PHASE_LAZY + 1; ph-- > 0;)
		t->phase[ws_phase_comp(p, (enum ws_phase)ph)] = (uint8_t)ph;
	add_slots(t);
	use_bits(t, p);
	oracle_barriers_make(t, p);
	oracle_faults_make(t, p);
	ws_free(base);
	ws_free(plain);
}

void oracle_tables_free(struct oracle_tables *t)
{
	free(t->need);
	free(t->op);
}
