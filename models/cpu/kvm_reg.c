/* SPDX-License-Identifier: Apache-2.0 */
#include "models/cpu/kvm_reg.h"

#define ARM64  UINT64_C(0x6000000000000000) /* KVM_REG_ARM64 */
#define U32    UINT64_C(0x0020000000000000) /* KVM_REG_SIZE_U32 */
#define U64    UINT64_C(0x0030000000000000)
#define CORE   UINT64_C(0x00100000)         /* KVM_REG_ARM_CORE */
#define SYSREG UINT64_C(0x00130000)         /* KVM_REG_ARM64_SYSREG */

static uint64_t by_encoding(unsigned op0, unsigned op1, unsigned crn, unsigned crm, unsigned op2)
{
	return ARM64 | U64 | SYSREG | (uint64_t)op0 << 14 | (uint64_t)op1 << 11 | (uint64_t)crn << 7 |
	       (uint64_t)crm << 3 | op2;
}

static bool by_rule(const struct sysreg_row *row)
{
	return row->move == MOVE_BOTH && (row->op1 != 4 || row->group == GRP_aarch32);
}

uint64_t kvm_reg_id(enum sysreg reg)
{
	const struct sysreg_row *row = sysreg_row(reg);

	switch (reg) {
#define KVM_CORE(name, index, bits)                                                                 \
	case SR_##name:                                                                             \
		return ARM64 | ((bits) == 32 ? U32 : U64) | CORE | (index);
#include "models/cpu/kvm_reg.def"
#undef KVM_CORE
#define KVM_AS(name, op0, op1, crn, crm, op2)                                                       \
	case SR_##name:                                                                             \
		return by_encoding(op0, op1, crn, crm, op2);
#include "models/cpu/kvm_reg.def"
#undef KVM_AS
#define KVM_ALSO(name) case SR_##name:
#include "models/cpu/kvm_reg.def"
#undef KVM_ALSO
		return by_encoding(row->op0, row->op1, row->crn, row->crm, row->op2);
	default:
		return by_rule(row) ? by_encoding(row->op0, row->op1, row->crn, row->crm, row->op2) : 0;
	}
}
