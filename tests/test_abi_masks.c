/* SPDX-License-Identifier: Apache-2.0 */
/* Writable masks in three forms, and trial without them; register scope in five. */
#include "tests/abi_util.h"

#include "models/hyp/abi/abi_mask.h"

/* CRm, op2, mask of op1 = 0 as facts of 6.12.117; the AArch32 ones and op1 1 and 3 below. */
static const struct {
	unsigned crm, op2;
	uint64_t mask;
} known[] = {
	{ 4, 0, 0xffff00f00f00ffff }, { 4, 1, 0x0000000f000000ff }, { 4, 2, 0x0000000f00000000 },
	{ 4, 4, 0x0ff0ff0f0fff00ff }, { 4, 7, 0x00000000f0000003 }, { 5, 0, 0x000000f000f00f0f },
	{ 6, 0, 0xfffffffffffffff0 }, { 6, 1, 0xffffffff00fff00f }, { 6, 2, 0xffff0fffffff00ff },
	{ 7, 0, 0xff00f000ffffff0f }, { 7, 1, 0xfffff0f00ffff00f }, { 7, 2, 0xf0ff000ff00fffff },
	{ 7, 3, 0x00000000000f0f0f },
};

static uint64_t expected(unsigned slot)
{
	unsigned op1 = slot >> 6, crm = slot >> 3 & 7, op2 = slot & 7;

	if (op1 == 2)
		return crm == 0 && op2 == 1 ? 0x300f000f : 0; /* CTR_EL0 */
	if (op1 == 1)
		return crm == 0 && op2 == 1 ? 0x00007fffffffffff : 0; /* CLIDR_EL1 */
	if (crm == 1)
		return op2 == 3 ? 0 : 0xffffffff; /* all but ID_AFR0_EL1 */
	if (crm == 2)
		return 0xffffffff;
	if (crm == 3)
		return op2 == 3 || op2 == 5 || op2 == 7 ? 0 : 0xffffffff;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].crm == crm && known[i].op2 == op2)
			return known[i].mask;
	return 0;
}

START_TEST(all_192_slots_are_as_in_the_kernel)
{
	struct abi_vm *vm = new_vm(ABI_HOST_N1);
	uint64_t masks[UAPI_MASK_SLOTS];
	struct uapi_reg_mask_range r = { .addr = (uint64_t)(uintptr_t)masks };
	unsigned set = 0;

	memset(masks, 0xaa, sizeof(masks)); /* the kernel wipes the array first */
	ck_assert_int_eq(vm_call(vm, UAPI_IOCTL_GET_REG_WRITABLE_MASKS, &r), 0);
	for (unsigned i = 0; i < UAPI_MASK_SLOTS; i++) {
		ck_assert_msg(masks[i] == expected(i), "slot %u is %lx, not %lx", i, masks[i], expected(i));
		set += masks[i] != 0;
	}
	ck_assert_uint_eq(set, sizeof(known) / sizeof(known[0]) + 20 + 2);
	abi_vm_free(vm);
}
END_TEST

START_TEST(the_index_maps_op1_3_to_2)
{
	ck_assert_uint_eq(UAPI_MASK_SLOT(0, 0, 0), 0);
	ck_assert_uint_eq(UAPI_MASK_SLOT(0, 7, 7), 63);
	ck_assert_uint_eq(UAPI_MASK_SLOT(1, 0, 1), 65);
	ck_assert_uint_eq(UAPI_MASK_SLOT(3, 0, 1), 129);
	ck_assert_uint_eq(UAPI_MASK_SLOT(3, 7, 7), 191);
	ck_assert_uint_eq(abi_mask_slot(ABI_R_CTR_EL0), 129);
	ck_assert_uint_eq(abi_mask_slot(ABI_R_SCTLR_EL1), UAPI_MASK_SLOTS);
	ck_assert_uint_eq(abi_mask_slot(ABI_R_X0), UAPI_MASK_SLOTS);
}
END_TEST

START_TEST(a_range_or_a_reserved_word_is_einval_a_bad_address_efault)
{
	struct abi_vm *vm = new_vm(ABI_HOST_N1);
	uint64_t masks[UAPI_MASK_SLOTS];
	struct uapi_reg_mask_range r = { .addr = (uint64_t)(uintptr_t)masks, .range = 1 };

	ck_assert_int_eq(vm_call(vm, UAPI_IOCTL_GET_REG_WRITABLE_MASKS, &r), -EINVAL);
	r.range = 0;
	for (unsigned i = 0; i < 13; i++) {
		r.reserved[i] = 1;
		ck_assert_int_eq(vm_call(vm, UAPI_IOCTL_GET_REG_WRITABLE_MASKS, &r), -EINVAL);
		r.reserved[i] = 0;
	}
	r.addr = 0;
	ck_assert_int_eq(vm_call(vm, UAPI_IOCTL_GET_REG_WRITABLE_MASKS, &r), -EFAULT);
	ck_assert_int_eq(vm_call(vm, UAPI_IOCTL_GET_REG_WRITABLE_MASKS, NULL), -EFAULT);
	abi_vm_free(vm);
}
END_TEST

