/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns of events.def read in one pass. fmt_read.c tries every way to divide a text and takes the first that fits; here the
 * first choice is taken each time. If that comes to the end, it is what fmt_read.c finds, too; if not, only fmt_read.c knows.
 */
#include <stdlib.h>
#include <string.h>

#include "traces/fmt_job.h"
#include "traces/writer.h"

enum step_kind {
	STEP_LITERAL,
	STEP_DEC,
	STEP_HEX,
	STEP_PADDED, /* hexadecimal of sixteen digits */
	STEP_NEG,
	STEP_BITS,
	STEP_DIFF,
	STEP_CONST,
	STEP_WORDS,
	STEP_STATE,
	STEP_OLDSTATE,
	STEP_TEXT,  /* up to a literal */
	STEP_WORD,  /* a text without blanks */
	STEP_REST,  /* a text up to the end */
	STEP_SKIP,   /* any text up to a literal, not read */
	STEP_NAME,   /* a word, not read */
	STEP_UNSURE, /* not in one pass */
	STEP_ANY,    /* whatever follows */
	STEP_END     /* of a form */
};

#define NO_FIELD 0xff
#define WORDS    (FMT_QUICK_SLACK / 8) /* a literal is compared by words of eight bytes */

struct word {
	const char *s;
	size_t n;
	uint64_t value;
};

struct step {
	uint8_t kind, field, n;
	bool forked; /* one of its words begins with another */
	const struct fmt_item *it;
	const char *literal; /* n bytes */
	uint64_t bytes[WORDS], mask; /* of the last word */
	struct word *word;
	size_t words;
};

struct fmt_quick {
	struct step *step;
	size_t n;
	uint8_t fields; /* one bit each */
};

/* --- patterns to steps ------------------------------------------------------------------------ */

static struct step *new_step(struct fmt_quick *q, enum step_kind kind)
{
	q->step = xrealloc(q->step, (q->n + 1) * sizeof(*q->step));
	q->step[q->n] = (struct step){ .kind = (uint8_t)kind, .field = NO_FIELD };
	return &q->step[q->n++];
}

static void add_literal(struct fmt_quick *q, const char *s, size_t n)
{
	struct step *st = new_step(q, n <= FMT_QUICK_SLACK ? STEP_LITERAL : STEP_UNSURE);
	unsigned char ones[8] = { 0 };

	st->literal = s;
	st->n = (uint8_t)n;
	if (st->kind == STEP_UNSURE)
		return;
	memset(ones, 0xff, (n - 1) % 8 + 1);
	memcpy(&st->mask, ones, sizeof(st->mask));
	memcpy(st->bytes, s, n);
}

static void add_words(struct step *st)
{
	const char *p = st->it->spec, *s;
	uint64_t value = 0;
	size_t n;

	for (; fmt_next_word(&p, st->it->end, &value, &s, &n); value++) {
		for (size_t i = 0; i < st->words; i++) {
			size_t shorter = n < st->word[i].n ? n : st->word[i].n;

			st->forked = st->forked || memcmp(s, st->word[i].s, shorter) == 0;
		}
		st->word = xrealloc(st->word, (st->words + 1) * sizeof(*st->word));
		st->word[st->words++] = (struct word){ s, n, value };
	}
}

static enum step_kind kind_of(enum tr_type type, const struct fmt_item *it)
{
	bool last = it->end[1] == '\0' || it->end[1] == '\n', item = it->end[1] == '{';

	switch (it->conv) {
	case CONV_SKIP:
		return it->field >= 0 ? STEP_NAME : last ? STEP_ANY : item ? STEP_UNSURE : STEP_SKIP;
	case CONV_WORDS:
		return STEP_WORDS;
	case CONV_STATE:
		return STEP_STATE;
	case CONV_OLDSTATE:
		return STEP_OLDSTATE;
	case CONV_CONST:
		return STEP_CONST;
	case CONV_NEG:
		return STEP_NEG;
	case CONV_BITS:
		return STEP_BITS;
	case CONV_DIFF:
		return STEP_DIFF;
	case CONV_PRINTF:
		return it->end[-1] != 'x' ? STEP_DEC : it->padded ? STEP_PADDED : STEP_HEX;
	case CONV_KIND:
		break;
	}
	switch (tr_field_kind(type, (unsigned)it->field)) {
	case TRF_STR:
		return it->word ? STEP_WORD : last ? STEP_REST : item ? STEP_UNSURE : STEP_TEXT;
	case TRF_HEX:
		return STEP_HEX;
	case TRF_DEC:
	case TRF_SDEC:
		break;
	}
	return STEP_DEC;
}

