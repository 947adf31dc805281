/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A GICv3 as KVM emulates it (arch/arm64/kvm/vgic): distributor, a redistributor per vCPU, the state of every interrupt,
 * the list of those each vCPU has to do with (ap_list), and the traffic between that list and list registers: flush
 * before the guest runs, sync after. No LPIs, no ITS. Where KVM differs from the architecture it is KVM that is followed.
 */
#ifndef EL2SIM_DEV_GIC_H
#define EL2SIM_DEV_GIC_H

#include "models/dev/dev.h"
#include "models/dev/ich.h"

enum {
	GIC_SGIS = 16,
	GIC_PRIVATE = 32, /* SGIs and PPIs, of each vCPU */
	GIC_SPIS_MAX = 988, /* INTIDs 32 to 1019 */
	GIC_VCPUS_MAX = 512,
	GICD_SIZE = 0x10000,
	GICR_SIZE = 0x20000, /* RD_base and SGI_base of a vCPU */
};

struct gic;

/* What the GIC asks of who runs it. Every member may be NULL. */
struct gic_host {
	void *owner;
	/* Something that the vCPU should see: KVM_REQ_IRQ_PENDING and a kick (an IPI if it is in the guest, waking it if it sleeps). */
	void (*kick)(void *owner, unsigned vcpu);
	/* Of an interrupt with a physical one behind it (gic_map): is its line up now? */
	bool (*phys_level)(void *owner, unsigned vcpu, uint32_t intid);
	/* Such an interrupt's physical active state is set or cleared by KVM (GICD_ISACTIVER, ICACTIVER of the host). */
	void (*phys_active)(void *owner, unsigned vcpu, uint32_t intid, bool active);
	/*
	 * Active states are asked for that are in other vCPUs' list registers: each of them leaves the guest and is synced
	 * before this returns (kvm_arm_halt_guest).
	 */
	void (*halt)(void *owner);
	/* A level interrupt's end was seen at sync (irqfd's resampling). */
	void (*acked)(void *owner, uint32_t intid);
};

struct gic_config {
	unsigned vcpus;    /* 1 to GIC_VCPUS_MAX */
	unsigned spis;     /* a multiple of 32 up to 960, or 988; QEMU: 256, kvmtool: as needed */
	uint64_t dist_base, redist_base; /* redistributors lie behind each other */
	uint8_t revision;  /* KVM_VGIC_IMP_REV: 3 since Linux 5.19, 2 before */
	const uint64_t *mpidr; /* affinity of each vCPU, as MPIDR_EL1; NULL: as KVM gives them (gic_mpidr) */
	struct gic_host host;
};

/* KVM's affinity of a vCPU: 16 in Aff0, then Aff1 and Aff2; as MPIDR_EL1 has it, with bit 31. */
uint64_t gic_mpidr(unsigned vcpu);

/* In reset state. Never fails; gic_free. */
struct gic *gic_new(const struct gic_config *config);
void gic_free(struct gic *g);
/* Everything as gic_new made it, lines of devices kept. */
void gic_reset(struct gic *g);

/* The windows: the distributor, and for each vCPU a redistributor; they belong to the GIC. */
struct dev *gic_dist(struct gic *g);
struct dev *gic_redist(struct gic *g, unsigned vcpu);

/* Name of the register at an offset of the distributor or a redistributor, NULL: there is none. */
const char *gic_reg_name(bool redist, uint64_t offset);

/* The vCPU with this affinity (MPIDR_EL1), or -1. */
int gic_vcpu_of(const struct gic *g, uint64_t mpidr);

/*
 * A line changes (kvm_vgic_inject_irq): vcpu is the owner of a private interrupt, any for an SPI. For an edge interrupt
 * true is the edge. False: nothing changed, or there is no such interrupt.
 */
bool gic_inject(struct gic *g, unsigned vcpu, uint32_t intid, bool level);

/* A private interrupt has a physical one behind it (kvm_vgic_map_phys_irq; KVM: both timers): list registers get HW. */
void gic_map(struct gic *g, unsigned vcpu, uint32_t intid, uint32_t pintid);
/* It is mapped and active (kvm_vgic_map_is_active). */
bool gic_map_is_active(const struct gic *g, unsigned vcpu, uint32_t intid);

/* A trapped write of ICC_SGI1R_EL1 (A64_R_ICC_SGI1R_EL1), ICC_ASGI1R_EL1 or ICC_SGI0R_EL1. */
void gic_sgi(struct gic *g, unsigned vcpu, enum a64_reg reg, uint64_t value);

/*
 * Before the guest runs (kvm_vgic_flush_hwstate): list registers from the vCPU's list, active ones first, then by
 * priority if they do not all fit; underflow interrupt (ICH_HCR_EL2.UIE) if some stay behind. Returns how many are used.
 * Pairs with gic_sync.
 */
unsigned gic_flush(struct gic *g, unsigned vcpu, struct ich *h);
/* After it ran (kvm_vgic_sync_hwstate): what the guest acknowledged and ended becomes state; list registers become empty. */
void gic_sync(struct gic *g, unsigned vcpu, struct ich *h);
/* List registers that the last flush filled and no sync emptied: ICH_LR accesses of the world switch. */
unsigned gic_used_lrs(const struct gic *g, unsigned vcpu);

/* There is something to run for (kvm_vgic_vcpu_pending_irq): it wakes a vCPU in WFI. */
bool gic_pending(const struct gic *g, unsigned vcpu, const struct ich *h);
/* The vCPU's list is empty: flush and sync do nothing. */
bool gic_idle(const struct gic *g, unsigned vcpu);

/* State of an interrupt, for reports and tests. */
struct gic_state {
	bool enabled, pending, active, line, latch, edge, group1, hw;
	uint8_t priority;
	int target; /* vCPU, -1: none */
	int queued; /* on the list of which vCPU, -1: none */
};
/* False: no such interrupt. */
bool gic_state(const struct gic *g, unsigned vcpu, uint32_t intid, struct gic_state *out);

#endif
