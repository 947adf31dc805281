/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/base/wrap.h"

#include <string.h>

#include "sim/base/filter.h"

#define COLUMN_MIN 8 /* of text behind a label, however narrow the terminal */

/* Characters that do not take one column; sources: EastAsianWidth.txt, and general categories Mn and Me, of the common blocks. */
static const struct {
	unsigned from, to;
	size_t columns;
} widths[] = {
	{ 0x300, 0x36f, 0 },	 { 0x200b, 0x200d, 0 },	  { 0x20d0, 0x20ff, 0 },   { 0xfe00, 0xfe0f, 0 },     { 0x1100, 0x115f, 2 },
	{ 0x2e80, 0x303e, 2 },	 { 0x3041, 0x4dbf, 2 },	  { 0x4e00, 0xa4cf, 2 },   { 0xac00, 0xd7a3, 2 },     { 0xf900, 0xfaff, 2 },
	{ 0xfe30, 0xfe6f, 2 },	 { 0xff00, 0xff60, 2 },	  { 0xffe0, 0xffe6, 2 },   { 0x1f300, 0x1f64f, 2 },   { 0x1f900, 0x1f9ff, 2 },
	{ 0x20000, 0x3fffd, 2 },
};

static size_t columns_of(const char *s, size_t *bytes)
{
	unsigned c = 0;

	(void)filter_next(s, bytes, &c);
	for (size_t i = 0; c >= widths[0].from && i < sizeof(widths) / sizeof(widths[0]); i++)
		if (c >= widths[i].from && c <= widths[i].to)
			return widths[i].columns;
	return 1;
}

size_t wrap_width(const char *s, size_t n)
{
	size_t wide = 0, bytes;

	for (size_t i = 0; i < n; i += bytes)
		wide += columns_of(s + i, &bytes);
	return wide;
}

size_t wrap_longest_word(const char *s)
{
	size_t longest = 0;

	while (*s != '\0') {
		size_t n = strcspn(s, " "), wide = wrap_width(s, n);

		longest = wide > longest ? wide : longest;
		s += n;
		s += strspn(s, " ");
	}
	return longest;
}

/* Bytes of a word that fill at most wide columns, up to the last punctuation of their second half if there is some. */
static size_t part_of(const char *s, size_t n, size_t wide)
{
	size_t at = 0, used = 0, good = 0, bytes;

	for (; at < n; at += bytes) {
		used += columns_of(s + at, &bytes);
		if (used > wide && at != 0)
			break;
		if (used > wide / 2 && strchr("/,;:._-=+|", s[at]) != NULL)
			good = at + bytes;
	}
	return good != 0 && at < n ? good : at;
}

size_t wrap_take(const char *s, size_t wide, bool words, size_t *next)
{
	size_t end = 0, used = 0, at = 0;

	while (s[at] != '\0') {
		size_t blanks = strspn(s + at, " "), n = strcspn(s + at + blanks, " "), columns = wrap_width(s + at, blanks + n);

		if (n == 0)
			break;
		if (used + columns > wide) {
			if (end == 0)
				end = at = blanks + (words ? n : part_of(s + blanks, n, wide > blanks ? wide - blanks : 1));
			break;
		}
		used += columns;
		at += blanks + n;
		end = at;
	}
	*next = at + strspn(s + at, " ");
	return end;
}

void wrap_add(struct str *b, const char *label, size_t indent, const char *text, size_t wide, bool words, const char *on,
	      const char *off)
{
	size_t before = wrap_width(label, strlen(label));
	bool first = true;

	do {
		size_t left = first ? before : indent, next = strlen(text), n = next;

		if (wide != 0)
			n = wrap_take(text, wide > left + COLUMN_MIN ? wide - left : COLUMN_MIN, words, &next);
		str_add(b, on);
		if (first)
			str_add(b, label);
		else
			str_addf(b, "%*s", (int)indent, "");
		str_addn(b, text, n);
		while (b->len != 0 && b->s[b->len - 1] == ' ')
			b->s[--b->len] = '\0';
		str_add(b, off);
		str_addc(b, '\n');
		text += next;
		first = false;
	} while (*text != '\0');
}
