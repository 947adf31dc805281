/* SPDX-License-Identifier: Apache-2.0 */
/* KVM_GET_VCPU_EVENTS, KVM_SET_VCPU_EVENTS. */
#include <errno.h>

#include "models/hyp/abi/abi_impl.h"

long abi_get_events(struct abi_vcpu *v, uint64_t arg)
{
	struct uapi_vcpu_events ev = { 0 };

	if (!v->initialized)
		return -ENOEXEC;
	ev.serror_pending = v->serror;
	ev.serror_has_esr = abi_host_has(&v->vm->host, ABI_HAS_RAS);
	if (ev.serror_pending != 0 && ev.serror_has_esr != 0)
		ev.serror_esr = v->vsesr;
	return abi_user_write(v->vm, arg, &ev, sizeof(ev)) != 0 ? -EFAULT : 0;
}

#define ISS_MASK       UINT64_C(0x1ffffff)
#define ESR_IDS        (UINT64_C(1) << 24) /* as for an SError without syndrome */
#define MODE32         UINT64_C(0x10)
#define FAULT_ADDRESS  0                   /* of the last exit; no guest runs here */

/* A synchronous external abort: the syndrome and address registers as the kernel writes them. */
static void inject_abort(struct abi_vcpu *v)
{
	uint64_t *esr = &v->value[ABI_R_ESR_EL1], *far = &v->value[ABI_R_FAR_EL1];
	uint64_t pstate = v->value[ABI_R_PSTATE];

	if ((v->vm->features & UAPI_FEATURE(EL1_32BIT)) != 0) {
		*esr = (v->value[ABI_R_TCR_EL1] >> 31 & 1) != 0 ? 0x210 : 0x08;
		*far = (*far & ~UINT64_C(0xffffffff)) | FAULT_ADDRESS;
		return;
	}
	*esr = 0x10 | UINT64_C(0x24) << 26;
	*esr |= ((pstate & MODE32) != 0 || (pstate & 0xf) == 0 ? UINT64_C(0x20) : UINT64_C(0x21)) << 26;
	*far = FAULT_ADDRESS;
}

long abi_set_events(struct abi_vcpu *v, uint64_t arg)
{
	struct uapi_vcpu_events ev;

	if (!v->initialized)
		return -ENOEXEC;
	if (abi_user_read(v->vm, arg, &ev, sizeof(ev)) != 0)
		return -EFAULT;
	for (unsigned i = 0; i < 12; i++)
		if (ev.reserved[i] != 0)
			return -EINVAL;
	for (unsigned i = 0; i < 5; i++)
		if (ev.pad[i] != 0)
			return -EINVAL;
	if (ev.serror_pending != 0) {
		if (ev.serror_has_esr != 0 &&
		    (!abi_host_has(&v->vm->host, ABI_HAS_RAS) || (ev.serror_esr & ~ISS_MASK) != 0))
			return -EINVAL;
		v->vsesr = ev.serror_has_esr != 0 ? ev.serror_esr : ESR_IDS;
		v->serror = true;
	}
	if (ev.ext_dabt_pending != 0)
		inject_abort(v);
	return 0;
}
