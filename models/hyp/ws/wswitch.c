/* SPDX-License-Identifier: Apache-2.0 */
/* Compile STEP tables into a program. Execution is in ws_run.c, static checks in ws_lint.c. */
#include "models/hyp/ws/wswitch.h"

#include <stdio.h>
#include <string.h>

#include "models/hyp/kvm/exits.h"
#include "models/hyp/kvm/reach.h"
#include "models/hyp/kvm/vflags.h"
#include "models/hyp/ws/ws_patch.h"
#include "models/hyp/ws/ws_policy.h"

void ws_config_init(struct ws_config *c)
{
	memset(c, 0, sizeof(*c));
}

#define CALL_DEPTH_MAX 8

struct compiler {
	struct ws_prog *p;
	size_t cap;
	enum ws_phase phase;
	enum ws_comp root;
	uint64_t known; /* static conditions of the phase being compiled */
	unsigned depth;
	uint16_t call; /* that inserts what is compiled; 0 none */
};

static struct ws_op *emit(struct compiler *c, const struct ws_step *s, enum ws_opcode opcode,
			  enum ws_side side, struct ws_guard guard)
{
	struct ws_prog *p = c->p;
	struct ws_op *op;

	if (p->n == c->cap) {
		c->cap = c->cap * 2 + 256;
		p->op = xrealloc(p->op, c->cap * sizeof(*p->op));
	}
	op = &p->op[p->n++];
	memset(op, 0, sizeof(*op));
	op->opcode = (uint8_t)opcode;
	op->phase = (uint8_t)c->phase;
	op->comp = (uint16_t)c->root;
	op->side = (uint8_t)side;
	op->guard.on = guard.on; /* the fixed conditions hold: the op would not be here */
	op->guard.off = guard.off;
	op->step = s;
	op->call = c->call;
	op->insns = 1;
	return op;
}

void ws_op_price(struct ws_op *op, uint64_t milli)
{
	op->cycles = (uint32_t)(milli / 1000);
	op->milli = (uint16_t)(milli % 1000);
}

/* Register op: which register the access reaches, and what it costs. */
static void set_register(const struct compiler *c, struct ws_op *op, enum sysreg reg)
{
	const struct machine *m = c->p->config.machine;
	bool e2h = c->p->config.model->mode == MODE_VHE;
	const struct sysreg_row *row;

	if (e2h && op->side == SIDE_HRUN)
		reg = sysreg_e2h(reg);
	row = sysreg_row(reg);
	op->reg = (uint16_t)reg;
	op->group = row->group;
	op->alias = e2h && row->form != FORM_PLAIN && op->side != SIDE_HRUN;
	ws_op_price(op, machine_cost(m, ws_opcode_row((enum ws_opcode)op->opcode)->counter == CNT_read ? m->mrs[row->cost]
												    : m->msr[row->cost]));
}

/* A family op becomes one op per register, in the kernel's order: the highest first. */
static void emit_family(struct compiler *c, const struct ws_step *s, enum ws_side side,
			struct ws_guard guard, enum ws_opcode opcode, unsigned n)
{
	while (n-- > 0)
		set_register(c, emit(c, s, opcode, side, guard), (enum sysreg)(s->operand + n));
}

/* Registers of each active-priority group: 5, 6, 7 preemption bits need 1, 2, 4 (GICv3 architecture). */
static unsigned apr_count(const struct machine *m)
{
	return 1U << (m->pri_bits - 5);
}

static void emit_register(struct compiler *c, const struct ws_step *s, enum ws_side side,
			  struct ws_guard guard)
{
	const struct machine *m = c->p->config.machine;
	struct ws_op *op;

	switch ((enum ws_opcode)s->opcode) {
	case OP_MRS_BPS:
	case OP_MSR_BPS:
		emit_family(c, s, side, guard, s->opcode == OP_MRS_BPS ? OP_MRS : OP_MSR,
			    (unsigned)m->breakpoints);
		return;
	case OP_MRS_WPS:
	case OP_MSR_WPS:
		emit_family(c, s, side, guard, s->opcode == OP_MRS_WPS ? OP_MRS : OP_MSR,
			    (unsigned)m->watchpoints);
		return;
	case OP_MRS_APRS:
	case OP_MSR_APRS:
		emit_family(c, s, side, guard, s->opcode == OP_MRS_APRS ? OP_MRS : OP_MSR, apr_count(m));
		return;
	default:
		op = emit(c, s, (enum ws_opcode)s->opcode, side, guard);
		set_register(c, op, (enum sysreg)s->operand);
		op->per_lr = s->opcode == OP_MRS_LRS || s->opcode == OP_MSR_LRS;
	}
}

