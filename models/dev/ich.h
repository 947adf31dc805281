/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual CPU interface of a GICv3: what the hardware does with list registers when the guest accesses ICC_*_EL1
 * (then called ICV_*), without an exit (Arm IHI 0069, chapters 4.8, 6 and 12.4). One struct per vCPU is what ICH_*_EL2
 * hold while it is loaded and what KVM keeps for it while it is not.
 */
#ifndef EL2SIM_DEV_ICH_H
#define EL2SIM_DEV_ICH_H

#include "models/cpu/a64/a64.h"

enum { ICH_LRS = 16, ICH_APRS = 4 };

/* ICH_LR<n>_EL2 (IHI 0069, 12.4.7). */
#define ICH_LR_VINTID    0xffffffffull
#define ICH_LR_PINTID(n) ((uint64_t)((n) & 0x1fff) << 32)
#define ICH_LR_EOI       (1ull << 41) /* instead of a pINTID: a maintenance interrupt when it is deactivated */
#define ICH_LR_PRIORITY  48           /* 8 bits */
#define ICH_LR_GROUP1    (1ull << 60)
#define ICH_LR_HW        (1ull << 61)
#define ICH_LR_PENDING   (1ull << 62)
#define ICH_LR_ACTIVE    (1ull << 63)
#define ICH_LR_STATE     (3ull << 62)

/* ICH_HCR_EL2, ICH_MISR_EL2 (the same bits from UIE and U on), ICH_VMCR_EL2. */
#define ICH_HCR_EN       (1u << 0)
#define ICH_HCR_UIE      (1u << 1)
#define ICH_HCR_LRENPIE  (1u << 2)
#define ICH_HCR_NPIE     (1u << 3)
#define ICH_HCR_VGRP0EIE (1u << 4)
#define ICH_HCR_VGRP0DIE (1u << 5)
#define ICH_HCR_VGRP1EIE (1u << 6)
#define ICH_HCR_VGRP1DIE (1u << 7)
#define ICH_HCR_TC       (1u << 10)
#define ICH_HCR_TALL0    (1u << 11)
#define ICH_HCR_TALL1    (1u << 12)
#define ICH_HCR_TDIR     (1u << 14)
#define ICH_HCR_EOICOUNT 27 /* 5 bits */
#define ICH_MISR_EOI     (1u << 0)
#define ICH_MISR_U       (1u << 1)
#define ICH_MISR_LRENP   (1u << 2)
#define ICH_MISR_NP      (1u << 3)
#define ICH_VMCR_ENG0    (1u << 0)
#define ICH_VMCR_ENG1    (1u << 1)
#define ICH_VMCR_FIQEN   (1u << 3)
#define ICH_VMCR_CBPR    (1u << 4)
#define ICH_VMCR_EOIM    (1u << 9)
#define ICH_VMCR_BPR1    18 /* 3 bits */
#define ICH_VMCR_BPR0    21 /* 3 bits */
#define ICH_VMCR_PMR     24 /* 8 bits */

enum { ICH_SPURIOUS = 1023, ICH_IDLE = 0xff };

struct ich {
	uint64_t lr[ICH_LRS];
	uint32_t hcr, vmcr;
	uint32_t ap0r[ICH_APRS], ap1r[ICH_APRS];
	uint8_t lrs;      /* list registers implemented, 1 to 16 */
	uint8_t pri_bits; /* of priority and of preemption, 5 to 7 */
	/* A list register with HW was deactivated: so is the physical interrupt. NULL: nobody cares. */
	void (*deactivated)(void *owner, uint32_t pintid);
	void *owner;
};

/* As KVM enables it for a GICv3 guest: no list register used, ICH_HCR_EL2.En, all groups off, binary points at their minimum. */
void ich_init(struct ich *h, unsigned lrs, unsigned pri_bits);

/*
 * The guest's access of an ICC_*_EL1 register (A64_R_ICC_*: rows of icc_regs.def), or the hypervisor's of ICH_*_EL2. False: no
 * such register here, or not in this direction: UNDEFINED. SGIs are not here: gic_sgi.
 */
bool ich_read(struct ich *h, enum a64_reg reg, uint64_t *value);
bool ich_write(struct ich *h, enum a64_reg reg, uint64_t value);

/* Lines into the core, A64_VIRQ and A64_VFIQ: the highest pending priority beats PMR and what is active, its group is on. */
unsigned ich_lines(const struct ich *h);

/* The maintenance interrupt (PPI 25 of the host) is up: ICH_HCR_EL2.En and a reason in ICH_MISR_EL2. */
bool ich_maintenance(const struct ich *h);
uint32_t ich_misr(const struct ich *h);
uint32_t ich_eisr(const struct ich *h);  /* deactivated ones that asked for a maintenance interrupt, a bit per list register */
uint32_t ich_elrsr(const struct ich *h); /* empty ones */
uint32_t ich_vtr(const struct ich *h);

/* ICH_VMCR_EL2 written: binary points below their minimum take it. */
void ich_set_vmcr(struct ich *h, uint32_t vmcr);

#endif
