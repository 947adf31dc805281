/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file read as a stdio stream, unpacked on the way when its first bytes say so (gzip, bzip2, xz,
 * lzma, zstd, lz4, compress) by libarchive, what atrace -z writes behind "TRACE:" by zlib, and UTF-16 (by its byte order
 * mark) made UTF-8.
 */
#ifndef EL2SIM_TRACES_UNPACK_H
#define EL2SIM_TRACES_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "sim/base/err.h"

#define UNPACK_BYTES 65536

struct archive;
struct z_stream_s;

struct unpack {
	const char *why;    /* why the compressed stream is damaged; NULL = it is not */
	const char *filter; /* name of the compression, NULL: none */
	bool utf16;
	FILE *from;
	bool close_from;
	struct archive *a;
	struct z_stream_s *z;
	bool z_end; /* of its stream */
	int wide;            /* UTF-16: 1 little-endian, 2 big-endian */
	unsigned char *head; /* first bytes, not given out yet */
	size_t at, n;
	unsigned char *in;   /* UNPACK_BYTES that libarchive or zlib reads from */
	unsigned char *half; /* UTF-16 that waits */
	size_t half_n;
	unsigned char first[2]; /* of what was unpacked, not given out yet */
	size_t first_n;
	char *room;     /* of the stream: UNPACK_BYTES */
	char text[256]; /* holds *why */
};

/*
 * Open path ("-" is standard input; "/dev/stdin" and pipes will do). *u must stay where it is until
 * the stream is closed with fclose; its why tells a damaged stream from a failed read. NULL and
 * ERR_INPUT ("path: ...") on failure.
 */
FILE *unpack_open(struct unpack *u, const char *path, struct err *e);

/* Make an archive that is to be read take these compressions and no other: of libarchive's all, some run programs. */
void unpack_allow(struct archive *a);

/*
 * The n bytes at head and the rest of the stream in a file without name, for readers that need
 * random access; its descriptor, to be closed, or -1 and ERR_INPUT / ERR_IO without path.
 */
int unpack_spool(FILE *f, const struct unpack *u, const char *head, size_t n, struct err *e);

#endif
