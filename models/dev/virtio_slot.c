// SPDX-License-Identifier: Apache-2.0
#include "models/dev/vmm.h"

enum { MAGIC = 0x00, VERSION = 0x04, VENDOR_ID = 0x0c };

static uint64_t slot_read(struct dev *d, unsigned vcpu, uint64_t offset, unsigned size)
{
	(void)vcpu;
	if (size != 4)
		return 0;
	switch (offset) {
	case MAGIC: return 0x74726976; /* "virt" */
	case VERSION: return ((const struct virtio_slot *)d)->version;
	case VENDOR_ID: return 0x554d4551; /* "QEMU" */
	default: return 0; /* DEVICE_ID 0: nothing here */
	}
}

static void slot_write(struct dev *d, unsigned vcpu, uint64_t offset, unsigned size, uint64_t value)
{
	(void)d;
	(void)vcpu;
	(void)offset;
	(void)size;
	(void)value;
}

void virtio_slot_init(struct virtio_slot *s, uint64_t base, uint64_t size)
{
	static const struct dev_ops ops = {slot_read, slot_write};

	*s = (struct virtio_slot){.dev = {"virtio-mmio", DEV_USER, base, size, &ops}, .version = 1};
}
