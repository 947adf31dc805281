/* SPDX-License-Identifier: Apache-2.0 */
#include "models/cal/perfstat.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A number with commas in it, or before one. */
static double number(const char *line)
{
	char digits[32];
	size_t n = 0;

	for (line += strspn(line, " \t"); (isdigit((unsigned char)*line) || *line == ',' || *line == '.') && n < sizeof(digits) - 1; line++) {
		if (*line != ',')
			digits[n++] = *line;
	}
	digits[n] = '\0';
	return n != 0 ? strtod(digits, NULL) : -1;
}

static int line_of(const char *line, struct perf_stat *s, struct err *e)
{
	const char *insns = strstr(line, "instructions"), *cycles = strstr(line, "cycles"), *event = insns != NULL ? insns : cycles, *colon;
	double *to = insns != NULL ? &s->insns : &s->cycles, v;

	if (event == NULL || line[strspn(line, " \t")] == '#' || strstr(line, "stats for") != NULL)
		return 0;
	v = number(line);
	if (!(v > 0))
		return err_set(e, ERR_INPUT, "\"%.40s\": not counted: want a counter that runs (perf stat on the host, as root)", line);
	if (*to != 0)
		return err_set(e, ERR_INPUT, "%s a second time: want one perf stat, of one test", insns != NULL ? "instructions" : "cycles");
	*to = v;
	colon = event + strcspn(event, ":, \t");
	s->user = s->user || *colon != ':' || memchr(colon, 'u', strcspn(colon, ", \t")) != NULL;
	return 0;
}

int perf_stat_read(const char *path, struct perf_stat *s, struct err *e)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	unsigned long n = 0;
	size_t room = 0;
	int rc = 0;

	memset(s, 0, sizeof(*s));
	if (f == NULL) {
		(void)err_set(e, ERR_INPUT, "could not be read: %s: want the output of perf stat", strerror(errno));
		return err_at(e, path, 0);
	}
	while (rc == 0 && getline(&line, &room, f) != -1) {
		line[strcspn(line, "\r\n")] = '\0';
		n++;
		rc = line_of(line, s, e);
	}
	free(line);
	(void)fclose(f);
	if (rc != 0)
		return err_at(e, path, n);
	if (s->insns == 0) {
		(void)err_set(e, ERR_INPUT, "no instructions: want the output of perf stat -e instructions:h,cycles:h");
		return err_at(e, path, 0);
	}
	return 0;
}

int perf_stat_apply(const struct perf_stat *s, double times, enum cal_bench b, struct cal_counts *c, struct err *e)
{
	struct cal_count *n = &c->of[b];
	const double each = s->insns / times;

	if (!n->known)
		return err_set(e, ERR_INPUT, "perf of %s: %s", cal_bench_row(b)->name, n->why);
	if (each <= n->modelled)
		return err_set(e, ERR_INPUT, "perf of %s: %.0f instructions an iteration, and the switch alone has %.0f: want the host's and the "
			       "hypervisor's, of all %.0f iterations", cal_bench_row(b)->name, each, n->modelled, times);
	n->insns = each - n->modelled;
	if (s->user)
		n->user = 0; /* the VMM is measured, too */
	return 0;
}
