/* SPDX-License-Identifier: Apache-2.0 */
/* Text of perf script (fields comm, tid or pid, cpu, time, event, trace), with or without --ns and
 * call chains. */
#include "traces/text.h"

bool imp_probe_perf(const char *head, size_t n)
{
	struct text_line first;

	return text_probe(head, n, text_perf, &first);
}

int imp_read_perf(struct imp *im, struct err *e)
{
	return text_read(im, text_perf,
			 "\"task pid [cpu] seconds.fraction: system:event: ...\" (perf record -a "
			 "or --sample-cpu)",
			 e);
}
