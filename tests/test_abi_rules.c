/* SPDX-License-Identifier: Apache-2.0 */
/* Which values each register of the ABI takes, and what it makes of them: one test per rule. */
#include "tests/abi_util.h"

#include "models/hyp/abi/abi_mask.h"

/* --- ID registers ------------------------------------------------------------------------------------- */

START_TEST(above_the_limit_is_einval_below_it_is_stored_for_the_vm)
{
	struct abi_vm *vm = new_vm(ABI_HOST_MAX);
	struct abi_vcpu *a = new_vcpu(vm), *b = new_vcpu(vm);
	uint64_t isar0;

	ck_assert_int_eq(init_vcpu(a, F_PSCI), 0);
	ck_assert_int_eq(init_vcpu(b, F_PSCI), 0);
	isar0 = get_u64(a, ID(ID_AA64ISAR0_EL1));
	ck_assert_int_eq(set_u64(a, ID(ID_AA64ISAR0_EL1), isar0 + 0x10), -EINVAL);
	ck_assert_int_eq(set_u64(a, ID(ID_AA64ISAR0_EL1), isar0 - 0x10), 0);
	ck_assert_uint_eq(get_u64(b, ID(ID_AA64ISAR0_EL1)), isar0 - 0x10);
	/* not writable: RAS of PFR0 */
	ck_assert_int_eq(set_u64(a, ID(ID_AA64PFR0_EL1), get_u64(a, ID(ID_AA64PFR0_EL1)) & ~UINT64_C(0xf0000000)),
			 -EINVAL);
	/* a later vCPU's init does not bring the limit back */
	ck_assert_int_eq(init_vcpu(new_vcpu(vm), F_PSCI), 0);
	ck_assert_uint_eq(get_u64(b, ID(ID_AA64ISAR0_EL1)), isar0 - 0x10);
	abi_vm_free(vm);
}
END_TEST

START_TEST(after_the_first_run_the_same_value_is_0_another_ebusy)
{
	struct abi_vm *vm = new_vm(ABI_HOST_MAX);
	struct abi_vcpu *a = new_vcpu(vm), *b = new_vcpu(vm);

	ck_assert_int_eq(init_vcpu(a, F_PSCI), 0);
	ck_assert_int_eq(init_vcpu(b, F_PSCI), 0);
	ck_assert_int_eq(run_vcpu(b), -EINTR); /* of any vCPU */
	for (unsigned i = 0; i < ABI_REG_COUNT; i++) {
		const struct abi_reg_row *r = abi_reg_row((enum abi_reg)i);
		uint64_t val;

		if (r->class != ABI_CLASS_id)
			continue;
		val = get_u64(a, r->id);
		ck_assert_int_eq(set_u64(a, r->id, val), 0);
		/* two registers refuse a value below their minimum before they look at the run */
		ck_assert_int_eq(set_u64(a, r->id, val ^ UINT64_C(1) << 60), -EBUSY);
	}
	ck_assert_int_eq(set_u64(a, ID(CLIDR_EL1), 0x0a200023), 0); /* per vCPU: still open */
	abi_vm_free(vm);
}
END_TEST

START_TEST(raz_id_registers_take_zero_only)
{
	struct abi_vcpu *v = ready(ABI_HOST_MAX, F_PSCI);

	ck_assert_int_eq(set_u64(v, ID(ID_RES_6_3), 0), 0);
	ck_assert_int_eq(set_u64(v, ID(ID_RES_6_3), 1), -EINVAL);
	ck_assert_int_eq(set_u64(v, ID(ID_AFR0_EL1), 1), -EINVAL);
	ck_assert_int_eq(set_u64(v, ID(ID_AA64ZFR0_EL1), 1), -EINVAL); /* no SVE */
	ck_assert_uint_eq(get_u64(v, ID(ID_AA64SMFR0_EL1)), 0);
	ck_assert_int_eq(run_vcpu(v), -EINTR);
	ck_assert_int_eq(set_u64(v, ID(ID_RES_6_3), 0), 0);
	ck_assert_int_eq(set_u64(v, ID(ID_RES_6_3), 1), -EBUSY);
	abi_vm_free(v->vm);
}
END_TEST

