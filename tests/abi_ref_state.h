/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A second, deliberately simple model of the register ABI, for the fuzz test: long if-chains over raw ids, linear
 * searches, its own copies of the facts. It shares nothing with models/hyp but the numbers in uapi.h. One host:
 * QEMU's max as recorded (tests/data/abi), TCR2_EL1 and PIR_EL1 always shown, no scope, merged masks.
 */
#ifndef EL2SIM_TESTS_ABI_REF_STATE_H
#define EL2SIM_TESTS_ABI_REF_STATE_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "models/hyp/abi/uapi.h"

#define REF_MEM_BASE 0x10000u
#define REF_MEM_SIZE 0x10000u
#define REF_IDS      400

struct ref_vcpu {
	bool init, sve, final, serr, own_ccsidr;
	unsigned vq, mp, number;
	uint64_t esr;
	uint64_t val[REF_IDS];
	uint8_t wide[REF_IDS][256];
	uint32_t ccsidr[14];
};

struct ref {
	uint8_t mem[REF_MEM_SIZE];
	uint64_t now, voff, poff;
	bool off_owned, ran, feat_set, ids_set, pmu_set;
	unsigned feat, n_vcpus, pmcr_n;
	uint64_t psci, bmap[3];
	uint64_t vm_id[REF_IDS];
	struct ref_vcpu v[2];
};

/* What was recorded: id, value at reset (low 64 bits). */
struct ref_fact {
	uint64_t id, reset;
};

static struct ref_fact ref_facts[REF_IDS];
static unsigned ref_n;

/* Per 4-bit field of a writable ID register: L lower is safe, S signed, H higher, e l single bits exact, lower. */
static const struct {
	unsigned enc;
	const char *field;
} ref_fields[] = {
	{ 0xc008, "L...L...L...L...L.......L" },
	{ 0xc009, "L...L...L...L...L...L...L...L" },
	{ 0xc00a, "L...L...L...L...L...L...L" },
	{ 0xc00c, "L...L...S...L...L...L...L...S" },
	{ 0xc00d, "L...L...L...L...L...L...L...L" },
	{ 0xc00e, "L...L...L...L...L...L...L...L" },
	{ 0xc00f, "L...L...L...L...L...L...L...L" },
	{ 0xc010, "L...L...L...L...L...L...L" },
	{ 0xc011, "L...L...L...L...L...L...L...L" },
	{ 0xc012, "L...L...L...L...L...L...L...L" },
	{ 0xc013, "L...L...L...L...L...L...L...L" },
	{ 0xc014, "L...L...L...L...L...L...L...L" },
	{ 0xc015, "L...L...L...L...L.......L" },
	{ 0xc016, "H...L...L...L...L...L...L...L" },
	{ 0xc017, "L...L...L...L...L...L...L" },
	{ 0xc018, "L...L...L...L...L...L...L...L" },
	{ 0xc019, "L...L...L...L...L...L...L...L" },
	{ 0xc01a, "L...L" },
	{ 0xc01c, "L...L" },
	{ 0xc01e, "L" },
	{ 0xc020, "L...L...L...L...........L...........L...........L.......L...L" },
	{ 0xc021, "L...L" },
	{ 0xc022, "................................L" },
	{ 0xc024, "L...L...........L...L...L.......L.......L...L.......L...L" },
	{ 0xc027, "ee..........................eeee" },
	{ 0xc028, "L.......L...........L...............S" },
	{ 0xc030, "....L...L...L...L...L.......L...L...L...L...L...L...L...L...L" },
	{ 0xc031, "L...........L...L...L...........L...L...L...L...L...L...L" },
	{ 0xc032, "L...L...........L...L.......L...................L...L...L" },
	{ 0xc038, "L.......L...L...L...L...S...S...............L...........L...L" },
	{ 0xc039, "L...........L...L...L...H...........L.......L.......L.......L" },
	{ 0xc03a, "L...L...L...L...L...........L...L...............L...L.......L" },
	{ 0xc03b, "L.......L.......L" },
	{ 0xd801, "L...............L...........ll" },
};

static inline void ref_load_file(const char *path, bool only_vregs)
{
	char line[1200], hex[1100];
	FILE *f = fopen(path, "r");
	uint64_t id;
	unsigned res;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		uint64_t v = 0;
		size_t len;

		hex[0] = '\0';
		if (line[0] == '#' || sscanf(line, "%lx %u %1099s", &id, &res, hex) < 2)
			continue;
		if (only_vregs != (id >> 52 == 0x604))
			continue;
		len = strlen(hex);
		(void)sscanf(len > 16 ? hex + len - 16 : hex, "%lx", &v);
		ref_facts[ref_n++] = (struct ref_fact){ id, v };
	}
	if (f != NULL)
		(void)fclose(f);
}

