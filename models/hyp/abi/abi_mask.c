/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/abi/abi_mask.h"

#include <errno.h>
#include <string.h>

#include "models/hyp/abi/abi_impl.h"
#include "models/hyp/abi/abi_kernel.h"

unsigned abi_mask_slot(enum abi_reg reg)
{
	unsigned low = (unsigned)(abi_reg_row(reg)->id & 0xffff), op1 = low >> 11 & 7, crn = low >> 7 & 15;

	if ((abi_reg_row(reg)->id & UAPI_REG_COPROC_MASK) >> 16 != UAPI_SYSREG || low >> 14 != 3 || crn != 0 ||
	    (op1 > 1 && op1 != 3) || (low >> 3 & 15) > 7)
		return UAPI_MASK_SLOTS;
	return UAPI_MASK_SLOT(op1, low >> 3 & 15, low & 7);
}

void abi_masks_of(const struct abi_host *h, uint64_t masks[static UAPI_MASK_SLOTS])
{
	memset(masks, 0, UAPI_MASK_SLOTS * sizeof(masks[0]));
	for (unsigned i = 0; i < ABI_REG_COUNT; i++) {
		const struct abi_reg_row *r = abi_reg_row((enum abi_reg)i);
		bool aa32 = r->rule == ABI_RULE_ID32 || r->rule == ABI_RULE_IDDFR0;
		unsigned slot = abi_mask_slot((enum abi_reg)i);
		const char *help = "";

		if (slot < UAPI_MASK_SLOTS && (!aa32 || abi_host_has(h, ABI_HAS_AARCH32)))
			masks[slot] = abi_kernel_mask(h->kernel, (enum abi_reg)i, &help);
	}
}

long abi_writable_masks(struct abi_vm *vm, uint64_t arg)
{
	uint64_t masks[UAPI_MASK_SLOTS];
	struct uapi_reg_mask_range range;
	static const uint32_t zero[13];

	if (vm->host.masks == ABI_MASKS_NONE)
		return -EINVAL; /* an ioctl that arm64 does not know */
	if (abi_user_read(vm, arg, &range, sizeof(range)) != 0)
		return -EFAULT;
	/* The first posting's reserved[7] is the same bytes: all of them must be zero there too. */
	if (range.range != 0 || memcmp(range.reserved, zero, sizeof(zero)) != 0)
		return -EINVAL;
	abi_masks_of(&vm->host, masks);
	return abi_user_write(vm, range.addr, masks, sizeof(masks)) != 0 ? -EFAULT : 0;
}
