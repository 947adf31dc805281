/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns of events.def, read; the language is described in fmt.h. */
#include <ctype.h>
#include <string.h>

#include "traces/fmt_job.h"
#include "traces/writer.h"

static bool match(struct job *j, const char *pat, const char *s);

/* The field has this value now; it must agree with what it has already. */
static bool match_value(struct job *j, const struct fmt_item *it, uint64_t v, const char *s)
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
		unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
				 : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
							: 99;

		if (digit >= base)
			return *s != start;
		if (*v > (UINT64_MAX - digit) / base)
			return false;
		*v = *v * base + digit;
	}
}

bool fmt_get_hex(const char **s, uint64_t *v)
{
	while (**s == ' ')
		++*s;
	if ((*s)[0] == '0' && ((*s)[1] == 'x' || (*s)[1] == 'X'))
		*s += 2;
	return get_number(s, 16, v);
}

bool fmt_get_dec(const char **s, uint64_t *v)
{
	bool minus = **s == '-';

	*s += minus;
	if (!get_number(s, 10, v) || (minus && *v > (uint64_t)1 << 63))
		return false;
	if (minus)
		*v = 0 - *v;
	return true;
}

static bool match_words(struct job *j, const struct fmt_item *it, const char *s)
{
	const char *p = it->spec, *word;
	uint64_t value = 0;
	size_t n;

	for (; fmt_next_word(&p, it->end, &value, &word, &n); value++) {
		if (strncmp(s, word, n) == 0 && match_value(j, it, value, s + n))
			return true;
	}
	return s[0] == '0' && s[1] == 'x' && fmt_get_hex(&s, &value) && match_value(j, it, value, s);
}

uint32_t fmt_intern(const struct fmt_strings *fs, const char *s, size_t n)
{
	char pointer[2 + 16];

	if (n != 16 || strncmp(s, "ffff", 4) != 0 || strspn(s, "0123456789abcdef") < 16)
		return fs->intern(fs->self, s, n);
	memcpy(pointer, "0x", 2);
	memcpy(pointer + 2, s, 16);
	return fs->intern(fs->self, pointer, sizeof(pointer));
}

/* Text that is not read ends wherever the rest of the pattern fits. */
static bool match_skip(struct job *j, const struct fmt_item *it, const char *s)
{
	char stop = it->end[1];

	if (it->field >= 0) { /* the name of a value: one word */
		s += strcspn(s, " )");
		return match(j, it->end + 1, s);
	}
	if (stop == '\0' || stop == '\n')
		return true;
	for (const char *p = strchr(s, stop); p != NULL; p = strchr(p + 1, stop)) {
		if (match(j, it->end + 1, p))
			return true;
	}
	return false;
}

/* So does a text, but it is not empty. The rest goes first: only the right text is kept. */
static bool match_text(struct job *j, const struct fmt_item *it, const char *s)
{
	char stop = it->end[1] == '\n' ? '\0' : it->end[1];
	size_t len = strnlen(s, FMT_TEXT_MAX + 1);
	unsigned seen = j->seen;

	if (it->word) {
		len = strcspn(s, " ");
		j->seen |= 1u << it->field;
		if (len != 0 && len <= FMT_TEXT_MAX && match(j, it->end + 1, s + len)) {
			j->ev->arg[it->field] = fmt_intern(j->fs, s, len);
			return true;
		}
		j->seen = seen;
		return false;
	}
	if (stop == '\0') { /* up to the end: no search to bound */
		j->seen |= 1u << it->field;
		len = strlen(s);
		if (len != 0 && len <= TW_STRING_MAX)
			j->ev->arg[it->field] = fmt_intern(j->fs, s, len);
		return len != 0 && len <= TW_STRING_MAX;
	}
	for (size_t n = 1; n <= len && n <= FMT_TEXT_MAX; n++) {
		if (s[n] != stop)
			continue;
		j->seen = seen | 1u << it->field;
		if (match(j, it->end + 1, s + n)) {
			j->ev->arg[it->field] = fmt_intern(j->fs, s, n);
			return true;
		}
	}
	j->seen = seen;
	return false;
}

