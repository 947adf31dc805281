/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/lines.h"

#include <errno.h>
#include <string.h>

#define BUF (2 * LINE_MAX_BYTES)

void lines_open(struct lines *l, FILE *f)
{
	*l = (struct lines){ .f = f, .end = '\n', .buf = xcalloc(BUF + LINES_SLACK, 1), .room = BUF };
}

void lines_close(struct lines *l)
{
	free(l->buf);
	l->buf = NULL;
}

void lines_widen(struct lines *l, size_t room)
{
	if (room <= l->room)
		return;
	l->buf = xrealloc(l->buf, room + LINES_SLACK);
	memset(l->buf + l->room, 0, room + LINES_SLACK - l->room);
	l->room = room;
}

/* Move the unread part to the front and read more behind it. */
static void fill(struct lines *l)
{
	size_t n;

	memmove(l->buf, l->buf + l->at, l->len);
	l->at = 0;
	n = fread(l->buf + l->len, 1, l->room - l->len, l->f);
	l->len += n;
	l->bytes += n;
	if (n == 0)
		l->eof = 1;
}

const char *lines_head(struct lines *l, size_t *n)
{
	while (l->len < LINES_HEAD && l->eof == 0)
		fill(l);
	*n = l->len < LINES_HEAD ? l->len : LINES_HEAD;
	if (memchr(l->buf + l->at, '\n', *n) == NULL && memchr(l->buf + l->at, '\r', *n) != NULL)
		l->end = '\r'; /* as editors of old Macs write it */
	return l->buf + l->at;
}

/* Drop everything up to and with the next newline. */
static void skip_line(struct lines *l)
{
	for (;;) {
		char *end = memchr(l->buf + l->at, l->end, l->len);
		size_t n = end != NULL ? (size_t)(end - (l->buf + l->at)) + 1 : l->len;

		l->at += n;
		l->len -= n;
		if (end != NULL || l->eof != 0)
			return;
		fill(l);
	}
}

int lines_next(struct lines *l, char **s, size_t *n, struct err *e)
{
	char *end;

	while ((end = memchr(l->buf + l->at, l->end, l->len)) == NULL && l->eof == 0 &&
	       l->len <= LINE_MAX_BYTES)
		fill(l);
	l->failed = l->eof != 0 && ferror(l->f) != 0;
	if (l->failed != 0)
		return err_set(e, ERR_INPUT, "cannot be read: %s", strerror(errno));
	if (end == NULL && l->len == 0)
		return 0;
	l->line++;
	l->unended = end == NULL;
	*s = l->buf + l->at;
	*n = end != NULL ? (size_t)(end - *s) : l->len;
	if (*n > LINE_MAX_BYTES) {
		skip_line(l);
		return err_set(e, ERR_INPUT, "the line is longer than %u bytes: is this text?",
			       LINE_MAX_BYTES);
	}
	l->at += *n + (end != NULL);
	l->len -= *n + (end != NULL);
	if (memchr(*s, '\0', *n) != NULL)
		return err_set(e, ERR_INPUT, "the line has a NUL byte: is this text?");
	if (*n > 0 && (*s)[*n - 1] == '\r')
		--*n;
	(*s)[*n] = '\0';
	return 1;
}

const char *lines_seen(const struct lines *l, const char **s)
{
	*s = l->buf + l->at;
	return *s + l->len;
}

void lines_took(struct lines *l, size_t bytes, unsigned long n)
{
	BUG_ON(bytes > l->len);
	l->at += bytes;
	l->len -= bytes;
	l->line += n;
}
