/* SPDX-License-Identifier: Apache-2.0 */
/* The PMU of a vCPU: what its core executed is what it counts, as perf events of KVM that exclude the host. */
#include "models/vm/vm.h"

/* Instructions of the classes that a source counts; classes from branch_mispredicted on are events. */
static uint64_t sum(const uint64_t n[A64_CLASSES], enum pmu_source s)
{
	const uint64_t loads = n[A64_CLASS_load] + n[A64_CLASS_load_pair], stores = n[A64_CLASS_store] + n[A64_CLASS_store_pair];
	uint64_t all = 0;

	switch (s) {
	case PMU_LOADS:    return loads;
	case PMU_STORES:   return stores;
	case PMU_ACCESSES: return loads + stores + n[A64_CLASS_atomic];
	case PMU_BRANCHES: return n[A64_CLASS_branch];
	default:
		for (unsigned i = 0; i < A64_CLASS_branch_mispredicted; i++)
			all += n[i];
		return all;
	}
}

static uint64_t cycles(const struct a64 *core, const uint64_t n[A64_CLASSES])
{
	uint64_t all = 0;

	for (unsigned i = 0; i < A64_CLASSES; i++)
		all += n[i] * core->cost[i];
	return all;
}

bool vm_pmu_count(struct vm_cpu *c)
{
	uint64_t el0[A64_CLASSES], el1[A64_CLASSES];
	struct pmu_counts now;

	a64_counts_el0(c->core, el0);
	for (unsigned i = 0; i < A64_CLASSES; i++)
		el1[i] = c->core->counts.by_class[i] - el0[i];
	for (unsigned s = 0; s < PMU_SOURCES; s++) {
		now.n[0][s] = s == PMU_CYCLES ? cycles(c->core, el0) : sum(el0, (enum pmu_source)s);
		now.n[1][s] = s == PMU_CYCLES ? cycles(c->core, el1) : sum(el1, (enum pmu_source)s);
	}
	now.n[1][PMU_CYCLES] += c->n_exits; /* an instruction that is taken outside began here */
	return pmu_count(&c->pmu, &now);
}

void vm_pmu_line(struct vm_cpu *c)
{
	const bool line = pmu_line(&c->pmu);

	if (line == c->pmu.line)
		return;
	c->pmu.line = line;
	(void)gic_inject(c->vm->gic, c->id, PMU_PPI, line);
}

bool vm_pmu_access(struct vm_cpu *c, uint64_t *value)
{
	const struct vm_exit *x = &c->exit;
	const bool el0 = c->core->ps.el == 0;

	if (!c->vm->config.pmu)
		return false;
	return x->access == A64_READ ? pmu_read(&c->pmu, x->reg, el0, value) : pmu_write(&c->pmu, x->reg, el0, *value);
}
