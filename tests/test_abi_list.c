/* SPDX-License-Identifier: Apache-2.0 */
/* The register table and KVM_GET_REG_LIST: lengths, order, ids and values of recorded kernels, blessed lists. */
#include "tests/abi_util.h"

#include "models/cpu/sysreg.h"
#include "tests/abi_blessed.h"

#if defined(__has_include)
#if __has_include(<linux/kvm.h>)
#include <linux/kvm.h>
#endif
#endif

START_TEST(ids_ascend_and_none_is_there_twice)
{
	for (unsigned i = 0; i < ABI_REG_COUNT; i++) {
		const struct abi_reg_row *r = abi_reg_row((enum abi_reg)i);

		ck_assert_msg(abi_reg_by_id(r->id) == (enum abi_reg)i, "%s is not found by its id", r->name);
		ck_assert_msg(abi_reg_by_name(r->name) == (enum abi_reg)i, "%s is not found by its name", r->name);
		ck_assert_msg(*abi_rule_help((enum abi_rule)r->rule) != '\0', "%s has no set rule", r->name);
	}
	for (unsigned i = ABI_R_DBGBVR0_EL1; i < ABI_R_FPEXC32_EL2; i++)
		ck_assert_uint_lt(abi_reg_row((enum abi_reg)i)->id, abi_reg_row((enum abi_reg)(i + 1))->id);
	ck_assert_int_eq(abi_reg_by_id(0), ABI_REG_COUNT);
	ck_assert_int_eq(abi_reg_by_name("nothing"), ABI_REG_COUNT);
}
END_TEST

START_TEST(encodings_are_those_of_the_register_table)
{
	for (unsigned i = 0; i < ABI_REG_COUNT; i++) {
		const struct abi_reg_row *r = abi_reg_row((enum abi_reg)i);
		unsigned low = (unsigned)(r->id & 0xffff);
		enum sysreg by_enc, by_name = sysreg_by_name(r->name);

		if ((r->id & UAPI_REG_COPROC_MASK) >> 16 != UAPI_SYSREG || r->class == ABI_CLASS_timer)
			continue;
		by_enc = sysreg_by_encoding(low >> 14, low >> 11 & 7, low >> 7 & 15, low >> 3 & 15, low & 7);
		ck_assert_msg(by_enc == by_name, "%s: one of name and encoding is in sysregs.def, the other is not",
			      r->name);
	}
	/* swapped by accident, and now ABI */
	ck_assert_uint_eq(ID(TIMER_CVAL), UINT64_C(0x603000000013df02));
	ck_assert_uint_eq(ID(TIMER_CNT), UINT64_C(0x603000000013df1a));
}
END_TEST

static size_t length(enum abi_host_kind kind, uint32_t features, bool hide)
{
	struct abi_host h;
	struct abi_vcpu *v;
	uint64_t ids[500];
	size_t n;

	abi_host_init(&h, kind);
	h.hide_absent = hide;
	v = new_vcpu(abi_vm_new(&h, NULL));
	ck_assert_int_eq(init_vcpu(v, features), 0);
	if ((features & F_SVE) != 0)
		ck_assert_int_eq(finalize_vcpu(v), 0);
	n = list_of(v, ids);
	abi_vm_free(v->vm);
	return n;
}

START_TEST(lists_are_as_long_as_the_blessed_ones)
{
	static const struct {
		uint32_t features;
		size_t n;
	} row[] = { { 0, 256 }, { F_PMU, 330 }, { F_PMU | F_PAUTH, 340 }, { F_PMU | F_PAUTH | F_SVE, 359 } };

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		uint32_t f = row[i].features | F_PSCI;

		ck_assert_uint_eq(length(ABI_HOST_MAX, f, true), row[i].n);
		/* 6.12 shows TCR2_EL1, PIRE0_EL1 and PIR_EL1 on every host */
		ck_assert_uint_eq(length(ABI_HOST_MAX, f, false), row[i].n + 3);
		/* the five of v8.9, and FPMR of v9.5, which the selftest does not know */
		ck_assert_uint_eq(length(ABI_HOST_V89, f, true), row[i].n + 6);
	}
}
END_TEST

