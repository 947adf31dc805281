/* SPDX-License-Identifier: Apache-2.0 */
/* KVM_GET_ONE_REG and KVM_SET_ONE_REG: id to row, row's rule to value or errno, in the kernel's order of checks. */
#include <errno.h>
#include <string.h>

#include "models/hyp/abi/abi_impl.h"

#define MODE_MASK     UINT64_C(0x1f)
#define MODE32        UINT64_C(0x10)

/* --- core and SVE ------------------------------------------------------------------------------------- */

static int check_mode(const struct abi_vcpu *v, uint64_t pstate)
{
	bool el1_32 = abi_has_feature(v, UAPI_FEATURE(EL1_32BIT));

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

static int demux(struct abi_vcpu *v, const struct uapi_one_reg *r, bool set)
{
	unsigned csselr = (unsigned)(r->id & 0xff);
	uint32_t val;

	if ((r->id & (UAPI_SCOPE_NYBBLE | UINT64_C(0xfffff0000000))) != 0 || (r->id & 0xff00) != 0 ||
	    UAPI_REG_BYTES(r->id) != 4 || csselr >= UAPI_DEMUX_VALUES)
		return -ENOENT;
	if (!abi_visible(v, (enum abi_reg)(ABI_R_CCSIDR0 + csselr)))
		return -ENOENT;
	if (!set) {
		val = abi_get_ccsidr(v, csselr);
		return abi_user_write(v->vm, r->addr, &val, sizeof(val)) != 0 ? -EFAULT : 0;
	}
	if (abi_user_read(v->vm, r->addr, &val, sizeof(val)) != 0)
		return -EFAULT;
	return abi_set_ccsidr(v, csselr, val);
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
		val = abi_get_sys(v, reg);
		return abi_user_write(v->vm, r->addr, &val, sizeof(val)) != 0 ? -EFAULT : 0;
	}
	if (abi_user_read(v->vm, r->addr, &val, sizeof(val)) != 0)
		return -EFAULT;
	return reg == ABI_REG_COUNT ? -ENOENT : abi_set_sys(v, reg, val);
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
		return set ? abi_set_fw(v, &r) : abi_get_fw(v, &r);
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