START_TEST(the_first_posting_has_no_capability_and_a_kernel_without_it_says_einval)
{
	static const long cap[] = { 0, 0, 1 }, rc[] = { -EINVAL, 0, 0 };

	for (unsigned form = 0; form < ABI_MASKS_COUNT; form++) {
		uint64_t masks[UAPI_MASK_SLOTS];
		struct uapi_reg_mask_range_v8 r = { .addr = (uint64_t)(uintptr_t)masks };
		struct abi_host h;
		struct abi_vm *vm;

		abi_host_init(&h, ABI_HOST_N1);
		h.masks = (uint8_t)form;
		vm = abi_vm_new(&h, NULL);
		ck_assert_int_eq(vm_value(vm, UAPI_IOCTL_CHECK_EXTENSION, 230), cap[form]);
		ck_assert_int_eq(vm_call(vm, UAPI_IOCTL_GET_REG_WRITABLE_MASKS, &r), rc[form]);
		r.reserved[6] = 1;
		ck_assert_int_eq(vm_call(vm, UAPI_IOCTL_GET_REG_WRITABLE_MASKS, &r), -EINVAL);
		abi_vm_free(vm);
	}
}
END_TEST

START_TEST(a_mask_is_of_the_kernel_not_of_the_vms_values)
{
	struct abi_vcpu *v = ready(ABI_HOST_MAX, F_PSCI);
	uint64_t before[UAPI_MASK_SLOTS], after[UAPI_MASK_SLOTS];
	struct uapi_reg_mask_range r = { .addr = (uint64_t)(uintptr_t)before };

	ck_assert_int_eq(vm_call(v->vm, UAPI_IOCTL_GET_REG_WRITABLE_MASKS, &r), 0);
	ck_assert_int_eq(set_u64(v, ID(ID_AA64ISAR0_EL1), 0), 0);
	ck_assert_int_eq(run_vcpu(v), -EINTR);
	r.addr = (uint64_t)(uintptr_t)after;
	ck_assert_int_eq(vm_call(v->vm, UAPI_IOCTL_GET_REG_WRITABLE_MASKS, &r), 0);
	ck_assert_mem_eq(before, after, sizeof(before));
	/* and a writable field above the host's is refused all the same: a superset */
	abi_vm_free(v->vm);
	v = ready(ABI_HOST_MAX, F_PSCI);
	ck_assert_int_eq(set_u64(v, ID(ID_AA64ISAR0_EL1), get_u64(v, ID(ID_AA64ISAR0_EL1)) | 0xf0), -EINVAL);
	abi_vm_free(v->vm);
}
END_TEST

START_TEST(trial_leaves_the_vm_as_it_was_and_learns_less)
{
	for (unsigned how = 0; how < ABI_TRIAL_COUNT; how++) {
		struct abi_vcpu *v = ready(ABI_HOST_MAX, F_PSCI | F_PMU);
		uint64_t truth[UAPI_MASK_SLOTS], id[ABI_REG_COUNT];
		struct abi_trial t;

		memcpy(id, v->vm->id, sizeof(id));
		ck_assert_int_eq(abi_trial(v, (enum abi_trial_how)how, &t), 0);
		ck_assert_mem_eq(id, v->vm->id, sizeof(id));
		abi_masks_of(&v->vm->host, truth);
		ck_assert_uint_gt(t.failed, 0);
		ck_assert_uint_gt(t.missed, 0); /* fields that are 0 on this host look fixed */
		for (unsigned i = 0; i < UAPI_MASK_SLOTS; i++)
			ck_assert_msg(truth[i] != 0 || t.masks[i] == 0, "slot %u: trial wrote a register that is fixed", i);
		abi_vm_free(v->vm);
	}
}
END_TEST

