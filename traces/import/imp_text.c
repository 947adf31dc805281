/* SPDX-License-Identifier: Apache-2.0 */
/* The importers whose work text_read does. */
#include <string.h>

#include "traces/import/text.h"

/* Text of perf script, with or without --ns and call chains. */
bool imp_probe_perf(const char *head, size_t n)
{
	return text_probe(head, n, text_perf);
}

int imp_read_perf(struct imp *im, struct err *e)
{
	return text_read(im, text_perf, e);
}

/* Text of /sys/kernel/tracing/trace; it starts with the tracer's name. */
bool imp_probe_tracefs(const char *head, size_t n)
{
	return n >= 9 && memcmp(head, "# tracer:", 9) == 0;
}

int imp_read_tracefs(struct imp *im, struct err *e)
{
	return text_read(im, text_ftrace, e);
}

/* Text of trace-cmd report. */
bool imp_probe_report(const char *head, size_t n)
{
	return (n >= 5 && memcmp(head, "cpus=", 5) == 0) || text_probe(head, n, text_ftrace);
}

int imp_read_report(struct imp *im, struct err *e)
{
	return text_read(im, text_ftrace, e);
}

/* Text of remotes/hypervisor/trace. */
bool imp_probe_hyp(const char *head, size_t n)
{
	return text_probe(head, n, text_hyp);
}

int imp_read_hyp(struct imp *im, struct err *e)
{
	return text_read(im, text_hyp, e);
}

int imp_read_text(struct imp *im, struct err *e)
{
	return text_read(im, NULL, e);
}
