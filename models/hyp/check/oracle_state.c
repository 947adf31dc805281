/* SPDX-License-Identifier: Apache-2.0 */
/* The oracle's state: how it begins, and as bytes, to go back to it and to tell whether it was seen before. */
#include <stdio.h>
#include <string.h>

#include "models/hyp/check/oracle_impl.h"

/* ---- life ---- */

static void init_cpu(struct oracle *o, unsigned c)
{
	struct oracle_cpu *cpu = oracle_cpu(o, c);

	memset(cpu, 0, o->cpu_size);
	cpu->loaded = cpu->thread = ORACLE_NONE;
	for (unsigned s = 0; s < o->t.n; s++) {
		const struct oracle_subject *x = &o->t.s[s];

		HW(o, c, s) = HOST(o, c, s) = tag_of(TAG_HOST, c, 0);
		HOST_MEM(o, c, s) = x->saved_before ? HOST(o, c, s) : tag_of(TAG_POISON, c, 0);
	}
}

static void init_vcpu(struct oracle *o, unsigned v)
{
	struct oracle_vcpu *vcpu = oracle_vcpu(o, v);

	memset(vcpu, 0, o->vcpu_size);
	vcpu->state = CND(HOST_FP);
	vcpu->cpu = vcpu->fp_cpu = ORACLE_NONE;
	for (unsigned s = 0; s < o->t.n; s++) {
		MEM(o, v, s) = TRUTH(o, v, s) = tag_of(TAG_GUEST, v, 0);
		CONTROL(o, v, s) = tag_of(TAG_GCFG, v, 0);
	}
	for (unsigned k = 0; k < N_THREAD; k++)
		THREAD(o, v, k) = THREAD_MEM(o, v, k) = tag_of(TAG_THREAD, v, 0);
}

static void *grown(void *old, size_t size, unsigned want, unsigned *room)
{
	if (want <= *room)
		return old;
	*room = want > 2 * *room ? want : 2 * *room;
	return xrealloc(old, size * *room);
}

/* At least so many vCPUs and CPUs; new ones begin in the host. */
static void oracle_grow(struct oracle *o, unsigned vcpus, unsigned cpus)
{
	o->vcpus = grown(o->vcpus, o->vcpu_size, vcpus, &o->room_vcpu);
	o->cpus = grown(o->cpus, o->cpu_size, cpus, &o->room_cpu);
	for (; o->n_vcpu < vcpus; o->n_vcpu++)
		init_vcpu(o, o->n_vcpu);
	for (; o->n_cpu < cpus; o->n_cpu++)
		init_cpu(o, o->n_cpu);
}

static void see_step(void *self, const struct watch_step *s)
{
	struct oracle *o = self;

	oracle_grow(o, s->vcpu + 1, s->cpu + 1);
	oracle_memo_step(o, s);
}

static void see_access(void *self, const struct handler_access *a)
{
	struct oracle *o = self;

	oracle_grow(o, a->vcpu + 1, a->cpu + 1);
	oracle_memo_access(o, a);
}

struct oracle *oracle_new(const struct ws_prog *p, unsigned vcpus, unsigned cpus)
{
	struct oracle *o = xcalloc(1, sizeof(*o));

	o->p = p;
	oracle_tables_make(&o->t, p);
	runner_rules_of(p, &o->rules);
	o->cpu_size = sizeof(struct oracle_cpu) + 4 * (size_t)o->t.n * sizeof(uint64_t);
	o->vcpu_size = sizeof(struct oracle_vcpu) + (3 * (size_t)o->t.n + 2 * N_THREAD) * sizeof(uint64_t);
	oracle_grow(o, vcpus, cpus);
	o->watch = (struct watch){ .ctx = o, .always = true, .step = see_step, .access = see_access };
	return o;
}

struct watch *oracle_watch(struct oracle *o)
{
	if (o->memo == NULL)
		oracle_memo_make(o);
	return &o->watch;
}

void oracle_free(struct oracle *o)
{
	if (o == NULL)
		return;
	oracle_tables_free(&o->t);
	oracle_lists_free(o);
	oracle_memo_free(o);
	free(o->vcpus);
	free(o->cpus);
	free(o->found);
	free(o);
}

/* ---- as bytes ---- */

size_t oracle_state_size(const struct oracle *o)
{
	return o->n_vcpu * o->vcpu_size + o->n_cpu * o->cpu_size + sizeof(o->version);
}

void oracle_state_save(const struct oracle *o, void *buf)
{
	uint8_t *b = buf;

	memcpy(b, o->vcpus, o->n_vcpu * o->vcpu_size);
	b += o->n_vcpu * o->vcpu_size;
	memcpy(b, o->cpus, o->n_cpu * o->cpu_size);
	memcpy(b + o->n_cpu * o->cpu_size, &o->version, sizeof(o->version));
}

void oracle_state_restore(struct oracle *o, const void *buf)
{
	const uint8_t *b = buf;

	memcpy(o->vcpus, b, o->n_vcpu * o->vcpu_size);
	b += o->n_vcpu * o->vcpu_size;
	memcpy(o->cpus, b, o->n_cpu * o->cpu_size);
	memcpy(&o->version, b + o->n_cpu * o->cpu_size, sizeof(o->version));
}

