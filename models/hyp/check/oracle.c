/* SPDX-License-Identifier: Apache-2.0 */
/* Tags move as the program's ops say. What is wrong with them is found in oracle_check.c. */
#include <stdio.h>
#include <string.h>

#include "models/hyp/check/oracle_impl.h"
#include "models/hyp/kvm/reach.h"

/* What an exit shares with its entry. */
#define LATCHED (CND(DEBUG_DIRTY) | CND(PMU_EVENTS) | CND(PAUTH_USED) | CND(VSE) | CND(LRS) | CND(SPE_ON) | CND(TRBE_ON))

/* ---- one op ---- */

/* The host's FP state goes to its thread's memory, not to that of the switch, where the thread is unbound. */
static bool to_thread(const struct oracle *o, const struct ws_op *op, int slot)
{
	return o->t.s[slot].thread >= 0 &&
	       ((op->guard.on & (CND(HOST_FP) | CND(FOREIGN_FP))) != 0 || op->phase == PHASE_HANDLE);
}

static void save_host(struct oracle *o, const struct ws_op *op, unsigned s)
{
	uint64_t *hw = &HW(o, o->c, s);
	char owner[64];

	oracle_takes(o, *hw);
	if (o->t.s[s].thread >= 0) {
		*(to_thread(o, op, (int)s) ? &THREAD_MEM(o, o->v, o->t.s[s].thread) : &HOST_MEM(o, o->c, s)) = *hw;
		return;
	}
	if (tag_kind(*hw) == TAG_HCFG && !o->t.s[s].own)
		HOST(o, o->c, s) = *hw;
	if (*hw != HOST(o, o->c, s)) {
		oracle_violate(o, VIOLATION_host_clobbered, (int)s, NULL, o->at,
			       "the host's value is saved when the CPU holds %s", oracle_owner(o, *hw, o->v, owner));
		*hw = HOST(o, o->c, s);
	}
	HOST_MEM(o, o->c, s) = *hw;
}

static void save_guest(struct oracle *o, unsigned s)
{
	uint64_t *hw = &HW(o, o->c, s);
	bool other = tag_kind(*hw) == TAG_GUEST && tag_id(*hw) != o->v;
	char owner[64];

	if (*hw != TRUTH(o, o->v, s) && o->t.s[s].required) {
		oracle_violate(o, other ? VIOLATION_wrong_vcpu : VIOLATION_lost_write, (int)s, NULL, o->at,
			       "the guest's value is saved when the CPU holds %s", oracle_owner(o, *hw, o->v, owner));
		MEM(o, o->v, s) = TRUTH(o, o->v, s);
		return;
	}
	oracle_takes(o, *hw);
	MEM(o, o->v, s) = *hw;
}

static uint64_t guest_value(struct oracle *o, unsigned s)
{
	uint64_t tag = MEM(o, o->v, s);
	char owner[64];

	if (tag == TRUTH(o, o->v, s) || !o->t.s[s].required)
		return tag;
	oracle_violate(o, oracle_in_a_cpu(o, o->v, s) ? VIOLATION_stale_read : VIOLATION_lost_write, (int)s, NULL, o->at,
		       "the guest's value is restored from memory, which holds %s", oracle_owner(o, tag, o->v, owner));
	return TRUTH(o, o->v, s);
}

static void put_in_force(struct oracle *o, const struct ws_op *op, unsigned s)
{
	uint64_t tag = HW(o, o->c, s);

	switch ((enum ws_side)op->side) {
	case SIDE_HOST:
		tag = to_thread(o, op, (int)s) ? THREAD_MEM(o, o->v, o->t.s[s].thread) : HOST_MEM(o, o->c, s);
		break;
	case SIDE_GUEST:
		tag = guest_value(o, s);
		break;
	case SIDE_GCFG:
		tag = CONTROL(o, o->v, s);
		break;
	case SIDE_HCFG:
		tag = tag_of(TAG_HCFG, o->c, 0);
		break;
	case SIDE_HRUN:
		/* pKVM's own keys; the host's path writes the host's */
		tag = o->t.s[s].move == MOVE_CONF || (op->phase != PHASE_HANDLE && o->t.s[s].group == GRP_pauth) ? tag_of(TAG_HYP, o->c, 0) : tag;
		break;
	default:
		break;
	}
	if (tag != HW(o, o->c, s))
		oracle_overwrite(o, s);
	oracle_takes(o, tag);
	HW(o, o->c, s) = tag;
	WRITER(o, o->c, s) = o->at + 1;
}

