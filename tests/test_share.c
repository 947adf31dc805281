/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

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

START_TEST(an_empty_or_missing_variable_gives_the_source_folder_of_what_is_not_installed)
{
	struct str dir = STR_INIT;

	ck_assert_int_eq(_i == 0 ? unsetenv("EL2SIM_SHARE") : setenv("EL2SIM_SHARE", "", 1), 0);
	share_dir(&dir, "traces");
	ck_assert_str_eq(str_get(&dir), EL2SIM_SOURCE_DIR "/traces");
	str_free(&dir);
}
END_TEST

START_TEST(a_name_means_a_shipped_file_when_there_is_none_of_that_name_here)
{
	static const char *const names[][2] = {
		{ "experiment/my-kernel.ini", "configs/experiment/my-kernel.ini" },
		{ "configs/experiment/my-kernel.ini", "configs/experiment/my-kernel.ini" },
		{ "traces/samples/linux-6.12-vhe-mixed-4v2p.e2t", "traces/samples/linux-6.12-vhe-mixed-4v2p.e2t" },
	};
	char want[4096];
	struct str path = STR_INIT;

	ck_assert_int_eq(unsetenv("EL2SIM_SHARE"), 0);
	ck_assert_int_eq(chdir("/"), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(want, sizeof(want), "%s/%s", EL2SIM_SOURCE_DIR, names[i][1]);
		ck_assert(share_find(&path, names[i][0]));
		ck_assert_str_eq(str_get(&path), want);
	}
	ck_assert(!share_find(&path, "experiment/none.ini"));
	ck_assert_str_eq(str_get(&path), "experiment/none.ini");
	ck_assert(!share_find(&path, "/experiment/my-kernel.ini"));
	str_free(&path);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("share");
	TCase *c = tcase_create("share");

	tcase_add_test(c, the_environment_names_the_shipped_files_first);
	tcase_add_loop_test(c, an_empty_or_missing_variable_gives_the_source_folder_of_what_is_not_installed, 0, 2);
	tcase_add_test(c, a_name_means_a_shipped_file_when_there_is_none_of_that_name_here);
	suite_add_tcase(s, c);
	return suite_status(s);
}
