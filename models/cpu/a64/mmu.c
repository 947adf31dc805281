// SPDX-License-Identifier: Apache-2.0
/*
 * Translation (Arm ARM, D8): stage 1 of the regimes EL1&0, EL2 and EL2&0, stage 2 by tables or by the world; and the
 * slow path of accesses, which fills the TLB that the fast path (a64_impl.h) asks.
 *
 * The TLB holds whole translations, without ASID and VMID: whatever could change them empties it, but for the EL and PSTATE.PAN,
 * which have TLBs of their own.
 */
#include "models/cpu/a64/a64_impl.h"

/* Fault status codes (ESR_ELx.DFSC, IFSC); + level. */
enum { FSC_SIZE = 0x00, FSC_TRANSLATION = 0x04, FSC_ACCESS = 0x08, FSC_PERMISSION = 0x0c, FSC_EXTERNAL = 0x10,
       FSC_EXTERNAL_WALK = 0x14, FSC_ALIGNMENT = 0x21 };

struct fault {
	uint8_t fsc;
	bool stage2, s1ptw, update; /* update: of a walk that writes a descriptor */
	uint64_t ipa;
};

/* What a translation allows. */
struct page {
	uint64_t pa;
	bool read[2], write[2], exec[2]; /* [privileged] */
	bool device, guarded;
	uint8_t attr, sh; /* of stage 1: the byte of MAIR_ELx, and shareability, as PAR_EL1 has them */
};

static inline uint64_t bits(uint64_t v, unsigned hi, unsigned lo)
{
	return v >> lo & (UINT64_MAX >> (63 - hi + lo));
}

/* SCTLR_ELx */
#define SCTLR_M  ((uint64_t)1 << 0)
#define SCTLR_A  ((uint64_t)1 << 1)
#define SCTLR_WXN ((uint64_t)1 << 19)

static uint64_t sctlr(const struct a64 *c)
{
	return c->reg[a64_regime_el2(c) ? A64_R_SCTLR_EL2 : A64_R_SCTLR_EL1];
}

static bool stage2_on(const struct a64 *c)
{
	return !a64_regime_el2(c) && (c->reg[A64_R_HCR_EL2] & (HCR_VM | HCR_DC)) != 0 && !(c->reg[A64_R_HCR_EL2] & HCR_TGE);
}

/* A descriptor at pa, which is physical; false: nothing there. */
static bool read_desc(struct a64 *c, uint64_t pa, uint64_t *desc)
{
	uint8_t *p = c->bus.ram(c->bus.owner, pa & ~(uint64_t)(A64_PAGE - 1));

	if (p == NULL)
		return false;
	memcpy(desc, p + (pa & (A64_PAGE - 1)), 8);
	return true;
}

static void write_desc(struct a64 *c, uint64_t pa, uint64_t desc)
{
	uint8_t *p = c->bus.ram(c->bus.owner, pa & ~(uint64_t)(A64_PAGE - 1));

	if (p != NULL)
		memcpy(p + (pa & (A64_PAGE - 1)), &desc, 8);
}

/* One stage's tables: geometry of a walk. */
struct walk {
	unsigned page_bits, in_bits, start; /* granule, size of the input, first level */
	uint64_t table;
	unsigned oa_bits;
	bool wide; /* 52-bit descriptors: DS, or 64 KiB with LPA */
};

static uint64_t desc_address(const struct walk *w, uint64_t desc, unsigned lo)
{
	uint64_t a = bits(desc, 47, 12) << 12 & ~(((uint64_t)1 << lo) - 1);

	if (w->wide && w->page_bits == 16)
		a |= bits(desc, 15, 12) << 48;
	else if (w->wide)
		a = (bits(desc, 49, 12) << 12 & ~(((uint64_t)1 << lo) - 1)) | bits(desc, 9, 8) << 50;
	return a;
}

/* Physical address sizes by PS and IPS (Arm ARM, D8.1.7). */
static unsigned pa_size(unsigned ps)
{
	static const uint8_t sizes[8] = {32, 36, 40, 42, 44, 48, 52, 56};

	return sizes[ps];
}