static void add_item(struct fmt_quick *q, enum tr_type type, const struct fmt_item *it)
{
	struct step *st = new_step(q, kind_of(type, it));

	st->it = it;
	if (it->field >= 0 && it->conv != CONV_SKIP && it->conv != CONV_DIFF)
		st->field = (uint8_t)it->field;
	if (st->kind == STEP_WORDS)
		add_words(st);
}

static struct fmt_quick *quick_new(enum tr_type type, const struct fmt_item *items)
{
	struct fmt_quick *q = xcalloc(1, sizeof(*q));
	const char *p = tr_print_forms(type);

	q->fields = (uint8_t)((1u << tr_field_count(type)) - 1);
	for (;; p++) {
		while (*p == ' ')
			p++;
		while (*p != '\0' && *p != '\n') {
			size_t n = strcspn(p, "{\n");

			if (n != 0) {
				add_literal(q, p, n);
				p += n;
			} else {
				add_item(q, type, items);
				p = items++->end + 1;
			}
		}
		(void)new_step(q, STEP_END);
		if (*p == '\0')
			return q;
	}
}

static void quick_free(struct fmt_quick *q)
{
	for (size_t i = 0; i < q->n; i++)
		free(q->step[i].word);
	free(q->step);
	free(q);
}

struct fmt_patterns *fmt_patterns_new(void)
{
	struct fmt_patterns *p = xcalloc(1, sizeof(*p));

	for (unsigned t = 0; t < TR_TYPE_COUNT; t++) {
		const char *forms = tr_print_forms((enum tr_type)t);
		size_t n = 0;

		p->of[t].number = xcalloc(strlen(forms) + 1, 1);
		for (const char *b = strchr(forms, '{'); b != NULL; b = strchr(b + 1, '{'))
			p->of[t].number[b - forms] = (uint8_t)n++;
		BUG_ON(n > UINT8_MAX);
		p->of[t].item = xcalloc(n + 1, sizeof(*p->of[t].item));
		n = 0;
		for (const char *b = strchr(forms, '{'); b != NULL; b = strchr(b + 1, '{'))
			p->of[t].item[n++] = fmt_item_at((enum tr_type)t, b + 1);
		p->quick[t] = quick_new((enum tr_type)t, p->of[t].item);
	}
	return p;
}

void fmt_patterns_free(struct fmt_patterns *p)
{
	for (unsigned t = 0; p != NULL && t < TR_TYPE_COUNT; t++) {
		free(p->of[t].item);
		free(p->of[t].number);
		quick_free(p->quick[t]);
	}
	free(p);
}

/* --- a text by the steps ---------------------------------------------------------------------- */

struct span {
	const char *s;
	size_t n;
	const struct step *st;
};

struct pass {
	struct tr_event *ev;
	const char *s, *end;
	unsigned seen;
	bool guessed; /* another choice was left */
	struct span text[TR_ARG_MAX];
	unsigned texts;
};

