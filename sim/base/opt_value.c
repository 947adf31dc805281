/* SPDX-License-Identifier: Apache-2.0 */
/* The text of one option to its value and back to canonical text. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/opt_impl.h"
#include "sim/base/share.h"

/*
 * UNIT(unit of the row, spelling accepted, factor, decimals of it: 1 us is 0.001 ms). A unit without rows is accepted as
 * it is spelled.
 */
#define UNITS(UNIT)                                                                                \
	UNIT("Hz", "Hz", 1, 0)                                                                      \
	UNIT("Hz", "kHz", 1000, 0)                                                                  \
	UNIT("Hz", "MHz", 1000000, 0)                                                               \
	UNIT("Hz", "GHz", 1000000000, 0)                                                            \
	UNIT("ns", "ns", 1, 0)                                                                      \
	UNIT("ns", "us", 1000, 0)                                                                   \
	UNIT("ns", "ms", 1000000, 0)                                                                \
	UNIT("ns", "s", 1000000000, 0)                                                              \
	UNIT("us", "ns", 1, 3)                                                                      \
	UNIT("us", "us", 1, 0)                                                                      \
	UNIT("us", "ms", 1000, 0)                                                                   \
	UNIT("us", "s", 1000000, 0)                                                                 \
	UNIT("ms", "ns", 1, 6)                                                                      \
	UNIT("ms", "us", 1, 3)                                                                      \
	UNIT("ms", "ms", 1, 0)                                                                      \
	UNIT("ms", "s", 1000, 0)                                                                    \
	UNIT("s", "ns", 1, 9)                                                                       \
	UNIT("s", "us", 1, 6)                                                                       \
	UNIT("s", "ms", 1, 3)                                                                       \
	UNIT("s", "s", 1, 0)                                                                        \
	UNIT("bytes", "bytes", 1, 0)                                                                \
	UNIT("bytes", "KiB", 1024, 0)                                                               \
	UNIT("bytes", "MiB", 1048576, 0)                                                            \
	UNIT("bytes", "GiB", 1073741824, 0)                                                         \
	UNIT("percent", "percent", 1, 0)                                                            \
	UNIT("percent", "%", 1, 0)

struct unit {
	const char *base, *spelling;
	int64_t factor;
	unsigned dec;
};

static const struct unit units[] = {
#define X(base, spelling, factor, dec) { base, spelling, factor, dec },
	UNITS(X)
#undef X
};

#define N_UNITS (sizeof(units) / sizeof(units[0]))
#define FIXED   1000 /* OPT_FIXED counts thousandths */

static const char *const bool_names[] = {
	"no", "yes", "false", "true", "off", "on", "0", "1", NULL
};

/* --- what a row wants, in words --------------------------------------------------------------- */

static void add_number(struct str *b, const struct opt_row *row, int64_t v)
{
	uint64_t mag = v < 0 ? (uint64_t)0 - (uint64_t)v : (uint64_t)v;
	char frac[8];
	size_t n;

	if (row->type != OPT_FIXED) {
		str_addf(b, "%" PRId64, v);
		return;
	}
	str_addf(b, "%s%" PRIu64, v < 0 ? "-" : "", mag / FIXED);
	n = (size_t)snprintf(frac, sizeof(frac), ".%03u", (unsigned)(mag % FIXED));
	while (frac[n - 1] == '0')
		n--;
	if (n > 1)
		str_addn(b, frac, n);
}

static void add_names(struct str *b, const char *const *names)
{
	for (size_t i = 0; names[i] != NULL; i++)
		str_addf(b, "%s%s", i != 0 ? ", " : "", names[i]);
}

/* "Hz (or kHz, MHz, GHz)", "cycles", "a whole number" */
static void add_unit(struct str *b, const struct opt_row *row)
{
	const char *before = " (or ";

	if (row->unit == NULL || row->unit[0] == '\0') {
		str_add(b, row->type == OPT_FIXED ? "a number" : "a whole number");
		return;
	}
	str_add(b, row->unit);
	for (size_t i = 0; i < N_UNITS; i++) {
		if (strcmp(units[i].base, row->unit) == 0 &&
		    strcmp(units[i].spelling, row->unit) != 0) {
			str_addf(b, "%s%s", before, units[i].spelling);
			before = ", ";
		}
	}
	str_add(b, before[0] == ',' ? ")" : "");
}

static void add_range(struct str *b, const struct opt_row *row)
{
	add_unit(b, row);
	str_add(b, " in ");
	add_number(b, row, row->min);
	str_add(b, "..");
	add_number(b, row, row->max);
}