START_TEST(hiding_poe_in_the_id_register_hides_its_registers)
{
	struct abi_vcpu *v = ready(ABI_HOST_V89, F_PSCI);
	uint64_t ids[500];
	size_t n = list_of(v, ids);

	ck_assert_int_eq(set_u64(v, ID(ID_AA64MMFR3_EL1), get_u64(v, ID(ID_AA64MMFR3_EL1)) & ~UINT64_C(0xf0000)), 0);
	ck_assert_uint_eq(list_of(v, ids), n - 2);
	ck_assert_int_eq(get_err(v, ID(POR_EL1)), -ENOENT);
	abi_vm_free(v->vm);
}
END_TEST

START_TEST(sixty_nine_registers_are_per_vm_or_per_host)
{
	struct abi_vcpu *v = ready(ABI_HOST_MAX, F_PSCI);
	unsigned n[3] = { 0 }, ids = 0;

	for (unsigned i = 0; i < ABI_REG_COUNT; i++) {
		if (!abi_visible(v, (enum abi_reg)i))
			continue;
		n[abi_reg_row((enum abi_reg)i)->scope]++;
		ids += abi_reg_row((enum abi_reg)i)->class == ABI_CLASS_id;
	}
	ck_assert_uint_eq(ids, 57); /* 56 and CTR_EL0 */
	ck_assert_uint_eq(n[UAPI_SCOPE_HOST], 3);
	ck_assert_uint_eq(n[UAPI_SCOPE_VM], 57 + 7 + 2);
	abi_vm_free(v->vm);
}
END_TEST

/* Value of a recorded line, most significant byte first, into little-endian bytes. */
static size_t parse_value(const char *hex, uint8_t *out)
{
	size_t n = strspn(hex, "0123456789abcdef") / 2;

	for (size_t i = 0; i < n; i++) {
		unsigned b;

		ck_assert_int_eq(sscanf(hex + 2 * i, "%2x", &b), 1);
		out[n - 1 - i] = (uint8_t)b;
	}
	return n;
}

/* Counters run and vectors of a running host differ from one recording to the next. */
static bool varies(enum abi_reg reg)
{
	return reg == ABI_R_TIMER_CNT || reg == ABI_R_PTIMER_CNT;
}

static void compare(const char *name, enum abi_host_kind kind)
{
	char path[512], line[1200];
	uint8_t want[256], got[256];
	struct abi_host h;
	struct abi_vcpu *v;
	uint64_t ids[500], id;
	unsigned cfg, features, n, at = 0, res;
	int pos;
	FILE *f;

	(void)snprintf(path, sizeof(path), EL2SIM_SOURCE_DIR "/tests/data/abi/%s", name);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), f));
	ck_assert_int_eq(sscanf(line, "# cfg %u features %x n %u", &cfg, &features, &n), 3);
	abi_host_init(&h, kind);
	h.hide_absent = false;
	v = new_vcpu(abi_vm_new(&h, NULL));
	ck_assert_int_eq(init_vcpu(v, features), 0);
	if ((features & F_SVE) != 0)
		ck_assert_int_eq(finalize_vcpu(v), 0);
	ck_assert_uint_eq(list_of(v, ids), n);
	while (fgets(line, sizeof(line), f) != NULL) {
		ck_assert_int_ge(sscanf(line, "%lx %u %n", &id, &res, &pos), 2);
		ck_assert_uint_lt(at, n);
		ck_assert_msg(ids[at] == id, "%s: register %u is %lx, recorded %lx", name, at, ids[at], id);
		ck_assert_int_eq(get_raw(v, id, got), 0);
		if (line[pos] != '\0' && line[pos] != '\n' && !varies(abi_reg_by_id(id))) {
			size_t bytes = parse_value(line + pos, want);

			ck_assert_msg(memcmp(want, got, bytes < 32 ? bytes : 32) == 0, "%s: %s (%lx) differs", name,
				      abi_reg_row(abi_reg_by_id(id))->name, id);
		}
		at++;
	}
	ck_assert_uint_eq(at, n);
	(void)fclose(f);
	abi_vm_free(v->vm);
}

