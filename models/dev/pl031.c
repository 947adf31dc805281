// SPDX-License-Identifier: Apache-2.0
/* Arm PrimeCell real-time clock (PL031, Arm DDI 0224, chapter 3). */
#include "models/dev/vmm.h"

enum { DR = 0x00, MR = 0x04, LR = 0x08, CR = 0x0c, IMSC = 0x10, RIS = 0x14, MIS = 0x18, ICR = 0x1c, IDS = 0xfe0 };

static const uint8_t ids[8] = {0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

static void update(struct pl031 *r)
{
	dev_line_set(&r->line, r->ris & r->imsc);
}

static uint64_t pl031_read(struct dev *d, unsigned vcpu, uint64_t offset, unsigned size)
{
	const struct pl031 *r = (struct pl031 *)d;

	(void)vcpu;
	(void)size;
	switch (offset) {
	case DR: return r->now + r->offset;
	case MR: return r->match;
	case LR: return r->load;
	case CR: return 1; /* it cannot be stopped */
	case IMSC: return r->imsc;
	case RIS: return r->ris;
	case MIS: return r->ris & r->imsc;
	default: return offset >= IDS && offset < IDS + 32 && offset % 4 == 0 ? ids[(offset - IDS) / 4] : 0;
	}
}

/* What is shown may be the alarm's second already. */
static void check(struct pl031 *r)
{
	if (r->now + r->offset == r->match)
		r->ris = 1;
}

static void pl031_write(struct dev *d, unsigned vcpu, uint64_t offset, unsigned size, uint64_t value)
{
	struct pl031 *r = (struct pl031 *)d;
	uint32_t v = (uint32_t)value;

	(void)vcpu;
	(void)size;
	switch (offset) {
	case MR:
		r->match = v;
		check(r);
		break;
	case LR:
		r->load = v;
		r->offset = v - r->now;
		check(r);
		break;
	case IMSC: r->imsc = v & 1; break;
	case ICR: r->ris &= ~v; break;
	default: break;
	}
	update(r);
}

uint64_t pl031_alarm(const struct pl031 *r)
{
	uint32_t left = r->match - (r->now + r->offset);

	return left != 0 ? left : (uint64_t)1 << 32;
}

void pl031_set_time(struct pl031 *r, uint32_t now)
{
	if (now - r->now >= pl031_alarm(r))
		r->ris = 1;
	r->now = now;
	update(r);
}

void pl031_init(struct pl031 *r, uint64_t base, uint32_t intid, uint32_t now)
{
	static const struct dev_ops ops = {pl031_read, pl031_write};

	*r = (struct pl031){.dev = {"PL031", DEV_USER, base, 0x1000, &ops}, .line = {.intid = intid}, .now = now};
}
