/* SPDX-License-Identifier: Apache-2.0 */
/* Devices of an embedded machine: who gets an access, how long it took. */
#include <string.h>

#include "sim/lib/machine_impl.h"

#define DIRECTIONS (EL2SIM_READ | EL2SIM_WRITE)
#define PLACES     (EL2SIM_IN_KERNEL | EL2SIM_IN_VMM)

static struct smp_vcpu *vcpu_of(struct el2sim *m, unsigned vcpu)
{
	return &m->job.smp->vcpu[vcpu];
}

/* ---- accesses ---- */

static bool takes(const struct el2sim_device *d, const struct smp_access *a)
{
	return (d->vm == EL2SIM_ALL || d->vm == a->v->vm) &&
	       (d->accesses & (a->write ? EL2SIM_WRITE : EL2SIM_READ)) != 0 &&
	       (d->accesses & (a->vmm ? EL2SIM_IN_VMM : EL2SIM_IN_KERNEL)) != 0;
}

static bool has(const struct el2sim_device *d, uint64_t address)
{
	return address >= d->base && address - d->base < d->size;
}

/* The device that has the address, if the guest tells one, else one of those that take it, by weight; EL2SIM_ALL: none. */
static unsigned choose(const struct el2sim *m, const struct smp_access *a)
{
	const struct guest_act *act = a->v->act;
	uint64_t sum = 0, at;

	for (unsigned i = 0; act != NULL && act->located && i < m->n_devices; i++) {
		if (takes(&m->device[i]->d, a) && has(&m->device[i]->d, act->address))
			return i;
	}
	for (unsigned i = 0; i < m->n_devices; i++)
		sum += takes(&m->device[i]->d, a) ? m->device[i]->d.weight : 0;
	if (sum == 0)
		return EL2SIM_ALL;
	at = guest_below(&a->v->guest, STREAM_MMIO, sum);
	for (unsigned i = 0;; i++) {
		uint64_t w = takes(&m->device[i]->d, a) ? m->device[i]->d.weight : 0;

		if (at < w)
			return i;
		at -= w;
	}
}

static struct el2sim_access make_access(struct el2sim *m, const struct smp_access *a, unsigned i)
{
	const struct el2sim_device *d = &m->device[i]->d;
	const struct guest_act *act = a->v->act;
	struct guest *g = &a->v->guest;
	uint64_t place, data;

	if (act != NULL && act->located && has(d, act->address)) {
		place = (act->address - d->base) / d->access_size;
		data = act->data;
	} else {
		place = guest_below(g, STREAM_MMIO, d->size / d->access_size);
		data = guest_below(g, STREAM_MMIO, UINT64_MAX);
	}
	return (struct el2sim_access){
		.address = d->base + place * d->access_size,
		.data = a->write ? data & (UINT64_MAX >> (64 - 8 * d->access_size)) : 0,
		.size = d->access_size,
		.write = a->write,
		.vmm = a->vmm,
		.vcpu = a->v->id,
		.vm = a->v->vm,
		.pcpu = a->v->cpu->id,
		.device = i,
		.exit_kind = exit_row(a->kind)->name};
}

/* Cycles from now on to the first one at or after ps more; SMP_UNANSWERED if the run ends before.
 */
static uint64_t cycles_of(const struct el2sim *m, uint64_t ps)
{
	const struct smp *s = m->job.smp;
	uint64_t now = sk_now(&s->k);

	if (ps > m->end - now)
		return SMP_UNANSWERED;
	return clk_next_cycle(&s->clk, now + ps) - smp_now(s);
}

static void took(const struct el2sim *m, struct machine_access *x, uint64_t ps)
{
	x->device->answered++;
	hist_add(&x->device->takes, sk_now(&m->job.smp->k) - x->since + ps);
}

