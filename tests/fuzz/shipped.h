/* SPDX-License-Identifier: Apache-2.0 */
/* A shipped configuration, loaded once, for targets that change its program. */
#ifndef EL2SIM_TESTS_FUZZ_SHIPPED_H
#define EL2SIM_TESTS_FUZZ_SHIPPED_H

#include "sim/app/config.h"

static inline const struct config *shipped(void)
{
	static const struct arg_list none = { NULL, 0 };
	static struct config c;
	static bool made;
	struct err e = { ERR_NONE, "" };

	if (!made)
		BUG_ON(config_load(&c, "configs/experiment/linux-6.12-vhe-n1.ini", &none, &e) != 0);
	made = true;
	return &c;
}

#endif
