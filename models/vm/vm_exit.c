/* SPDX-License-Identifier: Apache-2.0 */
/* Exits are completed: what KVM, or the VMM behind it, does for the guest before it goes on. */
#include <inttypes.h>

#include "models/vm/vm.h"
#include "models/vm/vm_map.h"

static const uint64_t hcr_tvm = (uint64_t)1 << 26;

static const char *vm_ask_name(enum vm_ask ask)
{
	static const char *const names[] = {"HVC", "SMC", "system register", "SGI", "WFI", "WFE", "device", "memory", "FP", "pointer authentication", "debug",
					    "maintenance interrupt", "performance monitor", "exception"};

	return names[ask];
}

/* ---- registers of the guest ---- */

static uint64_t get_x(const struct vm_cpu *c, unsigned rt)
{
	return rt == 31 ? 0 : c->core->x[rt];
}

static void set_x(struct vm_cpu *c, unsigned rt, uint64_t value)
{
	if (rt != 31)
		c->core->x[rt] = value;
}

/* The instruction was emulated (kvm_incr_pc): a step of the guest is over with it. */
static void skip(struct vm_cpu *c)
{
	c->core->pc += 4;
	c->core->ps.btype = 0;
	c->core->ps.ss = 0;
}

static void undefined(struct vm_cpu *c)
{
	(void)a64_exception(c->core, 0, 0, 0);
}

/* ---- calls ---- */

static void start(struct vm_cpu *c, const struct smccc_answer *a)
{
	struct vm_cpu *t = &c->vm->cpu[a->vcpu];
	const uint64_t cycles = a64_cycles(t->core);

	/* Reset state, but for what counts. */
	const struct a64_counts counts = t->core->counts;

	a64_free(t->core);
	vm_core_init(t);
	t->core->counts = counts;
	BUG_ON(a64_cycles(t->core) != cycles);
	t->core->pc = a->entry;
	t->core->x[0] = a->context;
	pmu_init(&t->pmu);
	t->power = VM_ON;
	t->exited = false;
	c->started = a->vcpu;
}

static enum vm_effect call(struct vm_cpu *c)
{
	struct smccc_answer a;

	if (c->exit.ask == VM_SMC)
		skip(c); /* the trap is of the instruction, not behind it */
	smccc_call(&c->vm->smccc, c->id, c->core->x, &a);
	switch (a.action) {
	case SMCCC_STOP:
		c->power = VM_OFF;
		return VM_OFF_CPU;
	case SMCCC_OFF:
		return VM_SHUTDOWN;
	case SMCCC_RESET:
		return VM_RESET;
	case SMCCC_SUSPEND:
		return VM_SHUTDOWN; /* nobody would resume it */
	default:
		break;
	}
	for (unsigned i = 0; i < 4; i++)
		c->core->x[i] = a.x[i];
	if (a.action == SMCCC_START)
		start(c, &a);
	return a.action == SMCCC_START ? VM_STARTED : a.action == SMCCC_WAIT ? VM_WAITS : VM_NOTHING;
}

/* ---- registers that trap ---- */

enum how { STORE, RAZ_WI, UNDEF, VM, SETWAY, PMU };

static enum how how_of(const unsigned op[5])
{
	static const struct {
		int op[5];
		enum how how;
	} rows[] = {
#define VM_TRAPPED(op0, op1, crn, crm, op2, how) {{op0, op1, crn, crm, op2}, how},
#include "models/vm/vm_sysregs.def"
	};

	for (size_t i = 0;; i++) {
		unsigned same = 0;

		while (same < 5 && (rows[i].op[same] == -1 || rows[i].op[same] == (int)op[same]))
			same++;
		if (same == 5)
			return rows[i].how;
	}
}

/* SCTLR_EL1.M and C: once both are set, translation registers do not trap any more (kvm_toggle_cache). */
static void toggle_cache(struct a64 *core)
{
	if ((core->reg[A64_R_SCTLR_EL1] & 5) == 5)
		core->reg[A64_R_HCR_EL2] &= ~hcr_tvm;
}

static bool is_id(const unsigned op[5])
{
	return op[0] == 3 && op[1] == 0 && op[2] == 0;
}

void vm_trapped_init(struct vm *m)
{
	unsigned op[5];

	for (unsigned r = 1; r < A64_REGS; r++) {
		a64_reg_encoding((enum a64_reg)r, op);
		m->trapped[r] = (uint8_t)how_of(op);
	}
}

/* Breakpoints, watchpoints, MDSCR_EL1, MDCCINT_EL1: those of trap_debug_regs and its like. */
static bool is_debug(const unsigned op[5])
{
	return op[0] == 2 && op[1] == 0 && op[2] == 0 && (op[4] >= 4 || (op[4] == 2 && op[3] == 2) || (op[4] == 0 && op[3] == 2));
}

static void performance(struct vm_cpu *c)
{
	const unsigned rt = c->exit.esr >> 5 & 31;
	uint64_t value = get_x(c, rt);

	if (!vm_pmu_access(c, &value)) {
		undefined(c);
		return;
	}
	if (c->exit.access == A64_READ)
		set_x(c, rt, value);
	skip(c);
}

