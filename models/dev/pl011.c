// SPDX-License-Identifier: Apache-2.0
/* Arm PrimeCell UART (PL011, Arm DDI 0183, chapter 3). */
#include "models/dev/vmm.h"

/* PL011(name, offset, read, write): expressions of u and v; the mask of what is kept is in write. */
#define PL011_REGS(X)                                                                                      \
	X(DR,    0x00, 0,                   transmit(u, (uint8_t)v))                                       \
	X(RSR,   0x04, 0,                   (void)0)                                                       \
	X(FR,    0x18, FR_TXFE | FR_RXFE,   (void)0)                                                       \
	X(ILPR,  0x20, u->ilpr,             u->ilpr = v & 0xff)                                            \
	X(IBRD,  0x24, u->ibrd,             u->ibrd = v & 0xffff)                                          \
	X(FBRD,  0x28, u->fbrd,             u->fbrd = v & 0x3f)                                            \
	X(LCR_H, 0x2c, u->lcr,              u->lcr = v & 0xff)                                             \
	X(CR,    0x30, u->cr,               u->cr = v & 0xffff)                                            \
	X(IFLS,  0x34, u->ifls,             u->ifls = v & 0x3f)                                            \
	X(IMSC,  0x38, u->imsc,             u->imsc = v & 0x7ff)                                           \
	X(RIS,   0x3c, u->ris,              (void)0)                                                       \
	X(MIS,   0x40, u->ris & u->imsc,    (void)0)                                                       \
	X(ICR,   0x44, 0,                   u->ris &= ~v)                                                  \
	X(DMACR, 0x48, u->dmacr,            u->dmacr = v & 7)

enum { FR_RXFE = 1 << 4, FR_TXFE = 1 << 7, INT_TX = 1 << 5, IDS = 0xfe0 };

/* Peripheral and cell identification: part 0x011, designer Arm, revision 1. */
static const uint8_t ids[8] = {0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

static void transmit(struct pl011 *u, uint8_t byte)
{
	if (u->console.put != NULL)
		u->console.put(u->console.owner, byte);
	u->ris |= INT_TX; /* gone at once: the FIFO is below its level again */
}

static uint64_t pl011_read(struct dev *d, unsigned vcpu, uint64_t offset, unsigned size)
{
	const struct pl011 *u = (struct pl011 *)d;

	(void)vcpu;
	(void)size;
	switch (offset) {
#define X(name, at, rd, wr) case at: return rd;
	PL011_REGS(X)
#undef X
	default: return offset >= IDS && offset < IDS + 32 && offset % 4 == 0 ? ids[(offset - IDS) / 4] : 0;
	}
}

static void pl011_write(struct dev *d, unsigned vcpu, uint64_t offset, unsigned size, uint64_t value)
{
	struct pl011 *u = (struct pl011 *)d;
	uint32_t v = (uint32_t)value;

	(void)vcpu;
	(void)size;
	switch (offset) {
#define X(name, at, rd, wr) case at: wr; break;
	PL011_REGS(X)
#undef X
	default: break;
	}
	dev_line_set(&u->line, (u->ris & u->imsc) != 0);
}

void pl011_init(struct pl011 *u, uint64_t base, uint32_t intid)
{
	static const struct dev_ops ops = {pl011_read, pl011_write};

	*u = (struct pl011){.dev = {"PL011", DEV_USER, base, 0x1000, &ops}, .line = {.intid = intid}, .cr = 0x300, .ifls = 0x12};
}