static bool stage2_walk(struct a64 *c, uint64_t ipa, enum a64_access access, struct page *p, struct fault *f)
{
	uint64_t vtcr = c->reg[A64_R_VTCR_EL2], desc = 0, at;
	static const uint8_t granule[4] = {12, 16, 14, 12};
	struct walk w = {.page_bits = granule[bits(vtcr, 15, 14)], .in_bits = 64 - (unsigned)bits(vtcr, 5, 0)};
	unsigned stride = w.page_bits - 3, sl0 = (unsigned)bits(vtcr, 7, 6), level, lo;

	w.oa_bits = pa_size((unsigned)bits(vtcr, 18, 16));
	w.wide = w.oa_bits == 52 && (w.page_bits == 16 || (vtcr >> 32 & 1));
	level = w.page_bits == 12 ? (sl0 == 3 ? 3 : 2 - sl0) : 3 - sl0;
	w.table = c->reg[A64_R_VTTBR_EL2] & 0x0000fffffffffffe;
	if (w.in_bits < 64 && ipa >> w.in_bits != 0) {
		f->fsc = FSC_TRANSLATION;
		return false;
	}
	/* The first level may be of several concatenated tables: its index takes all remaining bits. */
	for (bool first = true;; level++, first = false) {
		lo = w.page_bits + (3 - level) * stride;
		at = w.table + (first ? ipa >> lo : bits(ipa, lo + stride - 1, lo)) * 8;
		if (!read_desc(c, at, &desc)) {
			f->fsc = (uint8_t)(FSC_EXTERNAL_WALK + level);
			return false;
		}
		if (!(desc & 1) || (level == 3 && !(desc & 2))) {
			f->fsc = (uint8_t)(FSC_TRANSLATION + level);
			return false;
		}
		if (level == 3 || !(desc & 2))
			break;
		w.table = desc_address(&w, desc, w.page_bits);
	}
	if (!(desc >> 10 & 1)) {
		if (!(vtcr >> 21 & 1)) {
			f->fsc = (uint8_t)(FSC_ACCESS + level);
			return false;
		}
		write_desc(c, at, desc |= 1 << 10);
	}
	if (access == A64_WRITE && !(desc >> 7 & 1) && (vtcr >> 22 & 1) && (desc >> 51 & 1))
		write_desc(c, at, desc |= 1 << 7);
	p->pa = desc_address(&w, desc, lo) | (ipa & (((uint64_t)1 << lo) - 1));
	p->read[0] = p->read[1] = desc >> 6 & 1;
	p->write[0] = p->write[1] = desc >> 7 & 1;
	/* XN[1:0] is bits 54:53; without FEAT_XNX bit 54 alone decides. */
	p->exec[0] = p->exec[1] = !(desc >> 54 & 1);
	p->device = bits(desc, 5, 4) == 0;
	if (!(access == A64_WRITE ? p->write[0] : access == A64_FETCH ? p->exec[0] : p->read[0])) {
		f->fsc = (uint8_t)(FSC_PERMISSION + level);
		return false;
	}
	return true;
}

/* ipa to pa; what p allows shrinks to what both stages do. */
static bool stage2(struct a64 *c, uint64_t ipa, enum a64_access access, bool s1ptw, struct page *p, struct fault *f)
{
	struct page s2 = {0};
	bool writable = false;

	f->stage2 = true;
	f->s1ptw = s1ptw;
	f->ipa = ipa;
	if (c->bus.stage2 != NULL) {
		if (!c->bus.stage2(c->bus.owner, c, ipa, access, &s2.pa, &writable, &f->fsc))
			return false;
		s2.read[0] = s2.read[1] = s2.exec[0] = s2.exec[1] = true;
		s2.write[0] = s2.write[1] = writable;
	} else if (c->reg[A64_R_HCR_EL2] & HCR_VM) {
		if (!stage2_walk(c, ipa, access, &s2, f))
			return false;
	} else {
		return true;
	}
	p->pa = s2.pa;
	for (int i = 0; i < 2; i++) {
		p->read[i] = p->read[i] && s2.read[i];
		p->write[i] = p->write[i] && s2.write[i];
		p->exec[i] = p->exec[i] && s2.exec[i];
	}
	p->device = p->device || s2.device;
	f->stage2 = f->s1ptw = false;
	return true;
}

