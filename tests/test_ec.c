/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "models/cpu/ec.h"
#include "tests/suite.h"

START_TEST(every_class_is_found_by_number_and_by_name)
{
	for (size_t i = 0; i < ec_count(); i++) {
		const struct ec *row = ec_at(i);

		ck_assert_uint_lt(row->number, 64);
		ck_assert_ptr_eq(ec_by_number(row->number), row);
		ck_assert_msg(ec_by_name(row->name) == row, "%s stands twice", row->name);
		ck_assert_msg(row->meaning[0] != '\0' &&
				      row->meaning[strlen(row->meaning) - 1] != '.',
			      "%s: meaning is one sentence without a full stop", row->name);
	}
}
END_TEST

START_TEST(the_classes_of_common_exits_have_the_kernels_names)
{
	static const struct {
		unsigned number;
		const char *name;
	} known[] = { { 0x00, "UNKNOWN" }, { 0x01, "WFx" },      { 0x16, "HVC64" },
		      { 0x18, "SYS64" },   { 0x20, "IABT_LOW" }, { 0x24, "DABT_LOW" } };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		ck_assert_str_eq(ec_by_number(known[i].number)->name, known[i].name);
}
END_TEST

START_TEST(a_number_or_name_without_a_row_is_null)
{
	ck_assert_ptr_null(ec_by_number(0x3f));
	ck_assert_ptr_null(ec_by_number(64));
	ck_assert_ptr_null(ec_by_name("HVC"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ec");
	TCase *tc = tcase_create("ec");

	tcase_add_test(tc, every_class_is_found_by_number_and_by_name);
	tcase_add_test(tc, the_classes_of_common_exits_have_the_kernels_names);
	tcase_add_test(tc, a_number_or_name_without_a_row_is_null);
	suite_add_tcase(s, tc);
	return suite_status(s);
}
