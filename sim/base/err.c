/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/ending.h"
#include "sim/base/filter.h"

/* One line, whatever bytes of the user's files it quotes; one that does not fit ends in "...", so that nobody takes it for whole. */
static void finish(struct err *e, int n)
{
	if (n >= (int)sizeof(e->text))
		memcpy(e->text + sizeof(e->text) - 4, "...", 4);
	filter_line(e->text);
}

int err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
	va_list ap;

	e->code = code;
	va_start(ap, fmt);
	finish(e, vsnprintf(e->text, sizeof(e->text), fmt, ap));
	va_end(ap);
	return -1;
}

int err_at(struct err *e, const char *file, unsigned long line)
{
	char old[ERR_TEXT_MAX];
	int n;

	memcpy(old, e->text, sizeof(old));
	if (line != 0)
		n = snprintf(e->text, sizeof(e->text), "%s:%lu: %s", file, line, old);
	else
		n = snprintf(e->text, sizeof(e->text), "%s: %s", file, old);
	finish(e, n);
	return -1;
}

int err_exit_status(enum err_code code)
{
	switch (code) {
#define X(c, status, text)                                                                          \
	case c:                                                                                     \
		return status;
		ERR_CODES(X)
#undef X
	}
	BUG("unknown error code");
}

_Noreturn void bug_at(const char *file, int line, const char *what)
{
	(void)fprintf(stderr, "el2sim: bug at %s:%d: %s\n", file, line, what);
	ending_clear();
	abort();
}

static void *alive(void *p)
{
	if (p == NULL)
		ending_memory();
	return p;
}

void *xmalloc(size_t n)
{
	return alive(malloc(n != 0 ? n : 1));
}

void *xcalloc(size_t n, size_t size)
{
	return alive(calloc(n != 0 ? n : 1, size != 0 ? size : 1));
}

void *xrealloc(void *p, size_t n)
{
	return alive(realloc(p, n != 0 ? n : 1));
}

char *xstrdup(const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(xmalloc(n), s, n);
}
