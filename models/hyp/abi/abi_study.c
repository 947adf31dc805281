/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/abi/abi_study.h"

#include <string.h>

#include "sim/base/num.h"

static void add_par(struct abi_par_result *to, const struct abi_par_result *p)
{
	to->cycles += p->cycles;
	to->wait += p->wait;
	to->waits += p->waits;
	to->acquisitions += p->acquisitions;
	to->longest = p->longest > to->longest ? p->longest : to->longest;
}

/* Calls of a vCPU that scope can remove: how much shorter the flow is once all is scoped. */
static int count_shared(const struct abi_study *s, enum abi_vmm vmm, enum abi_flow flow, struct abi_row *row,
			struct err *e)
{
	struct abi_flow_result plain, all;

	if (abi_flow_record(s->host, s->features, vmm, flow, ABI_VARIANT_NONE, &plain, e) != 0)
		return -1;
	if (abi_flow_record(s->host, s->features, vmm, flow, ABI_VARIANT_ALL, &all, e) != 0) {
		abi_flow_free(&plain);
		return -1;
	}
	row->shared_calls += plain.other.n - all.other.n;
	abi_flow_free(&plain);
	abi_flow_free(&all);
	return 0;
}

/* Adds one half of a migration, or the whole of another flow. */
static int add_flow(const struct abi_study *s, enum abi_vmm vmm, enum abi_flow flow, enum abi_variant variant,
		    unsigned n, struct abi_row *row, struct err *e)
{
	struct abi_flow_result r;
	struct abi_flow_totals t;
	struct abi_script first, other;
	struct abi_par_result par;
	int rc;

	if (count_shared(s, vmm, flow, row, e) != 0)
		return -1;
	if (abi_flow_record(s->host, s->features, vmm, flow, variant, &r, e) != 0)
		return -1;
	first = abi_script_of(&r.first, s->price);
	other = abi_script_of(&r.other, s->price);
	t = abi_flow_totals(&r, n);
	row->total.calls += t.calls;
	row->total.failed += t.failed;
	row->total.bytes += t.bytes;
	row->total.items += t.items;
	row->insns += first.insns + (uint64_t)(n - 1) * other.insns;
	row->serial += first.cycles + (uint64_t)(n - 1) * other.cycles;
	row->first += first.cycles;
	row->slope += other.cycles;
	row->calls_per_vcpu += r.other.n;
	row->registers = r.registers;
	row->shared = r.shared;
	rc = abi_par_run(&first, &other, n, s->pcpus, &par, e);
	if (rc == 0)
		add_par(&row->par, &par);
	free(first.v);
	free(other.v);
	abi_flow_free(&r);
	return rc;
}

int abi_study_row(const struct abi_study *s, enum abi_vmm vmm, enum abi_flow flow, enum abi_variant variant,
		  unsigned n, struct abi_row *row, struct err *e)
{
	memset(row, 0, sizeof(*row));
	if (flow != ABI_FLOW_MIGRATE)
		return add_flow(s, vmm, flow, variant, n, row, e);
	if (add_flow(s, vmm, ABI_FLOW_SAVE, variant, n, row, e) != 0)
		return -1;
	return add_flow(s, vmm, ABI_FLOW_RESTORE, variant, n, row, e);
}

int64_t abi_saved(const struct abi_row *base, const struct abi_row *row)
{
	if (base->total.calls == 0)
		return 0;
	return num_signed_ratio((i128)base->total.calls - row->total.calls, 100000, (int64_t)base->total.calls);
}

int64_t abi_ceiling(const struct abi_row *base, unsigned n)
{
	if (base->total.calls == 0)
		return 0;
	return num_ratio(num_mul(base->shared_calls, n - 1), 100000, base->total.calls);
}