/* Letters of a task's state and their bits: the kernel's, and those of trace-cmd's old plugin. */
bool fmt_get_state(const char **s, bool old, uint64_t *v)
{
	static const char theirs[] = FMT_STATE_LETTERS, plugin[] = "SDTtZXxW";
	const char *start = *s, *letters = old ? plugin : theirs;

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
		*v |= FMT_STATE_PREEMPTED;
		++*s;
	}
	return *s != start;
}

static bool match_state(struct job *j, const struct fmt_item *it, const char *s)
{
	bool old = it->conv == CONV_OLDSTATE;
	struct fmt_item none = *it;
	uint64_t v;

	if (!fmt_get_state(&s, old, &v)) /* newer plugins have newer letters */
		return old && fmt_get_state(&s, false, &v) && match_value(j, it, v, s);
	if (old && v == 0) { /* R: whether it was preempted (0x100) is not said */
		none.field = -1;
		return match_value(j, &none, 0, s);
	}
	return match_value(j, it, v, s);
}

/* What stands for a value that the kernel does not tell. */
static size_t placeholder(const char *s)
{
	static const char *const words[] = {
		"(____ptrval____)", "(ptrval)", "(__ptrval__)", "(null)",
		"(efault)",         "(einval)", "(nil)",        "<OVERFLOW>"
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t n = strlen(words[i]);

		if (strncmp(s, words[i], n) == 0)
			return n;
	}
	return 0;
}

/* A word in place of one that is known; 0: there is none. */
static size_t strange_word(const char *s)
{
	size_t n = 0;

	while (isalnum((unsigned char)s[n]) || (s[n] != '\0' && strchr("_|+?-", s[n]) != NULL))
		n++;
	return n <= 40 ? n : 0;
}

/* Pass over the item's text without a value. */
static bool match_strange(struct job *j, const struct fmt_item *it, const char *s)
{
	size_t n = placeholder(s + strspn(s, " "));

	if (n != 0)
		n += strspn(s, " ");
	else if (it->conv == CONV_WORDS || it->conv == CONV_STATE || it->conv == CONV_OLDSTATE)
		n = strange_word(s);
	return n != 0 && match(j, it->end + 1, s + n);
}

/*
 * Sixteen digits filled up with zeros, eight in old kernels, or none of them: a number that begins with a zero and has
 * another width was cut.
 */
bool fmt_cut_number(const char *digits, const char *end)
{
	return *digits == '0' && end - digits > 1 && end - digits != 8 && end - digits < FMT_PADDED;
}

static bool cut_number(const char *s, const char *end)
{
	while (*s == ' ')
		s++;
	s += s[0] == '0' && s[1] == 'x' ? 2 : 0;
	return fmt_cut_number(s, end);
}

static bool match_known(struct job *j, const struct fmt_item *it, const char *s)
{
	const char *start = s;
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
		return fmt_get_dec(&s, &v) && match_value(j, it, 0 - v, s);
	case CONV_BITS:
		return fmt_get_dec(&s, &v) && v <= it->mask && match_value(j, it, v << it->shift, s);
	case CONV_DIFF: {
		struct fmt_item none = *it;

		none.field = -1;
		return fmt_get_dec(&s, &v) && match_value(j, &none, 0, s);
	}
	case CONV_PRINTF:
		return (it->end[-1] == 'x' ? fmt_get_hex(&s, &v) : fmt_get_dec(&s, &v)) &&
		       !(it->padded && cut_number(start, s)) && match_value(j, it, v, s);
	case CONV_KIND:
		break;
	}
	switch (tr_field_kind((enum tr_type)j->ev->type, (unsigned)it->field)) {
	case TRF_STR:
		return match_text(j, it, s);
	case TRF_HEX:
		return fmt_get_hex(&s, &v) && match_value(j, it, v, s);
	case TRF_DEC:
	case TRF_SDEC:
		break;
	}
	return fmt_get_dec(&s, &v) && match_value(j, it, v, s);
}

