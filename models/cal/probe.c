/* SPDX-License-Identifier: Apache-2.0 */
#include "models/cal/probe.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/hyp/measured/path_cost.h"
#include "models/hyp/ws/runner.h"

#define HEADING "el2sim-probe 1"

static const struct {
	const char *name;
	size_t member;
	int first, second; /* index; second -1: none */
	unsigned kind;     /* enum exit_kind of a rest */
	double min, max;   /* cycles */
} rows[PROBE_COUNT] = {
#define PROBE(id, member, index, min, max, help)		{ #id, offsetof(struct machine, member), index, -1, EXIT_COUNT, min, max },
#define PROBE_REST(id, kind, member, first, second, min, max, help) { #id, offsetof(struct machine, member), first, second, kind, min, max },
#include "models/cal/probe.def"
};

static int line_of(const char *line, struct probe_log *l, struct err *e)
{
	char name[32], unit[8];
	double v;

	if (sscanf(line, "%31s %lf %7s", name, &v, unit) != 3 || strcmp(unit, "ns") != 0 || !isfinite(v))
		return err_set(e, ERR_INPUT, "\"%.40s\": want an operation and its time, such as \"isb 11.0 ns\"", line);
	for (unsigned p = 0; p < PROBE_COUNT; p++) {
		if (strcmp(rows[p].name, name) != 0)
			continue;
		if (l->ns[p] != 0)
			return err_set(e, ERR_INPUT, "%s a second time: want one run of the probe", name);
		if (v < 0)
			return err_set(e, ERR_INPUT, "%s: %.3f ns: want a time of 0 or more", name, v);
		l->ns[p] = v;
		return 0;
	}
	return err_set(e, ERR_INPUT, "no operation \"%s\" in probe.def: want the output of configs/probe/el0-probe.c", name);
}

int probe_read(const char *path, struct probe_log *l, struct err *e)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	unsigned long n = 0;
	bool head = false;
	size_t room = 0;
	int rc = 0;

	memset(l, 0, sizeof(*l));
	if (f == NULL) {
		(void)err_set(e, ERR_INPUT, "could not be read: %s: want the output of configs/probe/el0-probe.c", strerror(errno));
		return err_at(e, path, 0);
	}
	while (rc == 0 && getline(&line, &room, f) != -1) {
		line[strcspn(line, "\r\n")] = '\0';
		n++;
		if (line[0] == '#')
			continue; /* a note */
		if (!head && strcmp(line, HEADING) != 0)
			rc = err_set(e, ERR_INPUT, "begins with \"%.20s\": want \"" HEADING "\", the output of configs/probe/el0-probe.c", line);
		else if (head && line[0] != '\0' && strncmp(line, "counter ", 8) != 0)
			rc = line_of(line, l, e);
		head = true;
	}
	free(line);
	(void)fclose(f);
	if (rc == 0 && !head) {
		(void)err_set(e, ERR_INPUT, "is empty: want the output of configs/probe/el0-probe.c");
		return err_at(e, path, 0);
	}
	return rc == 0 ? 0 : err_at(e, path, n);
}

const char *probe_option(enum cal_probe p, char buf[static 48])
{
	const char *what = rows[p].member == offsetof(struct machine, op) ? op_cost_name((enum op_cost)rows[p].first)
									  : cost_class_name((enum cost_class)rows[p].first);

	(void)snprintf(buf, 48, "cost.%s%s", rows[p].member == offsetof(struct machine, op)    ? ""
					     : rows[p].member == offsetof(struct machine, mrs) ? "mrs_"
											       : "msr_", what);
	return buf;
}

static int64_t *cost_of(struct machine *m, enum cal_probe p, int index)
{
	return (int64_t *)(void *)((char *)m + rows[p].member) + index;
}

static int64_t milli(double cycles)
{
	return (int64_t)llround(fmax(0, cycles) * 1000);
}

/* Cycles of a kind (a system call that does nothing) beside its exception and return; 0: they are not known. */
static int rest_of(unsigned kind, const struct path_profile *path, const struct switch_options *sw, const struct machine *m,
		   double scale, double cpi, double *cycles, struct err *e)
{
	struct path_cost cost[EXIT_COUNT];
	struct machine bare = *m;
	struct ws_config c;
	struct ws_totals t = { 0 };
	struct ws_prog *p;
	struct runner *r;

	*cycles = 0;
	bare.scale_milli = 1000;
	bare.op[OPCOST_exception] = bare.op[OPCOST_eret] = 0;
	if (path_cost_fill(path, m, cost, e) != 0)
		return -1;
	if (cost[kind].state != PATH_OK)
		return 0;
	switch_config(sw, &bare, &c);
	p = ws_compile(&c, e);
	if (p == NULL)
		return -1;
	r = runner_new(p, true);
	runner_kind(r, runner_vcpu(r, "vm"), (enum exit_kind)kind, &t);
	runner_free(r);
	ws_free(p);
	*cycles = scale * ws_cycles_exact(&t) + cpi * (double)cost[kind].insns;
	return 0;
}

int probe_settle(struct probe_log *l, const struct path_profile *path, const struct switch_options *sw, double scale, double cpi,
		 const struct machine *m, struct err *e)
{
	for (unsigned p = 0; p < PROBE_COUNT; p++) {
		double rest = 0;

		if (rows[p].second < 0 || l->ns[p] == 0)
			continue;
		if (rest_of(rows[p].kind, path, sw, m, scale, cpi, &rest, e) != 0)
			return -1;
		if (rest == 0 || l->ns[p] * (double)m->clock_hz / 1e9 <= rest)
			l->ns[p] = 0;
	}
	return 0;
}

int probe_apply(const struct probe_log *l, const struct path_profile *path, const struct switch_options *sw, double scale, double cpi,
		struct machine *m, struct err *e)
{
	for (unsigned p = 0; p < PROBE_COUNT; p++) {
		double cycles = l->ns[p] * (double)m->clock_hz / 1e9, rest = 0;

		if (cycles == 0)
			continue;
		if (cycles < rows[p].min || cycles > rows[p].max)
			return err_set(e, ERR_INPUT, "probe: %s takes %.1f cycles at [machine] clock, want %.0f to %.0f: is it that machine's clock, and not "
				       "an emulated one?", rows[p].name, cycles, rows[p].min, rows[p].max);
		if (rows[p].second < 0) {
			*cost_of(m, (enum cal_probe)p, rows[p].first) = milli(cycles / scale);
			continue;
		}
		if (rest_of(rows[p].kind, path, sw, m, scale, cpi, &rest, e) != 0)
			return -1;
		*cost_of(m, (enum cal_probe)p, rows[p].first) = milli(fmax(1, (cycles - rest) / 2) / scale);
		*cost_of(m, (enum cal_probe)p, rows[p].second) = milli(fmax(1, (cycles - rest) / 2) / scale);
	}
	return 0;
}
