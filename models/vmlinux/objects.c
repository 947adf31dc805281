// SPDX-License-Identifier: Apache-2.0
/* A small linker: objects of a folder to one image (ELF for the Arm 64-bit Architecture, aaelf64: relocations). */
#include "models/vmlinux/objects.h"
#include "models/vmlinux/objects_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define BASE    UINT64_C(0xffff800010000000) /* where code begins */
#define NOWHERE (BASE - 0x10000)             /* a symbol that is none: in no section */
#define ALIGN   UINT64_C(0x10000)            /* of sections of the image: the largest page */
/* Section 0 has what no object defines, so that calls and static keys of it have a name: bytes of each. */
#define UNDEFINED_BYTES UINT64_C(256)

/* What kbuild leaves beside the objects that become the kernel: ends of names. */
static const char *const intermediates[] = { ".nvhe.o", ".tmp.o", ".mod.o", ".stub.o", ".vdso.o" };

/* Symbols that the linker script gives to both ends of a section. */
static const struct {
	const char *section, *begin, *end;
} ends[] = {
	{ ".altinstructions", "__alt_instructions", "__alt_instructions_end" },
	{ "__jump_table", "__start___jump_table", "__stop___jump_table" },
};

/* --- finding the objects ---------------------------------------------------------------------- */

static bool ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n >= m && strcmp(name + n - m, end) == 0;
}

static bool is_object_name(const char *name)
{
	for (size_t i = 0; i < sizeof(intermediates) / sizeof(intermediates[0]); i++)
		if (ends_with(name, intermediates[i]))
			return false;
	return ends_with(name, ".o") && name[0] != '.';
}