static bool match_item(struct job *j, const struct fmt_item *it, const char *s)
{
	j->last = it;
	j->last_text = s;
	return match_known(j, it, s) || (j->lenient && it->field >= 0 && match_strange(j, it, s));
}

/* Behind the fields: no other event that was put there with its CPU or its time. */
static bool is_remark(const char *s)
{
	if (*s != ' ')
		return false;
	for (const char *p = strchr(s, '['); p != NULL; p = strchr(p + 1, '[')) {
		if (isdigit((unsigned char)p[1]) && p[1 + strspn(p + 1, "0123456789")] == ']')
			return false;
	}
	for (const char *p = strchr(s, ':'); p != NULL; p = strchr(p + 1, ':')) {
		const char *q = p;

		while (q > s && (q[-1] == ' ' || q[-1] == '+' || q[-1] == '!'))
			q--;
		if (q - s > 2 && q[-1] == 's' && q[-2] == 'u' && isdigit((unsigned char)q[-3]))
			return false;
		while (q > s && isdigit((unsigned char)q[-1]))
			q--;
		if (q < p && q > s && (q[-1] == '.' || q[-1] == ','))
			return false;
	}
	return true;
}

/* The pattern ended with the text, which may be cut there: is it the end? A value that may go on is j->open. */
static bool ends_well(struct job *j, const char *pat)
{
	const struct fmt_item *it = j->last;
	const char *s = j->last_text;

	if (pat == j->form || pat[-1] != '}')
		return pat != j->form;
	if (it->conv == CONV_WORDS || it->conv == CONV_SKIP)
		return it->begin != j->form && it->conv == CONV_WORDS;
	s += strspn(s, " ");
	s += s[0] == '0' && s[1] == 'x' ? 2 : 0;
	if (!it->padded || strspn(s, "0123456789abcdef") < FMT_PADDED)
		j->open = it->field;
	return true;
}

/* The rest of the pattern (one form: up to newline or end) against the rest of the text. */
static bool match(struct job *j, const char *pat, const char *s)
{
	struct fmt_item it;

	while (*pat != '{') {
		if (*pat == '\0' || *pat == '\n')
			return *s == '\0' ? !j->cut || ends_well(j, pat) : j->remark && is_remark(s);
		if (*pat++ != *s++)
			return false;
	}
	if (j->fs->patterns != NULL) {
		unsigned type = j->ev->type;

		return match_item(j, &j->fs->patterns->of[type].item[j->fs->patterns->of[type].number[pat - j->forms]], s);
	}
	it = fmt_item_at((enum tr_type)j->ev->type, pat + 1);
	return match_item(j, &it, s);
}

/* What trace-cmd's plugins for x86 leave on arm64, e.g. CAN'T FIND FIELD "vcpu_id"<CANT FIND FIELD
 * rip>. */
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

uint8_t fmt_absent(const struct tr_event *ev, unsigned seen)
{
	return (uint8_t)(((1u << tr_field_count((enum tr_type)ev->type)) - 1) & ~seen);
}

/* A value that may go on behind the end of the text is none. */
static void drop_open(struct job *j)
{
	if (j->open < 0)
		return;
	j->ev->arg[j->open] = 0;
	j->seen &= ~(1u << j->open);
}

static bool read_form(struct tr_event *ev, const char *form, const char *text, enum way way,
		      const struct fmt_strings *fs, bool *open)
{
	struct job j = { .ev = ev,
			 .fs = fs,
			 .forms = tr_print_forms((enum tr_type)ev->type),
			 .form = form,
			 .open = -1,
			 .lenient = way == WAY_LENIENT,
			 .remark = way == WAY_REMARK,
			 .cut = way == WAY_CUT };

	memset(ev->arg, 0, sizeof(ev->arg));
	if (!match(&j, form, text))
		return false;
	drop_open(&j);
	*open = j.open >= 0;
	ev->absent = fmt_absent(ev, j.seen);
	return true;
}