START_TEST(without_aarch32_its_id_registers_are_raz_and_ignore_writes)
{
	struct abi_host h;
	struct abi_vcpu *v;
	uint64_t masks[UAPI_MASK_SLOTS];

	abi_host_init(&h, ABI_HOST_N1);
	h.id[ABI_R_ID_AA64PFR0_EL1] = (h.id[ABI_R_ID_AA64PFR0_EL1] & ~UINT64_C(15)) | 1;
	v = new_vcpu(abi_vm_new(&h, NULL));
	ck_assert_int_eq(init_vcpu(v, F_PSCI), 0);
	ck_assert_uint_eq(get_u64(v, ID(ID_ISAR0_EL1)), 0);
	ck_assert_int_eq(set_u64(v, ID(ID_ISAR0_EL1), 0xdead), 0);
	ck_assert_int_eq(set_u64(v, ID(ID_DFR0_EL1), 0xdead), 0);
	ck_assert_uint_eq(get_u64(v, ID(ID_ISAR0_EL1)), 0);
	ck_assert_int_eq(set_u64(v, ID(PSTATE), 0x10), -EINVAL);
	ck_assert_int_eq(run_vcpu(v), -EINTR);
	ck_assert_int_eq(set_u64(v, ID(ID_ISAR0_EL1), 0xdead), 0);
	abi_masks_of(&h, masks);
	ck_assert_uint_eq(masks[UAPI_MASK_SLOT(0, 2, 0)], 0);
	abi_vm_free(v->vm);
}
END_TEST

START_TEST(debugver_below_6_is_einval_and_impdef_pmu_is_stored_as_none)
{
	struct abi_vcpu *v = ready(ABI_HOST_MAX, F_PSCI | F_PMU);
	uint64_t d = get_u64(v, ID(ID_AA64DFR0_EL1));

	ck_assert_int_eq(set_u64(v, ID(ID_AA64DFR0_EL1), (d & ~UINT64_C(15)) | 5), -EINVAL);
	ck_assert_int_eq(set_u64(v, ID(ID_AA64DFR0_EL1), (d & ~UINT64_C(15)) | 6), 0);
	ck_assert_int_eq(set_u64(v, ID(ID_AA64DFR0_EL1), d | 0xf00), 0);
	ck_assert_uint_eq(get_u64(v, ID(ID_AA64DFR0_EL1)), d & ~UINT64_C(0xf00));
	abi_vm_free(v->vm);
}
END_TEST

START_TEST(perfmon_and_copdbg_of_dfr0_have_a_minimum)
{
	struct abi_vcpu *v = ready(ABI_HOST_MAX, F_PSCI | F_PMU);
	uint64_t d = get_u64(v, ID(ID_DFR0_EL1)), rest = d & ~UINT64_C(0x0f000000);

	ck_assert_int_eq(set_u64(v, ID(ID_DFR0_EL1), rest | 1 << 24), -EINVAL);
	ck_assert_int_eq(set_u64(v, ID(ID_DFR0_EL1), rest | 2 << 24), -EINVAL);
	ck_assert_int_eq(set_u64(v, ID(ID_DFR0_EL1), rest | 3 << 24), 0);
	ck_assert_int_eq(set_u64(v, ID(ID_DFR0_EL1), rest | 15 << 24), 0);
	ck_assert_uint_eq(get_u64(v, ID(ID_DFR0_EL1)), rest);
	ck_assert_int_eq(set_u64(v, ID(ID_DFR0_EL1), (d & ~UINT64_C(15)) | 5), -EINVAL);
	abi_vm_free(v->vm);
}
END_TEST

START_TEST(the_hosts_mpam_is_accepted_and_stored_as_0)
{
	struct abi_vcpu *v = ready(ABI_HOST_V89, F_PSCI);
	uint64_t p0 = get_u64(v, ID(ID_AA64PFR0_EL1)), p1 = get_u64(v, ID(ID_AA64PFR1_EL1));

	ck_assert_uint_eq(p0 >> 40 & 15, 0);
	ck_assert_int_eq(set_u64(v, ID(ID_AA64PFR0_EL1), p0 | UINT64_C(1) << 40), 0);
	ck_assert_int_eq(set_u64(v, ID(ID_AA64PFR1_EL1), p1 | UINT64_C(1) << 16), 0);
	ck_assert_uint_eq(get_u64(v, ID(ID_AA64PFR0_EL1)), p0);
	ck_assert_uint_eq(get_u64(v, ID(ID_AA64PFR1_EL1)), p1);
	ck_assert_int_eq(set_u64(v, ID(ID_AA64PFR0_EL1), p0 | UINT64_C(2) << 40), -EINVAL);
	abi_vm_free(v->vm);
}
END_TEST

