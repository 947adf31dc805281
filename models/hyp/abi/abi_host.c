/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "models/hyp/abi/abi.h"
#include "sim/base/err.h"

const char *const abi_host_names[ABI_HOST_COUNT + 1] = {
#define ABI_HOST(id, name, ...) name,
#include "models/hyp/abi/abi_hosts.def"
	NULL
};

static const struct {
	uint8_t counters;
	uint16_t vqs;
	uint8_t v2, v4, bhb, mpam, bare;
} hosts[] = {
#define ABI_HOST(id, name, counters, vqs, v2, v4, bhb, mpam, bare, help)                            \
	{ counters, vqs, ABI_SPECTRE_##v2, ABI_SPECTRE_##v4, ABI_SPECTRE_##bhb, mpam, bare },
#include "models/hyp/abi/abi_hosts.def"
};

static const struct {
	uint16_t reg;
	uint64_t value[ABI_HOST_COUNT];
} ids[] = {
#define ABI_HOST_ID(reg, ...) { ABI_R_##reg, { __VA_ARGS__ } },
#include "models/hyp/abi/abi_hosts.def"
};

void abi_host_init(struct abi_host *h, enum abi_host_kind kind)
{
	BUG_ON((unsigned)kind >= ABI_HOST_COUNT);
	memset(h, 0, sizeof(*h));
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		h->id[ids[i].reg] = ids[i].value[kind];
	h->vqs = hosts[kind].vqs;
	h->counters = hosts[kind].counters;
	h->spectre_v2 = hosts[kind].v2;
	h->spectre_v4 = hosts[kind].v4;
	h->spectre_bhb = hosts[kind].bhb;
	h->mpam = hosts[kind].mpam;
	h->bare = hosts[kind].bare != 0;
	h->kernel = ABI_KERNEL_DEFAULT;
	h->hide_absent = true;
	h->vgic = true;
	h->masks = ABI_MASKS_MERGED;
	h->max_vcpus = 512;
}

enum abi_host_kind abi_host_by_midr(uint64_t midr)
{
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		for (unsigned k = 0; ids[i].reg == ABI_R_MIDR_EL1 && k < ABI_HOST_COUNT; k++)
			if (ids[i].value[k] == midr)
				return (enum abi_host_kind)k;
	return ABI_HOST_COUNT;
}

static unsigned field(const struct abi_host *h, enum abi_reg reg, unsigned shift)
{
	return (unsigned)(h->id[reg] >> shift & 15);
}

bool abi_host_has(const struct abi_host *h, enum abi_has what)
{
	switch (what) {
	case ABI_HAS_AARCH32:
		return field(h, ABI_R_ID_AA64PFR0_EL1, 0) == 2;
	case ABI_HAS_EL1_32BIT:
		return field(h, ABI_R_ID_AA64PFR0_EL1, 4) == 2;
	case ABI_HAS_RAS:
		return field(h, ABI_R_ID_AA64PFR0_EL1, 28) != 0;
	case ABI_HAS_SVE:
		return h->vqs != 0 && field(h, ABI_R_ID_AA64PFR0_EL1, 32) != 0;
	case ABI_HAS_PTRAUTH: /* APA with GPA, API with GPI, APA3 with GPA3: exactly one pair */
		return (field(h, ABI_R_ID_AA64ISAR1_EL1, 4) != 0 && field(h, ABI_R_ID_AA64ISAR1_EL1, 24) == 1) +
			       (field(h, ABI_R_ID_AA64ISAR1_EL1, 8) != 0 &&
				field(h, ABI_R_ID_AA64ISAR1_EL1, 28) == 1) +
			       (field(h, ABI_R_ID_AA64ISAR2_EL1, 12) != 0 &&
				field(h, ABI_R_ID_AA64ISAR2_EL1, 8) == 1) == 1;
	case ABI_HAS_PMU:
		return field(h, ABI_R_ID_AA64DFR0_EL1, 8) != 0;
	case ABI_HAS_MTE:
		return field(h, ABI_R_ID_AA64PFR1_EL1, 8) >= 2;
	}
	return false;
}

