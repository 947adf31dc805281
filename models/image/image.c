/* SPDX-License-Identifier: Apache-2.0 */
#include "models/image/image.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/base/share.h"
#include "traces/unpack.h"

const char *image_kind_name(enum image_kind k)
{
	static const char *const names[] = {"ELF", "arm64 Image", "flat"};

	return names[k];
}

/* ---- files ---- */

static int read_all(FILE *f, const struct unpack *u, uint8_t **bytes, size_t *n, struct err *e)
{
	size_t room = 1 << 20, got;
	uint8_t *b = xmalloc(room);

	*n = 0;
	while ((got = fread(b + *n, 1, room - *n, f)) != 0) {
		*n += got;
		if (*n == room && *n < IMAGE_BYTES_MAX)
			b = xrealloc(b, room *= 2);
	}
	*bytes = b;
	if (u->why != NULL)
		return err_set(e, ERR_INPUT, "damaged %s data: %s", u->filter, u->why);
	if (ferror(f))
		return err_set(e, ERR_INPUT, "cannot be read to its end");
	if (*n == 0)
		return err_set(e, ERR_INPUT, "is empty");
	if (*n >= IMAGE_BYTES_MAX)
		return err_set(e, ERR_INPUT, "is larger than 1 GiB");
	return 0;
}

/* What waits for somebody (a FIFO) or never ends (a device) is no image. */
static int check_file(const char *file, const char *path, struct err *e)
{
	struct stat st;

	if (stat(file, &st) != 0)
		return err_set(e, ERR_INPUT, "%s: cannot be opened: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_INPUT, "%s: is a %s: want a file", path,
			       S_ISDIR(st.st_mode) ? "directory" : S_ISFIFO(st.st_mode) ? "FIFO" : S_ISSOCK(st.st_mode) ? "socket" : "device");
	return 0;
}

static int file_bytes(const char *path, bool unpacked, uint8_t **bytes, size_t *n, struct err *e)
{
	struct str found = STR_INIT;
	struct unpack u = {0};
	FILE *f;
	int rc = -1;

	*bytes = NULL;
	(void)share_find(&found, path);
	if (check_file(str_get(&found), path, e) != 0) {
		str_free(&found);
		return -1;
	}
	f = unpacked ? unpack_open(&u, str_get(&found), e) : fopen(str_get(&found), "rbe");
	if (f == NULL && !unpacked)
		(void)err_set(e, ERR_INPUT, "%s: cannot be opened: %s", path, strerror(errno));
	if (f != NULL) {
		rc = read_all(f, &u, bytes, n, e);
		(void)fclose(f);
		if (rc != 0) {
			(void)err_at(e, path, 0);
			free(*bytes);
			*bytes = NULL;
		}
	}
	str_free(&found);
	return rc;
}

/* A whole file, unpacked; "shipped" names are found (sim/base/share.h). ERR_INPUT: as unpack_open, empty, or too large. */
static int image_bytes(const char *path, uint8_t **bytes, size_t *n, struct err *e)
{
	return file_bytes(path, true, bytes, n, e);
}

int image_bytes_raw(const char *path, uint8_t **bytes, size_t *n, struct err *e)
{
	return file_bytes(path, false, bytes, n, e);
}

/* ---- kinds ---- */

static uint64_t le(const uint8_t *p, unsigned bytes)
{
	uint64_t v = 0;

	for (unsigned i = bytes; i-- > 0;)
		v = v << 8 | p[i];
	return v;
}

#define HEADER 64 /* of an Image */

static bool is_linux(const uint8_t *p, size_t n)
{
	return n >= HEADER && memcmp(p + 56, "ARM\x64", 4) == 0;
}

/* Everything in one segment. */
static void one_segment(struct image *im, uint64_t at, uint64_t size)
{
	im->segment = xcalloc(1, sizeof(*im->segment));
	im->n_segments = 1;
	im->segment[0] = (struct image_segment){.at = at, .file = im->n_bytes, .size = size, .va = at};
	im->entry = at;
}

static int parse_linux(struct image *im, const struct image_memory *m, struct err *e)
{
	uint64_t offset = le(im->bytes + 8, 8), size = le(im->bytes + 16, 8), flags = le(im->bytes + 24, 8), base;

	im->kind = IMAGE_LINUX;
	if (flags & 1)
		return image_bad(im, e, "is a big-endian Image: want a little-endian one");
	if (size == 0) { /* before Linux 3.17 */
		offset = IMAGE_FLAT_OFFSET;
		size = im->n_bytes;
	}
	if (size < im->n_bytes)
		size = im->n_bytes;
	base = (m->base + IMAGE_LINUX_ALIGN - 1) & ~(IMAGE_LINUX_ALIGN - 1);
	if (offset >= m->size || size >= m->size)
		return image_bad(im, e, "needs %" PRIu64 " MiB of memory at offset 0x%" PRIx64 ", there are %" PRIu64
				 ": want more ([workload] memory)", size >> 20, offset, m->size >> 20);
	one_segment(im, base + offset, size);
	return 0;
}

static void parse_flat(struct image *im, const struct image_memory *m)
{
	im->kind = IMAGE_FLAT;
	one_segment(im, m->base + IMAGE_FLAT_OFFSET, im->n_bytes);
}

