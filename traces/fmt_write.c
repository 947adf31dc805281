/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns of events.def, written; the language is described in fmt.h. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/fmt_item.h"

/* A writing in progress. */
struct job {
	const struct tr_event *ev;
	const struct fmt_strings *fs;
};

/* The printf format 016x, #08x, 03d, ... as the kernel understands it (0 has its 0x too). */
static void write_printf(struct str *out, const struct fmt_item *it, uint64_t v)
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

static void write_words(struct str *out, const struct fmt_item *it, uint64_t v)
{
	const char *p = it->spec, *word;
	uint64_t value = 0;
	size_t n;

	for (; fmt_next_word(&p, it->end, &value, &word, &n); value++) {
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

	if ((v & ~FMT_STATE_PREEMPTED) == 0)
		str_addc(out, 'R');
	for (unsigned i = 0; FMT_STATE_LETTERS[i] != '\0'; i++) {
		if ((v >> i & 1) != 0 && FMT_STATE_LETTERS[i] != '+') {
			str_addf(out, "%s%c", bar, FMT_STATE_LETTERS[i]);
			bar = "|";
		}
	}
	if ((v & FMT_STATE_PREEMPTED) != 0)
		str_addc(out, '+');
}

static void write_name(struct str *out, const struct job *j, const struct fmt_item *it, uint64_t v)
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

static void write_kind(struct str *out, const struct job *j, const struct fmt_item *it, uint64_t v)
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

static void write_item(struct str *out, const struct job *j, const struct fmt_item *it)
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
		struct fmt_item it;

		if (*p != '{')
			continue;
		it = fmt_item_at((enum tr_type)ev->type, p + 1);
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
	struct job j = { &copy, fs };

	for (unsigned i = 0; i < TR_ARG_MAX; i++) {
		if ((ev->absent >> i & 1) != 0)
			copy.arg[i] = 0;
	}
	for (const char *p = choose(&copy); *p != '\0' && *p != '\n'; p++) {
		struct fmt_item it;

		if (*p != '{') {
			str_addc(out, *p);
			continue;
		}
		it = fmt_item_at((enum tr_type)ev->type, p + 1);
		write_item(out, &j, &it);
		p = it.end;
	}
}

void fmt_word(struct str *out, enum tr_type type, unsigned field, uint64_t value)
{
	const char *p = tr_print_forms(type);

	while ((p = strchr(p, '{')) != NULL) {
		struct fmt_item it = fmt_item_at(type, p + 1);

		if (it.conv == CONV_WORDS && it.field == (int)field) {
			write_words(out, &it, value);
			return;
		}
		p = it.end;
	}
	str_addf(out, "0x%" PRIx64, value);
}
