/* SPDX-License-Identifier: Apache-2.0 */
/* VMs and vCPUs of the register ABI: life, features, capabilities, lists, events. */
#include "models/hyp/abi/abi_impl.h"

#include <errno.h>
#include <string.h>

#include "sim/base/err.h"

static const struct {
	const char *name;
	uint32_t number;
} ioctls[] = {
#define X(name, dir, nr, size) { #name, UAPI_IO(dir, nr, size) },
	UAPI_IOCTLS(X)
#undef X
};

uint32_t abi_ioctl_number(enum uapi_ioctl i)
{
	BUG_ON((unsigned)i >= UAPI_IOCTL_COUNT);
	return ioctls[i].number;
}

static enum uapi_ioctl ioctl_by_number(uint32_t cmd)
{
	unsigned i = 0;

	while (i < UAPI_IOCTL_COUNT && ioctls[i].number != cmd)
		i++;
	return (enum uapi_ioctl)i;
}

static int process_read(void *self, uint64_t addr, void *dst, size_t n)
{
	(void)self;
	if (addr < 4096)
		return -1;
	memcpy(dst, (const void *)(uintptr_t)addr, n);
	return 0;
}

static int process_write(void *self, uint64_t addr, const void *src, size_t n)
{
	(void)self;
	if (addr < 4096)
		return -1;
	memcpy((void *)(uintptr_t)addr, src, n);
	return 0;
}

int abi_user_read(struct abi_vm *vm, uint64_t addr, void *dst, size_t n)
{
	if (vm->memory.read(vm->memory.self, addr, dst, n) != 0)
		return -1;
	vm->counts.bytes += n;
	return 0;
}

int abi_user_write(struct abi_vm *vm, uint64_t addr, const void *src, size_t n)
{
	if (vm->memory.write(vm->memory.self, addr, src, n) != 0)
		return -1;
	vm->counts.bytes += n;
	return 0;
}

void abi_take(struct abi_vm *vm, enum abi_lock lock)
{
	vm->counts.locks[lock]++;
	if (vm->on_lock != NULL)
		vm->on_lock(vm->on_lock_self, lock);
}

struct abi_vm *abi_vm_new(const struct abi_host *host, const struct abi_memory *memory)
{
	static const struct abi_memory process = { process_read, process_write, NULL };
	struct abi_vm *vm = xcalloc(1, sizeof(*vm));

	vm->host = *host;
	vm->memory = memory != NULL ? *memory : process;
	abi_kernel_order(host->kernel, vm->order);
	abi_kernel_lists(host->kernel, vm->lists, vm->asks);
	vm->id[ABI_R_STD_BMAP] = abi_reg_row(ABI_R_STD_BMAP)->reset;
	vm->id[ABI_R_STD_HYP_BMAP] = abi_reg_row(ABI_R_STD_HYP_BMAP)->reset;
	vm->id[ABI_R_VENDOR_HYP_BMAP] = abi_reg_row(ABI_R_VENDOR_HYP_BMAP)->reset;
	return vm;
}

void abi_vm_free(struct abi_vm *vm)
{
	for (size_t i = 0; vm != NULL && i < vm->n_vcpus; i++) {
		free(vm->vcpu[i]->sve);
		free(vm->vcpu[i]);
	}
	if (vm != NULL)
		free(vm->vcpu);
	free(vm);
}

static long check_extension(const struct abi_host *h, const struct abi_vm *vm, uint64_t cap)
{
	(void)vm;
	switch (cap) {
#define ABI_CAP(name, number, value)                                                                \
	case number:                                                                                \
		return value;
#include "models/hyp/abi/abi_caps.def"
#undef ABI_CAP
	default:
		return 0;
	}
}

enum { CAP_NISV = 177, CAP_MTE = 205, CAP_SCOPE = 210, CAP_SUSPEND = 215 };

static long enable_scope(struct abi_vm *vm)
{
	switch ((enum abi_scope)vm->host.scope) {
	case ABI_SCOPE_V4: /* as posted: at any time, without a lock */
	case ABI_SCOPE_V4_PSCI:
		break;
	case ABI_SCOPE_NYBBLE: /* as other capabilities that change what vCPUs show: before the first of them */
	case ABI_SCOPE_ALL:
		abi_take(vm, ABI_LOCK_KVM);
		if (vm->created != 0)
			return -EINVAL;
		break;
	default:
		return -EINVAL;
	}
	vm->scoped = true;
	return 0;
}

