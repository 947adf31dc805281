/* SPDX-License-Identifier: Apache-2.0 */
/* The ioctls of the second model of the register ABI; what it keeps is in abi_ref_state.h. */
#ifndef EL2SIM_TESTS_ABI_REF_H
#define EL2SIM_TESTS_ABI_REF_H

#include "tests/abi_ref_state.h"

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
