/* SPDX-License-Identifier: Apache-2.0 */
/* KVM_GET_ONE_REG and KVM_SET_ONE_REG: id to row, row's rule to value or errno, in the kernel's order of checks. */
#include <errno.h>
#include <string.h>

#include "models/hyp/abi.h"

#define NIBBLE(shift) (UINT64_C(15) << (shift))
#define MODE_MASK     UINT64_C(0x1f)
#define MODE32        UINT64_C(0x10)

static bool has_feature(const struct abi_vcpu *v, uint32_t bit)
{
	return (v->vm->features & bit) != 0;
}

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
	uint64_t id = v->vm->host.id[reg];

	if (is_raz(v, reg))
		return 0;
	switch ((unsigned)reg) {
	case ABI_R_ID_AA64PFR0_EL1:
		return v->has_sve ? id : id & ~NIBBLE(32);
	case ABI_R_ID_AA64PFR1_EL1:
		return v->vm->mte ? id : id & ~NIBBLE(8);
	case ABI_R_ID_AA64DFR0_EL1:
		return has_feature(v, UAPI_FEATURE(PMU_V3)) ? id : id & ~NIBBLE(8);
	case ABI_R_ID_DFR0_EL1:
		return has_feature(v, UAPI_FEATURE(PMU_V3)) ? id : id & ~NIBBLE(24);
	case ABI_R_ID_AA64ISAR1_EL1:
		return v->has_pauth ? id : id & ~(NIBBLE(4) | NIBBLE(8) | NIBBLE(24) | NIBBLE(28));
	case ABI_R_ID_AA64ISAR2_EL1:
		return v->has_pauth ? id : id & ~(NIBBLE(8) | NIBBLE(12));
	default:
		return id;
	}
}

static unsigned nibble(uint64_t v, unsigned shift)
{
	return (unsigned)(v >> shift & 15);
}

/* What a register does to the value before the common check; 0 or -EINVAL. */
static int id_special(const struct abi_vcpu *v, enum abi_rule rule, uint64_t *val)
{
	switch (rule) {
	case ABI_RULE_IDPFR0:
		if (nibble(*val, 40) == v->vm->host.mpam)
			*val &= ~NIBBLE(40);
		return 0;
	case ABI_RULE_IDPFR1:
		if (nibble(*val, 16) == v->vm->host.mpam)
			*val &= ~NIBBLE(16);
		return 0;
	case ABI_RULE_IDADFR0:
		if (nibble(*val, 8) == 15)
			*val &= ~NIBBLE(8);
		return nibble(*val, 0) < 6 ? -EINVAL : 0;
	case ABI_RULE_IDDFR0:
		if (nibble(*val, 24) == 15)
			*val &= ~NIBBLE(24);
		if (nibble(*val, 24) == 1 || nibble(*val, 24) == 2)
			return -EINVAL;
		return nibble(*val, 0) < 6 ? -EINVAL : 0;
	default:
		return 0;
	}
}

static int set_id(struct abi_vcpu *v, enum abi_reg reg, uint64_t val)
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

static uint64_t get_id(struct abi_vcpu *v, enum abi_reg reg)
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
	bool wants_02 = has_feature(v, UAPI_FEATURE(PSCI_0_2));

	if (val != PSCI_0_1 && val != PSCI_0_2 && val != PSCI_1_0 && val != PSCI_1_1)
		return -EINVAL;
	if ((val == PSCI_0_1) == wants_02)
		return -EINVAL;
	v->vm->id[ABI_R_PSCI_VERSION] = val;
	return 0;
}

static uint64_t get_psci(const struct abi_vcpu *v)
{
	if (!has_feature(v, UAPI_FEATURE(PSCI_0_2)))
		return PSCI_0_1;
	return v->vm->id[ABI_R_PSCI_VERSION] != 0 ? v->vm->id[ABI_R_PSCI_VERSION] : PSCI_1_1;
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
	return ((csselr & 1) != 0 ? nibble(h->id[ABI_R_CTR_EL0], 0) : nibble(h->id[ABI_R_CTR_EL0], 16)) + 2 - 4;
}

static uint32_t get_ccsidr(const struct abi_vcpu *v, unsigned csselr)
{
	return v->own_ccsidr ? v->ccsidr[csselr] : (uint32_t)min_line(&v->vm->host, csselr) & 7;
}