START_TEST(invariant_registers_take_the_hosts_value_only)
{
	struct abi_vcpu *v = ready(ABI_HOST_N1, F_PSCI);

	for (unsigned i = ABI_R_MIDR_EL1; i <= ABI_R_AIDR_EL1; i++) {
		uint64_t id = abi_reg_row((enum abi_reg)i)->id, val = get_u64(v, id);

		ck_assert_int_eq(set_u64(v, id, val), 0);
		ck_assert_int_eq(set_u64(v, id, val + 1), -EINVAL);
	}
	abi_vm_free(v->vm);
}
END_TEST

START_TEST(without_a_gic_the_first_run_clears_its_id_fields)
{
	struct abi_host h;
	struct abi_vcpu *v;

	abi_host_init(&h, ABI_HOST_MAX);
	h.vgic = false;
	v = new_vcpu(abi_vm_new(&h, NULL));
	ck_assert_int_eq(init_vcpu(v, F_PSCI), 0);
	ck_assert_uint_eq(get_u64(v, ID(ID_AA64PFR0_EL1)) >> 24 & 15, 1);
	ck_assert_int_eq(run_vcpu(v), -EINTR);
	ck_assert_uint_eq(get_u64(v, ID(ID_AA64PFR0_EL1)) >> 24 & 15, 0);
	ck_assert_uint_eq(get_u64(v, ID(ID_PFR1_EL1)) >> 28 & 15, 0);
	abi_vm_free(v->vm);
}
END_TEST

/* --- caches, debug, PMU, timers, firmware ------------------------------------------------------------- */

START_TEST(clidr_and_ccsidr_may_not_promise_less_than_the_host_needs)
{
	struct abi_vcpu *v = ready(ABI_HOST_MAX, F_PSCI);

	ck_assert_int_eq(set_u64(v, ID(CLIDR_EL1), UINT64_C(1) << 47), -EINVAL);
	ck_assert_int_eq(set_u64(v, ID(CLIDR_EL1), 0), 0); /* CTR_EL0.IDC: nothing to clean */
	v->vm->host.id[ABI_R_CTR_EL0] &= ~(UINT64_C(1) << 28);
	ck_assert_int_eq(set_u64(v, ID(CLIDR_EL1), 0x00200000), -EINVAL); /* LoC 0 */
	ck_assert_int_eq(set_u64(v, ID(CLIDR_EL1), 0x01000000), -EINVAL); /* LoUU and LoUIS 0 */
	ck_assert_int_eq(set_u64(v, ID(CLIDR_EL1), 0x0a200023), 0);
	ck_assert_int_eq(set_u64(v, ID(CCSIDR0), 1), -EINVAL);
	ck_assert_int_eq(set_u64(v, ID(CCSIDR0), 0x700fe01a), 0);
	ck_assert_uint_eq(get_u64(v, ID(CCSIDR0)), 0x700fe01a);
	ck_assert_uint_eq(get_u64(v, ID(CCSIDR1)), 2);
	abi_vm_free(v->vm);
}
END_TEST

START_TEST(oslsr_changes_only_its_lock_bit)
{
	struct abi_vcpu *v = ready(ABI_HOST_N1, F_PSCI);

	ck_assert_uint_eq(get_u64(v, ID(OSLSR_EL1)), 8);
	ck_assert_int_eq(set_u64(v, ID(OSLSR_EL1), 10), 0);
	ck_assert_int_eq(set_u64(v, ID(OSLSR_EL1), 9), -EINVAL);
	abi_vm_free(v->vm);
}
END_TEST

