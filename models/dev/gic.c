// SPDX-License-Identifier: Apache-2.0
/* Interrupts, the lists of vCPUs, and their way into list registers and back (Linux: arch/arm64/kvm/vgic/vgic.c, vgic-v3.c). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/dev/gic_impl.h"
#include "sim/base/err.h"

uint64_t gic_mpidr(unsigned vcpu)
{
	return (uint64_t)1 << 31 | (vcpu & 0xf) | (vcpu >> 4 & 0xff) << 8 | (uint64_t)(vcpu >> 12 & 0xff) << 16;
}

static uint64_t affinity(const struct gic *g, unsigned vcpu)
{
	return (g->config.mpidr != NULL ? g->config.mpidr[vcpu] : gic_mpidr(vcpu)) & 0xff00ffffffull;
}

int gic_vcpu_of(const struct gic *g, uint64_t mpidr)
{
	for (unsigned i = 0; i < g->config.vcpus; i++)
		if (affinity(g, i) == (mpidr & 0xff00ffffffull))
			return (int)i;
	return -1;
}

static unsigned owner_of(const struct gic_irq *irq)
{
	return irq->target < 0 ? 0 : (unsigned)irq->target;
}

static void irq_reset(const struct gic *g, struct gic_irq *irq, uint32_t intid, unsigned vcpu)
{
	bool line = irq->line, hw = irq->hw;
	uint32_t pintid = irq->pintid;

	*irq = (struct gic_irq){.intid = intid, .pintid = pintid, .hw = hw, .line = line && !hw, .vcpu = -1,
				.target = (int16_t)vcpu, .group1 = true, .enabled = intid < GIC_SGIS, .edge = intid < GIC_SGIS};
	if (intid < GIC_PRIVATE)
		irq->mpidr = (uint32_t)affinity(g, vcpu);
}

void gic_reset(struct gic *g)
{
	g->enabled = false;
	for (unsigned v = 0; v < g->config.vcpus; v++) {
		struct gic_cpu *c = &g->cpu[v];

		for (uint32_t i = 0; i < GIC_PRIVATE; i++)
			irq_reset(g, &c->irq[i], i, v);
		c->n_ap = c->used = 0;
	}
	for (uint32_t i = 0; i < g->config.spis; i++)
		irq_reset(g, &g->spi[i], GIC_PRIVATE + i, 0);
	gic_regs_init(g);
}

struct gic *gic_new(const struct gic_config *config)
{
	struct gic *g = xcalloc(1, sizeof(*g));

	BUG_ON(config->vcpus == 0 || config->vcpus > GIC_VCPUS_MAX || config->spis > GIC_SPIS_MAX);
	g->config = *config;
	g->cpu = xcalloc(config->vcpus, sizeof(*g->cpu));
	g->spi = xcalloc(config->spis + 1, sizeof(*g->spi));
	for (unsigned v = 0; v < config->vcpus; v++) {
		g->cpu[v].gic = g;
		g->cpu[v].index = v;
	}
	gic_reset(g);
	return g;
}

void gic_free(struct gic *g)
{
	if (g == NULL)
		return;
	for (unsigned v = 0; v < g->config.vcpus; v++)
		free(g->cpu[v].ap);
	free(g->cpu);
	free(g->spi);
	free(g);
}

struct gic_irq *gic_irq(const struct gic *g, unsigned vcpu, uint32_t intid)
{
	if (intid < GIC_PRIVATE)
		return vcpu < g->config.vcpus ? &g->cpu[vcpu].irq[intid] : NULL;
	return intid - GIC_PRIVATE < g->config.spis ? &g->spi[intid - GIC_PRIVATE] : NULL;
}

bool gic_irq_pending(const struct gic_irq *irq)
{
	return irq->latch || (!irq->edge && irq->line);
}

bool gic_mapped_level(const struct gic_irq *irq)
{
	return irq->hw && !irq->edge;
}

bool gic_phys_level(const struct gic *g, const struct gic_irq *irq)
{
	const struct gic_host *h = &g->config.host;

	return h->phys_level != NULL ? h->phys_level(h->owner, owner_of(irq), irq->intid) : irq->line;
}

void gic_phys_active(const struct gic *g, const struct gic_irq *irq, bool active)
{
	const struct gic_host *h = &g->config.host;

	if (h->phys_active != NULL)
		h->phys_active(h->owner, owner_of(irq), irq->intid, active);
}

static void kick(const struct gic *g, int vcpu)
{
	if (g->config.host.kick != NULL)
		g->config.host.kick(g->config.host.owner, (unsigned)vcpu);
}

/* The vCPU that has to do with it: an active one stays where it is, a pending one goes to its target (vgic_target_oracle). */
static int wants(const struct gic *g, const struct gic_irq *irq)
{
	if (irq->active)
		return irq->vcpu >= 0 ? irq->vcpu : irq->target;
	if (irq->enabled && gic_irq_pending(irq) && irq->target >= 0 && g->enabled)
		return irq->target;
	return -1;
}

