/* SPDX-License-Identifier: Apache-2.0 */
/* The patterns of events.def: what is written is read back, for every row. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/str.h"
#include "tests/suite.h"
#include "traces/fmt.h"
#include "traces/strtab.h"

static uint32_t intern(void *self, const char *s, size_t n)
{
	return strtab_add(self, s, n);
}

static const char *text(void *self, uint32_t id)
{
	return strtab_get(self, id);
}

/* Numbers that have been trouble somewhere: signs, widths, words beyond a list. */
static const uint64_t numbers[] = { 0,
				    1,
				    2,
				    3,
				    7,
				    27,
				    0x10,
				    0xff,
				    0x1234,
				    0x84e66,
				    0x6230014f,
				    0xffffffff,
				    0xffff800081548100,
				    UINT64_MAX };
static const char *const names[] = { "MDCR_EL2", "a b", "kworker/0:1", "x-1", "0x12", "UNKN" };

#define N(array) (sizeof(array) / sizeof((array)[0]))

static bool is(enum tr_type type, unsigned i, enum tr_type t, unsigned f)
{
	return type == t && i == f;
}

/* A value that the kernel can print: its conversions drop bits of three fields. */
static uint64_t value(struct strtab *t, enum tr_type type, unsigned i, unsigned k)
{
	uint64_t v = numbers[(k + i) % N(numbers)];

	if (tr_field_kind(type, i) == TRF_STR) {
		const char *s = names[(k + i) % N(names)];

		return strtab_add(t, s, strlen(s));
	}
	if (tr_field_kind(type, i) == TRF_SDEC)
		v = (uint64_t)((int64_t)(int32_t)(uint32_t)v);
	if (is(type, i, TR_kvm_forward_sysreg_trap, TRA_kvm_forward_sysreg_trap_sysreg))
		v &= 0x1fffe0;
	if (is(type, i, TR_sched_switch, TRA_sched_switch_prev_state))
		v &= 0x1ff;
	if (is(type, i, TR_kvm_userspace_exit, TRA_kvm_userspace_exit_errno))
		v = 0 - (uint64_t)(k % 3 * 4);
	return v;
}

START_TEST(every_row_reads_what_it_writes)
{
	struct strtab tab = { 0 };
	const struct fmt_strings fs = { .intern = intern, .text = text, .self = &tab };

	for (unsigned t = 0; t < TR_TYPE_COUNT; t++) {
		for (unsigned k = 0; k < N(numbers); k++) {
			struct tr_event ev = { .type = (uint8_t)t }, got = { .type = (uint8_t)t };
			struct str line = STR_INIT, again = STR_INIT;
			enum tr_type type = (enum tr_type)t;

			for (unsigned i = 0; i < tr_field_count(type); i++)
				ev.arg[i] = value(&tab, type, i, k);
			fmt_write(&line, &ev, &fs);
			ck_assert_msg(fmt_read(&got, str_get(&line), FMT_LENIENT | FMT_WHOLE, &fs), "%s: \"%s\"",
				      tr_type_name(type), str_get(&line));
			for (unsigned i = 0; i < tr_field_count(type); i++) {
				if ((got.absent >> i & 1) == 0)
					ck_assert_msg(got.arg[i] == ev.arg[i], "%s %s: \"%s\"",
						      tr_type_name(type), tr_field_name(type, i),
						      str_get(&line));
			}
			fmt_write(&again, &got, &fs);
			ck_assert_str_eq(str_get(&again), str_get(&line));
			str_free(&line);
			str_free(&again);
		}
	}
	strtab_free(&tab);
}
END_TEST

START_TEST(every_form_of_every_row_names_only_its_fields)
{
	for (unsigned t = 0; t < TR_TYPE_COUNT; t++) {
		const char *forms = tr_print_forms((enum tr_type)t);

		ck_assert_msg(strchr(forms, '{') != NULL, "%s has no field",
			      tr_type_name((enum tr_type)t));
		ck_assert_msg(forms[strlen(forms) - 1] != '\n', "%s",
			      tr_type_name((enum tr_type)t));
	}
}
END_TEST

START_TEST(only_the_userspace_exit_and_regset_lose_a_field_in_the_kernels_text)
{
	struct strtab tab = { 0 };
	const struct fmt_strings fs = { .intern = intern, .text = text, .self = &tab };

	for (unsigned t = 0; t < TR_TYPE_COUNT; t++) {
		struct tr_event ev = { .type = (uint8_t)t };
		enum tr_type type = (enum tr_type)t;
		struct str line = STR_INIT;
		uint8_t may = 0;

		for (unsigned i = 0; i < tr_field_count(type); i++)
			ev.arg[i] = value(&tab, type, i, 1);
		if (type == TR_kvm_userspace_exit)
			may = 3;
		if (type == TR_kvm_nested_eret || type == TR_kvm_inject_nested_exception)
			may = 1; /* vcpu is recorded and not printed */
		fmt_write(&line, &ev, &fs);
		ck_assert(fmt_read(&ev, str_get(&line), true, &fs));
		ck_assert_msg((ev.absent & ~may) == 0, "%s: absent %x: \"%s\"", tr_type_name(type),
			      ev.absent, str_get(&line));
		str_free(&line);
	}
	strtab_free(&tab);
}
END_TEST

