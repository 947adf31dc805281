/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/import/prefix.h"

#include <ctype.h>
#include <string.h>

#include "sim/base/str.h"

/* A place in a line, and what was found so far. */
struct at {
	const char *s;
	struct prefix *found;
};

typedef bool prefix_fn(struct at *a);

static size_t digits(const char *s)
{
	size_t n = 0;

	while (isdigit((unsigned char)s[n]))
		n++;
	return n;
}

static size_t blanks(const char *s)
{
	size_t n = 0;

	while (s[n] == ' ')
		n++;
	return n;
}

/* n digits at s, then one of the bytes of `behind` ("": any). */
static bool n_digits(const char *s, size_t n, const char *behind)
{
	return digits(s) == n &&
	       (*behind == '\0' || (s[n] != '\0' && strchr(behind, s[n]) != NULL));
}

static bool prefix_quote(struct at *a)
{
	const char *s = a->s + blanks(a->s);
	size_t initials = 0;

	while (isupper((unsigned char)s[initials]) && initials < 3)
		initials++;
	if (initials != 0 && s[initials] == '>' && s[initials + 1] == ' ')
		s += initials;
	if (*s != '>' && (*s != '|' || s[1] != ' '))
		return false;
	while (*s == '>' || (*s == '|' && s[1] == ' ') || (*s == ' ' && s[1] == '>'))
		s++;
	a->s = s + (*s == ' ');
	return true;
}

static bool prefix_mark(struct at *a)
{
	const char *s = a->s + blanks(a->s);
	size_t n = strncmp(s, "//", 2) == 0 ? 2 : *s != '\0' && strchr("+-*;", *s) != NULL ? 1 : 0;

	if (n == 0 || s[n] != ' ')
		return false;
	if (s == a->s && (*s == '+' || *s == '-') && a->found->stream == NULL) { /* a diff has two versions of a text */
		a->found->stream = s;
		a->found->n_stream = 1;
	}
	a->s = s + n + 1;
	return true;
}

/* "<nick> ", "[pod/name/container] "; not the kernel's <idle> and <...>, no CPU, no time. */
static bool prefix_nick(struct at *a)
{
	const char *s = a->s + blanks(a->s), *end;

	if (*s != '<' && *s != '[')
		return false;
	end = strpbrk(s + 1, "<>[] ");
	if (end == NULL || *end != (*s == '<' ? '>' : ']') || end[1] != ' ' || end - s < 3 || !isalpha((unsigned char)s[1]) ||
	    strncmp(s, "<idle>", 6) == 0)
		return false;
	a->found->stream = s + 1;
	a->found->n_stream = (size_t)(end - s - 1);
	a->s = end + 2;
	return true;
}

/* hh:mm:ss with or without a fraction. */
static const char *clock_at(const char *s)
{
	if (!n_digits(s, 2, ":") || !n_digits(s + 3, 2, ":") || !n_digits(s + 6, 2, ""))
		return NULL;
	s += 8;
	if (*s == '.' || *s == ',')
		s += 1 + digits(s + 1);
	return s;
}

/* A name of three letters, as days and months have it. */
static bool short_name(const char *s)
{
	return isupper((unsigned char)s[0]) && islower((unsigned char)s[1]) &&
	       islower((unsigned char)s[2]) && s[3] == ' ';
}

/* "Nov 28 12:00:00", with or without the day before and the year behind. */
static const char *syslog_date(const char *s)
{
	size_t n;

	if (short_name(s) && short_name(s + 4))
		s += 4;
	if (!short_name(s))
		return NULL;
	s += 4 + blanks(s + 4);
	n = digits(s);
	if (n < 1 || n > 2 || s[n] != ' ')
		return NULL;
	s = clock_at(s + n + 1);
	if (s != NULL && *s == ' ' && n_digits(s + 1, 4, " ]"))
		s += 5;
	return s;
}

/* "2025-02-03 08:09:10.0001" or with T and a zone. */
static const char *iso_date(const char *s)
{
	if (!n_digits(s, 4, "-") || !n_digits(s + 5, 2, "-") || !n_digits(s + 8, 2, " T"))
		return NULL;
	s = clock_at(s + 11);
	if (s != NULL && *s == 'Z')
		s++;
	else if (s != NULL && (*s == '+' || *s == '-') && isdigit((unsigned char)s[1]))
		s += 1 + strspn(s + 1, "0123456789:");
	return s;
}

static bool prefix_date(struct at *a)
{
	const char *s = a->s + blanks(a->s);
	bool bracket = *s == '[';
	const char *end;

	s += bracket;
	end = iso_date(s);
	if (end == NULL)
		end = syslog_date(s);
	if (end == NULL)
		end = clock_at(s);
	if (end == NULL || (bracket && *end != ']'))
		return false;
	end += bracket;
	if (*end != ' ' && *end != '\0')
		return false;
	a->s = end + (*end == ' ');
	return true;
}