static void list_add(struct gic_cpu *c, struct gic_irq *irq)
{
	if (c->n_ap == c->ap_size) {
		c->ap_size = c->ap_size != 0 ? 2 * c->ap_size : 16;
		c->ap = xrealloc(c->ap, c->ap_size * sizeof(c->ap[0]));
	}
	c->ap[c->n_ap++] = irq;
	irq->vcpu = (int16_t)c->index;
}

static void list_del(struct gic_cpu *c, unsigned i)
{
	c->ap[i]->vcpu = -1;
	memmove(&c->ap[i], &c->ap[i + 1], (--c->n_ap - i) * sizeof(c->ap[0]));
}

void gic_queue(struct gic *g, struct gic_irq *irq)
{
	int vcpu = wants(g, irq);

	if (vcpu < 0)
		return;
	if (irq->vcpu < 0)
		list_add(&g->cpu[vcpu], irq);
	/* If it is on a list, the vCPU may have ended it without our knowing: it looks again. */
	kick(g, vcpu);
}

void gic_kick_all(struct gic *g)
{
	for (unsigned v = 0; v < g->config.vcpus; v++)
		for (unsigned i = 0; i < g->cpu[v].n_ap; i++) {
			const struct gic_irq *irq = g->cpu[v].ap[i];

			if (gic_irq_pending(irq) && irq->enabled && !irq->active) {
				kick(g, (int)v);
				break;
			}
		}
}

bool gic_inject(struct gic *g, unsigned vcpu, uint32_t intid, bool level)
{
	struct gic_irq *irq = gic_irq(g, vcpu, intid);

	if (irq == NULL || (irq->edge ? !level : irq->line == level))
		return false;
	if (irq->edge)
		irq->latch = true;
	else
		irq->line = level;
	gic_queue(g, irq);
	return true;
}

void gic_map(struct gic *g, unsigned vcpu, uint32_t intid, uint32_t pintid)
{
	struct gic_irq *irq = gic_irq(g, vcpu, intid);

	BUG_ON(irq == NULL);
	irq->hw = true;
	irq->pintid = pintid;
}

bool gic_map_is_active(const struct gic *g, unsigned vcpu, uint32_t intid)
{
	const struct gic_irq *irq = gic_irq(g, vcpu, intid);

	return irq != NULL && irq->hw && irq->active;
}

/* Only ICC_SGI1R_EL1 reaches SGIs of group 1, with GICD_CTLR.DS; it reaches those of group 0, too. */
static void queue_sgi(struct gic *g, unsigned vcpu, uint32_t sgi, bool group1)
{
	struct gic_irq *irq = gic_irq(g, vcpu, sgi);

	if (irq->group1 && !group1)
		return;
	irq->latch = true;
	gic_queue(g, irq);
}

void gic_sgi(struct gic *g, unsigned vcpu, enum a64_reg reg, uint64_t value)
{
	uint32_t sgi = value >> 24 & 0xf;
	bool group1 = reg == A64_R_ICC_SGI1R_EL1;
	uint64_t aff = (value >> 48 & 0xff) << 32 | (value >> 32 & 0xff) << 16 | (value >> 16 & 0xff) << 8;

	if (value >> 40 & 1) { /* IRM: all but the sender */
		for (unsigned v = 0; v < g->config.vcpus; v++)
			if (v != vcpu)
				queue_sgi(g, v, sgi, group1);
		return;
	}
	for (unsigned aff0 = 0; aff0 < 16; aff0++) {
		int to = value >> aff0 & 1 ? gic_vcpu_of(g, aff | aff0) : -1;

		if (to >= 0)
			queue_sgi(g, (unsigned)to, sgi, group1);
	}
}

/* List registers */

/* Negative: a first. Active ones, then pending ones by priority (vgic_irq_cmp). */
static int order(const struct gic_irq *a, const struct gic_irq *b)
{
	bool pend_a = a->enabled && gic_irq_pending(a), pend_b = b->enabled && gic_irq_pending(b);

	if (a->active || b->active)
		return (int)b->active - (int)a->active;
	if (!pend_a || !pend_b)
		return (int)pend_b - (int)pend_a;
	return a->priority - b->priority;
}

/* Equal ones keep their order. */
static void sort(struct gic_cpu *c)
{
	for (unsigned i = 1; i < c->n_ap; i++) {
		struct gic_irq *irq = c->ap[i];
		unsigned at = i;

		for (; at > 0 && order(irq, c->ap[at - 1]) < 0; at--)
			c->ap[at] = c->ap[at - 1];
		c->ap[at] = irq;
	}
}