START_TEST(a_key_without_a_value_costs_its_field)
{
	static const char *const lines[] = { "esr_ec= ret=1", "ret=    esr_ec=1", "ret=", "ret= ", "esr_ec= (1) ret=", "vcpu_pc=(0x" };
	struct strtab tab = { 0 };
	const struct fmt_strings fs = { .intern = intern, .text = text, .self = &tab };

	for (unsigned t = 0; t < TR_TYPE_COUNT; t++) {
		for (unsigned i = 0; i < tr_field_count((enum tr_type)t); i++) {
			const char *name = tr_field_name((enum tr_type)t, i);
			struct str line = STR_INIT;

			str_addf(&line, "%s= %s=1 other=2", name, name); /* of 0 bytes, and then a blank */
			for (size_t k = 0; k <= N(lines); k++) {
				struct tr_event ev = { .type = (uint8_t)t };

				if (fmt_read(&ev, k < N(lines) ? lines[k] : str_get(&line), true, &fs) == FMT_LIST)
					ck_assert((ev.absent >> tr_field_count((enum tr_type)t)) == 0);
			}
			str_free(&line);
		}
	}
	strtab_free(&tab);
}
END_TEST

START_TEST(kernel_text_is_byte_for_byte_the_kernels)
{
	static const struct {
		enum tr_type type;
		uint64_t arg[TR_ARG_MAX];
		const char *want;
	} known[] = {
		{ TR_kvm_entry, { 0x100009c0 }, "PC: 0x00000000100009c0" },
		{ TR_kvm_exit,
		  { 0, 0, 0x100009c0 },
		  "IRQ: HSR_EC: 0x0000 (0x0), PC: 0x00000000100009c0" },
		{ TR_kvm_guest_fault,
		  { 0x100009c0, 0x82000005, 0x100009c0, 0x10000000 },
		  "ipa 0x10000000, hsr 0x82000005, hxfar 0x100009c0, pc 0x000000100009c0" },
		{ TR_kvm_timer_save_state,
		  { 0, 0, 1 },
		  "   CTL: 0x000000 CVAL:              0x0 arch_timer_ctx_index: 1" },
		{ TR_kvm_get_timer_map,
		  { 0, 1, 0, UINT64_MAX, UINT64_MAX },
		  "VCPU: 0, dv: 1, dp: 0, ev: -1, ep: -1" },
		{ TR_kvm_userspace_exit, { 6, (uint64_t)-4 }, "reason restart (4)" },
		{ TR_kvm_userspace_exit, { 6, 0 }, "reason KVM_EXIT_MMIO (6)" },
		{ TR_kvm_wfx_arm64,
		  { 0x10001128, 0 },
		  "guest executed wfi at: 0x0000000010001128" },
		{ TR_kvm_unmap_hva_range,
		  { 0xffff9fc00000, 0xffffa0400000 },
		  "mmu notifier unmap range: 0x00ffff9fc00000 -- 0x00ffffa0400000" },
		{ TR_kvm_dirty_ring_reset, { 0, 9, 4 }, "ring 0: dirty 0x9 reset 0x4 (used 5)" },
	};
	struct strtab tab = { 0 };
	const struct fmt_strings fs = { .intern = intern, .text = text, .self = &tab };

	for (size_t i = 0; i < N(known); i++) {
		struct tr_event ev = { .type = (uint8_t)known[i].type };
		struct str line = STR_INIT;

		memcpy(ev.arg, known[i].arg, sizeof(ev.arg));
		fmt_write(&line, &ev, &fs);
		ck_assert_str_eq(str_get(&line), known[i].want);
		str_free(&line);
	}
	strtab_free(&tab);
}
END_TEST

START_TEST(a_word_is_the_kernels_or_a_number)
{
	struct str b = STR_INIT;

	fmt_word(&b, TR_kvm_exit, TRA_kvm_exit_ret, 0);
	fmt_word(&b, TR_kvm_exit, TRA_kvm_exit_ret, 0xbadca11);
	fmt_word(&b, TR_kvm_exit, TRA_kvm_exit_ret, 9);
	ck_assert_str_eq(str_get(&b), "IRQHYP_GONE0x9");
	str_free(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("traces_fmt");
	TCase *tc = tcase_create("fmt");

	tcase_add_test(tc, every_row_reads_what_it_writes);
	tcase_add_test(tc, every_form_of_every_row_names_only_its_fields);
	tcase_add_test(tc, only_the_userspace_exit_and_regset_lose_a_field_in_the_kernels_text);
	tcase_add_test(tc, a_key_without_a_value_costs_its_field);
	tcase_add_test(tc, kernel_text_is_byte_for_byte_the_kernels);
	tcase_add_test(tc, a_word_is_the_kernels_or_a_number);
	suite_add_tcase(s, tc);
	return suite_status(s);
}
