/* SPDX-License-Identifier: Apache-2.0 */
/* ELF images, by libelf: loadable segments, entry and functions. */
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <libelf.h>
#include <string.h>

#include "models/image/image.h"

/* One program header, checked against the file. */
static int take_segment(struct image *im, const GElf_Phdr *p, struct err *e)
{
	if (p->p_type != PT_LOAD || p->p_memsz == 0)
		return 0;
	if (p->p_filesz > p->p_memsz)
		return image_bad(im, e, "a segment has 0x%" PRIx64 " bytes of the file in 0x%" PRIx64 " bytes of memory",
				 (uint64_t)p->p_filesz, (uint64_t)p->p_memsz);
	if (p->p_offset > im->n_bytes || p->p_filesz > im->n_bytes - p->p_offset)
		return image_bad(im, e, "is cut off: a segment goes to byte 0x%" PRIx64 ", the file has 0x%zx",
				 (uint64_t)p->p_offset + (uint64_t)p->p_filesz, im->n_bytes);
	if (p->p_memsz > UINT64_MAX - p->p_paddr || p->p_memsz > UINT64_MAX - p->p_vaddr)
		return image_bad(im, e, "a segment of 0x%" PRIx64 " bytes at 0x%" PRIx64 " goes over the end of all addresses",
				 (uint64_t)p->p_memsz, (uint64_t)p->p_paddr);
	im->segment = xrealloc(im->segment, (im->n_segments + 1) * sizeof(*im->segment));
	im->segment[im->n_segments++] = (struct image_segment){.at = p->p_paddr, .file = p->p_filesz, .size = p->p_memsz,
							       .from = p->p_offset, .va = p->p_vaddr};
	return 0;
}

static int take_segments(struct image *im, Elf *elf, struct err *e)
{
	size_t n = 0;

	if (elf_getphdrnum(elf, &n) != 0)
		return image_bad(im, e, "is a damaged ELF file: %s", elf_errmsg(-1));
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr p;

		if (gelf_getphdr(elf, (int)i, &p) == NULL)
			return image_bad(im, e, "is a damaged ELF file: program header %zu: %s", i, elf_errmsg(-1));
		if (take_segment(im, &p, e) != 0)
			return -1;
	}
	if (im->n_segments == 0)
		return image_bad(im, e, "has nothing to load: want an executable, not an object file or a library without code");
	return 0;
}

/* Position-independent, or linked where no memory is (a vmlinux): moved to where a flat image or an Image would be. */
static uint64_t bias_of(const struct image *im, const struct image_memory *m, const GElf_Ehdr *h)
{
	uint64_t low = UINT64_MAX, to = m->base + IMAGE_FLAT_OFFSET;
	const struct image_segment *first = NULL;

	for (size_t i = 0; i < im->n_segments; i++) {
		if (im->segment[i].va < low) {
			low = im->segment[i].va;
			first = &im->segment[i];
		}
	}
	if (h->e_type != ET_DYN)
		return 0;
	if (first->file >= 64 && memcmp(im->bytes + first->from + 56, "ARM\x64", 4) == 0)
		to = (m->base + IMAGE_LINUX_ALIGN - 1) & ~(IMAGE_LINUX_ALIGN - 1);
	return to - (low & ~(uint64_t)4095);
}

/* ---- symbols ---- */

struct found {
	struct image_symbol s;
	size_t name; /* in im->names */
	bool local;
};

static int by_va(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	if (x->s.va != y->s.va)
		return x->s.va < y->s.va ? -1 : 1;
	if (x->local != y->local)
		return x->local ? 1 : -1;
	if ((x->s.size == 0) != (y->s.size == 0)) /* one with a size knows more */
		return x->s.size == 0 ? 1 : -1;
	return x->name < y->name ? -1 : x->name > y->name;
}

/* Functions, and code without a type that is not a mapping symbol ($x, $d). */
static bool is_function(const GElf_Sym *s, const char *name)
{
	unsigned type = GELF_ST_TYPE(s->st_info);

	return s->st_shndx != SHN_UNDEF && s->st_shndx != SHN_ABS && name != NULL && name[0] != '\0' && name[0] != '$' &&
	       strncmp(name, ".L", 2) != 0 && (type == STT_FUNC || type == STT_NOTYPE);
}

