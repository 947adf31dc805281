/* SPDX-License-Identifier: Apache-2.0 */
/* Values of timers, caches, PMU and the other system registers, by the rule of their row; reset. */
#include <errno.h>
#include <string.h>

#include "models/hyp/abi/abi_impl.h"

/* --- timers, caches, PMU ------------------------------------------------------------------------------ */

static uint64_t offset_of(const struct abi_vcpu *v, enum abi_reg reg)
{
	return reg == ABI_R_TIMER_CTL || reg == ABI_R_TIMER_CNT ? v->vm->voffset : v->vm->poffset;
}

/* ISTATUS while the counter is at or beyond the compare value, enabled or not. */
static uint64_t get_tctl(const struct abi_vcpu *v, enum abi_reg reg)
{
	uint64_t cval = v->value[reg == ABI_R_TIMER_CTL ? ABI_R_TIMER_CVAL : ABI_R_PTIMER_CVAL];

	return v->value[reg] | (v->vm->now - offset_of(v, reg) >= cval ? 4 : 0);
}

static void set_tcnt(struct abi_vcpu *v, enum abi_reg reg, uint64_t val)
{
	if (v->vm->offset_owned)
		return;
	if (reg == ABI_R_TIMER_CNT)
		v->vm->voffset = v->vm->now - val;
	else
		v->vm->poffset = v->vm->now - val;
}

/* log2 of the smallest line, less 4, as CCSIDR_EL1.LineSize has it. */
static unsigned min_line(const struct abi_host *h, unsigned csselr)
{
	return ((csselr & 1) != 0 ? abi_nibble(h->id[ABI_R_CTR_EL0], 0) : abi_nibble(h->id[ABI_R_CTR_EL0], 16)) + 2 - 4;
}

bool abi_has_cache(const struct abi_host *h, unsigned csselr)
{
	static const uint8_t by_type[8] = { 0, 2, 1, 3, 1 }; /* Ctype: bit 0 data or unified, bit 1 instruction */

	return (by_type[h->id[ABI_R_CLIDR_EL1] >> 3 * (csselr >> 1) & 7] >> (csselr & 1) & 1) != 0;
}

uint32_t abi_get_ccsidr(const struct abi_vcpu *v, unsigned csselr)
{
	return v->own_ccsidr ? v->ccsidr[csselr] : (uint32_t)min_line(&v->vm->host, csselr) & 7;
}

int abi_set_ccsidr(struct abi_vcpu *v, unsigned csselr, uint32_t val)
{
	if ((int)(val & 7) < (int)min_line(&v->vm->host, csselr))
		return -EINVAL;
	if (!v->own_ccsidr) {
		if (val == abi_get_ccsidr(v, csselr))
			return 0;
		for (unsigned i = 0; i < UAPI_DEMUX_VALUES; i++)
			v->ccsidr[i] = abi_get_ccsidr(v, i);
		v->own_ccsidr = true;
	}
	v->ccsidr[csselr] = val;
	return 0;
}

#define CTR_IDC (UINT64_C(1) << 28)
#define CTR_DIC (UINT64_C(1) << 29)

/* The smallest cache hierarchy that asks for the maintenance that the host needs. */
static uint64_t reset_clidr(const struct abi_vcpu *v)
{
	uint64_t ctr = v->vm->host.id[ABI_R_CTR_EL0], clidr;
	unsigned loc = 1;

	if (abi_kernel_asks(v->vm->host.kernel, ABI_GUARD_CACHE) == ABI_ASKS_YES)
		return v->vm->host.id[ABI_R_CLIDR_EL1]; /* the host's own */
	if ((ctr & CTR_IDC) != 0) {
		loc = (ctr & CTR_DIC) != 0 ? 1 : 2;
		clidr = UINT64_C(4) << 3 * (loc - 1); /* unified */
	} else {
		clidr = UINT64_C(1) << 27 | UINT64_C(1) << 21 | 2; /* LoUU, LoUIS, data */
	}
	if ((ctr & CTR_DIC) == 0)
		clidr |= 1; /* instruction */
	if (v->vm->mte)
		clidr |= UINT64_C(2) << (33 + 2 * (loc - 1));
	return clidr | (uint64_t)loc << 24;
}