static void add_wanted(struct str *b, const struct opt_row *row)
{
	switch (row->type) {
	case OPT_INT:
	case OPT_FIXED:
		add_range(b, row);
		return;
	case OPT_BOOL:
		str_add(b, "yes or no (true or false, on or off, 1 or 0)");
		return;
	case OPT_ENUM:
		str_add(b, "one of ");
		add_names(b, row->names);
		return;
	case OPT_FLAGS:
		str_add(b, "none, or a list of ");
		add_names(b, row->names);
		return;
	case OPT_NAMED:
		str_add(b, "one of ");
		add_names(b, row->names);
		str_add(b, ", or a file");
		return;
	case OPT_STR:
	case OPT_PATH:
		str_add(b, "text");
		return;
	}
	BUG("unknown type of option row");
}

/* "[cost] isb = 12ns: PROBLEM: want cycles in 0..100000" */
static int refuse(const struct opt_row *row, const char *text, const char *problem, struct err *e)
{
	struct str wanted = STR_INIT;

	add_wanted(&wanted, row);
	err_set(e, ERR_CONFIG, "[%s] %s =%s%.100s: %s: want %s", row->section, row->key,
		text[0] != '\0' ? " " : "", text, problem, str_get(&wanted));
	str_free(&wanted);
	return -1;
}

static size_t count_names(const char *const *names)
{
	size_t n = 0;

	while (names[n] != NULL)
		n++;
	return n;
}

/* names: those that word may have meant; NULL: none. */
static int refuse_word(const struct opt_row *row, const char *text, const char *what, const char *word,
		       const char *const *names, struct err *e)
{
	struct str problem = STR_INIT;

	str_addf(&problem, "%s \"%.60s\"", what, word);
	if (names != NULL && str_add_near(&problem, " (", word, names, count_names(names)))
		str_addc(&problem, ')');
	refuse(row, text, str_get(&problem), e);
	str_free(&problem);
	return -1;
}

/* --- numbers ---------------------------------------------------------------------------------- */

/* mant / 10^dec, exactly; no trailing zero decimals. */
struct number {
	int64_t mant;
	unsigned dec;
	bool huge; /* does not fit; mant is meaningless */
};

static void push_digit(struct number *n, int base, int digit)
{
	if (__builtin_mul_overflow(n->mant, base, &n->mant) ||
	    __builtin_add_overflow(n->mant, digit, &n->mant))
		n->huge = true;
}

static const char *scan_hex(const char *s, struct number *n)
{
	for (; isxdigit((unsigned char)*s); s++) {
		int c = tolower((unsigned char)*s);

		push_digit(n, 16, isdigit(c) ? c - '0' : c - 'a' + 10);
	}
	return s;
}

static const char *scan_decimals(const char *s, struct number *n)
{
	unsigned zeros = 0;

	for (; isdigit((unsigned char)*s); s++) {
		if (*s == '0') {
			zeros++;
			continue;
		}
		for (n->dec += zeros + 1; zeros > 0; zeros--)
			push_digit(n, 10, 0);
		push_digit(n, 10, *s - '0');
	}
	return s;
}

/* Returns what follows the number, NULL if there is none. */
static const char *scan_number(const char *s, struct number *n)
{
	bool neg = s[0] == '-';

	*n = (struct number){ 0, 0, false };
	s += neg ? 1 : 0;
	if (!isdigit((unsigned char)s[0]))
		return NULL;
	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		if (!isxdigit((unsigned char)s[2]))
			return NULL;
		s = scan_hex(s + 2, n);
	} else {
		for (; isdigit((unsigned char)*s); s++)
			push_digit(n, 10, *s - '0');
		if (s[0] == '.' && isdigit((unsigned char)s[1]))
			s = scan_decimals(s + 1, n);
	}
	n->mant = neg && !n->huge ? -n->mant : n->mant;
	return s;
}

/* The unit that a spelling means for this row; factor 0 if it is not one of the row's. */
static struct unit unit_of(const struct opt_row *row, const char *spelling)
{
	const char *unit = row->unit != NULL ? row->unit : "";
	struct unit same = { unit, spelling, 1, 0 }, none = { unit, spelling, 0, 0 };
	size_t n = strlen(unit);

	if (spelling[0] == '\0' || strcmp(spelling, unit) == 0)
		return same;
	for (size_t i = 0; i < N_UNITS; i++)
		if (strcmp(units[i].base, unit) == 0 && strcmp(units[i].spelling, spelling) == 0)
			return units[i];
	/* "1 cycle" for cycles */
	if (n > 2 && unit[n - 1] == 's' && strlen(spelling) == n - 1 &&
	    strncmp(spelling, unit, n - 1) == 0)
		return same;
	return none;
}

