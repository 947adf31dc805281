/* SPDX-License-Identifier: Apache-2.0 */
/* Text of /sys/kernel/tracing/trace; it starts with the tracer's name. */
#include <string.h>

#include "traces/text.h"

bool imp_probe_tracefs(const char *head, size_t n)
{
	return n >= 9 && memcmp(head, "# tracer:", 9) == 0;
}

int imp_read_tracefs(struct imp *im, struct err *e)
{
	return text_read(im, text_ftrace, "\"task-pid [cpu] flags seconds.fraction: event: ...\"",
			 e);
}
