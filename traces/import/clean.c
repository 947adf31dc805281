/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/import/clean.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Some byte is a control character or beyond ASCII; may also be true when none is. */
static bool unusual(const char *s, size_t n)
{
	const uint64_t low = 0x2020202020202020, high = 0x8080808080808080;
	uint64_t seen = 0, w;

	for (; n >= 8; n -= 8, s += 8) {
		memcpy(&w, s, 8);
		seen |= w | (w - low);
	}
	for (; n > 0; n--, s++)
		seen |= (unsigned char)*s < 0x20 ? high : (unsigned char)*s;
	return (seen & high) != 0;
}

/* Blanks of Unicode and of invisible width, UTF-8, and what to put there. */
static const struct {
	const char *bytes;
	size_t n;
	const char *by;
	unsigned bit;
} blanks[] = {
	{ "\302\240", 2, " ", CLEAN_BLANK },     /* no-break space */
	{ "\342\200\257", 3, " ", CLEAN_BLANK }, /* narrow no-break space */
	{ "\342\200\207", 3, " ", CLEAN_BLANK }, /* figure space */
	{ "\342\200\202", 3, " ", CLEAN_BLANK }, /* en space */
	{ "\342\200\203", 3, " ", CLEAN_BLANK }, /* em space */
	{ "\342\200\211", 3, " ", CLEAN_BLANK }, /* thin space */
	{ "\343\200\200", 3, " ", CLEAN_BLANK }, /* ideographic space */
	{ "\342\200\213", 3, "", CLEAN_BLANK },  /* zero width space */
	{ "\357\273\277", 3, "", CLEAN_BOM },
};

static const struct {
	const char *name;
	char c;
} entities[] = {
	{ "&lt;", '<' },   { "&gt;", '>' },    { "&amp;", '&' }, { "&quot;", '"' },
	{ "&apos;", '\'' }, { "&nbsp;", ' ' }, { "&ensp;", ' ' }, { "&emsp;", ' ' },
};

/* "&#45;", "&#x2D;": the letter, 0: none of ASCII; *n is the length. */
static char numeric_entity(const char *s, size_t *n)
{
	bool hex = s[2] == 'x' || s[2] == 'X';
	const char *digits = s + (hex ? 3 : 2);
	char *end;
	unsigned long v;

	if (s[0] != '&' || s[1] != '#' || !isxdigit((unsigned char)*digits))
		return '\0';
	v = strtoul(digits, &end, hex ? 16 : 10);
	*n = (size_t)(end + 1 - s);
	if (*end != ';')
		return '\0';
	return v == 0xa0 ? ' ' : v >= 0x20 && v < 0x7f ? (char)v : '\0';
}

/* Bytes of a terminal escape at s (ESC is there). */
static size_t escape(const char *s)
{
	size_t n = 1;

	if (s[1] == '[') {
		n = 2 + strspn(s + 2, "0123456789;?:<=>!\"#$%&'()*+,-./ ");
		return s[n] != '\0' ? n + 1 : n;
	}
	if (s[1] == ']') { /* up to BEL or ESC \ */
		n = 2 + strcspn(s + 2, "\007\033");
		return n + (s[n] == '\007') + (s[n] == '\033' ? 1u + (s[n + 1] == '\\') : 0);
	}
	if (s[1] == '(' || s[1] == ')')
		return s[2] != '\0' ? 3 : 2;
	return s[1] != '\0' ? 2 : 1;
}