/* Maps a file if it is an AArch64 object. 1: it is, 0: it is not, -1: error. */
static int open_object(struct vml_linking *l, const char *path, struct err *e)
{
	struct vml_object o = { .map = NULL };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	Elf64_Ehdr h;

	if (fd < 0 || fstat(fd, &st) != 0) {
		(void)err_set(e, ERR_INPUT, "%s: cannot be opened: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	o.size = (size_t)st.st_size;
	if (o.size >= sizeof(h)) /* private: we write in our own copy only */
		o.map = mmap(NULL, o.size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	close(fd);
	if (o.map == NULL || o.map == MAP_FAILED)
		return o.map == NULL ? 0 : err_set(e, ERR_INPUT, "%s: cannot be read: %s", path, strerror(errno));
	memcpy(&h, o.map, sizeof(h));
	if (memcmp(h.e_ident, ELFMAG, SELFMAG) != 0 || h.e_ident[EI_CLASS] != ELFCLASS64 || h.e_ident[EI_DATA] != ELFDATA2LSB ||
	    h.e_machine != EM_AARCH64 || h.e_type != ET_REL) {
		munmap(o.map, o.size);
		return 0;
	}
	o.elf = elf_memory((char *)o.map, o.size);
	o.path = xstrdup(path);
	l->objects = xrealloc(l->objects, (l->n_objects + 1) * sizeof(*l->objects));
	l->objects[l->n_objects++] = o;
	if (o.elf == NULL || elf_getshdrnum(o.elf, &l->objects[l->n_objects - 1].n_sections) != 0)
		return err_set(e, ERR_INPUT, "%s: is a broken ELF file: %s", path, elf_errmsg(-1));
	return 1;
}

static int by_path(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int find(struct vml_linking *l, const char *folder, struct err *e)
{
	char *root[] = { xstrdup(folder), NULL }, whole[4096];
	FTS *tree;
	int rc = 0;

	(void)snprintf(whole, sizeof(whole), "%s/vmlinux.o", folder);
	if (access(whole, F_OK) == 0) {
		rc = open_object(l, whole, e);
	} else if ((tree = fts_open(root, FTS_PHYSICAL | FTS_NOCHDIR, by_path)) != NULL) {
		for (FTSENT *f; rc >= 0 && (f = fts_read(tree)) != NULL;)
			if (f->fts_info == FTS_F && is_object_name(f->fts_name))
				rc = open_object(l, f->fts_path, e);
		fts_close(tree);
	}
	free(root[0]);
	if (rc >= 0 && l->n_objects == 0)
		rc = err_set(e, ERR_INPUT, "%s: has no AArch64 object (NAME.o): want vmlinux, or a folder that a kernel's build left objects "
			     "in, such as arch/arm64/kvm", folder);
	return rc < 0 ? -1 : 0;
}

bool vml_symtab_of(const struct vml_object *o, struct vml_symtab *t)
{
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(o->elf, scn)) != NULL)
		if (gelf_getshdr(scn, &t->h) != NULL && t->h.sh_type == SHT_SYMTAB)
			return (t->data = elf_getdata(scn, NULL)) != NULL;
	return false;
}

/* --- where everything goes -------------------------------------------------------------------- */

int vml_broken(const struct vml_object *o, const char *what, struct err *e)
{
	return err_set(e, ERR_INPUT, "%s: is a broken object: %s", o->path, what);
}

/* The section of the image for one of that name; exported symbols have one each (___ksymtab+NAME), which are one here. */
static uint32_t section_of(struct vml_linking *l, const char *name, bool exec)
{
	size_t n = strcspn(name, "+");

	for (size_t i = 0; i < l->n_sections; i++)
		if (l->sections[i].exec == exec && strncmp(l->sections[i].name, name, n) == 0 && strcspn(l->sections[i].name, "+") == n)
			return (uint32_t)i;
	l->sections = xrealloc(l->sections, (l->n_sections + 1) * sizeof(*l->sections));
	l->sections[l->n_sections] = (struct vml_out){ .name = name, .exec = exec, .align = ALIGN };
	return (uint32_t)l->n_sections++;
}

/* Gives each section of an object its place in a section of the image; at[] is relative until all are known. */
static int place(struct vml_linking *l, struct vml_object *o, struct err *e)
{
	size_t names = 0;
	Elf_Scn *scn = NULL;

	if (elf_getshdrstrndx(o->elf, &names) != 0)
		return vml_broken(o, "no names of sections", e);
	o->at = xcalloc(o->n_sections + 1, sizeof(*o->at));
	o->out = xcalloc(o->n_sections + 1, sizeof(*o->out));
	for (size_t i = 0; i < o->n_sections; i++)
		o->out[i] = UINT32_MAX;
	while ((scn = elf_nextscn(o->elf, scn)) != NULL) {
		size_t k = elf_ndxscn(scn);
		const char *name;
		struct vml_out *s;
		GElf_Shdr h;
		uint64_t align;

		if (gelf_getshdr(scn, &h) == NULL || (name = elf_strptr(o->elf, names, h.sh_name)) == NULL || k >= o->n_sections)
			return vml_broken(o, elf_errmsg(-1), e);
		if ((h.sh_flags & SHF_ALLOC) == 0 || h.sh_size == 0)
			continue;
		align = h.sh_addralign == 0 ? 1 : h.sh_addralign < ALIGN ? h.sh_addralign : ALIGN;
		if ((align & (align - 1)) != 0 || h.sh_size > UINT32_MAX ||
		    (h.sh_type != SHT_NOBITS && (h.sh_offset > o->size || h.sh_size > o->size - h.sh_offset)))
			return vml_broken(o, "a section reaches beyond the file, or is aligned to no power of two", e);
		o->out[k] = section_of(l, name, (h.sh_flags & SHF_EXECINSTR) != 0);
		s = &l->sections[o->out[k]];
		s->bits = s->bits || h.sh_type != SHT_NOBITS;
		o->at[k] = (s->size + align - 1) & ~(align - 1);
		s->size = o->at[k] + h.sh_size;
	}
	return 0;
}

/* Room for what no object defines: at most what some object does not. */
static void place_undefined(struct vml_linking *l)
{
	uint64_t n = 0;

	for (size_t i = 0; i < l->n_objects; i++) {
		struct vml_symtab t;
		GElf_Sym sym;

		if (!vml_symtab_of(&l->objects[i], &t))
			continue;
		for (size_t k = 1; k < t.data->d_size / sizeof(Elf64_Sym); k++)
			n += gelf_getsym(t.data, (int)k, &sym) != NULL && sym.st_shndx == SHN_UNDEF;
	}
	l->sections[0].size = n * UNDEFINED_BYTES;
}

static void settle(struct vml_linking *l, uint64_t *file)
{
	uint64_t addr = BASE;

	for (int exec = 1; exec >= 0; exec--) /* code first, so that it is together */
		for (size_t i = 0; i < l->n_sections; i++) {
			struct vml_out *s = &l->sections[i];

			if (s->exec != (exec != 0))
				continue;
			s->addr = addr;
			addr = (addr + s->size + ALIGN - 1) & ~(ALIGN - 1);
			s->offset = *file;
			if (s->bits)
				*file = (*file + s->size + 15) & ~UINT64_C(15);
		}
	for (size_t i = 0; i < l->n_objects; i++)
		for (size_t k = 0; k < l->objects[i].n_sections; k++)
			if (l->objects[i].out[k] != UINT32_MAX)
				l->objects[i].at[k] += l->sections[l->objects[i].out[k]].addr;
}

/* --- symbols ---------------------------------------------------------------------------------- */

/* Name of a symbol that a section of the image has, NULL: none. */
const char *vml_defined(const struct vml_object *o, const struct vml_symtab *t, size_t i, GElf_Sym *sym)
{
	if (gelf_getsym(t->data, (int)i, sym) == NULL || sym->st_shndx == SHN_UNDEF || sym->st_shndx >= o->n_sections ||
	    o->out[sym->st_shndx] == UINT32_MAX)
		return NULL;
	return elf_strptr(o->elf, t->h.sh_link, sym->st_name);
}

static void add_global(struct vml_linking *l, const char *name, uint64_t addr, bool weak, size_t object)
{
	if (l->n_globals == l->room_globals) {
		l->room_globals = l->room_globals * 2 + 1024;
		l->globals = xrealloc(l->globals, l->room_globals * sizeof(*l->globals));
	}
	l->globals[l->n_globals++] = (struct vml_global){ name, addr, weak, (uint32_t)object };
}

static int by_name(const void *a, const void *b)
{
	const struct vml_global *x = a, *y = b;
	int d = strcmp(x->name, y->name);

	if (d != 0)
		return d;
	if (x->weak != y->weak)
		return x->weak ? 1 : -1;
	return (x->object > y->object) - (x->object < y->object);
}

const struct vml_global *vml_global_of(const struct vml_linking *l, const char *name)
{
	size_t lo = 0, hi = l->n_globals;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int d = strcmp(l->globals[mid].name, name);

		if (d == 0)
			return &l->globals[mid];
		if (d < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* By name; of one name the first that is not weak stays. */
static void each_once(struct vml_linking *l)
{
	size_t n = 0;

	if (l->n_globals != 0)
		qsort(l->globals, l->n_globals, sizeof(*l->globals), by_name);
	for (size_t i = 0; i < l->n_globals; i++)
		if (n == 0 || strcmp(l->globals[n - 1].name, l->globals[i].name) != 0)
			l->globals[n++] = l->globals[i];
	l->n_globals = n;
}

static void take_globals(struct vml_linking *l)
{
	for (size_t i = 0; i < l->n_objects; i++) {
		const struct vml_object *o = &l->objects[i];
		struct vml_symtab t;
		GElf_Sym sym;
		const char *name;

		if (!vml_symtab_of(o, &t))
			continue;
		for (size_t k = 0; k < t.data->d_size / sizeof(Elf64_Sym); k++)
			if ((name = vml_defined(o, &t, k, &sym)) != NULL && GELF_ST_BIND(sym.st_info) != STB_LOCAL)
				add_global(l, name, o->at[sym.st_shndx] + sym.st_value, GELF_ST_BIND(sym.st_info) == STB_WEAK, i);
	}
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		for (size_t k = 0; k < l->n_sections; k++)
			if (strcmp(l->sections[k].name, ends[i].section) == 0) {
				add_global(l, ends[i].begin, l->sections[k].addr, true, l->n_objects);
				add_global(l, ends[i].end, l->sections[k].addr + l->sections[k].size, true, l->n_objects);
			}
	each_once(l);
}

/* Symbols that are used and not defined get places of section 0. */
static void take_undefined(struct vml_linking *l)
{
	size_t defined_ones = l->n_globals, n = l->n_globals;
	uint64_t addr = l->sections[0].addr;

	for (size_t i = 0; i < l->n_objects; i++) {
		struct vml_symtab t;
		GElf_Sym sym;
		const char *name;

		if (!vml_symtab_of(&l->objects[i], &t))
			continue;
		for (size_t k = 1; k < t.data->d_size / sizeof(Elf64_Sym); k++) {
			if (gelf_getsym(t.data, (int)k, &sym) == NULL || sym.st_shndx != SHN_UNDEF ||
			    (name = elf_strptr(l->objects[i].elf, t.h.sh_link, sym.st_name)) == NULL || *name == '\0')
				continue;
			l->n_globals = defined_ones;
			if (vml_global_of(l, name) == NULL) {
				l->n_globals = n;
				add_global(l, name, 0, true, l->n_objects);
				n = l->n_globals;
			}
		}
	}
	l->n_globals = n;
	each_once(l);
	for (size_t i = 0; i < l->n_globals; i++)
		if (l->globals[i].addr == 0) {
			l->globals[i].addr = addr;
			addr += UNDEFINED_BYTES;
		}
}

static void resolve(const struct vml_linking *l, struct vml_object *o)
{
	struct vml_symtab t;

	if (!vml_symtab_of(o, &t))
		return;
	o->n_symbols = t.data->d_size / sizeof(Elf64_Sym);
	o->symbol = xcalloc(o->n_symbols + 1, sizeof(*o->symbol));
	for (size_t k = 0; k < o->n_symbols; k++) {
		GElf_Sym sym;
		const struct vml_global *g = NULL;
		const char *name;

		o->symbol[k] = NOWHERE;
		if (gelf_getsym(t.data, (int)k, &sym) == NULL)
			continue;
		name = elf_strptr(o->elf, t.h.sh_link, sym.st_name);
		if (GELF_ST_BIND(sym.st_info) != STB_LOCAL && name != NULL)
			g = vml_global_of(l, name);
		if (g != NULL)
			o->symbol[k] = g->addr;
		else if (sym.st_shndx == SHN_ABS)
			o->symbol[k] = sym.st_value;
		else if (sym.st_shndx != SHN_UNDEF && sym.st_shndx < o->n_sections && o->out[sym.st_shndx] != UINT32_MAX)
			o->symbol[k] = o->at[sym.st_shndx] + sym.st_value;
	}
}

/* --- all of it ------------------------------------------------------------------------------- */

static uint8_t *link_all(struct vml_linking *l, const char *folder, size_t *n, struct err *e)
{
	uint64_t end = sizeof(Elf64_Ehdr);
	uint8_t *file;

	(void)section_of(l, ".undefined", false);
	for (size_t i = 0; i < l->n_objects; i++)
		if (place(l, &l->objects[i], e) != 0)
			return NULL;
	if (l->n_sections == 1 || l->n_sections > 0xff00 - 3) {
		(void)err_set(e, ERR_INPUT, "%s: its objects have %zu kinds of sections: want those of a kernel", folder, l->n_sections);
		return NULL;
	}
	place_undefined(l);
	settle(l, &end);
	take_globals(l);
	take_undefined(l);
	file = xcalloc(1, (size_t)end);
	for (size_t i = 0; i < l->n_objects; i++) {
		resolve(l, &l->objects[i]);
		if (vml_write_object(l, &l->objects[i], file, e) != 0) {
			free(file);
			return NULL;
		}
	}
	return vml_write_rest(l, file, end, n);
}

uint8_t *vml_link(const char *folder, size_t *n, struct err *e)
{
	struct vml_linking l = { 0 };
	uint8_t *file = NULL;

	if (elf_version(EV_CURRENT) == EV_NONE)
		(void)err_set(e, ERR_INPUT, "%s: cannot be read: libelf is of another version", folder);
	else if (find(&l, folder, e) == 0)
		file = link_all(&l, folder, n, e);
	for (size_t i = 0; i < l.n_objects; i++) {
		struct vml_object *o = &l.objects[i];

		if (o->elf != NULL)
			elf_end(o->elf);
		munmap(o->map, o->size);
		free(o->path);
		free(o->at);
		free(o->out);
		free(o->symbol);
	}
	free(l.objects);
	free(l.sections);
	free(l.globals);
	return file;
}
