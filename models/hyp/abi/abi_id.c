/* SPDX-License-Identifier: Apache-2.0 */
/* ID registers and firmware registers: the values that the vCPUs of a VM share. */
#include <errno.h>

#include "models/hyp/abi/abi_impl.h"

#define NIBBLE(shift) (UINT64_C(15) << (shift))

/* --- ID registers ------------------------------------------------------------------------------------- */

static bool is_raz(const struct abi_vcpu *v, enum abi_reg reg)
{
	switch ((enum abi_rule)abi_reg_row(reg)->rule) {
	case ABI_RULE_IDRAZ:
		return true;
	case ABI_RULE_IDZFR0:
		return !v->has_sve;
	case ABI_RULE_ID32:
	case ABI_RULE_IDDFR0:
		return !abi_host_has(&v->vm->host, ABI_HAS_AARCH32);
	default:
		return false;
	}
}

uint64_t abi_id_limit(const struct abi_vcpu *v, enum abi_reg reg)
{
	const struct {
		enum abi_guard guard;
		bool has;
	} feature[] = {
		{ ABI_GUARD_SVE, v->has_sve },
		{ ABI_GUARD_MTE, v->vm->mte },
		{ ABI_GUARD_PMU, abi_has_feature(v, UAPI_FEATURE(PMU_V3)) },
		{ ABI_GUARD_PAUTH, v->has_pauth },
	};
	uint16_t kernel = v->vm->host.kernel;
	uint64_t id = abi_kernel_shows(kernel, reg, v->vm->host.id[reg]);

	if (is_raz(v, reg))
		return 0;
	for (size_t i = 0; i < sizeof(feature) / sizeof(feature[0]); i++)
		if (!feature[i].has)
			id &= ~abi_kernel_needs(kernel, reg, feature[i].guard);
	return id;
}

/* What a register does to the value before the common check; 0 or -EINVAL. */
static int id_special(const struct abi_vcpu *v, enum abi_rule rule, uint64_t *val)
{
	switch (rule) {
	case ABI_RULE_IDPFR0:
		if (abi_nibble(*val, 40) == v->vm->host.mpam)
			*val &= ~NIBBLE(40);
		return 0;
	case ABI_RULE_IDPFR1:
		if (abi_nibble(*val, 16) == v->vm->host.mpam)
			*val &= ~NIBBLE(16);
		return 0;
	case ABI_RULE_IDADFR0:
		if (abi_nibble(*val, 8) == 15)
			*val &= ~NIBBLE(8);
		return abi_nibble(*val, 0) < 6 ? -EINVAL : 0;
	case ABI_RULE_IDDFR0:
		if (abi_nibble(*val, 24) == 15)
			*val &= ~NIBBLE(24);
		if (abi_nibble(*val, 24) == 1 || abi_nibble(*val, 24) == 2)
			return -EINVAL;
		return abi_nibble(*val, 0) < 6 ? -EINVAL : 0;
	default:
		return 0;
	}
}

int abi_set_id(struct abi_vcpu *v, enum abi_reg reg, uint64_t val)
{
	enum abi_rule rule = (enum abi_rule)abi_reg_row(reg)->rule;
	bool aa32 = rule == ABI_RULE_ID32 || rule == ABI_RULE_IDDFR0, safe;
	struct abi_vm *vm = v->vm;

	if (aa32 && !abi_host_has(&vm->host, ABI_HAS_AARCH32))
		return 0; /* ignored */
	if (id_special(v, rule, &val) != 0)
		return -EINVAL;
	abi_take(vm, ABI_LOCK_CONFIG);
	if (vm->ran)
		return val == vm->id[reg] ? 0 : -EBUSY;
	safe = is_raz(v, reg) ? val == 0 : abi_id_safe(reg, val, abi_id_limit(v, reg));
	if (!safe)
		return -EINVAL;
	vm->id[reg] = val;
	return 0;
}

uint64_t abi_get_id(struct abi_vcpu *v, enum abi_reg reg)
{
	if (!v->vm->ran)
		abi_take(v->vm, ABI_LOCK_CONFIG);
	return v->vm->id[reg];
}

/* --- firmware ----------------------------------------------------------------------------------------- */

#define PSCI_0_1    UINT64_C(0x00001)
#define PSCI_0_2    UINT64_C(0x00002)
#define PSCI_1_0    UINT64_C(0x10000)
#define PSCI_1_1    UINT64_C(0x10001)
#define WA2_ENABLED UINT64_C(0x10)

