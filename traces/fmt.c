/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns of events.def, read and written; the language is described in fmt.h. */
#include "traces/fmt.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 255 /* bytes of a string field: bounds the search for its end */

enum conv { CONV_KIND, CONV_PRINTF, CONV_WORDS, CONV_NEG, CONV_STATE, CONV_OLDSTATE, CONV_BITS,
	    CONV_DIFF, CONV_CONST, CONV_SKIP };

/* One pair of braces, taken apart. */
struct item {
	enum conv conv;
	int field;         /* -1: none */
	int other;         /* CONV_DIFF */
	const char *spec;  /* CONV_PRINTF, CONV_WORDS: up to end */
	const char *end;   /* the closing brace */
	int64_t constant;  /* CONV_CONST */
	unsigned shift;    /* CONV_BITS */
	uint64_t mask;
};

/* A reading or writing in progress. */
struct job {
	struct tr_event *ev;
	const struct fmt_strings *fs;
	unsigned seen; /* fields that have their value */
};

static int field_by_name(enum tr_type type, const char *name, size_t n)
{
	for (unsigned i = 0; i < tr_field_count(type); i++) {
		const char *have = tr_field_name(type, i);

		if (strncmp(have, name, n) == 0 && have[n] == '\0')
			return (int)i;
	}
	return -1;
}

static bool is_word(const char *p, const char *end, const char *word)
{
	return (size_t)(end - p) == strlen(word) && memcmp(p, word, (size_t)(end - p)) == 0;
}

/* What follows the colon. */
static enum conv conv_of(const char *spec, const char *end)
{
	if (is_word(spec, end, "neg"))
		return CONV_NEG;
	if (is_word(spec, end, "state"))
		return CONV_STATE;
	if (is_word(spec, end, "oldstate"))
		return CONV_OLDSTATE;
	return memchr(spec, '|', (size_t)(end - spec)) != NULL ? CONV_WORDS : CONV_PRINTF;
}

/* Take the braces at p (just behind the opening one) apart. */
static struct item item_at(enum tr_type type, const char *p)
{
	struct item it = { .conv = CONV_KIND, .field = -1, .other = -1, .end = strchr(p, '}') };
	const char *name = p + (*p == '~');
	const char *q = name + strcspn(name, ":=>-}");
	char *rest;

	BUG_ON(it.end == NULL);
	if (q != name)
		it.field = field_by_name(type, name, (size_t)(q - name));
	BUG_ON(it.field < 0 && q != name);
	if (*p == '~') {
		it.conv = CONV_SKIP;
	} else if (*q == ':') {
		it.spec = q + 1;
		it.conv = conv_of(it.spec, it.end);
	} else if (*q == '=') {
		it.conv = CONV_CONST;
		it.constant = strtoll(q + 2, NULL, 10);
	} else if (*q == '>') {
		it.conv = CONV_BITS;
		it.shift = (unsigned)strtoul(q + 1, &rest, 10);
		it.mask = strtoull(rest + 1, NULL, 10);
	} else if (*q == '-') {
		it.conv = CONV_DIFF;
		it.other = field_by_name(type, q + 1, (size_t)(it.end - q - 1));
	}
	return it;
}

/* Next word of a list `a|b|7=c`: its value and text. Returns false at the end. */
static bool next_word(const char **p, const char *end, uint64_t *value, const char **word, size_t *n)
{
	const char *stop;
	char *eq;

	if (*p >= end)
		return false;
	stop = memchr(*p, '|', (size_t)(end - *p));
	if (stop == NULL)
		stop = end;
	if (isdigit((unsigned char)**p)) {
		uint64_t v = strtoull(*p, &eq, 10);

		if (*eq == '=') {
			*value = v;
			*p = eq + 1;
		}
	}
	*word = *p;
	*n = (size_t)(stop - *p);
	*p = stop + 1;
	return true;
}

static bool match(struct job *j, const char *pat, const char *s);

