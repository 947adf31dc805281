/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A second, deliberately simple model of the register ABI, for the fuzz test: long if-chains over raw ids, linear
 * searches, its own copies of the facts. It shares nothing with models/hyp but the numbers in uapi.h. One host:
 * QEMU's max as recorded (tests/data/abi), TCR2_EL1 and PIR_EL1 always shown, no scope, merged masks.
 */
#ifndef EL2SIM_TESTS_ABI_REF_H
#define EL2SIM_TESTS_ABI_REF_H

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

/* --- one register ------------------------------------------------------------------------------------- */

static inline unsigned ref_wa2(const struct ref *r)
{
	return (ref_vm(r, 0xc021) >> 4 & 15) != 0 ? 0 : 3;
}

static inline uint64_t ref_get_sys(struct ref *r, struct ref_vcpu *v, unsigned enc)
{
	uint64_t val = *ref_at(v, ref_sys(enc));

	if (ref_is_id(enc))
		return ref_vm(r, enc);
	switch (enc) {
	case 0xdf1a:
		return r->now - r->voff;
	case 0xdf01:
		return r->now - r->poff;
	case 0xdf19:
		return val | (r->now - r->voff >= *ref_at(v, ref_sys(0xdf02)) ? 4 : 0);
	case 0xdf11:
		return val | (r->now - r->poff >= *ref_at(v, ref_sys(0xdf12)) ? 4 : 0);
	case 0xc4f1:
	case 0xc4f2:
		return *ref_at(v, ref_sys(0xc4f1)) & ref_counters(r);
	case 0xdce1:
	case 0xdce2:
		return *ref_at(v, ref_sys(0xdce1)) & ref_counters(r);
	case 0xdce3:
	case 0xdcf3:
		return *ref_at(v, ref_sys(0xdcf3)) & ref_counters(r);
	case 0xdce4:
		return 0;
	case 0xdce0:
		return val | r->pmcr_n << 11;
	default:
		if (enc >= 0xdf40 && enc <= 0xdf5e && (ref_vm(r, 0xc028) >> 8 & 15) < 6)
			return val & 0xffffffff;
		return val;
	}
}

static inline long ref_set_sys(struct ref *r, struct ref_vcpu *v, unsigned enc, uint64_t val)
{
	uint64_t *p = ref_at(v, ref_sys(enc)), m = ref_counters(r);

	if (ref_is_id(enc))
		return ref_set_id(r, enc, val);
	switch (enc) {
	case 0xdf1a:
		r->voff = r->off_owned ? r->voff : r->now - val;
		return 0;
	case 0xdf01:
		r->poff = r->off_owned ? r->poff : r->now - val;
		return 0;
	case 0xdf19:
	case 0xdf11:
		*p = val & 0xfffffffb;
		return 0;
	case 0xc4f1:
	case 0xdce1:
	case 0xdcf3:
		*p |= val & m;
		return 0;
	case 0xc4f2:
		*ref_at(v, ref_sys(0xc4f1)) &= ~(val & m);
		return 0;
	case 0xdce2:
		*ref_at(v, ref_sys(0xdce1)) &= ~(val & m);
		return 0;
	case 0xdce3:
		*ref_at(v, ref_sys(0xdcf3)) &= ~(val & m);
		return 0;
	case 0xdce4:
		return 0;
	case 0xdce0:
		if (!r->ran && (val >> 11 & 31) <= 6)
			r->pmcr_n = (unsigned)(val >> 11 & 31);
		*p = val & 0xff;
		return 0;
	case 0x808c:
		if (val != 8 && val != 10)
			return -EINVAL;
		break;
	case 0xc801: /* the host's CTR_EL0.IDC is set: only reserved bits matter */
		if (val >> 47 != 0)
			return -EINVAL;
		break;
	default:
		break;
	}
	*p = val;
	return 0;
}

static inline long ref_core(struct ref *r, struct ref_vcpu *v, uint64_t id, uint64_t addr, bool set)
{
	uint64_t off = id & UINT64_C(0xf000ffff), size = UINT64_C(1) << (id >> 52 & 15), mode;
	uint8_t buf[16];
	uint64_t val = 0;
	int i = ref_find(id);

	if (off >= 216 || off + size / 4 >= 216)
		return -ENOENT;
	if (i < 0 || !ref_seen(r, v, id))
		return -EINVAL;
	if (!set) {
		memcpy(buf, size == 16 ? (void *)v->wide[i] : (void *)&v->val[i], size);
		return ref_store_mem(r, addr, buf, size) ? 0 : -EFAULT;
	}
	if (!ref_load_mem(r, addr, buf, size))
		return -EFAULT;
	memcpy(&val, buf, size < 8 ? size : 8);
	mode = val & 31;
	if (off == 0x42) {
		bool el32 = mode == 0x11 || mode == 0x12 || mode == 0x13 || mode == 0x17 || mode == 0x1b || mode == 0x1f;
		bool el64 = mode == 0 || mode == 4 || mode == 5, is32 = (r->feat & 2) != 0;

		if (!(mode == 0x10 || (el32 && is32) || (el64 && !is32)))
			return -EINVAL;
	}
	if (size == 16)
		memcpy(v->wide[i], buf, 16);
	else
		v->val[i] = val;
	mode = *ref_at(v, UINT64_C(0x6030000000100042)) & 31;
	if ((mode & 16) != 0) {
		for (unsigned k = 0; k < (mode == 0x10 || mode == 0x1f ? 15u : 31u); k++)
			*ref_at(v, UINT64_C(0x6030000000100000) + 2 * k) &= 0xffffffff;
		*ref_at(v, UINT64_C(0x6030000000100040)) &= 0xffffffff;
	}
	return 0;
}