static long enable_cap(struct abi_vm *vm, uint64_t arg)
{
	struct uapi_enable_cap cap;

	if (abi_user_read(vm, arg, &cap, sizeof(cap)) != 0)
		return -EFAULT;
	if (cap.flags != 0)
		return -EINVAL;
	switch (cap.cap) {
	case CAP_NISV:
	case CAP_SUSPEND:
		return 0;
	case CAP_MTE:
		abi_take(vm, ABI_LOCK_KVM);
		if (!abi_host_has(&vm->host, ABI_HAS_MTE) || vm->created != 0)
			return -EINVAL;
		vm->mte = true;
		return 0;
	case CAP_SCOPE:
		return enable_scope(vm);
	default:
		return -EINVAL;
	}
}

static long create_vcpu(struct abi_vm *vm, uint64_t number)
{
	struct abi_vcpu *v;

	if (number >= vm->host.max_vcpus)
		return -EINVAL;
	abi_take(vm, ABI_LOCK_KVM);
	if (vm->created >= vm->host.max_vcpus)
		return -EINVAL;
	if (!vm->offset_owned) { /* also when the number turns out to be taken */
		vm->voffset = vm->now;
		vm->poffset = 0;
	}
	abi_take(vm, ABI_LOCK_CONFIG); /* throws the MPIDR map away */
	for (size_t i = 0; i < vm->n_vcpus; i++)
		if (vm->vcpu[i]->number == number)
			return -EEXIST;
	abi_take(vm, ABI_LOCK_KVM);
	v = xcalloc(1, sizeof(*v));
	v->vm = vm;
	v->number = (uint32_t)number;
	if ((vm->n_vcpus & (vm->n_vcpus - 1)) == 0)
		vm->vcpu = xrealloc(vm->vcpu, (vm->n_vcpus != 0 ? 2 * vm->n_vcpus : 1) * sizeof(struct abi_vcpu *));
	vm->vcpu[vm->n_vcpus] = v;
	vm->created++;
	return (long)vm->n_vcpus++;
}

static long preferred_target(struct abi_vm *vm, uint64_t arg)
{
	struct uapi_vcpu_init init = { .target = UAPI_TARGET_GENERIC_V8 };

	return abi_user_write(vm, arg, &init, sizeof(init)) != 0 ? -EFAULT : 0;
}

static long set_counter_offset(struct abi_vm *vm, uint64_t arg)
{
	struct uapi_counter_offset o;

	if (abi_user_read(vm, arg, &o, sizeof(o)) != 0)
		return -EFAULT;
	if (o.reserved != 0)
		return -EINVAL;
	abi_take(vm, ABI_LOCK_KVM);
	for (size_t i = 0; i < vm->n_vcpus; i++)
		abi_take(vm, ABI_LOCK_VCPU);
	vm->offset_owned = true;
	vm->voffset = vm->poffset = o.counter_offset;
	return 0;
}

static long vm_ioctl(struct abi_vm *vm, uint32_t cmd, uint64_t arg)
{
	switch (ioctl_by_number(cmd)) {
	case UAPI_IOCTL_CHECK_EXTENSION:
		return check_extension(&vm->host, vm, arg);
	case UAPI_IOCTL_ENABLE_CAP:
		return enable_cap(vm, arg);
	case UAPI_IOCTL_CREATE_VCPU:
		return create_vcpu(vm, arg);
	case UAPI_IOCTL_PREFERRED_TARGET:
		return preferred_target(vm, arg);
	case UAPI_IOCTL_SET_COUNTER_OFFSET:
		return set_counter_offset(vm, arg);
	case UAPI_IOCTL_GET_REG_WRITABLE_MASKS:
		return abi_writable_masks(vm, arg);
	default:
		return -EINVAL;
	}
}

static long counted(struct abi_vm *vm, long r)
{
	vm->counts.calls++;
	vm->counts.failed += r < 0;
	return r;
}

long abi_vm_ioctl(struct abi_vm *vm, uint32_t cmd, uint64_t arg)
{
	return counted(vm, vm_ioctl(vm, cmd, arg));
}

long abi_dev_ioctl(const struct abi_host *host, uint32_t cmd, uint64_t arg)
{
	return ioctl_by_number(cmd) == UAPI_IOCTL_CHECK_EXTENSION ? check_extension(host, NULL, arg) : -EINVAL;
}