/* mant / 10^dec x factor; returns what is wrong with it, or NULL. */
static const char *scale(const struct opt_row *row, struct number n, int64_t factor, int64_t *v)
{
	const char *uneven = row->type == OPT_FIXED ? "more than 3 decimals" : "not a whole number";

	for (; n.dec > 0 && factor % 10 == 0; n.dec--)
		factor /= 10;
	if (n.huge && n.dec > 0)
		return uneven;
	if (n.huge || __builtin_mul_overflow(n.mant, factor, v))
		return "out of range";
	for (; n.dec > 0; n.dec--, *v /= 10)
		if (*v % 10 != 0)
			return uneven;
	return *v < row->min || *v > row->max ? "out of range" : NULL;
}

static int parse_number(const struct opt_row *row, const char *text, struct opt_value *v,
			struct err *e)
{
	const char *unit, *problem;
	struct number n;
	struct unit u;

	if (text[0] == '\0')
		return refuse(row, text, "no value", e);
	unit = scan_number(text, &n);
	if (unit == NULL)
		return refuse(row, text, "not a number", e);
	unit += strspn(unit, " \t");
	if (unit[0] != '\0' && unit[0] != '%' && !isalpha((unsigned char)unit[0]))
		return refuse(row, text, "not a number", e);
	u = unit_of(row, unit);
	if (u.factor == 0)
		return refuse_word(row, text, "wrong unit", unit, NULL, e);
	n.dec += u.dec;
	problem = scale(row, n, row->type == OPT_FIXED ? u.factor * FIXED : u.factor, &v->num);
	if (problem != NULL)
		return refuse(row, text, problem, e);
	add_number(&v->text, row, v->num);
	return 0;
}

bool opt_time(const char *text, const char *unit, uint64_t *v)
{
	const struct opt_row row = { .type = OPT_INT, .unit = unit, .min = 0, .max = INT64_MAX };
	struct number n;
	const char *spelling = scan_number(text, &n);
	struct unit u;
	int64_t got;

	if (spelling == NULL)
		return false;
	u = unit_of(&row, spelling + strspn(spelling, " \t"));
	n.dec += u.dec;
	if (u.factor == 0 || scale(&row, n, u.factor, &got) != NULL)
		return false;
	*v = (uint64_t)got;
	return true;
}

/* --- words ------------------------------------------------------------------------------------ */

/* Index of the first n bytes of word, or -1. */
static int name_index(const char *const *names, const char *word, size_t n)
{
	for (int i = 0; names[i] != NULL; i++)
		if (strncmp(names[i], word, n) == 0 && names[i][n] == '\0')
			return i;
	return -1;
}

static int parse_bool(const struct opt_row *row, const char *text, struct opt_value *v,
		      struct err *e)
{
	int i = name_index(bool_names, text, strlen(text));

	if (i < 0)
		return refuse(row, text, text[0] == '\0' ? "no value" : "not yes or no", e);
	v->num = i % 2;
	str_add(&v->text, bool_names[i % 2]);
	return 0;
}

static int parse_enum(const struct opt_row *row, const char *text, struct opt_value *v,
		      struct err *e)
{
	int i = name_index(row->names, text, strlen(text));

	if (text[0] == '\0')
		return refuse(row, text, "no value", e);
	if (i < 0)
		return refuse_word(row, text, "unknown name", text, row->names, e);
	v->num = i;
	str_add(&v->text, row->names[i]);
	return 0;
}

static int parse_flag(const struct opt_row *row, const char *text, const char *word, struct opt_value *v, struct err *e)
{
	int i = name_index(row->names, word, strlen(word));

	if (i >= 0 && (v->bits & UINT64_C(1) << i) == 0) {
		v->bits |= UINT64_C(1) << i;
		return 0;
	}
	return refuse_word(row, text, i >= 0 ? "named twice:" : "unknown flag", word, i >= 0 ? NULL : row->names, e);
}

static int parse_flags(const struct opt_row *row, const char *text, struct opt_value *v,
		       struct err *e)
{
	char *copy = xstrdup(text), *list = copy, *word;
	size_t n = 0;
	int rc = 0;

