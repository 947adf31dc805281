// SPDX-License-Identifier: Apache-2.0
/* Calls of firmware as KVM answers them: models/dev/smccc.def. */
#include <check.h>

#include "models/dev/gic.h"
#include "models/dev/smccc.h"
#include "tests/suite.h"

static bool on[4];

static bool is_on(void *owner, unsigned vcpu)
{
	(void)owner;
	return on[vcpu];
}

static struct smccc firmware(void)
{
	struct smccc s;

	for (unsigned i = 0; i < 4; i++)
		on[i] = i == 0;
	smccc_init(&s, 4, 1);
	s.is_on = is_on;
	return s;
}

static struct smccc_answer call(struct smccc *s, uint64_t fn, uint64_t x1, uint64_t x2, uint64_t x3)
{
	struct smccc_answer a;

	smccc_call(s, 0, (uint64_t[4]){fn, x1, x2, x3}, &a);
	return a;
}

#define NO ((uint64_t)SMCCC_NOT_SUPPORTED)

static const struct {
	const char *name;
	uint32_t f32, f64, since;
} rows[] = {
#define SMCCC(id, f32, f64, name, since, allowed) {name, f32, f64, since},
#include "models/dev/smccc.def"
};
enum { N_ROWS = sizeof(rows) / sizeof(rows[0]) };

START_TEST(a_row_is_found_by_both_its_numbers)
{
	if (rows[_i].f32 != 0)
		ck_assert_int_eq(smccc_of(rows[_i].f32), _i);
	if (rows[_i].f64 != 0)
		ck_assert_int_eq(smccc_of(rows[_i].f64), _i);
	ck_assert_str_eq(smccc_name((enum smccc_fn)_i), rows[_i].name);
	for (int j = 0; j < _i; j++)
		ck_assert(rows[j].f32 != rows[_i].f32 || rows[_i].f32 == 0);
}
END_TEST

/* PSCI_FEATURES knows a function of PSCI if its version has it. */
START_TEST(features_tell_what_the_version_has)
{
	static const uint32_t versions[] = {0x10000, 0x10001};
	struct smccc s = firmware();

	for (unsigned v = 0; v < 2; v++) {
		bool has = rows[_i].since != 0 && rows[_i].since <= versions[v] && _i != SMCCC_SYSTEM_SUSPEND;

		s.psci = versions[v];
		if (rows[_i].f32 != 0)
			ck_assert_uint_eq(call(&s, 0x8400000a, rows[_i].f32, 0, 0).x[0], has || _i == SMCCC_VERSION ? 0 : NO);
		if (rows[_i].f64 != 0)
			ck_assert_uint_eq(call(&s, 0x8400000a, rows[_i].f64, 0, 0).x[0], has ? 0 : NO);
	}
	s.psci = 2;
	ck_assert_uint_eq(call(&s, 0x8400000a, 0x84000000, 0, 0).x[0], NO);
}
END_TEST

START_TEST(versions)
{
	struct smccc s = firmware();

	ck_assert_uint_eq(call(&s, 0x84000000, 0, 0, 0).x[0], 0x10001);
	ck_assert_uint_eq(call(&s, 0x80000000, 0, 0, 0).x[0], 0x10001);
	ck_assert_uint_eq(call(&s, 0x84000050, 0, 0, 0).x[0], 0x10000);
	ck_assert_uint_eq(call(&s, 0x84000006, 0, 0, 0).x[0], 2);
	ck_assert_uint_eq(call(&s, 0x8600ff01, 0, 0, 0).x[0], 0xb66fb428);
	s.psci = 2;
	ck_assert_uint_eq(call(&s, 0x84000000, 0, 0, 0).x[0], 2);
	ck_assert_uint_eq(call(&s, 0xc4000012, 0, 0, 0).x[0], NO);
}
END_TEST

START_TEST(cpu_on_starts_what_is_off)
{
	struct smccc s = firmware();
	struct smccc_answer a = call(&s, 0xc4000003, 2, 0x140000000, 7);

	ck_assert_int_eq(a.action, SMCCC_START);
	ck_assert_uint_eq(a.x[0], 0);
	ck_assert_uint_eq(a.vcpu, 2);
	ck_assert_uint_eq(a.entry, 0x140000000);
	ck_assert_uint_eq(a.context, 7);
	/* SMC32 has lower halves. */
	ck_assert_uint_eq(call(&s, 0x84000003, 0xff00000000000003, 0x140000000, 0).entry, 0x40000000);
	on[2] = true;
	a = call(&s, 0xc4000003, 2, 0, 0);
	ck_assert_int_eq(a.action, SMCCC_RETURN);
	ck_assert_uint_eq(a.x[0], (uint64_t)SMCCC_ALREADY_ON);
	ck_assert_uint_eq(call(&s, 0xc4000003, 4, 0, 0).x[0], (uint64_t)SMCCC_INVALID);
	ck_assert_uint_eq(call(&s, 0xc4000003, 1ull << 31, 0, 0).x[0], (uint64_t)SMCCC_INVALID);
}
END_TEST

START_TEST(affinity_info_asks_all_of_a_level)
{
	struct smccc s = firmware();

	ck_assert_uint_eq(call(&s, 0xc4000004, 0, 0, 0).x[0], 0);
	ck_assert_uint_eq(call(&s, 0xc4000004, 1, 0, 0).x[0], 1);
	ck_assert_uint_eq(call(&s, 0xc4000004, 1, 1, 0).x[0], 0); /* vCPU 0 is in the cluster */
	ck_assert_uint_eq(call(&s, 0xc4000004, 9, 0, 0).x[0], (uint64_t)SMCCC_INVALID);
	ck_assert_uint_eq(call(&s, 0xc4000004, 0, 4, 0).x[0], (uint64_t)SMCCC_INVALID);
}
END_TEST