static uint32_t supported_features(const struct abi_host *h)
{
	uint32_t f = UAPI_FEATURES_VALID;

	if (!abi_host_has(h, ABI_HAS_EL1_32BIT))
		f &= ~UAPI_FEATURE(EL1_32BIT);
	if (!abi_host_has(h, ABI_HAS_PMU))
		f &= ~UAPI_FEATURE(PMU_V3);
	if (!abi_host_has(h, ABI_HAS_SVE) || h->kernel < abi_reg_since(ABI_R_SVE_VLS)->may)
		f &= ~UAPI_FEATURE(SVE);
	if (!abi_host_has(h, ABI_HAS_PTRAUTH) || h->kernel < abi_reg_since(ABI_R_APIAKEYLO_EL1)->may)
		f &= ~(UAPI_FEATURE(PTRAUTH_ADDRESS) | UAPI_FEATURE(PTRAUTH_GENERIC));
	return f;
}

static int check_features(const struct abi_vm *vm, const struct uapi_vcpu_init *init)
{
	uint32_t f = init->features[0];

	if ((f & ~UAPI_FEATURES_VALID) != 0)
		return -ENOENT;
	for (unsigned i = 1; i < 7; i++)
		if (init->features[i] != 0)
			return -ENOENT;
	if ((f & ~supported_features(&vm->host)) != 0)
		return -EINVAL;
	if (((f & UAPI_FEATURE(PTRAUTH_ADDRESS)) != 0) != ((f & UAPI_FEATURE(PTRAUTH_GENERIC)) != 0))
		return -EINVAL;
	if ((f & UAPI_FEATURE(EL1_32BIT)) != 0 && vm->mte)
		return -EINVAL;
	return 0;
}

/* The first KVM_ARM_VCPU_INIT of a vCPU; the first of the VM fixes the features of all. */
static int first_init(struct abi_vcpu *v, uint32_t features)
{
	struct abi_vm *vm = v->vm;

	abi_take(vm, ABI_LOCK_CONFIG);
	if (vm->features_set && vm->features != features)
		return -EINVAL;
	vm->features = features;
	if ((features & UAPI_FEATURE(PMU_V3)) != 0 && !vm->pmu_set) {
		vm->pmu_set = true;
		vm->pmcr_n = vm->host.counters;
	}
	abi_reset(v);
	vm->features_set = true;
	v->initialized = true;
	return 0;
}

/* KVM_ARM_TARGET_* of the host's CPU by MIDR_EL1: Cortex-A53 and A57 have their own. */
static uint32_t host_target(const struct abi_host *h)
{
	switch (h->id[ABI_R_MIDR_EL1] >> 4 & 0xff00fff) {
	case 0x4100d07:
		return 2;
	case 0x4100d03:
		return 4;
	default:
		return UAPI_TARGET_GENERIC_V8;
	}
}

static int vcpu_init(struct abi_vcpu *v, struct uapi_vcpu_init *init)
{
	bool off = (init->features[0] & UAPI_FEATURE(POWER_OFF)) != 0;
	int r;

	init->features[0] &= ~UAPI_FEATURE(POWER_OFF); /* of this call, not of the vCPU */
	if (init->target != UAPI_TARGET_GENERIC_V8 && init->target != host_target(&v->vm->host))
		return -EINVAL;
	r = check_features(v->vm, init);
	if (r != 0)
		return r;
	if (!v->initialized) {
		r = first_init(v, init->features[0]);
		if (r != 0)
			return r;
	} else if (v->vm->features != init->features[0]) {
		return -EINVAL;
	} else {
		abi_reset(v);
	}
	v->serror = false; /* HCR_EL2 starts anew */
	abi_take(v->vm, ABI_LOCK_MP_STATE);
	v->mp_state = off ? UAPI_MP_STOPPED : UAPI_MP_RUNNABLE;
	return 0;
}

static int finalize(struct abi_vcpu *v, int what)
{
	if (what != UAPI_VCPU_SVE || !v->has_sve)
		return -EINVAL;
	if (v->finalized)
		return -EPERM;
	v->sve = xcalloc(1, 32 * 256 + 17 * 32);
	v->finalized = true;
	return 0;
}

static bool is_final(const struct abi_vcpu *v)
{
	return !v->has_sve || v->finalized;
}

