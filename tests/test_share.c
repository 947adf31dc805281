/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>

#include "sim/base/share.h"
#include "tests/suite.h"

START_TEST(the_environment_names_the_shipped_files_first)
{
	struct str dir = STR_INIT;

	ck_assert_int_eq(setenv("EL2SIM_SHARE", "/some/where", 1), 0);
	share_dir(&dir, "configs");
	ck_assert_str_eq(str_get(&dir), "/some/where/configs");
	str_free(&dir);
}
END_TEST

START_TEST(an_empty_or_missing_variable_gives_the_configured_folder)
{
	struct str dir = STR_INIT;

	ck_assert_int_eq(_i == 0 ? unsetenv("EL2SIM_SHARE") : setenv("EL2SIM_SHARE", "", 1), 0);
	share_dir(&dir, "traces");
	ck_assert_str_eq(str_get(&dir), EL2SIM_SHARE "/traces");
	str_free(&dir);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("share");
	TCase *c = tcase_create("share");

	tcase_add_test(c, the_environment_names_the_shipped_files_first);
	tcase_add_loop_test(c, an_empty_or_missing_variable_gives_the_configured_folder, 0, 2);
	suite_add_tcase(s, c);
	return suite_status(s);
}
