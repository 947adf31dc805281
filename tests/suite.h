/* SPDX-License-Identifier: Apache-2.0 */
/* What every test's main has. */
#ifndef EL2SIM_TESTS_SUITE_H
#define EL2SIM_TESTS_SUITE_H

#include <check.h>
#include <stdlib.h>

/* Check's limit of 4 s is by the clock, and a busy machine is no fault: CPU time is limited by tests/CMakeLists.txt. */
__attribute__((constructor)) static inline void suite_no_clock(void)
{
	(void)setenv("CK_DEFAULT_TIMEOUT", "0", 0);
}

/* Run a suite; exit status: 0 if all passed. */
static inline int suite_status(Suite *s)
{
	SRunner *r = srunner_create(s);
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}

#endif
