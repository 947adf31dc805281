// SPDX-License-Identifier: Apache-2.0
/* Reading the ELF: sections, symbols, relocations of data; functions from symbols. */
#include "models/vmlinux/image.h"
#include "models/vmlinux/objects.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <libelf.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* arm64 boot Image: "ARM\x64" at 56 (Documentation/arch/arm64/booting.rst). */
enum { IMAGE_MAGIC_AT = 56 };

/* What a file that is no ELF may be: bytes at an offset, and what to say. */
static const struct {
	unsigned at, n;
	const char *bytes, *what;
} others[] = {
	{ IMAGE_MAGIC_AT, 4, "ARM\x64", "is a boot Image of arm64, which has no symbols" },
	{ 0, 2, "\x1f\x8b", "is compressed (gzip)" },
	{ 0, 4, "\x28\xb5\x2f\xfd", "is compressed (zstd)" },
	{ 0, 6, "\xfd" "7zXZ", "is compressed (xz)" },
	{ 0, 4, "!<ar", "is an archive, a Debian package perhaps" },
	{ 0, 2, "MZ", "is an EFI program (a compressed boot image perhaps), which has no symbols" },
};
#define WANTED "want vmlinux, the ELF file that the kernel's build leaves and a -dbg package holds"

static int not_elf(const uint8_t *p, size_t n, struct err *e)
{
	if (n == 0)
		return err_set(e, ERR_INPUT, "is empty: " WANTED);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (n >= others[i].at + others[i].n && memcmp(p + others[i].at, others[i].bytes, others[i].n) == 0)
			return err_set(e, ERR_INPUT, "%s: " WANTED, others[i].what);
	return err_set(e, ERR_INPUT, "is no ELF file: " WANTED);
}

static const char *machine_name(unsigned machine, char buf[static 32])
{
	switch (machine) {
	case EM_X86_64: return "x86-64";
	case EM_386: return "x86";
	case EM_ARM: return "32-bit Arm";
	case EM_RISCV: return "RISC-V";
	default: snprintf(buf, 32, "number %u", machine); return buf;
	}
}

static int check_header(struct vml_image *img, struct err *e)
{
	char buf[32];
	const uint8_t *p = img->map;
	GElf_Ehdr h;

	if (img->map_size < SELFMAG || memcmp(p, ELFMAG, SELFMAG) != 0)
		return not_elf(p, img->map_size, e);
	if (img->map_size < sizeof(Elf64_Ehdr))
		return err_set(e, ERR_INPUT, "is cut short: %zu bytes, less than an ELF header", img->map_size);
	if (p[EI_CLASS] == ELFCLASS64 && p[EI_DATA] != ELFDATA2LSB)
		return err_set(e, ERR_INPUT, "is big-endian: want a little-endian AArch64 kernel");
	img->elf = elf_memory((char *)img->map, img->map_size);
	if (img->elf == NULL || gelf_getehdr(img->elf, &h) == NULL)
		return err_set(e, ERR_INPUT, "is a broken ELF file: %s", elf_errmsg(-1));
	if (h.e_machine != EM_AARCH64)
		return err_set(e, ERR_INPUT, "is for another machine (%s): want an AArch64 kernel", machine_name(h.e_machine, buf));
	if (h.e_type == ET_REL)
		return err_set(e, ERR_INPUT, "is an object that is not linked: want vmlinux, where addresses are final, or the folder it is in");
	if (h.e_shoff == 0 || h.e_shoff >= img->map_size)
		return err_set(e, ERR_INPUT, "is cut short: %zu bytes, and its section headers are at %" PRIu64, img->map_size,
			       (uint64_t)h.e_shoff);
	return 0;
}