static int emit_comp(struct compiler *c, enum ws_comp comp, enum ws_side ctx, struct ws_guard guard,
		     struct err *e);

/* The block that a CALL row inserts. */
static int emit_call(struct compiler *c, const struct ws_step *s, enum ws_side side, struct ws_guard guard, struct err *e)
{
	struct ws_prog *p = c->p;
	uint16_t outer = c->call;
	int rc;

	p->call = xrealloc(p->call, (p->n_call + 2) * sizeof(*p->call));
	p->call[++p->n_call] = (struct ws_call){ s, outer };
	c->call = (uint16_t)p->n_call;
	BUG_ON(p->n_call >= UINT16_MAX);
	rc = emit_comp(c, (enum ws_comp)s->operand, side, guard, e);
	c->call = outer;
	return rc;
}

/* The first barrier after the loop that clears the branch history: the loop's branches are charged to it. */
static bool ends_bhb_loop(const struct ws_step *s)
{
	return (s->guard.fixed_on & CND(BHB_LOOP)) != 0 && (s->opcode == OP_DSB_NSH || s->opcode == OP_SB);
}

static int emit_step(struct compiler *c, const struct ws_step *s, enum ws_side side,
		     struct ws_guard guard, struct err *e)
{
	const struct ws_opcode_row *row = ws_opcode_row((enum ws_opcode)s->opcode);
	const struct machine *m = c->p->config.machine;
	struct ws_op *op;

	switch ((enum ws_operand)row->operand) {
	case OPND_COMP:
		return emit_call(c, s, side, guard, e);
	case OPND_REG:
		emit_register(c, s, side, guard);
		return 0;
	case OPND_GRP:
		op = emit(c, s, (enum ws_opcode)s->opcode, side, guard);
		op->group = (uint8_t)s->operand;
		op->per_lr = s->opcode == OP_MMIO_READ_LRS || s->opcode == OP_MMIO_WRITE_LRS;
		ws_op_price(op, machine_cost(m, m->op[row->cost]) + (ends_bhb_loop(s) ? (uint64_t)m->bhb_milli : 0));
		/* The instruction that trapped is the guest's; SVC is user space's. */
		op->insns = s->opcode != OP_EXC && s->opcode != OP_SVC;
		return 0;
	case OPND_NUM:
		op = emit(c, s, (enum ws_opcode)s->opcode, side, guard);
		op->num = (uint8_t)s->operand;
		op->group = row->counter == CNT_fpr ? GRP_fpsimd : GRP_gp;
		op->insns = (uint16_t)(row->counter == CNT_none ? 0 : (s->operand + 1) / 2); /* pairs */
		if (row->counter != CNT_none)
			ws_op_price(op, s->operand * machine_cost(m, m->op[row->cost]));
		return 0;
	}
	BUG("unknown operand kind");
}

/* Is the component the model's own: a phase, or a part of the host's path that it has rows of? */
static bool is_own(const struct ws_model *m, enum ws_comp comp)
{
	for (size_t i = 0; i < m->n_step; i++)
		if (m->step[i].comp == comp)
			return true;
	for (unsigned ph = 0; ph <= PHASE_LAZY; ph++)
		if (m->phase[ph] == comp)
			return true;
	return m->part != NULL && m->part[comp];
}

static int emit_comp(struct compiler *c, enum ws_comp comp, enum ws_side ctx, struct ws_guard guard,
		     struct err *e)
{
	const struct ws_model *m = c->p->config.model;
	size_t n;
	const struct ws_step *s = ws_steps(&n);

