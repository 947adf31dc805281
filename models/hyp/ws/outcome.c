/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/ws/outcome.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/hyp/ws/runner.h"
#include "sim/base/num.h"

#define NAME(id, name, help) name,
#define HELP(id, name, help) help,

const char *outcome_time_name(enum outcome_time t)
{
	static const char *const names[TIME_COUNT] = { OUTCOME_TIMES(NAME) };

	return names[t];
}

const char *outcome_time_help(enum outcome_time t)
{
	static const char *const help[TIME_COUNT] = { OUTCOME_TIMES(HELP) };

	return help[t];
}

const char *outcome_latency_name(enum outcome_latency l)
{
	static const char *const names[LAT_COUNT] = { OUTCOME_LATENCIES(NAME) };

	return names[l];
}

void outcome_init(struct outcome *o, const struct ws_prog *p)
{
	memset(o, 0, sizeof(*o));
	o->prog = p;
}

void outcome_free(struct outcome *o)
{
	if (o->clock != NULL) {
		free(o->clock->pcpu);
		free(o->clock->cls);
		free(o->clock->setup);
		free(o->clock);
	}
	for (size_t i = 0; i < o->n_guests; i++) {
		struct outcome_guest *g = &o->guest[i];

		free(g->image);
		free(g->format);
		free(g->core);
		free(g->models);
		free(g->features);
		free(g->end);
		free(g->tell);
		free(g->console);
		for (size_t k = 0; k < g->n_sites; k++)
			free((char *)(uintptr_t)g->site[k].function);
		free(g->site);
	}
	free(o->guest);
	free(o->vcpu);
	free(o->exec);
	vflag_tally_free(&o->flags);
	memset(o, 0, sizeof(*o));
}

struct outcome_clock *outcome_clock(struct outcome *o, uint64_t hz, unsigned n_cpu)
{
	struct outcome_clock *c = xcalloc(1, sizeof(*c));

	c->hz = hz;
	c->n_cpu = n_cpu;
	c->pcpu = xcalloc(n_cpu, sizeof(*c->pcpu));
	o->clock = c;
	return c;
}

void outcome_room(struct outcome *o, size_t n_vcpu)
{
	if (n_vcpu <= o->room_vcpu)
		return;
	o->vcpu = xrealloc(o->vcpu, n_vcpu * sizeof(*o->vcpu));
	memset(o->vcpu + o->room_vcpu, 0, (n_vcpu - o->room_vcpu) * sizeof(*o->vcpu));
	o->room_vcpu = n_vcpu;
}

struct outcome_vcpu *outcome_vcpu(struct outcome *o)
{
	if (o->n_vcpu == o->room_vcpu)
		outcome_room(o, o->room_vcpu != 0 ? 2 * o->room_vcpu : 8);
	return &o->vcpu[o->n_vcpu++];
}

void outcome_restart(struct outcome *o)
{
	struct outcome clean = { .prog = o->prog, .vcpu = o->vcpu, .n_vcpu = o->n_vcpu, .room_vcpu = o->room_vcpu,
				 .clock = o->clock };

	for (size_t v = 0; v < o->n_vcpu; v++) {
		struct outcome_vcpu *c = &o->vcpu[v], kept = *c;

		*c = (struct outcome_vcpu){ .pid = kept.pid, .number = kept.number, .vm = kept.vm, .cls = kept.cls };
		memcpy(c->vm_name, kept.vm_name, sizeof(c->vm_name));
	}
	*o = clean;
}

/* ---- the end ---- */

void outcome_mark(struct outcome_mark *m, const struct outcome *o, const struct runner *r)
{
	outcome_mark_free(m);
	m->exec = xcalloc(o->prog->n + 1, sizeof(*m->exec));
	runner_exec(r, m->exec);
	runner_flags(r, &m->flags);
}

void outcome_mark_free(struct outcome_mark *m)
{
	free(m->exec);
	vflag_tally_free(&m->flags);
	memset(m, 0, sizeof(*m));
}

void outcome_end(struct outcome *o, const struct runner *r, const struct outcome_mark *since)
{
	size_t n;

	o->exec = xcalloc(o->prog->n + 1, sizeof(*o->exec));
	runner_exec(r, o->exec);
	runner_flags(r, &o->flags);
	if (since != NULL && since->exec != NULL) {
		(void)vflag_sites(&n);
		for (size_t i = 0; i < o->prog->n; i++)
			o->exec[i] -= since->exec[i];
		for (size_t i = 0; i < n; i++)
			o->flags.runs[i] -= since->flags.runs[i];
	}
	account_of(o->prog, o->exec, &o->account);
}