static int by_addr(const void *a, const void *b)
{
	const struct vml_section *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* Sections with addresses; *symtab and *strings get the symbols'. */
static int take_sections(struct vml_image *img, Elf_Scn **symtab, GElf_Shdr *symtab_h, struct err *e)
{
	size_t n = 0;
	Elf_Scn *scn = NULL;

	if (elf_getshdrnum(img->elf, &n) != 0)
		return err_set(e, ERR_INPUT, "is a broken ELF file: %s", elf_errmsg(-1));
	img->sections = xcalloc(n + 1, sizeof(*img->sections));
	while ((scn = elf_nextscn(img->elf, scn)) != NULL) {
		GElf_Shdr h;
		struct vml_section *s = &img->sections[img->n_sections];
		bool bits;

		if (gelf_getshdr(scn, &h) == NULL)
			return err_set(e, ERR_INPUT, "is a broken ELF file: %s", elf_errmsg(-1));
		bits = h.sh_type != SHT_NOBITS && h.sh_type != SHT_NULL;
		if (bits && (h.sh_offset > img->map_size || h.sh_size > img->map_size - h.sh_offset))
			return err_set(e, ERR_INPUT, "is cut short: %zu bytes, and a section ends at %" PRIu64, img->map_size,
				       (uint64_t)(h.sh_offset + h.sh_size));
		if (h.sh_type == SHT_SYMTAB) {
			*symtab = scn;
			*symtab_h = h;
		}
		if ((h.sh_flags & SHF_ALLOC) == 0 || h.sh_size == 0 || h.sh_addr + h.sh_size < h.sh_addr)
			continue;
		*s = (struct vml_section){ h.sh_addr, h.sh_size, bits ? img->map + h.sh_offset : NULL,
					   (h.sh_flags & SHF_EXECINSTR) != 0 };
		img->n_sections++;
	}
	qsort(img->sections, img->n_sections, sizeof(*img->sections), by_addr);
	return 0;
}

static const struct vml_section *section_at(const struct vml_image *img, uint64_t addr)
{
	size_t lo = 0, hi = img->n_sections;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (img->sections[mid].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == 0 || addr - img->sections[lo - 1].addr >= img->sections[lo - 1].size)
		return NULL;
	return &img->sections[lo - 1];
}

const uint8_t *vml_at(const struct vml_image *img, uint64_t addr, uint64_t n)
{
	const struct vml_section *s = section_at(img, addr);

	if (s == NULL || s->data == NULL || n > s->size - (addr - s->addr))
		return NULL;
	return s->data + (addr - s->addr);
}

bool vml_read(const struct vml_image *img, uint64_t addr, unsigned bytes, uint64_t *value)
{
	const struct vml_section *s = section_at(img, addr);
	uint64_t v = 0;

	if (s == NULL || bytes > s->size - (addr - s->addr))
		return false;
	if (s->data != NULL)
		for (unsigned i = 0; i < bytes; i++)
			v |= (uint64_t)s->data[addr - s->addr + i] << (8 * i);
	*value = v;
	return true;
}

bool vml_is_code(const struct vml_image *img, uint64_t addr)
{
	const struct vml_section *s = section_at(img, addr);

	return s != NULL && s->exec;
}

/* --- symbols ---------------------------------------------------------------------------------- */

static int by_place(const void *a, const void *b)
{
	const struct vml_symbol *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	if (x->global != y->global)
		return x->global ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int symbol_by_name(const void *a, const void *b, void *owner)
{
	const struct vml_image *img = owner;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int d = strcmp(img->symbols[x].name, img->symbols[y].name);

	return d != 0 ? d : x < y ? -1 : x > y;
}

static int func_by_name(const void *a, const void *b, void *owner)
{
	const struct vml_image *img = owner;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int d = strcmp(img->funcs[x].name, img->funcs[y].name);

	return d != 0 ? d : x < y ? -1 : x > y;
}

/* Mapping symbols ($x, $d; with a prefix in nVHE's objects) and compilers' labels (.L) name nothing. */
static bool names_something(const char *name)
{
	return name[0] != '\0' && strchr(name, '$') == NULL && strncmp(name, ".L", 2) != 0;
}

static int take_symbols(struct vml_image *img, Elf_Scn *scn, const GElf_Shdr *h, struct err *e)
{
	Elf_Data *data = scn != NULL ? elf_getdata(scn, NULL) : NULL;
	size_t n = data != NULL && data->d_buf != NULL ? data->d_size / sizeof(Elf64_Sym) : 0;

	if (scn == NULL || n == 0)
		return err_set(e, ERR_INPUT, "has no symbols (stripped): want vmlinux with .symtab, from the build or a -dbg package");
	img->symbols = xcalloc(n, sizeof(*img->symbols));
	for (size_t i = 0; i < n; i++) {
		GElf_Sym sym;
		const char *name;
		unsigned type;

		if (gelf_getsym(data, (int)i, &sym) == NULL)
			break;
		type = GELF_ST_TYPE(sym.st_info);
		name = elf_strptr(img->elf, h->sh_link, sym.st_name);
		if (name == NULL || !names_something(name) || sym.st_shndx == SHN_UNDEF || sym.st_shndx >= SHN_LORESERVE ||
		    (type != STT_FUNC && type != STT_OBJECT && type != STT_NOTYPE))
			continue;
		img->symbols[img->n_symbols++] = (struct vml_symbol){
			.addr = sym.st_value, .size = sym.st_size, .name = name,
			.type = type == STT_FUNC ? VML_FUNC : type == STT_OBJECT ? VML_OBJECT : VML_LABEL,
			.global = GELF_ST_BIND(sym.st_info) != STB_LOCAL };
	}
	qsort(img->symbols, img->n_symbols, sizeof(*img->symbols), by_place);
	img->by_name = xcalloc(img->n_symbols + 1, sizeof(*img->by_name));
	for (size_t i = 0; i < img->n_symbols; i++)
		img->by_name[i] = (uint32_t)i;
	qsort_r(img->by_name, img->n_symbols, sizeof(*img->by_name), symbol_by_name, img);
	return 0;
}

/*
 * A function ends where its symbol says. Where assembly did not say, it ends at the next symbol of code. A label inside of a
 * function that has a size is part of it; a global one (__guest_exit in __guest_enter) is where another begins.
 */
static void make_funcs(struct vml_image *img)
{
	uint64_t end = 0; /* of the last function that said its size */

	img->funcs = xcalloc(img->n_symbols + 1, sizeof(*img->funcs));
	for (size_t i = 0; i < img->n_symbols; i++) {
		const struct vml_symbol *s = &img->symbols[i];
		const struct vml_section *in = section_at(img, s->addr);
		struct vml_func *last = img->n_funcs != 0 ? &img->funcs[img->n_funcs - 1] : NULL;
		bool inside = s->addr < end;
		uint64_t room;

		if (in == NULL || !in->exec || in->data == NULL || s->type == VML_OBJECT || (s->addr & 3) != 0)
			continue;
		if (last != NULL && (s->addr == last->addr || (inside && !s->global)))
			continue;
		if (last != NULL && last->addr + (uint64_t)last->words * 4 > s->addr) {
			last->words = (uint32_t)((s->addr - last->addr) / 4);
			last->sized = false;
		}
		room = in->size - (s->addr - in->addr);
		if (s->size != 0 && s->size < room)
			room = s->size;
		if (inside && s->size == 0)
			room = end - s->addr;
		end = s->size != 0 || inside ? s->addr + room : 0;
		img->funcs[img->n_funcs++] = (struct vml_func){ s->name, s->addr, (uint32_t)(room / 4), end != 0, 0 };
	}
	img->funcs_by_name = xcalloc(img->n_funcs + 1, sizeof(*img->funcs_by_name));
	for (size_t i = 0; i < img->n_funcs; i++)
		img->funcs_by_name[i] = (uint32_t)i;
	qsort_r(img->funcs_by_name, img->n_funcs, sizeof(*img->funcs_by_name), func_by_name, img);
}

/* The kernel's own relocations (CONFIG_RELOCATABLE): R_AARCH64_RELATIVE puts the addend, for we stay where we were linked. */
static void apply_relative(struct vml_image *img)
{
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(img->elf, scn)) != NULL) {
		GElf_Shdr h;
		const uint8_t *p;

		if (gelf_getshdr(scn, &h) == NULL || h.sh_type != SHT_RELA || (h.sh_flags & SHF_ALLOC) == 0)
			continue;
		p = img->map + h.sh_offset;
		for (uint64_t i = 0; i < h.sh_size / sizeof(Elf64_Rela); i++) {
			Elf64_Rela r;
			const uint8_t *at;

			memcpy(&r, p + i * sizeof(r), sizeof(r));
			at = ELF64_R_TYPE(r.r_info) == R_AARCH64_RELATIVE ? vml_at(img, r.r_offset, 8) : NULL;
			if (at != NULL)
				memcpy(img->map + (at - img->map), &r.r_addend, 8);
		}
	}
}

