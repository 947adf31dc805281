/* SPDX-License-Identifier: Apache-2.0 */
/* A vCPU executes: what its core asks of the world, and what an exit is. */
#include "models/vm/vm.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "models/vm/vm_map.h"

__extension__ typedef unsigned __int128 u128;

/* Exception classes of ESR_EL2 (Arm ARM, D24.2.40). */
enum { EC_WFX = 0x01, EC_FP = 0x07, EC_PAUTH = 0x09, EC_HVC = 0x16, EC_SMC = 0x17, EC_SYSREG = 0x18, EC_SVE = 0x19, EC_IABT = 0x20, EC_DABT = 0x24,
       EC_DEBUG = 0x30 };

uint64_t vm_ticks(const struct vm *m, uint64_t cycle)
{
	uint64_t product;

	if (!__builtin_mul_overflow(cycle, m->config.counter_hz, &product))
		return product / m->hz;
	return (uint64_t)((u128)cycle * m->config.counter_hz / m->hz);
}

/* The first cycle at which the counter is so high. */
static uint64_t vm_cycle_of(const struct vm *m, uint64_t ticks)
{
	u128 c = ((u128)ticks * m->hz + m->config.counter_hz - 1) / m->config.counter_hz;

	return c >= UINT64_MAX ? UINT64_MAX : (uint64_t)c;
}