static int set_ccsidr(struct abi_vcpu *v, unsigned csselr, uint32_t val)
{
	if ((int)(val & 7) < (int)min_line(&v->vm->host, csselr))
		return -EINVAL;
	if (!v->own_ccsidr) {
		if (val == get_ccsidr(v, csselr))
			return 0;
		for (unsigned i = 0; i < UAPI_DEMUX_VALUES; i++)
			v->ccsidr[i] = get_ccsidr(v, i);
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

/* --- core and SVE ------------------------------------------------------------------------------------- */

static int check_mode(const struct abi_vcpu *v, uint64_t pstate)
{
	bool el1_32 = has_feature(v, UAPI_FEATURE(EL1_32BIT));

	switch (pstate & MODE_MASK) {
	case 0x10: /* AArch32 User */
		return abi_host_has(&v->vm->host, ABI_HAS_AARCH32) ? 0 : -EINVAL;
	case 0x11:
	case 0x12:
	case 0x13:
	case 0x17:
	case 0x1b:
	case 0x1f:
		return el1_32 ? 0 : -EINVAL;
	case 0x0: /* EL0t, EL1t, EL1h */
	case 0x4:
	case 0x5:
		return el1_32 ? -EINVAL : 0;
	default: /* EL2: no nested virtualization */
		return -EINVAL;
	}
}

/* After any write of a core register while PSTATE says AArch32. */
static void narrow(struct abi_vcpu *v)
{
	uint64_t mode = v->value[ABI_R_PSTATE] & MODE_MASK;
	unsigned n = mode == 0x10 || mode == 0x1f ? 15 : 31;

	if ((mode & MODE32) == 0)
		return;
	for (unsigned i = 0; i < n; i++)
		v->value[ABI_R_X0 + i] &= 0xffffffff;
	v->value[ABI_R_PC] &= 0xffffffff;
}

static uint64_t vq_mask(unsigned vq)
{
	return (UINT64_C(1) << vq) - 1;
}

static int set_vls(struct abi_vcpu *v, uint64_t addr)
{
	uint64_t vqs[8];
	unsigned max = 0;

	if (v->finalized)
		return -EPERM;
	if (abi_user_read(v->vm, addr, vqs, sizeof(vqs)) != 0)
		return -EFAULT;
	for (unsigned i = 0; i < 512; i++)
		if ((vqs[i / 64] >> i % 64 & 1) != 0)
			max = i + 1;
	if (max > 16 || max == 0 || (vqs[0] & vq_mask(max)) != (v->vm->host.vqs & vq_mask(max)))
		return -EINVAL;
	v->max_vq = (uint8_t)max;
	return 0;
}

static int get_vls(struct abi_vcpu *v, uint64_t addr)
{
	uint64_t vqs[8] = { v->vm->host.vqs & vq_mask(v->max_vq) };

	return abi_user_write(v->vm, addr, vqs, sizeof(vqs)) != 0 ? -EFAULT : 0;
}

static uint8_t *sve_data(struct abi_vcpu *v, enum abi_reg reg, size_t *kernel)
{
	if (reg <= ABI_R_Z31) {
		*kernel = (size_t)v->max_vq * 16;
		return v->sve + (size_t)(reg - ABI_R_Z0) * 256;
	}
	*kernel = (size_t)v->max_vq * 2;
	return v->sve + 32 * 256 + (size_t)(reg - ABI_R_P0) * 32;
}

/* Bytes beyond the vCPU's vector length are ignored when written and zero when read. */
static int sve_copy(struct abi_vcpu *v, enum abi_reg reg, uint64_t addr, bool set)
{
	size_t n = UAPI_REG_BYTES(abi_reg_row(reg)->id), kernel;
	uint8_t *data, buf[256] = { 0 };

	if (!v->finalized)
		return -EPERM;
	data = sve_data(v, reg, &kernel);
	if (set)
		return abi_user_read(v->vm, addr, data, kernel) != 0 ? -EFAULT : 0;
	memcpy(buf, data, kernel);
	return abi_user_write(v->vm, addr, buf, n) != 0 ? -EFAULT : 0;
}

/* --- by class ----------------------------------------------------------------------------------------- */

/* Which core register an id means: the row, or -ENOENT, -EINVAL. */
static int find_core(const struct abi_vcpu *v, uint64_t id, enum abi_reg *reg)
{
	uint64_t off = id & ~(UAPI_REG_ARCH_MASK | UAPI_REG_SIZE_MASK | (uint64_t)UAPI_CORE << 16);
	uint64_t words = sizeof(struct uapi_regs) / 4;

	if (off >= words || off + UAPI_REG_BYTES(id) / 4 >= words)
		return -ENOENT;
	*reg = abi_reg_by_id(id);
	if (*reg == ABI_REG_COUNT || !abi_visible(v, *reg))
		return -EINVAL;
	return 0;
}

static int core_copy(struct abi_vcpu *v, const struct uapi_one_reg *r, bool set)
{
	size_t n = UAPI_REG_BYTES(r->id);
	enum abi_reg reg;
	int rc = find_core(v, r->id, &reg);
	uint64_t val = 0;
	uint8_t vec[16], *at;

	if (rc != 0)
		return rc;
	at = n == 16 ? v->v[reg - ABI_R_V0] : (uint8_t *)&v->value[reg];
	if (!set)
		return abi_user_write(v->vm, r->addr, at, n) != 0 ? -EFAULT : 0;
	if (abi_user_read(v->vm, r->addr, vec, n) != 0)
		return -EFAULT;
	memcpy(&val, vec, n < 8 ? n : 8);
	if (reg == ABI_R_PSTATE && check_mode(v, val) != 0)
		return -EINVAL;
	memcpy(at, vec, n);
	narrow(v);
	return 0;
}

static int sve_reg(struct abi_vcpu *v, const struct uapi_one_reg *r, bool set)
{
	uint64_t id = r->id, z = abi_reg_row(ABI_R_Z0)->id, p = abi_reg_row(ABI_R_P0)->id;
	enum abi_reg reg;

	if (id == abi_reg_row(ABI_R_SVE_VLS)->id) {
		if (!v->has_sve)
			return -ENOENT;
		return set ? set_vls(v, r->addr) : get_vls(v, r->addr);
	}
	if (!(id >= z && id <= z + 0x3ff) && !(id >= p && id <= p + 0x21f))
		return -EINVAL;
	if (!v->has_sve || (id & 31) != 0) /* slices beyond the first */
		return -ENOENT;
	reg = abi_reg_by_id(id);
	return sve_copy(v, reg, r->addr, set);
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

static int get_fw(struct abi_vcpu *v, const struct uapi_one_reg *r)
{
	enum abi_reg reg = abi_reg_by_id(r->id);
	uint64_t val;

	if (reg == ABI_REG_COUNT)
		return -ENOENT;
	val = get_fw_value(v, reg);
	return abi_user_write(v->vm, r->addr, &val, sizeof(val)) != 0 ? -EFAULT : 0;
}

static int set_fw(struct abi_vcpu *v, const struct uapi_one_reg *r)
{
	enum abi_reg reg = abi_reg_by_id(r->id);
	uint64_t val;

	if (UAPI_REG_BYTES(r->id) != sizeof(val))
		return -ENOENT;
	if (abi_user_read(v->vm, r->addr, &val, sizeof(val)) != 0)
		return -EFAULT;
	if (reg == ABI_REG_COUNT)
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

static int demux(struct abi_vcpu *v, const struct uapi_one_reg *r, bool set)
{
	unsigned csselr = (unsigned)(r->id & 0xff);
	uint32_t val;

	if ((r->id & (UAPI_SCOPE_NYBBLE | UINT64_C(0xfffff0000000))) != 0 || (r->id & 0xff00) != 0 ||
	    UAPI_REG_BYTES(r->id) != 4 || csselr >= UAPI_DEMUX_VALUES)
		return -ENOENT;
	if (!set) {
		val = get_ccsidr(v, csselr);
		return abi_user_write(v->vm, r->addr, &val, sizeof(val)) != 0 ? -EFAULT : 0;
	}
	if (abi_user_read(v->vm, r->addr, &val, sizeof(val)) != 0)
		return -EFAULT;
	return set_ccsidr(v, csselr, val);
}

static uint64_t get_sys_value(struct abi_vcpu *v, enum abi_reg reg)
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
		return abi_reg_row(reg)->class == ABI_CLASS_id ? get_id(v, reg) : v->value[reg];
	}
}

static int set_sys_value(struct abi_vcpu *v, enum abi_reg reg, uint64_t val)
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
			return set_id(v, reg, val);
	}
	v->value[reg] = val;
	return 0;
}

