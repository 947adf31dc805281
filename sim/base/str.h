/* SPDX-License-Identifier: Apache-2.0 */
/* A growing string, and the few string helpers that the tables need. */
#ifndef EL2SIM_BASE_STR_H
#define EL2SIM_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str {
	char *s;    /* always terminated once something was added; NULL while empty */
	size_t len; /* bytes without the terminator */
	size_t cap;
};

#define STR_INIT ((struct str){ NULL, 0, 0 })

void str_free(struct str *b);
void str_reset(struct str *b); /* length 0, memory kept */
void str_cut(struct str *b, size_t n); /* to the first n bytes; n <= len */
void str_add(struct str *b, const char *s);
void str_addn(struct str *b, const char *s, size_t n);
void str_addc(struct str *b, char c);
void str_addf(struct str *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The text so far, "" when empty; valid until the next change. */
const char *str_get(const struct str *b);

/* Nearest of n names (case ignored, edit distance at most 1/3 of the word, at least 1); NULL if none is near. */
const char *str_nearest(const char *word, const char *const *names, size_t n);
/* `did you mean "NAME"?` with what stands before it, if one is near: true; nothing and false if none is. */
bool str_add_near(struct str *b, const char *before, const char *word, const char *const *names, size_t n);
/*
 * Edit distance of two words: Levenshtein, a swap of neighbours is one edit, case ignored; words over 63
 * bytes count as far (SIZE_MAX).
 */
size_t str_distance(const char *a, const char *b);

/*
 * The next item of a list, without blanks around it; *list, which is cut up, moves on, and is NULL after the last.
 * NULL at the end. Items may be empty: "".
 */
char *str_item(char **list, const char *separators);
/* The same for lists whose separators may stand in a row, such as "a, b c" with ", ": the next item that is not empty. */
char *str_word(char **list, const char *separators);

/*
 * Parse a whole string as an unsigned number, decimal or 0x hexadecimal.
 * Returns false when empty, signed, trailed by anything, or over 64 bits.
 */
bool str_u64(const char *s, uint64_t *v);
bool str_i64(const char *s, int64_t *v);

#endif
