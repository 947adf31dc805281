// SPDX-License-Identifier: Apache-2.0
/* What list registers, priorities and masks make of each other (Arm IHI 0069, 4.8 and the pseudocode of 12.1). */
#include <string.h>

#include "models/dev/ich_impl.h"

static unsigned ich_min_bpr(const struct ich *h, unsigned group)
{
	return group ? 8u - h->pri_bits : 7u - h->pri_bits;
}

void ich_set_vmcr(struct ich *h, uint32_t vmcr)
{
	static const uint8_t shift[2] = {ICH_VMCR_BPR0, ICH_VMCR_BPR1};

	for (unsigned g = 0; g < 2; g++) {
		uint32_t bpr = vmcr >> shift[g] & 7;

		if (bpr < ich_min_bpr(h, g))
			vmcr = (vmcr & ~(7u << shift[g])) | ich_min_bpr(h, g) << shift[g];
	}
	vmcr &= ~((uint32_t)(0xffu >> h->pri_bits) << ICH_VMCR_PMR);
	h->vmcr = vmcr | ICH_VMCR_FIQEN;
}

void ich_init(struct ich *h, unsigned lrs, unsigned pri_bits)
{
	memset(h, 0, sizeof(*h));
	h->lrs = (uint8_t)lrs;
	h->pri_bits = (uint8_t)pri_bits;
	h->hcr = ICH_HCR_EN;
	ich_set_vmcr(h, 0);
}

unsigned ich_bpr(const struct ich *h, unsigned group)
{
	unsigned bpr0 = h->vmcr >> ICH_VMCR_BPR0 & 7;

	if (group == 0)
		return bpr0;
	if (h->vmcr & ICH_VMCR_CBPR)
		return bpr0 < 7 ? bpr0 + 1 : 7;
	return h->vmcr >> ICH_VMCR_BPR1 & 7;
}

static unsigned lr_priority(uint64_t lr)
{
	return lr >> ICH_LR_PRIORITY & 0xff;
}

static unsigned lr_group(uint64_t lr)
{
	return (lr & ICH_LR_GROUP1) != 0;
}

/* Of a priority, what preempts. */
static unsigned group_priority(const struct ich *h, unsigned priority, unsigned group)
{
	unsigned bpr = ich_bpr(h, group) + (group == 0);

	return priority & 0xffu << bpr & 0xff;
}

static bool group_on(const struct ich *h, unsigned group)
{
	return h->vmcr & (group ? ICH_VMCR_ENG1 : ICH_VMCR_ENG0);
}

/* The pending list register of the highest priority whose group is on; -1: none. */
int ich_highest(const struct ich *h)
{
	int best = -1;

	for (int i = 0; i < h->lrs; i++) {
		uint64_t lr = h->lr[i];

		if ((lr & ICH_LR_STATE) != ICH_LR_PENDING || !group_on(h, lr_group(lr)))
			continue;
		if (best < 0 || lr_priority(lr) < lr_priority(h->lr[best]))
			best = i;
	}
	return best;
}

unsigned ich_running(const struct ich *h)
{
	for (unsigned i = 0; i < ICH_APRS; i++) {
		uint32_t active = h->ap0r[i] | h->ap1r[i];

		if (active != 0)
			return (32 * i + (unsigned)__builtin_ctz(active)) << (8 - h->pri_bits);
	}
	return ICH_IDLE;
}

/* A priority of 0xff is never signalled: PMR cannot be above it. */
static bool can_signal(const struct ich *h, int lr)
{
	unsigned priority, running = ich_running(h);

	if (lr < 0 || !(h->hcr & ICH_HCR_EN))
		return false;
	priority = lr_priority(h->lr[lr]);
	if (priority >= h->vmcr >> ICH_VMCR_PMR)
		return false;
	return running == ICH_IDLE || group_priority(h, priority, lr_group(h->lr[lr])) < running;
}

unsigned ich_lines(const struct ich *h)
{
	int lr = ich_highest(h);

	if (!can_signal(h, lr))
		return 0;
	return lr_group(h->lr[lr]) ? A64_VIRQ : A64_VFIQ;
}

unsigned ich_acknowledge(struct ich *h, unsigned group)
{
	int i = ich_highest(h);
	unsigned level;
	uint32_t *apr;

	if (!can_signal(h, i) || lr_group(h->lr[i]) != group)
		return ICH_SPURIOUS;
	level = group_priority(h, lr_priority(h->lr[i]), group) >> (8 - h->pri_bits);
	apr = group ? h->ap1r : h->ap0r;
	apr[level / 32] |= 1u << level % 32;
	h->lr[i] = (h->lr[i] & ~ICH_LR_STATE) | ICH_LR_ACTIVE;
	return (unsigned)(h->lr[i] & ICH_LR_VINTID);
}