static unsigned wa_level(const struct abi_vcpu *v, enum abi_reg reg)
{
	static const uint8_t level[] = { 2, 1, 0 }; /* not required, available, not available; by enum abi_spectre */
	const struct abi_host *h = &v->vm->host;

	switch ((unsigned)reg) {
	case ABI_R_ARCH_WORKAROUND_1:
		return level[h->spectre_v2];
	case ABI_R_ARCH_WORKAROUND_3:
		return level[h->spectre_bhb];
	default: /* workaround 2: none is offered to a guest that has SSBS */
		if (h->spectre_v4 == ABI_SPECTRE_VULNERABLE)
			return 0;
		if (h->spectre_v4 == ABI_SPECTRE_MITIGATED && abi_vm_field(v->vm, ABI_R_ID_AA64PFR1_EL1, 4) != 0)
			return 0;
		return 3;
	}
}

static int set_wa2(const struct abi_vcpu *v, uint64_t val)
{
	unsigned level = (unsigned)(val & 15);

	if ((val & ~(UINT64_C(15) | WA2_ENABLED)) != 0)
		return -EINVAL;
	if ((val & WA2_ENABLED) != 0 && level != 2)
		return -EINVAL;
	if (level > 3)
		return -EINVAL;
	return wa_level(v, ABI_R_ARCH_WORKAROUND_2) < (level < 2 ? 0u : 3u) ? -EINVAL : 0;
}

static int set_psci(struct abi_vcpu *v, uint64_t val)
{
	bool wants_02 = abi_has_feature(v, UAPI_FEATURE(PSCI_0_2));

	if (val != PSCI_0_1 && val != PSCI_0_2 && val != PSCI_1_0 && val != PSCI_1_1)
		return -EINVAL;
	if ((val == PSCI_0_1) == wants_02)
		return -EINVAL;
	v->vm->id[ABI_R_PSCI_VERSION] = val;
	return 0;
}

static uint64_t get_psci(const struct abi_vcpu *v)
{
	if (!abi_has_feature(v, UAPI_FEATURE(PSCI_0_2)))
		return PSCI_0_1;
	return v->vm->id[ABI_R_PSCI_VERSION] != 0 ? v->vm->id[ABI_R_PSCI_VERSION] :
						    abi_kernel_reset(v->vm->host.kernel, ABI_R_PSCI_VERSION);
}

static int set_bmap(struct abi_vcpu *v, enum abi_reg reg, uint64_t val)
{
	if ((val & ~abi_reg_row(reg)->mask) != 0)
		return -EINVAL;
	abi_take(v->vm, ABI_LOCK_CONFIG);
	if (v->vm->ran && val != v->vm->id[reg])
		return -EBUSY;
	v->vm->id[reg] = val;
	return 0;
}

static uint64_t get_fw_value(const struct abi_vcpu *v, enum abi_reg reg)
{
	switch ((enum abi_rule)abi_reg_row(reg)->rule) {
	case ABI_RULE_PSCI:
		return get_psci(v);
	case ABI_RULE_BMAP:
		return v->vm->id[reg];
	default:
		return wa_level(v, reg) & 15;
	}
}

int abi_get_fw(struct abi_vcpu *v, const struct uapi_one_reg *r)
{
	enum abi_reg reg = abi_reg_by_id(r->id);
	uint64_t val;

	if (reg == ABI_REG_COUNT || !abi_visible(v, reg))
		return -ENOENT;
	val = get_fw_value(v, reg);
	return abi_user_write(v->vm, r->addr, &val, sizeof(val)) != 0 ? -EFAULT : 0;
}

int abi_set_fw(struct abi_vcpu *v, const struct uapi_one_reg *r)
{
	enum abi_reg reg = abi_reg_by_id(r->id);
	uint64_t val;

	if (UAPI_REG_BYTES(r->id) != sizeof(val))
		return -ENOENT;
	if (abi_user_read(v->vm, r->addr, &val, sizeof(val)) != 0)
		return -EFAULT;
	if (reg == ABI_REG_COUNT || !abi_visible(v, reg))
		return -ENOENT;
	switch ((enum abi_rule)abi_reg_row(reg)->rule) {
	case ABI_RULE_PSCI:
		return set_psci(v, val);
	case ABI_RULE_BMAP:
		return set_bmap(v, reg, val);
	case ABI_RULE_WA2:
		return set_wa2(v, val);
	default:
		return (val & ~UINT64_C(15)) != 0 || wa_level(v, reg) < val ? -EINVAL : 0;
	}
}