	BUG_ON(count_names(row->names) > 64);
	if (strcmp(text, "none") == 0) {
		free(copy);
		str_add(&v->text, "none");
		return 0;
	}
	for (; rc == 0 && (word = str_word(&list, ", \t")) != NULL; n++)
		rc = parse_flag(row, text, word, v, e);
	free(copy);
	if (rc == 0 && n == 0)
		return refuse(row, text, "no value", e);
	if (rc != 0)
		return -1;
	for (size_t i = 0; row->names[i] != NULL; i++)
		if ((v->bits & UINT64_C(1) << i) != 0)
			str_addf(&v->text, "%s%s", v->text.len != 0 ? ", " : "", row->names[i]);
	return 0;
}

void opt_path_join(struct str *b, const char *dir, const char *path)
{
	if (path[0] != '/' && dir[0] != '\0')
		str_addf(b, "%s%s", dir, dir[strlen(dir) - 1] == '/' ? "" : "/");
	str_add(b, path);
}

/* A path is relative to the folder; a file that is not there may be a shipped one. */
static void find_path(struct str *path, const char *dir, const char *text)
{
	struct str shipped = STR_INIT;

	opt_path_join(path, dir, text);
	if (access(str_get(path), F_OK) != 0 && share_shipped(&shipped, text)) {
		str_reset(path);
		str_add(path, str_get(&shipped));
	}
	str_free(&shipped);
}

bool opt_is_file(const struct opt_row *row, const char *value)
{
	if (value[0] == '\0')
		return false;
	return row->type == OPT_PATH || (row->type == OPT_NAMED && name_index(row->names, value, strlen(value)) < 0);
}

static int parse_named(const struct opt_row *row, const char *text, const char *dir, struct opt_value *v, struct err *e)
{
	int i = name_index(row->names, text, strlen(text));

	if (text[0] == '\0')
		return refuse(row, text, "no value", e);
	if (i >= 0) {
		str_add(&v->text, row->names[i]);
		return 0;
	}
	find_path(&v->text, dir, text);
	if (access(str_get(&v->text), F_OK) == 0)
		return 0;
	return refuse_word(row, text, strchr(text, '/') != NULL ? "no such file" : "unknown name", text, row->names, e);
}

static int parse(const struct opt_row *row, const char *text, const char *dir, struct opt_value *v,
		 struct err *e)
{
	switch (row->type) {
	case OPT_INT:
	case OPT_FIXED:
		return parse_number(row, text, v, e);
	case OPT_BOOL:
		return parse_bool(row, text, v, e);
	case OPT_ENUM:
		return parse_enum(row, text, v, e);
	case OPT_FLAGS:
		return parse_flags(row, text, v, e);
	case OPT_STR:
		str_add(&v->text, text);
		return 0;
	case OPT_NAMED:
		return parse_named(row, text, dir, v, e);
	case OPT_PATH:
		if (text[0] != '\0')
			find_path(&v->text, dir, text);
		return 0;
	}
	BUG("unknown type of option row");
}

int opt_value_parse(const struct opt_row *row, const char *text, const char *dir,
		    struct opt_value *v, struct err *e)
{
	*v = (struct opt_value){ .text = STR_INIT };
	if (parse(row, text, dir, v, e) == 0)
		return 0;
	str_free(&v->text);
	return -1;
}

/* --- bytes ------------------------------------------------------------------------------------ */

/* Length of the UTF-8 sequence at s, 0 if it is none: Unicode standard, table 3-7. */
static size_t utf8_length(const unsigned char *s, size_t n)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t len = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

	if (s[0] > 0xf4 || len > n)
		return 0;
	low = s[0] == 0xe0 ? 0xa0 : s[0] == 0xf0 ? 0x90 : low;
	high = s[0] == 0xed ? 0x9f : s[0] == 0xf4 ? 0x8f : high;
	for (size_t i = 1; i < len; i++) {
		if (s[i] < low || s[i] > high)
			return 0;
		low = 0x80;
		high = 0xbf;
	}
	return len;
}

int opt_text_check(const char *text, size_t n, struct err *e)
{
	const unsigned char *s = (const unsigned char *)text;

	for (size_t i = 0, len; i < n; i += len) {
		if ((s[i] < 0x20 && s[i] != '\t') || s[i] == 0x7f)
			return err_set(e, ERR_CONFIG,
				       "control character 0x%02x in byte %zu: want a line of text",
				       s[i], i + 1);
		len = utf8_length(s + i, n - i);
		if (len == 0)
			return err_set(e, ERR_CONFIG,
				       "byte 0x%02x in place %zu is not UTF-8: want text", s[i],
				       i + 1);
	}
	return 0;
}