static void use_copy(struct oracle *o, unsigned s, bool memory, bool write)
{
	uint64_t *copy = memory ? &MEM(o, o->v, s) : &HW(o, o->c, s);
	bool other = tag_kind(*copy) == TAG_GUEST && tag_id(*copy) != o->v;
	uint64_t truth = TRUTH(o, o->v, s), fresh;
	char owner[64];

	if (!o->t.s[s].required)
		return;
	if (*copy != truth)
		oracle_violate(o, other ? VIOLATION_wrong_vcpu : write ? VIOLATION_lost_write : VIOLATION_stale_read,
			       (int)s, NULL, o->at, "%s the copy in %s, which is %s", write ? "writes" : "reads",
			       memory ? "memory" : "the CPU", oracle_owner(o, *copy, o->v, owner));
	if (!write)
		return;
	fresh = oracle_new_tag(o, TAG_GUEST, o->v);
	if (*copy != truth && HW(o, o->c, s) == truth) /* put right */
		HW(o, o->c, s) = fresh;
	if (*copy != truth && MEM(o, o->v, s) == truth)
		MEM(o, o->v, s) = fresh;
	if (memory || *copy == truth)
		*copy = fresh;
	TRUTH(o, o->v, s) = fresh;
}

/* In the host's path only what belongs to a loaded vCPU moves; X and the host's FP registers are its own there. */
static bool moves_here(const struct oracle *o, const struct ws_op *op, int slot)
{
	if (o->t.s[slot].thread >= 0)
		return op->comp == COMP_host_ret_to_user && oracle_cpu(o, o->c)->loaded == ORACLE_NONE;
	return o->t.s[slot].subject != SUBJECT_OF_X && oracle_vcpu(o, o->v)->cpu == o->c;
}

static void run_op(struct oracle *o, size_t i, const struct oracle_op *x, int slot)
{
	const struct ws_op *op = &o->p->op[i];
	unsigned s = (unsigned)slot;

	if (x->path && !moves_here(o, op, slot))
		return;
	switch ((enum oracle_act)x->act) {
	case ACT_NONE:
		break;
	case ACT_LOOK_UP:
		oracle_overwrite(o, s);
		HW(o, o->c, s) = tag_of(TAG_HYP, o->c, 0);
		WRITER(o, o->c, s) = i + 1;
		break;
	case ACT_READ_COPY:
	case ACT_WRITE_COPY:
		use_copy(o, s, op->opcode == OP_ACC_MEM, x->act == ACT_WRITE_COPY);
		break;
	case ACT_FORCE:
		put_in_force(o, op, s);
		break;
	case ACT_SAVE_HOST:
		save_host(o, op, s);
		break;
	case ACT_SAVE_GUEST:
		save_guest(o, s);
		break;
	}
}

/* What reads the copy in memory here (USE of handlers.def). */
static void use(struct oracle *o, int s)
{
	if (oracle_vcpu(o, o->v)->cpu == o->c)
		use_copy(o, (unsigned)s, true, false);
}

static void run_comp(struct oracle *o, enum ws_comp comp, uint64_t state, unsigned lrs)
{
	const struct oracle_list *l = oracle_list_of(o, comp, state, lrs);
	struct oracle_cpu *cpu = oracle_cpu(o, o->c);

	o->tried |= state;
	oracle_barriers_begin(o, comp, state);
	oracle_fault_begin(o);
	for (unsigned n = 0; n < l->n; n++) {
		const struct oracle_todo *d = &l->todo[n];
		const struct oracle_op *x = &o->t.op[d->op];

		o->at = d->op;
		if (d->barriers)
			oracle_barriers_op(o, cpu, x, d->op);
		if (d->executes && x->exception)
			oracle_fault_op(o, d->op, state);
		for (unsigned k = 0; d->moves && k < d->times; k++)
			run_op(o, d->op, x, x->slot + (int)k);
		if (x->use >= 0)
			use(o, x->use);
	}
	o->at = SIZE_MAX;
	oracle_fault_end(o, state);
	oracle_barriers_end(o, comp);
}