static uint64_t on_access(void *ctx, const struct smp_access *a)
{
	struct el2sim *m = ctx;
	struct machine_access *x = &m->access[a->v->id];
	unsigned i = choose(m, a);
	struct el2sim_access access;
	uint64_t ps, cycles;

	*x = (struct machine_access){NULL, sk_now(&m->job.smp->k)};
	if (i == EL2SIM_ALL)
		return 0;
	access = make_access(m, a, i);
	x->device = m->device[i];
	x->device->reads += !a->write;
	x->device->writes += a->write;
	m->asking = x;
	ps = x->device->d.access(x->device->d.ctx, m, &access);
	m->asking = NULL;
	if (ps == EL2SIM_LATER)
		return SMP_UNANSWERED;
	cycles = cycles_of(m, ps);
	if (cycles == SMP_UNANSWERED)
		return cycles;
	took(m, x, ps);
	return cycles;
}

static void on_handled(void *ctx, const struct smp_at *at, enum exit_kind kind, uint64_t since)
{
	struct el2sim *m = ctx;
	struct machine_access *x = &m->access[at->vcpu];

	(void)kind;
	if (x->device == NULL)
		return;
	hist_add(&x->device->handled, smp_ns(m->job.smp, at->time - since));
	x->device = NULL;
}

int el2sim_answer(struct el2sim *m, unsigned vcpu, uint64_t ps, struct el2sim_error *e)
{
	uint64_t cycles;

	if (machine_simulates(m, "el2sim_answer", e) != 0)
		return -1;
	if (m->stage != STAGE_RUN)
		return machine_usage(e, "el2sim_answer: want it between the first el2sim_run_until "
					"and el2sim_finish");
	if (machine_vcpu(m, vcpu, e) != 0)
		return -1;
	if (m->asking == &m->access[vcpu])
		return machine_usage(
			e, "el2sim_answer: from within the access: want its latency returned");
	cycles = cycles_of(m, ps);
	if (cycles == SMP_UNANSWERED ? vcpu_of(m, vcpu)->dev_until != SK_NEVER
				     : !smp_answer(vcpu_of(m, vcpu), cycles))
		return machine_usage(e, "el2sim_answer: vCPU %u waits for no device", vcpu);
	if (cycles != SMP_UNANSWERED)
		took(m, &m->access[vcpu], ps);
	return 0;
}

/* ---- devices ---- */

static void fill_defaults(struct el2sim_device *d)
{
	if (d->access_size == 0)
		d->access_size = 4;
	if (d->weight == 0)
		d->weight = 1;
	if ((d->accesses & DIRECTIONS) == 0)
		d->accesses |= DIRECTIONS;
	if ((d->accesses & PLACES) == 0)
		d->accesses |= PLACES;
}

static int check_device(const struct el2sim *m, const struct el2sim_device *d,
			struct el2sim_error *e)
{
	const unsigned known = DIRECTIONS | PLACES;
	const char *name = d->name;

	if (d->access == NULL)
		return machine_usage(e, "device %s: no function for its accesses", name);
	if ((d->accesses & ~known) != 0)
		return machine_usage(
			e, "device %s: accesses with 0x%x: want bits of enum el2sim_accesses", name,
			d->accesses & ~known);
	if (d->access_size > 8 || (d->access_size & (d->access_size - 1)) != 0)
		return machine_usage(e, "device %s: accesses of %u bytes: want 1, 2, 4 or 8", name,
				     d->access_size);
	if (d->size < d->access_size || d->base % d->access_size != 0 ||
	    d->size - 1 > UINT64_MAX - d->base)
		return machine_usage(e,
				     "device %s: 0x%llx bytes at 0x%llx: want room for an aligned "
				     "access of %u bytes below 2^64",
				     name, (unsigned long long)d->size, (unsigned long long)d->base,
				     d->access_size);
	if (d->vm != EL2SIM_ALL && d->vm >= el2sim_size(m, EL2SIM_VM))
		return machine_usage(e, "device %s: VM %u: want one of 0..%u, or EL2SIM_ALL", name,
				     d->vm, el2sim_size(m, EL2SIM_VM) - 1);
	for (unsigned i = 0; i < m->n_devices; i++) {
		const struct el2sim_device *o = &m->device[i]->d;
		bool both = o->vm == d->vm || o->vm == EL2SIM_ALL || d->vm == EL2SIM_ALL;

		if (both && d->base <= o->base + (o->size - 1) &&
		    o->base <= d->base + (d->size - 1))
			return machine_usage(e, "device %s at 0x%llx: %s is there already", name,
					     (unsigned long long)d->base, o->name);
	}
	return 0;
}

