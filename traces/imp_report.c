/* SPDX-License-Identifier: Apache-2.0 */
/* Text of trace-cmd report, with or without -N, -l, -t, -R. */
#include <string.h>

#include "traces/text.h"

bool imp_probe_report(const char *head, size_t n)
{
	struct text_line first;

	return (n >= 5 && memcmp(head, "cpus=", 5) == 0) ||
	       text_probe(head, n, text_ftrace, &first);
}

int imp_read_report(struct imp *im, struct err *e)
{
	return text_read(im, text_ftrace, "\"task-pid [cpu] seconds.fraction: event: ...\"", e);
}