/* Is the tag its owner's latest value of this slot? */
static bool latest(const struct oracle *o, unsigned s, uint64_t tag)
{
	switch (tag_kind(tag)) {
	case TAG_HOST:
		return tag == HOST(o, tag_id(tag), s);
	case TAG_GUEST:
		return tag == TRUTH(o, tag_id(tag), s);
	case TAG_GCFG:
		return tag == CONTROL(o, tag_id(tag), s);
	case TAG_THREAD:
		return tag == THREAD(o, tag_id(tag), o->t.s[s].thread);
	case TAG_HCFG:
		return true;
	case TAG_POISON:
	case TAG_HYP:
		return false;
	}
	BUG("unknown kind of tag");
}

/* 32 bits: kind, owner, is it the latest. */
static uint8_t *put_tag(const struct oracle *o, uint8_t *b, unsigned s, uint64_t tag)
{
	uint32_t x = (uint32_t)tag_kind(tag) << 28 | tag_id(tag) << 1 | latest(o, s, tag);

	memcpy(b, &x, sizeof(x));
	return b + sizeof(x);
}

static uint8_t *put(uint8_t *b, const void *x, size_t n)
{
	memcpy(b, x, n);
	return b + n;
}

#define VCPU_HEAD offsetof(struct oracle_vcpu, tag)
#define CPU_HEAD  offsetof(struct oracle_cpu, tag)

size_t oracle_canon_size(const struct oracle *o)
{
	return o->n_vcpu * (VCPU_HEAD + (o->t.n + N_THREAD) * sizeof(uint32_t)) +
	       o->n_cpu * (CPU_HEAD + 3 * (size_t)o->t.n * sizeof(uint32_t));
}

/* Slot of a thread's register; SIZE_MAX: nobody touches it. */
static unsigned thread_slot(const struct oracle *o, unsigned k)
{
	for (unsigned s = 0; s < o->t.n; s++) {
		if (o->t.s[s].thread == (int)k)
			return s;
	}
	return UINT32_MAX;
}

void oracle_canon(const struct oracle *o, uint8_t *b)
{
	static const uint32_t none = 0;

	for (unsigned v = 0; v < o->n_vcpu; v++) {
		b = put(b, oracle_vcpu(o, v), VCPU_HEAD);
		for (unsigned s = 0; s < o->t.n; s++)
			b = put_tag(o, b, s, MEM(o, v, s));
		for (unsigned k = 0; k < N_THREAD; k++) {
			unsigned s = thread_slot(o, k);

			b = s != UINT32_MAX ? put_tag(o, b, s, THREAD_MEM(o, v, k)) : put(b, &none, sizeof(none));
		}
	}
	for (unsigned c = 0; c < o->n_cpu; c++) {
		b = put(b, oracle_cpu(o, c), CPU_HEAD);
		for (unsigned s = 0; s < o->t.n; s++) {
			b = put_tag(o, b, s, HW(o, c, s));
			b = put_tag(o, b, s, HOST_MEM(o, c, s));
			b = put_tag(o, b, s, HOST(o, c, s));
		}
	}
}

uint64_t oracle_hash(const struct oracle *o)
{
	size_t n = oracle_canon_size(o);
	uint8_t *b = xmalloc(n);
	uint64_t h = UINT64_C(0xcbf29ce484222325), word;

	oracle_canon(o, b);
	for (size_t i = 0; i < n; i += sizeof(word)) {
		word = 0;
		memcpy(&word, b + i, n - i < sizeof(word) ? n - i : sizeof(word));
		h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 29;
	}
	free(b);
	return h;
}

const char *oracle_text(const struct oracle *o, enum oracle_place place, unsigned n, enum sysreg reg, char buf[static 64])
{
	int slot = o->t.slot[reg];
	unsigned s = (unsigned)slot;
	uint64_t tag;
	char owner[64];

	if (slot < 0) {
		(void)snprintf(buf, 64, "-");
		return buf;
	}
	tag = place == PLACE_CPU ? HW(o, n, s) : place == PLACE_MEMORY ? MEM(o, n, s) : HOST_MEM(o, n, s);
	switch (tag_kind(tag)) {
	case TAG_GUEST:
	case TAG_GCFG:
		(void)snprintf(buf, 64, "vCPU %u%s v%llu%s", tag_id(tag), tag_kind(tag) == TAG_GCFG ? " control" : "",
			       (unsigned long long)tag_version(tag), latest(o, s, tag) ? " (latest)" : " (old)");
		break;
	case TAG_HOST:
	case TAG_HCFG:
		(void)snprintf(buf, 64, "host of CPU %u%s", tag_id(tag), latest(o, s, tag) ? "" : " (old)");
		break;
	default:
		(void)snprintf(buf, 64, "%s", oracle_owner(o, tag, ORACLE_NONE, owner));
	}
	return buf;
}