/* The field has this value now; it must agree with what it has already. */
static bool match_value(struct job *j, const struct item *it, uint64_t v, const char *s)
{
	unsigned bit = it->field >= 0 ? 1u << it->field : 0;
	uint64_t old = 0;
	unsigned seen = j->seen;

	if (it->field >= 0) {
		old = j->ev->arg[it->field];
		if ((seen & bit) != 0 && it->conv == CONV_BITS)
			v |= old;
		else if ((seen & bit) != 0 && old != v)
			return false;
		j->ev->arg[it->field] = v;
		j->seen |= bit;
	}
	if (match(j, it->end + 1, s))
		return true;
	j->seen = seen;
	if (it->field >= 0)
		j->ev->arg[it->field] = old;
	return false;
}

/* Unsigned number at *s in a base; false when there is none or it has over 64 bits. */
static bool get_number(const char **s, unsigned base, uint64_t *v)
{
	const char *start = *s;

	*v = 0;
	for (;; ++*s) {
		int c = tolower((unsigned char)**s);
		unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') :
				 c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 99;

		if (digit >= base)
			return *s != start;
		if (*v > (UINT64_MAX - digit) / base)
			return false;
		*v = *v * base + digit;
	}
}

static bool get_hex(const char **s, uint64_t *v)
{
	while (**s == ' ')
		++*s;
	if ((*s)[0] == '0' && ((*s)[1] == 'x' || (*s)[1] == 'X'))
		*s += 2;
	return get_number(s, 16, v);
}

static bool get_dec(const char **s, uint64_t *v)
{
	bool minus = **s == '-';

	*s += minus;
	if (!get_number(s, 10, v) || (minus && *v > (uint64_t)1 << 63))
		return false;
	if (minus)
		*v = 0 - *v;
	return true;
}

static bool match_words(struct job *j, const struct item *it, const char *s)
{
	const char *p = it->spec, *word;
	uint64_t value = 0;
	size_t n;

	for (; next_word(&p, it->end, &value, &word, &n); value++) {
		if (strncmp(s, word, n) == 0 && match_value(j, it, value, s + n))
			return true;
	}
	return s[0] == '0' && s[1] == 'x' && get_hex(&s, &value) && match_value(j, it, value, s);
}

/* A kernel address in place of a name, as libtraceevent prints it: give it the 0x it has elsewhere. */
static uint32_t intern(const struct job *j, const char *s, size_t n)
{
	char pointer[2 + 16];

	if (n != 16 || strncmp(s, "ffff", 4) != 0 || strspn(s, "0123456789abcdef") < 16)
		return j->fs->intern(j->fs->self, s, n);
	memcpy(pointer, "0x", 2);
	memcpy(pointer + 2, s, 16);
	return j->fs->intern(j->fs->self, pointer, sizeof(pointer));
}

/* Text that is not read ends wherever the rest of the pattern fits. */
static bool match_skip(struct job *j, const struct item *it, const char *s)
{
	char stop = it->end[1];

	if (stop == '\0' || stop == '\n')
		return true;
	for (const char *p = strchr(s, stop); p != NULL; p = strchr(p + 1, stop)) {
		if (match(j, it->end + 1, p))
			return true;
	}
	return false;
}

/* So does a text, but it is not empty. The rest goes first: only the right text is kept. */
static bool match_text(struct job *j, const struct item *it, const char *s)
{
	char stop = it->end[1] == '\n' ? '\0' : it->end[1];
	size_t len = strnlen(s, TEXT_MAX + 1);
	unsigned seen = j->seen;

	for (size_t n = 1; n <= len && n <= TEXT_MAX; n++) {
		if (s[n] != stop)
			continue;
		j->seen = seen | 1u << it->field;
		if (match(j, it->end + 1, s + n)) {
			j->ev->arg[it->field] = intern(j, s, n);
			return true;
		}
	}
	j->seen = seen;
	return false;
}

/* Letters of a task's state and their bits: the kernel's, and those of trace-cmd's old plugin. */
static bool get_state(const char **s, const char *letters, uint64_t *v)
{
	const char *start = *s;

	*v = 0;
	if (**s == 'R') {
		++*s;
	} else {
		for (;;) {
			const char *at = **s != '\0' ? strchr(letters, **s) : NULL;

			if (at == NULL)
				break;
			*v |= (uint64_t)1 << (at - letters);
			++*s;
			if (**s != '|')
				break;
			++*s;
		}
	}
	if (**s == '+') {
		*v |= 0x100;
		++*s;
	}
	return *s != start;
}

