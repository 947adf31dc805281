// SPDX-License-Identifier: Apache-2.0
#include "models/dev/dev.h"

void dev_line_set(struct dev_line *l, bool level)
{
	if (l->level == level)
		return;
	l->level = level;
	if (l->set != NULL)
		l->set(l->owner, l->intid, level);
}

struct dev *dev_at(struct dev *const *devs, size_t n, uint64_t address)
{
	for (size_t i = 0; i < n; i++)
		if (address - devs[i]->base < devs[i]->size)
			return devs[i];
	return NULL;
}

static uint64_t bits_of(unsigned size)
{
	return size >= 8 ? UINT64_MAX : ((uint64_t)1 << 8 * size) - 1;
}

static bool inside(const struct dev *d, uint64_t address, unsigned size)
{
	return address - d->base < d->size && d->size - (address - d->base) >= size;
}

uint64_t dev_read(struct dev *d, unsigned vcpu, uint64_t address, unsigned size)
{
	return inside(d, address, size) ? d->ops->read(d, vcpu, address - d->base, size) & bits_of(size) : 0;
}

void dev_write(struct dev *d, unsigned vcpu, uint64_t address, unsigned size, uint64_t value)
{
	if (inside(d, address, size))
		d->ops->write(d, vcpu, address - d->base, size, value & bits_of(size));
}