/* ---- conservation ---- */

static int differ(struct err *e, const char *what, uint64_t got, uint64_t want)
{
	return err_set(e, ERR_MODEL, "conservation: %s: %llu, want %llu: this is a fault of el2sim, please report it", what,
		       (unsigned long long)got, (unsigned long long)want);
}

static int same(const struct ws_totals *got, const struct ws_totals *want, const char *what, struct err *e)
{
	return memcmp(got, want, sizeof(*got)) == 0 ? 0 : differ(e, what, got->cycles, want->cycles);
}

static int check_totals(const struct outcome *o, struct err *e)
{
	struct ws_totals phases = { 0 }, kinds = o->idle, vcpus = o->idle;
	uint64_t cycles = 0, milli = 0, entries = 0;

	for (unsigned p = 0; p < PHASE_COUNT; p++)
		ws_totals_sum(&phases, &o->phase[p]);
	for (unsigned k = 0; k < EXIT_COUNT; k++)
		ws_totals_sum(&kinds, &o->kind[k].totals);
	ws_totals_sum(&kinds, &o->unfinished);
	for (size_t v = 0; v < o->n_vcpu; v++) {
		ws_totals_sum(&vcpus, &o->vcpu[v].totals);
		entries += o->vcpu[v].n.entries;
	}
	for (size_t i = 0; i < o->prog->n; i++)
		ws_cycles_add(&cycles, &milli, o->prog->op[i].cycles, o->prog->op[i].milli, o->exec[i]);
	if (same(&phases, &o->total, "cycles of all phases", e) != 0 ||
	    same(&kinds, &o->total, "cycles of all exit kinds", e) != 0 ||
	    same(&vcpus, &o->total, "cycles of all vCPUs", e) != 0)
		return -1;
	if (cycles != o->total.cycles || milli != o->total.milli)
		return differ(e, "cycles of all ops", cycles, o->total.cycles);
	return entries == o->n.entries ? 0 : differ(e, "entries of all vCPUs", entries, o->n.entries);
}

static int check_time(const uint64_t *time, uint64_t end, const char *whose, size_t i, struct err *e)
{
	uint64_t sum = 0;
	char what[40];

	for (unsigned t = 0; t < TIME_COUNT; t++)
		sum += time[t];
	if (sum == end)
		return 0;
	(void)snprintf(what, sizeof(what), "cycles of %s %zu", whose, i);
	return differ(e, what, sum, end);
}

static int check_times(const struct outcome *o, struct err *e)
{
	const struct outcome_clock *c = o->clock;

	for (unsigned i = 0; i < c->n_cpu; i++) {
		if (check_time(c->pcpu[i], c->end, "pCPU", i, e) != 0)
			return -1;
	}
	for (size_t v = 0; v < o->n_vcpu; v++) {
		if (check_time(o->vcpu[v].time, c->end, "vCPU", v, e) != 0)
			return -1;
	}
	return 0;
}

int outcome_check(const struct outcome *o, struct err *e)
{
	if (o->clock != NULL && check_times(o, e) != 0)
		return -1;
	return check_totals(o, e);
}

static u128 pcpu_time(const struct outcome *o, enum outcome_time t)
{
	u128 sum = 0;

	for (unsigned i = 0; i < o->clock->n_cpu; i++)
		sum += o->clock->pcpu[i][t];
	return sum;
}

static u128 vcpu_time(const struct outcome *o, enum outcome_time t)
{
	u128 sum = 0;

	for (size_t v = 0; v < o->n_vcpu; v++)
		sum += o->vcpu[v].time[t];
	return sum;
}

uint64_t outcome_pcpu_time(const struct outcome *o, enum outcome_time t)
{
	return num_u64(pcpu_time(o, t));
}

uint64_t outcome_vcpu_time(const struct outcome *o, enum outcome_time t)
{
	return num_u64(vcpu_time(o, t));
}

/* Of n CPUs that were there for as long as the run; a tenth of a percent is the finest of their sum. */
static int64_t share(const struct outcome *o, u128 time, uint64_t n)
{
	return o->clock->end != 0 && n != 0 ? (int64_t)(time * 1000 / o->clock->end * 100 / n) : 0;
}

int64_t outcome_pcpu_share(const struct outcome *o, enum outcome_time t)
{
	return share(o, pcpu_time(o, t), o->clock->n_cpu);
}

int64_t outcome_vcpu_share(const struct outcome *o, enum outcome_time t)
{
	return share(o, vcpu_time(o, t), o->n_vcpu);
}