static const char state_letters[] = "SDTtXZPI";
static const char oldstate_letters[] = "SDTtZXxW";

static bool match_state(struct job *j, const struct item *it, const char *s)
{
	bool old = it->conv == CONV_OLDSTATE;
	struct item none = *it;
	uint64_t v;

	if (old && strchr(s, 'P') == s)
		return get_state(&s, state_letters, &v) && match_value(j, it, v, s);
	if (!get_state(&s, old ? oldstate_letters : state_letters, &v))
		return false;
	if (old && v == 0) { /* R: whether it was preempted (0x100) is not said */
		none.field = -1;
		return match_value(j, &none, 0, s);
	}
	return match_value(j, it, v, s);
}

static bool match_item(struct job *j, const struct item *it, const char *s)
{
	uint64_t v;

	switch (it->conv) {
	case CONV_SKIP:
		return match_skip(j, it, s);
	case CONV_WORDS:
		return match_words(j, it, s);
	case CONV_STATE:
	case CONV_OLDSTATE:
		return match_state(j, it, s);
	case CONV_CONST:
		return match_value(j, it, (uint64_t)it->constant, s);
	case CONV_NEG:
		return get_dec(&s, &v) && match_value(j, it, 0 - v, s);
	case CONV_BITS:
		return get_dec(&s, &v) && v <= it->mask && match_value(j, it, v << it->shift, s);
	case CONV_DIFF: {
		struct item none = *it;

		none.field = -1;
		return get_dec(&s, &v) && match_value(j, &none, 0, s);
	}
	case CONV_PRINTF:
		return (it->end[-1] == 'x' ? get_hex(&s, &v) : get_dec(&s, &v)) &&
		       match_value(j, it, v, s);
	case CONV_KIND:
		break;
	}
	switch (tr_field_kind((enum tr_type)j->ev->type, (unsigned)it->field)) {
	case TRF_STR:
		return match_text(j, it, s);
	case TRF_HEX:
		return get_hex(&s, &v) && match_value(j, it, v, s);
	case TRF_DEC:
	case TRF_SDEC:
		break;
	}
	return get_dec(&s, &v) && match_value(j, it, v, s);
}

/* The rest of the pattern (one form: up to newline or end) against the rest of the text. */
static bool match(struct job *j, const char *pat, const char *s)
{
	struct item it;

	while (*pat != '{') {
		if (*pat == '\0' || *pat == '\n')
			return *s == '\0';
		if (*pat++ != *s++)
			return false;
	}
	it = item_at((enum tr_type)j->ev->type, pat + 1);
	return match_item(j, &it, s);
}

/* What trace-cmd's plugins for x86 leave on arm64, e.g. CAN'T FIND FIELD "vcpu_id"<CANT FIND FIELD rip>. */
static const char *skip_garble(const char *s, bool *garbled)
{
	for (;;) {
		const char *end = NULL;

		if (strncmp(s, "CAN'T FIND FIELD \"", 18) == 0)
			end = strchr(s + 18, '"');
		else if (strncmp(s, "<CANT FIND FIELD ", 17) == 0)
			end = strchr(s + 17, '>');
		if (end == NULL)
			return s;
		*garbled = true;
		s = end + 1;
	}
}

static uint8_t absent_of(const struct tr_event *ev, unsigned seen)
{
	return (uint8_t)(((1u << tr_field_count((enum tr_type)ev->type)) - 1) & ~seen);
}

static bool read_form(struct tr_event *ev, const char *form, const char *text,
		      const struct fmt_strings *fs)
{
	struct job j = { ev, fs, 0 };

	memset(ev->arg, 0, sizeof(ev->arg));
	if (!match(&j, form, text))
		return false;
	ev->absent = absent_of(ev, j.seen);
	return true;
}

/* Start of the next " word=" at or behind s, or the end of the text. */
static const char *next_key(const char *s)
{
	for (; *s != '\0'; s++) {
		size_t n = 0;

		if (*s != ' ')
			continue;
		while (isalnum((unsigned char)s[1 + n]) || s[1 + n] == '_')
			n++;
		if (n != 0 && s[1 + n] == '=')
			break;
	}
	return s;
}

/*
 * failed: libtraceevent could not read the kernel's format and prints plain numbers; otherwise (report -R) it
 * uses the kernel's, where hexadecimal ones may lack the 0x.
 */
