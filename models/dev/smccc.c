// SPDX-License-Identifier: Apache-2.0
/* What KVM answers to HVC and SMC by the calling convention (Linux: arch/arm64/kvm/hypercalls.c, psci.c, trng.c). */
#include "models/dev/smccc.h"

#include <string.h>

#include "models/dev/gic.h"

enum allowed { ALWAYS, FAST, TRNG, PV_TIME };

static const struct row {
	const char *name;
	uint32_t f32, f64, since;
	uint8_t allowed;
} rows[SMCCC_FNS] = {
#define SMCCC(id, f32, f64, name, since, allowed) {name, f32, f64, since, allowed},
#include "models/dev/smccc.def"
};

const char *smccc_name(enum smccc_fn fn)
{
	return fn < SMCCC_FNS ? rows[fn].name : "unknown";
}

enum smccc_fn smccc_of(uint32_t function)
{
	for (unsigned i = 0; i < SMCCC_FNS; i++)
		if (function != 0 && (rows[i].f32 == function || rows[i].f64 == function))
			return (enum smccc_fn)i;
	return SMCCC_FNS;
}

static uint64_t kvm_mpidr(void *owner, unsigned vcpu)
{
	(void)owner;
	return gic_mpidr(vcpu);
}

void smccc_init(struct smccc *s, unsigned vcpus, uint64_t seed)
{
	memset(s, 0, sizeof(*s));
	s->psci = 0x10001;
	s->vcpus = vcpus;
	s->mpidr = kvm_mpidr;
	s->v2 = s->v4 = s->bhb = SMCCC_MITIGATED;
	s->trng = s->pv_time = true;
	s->random = seed;
}

static uint64_t answer(int64_t v)
{
	return (uint64_t)v;
}

/* KVM has it, and the VMM did not switch it off. */
static bool offered(const struct smccc *s, enum smccc_fn fn)
{
	switch (rows[fn].allowed) {
	case TRNG: return s->trng;
	case PV_TIME: return s->pv_time;
	default: return rows[fn].since <= s->psci;
	}
}

static uint64_t workaround(enum smccc_state state, int unaffected)
{
	return answer(state == SMCCC_MITIGATED ? SMCCC_SUCCESS : state == SMCCC_UNAFFECTED ? unaffected : SMCCC_NOT_SUPPORTED);
}

static uint64_t arch_features(const struct smccc *s, uint32_t function)
{
	switch (smccc_of(function)) {
	case SMCCC_WORKAROUND_1: return workaround(s->v2, 1);
	case SMCCC_WORKAROUND_3: return workaround(s->bhb, 1);
	case SMCCC_WORKAROUND_2: /* mitigated for good, if SSBS does not tell */
		if (s->v4 == SMCCC_VULNERABLE || (s->v4 == SMCCC_MITIGATED && s->ssbs))
			return answer(SMCCC_NOT_SUPPORTED);
		return answer(SMCCC_INVALID); /* SMCCC_RET_NOT_REQUIRED */
	case SMCCC_PV_TIME_FEATURES: return answer(s->pv_time ? SMCCC_SUCCESS : SMCCC_NOT_SUPPORTED);
	default: return answer(SMCCC_NOT_SUPPORTED);
	}
}

static uint64_t psci_features(const struct smccc *s, uint32_t function)
{
	enum smccc_fn fn = smccc_of(function);

	if (fn == SMCCC_VERSION)
		return 0;
	if (fn == SMCCC_FNS || rows[fn].since == 0 || rows[fn].since > s->psci || (fn == SMCCC_SYSTEM_SUSPEND && !s->system_suspend))
		return answer(SMCCC_NOT_SUPPORTED);
	return 0;
}

static int vcpu_of(const struct smccc *s, uint64_t affinity)
{
	for (unsigned v = 0; v < s->vcpus; v++)
		if ((s->mpidr(s->owner, v) & 0xff00ffffffull) == affinity)
			return (int)v;
	return -1;
}

static bool valid_affinity(uint64_t affinity)
{
	return !(affinity & ~0xff00ffffffull);
}

static void cpu_on(const struct smccc *s, const uint64_t *x, struct smccc_answer *a)
{
	int v = valid_affinity(x[1]) ? vcpu_of(s, x[1]) : -1;

	if (v < 0) {
		a->x[0] = answer(SMCCC_INVALID);
	} else if (s->is_on(s->owner, (unsigned)v)) {
		a->x[0] = answer(SMCCC_ALREADY_ON);
	} else {
		a->action = SMCCC_START;
		a->vcpu = (unsigned)v;
		a->entry = x[2];
		a->context = x[3];
	}
}

/* 0: one of them is on; 1: all are off. */
static uint64_t affinity_info(const struct smccc *s, uint64_t affinity, uint64_t level)
{
	uint64_t mask = level <= 3 ? 0xff00ffffffull & ~((1ull << 8 * level) - 1) : 0;
	bool found = false;

	if (!valid_affinity(affinity) || mask == 0)
		return answer(SMCCC_INVALID);
	for (unsigned v = 0; v < s->vcpus; v++) {
		if ((s->mpidr(s->owner, v) & mask) != (affinity & mask))
			continue;
		found = true;
		if (s->is_on(s->owner, v))
			return 0;
	}
	return found ? 1 : answer(SMCCC_INVALID);
}

