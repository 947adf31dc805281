/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/base/filter.h"

#include <string.h>

/* Length of the well-formed UTF-8 sequence (RFC 3629) at s, 0 if there is none. */
static size_t utf8_len(const unsigned char *s)
{
	size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
		 : s[0] >= 0xe0 && s[0] < 0xf0 ? 3 : s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : 0;

	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if (n > 2) { /* overlong forms, surrogates, beyond U+10FFFF */
		unsigned two = (unsigned)s[0] << 8 | s[1];

		if (two < 0xe0a0 || (two >= 0xeda0 && two < 0xee00) ||
		    (two >= 0xf000 && two < 0xf090) || two >= 0xf490)
			return 0;
	}
	return n;
}

/* The character of a sequence of n bytes, n as utf8_len says; four bytes are none of ours. */
static unsigned character(const unsigned char *s, size_t n)
{
	return n == 1 ? s[0]
	     : n == 2 ? (s[0] & 0x1fu) << 6 | (s[1] & 0x3fu)
	     : n == 3 ? (s[0] & 0x0fu) << 12 | (s[1] & 0x3fu) << 6 | (s[2] & 0x3fu) : 0xfffd;
}

/* Controls, and what turns the direction of text. */
static bool commands_terminal(unsigned c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || c == 0x200e || c == 0x200f ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

enum filter_kind filter_next(const char *s, size_t *n, unsigned *c)
{
	*n = utf8_len((const unsigned char *)s);
	*c = *n != 0 ? character((const unsigned char *)s, *n) : '?';
	if (*n == 0) {
		*n = 1;
		return FILTER_NO_TEXT;
	}
	return commands_terminal(*c) ? FILTER_COMMAND : FILTER_PLAIN;
}

static void filter(char *s, bool lines)
{
	unsigned c;
	size_t n;

	for (; *s != '\0'; s += n) {
		enum filter_kind kind = filter_next(s, &n, &c);

		if (*s == '\n' || *s == '\r' || *s == '\t')
			*s = lines && *s != '\r' ? *s : ' ';
		else if (kind != FILTER_PLAIN)
			memset(s, '?', n);
	}
}

void filter_line(char *s)
{
	filter(s, false);
}

void filter_lines(char *s)
{
	filter(s, true);
}

bool filter_is_line(const char *s)
{
	unsigned c;
	size_t n;

	for (; *s != '\0'; s += n)
		if (filter_next(s, &n, &c) != FILTER_PLAIN)
			return false;
	return true;
}