static bool has_feature(const struct abi_vcpu *v, enum abi_guard guard, enum abi_reg reg)
{
	const struct abi_vm *vm = v->vm;

	switch (guard) {
	case ABI_GUARD_FPSIMD:
		return !v->has_sve;
	case ABI_GUARD_SVE:
		return v->has_sve;
	case ABI_GUARD_PMU:
		return (vm->features & UAPI_FEATURE(PMU_V3)) != 0;
	case ABI_GUARD_PAUTH:
		return v->has_pauth;
	case ABI_GUARD_MTE:
		return vm->mte;
	case ABI_GUARD_TCR2:
		return abi_vm_field(vm, ABI_R_ID_AA64MMFR3_EL1, 0) != 0;
	case ABI_GUARD_SCTLR2:
		return abi_vm_field(vm, ABI_R_ID_AA64MMFR3_EL1, 4) != 0;
	case ABI_GUARD_S1PIE:
		return abi_vm_field(vm, ABI_R_ID_AA64MMFR3_EL1, 8) != 0;
	case ABI_GUARD_S1POE:
		return abi_vm_field(vm, ABI_R_ID_AA64MMFR3_EL1, 16) != 0;
	case ABI_GUARD_FPMR:
		return abi_vm_field(vm, ABI_R_ID_AA64PFR2_EL1, 32) != 0;
	case ABI_GUARD_CACHE:
		return abi_has_cache(&vm->host, (unsigned)(reg - ABI_R_CCSIDR0));
	default:
		return true;
	}
}

enum abi_listed abi_listed(const struct abi_vcpu *v, enum abi_reg reg)
{
	enum abi_guard guard = (enum abi_guard)abi_reg_row(reg)->guard;
	enum abi_listed lists = (enum abi_listed)v->vm->lists[reg];
	enum abi_asks asks = (enum abi_asks)v->vm->asks[guard];

	if (lists == ABI_LISTED_NO)
		return ABI_LISTED_NO;
	if (asks != ABI_ASKS_NO && !has_feature(v, guard, reg))
		return asks == ABI_ASKS_YES ? ABI_LISTED_NO : ABI_LISTED_MAY;
	return lists;
}

bool abi_visible(const struct abi_vcpu *v, enum abi_reg reg)
{
	enum abi_listed listed;

	if (abi_reg_row(reg)->guard == ABI_GUARD_ALWAYS && v->vm->lists[reg] == ABI_LISTED_YES)
		return true; /* most registers: nothing to ask */
	listed = abi_listed(v, reg);
	if (listed != ABI_LISTED_MAY)
		return listed == ABI_LISTED_YES;
	return v->vm->lists[reg] == ABI_LISTED_YES && !v->vm->host.hide_absent;
}

/* Does the variant tell user space that the register is not per vCPU? */
static bool abi_scope_covers(enum abi_scope scope, enum abi_reg reg)
{
	const struct abi_reg_row *r = abi_reg_row(reg);

	switch (scope) {
	case ABI_SCOPE_V4:
		return r->scoped == ABI_SCOPED_V4;
	case ABI_SCOPE_V4_PSCI:
	case ABI_SCOPE_NYBBLE:
		return r->scoped != ABI_SCOPED_NO;
	case ABI_SCOPE_ALL:
		return r->scope != UAPI_SCOPE_VCPU;
	default:
		return false;
	}
}

enum uapi_scope abi_told_scope(const struct abi_vm *vm, enum abi_reg reg)
{
	if (!vm->scoped || !abi_scope_covers((enum abi_scope)vm->host.scope, reg))
		return UAPI_SCOPE_VCPU;
	return (enum uapi_scope)abi_reg_row(reg)->scope;
}

uint64_t abi_listed_id(const struct abi_vm *vm, enum abi_reg reg)
{
	uint64_t id = abi_reg_row(reg)->id, scope = abi_told_scope(vm, reg);

	if (scope == UAPI_SCOPE_VCPU)
		return id;
	if (vm->host.scope == ABI_SCOPE_V4 || vm->host.scope == ABI_SCOPE_V4_PSCI)
		return id | UAPI_SCOPE_BIT;
	return id | scope << UAPI_SCOPE_SHIFT;
}