static enum fmt_read read_forms(struct tr_event *ev, const char *text, enum way way,
				const struct fmt_strings *fs)
{
	bool open;

	for (const char *form = tr_print_forms((enum tr_type)ev->type); form != NULL;) {
		while (*form == ' ')
			form++;
		if (read_form(ev, form, text, way, fs, &open))
			return open ? FMT_OPEN : way == WAY_REMARK ? FMT_REMARK : FMT_FORM;
		form = strchr(form, '\n');
		form += form != NULL;
	}
	return FMT_NO;
}

/* By a form, else as a list. */
static enum fmt_read read_either(struct tr_event *ev, const char *text, enum way way, const struct fmt_strings *fs)
{
	enum fmt_read how = read_forms(ev, text, way, fs);

	return how != FMT_NO ? how : fmt_read_list(ev, text, way, fs);
}

/* The same leniently: as a list first, whose fields have names. */
static enum fmt_read read_leniently(struct tr_event *ev, const char *text, const struct fmt_strings *fs)
{
	enum fmt_read how = fmt_read_list(ev, text, WAY_LENIENT, fs);

	return how != FMT_NO ? how : read_forms(ev, text, WAY_LENIENT, fs);
}

/* Bytes of text without a remark behind it: trace-cmd report -w, perf script -F +ip,sym, arrows of
 * people. */
static size_t without_remark(const char *text)
{
	static const char *const marks[] = { " Latency: ", " <--", " <==", " <<<",
					     " //",        " # ",  " ^^^", " *** " };
	const char *at = NULL;

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		const char *p = strstr(text, marks[i]);

		if (p != NULL && (at == NULL || p < at))
			at = p;
	}
	for (const char *p = strstr(text, " ffff"); at == NULL && p != NULL;
	     p = strstr(p + 1, " ffff")) {
		if (strspn(p + 1, "0123456789abcdef") == 16 && (p[17] == ' ' || p[17] == '\0'))
			at = p;
	}
	return at != NULL ? (size_t)(at - text) : strlen(text);
}

static enum fmt_read read_without_remark(struct tr_event *ev, const char *text,
					 const struct fmt_strings *fs)
{
	size_t n = without_remark(text);
	enum fmt_read how = FMT_NO;
	char line[1024];

	if (text[n] != '\0' && n < sizeof(line)) {
		while (n > 0 && text[n - 1] == ' ')
			n--;
		memcpy(line, text, n);
		line[n] = '\0';
		how = read_either(ev, line, WAY_STRICT, fs);
		if (how == FMT_NO)
			how = read_leniently(ev, line, fs);
	}
	return how != FMT_NO ? how : read_forms(ev, text, WAY_REMARK, fs);
}

enum fmt_read fmt_read(struct tr_event *ev, const char *text, unsigned ways, const struct fmt_strings *fs)
{
	bool garbled = false;
	enum fmt_read how;

	text = skip_garble(text + strspn(text, " "), &garbled);
	how = read_either(ev, text, (ways & FMT_CUT) != 0 ? WAY_CUT : WAY_STRICT, fs);
	if (how == FMT_NO && (ways & FMT_WHOLE) != 0)
		how = read_without_remark(ev, text, fs);
	if (how == FMT_NO && (ways & FMT_LENIENT) != 0)
		how = read_leniently(ev, text, fs);
	if (how != FMT_NO)
		return how;
	memset(ev->arg, 0, sizeof(ev->arg));
	ev->absent = fmt_absent(ev, 0);
	return garbled && (ways & FMT_LENIENT) != 0 ? FMT_FORM : FMT_NO;
}
