// SPDX-License-Identifier: Apache-2.0
/* The GIC's registers in memory: rows of gic_regs.def (Linux: vgic-mmio.c, vgic-mmio-v3.c). */
#include <stdio.h>

#include "models/dev/gic_impl.h"
#include "sim/base/err.h"

enum { PRIORITY_BITS = 5 }; /* VGIC_PRI_BITS: what KVM keeps of a priority, whatever the hardware has */

static uint64_t bytes_of(uint64_t v, uint64_t offset, unsigned size)
{
	return size == 8 ? v : v >> 8 * (offset & 7) & ((1ull << 8 * size) - 1);
}

/* Of a register of 8 bytes, the half that is written. */
static uint64_t half_into(uint64_t old, uint64_t offset, unsigned size, uint64_t v)
{
	if (size == 8)
		return v;
	return offset & 4 ? (old & 0xffffffff) | v << 32 : (old & ~0xffffffffull) | v;
}

/* Words: c is the redistributor's vCPU, or who accesses the distributor; offset is from the register's. */
typedef uint64_t word_read(struct gic *g, struct gic_cpu *c, uint64_t offset, unsigned size);
typedef void word_write(struct gic *g, struct gic_cpu *c, uint64_t offset, unsigned size, uint64_t v);

#define READ(name)  static uint64_t read_##name(struct gic *g, struct gic_cpu *c, uint64_t offset, unsigned size)
#define WRITE(name) static void write_##name(struct gic *g, struct gic_cpu *c, uint64_t offset, unsigned size, uint64_t v)
#define UNUSED4     ((void)g, (void)c, (void)offset, (void)size)

READ(zero)
{
	UNUSED4;
	return 0;
}

READ(ones)
{
	UNUSED4;
	return UINT64_MAX;
}

WRITE(ignore)
{
	UNUSED4;
	(void)v;
}

/* ARE, DS and EnableGrp1. */
READ(dist_ctlr)
{
	UNUSED4;
	return 1u << 6 | 1u << 4 | (g->enabled ? 2u : 0);
}

WRITE(dist_ctlr)
{
	bool was = g->enabled;

	UNUSED4;
	g->enabled = (v & 2) != 0;
	if (!was && g->enabled)
		gic_kick_all(g);
}

/* 10 bits of INTID. */
READ(dist_typer)
{
	UNUSED4;
	return ((g->config.spis + GIC_PRIVATE) / 32 - 1) | 9u << 19;
}

/* Product 'K', implementer Arm. */
READ(dist_iidr)
{
	UNUSED4;
	return 0x4bu << 24 | (uint32_t)g->config.revision << 12 | 0x43b;
}

READ(rd_iidr)
{
	UNUSED4;
	return 0x4bu << 24 | 0x43b;
}

/* PIDR2 says GICv3. */
READ(ids)
{
	UNUSED4;
	return offset == 0x18 ? 0x3b : 0;
}

/* IR and CES. */
READ(rd_ctlr)
{
	UNUSED4;
	return g->config.revision >= 3 ? 6 : 0;
}

READ(rd_typer)
{
	uint64_t v = (uint64_t)(c->irq[0].mpidr & 0xffffff) << 32 | (uint64_t)c->index << 8 |
		     (c->index + 1 == g->config.vcpus ? 1u << 4 : 0);

	return bytes_of(v, offset, size);
}

/* The upper half, Aff3, is not there. */
READ(irouter)
{
	struct gic_irq *irq = gic_irq(g, c->index, (uint32_t)(offset / 8));

	return irq == NULL || irq->intid < GIC_PRIVATE || (offset & 4) ? 0 : bytes_of(irq->mpidr, offset, size);
}

WRITE(irouter)
{
	struct gic_irq *irq = gic_irq(g, c->index, (uint32_t)(offset / 8));

	(void)size;
	if (irq == NULL || irq->intid < GIC_PRIVATE || (offset & 4))
		return;
	irq->mpidr = v & 0xffffff;
	irq->target = (int16_t)gic_vcpu_of(g, irq->mpidr);
}

/* LPIs' tables: kept, with the attributes that KVM makes of those asked for (no outer shareable, not uncached). */
static uint64_t attributes(uint64_t v, uint64_t res0)
{
	if ((v >> 10 & 3) == 2)
		v = (v & ~(3ull << 10)) | 1ull << 10;
	if ((v >> 7 & 7) <= 1)
		v = (v & ~(7ull << 7)) | 3ull << 7;
	if ((v >> 56 & 7) > 1)
		v &= ~(7ull << 56);
	return v & ~res0;
}

#define BITS(high, low) ((~0ull >> (63 - (high))) & (~0ull << (low)))
#define PROPBASER_RES0  (BITS(63, 59) | BITS(55, 52) | BITS(6, 5))
#define PENDBASER_RES0  (BITS(63, 63) | BITS(61, 59) | BITS(55, 52) | BITS(15, 12) | BITS(6, 0))

READ(propbaser)
{
	(void)c;
	return bytes_of(g->propbaser, offset, size);
}