static int vm_die(struct vm_cpu *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int vm_die(struct vm_cpu *c, const char *fmt, ...)
{
	struct str text = STR_INIT;
	va_list ap;
	char what[200];

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	vm_where(c->vm, c->core->pc, &text);
	(void)err_set(&c->vm->dead, ERR_INPUT, "vCPU %u at %s (0x%" PRIx64 "): %s", c->id, str_get(&text), c->core->pc, what);
	str_free(&text);
	return -1;
}

/* ---- time ---- */

static uint64_t cycles_here(const struct vm_cpu *c)
{
	return a64_cycles(c->core) - c->before + c->lost;
}

uint64_t vm_cycle(const struct vm_cpu *c)
{
	return c->cycle + cycles_here(c);
}

static uint64_t ticks_here(const struct vm_cpu *c)
{
	return vm_ticks(c->vm, vm_cycle(c));
}

/* ---- the bus ---- */

static uint8_t *bus_ram(void *owner, uint64_t pa)
{
	const struct vm *m = ((struct vm_cpu *)owner)->vm;

	return pa >= m->memory.base && pa - m->memory.base < m->memory.size ? m->ram + (pa - m->memory.base) : NULL;
}

/* Devices are where stage 2 maps nothing: only a walk of tables comes here. */
static bool bus_device(void *owner, struct a64 *core, uint64_t pa, unsigned size, bool write, uint64_t *value)
{
	(void)owner;
	(void)core;
	(void)pa;
	(void)size;
	(void)write;
	(void)value;
	return false;
}

enum { FSC_TRANSLATION = 0x07, FSC_PERMISSION = 0x0f }; /* level 3 */

static bool bus_stage2(void *owner, struct a64 *core, uint64_t ipa, enum a64_access access, uint64_t *pa, bool *writable,
		       uint8_t *fsc)
{
	const struct vm *m = ((struct vm_cpu *)owner)->vm;
	uint64_t offset = ipa - m->memory.base;
	uint8_t is;

	(void)core;
	*pa = ipa;
	*writable = true;
	*fsc = FSC_TRANSLATION;
	if (ipa < m->memory.base || offset >= m->memory.size)
		return false;
	is = m->stage2[offset / VM_PAGE];
	if (!(is & VM_S2_MAPPED))
		return false;
	*writable = is & VM_S2_WRITE;
	*fsc = FSC_PERMISSION;
	return access == A64_READ || (is & (access == A64_FETCH ? VM_S2_EXEC : VM_S2_WRITE));
}

static void bus_broadcast(void *owner, struct a64 *core, bool code)
{
	struct vm *m = ((struct vm_cpu *)owner)->vm;

	for (unsigned i = 0; i < m->config.vcpus; i++) {
		if (m->cpu[i].core == core)
			continue;
		if (code)
			a64_flush_code(m->cpu[i].core);
		else
			a64_flush_tlb(m->cpu[i].core);
	}
}

static void bus_event(void *owner, struct a64 *core)
{
	struct vm *m = ((struct vm_cpu *)owner)->vm;

	for (unsigned i = 0; i < m->config.vcpus; i++)
		if (m->cpu[i].core != core)
			m->cpu[i].core->event = true;
}

static bool is_sgi(enum a64_reg reg)
{
	return reg == A64_R_ICC_SGI1R_EL1 || reg == A64_R_ICC_ASGI1R_EL1 || reg == A64_R_ICC_SGI0R_EL1;
}

static bool is_ptimer(enum a64_reg reg)
{
	return reg == A64_R_CNTP_CTL_EL0 || reg == A64_R_CNTP_CVAL_EL0 || reg == A64_R_CNTP_TVAL_EL0;
}

static void stop_core(struct vm_cpu *c)
{
	c->core->stop_asked = true;
	c->core->attention = 1;
}

static void op_of(enum a64_reg reg, unsigned op[5]);

/* An access that the core lets through and KVM traps: it is an exit behind the instruction. */
static void trap_here(struct vm_cpu *c, enum vm_ask ask, enum a64_reg reg, bool write, uint64_t value)
{
	c->trapped = true;
	c->exit = (struct vm_exit){.ask = ask, .reg = reg, .access = write ? A64_WRITE : A64_READ, .data = value, .pc = c->core->pc};
	op_of(reg, c->exit.op);
	c->exit.esr = (uint64_t)EC_SYSREG << 26 | (uint64_t)1 << 25 | (uint64_t)c->exit.op[0] << 20 |
		      (uint64_t)c->exit.op[4] << 17 | (uint64_t)c->exit.op[1] << 14 | (uint64_t)c->exit.op[2] << 10 |
		      (uint64_t)c->exit.op[3] << 1 | !write;
	stop_core(c);
}

static void vm_lines(struct vm_cpu *c)
{
	unsigned lines = ich_lines(&c->ich);

	a64_line(c->core, A64_VIRQ, (lines & A64_VIRQ) != 0);
	a64_line(c->core, A64_VFIQ, (lines & A64_VFIQ) != 0);
}

static bool bus_read_reg(void *owner, struct a64 *core, enum a64_reg reg, uint64_t *value)
{
	struct vm_cpu *c = owner;
	bool ok;

	(void)core;
	if (gtimers_read(&c->timer, reg, ticks_here(c), value)) {
		if (is_ptimer(reg) && c->vm->config.ptimer_traps)
			trap_here(c, VM_SYSREG, reg, false, *value);
		return true;
	}
	ok = ich_read(&c->ich, reg, value);
	vm_lines(c);
	return ok;
}

static bool bus_write_reg(void *owner, struct a64 *core, enum a64_reg reg, uint64_t value)
{
	struct vm_cpu *c = owner;
	bool ok;

	(void)core;
	if (is_sgi(reg)) {
		trap_here(c, VM_SGI, reg, true, value);
		return true;
	}
	if (gtimers_write(&c->timer, reg, ticks_here(c), value)) {
		if (is_ptimer(reg) && c->vm->config.ptimer_traps)
			trap_here(c, VM_SYSREG, reg, true, value);
		stop_core(c); /* its next interrupt is another one */
		return true;
	}
	ok = ich_write(&c->ich, reg, value);
	vm_lines(c);
	if (ich_misr(&c->ich) != 0) {
		trap_here(c, VM_MAINTENANCE, reg, true, value);
		c->exit.esr = 0;
	}
	return ok;
}

const struct a64_bus vm_bus = {NULL, bus_ram, bus_device, bus_stage2, bus_broadcast, bus_event, bus_read_reg, bus_write_reg, false};

/* ---- exits ---- */

static void op_of(enum a64_reg reg, unsigned op[5])
{
	a64_reg_encoding(reg, op);
}

/* ISS of a data abort (Arm ARM, D24.2.40). */
#define ISS_ISV(esr) ((esr) >> 24 & 1)
#define ISS_SAS(esr) ((unsigned)((esr) >> 22 & 3))
#define ISS_SSE(esr) ((esr) >> 21 & 1)
#define ISS_SRT(esr) ((unsigned)((esr) >> 16 & 31))
#define ISS_SF(esr)  ((esr) >> 15 & 1)
#define ISS_S1PTW(esr) ((esr) >> 7 & 1)
#define ISS_WNR(esr) ((esr) >> 6 & 1)
#define ISS_PERM(esr) (((esr) & 0x3c) == 0x0c)

static enum vm_stop abort_of(struct vm_cpu *c, struct vm_exit *x)
{
	const struct vm *m = c->vm;
	bool fetch = x->esr >> 26 == EC_IABT;

	x->ipa = c->core->exit.hpfar >> 4 << 12 | (x->far & (VM_PAGE - 1));
	x->access = fetch ? A64_FETCH : ISS_WNR(x->esr) ? A64_WRITE : A64_READ;
	if (x->ipa >= m->memory.base && x->ipa - m->memory.base < m->memory.size) {
		x->ask = VM_FAULT;
		if (ISS_S1PTW(x->esr)) /* kvm_is_write_fault: only to update a descriptor */
			x->access = ISS_PERM(x->esr) ? A64_WRITE : A64_READ;
		x->present = m->stage2[(x->ipa - m->memory.base) / VM_PAGE] & VM_S2_PRESENT;
		x->permission = ISS_PERM(x->esr);
		return VM_EXIT;
	}
	x->ask = VM_MMIO;
	if (ISS_S1PTW(x->esr) || fetch) /* KVM answers with an external abort; see vm_complete */
		return VM_EXIT;
	if (!ISS_ISV(x->esr)) {
		(void)vm_die(c, "an access to the device at 0x%" PRIx64 " by an instruction that KVM cannot decode (a pair, or with "
			     "write-back; word 0x%08" PRIx32 "): KVM_RUN fails with ENOSYS", x->ipa, c->core->exit.word);
		return VM_DEAD;
	}
	x->size = 1u << ISS_SAS(x->esr);
	x->dev = dev_at(m->dev, m->n_dev, x->ipa);
	if (x->access == A64_WRITE) {
		x->data = ISS_SRT(x->esr) == 31 ? 0 : c->core->x[ISS_SRT(x->esr)];
		if (x->size < 8)
			x->data &= ((uint64_t)1 << 8 * x->size) - 1;
	}
	return VM_EXIT;
}

static enum vm_stop exit_of(struct vm_cpu *c)
{
	struct vm_exit *x = &c->exit;
	const uint64_t esr = c->core->exit.esr;

	*x = (struct vm_exit){.esr = esr, .far = c->core->exit.far, .pc = c->core->pc, .ask = VM_OTHER};
	switch (esr >> 26) {
	case EC_HVC:
	case EC_SMC:
		x->ask = esr >> 26 == EC_HVC ? VM_HVC : VM_SMC;
		x->function = c->core->x[0];
		break;
	case EC_WFX:
		x->ask = esr & 1 ? VM_WFE : VM_WFI;
		break;
	case EC_SYSREG:
		x->ask = VM_SYSREG;
		x->op[0] = esr >> 20 & 3;
		x->op[1] = esr >> 14 & 7;
		x->op[2] = esr >> 10 & 15;
		x->op[3] = esr >> 1 & 15;
		x->op[4] = esr >> 17 & 7;
		x->access = esr & 1 ? A64_READ : A64_WRITE;
		x->reg = a64_reg_by_encoding(x->op[0], x->op[1], x->op[2], x->op[3], x->op[4]);
		if (x->op[0] == 3 && x->op[1] == 0 && x->op[2] == 2 && x->op[3] >= 1 && x->op[3] <= 3) /* keys */
			x->ask = VM_PAUTH;
		break;
	case EC_IABT:
	case EC_DABT:
		return abort_of(c, x);
	case EC_PAUTH:
		x->ask = VM_PAUTH;
		break;
	case EC_FP:
	case EC_SVE:
		x->ask = VM_FP;
		break;
	default:
		if (esr >> 26 >= EC_DEBUG)
			x->ask = VM_DEBUG;
		break;
	}
	return VM_EXIT;
}

static enum vm_stop taken(struct vm_cpu *c, enum vm_stop stop)
{
	if (stop == VM_EXIT) {
		c->exited = true;
		c->last[c->n_exits++ % VM_LAST_EXITS] = c->exit;
	}
	return stop;
}

/* ---- running ---- */

static enum vm_stop unknown(struct vm_cpu *c, enum a64_stop stop)
{
	if (stop == A64_STOP_HALT)
		(void)vm_die(c, "HLT #%" PRIu64 ": there is no debugger", c->core->exit.esr);
	else
		(void)vm_die(c, "instruction 0x%08" PRIx32 ": %s", c->core->exit.word,
			     c->core->exit.what != NULL ? c->core->exit.what : "not known");
	return VM_DEAD;
}

int vm_abort_loop(struct vm_cpu *c)
{
	const struct a64 *core = c->core;

	return vm_die(c, "exceptions without end, for their vector cannot be fetched: ESR_EL1 0x%" PRIx64 ", FAR_EL1 0x%" PRIx64
		      ", VBAR_EL1 0x%" PRIx64, core->reg[A64_R_ESR_EL1], core->reg[A64_R_FAR_EL1], core->reg[A64_R_VBAR_EL1]);
}

static enum vm_stop run(struct vm_cpu *c, uint64_t budget)
{
	struct a64 *core = c->core;
	unsigned aborts = 0;

	for (;;) {
		const uint64_t used = cycles_here(c), insns = core->counts.insns;
		enum a64_stop stop;

		if (used >= budget)
			return VM_BUDGET;
		stop = a64_run_cycles(core, budget - used);
		switch (stop) {
		case A64_STOP_BUDGET:
			c->lost += cycles_here(c) == used; /* aborts, or instructions that cost nothing: time goes on */
			if (core->counts.insns != insns) {
				aborts = 0;
				break;
			}
			if (++aborts < VM_ABORTS_MAX)
				break;
			(void)vm_abort_loop(c);
			return VM_DEAD;
		case A64_STOP_ASKED:
			if (c->trapped) {
				c->trapped = false;
				return VM_EXIT;
			}
			return VM_BUDGET;
		case A64_STOP_EXCEPTION:
			return exit_of(c);
		case A64_STOP_WFI:
			return VM_WAIT;
		default:
			return unknown(c, stop);
		}
	}
}

/*
 * Slices end where a counter of the PMU may go over its end; where it does, the host is interrupted: up to so many cycles later, as a
 * core's interrupt comes late, lest a counter that is about to, and does not, makes a slice of each instruction.
 */
enum { PMU_LATE = 64 };

static enum vm_stop run_counted(struct vm_cpu *c, uint64_t budget)
{
	for (;;) {
		const uint64_t used = cycles_here(c), left = pmu_runs(&c->pmu) ? pmu_room(&c->pmu) : UINT64_MAX,
			       room = left > PMU_LATE ? left : PMU_LATE, end = room < budget - used ? used + room : budget;
		const enum vm_stop stop = run(c, end);

		if (vm_pmu_count(c) && stop == VM_BUDGET) {
			c->exit = (struct vm_exit){.ask = VM_PMU, .pc = c->core->pc};
			return VM_EXIT;
		}
		if (stop != VM_BUDGET || end == budget || cycles_here(c) < end) /* the last: its timer was set anew, say */
			return stop;
	}
}

enum vm_stop vm_run(struct vm_cpu *c, uint64_t cycle, uint64_t budget)
{
	enum vm_stop stop;

	BUG_ON(c->exited);
	c->cycle = cycle;
	c->lost = 0;
	c->ran = 0;
	c->before = a64_cycles(c->core);
	stop = c->vm->dead.code != ERR_NONE ? VM_DEAD : c->vm->config.pmu ? run_counted(c, budget) : run(c, budget);
	c->ran = cycles_here(c);
	return taken(c, stop);
}

/* ---- interrupts ---- */

/*
 * kvm_arm_setup_debug (debug.c): debug registers are switched, and do not trap, after the guest wrote one; they are switched, and
 * trap, while MDSCR_EL1 enables debugging.
 */
static void debug_setup(struct vm_cpu *c)
{
	const uint64_t kde_mde = (uint64_t)5 << 13, tda = (uint64_t)1 << 9, oslk = 2;
	uint64_t *reg = c->core->reg;

	c->debug_dirty = c->debug_written || (reg[A64_R_MDSCR_EL1] & kde_mde) != 0;
	if (c->debug_written && (reg[A64_R_OSLSR_EL1] & oslk) == 0)
		reg[A64_R_MDCR_EL2] &= ~tda;
	else
		reg[A64_R_MDCR_EL2] |= tda;
	c->debug_written = false;
}

unsigned vm_enter(struct vm_cpu *c)
{
	unsigned n = gic_flush(c->vm->gic, c->id, &c->ich);

	vm_lines(c);
	debug_setup(c);
	return n;
}

void vm_trap_fp(struct vm_cpu *c, bool trap)
{
	const uint64_t tfp = (uint64_t)1 << 10; /* CPTR_EL2.TFP, of a guest that is not itself at EL2 */

	c->core->reg[A64_R_CPTR_EL2] = trap ? c->core->reg[A64_R_CPTR_EL2] | tfp : c->core->reg[A64_R_CPTR_EL2] & ~tfp;
}

void vm_trap_pauth(struct vm_cpu *c, bool trap)
{
	const uint64_t api_apk = (uint64_t)3 << 40;

	c->core->reg[A64_R_HCR_EL2] = trap ? c->core->reg[A64_R_HCR_EL2] & ~api_apk : c->core->reg[A64_R_HCR_EL2] | api_apk;
}

void vm_leave(struct vm_cpu *c)
{
	gic_sync(c->vm->gic, c->id, &c->ich);
	vm_lines(c);
}

bool vm_lr_is_live(const struct vm_cpu *c)
{
	return (~ich_elrsr(&c->ich) & ((1u << c->ich.lrs) - 1)) != 0;
}

bool vm_pending(const struct vm_cpu *c)
{
	return gic_pending(c->vm->gic, c->id, &c->ich);
}

uint64_t vm_timer_next(const struct vm_cpu *c, enum gtimer_id id, uint64_t cycle)
{
	const struct gtimer *timer = &c->timer.t[id];
	uint64_t now, t;

	if (c->power != VM_ON || c->timer_active[id] || !(timer->ctl & GTIMER_ENABLE))
		return UINT64_MAX;
	now = vm_ticks(c->vm, cycle);
	t = gtimer_next(timer, now);
	if (t == GTIMER_NEVER)
		return UINT64_MAX;
	t = t <= now ? cycle : vm_cycle_of(c->vm, t);
	return t > c->again[id] ? t : c->again[id];
}

void vm_timer_fires(struct vm_cpu *c, enum gtimer_id id)
{
	c->timer_active[id] = true;
	(void)gic_inject(c->vm->gic, c->id, gtimer_ppi(id), true);
}

static uint32_t time_of_day(const struct vm *m, uint64_t cycle)
{
	return VM_TIME + (uint32_t)(vm_ticks(m, cycle) / m->config.counter_hz);
}

uint64_t vm_alarm_next(const struct vm *m)
{
	const struct pl031 *r = &m->rtc;

	if (r->imsc == 0 || r->ris != 0)
		return UINT64_MAX;
	return vm_cycle_of(m, ((uint64_t)(r->now - VM_TIME) + pl031_alarm(r)) * m->config.counter_hz);
}

void vm_alarm_fires(struct vm *m, uint64_t cycle)
{
	pl031_set_time(&m->rtc, time_of_day(m, cycle));
}

void vm_ptimer_written(struct vm_cpu *c)
{
	if (!c->vm->config.ptimer_traps)
		return;
	c->timer_active[GTIMER_PHYS] = gtimer_line(&c->timer.t[GTIMER_PHYS], vm_ticks(c->vm, c->cycle));
	(void)gic_inject(c->vm->gic, c->id, GTIMER_PPI_PHYS, c->timer_active[GTIMER_PHYS]);
}
