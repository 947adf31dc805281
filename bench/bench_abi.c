/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast is the model of the register ABI? Simulated calls per second: KVM_GET_ONE_REG and KVM_SET_ONE_REG of the
 * whole list, KVM_GET_REG_LIST, and a migration of 512 vCPUs with a thread each on the event kernel. As in
 * bench.c, the ratios between the lines are worth more than the lines.
 */
#include <stdio.h>
#include <string.h>

#include "bench/bench.h"
#include "models/hyp/abi/abi_study.h"
#include "sim/document/rep.h"

#define ROUNDS 2000

static struct abi_vcpu *make_vcpu(void)
{
	struct uapi_vcpu_init init = { .target = UAPI_TARGET_GENERIC_V8, .features = { abi_set_features(ABI_SET_PMU) } };
	struct abi_host h;
	struct abi_vm *vm;

	abi_host_init(&h, ABI_HOST_MAX);
	vm = abi_vm_new(&h, NULL);
	BUG_ON(abi_vm_ioctl(vm, abi_ioctl_number(UAPI_IOCTL_CREATE_VCPU), 0) != 0);
	BUG_ON(abi_vcpu_ioctl(vm->vcpu[0], abi_ioctl_number(UAPI_IOCTL_VCPU_INIT), (uint64_t)(uintptr_t)&init) != 0);
	return vm->vcpu[0];
}

/* Calls made and seconds taken, the best of BENCH_REPEAT. */
struct timing {
	uint64_t calls;
	double seconds;
};

static struct timing time_one_reg(struct abi_vcpu *v, bool set)
{
	uint8_t value[256] = { 0 };
	struct uapi_one_reg r = { 0, (uint64_t)(uintptr_t)value };
	uint32_t cmd = abi_ioctl_number(set ? UAPI_IOCTL_SET_ONE_REG : UAPI_IOCTL_GET_ONE_REG);
	struct timing t = { 0, 0 };

	for (unsigned k = 0; k < BENCH_REPEAT; k++) {
		double start = bench_now();
		uint64_t calls = 0;

		for (unsigned i = 0; i < ROUNDS; i++) {
			for (unsigned reg = 0; reg < ABI_REG_COUNT; reg++) {
				if (!abi_visible(v, (enum abi_reg)reg))
					continue;
				r.id = abi_reg_row((enum abi_reg)reg)->id;
				(void)abi_vcpu_ioctl(v, cmd, (uint64_t)(uintptr_t)&r);
				calls++;
			}
		}
		start = bench_now() - start;
		if (k == 0 || start < t.seconds)
			t = (struct timing){ calls, start };
	}
	return t;
}

static struct timing time_list(struct abi_vcpu *v)
{
	static uint64_t list[501];
	struct timing t = { ROUNDS, 0 };

	for (unsigned k = 0; k < BENCH_REPEAT; k++) {
		double start = bench_now();

		for (unsigned i = 0; i < ROUNDS; i++) {
			list[0] = 500;
			(void)abi_vcpu_ioctl(v, abi_ioctl_number(UAPI_IOCTL_GET_REG_LIST), (uint64_t)(uintptr_t)list);
		}
		start = bench_now() - start;
		t.seconds = bench_best(k, t.seconds, start);
	}
	return t;
}

static int time_study(struct timing *t, struct err *e)
{
	struct abi_price price = { .insns = { 1596, 1589, 33052, 913 }, .cycles = { 718, 715, 13300, 444 },
				   .hold = { 12, 80, 0, 800 } };
	struct abi_host h;
	struct abi_study s = { &h, &price, abi_set_features(ABI_SET_PMU), 64 };
	struct abi_row row;

	abi_host_init(&h, ABI_HOST_MAX);
	for (unsigned k = 0; k < BENCH_REPEAT; k++) {
		double start = bench_now();

		if (abi_study_row(&s, ABI_VMM_QEMU, ABI_FLOW_MIGRATE, ABI_VARIANT_NONE, 512, &row, e) != 0)
			return -1;
		start = bench_now() - start;
		if (k == 0 || start < t->seconds)
			*t = (struct timing){ row.total.calls, start };
	}
	return 0;
}

static void put(struct rep_table *t, const char *what, const struct timing *m)
{
	rep_str(t, what);
	rep_u64(t, m->calls);
	rep_u64(t, bench_per_second(m->calls, m->seconds));
}

int main(void)
{
	static const struct rep_col cols[] = {
		{ "what", "", REP_STR, "", 0, false },
		{ "calls", "", REP_U64, "", 0, false },
		{ "per_second", "calls per second", REP_U64, "", 0, false },
	};
	struct rep *r = rep_new("bench_abi", "Simulated calls of the register ABI");
	struct rep_table *t = rep_table(r, "calls", "Calls", cols, 3);
	struct abi_vcpu *v = make_vcpu();
	struct timing m = { 0, 0 };
	struct err e = { 0 };
	int rc;

	m = time_one_reg(v, false);
	put(t, "KVM_GET_ONE_REG", &m);
	m = time_one_reg(v, true);
	put(t, "KVM_SET_ONE_REG", &m);
	m = time_list(v);
	put(t, "KVM_GET_REG_LIST", &m);
	rc = time_study(&m, &e);
	put(t, "migration of 512 vCPUs, scaled, locks simulated", &m);
	rep_note(r, "the last line counts calls that the simulation stands for: it makes those of two vCPUs, and then "
		 "only locks");
	if (rc == 0)
		rc = rep_write(r, REP_TEXT, stdout, &e);
	if (rc != 0)
		fprintf(stderr, "%s\n", e.text);
	abi_vm_free(v->vm);
	rep_free(r);
	return rc != 0;
}