static inline bool begins(const char *s, const struct step *st)
{
	const uint64_t *want = st->bytes;
	uint64_t have;

	for (unsigned left = st->n; left > 8; left -= 8, s += 8) {
		memcpy(&have, s, sizeof(have));
		if (have != *want++)
			return false;
	}
	memcpy(&have, s, sizeof(have));
	return ((have ^ *want) & st->mask) == 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool get_dec(const char **at, uint64_t *v)
{
	const char *s = *at, *first;
	bool minus = *s == '-';

	s += minus;
	first = s;
	for (*v = 0; is_digit(*s); s++)
		*v = *v * 10 + (uint64_t)(*s - '0');
	if (s - first > 18) /* may have more than 64 bits */
		return fmt_get_dec(at, v);
	*v = minus ? 0 - *v : *v;
	*at = s;
	return s != first;
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define EACH(byte) ((byte) * UINT64_C(0x0101010101010101))

/* Up to eight digits at s at once; how many there are. */
static unsigned hex_digits(const char *s, uint64_t *v)
{
	uint64_t x, ascii, digit, letter, none;
	unsigned n = 8;

	memcpy(&x, s, sizeof(x));
	ascii = x & EACH(0x7f);
	digit = (ascii + EACH(0x80 - '0')) & ~(ascii + EACH(0x7f - '9'));
	ascii |= EACH(0x20);
	letter = (ascii + EACH(0x80 - 'a')) & ~(ascii + EACH(0x7f - 'f'));
	none = (~(digit | letter) | x) & EACH(0x80);
	if (none != 0) {
		n = (unsigned)__builtin_ctzll(none) / 8;
		if (n == 0)
			return 0;
		x <<= 64 - 8 * n; /* as if zeros stood before them */
	}
	x = (x & EACH(0x0f)) + 9 * (x >> 6 & EACH(0x01));
	x = (x << 4 | x >> 8) & UINT64_C(0x00ff00ff00ff00ff);
	x = (x | x >> 8) & UINT64_C(0x0000ffff0000ffff);
	*v = __builtin_bswap32((uint32_t)(x | x >> 16));
	return n;
}
#else
/* Value of a hexadecimal digit, 16 and more: it is none. */
static unsigned nibble(char c)
{
	unsigned digit = (unsigned char)c - (unsigned)'0', letter = ((unsigned char)c | 0x20u) - (unsigned)'a';

	return digit < 10 ? digit : letter < 6 ? letter + 10 : 16;
}

static unsigned hex_digits(const char *s, uint64_t *v)
{
	unsigned n = 0;

	for (*v = 0; n < 8 && nibble(s[n]) < 16; n++)
		*v = *v << 4 | nibble(s[n]);
	return n;
}
#endif

/* *first: where its digits begin. */
static bool get_hex(struct pass *p, const char **first, uint64_t *v)
{
	const char *s = p->s;
	uint64_t low;
	unsigned n;

	while (*s == ' ')
		s++;
	s += s[0] == '0' && s[1] == 'x' ? 2 : 0;
	p->guessed = p->guessed || (s[0] == '0' && s[1] == 'X');
	*first = s;
	*v = 0;
	do {
		n = hex_digits(s, &low);
		if (n != 0 && *v >> (64 - 4 * n) != 0)
			return false;
		*v = n != 0 ? *v << 4 * n | low : *v;
		s += n;
	} while (n == 8);
	p->s = s;
	return s != *first;
}

/* The field has this value; false when it has another already. */
static bool give(struct pass *p, const struct step *st, uint64_t v)
{
	if (st->field == NO_FIELD)
		return true;
	if ((p->seen >> st->field & 1) != 0) {
		uint64_t old = p->ev->arg[st->field];

		if (st->kind != STEP_BITS && old != v)
			return false;
		v |= st->kind == STEP_BITS ? old : 0;
	}
	p->ev->arg[st->field] = v;
	p->seen |= 1u << st->field;
	return true;
}

static bool words(struct pass *p, const struct step *st)
{
	uint64_t v;

	for (size_t i = 0; i < st->words; i++) {
		const struct word *w = &st->word[i];

		if (*p->s != *w->s || (size_t)(p->end - p->s) < w->n || memcmp(p->s, w->s, w->n) != 0)
			continue;
		p->guessed = p->guessed || st->forked;
		p->s += w->n;
		if (give(p, st, w->value))
			return true;
		p->guessed = true; /* or another word */
		return false;
	}
	return p->s[0] == '0' && p->s[1] == 'x' && fmt_get_hex(&p->s, &v) && give(p, st, v);
}

static void keep(struct pass *p, const struct step *st, size_t n)
{
	p->text[p->texts++] = (struct span){ p->s, n, st };
	p->seen |= 1u << st->field;
	p->s += n;
}

/* Bytes up to the first place where the literal behind a text stands that is longer than n; 0: there is none. */
static size_t text_end(const struct pass *p, const char *s, const struct step *st, size_t n)
{
	char stop = *st[1].literal;
	size_t left = (size_t)(p->end - s), most = left < FMT_TEXT_MAX + 1u ? left : FMT_TEXT_MAX + 1u;

	for (n++; n < most; n++) {
		if (s[n] == stop && begins(s + n, &st[1]))
			return n;
	}
	return 0;
}

static bool text(struct pass *p, const struct step *st)
{
	size_t n = text_end(p, p->s, st, 0);

	if (n != 0)
		keep(p, st, n);
	return n != 0;
}

/* It failed, and another choice was left somewhere. */
static bool may_fit(const struct pass *p)
{
	bool other = p->guessed;

	for (unsigned i = 0; i < p->texts && !other; i++)
		other = p->text[i].st->kind == STEP_TEXT && text_end(p, p->text[i].s, p->text[i].st, p->text[i].n) != 0;
	return other;
}

static bool skip(struct pass *p, const struct step *st)
{
	for (const char *s = p->s; s < p->end; s++) {
		if (*s != *st[1].literal || !begins(s, &st[1]))
			continue;
		p->guessed = true;
		p->s = s;
		return true;
	}
	return false;
}

static bool word(struct pass *p, const struct step *st)
{
	size_t n = 0;

	while (p->s + n < p->end && p->s[n] != ' ')
		n++;
	if (n == 0 || n > FMT_TEXT_MAX)
		return false;
	keep(p, st, n);
	return true;
}

static bool rest(struct pass *p, const struct step *st)
{
	size_t n = (size_t)(p->end - p->s);

	if (n == 0 || n > TW_STRING_MAX)
		return false;
	keep(p, st, n);
	return true;
}

/* R of the old letters: whether it was preempted is not said. */
static bool state(struct pass *p, const struct step *st)
{
	bool old = st->kind == STEP_OLDSTATE;
	uint64_t v;

	if (!fmt_get_state(&p->s, old, &v))
		return old && fmt_get_state(&p->s, false, &v) && give(p, st, v);
	return (old && v == 0) || give(p, st, v);
}

static bool number(struct pass *p, const struct step *st)
{
	const char *first;
	uint64_t v;

	switch ((enum step_kind)st->kind) {
	case STEP_HEX:
		return get_hex(p, &first, &v) && give(p, st, v);
	case STEP_PADDED:
		return get_hex(p, &first, &v) && !fmt_cut_number(first, p->s) && give(p, st, v);
	case STEP_NEG:
		return get_dec(&p->s, &v) && give(p, st, 0 - v);
	case STEP_BITS:
		return get_dec(&p->s, &v) && v <= st->it->mask && give(p, st, v << st->it->shift);
	case STEP_CONST:
		return give(p, st, (uint64_t)st->it->constant);
	default:
		return get_dec(&p->s, &v) && give(p, st, v);
	}
}

static bool do_step(struct pass *p, const struct step *st)
{
	switch ((enum step_kind)st->kind) {
	case STEP_LITERAL:
		p->s += st->n;
		return begins(p->s - st->n, st);
	case STEP_WORDS:
		return words(p, st);
	case STEP_STATE:
	case STEP_OLDSTATE:
		return state(p, st);
	case STEP_TEXT:
		return text(p, st);
	case STEP_WORD:
		return word(p, st);
	case STEP_REST:
		return rest(p, st);
	case STEP_SKIP:
		return skip(p, st);
	case STEP_NAME:
		while (p->s < p->end && *p->s != ' ' && *p->s != ')')
			p->s++;
		return true;
	case STEP_UNSURE:
		p->guessed = true;
		return false;
	default:
		return number(p, st);
	}
}

static void finish(struct pass *p, const struct fmt_quick *q, const struct fmt_strings *fs)
{
	for (unsigned i = 0; i < p->texts; i++)
		p->ev->arg[p->text[i].st->field] = fmt_intern(fs, p->text[i].s, p->text[i].n);
	p->ev->absent = (uint8_t)(q->fields & ~p->seen);
}

bool fmt_quick(struct tr_event *ev, const char *s, const char *end, const struct fmt_strings *fs)
{
	const struct fmt_quick *q = fs->patterns->quick[ev->type];
	const struct step *st = q->step, *stop = q->step + q->n;
	struct pass p;

	p.ev = ev;
	p.end = end;
	p.guessed = false;
	if (*s == '<' || (s[0] == 'C' && s[1] == 'A')) /* skip_garble */
		return false;
	for (; st < stop; st++) { /* one form each time */
		memset(ev->arg, 0, sizeof(ev->arg));
		p.s = s;
		p.seen = p.texts = 0;
		while (st->kind < STEP_ANY && do_step(&p, st))
			st++;
		if (st->kind == STEP_ANY || (st->kind == STEP_END && p.s == end)) {
			finish(&p, q, fs);
			return true;
		}
		if (may_fit(&p))
			return false;
		while (st->kind != STEP_END)
			st++;
	}
	return false;
}