/* An id that no coprocessor claims reaches the invariant registers by its low 16 bits alone. */
static enum abi_reg find_invariant(uint64_t id)
{
	if ((id & UAPI_REG_SIZE_MASK) != (uint64_t)UAPI_U64 << UAPI_REG_SIZE_SHIFT || (id & UAPI_SCOPE_BIT * 15) != 0)
		return ABI_REG_COUNT;
	for (unsigned i = ABI_R_MIDR_EL1; i <= ABI_R_AIDR_EL1; i++)
		if ((abi_reg_row((enum abi_reg)i)->id & 0xffff) == (id & 0xffff))
			return (enum abi_reg)i;
	return ABI_REG_COUNT;
}

static int sys_reg(struct abi_vcpu *v, const struct uapi_one_reg *r, bool set)
{
	enum abi_reg reg = find_invariant(r->id);
	uint64_t val;

	if (reg == ABI_REG_COUNT)
		reg = abi_reg_by_id(r->id);
	if (reg != ABI_REG_COUNT && !abi_visible(v, reg))
		reg = ABI_REG_COUNT;
	if (!set) {
		if (reg == ABI_REG_COUNT)
			return -ENOENT;
		val = get_sys_value(v, reg);
		return abi_user_write(v->vm, r->addr, &val, sizeof(val)) != 0 ? -EFAULT : 0;
	}
	if (abi_user_read(v->vm, r->addr, &val, sizeof(val)) != 0)
		return -EFAULT;
	return reg == ABI_REG_COUNT ? -ENOENT : set_sys_value(v, reg, val);
}