START_TEST(trial_after_the_run_learns_nothing)
{
	struct abi_vcpu *v = ready(ABI_HOST_MAX, F_PSCI);
	struct abi_trial t;

	ck_assert_int_eq(run_vcpu(v), -EINTR);
	ck_assert_int_eq(abi_trial(v, ABI_TRIAL_BIT, &t), 0);
	for (unsigned i = 0; i < UAPI_MASK_SLOTS; i++)
		ck_assert_msg(t.masks[i] == 0 || i == UAPI_MASK_SLOT(1, 0, 1), "slot %u", i); /* CLIDR_EL1 is per vCPU */
	abi_vm_free(v->vm);
}
END_TEST

/* --- scope -------------------------------------------------------------------------------------------- */

static struct abi_vm *scoped_vm(enum abi_scope scope)
{
	struct abi_host h;

	abi_host_init(&h, ABI_HOST_MAX);
	h.scope = (uint8_t)scope;
	return abi_vm_new(&h, NULL);
}

static long enable(struct abi_vm *vm)
{
	struct uapi_enable_cap cap = { .cap = 210 };

	return vm_call(vm, UAPI_IOCTL_ENABLE_CAP, &cap);
}

static uint64_t scoped_id(enum abi_scope scope, enum abi_reg reg)
{
	const struct abi_reg_row *r = abi_reg_row(reg);

	if (scope == ABI_SCOPE_V4 || scope == ABI_SCOPE_V4_PSCI)
		return r->id | UAPI_SCOPE_BIT;
	return r->id | (uint64_t)r->scope << UAPI_SCOPE_SHIFT;
}

START_TEST(an_old_kernel_refuses_capability_and_scoped_ids)
{
	struct abi_vm *vm = scoped_vm(ABI_SCOPE_NONE);
	struct abi_vcpu *v = new_vcpu(vm);

	ck_assert_int_eq(vm_value(vm, UAPI_IOCTL_CHECK_EXTENSION, 210), 0);
	ck_assert_int_eq(enable(vm), -EINVAL);
	ck_assert_int_eq(init_vcpu(v, F_PSCI), 0);
	ck_assert_int_eq(get_err(v, scoped_id(ABI_SCOPE_V4, ABI_R_ARCH_WORKAROUND_1)), -ENOENT);
	ck_assert_int_eq(set_u64(v, scoped_id(ABI_SCOPE_V4, ABI_R_ARCH_WORKAROUND_1), 0), -ENOENT);
	ck_assert_int_eq(get_err(v, scoped_id(ABI_SCOPE_NYBBLE, ABI_R_PSCI_VERSION)), -EINVAL);
	ck_assert_int_eq(get_err(v, scoped_id(ABI_SCOPE_ALL, ABI_R_ID_AA64PFR0_EL1)), -EINVAL);
	abi_vm_free(vm);
}
END_TEST

START_TEST(with_the_capability_off_lists_and_ids_are_as_ever)
{
	for (unsigned s = ABI_SCOPE_V4; s < ABI_SCOPE_COUNT; s++) {
		struct abi_vm *vm = scoped_vm((enum abi_scope)s);
		struct abi_vcpu *v = new_vcpu(vm);
		uint64_t ids[500];
		size_t n;

		ck_assert_int_eq(vm_value(vm, UAPI_IOCTL_CHECK_EXTENSION, 210), 1);
		ck_assert_int_eq(init_vcpu(v, F_PSCI), 0);
		n = list_of(v, ids);
		for (size_t i = 0; i < n; i++)
			ck_assert_int_ne(abi_reg_by_id(ids[i]), ABI_REG_COUNT);
		ck_assert_int_lt(get_err(v, scoped_id((enum abi_scope)s, ABI_R_ARCH_WORKAROUND_1)), 0);
		abi_vm_free(vm);
	}
}
END_TEST

START_TEST(scoped_lists_name_as_many_registers_as_the_proposal)
{
	static const size_t want[] = { 0, 5, 6, 6, 69 };

	for (unsigned s = ABI_SCOPE_V4; s < ABI_SCOPE_COUNT; s++) {
		struct abi_vm *vm = scoped_vm((enum abi_scope)s);
		struct abi_vcpu *v;
		uint64_t ids[500];
		size_t n, scoped = 0;

		ck_assert_int_eq(enable(vm), 0);
		v = new_vcpu(vm);
		ck_assert_int_eq(init_vcpu(v, F_PSCI), 0);
		n = list_of(v, ids);
		ck_assert_uint_eq(n, 256);
		for (size_t i = 0; i < n; i++) {
			scoped += abi_reg_by_id(ids[i]) == ABI_REG_COUNT;
			ck_assert_int_eq(get_err(v, ids[i]), 0); /* whatever the list says can be read */
		}
		ck_assert_uint_eq(scoped, want[s]);
		abi_vm_free(vm);
	}
}
END_TEST