/* SplitMix64. */
static uint64_t draw(struct smccc *s)
{
	uint64_t z = s->random += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static void trng_rnd(struct smccc *s, uint64_t bits, bool smc64, struct smccc_answer *a)
{
	uint64_t word[3] = {0};

	bits &= 0xffffffff;
	if (bits > (smc64 ? 192u : 96u)) {
		a->x[0] = answer(SMCCC_INVALID);
		return;
	}
	for (unsigned i = 0; i < (bits + 63) / 64; i++)
		word[i] = draw(s);
	if (bits % 64 != 0)
		word[bits / 64] &= (1ull << bits % 64) - 1;
	if (smc64) {
		a->x[1] = word[2];
		a->x[2] = word[1];
		a->x[3] = word[0];
	} else {
		a->x[1] = word[1] & 0xffffffff;
		a->x[2] = word[0] >> 32;
		a->x[3] = word[0] & 0xffffffff;
	}
}

static void trng_features(uint32_t function, struct smccc_answer *a)
{
	enum smccc_fn fn = smccc_of(function);

	a->x[0] = fn != SMCCC_FNS && rows[fn].allowed == TRNG ? 0 : answer(SMCCC_NOT_SUPPORTED);
}

static void to_vmm(struct smccc_answer *a, enum smccc_action action)
{
	a->action = action;
	a->x[0] = answer(SMCCC_FAILURE); /* what a guest sees that is resumed nevertheless */
}

static void four(struct smccc_answer *a, uint32_t w0, uint32_t w1, uint32_t w2, uint32_t w3)
{
	a->x[0] = w0;
	a->x[1] = w1;
	a->x[2] = w2;
	a->x[3] = w3;
}

/* x: x0 to x3, their upper halves zero for an SMC32 function. */
static void call(struct smccc *s, const uint64_t *x, bool smc64, struct smccc_answer *a)
{
	switch (a->fn) {
	case SMCCC_VERSION: a->x[0] = 0x10001; break;
	case SMCCC_ARCH_FEATURES: a->x[0] = arch_features(s, (uint32_t)x[1]); break;
	case SMCCC_WORKAROUND_1: case SMCCC_WORKAROUND_2: case SMCCC_WORKAROUND_3: break;
	case SMCCC_PSCI_VERSION: a->x[0] = s->psci; break;
	case SMCCC_CPU_SUSPEND: a->action = SMCCC_WAIT; break;
	case SMCCC_CPU_OFF: a->action = SMCCC_STOP; break;
	case SMCCC_CPU_ON: cpu_on(s, x, a); break;
	case SMCCC_AFFINITY_INFO: a->x[0] = affinity_info(s, x[1], x[2]); break;
	case SMCCC_MIGRATE_INFO_TYPE: a->x[0] = 2; break; /* nothing to migrate */
	case SMCCC_SYSTEM_OFF: to_vmm(a, SMCCC_OFF); break;
	case SMCCC_SYSTEM_RESET: to_vmm(a, SMCCC_RESET); break;
	case SMCCC_SYSTEM_RESET2: /* warm reset, or a vendor's */
		if ((uint32_t)x[1] == 0 || x[1] >> 31 & 1)
			to_vmm(a, SMCCC_RESET);
		else
			a->x[0] = answer(SMCCC_INVALID);
		break;
	case SMCCC_SYSTEM_SUSPEND:
		if (s->system_suspend)
			a->action = SMCCC_SUSPEND;
		else
			a->x[0] = answer(SMCCC_NOT_SUPPORTED);
		break;
	case SMCCC_PSCI_FEATURES: a->x[0] = psci_features(s, (uint32_t)x[1]); break;
	case SMCCC_TRNG_VERSION: a->x[0] = 0x10000; break;
	case SMCCC_TRNG_FEATURES: trng_features((uint32_t)x[1], a); break;
	case SMCCC_TRNG_GET_UUID: four(a, 0x00e0210d, 0xeb118443, 0x44527080, 0x4c5a4e55); break;
	case SMCCC_TRNG_RND: trng_rnd(s, x[1], smc64, a); break;
	case SMCCC_VENDOR_UID: four(a, 0xb66fb428, 0xe911c52e, 0x564bcaa9, 0x743a004d); break;
	case SMCCC_VENDOR_FEATURES: a->x[0] = 1; break; /* without PTP: a VMM that switched it off */
	default: a->x[0] = answer(SMCCC_NOT_SUPPORTED); break; /* PV_TIME_*: no region was given */
	}
}

void smccc_call(struct smccc *s, unsigned vcpu, const uint64_t x[4], struct smccc_answer *a)
{
	uint64_t arg[4];
	bool smc64 = x[0] >> 30 & 1;

	(void)vcpu;
	memset(a, 0, sizeof(*a));
	a->fn = smccc_of((uint32_t)x[0]);
	if (a->fn == SMCCC_FNS || !offered(s, a->fn)) {
		a->x[0] = answer(SMCCC_NOT_SUPPORTED);
		return;
	}
	a->fast = rows[a->fn].allowed == FAST;
	for (unsigned i = 0; i < 4; i++)
		arg[i] = smc64 ? x[i] : x[i] & 0xffffffff;
	call(s, arg, smc64, a);
}
