/* SPDX-License-Identifier: Apache-2.0 */
/* Short ways to make VMs and vCPUs and to call the ioctls of the register ABI. */
#ifndef EL2SIM_TESTS_ABI_UTIL_H
#define EL2SIM_TESTS_ABI_UTIL_H

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/suite.h"
#include "models/hyp/abi/abi.h"

#define F_PSCI  UAPI_FEATURE(PSCI_0_2)
#define F_PMU   UAPI_FEATURE(PMU_V3)
#define F_SVE   UAPI_FEATURE(SVE)
#define F_PAUTH (UAPI_FEATURE(PTRAUTH_ADDRESS) | UAPI_FEATURE(PTRAUTH_GENERIC))

#define ID(reg) (abi_reg_row(ABI_R_##reg)->id)

static inline long vcpu_call(struct abi_vcpu *v, enum uapi_ioctl i, const void *arg)
{
	return abi_vcpu_ioctl(v, abi_ioctl_number(i), (uint64_t)(uintptr_t)arg);
}

static inline long vm_call(struct abi_vm *vm, enum uapi_ioctl i, const void *arg)
{
	return abi_vm_ioctl(vm, abi_ioctl_number(i), (uint64_t)(uintptr_t)arg);
}

static inline long vm_value(struct abi_vm *vm, enum uapi_ioctl i, uint64_t arg)
{
	return abi_vm_ioctl(vm, abi_ioctl_number(i), arg);
}

static inline struct abi_vm *new_vm(enum abi_host_kind kind)
{
	struct abi_host h;

	abi_host_init(&h, kind);
	return abi_vm_new(&h, NULL);
}

static inline struct abi_vcpu *new_vcpu(struct abi_vm *vm)
{
	long i = vm_value(vm, UAPI_IOCTL_CREATE_VCPU, vm->n_vcpus);

	ck_assert_int_ge(i, 0);
	return vm->vcpu[i];
}

static inline long init_vcpu(struct abi_vcpu *v, uint32_t features)
{
	struct uapi_vcpu_init init = { .target = UAPI_TARGET_GENERIC_V8, .features = { features } };

	return vcpu_call(v, UAPI_IOCTL_VCPU_INIT, &init);
}

static inline long finalize_vcpu(struct abi_vcpu *v)
{
	int32_t what = UAPI_VCPU_SVE;

	return vcpu_call(v, UAPI_IOCTL_VCPU_FINALIZE, &what);
}

/* A VM with one vCPU, initialised and finalised. */
static inline struct abi_vcpu *ready(enum abi_host_kind kind, uint32_t features)
{
	struct abi_vcpu *v = new_vcpu(new_vm(kind));

	ck_assert_int_eq(init_vcpu(v, features), 0);
	if ((features & F_SVE) != 0)
		ck_assert_int_eq(finalize_vcpu(v), 0);
	return v;
}

static inline long get_raw(struct abi_vcpu *v, uint64_t id, void *value)
{
	struct uapi_one_reg r = { id, (uint64_t)(uintptr_t)value };

	return vcpu_call(v, UAPI_IOCTL_GET_ONE_REG, &r);
}

static inline long set_raw(struct abi_vcpu *v, uint64_t id, const void *value)
{
	struct uapi_one_reg r = { id, (uint64_t)(uintptr_t)value };

	return vcpu_call(v, UAPI_IOCTL_SET_ONE_REG, &r);
}

static inline long set_u64(struct abi_vcpu *v, uint64_t id, uint64_t value)
{
	uint8_t buf[32768] = { 0 }; /* as many bytes as any size field can ask for */

	memcpy(buf, &value, sizeof(value));
	return set_raw(v, id, buf);
}

static inline uint64_t get_u64(struct abi_vcpu *v, uint64_t id)
{
	uint8_t buf[32768] = { 0 };
	uint64_t value;

	ck_assert_int_eq(get_raw(v, id, buf), 0);
	memcpy(&value, buf, sizeof(value));
	return value;
}

static inline long get_err(struct abi_vcpu *v, uint64_t id)
{
	uint8_t buf[32768];

	return get_raw(v, id, buf);
}

static inline long run_vcpu(struct abi_vcpu *v)
{
	return vcpu_call(v, UAPI_IOCTL_RUN, NULL);
}

/* The register list; returns its length, ids must have room for 500. */
static inline size_t list_of(struct abi_vcpu *v, uint64_t *ids)
{
	struct {
		struct uapi_reg_list head;
		uint64_t id[500];
	} list = { .head = { 500 } };

	ck_assert_int_eq(vcpu_call(v, UAPI_IOCTL_GET_REG_LIST, &list), 0);
	memcpy(ids, list.id, list.head.n * sizeof(*ids));
	return list.head.n;
}

#define ABI_TEST_MAIN(name, ...)                                                                    \
	int main(void)                                                                              \
	{                                                                                           \
		const TTest *tests[] = { __VA_ARGS__ };                                             \
		Suite *s = suite_create(name);                                                      \
		TCase *tc = tcase_create("all");                                                    \
		for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)                       \
			tcase_add_test(tc, tests[i]);                                               \
		suite_add_tcase(s, tc);                                                             \
		return suite_status(s);                                                                 \
	}

#endif
