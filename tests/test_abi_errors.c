/* SPDX-License-Identifier: Apache-2.0 */
/* What is refused by the register ABI, and with which error: one test each. Values: test_abi_rules.c. */
#include "tests/abi_util.h"

#include "models/hyp/abi/abi_mask.h"

/* --- states ------------------------------------------------------------------------------------------- */

START_TEST(registers_before_init_are_enoexec)
{
	struct abi_vcpu *v = new_vcpu(new_vm(ABI_HOST_MAX));
	struct uapi_vcpu_events ev = { 0 };
	struct uapi_reg_list list = { 0 };

	ck_assert_int_eq(get_err(v, ID(X0)), -ENOEXEC);
	ck_assert_int_eq(set_u64(v, ID(X0), 1), -ENOEXEC);
	ck_assert_int_eq(vcpu_call(v, UAPI_IOCTL_GET_REG_LIST, &list), -ENOEXEC);
	ck_assert_int_eq(vcpu_call(v, UAPI_IOCTL_GET_VCPU_EVENTS, &ev), -ENOEXEC);
	ck_assert_int_eq(vcpu_call(v, UAPI_IOCTL_SET_VCPU_EVENTS, &ev), -ENOEXEC);
	ck_assert_int_eq(finalize_vcpu(v), -ENOEXEC);
	ck_assert_int_eq(run_vcpu(v), -ENOEXEC);
	/* the check comes before the copy */
	ck_assert_int_eq(vcpu_call(v, UAPI_IOCTL_GET_ONE_REG, NULL), -ENOEXEC);
	abi_vm_free(v->vm);
}
END_TEST

START_TEST(sve_before_finalize_is_eperm)
{
	struct abi_vcpu *v = new_vcpu(new_vm(ABI_HOST_MAX));
	struct uapi_reg_list list = { 0 };

	ck_assert_int_eq(init_vcpu(v, F_SVE), 0);
	ck_assert_int_eq(vcpu_call(v, UAPI_IOCTL_GET_REG_LIST, &list), -EPERM);
	ck_assert_int_eq(get_err(v, ID(Z0)), -EPERM);
	ck_assert_int_eq(set_u64(v, ID(FFR), 0), -EPERM);
	ck_assert_int_eq(run_vcpu(v), -EPERM);
	ck_assert_int_eq(get_err(v, ID(SVE_VLS)), 0);
	ck_assert_int_eq(get_err(v, ID(X0)), 0);
	ck_assert_int_eq(finalize_vcpu(v), 0);
	ck_assert_int_eq(finalize_vcpu(v), -EPERM);
	ck_assert_int_eq(get_err(v, ID(Z0)), 0);
	abi_vm_free(v->vm);
}
END_TEST

START_TEST(vector_lengths_are_set_between_init_and_finalize)
{
	struct abi_vcpu *v = new_vcpu(new_vm(ABI_HOST_MAX));
	uint64_t vls[8] = { 0xf };

	ck_assert_int_eq(init_vcpu(v, F_SVE), 0);
	ck_assert_int_eq(set_raw(v, ID(SVE_VLS), vls), 0);
	ck_assert_uint_eq(get_u64(v, ID(SVE_VLS)), 0xf);
	vls[0] = 0xd; /* the host has the length in between */
	ck_assert_int_eq(set_raw(v, ID(SVE_VLS), vls), -EINVAL);
	vls[0] = 0x1ffff; /* more than the host has */
	ck_assert_int_eq(set_raw(v, ID(SVE_VLS), vls), -EINVAL);
	vls[0] = 0;
	ck_assert_int_eq(set_raw(v, ID(SVE_VLS), vls), -EINVAL);
	vls[7] = 1;
	ck_assert_int_eq(set_raw(v, ID(SVE_VLS), vls), -EINVAL);
	vls[0] = 0xf;
	vls[7] = 0;
	ck_assert_int_eq(finalize_vcpu(v), 0);
	ck_assert_int_eq(set_raw(v, ID(SVE_VLS), vls), -EPERM);
	abi_vm_free(v->vm);
}
END_TEST

