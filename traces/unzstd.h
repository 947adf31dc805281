/* SPDX-License-Identifier: Apache-2.0 */
/* A file read as a stdio stream, unpacked on the way when its first bytes say that it is zstd. */
#ifndef EL2SIM_TRACES_UNZSTD_H
#define EL2SIM_TRACES_UNZSTD_H

#include <stdbool.h>
#include <stdio.h>
#include <zstd.h>

#include "sim/base/err.h"

#define UNZSTD_IN_BYTES 65536

struct unzstd {
	const char *why; /* why the compressed stream is damaged; NULL = it is not */
	int fd;
	bool packed;     /* the file is zstd */
	bool in_frame;   /* the last frame is not complete */
	bool waiting;    /* the decoder may hold output of input that is used up */
	ZSTD_DStream *stream;
	ZSTD_inBuffer in;
	unsigned char *buf; /* UNZSTD_IN_BYTES */
};

/*
 * Open path ("/dev/stdin" and pipes will do). *z must stay where it is until the stream is closed with
 * fclose; its why tells a damaged stream from a failed read. NULL and ERR_INPUT ("path: ...") on failure.
 */
FILE *unzstd_open(struct unzstd *z, const char *path, struct err *e);

#endif