/* "host program: " or "host program[12]: ", only behind a date. */
static bool prefix_host(struct at *a)
{
	size_t host = strcspn(a->s, " :[]()"), program;
	const char *s = a->s + host;

	if ((a->found->kinds & 1u << PREFIX_date) == 0 || host == 0 || *s != ' ')
		return false;
	program = strcspn(++s, " :[]");
	if (program == 0)
		return false;
	s += program;
	if (*s == '[') {
		if (digits(s + 1) == 0 || s[1 + digits(s + 1)] != ']')
			return false;
		s += 2 + digits(s + 1);
	}
	if (s[0] != ':' || (s[1] != ' ' && s[1] != '\0'))
		return false;
	a->found->stream = a->s;
	a->found->n_stream = host;
	a->s = s + 1 + (s[1] == ' ');
	return true;
}

/* "<6>[   12.345678][ T1234] ": the level may be missing, so may the caller. */
static bool prefix_kernel(struct at *a)
{
	const char *s = a->s + blanks(a->s);
	size_t n;

	if (*s == '<' && digits(s + 1) != 0 && s[1 + digits(s + 1)] == '>')
		s += 2 + digits(s + 1);
	if (strncmp(s, "kernel: ", 8) == 0)
		s += 8;
	if (*s != '[')
		return false;
	s += 1 + blanks(s + 1);
	n = digits(s);
	if (n == 0 || s[n] != '.' || !n_digits(s + n + 1, 6, "]"))
		return false;
	s += n + 8;
	if (*s == '[') {
		const char *caller = s + 1 + blanks(s + 1);

		if ((*caller != 'T' && *caller != 'C') || digits(caller + 1) == 0 ||
		    caller[1 + digits(caller + 1)] != ']')
			return false;
		s = caller + 2 + digits(caller + 1);
	}
	if (*s != ' ' && *s != '\0')
		return false;
	a->s = s + (*s == ' ');
	return true;
}

static bool prefix_number(struct at *a)
{
	const char *s = a->s + blanks(a->s);
	size_t n = digits(s);

	if (n == 0 || n > 9 || s[n] == '\0' || strchr(" :|-)", s[n]) == NULL)
		return false;
	a->found->number = 0;
	for (size_t i = 0; i < n; i++)
		a->found->number = a->found->number * 10 + (uint64_t)(s[i] - '0');
	a->s = s + n + 1;
	return true;
}

/* "name: ", "name:12:", "name-12-" of grep. A task's name has no colon with a blank or a number and
 * a colon behind. */
static bool prefix_file(struct at *a)
{
	const char *s = a->s + blanks(a->s);
	size_t n = strcspn(s, " :");
	const char *end = s + n;

	if (n == 0 || *end != ':' || a->found->stream != NULL || s[0] == '[' || s[0] == '#')
		return false;
	if (digits(end + 1) != 0 && end[1 + digits(end + 1)] == ':')
		end += 1 + digits(end + 1);
	else if (end[1] != ' ' && end[1] != '\0')
		return false;
	a->found->stream = s;
	a->found->n_stream = n;
	a->s = end + 1;
	return true;
}

static const struct {
	const char *name;
	prefix_fn *fn;
} kinds[PREFIX_KINDS] = {
#define PREFIX(id, name, help) { name, prefix_##id },
#include "traces/import/prefix.def"
};

const char *prefix_name(enum prefix_kind kind)
{
	return kinds[kind].name;
}

struct prefix prefix_of(const char *line, unsigned allowed)
{
	struct prefix p = { 0 };
	struct at a = { line, &p };

	for (unsigned k = 0; k < PREFIX_KINDS; k++) {
		if ((allowed & ~p.kinds & 1u << k) == 0 || !kinds[k].fn(&a))
			continue;
		p.kinds |= 1u << k;
		k = UINT32_MAX; /* anew: another may stand behind it */
	}
	p.len = (size_t)(a.s - line);
	return p;
}

int prefix_option(const char *text, unsigned *out, bool *forced, size_t *columns, struct err *e)
{
	const char *names[PREFIX_KINDS];
	struct str list = STR_INIT;
	char *copy, *rest, *word;
	uint64_t n;
	int rc = 0;

	*out = PREFIX_ALL;
	*forced = false;
	*columns = 0;
	if (text == NULL || strcmp(text, "auto") == 0)
		return 0;
	*out = 0;
	if (strcmp(text, "none") == 0)
		return 0;
	*forced = true;
	if (str_u64(text, &n) && n <= 4096) {
		*columns = (size_t)n;
		return 0;
	}
	for (unsigned k = 0; k < PREFIX_KINDS; k++) {
		names[k] = kinds[k].name;
		str_addf(&list, ", %s", names[k]);
	}
	copy = rest = xstrdup(text);
	while (rc == 0 && (word = str_item(&rest, ",")) != NULL) {
		unsigned k = 0;

		while (k < PREFIX_KINDS && strcmp(word, names[k]) != 0)
			k++;
		if (k == PREFIX_KINDS)
			rc = err_set(e, ERR_USAGE,
				     "--strip-prefix %s: want auto, none, a number of columns, or "
				     "kinds separated "
				     "by commas: %s",
				     word, str_get(&list) + 2);
		else
			*out |= 1u << k;
	}
	free(copy);
	str_free(&list);
	return rc;
}