START_TEST(sve_data_beyond_the_length_is_ignored_and_zero)
{
	struct abi_vcpu *v = new_vcpu(new_vm(ABI_HOST_MAX));
	uint64_t vls[8] = { 1 };
	uint8_t z[256], back[256];

	ck_assert_int_eq(init_vcpu(v, F_SVE), 0);
	ck_assert_int_eq(set_raw(v, ID(SVE_VLS), vls), 0);
	ck_assert_int_eq(finalize_vcpu(v), 0);
	memset(z, 0xab, sizeof(z));
	ck_assert_int_eq(set_raw(v, ID(Z5), z), 0);
	ck_assert_int_eq(get_raw(v, ID(Z5), back), 0);
	ck_assert_uint_eq(back[15], 0xab);
	ck_assert_uint_eq(back[16], 0);
	ck_assert_int_eq(set_raw(v, ID(P3), z), 0);
	ck_assert_int_eq(get_raw(v, ID(P3), back), 0);
	ck_assert_uint_eq(back[1], 0xab);
	ck_assert_uint_eq(back[2], 0);
	abi_vm_free(v->vm);
}
END_TEST

START_TEST(sve_ids_without_sve_and_slices_are_enoent_other_ids_einval)
{
	struct abi_vcpu *v = ready(ABI_HOST_MAX, F_PSCI), *s = ready(ABI_HOST_MAX, F_SVE);

	ck_assert_int_eq(get_err(v, ID(SVE_VLS)), -ENOENT);
	ck_assert_int_eq(set_u64(v, ID(SVE_VLS), 1), -ENOENT);
	ck_assert_int_eq(get_err(v, ID(Z0)), -ENOENT);
	ck_assert_int_eq(get_err(s, ID(Z0) | 1), -ENOENT);
	ck_assert_int_eq(get_err(s, ID(FFR) | 31), -ENOENT);
	ck_assert_int_eq(get_err(s, ID(FFR) + 32), -EINVAL);
	ck_assert_int_eq(get_err(s, UAPI_REG(UAPI_U64, UAPI_SVE, 0)), -EINVAL);
	ck_assert_int_eq(finalize_vcpu(v), -EINVAL);
	ck_assert_int_eq(get_err(v, ID(ZCR_EL1)), -ENOENT);
	ck_assert_int_eq(get_err(s, ID(ZCR_EL1)), 0);
	abi_vm_free(v->vm);
	abi_vm_free(s->vm);
}
END_TEST

START_TEST(vcpu_init_refuses_unknown_and_absent_features)
{
	struct abi_vcpu *n1 = new_vcpu(new_vm(ABI_HOST_N1)), *v = new_vcpu(new_vm(ABI_HOST_MAX));
	struct uapi_vcpu_init init = { .target = UAPI_TARGET_GENERIC_V8, .features = { 0, 1 } };

	ck_assert_int_eq(init_vcpu(v, 1u << 7), -ENOENT); /* EL2: not in 6.12 */
	ck_assert_int_eq(vcpu_call(v, UAPI_IOCTL_VCPU_INIT, &init), -ENOENT);
	ck_assert_int_eq(init_vcpu(n1, F_SVE), -EINVAL);
	ck_assert_int_eq(init_vcpu(n1, F_PAUTH), -EINVAL);
	ck_assert_int_eq(init_vcpu(n1, UAPI_FEATURE(EL1_32BIT)), -EINVAL);
	ck_assert_int_eq(init_vcpu(v, UAPI_FEATURE(PTRAUTH_ADDRESS)), -EINVAL);
	init = (struct uapi_vcpu_init){ .target = 2 };
	ck_assert_int_eq(vcpu_call(v, UAPI_IOCTL_VCPU_INIT, &init), -EINVAL);
	ck_assert_int_eq(vcpu_call(v, UAPI_IOCTL_VCPU_INIT, NULL), -EFAULT);
	ck_assert_int_eq(init_vcpu(v, F_PSCI | F_PAUTH), 0);
	ck_assert_int_eq(init_vcpu(v, F_PSCI), -EINVAL); /* changed */
	abi_vm_free(v->vm);
	abi_vm_free(n1->vm);
}
END_TEST

START_TEST(features_are_those_of_the_first_vcpu)
{
	struct abi_vm *vm = new_vm(ABI_HOST_MAX);
	struct abi_vcpu *a = new_vcpu(vm), *b = new_vcpu(vm);

	ck_assert_int_eq(init_vcpu(a, F_PSCI | F_PMU), 0);
	ck_assert_int_eq(init_vcpu(b, F_PSCI), -EINVAL);
	ck_assert_int_eq(init_vcpu(b, F_PSCI | F_PMU | UAPI_FEATURE(POWER_OFF)), 0); /* of this call only */
	ck_assert_uint_eq(a->mp_state, UAPI_MP_RUNNABLE);
	ck_assert_uint_eq(b->mp_state, UAPI_MP_STOPPED);
	abi_vm_free(vm);
}
END_TEST

