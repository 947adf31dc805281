/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim abi CONFIG: what the VMMs do, where that was read, and how many vCPUs they and the kernel allow. */
#include "models/hyp/abi/abi_flow.h"
#include "sim/cmd/cmd_abi.h"

#define KERNEL_MOST 512 /* VGIC_V3_MAX_CPUS of Linux 6.12 */

/* The first of the numbers that is above a limit; n: none is. */
static size_t first_above(const unsigned *vcpus, size_t n, unsigned most)
{
	size_t k = 0;

	while (k < n && vcpus[k] <= most)
		k++;
	return k;
}

void abi_report_vmms(uint64_t vmms, const unsigned *vcpus, size_t n, struct rep *r)
{
	for (unsigned i = 0; i < ABI_VMM_COUNT; i++) {
		unsigned most = abi_vmm_most((enum abi_vmm)i);

		if ((vmms >> i & 1) == 0)
			continue;
		rep_note(r, "%s: %s; %s", abi_vmm_names[i], abi_vmm_parallel((enum abi_vmm)i) ? "parallel" : "serial",
			 abi_vmm_source((enum abi_vmm)i));
		if (most != 0 && first_above(vcpus, n, most) != n) /* the answer says so */
			rep_verdict(r, "%s itself allows %u vCPUs a VM: what is above that is a what-if", abi_vmm_names[i], most);
	}
	if (first_above(vcpus, n, KERNEL_MOST) != n)
		rep_note(r, "Linux 6.12 allows %d vCPUs (GICv3); what lies above is a what-if", KERNEL_MOST);
}