/*
 * Take the scope off an id, as the VM's variant does with its capability on. v4 strips the bit from any id;
 * the nybble must be 0 or the register's own. 0 or -ENOENT.
 */
static int strip_scope(const struct abi_vm *vm, uint64_t *id)
{
	uint64_t scope = (*id & UAPI_SCOPE_NYBBLE) >> UAPI_SCOPE_SHIFT;
	enum abi_reg reg;

	if (!vm->scoped)
		return 0;
	if (vm->host.scope == ABI_SCOPE_V4 || vm->host.scope == ABI_SCOPE_V4_PSCI) {
		*id &= ~UAPI_SCOPE_BIT;
		return 0;
	}
	if (scope == UAPI_SCOPE_VCPU)
		return 0;
	reg = abi_reg_by_id(*id & ~UAPI_SCOPE_NYBBLE);
	if (reg == ABI_REG_COUNT || scope != abi_told_scope(vm, reg))
		return -ENOENT;
	*id &= ~UAPI_SCOPE_NYBBLE;
	return 0;
}

static long access_reg(struct abi_vcpu *v, const struct uapi_one_reg *asked, bool set)
{
	struct uapi_one_reg r = *asked;
	int rc = strip_scope(v->vm, &r.id);

	if (rc != 0)
		return rc;
	if ((r.id & ~UAPI_REG_SIZE_MASK) >> 32 != UAPI_REG_ARM64 >> 32)
		return -EINVAL;
	switch ((r.id & UAPI_REG_COPROC_MASK) >> 16) {
	case UAPI_CORE:
		return core_copy(v, &r, set);
	case UAPI_FW:
	case UAPI_BMAP:
		return set ? set_fw(v, &r) : get_fw(v, &r);
	case UAPI_SVE:
		return sve_reg(v, &r, set);
	case UAPI_DEMUX:
		return demux(v, &r, set);
	default:
		return sys_reg(v, &r, set);
	}
}

long abi_get_reg(struct abi_vcpu *v, const struct uapi_one_reg *reg)
{
	return access_reg(v, reg, false);
}

long abi_set_reg(struct abi_vcpu *v, const struct uapi_one_reg *reg)
{
	return access_reg(v, reg, true);
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
		return has_feature(v, UAPI_FEATURE(EL1_32BIT)) ? 0x1d3 : r->reset;
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
	} else if (has_feature(v, UAPI_FEATURE(SVE))) {
		v->has_sve = true;
		v->max_vq = 16;
		while ((v->vm->host.vqs >> (v->max_vq - 1) & 1) == 0)
			v->max_vq--;
	}
	v->has_pauth = has_feature(v, UAPI_FEATURE(PTRAUTH_ADDRESS));
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
