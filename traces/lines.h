/* SPDX-License-Identifier: Apache-2.0 */
/* Text line by line, the line bounded; a carriage return before the newline is dropped. */
#ifndef EL2SIM_TRACES_LINES_H
#define EL2SIM_TRACES_LINES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/base/err.h"

#define LINE_MAX_BYTES 65536u
#define LINES_SLACK    64u    /* bytes of buf behind the text that may be read */
#define LINES_HEAD     65536u /* bytes that lines_head shows at most */

struct lines {
	FILE *f;
	char *buf;          /* room and LINES_SLACK bytes */
	size_t room;        /* 2 * LINE_MAX_BYTES at least */
	size_t at, len;     /* unread part of buf */
	uint64_t bytes;     /* read so far */
	unsigned long line; /* number of the line last given out, from 1 */
	char end;           /* what ends a line: newline, or carriage return where there are only those */
	int unended;        /* nothing ended the line last given out: the file ends there */
	int eof;
	int failed; /* reading failed: nothing more will come */
};

/* Read from f (not closed). */
void lines_open(struct lines *l, FILE *f);
void lines_close(struct lines *l);
/* From now on so many bytes are read at once, if that is more than before. */
void lines_widen(struct lines *l, size_t room);
/* The first bytes, without using them up; only before the first lines_next. They tell how lines end. */
const char *lines_head(struct lines *l, size_t *n);
/*
 * 1 = *s holds a line of n bytes without its end, NUL-terminated, until the next call; 0 = end of
 * file; -1 = ERR_INPUT without file and line: the line is too long or has a NUL byte (it is
 * skipped; the next call goes on behind it), or reading failed (l->failed is set).
 */
int lines_next(struct lines *l, char **s, size_t *n, struct err *e);
/* The unread bytes that are in memory, from *s up to the result, for who reads many lines at once; and so many bytes of these are n lines that were read. */
const char *lines_seen(const struct lines *l, const char **s);
void lines_took(struct lines *l, size_t bytes, unsigned long n);

#endif
