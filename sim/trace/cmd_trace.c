/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/trace/cmd_trace.h"

static cmd_fn *const fns[] = {
#define TRACE_CMD(name, args, help) cmd_trace_##name,
#include "sim/app/cmd_trace.def"
};

int cmd_trace(int argc, char **argv, struct err *e)
{
	return cmd_dispatch(&cmd_trace_set, fns, argc, argv, e);
}