/* Recorded without pointer to the order: the reference sorts nothing and searches everything. */
static inline void ref_load(void)
{
	if (ref_n != 0)
		return;
	ref_load_file(EL2SIM_SOURCE_DIR "/tests/data/abi/6.12-max-vhe.reglist", false);
	ref_load_file(EL2SIM_SOURCE_DIR "/tests/data/abi/6.12-n1-vhe.reglist", true);
}

static inline int ref_find(uint64_t id)
{
	for (unsigned i = 0; i < ref_n; i++)
		if (ref_facts[i].id == id)
			return (int)i;
	return -1;
}

static inline uint64_t ref_sys(unsigned enc)
{
	return UINT64_C(0x6030000000130000) | enc;
}

static inline uint64_t *ref_at(struct ref_vcpu *v, uint64_t id)
{
	return &v->val[ref_find(id)];
}

static inline uint64_t ref_vm(const struct ref *r, unsigned enc)
{
	return r->vm_id[ref_find(ref_sys(enc))];
}

static inline bool ref_is_id(unsigned enc)
{
	return enc == 0xd801 || (enc >= 0xc008 && enc <= 0xc03f);
}

static inline bool ref_is_raz(const struct ref *r, unsigned enc)
{
	static const unsigned raz[] = { 0xc00b, 0xc01b, 0xc01d, 0xc01f, 0xc023, 0xc025, 0xc026, 0xc02a, 0xc02b,
					0xc02c, 0xc02d, 0xc02e, 0xc02f, 0xc033, 0xc034, 0xc035, 0xc036, 0xc037,
					0xc03d, 0xc03e, 0xc03f };

	if (enc == 0xc024 && (r->feat & 16) == 0)
		return true;
	for (size_t i = 0; i < sizeof(raz) / sizeof(raz[0]); i++)
		if (raz[i] == enc)
			return true;
	return false;
}

static inline uint64_t ref_limit(const struct ref *r, unsigned enc)
{
	uint64_t v = ref_facts[ref_find(ref_sys(enc))].reset;

	if (ref_is_raz(r, enc))
		return 0;
	if (enc == 0xc020 && (r->feat & 16) == 0)
		v &= ~UINT64_C(0xf00000000);
	if (enc == 0xc028 && (r->feat & 8) == 0)
		v &= ~UINT64_C(0xf00);
	if (enc == 0xc00a && (r->feat & 8) == 0)
		v &= ~UINT64_C(0xf000000);
	if (enc == 0xc031 && (r->feat & 32) == 0)
		v &= ~UINT64_C(0xff000ff0);
	if (enc == 0xc032 && (r->feat & 32) == 0)
		v &= ~UINT64_C(0xff00);
	return v;
}

static inline bool ref_safe(const struct ref *r, unsigned enc, uint64_t val)
{
	uint64_t lim = ref_limit(r, enc), fixed = ~UINT64_C(0);
	const char *f = "";

	if (ref_is_raz(r, enc))
		return val == 0;
	for (size_t i = 0; i < sizeof(ref_fields) / sizeof(ref_fields[0]); i++)
		if (ref_fields[i].enc == enc)
			f = ref_fields[i].field;
	for (unsigned b = 0; f[b] != '\0'; b++) {
		unsigned m = f[b] == 'e' || f[b] == 'l' ? 1 : 15;
		int a = (int)(val >> b & m), c = (int)(lim >> b & m);

		if (f[b] == '.')
			continue;
		fixed &= ~((uint64_t)m << b);
		if (f[b] == 'S') {
			a = a > 7 ? a - 16 : a;
			c = c > 7 ? c - 16 : c;
		}
		if (a != c && ((strchr("LSl", f[b]) != NULL && a > c) || (f[b] == 'H' && a < c) ||
			       (f[b] == 'e' && a != 0)))
			return false;
	}
	return (val & fixed) == (lim & fixed);
}

static inline long ref_set_id(struct ref *r, unsigned enc, uint64_t val)
{
	int i = ref_find(ref_sys(enc));

	if (enc == 0xc020 && (val & UINT64_C(0xf0000000000)) == 0)
		val &= ~UINT64_C(0xf0000000000);
	if (enc == 0xc028) {
		if ((val >> 8 & 15) == 15)
			val &= ~UINT64_C(0xf00);
		if ((val & 15) < 6)
			return -EINVAL;
	}
	if (enc == 0xc00a) {
		if ((val >> 24 & 15) == 15)
			val &= ~UINT64_C(0xf000000);
		if ((val >> 24 & 15) == 1 || (val >> 24 & 15) == 2 || (val & 15) < 6)
			return -EINVAL;
	}
	if (r->ran)
		return r->vm_id[i] == val ? 0 : -EBUSY;
	if (!ref_safe(r, enc, val))
		return -EINVAL;
	r->vm_id[i] = val;
	return 0;
}