int el2sim_add_device(struct el2sim *m, const struct el2sim_device *d, struct el2sim_error *e)
{
	struct el2sim_device full = *d;
	struct machine_device *x;

	full.name = d->name != NULL ? d->name : "";
	fill_defaults(&full);
	if (machine_stage(m, STAGE_BUILT, STAGE_BUILT, "el2sim_add_device", e) != 0 ||
	    machine_simulates(m, "el2sim_add_device", e) != 0 || check_device(m, &full, e) != 0)
		return -1;
	x = xcalloc(1, sizeof(*x));
	x->d = full;
	x->d.name = xstrdup(full.name);
	m->device = xrealloc(m->device, (m->n_devices + 1) * sizeof(struct machine_device *));
	m->device[m->n_devices++] = x;
	if (m->n_devices == 1) {
		m->bus = (struct smp_bus){m, on_access};
		m->job.smp->bus = &m->bus;
		m->exits = (struct watch){.ctx = m, .handled = on_handled};
		smp_watch(m->job.smp, &m->exits);
	}
	return 0;
}

void machine_devices_free(struct el2sim *m)
{
	for (unsigned i = 0; i < m->n_devices; i++) {
		free((char *)m->device[i]->d.name);
		free(m->device[i]);
	}
	free(m->device);
	free(m->access);
}

/* ---- report ---- */

void machine_devices(const struct el2sim *m, struct rep *r)
{
	const struct rep_col cols[] = {
		{.key = "device", .type = REP_STR},
		{.key = "vm", .title = "VM", .type = REP_STR},
		{.key = "reads", .type = REP_U64, .sparse = true},
		{.key = "writes", .type = REP_U64, .sparse = true},
		{.key = "unanswered", .type = REP_U64, .sparse = true},
		{.key = "takes_mean",
		 .title = "takes, mean",
		 .type = REP_FIX,
		 .unit = "ns",
		 .decimals = 3},
		{.key = "takes_max", .title = "max", .type = REP_FIX, .unit = "ns", .decimals = 3},
		{.key = "handling_mean", .title = "handling, mean", .type = REP_U64, .unit = "ns"},
		{.key = "handling_p50", .title = "p50", .type = REP_U64, .unit = "ns"},
		{.key = "handling_max", .title = "max", .type = REP_U64, .unit = "ns"},
	};
	struct rep_table *t;

	if (m->n_devices == 0)
		return;
	t = rep_table(r, "devices", "Devices", cols, sizeof(cols) / sizeof(cols[0]));
	for (unsigned i = 0; i < m->n_devices; i++) {
		const struct machine_device *x = m->device[i];

		rep_str(t, x->d.name);
		if (x->d.vm == EL2SIM_ALL)
			rep_str(t, "all");
		else
			rep_strf(t, "%u", x->d.vm);
		rep_u64(t, x->reads);
		rep_u64(t, x->writes);
		rep_u64(t, x->reads + x->writes - x->answered);
		rep_fix(t, (int64_t)hist_mean(&x->takes));
		rep_fix(t, (int64_t)x->takes.max);
		rep_u64(t, hist_mean(&x->handled));
		rep_u64(t, hist_quantile(&x->handled, hist_quantile_share(HIST_P50)));
		rep_u64(t, x->handled.max);
	}
	rep_note(
		r,
		"devices: what an access takes is part of its exit's handling, which goes from the "
		"exit to the next entry, with sleep and waiting for a pCPU");
}
