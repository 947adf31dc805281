/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/check/walk.h"

#include "models/hyp/kvm/reach.h"

#define WALK_VCPUS 3
#define WALK_CPUS  2

struct walk {
	struct oracle *o;
	const struct ws_prog *p;
	uint64_t seed;
	bool lazy;
	unsigned reg; /* that a handler accessed last */
	uint64_t exit_state[WALK_VCPUS];
};

static unsigned walk_random(struct walk *y, unsigned n)
{
	y->seed ^= y->seed << 13; /* xorshift64 */
	y->seed ^= y->seed >> 7;
	y->seed ^= y->seed << 17;
	return (unsigned)(y->seed >> 33) % n;
}

static uint64_t walk_maybe(struct walk *y, uint64_t bits)
{
	return walk_random(y, 2) != 0 ? bits : 0;
}

static void walk_phase(struct walk *y, unsigned v, unsigned c, enum ws_phase phase, uint64_t state, unsigned lrs)
{
	oracle_step(y->o, v, c, ws_phase_comp(y->p, phase), state, lrs);
}

/* Listed, and in the CPU all the time: ZCR_EL1 is listed, too, but lives there only while the guest owns FP. */
static bool is_accessible(const struct ws_prog *p, enum sysreg reg)
{
	return ws_accessor_reaches(p->config.model, reg) && ws_subject_of(SUBJECT_REG, reg).reach == 0;
}

/* A handler somewhere reads or writes a register by the accessor, as any may. */
static void walk_access(struct walk *y, unsigned v, unsigned c)
{
	struct handler_access a = { v, c, (enum sysreg)y->reg, VIA_ACCESSOR, walk_random(y, 2) != 0,
				   "vcpu_read_sys_reg, vcpu_write_sys_reg" };

	do { /* the next that handlers may ask for */
		y->reg = y->reg + 1 < SR_COUNT ? y->reg + 1 : SR_NONE + 1;
		a.reg = (enum sysreg)y->reg;
	} while (y->reg != SR_NONE + 1 && !is_accessible(y->p, a.reg));
	if (is_accessible(y->p, a.reg))
		oracle_access(y->o, &a);
}

static void walk_residency(struct walk *y, unsigned v, unsigned c)
{
	unsigned lrs = walk_random(y, 2) != 0 ? 1 + walk_random(y, 4) : 0;
	uint64_t state = walk_maybe(y, CND(DEBUG_DIRTY)) | walk_maybe(y, CND(VSE)) | walk_maybe(y, CND(PMU_EVENTS)) |
			 walk_maybe(y, CND(EXC_PENDING)) | walk_maybe(y, CND(NEW_MDCR)) | walk_maybe(y, CND(SPE_ON) | CND(TRBE_ON)) | CND(PAUTH_USED) |
			 (lrs != 0 ? CND(LRS) : 0);

	walk_phase(y, v, c, PHASE_ENTER, state, lrs);
	if (y->lazy && (oracle_vcpu_state(y->o, v) & CND(FP_OWNED)) == 0 && walk_random(y, 2) != 0)
		walk_phase(y, v, c, PHASE_LAZY, CND(SYNC), lrs);
	y->exit_state[v] = CND(SYNC) | walk_maybe(y, CND(ABORT)) | walk_maybe(y, CND(SERROR));
	if ((y->exit_state[v] & CND(ABORT)) != 0)
		y->exit_state[v] |= walk_maybe(y, CND(S2_PERM));
	walk_phase(y, v, c, PHASE_EXIT, y->exit_state[v] | (lrs != 0 ? walk_maybe(y, CND(LR_LIVE)) : 0), lrs);
	if (walk_random(y, 4) == 0)
		oracle_step(y->o, v, c, COMP_mmio_abort, CND(SYNC), 0);
	if (walk_random(y, 4) == 0)
		oracle_step(y->o, v, c, COMP_access_vm_reg, CND(SYNC), 0);
	if (walk_random(y, 4) == 0)
		oracle_step(y->o, v, c, COMP_s2_relax_perms, CND(SYNC), 0);
	if (walk_random(y, 4) == 0)
		oracle_step(y->o, v, c, COMP_ptimer_emulate, CND(SYNC), 0);
	for (unsigned k = 0; k < 3; k++)
		walk_access(y, v, c);
}

static void walk_put(struct walk *y, unsigned v, unsigned c)
{
	walk_phase(y, v, c, PHASE_PUT, CND(PAUTH_USED) | y->exit_state[v], 0);
	if (walk_random(y, 2) != 0) {
		oracle_step(y->o, v, c, COMP_thread_switch, 0, 0);
		return;
	}
	oracle_step(y->o, v, c, COMP_host_ret_to_user, 0, 0);
	oracle_step(y->o, v, c, COMP_host_svc_entry, 0, 0);
	oracle_step(y->o, v, c, COMP_host_ioctl, 0, 0);
	oracle_step(y->o, v, c, COMP_mmio_return, CND(SYNC), 0);
}

struct oracle *oracle_walk(const struct ws_prog *p, unsigned steps, uint64_t seed)
{
	struct walk y = { oracle_new(p, WALK_VCPUS, WALK_CPUS), p, seed, ws_fp_is_lazy(p), SR_NONE, { 0 } };

	for (unsigned i = 0; i < steps; i++) {
		unsigned c = walk_random(&y, WALK_CPUS), v = walk_random(&y, WALK_VCPUS);
		unsigned loaded = oracle_loaded(y.o, c);

		if (loaded == ORACLE_NONE && oracle_loaded_on(y.o, v) == ORACLE_NONE)
			walk_phase(&y, v, c, PHASE_LOAD, walk_maybe(&y, CND(OTHER_VCPU)), 0);
		else if (loaded != ORACLE_NONE && walk_random(&y, 4) != 0)
			walk_residency(&y, loaded, c);
		else if (loaded != ORACLE_NONE)
			walk_put(&y, loaded, c);
	}
	return y.o;
}
