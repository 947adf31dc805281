/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/base/share.h"
#include "traces/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>
#include <zlib.h>

#define HEAD_BYTES 64 /* "capturing trace... done" and "TRACE:" before a zlib stream are in it */

/* Compressions by their first bytes. libarchive would run a program for one it was built without:
 * left out then. */
static const struct {
	const char *name;
	const char *magic;
	size_t n;
	int (*add)(struct archive *);
} filters[] = {
	{ "gzip", "\037\213", 2, archive_read_support_filter_gzip },
	{ "bzip2", "BZh", 3, archive_read_support_filter_bzip2 },
	{ "xz", "\3757zXZ", 5, archive_read_support_filter_xz },
	{ "lzma", "\135\0\0", 3, archive_read_support_filter_lzma },
	{ "zstd", "\050\265\057\375", 4, archive_read_support_filter_zstd },
	{ "lz4", "\004\042\115\030", 4, archive_read_support_filter_lz4 },
	{ "compress", "\037\235", 2, archive_read_support_filter_compress },
};

/* More of the file itself: the head first. */
static size_t raw(struct unpack *u, void *to, size_t size)
{
	size_t n = u->n - u->at;

	if (n == 0)
		return fread(to, 1, size, u->from);
	n = n < size ? n : size;
	memcpy(to, u->head + u->at, n);
	u->at += n;
	return n;
}

static la_ssize_t give_archive(struct archive *a, void *self, const void **buf)
{
	struct unpack *u = self;

	(void)a;
	*buf = u->in;
	return (la_ssize_t)raw(u, u->in, UNPACK_BYTES);
}

static ssize_t damaged(struct unpack *u, const char *why)
{

	(void)snprintf(u->text, sizeof(u->text), "%s", why != NULL ? why : "it is damaged");
	u->why = u->text;
	errno = EBADMSG;
	return -1;
}

static ssize_t read_packed(struct unpack *u, char *to, size_t size)
{
	la_ssize_t n = archive_read_data(u->a, to, size);

	return n < 0 ? damaged(u, archive_error_string(u->a)) : (ssize_t)n;
}

static ssize_t read_zlib(struct unpack *u, char *to, size_t size)
{
	struct z_stream_s *z = u->z;
	int rc = Z_OK;

	z->next_out = (unsigned char *)to;
	z->avail_out = (unsigned)(size < UNPACK_BYTES ? size : UNPACK_BYTES);
	size = z->avail_out;
	while (!u->z_end && z->avail_out == size) {
		if (z->avail_in == 0) {
			z->next_in = u->in;
			z->avail_in = (unsigned)raw(u, u->in, UNPACK_BYTES);
			if (z->avail_in == 0)
				return ferror(u->from) != 0 ? -1 : damaged(u, "truncated zlib input");
		}
		rc = inflate(z, Z_NO_FLUSH);
		u->z_end = rc == Z_STREAM_END;
		if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
			return damaged(u, z->msg);
	}
	return (ssize_t)(size - z->avail_out);
}

/* A code unit as UTF-8 of at most three bytes; halves of pairs become question marks. */
static size_t put_unit(char *to, unsigned c)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c >= 0xd800 && c < 0xe000) {
		to[0] = '?';
		return 1;
	}
	to[0] = (char)(0xe0 | c >> 12);
	to[1] = (char)(0x80 | (c >> 6 & 0x3f));
	to[2] = (char)(0x80 | (c & 0x3f));
	return 3;
}

static ssize_t read_wide(struct unpack *u, char *to, size_t size)
{
	size_t units = size / 3 < UNPACK_BYTES / 2 ? size / 3 : UNPACK_BYTES / 2, out = 0;
	ssize_t n;

	if (units == 0)
		return 0;
	n = u->a != NULL ? read_packed(u, (char *)u->half + u->half_n, 2 * units - u->half_n)
			 : (ssize_t)raw(u, u->half + u->half_n, 2 * units - u->half_n);
	if (n <= 0)
		return n;
	u->half_n += (size_t)n;
	for (size_t i = 0; i + 1 < u->half_n; i += 2) {
		unsigned lo = u->half[i], hi = u->half[i + 1];

		out += put_unit(to + out, u->wide == 1 ? lo | hi << 8 : hi | lo << 8);
	}
	if (u->half_n % 2 != 0)
		u->half[0] = u->half[u->half_n - 1];
	u->half_n %= 2;
	return out != 0 ? (ssize_t)out : read_wide(u, to, size);
}

static ssize_t read_any(void *cookie, char *to, size_t size)
{
	struct unpack *u = cookie;
	size_t n;

	if (u->wide != 0)
		return read_wide(u, to, size);
	if (u->a != NULL && u->first_n != 0 && size >= u->first_n) {
		n = u->first_n;
		memcpy(to, u->first, n);
		u->first_n = 0;
		return (ssize_t)n;
	}
	if (u->a != NULL)
		return read_packed(u, to, size);
	if (u->z != NULL)
		return read_zlib(u, to, size);
	n = raw(u, to, size);
	return n == 0 && ferror(u->from) != 0 ? -1 : (ssize_t)n;
}

static int close_any(void *cookie)
{
	struct unpack *u = cookie;

	if (u->a != NULL)
		(void)archive_read_free(u->a);
	if (u->z != NULL)
		(void)inflateEnd(u->z);
	free(u->z);
	free(u->head);
	free(u->in);
	free(u->half);
	free(u->room);
	return u->close_from ? fclose(u->from) : 0;
}

/* The filter really is in the library. */
static bool built_in(int (*add)(struct archive *))
{
	struct archive *a = archive_read_new();
	bool ok = a != NULL && add(a) == ARCHIVE_OK;

	(void)archive_read_free(a);
	return ok;
}