START_TEST(what_ends_goes_to_the_vmm)
{
	struct smccc s = firmware();

	ck_assert_int_eq(call(&s, 0x84000002, 0, 0, 0).action, SMCCC_STOP);
	ck_assert_int_eq(call(&s, 0x84000001, 0, 0, 0).action, SMCCC_WAIT);
	ck_assert_int_eq(call(&s, 0x84000008, 0, 0, 0).action, SMCCC_OFF);
	ck_assert_int_eq(call(&s, 0x84000009, 0, 0, 0).action, SMCCC_RESET);
	ck_assert_int_eq(call(&s, 0x84000012, 0, 0, 0).action, SMCCC_RESET);
	ck_assert_int_eq(call(&s, 0xc4000012, 0x80000000, 0, 0).action, SMCCC_RESET);
	ck_assert_uint_eq(call(&s, 0xc4000012, 1, 0, 0).x[0], (uint64_t)SMCCC_INVALID);
	ck_assert_uint_eq(call(&s, 0xc400000e, 0, 0, 0).x[0], NO);
	s.system_suspend = true;
	ck_assert_int_eq(call(&s, 0xc400000e, 0, 0, 0).action, SMCCC_SUSPEND);
}
END_TEST

START_TEST(workarounds)
{
	struct smccc s = firmware();

	ck_assert_uint_eq(call(&s, 0x80000001, 0x80008000, 0, 0).x[0], 0);
	ck_assert_uint_eq(call(&s, 0x80000001, 0x80007fff, 0, 0).x[0], (uint64_t)-2);
	ck_assert_uint_eq(call(&s, 0x80000001, 0x80003fff, 0, 0).x[0], 0);
	s.ssbs = true;
	ck_assert_uint_eq(call(&s, 0x80000001, 0x80007fff, 0, 0).x[0], NO);
	s.v2 = s.bhb = SMCCC_UNAFFECTED;
	s.v4 = SMCCC_VULNERABLE;
	ck_assert_uint_eq(call(&s, 0x80000001, 0x80008000, 0, 0).x[0], 1);
	ck_assert_uint_eq(call(&s, 0x80000001, 0x80007fff, 0, 0).x[0], NO);
	ck_assert_uint_eq(call(&s, 0x80000001, 0x80003fff, 0, 0).x[0], 1);
	ck_assert(call(&s, 0x80008000, 0, 0, 0).fast);
	ck_assert(!call(&s, 0x80000001, 0, 0, 0).fast);
	ck_assert_uint_eq(call(&s, 0x80000001, 0x12345678, 0, 0).x[0], NO);
}
END_TEST

START_TEST(random_bits_are_as_many_as_asked_for)
{
	struct smccc s = firmware(), t = firmware();
	struct smccc_answer a = call(&s, 0xc4000053, 65, 0, 0);

	ck_assert_uint_eq(a.x[0], 0);
	ck_assert_uint_eq(a.x[1], 0);
	ck_assert_uint_le(a.x[2], 1);
	ck_assert_uint_eq(call(&t, 0xc4000053, 65, 0, 0).x[3], a.x[3]);
	ck_assert_uint_eq(call(&s, 0xc4000053, 193, 0, 0).x[0], (uint64_t)SMCCC_INVALID);
	ck_assert_uint_eq(call(&s, 0x84000053, 97, 0, 0).x[0], (uint64_t)SMCCC_INVALID);
	a = call(&s, 0x84000053, 96, 0, 0);
	ck_assert_uint_le(a.x[1] | a.x[2] | a.x[3], 0xffffffff);
	s.trng = false;
	ck_assert_uint_eq(call(&s, 0x84000050, 0, 0, 0).x[0], NO);
}
END_TEST

START_TEST(unknown_functions_are_not_supported)
{
	struct smccc s = firmware();

	ck_assert_uint_eq(call(&s, 0x84000005, 0, 0, 0).x[0], NO);
	ck_assert_uint_eq(call(&s, 0x4b000000, 0, 0, 0).x[0], NO);
	ck_assert_uint_eq(call(&s, 0, 0, 0, 0).x[0], NO);
	ck_assert_int_eq(call(&s, 0x4b000000, 0, 0, 0).fn, SMCCC_FNS);
	ck_assert_uint_eq(call(&s, 0xc5000021, 0, 0, 0).x[0], NO);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dev_smccc");
	TCase *t = tcase_create("calls");

	tcase_add_loop_test(t, a_row_is_found_by_both_its_numbers, 0, N_ROWS);
	tcase_add_loop_test(t, features_tell_what_the_version_has, 0, N_ROWS);
	tcase_add_test(t, versions);
	tcase_add_test(t, cpu_on_starts_what_is_off);
	tcase_add_test(t, affinity_info_asks_all_of_a_level);
	tcase_add_test(t, what_ends_goes_to_the_vmm);
	tcase_add_test(t, workarounds);
	tcase_add_test(t, random_bits_are_as_many_as_asked_for);
	tcase_add_test(t, unknown_functions_are_not_supported);
	suite_add_tcase(s, t);
	return suite_status(s);
}