	if (m->step != NULL && is_own(m, comp)) {
		s = m->step;
		n = m->n_step;
	}
	if (c->depth == CALL_DEPTH_MAX)
		return err_set(e, ERR_MODEL, "component %s calls itself or is more than %d deep: "
			       "break the CALL chain", comp_name(comp), CALL_DEPTH_MAX);
	c->depth++;
	for (size_t i = 0; i < n; i++) {
		struct ws_guard g = { s[i].guard.on | guard.on, s[i].guard.off | guard.off, 0, 0 };

		if (s[i].comp != comp)
			continue;
		if ((s[i].guard.fixed_on & ~c->known) != 0 || (s[i].guard.fixed_off & c->known) != 0)
			continue;
		if (emit_step(c, &s[i], s[i].side == SIDE_CTX ? ctx : (enum ws_side)s[i].side, g, e) != 0)
			return -1;
	}
	c->depth--;
	return 0;
}

/* Conditions that are settled before any phase is looked at. */
static uint64_t known_conditions(const struct ws_config *c)
{
	uint64_t known = c->machine->features | c->vcpu | ws_model_known(c->model);

	if ((known & CND(SPECULATIVE_AT)) != 0 && (known & CND(AT_EL1)) != 0)
		known |= CND(AT_WALKS_OFF);
	return known;
}

static void begin_root(struct compiler *c, enum ws_comp comp, enum ws_phase phase)
{
	c->phase = phase;
	c->root = comp;
	c->known = c->p->known;
	if (phase == PHASE_LOAD || phase == PHASE_ENTER)
		c->known |= CND(TO_GUEST);
	if (phase == PHASE_EXIT || phase == PHASE_PUT)
		c->known |= CND(TO_HOST);
}

int ws_emit(const struct ws_prog *p, const struct ws_step *s, enum ws_phase phase, enum ws_comp comp, struct ws_op **op, size_t *n,
	    struct err *e)
{
	struct ws_prog made = { .config = p->config, .known = p->known };
	struct compiler c = { .p = &made };
	int rc = 0;

	begin_root(&c, comp, phase);
	if ((s->guard.fixed_on & ~c.known) == 0 && (s->guard.fixed_off & c.known) == 0)
		rc = emit_step(&c, s, (enum ws_side)s->side, (struct ws_guard){ s->guard.on, s->guard.off, 0, 0 }, e);
	*op = made.op;
	*n = made.n;
	return rc;
}

static int compile_root(struct compiler *c, enum ws_comp comp, enum ws_phase phase, struct err *e)
{
	begin_root(c, comp, phase);
	return emit_comp(c, comp, SIDE_NONE, (struct ws_guard){ 0, 0, 0, 0 }, e);
}

static int compile_all(struct compiler *c, struct err *e)
{
	const struct ws_model *model = c->p->config.model;

	for (unsigned ph = 0; ph <= PHASE_LAZY; ph++) {
		if (compile_root(c, model->phase[ph], (enum ws_phase)ph, e) != 0)
			return -1;
	}
	for (unsigned comp = 0; comp < COMP_COUNT; comp++) {
		if (exit_runs((enum ws_comp)comp) && compile_root(c, (enum ws_comp)comp, PHASE_HANDLE, e) != 0)
			return -1;
	}
	return 0;
}

/*
 * An accessor of a register that lives in the CPU while the vCPU is loaded reads the register, else the
 * copy in memory (vcpu_read_sys_reg, flag SYSREGS_ON_CPU). Both become ops, with opposite guards.
 */
static void resolve_accessors(struct ws_prog *p)
{
	size_t extra = 0;
	struct ws_op *out;
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		extra += p->op[i].opcode == OP_ACC_READ || p->op[i].opcode == OP_ACC_WRITE;
	out = xmalloc((p->n + extra) * sizeof(*out));
	for (size_t i = 0; i < p->n; i++) {
		struct ws_op op = p->op[i];

		if (op.opcode != OP_ACC_READ && op.opcode != OP_ACC_WRITE) {
			out[n++] = op;
			continue;
		}
		if (ws_reg_deferred(p, (enum sysreg)op.reg)) {
			out[n] = op;
			out[n++].guard.on |= CND(LOADED);
			op.guard.off |= CND(LOADED);
		}
		op.opcode = OP_ACC_MEM;
		op.cycles = 0; /* a load or store on the measured path */
		op.insns = 0;
		out[n++] = op;
	}
	free(p->op);
	p->op = out;
	p->n = n;
}