static void system_register(struct vm_cpu *c)
{
	const struct vm_exit *x = &c->exit;
	struct a64 *core = c->core;
	const unsigned rt = x->esr >> 5 & 31;
	const bool read = x->access == A64_READ;
	const enum how how = x->reg != A64_R_NONE ? (enum how)c->vm->trapped[x->reg] : how_of(x->op);

	if (how == PMU) {
		performance(c);
		return;
	}
	if (a64_reg_is_world(x->reg) && how != UNDEF) { /* it was accessed when it trapped: the physical timer */
		if (!read)
			vm_ptimer_written(c);
		return;
	}
	if (how == UNDEF || (x->reg == A64_R_NONE && how == STORE && !is_id(x->op)) || (!read && is_id(x->op))) {
		undefined(c);
		return;
	}
	if (read) {
		set_x(c, rt, how == RAZ_WI || x->reg == A64_R_NONE ? 0 : core->reg[x->reg]);
	} else if (how == SETWAY) { /* kvm_set_way_flush: from now on it is looked when the caches come on; not with FWB */
		if (!machine_has(c->vm->config.machine, FEAT_FWB))
			core->reg[A64_R_HCR_EL2] |= hcr_tvm;
	} else if (how != RAZ_WI) {
		(void)a64_reg_store(core, x->reg, get_x(c, rt));
		c->debug_written |= is_debug(x->op);
		if (how == VM)
			toggle_cache(core);
	}
	skip(c);
}

/* ---- memory and devices ---- */

/* The page, or with blocks all of its 2 MiB that are memory. While writes are logged: single pages, writable by a write. */
static void map(struct vm *m, uint64_t ipa, enum a64_access access)
{
	const bool logged = m->config.dirty_log;
	const uint64_t size = m->config.blocks && !logged ? VM_BLOCK : VM_PAGE, n = m->memory.size / VM_PAGE;
	const uint8_t is = (uint8_t)(VM_S2_MAPPED | VM_S2_PRESENT | (access == A64_FETCH ? VM_S2_EXEC : 0) |
				     (!logged || access == A64_WRITE ? VM_S2_WRITE : 0));
	uint64_t first = (ipa & ~(size - 1)), at;

	for (at = first; at < first + size; at += VM_PAGE) {
		const uint64_t i = (at - m->memory.base) / VM_PAGE;

		if (at < m->memory.base || i >= n)
			continue;
		m->mapped += (m->stage2[i] & VM_S2_MAPPED) == 0;
		m->stage2[i] |= is;
	}
}

uint64_t vm_collect_dirty(struct vm *m)
{
	uint64_t n = 0;

	for (uint64_t i = 0; i < m->memory.size / VM_PAGE; i++) {
		n += (m->stage2[i] & VM_S2_WRITE) != 0;
		m->stage2[i] &= (uint8_t)~VM_S2_WRITE;
	}
	for (unsigned i = 0; i < m->config.vcpus; i++)
		a64_flush_tlb(m->cpu[i].core);
	return n;
}

/* An external abort for the guest: of a fetch from a device, or of a walk through one (kvm_inject_dabt, kvm_inject_pabt). */
static void inject_abort(struct vm_cpu *c)
{
	const bool fetch = c->exit.access == A64_FETCH;

	c->aborts = c->aborts_at == c->core->counts.insns ? c->aborts + 1 : 0;
	c->aborts_at = c->core->counts.insns;
	if (c->aborts == VM_ABORTS_MAX)
		(void)vm_abort_loop(c);
	(void)a64_exception(c->core, fetch ? 0x20 : 0x24, 0x10 | (uint32_t)(c->exit.access == A64_WRITE) << 6, c->exit.far);
}

static void access_device(struct vm_cpu *c)
{
	const struct vm_exit *x = &c->exit;
	const unsigned rt = x->esr >> 16 & 31, bits = 8 * x->size;
	uint64_t value = 0;

	if (x->access == A64_FETCH || x->size == 0) {
		inject_abort(c);
		return;
	}
	if (x->dev == &c->vm->rtc.dev)
		vm_alarm_fires(c->vm, c->cycle); /* or only shows the time */
	if (x->dev == NULL) {
		if (c->vm->nowhere++ == 0)
			c->vm->nowhere_at = x->ipa;
	} else if (x->access == A64_WRITE) {
		dev_write(x->dev, c->id, x->ipa, x->size, x->data);
	} else {
		value = dev_read(x->dev, c->id, x->ipa, x->size);
	}
	if (x->access == A64_READ) {
		if ((x->esr >> 21 & 1) && bits < 64 && (value >> (bits - 1) & 1))
			value |= UINT64_MAX << bits; /* SSE */
		set_x(c, rt, x->esr >> 15 & 1 ? value : value & UINT32_MAX); /* SF */
	}
	skip(c);
}

static enum vm_effect complete(struct vm_cpu *c)
{
	const struct vm_exit *x = &c->exit;