START_TEST(pmcr_n_is_of_the_vm_until_it_ran)
{
	struct abi_vm *vm = new_vm(ABI_HOST_N1);
	struct abi_vcpu *a = new_vcpu(vm), *b = new_vcpu(vm);

	ck_assert_int_eq(init_vcpu(a, F_PMU), 0);
	ck_assert_int_eq(init_vcpu(b, F_PMU), 0);
	ck_assert_uint_eq(get_u64(a, ID(PMCR_EL0)), 6 << 11);
	ck_assert_int_eq(set_u64(a, ID(PMCR_EL0), 2 << 11 | 0xff0001), 0);
	ck_assert_uint_eq(get_u64(a, ID(PMCR_EL0)), 2 << 11 | 1);
	ck_assert_uint_eq(get_u64(b, ID(PMCR_EL0)), 2 << 11);
	ck_assert_int_eq(set_u64(a, ID(PMCR_EL0), 7 << 11), 0); /* more than the host has: ignored */
	ck_assert_uint_eq(get_u64(a, ID(PMCR_EL0)), 2 << 11);
	ck_assert_int_eq(run_vcpu(b), -EINTR);
	ck_assert_int_eq(set_u64(a, ID(PMCR_EL0), 1 << 11), 0);
	ck_assert_uint_eq(get_u64(a, ID(PMCR_EL0)), 2 << 11);
	abi_vm_free(vm);
}
END_TEST

START_TEST(pmu_set_and_clear_registers_show_one_set_of_bits)
{
	struct abi_vcpu *v = ready(ABI_HOST_N1, F_PMU);

	ck_assert_int_eq(set_u64(v, ID(PMCNTENCLR_EL0), ~UINT64_C(0)), 0);
	ck_assert_uint_eq(get_u64(v, ID(PMCNTENSET_EL0)), 0);
	ck_assert_int_eq(set_u64(v, ID(PMCNTENSET_EL0), ~UINT64_C(0)), 0);
	ck_assert_uint_eq(get_u64(v, ID(PMCNTENCLR_EL0)), 0x8000003f);
	ck_assert_int_eq(set_u64(v, ID(PMSWINC_EL0), ~UINT64_C(0)), 0);
	ck_assert_uint_eq(get_u64(v, ID(PMSWINC_EL0)), 0);
	ck_assert_int_eq(set_u64(v, ID(PMEVCNTR0_EL0), ~UINT64_C(0)), 0);
	ck_assert_uint_eq(get_u64(v, ID(PMEVCNTR0_EL0)), 0xffffffff); /* PMUv3p4: 32 bits */
	abi_vm_free(v->vm);
}
END_TEST

START_TEST(a_timer_count_sets_the_offset_of_the_vm_unless_the_vm_ioctl_did)
{
	struct abi_vm *vm = new_vm(ABI_HOST_N1);
	struct abi_vcpu *a = new_vcpu(vm), *b;
	struct uapi_counter_offset off = { 1000, 1 };

	vm->now = 5000;
	b = new_vcpu(vm); /* creating a vCPU sets the offsets anew */
	ck_assert_int_eq(init_vcpu(a, 0), 0);
	ck_assert_int_eq(init_vcpu(b, 0), 0);
	ck_assert_uint_eq(get_u64(a, ID(TIMER_CNT)), 0);
	ck_assert_uint_eq(get_u64(a, ID(PTIMER_CNT)), 5000);
	ck_assert_int_eq(set_u64(a, ID(TIMER_CNT), 7), 0);
	ck_assert_uint_eq(get_u64(b, ID(TIMER_CNT)), 7);
	ck_assert_int_eq(set_u64(b, ID(TIMER_CVAL), 8), 0);
	ck_assert_uint_eq(get_u64(b, ID(TIMER_CTL)), 0);
	vm->now++;
	ck_assert_uint_eq(get_u64(b, ID(TIMER_CTL)), 4);
	ck_assert_int_eq(vm_call(vm, UAPI_IOCTL_SET_COUNTER_OFFSET, &off), -EINVAL);
	off.reserved = 0;
	ck_assert_int_eq(vm_call(vm, UAPI_IOCTL_SET_COUNTER_OFFSET, &off), 0);
	ck_assert_int_eq(set_u64(a, ID(TIMER_CNT), 7), 0); /* ignored */
	ck_assert_uint_eq(get_u64(a, ID(TIMER_CNT)), 4001);
	ck_assert_uint_eq(get_u64(a, ID(PTIMER_CNT)), 4001);
	abi_vm_free(vm);
}
END_TEST