static void take_symbols(struct image *im, Elf *elf, Elf_Scn *scn, const GElf_Shdr *sh)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	size_t n = sh->sh_entsize != 0 ? sh->sh_size / sh->sh_entsize : 0, names = 0, kept = 0;
	struct found *f;

	if (data == NULL || n == 0)
		return;
	f = xcalloc(n, sizeof(*f));
	for (size_t i = 0; i < n; i++) {
		GElf_Sym s;
		const char *name;
		size_t len;

		if (gelf_getsym(data, (int)i, &s) == NULL)
			break;
		name = elf_strptr(elf, sh->sh_link, s.st_name);
		if (!is_function(&s, name))
			continue;
		len = strlen(name) + 1;
		im->names = xrealloc(im->names, names + len);
		memcpy(im->names + names, name, len);
		f[kept++] = (struct found){{s.st_value, s.st_size, NULL}, names, GELF_ST_BIND(s.st_info) == STB_LOCAL};
		names += len;
	}
	qsort(f, kept, sizeof(*f), by_va);
	im->symbol = xcalloc(kept + 1, sizeof(*im->symbol));
	for (size_t i = 0; i < kept; i++) {
		if (im->n_symbols != 0 && im->symbol[im->n_symbols - 1].va == f[i].s.va)
			continue;
		im->symbol[im->n_symbols] = f[i].s;
		im->symbol[im->n_symbols++].name = im->names + f[i].name;
	}
	free(f);
}

static void find_symbols(struct image *im, Elf *elf)
{
	for (Elf_Scn *scn = elf_nextscn(elf, NULL); scn != NULL; scn = elf_nextscn(elf, scn)) {
		GElf_Shdr sh;

		if (gelf_getshdr(scn, &sh) != NULL && sh.sh_type == SHT_SYMTAB) {
			take_symbols(im, elf, scn, &sh);
			return;
		}
	}
}

/* ---- the file ---- */

static int check_header(const struct image *im, Elf *elf, GElf_Ehdr *h, struct err *e)
{
	if (elf == NULL || elf_kind(elf) != ELF_K_ELF || gelf_getehdr(elf, h) == NULL)
		return image_bad(im, e, "is a damaged ELF file: %s", elf_errmsg(-1));
	if (gelf_getclass(elf) != ELFCLASS64 || h->e_ident[EI_DATA] != ELFDATA2LSB)
		return image_bad(im, e, "is a %s-bit %s-endian ELF file: want 64 bits, little-endian",
				 gelf_getclass(elf) == ELFCLASS64 ? "64" : "32",
				 h->e_ident[EI_DATA] == ELFDATA2LSB ? "little" : "big");
	if (h->e_machine != EM_AARCH64)
		return image_bad(im, e, "is an ELF file for machine %u: want AArch64 (%u)", h->e_machine, EM_AARCH64);
	if (h->e_type != ET_EXEC && h->e_type != ET_DYN)
		return image_bad(im, e, "is no executable (ELF type %u): want a linked one", h->e_type);
	return 0;
}

int image_parse_elf(struct image *im, const struct image_memory *m, struct err *e)
{
	GElf_Ehdr h;
	Elf *elf;
	int rc;

	im->kind = IMAGE_ELF;
	(void)elf_version(EV_CURRENT);
	elf = elf_memory((char *)im->bytes, im->n_bytes);
	rc = check_header(im, elf, &h, e);
	if (rc == 0)
		rc = take_segments(im, elf, e);
	if (rc == 0) {
		im->bias = bias_of(im, m, &h);
		for (size_t i = 0; i < im->n_segments; i++) {
			struct image_segment *s = &im->segment[i];

			if (im->bias != 0)
				s->at = s->va + im->bias;
		}
		/* An executable with physical addresses of its own is entered there, too. */
		im->entry = h.e_entry + im->bias;
		for (size_t i = 0; i < im->n_segments && im->bias == 0; i++) {
			const struct image_segment *s = &im->segment[i];

			if (h.e_entry >= s->va && h.e_entry - s->va < s->size) {
				im->entry = h.e_entry - s->va + s->at;
				im->bias = s->at - s->va;
				break;
			}
		}
		find_symbols(im, elf);
	}
	if (elf != NULL)
		(void)elf_end(elf);
	return rc;
}