/* Which state the components' guards depend on, too. */
void ws_reindex(struct ws_prog *p)
{
	memset(p->comp, 0, sizeof(p->comp));
	for (size_t i = 0; i < p->n; i++) {
		const struct ws_op *op = &p->op[i];

		if (p->comp[op->comp].n++ == 0)
			p->comp[op->comp].first = i;
		p->comp[op->comp].mask |= op->guard.on | op->guard.off;
		p->comp[op->comp].lrs |= op->per_lr != 0;
	}
}

static bool has_lazy_fp(const struct ws_prog *p)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct ws_op *op = &p->op[i];

		if (op->phase == PHASE_LAZY && op->opcode == OP_FPR_LOAD && op->side == SIDE_GUEST)
			return true;
	}
	return false;
}

/*
 * Registers that accessors know live in the CPU while the vCPU is loaded. A policy brings that to kernels whose
 * model does not have it.
 */
static bool defers(const struct ws_prog *p)
{
	if ((p->known & (CND(AT_EL2) | CND(SINCE_6_1))) == (CND(AT_EL2) | CND(SINCE_6_1)))
		return true;
	for (unsigned r = SR_NONE + 1; r < SR_COUNT; r++) {
		if (ws_accessor_listed((enum sysreg)r) && ws_reg_deferred(p, (enum sysreg)r))
			return true;
	}
	return false;
}

static void settle_beside(struct ws_prog *p)
{
	struct ws_beside *b = &p->beside;
	size_t n;
	const struct vflag_site *s = vflag_sites(&n);

	if (defers(p))
		p->known |= CND(DEFERS);
	for (unsigned r = SR_NONE + 1; r < SR_COUNT; r++) {
		bool cpu = ws_accessor_reaches(p->config.model, (enum sysreg)r) && ws_reg_deferred(p, (enum sysreg)r);

		b->way[r] = cpu ? WAY_LOADED : WAY_MEMORY;
	}
	b->site = xcalloc(n, sizeof(*b->site));
	for (size_t i = 0; i < n; i++)
		b->site[i] = (s[i].guard.fixed_on & ~p->known) == 0 && (s[i].guard.fixed_off & p->known) == 0 ? SITE_HERE : SITE_NONE;
}

/* A model from data is one of a machine: what the kernel was patched to there. */
static int check_machine(const struct ws_config *c, struct err *e)
{
	const struct machine *m = c->machine;
	const int64_t sizes[] = { m->list_registers, m->pri_bits, m->breakpoints, m->watchpoints };
	static const char *const names[] = { "list_registers", "pri_bits", "breakpoints", "watchpoints" };
	static const struct {
		uint64_t cnd;
		const char *key;
	} vcpu[] = {
#define VCOND(id, key, help) { CND(id), key },
#include "models/hyp/kvm/conds.def"
	};
	const unsigned n_vcpu = sizeof(vcpu) / sizeof(vcpu[0]);
	uint64_t differ = c->model->step != NULL ? c->model->features ^ m->features : 0;

	for (unsigned f = 0; f < FEAT_COUNT; f++)
		if (differ >> f & 1)
			return err_set(e, ERR_MODEL, "switch model %s is of a machine %s %s, machine %s is %s: import the kernel for it "
				       "(el2sim kernel import --machine)", c->model->name, (c->model->features >> f & 1) != 0 ? "with" : "without",
				       feat_key((enum feat)f), m->name, (m->features >> f & 1) != 0 ? "with" : "without");
	for (unsigned i = 0; i < 4; i++)
		if (c->model->step != NULL && c->model->sizes[i] != sizes[i])
			return err_set(e, ERR_MODEL, "switch model %s is of a machine with %s = %lld, machine %s has %lld: import the kernel for "
				       "it (el2sim kernel import --machine)", c->model->name, names[i], (long long)c->model->sizes[i], m->name,
				       (long long)sizes[i]);
	if (c->model->step != NULL && (c->vcpu & ~c->model->vcpu) != 0)
		for (unsigned i = 0; i < n_vcpu; i++)
			if ((c->vcpu & ~c->model->vcpu & vcpu[i].cnd) != 0)
				return err_set(e, ERR_MODEL, "switch model %s: the kernel was not executed with a vCPU that has %s ([vcpu] features): what it "
					       "does then is not known", c->model->name, vcpu[i].key);
	return 0;
}