START_TEST(psci_versions_fit_the_feature)
{
	struct abi_vcpu *v = ready(ABI_HOST_N1, F_PSCI), *old = ready(ABI_HOST_N1, 0);

	ck_assert_uint_eq(get_u64(v, ID(PSCI_VERSION)), 0x10001);
	ck_assert_uint_eq(get_u64(old, ID(PSCI_VERSION)), 1);
	ck_assert_int_eq(set_u64(v, ID(PSCI_VERSION), 1), -EINVAL);
	ck_assert_int_eq(set_u64(v, ID(PSCI_VERSION), 2), 0);
	ck_assert_int_eq(set_u64(v, ID(PSCI_VERSION), 0x10002), -EINVAL);
	ck_assert_uint_eq(get_u64(v, ID(PSCI_VERSION)), 2);
	ck_assert_int_eq(set_u64(old, ID(PSCI_VERSION), 2), -EINVAL);
	ck_assert_int_eq(set_u64(old, ID(PSCI_VERSION), 1), 0);
	abi_vm_free(v->vm);
	abi_vm_free(old->vm);
}
END_TEST

START_TEST(workaround_levels_may_not_exceed_the_hosts)
{
	struct abi_vcpu *v = ready(ABI_HOST_N1, F_PSCI); /* 1: not required, 2: none because of SSBS, 3: available */
	uint64_t pfr1;

	ck_assert_int_eq(set_u64(v, ID(ARCH_WORKAROUND_1), 2), 0);
	ck_assert_int_eq(set_u64(v, ID(ARCH_WORKAROUND_1), 3), -EINVAL);
	ck_assert_int_eq(set_u64(v, ID(ARCH_WORKAROUND_1), 16), -EINVAL);
	ck_assert_int_eq(set_u64(v, ID(ARCH_WORKAROUND_3), 1), 0);
	ck_assert_int_eq(set_u64(v, ID(ARCH_WORKAROUND_3), 2), -EINVAL);
	ck_assert_int_eq(set_u64(v, ID(ARCH_WORKAROUND_2), 0), 0);
	ck_assert_int_eq(set_u64(v, ID(ARCH_WORKAROUND_2), 1), 0); /* unknown counts as none */
	ck_assert_int_eq(set_u64(v, ID(ARCH_WORKAROUND_2), 2), -EINVAL);
	pfr1 = get_u64(v, ID(ID_AA64PFR1_EL1));
	ck_assert_int_eq(set_u64(v, ID(ID_AA64PFR1_EL1), pfr1 & ~UINT64_C(0xf0)), 0); /* no SSBS */
	ck_assert_uint_eq(get_u64(v, ID(ARCH_WORKAROUND_2)), 3);
	ck_assert_int_eq(set_u64(v, ID(ARCH_WORKAROUND_2), 0x12), 0);
	ck_assert_int_eq(set_u64(v, ID(ARCH_WORKAROUND_2), 0x13), -EINVAL); /* enabled, but not available */
	ck_assert_int_eq(set_u64(v, ID(ARCH_WORKAROUND_2), 0x22), -EINVAL);
	abi_vm_free(v->vm);
}
END_TEST

START_TEST(bitmaps_refuse_unknown_bits_and_changes_after_the_run)
{
	static const enum abi_reg bmap[] = { ABI_R_STD_BMAP, ABI_R_STD_HYP_BMAP, ABI_R_VENDOR_HYP_BMAP };
	struct abi_vm *vm = new_vm(ABI_HOST_N1);
	struct abi_vcpu *a = new_vcpu(vm), *b = new_vcpu(vm);

	ck_assert_int_eq(init_vcpu(a, F_PSCI), 0);
	ck_assert_int_eq(init_vcpu(b, F_PSCI), 0);
	for (unsigned i = 0; i < 3; i++) {
		uint64_t id = abi_reg_row(bmap[i])->id;

		ck_assert_int_eq(set_u64(a, id, 4), -EINVAL);
		ck_assert_int_eq(set_u64(a, id, 0), 0);
		ck_assert_uint_eq(get_u64(b, id), 0);
	}
	ck_assert_int_eq(run_vcpu(a), -EINTR);
	for (unsigned i = 0; i < 3; i++) {
		uint64_t id = abi_reg_row(bmap[i])->id;

		ck_assert_int_eq(set_u64(a, id, 4), -EINVAL); /* looked at first */
		ck_assert_int_eq(set_u64(a, id, 1), -EBUSY);
		ck_assert_int_eq(set_u64(a, id, 0), 0);
	}
	abi_vm_free(vm);
}
END_TEST

