/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device as the guest's memory map has it: a window of guest-physical addresses, who answers for it, and two
 * functions. Devices know no time: who needs it is told. They are told of an access once, in the order of accesses.
 */
#ifndef EL2SIM_DEV_DEV_H
#define EL2SIM_DEV_DEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who emulates it: what an access costs beside the exit is decided by that (exits.def: mmio_*_vgic, mmio_*_user). */
enum dev_where {
	DEV_KERNEL, /* the hypervisor: vGIC */
	DEV_USER,   /* the VMM, after an exit to user space */
};

struct dev;

struct dev_ops {
	/*
	 * An access of vCPU `vcpu` of 1, 2, 4 or 8 bytes at base + offset, inside of the window. What is not there reads as
	 * zero and ignores writes; the value read has no bits beyond its size.
	 */
	uint64_t (*read)(struct dev *d, unsigned vcpu, uint64_t offset, unsigned size);
	void (*write)(struct dev *d, unsigned vcpu, uint64_t offset, unsigned size, uint64_t value);
};

/* Embedded as the first member of each device. */
struct dev {
	const char *name; /* for reports: "GICD", "GICR0", "PL011" */
	enum dev_where where;
	uint64_t base, size; /* bytes */
	const struct dev_ops *ops;
};

/* An interrupt line of a device: the callback is called when the level changes only. */
struct dev_line {
	void (*set)(void *owner, uint32_t intid, bool level); /* NULL: nothing is connected */
	void *owner;
	uint32_t intid; /* as the GIC numbers it: 32 and above for a device */
	bool level;     /* as last told */
};
void dev_line_set(struct dev_line *l, bool level);

/* Where the bytes of a console go, one at a time; put NULL: nowhere. */
struct dev_console {
	void (*put)(void *owner, uint8_t byte);
	void *owner;
};

/* The device whose window has the address, or NULL. n devices in any order, their windows apart. */
struct dev *dev_at(struct dev *const *devs, size_t n, uint64_t address);

/* Through the device's functions; address is guest-physical, the access inside of its window (else reads 0, writes nothing). */
uint64_t dev_read(struct dev *d, unsigned vcpu, uint64_t address, unsigned size);
void dev_write(struct dev *d, unsigned vcpu, uint64_t address, unsigned size, uint64_t value);

#endif