START_TEST(lists_and_values_are_those_of_recorded_kernels)
{
	compare("6.12-n1-vhe.reglist", ABI_HOST_N1);
	compare("6.12-max-vhe.reglist", ABI_HOST_MAX);
}
END_TEST

START_TEST(ids_are_those_of_the_kernel_selftest)
{
	static const struct {
		const char *lists; /* of the selftest, by name */
		uint32_t features;
	} row[] = {
		{ "base_regs vregs", 0 },
		{ "base_regs vregs pmu_regs", F_PMU },
		{ "base_regs sve_regs", F_SVE },
		{ "base_regs sve_regs pmu_regs", F_SVE | F_PMU },
		{ "base_regs vregs pauth_addr_regs pauth_generic_regs", F_PAUTH },
		{ "base_regs vregs pauth_addr_regs pauth_generic_regs pmu_regs", F_PAUTH | F_PMU },
	};
	char *text = blessed_source();

	if (text == NULL) {
		printf("skipped: no kernel source (set EL2SIM_KERNEL_SOURCE to a tree or to linux-source-6.12.tar.xz)\n");
		return;
	}
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct abi_vcpu *v = ready(ABI_HOST_V89, F_PSCI | row[i].features);
		uint64_t ids[500], want[500];
		size_t n = list_of(v, ids), n_want = blessed_lists(text, row[i].lists, want, 500), k = 0;

		for (size_t j = 0; j < n; j++) /* the selftest leaves CCSIDR out and is older than FPMR in KVM */
			if ((ids[j] & UAPI_REG_COPROC_MASK) >> 16 != UAPI_DEMUX && ids[j] != ID(FPMR))
				ids[k++] = ids[j];
		blessed_sort(ids, k);
		blessed_sort(want, n_want);
		ck_assert_msg(k == n_want, "%s: %zu registers, blessed %zu", row[i].lists, k, n_want);
		for (size_t j = 0; j < k; j++)
			ck_assert_msg(ids[j] == want[j], "%s: %lx, blessed %lx", row[i].lists, ids[j], want[j]);
		abi_vm_free(v->vm);
	}
	free(text);
}
END_TEST

START_TEST(structures_and_numbers_are_those_of_the_installed_header)
{
#ifdef KVM_GET_ONE_REG
	ck_assert_uint_eq(sizeof(struct kvm_one_reg), sizeof(struct uapi_one_reg));
	ck_assert_uint_eq(offsetof(struct kvm_one_reg, addr), offsetof(struct uapi_one_reg, addr));
	ck_assert_uint_eq(sizeof(struct kvm_enable_cap), sizeof(struct uapi_enable_cap));
	ck_assert_uint_eq(sizeof(struct kvm_reg_list), sizeof(struct uapi_reg_list));
	ck_assert_uint_eq(sizeof(struct kvm_mp_state), sizeof(struct uapi_mp_state));
#define SAME(name, number) ck_assert_uint_eq(abi_ioctl_number(UAPI_IOCTL_##name), (uint32_t)(number))
	SAME(CREATE_VM, KVM_CREATE_VM);
	SAME(CHECK_EXTENSION, KVM_CHECK_EXTENSION);
	SAME(CREATE_VCPU, KVM_CREATE_VCPU);
	SAME(RUN, KVM_RUN);
	SAME(GET_MP_STATE, KVM_GET_MP_STATE);
	SAME(SET_MP_STATE, KVM_SET_MP_STATE);
	SAME(ENABLE_CAP, KVM_ENABLE_CAP);
	SAME(GET_ONE_REG, KVM_GET_ONE_REG);
	SAME(SET_ONE_REG, KVM_SET_ONE_REG);
	SAME(GET_REG_LIST, KVM_GET_REG_LIST);
	SAME(VCPU_FINALIZE, KVM_ARM_VCPU_FINALIZE);
#undef SAME
	ck_assert_uint_eq(UAPI_REG_ARM64, KVM_REG_ARM64);
	ck_assert_uint_eq(UAPI_REG_SIZE_MASK, KVM_REG_SIZE_MASK);
#else
	printf("skipped: no <linux/kvm.h>\n");
#endif
	/* arm64's own, which another architecture's header does not have: facts of 6.12 */
	ck_assert_uint_eq(abi_ioctl_number(UAPI_IOCTL_VCPU_INIT), 0x4020aeae);
	ck_assert_uint_eq(abi_ioctl_number(UAPI_IOCTL_PREFERRED_TARGET), 0x8020aeaf);
	ck_assert_uint_eq(abi_ioctl_number(UAPI_IOCTL_GET_REG_WRITABLE_MASKS), 0x8040aeb6);
	ck_assert_uint_eq(abi_ioctl_number(UAPI_IOCTL_GET_VCPU_EVENTS), 0x8040ae9f);
	ck_assert_uint_eq(abi_ioctl_number(UAPI_IOCTL_SET_VCPU_EVENTS), 0x4040aea0);
	ck_assert_uint_eq(abi_ioctl_number(UAPI_IOCTL_SET_COUNTER_OFFSET), 0x4010aeb5);
}
END_TEST

