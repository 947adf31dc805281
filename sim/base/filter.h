/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes out: one filter per format, for whatever bytes the user's files have. A name in a trace, a database, an ELF
 * file or an INI must not command the terminal, turn the direction of a line, or be a link or a formula.
 */
#ifndef EL2SIM_BASE_FILTER_H
#define EL2SIM_BASE_FILTER_H

#include <stdbool.h>

#include "sim/base/str.h"

/* What the character at s is; *n: its bytes, at least 1; *c: its number. */
enum filter_kind {
	FILTER_PLAIN,
	FILTER_COMMAND, /* a control character, or what turns the direction of text or ends a line */
	FILTER_NO_TEXT	/* a byte that is not UTF-8 */
};
enum filter_kind filter_next(const char *s, size_t *n, unsigned *c);

/*
 * One line of text, in place: a tab or line end becomes a space; any other control character (C0, DEL, C1), what turns
 * the direction of text or ends a line (U+061C, 200E, 200F, 2028 to 202E, 2066 to 2069) and any byte that is not UTF-8
 * become "?", one per byte. After it the text is UTF-8.
 */
void filter_line(char *s);
/* The same, but tabs and line ends ('\n') stay. */
void filter_lines(char *s);
/* Would filter_line leave s as it is? */
bool filter_is_line(const char *s);

/*
 * Add s, which a filter above has seen, as a field of CSV (RFC 4180). text: it is no number; then it gets an apostrophe
 * before it where a spreadsheet would take it for a formula: "=", "@", and "+" and "-" unless a number or nothing follows.
 */
void filter_csv(struct str *b, const char *s, bool text);
/* Add s as Markdown: what is markup in the middle of a line is escaped (links, images, HTML, code, stars, cells of tables, bare URLs). */
void filter_md(struct str *b, const char *s);
/* Add s as text or attribute of HTML. */
void filter_html(struct str *b, const char *s);
/* Add len bytes at s, any, before a NUL, as a string of JSON: nothing is lost but bytes that are not UTF-8 ("?"); what could command a terminal is \uXXXX. */
void filter_json(struct str *b, const char *s, size_t len);

#endif
