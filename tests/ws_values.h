/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values through any order of load, enter, exit and put: vCPUs that change their registers, hosts
 * that change theirs, on CPUs that share nothing. Knows nothing of ws_lint; what it expects comes
 * from the columns move and host of sysregs.def.
 */
#ifndef EL2SIM_TESTS_WS_VALUES_H
#define EL2SIM_TESTS_WS_VALUES_H

#include <stdio.h>
#include <string.h>

#include "models/hyp/ws/wswitch.h"

#define WORLD_CPUS  2
#define WORLD_VCPUS 3

struct world_cpu {
	uint64_t hw[SR_COUNT], host[SR_COUNT], hcfg[SR_COUNT];
	uint64_t truth[SR_COUNT]; /* what the host expects to find */
	int loaded;               /* vCPU, -1 = none */
};

struct world_vcpu {
	uint64_t guest[SR_COUNT], gcfg[SR_COUNT];
	uint64_t truth[SR_COUNT]; /* what the guest expects to find */
	uint64_t state;
	unsigned lrs;
	bool loaded;
};

struct world {
	const struct ws_prog *p;
	uint64_t seed;
	struct world_cpu cpu[WORLD_CPUS];
	struct world_vcpu vcpu[WORLD_VCPUS];
	bool switched[SR_COUNT];   /* some phase moves the guest's value */
	bool controlled[SR_COUNT]; /* some phase always writes the guest's control */
	bool saves_live_fp, fp_ends, keys_on_use;
	bool lazy_fp, always_fp; /* the guest gets to FP by a trap, or has it whenever it runs */
	char fault[200];         /* "" = none yet */
};

static uint64_t world_random(struct world *w)
{
	w->seed ^= w->seed << 13; /* xorshift64 */
	w->seed ^= w->seed >> 7;
	w->seed ^= w->seed << 17;
	return w->seed;
}

static bool world_coin(struct world *w)
{
	return (world_random(w) >> 20 & 1) != 0;
}

static void world_look(struct world *w)
{
	w->lazy_fp = ws_fp_is_lazy(w->p);
	w->always_fp = !w->lazy_fp && ws_group_policy(w->p, GRP_fpsimd) != POL_NEVER;
	for (size_t i = 0; i < w->p->n; i++) {
		const struct ws_op *op = &w->p->op[i];
		bool always = op->guard.on == 0 && op->guard.off == 0;
		unsigned count = op->per_lr ? 16 : 1;

		if (op->phase > PHASE_LAZY)
			continue;
		w->saves_live_fp |= (op->guard.on & CND(HOST_FP)) != 0;
		w->keys_on_use |= (op->guard.on & CND(PAUTH_USED)) != 0;
		w->fp_ends |=
			op->phase == PHASE_EXIT && op->reg == SR_FPSR && op->side == SIDE_HOST;
		if (op->reg == SR_NONE || op->step->opcode == OP_ACC_READ ||
		    op->step->opcode == OP_ACC_WRITE)
			continue;
		for (unsigned k = 0; k < count; k++)
			w->switched[op->reg + k] |= op->side == SIDE_GUEST;
		w->controlled[op->reg] |= op->side == SIDE_GCFG && always &&
					  (op->phase == PHASE_LOAD || op->phase == PHASE_ENTER);
	}
}

static void world_init(struct world *w, const struct ws_prog *p, uint64_t seed)
{
	memset(w, 0, sizeof(*w));
	w->p = p;
	w->seed = seed;
	world_look(w);
	for (unsigned c = 0; c < WORLD_CPUS; c++) {
		struct world_cpu *cpu = &w->cpu[c];

		cpu->loaded = -1;
		for (unsigned r = 1; r < SR_COUNT; r++) {
			const struct sysreg_row *row = sysreg_row((enum sysreg)r);

			cpu->hcfg[r] = world_random(w);
			cpu->truth[r] = row->move == MOVE_CONF ? cpu->hcfg[r] : world_random(w);
			cpu->hw[r] = cpu->truth[r];
			cpu->host[r] = world_random(w); /* nothing saved yet */
			if (row->group == GRP_pauth || r == SR_VMPIDR_EL2)
				cpu->host[r] = cpu->truth[r]; /* the thread's keys; a constant of
								 the CPU */
		}
	}
	for (unsigned v = 0; v < WORLD_VCPUS; v++) {
		for (unsigned r = 1; r < SR_COUNT; r++) {
			w->vcpu[v].gcfg[r] = world_random(w);
			w->vcpu[v].guest[r] = w->vcpu[v].truth[r] = world_random(w);
		}
	}
}

static void world_fault(struct world *w, const char *when, unsigned reg, const char *what)
{
	if (w->fault[0] == '\0')
		(void)snprintf(w->fault, sizeof(w->fault), "%s: %s: %s", when,
			       sysreg_name((enum sysreg)reg), what);
}