static inline long ref_vls(struct ref *r, struct ref_vcpu *v, uint64_t addr, bool set)
{
	uint64_t w[8] = { 0 };
	unsigned vq = 0;

	if (!v->sve)
		return -ENOENT;
	if (!set) {
		for (unsigned b = 0; b < v->vq; b++)
			w[0] |= UINT64_C(1) << b;
		return ref_store_mem(r, addr, w, sizeof(w)) ? 0 : -EFAULT;
	}
	if (v->final)
		return -EPERM;
	if (!ref_load_mem(r, addr, w, sizeof(w)))
		return -EFAULT;
	for (unsigned k = 1; k < 8; k++)
		if (w[k] != 0)
			return -EINVAL;
	/* every length up to the longest, which is at most 16: 1, 3, 7, ... 0xffff */
	while (vq <= 16 && (w[0] >> vq & 1) != 0)
		vq++;
	if (vq == 0 || vq > 16 || w[0] >> vq != 0)
		return -EINVAL;
	v->vq = vq;
	return 0;
}

static inline long ref_sve(struct ref *r, struct ref_vcpu *v, uint64_t id, uint64_t addr, bool set)
{
	bool z = id >= UINT64_C(0x6080000000150000) && id <= UINT64_C(0x60800000001503ff);
	bool p = id >= UINT64_C(0x6050000000150400) && id <= UINT64_C(0x605000000015061f);
	uint8_t buf[256] = { 0 };
	size_t have;
	int i = ref_find(id);

	if (id == UINT64_C(0x606000000015ffff))
		return ref_vls(r, v, addr, set);
	if (!z && !p)
		return -EINVAL;
	if (!v->sve || (id & 31) != 0)
		return -ENOENT;
	if (!v->final)
		return -EPERM;
	have = v->vq * (z ? 16u : 2u);
	if (set)
		return ref_load_mem(r, addr, v->wide[i], have) ? 0 : -EFAULT;
	memcpy(buf, v->wide[i], have);
	return ref_store_mem(r, addr, buf, z ? 256 : 32) ? 0 : -EFAULT;
}

static inline long ref_fw(struct ref *r, uint64_t id, uint64_t addr, bool set)
{
	bool psci = (r->feat & 4) != 0;
	uint64_t val;

	if (!set) {
		if (id == UINT64_C(0x6030000000140000))
			val = !psci ? 1 : r->psci != 0 ? r->psci : 0x10001;
		else if (id == UINT64_C(0x6030000000140001))
			val = 2;
		else if (id == UINT64_C(0x6030000000140002))
			val = ref_wa2(r);
		else if (id == UINT64_C(0x6030000000140003))
			val = 0;
		else if (id >= UINT64_C(0x6030000000160000) && id <= UINT64_C(0x6030000000160002))
			val = r->bmap[id & 3];
		else
			return -ENOENT;
		return ref_store_mem(r, addr, &val, 8) ? 0 : -EFAULT;
	}
	if ((id >> 52 & 15) != 3)
		return -ENOENT;
	if (!ref_load_mem(r, addr, &val, 8))
		return -EFAULT;
	if (id == UINT64_C(0x6030000000140000)) {
		if (!((val == 1 && !psci) || ((val == 2 || val == 0x10000 || val == 0x10001) && psci)))
			return -EINVAL;
		r->psci = val;
		return 0;
	}
	if (id == UINT64_C(0x6030000000140001))
		return val <= 2 ? 0 : -EINVAL;
	if (id == UINT64_C(0x6030000000140003))
		return val == 0 ? 0 : -EINVAL;
	if (id == UINT64_C(0x6030000000140002)) {
		if (val == 0 || val == 1)
			return 0;
		return (val == 2 || val == 3 || val == 0x12) && ref_wa2(r) == 3 ? 0 : -EINVAL;
	}
	if (id >= UINT64_C(0x6030000000160000) && id <= UINT64_C(0x6030000000160002)) {
		uint64_t all = (id & 3) == 2 ? 3 : 1;

		if (val > all)
			return -EINVAL;
		if (r->ran && val != r->bmap[id & 3])
			return -EBUSY;
		r->bmap[id & 3] = val;
		return 0;
	}
	return -ENOENT;
}