/* Reads a stage 1 descriptor at ipa (an address of stage 2's input, if that is on). */
static bool walk_desc(struct a64 *c, uint64_t ipa, unsigned level, uint64_t *desc, struct fault *f)
{
	struct page p = {.pa = ipa, .read = {true, true}, .write = {true, true}};

	if (stage2_on(c) && !stage2(c, ipa, A64_READ, true, &p, f))
		return false;
	if (!read_desc(c, p.pa, desc)) {
		f->fsc = (uint8_t)(FSC_EXTERNAL_WALK + level);
		return false;
	}
	return true;
}

/* Hardware updates a stage 1 descriptor (AF, DBM): a write, as far as stage 2 is concerned. */
static bool update_desc(struct a64 *c, uint64_t ipa, uint64_t desc, struct fault *f)
{
	struct page p = {.pa = ipa, .read = {true, true}, .write = {true, true}};

	if (stage2_on(c) && !stage2(c, ipa, A64_WRITE, true, &p, f)) {
		f->update = true;
		return false;
	}
	write_desc(c, p.pa, desc);
	return true;
}

/* TCR's view of one range of addresses. */
struct range {
	struct walk w;
	uint64_t ttbr;
	bool disabled, two, tbi, hpd, ha, hd, e0pd;
	bool ds;     /* TCR.DS: descriptors have address bits where shareability was, and that is ... */
	uint8_t sh;  /* ... TCR.SH */
};

static void range_of(const struct a64 *c, uint64_t va, struct range *r)
{
	static const uint8_t tg0[4] = {12, 16, 14, 12}, tg1[4] = {12, 14, 12, 16};
	bool el2 = a64_regime_el2(c), e2h = (c->reg[A64_R_HCR_EL2] & HCR_E2H) != 0, high = va >> 55 & 1;
	uint64_t tcr = c->reg[el2 ? A64_R_TCR_EL2 : A64_R_TCR_EL1];
	unsigned ps;

	*r = (struct range){.two = !el2 || e2h};
	if (!r->two) {
		r->ttbr = c->reg[A64_R_TTBR0_EL2];
		r->w.page_bits = tg0[bits(tcr, 15, 14)];
		r->w.in_bits = 64 - (unsigned)bits(tcr, 5, 0);
		r->tbi = tcr >> 20 & 1;
		r->ha = tcr >> 21 & 1;
		r->hd = tcr >> 22 & 1;
		r->hpd = tcr >> 24 & 1;
		ps = (unsigned)bits(tcr, 18, 16);
		r->ds = tcr >> 32 & 1;
		r->sh = (uint8_t)bits(tcr, 13, 12);
	} else {
		r->ttbr = c->reg[el2 ? (high ? A64_R_TTBR1_EL2 : A64_R_TTBR0_EL2) : high ? A64_R_TTBR1_EL1 : A64_R_TTBR0_EL1];
		r->w.page_bits = high ? tg1[bits(tcr, 31, 30)] : tg0[bits(tcr, 15, 14)];
		r->w.in_bits = 64 - (unsigned)(high ? bits(tcr, 21, 16) : bits(tcr, 5, 0));
		r->disabled = tcr >> (high ? 23 : 7) & 1;
		r->tbi = tcr >> (high ? 38 : 37) & 1;
		r->ha = tcr >> 39 & 1;
		r->hd = tcr >> 40 & 1;
		r->hpd = tcr >> (high ? 42 : 41) & 1;
		r->e0pd = tcr >> (high ? 56 : 55) & 1;
		ps = (unsigned)bits(tcr, 34, 32);
		r->ds = tcr >> 59 & 1;
		r->sh = (uint8_t)(high ? bits(tcr, 29, 28) : bits(tcr, 13, 12));
	}
	if (r->w.page_bits == 14 && !A64_HAS(c->feats, A64_FEAT_TGRAN16))
		r->w.page_bits = 12; /* one that there is: IMPLEMENTATION DEFINED */
	r->ha = r->ha && A64_HAS(c->feats, A64_FEAT_HAFDBS);
	r->hd = r->hd && A64_HAS(c->feats, A64_FEAT_HAFDBS);
	r->hpd = r->hpd && A64_HAS(c->feats, A64_FEAT_HPDS);
	r->e0pd = r->e0pd && A64_HAS(c->feats, A64_FEAT_E0PD);
	r->w.oa_bits = pa_size(ps);
	r->ds = r->ds && A64_HAS(c->feats, A64_FEAT_LPA2) && r->w.page_bits != 16;
	r->w.wide = r->ds || (r->w.page_bits == 16 && r->w.oa_bits == 52);
	if (r->w.in_bits > (r->w.wide ? 52 : 48))
		r->w.in_bits = r->w.wide ? 52 : 48;
	if (r->w.in_bits < 25)
		r->w.in_bits = 25;
	r->w.table = bits(r->ttbr, 47, 1) << 1;
	if (r->w.wide)
		r->w.table = (r->w.table & ~(uint64_t)0x3f) | bits(r->ttbr, 5, 2) << 48;
}