static void world_run(struct world *w, unsigned c, unsigned v, enum ws_comp comp, uint64_t state)
{
	struct world_cpu *cpu = &w->cpu[c];
	struct world_vcpu *vcpu = &w->vcpu[v];
	struct ws_values val = { cpu->hw, cpu->host, vcpu->guest, vcpu->gcfg, cpu->hcfg };
	struct ws_totals t = { 0 };

	ws_run_detailed(w->p, comp,
			state | CND(NEW_MDCR) | CND(NEW_CNTHCTL) | CND(NEW_FPCR) | CND(NEW_ZCR) |
				CND(LOADED),
			vcpu->lrs, &val, &t, NULL);
}

/* Can the guest reach the register in this state? */
static bool world_reaches(const struct world *w, const struct world_vcpu *v, unsigned r)
{
	uint8_t group = sysreg_row((enum sysreg)r)->group;

	if (group == GRP_debug || r == SR_DBGVCR32_EL2)
		return (v->state & CND(DEBUG_DIRTY)) != 0;
	if (group == GRP_fpsimd || r == SR_ZCR_EL1 || r == SR_FPEXC32_EL2)
		return (v->state & CND(FP_OWNED)) != 0;
	if (group == GRP_pauth && w->keys_on_use)
		return (v->state & CND(PAUTH_USED)) != 0;
	if (r >= SR_ICH_AP0R0_EL2 && r < SR_ICH_LR0_EL2)
		return (v->state & CND(LRS)) != 0;
	if (r >= SR_ICH_LR0_EL2 && r <= SR_ICH_LR15_EL2)
		return r - SR_ICH_LR0_EL2 < v->lrs;
	return true;
}

static void world_guest_runs(struct world *w, unsigned c, unsigned v, const char *when)
{
	struct world_cpu *cpu = &w->cpu[c];
	struct world_vcpu *vcpu = &w->vcpu[v];

	for (unsigned r = 1; r < SR_COUNT; r++) {
		const struct sysreg_row *row = sysreg_row((enum sysreg)r);

		if (w->controlled[r] && row->move == MOVE_CONF && r != SR_ZCR_EL2 &&
		    cpu->hw[r] != vcpu->gcfg[r])
			world_fault(w, when, r, "the guest runs without its control value");
		if (!w->switched[r] || !world_reaches(w, vcpu, r) ||
		    (row->move != MOVE_BOTH && row->move != MOVE_CONF))
			continue;
		if (cpu->hw[r] != vcpu->truth[r])
			world_fault(w, when, r, "the guest does not find its value");
		if (row->move == MOVE_BOTH)
			cpu->hw[r] = vcpu->truth[r] = world_random(w);
	}
}

static bool world_host_needs(const struct world *w, const struct sysreg_row *row, bool after_put)
{
	bool at_el1 = w->p->config.model->mode != MODE_VHE;

	return row->host == HOST_ALWAYS || (row->host == HOST_EL1 && at_el1) ||
	       (row->host == HOST_USER && after_put);
}

static void world_host_runs(struct world *w, unsigned c, const char *when, bool after_put)
{
	struct world_cpu *cpu = &w->cpu[c];

	for (unsigned r = 1; r < SR_COUNT; r++) {
		const struct sysreg_row *row = sysreg_row((enum sysreg)r);
		bool vhe = w->p->config.model->mode == MODE_VHE;

		if (!world_host_needs(w, row, after_put) || row->move == MOVE_INFO)
			continue;
		if (r == SR_PMCNTENCLR_EL0 || r == SR_PMCNTENSET_EL0)
			continue; /* two names of one state */
		if (cpu->hw[r] == cpu->hcfg[r])
			cpu->truth[r] = cpu->hw[r];
		if (cpu->hw[r] != cpu->truth[r] && !(vhe && row->group == GRP_el2_return))
			world_fault(w, when, r, "the host does not find its value");
		if (row->move == MOVE_BOTH && row->group != GRP_pauth)
			cpu->hw[r] = cpu->truth[r] = world_random(w);
	}
}

static void world_load(struct world *w, unsigned c, unsigned v)
{
	struct world_vcpu *vcpu = &w->vcpu[v];

	vcpu->state &= ~(CND(FP_OWNED) | CND(PAUTH_USED));
	vcpu->lrs = 0;
	world_run(w, c, v, ws_phase_comp(w->p, PHASE_LOAD),
		  (w->saves_live_fp ? CND(HOST_FP) : 0) | (world_coin(w) ? CND(OTHER_VCPU) : 0));
	w->cpu[c].loaded = (int)v;
	vcpu->loaded = true;
	world_host_runs(w, c, "load", false);
}

