/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jansson holds decimals as binary floating point and counts as signed 64 bits, so number tokens reach it as strings that
 * begin with MARK, and are taken apart here: exactly.
 */
#include "sim/document/rep_read_impl.h"


#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/filter.h"

#define MARK 0x7f /* DEL: valid in a JSON string, never in a report's (filter_line) */

int rd_wrong(const struct rd *d, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(d->e, ERR_INPUT, "%s", text);
	return err_at(d->e, d->path, 0);
}

/* The text with each number turned into a string that begins with MARK. */
struct str rd_with_marks(const char *s, size_t n)
{
	struct str b = STR_INIT;
	bool in_string = false;

	for (size_t i = 0; i < n; i++) {
		if (!in_string && (s[i] == '-' || (s[i] >= '0' && s[i] <= '9'))) {
			size_t len = 1;

			while (i + len < n && s[i + len] != '\0' && strchr("0123456789+-.eE", s[i + len]) != NULL)
				len++;
			str_addc(&b, '"');
			str_addc(&b, MARK);
			str_addn(&b, s + i, len);
			str_addc(&b, '"');
			i += len - 1;
			continue;
		}
		if (s[i] == '"')
			in_string = !in_string;
		str_addc(&b, s[i]);
		if (in_string && s[i] == '\\' && i + 1 < n)
			str_addc(&b, s[++i]);
	}
	return b;
}

/* NULL if the value is no string, or has what no report has. */
const char *rd_string_of(const json_t *v)
{
	const char *s = json_string_value(v);

	return s != NULL && filter_is_line(s) ? s : NULL;
}

/* The text of a number, NULL if the value is none. */
const char *rd_number_of(const json_t *v)
{
	const char *s = json_string_value(v);

	return s != NULL && s[0] == MARK ? s + 1 : NULL;
}

bool rd_u64_of(const json_t *v, uint64_t *n)
{
	const char *s = rd_number_of(v);

	return s != NULL && str_u64(s, n);
}

bool rd_hex_of(const json_t *v, uint64_t *n)
{
	const char *s = rd_string_of(v);

	return s != NULL && strncmp(s, "0x", 2) == 0 && str_u64(s, n);
}

bool rd_i64_of(const json_t *v, int64_t *n)
{
	const char *s = rd_number_of(v);

	return s != NULL && str_i64(s, n);
}

/* "-12.35" to -12350: digits, a point, one to three decimals. */
bool rd_fix_of(const json_t *v, int64_t *thousandths)
{
	const char *s = rd_number_of(v), *point = s != NULL ? strchr(s, '.') : NULL;
	char digits[32];
	size_t whole, parts;

	if (point == NULL)
		return false;
	whole = (size_t)(point - s);
	parts = strlen(point + 1);
	if (whole == 0 || s[whole - 1] == '-' || parts == 0 || parts > 3 || strspn(point + 1, "0123456789") != parts ||
	    whole > 20)
		return false;
	(void)snprintf(digits, sizeof(digits), "%.*s%s%.*s", (int)whole, s, point + 1, (int)(3 - parts), "00");
	return str_i64(digits, thousandths);
}

/* A string member of an object that must be there; NULL with *e filled. */
const char *rd_text_at(const struct rd *d, const json_t *o, const char *place, const char *key)
{
	const char *s = rd_string_of(json_object_get(o, key));

	if (s == NULL)
		(void)rd_wrong(d, "%s: \"%s\" is missing or no printable string: %s", place, key, RD_HINT);
	return s;
}

/* A member of the kind that is asked for; NULL with *e filled. */
const json_t *rd_member_at(const struct rd *d, const json_t *o, const char *place, const char *key, json_type type)
{
	const json_t *v = json_object_get(o, key);

	if (v != NULL && json_typeof(v) == type)
		return v;
	(void)rd_wrong(d, "%s: \"%s\" is missing or no %s: %s", place, key, type == JSON_ARRAY ? "list" : "object", RD_HINT);
	return NULL;
}

/* The bound that a word says; REP_BOUND_COUNT: none. */
enum rep_bound rd_bound_of(const json_t *v)
{
	const char *word = rd_string_of(v);
	unsigned i = REP_EXACT + 1;

	while (i < REP_BOUND_COUNT && (word == NULL || strcmp(word, rep_bound_words[i]) != 0))
		i++;
	return (enum rep_bound)i;
}
