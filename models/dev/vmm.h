/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices of VMMs (QEMU's virt machine, kvmtool, Firecracker): UARTs whose output is kept by a console and whose input is
 * empty, a real-time clock, and virtio-mmio slots with nothing in them. All of them are user space's: an access is an
 * exit to the VMM.
 */
#ifndef EL2SIM_DEV_VMM_H
#define EL2SIM_DEV_VMM_H

#include "models/dev/dev.h"

/* Arm PrimeCell UART (DDI 0183): transmission is immediate, nothing is ever received. */
struct pl011 {
	struct dev dev;
	struct dev_console console;
	struct dev_line line;
	uint32_t ibrd, fbrd, lcr, cr, ifls, imsc, ris, ilpr, dmacr;
};
void pl011_init(struct pl011 *u, uint64_t base, uint32_t intid);

/* 8250, 16550A (kvmtool, Firecracker): registers a byte apart. */
struct uart8250 {
	struct dev dev;
	struct dev_console console;
	struct dev_line line;
	uint8_t ier, fcr, lcr, mcr, scr, dll, dlm;
	bool thre; /* the transmitter's interrupt is pending: it became empty, and IIR did not tell yet */
};
void uart8250_init(struct uart8250 *u, uint64_t base, uint32_t intid);

/* Arm PrimeCell RTC (DDI 0224). It shows the time of day that it was told last, moved by what the guest loaded. */
struct pl031 {
	struct dev dev;
	struct dev_line line;
	uint32_t now;    /* seconds since 1970 */
	uint32_t offset; /* shown: now + offset */
	uint32_t load, match, imsc, ris;
};
void pl031_init(struct pl031 *r, uint64_t base, uint32_t intid, uint32_t now);
/* The time of day has become `now`, in seconds; the alarm may have gone off on the way. */
void pl031_set_time(struct pl031 *r, uint32_t now);
/* Seconds from now until the alarm matches: 1 to 2^32. */
uint64_t pl031_alarm(const struct pl031 *r);

/* A virtio-mmio transport (virtio 1.2, 4.2) without a device behind it: magic, version, vendor; device id 0. */
struct virtio_slot {
	struct dev dev;
	uint32_t version; /* 1: legacy, as QEMU has it; 2 */
};
void virtio_slot_init(struct virtio_slot *s, uint64_t base, uint64_t size);

#endif