static bool list_value(struct job *j, unsigned field, bool failed, const char *s, const char *end)
{
	enum tr_field_kind kind = tr_field_kind((enum tr_type)j->ev->type, field);
	uint64_t v;

	if (kind == TRF_STR) {
		if (end - s > TEXT_MAX)
			return false;
		v = intern(j, s, (size_t)(end - s));
	} else {
		s += strspn(s, " ");
		if ((s[0] == '0' && s[1] == 'x') || (kind == TRF_HEX && !failed)) {
			if (!get_hex(&s, &v) || s != end)
				return false;
		} else if (!get_dec(&s, &v) || s != end) {
			return false;
		}
	}
	j->ev->arg[field] = v;
	j->seen |= 1u << field;
	return true;
}

/* field=value field=value ..., in any order, with fields that we do not know. */
static bool read_list(struct tr_event *ev, const char *s, const struct fmt_strings *fs)
{
	bool failed = strncmp(s, "[FAILED TO PARSE]", 17) == 0;
	struct job j = { ev, fs, 0 };

	memset(ev->arg, 0, sizeof(ev->arg));
	s += failed ? 17 : 0;
	s += strspn(s, " ");
	while (*s != '\0') {
		const char *eq = strchr(s, '='), *end;
		int field;

		if (eq == NULL)
			return false;
		end = next_key(eq);
		field = field_by_name((enum tr_type)ev->type, s, (size_t)(eq - s));
		if (field >= 0 && !list_value(&j, (unsigned)field, failed, eq + 1, end))
			return false;
		s = end + strspn(end, " ");
	}
	ev->absent = absent_of(ev, j.seen);
	return j.seen != 0;
}

bool fmt_read(struct tr_event *ev, const char *text, const struct fmt_strings *fs)
{
	bool garbled = false;
	const char *form;

	text = skip_garble(text + strspn(text, " "), &garbled);
	for (form = tr_print_forms((enum tr_type)ev->type); form != NULL;) {
		if (read_form(ev, form + strspn(form, " "), text, fs))
			return true;
		form = strchr(form, '\n');
		form += form != NULL;
	}
	if (read_list(ev, text, fs))
		return true;
	memset(ev->arg, 0, sizeof(ev->arg));
	ev->absent = absent_of(ev, 0);
	return garbled;
}

/* The printf format 016x, #08x, 03d, ... as the kernel understands it (0 has its 0x too). */
static void write_printf(struct str *out, const struct item *it, uint64_t v)
{
	bool alt = *it->spec == '#', hex = it->end[-1] == 'x', zero = it->spec[alt] == '0';
	int width = (int)strtoul(it->spec + alt, NULL, 10);

	if (!hex) {
		str_addf(out, zero ? "%0*" PRId64 : "%*" PRId64, width, (int64_t)v);
		return;
	}
	if (zero) {
		str_addf(out, "%s%0*" PRIx64, alt ? "0x" : "", alt ? width - 2 : width, v);
	} else {
		char digits[24];

		(void)snprintf(digits, sizeof(digits), "%s%" PRIx64, alt ? "0x" : "", v);
		str_addf(out, "%*s", width, digits);
	}
}

static void write_words(struct str *out, const struct item *it, uint64_t v)
{
	const char *p = it->spec, *word;
	uint64_t value = 0;
	size_t n;

	for (; next_word(&p, it->end, &value, &word, &n); value++) {
		if (value == v) {
			str_addn(out, word, n);
			return;
		}
	}
	str_addf(out, "0x%" PRIx64, v);
}

static void write_state(struct str *out, uint64_t v)
{
	const char *bar = "";

	if ((v & 0xff) == 0)
		str_addc(out, 'R');
	for (unsigned i = 0; i < 8; i++) {
		if ((v >> i & 1) != 0) {
			str_addf(out, "%s%c", bar, state_letters[i]);
			bar = "|";
		}
	}
	if ((v & 0x100) != 0)
		str_addc(out, '+');
}

