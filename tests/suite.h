/* SPDX-License-Identifier: Apache-2.0 */
/* The end of every test's main. */
#ifndef EL2SIM_TESTS_SUITE_H
#define EL2SIM_TESTS_SUITE_H

#include <check.h>

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