/* What the list register of an interrupt is; an edge is taken with it (vgic_v3_populate_lr). */
static uint64_t populate(struct gic_irq *irq)
{
	uint64_t lr = irq->intid | (uint64_t)irq->priority << ICH_LR_PRIORITY | (irq->group1 ? ICH_LR_GROUP1 : 0);
	bool pending = gic_irq_pending(irq);

	if (irq->active)
		lr |= ICH_LR_ACTIVE;
	if (irq->hw)
		lr |= ICH_LR_HW | ICH_LR_PINTID(irq->pintid);
	else if (!irq->edge)
		lr |= ICH_LR_EOI;
	/* Only an edge that no hardware keeps may be both. */
	if (irq->active && (irq->hw || !irq->edge))
		pending = false;
	if (!pending)
		return lr;
	if (irq->edge)
		irq->latch = false;
	/* Only the rising edge of a mapped line is seen: lowered here, it can be seen again. */
	if (gic_mapped_level(irq))
		irq->line = false;
	return lr | ICH_LR_PENDING;
}

unsigned gic_flush(struct gic *g, unsigned vcpu, struct ich *h)
{
	struct gic_cpu *c = &g->cpu[vcpu];
	unsigned n = 0;

	if (c->n_ap == 0)
		return 0;
	if (c->n_ap > h->lrs)
		sort(c);
	for (unsigned i = 0; i < c->n_ap; i++) {
		if (wants(g, c->ap[i]) == (int)vcpu)
			h->lr[n++] = populate(c->ap[i]);
		if (n == h->lrs) {
			if (i + 1 < c->n_ap)
				h->hcr |= ICH_HCR_UIE;
			break;
		}
	}
	for (unsigned i = n; i < h->lrs; i++)
		h->lr[i] = 0;
	c->used = n;
	return n;
}

/* The guest lowered a mapped line, or never took it: KVM has to lower the physical active state itself. */
static void resample(struct gic *g, struct gic_irq *irq, bool ended, bool pending)
{
	if (!gic_mapped_level(irq) || !(pending || (ended && irq->line)))
		return;
	irq->line = gic_phys_level(g, irq);
	if (!irq->line)
		gic_phys_active(g, irq, false);
}

static void fold(struct gic *g, unsigned vcpu, uint64_t lr)
{
	uint32_t intid = (uint32_t)lr;
	struct gic_irq *irq = gic_irq(g, vcpu, intid);
	bool ended;

	if (!(lr & (ICH_LR_STATE | ICH_LR_HW)) && (lr & ICH_LR_EOI) && intid >= GIC_PRIVATE && g->config.host.acked != NULL)
		g->config.host.acked(g->config.host.owner, intid);
	if (irq == NULL)
		return;
	ended = irq->active && !(lr & ICH_LR_ACTIVE);
	irq->active = (lr & ICH_LR_ACTIVE) != 0;
	if (irq->edge && (lr & ICH_LR_PENDING))
		irq->latch = true;
	if (!irq->edge && !(lr & ICH_LR_STATE))
		irq->latch = false; /* GICD_ISPENDR's, acknowledged */
	resample(g, irq, ended, lr & ICH_LR_PENDING);
}

/* Off the list, or to another's (vgic_prune_ap_list). */
static void prune(struct gic *g, struct gic_cpu *c)
{
	for (unsigned i = 0; i < c->n_ap;) {
		struct gic_irq *irq = c->ap[i];
		int to = wants(g, irq);

		if (to == (int)c->index) {
			i++;
			continue;
		}
		list_del(c, i);
		if (to >= 0) {
			list_add(&g->cpu[to], irq);
			kick(g, to);
		}
	}
}

void gic_sync(struct gic *g, unsigned vcpu, struct ich *h)
{
	struct gic_cpu *c = &g->cpu[vcpu];

	h->hcr &= (1u << ICH_HCR_EOICOUNT) - 1;
	if (c->n_ap == 0)
		return;
	h->hcr &= ~ICH_HCR_UIE;
	for (unsigned i = 0; i < c->used; i++) {
		fold(g, vcpu, h->lr[i]);
		h->lr[i] = 0;
	}
	c->used = 0;
	prune(g, c);
}

unsigned gic_used_lrs(const struct gic *g, unsigned vcpu)
{
	return g->cpu[vcpu].used;
}

bool gic_pending(const struct gic *g, unsigned vcpu, const struct ich *h)
{
	const struct gic_cpu *c = &g->cpu[vcpu];

	if (!g->enabled)
		return false;
	for (unsigned i = 0; i < c->n_ap; i++) {
		const struct gic_irq *irq = c->ap[i];

		if (gic_irq_pending(irq) && irq->enabled && !irq->active && irq->priority < h->vmcr >> ICH_VMCR_PMR)
			return true;
	}
	return false;
}

bool gic_idle(const struct gic *g, unsigned vcpu)
{
	return g->cpu[vcpu].n_ap == 0;
}

bool gic_state(const struct gic *g, unsigned vcpu, uint32_t intid, struct gic_state *out)
{
	const struct gic_irq *irq = gic_irq(g, vcpu, intid);

	if (irq == NULL)
		return false;
	*out = (struct gic_state){.enabled = irq->enabled, .pending = gic_irq_pending(irq), .active = irq->active, .line = irq->line,
				  .latch = irq->latch, .edge = irq->edge, .group1 = irq->group1, .hw = irq->hw,
				  .priority = irq->priority, .target = irq->target, .queued = irq->vcpu};
	return true;
}
