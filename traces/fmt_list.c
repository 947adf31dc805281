/* SPDX-License-Identifier: Apache-2.0 */
/* Events as lists field=value: trace-cmd report -R, tracefs with options/fields, what could not be parsed. */
#include <ctype.h>
#include <string.h>

#include "traces/fmt_job.h"

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
 * A number of tracefs with options/fields: "0x2 (2)", "(1)", "'a'(97)". The decimal one has the
 * sign.
 */
static bool both_values(const char *s, const char *end, bool sign, uint64_t *v)
{
	const char *open = memrchr(s, '(', (size_t)(end - s));
	bool hex = s[0] == '0' && s[1] == 'x';

	if (open == NULL || end[-1] != ')' || (!hex && open != s && *s != '\''))
		return false;
	if (hex && !sign)
		return fmt_get_hex(&s, v) && s <= open;
	open++;
	return fmt_get_dec(&open, v) && open == end - 1;
}

/* A text of tracefs with options/fields: "(0xffff800080001234:name)"; the part that is the name. */
static void named_pointer(const char **s, const char **end)
{
	const char *colon = memchr(*s, ':', (size_t)(*end - *s));

	if (strncmp(*s, "(0x", 3) != 0 || (*end)[-1] != ')')
		return;
	*s = colon != NULL ? colon + 1 : *s + 1;
	--*end;
}

/*
 * failed: libtraceevent could not read the kernel's format and prints plain numbers; otherwise
 * (report -R) it uses the kernel's, where hexadecimal ones may lack the 0x.
 */
static bool list_value(struct job *j, unsigned field, bool failed, const char *s, const char *end)
{
	enum tr_field_kind kind = tr_field_kind((enum tr_type)j->ev->type, field);
	uint64_t v;

	if (kind == TRF_STR) {
		named_pointer(&s, &end);
		if (end - s > FMT_TEXT_MAX || end == s)
			return false;
		v = fmt_intern(j->fs, s, (size_t)(end - s));
	} else {
		s += strspn(s, " ");
		if (s >= end) /* "key= other=1": no value */
			return false;
		if (both_values(s, end, kind == TRF_SDEC, &v)) {
			;
		} else if ((s[0] == '0' && s[1] == 'x') || (kind == TRF_HEX && !failed)) {
			if (!fmt_get_hex(&s, &v) || s != end)
				return false;
		} else if (!fmt_get_dec(&s, &v) || s != end) {
			return false;
		}
	}
	j->ev->arg[field] = v;
	j->seen |= 1u << field;
	return true;
}

/* field=value field=value ..., in any order, with fields that we do not know. */
enum fmt_read fmt_read_list(struct tr_event *ev, const char *s, enum way way, const struct fmt_strings *fs)
{
	bool failed = strncmp(s, "[FAILED TO PARSE]", 17) == 0;
	struct job j = { .ev = ev, .fs = fs, .lenient = true, .open = -1 };
	unsigned known = 0;

	memset(ev->arg, 0, sizeof(ev->arg));
	s += failed ? 17 : 0;
	s += strspn(s, " ");
	while (*s != '\0') {
		const char *eq = strchr(s, '='), *end;
		int field;

		if (eq == NULL)
			return FMT_NO;
		end = next_key(eq);
		field = fmt_field((enum tr_type)ev->type, s, (size_t)(eq - s));
		if (way == WAY_CUT && *end == '\0') {
			j.open = field;
			break;
		}
		if (field >= 0 && !list_value(&j, (unsigned)field, failed, eq + 1, end)) {
			/* leniently, a strange value costs the field; two in an event are too many */
			if ((known++ != 0 || way != WAY_LENIENT) && !failed)
				return FMT_NO;
		}
		s = end + strspn(end, " ");
	}
	ev->absent = fmt_absent(ev, j.seen);
	if (way == WAY_CUT) /* nothing but the last is missing */
		return j.open >= 0 && ev->absent == 1u << j.open ? FMT_OPEN : FMT_NO;
	return j.seen != 0 || (failed && known != 0) ? FMT_LIST : FMT_NO;
}