START_TEST(vcpu_numbers_are_below_the_limit_and_unique)
{
	struct abi_host h;
	struct abi_vm *vm;

	abi_host_init(&h, ABI_HOST_N1);
	h.max_vcpus = 2;
	vm = abi_vm_new(&h, NULL);
	ck_assert_int_eq(vm_value(vm, UAPI_IOCTL_CREATE_VCPU, 2), -EINVAL);
	ck_assert_int_eq(vm_value(vm, UAPI_IOCTL_CREATE_VCPU, 1), 0);
	ck_assert_int_eq(vm_value(vm, UAPI_IOCTL_CREATE_VCPU, 1), -EEXIST);
	ck_assert_int_eq(vm_value(vm, UAPI_IOCTL_CREATE_VCPU, 0), 1);
	ck_assert_int_eq(vm_value(vm, UAPI_IOCTL_CREATE_VCPU, 0), -EINVAL);
	ck_assert_int_eq(vm_value(vm, UAPI_IOCTL_CHECK_EXTENSION, 66), 2);
	abi_vm_free(vm);
}
END_TEST

START_TEST(unknown_ioctls_are_einval)
{
	struct abi_vcpu *v = ready(ABI_HOST_N1, 0);

	ck_assert_int_eq(abi_vcpu_ioctl(v, 0x1234, 0), -EINVAL);
	ck_assert_int_eq(abi_vm_ioctl(v->vm, 0x1234, 0), -EINVAL);
	ck_assert_int_eq(abi_dev_ioctl(&v->vm->host, 0x1234, 0), -EINVAL);
	ck_assert_int_eq(vcpu_call(v, UAPI_IOCTL_RUN, v), -EINVAL);
	abi_vm_free(v->vm);
}
END_TEST

/* --- ids ---------------------------------------------------------------------------------------------- */

START_TEST(bits_51_to_32_of_an_id_are_einval)
{
	struct abi_vcpu *v = ready(ABI_HOST_MAX, F_PSCI);

	for (unsigned b = 32; b < 52; b++) {
		ck_assert_int_eq(get_err(v, ID(X0) | UINT64_C(1) << b), -EINVAL);
		ck_assert_int_eq(set_u64(v, ID(SCTLR_EL1) | UINT64_C(1) << b, 0), -EINVAL);
	}
	ck_assert_int_eq(get_err(v, ID(X0) & ~UAPI_REG_ARCH_MASK), -EINVAL);
	abi_vm_free(v->vm);
}
END_TEST

START_TEST(bits_31_to_28_of_a_system_register_are_enoent)
{
	struct abi_vcpu *v = ready(ABI_HOST_MAX, F_PSCI);

	for (unsigned b = 28; b < 32; b++) {
		ck_assert_int_eq(get_err(v, ID(SCTLR_EL1) | UINT64_C(1) << b), -ENOENT);
		ck_assert_int_eq(get_err(v, ID(MIDR_EL1) | UINT64_C(1) << b), -ENOENT);
		ck_assert_int_eq(get_err(v, ID(CCSIDR0) | UINT64_C(1) << b), -ENOENT);
		ck_assert_int_eq(get_err(v, ID(PSCI_VERSION) | UINT64_C(1) << b), -ENOENT);
		ck_assert_int_eq(get_err(v, ID(X0) | UINT64_C(1) << b), -ENOENT);
	}
	abi_vm_free(v->vm);
}
END_TEST