	switch (x->ask) {
	case VM_HVC:
	case VM_SMC:
		return call(c);
	case VM_SYSREG:
		system_register(c);
		break;
	case VM_SGI:
		gic_sgi(c->vm->gic, c->id, x->reg, x->data);
		break;
	case VM_WFI:
	case VM_WFE:
		skip(c);
		break;
	case VM_MMIO:
		access_device(c);
		break;
	case VM_FAULT:
		map(c->vm, x->ipa, x->access);
		break;
	case VM_FP:
		vm_trap_fp(c, false);
		break;
	case VM_PAUTH:
		vm_trap_pauth(c, false);
		break;
	case VM_DEBUG:
	case VM_MAINTENANCE:
	case VM_PMU:
		break;
	case VM_OTHER:
		undefined(c);
		break;
	}
	return VM_NOTHING;
}

enum vm_effect vm_complete(struct vm_cpu *c, uint64_t cycle)
{
	enum vm_effect effect;

	BUG_ON(!c->exited);
	c->exited = false;
	c->cycle = cycle;
	c->ran = 0;
	if (c->vm->config.pmu)
		(void)vm_pmu_count(c);
	effect = complete(c);
	if (c->vm->config.pmu)
		vm_pmu_line(c); /* kvm_pmu_flush_hwstate */
	return effect;
}

/* ---- SGIs ---- */

/* ICC_SGI1R_EL1 (IHI 0069, 12.2.23): all but itself, or a list of Aff0 in a cluster. */
bool vm_sgi_target(const struct vm_cpu *c, unsigned vcpu)
{
	const uint64_t v = c->exit.data, mpidr = gic_mpidr(vcpu);
	const unsigned aff0 = mpidr & 0xff, range = v >> 44 & 0xf;

	if (v >> 40 & 1)
		return vcpu != c->id;
	return (mpidr >> 8 & 0xff) == (v >> 16 & 0xff) && (mpidr >> 16 & 0xff) == (v >> 32 & 0xff) &&
	       (mpidr >> 32 & 0xff) == (v >> 48 & 0xff) && aff0 / 16 == range && (v >> (aff0 & 15) & 1);
}

/* ---- for people ---- */

void vm_where(const struct vm *m, uint64_t pc, struct str *text)
{
	uint64_t offset;
	const struct image_symbol *s = image_symbol_at(&m->image, pc, &offset);

	if (s != NULL)
		str_addf(text, "%s+0x%" PRIx64, s->name, offset);
	else
		str_addf(text, "0x%" PRIx64, pc);
}

static void tell_exit(const struct vm *m, const struct vm_exit *x, struct str *text)
{
	str_addf(text, "  %s", vm_ask_name(x->ask));
	if (x->ask == VM_HVC || x->ask == VM_SMC)
		str_addf(text, " %s (0x%" PRIx64 ")", smccc_name(smccc_of((uint32_t)x->function)), x->function);
	else if (x->ask == VM_SYSREG || x->ask == VM_SGI)
		str_addf(text, " %s%s", a64_reg_name(x->reg), x->access == A64_READ ? " read" : " write");
	else if (x->ask == VM_MMIO || x->ask == VM_FAULT)
		str_addf(text, " %s at 0x%" PRIx64 "%s%s", x->access == A64_READ ? "read" : x->access == A64_WRITE ? "write" : "fetch",
			 x->ipa, x->dev != NULL ? " " : "", x->dev != NULL ? x->dev->name : "");
	str_add(text, " at ");
	vm_where(m, x->pc, text);
	str_add(text, "\n");
}

void vm_tell(const struct vm_cpu *c, struct str *text)
{
	const struct a64 *k = c->core;
	const uint64_t n = c->n_exits < VM_LAST_EXITS ? c->n_exits : VM_LAST_EXITS;

	str_addf(text, "vCPU %u%s: pc 0x%016" PRIx64 " (", c->id, c->power == VM_OFF ? ", off" : "", k->pc);
	vm_where(c->vm, k->pc, text);
	str_addf(text, "), EL%u, SPSR 0x%" PRIx64 ", %" PRIu64 " instructions\n", k->ps.el, a64_spsr(k), k->counts.insns);
	if (c->power == VM_OFF && c->n_exits == 0)
		return;
	for (unsigned i = 0; i < 32; i += 4)
		str_addf(text, "  %s%-2u %016" PRIx64 " %016" PRIx64 " %016" PRIx64 " %016" PRIx64 "\n", i == 28 ? "x" : "x", i, k->x[i],
			 k->x[i + 1], k->x[i + 2], k->x[i + 3]);
	str_addf(text, "  ELR_EL1 %016" PRIx64 " ESR_EL1 %016" PRIx64 " FAR_EL1 %016" PRIx64 " VBAR_EL1 %016" PRIx64 "\n",
		 k->reg[A64_R_ELR_EL1], k->reg[A64_R_ESR_EL1], k->reg[A64_R_FAR_EL1], k->reg[A64_R_VBAR_EL1]);
	str_addf(text, " the last exits of %" PRIu64 ":\n", c->n_exits);
	for (uint64_t i = c->n_exits - n; i < c->n_exits; i++)
		tell_exit(c->vm, &c->last[i % VM_LAST_EXITS], text);
}
