/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/import/dat_words.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/err.h"
#include "traces/fmt_item.h"

#define WORDS_MAX 64

struct dat_words {
	unsigned n;
	bool bits;                /* a set of flags */
	uint64_t their_preempted; /* the bit that is printed as "+" */
	struct {
		uint64_t theirs, ours;
	} word[WORDS_MAX];
};

#define DEPTH_MAX 64 /* of an expression */

/* The value of an expression of numbers; false when there is more in it. */
static bool constant(const struct tep_print_arg *a, unsigned depth, uint64_t *v)
{
	uint64_t l, r;
	const char *op;
	char *end;

	if (a == NULL || depth > DEPTH_MAX)
		return false;
	if (a->type == TEP_PRINT_TYPE)
		return constant(a->typecast.item, depth + 1, v);
	if (a->type == TEP_PRINT_ATOM) {
		*v = strtoull(a->atom.atom, &end, 0);
		return end != a->atom.atom;
	}
	if (a->type != TEP_PRINT_OP || !constant(a->op.left, depth + 1, &l) ||
	    !constant(a->op.right, depth + 1, &r))
		return false;
	op = a->op.op;
	*v = strcmp(op, "+") == 0              ? l + r
	     : strcmp(op, "-") == 0            ? l - r
	     : strcmp(op, "*") == 0            ? l * r
	     : strcmp(op, "|") == 0            ? l | r
	     : strcmp(op, "&") == 0            ? l & r
	     : strcmp(op, "<<") == 0 && r < 64 ? l << r
	     : strcmp(op, ">>") == 0 && r < 64 ? l >> r
					       : 0;
	return true;
}

static bool names_field(const struct tep_print_arg *a, const char *field, unsigned depth)
{
	if (a == NULL || depth > DEPTH_MAX)
		return false;
	switch (a->type) {
	case TEP_PRINT_FIELD:
		return strcmp(a->field.name, field) == 0;
	case TEP_PRINT_TYPE:
		return names_field(a->typecast.item, field, depth + 1);
	case TEP_PRINT_OP:
		return names_field(a->op.left, field, depth + 1) ||
		       names_field(a->op.right, field, depth + 1);
	default:
		return false;
	}
}

static bool is_text(const struct tep_print_arg *a, const char *text)
{
	size_t n = strlen(text);
	const char *s = a != NULL && a->type == TEP_PRINT_ATOM ? a->atom.atom : "";

	return strcmp(s, text) == 0 ||
	       (s[0] == '"' && strncmp(s + 1, text, n) == 0 && s[n + 1] == '"');
}

/* What the print fmt says of the field: its symbols or flags, and the bit of "+". */
struct found {
	const char *field;
	const struct tep_print_flag_sym *list;
	bool bits;
	uint64_t plus;
};

static void look(const struct tep_print_arg *a, struct found *f, unsigned depth)
{
	if (a == NULL || depth > DEPTH_MAX)
		return;
	if (a->type == TEP_PRINT_SYMBOL && names_field(a->symbol.field, f->field, 0)) {
		f->list = a->symbol.symbols;
	} else if (a->type == TEP_PRINT_FLAGS && names_field(a->flags.field, f->field, 0)) {
		f->list = a->flags.flags;
		f->bits = true;
	} else if (a->type == TEP_PRINT_TYPE) {
		look(a->typecast.item, f, depth + 1);
	} else if (a->type == TEP_PRINT_OP) {
		const struct tep_print_arg *l = a->op.left, *r = a->op.right;

		if (strcmp(a->op.op, "?") == 0 && l != NULL && l->type == TEP_PRINT_OP &&
		    strcmp(l->op.op, "&") == 0 && names_field(l->op.left, f->field, 0) &&
		    r != NULL && r->type == TEP_PRINT_OP && is_text(r->op.left, "+"))
			(void)constant(l->op.right, 0, &f->plus);
		look(l, f, depth + 1);
		look(r, f, depth + 1);
	}
}

/* Our number of a word of the file. */
static bool our_value(enum tr_type type, unsigned field, bool bits, const char *word, uint64_t *v)
{
	const char *at;

	if (!bits)
		return fmt_word_value(type, field, word, v);
	at = word[0] != '\0' && word[1] == '\0' ? strchr(FMT_STATE_LETTERS, word[0]) : NULL;
	if (at == NULL)
		return false;
	*v = (uint64_t)1 << (at - FMT_STATE_LETTERS);
	return true;
}

struct dat_words *dat_words_of(struct tep_event *event, enum tr_type type, unsigned field)
{
	struct found f = { .field = tr_field_name(type, field), .plus = FMT_STATE_PREEMPTED };
	struct dat_words *w;
	bool same = true;

	if (((unsigned)event->flags & TEP_EVENT_FL_FAILED) != 0)
		return NULL;
	for (const struct tep_print_arg *a = event->print_fmt.args; a != NULL; a = a->next)
		look(a, &f, 0);
	if (f.list == NULL || (f.bits && !fmt_is_state(type, field)))
		return NULL;
	w = xcalloc(1, sizeof(*w));
	w->bits = f.bits;
	w->their_preempted = f.plus;
	for (const struct tep_print_flag_sym *s = f.list; s != NULL && w->n < WORDS_MAX;
	     s = s->next) {
		uint64_t ours, theirs = strtoull(s->value, NULL, 0);

		if (s->str == NULL || !our_value(type, field, f.bits, s->str, &ours))
			continue;
		w->word[w->n].theirs = theirs;
		w->word[w->n++].ours = ours;
		same = same && theirs == ours;
	}
	if (!same || (f.bits && f.plus != FMT_STATE_PREEMPTED))
		return w;
	free(w);
	return NULL;
}

uint64_t dat_words_map(const struct dat_words *w, uint64_t theirs)
{
	uint64_t ours = 0;

	for (unsigned i = 0; i < w->n; i++) {
		if (!w->bits && w->word[i].theirs == theirs)
			return w->word[i].ours;
		if (w->bits && (theirs & w->word[i].theirs) != 0)
			ours |= w->word[i].ours;
	}
	if (!w->bits)
		return theirs;
	return ours | ((theirs & w->their_preempted) != 0 ? FMT_STATE_PREEMPTED : 0);
}