struct ws_prog *ws_compile(const struct ws_config *config, struct err *e)
{
	struct compiler c = { .p = xcalloc(1, sizeof(struct ws_prog)) };
	struct ws_prog *p = c.p;

	p->config = *config;
	p->known = known_conditions(config);
	if (ws_mode_e2h(config->model->mode) && !machine_has(config->machine, FEAT_VHE)) {
		(void)err_set(e, ERR_MODEL, "switch model %s on machine %s: the core has no FEAT_VHE; "
			      "choose an nvhe model or add vhe to [machine] features",
			      config->model->name, config->machine->name);
		ws_free(p);
		return NULL;
	}
	if (check_machine(config, e) != 0 || compile_all(&c, e) != 0 || ws_apply_policies(p, e) != 0 ||
	    (config->patch != NULL && ws_patch_apply(config->patch, p, e) != 0)) {
		ws_free(p);
		return NULL;
	}
	resolve_accessors(p);
	p->lazy_fp = has_lazy_fp(p);
	settle_beside(p);
	ws_reindex(p);
	return p;
}

void ws_free(struct ws_prog *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->n_made; i++)
		free(p->made[i]);
	free(p->made);
	free(p->fault);
	free(p->op);
	free(p->call);
	free(p->beside.site);
	free(p->beside.no_put);
	free(p->beside.host_write);
	free(p);
}

bool ws_reg_deferred(const struct ws_prog *p, enum sysreg reg)
{
	bool restored = false, saved = false;

	for (size_t i = 0; i < p->n; i++) {
		const struct ws_op *op = &p->op[i];

		if (op->reg != reg || op->side != SIDE_GUEST)
			continue;
		restored |= op->phase == PHASE_LOAD && op->opcode == OP_MSR;
		saved |= op->phase == PHASE_PUT && op->opcode == OP_MRS;
	}
	return restored && saved;
}

enum ws_policy ws_group_policy(const struct ws_prog *p, enum sr_group group)
{
	enum ws_policy found = POL_NEVER;

	for (size_t i = 0; i < p->n; i++) {
		const struct ws_op *op = &p->op[i];
		const struct ws_opcode_row *row = ws_opcode_row((enum ws_opcode)op->opcode);
		bool into_guest = (op->side == SIDE_GUEST || op->side == SIDE_GCFG) && op->opcode != OP_ACC_WRITE;

		if (op->group != group || !into_guest ||
		    (row->counter != CNT_write && op->opcode != OP_FPR_LOAD && op->opcode != OP_GPR_LOAD))
			continue;
		if (op->phase == PHASE_ENTER)
			return POL_EAGER;
		if (op->phase == PHASE_LOAD)
			found = POL_DEFERRED;
		if (op->phase == PHASE_LAZY && found == POL_NEVER)
			found = POL_LAZY;
	}
	return found;
}

bool ws_fp_is_lazy(const struct ws_prog *p)
{
	return p->lazy_fp;
}

const char *ws_op_text(const struct ws_prog *p, const struct ws_op *op, char buf[static 40])
{
	const struct ws_opcode_row *row = ws_opcode_row((enum ws_opcode)op->opcode);
	char alias[24];

	(void)p;
	if (op->reg != SR_NONE) {
		const char *name = op->alias ? sysreg_vhe_name((enum sysreg)op->reg, alias)
					     : sysreg_name((enum sysreg)op->reg);

		(void)snprintf(buf, 40, "%s%s", name, op->per_lr ? " (each LR in use)" : "");
	} else if (row->operand == OPND_NUM) {
		(void)snprintf(buf, 40, "%u x %s", op->num, row->counter == CNT_fpr ? "V" : "X");
	} else {
		(void)snprintf(buf, 40, "%s%s", group_name((enum sr_group)op->group), op->per_lr ? " (each LR in use)" : "");
	}
	return buf;
}