static long get_reg_list(struct abi_vcpu *v, uint64_t arg)
{
	struct uapi_reg_list list;
	uint16_t seen[ABI_REG_COUNT];
	uint64_t asked, at = arg + sizeof(list);

	if (!v->initialized)
		return -ENOEXEC;
	if (!is_final(v))
		return -EPERM;
	if (abi_user_read(v->vm, arg, &list, sizeof(list)) != 0)
		return -EFAULT;
	asked = (uint32_t)list.n; /* the kernel looks at 32 bits */
	list.n = 0;
	for (unsigned i = 0; i < ABI_REG_COUNT; i++)
		if (abi_visible(v, (enum abi_reg)v->vm->order[i]))
			seen[list.n++] = v->vm->order[i];
	if (abi_user_write(v->vm, arg, &list, sizeof(list)) != 0)
		return -EFAULT;
	if (asked < list.n)
		return -E2BIG;
	for (uint64_t i = 0; i < list.n; i++) {
		uint64_t id = abi_listed_id(v->vm, (enum abi_reg)seen[i]);

		if (abi_user_write(v->vm, at, &id, sizeof(id)) != 0)
			return -EFAULT;
		at += sizeof(id);
	}
	return 0;
}

/* The first run of a vCPU, and of the VM; immediate_exit is set. */
static long run(struct abi_vcpu *v, uint64_t arg)
{
	struct abi_vm *vm = v->vm;

	if (arg != 0)
		return -EINVAL;
	if (!v->initialized)
		return -ENOEXEC;
	if (!is_final(v))
		return -EPERM;
	if (!v->ran) {
		abi_take(vm, ABI_LOCK_CONFIG);
		if (!vm->host.vgic) {
			vm->id[ABI_R_ID_AA64PFR0_EL1] &= ~(UINT64_C(15) << 24);
			vm->id[ABI_R_ID_PFR1_EL1] &= ~(UINT64_C(15) << 28);
		}
		vm->ran = true;
		v->ran = true;
	}
	return -EINTR;
}

static long get_mp_state(struct abi_vcpu *v, uint64_t arg)
{
	struct uapi_mp_state mp = { v->mp_state };

	return abi_user_write(v->vm, arg, &mp, sizeof(mp)) != 0 ? -EFAULT : 0;
}

static long set_mp_state(struct abi_vcpu *v, uint64_t arg)
{
	struct uapi_mp_state mp;

	if (abi_user_read(v->vm, arg, &mp, sizeof(mp)) != 0)
		return -EFAULT;
	abi_take(v->vm, ABI_LOCK_MP_STATE);
	if (mp.mp_state != UAPI_MP_RUNNABLE && mp.mp_state != UAPI_MP_STOPPED && mp.mp_state != UAPI_MP_SUSPENDED)
		return -EINVAL;
	v->mp_state = mp.mp_state;
	return 0;
}

static long one_reg(struct abi_vcpu *v, bool set, uint64_t arg)
{
	struct uapi_one_reg reg;

	if (!v->initialized)
		return -ENOEXEC;
	if (abi_user_read(v->vm, arg, &reg, sizeof(reg)) != 0)
		return -EFAULT;
	return set ? abi_set_reg(v, &reg) : abi_get_reg(v, &reg);
}

static long vcpu_ioctl(struct abi_vcpu *v, uint32_t cmd, uint64_t arg)
{
	struct uapi_vcpu_init init;
	int32_t what;

	abi_take(v->vm, ABI_LOCK_VCPU);
	switch (ioctl_by_number(cmd)) {
	case UAPI_IOCTL_VCPU_INIT:
		return abi_user_read(v->vm, arg, &init, sizeof(init)) != 0 ? -EFAULT : vcpu_init(v, &init);
	case UAPI_IOCTL_VCPU_FINALIZE:
		if (!v->initialized)
			return -ENOEXEC;
		return abi_user_read(v->vm, arg, &what, sizeof(what)) != 0 ? -EFAULT : finalize(v, what);
	case UAPI_IOCTL_GET_ONE_REG:
		return one_reg(v, false, arg);
	case UAPI_IOCTL_SET_ONE_REG:
		return one_reg(v, true, arg);
	case UAPI_IOCTL_GET_REG_LIST:
		return get_reg_list(v, arg);
	case UAPI_IOCTL_GET_MP_STATE:
		return get_mp_state(v, arg);
	case UAPI_IOCTL_SET_MP_STATE:
		return set_mp_state(v, arg);
	case UAPI_IOCTL_GET_VCPU_EVENTS:
		return abi_get_events(v, arg);
	case UAPI_IOCTL_SET_VCPU_EVENTS:
		return abi_set_events(v, arg);
	case UAPI_IOCTL_RUN:
		return run(v, arg);
	default:
		return -EINVAL;
	}
}

long abi_vcpu_ioctl(struct abi_vcpu *v, uint32_t cmd, uint64_t arg)
{
	return counted(v->vm, vcpu_ioctl(v, cmd, arg));
}