static int set_clidr(struct abi_vcpu *v, uint64_t val)
{
	bool loc = (val >> 24 & 7) != 0, pou = (val >> 21 & 7) != 0 || (val >> 27 & 7) != 0;

	if ((val & ~abi_reg_row(ABI_R_CLIDR_EL1)->mask) != 0)
		return -EINVAL;
	if ((v->vm->host.id[ABI_R_CTR_EL0] & CTR_IDC) == 0 && (!loc || !pou))
		return -EINVAL;
	v->value[ABI_R_CLIDR_EL1] = val;
	return 0;
}

static uint64_t counter_mask(const struct abi_vm *vm)
{
	return UINT64_C(1) << 31 | ((UINT64_C(1) << vm->pmcr_n) - 1);
}

/* The set and the clear register show the same bits. */
static enum abi_reg pm_store(enum abi_reg reg)
{
	switch ((unsigned)reg) {
	case ABI_R_PMINTENCLR_EL1:
		return ABI_R_PMINTENSET_EL1;
	case ABI_R_PMCNTENCLR_EL0:
		return ABI_R_PMCNTENSET_EL0;
	case ABI_R_PMOVSCLR_EL0:
		return ABI_R_PMOVSSET_EL0;
	default:
		return reg;
	}
}

static void set_pmcr(struct abi_vcpu *v, uint64_t val)
{
	struct abi_vm *vm = v->vm;
	unsigned n = (unsigned)(val >> 11 & 31);

	abi_take(vm, ABI_LOCK_CONFIG);
	if (!vm->ran && n <= vm->host.counters)
		vm->pmcr_n = (uint8_t)n;
	v->value[ABI_R_PMCR_EL0] = (val & 0xff) | (abi_host_has(&vm->host, ABI_HAS_AARCH32) ? 0 : 0x40);
}

static uint64_t evtyper_mask(const struct abi_vm *vm)
{
	uint64_t m = UINT64_C(3) << 30; /* not counting at EL1, EL0 */

	m |= abi_vm_field(vm, ABI_R_ID_AA64DFR0_EL1, 8) > 1 ? 0xffff : 0x3ff;
	if (abi_vm_field(vm, ABI_R_ID_AA64PFR0_EL1, 8) != 0)
		m |= UINT64_C(1) << 27;
	if (abi_vm_field(vm, ABI_R_ID_AA64PFR0_EL1, 12) != 0)
		m |= UINT64_C(1) << 29 | UINT64_C(1) << 28 | UINT64_C(1) << 26;
	return m;
}

uint64_t abi_get_sys(struct abi_vcpu *v, enum abi_reg reg)
{
	switch ((enum abi_rule)abi_reg_row(reg)->rule) {
	case ABI_RULE_TCTL:
		return get_tctl(v, reg);
	case ABI_RULE_TCNT:
		return v->vm->now - offset_of(v, reg);
	case ABI_RULE_INVAR:
		return v->vm->host.id[reg];
	case ABI_RULE_PMSET:
	case ABI_RULE_PMCLR:
		return v->value[pm_store(reg)] & counter_mask(v->vm);
	case ABI_RULE_PMCR:
		return v->value[reg] | (uint64_t)v->vm->pmcr_n << 11;
	case ABI_RULE_PMEVCNTR:
		return abi_vm_field(v->vm, ABI_R_ID_AA64DFR0_EL1, 8) >= 6 ? v->value[reg] : (uint32_t)v->value[reg];
	case ABI_RULE_RAZWI:
		return 0;
	default:
		return abi_reg_row(reg)->class == ABI_CLASS_id ? abi_get_id(v, reg) : v->value[reg];
	}
}