static inline long ref_demux(struct ref *r, struct ref_vcpu *v, uint64_t id, uint64_t addr, bool set)
{
	unsigned n = (unsigned)(id & 0xffff);
	uint32_t val;

	if (id >> 28 != UINT64_C(0x602000000) || n > 13)
		return -ENOENT;
	if (!set) {
		val = v->own_ccsidr ? v->ccsidr[n] : 2;
		return ref_store_mem(r, addr, &val, 4) ? 0 : -EFAULT;
	}
	if (!ref_load_mem(r, addr, &val, 4))
		return -EFAULT;
	if ((val & 7) < 2)
		return -EINVAL;
	for (unsigned k = 0; k < 14 && !v->own_ccsidr; k++)
		v->ccsidr[k] = 2;
	v->own_ccsidr = true;
	v->ccsidr[n] = val;
	return 0;
}

static inline long ref_one_reg(struct ref *r, struct ref_vcpu *v, uint64_t id, uint64_t addr, bool set)
{
	unsigned co = (unsigned)(id >> 16 & 0xfff), enc = (unsigned)(id & 0xffff);
	uint64_t val;
	bool inv;

	if (id >> 56 != 0x60 || (id >> 32 & 0xfffff) != 0)
		return -EINVAL;
	if (co == 0x10)
		return ref_core(r, v, id, addr, set);
	if (co == 0x14 || co == 0x16)
		return ref_fw(r, id, addr, set);
	if (co == 0x15)
		return ref_sve(r, v, id, addr, set);
	if (co == 0x11)
		return ref_demux(r, v, id, addr, set);
	inv = (id >> 52 & 15) == 3 && (id >> 28 & 15) == 0 && (enc == 0xc000 || enc == 0xc006 || enc == 0xc807);
	if (!set) {
		if (inv)
			val = ref_facts[ref_find(ref_sys(enc))].reset;
		else if (ref_seen(r, v, id))
			val = ref_get_sys(r, v, enc);
		else
			return -ENOENT;
		return ref_store_mem(r, addr, &val, 8) ? 0 : -EFAULT;
	}
	if (!ref_load_mem(r, addr, &val, 8))
		return -EFAULT;
	if (inv)
		return val == ref_facts[ref_find(ref_sys(enc))].reset ? 0 : -EINVAL;
	return ref_seen(r, v, id) ? ref_set_sys(r, v, enc, val) : -ENOENT;
}

/* --- the other ioctls --------------------------------------------------------------------------------- */

static inline long ref_init(struct ref *r, struct ref_vcpu *v, const uint32_t *init)
{
	unsigned f = init[1] & ~1u;

	if (init[0] != 5)
		return -EINVAL;
	if (f > 0x7f)
		return -ENOENT;
	for (unsigned i = 2; i < 8; i++)
		if (init[i] != 0)
			return -ENOENT;
	if ((f >> 5 & 1) != (f >> 6 & 1))
		return -EINVAL;
	if ((v->init || r->feat_set) && r->feat != f)
		return -EINVAL;
	if (!v->init) {
		r->feat = f;
		if ((f & 8) != 0 && !r->pmu_set) {
			r->pmu_set = true;
			r->pmcr_n = 6;
		}
	}
	ref_reset(r, v);
	r->feat_set = true;
	v->init = true;
	v->serr = false;
	v->mp = (init[1] & 1) != 0 ? 5 : 0;
	return 0;
}

static inline long ref_events(struct ref *r, struct ref_vcpu *v, const struct uapi_vcpu_events *e)
{
	uint64_t ps;

	for (unsigned i = 0; i < 12; i++)
		if (e->reserved[i] != 0)
			return -EINVAL;
	for (unsigned i = 0; i < 5; i++)
		if (e->pad[i] != 0)
			return -EINVAL;
	if (e->serror_pending != 0) {
		if (e->serror_has_esr != 0 && e->serror_esr > 0x1ffffff)
			return -EINVAL;
		v->serr = true;
		v->esr = e->serror_has_esr != 0 ? e->serror_esr : 0x1000000;
	}
	if (e->ext_dabt_pending == 0)
		return 0;
	ps = *ref_at(v, UINT64_C(0x6030000000100042));
	if ((r->feat & 2) != 0) {
		*ref_at(v, ref_sys(0xc290)) = (*ref_at(v, ref_sys(0xc102)) & 0x80000000u) != 0 ? 0x210 : 8;
		*ref_at(v, ref_sys(0xc300)) &= ~UINT64_C(0xffffffff);
	} else {
		*ref_at(v, ref_sys(0xc290)) = (ps & 16) != 0 || (ps & 15) == 0 ? 0x90000010u : 0x94000010u;
		*ref_at(v, ref_sys(0xc300)) = 0;
	}
	return 0;
}

#endif
