/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/base/str.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/err.h"

#define BLANKS " \t"

void str_free(struct str *b)
{
	free(b->s);
	*b = STR_INIT;
}

void str_cut(struct str *b, size_t n)
{
	b->len = n;
	if (b->s != NULL)
		b->s[n] = '\0';
}

void str_reset(struct str *b)
{
	str_cut(b, 0);
}

static void grow(struct str *b, size_t more)
{
	size_t need = b->len + more + 1;

	if (need <= b->cap)
		return;
	b->cap = b->cap * 2 > need ? b->cap * 2 : need + 32;
	b->s = xrealloc(b->s, b->cap);
}

void str_addn(struct str *b, const char *s, size_t n)
{
	grow(b, n);
	if (n != 0)
		memcpy(b->s + b->len, s, n);
	b->len += n;
	b->s[b->len] = '\0';
}

void str_add(struct str *b, const char *s)
{
	str_addn(b, s, strlen(s));
}

void str_addc(struct str *b, char c)
{
	str_addn(b, &c, 1);
}

void str_addf(struct str *b, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	BUG_ON(n < 0);
	grow(b, (size_t)n);
	(void)vsnprintf(b->s + b->len, (size_t)n + 1, fmt, again);
	va_end(again);
	b->len += (size_t)n;
}

const char *str_get(const struct str *b)
{
	return b->s != NULL ? b->s : "";
}

#define WORD_MAX 63

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Rows of the table of distances between the first i bytes of a and the first j of b, three at a time. */
size_t str_distance(const char *a, const char *b)
{
	size_t rows[3][WORD_MAX + 1], na = strlen(a), nb = strlen(b);

	if (na > WORD_MAX || nb > WORD_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= nb; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= na; i++) {
		size_t *now = rows[i % 3], *up = rows[(i - 1) % 3], *up2 = rows[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			now[j] = least(least(up[j], now[j - 1]) + 1,
				       up[j - 1] + (same(a[i - 1], b[j - 1]) ? 0 : 1));
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
				now[j] = least(now[j], up2[j - 2] + 1);
		}
	}
	return rows[na % 3][nb];
}

const char *str_nearest(const char *word, const char *const *names, size_t n)
{
	size_t limit = strlen(word) / 3 > 1 ? strlen(word) / 3 : 1;
	const char *best = NULL;

	for (size_t i = 0; i < n; i++) {
		size_t d = str_distance(word, names[i]);

		if (d <= limit) {
			best = names[i];
			if (d == 0)
				break;
			limit = d - 1;
		}
	}
	return best;
}

bool str_add_near(struct str *b, const char *before, const char *word, const char *const *names, size_t n)
{
	const char *near = str_nearest(word, names, n);

	if (near != NULL)
		str_addf(b, "%sdid you mean \"%s\"?", before, near);
	return near != NULL;
}

char *str_item(char **list, const char *separators)
{
	char *item = strsep(list, separators);
	size_t n;

	if (item == NULL)
		return NULL;
	item += strspn(item, BLANKS);
	n = strlen(item);
	while (n != 0 && strchr(BLANKS, item[n - 1]) != NULL)
		item[--n] = '\0';
	return item;
}

char *str_word(char **list, const char *separators)
{
	char *word;

	do
		word = str_item(list, separators);
	while (word != NULL && word[0] == '\0');
	return word;
}

bool str_u64(const char *s, uint64_t *v)
{
	int base = s[0] == '0' && (s[1] == 'x' || s[1] == 'X') ? 16 : 10;
	char *end;

	if (!isxdigit((unsigned char)s[0]) || (base == 16 && !isxdigit((unsigned char)s[2])))
		return false;
	errno = 0;
	*v = strtoull(s, &end, base);
	return errno == 0 && *end == '\0';
}

bool str_i64(const char *s, int64_t *v)
{
	char *end;

	if (!isdigit((unsigned char)s[0]) && !(s[0] == '-' && isdigit((unsigned char)s[1])))
		return false;
	errno = 0;
	*v = strtoll(s, &end, s[0] == '0' && (s[1] == 'x' || s[1] == 'X') ? 16 : 10);
	return errno == 0 && *end == '\0';
}
