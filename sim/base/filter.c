/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/base/filter.h"

#include <string.h>

/* "+12", "-3.5 %", "-" alone: no spreadsheet calculates with them. */
static bool is_plain_number(const char *s)
{
	size_t digits;

	s += strspn(s, "+-");
	digits = strspn(s, "0123456789,.");
	s += digits;
	s += strspn(s, " %");
	return *s == '\0';
}

void filter_csv(struct str *b, const char *s, bool text)
{
	bool quoted = strpbrk(s, ",\"\r\n") != NULL;

	str_add(b, quoted ? "\"" : "");
	if (text && s[0] != '\0' && strchr("=@+-\t\r", s[0]) != NULL && !is_plain_number(s))
		str_addc(b, '\'');
	for (; *s != '\0'; s++) {
		if (*s == '"')
			str_addc(b, '"');
		str_addc(b, *s);
	}
	str_add(b, quoted ? "\"" : "");
}

/* "http://", "www.", "mailto:" and the like are links without any markup (GitHub): is the byte at s what makes them so? */
static bool makes_link(const char *begin, const char *s)
{
	if (*s == ':')
		return strncmp(s, "://", 3) == 0 || (s - begin >= 6 && strncmp(s - 6, "mailto", 6) == 0) ||
		       (s - begin >= 4 && strncmp(s - 4, "xmpp", 4) == 0);
	return *s == '.' && s - begin >= 3 && strncmp(s - 3, "www", 3) == 0;
}

/* "_" inside a word, as in TCR_EL1, is no markup. */
void filter_md(struct str *b, const char *s)
{
	for (const char *p = s; *p != '\0'; p++) {
		if (strchr("\\|<*`[]&~", *p) != NULL || makes_link(s, p))
			str_addc(b, '\\');
		str_addc(b, *p);
	}
}

void filter_html(struct str *b, const char *s)
{
	for (; *s != '\0'; s++) {
		switch (*s) {
		case '&': str_add(b, "&amp;"); break;
		case '<': str_add(b, "&lt;"); break;
		case '>': str_add(b, "&gt;"); break;
		case '"': str_add(b, "&quot;"); break;
		default: str_addc(b, *s); break;
		}
	}
}

void filter_json(struct str *b, const char *s, size_t len)
{
	const char *end = s + len;
	unsigned c;
	size_t n;

	str_addc(b, '"');
	for (; s < end; s += n) {
		enum filter_kind kind = filter_next(s, &n, &c);

		if (kind == FILTER_NO_TEXT)
			str_addc(b, '?');
		else if (*s == '"' || *s == '\\')
			str_addf(b, "\\%c", *s);
		else if (*s == '\n' || *s == '\t' || *s == '\r')
			str_addf(b, "\\%c", *s == '\n' ? 'n' : *s == '\t' ? 't' : 'r');
		else if (kind == FILTER_COMMAND)
			str_addf(b, "\\u%04x", c);
		else
			str_addn(b, s, n);
	}
	str_addc(b, '"');
}