/* ---- checks ---- */

static int by_address(const void *a, const void *b)
{
	const struct image_segment *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

static int check(struct image *im, const struct image_memory *m, struct err *e)
{
	bool entered = false;

	qsort(im->segment, im->n_segments, sizeof(*im->segment), by_address);
	for (size_t i = 0; i < im->n_segments; i++) {
		const struct image_segment *s = &im->segment[i];

		if (s->at < m->base || s->size > m->size || s->at - m->base > m->size - s->size)
			return image_bad(im, e, "a segment of 0x%" PRIx64 " bytes at 0x%" PRIx64 " is outside of the memory, 0x%"
					 PRIx64 "..0x%" PRIx64 ": want it in there, or more memory ([workload] memory)",
					 s->size, s->at, m->base, m->base + m->size - 1);
		if (i != 0 && im->segment[i - 1].at + im->segment[i - 1].size > s->at)
			return image_bad(im, e, "segments at 0x%" PRIx64 " and 0x%" PRIx64 " overlap", im->segment[i - 1].at,
					 s->at);
		entered = entered || (im->entry >= s->at && im->entry - s->at < s->size);
	}
	im->first = im->segment[0].at;
	im->end = im->segment[im->n_segments - 1].at + im->segment[im->n_segments - 1].size;
	if (!entered)
		return image_bad(im, e, "the entry 0x%" PRIx64 " is in no segment", im->entry);
	return 0;
}

int image_parse(struct image *im, const char *path, uint8_t *bytes, size_t n, const struct image_memory *m, struct err *e)
{
	int rc = 0;

	*im = (struct image){.path = xstrdup(path), .bytes = bytes, .n_bytes = n};
	if (n >= 4 && memcmp(bytes, "\177ELF", 4) == 0)
		rc = image_parse_elf(im, m, e);
	else if (is_linux(bytes, n))
		rc = parse_linux(im, m, e);
	else
		parse_flat(im, m);
	return rc == 0 ? check(im, m, e) : -1;
}

int image_read(struct image *im, const char *path, const struct image_memory *m, struct err *e)
{
	uint8_t *bytes;
	size_t n;

	*im = (struct image){0};
	if (image_bytes(path, &bytes, &n, e) != 0)
		return -1;
	return image_parse(im, path, bytes, n, m, e);
}

void image_free(struct image *im)
{
	free(im->path);
	free(im->bytes);
	free(im->segment);
	free(im->symbol);
	free(im->names);
	*im = (struct image){0};
}

void image_load(const struct image *im, const struct image_memory *m, uint8_t *ram)
{
	for (size_t i = 0; i < im->n_segments; i++) {
		const struct image_segment *s = &im->segment[i];

		memcpy(ram + (s->at - m->base), im->bytes + s->from, s->file);
		memset(ram + (s->at - m->base) + s->file, 0, s->size - s->file);
	}
}

const struct image_symbol *image_symbol_at(const struct image *im, uint64_t address, uint64_t *offset)
{
	uint64_t va = address >= im->first && address < im->end ? address - im->bias : address;
	size_t lo = 0, hi = im->n_symbols;
	const struct image_symbol *s;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (im->symbol[mid].va <= va)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == 0)
		return NULL;
	s = &im->symbol[lo - 1];
	if ((s->size != 0 && va - s->va >= s->size) || (s->size == 0 && va >= im->end - im->bias))
		return NULL;
	if (offset != NULL)
		*offset = va - s->va;
	return s;
}

/* ---- what comes behind it ---- */

static uint64_t up(uint64_t v, uint64_t align)
{
	return (v + align - 1) & ~(align - 1);
}

/* As QEMU's virt machine: the initrd in the middle of the memory, but at most 128 MiB in; the tree behind it. */
int image_layout(const struct image *im, const struct image_memory *m, uint64_t initrd, uint64_t dtb, struct image_layout *l,
		 struct err *e)
{
	uint64_t middle = m->size / 2 < (UINT64_C(128) << 20) ? m->size / 2 : UINT64_C(128) << 20, end = m->base + m->size;

	l->initrd = up(im->end > m->base + middle ? im->end : m->base + middle, 4096);
	l->initrd_end = l->initrd + initrd;
	if (l->initrd > end || initrd > end - l->initrd)
		return image_bad(im, e, "no room for the initrd of %" PRIu64 " bytes behind the image, which ends at 0x%" PRIx64
				 " of 0x%" PRIx64 ": want more memory ([workload] memory)", initrd, im->end, end);
	l->dtb = up(l->initrd_end, IMAGE_LINUX_ALIGN);
	if (l->dtb > end || dtb > end - l->dtb) /* a small memory: it must not cross 2 MiB, and begins at 8 */
		l->dtb = up(l->initrd_end, 65536);
	if (l->dtb > end || dtb > end - l->dtb)
		return image_bad(im, e, "no room for a device tree of %" PRIu64 " bytes behind image and initrd, which end at 0x%"
				 PRIx64 " of 0x%" PRIx64 ": want more memory ([workload] memory)", dtb, l->initrd_end, end);
	return 0;
}
