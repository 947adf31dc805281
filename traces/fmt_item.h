/* SPDX-License-Identifier: Apache-2.0 */
/* A pair of braces of a pattern (fmt.h) taken apart; private to fmt_*.c. */
#ifndef EL2SIM_TRACES_FMT_ITEM_H
#define EL2SIM_TRACES_FMT_ITEM_H

#include "traces/fmt.h"

enum fmt_conv {
	CONV_KIND,
	CONV_PRINTF,
	CONV_WORDS,
	CONV_NEG,
	CONV_STATE,
	CONV_OLDSTATE,
	CONV_BITS,
	CONV_DIFF,
	CONV_CONST,
	CONV_SKIP
};

#define FMT_PADDED 16

struct fmt_item {
	enum fmt_conv conv;
	bool word;        /* a text without blanks */
	bool padded;      /* CONV_PRINTF: filled up to FMT_PADDED digits with zeros */
	int field;        /* -1: none */
	int other;        /* CONV_DIFF */
	const char *spec; /* CONV_PRINTF, CONV_WORDS: up to end */
	const char *begin; /* the opening brace */
	const char *end;  /* the closing brace */
	int64_t constant; /* CONV_CONST */
	unsigned shift;   /* CONV_BITS */
	uint64_t mask;
};

/*
 * A task's state, bit 0 first, as the kernel prints it: bits 0 to 8 are prev_state's; those behind
 * are letters of kernels up to 4.13 (wakekill, waking, new, dead), whose own bits differ.
 */
#define FMT_STATE_LETTERS   "SDTtXZPI+KWNx"
#define FMT_STATE_PREEMPTED ((uint64_t)0x100)

struct fmt_quick;

/* Braces of one event's forms in their order, and by their distance from the start of the forms; the forms as steps (fmt_quick.c). */
struct fmt_patterns {
	struct {
		struct fmt_item *item;
		uint8_t *number;
	} of[TR_TYPE_COUNT];
	struct fmt_quick *quick[TR_TYPE_COUNT];
};

/* Number of a field by the n bytes of its name, -1 if the event has none of that name. */
int fmt_field(enum tr_type type, const char *name, size_t n);
/* Take the braces at p (just behind the opening one) apart. */
struct fmt_item fmt_item_at(enum tr_type type, const char *p);
/* The number that the n-th field's list of words gives a word; false when the row has no such list
 * or no such word. */
bool fmt_word_value(enum tr_type type, unsigned field, const char *word, uint64_t *v);
/* The field is a task's state. */
bool fmt_is_state(enum tr_type type, unsigned field);
/*
 * Next word of a list `a|b|7=c` that ends at `end`: its text, and its value where the list gives it
 * (*value is left alone otherwise: count from 0). False at the end of the list.
 */
bool fmt_next_word(const char **p, const char *end, uint64_t *value, const char **word, size_t *n);

#endif
