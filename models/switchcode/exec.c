// SPDX-License-Identifier: Apache-2.0
#include "models/switchcode/exec_impl.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>


/* Memory: pages by the lower 48 bits of their address, so that addresses of the hypervisor part find the kernel's memory. */
#define LOW_BITS  UINT64_C(0x0000ffffffffffff)
#define HEAP      UINT64_C(0xffffc00000000000)
#define HEAP_END  UINT64_C(0xffffc10000000000)
#define STACK_BYTES 0x10000

enum { PAGE_TABLE = 1 << 14, PAGE = 4096 };

struct swc_page {
	uint64_t low; /* address, lower 48 bits */
	struct swc_page *next;
	uint8_t *kept; /* its bytes at swc_keep; NULL: it was not there */
	uint8_t bytes[PAGE];
};

struct swc_kept {
	uint64_t reg[UINT16_MAX + 1], sp[3], heap;
};


/* --- memory ------------------------------------------------------------------------------------ */

/* The address as linked: with the upper bits of what has the same lower ones. */
uint64_t swc_canonical(const struct swc *w, uint64_t addr)
{
	const struct vml_image *img = w->k->img;
	uint64_t low = addr & LOW_BITS;

	for (size_t i = 0; i < img->n_sections; i++) {
		uint64_t first = img->sections[i].addr & LOW_BITS;

		if (low >= first && low - first < img->sections[i].size)
			return img->sections[i].addr + (low - first);
	}
	if (low >= (HEAP & LOW_BITS) && low < (HEAP_END & LOW_BITS))
		return (HEAP & ~LOW_BITS) | low;
	return addr;
}

static bool exists(const struct swc *w, uint64_t page)
{
	const struct vml_image *img = w->k->img;

	if (page >= HEAP && page < w->heap)
		return true;
	for (size_t i = 0; i < img->n_sections; i++)
		if (page + PAGE > img->sections[i].addr && page < img->sections[i].addr + img->sections[i].size)
			return true;
	return false;
}

/* Bytes of a page as the image has them, zeros where it has none. */
static void fill(const struct swc *w, uint64_t page, uint8_t bytes[PAGE])
{
	const struct vml_image *img = w->k->img;

	memset(bytes, 0, PAGE);
	for (size_t i = 0; i < img->n_sections; i++) {
		const struct vml_section *s = &img->sections[i];
		uint64_t from = s->addr > page ? s->addr : page;
		uint64_t to = s->addr + s->size < page + PAGE ? s->addr + s->size : page + PAGE;

		if (s->data != NULL && from < to)
			memcpy(bytes + (from - page), s->data + (from - s->addr), to - from);
	}
}

static struct swc_page *new_page(struct swc *w, uint64_t page)
{
	struct swc_page *p = xcalloc(1, sizeof(*p)), **slot = &w->pages[page >> 12 & (PAGE_TABLE - 1)];

	p->low = page & LOW_BITS;
	fill(w, page, p->bytes);
	p->next = *slot;
	*slot = p;
	return p;
}

static uint8_t *page_of(struct swc *w, uint64_t addr)
{
	uint64_t low = addr & LOW_BITS & ~(uint64_t)(PAGE - 1);
	struct swc_page *p = w->pages[low >> 12 & (PAGE_TABLE - 1)];
	uint64_t at;

	while (p != NULL && p->low != low)
		p = p->next;
	if (p == NULL) {
		at = swc_canonical(w, addr & ~(uint64_t)(PAGE - 1));
		if (!exists(w, at))
			at = swc_canonical(w, addr) & ~(uint64_t)(PAGE - 1);
		if (!exists(w, at))
			return NULL;
		p = new_page(w, at);
	}
	return p->bytes;
}

static uint8_t *bus_ram(void *owner, uint64_t pa)
{
	return page_of(owner, pa);
}

static bool bus_device(void *owner, struct a64 *c, uint64_t pa, unsigned size, bool write, uint64_t *value)
{
	(void)owner;
	(void)c;
	(void)pa;
	(void)size;
	(void)write;
	(void)value;
	return false;
}

uint64_t swc_alloc(struct swc *w, uint64_t n)
{
	uint64_t at = w->heap;

	w->heap += (n + PAGE - 1) / PAGE * PAGE + PAGE; /* and a page that is never used */
	return at;
}

bool swc_peek(struct swc *w, uint64_t addr, unsigned bytes, uint64_t *v)
{
	*v = 0;
	for (unsigned i = 0; i < bytes; i++) {
		const uint8_t *p = page_of(w, addr + i);

		if (p == NULL)
			return false;
		*v |= (uint64_t)p[(addr + i) & (PAGE - 1)] << 8 * i;
	}
	return true;
}

bool swc_poke(struct swc *w, uint64_t addr, unsigned bytes, uint64_t v)
{
	for (unsigned i = 0; i < bytes; i++) {
		uint8_t *p = page_of(w, addr + i);

		if (p == NULL)
			return false;
		p[(addr + i) & (PAGE - 1)] = (uint8_t)(v >> 8 * i);
	}
	return true;
}

void swc_keep(struct swc *w)
{
	if (w->kept == NULL)
		w->kept = xcalloc(1, sizeof(*w->kept));
	memcpy(w->kept->reg, w->reg, sizeof(w->kept->reg));
	memcpy(w->kept->sp, w->sp, sizeof(w->kept->sp));
	w->kept->heap = w->heap;
	for (size_t i = 0; i < PAGE_TABLE; i++)
		for (struct swc_page *p = w->pages[i]; p != NULL; p = p->next) {
			if (p->kept == NULL)
				p->kept = xmalloc(PAGE);
			memcpy(p->kept, p->bytes, PAGE);
		}
}