/* Registers that may already hold the value (ORACLE_EQUAL) are followed as if they did not. */
uint64_t oracle_untried(const struct oracle *o)
{
	uint64_t asked = 0;

	for (size_t i = 0; i < o->p->n; i++)
		if (o->p->op[i].phase <= PHASE_LAZY)
			asked |= o->p->op[i].guard.on;
	return asked & ~o->tried & ~(ORACLE_EQUAL | CND(WAS_LOADED));
}

/* ---- one component ---- */

/* The control value of a register changes: the guest must not run with the old one. */
static void new_control(struct oracle *o, enum sysreg reg)
{
	if (o->t.slot[reg] >= 0)
		CONTROL(o, o->v, o->t.slot[reg]) = oracle_new_tag(o, TAG_GCFG, o->v);
}

static void host_fills_list_registers(struct oracle *o, unsigned lrs)
{
	int s = o->t.slot[SR_ICH_LR0_EL2];

	for (unsigned k = 0; s >= 0 && k < lrs && k < 16; k++)
		MEM(o, o->v, (unsigned)s + k) = TRUTH(o, o->v, (unsigned)s + k) = oracle_new_tag(o, TAG_GUEST, o->v);
}

/* Empty list registers are known without reading them. */
static void empty_list_registers(struct oracle *o)
{
	int s = o->t.slot[SR_ICH_LR0_EL2];

	for (unsigned k = 0; s >= 0 && k < 16; k++)
		MEM(o, o->v, (unsigned)s + k) = TRUTH(o, o->v, (unsigned)s + k);
}

/* An interrupt is still in a list register: the host must know. */
static void check_list_registers(struct oracle *o, unsigned lrs)
{
	int s = o->t.slot[SR_ICH_LR0_EL2];

	for (unsigned k = 0; s >= 0 && k < lrs && k < 16; k++) {
		unsigned lr = (unsigned)s + k;

		if (o->t.s[lr].required && MEM(o, o->v, lr) != TRUTH(o, o->v, lr))
			oracle_violate(o, VIOLATION_lost_write, (int)lr, NULL, SIZE_MAX, "an interrupt that is still pending or active is not saved");
	}
}

/* A trace that lost events: the vCPU is taken as put, its values as saved. */
static void displace(struct oracle *o, unsigned v)
{
	struct oracle_vcpu *vcpu = oracle_vcpu(o, v);
	struct oracle_cpu *cpu;

	if (vcpu->cpu == ORACLE_NONE)
		return;
	o->beyond = true;
	o->stats.unknown++;
	cpu = oracle_cpu(o, vcpu->cpu);
	cpu->loaded = ORACLE_NONE;
	cpu->pending = 0;
	for (unsigned s = 0; s < o->t.n; s++) {
		MEM(o, v, s) = TRUTH(o, v, s);
		HW(o, vcpu->cpu, s) = HOST(o, vcpu->cpu, s);
	}
	vcpu->state &= ~(CND(LOADED) | CND(FP_OWNED));
	vcpu->cpu = ORACLE_NONE;
	vcpu->in_guest = 0;
}

static void load(struct oracle *o, uint64_t state, unsigned lrs, bool moved)
{
	struct oracle_vcpu *vcpu = oracle_vcpu(o, o->v);

	if (oracle_cpu(o, o->c)->loaded != ORACLE_NONE)
		displace(o, oracle_cpu(o, o->c)->loaded);
	displace(o, o->v);
	vcpu = oracle_vcpu(o, o->v);
	vcpu->cpu = o->c;
	oracle_cpu(o, o->c)->loaded = o->v;
	o->stats.loads++;
	oracle_thread_fp(o, moved);
	run_comp(o, ws_phase_comp(o->p, PHASE_LOAD), state, lrs);
	oracle_host_runs(o, false);
}

static void enter(struct oracle *o, uint64_t state, unsigned lrs)
{
	struct oracle_vcpu *vcpu = oracle_vcpu(o, o->v);

	o->stats.entries++;
	vcpu->in_guest = 1;
	vcpu->entry_state = state & LATCHED;
	vcpu->lrs = (state & CND(LRS)) != 0 ? lrs : 0;
	host_fills_list_registers(o, vcpu->lrs);
	if ((state & CND(NEW_MDCR)) != 0)
		new_control(o, SR_MDCR_EL2);
	run_comp(o, ws_phase_comp(o->p, PHASE_ENTER), state, lrs);
	oracle_guest_runs(o, state);
}