/* Permissions of a stage 1 leaf (Arm ARM, D8.4.1). */
static void permissions(const struct a64 *c, const struct range *r, uint64_t desc, unsigned tables, struct page *p)
{
	bool user = desc >> 6 & 1, ro = desc >> 7 & 1, pxn = desc >> 53 & 1, uxn = desc >> 54 & 1;
	bool wxn = (sctlr(c) & SCTLR_WXN) != 0;

	/* tables: APTable[1:0], UXNTable, PXNTable of the levels above, as bits 3..0 = AP1 AP0 XN PXN. */
	user = user && !(tables >> 2 & 1);
	ro = ro || (tables >> 3 & 1);
	uxn = uxn || (tables >> 1 & 1);
	pxn = pxn || (tables & 1);
	if (!r->two) { /* EL2 alone: no EL0, XN is bit 54 */
		p->read[1] = true;
		p->write[1] = !ro;
		p->exec[1] = !uxn && !(wxn && p->write[1]);
		return;
	}
	p->read[1] = true;
	p->write[1] = !ro;
	p->read[0] = user;
	p->write[0] = user && !ro;
	p->exec[0] = !uxn && !(wxn && p->write[0]);
	/* What EL0 may write, EL1 never executes. */
	p->exec[1] = !pxn && !(user && !ro) && !(wxn && p->write[1]);
}

static bool stage1(struct a64 *c, uint64_t va, enum a64_access access, bool priv, struct page *p, struct fault *f)
{
	struct range r;
	unsigned level, stride, lo, tables = 0;
	uint64_t desc, at, table;

	range_of(c, va, &r);
	stride = r.w.page_bits - 3;
	level = 4 - (r.w.in_bits - r.w.page_bits + stride - 1) / stride;
	if (r.tbi)
		va = r.two ? a64_sext(va, 56) : bits(va, 55, 0);
	f->fsc = FSC_TRANSLATION;
	if (r.disabled || (r.e0pd && !priv))
		return false;
	if (r.two && (va >> 55 & 1) ? ~va >> r.w.in_bits != 0 : va >> r.w.in_bits != 0)
		return false;
	va = bits(va, r.w.in_bits - 1, 0);
	for (table = r.w.table;; level++) {
		lo = r.w.page_bits + (3 - level) * stride;
		at = table + bits(va, lo + stride - 1, lo) * 8;
		if (!walk_desc(c, at, level, &desc, f))
			return false;
		f->fsc = (uint8_t)(FSC_TRANSLATION + level);
		if (!(desc & 1) || (level == 3 && !(desc & 2)))
			return false;
		if (level == 3 || !(desc & 2))
			break;
		table = desc_address(&r.w, desc, r.w.page_bits);
		if (!r.hpd)
			tables |= (unsigned)(bits(desc, 62, 61) << 2 | bits(desc, 60, 60) << 1 | bits(desc, 59, 59));
	}
	/* A block where the granule has none. */
	if (level < 3 && (level == 0 || (level == 1 && r.w.page_bits != 12 && !r.w.wide)))
		return false;
	if (!(desc >> 10 & 1)) {
		f->fsc = (uint8_t)(FSC_ACCESS + level);
		if (!r.ha || !update_desc(c, at, desc |= 1 << 10, f))
			return false;
	}
	if (access == A64_WRITE && (desc >> 7 & 1) && r.hd && (desc >> 51 & 1) && (priv || (desc >> 6 & 1)) &&
	    !update_desc(c, at, desc &= ~((uint64_t)1 << 7), f))
		return false;
	f->fsc = (uint8_t)(FSC_SIZE + level);
	p->pa = desc_address(&r.w, desc, lo) | bits(va, lo - 1, 0);
	if (r.w.oa_bits < 52 && p->pa >> r.w.oa_bits != 0)
		return false;
	permissions(c, &r, desc, tables, p);
	p->guarded = desc >> 50 & 1;
	p->attr = (uint8_t)(c->reg[a64_regime_el2(c) ? A64_R_MAIR_EL2 : A64_R_MAIR_EL1] >> bits(desc, 4, 2) * 8);
	p->sh = (uint8_t)(r.ds ? r.sh : bits(desc, 9, 8));
	p->device = (p->attr & 0xf0) == 0;
	f->fsc = (uint8_t)(FSC_PERMISSION + level);
	return true;
}