void swc_restore(struct swc *w)
{
	BUG_ON(w->kept == NULL);
	memcpy(w->reg, w->kept->reg, sizeof(w->kept->reg));
	memcpy(w->sp, w->kept->sp, sizeof(w->kept->sp));
	w->heap = w->kept->heap;
	for (size_t i = 0; i < PAGE_TABLE; i++)
		for (struct swc_page *p = w->pages[i]; p != NULL; p = p->next) {
			if (p->kept != NULL)
				memcpy(p->bytes, p->kept, PAGE);
			else
				fill(w, swc_canonical(w, p->low), p->bytes);
		}
}

/* --- registers --------------------------------------------------------------------------------- */

uint16_t swc_encoding(const unsigned op[5])
{
	return (uint16_t)(op[0] << 14 | op[1] << 11 | op[2] << 7 | op[3] << 3 | op[4]);
}

static uint16_t encoding_of(enum sysreg reg)
{
	const struct sysreg_row *r = sysreg_row(reg);

	return swc_encoding((const unsigned[5]){ r->op0, r->op1, r->crn, r->crm, r->op2 });
}

static uint16_t named(const char *name)
{
	enum sysreg sr = sysreg_by_name(name);
	unsigned op[5];

	if (sr != SR_NONE)
		return encoding_of(sr);
	for (unsigned r = A64_R_NONE + 1; r < A64_REGS; r++)
		if (strcmp(a64_reg_name((enum a64_reg)r), name) == 0) {
			a64_reg_encoding((enum a64_reg)r, op);
			return swc_encoding(op);
		}
	BUG("a register of no table");
}

uint64_t swc_reg(const struct swc *w, const char *name)
{
	return w->reg[named(name)];
}

void swc_set_reg(struct swc *w, const char *name, uint64_t v)
{
	w->reg[named(name)] = v;
}

uint16_t swc_reached(const struct swc *w, uint16_t enc)
{
	unsigned op0 = enc >> 14, op1 = enc >> 11 & 7, crn = enc >> 7 & 15, crm = enc >> 3 & 15, op2 = enc & 7;
	enum sysreg sr;

	if (!w->e2h || w->el != 2)
		return enc;
	if (op0 == 3 && op1 == 5) { /* _EL12, _EL02 */
		sr = sysreg_by_encoding(op0, 0, crn, crm, op2);
		if (sr == SR_NONE)
			sr = sysreg_by_encoding(op0, 3, crn, crm, op2);
		return sr != SR_NONE ? encoding_of(sr) : enc;
	}
	sr = sysreg_by_encoding(op0, op1, crn, crm, op2);
	if (sr != SR_NONE && sysreg_e2h(sr) != sr)
		return encoding_of(sysreg_e2h(sr));
	return enc;
}

/* --- notes ------------------------------------------------------------------------------------- */

void swc_note(struct swc *w, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < w->n_notes; i++)
		if (strcmp(w->notes[i].text, text) == 0) {
			w->notes[i].times++;
			return;
		}
	w->notes = xrealloc(w->notes, (w->n_notes + 1) * sizeof(*w->notes));
	w->notes[w->n_notes++] = (struct swc_note){ xstrdup(text), 1 };
}

const char *swc_func_name(const struct swc *w)
{
	return w->func != UINT32_MAX ? w->k->img->funcs[w->func].name : "no function";
}

/* --- the world --------------------------------------------------------------------------------- */

struct swc *swc_new(const struct vml_kernel *k, const struct machine *m, struct err *e)
{
	struct btf *btf = btf_open(k->img, e);
	struct a64_bus bus = { .ram = bus_ram, .device = bus_device, .flat = true };
	struct swc *w;

	if (btf == NULL)
		return NULL;
	w = xcalloc(1, sizeof(*w));
	w->k = k;
	w->m = m;
	w->btf = btf;
	w->reg = xcalloc(UINT16_MAX + 1, sizeof(*w->reg));
	w->pages = xcalloc(PAGE_TABLE, sizeof(struct swc_page *));
	w->mark = xcalloc(k->img->n_funcs + 1, 1);
	w->outside = xcalloc(k->img->n_funcs + 1, 1);
	w->state = xcalloc(k->patches.n_conds + 1, 1);
	for (size_t i = 0; i < k->patches.n_conds; i++)
		w->state[i] = k->patches.conds[i].state;
	w->heap = HEAP;
	w->el = w->host_el = 2;
	w->e2h = true;
	w->func = UINT32_MAX;
	bus.owner = w;
	w->core = a64_new(&bus, A64_FEATS_ALL, 1, 1);
	w->core->reg[A64_R_VBAR_EL1] = FAULT_TO;
	w->core->reg[A64_R_CPACR_EL1] = UINT64_C(3) << 20;
	for (unsigned el = 1; el <= 2; el++)
		w->sp[el] = swc_alloc(w, STACK_BYTES) + STACK_BYTES - 64;
	swc_find_outside(w);
	return w;
}

void swc_free(struct swc *w)
{
	if (w == NULL)
		return;
	for (size_t i = 0; i < PAGE_TABLE; i++)
		while (w->pages[i] != NULL) {
			struct swc_page *p = w->pages[i];

			w->pages[i] = p->next;
			free(p->kept);
			free(p);
		}
	for (size_t i = 0; i < w->n_notes; i++)
		free(w->notes[i].text);
	free(w->notes);
	free(w->kept);
	free(w->pages);
	free(w->reg);
	free(w->mark);
	free(w->outside);
	free(w->state);
	free(w->records);
	a64_free(w->core);
	btf_free(w->btf);
	free(w);
}
