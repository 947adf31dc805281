/* SPDX-License-Identifier: Apache-2.0 */
/* What a VMM does that has no writable masks: write and see. */
#include <string.h>

#include "models/hyp/abi/abi_mask.h"
#include "sim/base/err.h"

const char *abi_trial_name(enum abi_trial_how how)
{
	static const char *const names[] = {
#define X(id, name, help) name,
		ABI_TRIALS(X)
#undef X
	};

	BUG_ON((unsigned)how >= ABI_TRIAL_COUNT);
	return names[how];
}

static long call(struct abi_vcpu *v, enum uapi_ioctl i, uint64_t id, uint64_t *value)
{
	struct uapi_one_reg r = { id, (uint64_t)(uintptr_t)value };

	return abi_vcpu_ioctl(v, abi_ioctl_number(i), (uint64_t)(uintptr_t)&r);
}

/* Try one value in place of old; true if the kernel took it. *rc is 0, or why old could not be restored. */
static bool try_value(struct abi_vcpu *v, uint64_t id, uint64_t old, uint64_t value, struct abi_trial *t, long *rc)
{
	uint64_t now = 0;

	t->sets++;
	if (call(v, UAPI_IOCTL_SET_ONE_REG, id, &value) < 0) {
		t->failed++;
		return false;
	}
	t->gets++;
	(void)call(v, UAPI_IOCTL_GET_ONE_REG, id, &now);
	t->side_effects += now != value;
	t->sets++;
	*rc = call(v, UAPI_IOCTL_SET_ONE_REG, id, &old);
	return true;
}

static long try_bits(struct abi_vcpu *v, uint64_t id, uint64_t old, uint64_t *mask, struct abi_trial *t)
{
	long rc = 0;

	for (unsigned b = 0; b < 64 && rc == 0; b++)
		if (try_value(v, id, old, old ^ UINT64_C(1) << b, t, &rc))
			*mask |= UINT64_C(1) << b;
	return rc;
}

static long try_fields(struct abi_vcpu *v, uint64_t id, uint64_t old, uint64_t *mask, struct abi_trial *t)
{
	long rc = 0;

	for (unsigned s = 0; s < 64 && rc == 0; s += 4) {
		uint64_t one = UINT64_C(1) << s;

		if (try_value(v, id, old, (old >> s & 15) != 0 ? old - one : old + one, t, &rc))
			*mask |= UINT64_C(15) << s;
	}
	return rc;
}

static unsigned ones(uint64_t v)
{
	unsigned n = 0;

	for (; v != 0; v &= v - 1)
		n++;
	return n;
}

/* Only registers that writing can change: a VMM has no reason to try the identification of the CPU. */
static bool tried(const struct abi_vcpu *v, enum abi_reg reg)
{
	return (abi_reg_row(reg)->class == ABI_CLASS_id || reg == ABI_R_CLIDR_EL1) && abi_visible(v, reg);
}

long abi_trial(struct abi_vcpu *v, enum abi_trial_how how, struct abi_trial *t)
{
	uint64_t truth[UAPI_MASK_SLOTS], old = 0;
	long rc = 0;

	memset(t, 0, sizeof(*t));
	for (unsigned i = 0; i < ABI_REG_COUNT && rc == 0; i++) {
		uint64_t id = abi_reg_row((enum abi_reg)i)->id;
		uint64_t *mask;

		if (!tried(v, (enum abi_reg)i))
			continue;
		mask = &t->masks[abi_mask_slot((enum abi_reg)i)];
		t->gets++;
		(void)call(v, UAPI_IOCTL_GET_ONE_REG, id, &old);
		rc = how == ABI_TRIAL_BIT ? try_bits(v, id, old, mask, t) : try_fields(v, id, old, mask, t);
	}
	abi_masks_of(&v->vm->host, truth);
	for (unsigned i = 0; i < UAPI_MASK_SLOTS; i++) {
		t->missed += ones(truth[i] & ~t->masks[i]);
		t->wrong += ones(t->masks[i] & ~truth[i]);
	}
	return rc;
}
