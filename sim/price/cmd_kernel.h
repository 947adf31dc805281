/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of `el2sim kernel`. */
#ifndef EL2SIM_PRICE_CMD_KERNEL_H
#define EL2SIM_PRICE_CMD_KERNEL_H

#include "sim/app/command.h"

#define KERNEL_CMD(name, args, help) cmd_fn cmd_kernel_##name;
#include "sim/app/cmd_kernel.def"

cmd_fn cmd_kernel; /* `el2sim kernel`: the one that the first word names */

#endif