START_TEST(core_ids_out_of_the_structure_are_enoent_between_registers_einval)
{
	struct abi_vcpu *v = ready(ABI_HOST_MAX, F_PSCI), *s = ready(ABI_HOST_MAX, F_SVE);

	ck_assert_int_eq(get_err(v, UAPI_REG(UAPI_U64, UAPI_CORE, 216)), -ENOENT);
	ck_assert_int_eq(get_err(v, UAPI_REG(UAPI_U64, UAPI_CORE, 214)), -ENOENT);
	ck_assert_int_eq(get_err(v, UAPI_REG(UAPI_U32, UAPI_CORE, 214)), -EINVAL);
	ck_assert_int_eq(get_err(v, UAPI_REG(UAPI_U64, UAPI_CORE, 1)), -EINVAL);
	ck_assert_int_eq(get_err(v, UAPI_REG(UAPI_U32, UAPI_CORE, 0)), -EINVAL);
	ck_assert_int_eq(get_err(v, UAPI_REG(UAPI_U64, UAPI_CORE, 82)), -EINVAL);
	ck_assert_int_eq(get_err(v, UAPI_REG(UAPI_U2048, UAPI_CORE, 152)), -ENOENT);
	ck_assert_int_eq(get_err(s, ID(V0)), -EINVAL); /* Z0 must be used */
	ck_assert_int_eq(get_err(s, ID(FPSR)), 0);
	abi_vm_free(v->vm);
	abi_vm_free(s->vm);
}
END_TEST

START_TEST(wrong_sizes_are_enoent)
{
	struct abi_vcpu *v = ready(ABI_HOST_MAX, F_PSCI);

	for (unsigned size = 0; size < 16; size++) {
		uint64_t s = (uint64_t)size << UAPI_REG_SIZE_SHIFT;

		if (size != UAPI_U64) {
			ck_assert_int_eq(get_err(v, (ID(SCTLR_EL1) & ~UAPI_REG_SIZE_MASK) | s), -ENOENT);
			ck_assert_int_eq(set_u64(v, (ID(MIDR_EL1) & ~UAPI_REG_SIZE_MASK) | s, 0), -ENOENT);
			ck_assert_int_eq(set_u64(v, (ID(PSCI_VERSION) & ~UAPI_REG_SIZE_MASK) | s, 0), -ENOENT);
		}
		if (size != UAPI_U32)
			ck_assert_int_eq(get_err(v, (ID(CCSIDR0) & ~UAPI_REG_SIZE_MASK) | s), -ENOENT);
	}
	ck_assert_int_eq(get_err(v, UAPI_REG(UAPI_U32, UAPI_DEMUX, 14)), -ENOENT);
	ck_assert_int_eq(get_err(v, UAPI_REG(UAPI_U32, UAPI_DEMUX, 0x100)), -ENOENT);
	abi_vm_free(v->vm);
}
END_TEST

START_TEST(hidden_and_unknown_registers_are_enoent)
{
	struct abi_vcpu *v = ready(ABI_HOST_N1, F_PSCI);

	ck_assert_int_eq(get_err(v, ID(PMCR_EL0)), -ENOENT);
	ck_assert_int_eq(set_u64(v, ID(PMCR_EL0), 0), -ENOENT);
	ck_assert_int_eq(get_err(v, ID(APIAKEYLO_EL1)), -ENOENT);
	ck_assert_int_eq(get_err(v, ID(RGSR_EL1)), -ENOENT);
	ck_assert_int_eq(get_err(v, ID(POR_EL1)), -ENOENT);
	ck_assert_int_eq(get_err(v, UAPI_REG(UAPI_U64, UAPI_SYSREG, 0)), -ENOENT);
	ck_assert_int_eq(get_err(v, UAPI_REG(UAPI_U64, UAPI_SYSREG, ABI_ENC_HCR_EL2)), -ENOENT);
	ck_assert_int_eq(get_err(v, UAPI_REG(UAPI_U64, UAPI_SYSREG, ABI_ENC_SP_EL1)), -ENOENT); /* core only */
	ck_assert_int_eq(get_err(v, UAPI_REG(UAPI_U64, 0x77, 0)), -ENOENT);
	ck_assert_int_eq(get_err(v, UAPI_REG(UAPI_U64, UAPI_FW, 9)), -ENOENT);
	ck_assert_int_eq(set_u64(v, UAPI_REG(UAPI_U64, UAPI_BMAP, 3), 0), -ENOENT);
	abi_vm_free(v->vm);
}
END_TEST

START_TEST(an_unclaimed_coprocessor_reaches_the_invariant_registers)
{
	struct abi_vcpu *v = ready(ABI_HOST_N1, F_PSCI);
	uint64_t id = UAPI_REG(UAPI_U64, 0x77, ID(MIDR_EL1) & 0xffff);

	ck_assert_uint_eq(get_u64(v, id), get_u64(v, ID(MIDR_EL1))); /* the kernel compares the encoding alone */
	ck_assert_int_eq(set_u64(v, id, 0), -EINVAL);
	abi_vm_free(v->vm);
}
END_TEST

