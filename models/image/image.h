/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a virtual machine is started with: a guest's image (ELF, arm64 Image, or bare bytes as QEMU's -kernel takes them),
 * an initrd, and where they go in its memory. Compressed files (gzip, xz, zstd, ...) are unpacked. Everything is checked
 * before a byte is copied: no input crashes, and a bad one gets one line.
 */
#ifndef EL2SIM_IMAGE_IMAGE_H
#define EL2SIM_IMAGE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/err.h"

enum image_kind {
	IMAGE_ELF,   /* segments, entry, symbols */
	IMAGE_LINUX, /* arm64 Image: Documentation/arch/arm64/booting.rst */
	IMAGE_FLAT,  /* bytes, entered at the first one */
};
const char *image_kind_name(enum image_kind k);

#define IMAGE_FLAT_OFFSET  UINT64_C(0x80000)  /* of bare bytes in memory, as QEMU has it */
#define IMAGE_LINUX_ALIGN  UINT64_C(0x200000) /* text_offset counts from a multiple of this */
#define IMAGE_BYTES_MAX    ((size_t)1 << 30)  /* of a file, unpacked */

/* Memory of the virtual machine. */
struct image_memory {
	uint64_t base, size;
};

struct image_segment {
	uint64_t at;         /* guest-physical */
	uint64_t file, size; /* bytes of the file; in memory, the rest is zero */
	size_t from;         /* in image.bytes */
	uint64_t va;         /* linked at */
};

struct image_symbol {
	uint64_t va, size; /* size 0: up to the next one */
	const char *name;
};

struct image {
	enum image_kind kind;
	char *path;
	uint8_t *bytes;
	size_t n_bytes;
	uint64_t entry;     /* guest-physical */
	uint64_t first, end; /* guest-physical, of all segments */
	uint64_t bias;      /* guest-physical minus linked */
	struct image_segment *segment;
	size_t n_segments;
	struct image_symbol *symbol; /* functions, by address; several of one address: the first global one */
	size_t n_symbols;
	char *names;
};

/* The same as it is: the kernel unpacks an initrd. */
int image_bytes_raw(const char *path, uint8_t **bytes, size_t *n, struct err *e);

/*
 * Read an image for a memory. ERR_INPUT with the file's name: not there, empty, damaged, of another machine, overlapping
 * segments, outside of the memory, entry in no segment. image_free in any case.
 */
int image_read(struct image *im, const char *path, const struct image_memory *m, struct err *e);
/* The same of bytes that the image takes over. */
int image_parse(struct image *im, const char *path, uint8_t *bytes, size_t n, const struct image_memory *m, struct err *e);
void image_free(struct image *im);

/* Copy the segments to the memory's bytes; ram is that of m->base. */
void image_load(const struct image *im, const struct image_memory *m, uint8_t *ram);

/* The function at an address, linked or physical, or NULL; *offset (may be NULL) in it. */
const struct image_symbol *image_symbol_at(const struct image *im, uint64_t address, uint64_t *offset);

/* Where an initrd of n bytes and a device tree of at most dtb bytes go. */
struct image_layout {
	uint64_t initrd, initrd_end, dtb;
};
/* ERR_INPUT: no room behind the image. */
int image_layout(const struct image *im, const struct image_memory *m, uint64_t initrd, uint64_t dtb, struct image_layout *l,
		 struct err *e);

/* ---- inside ---- */

int image_parse_elf(struct image *im, const struct image_memory *m, struct err *e);
/* A sentence with the file's name before it. */
int image_bad(const struct image *im, struct err *e, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
