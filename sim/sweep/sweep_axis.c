/* SPDX-License-Identifier: Apache-2.0 */
/* The values of one axis: items, ranges, files. */
#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/sweep/sweep.h"
#include "sim/base/share.h"

#define BLANKS " \t"

static int add_value(struct sweep_axis *a, const char *value, struct err *e)
{
	if (a->s.n == SWEEP_VALUES_MAX)
		return err_set(e, ERR_CONFIG, "%s: more than %d values: want fewer", a->key, SWEEP_VALUES_MAX);
	a->s.value = xrealloc(a->s.value, (a->s.n + 1) * sizeof(*a->s.value));
	a->s.value[a->s.n++] = xstrdup(value);
	return 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A text that stands twice, NULL if there is none. */
static const char *twice(char *const *v, size_t n)
{
	char **sorted = xcalloc(n + 1, sizeof(*sorted));
	const char *found = NULL;

	if (n != 0)
		memcpy(sorted, v, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_text);
	for (size_t i = 1; found == NULL && i < n; i++)
		found = strcmp(sorted[i - 1], sorted[i]) == 0 ? sorted[i] : NULL;
	free(sorted);
	return found;
}

/* --- ranges ----------------------------------------------------------------------------------- */

struct range {
	char *first, *last; /* texts; step NULL: add 1 */
	char op, *step;
};

/* "a..b", "a..b*k", "a..b+k" in a copy; false if there are no two dots. */
static bool split_range(char *text, struct range *r)
{
	char *dots = strstr(text, ".."), *op;

	if (dots == NULL)
		return false;
	*dots = '\0';
	*r = (struct range){ text, dots + 2, '+', NULL };
	op = strpbrk(r->last, "*+");
	if (op != NULL) {
		r->op = *op;
		*op = '\0';
		r->step = op + 1;
	}
	return true;
}

/* A number of the option's kind: units as it takes them; thousandths when it has decimals. */
static int bound(const struct sweep_axis *a, const struct opt_set *set, const char *text, int64_t *v, struct err *e)
{
	struct str b = STR_INIT;
	int rc = opt_check(set, a->key, text, "", &b, v, e);

	str_free(&b);
	return rc;
}

/* A step in the option's unit, or a factor: a whole number or with up to three decimals, as thousandths. */
static bool thousandths(const char *text, int64_t *v)
{
	uint64_t whole, part = 0, scale = 1000;
	const char *dot;
	struct str b = STR_INIT;
	bool good;

	text += strspn(text, BLANKS);
	dot = strchr(text, '.');
	str_addn(&b, text, dot != NULL ? (size_t)(dot - text) : strcspn(text, BLANKS));
	good = str_u64(str_get(&b), &whole) && whole <= INT64_MAX / 1000;
	if (good && dot != NULL) {
		size_t n = strspn(dot + 1, "0123456789");

		good = n >= 1 && n <= 3 && dot[1 + n + strspn(dot + 1 + n, BLANKS)] == '\0';
		for (size_t i = 0; good && i < n; i++) {
			scale /= 10;
			part += (uint64_t)(dot[1 + i] - '0') * scale;
		}
	}
	str_free(&b);
	*v = good ? (int64_t)(whole * 1000 + part) : 0;
	return good;
}

static void number_text(const struct sweep_axis *a, int64_t v, char *text, size_t n)
{
	if (a->row->type == OPT_FIXED)
		(void)snprintf(text, n, "%s%" PRId64 ".%03" PRId64, v < 0 ? "-" : "", v < 0 ? -(v / 1000) : v / 1000,
			       v < 0 ? -(v % 1000) : v % 1000);
	else
		(void)snprintf(text, n, "%" PRId64, v);
}

/* The value as the option engine spells it. */
static int add_checked(struct sweep_axis *a, const struct opt_set *set, const char *text, const char *dir, struct err *e)
{
	struct str b = STR_INIT;
	int rc = opt_check(set, a->key, text, dir, &b, NULL, e);

	if (rc == 0)
		rc = add_value(a, str_get(&b), e);
	str_free(&b);
	return rc;
}

/* v after one step; false when that is beyond 64 bits. */
static bool next(char op, int64_t step, int64_t *v)
{
	int64_t product;

	if (op == '+')
		return !__builtin_add_overflow(*v, step, v);
	if (__builtin_mul_overflow(*v, step, &product))
		return false;
	*v = product / 1000;
	return true;
}

static int add_range(struct sweep_axis *a, const struct opt_set *set, const char *item, const struct range *r, struct err *e)
{
	const char *want = "want FIRST..LAST, FIRST..LAST+STEP or FIRST..LAST*FACTOR, such as 1..1024*2";
	int64_t v, last, step = 1;
	char text[48];

	if (a->row == NULL || (a->row->type != OPT_INT && a->row->type != OPT_FIXED))
		return err_set(e, ERR_CONFIG, "%s: range %s: this option is no number: want a list", a->key, item);
	if (r->first[strspn(r->first, BLANKS)] == '\0' || r->last[strspn(r->last, BLANKS)] == '\0')
		return err_set(e, ERR_CONFIG, "%s: range %s: no start or no end: %s", a->key, item, want);
	if (bound(a, set, r->first, &v, e) != 0 || bound(a, set, r->last, &last, e) != 0)
		return err_at(e, item, 0);
	if (a->row->type == OPT_FIXED && (r->step == NULL || r->op == '+'))
		step = 1000;
	if (r->step != NULL && r->op == '+' && bound(a, set, r->step, &step, e) != 0 && !str_i64(r->step, &step))
		return err_set(e, ERR_CONFIG, "%s: range %s: step \"%s\": %s", a->key, item, r->step, want);
	if (r->op == '*' && (!thousandths(r->step, &step) || step <= 1000))
		return err_set(e, ERR_CONFIG, "%s: range %s: factor \"%s\": want a number above 1", a->key, item, r->step);
	if (step <= 0)
		return err_set(e, ERR_CONFIG, "%s: range %s: step \"%s\": want a number above 0", a->key, item, r->step);
	if (v > last)
		return err_set(e, ERR_CONFIG, "%s: range %s: the end is below the start: %s", a->key, item, want);
	if (r->op == '*' && v <= 0)
		return err_set(e, ERR_CONFIG, "%s: range %s: want a start above 0 when it is multiplied", a->key, item);
	for (int64_t before = v - 1; v <= last && v > before;) {
		number_text(a, v, text, sizeof(text));
		if (add_checked(a, set, text, "", e) != 0)
			return -1;
		before = v;
		if (!next(r->op, step, &v))
			break;
	}
	return 0;
}

/* --- files ------------------------------------------------------------------------------------ */

static void join(struct str *b, const char *dir, const char *path)
{
	str_reset(b);
	if (path[0] != '/' && dir[0] != '\0')
		str_addf(b, "%s%s", dir, dir[strlen(dir) - 1] == '/' ? "" : "/");
	str_add(b, path);
}

/* The regular files that a pattern fits, by name: beside the file that says so, else shipped ones. */
static int add_files(struct sweep_axis *a, const char *pattern, const char *dir, struct err *e)
{
	struct str path = STR_INIT, share = STR_INIT;
	glob_t g = { 0 };
	struct stat st;
	size_t n = 0;
	int rc = 0, found;

	join(&path, dir, pattern);
	found = share_glob(str_get(&path), &g);
	if (found > 0) {
		globfree(&g);
		share_dir(&share, "configs");
		join(&path, str_get(&share), pattern);
		found = share_glob(str_get(&path), &g);
		if (found > 0)
			g.gl_pathc = 0;
	}
	if (found < 0)
		rc = err_set(e, ERR_CONFIG, "%s: cannot be read: %s", str_get(&path), strerror(errno));
	for (size_t i = 0; rc == 0 && i < g.gl_pathc; i++) {
		if (stat(g.gl_pathv[i], &st) != 0 || !S_ISREG(st.st_mode))
			continue;
		rc = add_value(a, g.gl_pathv[i], e);
		n++;
	}
	if (rc == 0 && n == 0)
		rc = err_set(e, ERR_CONFIG, "%s: %s: no file fits: want paths relative to the file that says so", a->key, pattern);
	globfree(&g);
	str_free(&path);
	str_free(&share);
	return rc;
}

static int add_file(struct sweep_axis *a, const char *name, const char *dir, struct err *e)
{
	struct str path = STR_INIT, share = STR_INIT;
	struct stat st;
	int rc;

	join(&path, dir, name);
	if (stat(str_get(&path), &st) != 0) {
		share_dir(&share, "configs");
		join(&path, str_get(&share), name);
		if (stat(str_get(&path), &st) != 0)
			join(&path, dir, name);
	}
	if (stat(str_get(&path), &st) != 0 || !S_ISREG(st.st_mode))
		rc = err_set(e, ERR_CONFIG, "%s: %s is no file that can be found: want an INI file to include", a->key,
			     str_get(&path));
	else
		rc = add_value(a, str_get(&path), e);
	str_free(&path);
	str_free(&share);
	return rc;
}

/* --- items ------------------------------------------------------------------------------------ */

static bool is_path(const struct sweep_axis *a)
{
	return a->kind == SWEEP_FILE || a->row->type == OPT_PATH;
}

static int add_item(struct sweep_axis *a, const struct opt_set *set, char *item, bool quoted, const char *dir, struct err *e)
{
	struct range r;
	char *copy;
	int rc;

	if (item[0] == '\0' && !quoted)
		return err_set(e, ERR_CONFIG, "%s: an empty item: want values separated by commas", a->key);
	if (is_path(a) && !quoted && strpbrk(item, "*?[") != NULL)
		return add_files(a, item, dir, e);
	if (a->kind == SWEEP_FILE)
		return add_file(a, item, dir, e);
	copy = xstrdup(item);
	if (!is_path(a) && !quoted && a->row->type != OPT_STR && split_range(copy, &r))
		rc = add_range(a, set, item, &r, e);
	else
		rc = add_checked(a, set, item, dir, e);
	free(copy);
	return rc;
}

/* The next item: up to a comma outside of quotes; blanks and quotes around it are gone. NULL: quotes do not close. */
static char *next_item(const char **rest, bool *quoted)
{
	const char *s = *rest + strspn(*rest, BLANKS);
	struct str b = STR_INIT;
	size_t n;

	*quoted = *s == '"';
	if (*quoted) {
		n = strcspn(s + 1, "\"");
		if (s[1 + n] == '\0')
			return NULL;
		str_addn(&b, s + 1, n);
		s += n + 2;
		s += strspn(s, BLANKS);
		if (*s != ',' && *s != '\0') {
			str_free(&b);
			return NULL;
		}
	} else {
		n = strcspn(s, ",");
		str_addn(&b, s, n);
		s += n;
		while (b.len != 0 && strchr(BLANKS, b.s[b.len - 1]) != NULL)
			b.s[--b.len] = '\0';
	}
	*rest = *s == ',' ? s + 1 : NULL;
	return b.s != NULL ? b.s : xstrdup("");
}

/* File name without folder and ending. */
static char *stem(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path, *dot = strrchr(name, '.');
	struct str b = STR_INIT;

	str_addn(&b, name, dot != NULL && dot != name ? (size_t)(dot - name) : strlen(name));
	return b.s != NULL ? b.s : xstrdup("");
}

/* Values, but for paths their names when those differ. */
static void make_labels(struct sweep_axis *a)
{
	bool stems = is_path(a);

	a->s.label = xcalloc(a->s.n + 1, sizeof(*a->s.label));
	for (size_t i = 0; i < a->s.n; i++)
		a->s.label[i] = stems ? stem(a->s.value[i]) : xstrdup(a->s.value[i]);
	if (!stems || twice(a->s.label, a->s.n) == NULL)
		return;
	for (size_t i = 0; i < a->s.n; i++) {
		free(a->s.label[i]);
		a->s.label[i] = xstrdup(a->s.value[i]);
	}
}

int sweep_axis_values(struct sweep_axis *a, const struct opt_set *set, const char *text, const char *dir, struct err *e)
{
	const char *rest = text, *same;
	bool quoted;

	while (rest != NULL) {
		char *item = next_item(&rest, &quoted);
		int rc;

		if (item == NULL)
			return err_set(e, ERR_CONFIG, "%s: quotes that do not close: want items separated by commas", a->key);
		rc = add_item(a, set, item, quoted, dir, e);
		free(item);
		if (rc != 0)
			return -1;
	}
	make_labels(a);
	same = twice(a->s.value, a->s.n);
	if (same != NULL)
		return err_set(e, ERR_CONFIG, "%s: %s stands twice: want each value once", a->key, same);
	return 0;
}

void sweep_axis_free(struct sweep_axis *a)
{
	for (size_t i = 0; i < a->s.n; i++) {
		if (a->s.label != NULL)
			free(a->s.label[i]);
		free(a->s.value[i]);
	}
	free(a->s.label);
	free(a->s.value);
	free(a->s.name);
	free(a->s.kind);
	free(a->s.unit);
	free(a->s.help);
	free(a->s.origin);
	free((char *)a->key);
	memset(a, 0, sizeof(*a));
}