START_TEST(bad_addresses_are_efault_after_the_id_was_looked_at)
{
	struct abi_vcpu *v = ready(ABI_HOST_MAX, F_PSCI | F_SVE);
	uint64_t unknown = UAPI_REG(UAPI_U64, UAPI_SYSREG, 0);

	for (unsigned i = 0; i < ABI_REG_COUNT; i++) {
		const struct abi_reg_row *r = abi_reg_row((enum abi_reg)i);

		if (!abi_visible(v, (enum abi_reg)i))
			continue;
		ck_assert_int_eq(get_raw(v, r->id, NULL), -EFAULT);
		ck_assert_int_eq(set_raw(v, r->id, NULL), i == ABI_R_SVE_VLS ? -EPERM : -EFAULT);
	}
	ck_assert_int_eq(get_raw(v, unknown, NULL), -ENOENT);
	ck_assert_int_eq(set_raw(v, unknown, NULL), -EFAULT); /* a write copies first */
	ck_assert_int_eq(set_raw(v, UAPI_REG(UAPI_U64, UAPI_FW, 9), NULL), -EFAULT);
	ck_assert_int_eq(vcpu_call(v, UAPI_IOCTL_GET_ONE_REG, NULL), -EFAULT);
	ck_assert_int_eq(vcpu_call(v, UAPI_IOCTL_SET_MP_STATE, NULL), -EFAULT);
	ck_assert_int_eq(vcpu_call(v, UAPI_IOCTL_GET_MP_STATE, NULL), -EFAULT);
	ck_assert_int_eq(vcpu_call(v, UAPI_IOCTL_GET_VCPU_EVENTS, NULL), -EFAULT);
	ck_assert_int_eq(vcpu_call(v, UAPI_IOCTL_VCPU_FINALIZE, NULL), -EFAULT);
	ck_assert_int_eq(vm_call(v->vm, UAPI_IOCTL_ENABLE_CAP, NULL), -EFAULT);
	ck_assert_int_eq(vm_call(v->vm, UAPI_IOCTL_PREFERRED_TARGET, NULL), -EFAULT);
	abi_vm_free(v->vm);
}
END_TEST

/* --- core --------------------------------------------------------------------------------------------- */

START_TEST(pstate_takes_only_modes_that_the_vcpu_has)
{
	struct abi_vcpu *v = ready(ABI_HOST_MAX, F_PSCI), *a32 = ready(ABI_HOST_MAX, UAPI_FEATURE(EL1_32BIT));

	for (uint64_t m = 0; m < 32; m++) {
		bool el0_32 = m == 0x10, el1_32 = m == 0x11 || m == 0x12 || m == 0x13 || m == 0x17 || m == 0x1b || m == 0x1f;
		bool el64 = m == 0 || m == 4 || m == 5;

		ck_assert_int_eq(set_u64(v, ID(PSTATE), m), el0_32 || el64 ? 0 : -EINVAL);
		ck_assert_int_eq(set_u64(a32, ID(PSTATE), m), el0_32 || el1_32 ? 0 : -EINVAL);
	}
	abi_vm_free(v->vm);
	abi_vm_free(a32->vm);
}
END_TEST

START_TEST(aarch32_modes_narrow_the_registers)
{
	struct abi_vcpu *v = ready(ABI_HOST_MAX, UAPI_FEATURE(EL1_32BIT));
	uint64_t wide = UINT64_C(0x1234567800000001);

	ck_assert_uint_eq(get_u64(v, ID(PSTATE)), 0x1d3);
	ck_assert_int_eq(set_u64(v, ID(PSTATE), 0x1f), 0); /* SYS: x0 to x14 */
	ck_assert_int_eq(set_u64(v, ID(X14), wide), 0);
	ck_assert_int_eq(set_u64(v, ID(X15), wide), 0);
	ck_assert_int_eq(set_u64(v, ID(PC), wide), 0);
	ck_assert_uint_eq(get_u64(v, ID(X14)), 1);
	ck_assert_uint_eq(get_u64(v, ID(PC)), 1);
	ck_assert_uint_eq(get_u64(v, ID(X15)), wide);
	ck_assert_int_eq(set_u64(v, ID(PSTATE), 0x13), 0); /* SVC: all */
	ck_assert_uint_eq(get_u64(v, ID(X15)), 1);
	abi_vm_free(v->vm);
}
END_TEST

