/* SPDX-License-Identifier: Apache-2.0 */
/* A vCPU's core as KVM sets it up: features, identification, traps. */
#include <string.h>

#include "models/vm/vm.h"

/* HCR_EL2 of a vCPU: HCR_GUEST_FLAGS and vcpu_reset_hcr of Linux (asm/kvm_arm.h, asm/kvm_emulate.h); bits: Arm ARM D24.2. */
#define HCR_VM    ((uint64_t)1 << 0)
#define HCR_SWIO  ((uint64_t)1 << 1)
#define HCR_PTW   ((uint64_t)1 << 2)
#define HCR_FMO   ((uint64_t)1 << 3)
#define HCR_IMO   ((uint64_t)1 << 4)
#define HCR_AMO   ((uint64_t)1 << 5)
#define HCR_TWI   ((uint64_t)1 << 13)
#define HCR_TWE   ((uint64_t)1 << 14)
#define HCR_TID2  ((uint64_t)1 << 17)
#define HCR_TID3  ((uint64_t)1 << 18)
#define HCR_TSC   ((uint64_t)1 << 19)
#define HCR_TIDCP ((uint64_t)1 << 20)
#define HCR_TACR  ((uint64_t)1 << 21)
#define HCR_TSW   ((uint64_t)1 << 22)
#define HCR_TVM   ((uint64_t)1 << 26)
#define HCR_RW    ((uint64_t)1 << 31)
#define HCR_TERR  ((uint64_t)1 << 36)
#define HCR_TID4  ((uint64_t)1 << 49)
#define HCR_API   ((uint64_t)3 << 40) /* and APK */

/* MDCR_EL2 of a vCPU, whose PMU is emulated: TDRA, TDOSA, TDA, TPM, TPMCR. */
#define MDCR_GUEST ((uint64_t)1 << 11 | (uint64_t)1 << 10 | (uint64_t)1 << 9 | (uint64_t)1 << 6 | (uint64_t)1 << 5)

static uint64_t vm_feats(const struct vm_config *c)
{
	const struct machine *m = c->machine;
	uint64_t feats = 0;

#define VM_FEAT(feat, machine) feats |= machine_has(m, FEAT_##machine) ? (uint64_t)1 << A64_FEAT_##feat : 0;
#include "models/vm/vm_ids.def"
	if (!c->pauth)
		feats &= ~((uint64_t)1 << A64_FEAT_PAUTH);
	return feats;
}

static void reset(struct a64 *core)
{
#define VM_RESET(name, value) core->reg[A64_R_##name] = value;
#include "models/vm/vm_ids.def"
}

static void identify(struct a64 *core, const struct machine *m, bool pmu)
{
	static const struct {
		enum a64_reg reg;
		unsigned bit;
		uint64_t value;
		enum a64_feat feat;
	} ids[] = {
#define VM_ID(reg, bit, value, feat) {A64_R_##reg, bit, value, A64_FEAT_##feat},
#include "models/vm/vm_ids.def"
	};
	static const struct {
		const char *name;
		uint64_t value;
	} midrs[] = {
#define VM_MIDR(name, value) {name, value},
#include "models/vm/vm_ids.def"
	};
	const size_t n_ids = sizeof(ids) / sizeof(ids[0]), n_midrs = sizeof(midrs) / sizeof(midrs[0]);

	core->reg[A64_R_ID_AA64PFR0_EL1] = 0;
	for (size_t i = 0; i < n_ids; i++) {
		if (ids[i].feat != A64_FEAT_NONE && !A64_HAS(core->feats, ids[i].feat))
			continue;
		core->reg[ids[i].reg] &= ~((uint64_t)0xf << ids[i].bit);
		core->reg[ids[i].reg] |= ids[i].value << ids[i].bit;
	}
	/* DebugVer, breakpoints, watchpoints. */
	core->reg[A64_R_ID_AA64DFR0_EL1] = 6 | (uint64_t)(m->breakpoints > 0 ? m->breakpoints - 1 : 0) << 12 |
					   (uint64_t)(m->watchpoints > 0 ? m->watchpoints - 1 : 0) << 20 |
					   (uint64_t)pmu << 8; /* PMUVer: PMUv3, whatever the core has: no events of stalls */
	for (size_t i = 0; i < n_midrs; i++)
		if (strcmp(midrs[i].name, m->name) == 0)
			core->reg[A64_R_MIDR_EL1] = midrs[i].value;
}

void vm_core_init(struct vm_cpu *c)
{
	const struct machine *m = c->vm->config.machine;
	struct a64_bus bus = vm_bus;

	bus.owner = c;
	c->core = a64_new(&bus, vm_feats(&c->vm->config), 1, 1);
	c->core->has_el3 = true;
	reset(c->core);
	identify(c->core, m, c->vm->config.pmu);
	c->core->reg[A64_R_MPIDR_EL1] = gic_mpidr(c->id);
	c->core->reg[A64_R_HCR_EL2] = HCR_VM | HCR_SWIO | HCR_PTW | HCR_FMO | HCR_IMO | HCR_AMO | HCR_TWI | HCR_TID3 | HCR_TSC |
				      HCR_TIDCP | HCR_TACR | HCR_TSW | HCR_RW | (machine_has(m, FEAT_FWB) ? 0 : HCR_TVM) |
				      (machine_has(m, FEAT_RAS) ? HCR_TERR : 0) | (c->vm->config.pauth && !c->vm->config.pauth_lazy ? HCR_API : 0) |
				      (!c->vm->config.cache_ids ? 0 : machine_has(m, FEAT_EVT) ? HCR_TID4 : HCR_TID2);
	c->core->reg[A64_R_MDCR_EL2] = MDCR_GUEST;
	c->core->reg[A64_R_CNTHCTL_EL2] = 3; /* EL1PCTEN, EL1PCEN: who traps the physical timer is vm_config */
	a64_use_machine(c->core, m);
}