/* Does the translation allow the access? PAN takes what EL0 may reach from EL1 and EL2. */
static bool allowed(const struct a64 *c, const struct page *p, enum a64_access access, bool priv)
{
	if (access == A64_FETCH)
		return p->exec[priv];
	if (priv && c->ps.pan && c->ps.el != 0 && (p->read[0] || p->write[0]))
		return false;
	return access == A64_WRITE ? p->write[priv] : p->read[priv];
}

static bool translate(struct a64 *c, uint64_t va, enum a64_access access, bool priv, struct page *p, struct fault *f)
{
	*f = (struct fault){0};
	*p = (struct page){.pa = va, .read = {true, true}, .write = {true, true}, .exec = {true, true}};
	if (sctlr(c) & SCTLR_M && !(!a64_regime_el2(c) && (c->reg[A64_R_HCR_EL2] & HCR_DC))) {
		p->read[0] = p->write[0] = p->exec[0] = p->read[1] = p->write[1] = p->exec[1] = false;
		if (!stage1(c, va, access, priv, p, f) || !allowed(c, p, access, priv))
			return false;
	} else {
		/* Off: flat, all allowed; without HCR.DC data is Device-nGnRnE, but memory is memory here. */
		p->attr = c->reg[A64_R_HCR_EL2] & HCR_DC && !a64_regime_el2(c) ? 0xff : 0;
		p->pa = c->bus.flat ? va : bits(va, 55, 0);
		if (p->pa >> 52 != 0 && !c->bus.flat) {
			f->fsc = FSC_SIZE;
			return false;
		}
	}
	return !stage2_on(c) || stage2(c, p->pa, access, false, p, f);
}

/* Takes the abort of a fault. wide: the access was more than one register, or wrote back: no syndrome (ISV). */
static int abort_at(struct a64 *c, uint64_t va, enum a64_access access, const struct fault *f, uint32_t isv)
{
	uint32_t iss = f->fsc | (uint32_t)f->s1ptw << 7;

	if (access != A64_FETCH)
		iss |= (uint32_t)(f->s1ptw ? f->update : access == A64_WRITE) << 6;
	if (f->stage2) {
		c->exit.hpfar = f->ipa >> 12 << 4;
		return a64_to_el2(c, access == A64_FETCH ? A64_EC_IABT : A64_EC_DABT, iss | (f->s1ptw ? 0 : isv), va);
	}
	return a64_exception(c, access == A64_FETCH ? A64_EC_IABT : A64_EC_DABT, iss, va);
}