START_TEST(a_short_list_gets_the_length_and_e2big)
{
	struct abi_vcpu *v = ready(ABI_HOST_MAX, F_PSCI);
	struct uapi_reg_list list[400] = { { 0 } };

	ck_assert_int_eq(vcpu_call(v, UAPI_IOCTL_GET_REG_LIST, list), -E2BIG);
	ck_assert_uint_eq(list[0].n, 256);
	list[0].n = 255;
	ck_assert_int_eq(vcpu_call(v, UAPI_IOCTL_GET_REG_LIST, list), -E2BIG);
	ck_assert_uint_eq(list[1].n, 0);
	list[0].n = 256;
	ck_assert_int_eq(vcpu_call(v, UAPI_IOCTL_GET_REG_LIST, list), 0);
	ck_assert_uint_eq(list[1].n, ID(X0));
	ck_assert_uint_eq(list[256].n, ID(CCSIDR13));
	list[0].n = UINT64_C(1) << 32; /* the kernel looks at 32 bits */
	ck_assert_int_eq(vcpu_call(v, UAPI_IOCTL_GET_REG_LIST, list), -E2BIG);
	ck_assert_int_eq(vcpu_call(v, UAPI_IOCTL_GET_REG_LIST, NULL), -EFAULT);
	abi_vm_free(v->vm);
}
END_TEST

START_TEST(the_order_is_core_sve_firmware_timers_system_demux)
{
	static const enum uapi_coproc order[] = { UAPI_CORE, UAPI_SVE, UAPI_FW, UAPI_BMAP, UAPI_SYSREG, UAPI_DEMUX };
	struct abi_vcpu *v = ready(ABI_HOST_MAX, F_PSCI | F_SVE | F_PMU | F_PAUTH);
	uint64_t ids[500];
	size_t n = list_of(v, ids), at = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned coproc = (unsigned)((ids[i] & UAPI_REG_COPROC_MASK) >> 16);

		while (at < 6 && order[at] != (enum uapi_coproc)coproc)
			at++;
		ck_assert_uint_lt(at, 6);
	}
	ck_assert_uint_eq(ids[43], ID(SVE_VLS));
	abi_vm_free(v->vm);
}
END_TEST

ABI_TEST_MAIN("abi_list", ids_ascend_and_none_is_there_twice, encodings_are_those_of_the_register_table,
	      lists_are_as_long_as_the_blessed_ones, hiding_poe_in_the_id_register_hides_its_registers,
	      sixty_nine_registers_are_per_vm_or_per_host, lists_and_values_are_those_of_recorded_kernels,
	      ids_are_those_of_the_kernel_selftest, structures_and_numbers_are_those_of_the_installed_header,
	      a_short_list_gets_the_length_and_e2big, the_order_is_core_sve_firmware_timers_system_demux)
