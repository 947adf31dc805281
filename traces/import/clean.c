/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/import/clean.h"

#include <stdint.h>
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
	{ "&lt;", '<' },   { "&gt;", '>' },   { "&amp;", '&' },  { "&quot;", '"' },
	{ "&#39;", '\'' }, { "&#34;", '"' },  { "&nbsp;", ' ' }, { "&#160;", ' ' },
	{ "&#45;", '-' },  { "&#124;", '|' },
};

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

size_t clean_line(char *s, size_t n, bool html, unsigned *seen)
{
	char *to = s, one[2] = "";
	const char *p = s;

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