START_TEST(mp_state_knows_three_states)
{
	struct abi_vcpu *v = new_vcpu(new_vm(ABI_HOST_N1)); /* works before init */
	struct uapi_mp_state mp;

	for (mp.mp_state = 0; mp.mp_state < 16; mp.mp_state++) {
		bool ok = mp.mp_state == 0 || mp.mp_state == 5 || mp.mp_state == 10;

		ck_assert_int_eq(vcpu_call(v, UAPI_IOCTL_SET_MP_STATE, &mp), ok ? 0 : -EINVAL);
	}
	ck_assert_int_eq(vcpu_call(v, UAPI_IOCTL_GET_MP_STATE, &mp), 0);
	ck_assert_uint_eq(mp.mp_state, UAPI_MP_SUSPENDED);
	abi_vm_free(v->vm);
}
END_TEST

START_TEST(events_check_padding_and_syndrome)
{
	struct abi_vcpu *v = ready(ABI_HOST_MAX, F_PSCI);
	struct uapi_vcpu_events ev = { .reserved = { [11] = 1 } };

	ck_assert_int_eq(vcpu_call(v, UAPI_IOCTL_SET_VCPU_EVENTS, &ev), -EINVAL);
	ev = (struct uapi_vcpu_events){ .pad = { [4] = 1 } };
	ck_assert_int_eq(vcpu_call(v, UAPI_IOCTL_SET_VCPU_EVENTS, &ev), -EINVAL);
	ev = (struct uapi_vcpu_events){ .serror_pending = 1, .serror_has_esr = 1, .serror_esr = 0x2000000 };
	ck_assert_int_eq(vcpu_call(v, UAPI_IOCTL_SET_VCPU_EVENTS, &ev), -EINVAL);
	ev.serror_esr = 0x1234;
	ck_assert_int_eq(vcpu_call(v, UAPI_IOCTL_SET_VCPU_EVENTS, &ev), 0);
	ck_assert_int_eq(vcpu_call(v, UAPI_IOCTL_GET_VCPU_EVENTS, &ev), 0);
	ck_assert_uint_eq(ev.serror_pending, 1);
	ck_assert_uint_eq(ev.serror_esr, 0x1234);
	ck_assert_int_eq(init_vcpu(v, F_PSCI), 0);
	ck_assert_int_eq(vcpu_call(v, UAPI_IOCTL_GET_VCPU_EVENTS, &ev), 0);
	ck_assert_uint_eq(ev.serror_pending, 0);
	ev = (struct uapi_vcpu_events){ .ext_dabt_pending = 1 };
	ck_assert_int_eq(vcpu_call(v, UAPI_IOCTL_SET_VCPU_EVENTS, &ev), 0);
	ck_assert_uint_eq(get_u64(v, ID(ESR_EL1)), 0x94000010); /* data abort, current EL, external */
	abi_vm_free(v->vm);
}
END_TEST

START_TEST(an_esr_without_ras_is_einval)
{
	struct abi_host h;
	struct abi_vcpu *v;
	struct uapi_vcpu_events ev = { .serror_pending = 1, .serror_has_esr = 1 };

	abi_host_init(&h, ABI_HOST_N1);
	h.id[ABI_R_ID_AA64PFR0_EL1] &= ~UINT64_C(0xf0000000);
	v = new_vcpu(abi_vm_new(&h, NULL));
	ck_assert_int_eq(init_vcpu(v, 0), 0);
	ck_assert_int_eq(vcpu_call(v, UAPI_IOCTL_SET_VCPU_EVENTS, &ev), -EINVAL);
	ev.serror_has_esr = 0;
	ck_assert_int_eq(vcpu_call(v, UAPI_IOCTL_SET_VCPU_EVENTS, &ev), 0);
	ck_assert_int_eq(vm_value(v->vm, UAPI_IOCTL_CHECK_EXTENSION, 158), 0);
	abi_vm_free(v->vm);
}
END_TEST

