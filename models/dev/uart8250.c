// SPDX-License-Identifier: Apache-2.0
/* 16550A: registers a byte apart, a transmitter that is always empty, a receiver too. */
#include "models/dev/vmm.h"

enum { RBR, IER, IIR, LCR, MCR, LSR, MSR, SCR, THR = RBR, DLL = RBR, DLM = IER, FCR = IIR };
enum { IER_THRI = 2, IIR_NONE = 1, IIR_THRI = 2, IIR_FIFO = 0xc0, LCR_DLAB = 0x80, MCR_LOOP = 0x10, LSR_EMPTY = 0x60 };

static void update(struct uart8250 *u)
{
	dev_line_set(&u->line, u->thre && (u->ier & IER_THRI));
}

/* CTS, DSR and DCD are there; in loopback it is what MCR drives. */
static uint8_t msr(const struct uart8250 *u)
{
	uint8_t m = u->mcr;

	if (!(m & MCR_LOOP))
		return 0xb0;
	return (uint8_t)((m & 2) << 3 | (m & 1) << 5 | (m & 4) << 4 | (m & 8) << 4);
}

static uint8_t read_iir(struct uart8250 *u)
{
	uint8_t fifo = u->fcr & 1 ? IIR_FIFO : 0;

	if (!u->thre || !(u->ier & IER_THRI))
		return IIR_NONE | fifo;
	u->thre = false;
	update(u);
	return IIR_THRI | fifo;
}

static uint64_t uart8250_read(struct dev *d, unsigned vcpu, uint64_t offset, unsigned size)
{
	struct uart8250 *u = (struct uart8250 *)d;
	bool dlab = u->lcr & LCR_DLAB;

	(void)vcpu;
	(void)size;
	switch (offset) {
	case RBR: return dlab ? u->dll : 0;
	case IER: return dlab ? u->dlm : u->ier;
	case IIR: return read_iir(u);
	case LCR: return u->lcr;
	case MCR: return u->mcr;
	case LSR: return LSR_EMPTY;
	case MSR: return msr(u);
	case SCR: return u->scr;
	default: return 0;
	}
}

static void transmit(struct uart8250 *u, uint8_t v)
{
	if (!(u->mcr & MCR_LOOP) && u->console.put != NULL)
		u->console.put(u->console.owner, v);
	u->thre = true;
}

static void uart8250_write(struct dev *d, unsigned vcpu, uint64_t offset, unsigned size, uint64_t value)
{
	struct uart8250 *u = (struct uart8250 *)d;
	bool dlab = u->lcr & LCR_DLAB;
	uint8_t v = (uint8_t)value;

	(void)vcpu;
	(void)size;
	switch (offset) {
	case THR:
		if (dlab)
			u->dll = v;
		else
			transmit(u, v);
		break;
	case IER:
		if (dlab) {
			u->dlm = v;
			break;
		}
		if (!(u->ier & IER_THRI) && (v & IER_THRI))
			u->thre = true; /* it is empty, and that is news */
		u->ier = v & 0xf;
		break;
	case FCR: u->fcr = v; break;
	case LCR: u->lcr = v; break;
	case MCR: u->mcr = v & 0x1f; break;
	case SCR: u->scr = v; break;
	default: break;
	}
	update(u);
}

void uart8250_init(struct uart8250 *u, uint64_t base, uint32_t intid)
{
	static const struct dev_ops ops = {uart8250_read, uart8250_write};

	*u = (struct uart8250){.dev = {"8250", DEV_USER, base, 0x1000, &ops}, .line = {.intid = intid}, .mcr = 8};
}
