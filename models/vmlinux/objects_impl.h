/* SPDX-License-Identifier: Apache-2.0 */
/* Objects on their way to one image: shared by objects.c, which places them, and objects_write.c. */
#ifndef EL2SIM_VMLINUX_OBJECTS_IMPL_H
#define EL2SIM_VMLINUX_OBJECTS_IMPL_H

#include <elf.h>
#include <gelf.h>
#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/err.h"

struct vml_object {
	char *path;
	uint8_t *map;
	size_t size;
	Elf *elf;
	size_t n_sections;
	uint64_t *at;     /* of each section: its address, first in its section of the image; 0: not in it */
	uint32_t *out;    /* and that section */
	uint64_t *symbol; /* addresses of its symbols */
	size_t n_symbols;
};

struct vml_out {
	const char *name;
	bool exec, bits;
	uint64_t size, align, addr, offset; /* offset in the file */
};

struct vml_global {
	const char *name;
	uint64_t addr;
	bool weak;
	uint32_t object;
};

struct vml_linking {
	struct vml_object *objects;
	size_t n_objects;
	struct vml_out *sections;
	size_t n_sections;
	struct vml_global *globals; /* by name, each once */
	size_t n_globals, room_globals;
};

struct vml_symtab {
	Elf_Data *data;
	GElf_Shdr h;
};

bool vml_symtab_of(const struct vml_object *o, struct vml_symtab *t);
/* Name of a symbol that a section of the image has, NULL: none. */
const char *vml_defined(const struct vml_object *o, const struct vml_symtab *t, size_t i, GElf_Sym *sym);
/* The global symbol of that name, NULL: none. */
const struct vml_global *vml_global_of(const struct vml_linking *l, const char *name);
/* ERR_INPUT: the object, and what is broken. */
int vml_broken(const struct vml_object *o, const char *what, struct err *e);

/* Bytes of an object's sections at their place in the file, then its relocations on them. ERR_INPUT. */
int vml_write_object(const struct vml_linking *l, const struct vml_object *o, uint8_t *file, struct err *e);
/*
 * Adds symbols, names and the section headers to a file (malloc, made longer) whose contents are there up to `end`, and its
 * header. Returns the file, *n its bytes.
 */
uint8_t *vml_write_rest(const struct vml_linking *l, uint8_t *file, uint64_t end, size_t *n);

#endif
