// SPDX-License-Identifier: Apache-2.0
/* The kernel as it is booted: an arm64 Image, whatever it is packed in. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <archive.h>
#include <archive_entry.h>

#include "sim/base/digest.h"
#include "sim/record/rec.h"
#include "traces/unpack.h"

/* The Image's header (Documentation/arch/arm64/booting.rst), and that of an EFI application with an Image packed in it. */
enum { MAGIC_AT = 56, HEADER = 64, ZIMG_AT = 4, PAYLOAD_AT = 8, PAYLOAD_SIZE_AT = 12 };

#define IMAGE_MAX (UINT64_C(1) << 30)

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static bool is_image(const uint8_t *p, size_t n)
{
	return n >= HEADER && memcmp(p + MAGIC_AT, "ARM\x64", 4) == 0;
}

static int read_file(struct rec_image *img, struct err *e)
{
	FILE *f = fopen(img->path, "re");
	size_t cap = 0, got;

	if (f == NULL)
		return err_set(e, ERR_INPUT, "%s: %s", img->path, strerror(errno));
	do {
		if (img->n == cap)
			img->bytes = xrealloc(img->bytes, cap = cap != 0 ? 2 * cap : 1 << 24);
		got = fread(img->bytes + img->n, 1, cap - img->n, f);
		img->n += got;
	} while (got != 0 && img->n < IMAGE_MAX);
	if (ferror(f) != 0) {
		(void)err_set(e, ERR_INPUT, "%s: %s", img->path, strerror(errno));
		(void)fclose(f);
		return -1;
	}
	(void)fclose(f);
	return img->n < IMAGE_MAX ? 0 : err_set(e, ERR_INPUT, "%s: is larger than a kernel can be", img->path);
}

/* What n bytes at p are when they are unpacked. */
static int unpack(struct rec_image *img, size_t at, size_t n, struct err *e)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	uint8_t *out = NULL;
	size_t size = 0, cap = 0;
	la_ssize_t got = -1;

	if (a == NULL)
		return err_set(e, ERR_MEMORY, "%s: out of memory", img->path);
	unpack_allow(a);
	(void)archive_read_support_format_raw(a);
	if (archive_read_open_memory(a, img->bytes + at, n) == ARCHIVE_OK && archive_read_next_header(a, &entry) == ARCHIVE_OK)
		do {
			if (size == cap)
				out = xrealloc(out, cap = cap != 0 ? 2 * cap : 1 << 24);
			got = archive_read_data(a, out + size, cap - size);
			size += got > 0 ? (size_t)got : 0;
		} while (got > 0 && size < IMAGE_MAX);
	if (got < 0 || !is_image(out != NULL ? out : img->bytes, out != NULL ? size : 0)) {
		(void)err_set(e, ERR_INPUT, "%s: no arm64 Image in it: want arch/arm64/boot/Image, or a package's boot/vmlinuz-*%s%.80s",
			      img->path, archive_error_string(a) != NULL ? ": " : "",
			      archive_error_string(a) != NULL ? archive_error_string(a) : "");
		(void)archive_read_free(a);
		free(out);
		return -1;
	}
	(void)archive_read_free(a);
	free(img->bytes);
	img->bytes = out;
	img->n = size;
	return 0;
}

/* The banner's release: what follows "Linux version ", as far as a blank. */
static int find_release(struct rec_image *img, struct err *e)
{
	static const char banner[] = "Linux version ";
	const size_t m = sizeof(banner) - 1;
	const uint8_t *p = img->bytes, *end = img->bytes + img->n;

	while ((p = memmem(p, (size_t)(end - p), banner, m)) != NULL) {
		size_t n = 0, dots = 0, v;

		p += m;
		while (n < sizeof(img->release) - 1 && p + n < end && isgraph(p[n]))
			n++;
		if (n == 0 || !isdigit(p[0]))
			continue;
		memcpy(img->release, p, n);
		img->release[n] = '\0';
		for (v = 0; v < sizeof(img->version) - 1 && (isdigit((unsigned char)img->release[v]) || (img->release[v] == '.' && dots < 1)); v++)
			dots += img->release[v] == '.';
		(void)snprintf(img->version, sizeof(img->version), "%.*s", (int)v, img->release);
		return 0;
	}
	return err_set(e, ERR_INPUT, "%s: does not say which Linux it is: no \"Linux version \" in it", img->path);
}

static int unwrap(struct rec_image *img, struct err *e)
{
	const uint8_t *p = img->bytes;

	if (img->n >= 4 && memcmp(p, "\177ELF", 4) == 0)
		return err_set(e, ERR_INPUT, "%s: is an ELF file (vmlinux), which no boot loader takes: give arch/arm64/boot/Image, and this as --symbols",
			       img->path);
	if (is_image(p, img->n))
		return 0;
	if (img->n >= HEADER && memcmp(p + ZIMG_AT, "zimg", 4) == 0) {
		uint64_t at = le32(p + PAYLOAD_AT), n = le32(p + PAYLOAD_SIZE_AT);

		if (at > img->n || n > img->n - at)
			return err_set(e, ERR_INPUT, "%s: is cut short: %zu bytes, want %llu", img->path, img->n, (unsigned long long)(at + n));
		return unpack(img, at, n, e);
	}
	if (img->n >= 2 && memcmp(p, "MZ", 2) == 0)
		return err_set(e, ERR_INPUT, "%s: is an EFI application, but no arm64 kernel", img->path);
	return unpack(img, 0, img->n, e);
}

int rec_image_open(struct rec_image *img, const char *path, struct err *e)
{
	*img = (struct rec_image){ .path = path };
	if (read_file(img, e) != 0)
		return -1;
	digest_text((const char *)img->bytes, img->n, img->sha256);
	if (img->n == 0)
		return err_set(e, ERR_INPUT, "%s: is empty", path);
	return unwrap(img, e) != 0 || find_release(img, e) != 0 ? -1 : 0;
}

void rec_image_close(struct rec_image *img)
{
	free(img->bytes);
	img->bytes = NULL;
}