/* --- opening ---------------------------------------------------------------------------------- */

static int take(struct vml_image *img, struct err *e)
{
	Elf_Scn *symtab = NULL;
	GElf_Shdr h = { 0 };

	if (elf_version(EV_CURRENT) == EV_NONE)
		return err_set(e, ERR_INPUT, "cannot be read: libelf is of another version");
	if (check_header(img, e) != 0 || take_sections(img, &symtab, &h, e) != 0 || take_symbols(img, symtab, &h, e) != 0)
		return -1;
	apply_relative(img);
	make_funcs(img);
	if (img->n_funcs == 0)
		return err_set(e, ERR_INPUT, "has symbols, but none of code: " WANTED);
	return 0;
}

static struct vml_image *open_map(const char *path, uint8_t *map, size_t n, bool owned, struct err *e)
{
	struct vml_image *img = xcalloc(1, sizeof(*img));

	*img = (struct vml_image){ .path = path, .map = map, .map_size = n, .mapped = !owned };
	if (take(img, e) == 0)
		return img;
	err_at(e, path, 0);
	vml_close(img);
	return NULL;
}

struct vml_image *vml_open_bytes(const char *path, uint8_t *bytes, size_t n, struct err *e)
{
	return open_map(path, bytes, n, true, e);
}

struct vml_image *vml_open(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *map = NULL;

	if (fd < 0 || fstat(fd, &st) != 0) {
		err_set(e, ERR_INPUT, "%s: cannot be opened: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	if (S_ISDIR(st.st_mode)) {
		size_t n = 0;

		close(fd);
		map = vml_link(path, &n, e);
		return map != NULL ? open_map(path, map, n, true, e) : NULL;
	}
	if (!S_ISREG(st.st_mode)) {
		close(fd);
		err_set(e, ERR_INPUT, "%s: is no ordinary file: " WANTED, path);
		return NULL;
	}
	if (st.st_size != 0) /* private: relocations are applied in our copy only */
		map = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	close(fd);
	if (map == MAP_FAILED) {
		err_set(e, ERR_INPUT, "%s: cannot be read: %s", path, strerror(errno));
		return NULL;
	}
	return open_map(path, map, (size_t)st.st_size, false, e);
}

void vml_close(struct vml_image *img)
{
	if (img == NULL)
		return;
	if (img->elf != NULL)
		elf_end(img->elf);
	if (!img->mapped)
		free(img->map);
	else if (img->map != NULL)
		munmap(img->map, img->map_size);
	free(img->sections);
	free(img->symbols);
	free(img->by_name);
	free(img->funcs);
	free(img->funcs_by_name);
	free(img);
}

/* --- finding ---------------------------------------------------------------------------------- */

const struct vml_symbol *vml_symbol(const struct vml_image *img, const char *name)
{
	size_t lo = 0, hi = img->n_symbols;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (strcmp(img->symbols[img->by_name[mid]].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == img->n_symbols || strcmp(img->symbols[img->by_name[lo]].name, name) != 0)
		return NULL;
	return &img->symbols[img->by_name[lo]];
}

const struct vml_symbol *vml_symbol_before(const struct vml_image *img, uint64_t addr)
{
	size_t lo = 0, hi = img->n_symbols;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (img->symbols[mid].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == 0)
		return NULL;
	for (lo--; lo > 0 && img->symbols[lo - 1].addr == img->symbols[lo].addr;)
		lo--;
	return &img->symbols[lo];
}

long vml_func_at(const struct vml_image *img, uint64_t addr)
{
	size_t lo = 0, hi = img->n_funcs;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (img->funcs[mid].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == 0 || addr - img->funcs[lo - 1].addr >= (uint64_t)img->funcs[lo - 1].words * 4)
		return -1;
	return (long)lo - 1;
}

long vml_func_named(const struct vml_image *img, const char *name)
{
	size_t lo = 0, hi = img->n_funcs;
	const struct vml_symbol *s;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (strcmp(img->funcs[img->funcs_by_name[mid]].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < img->n_funcs && strcmp(img->funcs[img->funcs_by_name[lo]].name, name) == 0)
		return (long)img->funcs_by_name[lo];
	s = vml_symbol(img, name); /* another name of one */
	return s != NULL ? vml_func_at(img, s->addr) : -1;
}