WRITE(propbaser)
{
	(void)c;
	g->propbaser = attributes(half_into(g->propbaser, offset, size, v), PROPBASER_RES0);
}

READ(pendbaser)
{
	(void)g;
	return bytes_of(c->pendbaser & ~(1ull << 62), offset, size); /* PTZ reads as zero */
}

WRITE(pendbaser)
{
	(void)g;
	c->pendbaser = attributes(half_into(c->pendbaser, offset, size, v), PENDBASER_RES0);
}

/* Of one interrupt. */
typedef unsigned irq_get(struct gic *g, const struct gic_irq *irq);
typedef void irq_set(struct gic *g, struct gic_irq *irq, unsigned v);

#define GET(name) static unsigned get_##name(struct gic *g, const struct gic_irq *irq)
#define SET(name) static void set_##name(struct gic *g, struct gic_irq *irq, unsigned v)

GET(nothing)
{
	(void)g;
	(void)irq;
	return 0;
}

SET(nothing)
{
	(void)g;
	(void)irq;
	(void)v;
}

GET(group)
{
	(void)g;
	return irq->group1;
}

SET(group)
{
	irq->group1 = v != 0;
	gic_queue(g, irq);
}

GET(enabled)
{
	(void)g;
	return irq->enabled;
}

/* Its line may have changed while nobody looked. */
SET(enable)
{
	(void)v;
	if (gic_mapped_level(irq)) {
		bool was = irq->line;

		irq->line = gic_phys_level(g, irq);
		if (!irq->active && was && !irq->line)
			gic_phys_active(g, irq, false);
	}
	irq->enabled = true;
	gic_queue(g, irq);
}

SET(disable)
{
	(void)g;
	(void)v;
	irq->enabled = false;
}

GET(pending)
{
	return gic_mapped_level(irq) ? gic_phys_level(g, irq) : gic_irq_pending(irq);
}

SET(pending)
{
	(void)v;
	irq->latch = true;
	if (irq->hw)
		gic_phys_active(g, irq, true);
	gic_queue(g, irq);
}

SET(not_pending)
{
	(void)v;
	irq->latch = false;
	if (irq->hw && !irq->active)
		gic_phys_active(g, irq, false);
}

GET(active)
{
	(void)g;
	return irq->active;
}

static void change_active(struct gic *g, struct gic_irq *irq, bool active)
{
	irq->active = active;
	if (irq->hw)
		gic_phys_active(g, irq, active);
	if (active)
		gic_queue(g, irq);
}

SET(active)
{
	(void)v;
	change_active(g, irq, true);
}

SET(not_active)
{
	(void)v;
	change_active(g, irq, false);
}

GET(priority)
{
	(void)g;
	return irq->priority;
}

/* An interrupt that is in a list register keeps what that has. */
SET(priority)
{
	(void)g;
	irq->priority = (uint8_t)(v & 0xff << (8 - PRIORITY_BITS));
}

GET(config)
{
	(void)g;
	return irq->edge ? 2 : 0;
}

SET(config)
{
	(void)g;
	irq->edge = (v & 2) != 0;
}

/* The tables */

struct gic_reg {
	const char *name;
	uint32_t offset, bytes;
	uint8_t access, bits; /* bits per interrupt; 0: a word */
	bool ones;
	word_read *read;
	word_write *write;
	irq_get *get;
	irq_set *set;
};

static const struct gic_reg dist_regs[] = {
#define IF_D(...) {__VA_ARGS__},
#define IF_R(...)
#define GIC_WORD(frame, name, offset, bytes, access, rd, wr) \
	IF_##frame(#name, offset, bytes, access, 0, false, read_##rd, write_##wr, NULL, NULL)
#define GIC_IRQS(frame, name, offset, bits, irqs, access, get, set, ones) \
	IF_##frame(#name, offset, (bits) * (irqs) / 8, access, bits, ones, NULL, NULL, get_##get, set_##set)
#include "models/dev/gic_regs.def"
};

static const struct gic_reg rd_regs[] = {
#undef IF_D
#undef IF_R
#define IF_D(...)
#define IF_R(...) {__VA_ARGS__},
#define GIC_WORD(frame, name, offset, bytes, access, rd, wr) \
	IF_##frame(#name, offset, bytes, access, 0, false, read_##rd, write_##wr, NULL, NULL)
#define GIC_IRQS(frame, name, offset, bits, irqs, access, get, set, ones) \
	IF_##frame(#name, offset, (bits) * (irqs) / 8, access, bits, ones, NULL, NULL, get_##get, set_##set)
#include "models/dev/gic_regs.def"
};

/* The row of an access that may be; NULL: reads as zero. */
static const struct gic_reg *find(const struct gic_reg *rows, size_t n, uint64_t offset, unsigned size)
{
	for (size_t i = 0; i < n; i++)
		if (offset - rows[i].offset < rows[i].bytes)
			return (rows[i].access & size) && offset % size == 0 ? &rows[i] : NULL;
	return NULL;
}