static void lazy(struct oracle *o, uint64_t state, unsigned lrs)
{
	struct oracle_vcpu *vcpu = oracle_vcpu(o, o->v);

	if (!vcpu->in_guest) {
		o->stats.unknown++;
		return;
	}
	if (o->t.lazy_fp)
		new_control(o, SR_CPTR_EL2); /* FP no longer traps */
	state = (state & ~LATCHED) | vcpu->entry_state;
	run_comp(o, ws_phase_comp(o->p, PHASE_LAZY), state, lrs);
	oracle_guest_runs(o, state | CND(FP_OWNED));
}

/* Host code that does not know of the loaded vCPU. */
static void host_writes(struct oracle *o)
{
	for (size_t k = 0; k < o->p->beside.n_host_write; k++) {
		int slot = o->t.slot[ws_same((enum sysreg)o->p->beside.host_write[k])];
		unsigned s = (unsigned)slot;

		if (slot < 0)
			continue;
		oracle_overwrite(o, s);
		HW(o, o->c, s) = HOST(o, o->c, s) = oracle_new_tag(o, TAG_HOST, o->c);
		WRITER(o, o->c, s) = 0;
	}
}

static void leave(struct oracle *o, uint64_t state)
{
	struct oracle_vcpu *vcpu = oracle_vcpu(o, o->v);

	o->stats.exits++;
	state = (state & ~LATCHED) | vcpu->entry_state;
	if ((state & CND(LRS)) == 0)
		state &= ~CND(LR_LIVE);
	if ((state & CND(LR_LIVE)) == 0)
		empty_list_registers(o);
	run_comp(o, ws_phase_comp(o->p, PHASE_EXIT), state, vcpu->lrs);
	if ((state & CND(LR_LIVE)) != 0)
		check_list_registers(o, vcpu->lrs);
	empty_list_registers(o);
	vcpu->in_guest = 0;
	vcpu->lrs = 0;
	oracle_host_runs(o, false);
	host_writes(o);
}

static void put(struct oracle *o, uint64_t state, unsigned lrs)
{
	o->stats.puts++;
	o->beyond |= o->p->beside.n_no_put != 0; /* which one it is decides */
	if (!ws_skips_put(o->p, o->n_puts))
		run_comp(o, ws_phase_comp(o->p, PHASE_PUT), state, lrs);
	oracle_all_saved(o);
	oracle_cpu(o, o->c)->loaded = ORACLE_NONE;
	oracle_vcpu(o, o->v)->cpu = ORACLE_NONE;
	oracle_host_runs(o, true);
}

/* The host's path: its thread's FP state, and what the vCPU's handlers do. */
static void handle(struct oracle *o, enum ws_comp comp, uint64_t state, unsigned lrs, bool moved)
{
	struct oracle_vcpu *vcpu = oracle_vcpu(o, o->v);
	bool other = oracle_cpu(o, o->c)->loaded != ORACLE_NONE;
	bool unbinds = o->rules.saves_host_fp[comp] && (state & CND(HOST_FP)) != 0;

	if (unbinds && !other)
		oracle_thread_fp(o, moved);
	run_comp(o, comp, state, lrs);
	for (unsigned k = 0; k < N_THREAD && unbinds; k++)
		THREAD_MEM(o, o->v, k) = THREAD(o, o->v, k);
	if (!o->rules.loads_host_fp[comp] || other || vcpu->cpu != ORACLE_NONE)
		return;
	oracle_thread_fp(o, moved && (state & CND(HOST_FP)) != 0);
	vcpu->fp_cpu = o->c;
	for (unsigned s = 0; s < o->t.n; s++) {
		int k = o->t.s[s].thread;

		if (k >= 0) /* user space runs, and writes */
			HW(o, o->c, s) = THREAD(o, o->v, k) = oracle_new_tag(o, TAG_THREAD, o->v);
	}
}

/* Does the vCPU stand where the component begins? A replayed trace may begin in the middle, or have lost events. */
static bool possible(const struct oracle *o)
{
	const struct oracle_vcpu *vcpu = oracle_vcpu(o, o->v);

	switch (o->phase) {
	case PHASE_ENTER:
	case PHASE_PUT:
		return vcpu->cpu == o->c && !vcpu->in_guest;
	case PHASE_EXIT:
		return vcpu->cpu == o->c && vcpu->in_guest;
	default:
		return true;
	}
}