/* atrace -z: "TRACE:" and a zlib stream (RFC 1950: the first two bytes are a multiple of 31). */
static bool begin_zlib(struct unpack *u)
{
	static const char mark[] = "TRACE:\n";
	const unsigned char *at = memmem(u->head, u->n, mark, sizeof(mark) - 1);

	if (at == NULL)
		return false;
	at += sizeof(mark) - 1;
	if (u->head + u->n - at < 2 || (at[0] & 0x8f) != 0x08 || (at[0] << 8 | at[1]) % 31 != 0)
		return false;
	u->at = (size_t)(at - u->head);
	u->filter = "zlib";
	u->in = xmalloc(UNPACK_BYTES);
	u->z = xcalloc(1, sizeof(*u->z));
	BUG_ON(inflateInit(u->z) != Z_OK);
	return true;
}

void unpack_allow(struct archive *a)
{
	for (size_t k = 0; k < sizeof(filters) / sizeof(filters[0]); k++) {
		if (built_in(filters[k].add))
			(void)filters[k].add(a);
	}
}

/* Set the archive up when the head is compressed. Returns 0, -1 with u->why. */
static int begin_packed(struct unpack *u)
{
	struct archive_entry *entry;
	size_t i = 0;

	while (i < sizeof(filters) / sizeof(filters[0]) &&
	       (u->n < filters[i].n || memcmp(u->head, filters[i].magic, filters[i].n) != 0))
		i++;
	if (i == sizeof(filters) / sizeof(filters[0]) || !built_in(filters[i].add))
		return 0;
	u->filter = filters[i].name;
	u->in = xmalloc(UNPACK_BYTES);
	u->a = archive_read_new();
	BUG_ON(u->a == NULL);
	unpack_allow(u->a); /* one within another, too */
	(void)archive_read_support_format_raw(u->a);
	(void)archive_read_support_format_empty(u->a);
	if (archive_read_open(u->a, u, NULL, give_archive, NULL) != ARCHIVE_OK)
		return (int)damaged(u, archive_error_string(u->a));
	if (archive_read_next_header(u->a, &entry) == ARCHIVE_FATAL)
		return (int)damaged(u, archive_error_string(u->a));
	return 0;
}

/* Byte order mark of UTF-16 at the start of what comes out. */
static void begin_wide(struct unpack *u)
{
	unsigned char mark[2] = { 0 };
	size_t n = 2;

	if (u->a != NULL) {
		ssize_t got = read_packed(u, (char *)mark, 2);

		n = got > 0 ? (size_t)got : 0;
	} else {
		n = u->n < 2 ? u->n : 2;
		memcpy(mark, u->head, n);
	}
	if (n == 2 && mark[0] == 0xff && mark[1] == 0xfe)
		u->wide = 1;
	else if (n == 2 && mark[0] == 0xfe && mark[1] == 0xff)
		u->wide = 2;
	else if (u->a == NULL && u->n >= 4 && mark[1] == 0 && u->head[3] == 0 && isprint(mark[0]) && isprint(u->head[2]))
		u->wide = -1; /* without a mark: ASCII in the low halves */
	u->half = u->wide != 0 ? xmalloc(UNPACK_BYTES + 2) : NULL;
	u->utf16 = u->wide != 0;
	if (u->wide > 0 && u->a == NULL)
		u->at = 2;
	if (u->wide < 0)
		u->wide = 1;
	if (u->wide == 0 && u->a != NULL) { /* the two bytes are part of the text */
		memcpy(u->first, mark, n);
		u->first_n = n;
	}
}

FILE *unpack_open(struct unpack *u, const char *path, struct err *e)
{
	static const cookie_io_functions_t io = { .read = read_any, .close = close_any };
	bool std = strcmp(path, "-") == 0;
	FILE *f;

	*u = (struct unpack){ .from = std ? stdin : share_open(path, "rbe"), .close_from = !std };
	if (u->from == NULL) {
		(void)err_set(e, ERR_INPUT, "cannot be opened: %s", strerror(errno));
		(void)err_at(e, path, 0);
		return NULL;
	}
	(void)setvbuf(u->from, NULL, _IONBF, 0); /* all reads are of many bytes */
	u->head = xmalloc(HEAD_BYTES);
	u->n = fread(u->head, 1, HEAD_BYTES, u->from);
	if (!begin_zlib(u) && begin_packed(u) == 0)
		begin_wide(u);
	f = fopencookie(u, "r", io);
	BUG_ON(f == NULL);
	u->room = xmalloc(UNPACK_BYTES);
	(void)setvbuf(f, u->room, _IOFBF, UNPACK_BYTES);
	return f;
}

int unpack_spool(FILE *f, const struct unpack *u, const char *head, size_t n, struct err *e)
{
	FILE *to = tmpfile();
	char part[8192];
	int fd = -1;

	if (to == NULL)
		return err_set(e, ERR_IO, "no temporary file: %s", strerror(errno));
	(void)fwrite(head, 1, n, to);
	while ((n = fread(part, 1, sizeof(part), f)) != 0 && fwrite(part, 1, n, to) == n)
		;
	if (ferror(f) != 0)
		(void)err_set(e, ERR_INPUT, "cannot be read: %s",
			      u->why != NULL ? u->why : strerror(errno));
	else if (fflush(to) != 0 || ferror(to) != 0)
		(void)err_set(e, ERR_IO, "the temporary file cannot be written: is the disk full?");
	else
		fd = dup(fileno(to));
	(void)fclose(to);
	return fd;
}
