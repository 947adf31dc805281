/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/csv.h"

#include <string.h>

#include "sim/base/str.h"
#include "traces/lines.h"
#include "traces/unpack.h"

#define DIGITS "0123456789"

struct csv {
	const char *path;
	const char *const *columns;
	size_t n;
	FILE *f;
	struct unpack u;
	struct lines lines;
	const char *field[CSV_COLUMNS_MAX];
};

int csv_at(const struct csv *c, struct err *e)
{
	return err_at(e, c->path, c->lines.line);
}

/* As lines_next, with the place in messages, and the reason of a damaged stream. */
static int next_line(struct csv *c, char **s, struct err *e)
{
	size_t n;
	int r = lines_next(&c->lines, s, &n, e);

	if (r >= 0)
		return r;
	if (c->u.why != NULL)
		err_set(e, ERR_INPUT, "the %s stream is damaged (%s): copy the file again",
			c->u.filter, c->u.why);
	return csv_at(c, e);
}

static void header_of(const struct csv *c, struct str *b)
{
	for (size_t i = 0; i < c->n; i++)
		str_addf(b, "%s%s", i != 0 ? "," : "", c->columns[i]);
}

/* "; column 3 is "insn_host": did you mean "insns_host"?", of the first that differs; nothing if
 * none is near. */
static void header_hint(const struct csv *c, char *s, struct str *hint)
{
	size_t i = 0;

	for (char *at = s; at != NULL && i < c->n; i++) {
		const char *name = strsep(&at, ",");
		bool elsewhere = false; /* the word is right, its place is not */

		if (strcmp(name, c->columns[i]) == 0)
			continue;
		for (size_t k = 0; k < c->n; k++)
			elsewhere |= strcmp(name, c->columns[k]) == 0;
		if (i == 0) { /* any file: what it says is not quoted */
			str_addf(hint, "; column 1 is another than \"%s\"", c->columns[i]);
			return;
		}
		str_addf(hint, "; column %zu is \"%.40s\"", i + 1, name);
		if (elsewhere || !str_add_near(hint, ": ", name, c->columns, c->n))
			str_addf(hint, ": want \"%s\"", c->columns[i]);
		return;
	}
	str_addf(hint, "; it ends after column %zu", i);
}

static int check_header(struct csv *c, struct err *e)
{
	struct str hint = STR_INIT;
	struct str want = STR_INIT;
	char *s;
	int r = next_line(c, &s, e);

	if (r < 0)
		return -1;
	header_of(c, &want);
	if (r == 0 || strcmp(s, str_get(&want)) != 0) {
		c->lines.line = 1;
		if (r != 0)
			header_hint(c, s, &hint);
		err_set(e, ERR_INPUT, "%s: want \"%.100s%s\" (%zu columns)%s",
			r == 0 ? "the file is empty" : "wrong header", str_get(&want),
			want.len > 100 ? "..." : "", c->n, str_get(&hint));
		r = csv_at(c, e);
	} else {
		r = 0;
	}
	str_free(&want);
	str_free(&hint);
	return r;
}

struct csv *csv_open(const char *path, const char *const *columns, size_t n, struct err *e)
{
	struct csv *c = xcalloc(1, sizeof(*c));

	BUG_ON(n == 0 || n > CSV_COLUMNS_MAX);
	*c = (struct csv){ .path = path, .columns = columns, .n = n };
	c->f = unpack_open(&c->u, path, e);
	if (c->f == NULL) {
		free(c);
		return NULL;
	}
	lines_open(&c->lines, c->f);
	if (check_header(c, e) == 0)
		return c;
	csv_close(c);
	return NULL;
}

void csv_close(struct csv *c)
{
	if (c == NULL)
		return;
	lines_close(&c->lines);
	(void)fclose(c->f);
	free(c);
}

static int check_bytes(const struct csv *c, const char *s, struct err *e)
{
	for (size_t i = 0; s[i] != '\0'; i++) {
		unsigned char b = (unsigned char)s[i];

		if (b >= 0x20 && b <= 0x7e && b != '"')
			continue;
		err_set(e, ERR_INPUT,
			"byte 0x%02x at position %zu: want printable ASCII without quotes", b,
			i + 1);
		return csv_at(c, e);
	}
	return 0;
}

int csv_next(struct csv *c, const char *const **fields, struct err *e)
{
	size_t n = 0;
	char *s;
	int r = next_line(c, &s, e);

	if (r <= 0)
		return r;
	if (check_bytes(c, s, e) != 0)
		return -1;
	for (char *at = s; at != NULL; n++) {
		char *field = strsep(&at, ",");

		if (n < c->n)
			c->field[n] = field;
	}
	if (n != c->n) {
		err_set(e, ERR_INPUT, "%zu columns: want the %zu of the header", n, c->n);
		return csv_at(c, e);
	}
	*fields = c->field;
	return 1;
}

static int bad_number(const struct csv *c, size_t column, const char *want, struct err *e)
{
	err_set(e, ERR_INPUT, "%s = \"%.40s\": want %s", c->columns[column], c->field[column],
		want);
	return csv_at(c, e);
}

int csv_u64(const struct csv *c, size_t column, uint64_t max, uint64_t *v, struct err *e)
{
	const char *s = c->field[column];
	uint64_t got;
	char want[64];

	if (s[strspn(s, DIGITS)] == '\0' && str_u64(s, &got) && got <= max) {
		*v = got;
		return 0;
	}
	(void)snprintf(want, sizeof(want), "a whole number in 0..%llu", (unsigned long long)max);
	return bad_number(c, column, want, e);
}

int csv_fraction(const struct csv *c, size_t column, struct err *e)
{
	const char *s = c->field[column];
	size_t whole = strspn(s, DIGITS);
	size_t part = s[whole] == '.' ? strspn(s + whole + 1, DIGITS) : 0;

	if (whole > 0 && s[whole + (part > 0 ? part + 1 : 0)] == '\0')
		return 0;
	return bad_number(c, column, "a decimal number such as 54.0", e);
}
