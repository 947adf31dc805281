/* SPDX-License-Identifier: Apache-2.0 */
/* What editors, terminals and web pages do to a line, undone. */
#ifndef EL2SIM_IMPORT_CLEAN_H
#define EL2SIM_IMPORT_CLEAN_H

#include <stdbool.h>
#include <stddef.h>

/* What was found so far: enumerator and how a note names it. */
#define CLEANED(X)                                                                                 \
	X(CLEAN_BOM, "byte order marks")                                                           \
	X(CLEAN_ESCAPE, "terminal escapes (colours)")                                              \
	X(CLEAN_BLANK, "blanks that are no spaces (no-break, wide, zero width)")                   \
	X(CLEAN_ENTITY, "HTML entities and tags")                                                  \
	X(CLEAN_MIME, "the encoding of mail (quoted-printable)")

enum clean_bit {
#define X(id, words) id##_bit,
	CLEANED(X)
#undef X
};

enum clean {
#define X(id, words) id = 1 << id##_bit,
	CLEANED(X)
#undef X
};

/*
 * The end of a line whose prefix opened something: a quote (JSON, CSV: with a comma, and escapes within) or the bar of
 * a table. Returns the new length.
 */
size_t clean_suffix(char *s, size_t n, char open);
/* The text is MIME's quoted-printable, as its first n bytes show. */
bool clean_is_quoted_printable(const char *head, size_t n);
/* A line of such: *more is set when it goes on in the next one. Returns the new length. */
size_t clean_quoted_printable(char *s, size_t n, bool *more);

/*
 * Clean the n bytes at s (terminated) in place: tabs and other blanks become spaces, escapes and
 * byte order marks go; with html, entities are read and tags go, too. *seen gets bits of enum
 * clean. Returns the new length.
 */
size_t clean_line(char *s, size_t n, bool html, unsigned *seen);

#endif
