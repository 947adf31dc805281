/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors are values with a whole sentence in them.
 *
 * A function that can fail returns 0 or -1 (or a pointer and NULL) and, on failure only, fills the
 * caller's struct err. The layer that knows the place adds it with err_at(); only sim/cmd/main.c
 * prints and chooses the exit status. A sentence says what was found, what was wanted (with unit and
 * range) and what to do; one line; lower case.
 */
#ifndef EL2SIM_BASE_ERR_H
#define EL2SIM_BASE_ERR_H

#include <stdlib.h>

/* One row per class of failure: code, exit status of the program, what it means. */
#define ERR_CODES(X)                                                                                \
	X(ERR_NONE, 0, "no error")                                                                  \
	X(ERR_ANSWER_NO, 1, "the answer is no: verify, diff or lint found something")               \
	X(ERR_USAGE, 2, "wrong command line")                                                       \
	X(ERR_CONFIG, 3, "wrong configuration")                                                     \
	X(ERR_INPUT, 4, "wrong trace or other input")                                               \
	X(ERR_MODEL, 5, "the switch model or policy is not sound")                                  \
	X(ERR_IO, 6, "a file could not be written")                                                 \
	X(ERR_MEMORY, 7, "out of memory; no file is left half-written")                             \
	X(ERR_INTERRUPTED, 130, "stopped by a signal; what was done is kept")

enum err_code {
#define X(code, status, text) code,
	ERR_CODES(X)
#undef X
};

#define ERR_TEXT_MAX 480

struct err {
	enum err_code code;
	char text[ERR_TEXT_MAX]; /* one line, no newline */
};

/* Fill *e with code and a printf-formatted sentence. Returns -1, so that "return err_set(...)" reads well. */
int err_set(struct err *e, enum err_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Put "file:line: " before the sentence already in *e (line 0: "file: "). Returns -1. */
int err_at(struct err *e, const char *file, unsigned long line);

/*
 * A word that is none of n names: the printf-formatted sentence, which says so, and then ": did you mean "NAME"?"
 * (str_nearest), or ": " and otherwise when none is near. Returns -1.
 */
int err_unknown(struct err *e, enum err_code code, const char *word, const char *const *names, size_t n,
		const char *otherwise, const char *fmt, ...) __attribute__((format(printf, 7, 8)));

/* The exit status of the program for a code. */
int err_exit_status(enum err_code code);

/* A fault of ours, not of the input: print place and condition, abort. */
_Noreturn void bug_at(const char *file, int line, const char *what);
#define BUG(what)       bug_at(__FILE__, __LINE__, what)
#define BUG_ON(cond)    ((cond) ? bug_at(__FILE__, __LINE__, #cond) : (void)0)

/* malloc/calloc/realloc/strdup that end the program when memory is gone (ending_memory: status of ERR_MEMORY). */
void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n);
char *xstrdup(const char *s);

#endif