/* State of one entry and its exit. */
static void world_draw(struct world *w, struct world_vcpu *v, uint64_t *exit_state)
{
	v->state &= CND(FP_OWNED) | CND(PAUTH_USED);
	v->state |= (world_coin(w) ? CND(DEBUG_DIRTY) : 0) | (world_coin(w) ? CND(LRS) : 0) |
		    (world_coin(w) ? CND(VSE) : 0) | (world_coin(w) ? CND(PAUTH_USED) : 0) |
		    (world_coin(w) ? CND(PMU_EVENTS) : 0);
	if (w->always_fp)
		v->state |= CND(FP_OWNED);
	v->lrs = (v->state & CND(LRS)) != 0 ? 1 + (unsigned)(world_random(w) >> 30 & 3) : 0;
	for (unsigned k = 0; k < v->lrs; k++) /* the host fills them */
		v->guest[SR_ICH_LR0_EL2 + k] = v->truth[SR_ICH_LR0_EL2 + k] = world_random(w);
	*exit_state = (world_coin(w) ? CND(ABORT) | CND(S2_PERM) : 0) | CND(SYNC) |
		      (v->lrs != 0 && world_coin(w) ? CND(LR_LIVE) : 0) |
		      (world_coin(w) ? CND(SERROR) : 0);
}

static void world_enter_and_exit(struct world *w, unsigned c, unsigned v)
{
	struct world_vcpu *vcpu = &w->vcpu[v];
	uint64_t exit_state;

	world_draw(w, vcpu, &exit_state);
	world_run(w, c, v, ws_phase_comp(w->p, PHASE_ENTER), vcpu->state);
	world_guest_runs(w, c, v, "enter");
	if (w->lazy_fp && (vcpu->state & CND(FP_OWNED)) == 0 && world_coin(w)) {
		world_run(w, c, v, ws_phase_comp(w->p, PHASE_LAZY), vcpu->state | CND(SYNC));
		vcpu->state |= CND(FP_OWNED);
		world_guest_runs(w, c, v, "lazy");
	}
	world_run(w, c, v, ws_phase_comp(w->p, PHASE_EXIT), vcpu->state | exit_state);
	for (unsigned k = 0; k < vcpu->lrs && w->switched[SR_ICH_LR0_EL2]; k++) {
		if ((exit_state & CND(LR_LIVE)) != 0 &&
		    vcpu->guest[SR_ICH_LR0_EL2 + k] != vcpu->truth[SR_ICH_LR0_EL2 + k])
			world_fault(w, "exit", SR_ICH_LR0_EL2 + k,
				    "a live list register was not read");
	}
	if (w->fp_ends && w->lazy_fp)
		vcpu->state &= ~CND(FP_OWNED);
	world_host_runs(w, c, "exit", false);
}

static void world_put(struct world *w, unsigned c, unsigned v)
{
	struct world_vcpu *vcpu = &w->vcpu[v];

	if (w->always_fp)
		vcpu->state |= CND(FP_OWNED);
	world_run(w, c, v, ws_phase_comp(w->p, PHASE_PUT), vcpu->state);
	for (unsigned r = 1; r < SR_COUNT; r++) {
		bool lr = r >= SR_ICH_LR0_EL2 && r <= SR_ICH_LR15_EL2;

		if (w->switched[r] && sysreg_row((enum sysreg)r)->move == MOVE_BOTH && !lr &&
		    vcpu->guest[r] != vcpu->truth[r])
			world_fault(w, "put", r, "the guest's value was not saved");
	}
	w->cpu[c].loaded = -1;
	vcpu->loaded = false;
	if (w->saves_live_fp)
		world_run(w, c, v, COMP_host_ret_to_user, CND(FOREIGN_FP));
	world_host_runs(w, c, "put", true);
}

/*
 * Run a number of random steps; returns NULL if every value was where it belongs, else what was
 * found first (in buf).
 */
__attribute__((unused)) static const char *world_play(const struct ws_prog *p, unsigned steps,
						      uint64_t seed, char *buf, size_t n)
{
	static struct world w; /* large */

	world_init(&w, p, seed);
	for (unsigned i = 0; i < steps && w.fault[0] == '\0'; i++) {
		unsigned c = (unsigned)(world_random(&w) >> 33) % WORLD_CPUS;
		unsigned v = (unsigned)(world_random(&w) >> 33) % WORLD_VCPUS;

		if (w.cpu[c].loaded < 0 && !w.vcpu[v].loaded)
			world_load(&w, c, v);
		else if (w.cpu[c].loaded >= 0 && (world_random(&w) >> 33) % 4 != 0)
			world_enter_and_exit(&w, c, (unsigned)w.cpu[c].loaded);
		else if (w.cpu[c].loaded >= 0)
			world_put(&w, c, (unsigned)w.cpu[c].loaded);
	}
	(void)snprintf(buf, n, "%s", w.fault);
	return buf[0] != '\0' ? buf : NULL;
}

#endif
