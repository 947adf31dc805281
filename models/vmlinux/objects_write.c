// SPDX-License-Identifier: Apache-2.0
/* The image of a folder of objects: contents with relocations applied, symbols, section headers. */
#include <string.h>

#include "models/vmlinux/objects_impl.h"

enum how { DATA, FIELD, SPLIT };
enum of { OF_ADDRESS, OF_PLACE, OF_PAGE, OF_LOW12 };

static const struct {
	uint16_t type;
	uint8_t how, of, shift, bits, at;
} relocs[] = {
#define RELOC(type, how, of, shift, bits, at) { R_AARCH64_##type, how, OF_##of, shift, bits, at },
#include "models/vmlinux/relocs.def"
};

struct bytes {
	uint8_t *p;
	size_t n, room;
};

static size_t put(struct bytes *b, const void *p, size_t n)
{
	size_t at = b->n;

	if (b->n + n > b->room) {
		b->room = (b->n + n) * 2;
		b->p = xrealloc(b->p, b->room);
	}
	memcpy(b->p + b->n, p, n);
	b->n += n;
	return at;
}

static size_t put_text(struct bytes *b, const char *text)
{
	return put(b, text, strlen(text) + 1);
}

static void put_symbol(struct bytes *symbols, struct bytes *names, const char *name, GElf_Sym *sym, uint64_t addr, uint32_t section)
{
	Elf64_Sym s = { .st_name = (Elf64_Word)put_text(names, name), .st_info = sym->st_info, .st_shndx = (Elf64_Section)(section + 1),
			.st_value = addr, .st_size = sym->st_size };

	(void)put(symbols, &s, sizeof(s));
}

/* Symbols of every object; of a global one only where it was taken from. */
static void write_symbols(const struct vml_linking *l, struct bytes *symbols, struct bytes *names)
{
	GElf_Sym sym = { 0 };
	const char *name;
	struct vml_symtab t;

	put_symbol(symbols, names, "", &sym, 0, UINT32_MAX);
	for (size_t i = 0; i < l->n_objects; i++) {
		const struct vml_object *o = &l->objects[i];

		if (!vml_symtab_of(o, &t))
			continue;
		for (size_t k = 0; k < o->n_symbols; k++) {
			const struct vml_global *g;

			if ((name = vml_defined(o, &t, k, &sym)) == NULL)
				continue;
			g = GELF_ST_BIND(sym.st_info) != STB_LOCAL ? vml_global_of(l, name) : NULL;
			if (g == NULL || g->object == i)
				put_symbol(symbols, names, name, &sym, o->at[sym.st_shndx] + sym.st_value, o->out[sym.st_shndx]);
		}
	}
	for (size_t i = 0; i < l->n_globals; i++)
		if (l->globals[i].object == l->n_objects) {
			sym = (GElf_Sym){ .st_info = GELF_ST_INFO(STB_GLOBAL, STT_NOTYPE) };
			put_symbol(symbols, names, l->globals[i].name, &sym, l->globals[i].addr, 0);
		}
}

static void apply(uint8_t *p, size_t room, unsigned type, uint64_t place, uint64_t target)
{
	for (size_t i = 0; i < sizeof(relocs) / sizeof(relocs[0]); i++) {
		uint64_t v = target, mask;
		uint32_t word;

		if (relocs[i].type != type)
			continue;
		if (room < (relocs[i].how == DATA ? relocs[i].bits / 8u : 4u))
			return;
		if (relocs[i].of == OF_PLACE)
			v -= place;
		else if (relocs[i].of == OF_PAGE)
			v = (v & ~UINT64_C(0xfff)) - (place & ~UINT64_C(0xfff));
		else if (relocs[i].of == OF_LOW12)
			v &= 0xfff;
		if (relocs[i].how == DATA) {
			for (unsigned b = 0; b < relocs[i].bits / 8u; b++)
				p[b] = (uint8_t)(v >> (8 * b));
			return;
		}
		mask = (UINT64_C(1) << relocs[i].bits) - 1;
		if (relocs[i].of == OF_PLACE && v + (mask + 1) / 2 * (UINT64_C(1) << relocs[i].shift) > mask << relocs[i].shift)
			return; /* too far: nowhere */
		v = (v >> relocs[i].shift) & mask;
		memcpy(&word, p, sizeof(word));
		if (relocs[i].how == SPLIT) /* immlo at 29, immhi at 5 */
			word = (word & 0x9f00001fU) | (uint32_t)((v & 3) << 29 | (v >> 2) << 5);
		else
			word = (word & ~(uint32_t)(mask << relocs[i].at)) | (uint32_t)(v << relocs[i].at);
		memcpy(p, &word, sizeof(word));
		return;
	}
}