START_TEST(scoped_and_unscoped_ids_can_be_mixed)
{
	for (unsigned s = ABI_SCOPE_V4; s < ABI_SCOPE_COUNT; s++) {
		struct abi_vm *vm = scoped_vm((enum abi_scope)s);
		struct abi_vcpu *a, *b;
		uint64_t id = scoped_id((enum abi_scope)s, ABI_R_STD_BMAP);

		ck_assert_int_eq(enable(vm), 0);
		a = new_vcpu(vm);
		b = new_vcpu(vm);
		ck_assert_int_eq(init_vcpu(a, F_PSCI), 0);
		ck_assert_int_eq(init_vcpu(b, F_PSCI), 0);
		ck_assert_int_eq(set_u64(b, id, 0), 0); /* through any vCPU */
		ck_assert_uint_eq(get_u64(a, ID(STD_BMAP)), 0);
		ck_assert_uint_eq(get_u64(a, id), 0);
		abi_vm_free(vm);
	}
}
END_TEST

START_TEST(a_wrong_scope_is_stripped_by_v4_and_refused_by_the_nybble)
{
	struct abi_vm *v4 = scoped_vm(ABI_SCOPE_V4), *all = scoped_vm(ABI_SCOPE_ALL);
	struct abi_vcpu *v;

	ck_assert_int_eq(enable(v4), 0);
	v = new_vcpu(v4);
	ck_assert_int_eq(init_vcpu(v, F_PSCI), 0);
	ck_assert_int_eq(get_err(v, ID(X0) | UAPI_SCOPE_BIT), 0); /* a vCPU's register, read as if it were the VM's */
	ck_assert_int_eq(enable(all), 0);
	v = new_vcpu(all);
	ck_assert_int_eq(init_vcpu(v, F_PSCI), 0);
	ck_assert_int_eq(get_err(v, ID(X0) | UINT64_C(1) << UAPI_SCOPE_SHIFT), -ENOENT);
	ck_assert_int_eq(get_err(v, ID(MIDR_EL1) | UINT64_C(1) << UAPI_SCOPE_SHIFT), -ENOENT);
	ck_assert_int_eq(get_err(v, ID(MIDR_EL1) | UINT64_C(2) << UAPI_SCOPE_SHIFT), 0);
	ck_assert_int_eq(get_err(v, ID(MIDR_EL1)), 0);
	abi_vm_free(v4);
	abi_vm_free(all);
}
END_TEST

START_TEST(enabling_after_a_vcpu_exists_changes_lists_in_v4_and_is_einval_later)
{
	struct abi_vm *v4 = scoped_vm(ABI_SCOPE_V4), *nybble = scoped_vm(ABI_SCOPE_NYBBLE);
	struct abi_vcpu *v = new_vcpu(v4);
	uint64_t before[500], after[500];
	size_t n, changed = 0;

	ck_assert_int_eq(init_vcpu(v, F_PSCI), 0);
	n = list_of(v, before);
	ck_assert_int_eq(enable(v4), 0);
	ck_assert_uint_eq(list_of(v, after), n);
	for (size_t i = 0; i < n; i++) {
		changed += before[i] != after[i];
		ck_assert_int_eq(get_err(v, before[i]), 0); /* ids that user space kept still work */
	}
	ck_assert_uint_eq(changed, 5);
	(void)new_vcpu(nybble);
	ck_assert_int_eq(enable(nybble), -EINVAL);
	abi_vm_free(v4);
	abi_vm_free(nybble);
}
END_TEST

ABI_TEST_MAIN("abi_masks", all_192_slots_are_as_in_the_kernel, the_index_maps_op1_3_to_2,
	      a_range_or_a_reserved_word_is_einval_a_bad_address_efault,
	      the_first_posting_has_no_capability_and_a_kernel_without_it_says_einval,
	      a_mask_is_of_the_kernel_not_of_the_vms_values, trial_leaves_the_vm_as_it_was_and_learns_less,
	      trial_after_the_run_learns_nothing, an_old_kernel_refuses_capability_and_scoped_ids,
	      with_the_capability_off_lists_and_ids_are_as_ever,
	      scoped_lists_name_as_many_registers_as_the_proposal, scoped_and_unscoped_ids_can_be_mixed,
	      a_wrong_scope_is_stripped_by_v4_and_refused_by_the_nybble,
	      enabling_after_a_vcpu_exists_changes_lists_in_v4_and_is_einval_later)
