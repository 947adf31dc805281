/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/unzstd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* Read more of the file behind what is unread; returns the number of bytes, 0 at the end, -1. */
static ssize_t more(struct unzstd *z)
{
	ssize_t n;

	memmove(z->buf, z->buf + z->in.pos, z->in.size - z->in.pos);
	z->in.size -= z->in.pos;
	z->in.pos = 0;
	do
		n = read(z->fd, z->buf + z->in.size, UNZSTD_IN_BYTES - z->in.size);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		z->in.size += (size_t)n;
	return n;
}

/* The frame's magic number, or that of a skippable frame, which some packers put first. */
static bool is_zstd(const unsigned char *p, size_t n)
{
	uint32_t magic;

	if (n < 4)
		return false;
	magic = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
	return magic == ZSTD_MAGICNUMBER || (magic & 0xfffffff0) == ZSTD_MAGIC_SKIPPABLE_START;
}

static ssize_t read_plain(struct unzstd *z, char *to, size_t size)
{
	size_t n = z->in.size - z->in.pos;

	if (n == 0) {
		ssize_t got = more(z);

		if (got <= 0)
			return got;
		n = (size_t)got;
	}
	n = n < size ? n : size;
	memcpy(to, z->buf + z->in.pos, n);
	z->in.pos += n;
	return (ssize_t)n;
}

static ssize_t damaged(struct unzstd *z, const char *why)
{
	z->why = why;
	errno = EBADMSG;
	return -1;
}

static ssize_t read_packed(struct unzstd *z, char *to, size_t size)
{
	ZSTD_outBuffer out = { to, size, 0 };

	while (out.pos == 0) {
		size_t r;

		if (z->in.pos == z->in.size && !z->waiting) {
			ssize_t n = more(z);

			if (n < 0)
				return -1;
			if (n == 0)
				return z->in_frame ? damaged(z, "it ends in the middle") : 0;
		}
		r = ZSTD_decompressStream(z->stream, &out, &z->in);
		if (ZSTD_isError(r))
			return damaged(z, ZSTD_getErrorName(r));
		z->in_frame = r != 0;
		z->waiting = r != 0 && out.pos == out.size;
	}
	return (ssize_t)out.pos;
}

static ssize_t read_any(void *cookie, char *to, size_t size)
{
	struct unzstd *z = cookie;

	return z->packed ? read_packed(z, to, size) : read_plain(z, to, size);
}

static int close_any(void *cookie)
{
	struct unzstd *z = cookie;

	(void)ZSTD_freeDStream(z->stream);
	free(z->buf);
	return close(z->fd);
}

FILE *unzstd_open(struct unzstd *z, const char *path, struct err *e)
{
	static const cookie_io_functions_t io = { .read = read_any, .close = close_any };
	FILE *f;

	*z = (struct unzstd){ .fd = open(path, O_RDONLY | O_CLOEXEC) };
	if (z->fd < 0) {
		err_set(e, ERR_INPUT, "cannot be opened: %s", strerror(errno));
		err_at(e, path, 0);
		return NULL;
	}
	z->buf = xmalloc(UNZSTD_IN_BYTES);
	z->in.src = z->buf;
	while (z->in.size < 4 && more(z) > 0)
		;
	z->packed = is_zstd(z->buf, z->in.size);
	z->stream = z->packed ? ZSTD_createDStream() : NULL;
	BUG_ON(z->packed && z->stream == NULL);
	f = fopencookie(z, "r", io);
	BUG_ON(f == NULL);
	return f;
}
