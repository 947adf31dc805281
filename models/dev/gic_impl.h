/* SPDX-License-Identifier: Apache-2.0 */
/* Between gic.c (interrupts and lists) and gic_regs.c (registers in memory). */
#ifndef EL2SIM_DEV_GIC_IMPL_H
#define EL2SIM_DEV_GIC_IMPL_H

#include "models/dev/gic.h"

struct gic_irq {
	uint32_t intid, pintid;
	uint32_t mpidr;       /* GICD_IROUTER of an SPI: Aff2, Aff1, Aff0 */
	int16_t vcpu, target; /* on whose list; for whom; -1: nobody */
	uint8_t priority;
	bool latch; /* pending by an edge, or by GICD_ISPENDR */
	bool line;
	bool active, enabled, group1, edge;
	bool hw;
};

struct gic_cpu {
	struct dev rd;
	struct gic *gic;
	char name[16];
	unsigned index;
	struct gic_irq irq[GIC_PRIVATE];
	struct gic_irq **ap; /* active or pending, in the order of their coming */
	unsigned n_ap, ap_size;
	unsigned used; /* list registers */
	uint64_t pendbaser;
};

struct gic {
	struct dev dist;
	struct gic_config config;
	bool enabled; /* GICD_CTLR.EnableGrp1 */
	uint64_t propbaser;
	struct gic_irq *spi;
	struct gic_cpu *cpu;
};

/* Private ones are the vCPU's. NULL: there is none. */
struct gic_irq *gic_irq(const struct gic *g, unsigned vcpu, uint32_t intid);
bool gic_irq_pending(const struct gic_irq *irq);
/* Put it on the list where it belongs, if it does; tell that vCPU. */
void gic_queue(struct gic *g, struct gic_irq *irq);
/* Kick every vCPU for which something is pending. */
void gic_kick_all(struct gic *g);

/* A mapped level interrupt: what its physical line is. */
bool gic_mapped_level(const struct gic_irq *irq);
bool gic_phys_level(const struct gic *g, const struct gic_irq *irq);
void gic_phys_active(const struct gic *g, const struct gic_irq *irq, bool active);

/* Of registers in memory: back to what they are after reset. */
void gic_regs_init(struct gic *g);

#endif
