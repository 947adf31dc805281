/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim abi CONFIG: numbers of vCPUs; what the VMMs do, where that was read, and how many vCPUs they and the kernel allow. */
#include <stdlib.h>

#include "models/hyp/abi/abi_flow.h"
#include "sim/base/str.h"
#include "sim/cmd/cmd_abi.h"

#define KERNEL_MOST 512 /* VGIC_V3_MAX_CPUS of Linux 6.12 */
#define VCPUS_MAX   4096

int abi_vcpus_parse(const char *text, unsigned n[ABI_NUMBERS_MAX], size_t *n_n, struct err *e)
{
	char *copy = xstrdup(text), *list = copy, *word;
	uint64_t v;
	int rc = 0;

	*n_n = 0;
	while (rc == 0 && (word = str_word(&list, ", ")) != NULL) {
		if (!str_u64(word, &v) || v < 1 || v > VCPUS_MAX)
			rc = err_set(e, ERR_USAGE, "number of vCPUs \"%s\": want 1..%d", word, VCPUS_MAX);
		else if (*n_n == ABI_NUMBERS_MAX)
			rc = err_set(e, ERR_USAGE, "more than %d numbers of vCPUs: want fewer", ABI_NUMBERS_MAX);
		else
			n[(*n_n)++] = (unsigned)v;
	}
	if (rc == 0 && *n_n == 0)
		rc = err_set(e, ERR_USAGE, "no number of vCPUs: want a list such as 1,8,64,512");
	free(copy);
	return rc;
}

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