int vml_write_object(const struct vml_linking *l, const struct vml_object *o, uint8_t *file, struct err *e)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr h;

	while ((scn = elf_nextscn(o->elf, scn)) != NULL) {
		size_t k = elf_ndxscn(scn);

		if (k < o->n_sections && o->out[k] != UINT32_MAX && gelf_getshdr(scn, &h) != NULL && h.sh_type != SHT_NOBITS) {
			const struct vml_out *s = &l->sections[o->out[k]];

			memcpy(file + s->offset + (o->at[k] - s->addr), o->map + h.sh_offset, h.sh_size);
		}
	}
	while ((scn = elf_nextscn(o->elf, scn)) != NULL) {
		GElf_Shdr of;
		Elf_Data *data;
		const struct vml_out *s;

		if (gelf_getshdr(scn, &h) == NULL || h.sh_type != SHT_RELA || h.sh_info >= o->n_sections || o->out[h.sh_info] == UINT32_MAX)
			continue;
		s = &l->sections[o->out[h.sh_info]];
		data = elf_getdata(scn, NULL);
		if (!s->bits || data == NULL || gelf_getshdr(elf_getscn(o->elf, h.sh_info), &of) == NULL)
			continue;
		for (size_t i = 0; i < data->d_size / sizeof(Elf64_Rela); i++) {
			GElf_Rela r;
			uint64_t at;

			if (gelf_getrela(data, (int)i, &r) == NULL || r.r_offset >= of.sh_size || GELF_R_SYM(r.r_info) >= o->n_symbols)
				return vml_broken(o, "a relocation is beyond its section", e);
			at = o->at[h.sh_info] + r.r_offset;
			apply(file + s->offset + (at - s->addr), of.sh_size - r.r_offset, (unsigned)GELF_R_TYPE(r.r_info), at,
			      o->symbol[GELF_R_SYM(r.r_info)] + (uint64_t)r.r_addend);
		}
	}
	return 0;
}

uint8_t *vml_write_rest(const struct vml_linking *l, uint8_t *file, uint64_t end, size_t *n)
{
	struct bytes out = { file, (size_t)end, (size_t)end }, symbols = { 0 }, names = { 0 }, headers = { 0 };
	Elf64_Shdr none = { 0 }, h;
	Elf64_Ehdr eh = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT }, .e_type = ET_EXEC,
			  .e_machine = EM_AARCH64, .e_version = EV_CURRENT, .e_ehsize = sizeof(eh), .e_shentsize = sizeof(h) };

	write_symbols(l, &symbols, &names);
	(void)put(&headers, &none, sizeof(none));
	for (size_t i = 0; i < l->n_sections; i++) {
		const struct vml_out *s = &l->sections[i];

		h = (Elf64_Shdr){ .sh_name = (Elf64_Word)put_text(&names, s->name), .sh_type = s->bits ? SHT_PROGBITS : SHT_NOBITS,
				  .sh_flags = SHF_ALLOC | (s->exec ? SHF_EXECINSTR : 0), .sh_addr = s->addr, .sh_offset = s->offset,
				  .sh_size = s->size, .sh_addralign = 1 };
		(void)put(&headers, &h, sizeof(h));
	}
	h = (Elf64_Shdr){ .sh_type = SHT_SYMTAB, .sh_offset = put(&out, symbols.p, symbols.n), .sh_size = symbols.n,
			  .sh_link = (Elf64_Word)(l->n_sections + 2), .sh_entsize = sizeof(Elf64_Sym), .sh_addralign = 8 };
	(void)put(&headers, &h, sizeof(h));
	h = (Elf64_Shdr){ .sh_type = SHT_STRTAB, .sh_offset = put(&out, names.p, names.n), .sh_size = names.n, .sh_addralign = 1 };
	(void)put(&headers, &h, sizeof(h));
	while ((out.n & 7) != 0)
		(void)put(&out, "", 1);
	eh.e_shoff = put(&out, headers.p, headers.n);
	eh.e_shnum = (Elf64_Half)(l->n_sections + 3);
	eh.e_shstrndx = (Elf64_Half)(l->n_sections + 2);
	memcpy(out.p, &eh, sizeof(eh));
	free(symbols.p);
	free(names.p);
	free(headers.p);
	*n = out.n;
	return out.p;
}

