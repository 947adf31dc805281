/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kernel's image as the linker left it (vmlinux, ELF with symbols): bytes by virtual address, symbols, functions.
 * Pointers in data are as they are after the kernel relocated itself to where it was linked.
 */
#ifndef EL2SIM_VMLINUX_IMAGE_H
#define EL2SIM_VMLINUX_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/err.h"

struct vml_section {
	uint64_t addr, size; /* bytes */
	const uint8_t *data; /* NULL: zero (.bss) */
	bool exec;
};

enum vml_type { VML_FUNC, VML_OBJECT, VML_LABEL };

struct vml_symbol {
	uint64_t addr, size; /* size 0: assembly did not say */
	const char *name;
	uint8_t type; /* enum vml_type */
	bool global;
};

/* A function: a symbol in code and the words that are its own. */
struct vml_func {
	const char *name;
	uint64_t addr;
	uint32_t words; /* of 4 bytes */
	bool sized;     /* the symbol says where it ends: nothing runs on into what follows */
	uint16_t vectors; /* a vector table: bits of the entries that are taken */
};

struct vml_image {
	const char *path;
	uint8_t *map;
	size_t map_size;
	bool mapped; /* from a file: else of malloc */
	void *elf; /* Elf * */
	struct vml_section *sections; /* by address, those with addresses only */
	size_t n_sections;
	struct vml_symbol *symbols; /* by address; of one address functions first */
	size_t n_symbols;
	uint32_t *by_name; /* symbols by name, then address */
	struct vml_func *funcs; /* by address, without overlap */
	size_t n_funcs;
	uint32_t *funcs_by_name;
};

/*
 * Opens a file, or a folder of objects (objects.h); path must last. ERR_INPUT: not an AArch64 little-endian ELF, no symbols, cut short; ERR_INPUT too when it
 * cannot be read. Free with vml_close.
 */
struct vml_image *vml_open(const char *path, struct err *e);
/* The same of n bytes in memory, which are changed and belong to the image (malloc) from then on, also after a failure. */
struct vml_image *vml_open_bytes(const char *path, uint8_t *bytes, size_t n, struct err *e);
void vml_close(struct vml_image *img);

/* n bytes at an address, NULL when they are not all in one section that has bytes. */
const uint8_t *vml_at(const struct vml_image *img, uint64_t addr, uint64_t n);
/* Little-endian values; false when there is nothing at the address. .bss reads as zero. */
bool vml_read(const struct vml_image *img, uint64_t addr, unsigned bytes, uint64_t *value);
bool vml_is_code(const struct vml_image *img, uint64_t addr);

/* The symbol of that name (the first by address), NULL if there is none. */
const struct vml_symbol *vml_symbol(const struct vml_image *img, const char *name);
/* The object or label that an address of data lies in or behind; NULL before the first. */
const struct vml_symbol *vml_symbol_before(const struct vml_image *img, uint64_t addr);
/* The function that an address lies in, -1 if none. */
long vml_func_at(const struct vml_image *img, uint64_t addr);
/* The first function of that name, -1 if there is none; others of the same name follow in funcs_by_name. */
long vml_func_named(const struct vml_image *img, const char *name);

#endif