int abi_set_sys(struct abi_vcpu *v, enum abi_reg reg, uint64_t val)
{
	const struct abi_reg_row *row = abi_reg_row(reg);

	switch ((enum abi_rule)row->rule) {
	case ABI_RULE_TCTL:
		v->value[reg] = (uint32_t)val & ~UINT64_C(4);
		return 0;
	case ABI_RULE_TCNT:
		set_tcnt(v, reg, val);
		return 0;
	case ABI_RULE_INVAR:
		return val == v->vm->host.id[reg] ? 0 : -EINVAL;
	case ABI_RULE_OSLSR:
		if (((val ^ row->reset) & ~UINT64_C(2)) != 0)
			return -EINVAL;
		break;
	case ABI_RULE_CLIDR:
		return set_clidr(v, val);
	case ABI_RULE_PMSET:
		v->value[pm_store(reg)] |= val & counter_mask(v->vm);
		return 0;
	case ABI_RULE_PMCLR:
		v->value[pm_store(reg)] &= ~(val & counter_mask(v->vm));
		return 0;
	case ABI_RULE_PMCR:
		set_pmcr(v, val);
		return 0;
	case ABI_RULE_RAZWI:
		return 0;
	default:
		if (row->class == ABI_CLASS_id)
			return abi_set_id(v, reg, val);
	}
	v->value[reg] = val;
	return 0;
}

/* --- reset -------------------------------------------------------------------------------------------- */

static uint64_t mpidr(uint32_t number)
{
	return (number & 15) | (uint64_t)(number >> 4 & 0xff) << 8 | (uint64_t)(number >> 12 & 0xff) << 16 |
	       UINT64_C(1) << 31;
}

static uint64_t reset_value(const struct abi_vcpu *v, enum abi_reg reg)
{
	const struct abi_reg_row *r = abi_reg_row(reg);

	switch ((enum abi_rule)r->rule) {
	case ABI_RULE_PSTATE:
		return abi_has_feature(v, UAPI_FEATURE(EL1_32BIT)) ? 0x1d3 : r->reset;
	case ABI_RULE_MPIDR:
		return mpidr(v->number);
	case ABI_RULE_PMCR:
		return abi_host_has(&v->vm->host, ABI_HAS_AARCH32) ? 0 : 0x40;
	case ABI_RULE_PMSET:
		return ABI_UNKNOWN & counter_mask(v->vm);
	case ABI_RULE_PMEVTYPER:
		return ABI_UNKNOWN & evtyper_mask(v->vm);
	default:
		return r->reset & r->mask;
	}
}

/* Features first: what the limits of the ID registers and the PMU masks look at. */
static void reset_features(struct abi_vcpu *v)
{
	if (v->finalized) {
		memset(v->sve, 0, 32 * 256 + 17 * 32);
	} else if (abi_has_feature(v, UAPI_FEATURE(SVE))) {
		v->has_sve = true;
		v->max_vq = 16;
		while ((v->vm->host.vqs >> (v->max_vq - 1) & 1) == 0)
			v->max_vq--;
	}
	v->has_pauth = abi_has_feature(v, UAPI_FEATURE(PTRAUTH_ADDRESS));
}

static void reset_ids(struct abi_vcpu *v)
{
	for (unsigned i = 0; i < ABI_REG_COUNT; i++)
		if (abi_reg_row((enum abi_reg)i)->class == ABI_CLASS_id && !v->vm->ids_set)
			v->vm->id[i] = abi_id_limit(v, (enum abi_reg)i);
	v->vm->ids_set = true;
}

void abi_reset(struct abi_vcpu *v)
{
	reset_features(v);
	memset(v->v, 0, sizeof(v->v));
	reset_ids(v);
	if (!v->initialized)
		v->value[ABI_R_CLIDR_EL1] = reset_clidr(v);
	for (unsigned i = 0; i < ABI_REG_COUNT; i++) {
		enum abi_rule rule = (enum abi_rule)abi_reg_row((enum abi_reg)i)->rule;

		if (rule != ABI_RULE_KEEP && rule != ABI_RULE_CLIDR)
			v->value[i] = reset_value(v, (enum abi_reg)i);
	}
}
