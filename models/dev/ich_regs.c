// SPDX-License-Identifier: Apache-2.0
/* The virtual CPU interface's registers: rows of icc_regs.def. */
#include "models/dev/ich_impl.h"

typedef uint64_t reg_read(struct ich *h, unsigned arg);
typedef void reg_write(struct ich *h, unsigned arg, uint64_t v);

static uint64_t read_iar(struct ich *h, unsigned group)
{
	return ich_acknowledge(h, group);
}

static uint64_t read_hppir(struct ich *h, unsigned group)
{
	int i = ich_highest(h);

	return i >= 0 && ((h->lr[i] & ICH_LR_GROUP1) != 0) == group ? h->lr[i] & ICH_LR_VINTID : ICH_SPURIOUS;
}

static void write_eoir(struct ich *h, unsigned group, uint64_t v)
{
	ich_end(h, v & 0xffffff, group);
}

static void write_dir(struct ich *h, unsigned arg, uint64_t v)
{
	(void)arg;
	ich_deactivate(h, v & 0xffffff);
}

static uint64_t read_bpr(struct ich *h, unsigned group)
{
	return ich_bpr(h, group);
}

static void field(struct ich *h, unsigned shift, unsigned bits, uint64_t v)
{
	uint32_t mask = ((1u << bits) - 1) << shift;

	ich_set_vmcr(h, (h->vmcr & ~mask) | ((uint32_t)v << shift & mask));
}

static void write_bpr(struct ich *h, unsigned group, uint64_t v)
{
	if (group == 0)
		field(h, ICH_VMCR_BPR0, 3, v);
	else if (!(h->vmcr & ICH_VMCR_CBPR))
		field(h, ICH_VMCR_BPR1, 3, v);
}

static uint64_t read_igrpen(struct ich *h, unsigned group)
{
	return h->vmcr >> group & 1;
}

static void write_igrpen(struct ich *h, unsigned group, uint64_t v)
{
	field(h, group, 1, v);
}

static uint64_t read_pmr(struct ich *h, unsigned arg)
{
	(void)arg;
	return h->vmcr >> ICH_VMCR_PMR;
}

static void write_pmr(struct ich *h, unsigned arg, uint64_t v)
{
	(void)arg;
	field(h, ICH_VMCR_PMR, 8, v);
}

static uint64_t read_rpr(struct ich *h, unsigned arg)
{
	(void)arg;
	return ich_running(h);
}

/* PRIbits, IDbits and A3V as ICH_VTR_EL2 has them; EOImode, CBPR. */
static uint64_t read_ctlr(struct ich *h, unsigned arg)
{
	uint32_t vtr = ich_vtr(h);

	(void)arg;
	return (uint64_t)(vtr >> 29) << 8 | (vtr >> 23 & 7) << 11 | (vtr >> 21 & 1) << 15 |
	       (h->vmcr & ICH_VMCR_EOIM ? 2u : 0u) | (h->vmcr & ICH_VMCR_CBPR ? 1u : 0u);
}

static void write_ctlr(struct ich *h, unsigned arg, uint64_t v)
{
	(void)arg;
	ich_set_vmcr(h, (h->vmcr & ~(ICH_VMCR_EOIM | ICH_VMCR_CBPR)) | (v & 2 ? ICH_VMCR_EOIM : 0) |
				(v & 1 ? ICH_VMCR_CBPR : 0));
}

/* SRE, DFB, DIB: there is no other interface. */
static uint64_t read_sre(struct ich *h, unsigned arg)
{
	(void)h;
	(void)arg;
	return 7;
}

static void write_ignore(struct ich *h, unsigned arg, uint64_t v)
{
	(void)h;
	(void)arg;
	(void)v;
}

/* Registers of active priorities beyond what the bits of priority need are not there. */
static uint32_t *apr_of(struct ich *h, unsigned arg)
{
	if (arg % ICH_APRS >= 1u << (h->pri_bits - 5))
		return NULL;
	return arg < ICH_APRS ? &h->ap0r[arg] : &h->ap1r[arg - ICH_APRS];
}

static uint64_t read_apr(struct ich *h, unsigned arg)
{
	return *apr_of(h, arg);
}

static void write_apr(struct ich *h, unsigned arg, uint64_t v)
{
	*apr_of(h, arg) = (uint32_t)v;
}

static uint64_t read_hcr(struct ich *h, unsigned arg)
{
	(void)arg;
	return h->hcr;
}

static void write_hcr(struct ich *h, unsigned arg, uint64_t v)
{
	(void)arg;
	h->hcr = (uint32_t)v;
}

static uint64_t read_vmcr(struct ich *h, unsigned arg)
{
	(void)arg;
	return h->vmcr;
}

static void write_vmcr(struct ich *h, unsigned arg, uint64_t v)
{
	(void)arg;
	ich_set_vmcr(h, (uint32_t)v);
}

static uint64_t read_vtr(struct ich *h, unsigned arg)
{
	(void)arg;
	return ich_vtr(h);
}

static uint64_t read_misr(struct ich *h, unsigned arg)
{
	(void)arg;
	return ich_misr(h);
}

static uint64_t read_eisr(struct ich *h, unsigned arg)
{
	(void)arg;
	return ich_eisr(h);
}

static uint64_t read_elrsr(struct ich *h, unsigned arg)
{
	(void)arg;
	return ich_elrsr(h);
}

static uint64_t read_lr(struct ich *h, unsigned n)
{
	return h->lr[n];
}

static void write_lr(struct ich *h, unsigned n, uint64_t v)
{
	h->lr[n] = v;
}

#define read_none  NULL
#define write_none NULL

static const struct row {
	reg_read *read;
	reg_write *write;
	enum a64_reg reg;
	uint8_t arg;
} rows[] = {
#define ICC(reg, read, write, arg) {read_##read, write_##write, A64_R_##reg, arg},
#include "models/dev/icc_regs.def"
};

/* NULL: there is no such register in this interface. */
static const struct row *row_of(struct ich *h, enum a64_reg reg)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];

		if (r->reg != reg)
			continue;
		if ((r->read == read_apr && apr_of(h, r->arg) == NULL) || (r->read == read_lr && r->arg >= h->lrs))
			return NULL;
		return r;
	}
	return NULL;
}

bool ich_read(struct ich *h, enum a64_reg reg, uint64_t *value)
{
	const struct row *r = row_of(h, reg);

	if (r == NULL || r->read == NULL)
		return false;
	*value = r->read(h, r->arg);
	return true;
}

bool ich_write(struct ich *h, enum a64_reg reg, uint64_t value)
{
	const struct row *r = row_of(h, reg);

	if (r == NULL || r->write == NULL)
		return false;
	r->write(h, r->arg, value);
	return true;
}