bool a64_translate(struct a64 *c, uint64_t va, enum a64_access access, bool priv, uint64_t *pa)
{
	struct page p;
	struct fault f;

	if (!translate(c, va, access, priv, &p, &f)) {
		abort_at(c, va, access, &f, 0);
		return false;
	}
	*pa = p.pa;
	return true;
}

/* AT: the result as PAR_EL1 has it. */
uint64_t a64_at(struct a64 *c, uint64_t va, enum a64_access access, bool priv, bool both, unsigned el)
{
	struct a64_pstate was = c->ps;
	uint64_t hcr = c->reg[A64_R_HCR_EL2], par;
	struct page p;
	struct fault f;
	bool ok;

	c->ps.el = (uint8_t)el;
	if (!both)
		c->reg[A64_R_HCR_EL2] &= ~(HCR_VM | HCR_DC);
	ok = translate(c, va, access, priv, &p, &f);
	c->ps = was;
	c->reg[A64_R_HCR_EL2] = hcr;
	if (!ok)
		return 1 | (uint64_t)f.fsc << 1 | (uint64_t)f.s1ptw << 8 | (uint64_t)f.stage2 << 9 | (uint64_t)1 << 11;
	par = (p.pa & 0x000ffffffffff000) | (uint64_t)1 << 11 | (uint64_t)1 << 9; /* NS; RES1 */
	if (p.device) /* stage 2 may say so, too */
		p.attr &= 0x0f;
	/* Device memory, and what no cache holds, is Outer Shareable. */
	return par | (uint64_t)((p.attr & 0xf0) == 0 || p.attr == 0x44 ? 2 : p.sh) << 7 | (uint64_t)p.attr << 56;
}

/* The TLB learns a translation to memory. */
static void tlb_fill(struct a64 *c, uint64_t va, bool priv, const struct page *p, uint8_t *host)
{
	struct a64_tlb_entry *t = &c->tlb_of[priv][va >> A64_PAGE_BITS & (A64_TLB_SIZE - 1)];
	uint64_t page = va & ~(uint64_t)(A64_PAGE - 1);

	if (a64_watched_page(c, va))
		return;
	if (a64_uarch_accesses(c))
		return; /* each access is to come by */
	c->tlb_used |= (uint8_t)(1 << (c->tlb_of[priv] - c->tlb[0]) / A64_TLB_SIZE);
	t->read = allowed(c, p, A64_READ, priv) ? page : 1;
	t->write = allowed(c, p, A64_WRITE, priv) && a64_code_page(c, p->pa) == NULL ? page : 1;
	t->pa = p->pa & ~(uint64_t)(A64_PAGE - 1);
	t->host = (uintptr_t)host - page;
}

/* ISS[24:14] of a single-register access: ISV, SAS, SSE, SRT, SF, AR. */
static uint32_t syndrome(const struct a64 *c, unsigned size, bool write)
{
	const struct a64_op *op = a64_current(c);
	a64_exec *exec;
	unsigned srt;
	bool sse, sf;

	if (op == NULL || !a64_has_syndrome(op))
		return 0;
	srt = write ? op->t : op->d;
	exec = op->then != NULL ? op->then : op->exec;
	sse = exec == x_LDRS || exec == x_LDAS || exec == x_LDRS_r || exec == x_LDTRS;
	sf = sse ? op->mask == UINT64_MAX : size == 8;
	return 1u << 24 | (uint32_t)(size == 8 ? 3 : size == 4 ? 2 : size == 2) << 22 | (uint32_t)sse << 21 |
	       (uint32_t)(srt > 31 ? 31 : srt) << 16 | (uint32_t)sf << 15 |
	       (uint32_t)(exec == x_LDA || exec == x_LDAS || exec == x_STL) << 14;
}