START_TEST(init_resets_but_for_what_no_descriptor_resets)
{
	struct abi_vcpu *v = ready(ABI_HOST_MAX, F_PSCI);

	ck_assert_int_eq(set_u64(v, ID(X7), 7), 0);
	ck_assert_int_eq(set_u64(v, ID(SP_EL1), 7), 0);
	ck_assert_int_eq(set_u64(v, ID(TTBR0_EL1), 7), 0);
	ck_assert_int_eq(set_u64(v, ID(TIMER_CVAL), 7), 0);
	ck_assert_int_eq(set_u64(v, ID(CLIDR_EL1), 0x0a200023), 0);
	ck_assert_int_eq(init_vcpu(v, F_PSCI), 0);
	ck_assert_uint_eq(get_u64(v, ID(X7)), 0);
	ck_assert_uint_eq(get_u64(v, ID(SP_EL1)), 7);
	ck_assert_uint_eq(get_u64(v, ID(TTBR0_EL1)), ABI_UNKNOWN);
	ck_assert_uint_eq(get_u64(v, ID(TIMER_CVAL)), 7);
	ck_assert_uint_eq(get_u64(v, ID(CLIDR_EL1)), 0x0a200023); /* user space's choice survives */
	abi_vm_free(v->vm);
}
END_TEST

/* --- locks -------------------------------------------------------------------------------------------- */

START_TEST(id_registers_take_the_vms_lock_reads_only_until_the_run)
{
	struct abi_vcpu *v = ready(ABI_HOST_MAX, F_PSCI);
	uint64_t *n = v->vm->counts.locks, before = n[ABI_LOCK_CONFIG];

	(void)get_u64(v, ID(ID_AA64PFR0_EL1));
	ck_assert_uint_eq(n[ABI_LOCK_CONFIG], before + 1);
	(void)get_u64(v, ID(SCTLR_EL1));
	(void)get_u64(v, ID(STD_BMAP));
	ck_assert_uint_eq(n[ABI_LOCK_CONFIG], before + 1);
	ck_assert_int_eq(run_vcpu(v), -EINTR);
	before = n[ABI_LOCK_CONFIG];
	(void)get_u64(v, ID(ID_AA64PFR0_EL1));
	ck_assert_uint_eq(n[ABI_LOCK_CONFIG], before);
	ck_assert_int_eq(set_u64(v, ID(ID_AA64PFR0_EL1), get_u64(v, ID(ID_AA64PFR0_EL1))), 0);
	ck_assert_int_eq(set_u64(v, ID(STD_BMAP), 1), 0);
	ck_assert_uint_eq(n[ABI_LOCK_CONFIG], before + 2);
	ck_assert_uint_eq(n[ABI_LOCK_VCPU], v->vm->counts.calls - 1); /* every call but KVM_CREATE_VCPU */
	abi_vm_free(v->vm);
}
END_TEST

ABI_TEST_MAIN("abi_errors", registers_before_init_are_enoexec, sve_before_finalize_is_eperm,
	      vector_lengths_are_set_between_init_and_finalize, sve_data_beyond_the_length_is_ignored_and_zero,
	      sve_ids_without_sve_and_slices_are_enoent_other_ids_einval, vcpu_init_refuses_unknown_and_absent_features,
	      features_are_those_of_the_first_vcpu, vcpu_numbers_are_below_the_limit_and_unique,
	      unknown_ioctls_are_einval, bits_51_to_32_of_an_id_are_einval,
	      bits_31_to_28_of_a_system_register_are_enoent,
	      core_ids_out_of_the_structure_are_enoent_between_registers_einval, wrong_sizes_are_enoent,
	      hidden_and_unknown_registers_are_enoent, an_unclaimed_coprocessor_reaches_the_invariant_registers,
	      bad_addresses_are_efault_after_the_id_was_looked_at, pstate_takes_only_modes_that_the_vcpu_has,
	      aarch32_modes_narrow_the_registers, init_resets_but_for_what_no_descriptor_resets,
	      id_registers_take_the_vms_lock_reads_only_until_the_run)