static void write_name(struct str *out, const struct job *j, const struct item *it, uint64_t v)
{
	const char *name = NULL;

	if (it->field >= 0 && j->fs->name != NULL)
		name = j->fs->name(j->fs->self, (enum tr_type)j->ev->type, (unsigned)it->field, v);
	if (name != NULL)
		str_add(out, name);
	else if (it->field >= 0)
		str_addf(out, "0x%" PRIx64, v);
	else
		str_addc(out, '?');
}

static void write_kind(struct str *out, const struct job *j, const struct item *it, uint64_t v)
{
	const char *s;

	switch (tr_field_kind((enum tr_type)j->ev->type, (unsigned)it->field)) {
	case TRF_DEC:
		str_addf(out, "%" PRIu64, v);
		break;
	case TRF_SDEC:
		str_addf(out, "%" PRId64, (int64_t)v);
		break;
	case TRF_HEX:
		str_addf(out, "%" PRIx64, v);
		break;
	case TRF_STR:
		s = j->fs->text(j->fs->self, (uint32_t)v);
		str_add(out, *s != '\0' ? s : "?");
		break;
	}
}

static void write_item(struct str *out, const struct job *j, const struct item *it)
{
	uint64_t v = it->field >= 0 ? j->ev->arg[it->field] : 0;

	switch (it->conv) {
	case CONV_KIND:
		write_kind(out, j, it, v);
		break;
	case CONV_PRINTF:
		write_printf(out, it, v);
		break;
	case CONV_WORDS:
		write_words(out, it, v);
		break;
	case CONV_NEG:
		str_addf(out, "%" PRId64, (int64_t)(0 - v));
		break;
	case CONV_STATE:
	case CONV_OLDSTATE:
		write_state(out, v);
		break;
	case CONV_BITS:
		str_addf(out, "%" PRIu64, v >> it->shift & it->mask);
		break;
	case CONV_DIFF: /* the kernel's counters are 32 bits wide */
		str_addf(out, "%" PRIu32, (uint32_t)(v - j->ev->arg[it->other]));
		break;
	case CONV_CONST:
		break;
	case CONV_SKIP:
		write_name(out, j, it, v);
		break;
	}
}

/* The form can say these values; strict: and names no absent field. */
static bool can_say(const struct tr_event *ev, const char *form, bool strict)
{
	const char *p = form;

	for (; *p != '\0' && *p != '\n'; p++) {
		struct item it;

		if (*p != '{')
			continue;
		it = item_at((enum tr_type)ev->type, p + 1);
		p = it.end;
		if (it.field < 0)
			continue;
		if (it.conv == CONV_OLDSTATE ||
		    (it.conv == CONV_CONST && ev->arg[it.field] != (uint64_t)it.constant) ||
		    (it.conv == CONV_NEG && (int64_t)ev->arg[it.field] >= 0) ||
		    (strict && (ev->absent >> it.field & 1) != 0))
			return false;
	}
	return true;
}

static const char *choose(const struct tr_event *ev)
{
	const char *first = tr_print_forms((enum tr_type)ev->type);

	for (int strict = 1; strict >= 0; strict--) {
		for (const char *form = first; form != NULL; form = strchr(form, '\n')) {
			form += *form == '\n';
			if (can_say(ev, form, strict != 0))
				return form;
		}
	}
	return first;
}

void fmt_write(struct str *out, const struct tr_event *ev, const struct fmt_strings *fs)
{
	struct tr_event copy = *ev;
	struct job j = { &copy, fs, 0 };

	for (unsigned i = 0; i < TR_ARG_MAX; i++) {
		if ((ev->absent >> i & 1) != 0)
			copy.arg[i] = 0;
	}
	for (const char *p = choose(&copy); *p != '\0' && *p != '\n'; p++) {
		struct item it;

		if (*p != '{') {
			str_addc(out, *p);
			continue;
		}
		it = item_at((enum tr_type)ev->type, p + 1);
		write_item(out, &j, &it);
		p = it.end;
	}
}

void fmt_word(struct str *out, enum tr_type type, unsigned field, uint64_t value)
{
	const char *p = tr_print_forms(type);

	while ((p = strchr(p, '{')) != NULL) {
		struct item it = item_at(type, p + 1);

		if (it.conv == CONV_WORDS && it.field == (int)field) {
			write_words(out, &it, value);
			return;
		}
		p = it.end;
	}
	str_addf(out, "0x%" PRIx64, value);
}