/* What stands at s if it is to go or to be replaced: its length; *by is what comes there. */
static size_t odd(const char *s, bool html, const char **by, char *one, unsigned *seen)
{
	size_t len;

	*by = "";
	if (*s == '\t' || *s == '\v' || *s == '\f') {
		*by = " ";
		return 1;
	}
	if (*s == '\033') {
		*seen |= CLEAN_ESCAPE;
		return escape(s);
	}
	if (*s == '\b' || *s == '\r' || *s == '\a')
		return 1;
	for (size_t i = 0; (unsigned char)*s >= 0x80 && i < sizeof(blanks) / sizeof(blanks[0]);
	     i++) {
		if (strncmp(s, blanks[i].bytes, blanks[i].n) == 0) {
			*seen |= blanks[i].bit;
			*by = blanks[i].by;
			return blanks[i].n;
		}
	}
	if (!html)
		return 0;
	for (size_t i = 0; *s == '&' && i < sizeof(entities) / sizeof(entities[0]); i++) {
		size_t n = strlen(entities[i].name);

		if (strncmp(s, entities[i].name, n) == 0) {
			*seen |= CLEAN_ENTITY;
			one[0] = entities[i].c;
			*by = one;
			return n;
		}
	}
	one[0] = *s == '&' ? numeric_entity(s, &len) : '\0';
	if (one[0] != '\0') {
		*seen |= CLEAN_ENTITY;
		*by = one;
		return len;
	}
	if (*s == '<' && (s[1] == '/' || (s[1] >= 'a' && s[1] <= 'z')) &&
	    strncmp(s, "<idle>", 6) != 0) {
		size_t n = strcspn(s, ">");

		if (s[n] == '>') {
			*seen |= CLEAN_ENTITY;
			return n + 1;
		}
	}
	return 0;
}

/* Markdown's `code` around a line, maybe behind the mark of a list. */
static size_t without_ticks(char *s, size_t n)
{
	char *first = memchr(s, '`', n);

	if (first == s + n - 1 || strspn(s, " \t>*-+0123456789.)") < (size_t)(first - s) || first[1] == '`')
		return n;
	*first = ' ';
	s[n - 1] = '\0';
	return n - 1;
}

size_t clean_line(char *s, size_t n, bool html, unsigned *seen)
{
	char *to = s, one[2] = "";
	const char *p = s;

	if (n > 1 && s[n - 1] == '`')
		n = without_ticks(s, n);

	if (!html && !unusual(s, n))
		return n;
	while (*p != '\0') {
		const char *by;
		size_t len = odd(p, html, &by, one, seen);

		if (len == 0) {
			*to++ = *p++;
			continue;
		}
		p += len;
		if (*by != '\0')
			*to++ = *by;
	}
	*to = '\0';
	return (size_t)(to - s);
}

size_t clean_suffix(char *s, size_t n, char open)
{
	char *to = s;

	if (n > 1 && s[n - 1] == ',' && s[n - 2] == open)
		n--;
	if (n > 0 && s[n - 1] == open)
		n--;
	while (n > 0 && s[n - 1] == ' ')
		n--;
	s[n] = '\0';
	if (open != '"')
		return n;
	for (const char *p = s; *p != '\0'; p++) {
		p += *p == '\\' && p[1] != '\0';
		*to++ = *p;
	}
	*to = '\0';
	return (size_t)(to - s);
}

/* --- quoted-printable --- */

static int nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Its header; or a soft break where lines are cut, or an equals sign written as =3D; but no field that is not. */
bool clean_is_quoted_printable(const char *head, size_t n)
{
	static const char *const marks[] = { "Encoding: quoted-printable", "encoding: quoted-printable", "pid=3D", "==3D",
					     "=3D=3D" };
	const char *at = head;

	while ((at = memmem(at, (size_t)(head + n - at), "pid=", 4)) != NULL) {
		at += 4;
		if (head + n - at >= 2 && isdigit((unsigned char)*at) && memcmp(at, "3D", 2) != 0)
			return false;
	}
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (memmem(head, n, marks[i], strlen(marks[i])) != NULL)
			return true;
	}
	for (const char *p = head; (p = memchr(p, '\n', (size_t)(head + n - p))) != NULL; p++) {
		const char *end = p > head && p[-1] == '\r' ? p - 1 : p, *start = end;

		while (start > head && start[-1] != '\n')
			start--;
		if (end - start >= 73 && end - start <= 76 && end[-1] == '=' && end[-2] != '=')
			return true;
	}
	return false;
}

size_t clean_quoted_printable(char *s, size_t n, bool *more)
{
	char *to = s;

	while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\r'))
		s[--n] = '\0';
	*more = n > 0 && s[n - 1] == '=';
	if (*more)
		s[--n] = '\0';
	for (const char *p = s; *p != '\0'; p++) {
		int hi = *p == '=' ? nibble(p[1]) : -1, lo = hi >= 0 ? nibble(p[2]) : -1;

		*to++ = lo > 0 || hi > 0 ? (char)(hi * 16 + lo) : *p;
		p += lo > 0 || hi > 0 ? 2 : 0;
	}
	*to = '\0';
	return (size_t)(to - s);
}
