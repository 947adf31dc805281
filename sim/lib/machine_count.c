/* SPDX-License-Identifier: Apache-2.0 */
/* Counters of an embedded machine: one row each, of the machine and its parts. */
#include <string.h>

#include "sim/lib/machine_impl.h"
#include "sim/base/str.h"

enum counter_from { FROM_COUNTS, FROM_TOTALS, FROM_CYCLES, FROM_TIMES };

static const struct {
	const char *name;
	enum counter_from from;
	size_t at; /* offset, or index */
} counters[] = {
#define X(id, title, help) {#id, FROM_COUNTS, offsetof(struct outcome_counts, id)},
	OUTCOME_COUNTS(X)
#undef X
#define COUNTER(id, key, ...) {#key, FROM_TOTALS, CNT_##id},
#include "models/hyp/kvm/counters.def"
		{"cycles", FROM_CYCLES, 0},
#define X(id, name, help) {"cycles_" name, FROM_TIMES, TIME_##id},
	OUTCOME_TIMES(X)
#undef X
};

#define N_COUNTERS (sizeof(counters) / sizeof(counters[0]))

const char *el2sim_counter_name(unsigned i)
{
	return i < N_COUNTERS ? counters[i].name : NULL;
}

/* What a scope's numbers are made of: counts and totals are NULL for pCPUs. */
struct numbers {
	const struct outcome_counts *n;
	const struct ws_totals *totals;
	const uint64_t *time;
};

static uint64_t number(const struct numbers *x, unsigned i)
{
	switch (counters[i].from) {
	case FROM_COUNTS: {
		uint64_t v;

		memcpy(&v, (const char *)x->n + counters[i].at, sizeof(v));
		return v;
	}
	case FROM_TOTALS:
		return x->totals->n[counters[i].at];
	case FROM_CYCLES:
		return x->totals->cycles;
	case FROM_TIMES:
		return x->time[counters[i].at];
	}
	BUG("unknown source of a counter");
}

static uint64_t sum_of_vcpus(const struct outcome *o, unsigned vm, unsigned i)
{
	uint64_t sum = 0;

	for (size_t k = 0; k < o->n_vcpu; k++) {
		const struct outcome_vcpu *v = &o->vcpu[k];

		if (v->vm == vm || vm == EL2SIM_ALL)
			sum += number(&(struct numbers){&v->n, &v->totals, v->time}, i);
	}
	return sum;
}

static uint64_t machine_time(const struct outcome *o, unsigned i)
{
	enum outcome_time t = (enum outcome_time)counters[i].at;

	return t == TIME_BLOCKED || t == TIME_STEAL ? outcome_vcpu_time(o, t) : outcome_pcpu_time(o, t);
}

int el2sim_count(const struct el2sim *m, enum el2sim_scope scope, unsigned index, const char *name,
		 uint64_t *value, struct el2sim_error *e)
{
	const struct outcome *s = m->job.engine != NULL ? m->job.engine->out : NULL;
	const char *names[N_COUNTERS];
	struct err why;
	unsigned i;

	for (i = 0; i < N_COUNTERS && strcmp(name, counters[i].name) != 0; i++)
		names[i] = counters[i].name;
	if (i == N_COUNTERS) {
		(void)err_unknown(&why, ERR_USAGE, name, names, N_COUNTERS, "el2sim_counter_name has the names",
				  "no counter \"%.60s\"", name);
		return machine_error(e, &why);
	}
	if (m->replay && counters[i].from == FROM_TIMES)
		return machine_simulates(m, "el2sim_count: cycles_*", e);
	if (s == NULL || index >= el2sim_size(m, scope))
		return machine_usage(e, "el2sim_count: index %u: want less than %u", index,
				     el2sim_size(m, scope));
	if (scope == EL2SIM_PCPU && counters[i].from != FROM_TIMES)
		return machine_usage(e, "a pCPU does not count %s: want one of cycles_*", name);
	if (scope == EL2SIM_PCPU)
		*value = s->clock->pcpu[index][counters[i].at];
	else if (scope == EL2SIM_VCPU)
		*value = number(&(struct numbers){&s->vcpu[index].n, &s->vcpu[index].totals,
						  s->vcpu[index].time},
				i);
	else if (scope == EL2SIM_VM)
		*value = sum_of_vcpus(s, index, i);
	else if (counters[i].from == FROM_TIMES)
		*value = machine_time(s, i);
	else
		*value = number(&(struct numbers){&s->n, &s->total, NULL}, i);
	return 0;
}

/* VMs of the vCPUs so far. */
static unsigned vms_of(const struct outcome *o)
{
	unsigned n = 0;

	for (size_t v = 0; v < o->n_vcpu; v++)
		n = o->vcpu[v].vm + 1 > n ? o->vcpu[v].vm + 1 : n;
	return n;
}

unsigned el2sim_size(const struct el2sim *m, enum el2sim_scope scope)
{
	const struct outcome *o = m->job.engine != NULL ? m->job.engine->out : NULL;

	if (o == NULL)
		return 0;
	switch (scope) {
	case EL2SIM_MACHINE:
		return 1;
	case EL2SIM_VM:
		return o->clock != NULL ? (unsigned)o->clock->vms : vms_of(o);
	case EL2SIM_VCPU:
		return m->job.smp != NULL ? m->job.smp->n_vcpu : (unsigned)o->n_vcpu;
	case EL2SIM_PCPU:
		return o->clock != NULL ? o->clock->n_cpu : 0;
	}
	return 0;
}

unsigned el2sim_vm_of(const struct el2sim *m, unsigned vcpu)
{
	if (vcpu >= el2sim_size(m, EL2SIM_VCPU))
		return EL2SIM_ALL;
	return m->job.smp != NULL ? m->job.smp->vcpu[vcpu].vm : m->job.engine->out->vcpu[vcpu].vm;
}
