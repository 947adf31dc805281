/* SPDX-License-Identifier: Apache-2.0 */
/* Text on a terminal: how wide it is, and where its lines break. */
#ifndef EL2SIM_BASE_WRAP_H
#define EL2SIM_BASE_WRAP_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/base/str.h"

/* Columns that n bytes of UTF-8 take: 2 of a wide character (Unicode's East Asian Width W and F), none of a combining one. */
size_t wrap_width(const char *s, size_t n);
/* Those of the longest word. */
size_t wrap_longest_word(const char *s);

/*
 * The next line of a text, of at most wide columns (at least one character): its bytes, which do not end in a blank; *next: where
 * the line after it begins. A word that is too long for a line is broken, behind punctuation where there is some;
 * words: it is not.
 */
size_t wrap_take(const char *s, size_t wide, bool words, size_t *next);

/*
 * Add label and text as lines of at most wide columns (0: one line); lines after the first begin with indent blanks. Each
 * line begins with on and ends with off, which take no columns ("" and "": nothing). words: as of wrap_take.
 */
void wrap_add(struct str *b, const char *label, size_t indent, const char *text, size_t wide, bool words, const char *on,
	      const char *off);

#endif