/* Active states of others are in their list registers: they leave the guest first (vgic_access_active_prepare). */
static void halt_for(struct gic *g, const struct gic_reg *r, const struct gic_cpu *c, unsigned vcpu, uint32_t intid)
{
	if (r->get == get_active && (intid >= GIC_PRIVATE || c->index != vcpu) && g->config.host.halt != NULL)
		g->config.host.halt(g->config.host.owner);
}

/* The n-th interrupt of an access: NULL if the frame does not have it. */
static struct gic_irq *nth(struct gic *g, const struct gic_cpu *c, bool dist, uint32_t intid)
{
	return dist && intid < GIC_PRIVATE ? NULL : gic_irq(g, c->index, intid);
}

static uint64_t reg_read(struct gic *g, const struct gic_reg *r, struct gic_cpu *c, unsigned vcpu, bool dist, uint64_t offset,
			 unsigned size)
{
	uint32_t intid;
	uint64_t v = 0;

	if (r->bits == 0)
		return r->read(g, c, offset, size);
	intid = (uint32_t)(offset * 8 / r->bits);
	halt_for(g, r, c, vcpu, intid);
	for (unsigned i = 0; i < size * 8 / r->bits; i++) {
		const struct gic_irq *irq = nth(g, c, dist, intid + i);

		if (irq != NULL)
			v |= (uint64_t)r->get(g, irq) << i * r->bits;
	}
	return v;
}

static void reg_write(struct gic *g, const struct gic_reg *r, struct gic_cpu *c, unsigned vcpu, bool dist, uint64_t offset,
		      unsigned size, uint64_t v)
{
	uint32_t intid;

	if (r->bits == 0) {
		r->write(g, c, offset, size, v);
		return;
	}
	intid = (uint32_t)(offset * 8 / r->bits);
	halt_for(g, r, c, vcpu, intid);
	for (unsigned i = 0; i < size * 8 / r->bits; i++) {
		unsigned one = (unsigned)(v >> i * r->bits & ((1u << r->bits) - 1));
		struct gic_irq *irq = nth(g, c, dist, intid + i);

		if (irq != NULL && (one != 0 || !r->ones))
			r->set(g, irq, one);
	}
}

enum { N_DIST = sizeof(dist_regs) / sizeof(dist_regs[0]), N_RD = sizeof(rd_regs) / sizeof(rd_regs[0]) };

static uint64_t dist_read(struct dev *d, unsigned vcpu, uint64_t offset, unsigned size)
{
	struct gic *g = (struct gic *)d;
	const struct gic_reg *r = find(dist_regs, N_DIST, offset, size);

	return r != NULL ? reg_read(g, r, &g->cpu[vcpu], vcpu, true, offset - r->offset, size) : 0;
}

static void dist_write(struct dev *d, unsigned vcpu, uint64_t offset, unsigned size, uint64_t v)
{
	struct gic *g = (struct gic *)d;
	const struct gic_reg *r = find(dist_regs, N_DIST, offset, size);

	if (r != NULL)
		reg_write(g, r, &g->cpu[vcpu], vcpu, true, offset - r->offset, size, v);
}

static uint64_t rd_read(struct dev *d, unsigned vcpu, uint64_t offset, unsigned size)
{
	struct gic_cpu *c = (struct gic_cpu *)d;
	const struct gic_reg *r = find(rd_regs, N_RD, offset, size);

	return r != NULL ? reg_read(c->gic, r, c, vcpu, false, offset - r->offset, size) : 0;
}

static void rd_write(struct dev *d, unsigned vcpu, uint64_t offset, unsigned size, uint64_t v)
{
	struct gic_cpu *c = (struct gic_cpu *)d;
	const struct gic_reg *r = find(rd_regs, N_RD, offset, size);

	if (r != NULL)
		reg_write(c->gic, r, c, vcpu, false, offset - r->offset, size, v);
}

void gic_regs_init(struct gic *g)
{
	static const struct dev_ops dist = {dist_read, dist_write}, rd = {rd_read, rd_write};

	g->dist = (struct dev){"GICD", DEV_KERNEL, g->config.dist_base, GICD_SIZE, &dist};
	g->propbaser = 0;
	for (unsigned v = 0; v < g->config.vcpus; v++) {
		struct gic_cpu *c = &g->cpu[v];

		snprintf(c->name, sizeof(c->name), "GICR%u", v);
		c->rd = (struct dev){c->name, DEV_KERNEL, g->config.redist_base + (uint64_t)v * GICR_SIZE, GICR_SIZE, &rd};
		c->pendbaser = 3ull << 7 | 1ull << 10;
	}
}

struct dev *gic_dist(struct gic *g)
{
	return &g->dist;
}

struct dev *gic_redist(struct gic *g, unsigned vcpu)
{
	return vcpu < g->config.vcpus ? &g->cpu[vcpu].rd : NULL;
}

const char *gic_reg_name(bool redist, uint64_t offset)
{
	const struct gic_reg *rows = redist ? rd_regs : dist_regs;
	size_t n = redist ? N_RD : N_DIST;

	for (size_t i = 0; i < n; i++)
		if (offset - rows[i].offset < rows[i].bytes)
			return rows[i].name;
	return NULL;
}