void oracle_step(struct oracle *o, unsigned v, unsigned cpu, enum ws_comp comp, uint64_t state, unsigned lrs)
{
	struct oracle_vcpu *vcpu = oracle_vcpu(o, v);
	uint64_t before = vcpu->state;
	bool moved = vcpu->fp_cpu != cpu || oracle_cpu(o, cpu)->thread != v;

	BUG_ON(v >= o->n_vcpu || cpu >= o->n_cpu);
	o->phase = (enum ws_phase)o->t.phase[comp];
	o->v = v;
	o->c = cpu;
	o->stats.steps++;
	o->n_puts += o->phase == PHASE_PUT;
	state |= before;
	if (possible(o)) {
		switch (o->phase) {
		case PHASE_LOAD:
			load(o, state, lrs, moved);
			break;
		case PHASE_ENTER:
			enter(o, state, lrs);
			break;
		case PHASE_EXIT:
			leave(o, state);
			break;
		case PHASE_PUT:
			put(o, state, lrs);
			break;
		case PHASE_LAZY:
			lazy(o, state, lrs);
			break;
		default:
			handle(o, comp, state, lrs, moved);
		}
	} else {
		o->stats.unknown++;
	}
	vcpu->state = runner_state_after(o->p, &o->rules, comp, before);
	if (o->phase == PHASE_LOAD)
		vcpu->state |= CND(LOADED);
	else if (o->phase == PHASE_PUT)
		vcpu->state &= ~CND(LOADED);
	if (o->t.lazy_fp && (before & ~vcpu->state & CND(FP_OWNED)) != 0)
		new_control(o, SR_CPTR_EL2); /* FP traps again */
	oracle_cpu(o, cpu)->thread = v;
}

/* ---- accesses from outside the program ---- */

bool oracle_on_cpu(const struct oracle *o, uint64_t state, enum sysreg reg)
{
	uint8_t way = o->p->beside.way[reg];

	return way == WAY_CPU || (way == WAY_LOADED && (state & CND(LOADED)) != 0);
}

void oracle_access(struct oracle *o, const struct handler_access *a)
{
	enum sysreg reg = ws_same(a->reg);
	int slot = o->t.slot[reg];
	bool memory;

	if (slot < 0)
		return;
	o->v = a->vcpu;
	o->c = a->cpu;
	o->phase = PHASE_COUNT;
	o->at = SIZE_MAX;
	o->function = a->function;
	o->stats.accesses++;
	memory = a->via == VIA_MEMORY || !oracle_on_cpu(o, oracle_vcpu(o, a->vcpu)->state, reg);
	if (!memory && o->t.s[slot].move == MOVE_CONF)
		oracle_violate(o, VIOLATION_must_not_cache, slot, NULL, SIZE_MAX,
			       "the accessor reaches the CPU, which is right only while the reader is the vCPU's own thread");
	use_copy(o, (unsigned)slot, memory, a->write);
	o->function = NULL;
}

void oracle_reset(struct oracle *o, unsigned v, unsigned cpu)
{
	for (unsigned s = 0; s < o->t.n; s++) {
		struct handler_access a = { v, cpu, (enum sysreg)o->t.s[s].subject, VIA_MEMORY, true, "kvm_reset_vcpu" };

		if (o->t.s[s].subject < SR_COUNT && o->t.s[s].required && o->t.s[s].move == MOVE_BOTH)
			oracle_access(o, &a);
	}
}

/* ---- questions ---- */

uint64_t oracle_vcpu_state(const struct oracle *o, unsigned v)
{
	return oracle_vcpu(o, v)->state;
}

void oracle_on_cpu_flag(struct oracle *o, unsigned v, bool set)
{
	struct oracle_vcpu *vcpu = oracle_vcpu(o, v);

	vcpu->state = set ? vcpu->state | CND(LOADED) : vcpu->state & ~CND(LOADED);
}

unsigned oracle_loaded_on(const struct oracle *o, unsigned v)
{
	return oracle_vcpu(o, v)->cpu;
}

unsigned oracle_loaded(const struct oracle *o, unsigned cpu)
{
	return oracle_cpu(o, cpu)->loaded;
}