/* --- memory ------------------------------------------------------------------------------------------- */

static inline bool ref_bad(uint64_t addr, size_t n)
{
	return addr < REF_MEM_BASE || addr + n > REF_MEM_BASE + REF_MEM_SIZE || addr + n < addr;
}

static inline bool ref_load_mem(struct ref *r, uint64_t addr, void *p, size_t n)
{
	if (ref_bad(addr, n))
		return false;
	memcpy(p, r->mem + (addr - REF_MEM_BASE), n);
	return true;
}

static inline bool ref_store_mem(struct ref *r, uint64_t addr, const void *p, size_t n)
{
	if (ref_bad(addr, n))
		return false;
	memcpy(r->mem + (addr - REF_MEM_BASE), p, n);
	return true;
}

/* --- visibility, reset -------------------------------------------------------------------------------- */

static inline bool ref_is_pmu(unsigned enc)
{
	return enc == 0xc4f1 || enc == 0xc4f2 || (enc >= 0xdce0 && enc <= 0xdcff) || (enc >= 0xdf40 && enc <= 0xdf7f);
}

static inline bool ref_seen(const struct ref *r, const struct ref_vcpu *v, uint64_t id)
{
	unsigned enc = (unsigned)(id & 0xffff), co = (unsigned)(id >> 16 & 0xfff);

	if (ref_find(id) < 0)
		return false;
	if (id >> 52 == 0x604)
		return !v->sve;
	if (co == 0x15 || (co == 0x13 && enc == 0xc090))
		return v->sve;
	if (co == 0x13 && ref_is_pmu(enc))
		return (r->feat & 8) != 0;
	if (co == 0x13 && enc >= 0xc108 && enc <= 0xc119)
		return (r->feat & 32) != 0;
	return true;
}

static inline uint64_t ref_counters(const struct ref *r)
{
	uint64_t m = UINT64_C(1) << 31;

	for (unsigned i = 0; i < r->pmcr_n; i++)
		m |= UINT64_C(1) << i;
	return m;
}

static inline void ref_reset(struct ref *r, struct ref_vcpu *v)
{
	const uint64_t unknown = UINT64_C(0x1de7ec7edbadc0de);

	if (v->final) {
		for (unsigned i = 0; i < ref_n; i++)
			if ((ref_facts[i].id >> 16 & 0xfff) == 0x15)
				memset(v->wide[i], 0, 256);
	} else if ((r->feat & 16) != 0) {
		v->sve = true;
		v->vq = 16;
	}
	for (unsigned i = 0; i < ref_n; i++) {
		uint64_t id = ref_facts[i].id;
		unsigned enc = (unsigned)(id & 0xffff), co = (unsigned)(id >> 16 & 0xfff);

		if (co == 0x10 && (enc == 0x44 || enc == 0x46 || enc == 0x48))
			continue;
		if (co == 0x13 && (enc == 0xdf02 || enc == 0xdf12 || (enc == 0xc801 && v->init)))
			continue;
		if (id >> 52 == 0x604)
			memset(v->wide[i], 0, 256);
		v->val[i] = ref_facts[i].reset;
		if (co == 0x13 && (enc == 0xdf19 || enc == 0xdf11))
			v->val[i] = 0;
		if (co == 0x13 && enc == 0xdce0)
			v->val[i] = 0;
		if (co == 0x13 && enc == 0xc005)
			v->val[i] = 0x80000000u | v->number;
		if (co == 0x10 && enc == 0x42 && (r->feat & 2) != 0)
			v->val[i] = 0x1d3;
		if (co == 0x13 && (enc == 0xc4f1 || enc == 0xdce1 || enc == 0xdcf3))
			v->val[i] = unknown & ref_counters(r);
		if (co == 0x13 && ref_is_id(enc) && !r->ids_set)
			r->vm_id[i] = ref_limit(r, enc);
	}
	r->ids_set = true;
	for (unsigned n = 0; n < 31; n++) { /* event types: bits of the VM's PMU version and exception levels */
		uint64_t pmuver = ref_vm(r, 0xc028) >> 8 & 15, pfr0 = ref_vm(r, 0xc020);
		uint64_t m = 0xc0000000u | (pmuver > 1 ? 0xffff : 0x3ff);

		m |= (pfr0 >> 8 & 15) != 0 ? 0x08000000 : 0;
		m |= (pfr0 >> 12 & 15) != 0 ? 0x34000000 : 0;
		*ref_at(v, ref_sys(0xdf60 + n)) = unknown & m;
	}
}

#endif