/* One part of an access that stays in a page. */
static int access_page(struct a64 *c, uint64_t va, unsigned size, bool priv, bool write, uint8_t *value)
{
	struct page p;
	struct fault f;
	uint8_t *host;
	uint64_t v = 0;

	if (!translate(c, va, write ? A64_WRITE : A64_READ, priv, &p, &f))
		return abort_at(c, va, write ? A64_WRITE : A64_READ, &f, syndrome(c, size, write));
	if (p.device && (va & (size - 1)) != 0)
		return abort_at(c, va, write ? A64_WRITE : A64_READ, &(struct fault){.fsc = FSC_ALIGNMENT}, 0);
	if (a64_watchpoint(c, va, size, priv, write) != 0)
		return 1;
	host = c->bus.ram(c->bus.owner, p.pa & ~(uint64_t)(A64_PAGE - 1));
	if (host != NULL) {
		if (c->uarch != NULL)
			a64_uarch_access(c, va, p.pa, size);
		tlb_fill(c, va, priv, &p, host);
		if (write) {
			memcpy(host + (p.pa & (A64_PAGE - 1)), value, size);
			a64_code_written(c, p.pa, size);
		} else {
			memcpy(value, host + (p.pa & (A64_PAGE - 1)), size);
		}
		return 0;
	}
	for (unsigned at = 0; at < size; at += 8) {
		unsigned n = size - at < 8 ? size - at : 8;

		v = 0;
		if (write)
			memcpy(&v, value + at, n);
		if (c->bus.device == NULL || !c->bus.device(c->bus.owner, c, p.pa + at, n, write, &v)) {
			f.fsc = FSC_EXTERNAL;
			return abort_at(c, va, write ? A64_WRITE : A64_READ, &f, 0);
		}
		if (!write)
			memcpy(value + at, &v, n);
	}
	return 0;
}

static int access_slow(struct a64 *c, uint64_t va, unsigned size, bool priv, bool write, uint8_t *value)
{
	unsigned first = A64_PAGE - (unsigned)(va & (A64_PAGE - 1));
	struct fault f = {.fsc = FSC_ALIGNMENT};

	if ((va & (size - 1)) != 0 && sctlr(c) & SCTLR_A)
		return abort_at(c, va, write ? A64_WRITE : A64_READ, &f, 0);
	if (first >= size)
		return access_page(c, va, size, priv, write, value);
	/* Across a page: both pages must be there before anything is written. */
	if (write) {
		uint64_t pa;

		if (!a64_translate(c, va + first, A64_WRITE, priv, &pa))
			return 1;
	}
	if (access_page(c, va, first, priv, write, value) != 0)
		return 1;
	return access_page(c, va + first, size - first, priv, write, value + first);
}

int a64_load_slow(struct a64 *c, uint64_t va, unsigned size, bool priv, uint64_t value[2])
{
	return access_slow(c, va, size, priv, false, (uint8_t *)value);
}

int a64_store_slow(struct a64 *c, uint64_t va, unsigned size, bool priv, const uint64_t value[2])
{
	uint64_t copy[2] = {value[0], value[1]};

	return access_slow(c, va, size, priv, true, (uint8_t *)copy);
}

bool a64_fetch_address(struct a64 *c, uint64_t va, uint64_t *pa, bool *guarded)
{
	struct page p;
	struct fault f;

	if (!translate(c, va, A64_FETCH, a64_priv(c), &p, &f)) {
		abort_at(c, va, A64_FETCH, &f, 0);
		return false;
	}
	*pa = p.pa;
	*guarded = p.guarded;
	return true;
}

int a64_fetch_external(struct a64 *c, uint64_t va)
{
	return abort_at(c, va, A64_FETCH, &(struct fault){.fsc = FSC_EXTERNAL}, 0);
}

void a64_tlb_choose(struct a64 *c)
{
	unsigned base = a64_regime_el2(c) ? 3 : 0;

	c->tlb_of[0] = c->tlb[base];
	c->tlb_of[1] = c->tlb[base + 1 + (c->ps.pan != 0)];
}

void a64_flush_tlb(struct a64 *c)
{
	for (unsigned context = 0; context < A64_TLB_CONTEXTS; context++)
		for (unsigned i = 0; c->tlb_used >> context & 1 && i < A64_TLB_SIZE; i++)
			c->tlb[context][i] = (struct a64_tlb_entry){.read = 1, .write = 1};
	c->tlb_used = 0;
	for (unsigned i = 0; i < A64_FETCHED; i++)
		c->fetched[i].va = UINT64_MAX;
	c->page_va = 1;
}