START_TEST(mte_is_enabled_before_the_first_vcpu)
{
	struct uapi_enable_cap cap = { .cap = 205 };
	struct abi_vm *vm = new_vm(ABI_HOST_V89), *none = new_vm(ABI_HOST_N1);
	struct abi_vcpu *v;

	ck_assert_int_eq(vm_call(none, UAPI_IOCTL_ENABLE_CAP, &cap), -EINVAL);
	ck_assert_int_eq(vm_call(vm, UAPI_IOCTL_ENABLE_CAP, &cap), 0);
	v = new_vcpu(vm);
	ck_assert_int_eq(vm_call(vm, UAPI_IOCTL_ENABLE_CAP, &cap), -EINVAL);
	ck_assert_int_eq(init_vcpu(v, UAPI_FEATURE(EL1_32BIT)), -EINVAL);
	ck_assert_int_eq(init_vcpu(v, F_PSCI), 0);
	ck_assert_int_eq(get_err(v, ID(GCR_EL1)), 0);
	cap.flags = 1;
	ck_assert_int_eq(vm_call(vm, UAPI_IOCTL_ENABLE_CAP, &cap), -EINVAL);
	cap = (struct uapi_enable_cap){ .cap = 9999 };
	ck_assert_int_eq(vm_call(vm, UAPI_IOCTL_ENABLE_CAP, &cap), -EINVAL);
	abi_vm_free(vm);
	abi_vm_free(none);
}
END_TEST

START_TEST(extensions_say_what_the_host_has)
{
	struct abi_vm *n1 = new_vm(ABI_HOST_N1), *max = new_vm(ABI_HOST_MAX);
	static const struct {
		unsigned cap;
		long n1, max;
	} row[] = { { 70, 1, 1 },  { 93, 0, 1 },  { 126, 1, 1 }, { 170, 0, 1 }, { 171, 0, 1 },
		    { 172, 0, 1 }, { 66, 512, 512 }, { 230, 1, 1 }, { 210, 0, 0 }, { 205, 0, 0 }, { 9999, 0, 0 } };

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		ck_assert_int_eq(vm_value(n1, UAPI_IOCTL_CHECK_EXTENSION, row[i].cap), row[i].n1);
		ck_assert_int_eq(vm_value(max, UAPI_IOCTL_CHECK_EXTENSION, row[i].cap), row[i].max);
		ck_assert_int_eq(abi_dev_ioctl(&n1->host, abi_ioctl_number(UAPI_IOCTL_CHECK_EXTENSION), row[i].cap),
				 row[i].n1);
	}
	abi_vm_free(n1);
	abi_vm_free(max);
}
END_TEST

START_TEST(the_preferred_target_is_the_generic_one)
{
	struct abi_vm *vm = new_vm(ABI_HOST_N1);
	struct uapi_vcpu_init init = { .target = 77, .features = { 1, 2, 3 } };

	ck_assert_int_eq(vm_call(vm, UAPI_IOCTL_PREFERRED_TARGET, &init), 0);
	ck_assert_uint_eq(init.target, 5);
	ck_assert_uint_eq(init.features[0], 0);
	abi_vm_free(vm);
}
END_TEST

ABI_TEST_MAIN("abi_rules", above_the_limit_is_einval_below_it_is_stored_for_the_vm,
	      after_the_first_run_the_same_value_is_0_another_ebusy, raz_id_registers_take_zero_only,
	      without_aarch32_its_id_registers_are_raz_and_ignore_writes,
	      debugver_below_6_is_einval_and_impdef_pmu_is_stored_as_none, perfmon_and_copdbg_of_dfr0_have_a_minimum,
	      the_hosts_mpam_is_accepted_and_stored_as_0, invariant_registers_take_the_hosts_value_only,
	      without_a_gic_the_first_run_clears_its_id_fields,
	      clidr_and_ccsidr_may_not_promise_less_than_the_host_needs, oslsr_changes_only_its_lock_bit,
	      pmcr_n_is_of_the_vm_until_it_ran, pmu_set_and_clear_registers_show_one_set_of_bits,
	      a_timer_count_sets_the_offset_of_the_vm_unless_the_vm_ioctl_did, psci_versions_fit_the_feature,
	      workaround_levels_may_not_exceed_the_hosts, bitmaps_refuse_unknown_bits_and_changes_after_the_run,
	      mp_state_knows_three_states, events_check_padding_and_syndrome, an_esr_without_ras_is_einval,
	      mte_is_enabled_before_the_first_vcpu, extensions_say_what_the_host_has,
	      the_preferred_target_is_the_generic_one)
