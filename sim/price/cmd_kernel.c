/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/price/cmd_kernel.h"

static cmd_fn *const fns[] = {
#define KERNEL_CMD(name, args, help) cmd_kernel_##name,
#include "sim/app/cmd_kernel.def"
};

int cmd_kernel(int argc, char **argv, struct err *e)
{
	return cmd_dispatch(&cmd_kernel_set, fns, argc, argv, e);
}