/* The highest active priority is no longer; it, or ICH_IDLE if there was none. */
static unsigned drop_priority(struct ich *h)
{
	for (unsigned i = 0; i < ICH_APRS; i++) {
		uint32_t active = h->ap0r[i] | h->ap1r[i], lowest = active & -active;

		if (active == 0)
			continue;
		/* Both at once cannot be; a guest that writes them so loses group 1's, as by KVM's trap handler. */
		if (h->ap1r[i] & lowest)
			h->ap1r[i] &= ~lowest;
		else
			h->ap0r[i] &= ~lowest;
		return (32 * i + (unsigned)__builtin_ctz(active)) << (8 - h->pri_bits);
	}
	return ICH_IDLE;
}

static int find_active(const struct ich *h, uint64_t intid)
{
	for (int i = 0; i < h->lrs; i++)
		if ((h->lr[i] & ICH_LR_ACTIVE) && (h->lr[i] & ICH_LR_VINTID) == intid)
			return i;
	return -1;
}

static void deactivate(struct ich *h, int i)
{
	h->lr[i] &= ~ICH_LR_ACTIVE;
	if ((h->lr[i] & ICH_LR_HW) && h->deactivated != NULL)
		h->deactivated(h->owner, (uint32_t)(h->lr[i] >> 32 & 0x1fff));
}

static void count_eoi(struct ich *h)
{
	h->hcr += 1u << ICH_HCR_EOICOUNT; /* it wraps at 32 */
}

void ich_end(struct ich *h, uint64_t intid, unsigned group)
{
	unsigned dropped;
	int i;

	if (intid >= 1020 && intid < 8192)
		return;
	dropped = drop_priority(h);
	if (dropped == ICH_IDLE)
		return;
	i = find_active(h, intid);
	if (i < 0) {
		if (intid < 8192)
			count_eoi(h);
		return;
	}
	if ((h->vmcr & ICH_VMCR_EOIM) && intid < 8192)
		return;
	/* An end that does not fit what was acknowledged last drops the priority, no more. */
	if (lr_group(h->lr[i]) == group && group_priority(h, lr_priority(h->lr[i]), group) == dropped)
		deactivate(h, i);
}

void ich_deactivate(struct ich *h, uint64_t intid)
{
	int i;

	if (!(h->vmcr & ICH_VMCR_EOIM) || intid >= 1020)
		return;
	i = find_active(h, intid);
	if (i < 0)
		count_eoi(h);
	else
		deactivate(h, i);
}

uint32_t ich_eisr(const struct ich *h)
{
	uint32_t set = 0;

	for (unsigned i = 0; i < h->lrs; i++)
		if ((h->lr[i] & (ICH_LR_STATE | ICH_LR_HW | ICH_LR_EOI)) == ICH_LR_EOI)
			set |= 1u << i;
	return set;
}

uint32_t ich_elrsr(const struct ich *h)
{
	uint32_t set = 0;

	for (unsigned i = 0; i < h->lrs; i++)
		if (!(h->lr[i] & ICH_LR_STATE) && (h->lr[i] & ICH_LR_HW || !(h->lr[i] & ICH_LR_EOI)))
			set |= 1u << i;
	return set;
}

uint32_t ich_misr(const struct ich *h)
{
	unsigned valid = 0, pending = 0;
	uint32_t on = 0;

	for (unsigned i = 0; i < h->lrs; i++) {
		valid += (h->lr[i] & ICH_LR_STATE) != 0;
		pending += (h->lr[i] & ICH_LR_STATE) == ICH_LR_PENDING;
	}
	if (valid <= 1)
		on |= ICH_HCR_UIE;
	if (h->hcr >> ICH_HCR_EOICOUNT != 0)
		on |= ICH_HCR_LRENPIE;
	if (pending == 0)
		on |= ICH_HCR_NPIE;
	on |= group_on(h, 0) ? ICH_HCR_VGRP0EIE : ICH_HCR_VGRP0DIE;
	on |= group_on(h, 1) ? ICH_HCR_VGRP1EIE : ICH_HCR_VGRP1DIE;
	return (on & h->hcr & 0xfe) | (ich_eisr(h) != 0 ? ICH_MISR_EOI : 0);
}

bool ich_maintenance(const struct ich *h)
{
	return (h->hcr & ICH_HCR_EN) && ich_misr(h) != 0;
}

/* 16 bits of INTID, Aff3, no direct injection, TDIR; preemption has all bits of priority. */
uint32_t ich_vtr(const struct ich *h)
{
	return (uint32_t)(h->pri_bits - 1) << 29 | (uint32_t)(h->pri_bits - 1) << 26 | 1u << 21 | 1u << 20 | 1u << 19 |
	       (uint32_t)(h->lrs - 1);
}
